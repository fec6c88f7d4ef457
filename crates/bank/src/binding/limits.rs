//! Counters in fixed windows (CA-02, CA-05). They are rows, so they survive a restart.

use base::Result;
use db::{Tx, params};

/// A counted thing: at most `max` in `ms` from the first one.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub kind: &'static str,
    pub ms: i64,
    pub max: i64,
}

/// Counts one more; false (and not counted) when the window is full.
pub fn count(tx: &Tx<'_>, subject: &[u8], window: Window) -> Result<bool> {
    let since = tx.now().ms() - window.ms;
    tx.exec(
        "INSERT INTO counter (tenant_id, subject, kind, window_start_ms, used) VALUES ($1, $2, $3, $4, 0) \
         ON CONFLICT (tenant_id, subject, kind) DO NOTHING",
        params![tx.tenant(), subject, window.kind, tx.now()],
    )?;
    tx.exec(
        "UPDATE counter SET window_start_ms = $1, used = 0 \
         WHERE tenant_id = $2 AND subject = $3 AND kind = $4 AND window_start_ms <= $5",
        params![tx.now(), tx.tenant(), subject, window.kind, since],
    )?;
    tx.exec_one(
        "UPDATE counter SET used = used + 1 WHERE tenant_id = $1 AND subject = $2 AND kind = $3 AND used < $4",
        params![tx.tenant(), subject, window.kind, window.max],
    )
}

/// How long until none of these windows is full, in milliseconds; `None` when none is.
pub fn full(tx: &Tx<'_>, all: &[(&[u8], Window)]) -> Result<Option<i64>> {
    let mut wait = None;
    for (subject, window) in all {
        let (left, until) = left(tx, subject, *window)?;
        if left == 0 {
            wait = wait.max(Some(until));
        }
    }
    Ok(wait)
}

/// Counts one more in each of these windows, or in none: then it says how long to wait, in milliseconds.
pub fn count_all(tx: &Tx<'_>, all: &[(&[u8], Window)]) -> Result<Option<i64>> {
    let wait = full(tx, all)?;
    if wait.is_none() {
        for (subject, window) in all {
            count(tx, subject, *window)?;
        }
    }
    Ok(wait)
}

/// Takes one count back: what was counted ahead turned out to be no failure.
pub fn give_back(tx: &Tx<'_>, subject: &[u8], window: Window) -> Result<()> {
    tx.exec(
        "UPDATE counter SET used = used - 1 WHERE tenant_id = $1 AND subject = $2 AND kind = $3 AND used > 0",
        params![tx.tenant(), subject, window.kind],
    )?;
    Ok(())
}

/// A window that is full now stays shut for its whole length from now on (CA-02: «then locked 24 h»).
pub fn lock_if_full(tx: &Tx<'_>, subject: &[u8], window: Window) -> Result<()> {
    tx.exec(
        "UPDATE counter SET window_start_ms = $1 WHERE tenant_id = $2 AND subject = $3 AND kind = $4 AND used >= $5",
        params![tx.now(), tx.tenant(), subject, window.kind, window.max],
    )?;
    Ok(())
}

/// How many are left, and how long until the window opens again in milliseconds.
pub fn left(tx: &Tx<'_>, subject: &[u8], window: Window) -> Result<(i64, i64)> {
    let row: Option<(i64, i64)> = tx.opt(
        "SELECT used, window_start_ms FROM counter WHERE tenant_id = $1 AND subject = $2 AND kind = $3",
        params![tx.tenant(), subject, window.kind],
    )?;
    let Some((used, start)) = row else {
        return Ok((window.max, 0));
    };
    let wait = start + window.ms - tx.now().ms();
    if wait <= 0 { Ok((window.max, 0)) } else { Ok(((window.max - used).max(0), wait)) }
}
