//! Brings text to one shape and remembers where each character came from.
//!
//! Not for: meaning. Width, traditional characters, blanks between digits and punctuation are made
//! equal; fillers are only left out of [`Normal::key`], never out of the text itself.

use crate::script::simplified;
use std::sync::LazyLock;

/// Text in one shape; `chars[i]` came from character `from[i]` of the original.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Normal {
    pub chars: Vec<char>,
    /// Index of the original character (not byte) behind each character.
    pub from: Vec<usize>,
}

/// A stretch `start..end` of a [`Normal`]'s characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

/// Longest text looked at; WeChat allows 2048 bytes of text.
pub(crate) const CHARS_MAX: usize = 2_000;

fn simple(c: char) -> char {
    let c = match c {
        // kept apart from the comma, which may group the digits of one number
        '，' => return c,
        '￥' => '¥',
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c).saturating_sub(0xfee0)).unwrap_or(c),
        '①'..='⑨' => {
            char::from_u32(u32::from(c) - u32::from('①') + u32::from('1')).unwrap_or(c)
        }
        _ => c,
    };
    let c = c.to_ascii_lowercase();
    if c.is_ascii() { c } else { simplified(c) }
}

fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{fe0f}')
}

/// True for the digits of both scripts.
pub(crate) fn is_number_char(c: char) -> bool {
    c.is_ascii_digit() || "零〇一二三四五六七八九十两俩仨幺百千万亿".contains(c)
}

/// Digits of a sum after a mobile number.
const SUM_DIGITS_MAX: usize = 6;

/// Whether the last thing said is a whole mobile number, written in one piece.
fn ends_in_mobile(said: &Normal) -> bool {
    let Some(first) = said.chars.len().checked_sub(11) else { return false };
    let (digits, from) = (&said.chars[first..], &said.from[first..]);
    let is_alone = first == 0 || !said.chars[first - 1].is_ascii_digit();
    is_alone
        && digits.iter().all(char::is_ascii_digit)
        && digits[0] == '1'
        && ('3'..='9').contains(&digits[1])
        && from.windows(2).all(|w| w[1] == w[0] + 1)
}

/// Whether so few digits begin at a place that they may be a sum: what is left of a citizen's number is longer.
fn is_sum_alone(text: &str, at: usize) -> bool {
    let digits = text.chars().skip(at).map(simple).take_while(char::is_ascii_digit).count();
    (1..=SUM_DIGITS_MAX).contains(&digits)
}

/// Makes width, case, script and blanks equal. Blanks between Chinese characters or digits go away; one blank is kept between
/// Latin words, and between a whole mobile number and a sum (13900001234 300).
pub fn normalise(text: &str) -> Normal {
    normalise_to(text, CHARS_MAX)
}

/// The same, of the first `most` characters.
pub(crate) fn normalise_to(text: &str, most: usize) -> Normal {
    let mut out = Normal::default();
    let mut blank = false;
    for (at, raw) in text.chars().take(most).enumerate() {
        let c = simple(raw);
        if is_blank(c) {
            blank = true;
            continue;
        }
        let latin = |c: char| c.is_ascii_alphabetic();
        if blank && latin(c) && out.chars.last().copied().is_some_and(latin) {
            out.chars.push(' ');
            out.from.push(at.saturating_sub(1));
        }
        if blank && is_sum_alone(text, at) && ends_in_mobile(&out) {
            out.chars.push(' ');
            out.from.push(at.saturating_sub(1));
        }
        blank = false;
        out.chars.push(c);
        out.from.push(at);
    }
    out
}

const MARKS: &str = "，。！？、；：,.!?;:~～…“”\"'‘’（）()【】[]《》<>·-—_*#@&/\\|^`「」〔〕 ";
/// Said before a request without meaning anything.
const OPENERS: &[&str] = &[
    "那个",
    "就是说",
    "就是",
    "请问一下",
    "请问",
    "问一下",
    "麻烦你",
    "麻烦您",
    "麻烦",
    "劳驾",
    "我想问一下",
    "我想问问",
    "我想问",
    "想问一下",
    "想问",
    "我想要",
    "我想",
    "我要",
    "我就想",
    "帮我",
    "帮忙",
    "给我",
    "替我",
    "请帮我",
    "请",
    "你帮我",
    "您帮我",
    "你给我",
    "您给我",
    "赶紧给我",
    "赶紧",
    "赶快",
    "嗯",
    "呃",
    "额",
    "哎",
    "唉",
    "诶",
    "喂",
    "哦",
    "噢",
    "啊",
    "你好",
    "您好",
];
/// Said after a request without meaning anything.
const CLOSERS: &[&str] = &[
    "谢谢",
    "谢谢你",
    "谢谢您",
    "吧",
    "啊",
    "呀",
    "呢",
    "哦",
    "噢",
    "嘛",
    "哈",
    "哟",
    "咯",
    "来着",
    "一下",
    "了",
];

