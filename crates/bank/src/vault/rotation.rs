//! A new data key for a tenant, and every sealed value moved to it while the bank works (DP-06).
//!
//! The order: the key is *published*; after [`PUBLISHED_MS`] every process has read it and seals with it; after the same
//! time again nobody seals with the old one, and errands walk all columns, a page a unit, until a whole walk finds
//! nothing left. A walk cut short goes on where its last errand began. Not for: the index key, whose values are looked
//! up by equality (`reindex.rs`), nor the master key (`rewrap.rs`).

use super::columns::{self, After, Value};
use super::{PURPOSE_DATA, PURPOSE_INDEX, TenantKeys, key_number, reindex, rewrap};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::jobs::Job;
use base::{Context, Error, Result, TenantId, Time};
use db::{Scope, Tx, params};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Four readings of the registry: so long a process may take to notice a key, and again to use it.
pub const PUBLISHED_MS: i64 = 120_000;
/// A data key serves a year.
pub const LIFE_MS: i64 = 365 * base::DAY_MS;
/// Values moved in one unit.
const PAGE: i64 = 100;
/// Pages walked by one errand: a fraction of a second, so that customers' errands do not wait.
const PAGES: usize = 20;
pub(super) const BY: Actor<'static> = Actor::House("rotation");

/// Which key an operator changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// What values are sealed with.
    #[default]
    Data,
    /// What keyed hashes are made with.
    Index,
    /// What wraps those two.
    Master,
    /// What stamped statements are signed with.
    Seal,
}

/// Begins a change; of how many institutions' keys, for the master key of how many keys.
pub async fn begin_of(app: &App, which: Which) -> Result<usize> {
    match which {
        Which::Data => begin_all(app).await,
        Which::Index => reindex::begin_all(app).await,
        Which::Master => rewrap::begin(app).await,
        Which::Seal => crate::stamped::signed::keys::renew_all(app).await,
    }
}

/// The newest data or index key of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newest {
    pub tenant: TenantId,
    pub no: i64,
    pub made_at: Time,
    pub resealed_at: Option<Time>,
}

impl Newest {
    /// Values of older keys may be left.
    pub fn is_under_way(&self) -> bool {
        self.no > 1 && self.resealed_at.is_none()
    }
}

/// The newest data key of every tenant.
pub async fn newest(app: &App) -> Result<Vec<Newest>> {
    newest_of(app, PURPOSE_DATA).await
}

/// How many tenants' index keys are changing.
pub async fn reindexing(app: &App) -> Result<usize> {
    let newest = newest_of(app, PURPOSE_INDEX).await?;
    Ok(newest.iter().filter(|k| k.is_under_way()).count())
}

pub(super) async fn newest_of(app: &App, purpose: &'static str) -> Result<Vec<Newest>> {
    let unit = move |tx: &Tx<'_>| {
        let rows: Vec<(TenantId, i64, Time, Option<Time>)> = tx.all(
            "SELECT tenant_id, key_no, created_at_ms, resealed_at_ms FROM tenant_key k WHERE purpose = $1 \
             AND key_no = (SELECT MAX(key_no) FROM tenant_key m WHERE m.tenant_id = k.tenant_id AND m.purpose = $1) \
             ORDER BY tenant_id",
            params![purpose],
        )?;
        let newest =
            |(tenant, no, made_at, resealed_at)| Newest { tenant, no, made_at, resealed_at };
        Ok(rows.into_iter().map(newest).collect())
    };
    app.db.read(Scope::House, unit).await.doing("reading the tenants' newest keys")
}

/// Publishes new keys for all tenants that have no change under way; how many.
pub async fn begin_all(app: &App) -> Result<usize> {
    begin_where(app, |_, _| true).await
}

/// The yearly round.
pub async fn begin_due(app: &App) -> Result<usize> {
    begin_where(app, |key, now| now.since(key.made_at) >= LIFE_MS).await
}

async fn begin_where(app: &App, is_due: impl Fn(&Newest, Time) -> bool) -> Result<usize> {
    let (mut begun, now) = (0, app.clock().now());
    for key in newest(app).await?.iter().filter(|k| !k.is_under_way() && is_due(k, now)) {
        let walk = Job::reseal_from_the_start(key.no + 1);
        begun += usize::from(publish(app, key, PURPOSE_DATA, walk).await?);
    }
    app.vault.refresh(&app.db).await?;
    Ok(begun)
}

