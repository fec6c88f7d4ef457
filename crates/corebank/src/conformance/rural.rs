//! Sentences about money that comes in batches and about social security. A core without them refuses the questions.

use super::{Room, Sentence, Verdict, answered, ensure};
use crate::day::Day;
use crate::error::{CoreError, Reject};
use crate::model::{CustNo, Flow, StatementQuery, StatementRange};
use crate::port::LINES_MAX;
use crate::rural::{BatchState, Came, Payout, PayoutClass, PayoutQuery};
use base::Fen;
use std::collections::BTreeSet;

pub(super) const SENTENCES: &[Sentence] = &[
    ("a share that was paid is a line of the account it names", |r| Box::pin(paid_lines(r))),
    ("of a batch that is only announced nobody's share is known", |r| Box::pin(announced(r))),
    ("batches are of the class and the days asked for, latest first", |r| Box::pin(in_range(r))),
    ("a batch that is not public is told to nobody without a share", |r| Box::pin(private(r))),
    ("days backwards or of more than two years have no batches", |r| Box::pin(bad_days(r))),
    ("a pension is told to who draws it", |r| Box::pin(pension(r))),
    ("a medical account is worth its last line, and is no account to bank with", |r| {
        Box::pin(medical(r))
    }),
    ("a year's contribution counts once, the latest first", |r| Box::pin(contributions(r))),
    ("another institution's customer has no share, pension, contribution or card here", |r| {
        Box::pin(foreign(r))
    }),
];

const CLASSES: [PayoutClass; 5] = [
    PayoutClass::Subsidy,
    PayoutClass::Pension,
    PayoutClass::Allowance,
    PayoutClass::SiteWage,
    PayoutClass::LandRent,
];

impl Room<'_> {
    /// The year up to today.
    fn year(&self, class: PayoutClass) -> PayoutQuery {
        let to = Day::at(self.f.clock.now());
        PayoutQuery { class, from: to.plus_months(-12), to: to.plus_months(6) }
    }
    async fn payouts(&self, cust: &CustNo, class: PayoutClass) -> Result<Vec<Payout>, String> {
        answered(self.core.payouts(&self.ctx(), cust, self.year(class)).await)
    }
    /// `None` when the core knows batches; otherwise whether it says so.
    async fn without_payouts(&self) -> Option<Verdict> {
        if self.core.capabilities().payouts {
            return None;
        }
        let ask = self.year(PayoutClass::Subsidy);
        let got = self.core.payouts(&self.ctx(), &self.f.paid_cust, ask).await;
        Some(ensure(got == Err(Reject::Unsupported.into()), || format!("{got:?}")))
    }
    async fn without_social_security(&self) -> Option<Verdict> {
        if self.core.capabilities().social_security {
            return None;
        }
        let (ctx, cust) = (self.ctx(), &self.f.paid_cust);
        let got = [
            self.core.pension(&ctx, cust).await.err(),
            self.core.medical_account(&ctx, cust).await.err(),
            self.core.contributions(&ctx, cust).await.err(),
            self.core.social_card(&ctx, cust).await.err(),
        ];
        let no = CoreError::from(Reject::Unsupported);
        Some(ensure(got.iter().all(|e| e.as_ref() == Some(&no)), || format!("{got:?}")))
    }
}

async fn paid_lines(r: &Room<'_>) -> Verdict {
    if let Some(verdict) = r.without_payouts().await {
        return verdict;
    }
    let accounts = answered(r.core.accounts(&r.ctx(), &r.f.paid_cust).await)?;
    let mut paid = 0;
    for class in CLASSES {
        for payout in r.payouts(&r.f.paid_cust, class).await? {
            let Some(share) = &payout.share else { continue };
            let Came::Paid(at) = share.came else { continue };
            paid += 1;
            let of = accounts.iter().find(|a| a.tail == share.tail);
            let account = of.map(|a| a.id.clone()).ok_or("a share of no account of theirs")?;
            let day = Day::at(at);
            let range = StatementRange { account, from: day, to: day, flow: Flow::In, q: None };
            let ask = StatementQuery { range, cursor: None, limit: LINES_MAX };
            let lines = answered(r.core.transactions(&r.ctx(), &ask).await)?.lines;
            let is_there = lines.iter().any(|l| l.at == at && l.amount == share.amount);
            ensure(is_there, || format!("{payout:?} is no line"))?;
        }
    }
    ensure(paid >= 2, || format!("the fixture's customer was paid {paid} shares"))
}

async fn announced(r: &Room<'_>) -> Verdict {
    if let Some(verdict) = r.without_payouts().await {
        return verdict;
    }
    let all = r.payouts(&r.f.paid_cust, PayoutClass::Subsidy).await?;
    let only: Vec<&Payout> = all.iter().filter(|p| p.state == BatchState::Announced).collect();
    ensure(!only.is_empty(), || "the fixture has no batch that is only announced".into())?;
    ensure(only.iter().all(|p| p.share.is_none()), || format!("{only:?}"))?;
    let came = |p: &Payout| match (p.state, &p.share) {
        (BatchState::HandedIn, Some(share)) => share.came == Came::Waiting,
        (BatchState::Paid, Some(share)) => share.came != Came::Waiting,
        _ => true,
    };
    ensure(all.iter().all(came), || format!("{all:?}"))
}