static OPENERS_BEGIN: LazyLock<Vec<char>> =
    LazyLock::new(|| distinct(OPENERS.iter().filter_map(|o| o.chars().next())));
static CLOSERS_END: LazyLock<Vec<char>> =
    LazyLock::new(|| distinct(CLOSERS.iter().filter_map(|c| c.chars().next_back())));

fn distinct(chars: impl Iterator<Item = char>) -> Vec<char> {
    let mut all: Vec<char> = chars.collect();
    all.sort_unstable();
    all.dedup();
    all
}

impl Normal {
    /// The text in its one shape.
    pub fn text(&self) -> String {
        self.chars.iter().collect()
    }
    /// The characters of a span as text.
    pub fn slice(&self, span: Span) -> String {
        self.chars.get(span.start..span.end).unwrap_or_default().iter().collect()
    }
    pub fn is_empty(&self) -> bool {
        self.chars.is_empty()
    }

    /// The same text with each span replaced by one character (spans in order, not overlapping).
    #[must_use]
    pub fn replaced(&self, spans: &[(Span, char)]) -> Self {
        let mut out = Self::default();
        let mut at = 0;
        for (span, class) in spans {
            if span.start < at || span.end > self.chars.len() || span.start >= span.end {
                continue;
            }
            out.chars.extend(&self.chars[at..span.start]);
            out.from.extend(&self.from[at..span.start]);
            out.chars.push(*class);
            out.from.push(self.from[span.start]);
            at = span.end;
        }
        out.chars.extend(&self.chars[at..]);
        out.from.extend(&self.from[at..]);
        out
    }

    /// What exact phrases are compared by: no punctuation, no fillers at either end.
    /// Never empty unless the text is only punctuation.
    pub fn key(&self) -> String {
        let bare: String = self.chars.iter().filter(|c| !MARKS.contains(**c)).collect();
        let mut left = bare.as_str();
        // Most texts have no filler; one look at either end says so.
        while left.starts_with(|c| OPENERS_BEGIN.contains(&c))
            || left.ends_with(|c| CLOSERS_END.contains(&c))
        {
            let rest = OPENERS
                .iter()
                .filter_map(|o| left.strip_prefix(o))
                .chain(CLOSERS.iter().filter_map(|c| left.strip_suffix(c)))
                .filter(|rest| rest.chars().count() >= 2)
                .min_by_key(|rest| rest.len());
            let Some(rest) = rest else { break };
            left = rest;
        }
        left.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_script_and_blanks_make_no_difference() {
        assert_eq!(normalise("查 一 下 餘額").text(), "查一下余额");
        assert_eq!(normalise("８８２１").text(), "8821");
        assert_eq!(normalise("Hello  World").text(), "hello world");
    }

    #[test]
    fn every_character_knows_where_it_came_from() {
        let n = normalise("查 ８ 8 2 1");
        assert_eq!(n.text(), "查8821");
        assert_eq!(n.from, vec![0, 2, 4, 6, 8]);
    }

    #[test]
    fn a_sum_after_a_mobile_number_is_no_part_of_it() {
        for (said, text) in [
            ("转给13900001234 300块", "转给13900001234 300块"),
            ("13010219900 1010011", "130102199001010011"),
            ("转给139 0000 1234 300块", "转给13900001234300块"),
            ("6230 9100 1234 6683", "6230910012346683"),
            ("13900001234 块", "13900001234块"),
        ] {
            assert_eq!(normalise(said).text(), text);
        }
    }

    #[test]
    fn fillers_do_not_change_the_key() {
        for said in ["余额", "那个，我想问一下余额", "帮我余额啊", "请问余额呢？", "您好，余额谢谢"]
        {
            assert_eq!(normalise(said).key(), "余额", "{said}");
        }
        assert_eq!(normalise("好吧").key(), "好吧");
        assert_eq!(normalise("？").key(), "");
    }
}
