//! Channel PINs (微信银行密码): kept only as a salted, peppered Argon2id hash.

use crate::day::Day;
use crate::error::Reject;
use crate::model::PinState;
use crate::sandbox::counter;
use crate::sandbox::queries::Said;
use crate::sandbox::seal::TenantKeys;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use base::{Error, Random, Result, Secret};
use db::{Tx, params};

/// Digits of a channel PIN.
pub(crate) const DIGITS: usize = 6;
/// Wrong tries a day.
pub(crate) const TRIES_PER_DAY: i64 = 5;

fn argon(keys: &TenantKeys) -> Result<Argon2<'_>> {
    Argon2::new_with_secret(keys.pepper(), Algorithm::Argon2id, Version::V0x13, Params::default())
        .map_err(|e| Error::fault(format!("Argon2 does not take the pepper: {e}")))
}

/// Slow on purpose: call it off the runtime's threads.
pub(crate) fn hash(keys: &TenantKeys, pin: &Secret<String>, random: &Random) -> Result<String> {
    let salt: [u8; 16] = random.bytes();
    let hashed: PasswordHash = argon(keys)?
        .hash_password_with_salt(pin.reveal().as_bytes(), &salt)
        .map_err(|e| Error::fault(format!("hashing: {e}")))?;
    Ok(hashed.to_string())
}

/// Slow on purpose: call it off the runtime's threads.
pub(crate) fn is_right(keys: &TenantKeys, pin: &Secret<String>, hash: &str) -> Result<bool> {
    let hash = PasswordHash::new(hash).map_err(|e| Error::fault(format!("a stored hash: {e}")))?;
    Ok(argon(keys)?.verify_password(pin.reveal().as_bytes(), &hash).is_ok())
}

fn subject(cust_no: i64) -> String {
    format!("pin:{cust_no}")
}

/// Refuses an unknown customer.
pub(crate) fn known(tx: &Tx<'_>, cust_no: i64) -> Said<()> {
    let found: Option<i64> = tx.opt(
        "SELECT cust_no FROM core_customer WHERE tenant_id = $1 AND cust_no = $2",
        params![tx.tenant(), cust_no],
    )?;
    Ok(found.map(|_| ()).ok_or_else(|| Reject::NotFound.into()))
}

pub(crate) fn store(tx: &Tx<'_>, cust_no: i64, hash: &str) -> Result<()> {
    tx.exec(
        "INSERT INTO core_pin (tenant_id, cust_no, hash, set_at_ms) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, cust_no) DO UPDATE SET hash = $3, set_at_ms = $4",
        params![tx.tenant(), cust_no, hash, tx.now()],
    )?;
    clear(tx, cust_no)
}

/// Takes one try before anything is compared: the stored hash and how many tries are left if it is wrong.
pub(crate) fn take_try(tx: &Tx<'_>, cust_no: i64) -> Said<(String, u8)> {
    if let Err(e) = known(tx, cust_no)? {
        return Ok(Err(e));
    }
    let hash: Option<String> = tx.opt(
        "SELECT hash FROM core_pin WHERE tenant_id = $1 AND cust_no = $2",
        params![tx.tenant(), cust_no],
    )?;
    let Some(hash) = hash else {
        return Ok(Err(Reject::PinNotSet.into()));
    };
    let today = Day::at(tx.now());
    match counter::take(tx, &subject(cust_no), today, TRIES_PER_DAY)? {
        None => Ok(Err(Reject::PinLocked { until: today.end() }.into())),
        Some(used) => Ok(Ok((hash, u8::try_from(TRIES_PER_DAY - used)?))),
    }
}

/// Whether a PIN is set, and how its tries stand.
pub(crate) fn state(tx: &Tx<'_>, cust_no: i64) -> Said<PinState> {
    if let Err(e) = known(tx, cust_no)? {
        return Ok(Err(e));
    }
    let set: Option<i64> = tx.opt(
        "SELECT cust_no FROM core_pin WHERE tenant_id = $1 AND cust_no = $2",
        params![tx.tenant(), cust_no],
    )?;
    let today = Day::at(tx.now());
    let used = counter::used(tx, &subject(cust_no), today)?;
    let left = (TRIES_PER_DAY - used).max(0);
    Ok(Ok(PinState {
        is_set: set.is_some(),
        left: u8::try_from(left)?,
        locked_until: (left == 0).then(|| today.end()),
    }))
}

/// The PIN was right: the day's tries begin anew.
pub(crate) fn clear(tx: &Tx<'_>, cust_no: i64) -> Result<()> {
    counter::clear(tx, &subject(cust_no), Day::at(tx.now()))
}
