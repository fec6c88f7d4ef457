//! Time deposits in the books, and the one setting a customer may make of them: what happens when they mature.
//!
//! Not for: the money in them (`movement`, `books`), nor the arithmetic (`crate::deposits`).

use crate::day::Day;
use crate::deposits::{
    DepositKind, Form, RENEWAL_MONTHS, Renewal, RenewalSet, TermDeposit, at_maturity, if_taken,
};
use crate::error::{CoreError, Reject};
use crate::interest;
use crate::model::{AccountRef, AccountState};
use crate::sandbox::Sandbox;
use crate::sandbox::books::Books;
use crate::sandbox::money::notice_rate;
use crate::sandbox::notice;
use crate::sandbox::parties;
use crate::sandbox::queries::{Said, Stored, day, maybe_day, no};
use crate::sandbox::words::Word;
use base::{Error, Fen, Result, TenantId, Time};
use db::{FromRow, Row, Tx, params};
use sm3::{Digest, Sm3};

/// A time deposit to be; its account exists already, with its rate, opening day and maturity.
#[derive(Debug, Clone)]
pub struct NewTerm {
    pub acct_id: i64,
    pub kind: DepositKind,
    pub form: Form,
    /// `None` for a notice deposit.
    pub months: Option<i64>,
    pub call_rate_bp: i64,
    pub renewal: Renewal,
}

const OFF: &str = "off";
const SAME: &str = "same_term";
const MONTHS: &str = "months";

pub(crate) fn stored(renewal: Renewal) -> (&'static str, Option<i64>) {
    match renewal {
        Renewal::Off => (OFF, None),
        Renewal::SameTerm => (SAME, None),
        Renewal::Months(months) => (MONTHS, Some(months)),
    }
}

pub(crate) fn read(word: &str, months: Option<i64>) -> Result<Renewal> {
    match (word, months) {
        (OFF, None) => Ok(Renewal::Off),
        (SAME, None) => Ok(Renewal::SameTerm),
        (MONTHS, Some(months)) => Ok(Renewal::Months(months)),
        _ => Err(Error::fault(format!("unknown renewal «{word}» in the books"))),
    }
}

pub(crate) fn add(tx: &Tx<'_>, term: &NewTerm) -> Result<()> {
    if term.months.is_none() != term.kind.is_notice() {
        return Err(Error::fault("a deposit with neither term nor notice"));
    }
    let (renewal, months) = stored(term.renewal);
    tx.exec(
        "INSERT INTO core_term (tenant_id, acct_id, kind, form, months, call_rate_bp, renewal, renewal_months)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            tx.tenant(),
            term.acct_id,
            term.kind.word(),
            term.form.word(),
            term.months,
            term.call_rate_bp,
            renewal,
            months
        ],
    )?;
    Ok(())
}

struct TermRow {
    acct_id: i64,
    kind: DepositKind,
    product: String,
    tail: String,
    state: AccountState,
    form: Form,
    debit: Fen,
    credit: Fen,
    rate_bp: i64,
    opened_on: Day,
    months: Option<i64>,
    ends_on: Option<Day>,
    call_bp: i64,
    renewal: Renewal,
}

impl FromRow for TermRow {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            acct_id: row.next()?,
            kind: row.next::<Stored<_>>()?.0,
            product: row.next()?,
            tail: row.next()?,
            state: row.next::<Stored<_>>()?.0,
            form: row.next::<Stored<_>>()?.0,
            debit: row.next()?,
            credit: row.next()?,
            rate_bp: row.next()?,
            opened_on: day(row.next()?)?,
            months: row.next()?,
            ends_on: maybe_day(row.next()?)?,
            call_bp: row.next()?,
            renewal: {
                let word: String = row.next()?;
                read(&word, row.next()?)?
            },
        })
    }
}

/// The customer's time deposits that hold something: the next to mature first, notice deposits last.
pub(crate) fn term_deposits(tx: &Tx<'_>, cust_no: i64) -> Said<Vec<TermDeposit>> {
    if !parties::is_known(tx, cust_no)? {
        return no(Reject::NotFound);
    }
    let found: Vec<TermRow> = tx.all(
        "SELECT a.acct_id, t.kind, a.product, a.tail, a.state, t.form, a.posted_debit_fen, a.posted_credit_fen,
                a.rate_bp, a.opened_on, t.months, a.ends_on, t.call_rate_bp, t.renewal, t.renewal_months
           FROM core_account a
           JOIN core_term t ON t.tenant_id = a.tenant_id AND t.acct_id = a.acct_id
          WHERE a.tenant_id = $1 AND a.cust_no = $2 AND a.state <> 'closed'
            AND a.posted_credit_fen > a.posted_debit_fen
          ORDER BY a.ends_on NULLS LAST, a.acct_id",
        params![tx.tenant(), cust_no],
    )?;
    let today = Day::at(tx.now());
    Ok(Ok(found.into_iter().map(|row| deposit(tx, row, today)).collect::<Result<_>>()?))
}

