//! Sentences about money beyond what every command keeps ([`super::cells`]): payees, quotes, holds, and what is told of an id.

use super::acts::{AMOUNT, Act, Came, Ready, Stand};
use super::cells::sent;
use super::till::{GOOD_MS, HELD_MS, Till, at_once};
use super::{Room, Sentence, Verdict, answered, ensure};
use crate::error::{CoreError, Reject};
use crate::money::{Fate, HoldState, Payee, PayeeAsk, QuoteAsk, Undone};
use crate::port::Ctx;
use base::Fen;

/// How often one id is asked at once.
const AT_ONCE: usize = 6;
/// What there is of transfers.
const TRANSFERS: [Act; 6] =
    [Act::PayHere, Act::PayElsewhere, Act::Hold, Act::Commit, Act::Void, Act::Reverse];

pub(super) const SENTENCES: &[Sentence] = &[
    ("a payee is found by number and whole name, and a name that does not fit is told", |r| {
        Box::pin(payee(r))
    }),
    ("what is no number is told apart from one that nobody has", |r| Box::pin(no_payee(r))),
    ("a quote moves nothing and says what may be spent", |r| Box::pin(quote(r))),
    ("what became of each command is told by its id", |r| Box::pin(told(r))),
    ("nothing, less than nothing and oneself are not paid, and use up no id", |r| {
        Box::pin(senseless(r))
    }),
    ("what is held is there and not to be spent", |r| Box::pin(kept(r))),
    ("of many payments out of one hold one is made", |r| Box::pin(one_commit(r))),
    ("a hold that was given back is not paid out of, and the other way round", |r| {
        Box::pin(one_end(r))
    }),
    ("a hold gives itself back when its time is over", |r| Box::pin(hold_ends(r))),
    ("a payment is undone once, under whatever ids", |r| Box::pin(undone_once(r))),
    ("another institution knows nothing of an id", |r| Box::pin(foreign(r))),
];

fn no(reject: Reject) -> Result<Came, CoreError> {
    Err(reject.into())
}

async fn payee(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    let found = answered(t.m.payee(&r.ctx(), &t.f.here).await)?;
    let is_it = found.payee == Payee::Here { account: t.f.payee.clone() };
    ensure(is_it && found.name.as_str().starts_with('*'), || format!("{found:?}"))?;
    ensure(t.f.here.number.ends_with(&found.tail), || format!("tail {}", found.tail))?;
    if r.core.capabilities().name_check {
        ensure(found.is_name_checked, || "the name was not looked at".into())?;
        let wrong = PayeeAsk { name: "诸葛不知".into(), ..t.f.here.clone() };
        let got = t.m.payee(&r.ctx(), &wrong).await;
        ensure(got == Err(Reject::PayeeMismatch.into()), || format!("another name: {got:?}"))?;
        let part: String = t.f.here.name.chars().take(1).collect();
        let got = t.m.payee(&r.ctx(), &PayeeAsk { name: part, ..t.f.here.clone() }).await;
        ensure(got == Err(Reject::PayeeMismatch.into()), || format!("half a name: {got:?}"))?;
    }
    if r.core.capabilities().interbank {
        let found = answered(t.m.payee(&r.ctx(), &t.f.elsewhere).await)?;
        let Payee::Elsewhere { bank_no, .. } = &found.payee else {
            return Err("the one elsewhere is here".into());
        };
        ensure(*bank_no == found.bank.bank_no && bank_no.len() == 12, || bank_no.clone())?;
        let named = answered(t.m.banks(&r.ctx(), &found.bank.name).await)?;
        ensure(named.first() == Some(&found.bank), || format!("{named:?}"))?;
    }
    Ok(())
}

async fn no_payee(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    let ask = |number: &str| PayeeAsk { number: number.into(), ..t.f.here.clone() };
    for bad in ["", "12", "six thousand", "6299"] {
        let got = t.m.payee(&r.ctx(), &ask(bad)).await;
        let want = Err(Reject::Validation { field: "number" }.into());
        ensure(got == want, || format!("«{bad}»: {got:?}"))?;
    }
    // A published test number, of no bank in this country.
    let got = t.m.payee(&r.ctx(), &ask("4539578763621486")).await;
    ensure(got == Err(Reject::NotFound.into()), || format!("nobody's: {got:?}"))
}

