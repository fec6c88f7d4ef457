//! `weiyin nlu …`: try a sentence, measure understanding by a file of lines, report on the model.
//!
//! Not for: customers. What is measured is described in `docs/understanding.md`.

use crate::terminal::{self, Bar, table};
use base::{Clock, Context, Error, Result, Stopwatch};
use clap::Subcommand;
use dialogue::Book;
use dialogue::eval::{self, Form, Tally};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

/// How often all phrases are heard when the cost is measured.
const ROUNDS: usize = 10;
/// Enough to begin with.
const STRAYS_SHOWN: usize = 20;

#[derive(Debug, Subcommand)]
pub enum Tool {
    /// Say what one sentence means: items, scores, values, and what decided.
    Try {
        text: String,
        /// The day it is said on; today when not given.
        #[arg(long)]
        today: Option<String>,
    },
    /// Hear the lines of a file: `item<TAB>text`. Prints one line of JSON each, and a summary.
    Eval {
        file: PathBuf,
        /// Lines are `item<TAB>text<TAB>{json}`; the values are compared.
        #[arg(long)]
        slots: bool,
        /// Lines are `text<TAB>from<TAB>to`; the days are compared.
        #[arg(long, conflicts_with = "slots")]
        dates: bool,
        #[arg(long)]
        today: Option<String>,
    },
    /// How well the phrases of the flows are told apart, how sure that is, and what it costs.
    Report {
        /// Lines `item<TAB>text` to measure besides.
        file: Option<PathBuf>,
        #[arg(long)]
        today: Option<String>,
        /// One object for a script instead of lines for a person.
        #[arg(long)]
        json: bool,
    },
}

/// Runs one tool; its answer goes to `out`.
///
/// # Errors
/// A file that cannot be read, a day that is none, flows that cannot be loaded.
pub fn run(tool: &Tool, out: &mut impl Write) -> Result<()> {
    let watch = Stopwatch::start();
    let book = book()?;
    let load_ms = watch.elapsed().as_millis();
    match tool {
        Tool::Try { text, today } => say(out, &tried(&book, text, day(today.as_deref())?)),
        Tool::Eval { file, slots, dates, today } => {
            let form = match (slots, dates) {
                (true, _) => Form::Slots,
                (_, true) => Form::Dates,
                _ => Form::Items,
            };
            let today = day(today.as_deref())?;
            let mut tally = Tally::default();
            for (at, line) in lines(file)?
                .iter()
                .enumerate()
                .filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#'))
            {
                let heard = tally.hear(&book, form, line, today);
                let heard = heard.ok_or_else(|| {
                    Error::fault(format!(
                        "{}:{}: no tab between the fields",
                        file.display(),
                        at + 1
                    ))
                })?;
                say(out, &format!("{heard}\n"))?;
            }
            say(out, &format!("{}\n", tally.summary(form)))
        }
        Tool::Report { file, today, json } => {
            let extra = file.as_deref().map(lines).transpose()?.unwrap_or_default();
            say(out, &report(&book, &extra, day(today.as_deref())?, load_ms, *json))
        }
    }
}

/// The flows that are built into the binary.
///
/// # Errors
/// They cannot be read; the tests keep that from happening.
pub fn book() -> Result<Book> {
    Book::embedded().map_err(|errors| {
        let all: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Error::fault(all.join("\n"))
    })
}

fn day(text: Option<&str>) -> Result<i64> {
    match text {
        None => Ok(Clock::System.now().china_day()),
        Some(text) => eval::day(text)
            .ok_or_else(|| Error::fault(format!("“{text}” is no day like 2026-11-23"))),
    }
}

fn lines(file: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(file).doing("reading the lines to hear")?;
    Ok(text.lines().map(str::to_owned).collect())
}

fn say(out: &mut impl Write, text: &str) -> Result<()> {
    // a closed pipe (`| head`) is no error
    let _ = out.write_all(text.as_bytes());
    Ok(())
}

fn tried(book: &Book, text: &str, today: i64) -> String {
    let insight = book.insight(text, today);
    let mut out = String::new();
    for (item, score) in insight.top.iter().take(3) {
        let title = book.item(item).map_or("", |i| i.title.as_str());
        let _ = writeln!(out, "{score:>7.4}  {item:<24} {title}");
    }
    let values = serde_json::Value::Object(eval::slots(&insight.sentence));
    let _ = writeln!(
        out,
        "decision  {} ({})\norder     {:.4}\nslots     {values}",
        insight.decision.as_str(),
        insight.why,
        book.ordered(&insight).unwrap_or_default()
    );
    out
}

