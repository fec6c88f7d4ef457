//! Money set aside for a transfer that leaves tomorrow (留款), where the core can hold: asked for when the order is kept, made
//! the payment of when it comes due, given back whenever that payment is not made.
//!
//! *Invariants.* A hold never fails its order: where there is none, the transfer is paid as any other. It is given back only when
//! no payment can be made out of it any more; what was asked without an answer is asked again under the same id, and given
//! back under an id of its own, which also refuses one that comes late. Not for: when an order is due; that is `orders`.

use super::engine::request_id;
use super::intent::Intent;
use super::orders::{OrderId, OrderRow};
use super::state::State;
use super::store::{self, Calling};
use super::when::When;
use super::{PaymentId, serial};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::jobs::Job;
use crate::plans::Plans;
use crate::vault::TenantKeys;
use crate::verbs::core_ctx;
use base::{DAY_MS, Error, Fen, Result, TenantId, Time};
use corebank::money::{Held, HoldAsk, HoldState, Money};
use corebank::{AccountRef, CoreError, Ctx, Day, Reject};
use db::{FromRow, Row, Scope, Tx, params};
use sm3::{Digest, Sm3};
use std::sync::Arc;

/// What leaves later than on the next day is not set aside: nobody wants money lying still for weeks.
const AHEAD_DAYS: i64 = 1;
/// How long after the due day's begin the core keeps it: an order is tried until its day is over.
const KEPT_MS: i64 = 2 * DAY_MS;
/// How long the core may take for one call.
const CALL_MS: i64 = 8_000;
/// Nobody else asks meanwhile.
const LEASE_MS: i64 = 15_000;
const WAITS_MS: [i64; 5] = [2_000, 5_000, 10_000, 30_000, 45_000];

/// After so many silences in a row somebody should look: a quarter of an hour or so.
const TRIES_ALARM: i64 = 8;
/// The version of a row that nobody has taken up: a call is committed with the next one.
const NEW: i64 = 1;

/// How a hold stands. The numbers are kept for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    /// It may be open at the core.
    Asked,
    Open,
    /// A payment is made out of it.
    Carried,
    /// To be given back; perhaps it is already.
    Freeing,
    Used,
    /// The core never had it.
    Refused,
    Freed,
}

use Stand::{Asked, Carried, Freed, Freeing, Open, Refused, Used};

const CODES: [(Stand, i64); 7] =
    [(Asked, 10), (Open, 20), (Carried, 30), (Freeing, 40), (Used, 60), (Refused, 61), (Freed, 62)];

impl Stand {
    fn code(self) -> i64 {
        CODES.iter().find(|(s, _)| *s == self).map_or(0, |(_, code)| *code)
    }
    fn of(code: i64) -> Option<Self> {
        CODES.iter().find(|(_, c)| *c == code).map(|(s, _)| *s)
    }
    /// It cannot be told yet whether there is money set aside.
    pub(super) const fn is_unsure(self) -> bool {
        matches!(self, Asked | Freeing)
    }
}

/// What happened to a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// The core has it open.
    Held,
    /// The core will not, for good.
    No,
    /// No answer, or none that can be read.
    Silent,
    /// A payment is sent out of it.
    Carry,
    /// That payment was made.
    Spent,
    /// Nobody needs it any more.
    Unwanted,
    /// The core has it no longer, and never will again.
    Gone,
}

/// Where a hold goes; none for what cannot happen to it.
const fn step(stand: Stand, event: Event) -> Option<Stand> {
    Some(match (stand, event) {
        (Asked, Event::Held) => Open,
        (Asked, Event::No) => Refused,
        (Asked, Event::Silent) => Asked,
        (Asked, Event::Gone) => Freed,
        (Open, Event::Carry) => Carried,
        (Carried, Event::Spent) => Used,
        (Asked | Open | Carried, Event::Unwanted) => Freeing,
        (Freeing, Event::Silent) => Freeing,
        (Freeing, Event::Gone) => Freed,
        _ => return None,
    })
}

