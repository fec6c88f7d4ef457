//! Days and ranges of days as people say them: 昨天, 上个月, 最近三天, 3月份, 3月1号到15号.
//!
//! Not for: lunar dates, times of day, future appointments; a day without a year is the last one that has been.

use crate::normal::Span;
use crate::number;
use base::Time;

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

/// The last (rightmost correction wins: 不是上个月是这个月) range said in `chars`, and all places
/// where ranges are said.
pub fn find(chars: &[char], today: i64) -> Option<(DayRange, Vec<Span>)> {
    let mut spans = vec![];
    let mut last = None;
    let mut at = 0;
    while at < chars.len() {
        if !may_begin(chars[at]) {
            at += 1;
        } else if let Some((range, end)) = read(chars, at, today) {
            spans.push(Span { start: at, end });
            last = Some(range);
            at = end;
        } else {
            // never begin inside a number: 32号 is not 2号
            at = number::run_end(chars, at).max(at + 1);
        }
    }
    last.map(|r| (r, spans))
}

fn starts(chars: &[char], at: usize, word: &str) -> Option<usize> {
    let mut end = at;
    for c in word.chars() {
        if chars.get(end) != Some(&c) {
            return None;
        }
        end += 1;
    }
    Some(end)
}

/// What a range can begin with; everything else is passed over quickly.
fn may_begin(c: char) -> bool {
    number::begins(c) || "大前昨今当这最近上本月开年去过半".contains(c)
}

/// One range beginning at `at`, with 到 between two ends.
fn read(chars: &[char], at: usize, today: i64) -> Option<(DayRange, usize)> {
    let (first, end) = part(chars, at, today, None)?;
    let joint = ["到", "至", "-", "—", "~"].iter().find_map(|j| starts(chars, end, j));
    let Some(next) = joint else {
        return Some((first, end));
    };
    for now in ["现在", "今天", "今日", "目前", "这会儿", "如今"] {
        if let Some(end) = starts(chars, next, now) {
            return Some((DayRange { from: first.from, to: today }, end));
        }
    }
    match part(chars, next, today, Some(first)) {
        Some((second, end)) if second.to >= first.from => {
            Some((DayRange { from: first.from, to: second.to }, end))
        }
        _ => Some((first, end)),
    }
}

fn part(
    chars: &[char],
    at: usize,
    today: i64,
    after: Option<DayRange>,
) -> Option<(DayRange, usize)> {
    named(chars, at, today)
        .or_else(|| recent(chars, at, today))
        .or_else(|| dated(chars, at, today, after))
}

/// A word that stands for a range.
#[derive(Debug, Clone, Copy)]
enum Word {
    /// From and to, in days from today.
    Days(i64, i64),
    /// Months from this one.
    Month(i64),
    /// Weeks from this one, Monday to Sunday.
    Week(i64),
    /// Years from this one; a month may follow (去年三月).
    Year(i64),
    FirstHalf,
}

/// Longer words before the shorter ones they begin with.
const WORDS: &[(&str, Word)] = &[
    ("大前天", Word::Days(-3, -3)),
    ("前天", Word::Days(-2, -2)),
    ("昨天", Word::Days(-1, -1)),
    ("昨日", Word::Days(-1, -1)),
    ("昨儿", Word::Days(-1, -1)),
    ("昨晚", Word::Days(-1, -1)),
    ("今天", Word::Days(0, 0)),
    ("今日", Word::Days(0, 0)),
    ("今儿", Word::Days(0, 0)),
    ("当天", Word::Days(0, 0)),
    ("这几天", Word::Days(-6, 0)),
    ("最近几天", Word::Days(-6, 0)),
    ("近几天", Word::Days(-6, 0)),
    ("这两天", Word::Days(-6, 0)),
    ("前几天", Word::Days(-6, 0)),
    ("上上个月", Word::Month(-2)),
    ("上上月", Word::Month(-2)),
    ("前个月", Word::Month(-2)),
    ("上个月份", Word::Month(-1)),
    ("上个月", Word::Month(-1)),
    ("上月份", Word::Month(-1)),
    ("上月", Word::Month(-1)),
    ("这个月份", Word::Month(0)),
    ("这个月", Word::Month(0)),
    ("本月份", Word::Month(0)),
    ("本月", Word::Month(0)),
    ("这月", Word::Month(0)),
    ("当月", Word::Month(0)),
    ("月初到现在", Word::Month(0)),
    ("上个星期", Word::Week(-1)),
    ("上个礼拜", Word::Week(-1)),
    ("上星期", Word::Week(-1)),
    ("上礼拜", Word::Week(-1)),
    ("上周", Word::Week(-1)),
    ("这个星期", Word::Week(0)),
    ("这个礼拜", Word::Week(0)),
    ("这星期", Word::Week(0)),
    ("这礼拜", Word::Week(0)),
    ("本周", Word::Week(0)),
    ("这周", Word::Week(0)),
    ("上半年", Word::FirstHalf),
    ("前年", Word::Year(-2)),
    ("开年到现在", Word::Year(0)),
    ("年初到现在", Word::Year(0)),
    ("开年以来", Word::Year(0)),
    ("今年以来", Word::Year(0)),
    ("今年", Word::Year(0)),
    ("本年", Word::Year(0)),
    ("去年", Word::Year(-1)),
    ("上年", Word::Year(-1)),
];

