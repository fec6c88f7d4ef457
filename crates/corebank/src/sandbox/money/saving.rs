//! Time deposits by a channel: what one would bring, opening it, taking money out of it, and undoing either on its day.
//!
//! What is opened or taken is exactly what was told: another rate, day or interest by now moves nothing. Money stays in the
//! customer's own name, so it is no transfer and no limit on transfers counts it. Not for: what happens at maturity (`terms`).

use crate::day::Day;
use crate::deposits::{self, DepositKind, Form, RENEWAL_MONTHS, Renewal};
use crate::error::Reject;
use crate::model::{AccountKind, AccountState};
use crate::money::{
    DepositAsk, DepositQuote, Payee, Payment, Rail, WithdrawalAsk, WithdrawalTrial,
};
use crate::sandbox::books::Books;
use crate::sandbox::money::offers;
use crate::sandbox::money::payees::{self, Holder};
use crate::sandbox::money::store::{self, PaymentRow};
use crate::sandbox::movement::{self, Face, Movement};
use crate::sandbox::notice::{self, Held};
use crate::sandbox::parties::{self, NewAccount};
use crate::sandbox::queries::{Said, Stored, day, maybe_day, no};
use crate::sandbox::seal::TenantKeys;
use crate::sandbox::terms::{self, NewTerm};
use crate::sandbox::words::Word;
use crate::sandbox::{Sandbox, number};
use base::{Error, Fen, Result, TenantId};
use db::{Tx, params};

/// What the sandbox pays where an institution set nothing of its own: months, and hundredths of a per cent a year.
const RATES_BP: [(i64, i64); 6] = [(3, 80), (6, 100), (12, 120), (24, 130), (36, 155), (60, 160)];
/// What money at call bears, and a deposit that is taken before its day.
pub(super) const CALL_RATE_BP: i64 = 5;
/// 50 yuan: what a deposit is opened with at least, and what stays in one at least.
const LEAST: Fen = Fen::of(5_000);
/// 200,000 yuan: what stays in a large certificate at least.
pub(super) const LARGE_LEAST: Fen = Fen::of(20_000_000);
const PRODUCT: &str = "整存整取";
/// Accounts of one customer, at most: their handles have two digits.
const ACCOUNTS_MAX: i64 = 99;

type Verdict<T> = Result<std::result::Result<T, Reject>>;

fn large() -> Error {
    Error::fault("a deposit is too large to count")
}

/// What is wrong with such a payment whatever the books say; the field.
pub(super) fn flaw(payment: &Payment) -> Option<&'static str> {
    match &payment.payee {
        Payee::Deposit { .. } | Payee::Offered { .. } | Payee::Withdrawal { .. }
            if payment.rail != Rail::Book =>
        {
            Some("rail")
        }
        Payee::Deposit { .. } | Payee::Offered { .. } | Payee::Withdrawal { .. }
            if payment.fee != Fen::ZERO =>
        {
            Some("fee")
        }
        Payee::Offered { code, .. } if !offers::is_code(code) => Some("payee"),
        Payee::Deposit { renewal: Renewal::Months(m), .. } if !RENEWAL_MONTHS.contains(m) => {
            Some("payee")
        }
        Payee::Withdrawal { account, interest }
            if *account == payment.payer || interest.is_negative() =>
        {
            Some("payee")
        }
        _ => None,
    }
}

fn rate_of(tx: &Tx<'_>, months: i64) -> Result<Option<i64>> {
    let own: Option<i64> = tx.opt(
        "SELECT rate_bp FROM core_deposit_rate WHERE tenant_id = $1 AND months = $2",
        params![tx.tenant(), months],
    )?;
    let standard = || RATES_BP.iter().find(|(m, _)| *m == months).map(|(_, rate)| *rate);
    Ok(own.or_else(standard))
}

/// What a deposit of today would bring. Without effect.
pub(super) fn quote(tx: &Tx<'_>, ask: &DepositAsk) -> Said<DepositQuote> {
    let Some(rate_bp) = rate_of(tx, ask.months)? else {
        return no(Reject::Validation { field: "months" });
    };
    if ask.amount <= Fen::ZERO {
        return no(Reject::Validation { field: "amount" });
    }
    let interest = deposits::at_maturity(ask.amount, rate_bp, ask.months).ok_or_else(large)?;
    let matures_on = Day::at(tx.now()).plus_months(ask.months);
    Ok(Ok(DepositQuote { rate_bp, interest, matures_on, least: LEAST }))
}

