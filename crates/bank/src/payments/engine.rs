//! Taking payments to the core: a unit that picks, a call outside any unit, a unit that records. Whoever dies between two of
//! them leaves a row that says what may have happened, and another worker goes on from it.
//!
//! *Invariants.* The call is committed before its first byte (I14); a worker whose epoch is over changes nothing (I16); one
//! request id for a payment's booking, the same payload on every resend (I15).

use super::intent::{Intent, payload_hash, reversal_hash};
use super::state::{Event, LEASE_MS, State, VALID_MS, step};
use super::store::{self, Along, Calling, Kept};
use super::words;
use super::{PaymentId, back, payees};
use crate::app::App;
use crate::jobs::Job;
use crate::vault::TenantKeys;
use base::{Error, Result, Stopwatch, TenantId, Time};
use corebank::money::{Fate, Money, Paid, Payment, Query, Reversal, Undone};
use corebank::{Capabilities, Cause, CoreError, Ctx, Day, Reject, UnknownCause};
use db::{Scope, Tx};
use std::sync::Arc;
use std::time::Duration;

/// How long the core may take for one call.
pub(super) const CALL_MS: i64 = 8_000;
/// How often the table is looked at when nobody calls.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A payment whose unit fails is left alone for so long: those that fail shall not stand in the way of the others.
const FAULT_MS: i64 = 5_000;
/// Payments looked at in one go.
const AT_ONCE: i64 = 64;

/// What is to be said to the core.
#[derive(Debug, Clone)]
pub(super) enum Call {
    Pay(Payment),
    /// The same out of a hold, by its request id.
    Commit(String, Payment),
    Query(Payment),
    Reverse(Reversal),
}

/// A payment in a worker's hands.
#[derive(Debug, Clone)]
pub(super) struct Picked {
    pub(super) row: Kept,
    pub(super) call: Call,
}

/// The command's id at the core: the same for ever. Kinds are P post, C commit of a hold, R reverse, H hold, V void.
pub(super) fn request_id(serial: &str, kind: &str) -> String {
    format!("{serial}-1{kind}")
}

/// Takes a payment that is due. `None` when there is nothing to say to the core: it was moved here, or is not due.
pub(super) fn pick(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    can: &Capabilities,
    worker: &str,
    id: PaymentId,
) -> Result<Option<Picked>> {
    let Some(row) = store::by_id(tx, id)? else { return Ok(None) };
    let now = tx.now();
    if row.next_at.is_none_or(|at| at > now) {
        return Ok(None);
    }
    let is_late =
        row.state == State::Authorised && step(&row.standing(), Event::Picked, now).is_err();
    let event = match row.state {
        State::Draft | State::Challenged => Event::RunOut,
        State::Authorised if is_late => Event::RunOut,
        // Nobody can tell whether a worker that is gone had begun to send.
        State::Submitting if row.is_sending => Event::Lost,
        State::Authorised | State::Submitting => return send(tx, keys, worker, &row),
        State::Unknown if row.is_broken => Event::Silent,
        State::Unknown if !can.query_by_request_id => Event::Silent,
        State::Unknown | State::Accepted => {
            let payment = row.intent(keys)?.payment(valid_until(&row)?);
            let taken = store::take(tx, &row, worker, now.plus_ms(LEASE_MS))?;
            return Ok(taken.map(|row| Picked { row, call: Call::Query(payment) }));
        }
        State::Reversing => return reverse(tx, &row, worker),
        State::Succeeded
        | State::Failed
        | State::Ended
        | State::Reversed
        | State::Returned
        | State::Manual => return Ok(None),
    };
    let step = step(&row.standing(), event, now)?;
    let is_moved = store::move_on(tx, keys, &row, step, &Along::default())?;
    // Nobody stands before a page to see that what came due by itself was not sent.
    let is_unsent = (row.state, step.to) == (State::Authorised, State::Ended);
    if is_moved && is_unsent && row.intent(keys)?.order.is_some() {
        Job::TellPayment { payment: row.id, state: step.to.code() }.enqueue(tx, now)?;
    }
    Ok(None)
}

fn valid_until(row: &Kept) -> Result<Time> {
    row.valid_until.ok_or_else(|| Error::fault("a payment was sent without a time limit"))
}

