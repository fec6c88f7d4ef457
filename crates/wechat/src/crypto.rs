//! WeChat's message cipher and its two signatures.
//!
//! What it is for: turning the `Encrypt` text of a callback into the message inside and back, and checking who sent it.
//! What it is not for: XML, modes, time windows or choosing between keys; that is [`crate::envelope`].
//!
//! The cipher (official page 消息加解密说明; the IV is stated only in the samples): AES-256-CBC, IV = the first 16 bytes
//! of the key, PKCS#7 padding with a block of **32** bytes, over
//! `random(16) ‖ length of the message (u32, big endian) ‖ message (UTF-8) ‖ appid`.
//!
//! ```
//! use wechat::crypto::{AesKey, same, signature};
//!
//! let key = AesKey::parse("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")?;
//! let sealed = key.seal(*b"aaaabbbbccccdddd", "您好".as_bytes(), "wxb11529c136998cb6");
//! assert_eq!(key.open(&sealed, "wxb11529c136998cb6").unwrap(), "您好".as_bytes());
//! assert!(same(&signature(&["b", "a"]), &signature(&["a", "b"])));
//! # Ok::<(), wechat::crypto::BadKey>(())
//! ```

use aes::cipher::inout::InOutBuf;
use aes::cipher::{Array, BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit};
use aes::{Aes256Dec, Aes256Enc};
use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use sha1::{Digest, Sha1};
use std::fmt;
use std::sync::Arc;
use subtle::{Choice, ConstantTimeEq, ConstantTimeGreater};
use zeroize::Zeroizing;

/// Padding is counted in blocks of this many bytes, twice the cipher's own block.
const PAD_BLOCK: usize = 32;
/// The cipher's own block.
const CIPHER_BLOCK: usize = 16;
/// `random(16) ‖ u32` stand before the message.
const HEAD: usize = 20;
/// Length of an EncodingAESKey in characters.
pub const KEY_CHARS: usize = 43;

/// The 43rd character carries two spare bits which are usually not zero, so they must be ignored.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// Why a text is not an EncodingAESKey. Never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadKey {
    /// How many characters it has instead of 43.
    Length(usize),
    /// It has a character outside `A-Z a-z 0-9`.
    Character,
}
impl fmt::Display for BadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(n) => write!(
                f,
                "an EncodingAESKey has {KEY_CHARS} characters, this one has {n}; \
                 copy it again from 基本配置 of the account"
            ),
            Self::Character => f.write_str(
                "an EncodingAESKey has only letters and digits; copy it again from 基本配置",
            ),
        }
    }
}
impl std::error::Error for BadKey {}

/// What was wrong inside, for the log and the counters only: the sender must not learn it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The signature does not fit: wrong Token, or not WeChat.
    Token,
    /// Not base64, or not a whole number of cipher blocks.
    Base64,
    /// The padding is not PKCS#7 of 32: nearly always the wrong EncodingAESKey.
    Padding,
    /// The stated length does not fit the buffer: wrong EncodingAESKey, or a broken sender.
    Key,
    /// The message is for another appid.
    AppId,
}
impl Cause {
    /// A stable word for log lines and counters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Base64 => "base64",
            Self::Padding => "padding",
            Self::Key => "key",
            Self::AppId => "appid",
        }
    }
    /// The number WeChat's own sample code (WXBizMsgCrypt) gives this failure.
    pub const fn official(self) -> i32 {
        match self {
            Self::Token => -40001,
            Self::AppId => -40005,
            Self::Padding => -40007,
            Self::Key => -40008,
            Self::Base64 => -40010,
        }
    }
}

/// A message that cannot be opened. To the outside all of them are alike (no padding oracle); [`CryptoError::cause`]
/// is for the log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CryptoError(Cause);
impl CryptoError {
    pub(crate) const fn new(cause: Cause) -> Self {
        Self(cause)
    }
    /// What was wrong, for the log only.
    pub const fn cause(self) -> Cause {
        self.0
    }
}
impl fmt::Display for CryptoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the message cannot be opened")
    }
}
impl fmt::Debug for CryptoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CryptoError")
    }
}
impl std::error::Error for CryptoError {}

struct Schedule {
    seal: Aes256Enc,
    open: Aes256Dec,
    iv: Zeroizing<[u8; CIPHER_BLOCK]>,
}

/// An account's EncodingAESKey with its key schedule computed once. Cheap to clone; wiped when the last clone goes.
#[derive(Clone)]
pub struct AesKey(Arc<Schedule>);

impl fmt::Debug for AesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AesKey(***)")
    }
}

