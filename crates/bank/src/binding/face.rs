//! The face check of 「换到这个微信」: begun here, done on the vendor's page, and its result asked of the vendor.
//!
//! A passed check moves the attempt on and is kept nowhere else. It counts for the claim it was begun for and no other.
//! Not for: the PIN that is proved after it (`swap.rs`).

use super::limits::{self, Window};
use super::store::{self, Step, Try};
use super::{CONSENT_MISSING, Consent, WRONG_STEP, agreements, intent};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::face::{BUSY, Verdict, Wanted};
use crate::followers::FollowerId;
use crate::sessions::{self, Customer};
use crate::vault::TenantKeys;
use base::{Refusal, Result};
use db::{Scope, Tx, params};
use std::sync::Arc;

pub const NONE: Refusal =
    Refusal::unavailable("face.none", "本行还没有开通刷脸，请带身份证到网点换微信");
const FAILED: Refusal = Refusal::invalid("face.failed", "刷脸没通过。摘下帽子口罩，在亮处正对屏幕");
const CANCELLED: Refusal = Refusal::conflict("face.cancelled", "刚才没有刷完，要换微信就再刷一次");
const WAITING: Refusal = Refusal::conflict("face.waiting", "结果还没出来，请过几秒再看一次");
const EXPIRED: Refusal = Refusal::gone("face.expired", "上次刷脸放得太久了，请重新刷");
const LOCKED: Refusal =
    Refusal::too_many("face.locked", "今天刷脸的次数用完了，请明天再来，或带身份证到网点换微信");

/// A check may be asked about this long.
const LIFE_MS: i64 = 600_000;
/// Checks one follower may begin in a day, each of which costs; failed ones are counted apart.
const BEGUN: Window = Window { kind: "face.begun", ms: base::DAY_MS, max: 10 };

fn failures(app: &App) -> Window {
    Window { kind: "face.failed", ms: base::DAY_MS, max: app.config.limits.face_failures_per_day }
}

/// A check that was begun.
struct Row {
    order: String,
    intent: Vec<u8>,
    state: String,
    is_live: bool,
}

fn row(tx: &Tx<'_>, follower: FollowerId) -> Result<Option<Row>> {
    let found: Option<(String, Vec<u8>, String, base::Time)> = tx.opt(
        "SELECT order_no, intent, state, expires_at_ms FROM face_check WHERE tenant_id = $1 AND follower_id = $2",
        params![tx.tenant(), follower],
    )?;
    Ok(found.map(|(order, intent, state, ends)| Row {
        order,
        intent,
        state,
        is_live: tx.now() < ends,
    }))
}

/// Whether a check of this attempt waits for its result to be asked for.
pub(super) fn is_begun(tx: &Tx<'_>, follower: FollowerId, attempt: &Try) -> Result<bool> {
    let found = row(tx, follower)?;
    let ours = found.filter(|r| r.is_live && r.state == "begun");
    Ok(attempt.step == Step::Face
        && ours.is_some_and(|r| r.intent == intent(follower, &attempt.claim)))
}

/// Begins a check; where the browser goes for it.
pub async fn begin(app: &Arc<App>, by: &Customer, consents: &[Consent]) -> Result<String> {
    if !app.face.is_configured() {
        return NONE.into();
    }
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let back = format!("{}/h5/s/{}/bind", app.config.server.public_url, by.slug);
    let (follower, failures, consents) = (by.follower, failures(app), consents.to_vec());
    let unit_keys = keys.clone();
    let unit = move |tx: &Tx<'_>| {
        let attempt = store::current(tx, &unit_keys, follower)?.filter(|a| a.step == Step::Face);
        let Some(Try { claim, .. }) = attempt else { return WRONG_STEP.into() };
        agreements::agree_to_face(tx, follower, &consents)?;
        if agreements::missing_for_face(tx, follower)?.is_some() {
            return CONSENT_MISSING.into();
        }
        let subject = unit_keys.blind("face", &claim.customer);
        if limits::full(tx, &[(&subject, failures)])?.is_some()
            || limits::count_all(tx, &[(&subject, BEGUN)])?.is_some()
        {
            return LOCKED.into();
        }
        let order = tx.random().hex(16);
        tx.exec(
            "INSERT INTO face_check (tenant_id, follower_id, order_no, intent, state, expires_at_ms) \
             VALUES ($1, $2, $3, $4, 'begun', $5) ON CONFLICT (tenant_id, follower_id) DO UPDATE SET \
             order_no = excluded.order_no, intent = excluded.intent, state = excluded.state, \
             expires_at_ms = excluded.expires_at_ms",
            params![
                tx.tenant(),
                follower,
                order.as_str(),
                intent(follower, &claim),
                tx.now().plus_ms(LIFE_MS)
            ],
        )?;
        audit::note(tx, Actor::Follower(follower.raw()), "bind.face", "", "begun", "")?;
        Ok((order, claim))
    };
    let (order, claim) = app.db.write(Scope::Tenant(by.tenant), unit).await?;
    let customer = claim.customer.clone();
    let wanted = Wanted { order, name: claim.name.into(), id_no: claim.id_no.into(), back };
    let url = app.face.begin(wanted).await.and_then(|url| sound(app, url));
    if url.is_err() {
        // No one was asked, so nothing was used up.
        let unit = move |tx: &Tx<'_>| {
            limits::give_back(tx, &keys.blind("face", &customer), BEGUN)?;
            end(tx, follower, None, "cancelled").map(|_| ())
        };
        app.db.write(Scope::Tenant(by.tenant), unit).await?;
    }
    url
}

