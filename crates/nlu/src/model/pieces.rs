//! Short vectors of word pieces (the shipped table has Chinese ones), distilled once from a sentence encoder (see NOTICE, scripts/distil_pieces.py):
//! they tell the classifier that 余额 and 剩多少钱 are near each other though they share no character.
//!
//! Not for: scripts other than Chinese and Latin. The table is optional; without it the classifier works on characters and
//! sounds alone.

use super::index::Index;
use crate::script::{PLACES, place};
use std::sync::LazyLock;

const SHIPPED: &[u8] = include_bytes!("../../assets/pieces.bin");
const MAGIC: &[u8; 4] = b"WYP1";
/// What a character costs that begins no piece, in tenths of a nat.
const STRANGE: u32 = 200;
/// Characters of ASCII, which come before those of the main block.
const ASCII: usize = 128;

/// The table.
#[derive(Debug, Clone)]
pub struct Pieces {
    size: usize,
    index: Index,
    costs: Vec<u8>,
    scales: Vec<f32>,
    values: Vec<i8>,
    /// For each character the length of the longest piece that begins with it.
    longest: Vec<u8>,
}

pub(super) fn key(chars: &[char]) -> u64 {
    // FNV-1a
    chars.iter().fold(0xcbf2_9ce4_8422_2325, |h, c| {
        (h ^ u64::from(u32::from(*c))).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Where a character that may begin a piece is counted.
fn slot(c: char) -> Option<usize> {
    if c.is_ascii() { usize::try_from(u32::from(c)).ok() } else { place(c).map(|p| p + ASCII) }
}

/// Reads little-endian fields one after the other.
struct Fields<'a>(&'a [u8]);
impl<'a> Fields<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(head)
    }
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }
}

impl Pieces {
    /// The table that comes with this crate.
    pub fn shipped() -> Option<&'static Self> {
        static TABLE: LazyLock<Option<Pieces>> = LazyLock::new(|| Pieces::of(SHIPPED));
        TABLE.as_ref()
    }

    /// Reads a table; its form is told in scripts/distil_pieces.py. None when it is not whole.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields(bytes);
        if &fields.array::<4>()? != MAGIC {
            return None;
        }
        let size = usize::from(u16::from_le_bytes(fields.array()?));
        let count = usize::try_from(u32::from_le_bytes(fields.array()?)).ok()?;
        let mut table = Self {
            size,
            index: Index::default(),
            costs: vec![],
            scales: vec![],
            values: vec![],
            longest: vec![0; ASCII + PLACES],
        };
        let mut keys = vec![];
        for _ in 0..count {
            let len = fields.array::<1>()?[0];
            let chars: Option<Vec<char>> = fields
                .take(usize::from(len) * 2)?
                .chunks_exact(2)
                .map(|c| char::from_u32(u32::from(u16::from_le_bytes([c[0], c[1]]))))
                .collect();
            let chars = chars?;
            if let Some(at) = chars.first().copied().and_then(slot) {
                table.longest[at] = table.longest[at].max(len);
            }
            keys.push(key(&chars));
            table.costs.push(fields.array::<1>()?[0]);
            table.scales.push(f32::from_le_bytes(fields.array()?));
            table.values.extend(fields.take(size)?.iter().map(|b| b.cast_signed()));
        }
        table.index = Index::of(&keys);
        Some(table)
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// The pieces of the cheapest way to cut `chars`, last one first.
    fn cut(&self, chars: &[char]) -> Vec<u32> {
        const NONE: u32 = u32::MAX;
        // best[i]: cost of the first i characters, the last piece, and where it begins
        let mut best = vec![(u32::MAX, NONE, 0_usize); chars.len() + 1];
        best[0].0 = 0;
        for at in 0..chars.len() {
            let so_far = best[at].0;
            let longest = slot(chars[at]).map_or(0, |p| usize::from(self.longest[p]));
            let mut offer = |end: usize, cost: u32, piece: u32| {
                if so_far.saturating_add(cost) < best[end].0 {
                    best[end] = (so_far.saturating_add(cost), piece, at);
                }
            };
            offer(at + 1, STRANGE, NONE);
            let mut hash = key(&[]);
            for end in at + 1..=(at + longest).min(chars.len()) {
                hash = (hash ^ u64::from(u32::from(chars[end - 1]))).wrapping_mul(0x0100_0000_01b3);
                if let Some(id) = self.index.get(hash) {
                    let cost = usize::try_from(id).ok().and_then(|i| self.costs.get(i));
                    offer(end, cost.map_or(STRANGE, |c| u32::from(*c)), id);
                }
            }
        }
        let (mut out, mut at) = (vec![], chars.len());
        while at > 0 {
            let (_, piece, from) = best[at];
            if piece != NONE {
                out.push(piece);
            }
            at = from;
        }
        out
    }

    /// The vector of a text: the sum of its pieces', of length 1; nothing but zeros when it has none.
    pub(crate) fn vector(&self, chars: &[char]) -> Vec<f32> {
        let mut out = vec![0.0_f32; self.size];
        for piece in self.cut(chars) {
            let at = usize::try_from(piece).unwrap_or(0);
            let scale = self.scales[at];
            let row = &self.values[at * self.size..(at + 1) * self.size];
            out.iter_mut().zip(row).for_each(|(o, v)| *o += scale * f32::from(*v));
        }
        let norm = out.iter().map(|x| x * x).sum::<f32>().sqrt();
        if norm > 0.0 {
            out.iter_mut().for_each(|x| *x /= norm);
        }
        out
    }

    /// How near two texts are by their pieces, −1 to 1.
    pub fn nearness(&self, a: &str, b: &str) -> f32 {
        let of = |text: &str| self.vector(&super::seen(text));
        of(a).iter().zip(of(b)).map(|(x, y)| x * y).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_table_knows_what_is_near() {
        let table = Pieces::shipped().unwrap();
        let (near, far) = (
            table.nearness("贷款怎么还", "借的钱怎么还"),
            table.nearness("贷款怎么还", "今天下雨吗"),
        );
        assert!(near > far + 0.2, "{near} {far}");
        assert!(table.nearness("abc", "余额").abs() < 1e-6);
    }

    #[test]
    fn a_table_that_is_not_whole_is_none() {
        assert!(Pieces::of(&[]).is_none());
        assert!(Pieces::of(&SHIPPED[..SHIPPED.len() - 1]).is_none());
        assert!(Pieces::of(b"WYP2\x01\x00\x00\x00\x00\x00").is_none());
    }
}