fn deposit(tx: &Tx<'_>, mut row: TermRow, today: Day) -> Result<TermDeposit> {
    let overflow = || Error::fault("a deposit is too large to count");
    let principal = row.credit.checked_sub(row.debit).ok_or_else(overflow)?;
    let days = today.days_since(row.opened_on).max(0);
    let notice = if row.kind.is_notice() {
        // It bears what the institution pays on the day it is taken.
        row.rate_bp = notice_rate(tx, row.kind)?;
        notice::good(tx, row.acct_id)?
    } else {
        None
    };
    let (interest, taken, taken_bp) = match (row.months, row.ends_on) {
        (Some(months), Some(ends_on)) => (
            at_maturity(principal, row.rate_bp, months),
            if_taken(
                principal,
                (row.rate_bp, row.call_bp),
                months,
                (row.opened_on, ends_on),
                today,
            ),
            if today < ends_on { row.call_bp } else { row.rate_bp },
        ),
        // Told of in time, a notice deposit bears its own rate; taken without notice, that of money at call.
        _ => (
            interest::for_days(principal, row.rate_bp, days),
            interest::for_days(principal, row.call_bp, days),
            row.call_bp,
        ),
    };
    Ok(TermDeposit {
        account: AccountRef::new(row.acct_id.to_string()),
        kind: row.kind,
        product: row.product,
        tail: row.tail,
        state: row.state,
        form: row.form,
        principal,
        rate_bp: row.rate_bp,
        opened_on: row.opened_on,
        months: row.months,
        matures_on: row.ends_on,
        interest: interest.ok_or_else(overflow)?,
        today: taken.ok_or_else(overflow)?,
        today_rate_bp: taken_bp,
        renewal: row.renewal,
        notice,
    })
}

/// Kind of this command in `core_request`.
const KIND: &str = "renewal";

fn payload(acct_id: i64, renewal: Renewal) -> Vec<u8> {
    let (word, months) = stored(renewal);
    Sm3::digest(format!("{KIND}|{acct_id}|{word}|{}", months.unwrap_or(0)).as_bytes()).to_vec()
}

/// Sets what happens at maturity, once under `request_id`. A refusal is no verdict on the id: nothing was changed, and the
/// reason may pass (an account is unfrozen).
pub(crate) fn set_renewal(
    tx: &Tx<'_>,
    request_id: &str,
    acct_id: i64,
    renewal: Renewal,
) -> Said<RenewalSet> {
    let hash = payload(acct_id, renewal);
    let before: Option<(Vec<u8>, Time)> = tx.opt(
        "SELECT payload_hash, accepted_at_ms FROM core_request WHERE tenant_id = $1 AND request_id = $2",
        params![tx.tenant(), request_id],
    )?;
    if let Some((known, at)) = before {
        return Ok(if known == hash {
            Ok(RenewalSet { renewal, at, is_repeat: true })
        } else {
            Err(Reject::PayloadMismatch.into())
        });
    }
    if let Err(reject) = may_set(tx, acct_id, renewal)? {
        return no(reject);
    }
    let (word, months) = stored(renewal);
    tx.exec(
        "UPDATE core_term SET renewal = $1, renewal_months = $2 WHERE tenant_id = $3 AND acct_id = $4",
        params![word, months, tx.tenant(), acct_id],
    )?;
    let mut books = Books::open(tx)?;
    books.event(KIND, None, acct_id)?;
    books.close()?;
    // «set», not «done»: it has no journal.
    tx.exec(
        "INSERT INTO core_request (tenant_id, request_id, kind, payload_hash, state, result_code, accepted_at_ms)
         VALUES ($1, $2, $3, $4, 'set', '', $5)",
        params![tx.tenant(), request_id, KIND, hash, tx.now()],
    )?;
    Ok(Ok(RenewalSet { renewal, at: tx.now(), is_repeat: false }))
}

fn may_set(tx: &Tx<'_>, acct_id: i64, renewal: Renewal) -> Result<std::result::Result<(), Reject>> {
    type Found = (Stored<DepositKind>, Stored<Form>, Stored<AccountState>, Option<i64>);
    let found: Option<Found> = tx.opt(
        "SELECT t.kind, t.form, a.state, a.ends_on
           FROM core_term t JOIN core_account a ON a.tenant_id = t.tenant_id AND a.acct_id = t.acct_id
          WHERE t.tenant_id = $1 AND t.acct_id = $2",
        params![tx.tenant(), acct_id],
    )?;
    let Some((Stored(kind), Stored(form), Stored(state), ends_on)) = found else {
        return Ok(Err(Reject::NotFound));
    };
    let is_term = !matches!(renewal, Renewal::Months(m) if !RENEWAL_MONTHS.contains(&m));
    let today = Day::at(tx.now());
    Ok(match maybe_day(ends_on)? {
        _ if !is_term => Err(Reject::Validation { field: "renewal" }),
        _ if kind.is_notice() => Err(Reject::Unsupported),
        // What a paper says is changed on the paper, at a counter.
        _ if form == Form::Paper => Err(paper()),
        _ if state != AccountState::Active => Err(Reject::AccountNotActive),
        Some(ends_on) if ends_on <= today => Err(Reject::Expired),
        _ => Ok(()),
    })
}

/// The refusal that a certificate on paper has to be brought along.
pub(crate) fn paper() -> Reject {
    Reject::Other { code: "deposit.paper".into(), message: "the certificate is on paper".into() }
}

/// What a command without an id is answered.
pub(crate) fn without_id<T>() -> std::result::Result<T, CoreError> {
    Err(Reject::Validation { field: "request_id" }.into())
}

impl Sandbox {
    pub async fn add_term(&self, tenant: TenantId, term: NewTerm) -> Result<()> {
        self.unit(tenant, move |tx, _| add(tx, &term)).await
    }
}
