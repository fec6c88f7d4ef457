//! Sealing of personal data at rest (DP-03, DP-04, DP-06): master key → a tenant's keys → columns.
//!
//! A sealed value is `[format 1][alg 1][key no 4][nonce 12][ciphertext][tag 16]`; its place (tenant, column, row) is
//! bound as associated data, so a value moved to another row or tenant does not open. Look-ups go through a keyed
//! blind index, never a plain hash. Not for: TLS, WeChat's envelope, or passwords.

mod blind;
#[cfg(test)]
mod changing;
pub mod columns;
mod master;
pub mod reindex;
pub mod rewrap;
pub mod rotation;
#[cfg(test)]
mod tests;

use aes_gcm::AesGcm;
use aes_gcm::aead::consts::U12;
use aes_gcm_siv::Aes256GcmSiv;
use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use base::{Context, Error, Fault, IdMap, Random, Result, Secret, TenantId, Time};
pub use blind::Blind;
pub(crate) use blind::hmac_sha256;
use db::{Db, FromRow, Row, Scope, Tx, params};
pub use master::Masters;
use master::Opener;
use sm4::Sm4;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

const FORMAT: u8 = 1;
const HEADER: usize = 18;
const PURPOSE_DATA: &str = "data";
const PURPOSE_INDEX: &str = "index";
/// How long opening a value waits for a key this process has not read yet.
const FETCH: Duration = Duration::from_secs(2);

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

/// A tenant's keys as of one reading.
struct Ring {
    /// What new values are sealed with.
    current: u32,
    data: IdMap<u32, Arc<Cipher>>,
    /// What look-ups go by: first the one new values are hashed with, then those that may still stand in rows, or soon
    /// will.
    index: Vec<IndexKey>,
    made_of: Stand,
}

struct IndexKey {
    no: u32,
    key: Secret<[u8; 32]>,
    profile: Profile,
}

/// What of the rows of keys decides how they are used; another one asks for another ring.
#[derive(PartialEq, Eq)]
struct Stand {
    data: usize,
    current: u32,
    /// In the order of [`Ring::index`].
    index: Vec<u32>,
}

impl Stand {
    fn of(rows: &[KeyRow], now: Time) -> Result<Self> {
        let of = |purpose: &'static str| rows.iter().filter(move |r| r.purpose == purpose);
        // Once nothing is left of older ones, a key begins the list.
        let done = of(PURPOSE_INDEX).filter(|r| r.moved_at.is_some()).map(|r| r.no).max();
        let live: Vec<_> = of(PURPOSE_INDEX).filter(|r| r.no >= done.unwrap_or(1)).collect();
        let first = current(live.iter().copied(), now)?;
        let others = live.iter().map(|r| u32::try_from(r.no)).filter(|no| *no != Ok(first));
        let mut index = vec![first];
        for no in others {
            index.push(no?);
        }
        let data = of(PURPOSE_DATA).count();
        Ok(Self { data, current: current(of(PURPOSE_DATA), now)?, index })
    }
}

/// One tenant's keys, opened. All holders see a new key as soon as one of them has read it.
pub struct TenantKeys {
    tenant: TenantId,
    ring: RwLock<Arc<Ring>>,
    opener: Arc<Opener>,
    /// Where a key is looked up that is not on the ring; none in pure tests.
    source: Option<Db>,
}

impl std::fmt::Debug for TenantKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TenantKeys({})", self.tenant)
    }
}

impl TenantKeys {
    fn ring(&self) -> Arc<Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
    fn put(&self, ring: Ring) {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
    }

    /// The number of the key new values are sealed with.
    pub fn current(&self) -> u32 {
        self.ring().current
    }

    fn aad(&self, at: Place) -> Vec<u8> {
        let mut aad = Vec::with_capacity(at.column.len() + 17);
        aad.extend_from_slice(&self.tenant.raw().to_be_bytes());
        aad.extend_from_slice(at.column.as_bytes());
        aad.push(b'|');
        aad.extend_from_slice(&at.row.to_be_bytes());
        aad
    }

