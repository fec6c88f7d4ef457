//! Sealing of personal data at rest (DP-03, DP-04, DP-06): master key → a tenant's keys → columns.
//!
//! A sealed value is `[format 1][alg 1][key no 4][nonce 12][ciphertext][tag 16]`; its place (tenant, column, row) is
//! bound as associated data, so a value moved to another row or tenant does not open. Look-ups go through a keyed
//! blind index, never a plain hash. Not for: TLS, WeChat's envelope, or passwords.

use aes_gcm::AesGcm;
use aes_gcm::aead::consts::U12;
use aes_gcm_siv::Aes256GcmSiv;
use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use base::{Context, Error, Fault, Random, Result, Secret, TenantId};
use db::{Db, Scope, Tx, params};
use hmac::Mac;
use sm4::Sm4;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, RwLock};

const FORMAT: u8 = 1;
const HEADER: usize = 18;
const PURPOSE_DATA: &str = "data";
const PURPOSE_INDEX: &str = "index";

/// Which family of algorithms new values are sealed with; old values say their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// AES-256-GCM-SIV and HMAC-SHA256.
    Standard,
    /// 国密: SM4-GCM and HMAC-SM3.
    National,
}

impl Profile {
    const fn alg(self) -> u8 {
        match self {
            Self::Standard => 1,
            Self::National => 2,
        }
    }
    const fn name(self) -> &'static str {
        match self {
            Self::Standard => "aes-256-gcm-siv",
            Self::National => "sm4-gcm",
        }
    }
    fn of_name(name: &str) -> Result<Self> {
        match name {
            "aes-256-gcm-siv" => Ok(Self::Standard),
            "sm4-gcm" => Ok(Self::National),
            other => Err(Error::fault(format!("unknown sealing algorithm {other}"))),
        }
    }
}

enum Cipher {
    Siv(Box<Aes256GcmSiv>),
    Sm4(Box<AesGcm<Sm4, U12>>),
}

impl Cipher {
    fn new(profile: Profile, key: &[u8; 32]) -> Result<Self> {
        let bad = |_| Error::fault("a sealing key has the wrong length");
        Ok(match profile {
            Profile::Standard => {
                Self::Siv(Box::new(Aes256GcmSiv::new_from_slice(key).map_err(bad)?))
            }
            Profile::National => {
                Self::Sm4(Box::new(AesGcm::<Sm4, U12>::new_from_slice(&key[..16]).map_err(bad)?))
            }
        })
    }
    fn alg(&self) -> u8 {
        match self {
            Self::Siv(_) => Profile::Standard.alg(),
            Self::Sm4(_) => Profile::National.alg(),
        }
    }
    fn encrypt(&self, nonce: [u8; 12], msg: &[u8], aad: &[u8]) -> Result<Vec<u8>> {
        let payload = Payload { msg, aad };
        match self {
            Self::Siv(c) => c.encrypt(&nonce.into(), payload),
            Self::Sm4(c) => c.encrypt(&nonce.into(), payload),
        }
        .map_err(|_| Error::fault("sealing failed"))
    }
    fn decrypt(&self, nonce: [u8; 12], msg: &[u8], aad: &[u8]) -> Result<Vec<u8>> {
        let payload = Payload { msg, aad };
        match self {
            Self::Siv(c) => c.decrypt(&nonce.into(), payload),
            Self::Sm4(c) => c.decrypt(&nonce.into(), payload),
        }
        .map_err(|_| {
            Error::fault("a sealed value does not open: wrong key, place, or a changed byte")
        })
    }
}

/// Where a sealed value stands: its column and row. The tenant is the keys' own.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// `table.column`
    pub column: &'static str,
    pub row: i64,
}

impl Place {
    pub const fn new(column: &'static str, row: i64) -> Self {
        Self { column, row }
    }
}

/// One tenant's keys, opened.
pub struct TenantKeys {
    tenant: TenantId,
    current: u32,
    data: HashMap<u32, Cipher>,
    index: Secret<[u8; 32]>,
    profile: Profile,
    random: Random,
}

impl std::fmt::Debug for TenantKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TenantKeys({})", self.tenant)
    }
}

impl TenantKeys {
    fn aad(&self, at: Place) -> Vec<u8> {
        let mut aad = Vec::with_capacity(at.column.len() + 17);
        aad.extend_from_slice(&self.tenant.raw().to_be_bytes());
        aad.extend_from_slice(at.column.as_bytes());
        aad.push(b'|');
        aad.extend_from_slice(&at.row.to_be_bytes());
        aad
    }

