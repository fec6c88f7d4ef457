//! Whole numbers as people write and say them: `23`, `二十三`, `两`, `1千2`, `一万二`.
//!
//! Not for: vague words (几百, 十来); they are no number here.

use crate::normal::is_number_char;

fn digit(c: char) -> Option<i64> {
    Some(match c {
        '零' | '〇' | '0' => 0,
        '一' | '幺' | '1' | '壹' => 1,
        '二' | '两' | '俩' | '2' | '贰' => 2,
        '三' | '3' | '叁' => 3,
        '四' | '4' | '肆' => 4,
        '五' | '5' | '伍' => 5,
        '六' | '6' | '陆' => 6,
        '七' | '7' | '柒' => 7,
        '八' | '8' | '捌' => 8,
        '九' | '9' | '玖' => 9,
        _ => return None,
    })
}
fn unit(c: char) -> Option<i64> {
    Some(match c {
        '十' | '拾' => 10,
        '百' | '佰' => 100,
        '千' | '仟' => 1_000,
        '万' => 10_000,
        '亿' => 100_000_000,
        _ => return None,
    })
}

/// The number beginning at `at` and where it ends. Nothing above 10^12.
///
/// A digit after a unit without its own unit counts in the next smaller one: 一万二 = 12000.
pub fn read(chars: &[char], at: usize) -> Option<(i64, usize)> {
    let (mut total, mut section, mut current) = (0_i64, 0_i64, None::<i64>);
    let (mut last_unit, mut zero, mut end, mut plain) = (1_i64, false, at, 0);
    while let Some(&c) = chars.get(end) {
        if let Some(d) = digit(c) {
            let has_unit = last_unit > 1 || section > 0 || total > 0;
            if current.is_some_and(|n| n > 0) && has_unit && !c.is_ascii_digit() {
                return None;
            }
            zero |= d == 0;
            current = Some(current.unwrap_or(0).checked_mul(10)?.checked_add(d)?);
            plain += 1;
            if plain > 12 {
                return None;
            }
        } else if let Some(u) = unit(c) {
            if u >= 10_000 {
                let whole = section.checked_add(current.unwrap_or(0))?;
                total = total
                    .checked_add(whole.max(i64::from(whole == 0 && total == 0)))?
                    .checked_mul(u)?;
                section = 0;
            } else {
                section = section.checked_add(current.unwrap_or(1).checked_mul(u)?)?;
            }
            (current, last_unit, zero) = (None, u, false);
        } else {
            break;
        }
        end += 1;
    }
    if end == at {
        return None;
    }
    let tail = match current {
        None => 0,
        // 一千二 = 1200, but 十二 = 12, 一千零二 = 1002 and 一千二十 never gets here
        Some(d) if d < 10 && last_unit >= 100 && !zero => d.checked_mul(last_unit / 10)?,
        Some(d) => d,
    };
    let value = total.checked_add(section)?.checked_add(tail)?;
    (value <= 1_000_000_000_000).then_some((value, end))
}

/// True when a number can begin with `c`.
pub(crate) fn begins(c: char) -> bool {
    digit(c).is_some() || unit(c).is_some()
}

/// The whole of `chars` as a number.
pub fn whole(chars: &[char]) -> Option<i64> {
    read(chars, 0).filter(|(_, end)| *end == chars.len()).map(|(n, _)| n)
}

/// Where a run of number characters beginning at `at` ends.
pub(crate) fn run_end(chars: &[char], at: usize) -> usize {
    (at..chars.len()).find(|i| !is_number_char(chars[*i])).unwrap_or(chars.len())
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("两万五", 25_000),
            ("三十万", 300_000),
            ("一亿", 100_000_000),
            ("十五", 15),
        ] {
            assert_eq!(whole(&text.chars().collect::<Vec<_>>()), Some(n), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in ["", "元", "12元", "99999999999999999999"] {
            assert_eq!(whole(&text.chars().collect::<Vec<_>>()), None, "{text}");
        }
    }
}
