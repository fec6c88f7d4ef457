//! When something is to be done later, once or every month: 明天上午九点, 下周一, 每月5号, 每个月底, 次日到账.
//!
//! Not for: days one asks about (`dates`), how long something runs, or whether the time has gone by.

use crate::dates::{self, Look};
use crate::normal::Normal;
use crate::number;

/// The time of day when none is said: nine in the morning.
pub const MINUTE: i64 = 9 * 60;
/// Earliest and latest time of day: banks that are asleep move no money.
const HOURS: std::ops::RangeInclusive<i64> = 7 * 60..=22 * 60;
/// Stands for the last day of a month, whichever that is.
const LAST: i64 = 31;

/// On which day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Days since 1970-01-01 in China.
    On(i64),
    /// The day of each month, 1 to 31; a shorter month's last.
    Monthly(i64),
}

/// Day and time of day, in minutes since midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    pub rule: Rule,
    pub minute: i64,
}

/// What a text says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Plan(Plan),
    /// Every month, but not on which day.
    Monthly,
    /// Every week, every year: nothing we have.
    Often,
    /// At a time of day when nothing is done.
    Asleep,
    Nothing,
}

impl Plan {
    /// `2026-11-25@540`, `monthly:5@540`.
    pub fn to_text(self) -> String {
        match self.rule {
            Rule::On(day) => format!("{}@{}", dates::iso(day), self.minute),
            Rule::Monthly(day) => format!("monthly:{day}@{}", self.minute),
        }
    }
    /// Reads what [`Self::to_text`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (rule, minute) = text.split_once('@')?;
        let rule = match rule.strip_prefix("monthly:") {
            Some(day) => Rule::Monthly(day.parse().ok().filter(|d| (1..=LAST).contains(d))?),
            None => Rule::On(dates::from_iso(rule)?),
        };
        let minute = minute.parse().ok().filter(|m| (0..24 * 60).contains(m))?;
        Some(Self { rule, minute })
    }
    /// `09:00`
    pub fn clock(self) -> String {
        format!("{:02}:{:02}", self.minute / 60, self.minute % 60)
    }
}

const MONTHLY: &[&str] = &["每月", "每个月", "月月", "按月", "每到月"];
const OFTEN: &[&str] = &[
    "每周",
    "每个周",
    "每星期",
    "每个星期",
    "每礼拜",
    "每个礼拜",
    "按周",
    "每年",
    "每天",
    "每日",
    "每季",
    "每个季",
    "每半年",
    "每半个月",
];
/// 次日到账: it goes out tomorrow.
const NEXT_DAY: &[&str] = &["次日到", "次日到账", "隔日到", "隔天到", "第二天到"];

/// What a text says. Of a day that is spoken of (5号的工资) nothing is taken.
pub fn said(text: &Normal, today: i64) -> Said {
    let words = text.text();
    let says = |list: &[&str]| list.iter().any(|w| words.contains(w));
    let rule = if says(MONTHLY) {
        match of_month(&text.chars) {
            Some(day) => Rule::Monthly(day),
            None => return Said::Monthly,
        }
    } else if says(OFTEN) {
        return Said::Often;
    } else if let Some(day) = day(text, today) {
        Rule::On(day)
    } else if says(NEXT_DAY) {
        Rule::On(today + 1)
    } else {
        return Said::Nothing;
    };
    match (minute(&text.chars), rule) {
        // said without a time, today is now
        (None, Rule::On(day)) if day == today => Said::Nothing,
        (Some(minute), _) if !HOURS.contains(&minute) => Said::Asleep,
        (minute, rule) => Said::Plan(Plan { rule, minute: minute.unwrap_or(MINUTE) }),
    }
}

/// The same where it is known that every month is meant: 5号, 15, 月底.
pub fn said_of_month(text: &Normal) -> Option<Plan> {
    let bare = number::whole(&text.chars).filter(|d| (1..=LAST).contains(d));
    let rule = Rule::Monthly(of_month(&text.chars).or(bare)?);
    let minute = minute(&text.chars).unwrap_or(MINUTE);
    HOURS.contains(&minute).then_some(Plan { rule, minute })
}

/// The one day meant, from today on.
fn day(text: &Normal, today: i64) -> Option<i64> {
    let all = dates::all(&text.chars, today, Look::Ahead);
    let meant = dates::meant(&text.chars, &all)?;
    let is_of_something = text.chars.get(meant.span.end) == Some(&'的');
    let one = meant.range.from == meant.range.to && meant.range.from >= today;
    (one && !is_of_something).then_some(meant.range.from)
}

