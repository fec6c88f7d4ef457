//! Each command in each situation (core.md §5), by the class of the answer and by what the books say. A sentence is one
//! situation; which commands it was tried with stands beside it ([`super::Finding::tried`]).

use super::acts::{ACTS, Act, Became, Came, PAYS, Ready, Stand};
use super::till::{GOOD_MS, Till, at_once, refusal};
use super::{Room, Sentence, Trouble, TroubleSwitch, Verdict, answered, ensure};
use crate::error::{CoreError, Reject, UnknownCause};
use crate::model::{AccountState, DayState};
use crate::money::{HoldAsk, HoldState, Undone};
use crate::port::Ctx;

/// How often one id is asked at once.
const AT_ONCE: usize = 6;
/// How long a command waits for an answer that does not come.
const SLOW_MS: i64 = 300;

pub(super) const SENTENCES: &[Sentence] = &[
    ("a command moves what it says, once, and says what it moved", |r| Box::pin(done(r))),
    ("a refusal moves nothing, sticks to its id and is told of it", |r| Box::pin(refused(r))),
    ("a command that finds no core moves nothing, and its id is done once later", |r| {
        Box::pin(unreachable(r))
    }),
    ("a command whose answer is lost is unknown, and by its id it is told that it was done", |r| {
        Box::pin(lost_answer(r))
    }),
    ("a command that is not answered in time is unknown, and by its id the truth is told", |r| {
        Box::pin(slow(r))
    }),
    ("the same id sent many times at once is done once", |r| Box::pin(race(r))),
    ("the same id gets the same answer, also long after its time, and moves nothing", |r| {
        Box::pin(again(r))
    }),
    ("an id that comes with another payload is refused, and its first answer stands", |r| {
        Box::pin(other_payload(r))
    }),
    ("an id that was fenced is refused when it comes, and nothing moves", |r| Box::pin(fenced(r))),
    ("a payment that was undone before it came is refused when it comes", |r| {
        Box::pin(undone_first(r))
    }),
    ("a command that comes past its time is refused, for ever", |r| Box::pin(too_late(r))),
    ("a command without an id is refused", |r| Box::pin(nameless(r))),
    ("a closed day is no verdict: the same id is done when it opens", |r| Box::pin(closed_day(r))),
    ("a core that began anew knows every id, and does what was made ready before", |r| {
        Box::pin(anew(r))
    }),
];

/// The books say so.
async fn stands(t: &Till<'_>, act: Act, want: Stand, what: &str) -> Verdict {
    let got = t.stand_of(act).await?;
    ensure(got == want, || format!("{act:?} {what}: {got:?}, not {want:?}"))
}

/// A command that was sent and answered well, with how it stood before.
pub(super) async fn sent(t: &Till<'_>, act: Act) -> Result<(Ready, Stand, Came), String> {
    let ready = t.ready(act).await?;
    let before = t.stand_of(act).await?;
    let came = t.send(&ready).await.map_err(|e| format!("{act:?}: «{e}»"))?;
    Ok((ready, before, came))
}

/// What the core says became of it, where it can be asked.
async fn told(t: &Till<'_>, ready: &Ready, want: Became) -> Verdict {
    let Some(got) = t.became(ready, false).await? else { return Ok(()) };
    ensure(got == want, || format!("{:?}: told as {got:?}, not {want:?}", ready.act))
}

/// Sent once more, it is answered well, and the books say that it was done once.
async fn done_once(t: &Till<'_>, ready: &Ready, before: Stand, what: &str) -> Verdict {
    let got = t.send(ready).await;
    ensure(got.is_ok(), || format!("{:?} {what}, sent again: {got:?}", ready.act))?;
    stands(t, ready.act, before.after(ready), what).await?;
    told(t, ready, Became::Done).await?;
    t.leave(ready).await
}

