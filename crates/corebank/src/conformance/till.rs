//! Commands as the sentences try them: each made ready, sent as often as wanted, and weighed by the ledger.

use super::acts::{AHEAD, AMOUNT, Act, Became, Came, LOWER, REST, Ready, Stand};
use super::{MoneyFixture, Room, answered};
use crate::bills::BillAsk;
use crate::controls::ControlWish;
use crate::day::Day;
use crate::deposits::Renewal;
use crate::error::{CoreError, Reject};
use crate::facts::{Limit, LimitOn};
use crate::gifts::{GiftFate, GiftQuery, PointGift};
use crate::loans::Loan;
use crate::model::{AccountRef, AccountState, StateWish};
use crate::money::{
    DepositAsk, Fate, HoldAsk, HoldState, LoanPart, LoanTrialAsk, Money, Payee, Payment, Query,
    QuoteAsk, Rail, Reversal, Undone, WithdrawalAsk,
};
use crate::port::Ctx;
use base::Fen;
use std::pin::Pin;
use std::task::Poll;

/// How long commands are good.
pub(super) const GOOD_MS: i64 = 60_000;
pub(super) const HELD_MS: i64 = 3_600_000;
/// Term of the deposits that are opened; every bank has a year's.
const MONTHS: i64 = 12;

/// Where money is tried.
#[derive(Clone, Copy)]
pub(super) struct Till<'a> {
    pub(super) r: &'a Room<'a>,
    pub(super) m: &'a dyn Money,
    pub(super) f: &'a MoneyFixture,
}

impl<'a> Till<'a> {
    /// `None` where the core moves no money.
    pub(super) fn open(r: &'a Room<'a>) -> Result<Option<Self>, String> {
        match (r.core.money(), r.core.capabilities().money, &r.f.money) {
            (Some(m), true, Some(f)) => Ok(Some(Self { r, m, f })),
            (None, false, _) => Ok(None),
            _ => Err("what it can do, what it has and what the fixture brings do not fit".into()),
        }
    }

    /// Those of `acts` that this core can do; they count as tried.
    pub(super) async fn can(&self, acts: &[Act]) -> Result<Vec<Act>, String> {
        let mut able = Vec::new();
        for act in acts {
            if self.is_able(*act).await? {
                able.push(*act);
            }
        }
        self.r.note(&able);
        Ok(able)
    }

    async fn is_able(&self, act: Act) -> Result<bool, String> {
        let can = self.r.core.capabilities();
        let has = match act {
            Act::PayHere => true,
            Act::PayElsewhere => can.interbank,
            Act::Bill => self.r.f.bills.is_some() && self.r.core.bill_desk().is_some(),
            Act::Repay => can.loans,
            Act::Deposit | Act::Withdrawal => can.term_deposits,
            Act::Cash => can.cash,
            Act::Hold | Act::Commit | Act::Void => can.holds,
            Act::Reverse => can.reverse_by_request_id,
            Act::Stop => can.card_state,
            Act::Limit => can.controls && can.account_facts,
            Act::Gift => can.gifts && self.r.f.project.is_some(),
        };
        // These have no flag of their own: a core may know loans and deposits, and let no channel move them.
        let is_offered = match act {
            Act::Repay if has => self.repayment().await,
            Act::Deposit | Act::Withdrawal if has => self.opening().await,
            Act::Limit if has => return Ok(self.limit().await?.most_day.is_some()),
            _ => return Ok(has),
        };
        match is_offered {
            Err(CoreError::Rejected(Reject::Unsupported)) => Ok(false),
            told => answered(told).map(|_| true),
        }
    }

    pub(super) fn today(&self) -> Day {
        Day::at(self.r.f.clock.now())
    }
    pub(super) fn fresh_id(&self) -> String {
        format!("conformance-{}", self.r.f.random.hex(8))
    }
    pub(super) fn command(&self, id: &str) -> Ctx {
        let channel = Some((format!("serial-{id}"), self.today()));
        Ctx { request_id: Some(id.to_owned()), channel, ..self.about() }
    }
    /// A question about the payer's account.
    pub(super) fn about(&self) -> Ctx {
        Ctx { account: Some(self.f.payer.clone()), ..self.r.ctx() }
    }

    /// What the payer and the payee have.
    pub(super) async fn stand(&self) -> Result<Stand, String> {
        let of = async |account: &AccountRef| {
            answered(self.r.core.balance(&self.r.ctx(), account).await)
        };
        let (payer, payee) = (of(&self.f.payer).await?, of(&self.f.payee).await?);
        Ok(Stand {
            posted: payer.posted.fen(),
            available: payer.available.fen(),
            payee: payee.posted.fen(),
            more: 0,
        })
    }

