//! PIN blocks: how a PIN travels to the core, and nothing else of it.
//!
//! Layout and enciphering follow ISO 9564-1 format 4: a plain PIN field (control 4, length, digits, fill
//! `A`, eight random bytes) and a second field of digits that binds the block to its owner, here the
//! customer number instead of a card number: `block = E(E(pin field) xor owner field)`, AES-128.
//!
//! Not for: rules about weak PINs (the channel's), storing (the core's), or the browser's SM2 envelope.

use aes::Aes128;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use base::{Random, Secret};
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

/// Digits in a PIN, at least and at most; three are what stands on the back of a card.
const PIN_DIGITS: std::ops::RangeInclusive<usize> = 3..=12;
/// Digits of the owner field, at most.
const OWNER_DIGITS_MAX: usize = 19;
const OWNER_DIGITS_MIN: usize = 12;

/// An enciphered PIN on its way to the core.
#[derive(Clone, PartialEq, Eq)]
pub struct PinBlock {
    /// Which key enciphered it.
    pub key_id: String,
    pub bytes: [u8; 16],
}

impl fmt::Debug for PinBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PinBlock").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// A PIN or a block that cannot be used. Says no more than that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    #[error("a PIN is 3 to 12 digits")]
    NotAPin,
    #[error("a PIN block's owner is up to 19 digits")]
    NotAnOwner,
    #[error("the PIN block does not open")]
    DoesNotOpen,
}

/// The key shared with the core for PIN blocks.
#[derive(Clone)]
pub struct PinKey {
    id: String,
    key: Secret<[u8; 16]>,
}

impl fmt::Debug for PinKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PinKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl PinKey {
    pub fn new(id: impl Into<String>, key: [u8; 16]) -> Self {
        Self { id: id.into(), key: Secret::new(key) }
    }
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Enciphers `pin` for `owner` (the digits of a customer number).
    pub fn seal(
        &self,
        pin: &Secret<String>,
        owner: &str,
        random: &Random,
    ) -> Result<PinBlock, PinError> {
        self.seal_with(pin.reveal(), owner, random.bytes())
    }

    fn seal_with(&self, pin: &str, owner: &str, fill: [u8; 8]) -> Result<PinBlock, PinError> {
        let owner = owner_field(owner)?;
        let mut block = pin_field(pin, fill)?;
        self.encrypt(&mut block);
        xor(&mut block, &owner);
        self.encrypt(&mut block);
        Ok(PinBlock { key_id: self.id.clone(), bytes: block })
    }

    /// Deciphers a block made for `owner`.
    pub fn open(&self, block: &PinBlock, owner: &str) -> Result<Secret<String>, PinError> {
        let owner = owner_field(owner)?;
        if block.key_id != self.id {
            return Err(PinError::DoesNotOpen);
        }
        let mut plain = Zeroizing::new(block.bytes);
        self.decrypt(&mut plain);
        xor(&mut plain, &owner);
        self.decrypt(&mut plain);
        read_pin_field(&plain).ok_or(PinError::DoesNotOpen)
    }

    fn encrypt(&self, block: &mut [u8; 16]) {
        Aes128::new(self.key.reveal().into()).encrypt_block(block.into());
    }
    fn decrypt(&self, block: &mut [u8; 16]) {
        Aes128::new(self.key.reveal().into()).decrypt_block(block.into());
    }
}

fn xor(block: &mut [u8; 16], other: &[u8; 16]) {
    block.iter_mut().zip(other).for_each(|(a, b)| *a ^= b);
}

/// Sixteen nibbles: control, length, digits, fill; then eight random bytes.
fn pin_field(pin: &str, fill: [u8; 8]) -> Result<[u8; 16], PinError> {
    if !PIN_DIGITS.contains(&pin.len()) || !pin.bytes().all(|b| b.is_ascii_digit()) {
        return Err(PinError::NotAPin);
    }
    let mut nibbles = [0x0a_u8; 16];
    nibbles[0] = 4;
    nibbles[1] = u8::try_from(pin.len()).map_err(|_| PinError::NotAPin)?;
    nibbles[2..].iter_mut().zip(pin.bytes()).for_each(|(n, b)| *n = b - b'0');
    let mut field = [0; 16];
    pack(&nibbles, &mut field[..8]);
    field[8..].copy_from_slice(&fill);
    nibbles.zeroize();
    Ok(field)
}

