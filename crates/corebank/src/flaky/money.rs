//! Money through the weather: lost requests and lost answers as for every question, and answers that tell another amount.

use super::Flaky;
use crate::alias::{AliasAsk, AliasFound};
use crate::day::Day;
use crate::deposits::DepositOffer;
use crate::error::{CoreError, Reject};
use crate::money::{
    Bank, DepositAsk, DepositQuote, DrawAsk, DrawTrial, Fate, Held, HoldAsk, LoanTrial,
    LoanTrialAsk, Money, Paid, PayeeAsk, PayeeFound, Payment, Query, Quote, QuoteAsk, ReconWritten,
    Reversal, SplitAsk, SplitTrial, Undone, WithdrawalAsk, WithdrawalTrial,
};
use crate::port::{Answer, CoreBank, Ctx};
use base::Fen;
use std::io::Write;

impl<C: CoreBank> Flaky<C> {
    /// A question about money through the weather; [`Reject::Unsupported`] from a core that moves none.
    fn money_through<'a, T: Send + 'a>(
        &'a self,
        ctx: &'a Ctx,
        ask: impl FnOnce(&'a dyn Money) -> Answer<'a, T> + Send + 'a,
    ) -> Answer<'a, T> {
        self.through(ctx, || match self.inner.money() {
            Some(money) => ask(money),
            None => Box::pin(async { Err(CoreError::from(Reject::Unsupported)) }),
        })
    }

    /// What was paid, or one fen more where the weather has it so.
    fn told(&self, mut paid: Paid) -> Paid {
        if self.sky.random.below(100) < self.weather().wrong_amount_percent {
            paid.echo.amount = Fen::of(paid.echo.amount.fen().saturating_add(1));
        }
        paid
    }

    fn told_of_payment<'a>(&'a self, answer: Answer<'a, Paid>) -> Answer<'a, Paid> {
        Box::pin(async move { answer.await.map(|paid| self.told(paid)) })
    }
}

impl<C: CoreBank> Money for Flaky<C> {
    fn payee<'a>(&'a self, ctx: &'a Ctx, ask: &'a PayeeAsk) -> Answer<'a, PayeeFound> {
        self.money_through(ctx, move |m| m.payee(ctx, ask))
    }
    fn alias<'a>(&'a self, ctx: &'a Ctx, ask: &'a AliasAsk) -> Answer<'a, AliasFound> {
        self.money_through(ctx, move |m| m.alias(ctx, ask))
    }
    fn banks<'a>(&'a self, ctx: &'a Ctx, words: &'a str) -> Answer<'a, Vec<Bank>> {
        self.money_through(ctx, move |m| m.banks(ctx, words))
    }
    fn quote<'a>(&'a self, ctx: &'a Ctx, ask: &'a QuoteAsk) -> Answer<'a, Quote> {
        self.money_through(ctx, move |m| m.quote(ctx, ask))
    }
    fn loan_trial<'a>(&'a self, ctx: &'a Ctx, ask: &'a LoanTrialAsk) -> Answer<'a, LoanTrial> {
        self.money_through(ctx, move |m| m.loan_trial(ctx, ask))
    }
    fn deposit_quote<'a>(&'a self, ctx: &'a Ctx, ask: &'a DepositAsk) -> Answer<'a, DepositQuote> {
        self.money_through(ctx, move |m| m.deposit_quote(ctx, ask))
    }
    fn deposit_offers<'a>(&'a self, ctx: &'a Ctx) -> Answer<'a, Vec<DepositOffer>> {
        self.money_through(ctx, move |m| m.deposit_offers(ctx))
    }
    fn withdrawal_trial<'a>(
        &'a self,
        ctx: &'a Ctx,
        ask: &'a WithdrawalAsk,
    ) -> Answer<'a, WithdrawalTrial> {
        self.money_through(ctx, move |m| m.withdrawal_trial(ctx, ask))
    }
    fn draw_trial<'a>(&'a self, ctx: &'a Ctx, ask: &'a DrawAsk) -> Answer<'a, DrawTrial> {
        self.money_through(ctx, move |m| m.draw_trial(ctx, ask))
    }
    fn split_trial<'a>(&'a self, ctx: &'a Ctx, ask: &'a SplitAsk) -> Answer<'a, SplitTrial> {
        self.money_through(ctx, move |m| m.split_trial(ctx, ask))
    }
    fn pay<'a>(&'a self, ctx: &'a Ctx, payment: &'a Payment) -> Answer<'a, Paid> {
        self.told_of_payment(self.money_through(ctx, move |m| m.pay(ctx, payment)))
    }
    fn query<'a>(&'a self, ctx: &'a Ctx, ask: &'a Query) -> Answer<'a, Fate> {
        let answer = self.money_through(ctx, move |m| m.query(ctx, ask));
        Box::pin(async move {
            Ok(match answer.await? {
                Fate::Posted(paid) => Fate::Posted(self.told(paid)),
                other => other,
            })
        })
    }
    fn call_off<'a>(&'a self, ctx: &'a Ctx, original: &'a str) -> Answer<'a, Fate> {
        self.money_through(ctx, move |m| m.call_off(ctx, original))
    }
    fn reverse<'a>(&'a self, ctx: &'a Ctx, ask: &'a Reversal) -> Answer<'a, Undone> {
        self.money_through(ctx, move |m| m.reverse(ctx, ask))
    }
    fn hold<'a>(&'a self, ctx: &'a Ctx, ask: &'a HoldAsk) -> Answer<'a, Held> {
        self.money_through(ctx, move |m| m.hold(ctx, ask))
    }
    fn commit<'a>(&'a self, ctx: &'a Ctx, hold: &'a str, payment: &'a Payment) -> Answer<'a, Paid> {
        self.told_of_payment(self.money_through(ctx, move |m| m.commit(ctx, hold, payment)))
    }
    fn void<'a>(&'a self, ctx: &'a Ctx, hold: &'a str) -> Answer<'a, Held> {
        self.money_through(ctx, move |m| m.void(ctx, hold))
    }
    fn recon_file<'a>(
        &'a self,
        ctx: &'a Ctx,
        core_date: Day,
        out: &'a mut (dyn Write + Send),
    ) -> Answer<'a, ReconWritten> {
        self.money_through(ctx, move |m| m.recon_file(ctx, core_date, out))
    }
}
