//! The port's traits, each operation handed on to the file that knows it.

use super::{CAPABILITIES, Fineract};
use crate::error::Reject;
use crate::model::{
    Account, AccountRef, Balance, CustNo, Customer, DayState, Health, Identity, Issuer, Line,
    LineId, NumberKind, Page, Party, PartyClaim, StatementQuery, StatementRange, Totals,
};
use crate::money::{
    Bank, Fate, Held, HoldAsk, Money, Paid, PayeeAsk, PayeeFound, Payment, Query, Quote, QuoteAsk,
    Reversal, Undone,
};
use crate::numbers;
use crate::port::{Answer, Capabilities, CoreBank, Ctx};
use base::Secret;

impl CoreBank for Fineract {
    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }
    fn money(&self) -> Option<&dyn Money> {
        Some(self)
    }
    fn health<'a>(&'a self, ctx: &'a Ctx) -> Answer<'a, Health> {
        Box::pin(async move {
            let core_date = self.call(ctx)?.business_date().await?;
            // Closing a day is a job there that refuses nothing.
            Ok(Health { core_date, day_state: DayState::Open, as_of: self.0.clock.now() })
        })
    }
    fn issuer<'a>(&'a self, ctx: &'a Ctx, number: &'a str) -> Answer<'a, Option<Issuer>> {
        Box::pin(async move {
            ctx.left_ms(self.0.clock.now())?;
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
        Box::pin(self.party(ctx, claim))
    }
    fn otp_target<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Secret<String>> {
        Box::pin(self.reserved(ctx, cust))
    }
    fn customer<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Customer> {
        Box::pin(self.profile(ctx, cust))
    }
    fn identity<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Identity> {
        Box::pin(self.whole(ctx, cust))
    }
    fn accounts<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, Vec<Account>> {
        Box::pin(self.all_accounts(ctx, cust))
    }
    fn balance<'a>(&'a self, ctx: &'a Ctx, account: &'a AccountRef) -> Answer<'a, Balance> {
        Box::pin(self.balance_now(ctx, account))
    }
    fn transactions<'a>(&'a self, ctx: &'a Ctx, ask: &'a StatementQuery) -> Answer<'a, Page> {
        Box::pin(self.page(ctx, ask))
    }
    fn totals<'a>(&'a self, ctx: &'a Ctx, range: &'a StatementRange) -> Answer<'a, Totals> {
        Box::pin(self.sums(ctx, range))
    }
    fn line<'a>(
        &'a self,
        ctx: &'a Ctx,
        account: &'a AccountRef,
        line: &'a LineId,
    ) -> Answer<'a, Line> {
        Box::pin(self.one_line(ctx, account, line))
    }
}

impl Money for Fineract {
    fn payee<'a>(&'a self, ctx: &'a Ctx, ask: &'a PayeeAsk) -> Answer<'a, PayeeFound> {
        Box::pin(self.find_payee(ctx, ask))
    }
    /// None: nobody is paid elsewhere.
    fn banks<'a>(&'a self, ctx: &'a Ctx, _words: &'a str) -> Answer<'a, Vec<Bank>> {
        Box::pin(async move {
            ctx.left_ms(self.0.clock.now())?;
            Ok(Vec::new())
        })
    }
    fn quote<'a>(&'a self, ctx: &'a Ctx, ask: &'a QuoteAsk) -> Answer<'a, Quote> {
        Box::pin(self.quoted(ctx, ask))
    }
    fn pay<'a>(&'a self, ctx: &'a Ctx, payment: &'a Payment) -> Answer<'a, Paid> {
        Box::pin(self.pay_now(ctx, payment))
    }
    fn query<'a>(&'a self, ctx: &'a Ctx, ask: &'a Query) -> Answer<'a, Fate> {
        Box::pin(self.fate(ctx, ask))
    }
    /// Refuses always: Fineract undoes no account transfer, and an opposite transfer under another id could be made twice.
    fn reverse<'a>(&'a self, _ctx: &'a Ctx, _ask: &'a Reversal) -> Answer<'a, Undone> {
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }
    fn hold<'a>(&'a self, ctx: &'a Ctx, ask: &'a HoldAsk) -> Answer<'a, Held> {
        Box::pin(self.hold_now(ctx, ask))
    }
    fn commit<'a>(&'a self, ctx: &'a Ctx, hold: &'a str, payment: &'a Payment) -> Answer<'a, Paid> {
        Box::pin(self.commit_now(ctx, hold, payment))
    }
    fn void<'a>(&'a self, ctx: &'a Ctx, hold: &'a str) -> Answer<'a, Held> {
        Box::pin(self.void_now(ctx, hold))
    }
}