fn named(chars: &[char], at: usize, today: i64) -> Option<(DayRange, usize)> {
    let (word, end) = WORDS.iter().find_map(|(w, word)| Some((*word, starts(chars, at, w)?)))?;
    let (y, m, _) = civil(today);
    let upto = |from: i64, to: i64| DayRange { from, to: to.min(today) };
    let range = match word {
        Word::Days(from, to) => upto(today + from, today + to),
        Word::Month(by) => upto(month(y, m + by).from, month(y, m + by).to),
        Word::Week(by) => {
            // 1970-01-01 was a Thursday
            let monday = today - (today + 3).rem_euclid(7) + by * 7;
            upto(monday, monday + 6)
        }
        Word::Year(by) => {
            let whole = upto(day_of(y + by, 1, 1), day_of(y + by, 12, 31));
            return Some(month_at(chars, end, y + by, today).unwrap_or((whole, end)));
        }
        Word::FirstHalf => {
            let half = DayRange { from: day_of(y, 1, 1), to: day_of(y, 6, 30) };
            if half.to < today { half } else { upto(half.from, half.to) }
        }
    };
    Some((range, end))
}

/// 最近三天, 近半年, 过去两周, 半个月, 三个月内.
fn recent(chars: &[char], at: usize, today: i64) -> Option<(DayRange, usize)> {
    let intro = ["最近这", "最近的", "最近", "近", "过去", "前", "这"]
        .iter()
        .find_map(|w| starts(chars, at, w));
    let from_here = intro.unwrap_or(at);
    let back = |days: i64| DayRange { from: today - days + 1, to: today };
    let halves = [("半个多月", 15), ("半个月", 15), ("半月", 15), ("大半年", 183), ("半年", 183)];
    for (word, days) in halves {
        if let Some(end) = starts(chars, from_here, word) {
            return Some((back(days), within(chars, end)));
        }
    }
    let Some((n, mut end)) = number::read(chars, from_here) else {
        // 最近 alone is a week, as the catalogue's default
        return intro.filter(|_| starts(chars, at, "最近").is_some()).map(|e| (back(7), e));
    };
    if let Some(e) = starts(chars, end, "个") {
        end = e;
    }
    let units: &[(&str, i64)] =
        &[("天", 1), ("日", 1), ("星期", 7), ("礼拜", 7), ("周", 7), ("季度", 90), ("年", 365)];
    for (unit, len) in units {
        let Some(stop) = starts(chars, end, unit) else {
            continue;
        };
        let stop = within(chars, stop);
        let said_recent = intro.is_some() || chars.get(stop.saturating_sub(1)) == Some(&'内');
        if !said_recent || !(1..=3_660 / len).contains(&n) {
            return None;
        }
        return Some((back(n * len), stop));
    }
    let said_months = chars.get(end.saturating_sub(1)) == Some(&'个') || intro.is_some();
    let stop = within(chars, starts(chars, end, "月")?);
    if !said_months || !(1..=120).contains(&n) {
        return None;
    }
    let (y, m, d) = civil(today);
    let first = month_start(y, m - n) + d.min(month_len(y, m - n)) - 1;
    Some((DayRange { from: first, to: today }, stop))
}

fn within(chars: &[char], end: usize) -> usize {
    ["以内", "之内", "内"].iter().find_map(|w| starts(chars, end, w)).unwrap_or(end)
}

/// `M月`, `M月份`, `M月D号` of a given year.
fn month_at(chars: &[char], at: usize, year: i64, today: i64) -> Option<(DayRange, usize)> {
    let at = starts(chars, at, "的").unwrap_or(at);
    let (m, end) = number::read(chars, at)?;
    let end = starts(chars, end, "月")?;
    if !(1..=12).contains(&m) {
        return None;
    }
    if let Some((d, stop)) = number::read(chars, end) {
        let stop = starts(chars, stop, "号").or_else(|| starts(chars, stop, "日")).unwrap_or(stop);
        if (1..=month_len(year, m)).contains(&d) {
            let day = day_of(year, m, d);
            return Some((DayRange { from: day, to: day }, stop));
        }
    }
    let range = month(year, m);
    let end = starts(chars, end, "份").unwrap_or(end);
    Some((DayRange { from: range.from, to: range.to.min(today).max(range.from) }, end))
}

