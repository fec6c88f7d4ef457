//! Payees, quotes, payments and what became of them.
//!
//! A payment is `POST /accounttransfers`: both legs or none. The answer tells only a number; what was booked is read back
//! and told as it is, so that the caller can compare. Not for: deciding what to do about silence.

use super::lines::{self, SCAN_PAGES_MAX, Seen, Walk, transfer_serial};
use super::names::{self, DATE_FORMAT, LOCALE, Mark, date_text};
use super::shapes::{Commanded, Savings, Transfer, TransferPage, Tx, text_of};
use super::sort::{after, before};
use super::{Call, Fineract, same, who};
use crate::day::Day;
use crate::error::{CoreError, Reject, UnknownCause};
use crate::model::NumberKind;
use crate::money::{
    Arrival, Bank, Echo, Fate, HoldState, Paid, Payee, PayeeAsk, PayeeFound, Payment, Query, Quote,
    QuoteAsk, Rail,
};
use crate::numbers;
use crate::port::Ctx;
use base::{Fen, Masked};
use serde_json::json;

/// A savings account, as kinds of account are numbered in transfers.
const SAVINGS: i64 = 2;
/// Core dates and the channel's may be this far apart, over long holidays too.
const DATES_APART_MAX: i64 = 10;
/// Characters of a name, at most.
const NAME_CHARS_MAX: usize = 60;

pub(super) fn differs(field: &'static str) -> CoreError {
    CoreError::Unknown(UnknownCause::IntegrityMismatch { field })
}

/// What an account's lines say of some ids.
#[derive(Default)]
pub(super) struct Found {
    /// The hold of the id looked for.
    pub(super) hold: Option<Tx>,
    /// The transfer made under the id looked for.
    pub(super) transfer: Option<(i64, Mark)>,
    /// A transfer was made out of the hold looked for.
    pub(super) is_hold_used: bool,
}

impl Call<'_> {
    /// Looks for the command `id` and for the hold `hold` in an account's lines from a day on. Only a search that came to its end says
    /// that there is nothing.
    pub(super) async fn find(
        &self,
        account: i64,
        from: Day,
        (id, hold): (&str, &str),
    ) -> Result<Found, CoreError> {
        let mut found = Found::default();
        let mut walk = Walk::new(self, account, from, from.plus_days(crate::RANGE_DAYS_MAX));
        for _ in 0..SCAN_PAGES_MAX {
            let Seen::Some(fresh) = walk.next().await? else { return Ok(found) };
            for tx in fresh {
                match tx.mark() {
                    Some(mark) if mark.hold.as_deref() == Some(hold) => {
                        found.is_hold_used = true;
                        found.take(&tx, mark, id);
                    }
                    Some(mark) => found.take(&tx, mark, id),
                    None if tx.transaction_type.id == lines::HOLD && tx.receipt() == Some(hold) => {
                        found.hold = Some(tx);
                    }
                    None => {}
                }
            }
        }
        Err(CoreError::Unknown(UnknownCause::Timeout))
    }

    /// A transfer by the number its lines tell.
    async fn transfer(&self, id: i64) -> Result<Transfer, CoreError> {
        let told: Transfer = self.get(&format!("/accounttransfers/{id}"), &[]).await?;
        if told.id == id { Ok(told) } else { Err(differs("transfer")) }
    }

    /// A transfer by the number its command was answered, which is that of its *details*.
    async fn transfer_of(&self, details: i64) -> Result<Transfer, CoreError> {
        let details = details.to_string();
        let asked = [("accountDetailId", details.as_str())];
        let told: TransferPage = self.get("/accounttransfers", &asked).await?;
        let mut all = told.page_items.into_iter();
        match (all.next(), all.next()) {
            (Some(one), None) => Ok(one),
            _ => Err(CoreError::Unknown(UnknownCause::Undecodable)),
        }
    }

    /// A command that comes past its time is not sent; it may have been done in time.
    pub(super) async fn paid_before(
        &self,
        found: Option<(i64, Mark)>,
        mark: &Mark,
    ) -> Result<Paid, CoreError> {
        let Some((transfer, theirs)) = found else { return Err(Reject::Expired.into()) };
        if theirs.digest != mark.digest {
            return Err(Reject::PayloadMismatch.into());
        }
        let told = self.transfer(transfer).await.map_err(after)?;
        Ok(self.paid(&told, &mark.id))
    }

    /// What was booked, in its own words.
    fn paid(&self, transfer: &Transfer, request_id: &str) -> Paid {
        let account = |id| names::account_ref(&self.at.identifier, id);
        Paid {
            core_serial: transfer_serial(transfer.id),
            core_date: transfer.transfer_date.0,
            posted_at: lines::posted_at(transfer.transfer_date.0),
            is_final: true,
            // Nothing tells what it was right after.
            available: None,
            opened: None,
            echo: Echo {
                request_id: request_id.to_owned(),
                payer: account(transfer.from_account.id),
                payee: Payee::Here { account: account(transfer.to_account.id) },
                amount: transfer.transfer_amount.0,
                fee: Fen::ZERO,
            },
        }
    }
}

