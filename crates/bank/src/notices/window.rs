//! WeChat's window for customer-service messages (客服消息), as we know it before a call: a message of the follower allows
//! [`ALLOWED`] of ours for [`OPEN_MS`] (protocol §9.1).
//!
//! What was spent is counted since the follower's last message, so nothing is written while people only write to us. Not for: what
//! a tap, a scan or following allows (`taps`); WeChat's own count, which decides.

use crate::followers::FollowerId;
use crate::followers::behind::Behind;
use base::{Result, Time};
use db::{Tx, params};

/// Messages of ours after one of theirs.
const ALLOWED: i64 = 5;
/// For so long: 48 hours, and a minute for clocks that differ.
const OPEN_MS: i64 = 48 * 3_600_000 - 60_000;
/// Events (taps, scans) between the newest turn and the last message that are looked through.
const TURNS_BACK_MAX: usize = 8;
/// WeChat said that it is shut: nothing is left, whatever we counted.
const ALL: i64 = 1_000;

/// The key and time of the follower's last message, if it is not too many events ago.
fn last_message(tx: &Tx<'_>, behind: &Behind, follower: FollowerId) -> Result<Option<(i64, Time)>> {
    let seat: Option<(i64, i64)> = tx.opt(
        "SELECT version, last_key FROM seat WHERE tenant_id = $1 AND follower_id = $2",
        params![tx.tenant(), follower],
    )?;
    let Some((version, kept)) = seat else { return Ok(None) };
    let newer = behind.newer(follower, version).filter(|s| s.tenant == tx.tenant());
    let mut key = newer.map_or(kept, |s| s.last_key);
    for _ in 0..TURNS_BACK_MAX {
        let turn: Option<(Time, i64)> = tx.opt(
            "SELECT at_ms, previous_key FROM turn WHERE tenant_id = $1 AND message_key = $2 AND follower_id = $3",
            params![tx.tenant(), key, follower],
        )?;
        let Some((at, previous)) = turn else { return Ok(None) };
        // Events have keys below zero.
        if key > 0 {
            return Ok(Some((key, at)));
        }
        key = previous;
    }
    Ok(None)
}

/// Messages that are left now.
///
/// # Errors
/// The database.
pub fn left(tx: &Tx<'_>, behind: &Behind, follower: FollowerId) -> Result<i64> {
    let Some((key, at)) = last_message(tx, behind, follower)? else { return Ok(0) };
    if tx.now().since(at) >= OPEN_MS {
        return Ok(0);
    }
    let spent: Option<i64> = tx.opt(
        "SELECT spent FROM follower_window WHERE tenant_id = $1 AND follower_id = $2 AND since_key = $3",
        params![tx.tenant(), follower, key],
    )?;
    Ok((ALLOWED - spent.unwrap_or(0)).max(0))
}

/// One was spent.
///
/// # Errors
/// The database.
pub fn spend(tx: &Tx<'_>, behind: &Behind, follower: FollowerId) -> Result<()> {
    add(tx, behind, follower, 1)
}

/// WeChat says that nothing is left.
///
/// # Errors
/// The database.
pub fn shut(tx: &Tx<'_>, behind: &Behind, follower: FollowerId) -> Result<()> {
    add(tx, behind, follower, ALL)
}

fn add(tx: &Tx<'_>, behind: &Behind, follower: FollowerId, n: i64) -> Result<()> {
    let Some((key, _)) = last_message(tx, behind, follower)? else { return Ok(()) };
    tx.exec(
        "INSERT INTO follower_window (tenant_id, follower_id, since_key, spent) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (tenant_id, follower_id) DO UPDATE SET \
         spent = CASE WHEN follower_window.since_key = excluded.since_key THEN follower_window.spent ELSE 0 END + excluded.spent, \
         since_key = excluded.since_key",
        params![tx.tenant(), follower, key, n],
    )?;
    Ok(())
}
