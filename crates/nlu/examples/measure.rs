//! How well the classifier does and what it costs: `cargo run --profile dist -p nlu --example measure -- TRAIN TEST… [--bare]`.
//! Files hold lines `item<TAB>text` ("none_of_ours" for what is none of ours). Prints, never judges. `--bare`: without pieces.

use base::Stopwatch;
use nlu::sentence::{Scene, Sentence, key_of};
use nlu::{Example, Pieces, Understander};
use std::io::Write;

/// 2026-11-23.
const TODAY: i64 = 20_780;
const SEED: u64 = 20_261_123;
const ROUNDS: usize = 40;

fn lines(file: &str) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let of =
        |l: &str| l.split_once('\t').map(|(i, t)| (i.replace("none_of_ours", ""), t.to_owned()));
    text.lines().filter_map(of).collect()
}

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let (flags, files): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|a| a.starts_with("--"));
    let Some((train, tests)) = files.split_first() else { return Ok(()) };
    let examples: Vec<Example> = lines(train)
        .into_iter()
        .map(|(item, text)| Example { text: key_of(&text), item })
        .collect();
    let pieces = if flags.iter().any(|f| f == "--bare") { None } else { Pieces::shipped() };
    let watch = Stopwatch::start();
    let model = Understander::train_with(&examples, SEED, pieces);
    writeln!(
        out,
        "{} phrases, trained in {} ms: {:?}",
        examples.len(),
        watch.elapsed().as_millis(),
        model.judgement()
    )?;
    writeln!(out, "{:?}", model.thresholds())?;
    let (kept, watch) = (model.keep(), Stopwatch::start());
    let is_recalled = Understander::recall(&examples, SEED, &kept).is_some();
    writeln!(out, "recalled: {is_recalled}, in {} ms", watch.elapsed().as_millis())?;
    for file in tests {
        let test = lines(file);
        let (mut first, mut three, mut wrong, mut sure) = (0, 0, vec![], vec![]);
        let mut times: Vec<u128> = vec![];
        for (item, text) in &test {
            let ranked = model.rank(&Sentence::read(text, Scene::on(TODAY)).key);
            first += usize::from(ranked[0].item == item);
            three += usize::from(ranked.iter().take(3).any(|r| r.item == item));
            sure.push((ranked[0].score, ranked[0].item == item));
            if ranked[0].item != item {
                wrong.push(format!(
                    "{text}: {item} but {} {:.2}, {} {:.2}",
                    ranked[0].item, ranked[0].score, ranked[1].item, ranked[1].score
                ));
            }
        }
        for _ in 0..ROUNDS {
            for (_, text) in &test {
                let watch = Stopwatch::start();
                std::hint::black_box(model.rank(&Sentence::read(text, Scene::on(TODAY)).key).len());
                times.push(watch.elapsed().as_nanos());
            }
        }
        times.sort_unstable();
        let at = |share: usize| times.get(times.len() * share / 1_000).copied().unwrap_or(0);
        writeln!(
            out,
            "{file}: {first} + {} of {} first/three, error {:.3}; ns p5 {} p50 {} p99 {}",
            three - first,
            test.len(),
            nlu::calibration_error(&sure),
            at(50),
            at(500),
            at(990)
        )?;
        if flags.iter().any(|f| f == "--wrong") {
            writeln!(out, "{}", wrong.join("\n"))?;
        }
    }
    Ok(())
}
