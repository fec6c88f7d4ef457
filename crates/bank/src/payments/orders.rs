//! Transfers at a later time (预约转账): proved once for payee, sum and time, and made a payment of when they come due. An order
//! for a household's bills is an agreement (自动代扣): its sum is a limit, and what is owed is paid ([`super::agreements`]).
//!
//! *Invariants.* One payment for an order and a due day, whatever dies in between: order, run and payment change in one unit,
//! and the run's key is (order, due day). Cancelled or run, one of both wins. What is paid is what was proved, and costs no
//! more than was shown. Not for: moving money; what is made here is a payment like any other.

use super::agreements::{self, Signed, Unpaid};
use super::draft::{self, Payer, Ready};
use super::due::{self, Came};
use super::holds;
use super::intent::{Intent, Product};
use super::notices;
use super::rules::Rules;
use super::standing;
use super::state::{Event, State, step};
use super::store::{self, Along, New};
use super::when::{When, day_words};
use super::{PaymentId, engine, words};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::bills;
use crate::charity::cash;
use crate::followers::{self, FollowerId};
use crate::jobs::Job;
use crate::plans::Plans;
use crate::vault::{Place, TenantKeys};
use base::{DAY_MS, Error, Fen, Id, Named, Refusal, Result, TenantId, Time};
use corebank::Day;
use db::{FromRow, Row, Scope, Tx, params};
use std::sync::Arc;

#[derive(Debug)]
pub enum OrderRow {}
impl Named for OrderRow {
    const PREFIX: &'static str = "ord";
}
pub type OrderId = Id<OrderRow>;

const ORDER: &str = "payment_order.order";
/// Live orders of one customer.
const MOST: usize = 20;
/// A core that is silent or shut is asked again after this time, the same day.
pub(super) const RETRY_MS: i64 = 10 * 60_000;

const PAST: Refusal =
    Refusal::invalid("order.past", "没有约，没有扣钱。这个时间已经过了，或者太远了");
const SAME: Refusal = Refusal::conflict("order.same", "没有再约，没有扣钱。同样的一笔已经约好了");
const SIGNED: Refusal = Refusal::conflict("order.same", "没有再签，没有扣钱。同样的代扣已经签好了");
const TOO_MANY: Refusal =
    Refusal::conflict("order.too_many", "没有约，没有扣钱。约好的太多了，先撤掉几笔");
const MISSING: Refusal = Refusal::missing("order.missing", "没有找到这一笔，没有撤");
const GONE: Refusal = Refusal::conflict("order.gone", "这一笔撤不了了");

/// An order's row.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) id: OrderId,
    pub(super) follower: FollowerId,
    binding: i64,
    draft: PaymentId,
    pub(super) state: String,
    why: String,
    version: i64,
    sealed: Vec<u8>,
    pub(super) due_day: i64,
    tries: i64,
}

impl FromRow for Kept {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: r.next()?,
            follower: r.next()?,
            binding: r.next()?,
            draft: r.next()?,
            state: r.next()?,
            why: r.next()?,
            version: r.next()?,
            sealed: r.next()?,
            due_day: r.next()?,
            tries: r.next()?,
        })
    }
}

impl Kept {
    pub(super) fn open(&self, keys: &TenantKeys) -> Result<(Intent, When)> {
        let intent: Intent = keys.open_json(Place::new(ORDER, self.id.raw()), &self.sealed)?;
        let when = intent.when.ok_or_else(|| Error::fault("an order without a time"))?;
        Ok((intent, when))
    }
    pub(super) fn due(&self) -> Result<Day> {
        Day::of_number(self.due_day).ok_or_else(|| Error::fault("an order's due day is no day"))
    }
}

pub(super) fn by_id(tx: &Tx<'_>, id: OrderId) -> Result<Option<Kept>> {
    tx.opt(
        "SELECT id, follower_id, binding_id, draft_id, state, why, version, order_sealed, due_day, tries \
         FROM payment_order WHERE tenant_id = $1 AND id = $2",
        params![tx.tenant(), id],
    )
}