async fn done(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    for act in t.can(&ACTS).await? {
        let (ready, before, came) = sent(&t, act).await?;
        let after = before.after(&ready);
        stands(&t, act, after, "done").await?;
        let fits = match &came {
            Came::Paid(paid) => {
                // Of a deposit it is told what is left in it.
                let of_payer = ready.payment.payer == t.f.payer;
                let left = paid.available.is_none_or(|a| !of_payer || a.fen() == after.available);
                left && paid.echo.differs(&ready.id, &ready.payment).is_none()
            }
            Came::Held(held) => {
                let want = if act == Act::Hold { HoldState::Open } else { HoldState::Ended };
                held.state == want && held.available.fen() == after.available
            }
            Came::Undone(undone) => matches!(undone, Undone::Reversed { .. }),
            Came::Stopped(done) => done.changed && done.state == AccountState::Locked,
            Came::Set(at) => *at <= r.f.clock.now(),
            Came::Given(given) => given.points == ready.points && given.left == after.more,
        };
        ensure(fits, || format!("{act:?}: {came:?}, and {after:?}"))?;
        t.leave(&ready).await?;
    }
    Ok(())
}

async fn refused(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    for act in t.can(&ACTS).await? {
        if act == Act::Reverse {
            not_undone(&t).await?;
            continue;
        }
        let good = t.ready(act).await?;
        let before = t.stand_of(act).await?;
        let money = Stand { available: t.stand().await?.available, ..before };
        let Some((ready, want)) = good.refused(money, t.fresh_id()) else { continue };
        for _ in 0..2 {
            let got = t.send(&ready).await;
            ensure(got == Err(want.clone().into()), || format!("{act:?}: {got:?}, not {want}"))?;
        }
        let keeps = if t.keeps_ids() { Became::Refused(want) } else { Became::NotFound };
        if let Some(got) = t.became(&ready, true).await? {
            ensure(got == keeps, || format!("{act:?}: told as {got:?}, not {keeps:?}"))?;
        }
        stands(&t, act, before, "refused").await?;
        t.leave(&good).await?;
    }
    Ok(())
}

/// What the payee cannot spare is not taken back.
async fn not_undone(t: &Till<'_>) -> Verdict {
    if !t.r.core.capabilities().holds {
        return Ok(());
    }
    let ready = t.ready(Act::Reverse).await?;
    let balance = answered(t.r.core.balance(&t.r.ctx(), &t.f.payee).await)?;
    let (id, account) = (t.fresh_id(), t.f.payee.clone());
    let hold = HoldAsk { account, amount: balance.available, ..ready.hold.clone() };
    answered(t.m.hold(&t.command(&id), &hold).await)?;
    let before = t.stand().await?;
    for _ in 0..2 {
        let got = t.send(&ready).await;
        let is_no = refusal(&got) == Some(&Reject::InsufficientFunds);
        ensure(is_no, || format!("undoing what is held: {got:?}"))?;
    }
    stands(t, Act::Reverse, before, "refused").await?;
    answered(t.m.void(&t.command(&t.fresh_id()), &id).await).map(|_| ())
}

/// Where lines can be made bad.
fn line<'r>(t: &Till<'r>) -> Option<&'r TroubleSwitch> {
    t.f.trouble.as_ref()
}

async fn unreachable(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    let Some(line) = line(&t) else { return Ok(()) };
    for act in t.can(&ACTS).await? {
        let ready = t.ready(act).await?;
        let before = t.stand_of(act).await?;
        line(Trouble::Unreachable).await;
        let got = t.send(&ready).await;
        line(Trouble::None).await;
        // Nobody knows where a line that had been open ended.
        let fits = matches!(got, Err(CoreError::NotSent(_) | CoreError::Unknown(_)));
        ensure(fits, || format!("{act:?}: {got:?}"))?;
        stands(&t, act, before, "without a core").await?;
        told(&t, &ready, Became::NotFound).await?;
        done_once(&t, &ready, before, "without a core").await?;
    }
    Ok(())
}

/// Whether the books say that it was done; what they say else than before and after is broken. A core that keeps no ids may
/// pay out of a hold in two requests, and have done the first.
async fn is_done(t: &Till<'_>, ready: &Ready, before: Stand) -> Result<bool, String> {
    let (now, after) = (t.stand_of(ready.act).await?, before.after(ready));
    let given_back = Stand { available: before.available + ready.hold.amount.fen(), ..before };
    let half = ready.act == Act::Commit && !t.keeps_ids() && now == given_back;
    let fits = now == before || now == after || half;
    ensure(fits, || format!("{:?}: {now:?}, not {before:?} or {after:?}", ready.act))?;
    Ok(now == after)
}

