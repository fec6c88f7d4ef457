//! Loans that are drawn under revolving credit lines (循环授信): what may be drawn, what it would come to, and drawing it.
//!
//! What is drawn is exactly what was told: another rate or last day by now moves nothing. Each draw is a loan of its own with a
//! schedule of its own; paying it back makes room again. *Invariant.* What is owed under a line is never more than its limit.
//! Not for: deciding whom a line is given; that was done when its contract was signed.

use crate::day::Day;
use crate::error::Reject;
use crate::interest;
use crate::loans::{CreditLine, Instalment, LineStop, Method, Plan};
use crate::model::{AccountKind, AccountRef};
use crate::money::{Arrival, DrawAsk, DrawTrial, Payee, Payment, Quote, Rail};
use crate::sandbox::lending::{self, NewLoan};
use crate::sandbox::money::payees::{self, Holder};
use crate::sandbox::money::saving;
use crate::sandbox::movement::{self, Movement};
use crate::sandbox::parties::{self, NewAccount};
use crate::sandbox::queries::{Said, day, no};
use crate::sandbox::seal::TenantKeys;
use crate::sandbox::{Sandbox, number};
use base::{Error, Fen, Result, TenantId};
use db::{FromRow, Row, Tx, params};

/// Less is not drawn: a thousand yuan.
const LEAST: Fen = Fen::of(100_000);
/// How what is drawn may be paid back. Principal that is paid ahead costs nothing here, so that the first is 随借随还 as well.
const METHODS: [Method; 2] = [Method::InterestFirst, Method::EqualPayment];
/// Numbers of lines are above every account's.
const LINES: i64 = 900_000_000_000_000;

type Verdict<T> = Result<std::result::Result<T, Reject>>;

fn large() -> Error {
    Error::fault("a credit line is too large to count")
}

/// A credit line to be.
#[derive(Debug, Clone)]
pub struct NewLine {
    pub cust_no: i64,
    /// From 1, one more for each of a customer's.
    pub nth: i64,
    pub product: String,
    /// Last four digits of the contract's number.
    pub tail: String,
    pub limit: Fen,
    pub rate_bp: i64,
    pub ends_on: Day,
}

impl NewLine {
    /// Its handle.
    pub fn handle(&self) -> AccountRef {
        AccountRef::new(self.number().to_string())
    }
    const fn number(&self) -> i64 {
        LINES + self.cust_no * 100 + self.nth
    }
}

pub(crate) fn add_line(tx: &Tx<'_>, line: &NewLine) -> Result<()> {
    tx.exec(
        "INSERT INTO core_credit_line (tenant_id, line_no, cust_no, product, tail, limit_fen, rate_bp, ends_on, is_cut)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, FALSE)",
        params![
            tx.tenant(),
            line.number(),
            line.cust_no,
            line.product,
            line.tail,
            line.limit,
            line.rate_bp,
            line.ends_on.number()
        ],
    )?;
    Ok(())
}

/// A line as it stands.
struct Standing {
    line_no: i64,
    cust_no: i64,
    product: String,
    tail: String,
    limit: Fen,
    rate_bp: i64,
    ends_on: Day,
    is_cut: bool,
    used: Fen,
    /// Instalments of the customer's loans that are late.
    late: i64,
}

impl FromRow for Standing {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            line_no: row.next()?,
            cust_no: row.next()?,
            product: row.next()?,
            tail: row.next()?,
            limit: row.next()?,
            rate_bp: row.next()?,
            ends_on: day(row.next()?)?,
            is_cut: row.next()?,
            used: row.next()?,
            late: row.next()?,
        })
    }
}

