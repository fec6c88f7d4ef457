//! Sentences about instalments of credit cards: what a trial told is what is made, once, and bills ask for its parts only.

use super::till::Till;
use super::{Room, Sentence, Verdict, answered, ensure};
use crate::credit::Bill;
use crate::error::{CoreError, Reject};
use crate::instalments::{CardPlan, Split};
use crate::money::{Paid, Payee, Payment, Rail, SplitAsk, SplitTrial};
use base::Fen;

const MONTHS: i64 = 6;

pub(super) const SENTENCES: &[Sentence] = &[
    ("an instalment's trial makes no plan and says what it costs in a year", |r| {
        Box::pin(trial(r))
    }),
    ("a bill is split once, as its trial told, and asks for nothing of it any more", |r| {
        Box::pin(split(r))
    }),
    ("another fee, another term or too much splits nothing", |r| Box::pin(not_as_told(r))),
];

/// The fixture's card, where the core splits bills and there is something to split.
struct Debt<'a> {
    till: Till<'a>,
    r: &'a Room<'a>,
    amount: Fen,
}

impl<'a> Debt<'a> {
    async fn open(r: &'a Room<'a>) -> Result<Option<Self>, String> {
        let Some(till) = Till::open(r)?.filter(|_| r.core.capabilities().card_plans) else {
            return Ok(None);
        };
        let debt = Self { till, r, amount: Fen::of(1) };
        // A sum that is too small says nothing of the bill; one that fits is found by what is left of it.
        let bill = debt.bill().await?;
        match debt.ask(bill.left(), MONTHS).await {
            Ok(told) => Ok(Some(Self { amount: told.least, ..debt })),
            Err(CoreError::Rejected(Reject::NotEligible | Reject::Validation { .. })) => Ok(None),
            Err(e) => Err(format!("{e:?}")),
        }
    }
    async fn bill(&self) -> Result<Bill, String> {
        let bills = answered(self.r.core.bills(&self.r.ctx(), &self.r.f.card, 1).await)?;
        bills.into_iter().next().ok_or_else(|| "the fixture's card has no bill".into())
    }
    async fn plans(&self) -> Result<Vec<CardPlan>, String> {
        answered(self.r.core.card_plans(&self.r.ctx(), &self.r.f.card).await)
    }
    async fn ask(&self, amount: Fen, months: i64) -> Result<SplitTrial, CoreError> {
        let ask = SplitAsk { card: self.r.f.card.clone(), line: None, amount, months };
        self.till.m.split_trial(&self.r.ctx(), &ask).await
    }
    fn payment(&self, months: i64, fees: Fen) -> Payment {
        Payment {
            payer: self.r.f.card.clone(),
            payee: Payee::Split { line: None, months },
            amount: self.amount,
            fee: fees,
            rail: Rail::Book,
            purpose: String::new(),
            valid_until: self.r.f.clock.now().plus_ms(60_000),
        }
    }
    async fn pay(&self, id: &str, payment: &Payment) -> Result<Paid, CoreError> {
        self.till.m.pay(&self.till.command(id), payment).await
    }
}

async fn trial(r: &Room<'_>) -> Verdict {
    let Some(d) = Debt::open(r).await? else { return Ok(()) };
    let (bill, plans) = (d.bill().await?, d.plans().await?);
    let told = answered(d.ask(d.amount, MONTHS).await)?;
    let plan = Split { amount: d.amount, months: MONTHS, fee: told.fee };
    let adds_up = plan.fees() == Some(told.fees)
        && plan.instalment(1) == Some(told.each)
        && plan.instalment(MONTHS) == Some(told.last)
        && plan.yearly_bp() == Some(told.yearly_bp);
    ensure(adds_up && told.most == bill.left(), || format!("{told:?}"))?;
    let got = d.ask(d.amount, 7).await;
    let want = Err(Reject::Validation { field: "months" }.into());
    ensure(got == want, || format!("{got:?}"))?;
    let got = d.ask(Fen::of(told.least.fen() - 1), MONTHS).await;
    let want = Err(Reject::Validation { field: "amount" }.into());
    ensure(got == want, || format!("{got:?}"))?;
    ensure((d.bill().await?, d.plans().await?) == (bill, plans), || "something was split".into())
}

async fn split(r: &Room<'_>) -> Verdict {
    let Some(d) = Debt::open(r).await? else { return Ok(()) };
    let (bill, plans) = (d.bill().await?, d.plans().await?);
    let told = answered(d.ask(d.amount, MONTHS).await)?;
    let (id, payment) = (d.till.fresh_id(), d.payment(MONTHS, told.fees));
    let first = answered(d.pay(&id, &payment).await)?;
    let fits = first.is_final && first.echo.differs(&id, &payment).is_none();
    ensure(fits, || format!("{first:?}"))?;
    let again = answered(d.pay(&id, &payment).await)?;
    ensure(again == first, || format!("again: {again:?}"))?;
    let now = d.bill().await?;
    let less = bill.left().fen() - now.left().fen();
    ensure(less == d.amount.fen(), || format!("{less} less of the bill"))?;
    let all = d.plans().await?;
    ensure(all.len() == plans.len() + 1, || format!("{all:?}"))?;
    let plan = all.first().ok_or("no plan")?;
    let is_as_told = (plan.amount, plan.months, plan.fee) == (d.amount, MONTHS, told.fee)
        && (plan.billed, plan.left) == (0, d.amount)
        && plan.billed_on == Some(bill.bill.billed_on)
        && (plan.next_bill, plan.next) == (Some(told.first_bill), told.each);
    ensure(is_as_told, || format!("{plan:?}"))?;
    // Once for a bill.
    let got = d.ask(d.amount, MONTHS).await;
    ensure(got == Err(Reject::NotEligible.into()), || format!("{got:?}"))?;
    let got = d.pay(&d.till.fresh_id(), &payment).await;
    ensure(got == Err(Reject::NotEligible.into()), || format!("{got:?}"))?;
    ensure(d.plans().await? == all, || "split twice".into())
}

async fn not_as_told(r: &Room<'_>) -> Verdict {
    let Some(d) = Debt::open(r).await? else { return Ok(()) };
    let before = (d.bill().await?, d.plans().await?);
    let told = answered(d.ask(d.amount, MONTHS).await)?;
    let more = Fen::of(told.fees.fen() + 1);
    let much = Fen::of(told.most.fen() + 1);
    let much_told = d.ask(much, MONTHS).await;
    ensure(much_told == Err(Reject::LimitExceeded.into()), || format!("{much_told:?}"))?;
    for (payment, want) in [
        (d.payment(MONTHS, more), Reject::NotEligible),
        (d.payment(12, told.fees), Reject::NotEligible),
        (Payment { amount: much, ..d.payment(MONTHS, told.fees) }, Reject::LimitExceeded),
    ] {
        let id = d.till.fresh_id();
        for _ in 0..2 {
            let got = d.pay(&id, &payment).await;
            ensure(got == Err(want.clone().into()), || format!("{got:?}, not {want}"))?;
        }
    }
    ensure((d.bill().await?, d.plans().await?) == before, || "something was split".into())
}
