//! The round that seals, the heads that are written down elsewhere (AU-04), and the walk that proves a chain (AU-05).

use super::chain::{self, Break, HASH_BYTES, Hash, Head, Line, Link, Walk};
use crate::app::App;
use base::{Context, Error, Result, TenantId, Time};
use db::{Db, FromRow, Row, Scope, Tx, params};
use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Links read in one unit while a chain is walked.
const PAGE: i64 = 2_000;

/// Seals what is open, of every institution.
pub async fn round(db: &Db) -> Result<()> {
    loop {
        let open = |tx: &Tx<'_>| {
            tx.all::<TenantId>("SELECT DISTINCT tenant_id FROM audit_open", params![])
        };
        let mut sealed = 0;
        for tenant in db.read(Scope::House, open).await? {
            sealed += db.write(Scope::House, move |tx: &Tx<'_>| chain::seal(tx, tenant)).await?;
        }
        if sealed == 0 {
            return Ok(());
        }
        metrics::counter!("weiyin_audit_sealed_total").increment(u64::try_from(sealed)?);
    }
}

/// Every institution with a chain, and where it ends.
pub async fn heads(db: &Db) -> Result<Vec<(TenantId, Head)>> {
    let unit = |tx: &Tx<'_>| {
        let all: Vec<TenantId> =
            tx.all("SELECT DISTINCT tenant_id FROM audit_chain ORDER BY tenant_id", params![])?;
        all.into_iter().map(|t| Ok((t, chain::head(tx, t)?))).collect()
    };
    db.read(Scope::House, unit).await
}

/// A head as it was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    pub tenant: TenantId,
    pub head: Head,
    /// As it stands in the file: 2026-11-23T10:00+08:00
    pub at: String,
}

/// A moment as anchors have it.
pub(super) fn stamp(at: Time) -> String {
    let (year, month, day, hour, minute) = at.china();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}+08:00")
}

/// `2026-11-23T10:00+08:00|11|1234|HASH`
pub(super) fn anchor_line(at: &str, tenant: TenantId, head: &Head) -> String {
    format!("{at}|{}|{}|{}\n", tenant.raw(), head.seq, corebank::recon::hex(&head.hash))
}

/// The anchors of a file; a line that is none is an error with its number.
pub fn anchors(text: &str) -> Result<Vec<Anchor>> {
    let one = |(n, line): (usize, &str)| {
        let parts: Vec<&str> = line.split('|').collect();
        let read = || -> Option<Anchor> {
            let [at, tenant, seq, hash] = parts[..] else { return None };
            let byte = |n: usize| u8::from_str_radix(hash.get(n * 2..n * 2 + 2)?, 16).ok();
            let bytes: Option<Vec<u8>> = (0..HASH_BYTES).map(byte).collect();
            let hash: Hash = bytes.filter(|_| hash.len() == HASH_BYTES * 2)?.try_into().ok()?;
            let head = Head { seq: seq.parse().ok()?, hash };
            Some(Anchor { tenant: TenantId::of(tenant.parse().ok()?), head, at: at.to_owned() })
        };
        read().ok_or_else(|| Error::fault(format!("line {} is no anchor", n + 1)))
    };
    text.lines().enumerate().filter(|(_, l)| !l.is_empty()).map(one).collect()
}

/// Writes down where every chain ends, in the file of the settings; it should lie on another host's disk.
pub async fn anchor(app: &App) -> Result<()> {
    let path = app.config.audit.anchor_file.clone();
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    let at = stamp(app.clock().now());
    let heads = heads(&app.db).await?;
    let lines: String = heads.iter().map(|(t, h)| anchor_line(&at, *t, h)).collect();
    tokio::task::spawn_blocking(move || append(&path, &lines)).await?
}

fn append(path: &PathBuf, lines: &str) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let doing = || format!("writing anchors to {}", path.display());
    let mut file = options.open(path).doing(doing())?;
    file.write_all(lines.as_bytes()).doing(doing())?;
    file.sync_all().doing(doing())
}

/// The anchors of a file that need not be there.
pub fn anchors_of(path: &Path) -> Result<Vec<Anchor>> {
    if path.as_os_str().is_empty() || !path.exists() {
        return Ok(vec![]);
    }
    let text = std::fs::read_to_string(path).doing(format!("reading {}", path.display()))?;
    anchors(&text).doing(format!("reading {}", path.display()))
}

