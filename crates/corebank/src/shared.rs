//! A core that several hold is a core.
//!
//! Not for: anything but handing each question on.

use crate::bills::Bills;
use crate::cardset::{CardDone, CardPin, CardWish};
use crate::controls::{ControlSet, ControlWish, Controls};
use crate::credit::{Assets, Bill, Card, CardFees, Points};
use crate::deposits::{NoticeSet, NoticeWish, Renewal, RenewalSet, TermDeposit};
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
use base::Secret;
use std::sync::Arc;

impl<C: CoreBank + ?Sized> CoreBank for Arc<C> {
    fn capabilities(&self) -> Capabilities {
        (**self).capabilities()
    }
    fn money(&self) -> Option<&dyn Money> {
        (**self).money()
    }
    fn bill_desk(&self) -> Option<&dyn Bills> {
        (**self).bill_desk()
    }
    fn gifts(&self) -> Option<&dyn Gifts> {
        (**self).gifts()
    }
    fn rewards(&self) -> Option<&dyn Rewards> {
        (**self).rewards()
    }
    fn wealth(&self) -> Option<&dyn Wealth> {
        (**self).wealth()
    }
    fn feed(&self) -> Option<&dyn Feed> {
        (**self).feed()
    }
    fn health<'a>(&'a self, ctx: &'a Ctx) -> Answer<'a, Health> {
        (**self).health(ctx)
    }
    fn issuer<'a>(&'a self, ctx: &'a Ctx, number: &'a str) -> Answer<'a, Option<Issuer>> {
        (**self).issuer(ctx, number)
    }
    fn verify_party<'a>(&'a self, ctx: &'a Ctx, claim: &'a PartyClaim) -> Answer<'a, Party> {
        (**self).verify_party(ctx, claim)
    }
    fn otp_target<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Secret<String>> {
        (**self).otp_target(ctx, cust)
    }
    fn customer<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Customer> {
        (**self).customer(ctx, cust)
    }
    fn accounts<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Vec<Account>> {
        (**self).accounts(ctx, cust)
    }
    fn balance<'a>(&'a self, ctx: &'a Ctx, account: &'a AccountRef) -> Answer<'a, Balance> {
        (**self).balance(ctx, account)
    }
    fn transactions<'a>(&'a self, ctx: &'a Ctx, ask: &'a StatementQuery) -> Answer<'a, Page> {
        (**self).transactions(ctx, ask)
    }
    fn totals<'a>(&'a self, ctx: &'a Ctx, range: &'a StatementRange) -> Answer<'a, Totals> {
        (**self).totals(ctx, range)
    }
    fn line<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
        line: &'a LineId,
    ) -> Answer<'a, Line> {
        (**self).line(ctx, account, line)
    }
    fn set_pin<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        pin: &'a PinBlock,
    ) -> Answer<'a, PinOutcome> {
        (**self).set_pin(ctx, cust, pin)
    }
    fn verify_pin<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        pin: &'a PinBlock,
    ) -> Answer<'a, PinOutcome> {
        (**self).verify_pin(ctx, cust, pin)
    }
    fn loans<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Vec<Loan>> {
        (**self).loans(ctx, cust)
    }
    fn schedule<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
    ) -> Answer<'a, Vec<Instalment>> {
        (**self).schedule(ctx, account)
    }
    fn guarantees<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Guarantees> {
        (**self).guarantees(ctx, cust)
    }
    fn credit_lines<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Vec<CreditLine>> {
        (**self).credit_lines(ctx, cust)
    }
    fn term_deposits<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Vec<TermDeposit>> {
        (**self).term_deposits(ctx, cust)
    }
    fn account_interest<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
    ) -> Answer<'a, AccountInterest> {
        (**self).account_interest(ctx, account)
    }
    fn limits<'a>(&'a self, ctx: &'a Ctx, account: &'a AccountRef) -> Answer<'a, Vec<Limit>> {
        (**self).limits(ctx, account)
    }
    fn opening_branch<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
    ) -> Answer<'a, OpeningBranch> {
        (**self).opening_branch(ctx, account)
    }
    fn officer<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Officer> {
        (**self).officer(ctx, cust)
    }
    fn set_renewal<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
        renewal: Renewal,
    ) -> Answer<'a, RenewalSet> {
        (**self).set_renewal(ctx, account, renewal)
    }
    fn set_notice<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
        wish: NoticeWish,
    ) -> Answer<'a, NoticeSet> {
        (**self).set_notice(ctx, account, wish)
    }
    fn card<'a>(&'a self, ctx: &'a Ctx, account: &'a AccountRef) -> Answer<'a, Card> {
        (**self).card(ctx, account)
    }
    fn bills<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
        count: usize,
    ) -> Answer<'a, Vec<Bill>> {
        (**self).bills(ctx, account, count)
    }
    fn card_plans<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
    ) -> Answer<'a, Vec<CardPlan>> {
        (**self).card_plans(ctx, account)
    }
    fn points<'a>(&'a self, ctx: &'a Ctx, account: &'a AccountRef) -> Answer<'a, Points> {
        (**self).points(ctx, account)
    }
    fn card_products<'a>(&'a self, ctx: &'a Ctx) -> Answer<'a, Vec<CardFees>> {
        (**self).card_products(ctx)
    }
    fn verify_cvv<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        cvv: &'a PinBlock,
    ) -> Answer<'a, PinOutcome> {
        (**self).verify_cvv(ctx, cust, account, cvv)
    }
    fn set_card_pin<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        which: CardPin,
        pin: &'a PinBlock,
    ) -> Answer<'a, PinOutcome> {
        (**self).set_card_pin(ctx, cust, account, which, pin)
    }
    fn change_card<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        wish: CardWish,
    ) -> Answer<'a, CardDone> {
        (**self).change_card(ctx, cust, account, wish)
    }
    fn payouts<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        ask: PayoutQuery,
    ) -> Answer<'a, Vec<Payout>> {
        (**self).payouts(ctx, cust, ask)
    }
    fn pension<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Pension> {
        (**self).pension(ctx, cust)
    }
    fn medical_account<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, MedicalAccount> {
        (**self).medical_account(ctx, cust)
    }
    fn contributions<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
    ) -> Answer<'a, Vec<Contribution>> {
        (**self).contributions(ctx, cust)
    }
    fn social_card<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, SocialCard> {
        (**self).social_card(ctx, cust)
    }
    fn assets<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Assets> {
        (**self).assets(ctx, cust)
    }

    fn set_card_state<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        wish: StateWish,
    ) -> Answer<'a, StateDone> {
        (**self).set_card_state(ctx, cust, account, wish)
    }

    fn identity<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Identity> {
        (**self).identity(ctx, cust)
    }
    fn pin_state<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, PinState> {
        (**self).pin_state(ctx, cust)
    }
    fn unlock_pin<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, PinOutcome> {
        (**self).unlock_pin(ctx, cust)
    }
    fn controls<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
    ) -> Answer<'a, Controls> {
        (**self).controls(ctx, cust, account)
    }
    fn set_control<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        wish: ControlWish,
    ) -> Answer<'a, ControlSet> {
        (**self).set_control(ctx, cust, account, wish)
    }
}