/// One nibble of length above twelve, then the digits, then zeros.
fn owner_field(owner: &str) -> Result<[u8; 16], PinError> {
    let fits = (1..=OWNER_DIGITS_MAX).contains(&owner.len());
    if !fits || !owner.bytes().all(|b| b.is_ascii_digit()) {
        return Err(PinError::NotAnOwner);
    }
    let mut nibbles = [0_u8; 32];
    // Short numbers stand right-justified in twelve digits.
    let start = 1 + OWNER_DIGITS_MIN.saturating_sub(owner.len());
    nibbles[0] = u8::try_from(owner.len().saturating_sub(OWNER_DIGITS_MIN))
        .map_err(|_| PinError::NotAnOwner)?;
    nibbles[start..].iter_mut().zip(owner.bytes()).for_each(|(n, b)| *n = b - b'0');
    let mut field = [0; 16];
    pack(&nibbles, &mut field);
    Ok(field)
}

fn pack(nibbles: &[u8], into: &mut [u8]) {
    nibbles.chunks(2).zip(into).for_each(|(pair, byte)| *byte = (pair[0] << 4) | pair[1]);
}

fn read_pin_field(field: &[u8; 16]) -> Option<Secret<String>> {
    let nibble = |i: usize| {
        if i.is_multiple_of(2) { field[i / 2] >> 4 } else { field[i / 2] & 0x0f }
    };
    let len = usize::from(nibble(1));
    if nibble(0) != 4 || !PIN_DIGITS.contains(&len) {
        return None;
    }
    let digits_fine = (2..2 + len).all(|i| nibble(i) < 10);
    let fill_fine = (2 + len..16).all(|i| nibble(i) == 0x0a);
    (digits_fine && fill_fine)
        .then(|| Secret::new((2..2 + len).map(|i| char::from(b'0' + nibble(i))).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of the vectors that payment libraries share for this format.
    fn key() -> PinKey {
        let bytes: Vec<u8> = (0..16).map(|n| n * 0x11).collect();
        PinKey::new("k1", bytes.try_into().unwrap())
    }
    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02X}")).collect()
    }

    #[test]
    fn the_fields_are_laid_out_as_format_4_says() {
        let fill = [0x54, 0x8e, 0xd7, 0xfd, 0x65, 0x49, 0x59, 0x50];
        assert_eq!(hex(&pin_field("1234", fill).unwrap()), "441234AAAAAAAAAA548ED7FD65495950");
        for (owner, field) in [
            ("112233445566778899", "61122334455667788990000000000000"),
            ("432198765432109870", "64321987654321098700000000000000"),
            ("1001000012", "00010010000120000000000000000000"),
        ] {
            assert_eq!(hex(&owner_field(owner).unwrap()), field);
        }
    }

    #[test]
    fn a_block_is_what_other_implementations_make_and_open() {
        let block = key().seal_with("1234", "1234567890123456789", [0xff; 8]).unwrap();
        assert_eq!(hex(&block.bytes), "28B41FDDD29B743E93124BD8E32D921E");
        let theirs = 0x88E3_3C3A_CF40_4F23_4F10_F889_C364_E377_u128.to_be_bytes();
        let theirs = PinBlock { key_id: "k1".into(), bytes: theirs };
        assert_eq!(key().open(&theirs, "432198765432109870").unwrap().reveal(), "1234");
    }

    #[test]
    fn a_block_opens_only_for_its_owner_and_key() {
        let (key, random) = (key(), Random::seeded(1));
        let pin = Secret::new(String::from("918273"));
        let block = key.seal(&pin, "1001000012", &random).unwrap();
        assert_eq!(key.open(&block, "1001000012").unwrap().reveal(), "918273");
        assert_eq!(key.open(&block, "1001000013").unwrap_err(), PinError::DoesNotOpen);
        let other = PinKey::new("k1", [7; 16]);
        assert_eq!(other.open(&block, "1001000012").unwrap_err(), PinError::DoesNotOpen);
        let renamed = PinBlock { key_id: "k2".into(), ..block.clone() };
        assert_eq!(key.open(&renamed, "1001000012").unwrap_err(), PinError::DoesNotOpen);
        assert_ne!(key.seal(&pin, "1001000012", &random).unwrap(), block, "blocks never repeat");
    }

    #[test]
    fn what_is_not_a_pin_is_refused() {
        for bad in ["", "12", "1234567890123", "12345a", "１２３４５６"] {
            let pin = Secret::new(String::from(bad));
            let got = key().seal(&pin, "1001000012", &Random::seeded(1));
            assert_eq!(got.unwrap_err(), PinError::NotAPin, "{bad}");
        }
    }

    #[test]
    fn nothing_of_a_pin_is_printed() {
        let block = key().seal(&Secret::new("918273".into()), "1", &Random::seeded(1)).unwrap();
        assert_eq!(
            format!("{block:?} {:?}", key()),
            "PinBlock { key_id: \"k1\", .. } PinKey { id: \"k1\", .. }"
        );
    }
}
