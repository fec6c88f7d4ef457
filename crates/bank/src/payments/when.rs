//! When an order is due: on a day, or on a day of every week, month or year, at a time of day in China. Pure.

use base::{CHINA_OFFSET_MS, DAY_MS, Time};
use corebank::Day;
use dialogue::{Plan, PlanEnd, PlanRule};
use serde::{Deserialize, Serialize};

/// How far ahead anybody plans.
const AHEAD_DAYS: i64 = 366;
const MINUTE_MS: i64 = 60_000;

/// Which days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    On(Day),
    /// 1 (Monday) to 7.
    Weekly(i64),
    /// 1 to 31; of a shorter month its last day.
    Monthly(i64),
    /// Month and day; of a shorter month its last day.
    Yearly(i64, i64),
}

/// How an order that repeats ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// After so many due days that came, paid or not.
    Times(i64),
    Until(Day),
}

/// Days and the time of day, in minutes since midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    pub rule: Rule,
    pub minute: i64,
    /// Not before this day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begins: Option<Day>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
}

impl When {
    /// As a flow's slot has it: `2026-11-25@540`, `monthly:5@540*10`.
    pub fn parse(text: &str) -> Option<Self> {
        let Plan { rule, minute, begins, end } = Plan::parse(text)?;
        let rule = match rule {
            PlanRule::On(day) => Rule::On(of_china(day)),
            PlanRule::Weekly(day) => Rule::Weekly(day),
            PlanRule::Monthly(day) => Rule::Monthly(day),
            PlanRule::Yearly(month, day) => Rule::Yearly(month, day),
        };
        let end = end.map(|end| match end {
            PlanEnd::Times(times) => End::Times(times),
            PlanEnd::Until(day) => End::Until(of_china(day)),
        });
        Some(Self { rule, minute, begins: begins.map(of_china), end })
    }

    /// On a day of each month, 1 to 31, at a minute of the day.
    pub const fn monthly(day: i64, minute: i64) -> Self {
        Self { rule: Rule::Monthly(day), minute, begins: None, end: None }
    }

    /// What is only done each month: a single day is that day of each month.
    pub fn each_month(self) -> Option<Self> {
        match self.rule {
            Rule::On(day) => Some(Self::monthly(day.day(), self.minute)),
            Rule::Monthly(_) if self.begins.is_none() && self.end.is_none() => Some(self),
            _ => None,
        }
    }

    /// The day of the month, of one that is only done each month.
    pub const fn day_of_month(self) -> i64 {
        match self.rule {
            Rule::On(day) => day.day(),
            Rule::Weekly(nth) | Rule::Monthly(nth) | Rule::Yearly(_, nth) => nth,
        }
    }

    /// The instant of a due day.
    pub fn at(self, day: Day) -> Time {
        day.start().plus_ms(self.minute * MINUTE_MS)
    }

    /// The first due day whose time has not come; none for a day that is over or too far away, or behind the end.
    pub fn first(self, now: Time) -> Option<Day> {
        let today = Day::at(now);
        let from = self.begins.map_or(today, |begins| begins.max(today));
        let day = match self.rule {
            Rule::On(day) => day,
            rule => {
                let this = on_or_after(rule, from);
                if self.at(this) > now { this } else { on_or_after(rule, this.plus_days(1)) }
            }
        };
        let is_ahead = self.at(day) > now && day.days_since(today) <= AHEAD_DAYS;
        (is_ahead && self.is_within(day)).then_some(day)
    }

    /// The due day that follows `day`, when `come` of them have come with it.
    pub fn after(self, day: Day, come: i64) -> Option<Day> {
        let is_used_up = matches!(self.end, Some(End::Times(times)) if come >= times);
        let next = match self.rule {
            Rule::On(_) => return None,
            // A day that is put off lies behind its own one, perhaps in the next month.
            rule => on_or_after(rule, day.plus_days(1)),
        };
        (!is_used_up && self.is_within(next)).then_some(next)
    }

    /// The last due day from `first` on, when `come` of them came before, and how many there are; none without an end.
    pub fn last(self, first: Day, come: i64) -> Option<(Day, i64)> {
        self.end?;
        let (mut last, mut count) = (first, 1);
        while let Some(next) = self.after(last, come + count) {
            (last, count) = (next, count + 1);
        }
        Some((last, count))
    }

    fn is_within(self, day: Day) -> bool {
        !matches!(self.end, Some(End::Until(until)) if day > until)
    }

    pub const fn is_repeated(self) -> bool {
        !matches!(self.rule, Rule::On(_))
    }

    /// `11月25日 09:00`, `每月5日 09:00，共10次`.
    pub fn words(self) -> String {
        match self.rule {
            Rule::On(day) => format!("{} {}", day_words(day), self.plan().clock()),
            _ => self.plan().words(),
        }
    }

    fn plan(self) -> Plan {
        let rule = match self.rule {
            Rule::On(day) => PlanRule::On(china_day(day)),
            Rule::Weekly(day) => PlanRule::Weekly(day),
            Rule::Monthly(day) => PlanRule::Monthly(day),
            Rule::Yearly(month, day) => PlanRule::Yearly(month, day),
        };
        let end = self.end.map(|end| match end {
            End::Times(times) => PlanEnd::Times(times),
            End::Until(day) => PlanEnd::Until(china_day(day)),
        });
        Plan { rule, minute: self.minute, begins: self.begins.map(china_day), end }
    }
}

