//! Sentences about what a customer sets on a credit card: activation, PINs, limits, closing.

use super::{Room, Sentence, Verdict, answered, ensure};
use crate::cardset::{CardCame, CardDone, CardPin, CardSettings, CardWish};
use crate::credit::Card;
use crate::error::{CoreError, Reject};
use crate::model::{AccountRef, CustNo, PinOutcome};
use crate::pin::PinBlock;
use crate::port::Ctx;
use base::{Fen, Secret};

/// A step in which limits go.
const STEP: i64 = 10_000;

pub(super) const SENTENCES: &[Sentence] = &[
    ("a card that is not active pays nothing out and is not set", |r| Box::pin(not_active(r))),
    ("the digits on the back are counted when wrong, and a right one clears the count", |r| {
        Box::pin(digits(r))
    }),
    ("a card is activated once, and its request id is answered the same for ever", |r| {
        Box::pin(activate(r))
    }),
    ("a card's request id that comes with another wish is refused", |r| Box::pin(other_wish(r))),
    ("PINs are set on an active card, each for itself", |r| Box::pin(pins(r))),
    ("a limit is lowered at once, and never below what is used", |r| Box::pin(lower(r))),
    ("a limit is raised at once or looked at by a person, and tells which", |r| Box::pin(raise(r))),
    ("a card that is even is closed with a day, and kept until then; another is not closed", |r| {
        Box::pin(close(r))
    }),
    ("what is another's card is never set", |r| Box::pin(foreign(r))),
    ("a card's command without a request id is refused", |r| Box::pin(nameless(r))),
];

impl Room<'_> {
    fn sets_cards(&self) -> bool {
        self.core.capabilities().card_settings
    }
    fn card_command(&self) -> Ctx {
        let id = format!("conformance-{}", self.f.random.hex(8));
        Ctx { request_id: Some(id), ..self.ctx() }
    }
    async fn wish_fresh(&self, wish: CardWish) -> Result<CardDone, CoreError> {
        let (ctx, f) = (self.card_command(), self.f);
        self.core.change_card(&ctx, &f.fresh_cust, &f.fresh_card, wish).await
    }
    async fn fresh(&self) -> Result<(Card, CardSettings), String> {
        let card = answered(self.core.card(&self.ctx(), &self.f.fresh_card).await)?;
        let settings = card.settings.clone().ok_or("a card that says nothing of its settings")?;
        Ok((card, settings))
    }
    fn block(&self, digits: &str) -> Result<PinBlock, String> {
        let pin = Secret::new(digits.to_owned());
        let owner = self.f.fresh_cust.as_str();
        self.f.pin_key.seal(&pin, owner, &self.f.random).map_err(|e| e.to_string())
    }
    async fn cvv(&self, digits: &str) -> Result<Result<PinOutcome, CoreError>, String> {
        let (block, f) = (self.block(digits)?, self.f);
        Ok(self.core.verify_cvv(&self.ctx(), &f.fresh_cust, &f.fresh_card, &block).await)
    }
    async fn set_pin(&self, which: CardPin) -> Result<Result<PinOutcome, CoreError>, String> {
        let (block, f) = (self.block("274906")?, self.f);
        Ok(self.core.set_card_pin(&self.ctx(), &f.fresh_cust, &f.fresh_card, which, &block).await)
    }
}

/// The definite "no" that was wanted.
fn was<T>(got: Result<T, CoreError>, want: Reject, what: &str) -> Verdict {
    let (no, want) = (got.err(), CoreError::Rejected(want));
    ensure(no == Some(want), || format!("{what}: {no:?}"))
}

async fn not_active(r: &Room<'_>) -> Verdict {
    if !r.sets_cards() {
        return was(r.wish_fresh(CardWish::Activate).await, Reject::Unsupported, "without ability");
    }
    let (card, settings) = r.fresh().await?;
    let fits = !settings.is_active && !settings.has_pin && card.available == Fen::ZERO;
    ensure(fits, || format!("{card:?}"))?;
    was(r.wish_fresh(CardWish::AskPin(true)).await, Reject::AccountNotActive, "the till")?;
    was(r.wish_fresh(CardWish::Close).await, Reject::AccountNotActive, "closing")?;
    was(r.set_pin(CardPin::Spend).await?, Reject::AccountNotActive, "a PIN")
}