async fn quote(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    let before = t.stand().await?;
    for act in t.can(&[Act::PayHere, Act::PayElsewhere]).await? {
        let payment = t.payment(act, AMOUNT).await?;
        let ask = QuoteAsk { payer: payment.payer, payee: payment.payee, amount: AMOUNT };
        let quote = answered(t.m.quote(&r.ctx(), &ask).await)?;
        let fits = quote.available.fen() == before.available && !quote.fee.is_negative();
        ensure(fits, || format!("{act:?}: {quote:?}"))?;
        let none = t.m.quote(&r.ctx(), &QuoteAsk { amount: Fen::ZERO, ..ask }).await;
        let want = Err(Reject::Validation { field: "amount" }.into());
        ensure(none == want, || format!("{act:?}, nothing: {none:?}"))?;
    }
    stands(&t, before, "quotes").await
}

/// The ledger says so.
async fn stands(t: &Till<'_>, want: Stand, what: &str) -> Verdict {
    let got = t.stand().await?;
    ensure(got == want, || format!("{what}: {got:?}, not {want:?}"))
}

async fn told(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    if !r.core.capabilities().query_by_request_id {
        return Ok(());
    }
    for act in t.can(&TRANSFERS).await? {
        let (ready, _, came) = sent(&t, act).await?;
        for fence in [false, true] {
            let fate = t.fate(&ready.id, fence).await?;
            let fits = match (&came, &fate) {
                (Came::Paid(first), Fate::Posted(paid)) => **first == *paid,
                (Came::Held(held), Fate::Hold(state)) => held.state == *state,
                (Came::Held(_), Fate::NotFound) => act == Act::Void && !t.keeps_ids(),
                (Came::Undone(Undone::Reversed { core_serial, .. }), Fate::Posted(paid)) => {
                    *core_serial == paid.core_serial
                }
                _ => false,
            };
            ensure(fits, || format!("{act:?}: {fate:?} for {came:?}"))?;
        }
        let of = t.fate(&ready.of, false).await?;
        let fits = match act {
            Act::Commit => of == Fate::Hold(HoldState::Used),
            Act::Void => of == Fate::Hold(HoldState::Ended),
            Act::Reverse => matches!(of, Fate::Reversed(_)),
            _ => of == Fate::NotFound,
        };
        ensure(fits, || format!("what {act:?} was about: {of:?}"))?;
    }
    Ok(())
}

async fn senseless(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    let before = t.stand().await?;
    let good = t.ready(Act::PayHere).await?;
    for (field, change) in [
        ("amount", (|p| p.amount = Fen::ZERO) as fn(&mut crate::money::Payment)),
        ("amount", |p| p.amount = Fen::of(-1)),
        ("fee", |p| p.fee = Fen::of(-1)),
        ("payee", |p| p.payee = Payee::Here { account: p.payer.clone() }),
    ] {
        let mut bad = good.clone();
        change(&mut bad.payment);
        let got = t.send(&bad).await;
        ensure(got == no(Reject::Validation { field }), || format!("{field}: {got:?}"))?;
    }
    stands(&t, before, "what makes no sense").await?;
    let got = t.send(&good).await;
    ensure(got.is_ok(), || format!("the same id, well: {got:?}"))
}

async fn kept(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    if !r.core.capabilities().holds {
        return Ok(());
    }
    let (ready, before, _) = sent(&t, Act::Hold).await?;
    let mut all = t.ready(Act::PayHere).await?;
    all.payment.amount = Fen::of(before.available);
    let got = t.send(&all).await;
    ensure(got == no(Reject::InsufficientFunds), || format!("all that was there: {got:?}"))?;
    stands(&t, before.after(&ready), "what is held").await
}