/// A hold's row.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) id: OrderId,
    draft: PaymentId,
    pub(super) request_id: String,
    pub(super) stand: Stand,
    pub(super) why: String,
    version: i64,
    tries: i64,
    until: Time,
}

impl FromRow for Kept {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: r.next()?,
            draft: r.next()?,
            request_id: r.next()?,
            stand: {
                let code: i64 = r.next()?;
                Stand::of(code).ok_or_else(|| Error::fault(format!("no hold stands at {code}")))?
            },
            why: r.next()?,
            version: r.next()?,
            tries: r.next()?,
            until: r.next()?,
        })
    }
}

macro_rules! rows {
    ($rest:literal) => {
        concat!(
            "SELECT id, draft_id, request_id, state, why, version, tries, until_ms FROM payment_hold \
             WHERE tenant_id = $1 AND ",
            $rest
        )
    };
}

pub(super) fn of_order(tx: &Tx<'_>, id: OrderId) -> Result<Option<Kept>> {
    tx.opt(rows!("id = $2"), params![tx.tenant(), id])
}

/// The hold of the order that a draft became.
pub(super) fn of_draft(tx: &Tx<'_>, draft: PaymentId) -> Result<Option<Kept>> {
    tx.opt(rows!("draft_id = $2"), params![tx.tenant(), draft])
}

/// Whether money is set aside for such an order.
fn is_for(intent: &Intent, when: When, due: Day, today: Day) -> bool {
    !when.is_repeated() && !intent.is_agreement() && due.days_since(today) <= AHEAD_DAYS
}

/// Notes that money is to be set aside for an order, in the unit that keeps the order. The customer hears of both together, when
/// the core was asked once; false where nothing is set aside.
pub(super) fn want(
    tx: &Tx<'_>,
    order: OrderId,
    draft: PaymentId,
    intent: &Intent,
    due: Day,
) -> Result<bool> {
    let when = intent.when.ok_or_else(|| Error::fault("an order without a time"))?;
    if !is_for(intent, when, due, Day::at(tx.now())) {
        return Ok(false);
    }
    tx.exec(
        "INSERT INTO payment_hold (tenant_id, id, draft_id, request_id, state, why, version, tries, until_ms, made_at_ms, \
         since_ms, next_at_ms) VALUES ($1, $2, $3, $4, $5, '', $8, 0, $6, $7, $7, $7)",
        params![
            tx.tenant(),
            order,
            draft,
            request_id(&intent.serial, "H"),
            Asked.code(),
            due.start().plus_ms(KEPT_MS),
            tx.now(),
            NEW
        ],
    )?;
    Ok(true)
}

/// Moves a hold on from how it was read. False when somebody was faster, or it cannot be.
fn move_on(tx: &Tx<'_>, row: &Kept, event: Event, why: &str) -> Result<bool> {
    let Some(to) = step(row.stand, event) else { return Ok(false) };
    let is_stay = to == row.stand;
    let tries = if is_stay { row.tries + 1 } else { 0 };
    let next_at = match to {
        Freeing if !is_stay => Some(tx.now()),
        Asked | Freeing => {
            let at = usize::try_from(tries - 1).unwrap_or(0).min(WAITS_MS.len() - 1);
            Some(tx.now().plus_ms(WAITS_MS[at]))
        }
        Open | Carried | Used | Refused | Freed => None,
    };
    let is_moved = tx.exec_one(
        "UPDATE payment_hold SET state = $1, why = $2, version = version + 1, tries = $3, next_at_ms = $4, \
         since_ms = CASE WHEN state = $1 THEN since_ms ELSE $5 END WHERE tenant_id = $6 AND id = $7 AND version = $8",
        params![to.code(), why, tries, next_at, tx.now(), tx.tenant(), row.id, row.version],
    )?;
    if is_moved && !is_stay {
        let act = format!("hold.{}", to.code());
        audit::note(tx, Actor::House("holds"), &act, &row.id.to_string(), "done", why)?;
    }
    Ok(is_moved)
}

