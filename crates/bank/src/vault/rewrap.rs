//! The master key changes while the bank works: an errand wraps every tenant's keys anew (DP-06).
//!
//! What is sealed stays as it is, only the keys' wrapping changes, so this is a matter of a few hundred rows. Each row is
//! replaced by itself and opens before and after, so a walk that was cut short is simply walked again. It ends when one
//! finds nothing, two minutes after another: by then every process wraps with the new master key.

use super::master::By;
use super::rotation::{BY, PUBLISHED_MS};
use super::{KeyRow, key_rows};
use crate::app::App;
use crate::audit;
use crate::jobs::Job;
use crate::tenants::UNION;
use base::{Context, Error, Result, TenantId};
use db::{Scope, Tx, params};

/// Every key that the previous master key wraps. Fails when one is wrapped by neither.
async fn left(app: &App) -> Result<Vec<(TenantId, KeyRow)>> {
    let unit = |tx: &Tx<'_>| {
        tx.all("SELECT DISTINCT tenant_id FROM tenant_key ORDER BY tenant_id", params![])
    };
    let tenants: Vec<(TenantId,)> = app.db.read(Scope::House, unit).await?;
    let mut left = vec![];
    for (tenant,) in tenants {
        for row in app.db.read(Scope::Tenant(tenant), key_rows).await? {
            let (_, by) = app.vault.opener.unwrap(tenant, &row).doing(format!("{tenant}"))?;
            if by == By::Previous {
                left.push((tenant, row));
            }
        }
    }
    Ok(left)
}

/// How many keys the previous master key still wraps; `None` when settings name no previous one.
pub async fn still_to_do(app: &App) -> Result<Option<usize>> {
    if !app.vault.opener.has_previous() {
        return Ok(None);
    }
    Ok(Some(left(app).await?.len()))
}

/// Begins the change; how many keys there are to wrap.
pub async fn begin(app: &App) -> Result<usize> {
    let Some(n) = still_to_do(app).await? else {
        return Err(Error::fault(
            "settings name one master key only: put the new one's file in keys.master_file and the old one's in \
             keys.previous_master_file, start every process again, then give this command",
        ));
    };
    if n > 0 {
        app.vault.opener.begin();
        let to = app.vault.opener.mark.clone();
        let unit = move |tx: &Tx<'_>| {
            Job::Rewrap { to: to.clone() }.enqueue(tx, tx.now())?;
            audit::note(tx, BY, "key.rewrap", "master", "begun", "")
        };
        app.db.write(Scope::Tenant(UNION), unit).await.doing("beginning to wrap keys anew")?;
    }
    Ok(n)
}

/// One walk over all keys, by a process whose master key is the one meant.
pub async fn walk(app: &App, to: &str) -> Result<()> {
    if app.vault.opener.mark != to {
        return Err(Error::fault("this process was started with another keys.master_file"));
    }
    let left = left(app).await?;
    app.vault.opener.begin();
    let found = !left.is_empty();
    for (tenant, row) in left {
        wrap_anew(app, tenant, row).await?;
    }
    let to = to.to_owned();
    let unit = move |tx: &Tx<'_>| {
        if found {
            Job::Rewrap { to: to.clone() }.enqueue(tx, tx.now().plus_ms(PUBLISHED_MS))
        } else {
            audit::note(tx, BY, "key.rewrap", "master", "done", "")
        }
    };
    app.db.write(Scope::Tenant(UNION), unit).await.doing("going on with wrapping keys anew")
}

/// One tenant's keys only, for what a walk looks like that was cut short.
#[cfg(test)]
pub(super) async fn wrap_all_of(app: &App, tenant: TenantId) -> Result<()> {
    for (tenant, row) in left(app).await?.into_iter().filter(|l| l.0 == tenant) {
        wrap_anew(app, tenant, row).await?;
    }
    Ok(())
}

async fn wrap_anew(app: &App, tenant: TenantId, row: KeyRow) -> Result<()> {
    let opener = &app.vault.opener;
    let (key, _) = opener.unwrap(tenant, &row)?;
    let fresh = opener.wrap(tenant, &row.purpose, u32::try_from(row.no)?, &key)?;
    let unit = move |tx: &Tx<'_>| {
        // Nought rows: another process was faster.
        tx.exec(
            "UPDATE tenant_key SET wrapped = $1 WHERE tenant_id = $2 AND purpose = $3 AND key_no = $4 AND wrapped = $5",
            params![fresh, tenant, row.purpose, row.no, row.wrapped],
        )
    };
    app.db.write(Scope::Tenant(tenant), unit).await.doing("wrapping a key anew")?;
    Ok(())
}