/// The next account of a customer, and the tail of its number: another for each of theirs. None when their handles are used up.
pub(super) fn next_account(tx: &Tx<'_>, cust_no: i64) -> Result<Option<(i64, String)>> {
    let last: i64 = tx.one(
        "SELECT COALESCE(MAX(acct_id), $2) FROM core_account
          WHERE tenant_id = $1 AND acct_id > $2 AND acct_id <= $3",
        params![tx.tenant(), cust_no * 100, cust_no * 100 + ACCOUNTS_MAX],
    )?;
    let acct_id = last + 1;
    let tail = format!("{:04}", acct_id % 10_000 * 7_919 % 10_000);
    Ok((acct_id <= cust_no * 100 + ACCOUNTS_MAX).then_some((acct_id, tail)))
}

/// A number of the institution's own range.
pub(super) fn number_of(cust_no: i64, acct_id: i64, tail: &str) -> String {
    format!("{:04}01{:08}{tail}", cust_no / 1_000_000, acct_id % 100_000_000)
}

/// What a deposit is opened as.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    pub(super) months: i64,
    pub(super) rate_bp: i64,
    pub(super) matures_on: Day,
    pub(super) renewal: Renewal,
}

/// A deposit that is open, and empty until its movement is posted.
pub(super) struct Fresh {
    pub(super) acct_id: i64,
    pub(super) tail: String,
    /// The offer it was counted against, and how much.
    pub(super) of: Option<(String, Fen)>,
}

/// What is opened.
pub(super) struct New {
    pub(super) kind: DepositKind,
    pub(super) form: Form,
    pub(super) product: &'static str,
    pub(super) months: Option<i64>,
    pub(super) rate_bp: i64,
    pub(super) call_rate_bp: i64,
    pub(super) ends_on: Option<Day>,
    pub(super) renewal: Renewal,
}

/// Opens the payee of a payment, if its terms are those of today; whatever refuses its posting then calls [`discard`].
pub(super) fn open(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    from: &Holder,
    amount: Fen,
    told: Terms,
) -> Verdict<(Movement, Fresh)> {
    let today = Day::at(tx.now());
    let is_as_told = rate_of(tx, told.months)? == Some(told.rate_bp)
        && today.plus_months(told.months) == told.matures_on;
    if !is_as_told {
        return Ok(Err(Reject::NotEligible));
    }
    if amount < LEAST {
        return Ok(Err(Reject::Validation { field: "amount" }));
    }
    let new = New {
        kind: DepositKind::Fixed,
        form: Form::Electronic,
        product: PRODUCT,
        months: Some(told.months),
        rate_bp: told.rate_bp,
        call_rate_bp: CALL_RATE_BP,
        ends_on: Some(told.matures_on),
        renewal: told.renewal,
    };
    opened(tx, keys, from, amount, &new)
}

/// Opens an account for a deposit, empty until its movement is posted.
pub(super) fn opened(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    from: &Holder,
    amount: Fen,
    new: &New,
) -> Verdict<(Movement, Fresh)> {
    let cust_no = from.cust_no;
    let Some((acct_id, tail)) = next_account(tx, cust_no)? else {
        return Ok(Err(Reject::CounterOnly));
    };
    let account = NewAccount {
        acct_id,
        cust_no,
        kind: AccountKind::Deposit,
        product: new.product.into(),
        class: None,
        number: number_of(cust_no, acct_id, &tail),
        opened_on: Day::at(tx.now()),
        limit: Fen::ZERO,
        rate_bp: new.rate_bp,
        ends_on: new.ends_on,
    };
    parties::add_account(tx, keys, &account)?;
    let term = NewTerm {
        acct_id,
        kind: new.kind,
        form: new.form,
        months: new.months,
        call_rate_bp: new.call_rate_bp,
        renewal: new.renewal,
    };
    terms::add(tx, &term)?;
    let from = from.face();
    let to = Face { acct_id, shown: format!("{} {tail}", new.product) };
    let movement = match new.kind {
        DepositKind::Fixed => movement::deposit_open(&from, &to, amount),
        kind => movement::offer_open(&from, &to, amount, kind.label()),
    };
    Ok(Ok((movement, Fresh { acct_id, tail, of: None })))
}

