//! From when a plan goes on and how it ends: 从3月起, 转十次, 转到明年六月.
//!
//! Not for: which days it is done on; those words are left over.

use super::{Each, End, Open, Said, TIMES_MAX};
use crate::dates::{self, Grain, Look};
use crate::number;

/// What was said of begin and end, and the text without it.
#[derive(Debug)]
pub(super) struct Stretch {
    pub(super) rest: Vec<char>,
    /// The begin, and whether one day was named for it.
    begins: Option<(i64, bool)>,
    end: Option<End>,
    is_vague: bool,
    /// 每月两次: more than one run each time.
    is_often: bool,
}

/// What is done before how often: 转十次.
const DEEDS: &str = "转打汇付还捐给存扣寄";
/// What may stand before 到 where an end follows; 改到, 等到 and 推到 say when it is done.
const BEFORE_END: &str = "转打汇付还捐给存扣寄直止截，,、块元钱百千万十";
/// Longest number of times, in characters.
const TIMES_CHARS_MAX: usize = 5;

impl Stretch {
    pub(super) fn of(chars: &[char], today: i64) -> Self {
        let (rest, begins, end) = (chars.to_vec(), None, None);
        let mut found = Self { rest, begins, end, is_vague: false, is_often: false };
        found.read_days(today);
        found.read_times();
        found.read_vague();
        found
    }

    pub(super) fn is_empty(&self) -> bool {
        self.begins.is_none() && self.end.is_none() && !self.is_vague && !self.is_often
    }

    /// Whether it is done more than once.
    pub(super) fn is_many(&self) -> bool {
        self.end.is_some() || self.is_often
    }

    /// As what is open of a plan that repeats; or what is not exact.
    pub(super) fn open(&self, each: Each) -> Result<Open, Said> {
        match (self.is_vague, self.is_often) {
            (true, _) => Err(Said::VagueEnd),
            (_, true) => Err(Said::Often),
            _ => Ok(Open { each, begins: self.begins.map(|(day, _)| day), end: self.end }),
        }
    }

    /// The one day a plan was said to begin on.
    pub(super) fn first_day(&self) -> Option<i64> {
        self.begins.filter(|(_, is_day)| *is_day).map(|(day, _)| day)
    }

    fn cut(&mut self, from: usize, to: usize) {
        self.rest[from..to].fill('，');
    }

    /// 从3月1号起, 转到明年六月, 明年6月30号为止.
    fn read_days(&mut self, today: i64) {
        let chars = self.rest.clone();
        for said in dates::all(&chars, today, Look::Ahead) {
            let (from, to) = (said.span.start, said.span.end);
            let words: String = chars[from..to].iter().collect();
            let after: String = chars[to..].iter().take(2).collect();
            if after.starts_with('起') || after == "开始" {
                let day = (said.range.from, said.range.from == said.range.to);
                self.begins = Some(day).filter(|_| said.range.from > today);
                self.cut(from, to);
                continue;
            }
            let is_last =
                ["为止", "结束", "截止"].contains(&after.as_str()) || after.starts_with('止');
            let is_whole = said.grain != Grain::Day || words.contains(['月', '年']);
            let leads = match chars[..from] {
                [.., before, '到' | '至'] => {
                    is_last || BEFORE_END.contains(before) || before.is_ascii_digit()
                }
                ['到' | '至'] => true,
                _ => is_last,
            };
            if leads && (is_whole || is_last) {
                self.end = Some(End::Until(said.range.to));
                self.cut(from.saturating_sub(1), to);
            }
        }
    }

    /// 转十次, 共12次; 每月两次 is how often.
    fn read_times(&mut self) {
        let chars = self.rest.clone();
        for (at, _) in chars.iter().enumerate().filter(|(_, c)| matches!(c, '次' | '回')) {
            if matches!(chars.get(at + 1), Some('日' | '月' | '要' | '数')) {
                continue;
            }
            let numbered = |long: usize| {
                let from = at.checked_sub(long)?;
                Some((from, number::whole(&chars[from..at])?))
            };
            let Some((from, times)) = (1..=TIMES_CHARS_MAX).rev().find_map(numbered) else {
                let before = &chars[at.saturating_sub(2)..at];
                let is_about =
                    matches!(before, [deed, '几' | '数'] if DEEDS.contains(*deed) || *deed == '共');
                self.is_vague |= is_about || before.ends_with(&['来']) || before.ends_with(&['多']);
                continue;
            };
            let before = chars[..from].iter().collect::<String>();
            if before.ends_with(['第', '每', '上', '这', '那', '下', '头', '前', '点']) {
                continue;
            }
            let of_each = before.trim_end_matches(|c| DEEDS.contains(c) || c == '只');
            let of_each =
                ["每月", "个月", "按月", "周", "星期", "礼拜", "每年", "一年", "天", "每日"]
                    .iter()
                    .any(|each| of_each.ends_with(each));
            match times {
                1 => {}
                _ if of_each => self.is_often = true,
                2..=TIMES_MAX => self.end = Some(End::Times(times)),
                _ => self.is_vague = true,
            }
            self.cut(from, at + 1);
        }
    }

    /// 转到他毕业为止, 转半年: it ends, but on which day?
    fn read_vague(&mut self) {
        let words: String = self.rest.iter().collect();
        let is_until = self.end.is_none()
            && ["为止", "直到", "一直转到", "一直到"].iter().any(|w| words.contains(w));
        let lasts = |deed: usize| {
            let from = deed + 1;
            let half = usize::from(self.rest.get(from) == Some(&'半'));
            let end = number::run_end(&self.rest, from).max(from + half);
            let unit = end + usize::from(self.rest.get(end) == Some(&'个'));
            let after = match self.rest.get(unit) {
                Some('年' | '月' | '周') => unit + 1,
                _ => return false,
            };
            end > from && self.rest.get(after).is_none_or(|c| "，,。.;；!！".contains(*c))
        };
        let mut deeds = self.rest.iter().enumerate().filter(|(_, c)| DEEDS.contains(**c));
        self.is_vague |= is_until || deeds.any(|(at, _)| lasts(at));
    }
}
