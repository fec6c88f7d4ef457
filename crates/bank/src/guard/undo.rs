//! Undoing what was stopped: a code to the reserved number, then the PIN, then the order to the core or the end of the freeze.
//!
//! A right code is a proof for one thing in one session for some minutes; a wrong PIN does not use it up. Not for: formal
//! losses, which only the counter lifts (the core says so).

use super::proof::{self, CodeOf, Did};
use super::{Came, Known, Orders, freeze, order, place, store};
use crate::accounts::http::{NO_ACCOUNT, of_core};
use crate::app::App;
use crate::binding::{self, NOT_BOUND, otp, pin};
use crate::followers::{self, Bound, BoundAccount};
use crate::sessions::{self, Customer};
use crate::verbs::core_ctx;
use base::{Refusal, Result};
use corebank::{AccountState, CustNo, StateWish};
use db::{Scope, Tx};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

pub(super) const CODE_FIRST: Refusal = Refusal::conflict("undo.code", "请先输入短信验证码");
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
    fn intent(&self, by: &Customer) -> Vec<u8> {
        sessions::hash(&format!("undo:{:?}:{}:{}", self.what, self.account, by.follower))
    }
    fn own<'b>(&self, bound: &'b Bound) -> Result<Option<&'b BoundAccount>> {
        if self.what == What::Thaw {
            return Ok(None);
        }
        let own = bound.accounts.iter().find(|a| a.id == self.account);
        own.map(Some).ok_or_else(|| NO_ACCOUNT.into())
    }
}

/// The live binding, frozen or not, whatever was agreed to since: this page only gives back.
pub(super) async fn bound(app: &Arc<App>, by: &Customer) -> Result<Arc<Bound>> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (follower, behind) = (by.follower, app.behind.clone());
    let unit = move |tx: &Tx<'_>| {
        followers::store::by_id(tx, follower)?.map(|f| f.open(&keys, &behind)).transpose()
    };
    let found = app.db.read(Scope::Tenant(by.tenant), unit).await?;
    found.and_then(|s| s.bound).ok_or_else(|| NOT_BOUND.into())
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
    asking.own(&bound)?;
    let number = proof::reserved(app, by, &CustNo::new(&bound.customer)).await?;
    let sending = otp::Sending {
        number,
        purpose: PURPOSE,
        intent: asking.intent(by),
        what_for: asking.what.purpose(),
        wish,
    };
    otp::send(app, by, sending).await
}

/// Judges the code; after a right one the session has a new secret (CA-11).
pub(super) async fn check_code(
    app: &Arc<App>,
    by: &Customer,
    asking: &Asking,
    code: &str,
) -> Result<(otp::Verdict, Option<String>)> {
    let of = CodeOf { purpose: PURPOSE, intent: asking.intent(by), act: "undo.code" };
    proof::check_code(app, by, of, code).await
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
    let own = asking.own(&bound)?.cloned();
    let typed = match open_pin(app, by, asking, key, cipher).await? {
        Ok(typed) => typed,
        Err(refusal) => return Ok(Did::Refused(refusal, None)),
    };
    let customer = CustNo::new(&bound.customer);
    if let Some(no) = proof::own_pin(app, by, &customer, typed, "undo.pin").await? {
        return Ok(no);
    }
    let undone = match (asking.what.wish(), own) {
        (Some(wish), Some(own)) => free(app, by, &bound, own, wish).await?,
        _ => thaw(app, by).await?,
    };
    proof::spend(app, by).await?;
    Ok(undone)
}

async fn open_pin(
    app: &App,
    by: &Customer,
    asking: &Asking,
    key: pin::PinKeyId,
    cipher: &str,
) -> Result<std::result::Result<base::Secret<String>, Refusal>> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (tenant, by, intent) = (by.tenant, by.clone(), asking.intent(by));
    let cipher = cipher.to_owned();
    let unit = move |tx: &Tx<'_>| {
        if !store::is_proved(tx, by.follower, by.session, &intent)? {
            return CODE_FIRST.into();
        }
        let opens = pin::Opens { session: by.session, follower: by.follower, key };
        pin::open(tx, &keys, &opens, &cipher, pin::Asked::Proof)
    };
    app.db.write(Scope::Tenant(tenant), unit).await
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
