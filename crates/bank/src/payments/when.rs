//! When an order is due: on a day, or on a day of each month, at a time of day in China. Pure.

use base::{CHINA_OFFSET_MS, DAY_MS, Time};
use corebank::Day;
use dialogue::{Plan, PlanRule};
use serde::{Deserialize, Serialize};

/// How far ahead anybody plans.
const AHEAD_DAYS: i64 = 366;
const MINUTE_MS: i64 = 60_000;

/// Which days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    On(Day),
    /// 1 to 31; of a shorter month its last day.
    Monthly(i64),
}

/// Days and the time of day, in minutes since midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    pub rule: Rule,
    pub minute: i64,
}

impl When {
    /// As a flow's slot has it: `2026-11-25@540`, `monthly:5@540`.
    pub fn parse(text: &str) -> Option<Self> {
        let Plan { rule, minute } = Plan::parse(text)?;
        let rule = match rule {
            PlanRule::On(day) => Rule::On(Day::at(Time::of_ms(day * DAY_MS - CHINA_OFFSET_MS))),
            PlanRule::Monthly(day) => Rule::Monthly(day),
        };
        Some(Self { rule, minute })
    }

    /// On a day of each month, 1 to 31, at a minute of the day.
    pub const fn monthly(day: i64, minute: i64) -> Self {
        Self { rule: Rule::Monthly(day), minute }
    }

    /// The day of the month.
    pub fn day_of_month(self) -> i64 {
        match self.rule {
            Rule::On(day) => day.day(),
            Rule::Monthly(nth) => nth,
        }
    }

    /// The instant of a due day.
    pub fn at(self, day: Day) -> Time {
        day.start().plus_ms(self.minute * MINUTE_MS)
    }

    /// The first due day whose time has not come; none for a day that is over, or too far away.
    pub fn first(self, now: Time) -> Option<Day> {
        let today = Day::at(now);
        let day = match self.rule {
            Rule::On(day) => day,
            Rule::Monthly(nth) => {
                let this = in_month(today, nth);
                if self.at(this) > now { this } else { in_month(next_month(today), nth) }
            }
        };
        (self.at(day) > now && day.days_since(today) <= AHEAD_DAYS).then_some(day)
    }

    /// The due day that follows `day`.
    pub fn after(self, day: Day) -> Option<Day> {
        match self.rule {
            Rule::On(_) => None,
            // A day that is put off lies behind its own one, perhaps in the next month.
            Rule::Monthly(nth) => {
                let this = in_month(day, nth);
                Some(if this > day { this } else { in_month(next_month(day), nth) })
            }
        }
    }

    pub const fn is_monthly(self) -> bool {
        matches!(self.rule, Rule::Monthly(_))
    }

    /// `11月25日 09:00`, `每月5日 09:00`.
    pub fn words(self) -> String {
        let clock = format!("{:02}:{:02}", self.minute / 60, self.minute % 60);
        match self.rule {
            Rule::On(day) => format!("{} {clock}", day_words(day)),
            Rule::Monthly(31) => format!("每月最后一天 {clock}"),
            Rule::Monthly(nth) => format!("每月{nth}日 {clock}"),
        }
    }
}

/// `11月25日`
pub(crate) fn day_words(day: Day) -> String {
    format!("{}月{}日", day.month(), day.day())
}

fn next_month(day: Day) -> Day {
    day.first_of_month().plus_months(1)
}

fn in_month(month: Day, nth: i64) -> Day {
    let nth = nth.min(month.last_of_month().day());
    month.first_of_month().plus_days(nth - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn the_thirty_first_falls_to_a_shorter_months_last_day() {
        let when = When::parse("monthly:31@540").unwrap();
        let mut due = when.first(day("2026-12-31").start().plus_ms(10 * 3_600_000)).unwrap();
        let mut seen = vec![];
        for _ in 0..5 {
            seen.push(due.to_string());
            due = when.after(due).unwrap();
        }
        assert_eq!(seen, ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"]);
    }

    #[test]
    fn a_day_put_off_into_the_next_month_takes_none_of_its_days_away() {
        let when = When::monthly(31, 540);
        assert_eq!(when.after(day("2026-12-02")), Some(day("2026-12-31")));
        assert_eq!(When::monthly(26, 540).after(day("2026-11-28")), Some(day("2026-12-26")));
    }

    #[test]
    fn the_first_time_is_still_to_come() {
        let noon = day("2026-11-23").start().plus_ms(12 * 3_600_000);
        let first = |text: &str| When::parse(text).unwrap().first(noon).map(|d| d.to_string());
        for (text, due) in [
            ("monthly:23@780", Some("2026-11-23")),
            ("monthly:23@720", Some("2026-12-23")),
            ("monthly:5@540", Some("2026-12-05")),
            ("2026-11-24@540", Some("2026-11-24")),
            ("2026-11-23@720", None),
            ("2028-01-01@540", None),
        ] {
            assert_eq!(first(text).as_deref(), due, "{text}");
        }
    }
}
