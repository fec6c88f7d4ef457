//! Channel PINs (微信银行密码): kept only as a salted value under the pepper, as a bank's HSM keeps one (PIN verification value).
//!
//! Six digits are tried out in a moment by whoever has the key, however slow the function is; without the key, which is not in the
//! database, not at all (ADR 32). Values of earlier versions (Argon2id) are still known, and changed when their PIN was right.

use crate::day::Day;
use crate::error::Reject;
use crate::model::{PinOutcome, PinState};
use crate::recon::hex;
use crate::sandbox::counter;
use crate::sandbox::queries::Said;
use crate::sandbox::seal::{TenantKeys, mac};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordVerifier, Version};
use base::{Error, Random, Result, Secret};
use db::{Tx, params};
use subtle::ConstantTimeEq;

/// Digits of a channel PIN.
pub(crate) const DIGITS: usize = 6;
/// Wrong tries a day.
pub(crate) const TRIES_PER_DAY: i64 = 5;
/// Before the salt and the value.
const FORM: &str = "pvv1$";
const SALT: usize = 16;

/// What is kept of a PIN.
pub(crate) fn value(keys: &TenantKeys, pin: &Secret<String>, random: &Random) -> Result<String> {
    let salt: [u8; SALT] = random.bytes();
    salted(keys, pin, &hex(&salt))
}

fn salted(keys: &TenantKeys, pin: &Secret<String>, salt: &str) -> Result<String> {
    let parts: [&[u8]; 3] = [FORM.as_bytes(), salt.as_bytes(), pin.reveal().as_bytes()];
    Ok(format!("{FORM}{salt}${}", hex(&mac(keys.pepper(), &parts)?)))
}

/// Whether it is the PIN of a kept value.
fn is_right(keys: &TenantKeys, pin: &Secret<String>, kept: &str) -> Result<bool> {
    let Some(rest) = kept.strip_prefix(FORM) else { return is_right_slow(keys, pin, kept) };
    let salt = rest.split('$').next().unwrap_or_default();
    Ok(bool::from(salted(keys, pin, salt)?.as_bytes().ct_eq(kept.as_bytes())))
}

/// True for a value that [`value`] would not make today.
fn is_old(kept: &str) -> bool {
    !kept.starts_with(FORM)
}

fn is_right_slow(keys: &TenantKeys, pin: &Secret<String>, kept: &str) -> Result<bool> {
    let kept = PasswordHash::new(kept).map_err(|e| Error::fault(format!("a stored hash: {e}")))?;
    let how = Argon2::new_with_secret(
        keys.pepper(),
        Algorithm::Argon2id,
        Version::V0x13,
        Params::default(),
    )
    .map_err(|e| Error::fault(format!("Argon2 does not take the pepper: {e}")))?;
    Ok(how.verify_password(pin.reveal().as_bytes(), &kept).is_ok())
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

pub(crate) fn store(tx: &Tx<'_>, cust_no: i64, value: &str) -> Result<()> {
    put(tx, cust_no, value)?;
    clear(tx, cust_no)
}

fn put(tx: &Tx<'_>, cust_no: i64, value: &str) -> Result<()> {
    tx.exec(
        "INSERT INTO core_pin (tenant_id, cust_no, hash, set_at_ms) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, cust_no) DO UPDATE SET hash = $3, set_at_ms = $4",
        params![tx.tenant(), cust_no, value, tx.now()],
    )?;
    Ok(())
}

/// One try: counted before anything is compared, and forgotten with all before it when it was right.
pub(crate) fn try_out(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    cust_no: i64,
    pin: &Secret<String>,
) -> Said<PinOutcome> {
    let (kept, left) = match take_try(tx, cust_no)? {
        Ok(taken) => taken,
        Err(e) => return Ok(Err(e)),
    };
    if !is_right(keys, pin, &kept)? {
        return Ok(Err(Reject::WrongPin { left }.into()));
    }
    if is_old(&kept) {
        put(tx, cust_no, &value(keys, pin, tx.random())?)?;
    }
    clear(tx, cust_no)?;
    Ok(Ok(PinOutcome { at: tx.now() }))
}

/// What is kept, and how many tries are left if it is wrong.
fn take_try(tx: &Tx<'_>, cust_no: i64) -> Said<(String, u8)> {
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

/// The day's tries begin anew.
pub(crate) fn clear(tx: &Tx<'_>, cust_no: i64) -> Result<()> {
    counter::clear(tx, &subject(cust_no), Day::at(tx.now()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::keys::derived;
    use argon2::PasswordHasher;
    use base::TenantId;

    fn keys(tenant: i64) -> TenantKeys {
        let tenant = TenantId::of(tenant);
        TenantKeys::new(tenant, &derived(&Secret::new([7; 32]), tenant).unwrap())
    }

    fn pin(digits: &str) -> Secret<String> {
        Secret::new(digits.to_owned())
    }

    #[test]
    fn a_value_is_of_one_pin_one_salt_and_one_key_ca_06() {
        let random = Random::seeded(1);
        let kept = value(&keys(1), &pin("274906"), &random).unwrap();
        assert!(is_right(&keys(1), &pin("274906"), &kept).unwrap());
        assert!(!is_right(&keys(1), &pin("274907"), &kept).unwrap(), "another PIN");
        assert!(!is_right(&keys(2), &pin("274906"), &kept).unwrap(), "another tenant's key");
        assert_ne!(kept, value(&keys(1), &pin("274906"), &random).unwrap(), "another salt");
        assert!(!kept.contains("274906") && !is_old(&kept));
        let cut = &kept[..kept.len() - 1];
        assert!(!is_right(&keys(1), &pin("274906"), cut).unwrap(), "cut short");
    }

    #[test]
    fn a_value_of_an_earlier_version_is_still_known_ca_06() {
        let keys = keys(1);
        let how = Argon2::new_with_secret(
            keys.pepper(),
            Algorithm::Argon2id,
            Version::V0x13,
            Params::default(),
        );
        let kept: PasswordHash = how.unwrap().hash_password_with_salt(b"274906", &[3; 16]).unwrap();
        let kept = kept.to_string();
        assert!(is_old(&kept));
        assert!(is_right(&keys, &pin("274906"), &kept).unwrap());
        assert!(!is_right(&keys, &pin("274907"), &kept).unwrap());
        assert!(is_right(&keys, &pin("274906"), "nonsense").is_err());
    }
}