/// Publishes the key after `newest`; false when another process was faster.
pub(super) async fn publish(
    app: &App,
    newest: &Newest,
    purpose: &'static str,
    walk: Job,
) -> Result<bool> {
    let (tenant, no) = (newest.tenant, newest.no + 1);
    let opener = &app.vault.opener;
    let wrapped = opener.wrapped(tenant, purpose, u32::try_from(no)?)?;
    let alg = opener.profile.name();
    app.db
        .write(Scope::Tenant(tenant), move |tx| {
            let use_from = tx.now().plus_ms(PUBLISHED_MS);
            let fresh = tx.exec(
                "INSERT INTO tenant_key (tenant_id, purpose, key_no, alg, wrapped, created_at_ms, use_from_ms) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant_id, purpose, key_no) DO NOTHING",
                params![tenant, purpose, no, alg, wrapped, tx.now(), use_from],
            )? == 1;
            if fresh {
                walk.enqueue(tx, use_from.plus_ms(PUBLISHED_MS))?;
                audit::note(tx, BY, "key.new", &named(purpose, no), "done", alg)?;
            }
            Ok(fresh)
        })
        .await
        .doing("publishing a new key")
}

/// One errand's share of the walk: some pages, then the errand that goes on.
pub async fn reseal(
    app: &Arc<App>,
    tenant: TenantId,
    key: i64,
    column: &str,
    mut after: After,
    mut found: bool,
) -> Result<()> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let key_no = u32::try_from(key)?;
    if keys.current() < key_no {
        app.vault.refresh(&app.db).await?;
    }
    if keys.current() < key_no {
        return Err(Error::fault(format!("key {key} of {tenant} cannot be used yet")));
    }
    // A column of another version of the program: walk from the first again.
    let mut at = columns::ALL.iter().position(|c| c.name() == column).unwrap_or(0);
    for _ in 0..PAGES {
        let Some(column) = columns::ALL.get(at) else { break };
        let page = app
            .db
            .read(Scope::Tenant(tenant), move |tx| column.page(tx, after, PAGE))
            .await
            .doing(column.table)?;
        let is_full = i64::try_from(page.len())? >= PAGE;
        let last = page.last().map(|v| v.after);
        found |= move_page(app, &keys, tenant, at, page, key_no).await?;
        match last.filter(|last| is_full && *last > after) {
            Some(last) => after = last,
            None => (at, after) = (at + 1, columns::START),
        }
    }
    let next = columns::ALL.get(at);
    app.db
        .write(Scope::Tenant(tenant), move |tx| match next {
            Some(column) => {
                Job::Reseal { key, column: column.name(), after, found }.enqueue(tx, tx.now())
            }
            // Something was still on an older key: only a walk that finds nothing ends it.
            None if found => Job::reseal_from_the_start(key).enqueue(tx, tx.now()),
            None => end(tx, PURPOSE_DATA, key),
        })
        .await
        .doing("going on with a new key")
}

/// Seals what is not yet on `key`; true when there was something.
async fn move_page(
    app: &App,
    keys: &Arc<TenantKeys>,
    tenant: TenantId,
    at: usize,
    page: Vec<Value>,
    key: u32,
) -> Result<bool> {
    let is_old = |v: &Value| key_number(&v.sealed).is_none_or(|no| no < key);
    let old: Vec<Value> = page.into_iter().filter(is_old).collect();
    if old.is_empty() {
        return Ok(false);
    }
    let fresh = |v: Value| {
        let sealed = keys.seal(v.place, &keys.open(v.place, &v.sealed)?)?;
        Ok((v, sealed))
    };
    let moved = old.into_iter().map(fresh).collect::<Result<Vec<_>>>()?;
    app.db
        .write(Scope::Tenant(tenant), move |tx| {
            for (old, fresh) in &moved {
                // Changed meanwhile: whoever did it used the new key.
                columns::ALL[at].replace(tx, old, fresh)?;
            }
            Ok(())
        })
        .await
        .doing(columns::ALL[at].table)?;
    Ok(true)
}

/// Nothing of older keys is left.
pub(super) fn end(tx: &Tx<'_>, purpose: &'static str, key: i64) -> Result<()> {
    let ended = tx.exec_one(
        "UPDATE tenant_key SET resealed_at_ms = $1 \
         WHERE tenant_id = $2 AND purpose = $3 AND key_no = $4 AND resealed_at_ms IS NULL",
        params![tx.now(), tx.tenant(), purpose, key],
    )?;
    if ended {
        audit::note(tx, BY, "key.resealed", &named(purpose, key), "done", "")
    } else {
        Ok(())
    }
}

/// How audit rows name a key: data keys by their number, as ever.
fn named(purpose: &str, no: i64) -> String {
    if purpose == PURPOSE_DATA { no.to_string() } else { format!("{purpose} {no}") }
}