fn of_china(day: i64) -> Day {
    Day::at(Time::of_ms(day * DAY_MS - CHINA_OFFSET_MS))
}

fn china_day(day: Day) -> i64 {
    day.start().china_day()
}

/// `11月25日`
pub(crate) fn day_words(day: Day) -> String {
    format!("{}月{}日", day.month(), day.day())
}

/// The same with its year where that is not the one of `now`: `2027年6月5日`.
pub(crate) fn far_day_words(day: Day, now: Time) -> String {
    if day.year() == Day::at(now).year() {
        return day_words(day);
    }
    format!("{}年{}", day.year(), day_words(day))
}

/// The first day of a rule that is not before `day`.
fn on_or_after(rule: Rule, day: Day) -> Day {
    match rule {
        Rule::On(on) => on,
        Rule::Weekly(nth) => day.plus_days((nth - 1 - day.weekday()).rem_euclid(7)),
        Rule::Monthly(nth) => {
            let this = in_month(day, nth);
            if this >= day { this } else { in_month(next_month(day), nth) }
        }
        Rule::Yearly(month, nth) => {
            let this = in_month(day.first_of_month().plus_months(month - day.month()), nth);
            if this >= day { this } else { in_month(this.first_of_month().plus_months(12), nth) }
        }
    }
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

    /// The due days of a plan that is made at noon of 31 December 2026, six of them at most.
    fn days(text: &str) -> Vec<String> {
        let when = When::parse(text).unwrap();
        let mut due = when.first(day("2026-12-31").start().plus_ms(12 * 3_600_000));
        let mut seen = vec![];
        while let Some(day) = due.filter(|_| seen.len() < 6) {
            seen.push(day.to_string());
            due = when.after(day, i64::try_from(seen.len()).unwrap());
        }
        seen
    }

    #[test]
    fn the_thirty_first_falls_to_a_shorter_months_last_day() {
        let due = days("monthly:31@540");
        let last = ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"];
        assert_eq!(due[..5], last);
    }

    #[test]
    fn every_week_and_every_year_keep_their_day() {
        // 31 December 2026 is a Thursday.
        assert_eq!(days("weekly:4@540")[..3], ["2027-01-07", "2027-01-14", "2027-01-21"]);
        assert_eq!(days("weekly:4@780")[..2], ["2026-12-31", "2027-01-07"]);
        assert_eq!(days("weekly:7@540")[..2], ["2027-01-03", "2027-01-10"]);
        assert_eq!(days("yearly:2-29@540")[..3], ["2027-02-28", "2028-02-29", "2029-02-28"]);
        assert_eq!(days("yearly:12-31@540")[..2], ["2027-12-31", "2028-12-31"]);
    }

    #[test]
    fn a_plan_that_ends_has_its_last_day() {
        assert_eq!(days("monthly:5@540*3"), ["2027-01-05", "2027-02-05", "2027-03-05"]);
        assert_eq!(days("monthly:5@540<2027-02-05"), ["2027-01-05", "2027-02-05"]);
        assert_eq!(days("weekly:5@540>2027-06-01*2"), ["2027-06-04", "2027-06-11"]);
        assert!(days("monthly:5@540<2027-01-04").is_empty());
        let when = When::parse("monthly:5@540<2027-06-30").unwrap();
        assert_eq!(when.last(day("2027-01-05"), 0), Some((day("2027-06-05"), 6)));
        let when = When::parse("monthly:5@540*10").unwrap();
        assert_eq!(when.last(day("2027-03-05"), 2), Some((day("2027-10-05"), 8)));
        assert_eq!(When::monthly(5, 540).last(day("2027-03-05"), 0), None);
    }

    #[test]
    fn a_day_put_off_into_the_next_month_takes_none_of_its_days_away() {
        let when = When::monthly(31, 540);
        assert_eq!(when.after(day("2026-12-02"), 1), Some(day("2026-12-31")));
        assert_eq!(When::monthly(26, 540).after(day("2026-11-28"), 1), Some(day("2026-12-26")));
    }

    #[test]
    fn the_first_time_is_still_to_come() {
        let noon = day("2026-11-23").start().plus_ms(12 * 3_600_000);
        let first = |text: &str| When::parse(text).unwrap().first(noon).map(|d| d.to_string());
        for (text, due) in [
            ("monthly:23@780", Some("2026-11-23")),
            ("monthly:23@720", Some("2026-12-23")),
            ("monthly:5@540", Some("2026-12-05")),
            ("weekly:1@540", Some("2026-11-30")),
            ("yearly:11-23@540", Some("2027-11-23")),
            ("2026-11-24@540", Some("2026-11-24")),
            ("2026-11-23@720", None),
            ("2028-01-01@540", None),
        ] {
            assert_eq!(first(text).as_deref(), due, "{text}");
        }
    }

    #[test]
    fn what_was_kept_before_there_were_ends_is_still_read() {
        let kept: When = serde_json::from_str(r#"{"rule":{"monthly":5},"minute":540}"#).unwrap();
        assert_eq!(kept, When::monthly(5, 540));
        assert_eq!(kept.words(), "每月5日 09:00");
        let ends = When::parse("yearly:3-5@540<2030-12-31").unwrap();
        assert_eq!(ends.words(), "每年3月5日 09:00，到2030年12月31日为止");
        let text = serde_json::to_string(&ends).unwrap();
        assert_eq!(serde_json::from_str::<When>(&text).unwrap(), ends);
    }
}
