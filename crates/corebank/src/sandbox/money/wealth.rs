//! Orders of wealth products as payments: what one is quoted as, and selling units of a holding.
//!
//! A holding is no account: selling freezes its units, and books what the wealth company owes against what is on its way to the
//! customer. Not for: buying, which is a payment like others (`pay`), nor what becomes of either (`sandbox/wealth`).

use super::pay::Order;
use super::payees;
use super::query;
use super::settle;
use super::store::{self, PaymentRow, PaymentState};
use crate::error::Reject;
use crate::money::{Arrival, Fate, Payee, Payment, Quote, QuoteAsk, Rail};
use crate::sandbox::books::{Books, Voucher};
use crate::sandbox::movement;
use crate::sandbox::number;
use crate::sandbox::queries::{self, Said, no};
use crate::sandbox::seal::TenantKeys;
use crate::sandbox::wealth::{self, Sold};
use base::{Error, Fen, Result};
use db::{Tx, params};

/// Takes a purchase back that its dealing day has not taken up yet; what became of it.
pub(super) fn call_off(tx: &Tx<'_>, keys: &TenantKeys, original: &str) -> Said<Fate> {
    match wealth::may_call_off(tx, original)? {
        None => return no(Reject::NotFound),
        Some(true) => {
            if let Err(closed) = queries::open_day(tx)? {
                return Ok(Err(closed));
            }
            tx.exec(
                "UPDATE core_payment SET state = 'settling', due_at_ms = $1
                  WHERE tenant_id = $2 AND request_id = $3 AND state = 'pending'",
                params![tx.now(), tx.tenant(), original],
            )?;
            // What is on its way back goes on with `settle_rails`.
            settle::give_back(tx, keys, original, &Reject::Expired)?;
        }
        Some(false) => {}
    }
    query::payment(tx, keys, original).map(Ok)
}

type Verdict<T> = Result<std::result::Result<T, Reject>>;

/// Letters of a product's code, at most.
const CODE_CHARS_MAX: usize = 32;

/// What is wrong with such a payment whatever the books say; the field.
pub(super) fn flaw(payment: &Payment) -> Option<&'static str> {
    let is_fine = match &payment.payee {
        Payee::Subscription { product, .. } => {
            (1..=CODE_CHARS_MAX).contains(&product.len())
                && product.bytes().all(|b| b.is_ascii_alphanumeric())
        }
        Payee::Redemption { account, units, .. } => *units > 0 && *account != payment.payer,
        _ => false,
    };
    match () {
        () if payment.rail != Rail::Wealth => Some("rail"),
        () if payment.fee != Fen::ZERO => Some("fee"),
        () if !is_fine => Some("payee"),
        () => None,
    }
}

/// What selling would come to: nothing is charged, and all that is worth anything may be sold.
pub(super) fn quote(tx: &Tx<'_>, ask: &QuoteAsk) -> Said<Quote> {
    let holding = number(ask.payer.as_str()).unwrap_or(0);
    let sold = match wealth::sold(tx, holding, Some(ask.amount))? {
        Ok(sold) => sold,
        Err(reject) => return no(reject),
    };
    let all = sold.trial.left.checked_add(sold.trial.amount);
    Ok(Ok(Quote {
        fee: Fen::ZERO,
        rail: Rail::Wealth,
        arrival: Arrival::By(wealth::clock_of(sold.trial.arrives_on)),
        available: all.unwrap_or(ask.amount),
    }))
}

/// Sells units of a holding, if that comes to exactly what was told; the money comes on its day.
pub(super) fn redeem(tx: &Tx<'_>, keys: &TenantKeys, order: &Order) -> Verdict<PaymentRow> {
    let p = &order.payment;
    let Payee::Redemption { account, units, arrives_on } = &p.payee else {
        return Err(Error::fault("no redemption"));
    };
    if order.hold.is_some() {
        return Ok(Err(Reject::Validation { field: "hold" }));
    }
    let (holding_id, into) =
        (number(p.payer.as_str()).unwrap_or(0), number(account.as_str()).unwrap_or(0));
    let Some(to) = payees::holder(tx, keys, into)? else { return Ok(Err(Reject::NotFound)) };
    if let Err(reject) = payees::may_pay(&to) {
        return Ok(Err(reject));
    }
    let sold = match wealth::sold(tx, holding_id, Some(p.amount))? {
        Ok(sold) => sold,
        Err(reject) => return Ok(Err(reject)),
    };
    let Sold { trial, cust_no, name, .. } = &sold;
    if *cust_no != to.cust_no {
        return Ok(Err(Reject::PayeeMismatch));
    }
    if (trial.units, trial.arrives_on) != (*units, *arrives_on) {
        return Ok(Err(Reject::NotEligible));
    }
    let voucher = Voucher {
        request_id: order.request_id.clone(),
        at: None,
        movement: movement::wealth_redeem(p.amount).words("理财赎回受理", name.clone()),
        channel: order.channel.clone(),
    };
    let mut books = Books::open(tx)?;
    let posted = match books.post(&voucher) {
        Ok(posted) => posted,
        Err(refused) => return Ok(Err(refused.reject()?)),
    };
    books.close()?;
    wealth::freeze(tx, &order.request_id, holding_id, into, &sold)?;
    Ok(Ok(PaymentRow {
        request_id: order.request_id.clone(),
        journal_no: posted.journal_no,
        payer: holding_id,
        payee: None,
        payee_sealed: store::seal_payee(tx, keys, posted.journal_no, &p.payee)?,
        payee_kind: store::kind_of(&p.payee),
        amount: p.amount,
        fee: p.fee,
        rail: p.rail,
        available: trial.left,
        hold_id: None,
        state: PaymentState::Pending,
        due_at: Some(wealth::clock_of(*arrives_on)),
        back_journal: None,
        core_date: posted.core_date.number(),
        posted_at: posted.at,
        opened: None,
        tail: None,
    }))
}