impl Found {
    fn take(&mut self, tx: &Tx, mark: Mark, id: &str) {
        if mark.id == id
            && let Some(leg) = &tx.transfer
        {
            self.transfer = Some((leg.id, mark));
        }
    }
}

/// The first day on which a payment can have been booked.
pub(super) fn since(payment: &Payment) -> Day {
    Day::at(payment.valid_until).plus_days(-DATES_APART_MAX)
}

/// Both ends of a payment, as Fineract names them.
pub(super) struct Ends {
    pub(super) payer: i64,
    payee: i64,
}

/// What makes no sense is refused before anything is asked, and uses up no id.
pub(super) fn ends(call: &Call<'_>, payment: &Payment) -> Result<Ends, CoreError> {
    let invalid = |field| Err(CoreError::from(Reject::Validation { field }));
    let Payee::Here { account } = &payment.payee else {
        return Err(Reject::Unsupported.into());
    };
    if payment.amount <= Fen::ZERO {
        return invalid("amount");
    }
    // Fineract books none with a transfer.
    if payment.fee != Fen::ZERO {
        return invalid("fee");
    }
    if *account == payment.payer {
        return invalid("payee");
    }
    if payment.rail != Rail::Book {
        return Err(Reject::Unsupported.into());
    }
    let tenant = &call.at.identifier;
    Ok(Ends {
        payer: names::account_id(tenant, &payment.payer)?,
        payee: names::account_id(tenant, account)?,
    })
}

/// Transfers from this account would cost a fee that cannot be told before.
fn is_free(payer: &Savings) -> Result<(), CoreError> {
    if payer.withdrawal_fee_for_transfers { Err(Reject::Unsupported.into()) } else { Ok(()) }
}

