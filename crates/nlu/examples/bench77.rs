//! BANKING77 with the bare classifier, no rules: `cargo run --profile dist -p nlu --example bench77 -- FOLDER`. The folder holds `train.csv` and
//! `test.csv` (`text,category`, a head line) of PolyAI's task-specific-datasets, CC BY 4.0; they are not part of this repository.
//! Prints the share of test lines whose category came first, trained on everything and on ten lines of each category.

use base::Stopwatch;
use nlu::{Example, Understander, normalise};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

const SEED: u64 = 20_261_123;
const SHOTS: usize = 10;

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

fn examples(file: &Path) -> std::io::Result<Vec<Example>> {
    let text = std::fs::read_to_string(file)?;
    let of = |(text, item): (String, String)| Example { text: normalise(&text).key(), item };
    Ok(records(&text).into_iter().map(of).collect())
}

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let Some(folder) = std::env::args().nth(1) else {
        return writeln!(out, "which folder has train.csv and test.csv?");
    };
    let folder = Path::new(&folder);
    let (train, test) = (examples(&folder.join("train.csv"))?, examples(&folder.join("test.csv"))?);
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let few = train.iter().filter(|e| {
        let n = seen.entry(&e.item).or_default();
        *n += 1;
        *n <= SHOTS
    });
    let few: Vec<Example> = few.cloned().collect();
    for (name, examples) in [("all", &train), ("ten of each", &few)] {
        let watch = Stopwatch::start();
        let model = Understander::train_with(examples, SEED, None);
        let trained_ms = watch.elapsed().as_millis();
        let right = test
            .iter()
            .filter(|e| model.rank(&e.text).first().is_some_and(|best| best.item == e.item));
        let right = right.count();
        writeln!(
            out,
            "{name}: {right} of {} first, from {} lines, trained in {trained_ms} ms",
            test.len(),
            examples.len()
        )?;
    }
    Ok(())
}
