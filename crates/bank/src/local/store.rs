//! Versions of an institution's own phrases.

use base::{Result, TenantId, Time};
use db::{Tx, params};

/// One version as staff see it.
#[derive(Debug, Clone)]
pub struct Version {
    pub version: i64,
    /// proposed | live | former | declined
    pub state: String,
    pub text: String,
    pub maker: i64,
    pub made_at: Time,
    pub checker: Option<i64>,
    /// What publishing found out, as JSON.
    pub figures: Option<String>,
}

type Row = (i64, String, String, i64, Time, Option<i64>, Option<String>);

fn version((version, state, text, maker, made_at, checker, figures): Row) -> Version {
    Version { version, state, text, maker, made_at, checker, figures }
}

pub(super) fn add(tx: &Tx<'_>, maker: i64, text: &str) -> Result<i64> {
    let (last,): (i64,) = tx.one(
        "SELECT COALESCE(MAX(version), 0) FROM local_phrases WHERE tenant_id = $1",
        params![tx.tenant()],
    )?;
    tx.exec(
        "INSERT INTO local_phrases (tenant_id, version, state, text, maker, made_at_ms) \
         VALUES ($1, $2, 'proposed', $3, $4, $5)",
        params![tx.tenant(), last + 1, text, maker, tx.now()],
    )?;
    Ok(last + 1)
}

pub(super) fn one(tx: &Tx<'_>, number: i64) -> Result<Option<Version>> {
    let row: Option<Row> = tx.opt(
        "SELECT version, state, text, maker, made_at_ms, checker, figures FROM local_phrases \
         WHERE tenant_id = $1 AND version = $2",
        params![tx.tenant(), number],
    )?;
    Ok(row.map(version))
}

pub(super) fn all(tx: &Tx<'_>, most: i64) -> Result<Vec<Version>> {
    let rows: Vec<Row> = tx.all(
        "SELECT version, state, text, maker, made_at_ms, checker, figures FROM local_phrases \
         WHERE tenant_id = $1 ORDER BY version DESC LIMIT $2",
        params![tx.tenant(), most],
    )?;
    Ok(rows.into_iter().map(version).collect())
}

/// What is live is so no longer.
pub(super) fn retire(tx: &Tx<'_>) -> Result<()> {
    tx.exec(
        "UPDATE local_phrases SET state = 'former' WHERE tenant_id = $1 AND state = 'live'",
        params![tx.tenant()],
    )?;
    Ok(())
}

pub(super) fn publish(
    tx: &Tx<'_>,
    version: i64,
    checker: i64,
    kept: &[u8],
    figures: &str,
) -> Result<bool> {
    tx.exec_one(
        "UPDATE local_phrases SET state = 'live', checker = $1, decided_at_ms = $2, kept = $3, figures = $4 \
         WHERE tenant_id = $5 AND version = $6 AND state = 'proposed' AND maker <> $1",
        params![checker, tx.now(), kept, figures, tx.tenant(), version],
    )
}

pub(super) fn decline(tx: &Tx<'_>, version: i64, checker: i64) -> Result<bool> {
    tx.exec_one(
        "UPDATE local_phrases SET state = 'declined', checker = $1, decided_at_ms = $2 \
         WHERE tenant_id = $3 AND version = $4 AND state = 'proposed'",
        params![checker, tx.now(), tx.tenant(), version],
    )
}

pub(super) fn revive(tx: &Tx<'_>, version: i64, by: i64) -> Result<bool> {
    tx.exec_one(
        "UPDATE local_phrases SET state = 'live', checker = $1, decided_at_ms = $2 \
         WHERE tenant_id = $3 AND version = $4 AND state = 'former'",
        params![by, tx.now(), tx.tenant(), version],
    )
}

/// Which version of whom is live.
pub(super) fn live(tx: &Tx<'_>) -> Result<Vec<(TenantId, i64)>> {
    tx.all(
        "SELECT tenant_id, version FROM local_phrases WHERE state = 'live' ORDER BY tenant_id",
        params![],
    )
}

/// File and findings of a live version.
pub(super) fn text(tx: &Tx<'_>, version: i64) -> Result<Option<(String, Vec<u8>)>> {
    let row: Option<(String, Option<Vec<u8>>)> = tx.opt(
        "SELECT text, kept FROM local_phrases WHERE tenant_id = $1 AND version = $2 AND state = 'live'",
        params![tx.tenant(), version],
    )?;
    Ok(row.map(|(text, kept)| (text, kept.unwrap_or_default())))
}
