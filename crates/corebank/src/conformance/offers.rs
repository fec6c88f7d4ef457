//! Sentences about deposits on offer, and about the notice that is given of a withdrawal.

use super::till::Till;
use super::{Room, Sentence, Verdict, answered, ensure};
use crate::deposits::{DepositOffer, Notice, NoticeSet, NoticeWish, TermDeposit};
use crate::error::{CoreError, Reject};
use crate::model::{AccountKind, AccountRef};
use crate::money::{Payee, Payment, Rail, Undone, WithdrawalAsk, WithdrawalTrial};
use base::Fen;

pub(super) const SENTENCES: &[Sentence] = &[
    ("what is on offer can be told again, and nothing of it is gone by that", |r| {
        Box::pin(told(r))
    }),
    ("an offer that is not as told opens nothing and uses up nothing", |r| {
        Box::pin(not_as_told(r))
    }),
    ("notice is given once and taken back once, and is told with its deposit", |r| {
        Box::pin(notice(r))
    }),
    (
        "without its day a notice deposit bears the rate at call, and comes back when that is undone",
        |r| Box::pin(early(r)),
    ),
];

async fn offers<'a>(r: &'a Room<'a>) -> Result<Option<(Till<'a>, Vec<DepositOffer>)>, String> {
    let Some(till) = Till::open(r)?.filter(|_| r.core.capabilities().term_deposits) else {
        return Ok(None);
    };
    match till.m.deposit_offers(&r.ctx()).await {
        Err(CoreError::Rejected(Reject::Unsupported)) => Ok(None),
        told => answered(told).map(|all| Some((till, all))),
    }
}

async fn told(r: &Room<'_>) -> Verdict {
    let Some((till, all)) = offers(r).await? else { return Ok(()) };
    for one in &all {
        let is_sound = one.kind.is_notice() == one.months.is_none()
            && one.least > Fen::ZERO
            && one.left.is_none_or(|left| !left.is_negative())
            && all.iter().filter(|o| o.code == one.code).count() == 1;
        ensure(is_sound, || format!("{one:?}"))?;
    }
    let again = answered(till.m.deposit_offers(&r.ctx()).await)?;
    ensure(again == all, || format!("again: {again:?}"))
}

async fn not_as_told(r: &Room<'_>) -> Verdict {
    let Some((till, all)) = offers(r).await? else { return Ok(()) };
    let before = till.stand().await?;
    for offer in &all {
        let ends_on = offer.months.map(|m| till.today().plus_months(m));
        let payment = |code: &str, more_bp: i64, amount: Fen| Payment {
            payer: till.f.payer.clone(),
            payee: Payee::Offered {
                code: code.to_owned(),
                rate_bp: offer.rate_bp + more_bp,
                matures_on: ends_on,
            },
            amount,
            fee: Fen::ZERO,
            rail: Rail::Book,
            purpose: String::new(),
            valid_until: r.f.clock.now().plus_ms(60_000),
        };
        let much = Fen::of(before.available.max(offer.least.fen()) + 1);
        // What is sold out is told first where it is.
        let has_much = offer.left.is_none_or(|left| left >= much);
        let no_money = if has_much { Reject::InsufficientFunds } else { Reject::SoldOut };
        for (payment, want) in [
            (payment(&offer.code, 1, offer.least), Reject::NotEligible),
            (payment("nobodys-offer", 0, offer.least), Reject::NotEligible),
            (
                payment(&offer.code, 0, Fen::of(offer.least.fen() - 1)),
                Reject::Validation { field: "amount" },
            ),
            (payment(&offer.code, 0, much), no_money),
        ] {
            let id = till.fresh_id();
            for _ in 0..2 {
                let got = till.m.pay(&till.command(&id), &payment).await;
                ensure(got == Err(want.clone().into()), || format!("{got:?}, not {want}"))?;
            }
        }
    }
    let after = answered(till.m.deposit_offers(&r.ctx()).await)?;
    ensure(after == all, || format!("something is gone: {after:?}"))?;
    ensure(till.stand().await? == before, || "something moved".into())
}

/// A notice deposit of the fixture's saver's with no notice given; `None` where the core takes none.
async fn held(r: &Room<'_>) -> Result<Option<TermDeposit>, String> {
    if !r.core.capabilities().term_deposits {
        return Ok(None);
    }
    let all = answered(r.core.term_deposits(&r.ctx(), &r.f.saver).await)?;
    let Some(found) = all.into_iter().find(|d| d.kind.is_notice()) else { return Ok(None) };
    let asked = r.core.set_notice(&r.ctx(), &found.account, NoticeWish::TakeBack).await;
    let lacks = asked == Err(Reject::Unsupported.into());
    ensure(lacks || found.notice.is_none(), || "the saver's notice is given already".into())?;
    Ok(Some(found).filter(|_| !lacks))
}

