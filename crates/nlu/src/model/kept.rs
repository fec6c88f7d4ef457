//! What training found out, as bytes: which examples hold each class's border, and what the examples held out taught. Everything else is
//! read again from the examples, which is quick; so a start need not train.
//!
//! Not for: other examples. The bytes name the examples they are of, and are refused for any others.

use super::calibrate::Calibration;
use super::machine::Support;
use super::{Example, Judgement, Learned, Thresholds, number};
use std::collections::BTreeMap;

const MAGIC: &[u8; 4] = b"WYM2";

/// FNV-1a over the examples in their order, and the seed.
pub(super) fn mark(examples: &[&Example], seed: u64, has_pieces: bool) -> u64 {
    let texts =
        examples.iter().flat_map(|e| e.item.bytes().chain([0]).chain(e.text.bytes()).chain([0]));
    let bytes = seed.to_le_bytes().into_iter().chain([u8::from(has_pieces)]).chain(texts);
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn put(out: &mut Vec<u8>, n: usize) {
    out.extend(number(n).to_le_bytes());
}
fn put_real(out: &mut Vec<u8>, x: f32) {
    out.extend(x.to_le_bytes());
}

fn put_supports(out: &mut Vec<u8>, supports: &[Support]) {
    put(out, supports.len());
    for support in supports {
        put(out, support.len());
        for (row, by) in support {
            out.extend(row.to_le_bytes());
            put_real(out, *by);
        }
    }
}

/// Reads little-endian fields one after the other; none once the bytes are at an end.
struct Fields<'a>(&'a [u8]);
impl Fields<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_at_checked(N)?;
        self.0 = rest;
        head.try_into().ok()
    }
    fn whole(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }
    fn count(&mut self) -> Option<usize> {
        // no list is longer than the bytes that are left
        usize::try_from(self.whole()?).ok().filter(|n| *n <= self.0.len())
    }
    fn real(&mut self) -> Option<f32> {
        self.array().map(f32::from_le_bytes)
    }
    fn supports(&mut self) -> Option<Vec<Support>> {
        let mut supports = vec![];
        for _ in 0..self.count()? {
            let mut support: Support = vec![];
            for _ in 0..self.count()? {
                support.push((self.whole()?, self.real()?));
            }
            supports.push(support);
        }
        Some(supports)
    }
    fn reals<const N: usize>(&mut self) -> Option<[f32; N]> {
        let mut out = [0.0; N];
        for x in &mut out {
            *x = self.real()?;
        }
        Some(out)
    }
}

impl Learned {
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend(self.mark.to_le_bytes());
        put_supports(&mut out, &self.supports);
        put_supports(&mut out, &self.fold);
        let (calibration, at, judged) = (&self.calibration, self.thresholds, self.judgement);
        put_real(&mut out, calibration.temperature);
        calibration.curve.iter().for_each(|x| put_real(&mut out, *x));
        [at.answer, at.draft, at.confirm, at.menu].into_iter().for_each(|x| put_real(&mut out, x));
        put(&mut out, self.answer_of.len());
        for (item, from) in &self.answer_of {
            put(&mut out, item.len());
            out.extend(item.bytes());
            put_real(&mut out, *from);
        }
        put(&mut out, judged.examples);
        [judged.first, judged.three, judged.error].into_iter().for_each(|x| put_real(&mut out, x));
        out
    }

    /// None when the bytes are not whole or not of these examples.
    pub(super) fn of(bytes: &[u8], mark: u64) -> Option<Self> {
        let mut fields = Fields(bytes);
        if &fields.array::<4>()? != MAGIC || u64::from_le_bytes(fields.array()?) != mark {
            return None;
        }
        let (supports, fold) = (fields.supports()?, fields.supports()?);
        let temperature = fields.real()?;
        let calibration = Calibration { temperature, curve: fields.reals()? };
        let [answer, draft, confirm, menu] = fields.reals()?;
        let mut answer_of = BTreeMap::new();
        for _ in 0..fields.count()? {
            let length = fields.count()?;
            let (name, rest) = fields.0.split_at_checked(length)?;
            fields.0 = rest;
            answer_of.insert(String::from_utf8(name.to_vec()).ok()?, fields.real()?);
        }
        let examples = usize::try_from(fields.whole()?).ok()?;
        let [first, three, error] = fields.reals()?;
        Some(Self {
            mark,
            supports,
            fold,
            calibration,
            thresholds: Thresholds { answer, draft, confirm, menu },
            answer_of,
            judgement: Judgement { examples, first, three, error, temperature },
        })
    }
}