    pub fn seal(&self, at: Place, plain: &[u8]) -> Result<Vec<u8>> {
        let ring = self.ring();
        let cipher = ring.data.get(&ring.current).ok_or_else(|| Error::fault("no current key"))?;
        let nonce: [u8; 12] = self.opener.random.bytes();
        let body = cipher.encrypt(nonce, plain, &self.aad(at))?;
        let mut out = Vec::with_capacity(HEADER + body.len());
        out.extend_from_slice(&[FORMAT, cipher.alg()]);
        out.extend_from_slice(&ring.current.to_be_bytes());
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
        let no = key_number(sealed).ok_or_else(short)?;
        let cipher = match self.ring().data.get(&no) {
            Some(cipher) => cipher.clone(),
            None => self.fetch(no)?,
        };
        if cipher.alg() != head[1] {
            return Err(Error::fault(format!("key {no} is of another kind than {}", at.column)));
        }
        let mut nonce = [0; 12];
        nonce.copy_from_slice(&head[6..HEADER]);
        cipher.decrypt(nonce, body, &self.aad(at)).doing(at.column)
    }

    /// A key another process made and this one has not read.
    fn fetch(&self, no: u32) -> Result<Arc<Cipher>> {
        self.read_again().doing(format!("key {no} is not on the ring of {}", self.tenant))?;
        let cipher = self.ring().data.get(&no).cloned();
        cipher.ok_or_else(|| Error::fault(format!("no key {no} in the ring of {}", self.tenant)))
    }

    /// Reads the keys there and then. A new key is used only minutes after it was published, so this is the net under a
    /// process whose rounds stood still; it may block the thread for a moment.
    fn read_again(&self) -> Result<()> {
        let db = self.source.clone().ok_or_else(|| Error::fault("there is nowhere to read it"))?;
        let (tenant, opener) = (self.tenant, self.opener.clone());
        let reading = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
            let rows = db.read(Scope::Tenant(tenant), move |tx| Ok((key_rows(tx)?, tx.now())));
            let (rows, now) =
                runtime.block_on(async { tokio::time::timeout(FETCH, rows).await })??;
            opener.ring(tenant, rows, now)
        });
        let ring = reading.join().map_err(|_| Error::fault("reading a key panicked"))??;
        self.put(ring);
        metrics::counter!("weiyin_keys_fetched_total").increment(1);
        Ok(())
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
}

/// The number of the key a value is sealed with.
pub fn key_number(sealed: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(sealed.get(2..6)?.try_into().ok()?))
}

/// Opens tenants' keys with the master key and keeps them.
pub struct Vault {
    opener: Arc<Opener>,
    tenants: RwLock<IdMap<TenantId, Arc<TenantKeys>>>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vault({:?})", self.opener.profile)
    }
}

impl Vault {
    pub fn new(masters: &Masters, profile: Profile, random: Random) -> Result<Self> {
        let opener = Arc::new(Opener::new(masters, profile, random)?);
        Ok(Self { opener, tenants: RwLock::default() })
    }

    /// The tenant's keys, made on first use.
    pub async fn tenant(&self, db: &Db, tenant: TenantId) -> Result<Arc<TenantKeys>> {
        if let Some(keys) = self.known(tenant) {
            return Ok(keys);
        }
        let opener = &self.opener;
        let fresh =
            [opener.wrapped(tenant, PURPOSE_DATA, 1)?, opener.wrapped(tenant, PURPOSE_INDEX, 1)?];
        let alg = opener.profile.name();
        let (rows, now) = db
            .write(Scope::Tenant(tenant), move |tx| {
                ensure_keys(tx, alg, &fresh)?;
                Ok((key_rows(tx)?, tx.now()))
            })
            .await
            .doing("reading a tenant's keys")?;
        let keys = Arc::new(TenantKeys {
            tenant,
            ring: RwLock::new(Arc::new(opener.ring(tenant, rows, now)?)),
            opener: opener.clone(),
            source: Some(db.clone()),
        });
        let mut all = self.tenants.write().unwrap_or_else(PoisonError::into_inner);
        Ok(all.entry(tenant).or_insert(keys).clone())
    }