    /// The same, and what else a command changes.
    pub(super) async fn stand_of(&self, act: Act) -> Result<Stand, String> {
        let (core, ctx, f) = (self.r.core, self.r.ctx(), self.r.f);
        let mut stand = self.stand().await?;
        stand.more = match act {
            Act::Repay => self.loan().await?.outstanding.fen(),
            Act::Deposit | Act::Withdrawal => {
                let all = answered(core.term_deposits(&ctx, &f.cust_no).await)?;
                i64::try_from(all.len()).map_err(|e| e.to_string())?
            }
            Act::Stop => {
                let balance = answered(core.balance(&ctx, &f.account).await)?;
                // Of what is locked nothing is available.
                stand.available = 0;
                i64::from(balance.state == AccountState::Locked)
            }
            Act::Limit => self.limit().await?.day.unwrap_or(Fen::ZERO).fen(),
            Act::Gift => answered(core.points(&ctx, &f.card).await)?.total,
            _ => 0,
        };
        Ok(stand)
    }

    /// A loan of the fixture's borrower of which nothing is late.
    async fn loan(&self) -> Result<Loan, String> {
        let mut loans = answered(self.r.core.loans(&self.r.ctx(), &self.r.f.borrower).await)?;
        loans.retain(|l| l.late.is_none() && l.outstanding > AHEAD);
        loans.into_iter().next().ok_or_else(|| "the fixture's borrower is late".into())
    }
    async fn limit(&self) -> Result<Limit, String> {
        let all = answered(self.r.core.limits(&self.r.ctx(), &self.r.f.account).await)?;
        let found = all.into_iter().find(|l| l.on == LimitOn::Transfer);
        found.ok_or_else(|| "no limit on transfers".into())
    }

    /// What is paid by the book, without a fee.
    fn booked(&self, payer: AccountRef, payee: Payee, amount: Fen) -> Payment {
        Payment {
            payer,
            payee,
            amount,
            fee: Fen::ZERO,
            rail: Rail::Book,
            purpose: String::new(),
            valid_until: self.r.f.clock.now().plus_ms(GOOD_MS),
        }
    }

    /// A little principal ahead of time, as its trial tells.
    async fn repayment(&self) -> Result<Payment, CoreError> {
        let account = self.loan().await.map_err(|_| Reject::NotFound)?.account;
        let part = LoanPart::Part;
        let ask = LoanTrialAsk { account: account.clone(), part, ahead: AHEAD };
        let told = self.m.loan_trial(&self.r.ctx(), &ask).await?;
        let total = told.total().ok_or(Reject::LimitExceeded)?;
        let payee = Payee::Loan { account, part, ahead: AHEAD };
        Ok(self.booked(self.f.payer.clone(), payee, total))
    }

    /// The smallest deposit there is, as its quote tells.
    async fn opening(&self) -> Result<Payment, CoreError> {
        let quote = async |amount| {
            let ask = DepositAsk { amount, months: MONTHS };
            self.m.deposit_quote(&self.r.ctx(), &ask).await
        };
        let least = quote(AMOUNT).await?.least;
        let told = quote(least).await?;
        let payee = Payee::Deposit {
            months: MONTHS,
            rate_bp: told.rate_bp,
            matures_on: told.matures_on,
            renewal: Renewal::SameTerm,
        };
        Ok(self.booked(self.f.payer.clone(), payee, least))
    }

    /// All of a deposit, as its trial tells.
    async fn taking(&self, deposit: AccountRef) -> Result<Payment, CoreError> {
        let ask = WithdrawalAsk { account: deposit.clone(), amount: None };
        let told = self.m.withdrawal_trial(&self.r.ctx(), &ask).await?;
        let account = self.f.payer.clone();
        let payee = Payee::Withdrawal { account, interest: told.interest };
        Ok(self.booked(deposit, payee, told.amount))
    }

    /// More than a household owes, which may be paid in again and again.
    async fn household(&self) -> Result<Payment, String> {
        let (Some(desk), Some(bills)) = (self.r.core.bill_desk(), &self.r.f.bills) else {
            return Err("no bills".into());
        };
        let due = answered(desk.bill(&self.r.ctx(), &bills.owes).await)?;
        let all = answered(desk.billers(&self.r.ctx(), bills.kind).await)?;
        let its = all.into_iter().find(|b| b.id == bills.owes.biller).ok_or("no such biller")?;
        let BillAsk { biller, number } = bills.owes.clone();
        let payee = |bill| Payee::Biller { biller: biller.clone(), number: number.clone(), bill };
        if due.owed > Fen::ZERO {
            let owed = self.quoted(payee(due.bill), due.owed).await?;
            answered(self.m.pay(&self.command(&self.fresh_id()), &owed).await)?;
        }
        self.quoted(payee(String::new()), its.min).await
    }