/// Takes back what [`open`] wrote: nothing was posted to it.
pub(super) fn discard(tx: &Tx<'_>, fresh: &Fresh) -> Result<()> {
    for sql in [
        "DELETE FROM core_term WHERE tenant_id = $1 AND acct_id = $2",
        "DELETE FROM core_account WHERE tenant_id = $1 AND acct_id = $2",
    ] {
        tx.exec(sql, params![tx.tenant(), fresh.acct_id])?;
    }
    match &fresh.of {
        Some((code, amount)) => offers::give_back(tx, code, *amount),
        None => Ok(()),
    }
}

/// A time deposit as it stands.
struct Standing {
    kind: DepositKind,
    form: Form,
    state: AccountState,
    worth: Fen,
    /// Its own rate, and the one for money at call.
    rates_bp: (i64, i64),
    months: Option<i64>,
    opened_on: Day,
    matures_on: Option<Day>,
}

fn standing(tx: &Tx<'_>, acct_id: i64) -> Result<Option<Standing>> {
    type Found = (
        Stored<DepositKind>,
        Stored<Form>,
        Stored<AccountState>,
        Fen,
        i64,
        i64,
        Option<i64>,
        i64,
        Option<i64>,
    );
    let found: Option<Found> = tx.opt(
        "SELECT t.kind, t.form, a.state, a.posted_credit_fen - a.posted_debit_fen, a.rate_bp, t.call_rate_bp,
                t.months, a.opened_on, a.ends_on
           FROM core_term t JOIN core_account a ON a.tenant_id = t.tenant_id AND a.acct_id = t.acct_id
          WHERE t.tenant_id = $1 AND t.acct_id = $2",
        params![tx.tenant(), acct_id],
    )?;
    let Some((kind, form, state, worth, own_bp, call_bp, months, opened_on, ends_on)) = found
    else {
        return Ok(None);
    };
    Ok(Some(Standing {
        kind: kind.0,
        form: form.0,
        state: state.0,
        worth,
        rates_bp: (own_bp, call_bp),
        months,
        opened_on: day(opened_on)?,
        matures_on: maybe_day(ends_on)?,
    }))
}

/// What comes of taking money out today. Without effect.
pub(super) fn trial(tx: &Tx<'_>, ask: &WithdrawalAsk) -> Said<WithdrawalTrial> {
    let acct_id = number(ask.account.as_str()).unwrap_or(0);
    Ok(looked(tx, acct_id, ask.amount)?.map_err(Into::into))
}

fn looked(tx: &Tx<'_>, acct_id: i64, amount: Option<Fen>) -> Verdict<WithdrawalTrial> {
    let found = standing(tx, acct_id)?.filter(|d| d.state != AccountState::Closed);
    let Some(deposit) = found else { return Ok(Err(Reject::NotFound)) };
    // A paper is brought along.
    if deposit.form == Form::Paper {
        return Ok(Err(Reject::CounterOnly));
    }
    let amount = amount.unwrap_or(deposit.worth);
    if amount <= Fen::ZERO || amount > deposit.worth {
        return Ok(Err(Reject::Validation { field: "amount" }));
    }
    let left = deposit.worth.checked_sub(amount).ok_or_else(large)?;
    if deposit.kind.is_notice() {
        // Less than the least does not stay in it: it ends.
        let ends = left < notice::LEAST;
        let (amount, left) = if ends { (deposit.worth, Fen::ZERO) } else { (amount, left) };
        return noticed(tx, acct_id, &deposit, amount, left);
    }
    if left > Fen::ZERO && left < least_of(deposit.kind) {
        return Ok(Err(Reject::NotEligible));
    }
    let (Some(months), Some(matures_on)) = (deposit.months, deposit.matures_on) else {
        return Err(Error::fault("a deposit with neither term nor notice"));
    };
    let (own_bp, call_bp) = deposit.rates_bp;
    let today = Day::at(tx.now());
    let span = (deposit.opened_on, matures_on);
    let interest = deposits::if_taken(amount, deposit.rates_bp, months, span, today);
    let full = deposits::at_maturity(amount, own_bp, months);
    let (Some(interest), Some(full)) = (interest, full) else { return Err(large()) };
    let lost = Fen::of(full.fen().saturating_sub(interest.fen()).max(0));
    let is_early = today < matures_on;
    let (rate_bp, at_own) = if is_early { (call_bp, Fen::ZERO) } else { (own_bp, amount) };
    Ok(Ok(WithdrawalTrial { amount, at_own, interest, rate_bp, lost, left, matures_on }))
}

