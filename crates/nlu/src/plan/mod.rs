//! When something is to be done later: once (明天上午九点, 下周一, 次日到账), or every week, month or year (每周五, 每月5号, 每年3月5号),
//! from a day on and until a day or so many times (从3月起, 转到明年六月, 转十次).
//!
//! Only what is exact is a plan; the rest is told apart by what has to be asked. Not for: days one asks about (`dates`), how long
//! something runs, or whether the time has gone by.

mod each;
mod stretch;
#[cfg(test)]
mod tests;

use crate::dates::{self, Look};
use crate::normal::Normal;
use crate::number;
use stretch::Stretch;

/// The time of day when none is said: nine in the morning.
pub const MINUTE: i64 = 9 * 60;
/// Earliest and latest time of day: banks that are asleep move no money.
const HOURS: std::ops::RangeInclusive<i64> = 7 * 60..=22 * 60;
/// Stands for the last day of a month, whichever that is.
const LAST: i64 = 31;
/// Most runs of a plan: ten years of weeks.
pub const TIMES_MAX: i64 = 520;

/// On which days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Days since 1970-01-01 in China.
    On(i64),
    /// 1 (Monday) to 7.
    Weekly(i64),
    /// The day of each month, 1 to 31; a shorter month's last.
    Monthly(i64),
    /// Month and day of each year; of a shorter month its last day.
    Yearly(i64, i64),
}

/// How a plan that repeats ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Times(i64),
    /// The last day it may be done on.
    Until(i64),
}

/// Days, and the time of day in minutes since midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    pub rule: Rule,
    pub minute: i64,
    /// Not before this day.
    pub begins: Option<i64>,
    pub end: Option<End>,
}

/// What repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Each {
    Week,
    Month,
    Year,
}

impl Each {
    /// What repeats with a day.
    fn on(self, day: i64) -> Rule {
        let (_, month, of_month) = dates::civil(day);
        match self {
            Self::Week => Rule::Weekly((day + 3).rem_euclid(7) + 1),
            Self::Month => Rule::Monthly(of_month),
            Self::Year => Rule::Yearly(month, of_month),
        }
    }
}

/// What a text says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Plan(Plan),
    /// Every week, month or year, but not on which day.
    Open(Open),
    /// Every day, every other week, on several days: nothing we have.
    Often,
    /// By the moon's calendar, which falls on another day each year.
    Lunar,
    /// It ends, but not exactly when.
    VagueEnd,
    /// At a time of day when nothing is done.
    Asleep,
    Nothing,
}

/// A plan that wants its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    pub each: Each,
    begins: Option<i64>,
    end: Option<End>,
}

impl Open {
    const WORDS: [(Each, &'static str); 3] =
        [(Each::Week, "weekly"), (Each::Month, "monthly"), (Each::Year, "yearly")];

    /// `monthly`, `weekly*10`
    pub fn to_text(self) -> String {
        let word = Self::WORDS.iter().find(|(each, _)| *each == self.each).map_or("", |(_, w)| w);
        format!("{word}{}", tail_text(self.begins, self.end))
    }
    /// Reads what [`Self::to_text`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (word, begins, end) = tail_parse(text)?;
        let (each, _) = Self::WORDS.iter().find(|(_, w)| *w == word)?;
        Some(Self { each: *each, begins, end })
    }
}

impl Plan {
    /// At nine, without a begin or an end.
    pub const fn of(rule: Rule) -> Self {
        Self { rule, minute: MINUTE, begins: None, end: None }
    }

    /// `2026-11-25@540`, `weekly:5@540`, `monthly:5@540>2027-03-01*12`, `yearly:3-5@540<2030-12-31`.
    pub fn to_text(self) -> String {
        let tail = tail_text(self.begins, self.end);
        match self.rule {
            Rule::On(day) => format!("{}@{}", dates::iso(day), self.minute),
            Rule::Weekly(day) => format!("weekly:{day}@{}{tail}", self.minute),
            Rule::Monthly(day) => format!("monthly:{day}@{}{tail}", self.minute),
            Rule::Yearly(month, day) => format!("yearly:{month}-{day}@{}{tail}", self.minute),
        }
    }

    /// Reads what [`Self::to_text`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (rule, rest) = text.split_once('@')?;
        let (minute, begins, end) = tail_parse(rest)?;
        let number = |text: &str, most: i64| text.parse().ok().filter(|n| (1..=most).contains(n));
        let rule = match rule.split_once(':') {
            Some(("weekly", day)) => Rule::Weekly(number(day, 7)?),
            Some(("monthly", day)) => Rule::Monthly(number(day, LAST)?),
            Some(("yearly", day)) => {
                let (month, day) = day.split_once('-')?;
                let month = number(month, 12)?;
                Rule::Yearly(month, number(day, longest(month))?)
            }
            Some(_) => return None,
            None if begins.is_some() || end.is_some() => return None,
            None => Rule::On(dates::from_iso(rule)?),
        };
        let minute = minute.parse().ok().filter(|m| (0..24 * 60).contains(m))?;
        Some(Self { rule, minute, begins, end })
    }

    /// `09:00`
    pub fn clock(self) -> String {
        format!("{:02}:{:02}", self.minute / 60, self.minute % 60)
    }

    /// Of one that repeats: `每周五 09:00，共10次`, `每月最后一天 09:00`, `每年3月5日 09:00，到2030年12月31日为止`.
    pub fn words(self) -> String {
        let day = match self.rule {
            Rule::On(day) => date_words(day),
            Rule::Weekly(day) => {
                let name =
                    usize::try_from(day - 1).ok().and_then(|at| "一二三四五六日".chars().nth(at));
                format!("每周{}", name.unwrap_or_default())
            }
            Rule::Monthly(LAST) => "每月最后一天".to_owned(),
            Rule::Monthly(day) => format!("每月{day}日"),
            Rule::Yearly(month, day) => format!("每年{month}月{day}日"),
        };
        let begins = self.begins.map(|day| format!("（{}起）", date_words(day)));
        let end = match self.end {
            Some(End::Times(times)) => format!("，共{times}次"),
            Some(End::Until(day)) => format!("，到{}为止", date_words(day)),
            None => String::new(),
        };
        format!("{day} {}{}{end}", self.clock(), begins.unwrap_or_default())
    }

