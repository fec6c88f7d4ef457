//! One payment: looked at, posted and answered in one unit, by itself or out of a hold.

use crate::day::Day;
use crate::error::{CoreError, Reject};
use crate::model::AccountKind;
use crate::money::{LoanPart, Paid, Payee, Payment, Rail, WithdrawalTrial};
use crate::sandbox::bills;
use crate::sandbox::books::{Books, Posted, Refused, Voucher};
use crate::sandbox::controls;
use crate::sandbox::facts;
use crate::sandbox::money::banks;
use crate::sandbox::money::cash;
use crate::sandbox::money::drawing;
use crate::sandbox::money::holds;
use crate::sandbox::money::offers;
use crate::sandbox::money::paid_to::PaidTo;
use crate::sandbox::money::payees::{self, Holder};
use crate::sandbox::money::rails;
use crate::sandbox::money::saving;
use crate::sandbox::money::split;
use crate::sandbox::money::store::{self, Came, PaymentRow, PaymentState};
use crate::sandbox::money::wealth;
use crate::sandbox::movement::{self, Movement};
use crate::sandbox::number;
use crate::sandbox::queries::{self, Said};
use crate::sandbox::repay;
use crate::sandbox::seal::TenantKeys;
use crate::sandbox::wealth as dealing;
use crate::wealth::RiskGrade;
use base::{Fen, Result, Time};
use db::Tx;
use std::fmt::Write as _;

/// Characters of 附言, at most.
const PURPOSE_CHARS_MAX: usize = 60;

/// A payment as it came.
pub(super) struct Order {
    pub(super) request_id: String,
    pub(super) payment: Payment,
    pub(super) channel: Option<(String, Day)>,
    /// The hold it is made out of.
    pub(super) hold: Option<String>,
}

/// What is wrong with a payment whatever the books say. It uses up no request id.
pub(super) fn validate(payment: &Payment) -> std::result::Result<(), CoreError> {
    let invalid = |field| Err(CoreError::from(Reject::Validation { field }));
    if payment.amount <= Fen::ZERO {
        return invalid("amount");
    }
    if payment.fee.is_negative() {
        return invalid("fee");
    }
    let is_line = |text: &str| !text.chars().any(char::is_control);
    if payment.purpose.chars().count() > PURPOSE_CHARS_MAX || !is_line(&payment.purpose) {
        return invalid("purpose");
    }
    match &payment.payee {
        Payee::Here { account } if *account == payment.payer => return invalid("payee"),
        Payee::Here { .. } | Payee::Loan { .. } if payment.rail != Rail::Book => {
            return invalid("rail");
        }
        Payee::Loan { .. } if payment.fee != Fen::ZERO => return invalid("fee"),
        Payee::Here { .. } | Payee::Loan { .. } => {}
        Payee::Deposit { .. }
        | Payee::Offered { .. }
        | Payee::Withdrawal { .. }
        | Payee::Subscription { .. }
        | Payee::Redemption { .. }
        | Payee::Cash { .. }
        | Payee::Draw { .. }
        | Payee::Split { .. } => {
            if let Some(field) = flaw(payment) {
                return invalid(field);
            }
        }
        Payee::Biller { .. } if payment.rail != Rail::Biller => return invalid("rail"),
        Payee::Biller { .. } if payment.fee != Fen::ZERO => return invalid("fee"),
        Payee::Biller { biller, number, bill } => {
            let is_word =
                |text: &str| text.len() <= 32 && text.bytes().all(|b| b.is_ascii_graphic());
            let is_there = !biller.is_empty() && !number.is_empty();
            if !is_there || ![biller, number, bill].into_iter().all(|t| is_word(t)) {
                return invalid("payee");
            }
        }
        Payee::Elsewhere { bank_no, .. }
            if matches!(payment.rail, Rail::Book | Rail::Biller | Rail::Wealth | Rail::Till)
                || (payment.rail == Rail::Rural && !banks::is_rural(bank_no)) =>
        {
            return invalid("rail");
        }
        Payee::Elsewhere { number, name, bank_no } => {
            let is_number = (8..=32).contains(&number.len())
                && number.bytes().all(|b| b.is_ascii_digit())
                && payees::is_bank_no(bank_no);
            if !is_number || name.is_empty() || !is_line(name) {
                return invalid("payee");
            }
        }
    }
    Ok(())
}

