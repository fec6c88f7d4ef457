//! The port: every question we ask of a core bank.
//!
//! Each operation is `fn op(&self, &Ctx, what) -> Answer<T>`: boxed futures, so that `dyn CoreBank`
//! works. An operation a core may lack has a default that answers [`Reject::Unsupported`] and a
//! flag in [`Capabilities`]; callers choose their path from the flags, never from an adapter's name.
//!
//! Not for: retries, limits, or deciding anything. An adapter stores nothing.

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
    Account, AccountRef, Balance, CustNo, Customer, Detail, Health, Identity, Issuer, Line, LineId,
    Page, Party, PartyClaim, PinOutcome, PinState, StateDone, StateWish, StatementQuery,
    StatementRange, Totals,
};
use crate::money::Money;
use crate::pin::PinBlock;
use crate::rewards::Rewards;
use crate::rural::{Contribution, MedicalAccount, Payout, PayoutQuery, Pension, SocialCard};
use crate::wealth::Wealth;
use base::Secret;
use std::fmt::Debug;
use std::pin::Pin;

pub use crate::ctx::{Ctx, Operator};

/// Lines in one page of a statement, at most.
pub const LINES_MAX: usize = 100;
/// Days in one statement range, at most (one leap year).
pub const RANGE_DAYS_MAX: i64 = 366;

/// An answer under way.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, CoreError>> + Send + 'a>>;

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
    /// A hold gives itself back when its time is over; where it does not, the caller voids it.
    pub holds_end: bool,
    pub query_by_request_id: bool,
    /// A tombstone can be set so that a late original is refused.
    pub fence: bool,
    pub reverse_by_request_id: bool,
    pub reverse_same_day_only: bool,
    pub events: EventFeed,
    /// [`crate::money::Money::recon_file`] works.
    pub recon_file: bool,
    pub name_check: bool,
    /// [`CoreBank::verify_party`] counts wrong claims; where it does not, the caller does, and `left` says nothing.
    pub party_tries: bool,
    /// [`CoreBank::set_pin`], [`CoreBank::verify_pin`], [`CoreBank::pin_state`] and [`CoreBank::unlock_pin`] work.
    pub pin_block: bool,
    /// [`CoreBank::set_card_state`] works.
    pub card_state: bool,
    /// [`CoreBank::controls`] and [`CoreBank::set_control`] work.
    pub controls: bool,
    pub interbank: bool,
    /// [`CoreBank::loans`], [`CoreBank::schedule`] and [`CoreBank::guarantees`] work.
    pub loans: bool,
    /// [`CoreBank::credit_lines`] and [`crate::money::Money::draw_trial`] work.
    pub credit_lines: bool,
    /// [`CoreBank::term_deposits`], [`CoreBank::set_renewal`] and [`CoreBank::set_notice`] work.
    pub term_deposits: bool,
    /// [`CoreBank::account_interest`], [`CoreBank::limits`], [`CoreBank::opening_branch`] and [`CoreBank::officer`] work.
    pub account_facts: bool,
    /// [`CoreBank::card`], [`CoreBank::bills`], [`CoreBank::points`] and [`CoreBank::card_products`] work.
    pub credit_cards: bool,
    /// [`CoreBank::card_plans`] and [`crate::money::Money::split_trial`] work.
    pub card_plans: bool,
    /// [`CoreBank::verify_cvv`], [`CoreBank::set_card_pin`] and [`CoreBank::change_card`] work.
    pub card_settings: bool,
    /// [`CoreBank::payouts`] works: the core knows batches, not only the lines they became.
    pub payouts: bool,
    /// [`CoreBank::pension`], [`CoreBank::medical_account`], [`CoreBank::contributions`] and
    /// [`CoreBank::social_card`] work.
    pub social_security: bool,
    /// [`CoreBank::money`] is there.
    pub money: bool,
    /// [`Money::alias`] works.
    pub aliases: bool,
    /// Cash can be booked ([`crate::money::Payee::Cash`]), and [`Money::call_off`] works.
    pub cash: bool,
    /// [`CoreBank::gifts`] is there.
    pub gifts: bool,
    /// [`CoreBank::rewards`] is there.
    pub rewards: bool,
    /// [`CoreBank::wealth`] is there.
    pub wealth: bool,
    /// How far the core's clock may be from ours.
    pub clock_skew_max_ms: i64,
    /// How long after its deadline a request may still take effect.
    pub lag_max_ms: i64,
}

/// A bank's core system.
pub trait CoreBank: Send + Sync + Debug {
    /// What this adapter can do; never changes while it lives.
    fn capabilities(&self) -> Capabilities;

    /// What moves money, where this core does so for us; see [`Capabilities::money`].
    fn money(&self) -> Option<&dyn Money> {
        None
    }

