//! The core behind the contract, as the port has it: each question becomes one request, each answer is compared with what
//! was asked. Stateless: it stores nothing and decides nothing.

mod feed;
mod gifts;
mod money;
mod rewards;
mod wealth;

use crate::link::{Link, Peer, mismatch};
use crate::ops;
use crate::wire::accounts::{AccountAsk, ControlAsk, LineAsk, OwnAccountAsk, StateAsk};
use crate::wire::cards::{BillsAsk, CardAsk, CardPinAsk, CvvAsk};
use crate::wire::lending::{NoticeAsk, RenewalAsk};
use crate::wire::rural::PayoutsAsk;
use crate::wire::who::{CustAsk, NumberAsk, PinAsk};
use crate::wire::{Form, Nothing};
use base::{Clock, Random, Secret};
use corebank::bills::Bills;
use corebank::controls::{ControlSet, ControlWish, Controls};
use corebank::deposits::{NoticeSet, NoticeWish, Renewal, RenewalSet, TermDeposit};
use corebank::facts::{AccountInterest, Limit, Officer, OpeningBranch};
use corebank::feed::Feed;
use corebank::gifts::Gifts;
use corebank::instalments::CardPlan;
use corebank::loans::{CreditLine, Guarantees, Instalment, Loan};
use corebank::money::Money;
use corebank::rewards::Rewards;
use corebank::wealth::Wealth;
use corebank::{
    Account, AccountRef, Answer, Assets, Balance, Bill, Capabilities, Card, CardDone, CardFees,
    CardPin, CardWish, Contribution, CoreBank, CoreError, Ctx, CustNo, Customer, EventFeed, Health,
    Identity, Issuer, Line, LineId, MedicalAccount, Page, Party, PartyClaim, Payout, PayoutQuery,
    Pension, PinBlock, PinOutcome, PinState, Points, SocialCard, StateDone, StateWish,
    StatementQuery, StatementRange, Totals,
};

/// A core that speaks the contract.
#[derive(Debug)]
pub struct HttpCore {
    link: Link,
    can: Capabilities,
    has_bills: bool,
}

impl HttpCore {
    /// Asks the core what it can do, and keeps that: it does not change while this lives.
    pub async fn meet(peer: Peer, clock: Clock, random: Random, ctx: &Ctx) -> Result<Self, Unmet> {
        let link = Link::new(peer, clock, random).map_err(Unmet::Settings)?;
        let (can, has_bills) = link.ask(ctx, ops::CAPABILITIES, Nothing {}).await?;
        Ok(Self { link, can, has_bills })
    }
}

