//! Rows of changes that were asked for.

use super::wish::Wish;
use super::{CHANGES, OrderId};
use crate::audit::{self, Actor};
use crate::binding::limits::{self, Window};
use crate::followers::{BoundAccount, FollowerId};
use crate::jobs::Job;
use crate::sessions;
use crate::vault::{Place, TenantKeys};
use base::{DAY_MS, Result, Time};
use db::{Tx, params};
use serde::{Deserialize, Serialize};

const WISH: &str = "setting_order.wish";
/// If the process dies while the core is asked, the job takes the order up after this time.
const TAKE_UP_MS: i64 = 10_000;
/// Changes of one follower in a day.
const PER_DAY: Window = Window { kind: "setting.day", ms: DAY_MS, max: 40 };

/// What is to be changed, and where; C2 data.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Target {
    pub(super) customer: String,
    pub(super) account: BoundAccount,
    pub(super) wish: Wish,
}

base::unprinted!(Target);

#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) id: OrderId,
    pub(super) follower: FollowerId,
    pub(super) target: Target,
    /// It is not told to the core before this.
    pub(super) due_at: Time,
    /// The core was not told when it was asked for.
    pub(super) has_waited: bool,
}

/// How audit rows and reports name a wish.
const fn kind(wish: &Wish) -> &'static str {
    match wish {
        Wish::Lock { .. } => "lock",
        Wish::Unlock { .. } => "unlock",
        Wish::NoPass { .. } => "no_pass",
        Wish::EndAgreement { .. } => "end_agreement",
        Wish::ByMobile { .. } => "by_mobile",
        Wish::Limit { .. } => "limit",
        Wish::Renew { .. } => "renewal",
        Wish::Notice { .. } => "notice",
        Wish::Gift { .. } => "gift",
        Wish::Exchange { .. } => "exchange",
        Wish::SeeAssets {} | Wish::SeeGuarantees {} => "see",
    }
}

fn note(tx: &Tx<'_>, order: &Order, outcome: &str, detail: &str) -> Result<()> {
    let act = format!("setting.{}", kind(&order.target.wish));
    let by = Actor::Follower(order.follower.raw());
    audit::note(tx, by, &act, &order.id.to_string(), outcome, detail)
}

/// Tells one wish from another; nothing can be read from it.
fn thing(wish: &Wish) -> Result<String> {
    let hash = sessions::hash(&serde_json::to_string(wish)?);
    Ok(hash[..8].iter().map(|b| format!("{b:02x}")).collect())
}

/// Puts an order in, or finds the one that is under way for the same.
pub(super) fn intend(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    target: &Target,
    after_ms: i64,
) -> Result<Order> {
    let (key, thing) = (target.account.id.as_str(), thing(&target.wish)?);
    let id: OrderId = tx.new_id();
    let due_at = tx.now().plus_ms(after_ms);
    let sealed = keys.seal_json(Place::new(WISH, id.raw()), target)?;
    let fresh = tx.exec(
        "INSERT INTO setting_order (tenant_id, id, follower_id, account_key, kind, thing, state, wish_sealed, outcome, \
         asked_at_ms, due_at_ms) VALUES ($1, $2, $3, $4, $5, $6, 'asked', $7, '', $8, $9) ON CONFLICT DO NOTHING",
        params![
            tx.tenant(),
            id,
            follower,
            key,
            kind(&target.wish),
            thing.as_str(),
            sealed,
            tx.now(),
            due_at
        ],
    )? == 1;
    if fresh {
        let subject = keys.blind("follower", &follower.to_string());
        if !limits::count(tx, &subject, PER_DAY)? {
            return CHANGES.into();
        }
        let has_waited = after_ms > 0;
        let order = Order { id, follower, target: target.clone(), due_at, has_waited };
        note(tx, &order, "asked", "")?;
        give_way(tx, keys, &order)?;
        let run_at = if after_ms > 0 { due_at } else { due_at.plus_ms(TAKE_UP_MS) };
        Job::SettleSetting { order: id, tried: 0 }.enqueue(tx, run_at)?;
        return Ok(order);
    }
    let (id, due_at): (OrderId, Time) = tx.one(
        "SELECT id, due_at_ms FROM setting_order \
         WHERE tenant_id = $1 AND follower_id = $2 AND account_key = $3 AND thing = $4 AND state = 'asked'",
        params![tx.tenant(), follower, key, thing.as_str()],
    )?;
    Ok(Order { id, follower, target: target.clone(), due_at, has_waited: after_ms > 0 })
}

/// What was asked for before and is about the same gives way: it is not told to the core any more. Whether it happened
/// meanwhile does not matter, since the core hears the later one after it.
fn give_way(tx: &Tx<'_>, keys: &TenantKeys, newest: &Order) -> Result<()> {
    let rows: Vec<(OrderId,)> = tx.all(
        "SELECT id FROM setting_order \
         WHERE tenant_id = $1 AND follower_id = $2 AND account_key = $3 AND state = 'asked' AND id <> $4 ORDER BY id",
        params![tx.tenant(), newest.follower, newest.target.account.id.as_str(), newest.id],
    )?;
    for (id,) in rows {
        let Some(before) = open(tx, keys, id)? else { continue };
        if before.target.wish.is_about_the_same(&newest.target.wish) {
            settle(tx, &before, Some("setting.replaced"))?;
        }
    }
    Ok(())
}

/// An order that is still to be known; `None` when it is.
pub(super) fn open(tx: &Tx<'_>, keys: &TenantKeys, id: OrderId) -> Result<Option<Order>> {
    let row: Option<(FollowerId, Vec<u8>, Time, Time)> = tx.opt(
        "SELECT follower_id, wish_sealed, asked_at_ms, due_at_ms FROM setting_order \
         WHERE tenant_id = $1 AND id = $2 AND state = 'asked'",
        params![tx.tenant(), id],
    )?;
    let Some((follower, sealed, asked_at, due_at)) = row else { return Ok(None) };
    let target = keys.open_json(Place::new(WISH, id.raw()), &sealed)?;
    Ok(Some(Order { id, follower, target, due_at, has_waited: asked_at < due_at }))
}

/// Keeps what came of an order; false when it was known already.
pub(super) fn settle(tx: &Tx<'_>, order: &Order, refused: Option<&str>) -> Result<bool> {
    let (state, outcome) = refused.map_or(("done", ""), |code| ("refused", code));
    let ours = tx.exec_one(
        "UPDATE setting_order SET state = $1, outcome = $2, settled_at_ms = $3, wish_sealed = $4 \
         WHERE tenant_id = $5 AND id = $6 AND state = 'asked'",
        params![state, outcome, tx.now(), Vec::<u8>::new(), tx.tenant(), order.id],
    )?;
    if ours {
        note(tx, order, state, outcome)?;
    }
    Ok(ours)
}
