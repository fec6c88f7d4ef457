//! What a text speaks of, whatever word it uses for it: 俺, 咱 and 我 are one concept, so are 交, 缴 and 续费. Pairs of concepts tell
//! 电费 with 提醒 from 电费 with 自动, wherever the two stand.
//!
//! Not for: grammar. A word may belong to several concepts; the longest words are found first.

use super::index::Index;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A concept on each line: its words.
const WORDS: &str = include_str!("../../assets/concepts.txt");
const LONGEST: usize = 8;
/// Concepts of one text that are paired; more of them are a story.
const PAIRED: usize = 10;

/// All words and their concepts.
#[derive(Debug)]
pub(super) struct Concepts {
    index: Index,
    /// For each word its concepts, `of[starts[word]..starts[word + 1]]`.
    starts: Vec<usize>,
    of: Vec<u16>,
}

fn step(hash: u64, c: char) -> u64 {
    // FNV-1a
    (hash ^ u64::from(u32::from(c))).wrapping_mul(0x0100_0000_01b3)
}
const NOTHING: u64 = 0xcbf2_9ce4_8422_2325;

impl Concepts {
    pub(super) fn shipped() -> &'static Self {
        static ALL: LazyLock<Concepts> = LazyLock::new(|| Concepts::of(WORDS));
        &ALL
    }

    fn of(words: &str) -> Self {
        let mut known: BTreeMap<u64, Vec<u16>> = BTreeMap::new();
        for (concept, line) in (0_u16..).zip(words.lines()) {
            for word in line.split_whitespace() {
                let all = known.entry(word.chars().fold(NOTHING, step)).or_default();
                if !all.contains(&concept) {
                    all.push(concept);
                }
            }
        }
        let keys: Vec<u64> = known.keys().copied().collect();
        let (mut starts, mut of) = (vec![0], vec![]);
        for concepts in known.values() {
            of.extend(concepts);
            starts.push(of.len());
        }
        Self { index: Index::of(&keys), starts, of }
    }

    /// The concepts of the longest word that begins `chars`, and its length.
    fn first(&self, chars: &[char]) -> Option<(&[u16], usize)> {
        let (mut hash, mut found) = (NOTHING, None);
        for (at, c) in chars.iter().take(LONGEST).enumerate() {
            hash = step(hash, *c);
            if let Some(word) = self.index.get(hash).and_then(|w| usize::try_from(w).ok()) {
                found = Some((&self.of[self.starts[word]..self.starts[word + 1]], at + 1));
            }
        }
        found
    }

    /// The concepts of a text, each once, in order.
    fn within(&self, chars: &[char]) -> Vec<u16> {
        let (mut at, mut found) = (0, vec![]);
        while at < chars.len() {
            let Some((concepts, length)) = self.first(&chars[at..]) else {
                at += 1;
                continue;
            };
            found.extend(concepts);
            at += length;
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// A number for each concept and each pair of concepts of the text, below 2³².
    pub(super) fn marks(&self, chars: &[char], mut put: impl FnMut(u64)) {
        let found = self.within(chars);
        for (at, one) in found.iter().enumerate() {
            let one = u64::from(*one) + 1;
            put(one);
            for other in found.iter().take(PAIRED).skip(at + 1) {
                put(one << 16 | (u64::from(*other) + 1));
            }
        }
    }
}
