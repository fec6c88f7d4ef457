//! Binding (绑卡): a follower proves to be a customer, and from then on may look at their accounts in chat.
//!
//! Steps: `card` (the bank's own check of name, document, account and reserved mobile, one combined answer) → `otp` (to the
//! *reserved* number) → `pin` (own keypad, SM2, straight to the core) → done. A step cannot be skipped: each reads the
//! server's row. Not for: money; L2 confirmation belongs to payments.

pub mod agreements;
#[cfg(test)]
mod branches;
mod check;
pub mod http;
mod input;
pub mod limits;
pub mod otp;
pub mod pin;
#[cfg(test)]
mod privacy;
pub mod shapes;
mod store;
#[cfg(test)]
mod tests;
mod verify;

pub use check::{Checked, check};
pub use store::{TRY_MS, end};
pub use verify::later as verify_later;

use crate::app::App;
use crate::audit::{self, Actor};
use crate::followers::{self, BoundAccount};
use crate::jobs::Job;
use crate::sessions::{self, Customer};
use crate::verbs::{bound_account, core_ctx};
use base::{Error, Id, Refusal, Result, Secret, TenantId};
use corebank::{AccountKind, AccountState, CoreError, CustNo, Reject};
use db::{Scope, Tx, params};
use pin::PinKeyId;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use store::{Claim, Step, Try};

pub const MISMATCH: Refusal = Refusal::invalid(
    "bind.mismatch",
    "姓名、身份证、卡号、手机号有一项和银行登记的不一样。常见原因：手机号换过。",
);
pub const LOCKED: Refusal =
    Refusal::too_many("bind.locked", "今天试的次数太多了，请明天再试，或带身份证到网点");
pub const OTHER_BANK: Refusal = Refusal::conflict("bind.other_bank", "这不是本行的卡");
pub const TAKEN: Refusal = Refusal::conflict(
    "bind.taken",
    "这位客户已经绑在另一个微信上了。换微信请带身份证到网点；不是您本人绑的，请马上打客服电话。",
);
pub const MINOR: Refusal = Refusal::forbidden("bind.minor", "未满16周岁请由监护人带着到网点办理");
pub const CORE_BUSY: Refusal =
    Refusal::unavailable("core.busy", "银行系统忙，资料没有丢，请过一会儿再点一次");
pub const WRONG_STEP: Refusal = Refusal::conflict("bind.step", "这一步已经过了，请刷新页面");
pub const BOUND_ALREADY: Refusal = Refusal::conflict("bind.done", "您已经绑定好了");
pub const NO_MOBILE: Refusal =
    Refusal::forbidden("bind.no_mobile", "您在银行没有留手机号，请带身份证到网点留一个再来绑定");
pub const CONSENT_MISSING: Refusal = Refusal::invalid("consent.missing", "请先看完并同意协议");

/// Sixteen: from then on one's own signature counts.
const ADULT_YEARS: i64 = 16;
/// At this age elder wording is the default.
const ELDER_YEARS: i64 = 60;
const PURPOSE: &str = "bind";
/// Within this time the same thing sent again is a second tap, not a second try: it gets the first one's answer.
pub const TAP_MS: i64 = 1_500;
/// How often and how long a second tap looks for the first one's end.
const LOOKS: u32 = 40;
const LOOK_EVERY: Duration = Duration::from_millis(100);
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

/// What the code confirms: binding this customer to this follower.
fn intent(follower: followers::FollowerId, customer: &str) -> Vec<u8> {
    sessions::hash(&format!("bind:{follower}:{customer}"))
}

async fn current(app: &App, by: &Customer) -> Result<Option<Try>> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let follower = by.follower;
    app.db.read(Scope::Tenant(by.tenant), move |tx| store::current(tx, &keys, follower)).await
}

/// Step two, first half: a code goes to the number the bank has on file, not to the typed one.
pub async fn send_code(app: &Arc<App>, by: &Customer) -> Result<otp::Issued> {
    let Some(attempt) = current(app, by).await? else {
        return WRONG_STEP.into();
    };
    if attempt.step != Step::Otp {
        return WRONG_STEP.into();
    }
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let number = match app.core.otp_target(&ctx, &CustNo::new(&attempt.claim.customer)).await {
        Ok(number) => number,
        Err(CoreError::Rejected(Reject::NotFound)) => return NO_MOBILE.into(),
        Err(e) => return Err(busy(e)),
    };
    let intent = intent(by.follower, &attempt.claim.customer);
    otp::send(app, by, &number, PURPOSE, intent, "绑定微信银行").await
}