impl Room<'_> {
    async fn tell(
        &self,
        id: &str,
        account: &AccountRef,
        wish: NoticeWish,
    ) -> Result<NoticeSet, CoreError> {
        let ctx = crate::Ctx { request_id: Some(id.to_owned()), ..self.ctx() };
        self.core.set_notice(&ctx, account, wish).await
    }
    async fn noticed(&self, account: &AccountRef) -> Result<Option<Notice>, String> {
        let all = answered(self.core.term_deposits(&self.ctx(), &self.f.saver).await)?;
        Ok(all.into_iter().find(|d| d.account == *account).and_then(|d| d.notice))
    }
}

async fn notice(r: &Room<'_>) -> Verdict {
    let Some(deposit) = held(r).await? else { return Ok(()) };
    let (account, all) = (&deposit.account, NoticeWish::Give { amount: None });
    let no_id = r.core.set_notice(&r.ctx(), account, all).await;
    let want = Err(Reject::Validation { field: "request_id" }.into());
    ensure(no_id == want, || format!("without an id: {no_id:?}"))?;
    let much = NoticeWish::Give { amount: Some(Fen::of(deposit.principal.fen() + 1)) };
    let got = r.tell("conformance-notice-0", account, much).await;
    let want = Err(Reject::Validation { field: "amount" }.into());
    ensure(got == want, || format!("more than there is: {got:?}"))?;
    let first = answered(r.tell("conformance-notice-1", account, all).await)?;
    let today = crate::Day::at(r.f.clock.now());
    let due_on = today.plus_days(deposit.kind.notice_days());
    let as_told = Notice { amount: deposit.principal, given_on: today, due_on };
    ensure(first.notice == as_told && !first.is_repeat, || format!("{first:?}"))?;
    let is = r.noticed(account).await?;
    ensure(is == Some(as_told), || format!("told with {is:?}"))?;
    let again = answered(r.tell("conformance-notice-1", account, all).await)?;
    ensure(again == NoticeSet { is_repeat: true, ..first }, || format!("again: {again:?}"))?;
    for (id, wish, want) in [
        ("conformance-notice-1", NoticeWish::TakeBack, Reject::PayloadMismatch),
        ("conformance-notice-2", all, Reject::NotEligible),
    ] {
        let got = r.tell(id, account, wish).await;
        ensure(got == Err(want.clone().into()), || format!("{got:?}, not {want}"))?;
    }
    let back = answered(r.tell("conformance-notice-3", account, NoticeWish::TakeBack).await)?;
    ensure(back.notice == as_told && !back.is_repeat, || format!("{back:?}"))?;
    let again = answered(r.tell("conformance-notice-3", account, NoticeWish::TakeBack).await)?;
    ensure(again == NoticeSet { is_repeat: true, ..back }, || format!("again: {again:?}"))?;
    let is = r.noticed(account).await?;
    ensure(is.is_none(), || format!("taken back, and told with {is:?}"))?;
    let got = r.tell("conformance-notice-4", account, NoticeWish::TakeBack).await;
    ensure(got == Err(Reject::NotFound.into()), || format!("nothing to take back: {got:?}"))
}

async fn early(r: &Room<'_>) -> Verdict {
    let Some((till, _)) = offers(r).await? else { return Ok(()) };
    let Some(deposit) = held(r).await? else { return Ok(()) };
    let account = &deposit.account;
    let own = answered(r.core.accounts(&r.ctx(), &r.f.saver).await)?;
    let into = own.into_iter().find(|a| a.kind == AccountKind::Debit);
    let into = into.ok_or("the saver has no card")?.id;
    let all = NoticeWish::Give { amount: None };
    let set = answered(r.tell("conformance-notice-5", account, all).await)?;
    let ask = WithdrawalAsk { account: account.clone(), amount: None };
    let trial: WithdrawalTrial = answered(till.m.withdrawal_trial(&r.ctx(), &ask).await)?;
    let is_early = (trial.amount, trial.left) == (deposit.principal, Fen::ZERO)
        && (trial.at_own, trial.rate_bp) == (Fen::ZERO, deposit.today_rate_bp)
        && (trial.interest, trial.matures_on) == (deposit.today, set.notice.due_on);
    ensure(is_early, || format!("{trial:?}"))?;
    let payment = Payment {
        payer: account.clone(),
        payee: Payee::Withdrawal { account: into, interest: trial.interest },
        amount: trial.amount,
        fee: Fen::ZERO,
        rail: Rail::Book,
        purpose: String::new(),
        valid_until: r.f.clock.now().plus_ms(60_000),
    };
    let id = till.fresh_id();
    answered(till.m.pay(&till.command(&id), &payment).await)?;
    ensure(r.noticed(account).await?.is_none(), || "it is still there".into())?;
    let undo = till.command(&till.fresh_id());
    let got = answered(till.m.reverse(&undo, &till.reversal(&id, "timeout")).await)?;
    ensure(matches!(got, Undone::Reversed { .. }), || format!("{got:?}"))?;
    let is = r.noticed(account).await?;
    ensure(is == Some(set.notice), || format!("its notice is {is:?}"))?;
    answered(r.tell("conformance-notice-6", account, NoticeWish::TakeBack).await)?;
    let now = answered(r.core.term_deposits(&r.ctx(), &r.f.saver).await)?;
    let now = now.into_iter().find(|d| d.account == *account);
    ensure(now.as_ref() == Some(&deposit), || format!("it is {now:?}"))
}
