//! 转错账 as the chat asks for it: the last transfers, and what one of them becomes.

use super::{Doing, Outcome, Verb, count, declined, done, refused, row, text};
use crate::app::App;
use crate::cases::doubts;
use crate::followers::Standing;
use crate::inbound::store::Recording;
use crate::payments::{PaymentId, wrong};
use base::{Error, Result};
use db::Tx;
use dialogue::{Call, Value};
use std::sync::Arc;

pub(super) const VERBS: &[Verb] = &[
    ("pay.sent", Doing::Look(|app, standing, _| Box::pin(sent(app, standing)))),
    ("pay.wrong", Doing::Act(report)),
];

/// Of whom nothing may be shown there is nothing to choose from; what to do is told all the same.
async fn sent(app: &Arc<App>, standing: &Arc<Standing>) -> Result<super::Told> {
    let shown = standing.bound.as_ref().filter(|b| b.is_agreed && !b.is_frozen);
    let all = match shown {
        Some(bound) => wrong::lately(app, standing.tenant, &bound.customer).await?,
        None => vec![],
    };
    let id = |s: &wrong::Sent| s.id.raw().to_string();
    let only = if let [one] = &all[..] { id(one) } else { String::new() };
    let one = |s: &wrong::Sent| {
        row([
            ("id", text(id(s))),
            ("at", Value::Time(s.at)),
            ("to", text(&s.to)),
            ("amount", Value::Money(s.amount)),
        ])
    };
    let rows: Vec<_> = all.iter().map(one).collect();
    let n = count(rows.len());
    Ok(Ok(done([("count", n), ("only", text(only)), ("rows", Value::Rows(rows))])))
}

fn report(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    let Some(bound) = &turn.standing.bound else {
        return Ok(refused("bind.missing", "您还没有绑定银行卡。"));
    };
    let arg = |name: &str| call.args.get(name).map(String::as_str).unwrap_or_default();
    let id = PaymentId::of(arg("payment").parse().unwrap_or_default());
    let problem = match arg("problem") {
        "person" => "转错人",
        "amount" => "金额多了",
        "twice" => "重复转了",
        "fraud" => "怀疑被骗",
        _ => "",
    };
    let who = (turn.standing.id, bound.customer.as_str());
    let told = match wrong::report(tx, &turn.keys, who, id, problem) {
        Ok(told) => told,
        Err(Error::Refused(no)) => return Ok(declined(&no)),
        Err(fault) => return Err(fault),
    };
    let case = doubts::words(tx, &turn.keys, told.case)?;
    let first =
        if arg("problem") == "fraud" { "马上打 110 或 96110，卡先锁上。" } else { "" };
    Ok(done([("what", text(told.what)), ("case", text(case)), ("first", text(first))]))
}
