//! Small answers inside a sentence: ordinals, yes and no, in or out, tails, terms, mobile numbers.
//!
//! Not for: deciding what the customer wants; see [`crate::Understander`].

use crate::normal::{Normal, Span};
use crate::number;

/// Which of several: counted from the front, or the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ordinal {
    /// 1 is the first.
    Nth(usize),
    Last,
}

impl Ordinal {
    /// The index into a list of `len`, when there is such an element.
    pub fn index(self, len: usize) -> Option<usize> {
        match self {
            Self::Nth(n) if (1..=len).contains(&n) => Some(n - 1),
            Self::Last if len > 0 => Some(len - 1),
            _ => None,
        }
    }
}

/// 第二个, 第三笔, 最后一笔, 头一个, 2号那条.
pub fn ordinal(text: &Normal) -> Option<(Ordinal, Span)> {
    let chars = &text.chars;
    for at in 0..chars.len() {
        if !"最末头第".contains(chars[at]) {
            continue;
        }
        let rest: String = chars[at..].iter().take(4).collect();
        for word in ["最后一", "最末一", "末一", "最下面", "最底下", "最后那", "最末那"]
        {
            if rest.starts_with(word) {
                let from = at + word.chars().count();
                let end = measure(chars, from);
                // 最后那几天 is of no list
                if word.ends_with('那') && end == from {
                    continue;
                }
                return Some((Ordinal::Last, Span { start: at, end }));
            }
        }
        for word in ["头一", "最上面", "最新那", "最上头"] {
            if rest.starts_with(word) {
                let end = measure(chars, at + word.chars().count());
                return Some((Ordinal::Nth(1), Span { start: at, end }));
            }
        }
        if chars[at] == '第'
            && let Some((n, end)) = number::read(chars, at + 1)
        {
            let n = usize::try_from(n).unwrap_or(usize::MAX);
            return Some((Ordinal::Nth(n), Span { start: at, end: measure(chars, end) }));
        }
    }
    None
}

fn measure(chars: &[char], end: usize) -> usize {
    if chars.get(end).is_some_and(|c| "个笔条张行项本家".contains(*c)) {
        end + 1
    } else {
        end
    }
}

/// A number and nothing else: `2`, `２。`, `选2`, `二`.
pub fn bare_number(text: &Normal) -> Option<i64> {
    let key: Vec<char> =
        text.chars.iter().copied().filter(|c| !"选我按点。.,，、)）".contains(*c)).collect();
    if key.len() > 12 {
        return None;
    }
    number::whole(&key)
}

const YES: &[&str] = &[
    "是", "是的", "对", "对的", "对对", "嗯", "嗯嗯", "恩", "好", "好的", "好吧", "好啊", "好呀",
    "可以", "行", "行吧", "要得", "要", "确定", "确认", "没错", "中", "成", "ok", "okay", "yes",
    "y", "👍", "👌", "🙏", "[强]", "[ok]", "[好的]", "那好", "来吧", "办吧", "同意", "得行",
    "使得", "是啊", "对头",
];
const NO: &[&str] = &[
    "不",
    "不是",
    "不是的",
    "不要",
    "不用",
    "不用了",
    "不对",
    "算了",
    "别",
    "别了",
    "不行",
    "不可以",
    "不好",
    "没有",
    "不确定",
    "先不要",
    "先不",
    "暂时不",
    "no",
    "n",
    "不了",
    "不必",
    "免了",
    "别弄",
    "不想",
    "不同意",
    "👎",
    "[弱]",
    "不是这个",
];

/// Yes or no, when the whole message says one.
pub fn yes_no(text: &Normal) -> Option<bool> {
    let all = text.text();
    let key = text.key();
    let is = |list: &[&str]| {
        let bare = all.trim_matches(|c| "。！!，,.~～ ".contains(c));
        list.contains(&bare) || list.contains(&key.as_str())
    };
    if is(NO) {
        return Some(false);
    }
    is(YES).then_some(true)
}

/// Which way money went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    All,
    In,
    Out,
}
impl Flow {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::In => "in",
            Self::Out => "out",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "all" => Self::All,
            "in" => Self::In,
            "out" => Self::Out,
            _ => return None,
        })
    }
}

