//! Corrections inside one sentence: which of several values of one kind still stand.
//!
//! Not for: corrections over several messages.

use crate::normal::{Normal, Span};

/// Said between a value and the one that replaces it.
const REPLACES: &[&str] = &[
    "不对",
    "错了",
    "说错",
    "打错",
    "搞错",
    "弄错",
    "写错",
    "输错",
    "记错",
    "哦不",
    "噢不",
    "啊不",
    "呃不",
    "额不",
    "哎不",
    "不不",
    "改成",
    "改为",
    "改到",
    "换成",
    "换到",
    "变成",
    "应该是",
    "应该",
    "更正",
    "纠正",
    "算了还是",
    "我是说",
    "是说",
    "口误",
    "不是的",
    "不要了",
    "还是改",
    "等等",
    "等一下",
];
/// Said directly before a value that is not meant.
const DENIES: &[&str] =
    &["不是", "并非", "不要", "而不是", "别是", "不是说", "没说", "不是要", "别转", "别充", "别存"];
const MARKS: &str = "，,。.、！!？?…~ ；;：:";

fn ends_with(chars: &[char], word: &str) -> bool {
    let n = word.chars().count();
    chars.len() >= n && chars[chars.len() - n..].iter().copied().eq(word.chars())
}

/// Who says 哦 before it takes back what they said: 一元，哦不是两元 means two.
const TAKES_BACK: &[&str] = &["哦不是", "噢不是", "喔不是", "啊不是", "呃不是", "唉不是"];

/// True when the value after `before` is denied: 不是五百.
fn is_denied(before: &[char]) -> bool {
    DENIES.iter().any(|d| ends_with(before, d)) && !TAKES_BACK.iter().any(|d| ends_with(before, d))
}

/// For each of the values at `spans` (in order) whether it still stands: 不是甲是乙 leaves 乙.
pub fn standing(text: &Normal, spans: &[Span]) -> Vec<bool> {
    kept(text, spans)
}

/// For each of the values at `spans` (in order) whether it still stands. A value that is denied or
/// replaced does not.
pub(crate) fn kept(text: &Normal, spans: &[Span]) -> Vec<bool> {
    let mut out: Vec<bool> = spans.iter().map(|s| !is_denied(&text.chars[..s.start])).collect();
    for (at, pair) in spans.windows(2).enumerate() {
        let between = text.chars.get(pair[0].end..pair[1].start).unwrap_or_default();
        let said: String = between.iter().collect();
        let bare: String = between.iter().filter(|c| !MARKS.contains(**c)).collect();
        // 五百，不是，五千 replaces; 五千不是五百 denies the second
        let paused = said.contains("不是") && !is_denied(between);
        let only_no = matches!(bare.as_str(), "不" | "不是" | "不不是" | "不是是" | "不是，是");
        let replaces = REPLACES.iter().any(|w| said.contains(w))
            || TAKES_BACK.iter().any(|w| said.contains(w))
            || paused && out[at + 1]
            || only_no && out[at + 1];
        if replaces && out[at + 1] {
            out[at] = false;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalise;

    fn standing(text: &str) -> Vec<String> {
        let normal = normalise(text);
        let spans: Vec<Span> = normal
            .chars
            .iter()
            .enumerate()
            .filter(|(_, c)| c.is_ascii_uppercase() || "甲乙丙".contains(**c))
            .map(|(start, _)| Span { start, end: start + 1 })
            .collect();
        let kept = kept(&normal, &spans);
        spans.iter().zip(kept).filter(|(_, k)| *k).map(|(s, _)| normal.slice(*s)).collect()
    }

    #[test]
    fn what_was_corrected_does_not_stand() {
        for (text, left) in [
            ("转甲不对是乙", "乙"),
            ("转甲…哦不对是乙", "乙"),
            ("不是甲是乙", "乙"),
            ("是甲不是乙", "甲"),
            ("转甲，不是，乙", "乙"),
            ("转甲，哦不是乙", "乙"),
            ("转甲哦不是，乙", "乙"),
            ("甲，说错了，乙", "乙"),
            ("甲改成乙", "乙"),
            ("甲错了，乙，不对，丙", "丙"),
            ("充甲再转乙", "甲乙"),
            ("不是甲", ""),
        ] {
            assert_eq!(standing(text).concat(), left, "{text}");
        }
    }
}