/// A customer's live orders, whichever binding they made them by; the next one first.
fn live(tx: &Tx<'_>, keys: &TenantKeys, customer: &str) -> Result<Vec<(Kept, Intent, When)>> {
    let mut all = kept(tx, keys, customer)?;
    all.retain(|(row, ..)| row.state == "live");
    Ok(all)
}

/// The same with those that are paused.
pub(super) fn kept(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    customer: &str,
) -> Result<Vec<(Kept, Intent, When)>> {
    let mut found = vec![];
    for index in keys.blind("customer", customer).all() {
        let rows: Vec<Kept> = tx.all(
            "SELECT o.id, o.follower_id, o.binding_id, o.draft_id, o.state, o.why, o.version, o.order_sealed, o.due_day, o.tries \
             FROM binding b CROSS JOIN payment_order o \
             WHERE o.tenant_id = b.tenant_id AND o.binding_id = b.id AND b.tenant_id = $1 AND b.customer_index = $2 AND o.state IN ('live', 'paused')",
            params![tx.tenant(), index],
        )?;
        for row in rows {
            let (intent, when) = row.open(keys)?;
            found.push((row, intent, when));
        }
    }
    found.sort_by_key(|(row, _, when)| (row.due_day, when.minute, row.id));
    Ok(found)
}

/// What a customer has planned for a day already.
pub(super) fn planned_on(tx: &Tx<'_>, keys: &TenantKeys, customer: &str, day: Day) -> Result<Fen> {
    let of_day = |(row, intent, _): (Kept, Intent, When)| {
        (row.due_day == day.number() && !intent.to.is_own).then_some(intent.amount)
    };
    let all = live(tx, keys, customer)?.into_iter().filter_map(of_day);
    let sum = all.map(Fen::fen).try_fold(0_i64, i64::checked_add);
    sum.map(Fen::of).ok_or_else(|| Error::fault("a day's plans overflow"))
}

/// Whether something is still to be paid to a row of the payee book.
pub(super) fn has_to(tx: &Tx<'_>, keys: &TenantKeys, customer: &str, book: i64) -> Result<bool> {
    Ok(kept(tx, keys, customer)?.iter().any(|(_, intent, _)| intent.to.book == Some(book)))
}

/// The first due day of what is about to be ordered, if it may be.
pub(super) fn may_add(tx: &Tx<'_>, keys: &TenantKeys, intent: &Intent, when: When) -> Result<Day> {
    let first = when.first(tx.now()).ok_or(PAST)?;
    let all = kept(tx, keys, &intent.customer)?;
    if all.len() >= MOST {
        return TOO_MANY.into();
    }
    let is_same = |other: &Intent| {
        other.product == intent.product
            && (!intent.is_autopay() || other.purpose == intent.purpose)
            && other.payee_key() == intent.payee_key()
            && (other.amount, &other.payer.id, other.when)
                == (intent.amount, &intent.payer.id, intent.when)
    };
    if all.iter().any(|(_, other, _)| is_same(other)) {
        return if intent.is_agreement() { SIGNED.into() } else { SAME.into() };
    }
    Ok(first)
}

/// Keeps an order whose draft was proved, in the unit that spends the proofs. Whether money is to be set aside for it.
pub(super) fn make(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    draft: &store::Kept,
    intent: &Intent,
    binding: i64,
) -> Result<bool> {
    let when = intent.when.ok_or_else(|| Error::fault("an order without a time"))?;
    let first = may_add(tx, keys, intent, when)?;
    if intent.is_agreement() {
        replace(tx, keys, intent)?;
    }
    let id: OrderId = tx.new_id();
    let sealed = keys.seal_json(Place::new(ORDER, id.raw()), intent)?;
    tx.exec(
        "INSERT INTO payment_order (tenant_id, id, follower_id, binding_id, draft_id, state, why, version, order_sealed, amount_fen, \
         due_day, next_at_ms, made_at_ms, notice_at_ms) VALUES ($1, $2, $3, $4, $5, 'live', '', 1, $6, $7, $8, $9, $10, $11)",
        params![
            tx.tenant(),
            id,
            draft.follower,
            binding,
            draft.id,
            sealed,
            intent.amount,
            first.number(),
            when.at(first),
            tx.now(),
            notices::at(intent, when, first, tx.now())
        ],
    )?;
    let is_held = holds::want(tx, id, draft.id, intent, first)?;
    let by = Actor::Follower(draft.follower.raw());
    audit::note(tx, by, "order.make", &id.to_string(), "done", &draft.id.to_string())?;
    Ok(is_held)
}