/// A question for lines as they stand today, `$2`.
macro_rules! lines_where {
    ($which:literal) => {
        concat!(
            "SELECT c.line_no, c.cust_no, c.product, c.tail, c.limit_fen, c.rate_bp, c.ends_on, c.is_cut,
                (SELECT COALESCE(CAST(SUM(a.posted_debit_fen - a.posted_credit_fen) AS BIGINT), 0)
                   FROM core_loan l JOIN core_account a ON a.tenant_id = l.tenant_id AND a.acct_id = l.acct_id
                  WHERE l.tenant_id = c.tenant_id AND l.line_no = c.line_no),
                (SELECT COUNT(*) FROM core_account a
                   JOIN core_instalment i ON i.tenant_id = a.tenant_id AND i.acct_id = a.acct_id
                  WHERE a.tenant_id = c.tenant_id AND a.cust_no = c.cust_no AND i.paid_on IS NULL AND i.due_on < $2)
           FROM core_credit_line c WHERE c.tenant_id = $1 AND ",
            $which
        )
    };
}

impl Standing {
    fn stopped(&self, today: Day) -> Option<LineStop> {
        if self.late > 0 {
            Some(LineStop::Overdue)
        } else if self.is_cut {
            Some(LineStop::Cut)
        } else if self.ends_on <= today {
            Some(LineStop::Ended)
        } else {
            None
        }
    }

    fn room(&self, today: Day) -> Fen {
        let left = self.limit.checked_sub(self.used).unwrap_or(Fen::ZERO).max(Fen::ZERO);
        if self.stopped(today).is_some() { Fen::ZERO } else { left }
    }

    fn told(self, today: Day) -> CreditLine {
        CreditLine {
            account: AccountRef::new(self.line_no.to_string()),
            room: self.room(today),
            stopped: self.stopped(today),
            product: self.product,
            tail: self.tail,
            limit: self.limit,
            used: self.used,
            rate_bp: self.rate_bp,
            ends_on: self.ends_on,
            least: LEAST,
            methods: METHODS.to_vec(),
        }
    }
}

fn standing(tx: &Tx<'_>, line_no: i64) -> Result<Option<Standing>> {
    let today = Day::at(tx.now()).number();
    tx.opt(lines_where!("c.line_no = $3"), params![tx.tenant(), today, line_no])
}

/// The customer's lines, in the order of their numbers.
pub(crate) fn credit_lines(tx: &Tx<'_>, cust_no: i64) -> Said<Vec<CreditLine>> {
    if !parties::is_known(tx, cust_no)? {
        return no(Reject::NotFound);
    }
    let today = Day::at(tx.now());
    let found: Vec<Standing> = tx.all(
        lines_where!("c.cust_no = $3 ORDER BY c.line_no"),
        params![tx.tenant(), today.number(), cust_no],
    )?;
    Ok(Ok(found.into_iter().map(|line| line.told(today)).collect()))
}

/// What a draw of today would come to. Without effect.
pub(super) fn trial(tx: &Tx<'_>, ask: &DrawAsk) -> Said<DrawTrial> {
    let line_no = number(ask.line.as_str()).unwrap_or(0);
    let looked = looked(tx, line_no, ask.amount, (ask.months, ask.method))?;
    Ok(looked.map(|(_, _, trial)| trial).map_err(Into::into))
}

fn looked(
    tx: &Tx<'_>,
    line_no: i64,
    amount: Fen,
    (months, method): (i64, Method),
) -> Verdict<(Standing, Vec<Instalment>, DrawTrial)> {
    let Some(line) = standing(tx, line_no)? else { return Ok(Err(Reject::NotFound)) };
    let today = Day::at(tx.now());
    if line.stopped(today).is_some() {
        return Ok(Err(Reject::NotEligible));
    }
    if amount < LEAST {
        return Ok(Err(Reject::Validation { field: "amount" }));
    }
    if amount > line.room(today) {
        return Ok(Err(Reject::LimitExceeded));
    }
    if !METHODS.contains(&method) {
        return Ok(Err(Reject::Validation { field: "method" }));
    }
    let plan = Plan {
        principal: amount,
        rate_bp: line.rate_bp,
        months,
        method,
        first_due: today.plus_months(1),
    };
    let instalments =
        if today.plus_months(months) > line.ends_on { None } else { plan.instalments() };
    let Some(all) = instalments else {
        return Ok(Err(Reject::Validation { field: "months" }));
    };
    let (Some(first), Some(last)) = (all.first().copied(), all.last().copied()) else {
        return Err(large());
    };
    let sum = all.iter().try_fold(Fen::ZERO, |sum, i| sum.checked_add(i.interest));
    let day_interest = interest::for_days(amount, line.rate_bp, 1);
    let left = line.room(today).checked_sub(amount);
    let (Some(interest), Some(day_interest), Some(left)) = (sum, day_interest, left) else {
        return Err(large());
    };
    let rate_bp = line.rate_bp;
    let trial = DrawTrial { rate_bp, day_interest, interest, first, ends_on: last.due_on, left };
    Ok(Ok((line, all, trial)))
}

