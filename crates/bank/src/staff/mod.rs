//! Staff (柜员、管理员): login with a second factor, lock-out, sessions, and the first thing they need: the messages
//! customers left.
//!
//! Pages are served on the staff address only and share no cookie with customers (ST-09). Not for: answering in chat;
//! that is the desk's.

pub mod cases;
pub mod duty;
pub mod gifts;
pub mod http;
pub mod knowledge;
pub mod notices;
mod operator;
mod page;
#[cfg(test)]
mod payments_tests;
pub mod phrases;
pub mod recon;
mod store;
#[cfg(test)]
mod tests;
pub mod totp;
pub mod unlocking;

pub use operator::{Change, Changed, add, change};
pub use store::{Inbox, LeftMessage, Overview};

use crate::app::App;
use crate::audit::{self, Actor};
use crate::sessions;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use base::{Error, Id, Named, Refusal, Result, Secret, TenantId};
use db::Scope;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub const WRONG: Refusal =
    Refusal::unauthenticated("staff.wrong", "登录名、密码或动态码不对，或已被锁定15分钟");
pub const NO_SESSION: Refusal = Refusal::unauthenticated("staff.session", "请先登录");
pub const WEAK: Refusal =
    Refusal::invalid("staff.weak_password", "密码至少12个字符，不能和登录名相同");
pub const EXISTS: Refusal = Refusal::conflict("staff.exists", "这个登录名已经有了");
pub const NOBODY: Refusal = Refusal::missing("staff.nobody", "没有这个登录名");
pub const NO_INSTITUTION: Refusal =
    Refusal::invalid("staff.institution", "登录名要以机构代码开头，例如 lingxi.chen");
pub const NOT_THE_UNION: Refusal =
    Refusal::invalid("staff.not_the_union", "省联社管理员的登录名要以省联社的代码开头");

/// ST-03: so many failures lock the login for a while, never for ever.
pub(crate) const FAILURES_MAX: i64 = 5;
pub(crate) const LOCK_MS: i64 = 15 * 60_000;
/// ST-04
const IDLE_MS: i64 = 15 * 60_000;
const ABSOLUTE_MS: i64 = 8 * 3_600_000;

#[derive(Debug)]
pub enum StaffRow {}
impl Named for StaffRow {
    const PREFIX: &'static str = "stf";
}
pub type StaffId = Id<StaffRow>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 坐席: reads and answers what customers of the own bank left.
    Agent,
    /// 县行管理员
    CountyAdmin,
    /// 省联社管理员: sees every institution.
    ProvinceAdmin,
}

impl Role {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Agent => "坐席",
            Self::CountyAdmin => "县行管理员",
            Self::ProvinceAdmin => "省联社管理员",
        }
    }
}

/// A member of staff who is logged in. Only [`session`] makes one; verbs take it as authority.
#[derive(Debug, Clone)]
pub struct Staff {
    pub tenant: TenantId,
    pub id: StaffId,
    pub login: String,
    pub role: Role,
    /// What forms must carry back, so that another site cannot post them.
    pub form_token: String,
}

/// Hashing takes tens of milliseconds of CPU, so it runs off the runtime's threads.
async fn hash_password(password: Secret<String>) -> Result<String> {
    let hashed = tokio::task::spawn_blocking(move || {
        Argon2::default().hash_password(password.reveal().as_bytes()).map(|h| h.to_string())
    })
    .await?;
    hashed.map_err(|e| Error::fault(format!("hashing a password: {e}")))
}

async fn matches(password: Secret<String>, hash: String) -> Result<bool> {
    let right = tokio::task::spawn_blocking(move || {
        PasswordHash::new(&hash).is_ok_and(|h| {
            Argon2::default().verify_password(password.reveal().as_bytes(), &h).is_ok()
        })
    })
    .await?;
    Ok(right)
}

/// The institution a login names; an unknown one costs as much time as a wrong password.
fn tenant_of(app: &App, login: &str) -> Option<TenantId> {
    let code = login.split('.').next()?;
    let registry = app.registry();
    registry.institutions.values().find(|i| i.code == code).map(|i| i.tenant)
}

