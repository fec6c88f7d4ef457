//! Rows of institutions and accounts. Read as a whole into the registry; secrets are sealed columns.

use super::{
    Account, AccountId, AccountKind, Connected, Institution, InstitutionKind, NewAccount, Registry,
};
use crate::audit::{self, Actor};
use crate::vault::{Place, TenantKeys, Vault};
use base::{Context, Error, Id, Result, Secret, TenantId};
use db::{Db, FromRow, Row, Scope, Tx, params};
use wechat::crypto::AesKey;
use wechat::envelope::{Callback, Mode};

const TOKEN: &str = "account.token";
const AES_KEY: &str = "account.aes_key";
const SECRET: &str = "account.secret";

/// What the third-party platform's callbacks are opened with; shared by all authorised accounts.
#[derive(Debug, Clone)]
pub struct ComponentKeys {
    pub appid: String,
    pub token: Secret<String>,
    pub aes_key: Secret<String>,
}

pub fn add_institution(tx: &Tx<'_>, i: &Institution) -> Result<()> {
    tx.exec(
        "INSERT INTO institution (tenant_id, code, kind, name, short, english, color, phone, state, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', 1)",
        params![i.tenant, i.code, word(&i.kind)?, i.name, i.short, i.english, i.color, i.phone],
    )?;
    audit::note_for(tx, i.tenant, Actor::House("setup"), "institution.add", &i.code, "done", "")
}

/// Adds an institution or changes it to what is given.
pub fn put_institution(tx: &Tx<'_>, i: &Institution) -> Result<()> {
    let changed = tx.exec_one(
        "UPDATE institution SET code = $1, kind = $2, name = $3, short = $4, english = $5, color = $6, phone = $7, \
         version = version + 1 WHERE tenant_id = $8",
        params![i.code, word(&i.kind)?, i.name, i.short, i.english, i.color, i.phone, i.tenant],
    )?;
    if changed {
        return audit::note_for(
            tx,
            i.tenant,
            Actor::House("setup"),
            "institution.change",
            &i.code,
            "done",
            "",
        );
    }
    add_institution(tx, i)
}

/// Adds an account or changes it. Keys that differ move to "previous" (protocol §2.7).
pub fn put_account(tx: &Tx<'_>, keys: &TenantKeys, a: &NewAccount) -> Result<AccountId> {
    let found: Option<(AccountId, Vec<u8>, Vec<u8>)> = tx.opt(
        "SELECT id, token_sealed, aes_key_sealed FROM account WHERE tenant_id = $1 AND appid = $2",
        params![a.tenant, a.appid],
    )?;
    let Some((id, token, aes_key)) = found else {
        return add_account(tx, keys, a);
    };
    let seal = |column, secret: &Secret<String>| {
        keys.seal(Place::new(column, id.raw()), secret.reveal().as_bytes())
    };
    tx.exec(
        "UPDATE account SET original_id = $1, name = $2, kind = $3, is_verified = $4, connected = $5, \
         is_provincial = $6, secret_sealed = $7, version = version + 1 WHERE tenant_id = $8 AND id = $9",
        params![
            a.original_id,
            a.name,
            word(&a.kind)?,
            a.is_verified,
            word(&a.connected)?,
            a.is_provincial,
            seal(SECRET, &a.secret)?,
            a.tenant,
            id
        ],
    )?;
    if keys.open_text(Place::new(TOKEN, id.raw()), &token)? != *a.token.reveal() {
        tx.exec(
            "UPDATE account SET previous_token_sealed = token_sealed, token_sealed = $1 \
             WHERE tenant_id = $2 AND id = $3",
            params![seal(TOKEN, &a.token)?, a.tenant, id],
        )?;
    }
    if keys.open_text(Place::new(AES_KEY, id.raw()), &aes_key)? != *a.aes_key.reveal() {
        tx.exec(
            "UPDATE account SET previous_aes_key_sealed = aes_key_sealed, aes_key_sealed = $1 \
             WHERE tenant_id = $2 AND id = $3",
            params![seal(AES_KEY, &a.aes_key)?, a.tenant, id],
        )?;
    }
    audit::note_for(tx, a.tenant, Actor::House("setup"), "account.change", &a.appid, "done", "")?;
    Ok(id)
}

pub fn add_account(tx: &Tx<'_>, keys: &TenantKeys, a: &NewAccount) -> Result<AccountId> {
    let id: AccountId = tx.new_id();
    let seal = |column, secret: &Secret<String>| {
        keys.seal(Place::new(column, id.raw()), secret.reveal().as_bytes())
    };
    tx.exec(
        "INSERT INTO account (tenant_id, id, appid, original_id, name, kind, is_verified, connected, mode, \
         is_provincial, state, token_sealed, aes_key_sealed, secret_sealed, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'live', $11, $12, $13, 1)",
        params![
            a.tenant,
            id,
            a.appid,
            a.original_id,
            a.name,
            word(&a.kind)?,
            a.is_verified,
            word(&a.connected)?,
            mode_word(a.mode),
            a.is_provincial,
            seal(TOKEN, &a.token)?,
            seal(AES_KEY, &a.aes_key)?,
            seal(SECRET, &a.secret)?
        ],
    )?;
    audit::note_for(tx, a.tenant, Actor::House("setup"), "account.add", &a.appid, "done", "")?;
    Ok(id)
}

