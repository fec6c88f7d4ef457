//! ISO 8583 messages (1987) as Chinese hosts speak them: ASCII digits, binary bitmaps, SM4 message authentication.
//!
//! ```
//! use iso8583::{MacKey, Message, Mti};
//!
//! let key = MacKey::new([7; 16]);
//! let mut asked = Message::new(Mti::new(*b"0800")?);
//! asked.set(7, b"1127093000")?;
//! asked.set(11, b"000001")?;
//! asked.set(70, b"301")?;
//! let bytes = asked.seal(&key)?;
//! let heard = Message::open(&bytes, &key)?;
//! assert_eq!(heard.text(70), Some("301"));
//! # Ok::<(), iso8583::Problem>(())
//! ```
//!
//! A message is four digits of type (MTI), one bitmap of 8 bytes or two, and the fields whose bits are set, in order; lengths of
//! variable fields are two or three ASCII digits. Amounts are in minor units (分). The last field, 64 or 128, is the first 8 bytes
//! of a CMAC with SM4 (GB/T 15852.1, algorithm 5; GB/T 32907) over all that stands before it.
//!
//! Sources: field numbers, formats and lengths are those of ISO 8583:1987 part 1; what a field means to a bank is the bank's.
//! Not for: sockets ([`frame`] only cuts a stream into messages), dialects with packed digits, or keys that change on the wire.

mod fields;
pub mod frame;
mod mac;
mod message;

pub use fields::{Form, form};
pub use mac::{MAC_BYTES, MacKey, code};
pub use message::{MESSAGE_MAX, Message, Mti};

/// Why bytes are no message, or a field's value none. Says nothing of what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("a message type is four digits")]
    Type,
    #[error("the message ends too early")]
    Short,
    #[error("something stands behind the last field")]
    Long,
    #[error("field {0} is not known")]
    Unknown(u8),
    #[error("field {0} has not its form")]
    Field(u8),
    #[error("the message authentication code is missing or is another")]
    Mac,
}

impl Problem {
    /// The field it is about.
    pub fn field(self) -> Option<u8> {
        match self {
            Self::Unknown(n) | Self::Field(n) => Some(n),
            Self::Type | Self::Short | Self::Long | Self::Mac => None,
        }
    }
}
