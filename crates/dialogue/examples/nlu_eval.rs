//! Lines measured without the binary: `cargo run --profile dist -p dialogue --example nlu_eval -- FILE [--slots|--dates] [--today 2026-11-23]`.

use dialogue::Book;
use dialogue::eval::{Form, Tally};
use std::io::Write;

fn main() -> std::io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| args.iter().any(|a| a == flag);
    let form = match (has("--slots"), has("--dates")) {
        (true, _) => Form::Slots,
        (_, true) => Form::Dates,
        _ => Form::Items,
    };
    let after = |flag: &str| args.iter().position(|a| a == flag).and_then(|at| args.get(at + 1));
    let today = after("--today").and_then(|d| nlu::dates::from_iso(d)).unwrap_or(20_780);
    let (Some(file), Ok(book)) = (args.first(), Book::embedded()) else { return Ok(()) };
    let mut out = std::io::stdout().lock();
    let mut tally = Tally::default();
    for line in std::fs::read_to_string(file)?.lines() {
        if let Some(line) = tally.hear(&book, form, line, today) {
            writeln!(out, "{line}")?;
        }
    }
    writeln!(out, "{}", tally.summary(form))
}
