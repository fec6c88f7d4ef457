//! [`Money`] for the sandbox: payments inside the institution and to other banks, holds, reversals, what became of them.
//!
//! Each command is one unit of work under its request id: seen before, it gets the same answer; refused, the refusal
//! sticks, but for a closed day. Payments to other banks go out at once and are settled by their rail when its time has
//! come ([`Sandbox::settle_rails`], or when one is asked after). What the payer locked, the limits of their own choice and
//! the ceilings of the account's class hold.
//!
//! | number elsewhere ends in | what its bank does |
//! | --- | --- |
//! | 0202, 0303, 0404 | gives it back: account not active, another name, no such account |
//! | 0505 | is never heard of: pending for ever, until it is undone |
//! | else | takes it |
//!
//! An order of a wealth product is under way until the wealth company has confirmed it (`sandbox/wealth`).
//! Cash that is booked is under way until somebody takes it (`cash`); what nobody takes comes back.
//! A payment to a biller is under way until the biller has confirmed it (`sandbox/bills`); what it refuses comes back.
//!
//! Of ids: a reversal is told by [`Money::query`] as posted under its own id and serial, with the payment it undid; one
//! that found nothing as refused with [`Reject::NotFound`]. What a rail has begun is not reversed:
//! [`Reject::NotEligible`]. Not for: whose account the payer is, limits of the channel, factors; the channel looks at those.

mod aliases;
mod banks;
mod cash;
mod check;
mod drawing;
mod gifts;
mod holds;
mod offers;
mod paid_to;
mod pay;
mod payees;
mod query;
mod rails;
mod recon;
mod reverse;
mod rewards;
mod saving;
mod settle;
mod split;
mod store;
mod wealth;

pub use cash::{Dispensed, NoCash, TillAsk};
pub(crate) use check::broken;
pub use drawing::NewLine;
pub(crate) use drawing::{add_line, credit_lines};
pub use gifts::NewProject;
pub(crate) use gifts::taken;
pub(crate) use holds::HoldStand;
pub use offers::NewOffer;
pub(crate) use offers::notice_rate;
pub(crate) use split::{deferred, plans as card_plans, purchases_split};
pub(crate) use store::PaymentState;

use crate::alias::{AliasAsk, AliasFound};
use crate::day::Day;
use crate::deposits::DepositOffer;
use crate::error::{CoreError, Reject, UnknownCause};
use crate::money::{
    Bank, DepositAsk, DepositQuote, DrawAsk, DrawTrial, Fate, Held, HoldAsk, LoanTrial,
    LoanTrialAsk, Money, Paid, Payee, PayeeAsk, PayeeFound, Payment, Query, Quote, QuoteAsk,
    ReconWritten, Reversal, SplitAsk, SplitTrial, Undone, WithdrawalAsk, WithdrawalTrial,
};
use crate::port::{Answer, Ctx};
use crate::sandbox::controls::without_id;
use crate::sandbox::queries;
use crate::sandbox::repay;
use crate::sandbox::{Sandbox, log_fault};
use std::io::Write;
use std::time::Duration;

/// Characters of a request id, at most.
const ID_CHARS_MAX: usize = 64;
/// Ids of the sandbox's own work on rails begin so.
const OWN_IDS: [&str; 4] = ["rail:", "return:", "bill:", "wealth:"];

/// A command's id: printable, short, and none of the sandbox's own.
fn id_of(ctx: &Ctx) -> Result<String, CoreError> {
    let is_fine = |id: &&String| {
        (1..=ID_CHARS_MAX).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_graphic())
            && !OWN_IDS.iter().any(|own| id.starts_with(own))
    };
    ctx.request_id.as_ref().filter(is_fine).map_or_else(without_id, |id| Ok(id.clone()))
}

