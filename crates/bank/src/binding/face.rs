//! A face check (人脸核身): begun here, done on the vendor's page, and its result asked of the vendor.
//!
//! A passed check moves a binding's attempt on, or is kept as a proof (`proof`) for whatever page asked for it; nothing else of
//! it is kept. It counts for the one intent it was begun for. Not for: the PIN that is proved or set after it.

use super::input::Aim;
use super::limits::{self, Window};
use super::store::{self, Step, Try};
use super::{CONSENT_MISSING, Consent, WRONG_STEP, agreements, intent};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::face::{BUSY, Verdict, Wanted};
use crate::followers::FollowerId;
use crate::proof;
use crate::sessions::{self, Customer};
use crate::vault::TenantKeys;
use base::{Refusal, Result};
use corebank::Identity;
use db::{Scope, Tx, params};
use std::sync::Arc;

pub const NONE: Refusal =
    Refusal::unavailable("face.none", "本行还没有开通刷脸，请带身份证到网点办");
const FAILED: Refusal = Refusal::invalid("face.failed", "刷脸没通过。摘下帽子口罩，在亮处正对屏幕");
const CANCELLED: Refusal = Refusal::conflict("face.cancelled", "刚才没有刷完，接着办就再刷一次");
const WAITING: Refusal = Refusal::conflict("face.waiting", "结果还没出来，请过几秒再看一次");
const EXPIRED: Refusal = Refusal::gone("face.expired", "上次刷脸放得太久了，请重新刷");
const LOCKED: Refusal =
    Refusal::too_many("face.locked", "今天刷脸的次数用完了，请明天再来，或带身份证到网点办");

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
    Ok(attempt.step == Step::Face && waits(tx, follower, &intent(follower, &attempt.claim))?)
}

/// Whether a check for this waits for its result to be asked for.
pub fn waits(tx: &Tx<'_>, follower: FollowerId, intent: &[u8]) -> Result<bool> {
    let ours = row(tx, follower)?.filter(|r| r.is_live && r.state == "begun");
    Ok(ours.is_some_and(|r| r.intent == intent))
}

/// A check that is wanted.
#[derive(Debug, Clone)]
pub struct Check {
    /// Failures are counted for this customer of the core.
    pub customer: String,
    /// What a passed one counts for.
    pub intent: Vec<u8>,
    /// Names audit rows.
    pub act: &'static str,
}

impl Check {
    fn of_try(follower: FollowerId, attempt: &Try) -> Self {
        let customer = attempt.claim.customer.clone();
        Self { customer, intent: intent(follower, &attempt.claim), act: "bind.face" }
    }
    fn note(&self, tx: &Tx<'_>, by: FollowerId, outcome: &str, detail: &str) -> Result<()> {
        audit::note(tx, Actor::Follower(by.raw()), self.act, "", outcome, detail)
    }
}

/// Puts a check in, in place of the one before; our name for it.
fn put(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    check: &Check,
    failures: Window,
    consents: &[Consent],
) -> Result<String> {
    agreements::agree_to_face(tx, follower, consents)?;
    if agreements::missing_for_face(tx, follower)?.is_some() {
        return CONSENT_MISSING.into();
    }
    let subject = keys.blind("face", &check.customer);
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
            check.intent.as_slice(),
            tx.now().plus_ms(LIFE_MS)
        ],
    )?;
    check.note(tx, follower, "begun", "")?;
    Ok(order)
}

/// Asks the vendor for a page; when it gives none, nothing was used up.
async fn open(
    app: &Arc<App>,
    by: &Customer,
    keys: Arc<TenantKeys>,
    customer: String,
    wanted: Wanted,
) -> Result<String> {
    let url = app.face.begin(wanted).await.and_then(|url| sound(app, url));
    if url.is_err() {
        let follower = by.follower;
        let unit = move |tx: &Tx<'_>| {
            limits::give_back(tx, &keys.blind("face", &customer), BEGUN)?;
            end(tx, follower, None, "cancelled").map(|_| ())
        };
        app.db.write(Scope::Tenant(by.tenant), unit).await?;
    }
    url
}

fn back_to(app: &App, by: &Customer, page: &str) -> String {
    format!("{}/h5/s/{}/{page}", app.config.server.public_url, by.slug)
}

/// Begins the check of a binding that moves here; where the browser goes for it.
pub async fn begin(app: &Arc<App>, by: &Customer, consents: &[Consent]) -> Result<String> {
    if !app.face.is_configured() {
        return NONE.into();
    }
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (follower, failures, consents) = (by.follower, failures(app), consents.to_vec());
    let unit_keys = keys.clone();
    let unit = move |tx: &Tx<'_>| {
        let attempt = store::current(tx, &unit_keys, follower)?.filter(|a| a.step == Step::Face);
        let Some(attempt) = attempt else { return WRONG_STEP.into() };
        let check = Check::of_try(follower, &attempt);
        let order = put(tx, &unit_keys, follower, &check, failures, &consents)?;
        Ok((order, attempt.claim))
    };
    let (order, claim) = app.db.write(Scope::Tenant(by.tenant), unit).await?;
    let back = back_to(app, by, "bind");
    let wanted = Wanted { order, name: claim.name.into(), id_no: claim.id_no.into(), back };
    open(app, by, keys, claim.customer, wanted).await
}