/// Step two, second half. After the right code the session gets a new secret (CA-11).
pub async fn check_code(
    app: &Arc<App>,
    by: &Customer,
    code: &str,
) -> Result<(otp::Verdict, Option<String>)> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (by, tenant) = (by.clone(), by.tenant);
    let code = Secret::new(code.trim().to_owned());
    let unit = move |tx: &Tx<'_>| {
        let follower = by.follower;
        let Some(attempt) = store::current(tx, &keys, follower)? else {
            return WRONG_STEP.into();
        };
        if attempt.step == Step::Pin {
            let tap = otp::was_right(tx, &keys, follower, PURPOSE, code.reveal())?;
            return if tap { Ok((otp::Verdict::Right, None)) } else { WRONG_STEP.into() };
        }
        let intent = intent(follower, &attempt.claim.customer);
        let verdict = otp::check(tx, &keys, follower, PURPOSE, &intent, code.reveal())?;
        let right = verdict == otp::Verdict::Right;
        let secret = if right {
            store::move_try(tx, follower, Step::Otp, Step::Pin)?;
            Some(sessions::store::renew(tx, by.session)?)
        } else {
            None
        };
        let outcome = if right { "done" } else { "refused" };
        audit::note(tx, Actor::Follower(follower.raw()), "bind.otp", "", outcome, "")?;
        Ok((verdict, secret))
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// What was agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
pub struct Consent {
    pub id: String,
    pub version: String,
}

/// What the PIN page's envelope turned out to be.
enum Envelope {
    Opened(Claim, Secret<String>),
    Refused(Refusal),
    /// This very envelope is being or was worked on: a second tap.
    Tapped,
}

/// Step three: sets the PIN at the core and binds. The new secret of the session comes along, except for a second tap.
pub async fn finish(
    app: &Arc<App>,
    by: &Customer,
    key: PinKeyId,
    cipher: &str,
    consents: &[Consent],
) -> Result<(Vec<BoundAccount>, Option<String>)> {
    let agreed =
        |a: &agreements::Agreement| consents.iter().any(|c| c.id == a.id && c.version == a.version);
    if !agreements::ALL.iter().all(agreed) {
        return CONSENT_MISSING.into();
    }
    let (claim, pin) = match open_envelope(app, by, key, cipher).await? {
        Envelope::Opened(claim, pin) => (claim, pin),
        Envelope::Refused(refusal) => return refusal.into(),
        Envelope::Tapped => return first_taps_answer(app, by).await.map(|a| (a, None)),
    };
    let customer = CustNo::new(&claim.customer);
    let block = app
        .pin_key
        .seal(&pin, customer.as_str(), app.random())
        .map_err(|e| Error::fault(format!("wrapping a PIN for the core: {e}")))?;
    drop(pin);
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    app.core.set_pin(&ctx, &customer, &block).await.map_err(busy)?;
    let accounts = app.core.accounts(&ctx, &customer).await.map_err(busy)?;
    let mut bound = vec![];
    for a in accounts.iter().filter(|a| a.state != AccountState::Closed) {
        bound.push((
            order_of(a.kind),
            a.tail != base::mask_card(&claim.card_no),
            bound_account(a)?,
        ));
    }
    // Everyday accounts first, the one that was typed before its sisters: the first is the default.
    bound.sort_by_key(|(kind, other, _)| (*kind, *other));
    let bound: Vec<BoundAccount> = bound.into_iter().map(|b| b.2).collect();
    let secret = record(app, by, &claim, &bound).await?;
    Ok((bound, Some(secret)))
}

