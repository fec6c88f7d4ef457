//! The scripted core: what a core promises of money (`corebank::money`), with a ledger that a check can read.
//!
//! Answers stick to their ids, another payload is refused, a fence refuses the late original, what comes after its time is
//! refused, a reversal mirrors a posting of the same day once. Not for: the network, which loses and repeats; `wire` does.

use base::{Fen, Time};
use corebank::money::{Echo, Fate, Paid, Payee, Payment, Query, Reversal, Undone};
use corebank::{CoreError, Day, Reject, UnknownCause};
use std::collections::BTreeMap;

/// Where a posting is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leg {
    /// Within the house.
    Done,
    Pending,
    Confirmed,
    Returned,
    Reversed,
}

/// What was booked under an id.
#[derive(Debug, Clone)]
pub(super) struct Posting {
    pub(super) payment: Payment,
    /// What really moved; a core that is wrong moves something else.
    pub(super) moved: Fen,
    pub(super) at: Time,
    pub(super) leg: Leg,
    serial: u64,
    available: Fen,
}

#[derive(Debug, Clone)]
enum Known {
    Running(Payment),
    Posted(Box<Posting>),
    Rejected(Payment, Reject),
    Fenced,
}

/// What a core does that it should not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quirk {
    None,
    /// Its answer speaks of another sum.
    SaysOther,
    /// It books another sum.
    DoesOther,
    /// It has begun, and says so.
    Slow,
}

#[derive(Debug, Default)]
pub(super) struct Core {
    known: BTreeMap<String, Known>,
    undone: BTreeMap<String, (Reversal, Undone)>,
    worth: BTreeMap<String, i64>,
    pub(super) is_shut: bool,
    next_serial: u64,
    /// Postings ever made: (id, times). More than once is what must never be.
    pub(super) posted: BTreeMap<String, u32>,
}

/// Where money stands that has left for another bank.
const OUTSIDE: &str = "outside";

impl Core {
    pub(super) fn open_account(&mut self, number: &str, with: Fen) {
        self.worth.insert(number.to_owned(), with.fen());
    }
    /// Everything there is; no step changes it.
    pub(super) fn sum(&self) -> i64 {
        self.worth.values().sum()
    }
    pub(super) fn posting(&self, id: &str) -> Option<&Posting> {
        match self.known.get(id) {
            Some(Known::Posted(p)) => Some(p),
            _ => None,
        }
    }
    /// The id is refused for ever, or would be.
    pub(super) fn is_dead(&self, id: &str) -> bool {
        matches!(self.known.get(id), Some(Known::Fenced | Known::Rejected(..)))
    }
    /// It has begun and not said how it ended.
    pub(super) fn is_running(&self, id: &str) -> bool {
        matches!(self.known.get(id), Some(Known::Running(_)))
    }

    pub(super) fn pay(
        &mut self,
        id: &str,
        payment: &Payment,
        now: Time,
        quirk: Quirk,
    ) -> Result<Paid, CoreError> {
        match self.known.get(id) {
            Some(Known::Fenced) => return Err(Reject::Expired.into()),
            Some(Known::Running(p) | Known::Rejected(p, _)) if p != payment => {
                return Err(Reject::PayloadMismatch.into());
            }
            Some(Known::Posted(p)) if p.payment != *payment => {
                return Err(Reject::PayloadMismatch.into());
            }
            Some(Known::Running(_)) => return Err(CoreError::Unknown(UnknownCause::InProgress)),
            Some(Known::Rejected(_, reject)) => return Err(reject.clone().into()),
            Some(Known::Posted(p)) => return Ok(paid(id, p, p.leg == Leg::Done)),
            None => {}
        }
        if self.is_shut {
            return Err(Reject::DayClosed { opens_at: None }.into());
        }
        if now > payment.valid_until {
            return self.reject(id, payment, Reject::Expired);
        }
        if quirk == Quirk::Slow {
            self.known.insert(id.to_owned(), Known::Running(payment.clone()));
            return Err(CoreError::Unknown(UnknownCause::InProgress));
        }
        self.post(id, payment, now, quirk)
    }

    /// What was begun is done.
    pub(super) fn finish(&mut self, id: &str, now: Time) {
        let Some(Known::Running(payment)) = self.known.get(id).cloned() else { return };
        let done = self.post(id, &payment, now, Quirk::None);
        debug_assert!(done.is_ok() || self.is_dead(id), "what is finished has an end");
    }

    fn reject(&mut self, id: &str, payment: &Payment, why: Reject) -> Result<Paid, CoreError> {
        self.known.insert(id.to_owned(), Known::Rejected(payment.clone(), why.clone()));
        Err(why.into())
    }

    fn post(
        &mut self,
        id: &str,
        payment: &Payment,
        now: Time,
        quirk: Quirk,
    ) -> Result<Paid, CoreError> {
        let other = if quirk == Quirk::DoesOther { 1 } else { 0 };
        let moved = Fen::of(payment.amount.fen() + other);
        let out = moved.fen() + payment.fee.fen();
        let payer = payment.payer.as_str().to_owned();
        let Some(&has) = self.worth.get(&payer) else {
            return self.reject(id, payment, Reject::NotFound);
        };
        if has < out {
            return self.reject(id, payment, Reject::InsufficientFunds);
        }
        *self.worth.entry(payer).or_default() -= out;
        let (to, leg) = goes_to(&payment.payee);
        *self.worth.entry(to).or_default() += out;
        self.next_serial += 1;
        *self.posted.entry(id.to_owned()).or_default() += 1;
        let posting = Posting {
            payment: payment.clone(),
            moved,
            at: now,
            leg,
            serial: self.next_serial,
            available: Fen::of(has - out),
        };
        let mut told = paid(id, &posting, leg == Leg::Done);
        if quirk == Quirk::SaysOther {
            told.echo.amount = Fen::of(payment.amount.fen() + 1);
        }
        self.known.insert(id.to_owned(), Known::Posted(Box::new(posting)));
        Ok(told)
    }

