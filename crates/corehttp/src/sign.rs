//! Signatures of requests and answers: HMAC-SM3 (GB/T 32905) or SM2 with SM3 (GB/T 32918), by keys that both sides name.
//!
//! What is signed is text, one part a line ([`request_text`], [`answer_text`]). An answer's text holds the request's nonce,
//! so that an answer to another request is none. Not for: which headers there are, or clocks.

use base::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sm2::dsa::signature::{Signer as _, Verifier as _};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm3::{Digest, Sm3};
use std::fmt;

/// Bytes of an HMAC key, at least: as many as SM3 gives.
pub const HMAC_KEY_BYTES_MIN: usize = 32;
/// Keys that are good at once: the one in use, and one before or after it while both sides change.
pub const KEYS_MAX: usize = 2;
/// The identity in SM2's own digest, as GM/T 0009 gives it where nothing else is agreed.
const IDENTITY: &str = "1234567812345678";
const HMAC: &str = "hmac-sm3";
const SM2: &str = "sm2";

/// A key that cannot be used. Says nothing of what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    #[error("a key's id is 1 to 32 letters, digits, - and _")]
    Id,
    #[error("an HMAC key is 32 bytes or more")]
    Short,
    #[error("not an SM2 secret, or not an SM2 public point")]
    NotSm2,
    #[error(
        "a key file is «hmac-sm3:HEX» or «sm2:HEX of one's own secret:HEX of the other's public point»"
    )]
    Form,
    #[error("one key or two, with different ids")]
    Count,
}

enum How {
    Hmac(Secret<Vec<u8>>),
    /// One's own secret (it wipes itself when dropped), and the other side's public point.
    Sm2(Box<(SigningKey, VerifyingKey)>),
}

/// One side's part of a key that both sides name.
pub struct Key {
    id: String,
    how: How,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}

fn id_of(id: &str) -> Result<String, BadKey> {
    let fits = (1..=32).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if fits { Ok(id.to_owned()) } else { Err(BadKey::Id) }
}

impl Key {
    /// A secret that both sides share.
    pub fn hmac(id: &str, secret: Secret<Vec<u8>>) -> Result<Self, BadKey> {
        if secret.reveal().len() < HMAC_KEY_BYTES_MIN {
            return Err(BadKey::Short);
        }
        Ok(Self { id: id_of(id)?, how: How::Hmac(secret) })
    }

    /// One's own secret scalar (32 bytes) and the other side's public point (SEC 1, 33 or 65 bytes).
    pub fn sm2(id: &str, own: &Secret<Vec<u8>>, other: &[u8]) -> Result<Self, BadKey> {
        let own = SigningKey::from_slice(IDENTITY, own.reveal()).map_err(|_| BadKey::NotSm2)?;
        let other = VerifyingKey::from_sec1_bytes(IDENTITY, other).map_err(|_| BadKey::NotSm2)?;
        Ok(Self { id: id_of(id)?, how: How::Sm2(Box::new((own, other))) })
    }

