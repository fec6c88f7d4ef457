//! Loans in the books: their instalments, what a repayment settles of them, who stands for whom.
//!
//! Invariant: what a loan owes by its entries is the principal of its instalments that is not paid.
//! Not for: the entries themselves (`movement`, `books`), nor the arithmetic of a schedule (`crate::loans`).

use crate::day::Day;
use crate::error::{CoreError, Reject};
use crate::loans::{Guarantee, GuaranteeState, Guarantees, Instalment, Late, Loan, Method};
use crate::model::{AccountRef, AccountState};
use crate::sandbox::Sandbox;
use crate::sandbox::commands::{self, Done};
use crate::sandbox::movement::{self, Face};
use crate::sandbox::parties;
use crate::sandbox::queries::{Said, Stored, day, maybe_day, no};
use crate::sandbox::seal::{Column, TenantKeys};
use crate::sandbox::words::Word;
use base::{Error, Fen, Masked, Result, TenantId};
use db::{FromRow, Row, Tx, params};
use std::collections::BTreeMap;

/// A loan to be; its account exists already, with the principal as its limit.
#[derive(Debug, Clone)]
pub struct NewLoan {
    pub acct_id: i64,
    pub method: Method,
    /// The whole schedule, with the days on which what lies behind was paid.
    pub instalments: Vec<Instalment>,
    /// The account it is paid from.
    pub repay_acct_id: Option<i64>,
    /// Customer numbers of those who stand for it, each up to an amount.
    pub guarantors: Vec<(i64, Fen)>,
}

pub(crate) fn add(tx: &Tx<'_>, loan: &NewLoan) -> Result<()> {
    let Some(last) = loan.instalments.last() else {
        return Err(Error::fault("a loan without instalments"));
    };
    tx.exec(
        "INSERT INTO core_loan (tenant_id, acct_id, method, months, repay_acct_id)
         VALUES ($1, $2, $3, $4, $5)",
        params![tx.tenant(), loan.acct_id, loan.method.word(), last.seq, loan.repay_acct_id],
    )?;
    for i in &loan.instalments {
        add_instalment(tx, loan.acct_id, i)?;
    }
    for (cust_no, amount) in &loan.guarantors {
        tx.exec(
            "INSERT INTO core_guarantee (tenant_id, acct_id, cust_no, amount_fen, until)
             VALUES ($1, $2, $3, $4, $5)",
            params![tx.tenant(), loan.acct_id, *cust_no, *amount, last.due_on.number()],
        )?;
    }
    Ok(())
}

/// Writes one instalment, paid whole or not at all.
pub(super) fn add_instalment(tx: &Tx<'_>, acct_id: i64, i: &Instalment) -> Result<()> {
    let paid = |sum: Fen| if i.paid_on.is_some() { sum } else { Fen::ZERO };
    tx.exec(
        "INSERT INTO core_instalment (tenant_id, acct_id, seq, due_on, principal_fen, interest_fen,
                paid_principal_fen, paid_interest_fen, paid_on)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            tx.tenant(),
            acct_id,
            i.seq,
            i.due_on.number(),
            i.principal,
            i.interest,
            paid(i.principal),
            paid(i.interest),
            i.paid_on.map(Day::number)
        ],
    )?;
    Ok(())
}

/// A repayment: principal and interest of instalments, the oldest first, and 罚息 on top.
#[derive(Debug, Clone)]
pub struct Repayment {
    pub loan: i64,
    pub from: Face,
    pub principal: Fen,
    pub interest: Fen,
    pub penalty: Fen,
}

/// Posts a repayment once under `request_id`, and settles instalments with it.
pub(crate) fn repay(tx: &Tx<'_>, request_id: &str, r: &Repayment) -> Said<Done> {
    let to_bank = r.interest.checked_add(r.penalty).filter(|_| !r.penalty.is_negative());
    let Some(to_bank) = to_bank else {
        return no(Reject::Validation { field: "amount" });
    };
    let movement = movement::loan_repayment(&r.from, r.loan, r.principal, to_bank);
    let done = match commands::post(tx, request_id, &movement, None)? {
        Ok(done) if !done.is_repeat => done,
        other => return Ok(other),
    };
    settle(tx, r, done.posted.core_date)?;
    Ok(Ok(done))
}

