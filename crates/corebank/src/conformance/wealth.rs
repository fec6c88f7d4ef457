//! Sentences about wealth products: what was told is what is bought or sold, once, under way until its day, and undone without
//! a trace before it.

use super::till::Till;
use super::{Room, Sentence, Verdict, answered, ensure};
use crate::CoreError;
use crate::error::Reject;
use crate::model::AccountRef;
use crate::money::{Fate, Paid, Payee, Payment, QuoteAsk, Rail, Undone};
use crate::wealth::{
    Holding, PurchaseAsk, PurchaseTrial, RedemptionAsk, Wealth, WealthBook, WealthProduct,
};
use base::Fen;

pub(super) const SENTENCES: &[Sentence] = &[
    ("what wealth products there are is told, and a trial buys nothing", |r| Box::pin(told(r))),
    (
        "a wealth product is bought once, as its trial told, and is under way until it is confirmed",
        |r| Box::pin(bought(r)),
    ),
    ("another grade, another day, too little or beside the steps buys nothing", |r| {
        Box::pin(not_as_told(r))
    }),
    ("a purchase and its undoing leave everything as it was", |r| Box::pin(undone(r))),
    (
        "a purchase called off on its dealing day is given back once, and its quota is free again",
        |r| Box::pin(called_off(r)),
    ),
    ("units are sold once, as their trial told, and undone they are there again", |r| {
        Box::pin(sold(r))
    }),
    ("nobody else gets what units are sold for, and no more is sold than there is", |r| {
        Box::pin(not_elsewhere(r))
    }),
];

/// A payer where the core sells wealth products.
struct Buyer<'a> {
    till: Till<'a>,
    w: &'a dyn Wealth,
    r: &'a Room<'a>,
    /// The cheapest that is on sale.
    product: WealthProduct,
}

impl<'a> Buyer<'a> {
    async fn open(r: &'a Room<'a>) -> Result<Option<Self>, String> {
        let (till, w) = match (Till::open(r)?, r.core.wealth(), r.core.capabilities().wealth) {
            (Some(till), Some(w), true) => (till, w),
            (_, None, false) => return Ok(None),
            _ => return Err("what it can do and what it has do not fit".into()),
        };
        let all = answered(w.wealth_products(&r.ctx()).await)?;
        let cheapest = all.into_iter().filter(|p| p.is_on_sale).min_by_key(|p| p.least);
        Ok(cheapest.map(|product| Self { till, w, r, product }))
    }
    fn ask(&self) -> PurchaseAsk {
        PurchaseAsk { product: self.product.code.clone(), amount: self.product.least }
    }
    async fn trial(&self) -> Result<PurchaseTrial, String> {
        answered(self.w.purchase_trial(&self.r.ctx(), &self.ask()).await)
    }
    fn payment(&self, payer: &AccountRef, payee: Payee, amount: Fen) -> Payment {
        Payment {
            payer: payer.clone(),
            payee,
            amount,
            fee: Fen::ZERO,
            rail: Rail::Wealth,
            purpose: String::new(),
            valid_until: self.r.f.clock.now().plus_ms(60_000),
        }
    }
    fn buying(&self, told: &PurchaseTrial) -> Payment {
        let payee = Payee::Subscription {
            product: self.product.code.clone(),
            grade: told.grade,
            begins_on: told.begins_on,
        };
        self.payment(&self.till.f.payer, payee, self.product.least)
    }
    async fn pay(&self, id: &str, payment: &Payment) -> Result<Paid, CoreError> {
        self.till.m.pay(&self.till.command(id), payment).await
    }
    async fn undo(&self, original: &str) -> Result<Undone, String> {
        let ctx = self.till.command(&self.till.fresh_id());
        answered(self.till.m.reverse(&ctx, &self.till.reversal(original, "timeout")).await)
    }
    /// What the customer has: units, and the account at call.
    async fn stand(&self) -> Result<(WealthBook, i64), String> {
        let book = answered(self.w.wealth_book(&self.r.ctx(), &self.r.f.cust_no).await)?;
        Ok((book, self.till.stand().await?.available))
    }
    /// A holding that may be sold.
    async fn holding(&self) -> Result<Option<Holding>, String> {
        let (book, _) = self.stand().await?;
        Ok(book.holdings.into_iter().find(|h| h.matures_on.is_none()))
    }
}

