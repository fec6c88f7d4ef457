//! [`CoreBank`] for the sandbox: each question is one unit of work within the caller's deadline.

mod typed;

use super::{
    Ran, Sandbox, cards, cardset, controls, facts, lending, log_fault, notice, number, parties,
    payouts, pins, queries, social, stops, terms,
};
use crate::bills::Bills;
use crate::cardset::{CardDone, CardPin, CardWish};
use crate::controls::{ControlSet, ControlWish, Controls};
use crate::credit::{Assets, Bill, Card, CardFees, Points};
use crate::deposits::{NoticeSet, NoticeWish, Renewal, RenewalSet, TermDeposit};
use crate::error::{CoreError, Reject, UnknownCause};
use crate::facts::{AccountInterest, Limit, Officer, OpeningBranch};
use crate::feed::Feed;
use crate::gifts::Gifts;
use crate::instalments::CardPlan;
use crate::loans::{CreditLine, Guarantees, Instalment, Loan};
use crate::model::{
    Account, AccountRef, Balance, CustNo, Customer, Health, Identity, Issuer, Line, LineId,
    NumberKind, Page, Party, PartyClaim, PinOutcome, PinState, StateDone, StateWish,
    StatementQuery, StatementRange, Totals,
};
use crate::money::Money;
use crate::numbers;
use crate::pin::PinBlock;
use crate::port::{Answer, Capabilities, CoreBank, Ctx, EventFeed, Operator};
use crate::rewards::Rewards;
use crate::rural::{Contribution, MedicalAccount, Payout, PayoutQuery, Pension, SocialCard};
use crate::sandbox::queries::Said;
use crate::sandbox::seal::TenantKeys;
use crate::wealth::Wealth;
use base::{Error, Result, Secret};
use db::{Scope, Tx};
use std::sync::Arc;
use std::time::Duration;

impl Sandbox {
    async fn keys(&self, ctx: &Ctx, op: &'static str) -> Result<Arc<TenantKeys>, CoreError> {
        let keys = self.0.keys.of(&self.0.db, ctx.tenant).await;
        keys.map_err(|e| broke(op, ctx, &e))
    }

    /// A question within `ctx`'s tenant and deadline.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        ctx: &Ctx,
        op: &'static str,
        f: impl Fn(&Tx<'_>, &TenantKeys) -> Said<T> + Send + 'static,
    ) -> Result<T, CoreError> {
        let left = ctx.left_ms(self.0.db.clock().now())?;
        let keys = self.keys(ctx, op).await?;
        let unit = self.0.db.read(Scope::Tenant(ctx.tenant), move |tx| f(tx, &keys));
        settle(op, ctx, tokio::time::timeout(Duration::from_millis(left), unit).await)
    }

    /// The same for one row found by its key.
    async fn glance<T: Send + 'static>(
        &self,
        ctx: &Ctx,
        op: &'static str,
        f: impl Fn(&Tx<'_>) -> Said<T> + Send + 'static,
    ) -> Result<T, CoreError> {
        let left = ctx.left_ms(self.0.db.clock().now())?;
        let unit = self.0.db.glance(Scope::Tenant(ctx.tenant), f);
        settle(op, ctx, tokio::time::timeout(Duration::from_millis(left), unit).await)
    }

    /// The same for what writes.
    pub(super) async fn tell<T: Send + 'static>(
        &self,
        ctx: &Ctx,
        op: &'static str,
        f: impl Fn(&Tx<'_>, &TenantKeys) -> Said<T> + Send + 'static,
    ) -> Result<T, CoreError> {
        let left = ctx.left_ms(self.0.db.clock().now())?;
        let keys = self.keys(ctx, op).await?;
        let unit = self.0.db.write(Scope::Tenant(ctx.tenant), move |tx| f(tx, &keys));
        settle(op, ctx, tokio::time::timeout(Duration::from_millis(left), unit).await)
    }
}

fn broke(op: &'static str, ctx: &Ctx, error: &Error) -> CoreError {
    log_fault(op, &ctx.trace, error);
    CoreError::Unknown(UnknownCause::ServerError(500))
}