async fn one_commit(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    if !r.core.capabilities().holds {
        return Ok(());
    }
    let ready = t.ready(Act::Commit).await?;
    let before = t.stand().await?;
    let rivals: Vec<Ready> =
        (0..AT_ONCE).map(|_| Ready { id: t.fresh_id(), ..ready.clone() }).collect();
    let asks = rivals.iter().map(|ready| Box::pin(t.send(ready)) as std::pin::Pin<Box<_>>);
    let answers: Vec<Result<Came, CoreError>> = at_once(asks.collect()).await;
    let won = answers.iter().filter(|a| a.is_ok()).count();
    let lost = answers.iter().filter(|a| **a == no(Reject::NotFound)).count();
    ensure(won == 1 && lost == AT_ONCE - 1, || format!("{answers:?}"))?;
    stands(&t, before.after(&ready), "payments out of one hold").await
}

async fn one_end(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    if !r.core.capabilities().holds {
        return Ok(());
    }
    for (first, second) in [(Act::Void, Act::Commit), (Act::Commit, Act::Void)] {
        let (ready, before, _) = sent(&t, first).await?;
        let other = Ready { act: second, id: t.fresh_id(), ..ready.clone() };
        let got = t.send(&other).await;
        ensure(got == no(Reject::NotFound), || format!("{second:?} after {first:?}: {got:?}"))?;
        stands(&t, before.after(&ready), &format!("{first:?} and {second:?}")).await?;
    }
    Ok(())
}

async fn hold_ends(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    let can = r.core.capabilities();
    if !can.holds || !can.holds_end || !r.f.clock.is_movable() {
        return Ok(());
    }
    let mut ready = t.ready(Act::Commit).await?;
    let before = t.stand().await?;
    r.f.clock.advance_ms(HELD_MS);
    ready.payment.valid_until = r.f.clock.now().plus_ms(GOOD_MS);
    let got = t.send(&ready).await;
    ensure(got == no(Reject::NotFound), || format!("out of what is over: {got:?}"))?;
    // Other holds may have ended with it.
    let after = t.stand().await?;
    let is_back = after.available >= before.available + ready.hold.amount.fen()
        && Stand { available: before.available, ..after } == before;
    ensure(is_back, || format!("a hold whose time is over: {after:?} after {before:?}"))?;
    let fate = t.fate(&ready.of, false).await?;
    ensure(fate == Fate::Hold(HoldState::Ended), || format!("{fate:?}"))
}

async fn undone_once(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    if !r.core.capabilities().reverse_by_request_id {
        return Ok(());
    }
    let (ready, before, first) = sent(&t, Act::Reverse).await?;
    let other = Ready { id: t.fresh_id(), ..ready.clone() };
    for _ in 0..2 {
        let second = t.send(&other).await;
        ensure(second.as_ref() == Ok(&first), || format!("{second:?} for {first:?}"))?;
    }
    stands(&t, before.after(&ready), "undone twice").await?;
    // What was paid and undone is not paid by asking again.
    let paid = t.m.pay(&t.command(&ready.of), &ready.payment).await;
    ensure(paid.is_ok(), || format!("the original again: {paid:?}"))?;
    stands(&t, before.after(&ready), "the original again").await
}

async fn foreign(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    if !r.core.capabilities().query_by_request_id {
        return Ok(());
    }
    let (ready, ..) = sent(&t, Act::PayHere).await?;
    let ask =
        crate::money::Query { request_id: ready.id.clone(), channel_date: t.today(), fence: false };
    let elsewhere = Ctx { account: t.about().account, ..r.ctx_of(r.f.other_tenant) };
    let got = t.m.query(&elsewhere, &ask).await;
    ensure(got == Ok(Fate::NotFound), || format!("{got:?}"))?;
    let ctx = Ctx { request_id: Some(t.fresh_id()), ..r.ctx_of(r.f.other_tenant) };
    let got = t.m.pay(&ctx, &ready.payment).await;
    ensure(got == Err(Reject::NotFound.into()), || format!("from an account elsewhere: {got:?}"))
}
