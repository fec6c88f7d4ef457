//! What comes as typed digits: PINs of the channel and of cards, and the digits on a card's back.

use super::by_day;
use crate::cardset::CardPin;
use crate::error::{CoreError, Reject};
use crate::model::{AccountRef, CustNo, PinOutcome};
use crate::pin::PinBlock;
use crate::port::Ctx;
use crate::sandbox::seal::TenantKeys;
use crate::sandbox::{Sandbox, cardset, number, pins};
use base::{Result, Secret};
use db::Tx;

impl Sandbox {
    /// The digits inside a block, if it is one of a customer of ours and so many.
    pub(super) fn open_digits(
        &self,
        cust: &CustNo,
        block: &PinBlock,
        count: usize,
    ) -> Result<(i64, Secret<String>), CoreError> {
        let cust_no = number(cust.as_str()).ok_or(Reject::NotFound)?;
        let key = self.0.pin_keys.iter().find(|k| k.id() == block.key_id);
        let pin = key.and_then(|key| key.open(block, cust.as_str()).ok());
        let pin = pin.filter(|p| p.reveal().len() == count);
        Ok((cust_no, pin.ok_or(Reject::Validation { field: "pin" })?))
    }

    pub(super) fn open_pin(
        &self,
        cust: &CustNo,
        block: &PinBlock,
    ) -> Result<(i64, Secret<String>), CoreError> {
        self.open_digits(cust, block, pins::DIGITS)
    }

    pub(super) async fn verify_cvv_now(
        &self,
        ctx: &Ctx,
        cust: &CustNo,
        account: &AccountRef,
        block: &PinBlock,
    ) -> Result<PinOutcome, CoreError> {
        let (cust_no, cvv) = self.open_digits(cust, block, cardset::CVV_DIGITS)?;
        let acct_id = number(account.as_str()).unwrap_or(0);
        let unit = move |tx: &Tx<'_>, keys: &TenantKeys| {
            let is_right = by_day(tx, || cardset::check_cvv(tx, keys, (cust_no, acct_id), &cvv))?;
            Ok(is_right.map(|()| PinOutcome { at: tx.now() }))
        };
        self.tell(ctx, "verify_cvv", unit).await
    }

    pub(super) async fn set_card_pin_now(
        &self,
        ctx: &Ctx,
        cust: &CustNo,
        account: &AccountRef,
        which: CardPin,
        block: &PinBlock,
    ) -> Result<PinOutcome, CoreError> {
        let (cust_no, pin) = self.open_pin(cust, block)?;
        let acct_id = number(account.as_str()).unwrap_or(0);
        let may = move |tx: &Tx<'_>| by_day(tx, || cardset::may_set_pin(tx, cust_no, acct_id));
        self.ask(ctx, "set_card_pin", move |tx, _| may(tx)).await?;
        let unit = move |tx: &Tx<'_>, keys: &TenantKeys| {
            cardset::store_pin(tx, acct_id, which, &pins::value(keys, &pin, tx.random())?)?;
            Ok(Ok(PinOutcome { at: tx.now() }))
        };
        self.tell(ctx, "set_card_pin", unit).await
    }

    pub(super) async fn set_pin_now(
        &self,
        ctx: &Ctx,
        cust: &CustNo,
        block: &PinBlock,
    ) -> Result<PinOutcome, CoreError> {
        let (cust_no, pin) = self.open_pin(cust, block)?;
        self.ask(ctx, "set_pin", move |tx, _| by_day(tx, || pins::known(tx, cust_no))).await?;
        self.tell(ctx, "set_pin", move |tx, keys| {
            pins::store(tx, cust_no, &pins::value(keys, &pin, tx.random())?)?;
            Ok(Ok(PinOutcome { at: tx.now() }))
        })
        .await
    }

    pub(super) async fn verify_pin_now(
        &self,
        ctx: &Ctx,
        cust: &CustNo,
        block: &PinBlock,
    ) -> Result<PinOutcome, CoreError> {
        let (cust_no, pin) = self.open_pin(cust, block)?;
        let unit = move |tx: &Tx<'_>, keys: &TenantKeys| {
            by_day(tx, || pins::try_out(tx, keys, cust_no, &pin))
        };
        self.tell(ctx, "verify_pin", unit).await
    }
}
