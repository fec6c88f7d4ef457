//! Finds what must never be said in a chat: card and identity numbers, passwords and codes.
//!
//! Not for: mobile numbers (personal, but no secret). Works on raw text; prefers one finding too many.

use crate::normal::{CHARS_MAX, normalise};

/// What kind of secret a text holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretKind {
    /// 13–19 digits with a right check digit, or 16–19 digits anyway.
    Card,
    /// 18 characters with a plausible birth date or right check character, or 15 digits with a date.
    Identity,
    /// A password, PIN or SMS code.
    Code,
}

/// One finding, in characters of the original text (`end` is past the last one).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    pub kind: SecretKind,
    pub start: usize,
    pub end: usize,
}

const CODE_WORDS: &[&str] = &[
    "密码",
    "蜜码",
    "秘密",
    "口令",
    "验证码",
    "校验码",
    "动态码",
    "安全码",
    "cvv",
    "pin",
    "password",
    "mima",
    "暗号",
];

fn as_digit(c: char) -> Option<char> {
    Some(match c {
        '0'..='9' => c,
        '零' | '〇' => '0',
        '一' | '幺' | '壹' => '1',
        '二' | '两' | '贰' => '2',
        '三' | '叁' => '3',
        '四' | '肆' => '4',
        '五' | '伍' => '5',
        '六' | '陆' => '6',
        '七' | '柒' => '7',
        '八' | '捌' => '8',
        '九' | '玖' => '9',
        _ => return None,
    })
}

struct Run {
    digits: String,
    start: usize,
    end: usize,
}

fn is_joint(c: char) -> bool {
    matches!(c, '-' | '—' | '_' | '.' | ',' | '，' | '、' | '。' | '*' | '/' | '·')
}

/// Runs of digits in either script; one joint (`-`, `.`, …) between two digits does not end a run.
fn runs(chars: &[char], from: &[usize]) -> Vec<Run> {
    let mut out: Vec<Run> = vec![];
    let mut at = 0;
    while at < chars.len() {
        if as_digit(chars[at]).is_none() {
            at += 1;
            continue;
        }
        let start = at;
        let mut digits = String::new();
        let mut end = at;
        while let Some(&c) = chars.get(at) {
            if let Some(d) = as_digit(c) {
                digits.push(d);
                end = at + 1;
            } else if c == 'x' && digits.len() == 17 {
                digits.push('x');
                end = at + 1;
                at += 1;
                break;
            } else if !is_joint(c) || chars.get(at + 1).copied().and_then(as_digit).is_none() {
                break;
            }
            at += 1;
        }
        out.push(Run { digits, start: from[start], end: from[end - 1] + 1 });
    }
    out
}

/// True when the check digit of a card number is right (ISO/IEC 7812-1, Luhn).
pub fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| {
            let d = u32::from(b.saturating_sub(b'0'));
            if i % 2 == 0 { d } else { d * 2 - if d > 4 { 9 } else { 0 } }
        })
        .sum();
    digits.bytes().all(|b| b.is_ascii_digit()) && sum.is_multiple_of(10) && digits.len() > 1
}

/// True when the check character of an 18-character citizen number is right (GB 11643-1999).
pub fn citizen_check(number: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10x98765432";
    let bytes = number.as_bytes();
    if bytes.len() != 18 || !bytes[..17].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 = WEIGHTS.iter().zip(bytes).map(|(w, b)| w * u32::from(b - b'0')).sum();
    usize::try_from(sum % 11).is_ok_and(|i| CHECKS[i] == bytes[17].to_ascii_lowercase())
}

fn plausible_date(year: &str, month: &str, day: &str) -> bool {
    let read = |s: &str| s.parse::<u32>().unwrap_or(0);
    let year = if year.len() == 2 { 1900 + read(year) } else { read(year) };
    (1900..=2099).contains(&year)
        && (1..=12).contains(&read(month))
        && (1..=31).contains(&read(day))
}

fn kind_of(digits: &str, near_code_word: bool, alone: bool) -> Option<SecretKind> {
    let n = digits.len();
    let dated = n == 18 && plausible_date(&digits[6..10], &digits[10..12], &digits[12..14]);
    if n == 18 && (citizen_check(digits) || dated) || digits.ends_with('x') {
        return Some(SecretKind::Identity);
    }
    if n == 15 && plausible_date(&digits[6..8], &digits[8..10], &digits[10..12]) {
        return Some(SecretKind::Identity);
    }
    if n >= 16 || (n >= 13 && luhn(digits)) {
        return Some(SecretKind::Card);
    }
    let codelike = (3..=12).contains(&n) && near_code_word;
    (codelike || (n == 6 && alone)).then_some(SecretKind::Code)
}

/// True for ¥120050 and 1,200.50: no password is written like that.
fn is_money(text: &str, run: &Run) -> bool {
    let before: String = text.chars().take(run.start).collect();
    let written: String = text.chars().take(run.end).skip(run.start).collect();
    let cents = written.rsplit_once('.').is_some_and(|(yuan, cents)| {
        let mut groups = yuan.split(',');
        let first = groups.next().is_some_and(|g| (1..=3).contains(&g.len()));
        let mut rest = groups.peekable();
        cents.len() == 2 && first && rest.peek().is_some() && rest.all(|g| g.len() == 3)
    });
    before.trim_end().ends_with(['¥', '￥']) || cents
}

