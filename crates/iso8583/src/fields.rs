//! What each field looks like (ISO 8583:1987).

/// A field's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// So many digits.
    Digits(usize),
    /// So many printable characters.
    Text(usize),
    /// `C` or `D`, then so many digits.
    Signed(usize),
    /// So many bytes.
    Bytes(usize),
    /// Digits, at most so many, behind two digits of length.
    DigitsUpTo(usize),
    /// Bytes of text in whatever code both sides agreed on, at most so many, behind two digits of length or, above 99, three.
    TextUpTo(usize),
}

impl Form {
    /// Digits of length before the value.
    pub(crate) fn length_digits(self) -> usize {
        match self {
            Self::DigitsUpTo(max) | Self::TextUpTo(max) => 2 + usize::from(max > 99),
            Self::Digits(_) | Self::Text(_) | Self::Signed(_) | Self::Bytes(_) => 0,
        }
    }

    /// Bytes of a value that is not preceded by its length.
    pub(crate) fn fixed(self) -> Option<usize> {
        match self {
            Self::Digits(n) | Self::Text(n) | Self::Bytes(n) => Some(n),
            Self::Signed(n) => Some(n + 1),
            Self::DigitsUpTo(_) | Self::TextUpTo(_) => None,
        }
    }

    /// Whether a value is one of this field.
    pub(crate) fn fits(self, value: &[u8]) -> bool {
        let are_digits = |v: &[u8]| v.iter().all(u8::is_ascii_digit);
        match self {
            Self::Digits(n) => value.len() == n && are_digits(value),
            Self::Text(n) => value.len() == n && value.iter().all(|b| *b >= b' '),
            Self::Bytes(n) => value.len() == n,
            Self::Signed(n) => match value.split_first() {
                Some((b'C' | b'D', rest)) => rest.len() == n && are_digits(rest),
                _ => false,
            },
            Self::DigitsUpTo(max) => !value.is_empty() && value.len() <= max && are_digits(value),
            Self::TextUpTo(max) => !value.is_empty() && value.len() <= max,
        }
    }
}

/// The form of a field; `None` for numbers that are not used here. Field 1 is the second bitmap and no field of its own.
pub fn form(number: u8) -> Option<Form> {
    use Form::{Bytes, Digits, DigitsUpTo, Signed, Text, TextUpTo};
    Some(match number {
        2 => DigitsUpTo(19),
        3 | 11 | 12 => Digits(6),
        38 => Text(6),
        4..=6 => Digits(12),
        7 => Digits(10),
        8..=10 => Digits(8),
        13..=18 => Digits(4),
        19..=24 => Digits(3),
        25..=26 => Digits(2),
        27 => Digits(1),
        28..=31 => Signed(8),
        32..=33 => DigitsUpTo(11),
        34 => TextUpTo(28),
        35 => TextUpTo(37),
        36 => TextUpTo(104),
        37 => Text(12),
        39 => Text(2),
        40 => Text(3),
        41 => Text(8),
        42 => Text(15),
        43 => Text(40),
        44 => TextUpTo(25),
        45 => TextUpTo(76),
        46..=48 | 55..=63 => TextUpTo(999),
        49..=51 => Text(3),
        52 | 64 | 65 | 96 | 128 => Bytes(8),
        53 => Digits(16),
        54 => TextUpTo(120),
        66 => Digits(1),
        67 => Digits(2),
        68..=70 => Digits(3),
        71 | 72 => Digits(4),
        73 => Digits(6),
        74..=81 => Digits(10),
        82..=85 => Digits(12),
        86..=89 => Digits(16),
        90 => Digits(42),
        91 => Text(1),
        92 => Text(2),
        93 => Text(5),
        94 => Text(7),
        95 => Text(42),
        97 => Signed(16),
        98 => Text(25),
        99 | 100 => DigitsUpTo(11),
        101 => TextUpTo(17),
        102 | 103 => TextUpTo(28),
        104 => TextUpTo(100),
        105..=127 => TextUpTo(999),
        _ => return None,
    })
}
