//! The trained scores: for each class its machine's score, and the cosine to its nearest example.

use super::features::{Counted, Dictionary, Weights, count};
use super::machine::{Rows, Support, each, train_all};
use super::pieces::Pieces;
use super::stack::Stack;
use super::{Example, Sparse, index, lot, number};
use std::cell::RefCell;

/// Grams that more examples have say little of which is nearest, and cost time.
const POSTINGS_MAX: usize = 60;
/// One example in so many is looked at by the machines of all others from the first.
const FEW: usize = 8;

pub(super) const WEIGHTS: Weights =
    Weights { sounds: 0.5, signs: 0.15, pieces: 2.0, concepts: 1.0, words: 1.0 };
/// How much the nearest example counts beside the machines.
pub(super) const NEAREST: f32 = 0.8;

/// What a text scores.
#[derive(Debug, Clone, Default)]
pub(super) struct Scores {
    /// For each class.
    pub(super) all: Vec<f32>,
    /// Cosine to the nearest example of the best class.
    pub(super) near: f32,
    /// Share of the text's grams that the model knows.
    pub(super) known: f32,
}

impl Scores {
    /// The best class, and the distance to the next one.
    pub(super) fn best(&self) -> Option<(usize, f32, f32)> {
        let (mut best, mut second) = ((usize::MAX, f32::NEG_INFINITY), f32::NEG_INFINITY);
        for (class, score) in self.all.iter().enumerate() {
            if *score > best.1 {
                second = best.1;
                best = (class, *score);
            } else if *score > second {
                second = *score;
            }
        }
        let margin = if second.is_finite() { best.1 - second } else { 1.0 };
        (best.0 != usize::MAX).then_some((best.0, best.1, margin))
    }
}

/// The nearest of somebody's own examples of one class.
#[derive(Debug, Clone, Copy)]
pub(super) struct Neighbour {
    pub(super) class: u32,
    pub(super) near: f32,
    /// What it adds to its class, unless the engine's own nearest example adds more.
    pub(super) pull: f32,
    /// Share of the text's grams that the owner knows.
    pub(super) known: f32,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Engine {
    pub(super) items: Vec<String>,
    pieces: Option<&'static Pieces>,
    pub(super) dictionary: Dictionary,
    stack: Stack,
    /// For each gram the examples that have it, `examples[starts[gram]..starts[gram + 1]]`.
    starts: Vec<u32>,
    examples: Vec<(u32, f32)>,
    class_of: Vec<u32>,
    /// Length of each example's grams.
    lengths: Vec<f32>,
}

thread_local! {
    /// What the examples have in common with a text, and which of them have something: kept between texts, since there are many.
    static NEAR: RefCell<(Vec<f32>, Vec<u32>)> = const { RefCell::new((vec![], vec![])) };
}

pub(super) fn length(vector: &Sparse) -> f32 {
    vector.iter().map(|(_, x)| x * x).sum::<f32>().sqrt()
}

impl Engine {
    pub(super) fn train(
        examples: &[(&Example, &Counted)],
        pieces: Option<&'static Pieces>,
        seed: u64,
    ) -> (Self, Vec<Support>) {
        let (mut engine, rows) = Self::prepare(examples, pieces);
        let supports = train_all(&rows, engine.items.len(), seed);
        engine.stack = Stack::of(&rows, &supports);
        engine.post(rows);
        (engine, supports)
    }

    /// The engine as it was trained on these examples. None when the supports are not of them.
    pub(super) fn recall(
        examples: &[(&Example, &Counted)],
        pieces: Option<&'static Pieces>,
        supports: &[Support],
    ) -> Option<Self> {
        let (mut engine, rows) = Self::prepare(examples, pieces);
        let fits = supports.iter().flatten().all(|(row, _)| index(*row) < rows.sparse.len());
        if !fits || supports.len() != engine.items.len() {
            return None;
        }
        engine.stack = Stack::of(&rows, supports);
        engine.post(rows);
        Some(engine)
    }