/// A household, or a card, has one agreement: the newest.
fn replace(tx: &Tx<'_>, keys: &TenantKeys, newer: &Intent) -> Result<()> {
    for (row, older, _) in live(tx, keys, &newer.customer)? {
        let is_of_it = older.product == newer.product && older.payee_key() == newer.payee_key();
        if older.is_agreement() && is_of_it {
            move_on(tx, &row, "cancelled", "replaced", None)?;
        }
    }
    Ok(())
}

/// Moves an order on from how it was read: to its next due day, or to its end. False when somebody was faster.
pub(super) fn move_on(
    tx: &Tx<'_>,
    row: &Kept,
    state: &str,
    why: &str,
    next: Option<(Day, Time)>,
) -> Result<bool> {
    tx.exec_one(
        "UPDATE payment_order SET state = $1, why = $2, due_day = $3, next_at_ms = $4, ended_at_ms = $5, notice_at_ms = NULL, \
         version = version + 1 \
         WHERE tenant_id = $6 AND id = $7 AND version = $8 AND state = $9",
        params![
            state,
            why,
            next.map_or(row.due_day, |(day, _)| day.number()),
            next.map(|(_, at)| at),
            (next.is_none() && state != standing::PAUSED).then(|| tx.now()),
            tx.tenant(),
            row.id,
            row.version,
            &row.state
        ],
    )
}

pub(super) const PLANS: Plans = Plans {
    what: "order",
    due: "SELECT tenant_id, id FROM payment_order WHERE next_at_ms <= $1 ORDER BY next_at_ms LIMIT $2",
    is_due: "SELECT COUNT(*) FROM payment_order WHERE tenant_id = $1 AND id = $2 AND next_at_ms <= $3",
    put_off: "UPDATE payment_order SET next_at_ms = $1 WHERE tenant_id = $2 AND id = $3 AND next_at_ms <= $4",
};

/// Looks once at every order that is due; how many could be looked at.
pub async fn run_due(app: &Arc<App>) -> Result<usize> {
    PLANS.run_due(app, |app, tenant, id| async move { come_due(&app, tenant, id).await }).await
}

/// An order's row, if it is still due.
pub(super) fn due(tx: &Tx<'_>, id: OrderId) -> Result<Option<Kept>> {
    let is_due = PLANS.is_due(tx, id)?;
    #[cfg(all(test, feature = "planted"))]
    let is_due = is_due || super::sim::is_planted("next_day_at_once");
    Ok(by_id(tx, id)?.filter(|r| is_due && r.state == "live"))
}

pub(crate) async fn come_due(app: &Arc<App>, tenant: TenantId, id: OrderId) -> Result<()> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let (unit_keys, behind) = (keys.clone(), app.behind.clone());
    let unit = move |tx: &Tx<'_>| {
        let Some(row) = due(tx, id)? else { return Ok(None) };
        let found = followers::store::by_id(tx, row.follower)?;
        let bound = found.map(|f| f.open(&unit_keys, &behind)).transpose()?.and_then(|s| s.bound);
        let (intent, when) = row.open(&unit_keys)?;
        let home = bills::of_payment(tx, &unit_keys, row.draft)?;
        let gift = cash::of(tx, row.draft.raw())?;
        Ok(Some((row, intent, when, bound, (home, gift))))
    };
    let Some((row, intent, when, bound, (home, gift))) =
        app.db.read(Scope::Tenant(tenant), unit).await?
    else {
        return Ok(());
    };
    let (due_day, today) = (row.due()?, Day::at(app.clock().now()));
    // An agreement ends with its binding.
    let is_theirs = |b: &Arc<followers::Bound>| {
        b.customer == intent.customer && (!intent.is_agreement() || b.binding.raw() == row.binding)
    };
    let came = match bound.filter(is_theirs) {
        _ if due_day < today => Came::No("missed"),
        // A project that takes no more ends what was given to it each month.
        _ if gift.as_ref().is_some_and(|g| !cash::is_open(app, tenant, g)) => {
            Came::Over("charity.closed")
        }
        None => Came::Over("unbound"),
        Some(bound) if bound.is_frozen => Came::No("frozen"),
        Some(bound) if !bound.is_agreed => Came::No("agreement"),
        Some(bound) => {
            let by = Payer { tenant, follower: row.follower, bound, session: None };
            match holds::settle(app, tenant, id).await? {
                Some(stand) if stand.is_unsure() => Came::Later,
                held => due::settle(app, &by, &intent, (home.as_ref(), held)).await?,
            }
        }
    };
    if matches!(came, Came::Later) {
        return PLANS.put_off(app, tenant, id, RETRY_MS).await;
    }
    let rules = app.config.payments;
    let unit = move |tx: &Tx<'_>| run(tx, &keys, &rules, &row, (&intent, when), &came);
    if let Some(payment) = app.db.write(Scope::Tenant(tenant), unit).await? {
        app.payments.call();
        engine::advance(app, tenant, payment).await?;
    }
    Ok(())
}

