//! What pages that do something ask for first: a code to the reserved number, and the WeChat PIN, judged by the core.
//!
//! A right code is a proof for one thing in one session for some minutes; a wrong PIN does not use it up. Not for: which thing
//! needs which proof; each page knows that.

use super::store;
use crate::accounts::http::of_core;
use crate::app::App;
use crate::audit::{self, Actor};
use crate::binding::{self, otp};
use crate::sessions::{self, Customer};
use crate::verbs::core_ctx;
use crate::web::Problem;
use base::{Error, Refusal, Result, Secret};
use corebank::{CoreError, CustNo, PinBlock, Reject};
use db::{Scope, Tx};
use std::sync::Arc;

pub(crate) const NO_MOBILE: Refusal =
    Refusal::forbidden("undo.no_mobile", "银行没有登记您的手机号，请带身份证到网点办理");
/// How long a proof lets the next step be done.
pub(crate) const PROOF_MS: i64 = 300_000;

/// A code as it was asked for, and how audit calls it.
pub(crate) struct CodeOf {
    pub(crate) purpose: &'static str,
    pub(crate) intent: Vec<u8>,
    pub(crate) act: &'static str,
}

/// What a page's step came to.
#[derive(Debug)]
pub(crate) enum Did {
    /// In words.
    Done(String),
    /// The core is silent; the order is tried on and the customer told in chat.
    Trying(String),
    /// So many tries are left, where they are counted.
    Refused(Refusal, Option<i64>),
}

impl Did {
    /// Whether it is done, and in words; or what the page is told instead.
    pub(crate) fn told(self) -> std::result::Result<(bool, String), Problem> {
        match self {
            Self::Done(words) => Ok((true, words)),
            Self::Trying(words) => Ok((false, words)),
            Self::Refused(refusal, Some(left)) => Err(Problem::from(refusal).with("left", left)),
            Self::Refused(refusal, None) => Err(refusal.into()),
        }
    }
}

/// The number the bank has on file, for a code.
pub(crate) async fn reserved(
    app: &App,
    by: &Customer,
    customer: &CustNo,
) -> Result<Secret<String>> {
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    match app.core.otp_target(&ctx, customer).await {
        Ok(number) => Ok(number),
        Err(CoreError::Rejected(Reject::NotFound)) => NO_MOBILE.into(),
        Err(e) => Err(of_core(e)),
    }
}

/// The same number masked; empty when the core does not say.
pub(crate) async fn reserved_masked(app: &App, by: &Customer, customer: &CustNo) -> String {
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let profile = app.core.customer(&ctx, customer).await;
    profile.ok().and_then(|p| p.mobile).map(|m| m.to_string()).unwrap_or_default()
}

/// Judges the code; after a right one the session has a new secret (CA-11).
pub(crate) async fn check_code(
    app: &Arc<App>,
    by: &Customer,
    of: CodeOf,
    code: &str,
) -> Result<(otp::Verdict, Option<String>)> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (tenant, by) = (by.tenant, by.clone());
    let code = Secret::new(code.trim().to_owned());
    let unit = move |tx: &Tx<'_>| {
        let (follower, CodeOf { purpose, intent, act }) = (by.follower, &of);
        if store::is_proved(tx, follower, by.session, intent)?
            && otp::was_right(tx, &keys, follower, purpose, code.reveal())?
        {
            return Ok((otp::Verdict::Right, None));
        }
        let verdict = otp::check(tx, &keys, follower, purpose, intent, code.reveal())?;
        let right = verdict == otp::Verdict::Right;
        let outcome = if right { "done" } else { "refused" };
        audit::note(tx, Actor::Follower(follower.raw()), act, "", outcome, "")?;
        if !right {
            return Ok((verdict, None));
        }
        store::prove(tx, follower, by.session, intent, PROOF_MS)?;
        Ok((verdict, Some(sessions::store::renew(tx, by.session)?)))
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// What was typed on the keypad, wrapped for the core.
pub(crate) fn block(app: &App, typed: &Secret<String>, customer: &CustNo) -> Result<PinBlock> {
    let sealed = app.pin_key.seal(typed, customer.as_str(), app.random());
    sealed.map_err(|e| Error::fault(format!("wrapping digits for the core: {e}")))
}

/// Has the core judge the WeChat PIN; `Some` is why not.
pub(crate) async fn own_pin(
    app: &App,
    by: &Customer,
    customer: &CustNo,
    typed: Secret<String>,
    act: &'static str,
) -> Result<Option<Did>> {
    let block = block(app, &typed, customer)?;
    drop(typed);
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let Err(e) = app.core.verify_pin(&ctx, customer, &block).await else { return Ok(None) };
    let (refusal, left) = binding::why_not_proved(e)?;
    note_refused(app, by, act, refusal.code).await?;
    Ok(Some(Did::Refused(refusal, left)))
}

/// A proof that failed stands in the audit trail.
pub(crate) async fn note_refused(
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

/// What was asked for is done or under way: its proof is used up and its link shut.
pub(crate) async fn spend(app: &App, by: &Customer) -> Result<()> {
    let (follower, link) = (by.follower, by.link.clone());
    let unit = move |tx: &Tx<'_>| {
        store::spend(tx, follower)?;
        link.as_deref().map_or(Ok(()), |link| sessions::store::end_link(tx, link))
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await
}