fn settle<T>(op: &'static str, ctx: &Ctx, ran: Ran<T>) -> Result<T, CoreError> {
    match ran {
        Err(_) => Err(CoreError::Unknown(UnknownCause::Timeout)),
        Ok(Err(e)) => Err(broke(op, ctx, &e)),
        Ok(Ok(said)) => said,
    }
}

/// `f` unless the day is closed.
fn by_day<T>(tx: &Tx<'_>, f: impl FnOnce() -> Said<T>) -> Said<T> {
    match queries::open_day(tx)? {
        Ok(()) => f(),
        Err(e) => Ok(Err(e)),
    }
}

fn found<T>(value: Result<Option<T>>) -> Said<T> {
    Ok(value?.ok_or_else(|| Reject::NotFound.into()))
}

impl CoreBank for Sandbox {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            holds: true,
            holds_end: true,
            query_by_request_id: true,
            fence: true,
            reverse_by_request_id: true,
            reverse_same_day_only: true,
            events: EventFeed::Poll,
            recon_file: true,
            name_check: true,
            party_tries: true,
            pin_block: true,
            card_state: true,
            controls: true,
            interbank: true,
            credit_cards: true,
            card_plans: true,
            card_settings: true,
            payouts: true,
            social_security: true,
            loans: true,
            credit_lines: true,
            term_deposits: true,
            account_facts: true,
            money: true,
            aliases: true,
            cash: true,
            gifts: true,
            rewards: true,
            wealth: true,
            clock_skew_max_ms: 0,
            lag_max_ms: 0,
        }
    }

    fn money(&self) -> Option<&dyn Money> {
        Some(self)
    }

    fn bill_desk(&self) -> Option<&dyn Bills> {
        Some(self)
    }
    fn wealth(&self) -> Option<&dyn Wealth> {
        Some(self)
    }
    fn gifts(&self) -> Option<&dyn Gifts> {
        Some(self)
    }
    fn rewards(&self) -> Option<&dyn Rewards> {
        Some(self)
    }
    fn feed(&self) -> Option<&dyn Feed> {
        Some(self)
    }

    fn health<'a>(&'a self, ctx: &'a Ctx) -> Answer<'a, Health> {
        Box::pin(self.ask(ctx, "health", |tx, _| queries::health(tx)))
    }

    fn issuer<'a>(&'a self, ctx: &'a Ctx, number: &'a str) -> Answer<'a, Option<Issuer>> {
        Box::pin(async move {
            ctx.left_ms(self.0.db.clock().now())?;
            let issuer = self.issuer_of(number);
            // A passbook number has no check digit; what is neither is no number at all.
            let is_passbook = issuer.as_ref().is_some_and(|i| i.kind == NumberKind::Passbook);
            let well_formed =
                if is_passbook { numbers::is_passbook(number) } else { numbers::is_card(number) };
            if !well_formed {
                return Err(Reject::Validation { field: "account_no" }.into());
            }
            Ok(issuer)
        })
    }

    fn verify_party<'a>(&'a self, ctx: &'a Ctx, claim: &'a PartyClaim) -> Answer<'a, Party> {
        let (claim, most) = (claim.clone(), self.0.party_tries_per_day);
        Box::pin(self.tell(ctx, "verify_party", move |tx, keys| {
            by_day(tx, || parties::verify(tx, keys, &claim, most))
        }))
    }

    fn otp_target<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Secret<String>> {
        let cust_no = number(cust.as_str()).unwrap_or(0);
        Box::pin(self.ask(ctx, "otp_target", move |tx, keys| {
            by_day(tx, || found(parties::mobile(tx, keys, cust_no)))
        }))
    }

    fn customer<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Customer> {
        let cust_no = number(cust.as_str()).unwrap_or(0);
        Box::pin(self.ask(ctx, "customer", move |tx, keys| {
            by_day(tx, || found(parties::customer(tx, keys, cust_no)))
        }))
    }

    fn accounts<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Vec<Account>> {
        let cust_no = number(cust.as_str()).unwrap_or(0);
        Box::pin(
            self.ask(ctx, "accounts", move |tx, _| by_day(tx, || queries::accounts(tx, cust_no))),
        )
    }

    fn balance<'a>(&'a self, ctx: &'a Ctx, account: &'a AccountRef) -> Answer<'a, Balance> {
        let acct_id = number(account.as_str()).unwrap_or(0);
        Box::pin(self.glance(ctx, "balance", move |tx| queries::balance(tx, acct_id)))
    }

    fn transactions<'a>(&'a self, ctx: &'a Ctx, ask: &'a StatementQuery) -> Answer<'a, Page> {
        let ask = ask.clone();
        Box::pin(
            self.ask(ctx, "transactions", move |tx, _| {
                by_day(tx, || queries::transactions(tx, &ask))
            }),
        )
    }

    fn totals<'a>(&'a self, ctx: &'a Ctx, range: &'a StatementRange) -> Answer<'a, Totals> {
        let range = range.clone();
        Box::pin(self.ask(ctx, "totals", move |tx, _| by_day(tx, || queries::totals(tx, &range))))
    }

    fn line<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
        line: &'a LineId,
    ) -> Answer<'a, Line> {
        let (acct_id, line) = (number(account.as_str()).unwrap_or(0), line.clone());
        Box::pin(
            self.ask(ctx, "line", move |tx, _| by_day(tx, || queries::line(tx, acct_id, &line))),
        )
    }

    fn set_pin<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        pin: &'a PinBlock,
    ) -> Answer<'a, PinOutcome> {
        Box::pin(self.set_pin_now(ctx, cust, pin))
    }

    fn verify_pin<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        pin: &'a PinBlock,
    ) -> Answer<'a, PinOutcome> {
        Box::pin(self.verify_pin_now(ctx, cust, pin))
    }

    fn loans<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Vec<Loan>> {
        let cust_no = number(cust.as_str()).unwrap_or(0);
        Box::pin(self.ask(ctx, "loans", move |tx, _| by_day(tx, || lending::loans(tx, cust_no))))
    }

    fn schedule<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
    ) -> Answer<'a, Vec<Instalment>> {
        let acct_id = number(account.as_str()).unwrap_or(0);
        Box::pin(
            self.ask(ctx, "schedule", move |tx, _| by_day(tx, || lending::schedule(tx, acct_id))),
        )
    }

    fn guarantees<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Guarantees> {
        let cust_no = number(cust.as_str()).unwrap_or(0);
        Box::pin(self.ask(ctx, "guarantees", move |tx, keys| {
            by_day(tx, || lending::guarantees(tx, keys, cust_no))
        }))
    }

    fn credit_lines<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Vec<CreditLine>> {
        let cust_no = number(cust.as_str()).unwrap_or(0);
        Box::pin(self.ask(ctx, "credit_lines", move |tx, _| {
            by_day(tx, || super::money::credit_lines(tx, cust_no))
        }))
    }

    fn term_deposits<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Vec<TermDeposit>> {
        let cust_no = number(cust.as_str()).unwrap_or(0);
        Box::pin(self.ask(ctx, "term_deposits", move |tx, _| {
            by_day(tx, || terms::term_deposits(tx, cust_no))
        }))
    }

    fn account_interest<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
    ) -> Answer<'a, AccountInterest> {
        let acct_id = number(account.as_str()).unwrap_or(0);
        Box::pin(
            self.ask(ctx, "account_interest", move |tx, _| {
                by_day(tx, || facts::interest(tx, acct_id))
            }),
        )
    }

    fn limits<'a>(&'a self, ctx: &'a Ctx, account: &'a AccountRef) -> Answer<'a, Vec<Limit>> {
        let acct_id = number(account.as_str()).unwrap_or(0);
        Box::pin(self.ask(ctx, "limits", move |tx, _| by_day(tx, || facts::limits(tx, acct_id))))
    }

    fn opening_branch<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
    ) -> Answer<'a, OpeningBranch> {
        let acct_id = number(account.as_str()).unwrap_or(0);
        Box::pin(self.ask(ctx, "opening_branch", move |tx, _| {
            by_day(tx, || facts::opening_branch(tx, acct_id))
        }))
    }

    fn officer<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Officer> {
        let cust_no = number(cust.as_str()).unwrap_or(0);
        Box::pin(
            self.ask(ctx, "officer", move |tx, keys| {
                by_day(tx, || facts::officer(tx, keys, cust_no))
            }),
        )
    }

    fn set_renewal<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
        renewal: Renewal,
    ) -> Answer<'a, RenewalSet> {
        let acct_id = number(account.as_str()).unwrap_or(0);
        let id = ctx.request_id.clone().filter(|id| !id.is_empty());
        Box::pin(self.tell(ctx, "set_renewal", move |tx, _| {
            by_day(tx, || match &id {
                Some(id) => terms::set_renewal(tx, id, acct_id, renewal),
                None => Ok(terms::without_id()),
            })
        }))
    }

    fn set_notice<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
        wish: NoticeWish,
    ) -> Answer<'a, NoticeSet> {
        let acct_id = number(account.as_str()).unwrap_or(0);
        let id = ctx.request_id.clone().filter(|id| !id.is_empty());
        Box::pin(self.tell(ctx, "set_notice", move |tx, _| {
            by_day(tx, || match &id {
                Some(id) => notice::set(tx, id, acct_id, wish),
                None => Ok(terms::without_id()),
            })
        }))
    }

    fn card<'a>(&'a self, ctx: &'a Ctx, account: &'a AccountRef) -> Answer<'a, Card> {
        let acct_id = number(account.as_str()).unwrap_or(0);
        Box::pin(self.ask(ctx, "card", move |tx, _| by_day(tx, || cards::card(tx, acct_id))))
    }

    fn bills<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
        count: usize,
    ) -> Answer<'a, Vec<Bill>> {
        let acct_id = number(account.as_str()).unwrap_or(0);
        Box::pin(
            self.ask(ctx, "bills", move |tx, _| by_day(tx, || cards::bills(tx, acct_id, count))),
        )
    }

    fn card_plans<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
    ) -> Answer<'a, Vec<CardPlan>> {
        let acct_id = number(account.as_str()).unwrap_or(0);
        Box::pin(self.ask(ctx, "card_plans", move |tx, _| {
            by_day(tx, || super::money::card_plans(tx, acct_id))
        }))
    }

    fn points<'a>(&'a self, ctx: &'a Ctx, account: &'a AccountRef) -> Answer<'a, Points> {
        let acct_id = number(account.as_str()).unwrap_or(0);
        Box::pin(self.ask(ctx, "points", move |tx, _| by_day(tx, || cards::points(tx, acct_id))))
    }

    fn card_products<'a>(&'a self, ctx: &'a Ctx) -> Answer<'a, Vec<CardFees>> {
        Box::pin(self.ask(ctx, "card_products", |tx, _| by_day(tx, || cards::products(tx))))
    }

    fn verify_cvv<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        cvv: &'a PinBlock,
    ) -> Answer<'a, PinOutcome> {
        Box::pin(self.verify_cvv_now(ctx, cust, account, cvv))
    }

    fn set_card_pin<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        which: CardPin,
        pin: &'a PinBlock,
    ) -> Answer<'a, PinOutcome> {
        Box::pin(self.set_card_pin_now(ctx, cust, account, which, pin))
    }

    fn change_card<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        wish: CardWish,
    ) -> Answer<'a, CardDone> {
        let cust_no = number(cust.as_str()).unwrap_or(0);
        let acct_id = number(account.as_str()).unwrap_or(0);
        let id = ctx.request_id.clone().filter(|id| !id.is_empty());
        Box::pin(self.tell(ctx, "change_card", move |tx, _| {
            by_day(tx, || match &id {
                Some(request_id) => {
                    let command = cardset::Command { request_id, cust_no, acct_id, wish };
                    cardset::change(tx, &command)
                }
                None => Ok(terms::without_id()),
            })
        }))
    }

    fn payouts<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        ask: PayoutQuery,
    ) -> Answer<'a, Vec<Payout>> {
        let cust_no = number(cust.as_str()).unwrap_or(0);
        Box::pin(
            self.ask(ctx, "payouts", move |tx, _| {
                by_day(tx, || payouts::payouts(tx, cust_no, ask))
            }),
        )
    }

    fn pension<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Pension> {
        let cust_no = number(cust.as_str()).unwrap_or(0);
        Box::pin(self.ask(ctx, "pension", move |tx, _| by_day(tx, || social::pension(tx, cust_no))))
    }

    fn medical_account<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, MedicalAccount> {
        let cust_no = number(cust.as_str()).unwrap_or(0);
        Box::pin(self.ask(ctx, "medical_account", move |tx, _| {
            by_day(tx, || social::medical_account(tx, cust_no))
        }))
    }

    fn contributions<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
    ) -> Answer<'a, Vec<Contribution>> {
        let cust_no = number(cust.as_str()).unwrap_or(0);
        Box::pin(self.ask(ctx, "contributions", move |tx, _| {
            by_day(tx, || social::contributions(tx, cust_no))
        }))
    }

    fn social_card<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, SocialCard> {
        let cust_no = number(cust.as_str()).unwrap_or(0);
        Box::pin(
            self.ask(ctx, "social_card", move |tx, _| {
                by_day(tx, || social::social_card(tx, cust_no))
            }),
        )
    }

    fn assets<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Assets> {
        let cust_no = number(cust.as_str()).unwrap_or(0);
        Box::pin(self.ask(ctx, "assets", move |tx, _| by_day(tx, || cards::assets(tx, cust_no))))
    }

    fn set_card_state<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        wish: StateWish,
    ) -> Answer<'a, StateDone> {
        let cust_no = number(cust.as_str()).unwrap_or(0);
        let acct_id = number(account.as_str()).unwrap_or(0);
        let by_staff = matches!(ctx.operator, Operator::Staff(_));
        let request_id = ctx.request_id.clone();
        Box::pin(async move {
            let request_id = request_id.ok_or(Reject::Validation { field: "request_id" })?;
            // Not by day: harm is stopped while the books are closed, too.
            self.tell(ctx, "set_card_state", move |tx, _| {
                let command =
                    stops::Command { request_id: &request_id, cust_no, acct_id, wish, by_staff };
                stops::change(tx, &command)
            })
            .await
        })
    }

    fn identity<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Identity> {
        let cust_no = number(cust.as_str()).unwrap_or(0);
        Box::pin(self.ask(ctx, "identity", move |tx, keys| {
            by_day(tx, || found(parties::identity(tx, keys, cust_no)))
        }))
    }

    fn pin_state<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, PinState> {
        let cust_no = number(cust.as_str()).unwrap_or(0);
        Box::pin(self.ask(ctx, "pin_state", move |tx, _| by_day(tx, || pins::state(tx, cust_no))))
    }

    fn unlock_pin<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, PinOutcome> {
        let cust_no = number(cust.as_str()).unwrap_or(0);
        Box::pin(self.tell(ctx, "unlock_pin", move |tx, _| {
            by_day(tx, || {
                if let Err(e) = pins::known(tx, cust_no)? {
                    return Ok(Err(e));
                }
                pins::clear(tx, cust_no)?;
                Ok(Ok(PinOutcome { at: tx.now() }))
            })
        }))
    }

    fn controls<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
    ) -> Answer<'a, Controls> {
        let cust_no = number(cust.as_str()).unwrap_or(0);
        let acct_id = number(account.as_str()).unwrap_or(0);
        Box::pin(self.ask(ctx, "controls", move |tx, _| controls::controls(tx, cust_no, acct_id)))
    }

    fn set_control<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        wish: ControlWish,
    ) -> Answer<'a, ControlSet> {
        let cust_no = number(cust.as_str()).unwrap_or(0);
        let acct_id = number(account.as_str()).unwrap_or(0);
        let id = ctx.request_id.clone().filter(|id| !id.is_empty());
        // Not by day: a lock stops harm while the books are closed, too.
        Box::pin(self.tell(ctx, "set_control", move |tx, keys| match &id {
            Some(id) => controls::set(tx, keys, id, (cust_no, acct_id), &wish),
            None => Ok(controls::without_id()),
        }))
    }
}
