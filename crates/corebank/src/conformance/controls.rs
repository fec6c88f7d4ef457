//! Sentences about what customers switch for their accounts, about PINs that are locked, and about who someone is in full.

use super::{Room, Sentence, Verdict, answered, ensure};
use crate::controls::{ControlSet, ControlWish, Controls, Hours, LockOn};
use crate::error::{CoreError, Reject};
use crate::facts::{Limit, LimitOn};
use crate::port::Ctx;
use base::Fen;

pub(super) const SENTENCES: &[Sentence] = &[
    ("a lock stands with its hours until it is opened", |r| Box::pin(lock(r))),
    ("a switch is set once under its id, and another wish under it is refused", |r| {
        Box::pin(once(r))
    }),
    ("small payments without a PIN are bounded by the bank", |r| Box::pin(no_pass(r))),
    ("a limit of one's own goes down and up again, never above the bank's", |r| Box::pin(limit(r))),
    ("what is another's is never switched", |r| Box::pin(foreign(r))),
    ("a change without an id is refused", |r| Box::pin(nameless(r))),
    ("unlocking a PIN gives the day's tries back", |r| Box::pin(unlock(r))),
    ("who someone is in full is told of one's own customers only", |r| Box::pin(identity(r))),
];

fn no(r: &Room<'_>) -> bool {
    !r.core.capabilities().controls
}

fn named(r: &Room<'_>, id: &str) -> Ctx {
    Ctx { request_id: Some(id.to_owned()), ..r.ctx() }
}

fn fresh(r: &Room<'_>) -> Ctx {
    named(r, &format!("conformance-{}", r.f.random.hex(8)))
}

async fn set(r: &Room<'_>, ctx: &Ctx, wish: ControlWish) -> Result<ControlSet, CoreError> {
    r.core.set_control(ctx, &r.f.cust_no, &r.f.account, wish).await
}

async fn now(r: &Room<'_>) -> Result<Controls, String> {
    answered(r.core.controls(&r.ctx(), &r.f.cust_no, &r.f.account).await)
}

async fn lock(r: &Room<'_>) -> Verdict {
    if no(r) {
        return Ok(());
    }
    let hours = Hours { from: 22, to: 7 };
    answered(set(r, &fresh(r), ControlWish::Lock { on: LockOn::Night, hours }).await)?;
    let on = LockOn::Abroad;
    answered(set(r, &fresh(r), ControlWish::Lock { on, hours: Hours::ALL_DAY }).await)?;
    let locks = now(r).await?.locks;
    let stand: Vec<_> = locks.iter().map(|l| (l.on, l.hours)).collect();
    let wanted = [(LockOn::Night, hours), (LockOn::Abroad, Hours::ALL_DAY)];
    ensure(wanted.iter().all(|w| stand.contains(w)), || format!("{stand:?}"))?;
    for on in [LockOn::Night, LockOn::Abroad] {
        answered(set(r, &fresh(r), ControlWish::Unlock { on }).await)?;
    }
    let left = now(r).await?.locks;
    ensure(left.is_empty(), || format!("{left:?}"))?;
    let endless = ControlWish::Lock { on: LockOn::Night, hours: Hours::ALL_DAY };
    let refused = set(r, &fresh(r), endless).await;
    ensure(refused == Err(Reject::Validation { field: "hours" }.into()), || format!("{refused:?}"))
}

async fn once(r: &Room<'_>) -> Verdict {
    if no(r) {
        return Ok(());
    }
    let ctx = fresh(r);
    let wish = ControlWish::Lock { on: LockOn::Online, hours: Hours::ALL_DAY };
    let first = answered(set(r, &ctx, wish).await)?;
    let open = ControlWish::Unlock { on: LockOn::Online };
    answered(set(r, &fresh(r), open).await)?;
    let again = answered(set(r, &ctx, wish).await)?;
    ensure(again.is_repeat && again.at == first.at, || format!("{again:?}"))?;
    let locks = now(r).await?.locks;
    ensure(locks.is_empty(), || format!("a resend locked again: {locks:?}"))?;
    let other = set(r, &ctx, open).await;
    ensure(other == Err(Reject::PayloadMismatch.into()), || format!("{other:?}"))
}

