//! 渠道流水号: what both sides quote when they speak of a payment. 32 characters, for ever unique within an institution:
//! `WX` + institution (4) + channel date (8) + writer and sequence (17) + check digit (1) (core.md §3).

use base::TenantId;
use corebank::Day;

/// Who we are to a core.
const CHANNEL: &str = "WX";
pub const LENGTH: usize = 32;

/// A serial made of an id that is unique in the house: the id's own bits are writer and sequence.
pub fn of(tenant: TenantId, date: Day, id: i64) -> String {
    let institution = tenant.raw().rem_euclid(10_000);
    // 17 digits of an id tell a year and a half apart, and the date stands in front of them.
    let sequence = id.rem_euclid(10_i64.pow(17));
    let text = format!("{CHANNEL}{institution:04}{:08}{sequence:017}", date.number());
    let digit = check_digit(&text[CHANNEL.len()..]);
    format!("{text}{digit}")
}

/// Whether this may be one of our serials: length, characters, check digit.
pub fn is_plausible(serial: &str) -> bool {
    let digits = serial.strip_prefix(CHANNEL).filter(|d| d.len() == LENGTH - CHANNEL.len());
    digits.is_some_and(|d| {
        d.bytes().all(|b| b.is_ascii_digit())
            && d.get(..d.len() - 1).map(check_digit) == d.chars().next_back()
    })
}

/// The Luhn digit that goes behind these digits.
fn check_digit(digits: &str) -> char {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(n, b)| {
            let d = u32::from(b - b'0');
            if n % 2 == 1 { d } else { d * 2 - if d > 4 { 9 } else { 0 } }
        })
        .sum();
    char::from_digit((10 - sum % 10) % 10, 10).unwrap_or('0')
}

/// What a customer is told of it (受理号): the last digits without the check digit.
pub fn short(serial: &str) -> &str {
    serial.get(LENGTH - 9..LENGTH - 1).unwrap_or(serial)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Random;
    use std::collections::HashSet;

    fn day() -> Day {
        Day::of_number(20_261_123).unwrap()
    }

    #[test]
    fn a_serial_is_thirty_two_characters_that_check_themselves() {
        let serial = of(TenantId::of(11), day(), 7_345_678_901_234_567_890);
        assert_eq!(serial.len(), LENGTH);
        assert!(serial.starts_with("WX001120261123"), "{serial}");
        assert!(is_plausible(&serial));
        assert_eq!(short(&serial).len(), 8);
    }

    #[test]
    fn one_wrong_digit_is_always_seen() {
        let random = Random::seeded(3);
        for _ in 0..10_000 {
            let id = i64::try_from(random.below(u64::MAX / 4)).unwrap();
            let mut wrong = of(TenantId::of(11), day(), id).into_bytes();
            let at = 2 + usize::try_from(random.below(30)).unwrap();
            wrong[at] = b'0' + (wrong[at] - b'0' + 1 + u8::try_from(random.below(9)).unwrap()) % 10;
            assert!(!is_plausible(std::str::from_utf8(&wrong).unwrap()));
        }
    }

    #[test]
    fn ids_of_one_day_have_different_serials() {
        let ids = (0..100_000_i64).map(|n| (n << 13) + 7_000_000_000_000_000_000);
        let all: HashSet<String> = ids.map(|id| of(TenantId::of(11), day(), id)).collect();
        assert_eq!(all.len(), 100_000);
    }
}
