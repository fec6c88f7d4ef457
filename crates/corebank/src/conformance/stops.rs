//! Sentences about stopping: locks, losses, and who may undo them.

use super::{Room, Sentence, Verdict, answered, ensure};
use crate::error::{CoreError, Direction, Reject};
use crate::model::{AccountState, CustNo, StateDone, StateWish};
use crate::port::{Ctx, Operator};
use base::Fen;

pub(super) const SENTENCES: &[Sentence] = &[
    ("a locked card spends nothing, and unlocked it is as before", |r| Box::pin(lock(r))),
    ("the same request id stops once and is answered the same for ever", |r| Box::pin(once(r))),
    ("a request id that comes with another wish is refused", |r| Box::pin(other_payload(r))),
    ("a lost card takes money in, pays none out, and an oral loss has an end", |r| {
        Box::pin(oral(r))
    }),
    ("a formal loss is made and undone at the counter only", |r| Box::pin(formal(r))),
    ("what is another's is never stopped", |r| Box::pin(foreign(r))),
    ("a command without a request id is refused", |r| Box::pin(nameless(r))),
];

/// A command's ctx under an id of its own.
fn as_(r: &Room<'_>, operator: Operator) -> Ctx {
    let id = format!("conformance-{}", r.f.random.hex(8));
    Ctx { operator, request_id: Some(id), ..r.ctx() }
}

async fn wish_with(r: &Room<'_>, ctx: &Ctx, wish: StateWish) -> Result<StateDone, CoreError> {
    r.core.set_card_state(ctx, &r.f.cust_no, &r.f.account, wish).await
}

async fn wish(r: &Room<'_>, wish: StateWish) -> Result<StateDone, CoreError> {
    wish_with(r, &as_(r, Operator::Customer), wish).await
}

async fn at_counter(r: &Room<'_>, wish: StateWish) -> Result<StateDone, CoreError> {
    wish_with(r, &as_(r, Operator::Staff("conformance".into())), wish).await
}

async fn stands(r: &Room<'_>) -> Result<(AccountState, Fen), String> {
    let b = answered(r.core.balance(&r.ctx(), &r.f.account).await)?;
    Ok((b.state, b.available))
}

fn no(r: &Room<'_>) -> bool {
    !r.core.capabilities().card_state
}

async fn lock(r: &Room<'_>) -> Verdict {
    if no(r) {
        return Ok(());
    }
    let before = stands(r).await?;
    let done = answered(wish(r, StateWish::Lock).await)?;
    ensure(done.changed && done.state == AccountState::Locked, || format!("{done:?}"))?;
    ensure(done.ends_at.is_none(), || format!("a lock ends at {:?}", done.ends_at))?;
    let locked = stands(r).await?;
    ensure(locked == (AccountState::Locked, Fen::ZERO), || format!("{locked:?}"))?;
    ensure(AccountState::Locked.lets(Direction::In), || "a lock keeps money out".into())?;
    let again = answered(wish(r, StateWish::Lock).await)?;
    ensure(!again.changed && again.stop_no == done.stop_no, || format!("{again:?}"))?;
    let freed = answered(wish(r, StateWish::Unlock).await)?;
    ensure(freed.changed, || format!("{freed:?}"))?;
    let after = stands(r).await?;
    ensure(after == before, || format!("{after:?}, before it {before:?}"))
}

async fn once(r: &Room<'_>) -> Verdict {
    if no(r) {
        return Ok(());
    }
    let ctx = as_(r, Operator::Customer);
    let first = answered(wish_with(r, &ctx, StateWish::Lock).await)?;
    let second = answered(wish_with(r, &ctx, StateWish::Lock).await)?;
    ensure(first == second, || format!("{first:?}, then {second:?}"))?;
    answered(wish(r, StateWish::Unlock).await)?;
    // The late copy of a command that was undone since does not stop anything again.
    let late = answered(wish_with(r, &ctx, StateWish::Lock).await)?;
    ensure(late == first, || format!("{late:?} for {first:?}"))?;
    let (state, _) = stands(r).await?;
    ensure(state == AccountState::Active, || format!("{state:?} after a late copy"))
}

