//! What a talk lets a verb answer: `[talk.answers]` of a flow file.
//!
//! `"core.balance" = { available = "12.50", as_of = "2026-11-23 09:12" }`, `"refused:CODE"` or `"busy"`. Money and times are
//! texts, counts are numbers, rows a list of tables. A text may be left out and is then empty.

use crate::turn::{Outcome, Value};
use crate::verbs::{OutKind, OutSpec, Plain, VerbSpec};
use base::{Fen, Time};
use std::collections::BTreeMap;
use toml::Value as Toml;

/// # Errors
/// What is wrong with it, for the person who wrote the file.
pub(super) fn read(verbs: &[VerbSpec], name: &str, said: &Toml) -> Result<Outcome, String> {
    let Some(verb) = verbs.iter().find(|v| v.name == name) else {
        return Err(format!("unknown verb “{name}”"));
    };
    match said {
        Toml::String(word) if word == "busy" => Ok(Outcome::Busy),
        Toml::String(word) => match word.strip_prefix("refused:") {
            Some(code) if verb.refusals.contains(&code) => {
                Ok(Outcome::Refused { code: code.to_owned(), words: String::new(), most: None })
            }
            Some(code) => Err(format!("{name} never refuses with “{code}”")),
            None => Err(format!("“{word}” is no answer: a table, “busy” or “refused:CODE”")),
        },
        Toml::Table(table) => {
            let outputs = verb.outputs.iter().map(|o: &OutSpec| (o.name, o.kind));
            values(table, outputs).map(Outcome::Done).map_err(|why| format!("{name}: {why}"))
        }
        _ => Err(format!("{name}: a table, “busy” or “refused:CODE” is wanted")),
    }
}

fn values(
    table: &toml::Table,
    names: impl Iterator<Item = (&'static str, OutKind)>,
) -> Result<BTreeMap<String, Value>, String> {
    let mut out = BTreeMap::new();
    for (name, kind) in names {
        let value = match (table.get(name), kind) {
            (None, OutKind::Text) => Value::Text(String::new()),
            (None, _) => return Err(format!("the output “{name}” is missing")),
            (Some(said), kind) => value(said, kind)
                .ok_or_else(|| format!("“{name}” = {said} is of another kind"))??,
        };
        out.insert(name.to_owned(), value);
    }
    match table.keys().find(|k| !out.contains_key(*k)) {
        Some(extra) => Err(format!("there is no output “{extra}”")),
        None => Ok(out),
    }
}

fn value(said: &Toml, kind: OutKind) -> Option<Result<Value, String>> {
    Some(Ok(match (said, kind) {
        (Toml::String(s), OutKind::Text) => Value::Text(s.clone()),
        (Toml::String(s), OutKind::Money) => Value::Money(signed(s)?),
        (Toml::String(s), OutKind::Time) => Value::Time(instant(s)?),
        (Toml::Integer(n), OutKind::Count) => Value::Count(*n),
        (Toml::Array(rows), OutKind::Rows(columns)) => {
            let names = || columns.iter().map(|(name, kind)| (*name, of_plain(*kind)));
            let read = |row: &Toml| match row {
                Toml::Table(row) => values(row, names()),
                other => Err(format!("{other} is no row")),
            };
            return Some(rows.iter().map(read).collect::<Result<_, _>>().map(Value::Rows));
        }
        _ => return None,
    }))
}

fn of_plain(kind: Plain) -> OutKind {
    match kind {
        Plain::Text => OutKind::Text,
        Plain::Money => OutKind::Money,
        Plain::Time => OutKind::Time,
        Plain::Count => OutKind::Count,
    }
}

/// `-86.00` too.
fn signed(text: &str) -> Option<Fen> {
    match text.strip_prefix('-') {
        Some(rest) => Fen::parse_yuan(rest).ok().map(|f| Fen::of(-f.fen())),
        None => Fen::parse_yuan(text).ok(),
    }
}

/// `2026-11-23` (midnight in China) or `2026-11-23 09:12`.
fn instant(text: &str) -> Option<Time> {
    let (day, clock) = text.split_once(' ').unwrap_or((text, "0:0"));
    let (hour, minute) = clock.split_once(':')?;
    let minutes = hour.parse::<i64>().ok()? * 60 + minute.parse::<i64>().ok()?;
    let day = nlu::dates::from_iso(day)?;
    Some(Time::of_ms(day * base::DAY_MS - base::CHINA_OFFSET_MS + minutes * 60_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::VERBS;

    fn said(toml: &str) -> Result<Outcome, String> {
        let table: toml::Table = toml::from_str(toml).unwrap();
        let (verb, answer) = table.iter().next().unwrap();
        read(&VERBS, verb, answer)
    }

    #[test]
    fn an_answer_has_every_output_of_its_verb_in_its_kind() {
        let good = r#""bank.bindings" = { count = 1, seen = "2026-11-22", rows = [{ label = "借记卡", tail = "8821", at = "2026-01-02 08:30" }] }"#;
        let Ok(Outcome::Done(done)) = said(good) else { panic!("{:?}", said(good)) };
        assert_eq!(done["mobile"], Value::Text(String::new()));
        assert!(matches!(&done["rows"], Value::Rows(rows) if rows.len() == 1));
        assert_eq!(said(r#""bank.bindings" = "busy""#), Ok(Outcome::Busy));
    }

    #[test]
    fn what_is_missing_or_too_much_is_named() {
        for (toml, why) in [
            (r#""bank.fly" = "busy""#, "unknown verb"),
            (r#""bank.unbind" = {}"#, "“count” is missing"),
            (r#""bank.unbind" = { count = "1" }"#, "another kind"),
            (r#""bank.unbind" = { count = 1, sum = 2 }"#, "no output “sum”"),
            (r#""bank.unbind" = "refused:no""#, "never refuses"),
            (
                r#""bank.bindings" = { count = 1, seen = "2026-11-22", rows = [{ at = 3 }] }"#,
                "another kind",
            ),
        ] {
            let error = said(toml).unwrap_err();
            assert!(error.contains(why), "{toml}: {error}");
        }
    }
}