impl Fineract {
    pub(super) async fn find_payee(
        &self,
        ctx: &Ctx,
        ask: &PayeeAsk,
    ) -> Result<PayeeFound, CoreError> {
        let call = self.call(ctx)?;
        let (number, name) = (who::plain_digits(&ask.number), who::plain_name(&ask.name));
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
            return Err(Reject::Validation { field: "name" }.into());
        }
        let issuer = self.issuer_of(&number);
        let is_passbook = issuer.as_ref().is_some_and(|i| i.kind == NumberKind::Passbook);
        if !(numbers::is_card(&number) || is_passbook && numbers::is_passbook(&number)) {
            return Err(Reject::Validation { field: "number" }.into());
        }
        if issuer.is_none_or(|i| i.tenant != ctx.tenant) {
            return Err(Reject::NotFound.into());
        }
        let account = call.by_number(&number).await?;
        if !same(&who::plain_name(&account.client_name), &name) {
            return Err(Reject::PayeeMismatch.into());
        }
        let state = lines::state_of(&account);
        match state {
            crate::AccountState::Closed => return Err(Reject::AccountNotActive.into()),
            s if !s.lets(crate::Direction::In) => {
                return Err(Reject::AccountBlocked(crate::Direction::In).into());
            }
            _ => {}
        }
        Ok(PayeeFound {
            payee: Payee::Here { account: names::account_ref(&call.at.identifier, account.id) },
            name: Masked::name(&name),
            bank: Bank { bank_no: call.at.bank_no.clone(), name: call.at.name.clone() },
            tail: base::mask_card(&number),
            is_name_checked: true,
        })
    }

    pub(super) async fn quoted(&self, ctx: &Ctx, ask: &QuoteAsk) -> Result<Quote, CoreError> {
        let call = self.call(ctx)?;
        let Payee::Here { account } = &ask.payee else { return Err(Reject::Unsupported.into()) };
        if ask.amount <= Fen::ZERO {
            return Err(Reject::Validation { field: "amount" }.into());
        }
        names::account_id(&call.at.identifier, account)?;
        let payer = call.savings(names::account_id(&call.at.identifier, &ask.payer)?).await?;
        is_free(&payer)?;
        let available = payer.summary.available_balance.0;
        Ok(Quote { fee: Fen::ZERO, rail: Rail::Book, arrival: Arrival::AtOnce, available })
    }

    pub(super) async fn pay_now(&self, ctx: &Ctx, payment: &Payment) -> Result<Paid, CoreError> {
        let id = names::request_id(ctx)?;
        let call = self.call(ctx)?;
        let ends = ends(&call, payment)?;
        let mark = Mark::of(id, payment, None)?;
        if self.0.clock.now() > payment.valid_until {
            let found = call.find(ends.payer, since(payment), (id, "")).await.map_err(after)?;
            return call.paid_before(found.transfer, &mark).await;
        }
        self.transfer_now(&call, &ends, payment, &mark).await
    }

    /// Sends a transfer and reads back what was booked.
    pub(super) async fn transfer_now(
        &self,
        call: &Call<'_>,
        ends: &Ends,
        payment: &Payment,
        mark: &Mark,
    ) -> Result<Paid, CoreError> {
        let payer = call.savings(ends.payer).await.map_err(before)?;
        is_free(&payer)?;
        let payee = call.savings(ends.payee).await.map_err(before)?;
        let from = call.client(payer.client_id).await.map_err(before)?;
        let to = call.client(payee.client_id).await.map_err(before)?;
        // The business date, never our own: a later day than theirs is refused.
        let today = call.business_date().await.map_err(before)?;
        let body = json!({
            "fromOfficeId": from.office_id, "fromClientId": from.id,
            "fromAccountType": SAVINGS, "fromAccountId": payer.id,
            "toOfficeId": to.office_id, "toClientId": to.id,
            "toAccountType": SAVINGS, "toAccountId": payee.id,
            "dateFormat": DATE_FORMAT, "locale": LOCALE, "transferDate": date_text(today),
            "transferAmount": text_of(payment.amount), "transferDescription": mark.text(),
        });
        let done = call.post::<Commanded>(("/accounttransfers", &[]), &mark.id, &body).await?;
        // Taken down for somebody's approval: it may be booked later, or never.
        let in_progress = CoreError::Unknown(UnknownCause::InProgress);
        let details = done.told.resource_id.ok_or(in_progress)?;
        let booked = call.transfer_of(details).await.map_err(after)?;
        match Mark::read(&booked.transfer_description) {
            Some(theirs) if theirs.id == mark.id && theirs.digest == mark.digest => {
                Ok(call.paid(&booked, &mark.id))
            }
            Some(theirs) if theirs.id == mark.id && done.is_replay => {
                Err(Reject::PayloadMismatch.into())
            }
            _ => Err(differs("request_id")),
        }
    }

    pub(super) async fn fate(&self, ctx: &Ctx, ask: &Query) -> Result<Fate, CoreError> {
        let call = self.call(ctx)?;
        // No look-up by our id exists: without the account there is nowhere to look.
        let account = ctx.account.as_ref().ok_or(Reject::Validation { field: "account" })?;
        // Another institution's books say nothing of it.
        let Ok(account) = names::account_id(&call.at.identifier, account) else {
            return Ok(Fate::NotFound);
        };
        let from = ask.channel_date.plus_days(-DATES_APART_MAX);
        let id = ask.request_id.as_str();
        let found = call.find(account, from, (id, id)).await?;
        if let Some((transfer, _)) = found.transfer {
            let told = call.transfer(transfer).await?;
            let paid = call.paid(&told, id);
            return Ok(if told.reversed { Fate::Reversed(paid) } else { Fate::Posted(paid) });
        }
        Ok(match found.hold {
            Some(hold) => Fate::Hold(state(&hold, found.is_hold_used)),
            None => Fate::NotFound,
        })
    }
}

/// How a hold stands: given back, and perhaps because it was paid out of.
pub(super) fn state(hold: &Tx, is_used: bool) -> HoldState {
    match hold.release_transaction_id {
        Some(n) if n != 0 && is_used => HoldState::Used,
        Some(n) if n != 0 => HoldState::Ended,
        _ => HoldState::Open,
    }
}