/// Records that a payment is about to be sent.
fn send(tx: &Tx<'_>, keys: &TenantKeys, worker: &str, row: &Kept) -> Result<Option<Picked>> {
    let until = row.valid_until.unwrap_or_else(|| tx.now().plus_ms(VALID_MS));
    let payment = row.intent(keys)?.payment(until);
    let step = step(&row.standing(), Event::Picked, tx.now())?;
    let step = super::state::Step { next_at: Some(tx.now().plus_ms(LEASE_MS)), ..step };
    let along = Along {
        is_sending: Some(true),
        valid_until: Some(until),
        taken_by: Some(worker),
        ..Along::default()
    };
    if !store::move_on(tx, keys, row, step, &along)? {
        return Ok(None);
    }
    let taken = store::by_id(tx, row.id)?.ok_or_else(|| Error::fault("a payment is gone"))?;
    store::add_call(
        tx,
        &Calling {
            id: row.id,
            epoch: taken.epoch,
            request_id: &row.request_id(),
            kind: row.kind(),
            payload_hash: payload_hash(&payment)?,
            valid_until: until,
        },
    )?;
    let call = match row.hold.as_str() {
        "" => Call::Pay(payment),
        hold => Call::Commit(hold.to_owned(), payment),
    };
    Ok(Some(Picked { row: taken, call }))
}

fn reverse(tx: &Tx<'_>, row: &Kept, worker: &str) -> Result<Option<Picked>> {
    let until = tx.now().plus_ms(LEASE_MS);
    let Some(row) = store::take(tx, row, worker, until)? else { return Ok(None) };
    let original = row.request_id();
    // Why it began, not why it waits: a resend says the same (I15).
    let reason = store::why_reversed(tx, row.id)?;
    let ask = Reversal { original, channel_date: day(&row)?, reason };
    let call = Calling {
        id: row.id,
        epoch: row.epoch,
        request_id: &request_id(&row.serial, "R"),
        kind: "R",
        payload_hash: reversal_hash(&ask),
        valid_until: until,
    };
    store::add_call(tx, &call)?;
    Ok(Some(Picked { row, call: Call::Reverse(ask) }))
}

fn day(row: &Kept) -> Result<Day> {
    Day::of_number(row.channel_date).ok_or_else(|| Error::fault("a payment's date is no day"))
}

/// What the core came back with.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub(super) event: Event,
    pub(super) paid: Option<Paid>,
    /// Why it was refused, as a code the words know.
    pub(super) reject: Option<&'static str>,
    /// For the record of the call.
    pub(super) outcome: &'static str,
}

impl Heard {
    const fn of(event: Event, outcome: &'static str) -> Self {
        Self { event, paid: None, reject: None, outcome }
    }
    /// Whether the core said anything at all.
    pub(super) fn is_answered(&self) -> bool {
        !matches!(self.outcome, "unknown" | "not_sent")
    }
    fn refused(reject: &Reject) -> Self {
        match reject {
            // No verdict, and it may come again: only the core's own word after a fence ends it.
            Reject::DayClosed { .. } => Self::of(Event::Silent, "day_closed"),
            // Something else stands under our id.
            Reject::PayloadMismatch => Self::of(Event::Differs, "mismatch"),
            other => {
                Self { reject: Some(words::code_of(other)), ..Self::of(Event::Refused, "refused") }
            }
        }
    }
    fn done(paid: Paid, id: &str, payment: &Payment) -> Self {
        if let Some(field) = paid.echo.differs(id, payment) {
            tracing::error!(field, "the core's answer speaks of something else");
            return Self { paid: Some(paid), ..Self::of(Event::Differs, "differs") };
        }
        let event = Event::Done { is_final: paid.is_final };
        Self { paid: Some(paid), ..Self::of(event, "done") }
    }
    fn error(e: &CoreError) -> Self {
        match e {
            CoreError::NotSent(_) => Self::of(Event::NotSent, "not_sent"),
            CoreError::Unknown(UnknownCause::IntegrityMismatch { .. }) => {
                Self::of(Event::Differs, "differs")
            }
            CoreError::Unknown(_) => Self::of(Event::Silent, "unknown"),
            CoreError::Rejected(reject) => Self::refused(reject),
        }
    }
}

/// Judges an answer to a payment.
pub(super) fn of_pay(
    answer: std::result::Result<Paid, CoreError>,
    id: &str,
    payment: &Payment,
) -> Heard {
    match answer {
        Ok(paid) => Heard::done(paid, id, payment),
        Err(e) => Heard::error(&e),
    }
}

