//! Rows of payments. Every change of state goes through [`move_on`]: guarded by state, version and epoch, with its event.

use super::beside;
use super::engine::request_id;
use super::holds;
use super::intent::{Intent, Product};
use super::state::{self, Event, State, Step, first_look};
use super::{PaymentId, WishId};
use crate::audit::{self, Actor};
use crate::followers::FollowerId;
use crate::jobs::Job;
use crate::vault::{Place, TenantKeys};
use base::{Error, Fen, Result, TenantId, Time};
use corebank::Day;
use corebank::money::Paid;
use db::{FromRow, Row, Tx, params};

pub(super) const INTENT: &str = "payment.intent";
const RESULT: &str = "payment.result";
/// How long an unknown outcome stays untold in chat; the page tells it at once.
const UNKNOWN_TOLD_MS: i64 = 3_000;

/// A payment's row.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) id: PaymentId,
    pub(super) follower: FollowerId,
    pub(super) state: State,
    pub(super) version: i64,
    pub(super) why: String,
    pub(super) reject: String,
    intent_sealed: Vec<u8>,
    pub(super) hash: Vec<u8>,
    result_sealed: Option<Vec<u8>>,
    pub(super) serial: String,
    pub(super) channel_date: i64,
    pub(super) valid_until: Option<Time>,
    pub(super) is_sending: bool,
    pub(super) is_broken: bool,
    pub(super) tries: i64,
    pub(super) epoch: i64,
    pub(super) created_at: Time,
    pub(super) since: Time,
    pub(super) next_at: Option<Time>,
    /// The hold it is made out of; empty for none.
    pub(super) hold: String,
}

impl FromRow for Kept {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: r.next()?,
            follower: r.next()?,
            state: {
                let code: i64 = r.next()?;
                State::of(code)
                    .ok_or_else(|| Error::fault(format!("no state of a payment is {code}")))?
            },
            version: r.next()?,
            why: r.next()?,
            reject: r.next()?,
            intent_sealed: r.next()?,
            hash: r.next()?,
            result_sealed: r.next()?,
            serial: r.next()?,
            channel_date: r.next()?,
            valid_until: r.next()?,
            is_sending: r.next()?,
            is_broken: r.next()?,
            tries: r.next()?,
            epoch: r.next()?,
            created_at: r.next()?,
            since: r.next()?,
            next_at: r.next()?,
            hold: r.next()?,
        })
    }
}

impl Kept {
    pub(super) fn intent(&self, keys: &TenantKeys) -> Result<Intent> {
        keys.open_json(Place::new(INTENT, self.id.raw()), &self.intent_sealed)
    }
    /// What the core said when it did it.
    pub(super) fn result(&self, keys: &TenantKeys) -> Result<Option<Paid>> {
        let open = |sealed: &Vec<u8>| keys.open_json(Place::new(RESULT, self.id.raw()), sealed);
        self.result_sealed.as_ref().map(open).transpose()
    }
    pub(super) const fn kind(&self) -> &'static str {
        if self.hold.is_empty() { "P" } else { "C" }
    }
    /// What the core knows it by.
    pub(super) fn request_id(&self) -> String {
        request_id(&self.serial, self.kind())
    }
    pub(super) const fn standing(&self) -> state::Standing {
        state::Standing {
            state: self.state,
            created_at: self.created_at,
            since: self.since,
            valid_until: self.valid_until,
            may_have_left: false,
            tries: self.tries,
            is_broken: self.is_broken,
        }
    }
}

/// A question for whole rows.
macro_rules! rows {
    ($rest:literal) => {
        concat!(
            "SELECT id, follower_id, state, version, why, reject, intent_sealed, intent_hash, result_sealed, \
             serial_no, channel_date, valid_until_ms, is_sending, is_broken, tries, lease_epoch, created_at_ms, since_ms, \
             next_at_ms, hold FROM payment WHERE tenant_id = $1 AND ",
            $rest
        )
    };
}

pub(super) fn by_id(tx: &Tx<'_>, id: PaymentId) -> Result<Option<Kept>> {
    tx.opt(rows!("id = $2"), params![tx.tenant(), id])
}

/// Payments that are to be looked at now, those on their way to the core first.
pub(super) fn due(tx: &Tx<'_>, most: i64) -> Result<Vec<(TenantId, PaymentId)>> {
    tx.all(
        "SELECT tenant_id, id FROM payment WHERE next_at_ms <= $1 \
         ORDER BY CASE WHEN state >= 40 THEN 0 ELSE 1 END, next_at_ms LIMIT $2",
        params![tx.now(), most],
    )
}

