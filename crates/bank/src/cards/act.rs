//! What the page does with a card: what stands, the proofs, and the one thing that was asked for.

use super::{
    AMOUNT, DIGITS_LOCKED, DIGITS_WRONG, PIN_UNKNOWN, PinAsked, REFUSED, What, came_words,
};
use crate::accounts::http::{NO_ACCOUNT, bound, of_core};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::binding::{otp, pin};
use crate::followers::{Bound, BoundAccount};
use crate::guard::{self, Came, Known, Orders, refused_words};
use crate::proof::{self, Did, For, Kind, No};
use crate::sessions::{self, Customer};
use crate::verbs::core_ctx;
use base::{Error, Fen, Result};
use corebank::{AccountRef, Card, CardPin, CoreError, CustNo, Reject};
use db::{Scope, Tx};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::ToSchema;

const PURPOSE: &str = "card";
const DIGITS: usize = 3;

/// One thing to set. The account is an account's `id`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardAsk)]
pub(super) struct Asking {
    pub(super) what: What,
    pub(super) account: String,
    /// The new limit.
    #[serde(default)]
    pub(super) amount_fen: i64,
}

impl Asking {
    /// A proof is for this and nothing else (CA-04).
    fn proof(&self, by: &Customer) -> For {
        let Self { what, account, amount_fen } = self;
        let intent = format!("card:{what:?}:{account}:{amount_fen}:{}", by.follower);
        For { purpose: PURPOSE, what_for: what.purpose().into(), intent: sessions::hash(&intent) }
    }

    fn amount(&self) -> Result<Fen> {
        match (self.what.wants_amount(), self.amount_fen) {
            (false, 0) => Ok(Fen::ZERO),
            (true, 1..=100_000_000) => Ok(Fen::of(self.amount_fen)),
            _ => AMOUNT.into(),
        }
    }

    /// The proof that must stand before the last step. The digits are only taken after a code.
    const fn last_proof(&self) -> &'static [Kind] {
        let asks = self.what.asks();
        match (asks.code, asks.digits) {
            (_, true) => &[Kind::Digits],
            (true, false) => &[Kind::Code],
            (false, false) => &[],
        }
    }
}

fn own<'b>(bound: &'b Bound, id: &str) -> Result<&'b BoundAccount> {
    let found = bound.accounts.iter().find(|a| a.kind == "credit" && a.id == id);
    found.ok_or_else(|| NO_ACCOUNT.into())
}

/// A card of the customer's as it stands.
#[derive(Debug)]
pub(super) struct CardState {
    pub(super) own: BoundAccount,
    pub(super) card: Card,
}

/// The customer's credit cards, and where a code goes.
pub(super) async fn cards(app: &Arc<App>, by: &Customer) -> Result<(Vec<CardState>, String)> {
    let bound = bound(app, by).await?;
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let asked = bound.accounts.iter().filter(|a| a.kind == "credit").map(|own| async {
        let card = app.core.card(&ctx, &AccountRef::new(&own.number)).await?;
        Ok::<_, CoreError>(CardState { own: own.clone(), card })
    });
    let cards = futures_util::future::try_join_all(asked).await.map_err(of_core)?;
    let mobile = proof::mobile(app, by, &bound).await;
    Ok((cards, mobile))
}

/// Sends a code to the number the bank has on file.
pub(super) async fn send_code(
    app: &Arc<App>,
    by: &Customer,
    asking: &Asking,
    wish: otp::Wish,
) -> Result<otp::Issued> {
    let bound = bound(app, by).await?;
    own(&bound, &asking.account)?;
    asking.amount()?;
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

/// What was typed on the keypad, sealed by the page.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) key: pin::PinKeyId,
    pub(super) cipher: String,
}

/// The three digits on the back, compared and counted by the core.
pub(super) async fn check_digits(
    app: &Arc<App>,
    by: &Customer,
    asking: &Asking,
    sealed: &Sealed,
) -> Result<Did> {
    let bound = bound(app, by).await?;
    let account = AccountRef::new(&own(&bound, &asking.account)?.number);
    let asked = asking.proof(by);
    let opens = (sealed.key, sealed.cipher.as_str());
    let typed = match proof::open_pin(app, by, &asked, &[Kind::Code], opens, None).await? {
        Ok(typed) if typed.reveal().len() == DIGITS => typed,
        Ok(_) => return Ok(Did::Refused(DIGITS_WRONG, None)),
        Err(refusal) => return Ok(Did::Refused(refusal, None)),
    };
    let customer = CustNo::new(&bound.customer);
    let block = proof::block(app, &bound, &typed)?;
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let (refusal, left) = match app.core.verify_cvv(&ctx, &customer, &account, &block).await {
        Ok(_) => {
            let (by, intent) = (by.clone(), asked.intent);
            let tenant = by.tenant;
            let unit = move |tx: &Tx<'_>| {
                audit::note(tx, Actor::Follower(by.follower.raw()), "card.digits", "", "done", "")?;
                proof::keep(tx, &by, Kind::Digits, &intent, proof::LIFE_MS)
            };
            app.db.write(Scope::Tenant(tenant), unit).await?;
            return Ok(Did::Done(String::new()));
        }
        Err(CoreError::Rejected(Reject::WrongPin { left: 0 } | Reject::PinLocked { .. })) => {
            (DIGITS_LOCKED, None)
        }
        Err(CoreError::Rejected(Reject::WrongPin { left })) => (
            DIGITS_WRONG.say(format!("卡背面的三位数不对，今天还能试 {left} 次")),
            Some(left.into()),
        ),
        Err(CoreError::Rejected(Reject::Validation { .. })) => (DIGITS_WRONG, None),
        Err(e) => return Err(of_core(e)),
    };
    proof::note_refused(app, by, "card.digits", refusal.code).await?;
    Ok(Did::Refused(refusal, left))
}