async fn digits(r: &Room<'_>) -> Verdict {
    if !r.sets_cards() {
        return Ok(());
    }
    let wrong: String = r.f.fresh_cvv.chars().map(|c| if c == '0' { '1' } else { '0' }).collect();
    let left = |got: Result<PinOutcome, CoreError>| match got {
        Err(CoreError::Rejected(Reject::WrongPin { left })) => Ok(left),
        other => Err(format!("wrong digits: {other:?}")),
    };
    let first = left(r.cvv(&wrong).await?)?;
    let second = left(r.cvv(&wrong).await?)?;
    ensure(second + 1 == first, || format!("{first} left, then {second}"))?;
    answered(r.cvv(&r.f.fresh_cvv).await?)?;
    let again = left(r.cvv(&wrong).await?)?;
    answered(r.cvv(&r.f.fresh_cvv).await?)?;
    ensure(again == first, || format!("{again} left after a right one, {first} before"))
}

async fn activate(r: &Room<'_>) -> Verdict {
    if !r.sets_cards() {
        return Ok(());
    }
    let (ctx, f) = (r.card_command(), r.f);
    let wish = || r.core.change_card(&ctx, &f.fresh_cust, &f.fresh_card, CardWish::Activate);
    let first = answered(wish().await)?;
    ensure(first.came == CardCame::Done, || format!("{first:?}"))?;
    let (card, settings) = r.fresh().await?;
    ensure(settings.is_active && card.available == card.limit, || format!("{card:?}"))?;
    let second = answered(wish().await)?;
    ensure(second == first, || format!("{second:?} for {first:?}"))?;
    let other = answered(r.wish_fresh(CardWish::Activate).await)?;
    ensure(other.came == CardCame::Same, || format!("{other:?}"))
}

async fn other_wish(r: &Room<'_>) -> Verdict {
    if !r.sets_cards() {
        return Ok(());
    }
    let (ctx, f) = (r.card_command(), r.f);
    let wish = |w| r.core.change_card(&ctx, &f.fresh_cust, &f.fresh_card, w);
    answered(wish(CardWish::AskPin(true)).await)?;
    was(wish(CardWish::AskPin(false)).await, Reject::PayloadMismatch, "another wish")?;
    let (_, settings) = r.fresh().await?;
    ensure(settings.asks_pin, || format!("{settings:?}"))
}

async fn pins(r: &Room<'_>) -> Verdict {
    if !r.sets_cards() {
        return Ok(());
    }
    answered(r.set_pin(CardPin::Spend).await?)?;
    answered(r.set_pin(CardPin::Spend).await?)?;
    let (_, settings) = r.fresh().await?;
    ensure(settings.has_pin && !settings.has_query_pin, || format!("{settings:?}"))?;
    answered(r.set_pin(CardPin::Query).await?)?;
    let (_, settings) = r.fresh().await?;
    ensure(settings.has_query_pin, || format!("{settings:?}"))?;
    let foreign = r.f.pin_key.seal(&Secret::new("274906".into()), "999999", &r.f.random);
    let foreign = foreign.map_err(|e| e.to_string())?;
    let (ctx, f) = (r.ctx(), r.f);
    let got =
        r.core.set_card_pin(&ctx, &f.fresh_cust, &f.fresh_card, CardPin::Spend, &foreign).await;
    was(got, Reject::Validation { field: "pin" }, "a block of somebody else's")
}

async fn lower(r: &Room<'_>) -> Verdict {
    if !r.sets_cards() {
        return Ok(());
    }
    let amount = Reject::Validation { field: "amount" };
    let (card, _) = r.fresh().await?;
    let to = Fen::of(card.limit.fen() - STEP);
    let done = answered(r.wish_fresh(CardWish::LowerLimit(to)).await)?;
    ensure(done.came == CardCame::Done && done.limit == to, || format!("{done:?}"))?;
    let (now, _) = r.fresh().await?;
    ensure(now.limit == to && now.available == to, || format!("{now:?}"))?;
    was(r.wish_fresh(CardWish::LowerLimit(card.limit)).await, amount.clone(), "a higher limit")?;
    was(r.wish_fresh(CardWish::LowerLimit(Fen::ZERO)).await, amount, "no limit at all")?;
    let used = answered(r.core.card(&r.ctx(), &r.f.card).await)?;
    if used.used > Fen::of(STEP) {
        let below = CardWish::LowerLimit(Fen::of(STEP));
        let got = r.core.change_card(&r.card_command(), &r.f.card_cust, &r.f.card, below).await;
        was(got, Reject::LimitExceeded, "a limit below what is used")?;
    }
    Ok(())
}

