//! Rows of copies.

use super::{Export, ExportId};
use crate::followers::FollowerId;
use crate::sessions::SessionId;
use crate::vault::{Place, TenantKeys};
use base::{Result, Time};
use db::{Tx, params};

const FILE: &str = "privacy_export.file";

/// A copy to be made; `None` when one is there or on its way.
pub(super) fn add(tx: &Tx<'_>, follower: FollowerId, life_ms: i64) -> Result<Option<ExportId>> {
    let id: ExportId = tx.new_id();
    let fresh = tx.exec(
        "INSERT INTO privacy_export (tenant_id, id, follower_id, state, asked_at_ms, ends_at_ms) \
         VALUES ($1, $2, $3, 'making', $4, $5) ON CONFLICT DO NOTHING",
        params![tx.tenant(), id, follower, tx.now(), tx.now().plus_ms(life_ms)],
    )? == 1;
    Ok(fresh.then_some(id))
}

pub(super) fn current(tx: &Tx<'_>, follower: FollowerId) -> Result<Option<Export>> {
    let row: Option<(ExportId, String, Time)> = tx.opt(
        "SELECT id, state, ends_at_ms FROM privacy_export WHERE tenant_id = $1 AND follower_id = $2 \
         AND state IN ('making', 'ready') AND ends_at_ms > $3",
        params![tx.tenant(), follower, tx.now()],
    )?;
    Ok(row.map(|(id, state, ends_at)| Export { id, is_ready: state == "ready", ends_at }))
}

/// Whom it is for and when it was asked for, while it is to be made.
pub(super) fn wanted(tx: &Tx<'_>, id: ExportId) -> Result<Option<(FollowerId, Time)>> {
    tx.opt(
        "SELECT follower_id, asked_at_ms FROM privacy_export WHERE tenant_id = $1 AND id = $2 AND state = 'making'",
        params![tx.tenant(), id],
    )
}

/// Keeps the file; false when it was made by another already.
pub(super) fn finish(tx: &Tx<'_>, keys: &TenantKeys, id: ExportId, file: &[u8]) -> Result<bool> {
    tx.exec_one(
        "UPDATE privacy_export SET state = 'ready', file_sealed = $1 WHERE tenant_id = $2 AND id = $3 AND state = 'making'",
        params![keys.seal(Place::new(FILE, id.raw()), file)?, tx.tenant(), id],
    )
}

pub(super) fn end(tx: &Tx<'_>, id: ExportId, state: &str) -> Result<()> {
    tx.exec(
        "UPDATE privacy_export SET state = $1, file_sealed = NULL WHERE tenant_id = $2 AND id = $3 AND state IN ('making', 'ready')",
        params![state, tx.tenant(), id],
    )?;
    Ok(())
}

/// Ends a copy whose time is over.
pub(super) fn end_old(tx: &Tx<'_>, follower: FollowerId) -> Result<()> {
    tx.exec(
        "UPDATE privacy_export SET state = 'over', file_sealed = NULL \
         WHERE tenant_id = $1 AND follower_id = $2 AND ends_at_ms <= $3 AND state IN ('making', 'ready')",
        params![tx.tenant(), follower, tx.now()],
    )?;
    Ok(())
}

/// A token takes the place of the one before; false when there is no copy to open.
pub(super) fn put_token(
    tx: &Tx<'_>,
    follower: FollowerId,
    session: SessionId,
    hash: &[u8],
    life_ms: i64,
) -> Result<bool> {
    tx.exec_one(
        "UPDATE privacy_export SET token_hash = $1, token_session = $2, token_ends_at_ms = $3, token_used_at_ms = NULL \
         WHERE tenant_id = $4 AND follower_id = $5 AND state = 'ready' AND ends_at_ms > $6",
        params![hash, session, tx.now().plus_ms(life_ms), tx.tenant(), follower, tx.now()],
    )
}

/// Uses a token up: the file, and whether this was the first time. A second load a moment later is the same opening.
pub(super) fn take(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    session: SessionId,
    hash: &[u8],
    twice_ms: i64,
) -> Result<Option<(ExportId, Vec<u8>, bool)>> {
    type Found = (ExportId, Option<Vec<u8>>, Option<i64>, Option<i64>);
    let row: Option<Found> = tx.opt(
        "SELECT id, file_sealed, token_ends_at_ms, token_used_at_ms FROM privacy_export \
         WHERE tenant_id = $1 AND follower_id = $2 AND token_session = $3 AND token_hash = $4 AND state = 'ready' \
         AND ends_at_ms > $5",
        params![tx.tenant(), follower, session, hash, tx.now()],
    )?;
    let Some((id, Some(sealed), Some(ends_at), used_at)) = row else { return Ok(None) };
    let now = tx.now().ms();
    let is_good = used_at.map_or(now < ends_at, |used| now - used < twice_ms);
    if !is_good {
        return Ok(None);
    }
    if used_at.is_none() {
        tx.exec(
            "UPDATE privacy_export SET token_used_at_ms = $1 WHERE tenant_id = $2 AND id = $3",
            params![tx.now(), tx.tenant(), id],
        )?;
    }
    Ok(Some((id, keys.open(Place::new(FILE, id.raw()), &sealed)?, used_at.is_none())))
}
