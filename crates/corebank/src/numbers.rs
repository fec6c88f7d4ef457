//! Card numbers and identity numbers: check digits and what they tell.
//!
//! Not for: deciding whose they are, nor masking (that is `base`).

use crate::day::Day;

/// Digits of a card number, at least and at most (ISO/IEC 7812).
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 12..=19;

/// Whether `number` is digits of a card's length with a right check digit (Luhn).
pub fn is_card(number: &str) -> bool {
    CARD_DIGITS.contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit())
        && luhn_sum(number).is_multiple_of(10)
}

/// Digits of a passbook number, at least and at most; banks differ.
const PASSBOOK_DIGITS: std::ops::RangeInclusive<usize> = 12..=22;

/// Whether `number` can be a passbook's: digits of its length, no check digit.
pub fn is_passbook(number: &str) -> bool {
    PASSBOOK_DIGITS.contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
}

/// Luhn's sum, the last digit counted once.
pub(crate) fn luhn_sum(digits: &str) -> u32 {
    let each = digits.bytes().rev().enumerate().map(|(i, b)| {
        let d = u32::from(b.wrapping_sub(b'0'));
        match i % 2 {
            0 => d,
            _ if d > 4 => d * 2 - 9,
            _ => d * 2,
        }
    });
    each.sum()
}

/// Weights of GB 11643-1999 for the first seventeen digits.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// The check character of a resident identity number from its first seventeen digits (GB 11643-1999).
pub fn id_check(first17: &str) -> Option<char> {
    if first17.len() != 17 || !first17.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let sum: u32 = first17.bytes().zip(WEIGHTS).map(|(b, w)| u32::from(b - b'0') * w).sum();
    "10X98765432".chars().nth(usize::try_from(sum % 11).ok()?)
}

/// Whether `number` is a resident identity number: 18 characters, a real birthday, a right check digit.
pub fn is_resident_id(number: &str) -> bool {
    born_on(number).is_some()
}

/// The birthday inside a resident identity number; `None` when the number is not valid.
pub fn born_on(number: &str) -> Option<Day> {
    let head = number.get(..17)?;
    let check = number.get(17..)?;
    let mut last = check.chars();
    if id_check(head)? != last.next()?.to_ascii_uppercase() || last.next().is_some() {
        return None;
    }
    Day::of_number(head.get(6..14)?.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_number_needs_its_check_digit() {
        assert!(is_card("4539578763621486"), "a published test number");
        assert!(!is_card("4539578763621487"));
        for bad in
            ["", "0", "453957876362148a", "4539 5787 6362 1486", "45395787636214864539578763621486"]
        {
            assert!(!is_card(bad), "{bad}");
        }
    }

    #[test]
    fn an_identity_number_needs_a_birthday_and_its_check_character() {
        // The example of GB 11643-1999 itself.
        assert_eq!(id_check("11010519491231002"), Some('X'));
        assert_eq!(born_on("11010519491231002X").unwrap().to_string(), "1949-12-31");
        assert!(is_resident_id("11010519491231002x"));
        for bad in [
            "110105194912310021",
            "11010519491331002X",
            "11010519491231002",
            "一1010519491231002X",
            "",
        ] {
            assert!(!is_resident_id(bad), "{bad}");
        }
    }
}
