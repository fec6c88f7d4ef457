//! Sentences about billers. A core that asks none has no desk for it.

use super::{BillsFixture, MoneyFixture, Room, Sentence, Verdict, answered, ensure};
use crate::bills::{BillAsk, BillDue, Bills};
use crate::day::Day;
use crate::error::{CoreError, Reject};
use crate::money::{Arrival, Fate, Money, Paid, Payee, Payment, Query, Quote, QuoteAsk};
use crate::port::Ctx;
use base::Fen;

pub(super) const SENTENCES: &[Sentence] = &[
    ("billers say what they are paid for and what their numbers look like", |r| {
        Box::pin(billers(r))
    }),
    ("asking what a household owes changes nothing", |r| Box::pin(asking(r))),
    ("a wrong number, an unknown one and a stranger of a biller are told apart", |r| {
        Box::pin(wrong(r))
    }),
    ("another institution's households are not told of", |r| Box::pin(others(r))),
    ("a bill costs nothing to pay, and its biller has a time to confirm it", |r| {
        Box::pin(quoted(r))
    }),
    ("a bill is paid once, by whichever command comes first", |r| Box::pin(paid_once(r))),
];

/// How long commands are good.
pub(super) const GOOD_MS: i64 = 60_000;

/// Everything a sentence about bills is tried with.
pub(super) struct Desk<'a> {
    pub(super) r: &'a Room<'a>,
    pub(super) desk: &'a dyn Bills,
    money: &'a dyn Money,
    pub(super) bills: &'a BillsFixture,
    pub(super) cash: &'a MoneyFixture,
}

impl<'a> Desk<'a> {
    /// None where the core asks no billers; then the fixture names none.
    pub(super) fn of(r: &'a Room<'a>) -> Result<Option<Self>, String> {
        let Some(desk) = r.core.bill_desk() else {
            return if r.f.bills.is_none() {
                Ok(None)
            } else {
                Err("households, but no desk".into())
            };
        };
        match (r.core.money(), &r.f.bills, &r.f.money) {
            (Some(money), Some(bills), Some(cash)) => {
                Ok(Some(Self { r, desk, money, bills, cash }))
            }
            _ => Err("a desk that is not tried: households and money are missing".into()),
        }
    }
    async fn due(&self, ask: &BillAsk) -> Result<BillDue, String> {
        answered(self.desk.bill(&self.r.ctx(), ask).await)
    }
    fn payee(&self, bill: &str) -> Payee {
        let BillAsk { biller, number } = self.bills.owes.clone();
        Payee::Biller { biller, number, bill: bill.to_owned() }
    }
    async fn quote(&self, due: &BillDue) -> Result<Quote, String> {
        let ask = QuoteAsk {
            payer: self.cash.payer.clone(),
            payee: self.payee(&due.bill),
            amount: due.owed,
        };
        answered(self.money.quote(&self.r.ctx(), &ask).await)
    }
    fn order(&self, id: &str) -> Ctx {
        let channel = Some((format!("serial-{id}"), Day::at(self.r.f.clock.now())));
        Ctx { request_id: Some(id.to_owned()), channel, ..self.r.ctx() }
    }
    pub(super) async fn pay(&self, id: &str, payment: &Payment) -> Result<Paid, CoreError> {
        self.money.pay(&self.order(id), payment).await
    }
    pub(super) async fn worth(&self) -> Result<Fen, String> {
        let balance = self.r.core.balance(&self.r.ctx(), &self.cash.payer).await;
        answered(balance).map(|b| b.posted)
    }
}

async fn billers(r: &Room<'_>) -> Verdict {
    let Some(d) = Desk::of(r)? else { return Ok(()) };
    let all = answered(d.desk.billers(&r.ctx(), d.bills.kind).await)?;
    let is_sound = |b: &crate::bills::Biller| {
        b.kind == d.bills.kind && !b.name.is_empty() && b.min > Fen::ZERO && b.min <= b.max
    };
    ensure(all.iter().all(is_sound), || format!("{all:?}"))?;
    let its = all.iter().find(|b| b.id == d.bills.owes.biller);
    ensure(its.is_some_and(|b| b.rule.fits(&d.bills.owes.number)), || format!("{all:?}"))
}

