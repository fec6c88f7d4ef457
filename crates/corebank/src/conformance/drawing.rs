//! Sentences about loans drawn under a credit line: what was told is what is drawn, once, and nothing else.

use super::till::Till;
use super::{Room, Sentence, Verdict, answered, ensure};
use crate::error::{CoreError, Reject};
use crate::loans::{CreditLine, Loan};
use crate::model::{AccountKind, AccountRef, AccountState};
use crate::money::{DrawAsk, DrawTrial, Fate, Paid, Payee, Payment, Rail};
use base::Fen;

const MONTHS: i64 = 6;

pub(super) const SENTENCES: &[Sentence] = &[
    ("a draw's trial lends nothing and says what there is", |r| Box::pin(trial(r))),
    ("a loan is drawn once, as its trial told, and its fate names it", |r| Box::pin(drawn(r))),
    ("another rate, another day or too much draws nothing", |r| Box::pin(not_as_told(r))),
    ("nobody else gets what is drawn under a line", |r| Box::pin(not_elsewhere(r))),
];

/// The fixture's borrower, where the core lends by a channel.
struct Line<'a> {
    till: Till<'a>,
    r: &'a Room<'a>,
    account: AccountRef,
}

impl<'a> Line<'a> {
    async fn open(r: &'a Room<'a>) -> Result<Option<Self>, String> {
        let Some(till) = Till::open(r)?.filter(|_| r.core.capabilities().credit_lines) else {
            return Ok(None);
        };
        let accounts = answered(r.core.accounts(&r.ctx(), &r.f.borrower).await)?;
        let is_fit = |a: &&crate::model::Account| {
            a.kind == AccountKind::Debit && a.state == AccountState::Active
        };
        let account = accounts.iter().find(is_fit).ok_or("the borrower has no card")?.id.clone();
        Ok(Some(Self { till, r, account }))
    }
    async fn lines(&self) -> Result<Vec<CreditLine>, String> {
        answered(self.r.core.credit_lines(&self.r.ctx(), &self.r.f.borrower).await)
    }
    async fn line(&self) -> Result<CreditLine, String> {
        let found = self.lines().await?.into_iter().find(|l| l.room >= l.least);
        found.ok_or_else(|| "the fixture's borrower has no line with room".into())
    }
    async fn loans(&self) -> Result<Vec<Loan>, String> {
        answered(self.r.core.loans(&self.r.ctx(), &self.r.f.borrower).await)
    }
    async fn has(&self) -> Result<i64, String> {
        let balance = self.r.core.balance(&self.r.ctx(), &self.account).await;
        Ok(answered(balance)?.posted.fen())
    }
    async fn ask(&self, line: &CreditLine, amount: Fen) -> Result<DrawTrial, CoreError> {
        let method = line.methods[0];
        let ask = DrawAsk { line: line.account.clone(), amount, months: MONTHS, method };
        self.till.m.draw_trial(&self.r.ctx(), &ask).await
    }
    fn draw(&self, line: &CreditLine, amount: Fen, told: &DrawTrial) -> Payment {
        Payment {
            payer: line.account.clone(),
            payee: Payee::Draw {
                account: self.account.clone(),
                months: MONTHS,
                rate_bp: told.rate_bp,
                method: line.methods[0],
                ends_on: told.ends_on,
            },
            amount,
            fee: Fen::ZERO,
            rail: Rail::Book,
            purpose: String::new(),
            valid_until: self.r.f.clock.now().plus_ms(60_000),
        }
    }
    async fn pay(&self, id: &str, payment: &Payment) -> Result<Paid, CoreError> {
        self.till.m.pay(&self.till.command(id), payment).await
    }
}

async fn trial(r: &Room<'_>) -> Verdict {
    let Some(l) = Line::open(r).await? else { return Ok(()) };
    let (line, before) = (l.line().await?, (l.lines().await?, l.loans().await?));
    let told = answered(l.ask(&line, line.least).await)?;
    let is_told = told.rate_bp == line.rate_bp
        && told.ends_on == l.till.today().plus_months(MONTHS)
        && told.left.checked_add(line.least) == Some(line.room)
        && told.day_interest <= told.interest;
    ensure(is_told, || format!("{told:?}"))?;
    let more = Fen::of(line.room.fen() + 1);
    let got = l.ask(&line, more).await;
    ensure(got == Err(Reject::LimitExceeded.into()), || format!("{got:?}"))?;
    let got = l.ask(&line, Fen::of(line.least.fen() - 1)).await;
    let want = Err(Reject::Validation { field: "amount" }.into());
    ensure(got == want, || format!("{got:?}"))?;
    ensure((l.lines().await?, l.loans().await?) == before, || "a trial changed something".into())
}

