//! What reconciliation reads of payments and what evidence makes of them: a line of the core's file, or two people.
//!
//! *Invariants.* Evidence moves a payment only along the ways of [`state::WAYS`], in one unit with its event, its audit row
//! and a second audit row that names the evidence. Not for: what is evidence of what; `recon` says that.

use super::intent::Intent;
use super::state::{Event, Evidence, LEASE_MS, State, step};
use super::store::{self, Along};
use super::{PaymentId, payees};
use crate::audit::{self, Actor};
use crate::vault::{Place, TenantKeys};
use base::{Error, Fen, Result, Time};
use corebank::Day;
use corebank::money::{Echo, Paid};
use corebank::recon::payee_text;
use db::{FromRow, Row, Tx, params};

/// Who pays whom, as the core's file names them. C2: never kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Parties {
    pub payer: String,
    pub payee: String,
}

base::unprinted!(Parties);

/// Known, or still sealed: most payments of a day are opened only to be compared with a line.
#[derive(Debug, Clone)]
pub enum Sealed {
    Sealed(Vec<u8>),
    Open(Parties),
}

/// A payment as reconciliation sees it.
#[derive(Debug, Clone)]
pub struct Facts {
    pub id: PaymentId,
    pub serial: String,
    pub state: State,
    pub amount: Fen,
    pub fee: Fen,
    pub channel_date: Day,
    /// As the core said, where it has.
    pub core_serial: Option<String>,
    pub core_date: Option<Day>,
    /// When its first byte may have left; none when nothing was ever sent.
    pub sent_at: Option<Time>,
    /// Since when it is in its state.
    pub since: Time,
    pub parties: Sealed,
}

fn maybe_day(number: Option<i64>) -> Result<Option<Day>> {
    let day = |n| Day::of_number(n).ok_or_else(|| Error::fault("a payment's date is no day"));
    number.map(day).transpose()
}

impl FromRow for Facts {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: r.next()?,
            serial: r.next()?,
            state: {
                let code: i64 = r.next()?;
                State::of(code).ok_or_else(|| Error::fault("no state of a payment"))?
            },
            amount: r.next()?,
            fee: r.next()?,
            channel_date: maybe_day(Some(r.next()?))?
                .ok_or_else(|| Error::fault("a payment's date is no day"))?,
            core_serial: r.next()?,
            core_date: maybe_day(r.next()?)?,
            sent_at: r.next()?,
            since: r.next()?,
            parties: Sealed::Sealed(r.next()?),
        })
    }
}

impl Facts {
    /// Who pays whom.
    pub fn parties(&self, keys: Option<&TenantKeys>) -> Result<Parties> {
        match (&self.parties, keys) {
            (Sealed::Open(parties), _) => Ok(parties.clone()),
            (Sealed::Sealed(sealed), Some(keys)) => {
                let intent: Intent =
                    keys.open_json(Place::new(store::INTENT, self.id.raw()), sealed)?;
                Ok(Parties { payer: intent.payer.number, payee: payee_text(&intent.to.payee) })
            }
            (Sealed::Sealed(_), None) => Err(Error::fault("a sealed payment without keys")),
        }
    }
}

/// A question for facts.
macro_rules! facts {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, p.serial_no, p.state, p.amount_fen, p.fee_fen, p.channel_date, p.core_serial, p.core_date, \
             (SELECT MIN(c.sent_at_ms) FROM core_call c \
             WHERE c.tenant_id = p.tenant_id AND c.payment_id = p.id AND c.kind IN ('P', 'C')), \
             p.since_ms, p.intent_sealed FROM payment p WHERE p.tenant_id = $1 AND ",
            $rest
        )
    };
}

/// Payments whose serials stand between the two, in the order of their serials.
pub fn page(tx: &Tx<'_>, after: &str, before: &str, most: i64) -> Result<Vec<Facts>> {
    tx.all(
        facts!("p.serial_no > $2 AND p.serial_no < $3 ORDER BY p.serial_no LIMIT $4"),
        params![tx.tenant(), after, before, most],
    )
}