async fn told(r: &Room<'_>) -> Verdict {
    let Some(b) = Buyer::open(r).await? else { return Ok(()) };
    let all = answered(b.w.wealth_products(&r.ctx()).await)?;
    let sale = all.iter().map(|p| p.is_on_sale).collect::<Vec<_>>();
    ensure(sale.is_sorted_by(|a, b| a >= b), || format!("not those on sale first: {sale:?}"))?;
    for p in &all {
        let is_whole = p.low_bp <= p.high_bp && p.nav.micro > 0 && p.begins_on > b.till.today();
        ensure(is_whole && p.least > Fen::ZERO && p.step > Fen::ZERO, || format!("{p:?}"))?;
    }
    let before = b.stand().await?;
    let told = b.trial().await?;
    let is_as_listed = (told.grade, told.begins_on) == (b.product.grade, b.product.begins_on);
    ensure(is_as_listed, || format!("{told:?}"))?;
    let none = PurchaseAsk { product: "NOSUCH0".into(), ..b.ask() };
    let got = b.w.purchase_trial(&r.ctx(), &none).await;
    ensure(got == Err(Reject::NotFound.into()), || format!("{got:?}"))?;
    ensure(b.stand().await? == before, || "a trial changed something".into())
}

async fn bought(r: &Room<'_>) -> Verdict {
    let Some(b) = Buyer::open(r).await? else { return Ok(()) };
    let before = b.stand().await?;
    let (told, id) = (b.trial().await?, b.till.fresh_id());
    let payment = b.buying(&told);
    let quoted = QuoteAsk {
        payer: payment.payer.clone(),
        payee: payment.payee.clone(),
        amount: payment.amount,
    };
    let quote = answered(b.till.m.quote(&r.ctx(), &quoted).await)?;
    ensure((quote.rail, quote.fee) == (Rail::Wealth, Fen::ZERO), || format!("{quote:?}"))?;
    let first = answered(b.pay(&id, &payment).await)?;
    let fits = !first.is_final && first.echo.differs(&id, &payment).is_none();
    ensure(fits, || format!("{first:?}"))?;
    let again = answered(b.pay(&id, &payment).await)?;
    ensure(again == first, || format!("again: {again:?}"))?;
    let (book, left) = b.stand().await?;
    ensure(before.1 - left == payment.amount.fen(), || format!("{left} left of {}", before.1))?;
    ensure(book.under_way.len() == before.0.under_way.len() + 1, || format!("{book:?}"))?;
    let new = book.under_way.iter().find(|o| !before.0.under_way.contains(o));
    let new = new.ok_or("nothing new is under way")?;
    let is_told = new.is_purchase && new.amount == payment.amount && new.due_on == told.begins_on;
    ensure(is_told, || format!("{new:?}"))?;
    ensure(book.holdings == before.0.holdings, || "there are units before their day".into())?;
    match b.till.fate(&id, true).await? {
        Fate::Posted(paid) => ensure(paid == first, || format!("told as {paid:?}")),
        fate => Err(format!("{fate:?}")),
    }
}

async fn not_as_told(r: &Room<'_>) -> Verdict {
    let Some(b) = Buyer::open(r).await? else { return Ok(()) };
    let before = b.stand().await?;
    let told = b.trial().await?;
    let other = crate::wealth::RiskGrade::ALL.into_iter().find(|g| *g != told.grade);
    let grade = PurchaseTrial { grade: other.unwrap_or(told.grade), ..told };
    let day = PurchaseTrial { begins_on: told.begins_on.plus_days(1), ..told };
    let fen = |n: i64| Payment { amount: Fen::of(b.product.least.fen() + n), ..b.buying(&told) };
    let amount = Reject::Validation { field: "amount" };
    for (payment, want) in [
        (b.buying(&grade), Reject::NotEligible),
        (b.buying(&day), Reject::NotEligible),
        (fen(-1), amount.clone()),
        (fen(b.product.step.fen() - 1), amount),
        (Payment { fee: Fen::of(1), ..b.buying(&told) }, Reject::Validation { field: "fee" }),
        (Payment { rail: Rail::Book, ..b.buying(&told) }, Reject::Validation { field: "rail" }),
    ] {
        // A step of one fen leaves nothing beside it.
        if payment.amount.fen() % b.product.step.fen() == 0 && payment.amount > b.product.least {
            continue;
        }
        let id = b.till.fresh_id();
        for _ in 0..2 {
            let got = b.pay(&id, &payment).await;
            ensure(got == Err(want.clone().into()), || format!("{got:?}, not {want}"))?;
        }
    }
    ensure(b.stand().await? == before, || "something was bought".into())
}

async fn undone(r: &Room<'_>) -> Verdict {
    let Some(b) = Buyer::open(r).await? else { return Ok(()) };
    let before = b.stand().await?;
    let (told, id) = (b.trial().await?, b.till.fresh_id());
    answered(b.pay(&id, &b.buying(&told)).await)?;
    let got = b.undo(&id).await?;
    ensure(matches!(got, Undone::Reversed { .. }), || format!("{got:?}"))?;
    let now = b.stand().await?;
    ensure(now == before, || format!("it is not as it was: {now:?}"))?;
    let fate = b.till.fate(&id, true).await?;
    ensure(matches!(fate, Fate::Reversed(_)), || format!("{fate:?}"))
}