    pub(super) fn query(&mut self, ask: &Query, quirk: Quirk) -> Fate {
        let id = &ask.request_id;
        match self.known.get(id) {
            None if ask.fence => {
                self.known.insert(id.clone(), Known::Fenced);
                Fate::Fenced
            }
            None => Fate::NotFound,
            Some(Known::Fenced) => Fate::Fenced,
            Some(Known::Running(_)) => Fate::InProgress,
            Some(Known::Rejected(_, reject)) => Fate::Rejected(reject.clone()),
            Some(Known::Posted(p)) => {
                let mut paid = paid(id, p, p.leg != Leg::Pending);
                if quirk == Quirk::SaysOther {
                    paid.echo.amount = Fen::of(p.moved.fen() + 1);
                }
                match p.leg {
                    Leg::Done | Leg::Pending | Leg::Confirmed => Fate::Posted(paid),
                    Leg::Returned => Fate::Returned(paid, Day::at(p.at)),
                    Leg::Reversed => Fate::Reversed(paid),
                }
            }
        }
    }

    pub(super) fn reverse(
        &mut self,
        id: &str,
        ask: &Reversal,
        now: Time,
    ) -> Result<Undone, CoreError> {
        if let Some((before, came)) = self.undone.get(id) {
            let is_same = before == ask;
            return if is_same { Ok(came.clone()) } else { Err(Reject::PayloadMismatch.into()) };
        }
        let came = match self.known.get(&ask.original) {
            None => {
                self.known.insert(ask.original.clone(), Known::Fenced);
                Undone::Nothing
            }
            Some(Known::Fenced | Known::Rejected(..)) => Undone::Nothing,
            Some(Known::Running(_)) => return Err(CoreError::Unknown(UnknownCause::InProgress)),
            Some(Known::Posted(_)) if self.is_shut => {
                return Err(Reject::DayClosed { opens_at: None }.into());
            }
            Some(Known::Posted(_)) => self.mirror(&ask.original, now),
        };
        self.undone.insert(id.to_owned(), (ask.clone(), came.clone()));
        Ok(came)
    }

    fn mirror(&mut self, original: &str, now: Time) -> Undone {
        let Some(Known::Posted(p)) = self.known.get_mut(original) else { return Undone::Nothing };
        if Day::at(p.at) != Day::at(now) {
            return Undone::Refused(Reject::DayClosed { opens_at: None });
        }
        if !matches!(p.leg, Leg::Done | Leg::Pending) {
            return Undone::Refused(Reject::NotEligible);
        }
        let out = p.moved.fen() + p.payment.fee.fen();
        let (from, _) = goes_to(&p.payment.payee);
        if self.worth.get(&from).is_none_or(|has| *has < out) {
            return Undone::Refused(Reject::InsufficientFunds);
        }
        p.leg = Leg::Reversed;
        let payer = p.payment.payer.as_str().to_owned();
        *self.worth.entry(from).or_default() -= out;
        *self.worth.entry(payer).or_default() += out;
        self.next_serial += 1;
        Undone::Reversed { core_serial: self.next_serial.to_string(), core_date: Day::at(now) }
    }

    /// The other bank has answered. False when it is no longer asked.
    pub(super) fn rail(&mut self, id: &str, is_taken: bool) -> bool {
        let Some(Known::Posted(p)) = self.known.get_mut(id) else { return false };
        if p.leg != Leg::Pending {
            return false;
        }
        if is_taken {
            p.leg = Leg::Confirmed;
            return true;
        }
        p.leg = Leg::Returned;
        let back = p.moved.fen() + p.payment.fee.fen();
        let payer = p.payment.payer.as_str().to_owned();
        *self.worth.entry(OUTSIDE.to_owned()).or_default() -= back;
        *self.worth.entry(payer).or_default() += back;
        true
    }
}

fn goes_to(payee: &Payee) -> (String, Leg) {
    match payee {
        Payee::Here { account }
        | Payee::Loan { account, .. }
        | Payee::Withdrawal { account, .. }
        | Payee::Draw { account, .. } => (account.as_str().to_owned(), Leg::Done),
        Payee::Split { months, .. } => (format!("split:{months}"), Leg::Done),
        Payee::Deposit { months, .. } => (format!("deposit:{months}"), Leg::Done),
        Payee::Offered { code, .. } => (format!("deposit:{code}"), Leg::Done),
        Payee::Elsewhere { .. }
        | Payee::Biller { .. }
        | Payee::Cash { .. }
        | Payee::Subscription { .. }
        | Payee::Redemption { .. } => (OUTSIDE.to_owned(), Leg::Pending),
    }
}

fn paid(id: &str, p: &Posting, is_final: bool) -> Paid {
    let mut echo = Echo::of(id, &p.payment);
    echo.amount = p.moved;
    Paid {
        core_serial: p.serial.to_string(),
        core_date: Day::at(p.at),
        posted_at: p.at,
        is_final,
        available: Some(p.available),
        opened: None,
        echo,
    }
}