/// A customer's payments that were proved, the latest first.
pub(super) fn recent(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    customer: &str,
    most: i64,
) -> Result<Vec<Kept>> {
    let mut found: Vec<Kept> = vec![];
    for index in keys.blind("customer", customer).all() {
        found.extend(tx.all::<Kept>(
            rows!(
                "+state >= 30 AND state <> 62 AND binding_id IN \
                 (SELECT id FROM binding WHERE tenant_id = $1 AND customer_index = $2) ORDER BY +id DESC LIMIT $3"
            ),
            params![tx.tenant(), index, most],
        )?);
    }
    found.sort_by_key(|k| std::cmp::Reverse(k.id));
    found.truncate(usize::try_from(most)?);
    Ok(found)
}

/// A payment to be.
#[derive(Debug)]
pub(super) struct New<'a> {
    pub(super) id: PaymentId,
    pub(super) follower: FollowerId,
    pub(super) binding: i64,
    pub(super) intent: &'a Intent,
    pub(super) channel_date: Day,
}

/// Keeps a draft.
pub(super) fn add(tx: &Tx<'_>, keys: &TenantKeys, new: &New<'_>) -> Result<()> {
    let (id, intent) = (new.id, new.intent);
    let sealed = keys.seal_json(Place::new(INTENT, id.raw()), intent)?;
    let payee = keys.blind("payment.payee", &intent.payee_key());
    tx.exec(
        "INSERT INTO payment (tenant_id, id, follower_id, binding_id, product, state, version, why, reject, intent_sealed, \
         intent_hash, payee_index, payer_key, amount_fen, fee_fen, serial_no, channel_date, is_sending, is_broken, tries, \
         lease_owner, lease_epoch, created_at_ms, since_ms, next_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, 1, '', '', $7, $8, $9, $10, $11, $12, $13, $14, FALSE, FALSE, 0, '', 0, $15, $16, $17)",
        params![
            tx.tenant(),
            id,
            new.follower,
            new.binding,
            intent.product.word(),
            State::Draft.code(),
            sealed,
            intent.hash(tx.tenant()),
            payee.now(),
            intent.payer.id.as_str(),
            intent.amount,
            intent.fee,
            intent.serial.as_str(),
            new.channel_date.number(),
            tx.now(),
            tx.now(),
            first_look(State::Draft, tx.now())
        ],
    )?;
    audit::note(
        tx,
        Actor::Follower(new.follower.raw()),
        "payment.draft",
        &id.to_string(),
        "done",
        "",
    )
}

/// What changes along with a state.
#[derive(Debug, Default)]
pub(super) struct Along<'a> {
    pub(super) paid: Option<&'a Paid>,
    pub(super) reject: Option<&'a str>,
    pub(super) is_sending: Option<bool>,
    pub(super) is_broken: bool,
    pub(super) valid_until: Option<Time>,
    /// The day whose limits it counts against.
    pub(super) counted_on: Option<Day>,
    /// The worker that takes it, whose epoch is the next one.
    pub(super) taken_by: Option<&'a str>,
    /// Who moved it; the house itself when none.
    pub(super) by: Option<Actor<'a>>,
}

/// Moves a payment on, or nothing at all when somebody else has moved it since it was read. False then.
pub(super) fn move_on(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    row: &Kept,
    step: Step,
    along: &Along<'_>,
) -> Result<bool> {
    let is_stay = step.to == row.state;
    let result = match along.paid {
        Some(paid) => Some(keys.seal_json(Place::new(RESULT, row.id.raw()), paid)?),
        None => row.result_sealed.clone(),
    };
    let epoch = row.epoch + i64::from(along.taken_by.is_some());
    let moved = tx.exec_one(
        "UPDATE payment SET state = $1, version = version + 1, why = $2, reject = $3, result_sealed = $4, is_sending = $5, \
         is_broken = $6, tries = $7, since_ms = $8, next_at_ms = $9, ended_at_ms = $10, lease_epoch = $11, \
         lease_owner = COALESCE($12, lease_owner), valid_until_ms = COALESCE($13, valid_until_ms), \
         counted_on = COALESCE($14, counted_on), core_serial = COALESCE($15, core_serial), core_date = COALESCE($16, core_date) \
         WHERE tenant_id = $17 AND id = $18 AND state = $19 AND version = $20 AND lease_epoch = $21",
        params![
            step.to.code(),
            step.why,
            along.reject.unwrap_or(&row.reject),
            result,
            along.is_sending.unwrap_or(row.is_sending && is_stay),
            row.is_broken || along.is_broken,
            if is_stay { row.tries + 1 } else { 0 },
            if is_stay { row.since } else { tx.now() },
            step.next_at,
            step.to.is_over().then(|| tx.now()),
            epoch,
            along.taken_by,
            along.valid_until,
            along.counted_on.map(Day::number),
            along.paid.map(|p| p.core_serial.as_str()),
            along.paid.map(|p| p.core_date.number()),
            tx.tenant(),
            row.id,
            row.state.code(),
            row.version,
            row.epoch
        ],
    )?;
    if !moved {
        return Ok(false);
    }
    note(tx, row, step, epoch, along.by)?;
    if step.to.is_over() {
        beside::wipe_cash_code(tx, row.id)?;
    }
    if !row.hold.is_empty() && !is_stay {
        holds::after_payment(tx, &row.hold, step.to)?;
    }
    // Of cash it is the answer: the customer goes to the machine with it.
    let is_found = (row.state, step.to) == (State::Unknown, State::Accepted)
        && row.intent(keys)?.product == Product::CashBooking;
    if !is_stay && (is_told(row.state, step.to) || is_found) {
        // Most of what is not known is known in a moment: only what stays so is said.
        let wait_ms = if step.to == State::Unknown { UNKNOWN_TOLD_MS } else { 0 };
        let at = tx.now().plus_ms(wait_ms);
        Job::TellPayment { payment: row.id, state: step.to.code() }.enqueue(tx, at)?;
    }
    Ok(true)
}