async fn lost_answer(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    let Some(line) = line(&t) else { return Ok(()) };
    for act in t.can(&ACTS).await? {
        let ready = t.ready(act).await?;
        let before = t.stand_of(act).await?;
        line(Trouble::LostAnswer).await;
        let got = t.send(&ready).await;
        line(Trouble::None).await;
        ensure(matches!(got, Err(CoreError::Unknown(_))), || format!("{act:?}: {got:?}"))?;
        let done = is_done(&t, &ready, before).await?;
        let may_be_half = act == Act::Commit && !t.keeps_ids();
        ensure(done || may_be_half, || format!("{act:?} was not done"))?;
        told(&t, &ready, if done { Became::Done } else { Became::NotFound }).await?;
        done_once(&t, &ready, before, "without an answer").await?;
    }
    Ok(())
}

async fn slow(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    let Some(line) = line(&t) else { return Ok(()) };
    for act in t.can(&ACTS).await? {
        let ready = t.ready(act).await?;
        let before = t.stand_of(act).await?;
        line(Trouble::Slow).await;
        let deadline = r.f.clock.now().plus_ms(SLOW_MS);
        let got = t.send_as(&Ctx { deadline, ..t.command(&ready.id) }, &ready).await;
        line(Trouble::None).await;
        let want = CoreError::Unknown(UnknownCause::Timeout);
        ensure(got.as_ref() == Err(&want), || format!("{act:?}: {got:?}"))?;
        let done = is_done(&t, &ready, before).await?;
        told(&t, &ready, if done { Became::Done } else { Became::NotFound }).await?;
        done_once(&t, &ready, before, "too late").await?;
    }
    Ok(())
}

async fn race(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    for act in t.can(&ACTS).await? {
        let ready = t.ready(act).await?;
        let before = t.stand_of(act).await?;
        let answers = at_once(
            (0..AT_ONCE).map(|_| Box::pin(t.send(&ready)) as std::pin::Pin<Box<_>>).collect(),
        );
        let answers: Vec<Result<Came, CoreError>> = answers.await;
        let first = answers.iter().find_map(|a| a.as_ref().ok().cloned());
        let fits = |a: &Result<Came, CoreError>| match a {
            Ok(came) => Some(came) == first.as_ref(),
            Err(e) => *e == CoreError::Unknown(UnknownCause::InProgress),
        };
        ensure(first.is_some() && answers.iter().all(fits), || format!("{act:?}: {answers:?}"))?;
        stands(&t, act, before.after(&ready), "at once").await?;
        t.leave(&ready).await?;
    }
    Ok(())
}

async fn again(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    for act in t.can(&ACTS).await? {
        let (ready, before, came) = sent(&t, act).await?;
        for later in [0, GOOD_MS * 2] {
            if r.f.clock.is_movable() {
                r.f.clock.advance_ms(later);
            }
            let second = t.send(&ready).await;
            let is_same = second.as_ref().is_ok_and(|s| came.is_same(s));
            ensure(is_same, || format!("{act:?}: {second:?} for {came:?}"))?;
        }
        stands(&t, act, before.after(&ready), "again").await?;
        t.leave(&ready).await?;
    }
    Ok(())
}

async fn other_payload(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    for act in t.can(&ACTS).await? {
        let (ready, before, came) = sent(&t, act).await?;
        let other = t.send(&ready.changed()).await;
        let want = Err(Reject::PayloadMismatch.into());
        ensure(other == want, || format!("{act:?}: {other:?}"))?;
        let second = t.send(&ready).await;
        let is_same = second.as_ref().is_ok_and(|s| came.is_same(s));
        ensure(is_same, || format!("{act:?} then: {second:?}"))?;
        stands(&t, act, before.after(&ready), "with another payload").await?;
        t.leave(&ready).await?;
    }
    Ok(())
}

async fn fenced(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    let can = r.core.capabilities();
    if !can.fence || !can.query_by_request_id {
        return Ok(());
    }
    for act in t.can(&Act::posting()).await? {
        let ready = t.ready(act).await?;
        let before = t.stand_of(act).await?;
        for (fence, want) in
            [(false, Became::NotFound), (true, Became::Fenced), (false, Became::Fenced)]
        {
            let got = t.became(&ready, fence).await?;
            ensure(got.as_ref() == Some(&want), || format!("{act:?}, never sent: {got:?}"))?;
        }
        for _ in 0..2 {
            let late = t.send(&ready).await;
            ensure(late == Err(Reject::Expired.into()), || format!("{act:?}, late: {late:?}"))?;
        }
        told(&t, &ready, Became::Fenced).await?;
        stands(&t, act, before, "after a fence").await?;
        t.leave(&ready).await?;
    }
    Ok(())
}