/// One due day of an order, all of it or nothing. The payment that was made of it.
pub(super) fn run(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    rules: &Rules,
    row: &Kept,
    (order, when): (&Intent, When),
    came: &Came,
) -> Result<Option<PaymentId>> {
    let due = row.due()?;
    let is_again = is_again(row, order, came);
    let next = if is_again {
        Some(due.plus_days(1))
    } else {
        when.after(due, standing::come(tx, row.id)? + 1)
    };
    let next = next.map(|day| (day, when.at(day)));
    let (state, why, next) = match (came, next) {
        (Came::Over(why), _) => ("over", *why, None),
        (_, None) => ("done", "", None),
        (_, next) => ("live", "", next),
    };
    if !move_on(tx, row, state, why, next)? {
        return Ok(None);
    }
    // Of a day that is tried again, what went before it was told.
    let ahead = next.filter(|_| !is_again);
    let notice = ahead.and_then(|(day, _)| notices::at(order, when, day, tx.now()));
    tx.exec(
        "UPDATE payment_order SET tries = $1, notice_at_ms = $2 WHERE tenant_id = $3 AND id = $4",
        params![if is_again { row.tries + 1 } else { 0 }, notice, tx.tenant(), row.id],
    )?;
    let paid = match came {
        Came::Ready(by, ready) => pay(tx, keys, rules, by, ready, row)?,
        Came::No(code) | Came::Over(code) | Came::Owes(code, _) => Err(*code),
        Came::Later => return Err(Error::fault("an order that waits was run")),
    };
    let owed = match came {
        Came::Owes(_, owed) => Some(*owed),
        Came::Ready(_, ready) if order.is_agreement() => Some(ready.amount),
        _ => None,
    };
    let (payment, outcome) = match paid {
        Ok(id) => (Some(id), ""),
        Err(code) => (None, code),
    };
    match payment {
        Some(payment) => holds::carry(tx, row.id, payment)?,
        None if state != "live" => holds::release(tx, row.id, outcome)?,
        None => {}
    }
    tx.exec(
        "INSERT INTO payment_order_run (tenant_id, order_id, due_day, payment_id, outcome, at_ms, owed_fen) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![tx.tenant(), row.id, due.number(), payment, outcome, tx.now(), owed],
    )?;
    let (told, detail) = match payment {
        Some(id) => ("done", id.to_string()),
        None => ("refused", outcome.to_owned()),
    };
    audit::note(tx, Actor::House("orders"), "order.due", &row.id.to_string(), told, &detail)?;
    if payment.is_none() && !agreements::is_quiet(outcome) {
        Job::TellOrder { order: row.id, due: due.number() }.enqueue(tx, tx.now())?;
    }
    Ok(payment)
}

/// Whether too little money for a bill is looked for again the day after.
fn is_again(row: &Kept, order: &Intent, came: &Came) -> bool {
    let is_short = matches!(came, Came::Owes(code, _) if *code == draft::SHORT.code);
    order.is_agreement() && row.tries < agreements::AGAIN_MAX && is_short
}

