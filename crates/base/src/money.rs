//! Money in fen (分), always whole, always checked.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount of CNY in fen. JSON: `{"fen": 128050}`. Shown as `1,280.50`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Fen {
    fen: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoneyError {
    /// Not of the form `123`, `123.4` or `123.45`.
    NotAnAmount,
    TooLarge,
}
impl fmt::Display for MoneyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAnAmount => "not an amount of yuan",
            Self::TooLarge => "amount too large",
        })
    }
}
impl std::error::Error for MoneyError {}

/// The largest amount we accept anywhere: 10^13 fen.
const FEN_MAX: i64 = 10_000_000_000_000;

impl Fen {
    pub const ZERO: Self = Self { fen: 0 };

    pub const fn of(fen: i64) -> Self {
        Self { fen }
    }
    pub const fn fen(self) -> i64 {
        self.fen
    }
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.fen.checked_add(other.fen).map(Self::of)
    }
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.fen.checked_sub(other.fen).map(Self::of)
    }
    pub fn is_negative(self) -> bool {
        self.fen < 0
    }

    /// Reads `1280`, `1280.5`, `1280.50`: ASCII digits, at most two decimals, no sign, no separators.
    pub fn parse_yuan(text: &str) -> Result<Self, MoneyError> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 2 {
            return Err(MoneyError::NotAnAmount);
        }
        let yuan: i64 = whole.parse().map_err(|_| MoneyError::TooLarge)?;
        let mut cents: i64 = part.parse().map_err(|_| MoneyError::NotAnAmount)?;
        if part.len() == 1 {
            cents *= 10;
        }
        let fen = yuan.checked_mul(100).and_then(|f| f.checked_add(cents));
        fen.filter(|f| *f <= FEN_MAX).map(Self::of).ok_or(MoneyError::TooLarge)
    }

    /// The amount in capital Chinese numerals (大写): 壹仟贰佰捌拾元伍角.
    pub fn in_words(self) -> String {
        spell(self.fen, &["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"], true)
    }

    /// The amount as people say it, for elders and for reading aloud: 一千二百八十块五.
    pub fn spoken(self) -> String {
        let whole = spell_int(
            self.fen.unsigned_abs() / 100,
            &["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"],
            &["", "十", "百", "千"],
        );
        let whole = whole.strip_prefix("一十").map_or(whole.clone(), |r| format!("十{r}"));
        // two of something is 两, at the beginning: 两万块, 两块五; but 二十块, 二百块
        let whole = match whole.strip_prefix('二') {
            Some(rest) if !rest.starts_with(['十', '百']) => format!("两{rest}"),
            _ => whole,
        };
        let (jiao, fen) = ((self.fen.unsigned_abs() / 10) % 10, self.fen.unsigned_abs() % 10);
        let d = |n: u64| ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"][small(n)];
        let sign = if self.fen < 0 { "负" } else { "" };
        let first = |n: u64| if n == 2 { "两" } else { d(n) };
        let tail = match (jiao, fen) {
            (0, f) if whole == "零" && f > 0 => return format!("{sign}{}分", first(f)),
            (j, f) if whole == "零" && j > 0 => {
                let rest = if f == 0 { "" } else { d(f) };
                return format!("{sign}{}毛{rest}", first(j));
            }
            (0, 0) => String::new(),
            (j, 0) => d(j).to_owned(),
            (0, f) => format!("零{}分", d(f)),
            (j, f) => format!("{}毛{}", d(j), d(f)),
        };
        format!("{sign}{whole}块{tail}")
    }
}

fn small(n: u64) -> usize {
    usize::try_from(n % 10).unwrap_or(0)
}

