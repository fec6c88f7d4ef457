//! Binding (绑卡): a follower proves to be a customer, and from then on may look at their accounts in chat.
//!
//! Steps: `card` (the bank's own check of name, document, account and reserved mobile, one combined answer) → `otp` (to the
//! *reserved* number) → `face` (only when the binding moves here from another WeChat) → `pin` (own keypad, SM2, straight to the core) → done. A step cannot be skipped: each reads the
//! server's row. Not for: money; L2 confirmation belongs to payments.

pub mod agreements;
#[cfg(test)]
mod branches;
mod check;
#[cfg(test)]
pub(crate) mod codes;
#[cfg(test)]
mod consents;
mod disown;
#[cfg(test)]
mod disowning;
pub mod face;
#[cfg(test)]
pub(crate) mod faces;
mod finish;
pub mod http;
mod input;
pub mod limits;
#[cfg(test)]
mod national;
#[cfg(test)]
mod no_number;
pub mod otp;
pub mod photo;
#[cfg(test)]
mod photos;
pub mod pin;
#[cfg(test)]
mod privacy;
pub mod question;
pub mod shapes;
mod store;
mod swap;
#[cfg(test)]
mod swapping;
#[cfg(test)]
mod tests;
mod verify;

pub use check::{Checked, check};
pub(crate) use disown::decided as disowned;
pub use disown::{News, settle as settle_disowned, tell as tell_disowned};
pub use finish::{Finished, finish};
pub(crate) use store::holder;
pub use store::{TRY_MS, end, set_default};
pub use swap::{tell as tell_swapped, why_not as why_not_proved};
pub use verify::later as verify_later;

use crate::app::App;
use crate::audit::{self, Actor};
use crate::followers::behind::Behind;
use crate::followers::{self, BoundAccount};
use crate::jobs::Job;
use crate::sessions::{self, Customer};
use crate::vault::TenantKeys;
use crate::verbs::core_ctx;
use base::{Error, Id, Refusal, Result, Secret, TenantId};
use corebank::{CoreError, CustNo, Reject};
use db::{Scope, Tx, params};
use input::Aim;
use serde::Deserialize;
use std::sync::Arc;
use store::{Claim, Step, Try};

pub const MISMATCH: Refusal = Refusal::invalid(
    "bind.mismatch",
    "姓名、身份证、卡号（存折号）、手机号有一项和银行登记的不一样。常见原因：手机号换过。",
);
pub const LOCKED: Refusal =
    Refusal::too_many("bind.locked", "今天试的次数太多了，请明天再试，或带身份证到网点");
pub const OTHER_BANK: Refusal = Refusal::conflict("bind.other_bank", "这不是本行的卡或存折");
pub const TAKEN: Refusal = Refusal::conflict(
    "bind.taken",
    "您已经绑在另一个微信上了。自己换了微信，点「换到这个微信」；不是您绑的，点「不是我绑的」，那边马上停用。",
);
pub const MINOR: Refusal = Refusal::forbidden("bind.minor", "未满16周岁请由监护人带着到网点办理");
pub const CORE_BUSY: Refusal =
    Refusal::unavailable("core.busy", "银行系统忙，资料没有丢，请过一会儿再点一次");
pub const WRONG_STEP: Refusal = Refusal::conflict("bind.step", "这一步已经过了，请刷新页面");
pub const BOUND_ALREADY: Refusal = Refusal::conflict("bind.done", "您已经绑定好了");
pub const NO_MOBILE: Refusal = Refusal::forbidden(
    "bind.no_mobile",
    "您在银行没有留手机号。请带身份证到网点，或到村里的助农服务点问问，留一个再来绑定",
);
pub const NOT_BOUND: Refusal = Refusal::forbidden("bind.missing", "您还没有绑定银行卡，请先绑定");
/// Before the next bound service when a text changed (DP-11).
pub const CONSENT_RENEW: Refusal =
    Refusal::forbidden("consent.renew", "协议有更新，看过同意了才能接着查");
pub const CONSENT_MISSING: Refusal = Refusal::invalid("consent.missing", "请先看完并同意协议");