/// Whether the customer hears of it in chat, whatever the page shows.
const fn is_told(from: State, to: State) -> bool {
    match to {
        State::Succeeded | State::Failed | State::Returned | State::Reversed | State::Unknown => {
            true
        }
        State::Accepted => !matches!(from, State::Unknown),
        State::Manual => matches!(from, State::Accepted | State::Unknown | State::Reversing),
        State::Draft | State::Challenged | State::Authorised | State::Submitting | State::Ended => {
            false
        }
        State::Reversing => false,
    }
}

/// The event, and the audit row of whatever is more than waiting.
fn note(tx: &Tx<'_>, row: &Kept, step: Step, epoch: i64, by: Option<Actor<'_>>) -> Result<()> {
    tx.exec(
        "INSERT INTO payment_event (tenant_id, payment_id, seq, from_state, to_state, why, epoch, at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            tx.tenant(),
            row.id,
            row.version,
            row.state.code(),
            step.to.code(),
            step.why,
            epoch,
            tx.now()
        ],
    )?;
    metrics::counter!("weiyin_payment_steps_total", "to" => step.to.code().to_string(), "why" => step.why)
        .increment(1);
    if step.to == row.state {
        return Ok(());
    }
    let act = format!("payment.{}", step.to.code());
    let by = by.unwrap_or(Actor::House("payments"));
    audit::note(tx, by, &act, &row.id.to_string(), "done", step.why)
}

/// Takes a payment for a question about it: nobody else looks until `until`. Its row as it is then.
pub(super) fn take(tx: &Tx<'_>, row: &Kept, worker: &str, until: Time) -> Result<Option<Kept>> {
    let taken = tx.exec_one(
        "UPDATE payment SET version = version + 1, lease_epoch = lease_epoch + 1, lease_owner = $1, next_at_ms = $2 \
         WHERE tenant_id = $3 AND id = $4 AND state = $5 AND version = $6 AND lease_epoch = $7",
        params![worker, until, tx.tenant(), row.id, row.state.code(), row.version, row.epoch],
    )?;
    let mut row = row.clone();
    row.version += 1;
    row.epoch += 1;
    row.next_at = Some(until);
    Ok(taken.then_some(row))
}

/// The payment is made out of this hold.
pub(super) fn carry_hold(tx: &Tx<'_>, id: PaymentId, hold: &str) -> Result<()> {
    let is_carried = tx.exec_one(
        "UPDATE payment SET hold = $1 WHERE tenant_id = $2 AND id = $3 AND hold = ''",
        params![hold, tx.tenant(), id],
    )?;
    if is_carried { Ok(()) } else { Err(Error::fault("a payment out of two holds")) }
}

/// Looks at a payment later that is due and cannot be moved on; nothing else of it changes.
pub(super) fn put_off(tx: &Tx<'_>, id: PaymentId, until: Time) -> Result<()> {
    tx.exec(
        "UPDATE payment SET next_at_ms = $1 WHERE tenant_id = $2 AND id = $3 AND next_at_ms <= $4",
        params![until, tx.tenant(), id, tx.now()],
    )?;
    Ok(())
}

