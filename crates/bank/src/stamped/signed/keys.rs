//! The keys institutions sign with: one at a time, made when first needed. When another takes over, the secret goes and the
//! certificate stays, so that what was signed with it can be checked as long as anyone has it.

use super::{Signer, certificate, fingerprint};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::vault::{Place, TenantKeys};
use base::{Context, Error, Result, Secret, TenantId, Time};
use db::{Scope, Tx, params};

/// Past this, the next one is due: a year before the certificate ends.
pub const CHANGE_BY_MS: i64 = certificate::LIFE_MS - 365 * base::DAY_MS;
const SECRET: &str = "seal_key.secret";
const BY: Actor<'static> = Actor::House("seal");

/// A certificate of an institution, present or past.
#[derive(Debug, Clone)]
pub struct Certificate {
    pub tenant: TenantId,
    pub no: i64,
    pub fingerprint: String,
    pub made_at: Time,
    /// When another took over.
    pub ended_at: Option<Time>,
}

/// What the unit's tenant signs with now.
pub(in crate::stamped) fn current(tx: &Tx<'_>, keys: &TenantKeys, bank: &str) -> Result<Signer> {
    if let Some(signer) = read(tx, keys)? {
        return Ok(signer);
    }
    put(tx, keys, bank, 1)?;
    read(tx, keys)?.ok_or_else(|| Error::fault("a seal key was made and is not there"))
}

fn read(tx: &Tx<'_>, keys: &TenantKeys) -> Result<Option<Signer>> {
    let row: Option<(i64, Vec<u8>, Vec<u8>)> = tx.opt(
        "SELECT no, certificate, secret_sealed FROM seal_key WHERE tenant_id = $1 AND ended_at_ms IS NULL \
         ORDER BY no DESC LIMIT 1",
        params![tx.tenant()],
    )?;
    let Some((no, certificate, sealed)) = row else { return Ok(None) };
    let raw = zeroize::Zeroizing::new(keys.open(Place::new(SECRET, no), &sealed)?);
    let secret = <[u8; 32]>::try_from(raw.as_slice());
    let secret = secret.map_err(|_| Error::fault("a seal key has the wrong length"))?;
    Ok(Some(Signer { certificate, secret: Secret::new(secret) }))
}

/// Makes key `no`; false when another process did.
fn put(tx: &Tx<'_>, keys: &TenantKeys, bank: &str, no: i64) -> Result<bool> {
    let made = certificate::issue(bank, tx.random(), tx.now())?;
    let sealed = keys.seal(Place::new(SECRET, no), made.secret.reveal())?;
    let fresh = tx.exec(
        "INSERT INTO seal_key (tenant_id, no, certificate, secret_sealed, made_at_ms) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (tenant_id, no) DO NOTHING",
        params![tx.tenant(), no, made.certificate, sealed, tx.now()],
    )? == 1;
    if fresh {
        audit::note(tx, BY, "seal.new", &no.to_string(), "done", &made.fingerprint())?;
    }
    Ok(fresh)
}

/// The next key takes over; the secret of the one before is wiped. False when there is none yet, or another process did it.
fn renew(tx: &Tx<'_>, keys: &TenantKeys, bank: &str, newest: i64) -> Result<bool> {
    if !put(tx, keys, bank, newest + 1)? {
        return Ok(false);
    }
    tx.exec(
        "UPDATE seal_key SET ended_at_ms = $1, secret_sealed = $2 WHERE tenant_id = $3 AND no <= $4 AND ended_at_ms IS NULL",
        params![tx.now(), Vec::<u8>::new(), tx.tenant(), newest],
    )?;
    Ok(true)
}

/// Changes the keys of all institutions that have one; of how many.
pub async fn renew_all(app: &App) -> Result<usize> {
    let mut begun = 0;
    for old in all(app).await?.iter().filter(|c| c.ended_at.is_none()) {
        let registry = app.registry();
        let Some(bank) = registry.institution(old.tenant).map(|i| i.name.clone()) else { continue };
        let keys = app.vault.tenant(&app.db, old.tenant).await?;
        let newest = old.no;
        let unit = move |tx: &Tx<'_>| renew(tx, &keys, &bank, newest);
        begun += usize::from(app.db.write(Scope::Tenant(old.tenant), unit).await?);
    }
    Ok(begun)
}

/// Tenant, number, certificate, made at, ended at.
type Row = (TenantId, i64, Vec<u8>, Time, Option<Time>);

/// Every institution's certificates, the newest of each first.
pub async fn all(app: &App) -> Result<Vec<Certificate>> {
    let unit = |tx: &Tx<'_>| {
        let rows: Vec<Row> = tx.all(
            "SELECT tenant_id, no, certificate, made_at_ms, ended_at_ms FROM seal_key ORDER BY tenant_id, no DESC",
            params![],
        )?;
        Ok(rows.into_iter().map(shown).collect())
    };
    app.db.read(Scope::House, unit).await.doing("reading the seals' certificates")
}

fn shown(row: Row) -> Certificate {
    let (tenant, no, der, made_at, ended_at) = row;
    Certificate { tenant, no, fingerprint: fingerprint(&der), made_at, ended_at }
}

/// Whether a fingerprint is of a certificate of this tenant.
pub(in crate::stamped) async fn is_ours(
    app: &App,
    tenant: TenantId,
    fingerprint: &str,
) -> Result<bool> {
    let unit = |tx: &Tx<'_>| {
        let rows: Vec<(Vec<u8>,)> =
            tx.all("SELECT certificate FROM seal_key WHERE tenant_id = $1", params![tx.tenant()])?;
        Ok(rows)
    };
    let rows = app.db.read(Scope::Tenant(tenant), unit).await?;
    Ok(rows.iter().any(|(der,)| super::fingerprint(der) == fingerprint))
}