    async fn quoted(&self, payee: Payee, amount: Fen) -> Result<Payment, String> {
        let payer = self.f.payer.clone();
        let ask = QuoteAsk { payer: payer.clone(), payee: payee.clone(), amount };
        let quote = answered(self.m.quote(&self.r.ctx(), &ask).await)?;
        let (fee, rail, purpose) = (quote.fee, quote.rail, "房租".to_owned());
        Ok(Payment { fee, rail, purpose, ..self.booked(payer, payee, amount) })
    }

    /// A payment to someone, as the core quotes it.
    pub(super) async fn payment(&self, act: Act, amount: Fen) -> Result<Payment, String> {
        let ask = if act == Act::PayElsewhere { &self.f.elsewhere } else { &self.f.here };
        let payee: Payee = answered(self.m.payee(&self.r.ctx(), ask).await)?.payee;
        self.quoted(payee, amount).await
    }

    /// What a command pays, or would.
    async fn ordered(&self, act: Act) -> Result<Payment, String> {
        match act {
            Act::Bill => self.household().await,
            Act::Repay => answered(self.repayment().await),
            Act::Deposit => answered(self.opening().await),
            Act::Withdrawal => {
                let opening = answered(self.opening().await)?;
                let paid = self.m.pay(&self.command(&self.fresh_id()), &opening).await;
                let opened = answered(paid)?.opened.ok_or("nothing was opened")?;
                answered(self.taking(opened.account).await)
            }
            Act::Cash => self.quoted(super::cash::payee(), crate::cash::STEP).await,
            _ => self.payment(act, AMOUNT).await,
        }
    }

    /// Makes a command ready; what it is about is done before.
    pub(super) async fn ready(&self, act: Act) -> Result<Ready, String> {
        let payment = self.ordered(act).await?;
        let mut hold = HoldAsk {
            account: self.f.payer.clone(),
            amount: AMOUNT,
            until: self.r.f.clock.now().plus_ms(HELD_MS),
            reason: "跨行转账".into(),
        };
        let of = self.fresh_id();
        match act {
            Act::Commit | Act::Void => {
                hold.amount = Fen::of(AMOUNT.fen() + payment.fee.fen() + REST);
                answered(self.m.hold(&self.command(&of), &hold).await)?;
            }
            Act::Reverse => {
                answered(self.m.pay(&self.command(&of), &payment).await)?;
            }
            _ => {}
        }
        let mut ready = Ready::new(act, self.fresh_id(), of, payment, hold);
        if act == Act::Limit {
            let now = self.limit().await?;
            let most = now.most_day.ok_or("the bank has no limit")?.fen();
            let was = now.day.map_or(most, Fen::fen);
            ready.limit = super::acts::Limits { to: was - LOWER, was, most };
        }
        Ok(ready)
    }

    pub(super) async fn send(&self, ready: &Ready) -> Result<Came, CoreError> {
        self.send_as(&self.command(&ready.id), ready).await
    }

    pub(super) async fn send_as(&self, ctx: &Ctx, ready: &Ready) -> Result<Came, CoreError> {
        let (core, f) = (self.r.core, self.r.f);
        match ready.act {
            Act::Hold => self.m.hold(ctx, &ready.hold).await.map(Came::Held),
            Act::Commit => self.m.commit(ctx, &ready.of, &ready.payment).await.map(Came::paid),
            Act::Void => self.m.void(ctx, &ready.of).await.map(Came::Held),
            Act::Reverse => {
                let ask = self.reversal(&ready.of, ready.reason);
                self.m.reverse(ctx, &ask).await.map(Came::Undone)
            }
            Act::Stop => {
                let wish = if ready.unlocks { StateWish::Unlock } else { StateWish::Lock };
                let account = if ready.is_foreign { &f.other_account } else { &f.account };
                core.set_card_state(ctx, &f.cust_no, account, wish).await.map(Came::Stopped)
            }
            Act::Limit => {
                let wish = set_day(ready.limit.to);
                let set = core.set_control(ctx, &f.cust_no, &f.account, wish).await;
                set.map(|s| Came::Set(s.at))
            }
            Act::Gift => {
                let (gift, gifts) = self.gift(ready).ok_or(Reject::Unsupported)?;
                gifts.give_points(ctx, &gift).await.map(Came::Given)
            }
            _ => self.m.pay(ctx, &ready.payment).await.map(Came::paid),
        }
    }

    fn gift(&self, ready: &Ready) -> Option<(PointGift, &'a dyn crate::gifts::Gifts)> {
        let f = self.r.f;
        let gift = PointGift {
            cust: f.card_cust.clone(),
            cards: vec![f.card.clone()],
            project: f.project.clone()?,
            points: ready.points,
            valid_until: ready.payment.valid_until,
        };
        Some((gift, self.r.core.gifts()?))
    }