pub(super) fn settle(tx: &Tx<'_>, r: &Repayment, on: Day) -> Result<()> {
    let open: Vec<(i64, i64, i64)> = tx.all(
        "SELECT seq, principal_fen - paid_principal_fen, interest_fen - paid_interest_fen
           FROM core_instalment WHERE tenant_id = $1 AND acct_id = $2 AND paid_on IS NULL ORDER BY seq",
        params![tx.tenant(), r.loan],
    )?;
    let (mut principal, mut interest) = (r.principal.fen(), r.interest.fen());
    for (seq, owed, due) in open {
        if principal + interest == 0 {
            break;
        }
        let (this, that) = (principal.min(owed), interest.min(due));
        let paid_on = (this == owed && that == due).then_some(on.number());
        tx.exec(
            "UPDATE core_instalment SET paid_principal_fen = paid_principal_fen + $1,
                    paid_interest_fen = paid_interest_fen + $2, paid_on = $3
              WHERE tenant_id = $4 AND acct_id = $5 AND seq = $6",
            params![this, that, paid_on, tx.tenant(), r.loan, seq],
        )?;
        principal -= this;
        interest -= that;
    }
    // The ledger lets nobody pay back more than is owed; more interest than was agreed is our own mistake.
    if principal + interest == 0 { Ok(()) } else { Err(Error::fault("more was paid than is due")) }
}

impl FromRow for Instalment {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            seq: row.next()?,
            due_on: day(row.next()?)?,
            principal: row.next()?,
            interest: row.next()?,
            paid_on: maybe_day(row.next()?)?,
        })
    }
}

pub(super) fn instalments(tx: &Tx<'_>, acct_id: i64) -> Result<Vec<Instalment>> {
    tx.all(
        "SELECT seq, due_on, principal_fen, interest_fen, paid_on
           FROM core_instalment WHERE tenant_id = $1 AND acct_id = $2 ORDER BY seq",
        params![tx.tenant(), acct_id],
    )
}

/// The schedule of one loan.
pub(crate) fn schedule(tx: &Tx<'_>, acct_id: i64) -> Said<Vec<Instalment>> {
    let all = instalments(tx, acct_id)?;
    if all.is_empty() { no(Reject::NotFound) } else { Ok(Ok(all)) }
}

struct LoanRow {
    acct_id: i64,
    product: String,
    tail: String,
    state: AccountState,
    method: Method,
    principal: Fen,
    debit: Fen,
    credit: Fen,
    rate_bp: i64,
    begun_on: Day,
    months: i64,
    repay_from: Option<String>,
}

impl FromRow for LoanRow {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            acct_id: row.next()?,
            product: row.next()?,
            tail: row.next()?,
            state: row.next::<Stored<_>>()?.0,
            method: row.next::<Stored<_>>()?.0,
            principal: row.next()?,
            debit: row.next()?,
            credit: row.next()?,
            rate_bp: row.next()?,
            begun_on: day(row.next()?)?,
            months: row.next()?,
            repay_from: row.next()?,
        })
    }
}

/// The customer's loans, in the order of their accounts.
pub(crate) fn loans(tx: &Tx<'_>, cust_no: i64) -> Said<Vec<Loan>> {
    if !parties::is_known(tx, cust_no)? {
        return no(Reject::NotFound);
    }
    let found: Vec<LoanRow> = tx.all(
        "SELECT a.acct_id, a.product, a.tail, a.state, l.method, a.limit_fen, a.posted_debit_fen,
                a.posted_credit_fen, a.rate_bp, a.opened_on, l.months, p.tail
           FROM core_account a
           JOIN core_loan l ON l.tenant_id = a.tenant_id AND l.acct_id = a.acct_id
           LEFT JOIN core_account p ON p.tenant_id = a.tenant_id AND p.acct_id = l.repay_acct_id
          WHERE a.tenant_id = $1 AND a.cust_no = $2 ORDER BY a.acct_id",
        params![tx.tenant(), cust_no],
    )?;
    let today = Day::at(tx.now());
    Ok(Ok(found.into_iter().map(|row| loan(tx, row, today)).collect::<Result<_>>()?))
}

fn loan(tx: &Tx<'_>, row: LoanRow, today: Day) -> Result<Loan> {
    let overflow = || Error::fault("a loan is too large to count");
    let all = instalments(tx, row.acct_id)?;
    let ends_on =
        all.last().map(|i| i.due_on).ok_or_else(|| Error::fault("a loan that never ends"))?;
    let paid = all.iter().filter(|i| i.paid_on.is_some()).count();
    Ok(Loan {
        account: AccountRef::new(row.acct_id.to_string()),
        product: row.product,
        tail: row.tail,
        state: row.state,
        method: row.method,
        principal: row.principal,
        outstanding: row.debit.checked_sub(row.credit).ok_or_else(overflow)?,
        rate_bp: row.rate_bp,
        begun_on: row.begun_on,
        ends_on,
        months: row.months,
        paid: i64::try_from(paid)?,
        next: all.iter().find(|i| i.paid_on.is_none() && i.due_on >= today).copied(),
        late: Late::of(&all, row.rate_bp, today).ok_or_else(overflow)?,
        repay_from: row.repay_from,
    })
}