/// 5号, 15日, 月初, 月底 as a day of the month.
fn of_month(chars: &[char]) -> Option<i64> {
    let marks = chars.iter().enumerate().filter(|(_, c)| matches!(c, '号' | '日'));
    let numbered = |(at, _): (usize, &char)| ending(chars, at).filter(|n| (1..=LAST).contains(n));
    let by_number = marks.filter_map(numbered).next_back();
    let is_at = |word: [char; 2]| chars.windows(2).any(|w| w == word);
    by_number
        .or_else(|| is_at(['月', '初']).then_some(1))
        .or_else(|| (is_at(['月', '底']) || is_at(['月', '末'])).then_some(LAST))
}

/// The number that ends before `at`, of three characters at most.
fn ending(chars: &[char], at: usize) -> Option<i64> {
    (1..=3).rev().find_map(|long| number::whole(chars.get(at.checked_sub(long)?..at)?))
}

/// The time of day: 九点, 下午三点半, 9:30, 早上.
fn minute(chars: &[char]) -> Option<i64> {
    let has = |words: &[&str]| {
        words.iter().any(|w| {
            let word: Vec<char> = w.chars().collect();
            chars.windows(word.len()).any(|at| at == word)
        })
    };
    let is_late = has(&["下午", "晚上", "傍晚", "夜里", "今晚", "明晚"]);
    let hour = |at: usize| {
        let hour = ending(chars, at).filter(|h| (0..=24).contains(h))?;
        let minutes = match chars.get(at + 1..).unwrap_or_default() {
            [tens, ones, ..] if chars[at] == ':' => {
                let digits = [*tens, *ones];
                number::whole(&digits).filter(|m| (0..60).contains(m))?
            }
            ['半', ..] => 30,
            _ => 0,
        };
        Some(hour * 60 + minutes)
    };
    let mut clocks = chars.iter().enumerate().filter(|(_, c)| matches!(c, '点' | ':'));
    match clocks.find_map(|(at, _)| hour(at)) {
        Some(said) if is_late && said < 12 * 60 => Some(said + 12 * 60),
        Some(said) => Some(said),
        None if has(&["早上", "明早", "早晨", "清早"]) => Some(8 * 60),
        None if has(&["上午"]) => Some(MINUTE),
        None if has(&["中午"]) => Some(12 * 60),
        None if has(&["下午"]) => Some(15 * 60),
        None if is_late => Some(20 * 60),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normal::normalise;

    /// 2026-11-23, a Monday.
    const TODAY: i64 = 20_780;

    fn heard(text: &str) -> String {
        match said(&normalise(text), TODAY) {
            Said::Plan(plan) => plan.to_text(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_day_a_time_and_every_month_are_told_from_talk() {
        for (text, plan) in [
            ("明天上午转500给王强", "2026-11-24@540"),
            ("后天下午三点半给我妈转一千", "2026-11-25@930"),
            ("明天早上九点给张军转三百", "2026-11-24@540"),
            ("下周一转5000给老板", "2026-11-30@540"),
            ("今天下午4点转二百给王强", "2026-11-23@960"),
            ("8号转三百", "2026-12-08@540"),
            ("每月5号给我妈转一千", "monthly:5@540"),
            ("每个月十五号转一千给儿子", "monthly:15@540"),
            ("每月底给我妈转一千", "monthly:31@540"),
            ("次日到账转给李四500", "2026-11-24@540"),
            ("每个月给我妈打钱", "Monthly"),
            ("每周五给儿子打两百", "Often"),
            ("明天夜里11点转三百", "Asleep"),
            ("给王强转五百", "Nothing"),
            ("今天转五百给王强", "Nothing"),
            ("给王强转5号的工资五百", "Nothing"),
            ("昨天转的五百", "Nothing"),
        ] {
            assert_eq!(heard(text), plan, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for text in ["2026-11-24@540", "monthly:31@930"] {
            assert_eq!(Plan::parse(text).map(Plan::to_text).as_deref(), Some(text));
        }
        for text in ["", "monthly:0@540", "monthly:32@540", "2026-02-30@540", "2026-11-24@1440"] {
            assert_eq!(Plan::parse(text), None, "{text}");
        }
        assert_eq!(
            said_of_month(&normalise("15")).map(Plan::to_text).as_deref(),
            Some("monthly:15@540")
        );
    }
}
