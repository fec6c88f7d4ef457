//! The payee book as the chat asks for it: who is in it, what they are called, out of it and back.

use super::{Doing, Reading, Told, Verb, count, declined, done, refused, row, text};
use crate::inbound::store::Recording;
use crate::payments::payees::{self, Listed, Owner};
use base::{Error, Result};
use db::Tx;
use dialogue::{Call, Outcome, Value};

/// More than a message shows.
const SHOWN: usize = 15;

pub(super) const VERBS: &[Verb] = &[
    ("payee.list", Doing::Read(|r, call| Box::pin(r.payee_list(call)))),
    ("payee.rename", Doing::Act(rename)),
    ("payee.remove", Doing::Act(remove)),
    ("payee.restore", Doing::Act(restore)),
];

impl Reading<'_> {
    async fn payee_list(&self, _: &Call) -> Result<Told> {
        let all = payees::listed(self.app, self.standing.tenant, &self.bound.customer).await?;
        let one = |p: &Listed| {
            let called = match p.called.is_empty() {
                true => String::new(),
                false => format!("，叫“{}”", p.called.join("”“")),
            };
            row([("who", text(&p.who)), ("called", text(called))])
        };
        let rows: Vec<_> = all.iter().take(SHOWN).map(one).collect();
        let more =
            if all.len() > SHOWN { format!("，最近的 {SHOWN} 个") } else { String::new() };
        Ok(Ok(done([
            ("count", count(all.len())),
            ("more", text(more)),
            ("rows", Value::Rows(rows)),
        ])))
    }
}

/// Does `change` to the customer's book, with the row it is about.
fn change(
    turn: &Recording,
    call: &Call,
    change: impl FnOnce(Owner<'_>, i64) -> Result<Outcome>,
) -> Result<Outcome> {
    let Some(bound) = &turn.standing.bound else {
        return Ok(refused("bind.missing", "您还没有绑定银行卡。"));
    };
    let said = call.args.get("payee").map(String::as_str).unwrap_or_default();
    // Nobody of the book has the number nought.
    let id = said.strip_prefix("book:").unwrap_or(said).parse().unwrap_or_default();
    match change(Owner { follower: turn.standing.id, customer: &bound.customer }, id) {
        Err(Error::Refused(no)) => Ok(declined(&no)),
        done => done,
    }
}

fn rename(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    let called = call.args.get("called").map(|c| c.trim()).unwrap_or_default();
    change(turn, call, |by, id| {
        let who = payees::rename(tx, &turn.keys, by, id, called)?;
        Ok(done([("who", text(who)), ("called", text(called))]))
    })
}

fn remove(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    change(turn, call, |by, id| {
        let who = payees::remove(tx, &turn.keys, by, id)?;
        Ok(done([("who", text(who)), ("id", text(id.to_string()))]))
    })
}

fn restore(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    change(turn, call, |by, id| Ok(done([("who", text(payees::restore(tx, &turn.keys, by, id)?))])))
}