    /// All that is known before training: the items, the dictionary, the weighed examples.
    fn prepare(examples: &[(&Example, &Counted)], pieces: Option<&'static Pieces>) -> (Self, Rows) {
        let mut items: Vec<String> = examples.iter().map(|e| e.0.item.clone()).collect();
        items.sort();
        items.dedup();
        let counted: Vec<&Counted> = examples.iter().map(|e| e.1).collect();
        let dictionary = Dictionary::of(&counted);
        let class_of: Vec<u32> =
            examples.iter().map(|e| number(items.binary_search(&e.0.item).unwrap_or(0))).collect();
        let rows = Rows {
            sparse: each(&counted, |c| dictionary.weigh(c, WEIGHTS).0),
            dense: counted
                .iter()
                .map(|c| c.pieces.iter().map(|x| x * WEIGHTS.pieces).collect())
                .collect(),
            class_of,
            is_few: examples.iter().map(|e| lot(&[&e.0.text, "few"]).is_multiple_of(FEW)).collect(),
            grams: dictionary.len(),
            size: pieces.map_or(0, Pieces::size),
            ..Rows::default()
        }
        .posted();
        (Self { items, pieces, dictionary, ..Self::default() }, rows)
    }

    fn post(&mut self, rows: Rows) {
        self.lengths =
            rows.sparse.iter().map(|vector| length(vector).max(f32::MIN_POSITIVE)).collect();
        for gram in 0..rows.grams {
            self.starts.push(number(self.examples.len()));
            let with = rows.with(gram);
            if with.len() <= POSTINGS_MAX {
                self.examples.extend(with);
            }
        }
        self.starts.push(number(self.examples.len()));
        self.class_of = rows.class_of;
    }

    /// How many examples it has.
    pub(super) fn examples(&self) -> usize {
        self.lengths.len()
    }

    pub(super) fn count(&self, text: &str) -> Counted {
        count(text, self.pieces)
    }

    pub(super) fn scores(&self, text: &Counted) -> Scores {
        self.scores_near(text, &[])
    }

    /// The same with neighbours that somebody brings along.
    pub(super) fn scores_near(&self, text: &Counted, neighbours: &[Neighbour]) -> Scores {
        let (vector, known) = self.dictionary.weigh(text, WEIGHTS);
        let classes = self.items.len();
        let pieces: Vec<f32> = text.pieces.iter().map(|x| x * WEIGHTS.pieces).collect();
        let mut all = self.stack.scores(&vector, &pieces);
        all.truncate(classes);
        let mut nearest = self.nearest(&vector);
        // what shares few grams with all examples is less sure than its direction says
        let trust = 0.5 + 0.5 * known;
        all.iter_mut().zip(&nearest).for_each(|(s, near)| *s += NEAREST * near * trust);
        let mut scores = Scores { all, near: 0.0, known };
        for neighbour in neighbours {
            let class = index(neighbour.class);
            let gain = neighbour.pull - NEAREST * nearest[class] * trust;
            if gain > 0.0 {
                scores.all[class] += gain;
                nearest[class] = nearest[class].max(neighbour.near);
                scores.known = scores.known.max(neighbour.known);
            }
        }
        if let Some((best, ..)) = scores.best() {
            scores.near = nearest[best];
        }
        scores
    }

    /// For each class the cosine to its nearest example.
    fn nearest(&self, vector: &Sparse) -> Vec<f32> {
        NEAR.with_borrow_mut(|(near, touched)| {
            // what one text leaves is noughts again
            if near.len() < self.class_of.len() {
                near.resize(self.class_of.len(), 0.0);
            }
            for (gram, x) in vector {
                let at = index(*gram);
                let posted = index(self.starts[at])..index(self.starts[at + 1]);
                for (example, w) in &self.examples[posted] {
                    let sum = &mut near[index(*example)];
                    if *sum == 0.0 {
                        touched.push(*example);
                    }
                    *sum += x * w;
                }
            }
            let own = length(vector).max(f32::MIN_POSITIVE);
            let mut nearest = vec![0.0_f32; self.items.len()];
            for example in touched.drain(..) {
                let at = index(example);
                let class = &mut nearest[index(self.class_of[at])];
                *class = class.max(std::mem::take(&mut near[at]) / (own * self.lengths[at]));
            }
            nearest
        })
    }
}
