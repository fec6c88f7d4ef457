//! Money that comes in batches (代发): who announced what, whose share came of it, and why one did not come.
//!
//! A share is paid by a journal of its own; a share that cannot be paid keeps its reason and the money stays with the
//! payer. Not for: who is entitled to what; the payer's list says that.

use crate::day::Day;
use crate::model::AccountState;
use crate::rural::{BatchState, Came, Payout, PayoutClass, PayoutFailure, PayoutQuery, Share};
use crate::sandbox::books::{Books, Posted, Refused, Voucher};
use crate::sandbox::movement::{self, Movement};
use crate::sandbox::queries::{Said, Stored, day, invalid};
use crate::sandbox::words::{Word, from_word};
use base::{Error, Fen, Result, Time};
use db::{FromRow, Row, Tx, params};

/// Days in one question, at most: two years.
const DAYS_MAX: i64 = 732;

/// A batch to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBatch {
    pub batch_no: i64,
    pub class: PayoutClass,
    pub title: String,
    pub payer: String,
    /// `2026` or `2026-10`.
    pub period: String,
    /// The day it is expected on; `is_dated` says whether the payer named it.
    pub expected_on: Day,
    pub is_dated: bool,
}

/// One line of a payer's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewShare {
    pub cust_no: i64,
    /// The account the list names.
    pub acct_id: i64,
    pub amount: Fen,
}

/// A payer says that something will come.
pub(crate) fn announce(tx: &Tx<'_>, b: &NewBatch) -> Result<()> {
    tx.exec(
        "INSERT INTO core_batch (tenant_id, batch_no, class, title, payer, period, state, counts_on, is_dated)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            tx.tenant(), b.batch_no, b.class.word(), b.title, b.payer, b.period,
            BatchState::Announced.word(), b.expected_on.number(), b.is_dated
        ],
    )?;
    Ok(())
}

/// List and money are at the bank. False when the batch is not one that waits for its list.
pub(crate) fn hand_in(tx: &Tx<'_>, batch_no: i64, shares: &[NewShare]) -> Result<bool> {
    if !move_on(tx, batch_no, BatchState::Announced, BatchState::HandedIn)? {
        return Ok(false);
    }
    for s in shares {
        tx.exec(
            "INSERT INTO core_share (tenant_id, batch_no, cust_no, acct_id, amount_fen, state)
             VALUES ($1, $2, $3, $4, $5, 'waiting')",
            params![tx.tenant(), batch_no, s.cust_no, s.acct_id, s.amount],
        )?;
    }
    Ok(true)
}

fn move_on(tx: &Tx<'_>, batch_no: i64, from: BatchState, to: BatchState) -> Result<bool> {
    tx.exec_one(
        "UPDATE core_batch SET state = $1 WHERE tenant_id = $2 AND batch_no = $3 AND state = $4",
        params![to.word(), tx.tenant(), batch_no, from.word()],
    )
}

/// Tries every share of a batch that is at the bank. False when there is no such batch.
pub(crate) fn pay(tx: &Tx<'_>, batch_no: i64) -> Result<bool> {
    let found: Option<(Stored<PayoutClass>, String, String, String)> = tx.opt(
        "SELECT class, title, payer, period FROM core_batch WHERE tenant_id = $1 AND batch_no = $2",
        params![tx.tenant(), batch_no],
    )?;
    let Some((Stored(class), title, payer, period)) = found else { return Ok(false) };
    if !move_on(tx, batch_no, BatchState::HandedIn, BatchState::Paid)? {
        return Ok(false);
    }
    let shares: Vec<(i64, i64, Fen, Option<Stored<AccountState>>, Option<i64>)> = tx.all(
        "SELECT s.cust_no, s.acct_id, s.amount_fen, a.state, a.cust_no
           FROM core_share s
           LEFT JOIN core_account a ON a.tenant_id = s.tenant_id AND a.acct_id = s.acct_id
          WHERE s.tenant_id = $1 AND s.batch_no = $2 AND s.state = 'waiting' ORDER BY s.cust_no",
        params![tx.tenant(), batch_no],
    )?;
    let mut books = Books::open(tx)?;
    let mut paid = Vec::new();
    for (cust_no, acct_id, amount, state, owner) in shares {
        let movement = of_class(class, acct_id, amount, &payer)
            .words("代发", format!("{title}，{payer}代发，批次{period}"));
        let request_id = format!("BATCH-{batch_no}-{cust_no}");
        let voucher = Voucher { request_id, at: None, movement, channel: None };
        let came = match hindrance(state.map(|s| s.0), owner == Some(cust_no)) {
            Some(failure) => Err(failure),
            None => match books.post(&voucher) {
                Ok(posted) => Ok(posted),
                Err(Refused::Ledger(_)) => Err(PayoutFailure::Frozen),
                Err(other) => return Err(other.into()),
            },
        };
        paid.push((cust_no, came));
    }
    books.close()?;
    for (cust_no, came) in paid {
        record(tx, batch_no, cust_no, came)?;
    }
    let today = Day::at(tx.now()).number();
    tx.exec_one(
        "UPDATE core_batch SET counts_on = $1, is_dated = $2 WHERE tenant_id = $3 AND batch_no = $4",
        params![today, true, tx.tenant(), batch_no],
    )
}