const FLOWS: &[(Flow, &[&str])] = &[
    (
        Flow::All,
        &["进出账", "进出帐", "进出", "收支", "进账出账", "收入支出", "全部都看", "进的出的"],
    ),
    (
        Flow::In,
        &[
            "只看进账",
            "进账",
            "进帐",
            "进来的",
            "收入",
            "收到的",
            "转进",
            "打进来",
            "存进",
            "进的",
            "入账",
            "入帐",
            "收的钱",
        ],
    ),
    (
        Flow::Out,
        &[
            "只看出账",
            "出账",
            "出帐",
            "出去的",
            "支出",
            "花的",
            "花了",
            "扣的",
            "扣了",
            "转出",
            "花销",
            "开销",
            "用掉",
            "出的",
            "花出去",
        ],
    ),
];

/// 进账, 支出, 进出账 … wherever they stand.
pub fn flow(text: &Normal) -> Option<(Flow, Span)> {
    for (flow, words) in FLOWS {
        for word in *words {
            if let Some(span) = find(text, word) {
                return Some((*flow, span));
            }
        }
    }
    None
}

/// Where `word` stands in the text.
pub fn find(text: &Normal, word: &str) -> Option<Span> {
    let first = word.chars().next()?;
    for (start, _) in text.chars.iter().enumerate().filter(|(_, c)| **c == first) {
        let mut end = start;
        if word.chars().all(|c| {
            end += 1;
            text.chars.get(end - 1) == Some(&c)
        }) {
            return Some(Span { start, end });
        }
    }
    None
}

/// Four digits that may be the tail of a card: `8821`, `尾号8821`, `8821那张`.
pub fn tail(text: &Normal) -> Option<(String, Span)> {
    fours(text).find(|(_, span)| {
        let next = text.chars.get(span.end).copied().unwrap_or(' ');
        !"年月日号元块万千百.积个次人斤分毛角".contains(next)
    })
}

/// Four digits that can only be a tail, by the words beside them: `尾号8821`, `8821那张卡`, `从8821`.
pub fn named_tail(text: &Normal) -> Option<(String, Span)> {
    fours(text).find(|(digits, span)| {
        let before = |w: &&str| {
            let n = w.chars().count();
            span.start >= n && text.chars[span.start - n..span.start].iter().copied().eq(w.chars())
        };
        let after = |w: &&str| find_at(text, span.end, w);
        let intro: String = text.chars[span.start..span.end].iter().take(2).collect();
        let said = intro == "尾号" || intro == "末尾";
        said || ["尾号是", "尾数", "尾数是", "后四位", "后四位是", "末四位", "卡号", "从", "用"].iter().any(before)
            || ["那张", "这张", "的卡", "卡", "的那张", "折子", "存折", "的折"].iter().any(after)
            // a sum has no leading nought, and one is not sent to another
            || digits.starts_with('0')
    })
}

fn find_at(text: &Normal, at: usize, word: &str) -> bool {
    let n = word.chars().count();
    text.chars.get(at..at + n).is_some_and(|c| c.iter().copied().eq(word.chars()))
}

/// Rows of exactly four digits, with 尾号 before them in the span.
fn fours(text: &Normal) -> impl Iterator<Item = (String, Span)> + '_ {
    let chars = &text.chars;
    let begins =
        |at: &usize| chars[*at].is_ascii_digit() && (*at == 0 || !chars[*at - 1].is_ascii_digit());
    (0..chars.len()).filter(begins).filter_map(|at| {
        let end = (at..chars.len()).find(|i| !chars[*i].is_ascii_digit()).unwrap_or(chars.len());
        let intro: String = chars[at.saturating_sub(2)..at].iter().collect();
        let start = if intro == "尾号" || intro == "末尾" { at - 2 } else { at };
        (end - at == 4).then(|| (chars[at..end].iter().collect(), Span { start, end }))
    })
}

