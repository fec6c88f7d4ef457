//! Rows of stamped statements.

use super::{Facts, FileId, Shown, State, Wanted};
use crate::followers::FollowerId;
use crate::vault::{Place, TenantKeys};
use base::{Result, Time};
use db::{Tx, params};

const FACTS: &str = "stamped.facts";
const FILE: &str = "stamped.file";

/// Which file of whom.
#[derive(Debug)]
pub(super) struct Wish<'a> {
    pub(super) follower: FollowerId,
    pub(super) account: &'a str,
    pub(super) variant: &'a str,
    pub(super) facts: &'a Facts,
    pub(super) code_hash: Vec<u8>,
}

/// Writes the intent; `None` when the same file is there or being made.
pub(super) fn add(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    wish: &Wish<'_>,
    ends: (i64, i64),
) -> Result<Option<FileId>> {
    let id: FileId = tx.new_id();
    let facts = keys.seal_json(Place::new(FACTS, id.raw()), wish.facts)?;
    let fresh = tx.exec(
        "INSERT INTO stamped (tenant_id, id, follower_id, account_key, first_day, last_day, state, code_hash, \
         facts_sealed, asked_at_ms, file_ends_at_ms, ends_at_ms, variant) \
         VALUES ($1, $2, $3, $4, $5, $6, 'making', $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING",
        params![
            tx.tenant(),
            id,
            wish.follower,
            wish.account,
            wish.facts.first_day.as_str(),
            wish.facts.last_day.as_str(),
            wish.code_hash.clone(),
            facts,
            tx.now(),
            tx.now().plus_ms(ends.0),
            tx.now().plus_ms(ends.1),
            wish.variant
        ],
    )? == 1;
    Ok(fresh.then_some(id))
}

/// How often the follower had this paper made, as far as rows are kept (a year).
pub(super) fn made(tx: &Tx<'_>, follower: FollowerId, account: &str, variant: &str) -> Result<i64> {
    tx.one(
        "SELECT COUNT(*) FROM stamped WHERE tenant_id = $1 AND follower_id = $2 AND account_key = $3 AND variant = $4 \
         AND file_hash IS NOT NULL",
        params![tx.tenant(), follower, account, variant],
    )
}

type Row = (FileId, String, Vec<u8>, Time);

fn shown(keys: &TenantKeys, (id, state, sealed, ends_at): Row) -> Result<Shown> {
    let facts: Facts = keys.open_json(Place::new(FACTS, id.raw()), &sealed)?;
    Ok(Shown { id, state: State::of(&state)?, facts, file_ends_at: ends_at })
}

/// The follower's live files, newest first.
pub(super) fn list(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    max: i64,
) -> Result<Vec<Shown>> {
    let rows: Vec<Row> = tx.all(
        "SELECT id, state, facts_sealed, file_ends_at_ms FROM stamped WHERE tenant_id = $1 AND follower_id = $2 \
         AND file_ends_at_ms > $3 AND state IN ('making', 'ready') ORDER BY id DESC LIMIT $4",
        params![tx.tenant(), follower, tx.now(), max],
    )?;
    rows.into_iter().map(|r| shown(keys, r)).collect()
}

/// What is to be made, and for whom.
pub(super) fn wanted(tx: &Tx<'_>, keys: &TenantKeys, id: FileId) -> Result<Option<Wanted>> {
    let row: Option<(FollowerId, String, Vec<u8>, Time)> = tx.opt(
        "SELECT follower_id, account_key, facts_sealed, asked_at_ms FROM stamped \
         WHERE tenant_id = $1 AND id = $2 AND state = 'making'",
        params![tx.tenant(), id],
    )?;
    let Some((follower, account, sealed, asked_at)) = row else { return Ok(None) };
    let facts = keys.open_json(Place::new(FACTS, id.raw()), &sealed)?;
    Ok(Some(Wanted { follower, account, facts, asked_at }))
}

/// Keeps the file; false when it was made by another already.
pub(super) fn finish(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    id: FileId,
    facts: &Facts,
    file: &[u8],
    hash: &[u8],
) -> Result<bool> {
    tx.exec_one(
        "UPDATE stamped SET state = 'ready', facts_sealed = $1, file_sealed = $2, file_hash = $3 \
         WHERE tenant_id = $4 AND id = $5 AND state = 'making'",
        params![
            keys.seal_json(Place::new(FACTS, id.raw()), facts)?,
            keys.seal(Place::new(FILE, id.raw()), file)?,
            hash,
            tx.tenant(),
            id
        ],
    )
}

/// Makes room for a new file where the old one's time is over or it could not be made.
pub(super) fn end(tx: &Tx<'_>, id: FileId, state: &str) -> Result<()> {
    tx.exec(
        "UPDATE stamped SET state = $1, file_sealed = NULL WHERE tenant_id = $2 AND id = $3 AND state IN ('making', 'ready')",
        params![state, tx.tenant(), id],
    )?;
    Ok(())
}

/// Ends the follower's files whose time is over.
pub(super) fn end_old(tx: &Tx<'_>, follower: FollowerId) -> Result<()> {
    tx.exec(
        "UPDATE stamped SET state = 'over', file_sealed = NULL \
         WHERE tenant_id = $1 AND follower_id = $2 AND file_ends_at_ms <= $3 AND state IN ('making', 'ready')",
        params![tx.tenant(), follower, tx.now()],
    )?;
    Ok(())
}

/// The file of its own follower, while it may be opened.
pub(super) fn file(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    id: FileId,
) -> Result<Option<Vec<u8>>> {
    let row: Option<(Option<Vec<u8>>,)> = tx.opt(
        "SELECT file_sealed FROM stamped WHERE tenant_id = $1 AND id = $2 AND follower_id = $3 AND state = 'ready' \
         AND file_ends_at_ms > $4",
        params![tx.tenant(), id, follower, tx.now()],
    )?;
    let sealed = row.and_then(|r| r.0);
    sealed.map(|s| keys.open(Place::new(FILE, id.raw()), &s)).transpose()
}

/// What anyone who holds the paper may check: its facts and the hash of the file.
pub(super) fn by_code(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    code_hash: &[u8],
) -> Result<Option<(Facts, Vec<u8>)>> {
    let row: Option<(FileId, Vec<u8>, Option<Vec<u8>>)> = tx.opt(
        "SELECT id, facts_sealed, file_hash FROM stamped WHERE tenant_id = $1 AND code_hash = $2 AND ends_at_ms > $3",
        params![tx.tenant(), code_hash, tx.now()],
    )?;
    let Some((id, sealed, Some(hash))) = row else { return Ok(None) };
    Ok(Some((keys.open_json(Place::new(FACTS, id.raw()), &sealed)?, hash)))
}