/// Sixteen: from then on one's own signature counts.
const ADULT_YEARS: i64 = 16;
/// At this age elder wording is the default.
const ELDER_YEARS: i64 = 60;
const PURPOSE: &str = "bind";
/// Within this time the same thing sent again is a second tap, not a second try: it gets the first one's answer.
pub const TAP_MS: i64 = 1_500;
/// Who leaves in the middle is asked once whether to go on.
const REMIND_AFTER_MS: i64 = 30 * 60_000;

fn busy(e: CoreError) -> Error {
    match e {
        CoreError::Rejected(Reject::Validation { .. }) => MISMATCH.into(),
        CoreError::Rejected(reject) => {
            tracing::warn!(%reject, "the core refused");
            CORE_BUSY.into()
        }
        e => {
            tracing::warn!(error = %e, "the core did not answer");
            metrics::counter!("weiyin_core_busy_total").increment(1);
            CORE_BUSY.into()
        }
    }
}

/// What the code confirms: binding this customer to this follower, moving their binding here, or stopping it elsewhere.
fn intent(follower: followers::FollowerId, claim: &Claim) -> Vec<u8> {
    sessions::hash(&format!("{}:{follower}:{}", claim.aim.word(), claim.customer))
}

async fn current(app: &App, by: &Customer) -> Result<Option<Try>> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let follower = by.follower;
    app.db.read(Scope::Tenant(by.tenant), move |tx| store::current(tx, &keys, follower)).await
}

/// Step two, first half: a code goes to the number the bank has on file, not to the typed one.
pub async fn send_code(app: &Arc<App>, by: &Customer, wish: otp::Wish) -> Result<otp::Issued> {
    let Some(attempt) = current(app, by).await?.filter(|a| a.step == Step::Otp) else {
        return WRONG_STEP.into();
    };
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let number = match app.core.otp_target(&ctx, &CustNo::new(&attempt.claim.customer)).await {
        Ok(number) => number,
        Err(CoreError::Rejected(Reject::NotFound)) => return NO_MOBILE.into(),
        Err(e) => return Err(busy(e)),
    };
    let what_for = match attempt.claim.aim {
        Aim::Bind => "绑定微信银行",
        Aim::Swap => "把微信银行换到另一个微信",
        Aim::Disown => "停用另一个微信上的微信银行",
    };
    let intent = intent(by.follower, &attempt.claim);
    otp::send(
        app,
        by,
        otp::Sending { number, purpose: PURPOSE, intent, what_for: what_for.into(), wish },
    )
    .await
}

/// What a code that was typed came to.
#[derive(Debug)]
pub struct Judged {
    pub verdict: otp::Verdict,
    /// The session's new secret after the right code (CA-11); a second tap has none.
    pub secret: Option<String>,
    /// Where binding is after the right code.
    pub step: &'static str,
}

/// Step two, second half.
pub async fn check_code(app: &Arc<App>, by: &Customer, code: &str) -> Result<Judged> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (by, tenant, behind) = (by.clone(), by.tenant, app.behind.clone());
    let code = Secret::new(code.trim().to_owned());
    let unit = move |tx: &Tx<'_>| {
        let follower = by.follower;
        let at = store::row(tx, follower)?.map_or(Step::Refused, |r| r.step);
        if matches!(at, Step::Pin | Step::Face | Step::Stopped) {
            let tap = otp::was_right(tx, &keys, follower, PURPOSE, code.reveal())?;
            let judged = Judged { verdict: otp::Verdict::Right, secret: None, step: at.word() };
            return if tap { Ok(judged) } else { WRONG_STEP.into() };
        }
        let Some(attempt) = store::current(tx, &keys, follower)? else {
            return WRONG_STEP.into();
        };
        let intent = intent(follower, &attempt.claim);
        let verdict = otp::check(tx, &keys, follower, PURPOSE, &intent, code.reveal())?;
        let right = verdict == otp::Verdict::Right;
        let outcome = if right { "done" } else { "refused" };
        audit::note(tx, Actor::Follower(follower.raw()), "bind.otp", "", outcome, "")?;
        if !right {
            return Ok(Judged { verdict, secret: None, step: Step::Otp.word() });
        }
        let step = after_code(tx, &keys, &behind, follower, &attempt.claim)?;
        Ok(Judged { verdict, secret: Some(sessions::store::renew(tx, by.session)?), step })
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// What the right code leads to.
fn after_code(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    behind: &Behind,
    follower: followers::FollowerId,
    claim: &Claim,
) -> Result<&'static str> {
    let next = match claim.aim {
        Aim::Bind => Step::Pin,
        Aim::Swap => Step::Face,
        Aim::Disown if disown::stop(tx, keys, behind, follower, claim)? => {
            return Ok(Step::Stopped.word());
        }
        // Nobody holds it any more: the customer binds, with a code for that (CA-04).
        Aim::Disown => {
            store::end_try(tx, follower)?;
            return Ok("card");
        }
    };
    store::move_try(tx, follower, Step::Otp, next)?;
    Ok(next.word())
}

