//! What the classifier sees of a text: character 1–3-grams, rough sounds, a few signs of form, words of Latin letters, the
//! pieces' vector.

use super::concepts::Concepts;
use super::index::Index;
use super::pieces::{self, Pieces};
use super::{Sparse, seen};
use crate::math::{ln, real};
use crate::sound::sound;

/// Marks the keys of sound grams and of signs, above the 63 bits of three characters.
const SOUND: u64 = 1 << 63;
const SIGN: u64 = 3 << 62;
const CONCEPT: u64 = SIGN | 1 << 61;
const WORD: u64 = SIGN | 1 << 60;
/// Of two words.
const PAIR: u64 = WORD | 1 << 59;
/// Stand at both ends of a text.
const BEGIN: u64 = 1;
const END: u64 = 2;

/// How much sounds, signs and pieces count beside characters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weights {
    pub(super) sounds: f32,
    pub(super) signs: f32,
    pub(super) pieces: f32,
    pub(super) concepts: f32,
    pub(super) words: f32,
}

/// What a text is made of, before weighing.
#[derive(Debug, Clone, Default)]
pub(super) struct Counted {
    /// Key and count, by key.
    pub(super) grams: Vec<(u64, u16)>,
    pub(super) pieces: Vec<f32>,
}

const QUESTIONS: &[&str] = &[
    "吗",
    "怎么",
    "咋",
    "为什么",
    "为啥",
    "什么",
    "啥",
    "多少",
    "几",
    "哪",
    "能不能",
    "可不可以",
    "是不是",
    "有没有",
    "？",
    "?",
];
const DENIALS: &[&str] = &["不", "没", "别", "无法", "未"];

/// Signs of the form of a sentence: question, denial, length.
fn signs(chars: &[char], out: &mut Vec<u64>) {
    let has = |words: &[&str]| words.iter().any(|w| has_word(chars, w));
    if has(QUESTIONS) {
        out.push(SIGN | 1);
    }
    if has(DENIALS) {
        out.push(SIGN | 2);
    }
    out.push(
        SIGN | match chars.len() {
            0..=2 => 8,
            3..=4 => 9,
            5..=8 => 10,
            9..=16 => 11,
            _ => 12,
        },
    );
}

pub(super) fn has_word(chars: &[char], word: &str) -> bool {
    let n = word.chars().count();
    n > 0 && chars.windows(n).any(|w| w.iter().copied().eq(word.chars()))
}

/// Words of Latin letters, and pairs of them: where there are some, they say what characters say in Chinese.
fn words(chars: &[char], out: &mut Vec<u64>) {
    let mark = |kind: u64, words: [&[char]; 2]| kind | pieces::key(&words.concat()) >> 5;
    let mut before: &[char] = &[];
    for word in chars.split(|c| !c.is_ascii_alphabetic()) {
        if word.is_empty() {
            continue;
        }
        out.push(mark(WORD, [word, &[]]));
        if !before.is_empty() {
            out.push(mark(PAIR, [before, word]));
        }
        before = word;
    }
}

/// Grams and pieces of a text.
pub(super) fn count(text: &str, pieces: Option<&Pieces>) -> Counted {
    let chars = seen(text);
    let mut keys = Vec::with_capacity(chars.len() * 6 + 8);
    let code = |c: char| u64::from(u32::from(c));
    let (mut two, mut one) = (0, BEGIN);
    for c in chars.iter().map(|c| code(*c)).chain([END]) {
        if c != END {
            keys.push(c);
        }
        keys.push(one << 21 | c);
        if two != 0 {
            keys.push(two << 42 | one << 21 | c);
        }
        (two, one) = (one, c);
    }
    let sounds: Vec<u64> = chars.iter().map(|c| u64::from(sound(*c))).collect();
    for pair in sounds.windows(2).filter(|w| !w.contains(&0)) {
        keys.push(SOUND | pair[0] << 16 | pair[1]);
    }
    for three in sounds.windows(3).filter(|w| !w.contains(&0)) {
        keys.push(SOUND | three[0] << 32 | three[1] << 16 | three[2]);
    }
    signs(&chars, &mut keys);
    words(&chars, &mut keys);
    Concepts::shipped().marks(&chars, |mark| keys.push(CONCEPT | mark));
    keys.sort_unstable();
    let mut grams: Vec<(u64, u16)> = Vec::with_capacity(keys.len());
    for key in keys {
        match grams.last_mut() {
            Some((last, n)) if *last == key => *n = n.saturating_add(1),
            _ => grams.push((key, 1)),
        }
    }
    Counted { grams, pieces: pieces.map_or_else(Vec::new, |p| p.vector(&chars)) }
}

