//! Money through the contract. What a core says it paid is compared with what was asked; what differs is unknown, and an
//! alarm for people.

use super::{HttpCore, of, same};
use crate::link::mismatch;
use crate::ops;
use crate::wire::Nothing;
use crate::wire::money::{CallOffAsk, CommitAsk, VoidAsk, WordsAsk};
use corebank::alias::{AliasAsk, AliasFound};
use corebank::deposits::DepositOffer;
use corebank::money::{
    Bank, DepositAsk, DepositQuote, DrawAsk, DrawTrial, Fate, Held, HoldAsk, LoanTrial,
    LoanTrialAsk, Money, Paid, PayeeAsk, PayeeFound, Payment, Query, Quote, QuoteAsk, ReconWritten,
    Reversal, SplitAsk, SplitTrial, Undone, WithdrawalAsk, WithdrawalTrial,
};
use corebank::{Answer, CoreError, Ctx, Day};
use std::io::Write;

/// A payment that is told as it was asked for, or an unknown one.
fn as_asked(paid: Paid, ctx: &Ctx, payment: &Payment) -> Result<Paid, CoreError> {
    let asked = ctx.request_id.as_deref().unwrap_or_default();
    match paid.echo.differs(asked, payment) {
        None => Ok(paid),
        Some(field) => {
            tracing::error!(request_id = asked, field, "the core says that it did something else");
            Err(mismatch(field))
        }
    }
}

/// The payment a fate tells of.
fn told_of(fate: &Fate) -> Option<&Paid> {
    match fate {
        Fate::Posted(paid) | Fate::Returned(paid, _) | Fate::Reversed(paid) => Some(paid),
        Fate::Rejected(_) | Fate::InProgress | Fate::NotFound | Fate::Fenced | Fate::Hold(_) => {
            None
        }
    }
}

impl Money for HttpCore {
    fn payee<'a>(&'a self, ctx: &'a Ctx, ask: &'a PayeeAsk) -> Answer<'a, PayeeFound> {
        Box::pin(self.link.ask(ctx, ops::PAYEE, of(ask)))
    }
    fn alias<'a>(&'a self, ctx: &'a Ctx, ask: &'a AliasAsk) -> Answer<'a, AliasFound> {
        Box::pin(self.link.ask(ctx, ops::ALIAS, of(ask)))
    }
    fn banks<'a>(&'a self, ctx: &'a Ctx, words: &'a str) -> Answer<'a, Vec<Bank>> {
        Box::pin(self.link.ask(ctx, ops::BANKS, WordsAsk { words: words.to_owned() }))
    }
    fn quote<'a>(&'a self, ctx: &'a Ctx, ask: &'a QuoteAsk) -> Answer<'a, Quote> {
        Box::pin(self.link.ask(ctx, ops::QUOTE, of(ask)))
    }
    fn loan_trial<'a>(&'a self, ctx: &'a Ctx, ask: &'a LoanTrialAsk) -> Answer<'a, LoanTrial> {
        Box::pin(self.link.ask(ctx, ops::LOAN_TRIAL, of(ask)))
    }
    fn deposit_quote<'a>(&'a self, ctx: &'a Ctx, ask: &'a DepositAsk) -> Answer<'a, DepositQuote> {
        Box::pin(self.link.ask(ctx, ops::DEPOSIT_QUOTE, of(ask)))
    }
    fn deposit_offers<'a>(&'a self, ctx: &'a Ctx) -> Answer<'a, Vec<DepositOffer>> {
        Box::pin(self.link.ask(ctx, ops::DEPOSIT_OFFERS, Nothing {}))
    }
    fn withdrawal_trial<'a>(
        &'a self,
        ctx: &'a Ctx,
        ask: &'a WithdrawalAsk,
    ) -> Answer<'a, WithdrawalTrial> {
        Box::pin(self.link.ask(ctx, ops::WITHDRAWAL_TRIAL, of(ask)))
    }
    fn draw_trial<'a>(&'a self, ctx: &'a Ctx, ask: &'a DrawAsk) -> Answer<'a, DrawTrial> {
        Box::pin(self.link.ask(ctx, ops::DRAW_TRIAL, of(ask)))
    }
    fn split_trial<'a>(&'a self, ctx: &'a Ctx, ask: &'a SplitAsk) -> Answer<'a, SplitTrial> {
        Box::pin(self.link.ask(ctx, ops::SPLIT_TRIAL, of(ask)))
    }
    fn pay<'a>(&'a self, ctx: &'a Ctx, payment: &'a Payment) -> Answer<'a, Paid> {
        Box::pin(async move {
            let paid = self.link.ask(ctx, ops::PAY, of(payment)).await?;
            as_asked(paid, ctx, payment)
        })
    }
    fn query<'a>(&'a self, ctx: &'a Ctx, ask: &'a Query) -> Answer<'a, Fate> {
        Box::pin(async move {
            let fate = self.link.ask(ctx, ops::QUERY, of(ask)).await?;
            same(fate, "request_id", |fate: &Fate| {
                told_of(fate).is_none_or(|paid| paid.echo.request_id == ask.request_id)
            })
        })
    }
    fn call_off<'a>(&'a self, ctx: &'a Ctx, original: &'a str) -> Answer<'a, Fate> {
        Box::pin(async move {
            let ask = CallOffAsk { original: original.to_owned() };
            let fate = self.link.ask(ctx, ops::CALL_OFF, ask).await?;
            same(fate, "request_id", |fate: &Fate| {
                told_of(fate).is_none_or(|paid| paid.echo.request_id == original)
            })
        })
    }
    fn reverse<'a>(&'a self, ctx: &'a Ctx, ask: &'a Reversal) -> Answer<'a, Undone> {
        Box::pin(self.link.ask(ctx, ops::REVERSE, of(ask)))
    }
    fn hold<'a>(&'a self, ctx: &'a Ctx, ask: &'a HoldAsk) -> Answer<'a, Held> {
        Box::pin(self.link.ask(ctx, ops::HOLD, of(ask)))
    }
    fn commit<'a>(&'a self, ctx: &'a Ctx, hold: &'a str, payment: &'a Payment) -> Answer<'a, Paid> {
        Box::pin(async move {
            let ask = CommitAsk { hold: hold.to_owned(), payment: of(payment) };
            let paid = self.link.ask(ctx, ops::COMMIT, ask).await?;
            as_asked(paid, ctx, payment)
        })
    }
    fn void<'a>(&'a self, ctx: &'a Ctx, hold: &'a str) -> Answer<'a, Held> {
        Box::pin(self.link.ask(ctx, ops::VOID, VoidAsk { hold: hold.to_owned() }))
    }
    fn recon_file<'a>(
        &'a self,
        ctx: &'a Ctx,
        core_date: Day,
        out: &'a mut (dyn Write + Send),
    ) -> Answer<'a, ReconWritten> {
        Box::pin(self.link.recon_file(ctx, core_date, out))
    }
}