/// What stays in a deposit at least, where something stays.
const fn least_of(kind: DepositKind) -> Fen {
    match kind {
        DepositKind::Fixed => LEAST,
        DepositKind::LargeCd => LARGE_LEAST,
        DepositKind::Notice1 | DepositKind::Notice7 => notice::LEAST,
    }
}

/// The same of a notice deposit.
fn noticed(
    tx: &Tx<'_>,
    acct_id: i64,
    deposit: &Standing,
    amount: Fen,
    left: Fen,
) -> Verdict<WithdrawalTrial> {
    let own_bp = offers::notice_rate(tx, deposit.kind)?;
    let rates_bp = (own_bp, deposit.rates_bp.1);
    let held = Held { acct_id, kind: deposit.kind, rates_bp, opened_on: deposit.opened_on };
    let brings = notice::brings(tx, &held, amount)?;
    let lost = Fen::of(brings.full.fen().saturating_sub(brings.interest.fen()).max(0));
    Ok(Ok(WithdrawalTrial {
        amount,
        at_own: brings.at_own,
        interest: brings.interest,
        rate_bp: if brings.at_own == amount { own_bp } else { rates_bp.1 },
        lost,
        left,
        matures_on: brings.due_on,
    }))
}

/// What is taken out of a deposit, if its trial comes to exactly what is told.
pub(super) fn take(
    tx: &Tx<'_>,
    (from, into): (&Holder, &Holder),
    amount: Fen,
    interest: Fen,
) -> Verdict<(Movement, WithdrawalTrial)> {
    if !payees::is_at_call(into.kind) {
        return Ok(Err(Reject::Validation { field: "account" }));
    }
    if into.cust_no != from.cust_no {
        return Ok(Err(Reject::PayeeMismatch));
    }
    let trial = match looked(tx, from.acct_id, Some(amount))? {
        Ok(trial) if (trial.interest, trial.amount) == (interest, amount) => trial,
        // Another day, or another rate: what was shown is not what it comes to.
        Ok(_) => return Ok(Err(Reject::NotEligible)),
        Err(reject) => return Ok(Err(reject)),
    };
    let is_mature = trial.matures_on <= Day::at(tx.now());
    let is_notice = standing(tx, from.acct_id)?.is_some_and(|d| d.kind.is_notice());
    let kind = match (is_notice, is_mature) {
        (true, _) => movement::notice_take,
        (false, true) => movement::deposit_close,
        (false, false) => movement::deposit_take,
    };
    Ok(Ok((kind(&from.face(), &into.face(), amount, interest), trial)))
}

/// Closes a deposit that holds nothing any more, or opens it again. The books are not open meanwhile.
pub(super) fn set_open(tx: &Tx<'_>, acct_id: i64, is_open: bool) -> Result<()> {
    let to = if is_open { AccountState::Active } else { AccountState::Closed };
    let changed = tx.exec_one(
        "UPDATE core_account SET state = $1, version = version + 1
          WHERE tenant_id = $2 AND acct_id = $3 AND state <> $1",
        params![to.word(), tx.tenant(), acct_id],
    )?;
    if !changed {
        return Err(Error::fault("a deposit that is not as it was"));
    }
    let mut books = Books::open(tx)?;
    books.event("state", None, acct_id)?;
    books.close()
}

/// What undoing a payment has to do with a deposit.
pub(super) enum Undoing {
    /// No deposit is in it.
    Other,
    /// It opened this one, which is closed with it; what was counted against an offer goes back.
    Opening(i64, Option<(String, Fen)>),
    /// It took the last out of this one, which is open again.
    Emptied(i64),
    /// It took some out of this one.
    Taken(i64),
}

