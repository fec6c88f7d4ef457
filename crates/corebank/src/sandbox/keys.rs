//! The master key and what it wraps: each institution's keys, drawn when the institution is registered.
//!
//! While the master key changes, settings name the previous one, too: what only that one opens is wrapped anew at the start.
//! Databases from before had keys derived from the master key of their time; those are wrapped as they are and stay.

use super::seal::{self, TenantKeys};
use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use base::{Error, Random, Result, Secret, TenantId};
use db::{Db, Scope, Tx, params};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use zeroize::Zeroizing;

const NONCE: usize = 12;
/// Three keys of 32 bytes: data, index, pepper.
pub(super) const BUNDLE: usize = 96;
pub(super) type Bundle = Zeroizing<[u8; BUNDLE]>;

/// The master keys, and the institutions' keys that were opened so far.
pub(crate) struct Keys {
    current: Secret<[u8; 32]>,
    previous: Option<Secret<[u8; 32]>>,
    tenants: RwLock<HashMap<i64, Arc<TenantKeys>>>,
}

impl Keys {
    pub(crate) fn new(current: Secret<[u8; 32]>, previous: Option<Secret<[u8; 32]>>) -> Self {
        Self { current, previous, tenants: RwLock::default() }
    }

    pub(crate) async fn of(&self, db: &Db, tenant: TenantId) -> Result<Arc<TenantKeys>> {
        let known = |keys: &Self| {
            let all = keys.tenants.read().unwrap_or_else(PoisonError::into_inner);
            all.get(&tenant.raw()).map(Arc::clone)
        };
        if let Some(keys) = known(self) {
            return Ok(keys);
        }
        let row = db.read(Scope::Tenant(tenant), wrapped_row).await?;
        let Some(wrapped) = row else {
            // Nobody has anything here yet; whatever is asked for is not found.
            return Ok(Arc::new(TenantKeys::new(tenant, &derived(&self.current, tenant)?)));
        };
        let (bundle, _) = self.unwrap(tenant, &wrapped)?;
        let fresh = Arc::new(TenantKeys::new(tenant, &bundle));
        let mut all = self.tenants.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(all.entry(tenant.raw()).or_insert(fresh)))
    }

    /// Draws a new institution's keys.
    pub(crate) fn draw(&self, tx: &Tx<'_>) -> Result<()> {
        let bundle = Zeroizing::new(tx.random().bytes::<BUNDLE>());
        self.put(tx, &bundle)
    }

    fn put(&self, tx: &Tx<'_>, bundle: &Bundle) -> Result<()> {
        let wrapped = wrap(&self.current, tx.tenant(), bundle, tx.random())?;
        tx.exec(
            "INSERT INTO core_key (tenant_id, wrapped) VALUES ($1, $2) ON CONFLICT (tenant_id) DO NOTHING",
            params![tx.tenant(), wrapped],
        )?;
        Ok(())
    }

    /// At the start: keys that are not wrapped yet are, and what the previous master key wraps is wrapped by the current one.
    /// Keys that neither opens are left alone; whoever needs them is told.
    pub(crate) async fn take_over(self: &Arc<Self>, db: &Db) -> Result<()> {
        let unit =
            |tx: &Tx<'_>| tx.all("SELECT tenant_id FROM core_tenant ORDER BY tenant_id", params![]);
        let tenants: Vec<(TenantId,)> = db.read(Scope::House, unit).await?;
        for (tenant,) in tenants {
            let row = db.read(Scope::Tenant(tenant), wrapped_row).await?;
            let is_due = match &row {
                None => true,
                Some(wrapped) => matches!(self.unwrap(tenant, wrapped), Ok((_, By::Previous))),
            };
            if is_due {
                let keys = Arc::clone(self);
                db.write(Scope::Tenant(tenant), move |tx| keys.take_over_one(tx)).await?;
            }
        }
        Ok(())
    }

    fn take_over_one(&self, tx: &Tx<'_>) -> Result<()> {
        let tenant = tx.tenant();
        let Some(old) = wrapped_row(tx)? else {
            // From before there were wrapped keys: derived from the master key of that time.
            let born = self.previous.as_ref().unwrap_or(&self.current);
            return self.put(tx, &derived(born, tenant)?);
        };
        let (bundle, by) = self.unwrap(tenant, &old)?;
        if by == By::Current {
            return Ok(());
        }
        let fresh = wrap(&self.current, tenant, &bundle, tx.random())?;
        // Nought rows: another process was faster.
        tx.exec(
            "UPDATE core_key SET wrapped = $1 WHERE tenant_id = $2 AND wrapped = $3",
            params![fresh, tenant, old],
        )?;
        Ok(())
    }

    fn unwrap(&self, tenant: TenantId, wrapped: &[u8]) -> Result<(Bundle, By)> {
        if let Some(bundle) = open(&self.current, tenant, wrapped)? {
            return Ok((bundle, By::Current));
        }
        if let Some(previous) = &self.previous
            && let Some(bundle) = open(previous, tenant, wrapped)?
        {
            return Ok((bundle, By::Previous));
        }
        Err(Error::fault("the core's master key does not open this database"))
    }
}