async fn undone_first(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    if !r.core.capabilities().reverse_by_request_id {
        return Ok(());
    }
    for act in t.can(&PAYS).await? {
        let ready = t.ready(act).await?;
        let before = t.stand_of(act).await?;
        let (id, ask) = (t.fresh_id(), t.reversal(&ready.id, "timeout"));
        for _ in 0..2 {
            let undone = answered(t.m.reverse(&t.command(&id), &ask).await)?;
            ensure(undone == Undone::Nothing, || format!("{act:?}: {undone:?}"))?;
        }
        let late = t.send(&ready).await;
        ensure(late == Err(Reject::Expired.into()), || format!("{act:?}, late: {late:?}"))?;
        stands(&t, act, before, "undone first").await?;
        t.leave(&ready).await?;
    }
    Ok(())
}

async fn too_late(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    let mut acts = Act::posting();
    acts.retain(|act| !matches!(act, Act::Void | Act::Reverse));
    for act in t.can(&acts).await? {
        let good = t.ready(act).await?;
        let (mut ready, past) = (good.clone(), r.f.clock.now().plus_ms(-1));
        (ready.payment.valid_until, ready.hold.until) = (past, past);
        let before = t.stand_of(act).await?;
        for _ in 0..2 {
            let late = t.send(&ready).await;
            ensure(late == Err(Reject::Expired.into()), || format!("{act:?}: {late:?}"))?;
        }
        stands(&t, act, before, "past its time").await?;
        t.leave(&good).await?;
    }
    Ok(())
}

async fn nameless(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    for act in t.can(&ACTS).await? {
        let ready = t.ready(act).await?;
        let before = t.stand_of(act).await?;
        let got = t.send_as(&Ctx { request_id: None, ..r.ctx() }, &ready).await;
        let want = Err(Reject::Validation { field: "request_id" }.into());
        ensure(got == want, || format!("{act:?}: {got:?}"))?;
        stands(&t, act, before, "without an id").await?;
        t.leave(&ready).await?;
    }
    Ok(())
}

async fn closed_day(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    let Some(switch) = &t.f.day else { return Ok(()) };
    // A hold may be given back at any time: nothing is posted for it.
    let mut acts = Act::posting();
    acts.retain(|act| *act != Act::Void);
    for act in t.can(&acts).await? {
        let ready = t.ready(act).await?;
        let before = t.stand_of(act).await?;
        switch(DayState::Closed).await;
        let shut = t.send(&ready).await;
        switch(DayState::Open).await;
        let is_closed = |e: &CoreError| matches!(e.rejected(), Some(Reject::DayClosed { .. }));
        ensure(shut.as_ref().is_err_and(is_closed), || format!("{act:?}: {shut:?}"))?;
        stands(&t, act, before, "on a closed day").await?;
        done_once(&t, &ready, before, "open again").await?;
    }
    Ok(())
}

async fn anew(r: &Room<'_>) -> Verdict {
    let Some(t) = Till::open(r)? else { return Ok(()) };
    let Some(anew) = &t.f.anew else { return Ok(()) };
    for act in t.can(&ACTS).await? {
        let (ready, before, came) = sent(&t, act).await?;
        let core = anew().await;
        let room = Room::new(&*core, r.f);
        let Some(new) = Till::open(&room)? else { return Err("it moves no money now".into()) };
        told(&new, &ready, Became::Done).await?;
        let second = new.send(&ready).await;
        let is_same = second.as_ref().is_ok_and(|s| came.is_same(s));
        ensure(is_same, || format!("{act:?}: {second:?} for {came:?}"))?;
        stands(&new, act, before.after(&ready), "after a restart").await?;
        new.leave(&ready).await?;

        let ready = new.ready(act).await?;
        let before = new.stand_of(act).await?;
        let core = anew().await;
        let room = Room::new(&*core, r.f);
        let Some(new) = Till::open(&room)? else { return Err("it moves no money now".into()) };
        done_once(&new, &ready, before, "made ready before a restart").await?;
    }
    Ok(())
}