/// Loan, product, tail, amount, until; then whose name is told of it.
type Stands = (i64, String, String, Fen, i64, i64, Vec<u8>);

/// Whom the customer stands for, and who stands for the customer.
pub(crate) fn guarantees(tx: &Tx<'_>, keys: &TenantKeys, cust_no: i64) -> Said<Guarantees> {
    if !parties::is_known(tx, cust_no)? {
        return no(Reject::NotFound);
    }
    let given: Vec<Stands> = tx.all(
        "SELECT g.acct_id, a.product, a.tail, g.amount_fen, g.until, c.cust_no, c.name_sealed
           FROM core_guarantee g
           JOIN core_account a ON a.tenant_id = g.tenant_id AND a.acct_id = g.acct_id
           JOIN core_customer c ON c.tenant_id = a.tenant_id AND c.cust_no = a.cust_no
          WHERE g.tenant_id = $1 AND g.cust_no = $2 ORDER BY g.acct_id",
        params![tx.tenant(), cust_no],
    )?;
    let received: Vec<Stands> = tx.all(
        "SELECT g.acct_id, a.product, a.tail, g.amount_fen, g.until, c.cust_no, c.name_sealed
           FROM core_account a
           JOIN core_guarantee g ON g.tenant_id = a.tenant_id AND g.acct_id = a.acct_id
           JOIN core_customer c ON c.tenant_id = g.tenant_id AND c.cust_no = g.cust_no
          WHERE a.tenant_id = $1 AND a.cust_no = $2 ORDER BY g.acct_id, g.cust_no",
        params![tx.tenant(), cust_no],
    )?;
    let mut states = BTreeMap::new();
    let mut told = |all: Vec<Stands>, is_own: bool| -> Result<Vec<Guarantee>> {
        let each = all.into_iter().map(|(loan, product, tail, amount, until, who, name)| {
            let state = match states.get(&loan) {
                Some(state) => *state,
                None => *states.entry(loan).or_insert(state_of(tx, loan)?),
            };
            Ok(Guarantee {
                other: Masked::name(keys.open(Column::Name, who, &name)?.reveal()),
                product,
                tail: is_own.then_some(tail),
                amount,
                until: day(until)?,
                state,
            })
        });
        each.collect()
    };
    Ok(Ok(Guarantees { given: told(given, false)?, received: told(received, true)? }))
}

fn state_of(tx: &Tx<'_>, loan: i64) -> Result<GuaranteeState> {
    let all = instalments(tx, loan)?;
    let today = Day::at(tx.now());
    Ok(if all.iter().all(|i| i.paid_on.is_some()) {
        GuaranteeState::Settled
    } else if all.iter().any(|i| i.is_late(today)) {
        GuaranteeState::Late
    } else {
        GuaranteeState::Current
    })
}

/// Loans whose instalments are not what their entries say, as sentences.
pub(crate) fn broken(tx: &Tx<'_>) -> Result<Vec<String>> {
    let wrong: Vec<(i64, i64, i64, i64, i64)> = tx.all(
        "SELECT a.acct_id, a.limit_fen, a.posted_debit_fen - a.posted_credit_fen,
                CAST(SUM(i.principal_fen) AS BIGINT),
                CAST(SUM(i.principal_fen - i.paid_principal_fen) AS BIGINT)
           FROM core_account a
           JOIN core_instalment i ON i.tenant_id = a.tenant_id AND i.acct_id = a.acct_id
          WHERE a.tenant_id = $1
          GROUP BY a.acct_id, a.limit_fen, a.posted_debit_fen, a.posted_credit_fen
         HAVING CAST(SUM(i.principal_fen) AS BIGINT) <> a.limit_fen
             OR CAST(SUM(i.principal_fen - i.paid_principal_fen) AS BIGINT) <> a.posted_debit_fen - a.posted_credit_fen
          ORDER BY a.acct_id",
        params![tx.tenant()],
    )?;
    let told = wrong.into_iter().map(|(loan, lent, owed, all, open)| {
        format!(
            "I3: loan {loan} of {lent} owes {owed}; its instalments are {all}, {open} of them open"
        )
    });
    Ok(told.collect())
}

impl Sandbox {
    /// A loan's instalments and guarantors, in one unit with nothing else.
    pub async fn add_loan(&self, tenant: TenantId, loan: NewLoan) -> Result<()> {
        self.unit(tenant, move |tx, _| add(tx, &loan)).await
    }

    /// Posts a repayment once under `request_id`, and settles instalments with it.
    pub async fn repay_loan(
        &self,
        tenant: TenantId,
        request_id: impl Into<String>,
        repayment: Repayment,
    ) -> Result<std::result::Result<Done, CoreError>> {
        let id = request_id.into();
        self.unit(tenant, move |tx, _| repay(tx, &id, &repayment)).await
    }
}
