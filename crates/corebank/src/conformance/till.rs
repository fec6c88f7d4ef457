//! Commands about money as the sentences try them: each made ready, sent as often as wanted, and weighed by the ledger.

use super::{MoneyFixture, Room, answered};
use crate::day::Day;
use crate::error::CoreError;
use crate::model::AccountRef;
use crate::money::{
    Fate, Held, HoldAsk, Money, Paid, Payee, Payment, Query, QuoteAsk, Reversal, Undone,
};
use crate::port::Ctx;
use base::Fen;
use std::pin::Pin;
use std::task::Poll;

/// What each command moves, and what a hold keeps beyond it.
pub(super) const AMOUNT: Fen = Fen::of(123);
const REST: i64 = 77;
/// How long commands are good.
pub(super) const GOOD_MS: i64 = 60_000;
pub(super) const HELD_MS: i64 = 3_600_000;

/// Every kind of command there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    PayHere,
    PayElsewhere,
    Hold,
    Commit,
    Void,
    Reverse,
}

pub(super) const ACTS: [Act; 6] =
    [Act::PayHere, Act::PayElsewhere, Act::Hold, Act::Commit, Act::Void, Act::Reverse];
/// Those that make a payment.
pub(super) const PAYS: [Act; 3] = [Act::PayHere, Act::PayElsewhere, Act::Commit];

/// What a command was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Came {
    Paid(Box<Paid>),
    Held(Held),
    Undone(Undone),
}

fn paid_as(paid: Paid) -> Came {
    Came::Paid(Box::new(paid))
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
}

impl Ready {
    /// The same id with something else in it.
    pub(super) fn changed(&self) -> Self {
        let more = |fen: Fen| Fen::of(fen.fen() + 1);
        let mut other = self.clone();
        other.payment.amount = more(other.payment.amount);
        other.hold.amount = more(other.hold.amount);
        other.reason = "leg_failed";
        if self.act == Act::Void {
            other.of = format!("{}-other", self.of);
        }
        other
    }
}

/// What the ledger says of the payer and the payee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stand {
    pub(super) posted: i64,
    pub(super) available: i64,
    pub(super) payee: i64,
}

impl Stand {
    /// What a command of [`AMOUNT`] does to it.
    pub(super) fn after(self, ready: &Ready) -> Self {
        let (sum, whole) = (AMOUNT.fen(), AMOUNT.fen() + ready.payment.fee.fen());
        let (posted, available, payee) = match ready.act {
            Act::PayHere => (-whole, -whole, sum),
            Act::PayElsewhere => (-whole, -whole, 0),
            Act::Hold => (0, -sum, 0),
            Act::Commit => (-whole, REST, sum),
            Act::Void => (0, whole + REST, 0),
            Act::Reverse => (whole, whole, -sum),
        };
        Self {
            posted: self.posted + posted,
            available: self.available + available,
            payee: self.payee + payee,
        }
    }
}

/// Where money is tried.
#[derive(Clone, Copy)]
pub(super) struct Till<'a> {
    pub(super) r: &'a Room<'a>,
    pub(super) m: &'a dyn Money,
    pub(super) f: &'a MoneyFixture,
}

impl<'a> Till<'a> {
    /// `None` where the core moves no money.
    pub(super) fn open(r: &'a Room<'a>) -> Result<Option<Self>, String> {
        match (r.core.money(), r.core.capabilities().money, &r.f.money) {
            (Some(m), true, Some(f)) => Ok(Some(Self { r, m, f })),
            (None, false, _) => Ok(None),
            _ => Err("what it can do, what it has and what the fixture brings do not fit".into()),
        }
    }

    /// Those of `acts` that this core can do.
    pub(super) fn can(&self, acts: &[Act]) -> Vec<Act> {
        let can = self.r.core.capabilities();
        let fits = |act: &Act| match act {
            Act::PayHere => true,
            Act::PayElsewhere => can.interbank,
            Act::Hold | Act::Commit | Act::Void => can.holds,
            Act::Reverse => can.reverse_by_request_id,
        };
        acts.iter().copied().filter(fits).collect()
    }

    pub(super) fn today(&self) -> Day {
        Day::at(self.r.f.clock.now())
    }
    pub(super) fn fresh_id(&self) -> String {
        format!("conformance-{}", self.r.f.random.hex(8))
    }
    pub(super) fn command(&self, id: &str) -> Ctx {
        let channel = Some((format!("serial-{id}"), self.today()));
        Ctx { request_id: Some(id.to_owned()), channel, ..self.about() }
    }
    /// A question about the payer's account.
    pub(super) fn about(&self) -> Ctx {
        Ctx { account: Some(self.f.payer.clone()), ..self.r.ctx() }
    }

