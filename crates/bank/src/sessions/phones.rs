//! On which phone a page is open: a cookie of its own tells phones apart, so that a new one can be asked for more (TA-09).
//!
//! WeChat does not say on which device somebody is logged in, hence a cookie that outlives sessions. It proves nothing by itself
//! and opens nothing; the bank keeps only its hash. Not for: counting or following customers across banks or accounts.

use super::{SessionId, hash};
use crate::followers::FollowerId;
use base::Result;
use db::{Tx, params};

/// How many of a follower's phones are remembered.
const KEPT: i64 = 10;
const BYTES: usize = 16;
/// A year, begun anew with each page that is opened.
pub const COOKIE_S: i64 = 31_536_000;

/// A page was opened on the phone that shows this cookie; returns the cookie it has from now on. A follower's first phone needs no
/// proof: they bind on it, by a code.
pub fn meet(tx: &Tx<'_>, follower: FollowerId, slug: &str, cookie: Option<&str>) -> Result<String> {
    let is_ours = |c: &&str| {
        c.len() == BYTES * 2 && c.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let cookie = cookie.filter(is_ours).map_or_else(|| tx.random().hex(BYTES), str::to_owned);
    keep(tx, follower, slug, &hash(&cookie))?;
    Ok(cookie)
}

fn keep(tx: &Tx<'_>, follower: FollowerId, slug: &str, phone: &[u8]) -> Result<()> {
    let (tenant, now) = (tx.tenant(), tx.now());
    tx.exec(
        "UPDATE session SET phone_hash = $1 WHERE tenant_id = $2 AND slug = $3",
        params![phone, tenant, slug],
    )?;
    let seen = "UPDATE phone SET seen_at_ms = $1 WHERE tenant_id = $2 AND follower_id = $3 AND phone_hash = $4";
    if tx.exec(seen, params![now, tenant, follower, phone])? == 1 {
        return Ok(());
    }
    let known = "SELECT COUNT(*) FROM phone WHERE tenant_id = $1 AND follower_id = $2";
    let is_first = tx.opt::<i64>(known, params![tenant, follower])?.unwrap_or(0) == 0;
    tx.exec(
        "INSERT INTO phone (tenant_id, follower_id, phone_hash, seen_at_ms, proved_at_ms) VALUES ($1, $2, $3, $4, $5)",
        params![tenant, follower, phone, now, is_first.then(|| now.ms())],
    )?;
    tx.exec(
        "DELETE FROM phone WHERE tenant_id = $1 AND follower_id = $2 AND phone_hash NOT IN \
         (SELECT phone_hash FROM phone WHERE tenant_id = $1 AND follower_id = $2 ORDER BY seen_at_ms DESC, phone_hash LIMIT $3)",
        params![tenant, follower, KEPT],
    )?;
    Ok(())
}

/// Who sits at this page proved who they are, by more than the PIN.
pub fn prove(tx: &Tx<'_>, session: SessionId) -> Result<()> {
    tx.exec(
        "UPDATE phone SET proved_at_ms = $1 WHERE tenant_id = $2 AND proved_at_ms IS NULL AND (follower_id, phone_hash) IN \
         (SELECT follower_id, phone_hash FROM session WHERE tenant_id = $2 AND id = $3)",
        params![tx.now(), tx.tenant(), session],
    )?;
    Ok(())
}

/// Whether nothing was ever proved on the phone this page is open on.
pub fn is_new(tx: &Tx<'_>, session: SessionId) -> Result<bool> {
    let found = tx.opt::<i64>(
        "SELECT 1 FROM session s JOIN phone p ON p.tenant_id = s.tenant_id AND p.follower_id = s.follower_id AND p.phone_hash = s.phone_hash \
         WHERE s.tenant_id = $1 AND s.id = $2 AND p.proved_at_ms IS NOT NULL",
        params![tx.tenant(), session],
    )?;
    Ok(found.is_none())
}