/// Why a core could not be met.
#[derive(Debug, thiserror::Error)]
pub enum Unmet {
    #[error("the way to the core cannot be set up: {0}")]
    Settings(base::Error),
    #[error("the core did not say what it can do: {0}")]
    Core(#[from] CoreError),
}

fn of_cust(cust: &CustNo) -> CustAsk {
    CustAsk { cust_no: Form::of(cust) }
}

fn of_account(account: &AccountRef) -> AccountAsk {
    AccountAsk { account: Form::of(account) }
}

/// What was told is about what was asked, or nobody knows what it is about.
fn same<P>(told: P, field: &'static str, is_same: impl FnOnce(&P) -> bool) -> Result<P, CoreError> {
    if is_same(&told) { Ok(told) } else { Err(mismatch(field)) }
}

/// A port's word as its JSON form.
fn of<P, F: Form<P>>(port: &P) -> F {
    F::of(port)
}

impl CoreBank for HttpCore {
    fn capabilities(&self) -> Capabilities {
        self.can.clone()
    }
    fn money(&self) -> Option<&dyn Money> {
        self.can.money.then_some(self)
    }
    fn bill_desk(&self) -> Option<&dyn Bills> {
        self.has_bills.then_some(self)
    }
    fn gifts(&self) -> Option<&dyn Gifts> {
        self.can.gifts.then_some(self)
    }
    fn rewards(&self) -> Option<&dyn Rewards> {
        self.can.rewards.then_some(self)
    }
    fn wealth(&self) -> Option<&dyn Wealth> {
        self.can.wealth.then_some(self)
    }
    fn feed(&self) -> Option<&dyn Feed> {
        (self.can.events == EventFeed::Poll).then_some(self)
    }
    fn health<'a>(&'a self, ctx: &'a Ctx) -> Answer<'a, Health> {
        Box::pin(self.link.ask(ctx, ops::HEALTH, Nothing {}))
    }
    fn issuer<'a>(&'a self, ctx: &'a Ctx, number: &'a str) -> Answer<'a, Option<Issuer>> {
        Box::pin(self.link.ask(ctx, ops::ISSUER, NumberAsk { number: number.to_owned() }))
    }
    fn verify_party<'a>(&'a self, ctx: &'a Ctx, claim: &'a PartyClaim) -> Answer<'a, Party> {
        Box::pin(self.link.ask(ctx, ops::VERIFY_PARTY, of(claim)))
    }
    fn otp_target<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Secret<String>> {
        Box::pin(self.link.ask(ctx, ops::OTP_TARGET, of_cust(cust)))
    }
    fn customer<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Customer> {
        Box::pin(async move {
            let told = self.link.ask(ctx, ops::CUSTOMER, of_cust(cust)).await?;
            same(told, "cust_no", |c: &Customer| c.cust_no == *cust)
        })
    }
    fn accounts<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Vec<Account>> {
        Box::pin(self.link.ask(ctx, ops::ACCOUNTS, of_cust(cust)))
    }
    fn balance<'a>(&'a self, ctx: &'a Ctx, account: &'a AccountRef) -> Answer<'a, Balance> {
        Box::pin(async move {
            let told = self.link.ask(ctx, ops::BALANCE, of_account(account)).await?;
            same(told, "account", |b: &Balance| b.account == *account)
        })
    }
    fn transactions<'a>(&'a self, ctx: &'a Ctx, ask: &'a StatementQuery) -> Answer<'a, Page> {
        Box::pin(async move {
            let told = self.link.ask(ctx, ops::TRANSACTIONS, of(ask)).await?;
            same(told, "limit", |p: &Page| p.lines.len() <= ask.limit)
        })
    }
    fn totals<'a>(&'a self, ctx: &'a Ctx, range: &'a StatementRange) -> Answer<'a, Totals> {
        Box::pin(self.link.ask(ctx, ops::TOTALS, of(range)))
    }
    fn line<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
        line: &'a LineId,
    ) -> Answer<'a, Line> {
        Box::pin(async move {
            let told = self
                .link
                .ask(ctx, ops::LINE, LineAsk { account: of(account), line: of(line) })
                .await?;
            same(told, "line", |l: &Line| l.id == *line)
        })
    }
    fn set_pin<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        pin: &'a PinBlock,
    ) -> Answer<'a, PinOutcome> {
        Box::pin(self.link.ask(ctx, ops::SET_PIN, PinAsk { cust_no: of(cust), pin: of(pin) }))
    }
    fn verify_pin<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        pin: &'a PinBlock,
    ) -> Answer<'a, PinOutcome> {
        Box::pin(self.link.ask(ctx, ops::VERIFY_PIN, PinAsk { cust_no: of(cust), pin: of(pin) }))
    }
    fn loans<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Vec<Loan>> {
        Box::pin(self.link.ask(ctx, ops::LOANS, of_cust(cust)))
    }
    fn schedule<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
    ) -> Answer<'a, Vec<Instalment>> {
        Box::pin(self.link.ask(ctx, ops::SCHEDULE, of_account(account)))
    }
    fn guarantees<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Guarantees> {
        Box::pin(self.link.ask(ctx, ops::GUARANTEES, of_cust(cust)))
    }
    fn credit_lines<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Vec<CreditLine>> {
        Box::pin(self.link.ask(ctx, ops::CREDIT_LINES, of_cust(cust)))
    }
    fn term_deposits<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Vec<TermDeposit>> {
        Box::pin(self.link.ask(ctx, ops::TERM_DEPOSITS, of_cust(cust)))
    }
    fn account_interest<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
    ) -> Answer<'a, AccountInterest> {
        Box::pin(self.link.ask(ctx, ops::ACCOUNT_INTEREST, of_account(account)))
    }
    fn limits<'a>(&'a self, ctx: &'a Ctx, account: &'a AccountRef) -> Answer<'a, Vec<Limit>> {
        Box::pin(self.link.ask(ctx, ops::LIMITS, of_account(account)))
    }
    fn opening_branch<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
    ) -> Answer<'a, OpeningBranch> {
        Box::pin(self.link.ask(ctx, ops::OPENING_BRANCH, of_account(account)))
    }
    fn officer<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Officer> {
        Box::pin(self.link.ask(ctx, ops::OFFICER, of_cust(cust)))
    }
    fn set_renewal<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
        renewal: Renewal,
    ) -> Answer<'a, RenewalSet> {
        Box::pin(async move {
            let told = self
                .link
                .ask(
                    ctx,
                    ops::SET_RENEWAL,
                    RenewalAsk { account: of(account), renewal: of(&renewal) },
                )
                .await?;
            same(told, "renewal", |r: &RenewalSet| r.renewal == renewal)
        })
    }
    fn set_notice<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
        wish: NoticeWish,
    ) -> Answer<'a, NoticeSet> {
        Box::pin(async move {
            let ask = NoticeAsk { account: of(account), wish: of(&wish) };
            let told = self.link.ask(ctx, ops::SET_NOTICE, ask).await?;
            same(told, "amount", |set: &NoticeSet| match wish {
                NoticeWish::Give { amount: Some(amount) } => set.notice.amount == amount,
                NoticeWish::Give { amount: None } | NoticeWish::TakeBack => true,
            })
        })
    }
    fn card<'a>(&'a self, ctx: &'a Ctx, account: &'a AccountRef) -> Answer<'a, Card> {
        Box::pin(async move {
            let told = self.link.ask(ctx, ops::CARD, of_account(account)).await?;
            same(told, "account", |c: &Card| c.account == *account)
        })
    }
    fn bills<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
        count: usize,
    ) -> Answer<'a, Vec<Bill>> {
        Box::pin(self.link.ask(
            ctx,
            ops::BILLS,
            BillsAsk { account: of(account), count: of(&count) },
        ))
    }
    fn card_plans<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
    ) -> Answer<'a, Vec<CardPlan>> {
        Box::pin(self.link.ask(ctx, ops::CARD_PLANS, of_account(account)))
    }
    fn points<'a>(&'a self, ctx: &'a Ctx, account: &'a AccountRef) -> Answer<'a, Points> {
        Box::pin(self.link.ask(ctx, ops::POINTS, of_account(account)))
    }
    fn card_products<'a>(&'a self, ctx: &'a Ctx) -> Answer<'a, Vec<CardFees>> {
        Box::pin(self.link.ask(ctx, ops::CARD_PRODUCTS, Nothing {}))
    }
    fn verify_cvv<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        cvv: &'a PinBlock,
    ) -> Answer<'a, PinOutcome> {
        Box::pin(self.link.ask(
            ctx,
            ops::VERIFY_CVV,
            CvvAsk { cust_no: of(cust), account: of(account), cvv: of(cvv) },
        ))
    }
    fn set_card_pin<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        which: CardPin,
        pin: &'a PinBlock,
    ) -> Answer<'a, PinOutcome> {
        Box::pin(self.link.ask(
            ctx,
            ops::SET_CARD_PIN,
            CardPinAsk { cust_no: of(cust), account: of(account), which: of(&which), pin: of(pin) },
        ))
    }
    fn change_card<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        wish: CardWish,
    ) -> Answer<'a, CardDone> {
        Box::pin(self.link.ask(
            ctx,
            ops::CHANGE_CARD,
            CardAsk { cust_no: of(cust), account: of(account), wish: of(&wish) },
        ))
    }
    fn payouts<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        ask: PayoutQuery,
    ) -> Answer<'a, Vec<Payout>> {
        Box::pin(self.link.ask(ctx, ops::PAYOUTS, PayoutsAsk { cust_no: of(cust), ask: of(&ask) }))
    }
    fn pension<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Pension> {
        Box::pin(self.link.ask(ctx, ops::PENSION, of_cust(cust)))
    }
    fn medical_account<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, MedicalAccount> {
        Box::pin(self.link.ask(ctx, ops::MEDICAL_ACCOUNT, of_cust(cust)))
    }
    fn contributions<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
    ) -> Answer<'a, Vec<Contribution>> {
        Box::pin(self.link.ask(ctx, ops::CONTRIBUTIONS, of_cust(cust)))
    }
    fn social_card<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, SocialCard> {
        Box::pin(self.link.ask(ctx, ops::SOCIAL_CARD, of_cust(cust)))
    }
    fn assets<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Assets> {
        Box::pin(self.link.ask(ctx, ops::ASSETS, of_cust(cust)))
    }
    fn set_card_state<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        wish: StateWish,
    ) -> Answer<'a, StateDone> {
        Box::pin(self.link.ask(
            ctx,
            ops::SET_CARD_STATE,
            StateAsk { cust_no: of(cust), account: of(account), wish: of(&wish) },
        ))
    }
    fn identity<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Identity> {
        Box::pin(self.link.ask(ctx, ops::IDENTITY, of_cust(cust)))
    }
    fn pin_state<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, PinState> {
        Box::pin(self.link.ask(ctx, ops::PIN_STATE, of_cust(cust)))
    }
    fn unlock_pin<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, PinOutcome> {
        Box::pin(self.link.ask(ctx, ops::UNLOCK_PIN, of_cust(cust)))
    }
    fn controls<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
    ) -> Answer<'a, Controls> {
        Box::pin(self.link.ask(
            ctx,
            ops::CONTROLS,
            OwnAccountAsk { cust_no: of(cust), account: of(account) },
        ))
    }
    fn set_control<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        wish: ControlWish,
    ) -> Answer<'a, ControlSet> {
        Box::pin(self.link.ask(
            ctx,
            ops::SET_CONTROL,
            ControlAsk { cust_no: of(cust), account: of(account), wish: of(&wish) },
        ))
    }
}
