//! The payee book (收款人): whom a customer pays, as they call them. It belongs to the customer, whichever binding they have.

use super::PayeeId;
use crate::audit::{self, Actor};
use crate::followers::{FollowerId, behind::Behind, store as followers};
use crate::vault::{Place, TenantKeys};
use base::{Refusal, Result, Time};
use corebank::money::Payee;
use db::{Tx, params};
use serde::{Deserialize, Serialize};

const WHO: &str = "payee.who";
/// More payees than anybody scrolls through.
const MOST: usize = 100;
pub(super) const FULL: Refusal =
    Refusal::conflict("payee.full", "收款人太多了，先说「收款人管理」删掉几个");

/// One of the book. C2: sealed at rest.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Who {
    pub(super) name: String,
    pub(super) number: String,
    /// Empty for the customer's own bank.
    pub(super) bank: String,
    pub(super) tail: String,
    /// What the customer calls them.
    pub(super) also: Vec<String>,
    pub(super) payee: Payee,
}

base::unprinted!(Who);

/// A row of the book.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) id: PayeeId,
    pub(super) who: Who,
    pub(super) added_at: Time,
    /// When they were last paid; none while they never were.
    pub(super) paid_at: Option<Time>,
}

/// The customer's book, the latest first.
pub(super) fn all(tx: &Tx<'_>, keys: &TenantKeys, customer: &str) -> Result<Vec<Known>> {
    let mut found = vec![];
    for index in keys.blind("customer", customer).all() {
        let rows: Vec<(PayeeId, Vec<u8>, Time, Option<Time>)> = tx.all(
            "SELECT y.id, y.who_sealed, y.added_at_ms, y.paid_at_ms \
             FROM binding b JOIN payee y ON y.tenant_id = b.tenant_id AND y.binding_id = b.id \
             WHERE b.tenant_id = $1 AND b.customer_index = $2 AND y.removed_at_ms IS NULL",
            params![tx.tenant(), index],
        )?;
        for (id, sealed, added_at, paid_at) in rows {
            let who = keys.open_json(Place::new(WHO, id.raw()), &sealed)?;
            found.push(Known { id, who, added_at, paid_at });
        }
    }
    found.sort_by_key(|k| std::cmp::Reverse((k.paid_at.unwrap_or(k.added_at), k.id)));
    Ok(found)
}

pub(super) fn one(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    customer: &str,
    id: i64,
) -> Result<Option<Known>> {
    Ok(all(tx, keys, customer)?.into_iter().find(|k| k.id.raw() == id))
}

/// The same list as the chat knows it; none when it is empty.
pub fn spoken(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    customer: &str,
) -> Result<Option<dialogue::Known<dialogue::Payee>>> {
    let all = all(tx, keys, customer)?;
    let one = |k: Known| dialogue::Payee {
        id: k.id.raw().to_string(),
        name: k.who.name,
        also: k.who.also,
        bank: k.who.bank,
        tail: k.who.tail,
    };
    let all: Vec<_> = all.into_iter().map(one).collect();
    Ok((!all.is_empty()).then(|| dialogue::Known::payees(all)))
}

/// Puts somebody into the book, or finds them there.
pub(super) fn add(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    by: (FollowerId, i64),
    customer: &str,
    who: &Who,
    behind: &Behind,
) -> Result<PayeeId> {
    let (follower, binding) = by;
    let book = all(tx, keys, customer)?;
    if let Some(known) = book.iter().find(|k| k.who.number == who.number) {
        let mut merged = known.who.clone();
        let fresh = who.also.iter().filter(|a| !known.who.also.contains(a));
        merged.also.extend(fresh.cloned());
        if merged != known.who {
            let sealed = keys.seal_json(Place::new(WHO, known.id.raw()), &merged)?;
            tx.exec(
                "UPDATE payee SET who_sealed = $1 WHERE tenant_id = $2 AND id = $3",
                params![sealed, tx.tenant(), known.id],
            )?;
            followers::touch(tx, behind, follower)?;
        }
        return Ok(known.id);
    }
    if book.len() >= MOST {
        return FULL.into();
    }
    let id: PayeeId = tx.new_id();
    let sealed = keys.seal_json(Place::new(WHO, id.raw()), who)?;
    tx.exec(
        "INSERT INTO payee (tenant_id, id, binding_id, who_sealed, added_at_ms, times) VALUES ($1, $2, $3, $4, $5, 0)",
        params![tx.tenant(), id, binding, sealed, tx.now()],
    )?;
    audit::note(tx, Actor::Follower(follower.raw()), "payee.add", &id.to_string(), "done", "")?;
    followers::touch(tx, behind, follower)?;
    Ok(id)
}

/// They were paid: they come first from now on, and are new no more.
pub(super) fn was_paid(tx: &Tx<'_>, id: i64) -> Result<()> {
    tx.exec(
        "UPDATE payee SET paid_at_ms = $1, times = times + 1 WHERE tenant_id = $2 AND id = $3",
        params![tx.now(), tx.tenant(), id],
    )?;
    Ok(())
}