impl Sandbox {
    async fn pay_now(
        &self,
        ctx: &Ctx,
        payment: &Payment,
        hold: Option<&str>,
    ) -> Result<Paid, CoreError> {
        let order = pay::Order {
            request_id: id_of(ctx)?,
            payment: payment.clone(),
            channel: ctx.channel.clone(),
            hold: hold.map(str::to_owned),
        };
        pay::validate(payment)?;
        if let Payee::Elsewhere { number, .. } = &payment.payee {
            // An account of this institution is paid by its handle.
            if self.issuer_of(number).is_some_and(|i| i.tenant == ctx.tenant) {
                return Err(Reject::Validation { field: "payee" }.into());
            }
        }
        self.tell(ctx, "pay", move |tx, keys| pay::run(tx, keys, &order)).await
    }
}

impl Sandbox {
    /// What became of a command, after its rail was asked where there is one.
    async fn query_now(&self, ctx: &Ctx, ask: &Query) -> Result<Fate, CoreError> {
        // A write, not a question: a reader that lags behind would say that nothing is known.
        let look = async || {
            let ask = ask.clone();
            self.tell(ctx, "query", move |tx, keys| query::run(tx, keys, &ask)).await
        };
        let fate = look().await?;
        if !matches!(&fate, Fate::Posted(paid) if !paid.is_final) {
            return Ok(fate);
        }
        let left = ctx.left_ms(self.0.db.clock().now())?;
        let settled = self.settle_one(ctx.tenant, &ask.request_id);
        match tokio::time::timeout(Duration::from_millis(left), settled).await {
            // Somebody else may have settled it since the first look.
            Ok(Ok(_)) => look().await,
            Ok(Err(e)) => {
                log_fault("settle", &ctx.trace, &e);
                Ok(fate)
            }
            Err(_) => Err(CoreError::Unknown(UnknownCause::Timeout)),
        }
    }
}

