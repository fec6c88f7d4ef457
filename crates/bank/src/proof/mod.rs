//! How a bound customer proves on a page to be themself, before something is changed or shown: a code to the reserved
//! number, the digits on the back of a credit card, the PIN at the core, a face (`binding::face`).
//!
//! A proof is for one thing (its intent), in one session, for some minutes; a wrong PIN uses none up. Every page that asks
//! for proof asks in this way. Not for: binding, which proves who someone is in the first place.

pub mod number;
mod store;

pub use store::{Kind, has, keep, spend};

use crate::accounts::http::of_core;
use crate::app::App;
use crate::audit::{self, Actor};
use crate::binding::{self, NOT_BOUND, otp, pin};
use crate::followers::{self, Bound, FollowerId};
use crate::notices::happening::{self, Happening};
use crate::sessions::{self, Customer};
use crate::verbs::core_ctx;
use crate::web::Problem;
use base::{Error, Refusal, Result, Secret};
use corebank::{CoreError, Ctx, CustNo, PinBlock, Reject};
use db::{Scope, Tx};
use std::borrow::Cow;
use std::sync::Arc;

pub const NO_MOBILE: Refusal =
    Refusal::forbidden("undo.no_mobile", "银行没有登记您的手机号，请带身份证到网点办理");
pub const CODE_FIRST: Refusal = Refusal::conflict("undo.code", "请先输入短信验证码");
const DIGITS_FIRST: Refusal = Refusal::conflict("card.digits", "请先输入卡背面的三位数");
/// How long a right code, a passed face or what was known lets the next step be taken.
pub const LIFE_MS: i64 = 300_000;

/// What a proof is for.
#[derive(Debug, Clone)]
pub struct For {
    /// Names codes and, with what was proved, audit rows: `undo` makes `undo.code`.
    pub purpose: &'static str,
    /// Ends 「用于…」 in the words of a code.
    pub what_for: Cow<'static, str>,
    /// Hash of the one thing, with everything that was chosen (CA-04).
    pub intent: Vec<u8>,
}

/// What is said while a proof is missing.
pub const fn missing(kind: Kind) -> Refusal {
    match kind {
        Kind::Digits => DIGITS_FIRST,
        Kind::Known | Kind::Code | Kind::Face | Kind::Pin => CODE_FIRST,
    }
}

/// A definite no, and the tries that are left.
#[derive(Debug)]
pub struct No(pub Refusal, pub Option<i64>);

impl From<No> for Problem {
    fn from(No(refusal, left): No) -> Self {
        let problem = Self::from(refusal);
        match left {
            Some(left) => problem.with("left", left),
            None => problem,
        }
    }
}

/// What a page's step came to.
#[derive(Debug)]
pub enum Did {
    /// In words.
    Done(String),
    /// The core is silent; the order is tried on and the customer told in chat.
    Trying(String),
    /// So many tries are left, where they are counted.
    Refused(Refusal, Option<i64>),
}

impl Did {
    /// Whether it is done, and in words; or what the page is told instead.
    pub fn told(self) -> std::result::Result<(bool, String), Problem> {
        match self {
            Self::Done(words) => Ok((true, words)),
            Self::Trying(words) => Ok((false, words)),
            Self::Refused(refusal, left) => Err(No(refusal, left).into()),
        }
    }
}

/// The live binding, frozen or not, whatever was agreed to since. For pages that only give back.
pub async fn bound_anyhow(app: &Arc<App>, by: &Customer) -> Result<Arc<Bound>> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (follower, behind) = (by.follower, app.behind.clone());
    let unit = move |tx: &Tx<'_>| {
        followers::store::by_id(tx, follower)?.map(|f| f.open(&keys, &behind)).transpose()
    };
    let found = app.db.read(Scope::Tenant(by.tenant), unit).await?;
    found.and_then(|s| s.bound).ok_or_else(|| NOT_BOUND.into())
}

/// The number a code goes to, masked; empty when the core does not say now.
pub async fn mobile(app: &Arc<App>, by: &Customer, bound: &Bound) -> String {
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let profile = app.core.customer(&ctx, &CustNo::new(&bound.customer)).await;
    profile.ok().and_then(|p| p.mobile).map(|m| m.to_string()).unwrap_or_default()
}

/// The whole number the bank has on file.
pub async fn reserved(app: &App, ctx: &Ctx, bound: &Bound) -> Result<Secret<String>> {
    match app.core.otp_target(ctx, &CustNo::new(&bound.customer)).await {
        Ok(number) => Ok(number),
        Err(CoreError::Rejected(Reject::NotFound)) => NO_MOBILE.into(),
        Err(e) => Err(of_core(e)),
    }
}

/// Sends a code to the number the bank has on file.
pub async fn send_code(
    app: &Arc<App>,
    by: &Customer,
    bound: &Bound,
    asked: &For,
    wish: otp::Wish,
) -> Result<otp::Issued> {
    let number = reserved(app, &core_ctx(app, by.tenant, by.follower.raw()), bound).await?;
    let sending = otp::Sending {
        number,
        purpose: asked.purpose,
        intent: asked.intent.clone(),
        what_for: asked.what_for.clone(),
        wish,
    };
    otp::send(app, by, sending).await
}

