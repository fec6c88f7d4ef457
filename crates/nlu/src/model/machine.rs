//! One linear machine for each class: L2-loss support vectors by dual coordinate descent with shrinking
//! (Hsieh et al., ICML 2008). The same rows and seed give the same weights, bit for bit.

use super::{Sparse, index, number};

/// Cost of a slip: a class's own few examples count more than all others.
const COST_OWN: f32 = 8.0;
const COST_OTHER: f32 = 1.0;
/// Passes over all rows, rounds over those that matter, and the slip that ends training. More of each takes twice
/// as long at every start and tells unseen phrases apart no better (75.1 % of them either way).
const PASSES: usize = 2;
const ROUNDS: usize = 6;
const ENOUGH: f32 = 0.3;

/// A repeatable stream for shuffles.
pub(super) struct Stream(pub(super) u64);
impl Stream {
    fn below(&mut self, n: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let high = usize::try_from(self.0 >> 33).unwrap_or(0);
        if n == 0 { 0 } else { high % n }
    }
    pub(super) fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.below(i + 1));
        }
    }
}

/// The rows to learn from: some weighed grams and a dense part each.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) sparse: Vec<Sparse>,
    pub(super) dense: Vec<Vec<f32>>,
    pub(super) class_of: Vec<u32>,
    /// Numbers of grams and of dense entries.
    pub(super) grams: usize,
    pub(super) size: usize,
}

/// Weights of one class while it is trained.
#[derive(Debug, Clone, Default)]
struct Machine {
    sparse: Vec<f32>,
    dense: Vec<f32>,
    bias: f32,
}

/// What is left of a trained machine: the rows that hold its border, and how hard each pulls. Its weights are their sum.
pub(super) type Support = Vec<(u32, f32)>;

impl Machine {
    fn score(&self, sparse: &Sparse, dense: &[f32]) -> f32 {
        let grams: f32 = sparse.iter().map(|(g, x)| self.sparse[index(*g)] * x).sum();
        grams + dot(&self.dense, dense) + self.bias
    }
    fn step(&mut self, sparse: &Sparse, dense: &[f32], by: f32) {
        sparse.iter().for_each(|(g, x)| self.sparse[index(*g)] += by * x);
        self.dense.iter_mut().zip(dense).for_each(|(w, x)| *w += by * x);
        self.bias += by;
    }
}

/// A sum in eight strands, in a fixed order, so that it is quick and always the same.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut strands = [0.0_f32; 8];
    for (x, y) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for i in 0..8 {
            strands[i] += x[i] * y[i];
        }
    }
    let rest = a.len() / 8 * 8;
    let tail: f32 = a[rest..].iter().zip(&b[rest.min(b.len())..]).map(|(x, y)| x * y).sum();
    strands.iter().sum::<f32>() + tail
}

/// Trains the machine that tells `class` from all others, and gives its support. Each pass looks at all rows once, then only at those
/// that matter, since most rows of other classes never do.
fn train(rows: &Rows, norms: &[f32], class: u32, seed: u64) -> Support {
    let n = rows.sparse.len();
    let mut task = Task {
        rows,
        norms,
        class,
        machine: Machine { sparse: vec![0.0; rows.grams], dense: vec![0.0; rows.size], bias: 0.0 },
        alpha: vec![0.0; n],
    };
    let mut stream = Stream(seed ^ u64::from(class));
    for pass in 0..PASSES {
        let mut active: Vec<usize> = (0..n).collect();
        stream.shuffle(&mut active);
        let slip = task.round(&mut active);
        if pass > 0 && slip < ENOUGH {
            break;
        }
        for _ in 0..ROUNDS {
            stream.shuffle(&mut active);
            if task.round(&mut active) < ENOUGH {
                break;
            }
        }
    }
    let by = |(row, alpha): (usize, &f32)| {
        let own = rows.class_of[row] == class;
        (*alpha > 0.0).then(|| (number(row), if own { *alpha } else { -*alpha }))
    };
    task.alpha.iter().enumerate().filter_map(by).collect()
}

struct Task<'a> {
    rows: &'a Rows,
    norms: &'a [f32],
    class: u32,
    machine: Machine,
    alpha: Vec<f32>,
}

impl Task<'_> {
    /// One step for each active row; rows that do not matter leave. The largest slip.
    fn round(&mut self, active: &mut Vec<usize>) -> f32 {
        let mut worst = 0.0_f32;
        active.retain(|&i| {
            let (y, cost) = if self.rows.class_of[i] == self.class {
                (1.0, COST_OWN)
            } else {
                (-1.0, COST_OTHER)
            };
            let soft = 1.0 / (2.0 * cost);
            let (sparse, dense) = (&self.rows.sparse[i], &self.rows.dense[i]);
            let gradient = y * self.machine.score(sparse, dense) - 1.0 + self.alpha[i] * soft;
            if self.alpha[i] == 0.0 && gradient >= 0.0 {
                return false;
            }
            worst = worst.max(gradient.abs());
            let next = (self.alpha[i] - gradient / (self.norms[i] + soft)).max(0.0);
            let by = (next - self.alpha[i]) * y;
            self.alpha[i] = next;
            self.machine.step(sparse, dense, by);
            true
        });
        worst
    }
}

/// Squared lengths of the rows, with the bias.
pub(super) fn norms(rows: &Rows) -> Vec<f32> {
    let of = |(sparse, dense): (&Sparse, &Vec<f32>)| {
        sparse.iter().map(|(_, x)| x * x).sum::<f32>() + dot(dense, dense) + 1.0
    };
    rows.sparse.iter().zip(&rows.dense).map(of).collect()
}

/// One machine for each of `classes`, on as many threads as there are cores: each class is a task of its own, so
/// that the result does not depend on their number.
pub(super) fn train_all(rows: &Rows, classes: usize, seed: u64) -> Vec<Support> {
    let norms = norms(rows);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).clamp(1, 8);
    let all: Vec<u32> = (0..classes).filter_map(|c| u32::try_from(c).ok()).collect();
    let share = all.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let tasks: Vec<_> = all
            .chunks(share)
            .map(|classes| {
                scope.spawn(|| {
                    classes.iter().map(|c| train(rows, &norms, *c, seed)).collect::<Vec<_>>()
                })
            })
            .collect();
        tasks.into_iter().flat_map(|t| t.join().unwrap_or_default()).collect()
    })
}
