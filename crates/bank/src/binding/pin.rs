//! The PIN's way from the customer's fingers to the core (CA-07 to CA-09).
//!
//! The page gets a fresh SM2 public key and a shuffled keypad; the PIN comes back as ciphertext that names the session's
//! nonce, is good for a minute and once. Here it is opened, checked for weakness, and wrapped for the core at once;
//! it is never stored or logged.

use crate::followers::FollowerId;
use crate::sessions::SessionId;
use crate::vault::{Place, TenantKeys};
use base::{Error, Id, Named, Random, Refusal, Result, Secret, Time};
use db::{Tx, params};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use sm2::pke::DecryptingKey;
use zeroize::Zeroize;

pub const KEY_EXPIRED: Refusal = Refusal::gone("pin.key_expired", "停留太久了，请重新输入密码");
pub const REPLAYED: Refusal =
    Refusal::conflict("pin.replayed", "这次输入已经用过了，请重新输入密码");
pub const WEAK: Refusal = Refusal::invalid(
    "pin.weak",
    "密码太简单。别用连号、重复的数字，也别用生日、证件号、手机号里的数字",
);
pub const DIFFERS: Refusal = Refusal::invalid("pin.differs", "两次输入的密码不一样，请重新设置");

/// A key is good this long (CA-08).
pub const KEY_MS: i64 = 180_000;
/// How far the page's own clock may be off.
const TS_WINDOW_MS: u64 = 300_000;
const SECRET: &str = "pin_key.secret";
const PIN_DIGITS: usize = 6;

#[derive(Debug)]
pub enum PinKeyRow {}
impl Named for PinKeyRow {
    const PREFIX: &'static str = "pin";
}
pub type PinKeyId = Id<PinKeyRow>;

/// What the page gets.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
#[schema(as = PinKey)]
pub struct Keypad {
    #[schema(value_type = String)]
    pub key_id: PinKeyId,
    /// Uncompressed point, hex `04…`.
    pub public_key: String,
    pub nonce: String,
    pub openid_hash: String,
    /// The ten digits in the order the keypad shows them.
    #[schema(value_type = Vec<i64>)]
    pub layout: Vec<u8>,
    pub expires_in_s: i64,
    /// Our clock, for the ciphertext's `ts`: the page's own may be off.
    #[schema(value_type = i64)]
    pub now_ms: Time,
}

/// Makes a keypad for a session; older keys of the session end.
pub fn offer(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    session: SessionId,
    follower: FollowerId,
) -> Result<Keypad> {
    let secret = fresh_secret(tx.random())?;
    let public = secret.public_key();
    let point = sm2::elliptic_curve::sec1::ToSec1Point::to_sec1_point(&public, false);
    let id: PinKeyId = tx.new_id();
    let nonce = tx.random().hex(16);
    let mut raw = secret.to_bytes();
    let sealed = keys.seal(Place::new(SECRET, id.raw()), &raw)?;
    raw.as_mut_slice().zeroize();
    tx.exec(
        "UPDATE pin_key SET state = 'replaced' WHERE tenant_id = $1 AND session_id = $2 AND state = 'live'",
        params![tx.tenant(), session],
    )?;
    tx.exec(
        "INSERT INTO pin_key (tenant_id, id, session_id, secret_sealed, nonce, state, expires_at_ms) \
         VALUES ($1, $2, $3, $4, $5, 'live', $6)",
        params![tx.tenant(), id, session, sealed, nonce, tx.now().plus_ms(KEY_MS)],
    )?;
    Ok(Keypad {
        key_id: id,
        public_key: hex(point.as_bytes()),
        nonce,
        openid_hash: openid_hash(follower),
        layout: shuffled(tx.random()),
        expires_in_s: KEY_MS / 1000,
        now_ms: tx.now(),
    })
}

fn fresh_secret(random: &Random) -> Result<sm2::SecretKey> {
    for _ in 0..8 {
        let bytes: [u8; 32] = random.bytes();
        // Only zero and numbers past the curve's order are refused.
        if let Ok(key) = sm2::SecretKey::from_slice(&bytes) {
            return Ok(key);
        }
    }
    Err(Error::fault("no SM2 key could be drawn"))
}

fn shuffled(random: &Random) -> Vec<u8> {
    let mut digits: Vec<u8> = (0..10).collect();
    for i in (1..10_usize).rev() {
        let j = usize::try_from(random.below(i as u64 + 1)).unwrap_or(0);
        digits.swap(i, j);
    }
    digits
}

/// What ties a ciphertext to its follower without telling who it is.
pub fn openid_hash(follower: FollowerId) -> String {
    hex(&Sha256::digest(follower.to_string().as_bytes())[..16])
}

#[derive(Deserialize)]
struct Typed {
    pin: String,
    again: String,
    nonce: String,
    ts: i64,
    openid_hash: String,
}
impl Drop for Typed {
    fn drop(&mut self) {
        self.pin.zeroize();
        self.again.zeroize();
    }
}

/// Which envelope of whose.
#[derive(Debug, Clone, Copy)]
pub struct Opens {
    pub session: SessionId,
    pub follower: FollowerId,
    pub key: PinKeyId,
}

/// A key's sealed secret, nonce, state and end.
type KeyRow = (Vec<u8>, String, String, Time);

fn key_row(tx: &Tx<'_>, of: &Opens) -> Result<Option<KeyRow>> {
    tx.opt(
        "SELECT secret_sealed, nonce, state, expires_at_ms FROM pin_key \
         WHERE tenant_id = $1 AND id = $2 AND session_id = $3",
        params![tx.tenant(), of.key, of.session],
    )
}

