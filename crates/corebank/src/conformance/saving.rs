//! Sentences about time deposits by a channel: what was told is what is opened or taken out, once, and nothing else.

use super::till::Till;
use super::{Room, Sentence, Verdict, answered, ensure};
use crate::deposits::{Renewal, TermDeposit};
use crate::error::{CoreError, Reject};
use crate::model::AccountRef;
use crate::money::{
    DepositAsk, DepositQuote, Fate, Paid, Payee, Payment, Rail, Undone, WithdrawalAsk,
    WithdrawalTrial,
};
use base::Fen;

/// What is put into a deposit, and what is taken out of it; every bank has a year's.
const AMOUNT: Fen = Fen::of(20_000);
const PART: Fen = Fen::of(7_000);
const MONTHS: i64 = 12;

pub(super) const SENTENCES: &[Sentence] = &[
    ("a deposit's quote opens nothing and says what there is", |r| Box::pin(quote(r))),
    ("a deposit is opened once, as its quote told, and its fate names it", |r| Box::pin(opened(r))),
    ("another rate, another day or too little opens nothing", |r| Box::pin(not_as_told(r))),
    ("a deposit and its undoing leave everything as it was", |r| Box::pin(undone(r))),
    ("a part is taken out of a deposit once, as its trial told, and the rest runs on", |r| {
        Box::pin(part(r))
    }),
    ("a deposit that is taken out whole is gone, and comes back when that is undone", |r| {
        Box::pin(whole(r))
    }),
    ("nobody else gets what is taken out of a deposit", |r| Box::pin(not_elsewhere(r))),
];

/// A payer where the core opens deposits by a channel.
struct Saver<'a> {
    till: Till<'a>,
    r: &'a Room<'a>,
}

impl<'a> Saver<'a> {
    async fn open(r: &'a Room<'a>) -> Result<Option<Self>, String> {
        let Some(till) = Till::open(r)?.filter(|_| r.core.capabilities().term_deposits) else {
            return Ok(None);
        };
        let saver = Self { till, r };
        match saver.quote().await {
            Err(CoreError::Rejected(Reject::Unsupported)) => Ok(None),
            told => answered(told).map(|_| Some(saver)),
        }
    }
    async fn quote(&self) -> Result<DepositQuote, CoreError> {
        let ask = DepositAsk { amount: AMOUNT, months: MONTHS };
        self.till.m.deposit_quote(&self.r.ctx(), &ask).await
    }
    async fn trial(
        &self,
        account: &AccountRef,
        amount: Option<Fen>,
    ) -> Result<WithdrawalTrial, CoreError> {
        let ask = WithdrawalAsk { account: account.clone(), amount };
        self.till.m.withdrawal_trial(&self.r.ctx(), &ask).await
    }
    fn payment(&self, payer: &AccountRef, payee: Payee, amount: Fen) -> Payment {
        Payment {
            payer: payer.clone(),
            payee,
            amount,
            fee: Fen::ZERO,
            rail: Rail::Book,
            purpose: String::new(),
            valid_until: self.r.f.clock.now().plus_ms(60_000),
        }
    }
    fn opening(&self, told: &DepositQuote) -> Payment {
        let payee = Payee::Deposit {
            months: MONTHS,
            rate_bp: told.rate_bp,
            matures_on: told.matures_on,
            renewal: Renewal::SameTerm,
        };
        self.payment(&self.till.f.payer, payee, AMOUNT)
    }
    fn taking(&self, deposit: &AccountRef, told: &WithdrawalTrial) -> Payment {
        let account = self.till.f.payer.clone();
        let payee = Payee::Withdrawal { account, interest: told.interest };
        self.payment(deposit, payee, told.amount)
    }
    async fn pay(&self, id: &str, payment: &Payment) -> Result<Paid, CoreError> {
        self.till.m.pay(&self.till.command(id), payment).await
    }
    async fn undo(&self, original: &str) -> Result<Undone, String> {
        let ctx = self.till.command(&self.till.fresh_id());
        answered(self.till.m.reverse(&ctx, &self.till.reversal(original, "timeout")).await)
    }
    /// What the customer has: deposits, and the account at call.
    async fn stand(&self) -> Result<(Vec<TermDeposit>, i64), String> {
        let all = answered(self.r.core.term_deposits(&self.r.ctx(), &self.r.f.cust_no).await)?;
        Ok((all, self.till.stand().await?.available))
    }
    async fn deposit(&self, account: &AccountRef) -> Result<Option<TermDeposit>, String> {
        Ok(self.stand().await?.0.into_iter().find(|d| d.account == *account))
    }
    /// Opens one; its account.
    async fn save(&self) -> Result<(String, AccountRef), String> {
        let (told, id) = (answered(self.quote().await)?, self.till.fresh_id());
        let paid = answered(self.pay(&id, &self.opening(&told)).await)?;
        let opened = paid.opened.ok_or("nothing was opened")?;
        Ok((id, opened.account))
    }
}