/// Before the mirror is posted. [`Reject::NotEligible`] when the deposit is not as the payment left it, or a loan or a plan is in it.
pub(super) fn before_undo(tx: &Tx<'_>, row: &PaymentRow) -> Verdict<Undoing> {
    let Some(payee) = row.payee else { return Ok(Ok(Undoing::Other)) };
    match store::here(payee, &row.payee_kind)? {
        to @ (Payee::Deposit { .. } | Payee::Offered { .. }) => {
            let as_left = standing(tx, payee)?
                .is_some_and(|d| d.state == AccountState::Active && d.worth == row.amount);
            let of = match to {
                Payee::Offered { code, .. } => Some((code, row.amount)),
                _ => None,
            };
            Ok(if as_left { Ok(Undoing::Opening(payee, of)) } else { Err(Reject::NotEligible) })
        }
        Payee::Withdrawal { .. } => {
            let deposit = standing(tx, row.payer)?.ok_or_else(large)?;
            if notice::has_followed(tx, &row.request_id, row.payer)? {
                return Ok(Err(Reject::NotEligible));
            }
            if deposit.state != AccountState::Closed {
                return Ok(Ok(Undoing::Taken(row.payer)));
            }
            set_open(tx, row.payer, true)?;
            Ok(Ok(Undoing::Emptied(row.payer)))
        }
        Payee::Loan { .. } | Payee::Draw { .. } | Payee::Split { .. } => {
            Ok(Err(Reject::NotEligible))
        }
        _ => Ok(Ok(Undoing::Other)),
    }
}

/// After it was posted, or refused.
pub(super) fn after_undo(
    tx: &Tx<'_>,
    undoing: &Undoing,
    request_id: &str,
    is_done: bool,
) -> Result<()> {
    match undoing {
        Undoing::Opening(acct_id, of) if is_done => {
            if let Some((code, amount)) = of {
                offers::give_back(tx, code, *amount)?;
            }
            set_open(tx, *acct_id, false)
        }
        Undoing::Emptied(acct_id) | Undoing::Taken(acct_id) if is_done => {
            notice::give_back(tx, request_id, *acct_id)
        }
        Undoing::Emptied(acct_id) => set_open(tx, *acct_id, false),
        Undoing::Opening(..) | Undoing::Taken(_) | Undoing::Other => Ok(()),
    }
}

/// Deposits that are not what payments made of them.
pub(super) fn broken(tx: &Tx<'_>) -> Result<Vec<String>> {
    let found: Vec<(String, i64, String, Fen, Fen)> = tx.all(
        "SELECT p.request_id, p.payee, p.payee_kind, p.amount_fen,
                (SELECT COALESCE(CAST(SUM(e.amount_fen) AS BIGINT), 0) FROM core_entry e
                  WHERE e.tenant_id = p.tenant_id AND e.journal_no = p.journal_no AND e.account_kind = 'C'
                    AND e.account = p.payee AND e.side = 'C')
           FROM core_payment p
          WHERE p.tenant_id = $1
            AND (p.payee_kind LIKE 'deposit|%' OR p.payee_kind LIKE 'offer|%' OR p.payee_kind LIKE 'taken|%')",
        params![tx.tenant()],
    )?;
    let mut broken = Vec::new();
    for (request_id, payee, kind, amount, credited) in found {
        let due = match store::here(payee, &kind)? {
            Payee::Withdrawal { interest, .. } => amount.checked_add(interest),
            _ => Some(amount),
        };
        if due != Some(credited) {
            broken.push(format!("I7: a deposit's payment is not what was credited: {request_id}"));
        }
    }
    let strays: Vec<i64> = tx.all(
        "SELECT a.acct_id FROM core_account a
           JOIN core_term t ON t.tenant_id = a.tenant_id AND t.acct_id = a.acct_id
          WHERE a.tenant_id = $1
            AND (a.kind <> 'deposit' OR (a.state = 'closed' AND a.posted_credit_fen <> a.posted_debit_fen))",
        params![tx.tenant()],
    )?;
    broken.extend(offers::broken(tx)?);
    broken.extend(strays.into_iter().map(|id| format!("a closed deposit holds something: {id}")));
    Ok(broken)
}

impl Sandbox {
    /// Sets what an institution pays for deposits of so many months from now on; those that are open keep theirs.
    pub async fn set_deposit_rate(
        &self,
        tenant: TenantId,
        months: i64,
        rate_bp: i64,
    ) -> Result<()> {
        self.unit(tenant, move |tx, _| {
            tx.exec(
                "INSERT INTO core_deposit_rate (tenant_id, months, rate_bp) VALUES ($1, $2, $3)
                 ON CONFLICT (tenant_id, months) DO UPDATE SET rate_bp = $3",
                params![tx.tenant(), months, rate_bp],
            )
            .map(|_| ())
        })
        .await
    }
}
