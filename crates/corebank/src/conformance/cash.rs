//! Sentences about cash that is booked by a channel: it leaves the account at once, comes back once when it is called off, and
//! is final for nobody before a machine gave it out.

use super::till::Till;
use super::{Room, Sentence, Verdict, answered, ensure};
use crate::cash::{self, STEP};
use crate::error::{CoreError, Reject};
use crate::money::{Fate, Paid, Payee, Payment, QuoteAsk, Rail};
use base::Fen;

pub(super) const SENTENCES: &[Sentence] = &[
    ("booked cash leaves the account once and is not final", |r| Box::pin(booked(r))),
    ("booked cash that is called off is back once", |r| Box::pin(called_off(r))),
    ("booked cash that nobody takes in time is back", |r| Box::pin(run_out(r))),
    ("what no machine can give out is not booked", |r| Box::pin(odd(r))),
    ("calling off what booked no cash is refused", |r| Box::pin(nothing(r))),
];

const MINUTES: i64 = 30;

fn open<'a>(r: &'a Room<'a>) -> Result<Option<Till<'a>>, String> {
    Ok(Till::open(r)?.filter(|_| r.core.capabilities().cash))
}

pub(super) fn payee() -> Payee {
    let salt = "0f1e2d3c4b5a69788796a5b4c3d2e1f0".to_owned();
    let verifier = cash::verifier(&salt, "12345678", "246810");
    Payee::Cash { salt, verifier, minutes: MINUTES }
}

async fn booking(t: &Till<'_>, amount: Fen) -> Result<Payment, String> {
    let payer = t.f.payer.clone();
    let ask = QuoteAsk { payer: payer.clone(), payee: payee(), amount };
    let quote = answered(t.m.quote(&t.r.ctx(), &ask).await)?;
    ensure(quote.rail == Rail::Till && quote.fee == Fen::ZERO, || format!("{quote:?}"))?;
    Ok(Payment {
        payer,
        payee: payee(),
        amount,
        fee: quote.fee,
        rail: quote.rail,
        purpose: String::new(),
        valid_until: t.r.f.clock.now().plus_ms(60_000),
    })
}

async fn book(t: &Till<'_>) -> Result<(String, Payment, Paid), String> {
    let (id, payment) = (t.fresh_id(), booking(t, STEP).await?);
    let paid = answered(t.m.pay(&t.command(&id), &payment).await)?;
    ensure(paid.echo.differs(&id, &payment).is_none(), || format!("{paid:?}"))?;
    Ok((id, payment, paid))
}

async fn fate(t: &Till<'_>, id: &str) -> Result<Fate, String> {
    let ask =
        crate::money::Query { request_id: id.to_owned(), channel_date: t.today(), fence: false };
    answered(t.m.query(&t.about(), &ask).await)
}

async fn booked(r: &Room<'_>) -> Verdict {
    let Some(t) = open(r)? else { return Ok(()) };
    let before = t.stand().await?;
    let (id, payment, paid) = book(&t).await?;
    // Another copy of the command is the same booking.
    let again = t.m.pay(&t.command(&id), &payment).await;
    ensure(answered(again)?.core_serial == paid.core_serial, || "booked twice".into())?;
    let after = t.stand().await?;
    ensure(after.available == before.available - STEP.fen(), || format!("{after:?}"))?;
    let told = fate(&t, &id).await?;
    let is_open = matches!(&told, Fate::Posted(now) if !now.is_final) && !paid.is_final;
    ensure(is_open, || format!("{told:?}"))?;
    answered(t.m.call_off(&t.about(), &id).await).map(|_| ())
}

async fn called_off(r: &Room<'_>) -> Verdict {
    let Some(t) = open(r)? else { return Ok(()) };
    let before = t.stand().await?;
    let (id, ..) = book(&t).await?;
    for _ in 0..2 {
        let told = answered(t.m.call_off(&t.about(), &id).await)?;
        ensure(matches!(told, Fate::Returned(..)), || format!("{told:?}"))?;
    }
    ensure(t.stand().await? == before, || "it is not as it was".into())?;
    let told = fate(&t, &id).await?;
    ensure(matches!(told, Fate::Returned(..)), || format!("{told:?}"))
}

async fn run_out(r: &Room<'_>) -> Verdict {
    let Some(t) = open(r)?.filter(|_| r.f.clock.is_movable()) else { return Ok(()) };
    let before = t.stand().await?;
    let (id, ..) = book(&t).await?;
    r.f.clock.advance_ms(MINUTES * 60_000);
    let told = fate(&t, &id).await?;
    ensure(matches!(told, Fate::Returned(..)), || format!("{told:?}"))?;
    ensure(t.stand().await? == before, || "it is not as it was".into())
}

async fn odd(r: &Room<'_>) -> Verdict {
    let Some(t) = open(r)? else { return Ok(()) };
    let payment = booking(&t, STEP).await?;
    let with = |payee: Payee, amount: Fen| Payment { payee, amount, ..payment.clone() };
    let Payee::Cash { salt, verifier, .. } = payee() else { return Err("no cash".into()) };
    let for_minutes =
        |minutes| Payee::Cash { salt: salt.clone(), verifier: verifier.clone(), minutes };
    for (payment, field) in [
        (with(payee(), Fen::of(STEP.fen() + 1)), "amount"),
        (with(for_minutes(0), STEP), "minutes"),
        (with(for_minutes(cash::MINUTES_MAX + 1), STEP), "minutes"),
        (Payment { rail: Rail::Book, ..payment.clone() }, "rail"),
    ] {
        let got = t.m.pay(&t.command(&t.fresh_id()), &payment).await;
        let wanted: Result<Paid, CoreError> = Err(Reject::Validation { field }.into());
        ensure(got.as_ref().err() == wanted.as_ref().err(), || format!("{field}: {got:?}"))?;
    }
    Ok(())
}

async fn nothing(r: &Room<'_>) -> Verdict {
    let Some(t) = open(r)? else { return Ok(()) };
    let got = t.m.call_off(&t.about(), &t.fresh_id()).await;
    ensure(got == Err(Reject::NotFound.into()), || format!("{got:?}"))
}
