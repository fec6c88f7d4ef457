//! `weiyin setup FILE`: the province as a file (institutions, branches, accounts), applied as often as one likes.
//!
//! What is new is added, what differs is changed, nothing is removed. A new EncodingAESKey or Token keeps the old one as
//! "previous", so that messages sealed under it still open while WeChat's change spreads. Secrets are named, not written:
//! `{ env = "NAME" }` or `{ file = "PATH" }`; whoever runs the command reads them, so that the running server, which may
//! not, is handed a [`Plan`] with the values.

use super::{AccountKind, Connected, Institution, InstitutionKind, NewAccount, UNION, store};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::places;
use base::{Context, Error, Id, Result, Secret, TenantId};
use db::{Scope, Tx, params};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wechat::envelope::Mode;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Province {
    institution: Vec<InstitutionEntry>,
    #[serde(default)]
    account: Vec<AccountEntry<SecretRef>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InstitutionEntry {
    /// The tenant number; never changes. The union's is 1.
    number: i64,
    code: String,
    kind: InstitutionKind,
    name: String,
    short: String,
    #[serde(default)]
    english: String,
    #[serde(default = "green")]
    color: String,
    phone: String,
    #[serde(default)]
    branch: Vec<BranchEntry>,
}

fn green() -> String {
    "#0B6B46".into()
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BranchEntry {
    name: String,
    address: String,
    phone: String,
    /// Millionths of a degree.
    lat_e6: i64,
    lon_e6: i64,
    hours: String,
}

/// An account; `S` is where its secrets are, or what they are.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountEntry<S> {
    /// Code of the institution that owns it.
    institution: String,
    appid: String,
    original_id: String,
    name: String,
    kind: AccountKind,
    verified: bool,
    connected: Connected,
    #[serde(default)]
    provincial: bool,
    token: S,
    aes_key: S,
    secret: S,
}

/// A secret's value on its way, sealed, to the process that keeps it; never printed.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct Value(String);

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// What is to be agreed with: a file that makes sense, its secrets read.
#[derive(Debug, Serialize, Deserialize)]
pub struct Plan {
    institution: Vec<InstitutionEntry>,
    account: Vec<AccountEntry<Value>>,
}

/// Where a secret is.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum SecretRef {
    Env { env: String },
    File { file: PathBuf },
}

impl SecretRef {
    #[expect(clippy::disallowed_methods, reason = "the file names which variable holds a secret")]
    fn read(&self) -> Result<Value> {
        let text = match self {
            Self::Env { env } => std::env::var(env)
                .map_err(|_| Error::fault(format!("environment variable {env} is not set")))?,
            Self::File { file } => {
                std::fs::read_to_string(file).doing(format!("secret file {}", file.display()))?
            }
        };
        Ok(Value(text.trim().to_owned()))
    }
}

/// What applying changed.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    pub institutions: usize,
    pub branches: usize,
    pub accounts: usize,
}

/// Reads the file and the secrets it names; faults when something makes no sense, before anything is written.
pub fn read(file: &Path) -> Result<Plan> {
    let text = std::fs::read_to_string(file).doing(format!("setup file {}", file.display()))?;
    let province: Province =
        toml::from_str(&text).doing(format!("setup file {}", file.display()))?;
    check(&province)?;
    let with_secrets = |a: AccountEntry<SecretRef>| {
        let read = |of: &SecretRef| of.read().doing(a.appid.as_str());
        let (token, aes_key, secret) = (read(&a.token)?, read(&a.aes_key)?, read(&a.secret)?);
        store::aes_key(&aes_key.0).doing(a.appid.as_str())?;
        Ok(AccountEntry {
            institution: a.institution,
            appid: a.appid,
            original_id: a.original_id,
            name: a.name,
            kind: a.kind,
            verified: a.verified,
            connected: a.connected,
            provincial: a.provincial,
            token,
            aes_key,
            secret,
        })
    };
    let account = province.account.into_iter().map(with_secrets).collect::<Result<_>>()?;
    Ok(Plan { institution: province.institution, account })
}

