//! Rows of the inbox.

use super::{Taken, Via};
use crate::audit::{self, Actor};
use crate::vault::{Place, TenantKeys};
use base::{Error, Result, Time};
use corebank::feed::Event;
use db::{Tx, params};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

const EVENT: &str = "core_inbox.event";
/// Contradicted numbers of one page that the audit trail names.
const NOTED_MAX: usize = 10;
/// Events looked at in one step when a gap has closed.
const STEP: i64 = 1_000;

/// How an institution's stream stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    /// Whole up to here; 0 before the first event.
    pub last: i64,
    pub gap_since: Option<Time>,
    pub(super) is_alarmed: bool,
    /// The core numbers nothing, so numbers are given here.
    pub is_numbered_here: bool,
    /// Events that came again with something else in them.
    pub contradicted: i64,
}

pub(super) fn stream(tx: &Tx<'_>) -> Result<Stream> {
    let row: Option<(i64, Option<Time>, i64, i64, i64)> = tx.opt(
        "SELECT last_seq, gap_since_ms, is_alarmed, contradicted, numbered_here FROM core_stream WHERE tenant_id = $1",
        params![tx.tenant()],
    )?;
    let (last, gap_since, alarmed, contradicted, here) = row.unwrap_or_default();
    let (is_alarmed, is_numbered_here) = (alarmed != 0, here != 0);
    Ok(Stream { last, gap_since, is_alarmed, is_numbered_here, contradicted })
}

/// The stream of an institution whose core numbers nothing, held; its last number.
pub(super) fn hold_here(tx: &Tx<'_>) -> Result<i64> {
    let last = hold(tx)?.last;
    let is_ours = tx.exec_one(
        "UPDATE core_stream SET numbered_here = 1 WHERE tenant_id = $1 AND (numbered_here = 1 OR last_seq = 0)",
        params![tx.tenant()],
    )?;
    if is_ours { Ok(last) } else { Err(Error::fault("this stream has the core's own numbers")) }
}

/// The stream, held against whoever takes events of the same institution meanwhile.
fn hold(tx: &Tx<'_>) -> Result<Stream> {
    tx.exec(
        "INSERT INTO core_stream (tenant_id, last_seq, is_alarmed, contradicted) VALUES ($1, 0, 0, 0) ON CONFLICT DO NOTHING",
        params![tx.tenant()],
    )?;
    tx.exec(
        "UPDATE core_stream SET last_seq = last_seq WHERE tenant_id = $1",
        params![tx.tenant()],
    )?;
    stream(tx)
}

pub(super) fn take(tx: &Tx<'_>, keys: &TenantKeys, via: Via, events: &[Event]) -> Result<Taken> {
    let before = hold(tx)?;
    if before.is_numbered_here != (via == Via::Iso) {
        return Err(Error::fault("this stream is numbered by the other side"));
    }
    let digests = events.iter().map(digest).collect::<Result<Vec<_>>>()?;
    if via == Via::Push {
        let contradicted = contradictions(tx, events, &digests)?;
        if !contradicted.is_empty() {
            return refuse(tx, &before, &contradicted);
        }
    }
    let mut contradicted = 0;
    for (event, digest) in events.iter().zip(&digests) {
        let is_new = event.seq > before.last && put(tx, keys, via, event, digest)?;
        if !is_new && kept(tx, event.seq)?.is_some_and(|first| first != *digest) {
            contradicted += 1;
        }
    }
    let last = whole_until(tx, before.last)?;
    let highest: i64 = tx.one(
        "SELECT COALESCE(MAX(seq), 0) FROM core_inbox WHERE tenant_id = $1",
        params![tx.tenant()],
    )?;
    let has_gap = highest > last;
    // A gap that is another one begins anew.
    let since = match before.gap_since {
        _ if !has_gap => None,
        Some(since) if last == before.last => Some(since),
        _ => Some(tx.now()),
    };
    let is_alarmed = before.is_alarmed && since == before.gap_since && has_gap;
    tx.exec(
        "UPDATE core_stream SET last_seq = $1, gap_since_ms = $2, is_alarmed = $3, contradicted = contradicted + $4 \
         WHERE tenant_id = $5",
        params![last, since, i64::from(is_alarmed), i64::try_from(contradicted)?, tx.tenant()],
    )?;
    Ok(Taken { last, has_gap, contradicted })
}

