//! Rows of exchanges.

use super::{ExchangeId, OFFER_WORD};
use crate::audit::{self, Actor};
use crate::followers::FollowerId;
use crate::jobs::Job;
use crate::vault::{Place, TenantKeys};
use base::{Error, Result, Time};
use corebank::rewards::{Exchanged, Handover};
use db::{FromRow, Row, Tx, params};
use serde::{Deserialize, Serialize};

const TARGET: &str = "exchange.target";

/// Where an exchange is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Shown in chat, to be confirmed.
    Offered,
    Left,
    /// Told to the core, or about to be: it may have happened.
    Sent,
    Done,
    Refused,
    /// The core's answer speaks of something else: people decide.
    Manual,
}

impl State {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Offered, OFFER_WORD),
        (Self::Left, "left"),
        (Self::Sent, "sent"),
        (Self::Done, "done"),
        (Self::Refused, "refused"),
        (Self::Manual, "manual"),
    ];
    pub(super) fn word(self) -> &'static str {
        Self::ALL.iter().find(|(s, _)| *s == self).map_or("", |(_, w)| w)
    }
    fn of(word: &str) -> Result<Self> {
        let found = Self::ALL.iter().find(|(_, w)| *w == word).map(|(s, _)| *s);
        found.ok_or_else(|| Error::fault(format!("exchange in state {word}")))
    }
}

/// Whose points; C2: sealed at rest, and wiped once it is known what became of the exchange.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Target {
    pub(super) customer: String,
    /// The core's number of the card.
    pub(super) card: String,
}

base::unprinted!(Target);

/// What is exchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) ware: String,
    pub(super) name: String,
    pub(super) count: i64,
    /// For all of it.
    pub(super) points: i64,
    pub(super) handover: Handover,
}

/// An exchange.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) id: ExchangeId,
    pub(super) follower: FollowerId,
    pub(super) order: Order,
    pub(super) state: State,
    pub(super) why: String,
    pub(super) serial: String,
    pub(super) left: Option<i64>,
    target: Vec<u8>,
    pub(super) valid_until: Option<Time>,
    pub(super) offered_at: Time,
    pub(super) known_at: Option<Time>,
}

impl FromRow for Kept {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        let (id, follower) = (r.next()?, r.next()?);
        let (ware, name, count, points) = (r.next()?, r.next()?, r.next()?, r.next()?);
        let handover: String = r.next()?;
        let handover = Handover::of(&handover)
            .ok_or_else(|| Error::fault(format!("wares handed over by {handover}")))?;
        Ok(Self {
            id,
            follower,
            order: Order { ware, name, count, points, handover },
            state: State::of(&r.next::<String>()?)?,
            why: r.next()?,
            serial: r.next()?,
            left: r.next()?,
            target: r.next()?,
            valid_until: r.next()?,
            offered_at: r.next()?,
            known_at: r.next()?,
        })
    }
}

impl Kept {
    pub(super) fn target(&self, keys: &TenantKeys) -> Result<Target> {
        keys.open_json(Place::new(TARGET, self.id.raw()), &self.target)
    }
}

macro_rules! exchanges {
    ($where:literal) => {
        concat!(
            "SELECT id, follower_id, ware, ware_name, amount, points, handover, state, why, core_serial, left_points, \
             target_sealed, valid_until_ms, offered_at_ms, known_at_ms FROM exchange WHERE tenant_id = $1 AND ",
            $where
        )
    };
}

pub(super) fn by_id(tx: &Tx<'_>, id: ExchangeId) -> Result<Option<Kept>> {
    tx.opt(exchanges!("id = $2"), params![tx.tenant(), id])
}

/// A follower's exchange whose outcome is not known.
pub(super) fn is_under_way(tx: &Tx<'_>, follower: FollowerId) -> Result<bool> {
    let found: Option<Kept> = tx.opt(
        exchanges!("follower_id = $2 AND state = 'sent' ORDER BY +id LIMIT 1"),
        params![tx.tenant(), follower],
    )?;
    Ok(found.is_some())
}

/// A customer's exchanges that were made or are being made, all their bindings together, the latest first.
pub(super) fn of_customer(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    customer: &str,
    most: i64,
) -> Result<Vec<Kept>> {
    let mut found: Vec<Kept> = vec![];
    for index in keys.blind("customer", customer).all() {
        found.extend(tx.all::<Kept>(
            exchanges!(
                "state IN ('sent', 'done', 'manual') AND binding_id IN \
                 (SELECT id FROM binding WHERE tenant_id = $1 AND customer_index = $2) ORDER BY +id DESC LIMIT $3"
            ),
            params![tx.tenant(), index, most],
        )?);
    }
    found.sort_by_key(|x| std::cmp::Reverse(x.id));
    Ok(found)
}

