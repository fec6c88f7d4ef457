//! Reads the ranges in a text, one after the other.

use super::words::{WORDS, Word};
use super::{DayRange, Grain, Look, Said, civil, day_of, from_iso, month, month_len, month_start};
use crate::normal::Span;
use crate::number;

/// All ranges said in `chars`, in order. They may lie in the future when that is what was said.
pub fn all(chars: &[char], today: i64, look: Look) -> Vec<Said> {
    let reader = Reader { chars, today, look };
    let mut out = vec![];
    let mut at = 0;
    while at < chars.len() {
        if !may_begin(chars[at]) {
            at += 1;
        } else if let Some(found) = reader.range(at) {
            // 每月15号 is no day but a rule
            if is_each(&chars[..at]) {
                at = found.end;
                continue;
            }
            out.push(Said {
                range: found.range,
                grain: found.grain,
                span: Span { start: at, end: found.end },
            });
            at = found.end;
        } else {
            // never begin inside a number: 32号 is not 2号, and 2月30号 is not 30号
            let end = number::run_end(chars, at);
            let skips_month = end > at && chars.get(end) == Some(&'月');
            at = if skips_month { number::run_end(chars, end + 1) } else { end.max(at + 1) };
        }
    }
    out
}

/// True when 每, 每月 or 每个月 stands at the end.
fn is_each(before: &[char]) -> bool {
    ["每", "每月", "每个月", "每年"].iter().any(|w| {
        let n = w.chars().count();
        before.len() >= n && before[before.len() - n..].iter().copied().eq(w.chars())
    })
}

/// So many years ahead a plan may end (转到2030年).
const YEARS_AHEAD: i64 = 10;

/// What a range can begin with; everything else is passed over quickly.
fn may_begin(c: char) -> bool {
    number::begins(c) || "大头前昨今当这最近上本月开年去过半明后下周星礼农阴旧老闰正冬腊初国劳儿双圣除春元端七中重清第季未接往".contains(c)
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) range: DayRange,
    pub(super) grain: Grain,
    pub(super) end: usize,
}

impl Found {
    /// The same, begun so many days before.
    pub(super) fn earlier_by(self, days: i64) -> Self {
        Self { range: DayRange { from: self.range.from - days, ..self.range }, ..self }
    }
}

pub(super) fn found(from: i64, to: i64, grain: Grain, end: usize) -> Found {
    Found { range: DayRange { from, to }, grain, end }
}

pub(super) struct Reader<'a> {
    pub(super) chars: &'a [char],
    pub(super) today: i64,
    pub(super) look: Look,
}

const JOINTS: &[&str] = &["到", "至", "-", "—", "~", "－"];
const NOW: &[&str] = &["现在", "今天", "今日", "目前", "这会儿", "如今"];
const SINCE: &[&str] = &["以来", "至今", "开始", "起到现在", "之后", "以后", "往后"];

