//! The port: every question we ask of a core bank.
//!
//! Each operation is `fn op(&self, &Ctx, what) -> Answer<T>`: boxed futures, so that `dyn CoreBank`
//! works. An operation a core may lack has a default that answers [`Reject::Unsupported`] and a
//! flag in [`Capabilities`]; callers choose their path from the flags, never from an adapter's name.
//!
//! Not for: retries, limits, or deciding anything. An adapter stores nothing.

use crate::error::{Cause, CoreError, Reject};
use crate::model::{
    Account, AccountRef, Balance, CustNo, Customer, Health, Issuer, Line, LineId, Page, Party,
    PartyClaim, PinOutcome, StateDone, StateWish, StatementQuery, StatementRange, Totals,
};
use crate::pin::PinBlock;
use base::{Secret, TenantId, Time};
use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;

/// Lines in one page of a statement, at most.
pub const LINES_MAX: usize = 100;
/// Days in one statement range, at most (one leap year).
pub const RANGE_DAYS_MAX: i64 = 366;

/// An answer under way.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, CoreError>> + Send + 'a>>;

/// Who stands behind a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operator {
    /// The customer himself, over this channel.
    Customer,
    /// A member of staff, by login.
    Staff(String),
    /// The platform's own work: reconciliation, notices.
    System,
}

/// What goes along with every request.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// The institution whose books are asked. Nothing of another institution is ever answered.
    pub tenant: TenantId,
    /// After this the answer is of no use. Passed before sending: [`Cause::DeadlinePassed`].
    pub deadline: Time,
    /// Goes into log lines on both sides; never personal data.
    pub trace: String,
    pub operator: Operator,
    /// Key of a command, the same on every resend; `None` for questions.
    pub request_id: Option<String>,
    /// The channel's own serial and its date, quoted in enquiries and reversals.
    pub channel: Option<(String, crate::Day)>,
}

impl Ctx {
    /// A customer's question.
    pub fn new(tenant: TenantId, deadline: Time, trace: impl Into<String>) -> Self {
        Self {
            tenant,
            deadline,
            trace: trace.into(),
            operator: Operator::Customer,
            request_id: None,
            channel: None,
        }
    }
    /// Milliseconds left at `now`; [`CoreError::NotSent`] when none are.
    pub fn left_ms(&self, now: Time) -> Result<u64, CoreError> {
        match u64::try_from(self.deadline.since(now)) {
            Ok(left) if left > 0 => Ok(left),
            _ => Err(CoreError::NotSent(Cause::DeadlinePassed)),
        }
    }
}

/// How a core tells of entries made elsewhere (core.md §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventFeed {
    Push,
    Poll,
    FileOnly,
}

/// What an adapter can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    pub holds: bool,
    pub query_by_request_id: bool,
    /// A tombstone can be set so that a late original is refused.
    pub fence: bool,
    pub reverse_by_request_id: bool,
    pub reverse_same_day_only: bool,
    pub events: EventFeed,
    pub recon_file: bool,
    pub name_check: bool,
    /// [`CoreBank::set_pin`] and [`CoreBank::verify_pin`] work.
    pub pin_block: bool,
    /// [`CoreBank::set_card_state`] works.
    pub card_state: bool,
    pub interbank: bool,
    /// How far the core's clock may be from ours.
    pub clock_skew_max_ms: i64,
    /// How long after its deadline a request may still take effect.
    pub lag_max_ms: i64,
}

/// A bank's core system.
pub trait CoreBank: Send + Sync + Debug {
    /// What this adapter can do; never changes while it lives.
    fn capabilities(&self) -> Capabilities;

    /// Whether the core answers, its business date, and whether its day is open.
    fn health<'a>(&'a self, ctx: &'a Ctx) -> Answer<'a, Health>;

    /// Which institution issued a card or a passbook, by the leading digits of its number; `None` when
    /// no one here did. Asks of the whole province, not of `ctx.tenant`, and says nothing about whether
    /// the account exists. [`Reject::Validation`] `account_no` when it is no such number at all (length,
    /// digits, a card's check digit; a passbook number has none).
    fn issuer<'a>(&'a self, ctx: &'a Ctx, number: &'a str) -> Answer<'a, Option<Issuer>>;

    /// Whether name, identity document, account and reserved mobile belong together: one combined
    /// answer. [`Reject::PartyMismatch`] never says which element differs, nor whether the account
    /// exists; tries are counted per claimed account and day, [`Reject::PartyLocked`] when used up.
    fn verify_party<'a>(&'a self, ctx: &'a Ctx, claim: &'a PartyClaim) -> Answer<'a, Party>;

    /// The reserved mobile number a one-time code goes to. [`Reject::NotFound`] when none is reserved.
    fn otp_target<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Secret<String>>;

    /// The customer's profile with personal data masked.
    fn customer<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Customer>;

    /// The customer's accounts, closed ones last; in a stable order.
    fn accounts<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Vec<Account>>;

    /// One account's balance.
    fn balance<'a>(&'a self, ctx: &'a Ctx, account: &'a AccountRef) -> Answer<'a, Balance>;

    /// A page of an account's lines, latest first. Entries made meanwhile never repeat or hide a line
    /// of later pages. [`Reject::Validation`] `limit` | `range` | `cursor` | `q`.
    fn transactions<'a>(&'a self, ctx: &'a Ctx, ask: &'a StatementQuery) -> Answer<'a, Page>;

    /// What [`CoreBank::transactions`] over the same range adds up to.
    fn totals<'a>(&'a self, ctx: &'a Ctx, range: &'a StatementRange) -> Answer<'a, Totals>;

    /// One line of an account. [`Reject::NotFound`] when the line is not this account's.
    fn line<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
        line: &'a LineId,
    ) -> Answer<'a, Line>;

    /// Sets the channel PIN (微信银行密码) of a customer and clears its wrong tries.
    /// [`Reject::Validation`] `pin` when the block does not open for this customer.
    fn set_pin<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        pin: &'a PinBlock,
    ) -> Answer<'a, PinOutcome> {
        let _ = (ctx, cust, pin);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// Checks the channel PIN. [`Reject::WrongPin`], [`Reject::PinLocked`], [`Reject::PinNotSet`];
    /// wrong tries are counted here, exactly, also when many come at once.
    fn verify_pin<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        pin: &'a PinBlock,
    ) -> Answer<'a, PinOutcome> {
        let _ = (ctx, cust, pin);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// Locks a card or passbook of `cust`, reports it lost, or undoes that. A command: `ctx.request_id` names it,
    /// again with the same id it is not done again and gets the same answer for ever. Stopping what is stopped
    /// already is no refusal (`changed` is false), and works while the day is closed.
    /// [`Reject::NotFound`] when the account is not the customer's, [`Reject::CounterOnly`] for what only the
    /// counter may do, [`Reject::AccountNotActive`] when it is closed.
    fn set_card_state<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        wish: StateWish,
    ) -> Answer<'a, StateDone> {
        let _ = (ctx, cust, account, wish);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }
}

impl<C: CoreBank + ?Sized> CoreBank for Arc<C> {
    fn capabilities(&self) -> Capabilities {
        (**self).capabilities()
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
    fn set_card_state<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        wish: StateWish,
    ) -> Answer<'a, StateDone> {
        (**self).set_card_state(ctx, cust, account, wish)
    }
}