async fn quote(r: &Room<'_>) -> Verdict {
    let Some(s) = Saver::open(r).await? else { return Ok(()) };
    let before = s.stand().await?;
    let told = answered(s.quote().await)?;
    let interest = crate::deposits::at_maturity(AMOUNT, told.rate_bp, MONTHS);
    ensure(Some(told.interest) == interest, || format!("{told:?}"))?;
    ensure(told.matures_on == s.till.today().plus_months(MONTHS), || format!("{told:?}"))?;
    for (amount, months, field) in [(AMOUNT, 7, "months"), (Fen::ZERO, MONTHS, "amount")] {
        let got = s.till.m.deposit_quote(&s.r.ctx(), &DepositAsk { amount, months }).await;
        ensure(got == Err(Reject::Validation { field }.into()), || format!("{got:?}"))?;
    }
    ensure(s.stand().await? == before, || "a quote changed something".into())
}

async fn opened(r: &Room<'_>) -> Verdict {
    let Some(s) = Saver::open(r).await? else { return Ok(()) };
    let before = s.stand().await?;
    let (told, id) = (answered(s.quote().await)?, s.till.fresh_id());
    let payment = s.opening(&told);
    let first = answered(s.pay(&id, &payment).await)?;
    let fits = first.is_final && first.echo.differs(&id, &payment).is_none();
    ensure(fits, || format!("{first:?}"))?;
    let new = first.opened.clone().ok_or("it does not say what it opened")?;
    let deposit = s.deposit(&new.account).await?.ok_or("there is no such deposit")?;
    let is_as_told = deposit.principal == AMOUNT
        && (deposit.rate_bp, deposit.matures_on) == (told.rate_bp, Some(told.matures_on))
        && (deposit.interest, deposit.renewal) == (told.interest, Renewal::SameTerm)
        && deposit.tail == new.tail;
    ensure(is_as_told, || format!("{deposit:?}"))?;
    let again = answered(s.pay(&id, &payment).await)?;
    ensure(again == first, || format!("again: {again:?}"))?;
    let (all, left) = s.stand().await?;
    ensure(all.len() == before.0.len() + 1, || format!("{} deposits", all.len()))?;
    ensure(before.1 - left == AMOUNT.fen(), || format!("{left} left of {}", before.1))?;
    match s.till.fate(&id, true).await? {
        Fate::Posted(paid) => ensure(paid == first, || format!("told as {paid:?}")),
        fate => Err(format!("{fate:?}")),
    }
}

async fn not_as_told(r: &Room<'_>) -> Verdict {
    let Some(s) = Saver::open(r).await? else { return Ok(()) };
    let before = s.stand().await?;
    let told = answered(s.quote().await)?;
    let rate = DepositQuote { rate_bp: told.rate_bp + 1, ..told };
    let day = DepositQuote { matures_on: told.matures_on.plus_days(1), ..told };
    let little = Payment { amount: Fen::of(told.least.fen() - 1), ..s.opening(&told) };
    for (payment, want) in [
        (s.opening(&rate), Reject::NotEligible),
        (s.opening(&day), Reject::NotEligible),
        (little, Reject::Validation { field: "amount" }),
        (Payment { fee: Fen::of(1), ..s.opening(&told) }, Reject::Validation { field: "fee" }),
    ] {
        let id = s.till.fresh_id();
        for _ in 0..2 {
            let got = s.pay(&id, &payment).await;
            ensure(got == Err(want.clone().into()), || format!("{got:?}, not {want}"))?;
        }
    }
    let much = Payment { amount: Fen::of(before.1 + 1), ..s.opening(&told) };
    let got = s.pay(&s.till.fresh_id(), &much).await;
    ensure(got == Err(Reject::InsufficientFunds.into()), || format!("{got:?}"))?;
    ensure(s.stand().await? == before, || "something was opened".into())
}

async fn undone(r: &Room<'_>) -> Verdict {
    let Some(s) = Saver::open(r).await? else { return Ok(()) };
    let before = s.stand().await?;
    let (id, account) = s.save().await?;
    let got = s.undo(&id).await?;
    ensure(matches!(got, Undone::Reversed { .. }), || format!("{got:?}"))?;
    ensure(s.stand().await? == before, || "it is not as it was".into())?;
    let gone = s.trial(&account, None).await;
    ensure(gone == Err(Reject::NotFound.into()), || format!("{gone:?}"))
}