impl AesKey {
    /// Reads the 43 characters of the console. Spare bits of the last character are ignored.
    ///
    /// # Errors
    /// [`BadKey`], in words that say what to do.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        if text.chars().count() != KEY_CHARS {
            return Err(BadKey::Length(text.chars().count()));
        }
        if !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(BadKey::Character);
        }
        let padded = Zeroizing::new(format!("{text}="));
        let bytes =
            Zeroizing::new(LENIENT.decode(padded.as_bytes()).map_err(|_| BadKey::Character)?);
        let key: [u8; 32] = bytes.as_slice().try_into().map_err(|_| BadKey::Length(bytes.len()))?;
        Ok(Self::of_bytes(&Zeroizing::new(key)))
    }

    fn of_bytes(key: &[u8; 32]) -> Self {
        let mut iv = Zeroizing::new([0; CIPHER_BLOCK]);
        iv.copy_from_slice(&key[..CIPHER_BLOCK]);
        Self(Arc::new(Schedule {
            seal: Aes256Enc::new(&Array::from(*key)),
            open: Aes256Dec::new(&Array::from(*key)),
            iv,
        }))
    }

    /// Encrypts `msg` for `appid` and gives the base64 text of `Encrypt`. `random16` must be fresh and unguessable;
    /// the same bytes give the same text.
    pub fn seal(&self, random16: [u8; 16], msg: &[u8], appid: &str) -> String {
        let filled = HEAD + msg.len() + appid.len();
        let pad = PAD_BLOCK - filled % PAD_BLOCK;
        let mut buffer = Vec::with_capacity(filled + pad);
        buffer.extend_from_slice(&random16);
        // a message of 4 GiB cannot come here: it would not fit any transport of this protocol
        buffer.extend_from_slice(&u32::try_from(msg.len()).unwrap_or(u32::MAX).to_be_bytes());
        buffer.extend_from_slice(msg);
        buffer.extend_from_slice(appid.as_bytes());
        buffer.resize(filled + pad, u8::try_from(pad).unwrap_or(0));
        let mut cipher = cbc::Encryptor::inner_iv_init(&self.0.seal, &Array::from(*self.0.iv));
        let (blocks, _) = InOutBuf::from(buffer.as_mut_slice()).into_chunks();
        cipher.encrypt_blocks_inout(blocks);
        STANDARD.encode(&buffer)
    }

    /// Decrypts the base64 text of `Encrypt` and gives the message, when it was meant for `appid`: the account's own,
    /// or the third-party platform's (component) appid for everything that a platform receives.
    ///
    /// # Errors
    /// One [`CryptoError`] for every reason.
    pub fn open(&self, encrypt_b64: &str, appid: &str) -> Result<Vec<u8>, CryptoError> {
        let mut buffer =
            STANDARD.decode(encrypt_b64).map_err(|_| CryptoError::new(Cause::Base64))?;
        if buffer.is_empty() || !buffer.len().is_multiple_of(CIPHER_BLOCK) {
            return Err(CryptoError::new(Cause::Base64));
        }
        let mut cipher = cbc::Decryptor::inner_iv_init(&self.0.open, &Array::from(*self.0.iv));
        let (blocks, _) = InOutBuf::from(buffer.as_mut_slice()).into_chunks();
        cipher.decrypt_blocks_inout(blocks);
        let filled = unpad(&buffer).ok_or(CryptoError::new(Cause::Padding))?;
        let stated: [u8; 4] = buffer[..filled]
            .get(16..HEAD)
            .and_then(|b| b.try_into().ok())
            .ok_or(CryptoError::new(Cause::Key))?;
        let end = usize::try_from(u32::from_be_bytes(stated))
            .ok()
            .and_then(|n| n.checked_add(HEAD))
            .filter(|end| *end <= filled)
            .ok_or(CryptoError::new(Cause::Key))?;
        if !bool::from(buffer[end..filled].ct_eq(appid.as_bytes())) {
            return Err(CryptoError::new(Cause::AppId));
        }
        buffer.truncate(end);
        buffer.drain(..HEAD);
        Ok(buffer)
    }
}

/// Where the padding begins, looked for in the same time whatever the bytes are.
fn unpad(buffer: &[u8]) -> Option<usize> {
    let last = *buffer.last()?;
    let tail = &buffer[buffer.len().saturating_sub(PAD_BLOCK)..];
    let width = u8::try_from(tail.len()).ok()?;
    let mut good = !last.ct_eq(&0) & !last.ct_gt(&width);
    for (from_end, byte) in (1_u8..).zip(tail.iter().rev()) {
        let is_padding: Choice = !from_end.ct_gt(&last);
        good &= !is_padding | byte.ct_eq(&last);
    }
    bool::from(good).then(|| buffer.len() - usize::from(last))
}

/// SHA-1 over the parts, sorted by bytes and joined without separator, as 40 lower-case hex digits.
///
/// `[Token, timestamp, nonce]` gives `signature` (it does not cover the body!); with the `Encrypt` text added it gives
/// `msg_signature`, the only one that authenticates a message.
pub fn signature(parts: &[&str]) -> String {
    String::from_utf8_lossy(&signature_hex(parts)).into_owned()
}

/// [`signature`] without an allocation, for up to eight parts.
pub(crate) fn signature_hex(parts: &[&str]) -> [u8; 40] {
    let mut few = [""; 8];
    let mut hash = Sha1::new();
    if let Some(sorted) = few.get_mut(..parts.len()) {
        sorted.copy_from_slice(parts);
        sorted.sort_unstable();
        sorted.iter().for_each(|p| hash.update(p));
    } else {
        let mut sorted = parts.to_vec();
        sorted.sort_unstable();
        sorted.iter().for_each(|p| hash.update(p));
    }
    hex(&hash.finalize().into())
}

/// SHA-1 of one text as 40 lower-case hex digits.
pub(crate) fn sha1_hex(text: &str) -> String {
    String::from_utf8_lossy(&hex(&Sha1::digest(text).into())).into_owned()
}

fn hex(bytes: &[u8; 20]) -> [u8; 40] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = [0; 40];
    for (pair, byte) in out.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    out
}

/// Whether two texts are equal, in a time that depends on their lengths only.
pub fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

#[cfg(test)]
mod tests;
