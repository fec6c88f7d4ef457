//! A customer's own data (PIPL): a copy of everything kept about them here, and agreements withdrawn.
//!
//! A copy is asked for on a page after a code to the reserved number, made by a job, kept sealed for a day, and opened with
//! a token that is good once. Not for: what the core keeps (balances, entries), nor for other institutions, each of which
//! answers for what it holds.

mod gather;
pub mod http;
mod page;
mod store;
#[cfg(test)]
mod tests;

use crate::accounts::http::{bound, of_core};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::binding::{self, agreements, otp};
use crate::followers::FollowerId;
use crate::inbound::{PageLink, say_with_link};
use crate::jobs::Job;
use crate::sessions::{self, Customer};
use crate::verbs::core_ctx;
use base::{Id, Named, Refusal, Result, TenantId, Time};
use corebank::{CoreError, CustNo};
use db::{Scope, Tx};
use std::sync::Arc;

pub const NO_MOBILE: Refusal = Refusal::forbidden(
    "privacy.no_mobile",
    "银行没有登记您的手机号，请带身份证到网点要个人信息副本",
);
pub const NO_FILE: Refusal = Refusal::gone("privacy.gone", "这份副本过期了，请重新要一份");
pub const TOKEN_USED: Refusal =
    Refusal::gone("privacy.token", "这个下载地址用过了，请回到页面再点一次下载");

const PURPOSE: &str = "export";
/// A copy may be opened for a day.
const FILE_MS: i64 = base::DAY_MS;
/// A token waits so long to be used.
const TOKEN_MS: i64 = 300_000;
/// WeChat's browser often loads an address twice: within this time that is one opening.
const TWICE_MS: i64 = 30_000;
/// A job that has not got it done by now says so.
const GIVE_UP_MS: i64 = 600_000;

#[derive(Debug)]
pub enum ExportRow {}
impl Named for ExportRow {
    const PREFIX: &'static str = "exp";
}
pub type ExportId = Id<ExportRow>;

/// A copy that is being made or can be opened.
#[derive(Debug, Clone, Copy)]
pub struct Export {
    pub id: ExportId,
    pub is_ready: bool,
    pub ends_at: Time,
}

fn intent(follower: FollowerId) -> Vec<u8> {
    sessions::hash(&format!("export:{follower}"))
}

/// Sends a code to the number the bank has on file.
pub async fn send_code(app: &Arc<App>, by: &Customer, wish: otp::Wish) -> Result<otp::Issued> {
    let bound = bound(app, by).await?;
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let number = match app.core.otp_target(&ctx, &CustNo::new(&bound.customer)).await {
        Ok(number) => number,
        Err(CoreError::Rejected(corebank::Reject::NotFound)) => return NO_MOBILE.into(),
        Err(e) => return Err(of_core(e)),
    };
    let (purpose, what_for) = (PURPOSE, "导出个人信息");
    let intent = intent(by.follower);
    otp::send(app, by, otp::Sending { number, purpose, intent, what_for: what_for.into(), wish })
        .await
}

/// Asks for a copy; the one that is there already is the one. `None`: the code was not right.
pub async fn ask(
    app: &Arc<App>,
    by: &Customer,
    code: &str,
) -> Result<(otp::Verdict, Option<Export>)> {
    bound(app, by).await?;
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (follower, code) = (by.follower, code.trim().to_owned());
    let unit = move |tx: &Tx<'_>| {
        let who = Actor::Follower(follower.raw());
        let verdict = otp::check(tx, &keys, follower, PURPOSE, &intent(follower), &code)?;
        if verdict != otp::Verdict::Right {
            audit::note(tx, who, "privacy.export", "", "refused", "otp")?;
            return Ok((verdict, None));
        }
        store::end_old(tx, follower)?;
        if let Some(id) = store::add(tx, follower, FILE_MS)? {
            Job::MakeExport { export: id }.enqueue(tx, tx.now())?;
            audit::note(tx, who, "privacy.export", &id.to_string(), "asked", "")?;
        }
        Ok((verdict, store::current(tx, follower)?))
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await
}

/// The follower's copy, if there is one.
pub async fn current(app: &Arc<App>, by: &Customer) -> Result<Option<Export>> {
    let follower = by.follower;
    app.db.read(Scope::Tenant(by.tenant), move |tx| store::current(tx, follower)).await
}