/// What came of walking a chain.
#[derive(Debug, PartialEq, Eq)]
pub struct Proved {
    pub head: Head,
    /// Rows that wait for their place; a moment later there are others.
    pub open: i64,
    pub broken: Option<String>,
}

struct Stored(Link);

impl FromRow for Stored {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        let (seq, hash, is_there): (i64, Vec<u8>, bool) = (r.next()?, r.next()?, r.next()?);
        let line = if is_there { Some(Line::from_row(r)?) } else { None };
        Ok(Self(Link { seq, hash, line }))
    }
}

/// Walks an institution's chain from its beginning, compares it with what was written down elsewhere, and looks for rows
/// that came in another way.
pub async fn prove(db: &Db, tenant: TenantId, anchors: &[Anchor]) -> Result<Proved> {
    let mut walk = Walk::new(tenant);
    let mut wanted: HashMap<i64, &Anchor> =
        anchors.iter().filter(|a| a.tenant == tenant).map(|a| (a.head.seq, a)).collect();
    let mut broken: Option<String> = None;
    let mut after = 0;
    'walk: loop {
        let unit = move |tx: &Tx<'_>| {
            tx.all::<Stored>(
                "SELECT c.seq, c.hash, CASE WHEN a.id IS NULL THEN FALSE ELSE TRUE END, c.audit_id, \
                 COALESCE(a.at_ms, 0), COALESCE(a.actor, ''), COALESCE(a.act, ''), COALESCE(a.subject, ''), \
                 COALESCE(a.outcome, ''), COALESCE(a.detail, '') \
                 FROM audit_chain c LEFT JOIN audit a ON a.tenant_id = c.tenant_id AND a.id = c.audit_id \
                 WHERE c.tenant_id = $1 AND c.seq > $2 ORDER BY c.seq LIMIT $3",
                params![tenant, after, PAGE],
            )
        };
        let page = db.read(Scope::House, unit).await?;
        let Some(last) = page.last() else { break };
        after = last.0.seq;
        for link in &page {
            if let Err(Break { seq, why }) = walk.step(&link.0) {
                broken = Some(format!("place {seq}: {why}"));
                break 'walk;
            }
            if let Some(a) = wanted.remove(&walk.at.seq)
                && a.head.hash != walk.at.hash
            {
                broken =
                    Some(format!("place {}: not what was written down at {}", a.head.seq, a.at));
                break 'walk;
            }
        }
    }
    if broken.is_none()
        && let Some(a) = wanted.values().max_by_key(|a| a.head.seq)
    {
        let (seq, at) = (a.head.seq, &a.at);
        broken =
            Some(format!("place {} is the last, but {seq} was written down at {at}", walk.at.seq));
    }
    let (open, strange, gone) = strays(db, tenant).await?;
    if broken.is_none() && strange > 0 {
        broken = Some(format!("{strange} rows have no place and wait for none"));
    }
    if broken.is_none() && gone > 0 {
        broken = Some(format!("{gone} rows were gone before they had a place"));
    }
    Ok(Proved { head: walk.at, open, broken })
}

/// Rows that wait, rows that neither wait nor have a place, and rows that waited and are gone.
async fn strays(db: &Db, tenant: TenantId) -> Result<(i64, i64, i64)> {
    let unit = move |tx: &Tx<'_>| {
        tx.one(
            "SELECT (SELECT COUNT(*) FROM audit_open o WHERE o.tenant_id = $1), \
             (SELECT COUNT(*) FROM audit a WHERE a.tenant_id = $1 \
                AND NOT EXISTS (SELECT 1 FROM audit_chain c WHERE c.tenant_id = $1 AND c.audit_id = a.id) \
                AND NOT EXISTS (SELECT 1 FROM audit_open o WHERE o.tenant_id = $1 AND o.audit_id = a.id)), \
             (SELECT COUNT(*) FROM audit_open o WHERE o.tenant_id = $1 \
                AND NOT EXISTS (SELECT 1 FROM audit a WHERE a.tenant_id = $1 AND a.id = o.audit_id))",
            params![tenant],
        )
    };
    db.read(Scope::House, unit).await
}