    /// Who asks billers (中间业务平台), where this core does so for us.
    fn bill_desk(&self) -> Option<&dyn Bills> {
        None
    }
    /// What gives points away, where this core does so for us; see [`Capabilities::gifts`].
    fn gifts(&self) -> Option<&dyn Gifts> {
        None
    }
    /// What is given for points, where this core does so for us; see [`Capabilities::rewards`].
    fn rewards(&self) -> Option<&dyn Rewards> {
        None
    }
    /// Who sells wealth products, where this core does so for us; see [`Capabilities::wealth`].
    fn wealth(&self) -> Option<&dyn Wealth> {
        None
    }
    /// What tells events in order, where the core keeps such a list; see [`Capabilities::events`].
    fn feed(&self) -> Option<&dyn Feed> {
        None
    }

    /// Whether the core answers, its business date, and whether its day is open.
    fn health<'a>(&'a self, ctx: &'a Ctx) -> Answer<'a, Health>;

    /// Which institution issued a card or a passbook, by the leading digits of its number; `None` when
    /// no one here did. Asks of the whole province, not of `ctx.tenant`, and says nothing about whether
    /// the account exists. [`Reject::Validation`] `account_no` when it is no such number at all (length,
    /// digits, a card's check digit; a passbook number has none).
    fn issuer<'a>(&'a self, ctx: &'a Ctx, number: &'a str) -> Answer<'a, Option<Issuer>>;

    /// Whether name, identity document, account and reserved mobile belong together: one combined
    /// answer. Where no mobile is reserved the other three decide, and the party has none. [`Reject::PartyMismatch`]
    /// never says which element differs, nor whether the account exists; tries are counted per claimed account and day, [`Reject::PartyLocked`] when used up.
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

    /// The customer's loans in the order of their accounts, paid back ones too.
    fn loans<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Vec<Loan>> {
        let _ = (ctx, cust);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// Every instalment of a loan, in order; their principals add up to what was lent.
    /// [`Reject::NotFound`] when it is no loan.
    fn schedule<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
    ) -> Answer<'a, Vec<Instalment>> {
        let _ = (ctx, account);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// The customer's revolving credit lines in a stable order, those that may not be drawn any more too.
    fn credit_lines<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Vec<CreditLine>> {
        let _ = (ctx, cust);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// Whom the customer stands for and who stands for the customer; others are masked.
    fn guarantees<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Guarantees> {
        let _ = (ctx, cust);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// The customer's time deposits that hold something, the next to mature first.
    fn term_deposits<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Vec<TermDeposit>> {
        let _ = (ctx, cust);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// Interest credited to an account at call, and what has grown since.
    /// [`Reject::Unsupported`] for other kinds of account.
    fn account_interest<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
    ) -> Answer<'a, AccountInterest> {
        let _ = (ctx, account);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// What may leave an account at call, and how much of it is used.
    /// [`Reject::Unsupported`] for other kinds of account.
    fn limits<'a>(&'a self, ctx: &'a Ctx, account: &'a AccountRef) -> Answer<'a, Vec<Limit>> {
        let _ = (ctx, account);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// Where an account was opened, as forms want it.
    fn opening_branch<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
    ) -> Answer<'a, OpeningBranch> {
        let _ = (ctx, account);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// Who looks after the customer today (客户经理). [`Reject::NotFound`] when nobody does.
    fn officer<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Officer> {
        let _ = (ctx, cust);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// Sets what happens when a time deposit matures: a command, done once under `ctx.request_id`; the same id again
    /// answers the same, with another wish [`Reject::PayloadMismatch`]. [`Reject::Validation`] `request_id` | `renewal`;
    /// [`Reject::Unsupported`] for a notice deposit, `deposit.paper` for a certificate on paper, [`Reject::Expired`] once it
    /// has matured, [`Reject::AccountNotActive`].
    fn set_renewal<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
        renewal: Renewal,
    ) -> Answer<'a, RenewalSet> {
        let _ = (ctx, account, renewal);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// Gives notice of a withdrawal from a notice deposit, or takes it back: a command, done once under `ctx.request_id` like
    /// [`CoreBank::set_renewal`]. [`Reject::Validation`] `request_id` | `amount`; [`Reject::Unsupported`] for another kind of
    /// deposit, `deposit.paper`, [`Reject::NotEligible`] where a notice is given already, [`Reject::NotFound`] where there is
    /// none to take back, [`Reject::AccountNotActive`].
    fn set_notice<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
        wish: NoticeWish,
    ) -> Answer<'a, NoticeSet> {
        let _ = (ctx, account, wish);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// One credit card: its terms and how it stands. [`Reject::NotFound`] when it is no credit card.
    fn card<'a>(&'a self, ctx: &'a Ctx, account: &'a AccountRef) -> Answer<'a, Card> {
        let _ = (ctx, account);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// A credit card's last bills, latest first, as the books were on each statement day; none of before its first entry.
    /// [`Reject::Validation`] `count`: 1 to [`crate::BILLS_MAX`].
    fn bills<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
        count: usize,
    ) -> Answer<'a, Vec<Bill>> {
        let _ = (ctx, account, count);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// A credit card's plans of instalments, the latest first, those that are billed whole too.
    fn card_plans<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
    ) -> Answer<'a, Vec<CardPlan>> {
        let _ = (ctx, account);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// A credit card's points.
    fn points<'a>(&'a self, ctx: &'a Ctx, account: &'a AccountRef) -> Answer<'a, Points> {
        let _ = (ctx, account);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// What the institution's credit cards cost, the cheapest first.
    fn card_products<'a>(&'a self, ctx: &'a Ctx) -> Answer<'a, Vec<CardFees>> {
        let _ = ctx;
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// Checks the three digits on the back of a credit card of `cust`; counted like a PIN's, by card and day.
    fn verify_cvv<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        cvv: &'a PinBlock,
    ) -> Answer<'a, PinOutcome> {
        let _ = (ctx, cust, account, cvv);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// Sets or replaces a PIN of a credit card of `cust`. [`Reject::AccountNotActive`] before the card is activated.
    fn set_card_pin<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        which: CardPin,
        pin: &'a PinBlock,
    ) -> Answer<'a, PinOutcome> {
        let _ = (ctx, cust, account, which, pin);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// Changes how a credit card of `cust` is set: a command; a refusal is no verdict on its id. Refusals: at [`CardWish`].
    fn change_card<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        wish: CardWish,
    ) -> Answer<'a, CardDone> {
        let _ = (ctx, cust, account, wish);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// Batches of payments as one customer may know them, latest first: those with a share of theirs, and of public ones
    /// those without. [`Reject::Validation`] `range`: two years at most.
    fn payouts<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        ask: PayoutQuery,
    ) -> Answer<'a, Vec<Payout>> {
        let _ = (ctx, cust, ask);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// A customer's pension. [`Reject::NotFound`] when none is paid here.
    fn pension<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Pension> {
        let _ = (ctx, cust);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// The medical insurance's personal account. [`Reject::NotFound`] when there is none.
    fn medical_account<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, MedicalAccount> {
        let _ = (ctx, cust);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// Contributions to social insurance known to be paid, latest year first.
    fn contributions<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
    ) -> Answer<'a, Vec<Contribution>> {
        let _ = (ctx, cust);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// A customer's social card. [`Reject::NotFound`] when none is known.
    fn social_card<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, SocialCard> {
        let _ = (ctx, cust);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// All a customer has and owes. An adapter without a question of its own for it adds up balances.
    fn assets<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Assets> {
        Box::pin(async move {
            let mut all: Option<Assets> = None;
            for account in self.accounts(ctx, cust).await? {
                let b = self.balance(ctx, &account.id).await?;
                let ends = match b.detail {
                    Detail::Deposit { matures_on, .. } => matures_on,
                    _ => None,
                };
                let sums = all.get_or_insert(Assets::none(b.as_of));
                let added = sums.add(b.kind, &account.tail, b.posted, ends);
                added
                    .ok_or(UnknownCause::IntegrityMismatch { field: "posted" })
                    .map_err(CoreError::Unknown)?;
            }
            all.ok_or_else(|| Reject::NotFound.into())
        })
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

    /// Who a customer is, in full: for a face check, and to compare what was typed. What is told is never shown or kept.
    fn identity<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Identity> {
        let _ = (ctx, cust);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// Whether a channel PIN is set, how many tries are left today, and until when it is locked.
    fn pin_state<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, PinState> {
        let _ = (ctx, cust);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// Gives the day's tries of the channel PIN back; the PIN stays. Doing it twice is the same as once.
    fn unlock_pin<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, PinOutcome> {
        let _ = (ctx, cust);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// What a customer has switched for an account at call. [`Reject::NotFound`] when the account is not the customer's,
    /// [`Reject::Unsupported`] for other kinds of account.
    fn controls<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
    ) -> Answer<'a, Controls> {
        let _ = (ctx, cust, account);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// Changes one switch: a command, done once under `ctx.request_id`; the same id again answers the same, with another
    /// wish [`Reject::PayloadMismatch`]. Works while the day is closed: it may stop harm. [`Reject::Validation`]
    /// `request_id` | `hours` | `limit`, [`Reject::LimitExceeded`] above the bank's own bound, [`Reject::NotFound`],
    /// [`Reject::AccountNotActive`].
    fn set_control<'a>(
        &'a self,
        ctx: &'a Ctx,
        cust: &'a CustNo,
        account: &'a AccountRef,
        wish: ControlWish,
    ) -> Answer<'a, ControlSet> {
        let _ = (ctx, cust, account, wish);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }
}
