//! The weights of all classes side by side: those of one gram stand together, so that a text is scored for every class at once.

use super::machine::{Rows, Support, each, noughts, threads};
use super::{Sparse, index};

/// Classes are rounded up to so many, so that rows are aligned.
const LANES: usize = 8;
/// So many rows are added in one go.
const TOGETHER: usize = 4;

/// Weights as whole parts of the largest of their row: half the memory to go through for each text, and 1/65,000 off at most.
const PARTS: f32 = 32_767.0;

#[derive(Debug, Clone, Default)]
pub(super) struct Stack {
    stride: usize,
    /// `grams[gram * stride + class]` in units of `scales[gram]`.
    grams: Vec<i16>,
    scales: Vec<f32>,
    /// The same for the pieces' dimensions, and the biases, as they are.
    dense: Vec<f32>,
    bias: Vec<f32>,
}

/// The same of some classes, before it is narrowed.
struct Sums {
    stride: usize,
    grams: Vec<f32>,
    dense: Vec<f32>,
    bias: Vec<f32>,
}

impl Stack {
    /// Sums the weights up from their supports, row by row: the sum is the same whether it was just trained or is recalled,
    /// and on however many threads.
    pub(super) fn of(rows: &Rows, supports: &[Support]) -> Self {
        let share = supports.len().div_ceil(threads() * LANES) * LANES;
        let parts: Vec<&[Support]> = supports.chunks(share.max(LANES)).collect();
        let parts = each(&parts, |supports| Sums::of(rows, supports));
        let mut all = Self { stride: parts.iter().map(|p| p.stride).sum(), ..Self::default() };
        all.grams.reserve_exact(rows.grams * all.stride);
        let mut row = Vec::with_capacity(all.stride);
        for gram in 0..rows.grams {
            row.clear();
            parts
                .iter()
                .for_each(|p| row.extend_from_slice(&p.grams[gram * p.stride..][..p.stride]));
            let largest = row.iter().fold(0.0_f32, |most, w| most.max(w.abs()));
            all.scales.push(largest / PARTS);
            let by = if largest > 0.0 { PARTS / largest } else { 0.0 };
            all.grams.extend(row.iter().map(|w| whole(w * by)));
        }
        for at in 0..rows.size {
            parts
                .iter()
                .for_each(|p| all.dense.extend_from_slice(&p.dense[at * p.stride..][..p.stride]));
        }
        all.bias = parts.iter().flat_map(|p| p.bias.iter().copied()).collect();
        all
    }

    /// What a text scores for each class; what is rounded up comes last.
    pub(super) fn scores(&self, sparse: &Sparse, dense: &[f32]) -> Vec<f32> {
        let (mut all, stride) = (self.bias.clone(), self.stride.max(LANES));
        let gram = |(gram, x): &(u32, f32)| {
            (&self.grams[index(*gram) * stride..][..stride], x * self.scales[index(*gram)])
        };
        for part in sparse.chunks(TOGETHER) {
            match part {
                [a, b, c, d] => add_four(&mut all, [gram(a), gram(b), gram(c), gram(d)]),
                few => few.iter().map(gram).for_each(|row| add(&mut all, row)),
            }
        }
        for (rows, xs) in self.dense.chunks(stride * TOGETHER).zip(dense.chunks(TOGETHER)) {
            let row = |at: usize| (&rows[at * stride..][..stride], xs[at]);
            match xs.len() {
                TOGETHER => add_four(&mut all, [row(0), row(1), row(2), row(3)]),
                few => (0..few).map(row).for_each(|row| add(&mut all, row)),
            }
        }
        all
    }
}

#[expect(clippy::cast_possible_truncation, reason = "at most PARTS")]
fn whole(x: f32) -> i16 {
    // half away from nought, without a call
    (if x < 0.0 { x - 0.5 } else { x + 0.5 }) as i16
}

fn add<W: Copy + Into<f32>>(all: &mut [f32], (row, x): (&[W], f32)) {
    all.iter_mut().zip(row).for_each(|(s, w)| *s += x * (*w).into());
}

/// The same as one after the other, with sums that stay where they are reckoned.
fn add_four<W: Copy + Into<f32>>(all: &mut [f32], [a, b, c, d]: [(&[W], f32); TOGETHER]) {
    let rows = a.0.iter().zip(b.0).zip(c.0.iter().zip(d.0));
    for (s, ((wa, wb), (wc, wd))) in all.iter_mut().zip(rows) {
        let first = (*s + a.1 * (*wa).into()) + b.1 * (*wb).into();
        *s = (first + c.1 * (*wc).into()) + d.1 * (*wd).into();
    }
}

impl Sums {
    fn of(rows: &Rows, supports: &[Support]) -> Self {
        let stride = supports.len().div_ceil(LANES) * LANES;
        let mut all = Self {
            stride,
            grams: noughts(rows.grams * stride),
            dense: noughts(rows.size * stride),
            bias: noughts(stride),
        };
        let mut of_row: Vec<Vec<(usize, f32)>> = vec![vec![]; rows.sparse.len()];
        for (class, support) in supports.iter().enumerate() {
            support.iter().for_each(|(row, by)| of_row[index(*row)].push((class, *by)));
        }
        let pull = |weights: &mut [f32], pulls: &[(usize, f32)], x: f32| {
            pulls.iter().for_each(|(class, by)| weights[*class] += by * x);
        };
        for ((pulls, sparse), dense) in of_row.iter().zip(&rows.sparse).zip(&rows.dense) {
            for (gram, x) in sparse {
                pull(&mut all.grams[index(*gram) * stride..][..stride], pulls, *x);
            }
            for (weights, x) in all.dense.chunks_exact_mut(stride).zip(dense) {
                pull(weights, pulls, *x);
            }
            pull(&mut all.bias, pulls, 1.0);
        }
        all
    }
}