/// Judges a code; after a right one the session has a new secret (CA-11).
pub async fn check_code(
    app: &Arc<App>,
    by: &Customer,
    asked: &For,
    code: &str,
) -> Result<(otp::Verdict, Option<String>)> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (tenant, by, asked) = (by.tenant, by.clone(), asked.clone());
    let code = Secret::new(code.trim().to_owned());
    let unit = move |tx: &Tx<'_>| {
        let (follower, purpose) = (by.follower, asked.purpose);
        if has(tx, &by, Kind::Code, &asked.intent)?
            && otp::was_right(tx, &keys, follower, purpose, code.reveal())?
        {
            return Ok((otp::Verdict::Right, None));
        }
        let verdict = otp::check(tx, &keys, follower, purpose, &asked.intent, code.reveal())?;
        let right = verdict == otp::Verdict::Right;
        note(tx, follower, &asked, "code", if right { "done" } else { "refused" }, "")?;
        if !right {
            return Ok((verdict, None));
        }
        keep(tx, &by, Kind::Code, &asked.intent, LIFE_MS)?;
        Ok((verdict, Some(sessions::store::renew(tx, by.session)?)))
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// What was asked for is done or under way: its proofs are used up and its link shut.
pub fn finish(tx: &Tx<'_>, by: &Customer) -> Result<()> {
    spend(tx, by)?;
    by.link.as_deref().map_or(Ok(()), |link| sessions::store::end_link(tx, link))
}

/// A try that the core, not this bank, judged and refused stands in the audit trail.
pub async fn note_refused(
    app: &App,
    by: &Customer,
    act: &'static str,
    code: &'static str,
) -> Result<()> {
    let follower = by.follower;
    let unit = move |tx: &Tx<'_>| {
        audit::note(tx, Actor::Follower(follower.raw()), act, "", "refused", code)
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await
}

fn note(
    tx: &Tx<'_>,
    follower: FollowerId,
    asked: &For,
    what: &str,
    outcome: &str,
    detail: &str,
) -> Result<()> {
    let act = format!("{}.{what}", asked.purpose);
    audit::note(tx, Actor::Follower(follower.raw()), &act, "", outcome, detail)
}

/// Opens what the keypad sealed, if everything of `first` is proved.
pub async fn open_pin(
    app: &Arc<App>,
    by: &Customer,
    asked: &For,
    first: &'static [Kind],
    sealed: (pin::PinKeyId, &str),
    new: Option<Vec<Secret<String>>>,
) -> Result<std::result::Result<Secret<String>, Refusal>> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (tenant, by, intent) = (by.tenant, by.clone(), asked.intent.clone());
    let (key, cipher) = (sealed.0, sealed.1.to_owned());
    let unit = move |tx: &Tx<'_>| {
        for kind in first {
            if !has(tx, &by, *kind, &intent)? {
                return missing(*kind).into();
            }
        }
        let opens = pin::Opens { session: by.session, follower: by.follower, key };
        let own = new.as_deref().map(|n| n.iter().map(|s| s.reveal().as_str()).collect::<Vec<_>>());
        let asked = own.as_deref().map_or(pin::Asked::Proof, pin::Asked::New);
        pin::open(tx, &keys, &opens, &cipher, asked)
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// A PIN as the core takes it.
pub fn block(app: &App, bound: &Bound, typed: &Secret<String>) -> Result<PinBlock> {
    let sealed = app.pin_key.seal(typed, &bound.customer, app.random());
    sealed.map_err(|e| Error::fault(format!("wrapping a PIN for the core: {e}")))
}

/// Proves a PIN at the core, which counts the wrong ones. `first` must be proved before.
pub async fn prove_pin(
    app: &Arc<App>,
    by: &Customer,
    bound: &Bound,
    asked: &For,
    first: &'static [Kind],
    sealed: (pin::PinKeyId, &str),
) -> Result<std::result::Result<(), No>> {
    let typed = match open_pin(app, by, asked, first, sealed, None).await? {
        Ok(typed) => typed,
        Err(refusal) => return Ok(Err(No(refusal, None))),
    };
    let block = block(app, bound, &typed)?;
    drop(typed);
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    if let Err(e) = app.core.verify_pin(&ctx, &CustNo::new(&bound.customer), &block).await {
        let is_locked = matches!(
            &e,
            CoreError::Rejected(Reject::WrongPin { left: 0 } | Reject::PinLocked { .. })
        );
        let (refusal, left) = binding::why_not_proved(e)?;
        let (follower, code, asked) = (by.follower, refusal.code, asked.clone());
        let keys = app.vault.tenant(&app.db, by.tenant).await?;
        let binding = bound.binding.raw();
        let unit = move |tx: &Tx<'_>| {
            note(tx, follower, &asked, "pin", "refused", code)?;
            if is_locked {
                // Told once a day, however often a locked PIN is tried.
                let what = Happening::PinLocked { day: tx.now().china_day() };
                happening::tell(tx, &keys, (follower, binding), &what)?;
            }
            Ok(())
        };
        app.db.write(Scope::Tenant(by.tenant), unit).await?;
        return Ok(Err(No(refusal, left)));
    }
    Ok(Ok(()))
}