/// A payment is made out of the hold of its order, if it is open.
pub(super) fn carry(tx: &Tx<'_>, order: OrderId, payment: PaymentId) -> Result<()> {
    let Some(row) = of_order(tx, order)?.filter(|h| h.stand == Open) else { return Ok(()) };
    if !move_on(tx, &row, Event::Carry, "due")? {
        return Err(Error::fault("a hold changed hands within a unit"));
    }
    store::carry_hold(tx, payment, &row.request_id)
}

/// No payment is made of this order any more.
pub(super) fn release(tx: &Tx<'_>, order: OrderId, why: &str) -> Result<()> {
    match of_order(tx, order)? {
        Some(row) if matches!(row.stand, Asked | Open) => {
            // What nobody has asked for yet is not there, whether the core can hold or not.
            let is_asked = row.version > NEW;
            let event = if is_asked { Event::Unwanted } else { Event::Gone };
            move_on(tx, &row, event, why).map(|_| ())
        }
        _ => Ok(()),
    }
}

/// Where the payment that was made out of a hold has come to decides about the hold.
pub(super) fn after_payment(tx: &Tx<'_>, request_id: &str, to: State) -> Result<()> {
    let event = match to {
        State::Succeeded | State::Accepted => Event::Spent,
        State::Failed | State::Ended => Event::Unwanted,
        _ => return Ok(()),
    };
    let row: Option<Kept> = tx.opt(rows!("request_id = $2"), params![tx.tenant(), request_id])?;
    match row {
        Some(row) if row.stand == Carried => move_on(tx, &row, event, "payment").map(|_| ()),
        _ => Ok(()),
    }
}

pub(super) const PLANS: Plans = Plans {
    what: "hold",
    due: "SELECT tenant_id, id FROM payment_hold WHERE next_at_ms <= $1 ORDER BY next_at_ms LIMIT $2",
    is_due: "SELECT COUNT(*) FROM payment_hold WHERE tenant_id = $1 AND id = $2 AND next_at_ms <= $3",
    put_off: "UPDATE payment_hold SET next_at_ms = $1 WHERE tenant_id = $2 AND id = $3 AND next_at_ms <= $4",
};

/// Looks once at every hold that is due; how many could be looked at.
pub async fn run_due(app: &Arc<App>) -> Result<usize> {
    let each = |app: Arc<App>, tenant, id| async move { advance(&app, tenant, id).await };
    PLANS.run_due::<OrderRow, _>(app, each).await
}

/// What is said to the core of a hold.
#[derive(Debug, Clone)]
pub(super) struct Picked {
    pub(super) row: Kept,
    follower: i64,
    serial: String,
    channel_date: Day,
    ask: HoldAsk,
}

impl Picked {
    /// Where its call is kept: by the order's draft, and by how often the hold was moved.
    #[cfg(test)]
    pub(super) const fn call(&self) -> (PaymentId, i64) {
        (self.row.draft, self.row.version)
    }
}

/// Takes one hold as far as it goes now: picks it, asks the core, records the answer.
pub(crate) async fn advance(app: &Arc<App>, tenant: TenantId, id: OrderId) -> Result<()> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let can = app.core.money().is_some() && app.core.capabilities().holds;
    let unit = move |tx: &Tx<'_>| pick(tx, &keys, can, id);
    let Some(picked) = app.db.write(Scope::Tenant(tenant), unit).await? else { return Ok(()) };
    let Some(core) = app.core.money() else { return Ok(()) };
    let mut ctx = core_ctx(app, tenant, picked.follower);
    ctx.deadline = ctx.deadline.min(app.clock().now().plus_ms(CALL_MS));
    ctx.trace = format!("hold:{}", picked.row.id);
    let heard = speak(core, &mut ctx, &picked).await;
    app.db.write(Scope::Tenant(tenant), move |tx| apply(tx, &picked, heard)).await
}

/// Records what the core said, or did not say.
pub(super) fn apply(tx: &Tx<'_>, picked: &Picked, (event, why): Heard) -> Result<()> {
    store::end_call(tx, picked.row.draft, picked.row.version, why)?;
    settled(tx, &picked.row, event, why)
}

