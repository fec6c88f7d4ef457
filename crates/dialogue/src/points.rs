//! How many points a customer says: 500分, 三百积分, 全部, 快过期的.
//!
//! Not for: sums of money. 500分 is five hundred points where points are asked for, and five yuan anywhere else.

use nlu::{Normal, number};

/// All there are.
const ALL: &str = "all";
/// Those that end next.
const ENDING: &str = "ending";
const ALL_WORDS: &[&str] =
    &["全部", "全捐", "都捐", "捐光", "所有", "全给", "全拿", "的分都", "积分都", "分全"];
const ENDING_WORDS: &[&str] = &["快过期", "要过期", "快到期", "要到期", "快作废", "快失效"];
/// What follows a number of points, and what makes it something else.
const UNITS: &[&str] = &["分", "积分", "个积分", "点积分"];
const NOT_UNITS: &[&str] = &["分钟", "分期", "分之", "分行", "分钱"];
/// Directly before a number that is said without its unit.
const BEFORE: char = '捐';
/// What may follow it then; anything else may be another unit.
const AFTER: &[&str] = &["", "给", "了", "吧", "，", "。"];

/// What a sentence says of points, where it can mean nothing else.
pub(crate) fn said(text: &Normal) -> Option<String> {
    let chars = &text.chars;
    let words = text.text();
    let begins = |at: usize, word: &str| {
        word.chars().enumerate().all(|(k, c)| chars.get(at + k) == Some(&c))
    };
    let mut at = 0;
    while at < chars.len() {
        let Some((n, end)) = number::read(chars, at).filter(|(n, _)| *n > 0) else {
            at += 1;
            continue;
        };
        let has_unit =
            UNITS.iter().any(|u| begins(end, u)) && !NOT_UNITS.iter().any(|u| begins(end, u));
        let is_end = end == chars.len();
        let follows = AFTER.iter().any(|w| if w.is_empty() { is_end } else { begins(end, w) });
        let is_bare = at > 0 && chars.get(at - 1) == Some(&BEFORE) && follows;
        if has_unit || is_bare {
            return Some(n.to_string());
        }
        at = end.max(at + 1);
    }
    let has = |all: &[&str]| all.iter().any(|w| words.contains(w));
    match () {
        () if has(ENDING_WORDS) => Some(ENDING.to_owned()),
        () if has(ALL_WORDS) => Some(ALL.to_owned()),
        () => None,
    }
}

/// The same as an answer: a bare number counts.
pub(crate) fn answered(text: &Normal) -> Option<String> {
    let bare = || nlu::slots::bare_number(text).filter(|n| *n > 0).map(|n| n.to_string());
    said(text).or_else(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_what_stands_before_their_unit() {
        for (words, want) in [
            ("捐500积分", Some("500")),
            ("捐五百分", Some("500")),
            ("把三百积分捐出去", Some("300")),
            ("捐500", Some("500")),
            ("捐一千二", Some("1200")),
            ("捐一百分给娃", Some("100")),
            ("全部积分捐了", Some("all")),
            ("把快过期的捐了", Some("ending")),
            ("点亮蓝灯", None),
            ("捐500块", None),
            ("等十分钟", None),
            ("捐几分", None),
            ("点一盏灯", None),
        ] {
            assert_eq!(said(&nlu::normalise(words)).as_deref(), want, "{words}");
        }
        assert_eq!(answered(&nlu::normalise("340")).as_deref(), Some("340"));
        assert_eq!(answered(&nlu::normalise("0")), None);
    }
}