async fn asking(r: &Room<'_>) -> Verdict {
    let Some(d) = Desk::of(r)? else { return Ok(()) };
    let before = d.worth().await?;
    let (one, two) = (d.due(&d.bills.owes).await?, d.due(&d.bills.owes).await?);
    ensure(one == two && d.worth().await? == before, || format!("{one:?}, then {two:?}"))?;
    let is_whole = one.owed > Fen::ZERO && !one.bill.is_empty() && !one.period.is_empty();
    ensure(is_whole, || format!("{one:?}"))
}

async fn wrong(r: &Room<'_>) -> Verdict {
    let Some(d) = Desk::of(r)? else { return Ok(()) };
    let BillAsk { biller, number } = d.bills.owes.clone();
    let short = BillAsk { number: number[1..].to_owned(), ..d.bills.owes.clone() };
    let stranger = BillAsk { biller: format!("{biller}-none"), number };
    let asked = [
        (&short, Reject::Validation { field: "number" }),
        (&d.bills.unknown, Reject::NotFound),
        (&stranger, Reject::Unsupported),
    ];
    for (ask, reject) in asked {
        let got = d.desk.bill(&r.ctx(), ask).await;
        ensure(got == Err(reject.clone().into()), || format!("{got:?}, not {reject:?}"))?;
    }
    Ok(())
}

async fn others(r: &Room<'_>) -> Verdict {
    let Some(d) = Desk::of(r)? else { return Ok(()) };
    let got = d.desk.bill(&r.ctx_of(r.f.other_tenant), &d.bills.owes).await;
    ensure(matches!(got, Err(CoreError::Rejected(_))), || format!("{got:?}"))
}

async fn quoted(r: &Room<'_>) -> Verdict {
    let Some(d) = Desk::of(r)? else { return Ok(()) };
    let due = d.due(&d.bills.owes).await?;
    let quote = d.quote(&due).await?;
    let is_later = match quote.arrival {
        Arrival::AtOnce => true,
        Arrival::By(at) => at > r.f.clock.now(),
    };
    ensure(quote.fee == Fen::ZERO && is_later, || format!("{quote:?}"))
}

async fn paid_once(r: &Room<'_>) -> Verdict {
    let Some(d) = Desk::of(r)? else { return Ok(()) };
    let (due, before) = (d.due(&d.bills.owes).await?, d.worth().await?);
    let payment = Payment {
        payer: d.cash.payer.clone(),
        payee: d.payee(&due.bill),
        amount: due.owed,
        fee: Fen::ZERO,
        rail: d.quote(&due).await?.rail,
        purpose: String::new(),
        valid_until: r.f.clock.now().plus_ms(GOOD_MS),
    };
    let ids = [r.f.random.hex(8), r.f.random.hex(8)];
    let paid = answered(d.pay(&ids[0], &payment).await)?;
    ensure(paid.echo.differs(&ids[0], &payment).is_none(), || "its echo differs".into())?;
    let again = d.pay(&ids[0], &payment).await;
    ensure(again.as_ref() == Ok(&paid), || format!("again: {again:?}"))?;
    let second = d.pay(&ids[1], &payment).await;
    ensure(second == Err(Reject::BillPaid.into()), || format!("second: {second:?}"))?;
    let left = d.due(&d.bills.owes).await?;
    ensure(left.owed == Fen::ZERO, || format!("{left:?}"))?;
    let after = d.worth().await?;
    ensure(before.checked_sub(after) == Some(due.owed), || format!("{before}, then {after}"))?;
    let ask =
        Query { request_id: ids[0].clone(), channel_date: Day::at(r.f.clock.now()), fence: false };
    let fate = answered(d.money.query(&r.ctx(), &ask).await)?;
    ensure(matches!(fate, Fate::Posted(_)), || format!("{fate:?}"))
}
