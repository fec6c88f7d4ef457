//! Examples judged by models that have not seen them: what calibration and thresholds rest on.

use super::calibrate::Judged;
use super::engine::{Engine, Scores};
use super::features::Counted;
use super::machine::{self, Support};
use super::pieces::Pieces;
use super::{Example, FOLDS, local, lot};

/// One item in so many is kept back in some fold.
const KEPT_BACK: usize = 3;
/// Fewest items of which some may be kept back.
const MANY: usize = 12;

/// The examples of the first `folds` folds, each judged by a model that has not seen its fold. `own` are an institution's phrases beside
/// them: neighbours of all, each judged without itself; `fold` is what the first fold's model was made of, where that is known,
/// and comes back. In each fold some items are kept back altogether, so that
/// calibration learns what a request looks like that no item answers.
pub(super) fn held_out(
    rows: &[(&Example, &Counted)],
    folds: usize,
    pieces: Option<&'static Pieces>,
    seed: u64,
    (own, fold): (&[(&Example, &Counted)], &[Support]),
) -> (Vec<Judged>, Vec<Support>) {
    let mut items: Vec<&str> = rows.iter().map(|r| r.0.item.as_str()).collect();
    items.sort_unstable();
    items.dedup();
    let (mut points, mut first) = (vec![], fold.to_vec());
    for fold in 0..folds {
        let of_fold = |i: usize| lot(&[&rows[i].0.item, &rows[i].0.text]) % FOLDS == fold;
        let is_kept_back = |item: &str| {
            let drawn = lot(&[item]) % (KEPT_BACK * FOLDS) == fold * KEPT_BACK;
            items.len() >= MANY && !item.is_empty() && drawn
        };
        let seen =
            |(i, r): &(usize, &(&Example, &Counted))| !of_fold(*i) && !is_kept_back(&r.0.item);
        let learned: Vec<_> = rows.iter().enumerate().filter(seen).map(|(_, r)| *r).collect();
        let is_known = fold == 0 && !first.is_empty();
        let known = is_known.then(|| Engine::recall(&learned, pieces, &first)).flatten();
        let engine = known.unwrap_or_else(|| {
            let (engine, supports) = Engine::train(&learned, pieces, seed);
            if fold == 0 {
                first = supports;
            }
            engine
        });
        let neighbours = local::Neighbours::of(&engine, own);
        let meant = |example: &Example| {
            // what no item answers is rightly taken for "none of ours"
            if is_kept_back(&example.item) { String::new() } else { example.item.clone() }
        };
        let of_this: Vec<usize> = (0..rows.len()).filter(|row| of_fold(*row)).collect();
        points.extend(
            machine::each(&of_this, |row| {
                let (example, counted) = rows[*row];
                let near = neighbours.near(&engine, counted, None);
                judged(
                    &engine,
                    *row,
                    engine.scores_near(counted, &near),
                    (&meant(example), &example.item),
                )
            })
            .into_iter()
            .flatten(),
        );
        for (at, (example, counted)) in own.iter().enumerate() {
            let near = neighbours.near(&engine, counted, Some(at));
            let scores = engine.scores_near(counted, &near);
            let meant = meant(example);
            points.extend(judged(&engine, rows.len() + at, scores, (&meant, &example.item)));
        }
    }
    (points, first)
}

/// A judged example; `meant` is what would be right, and the item it is of.
fn judged(
    engine: &Engine,
    row: usize,
    scores: Scores,
    (meant, item): (&str, &str),
) -> Option<Judged> {
    let (best, ..) = scores.best()?;
    let class = engine.items.binary_search_by(|i| i.as_str().cmp(meant)).ok();
    let taken_for = engine.items[best].clone();
    Some(Judged { row, scores, class, best, is_known: meant == item, taken_for })
}