/// Which master key wrapped a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Current,
    Previous,
}

fn wrapped_row(tx: &Tx<'_>) -> Result<Option<Vec<u8>>> {
    let row: Option<(Vec<u8>,)> =
        tx.opt("SELECT wrapped FROM core_key WHERE tenant_id = $1", params![tx.tenant()])?;
    Ok(row.map(|r| r.0))
}

fn cipher(master: &Secret<[u8; 32]>) -> Result<Aes256GcmSiv> {
    let key = Zeroizing::new(seal::mac(master.reveal(), &[b"corebank", b"wrap"])?);
    Ok(Aes256GcmSiv::new(&(*key).into()))
}

fn wrap(
    master: &Secret<[u8; 32]>,
    tenant: TenantId,
    bundle: &Bundle,
    random: &Random,
) -> Result<Vec<u8>> {
    let nonce: [u8; NONCE] = random.bytes();
    let aad = tenant.raw().to_be_bytes();
    let payload = Payload { msg: bundle.as_slice(), aad: &aad };
    let body = cipher(master)?.encrypt(&Nonce::from(nonce), payload);
    let body = body.map_err(|_| Error::fault("wrapping keys failed"))?;
    Ok([nonce.as_slice(), &body].concat())
}

/// `None` when another master key wrapped it.
fn open(master: &Secret<[u8; 32]>, tenant: TenantId, wrapped: &[u8]) -> Result<Option<Bundle>> {
    let short = || Error::fault("wrapped keys are cut short");
    let (nonce, body) = wrapped.split_first_chunk::<NONCE>().ok_or_else(short)?;
    let aad = tenant.raw().to_be_bytes();
    let payload = Payload { msg: body, aad: &aad };
    let Ok(plain) = cipher(master)?.decrypt(&Nonce::from(*nonce), payload) else {
        return Ok(None);
    };
    let plain = Zeroizing::new(plain);
    let bundle = plain.as_slice().try_into().map_err(|_| short())?;
    Ok(Some(Zeroizing::new(bundle)))
}

/// How keys were made before they were drawn.
pub(super) fn derived(master: &Secret<[u8; 32]>, tenant: TenantId) -> Result<Bundle> {
    let id = tenant.raw().to_be_bytes();
    let mut bundle = Zeroizing::new([0; BUNDLE]);
    let whats: [&[u8]; 3] = [b"data", b"index", b"pin"];
    for (part, what) in bundle.chunks_exact_mut(32).zip(whats) {
        part.copy_from_slice(&seal::mac(master.reveal(), &[b"corebank", what, &id])?);
    }
    Ok(bundle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_keys_open_under_their_master_key_and_for_their_institution_only() {
        let (one, two) = (TenantId::of(1), TenantId::of(2));
        let masters = [Secret::new([1; 32]), Secret::new([2; 32])];
        let bundle = Zeroizing::new([7; BUNDLE]);
        let wrapped = wrap(&masters[0], one, &bundle, &Random::seeded(1)).unwrap();
        assert_eq!(open(&masters[0], one, &wrapped).unwrap().unwrap(), bundle);
        assert!(open(&masters[1], one, &wrapped).unwrap().is_none());
        assert!(open(&masters[0], two, &wrapped).unwrap().is_none());
        assert!(open(&masters[0], one, &wrapped[..5]).is_err());
    }
}
