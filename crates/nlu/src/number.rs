//! Whole numbers as people write and say them: `23`, `二十三`, `两`, `1千2`, `一万二`, `廿三`, `二〇二六`.
//!
//! Not for: vague words (几百, 十来, 三五百); they are no number here. Decimals and money: [`crate::amount`].

use crate::normal::is_number_char;

fn digit(c: char) -> Option<i64> {
    Some(match c {
        '零' | '〇' | '0' => 0,
        '一' | '幺' | '1' | '壹' => 1,
        '二' | '两' | '俩' | '2' | '贰' => 2,
        '三' | '仨' | '3' | '叁' => 3,
        '四' | '4' | '肆' => 4,
        '五' | '5' | '伍' => 5,
        '六' | '6' | '陆' => 6,
        '七' | '7' | '柒' => 7,
        '八' | '8' | '捌' => 8,
        '九' | '9' | '玖' => 9,
        _ => return None,
    })
}

pub(crate) fn unit(c: char) -> Option<i64> {
    Some(match c {
        '十' | '拾' => 10,
        '百' | '佰' => 100,
        '千' | '仟' => 1_000,
        '万' => 10_000,
        '亿' => 100_000_000,
        _ => return None,
    })
}

/// A number as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) value: i64,
    pub(crate) end: usize,
    /// It has 十, 百, 千, 万 or 亿.
    pub(crate) has_unit: bool,
    /// Its last digit stands for the unit below the last one: the 5 of 两万五.
    pub(crate) has_implied_tail: bool,
    /// It holds Arabic digits; else only Chinese ones.
    pub(crate) is_arabic: bool,
    /// Digits without any unit: how many.
    pub(crate) digits: usize,
}

/// Longest row of digits that is still a number.
const DIGITS_MAX: usize = 12;
const VALUE_MAX: i64 = 1_000_000_000_000;

#[derive(Debug, Clone, Copy)]
struct Pending {
    value: i64,
    digits: usize,
    arabic: usize,
    begins_with_zero: bool,
}

/// What has been read of a number.
#[derive(Debug, Default)]
struct Reading {
    total: i64,
    section: i64,
    /// The smallest unit so far of this section, and of all sections; units only fall.
    last: Option<i64>,
    last_big: Option<i64>,
    zero: bool,
    pending: Option<Pending>,
    is_arabic: bool,
}

impl Reading {
    fn digit(&mut self, d: i64, is_ascii: bool) -> Option<()> {
        self.is_arabic |= is_ascii;
        let any_unit = self.last.is_some() || self.last_big.is_some();
        if d == 0 && any_unit && self.pending.is_none() {
            self.zero = true;
            if !is_ascii {
                return Some(());
            }
        }
        match &mut self.pending {
            None => {
                self.pending = Some(Pending {
                    value: d,
                    digits: 1,
                    arabic: usize::from(is_ascii),
                    begins_with_zero: d == 0,
                });
            }
            Some(p) => {
                // after a unit only Arabic digits come in rows: 三百五六 is vague
                if any_unit && !is_ascii || p.digits >= DIGITS_MAX {
                    return None;
                }
                p.value = p.value * 10 + d;
                p.digits += 1;
                p.arabic += usize::from(is_ascii);
            }
        }
        Some(())
    }

    fn unit(&mut self, u: i64) -> Option<()> {
        let pending = self.pending.take();
        // 三五百 is vague, 12百 and 007千 nobody says; 12万 and 120万 are common
        if pending.is_some_and(|p| {
            p.digits > 1 && (u < 10_000 || p.arabic != p.digits || p.begins_with_zero)
        }) {
            return None;
        }
        let value = pending.map(|p| p.value);
        if value == Some(0) {
            return None;
        }
        if u >= 10_000 {
            let whole = self.section.checked_add(value.unwrap_or(0))?;
            if whole == 0 || self.last_big.is_some_and(|l| u >= l) {
                return None;
            }
            self.total = self.total.checked_add(whole.checked_mul(u)?)?;
            (self.section, self.last, self.last_big) = (0, None, Some(u));
        } else {
            if self.last.is_some_and(|l| u >= l) || value.is_none() && u != 10 {
                return None;
            }
            self.section = self.section.checked_add(value.unwrap_or(1).checked_mul(u)?)?;
            self.last = Some(u);
        }
        self.zero = false;
        Some(())
    }

