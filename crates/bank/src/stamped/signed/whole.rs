//! Where the signature stands in a PDF, and that it is about every byte of it but itself.

use super::{Signer, message};
use base::{Error, Result, Time};
use sm3::{Digest, Sm3};
use std::ops::Range;

/// As many bytes as the signature may have; in the file each is two figures.
pub(in crate::stamped) const ROOM: usize = 2_048;
/// What stands for each of the three numbers until they are known: as wide as any of them.
pub(in crate::stamped) const BLANK: i32 = i32::MAX;
const RANGE: &[u8] = b"/ByteRange";
const CONTENTS: &[u8] = b"/Contents";

/// What a signature says that is true of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// By the certificate's own word.
    pub bank: String,
    /// By the signer's own clock.
    pub at: Time,
    /// Of the certificate.
    pub fingerprint: String,
}

/// Why a file does not stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    NotSigned,
    /// A signature of another kind than ours.
    Foreign,
    /// The signature itself makes no sense.
    Malformed,
    /// The file is not what was signed.
    Changed,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NotSigned => "the file holds no electronic signature",
            Self::Foreign => "the file holds a signature that is not SM2 with SM3",
            Self::Malformed => "the file's signature makes no sense",
            Self::Changed => "the file was changed after it was signed",
        })
    }
}

/// Where a file speaks of its signature: the list of ranges, and the figures of the signature.
struct Places {
    list: Range<usize>,
    figures: Range<usize>,
}

fn find(file: &[u8], word: &[u8], from: usize) -> Option<usize> {
    let rest = file.get(from..)?;
    rest.windows(word.len()).position(|w| w == word).map(|n| from + n)
}

/// The list behind a word: its place with the brackets, and what is in it.
fn list(file: &[u8], from: usize) -> Option<(Range<usize>, &[u8])> {
    let start = find(file, b"[", from)?;
    let end = find(file, b"]", start)?;
    let is_next = file[from..start].iter().all(u8::is_ascii_whitespace);
    is_next.then(|| (start..end + 1, &file[start + 1..end]))
}

/// Where `paper::bind` left room.
fn places(file: &[u8]) -> Option<Places> {
    let word = find(file, RANGE, 0)?;
    let (list, _) = list(file, word + RANGE.len())?;
    let contents = find(file, CONTENTS, list.end)?;
    let start = find(file, b"<", contents)?;
    let end = find(file, b">", start)?;
    Some(Places { list, figures: start + 1..end })
}

fn digest(file: &[u8], first: usize, second: usize) -> Vec<u8> {
    Sm3::new().chain_update(&file[..first]).chain_update(&file[second..]).finalize().to_vec()
}

/// Signs a file that has room for it.
pub(in crate::stamped) fn seal(mut file: Vec<u8>, signer: &Signer, at: Time) -> Result<Vec<u8>> {
    let Some(Places { list, figures }) = places(&file) else {
        return Err(Error::fault("a paper has no room for its signature"));
    };
    let (first, second) = (figures.start - 1, figures.end + 1);
    let wide = list.len();
    let numbers = format!("[0 {first} {second} {}]", file.len() - second);
    let numbers = format!("{numbers:<wide$}");
    if numbers.len() != wide {
        return Err(Error::fault("a paper is too long for its signature's numbers"));
    }
    file[list].copy_from_slice(numbers.as_bytes());
    let signed = message::write(&digest(&file, first, second), signer, at)?;
    let wide = figures.len();
    let hex = format!("{:0<wide$}", crate::stamped::http::hex(&signed));
    if hex.len() != wide {
        return Err(Error::fault(format!("a signature of {} bytes has no room", signed.len())));
    }
    file[figures].copy_from_slice(hex.as_bytes());
    Ok(file)
}

/// Whether a file is what somebody signed, and who.
pub fn look(file: &[u8]) -> std::result::Result<Seen, Broken> {
    // What was appended later comes last, and does not fit the file's length.
    let Some(word) = file.windows(RANGE.len()).rposition(|w| w == RANGE) else {
        return Err(Broken::NotSigned);
    };
    let (_, numbers) = list(file, word + RANGE.len()).ok_or(Broken::Malformed)?;
    let numbers = std::str::from_utf8(numbers).map_err(|_| Broken::Malformed)?;
    let numbers: Vec<usize> = numbers
        .split_ascii_whitespace()
        .map(|n| n.parse().map_err(|_| Broken::Malformed))
        .collect::<std::result::Result<_, _>>()?;
    let [0, first, second, rest] = numbers[..] else { return Err(Broken::Malformed) };
    if second.checked_add(rest) != Some(file.len()) {
        return Err(Broken::Changed);
    }
    let between = file.get(first..second).ok_or(Broken::Malformed)?;
    let [b'<', figures @ .., b'>'] = between else { return Err(Broken::Malformed) };
    let signed = unhex(figures).ok_or(Broken::Malformed)?;
    // There is one way to write it, too: small letters.
    if crate::stamped::http::hex(&signed).as_bytes() != figures {
        return Err(Broken::Malformed);
    }
    message::read(&signed, &digest(file, first, second))
}

fn unhex(figures: &[u8]) -> Option<Vec<u8>> {
    let figure = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some((figure(*high)? << 4) | figure(*low)?),
        _ => None,
    };
    figures.chunks(2).map(pair).collect()
}
