//! Rows of orders.

use super::{Known, OrderId, Wish, word};
use crate::audit::{self, Actor};
use crate::followers::{BoundAccount, FollowerId};
use crate::jobs::Job;
use crate::vault::{Place, TenantKeys};
use base::{Error, Result, Time};
use db::{Tx, params};
use serde::{Deserialize, Serialize};

const TARGET: &str = "card_order.target";
/// If the process dies while the core is asked, the job takes the order up after this time.
const TAKE_UP_MS: i64 = 10_000;

/// Where an order leads; C2 data.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Target {
    pub(super) customer: String,
    pub(super) account: BoundAccount,
}

base::unprinted!(Target);

/// An order that is not known yet.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) id: OrderId,
    pub(super) follower: FollowerId,
    pub(super) wish: Wish,
    pub(super) target: Target,
    pub(super) asked_at: Time,
}

/// Puts an order in, or finds the one that is under way for the same.
pub(super) fn intend(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    target: &Target,
    wish: Wish,
) -> Result<Order> {
    let id: OrderId = tx.new_id();
    let (key, word) = (target.account.id.as_str(), word(wish));
    let word = word.as_str();
    let sealed = keys.seal_json(Place::new(TARGET, id.raw()), target)?;
    let fresh = tx.exec(
        "INSERT INTO card_order (tenant_id, id, follower_id, account_key, wish, state, target_sealed, outcome, stop_no, \
         asked_at_ms) VALUES ($1, $2, $3, $4, $5, 'asked', $6, '', '', $7) ON CONFLICT DO NOTHING",
        params![tx.tenant(), id, follower, key, word, sealed, tx.now()],
    )? == 1;
    if fresh {
        Job::SettleOrder { order: id, tried: 0 }.enqueue(tx, tx.now().plus_ms(TAKE_UP_MS))?;
        note(tx, follower, wish, id, "asked", "")?;
        for before in wish.outdoes() {
            give_way(tx, keys, (follower, key), (*before).into())?;
        }
    }
    let (id, asked_at): (OrderId, Time) = tx.one(
        "SELECT id, asked_at_ms FROM card_order \
         WHERE tenant_id = $1 AND follower_id = $2 AND account_key = $3 AND wish = $4 AND state = 'asked'",
        params![tx.tenant(), follower, key, word],
    )?;
    Ok(Order { id, follower, wish, target: target.clone(), asked_at })
}

/// An earlier order that is not known yet gives way to what was asked for later: it is not told to the core again. Whether
/// it happened does not matter any more, since the core hears the later one after it.
fn give_way(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (follower, key): (FollowerId, &str),
    wish: Wish,
) -> Result<()> {
    let found: Option<(OrderId,)> = tx.opt(
        "SELECT id FROM card_order \
         WHERE tenant_id = $1 AND follower_id = $2 AND account_key = $3 AND wish = $4 AND state = 'asked'",
        params![tx.tenant(), follower, key, word(wish).as_str()],
    )?;
    if let Some((id,)) = found
        && let Some(before) = open(tx, keys, id)?
    {
        settle(tx, &before, &Known::Refused("stop.replaced"))?;
    }
    Ok(())
}

fn note(
    tx: &Tx<'_>,
    follower: FollowerId,
    wish: Wish,
    id: OrderId,
    outcome: &str,
    detail: &str,
) -> Result<()> {
    let word = word(wish);
    // What was done is its name; the sum is kept beside it.
    let (name, sum) = word.split_once(':').unwrap_or((&word, ""));
    let detail = if detail.is_empty() { sum } else { detail };
    let act = format!("card.{name}");
    audit::note(tx, Actor::Follower(follower.raw()), &act, &id.to_string(), outcome, detail)
}

/// An order that is still to be known; `None` when it is.
pub(super) fn open(tx: &Tx<'_>, keys: &TenantKeys, id: OrderId) -> Result<Option<Order>> {
    let row: Option<(FollowerId, String, Vec<u8>, Time)> = tx.opt(
        "SELECT follower_id, wish, target_sealed, asked_at_ms FROM card_order \
         WHERE tenant_id = $1 AND id = $2 AND state = 'asked'",
        params![tx.tenant(), id],
    )?;
    let Some((follower, wish, sealed, asked_at)) = row else { return Ok(None) };
    let wish = super::wish_of(&wish).ok_or_else(|| Error::fault("an order for no known wish"))?;
    let target = keys.open_json(Place::new(TARGET, id.raw()), &sealed)?;
    Ok(Some(Order { id, follower, wish, target, asked_at }))
}

/// Keeps what came of an order; false when it was known already.
pub(super) fn settle(tx: &Tx<'_>, order: &Order, known: &Known) -> Result<bool> {
    let (state, outcome) = match known {
        Known::Stands { state, .. } => ("done", state.label()),
        Known::Card(card) => ("done", card.word()),
        Known::Refused(code) => ("refused", *code),
    };
    let (stop_no, ends_at) = match known {
        Known::Stands { stop_no, ends_at, .. } => (stop_no.as_str(), *ends_at),
        Known::Card(_) | Known::Refused(_) => ("", None),
    };
    let ours = tx.exec_one(
        "UPDATE card_order SET state = $1, outcome = $2, stop_no = $3, ends_at_ms = $4, settled_at_ms = $5, \
         target_sealed = $6 WHERE tenant_id = $7 AND id = $8 AND state = 'asked'",
        params![
            state,
            outcome,
            stop_no,
            ends_at,
            tx.now(),
            Vec::<u8>::new(),
            tx.tenant(),
            order.id
        ],
    )?;
    if ours {
        let detail = if state == "refused" { outcome } else { "" };
        note(tx, order.follower, order.wish, order.id, state, detail)?;
    }
    Ok(ours)
}

/// Whether the follower has asked for anything of the account since then.
pub(super) fn was_asked(
    tx: &Tx<'_>,
    follower: FollowerId,
    account_key: &str,
    since: Time,
) -> Result<bool> {
    let found: Option<i64> = tx.opt(
        "SELECT id FROM card_order WHERE tenant_id = $1 AND follower_id = $2 AND account_key = $3 AND asked_at_ms >= $4 LIMIT 1",
        params![tx.tenant(), follower, account_key, since],
    )?;
    Ok(found.is_some())
}
