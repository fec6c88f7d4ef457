//! Sentences about loans, time deposits and what else is known of accounts and customers. A core that cannot is let be.

use super::{Room, Sentence, Verdict, answered, ensure};
use crate::deposits::Renewal;
use crate::error::{CoreError, Reject};
use crate::loans::Instalment;
use crate::model::{AccountRef, CustNo};
use crate::port::Ctx;
use base::Fen;

pub(super) const SENTENCES: &[Sentence] = &[
    ("a schedule adds up to what was lent, and what is open of it to what is owed", |r| {
        Box::pin(schedule(r))
    }),
    ("the next instalment is the first that is neither paid nor past", |r| Box::pin(next(r))),
    ("who stands for whom is told masked", |r| Box::pin(guarantees(r))),
    ("a time deposit holds what its balance says and brings no less than if taken today", |r| {
        Box::pin(deposits(r))
    }),
    ("a renewal is set once under its id, and another wish under it is refused", |r| {
        Box::pin(renewal(r))
    }),
    ("a command without an id is refused", |r| Box::pin(no_id(r))),
    ("what is used of a limit today is part of what is used of it this year", |r| {
        Box::pin(limits(r))
    }),
    ("interest is told latest first and credited next on a day to come", |r| Box::pin(interest(r))),
    ("another institution's loans, deposits and facts are never visible", |r| Box::pin(hidden(r))),
];

async fn schedule(r: &Room<'_>) -> Verdict {
    if !r.core.capabilities().loans {
        return Ok(());
    }
    let loans = answered(r.core.loans(&r.ctx(), &r.f.borrower).await)?;
    ensure(!loans.is_empty(), || "the fixture's borrower has no loan".into())?;
    for loan in loans {
        let all = answered(r.core.schedule(&r.ctx(), &loan.account).await)?;
        let sum = |open: bool| -> i64 {
            let some = all.iter().filter(|i| !open || i.paid_on.is_none());
            some.map(|i| i.principal.fen()).sum()
        };
        ensure(sum(false) == loan.principal.fen(), || {
            format!("{} lent {}", sum(false), loan.principal)
        })?;
        ensure(sum(true) == loan.outstanding.fen(), || {
            format!("{} owed {}", sum(true), loan.outstanding)
        })?;
        let balance = answered(r.core.balance(&r.ctx(), &loan.account).await)?;
        let owed = Fen::of(-balance.posted.fen());
        ensure(owed == loan.outstanding, || format!("{owed} and {}", loan.outstanding))?;
        let in_order =
            all.windows(2).all(|w| w[0].seq + 1 == w[1].seq && w[0].due_on < w[1].due_on);
        ensure(in_order && all.first().is_some_and(|i| i.seq == 1), || "out of order".into())?;
        let count = i64::try_from(all.len()).unwrap_or(i64::MAX);
        ensure(count == loan.months, || format!("{count} of {} instalments", loan.months))?;
    }
    Ok(())
}

async fn next(r: &Room<'_>) -> Verdict {
    if !r.core.capabilities().loans {
        return Ok(());
    }
    let today = crate::Day::at(r.f.clock.now());
    for loan in answered(r.core.loans(&r.ctx(), &r.f.borrower).await)? {
        let all = answered(r.core.schedule(&r.ctx(), &loan.account).await)?;
        let want = all.iter().find(|i| i.paid_on.is_none() && i.due_on >= today);
        ensure(loan.next.as_ref() == want, || format!("{:?}, not {want:?}", loan.next))?;
        let late: Vec<&Instalment> = all.iter().filter(|i| i.is_late(today)).collect();
        let told = loan.late.map_or(0, |l| l.count);
        ensure(i64::try_from(late.len()) == Ok(told), || format!("{told} late of {}", late.len()))?;
    }
    Ok(())
}

async fn guarantees(r: &Room<'_>) -> Verdict {
    if !r.core.capabilities().loans {
        return Ok(());
    }
    let all = answered(r.core.guarantees(&r.ctx(), &r.f.borrower).await)?;
    ensure(!all.received.is_empty(), || "nobody stands for the fixture's borrower".into())?;
    for one in all.given.iter().chain(&all.received) {
        ensure(one.other.as_str().starts_with('*'), || "a name is told whole".into())?;
        ensure(one.amount > Fen::ZERO, || "someone stands for nothing".into())?;
    }
    let own = all.received.iter().all(|g| g.tail.is_some());
    let others = all.given.iter().all(|g| g.tail.is_none());
    ensure(own && others, || "a contract of another's is told".into())
}

async fn deposits(r: &Room<'_>) -> Verdict {
    if !r.core.capabilities().term_deposits {
        return Ok(());
    }
    let all = answered(r.core.term_deposits(&r.ctx(), &r.f.saver).await)?;
    ensure(all.iter().any(|d| d.account == r.f.renewable), || "the deposit is not listed".into())?;
    for d in all {
        let balance = answered(r.core.balance(&r.ctx(), &d.account).await)?;
        ensure(balance.posted == d.principal, || {
            format!("{} and {}", balance.posted, d.principal)
        })?;
        let today = crate::Day::at(r.f.clock.now());
        ensure(d.is_mature(today) || d.today <= d.interest, || format!("{d:?}"))?;
    }
    Ok(())
}