    pub(super) async fn stand(&self) -> Result<Stand, String> {
        let of = async |account: &AccountRef| {
            answered(self.r.core.balance(&self.r.ctx(), account).await)
        };
        let (payer, payee) = (of(&self.f.payer).await?, of(&self.f.payee).await?);
        Ok(Stand {
            posted: payer.posted.fen(),
            available: payer.available.fen(),
            payee: payee.posted.fen(),
        })
    }

    /// A payment as the core quotes it.
    pub(super) async fn payment(&self, act: Act, amount: Fen) -> Result<Payment, String> {
        let ask = if act == Act::PayElsewhere { &self.f.elsewhere } else { &self.f.here };
        let payee: Payee = answered(self.m.payee(&self.r.ctx(), ask).await)?.payee;
        let payer = self.f.payer.clone();
        let quoted = QuoteAsk { payer: payer.clone(), payee: payee.clone(), amount };
        let quote = answered(self.m.quote(&self.r.ctx(), &quoted).await)?;
        Ok(Payment {
            payer,
            payee,
            amount,
            fee: quote.fee,
            rail: quote.rail,
            purpose: "房租".into(),
            valid_until: self.r.f.clock.now().plus_ms(GOOD_MS),
        })
    }

    /// Makes a command ready; what it is about is done before.
    pub(super) async fn ready(&self, act: Act) -> Result<Ready, String> {
        let payment = self.payment(act, AMOUNT).await?;
        let mut hold = HoldAsk {
            account: self.f.payer.clone(),
            amount: AMOUNT,
            until: self.r.f.clock.now().plus_ms(HELD_MS),
            reason: "跨行转账".into(),
        };
        let of = self.fresh_id();
        match act {
            Act::Commit | Act::Void => {
                hold.amount = Fen::of(AMOUNT.fen() + payment.fee.fen() + REST);
                answered(self.m.hold(&self.command(&of), &hold).await)?;
            }
            Act::Reverse => {
                answered(self.m.pay(&self.command(&of), &payment).await)?;
            }
            Act::PayHere | Act::PayElsewhere | Act::Hold => {}
        }
        Ok(Ready { act, id: self.fresh_id(), payment, hold, of, reason: "timeout" })
    }

    pub(super) async fn send(&self, ready: &Ready) -> Result<Came, CoreError> {
        self.send_as(&self.command(&ready.id), ready).await
    }

    pub(super) async fn send_as(&self, ctx: &Ctx, ready: &Ready) -> Result<Came, CoreError> {
        match ready.act {
            Act::PayHere | Act::PayElsewhere => self.m.pay(ctx, &ready.payment).await.map(paid_as),
            Act::Hold => self.m.hold(ctx, &ready.hold).await.map(Came::Held),
            Act::Commit => self.m.commit(ctx, &ready.of, &ready.payment).await.map(paid_as),
            Act::Void => self.m.void(ctx, &ready.of).await.map(Came::Held),
            Act::Reverse => {
                let ask = self.reversal(&ready.of, ready.reason);
                self.m.reverse(ctx, &ask).await.map(Came::Undone)
            }
        }
    }

    pub(super) fn reversal(&self, original: &str, reason: &str) -> Reversal {
        Reversal {
            original: original.to_owned(),
            channel_date: self.today(),
            reason: reason.to_owned(),
        }
    }

    /// A core that can fence keeps every id it has seen. One that cannot tells of what it booked, and of no more: a refusal
    /// leaves nothing behind there, and a void only its hold.
    pub(super) fn keeps_ids(&self) -> bool {
        self.r.core.capabilities().fence
    }

    pub(super) async fn fate(&self, id: &str, fence: bool) -> Result<Fate, String> {
        let ask = Query { request_id: id.to_owned(), channel_date: self.today(), fence };
        answered(self.m.query(&self.about(), &ask).await)
    }
}

/// All of them at once.
pub(super) async fn at_once<T>(asks: Vec<Pin<Box<dyn Future<Output = T> + Send + '_>>>) -> Vec<T> {
    let mut under_way: Vec<_> = asks.into_iter().map(|ask| (Some(ask), None)).collect();
    std::future::poll_fn(move |cx| {
        for (ask, answer) in &mut under_way {
            if let Some(Poll::Ready(got)) = ask.as_mut().map(|ask| ask.as_mut().poll(cx)) {
                (*ask, *answer) = (None, Some(got));
            }
        }
        if under_way.iter().any(|(ask, _)| ask.is_some()) {
            return Poll::Pending;
        }
        Poll::Ready(under_way.drain(..).filter_map(|(_, answer)| answer).collect())
    })
    .await
}