/// A call that is about to be made; committed before its first byte (I14).
#[derive(Debug)]
pub(super) struct Calling<'a> {
    pub(super) id: PaymentId,
    pub(super) epoch: i64,
    pub(super) request_id: &'a str,
    /// P post, C commit, R reverse, H hold, V void.
    pub(super) kind: &'static str,
    pub(super) payload_hash: Vec<u8>,
    pub(super) valid_until: Time,
}

pub(super) fn add_call(tx: &Tx<'_>, call: &Calling<'_>) -> Result<()> {
    tx.exec(
        "INSERT INTO core_call (tenant_id, payment_id, epoch, request_id, kind, payload_hash, sent_at_ms, valid_until_ms, outcome) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '')",
        params![
            tx.tenant(),
            call.id,
            call.epoch,
            call.request_id,
            call.kind,
            call.payload_hash.as_slice(),
            tx.now(),
            call.valid_until
        ],
    )?;
    Ok(())
}

/// Why a payment is being undone: what its step into that state said.
pub(super) fn why_reversed(tx: &Tx<'_>, id: PaymentId) -> Result<String> {
    tx.one(
        "SELECT why FROM payment_event WHERE tenant_id = $1 AND payment_id = $2 AND to_state = 70 AND from_state <> 70 \
         ORDER BY seq DESC LIMIT 1",
        params![tx.tenant(), id],
    )
}

/// What came of a call, also when its worker was too late to move the payment.
pub(super) fn end_call(tx: &Tx<'_>, id: PaymentId, epoch: i64, outcome: &str) -> Result<()> {
    tx.exec(
        "UPDATE core_call SET outcome = $1, answered_at_ms = $2 \
         WHERE tenant_id = $3 AND payment_id = $4 AND epoch = $5 AND outcome = ''",
        params![outcome, tx.now(), tx.tenant(), id, epoch],
    )?;
    Ok(())
}

/// What a customer's payments of one day come to, all their bindings together.
pub(super) fn used_on(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    customer: &str,
    day: Day,
) -> Result<(Fen, i64)> {
    let mut sum = Fen::ZERO;
    let mut count = 0;
    for index in keys.blind("customer", customer).all() {
        let (fen, n): (Fen, i64) = tx.one(
            "SELECT COALESCE(CAST(SUM(p.amount_fen) AS BIGINT), 0), COUNT(*) \
             FROM binding b CROSS JOIN payment p \
             WHERE p.tenant_id = b.tenant_id AND p.binding_id = b.id AND b.tenant_id = $1 AND b.customer_index = $2 \
             AND p.counted_on = $3 \
             AND p.state NOT IN (10, 20, 61, 62, 71)",
            params![tx.tenant(), index, day.number()],
        )?;
        sum = sum.checked_add(fen).ok_or_else(|| Error::fault("a day's payments overflow"))?;
        count += n;
    }
    Ok((sum, count))
}

/// What a customer usually pays: the average of what succeeded; none before the third.
pub(super) fn usual(tx: &Tx<'_>, binding: i64) -> Result<Option<Fen>> {
    let (sum, count): (i64, i64) = tx.one(
        "SELECT COALESCE(CAST(SUM(amount_fen) AS BIGINT), 0), COUNT(*) FROM payment \
         WHERE tenant_id = $1 AND binding_id = $2 AND +state = 60 AND counted_on IS NOT NULL",
        params![tx.tenant(), binding],
    )?;
    Ok((count >= 3).then(|| Fen::of(sum / count)))
}

/// An equal payment of the last minutes, by whatever binding the customer made it: its serial and how it stands.
pub(super) fn equal(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    intent: &Intent,
    since: Time,
    but: Option<PaymentId>,
) -> Result<Option<(String, State)>> {
    let mut found: Option<(String, State)> = None;
    let owners = keys.blind("customer", &intent.customer);
    let payees = keys.blind("payment.payee", &intent.payee_key());
    for (owner, payee) in owners.all().flat_map(|o| payees.all().map(move |p| (o, p))) {
        let mut rows: Vec<(PaymentId, String, i64)> = tx.all(
            "SELECT id, serial_no, state FROM payment WHERE tenant_id = $1 AND payee_index = $2 AND payer_key = $3 \
             AND amount_fen = $4 AND since_ms >= $5 AND state NOT IN (10, 20, 61, 62, 71, 72) \
             AND binding_id IN (SELECT id FROM binding WHERE tenant_id = $1 AND customer_index = $6)",
            params![tx.tenant(), payee, intent.payer.id.as_str(), intent.amount, since, owner],
        )?;
        rows.sort_by_key(|(id, ..)| std::cmp::Reverse(*id));
        for (id, serial, code) in rows {
            let state = State::of(code).unwrap_or(State::Unknown);
            let is_nearer = found
                .as_ref()
                .is_none_or(|(_, known)| state.is_under_way() && !known.is_under_way());
            if Some(id) != but && is_nearer {
                found = Some((serial, state));
            }
        }
    }
    Ok(found)
}

