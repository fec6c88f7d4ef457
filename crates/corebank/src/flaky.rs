//! Bad weather between us and a core: delay, outage, lost requests and lost answers, on purpose.
//!
//! Not for: production. Used by tests and by the demo's weather knob.

mod bills;
mod feed;
mod gifts;
mod money;
mod rewards;
mod wealth;

use crate::bills::Bills;
use crate::cardset::{CardDone, CardPin, CardWish};
use crate::controls::{ControlSet, ControlWish, Controls};
use crate::credit::{Assets, Bill, Card, CardFees, Points};
use crate::deposits::{NoticeSet, NoticeWish, Renewal, RenewalSet, TermDeposit};
use crate::error::{Cause, CoreError, UnknownCause};
use crate::facts::{AccountInterest, Limit, Officer, OpeningBranch};
use crate::feed::Feed;
use crate::gifts::Gifts;
use crate::instalments::CardPlan;
use crate::loans::{CreditLine, Guarantees, Instalment, Loan};
use crate::model::{
    Account, AccountRef, Balance, CustNo, Customer, Health, Identity, Issuer, Line, LineId, Page,
    Party, PartyClaim, PinOutcome, PinState, StateDone, StateWish, StatementQuery, StatementRange,
    Totals,
};
use crate::money::Money;
use crate::pin::PinBlock;
use crate::port::{Answer, Capabilities, CoreBank, Ctx};
use crate::rewards::Rewards;
use crate::rural::{Contribution, MedicalAccount, Payout, PayoutQuery, Pension, SocialCard};
use crate::wealth::Wealth;
use base::{Clock, Random, Secret};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What the weather is like. All zero: fine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Weather {
    /// Every answer takes this much longer.
    pub delay_ms: u64,
    /// The core cannot be reached at all: `NotSent`.
    pub outage: bool,
    /// Of a hundred requests, how many never arrive though sent: `Unknown`, and nothing happened.
    pub lost_request_percent: u64,
    /// Of a hundred requests, how many are done but their answer is lost: `Unknown`, and it happened.
    pub lost_answer_percent: u64,
    /// Of a hundred payments told of, how many are told with another amount than was paid.
    pub wrong_amount_percent: u64,
    /// It strikes only what carries a payment's serial: the PIN before it is proved in fine weather.
    pub only_payments: bool,
}

impl Weather {
    pub const FINE: Self = Self {
        delay_ms: 0,
        outage: false,
        lost_request_percent: 0,
        lost_answer_percent: 0,
        wrong_amount_percent: 0,
        only_payments: false,
    };
}

struct Sky {
    clock: Clock,
    random: Random,
    weather: Mutex<Weather>,
    calls: AtomicU64,
}

/// A core behind weather. Clones share the weather.
#[derive(Clone)]
pub struct Flaky<C> {
    inner: C,
    sky: Arc<Sky>,
}

impl<C: std::fmt::Debug + Sync> std::fmt::Debug for Flaky<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let weather = self.weather();
        f.debug_struct("Flaky").field("inner", &self.inner).field("weather", &weather).finish()
    }
}

impl<C: Sync> Flaky<C> {
    /// Fine weather at first. `random` decides which requests are lost.
    pub fn new(inner: C, clock: Clock, random: Random) -> Self {
        let weather = Mutex::default();
        Self { inner, sky: Arc::new(Sky { clock, random, weather, calls: AtomicU64::new(0) }) }
    }
    pub fn inner(&self) -> &C {
        &self.inner
    }
    pub fn weather(&self) -> Weather {
        *self.sky.weather.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Changes the weather for requests that begin from now on.
    pub fn set_weather(&self, weather: Weather) {
        *self.sky.weather.lock().unwrap_or_else(PoisonError::into_inner) = weather;
    }
    /// How many requests were begun, in any weather.
    pub fn calls(&self) -> u64 {
        self.sky.calls.load(Ordering::SeqCst)
    }

    /// `ask` through the weather of now.
    fn through<'a, T: Send + 'a>(
        &'a self,
        ctx: &'a Ctx,
        ask: impl FnOnce() -> Answer<'a, T> + Send + 'a,
    ) -> Answer<'a, T> {
        Box::pin(async move {
            self.sky.calls.fetch_add(1, Ordering::SeqCst);
            let mut weather = self.weather();
            if weather.only_payments && ctx.channel.is_none() {
                weather = Weather::FINE;
            }
            if weather.outage {
                return Err(CoreError::NotSent(Cause::ConnectionRefused));
            }
            let left_ms = ctx.left_ms(self.sky.clock.now())?;
            if weather.delay_ms >= left_ms {
                tokio::time::sleep(Duration::from_millis(left_ms)).await;
                return Err(CoreError::Unknown(UnknownCause::Timeout));
            }
            if weather.delay_ms > 0 {
                tokio::time::sleep(Duration::from_millis(weather.delay_ms)).await;
            }
            if self.sky.random.below(100) < weather.lost_request_percent {
                return Err(CoreError::Unknown(UnknownCause::Reset));
            }
            let answer = ask().await;
            if self.sky.random.below(100) < weather.lost_answer_percent {
                return Err(CoreError::Unknown(UnknownCause::Timeout));
            }
            answer
        })
    }
}