/// Makes the database agree with the plan. All or nothing per institution and per account.
pub async fn apply(app: &Arc<App>, province: &Plan) -> Result<Applied> {
    let mut applied = Applied::default();
    for entry in &province.institution {
        let tenant = TenantId::of(entry.number);
        let institution = Institution {
            tenant,
            code: entry.code.clone(),
            kind: entry.kind,
            name: entry.name.clone(),
            short: entry.short.clone(),
            english: entry.english.clone(),
            color: entry.color.clone(),
            phone: entry.phone.clone(),
        };
        let branches = entry.branch.clone();
        applied.branches += branches.len();
        applied.institutions += 1;
        app.db
            .write(Scope::Tenant(tenant), move |tx| {
                store::put_institution(tx, &institution)?;
                put_branches(tx, &branches)
            })
            .await?;
    }
    for entry in &province.account {
        let owner = province.institution.iter().find(|i| i.code == entry.institution);
        let tenant = TenantId::of(owner.map_or(0, |i| i.number));
        let account = NewAccount {
            tenant,
            appid: entry.appid.clone(),
            original_id: entry.original_id.clone(),
            name: entry.name.clone(),
            kind: entry.kind,
            is_verified: entry.verified,
            connected: entry.connected,
            mode: Mode::Secure,
            is_provincial: entry.provincial,
            token: Secret::new(entry.token.0.clone()),
            aes_key: Secret::new(entry.aes_key.0.clone()),
            secret: Secret::new(entry.secret.0.clone()),
        };
        let keys = app.vault.tenant(&app.db, tenant).await?;
        app.db
            .write(Scope::Tenant(tenant), move |tx| {
                store::put_account(tx, &keys, &account).map(|_| ())
            })
            .await?;
        applied.accounts += 1;
    }
    app.reload().await?;
    Ok(applied)
}

/// What would make no sense, said before anything is written.
fn check(province: &Province) -> Result<()> {
    let say = |what: String| Err(Error::fault(what));
    let union = province.institution.iter().filter(|i| i.kind == InstitutionKind::Union);
    if union.map(|i| i.number).collect::<Vec<_>>() != [UNION.raw()] {
        return say(
            "there must be exactly one institution of kind \"union\", with number = 1".into()
        );
    }
    for (n, i) in province.institution.iter().enumerate() {
        if i.number < 1 {
            return say(format!("institution {}: number must be 1 or more", i.code));
        }
        if !i.code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            || i.code.is_empty()
        {
            return say(format!("institution {}: code must be small letters and digits", i.code));
        }
        if province.institution[..n].iter().any(|o| o.code == i.code || o.number == i.number) {
            return say(format!("institution {}: code and number must be its own", i.code));
        }
    }
    for (n, a) in province.account.iter().enumerate() {
        if !province.institution.iter().any(|i| i.code == a.institution) {
            return say(format!(
                "account {}: institution \"{}\" is not in this file",
                a.appid, a.institution
            ));
        }
        if province.account[..n].iter().any(|o| o.appid == a.appid) {
            return say(format!("account {} stands twice", a.appid));
        }
        if !a.original_id.starts_with("gh_") {
            return say(format!(
                "account {}: original_id is the 原始ID that begins with gh_",
                a.appid
            ));
        }
    }
    Ok(())
}

/// Branches are known by their name within the institution.
fn put_branches(tx: &Tx<'_>, branches: &[BranchEntry]) -> Result<()> {
    for b in branches {
        let changed = tx.exec(
            "UPDATE branch SET address = $1, phone = $2, lat_e6 = $3, lon_e6 = $4, hours = $5 \
             WHERE tenant_id = $6 AND name = $7",
            params![b.address, b.phone, b.lat_e6, b.lon_e6, b.hours, tx.tenant(), b.name],
        )?;
        if changed == 0 {
            let id: Id<()> = tx.new_id();
            tx.exec(
                "INSERT INTO branch (tenant_id, id, name, address, phone, lat_e6, lon_e6, hours) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                params![tx.tenant(), id, b.name, b.address, b.phone, b.lat_e6, b.lon_e6, b.hours],
            )?;
        }
    }
    places::store::touch(tx)?;
    audit::note(tx, Actor::House("setup"), "branches.put", &branches.len().to_string(), "done", "")
}