/// The same of a payment out of a hold.
fn of_commit(answer: std::result::Result<Paid, CoreError>, id: &str, payment: &Payment) -> Heard {
    let is_gone = matches!(answer, Err(CoreError::Rejected(Reject::NotFound)));
    let heard = of_pay(answer, id, payment);
    if is_gone { Heard { reject: Some("hold.gone"), ..heard } } else { heard }
}

/// Judges what the core says became of it.
pub(super) fn of_query(
    answer: std::result::Result<Fate, CoreError>,
    id: &str,
    payment: &Payment,
) -> Heard {
    match answer {
        Ok(Fate::Posted(paid)) => Heard::done(paid, id, payment),
        Ok(Fate::Returned(paid, _)) => {
            let heard = Heard::done(paid, id, payment);
            if heard.event == Event::Differs {
                heard
            } else {
                Heard { event: Event::GivenBack, outcome: "returned", ..heard }
            }
        }
        #[cfg(all(test, feature = "planted"))]
        Ok(Fate::Rejected(_) | Fate::InProgress)
            if super::sim::is_planted("dedupe_by_existence") =>
        {
            Heard::of(Event::Done { is_final: true }, "done")
        }
        Ok(Fate::Rejected(reject)) => Heard::refused(&reject),
        Ok(Fate::Reversed(_)) => Heard::of(Event::Undone, "reversed"),
        Ok(Fate::Fenced) => Heard {
            reject: Some("core.fenced"),
            ..Heard::of(Event::NotFound { is_fenced: true }, "fenced")
        },
        Ok(Fate::NotFound) => Heard::of(Event::NotFound { is_fenced: false }, "not_found"),
        Ok(Fate::InProgress) => Heard::of(Event::Silent, "in_progress"),
        Ok(Fate::Hold(_)) => Heard::of(Event::Differs, "hold"),
        // A question that is refused says nothing about the payment.
        Err(_) => Heard::of(Event::Silent, "unknown"),
    }
}

pub(super) fn of_reverse(answer: std::result::Result<Undone, CoreError>) -> Heard {
    match answer {
        Ok(Undone::Reversed { .. } | Undone::Nothing) => Heard::of(Event::Undone, "undone"),
        Ok(Undone::Refused(reject)) => Heard {
            reject: Some(words::code_of(&reject)),
            ..Heard::of(Event::NotUndone, "refused")
        },
        Err(CoreError::Rejected(_)) => Heard::of(Event::NotUndone, "refused"),
        Err(CoreError::NotSent(_)) => Heard::of(Event::NotSent, "not_sent"),
        Err(CoreError::Unknown(_)) => Heard::of(Event::Silent, "unknown"),
    }
}

/// Records what was heard. `false` when the payment is in other hands by now: then nothing is moved.
pub(super) fn apply(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    picked: &Picked,
    heard: &Heard,
) -> Result<bool> {
    let mine = &picked.row;
    if !matches!(picked.call, Call::Query(_)) {
        store::end_call(tx, mine.id, mine.epoch, heard.outcome)?;
    }
    let Some(row) = store::by_id(tx, mine.id)? else { return Ok(false) };
    if (row.epoch, row.version) != (mine.epoch, mine.version) {
        return Ok(false);
    }
    let step = step(&row.standing(), heard.event, tx.now())?;
    let along = Along {
        paid: heard.paid.as_ref().filter(|_| heard.event != Event::Differs),
        reject: heard.reject,
        is_sending: Some(false),
        is_broken: heard.event == Event::Differs,
        ..Along::default()
    };
    let moved = store::move_on(tx, keys, &row, step, &along)?;
    let is_first = matches!(row.state, State::Submitting | State::Unknown);
    if moved
        && is_first
        && matches!(step.to, State::Succeeded | State::Accepted)
        && let Some(book) = row.intent(keys)?.to.book
    {
        payees::was_paid(tx, book)?;
    }
    Ok(moved)
}

/// Says it to the core. Not within any unit.
pub(super) async fn speak(
    core: &dyn Money,
    ctx: &mut Ctx,
    picked: &Picked,
    can: &Capabilities,
) -> Heard {
    let id = picked.row.request_id();
    match &picked.call {
        Call::Pay(payment) => {
            ctx.request_id = Some(id.clone());
            of_pay(core.pay(ctx, payment).await, &id, payment)
        }
        Call::Commit(hold, payment) => {
            ctx.request_id = Some(id.clone());
            ctx.account = Some(payment.payer.clone());
            of_commit(core.commit(ctx, hold, payment).await, &id, payment)
        }
        Call::Query(payment) => {
            let Ok(channel_date) = day(&picked.row) else {
                return Heard::of(Event::Silent, "unknown");
            };
            ctx.account = Some(payment.payer.clone());
            let ask = Query { request_id: id.clone(), channel_date, fence: can.fence };
            of_query(core.query(ctx, &ask).await, &id, payment)
        }
        Call::Reverse(ask) => {
            ctx.request_id = Some(request_id(&picked.row.serial, "R"));
            of_reverse(core.reverse(ctx, ask).await)
        }
    }
}