/// Does what was asked for, when everything it needs is proved.
pub(super) async fn act(
    app: &Arc<App>,
    by: &Customer,
    asking: &Asking,
    sealed: Option<&Sealed>,
) -> Result<Did> {
    let held = bound(app, by).await?;
    let bound: &Bound = &held;
    let own = own(bound, &asking.account)?.clone();
    let amount = asking.amount()?;
    let did = match asking.what.asks().pin {
        PinAsked::New(which) => set_pin(app, by, asking, (bound, &own), which, sealed).await?,
        PinAsked::Own => {
            if let Some(no) = prove_pin(app, by, asking, bound, sealed).await? {
                return Ok(no);
            }
            order(app, by, asking, (bound, own), amount).await?
        }
        PinAsked::Nothing => {
            still_proved(app, by, asking).await?;
            order(app, by, asking, (bound, own), amount).await?
        }
    };
    if let Did::Done(_) | Did::Trying(_) = did {
        let (tenant, by) = (by.tenant, by.clone());
        app.db.write(Scope::Tenant(tenant), move |tx| proof::finish(tx, &by)).await?;
    }
    Ok(did)
}

async fn still_proved(app: &App, by: &Customer, asking: &Asking) -> Result<()> {
    let (tenant, by, intent) = (by.tenant, by.clone(), asking.proof(by).intent);
    let first = asking.last_proof();
    let unit = move |tx: &Tx<'_>| {
        for kind in first {
            if !proof::has(tx, &by, *kind, &intent)? {
                return proof::missing(*kind).into();
            }
        }
        Ok(())
    };
    app.db.read(Scope::Tenant(tenant), unit).await
}

/// The WeChat PIN, proved at the core; `Some` is why not.
async fn prove_pin(
    app: &Arc<App>,
    by: &Customer,
    asking: &Asking,
    bound: &Bound,
    sealed: Option<&Sealed>,
) -> Result<Option<Did>> {
    let sealed = sealed.ok_or(pin::KEY_EXPIRED)?;
    let opens = (sealed.key, sealed.cipher.as_str());
    let asked = asking.proof(by);
    let proved = proof::prove_pin(app, by, bound, &asked, asking.last_proof(), opens).await?;
    Ok(proved.err().map(|No(refusal, left)| Did::Refused(refusal, left)))
}

async fn set_pin(
    app: &Arc<App>,
    by: &Customer,
    asking: &Asking,
    (bound, own): (&Bound, &BoundAccount),
    which: CardPin,
    sealed: Option<&Sealed>,
) -> Result<Did> {
    let sealed = sealed.ok_or(pin::KEY_EXPIRED)?;
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let customer = CustNo::new(&bound.customer);
    let mobile = proof::reserved(app, &ctx, bound).await?;
    let opens = (sealed.key, sealed.cipher.as_str());
    let (asked, first) = (asking.proof(by), asking.last_proof());
    let typed = match proof::open_pin(app, by, &asked, first, opens, Some(vec![mobile])).await? {
        Ok(typed) => typed,
        Err(refusal) => return Ok(Did::Refused(refusal, None)),
    };
    let block = proof::block(app, bound, &typed)?;
    drop(typed);
    let account = AccountRef::new(&own.number);
    let name = format!("{}{}", own.label, own.tail);
    let refusal = match app.core.set_card_pin(&ctx, &customer, &account, which, &block).await {
        Ok(_) => {
            let follower = by.follower;
            let unit = move |tx: &Tx<'_>| {
                audit::note(tx, Actor::Follower(follower.raw()), "card.new_pin", "", "done", "")
            };
            app.db.write(Scope::Tenant(by.tenant), unit).await?;
            let kind = if which == CardPin::Spend { "交易密码" } else { "查询密码" };
            // Whoever's doing it was, the customer hears of it (CA-13).
            let told = format!("{name}的{kind}刚改过。不是您本人改的，马上说「锁卡」。");
            guard::tell(app, by.tenant, by.follower, &told).await?;
            return Ok(Did::Done(format!("{name}的{kind}设好了。谁要都别给。")));
        }
        Err(CoreError::Rejected(Reject::AccountNotActive)) => {
            REFUSED.say(super::refused_words("card.inactive"))
        }
        Err(CoreError::Rejected(reject)) => return Err(of_core(reject.into())),
        Err(e) => {
            tracing::warn!(error = %e, "the core did not say whether a card's PIN is set");
            PIN_UNKNOWN
        }
    };
    proof::note_refused(app, by, "card.new_pin", refusal.code).await?;
    Ok(Did::Refused(refusal, None))
}

async fn order(
    app: &Arc<App>,
    by: &Customer,
    asking: &Asking,
    (bound, own): (&Bound, BoundAccount),
    amount: Fen,
) -> Result<Did> {
    let wish = asking.what.wish(amount).ok_or_else(|| Error::fault("a PIN is no order"))?;
    let which = format!("{}{}", own.label, own.tail);
    let orders = Orders {
        tenant: by.tenant,
        follower: by.follower,
        customer: bound.customer.clone(),
        accounts: vec![own],
        wish: wish.into(),
    };
    let came = guard::place(app, orders).await?.into_iter().next().map(|(_, came)| came);
    Ok(match came {
        Some(Came::Known(Known::Card(set))) => Did::Done(came_words(&which, wish, &set)),
        Some(Came::Known(Known::Refused(code))) => {
            Did::Refused(REFUSED.say(refused_words(code)), None)
        }
        _ => Did::Trying(format!("已经记下，银行系统还没回话。{which}办好了在聊天里告诉您。")),
    })
}
