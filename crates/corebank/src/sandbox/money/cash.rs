//! Cash that is booked, and the machine that gives it out (无卡取款).
//!
//! A booking is a payment: its sum leaves the account for the pending account, and from there the machine's cash when somebody
//! types the right code and word, or back into the account when nobody does in time, when it is called off, or after too many
//! wrong tries. *Invariant*: it ends once (I8). Of code and word only [`crate::cash::verifier`] is kept. Not for: cards at machines.

use crate::cash::{MINUTES_MAX, STEP, verifier};
use crate::error::{CoreError, Reject};
use crate::money::{Fate, Payee, Payment, Rail};
use crate::sandbox::Sandbox;
use crate::sandbox::books::{Books, Refused, Voucher};
use crate::sandbox::money::pay::Order;
use crate::sandbox::money::settle;
use crate::sandbox::money::store::{self, PaymentState};
use crate::sandbox::movement;
use crate::sandbox::number;
use crate::sandbox::parties::{self, plain_digits, same};
use crate::sandbox::queries::{self, Said};
use crate::sandbox::seal::TenantKeys;
use base::{Error, Fen, Result, Secret, TenantId, Time};
use db::{Scope, Tx, params};

/// Wrong tries on one booking; then it ends and the money is back.
pub(super) const TRIES: i64 = 3;
const MINUTE_MS: i64 = 60_000;
const HEX_MAX: usize = 64;

/// What somebody types at a machine.
#[derive(Clone)]
pub struct TillAsk {
    /// 设备号
    pub machine: String,
    /// The booker's reserved mobile number.
    pub mobile: String,
    pub code: Secret<String>,
    pub word: Secret<String>,
    pub amount: Fen,
}

base::unprinted!(TillAsk);

/// Cash that was given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispensed {
    pub request_id: String,
    pub amount: Fen,
}

/// Why none was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoCash {
    /// Number, code, word or amount: which is never said.
    Wrong,
    /// The last try was wrong: the booking has ended, the money is back.
    Locked,
    /// The books are closed: later.
    Closed,
}

/// When a booking of now ends.
pub(super) fn until(minutes: i64, now: Time) -> Time {
    now.plus_ms(minutes.saturating_mul(MINUTE_MS))
}

/// What is wrong with a booking whatever the books say.
pub(super) fn flaw(payment: &Payment) -> Option<&'static str> {
    let Payee::Cash { salt, verifier, minutes } = &payment.payee else { return Some("payee") };
    let is_hex = |text: &str| {
        (16..=HEX_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
    };
    match () {
        () if payment.rail != Rail::Till => Some("rail"),
        () if payment.fee != Fen::ZERO => Some("fee"),
        () if payment.amount.fen() % STEP.fen() != 0 => Some("amount"),
        () if !is_hex(salt) || !is_hex(verifier) => Some("payee"),
        () if !(1..=MINUTES_MAX).contains(minutes) => Some("minutes"),
        () => None,
    }
}

/// A payment was posted whose cash waits from now on.
pub(super) fn book(tx: &Tx<'_>, keys: &TenantKeys, order: &Order, payee: &Payee) -> Result<()> {
    let Payee::Cash { salt, verifier, minutes } = payee else {
        return Err(Error::fault("no cash was booked"));
    };
    let payer = number(order.payment.payer.as_str()).unwrap_or(0);
    let cust_no: i64 = tx.one(
        "SELECT cust_no FROM core_account WHERE tenant_id = $1 AND acct_id = $2",
        params![tx.tenant(), payer],
    )?;
    let mobile = parties::mobile(tx, keys, cust_no)?;
    let mobile = mobile.map(|m| keys.index("mobile", m.reveal())).transpose()?;
    tx.exec(
        "INSERT INTO core_cash (tenant_id, request_id, cust_no, mobile_index, salt, verifier, until_ms, wrong, state, why, machine)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 'booked', '', '')",
        params![
            tx.tenant(),
            order.request_id,
            cust_no,
            mobile,
            salt.as_str(),
            verifier.as_str(),
            until(*minutes, tx.now())
        ],
    )?;
    Ok(())
}

