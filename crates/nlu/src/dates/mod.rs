//! Days and ranges of days as people say them: 昨天, 上个月, 最近三天, 3月份, 3月1号到15号, 去年国庆, 腊月二十三, 下周一.
//!
//! A day without a year is the last one that has been when one looks [`Look::Back`] (statements), the next one to come when
//! one looks [`Look::Ahead`] (appointments). Not for: times of day, how long something runs (三年定期).

mod find;
mod lunar;
mod spans;
mod words;
mod yearly;

use crate::amend;
use crate::normal::{Normal, Span};
use base::Time;

pub use find::all;
pub use words::is_statutory;

/// Which way one looks from today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Back,
    Ahead,
}

/// How finely a range was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    Day,
    Week,
    Month,
    Quarter,
    Year,
    /// From one day to another, or so many days.
    Stretch,
}

/// A range and where it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    pub range: DayRange,
    pub grain: Grain,
    pub span: Span,
}

/// Days since 1970-01-01 in China, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayRange {
    pub from: i64,
    pub to: i64,
}

/// (year, month, day) of a day number.
pub fn civil(day: i64) -> (i64, i64, i64) {
    let (y, m, d, ..) = Time::of_ms(day * base::DAY_MS - base::CHINA_OFFSET_MS).china();
    (y, m, d)
}
/// The day number of a date; day 0 of a month is the last of the one before.
pub fn day_of(year: i64, month: i64, day: i64) -> i64 {
    Time::of_china_date(year, month, day).china_day()
}
fn month_start(year: i64, month: i64) -> i64 {
    let months = year * 12 + month - 1;
    day_of(months.div_euclid(12), months.rem_euclid(12) + 1, 1)
}
fn month(year: i64, m: i64) -> DayRange {
    DayRange { from: month_start(year, m), to: month_start(year, m + 1) - 1 }
}
/// Days in a month; months past either end of the year count on.
fn month_len(year: i64, m: i64) -> i64 {
    month_start(year, m + 1) - month_start(year, m)
}

/// `2026-10-01`.
pub fn iso(day: i64) -> String {
    let (y, m, d) = civil(day);
    format!("{y:04}-{m:02}-{d:02}")
}
/// Reads `2026-10-01`.
pub fn from_iso(text: &str) -> Option<i64> {
    let mut parts = text.split('-').map(|p| p.parse::<i64>().ok());
    let (y, m, d) = (parts.next()??, parts.next()??, parts.next()??);
    ((1..=12).contains(&m) && (1..=month_len(y, m)).contains(&d)).then(|| day_of(y, m, d))
}

impl DayRange {
    /// `2026-10-01..2026-10-31`.
    pub fn to_text(self) -> String {
        format!("{}..{}", iso(self.from), iso(self.to))
    }
    /// Reads what [`Self::to_text`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once("..")?;
        Some(Self { from: from_iso(from)?, to: from_iso(to)? })
    }
    /// The range as a person would call it on day `today`: 本月, 上月, 9月, 最近7天, 3月1日—3月15日.
    pub fn words(self, today: i64) -> String {
        let (year, this, _) = civil(today);
        let (y, m, d) = civil(self.from);
        let (y2, m2, d2) = civil(self.to);
        if self.from == self.to {
            return match today - self.from {
                0 => "今天".into(),
                1 => "昨天".into(),
                2 => "前天".into(),
                _ if y == year => format!("{m}月{d}日"),
                _ => format!("{y}年{m}月{d}日"),
            };
        }
        let ends_month = self.to == month(y2, m2).to || self.to == today;
        if d == 1 && ends_month && (y, m) == (y2, m2) {
            return match (year - y) * 12 + this - m {
                0 => "本月".into(),
                1 => "上月".into(),
                _ if y == year => format!("{m}月"),
                _ => format!("{y}年{m}月"),
            };
        }
        if (m, d) == (1, 1) && y == y2 && (self.to == today || (m2, d2) == (12, 31)) {
            return if y == year { "今年".into() } else { format!("{y}年") };
        }
        if self.to == today && today - self.from < 100 {
            return format!("最近{}天", today - self.from + 1);
        }
        let day = |y: i64, m: i64, d: i64| {
            if y == year { format!("{m}月{d}日") } else { format!("{y}年{m}月{d}日") }
        };
        format!("{}—{}", day(y, m, d), day(y2, m2, d2))
    }
    /// The range of about one month that ends the day before this one.
    #[must_use]
    pub fn earlier(self) -> Self {
        let (y, m, _) = civil(self.from - 1);
        let whole_month = civil(self.from).2 == 1;
        let from = if whole_month { month_start(y, m) } else { self.from - 30 };
        Self { from, to: self.from - 1 }
    }
}

/// The range that is meant (of several that stand, the last: 不是上个月是这个月), and all places where
/// ranges are said. One looks back.
pub fn find(chars: &[char], today: i64) -> Option<(DayRange, Vec<Span>)> {
    let said = all(chars, today, Look::Back);
    let spans: Vec<Span> = said.iter().map(|s| s.span).collect();
    Some((meant(chars, &said)?.range, spans))
}

/// The last range that was not taken back.
pub fn meant(chars: &[char], said: &[Said]) -> Option<Said> {
    let spans: Vec<Span> = said.iter().map(|s| s.span).collect();
    let text = Normal { chars: chars.to_vec(), from: vec![] };
    let kept = amend::kept(&text, &spans);
    let standing = said.iter().zip(&kept).rev().find(|(_, kept)| **kept);
    standing.map(|(s, _)| *s).or(said.last().copied())
}

#[cfg(test)]
mod tests;