/// What is wrong with what a product says of itself.
fn flaw(payment: &Payment) -> Option<&'static str> {
    match &payment.payee {
        Payee::Deposit { .. } | Payee::Offered { .. } | Payee::Withdrawal { .. } => {
            saving::flaw(payment)
        }
        Payee::Subscription { .. } | Payee::Redemption { .. } => wealth::flaw(payment),
        Payee::Cash { .. } => cash::flaw(payment),
        Payee::Draw { .. } => drawing::flaw(payment),
        Payee::Split { .. } => split::flaw(payment),
        Payee::Here { .. }
        | Payee::Loan { .. }
        | Payee::Biller { .. }
        | Payee::Elsewhere { .. } => None,
    }
}

impl Order {
    const fn kind(&self) -> &'static str {
        if self.hold.is_some() { "commit" } else { "pay" }
    }

    /// What tells two commands apart; keyed, because it is made of names and numbers.
    fn hash(&self, keys: &TenantKeys) -> Result<Vec<u8>> {
        let p = &self.payment;
        let mut text = String::new();
        let sum = match &p.payee {
            Payee::Loan { ahead, .. } => ahead.fen().to_string(),
            Payee::Deposit { .. }
            | Payee::Offered { .. }
            | Payee::Withdrawal { .. }
            | Payee::Draw { .. }
            | Payee::Split { .. }
            | Payee::Redemption { .. } => store::kind_of(&p.payee),
            Payee::Subscription { grade, begins_on, .. } => {
                format!("{}|{}", grade.word(), begins_on.number())
            }
            Payee::Cash { minutes, .. } => minutes.to_string(),
            _ => String::new(),
        };
        let payee = match &p.payee {
            Payee::Here { account } => ["here", account.as_str(), "", ""],
            Payee::Elsewhere { number, name, bank_no } => ["elsewhere", number, name, bank_no],
            Payee::Biller { biller, number, bill } => ["biller", biller, number, bill],
            Payee::Loan { account, part, .. } => ["loan", account.as_str(), part.word(), &sum],
            Payee::Deposit { .. } | Payee::Offered { .. } => ["deposit", "", "", &sum],
            Payee::Withdrawal { account, .. } => ["taken", account.as_str(), "", &sum],
            Payee::Subscription { product, .. } => ["bought", product, "", &sum],
            Payee::Redemption { account, .. } => ["sold", account.as_str(), "", &sum],
            Payee::Cash { salt, verifier, .. } => ["cash", salt, verifier, &sum],
            Payee::Draw { account, .. } => ["draw", account.as_str(), "", &sum],
            Payee::Split { .. } => ["split", "", "", &sum],
        };
        let hold = self.hold.as_deref().unwrap_or_default();
        for part in [hold, p.payer.as_str(), &p.purpose].into_iter().chain(payee) {
            // Writing into a String cannot fail. Length first, so that two lists never read alike.
            let _ = write!(text, "{}:{part}", part.len());
        }
        let (amount, fee, until) = (p.amount.fen(), p.fee.fen(), p.valid_until.ms());
        let _ = write!(text, "|{amount}|{fee}|{until}|{:?}", p.rail);
        keys.index(self.kind(), &text)
    }
}

/// Does an order once under its id.
pub(super) fn run(tx: &Tx<'_>, keys: &TenantKeys, order: &Order) -> Said<Paid> {
    let hash = order.hash(keys)?;
    match store::before(tx, &order.request_id, &hash)? {
        Err(e) => return Ok(Err(e)),
        Ok(Some(_)) => {
            let row = store::paid_row(tx, &order.request_id)?;
            return row.paid(keys, row.payee.is_some()).map(Ok);
        }
        Ok(None) => {}
    }
    // A closed day is no verdict on the command: it may come again.
    if let Err(closed) = queries::open_day(tx)? {
        return Ok(Err(closed));
    }
    let keep = |came: &Came<'_>| store::keep(tx, &order.request_id, order.kind(), &hash, came);
    match post(tx, keys, order)? {
        Ok(row) => {
            keep(&Came::Done(row.journal_no))?;
            store::add_payment(tx, &row)?;
            row.paid(keys, row.payee.is_some()).map(Ok)
        }
        Err(reject) => {
            keep(&Came::Rejected(&reject))?;
            Ok(Err(reject.into()))
        }
    }
}