    fn finish(self, end: usize) -> Option<Said> {
        let small = self.last.or(self.last_big);
        let mut has_implied_tail = false;
        let tail = match self.pending {
            None => 0,
            Some(p) => match small {
                None => p.value,
                // 一千二 = 1200, but 十二 = 12 and 一千零二 = 1002
                Some(u) if p.digits == 1 && u >= 100 && !self.zero => {
                    has_implied_tail = true;
                    p.value.checked_mul(u / 10)?
                }
                // 3万5000 = 35000 and 1千200 = 1200; 3万50 could be two numbers
                Some(u) if p.digits > 1 && (p.value >= u || p.value < u / 10) => return None,
                Some(_) => p.value,
            },
        };
        let value = self.total.checked_add(self.section)?.checked_add(tail)?;
        let digits = if small.is_none() { self.pending.map_or(0, |p| p.digits) } else { 0 };
        (value <= VALUE_MAX).then_some(Said {
            value,
            end,
            has_unit: small.is_some(),
            has_implied_tail,
            is_arabic: self.is_arabic,
            digits,
        })
    }
}

/// The number beginning at `at`, with its shape. It ends inside a run of number characters only where the script changes.
pub(crate) fn said(chars: &[char], at: usize) -> Option<Said> {
    let mut reading = Reading::default();
    let mut end = at;
    while let Some(&c) = chars.get(end) {
        if let Some(d) = digit(c) {
            // 2000一年: two numbers side by side
            let other = |p: &Pending| (p.arabic > 0) != c.is_ascii_digit();
            if reading.pending.as_ref().is_some_and(other) {
                break;
            }
            reading.digit(d, c.is_ascii_digit())?;
        } else if let Some(u) = unit(c) {
            reading.unit(u)?;
        } else if let Some(tens) = match c {
            '廿' => Some(2),
            '卅' => Some(3),
            _ => None,
        } {
            if reading.pending.is_some() {
                return None;
            }
            reading.digit(tens, false)?;
            reading.unit(10)?;
        } else {
            break;
        }
        end += 1;
    }
    if end == at { None } else { reading.finish(end) }
}

/// The number beginning at `at` and where it ends. Nothing above 10^12.
///
/// A digit after a unit without its own unit counts in the next smaller one: 一万二 = 12000.
pub fn read(chars: &[char], at: usize) -> Option<(i64, usize)> {
    said(chars, at).map(|s| (s.value, s.end))
}

/// True when a number can begin with `c`.
pub(crate) fn begins(c: char) -> bool {
    c.is_ascii_digit() || digit(c).is_some() || unit(c).is_some() || matches!(c, '廿' | '卅')
}

/// True for a character that can stand anywhere in a number.
pub(crate) fn belongs(c: char) -> bool {
    begins(c)
}

/// The value of one digit of either script.
pub(crate) fn one(c: char) -> Option<i64> {
    digit(c)
}

/// The whole of `chars` as a number.
pub fn whole(chars: &[char]) -> Option<i64> {
    read(chars, 0).filter(|(_, end)| *end == chars.len()).map(|(n, _)| n)
}

/// Where a run of number characters beginning at `at` ends.
pub(crate) fn run_end(chars: &[char], at: usize) -> usize {
    (at..chars.len())
        .find(|i| !is_number_char(chars[*i]) && !belongs(chars[*i]))
        .unwrap_or(chars.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<i64> {
        whole(&text.chars().collect::<Vec<_>>())
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, n) in [
            ("23", 23),
            ("十", 10),
            ("十二", 12),
            ("二十三", 23),
            ("两", 2),
            ("一百零五", 105),
            ("一千二", 1_200),
            ("一千零二", 1_002),
            ("1千2", 1_200),
            ("一万二", 12_000),
            ("一万零二百", 10_200),
            ("一万零五", 10_005),
            ("两万五", 25_000),
            ("三十万", 300_000),
            ("一亿", 100_000_000),
            ("十五", 15),
            ("廿三", 23),
            ("二〇二六", 2_026),
            ("3万5000", 35_000),
            ("1千200", 1_200),
            ("12万3千", 123_000),
            ("一百二十万", 1_200_000),
            ("叁仟", 3_000),
            ("壹万贰仟叁佰肆拾伍", 12_345),
        ] {
            assert_eq!(of(text), Some(n), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in [
            "",
            "元",
            "12元",
            "99999999999999999999",
            "五百六百",
            "三五百",
            "百五",
            "三百五六",
            "3万50",
            "零千",
            "一千三千",
            "两百万亿亿",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
