//! What WeChat takes in a field of a template message: by the type in the keyword's name (`thing1`, `amount3`), values are cut to
//! what fits (protocol §10). A value that does not fit is refused with 47003, and the whole message with it.
//!
//! Not for: which value goes into which field (`templates`).

/// The most characters of a type; none where length is not the rule.
fn chars_max(kind: &str) -> Option<usize> {
    Some(match kind {
        "thing" => 20,
        "character_string" | "number" | "letter" => 32,
        "phrase" | "symbol" => 5,
        "phone_number" => 17,
        "car_number" => 8,
        "name" => 10,
        _ => return None,
    })
}

/// Digits before the point of an amount.
const AMOUNT_DIGITS_MAX: usize = 10;

/// `thing` of `thing12`.
pub(super) fn kind_of(keyword: &str) -> &str {
    keyword.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// What a keyword takes, in words for staff.
pub(super) fn limit(keyword: &str) -> String {
    let kind = kind_of(keyword);
    match (kind, chars_max(kind)) {
        ("thing", Some(most)) => format!("最多{most}个字"),
        ("phrase", Some(most)) => format!("最多{most}个汉字"),
        ("character_string", Some(most)) => format!("最多{most}个字母、数字、符号"),
        ("number", Some(most)) => format!("最多{most}位数字"),
        ("amount", _) => format!("金额，最多{AMOUNT_DIGITS_MAX}位"),
        ("time", _) => "时间".to_owned(),
        ("date", _) => "日期".to_owned(),
        (kind, Some(most)) => format!("{kind}，最多{most}个字"),
        (kind, None) => kind.to_owned(),
    }
}

/// `value` as the keyword takes it: what may not stand in it is left out, what is too long is cut. None when nothing is left.
pub(super) fn fit(keyword: &str, value: &str) -> Option<String> {
    let kind = kind_of(keyword);
    let may_stand = |c: char| match kind {
        "character_string" => c.is_ascii_graphic() || c == ' ',
        "number" => c.is_ascii_digit() || c == '.',
        "letter" => c.is_ascii_alphabetic(),
        "symbol" => !c.is_alphanumeric() && !c.is_control(),
        "phrase" => ('\u{4e00}'..='\u{9fff}').contains(&c),
        "phone_number" => c.is_ascii_digit() || "-+ ".contains(c),
        "time" | "date" => c.is_ascii_digit() || "年月日时分秒:-/~ ".contains(c),
        "amount" => c.is_ascii_digit() || ".,元¥-+".contains(c),
        // Line breaks and signs outside the basic plane (emoji) are not shown.
        _ => !c.is_control() && u32::from(c) <= 0xffff,
    };
    let kept: String = value.chars().filter(|c| may_stand(*c)).collect();
    let most = match kind {
        // Of Latin letters twice as many.
        "name" if kept.is_ascii() => 20,
        _ => chars_max(kind).unwrap_or(usize::MAX),
    };
    let kept: String = kept.trim().chars().take(most).collect();
    let kept = kept.trim_end().to_owned();
    let has_digit = || kept.chars().any(|c| c.is_ascii_digit());
    let is_whole = match kind {
        // A sum that is cut would be another sum.
        "amount" => is_amount(&kept),
        "number" => {
            has_digit() && kept.matches('.').count() <= 1 && kept.len() == number_len(value)
        }
        "time" | "date" | "phone_number" => has_digit(),
        _ => !kept.is_empty(),
    };
    is_whole.then_some(kept)
}

/// Length of what of `value` may stand in a number, before it is cut.
fn number_len(value: &str) -> usize {
    value.chars().filter(|c| c.is_ascii_digit() || *c == '.').count()
}

/// One sign before at most ten digits, decimals, perhaps 元 behind.
fn is_amount(value: &str) -> bool {
    let value = value.strip_suffix('元').unwrap_or(value);
    let value = value.strip_prefix(['-', '+']).unwrap_or(value);
    let value = value.strip_prefix('¥').unwrap_or(value);
    let digits: String = value.chars().filter(|c| *c != ',').collect();
    let (whole, part) = digits.split_once('.').unwrap_or((&digits, "0"));
    let is_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    is_digits(whole) && whole.len() <= AMOUNT_DIGITS_MAX && is_digits(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Random;

    /// Protocol §10, said once more in another way: what WeChat takes.
    fn takes(kind: &str, value: &str) -> bool {
        let n = value.chars().count();
        let all = |set: &str| value.chars().all(|c| set.contains(c));
        const DIGITS: &str = "0123456789";
        !value.trim().is_empty()
            && match kind {
                "thing" => n <= 20 && !value.contains('\n'),
                "character_string" => n <= 32 && value.is_ascii() && !value.contains('\n'),
                "number" => {
                    n <= 32 && all(&format!("{DIGITS}.")) && value.matches('.').count() <= 1
                }
                // A sign or a currency, ten digits at most, 元 perhaps.
                "amount" => {
                    let bare = value.trim_start_matches(['-', '+', '¥']).trim_end_matches('元');
                    let whole = bare.split('.').next().unwrap_or_default().replace(',', "");
                    (1..=10).contains(&whole.len())
                        && bare.matches('.').count() <= 1
                        && bare.chars().all(|c| c.is_ascii_digit() || c == ',' || c == '.')
                        && value.matches('元').count() <= 1
                }
                "letter" => n <= 32 && value.bytes().all(|b| b.is_ascii_alphabetic()),
                "symbol" => n <= 5 && !value.chars().any(char::is_alphanumeric),
                "phrase" => n <= 5 && value.chars().all(|c| ('一'..='鿿').contains(&c)),
                "phone_number" => n <= 17 && all(&format!("{DIGITS}-+ ")),
                "car_number" => n <= 8,
                "name" => n <= if value.is_ascii() { 20 } else { 10 },
                "time" | "date" => {
                    value.bytes().any(|b| b.is_ascii_digit())
                        && all(&format!("{DIGITS}年月日时分秒:-/~ "))
                }
                _ => true,
            }
    }

    #[test]
    fn whatever_is_put_in_fits_its_keyword_or_is_left_out() {
        let random = Random::seeded(20_261_127);
        let kinds = [
            "thing",
            "character_string",
            "number",
            "letter",
            "symbol",
            "phrase",
            "phone_number",
            "car_number",
            "name",
            "time",
            "date",
            "amount",
        ];
        let signs: Vec<char> =
            "转账给王*强￥1,280.50元尾号6688 abcXYZ-+()（）\n\t🎉年月日时分秒:/~。！卡"
                .chars()
                .collect();
        for _ in 0..20_000 {
            let length = random.below(60);
            let value: String = (0..length)
                .filter_map(|_| {
                    let at = random.below(u64::try_from(signs.len()).unwrap_or(1));
                    usize::try_from(at).ok().and_then(|at| signs.get(at))
                })
                .collect();
            for kind in kinds {
                if let Some(fitted) = fit(&format!("{kind}7"), &value) {
                    assert!(takes(kind, &fitted), "{kind} «{value}» «{fitted}»");
                }
            }
        }
    }

    #[test]
    fn what_fits_stays_as_it_is() {
        for (keyword, value) in [
            ("thing5", "转账给王*强 流水0012"),
            ("phrase2", "支出"),
            ("amount3", "1,280.50元"),
            ("time1", "2026年11月23日 10:05"),
            ("character_string4", "6688"),
        ] {
            assert_eq!(fit(keyword, value).as_deref(), Some(value), "{keyword}");
        }
        assert_eq!(fit("phrase2", "OK").as_deref(), None);
        // What would be another sum, another number or no time is left out.
        for (keyword, value) in [
            ("amount3", "12345678901.00元"),
            ("amount3", "元"),
            ("number1", "1.2.3"),
            ("number1", "123456789012345678901234567890123"),
            ("time1", "年月日"),
        ] {
            assert_eq!(fit(keyword, value), None, "{keyword} {value}");
        }
        assert_eq!(fit("name1", "Abdurahman Mamat").as_deref(), Some("Abdurahman Mamat"));
    }
}