/// Since when a payee who is in no book is known to a customer, while nothing was paid to them yet: since the first draft.
pub(super) fn new_since(tx: &Tx<'_>, keys: &TenantKeys, intent: &Intent) -> Result<Option<Time>> {
    let mut since = tx.now();
    let owners = keys.blind("customer", &intent.customer);
    let payees = keys.blind("payment.payee", &intent.payee_key());
    for (owner, payee) in owners.all().flat_map(|o| payees.all().map(move |p| (o, p))) {
        let (first, paid): (Option<Time>, i64) = tx.one(
            "SELECT MIN(created_at_ms), COALESCE(CAST(SUM(CASE WHEN state IN (50, 60) THEN 1 ELSE 0 END) AS BIGINT), 0) FROM payment \
             WHERE tenant_id = $1 AND payee_index = $2 \
             AND binding_id IN (SELECT id FROM binding WHERE tenant_id = $1 AND customer_index = $3)",
            params![tx.tenant(), payee, owner],
        )?;
        if paid > 0 {
            return Ok(None);
        }
        since = first.map_or(since, |at| at.min(since));
    }
    Ok(Some(since))
}

/// Drafts of the follower that nothing was proved for give way to a newer wish, or to a change of mind.
pub(super) fn end_drafts(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    why: &'static str,
) -> Result<()> {
    tx.exec(
        "UPDATE payment_wish SET state = $1 WHERE tenant_id = $2 AND follower_id = $3 AND state = 'live'",
        params![why, tx.tenant(), follower],
    )?;
    let drafts: Vec<Kept> =
        tx.all(rows!("follower_id = $2 AND state IN (10, 20)"), params![tx.tenant(), follower])?;
    for draft in drafts {
        let step = state::step(&draft.standing(), Event::GivenUp, tx.now());
        let step = Step { why, ..step? };
        let by = Some(Actor::Follower(follower.raw()));
        move_on(tx, keys, &draft, step, &Along { by, ..Along::default() })?;
    }
    Ok(())
}

/// A wish as kept: what it says, sealed, the payment made of it, and live | replaced | given_up.
#[derive(Debug)]
pub(super) struct KeptWish {
    pub(super) follower: FollowerId,
    pub(super) sealed: Vec<u8>,
    pub(super) payment: Option<PaymentId>,
    pub(super) state: String,
}

pub(super) const WISH: &str = "payment_wish.wish";

pub(super) fn add_wish(
    tx: &Tx<'_>,
    follower: FollowerId,
    binding: i64,
    id: WishId,
    sealed: &[u8],
    payment: Option<PaymentId>,
) -> Result<()> {
    tx.exec(
        "INSERT INTO payment_wish (tenant_id, id, follower_id, binding_id, wish_sealed, payment_id, state, made_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, 'live', $7)",
        params![tx.tenant(), id, follower, binding, sealed, payment, tx.now()],
    )?;
    Ok(())
}

pub(super) fn wish(tx: &Tx<'_>, id: WishId) -> Result<Option<KeptWish>> {
    let row: Option<(FollowerId, Vec<u8>, Option<PaymentId>, String)> = tx.opt(
        "SELECT follower_id, wish_sealed, payment_id, state FROM payment_wish WHERE tenant_id = $1 AND id = $2",
        params![tx.tenant(), id],
    )?;
    Ok(row.map(|(follower, sealed, payment, state)| KeptWish { follower, sealed, payment, state }))
}

/// A wish's draft gave way to another.
pub(super) fn turn_wish(tx: &Tx<'_>, id: WishId, from: PaymentId, to: PaymentId) -> Result<()> {
    tx.exec(
        "UPDATE payment_wish SET payment_id = $1, state = 'live' WHERE tenant_id = $2 AND id = $3 AND payment_id = $4",
        params![to, tx.tenant(), id, from],
    )?;
    Ok(())
}

/// The payment a wish became; false when it has become one meanwhile.
pub(super) fn settle_wish(tx: &Tx<'_>, id: WishId, payment: PaymentId) -> Result<bool> {
    tx.exec_one(
        "UPDATE payment_wish SET payment_id = $1 WHERE tenant_id = $2 AND id = $3 AND payment_id IS NULL AND state = 'live'",
        params![payment, tx.tenant(), id],
    )
}