fn spell_int(n: u64, digits: &[&str; 10], units: &[&str; 4]) -> String {
    if n == 0 {
        return digits[0].to_owned();
    }
    let groups = ["", "万", "亿", "万亿"];
    let mut out = String::new();
    let mut rest = n;
    let mut parts = vec![];
    while rest > 0 {
        parts.push(rest % 10_000);
        rest /= 10_000;
    }
    let mut pending_zero = false;
    for (at, part) in parts.iter().enumerate().rev() {
        if *part == 0 {
            pending_zero = !out.is_empty();
            continue;
        }
        for k in (0..4).rev() {
            let digit = (part / 10_u64.pow(k)) % 10;
            if digit == 0 {
                pending_zero = pending_zero || !out.is_empty();
                continue;
            }
            if pending_zero {
                out.push_str(digits[0]);
                pending_zero = false;
            }
            out.push_str(digits[small(digit)]);
            out.push_str(units[usize::try_from(k).unwrap_or(0)]);
        }
        // a zero inside the group's tail belongs to the next group, not to this unit
        pending_zero = part % 10 == 0 && at > 0;
        out.push_str(groups.get(at).copied().unwrap_or("亿亿"));
    }
    out
}

fn spell(fen: i64, digits: &[&str; 10], exact: bool) -> String {
    let n = fen.unsigned_abs();
    let (yuan, jiao, cents) = (n / 100, (n / 10) % 10, n % 10);
    let mut out = String::from(if fen < 0 { "负" } else { "" });
    if yuan > 0 || (jiao == 0 && cents == 0) {
        out.push_str(&spell_int(yuan, digits, &["", "拾", "佰", "仟"]));
        out.push('元');
    }
    match (jiao, cents) {
        (0, 0) => {
            if exact {
                out.push('整');
            }
        }
        (j, c) => {
            if j > 0 {
                out.push_str(digits[small(j)]);
                out.push('角');
            } else if yuan > 0 {
                out.push_str(digits[0]);
            }
            if c > 0 {
                out.push_str(digits[small(c)]);
                out.push('分');
            } else if exact {
                out.push('整');
            }
        }
    }
    out
}

impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.fen.unsigned_abs();
        let whole = (n / 100).to_string();
        let mut grouped = String::with_capacity(whole.len() + whole.len() / 3);
        for (i, c) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(c);
        }
        let sign = if self.fen < 0 { "−" } else { "" };
        f.pad(&format!("{sign}{grouped}.{:02}", n % 100))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_grouped_with_two_decimals() {
        for (fen, text) in [
            (0, "0.00"),
            (5, "0.05"),
            (128_050, "1,280.50"),
            (-860, "−8.60"),
            (123_456_789, "1,234,567.89"),
        ] {
            assert_eq!(Fen::of(fen).to_string(), text);
        }
    }

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        assert_eq!(Fen::parse_yuan("1280.5"), Ok(Fen::of(128_050)));
        assert_eq!(Fen::parse_yuan("0.05"), Ok(Fen::of(5)));
        for bad in ["", ".", "1.", ".5", "1.234", "-1", "1e3", "1,000", "１２", " 1"] {
            assert_eq!(Fen::parse_yuan(bad), Err(MoneyError::NotAnAmount), "{bad}");
        }
        assert_eq!(Fen::parse_yuan("99999999999999999999"), Err(MoneyError::TooLarge));
        assert_eq!(Fen::parse_yuan("100000000000.01"), Err(MoneyError::TooLarge));
    }

    #[test]
    fn amounts_in_capitals_follow_the_bill_rules() {
        for (fen, text) in [
            (0, "零元整"),
            (128_050, "壹仟贰佰捌拾元伍角整"),
            (50_000, "伍佰元整"),
            (1_000_500, "壹万零伍元整"),
            (10_000_000_000, "壹亿元整"),
            (100_010, "壹仟元壹角整"),
            (100_001, "壹仟元零壹分"),
            (2_001_000_000, "贰仟零壹万元整"),
            (5, "伍分"),
        ] {
            assert_eq!(Fen::of(fen).in_words(), text);
        }
    }

    #[test]
    fn amounts_are_spoken_as_people_say_them() {
        for (fen, text) in [
            (320_650, "三千二百零六块五"),
            (1_000, "十块"),
            (1_205, "十二块零五分"),
            (1_000_000, "一万块"),
            (8_600, "八十六块"),
            (233, "两块三毛三"),
            (200_000, "两千块"),
            (2_000_000, "两万块"),
            (2_222_200, "两万二千二百二十二块"),
            (20_000, "二百块"),
            (2_220, "二十二块二"),
            (20, "两毛"),
            (83, "八毛三"),
            (2, "两分"),
            (0, "零块"),
        ] {
            assert_eq!(Fen::of(fen).spoken(), text);
        }
    }
}
