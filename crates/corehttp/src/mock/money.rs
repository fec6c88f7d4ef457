//! Money, billers, gifts, rewards, wealth products, events, and the reconciliation file.

use super::{Call, Told, arg, written};
use crate::link::{FILE_TYPE, JSON_TYPE};
use crate::ops;
use crate::wire::money::ReconAsk;
use corebank::bills::Bills;
use corebank::feed::Feed;
use corebank::gifts::Gifts;
use corebank::money::Money;
use corebank::rewards::Rewards;
use corebank::wealth::Wealth;
use corebank::{CoreBank, CoreError, Reject};

fn money(core: &dyn CoreBank) -> Result<&dyn Money, CoreError> {
    core.money().ok_or_else(|| Reject::Unsupported.into())
}
fn desk(core: &dyn CoreBank) -> Result<&dyn Bills, CoreError> {
    core.bill_desk().ok_or_else(|| Reject::Unsupported.into())
}
fn gifts(core: &dyn CoreBank) -> Result<&dyn Gifts, CoreError> {
    core.gifts().ok_or_else(|| Reject::Unsupported.into())
}

fn rewards(core: &dyn CoreBank) -> Result<&dyn Rewards, CoreError> {
    core.rewards().ok_or_else(|| Reject::Unsupported.into())
}

fn wealth(core: &dyn CoreBank) -> Result<&dyn Wealth, CoreError> {
    core.wealth().ok_or_else(|| Reject::Unsupported.into())
}

fn feed(core: &dyn CoreBank) -> Result<&dyn Feed, CoreError> {
    core.feed().ok_or_else(|| Reject::Unsupported.into())
}

pub(super) async fn answer(name: &str, call: &Call<'_>) -> Option<Vec<u8>> {
    let (core, ctx) = (call.core, call.ctx);
    serve!(name, call, {
        PAYEE | a | money(core)?.payee(ctx, &arg(a)?);
        ALIAS | a | money(core)?.alias(ctx, &arg(a)?);
        BANKS | a | money(core)?.banks(ctx, &a.words);
        QUOTE | a | money(core)?.quote(ctx, &arg(a)?);
        LOAN_TRIAL | a | money(core)?.loan_trial(ctx, &arg(a)?);
        DEPOSIT_QUOTE | a | money(core)?.deposit_quote(ctx, &arg(a)?);
        DEPOSIT_OFFERS | _a | money(core)?.deposit_offers(ctx);
        WITHDRAWAL_TRIAL | a | money(core)?.withdrawal_trial(ctx, &arg(a)?);
        DRAW_TRIAL | a | money(core)?.draw_trial(ctx, &arg(a)?);
        SPLIT_TRIAL | a | money(core)?.split_trial(ctx, &arg(a)?);
        PAY | a | money(core)?.pay(ctx, &arg(a)?);
        QUERY | a | money(core)?.query(ctx, &arg(a)?);
        CALL_OFF | a | money(core)?.call_off(ctx, &a.original);
        REVERSE | a | money(core)?.reverse(ctx, &arg(a)?);
        HOLD | a | money(core)?.hold(ctx, &arg(a)?);
        COMMIT | a | money(core)?.commit(ctx, &a.hold, &arg(a.payment)?);
        VOID | a | money(core)?.void(ctx, &a.hold);
        BILLERS | a | desk(core)?.billers(ctx, arg(a.kind)?);
        BILL | a | desk(core)?.bill(ctx, &arg(a)?);
        LEVY | a | desk(core)?.levy(ctx, &arg(a)?);
        GIVE_POINTS | a | gifts(core)?.give_points(ctx, &arg(a)?);
        GIFT | a | gifts(core)?.gift(ctx, &arg(a)?);
        VOID_GIFT | a | gifts(core)?.void_gift(ctx, &a.original);
        OPEN_PROJECT | a | gifts(core)?.open_project(ctx, &a.code);
        WARES | _ | rewards(core)?.wares(ctx);
        EXCHANGE | a | rewards(core)?.exchange(ctx, &arg(a)?);
        EXCHANGED | a | rewards(core)?.exchanged(ctx, &arg(a)?);
        EVENTS | a | feed(core)?.events(ctx, a.after, arg(a.limit)?);
        TALLY | a | gifts(core)?.tally(ctx, &arg(a)?);
        WEALTH_PRODUCTS | _ | wealth(core)?.wealth_products(ctx);
        WEALTH_BOOK | a | wealth(core)?.wealth_book(ctx, &arg(a.cust_no)?);
        PURCHASE_TRIAL | a | wealth(core)?.purchase_trial(ctx, &arg(a)?);
        REDEMPTION_TRIAL | a | wealth(core)?.redemption_trial(ctx, &arg(a)?);
    })
}

/// The whole file is made before its first byte is sent: the signature stands before it.
pub(super) async fn recon_file(call: &Call<'_>) -> Told {
    let mut file = Vec::new();
    let made = async {
        let ReconAsk { core_date } = call.read(&ops::RECON_FILE)?;
        money(call.core)?.recon_file(call.ctx, arg(core_date)?, &mut file).await
    };
    match made.await {
        Ok(_) => Told { kind: FILE_TYPE, body: file },
        Err(e) => Told { kind: JSON_TYPE, body: written(&ops::RECON_FILE, &Err::<(), _>(e)) },
    }
}
