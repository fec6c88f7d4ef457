//! The master key: wraps tenants' keys and nothing else.
//!
//! While it changes, settings name the previous one, too, and either may have wrapped a key. A process does not wrap with
//! the new one before the change was begun (`rewrap.rs`): another process may have been started without it.

use super::{Cipher, IndexKey, KeyRow, PURPOSE_DATA, Profile, Ring, Stand, hmac_sha256, key_file};
use crate::config::Keys;
use aes_gcm_siv::Aes256GcmSiv;
use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use base::{Error, IdMap, Random, Result, Secret, TenantId, Time};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use zeroize::Zeroizing;

/// The master keys as settings name them.
#[derive(Debug)]
pub struct Masters {
    pub current: Secret<[u8; 32]>,
    pub previous: Option<Secret<[u8; 32]>>,
}

impl Masters {
    /// Reads their files; the current one is made when it is not there.
    pub fn read(keys: &Keys, random: &Random) -> Result<Self> {
        let previous = match keys.previous_master_file.as_os_str() {
            none if none.is_empty() => None,
            file if !std::path::Path::new(file).exists() => {
                return Err(Error::fault(format!(
                    "keys.previous_master_file: {} is not there",
                    keys.previous_master_file.display()
                )));
            }
            _ => Some(key_file(&keys.previous_master_file, random)?),
        };
        Ok(Self { current: key_file(&keys.master_file, random)?, previous })
    }
}

/// Which master key wrapped a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Current,
    Previous,
}

/// Wraps and unwraps tenants' keys.
pub(super) struct Opener {
    current: Aes256GcmSiv,
    previous: Option<Aes256GcmSiv>,
    /// The current master key wraps: there is no other, or the change was begun.
    is_begun: AtomicBool,
    /// Tells the current master key from another one, and nothing of it.
    pub(super) mark: String,
    pub(super) profile: Profile,
    pub(super) random: Random,
}

impl Opener {
    pub(super) fn new(masters: &Masters, profile: Profile, random: Random) -> Result<Self> {
        let cipher = |key: &Secret<[u8; 32]>| {
            Aes256GcmSiv::new_from_slice(key.reveal())
                .map_err(|_| Error::fault("the master key has the wrong length"))
        };
        let previous = masters.previous.as_ref().map(cipher).transpose()?;
        let is_begun = AtomicBool::new(previous.is_none());
        let mark = hmac_sha256(masters.current.reveal(), b"weiyin master key's mark");
        let mark = mark.iter().take(8).map(|b| format!("{b:02x}")).collect();
        Ok(Self { current: cipher(&masters.current)?, previous, is_begun, mark, profile, random })
    }

    pub(super) fn has_previous(&self) -> bool {
        self.previous.is_some()
    }
    pub(super) fn begin(&self) {
        self.is_begun.store(true, Ordering::SeqCst);
    }

    fn aad(tenant: TenantId, purpose: &str, no: u32) -> String {
        format!("{}|{purpose}|{no}", tenant.raw())
    }

    /// A new key, sealed by the master key.
    pub(super) fn wrapped(&self, tenant: TenantId, purpose: &str, no: u32) -> Result<Vec<u8>> {
        self.wrap(tenant, purpose, no, &Secret::new(self.random.bytes::<32>()))
    }

    pub(super) fn wrap(
        &self,
        tenant: TenantId,
        purpose: &str,
        no: u32,
        key: &Secret<[u8; 32]>,
    ) -> Result<Vec<u8>> {
        let nonce: [u8; 12] = self.random.bytes();
        let aad = Self::aad(tenant, purpose, no);
        let payload = Payload { msg: key.reveal(), aad: aad.as_bytes() };
        let waits = !self.is_begun.load(Ordering::SeqCst);
        let master = self.previous.as_ref().filter(|_| waits).unwrap_or(&self.current);
        let body = master
            .encrypt(&nonce.into(), payload)
            .map_err(|_| Error::fault("wrapping a key failed"))?;
        Ok([&nonce[..], &body].concat())
    }

    /// The key in a row, and which master key wrapped it.
    pub(super) fn unwrap(&self, tenant: TenantId, row: &KeyRow) -> Result<(Secret<[u8; 32]>, By)> {
        let short = || Error::fault("a wrapped key is cut short");
        let (nonce, body) = row.wrapped.split_first_chunk::<12>().ok_or_else(short)?;
        let aad = Self::aad(tenant, &row.purpose, u32::try_from(row.no)?);
        let with = |master: &Aes256GcmSiv| {
            master.decrypt(&(*nonce).into(), Payload { msg: body, aad: aad.as_bytes() }).ok()
        };
        let found = match (with(&self.current), &self.previous) {
            (Some(plain), _) => Some((plain, By::Current)),
            (None, Some(previous)) => with(previous).map(|plain| (plain, By::Previous)),
            (None, None) => None,
        };
        let (plain, by) = found.ok_or_else(|| {
            Error::fault(
                "the master key does not open this database: use the key file it was made with",
            )
        })?;
        let plain = Zeroizing::new(plain);
        Ok((Secret::new(plain.as_slice().try_into().map_err(|_| short())?), by))
    }

    /// What another process wrapped with the current master key says that the change was begun.
    pub(super) fn look_who_wrapped(&self, tenant: TenantId, rows: &[KeyRow]) {
        let waits = self.has_previous() && !self.is_begun.load(Ordering::SeqCst);
        let is_current = |row| matches!(self.unwrap(tenant, row), Ok((_, By::Current)));
        if waits && rows.iter().any(is_current) {
            self.begin();
        }
    }

    pub(super) fn ring(&self, tenant: TenantId, rows: Vec<KeyRow>, now: Time) -> Result<Ring> {
        let made_of = Stand::of(&rows, now)?;
        let (mut data, mut index) = (IdMap::default(), IdMap::default());
        self.look_who_wrapped(tenant, &rows);
        for row in rows {
            let no = u32::try_from(row.no)?;
            let (key, _) = self.unwrap(tenant, &row)?;
            let profile = Profile::of_name(&row.alg)?;
            if row.purpose == PURPOSE_DATA {
                data.insert(no, Arc::new(Cipher::new(profile, key.reveal())?));
            } else {
                index.insert(no, IndexKey { no, key, profile });
            }
        }
        let index = made_of
            .index
            .iter()
            .map(|no| index.remove(no).ok_or_else(|| Error::fault("a tenant has no index key")));
        let index = index.collect::<Result<Vec<_>>>()?;
        Ok(Ring { current: made_of.current, data, index, made_of })
    }
}