async fn raise(r: &Room<'_>) -> Verdict {
    if !r.sets_cards() {
        return Ok(());
    }
    let (card, _) = r.fresh().await?;
    let amount = Reject::Validation { field: "amount" };
    was(r.wish_fresh(CardWish::RaiseLimit(card.limit)).await, amount, "the same limit")?;
    for (wish, steps) in [
        (CardWish::RaiseLimit as fn(Fen) -> CardWish, 1),
        (CardWish::RaiseForATime, 2),
        (CardWish::RaiseLimit, 3_000),
    ] {
        let (before, _) = r.fresh().await?;
        let to = Fen::of(before.limit.fen() + steps * STEP);
        let done = answered(r.wish_fresh(wish(to)).await)?;
        let (after, settings) = r.fresh().await?;
        let limit = if done.came == CardCame::Done { to } else { before.limit };
        ensure(after.limit == limit && done.limit == limit, || format!("{done:?}: {after:?}"))?;
        ensure(settings.raised_until == done.until || done.until.is_none(), || {
            format!("{done:?}: {settings:?}")
        })?;
        ensure(done.came != CardCame::Same, || format!("{done:?}"))?;
    }
    Ok(())
}

async fn close(r: &Room<'_>) -> Verdict {
    if !r.sets_cards() {
        return Ok(());
    }
    let today = crate::Day::at(r.f.clock.now());
    let done = answered(r.wish_fresh(CardWish::Close).await)?;
    ensure(done.until.is_some_and(|on| on > today), || format!("{done:?}"))?;
    let (card, settings) = r.fresh().await?;
    let closing = settings.closes_on == done.until && card.available == Fen::ZERO;
    ensure(closing, || format!("{card:?}"))?;
    let again = answered(r.wish_fresh(CardWish::Close).await)?;
    ensure(again.came == CardCame::Same && again.until == done.until, || format!("{again:?}"))?;
    answered(r.wish_fresh(CardWish::KeepOpen).await)?;
    let (card, settings) = r.fresh().await?;
    let kept = settings.closes_on.is_none() && card.available == card.limit;
    ensure(kept, || format!("{card:?}"))?;
    let other = answered(r.core.card(&r.ctx(), &r.f.card).await)?;
    if other.used > Fen::ZERO {
        let wish = CardWish::Close;
        let got = r.core.change_card(&r.card_command(), &r.f.card_cust, &r.f.card, wish).await;
        was(got, Reject::BalanceNotZero, "a card that owes")?;
    }
    Ok(())
}

async fn foreign(r: &Room<'_>) -> Verdict {
    if !r.sets_cards() {
        return Ok(());
    }
    let wish = CardWish::AskPin(false);
    let nobody = CustNo::new("0");
    let got = r.core.change_card(&r.card_command(), &nobody, &r.f.fresh_card, wish).await;
    was(got, Reject::NotFound, "nobody's")?;
    let got = r.core.change_card(&r.card_command(), &r.f.cust_no, &r.f.fresh_card, wish).await;
    was(got, Reject::NotFound, "somebody else's")?;
    let other: &AccountRef = &r.f.other_account;
    let got = r.core.change_card(&r.card_command(), &r.f.fresh_cust, other, wish).await;
    was(got, Reject::NotFound, "another institution's")?;
    let (_, settings) = r.fresh().await?;
    ensure(settings.asks_pin, || format!("{settings:?}"))
}

async fn nameless(r: &Room<'_>) -> Verdict {
    if !r.sets_cards() {
        return Ok(());
    }
    let (ctx, f) = (r.ctx(), r.f);
    let got = r.core.change_card(&ctx, &f.fresh_cust, &f.fresh_card, CardWish::AskPin(false));
    was(got.await, Reject::Validation { field: "request_id" }, "no id")
}
