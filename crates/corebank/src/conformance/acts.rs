//! Every kind of command there is, as the sentences try it: what it is about, and what the books say after it.

use crate::error::Reject;
use crate::gifts::Given;
use crate::model::StateDone;
use crate::money::{Held, HoldAsk, Paid, Payee, Payment, Undone};
use base::{Fen, Time};

/// What a payment moves where nothing else bounds it, and what a hold keeps beyond it.
pub(super) const AMOUNT: Fen = Fen::of(123);
pub(super) const REST: i64 = 77;
/// Principal that is paid ahead.
pub(super) const AHEAD: Fen = Fen::of(100);
/// Points that are given, and by how much a limit is lowered.
const POINTS: i64 = 1;
pub(super) const LOWER: i64 = 100;

/// Every kind of command there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    PayHere,
    PayElsewhere,
    Bill,
    Repay,
    Deposit,
    Withdrawal,
    Cash,
    Hold,
    Commit,
    Void,
    Reverse,
    Stop,
    Limit,
    Gift,
}

pub(super) const ACTS: [Act; 14] = [
    Act::PayHere,
    Act::PayElsewhere,
    Act::Bill,
    Act::Repay,
    Act::Deposit,
    Act::Withdrawal,
    Act::Cash,
    Act::Hold,
    Act::Commit,
    Act::Void,
    Act::Reverse,
    Act::Stop,
    Act::Limit,
    Act::Gift,
];
/// Those that make a payment.
pub(super) const PAYS: [Act; 8] = [
    Act::PayHere,
    Act::PayElsewhere,
    Act::Bill,
    Act::Repay,
    Act::Deposit,
    Act::Withdrawal,
    Act::Cash,
    Act::Commit,
];
impl Act {
    /// As the list of what was tried names it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::PayHere => "pay here",
            Self::PayElsewhere => "pay elsewhere",
            Self::Bill => "bill",
            Self::Repay => "repayment",
            Self::Deposit => "deposit",
            Self::Withdrawal => "withdrawal",
            Self::Cash => "cash",
            Self::Hold => "hold",
            Self::Commit => "commit",
            Self::Void => "void",
            Self::Reverse => "reversal",
            Self::Stop => "card lock",
            Self::Limit => "own limit",
            Self::Gift => "points",
        }
    }
    /// Those that post something, or keep it: the others the core cannot be asked after, and no day stops them.
    pub(super) fn posting() -> Vec<Self> {
        ACTS.into_iter().filter(|act| act.is_asked_after()).collect()
    }
    /// Whether the core can be asked what became of one.
    pub(super) const fn is_asked_after(self) -> bool {
        !matches!(self, Self::Stop | Self::Limit)
    }
}

/// What a command was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Came {
    Paid(Box<Paid>),
    Held(Held),
    Undone(Undone),
    Stopped(StateDone),
    /// Since when it holds.
    Set(Time),
    Given(Given),
}

impl Came {
    pub(super) fn paid(paid: Paid) -> Self {
        Self::Paid(Box::new(paid))
    }
    /// The same answer; what was under way may have become final.
    pub(super) fn is_same(&self, later: &Self) -> bool {
        match (self, later) {
            (Self::Paid(first), Self::Paid(then)) => same_paid(first, then),
            (first, then) => first == then,
        }
    }
}

pub(super) fn same_paid(first: &Paid, then: &Paid) -> bool {
    let is_final = first.is_final || then.is_final;
    Paid { is_final, ..first.clone() } == *then
}

/// What became of a command, of whichever kind it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Became {
    Done,
    Refused(Reject),
    InProgress,
    NotFound,
    Fenced,
}

/// A command that can be sent, again and again.
#[derive(Clone)]
pub(super) struct Ready {
    pub(super) act: Act,
    pub(super) id: String,
    pub(super) payment: Payment,
    pub(super) hold: HoldAsk,
    /// The hold or the payment that it is about.
    pub(super) of: String,
    pub(super) reason: &'static str,
    pub(super) points: i64,
    /// The day's limit that is set, what it was, and the bank's.
    pub(super) limit: Limits,
    /// Whose card is locked: the fixture's, or one of another institution.
    pub(super) is_foreign: bool,
    pub(super) unlocks: bool,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Limits {
    pub(super) to: i64,
    pub(super) was: i64,
    pub(super) most: i64,
}

impl Ready {
    pub(super) fn new(act: Act, id: String, of: String, payment: Payment, hold: HoldAsk) -> Self {
        Self {
            act,
            id,
            payment,
            hold,
            of,
            reason: "timeout",
            points: POINTS,
            limit: Limits::default(),
            is_foreign: false,
            unlocks: false,
        }
    }