/// How long something runs, in months: 三年死期, 存半年, 三个月定期, 一年期.
pub fn term(text: &Normal) -> Option<(i64, Span)> {
    let chars = &text.chars;
    let has = |words: &[&str]| words.iter().any(|w| find(text, w).is_some());
    if !has(&["存", "定期", "死期", "期", "贷", "分", "利率", "利息"]) {
        return None;
    }
    // 五万三年: the three counts years
    let counts = |at: usize| {
        chars.get(at) == Some(&'年')
            || chars.get(at) == Some(&'个') && chars.get(at + 1) == Some(&'月')
    };
    // 仨月 is how long; 三月 is when
    let counted = |at: usize| "俩仨两".contains(chars[at]);
    let begins = |at: &usize| {
        let before = at.checked_sub(1).map(|i| chars[i]);
        before.is_none_or(|b| {
            !number::begins(b)
                || "百千万亿".contains(b) && counts(*at + 1)
                || b.is_ascii_digit() && !chars[*at].is_ascii_digit()
        })
    };
    (0..chars.len()).filter(begins).find_map(|start| {
        let (n, end) = match chars[start] {
            '半' if chars.get(start + 1) == Some(&'年') => {
                return Some((6, Span { start, end: start + 2 }));
            }
            c if number::begins(c) => number::read(chars, start)?,
            _ => return None,
        };
        let (months, end) = match (chars.get(end), chars.get(end + 1)) {
            (Some('年'), Some('半')) => (n.checked_mul(12)?.checked_add(6)?, end + 2),
            (Some('年'), _) => (n.checked_mul(12)?, end + 1),
            (Some('个'), Some('月')) => (n, end + 2),
            (Some('月'), _) if counted(start) => (n, end + 1),
            _ => return None,
        };
        (1..=600).contains(&months).then_some((months, Span { start, end }))
    })
}

/// A mainland mobile number: 11 digits beginning with 1[3-9].
pub fn mobile(text: &Normal) -> Option<(String, Span)> {
    let digits: Vec<(usize, char)> = text
        .chars
        .iter()
        .enumerate()
        .filter(|(_, c)| c.is_ascii_digit())
        .map(|(i, c)| (i, *c))
        .collect();
    digits.windows(11).enumerate().find_map(|(at, w)| {
        let near = w[10].0 - w[0].0 <= 14;
        let alone = (at == 0 || digits[at - 1].0 + 1 < w[0].0)
            && digits.get(at + 11).is_none_or(|d| d.0 > w[10].0 + 1);
        let shaped = w[0].1 == '1' && ('3'..='9').contains(&w[1].1);
        (near && alone && shaped)
            .then(|| (w.iter().map(|d| d.1).collect(), Span { start: w[0].0, end: w[10].0 + 1 }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalise;

    #[test]
    fn ordinals_point_into_a_list() {
        for (text, index) in [
            ("第二个是啥", Some(1)),
            ("第3笔", Some(2)),
            ("最后一笔是什么", Some(4)),
            ("最后那笔是啥", Some(4)),
            ("最下面那个", Some(4)),
            ("头一条", Some(0)),
            ("第九个", None),
        ] {
            assert_eq!(ordinal(&normalise(text)).unwrap().0.index(5), index, "{text}");
        }
        assert!(ordinal(&normalise("余额")).is_none());
        assert!(ordinal(&normalise("最后那几天的账")).is_none());
    }

    #[test]
    fn yes_and_no_are_heard_only_as_whole_answers() {
        for yes in ["好", "好的。", "嗯嗯", "要得", "OK", "👌", "[强]"] {
            assert_eq!(yes_no(&normalise(yes)), Some(true), "{yes}");
        }
        for no in ["不", "不用了", "算了！", "先不要"] {
            assert_eq!(yes_no(&normalise(no)), Some(false), "{no}");
        }
        assert_eq!(yes_no(&normalise("好多钱")), None);
        assert_eq!(yes_no(&normalise("不知道余额")), None);
    }

    #[test]
    fn directions_tails_and_mobiles_are_found() {
        assert_eq!(flow(&normalise("上月进账")).unwrap().0, Flow::In);
        assert_eq!(flow(&normalise("进出账")).unwrap().0, Flow::All);
        assert_eq!(tail(&normalise("尾号8821的卡")).unwrap().0, "8821");
        assert_eq!(tail(&normalise("2026年")), None);
        assert_eq!(tail(&normalise("13900001234")), None);
        assert_eq!(mobile(&normalise("139 0000 1234")).unwrap().0, "13900001234");
        assert_eq!(mobile(&normalise("23900001234")), None);
        assert_eq!(mobile(&normalise("139000012345")), None);
    }

    #[test]
    fn bare_numbers_stand_alone() {
        assert_eq!(bare_number(&normalise("２。")), Some(2));
        assert_eq!(bare_number(&normalise("选二")), Some(2));
        assert_eq!(bare_number(&normalise("2个")), None);
    }
}