impl Room<'_> {
    fn command(&self, id: &str) -> Ctx {
        Ctx { request_id: Some(id.to_owned()), ..self.ctx() }
    }
    async fn set(&self, ctx: &Ctx, renewal: Renewal) -> Result<bool, CoreError> {
        let set = self.core.set_renewal(ctx, &self.f.renewable, renewal).await?;
        Ok(set.is_repeat)
    }
    async fn renewal(&self) -> Result<Option<Renewal>, String> {
        let all = answered(self.core.term_deposits(&self.ctx(), &self.f.saver).await)?;
        Ok(all.into_iter().find(|d| d.account == self.f.renewable).map(|d| d.renewal))
    }
}

async fn renewal(r: &Room<'_>) -> Verdict {
    if !r.core.capabilities().term_deposits {
        return Ok(());
    }
    let (first, second) = (r.command("conformance-renewal-1"), r.command("conformance-renewal-2"));
    let year = Renewal::Months(12);
    for (ctx, wish, want, then) in [
        (&first, year, Ok(false), year),
        (&first, year, Ok(true), year),
        (&first, Renewal::Off, Err(Reject::PayloadMismatch.into()), year),
        (&second, Renewal::Off, Ok(false), Renewal::Off),
        // The first command, late and again: it was done, and is not done once more.
        (&first, year, Ok(true), Renewal::Off),
    ] {
        let got = r.set(ctx, wish).await;
        ensure(got == want, || format!("{wish:?}: {got:?}, not {want:?}"))?;
        let is = r.renewal().await?;
        ensure(is == Some(then), || format!("{wish:?}: set to {is:?}, not {then:?}"))?;
    }
    let got = r.set(&r.command("conformance-renewal-3"), Renewal::Months(7)).await;
    let want = Err(Reject::Validation { field: "renewal" }.into());
    ensure(got == want, || format!("seven months: {got:?}"))
}

async fn no_id(r: &Room<'_>) -> Verdict {
    if !r.core.capabilities().term_deposits {
        return Ok(());
    }
    let want = Err(Reject::Validation { field: "request_id" }.into());
    for ctx in [r.ctx(), r.command("")] {
        let got = r.set(&ctx, Renewal::SameTerm).await;
        ensure(got == want, || format!("{got:?}"))?;
    }
    Ok(())
}

async fn limits(r: &Room<'_>) -> Verdict {
    if !r.core.capabilities().account_facts {
        return Ok(());
    }
    let all = answered(r.core.limits(&r.ctx(), &r.f.account).await)?;
    ensure(!all.is_empty(), || "an account at call has no limit".into())?;
    let sane = all.iter().all(|l| l.day_used <= l.year_used && !l.day_used.is_negative());
    ensure(sane, || format!("{all:?}"))
}

async fn interest(r: &Room<'_>) -> Verdict {
    if !r.core.capabilities().account_facts {
        return Ok(());
    }
    let told = answered(r.core.account_interest(&r.ctx(), &r.f.account).await)?;
    let today = crate::Day::at(r.f.clock.now());
    ensure(told.next_on > today, || format!("credited next on {}", told.next_on))?;
    ensure(told.paid.windows(2).all(|w| w[0].on >= w[1].on), || "not latest first".into())?;
    let sane = told.paid.iter().all(|p| p.amount > Fen::ZERO) && !told.accrued.is_negative();
    ensure(sane, || format!("{told:?}"))
}

async fn hidden(r: &Room<'_>) -> Verdict {
    let (can, ctx) = (r.core.capabilities(), r.ctx());
    let no = CoreError::from(Reject::NotFound);
    let strangers = [r.f.other_cust_no.clone(), CustNo::new("0"), CustNo::new("x")];
    let accounts =
        [r.f.other_account.clone(), AccountRef::new("0"), AccountRef::new("' OR 1=1 --")];
    for (who, account) in strangers.iter().zip(&accounts) {
        let mut got = Vec::new();
        if can.loans {
            got.push(r.core.loans(&ctx, who).await.err());
            got.push(r.core.guarantees(&ctx, who).await.err());
            got.push(r.core.schedule(&ctx, account).await.err());
        }
        if can.term_deposits {
            got.push(r.core.term_deposits(&ctx, who).await.err());
            let command = r.command("conformance-hidden");
            got.push(r.core.set_renewal(&command, account, Renewal::Off).await.err());
        }
        if can.account_facts {
            got.push(r.core.account_interest(&ctx, account).await.err());
            got.push(r.core.limits(&ctx, account).await.err());
            got.push(r.core.opening_branch(&ctx, account).await.err());
            got.push(r.core.officer(&ctx, who).await.err());
        }
        ensure(got.iter().all(|e| e.as_ref() == Some(&no)), || format!("{account:?}: {got:?}"))?;
    }
    Ok(())
}
