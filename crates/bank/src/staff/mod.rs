//! Staff (柜员、管理员): login, lock-out, sessions, and the first thing they need: the messages customers left.
//!
//! Pages are served on the staff address only and share no cookie with customers (ST-09). Not here yet: a second factor
//! (ST-01); until it is, the staff address belongs on an inner network. Not for: answering in chat; that is the desk's.

pub mod http;
mod page;
mod store;
#[cfg(test)]
mod tests;

pub use store::{Inbox, LeftMessage, Overview};

use crate::app::App;
use crate::audit::{self, Actor};
use crate::sessions;
use crate::tenants::UNION;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use base::{Error, Id, Named, Refusal, Result, Secret, TenantId};
use db::Scope;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub const WRONG: Refusal =
    Refusal::unauthenticated("staff.wrong", "登录名或密码不对，或已被锁定15分钟");
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
const PASSWORD_CHARS_MIN: usize = 12;
/// Whoever may run commands on the server.
const OPERATOR: Actor<'static> = Actor::House("operator");

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

/// What an operator does to a login at the command line.
#[derive(Serialize, Deserialize)]
pub struct Change {
    /// Begins with the institution's code: `lingxi.chen`.
    pub login: String,
    pub password: String,
    /// A new member of staff with this role; none gives an existing one a new password.
    pub role: Option<Role>,
}

impl std::fmt::Debug for Change {
    /// The password is never printed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Change({}, {:?})", self.login, self.role)
    }
}

/// Adds a login or resets its password, as the operator says; audited.
pub async fn change(app: &Arc<App>, change: &Change) -> Result<StaffId> {
    let Some(tenant) = tenant_of(app, &change.login) else { return NO_INSTITUTION.into() };
    let password = Secret::new(change.password.clone());
    match change.role {
        Some(role) => add(app, tenant, &change.login, &password, role).await,
        None => reset(app, tenant, &change.login, &password).await,
    }
}

/// Adds a member of staff; a login that exists is left as it is.
pub async fn add(
    app: &Arc<App>,
    tenant: TenantId,
    login: &str,
    password: &Secret<String>,
    role: Role,
) -> Result<StaffId> {
    if role == Role::ProvinceAdmin && tenant != UNION {
        return NOT_THE_UNION.into();
    }
    let hash = new_hash(login, password).await?;
    let login = login.to_owned();
    app.db
        .write(Scope::Tenant(tenant), move |tx| {
            let Some(id) = store::add(tx, &login, &hash, role)? else { return EXISTS.into() };
            audit::note(
                tx,
                OPERATOR,
                "staff.add",
                &id.to_string(),
                "done",
                store::role_word(role),
            )?;
            Ok(id)
        })
        .await
}

/// A new password: the lock is lifted and every session ends.
pub async fn reset(
    app: &Arc<App>,
    tenant: TenantId,
    login: &str,
    password: &Secret<String>,
) -> Result<StaffId> {
    let hash = new_hash(login, password).await?;
    let login = login.to_owned();
    app.db
        .write(Scope::Tenant(tenant), move |tx| {
            let Some(found) = store::by_login(tx, &login)? else { return NOBODY.into() };
            store::set_password(tx, found.id, &hash)?;
            audit::note(tx, OPERATOR, "staff.reset", &found.id.to_string(), "done", "")?;
            Ok(found.id)
        })
        .await
}

async fn new_hash(login: &str, password: &Secret<String>) -> Result<String> {
    if password.reveal().chars().count() < PASSWORD_CHARS_MIN || password.reveal() == login {
        return WEAK.into();
    }
    hash_password(password.clone()).await
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

/// Checks a login; the cookie's value on success. All refusals are alike (ST-03).
pub async fn log_in(
    app: &Arc<App>,
    login: &str,
    password: Secret<String>,
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
    app.db
        .write(Scope::Tenant(tenant), move |tx| {
            let outcome = if right { "done" } else { "refused" };
            if right {
                store::open_session(tx, id, &hash)?;
            } else if !locked {
                store::count_failure(tx, id)?;
            }
            audit::note(tx, Actor::Staff(id.raw()), "staff.login", &id.to_string(), outcome, "")
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