/// Points a customer exchanged on a day, those included whose outcome is not known.
pub(super) fn used_on(tx: &Tx<'_>, keys: &TenantKeys, customer: &str, day: i64) -> Result<i64> {
    let mut sum = 0_i64;
    for index in keys.blind("customer", customer).all() {
        let (points,): (i64,) = tx.one(
            "SELECT COALESCE(CAST(SUM(x.points) AS BIGINT), 0) FROM binding b CROSS JOIN exchange x \
             WHERE x.tenant_id = b.tenant_id AND x.binding_id = b.id AND b.tenant_id = $1 AND b.customer_index = $2 \
             AND x.made_on = $3 AND x.state IN ('sent', 'done', 'manual')",
            params![tx.tenant(), index, day],
        )?;
        sum = sum.checked_add(points).ok_or_else(|| Error::fault("a day's points overflow"))?;
    }
    Ok(sum)
}

/// Offers an exchange; what was offered before is left.
pub(super) fn offer(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (follower, binding): (FollowerId, i64),
    order: &Order,
    target: &Target,
) -> Result<ExchangeId> {
    leave(tx, follower, "replaced")?;
    let id: ExchangeId = tx.new_id();
    let sealed = keys.seal_json(Place::new(TARGET, id.raw()), target)?;
    tx.exec(
        "INSERT INTO exchange (tenant_id, id, follower_id, binding_id, ware, ware_name, amount, points, handover, state, why, \
         core_serial, target_sealed, offered_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'offered', '', '', $10, $11)",
        params![
            tx.tenant(),
            id,
            follower,
            binding,
            order.ware.as_str(),
            order.name.as_str(),
            order.count,
            order.points,
            order.handover.word(),
            sealed,
            tx.now()
        ],
    )?;
    Ok(id)
}

/// What was offered to a follower is not exchanged: it was left, ran out, or another took its place.
pub(super) fn leave(tx: &Tx<'_>, follower: FollowerId, why: &str) -> Result<()> {
    tx.exec(
        "UPDATE exchange SET state = 'left', why = $1, target_sealed = $2 \
         WHERE tenant_id = $3 AND follower_id = $4 AND state = 'offered'",
        params![why, Vec::<u8>::new(), tx.tenant(), follower],
    )?;
    Ok(())
}

fn note(tx: &Tx<'_>, kept: &Kept, outcome: &str, detail: &str) -> Result<()> {
    let by = Actor::Follower(kept.follower.raw());
    audit::note(tx, by, "points.exchange", &kept.id.to_string(), outcome, detail)
}

/// Before the first byte: the exchange may have happened from now on. False when it is not offered any more.
pub(super) fn send(tx: &Tx<'_>, kept: &Kept, valid_until: Time, take_up: Time) -> Result<bool> {
    let ours = tx.exec_one(
        "UPDATE exchange SET state = 'sent', made_on = $1, valid_until_ms = $2 \
         WHERE tenant_id = $3 AND id = $4 AND state = 'offered'",
        params![tx.now().china_day(), valid_until, tx.tenant(), kept.id],
    )?;
    if ours {
        Job::SettleExchange { exchange: kept.id, tried: 0 }.enqueue(tx, take_up)?;
        note(tx, kept, "asked", "")?;
    }
    Ok(ours)
}

/// Keeps what the core did; false when it was known already.
pub(super) fn done(tx: &Tx<'_>, kept: &Kept, made: &Exchanged) -> Result<bool> {
    let ours = tx.exec_one(
        "UPDATE exchange SET state = 'done', left_points = $1, core_serial = $2, known_at_ms = $3, target_sealed = $4 \
         WHERE tenant_id = $5 AND id = $6 AND state = 'sent'",
        params![
            made.left,
            made.core_serial.as_str(),
            made.at,
            Vec::<u8>::new(),
            tx.tenant(),
            kept.id
        ],
    )?;
    if ours {
        note(tx, kept, "done", "")?;
    }
    Ok(ours)
}

/// It did not happen, for certain; or people have to look. False when it was known already.
pub(super) fn ended(tx: &Tx<'_>, kept: &Kept, state: State, why: &str) -> Result<bool> {
    let ours = tx.exec_one(
        "UPDATE exchange SET state = $1, why = $2, known_at_ms = $3 WHERE tenant_id = $4 AND id = $5 AND state = 'sent'",
        params![state.word(), why, tx.now(), tx.tenant(), kept.id],
    )?;
    if ours && state == State::Refused {
        tx.exec(
            "UPDATE exchange SET target_sealed = $1 WHERE tenant_id = $2 AND id = $3",
            params![Vec::<u8>::new(), tx.tenant(), kept.id],
        )?;
    }
    if ours {
        note(tx, kept, state.word(), why)?;
    }
    Ok(ours)
}