async fn other_payload(r: &Room<'_>) -> Verdict {
    if no(r) {
        return Ok(());
    }
    let ctx = as_(r, Operator::Customer);
    answered(wish_with(r, &ctx, StateWish::Unlock).await)?;
    let got = wish_with(r, &ctx, StateWish::ReportLoss).await.err();
    ensure(got == Some(Reject::PayloadMismatch.into()), || format!("{got:?}"))?;
    let (state, _) = stands(r).await?;
    ensure(state == AccountState::Active, || format!("{state:?}"))
}

async fn oral(r: &Room<'_>) -> Verdict {
    if no(r) {
        return Ok(());
    }
    let done = answered(wish(r, StateWish::ReportLoss).await)?;
    let has_end = done.ends_at.is_some_and(|at| at > r.f.clock.now());
    let is_lost = done.state == AccountState::Lost && has_end && !done.stop_no.is_empty();
    ensure(done.changed && is_lost, || format!("{done:?}"))?;
    let lost = stands(r).await?;
    ensure(lost == (AccountState::Lost, Fen::ZERO), || format!("{lost:?}"))?;
    let again = answered(wish(r, StateWish::ReportLoss).await)?;
    let is_same =
        !again.changed && (&again.stop_no, again.ends_at) == (&done.stop_no, done.ends_at);
    ensure(is_same, || format!("{again:?} for {done:?}"))?;
    let unlock = wish(r, StateWish::Unlock).await.err();
    let is_no = unlock == Some(Reject::AccountBlocked(Direction::Out).into());
    ensure(is_no, || format!("unlocking what is lost: {unlock:?}"))?;
    answered(wish(r, StateWish::LiftLoss).await)?;
    let (state, _) = stands(r).await?;
    ensure(state == AccountState::Active, || format!("{state:?}"))
}

async fn formal(r: &Room<'_>) -> Verdict {
    if no(r) {
        return Ok(());
    }
    let counter = Some(CoreError::from(Reject::CounterOnly));
    let got = wish(r, StateWish::FormalLoss).await.err();
    ensure(got == counter, || format!("a customer's formal loss: {got:?}"))?;
    let oral = answered(wish(r, StateWish::ReportLoss).await)?;
    let done = answered(at_counter(r, StateWish::FormalLoss).await)?;
    let follows = done.changed && done.ends_at.is_none() && done.stop_no == oral.stop_no;
    ensure(follows, || format!("{done:?} after {oral:?}"))?;
    let got = wish(r, StateWish::LiftLoss).await.err();
    ensure(got == counter, || format!("a customer lifts a formal loss: {got:?}"))?;
    answered(at_counter(r, StateWish::LiftLoss).await)?;
    let (state, _) = stands(r).await?;
    ensure(state == AccountState::Active, || format!("{state:?}"))
}

async fn foreign(r: &Room<'_>) -> Verdict {
    if no(r) {
        return Ok(());
    }
    let missing = Some(CoreError::from(Reject::NotFound));
    let ctx = as_(r, Operator::Customer);
    let stolen = r.core.set_card_state(&ctx, &r.f.cust_no, &r.f.other_account, StateWish::Lock);
    let got = stolen.await.err();
    ensure(got == missing, || format!("another institution's account: {got:?}"))?;
    let nobody = CustNo::new("0");
    let ctx = as_(r, Operator::Customer);
    let got = r.core.set_card_state(&ctx, &nobody, &r.f.account, StateWish::Lock).await.err();
    ensure(got == missing, || format!("somebody else's account: {got:?}"))?;
    let (state, _) = stands(r).await?;
    ensure(state == AccountState::Active, || format!("{state:?}"))
}

async fn nameless(r: &Room<'_>) -> Verdict {
    if no(r) {
        return Ok(());
    }
    let got = wish_with(r, &r.ctx(), StateWish::Lock).await.err();
    let want = CoreError::from(Reject::Validation { field: "request_id" });
    ensure(got == Some(want), || format!("{got:?}"))
}
