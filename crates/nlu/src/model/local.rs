//! An institution's own phrases over a trained classifier that all share: neighbours of their own, and a calibration of their own.
//!
//! *Invariant*: a text that is near none of them scores as before. What is kept for an institution is its phrases' weighed grams and a
//! few hundred numbers, never a copy of the model. Not for: which phrases may be taken; see who publishes them.

use super::engine::{Engine, NEAREST, Neighbour, WEIGHTS, length};
use super::features::{self, Counted};
use super::kept;
use super::{
    Example, FOLDS_AT_START, Judgement, Learned, Pieces, Understander, counted, exact, held_out,
    number, shuffled,
};
use crate::math::{ln, real};
use std::collections::{BTreeMap, HashMap};

/// How much an own phrase counts beside the machines, which know nothing of it: more than the model's own nearest.
const PULL: f32 = 2.0 * NEAREST;

/// Own phrases as an engine sees them.
#[derive(Debug, Clone, Default)]
pub(super) struct Neighbours {
    /// Grams that the engine does not know, sorted; the first has the number after the engine's last.
    grams: Vec<u64>,
    first: u32,
    /// What each of those says.
    idf: f32,
    /// (gram, phrase, weight), by gram.
    postings: Vec<(u32, u16, f32)>,
    lengths: Vec<f32>,
    class_of: Vec<u32>,
}

impl Neighbours {
    /// Of phrases whose item the engine knows; the others keep their place and are near nothing.
    pub(super) fn of(engine: &Engine, own: &[(&Example, &Counted)]) -> Self {
        let mut seen: BTreeMap<u64, usize> = BTreeMap::new();
        for (key, _) in own.iter().flat_map(|(_, counted)| &counted.grams) {
            *seen.entry(*key).or_default() += 1;
        }
        let is_new = |key: &u64| engine.dictionary.gram(*key).is_none();
        let tells = |(key, n): &(u64, usize)| *n > 1 || !features::is_rich(*key);
        let grams = seen.into_iter().filter(tells).map(|(key, _)| key).filter(is_new).collect();
        let mut all = Self {
            grams,
            first: number(engine.dictionary.len()),
            // as rare as what one of the engine's examples has
            idf: ln((1.0 + real(engine.examples())) / 2.0) + 1.0,
            ..Self::default()
        };
        for (at, (example, counted)) in own.iter().enumerate() {
            let class = engine.items.binary_search(&example.item).ok();
            let (vector, _) = engine.dictionary.weigh_with(counted, WEIGHTS, |key| all.gram(key));
            all.lengths.push(length(&vector).max(f32::MIN_POSITIVE));
            all.class_of.push(class.map_or(u32::MAX, number));
            let phrase = u16::try_from(at).unwrap_or(u16::MAX);
            if class.is_some() {
                all.postings.extend(vector.iter().map(|(gram, x)| (*gram, phrase, *x)));
            }
        }
        all.postings.sort_by_key(|(gram, phrase, _)| (*gram, *phrase));
        all.postings.shrink_to_fit();
        all
    }

    fn gram(&self, key: u64) -> Option<(u32, f32)> {
        let at = self.grams.binary_search(&key).ok()?;
        Some((self.first.saturating_add(number(at)), self.idf))
    }

    /// For each class that has own phrases with a gram of the text: the nearest of them, but for one that is left out.
    pub(super) fn near(
        &self,
        engine: &Engine,
        text: &Counted,
        but: Option<usize>,
    ) -> Vec<Neighbour> {
        if self.postings.is_empty() {
            return vec![];
        }
        let (vector, known) = engine.dictionary.weigh_with(text, WEIGHTS, |key| self.gram(key));
        let mut sums = vec![0.0_f32; self.lengths.len()];
        for (gram, x) in &vector {
            let from = self.postings.partition_point(|p| p.0 < *gram);
            for (_, phrase, w) in self.postings[from..].iter().take_while(|p| p.0 == *gram) {
                sums[usize::from(*phrase)] += x * w;
            }
        }
        let own = length(&vector).max(f32::MIN_POSITIVE);
        let trust = 0.5 + 0.5 * known;
        let mut best: BTreeMap<u32, f32> = BTreeMap::new();
        for (at, sum) in sums.iter().enumerate().filter(|(at, s)| **s > 0.0 && Some(*at) != but) {
            let near = best.entry(self.class_of[at]).or_default();
            *near = near.max(sum / (own * self.lengths[at]));
        }
        let neighbour = |(class, near): (u32, f32)| Neighbour {
            class,
            near,
            pull: PULL * near * near * trust,
            known,
        };
        best.into_iter().map(neighbour).collect()
    }

    fn bytes(&self) -> usize {
        self.grams.capacity() * size_of::<u64>()
            + self.postings.capacity() * size_of::<(u32, u16, f32)>()
            + (self.lengths.capacity() + self.class_of.capacity()) * size_of::<u32>()
    }
}

/// An institution's own phrases, published over one model.
#[derive(Debug, Clone)]
pub struct Local {
    neighbours: Neighbours,
    exact: HashMap<String, u32>,
    learned: Learned,
    /// Own phrases, and how many of them are found when each is left out.
    found: (usize, usize),
}

impl Local {
    pub(super) fn learned(&self) -> &Learned {
        &self.learned
    }
    pub(super) fn exact(&self, text: &str) -> Option<u32> {
        self.exact.get(text).copied()
    }
    pub(super) fn near(&self, engine: &Engine, text: &Counted) -> Vec<Neighbour> {
        self.neighbours.near(engine, text, None)
    }