/// Begins a check of a bound customer for another page; where the browser goes for it.
pub async fn begin_for(
    app: &Arc<App>,
    by: &Customer,
    check: &Check,
    who: Identity,
    page: &'static str,
    consents: &[Consent],
) -> Result<String> {
    if !app.face.is_configured() {
        return NONE.into();
    }
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (follower, failures, consents) = (by.follower, failures(app), consents.to_vec());
    let (unit_keys, unit_check) = (keys.clone(), check.clone());
    let unit = move |tx: &Tx<'_>| put(tx, &unit_keys, follower, &unit_check, failures, &consents);
    let order = app.db.write(Scope::Tenant(by.tenant), unit).await?;
    let wanted = Wanted { order, name: who.name, id_no: who.id_no, back: back_to(app, by, page) };
    open(app, by, keys, check.customer.clone(), wanted).await
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

/// The order to ask about, of a check that waits; else why there is none.
fn waiting(tx: &Tx<'_>, follower: FollowerId, intent: &[u8]) -> Result<String> {
    match row(tx, follower)?.filter(|r| r.intent == intent && r.is_live) {
        Some(found) if found.state == "begun" => Ok(found.order),
        Some(found) if found.state == "failed" => FAILED.into(),
        Some(found) if found.state == "cancelled" => CANCELLED.into(),
        _ => EXPIRED.into(),
    }
}

/// Asks the vendor about the check that was begun for a binding.
pub async fn result(app: &Arc<App>, by: &Customer) -> Result<Outcome> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (follower, unit_keys) = (by.follower, keys.clone());
    let unit = move |tx: &Tx<'_>| {
        let attempt = store::current(tx, &unit_keys, follower)?;
        match attempt {
            Some(a) if a.step == Step::Pin && a.claim.aim == Aim::Swap => Ok(None),
            Some(a) if a.step == Step::Face => {
                waiting(tx, follower, &intent(follower, &a.claim)).map(Some)
            }
            _ => WRONG_STEP.into(),
        }
    };
    let Some(order) = app.db.read(Scope::Tenant(by.tenant), unit).await? else {
        return Ok(Outcome::Passed(None));
    };
    let verdict = app.face.result(order.clone()).await?;
    if verdict == Verdict::Waiting {
        return WAITING.into();
    }
    let (by, tenant, failures) = (by.clone(), by.tenant, failures(app));
    let unit = move |tx: &Tx<'_>| {
        let follower = by.follower;
        let attempt = store::current(tx, &keys, follower)?.filter(|a| a.step == Step::Face);
        let Some(attempt) = attempt else { return WRONG_STEP.into() };
        let check = Check::of_try(follower, &attempt);
        if let Some(no) = settle(tx, &keys, follower, &check, (&order, verdict), failures)? {
            return Ok(no);
        }
        if !store::move_try(tx, follower, Step::Face, Step::Pin)? {
            return WRONG_STEP.into();
        }
        Ok(Outcome::Passed(Some(sessions::store::renew(tx, by.session)?)))
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// The same for a check of a bound customer: a passed one is kept as a proof.
pub async fn result_for(app: &Arc<App>, by: &Customer, check: &Check) -> Result<Outcome> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (unit_by, unit_check) = (by.clone(), check.clone());
    let unit = move |tx: &Tx<'_>| {
        if proof::has(tx, &unit_by, proof::Kind::Face, &unit_check.intent)? {
            return Ok(None);
        }
        waiting(tx, unit_by.follower, &unit_check.intent).map(Some)
    };
    let Some(order) = app.db.read(Scope::Tenant(by.tenant), unit).await? else {
        return Ok(Outcome::Passed(None));
    };
    let verdict = app.face.result(order.clone()).await?;
    if verdict == Verdict::Waiting {
        return WAITING.into();
    }
    let (by, tenant, check, failures) = (by.clone(), by.tenant, check.clone(), failures(app));
    let unit = move |tx: &Tx<'_>| {
        let told = (order.as_str(), verdict);
        if let Some(no) = settle(tx, &keys, by.follower, &check, told, failures)? {
            return Ok(no);
        }
        proof::keep(tx, &by, proof::Kind::Face, &check.intent, proof::LIFE_MS)?;
        Ok(Outcome::Passed(Some(sessions::store::renew(tx, by.session)?)))
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// Records a verdict once; the same one told again changes nothing. `None` when the face is the customer's.
fn settle(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    check: &Check,
    (order, verdict): (&str, Verdict),
    failures: Window,
) -> Result<Option<Outcome>> {
    let Some(found) = row(tx, follower)?.filter(|r| r.order == order) else {
        return WRONG_STEP.into();
    };
    if found.intent != check.intent {
        return EXPIRED.into();
    }
    match verdict {
        Verdict::Passed => {
            if !end(tx, follower, Some(order), "passed")? {
                return WRONG_STEP.into();
            }
            check.note(tx, follower, "done", "")?;
            Ok(None)
        }
        Verdict::Cancelled => {
            if end(tx, follower, Some(order), "cancelled")? {
                check.note(tx, follower, "refused", CANCELLED.code)?;
            }
            Ok(Some(Outcome::Refused(CANCELLED, None)))
        }
        Verdict::Failed | Verdict::Waiting => {
            let subject = keys.blind("face", &check.customer);
            if end(tx, follower, Some(order), "failed")? {
                limits::count(tx, &subject, failures)?;
                check.note(tx, follower, "refused", FAILED.code)?;
            }
            let (left, _) = limits::left(tx, &subject, failures)?;
            let refusal = if left == 0 { LOCKED } else { FAILED };
            Ok(Some(Outcome::Refused(refusal, Some(left).filter(|l| *l > 0))))
        }
    }
}