/// The job: gathers, seals, and says so in chat.
pub async fn make_later(app: &Arc<App>, tenant: TenantId, id: ExportId) -> Result<()> {
    let wanted = app.db.read(Scope::Tenant(tenant), move |tx| store::wanted(tx, id)).await?;
    let Some((follower, asked_at)) = wanted else { return Ok(()) };
    match make(app, tenant, id, follower).await {
        Ok(true) => {
            let words = "您的个人信息副本好了，24小时内打开有效，别转给别人。";
            say_with_link(app, tenant, follower, words, page("打开副本")).await
        }
        Ok(false) => Ok(()),
        Err(e) if app.clock().now().since(asked_at) >= GIVE_UP_MS => {
            tracing::error!(error = ?e, export = %id, "a copy of a customer's data could not be made");
            let unit = move |tx: &Tx<'_>| store::end(tx, id, "failed");
            app.db.write(Scope::Tenant(tenant), unit).await?;
            let words = "您要的个人信息副本没有做成，请再要一次，或到网点要。";
            say_with_link(app, tenant, follower, words, page("再要一次")).await
        }
        Err(e) => Err(e),
    }
}

async fn make(
    app: &Arc<App>,
    tenant: TenantId,
    id: ExportId,
    follower: FollowerId,
) -> Result<bool> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let registry = app.registry();
    let bank = registry.institution(tenant).map(|i| i.name.clone()).unwrap_or_default();
    let (unit_keys, unit_app) = (keys.clone(), app.clone());
    let unit = move |tx: &Tx<'_>| gather::all(tx, &unit_app, &unit_keys, follower, &bank);
    let file = serde_json::to_vec(&app.db.read(Scope::Tenant(tenant), unit).await?)?;
    let unit = move |tx: &Tx<'_>| {
        let ours = store::finish(tx, &keys, id, &file)?;
        if ours {
            let house = Actor::House("privacy");
            audit::note(tx, house, "privacy.export", &id.to_string(), "done", "")?;
        }
        Ok(ours)
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

const fn page(label: &'static str) -> PageLink {
    PageLink { page: "privacy", task: "privacy_data", label, life_ms: FILE_MS }
}

/// A token that opens the copy once, in this session. The one before is void.
pub async fn token(app: &Arc<App>, by: &Customer) -> Result<String> {
    bound(app, by).await?;
    let by = by.clone();
    let tenant = by.tenant;
    let unit = move |tx: &Tx<'_>| {
        let token = tx.random().hex(16);
        if !store::put_token(tx, by.follower, by.session, &sessions::hash(&token), TOKEN_MS)? {
            return NO_FILE.into();
        }
        audit::note(tx, Actor::Follower(by.follower.raw()), "privacy.token", "", "done", "")?;
        Ok(token)
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// The copy, for whoever holds a token of this session that is not used up.
pub async fn open(app: &Arc<App>, by: &Customer, token: &str) -> Result<serde_json::Value> {
    bound(app, by).await?;
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (by, hash) = (by.clone(), sessions::hash(token));
    let tenant = by.tenant;
    let unit = move |tx: &Tx<'_>| {
        let Some((id, file, first)) =
            store::take(tx, &keys, by.follower, by.session, &hash, TWICE_MS)?
        else {
            return TOKEN_USED.into();
        };
        if first {
            let who = Actor::Follower(by.follower.raw());
            audit::note(tx, who, "privacy.open", &id.to_string(), "done", "")?;
        }
        Ok(file)
    };
    let file = app.db.write(Scope::Tenant(tenant), unit).await?;
    Ok(serde_json::from_slice(&file)?)
}

/// An agreement that was withdrawn.
#[derive(Debug)]
pub struct Withdrawn {
    pub title: &'static str,
    /// The binding stood on it and ended.
    pub unbound: bool,
}

/// Withdraws an agreement. What the binding stands on ends the binding. `None`: it was not given.
pub fn withdraw(tx: &Tx<'_>, follower: FollowerId, id: &str) -> Result<Option<Withdrawn>> {
    if !agreements::withdraw(tx, follower, id)? {
        return Ok(None);
    }
    let who = Actor::Follower(follower.raw());
    audit::note(tx, who, "consent.withdraw", "", "done", id)?;
    let unbound = agreements::carries_the_binding(id) && binding::is_bound(tx, follower)?;
    if unbound {
        binding::end(tx, follower, "consent", who)?;
    }
    Ok(Some(Withdrawn { title: agreements::title(id), unbound }))
}