    pub fn seal(&self, at: Place, plain: &[u8]) -> Result<Vec<u8>> {
        let cipher = self.data.get(&self.current).ok_or_else(|| Error::fault("no current key"))?;
        let nonce: [u8; 12] = self.random.bytes();
        let body = cipher.encrypt(nonce, plain, &self.aad(at))?;
        let mut out = Vec::with_capacity(HEADER + body.len());
        out.extend_from_slice(&[FORMAT, cipher.alg()]);
        out.extend_from_slice(&self.current.to_be_bytes());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&body);
        Ok(out)
    }

    pub fn open(&self, at: Place, sealed: &[u8]) -> Result<Vec<u8>> {
        let short = || Fault::new("a sealed value is cut short");
        let (head, body) = sealed.split_at_checked(HEADER).ok_or_else(short)?;
        if head[0] != FORMAT {
            return Err(Error::fault(format!("sealed format {} is not known", head[0])));
        }
        let no = u32::from_be_bytes([head[2], head[3], head[4], head[5]]);
        let cipher = self
            .data
            .get(&no)
            .filter(|c| c.alg() == head[1])
            .ok_or_else(|| Error::fault(format!("no key {no} for {}", at.column)))?;
        let mut nonce = [0; 12];
        nonce.copy_from_slice(&head[6..HEADER]);
        cipher.decrypt(nonce, body, &self.aad(at)).doing(at.column)
    }

    pub fn seal_json<T: serde::Serialize>(&self, at: Place, value: &T) -> Result<Vec<u8>> {
        self.seal(at, &serde_json::to_vec(value)?)
    }
    pub fn open_json<T: serde::de::DeserializeOwned>(&self, at: Place, sealed: &[u8]) -> Result<T> {
        Ok(serde_json::from_slice(&self.open(at, sealed)?)?)
    }
    pub fn open_text(&self, at: Place, sealed: &[u8]) -> Result<String> {
        Ok(String::from_utf8(self.open(at, sealed)?)?)
    }

    /// Keyed index of a value under a name: equal values give equal bytes within one tenant only.
    pub fn blind(&self, what: &str, value: &str) -> Vec<u8> {
        let mut message = Vec::with_capacity(what.len() + value.len() + 1);
        message.extend_from_slice(what.as_bytes());
        message.push(0);
        message.extend_from_slice(value.as_bytes());
        keyed_hash(self.profile, self.index.reveal(), &message)
    }
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

/// Opens tenants' keys with the master key and keeps them.
pub struct Vault {
    master: Aes256GcmSiv,
    profile: Profile,
    random: Random,
    tenants: RwLock<HashMap<TenantId, Arc<TenantKeys>>>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vault({:?})", self.profile)
    }
}

impl Vault {
    pub fn new(master: &Secret<[u8; 32]>, profile: Profile, random: Random) -> Result<Self> {
        let master = Aes256GcmSiv::new_from_slice(master.reveal())
            .map_err(|_| Error::fault("the master key has the wrong length"))?;
        Ok(Self { master, profile, random, tenants: RwLock::default() })
    }

    /// The tenant's keys, made on first use.
    pub async fn tenant(&self, db: &Db, tenant: TenantId) -> Result<Arc<TenantKeys>> {
        if let Some(keys) = self.known(tenant) {
            return Ok(keys);
        }
        let fresh = [self.wrapped(tenant, PURPOSE_DATA)?, self.wrapped(tenant, PURPOSE_INDEX)?];
        let alg = self.profile.name();
        let rows = db
            .write(Scope::Tenant(tenant), move |tx| ensure_keys(tx, alg, &fresh))
            .await
            .doing("reading a tenant's keys")?;
        let keys = Arc::new(self.unwrap(tenant, rows)?);
        let mut all = self.tenants.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(all.entry(tenant).or_insert(keys).clone())
    }

    /// The tenant's keys if they were opened before; no I/O.
    pub fn known(&self, tenant: TenantId) -> Option<Arc<TenantKeys>> {
        self.tenants.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(&tenant).cloned()
    }

    fn wrap_aad(tenant: TenantId, purpose: &str) -> String {
        format!("{}|{purpose}|1", tenant.raw())
    }

    fn wrapped(&self, tenant: TenantId, purpose: &str) -> Result<Vec<u8>> {
        let key: [u8; 32] = self.random.bytes();
        let nonce: [u8; 12] = self.random.bytes();
        let aad = Self::wrap_aad(tenant, purpose);
        let payload = Payload { msg: &key, aad: aad.as_bytes() };
        let body = self
            .master
            .encrypt(&nonce.into(), payload)
            .map_err(|_| Error::fault("wrapping a key failed"))?;
        Ok([&nonce[..], &body].concat())
    }

    fn unwrap(&self, tenant: TenantId, rows: Vec<KeyRow>) -> Result<TenantKeys> {
        let mut data = HashMap::new();
        let mut index = None;
        let mut current = 0;
        for (purpose, no, alg, wrapped) in rows {
            let no = u32::try_from(no)?;
            let short = || Error::fault("a wrapped key is cut short");
            let (nonce, body) = wrapped.split_first_chunk::<12>().ok_or_else(short)?;
            let aad = format!("{}|{purpose}|{no}", tenant.raw());
            let plain = self
                .master
                .decrypt(&(*nonce).into(), Payload { msg: body, aad: aad.as_bytes() })
                .map_err(|_| {
                    Error::fault("the master key does not open this database: use the key file it was made with")
                })?;
            let key: [u8; 32] = plain.try_into().map_err(|_| short())?;
            if purpose == PURPOSE_DATA {
                current = current.max(no);
                data.insert(no, Cipher::new(Profile::of_name(&alg)?, &key)?);
            } else {
                index = Some((Secret::new(key), Profile::of_name(&alg)?));
            }
        }
        let (index, profile) = index.ok_or_else(|| Error::fault("a tenant has no index key"))?;
        Ok(TenantKeys { tenant, current, data, index, profile, random: self.random.clone() })
    }
}

