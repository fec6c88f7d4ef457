//! Cash that is booked (无卡取款): what a code and a word are checked with, so that neither need be kept.
//!
//! Not for: booking, which is a payment ([`crate::money::Payee::Cash`]), nor tills, which are the core's own.

use base::Fen;
use sm3::{Digest, Sm3};

/// Digits of the code that the bank draws, and of the word that the customer chooses.
pub const CODE_DIGITS: usize = 8;
pub const WORD_DIGITS: usize = 6;
/// Machines give notes of this.
pub const STEP: Fen = Fen::of(10_000);
/// How long a booking may be good, in minutes.
pub const MINUTES_MAX: i64 = 24 * 60;
/// How often the hash is taken: who has it tries few codes a second.
const ROUNDS: usize = 10_000;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// What a core keeps of a code and a word: 64 hex digits. Takes some milliseconds.
pub fn verifier(salt: &str, code: &str, word: &str) -> String {
    let mut hash = hex(&Sm3::digest(format!("{salt}|{code}|{word}")));
    for _ in 0..ROUNDS {
        hash = hex(&Sm3::new().chain_update(&hash).chain_update(salt).finalize());
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_code_word_or_salt_has_another_verifier() {
        let one = verifier("a1", "12345678", "246810");
        assert_eq!((one.len(), &one), (64, &verifier("a1", "12345678", "246810")));
        for (salt, code, word) in [
            ("a2", "12345678", "246810"),
            ("a1", "12345679", "246810"),
            ("a1", "12345678", "246811"),
        ] {
            assert_ne!(verifier(salt, code, word), one);
        }
    }
}
