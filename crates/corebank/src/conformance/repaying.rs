//! Sentences about paying a loan back: what its trial told is what is done, once, and the schedule says so.

use super::till::Till;
use super::{Room, Sentence, Verdict, answered, ensure};
use crate::error::Reject;
use crate::loans::{Instalment, Loan};
use crate::money::{LoanPart, LoanTrial, LoanTrialAsk, Payee, Payment, Rail};
use crate::port::Ctx;
use base::Fen;

/// Principal that is paid ahead: less than the payer of the fixture has.
const AHEAD: Fen = Fen::of(10_000);

pub(super) const SENTENCES: &[Sentence] = &[
    ("a repayment's trial moves nothing and leaves what it says", |r| Box::pin(trial(r))),
    ("a repayment does what its trial told, once, and the schedule is written anew", |r| {
        Box::pin(done(r))
    }),
    ("another sum than a repayment's trial is refused, and the loan stays as it is", |r| {
        Box::pin(other_sum(r))
    }),
    ("what is no loan is not paid back", |r| Box::pin(no_loan(r))),
];

/// A loan of which nothing is late, where the core lets a channel pay back.
struct Debt<'a> {
    till: Till<'a>,
    r: &'a Room<'a>,
    loan: Loan,
}

impl<'a> Debt<'a> {
    async fn open(r: &'a Room<'a>) -> Result<Option<Self>, String> {
        let Some(till) = Till::open(r)?.filter(|_| r.core.capabilities().loans) else {
            return Ok(None);
        };
        let mut loans = answered(r.core.loans(&r.ctx(), &r.f.borrower).await)?;
        loans.retain(|l| l.late.is_none() && l.outstanding > AHEAD);
        let loan = loans.into_iter().next().ok_or("the fixture's borrower is late")?;
        let debt = Self { till, r, loan };
        match debt.ask(AHEAD).await {
            Err(crate::CoreError::Rejected(Reject::Unsupported)) => Ok(None),
            told => answered(told).map(|_| Some(debt)),
        }
    }
    async fn ask(&self, ahead: Fen) -> Result<LoanTrial, crate::CoreError> {
        let account = self.loan.account.clone();
        let ask = LoanTrialAsk { account, part: LoanPart::Part, ahead };
        self.till.m.loan_trial(&self.r.ctx(), &ask).await
    }
    fn payment(&self, amount: Fen) -> Payment {
        let account = self.loan.account.clone();
        Payment {
            payer: self.till.f.payer.clone(),
            payee: Payee::Loan { account, part: LoanPart::Part, ahead: AHEAD },
            amount,
            fee: Fen::ZERO,
            rail: Rail::Book,
            purpose: String::new(),
            valid_until: self.r.f.clock.now().plus_ms(60_000),
        }
    }
    fn ctx(&self) -> Ctx {
        Ctx { request_id: Some(format!("L{}", self.r.f.random.hex(12))), ..self.r.ctx() }
    }
    /// The loan and its schedule as they are now.
    async fn now(&self) -> Result<(Loan, Vec<Instalment>), String> {
        let all = answered(self.r.core.loans(&self.r.ctx(), &self.r.f.borrower).await)?;
        let loan = all.into_iter().find(|l| l.account == self.loan.account);
        let loan = loan.ok_or("the loan is gone")?;
        let plan = answered(self.r.core.schedule(&self.r.ctx(), &loan.account).await)?;
        Ok((loan, plan))
    }
}

async fn trial(r: &Room<'_>) -> Verdict {
    let Some(d) = Debt::open(r).await? else { return Ok(()) };
    let before = d.now().await?;
    let told = answered(d.ask(AHEAD).await)?;
    let left = before.0.outstanding.checked_sub(AHEAD);
    ensure(told.principal == AHEAD && Some(told.left) == left, || format!("{told:?}"))?;
    ensure(told.penalty == Fen::ZERO && !told.saved.is_negative(), || format!("{told:?}"))?;
    for bad in [Fen::ZERO, before.0.outstanding] {
        let got = d.ask(bad).await;
        let want = Err(Reject::Validation { field: "ahead" }.into());
        ensure(got == want, || format!("{bad} ahead: {got:?}"))?;
    }
    let now = d.now().await?;
    ensure(now == before, || "a trial changed the loan".into())
}

async fn done(r: &Room<'_>) -> Verdict {
    let Some(d) = Debt::open(r).await? else { return Ok(()) };
    let (before, stand) = (d.now().await?, d.till.stand().await?);
    let told = answered(d.ask(AHEAD).await)?;
    let total = told.total().ok_or("too large")?;
    let (payment, ctx) = (d.payment(total), d.ctx());
    let first = answered(d.till.m.pay(&ctx, &payment).await)?;
    let id = ctx.request_id.clone().unwrap_or_default();
    let fits = first.is_final && first.echo.differs(&id, &payment).is_none();
    ensure(fits, || format!("{first:?}"))?;
    let now = d.now().await?;
    ensure(now.0.outstanding == told.left, || {
        format!("{} owed, not {}", now.0.outstanding, told.left)
    })?;
    ensure(now.0.next == told.next, || format!("{:?} next, not {:?}", now.0.next, told.next))?;
    let sum = |all: &[Instalment]| -> i64 { all.iter().map(|i| i.principal.fen()).sum() };
    ensure(sum(&now.1) == before.0.principal.fen(), || "the schedule does not add up".into())?;
    let paid = stand.available - d.till.stand().await?.available;
    ensure(paid == total.fen(), || format!("{paid} left the payer, not {total}"))?;
    let again = answered(d.till.m.pay(&ctx, &payment).await)?;
    ensure(again == first, || format!("again: {again:?}"))?;
    ensure(d.now().await? == now, || "paid twice".into())
}

async fn other_sum(r: &Room<'_>) -> Verdict {
    let Some(d) = Debt::open(r).await? else { return Ok(()) };
    let before = d.now().await?;
    let total = answered(d.ask(AHEAD).await)?.total().ok_or("too large")?;
    let more = Fen::of(total.fen() + 1);
    let (ctx, payment) = (d.ctx(), d.payment(more));
    for _ in 0..2 {
        let got = d.till.m.pay(&ctx, &payment).await;
        let want = Err(Reject::Validation { field: "amount" }.into());
        ensure(got == want, || format!("{got:?}"))?;
    }
    ensure(d.now().await? == before, || "the loan changed".into())
}

async fn no_loan(r: &Room<'_>) -> Verdict {
    let Some(d) = Debt::open(r).await? else { return Ok(()) };
    let account = d.till.f.payee.clone();
    let ask = LoanTrialAsk { account, part: LoanPart::Due, ahead: Fen::ZERO };
    let got = d.till.m.loan_trial(&d.r.ctx(), &ask).await;
    ensure(got == Err(Reject::NotFound.into()), || format!("{got:?}"))
}