/// True for three characters or sounds, two concepts or two words: what says little when it was seen once.
pub(super) fn is_rich(key: u64) -> bool {
    match block(key) {
        0 => key >> 42 != 0,
        1 => key << 1 >> 33 != 0,
        3 => key << 3 >> 19 != 0,
        4 => key & PAIR == PAIR,
        _ => false,
    }
}

/// So many blocks: characters, sounds, signs, concepts, words.
const BLOCKS: usize = 5;

/// Which block of features a key belongs to.
fn block(key: u64) -> usize {
    match key >> 62 {
        3 if key & CONCEPT == CONCEPT => 3,
        3 if key & WORD == WORD => 4,
        3 => 2,
        2 => 1,
        _ => 0,
    }
}

/// The dictionary of a model: which grams it knows and how rare they are.
#[derive(Debug, Clone, Default)]
pub(super) struct Dictionary {
    index: Index,
    idf: Vec<f32>,
}

impl Dictionary {
    pub(super) fn of(texts: &[&Counted]) -> Self {
        let mut all: Vec<u64> = texts.iter().flat_map(|t| t.grams.iter().map(|g| g.0)).collect();
        all.sort_unstable();
        let total = real(texts.len());
        let (mut keys, mut idf) = (vec![], vec![]);
        for run in all.chunk_by(|a, b| a == b) {
            // what was seen once teaches nothing about other texts
            if run.len() == 1 && is_rich(run[0]) {
                continue;
            }
            keys.push(run[0]);
            idf.push(ln((1.0 + total) / (1.0 + real(run.len()))) + 1.0);
        }
        Self { index: Index::of(&keys), idf }
    }

    pub(super) fn len(&self) -> usize {
        self.idf.len()
    }

    /// The weighed grams, each block of its own length, and the share of the text's grams that are known.
    pub(super) fn weigh(&self, text: &Counted, weights: Weights) -> (Sparse, f32) {
        self.weigh_with(text, weights, |_| None)
    }

    /// The id of a gram and how much it says.
    pub(super) fn gram(&self, key: u64) -> Option<(u32, f32)> {
        let id = self.index.get(key)?;
        Some((id, usize::try_from(id).map_or(0.0, |i| self.idf[i])))
    }

    /// The same where somebody else knows some more grams.
    pub(super) fn weigh_with(
        &self,
        text: &Counted,
        weights: Weights,
        more: impl Fn(u64) -> Option<(u32, f32)>,
    ) -> (Sparse, f32) {
        let mut out: Sparse = Vec::with_capacity(text.grams.len());
        let mut blocks = [0.0_f32; BLOCKS];
        let mut of_block = Vec::with_capacity(text.grams.len());
        let (mut known, mut all) = (0, 0);
        for (key, n) in &text.grams {
            let b = block(*key);
            all += usize::from(b == 0);
            let Some((id, idf)) = self.gram(*key).or_else(|| more(*key)) else { continue };
            known += usize::from(b == 0);
            let tf = if *n == 1 { 1.0 } else { 1.0 + ln(f32::from(*n)) };
            let x = tf * idf;
            blocks[b] += x * x;
            of_block.push(b);
            out.push((id, x));
        }
        let scale =
            |b: usize, weight: f32| if blocks[b] > 0.0 { weight / blocks[b].sqrt() } else { 0.0 };
        let scales = [
            scale(0, 1.0),
            scale(1, weights.sounds),
            scale(2, weights.signs),
            scale(3, weights.concepts),
            scale(4, weights.words),
        ];
        out.iter_mut().zip(of_block).for_each(|((_, x), b)| *x *= scales[b]);
        (out, real(known) / real(all.max(1)))
    }
}