/// The vendor's page, over TLS unless this is a demo.
fn sound(app: &App, url: String) -> Result<String> {
    let demo = !app.config.h5.secure_cookies && url.starts_with("http://");
    if url.starts_with("https://") || demo {
        return Ok(url);
    }
    tracing::warn!("the service that checks faces named a page that is not https");
    BUSY.into()
}

/// Ends a live check, that of `order` or whichever there is; false when it had ended.
fn end(tx: &Tx<'_>, follower: FollowerId, order: Option<&str>, state: &str) -> Result<bool> {
    tx.exec_one(
        "UPDATE face_check SET state = $1 WHERE tenant_id = $2 AND follower_id = $3 AND state = 'begun' \
         AND ($4 = '' OR order_no = $4)",
        params![state, tx.tenant(), follower, order.unwrap_or_default()],
    )
}

/// What came of a check.
#[derive(Debug)]
pub enum Outcome {
    /// On to the PIN; the session's new secret comes along (CA-11), except for a second look.
    Passed(Option<String>),
    /// Not passed; so many are left today.
    Refused(Refusal, Option<i64>),
}

/// Asks the vendor about the check that was begun.
pub async fn result(app: &Arc<App>, by: &Customer) -> Result<Outcome> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (follower, unit_keys) = (by.follower, keys.clone());
    let unit = move |tx: &Tx<'_>| {
        let attempt = store::current(tx, &unit_keys, follower)?;
        match attempt {
            Some(a) if a.step == Step::Pin && a.claim.swap => Ok(None),
            Some(a) if a.step == Step::Face => {
                let wanted = intent(follower, &a.claim);
                match row(tx, follower)?.filter(|r| r.intent == wanted && r.is_live) {
                    Some(found) if found.state == "begun" => Ok(Some(found.order)),
                    Some(found) if found.state == "failed" => FAILED.into(),
                    Some(found) if found.state == "cancelled" => CANCELLED.into(),
                    _ => EXPIRED.into(),
                }
            }
            _ => WRONG_STEP.into(),
        }
    };
    let Some(order) = app.db.read(Scope::Tenant(by.tenant), unit).await? else {
        return Ok(Outcome::Passed(None));
    };
    match app.face.result(order.clone()).await? {
        Verdict::Waiting => WAITING.into(),
        verdict => settle(app, by, keys, order, verdict).await,
    }
}

/// Records a verdict once; the same one told again changes nothing.
async fn settle(
    app: &Arc<App>,
    by: &Customer,
    keys: Arc<TenantKeys>,
    order: String,
    verdict: Verdict,
) -> Result<Outcome> {
    let (by, tenant, failures) = (by.clone(), by.tenant, failures(app));
    let unit = move |tx: &Tx<'_>| {
        let follower = by.follower;
        let attempt = store::current(tx, &keys, follower)?.filter(|a| a.step == Step::Face);
        let found = row(tx, follower)?.filter(|r| r.order == order);
        let (Some(Try { claim, .. }), Some(found)) = (attempt, found) else {
            return WRONG_STEP.into();
        };
        if found.intent != intent(follower, &claim) {
            return EXPIRED.into();
        }
        let note = |outcome: &str, detail: &str| {
            audit::note(tx, Actor::Follower(follower.raw()), "bind.face", "", outcome, detail)
        };
        if verdict == Verdict::Cancelled {
            if end(tx, follower, Some(&order), "cancelled")? {
                note("refused", CANCELLED.code)?;
            }
            return Ok(Outcome::Refused(CANCELLED, None));
        }
        if verdict == Verdict::Passed {
            if !end(tx, follower, Some(&order), "passed")?
                || !store::move_try(tx, follower, Step::Face, Step::Pin)?
            {
                return WRONG_STEP.into();
            }
            note("done", "")?;
            return Ok(Outcome::Passed(Some(sessions::store::renew(tx, by.session)?)));
        }
        let subject = keys.blind("face", &claim.customer);
        if end(tx, follower, Some(&order), "failed")? {
            limits::count(tx, &subject, failures)?;
            note("refused", FAILED.code)?;
        }
        let (left, _) = limits::left(tx, &subject, failures)?;
        let refusal = if left == 0 { LOCKED } else { FAILED };
        Ok(Outcome::Refused(refusal, Some(left).filter(|l| *l > 0)))
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}
