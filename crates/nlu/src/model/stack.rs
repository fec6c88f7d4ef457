//! The weights of all classes side by side: those of one gram stand together, so that a text is scored for every class at once.

use super::machine::{Rows, Support, each, threads};
use super::{Sparse, index};
use std::ops::Range;

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

impl Stack {
    /// Sums the weights up from their supports, each gram by itself and row by row: the sum is the same whether it was just trained or
    /// is recalled, and on however many threads.
    pub(super) fn of(rows: &Rows, supports: &[Support]) -> Self {
        let stride = supports.len().div_ceil(LANES) * LANES;
        let mut of_row: Vec<Vec<(u32, f32)>> = vec![vec![]; rows.sparse.len()];
        for (class, support) in (0..).zip(supports) {
            support.iter().for_each(|(row, by)| of_row[index(*row)].push((class, *by)));
        }
        let share = rows.grams.div_ceil(threads()).max(1);
        let parts: Vec<Range<usize>> = (0..rows.grams)
            .step_by(share)
            .map(|from| from..(from + share).min(rows.grams))
            .collect();
        let narrowed = each(&parts, |grams| narrow(rows, &of_row, stride, grams.clone()));
        let (mut dense, mut bias) = (vec![0.0; rows.size * stride], vec![0.0; stride]);
        for (pulls, values) in of_row.iter().zip(&rows.dense) {
            for (weights, x) in dense.chunks_exact_mut(stride.max(LANES)).zip(values) {
                pull(weights, pulls, *x);
            }
            pull(&mut bias, pulls, 1.0);
        }
        let (mut grams, mut scales) = (vec![], vec![]);
        grams.reserve_exact(rows.grams * stride);
        for (part, scale) in narrowed {
            grams.extend(part);
            scales.extend(scale);
        }
        Self { stride, grams, scales, dense, bias }
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

fn pull(weights: &mut [f32], pulls: &[(u32, f32)], x: f32) {
    pulls.iter().for_each(|(class, by)| weights[index(*class)] += by * x);
}

/// The weights of some grams, and what one part of each is.
fn narrow(
    rows: &Rows,
    of_row: &[Vec<(u32, f32)>],
    stride: usize,
    grams: Range<usize>,
) -> (Vec<i16>, Vec<f32>) {
    let (mut out, mut scales) = (Vec::with_capacity(grams.len() * stride), vec![]);
    let mut sums = vec![0.0_f32; stride];
    for gram in grams {
        sums.fill(0.0);
        rows.with(gram).iter().for_each(|(row, x)| pull(&mut sums, &of_row[index(*row)], *x));
        let largest = sums.iter().fold(0.0_f32, |most, w| most.max(w.abs()));
        scales.push(largest / PARTS);
        let by = if largest > 0.0 { PARTS / largest } else { 0.0 };
        out.extend(sums.iter().map(|w| whole(w * by)));
    }
    (out, scales)
}
