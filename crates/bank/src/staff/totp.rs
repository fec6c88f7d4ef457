//! One-time codes of an authenticator app (RFC 6238): HMAC-SHA1, half a minute, six digits, as all such apps make them.
//!
//! Not for: who may log in; the caller keeps the secret sealed and sees to it that a code works once.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

/// RFC 4226 asks for 128 bits and recommends 160.
pub const SECRET_BYTES: usize = 20;
const STEP_MS: i64 = 30_000;
/// A phone's clock may be half a minute off, either way.
const STEPS_OFF: i64 = 1;

/// The code of a half minute.
pub fn code(secret: &[u8], step: i64) -> String {
    // HMAC takes keys of any length, so building one cannot fail.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret) else { return String::new() };
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let at = usize::from(hash[19] & 0x0f);
    let word = u32::from_be_bytes([hash[at] & 0x7f, hash[at + 1], hash[at + 2], hash[at + 3]]);
    format!("{:06}", word % 1_000_000)
}

/// The half minute an instant is in.
pub fn step_of(now: base::Time) -> i64 {
    now.ms().div_euclid(STEP_MS)
}

/// For which half minute around `now` this code is right, after `last`.
pub fn matching_step(secret: &[u8], given: &str, now: base::Time, last: i64) -> Option<i64> {
    let around = step_of(now) - STEPS_OFF..=step_of(now) + STEPS_OFF;
    let fits = |step: &i64| bool::from(code(secret, *step).as_bytes().ct_eq(given.as_bytes()));
    around.filter(|step| *step > last).find(fits)
}

/// What an authenticator app reads: typed, or from a QR code.
pub fn uri(login: &str, secret: &[u8]) -> String {
    format!("otpauth://totp/Weiyin:{login}?secret={}&issuer=Weiyin", base32(secret))
}

/// RFC 4648, without padding.
fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = String::new();
    for chunk in bytes.chunks(5) {
        let mut five = [0; 8];
        five[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(five);
        for n in 0..(chunk.len() * 8).div_ceil(5) {
            let at = (bits >> (35 - 5 * n)) & 31;
            out.push(char::from(LETTERS[usize::try_from(at).unwrap_or(0)]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Time;

    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, the last six of its eight digits.
        for (secs, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(SECRET, step_of(Time::of_secs(secs))), expected, "{secs}");
        }
    }

    #[test]
    fn a_code_is_right_half_a_minute_early_or_late_and_only_once() {
        let now = Time::of_secs(1_234_567_890);
        let step = step_of(now);
        for off in [-1, 0, 1] {
            let given = code(SECRET, step + off);
            assert_eq!(matching_step(SECRET, &given, now, 0), Some(step + off));
        }
        assert_eq!(matching_step(SECRET, &code(SECRET, step + 2), now, 0), None);
        assert_eq!(matching_step(SECRET, &code(SECRET, step), now, step), None, "used");
        assert_eq!(matching_step(SECRET, "", now, 0), None);
    }

    #[test]
    fn the_address_is_what_apps_read() {
        assert_eq!(base32(b"foobar"), "MZXW6YTBOI");
        assert_eq!(
            uri("lingxi.chen", SECRET),
            "otpauth://totp/Weiyin:lingxi.chen?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Weiyin"
        );
    }
}
