//! Known questions, rates and fees: what anyone may ask.

use super::Doing::Look;
use super::{Row, Told, Verb, done, refused, row, text};
use crate::app::App;
use crate::followers::Standing;
use crate::knowledge::{self, Known};
use base::{Fen, Result};
use dialogue::knowledge::{Entry, RowValue, since_words};
use dialogue::{Call, Value};
use std::sync::Arc;

/// Loan products, in the order they are shown; the middle part of their rows' keys.
const LOANS: [&str; 4] = ["farmer", "business", "consumer", "house"];
/// Keys of the transfer fees.
const TRANSFERS: &str = "transfer";
/// Entries offered beside an answer that was withdrawn.
const NEAR_MOST: usize = 3;

pub(super) const VERBS: &[Verb] = &[
    ("bank.knowledge", Look(|app, standing, call| Box::pin(answer(app, standing, call)))),
    ("bank.rates", Look(|app, standing, call| Box::pin(rates(app, standing, call)))),
    ("bank.loan_products", Look(|app, standing, _| Box::pin(loans(app, standing)))),
    ("bank.transfer_fee", Look(|app, standing, call| Box::pin(transfer_fee(app, standing, call)))),
];

fn arg<'c>(call: &'c Call, name: &str) -> &'c str {
    call.args.get(name).map(String::as_str).unwrap_or_default()
}

fn out_of_date() -> Told {
    Ok(refused("rates.expired", "这张表正在更新，不敢报旧的。请到网点问。"))
}

/// Names an answer may use of the institution that serves.
fn house(app: &App, standing: &Standing, name: &str) -> String {
    let home = app.registry().institution(standing.tenant).cloned();
    let home = home.as_ref();
    match name {
        "institution" => home.map(|i| i.short.clone()),
        "phone" => home.map(|i| i.phone.clone()),
        _ => Some(super::who::HOURS.to_owned()),
    }
    .unwrap_or_default()
}

/// The answer to a known question; what is near when it was withdrawn; a refusal when nothing is near.
async fn answer(app: &Arc<App>, standing: &Arc<Standing>, call: &Call) -> Result<Told> {
    let question = arg(call, "question");
    let book = app.book.knowledge();
    let day = app.clock().now().china_day();
    let known = knowledge::of(app, standing.tenant).await?;
    let entry = book.entry(question).or_else(|| book.answering(question));
    let Some(entry) = entry else {
        let near = known.near(question, "", day, NEAR_MOST);
        if near.is_empty() {
            let words = "这个问题我还答不好，不敢乱说。您点人工问。";
            return Ok(Ok(refused("knowledge.missing", words)));
        }
        return Ok(Ok(said("您是想问下面这些吗？", "", "", "", &near)));
    };
    let told = known.tell(entry, day, |name| house(app, standing, name));
    Ok(Ok(match told {
        Some(told) => {
            let item = entry.item.as_deref().unwrap_or_default();
            said(&told.answer, &told.elder, &told.basis, item, &[])
        }
        None => withdrawn(app, standing, &known, entry, day),
    }))
}

/// Said of an answer that is past its date; the nearest that is not stands beside it.
fn withdrawn(
    app: &App,
    standing: &Standing,
    known: &Known,
    entry: &Entry,
    day: i64,
) -> dialogue::Outcome {
    let asked = entry.ask.first().map(String::as_str).unwrap_or_default();
    let near = known.near(asked, &entry.id, day, NEAR_MOST);
    let phone = house(app, standing, "phone");
    let words = format!("“{asked}”这一条过了有效期，正在更新，旧的不敢告诉您。急事请打 {phone}。");
    said(&words, "", "", "", &near)
}

fn said(answer: &str, plain: &str, basis: &str, item: &str, near: &[String]) -> dialogue::Outcome {
    let near = |at: usize| text(near.get(at).cloned().unwrap_or_default());
    let plain = if plain.is_empty() { answer } else { plain };
    done([
        ("answer", text(answer)),
        ("plain", text(plain)),
        ("basis", text(basis)),
        ("item", text(item)),
        ("near", near(0)),
        ("near2", near(1)),
        ("near3", near(2)),
    ])
}

/// Rows of a group by name, and since when the newest of them holds.
async fn rates(app: &Arc<App>, standing: &Arc<Standing>, call: &Call) -> Result<Told> {
    let day = app.clock().now().china_day();
    let known = knowledge::of(app, standing.tenant).await?;
    let Some(found) = known.rows.group(arg(call, "group"), day) else {
        return Ok(out_of_date());
    };
    let since = found.iter().map(|r| r.from).max().unwrap_or(day);
    let rows: Vec<Row> = found
        .iter()
        .map(|r| row([("name", text(&r.name)), ("value", text(r.value.to_string()))]))
        .collect();
    Ok(Ok(done([("rows", Value::Rows(rows)), ("since", text(since_words(since)))])))
}

async fn loans(app: &Arc<App>, standing: &Arc<Standing>) -> Result<Told> {
    let day = app.clock().now().china_day();
    let known = knowledge::of(app, standing.tenant).await?;
    let mut rows = vec![];
    let mut since = i64::MIN;
    for loan in LOANS {
        let mut out = Row::new();
        for name in ["name", "for", "low", "high", "most", "months"] {
            let Some(found) = known.rows.at(&format!("loan.{loan}.{name}"), day) else {
                return Ok(out_of_date());
            };
            since = since.max(found.from);
            out.insert(name.to_owned(), text(found.value.to_string()));
        }
        rows.push(out);
    }
    Ok(Ok(done([("rows", Value::Rows(rows)), ("since", text(since_words(since)))])))
}

/// The fees of a transfer, in steps; with an amount what it costs.
async fn transfer_fee(app: &Arc<App>, standing: &Arc<Standing>, call: &Call) -> Result<Told> {
    let day = app.clock().now().china_day();
    let known = knowledge::of(app, standing.tenant).await?;
    let Some(found) = known.rows.group(TRANSFERS, day) else {
        return Ok(out_of_date());
    };
    let amount = arg(call, "amount").parse().ok().map(Fen::of).filter(|a| a.fen() > 0);
    let since = found.iter().map(|r| r.from).max().unwrap_or(day);
    let rows: Vec<Row> = found
        .iter()
        .filter_map(|r| match (&r.value, amount) {
            (RowValue::Tiers(tiers), Some(amount)) => {
                let fee = tiers.fee(amount);
                let free = fee == Fen::ZERO;
                Some((&r.name, if free { "不收".to_owned() } else { format!("{fee} 元") }))
            }
            (RowValue::Tiers(tiers), None) => Some((&r.name, tiers.to_string())),
            _ => None,
        })
        .map(|(name, value)| row([("name", text(name)), ("value", text(value))]))
        .collect();
    let of = amount.map(|a| format!(" {a} 元")).unwrap_or_default();
    let outputs =
        [("rows", Value::Rows(rows)), ("since", text(since_words(since))), ("of", text(of))];
    Ok(Ok(done(outputs)))
}
