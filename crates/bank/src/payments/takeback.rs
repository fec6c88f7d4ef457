//! Orders of wealth products that the customer takes back before they are confirmed (撤单): which there are, and telling the core.
//!
//! *Invariant.* What became of an order is the core's answer to a question, never to the wish: taken back too late, it goes on.
//! Not for: what may be taken back, which the core decides.

use super::draft::{Payer, money};
use super::intent::Intent;
use super::state::State;
use super::store::{self, Kept};
use super::{PaymentId, beside, engine, serial};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::verbs::core_ctx;
use base::{Fen, Refusal, Result};
use corebank::money::Fate;
use corebank::{AccountRef, CoreError, Reject};
use db::{Scope, Tx};
use std::sync::Arc;

const MISSING: Refusal =
    Refusal::missing("order.missing", "没有找到这一单，什么都没有变。说「理财撤单」再看一次。");
const TOO_LATE: Refusal = Refusal::conflict(
    "order.gone",
    "撤不了了：这一单已经报给理财公司，钱已扣，等它确认。没有确认的话自动退回。",
);
const SILENT: Refusal = Refusal::unavailable(
    "pay.busy",
    "还不知道撤没撤成，银行系统没有回话。我在核对，有结果马上告诉您，先别重复撤。",
);
const LACKS: Refusal =
    Refusal::unavailable("core.lacks", "没有撤。这家银行的理财不能在微信里撤单，请到网点问。");

/// An order that may be taken back, as the chat lists it.
#[derive(Debug)]
pub struct Waiting {
    pub id: PaymentId,
    pub name: String,
    pub amount: Fen,
    /// 11月26日确认份额并起息
    pub arrival: String,
    pub serial: String,
}

/// A customer's orders that nobody has confirmed, the latest first.
pub async fn waiting(app: &Arc<App>, by: &Payer) -> Result<Vec<Waiting>> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let customer = by.bound.customer.clone();
    let unit = move |tx: &Tx<'_>| {
        let one = |row: Kept| {
            let intent = row.intent(&keys)?;
            Ok(Waiting {
                id: row.id,
                name: intent.to.name,
                amount: intent.amount,
                arrival: intent.arrival,
                serial: serial::short(&intent.serial).to_owned(),
            })
        };
        beside::wealth_waiting(tx, &keys, &customer)?.into_iter().map(one).collect()
    };
    app.db.read(Scope::Tenant(by.tenant), unit).await
}

/// Takes an order back; which it was.
///
/// # Errors
/// Refused with what happened to the money: it goes on where it is too late, and is asked after where the core is silent.
pub async fn take_back(app: &Arc<App>, by: &Payer, id: PaymentId) -> Result<Waiting> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let customer = by.bound.customer.clone();
    let unit = move |tx: &Tx<'_>| {
        let row = store::by_id(tx, id)?.ok_or(MISSING)?;
        let intent = row.intent(&keys)?;
        let is_theirs =
            intent.customer == customer && intent.product == super::intent::Product::WealthPurchase;
        if is_theirs { Ok((row, intent)) } else { MISSING.into() }
    };
    let (row, intent) = app.db.read(Scope::Tenant(by.tenant), unit).await?;
    if row.state == State::Accepted {
        tell_core(app, by, &row, &intent).await?;
        engine::advance(app, by.tenant, id).await?;
    }
    let (row, intent, _) = engine::truth(app, by.tenant, id).await?;
    match row.state {
        State::Returned | State::Reversed => Ok(Waiting {
            id,
            name: intent.to.name,
            amount: intent.amount,
            arrival: intent.arrival,
            serial: serial::short(&intent.serial).to_owned(),
        }),
        State::Accepted | State::Succeeded => TOO_LATE.into(),
        _ => SILENT.into(),
    }
}

async fn tell_core(app: &Arc<App>, by: &Payer, row: &Kept, intent: &Intent) -> Result<()> {
    let mut ctx = core_ctx(app, by.tenant, by.follower.raw());
    ctx.account = Some(AccountRef::new(&intent.payer.number));
    let original = engine::request_id(&row.serial, "P");
    let came = money(app)?.call_off(&ctx, &original).await;
    let (outcome, detail, no) = match &came {
        Ok(Fate::Returned(..)) => ("done", "", None),
        Ok(_) => ("refused", TOO_LATE.code, None),
        Err(CoreError::Rejected(Reject::Unsupported)) => ("refused", LACKS.code, Some(LACKS)),
        Err(CoreError::Rejected(_)) => ("refused", TOO_LATE.code, None),
        Err(_) => ("unknown", SILENT.code, Some(SILENT)),
    };
    let is_back = matches!(came, Ok(Fate::Returned(..)));
    let (id, actor) = (row.id, Actor::Follower(by.follower.raw()));
    let unit = move |tx: &Tx<'_>| {
        audit::note(tx, actor, "wealth.call_off", &id.to_string(), outcome, detail)?;
        if is_back { beside::taken_back(tx, id) } else { beside::hurry(tx, id) }
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await?;
    no.map_or(Ok(()), Into::into)
}