    pub const fn is_repeated(self) -> bool {
        !matches!(self.rule, Rule::On(_))
    }
}

/// `2027年6月30日`
fn date_words(day: i64) -> String {
    let (y, m, d) = dates::civil(day);
    format!("{y}年{m}月{d}日")
}

/// The days of the longest February, and of the other months.
fn longest(month: i64) -> i64 {
    match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn tail_text(begins: Option<i64>, end: Option<End>) -> String {
    let begins = begins.map(|day| format!(">{}", dates::iso(day))).unwrap_or_default();
    match end {
        Some(End::Times(times)) => format!("{begins}*{times}"),
        Some(End::Until(day)) => format!("{begins}<{}", dates::iso(day)),
        None => begins,
    }
}

type Tail<'t> = (&'t str, Option<i64>, Option<End>);

fn tail_parse(text: &str) -> Option<Tail<'_>> {
    let (text, end) = if let Some((text, times)) = text.split_once('*') {
        let times = times.parse().ok().filter(|n| (1..=TIMES_MAX).contains(n))?;
        (text, Some(End::Times(times)))
    } else if let Some((text, day)) = text.split_once('<') {
        (text, Some(End::Until(dates::from_iso(day)?)))
    } else {
        (text, None)
    };
    match text.split_once('>') {
        Some((text, day)) => Some((text, Some(dates::from_iso(day)?), end)),
        None => Some((text, None, end)),
    }
}

/// 次日到账: it goes out tomorrow.
const NEXT_DAY: &[&str] = &["次日到", "次日到账", "隔日到", "隔天到", "第二天到"];

/// What a text says. Of a day that is spoken of (5号的工资) nothing is taken.
pub fn said(text: &Normal, today: i64) -> Said {
    let stretch = Stretch::of(&text.chars, today);
    let each = match each::of(&stretch.rest) {
        Ok(each) => each,
        Err(unclear) => return unclear,
    };
    match each {
        Some(each) => {
            let open = match stretch.open(each) {
                Ok(open) => open,
                Err(unclear) => return unclear,
            };
            match each::day(each, &stretch.rest, false) {
                Ok(Some((rule, rest))) => planned(open, rule, &rest),
                Ok(None) => match stretch.first_day() {
                    // 从下月5号起每月
                    Some(first) => planned(open, each.on(first), &stretch.rest),
                    None => Said::Open(open),
                },
                Err(unclear) => unclear,
            }
        }
        None => once(text, &stretch, today),
    }
}

/// The same where it is known what repeats, and was asked on which day: 周五, 5号, 15, 月底, 3月5号.
pub fn said_of(text: &Normal, kept: Open, today: i64) -> Said {
    let stretch = Stretch::of(&text.chars, today);
    let Ok(open) = stretch.open(kept.each) else { return Said::VagueEnd };
    let open = Open { begins: open.begins.or(kept.begins), end: open.end.or(kept.end), ..kept };
    match each::day(kept.each, &stretch.rest, true) {
        Ok(Some((rule, rest))) => planned(open, rule, &rest),
        // 每周五 where every month was spoken of before
        Ok(None) => said(text, today),
        Err(unclear) => unclear,
    }
}

/// A plan that repeats with a begin or an end that is said later: 转十次, 转到明年六月.
pub fn said_after(text: &Normal, plan: Plan, today: i64) -> Said {
    let stretch = Stretch::of(&text.chars, today);
    if !plan.is_repeated() || stretch.is_empty() {
        return Said::Nothing;
    }
    match stretch.open(Each::Month) {
        Ok(Open { begins, end, .. }) => {
            Said::Plan(Plan { begins: begins.or(plan.begins), end: end.or(plan.end), ..plan })
        }
        Err(unclear) => unclear,
    }
}

fn planned(Open { begins, end, .. }: Open, rule: Rule, rest: &[char]) -> Said {
    match minute(rest) {
        Some(minute) if !HOURS.contains(&minute) => Said::Asleep,
        minute => Said::Plan(Plan { rule, minute: minute.unwrap_or(MINUTE), begins, end }),
    }
}

fn once(text: &Normal, stretch: &Stretch, today: i64) -> Said {
    let words = text.text();
    let rule = if let Some(day) = day(text, today) {
        Rule::On(day)
    } else if NEXT_DAY.iter().any(|w| words.contains(w)) {
        Rule::On(today + 1)
    } else {
        return Said::Nothing;
    };
    match (minute(&text.chars), rule) {
        // said without a time, today is now
        (None, Rule::On(day)) if day == today => Said::Nothing,
        _ if stretch.is_many() => Said::Often,
        (Some(minute), _) if !HOURS.contains(&minute) => Said::Asleep,
        (minute, rule) => Said::Plan(Plan { minute: minute.unwrap_or(MINUTE), ..Plan::of(rule) }),
    }
}

/// The one day meant, from today on.
fn day(text: &Normal, today: i64) -> Option<i64> {
    let all = dates::all(&text.chars, today, Look::Ahead);
    let meant = dates::meant(&text.chars, &all)?;
    let is_of_something = text.chars.get(meant.span.end) == Some(&'的');
    let one = meant.range.from == meant.range.to && meant.range.from >= today;
    (one && !is_of_something).then_some(meant.range.from)
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