    /// What publishing found out, for [`Understander::recall_local`].
    pub fn keep(&self) -> Vec<u8> {
        self.learned.bytes()
    }

    /// How the held-out examples of all, and the own phrases without themselves, were judged.
    pub fn judgement(&self) -> Judgement {
        self.learned.judgement
    }

    /// Own phrases, and how many of them are found by the others when each is left out. Only after [`Understander::localise`].
    pub fn found(&self) -> (usize, usize) {
        self.found
    }

    /// Bytes in memory, the hash table's own overhead reckoned at a third.
    pub fn bytes(&self) -> usize {
        let texts: usize = self.exact.keys().map(String::capacity).sum();
        let entry = size_of::<(String, u32)>();
        let names: usize =
            self.learned.answer_of.keys().map(|k| k.capacity() + size_of::<(String, f32)>()).sum();
        size_of::<Self>()
            + self.neighbours.bytes()
            + texts
            + self.exact.capacity() * entry * 4 / 3
            + names * 3 / 2
    }
}

impl Understander {
    /// Publishes an institution's phrases over this model, which must be of these examples and this seed. The examples
    /// held out are judged once more, to see how sure one may be with the own phrases beside them; nothing is trained.
    pub fn localise(&self, examples: &[Example], own: &[Example], seed: u64) -> Local {
        let pieces = Pieces::shipped();
        let order = shuffled(examples, seed);
        let all = counted(&order, pieces);
        let rows: Vec<(&Example, &Counted)> = order.iter().copied().zip(&all).collect();
        let own_order = shuffled(own, seed);
        let own_counted = counted(&own_order, pieces);
        let own_rows: Vec<_> = own_order.iter().copied().zip(&own_counted).collect();
        let fold = (own_rows.as_slice(), self.learned.fold.as_slice());
        let (points, _) = held_out(&rows, FOLDS_AT_START, pieces, seed, fold);
        let of_own = points.iter().filter(|p| p.row >= rows.len() && p.is_known);
        let found = of_own.fold((0, 0), |(n, right), p| (n + 1, right + usize::from(p.is_right())));
        let learned = Learned::from(&points, self.local_mark(&own_order));
        Local { found, ..self.local(&own_rows, &own_order, learned) }
    }

    /// The very phrases that [`Self::localise`] published, from what [`Local::keep`] gave; none when that is not whole, or of another
    /// model or other phrases.
    pub fn recall_local(&self, own: &[Example], seed: u64, kept: &[u8]) -> Option<Local> {
        let order = shuffled(own, seed);
        let learned = Learned::of(kept, self.local_mark(&order))?;
        let counted = counted(&order, Pieces::shipped());
        let rows: Vec<_> = order.iter().copied().zip(&counted).collect();
        Some(self.local(&rows, &order, learned))
    }

    fn local(&self, rows: &[(&Example, &Counted)], order: &[&Example], learned: Learned) -> Local {
        let neighbours = Neighbours::of(&self.engine, rows);
        Local { neighbours, exact: exact(order, &self.engine.items), learned, found: (0, 0) }
    }

    fn local_mark(&self, own: &[&Example]) -> u64 {
        kept::mark(own, self.learned.mark, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(item: &str, texts: &[&str]) -> Vec<Example> {
        texts.iter().map(|t| Example { text: (*t).to_owned(), item: item.to_owned() }).collect()
    }
    fn base() -> Vec<Example> {
        [
            of("balance", &["查余额", "卡里还有多少钱", "还剩多少钱", "看下余额", "账上有多少钱"]),
            of("statement", &["查明细", "最近的流水", "花了哪些钱", "看看进出账", "流水记录"]),
            of("unbind", &["解绑", "解除绑定", "不想绑了", "取消绑定", "把绑定解开"]),
            of("", &["今天天气怎么样", "讲个笑话", "你吃饭了没", "明天下雨吗", "放首歌"]),
        ]
        .concat()
    }
    fn own() -> Vec<Example> {
        of("balance", &["折子头还剩好多", "瞄哈折子头", "折子头有好多票子"])
    }

    #[test]
    fn own_phrases_and_what_is_near_them_find_their_item_and_all_else_stays() {
        let (base, own) = (base(), own());
        let model = Understander::train(&base, 7);
        let local = model.localise(&base, &own, 7);
        assert_eq!(model.rank_with("瞄哈折子头", Some(&local))[0].score, 1.0);
        assert_eq!(model.rank_with("瞄哈我折子头票子", Some(&local))[0].item, "balance");
        for text in ["解除绑定", "最近流水", "天气怎样"] {
            let (plain, with) = (model.rank(text), model.rank_with(text, Some(&local)));
            assert_eq!(plain[0].item, with[0].item, "{text}");
        }
        assert!(local.bytes() < 16_384, "{}", local.bytes());
    }

    #[test]
    fn what_is_kept_gives_the_same_local_phrases_and_only_over_the_same_model() {
        let (base, own) = (base(), own());
        let model = Understander::train(&base, 7);
        let local = model.localise(&base, &own, 7);
        let kept = local.keep();
        let recalled = model.recall_local(&own, 7, &kept).unwrap();
        for text in ["瞄哈我折子头票子", "查余额明细", "解绑"] {
            assert_eq!(model.rank_with(text, Some(&local)), model.rank_with(text, Some(&recalled)));
        }
        assert!(model.recall_local(&own[1..], 7, &kept).is_none());
        let other = Understander::train(&base[1..], 7);
        assert!(other.recall_local(&own, 7, &kept).is_none());
    }
}