impl<C: CoreBank> CoreBank for Flaky<C> {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }
    fn money(&self) -> Option<&dyn Money> {
        self.inner.money().is_some().then_some(self)
    }
    fn bill_desk(&self) -> Option<&dyn Bills> {
        self.inner.bill_desk().is_some().then_some(self)
    }
    fn gifts(&self) -> Option<&dyn Gifts> {
        self.inner.gifts().is_some().then_some(self)
    }
    fn rewards(&self) -> Option<&dyn Rewards> {
        self.inner.rewards().is_some().then_some(self)
    }
    fn wealth(&self) -> Option<&dyn Wealth> {
        self.inner.wealth().is_some().then_some(self)
    }
    fn feed(&self) -> Option<&dyn Feed> {
        self.inner.feed().is_some().then_some(self)
    }
    fn health<'a>(&'a self, ctx: &'a Ctx) -> Answer<'a, Health> {
        self.through(ctx, || self.inner.health(ctx))
    }
    fn issuer<'a>(&'a self, ctx: &'a Ctx, number: &'a str) -> Answer<'a, Option<Issuer>> {
        self.through(ctx, || self.inner.issuer(ctx, number))
    }
    fn verify_party<'a>(&'a self, ctx: &'a Ctx, claim: &'a PartyClaim) -> Answer<'a, Party> {
        self.through(ctx, || self.inner.verify_party(ctx, claim))
    }
    fn otp_target<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Secret<String>> {
        self.through(ctx, || self.inner.otp_target(ctx, cust))
    }
    fn customer<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Customer> {
        self.through(ctx, || self.inner.customer(ctx, cust))
    }
    fn accounts<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Vec<Account>> {
        self.through(ctx, || self.inner.accounts(ctx, cust))
    }
    fn balance<'a>(&'a self, ctx: &'a Ctx, account: &'a AccountRef) -> Answer<'a, Balance> {
        self.through(ctx, || self.inner.balance(ctx, account))
    }
    fn transactions<'a>(&'a self, ctx: &'a Ctx, ask: &'a StatementQuery) -> Answer<'a, Page> {
        self.through(ctx, || self.inner.transactions(ctx, ask))
    }
    fn totals<'a>(&'a self, ctx: &'a Ctx, range: &'a StatementRange) -> Answer<'a, Totals> {
        self.through(ctx, || self.inner.totals(ctx, range))
    }
    fn line<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
        line: &'a LineId,
    ) -> Answer<'a, Line> {
        self.through(ctx, || self.inner.line(ctx, account, line))
    }
    fn set_pin<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        pin: &'a PinBlock,
    ) -> Answer<'a, PinOutcome> {
        self.through(ctx, || self.inner.set_pin(ctx, cust, pin))
    }
    fn verify_pin<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        pin: &'a PinBlock,
    ) -> Answer<'a, PinOutcome> {
        self.through(ctx, || self.inner.verify_pin(ctx, cust, pin))
    }
    fn loans<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Vec<Loan>> {
        self.through(ctx, || self.inner.loans(ctx, cust))
    }
    fn schedule<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
    ) -> Answer<'a, Vec<Instalment>> {
        self.through(ctx, || self.inner.schedule(ctx, account))
    }
    fn guarantees<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Guarantees> {
        self.through(ctx, || self.inner.guarantees(ctx, cust))
    }
    fn credit_lines<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Vec<CreditLine>> {
        self.through(ctx, || self.inner.credit_lines(ctx, cust))
    }
    fn term_deposits<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Vec<TermDeposit>> {
        self.through(ctx, || self.inner.term_deposits(ctx, cust))
    }
    fn account_interest<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
    ) -> Answer<'a, AccountInterest> {
        self.through(ctx, || self.inner.account_interest(ctx, account))
    }
    fn limits<'a>(&'a self, ctx: &'a Ctx, account: &'a AccountRef) -> Answer<'a, Vec<Limit>> {
        self.through(ctx, || self.inner.limits(ctx, account))
    }
    fn opening_branch<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
    ) -> Answer<'a, OpeningBranch> {
        self.through(ctx, || self.inner.opening_branch(ctx, account))
    }
    fn officer<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Officer> {
        self.through(ctx, || self.inner.officer(ctx, cust))
    }
    fn set_renewal<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
        renewal: Renewal,
    ) -> Answer<'a, RenewalSet> {
        self.through(ctx, move || self.inner.set_renewal(ctx, account, renewal))
    }
    fn set_notice<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
        wish: NoticeWish,
    ) -> Answer<'a, NoticeSet> {
        self.through(ctx, move || self.inner.set_notice(ctx, account, wish))
    }
    fn card<'a>(&'a self, ctx: &'a Ctx, account: &'a AccountRef) -> Answer<'a, Card> {
        self.through(ctx, || self.inner.card(ctx, account))
    }
    fn bills<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
        count: usize,
    ) -> Answer<'a, Vec<Bill>> {
        self.through(ctx, move || self.inner.bills(ctx, account, count))
    }
    fn card_plans<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
    ) -> Answer<'a, Vec<CardPlan>> {
        self.through(ctx, || self.inner.card_plans(ctx, account))
    }
    fn points<'a>(&'a self, ctx: &'a Ctx, account: &'a AccountRef) -> Answer<'a, Points> {
        self.through(ctx, || self.inner.points(ctx, account))
    }
    fn card_products<'a>(&'a self, ctx: &'a Ctx) -> Answer<'a, Vec<CardFees>> {
        self.through(ctx, || self.inner.card_products(ctx))
    }
    fn verify_cvv<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        cvv: &'a PinBlock,
    ) -> Answer<'a, PinOutcome> {
        self.through(ctx, move || self.inner.verify_cvv(ctx, cust, account, cvv))
    }
    fn set_card_pin<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        which: CardPin,
        pin: &'a PinBlock,
    ) -> Answer<'a, PinOutcome> {
        self.through(ctx, move || self.inner.set_card_pin(ctx, cust, account, which, pin))
    }
    fn change_card<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        wish: CardWish,
    ) -> Answer<'a, CardDone> {
        self.through(ctx, move || self.inner.change_card(ctx, cust, account, wish))
    }
    fn payouts<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        ask: PayoutQuery,
    ) -> Answer<'a, Vec<Payout>> {
        self.through(ctx, move || self.inner.payouts(ctx, cust, ask))
    }
    fn pension<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Pension> {
        self.through(ctx, || self.inner.pension(ctx, cust))
    }
    fn medical_account<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, MedicalAccount> {
        self.through(ctx, || self.inner.medical_account(ctx, cust))
    }
    fn contributions<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
    ) -> Answer<'a, Vec<Contribution>> {
        self.through(ctx, || self.inner.contributions(ctx, cust))
    }
    fn social_card<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, SocialCard> {
        self.through(ctx, || self.inner.social_card(ctx, cust))
    }
    fn assets<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Assets> {
        self.through(ctx, || self.inner.assets(ctx, cust))
    }

    fn set_card_state<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        wish: StateWish,
    ) -> Answer<'a, StateDone> {
        self.through(ctx, move || self.inner.set_card_state(ctx, cust, account, wish))
    }

    fn identity<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Identity> {
        self.through(ctx, || self.inner.identity(ctx, cust))
    }
    fn pin_state<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, PinState> {
        self.through(ctx, || self.inner.pin_state(ctx, cust))
    }
    fn unlock_pin<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, PinOutcome> {
        self.through(ctx, || self.inner.unlock_pin(ctx, cust))
    }
    fn controls<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
    ) -> Answer<'a, Controls> {
        self.through(ctx, || self.inner.controls(ctx, cust, account))
    }
    fn set_control<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        wish: ControlWish,
    ) -> Answer<'a, ControlSet> {
        self.through(ctx, move || self.inner.set_control(ctx, cust, account, wish))
    }
}
