//! Counters in fixed windows (CA-02, CA-05). They are rows, so they survive a restart.

use crate::vault::Blind;
use base::{Result, Time};
use db::{Tx, params};

/// A counted thing: at most `max` in `ms` from the first one.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub kind: &'static str,
    pub ms: i64,
    pub max: i64,
}

/// What was counted under another hash while the index key changes is counted under today's from now on.
fn gather(tx: &Tx<'_>, subject: &Blind, kind: &str) -> Result<()> {
    for old in subject.others() {
        let row: Option<(Time, i64)> = tx.opt(
            "SELECT window_start_ms, used FROM counter WHERE tenant_id = $1 AND subject = $2 AND kind = $3",
            params![tx.tenant(), old, kind],
        )?;
        let Some((start, used)) = row else { continue };
        tx.exec(
            "DELETE FROM counter WHERE tenant_id = $1 AND subject = $2 AND kind = $3",
            params![tx.tenant(), old, kind],
        )?;
        tx.exec(
            "INSERT INTO counter (tenant_id, subject, kind, window_start_ms, used) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (tenant_id, subject, kind) DO UPDATE SET used = counter.used + excluded.used",
            params![tx.tenant(), subject.now(), kind, start, used],
        )?;
    }
    Ok(())
}

/// Counts one more; false (and not counted) when the window is full.
pub fn count(tx: &Tx<'_>, subject: &Blind, window: Window) -> Result<bool> {
    gather(tx, subject, window.kind)?;
    let since = tx.now().ms() - window.ms;
    tx.exec(
        "INSERT INTO counter (tenant_id, subject, kind, window_start_ms, used) VALUES ($1, $2, $3, $4, 0) \
         ON CONFLICT (tenant_id, subject, kind) DO NOTHING",
        params![tx.tenant(), subject.now(), window.kind, tx.now()],
    )?;
    tx.exec(
        "UPDATE counter SET window_start_ms = $1, used = 0 \
         WHERE tenant_id = $2 AND subject = $3 AND kind = $4 AND window_start_ms <= $5",
        params![tx.now(), tx.tenant(), subject.now(), window.kind, since],
    )?;
    tx.exec_one(
        "UPDATE counter SET used = used + 1 WHERE tenant_id = $1 AND subject = $2 AND kind = $3 AND used < $4",
        params![tx.tenant(), subject.now(), window.kind, window.max],
    )
}

/// How long until none of these windows is full, in milliseconds; `None` when none is.
pub fn full(tx: &Tx<'_>, all: &[(&Blind, Window)]) -> Result<Option<i64>> {
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
pub fn count_all(tx: &Tx<'_>, all: &[(&Blind, Window)]) -> Result<Option<i64>> {
    let wait = full(tx, all)?;
    if wait.is_none() {
        for (subject, window) in all {
            count(tx, subject, *window)?;
        }
    }
    Ok(wait)
}

/// Takes one count back: what was counted ahead turned out to be no failure.
pub fn give_back(tx: &Tx<'_>, subject: &Blind, window: Window) -> Result<()> {
    gather(tx, subject, window.kind)?;
    tx.exec(
        "UPDATE counter SET used = used - 1 WHERE tenant_id = $1 AND subject = $2 AND kind = $3 AND used > 0",
        params![tx.tenant(), subject.now(), window.kind],
    )?;
    Ok(())
}

/// A window that is full now stays shut for its whole length from now on (CA-02: «then locked 24 h»).
pub fn lock_if_full(tx: &Tx<'_>, subject: &Blind, window: Window) -> Result<()> {
    gather(tx, subject, window.kind)?;
    tx.exec(
        "UPDATE counter SET window_start_ms = $1 WHERE tenant_id = $2 AND subject = $3 AND kind = $4 AND used >= $5",
        params![tx.now(), tx.tenant(), subject.now(), window.kind, window.max],
    )?;
    Ok(())
}

/// How many are left, and how long until the window opens again in milliseconds.
pub fn left(tx: &Tx<'_>, subject: &Blind, window: Window) -> Result<(i64, i64)> {
    let (mut used, mut wait) = (0, 0);
    for hash in subject.all() {
        let row: Option<(i64, i64)> = tx.opt(
            "SELECT used, window_start_ms FROM counter WHERE tenant_id = $1 AND subject = $2 AND kind = $3",
            params![tx.tenant(), hash, window.kind],
        )?;
        if let Some((more, start)) = row
            && start + window.ms > tx.now().ms()
        {
            used += more;
            wait = wait.max(start + window.ms - tx.now().ms());
        }
    }
    Ok(((window.max - used).max(0), wait))
}
