//! BANKING77 with the bare classifier, no rules: `cargo run --profile dist -p nlu --example bench77 -- FOLDER`. The folder holds `train.csv` and
//! `test.csv` (`text,category`, a head line) of PolyAI's task-specific-datasets, CC BY 4.0; they are not part of this repository,
//! and may hold `pieces.bin`, the table of English pieces that `make pieces-latin OUT=FOLDER/pieces.bin` makes.
//! Prints the share of test lines whose category came first, trained on everything and on ten lines of each category, five times drawn by lot;
//! a category's own name (card_arrival) is one more phrase of it.

use base::{Random, Stopwatch};
use nlu::{Example, Pieces, Understander};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

const SEED: u64 = 20_261_123;
const SHOTS: usize = 10;
const DRAWS: u64 = 5;

/// Records of two fields; a quoted field may hold commas, doubled quotes and line ends.
fn records(csv: &str) -> Vec<(String, String)> {
    let (mut out, mut fields, mut field, mut quoted) = (vec![], vec![], String::new(), false);
    let mut chars = csv.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                fields.push(std::mem::take(&mut field));
                if let [text, category] = &fields[..] {
                    out.push((text.trim().to_owned(), category.trim().to_owned()));
                }
                fields.clear();
            }
            _ => field.push(c),
        }
    }
    out.into_iter().skip(1).collect()
}

/// Small letters, one blank before each word and each sign, as the table of pieces has them.
fn shape(text: &str) -> String {
    let mut out = String::new();
    let mut was_word = false;
    for c in text.to_lowercase().replace(['’', '‘'], "'").chars() {
        let is_word = c.is_alphanumeric() || c == '\'';
        if is_word && !was_word {
            out.push(' ');
        }
        if is_word {
            out.push(c);
        }
        was_word = is_word;
    }
    out
}

fn examples(file: &Path) -> std::io::Result<Vec<Example>> {
    let text = std::fs::read_to_string(file)?;
    let of = |(text, item): (String, String)| Example { text: shape(&text), item };
    Ok(records(&text).into_iter().map(of).collect())
}

/// Each category's name, which says what it is about.
fn names(train: &[Example]) -> impl Iterator<Item = Example> {
    let all: BTreeSet<&String> = train.iter().map(|e| &e.item).collect();
    all.into_iter().map(|item| Example { text: shape(item), item: item.clone() })
}

/// Ten lines of each category, drawn by lot.
fn few(train: &[Example], draw: u64) -> Vec<Example> {
    let random = Random::seeded(draw);
    let mut lots: Vec<(u64, &Example)> =
        train.iter().map(|e| (random.below(u64::MAX), e)).collect();
    lots.sort_by_key(|(lot, _)| *lot);
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut is_drawn = |item| {
        let n = seen.entry(item).or_default();
        *n += 1;
        *n <= SHOTS
    };
    lots.into_iter().map(|(_, e)| e).filter(|e| is_drawn(e.item.as_str())).cloned().collect()
}

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let Some(folder) = std::env::args().nth(1) else {
        return writeln!(out, "which folder has train.csv and test.csv?");
    };
    let folder = Path::new(&folder);
    let (train, test) = (examples(&folder.join("train.csv"))?, examples(&folder.join("test.csv"))?);
    let table = std::fs::read(folder.join("pieces.bin")).ok().and_then(|bytes| Pieces::of(&bytes));
    // It lives as long as the program.
    let pieces: Option<&'static Pieces> = table.map(|table| &*Box::leak(Box::new(table)));
    writeln!(out, "with{} English pieces", if pieces.is_some() { "" } else { "out" })?;
    let mut told = vec![("all".to_owned(), train.clone())];
    for draw in 1..=DRAWS {
        told.push((format!("ten of each, draw {draw}"), few(&train, draw)));
    }
    let mut shares = vec![];
    for (name, lines) in &told {
        let examples: Vec<Example> = lines.iter().cloned().chain(names(&train)).collect();
        let watch = Stopwatch::start();
        let model = Understander::train_with(&examples, SEED, pieces);
        let trained_ms = watch.elapsed().as_millis();
        let right = test
            .iter()
            .filter(|e| model.rank(&e.text).first().is_some_and(|best| best.item == e.item))
            .count();
        let (all, lines) = (test.len(), lines.len());
        writeln!(
            out,
            "{name}: {right} of {all} first, from {lines} lines, trained in {trained_ms} ms"
        )?;
        shares.push(right);
    }
    let drawn = &shares[1..];
    writeln!(
        out,
        "ten of each: {} of {} on average",
        drawn.iter().sum::<usize>() / drawn.len(),
        test.len()
    )
}