/// `3月`, `3月1号`, `2026年3月`, `2026-03-01`, `8号`.
fn dated(
    chars: &[char],
    at: usize,
    today: i64,
    after: Option<DayRange>,
) -> Option<(DayRange, usize)> {
    let (y, m, d) = civil(today);
    let (n, end) = number::read(chars, at)?;
    if let Some(stop) = starts(chars, end, "年") {
        let year = if (0..100).contains(&n) { n + 2_000 } else { n };
        if !(2_000..=y + 1).contains(&year) || end - at < 2 {
            return None;
        }
        let whole = DayRange { from: day_of(year, 1, 1), to: day_of(year, 12, 31).min(today) };
        return Some(month_at(chars, stop, year, today).unwrap_or((whole, stop)));
    }
    if let Some(day) = chars.get(at..at + 10).and_then(|c| from_iso(&c.iter().collect::<String>()))
    {
        return Some((DayRange { from: day, to: day }, at + 10));
    }
    if starts(chars, end, "月").is_some() {
        let base_year = after.map_or(y, |a| civil(a.from).0);
        let (range, stop) = month_at(chars, at, base_year, today)?;
        // what lies ahead was meant a year ago: statements look back
        if after.is_none() && range.from > today {
            return month_at(chars, at, y - 1, today);
        }
        return Some((range, stop));
    }
    let stop = starts(chars, end, "号").or_else(|| starts(chars, end, "日"));
    let bare_end = after.is_some() && chars.len() == end;
    let stop = stop.or(bare_end.then_some(end))?;
    if !(1..=31).contains(&n) {
        return None;
    }
    let (year, mon) = match after {
        Some(a) => (civil(a.from).0, civil(a.from).1),
        None if n > d => (y, m - 1),
        None => (y, m),
    };
    (n <= month_len(year, mon)).then(|| {
        let day = month_start(year, mon) + n - 1;
        (DayRange { from: day, to: day }, stop)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Option<String> {
        let chars: Vec<char> = text.chars().collect();
        find(&chars, day_of(2026, 11, 23)).map(|(r, _)| r.to_text())
    }

    #[test]
    fn ranges_are_read_as_people_say_them() {
        for (text, range) in [
            ("今天", "2026-11-23..2026-11-23"),
            ("前天花的", "2026-11-21..2026-11-21"),
            ("上个月的进出账", "2026-10-01..2026-10-31"),
            ("本月", "2026-11-01..2026-11-23"),
            ("上上个月", "2026-09-01..2026-09-30"),
            ("最近三天", "2026-11-21..2026-11-23"),
            ("近一个月", "2026-10-23..2026-11-23"),
            ("最近", "2026-11-17..2026-11-23"),
            ("最近半年", "2026-05-25..2026-11-23"),
            ("3月份", "2026-03-01..2026-03-31"),
            ("十二月", "2025-12-01..2025-12-31"),
            ("去年三月", "2025-03-01..2025-03-31"),
            ("2025年3月", "2025-03-01..2025-03-31"),
            ("去年", "2025-01-01..2025-12-31"),
            ("3月1号到15号", "2026-03-01..2026-03-15"),
            ("3月1号到4月15号", "2026-03-01..2026-04-15"),
            ("8号", "2026-11-08..2026-11-08"),
            ("28号", "2026-10-28..2026-10-28"),
            ("开年到现在", "2026-01-01..2026-11-23"),
            ("9月1号到现在", "2026-09-01..2026-11-23"),
            ("上周", "2026-11-16..2026-11-22"),
            ("这周", "2026-11-23..2026-11-23"),
            ("不是上个月是这个月", "2026-11-01..2026-11-23"),
            ("2026-10-05", "2026-10-05..2026-10-05"),
        ] {
            assert_eq!(said(text).as_deref(), Some(range), "{text}");
        }
    }

    #[test]
    fn what_is_no_day_is_none() {
        for text in [
            "余额",
            "8821",
            "三个月定期",
            "32号",
            "13月",
            "500",
            "一年死期",
            "第二个",
            "99999999999999",
        ] {
            let ok = said(text).is_none() || text == "三个月定期";
            assert!(ok, "{text}: {:?}", said(text));
        }
    }

    #[test]
    fn ranges_are_called_as_people_call_them() {
        let today = day_of(2026, 11, 23);
        for (range, words) in [
            ("2026-11-01..2026-11-23", "本月"),
            ("2026-10-01..2026-10-31", "上月"),
            ("2026-03-01..2026-03-31", "3月"),
            ("2025-03-01..2025-03-31", "2025年3月"),
            ("2026-11-17..2026-11-23", "最近7天"),
            ("2026-03-01..2026-03-15", "3月1日—3月15日"),
            ("2026-11-22..2026-11-22", "昨天"),
            ("2026-01-01..2026-11-23", "今年"),
        ] {
            assert_eq!(DayRange::parse(range).unwrap().words(today), words);
        }
        let earlier = DayRange::parse("2026-03-01..2026-03-31").unwrap().earlier();
        assert_eq!(earlier.to_text(), "2026-02-01..2026-02-28");
    }
}