impl Reader<'_> {
    pub(super) fn word(&self, at: usize, word: &str) -> Option<usize> {
        let mut end = at;
        for c in word.chars() {
            if self.chars.get(end) != Some(&c) {
                return None;
            }
            end += 1;
        }
        Some(end)
    }
    pub(super) fn any(&self, at: usize, words: &[&str]) -> Option<usize> {
        words.iter().find_map(|w| self.word(at, w))
    }
    pub(super) fn number(&self, at: usize) -> Option<(i64, usize)> {
        number::read(self.chars, at)
    }
    /// A range that ends today at the latest when one looks back, and begins today at the earliest when one looks ahead.
    fn cut(&self, f: Found) -> Found {
        let DayRange { from, to } = f.range;
        let range = match self.look {
            Look::Back if from <= self.today => DayRange { from, to: to.min(self.today) },
            Look::Ahead if to >= self.today => DayRange { from: from.max(self.today), to },
            _ => f.range,
        };
        Found { range, ..f }
    }

    /// One range beginning at `at`, with 到 between two ends.
    fn range(&self, at: usize) -> Option<Found> {
        if let Some(both) = self.short_pair(at) {
            return Some(both);
        }
        let first = self.part(at, None)?;
        if let Some(end) = self.any(first.end, SINCE)
            && first.range.from <= self.today
            && self.look == Look::Back
        {
            return Some(found(first.range.from, self.today, Grain::Stretch, end));
        }
        let Some(next) = self.any(first.end, JOINTS) else {
            return Some(self.cut(first));
        };
        if let Some(end) = self.any(next, NOW)
            && first.range.from <= self.today
        {
            return Some(found(first.range.from, self.today, Grain::Stretch, end));
        }
        let joined = |first: Found, second: Found| {
            found(first.range.from, second.range.to, Grain::Stretch, second.end)
        };
        match self.part(next, Some(first.range)) {
            Some(second) if second.range.to >= first.range.from => {
                Some(self.cut(joined(first, second)))
            }
            // 12月到2月, when both have been: over the turn of the year
            Some(second) if self.next_year(second).range.to <= self.today => {
                Some(self.cut(joined(first, self.next_year(second))))
            }
            Some(second) => {
                // 11月到1月: over the turn of the year
                let (y, m, d) = civil(first.range.from);
                let back = Found {
                    range: DayRange { from: month_start(y - 1, m) + d - 1, to: first.range.to },
                    ..first
                };
                let near =
                    second.range.from - back.range.from < 366 && second.range.to >= back.range.from;
                Some(self.cut(if near { joined(back, second) } else { first }))
            }
            None => Some(self.cut(first)),
        }
    }

    fn next_year(&self, f: Found) -> Found {
        let later = |day: i64| {
            let (y, m, d) = civil(day);
            let is_last = d == month_len(y, m);
            let last = month_len(y + 1, m);
            month_start(y + 1, m) + if is_last { last } else { d.min(last) } - 1
        };
        Found { range: DayRange { from: later(f.range.from), to: later(f.range.to) }, ..f }
    }

    /// `10到15号`, `1到3月`: one unit for two numbers.
    fn short_pair(&self, at: usize) -> Option<Found> {
        let (a, end) = self.number(at)?;
        let next = self.any(end, JOINTS)?;
        let (b, stop) = self.number(next)?;
        let (y, m, d) = civil(self.today);
        if a < 1 || a >= b {
            return None;
        }
        if let Some(end) = self.any(stop, &["号", "日"]).filter(|_| b <= 31) {
            let mon = match self.look {
                Look::Back if a > d => m - 1,
                Look::Ahead if b < d => m + 1,
                _ => m,
            };
            let last = b.min(month_len(y, mon));
            return Some(found(
                month_start(y, mon) + a - 1,
                month_start(y, mon) + last - 1,
                Grain::Stretch,
                end,
            ));
        }
        let end = self.any(stop, &["月份", "月"]).filter(|_| b <= 12)?;
        if self.number(end).is_some() {
            return None;
        }
        let year = if self.look == Look::Back && a > m { y - 1 } else { y };
        Some(self.cut(found(month_start(year, a), month(year, b).to, Grain::Stretch, end)))
    }

    fn part(&self, at: usize, after: Option<DayRange>) -> Option<Found> {
        if !number::begins(*self.chars.get(at)?) {
            return self
                .feast(at, None)
                .or_else(|| self.named(at))
                .or_else(|| self.week_day(at))
                .or_else(|| self.in_month(at, self.default_month(), true))
                .or_else(|| self.lunar(at, None))
                .or_else(|| self.ago(at))
                .or_else(|| self.coming(at))
                .or_else(|| self.recent(at))
                .or_else(|| self.quarter(at, None))
                .or_else(|| self.half(at, None));
        }
        let may_feast = "五六七十".contains(self.chars[at]);
        may_feast
            .then(|| self.feast(at, None))
            .flatten()
            .or_else(|| self.lunar(at, None))
            .or_else(|| self.ago(at))
            .or_else(|| self.recent(at))
            .or_else(|| self.quarter(at, None))
            .or_else(|| self.dated(at, after))
    }

    /// True for 俩, 仨, 两: 俩月 is how many months, never which.
    pub(super) fn counts(&self, at: usize) -> bool {
        self.chars.get(at).is_some_and(|c| "俩仨两".contains(*c))
    }

    fn default_month(&self) -> (i64, i64) {
        let (y, m, _) = civil(self.today);
        (y, m)
    }

    fn named(&self, at: usize) -> Option<Found> {
        let (word, end) = WORDS.iter().find_map(|(w, word)| Some((*word, self.word(at, w)?)))?;
        let (y, m, _) = civil(self.today);
        let t = self.today;
        Some(match word {
            Word::Days(from, to) if from == to => found(t + from, t + to, Grain::Day, end),
            Word::Days(from, to) => found(t + from, t + to, Grain::Stretch, end),
            Word::Around(n) if self.look == Look::Ahead => found(t, t + n, Grain::Stretch, end),
            Word::Around(n) => found(t - n, t, Grain::Stretch, end),
            Word::Month(by) => {
                let start = month_start(y, m + by);
                let (y, m, _) = civil(start);
                let end = self.any(end, &["份"]).unwrap_or(end);
                self.in_month(end, (y, m), false).unwrap_or(found(
                    start,
                    month(y, m).to,
                    Grain::Month,
                    end,
                ))
            }
            Word::Week(by) => {
                // 1970-01-01 was a Thursday
                let monday = t - (t + 3).rem_euclid(7) + by * 7;
                self.day_of_week(end, monday).unwrap_or(found(monday, monday + 6, Grain::Week, end))
            }
            Word::Year(by) => self.in_year(end, y + by),
            Word::Quarter(by) => {
                let first = (m - 1).div_euclid(3) * 3 + 1 + by * 3;
                found(month_start(y, first), month_start(y, first + 3) - 1, Grain::Quarter, end)
            }
            Word::SinceMonth => found(month_start(y, m), t, Grain::Stretch, end),
            Word::SinceYear => found(month_start(y, 1), t, Grain::Stretch, end),
            Word::Edge(n) => {
                let this = month(y, n);
                let year = match self.look {
                    Look::Back if this.from > t => y - 1,
                    Look::Ahead if this.to < t => y + 1,
                    _ => y,
                };
                found(month_start(year, n), month(year, n).to, Grain::Month, end)
            }
        })
    }

    /// What stands after a year: a month, a feast, a half, a quarter, its end; else the year itself.
    fn in_year(&self, end: usize, year: i64) -> Found {
        let at = self.word(end, "的").unwrap_or(end);
        self.feast(at, Some(year))
            .or_else(|| self.lunar(at, Some(year)))
            .or_else(|| self.month_at(at, year))
            .or_else(|| self.quarter(at, Some(year)))
            .or_else(|| self.half(at, Some(year)))
            .or_else(|| {
                let end = self.any(at, &["年底", "年末", "底", "末"])?;
                Some(found(month_start(year, 12), month(year, 12).to, Grain::Month, end))
            })
            .or_else(|| {
                let end = self.any(at, &["年初", "初"])?;
                Some(found(month_start(year, 1), month(year, 1).to, Grain::Month, end))
            })
            .unwrap_or(found(day_of(year, 1, 1), day_of(year, 12, 31), Grain::Year, end))
    }

    /// 一 to 日 after 周, or 末.
    fn day_of_week(&self, at: usize, monday: i64) -> Option<Found> {
        let end = at + 1;
        if *self.chars.get(at)? == '末' {
            return Some(found(monday + 5, monday + 6, Grain::Stretch, end));
        }
        let n = match self.chars[at] {
            '日' | '天' | '7' => 6,
            c => number::one(c).filter(|n| (1..=6).contains(n))? - 1,
        };
        let goes_on =
            self.chars.get(end).is_some_and(|c| number::begins(*c) || "次笔张个".contains(*c));
        (!goes_on).then(|| found(monday + n, monday + n, Grain::Day, end))
    }

    /// 周五, 星期天, 周末 without a week.
    fn week_day(&self, at: usize) -> Option<Found> {
        let end = self.any(at, &["周", "星期", "礼拜"])?;
        let monday = self.today - (self.today + 3).rem_euclid(7);
        let this = self.day_of_week(end, monday)?;
        let by = match self.look {
            Look::Back if this.range.from > self.today => -7,
            Look::Ahead if this.range.to < self.today => 7,
            _ => 0,
        };
        Some(Found {
            range: DayRange { from: this.range.from + by, to: this.range.to + by },
            ..this
        })
    }

    /// 底, 上旬, 15号 of a month; `bare`: the month itself was not said (月底).
    fn in_month(&self, at: usize, (y, m): (i64, i64), bare: bool) -> Option<Found> {
        let (start, last) = (month_start(y, m), month(y, m).to);
        let ahead = self.look == Look::Ahead;
        let at = if bare { at } else { self.any(at, &["的"]).unwrap_or(at) };
        let tenths: &[(&[&str], i64, i64, i64)] = if bare {
            &[(&["月初"], 1, 10, 1), (&["月中"], 11, 20, 15), (&["月底", "月末"], 21, 31, 31)]
        } else {
            &[
                (&["月初", "初", "上旬", "头几天"], 1, 10, 1),
                (&["月中", "中旬"], 11, 20, 15),
                (&["月底", "月末", "底", "末", "下旬"], 21, 31, 31),
            ]
        };
        for (words, from, to, day) in tenths {
            let Some(end) = self.any(at, words) else { continue };
            // 三月初八 is lunar
            if self.number(end).is_some() && self.chars[end - 1] == '初' {
                return None;
            }
            let (from, to) = if ahead { (*day, *day) } else { (*from, *to) };
            let grain = if ahead { Grain::Day } else { Grain::Stretch };
            return Some(found(
                (start + from - 1).min(last),
                (start + to - 1).min(last),
                grain,
                end,
            ));
        }
        if bare {
            return None;
        }
        if let Some(end) = self.word(at, "最后一天") {
            return Some(found(last, last, Grain::Day, end));
        }
        if let Some(end) = self.any(at, &["第一天", "头一天", "头天"]) {
            return Some(found(start, start, Grain::Day, end));
        }
        let (d, end) = self.number(at)?;
        let end = self.any(end, &["号", "日"])?;
        (1..=last - start + 1)
            .contains(&d)
            .then(|| found(start + d - 1, start + d - 1, Grain::Day, end))
    }

    /// `M月`, `M月份`, `M月D号`, `M月上旬` of a given year.
    fn month_at(&self, at: usize, year: i64) -> Option<Found> {
        let at = self.word(at, "的").unwrap_or(at);
        let (m, end) = self.number(at)?;
        let end = self.word(end, "月").filter(|_| (1..=12).contains(&m))?;
        if let Some((d, stop)) = self.number(end) {
            let stop = self.any(stop, &["号", "日"]).unwrap_or(stop);
            return (1..=month_len(year, m)).contains(&d).then(|| {
                let day = day_of(year, m, d);
                found(day, day, Grain::Day, stop)
            });
        }
        let end = self.word(end, "份").unwrap_or(end);
        let range = month(year, m);
        Some(self.in_month(end, (year, m), false).unwrap_or(found(
            range.from,
            range.to,
            Grain::Month,
            end,
        )))
    }

    /// `3月`, `3月1号`, `2026年3月`, `2026-03-01`, `8号`.
    fn dated(&self, at: usize, after: Option<DayRange>) -> Option<Found> {
        if let Some(day) = self.numeric(at, after) {
            return Some(day);
        }
        let (y, m, d) = civil(self.today);
        let (n, end) = self.number(at)?;
        if let Some(stop) = self.word(end, "年") {
            let year = if (0..100).contains(&n) { n + 2_000 } else { n };
            let last = if self.look == Look::Ahead { y + YEARS_AHEAD } else { y + 1 };
            let said = (2_000..=last).contains(&year)
                && end - at >= 2
                && !self.chars[at..end].contains(&'十');
            return said.then(|| self.in_year(stop, year));
        }
        if self.word(end, "月").is_some() && self.counts(at) {
            return None;
        }
        if self.word(end, "月").is_some() {
            let base_year = after.map_or(y, |a| civil(a.from).0);
            let first = self.month_at(at, base_year)?;
            let other = match self.look {
                _ if after.is_some() => None,
                // what lies ahead was meant a year ago: statements look back
                Look::Back if first.range.from > self.today => self.month_at(at, y - 1),
                Look::Ahead if first.range.to < self.today => self.month_at(at, y + 1),
                _ => None,
            };
            return Some(other.unwrap_or(first));
        }
        let bare_end = after.is_some() && self.chars.len() == end;
        let stop = self.any(end, &["号", "日"]).or(bare_end.then_some(end))?;
        if !(1..=31).contains(&n) {
            return None;
        }
        let (year, mon) = match (after, self.look) {
            (Some(a), _) => (civil(a.from).0, civil(a.from).1),
            (None, Look::Back) if n > d => (y, m - 1),
            (None, Look::Ahead) if n < d => (y, m + 1),
            (None, _) => (y, m),
        };
        (n <= month_len(year, mon)).then(|| {
            let day = month_start(year, mon) + n - 1;
            found(day, day, Grain::Day, stop)
        })
    }

    /// `2026-03-01`, `2026/3/1`, `2026.3.1`, `20260301`, and `3.1` as one end of a range.
    fn numeric(&self, at: usize, after: Option<DayRange>) -> Option<Found> {
        let digits = |from: usize, most: usize| {
            let n = (0..=most)
                .take_while(|i| self.chars.get(from + i).is_some_and(char::is_ascii_digit))
                .count();
            (1..=most).contains(&n).then_some(from + n)
        };
        let text = |a: usize, b: usize| self.chars[a..b].iter().collect::<String>();
        let end = digits(at, 8)?;
        let day = |iso: String, end: usize| from_iso(&iso).map(|d| found(d, d, Grain::Day, end));
        if end - at == 8 {
            return day(
                format!("{}-{}-{}", text(at, at + 4), text(at + 4, at + 6), text(at + 6, end)),
                end,
            )
            .filter(|f| (2_000..2_100).contains(&civil(f.range.from).0));
        }
        let mark = *self.chars.get(end).filter(|c| "-/.".contains(**c))?;
        let second = digits(end + 1, 2)?;
        if end - at == 4 {
            self.chars.get(second).filter(|c| **c == mark)?;
            let third = digits(second + 1, 2)?;
            return day(
                format!("{}-{}-{}", text(at, end), text(end + 1, second), text(second + 1, third)),
                third,
            );
        }
        // 10.1-10.7: only as a pair, since 10.1 is a number too
        let is_pair = after.is_some()
            || self
                .any(second, JOINTS)
                .and_then(|n| digits(n, 2))
                .is_some_and(|n| self.chars.get(n) == Some(&mark));
        if end - at > 2 || mark == '-' || !is_pair {
            return None;
        }
        let (y, ..) = civil(self.today);
        let base = after.map_or(y, |a| civil(a.from).0);
        let this = day(format!("{base}-{}-{}", text(at, end), text(end + 1, second)), second)?;
        if after.is_none() && self.look == Look::Back && this.range.from > self.today {
            return day(
                format!("{}-{}-{}", base - 1, text(at, end), text(end + 1, second)),
                second,
            );
        }
        Some(this)
    }
}