/// What a report says, as a script reads it. Shares are of one, times as their names say.
#[derive(Debug, Serialize)]
struct Figures {
    items: usize,
    phrases: usize,
    /// Each phrase judged by a model that has not seen it.
    top1_cross_validated: f64,
    top3_cross_validated: f64,
    calibration_error: f64,
    temperature: f64,
    answers_from: f64,
    drafts_from: f64,
    asks_from: f64,
    /// Reading the flows and recalling what was trained when they were built.
    load_ms: u128,
    /// Training the model of all items from nothing.
    train_ms: u128,
    sentence_p50_us: f64,
    sentence_p99_us: f64,
    sentence_p999_us: f64,
    /// By list: drafts of payments that opened on sentences that order none, and its sentences.
    false_drafts: BTreeMap<&'static str, (usize, usize)>,
    /// Phrases the model by itself gives to another item.
    strays: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    lines_of_file: Option<serde_json::Value>,
}

fn rounded(x: impl Into<f64>) -> f64 {
    (x.into() * 10_000.0).round() / 10_000.0
}

fn measured(book: &Book, today: i64, load_ms: u128, bar: &mut Bar) -> Figures {
    let (judged, levels) = book.judgement();
    let watch = Stopwatch::start();
    std::hint::black_box(book.trained_anew());
    let train_ms = watch.elapsed().as_millis();
    let phrases: Vec<&str> = book.items().flat_map(|i| i.say.iter().map(String::as_str)).collect();
    let times = times(book, &phrases, today, bar);
    let at = |per_mille: usize| {
        let ns = times.get(times.len() * per_mille / 1_000).copied().unwrap_or(0);
        u32::try_from(ns / 100).map_or(f64::MAX, |tenths| f64::from(tenths) / 10.0)
    };
    let drafts = |list: &str| {
        let opens = |text: &&str| book.insight(text, today).decision.as_str() == "draft";
        (list.lines().filter(opens).count(), list.lines().count())
    };
    let lists = [
        ("bank_questions", eval::BANK_QUESTIONS),
        ("negatives", eval::NEGATIVES),
        ("open_talk", eval::OPEN_TALK),
    ];
    Figures {
        items: book.items().count(),
        phrases: judged.examples,
        top1_cross_validated: rounded(judged.first),
        top3_cross_validated: rounded(judged.three),
        calibration_error: rounded(judged.error),
        temperature: rounded(judged.temperature),
        answers_from: rounded(levels.answer),
        drafts_from: rounded(levels.draft),
        asks_from: rounded(levels.confirm),
        load_ms,
        train_ms,
        sentence_p50_us: at(500),
        sentence_p99_us: at(990),
        sentence_p999_us: at(999),
        false_drafts: lists.map(|(name, list)| (name, drafts(list))).into(),
        strays: book.strays().len(),
        lines_of_file: None,
    }
}

fn row(out: &mut String, name: &str, value: impl std::fmt::Display) {
    let _ = writeln!(out, "{name:<44} {value}");
}

fn report(book: &Book, extra: &[String], today: i64, load_ms: u128, as_json: bool) -> String {
    let mut bar = Bar::new("judging each phrase by a model that has not seen it", 1);
    let mut found = measured(book, today, load_ms, &mut bar);
    drop(bar);
    let mut tally = Tally::default();
    for line in extra {
        tally.hear(book, Form::Items, line, today);
    }
    if as_json {
        let summary = serde_json::from_str(&tally.summary(Form::Items)).ok();
        found.lines_of_file = summary.filter(|_| !extra.is_empty());
        return serde_json::to_string(&found).map_or_else(|e| e.to_string(), |text| text + "\n");
    }
    let mut out = figures_shown(&found);
    let strays = book.strays();
    let shown = strays.len().min(STRAYS_SHOWN);
    out.push_str(&strays_shown(&strays[..shown], terminal::is_seen()));
    if !extra.is_empty() {
        row(
            &mut out,
            "lines of the file: first / three / all",
            format!("{} / {} / {}", tally.first, tally.three, tally.lines),
        );
        row(
            &mut out,
            "  calibration error, false drafts",
            format!("{:.4}, {}", tally.calibration_error(), tally.false_drafts),
        );
        for (meant, taken, n) in tally.worst(20) {
            row(&mut out, "  taken for another", format!("{n} × {meant} → {taken}"));
        }
    }
    out
}

