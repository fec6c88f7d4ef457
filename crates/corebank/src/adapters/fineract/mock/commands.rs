//! What is done: each command in three steps, with the traps that come of them.

use super::books::{Account, Books, Command, HOLD, Key, Pending, RELEASE, Transfer, Tx};
use super::reply::Reply;
use super::server::{Asked, Back, end};
use super::{Trouble, World};
use crate::day::Day;
use base::{Fen, Time};
use serde_json::{Map, Value, json};

const MISSING: &str = "error.msg.saving.account.id.invalid";
const SHORT: &str = "error.msg.savingsaccount.transaction.insufficient.account.balance";

/// What is to be done with which body.
#[derive(Clone)]
pub(super) struct Order {
    action: &'static str,
    body: Map<String, Value>,
}

pub(super) async fn command(world: &World, tenant: &str, asked: &Asked) -> Back {
    let trouble = world.state().trouble(true, &asked.whole_path());
    if let Some(Trouble::LostRequest | Trouble::Page(_)) = trouble {
        return end(trouble, Reply { status: 0, body: String::new() });
    }
    let (action, entity) = match (asked.parts().as_slice(), asked.parameter("action")) {
        (["accounttransfers"], _) => ("CREATE", "ACCOUNTTRANSFER"),
        (["interoperation", "transfers"], Some("PREPARE")) => ("PREPARE", "INTERTRANSFER"),
        (["interoperation", "transfers"], Some("RELEASE")) => ("RELEASE", "INTERTRANSFER"),
        _ => return Back::Whole(Reply::missing("error.msg.command.unsupported")),
    };
    let name = asked.header("idempotency-key");
    if name.chars().count() > 50 {
        // The column is that wide; its error is nobody's envelope.
        return Back::Whole(Reply { status: 500, body: "Internal Server Error".into() });
    }
    let Ok(Value::Object(body)) = serde_json::from_str(&asked.body) else {
        return Back::Whole(Reply::no(400, "error.msg.invalid.request.body", "body"));
    };
    let key: Key = (action, entity, name.to_owned());
    let order = Order { action, body };
    let known = with(world, tenant, |books| {
        let under_way = Command::UnderWay { request: asked.body.clone() };
        match books.commands.get(&key) {
            None => {
                books.commands.insert(key.clone(), under_way);
                None
            }
            known => known.cloned(),
        }
    });
    match known {
        // The body is the request.
        Some(Command::UnderWay { request }) => {
            return Back::Again(Reply { status: 425, body: request });
        }
        Some(Command::Done { status, body }) => return Back::Again(Reply { status, body }),
        None => {}
    }
    // Between the first step and the second others come.
    for _ in 0..world.random.below(8) {
        tokio::task::yield_now().await;
    }
    let now = world.clock.now();
    let reply = with(world, tenant, |books| run(books, key, order, trouble, now));
    end(trouble, reply)
}

fn with<T>(world: &World, tenant: &str, work: impl FnOnce(&mut Books) -> T) -> T {
    work(world.state().tenants.entry(tenant.to_owned()).or_default())
}

/// The second step and the third.
fn run(books: &mut Books, key: Key, order: Order, trouble: Option<Trouble>, now: Time) -> Reply {
    let reply = match trouble {
        Some(Trouble::Slow) => {
            books.pending.push(Pending { key, order });
            return Reply { status: 0, body: String::new() };
        }
        Some(Trouble::Conflict) => Reply::no(409, "error.msg.platform.optimistic.lock", "id"),
        Some(Trouble::Approval) => Reply::ok(&json!({ "commandId": 5 })),
        _ => books.carry_out(&order, Day::at(now), trouble == Some(Trouble::Skewed)),
    };
    if trouble != Some(Trouble::Crash) {
        let kept = Command::Done { status: reply.status, body: reply.body.clone() };
        books.commands.insert(key, kept);
    }
    reply
}

/// Ends what was under way for long.
pub(super) fn finish(books: &mut Books, now: Time) {
    for Pending { key, order } in std::mem::take(&mut books.pending) {
        run(books, key, order, None, now);
    }
}

const TRANSFER_FIELDS: [&str; 13] = [
    "fromOfficeId",
    "fromClientId",
    "fromAccountType",
    "fromAccountId",
    "toOfficeId",
    "toClientId",
    "toAccountType",
    "toAccountId",
    "dateFormat",
    "locale",
    "transferDate",
    "transferAmount",
    "transferDescription",
];

/// What is wrong with an account as one end of a transfer.
fn barred(account: &Account, is_payer: bool) -> Option<&'static str> {
    match (account.terms.is_closed, account.terms.sub_status, is_payer) {
        (true, ..) => Some("error.msg.savingsaccount.transaction.account.is.not.active"),
        (_, 400, _) => Some("error.msg.saving.account.blocked.transaction.not.allowed"),
        (_, 500, false) => Some("error.msg.savings.account.credit.transaction.not.allowed"),
        (_, 600, true) => Some("error.msg.savings.account.debit.transaction.not.allowed"),
        _ => None,
    }
}

fn amount_of(value: Option<&Value>) -> Option<i64> {
    let text = value?.as_str()?;
    Fen::parse_yuan(text).ok().map(Fen::fen).filter(|fen| *fen > 0)
}