/// Makes the payment, proved when it was ordered; or why the limits of today do not let it.
fn pay(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    rules: &Rules,
    by: &Payer,
    ready: &Ready,
    order: &Kept,
) -> Result<std::result::Result<PaymentId, &'static str>> {
    let customer = &by.bound.customer;
    if let Some(home) = &ready.home
        && let Some(code) = agreements::in_the_way(tx, keys, customer, home)?
    {
        return Ok(Err(code));
    }
    let id: PaymentId = tx.new_id();
    let frozen = draft::freeze(tx, by, ready, id);
    let intent = Intent { order: Some(order.id.raw()), ..frozen };
    let since = tx.now().plus_ms(-DAY_MS);
    let equal = store::equal(tx, keys, &intent, since, None)?;
    if intent.product == Product::CardRepayment && equal.is_some_and(|(_, s)| s.is_under_way()) {
        return Ok(Err(agreements::PAYING));
    }
    match draft::judge(tx, keys, rules, by, &intent, None) {
        Ok(_) => {}
        Err(Error::Refused(no)) => return Ok(Err(no.code)),
        Err(fault) => return Err(fault),
    }
    let today = Day::at(tx.now());
    let binding = by.bound.binding.raw();
    let new = New { id, follower: by.follower, binding, intent: &intent, channel_date: today };
    store::add(tx, keys, &new)?;
    if let Some(home) = &ready.home {
        bills::keep(tx, keys, id, binding, home)?;
    }
    cash::carry(tx, order.draft.raw(), id.raw())?;
    let counted_on = (!intent.to.is_own).then_some(today);
    for event in [Event::Asked, Event::Proved] {
        let row = store::by_id(tx, id)?.ok_or(super::NO_PAYMENT)?;
        let step = step(&row.standing(), event, tx.now())?;
        let counted_on = counted_on.filter(|_| step.to == State::Authorised);
        let along = Along { counted_on, by: Some(Actor::House("orders")), ..Along::default() };
        store::move_on(tx, keys, &row, step, &along)?;
    }
    Ok(Ok(id))
}

/// A live order as a notice of it must know.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) follower: FollowerId,
    pub(super) binding: i64,
    pub(super) intent: Intent,
    pub(super) due: Day,
    /// Told of the day before, where it is no agreement.
    pub(super) is_reminded: bool,
    /// Its money is set aside.
    pub(super) is_held: bool,
    pub(super) home: Option<bills::Home>,
}

pub(super) fn seen(tx: &Tx<'_>, keys: &TenantKeys, id: OrderId) -> Result<Option<Seen>> {
    let Some(row) = by_id(tx, id)?.filter(|r| r.state == "live") else { return Ok(None) };
    let (follower, binding, due) = (row.follower, row.binding, row.due()?);
    let home = bills::of_payment(tx, keys, row.draft)?;
    let is_reminded = standing::is_reminded(tx, id)?;
    let is_held = holds::is_open(tx, id)?;
    let intent = row.open(keys)?.0;
    Ok(Some(Seen { follower, binding, intent, due, is_reminded, is_held, home }))
}

/// What a customer has signed with the binding of now, the next one first.
pub fn signed(tx: &Tx<'_>, keys: &TenantKeys, bound: &followers::Bound) -> Result<Vec<Signed>> {
    let mine = |(row, intent, _): &(Kept, Intent, When)| {
        intent.is_agreement() && row.binding == bound.binding.raw()
    };
    let one =
        |(row, intent, when): (Kept, Intent, When)| Signed::of(row.id, &intent, (when, row.due()?));
    live(tx, keys, &bound.customer)?.into_iter().filter(mine).map(one).collect()
}

/// What was taken back, and what of it could not be any more.
#[derive(Debug)]
pub struct Cancelled {
    pub what: String,
    pub also: String,
}