/// A booking that was not taken is over; nothing for what is no booking, or over already.
pub(super) fn end(tx: &Tx<'_>, request_id: &str, why: &'static str) -> Result<()> {
    tx.exec(
        "UPDATE core_cash SET state = 'ended', ended_at_ms = $1, why = $2
          WHERE tenant_id = $3 AND request_id = $4 AND state = 'booked'",
        params![tx.now(), why, tx.tenant(), request_id],
    )?;
    Ok(())
}

/// Ends a booking that waits and gives its money back. What is on its way back goes on with [`Sandbox::settle_rails`].
fn release(tx: &Tx<'_>, keys: &TenantKeys, request_id: &str, why: &'static str) -> Result<()> {
    end(tx, request_id, why)?;
    tx.exec(
        "UPDATE core_payment SET state = 'settling', due_at_ms = $1
          WHERE tenant_id = $2 AND request_id = $3 AND state = 'pending'",
        params![tx.now(), tx.tenant(), request_id],
    )?;
    settle::give_back(tx, keys, request_id, &Reject::Expired)?;
    Ok(())
}

/// Gives booked cash back while nobody has taken it; what became of it.
pub(super) fn call_off(tx: &Tx<'_>, keys: &TenantKeys, original: &str) -> Said<Fate> {
    let booked: Option<String> = tx.opt(
        "SELECT state FROM core_cash WHERE tenant_id = $1 AND request_id = $2",
        params![tx.tenant(), original],
    )?;
    match booked.as_deref() {
        None => return super::wealth::call_off(tx, keys, original),
        Some("booked") => {
            if let Err(closed) = queries::open_day(tx)? {
                return Ok(Err(closed));
            }
            release(tx, keys, original, "called_off")?;
        }
        Some(_) => {}
    }
    super::query::payment(tx, keys, original).map(Ok)
}

/// A booking that may be meant.
type Waiting = (String, String, String, Fen);

fn waiting(tx: &Tx<'_>, keys: &TenantKeys, mobile: &str) -> Result<Vec<Waiting>> {
    tx.all(
        "SELECT c.request_id, c.salt, c.verifier, p.amount_fen FROM core_cash c
           JOIN core_payment p ON p.tenant_id = c.tenant_id AND p.request_id = c.request_id
          WHERE c.tenant_id = $1 AND c.mobile_index = $2 AND c.state = 'booked' AND c.until_ms > $3
          ORDER BY c.request_id",
        params![tx.tenant(), keys.index("mobile", mobile)?, tx.now()],
    )
}

/// One more wrong try on each booking that may have been meant; whether one ended by it.
fn miss(tx: &Tx<'_>, keys: &TenantKeys, all: &[Waiting]) -> Result<NoCash> {
    let mut came = NoCash::Wrong;
    for (request_id, ..) in all {
        let wrong: Option<i64> = tx.opt(
            "UPDATE core_cash SET wrong = wrong + 1
              WHERE tenant_id = $1 AND request_id = $2 AND state = 'booked' RETURNING wrong",
            params![tx.tenant(), request_id],
        )?;
        if wrong.is_some_and(|n| n >= TRIES) {
            release(tx, keys, request_id, "locked")?;
            came = NoCash::Locked;
        }
    }
    Ok(came)
}

type Given = std::result::Result<Dispensed, NoCash>;