pub(super) type Verdict<T> = Result<std::result::Result<T, Reject>>;

/// What the order's hold reserved.
fn held(tx: &Tx<'_>, order: &Order) -> Verdict<Fen> {
    match &order.hold {
        None => Ok(Ok(Fen::ZERO)),
        Some(hold) => holds::covers(tx, hold, &order.payment),
    }
}

/// Posts an order's journal, or says why not; then nothing is posted.
fn post(tx: &Tx<'_>, keys: &TenantKeys, order: &Order) -> Verdict<PaymentRow> {
    let p = &order.payment;
    if tx.now() > p.valid_until {
        return Ok(Err(Reject::Expired));
    }
    if let Payee::Redemption { .. } = &p.payee {
        return wealth::redeem(tx, keys, order);
    }
    let payer = number(p.payer.as_str()).unwrap_or(0);
    holds::end_expired(tx, payer)?;
    if let Err(reject) = rails::lets(p, tx.now()) {
        return Ok(Err(reject));
    }
    let held = match held(tx, order)? {
        Ok(held) => held,
        Err(reject) => return Ok(Err(reject)),
    };
    let (movement, paid_to) = match movement(tx, keys, payer, p)? {
        Ok(m) => m,
        Err(reject) => return Ok(Err(reject)),
    };
    if let Err(reject) = lets(tx, &movement, &paid_to, (payer, p.amount))? {
        return paid_to.refused(tx, reject);
    }
    let mut books = Books::open(tx)?;
    let voucher = Voucher {
        request_id: order.request_id.clone(),
        at: None,
        movement,
        channel: order.channel.clone(),
    };
    let (posted, available) = match enter(&mut books, &voucher, (payer, held), &paid_to) {
        Ok(done) => done,
        Err(refused) => return paid_to.refused(tx, refused.reject()?),
    };
    if held > Fen::ZERO {
        books.event("release", None, payer)?;
    }
    books.close()?;
    if let Some(hold) = &order.hold {
        holds::used(tx, hold, &order.request_id)?;
    }
    let payee = paid_to.note(tx, keys, order, posted.journal_no)?;
    Ok(Ok(PaymentRow {
        request_id: order.request_id.clone(),
        journal_no: posted.journal_no,
        payer,
        payee,
        payee_sealed: store::seal_payee(tx, keys, posted.journal_no, &p.payee)?,
        payee_kind: store::kind_of(&p.payee),
        amount: p.amount,
        fee: p.fee,
        rail: p.rail,
        available,
        hold_id: order.hold.clone(),
        state: if payee.is_some() { PaymentState::Done } else { PaymentState::Pending },
        due_at: paid_to.due_at().or_else(|| due_at(p, posted.at)),
        back_journal: None,
        core_date: posted.core_date.number(),
        posted_at: posted.at,
        opened: paid_to.opened(),
        tail: paid_to.tail(),
    }))
}

/// What the payer locked, and the limits of their own choice on transfers.
fn lets(
    tx: &Tx<'_>,
    movement: &Movement,
    paid_to: &PaidTo,
    (payer, amount): (i64, Fen),
) -> Verdict<()> {
    match controls::lets(tx, movement)? {
        Ok(()) => match paid_to {
            PaidTo::Cash => facts::lets_cash(tx, payer, amount),
            // What stays in the customer's own name is no transfer.
            PaidTo::Biller(_)
            | PaidTo::Deposit(_)
            | PaidTo::Withdrawal { .. }
            | PaidTo::Wealth(..)
            | PaidTo::Draw { .. }
            | PaidTo::Split(..) => Ok(Ok(())),
            _ => facts::lets_transfer(tx, payer, amount),
        },
        no => Ok(no),
    }
}

/// When its rail, or its biller, will say what became of it.
fn due_at(p: &Payment, now: Time) -> Option<Time> {
    match &p.payee {
        Payee::Biller { number, .. } => Some(bills::due_at(number, now)),
        Payee::Cash { minutes, .. } => Some(cash::until(*minutes, now)),
        _ => rails::due_at(p.rail, now),
    }
}

