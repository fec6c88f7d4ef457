//! What a customer may do with an order that stands: have it listed, paused and resumed, and be told of it the day before or not.
//!
//! *Invariant.* A paused order is never due. Paused and come due, or resumed twice, one of both wins; and what is resumed is what
//! was proved, from its next day on. Not for: making an order, its due days, its end ([`super::orders`]).

use super::holds;
use super::intent::Intent;
use super::notices;
use super::orders::{self, Kept, OrderId};
use super::when::{When, far_day_words};
use super::words;
use crate::app::App;
use crate::audit::{self, Actor};
use crate::followers::FollowerId;
use crate::vault::TenantKeys;
use base::{Fen, Refusal, Result, TenantId, Time};
use corebank::Day;
use db::{Scope, Tx, params};
use std::sync::Arc;

/// The state of an order that waits for its customer.
pub(super) const PAUSED: &str = "paused";
const LIVE: &str = "live";

const MISSING: Refusal = Refusal::missing("order.missing", "没有找到这一笔，什么都没有变");
const ONCE: Refusal = Refusal::conflict(
    "order.once",
    "没有停，到时候还会转。只转一次的不能暂停，不想转了说「撤销延时转账」",
);
const AGREED: Refusal = Refusal::conflict(
    "order.agreed",
    "没有停，到时候还会扣。自动代扣不能暂停，不要了说「停掉代扣」",
);
const GONE: Refusal = Refusal::conflict("order.gone", "这一笔已经完了，什么都没有变");
const STOPPED: Refusal = Refusal::conflict("order.paused", "这一笔早就停着了，没有扣钱");
const RUNS: Refusal = Refusal::conflict("order.runs", "这一笔没有停，到日子就转");
const ENDED: Refusal =
    Refusal::conflict("order.ended", "没有恢复，没有扣钱。它的最后一天已经过了，要转就再约一次");

/// Whether an order may still come due.
pub(super) fn stands(row: &Kept) -> bool {
    row.state == LIVE || row.state == PAUSED
}

/// How many due days of an order have come.
pub(super) fn come(tx: &Tx<'_>, id: OrderId) -> Result<i64> {
    tx.one(
        "SELECT COUNT(*) FROM payment_order_run WHERE tenant_id = $1 AND order_id = $2",
        params![tx.tenant(), id],
    )
}

pub(super) fn is_reminded(tx: &Tx<'_>, id: OrderId) -> Result<bool> {
    tx.one(
        "SELECT is_reminded FROM payment_order WHERE tenant_id = $1 AND id = $2",
        params![tx.tenant(), id],
    )
}

/// Which of a customer's orders are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    All,
    /// Those that repeat and go on.
    Going,
    Paused,
    /// Those that are told of the day before.
    Reminded,
}

/// An order as the chat lists it.
#[derive(Debug)]
pub struct Waiting {
    pub id: OrderId,
    pub when: String,
    pub to: String,
    pub amount: Fen,
    /// Of one that repeats, as a clause: ，下一次 12月5日，还有9次; ，停着. Of one whose money is set aside: ，钱已留出来.
    pub next: String,
}

/// What a customer has ordered and has not come due, the next one first.
pub async fn waiting(
    app: &Arc<App>,
    tenant: TenantId,
    customer: &str,
    which: Which,
) -> Result<Vec<Waiting>> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let customer = customer.to_owned();
    let unit = move |tx: &Tx<'_>| {
        let mut out = vec![];
        for (row, intent, when) in orders::kept(tx, &keys, &customer)? {
            let is_asked_for = match which {
                _ if intent.is_agreement() => false,
                Which::All => true,
                Which::Going => row.state == LIVE && when.is_repeated(),
                Which::Paused => row.state == PAUSED,
                Which::Reminded => is_reminded(tx, row.id)?,
            };
            if is_asked_for {
                let next = next_words(tx, &row, when)?;
                let (to, amount) = (words::whom(&intent), intent.amount);
                out.push(Waiting { id: row.id, when: when.words(), to, amount, next });
            }
        }
        Ok(out)
    };
    app.db.read(Scope::Tenant(tenant), unit).await
}

/// As a clause: ，下一次 12月5日，还有9次; ，停着.
fn next_words(tx: &Tx<'_>, row: &Kept, when: When) -> Result<String> {
    if row.state == PAUSED {
        return Ok("，停着".to_owned());
    }
    if !when.is_repeated() {
        return holds::clause(tx, row.id).map(str::to_owned);
    }
    let left = when.last(row.due()?, come(tx, row.id)?).map(|(_, left)| format!("，还有{left}次"));
    let day = far_day_words(row.due()?, tx.now());
    Ok(format!("，下一次 {day}{}", left.unwrap_or_default()))
}

