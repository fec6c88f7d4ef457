//! The payee book (收款人): whom a customer pays, as they call them. It belongs to the customer, whichever binding they have.

use super::{PayeeId, orders, words};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::followers::{FollowerId, behind::Behind, store as followers};
use crate::vault::{Place, TenantKeys};
use base::{Refusal, Result, TenantId, Time};
use corebank::money::Payee;
use db::{Scope, Tx, params};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const WHO: &str = "payee.who";
/// More payees than anybody scrolls through.
const MOST: usize = 100;
pub(super) const FULL: Refusal =
    Refusal::conflict("payee.full", "收款人太多了，先说「收款人管理」删掉几个");

/// How long what was taken out can be put back.
const UNDO_MS: i64 = 15 * 60_000;
const CALLED_CHARS_MAX: usize = 10;
const MISSING: Refusal = Refusal::missing("payee.missing", "收款人里没有这个人");
const CALLED: Refusal =
    Refusal::invalid("payee.called", "没有改。备注最多 10 个字，不要有数字和符号");
const TAKEN: Refusal = Refusal::conflict("payee.taken", "没有改。您已经这样叫别的收款人了");
const HAS_ORDERS: Refusal = Refusal::conflict("payee.has_orders", "没有删。还有约好要转给他的");
const UNDO_GONE: Refusal = Refusal::gone("payee.gone", "过了 15 分钟，撤不了了");

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

impl Who {
    fn words(&self) -> String {
        words::named(&self.name, &self.bank, &self.tail)
    }
}

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
             FROM binding b CROSS JOIN payee y \
             WHERE y.tenant_id = b.tenant_id AND y.binding_id = b.id AND b.tenant_id = $1 AND b.customer_index = $2 AND y.removed_at_ms IS NULL",
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

/// One of the book as the chat lists them.
#[derive(Debug)]
pub struct Listed {
    /// 李国强（建设银行 尾号0098）
    pub who: String,
    pub called: Vec<String>,
}

/// The customer's book as the chat lists it, who was paid last first.
pub async fn listed(app: &Arc<App>, tenant: TenantId, customer: &str) -> Result<Vec<Listed>> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let customer = customer.to_owned();
    let unit = move |tx: &Tx<'_>| {
        let one = |k: Known| Listed { who: k.who.words(), called: k.who.also };
        Ok(all(tx, &keys, &customer)?.into_iter().map(one).collect())
    };
    app.db.read(Scope::Tenant(tenant), unit).await
}

/// Whose book is changed, and by whom.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    pub follower: FollowerId,
    pub customer: &'a str,
}

/// Gives somebody the name the customer calls them by, instead of any before. Who that is.
pub fn rename(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    by: Owner<'_>,
    id: i64,
    called: &str,
) -> Result<String> {
    let called = called.trim();
    let is_name = |c: char| c.is_alphabetic();
    if called.is_empty()
        || called.chars().count() > CALLED_CHARS_MAX
        || !called.chars().all(is_name)
    {
        return CALLED.into();
    }
    let book = all(tx, keys, by.customer)?;
    let known = book.iter().find(|k| k.id.raw() == id).ok_or(MISSING)?;
    let has = |k: &Known| k.who.name == called || k.who.also.iter().any(|a| a == called);
    if book.iter().any(|k| k.id != known.id && has(k)) {
        return TAKEN.into();
    }
    let who = Who { also: vec![called.to_owned()], ..known.who.clone() };
    let sealed = keys.seal_json(Place::new(WHO, known.id.raw()), &who)?;
    tx.exec(
        "UPDATE payee SET who_sealed = $1 WHERE tenant_id = $2 AND id = $3",
        params![sealed, tx.tenant(), known.id],
    )?;
    changed(tx, by, "payee.rename", known.id)?;
    Ok(who.words())
}

/// Takes somebody out of the book: whoever pays them later finds them new. Who that was.
pub fn remove(tx: &Tx<'_>, keys: &TenantKeys, by: Owner<'_>, id: i64) -> Result<String> {
    let known = one(tx, keys, by.customer, id)?.ok_or(MISSING)?;
    if orders::has_to(tx, keys, by.customer, id)? {
        return HAS_ORDERS.into();
    }
    tx.exec(
        "UPDATE payee SET removed_at_ms = $1 WHERE tenant_id = $2 AND id = $3 AND removed_at_ms IS NULL",
        params![tx.now(), tx.tenant(), known.id],
    )?;
    changed(tx, by, "payee.remove", known.id)?;
    Ok(known.who.words())
}

/// Puts back whom the customer took out a moment ago, as they were.
pub fn restore(tx: &Tx<'_>, keys: &TenantKeys, by: Owner<'_>, id: i64) -> Result<String> {
    let since = tx.now().plus_ms(-UNDO_MS);
    let mut found: Option<(PayeeId, Vec<u8>)> = None;
    for index in keys.blind("customer", by.customer).all() {
        let row = tx.opt(
            "SELECT y.id, y.who_sealed FROM binding b CROSS JOIN payee y \
             WHERE y.tenant_id = b.tenant_id AND y.binding_id = b.id AND b.tenant_id = $1 AND b.customer_index = $2 AND y.id = $3 AND y.removed_at_ms > $4",
            params![tx.tenant(), index, id, since],
        )?;
        found = found.or(row);
    }
    let book = all(tx, keys, by.customer)?;
    let Some((id, sealed)) = found else {
        // Tapped twice: they are back already.
        let back = book.iter().find(|k| k.id.raw() == id).ok_or(UNDO_GONE)?;
        return Ok(back.who.words());
    };
    let who: Who = keys.open_json(Place::new(WHO, id.raw()), &sealed)?;
    if let Some(again) = book.iter().find(|k| k.who.number == who.number) {
        return Ok(again.who.words());
    }
    if book.len() >= MOST {
        return FULL.into();
    }
    tx.exec(
        "UPDATE payee SET removed_at_ms = NULL WHERE tenant_id = $1 AND id = $2",
        params![tx.tenant(), id],
    )?;
    changed(tx, by, "payee.restore", id)?;
    Ok(who.words())
}

/// Inside the unit of the customer's own turn, which moves their seat on: nothing else needs to tell that the book is another.
fn changed(tx: &Tx<'_>, by: Owner<'_>, act: &str, id: PayeeId) -> Result<()> {
    audit::note(tx, Actor::Follower(by.follower.raw()), act, &id.to_string(), "done", "")
}

/// They were paid: they come first from now on, and are new no more.
pub(super) fn was_paid(tx: &Tx<'_>, id: i64) -> Result<()> {
    tx.exec(
        "UPDATE payee SET paid_at_ms = $1, times = times + 1 WHERE tenant_id = $2 AND id = $3",
        params![tx.now(), tx.tenant(), id],
    )?;
    Ok(())
}