async fn open_envelope(app: &App, by: &Customer, key: PinKeyId, cipher: &str) -> Result<Envelope> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (tenant, by, cipher) = (by.tenant, by.clone(), cipher.to_owned());
    let unit = move |tx: &Tx<'_>| {
        let opens = pin::Opens { session: by.session, follower: by.follower, key };
        let attempt = store::current(tx, &keys, by.follower)?.filter(|a| a.step == Step::Pin);
        let Some(Try { claim, .. }) = attempt else {
            let tapped = is_bound(tx, by.follower)? && pin::is_taken(tx, &opens)?;
            return if tapped { Ok(Envelope::Tapped) } else { WRONG_STEP.into() };
        };
        if pin::is_taken(tx, &opens)? {
            return Ok(Envelope::Tapped);
        }
        let own = [claim.id_no.as_str(), &claim.card_no, &claim.mobile];
        Ok(match pin::open(tx, &keys, &opens, &cipher, &own)? {
            Ok(pin) => Envelope::Opened(claim, pin),
            Err(refusal) => Envelope::Refused(refusal),
        })
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// A second tap sees the binding the first one makes; when it makes none, the envelope is simply spent.
async fn first_taps_answer(app: &App, by: &Customer) -> Result<Vec<BoundAccount>> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    for _ in 0..LOOKS {
        let (keys, follower) = (keys.clone(), by.follower);
        let found = app
            .db
            .read(Scope::Tenant(by.tenant), move |tx| {
                followers::store::by_id(tx, follower)?.map(|f| f.open(&keys)).transpose()
            })
            .await?;
        if let Some(bound) = found.and_then(|s| s.bound) {
            return Ok(bound.accounts.clone());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    pin::REPLAYED.into()
}

fn order_of(kind: AccountKind) -> u8 {
    match kind {
        AccountKind::Debit | AccountKind::Passbook => 0,
        AccountKind::Credit => 1,
        AccountKind::Loan => 2,
        AccountKind::Deposit => 3,
    }
}

async fn record(
    app: &Arc<App>,
    by: &Customer,
    claim: &Claim,
    accounts: &[BoundAccount],
) -> Result<String> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (unit_by, claim, accounts) = (by.clone(), claim.clone(), accounts.to_vec());
    let secret = app
        .db
        .write(Scope::Tenant(by.tenant), move |tx| {
            let follower = unit_by.follower;
            if !store::add(tx, &keys, follower, &claim, &accounts)? {
                let by = Actor::Follower(follower.raw());
                audit::note(tx, by, "bind.done", "", "refused", TAKEN.code)?;
                return Ok(None);
            }
            for agreement in agreements::ALL {
                store::consent(tx, follower, agreement)?;
            }
            store::end_try(tx, follower)?;
            if let Some(link) = &unit_by.link {
                sessions::store::end_link(tx, link)?;
            }
            followers::store::touch(tx, follower)?;
            audit::note(tx, Actor::Follower(follower.raw()), "bind.done", "", "done", "")?;
            Job::AfterBinding { follower }.enqueue(tx, tx.now())?;
            sessions::store::renew(tx, unit_by.session).map(Some)
        })
        .await?;
    let Some(secret) = secret else {
        return TAKEN.into();
    };
    forget(app, by).await?;
    Ok(secret)
}

/// The copy in memory is old now.
async fn forget(app: &App, by: &Customer) -> Result<()> {
    let follower = by.follower;
    let address = app
        .db
        .read(Scope::Tenant(by.tenant), move |tx| followers::store::address(tx, follower))
        .await?;
    if let Some((account, openid)) = address {
        app.followers.forget(&followers::Person { account, openid: openid.into() });
    }
    Ok(())
}

/// Ends the binding from a page (CA-14): all sessions of the follower die with it.
pub async fn unbind(app: &Arc<App>, by: &Customer) -> Result<()> {
    let follower = by.follower;
    app.db
        .write(Scope::Tenant(by.tenant), move |tx| {
            store::end(tx, follower, "customer", Actor::Follower(follower.raw()))?;
            followers::store::touch(tx, follower)
        })
        .await?;
    forget(app, by).await
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
    follower: followers::FollowerId,
    customer: &str,
    accounts: &[BoundAccount],
) -> Result<()> {
    let claim = Claim {
        customer: customer.to_owned(),
        id_no: String::new(),
        card_no: String::new(),
        mobile: String::new(),
        is_elder: false,
    };
    store::add(tx, keys, follower, &claim, accounts)?;
    followers::store::set_following(tx, follower, true)?;
    followers::store::touch(tx, follower)
}

/// Id of a row nobody refers to.
fn anonymous(tx: &Tx<'_>) -> Id<()> {
    tx.new_id()
}

/// Whether the follower is bound, for pages.
pub fn is_bound(tx: &Tx<'_>, follower: followers::FollowerId) -> Result<bool> {
    let (n,): (i64,) = tx.one(
        "SELECT COUNT(*) FROM binding WHERE tenant_id = $1 AND follower_id = $2 AND state = 'live'",
        params![tx.tenant(), follower],
    )?;
    Ok(n > 0)
}
