//! A conversation from a file: what is said, what comes back, which items it touched, and whether money moved.
//!
//! Not for: asserting anything. Whoever runs a script reads its lines of JSON.

use super::line::Line;
use super::stage::{Heard, Reply, Stage};
use base::{Fen, Refusal, Result};
use corebank::sandbox::Tally;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;

const UNREADABLE: Refusal = Refusal::invalid("chat.script", "");

/// A line of a script: its number in the file, as written, and as understood.
pub(super) type Step = (usize, String, Line);

/// Reads a script; empty lines and those that begin with `#` are left out.
///
/// # Errors
/// `chat.script`: the file cannot be read, or a line of it is no command.
pub(super) fn read(file: &Path) -> Result<Vec<Step>> {
    let text = std::fs::read_to_string(file)
        .map_err(|e| UNREADABLE.say(format!("{} cannot be read: {e}", file.display())))?;
    parse(&text)
        .map_err(|(at, why)| UNREADABLE.say(format!("{}:{at}: {why}", file.display())).into())
}

fn parse(text: &str) -> std::result::Result<Vec<Step>, (usize, String)> {
    let mut script = vec![];
    for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let read = Line::read(line).map_err(|e| (at + 1, e.words.to_string()))?;
        script.push((at + 1, line.to_owned(), read));
    }
    Ok(script)
}

/// Counts over the whole script.
#[derive(Default)]
struct Sums {
    lines: usize,
    replies: usize,
    silent: usize,
    items: Vec<String>,
}

/// Plays a script to its end, or to `:quit`.
pub(super) async fn run(
    mut stage: Stage,
    script: &[Step],
    as_json: bool,
    out: &mut impl Write,
) -> Result<()> {
    let begun = stage.tally().await?;
    let (mut sums, mut customers) = (Sums::default(), vec![stage.customer().to_owned()]);
    let (mut journals, mut change) = (0, Fen::ZERO);
    let mut last = begun;
    for (at, text, line) in script {
        if *line == Line::Quit {
            break;
        }
        let heard = stage.hear(line).await?;
        if matches!(line, Line::Who(_)) {
            customers.push(stage.customer().to_owned());
        }
        sums.add(&heard);
        let moved = Moved::between(heard.before, heard.after);
        journals += moved.journals;
        change = change.checked_add(moved.change).unwrap_or(change);
        last = heard.after;
        let told = if as_json {
            format!("{}\n", told(*at, text, line, &heard))
        } else {
            shown(text, &heard)
        };
        let _ = out.write_all(told.as_bytes());
    }
    if as_json {
        customers.dedup();
        let summary = json!({
            "summary": {
                "customer": stage.customer(),
                "customers": customers,
                "bound": stage.is_bound().await?,
                "lines": sums.lines,
                "replies": sums.replies,
                "silent": sums.silent,
                "items": sums.items,
                "money": { "moved": journals != 0, "journals": journals, "change_fen": change.fen(),
                           "balance_fen": last.net.fen() },
            }
        });
        let _ = writeln!(out, "{summary}");
    }
    Ok(())
}

/// What the ledger gained while a line was played.
struct Moved {
    journals: i64,
    change: Fen,
}

impl Moved {
    fn between(before: Tally, after: Tally) -> Self {
        let change = after.net.checked_sub(before.net).unwrap_or(Fen::ZERO);
        Self { journals: after.journals - before.journals, change }
    }
}

impl Sums {
    fn add(&mut self, heard: &Heard) {
        self.lines += 1;
        self.replies += heard.replies.len();
        self.silent += usize::from(heard.replies.is_empty());
        for item in &heard.items {
            if !self.items.contains(item) {
                self.items.push(item.clone());
            }
        }
    }
}

fn told(at: usize, said: &str, line: &Line, heard: &Heard) -> Value {
    let money = Moved::between(heard.before, heard.after);
    json!({
        "line": at,
        "said": said,
        "kind": line.kind(),
        "replies": heard.replies.iter().map(reply).collect::<Vec<_>>(),
        "items": heard.items,
        "decision": heard.decision,
        "money": { "moved": money.journals != 0, "journals": money.journals, "change_fen": money.change.fen() },
    })
}

fn reply(r: &Reply) -> Value {
    json!({
        "text": r.text,
        "lines": r.lines.iter().map(|l| l.text.as_str()).collect::<Vec<_>>(),
        "link": r.link.as_ref().map(|l| json!({ "label": l.label, "page": l.page })),
    })
}