/// Whether this envelope's PIN was accepted and is being or was handed on: then its replay is a second tap.
pub fn is_taken(tx: &Tx<'_>, of: &Opens) -> Result<bool> {
    Ok(key_row(tx, of)?.is_some_and(|row| row.2 == "used"))
}

/// What a PIN is typed for.
#[derive(Debug, Clone, Copy)]
pub enum Asked<'a> {
    /// To be set; it must not be easy, nor repeat one of these numbers of the customer's.
    New(&'a [&'a str]),
    /// To prove who types it.
    Proof,
}

/// Opens what the page sent, once. The key is spent even when the content is refused, so the caller must commit that:
/// a refusal of the content is a value.
pub fn open(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    of: &Opens,
    cipher: &str,
    asked: Asked<'_>,
) -> Result<std::result::Result<Secret<String>, Refusal>> {
    let Some((sealed, nonce, state, expires_at)) = key_row(tx, of)? else {
        return Ok(Err(KEY_EXPIRED));
    };
    if state == "used" || state == "refused" {
        return Ok(Err(REPLAYED));
    }
    if state != "live" || tx.now() >= expires_at {
        return Ok(Err(KEY_EXPIRED));
    }
    let mut raw = keys.open(Place::new(SECRET, of.key.raw()), &sealed)?;
    let typed = unwrap(&raw, cipher);
    raw.zeroize();
    let judged = judge(tx.now(), typed, &nonce, of.follower, asked);
    let state = if judged.is_ok() { "used" } else { "refused" };
    tx.exec(
        "UPDATE pin_key SET state = $1, secret_sealed = $2 WHERE tenant_id = $3 AND id = $4",
        params![state, Vec::<u8>::new(), tx.tenant(), of.key],
    )?;
    Ok(judged)
}

fn judge(
    now: Time,
    typed: Option<Typed>,
    nonce: &str,
    follower: FollowerId,
    asked: Asked<'_>,
) -> std::result::Result<Secret<String>, Refusal> {
    let Some(typed) = typed else {
        return Err(KEY_EXPIRED);
    };
    let late = now.ms().abs_diff(typed.ts) > TS_WINDOW_MS;
    if late || typed.nonce != nonce || typed.openid_hash != openid_hash(follower) {
        return Err(KEY_EXPIRED);
    }
    if typed.pin != typed.again {
        return Err(DIFFERS);
    }
    if let Asked::New(own_numbers) = asked
        && is_weak(&typed.pin, own_numbers)
    {
        return Err(WEAK);
    }
    Ok(Secret::new(typed.pin.clone()))
}

fn unwrap(secret: &[u8], cipher: &str) -> Option<Typed> {
    let key = DecryptingKey::from_slice(secret).ok()?;
    let bytes = unhex(cipher)?;
    // Some libraries leave out the point's leading 04; the ciphertext's own checksum says which it is.
    let mut plain =
        key.decrypt(&bytes).or_else(|_| key.decrypt(&[&[4], &bytes[..]].concat())).ok()?;
    let typed = serde_json::from_slice(&plain).ok();
    plain.zeroize();
    typed
}

/// Too easy to guess: not six digits, runs, repeats, pairs, or digits that stand in the customer's own numbers.
pub fn is_weak(pin: &str, own_numbers: &[&str]) -> bool {
    let d: Vec<i32> = pin.bytes().map(i32::from).collect();
    if d.len() != PIN_DIGITS || !pin.bytes().all(|b| b.is_ascii_digit()) {
        return true;
    }
    let steps: Vec<i32> = d.windows(2).map(|w| w[1] - w[0]).collect();
    let run = steps.iter().all(|s| *s == steps[0]) && steps[0].abs() <= 1;
    let mut kinds = d.clone();
    kinds.sort_unstable();
    kinds.dedup();
    let halves = pin[..3] == pin[3..];
    let pairs = pin[..2] == pin[2..4] && pin[2..4] == pin[4..];
    run || kinds.len() <= 2 || halves || pairs || own_numbers.iter().any(|n| n.contains(pin))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || text.len() > 4096 || !text.is_ascii() {
        return None;
    }
    let byte = |i| u8::from_str_radix(text.get(i..i + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easy_pins_are_refused_and_ordinary_ones_are_not() {
        for weak in [
            "123456", "654321", "111111", "121212", "123123", "112211", "12345", "12345a",
            "19510203",
        ] {
            assert!(is_weak(weak, &[]), "{weak}");
        }
        assert!(is_weak("550101", &["37142119550101003X"]));
        for good in ["274906", "850317"] {
            assert!(!is_weak(good, &["37142119550101003X", "13900001234"]), "{good}");
        }
    }

    #[test]
    fn the_keypad_shows_each_digit_once_in_a_new_order() {
        let random = Random::seeded(5);
        let (a, b) = (shuffled(&random), shuffled(&random));
        let mut sorted = a.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..10).collect::<Vec<u8>>());
        assert_ne!(a, b);
    }

    #[test]
    fn ciphertext_with_and_without_the_leading_byte_opens() {
        use crate::testing::browser::Noise;
        use sm2::pke::EncryptingKey;
        let secret = fresh_secret(&Random::seeded(2)).unwrap();
        let typed = r#"{"pin":"274906","again":"274906","nonce":"n","ts":1,"openid_hash":"h"}"#;
        let cipher =
            EncryptingKey::new(secret.public_key()).encrypt(&mut Noise, typed.as_bytes()).unwrap();
        for bytes in [&cipher[..], &cipher[1..]] {
            assert_eq!(unwrap(&secret.to_bytes(), &hex(bytes)).unwrap().pin, "274906");
        }
        assert!(unwrap(&secret.to_bytes(), "0g").is_none());
    }
}
