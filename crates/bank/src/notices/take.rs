//! Events of the core become notices: in order, in the unit that moves the cursor on, for accounts whose sign-up is on.
//!
//! Not for: sending.

use super::digest;
use super::happening::{self, Happening};
use super::prefs::{self, SignUp};
use super::store::{self, Fresh};
use super::words::Facts;
use super::{Category, Kind};
use crate::app::App;
use crate::core_inbox;
use crate::followers::store::ACCOUNTS;
use crate::followers::{BoundAccount, FollowerId};
use crate::guard;
use crate::tenants::{Registry, UNION};
use crate::vault::{Place, TenantKeys};
use base::{Result, TenantId};
use corebank::feed::{Entry, Event, Happened};
use db::{Scope, Tx};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Events of one unit.
const PAGE: i64 = 200;
/// A change of state so soon after an order of the customer's own is that order's, which has been answered in chat.
const OWN_ORDER_MS: i64 = 10 * 60_000;
/// Pages of one institution before the next has its turn.
const PAGES_MAX: usize = 10;

/// Makes notices of what every institution's core has told; true when more was told than one round takes.
///
/// # Errors
/// The database.
pub async fn round(app: &Arc<App>) -> Result<bool> {
    let (cursors, streams) = app.db.read(Scope::House, store::cursors).await?;
    let registry = app.registry();
    let mut is_behind = false;
    for tenant in offering(&registry) {
        let last = streams.get(&tenant).copied().unwrap_or_default();
        match cursors.get(&tenant) {
            // What was before notices were offered is not told.
            None => {
                app.db.write(Scope::Tenant(tenant), store::begin_cursor).await?;
            }
            Some(at) if *at < last => is_behind |= take(app, tenant, *at).await?,
            Some(_) => {}
        }
    }
    Ok(is_behind)
}

/// Institutions some account of which offers notices, in order.
pub(super) fn offering(registry: &Registry) -> Vec<TenantId> {
    let all = registry.institutions.keys().copied();
    let mut all: Vec<TenantId> = all.filter(|t| *t != UNION && offers(registry, *t)).collect();
    all.sort_unstable();
    all
}

/// Some account that serves its customers offers notices.
fn offers(registry: &Registry, tenant: TenantId) -> bool {
    let serves = |a: &crate::tenants::Account| a.is_provincial || a.tenant == tenant;
    registry.accounts().any(|a| serves(a) && registry.offers_notices(a.id))
}

async fn take(app: &Arc<App>, tenant: TenantId, mut after: i64) -> Result<bool> {
    for _ in 0..PAGES_MAX {
        let events = core_inbox::read(app, tenant, after, PAGE).await?;
        let Some(last) = events.last().map(|e| e.seq) else { return Ok(false) };
        let is_over = i64::try_from(events.len())? < PAGE;
        let (keys, registry) = (app.vault.tenant(&app.db, tenant).await?, app.registry());
        let unit = move |tx: &Tx<'_>| consume(tx, &keys, &registry, (after, last), &events);
        let made = app.db.write(Scope::Tenant(tenant), unit).await?;
        if made > 0 {
            metrics::counter!("weiyin_notices_made_total").increment(u64::try_from(made)?);
            app.notices.wake();
        }
        after = last;
        if is_over {
            return Ok(false);
        }
    }
    Ok(true)
}

/// One page: the cursor moves on and its notices stand, or neither.
fn consume(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    registry: &Registry,
    (after, last): (i64, i64),
    events: &[Event],
) -> Result<usize> {
    if !store::move_cursor(tx, after, last)? {
        // Another process was faster.
        return Ok(0);
    }
    keys.know_all_indexes(tx)?;
    let mut known: BTreeMap<&str, Option<Told>> = BTreeMap::new();
    let mut made = 0;
    for event in events {
        if !matches!(event.what, Happened::Entry(_) | Happened::State) {
            continue;
        }
        let number = event.account.as_str();
        if !known.contains_key(number) {
            known.insert(number, told(tx, keys, registry, number)?);
        }
        let Some(Some(told)) = known.get(number) else { continue };
        let Happened::Entry(entry) = &event.what else {
            made += usize::from(state(tx, keys, told, event)?);
            continue;
        };
        if told.sign_up.wants(entry.is_in, entry.amount) && event.at >= told.sign_up.since {
            made += usize::from(make(tx, keys, told, event, entry)?);
        }
    }
    Ok(made)
}

/// Who is told of an account, and as what it is known to them.
struct Told {
    follower: FollowerId,
    sign_up: SignUp,
    account: BoundAccount,
    category: Category,
}

fn told(tx: &Tx<'_>, keys: &TenantKeys, registry: &Registry, number: &str) -> Result<Option<Told>> {
    let Some(found) = prefs::signed_up(tx, keys, number)? else { return Ok(None) };
    let place = Place::new(ACCOUNTS, found.sign_up.binding);
    let accounts: Vec<BoundAccount> = keys.open_json(place, &found.accounts)?;
    // The number itself decides, not its hash.
    let Some(account) = accounts.into_iter().find(|a| a.number == number) else {
        return Ok(None);
    };
    let category = Category::of_account(&account.kind);
    let category = category.filter(|c| registry.offer(found.wechat_account, *c).is_some());
    Ok(category.map(|category| Told {
        follower: found.follower,
        sign_up: found.sign_up,
        account,
        category,
    }))
}

/// Somebody locked the account or undid that: told unless its customer asked for it here a moment ago.
fn state(tx: &Tx<'_>, keys: &TenantKeys, told: &Told, event: &Event) -> Result<bool> {
    if guard::was_asked(tx, told.follower, &told.account.id, event.at.plus_ms(-OWN_ORDER_MS))? {
        return Ok(false);
    }
    let name = format!("{}{}", told.account.label, told.account.tail);
    let (seq, at) = (event.seq, event.at);
    let what = Happening::AccountState { seq, account: &name, account_key: &told.account.id, at };
    happening::tell(tx, keys, (told.follower, told.sign_up.binding), &what)
}

fn make(tx: &Tx<'_>, keys: &TenantKeys, told: &Told, event: &Event, entry: &Entry) -> Result<bool> {
    let facts = Facts {
        is_in: entry.is_in,
        amount: entry.amount,
        balance: entry.balance_after.filter(|_| told.sign_up.has_balance),
        label: entry.label.clone(),
        counterparty: entry.counterparty.clone(),
        serial: entry.core_serial.clone(),
        posted_at: event.at,
        account_label: told.account.label.clone(),
        account_tail: told.account.tail.clone(),
        reverses: entry.reverses.clone(),
    };
    let (digest, to) = (told.sign_up.digest, (told.follower, told.sign_up.binding));
    if digest.takes(&facts) {
        return digest::add(tx, keys, to, &told.account.id, (digest, &facts));
    }
    let fresh = Fresh {
        kind: Kind::posting(told.category, entry.is_in),
        follower: told.follower,
        binding: told.sign_up.binding,
        account_key: &told.account.id,
        seq: event.seq,
        line: entry.line.as_str(),
        facts: &facts,
    };
    store::add(tx, keys, &fresh)
}