    /// Reads what stands in a key file; the form is in [`BadKey::Form`].
    pub fn read(id: &str, text: &Secret<String>) -> Result<Self, BadKey> {
        let bytes = |hex: &str| unhex(hex).map(Secret::new).ok_or(BadKey::Form);
        let parts: Vec<&str> = text.reveal().trim().split(':').collect();
        match parts.as_slice() {
            [HMAC, secret] => Self::hmac(id, bytes(secret)?),
            [SM2, own, other] => Self::sm2(id, &bytes(own)?, bytes(other)?.reveal()),
            _ => Err(BadKey::Form),
        }
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// `hmac-sm3=` and 64 hex digits, or `sm2=` and 128 (r, then s). A signature that cannot be made is one of no digits, which
    /// nobody accepts.
    pub(crate) fn sign(&self, text: &str) -> String {
        match &self.how {
            How::Hmac(secret) => {
                let made = hmac(secret, text).map(|mac| hex(&mac.finalize().into_bytes()));
                format!("{HMAC}={}", made.unwrap_or_default())
            }
            How::Sm2(keys) => {
                let made = keys.0.try_sign(text.as_bytes()).map(|s| hex(&s.to_bytes()));
                format!("{SM2}={}", made.unwrap_or_default())
            }
        }
    }

    /// Whether the other side signed this text. Takes the same time wherever a MAC differs.
    pub(crate) fn is_signed(&self, text: &str, signature: &str) -> bool {
        let Some((how, digits)) = signature.split_once('=') else { return false };
        let Some(bytes) = unhex(digits) else { return false };
        match (&self.how, how) {
            (How::Hmac(secret), HMAC) => {
                hmac(secret, text).is_some_and(|mac| mac.verify_slice(&bytes).is_ok())
            }
            (How::Sm2(keys), SM2) => Signature::from_slice(&bytes)
                .is_ok_and(|signature| keys.1.verify(text.as_bytes(), &signature).is_ok()),
            _ => false,
        }
    }
}

/// HMAC takes keys of any length, so this is never `None`.
fn hmac(secret: &Secret<Vec<u8>>, text: &str) -> Option<Hmac<Sm3>> {
    let mac = <Hmac<Sm3> as KeyInit>::new_from_slice(secret.reveal()).ok()?;
    Some(mac.chain_update(text.as_bytes()))
}

/// The keys that are good now: one, or two while both sides change. The first signs what this side begins.
#[derive(Debug)]
pub struct Keys(Vec<Key>);

impl Keys {
    pub fn new(keys: Vec<Key>) -> Result<Self, BadKey> {
        let ids: std::collections::BTreeSet<&str> = keys.iter().map(Key::id).collect();
        if keys.is_empty() || keys.len() > KEYS_MAX || ids.len() != keys.len() {
            return Err(BadKey::Count);
        }
        Ok(Self(keys))
    }
    pub(crate) fn first(&self) -> &Key {
        // Never empty, see `new`.
        &self.0[0]
    }
    pub(crate) fn named(&self, id: &str) -> Option<&Key> {
        self.0.iter().find(|key| key.id == id)
    }
}

/// What is signed of a request: the method, the path from `/v1` on, the values of [`crate::head::SIGNED`] in their order
/// (nothing where one is absent), and the body's SM3.
pub(crate) fn request_text(path: &str, values: &[&str], body_sm3: &str) -> String {
    format!("WEIYIN1-REQUEST\nPOST\n{path}\n{}\n{body_sm3}", values.join("\n"))
}

/// What is signed of an answer.
pub(crate) fn answer_text(
    status: u16,
    path: &str,
    key: &str,
    nonce: &str,
    body_sm3: &str,
) -> String {
    format!("WEIYIN1-ANSWER\n{status}\n{path}\n{key}\n{nonce}\n{body_sm3}")
}

pub(crate) fn sm3_hex(body: &[u8]) -> String {
    hex(&Sm3::digest(body))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    corebank::recon::hex(bytes)
}

/// `None` when it is not pairs of lower hex digits.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs.map(|p| Some((digit(p[0])? << 4) | digit(p[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(id: &str, fill: u8) -> Key {
        Key::hmac(id, Secret::new(vec![fill; 32])).unwrap()
    }

    #[test]
    fn hmac_sm3_is_what_other_implementations_make() {
        // OpenSSL: printf abc | openssl dgst -sm3 -mac HMAC -macopt hexkey:0707…07 (32 bytes)
        let made = shared("k", 7).sign("abc");
        assert_eq!(
            made,
            "hmac-sm3=652759426a2d737bc10cc8d3c61b8663551a154688886c9a23095ffe2654a3e3"
        );
        assert_eq!(
            sm3_hex(b"abc"),
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
        );
    }

    #[test]
    fn a_signature_is_good_for_its_text_and_key_only() {
        let key = shared("k", 7);
        let signature = key.sign("text");
        assert!(key.is_signed("text", &signature));
        assert!(!key.is_signed("texT", &signature));
        assert!(!shared("k", 8).is_signed("text", &signature));
        let short = &signature[..signature.len() - 2];
        for bad in ["", "hmac-sm3=", short, "sm2=00", &signature.to_uppercase()] {
            assert!(!key.is_signed("text", bad), "{bad}");
        }
    }

    #[test]
    fn sm2_signs_for_the_other_side() {
        let public = |secret: u8| {
            let own = SigningKey::from_slice(IDENTITY, &[secret; 32]).unwrap();
            own.verifying_key().to_sec1_bytes().to_vec()
        };
        let side = |own: u8, other: u8| {
            Key::sm2("k", &Secret::new(vec![own; 32]), &public(other)).unwrap()
        };
        let (bank, core) = (side(1, 2), side(2, 1));
        let signature = bank.sign("text");
        assert_eq!(signature.len(), "sm2=".len() + 128);
        assert!(core.is_signed("text", &signature));
        assert!(!core.is_signed("other", &signature));
        assert!(!bank.is_signed("text", &signature), "one's own is not the other's");
    }

    #[test]
    fn a_key_file_is_read_or_refused_without_being_shown() {
        let read = |text: &str| Key::read("bank-1", &Secret::new(text.to_owned())).map(|_| ());
        let (secret, own) = ("07".repeat(32), "01".repeat(32));
        assert_eq!(read(&format!("hmac-sm3:{secret}\n")), Ok(()));
        assert_eq!(read("hmac-sm3:0707"), Err(BadKey::Short));
        assert_eq!(read(&format!("sm2:{own}:04")), Err(BadKey::NotSm2));
        for bad in ["", "x", "hmac-sm3:zz", "hmac-sm3:070", "sm2:01"] {
            assert_eq!(read(bad), Err(BadKey::Form), "{bad}");
        }
        assert_eq!(
            Key::read("a b", &Secret::new(format!("hmac-sm3:{secret}"))).err(),
            Some(BadKey::Id)
        );
        assert_eq!(format!("{:?}", shared("k", 7)), "Key { id: \"k\", .. }");
    }

    #[test]
    fn one_key_or_two_of_different_names() {
        assert!(Keys::new(vec![shared("a", 1)]).is_ok());
        assert!(Keys::new(vec![shared("a", 1), shared("b", 2)]).is_ok());
        for bad in [vec![], vec![shared("a", 1), shared("a", 2)]] {
            assert_eq!(Keys::new(bad).err(), Some(BadKey::Count));
        }
    }
}