pub fn by_serial(tx: &Tx<'_>, serial: &str) -> Result<Option<Facts>> {
    tx.opt(facts!("p.serial_no = $2"), params![tx.tenant(), serial])
}

pub fn by_id(tx: &Tx<'_>, id: PaymentId) -> Result<Option<Facts>> {
    tx.opt(facts!("p.id = $2"), params![tx.tenant(), id])
}

/// Payments that people have to decide about, oldest first.
pub fn manual(tx: &Tx<'_>, most: i64) -> Result<Vec<Facts>> {
    tx.all(facts!("p.state = 80 ORDER BY p.since_ms, p.id LIMIT $2"), params![tx.tenant(), most])
}

/// Payments that are still unknown though their questions should be over (I19): none, or the engine stands still.
pub fn overdue(tx: &Tx<'_>, since: Time) -> Result<i64> {
    let (count,): (i64,) = tx.one(
        "SELECT COUNT(*) FROM payment WHERE tenant_id = $1 AND state = 65 AND since_ms < $2",
        params![tx.tenant(), since],
    )?;
    Ok(count)
}

/// What a core booked, where the evidence says so.
#[derive(Debug, Clone)]
pub struct Booked {
    pub core_serial: String,
    pub core_date: Day,
    pub posted_at: Time,
}

/// A command that is under way when its day ends comes no later than this.
const LATE_MS: i64 = 2 * 3_600_000;

/// Whether the core may still undo it: a reversal has no time limit of its own, but cores undo on the same day only. So long
/// nobody can say that it was done, and stays done.
pub fn may_be_undone(tx: &Tx<'_>, id: PaymentId) -> Result<bool> {
    let sent: Option<Time> = tx.one(
        "SELECT MAX(sent_at_ms) FROM core_call WHERE tenant_id = $1 AND payment_id = $2 AND kind = 'R'",
        params![tx.tenant(), id],
    )?;
    Ok(sent.is_some_and(|at| Day::at(at) >= Day::at(tx.now().plus_ms(-LATE_MS))))
}

/// Moves a payment by evidence, named by `source` (codes: `sm3:…#17`, `diff_…`). False when its state has no such way: then
/// nothing is written.
pub fn prove(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    id: PaymentId,
    evidence: Evidence,
    booked: Option<&Booked>,
    (by, source): (Actor<'_>, &str),
) -> Result<bool> {
    let Some(mut row) = store::by_id(tx, id)? else { return Ok(false) };
    // A worker that is gone left it so; what it may have sent is unknown first.
    let is_left = row.valid_until.is_some_and(|t| tx.now().since(t) > LEASE_MS);
    if row.state == State::Submitting && is_left {
        let lost = step(&row.standing(), Event::Lost, tx.now())?;
        if !store::move_on(tx, keys, &row, lost, &Along::default())? {
            return Ok(false);
        }
        row = store::by_id(tx, id)?.ok_or_else(|| Error::fault("a payment is gone"))?;
    }
    if evidence == Evidence::Posted && may_be_undone(tx, id)? {
        return Ok(false);
    }
    let Ok(step) = step(&row.standing(), Event::Proof(evidence), tx.now()) else {
        return Ok(false);
    };
    let intent = row.intent(keys)?;
    let valid_until = row.valid_until.unwrap_or_else(|| tx.now());
    let paid = booked.filter(|_| evidence != Evidence::Odd).map(|b| Paid {
        core_serial: b.core_serial.clone(),
        core_date: b.core_date,
        posted_at: b.posted_at,
        is_final: true,
        available: None,
        opened: None,
        echo: Echo::of(&row.request_id(), &intent.payment(valid_until)),
    });
    let along = Along {
        paid: paid.as_ref(),
        is_sending: Some(false),
        by: Some(by),
        reject: (step.to == State::Failed).then_some("core.fenced"),
        ..Along::default()
    };
    if !store::move_on(tx, keys, &row, step, &along)? {
        return Ok(false);
    }
    if step.to == State::Succeeded
        && let Some(book) = intent.to.book
    {
        payees::was_paid(tx, book)?;
    }
    audit::note(tx, by, "payment.evidence", &id.to_string(), "done", source)?;
    Ok(true)
}
