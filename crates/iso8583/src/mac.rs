//! Message authentication: CMAC with SM4, its first 8 bytes.

use cmac::{Cmac, KeyInit, Mac};
use sm4::Sm4;
use std::fmt;
use subtle::ConstantTimeEq;

/// Bytes of a message authentication code on the wire.
pub const MAC_BYTES: usize = 8;

/// The key both sides share.
pub struct MacKey(Cmac<Sm4>);

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(***)")
    }
}

impl MacKey {
    pub fn new(key: [u8; 16]) -> Self {
        Self(Cmac::new(&key.into()))
    }

    /// Reads `sm4-cmac:` and 32 hexadecimal digits, as they stand in a key file.
    pub fn read(text: &str) -> Option<Self> {
        let digits = text.trim().strip_prefix("sm4-cmac:")?;
        let mut key = [0; 16];
        if digits.len() != 32 || !digits.is_ascii() {
            return None;
        }
        for (byte, pair) in key.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self::new(key))
    }

    pub(crate) fn code(&self, bytes: &[u8]) -> [u8; MAC_BYTES] {
        let mut mac = self.0.clone();
        mac.update(bytes);
        let whole = mac.finalize().into_bytes();
        let mut code = [0; MAC_BYTES];
        for (to, from) in code.iter_mut().zip(whole.iter()) {
            *to = *from;
        }
        code
    }

    pub(crate) fn is_code(&self, bytes: &[u8], code: &[u8]) -> bool {
        bool::from(self.code(bytes).as_slice().ct_eq(code))
    }
}

/// The code that belongs behind bytes, for whoever makes messages by other means than [`crate::Message::seal`].
pub fn code(bytes: &[u8], key: &MacKey) -> [u8; MAC_BYTES] {
    key.code(bytes)
}
