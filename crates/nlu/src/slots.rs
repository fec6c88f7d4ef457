//! Small answers inside a sentence: ordinals, yes and no, in or out, tails, amounts, mobile numbers.
//!
//! Not for: deciding what the customer wants; see [`crate::Understander`].

use crate::normal::{Normal, Span};
use crate::number;
use base::Fen;

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
        for word in ["最后一", "最末一", "末一"] {
            if rest.starts_with(word) {
                let end = measure(chars, at + word.chars().count());
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
    let chars = &text.chars;
    let mut at = 0;
    while at < chars.len() {
        if !chars[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let end = (at..chars.len()).find(|i| !chars[*i].is_ascii_digit()).unwrap_or(chars.len());
        let next = chars.get(end).copied().unwrap_or(' ');
        if end - at == 4 && !"年月日号元块万千百.".contains(next) {
            let intro: String = chars[at.saturating_sub(2)..at].iter().collect();
            let start = if intro == "尾号" || intro == "末尾" { at - 2 } else { at };
            return Some((chars[at..end].iter().collect(), Span { start, end }));
        }
        at = end;
    }
    None
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

/// One amount of yuan with its unit: `500元`, `1.2万`, `两百块`, `一千二百块五`. Vague ones are none.
pub fn amount(text: &Normal) -> Option<(Fen, Span)> {
    let chars = &text.chars;
    for at in 0..chars.len() {
        if at > 0 && number::run_end(chars, at - 1) > at {
            continue;
        }
        let Some((whole, end)) = number::read(chars, at) else {
            continue;
        };
        let vague = at > 0 && "几好".contains(chars[at - 1])
            || chars.get(end).is_some_and(|c| "几多来余把".contains(*c));
        if vague {
            return None;
        }
        let (hundredths, end) = decimals(chars, end);
        let (scale, end) = match chars.get(end) {
            Some('万') => (10_000, end + 1),
            Some('千' | 'k') => (1_000, end + 1),
            _ => (1, end),
        };
        let Some(end) = ["元钱", "块钱", "元整", "元", "块", "圆"].iter().find_map(|u| {
            let len = u.chars().count();
            (chars.get(end..end + len)?.iter().collect::<String>() == *u).then_some(end + len)
        }) else {
            continue;
        };
        let fen = whole.checked_mul(100)?.checked_add(hundredths)?.checked_mul(scale)?;
        return Some((Fen::of(fen), Span { start: at, end }));
    }
    None
}

fn decimals(chars: &[char], end: usize) -> (i64, usize) {
    if chars.get(end) != Some(&'.') {
        return (0, end);
    }
    let digit = |i: usize| chars.get(i).and_then(|c| c.to_digit(10)).map(i64::from);
    match (digit(end + 1), digit(end + 2), digit(end + 3)) {
        (Some(a), Some(b), None) => (a * 10 + b, end + 3),
        (Some(a), None, _) => (a * 10, end + 2),
        _ => (0, end),
    }
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
            ("头一条", Some(0)),
            ("第九个", None),
        ] {
            assert_eq!(ordinal(&normalise(text)).unwrap().0.index(5), index, "{text}");
        }
        assert!(ordinal(&normalise("余额")).is_none());
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
    fn amounts_are_exact_or_not_heard() {
        for (text, fen) in
            [("500元", 50_000), ("1.2万块", 1_200_000), ("两百块钱", 20_000), ("12.5元", 1_250)]
        {
            assert_eq!(amount(&normalise(text)).map(|a| a.0), Some(Fen::of(fen)), "{text}");
        }
        for text in ["几百块", "五百多块", "8821", "十来块"] {
            assert_eq!(amount(&normalise(text)), None, "{text}");
        }
    }

    #[test]
    fn bare_numbers_stand_alone() {
        assert_eq!(bare_number(&normalise("２。")), Some(2));
        assert_eq!(bare_number(&normalise("选二")), Some(2));
        assert_eq!(bare_number(&normalise("2个")), None);
    }
}
