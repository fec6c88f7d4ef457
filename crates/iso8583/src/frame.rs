//! Messages in a stream of bytes: four ASCII digits of length before each. A length of `0000` is a sign of life without a message.

use crate::{MESSAGE_MAX, Problem};

/// Bytes before each message.
pub const HEAD: usize = 4;

/// How many bytes the message behind a head has.
///
/// # Errors
/// [`Problem::Long`] above [`MESSAGE_MAX`], [`Problem::Type`] for a head that is no number: the stream cannot be read on.
pub fn length(head: [u8; HEAD]) -> Result<usize, Problem> {
    if !head.iter().all(u8::is_ascii_digit) {
        return Err(Problem::Type);
    }
    let length = head.iter().fold(0, |sum, d| sum * 10 + usize::from(d - b'0'));
    if length > MESSAGE_MAX { Err(Problem::Long) } else { Ok(length) }
}

/// A message with its head.
///
/// # Errors
/// [`Problem::Long`] above [`MESSAGE_MAX`].
pub fn wrap(message: &[u8]) -> Result<Vec<u8>, Problem> {
    if message.len() > MESSAGE_MAX {
        return Err(Problem::Long);
    }
    let mut framed = format!("{:04}", message.len()).into_bytes();
    framed.extend_from_slice(message);
    Ok(framed)
}