/// Why a batch does not pay into an account: stricter than the ledger, which lets money into a dormant one.
const fn hindrance(state: Option<AccountState>, is_own: bool) -> Option<PayoutFailure> {
    match state {
        None => Some(PayoutFailure::NameMismatch),
        Some(_) if !is_own => Some(PayoutFailure::NameMismatch),
        Some(AccountState::Dormant) => Some(PayoutFailure::Dormant),
        Some(AccountState::Frozen) => Some(PayoutFailure::Frozen),
        Some(AccountState::Closed) => Some(PayoutFailure::Closed),
        Some(AccountState::Active | AccountState::NoOut | AccountState::Lost) => None,
    }
}

fn record(
    tx: &Tx<'_>,
    batch_no: i64,
    cust_no: i64,
    came: std::result::Result<Posted, PayoutFailure>,
) -> Result<()> {
    let (state, reason, journal_no) = match came {
        Ok(posted) => ("paid", None, Some(posted.journal_no)),
        Err(failure) => ("failed", Some(failure.word()), None),
    };
    tx.exec(
        "UPDATE core_share SET state = $1, reason = $2, journal_no = $3
          WHERE tenant_id = $4 AND batch_no = $5 AND cust_no = $6 AND state = 'waiting'",
        params![state, reason, journal_no, tx.tenant(), batch_no, cust_no],
    )?;
    Ok(())
}

/// The movement that pays a share.
fn of_class(class: PayoutClass, acct: i64, amount: Fen, payer: &str) -> Movement {
    match class {
        PayoutClass::Subsidy => movement::subsidy(acct, amount, payer),
        PayoutClass::Pension => movement::pension(acct, amount, payer),
        PayoutClass::Allowance => movement::allowance(acct, amount, payer),
        PayoutClass::SiteWage => movement::wage(acct, amount, payer),
        PayoutClass::LandRent => movement::land_rent(acct, amount, payer),
    }
}

/// The columns of [`payouts`].
struct Found(Payout);

impl FromRow for Found {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let batch_no: i64 = row.next()?;
        let class = row.next::<Stored<PayoutClass>>()?.0;
        let (title, payer, period) = (row.next()?, row.next()?, row.next()?);
        let state = row.next::<Stored<BatchState>>()?.0;
        let counts_on = day(row.next()?)?;
        let is_dated: bool = row.next()?;
        let (amount, share): (Option<Fen>, Option<String>) = (row.next()?, row.next()?);
        let (reason, tail): (Option<String>, Option<String>) = (row.next()?, row.next()?);
        let at: Option<Time> = row.next()?;
        let share = match (amount, share) {
            (Some(amount), Some(state)) => {
                let came = came(&state, reason.as_deref(), at)?;
                Some(Share { amount, tail: tail.unwrap_or_default(), came })
            }
            _ => None,
        };
        let on = is_dated.then_some(counts_on);
        let batch = batch_no.to_string();
        Ok(Self(Payout { batch, class, title, payer, period, state, on, share }))
    }
}

fn came(state: &str, reason: Option<&str>, at: Option<Time>) -> Result<Came> {
    Ok(match (state, reason, at) {
        ("waiting", ..) => Came::Waiting,
        ("paid", _, Some(at)) => Came::Paid(at),
        ("failed", Some(reason), _) => Came::Failed(from_word(reason)?),
        _ => return Err(Error::fault("a share came to nothing known")),
    })
}

/// A customer's batches, latest first: those with a share, and of public ones those without.
pub(crate) fn payouts(tx: &Tx<'_>, cust_no: i64, ask: PayoutQuery) -> Said<Vec<Payout>> {
    if !(0..DAYS_MAX).contains(&ask.to.days_since(ask.from)) {
        return invalid("range");
    }
    let found: Vec<Found> = tx.all(
        "SELECT b.batch_no, b.class, b.title, b.payer, b.period, b.state, b.counts_on, b.is_dated,
                s.amount_fen, s.state, s.reason, a.tail, j.posted_at_ms
           FROM core_batch b
           LEFT JOIN core_share s ON s.tenant_id = b.tenant_id AND s.batch_no = b.batch_no AND s.cust_no = $2
           LEFT JOIN core_account a ON a.tenant_id = s.tenant_id AND a.acct_id = s.acct_id
           LEFT JOIN core_journal j ON j.tenant_id = s.tenant_id AND j.journal_no = s.journal_no
          WHERE b.tenant_id = $1 AND b.class = $3 AND b.counts_on >= $4 AND b.counts_on <= $5
          ORDER BY b.counts_on DESC, b.batch_no DESC",
        params![tx.tenant(), cust_no, ask.class.word(), ask.from.number(), ask.to.number()],
    )?;
    let tells = |p: &Payout| p.share.is_some() || ask.class.is_public();
    Ok(Ok(found.into_iter().map(|f| f.0).filter(tells).collect()))
}

/// Shares whose journal says something else, for the walk over all books.
pub(crate) fn broken(tx: &Tx<'_>) -> Result<Vec<String>> {
    let wrong: Vec<(i64, i64)> = tx.all(
        "SELECT s.batch_no, s.cust_no FROM core_share s
           LEFT JOIN core_entry e ON e.tenant_id = s.tenant_id AND e.journal_no = s.journal_no
                AND e.account_kind = 'C' AND e.account = s.acct_id AND e.side = 'C' AND e.amount_fen = s.amount_fen
          WHERE s.tenant_id = $1 AND s.state = 'paid' AND e.journal_no IS NULL ORDER BY s.batch_no, s.cust_no",
        params![tx.tenant()],
    )?;
    let sentence =
        |(batch, cust): (i64, i64)| format!("batch {batch}: the share of {cust} has no entry");
    Ok(wrong.into_iter().map(sentence).collect())
}