/// Of what came; [`Error::fault`] for a number that is none.
fn digest(event: &Event) -> Result<Vec<u8>> {
    if event.seq < 1 {
        return Err(Error::fault("an event's number is none"));
    }
    Ok(Sha256::digest(serde_json::to_vec(event)?).to_vec())
}

/// Numbers of events that are known with something else in them, before the page or in it.
fn contradictions(tx: &Tx<'_>, events: &[Event], digests: &[Vec<u8>]) -> Result<Vec<i64>> {
    let mut page: BTreeMap<i64, &Vec<u8>> = BTreeMap::new();
    let mut contradicted = vec![];
    for (event, digest) in events.iter().zip(digests) {
        let is_other = *page.entry(event.seq).or_insert(digest) != digest;
        if is_other || kept(tx, event.seq)?.is_some_and(|first| first != *digest) {
            contradicted.push(event.seq);
        }
    }
    Ok(contradicted)
}

/// Keeps nothing of a push but that it came.
fn refuse(tx: &Tx<'_>, before: &Stream, numbers: &[i64]) -> Result<Taken> {
    let contradicted = numbers.len();
    tx.exec(
        "UPDATE core_stream SET contradicted = contradicted + $1 WHERE tenant_id = $2",
        params![i64::try_from(contradicted)?, tx.tenant()],
    )?;
    for seq in numbers.iter().take(NOTED_MAX) {
        let subject = format!("event:{seq}");
        audit::note(tx, Actor::House("core"), "core.push", &subject, "refused", "contradicted")?;
    }
    Ok(Taken { last: before.last, has_gap: before.gap_since.is_some(), contradicted })
}

fn put(tx: &Tx<'_>, keys: &TenantKeys, via: Via, event: &Event, digest: &[u8]) -> Result<bool> {
    tx.exec_one(
        "INSERT INTO core_inbox (tenant_id, seq, event_sealed, digest, via, came_at_ms) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT DO NOTHING",
        params![
            tx.tenant(),
            event.seq,
            keys.seal_json(Place::new(EVENT, event.seq), event)?,
            digest,
            via.word(),
            tx.now()
        ],
    )
}

fn kept(tx: &Tx<'_>, seq: i64) -> Result<Option<Vec<u8>>> {
    tx.opt(
        "SELECT digest FROM core_inbox WHERE tenant_id = $1 AND seq = $2",
        params![tx.tenant(), seq],
    )
}

/// The last number before the first that is missing.
fn whole_until(tx: &Tx<'_>, mut last: i64) -> Result<i64> {
    loop {
        let next: Vec<i64> = tx.all(
            "SELECT seq FROM core_inbox WHERE tenant_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
            params![tx.tenant(), last, STEP],
        )?;
        let is_page = i64::try_from(next.len())? == STEP;
        let before = last;
        for seq in next {
            if seq != last + 1 {
                return Ok(last);
            }
            last = seq;
        }
        if !is_page || last == before {
            return Ok(last);
        }
    }
}

pub(super) fn read(tx: &Tx<'_>, keys: &TenantKeys, after: i64, limit: i64) -> Result<Vec<Event>> {
    let rows: Vec<(i64, Vec<u8>)> = tx.all(
        "SELECT seq, event_sealed FROM core_inbox WHERE tenant_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4",
        params![tx.tenant(), after, stream(tx)?.last, limit],
    )?;
    let open = |(seq, sealed): (i64, Vec<u8>)| keys.open_json(Place::new(EVENT, seq), &sealed);
    rows.into_iter().map(open).collect()
}

/// True for the one that says so.
pub(super) fn alarm(tx: &Tx<'_>) -> Result<bool> {
    tx.exec_one(
        "UPDATE core_stream SET is_alarmed = 1 WHERE tenant_id = $1 AND is_alarmed = 0 AND gap_since_ms IS NOT NULL",
        params![tx.tenant()],
    )
}