    /// The tenant's keys if they were opened before; no I/O.
    pub fn known(&self, tenant: TenantId) -> Option<Arc<TenantKeys>> {
        self.tenants.read().unwrap_or_else(PoisonError::into_inner).get(&tenant).cloned()
    }

    /// Reads the keys of all known tenants again: a new one is known before it is used, and used from its moment on.
    pub async fn refresh(&self, db: &Db) -> Result<()> {
        let known: Vec<_> = {
            let all = self.tenants.read().unwrap_or_else(PoisonError::into_inner);
            all.values().cloned().collect()
        };
        for keys in known {
            let unit = move |tx: &Tx<'_>| Ok((key_rows(tx)?, tx.now()));
            let (rows, now) = db
                .read(Scope::Tenant(keys.tenant), unit)
                .await
                .doing("reading a tenant's keys again")?;
            self.opener.look_who_wrapped(keys.tenant, &rows);
            if Stand::of(&rows, now)? != keys.ring().made_of {
                keys.put(self.opener.ring(keys.tenant, rows, now)?);
            }
        }
        Ok(())
    }
}

/// The newest key whose time has come. The first is never waited for: before it there is none.
fn current<'a>(data: impl Iterator<Item = &'a KeyRow>, now: Time) -> Result<u32> {
    let usable = data.filter(|r| r.no == 1 || r.use_from <= now).map(|r| r.no);
    Ok(u32::try_from(usable.max().unwrap_or(0))?)
}

struct KeyRow {
    purpose: String,
    no: i64,
    alg: String,
    wrapped: Vec<u8>,
    use_from: Time,
    /// Since when nothing is left of older keys.
    moved_at: Option<Time>,
}
impl FromRow for KeyRow {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            purpose: r.next()?,
            no: r.next()?,
            alg: r.next()?,
            wrapped: r.next()?,
            use_from: r.next()?,
            moved_at: r.next()?,
        })
    }
}

fn ensure_keys(tx: &Tx<'_>, alg: &str, fresh: &[Vec<u8>; 2]) -> Result<()> {
    for (purpose, wrapped) in [PURPOSE_DATA, PURPOSE_INDEX].iter().zip(fresh) {
        tx.exec(
            "INSERT INTO tenant_key (tenant_id, purpose, key_no, alg, wrapped, created_at_ms) \
             VALUES ($1, $2, 1, $3, $4, $5) ON CONFLICT (tenant_id, purpose, key_no) DO NOTHING",
            params![tx.tenant(), purpose, alg, wrapped, tx.now()],
        )?;
    }
    Ok(())
}

fn key_rows(tx: &Tx<'_>) -> Result<Vec<KeyRow>> {
    tx.all(
        "SELECT purpose, key_no, alg, wrapped, use_from_ms, resealed_at_ms FROM tenant_key \
         WHERE tenant_id = $1 ORDER BY key_no",
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
    let text = read_private(path)?;
    let hex = text.reveal().trim();
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

/// What stands in a file that holds a secret. Refuses one that others may read.
pub(crate) fn read_private(path: &Path) -> Result<Secret<String>> {
    let say = |what: &str| format!("key file {}: {what}", path.display());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).doing(say("cannot be read"))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(Error::fault(say("others may read it; run chmod 600 on it")));
        }
    }
    Ok(Secret::new(std::fs::read_to_string(path).doing(say("cannot be read"))?))
}

/// A new database file is ours alone; SQLite gives its log the same rights. Where this fails, opening says why.
pub(crate) fn private_place(path: &Path) {
    if let Some(folder) = path.parent() {
        let _ = std::fs::create_dir_all(folder);
    }
    let _ = write_private(path, "");
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
