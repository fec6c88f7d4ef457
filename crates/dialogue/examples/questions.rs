//! Measures how well known questions are found: `questions FILE`, lines `entry<TAB>text`. Prints what is not found, and the whole.

use dialogue::{Book, eval};
use std::error::Error;
use std::io::Write;

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout();
    let file = std::env::args_os().nth(1).ok_or("questions FILE")?;
    let text = std::fs::read_to_string(file)?;
    let book = Book::embedded().map_err(|e| format!("{e:?}"))?;
    let today = eval::day("2026-11-23").ok_or("a day")?;
    let (mut all, mut first, mut three, mut answered, mut right, mut wrong) = (0, 0, 0, 0, 0, 0);
    for line in text.lines().filter(|l| !l.starts_with('#')) {
        let (entry, said) = line.split_once('\t').ok_or("no tab")?;
        let hits = book.knowledge().find(said, 3);
        let insight = book.insight(said, today);
        all += 1;
        first += usize::from(hits.first().is_some_and(|h| h.entry.id == entry));
        three += usize::from(hits.iter().any(|h| h.entry.id == entry));
        let best = hits.first().map_or(("", 0.0), |h| (h.entry.id.as_str(), h.score));
        let says = insight.decision.as_str() == "faq";
        answered += usize::from(says);
        right += usize::from(says && best.0 == entry);
        wrong += usize::from(says && best.0 != entry);
        if best.0 != entry || !says {
            let top = insight.top.first().map_or("", |t| t.0.as_str());
            let decision = insight.decision.as_str();
            writeln!(out, "{:.2} {said}: {entry} → {} [{decision} {top}]", best.1, best.0)?;
        }
    }
    writeln!(
        out,
        "{all} lines: first {first}, in three {three}, answered {answered}, right {right}, wrong {wrong}"
    )?;
    let mut over = 0;
    for text in eval::NEGATIVES.lines() {
        let Some(hit) = book.knowledge().find(text, 1).first().copied() else { continue };
        if book.insight(text, today).decision.as_str() == "faq" {
            over += 1;
            writeln!(
                out,
                "answered, though it orders nothing: {:.2} {text} → {}",
                hit.score, hit.entry.id
            )?;
        }
    }
    writeln!(out, "{over} of {} that order nothing are answered", eval::NEGATIVES.lines().count())?;
    Ok(())
}