/// Everything in one reading, secrets opened.
pub async fn load(db: &Db, vault: &Vault, component: Option<&ComponentKeys>) -> Result<Registry> {
    let (institutions, rows) = db
        .read(Scope::House, |tx| {
            let institutions: Vec<InstitutionRow> = tx.all(
                "SELECT tenant_id, code, kind, name, short, english, color, phone FROM institution ORDER BY tenant_id",
                params![],
            )?;
            let accounts: Vec<AccountRecord> = tx.all(
                "SELECT tenant_id, id, appid, original_id, name, kind, is_verified, connected, mode, is_provincial, \
                 token_sealed, aes_key_sealed, previous_aes_key_sealed, previous_token_sealed, secret_sealed \
                 FROM account WHERE state = 'live' ORDER BY id",
                params![],
            )?;
            Ok((institutions, accounts))
        })
        .await
        .doing("reading institutions and accounts")?;
    let mut accounts = Vec::with_capacity(rows.len());
    for row in rows {
        let keys = vault.tenant(db, row.tenant).await?;
        let appid = row.appid.clone();
        accounts.push(row.open(&keys, component).doing(format!("account {appid}"))?);
    }
    Ok(Registry::new(institutions.into_iter().map(|i| i.0).collect(), accounts))
}

struct InstitutionRow(Institution);
impl FromRow for InstitutionRow {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self(Institution {
            tenant: r.next()?,
            code: r.next()?,
            kind: of_word::<InstitutionKind>(&r.next::<String>()?)?,
            name: r.next()?,
            short: r.next()?,
            english: r.next()?,
            color: r.next()?,
            phone: r.next()?,
        }))
    }
}

struct AccountRecord {
    tenant: TenantId,
    id: AccountId,
    appid: String,
    original_id: String,
    name: String,
    kind: AccountKind,
    is_verified: bool,
    connected: Connected,
    mode: Mode,
    is_provincial: bool,
    token: Vec<u8>,
    aes_key: Vec<u8>,
    previous_aes_key: Option<Vec<u8>>,
    previous_token: Option<Vec<u8>>,
    secret: Vec<u8>,
}
impl FromRow for AccountRecord {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            tenant: r.next()?,
            id: r.next::<Id<_>>()?,
            appid: r.next()?,
            original_id: r.next()?,
            name: r.next()?,
            kind: of_word(&r.next::<String>()?)?,
            is_verified: r.next()?,
            connected: of_word(&r.next::<String>()?)?,
            mode: mode_of(&r.next::<String>()?)?,
            is_provincial: r.next()?,
            token: r.next()?,
            aes_key: r.next()?,
            previous_aes_key: r.next()?,
            previous_token: r.next()?,
            secret: r.next()?,
        })
    }
}

impl AccountRecord {
    fn open(self, keys: &TenantKeys, component: Option<&ComponentKeys>) -> Result<Account> {
        let text =
            |column, sealed: &[u8]| keys.open_text(Place::new(column, self.id.raw()), sealed);
        let callback = match (self.connected, component) {
            (Connected::Component, None) => {
                return Err(Error::fault(
                    "is authorised to a third-party platform, but wechat.component_appid is not set",
                ));
            }
            (Connected::Component, Some(c)) => {
                Callback::new(&c.appid, c.token.reveal(), Mode::Secure).with_key(aes_key(c.aes_key.reveal())?)
            }
            (Connected::Direct, _) => {
                let key = aes_key(&text(AES_KEY, &self.aes_key)?)?;
                let mut callback = Callback::new(&self.appid, text(TOKEN, &self.token)?, self.mode).with_key(key);
                if let Some(sealed) = &self.previous_aes_key {
                    callback = callback.with_previous_key(aes_key(&text(AES_KEY, sealed)?)?);
                }
                if let Some(sealed) = &self.previous_token {
                    callback = callback.with_previous_token(text(TOKEN, sealed)?);
                }
                callback
            }
        }
        .with_original_id(&self.original_id);
        let secret = Secret::new(text(SECRET, &self.secret)?);
        Ok(Account {
            id: self.id,
            tenant: self.tenant,
            appid: self.appid,
            original_id: self.original_id,
            name: self.name,
            kind: self.kind,
            is_verified: self.is_verified,
            connected: self.connected,
            is_provincial: self.is_provincial,
            callback,
            secret,
        })
    }
}

/// An EncodingAESKey, or a sentence that says what is wrong with it.
pub fn aes_key(text: &str) -> Result<AesKey> {
    AesKey::parse(text).map_err(|_| {
        Error::fault(format!(
            "EncodingAESKey has {} characters or a wrong letter; WeChat's has exactly 43 of A–Z, a–z, 0–9: copy it again",
            text.chars().count()
        ))
    })
}

/// The stable word an enum is stored under (its serde name).
fn word<T: serde::Serialize>(value: &T) -> Result<String> {
    match serde_json::to_value(value)? {
        serde_json::Value::String(s) => Ok(s),
        other => Err(Error::fault(format!("not a word: {other}"))),
    }
}
fn of_word<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    Ok(serde_json::from_value(serde_json::Value::String(text.to_owned()))?)
}
fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Plain => "plain",
        Mode::Compat => "compat",
        Mode::Secure => "secure",
    }
}
fn mode_of(text: &str) -> Result<Mode> {
    match text {
        "plain" => Ok(Mode::Plain),
        "compat" => Ok(Mode::Compat),
        "secure" => Ok(Mode::Secure),
        other => Err(Error::fault(format!("unknown callback mode {other}"))),
    }
}