/// What was agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
pub struct Consent {
    pub id: String,
    pub version: String,
}

/// The copy in memory is old now.
pub(crate) async fn forget(
    app: &App,
    tenant: TenantId,
    follower: followers::FollowerId,
) -> Result<()> {
    let unit = move |tx: &Tx<'_>| followers::store::address(tx, follower);
    if let Some((account, openid)) = app.db.read(Scope::Tenant(tenant), unit).await? {
        app.followers.forget(&followers::Person::new(account, openid.into()));
    }
    Ok(())
}

/// The customer agrees to what changed since they bound; a request that waited for it goes on in chat.
pub async fn agree(app: &Arc<App>, by: &Customer, consents: &[Consent]) -> Result<()> {
    let (unit_by, consents, behind) = (by.clone(), consents.to_vec(), app.behind.clone());
    let unit = move |tx: &Tx<'_>| {
        let follower = unit_by.follower;
        agreements::agree(tx, follower, &consents)?;
        if !agreements::missing(tx, follower)?.is_empty() {
            return CONSENT_MISSING.into();
        }
        if !store::stand(tx, follower)? {
            return NOT_BOUND.into();
        }
        if let Some(link) = &unit_by.link {
            sessions::store::end_link(tx, link)?;
        }
        sessions::store::end_task(tx, follower, "agree")?;
        followers::store::touch(tx, &behind, follower)?;
        audit::note(tx, Actor::Follower(follower.raw()), "bind.agree", "", "done", "")?;
        Job::AfterAgreeing { follower }.enqueue(tx, tx.now())
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await?;
    forget(app, by.tenant, by.follower).await
}

/// Ends the binding from a page (CA-14): all sessions of the follower die with it.
pub async fn unbind(app: &Arc<App>, by: &Customer) -> Result<()> {
    let (follower, behind) = (by.follower, app.behind.clone());
    app.db
        .write(Scope::Tenant(by.tenant), move |tx| {
            store::end(tx, follower, "customer", Actor::Follower(follower.raw()))?;
            followers::store::touch(tx, &behind, follower)
        })
        .await?;
    forget(app, by.tenant, follower).await
}

/// The follower goes to another bank's care: what is bound here ends, and every page that is open. Whether something was
/// bound. The move itself makes old copies of the follower stale.
pub fn leave(tx: &Tx<'_>, follower: followers::FollowerId) -> Result<bool> {
    let bound = is_bound(tx, follower)?;
    if bound {
        store::end(tx, follower, "moved", Actor::Follower(follower.raw()))?;
    } else {
        sessions::store::end_all(tx, follower)?;
    }
    Ok(bound)
}

/// Moves a follower to another bank's care, whatever is bound at the old one ended. False when they are not `from`'s.
pub async fn move_home(
    app: &App,
    from: TenantId,
    follower: followers::FollowerId,
    to: TenantId,
) -> Result<bool> {
    if from != to {
        app.db
            .write(Scope::Tenant(from), move |tx| {
                store::drop_claim(tx, follower)?;
                leave(tx, follower)
            })
            .await?;
    }
    followers::move_home(app, from, follower, to).await
}

