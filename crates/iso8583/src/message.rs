//! Bytes to fields and back.

use crate::Problem;
use crate::fields::form;
use crate::mac::{MAC_BYTES, MacKey};
use std::collections::BTreeMap;
use std::fmt;

/// Bytes of a message, at most.
pub const MESSAGE_MAX: usize = 4_096;

/// A message's type: version, class, function, origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mti([u8; 4]);

impl Mti {
    /// # Errors
    /// [`Problem::Type`] for anything but four digits.
    pub fn new(digits: [u8; 4]) -> Result<Self, Problem> {
        if digits.iter().all(u8::is_ascii_digit) { Ok(Self(digits)) } else { Err(Problem::Type) }
    }

    /// What the same message is called when it is sent again: an advice 0220 is 0221 then.
    pub fn is_repeat(self) -> bool {
        self.0[3] == b'1' || self.0[3] == b'3'
    }

    /// The first sending's type.
    #[must_use]
    pub fn first(self) -> Self {
        let mut digits = self.0;
        if self.is_repeat() {
            digits[3] -= 1;
        }
        Self(digits)
    }

    /// The type of the answer: 0220 and 0221 are answered by 0230.
    #[must_use]
    pub fn answer(self) -> Self {
        let mut digits = self.first().0;
        digits[2] = if digits[2] < b'9' { digits[2] + 1 } else { digits[2] };
        Self(digits)
    }

    pub fn digits(self) -> [u8; 4] {
        self.0
    }
}

impl fmt::Display for Mti {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|d| write!(f, "{}", char::from(*d)))
    }
}

/// A message's type and fields. Prints the numbers of its fields and no value: most are a customer's.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    mti: Mti,
    fields: BTreeMap<u8, Vec<u8>>,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("mti", &self.mti)
            .field("fields", &self.fields.keys())
            .finish()
    }
}

impl Message {
    pub fn new(mti: Mti) -> Self {
        Self { mti, fields: BTreeMap::new() }
    }

    pub fn mti(&self) -> Mti {
        self.mti
    }

    /// A field's bytes, without its length.
    pub fn get(&self, number: u8) -> Option<&[u8]> {
        self.fields.get(&number).map(Vec::as_slice)
    }

    /// A field's text, without blanks around it; `None` too where it is no UTF-8.
    pub fn text(&self, number: u8) -> Option<&str> {
        self.get(number).and_then(|v| std::str::from_utf8(v).ok()).map(str::trim)
    }

    /// Numbers of the fields that are there, in order.
    pub fn numbers(&self) -> impl Iterator<Item = u8> + '_ {
        self.fields.keys().copied()
    }

    /// # Errors
    /// [`Problem::Unknown`] and [`Problem::Field`]; the code's own field is [`Message::seal`]'s.
    pub fn set(&mut self, number: u8, value: &[u8]) -> Result<(), Problem> {
        let form = form(number).ok_or(Problem::Unknown(number))?;
        if !form.fits(value) || is_code(number) {
            return Err(Problem::Field(number));
        }
        self.fields.insert(number, value.to_vec());
        Ok(())
    }

    /// The bytes to send, with the code at their end.
    ///
    /// # Errors
    /// [`Problem::Long`] above [`MESSAGE_MAX`].
    pub fn seal(&self, key: &MacKey) -> Result<Vec<u8>, Problem> {
        let has_second = self.fields.keys().next_back().is_some_and(|n| *n > 64);
        let code = if has_second { 128 } else { 64 };
        let mut map: u128 = bit(code);
        if has_second {
            map |= bit(1);
        }
        map = self.fields.keys().fold(map, |map, n| map | bit(*n));
        let mut bytes = self.mti.0.to_vec();
        let maps = map.to_be_bytes();
        bytes.extend_from_slice(if has_second { &maps } else { &maps[..8] });
        for (number, value) in &self.fields {
            let digits = form(*number).map_or(0, crate::Form::length_digits);
            if digits > 0 {
                bytes.extend_from_slice(format!("{:0digits$}", value.len()).as_bytes());
            }
            bytes.extend_from_slice(value);
        }
        let code = key.code(&bytes);
        bytes.extend_from_slice(&code);
        if bytes.len() > MESSAGE_MAX { Err(Problem::Long) } else { Ok(bytes) }
    }

    /// What a message says, once its code is right.
    ///
    /// # Errors
    /// [`Problem::Mac`] for whatever was not made by someone who has the key: it is looked at before anything is understood.
    pub fn open(bytes: &[u8], key: &MacKey) -> Result<Self, Problem> {
        let Some((said, code)) =
            bytes.len().checked_sub(MAC_BYTES).and_then(|at| bytes.split_at_checked(at))
        else {
            return Err(Problem::Mac);
        };
        if bytes.len() > MESSAGE_MAX || !key.is_code(said, code) {
            return Err(Problem::Mac);
        }
        read(bytes)
    }
}

fn is_code(number: u8) -> bool {
    number == 64 || number == 128
}

fn bit(number: u8) -> u128 {
    1 << (128 - u32::from(number))
}

fn read(bytes: &[u8]) -> Result<Message, Problem> {
    let mut rest = bytes;
    let mut take = |n: usize| {
        let (now, after) = rest.split_at_checked(n).ok_or(Problem::Short)?;
        rest = after;
        Ok::<_, Problem>(now)
    };
    let mti = Mti::new(take(4)?.try_into().map_err(|_| Problem::Type)?)?;
    let mut map = eight(take(8)?)? << 64;
    let has_second = map & bit(1) != 0;
    if has_second {
        map |= eight(take(8)?)?;
    }
    let code = if has_second { 128 } else { 64 };
    if map & bit(code) == 0 || (has_second && map & bit(64) != 0) {
        return Err(Problem::Mac);
    }
    let mut fields = BTreeMap::new();
    for number in (2..=128).filter(|n| map & bit(*n) != 0) {
        let form = form(number).ok_or(Problem::Unknown(number))?;
        let length = match form.fixed() {
            Some(length) => length,
            None => length(take(form.length_digits())?).ok_or(Problem::Field(number))?,
        };
        let value = take(length)?;
        if !form.fits(value) {
            return Err(Problem::Field(number));
        }
        if !is_code(number) {
            fields.insert(number, value.to_vec());
        }
    }
    if rest.is_empty() { Ok(Message { mti, fields }) } else { Err(Problem::Long) }
}

fn eight(bytes: &[u8]) -> Result<u128, Problem> {
    Ok(u128::from(u64::from_be_bytes(bytes.try_into().map_err(|_| Problem::Short)?)))
}

fn length(digits: &[u8]) -> Option<usize> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}
