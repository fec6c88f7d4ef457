//! One linear machine for each class: L2-loss support vectors by dual coordinate descent with shrinking
//! (Hsieh et al., ICML 2008), on the rows that a look with all machines at once finds to matter. The same rows and
//! seed give the same weights, bit for bit.

use super::stack::Stack;
use super::{Sparse, index, number};

/// Cost of a slip: a class's own few examples count more than all others.
const COST_OWN: f32 = 4.0;
const COST_OTHER: f32 = 0.25;
/// Passes over the rows a machine learns on with, rounds over those that matter, and the slip that ends training. More of each takes
/// longer and tells unseen phrases apart no better.
const PASSES: usize = 2;
const ROUNDS: usize = 6;
const ENOUGH: f32 = 0.3;
/// A row that a machine has not met is told apart when it scores so far on its side of the border.
const WITHIN: f32 = 0.8;

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
    /// Drawn for the first look that each machine takes at others' rows.
    pub(super) is_few: Vec<bool>,
    /// Numbers of grams and of dense entries.
    pub(super) grams: usize,
    pub(super) size: usize,
    /// For each gram the rows that have it, `posted[starts[gram]..starts[gram + 1]]`.
    pub(super) starts: Vec<u32>,
    pub(super) posted: Vec<(u32, f32)>,
}

impl Rows {
    /// The same, with the rows of each gram.
    pub(super) fn posted(mut self) -> Self {
        let mut counts = vec![0_u32; self.grams + 1];
        self.sparse.iter().flatten().for_each(|(gram, _)| counts[index(*gram) + 1] += 1);
        let mut sum = 0;
        self.starts = counts
            .into_iter()
            .map(|n| {
                sum += n;
                sum
            })
            .collect();
        let mut next = self.starts.clone();
        self.posted = vec![(0, 0.0); index(sum)];
        for (row, sparse) in (0..).zip(&self.sparse) {
            for (gram, x) in sparse {
                let at = &mut next[index(*gram)];
                self.posted[index(*at)] = (row, *x);
                *at += 1;
            }
        }
        self
    }

    /// The rows that have a gram, in their order, and how much of it.
    pub(super) fn with(&self, gram: usize) -> &[(u32, f32)] {
        &self.posted[index(self.starts[gram])..index(self.starts[gram + 1])]
    }
}

/// Weights of one class while it is trained, and how hard each row pulls.
#[derive(Debug, Clone, Default)]
struct Machine {
    sparse: Vec<f32>,
    dense: Vec<f32>,
    bias: f32,
    alpha: Vec<f32>,
}

/// What is left of a trained machine: the rows that hold its border, and how hard each pulls. Its weights are their sum.
pub(super) type Support = Vec<(u32, f32)>;

/// So many noughts, written: what the system calls noughts is a page that is copied when it is first written to.
fn noughts(n: usize) -> Vec<f32> {
    let mut all = Vec::with_capacity(n);
    std::hint::black_box(&mut all).resize(n, 0.0);
    all
}

impl Machine {
    fn of(rows: &Rows) -> Self {
        let alpha = noughts(rows.sparse.len());
        Self { sparse: noughts(rows.grams), dense: noughts(rows.size), bias: 0.0, alpha }
    }
    fn forget(&mut self) {
        self.sparse.fill(0.0);
        self.dense.fill(0.0);
        self.alpha.fill(0.0);
        self.bias = 0.0;
    }
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
pub(super) fn sum(all: &[f32]) -> f32 {
    let mut strands = [0.0_f32; 8];
    let parts = all.chunks_exact(8);
    let rest: f32 = parts.remainder().iter().sum();
    parts.for_each(|part| strands.iter_mut().zip(part).for_each(|(s, x)| *s += x));
    strands.iter().sum::<f32>() + rest
}

/// The sum of the products, in the same way.
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

/// The machine that tells `class` from all others, trained on some rows from where it was left, as its support. Each pass looks at
/// those rows once, then only at those that matter, since most rows of other classes never do.
fn train(
    rows: &Rows,
    norms: &[f32],
    (class, so_far, on): (u32, &Support, &[u32]),
    seed: u64,
    machine: &mut Machine,
) -> Support {
    let mut task = Task { rows, norms, class, machine };
    task.resume(so_far);
    let mut stream = Stream(seed ^ u64::from(class));
    let passes = if so_far.is_empty() { 1 } else { PASSES };
    for pass in 0..passes {
        let mut active: Vec<usize> = on.iter().map(|row| index(*row)).collect();
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
    task.support()
}

struct Task<'a> {
    rows: &'a Rows,
    norms: &'a [f32],
    class: u32,
    machine: &'a mut Machine,
}

impl Task<'_> {
    /// As it was left.
    fn resume(&mut self, so_far: &Support) {
        self.machine.forget();
        for (row, by) in so_far {
            let row = index(*row);
            self.machine.alpha[row] = by.abs();
            self.machine.step(&self.rows.sparse[row], &self.rows.dense[row], *by);
        }
    }

