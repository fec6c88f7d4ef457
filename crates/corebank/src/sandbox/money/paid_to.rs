//! Where a payment goes, and what changes there besides the books.

use crate::error::Reject;
use crate::money::{LoanTrial, Payee};
use crate::sandbox::bills;
use crate::sandbox::money::cash;
use crate::sandbox::money::drawing;
use crate::sandbox::money::pay::{Order, Verdict};
use crate::sandbox::money::saving;
use crate::sandbox::money::split;
use crate::sandbox::notice;
use crate::sandbox::number;
use crate::sandbox::repay;
use crate::sandbox::seal::TenantKeys;
use crate::sandbox::wealth as dealing;
use base::{Fen, Result, Time};
use db::Tx;

/// Where a payment goes.
pub(super) enum PaidTo {
    /// An account of ours.
    Account(i64),
    /// A loan, and what its repayment came to.
    Loan(i64, LoanTrial),
    Elsewhere,
    Biller(bills::Look),
    /// Cash that waits for who has the code.
    Cash,
    /// A time deposit that is open for it.
    Deposit(saving::Fresh),
    /// A wealth product, and whose units they will be.
    Wealth(dealing::Look, i64),
    /// An account at call that gets money out of a time deposit, all there is or some.
    Withdrawal {
        into: i64,
        is_all: bool,
        /// What of it bore the deposit's own rate.
        at_own: Fen,
    },
    /// A credit card's own debt, from now on by instalments.
    Split(i64, split::Fresh),
    /// An account at call that gets a loan which is open for it.
    Draw {
        into: i64,
        fresh: drawing::Fresh,
    },
}

impl PaidTo {
    /// A biller's bill is being paid from now on, a loan has another schedule, an empty deposit is closed, a plan is made. The payee's account,
    /// where it is one of ours.
    pub(super) fn note(
        &self,
        tx: &Tx<'_>,
        keys: &TenantKeys,
        order: &Order,
        journal_no: i64,
    ) -> Result<Option<i64>> {
        Ok(match (self, &order.payment.payee) {
            (Self::Account(acct_id), _) => Some(*acct_id),
            (Self::Loan(acct_id, trial), Payee::Loan { part, ahead, .. }) => {
                repay::write(tx, *acct_id, (*part, *ahead), trial)?;
                Some(*acct_id)
            }
            (Self::Biller(look), Payee::Biller { biller, number, bill }) => {
                let wanted = bills::Wanted { biller, number, bill };
                bills::mark(tx, &order.request_id, look, wanted)?;
                None
            }
            (Self::Wealth(look, cust_no), _) => {
                let payer = number(order.payment.payer.as_str()).unwrap_or(0);
                let whose = (*cust_no, payer);
                dealing::mark(tx, &order.request_id, look, whose, order.payment.amount)?;
                None
            }
            (Self::Cash, payee) => {
                cash::book(tx, keys, order, payee)?;
                None
            }
            (Self::Deposit(fresh), _) => Some(fresh.acct_id),
            (Self::Draw { into, .. }, _) => Some(*into),
            (Self::Split(card, fresh), _) => {
                split::write(tx, fresh, journal_no)?;
                Some(*card)
            }
            (Self::Withdrawal { into, is_all, at_own }, _) => {
                let deposit = number(order.payment.payer.as_str()).unwrap_or(0);
                notice::note_taken(tx, &order.request_id, deposit, *at_own)?;
                if *is_all {
                    saving::set_open(tx, deposit, false)?;
                }
                Some(*into)
            }
            _ => None,
        })
    }

    /// Nothing was posted: what was opened for it is no more.
    pub(super) fn refused<T>(&self, tx: &Tx<'_>, reject: Reject) -> Verdict<T> {
        match self {
            Self::Deposit(fresh) => saving::discard(tx, fresh)?,
            Self::Draw { fresh, .. } => drawing::discard(tx, fresh)?,
            _ => {}
        }
        Ok(Err(reject))
    }

    /// When it is known what became of it, where that is a matter of the product.
    pub(super) fn due_at(&self) -> Option<Time> {
        match self {
            Self::Wealth(look, _) => Some(dealing::clock_of(look.begins_on)),
            _ => None,
        }
    }

    /// What the payer may spend after it, where the payer is no account.
    pub(super) fn left(&self) -> Option<Fen> {
        match self {
            Self::Draw { fresh, .. } => Some(fresh.left),
            _ => None,
        }
    }

    pub(super) fn opened(&self) -> Option<i64> {
        match self {
            Self::Draw { fresh, .. } => Some(fresh.acct_id),
            _ => None,
        }
    }

    pub(super) fn tail(&self) -> Option<String> {
        match self {
            Self::Deposit(fresh) => Some(fresh.tail.clone()),
            Self::Draw { fresh, .. } => Some(fresh.tail.clone()),
            _ => None,
        }
    }
}
