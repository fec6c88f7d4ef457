//! What an operator does at the command line: new logins, new passwords, new second factors (ST-01). All of it is audited.

use super::{
    EXISTS, NO_INSTITUTION, NOBODY, NOT_THE_UNION, Role, WEAK, hash_password, store, totp,
};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::tenants::UNION;
use crate::vault::TenantKeys;
use base::{Result, Secret, TenantId};
use db::Scope;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// ST-02
const PASSWORD_CHARS_MIN: usize = 12;
/// Whoever may run commands on the server.
const OPERATOR: Actor<'static> = Actor::House("operator");

/// A wish about a login, which begins with the institution's code: `lingxi.chen`.
#[derive(Serialize, Deserialize)]
pub struct Change {
    pub login: String,
    pub password: String,
    /// A new member of staff with this role; none gives an existing one a new password.
    pub role: Option<Role>,
    /// A new secret for one-time codes; the one before is void.
    pub second_factor: bool,
}

impl std::fmt::Debug for Change {
    /// The password is never printed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Change({}, {:?})", self.login, self.role)
    }
}

/// What came of it. The address for the authenticator app is told this once.
#[derive(Serialize, Deserialize)]
pub struct Changed {
    pub id: String,
    pub otpauth: Option<String>,
}

impl std::fmt::Debug for Changed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Changed({})", self.id)
    }
}

/// Adds a login or changes its password and, if wished, its second factor.
pub async fn change(app: &Arc<App>, change: &Change) -> Result<Changed> {
    let Some(tenant) = super::tenant_of(app, &change.login) else { return NO_INSTITUTION.into() };
    let password = Secret::new(change.password.clone());
    let secret = change.second_factor.then(|| app.random().bytes::<{ totp::SECRET_BYTES }>());
    match change.role {
        Some(role) => add_with(app, tenant, &change.login, &password, role, secret).await,
        None => reset(app, tenant, &change.login, &password, secret).await,
    }
}

/// Adds a member of staff without a second factor, for the demo; a login that exists is left as it is.
pub async fn add(
    app: &Arc<App>,
    tenant: TenantId,
    login: &str,
    password: &Secret<String>,
    role: Role,
) -> Result<()> {
    add_with(app, tenant, login, password, role, None).await.map(|_| ())
}

type Factor = Option<[u8; totp::SECRET_BYTES]>;

async fn add_with(
    app: &Arc<App>,
    tenant: TenantId,
    login: &str,
    password: &Secret<String>,
    role: Role,
    secret: Factor,
) -> Result<Changed> {
    if role == Role::ProvinceAdmin && tenant != UNION {
        return NOT_THE_UNION.into();
    }
    let (name, hash, keys) = ready(app, tenant, login, password).await?;
    let unit = move |tx: &db::Tx<'_>| {
        let Some(id) = store::add(tx, &name, &hash, role)? else { return EXISTS.into() };
        store::set_factor(tx, &keys, id, secret.as_ref())?;
        let word = store::role_word(role);
        audit::note(tx, OPERATOR, "staff.add", &id.to_string(), "done", word)?;
        Ok(id)
    };
    let id = app.db.write(Scope::Tenant(tenant), unit).await?;
    Ok(Changed { id: id.to_string(), otpauth: secret.map(|s| totp::uri(login, &s)) })
}

/// A new password: the lock is lifted and every session ends.
async fn reset(
    app: &Arc<App>,
    tenant: TenantId,
    login: &str,
    password: &Secret<String>,
    secret: Factor,
) -> Result<Changed> {
    let (name, hash, keys) = ready(app, tenant, login, password).await?;
    let unit = move |tx: &db::Tx<'_>| {
        let Some(found) = store::by_login(tx, &name)? else { return NOBODY.into() };
        store::set_password(tx, found.id, &hash)?;
        if secret.is_some() {
            store::set_factor(tx, &keys, found.id, secret.as_ref())?;
        }
        let detail = if secret.is_some() { "second_factor" } else { "" };
        audit::note(tx, OPERATOR, "staff.reset", &found.id.to_string(), "done", detail)?;
        Ok(found.id)
    };
    let id = app.db.write(Scope::Tenant(tenant), unit).await?;
    Ok(Changed { id: id.to_string(), otpauth: secret.map(|s| totp::uri(login, &s)) })
}

/// What a unit needs: the login, the hash of a password that is good enough, the tenant's keys.
async fn ready(
    app: &App,
    tenant: TenantId,
    login: &str,
    password: &Secret<String>,
) -> Result<(String, String, Arc<TenantKeys>)> {
    if password.reveal().chars().count() < PASSWORD_CHARS_MIN || password.reveal() == login {
        return WEAK.into();
    }
    let hash = hash_password(password.clone()).await?;
    Ok((login.to_owned(), hash, app.vault.tenant(&app.db, tenant).await?))
}