type KeyRow = (String, i64, String, Vec<u8>);

fn ensure_keys(tx: &Tx<'_>, alg: &str, fresh: &[Vec<u8>; 2]) -> Result<Vec<KeyRow>> {
    for (purpose, wrapped) in [PURPOSE_DATA, PURPOSE_INDEX].iter().zip(fresh) {
        tx.exec(
            "INSERT INTO tenant_key (tenant_id, purpose, key_no, alg, wrapped, created_at_ms) \
             VALUES ($1, $2, 1, $3, $4, $5) ON CONFLICT (tenant_id, purpose, key_no) DO NOTHING",
            params![tx.tenant(), purpose, alg, wrapped, tx.now()],
        )?;
    }
    tx.all(
        "SELECT purpose, key_no, alg, wrapped FROM tenant_key WHERE tenant_id = $1 ORDER BY key_no",
        params![tx.tenant()],
    )
}

/// Reads a key file (two hex digits a byte), making it on first start. Refuses a file others may read.
pub fn key_file<const N: usize>(path: &Path, random: &Random) -> Result<Secret<[u8; N]>> {
    let say = |what: &str| format!("key file {}: {what}", path.display());
    if !path.exists() {
        if let Some(dir) = path.parent() {
            std::fs::create_dir_all(dir).doing(say("its folder cannot be made"))?;
        }
        write_private(path, &random.hex(N)).doing(say("cannot be written"))?;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).doing(say("cannot be read"))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(Error::fault(say("others may read it; run chmod 600 on it")));
        }
    }
    let text = std::fs::read_to_string(path).doing(say("cannot be read"))?;
    let hex = text.trim();
    let bad = || Error::fault(say(&format!("must hold {} hexadecimal digits", N * 2)));
    if hex.len() != N * 2 || !hex.is_ascii() {
        return Err(bad());
    }
    let mut key = [0; N];
    for (i, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[i * 2..i * 2 + 2], 16).map_err(|_| bad())?;
    }
    Ok(Secret::new(key))
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(profile: Profile, tenant: i64) -> TenantKeys {
        let random = Random::seeded(tenant.unsigned_abs());
        let vault = Vault::new(&Secret::new([7; 32]), profile, random).unwrap();
        let tenant = TenantId::of(tenant);
        let row = |p: &str| {
            (p.to_owned(), 1, profile.name().to_owned(), vault.wrapped(tenant, p).unwrap())
        };
        vault.unwrap(tenant, vec![row(PURPOSE_DATA), row(PURPOSE_INDEX)]).unwrap()
    }

    #[test]
    fn a_sealed_value_opens_only_in_its_own_place_dp_03() {
        for profile in [Profile::Standard, Profile::National] {
            let (ours, theirs) = (keys(profile, 1), keys(profile, 2));
            let at = Place::new("turn.body_sealed", 5);
            let sealed = ours.seal(at, "余额 1,280.50".as_bytes()).unwrap();
            assert_eq!(ours.open_text(at, &sealed).unwrap(), "余额 1,280.50");
            assert!(ours.open(Place::new("turn.body_sealed", 6), &sealed).is_err());
            assert!(ours.open(Place::new("seat.body_sealed", 5), &sealed).is_err());
            assert!(theirs.open(at, &sealed).is_err());
            let mut bent = sealed.clone();
            *bent.last_mut().unwrap() ^= 1;
            assert!(ours.open(at, &bent).is_err());
            assert!(ours.open(at, &sealed[..10]).is_err());
        }
    }

    #[test]
    fn the_blind_index_differs_between_tenants_and_names_dp_03() {
        let (ours, theirs) = (keys(Profile::Standard, 1), keys(Profile::Standard, 2));
        assert_eq!(ours.blind("card", "1"), ours.blind("card", "1"));
        assert_ne!(ours.blind("card", "1"), ours.blind("mobile", "1"));
        assert_ne!(ours.blind("card", "1"), theirs.blind("card", "1"));
    }

    #[test]
    fn a_master_key_others_may_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys/master.key");
        let first = key_file::<32>(&path, &Random::seeded(3)).unwrap();
        assert_eq!(key_file::<32>(&path, &Random::seeded(4)).unwrap().reveal(), first.reveal());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
            let e = key_file::<32>(&path, &Random::seeded(3)).unwrap_err();
            assert!(e.to_string().contains("chmod 600"), "{e}");
        }
    }
}