/// Takes an order back. Whoever comes after its time hears what became of it.
pub fn cancel(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (follower, customer): (FollowerId, &str),
    id: OrderId,
) -> Result<Cancelled> {
    let row = by_id(tx, id)?.ok_or(MISSING)?;
    let (intent, when) = row.open(keys)?;
    if intent.customer != customer {
        return MISSING.into();
    }
    let last = last_run(tx, id)?;
    if !standing::stands(&row) || !move_on(tx, &row, "cancelled", "customer", None)? {
        let words = gone(tx, keys, &row, last)?;
        return GONE.say(words).into();
    }
    let by = Actor::Follower(follower.raw());
    holds::release(tx, id, "cancelled")?;
    audit::note(tx, by, "order.cancel", &id.to_string(), "done", "")?;
    let is_lately = |at: Time| tx.now().since(at) < DAY_MS;
    let also = match last {
        Some((day, Some(_), at)) if is_lately(at) => {
            format!("{}那笔已经送去办了，撤不了。", day_words(day))
        }
        _ => String::new(),
    };
    let what = if intent.is_agreement() {
        agreements::called(&intent)
    } else {
        format!("{} 转给{}的 {} 元", when.words(), words::whom(&intent), intent.amount)
    };
    Ok(Cancelled { what, also })
}

type Run = (Day, Option<PaymentId>, Time);

fn last_run(tx: &Tx<'_>, id: OrderId) -> Result<Option<Run>> {
    let found: Option<(i64, Option<PaymentId>, Time)> = tx.opt(
        "SELECT due_day, payment_id, at_ms FROM payment_order_run WHERE tenant_id = $1 AND order_id = $2 ORDER BY due_day DESC LIMIT 1",
        params![tx.tenant(), id],
    )?;
    Ok(found.and_then(|(day, payment, at)| Some((Day::of_number(day)?, payment, at))))
}

/// Why an order cannot be taken back any more.
fn gone(tx: &Tx<'_>, keys: &TenantKeys, row: &Kept, last: Option<Run>) -> Result<String> {
    let payment = match last {
        Some((day, Some(id), _)) => store::by_id(tx, id)?.map(|p| (day, p)),
        _ => None,
    };
    Ok(match (row.state.as_str(), payment) {
        ("cancelled", _) => "这一笔早就撤掉了，没有扣钱，不用再撤。".into(),
        (_, Some((day, p))) => {
            let how = words::title(p.intent(keys)?.product, p.state);
            format!("撤不了了：{}那笔已经送去办了，现在是“{how}”。", day_words(day))
        }
        _ if row.open(keys)?.0.is_agreement() => "这个代扣已经停了，不用再停。".into(),
        _ => "这一笔没有转，没有扣钱，不用撤。".into(),
    })
}

/// Says in chat that an order came due and nothing was paid.
pub async fn tell(app: &Arc<App>, tenant: TenantId, id: OrderId, due: i64) -> Result<()> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let unit = move |tx: &Tx<'_>| {
        let Some(row) = by_id(tx, id)? else { return Ok(None) };
        let run: Option<(String, Option<Fen>)> = tx.opt(
            "SELECT outcome, owed_fen FROM payment_order_run WHERE tenant_id = $1 AND order_id = $2 AND due_day = $3 AND payment_id IS NULL",
            params![tx.tenant(), id, due],
        )?;
        let (intent, when) = row.open(&keys)?;
        Ok(run.map(|run| (row, intent, when, run)))
    };
    let Some((row, intent, when, run)) = app.db.read(Scope::Tenant(tenant), unit).await? else {
        return Ok(());
    };
    let (outcome, owed) = run;
    let day = Day::of_number(due).ok_or_else(|| Error::fault("an order's due day is no day"))?;
    let then = match row.state.as_str() {
        "live" => format!("下一次 {}。", day_words(row.due()?)),
        _ if row.why == "unbound" && intent.is_agreement() => "这个代扣停了。".to_owned(),
        _ if row.why == "unbound" => "这个约好的转账停了。".to_owned(),
        _ if when.is_repeated() => String::new(),
        _ => "还要转，回聊天再说一遍。".to_owned(),
    };
    if intent.is_agreement() {
        let is_again = row.tries > 0;
        let unpaid = Unpaid { day, code: &outcome, owed, is_again, then: &then };
        let told = agreements::not_paid(&intent, &unpaid);
        return agreements::tell(app, tenant, (row.follower, row.draft), &intent, told).await;
    }
    let told = words::not_paid(&intent, day, &outcome, &then);
    super::tell::say(app, tenant, row.follower, told, super::tell::Card::Stays).await
}