/// Takes one payment as far as it goes now: picks it, asks the core, records the answer.
pub(super) async fn advance(app: &Arc<App>, tenant: TenantId, id: PaymentId) -> Result<()> {
    let _in_hand = app.payments.take_up();
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let can = app.core.capabilities();
    let (unit_keys, unit_can, worker) = (keys.clone(), can.clone(), app.worker.clone());
    let unit = move |tx: &Tx<'_>| pick(tx, &unit_keys, &unit_can, &worker, id);
    let Some(picked) = app.db.write(Scope::Tenant(tenant), unit).await? else { return Ok(()) };
    let heard = ask(app, tenant, &picked, &can).await?;
    let is_back = app.payments.hears(tenant, &heard);
    let unit = move |tx: &Tx<'_>| apply(tx, &keys, &picked, &heard);
    app.db.write(Scope::Tenant(tenant), unit).await?;
    if is_back { app.db.write(Scope::Tenant(tenant), back::bring_forward).await } else { Ok(()) }
}

async fn ask(
    app: &Arc<App>,
    tenant: TenantId,
    picked: &Picked,
    can: &Capabilities,
) -> Result<Heard> {
    let Some(core) = app.core.money() else {
        return Ok(Heard::error(&CoreError::NotSent(Cause::ConnectionRefused)));
    };
    let mut ctx = crate::verbs::core_ctx(app, tenant, picked.row.follower.raw());
    ctx.deadline = ctx.deadline.min(app.clock().now().plus_ms(CALL_MS));
    ctx.trace = format!("payment:{}", picked.row.id);
    ctx.channel = Some((picked.row.serial.clone(), day(&picked.row)?));
    let watch = Stopwatch::start();
    let heard = speak(core, &mut ctx, picked, can).await;
    if matches!(picked.call, Call::Pay(_) | Call::Commit(..)) {
        let took = watch.elapsed();
        app.payments.note_call(tenant, app.clock().now(), heard.is_answered(), took);
    }
    Ok(heard)
}

/// Looks after payments until the app stops.
pub async fn run(app: Arc<App>) {
    while !app.stop.is_cancelled() {
        let looked = run_due(&app).await;
        if let Err(e) = &looked {
            tracing::error!(error = ?e, "payments cannot be looked after");
        }
        if matches!(looked, Ok(n) if n > 0) {
            continue;
        }
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = app.payments.called() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Looks once at every payment that is due; how many could be looked at.
pub async fn run_due(app: &Arc<App>) -> Result<usize> {
    back::look(app).await?;
    let due = app.db.read(Scope::House, |tx| store::due(tx, AT_ONCE)).await?;
    let all = due.into_iter().map(|(tenant, id)| async move {
        let moved = advance(app, tenant, id).await;
        if let Err(e) = &moved {
            tracing::error!(payment = %id, error = ?e, "a payment could not be moved on");
            let unit = move |tx: &Tx<'_>| store::put_off(tx, id, tx.now().plus_ms(FAULT_MS));
            if let Err(e) = app.db.write(Scope::Tenant(tenant), unit).await {
                tracing::error!(payment = %id, error = ?e, "nor put off");
            }
        }
        moved.is_ok()
    });
    let moved = futures_util::future::join_all(all).await;
    Ok(moved.into_iter().filter(|ok| *ok).count())
}

/// What the customer is told: reads the truth of now.
pub(super) async fn truth(
    app: &Arc<App>,
    tenant: TenantId,
    id: PaymentId,
) -> Result<(Kept, Intent, Option<Paid>)> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let unit = move |tx: &Tx<'_>| {
        let row = store::by_id(tx, id)?.ok_or(super::NO_PAYMENT)?;
        let (intent, paid) = (row.intent(&keys)?, row.result(&keys)?);
        Ok((row, intent, paid))
    };
    app.db.read(Scope::Tenant(tenant), unit).await
}
