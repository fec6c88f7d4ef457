//! Promises by date: working days after today, by the calendar of `forms/calendar.toml`.

use super::kinds::{Days, Within};
use base::{DAY_MS, Time};
use corebank::Day;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::LazyLock;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Calendar {
    off: Vec<String>,
    on: Vec<String>,
}

struct Known {
    off: BTreeSet<String>,
    on: BTreeSet<String>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let read = toml::from_str::<Calendar>(include_str!("../../../../forms/calendar.toml"));
    // A test reads it, so that this is never a surprise; weekends alone are right for most of the year.
    let Calendar { off, on } = read.unwrap_or(Calendar { off: vec![], on: vec![] });
    Known { off: off.into_iter().collect(), on: on.into_iter().collect() }
});

fn name(day: i64) -> String {
    Day::at(Time::of_ms(day * DAY_MS - base::CHINA_OFFSET_MS)).to_string()
}

/// A day off although it is no weekend.
pub fn is_off(day: i64) -> bool {
    KNOWN.off.contains(&name(day))
}

/// A weekend that is worked (调休).
pub fn is_on(day: i64) -> bool {
    KNOWN.on.contains(&name(day))
}

/// Day 0 was a Thursday.
fn is_working(day: i64) -> bool {
    let weekend = matches!(day.rem_euclid(7), 2 | 3);
    is_on(day) || (!weekend && !is_off(day))
}

/// The end of the last day of a promise made at `from`.
pub(super) fn due(from: Time, within: Within) -> Time {
    let mut day = from.china_day();
    let mut left = within.days;
    while left > 0 {
        day += 1;
        if within.count == Days::Calendar || is_working(day) {
            left -= 1;
        }
    }
    Time::of_ms((day + 1) * DAY_MS - base::CHINA_OFFSET_MS - 1)
}

/// 11月25日
pub fn day_words(at: Time) -> String {
    let (_, month, day, ..) = at.china();
    format!("{month}月{day}日")
}

/// 3个工作日
pub fn within_words(within: Within) -> String {
    match within.count {
        Days::Working => format!("{}个工作日", within.days),
        Days::Calendar => format!("{}天", within.days),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(days: i64, count: Days, from: (i64, i64, i64)) -> String {
        let at = Time::of_china_date(from.0, from.1, from.2).plus_ms(10 * 3_600_000);
        Day::at(due(at, Within { days, count })).to_string()
    }

    #[test]
    fn working_days_leave_out_weekends_and_holidays() {
        let monday = (2026, 11, 23);
        assert_eq!(of(1, Days::Working, monday), "2026-11-24");
        assert_eq!(of(5, Days::Working, monday), "2026-11-30");
        assert_eq!(of(15, Days::Working, monday), "2026-12-14");
        assert_eq!(of(1, Days::Working, (2026, 11, 27)), "2026-11-30", "over a weekend");
        assert_eq!(of(1, Days::Working, (2026, 12, 31)), "2027-01-04", "over New Year's Day");
        assert_eq!(of(15, Days::Calendar, monday), "2026-12-08");
    }

    #[test]
    fn the_calendar_can_be_read() {
        let text = include_str!("../../../../forms/calendar.toml");
        let read: Calendar = toml::from_str(text).unwrap();
        assert!(read.off.iter().chain(&read.on).all(|d| d.parse::<Day>().is_ok()));
    }
}