/// What selling a holding was told to come to, as a payment to the payer's account.
async fn selling(b: &Buyer<'_>, held: &Holding, amount: Option<Fen>) -> Result<Payment, CoreError> {
    let ask = RedemptionAsk { holding: held.account.clone(), amount };
    let told = b.w.redemption_trial(&b.r.ctx(), &ask).await?;
    let payee = Payee::Redemption {
        account: b.till.f.payer.clone(),
        units: told.units,
        arrives_on: told.arrives_on,
    };
    Ok(b.payment(&held.account, payee, told.amount))
}

async fn called_off(r: &Room<'_>) -> Verdict {
    let Some(b) = Buyer::open(r).await? else { return Ok(()) };
    let (before, told, id) = (b.stand().await?, b.trial().await?, b.till.fresh_id());
    answered(b.pay(&id, &b.buying(&told)).await)?;
    for _ in 0..2 {
        let fate = b.till.m.call_off(&b.till.about(), &id).await;
        // A core that takes no order back says so, and nothing of it.
        if fate == Err(Reject::Unsupported.into()) {
            return Ok(());
        }
        ensure(matches!(fate, Ok(Fate::Returned(..))), || format!("{fate:?}"))?;
    }
    let after = b.stand().await?;
    ensure(after == before, || format!("{after:?}, not {before:?}"))?;
    let none = b.till.m.call_off(&b.till.about(), &b.till.fresh_id()).await;
    ensure(none == Err(Reject::NotFound.into()), || format!("nothing: {none:?}"))
}

async fn sold(r: &Room<'_>) -> Verdict {
    let Some(b) = Buyer::open(r).await? else { return Ok(()) };
    let Some(held) = b.holding().await? else { return Ok(()) };
    for amount in
        [None, Some(Fen::of(held.value.fen() - held.least.fen() * 2)).filter(|a| *a > Fen::ZERO)]
    {
        let before = b.stand().await?;
        let (payment, id) = (answered(selling(&b, &held, amount).await)?, b.till.fresh_id());
        let first = answered(b.pay(&id, &payment).await)?;
        let fits = !first.is_final && first.echo.differs(&id, &payment).is_none();
        ensure(fits, || format!("{first:?}"))?;
        let again = answered(b.pay(&id, &payment).await)?;
        ensure(again == first, || format!("again: {again:?}"))?;
        let (book, left) = b.stand().await?;
        ensure(left == before.1, || "money came before its day".into())?;
        let now = book.holdings.iter().find(|h| h.account == held.account);
        let worth = now.map_or(Fen::ZERO, |h| h.value);
        ensure(first.available == Some(worth), || format!("{first:?} leaves {worth}"))?;
        ensure(worth < held.value, || "what is being sold is still there".into())?;
        let got = b.undo(&id).await?;
        ensure(matches!(got, Undone::Reversed { .. }), || format!("{got:?}"))?;
        ensure(b.stand().await? == before, || "it is not as it was".into())?;
    }
    Ok(())
}

async fn not_elsewhere(r: &Room<'_>) -> Verdict {
    let Some(b) = Buyer::open(r).await? else { return Ok(()) };
    let Some(held) = b.holding().await? else { return Ok(()) };
    let before = b.stand().await?;
    let payment = answered(selling(&b, &held, None).await)?;
    let Payee::Redemption { units, arrives_on, .. } = payment.payee else {
        return Err("no redemption".into());
    };
    let to = |account: &AccountRef, units, arrives_on| Payment {
        payee: Payee::Redemption { account: account.clone(), units, arrives_on },
        ..payment.clone()
    };
    let own = &b.till.f.payer;
    for (payment, want) in [
        (to(&b.till.f.payee, units, arrives_on), Reject::PayeeMismatch),
        (to(own, units - 1, arrives_on), Reject::NotEligible),
        (to(own, units, arrives_on.plus_days(1)), Reject::NotEligible),
        (
            Payment { amount: Fen::of(held.value.fen() + 1), ..to(own, units, arrives_on) },
            Reject::Validation { field: "amount" },
        ),
        (
            Payment { payer: own.clone(), ..to(&b.till.f.payee, units, arrives_on) },
            Reject::NotFound,
        ),
    ] {
        let got = b.pay(&b.till.fresh_id(), &payment).await;
        ensure(got == Err(want.clone().into()), || format!("{got:?}, not {want}"))?;
    }
    let much = selling(&b, &held, Some(Fen::of(held.value.fen() + 1))).await.map(|_| ());
    let want = Err(Reject::Validation { field: "amount" }.into());
    ensure(much == want, || format!("{much:?}"))?;
    ensure(b.stand().await? == before, || "something was sold".into())
}