/// The journal in the books, out of what was held; and what the payer has left.
fn enter(
    books: &mut Books<'_, '_>,
    voucher: &Voucher,
    (payer, held): (i64, Fen),
    paid_to: &PaidTo,
) -> std::result::Result<(Posted, Fen), Refused> {
    if held > Fen::ZERO {
        books.hold(payer, Fen::of(-held.fen()))?;
    }
    let posted = books.post(voucher)?;
    let left = paid_to.left().map_or_else(|| books.available(payer), Ok)?;
    Ok((posted, left))
}

/// What a payment is in the books, and where it goes.
fn movement(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    payer: i64,
    p: &Payment,
) -> Verdict<(Movement, PaidTo)> {
    let kind = Reject::Validation { field: "account" };
    if let Payee::Draw { .. } = &p.payee {
        return Ok(drawn(tx, keys, payer, p)?.map(|(m, to)| (said(m, p), to)));
    }
    let Some(from) = payees::holder(tx, keys, payer)? else { return Ok(Err(Reject::NotFound)) };
    if let Err(reject) = payees::may_pay_to(&from, &p.payee) {
        return Ok(Err(reject));
    }
    let (movement, paid_to) = match &p.payee {
        Payee::Here { account } => {
            let acct_id = number(account.as_str()).unwrap_or(0);
            let Some(to) = payees::holder(tx, keys, acct_id)? else {
                return Ok(Err(Reject::NotFound));
            };
            if !payees::is_paid(to.kind) {
                return Ok(Err(kind));
            }
            let (from, face) = (from.face(), to.face());
            let movement = if to.kind == AccountKind::Credit && p.fee == Fen::ZERO {
                movement::card_repayment(&from, &face, p.amount)
            } else {
                movement::transfer_with_fee(&from, &face, p.amount, p.fee)
            };
            (movement, PaidTo::Account(acct_id))
        }
        Payee::Loan { account, part, ahead } => {
            let acct_id = number(account.as_str()).unwrap_or(0);
            match repaid(tx, &from, acct_id, (*part, *ahead), p.amount)? {
                Ok(made) => made,
                Err(reject) => return Ok(Err(reject)),
            }
        }
        Payee::Deposit { .. } | Payee::Offered { .. } | Payee::Withdrawal { .. } => {
            match saved(tx, keys, &from, p)? {
                Ok(made) => made,
                Err(reject) => return Ok(Err(reject)),
            }
        }
        Payee::Subscription { product, grade, begins_on } => {
            return bought(tx, &from, product, (*grade, *begins_on), p.amount);
        }
        Payee::Split { line, months } => {
            match split::make(tx, &from, (line.as_ref(), *months), (p.amount, p.fee))? {
                Ok((movement, fresh)) => (movement, PaidTo::Split(payer, fresh)),
                Err(reject) => return Ok(Err(reject)),
            }
        }
        Payee::Draw { .. } | Payee::Redemption { .. } => return Ok(Err(kind)),
        Payee::Elsewhere { number, name, .. } => {
            let shown = payees::shown(name, number);
            let movement = movement::transfer_out_with_fee(payer, p.amount, p.fee, &shown);
            (movement, PaidTo::Elsewhere)
        }
        Payee::Cash { .. } => {
            let movement = movement::cash_booked(payer, p.amount);
            return Ok(Ok((movement.words("无卡取款", "预约取现，钱先留出"), PaidTo::Cash)));
        }
        Payee::Biller { biller, number, bill } => {
            let wanted = bills::Wanted { biller, number, bill };
            return billed(tx, keys, payer, wanted, p.amount);
        }
    };
    Ok(Ok((said(movement, p), paid_to)))
}

/// What a bill is in the books.
fn billed(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    payer: i64,
    wanted: bills::Wanted<'_>,
    amount: Fen,
) -> Verdict<(Movement, PaidTo)> {
    let number = wanted.number;
    let look = match bills::look(tx, keys, wanted, amount)? {
        Ok(look) => look,
        Err(reject) => return Ok(Err(reject)),
    };
    let movement = movement::bill(payer, amount, look.kind.fee(), &look.name);
    let movement = movement.words(look.kind.fee(), bills::label(number));
    Ok(Ok((movement, PaidTo::Biller(look))))
}