/// One reminder to a follower who left in the middle; silence when WeChat's window is shut, never a second time.
pub async fn remind(
    app: &Arc<App>,
    tenant: TenantId,
    follower: followers::FollowerId,
) -> Result<()> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let life = app.config.h5.link_ms;
    let public = app.config.server.public_url.clone();
    let unit = move |tx: &Tx<'_>| {
        let waits = store::current(tx, &keys, follower)?.is_some() && !is_bound(tx, follower)?;
        let Some((account, openid)) = followers::store::address(tx, follower)?.filter(|_| waits)
        else {
            return Ok(None);
        };
        let token =
            sessions::store::add_link(tx, account, follower, "bind", "bind_card", "{}", life)?;
        let words =
            format!("绑卡还差一步，要接着弄吗？\n<a href=\"{public}/h5/l/{token}\">接着绑定</a>");
        Ok(Some((account, openid, words)))
    };
    let Some((account, openid, words)) = app.db.write(Scope::Tenant(tenant), unit).await? else {
        return Ok(());
    };
    let registry = app.registry();
    let Some(account) = registry.account_by_id(account) else { return Ok(()) };
    crate::outbox::say(app, account, &openid, &words).await.map(|_| ())
}

/// Binds without the steps: for generated data only, which has no person to ask.
pub(crate) fn seed_row(
    tx: &Tx<'_>,
    keys: &crate::vault::TenantKeys,
    behind: &followers::behind::Behind,
    follower: followers::FollowerId,
    customer: &str,
    accounts: &[BoundAccount],
) -> Result<()> {
    let claim = Claim {
        customer: customer.to_owned(),
        name: String::new(),
        id_no: String::new(),
        card_no: String::new(),
        mobile: String::new(),
        is_elder: false,
        aim: Aim::Bind,
    };
    store::add(tx, keys, follower, &claim, accounts)?;
    followers::store::set_following(tx, follower, true)?;
    followers::store::touch(tx, behind, follower)
}

/// As if the follower had bound, and agreed, before the service agreement got its words of today: for generated data only.
pub(crate) fn seed_older_texts(
    tx: &Tx<'_>,
    behind: &followers::behind::Behind,
    follower: followers::FollowerId,
) -> Result<()> {
    store::age_texts(tx, follower)?;
    for agreement in agreements::ALL.iter().filter(|a| a.id != "service") {
        store::consent(tx, follower, agreement)?;
    }
    followers::store::touch(tx, behind, follower)
}

/// As if an elder, or someone else, had bound.
#[cfg(test)]
pub(crate) fn seed_elder(tx: &Tx<'_>, follower: followers::FollowerId, on: bool) -> Result<()> {
    store::set_elder(tx, follower, on)
}

/// As if today's texts had been agreed to on the page.
#[cfg(test)]
pub(crate) fn seed_agreed(
    tx: &Tx<'_>,
    behind: &followers::behind::Behind,
    follower: followers::FollowerId,
) -> Result<()> {
    store::stand(tx, follower)?;
    followers::store::touch(tx, behind, follower)
}

/// Id of a row nobody refers to.
fn anonymous(tx: &Tx<'_>) -> Id<()> {
    tx.new_id()
}

/// Adds an account that the bank opened for the bound customer to their binding.
pub async fn take_in(
    app: &Arc<App>,
    tenant: TenantId,
    follower: followers::FollowerId,
    account: BoundAccount,
) -> Result<()> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let behind = app.behind.clone();
    let unit = move |tx: &Tx<'_>| store::take_in(tx, &keys, &behind, follower, &account);
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// Whether the follower is bound, for pages.
pub fn is_bound(tx: &Tx<'_>, follower: followers::FollowerId) -> Result<bool> {
    let (n,): (i64,) = tx.one(
        "SELECT COUNT(*) FROM binding WHERE tenant_id = $1 AND follower_id = $2 AND state = 'live'",
        params![tx.tenant(), follower],
    )?;
    Ok(n > 0)
}