async fn drawn(r: &Room<'_>) -> Verdict {
    let Some(l) = Line::open(r).await? else { return Ok(()) };
    let (line, loans, had) = (l.line().await?, l.loans().await?, l.has().await?);
    let amount = line.least;
    let told = answered(l.ask(&line, amount).await)?;
    let (id, payment) = (l.till.fresh_id(), l.draw(&line, amount, &told));
    let first = answered(l.pay(&id, &payment).await)?;
    let fits = first.is_final && first.echo.differs(&id, &payment).is_none();
    ensure(fits && first.available == Some(told.left), || format!("{first:?}"))?;
    let new = first.opened.clone().ok_or("it does not say which loan it opened")?;
    let now = l.loans().await?;
    let loan = now.iter().find(|l| l.account == new.account).ok_or("there is no such loan")?;
    let is_as_told = loan.principal == amount
        && loan.outstanding == amount
        && (loan.rate_bp, loan.ends_on) == (told.rate_bp, told.ends_on)
        && (loan.method, loan.months) == (line.methods[0], MONTHS)
        && loan.next == Some(told.first)
        && loan.tail == new.tail;
    ensure(is_as_told && now.len() == loans.len() + 1, || format!("{loan:?}"))?;
    let again = answered(l.pay(&id, &payment).await)?;
    ensure(again == first, || format!("again: {again:?}"))?;
    ensure(l.has().await? - had == amount.fen(), || "it did not come once".into())?;
    let after = l.lines().await?;
    let after = after.iter().find(|a| a.account == line.account).ok_or("the line is gone")?;
    ensure(after.room == told.left, || format!("{after:?}"))?;
    match l.till.fate(&id, true).await? {
        Fate::Posted(paid) => ensure(paid == first, || format!("told as {paid:?}")),
        fate => Err(format!("{fate:?}")),
    }
}

async fn not_as_told(r: &Room<'_>) -> Verdict {
    let Some(l) = Line::open(r).await? else { return Ok(()) };
    let (line, loans, had) = (l.line().await?, l.loans().await?, l.has().await?);
    let told = answered(l.ask(&line, line.least).await)?;
    let rate = DrawTrial { rate_bp: told.rate_bp - 1, ..told };
    let day = DrawTrial { ends_on: told.ends_on.plus_days(1), ..told };
    let more = Fen::of(line.room.fen() + 1);
    for (payment, want) in [
        (l.draw(&line, line.least, &rate), Reject::NotEligible),
        (l.draw(&line, line.least, &day), Reject::NotEligible),
        (l.draw(&line, more, &told), Reject::LimitExceeded),
        (
            Payment { fee: Fen::of(1), ..l.draw(&line, line.least, &told) },
            Reject::Validation { field: "fee" },
        ),
    ] {
        let id = l.till.fresh_id();
        for _ in 0..2 {
            let got = l.pay(&id, &payment).await;
            ensure(got == Err(want.clone().into()), || format!("{got:?}, not {want}"))?;
        }
    }
    ensure((l.loans().await?, l.has().await?) == (loans, had), || "something was drawn".into())
}

async fn not_elsewhere(r: &Room<'_>) -> Verdict {
    let Some(l) = Line::open(r).await? else { return Ok(()) };
    let (line, loans) = (l.line().await?, l.loans().await?);
    let told = answered(l.ask(&line, line.least).await)?;
    let other = Line { account: l.till.f.payer.clone(), ..l };
    let payment = other.draw(&line, line.least, &told);
    let got = other.pay(&other.till.fresh_id(), &payment).await;
    ensure(got == Err(Reject::PayeeMismatch.into()), || format!("{got:?}"))?;
    // Nor is a line an account that pays.
    let payee = Payee::Here { account: other.till.f.payee.clone() };
    let got = other.pay(&other.till.fresh_id(), &Payment { payee, ..payment }).await;
    ensure(got == Err(Reject::NotFound.into()), || format!("{got:?}"))?;
    ensure(other.loans().await? == loans, || "something was drawn".into())
}