impl Money for Sandbox {
    fn recon_file<'a>(
        &'a self,
        ctx: &'a Ctx,
        core_date: Day,
        out: &'a mut (dyn Write + Send),
    ) -> Answer<'a, ReconWritten> {
        Box::pin(self.write_recon_file(ctx, core_date, out))
    }

    fn payee<'a>(&'a self, ctx: &'a Ctx, ask: &'a PayeeAsk) -> Answer<'a, PayeeFound> {
        Box::pin(self.find_payee(ctx, ask))
    }

    fn alias<'a>(&'a self, ctx: &'a Ctx, ask: &'a AliasAsk) -> Answer<'a, AliasFound> {
        Box::pin(self.find_alias(ctx, ask))
    }

    fn banks<'a>(&'a self, ctx: &'a Ctx, words: &'a str) -> Answer<'a, Vec<Bank>> {
        Box::pin(async move {
            ctx.left_ms(self.0.db.clock().now())?;
            Ok(banks::search(words, &self.institutions()))
        })
    }

    fn quote<'a>(&'a self, ctx: &'a Ctx, ask: &'a QuoteAsk) -> Answer<'a, Quote> {
        let ask = ask.clone();
        Box::pin(self.ask(ctx, "quote", move |tx, keys| match queries::open_day(tx)? {
            Ok(()) => rails::quote(tx, keys, &ask),
            Err(closed) => Ok(Err(closed)),
        }))
    }

    fn loan_trial<'a>(&'a self, ctx: &'a Ctx, ask: &'a LoanTrialAsk) -> Answer<'a, LoanTrial> {
        let ask = ask.clone();
        Box::pin(self.ask(ctx, "loan_trial", move |tx, _| match queries::open_day(tx)? {
            Ok(()) => repay::trial(tx, &ask),
            Err(closed) => Ok(Err(closed)),
        }))
    }

    fn deposit_quote<'a>(&'a self, ctx: &'a Ctx, ask: &'a DepositAsk) -> Answer<'a, DepositQuote> {
        let ask = *ask;
        Box::pin(self.ask(ctx, "deposit_quote", move |tx, _| match queries::open_day(tx)? {
            Ok(()) => saving::quote(tx, &ask),
            Err(closed) => Ok(Err(closed)),
        }))
    }

    fn deposit_offers<'a>(&'a self, ctx: &'a Ctx) -> Answer<'a, Vec<DepositOffer>> {
        Box::pin(self.ask(ctx, "deposit_offers", move |tx, _| match queries::open_day(tx)? {
            Ok(()) => offers::offers(tx),
            Err(closed) => Ok(Err(closed)),
        }))
    }

    fn withdrawal_trial<'a>(
        &'a self,
        ctx: &'a Ctx,
        ask: &'a WithdrawalAsk,
    ) -> Answer<'a, WithdrawalTrial> {
        let ask = ask.clone();
        Box::pin(self.ask(ctx, "withdrawal_trial", move |tx, _| match queries::open_day(tx)? {
            Ok(()) => saving::trial(tx, &ask),
            Err(closed) => Ok(Err(closed)),
        }))
    }

    fn draw_trial<'a>(&'a self, ctx: &'a Ctx, ask: &'a DrawAsk) -> Answer<'a, DrawTrial> {
        let ask = ask.clone();
        Box::pin(self.ask(ctx, "draw_trial", move |tx, _| match queries::open_day(tx)? {
            Ok(()) => drawing::trial(tx, &ask),
            Err(closed) => Ok(Err(closed)),
        }))
    }

    fn split_trial<'a>(&'a self, ctx: &'a Ctx, ask: &'a SplitAsk) -> Answer<'a, SplitTrial> {
        let ask = ask.clone();
        Box::pin(self.ask(ctx, "split_trial", move |tx, _| match queries::open_day(tx)? {
            Ok(()) => split::trial(tx, &ask),
            Err(closed) => Ok(Err(closed)),
        }))
    }

    fn pay<'a>(&'a self, ctx: &'a Ctx, payment: &'a Payment) -> Answer<'a, Paid> {
        Box::pin(self.pay_now(ctx, payment, None))
    }

    fn query<'a>(&'a self, ctx: &'a Ctx, ask: &'a Query) -> Answer<'a, Fate> {
        Box::pin(self.query_now(ctx, ask))
    }

    fn call_off<'a>(&'a self, ctx: &'a Ctx, original: &'a str) -> Answer<'a, Fate> {
        let original = original.to_owned();
        Box::pin(self.tell(ctx, "call_off", move |tx, keys| cash::call_off(tx, keys, &original)))
    }

    fn reverse<'a>(&'a self, ctx: &'a Ctx, ask: &'a Reversal) -> Answer<'a, Undone> {
        Box::pin(async move {
            let undo = reverse::Undo {
                request_id: id_of(ctx)?,
                ask: ask.clone(),
                channel: ctx.channel.clone(),
            };
            if undo.request_id == ask.original {
                return Err(Reject::Validation { field: "original" }.into());
            }
            self.tell(ctx, "reverse", move |tx, keys| reverse::run(tx, keys, &undo)).await
        })
    }

    fn hold<'a>(&'a self, ctx: &'a Ctx, ask: &'a HoldAsk) -> Answer<'a, Held> {
        Box::pin(async move {
            let (id, ask) = (id_of(ctx)?, ask.clone());
            self.tell(ctx, "hold", move |tx, keys| holds::hold(tx, keys, &id, &ask)).await
        })
    }

    fn commit<'a>(&'a self, ctx: &'a Ctx, hold: &'a str, payment: &'a Payment) -> Answer<'a, Paid> {
        Box::pin(self.pay_now(ctx, payment, Some(hold)))
    }

    fn void<'a>(&'a self, ctx: &'a Ctx, hold: &'a str) -> Answer<'a, Held> {
        Box::pin(async move {
            let (id, hold) = (id_of(ctx)?, hold.to_owned());
            self.tell(ctx, "void", move |tx, keys| holds::void(tx, keys, &id, &hold)).await
        })
    }
}