async fn no_pass(r: &Room<'_>) -> Verdict {
    if no(r) {
        return Ok(());
    }
    let before = now(r).await?.no_pass;
    let wish = |is_on, cap| ControlWish::NoPass { is_on, cap };
    answered(set(r, &fresh(r), wish(true, before.most)).await)?;
    let on = now(r).await?.no_pass;
    ensure(on.is_on && on.cap == before.most, || format!("{on:?}"))?;
    let above = Fen::of(before.most.fen() + 1);
    let refused = set(r, &fresh(r), wish(true, above)).await;
    ensure(refused == Err(Reject::LimitExceeded.into()), || format!("{refused:?}"))?;
    answered(set(r, &fresh(r), wish(before.is_on, before.cap)).await)?;
    let after = now(r).await?.no_pass;
    ensure(after == before, || format!("{after:?}"))
}

async fn transfers(r: &Room<'_>) -> Result<Limit, String> {
    let all = answered(r.core.limits(&r.ctx(), &r.f.account).await)?;
    let found = all.into_iter().find(|l| l.on == LimitOn::Transfer);
    found.ok_or_else(|| "no limit on transfers".into())
}

async fn limit(r: &Room<'_>) -> Verdict {
    if no(r) || !r.core.capabilities().account_facts {
        return Ok(());
    }
    let before = transfers(r).await?;
    let Some(most) = before.most_day else { return Ok(()) };
    let wish = |day| ControlWish::Limit { on: LimitOn::Transfer, single: None, day: Some(day) };
    let low = Fen::of(most.fen() / 2);
    answered(set(r, &fresh(r), wish(low)).await)?;
    let lowered = transfers(r).await?;
    ensure(lowered.day == Some(low) && lowered.single == before.single, || format!("{lowered:?}"))?;
    let above = set(r, &fresh(r), wish(Fen::of(most.fen() + 1))).await;
    ensure(above == Err(Reject::LimitExceeded.into()), || format!("{above:?}"))?;
    answered(set(r, &fresh(r), wish(before.day.unwrap_or(most))).await)?;
    let after = transfers(r).await?;
    ensure(after.day == before.day, || format!("{after:?}"))
}

async fn foreign(r: &Room<'_>) -> Verdict {
    if no(r) {
        return Ok(());
    }
    let wish = ControlWish::Lock { on: LockOn::Online, hours: Hours::ALL_DAY };
    let none = Err(Reject::NotFound.into());
    let another = r.core.set_control(&fresh(r), &r.f.card_cust, &r.f.account, wish).await;
    ensure(another == none, || format!("{another:?}"))?;
    let abroad = r.core.set_control(&fresh(r), &r.f.cust_no, &r.f.other_account, wish).await;
    ensure(abroad == none, || format!("{abroad:?}"))?;
    let seen = r.core.controls(&r.ctx(), &r.f.card_cust, &r.f.account).await;
    ensure(seen == Err(Reject::NotFound.into()), || format!("{seen:?}"))
}

async fn nameless(r: &Room<'_>) -> Verdict {
    if no(r) {
        return Ok(());
    }
    let told = set(r, &r.ctx(), ControlWish::Unlock { on: LockOn::Online }).await;
    ensure(told == Err(Reject::Validation { field: "request_id" }.into()), || format!("{told:?}"))
}

async fn unlock(r: &Room<'_>) -> Verdict {
    if !r.core.capabilities().pin_block {
        return Ok(());
    }
    for _ in 0..2 {
        answered(r.core.unlock_pin(&r.ctx(), &r.f.cust_no).await)?;
        let state = answered(r.core.pin_state(&r.ctx(), &r.f.cust_no).await)?;
        let fine = state.left > 0 && state.locked_until.is_none();
        ensure(fine, || format!("{state:?}"))?;
    }
    let other = r.core.unlock_pin(&r.ctx(), &r.f.other_cust_no).await;
    ensure(matches!(other, Err(CoreError::Rejected(Reject::NotFound))), || format!("{other:?}"))
}

async fn identity(r: &Room<'_>) -> Verdict {
    let told = r.core.identity(&r.ctx(), &r.f.cust_no).await;
    if matches!(told, Err(CoreError::Rejected(Reject::Unsupported))) {
        return Ok(());
    }
    let told = answered(told)?;
    let same = told.name.reveal() == r.f.claim.name.reveal()
        && told.id_no.reveal() == r.f.claim.id_no.reveal();
    ensure(same, || "another name or number".into())?;
    let printed = format!("{told:?}");
    ensure(!printed.contains(told.id_no.reveal()), || "a number is printed".into())?;
    let other = r.core.identity(&r.ctx(), &r.f.other_cust_no).await;
    let hidden = matches!(other, Err(CoreError::Rejected(Reject::NotFound)));
    ensure(hidden, || "another institution's customer is told".into())
}