async fn in_range(r: &Room<'_>) -> Verdict {
    if let Some(verdict) = r.without_payouts().await {
        return verdict;
    }
    for class in CLASSES {
        let ask = r.year(class);
        let all = r.payouts(&r.f.paid_cust, class).await?;
        let fits =
            |p: &Payout| p.class == class && p.on.is_none_or(|d| (ask.from..=ask.to).contains(&d));
        ensure(all.iter().all(fits), || format!("{class:?}: {all:?}"))?;
        let days: Vec<Day> = all.iter().filter_map(|p| p.on).collect();
        ensure(days.windows(2).all(|d| d[0] >= d[1]), || format!("{class:?}: {days:?}"))?;
        if let Some(day) = days.last() {
            let ask = PayoutQuery { from: *day, to: *day, ..ask };
            let of_day = answered(r.core.payouts(&r.ctx(), &r.f.paid_cust, ask).await)?;
            let one = |p: &Payout| p.on.is_none_or(|d| d == *day);
            ensure(!of_day.is_empty() && of_day.iter().all(one), || format!("{day}: {of_day:?}"))?;
        }
    }
    Ok(())
}

async fn private(r: &Room<'_>) -> Verdict {
    if let Some(verdict) = r.without_payouts().await {
        return verdict;
    }
    for class in CLASSES.into_iter().filter(|c| !c.is_public()) {
        let mine = r.payouts(&r.f.paid_cust, class).await?;
        ensure(!mine.is_empty(), || format!("the fixture has no {class:?}"))?;
        for cust in [&r.f.paid_cust, &r.f.cust_no] {
            let told = r.payouts(cust, class).await?;
            ensure(told.iter().all(|p| p.share.is_some()), || format!("{told:?}"))?;
        }
    }
    Ok(())
}

async fn bad_days(r: &Room<'_>) -> Verdict {
    if let Some(verdict) = r.without_payouts().await {
        return verdict;
    }
    let want = CoreError::from(Reject::Validation { field: "range" });
    let ask = r.year(PayoutClass::Subsidy);
    for from in [ask.to.plus_days(1), ask.to.plus_months(-25)] {
        let got = r.core.payouts(&r.ctx(), &r.f.paid_cust, PayoutQuery { from, ..ask }).await;
        ensure(got.as_ref().err() == Some(&want), || format!("from {from}: {got:?}"))?;
    }
    Ok(())
}

async fn pension(r: &Room<'_>) -> Verdict {
    if let Some(verdict) = r.without_social_security().await {
        return verdict;
    }
    let pension = answered(r.core.pension(&r.ctx(), &r.f.pension_cust).await)?;
    let fits = pension.monthly > Fen::ZERO && (1..=31).contains(&pension.pay_day);
    ensure(fits && !pension.system.is_empty(), || format!("{pension:?}"))?;
    let in_order = pension.certified_on.zip(pension.certify_by).is_none_or(|(on, by)| on < by);
    ensure(in_order, || format!("{pension:?}"))?;
    let none = r.core.pension(&r.ctx(), &r.f.cust_no).await;
    ensure(none == Err(Reject::NotFound.into()), || format!("{none:?}"))
}

async fn medical(r: &Room<'_>) -> Verdict {
    if let Some(verdict) = r.without_social_security().await {
        return verdict;
    }
    let medical = answered(r.core.medical_account(&r.ctx(), &r.f.cust_no).await)?;
    let last = medical.lines.first().map(|l| l.balance_after);
    ensure(last == Some(medical.balance), || format!("{medical:?}"))?;
    ensure(medical.year_in > Fen::ZERO && medical.year_out >= Fen::ZERO, || {
        format!("{medical:?}")
    })?;
    let accounts = answered(r.core.accounts(&r.ctx(), &r.f.cust_no).await)?;
    let listed = accounts.iter().any(|a| a.label.contains("医保"));
    ensure(!listed, || "it is listed among the accounts".into())?;
    let none = r.core.medical_account(&r.ctx(), &r.f.pension_cust).await;
    ensure(none == Err(Reject::NotFound.into()), || format!("{none:?}"))
}

async fn contributions(r: &Room<'_>) -> Verdict {
    if let Some(verdict) = r.without_social_security().await {
        return verdict;
    }
    let all = answered(r.core.contributions(&r.ctx(), &r.f.paid_cust).await)?;
    ensure(all.len() >= 2, || format!("the fixture has {} contributions", all.len()))?;
    let years: BTreeSet<_> = all.iter().map(|c| (c.insurance, c.year)).collect();
    ensure(years.len() == all.len(), || format!("a year twice: {all:?}"))?;
    ensure(all.windows(2).all(|p| p[0].year >= p[1].year), || format!("{all:?}"))?;
    let named = |c: &crate::rural::Contribution| c.amount > Fen::ZERO && !c.place.is_empty();
    ensure(all.iter().all(named), || format!("{all:?}"))
}

async fn foreign(r: &Room<'_>) -> Verdict {
    if let Some(verdict) = r.without_social_security().await {
        return verdict;
    }
    let ctx = r.ctx_of(r.f.other_tenant);
    let no = CoreError::from(Reject::NotFound);
    for cust in [&r.f.paid_cust, &r.f.pension_cust, &r.f.cust_no] {
        let got = [
            r.core.pension(&ctx, cust).await.err(),
            r.core.medical_account(&ctx, cust).await.err(),
            r.core.social_card(&ctx, cust).await.err(),
        ];
        ensure(got.iter().all(|e| e.as_ref() == Some(&no)), || format!("{got:?}"))?;
        let told = answered(r.core.contributions(&ctx, cust).await)?;
        ensure(told.is_empty(), || format!("{told:?}"))?;
        if r.core.capabilities().payouts {
            let told = answered(r.core.payouts(&ctx, cust, r.year(PayoutClass::Subsidy)).await)?;
            ensure(told.iter().all(|p| p.share.is_none()), || format!("{told:?}"))?;
        }
    }
    Ok(())
}