    /// The same id with something else in it.
    pub(super) fn changed(&self) -> Self {
        // Machines give out whole notes.
        let by = if self.act == Act::Cash { crate::cash::STEP.fen() } else { 1 };
        let more = |fen: Fen| Fen::of(fen.fen() + by);
        let mut other = self.clone();
        other.payment.amount = more(other.payment.amount);
        other.hold.amount = more(other.hold.amount);
        other.reason = "leg_failed";
        other.points += 1;
        other.limit.to -= 1;
        other.unlocks = true;
        if self.act == Act::Void {
            other.of = format!("{}-other", self.of);
        }
        other
    }

    /// The same, so that no core may do it; `None` where a refusal needs more than another wish.
    pub(super) fn refused(&self, stand: Stand, unseen: String) -> Option<(Self, Reject)> {
        let mut no = self.clone();
        let too_much = Fen::of(stand.available + 1);
        let why = match self.act {
            Act::PayHere | Act::PayElsewhere | Act::Hold | Act::Bill => {
                (no.payment.amount, no.hold.amount) = (too_much, too_much);
                Reject::InsufficientFunds
            }
            // What no machine gives out is another refusal.
            Act::Cash => {
                let step = crate::cash::STEP.fen();
                no.payment.amount = Fen::of((stand.available / step + 1) * step);
                Reject::InsufficientFunds
            }
            // More than is held.
            Act::Commit => {
                no.payment.amount = too_much;
                Reject::Validation { field: "amount" }
            }
            // More than its trial said.
            Act::Repay => {
                no.payment.amount = Fen::of(self.payment.amount.fen() + 1);
                Reject::Validation { field: "amount" }
            }
            Act::Deposit => {
                if let Payee::Deposit { rate_bp, .. } = &mut no.payment.payee {
                    *rate_bp += 1;
                }
                Reject::NotEligible
            }
            Act::Withdrawal => {
                if let Payee::Withdrawal { interest, .. } = &mut no.payment.payee {
                    *interest = Fen::of(interest.fen() + 1);
                }
                Reject::NotEligible
            }
            Act::Void => {
                no.of = unseen;
                Reject::NotFound
            }
            Act::Stop => {
                no.is_foreign = true;
                Reject::NotFound
            }
            Act::Limit => {
                no.limit.to = self.limit.most + 1;
                Reject::LimitExceeded
            }
            Act::Gift => {
                no.points = stand.more + 1;
                Reject::InsufficientFunds
            }
            Act::Reverse => return None,
        };
        Some((no, why))
    }
}

/// What the books say of the payer and the payee, and of what else a command is about: principal owed, deposits, a card
/// that is locked, a limit, points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stand {
    pub(super) posted: i64,
    pub(super) available: i64,
    pub(super) payee: i64,
    pub(super) more: i64,
}

impl Stand {
    /// What a command does to it.
    pub(super) fn after(self, ready: &Ready) -> Self {
        let sum = ready.payment.amount.fen();
        let whole = sum + ready.payment.fee.fen();
        let (posted, available, payee, more) = match ready.act {
            Act::PayHere => (-whole, -whole, sum, 0),
            Act::PayElsewhere | Act::Bill | Act::Cash => (-whole, -whole, 0, 0),
            Act::Repay => (-whole, -whole, 0, -AHEAD.fen()),
            Act::Deposit => (-whole, -whole, 0, 1),
            Act::Withdrawal => {
                let Payee::Withdrawal { interest, .. } = &ready.payment.payee else { return self };
                (sum + interest.fen(), sum + interest.fen(), 0, -1)
            }
            Act::Hold => (0, -ready.hold.amount.fen(), 0, 0),
            Act::Commit => (-whole, REST, sum, 0),
            Act::Void => (0, ready.hold.amount.fen(), 0, 0),
            Act::Reverse => (whole, whole, -sum, 0),
            Act::Stop => (0, 0, 0, 1),
            Act::Limit => (0, 0, 0, ready.limit.to - self.more),
            Act::Gift => (0, 0, 0, -ready.points),
        };
        Self {
            posted: self.posted + posted,
            available: self.available + available,
            payee: self.payee + payee,
            more: self.more + more,
        }
    }
}