/// What is wrong with such a payment whatever the books say; the field.
pub(super) fn flaw(payment: &Payment) -> Option<&'static str> {
    match &payment.payee {
        Payee::Draw { .. } if payment.rail != Rail::Book => Some("rail"),
        Payee::Draw { .. } if payment.fee != Fen::ZERO => Some("fee"),
        Payee::Draw { account, .. } if *account == payment.payer => Some("payee"),
        _ => None,
    }
}

/// What a draw costs and how much may be drawn.
pub(super) fn quote(tx: &Tx<'_>, line_no: i64) -> Said<Quote> {
    let Some(line) = standing(tx, line_no)? else { return no(Reject::NotFound) };
    let available = line.room(Day::at(tx.now()));
    Ok(Ok(Quote { fee: Fen::ZERO, rail: Rail::Book, arrival: Arrival::AtOnce, available }))
}

/// As what a loan is drawn.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    pub(super) months: i64,
    pub(super) rate_bp: i64,
    pub(super) method: Method,
    pub(super) ends_on: Day,
}

/// A loan that is open, and owes nothing until its movement is posted.
pub(super) struct Fresh {
    pub(super) acct_id: i64,
    pub(super) tail: String,
    /// Room under its line once it is drawn.
    pub(super) left: Fen,
}

/// Opens the loan of a draw, if its terms are those of today; whatever refuses its posting then calls [`discard`].
pub(super) fn open(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (line_no, into): (i64, &Holder),
    amount: Fen,
    told: Terms,
) -> Verdict<(Movement, Fresh)> {
    if let Err(reject) = payees::may_pay(into) {
        return Ok(Err(reject));
    }
    let (line, instalments, trial) = match looked(tx, line_no, amount, (told.months, told.method))?
    {
        Ok(looked) => looked,
        Err(Reject::Validation { field: "months" | "method" }) => {
            return Ok(Err(Reject::NotEligible));
        }
        Err(reject) => return Ok(Err(reject)),
    };
    if line.cust_no != into.cust_no {
        return Ok(Err(Reject::PayeeMismatch));
    }
    if (trial.rate_bp, trial.ends_on) != (told.rate_bp, told.ends_on) {
        return Ok(Err(Reject::NotEligible));
    }
    let Some((acct_id, tail)) = saving::next_account(tx, line.cust_no)? else {
        return Ok(Err(Reject::CounterOnly));
    };
    let account = NewAccount {
        acct_id,
        cust_no: line.cust_no,
        kind: AccountKind::Loan,
        product: line.product,
        class: None,
        number: saving::number_of(line.cust_no, acct_id, &tail),
        opened_on: Day::at(tx.now()),
        limit: amount,
        rate_bp: line.rate_bp,
        ends_on: Some(trial.ends_on),
    };
    parties::add_account(tx, keys, &account)?;
    let loan = NewLoan {
        acct_id,
        method: told.method,
        instalments,
        repay_acct_id: Some(into.acct_id),
        guarantors: vec![],
    };
    lending::add(tx, &loan)?;
    tx.exec(
        "UPDATE core_loan SET line_no = $1 WHERE tenant_id = $2 AND acct_id = $3",
        params![line_no, tx.tenant(), acct_id],
    )?;
    let fresh = Fresh { acct_id, tail, left: trial.left };
    Ok(Ok((movement::loan_out(acct_id, &into.face(), amount), fresh)))
}