/// Everything secret in `text`. Six digits alone in a message count as a code; so do 3–12 digits in
/// a message that speaks of a password or code.
pub fn secrets(text: &str) -> Vec<Found> {
    let normal = normalise(text);
    let plain = normal.text();
    let near = CODE_WORDS.iter().any(|w| plain.contains(w));
    let all = runs(&normal.chars, &normal.from);
    let others = |r: &Run| {
        normal.chars.iter().zip(&normal.from).any(|(c, f)| {
            (*f < r.start || *f >= r.end)
                && (c.is_alphanumeric() || ('\u{4e00}'..'\u{a000}').contains(c))
        })
    };
    let mut found: Vec<Found> = all
        .iter()
        .filter_map(|r| {
            let kind = kind_of(&r.digits, near, !others(r) && !is_money(text, r))?;
            Some(Found { kind, start: r.start, end: r.end })
        })
        .collect();
    if found.is_empty() && near {
        found.extend(lettered(&plain, &normal.from));
    }
    found
}

/// `密码是abc123`, `password: hunter2`: a code word, perhaps 是/为/:/=, then Latin letters and digits.
fn lettered(plain: &str, from: &[usize]) -> Option<Found> {
    let chars: Vec<char> = plain.chars().collect();
    for word in CODE_WORDS {
        let Some(byte) = plain.find(word) else {
            continue;
        };
        let mut at = plain[..byte].chars().count() + word.chars().count();
        while chars.get(at).is_some_and(|c| " 是为:=就叫".contains(*c)) {
            at += 1;
        }
        let end =
            (at..chars.len()).find(|i| !chars[*i].is_ascii_alphanumeric()).unwrap_or(chars.len());
        let word = &chars[at.min(end)..end];
        if word.len() >= 4 && word.iter().any(char::is_ascii_digit) {
            return Some(Found { kind: SecretKind::Code, start: from[at], end: from[end - 1] + 1 });
        }
    }
    None
}

/// The text with its secrets taken out, to understand the rest.
pub fn without_secrets(text: &str, found: &[Found]) -> String {
    let hidden = |i: usize| found.iter().any(|f| (f.start..f.end).contains(&i));
    let heard = text.chars().take(CHARS_MAX).enumerate();
    heard.filter(|(i, _)| !hidden(*i)).map(|(_, c)| c).collect()
}

/// The text as it may be stored when it held a secret: every run of four or more digits of either
/// script, and every finding, becomes stars; so does everything past what is looked at.
pub fn masked(text: &str) -> String {
    let normal = normalise(text);
    let mut hide: Vec<(usize, usize)> = secrets(text).iter().map(|f| (f.start, f.end)).collect();
    hide.extend(
        runs(&normal.chars, &normal.from)
            .iter()
            .filter(|r| r.digits.len() >= 3)
            .map(|r| (r.start, r.end)),
    );
    let hidden = |i: usize| i >= CHARS_MAX || hide.iter().any(|(s, e)| (*s..*e).contains(&i));
    text.chars().enumerate().map(|(i, c)| if hidden(i) { '*' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_however_they_are_written() {
        use SecretKind::{Card, Code, Identity};
        for (text, kind) in [
            ("6230910012346688", Card),
            ("6230 9100 1234 6688 帮我绑", Card),
            ("卡号６２３０９１００１２３４６６８８１２３", Card),
            ("六二三零九一零零一二三四六六八八", Card),
            ("6230-9100-1234-6688", Card),
            ("371421195501010037", Identity),
            ("我身份证37142119550101003X", Identity),
            ("我身份证37142119550101003x", Identity),
            ("371421550101003", Identity),
            ("密码是258369帮我查", Code),
            ("258369", Code),
            ("2 5 8 3 6 9。", Code),
            ("二五八三六九", Code),
            ("验证码 4821", Code),
            ("我的密码是二五八三六九", Code),
            ("password: hunter2", Code),
            ("cvv 123", Code),
        ] {
            let kinds: Vec<_> = secrets(text).iter().map(|f| f.kind).collect();
            assert_eq!(kinds, vec![kind], "{text}");
            assert!(!without_secrets(text, &secrets(text)).contains("258369"));
            let kept: String = masked(text).chars().filter(char::is_ascii_digit).collect();
            assert!(kept.len() < 3, "{text} -> {}", masked(text));
        }
    }

    #[test]
    fn ordinary_numbers_are_no_secret() {
        for text in [
            "8821",
            "尾号8821",
            "转500",
            "3月1号到15号",
            "13900001234",
            "最近三十天",
            // Together they would have a card's check digit.
            "转给19000004321 20块",
            "密码忘了",
            "第二个",
            "2026年11月23日",
        ] {
            assert_eq!(secrets(text), vec![], "{text}");
        }
    }

    #[test]
    fn check_digits_follow_their_standards() {
        assert!(luhn("4111111111111111"));
        assert!(!luhn("4111111111111112"));
        assert!(citizen_check("11010519491231002X"));
        assert!(!citizen_check("110105194912310021"));
    }
}
