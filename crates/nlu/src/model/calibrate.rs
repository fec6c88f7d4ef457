//! From scores to probabilities: a temperature, then a curve for the best class, both fitted on examples that the
//! model had not seen. Done anew at every training.

use super::engine::Scores;
use super::machine::sum;
use crate::math::{exp, exps, ln, logistic, real};

/// One example as judged by a model that had not seen it.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    /// Which of the rows it is.
    pub(super) row: usize,
    pub(super) scores: Scores,
    /// Its own class among the scores, when the model knew it.
    pub(super) class: Option<usize>,
    pub(super) best: usize,
    /// Its item was among those learned.
    pub(super) is_known: bool,
    /// Name of the class it was taken for.
    pub(super) taken_for: String,
}

impl Judged {
    pub(super) fn is_right(&self) -> bool {
        self.class == Some(self.best)
    }
}

/// What turns scores into probabilities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Calibration {
    pub(super) temperature: f32,
    /// Over (log odds at that temperature, best score, nearest example, known share, 1).
    pub(super) curve: [f32; 5],
}

impl Default for Calibration {
    fn default() -> Self {
        Self { temperature: 0.2, curve: [1.0, 0.0, 0.0, 0.0, 0.0] }
    }
}

/// Odds are cut here: 0.9997.
const ODDS_MAX: f32 = 8.0;

/// So many examples tell the one number that temperature is; all of them tell it no better.
const POINTS_ENOUGH: usize = 1_500;

/// The odds of all classes but one, against `first`.
pub(super) fn mass(scores: &Scores, but: usize, first: f32, temperature: f32) -> f32 {
    let mut odds: Vec<f32> = scores.all.iter().map(|s| (s - first) / temperature).collect();
    exps(&mut odds);
    if let Some(not) = odds.get_mut(but) {
        *not = 0.0;
    }
    sum(&odds)
}

fn log_odds(scores: &Scores, temperature: f32) -> f32 {
    let Some((best, top, _)) = scores.best() else { return 0.0 };
    (-ln(mass(scores, best, top, temperature).max(1e-12))).clamp(-ODDS_MAX, ODDS_MAX)
}

fn signs(scores: &Scores, temperature: f32) -> [f32; 5] {
    let top = scores.best().map_or(0.0, |b| b.1);
    [log_odds(scores, temperature), top, scores.near, scores.known, 1.0]
}

impl Calibration {
    pub(super) fn fit(points: &[Judged]) -> Self {
        if points.is_empty() {
            return Self::default();
        }
        let temperature = temperature(points);
        let rows: Vec<([f32; 5], bool)> =
            points.iter().map(|p| (signs(&p.scores, temperature), p.is_right())).collect();
        Self { temperature, curve: curve(&rows) }
    }

    /// The probability that the best class is right.
    pub(super) fn sure(&self, scores: &Scores) -> f32 {
        let x = signs(scores, self.temperature);
        logistic(x.iter().zip(self.curve).map(|(x, c)| x * c).sum())
    }
}

/// The temperature under which the right classes are likeliest, found by halving the step.
fn temperature(points: &[Judged]) -> f32 {
    let loss = |log_t: f32| -> f32 {
        let t = exp(log_t);
        let of = |p: &Judged| {
            let (_, top, _) = p.scores.best()?;
            Some(ln(mass(&p.scores, usize::MAX, top, t)) - (p.scores.all[p.class?] - top) / t)
        };
        points.iter().filter(|p| p.is_known).take(POINTS_ENOUGH).filter_map(of).sum()
    };
    let (mut at, mut step) = (-1.6_f32, 0.4_f32);
    let mut here = loss(at);
    for _ in 0..12 {
        let (low, high) = (loss(at - step), loss(at + step));
        if low < here && low <= high {
            (at, here) = (at - step, low);
        } else if high < here {
            (at, here) = (at + step, high);
        } else {
            step *= 0.5;
        }
    }
    exp(at)
}

/// Logistic regression by gradient descent, held near "trust the temperature".
fn curve(rows: &[([f32; 5], bool)]) -> [f32; 5] {
    let mut curve = [1.0_f32, 0.0, 0.0, 0.0, 0.0];
    let n = real(rows.len().max(1));
    for _ in 0..600 {
        let mut slope = [0.0_f32; 5];
        for (x, right) in rows {
            let said: f32 = x.iter().zip(curve).map(|(x, c)| x * c).sum();
            let error = logistic(said) - if *right { 1.0 } else { 0.0 };
            slope.iter_mut().zip(x).for_each(|(s, x)| *s += error * x);
        }
        for (at, s) in slope.iter().enumerate() {
            // the log odds are some ten times larger than the rest
            let rate = if at == 0 { 0.1 } else { 1.0 };
            curve[at] -= rate * s / n;
        }
    }
    curve
}

/// Mean distance between how sure the model was and how often it was right, in ten bins.
pub fn error(judged: &[(f32, bool)]) -> f32 {
    let mut bins = [(0.0_f32, 0.0_f32, 0.0_f32); 10];
    for (sure, right) in judged {
        let at = (0..9).find(|i| *sure < real(i + 1) / 10.0).unwrap_or(9);
        let bin = &mut bins[at];
        *bin = (bin.0 + sure, bin.1 + if *right { 1.0 } else { 0.0 }, bin.2 + 1.0);
    }
    bins.iter().map(|(sure, right, _)| (sure - right).abs()).sum::<f32>()
        / real(judged.len().max(1))
}