    /// Puts back what a command may have left behind that would be in the way of the next.
    pub(super) async fn leave(&self, ready: &Ready) -> Result<(), String> {
        let (core, f) = (self.r.core, self.r.f);
        let ctx = self.command(&self.fresh_id());
        match ready.act {
            Act::Deposit => {
                if let Fate::Posted(paid) = self.fate(&ready.id, false).await? {
                    let opened = paid.opened.ok_or("it does not say what it opened")?;
                    let whole = answered(self.taking(opened.account).await)?;
                    answered(self.m.pay(&ctx, &whole).await)?;
                }
            }
            Act::Withdrawal => {
                // Nothing is left to take where it was done.
                if let Ok(whole) = self.taking(ready.payment.payer.clone()).await {
                    answered(self.m.pay(&ctx, &whole).await)?;
                }
            }
            Act::Cash => {
                if let Fate::Posted(_) = self.fate(&ready.id, false).await? {
                    answered(self.m.call_off(&self.about(), &ready.id).await)?;
                }
            }
            Act::Stop => {
                let wish = StateWish::Unlock;
                answered(core.set_card_state(&ctx, &f.cust_no, &f.account, wish).await)?;
            }
            Act::Limit => {
                let wish = set_day(ready.limit.was);
                answered(core.set_control(&ctx, &f.cust_no, &f.account, wish).await)?;
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn reversal(&self, original: &str, reason: &str) -> Reversal {
        Reversal {
            original: original.to_owned(),
            channel_date: self.today(),
            reason: reason.to_owned(),
        }
    }

    /// A core that can fence keeps every id it has seen. One that cannot tells of what it booked, and of no more: a refusal
    /// leaves nothing behind there, and a void only its hold.
    pub(super) fn keeps_ids(&self) -> bool {
        self.r.core.capabilities().fence
    }

    pub(super) async fn fate(&self, id: &str, fence: bool) -> Result<Fate, String> {
        let ask = Query { request_id: id.to_owned(), channel_date: self.today(), fence };
        answered(self.m.query(&self.about(), &ask).await)
    }

    /// What became of a command; `None` where the core cannot be asked.
    pub(super) async fn became(
        &self,
        ready: &Ready,
        fence: bool,
    ) -> Result<Option<Became>, String> {
        let is_told = self.r.core.capabilities().query_by_request_id && ready.act.is_asked_after();
        if !is_told || (ready.act == Act::Void && !self.keeps_ids()) {
            return Ok(None);
        }
        if ready.act == Act::Gift {
            let gifts = self.r.core.gifts().ok_or("no gifts")?;
            let ask = GiftQuery { request_id: ready.id.clone(), fence };
            return Ok(Some(match answered(gifts.gift(&self.r.ctx(), &ask).await)? {
                GiftFate::Given(_) => Became::Done,
                GiftFate::Rejected(no) => Became::Refused(no),
                GiftFate::NotFound => Became::NotFound,
                GiftFate::Fenced => Became::Fenced,
            }));
        }
        Ok(Some(match self.fate(&ready.id, fence).await? {
            Fate::Posted(_) | Fate::Hold(HoldState::Open | HoldState::Ended) => Became::Done,
            Fate::Rejected(no) => Became::Refused(no),
            Fate::InProgress => Became::InProgress,
            Fate::NotFound => Became::NotFound,
            Fate::Fenced => Became::Fenced,
            other => return Err(format!("{:?}: {other:?}", ready.act)),
        }))
    }
}

fn set_day(fen: i64) -> ControlWish {
    ControlWish::Limit { on: LimitOn::Transfer, single: None, day: Some(Fen::of(fen)) }
}

/// A reversal that was refused is a refusal.
pub(super) fn refusal(came: &Result<Came, CoreError>) -> Option<&Reject> {
    match came {
        Ok(Came::Undone(Undone::Refused(no))) => Some(no),
        Ok(_) => None,
        Err(e) => e.rejected(),
    }
}

/// All of them at once.
pub(super) async fn at_once<T>(asks: Vec<Pin<Box<dyn Future<Output = T> + Send + '_>>>) -> Vec<T> {
    let mut under_way: Vec<_> = asks.into_iter().map(|ask| (Some(ask), None)).collect();
    std::future::poll_fn(move |cx| {
        for (ask, answer) in &mut under_way {
            if let Some(Poll::Ready(got)) = ask.as_mut().map(|ask| ask.as_mut().poll(cx)) {
                (*ask, *answer) = (None, Some(got));
            }
        }
        if under_way.iter().any(|(ask, _)| ask.is_some()) {
            return Poll::Pending;
        }
        Poll::Ready(under_way.drain(..).filter_map(|(_, answer)| answer).collect())
    })
    .await
}
