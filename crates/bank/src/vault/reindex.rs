//! A new index key for a tenant: everything found by a keyed hash stays findable while the hashes change (DP-03, DP-06).
//!
//! Published and used like a data key (`rotation.rs`); from its publication on look-ups go by the old key and the new.
//! Three kinds of hashes: those of customers ([`MOVED`]) are made anew by errands from what is sealed beside them;
//! counters move when they are next counted; what proves or tells apart for minutes or hours ([`PASSING`]) ends by itself. After
//! [`FORGOTTEN_MS`] and a walk that finds nothing the old key is no longer looked up by.

use super::rotation::{self, PUBLISHED_MS};
use super::{PURPOSE_INDEX, Place, TenantKeys};
use crate::app::App;
use crate::followers::BoundAccount;
use crate::followers::store::{ACCOUNTS, CUSTOMER};
use crate::jobs::Job;
use crate::notices::prefs;
use base::{Context, Error, Result, TenantId};
use db::{Scope, Tx, params};
use std::sync::Arc;

/// Columns whose keyed hashes are made anew.
pub const MOVED: &[&str] = &["binding.customer_index", "notice_account.account_index"];
/// Columns whose keyed hashes mean nothing any more before [`FORGOTTEN_MS`] is over, or move when they are next used.
pub const PASSING: &[&str] =
    &["bind_try.claim_index", "unlock_code.customer_index", "payment.payee_index"];
/// The longest a counter counts is a day, an attempt to bind is gone after two hours; and the same again.
pub const FORGOTTEN_MS: i64 = 2 * base::DAY_MS;
/// Before every id.
pub const START: i64 = i64::MIN;
const PAGE: i64 = 100;
/// Pages walked by one errand: a fraction of a second.
const PAGES: usize = 20;

/// Publishes new index keys for all tenants that have no change under way; how many.
pub async fn begin_all(app: &App) -> Result<usize> {
    let mut begun = 0;
    for key in rotation::newest_of(app, PURPOSE_INDEX).await? {
        if !key.is_under_way() {
            let walk = Job::Reindex { key: key.no + 1, after: START, found: false };
            begun += usize::from(rotation::publish(app, &key, PURPOSE_INDEX, walk).await?);
        }
    }
    app.vault.refresh(&app.db).await?;
    Ok(begun)
}

/// A binding's id, its hash, the customer it is a hash of, and of a live one the accounts whose numbers notices are found by.
type Row = (i64, Vec<u8>, Vec<u8>, Option<Vec<u8>>);

/// One errand's share of the walk, then the errand that goes on.
pub async fn walk(
    app: &Arc<App>,
    tenant: TenantId,
    key: i64,
    mut after: i64,
    mut found: bool,
) -> Result<()> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let key_no = u32::try_from(key)?;
    if keys.current_index() < key_no {
        app.vault.refresh(&app.db).await?;
    }
    if keys.current_index() < key_no {
        return Err(Error::fault(format!("index key {key} of {tenant} cannot be used yet")));
    }
    let mut is_over = false;
    for _ in 0..PAGES {
        let page = app.db.read(Scope::Tenant(tenant), move |tx| page(tx, after)).await?;
        is_over = i64::try_from(page.len())? < PAGE;
        after = page.last().map_or(after, |row| row.0);
        found |= move_page(app, &keys, tenant, key_no, page).await?;
        if is_over {
            break;
        }
    }
    let unit = move |tx: &Tx<'_>| match is_over {
        false => Job::Reindex { key, after, found }.enqueue(tx, tx.now()),
        true => over(tx, key, found),
    };
    app.db.write(Scope::Tenant(tenant), unit).await.doing("going on with a new index key")
}

/// A whole walk is over: another one follows, later or at once, or the change is done.
fn over(tx: &Tx<'_>, key: i64, found: bool) -> Result<()> {
    let (used_from,): (i64,) = tx.one(
        "SELECT use_from_ms FROM tenant_key WHERE tenant_id = $1 AND purpose = $2 AND key_no = $3",
        params![tx.tenant(), PURPOSE_INDEX, key],
    )?;
    let again = Job::Reindex { key, after: START, found: false };
    let forgotten_at = base::Time::of_ms(used_from).plus_ms(FORGOTTEN_MS);
    match found {
        // What is written while a walk goes on may be missed by it.
        true => again.enqueue(tx, tx.now().plus_ms(PUBLISHED_MS)),
        false if tx.now() < forgotten_at => again.enqueue(tx, forgotten_at),
        false => rotation::end(tx, PURPOSE_INDEX, key),
    }
}

fn page(tx: &Tx<'_>, after: i64) -> Result<Vec<Row>> {
    tx.all(
        "SELECT id, customer_index, customer_sealed, CASE WHEN state = 'live' THEN accounts_sealed ELSE NULL END FROM binding WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        params![tx.tenant(), after, PAGE],
    )
}

/// Hashes with `key` what is hashed with another; true when there was something.
async fn move_page(
    app: &App,
    keys: &TenantKeys,
    tenant: TenantId,
    key: u32,
    page: Vec<Row>,
) -> Result<bool> {
    let mut rows = vec![];
    for (id, old, customer, accounts) in page {
        let customer = keys.open_text(Place::new(CUSTOMER, id), &customer)?;
        let fresh = keys.blind_with(key, "customer", &customer)?;
        // Sign-ups of a binding end with it.
        let open = |sealed: Vec<u8>| keys.open_json(Place::new(ACCOUNTS, id), &sealed);
        let accounts: Vec<BoundAccount> = accounts.map(open).transpose()?.unwrap_or_default();
        let hashed = |a: BoundAccount| {
            let index = keys.blind_with(key, prefs::INDEX_NAME, &a.number)?;
            Ok((a.id, index))
        };
        let accounts = accounts.into_iter().map(hashed).collect::<Result<Vec<_>>>()?;
        rows.push((id, old, fresh, accounts));
    }
    let unit = move |tx: &Tx<'_>| {
        let mut moved = false;
        for (id, old, fresh, accounts) in &rows {
            if fresh != old {
                moved |= tx.exec_one(
                    "UPDATE binding SET customer_index = $1 WHERE tenant_id = $2 AND id = $3 AND customer_index = $4",
                    params![fresh, tx.tenant(), id, old],
                )?;
            }
            moved |= prefs::move_index(tx, *id, accounts)?;
        }
        Ok(moved)
    };
    app.db.write(Scope::Tenant(tenant), unit).await.doing("hashing customers anew")
}
