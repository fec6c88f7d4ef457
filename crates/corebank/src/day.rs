//! A calendar day in China, kept as `YYYYMMDD`.

use base::{DAY_MS, Time};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A calendar day in China. Stored as the whole number `20261123`, shown as `2026-11-23`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(i64);

impl Day {
    /// `None` when there is no such day between the years 1900 and 2999.
    pub fn of(year: i64, month: i64, day: i64) -> Option<Self> {
        let in_range = (1900..3000).contains(&year) && (1..=12).contains(&month);
        let there_and_back = Time::of_china_date(year, month, day).china();
        (in_range
            && (1..=31).contains(&day)
            && (year, month, day) == {
                let (y, m, d, ..) = there_and_back;
                (y, m, d)
            })
        .then_some(Self(year * 10_000 + month * 100 + day))
    }
    /// Reads the stored form `20261123`.
    pub fn of_number(n: i64) -> Option<Self> {
        Self::of(n / 10_000, n / 100 % 100, n % 100)
    }
    /// The stored form.
    pub const fn number(self) -> i64 {
        self.0
    }
    /// The day on a calendar in China.
    pub fn at(time: Time) -> Self {
        let (y, m, d, ..) = time.china();
        Self(y * 10_000 + m * 100 + d)
    }
    pub const fn year(self) -> i64 {
        self.0 / 10_000
    }
    pub const fn month(self) -> i64 {
        self.0 / 100 % 100
    }
    pub const fn day(self) -> i64 {
        self.0 % 100
    }
    /// Midnight in China with which this day begins.
    pub fn start(self) -> Time {
        Time::of_china_date(self.year(), self.month(), self.day())
    }
    /// Midnight in China with which this day ends.
    pub fn end(self) -> Time {
        self.start().plus_ms(DAY_MS)
    }
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        Self::at(self.start().plus_ms(days * DAY_MS))
    }
    /// The same day `months` later, or the last day of that month where it is shorter.
    #[must_use]
    pub fn plus_months(self, months: i64) -> Self {
        let total = self.year() * 12 + self.month() - 1 + months;
        let (year, month) = (total.div_euclid(12), total.rem_euclid(12) + 1);
        Self(year * 10_000 + month * 100 + self.day().min(days_in(year, month)))
    }
    /// Year and month.
    pub const fn year_month(self) -> (i64, i64) {
        (self.year(), self.month())
    }
    pub fn first_of_month(self) -> Self {
        Self(self.0 - self.day() + 1)
    }
    pub fn last_of_month(self) -> Self {
        Self(self.0 - self.day() + days_in(self.year(), self.month()))
    }
    /// Whole days from `earlier` to this day.
    pub fn days_since(self, earlier: Self) -> i64 {
        self.start().china_day() - earlier.start().china_day()
    }
    /// 0 is Monday.
    pub fn weekday(self) -> i64 {
        (self.start().china_day() + 3).rem_euclid(7)
    }
    /// Full years from `born` to this day.
    pub const fn age_of(self, born: Self) -> i64 {
        (self.0 - born.0) / 10_000
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    let (y, m) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    Time::of_china_date(y, m, 1).china_day() - Time::of_china_date(year, month, 1).china_day()
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year(), self.month(), self.day())
    }
}
impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Text that is not `YYYY-MM-DD`, or no such day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a day of the form YYYY-MM-DD")]
pub struct NotADay;

impl FromStr for Day {
    type Err = NotADay;
    fn from_str(s: &str) -> Result<Self, NotADay> {
        let well_formed = s.len() == 10
            && s.bytes().enumerate().all(|(i, b)| match i {
                4 | 7 => b == b'-',
                _ => b.is_ascii_digit(),
            });
        if !well_formed {
            return Err(NotADay);
        }
        let part = |range| s.get(range).and_then(|p: &str| p.parse().ok()).ok_or(NotADay);
        Self::of(part(0..4)?, part(5..7)?, part(8..10)?).ok_or(NotADay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_is_read_and_shown_the_same() {
        assert_eq!(day("2026-11-23").number(), 20_261_123);
        assert_eq!(Day::of_number(20_261_123).unwrap().to_string(), "2026-11-23");
        for bad in ["2026-02-29", "2026-13-01", "2026-1-01", "20261123", "2026-00-10", "2026-04-31"]
        {
            assert_eq!(bad.parse::<Day>(), Err(NotADay), "{bad}");
        }
    }

    #[test]
    fn days_and_months_are_added_as_on_a_calendar() {
        for (from, months, to) in [
            ("2026-01-31", 1, "2026-02-28"),
            ("2024-01-31", 1, "2024-02-29"),
            ("2026-11-23", -12, "2025-11-23"),
            ("2026-12-05", 1, "2027-01-05"),
        ] {
            assert_eq!(day(from).plus_months(months), day(to), "{from} {months}");
        }
        assert_eq!(day("2026-12-31").plus_days(1), day("2027-01-01"));
        assert_eq!(day("2026-02-10").last_of_month(), day("2026-02-28"));
        assert_eq!(day("2027-01-01").days_since(day("2026-11-23")), 39);
        assert_eq!(day("2026-11-23").weekday(), 0);
    }

    #[test]
    fn an_age_grows_on_the_birthday() {
        let born = day("2013-06-01");
        assert_eq!(day("2026-05-31").age_of(born), 12);
        assert_eq!(day("2026-06-01").age_of(born), 13);
    }

    #[test]
    fn a_day_begins_and_ends_at_midnight_in_china() {
        let d = day("2026-11-23");
        assert_eq!(Day::at(d.start()), d);
        assert_eq!(Day::at(d.end().plus_ms(-1)), d);
        assert_eq!(Day::at(d.end()), d.plus_days(1));
    }
}
