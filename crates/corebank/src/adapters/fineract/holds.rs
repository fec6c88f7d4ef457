//! Holds, as prepared interoperation transfers: the one way to reserve money that keeps our id with the entry.
//!
//! Traps (core.md §6): asking what became of one answers nothing, always; the codes of its two «already» refusals are
//! swapped; a repeated one is told that money is short before it is told that it is there. So no refusal is believed
//! before the account's lines were looked at. A payment out of a hold is two commands, a release and a transfer, each under
//! the payment's id: sent again, the one that was done is answered as done.

use super::money::{self, differs, ends, state};
use super::names::{self, Mark};
use super::shapes::{Interop, Savings, Tx, text_of};
use super::sort::{after, before, is_duplicate};
use super::wire::Done;
use super::{Call, Fineract};
use crate::day::Day;
use crate::error::{CoreError, Reject, UnknownCause};
use crate::money::{Held, HoldAsk, HoldState, Paid, Payment};
use crate::port::Ctx;
use base::Fen;
use serde_json::json;

/// Holds older than this are not found again.
const HOLD_DAYS_MAX: i64 = 62;

fn since(today: Day) -> Day {
    today.plus_days(-HOLD_DAYS_MAX)
}

impl Call<'_> {
    /// `PREPARE` or `RELEASE` of the hold `hold`, under the key `key`.
    async fn interop(
        &self,
        action: &str,
        (key, hold): (&str, &str),
        number: &str,
        amount: Fen,
    ) -> Result<Done<Interop>, CoreError> {
        let body = json!({
            "transactionCode": hold, "transferCode": hold, "accountId": number,
            "amount": { "amount": text_of(amount), "currency": "CNY" },
            "transactionRole": "PAYER",
            "transactionType": { "scenario": "TRANSFER", "initiator": "PAYER", "initiatorType": "CONSUMER" },
        });
        let done: Done<Interop> =
            self.post(("/interoperation/transfers", &[("action", action)]), key, &body).await?;
        if done.told.transfer_code == hold && done.told.state == "ACCEPTED" {
            Ok(done)
        } else if done.is_replay {
            Err(Reject::PayloadMismatch.into())
        } else {
            Err(differs("request_id"))
        }
    }

    async fn hold_of(
        &self,
        account: i64,
        from: Day,
        hold: &str,
    ) -> Result<Option<(Tx, bool)>, CoreError> {
        let found = self.find(account, from, ("", hold)).await?;
        Ok(found.hold.map(|tx| (tx, found.is_hold_used)))
    }

    async fn held(&self, account: i64, state: HoldState) -> Result<Held, CoreError> {
        let told = self.savings(account).await.map_err(after)?;
        Ok(Held { state, available: told.summary.available_balance.0 })
    }
}

/// The number by which interoperation knows an account.
fn number(savings: &Savings) -> Result<&str, CoreError> {
    savings.external_id.as_deref().ok_or_else(|| Reject::Unsupported.into())
}

impl Fineract {
    pub(super) async fn hold_now(&self, ctx: &Ctx, ask: &HoldAsk) -> Result<Held, CoreError> {
        let id = names::request_id(ctx)?;
        let call = self.call(ctx)?;
        if ask.amount <= Fen::ZERO {
            return Err(Reject::Validation { field: "amount" }.into());
        }
        let account = names::account_id(&call.at.identifier, &ask.account)?;
        let savings = call.savings(account).await.map_err(before)?;
        let number = number(&savings)?;
        let today = call.business_date().await.map_err(before)?;
        let sent = if self.0.clock.now() > ask.until {
            // Not sent any more; it may have been done in time.
            Err(CoreError::from(Reject::Expired))
        } else {
            call.interop("PREPARE", (id, id), number, ask.amount).await
        };
        let (is_replay, refused) = match sent {
            Ok(done) => (done.is_replay, None),
            Err(CoreError::Rejected(reject)) => (false, Some(reject)),
            Err(e) => return Err(e),
        };
        let from = since(today.min(Day::at(ask.until)));
        match (call.hold_of(account, from, id).await.map_err(after)?, refused) {
            (Some((tx, used)), _) if tx.amount.0 == ask.amount => {
                call.held(account, state(&tx, used)).await
            }
            (Some(_), None) if !is_replay => Err(differs("amount")),
            // Something else stands under this id.
            (Some(_), _) => Err(Reject::PayloadMismatch.into()),
            (None, Some(reject)) if !is_duplicate(&reject) => Err(reject.into()),
            // Said to be there, and not to be seen.
            (None, _) => Err(CoreError::Unknown(UnknownCause::InProgress)),
        }
    }

    pub(super) async fn commit_now(
        &self,
        ctx: &Ctx,
        hold: &str,
        payment: &Payment,
    ) -> Result<Paid, CoreError> {
        let id = names::request_id(ctx)?;
        let call = self.call(ctx)?;
        let (ends, hold) = (ends(&call, payment)?, names::hold_id(hold)?);
        let mark = Mark::of(id, payment, Some(hold))?;
        let today = call.business_date().await.map_err(before)?;
        let from = since(today).min(money::since(payment));
        let found = call.find(ends.payer, from, (id, hold)).await.map_err(before)?;
        if found.transfer.is_some() || self.0.clock.now() > payment.valid_until {
            return call.paid_before(found.transfer, &mark).await;
        }
        let tx = found.hold.ok_or(Reject::NotFound)?;
        if payment.amount > tx.amount.0 {
            return Err(Reject::Validation { field: "amount" }.into());
        }
        let savings = call.savings(ends.payer).await.map_err(before)?;
        // Whoever gives it back may pay out of it; a second one finds it given back.
        call.interop("RELEASE", (id, hold), number(&savings)?, tx.amount.0).await?;
        self.transfer_now(&call, &ends, payment, &mark).await
    }

    pub(super) async fn void_now(&self, ctx: &Ctx, hold: &str) -> Result<Held, CoreError> {
        let id = names::request_id(ctx)?;
        let call = self.call(ctx)?;
        let account = ctx.account.as_ref().ok_or(Reject::Validation { field: "account" })?;
        let account = names::account_id(&call.at.identifier, account)?;
        let hold = names::hold_id(hold)?;
        let savings = call.savings(account).await.map_err(before)?;
        let today = call.business_date().await.map_err(before)?;
        let found = call.hold_of(account, since(today), hold).await.map_err(before)?;
        // Asked also about a hold that is not to be seen: this id may have been used for another.
        let amount = found.map_or(Fen::of(1), |(tx, _)| tx.amount.0);
        call.interop("RELEASE", (id, hold), number(&savings)?, amount).await?;
        call.held(account, HoldState::Ended).await
    }
}