/// Records what came of a look. After the first one the customer hears of the order.
fn settled(tx: &Tx<'_>, row: &Kept, event: Event, why: &'static str) -> Result<()> {
    if !move_on(tx, row, event, why)? {
        return Ok(());
    }
    if event == Event::Silent && row.tries + 1 >= TRIES_ALARM {
        metrics::counter!("weiyin_holds_unsettled_total").increment(1);
        tracing::error!(order = %row.id, why, "the core does not say what became of money set aside");
    }
    if row.stand == Asked && row.tries == 0 {
        Job::TellPayment { payment: row.draft, state: State::Ended.code() }
            .enqueue(tx, tx.now())?;
    }
    Ok(())
}

/// The same right after an order was kept, so that the customer hears of it at once.
pub(super) async fn advance_draft(
    app: &Arc<App>,
    tenant: TenantId,
    draft: PaymentId,
) -> Result<()> {
    let unit = move |tx: &Tx<'_>| of_draft(tx, draft);
    match app.db.read(Scope::Tenant(tenant), unit).await? {
        Some(row) => advance(app, tenant, row.id).await,
        None => Ok(()),
    }
}

/// Takes a hold that is due, in one unit. `None` when there is nothing to say to the core.
pub(super) fn pick(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    can_hold: bool,
    id: OrderId,
) -> Result<Option<Picked>> {
    let is_due = PLANS.is_due(tx, id)?;
    let Some(row) = of_order(tx, id)?.filter(|_| is_due) else { return Ok(None) };
    if can_hold {
        return lease(tx, keys, &row);
    }
    // A core that can hold no more has not said what became of what it held.
    let event = if row.stand == Asked { Event::No } else { Event::Silent };
    settled(tx, &row, event, "unsupported")?;
    Ok(None)
}

/// Leases a hold for one call, whose row is committed before its first byte (I14).
fn lease(tx: &Tx<'_>, keys: &TenantKeys, row: &Kept) -> Result<Option<Picked>> {
    let until = tx.now().plus_ms(LEASE_MS);
    let is_mine = tx.exec_one(
        "UPDATE payment_hold SET version = version + 1, next_at_ms = $1 WHERE tenant_id = $2 AND id = $3 AND version = $4",
        params![until, tx.tenant(), row.id, row.version],
    )?;
    if !is_mine {
        return Ok(None);
    }
    let draft =
        store::by_id(tx, row.draft)?.ok_or_else(|| Error::fault("a hold's draft is gone"))?;
    let intent = draft.intent(keys)?;
    let row = Kept { version: row.version + 1, ..row.clone() };
    let amount = intent
        .amount
        .checked_add(intent.fee)
        .ok_or_else(|| Error::fault("a sum and its fee overflow"))?;
    let ask = HoldAsk {
        account: AccountRef::new(&intent.payer.number),
        amount,
        until: row.until,
        reason: format!("预约转账 {}", serial::short(&draft.serial)),
    };
    let (kind, id) = match row.stand {
        Asked => ("H", row.request_id.clone()),
        _ => ("V", request_id(&draft.serial, "V")),
    };
    let text =
        format!("{}|{}|{}|{}", ask.account.as_str(), amount.fen(), row.until.ms(), ask.reason);
    let call = Calling {
        id: row.draft,
        epoch: row.version,
        request_id: &id,
        kind,
        payload_hash: if kind == "H" { Sm3::digest(text) } else { Sm3::digest(&row.request_id) }
            .to_vec(),
        valid_until: until,
    };
    store::add_call(tx, &call)?;
    let channel_date = Day::of_number(draft.channel_date)
        .ok_or_else(|| Error::fault("a payment's date is no day"))?;
    let (follower, serial) = (draft.follower.raw(), draft.serial);
    Ok(Some(Picked { row, follower, serial, channel_date, ask }))
}

