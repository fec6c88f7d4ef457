//! The trained scores: for each class its machine's score, and the cosine to its nearest example.

use super::features::{Counted, Dictionary, Weights, count};
use super::machine::{Rows, Support, train_all};
use super::pieces::Pieces;
use super::{Example, Sparse, index, number};

/// Grams that more examples have say little of which is nearest, and cost time.
const POSTINGS_MAX: usize = 200;
/// The weights of one gram stand together, rounded up so that rows are aligned.
const LANES: usize = 8;

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
    stride: usize,
    /// `weights[gram * stride + class]`, then the same for the pieces' dimensions, then the biases.
    weights: Vec<f32>,
    dense: Vec<f32>,
    bias: Vec<f32>,
    /// For each gram the examples that have it, `examples[starts[gram]..starts[gram + 1]]`.
    starts: Vec<u32>,
    examples: Vec<(u32, f32)>,
    class_of: Vec<u32>,
    /// Length of each example's grams.
    lengths: Vec<f32>,
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
        engine.learn(rows, &supports);
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
        engine.learn(rows, supports);
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
            sparse: counted.iter().map(|c| dictionary.weigh(c, WEIGHTS).0).collect(),
            dense: counted
                .iter()
                .map(|c| c.pieces.iter().map(|x| x * WEIGHTS.pieces).collect())
                .collect(),
            class_of,
            grams: dictionary.len(),
            size: pieces.map_or(0, Pieces::size),
        };
        (Self { items, pieces, dictionary, ..Self::default() }, rows)
    }

    /// Sums the weights up from their supports, row by row, so that those of one gram stand together and the sum is
    /// the same whether it was just trained or is recalled.
    fn learn(&mut self, rows: Rows, supports: &[Support]) {
        self.stride = supports.len().div_ceil(LANES) * LANES;
        self.weights = vec![0.0; rows.grams * self.stride];
        self.dense = vec![0.0; rows.size * self.stride];
        self.bias = vec![0.0; self.stride];
        let mut of_row: Vec<Vec<(usize, f32)>> = vec![vec![]; rows.sparse.len()];
        for (class, support) in supports.iter().enumerate() {
            support.iter().for_each(|(row, by)| of_row[index(*row)].push((class, *by)));
        }
        for ((pulls, sparse), dense) in of_row.iter().zip(&rows.sparse).zip(&rows.dense) {
            for (gram, x) in sparse {
                let weights = &mut self.weights[index(*gram) * self.stride..][..self.stride];
                pulls.iter().for_each(|(class, by)| weights[*class] += by * x);
            }
            for (at, x) in dense.iter().enumerate() {
                let weights = &mut self.dense[at * self.stride..][..self.stride];
                pulls.iter().for_each(|(class, by)| weights[*class] += by * x);
            }
            pulls.iter().for_each(|(class, by)| self.bias[*class] += by);
        }
        self.post(rows);
    }

    fn post(&mut self, rows: Rows) {
        let mut postings = vec![vec![]; rows.grams];
        for (at, vector) in rows.sparse.iter().enumerate() {
            for (gram, x) in vector {
                postings[index(*gram)].push((number(at), *x));
            }
            self.lengths.push(length(vector).max(f32::MIN_POSITIVE));
        }
        for list in postings {
            self.starts.push(number(self.examples.len()));
            if list.len() <= POSTINGS_MAX {
                self.examples.extend(list);
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
        let mut all = self.bias.clone();
        for (gram, x) in &vector {
            let row = &self.weights[index(*gram) * self.stride..][..self.stride];
            all.iter_mut().zip(row).for_each(|(s, w)| *s += x * w);
        }
        for (at, x) in text.pieces.iter().enumerate() {
            let row = &self.dense[at * self.stride..][..self.stride];
            let x = x * WEIGHTS.pieces;
            all.iter_mut().zip(row).for_each(|(s, w)| *s += x * w);
        }
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
        let mut near = vec![0.0_f32; self.class_of.len()];
        let mut touched: Vec<u32> = Vec::with_capacity(512);
        for (gram, x) in vector {
            let at = index(*gram);
            for (example, w) in &self.examples[index(self.starts[at])..index(self.starts[at + 1])] {
                let sum = &mut near[index(*example)];
                if *sum == 0.0 {
                    touched.push(*example);
                }
                *sum += x * w;
            }
        }
        let own = length(vector).max(f32::MIN_POSITIVE);
        let mut nearest = vec![0.0_f32; self.items.len()];
        for example in touched {
            let at = index(example);
            let class = &mut nearest[index(self.class_of[at])];
            *class = class.max(near[at] / (own * self.lengths[at]));
        }
        nearest
    }
}
