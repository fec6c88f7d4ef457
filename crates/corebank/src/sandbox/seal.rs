//! Sealing of personal data in the sandbox's own database (C2: names, id numbers, mobiles, account numbers).
//!
//! A sealed value is `[format 1][nonce 12][AES-256-GCM-SIV ciphertext and tag]`, bound to its tenant,
//! column and row, so that a value moved elsewhere does not open. Look-ups use an HMAC-SHA256 blind
//! index with a key of its own per tenant. Not for: the channel's data; `bank` has its own vault and key.

use super::keys::Bundle;
use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use base::{Error, Random, Result, Secret, TenantId};
use hmac::{Hmac, Mac};
use sha2::Sha256;

const FORMAT: u8 = 1;
const NONCE: usize = 12;

pub(super) fn mac(key: &[u8], parts: &[&[u8]]) -> Result<[u8; 32]> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key)
        .map_err(|_| Error::fault("a key for HMAC has the wrong length"))?;
    for part in parts {
        // Length first, so that two lists of parts never read alike.
        mac.update(&u64::try_from(part.len())?.to_be_bytes());
        mac.update(part);
    }
    Ok(mac.finalize().into_bytes().into())
}

/// One tenant's keys.
pub(crate) struct TenantKeys {
    tenant: i64,
    cipher: Aes256GcmSiv,
    index: Secret<[u8; 32]>,
    pepper: Secret<[u8; 32]>,
}

/// Columns that hold sealed values.
#[derive(Clone, Copy)]
pub(crate) enum Column {
    Name,
    IdNo,
    Mobile,
    AccountNo,
    OfficerName,
    Payee,
    /// Name and place of a household at a biller.
    Holder,
    /// Number and place of a family whose insurance is collected.
    Family,
    /// One of it: name, relation, birthday.
    Member,
}

impl Column {
    const fn name(self) -> &'static [u8] {
        match self {
            Self::Name => b"core_customer.name_sealed",
            Self::IdNo => b"core_customer.id_sealed",
            Self::Mobile => b"core_customer.mobile_sealed",
            Self::AccountNo => b"core_account.number_sealed",
            Self::OfficerName => b"core_officer.name_sealed",
            Self::Payee => b"core_payment.payee_sealed",
            Self::Holder => b"core_household.holder_sealed",
            Self::Family => b"core_family.family_sealed",
            Self::Member => b"core_member.member_sealed",
        }
    }
}

impl TenantKeys {
    pub(super) fn new(tenant: TenantId, bundle: &Bundle) -> Self {
        let part = |n: usize| {
            let mut key = [0; 32];
            key.copy_from_slice(&bundle[32 * n..32 * n + 32]);
            key
        };
        Self {
            tenant: tenant.raw(),
            cipher: Aes256GcmSiv::new(&part(0).into()),
            index: Secret::new(part(1)),
            pepper: Secret::new(part(2)),
        }
    }

    fn aad(&self, column: Column, row: i64) -> Vec<u8> {
        let mut aad = self.tenant.to_be_bytes().to_vec();
        aad.extend_from_slice(column.name());
        aad.push(b'|');
        aad.extend_from_slice(&row.to_be_bytes());
        aad
    }

    pub(crate) fn seal(
        &self,
        random: &Random,
        column: Column,
        row: i64,
        plain: &str,
    ) -> Result<Vec<u8>> {
        let nonce: [u8; NONCE] = random.bytes();
        let payload = Payload { msg: plain.as_bytes(), aad: &self.aad(column, row) };
        let body = self
            .cipher
            .encrypt(&Nonce::from(nonce), payload)
            .map_err(|_| Error::fault("sealing failed"))?;
        let mut out = Vec::with_capacity(1 + NONCE + body.len());
        out.push(FORMAT);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&body);
        Ok(out)
    }

    pub(crate) fn open(&self, column: Column, row: i64, sealed: &[u8]) -> Result<Secret<String>> {
        let bad =
            || Error::fault("a sealed value does not open: wrong key, place, or a changed byte");
        let (head, body) = sealed.split_at_checked(1 + NONCE).ok_or_else(bad)?;
        let nonce: [u8; NONCE] = head[1..].try_into().map_err(|_| bad())?;
        if head[0] != FORMAT {
            return Err(bad());
        }
        let payload = Payload { msg: body, aad: &self.aad(column, row) };
        let plain = self.cipher.decrypt(&Nonce::from(nonce), payload).map_err(|_| bad())?;
        Ok(Secret::new(String::from_utf8(plain).map_err(|_| bad())?))
    }

    /// What a value is found by.
    pub(crate) fn index(&self, what: &str, value: &str) -> Result<Vec<u8>> {
        Ok(mac(self.index.reveal(), &[what.as_bytes(), value.as_bytes()])?.to_vec())
    }

    /// Goes into PIN hashes, so that the database alone cannot be tried out.
    pub(crate) fn pepper(&self) -> &[u8] {
        self.pepper.reveal()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(tenant: i64) -> TenantKeys {
        let tenant = TenantId::of(tenant);
        TenantKeys::new(
            tenant,
            &super::super::keys::derived(&Secret::new([7; 32]), tenant).unwrap(),
        )
    }

    #[test]
    fn a_sealed_value_opens_only_in_its_place() {
        let sealed = keys(1).seal(&Random::seeded(1), Column::Mobile, 9, "19400001234").unwrap();
        assert_eq!(keys(1).open(Column::Mobile, 9, &sealed).unwrap().reveal(), "19400001234");
        assert!(keys(1).open(Column::Mobile, 8, &sealed).is_err(), "another row");
        assert!(keys(1).open(Column::Name, 9, &sealed).is_err(), "another column");
        assert!(keys(2).open(Column::Mobile, 9, &sealed).is_err(), "another tenant");
        assert!(keys(1).open(Column::Mobile, 9, &sealed[..12]).is_err(), "cut short");
        let mut changed = sealed.clone();
        changed[20] ^= 1;
        assert!(keys(1).open(Column::Mobile, 9, &changed).is_err(), "a changed byte");
    }

    #[test]
    fn a_blind_index_is_the_same_within_a_tenant_only() {
        let at = |tenant| keys(tenant).index("account", "6299010000000001").unwrap();
        assert_eq!(at(1), at(1));
        assert_ne!(at(1), at(2));
        assert_ne!(at(1), keys(1).index("id", "6299010000000001").unwrap());
    }
}