fn figures_shown(f: &Figures) -> String {
    let percent = |x: f64| format!("{:.2} %", x * 100.0);
    let drafts =
        |(name, (opened, of)): (&&str, &(usize, usize))| format!("{name} {opened} of {of}");
    let mut out = String::new();
    let mut add = |name: &str, value: String| row(&mut out, name, value);
    add("items / phrases judged unseen", format!("{} / {}", f.items, f.phrases));
    let (first, three) = (percent(f.top1_cross_validated), percent(f.top3_cross_validated));
    add("top-1 / top-3, cross-validated", format!("{first} / {three}"));
    add(
        "calibration error / temperature",
        format!("{:.4} / {:.3}", f.calibration_error, f.temperature),
    );
    add(
        "answers / drafts / asks from",
        format!("{:.3} / {:.3} / {:.3}", f.answers_from, f.drafts_from, f.asks_from),
    );
    add("loading, with what was trained when built", format!("{} ms", f.load_ms));
    add("training all items from nothing", format!("{} ms", f.train_ms));
    add(
        "one sentence, p50 / p99 / p99.9",
        format!("{} / {} / {} µs", f.sentence_p50_us, f.sentence_p99_us, f.sentence_p999_us),
    );
    let all: Vec<String> = f.false_drafts.iter().map(drafts).collect();
    add("drafts opened where none is wanted", all.join(", "));
    add("phrases the model gives to another item", f.strays.to_string());
    out
}

/// Nanoseconds of each hearing, in rising order.
fn times(book: &Book, phrases: &[&str], today: i64, bar: &mut Bar) -> Vec<u128> {
    let mut all = Vec::with_capacity(phrases.len() * ROUNDS);
    bar.of("measuring", ROUNDS);
    for round in 0..ROUNDS {
        for text in phrases {
            let watch = Stopwatch::start();
            std::hint::black_box(book.hears(text, today));
            all.push(watch.elapsed().as_nanos());
        }
        bar.at(round + 1);
    }
    all.sort_unstable();
    all
}

/// Phrases that the model by itself gives to another item: a table where a person looks, else a line each.
fn strays_shown(strays: &[(String, String, String)], is_seen: bool) -> String {
    if !is_seen {
        let lines = strays
            .iter()
            .map(|(phrase, own, taken)| format!("{:<44} {phrase}: {own} → {taken}\n", ""));
        return lines.collect();
    }
    let head = ["phrase", "item", "taken for"].map(str::to_owned).to_vec();
    let rows =
        strays.iter().map(|(phrase, own, taken)| vec![phrase.clone(), own.clone(), taken.clone()]);
    format!("\n{}\n", table(&std::iter::once(head).chain(rows).collect::<Vec<_>>(), &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(tool: &Tool) -> String {
        let mut out = vec![];
        run(tool, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_tried_sentence_shows_item_values_and_reason() {
        let tool =
            Tool::Try { text: "查上个月的明细".into(), today: Some("2026-11-23".into()) };
        let text = told(&tool);
        assert!(text.lines().next().unwrap().contains("account_statement"), "{text}");
        assert!(
            text.contains("answer (classifier)") && text.contains("2026-10-01..2026-10-31"),
            "{text}"
        );
    }

    #[test]
    fn a_file_of_lines_gives_a_line_each_and_a_summary() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lines.tsv");
        std::fs::write(&file, "# item, text\naccount_balance\t查余额\n\nhuman_agent\t转人工\n")
            .unwrap();
        let tool = |file: PathBuf| Tool::Eval {
            file,
            slots: false,
            dates: false,
            today: Some("2026-11-23".into()),
        };
        let text = told(&tool(file.clone()));
        assert_eq!(text.lines().count(), 3);
        assert!(text.lines().last().unwrap().contains("\"top1\":1.0"), "{text}");
        std::fs::write(&file, "no tab\n").unwrap();
        let refused = run(&tool(file), &mut vec![]).unwrap_err();
        assert!(refused.to_string().contains("lines.tsv:1"), "{refused}");
    }

    #[test]
    fn the_report_opens_no_draft_where_none_is_wanted() {
        let tool = |json| Tool::Report { file: None, today: Some("2026-11-23".into()), json };
        let figures: serde_json::Value = serde_json::from_str(&told(&tool(true))).unwrap();
        let lists = figures["false_drafts"].as_object().unwrap();
        assert_eq!(lists.len(), 3, "{figures}");
        for (name, opened) in lists {
            assert_eq!(opened[0], 0, "{name}: {opened}");
        }
        let text = told(&tool(false));
        assert!(text.contains("negatives 0 of 175"), "{text}");
    }
}
