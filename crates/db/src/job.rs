//! The job table: errands written in the same unit of work as their reason.
//!
//! A job runs at least once, so what it does must be fine done twice. It carries ids and reads the
//! truth again. This module keeps the rows; what kinds there are and how they are tried again is the
//! product's affair.
//!
//! *Invariant*: of all workers that ever claimed a job, only the last one can record a result: each
//! claim raises the row's `epoch`, and every result is guarded by it.

use crate::tx::Tx;
use crate::{FromRow, Row, params};
use base::{Error, Id, Named, Result, TenantId, Time};

/// A row of the job table.
#[derive(Debug)]
pub enum JobRow {}
impl Named for JobRow {
    const PREFIX: &'static str = "job";
}

/// An errand to write with [`Tx::enqueue`].
#[derive(Debug, Clone, Copy)]
pub struct NewJob<'a> {
    pub tenant: TenantId,
    pub kind: &'a str,
    /// JSON. Ids only, never what they stand for.
    pub payload: &'a str,
    pub run_at: Time,
    /// While a job of this tenant, kind and key waits, another is not written.
    pub dedupe: Option<&'a str>,
}

/// A job that is ours until its lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    pub id: Id<JobRow>,
    pub tenant: TenantId,
    pub kind: String,
    pub payload: String,
    /// 1 for the first try. A try whose worker died counts.
    pub attempt: i64,
    pub epoch: i64,
}

impl FromRow for Claimed {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.next()?,
            tenant: row.next()?,
            kind: row.next()?,
            payload: row.next()?,
            attempt: row.next()?,
            epoch: row.next()?,
        })
    }
}

/// How many jobs there are, for metrics and for tests that leave nothing undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub waiting: i64,
    pub running: i64,
    pub dead: i64,
}

pub(crate) fn insert(tx: &Tx<'_>, job: &NewJob<'_>) -> Result<bool> {
    let id = tx.new_id::<JobRow>();
    if job.dedupe.is_none() {
        tx.exec_later(
            "INSERT INTO job (tenant_id, id, kind, payload, state, due_at_ms, attempt, epoch, made_at_ms)
             VALUES ($1, $2, $3, $4, 'waiting', $5, 0, 0, $6)",
            params![job.tenant, id, job.kind, job.payload, job.run_at, tx.now()],
        )?;
        return Ok(true);
    }
    let inserted = tx.exec(
        "INSERT INTO job (tenant_id, id, kind, payload, state, due_at_ms, dedupe, attempt, epoch, made_at_ms)
         VALUES ($1, $2, $3, $4, 'waiting', $5, $6, 0, 0, $7)
         ON CONFLICT (tenant_id, kind, dedupe) WHERE state = 'waiting' DO NOTHING",
        params![job.tenant, id, job.kind, job.payload, job.run_at, job.dedupe, tx.now()],
    )?;
    Ok(inserted == 1)
}

/// Takes up to `limit` due jobs for `lease_ms`, oldest first; a job whose lease ended is due again.
/// Needs [`Scope::House`](crate::Scope::House).
pub fn claim(tx: &Tx<'_>, limit: i64, lease_ms: i64, worker: &str) -> Result<Vec<Claimed>> {
    let mut jobs: Vec<Claimed> = tx.all(
        "UPDATE job SET state = 'running', attempt = attempt + 1, epoch = epoch + 1, worker = $1, due_at_ms = $2
         WHERE (tenant_id, id) IN (
             SELECT tenant_id, id FROM job WHERE state <> 'dead' AND due_at_ms <= $3
             ORDER BY due_at_ms, id LIMIT $4)
         RETURNING id, tenant_id, kind, payload, attempt, epoch",
        params![worker, tx.now().plus_ms(lease_ms), tx.now(), limit],
    )?;
    jobs.sort_by_key(|job| job.id);
    Ok(jobs)
}

/// It is done: the row goes. False when the lease ended and another worker has it.
pub fn finish(tx: &Tx<'_>, job: &Claimed) -> Result<bool> {
    tx.exec_one(
        "DELETE FROM job WHERE tenant_id = $1 AND id = $2 AND epoch = $3 AND state = 'running'",
        params![job.tenant, job.id, job.epoch],
    )
}

/// Still at it: the lease ends `lease_ms` from now. False when another worker has it.
pub fn extend(tx: &Tx<'_>, job: &Claimed, lease_ms: i64) -> Result<bool> {
    tx.exec_one(
        "UPDATE job SET due_at_ms = $4
         WHERE tenant_id = $1 AND id = $2 AND epoch = $3 AND state = 'running'",
        params![job.tenant, job.id, job.epoch, tx.now().plus_ms(lease_ms)],
    )
}

/// Try again at `at`; `note` says why, without personal data. When the same errand waits already,
/// that one does it and this row goes. False when another worker has it.
pub fn retry(tx: &Tx<'_>, job: &Claimed, at: Time, note: &str) -> Result<bool> {
    let superseded = tx.exec_one(
        "DELETE FROM job WHERE tenant_id = $1 AND id = $2 AND epoch = $3 AND state = 'running'
         AND EXISTS (SELECT 1 FROM job AS other WHERE other.tenant_id = job.tenant_id
             AND other.kind = job.kind AND other.dedupe = job.dedupe AND other.state = 'waiting')",
        params![job.tenant, job.id, job.epoch],
    )?;
    if superseded {
        return Ok(true);
    }
    tx.exec_one(
        "UPDATE job SET state = 'waiting', due_at_ms = $4, note = $5, worker = NULL
         WHERE tenant_id = $1 AND id = $2 AND epoch = $3 AND state = 'running'",
        params![job.tenant, job.id, job.epoch, at, note],
    )
}

/// Given up: the row stays for a person to look at. False when another worker has it.
pub fn fail(tx: &Tx<'_>, job: &Claimed, note: &str) -> Result<bool> {
    tx.exec_one(
        "UPDATE job SET state = 'dead', note = $4, worker = NULL
         WHERE tenant_id = $1 AND id = $2 AND epoch = $3 AND state = 'running'",
        params![job.tenant, job.id, job.epoch, note],
    )
}

/// A person says: try a dead job again, now. False when it is not dead.
pub fn revive(tx: &Tx<'_>, tenant: TenantId, id: Id<JobRow>) -> Result<bool> {
    tx.exec_one(
        "UPDATE job SET state = 'waiting', due_at_ms = $3
         WHERE tenant_id = $1 AND id = $2 AND state = 'dead'
         AND NOT EXISTS (SELECT 1 FROM job AS other WHERE other.tenant_id = job.tenant_id
             AND other.kind = job.kind AND other.dedupe = job.dedupe AND other.state = 'waiting')",
        params![tenant, id, tx.now()],
    )
}

/// How many jobs there are by state. Needs [`Scope::House`](crate::Scope::House).
pub fn counts(tx: &Tx<'_>) -> Result<Counts> {
    let rows: Vec<(String, i64)> =
        tx.all("SELECT state, COUNT(*) FROM job GROUP BY state", params![])?;
    let mut out = Counts::default();
    for (state, n) in rows {
        match state.as_str() {
            "waiting" => out.waiting = n,
            "running" => out.running = n,
            "dead" => out.dead = n,
            other => return Err(Error::fault(format!("a job in state {other}"))),
        }
    }
    Ok(out)
}
