//! Later transfers as the chat speaks of them: what is ordered, taken back, paused, resumed, and told of beforehand.

use super::{Doing, Reading, Told, Verb, count, declined, done, refused, row, text};
use crate::inbound::store::Recording;
use crate::payments::orders::{self, OrderId};
use crate::payments::standing::{self, Changed, Waiting, Which};
use base::{Error, Result};
use db::Tx;
use dialogue::{Call, Outcome, Value};

pub(super) const VERBS: &[Verb] = &[
    ("pay.orders", Doing::Read(|r, call| Box::pin(r.pay_orders(call)))),
    ("pay.cancel_order", Doing::Act(cancel)),
    ("pay.pause_order", Doing::Act(pause)),
    ("pay.resume_order", Doing::Act(resume)),
    ("pay.no_reminder", Doing::Act(no_reminder)),
];

impl Reading<'_> {
    async fn pay_orders(&self, call: &Call) -> Result<Told> {
        let which = match call.args.get("which").map(String::as_str) {
            Some("going") => Which::Going,
            Some("paused") => Which::Paused,
            Some("reminded") => Which::Reminded,
            _ => Which::All,
        };
        let (tenant, customer) = (self.standing.tenant, &self.bound.customer);
        let all = standing::waiting(self.app, tenant, customer, which).await?;
        let id = |o: &Waiting| o.id.raw().to_string();
        let only = if let [one] = &all[..] { id(one) } else { String::new() };
        let one = |o: &Waiting| {
            row([
                ("id", text(id(o))),
                ("when", text(&o.when)),
                ("to", text(&o.to)),
                ("amount", Value::Money(o.amount)),
                ("next", text(&o.next)),
            ])
        };
        let rows: Vec<_> = all.iter().map(one).collect();
        Ok(Ok(done([
            ("count", count(rows.len())),
            ("only", text(only)),
            ("rows", Value::Rows(rows)),
        ])))
    }
}

fn order(call: &Call) -> OrderId {
    let id = call.args.get("order").and_then(|id| id.parse().ok());
    OrderId::of(id.unwrap_or_default())
}

fn unbound() -> Outcome {
    refused("bind.missing", "您还没有绑定银行卡。")
}

fn cancel(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    let Some(bound) = &turn.standing.bound else { return Ok(unbound()) };
    let by = (turn.standing.id, bound.customer.as_str());
    match orders::cancel(tx, &turn.keys, by, order(call)) {
        Ok(was) => Ok(done([("what", text(was.what)), ("also", text(was.also))])),
        Err(Error::Refused(no)) => Ok(declined(&no)),
        Err(fault) => Err(fault),
    }
}

fn changed(found: Result<Changed>) -> Result<Outcome> {
    match found {
        Ok(was) => Ok(done([("what", text(was.what)), ("next", text(was.next))])),
        Err(Error::Refused(no)) => Ok(declined(&no)),
        Err(fault) => Err(fault),
    }
}

fn pause(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    let Some(bound) = &turn.standing.bound else { return Ok(unbound()) };
    changed(standing::pause(tx, &turn.keys, (turn.standing.id, &bound.customer), order(call)))
}

fn resume(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    let Some(bound) = &turn.standing.bound else { return Ok(unbound()) };
    changed(standing::resume(tx, &turn.keys, (turn.standing.id, &bound.customer), order(call)))
}

fn no_reminder(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    let Some(bound) = &turn.standing.bound else { return Ok(unbound()) };
    changed(standing::no_reminder(tx, &turn.keys, (turn.standing.id, &bound.customer), order(call)))
}