async fn part(r: &Room<'_>) -> Verdict {
    let Some(s) = Saver::open(r).await? else { return Ok(()) };
    let (opening, account) = s.save().await?;
    let (was, before) = (s.deposit(&account).await?.ok_or("no deposit")?, s.stand().await?.1);
    let told = answered(s.trial(&account, Some(PART)).await)?;
    let left = AMOUNT.checked_sub(PART).ok_or("no rest")?;
    ensure((told.amount, told.left) == (PART, left), || format!("{told:?}"))?;
    ensure(s.deposit(&account).await?.as_ref() == Some(&was), || "a trial took something".into())?;
    let other = WithdrawalTrial { interest: Fen::of(told.interest.fen() + 1), ..told };
    let got = s.pay(&s.till.fresh_id(), &s.taking(&account, &other)).await;
    ensure(got == Err(Reject::NotEligible.into()), || format!("{got:?}"))?;
    let (id, payment) = (s.till.fresh_id(), s.taking(&account, &told));
    let first = answered(s.pay(&id, &payment).await)?;
    ensure(first.echo.differs(&id, &payment).is_none(), || format!("{first:?}"))?;
    ensure(first.available == Some(left), || format!("{:?} left", first.available))?;
    let again = answered(s.pay(&id, &payment).await)?;
    ensure(again == first, || format!("again: {again:?}"))?;
    let now = s.deposit(&account).await?.ok_or("the rest is gone")?;
    let runs_on =
        now.principal == left && (now.rate_bp, now.matures_on) == (was.rate_bp, was.matures_on);
    ensure(runs_on, || format!("{now:?}"))?;
    let came = s.stand().await?.1 - before;
    ensure(came == PART.fen() + told.interest.fen(), || format!("{came} came"))?;
    // What was taken out of it since is not taken back by undoing its opening.
    let got = s.undo(&opening).await?;
    ensure(got == Undone::Refused(Reject::NotEligible), || format!("{got:?}"))
}

async fn whole(r: &Room<'_>) -> Verdict {
    let Some(s) = Saver::open(r).await? else { return Ok(()) };
    let (_, account) = s.save().await?;
    let (was, before) = (s.deposit(&account).await?, s.stand().await?.1);
    let little = s.trial(&account, Some(Fen::of(AMOUNT.fen() - 1))).await;
    ensure(little == Err(Reject::NotEligible.into()), || format!("{little:?}"))?;
    let much = s.trial(&account, Some(Fen::of(AMOUNT.fen() + 1))).await;
    let want = Err(Reject::Validation { field: "amount" }.into());
    ensure(much == want, || format!("{much:?}"))?;
    let told = answered(s.trial(&account, None).await)?;
    let id = s.till.fresh_id();
    answered(s.pay(&id, &s.taking(&account, &told)).await)?;
    ensure(s.deposit(&account).await?.is_none(), || "it is still there".into())?;
    let came = s.stand().await?.1 - before;
    ensure(came == AMOUNT.fen() + told.interest.fen(), || format!("{came} came"))?;
    let got = s.undo(&id).await?;
    ensure(matches!(got, Undone::Reversed { .. }), || format!("{got:?}"))?;
    ensure(s.deposit(&account).await? == was, || "it did not come back".into())?;
    ensure(s.stand().await?.1 == before, || "the payer is not as before".into())
}

async fn not_elsewhere(r: &Room<'_>) -> Verdict {
    let Some(s) = Saver::open(r).await? else { return Ok(()) };
    let (_, account) = s.save().await?;
    let before = s.stand().await?;
    let told = answered(s.trial(&account, None).await)?;
    let payee = Payee::Withdrawal { account: s.till.f.payee.clone(), interest: told.interest };
    let got = s.pay(&s.till.fresh_id(), &s.payment(&account, payee, told.amount)).await;
    ensure(got == Err(Reject::PayeeMismatch.into()), || format!("{got:?}"))?;
    let plain = Payee::Here { account: s.till.f.payee.clone() };
    let got = s.pay(&s.till.fresh_id(), &s.payment(&account, plain, told.amount)).await;
    let want = Err(Reject::Validation { field: "account" }.into());
    ensure(got == want, || format!("{got:?}"))?;
    ensure(s.stand().await? == before, || "something moved".into())
}
