//! The scripted core: what a core promises of money (`corebank::money`), with a ledger that a check can read.
//!
//! Answers stick to their ids, another payload is refused, a fence refuses the late original, what comes after its time is
//! refused, a reversal mirrors a posting of the same day once. Not for: the network, which loses and repeats; `wire` does.

use base::{Fen, Time};
use corebank::money::{
    Echo, Fate, Held, HoldAsk, HoldState, Paid, Payee, Payment, Query, Reversal, Undone,
};
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
    /// And the hold it is made out of.
    Running(Payment, Option<String>),
    Posted(Box<Posting>),
    Rejected(Payment, Reject),
    Fenced,
}

/// What is known under the id of a hold.
#[derive(Debug, Clone)]
enum Hold {
    Kept(HoldAsk, HoldState),
    Rejected(HoldAsk, Reject),
    /// Given back before it came: it is refused if it comes.
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
    holds: BTreeMap<String, Hold>,
    /// What was given back under which id, and whether it was open.
    voids: BTreeMap<String, (String, bool)>,
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
        matches!(self.known.get(id), Some(Known::Running(..)))
    }

    /// `hold` is what the payment is made out of.
    pub(super) fn pay(
        &mut self,
        id: &str,
        hold: Option<&str>,
        payment: &Payment,
        now: Time,
        quirk: Quirk,
    ) -> Result<Paid, CoreError> {
        match self.known.get(id) {
            Some(Known::Fenced) => return Err(Reject::Expired.into()),
            Some(Known::Running(p, _) | Known::Rejected(p, _)) if p != payment => {
                return Err(Reject::PayloadMismatch.into());
            }
            Some(Known::Posted(p)) if p.payment != *payment => {
                return Err(Reject::PayloadMismatch.into());
            }
            Some(Known::Running(..)) => return Err(CoreError::Unknown(UnknownCause::InProgress)),
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
            let running = Known::Running(payment.clone(), hold.map(str::to_owned));
            self.known.insert(id.to_owned(), running);
            return Err(CoreError::Unknown(UnknownCause::InProgress));
        }
        self.post(id, hold, payment, now, quirk)
    }

    /// What was begun is done.
    pub(super) fn finish(&mut self, id: &str, now: Time) {
        let Some(Known::Running(payment, hold)) = self.known.get(id).cloned() else { return };
        let done = self.post(id, hold.as_deref(), &payment, now, Quirk::None);
        debug_assert!(done.is_ok() || self.is_dead(id), "what is finished has an end");
    }

    fn reject(&mut self, id: &str, payment: &Payment, why: Reject) -> Result<Paid, CoreError> {
        self.known.insert(id.to_owned(), Known::Rejected(payment.clone(), why.clone()));
        Err(why.into())
    }

    fn post(
        &mut self,
        id: &str,
        hold: Option<&str>,
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
        let mut may_spend = has - self.held(&payer, now);
        if let Some(hold) = hold {
            match self.holds.get(hold) {
                Some(Hold::Kept(ask, HoldState::Open)) if ask.amount.fen() >= out - other => {
                    may_spend += ask.amount.fen();
                }
                _ => return self.reject(id, payment, Reject::NotFound),
            }
        }
        if may_spend < out {
            return self.reject(id, payment, Reject::InsufficientFunds);
        }
        if let Some(Hold::Kept(_, state)) = hold.and_then(|hold| self.holds.get_mut(hold)) {
            *state = HoldState::Used;
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
            available: Fen::of(may_spend - out),
        };
        let mut told = paid(id, &posting, leg == Leg::Done);
        if quirk == Quirk::SaysOther {
            told.echo.amount = Fen::of(payment.amount.fen() + 1);
        }
        self.known.insert(id.to_owned(), Known::Posted(Box::new(posting)));
        Ok(told)
    }

    /// What of an account is set aside; what is kept beyond its time is given back.
    fn held(&mut self, account: &str, now: Time) -> i64 {
        let mut sum = 0;
        for hold in self.holds.values_mut() {
            let Hold::Kept(ask, state @ HoldState::Open) = hold else { continue };
            if ask.until <= now {
                *state = HoldState::Ended;
            } else if ask.account.as_str() == account {
                sum += ask.amount.fen();
            }
        }
        sum
    }

    /// Whether money is set aside under an id.
    pub(super) fn is_held(&self, id: &str, now: Time) -> bool {
        let hold = self.holds.get(id);
        matches!(hold, Some(Hold::Kept(ask, HoldState::Open)) if ask.until > now)
    }

    fn told(&mut self, account: &str, state: HoldState, now: Time) -> Held {
        let has = self.worth.get(account).copied().unwrap_or(0);
        Held { state, available: Fen::of(has - self.held(account, now)) }
    }

    pub(super) fn hold(&mut self, id: &str, ask: &HoldAsk, now: Time) -> Result<Held, CoreError> {
        let account = ask.account.as_str();
        let held = self.held(account, now);
        match self.holds.get(id) {
            Some(Hold::Fenced) => return Err(Reject::Expired.into()),
            Some(Hold::Kept(a, _) | Hold::Rejected(a, _)) if a != ask => {
                return Err(Reject::PayloadMismatch.into());
            }
            Some(Hold::Rejected(_, reject)) => return Err(reject.clone().into()),
            Some(Hold::Kept(_, state)) => {
                let state = *state;
                return Ok(self.told(account, state, now));
            }
            None if self.is_shut => return Err(Reject::DayClosed { opens_at: None }.into()),
            None => {}
        }
        let has = self.worth.get(account).copied().unwrap_or(0);
        let reject = if ask.until <= now {
            Some(Reject::Expired)
        } else {
            (has - held < ask.amount.fen()).then_some(Reject::InsufficientFunds)
        };
        if let Some(reject) = reject {
            self.holds.insert(id.to_owned(), Hold::Rejected(ask.clone(), reject.clone()));
            return Err(reject.into());
        }
        self.holds.insert(id.to_owned(), Hold::Kept(ask.clone(), HoldState::Open));
        Ok(self.told(account, HoldState::Open, now))
    }

    pub(super) fn void(&mut self, id: &str, of: &str, now: Time) -> Result<Held, CoreError> {
        if let Some(Hold::Kept(ask, _)) = self.holds.get(of) {
            let account = ask.account.as_str().to_owned();
            self.held(&account, now);
        }
        match self.voids.get(id) {
            Some((before, _)) if before != of => return Err(Reject::PayloadMismatch.into()),
            Some((_, false)) => return Err(Reject::NotFound.into()),
            _ => {}
        }
        let was_open = match self.holds.get_mut(of) {
            Some(Hold::Kept(_, state @ HoldState::Open)) => {
                *state = HoldState::Ended;
                true
            }
            Some(Hold::Kept(..)) => self.voids.contains_key(id),
            Some(_) => false,
            None => {
                self.holds.insert(of.to_owned(), Hold::Fenced);
                false
            }
        };
        self.voids.insert(id.to_owned(), (of.to_owned(), was_open));
        match self.holds.get(of) {
            Some(Hold::Kept(ask, state)) if was_open => {
                let (account, state) = (ask.account.as_str().to_owned(), *state);
                Ok(self.told(&account, state, now))
            }
            _ => Err(Reject::NotFound.into()),
        }
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
            Some(Known::Running(..)) => Fate::InProgress,
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
            Some(Known::Running(..)) => return Err(CoreError::Unknown(UnknownCause::InProgress)),
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