/// Checks a login; the cookie's value on success. All refusals are alike (ST-03). `code` is of the authenticator app; a
/// login that has one must give it (ST-01).
pub async fn log_in(
    app: &Arc<App>,
    login: &str,
    password: Secret<String>,
    code: String,
) -> Result<(TenantId, String)> {
    let found = match tenant_of(app, login) {
        Some(tenant) => {
            let login = login.to_owned();
            app.db
                .read(Scope::Tenant(tenant), move |tx| {
                    let found = store::by_login(tx, &login)?;
                    Ok(found.map(|f| (tenant, f, tx.now())))
                })
                .await?
        }
        None => None,
    };
    let Some((tenant, found, now)) = found else {
        let _ = hash_password(password).await?;
        return WRONG.into();
    };
    let locked = now < found.locked_until;
    let right = matches(password, found.password_hash.clone()).await? && !locked && found.is_active;
    let (id, token) = (found.id, sessions::tenant_token(tenant, app.random(), 32));
    let hash = sessions::hash(&token);
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let right = app
        .db
        .write(Scope::Tenant(tenant), move |tx| {
            let right = right && store::take_code(tx, &keys, id, &code)?;
            let outcome = if right { "done" } else { "refused" };
            if right {
                store::open_session(tx, id, &hash)?;
            } else if !locked {
                store::count_failure(tx, id)?;
            }
            audit::note(tx, Actor::Staff(id.raw()), "staff.login", &id.to_string(), outcome, "")?;
            Ok(right)
        })
        .await?;
    if right { Ok((tenant, token)) } else { WRONG.into() }
}

/// Who holds this cookie.
pub async fn session(app: &Arc<App>, token: &str) -> Result<Staff> {
    let tenant = sessions::tenant_of(token).ok_or(NO_SESSION)?;
    let hash = sessions::hash(token);
    let form_token =
        sessions::hash(&format!("form:{token}"))[..16].iter().map(|b| format!("{b:02x}")).collect();
    let unit = move |tx: &db::Tx<'_>| store::session(tx, &hash, IDLE_MS, ABSOLUTE_MS);
    let found = app.db.write(Scope::Tenant(tenant), unit).await?;
    let (id, login, role) = found.ok_or(NO_SESSION)?;
    Ok(Staff { tenant, id, login, role, form_token })
}

pub async fn log_out(app: &Arc<App>, token: &str) -> Result<()> {
    let tenant = sessions::tenant_of(token).ok_or(NO_SESSION)?;
    let hash = sessions::hash(token);
    app.db.write(Scope::Tenant(tenant), move |tx| store::end_session(tx, &hash)).await
}

/// What this member of staff may see: the own bank, or every institution for the province.
pub async fn inbox(app: &Arc<App>, by: &Staff) -> Result<Inbox> {
    let tenants: Vec<TenantId> = match by.role {
        Role::ProvinceAdmin => {
            let registry = app.registry();
            let mut all: Vec<_> = registry.institutions.keys().copied().collect();
            all.sort_unstable();
            all
        }
        Role::Agent | Role::CountyAdmin => vec![by.tenant],
    };
    let mut inbox = Inbox::default();
    for tenant in tenants {
        let keys = app.vault.tenant(&app.db, tenant).await?;
        // The province sees figures of every bank; words of customers stay with the bank that serves them.
        let with_words = tenant == by.tenant;
        let (overview, messages) = app
            .db
            .read(Scope::Tenant(tenant), move |tx| {
                let messages = if with_words { store::open_messages(tx, &keys)? } else { vec![] };
                Ok((store::overview(tx)?, messages))
            })
            .await?;
        inbox.banks.push(overview);
        inbox.messages.extend(messages);
    }
    Ok(inbox)
}

/// Marks a message as dealt with. False when someone was faster.
pub async fn close_message(app: &Arc<App>, by: &Staff, message: i64) -> Result<bool> {
    let staff = by.id;
    app.db
        .write(Scope::Tenant(by.tenant), move |tx| {
            let closed = store::close_message(tx, message)?;
            let outcome = if closed { "done" } else { "gone" };
            audit::note(
                tx,
                Actor::Staff(staff.raw()),
                "message.close",
                &message.to_string(),
                outcome,
                "",
            )?;
            Ok(closed)
        })
        .await
}