/// What was changed, and of what is resumed its next day.
#[derive(Debug)]
pub struct Changed {
    pub what: String,
    pub next: String,
}

type By<'c> = (FollowerId, &'c str);

/// An order of that customer that is no agreement.
fn own(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    customer: &str,
    id: OrderId,
) -> Result<(Kept, Intent, When)> {
    let row = orders::by_id(tx, id)?.ok_or(MISSING)?;
    let (intent, when) = row.open(keys)?;
    if intent.customer != customer {
        return MISSING.into();
    }
    if intent.is_agreement() {
        return AGREED.into();
    }
    Ok((row, intent, when))
}

fn what(intent: &Intent, when: When) -> String {
    let (deed, to) = (intent.product.to(), words::whom(intent));
    format!("{} {deed}{to} {} 元", when.words(), intent.amount)
}

fn note(tx: &Tx<'_>, follower: FollowerId, deed: &'static str, id: OrderId) -> Result<()> {
    audit::note(tx, Actor::Follower(follower.raw()), deed, &id.to_string(), "done", "")
}

/// Stops an order that repeats until it is resumed.
pub fn pause(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (follower, customer): By<'_>,
    id: OrderId,
) -> Result<Changed> {
    let (row, intent, when) = own(tx, keys, customer, id)?;
    match row.state.as_str() {
        PAUSED => return STOPPED.into(),
        LIVE if !when.is_repeated() => return ONCE.into(),
        LIVE => {}
        _ => return GONE.into(),
    }
    if !orders::move_on(tx, &row, PAUSED, "customer", None)? {
        return GONE.into();
    }
    note(tx, follower, "order.pause", id)?;
    Ok(Changed { what: what(&intent, when), next: String::new() })
}

/// Lets a paused order go on from its next day; days that went by in between are not made up for.
pub fn resume(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (follower, customer): By<'_>,
    id: OrderId,
) -> Result<Changed> {
    let (row, intent, when) = own(tx, keys, customer, id)?;
    match row.state.as_str() {
        LIVE => return RUNS.into(),
        PAUSED => {}
        _ => return GONE.into(),
    }
    let next = after_runs(tx, &row, when)?.ok_or(ENDED)?;
    if !orders::move_on(tx, &row, LIVE, "", Some((next, when.at(next))))? {
        return GONE.into();
    }
    notices::set(tx, id, notices::at(&intent, when, next, tx.now()))?;
    note(tx, follower, "order.resume", id)?;
    let left = when.last(next, come(tx, id)?);
    let left = left
        .map(|(last, left)| format!("，还有{left}次，最后一次 {}", far_day_words(last, tx.now())));
    let next = format!("{}{}", far_day_words(next, tx.now()), left.unwrap_or_default());
    Ok(Changed { what: what(&intent, when), next })
}

/// The next due day from now on that has not been run.
fn after_runs(tx: &Tx<'_>, row: &Kept, when: When) -> Result<Option<Day>> {
    let Some(mut next) = when.first(tx.now()) else { return Ok(None) };
    let has_run = |day: Day| -> Result<bool> {
        let found: Option<i64> = tx.opt(
            "SELECT due_day FROM payment_order_run WHERE tenant_id = $1 AND order_id = $2 AND due_day = $3",
            params![tx.tenant(), row.id, day.number()],
        )?;
        Ok(found.is_some())
    };
    while has_run(next)? {
        match when.after(next, 0) {
            Some(day) => next = day,
            None => return Ok(None),
        }
    }
    Ok(Some(next))
}

/// No word is said any more the day before.
pub fn no_reminder(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (follower, customer): By<'_>,
    id: OrderId,
) -> Result<Changed> {
    let (row, intent, when) = own(tx, keys, customer, id)?;
    if !stands(&row) {
        return GONE.into();
    }
    tx.exec(
        "UPDATE payment_order SET is_reminded = FALSE WHERE tenant_id = $1 AND id = $2",
        params![tx.tenant(), id],
    )?;
    note(tx, follower, "order.no_reminder", id)?;
    Ok(Changed { what: what(&intent, when), next: String::new() })
}

/// When it is told of an order that is no agreement: the day before, unless that is over.
pub(super) fn told_at(when: When, due: Day, now: Time) -> Option<Time> {
    let at = when.at(due).plus_ms(-base::DAY_MS);
    (at > now).then_some(at)
}
