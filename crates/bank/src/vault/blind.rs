//! Blind indexes: keyed hashes by which a value is found or known again without standing in the database (DP-03).
//!
//! While the index key changes (`reindex.rs`) a value has more than one; what is looked up is looked up under all of them,
//! what is written is written under the first.

use super::{IndexKey, PURPOSE_INDEX, Profile, TenantKeys};
use base::{Error, Result};
use db::{Tx, params};
use hmac::{KeyInit, Mac};
use subtle::{Choice, ConstantTimeEq};

/// The hashes of one value under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blind(Vec<Vec<u8>>);

impl Blind {
    /// For what is counted and nobody's: not a hash at all.
    pub fn plain(name: &str) -> Self {
        Self(vec![name.as_bytes().to_vec()])
    }

    /// What is written now.
    pub fn now(&self) -> &[u8] {
        self.0.first().map_or(&[], Vec::as_slice)
    }

    /// What may stand in rows all the same.
    pub fn others(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().skip(1).map(Vec::as_slice)
    }

    /// All of them, what is written now first.
    pub fn all(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(Vec::as_slice)
    }

    /// Whether `stored` is a hash of the same value.
    pub fn is(&self, stored: &[u8]) -> bool {
        let same = self.0.iter().map(|hash| hash.ct_eq(stored));
        same.fold(Choice::from(0), |any, one| any | one).into()
    }
}

impl TenantKeys {
    /// Keyed hashes of a value under a name: equal values give equal bytes within one tenant only.
    pub fn blind(&self, what: &str, value: &str) -> Blind {
        let message = message(what, value);
        Blind(self.ring().index.iter().map(|key| key.hash(&message)).collect())
    }

    /// The same with one key.
    pub(super) fn blind_with(&self, key: u32, what: &str, value: &str) -> Result<Vec<u8>> {
        let ring = self.ring();
        let found = ring.index.iter().find(|k| k.no == key);
        let key = found.ok_or_else(|| Error::fault(format!("index key {key} is not known")))?;
        Ok(key.hash(&message(what, value)))
    }

    /// The number of the index key new values are hashed with.
    pub fn current_index(&self) -> u32 {
        self.ring().index.first().map_or(0, |k| k.no)
    }

    /// Reads the keys again when there is an index key that this process has not seen: a row hashed with it would not be
    /// found, and whoever is bound must be found.
    pub fn know_all_indexes(&self, tx: &Tx<'_>) -> Result<()> {
        let (newest,): (i64,) = tx.one(
            "SELECT MAX(key_no) FROM tenant_key WHERE tenant_id = $1 AND purpose = $2",
            params![tx.tenant(), PURPOSE_INDEX],
        )?;
        let is_known = self.ring().index.iter().any(|k| i64::from(k.no) == newest);
        if is_known { Ok(()) } else { self.read_again() }
    }
}

impl IndexKey {
    fn hash(&self, message: &[u8]) -> Vec<u8> {
        keyed_hash(self.profile, self.key.reveal(), message)
    }
}

fn message(what: &str, value: &str) -> Vec<u8> {
    let mut message = Vec::with_capacity(what.len() + value.len() + 1);
    message.extend_from_slice(what.as_bytes());
    message.push(0);
    message.extend_from_slice(value.as_bytes());
    message
}

/// HMAC-SHA256.
pub(crate) fn hmac_sha256(key: &[u8; 32], message: &[u8]) -> Vec<u8> {
    keyed_hash(Profile::Standard, key, message)
}

fn keyed_hash(profile: Profile, key: &[u8; 32], message: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length, so building one cannot fail.
    match profile {
        Profile::Standard => match hmac::Hmac::<sha2::Sha256>::new_from_slice(key) {
            Ok(mut m) => {
                m.update(message);
                m.finalize().into_bytes().to_vec()
            }
            Err(_) => Vec::new(),
        },
        Profile::National => match hmac::Hmac::<sm3::Sm3>::new_from_slice(key) {
            Ok(mut m) => {
                m.update(message);
                m.finalize().into_bytes().to_vec()
            }
            Err(_) => Vec::new(),
        },
    }
}