/// The same for a person who reads a file.
fn shown(said: &str, heard: &Heard) -> String {
    let mut out = format!("客户：{said}\n");
    for r in &heard.replies {
        out.push_str(&format!("银行：{}\n", r.text));
        for l in &r.lines {
            out.push_str(&format!("　　〔{}〕\n", l.text));
        }
        if let Some(link) = &r.link {
            out.push_str(&format!("　　▣ {} → {}\n", link.label, link.page));
        }
    }
    if heard.replies.is_empty() {
        out.push_str("（没有回答）\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::stage::{FIRST_UNBOUND, Setting};
    use super::*;
    use base::Time;

    async fn stage(customer: &str) -> Result<Stage> {
        let starts_at = Some(Time::of_china_date(2026, 11, 23).plus_ms(10 * 3_600_000));
        let setting =
            Setting { customer: customer.into(), elder: false, province: false, starts_at };
        Stage::open(&setting).await
    }

    async fn played(customer: &str, text: &str) -> Vec<Value> {
        played_on(stage(customer).await.unwrap(), text).await
    }

    async fn played_on(stage: Stage, text: &str) -> Vec<Value> {
        let mut out = vec![];
        run(stage, &parse(text).unwrap(), true, &mut out).await.unwrap();
        String::from_utf8(out).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_seeded_customer_is_answered_from_the_ledger_and_no_money_moves() {
        let stage = stage("李芳").await.unwrap();
        let net = stage.tally().await.unwrap().net;
        let told = played_on(stage, "# a comment\n\n查余额\n上个月的明细\n:picture\n").await;
        assert_eq!(told.len(), 4);
        assert!(
            told[0]["replies"][0]["text"].as_str().unwrap().contains("1,280.50"),
            "{}",
            told[0]
        );
        assert_eq!(
            (&told[0]["line"], &told[0]["kind"], &told[0]["decision"]),
            (&json!(3), &json!("text"), &json!("answer"))
        );
        assert_eq!(told[0]["items"], json!(["account_balance"]));
        assert!(!told[0]["replies"][0]["lines"].as_array().unwrap().is_empty());
        assert_eq!(told[1]["items"], json!(["account_statement"]));
        assert_eq!((&told[2]["kind"], &told[2]["decision"]), (&json!("picture"), &Value::Null));
        let summary = &told[3]["summary"];
        assert_eq!((&summary["bound"], &summary["lines"]), (&json!(true), &json!(3)));
        assert_eq!(
            summary["money"],
            json!({ "moved": false, "journals": 0, "change_fen": 0, "balance_fen": net.fen() })
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_unbound_customer_binds_and_the_request_goes_on() {
        let told =
            played(FIRST_UNBOUND, "查余额\n:bind\n:unbind\n查余额\n:who 李芳\n查余额\n").await;
        assert_eq!(told[0]["replies"][0]["link"]["page"], "bind", "{}", told[0]);
        let after = told[1]["replies"][0]["text"].as_str().unwrap();
        assert!(after.contains("1,860.30"), "the answer follows by itself: {after}");
        assert_eq!(told[3]["replies"][0]["link"]["page"], "bind", "{}", told[3]);
        assert!(
            told[5]["replies"][0]["text"].as_str().unwrap().contains("1,280.50"),
            "{}",
            told[5]
        );
        assert_eq!(told[6]["summary"]["customers"], json!(["杨桂兰", "李芳"]));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_the_ledger_gains_while_a_line_is_played_is_told() {
        let mut stage = stage("李芳").await.unwrap();
        stage.pay_out_beside(Fen::of(5_000)).await.unwrap();
        let before = stage.tally().await.unwrap();
        let heard = stage.hear(&Line::Say("查余额".into())).await.unwrap();
        assert_eq!(Moved::between(heard.before, heard.after).journals, 0);
        assert!(heard.replies[0].text.contains("1,230.50"), "{heard:?}");
        stage.pay_out_beside(Fen::of(3_000)).await.unwrap();
        let moved = Moved::between(before, stage.tally().await.unwrap());
        assert_eq!((moved.journals, moved.change), (1, Fen::of(-3_000)));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_silent_core_answers_later_and_the_clock_is_put_forward() {
        let told = played("李芳", ":core busy\n查余额\n:core ok\n:pass 1m\n").await;
        assert!(
            !told[1]["replies"][0]["text"].as_str().unwrap().contains("1,280.50"),
            "{}",
            told[1]
        );
        let later = told[2..4].iter().find_map(|t| t["replies"][0]["text"].as_str()).unwrap();
        assert!(later.contains("1,280.50"), "{later}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_is_not_there_is_refused_with_who_is() {
        let refused = stage("没有这人").await.unwrap_err();
        assert!(refused.is_refusal("chat.customer"), "{refused}");
        assert!(refused.to_string().contains("李芳"), "{refused}");
        let missing = read(Path::new("/no/such/file")).unwrap_err();
        assert!(missing.is_refusal("chat.script"), "{missing}");
        assert_eq!(parse("查余额\n:fly\n").unwrap_err().0, 2);
    }
}
