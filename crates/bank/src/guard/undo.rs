//! Undoing what was stopped: a code to the reserved number, then the PIN, then the order to the core or the end of the freeze.
//!
//! A right code is a proof for one thing in one session for some minutes; a wrong PIN does not use it up. Not for: formal
//! losses, which only the counter lifts (the core says so).

use super::{Came, Known, Orders, freeze, order, place};
use crate::accounts::http::{NO_ACCOUNT, of_core};
use crate::app::App;
use crate::binding::{self, otp, pin};
use crate::followers::{self, Bound, BoundAccount};
use crate::proof::{self, Did};
use crate::sessions::{self, Customer};
use crate::verbs::core_ctx;
use base::{Refusal, Result};
use corebank::{AccountState, CustNo, StateWish};
use db::{Scope, Tx};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

pub(super) use proof::{bound_anyhow as bound, mobile};

const REFUSED: Refusal = Refusal::conflict("undo.refused", "没有办成");
const PURPOSE: &str = "undo";

/// What is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = UndoWhat)]
pub(super) enum What {
    /// 解锁
    Unlock,
    /// 解除口头挂失
    LiftLoss,
    /// 恢复微信银行
    Thaw,
}

impl What {
    /// What an item of the chat came for.
    pub(super) fn of_task(task: &str) -> Self {
        match task {
            "card_unloss" => Self::LiftLoss,
            "wx_unfreeze" => Self::Thaw,
            _ => Self::Unlock,
        }
    }
    const fn wish(self) -> Option<StateWish> {
        match self {
            Self::Unlock => Some(StateWish::Unlock),
            Self::LiftLoss => Some(StateWish::LiftLoss),
            Self::Thaw => None,
        }
    }
    const fn state(self) -> Option<AccountState> {
        match self {
            Self::Unlock => Some(AccountState::Locked),
            Self::LiftLoss => Some(AccountState::Lost),
            Self::Thaw => None,
        }
    }
    /// Ends 「用于…」 in the words of the code.
    const fn purpose(self) -> &'static str {
        match self {
            Self::Unlock => "给银行卡解锁",
            Self::LiftLoss => "解除挂失",
            Self::Thaw => "恢复微信银行",
        }
    }
}

/// One thing to undo. The account is an account's `id`; empty for the freeze.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UndoAsk)]
pub(super) struct Asking {
    pub(super) what: What,
    #[serde(default)]
    pub(super) account: String,
}

impl Asking {
    /// A code and a PIN undo this and nothing else (CA-04).
    fn proof(&self, by: &Customer) -> proof::For {
        let thing = format!("undo:{:?}:{}:{}", self.what, self.account, by.follower);
        let intent = sessions::hash(&thing);
        proof::For { purpose: PURPOSE, what_for: self.what.purpose().into(), intent }
    }
    fn own<'b>(&self, bound: &'b Bound) -> Result<Option<&'b BoundAccount>> {
        if self.what == What::Thaw {
            return Ok(None);
        }
        let own = bound.accounts.iter().find(|a| a.id == self.account);
        own.map(Some).ok_or_else(|| NO_ACCOUNT.into())
    }
}

/// Refuses the end of a freeze that the customer themselves had put on this WeChat from another one.
pub(super) async fn may(app: &App, by: &Customer, what: What) -> Result<()> {
    let (follower, thaws) = (by.follower, what == What::Thaw);
    let unit = move |tx: &Tx<'_>| Ok(thaws && freeze::is_disowned(tx, follower)?);
    if app.db.read(Scope::Tenant(by.tenant), unit).await? { super::DISOWNED.into() } else { Ok(()) }
}

/// Accounts that stand so that `what` can undo it.
pub(super) async fn stopped(
    app: &Arc<App>,
    by: &Customer,
    bound: &Bound,
    what: What,
) -> Result<Vec<BoundAccount>> {
    let Some(state) = what.state() else { return Ok(vec![]) };
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let all = app.core.accounts(&ctx, &CustNo::new(&bound.customer)).await.map_err(of_core)?;
    let stands =
        |own: &&BoundAccount| all.iter().any(|a| a.id.as_str() == own.number && a.state == state);
    Ok(bound.accounts.iter().filter(stands).cloned().collect())
}

/// Sends a code to the number the bank has on file.
pub(super) async fn send_code(
    app: &Arc<App>,
    by: &Customer,
    asking: &Asking,
    wish: otp::Wish,
) -> Result<otp::Issued> {
    let bound = bound(app, by).await?;
    may(app, by, asking.what).await?;
    asking.own(&bound)?;
    proof::send_code(app, by, &bound, &asking.proof(by), wish).await
}

/// Judges the code; after a right one the session has a new secret (CA-11).
pub(super) async fn check_code(
    app: &Arc<App>,
    by: &Customer,
    asking: &Asking,
    code: &str,
) -> Result<(otp::Verdict, Option<String>)> {
    proof::check_code(app, by, &asking.proof(by), code).await
}

/// Proves the PIN at the core and undoes what was asked for.
pub(super) async fn undo(
    app: &Arc<App>,
    by: &Customer,
    asking: &Asking,
    key: pin::PinKeyId,
    cipher: &str,
) -> Result<Did> {
    let bound = bound(app, by).await?;
    may(app, by, asking.what).await?;
    let own = asking.own(&bound)?.cloned();
    let first = &[proof::Kind::Code];
    let proved = proof::prove_pin(app, by, &bound, &asking.proof(by), first, (key, cipher)).await?;
    if let Err(proof::No(refusal, left)) = proved {
        return Ok(Did::Refused(refusal, left));
    }
    let undone = match (asking.what.wish(), own) {
        (Some(wish), Some(own)) => free(app, by, &bound, own, wish).await?,
        _ => thaw(app, by).await?,
    };
    let unit_by = by.clone();
    app.db.write(Scope::Tenant(by.tenant), move |tx| proof::finish(tx, &unit_by)).await?;
    Ok(undone)
}

async fn free(
    app: &Arc<App>,
    by: &Customer,
    bound: &Bound,
    own: BoundAccount,
    wish: StateWish,
) -> Result<Did> {
    let which = format!("{}{}", own.label, own.tail);
    let orders = Orders {
        tenant: by.tenant,
        follower: by.follower,
        customer: bound.customer.clone(),
        accounts: vec![own],
        wish: wish.into(),
    };
    let came = place(app, orders).await?.into_iter().next().map(|(_, came)| came);
    Ok(match came {
        Some(Came::Known(Known::Stands { state: AccountState::Active, .. })) => {
            Did::Done(format!("{which}恢复正常了。"))
        }
        Some(Came::Known(Known::Stands { state, .. })) => {
            Did::Done(format!("{which}现在是{}。", state.label()))
        }
        Some(Came::Known(Known::Card(_))) => Did::Done(format!("{which}办好了。")),
        Some(Came::Known(Known::Refused(code))) => {
            Did::Refused(REFUSED.say(order::refused_words(code)), None)
        }
        Some(Came::Unknown) | None => {
            Did::Trying(format!("已经记下，银行系统还没回话。{which}办好了在聊天里告诉您。"))
        }
    })
}

async fn thaw(app: &Arc<App>, by: &Customer) -> Result<Did> {
    let (follower, behind) = (by.follower, app.behind.clone());
    let unit = move |tx: &Tx<'_>| {
        freeze::thaw(tx, follower)?;
        followers::store::touch(tx, &behind, follower)
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await?;
    binding::forget(app, by.tenant, follower).await?;
    Ok(Did::Done("微信银行恢复了，回到聊天里接着用。".into()))
}