/// The machine gives the cash of a booking out, once.
fn give(tx: &Tx<'_>, request_id: &str, machine: &str) -> Result<Given> {
    let row = store::paid_row(tx, request_id)?;
    let open: i64 = tx.one(
        "SELECT COUNT(*) FROM core_cash
          WHERE tenant_id = $1 AND request_id = $2 AND state = 'booked' AND until_ms > $3",
        params![tx.tenant(), request_id, tx.now()],
    )?;
    let is_first = open == 1
        && row.state == PaymentState::Pending
        && tx.exec_one(
            "UPDATE core_payment SET state = 'confirmed'
              WHERE tenant_id = $1 AND request_id = $2 AND state = 'pending'",
            params![tx.tenant(), request_id],
        )?;
    if !is_first {
        return Ok(Err(NoCash::Wrong));
    }
    let voucher = Voucher {
        request_id: format!("till:{request_id}"),
        at: None,
        movement: movement::cash_taken(row.amount).words("无卡取款出钞", format!("设备{machine}")),
        channel: None,
    };
    let mut books = Books::open(tx)?;
    let posted = match books.post(&voucher) {
        Ok(posted) => posted,
        Err(Refused::Fault(e)) => return Err(e),
        Err(_) => return Err(Error::fault("what was pending for a till is not there")),
    };
    books.close()?;
    let is_taken = tx.exec_one(
        "UPDATE core_cash SET state = 'taken', ended_at_ms = $1, machine = $2, taken_no = $3
          WHERE tenant_id = $4 AND request_id = $5 AND state = 'booked' AND until_ms > $1",
        params![tx.now(), machine, posted.journal_no, tx.tenant(), request_id],
    )?;
    if !is_taken {
        return Err(Error::fault("a booking ended while its cash was given out"));
    }
    Ok(Ok(Dispensed { request_id: request_id.to_owned(), amount: row.amount }))
}

impl Sandbox {
    /// A machine of `tenant`'s is asked for booked cash. Every wrong try counts on what may have been meant.
    pub async fn dispense(&self, tenant: TenantId, ask: &TillAsk) -> Result<Given> {
        let mobile = plain_digits(&ask.mobile);
        let keys = self.0.keys.of(&self.0.db, tenant).await?;
        let look = move |tx: &Tx<'_>| match queries::open_day(tx)? {
            Ok(()) => waiting(tx, &keys, &mobile).map(Ok),
            Err(closed) => Ok::<_, Error>(Err(closed)),
        };
        // A write, not a question: a reader that lags behind would miss what was just booked.
        let all = match self.0.db.write(Scope::Tenant(tenant), look).await? {
            Ok(all) => all,
            Err(CoreError::Rejected(Reject::DayClosed { .. })) => return Ok(Err(NoCash::Closed)),
            Err(e) => return Err(Error::fault(e.to_string())),
        };
        let (tried, ask) = (all.clone(), ask.clone());
        let machine = ask.machine.clone();
        let fits = move || {
            let is_it = |(_, salt, known, amount): &&Waiting| {
                let typed = verifier(salt, ask.code.reveal(), ask.word.reveal());
                same(&typed, known) && ask.amount == *amount
            };
            tried.iter().find(is_it).map(|(id, ..)| id.clone())
        };
        let found = tokio::task::spawn_blocking(fits).await?;
        let unit = move |tx: &Tx<'_>, keys: &TenantKeys| match &found {
            Some(id) => give(tx, id, &machine),
            None => miss(tx, keys, &all).map(Err),
        };
        self.unit(tenant, unit).await
    }
}

/// What must hold between bookings, their payments, and what machines gave out.
pub(super) fn broken(tx: &Tx<'_>) -> Result<Vec<String>> {
    let ids: Vec<String> = tx.all(
        "SELECT c.request_id FROM core_cash c
           LEFT JOIN core_payment p ON p.tenant_id = c.tenant_id AND p.request_id = c.request_id
           LEFT JOIN core_journal j ON j.tenant_id = c.tenant_id AND j.journal_no = c.taken_no
          WHERE c.tenant_id = $1
            AND (p.request_id IS NULL OR p.rail <> 'till'
                 OR (c.state = 'booked' AND p.state NOT IN ('pending', 'settling'))
                 OR (c.state = 'taken') <> (p.state = 'confirmed')
                 OR (c.state = 'taken' AND (j.kind <> 'cash_taken' OR j.amount_fen <> p.amount_fen))
                 OR (c.state = 'ended' AND p.state NOT IN ('settling', 'returned', 'reversed')))
          UNION ALL
         SELECT p.request_id FROM core_payment p
           LEFT JOIN core_cash c ON c.tenant_id = p.tenant_id AND c.request_id = p.request_id
          WHERE p.tenant_id = $1 AND p.rail = 'till' AND c.request_id IS NULL",
        params![tx.tenant()],
    )?;
    Ok(ids
        .into_iter()
        .map(|id| format!("I8: booked cash does not fit its payment: {id}"))
        .collect())
}