    fn support(&self) -> Support {
        let by = |(row, alpha): (usize, &f32)| {
            let own = self.rows.class_of[row] == self.class;
            (*alpha > 0.0).then(|| (number(row), if own { *alpha } else { -*alpha }))
        };
        self.machine.alpha.iter().enumerate().filter_map(by).collect()
    }

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
            let gradient =
                y * self.machine.score(sparse, dense) - 1.0 + self.machine.alpha[i] * soft;
            if self.machine.alpha[i] == 0.0 && gradient >= 0.0 {
                return false;
            }
            worst = worst.max(gradient.abs());
            let next = (self.machine.alpha[i] - gradient / (self.norms[i] + soft)).max(0.0);
            let by = (next - self.machine.alpha[i]) * y;
            self.machine.alpha[i] = next;
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

/// So many threads are of use.
pub(super) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).clamp(1, 8)
}

/// What a thread made; its panic goes on here, since a list with a part missing would be taken for whole.
fn joined<R>(made: std::thread::Result<R>) -> R {
    made.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// What `make` makes of each of the list, in its order, on all threads.
pub(super) fn each<T: Sync, R: Send>(list: &[T], make: impl Fn(&T) -> R + Sync) -> Vec<R> {
    each_with(list, || (), |(), one| make(one))
}

/// The same where each thread has something to work with, that is made once.
fn each_with<T: Sync, R: Send, W>(
    list: &[T],
    with: impl Fn() -> W + Sync,
    make: impl Fn(&mut W, &T) -> R + Sync,
) -> Vec<R> {
    let share = list.len().div_ceil(threads()).max(1);
    let of = |part: &[T]| -> Vec<R> {
        let mut with = with();
        part.iter().map(|one| make(&mut with, one)).collect()
    };
    let of = &of;
    std::thread::scope(|scope| {
        let tasks: Vec<_> = list.chunks(share).map(|part| scope.spawn(move || of(part))).collect();
        tasks.into_iter().flat_map(|t| joined(t.join())).collect()
    })
}

/// Two things made at once.
pub(super) fn both<A: Send, B>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| {
        let first = scope.spawn(a);
        let second = b();
        (joined(first.join()), second)
    })
}

/// One machine for each of `classes`. First each learns its own rows and a few of the others; then all rows are scored at once, and it
/// learns on with those it does not tell apart. Each class is a task of its own, so that the result does not depend on the threads.
pub(super) fn train_all(rows: &Rows, classes: usize, seed: u64) -> Vec<Support> {
    let norms = norms(rows);
    let all: Vec<u32> = (0..number(classes)).collect();
    let few: Vec<u32> =
        (0..number(rows.sparse.len())).filter(|row| rows.is_few[index(*row)]).collect();
    let machine = || Machine::of(rows);
    let supports = each_with(&all, machine, |machine, class| {
        let own = (0..).zip(&rows.class_of).filter(|(_, c)| *c == class).map(|(row, _)| row);
        let mut on: Vec<u32> = own.chain(few.iter().copied()).collect();
        on.sort_unstable();
        on.dedup();
        train(rows, &norms, (*class, &vec![], &on), seed, machine)
    });
    let missed = missed(rows, &Stack::of(rows, &supports), &supports);
    let work: Vec<(u32, &Support, &Vec<u32>)> =
        all.iter().zip(&supports).zip(&missed).map(|((c, s), m)| (*c, s, m)).collect();
    each_with(&work, machine, |machine, (class, so_far, missed)| {
        let mut on: Vec<u32> =
            so_far.iter().map(|(row, _)| *row).chain(missed.iter().copied()).collect();
        on.sort_unstable();
        train(rows, &norms, (*class, so_far, &on), seed, machine)
    })
}

/// For each class the rows that hold none of its border though they lie within it.
fn missed(rows: &Rows, stack: &Stack, supports: &[Support]) -> Vec<Vec<u32>> {
    let mut holds: Vec<Vec<u32>> = vec![vec![]; rows.sparse.len()];
    for (class, support) in supports.iter().enumerate() {
        support.iter().for_each(|(row, _)| holds[index(*row)].push(number(class)));
    }
    let all: Vec<usize> = (0..rows.sparse.len()).collect();
    let of_row = each(&all, |row| -> Vec<u32> {
        let scores = stack.scores(&rows.sparse[*row], &rows.dense[*row]);
        let own = rows.class_of[*row];
        let is_within = |(class, score): &(u32, f32)| {
            if *class == own { *score < WITHIN } else { *score > -WITHIN }
        };
        let classes = (0..number(supports.len())).zip(scores).filter(is_within).map(|(c, _)| c);
        classes.filter(|class| !holds[*row].contains(class)).collect()
    });
    let mut missed = vec![vec![]; supports.len()];
    for (row, classes) in (0..).zip(of_row) {
        classes.iter().for_each(|class| missed[index(*class)].push(row));
    }
    missed
}