impl Books {
    fn carry_out(&mut self, order: &Order, today: Day, is_skewed: bool) -> Reply {
        let done = match order.action {
            "CREATE" => self.create(&order.body, today, is_skewed),
            "PREPARE" => self.prepare(&order.body, today),
            _ => self.release(&order.body, today),
        };
        done.unwrap_or_else(|refused| refused)
    }

    fn create(
        &mut self,
        body: &Map<String, Value>,
        today: Day,
        is_skewed: bool,
    ) -> Result<Reply, Reply> {
        let invalid = |code, field: &str| Reply::no(400, code, field);
        if let Some(field) = body.keys().find(|k| !TRANSFER_FIELDS.contains(&k.as_str())) {
            return Err(invalid("error.msg.parameter.unsupported", field));
        }
        if let Some(field) = TRANSFER_FIELDS.into_iter().find(|f| !body.contains_key(*f)) {
            return Err(invalid("validation.msg.accounttransfer.cannot.be.blank", field));
        }
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let description = text("transferDescription");
        if !(1..=200).contains(&description.chars().count()) {
            return Err(invalid(
                "validation.msg.accounttransfer.exceeds.max.length",
                "transferDescription",
            ));
        }
        let amount = amount_of(body.get("transferAmount")).ok_or_else(|| {
            invalid("validation.msg.accounttransfer.not.greater.than.zero", "transferAmount")
        })?;
        let date = text("transferDate").parse::<Day>().ok().filter(|d| *d <= today);
        let date =
            date.ok_or_else(|| invalid("validation.msg.accounttransfer.future", "transferDate"))?;
        let end = |field: &str, client: &str| {
            let id = body.get(field).and_then(Value::as_i64)?;
            let owner = body.get(client).and_then(Value::as_i64)?;
            self.account(id).filter(|a| a.client == owner)
        };
        let missing = || Reply::missing(MISSING);
        let payer = end("fromAccountId", "fromClientId").ok_or_else(missing)?;
        let payee = end("toAccountId", "toClientId").ok_or_else(missing)?;
        if let Some(code) = barred(payer, true).or_else(|| barred(payee, false)) {
            return Err(Reply::no(403, code, "id"));
        }
        let amount = amount + i64::from(is_skewed);
        if self.available(payer.id) < amount {
            return Err(Reply::no(403, SHORT, "id"));
        }
        let (from, to, description) = (payer.id, payee.id, description.to_owned());
        let new = Transfer { id: 0, details: 0, from, to, amount, date, description };
        let details = self.transfer(new);
        Ok(Reply::ok(&json!({ "savingsId": from, "resourceId": details })))
    }

    /// Account, code and amount of an interoperation transfer of a payer's.
    fn interop<'a>(&self, body: &'a Map<String, Value>) -> Result<(i64, &'a str, i64), Reply> {
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let (Some(number), Some(code)) = (text("accountId"), text("transferCode")) else {
            return Err(Reply::no(
                400,
                "validation.msg.interoperation.cannot.be.blank",
                "accountId",
            ));
        };
        let money = body.get("amount").and_then(Value::as_object);
        let amount = amount_of(money.and_then(|m| m.get("amount"))).ok_or_else(|| {
            Reply::no(400, "validation.msg.interoperation.not.greater.than.zero", "amount")
        })?;
        let account = self.by_number(number).ok_or_else(|| Reply::missing(MISSING))?;
        if barred(account, true).is_some() {
            return Err(Reply::no(403, "error.msg.interop.transaction.not.allowed", "id"));
        }
        Ok((account.id, code, amount))
    }

    fn prepare(&mut self, body: &Map<String, Value>, today: Day) -> Result<Reply, Reply> {
        let (account, code, amount) = self.interop(body)?;
        // In this order: a repeated one is told that money is short.
        if self.available(account) < amount {
            return Err(Reply::no(403, SHORT, "id"));
        }
        if self.hold(account, code).is_some() {
            // Swapped: it is on hold, not committed.
            return Err(Reply::no(403, "error.msg.interop.transfer.already.committed", "id"));
        }
        let receipt = Some(code.to_owned());
        self.add(Tx { kind: HOLD, receipt, ..Tx::of(account, today, amount) });
        Ok(accepted(code))
    }

    fn release(&mut self, body: &Map<String, Value>, today: Day) -> Result<Reply, Reply> {
        let (account, code, _) = self.interop(body)?;
        let missing = || Reply::missing("error.msg.interop.onhold.transfer.missing");
        let hold =
            self.hold(account, code).filter(|tx| tx.release.is_none()).ok_or_else(missing)?;
        let (id, amount) = (hold.id, hold.amount);
        let released = self.add(Tx { kind: RELEASE, ..Tx::of(account, today, amount) });
        if let Some(hold) = self.txs.iter_mut().find(|tx| tx.id == id) {
            hold.release = Some(released);
        }
        Ok(accepted(code))
    }
}

fn accepted(code: &str) -> Reply {
    Reply::ok(&json!({ "transactionCode": code, "state": "ACCEPTED", "transferCode": code }))
}