/// With the payer's own words.
fn said(movement: Movement, p: &Payment) -> Movement {
    let (summary, explain) = match (movement.summary.clone(), p.purpose.as_str()) {
        (summary, "") => (summary, String::new()),
        (summary, purpose) => (summary, format!("附言：{purpose}")),
    };
    movement.words(summary, explain)
}

/// A loan that is drawn under a line, which is no account.
fn drawn(tx: &Tx<'_>, keys: &TenantKeys, line_no: i64, p: &Payment) -> Verdict<(Movement, PaidTo)> {
    let Payee::Draw { account, months, rate_bp, method, ends_on } = &p.payee else {
        return Ok(Err(Reject::Validation { field: "account" }));
    };
    let acct_id = number(account.as_str()).unwrap_or(0);
    let Some(into) = payees::holder(tx, keys, acct_id)? else {
        return Ok(Err(Reject::NotFound));
    };
    let (months, rate_bp, method, ends_on) = (*months, *rate_bp, *method, *ends_on);
    let told = drawing::Terms { months, rate_bp, method, ends_on };
    let made = drawing::open(tx, keys, (line_no, &into), p.amount, told)?;
    Ok(made.map(|(movement, fresh)| (movement, PaidTo::Draw { into: acct_id, fresh })))
}

fn repaid(
    tx: &Tx<'_>,
    from: &Holder,
    loan: i64,
    part: (LoanPart, Fen),
    amount: Fen,
) -> Verdict<(Movement, PaidTo)> {
    let trial = match repay::fits(tx, loan, part, amount)? {
        Ok(trial) => trial,
        Err(reject) => return Ok(Err(reject)),
    };
    let Some(to_bank) = trial.interest.checked_add(trial.penalty) else {
        return Ok(Err(Reject::Validation { field: "amount" }));
    };
    let movement = movement::loan_repayment(&from.face(), loan, trial.principal, to_bank);
    Ok(Ok((movement, PaidTo::Loan(loan, trial))))
}

/// Units of a wealth product, if they are what was told.
fn bought(
    tx: &Tx<'_>,
    from: &Holder,
    product: &str,
    (grade, begins_on): (RiskGrade, Day),
    amount: Fen,
) -> Verdict<(Movement, PaidTo)> {
    let look = match dealing::look(tx, product, amount)? {
        Ok(look) if look.is(grade, begins_on) => look,
        // Another day, or another grade: what was shown is not what would be bought.
        Ok(_) => return Ok(Err(Reject::NotEligible)),
        Err(reject) => return Ok(Err(reject)),
    };
    let movement = movement::wealth_buy(from.acct_id, amount, &look.name);
    let words = format!("{}，{begins_on} 起息", look.name);
    Ok(Ok((movement.words("理财申购", words), PaidTo::Wealth(look, from.cust_no))))
}

/// Money that goes into a time deposit, or comes out of one.
fn saved(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    from: &Holder,
    p: &Payment,
) -> Verdict<(Movement, PaidTo)> {
    match &p.payee {
        Payee::Deposit { months, rate_bp, matures_on, renewal } => {
            let told = saving::Terms {
                months: *months,
                rate_bp: *rate_bp,
                matures_on: *matures_on,
                renewal: *renewal,
            };
            let made = saving::open(tx, keys, from, p.amount, told)?;
            Ok(made.map(|(movement, fresh)| (movement, PaidTo::Deposit(fresh))))
        }
        Payee::Offered { code, rate_bp, matures_on } => {
            let told = (code.as_str(), *rate_bp, *matures_on);
            let made = offers::open(tx, keys, from, p.amount, told)?;
            Ok(made.map(|(movement, fresh)| (movement, PaidTo::Deposit(fresh))))
        }
        Payee::Withdrawal { account, interest } => {
            let acct_id = number(account.as_str()).unwrap_or(0);
            let Some(into) = payees::holder(tx, keys, acct_id)? else {
                return Ok(Err(Reject::NotFound));
            };
            let made = saving::take(tx, (from, &into), p.amount, *interest)?;
            let to = |trial: &WithdrawalTrial| PaidTo::Withdrawal {
                into: acct_id,
                is_all: trial.left == Fen::ZERO,
                at_own: trial.at_own,
            };
            Ok(made.map(|(movement, trial)| (movement, to(&trial))))
        }
        _ => Ok(Err(Reject::Validation { field: "account" })),
    }
}