/// Takes back what [`open`] wrote: nothing was posted to it.
pub(super) fn discard(tx: &Tx<'_>, fresh: &Fresh) -> Result<()> {
    for sql in [
        "DELETE FROM core_instalment WHERE tenant_id = $1 AND acct_id = $2",
        "DELETE FROM core_loan WHERE tenant_id = $1 AND acct_id = $2",
        "DELETE FROM core_account WHERE tenant_id = $1 AND acct_id = $2",
    ] {
        tx.exec(sql, params![tx.tenant(), fresh.acct_id])?;
    }
    Ok(())
}

/// Draws that are not what was booked, and lines under which more is owed than their limit.
pub(super) fn broken(tx: &Tx<'_>) -> Result<Vec<String>> {
    let wrong: Vec<String> = tx.all(
        "SELECT p.request_id FROM core_payment p
          WHERE p.tenant_id = $1 AND p.payee_kind LIKE 'draw|%'
            AND (p.amount_fen <>
                (SELECT COALESCE(CAST(SUM(e.amount_fen) AS BIGINT), 0) FROM core_entry e
                  WHERE e.tenant_id = p.tenant_id AND e.journal_no = p.journal_no AND e.account_kind = 'C'
                    AND e.account = p.opened AND e.side = 'D')
             OR p.amount_fen <>
                (SELECT COALESCE(CAST(SUM(e.amount_fen) AS BIGINT), 0) FROM core_entry e
                  WHERE e.tenant_id = p.tenant_id AND e.journal_no = p.journal_no AND e.account_kind = 'C'
                    AND e.account = p.payee AND e.side = 'C')
             OR NOT EXISTS (SELECT 1 FROM core_loan l
                  WHERE l.tenant_id = p.tenant_id AND l.acct_id = p.opened AND l.line_no = p.payer))",
        params![tx.tenant()],
    )?;
    let mut broken: Vec<String> =
        wrong.into_iter().map(|id| format!("I7: a draw is not what was lent: {id}")).collect();
    let today = Day::at(tx.now()).number();
    let lines: Vec<Standing> =
        tx.all(lines_where!("c.line_no > 0"), params![tx.tenant(), today])?;
    for line in lines.into_iter().filter(|l| l.used > l.limit) {
        broken.push(format!("I3: line {} of {} owes {}", line.line_no, line.limit, line.used));
    }
    Ok(broken)
}

impl Sandbox {
    /// A contract that lets a customer draw loans from now on.
    pub async fn add_credit_line(&self, tenant: TenantId, line: NewLine) -> Result<()> {
        self.unit(tenant, move |tx, _| add_line(tx, &line)).await
    }

    /// Stops a line, or lets it be drawn again; what was drawn stays as it is.
    pub async fn cut_credit_line(
        &self,
        tenant: TenantId,
        line: &AccountRef,
        is_cut: bool,
    ) -> Result<bool> {
        let line_no = number(line.as_str()).unwrap_or(0);
        self.unit(tenant, move |tx, _| {
            tx.exec_one(
                "UPDATE core_credit_line SET is_cut = $1 WHERE tenant_id = $2 AND line_no = $3",
                params![is_cut, tx.tenant(), line_no],
            )
        })
        .await
    }

    /// Sets what a line's next draws bear; what was drawn keeps its rate.
    pub async fn set_line_rate(
        &self,
        tenant: TenantId,
        line: &AccountRef,
        rate_bp: i64,
    ) -> Result<bool> {
        let line_no = number(line.as_str()).unwrap_or(0);
        self.unit(tenant, move |tx, _| {
            tx.exec_one(
                "UPDATE core_credit_line SET rate_bp = $1 WHERE tenant_id = $2 AND line_no = $3",
                params![rate_bp, tx.tenant(), line_no],
            )
        })
        .await
    }
}
