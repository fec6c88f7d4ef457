//! Rows of messages, and the numbers of their events.

use super::meaning::Told;
use crate::audit::{self, Actor};
use crate::core_inbox::{Via, store as inbox};
use crate::vault::TenantKeys;
use base::{Error, Result};
use corebank::feed::{Event, Happened};
use db::{Tx, params};

/// How long a message is known; a core does not store longer.
pub const KEEP_MS: i64 = 35 * base::DAY_MS;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    Now,
    Before,
    Contradicted,
}

/// Keeps a message's events under the next numbers, once.
pub(super) fn take(tx: &Tx<'_>, keys: &TenantKeys, told: &Told) -> Result<Kept> {
    // Whoever takes messages of this institution waits here for each other.
    let last = inbox::hold_here(tx)?;
    let known: Option<Vec<u8>> = tx.opt(
        "SELECT digest FROM core_iso WHERE tenant_id = $1 AND message_key = $2",
        params![tx.tenant(), told.key],
    )?;
    match known {
        Some(digest) if digest == told.digest => return Ok(Kept::Before),
        Some(_) => return contradicted(tx, &told.key),
        None => {}
    }
    let count = i64::try_from(told.events.len())?;
    tx.exec(
        "INSERT INTO core_iso (tenant_id, message_key, digest, first_seq, core_serial, came_at_ms) VALUES ($1, $2, $3, $4, $5, $6)",
        params![
            tx.tenant(),
            told.key,
            told.digest,
            (count > 0).then_some(last + 1),
            told.core_serial,
            tx.now()
        ],
    )?;
    let undone = undone(tx, told)?;
    let events: Vec<Event> = told
        .events
        .iter()
        .zip(last + 1..)
        .map(|(event, seq)| numbered(event.clone(), seq, undone.as_deref()))
        .collect();
    if !events.is_empty() {
        let taken = inbox::take(tx, keys, Via::Iso, &events)?;
        if taken.last != last + count {
            return Err(Error::fault("numbers given here are not the next ones"));
        }
    }
    Ok(Kept::Now)
}

/// The core's serial of what a reversal takes back, where that came here.
fn undone(tx: &Tx<'_>, told: &Told) -> Result<Option<String>> {
    let Some(original) = &told.original else { return Ok(None) };
    tx.opt(
        "SELECT core_serial FROM core_iso WHERE tenant_id = $1 AND message_key = $2",
        params![tx.tenant(), original],
    )
}

fn numbered(mut event: Event, seq: i64, undone: Option<&str>) -> Event {
    event.seq = seq;
    if let (Happened::Entry(entry), Some(serial)) = (&mut event.what, undone) {
        entry.reverses = Some(serial.to_owned());
    }
    event
}

fn contradicted(tx: &Tx<'_>, key: &[u8]) -> Result<Kept> {
    tx.exec(
        "UPDATE core_stream SET contradicted = contradicted + 1 WHERE tenant_id = $1",
        params![tx.tenant()],
    )?;
    let subject = format!("message:{}", corebank::recon::hex(key.get(..8).unwrap_or(key)));
    audit::note(tx, Actor::House("core"), "core.iso8583", &subject, "refused", "contradicted")?;
    Ok(Kept::Contradicted)
}