/// What came of a call, and as a word why.
pub(super) type Heard = (Event, &'static str);

/// Says it to the core, and what its answer means. Not within any unit.
pub(super) async fn speak(core: &dyn Money, ctx: &mut Ctx, picked: &Picked) -> Heard {
    ctx.channel = Some((picked.serial.clone(), picked.channel_date));
    ctx.account = Some(picked.ask.account.clone());
    if picked.row.stand == Asked {
        ctx.request_id = Some(picked.row.request_id.clone());
        return of_hold(&core.hold(ctx, &picked.ask).await);
    }
    ctx.request_id = Some(request_id(&picked.serial, "V"));
    of_void(&core.void(ctx, &picked.row.request_id).await)
}

fn of_hold(answer: &std::result::Result<Held, CoreError>) -> Heard {
    match answer {
        Ok(Held { state: HoldState::Open, .. }) => (Event::Held, "done"),
        Ok(_) => (Event::Gone, "ended"),
        Err(CoreError::Rejected(Reject::DayClosed { .. })) => (Event::Silent, "day_closed"),
        Err(CoreError::Rejected(Reject::InsufficientFunds)) => (Event::No, SHORT),
        // Something else stands under our id: it is ours to end, never to use.
        Err(CoreError::Rejected(Reject::PayloadMismatch)) => (Event::Unwanted, "mismatch"),
        Err(CoreError::Rejected(_)) => (Event::No, "refused"),
        Err(CoreError::NotSent(_)) => (Event::Silent, "not_sent"),
        Err(CoreError::Unknown(_)) => (Event::Silent, "unknown"),
    }
}

fn of_void(answer: &std::result::Result<Held, CoreError>) -> Heard {
    match answer {
        Ok(Held { state: HoldState::Open, .. }) => (Event::Silent, "open"),
        Ok(_) => (Event::Gone, "done"),
        // Not open, and never will be again.
        Err(CoreError::Rejected(Reject::NotFound)) => (Event::Gone, "not_found"),
        Err(CoreError::Rejected(_)) => (Event::Silent, "refused"),
        Err(CoreError::NotSent(_)) => (Event::Silent, "not_sent"),
        Err(CoreError::Unknown(_)) => (Event::Silent, "unknown"),
    }
}

/// Why the core would not: too little money.
pub(super) const SHORT: &str = "balance.short";

/// What a customer is told of the money of an order, behind when it leaves.
pub(super) fn words(held: Option<&Kept>, amount: Fen) -> String {
    match held {
        Some(h) if h.stand == Open => {
            format!("{amount} 元已经留出来，别处花不了；撤了马上放回来。")
        }
        Some(h) if h.stand == Refused && h.why == SHORT => {
            "现在账户里的钱不够，转之前请存够。".to_owned()
        }
        _ => "到时候账户里要有钱。".to_owned(),
    }
}

/// The same of a payment's row; nothing for one that is no order.
pub(super) async fn told(
    app: &Arc<App>,
    tenant: TenantId,
    row: &store::Kept,
    intent: &Intent,
) -> Result<String> {
    if row.why != super::words::ORDERED {
        return Ok(String::new());
    }
    let id = row.id;
    let held = app.db.read(Scope::Tenant(tenant), move |tx| of_draft(tx, id)).await?;
    let whole = intent.amount.checked_add(intent.fee).unwrap_or(intent.amount);
    Ok(words(held.as_ref(), whole))
}

/// The same in a list of orders.
pub(super) fn clause(tx: &Tx<'_>, order: OrderId) -> Result<&'static str> {
    Ok(if is_open(tx, order)? { "，钱已留出来" } else { "" })
}

/// Whether the money of an order is set aside.
pub(super) fn is_open(tx: &Tx<'_>, order: OrderId) -> Result<bool> {
    Ok(of_order(tx, order)?.is_some_and(|h| h.stand == Open))
}

/// What a due order waits for: the core's word on its hold.
pub(super) async fn settle(app: &Arc<App>, tenant: TenantId, id: OrderId) -> Result<Option<Stand>> {
    let look = move |tx: &Tx<'_>| of_order(tx, id);
    let scope = Scope::Tenant(tenant);
    let Some(row) = app.db.read(scope, look).await? else { return Ok(None) };
    if !row.stand.is_unsure() {
        return Ok(Some(row.stand));
    }
    advance(app, tenant, id).await?;
    Ok(app.db.read(scope, look).await?.map(|row| row.stand))
}
