//! Rows of projects and gifts.

use super::{Entry, GiftId, Project};
use crate::audit::{self, Actor};
use crate::followers::FollowerId;
use crate::jobs::Job;
use crate::vault::{Place, TenantKeys};
use base::{Error, Result, TenantId, Time};
use corebank::gifts::Given;
use db::{Db, FromRow, Row, Scope, Tx, params};
use serde::{Deserialize, Serialize};

const WALL: &str = "gift.wall";
/// Of what a certificate is checked by.
const CHECK_BYTES: usize = 10;
const TARGET: &str = "gift.target";

struct ProjectRecord(Project);
impl FromRow for ProjectRecord {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        let owner = r.next()?;
        Ok(Self(Project {
            owner,
            entry: Entry {
                code: r.next()?,
                title: r.next()?,
                story: r.next()?,
                fundraiser: r.next()?,
                licence: r.next()?,
                unit_points: r.next()?,
                unit_words: r.next()?,
                goal_points: r.next()?,
                ends_on: r.next()?,
                is_open: r.next::<String>()? == "open",
                payee_number: r.next()?,
                payee_name: r.next()?,
                maker: r.next()?,
                checker: r.next()?,
            },
        }))
    }
}

/// Every institution's projects.
///
/// # Errors
/// The database.
pub async fn load(db: &Db) -> Result<Vec<Project>> {
    let unit = |tx: &Tx<'_>| {
        tx.all::<ProjectRecord>(
            "SELECT tenant_id, code, title, story, fundraiser, licence, unit_points, unit_words, goal_points, ends_on, \
             state, payee_number, payee_name, maker, checker FROM charity_project ORDER BY tenant_id, code",
            params![],
        )
    };
    Ok(db.read(Scope::House, unit).await?.into_iter().map(|r| r.0).collect())
}

pub(super) fn put(tx: &Tx<'_>, e: &Entry) -> Result<()> {
    let state = if e.is_open { "open" } else { "closed" };
    tx.exec(
        "INSERT INTO charity_project (tenant_id, code, title, story, fundraiser, licence, unit_points, unit_words, goal_points, \
         ends_on, state, payee_number, payee_name, maker, checker, at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
         ON CONFLICT (tenant_id, code) DO UPDATE SET title = $3, story = $4, fundraiser = $5, licence = $6, unit_points = $7, \
         unit_words = $8, goal_points = $9, ends_on = $10, state = $11, payee_number = $12, payee_name = $13, maker = $14, \
         checker = $15, at_ms = $16",
        params![
            tx.tenant(), e.code, e.title, e.story, e.fundraiser, e.licence, e.unit_points,
            e.unit_words, e.goal_points, e.ends_on, state, e.payee_number, e.payee_name, e.maker,
            e.checker, tx.now()
        ],
    )?;
    Ok(())
}

/// Where a gift is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GiftState {
    /// Shown in chat, to be confirmed.
    Offered,
    Left,
    /// Told to the core, or about to be: it may have happened.
    Sent,
    Given,
    Refused,
    /// The core's answer speaks of something else: people decide.
    Manual,
    /// It is being taken back.
    Voiding,
    Voided,
}

impl GiftState {
    const ALL: [(Self, &'static str); 8] = [
        (Self::Offered, "offered"),
        (Self::Left, "left"),
        (Self::Sent, "sent"),
        (Self::Given, "given"),
        (Self::Refused, "refused"),
        (Self::Manual, "manual"),
        (Self::Voiding, "voiding"),
        (Self::Voided, "voided"),
    ];
    pub(crate) fn word(self) -> &'static str {
        Self::ALL.iter().find(|(s, _)| *s == self).map_or("", |(_, w)| w)
    }
    fn of(word: &str) -> Result<Self> {
        let found = Self::ALL.iter().find(|(_, w)| *w == word).map(|(s, _)| *s);
        found.ok_or_else(|| Error::fault(format!("gift in state {word}")))
    }
}

/// Whose points; C2: sealed at rest, and wiped once it is known what became of the gift.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Target {
    pub(super) customer: String,
    /// The core's numbers of the cards.
    pub(super) cards: Vec<String>,
}

base::unprinted!(Target);

/// A gift of points.
#[derive(Debug, Clone)]
pub(crate) struct Gift {
    pub(crate) id: GiftId,
    pub(crate) follower: FollowerId,
    pub(crate) owner: TenantId,
    pub(crate) project: String,
    pub(crate) points: i64,
    pub(crate) state: GiftState,
    pub(super) why: String,
    pub(crate) lamp: Option<i64>,
    pub(super) left: Option<i64>,
    pub(crate) serial: String,
    /// What its certificate is checked by; empty for an old one.
    pub(crate) check: String,
    target: Vec<u8>,
    pub(super) valid_until: Option<Time>,
    pub(super) offered_at: Time,
    pub(crate) known_at: Option<Time>,
}

impl FromRow for Gift {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: r.next()?,
            follower: r.next()?,
            owner: r.next()?,
            project: r.next()?,
            points: r.next()?,
            state: GiftState::of(&r.next::<String>()?)?,
            why: r.next()?,
            lamp: r.next()?,
            left: r.next()?,
            serial: r.next()?,
            check: r.next()?,
            target: r.next()?,
            valid_until: r.next()?,
            offered_at: r.next()?,
            known_at: r.next()?,
        })
    }
}

impl Gift {
    pub(super) fn target(&self, keys: &TenantKeys) -> Result<Target> {
        keys.open_json(Place::new(TARGET, self.id.raw()), &self.target)
    }
}

macro_rules! gifts {
    ($where:literal) => {
        concat!(
            "SELECT id, follower_id, owner_id, project, points, state, why, lamp_no, left_points, core_serial, check_code, \
             target_sealed, valid_until_ms, offered_at_ms, known_at_ms FROM gift WHERE tenant_id = $1 AND ",
            $where
        )
    };
}

pub(super) fn by_id(tx: &Tx<'_>, id: GiftId) -> Result<Option<Gift>> {
    tx.opt(gifts!("id = $2"), params![tx.tenant(), id])
}

/// A follower's gift whose outcome is not known.
pub(super) fn under_way(tx: &Tx<'_>, follower: FollowerId) -> Result<Option<Gift>> {
    tx.opt(
        gifts!("follower_id = $2 AND state = 'sent' ORDER BY +id LIMIT 1"),
        params![tx.tenant(), follower],
    )
}

/// A customer's gifts that were made, all their bindings together, the latest first.
pub(super) fn of_customer(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    customer: &str,
    most: i64,
) -> Result<Vec<Gift>> {
    let mut found: Vec<Gift> = vec![];
    for index in keys.blind("customer", customer).all() {
        found.extend(tx.all::<Gift>(
            gifts!(
                "state IN ('given', 'voiding', 'voided') AND binding_id IN \
                 (SELECT id FROM binding WHERE tenant_id = $1 AND customer_index = $2) ORDER BY +id DESC LIMIT $3"
            ),
            params![tx.tenant(), index, most],
        )?);
    }
    found.sort_by_key(|g| std::cmp::Reverse(g.id));
    Ok(found)
}

/// The institution's gifts of the last day, the latest first: those that can be taken back, or were.
pub(crate) fn lately(tx: &Tx<'_>, since: Time, most: i64) -> Result<Vec<Gift>> {
    tx.all(
        gifts!("state IN ('given', 'voiding', 'voided', 'manual', 'sent') AND offered_at_ms >= $2 ORDER BY +id DESC LIMIT $3"),
        params![tx.tenant(), since, most],
    )
}

/// Points a customer gave on a day, those included whose outcome is not known.
pub(super) fn used_on(tx: &Tx<'_>, keys: &TenantKeys, customer: &str, day: i64) -> Result<i64> {
    let mut sum = 0_i64;
    for index in keys.blind("customer", customer).all() {
        let (points,): (i64,) = tx.one(
            "SELECT COALESCE(CAST(SUM(g.points) AS BIGINT), 0) FROM binding b CROSS JOIN gift g \
             WHERE g.tenant_id = b.tenant_id AND g.binding_id = b.id AND b.tenant_id = $1 AND b.customer_index = $2 \
             AND g.given_on = $3 \
             AND g.state IN ('sent', 'given', 'manual', 'voiding')",
            params![tx.tenant(), index, day],
        )?;
        sum = sum.checked_add(points).ok_or_else(|| Error::fault("a day's points overflow"))?;
    }
    Ok(sum)
}

/// A gift to be.
pub(super) struct New<'a> {
    pub(super) follower: FollowerId,
    pub(super) binding: i64,
    pub(super) project: &'a Project,
    pub(super) points: i64,
    pub(super) target: &'a Target,
}

/// Offers a gift; what was offered before is left.
pub(super) fn offer(tx: &Tx<'_>, keys: &TenantKeys, new: &New<'_>) -> Result<GiftId> {
    leave(tx, new.follower, "replaced")?;
    let id: GiftId = tx.new_id();
    let sealed = keys.seal_json(Place::new(TARGET, id.raw()), new.target)?;
    tx.exec(
        "INSERT INTO gift (tenant_id, id, follower_id, binding_id, owner_id, project, points, state, why, core_serial, \
         target_sealed, void_reason, offered_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, 'offered', '', '', $8, '', $9)",
        params![
            tx.tenant(), id, new.follower, new.binding, new.project.owner, new.project.code,
            new.points, sealed, tx.now()
        ],
    )?;
    Ok(id)
}

/// A gift of a plan's due day, on its way from the first: it may have happened from now on. None when there was one.
pub(super) fn plan(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    new: &New<'_>,
    (plan, day): (i64, i64),
    valid_until: Time,
) -> Result<Option<GiftId>> {
    let id: GiftId = tx.new_id();
    let sealed = keys.seal_json(Place::new(TARGET, id.raw()), new.target)?;
    let fresh = tx.exec(
        "INSERT INTO gift (tenant_id, id, follower_id, binding_id, owner_id, project, points, state, why, core_serial, \
         target_sealed, void_reason, offered_at_ms, given_on, valid_until_ms, plan_id, plan_day) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'sent', '', '', $8, '', $9, $10, $11, $12, $13) \
         ON CONFLICT (tenant_id, plan_id, plan_day) DO NOTHING",
        params![
            tx.tenant(), id, new.follower, new.binding, new.project.owner, new.project.code,
            new.points, sealed, tx.now(), tx.now().china_day(), valid_until, plan, day
        ],
    )?;
    Ok((fresh == 1).then_some(id))
}

/// What was offered to a follower is not given: it was left, ran out, or another took its place.
pub(super) fn leave(tx: &Tx<'_>, follower: FollowerId, why: &str) -> Result<()> {
    tx.exec(
        "UPDATE gift SET state = 'left', why = $1, target_sealed = $2 \
         WHERE tenant_id = $3 AND follower_id = $4 AND state = 'offered'",
        params![why, Vec::<u8>::new(), tx.tenant(), follower],
    )?;
    Ok(())
}

fn note(tx: &Tx<'_>, gift: &Gift, act: &str, outcome: &str, detail: &str) -> Result<()> {
    let by = Actor::Follower(gift.follower.raw());
    audit::note(tx, by, act, &gift.id.to_string(), outcome, detail)
}

/// Before the first byte: the gift may have happened from now on. False when it is not offered any more.
pub(super) fn send(tx: &Tx<'_>, gift: &Gift, valid_until: Time, take_up: Time) -> Result<bool> {
    let ours = tx.exec_one(
        "UPDATE gift SET state = 'sent', given_on = $1, valid_until_ms = $2 \
         WHERE tenant_id = $3 AND id = $4 AND state = 'offered'",
        params![tx.now().china_day(), valid_until, tx.tenant(), gift.id],
    )?;
    if ours {
        Job::SettleGift { gift: gift.id, tried: 0 }.enqueue(tx, take_up)?;
        note(tx, gift, "charity.points", "asked", "")?;
    }
    Ok(ours)
}

/// Keeps what the core did; false when it was known already.
pub(super) fn given(tx: &Tx<'_>, gift: &Gift, done: &Given) -> Result<bool> {
    let state = if done.is_void { GiftState::Voided } else { GiftState::Given };
    let ours = tx.exec_one(
        "UPDATE gift SET state = $1, lamp_no = $2, left_points = $3, core_serial = $4, known_at_ms = $5, target_sealed = $6, \
         check_code = $7 WHERE tenant_id = $8 AND id = $9 AND state = 'sent'",
        params![
            state.word(), done.lamp, done.left, done.core_serial, done.at, Vec::<u8>::new(),
            check_code(tx), tx.tenant(), gift.id
        ],
    )?;
    if ours {
        note(tx, gift, "charity.points", "done", "")?;
    }
    Ok(ours)
}

/// It did not happen, for certain; or people have to look. False when it was known already.
pub(super) fn ended(tx: &Tx<'_>, gift: &Gift, state: GiftState, why: &str) -> Result<bool> {
    let ours = tx.exec_one(
        "UPDATE gift SET state = $1, why = $2, known_at_ms = $3 WHERE tenant_id = $4 AND id = $5 AND state = 'sent'",
        params![state.word(), why, tx.now(), tx.tenant(), gift.id],
    )?;
    if ours && state == GiftState::Refused {
        tx.exec(
            "UPDATE gift SET target_sealed = $1 WHERE tenant_id = $2 AND id = $3",
            params![Vec::<u8>::new(), tx.tenant(), gift.id],
        )?;
    }
    if ours {
        note(tx, gift, "charity.points", state.word(), why)?;
    }
    Ok(ours)
}

/// A person takes a gift back; false when it is not one that was given.
pub(super) fn begin_void(
    tx: &Tx<'_>,
    gift: &Gift,
    (staff, reason): (i64, &str),
    take_up: Time,
) -> Result<bool> {
    let ours = tx.exec_one(
        "UPDATE gift SET state = 'voiding', void_reason = $1, voided_by = $2 WHERE tenant_id = $3 AND id = $4 AND state = 'given'",
        params![reason, staff, tx.tenant(), gift.id],
    )?;
    if ours {
        Job::SettleGift { gift: gift.id, tried: 0 }.enqueue(tx, take_up)?;
        audit::note(tx, Actor::Staff(staff), "charity.void", &gift.id.to_string(), "asked", "")?;
    }
    Ok(ours)
}

/// What became of taking it back; false when it was known already.
pub(super) fn end_void(tx: &Tx<'_>, gift: &Gift, is_void: bool, why: &str) -> Result<bool> {
    let state = if is_void { GiftState::Voided } else { GiftState::Given };
    let ours = tx.exec_one(
        "UPDATE gift SET state = $1, why = $2 WHERE tenant_id = $3 AND id = $4 AND state = 'voiding'",
        params![state.word(), why, tx.tenant(), gift.id],
    )?;
    if ours {
        let outcome = if is_void { "done" } else { "refused" };
        let by = Actor::House("charity");
        audit::note(tx, by, "charity.void", &gift.id.to_string(), outcome, why)?;
    }
    Ok(ours)
}

/// A payment that is a gift.
pub(crate) fn add_cash(
    tx: &Tx<'_>,
    payment: i64,
    (owner, project): (TenantId, &str),
    is_anonymous: bool,
) -> Result<()> {
    tx.exec(
        "INSERT INTO gift_cash (tenant_id, payment_id, owner_id, project, is_anonymous, check_code) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![tx.tenant(), payment, owner, project, is_anonymous, check_code(tx)],
    )?;
    Ok(())
}

/// Nobody guesses it: ten random bytes.
fn check_code(tx: &Tx<'_>) -> String {
    tx.random().hex(CHECK_BYTES)
}

/// Which gift a payment is, where it is one: owner, project, whether unnamed.
pub(super) fn cash_by_payment(
    tx: &Tx<'_>,
    payment: i64,
) -> Result<Option<(TenantId, String, bool)>> {
    tx.opt(
        "SELECT owner_id, project, is_anonymous FROM gift_cash WHERE tenant_id = $1 AND payment_id = $2",
        params![tx.tenant(), payment],
    )
}

/// A gift of points by what its certificate is checked by.
pub(super) fn by_check(tx: &Tx<'_>, code: &str) -> Result<Option<Gift>> {
    tx.opt(
        gifts!("check_code = $2 AND state IN ('given', 'voiding', 'voided')"),
        params![tx.tenant(), code],
    )
}

/// The same of a gift of money that was made.
pub(super) fn cash_by_check(tx: &Tx<'_>, code: &str) -> Result<Option<CashGift>> {
    tx.opt(
        "SELECT c.payment_id, c.owner_id, c.project, c.is_anonymous, p.amount_fen, p.serial_no, p.created_at_ms, c.check_code \
         FROM gift_cash c JOIN payment p ON p.tenant_id = c.tenant_id AND p.id = c.payment_id \
         WHERE c.tenant_id = $1 AND c.check_code = $2 AND p.state IN (50, 60)",
        params![tx.tenant(), code],
    )
}

/// A lamp as the wall shows it.
pub(super) struct Lamp {
    pub(super) no: i64,
    pub(super) at: Time,
    pub(super) points: i64,
    pub(super) is_void: bool,
    /// The giver's masked name, where the giver wants it there.
    pub(super) name: Option<String>,
}

/// The lamps that this institution's customers lit last.
pub(super) fn lamps(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (owner, project): (TenantId, &str),
    most: i64,
) -> Result<Vec<Lamp>> {
    type Found = (GiftId, i64, Time, i64, String, Option<Vec<u8>>);
    let found: Vec<Found> = tx.all(
        "SELECT id, lamp_no, known_at_ms, points, state, wall_sealed FROM gift \
         WHERE tenant_id = $1 AND owner_id = $2 AND project = $3 AND state IN ('given', 'voiding', 'voided') \
         AND lamp_no IS NOT NULL AND known_at_ms IS NOT NULL ORDER BY id DESC LIMIT $4",
        params![tx.tenant(), owner, project, most],
    )?;
    let one = |(id, no, at, points, state, sealed): Found| {
        let open = |sealed: Vec<u8>| keys.open_json(Place::new(WALL, id.raw()), &sealed);
        let name = sealed.map(open).transpose()?;
        Ok(Lamp { no, at, points, is_void: state == GiftState::Voided.word(), name })
    };
    found.into_iter().map(one).collect()
}

/// Puts a giver's masked name on the wall, or takes it off; false when it is no gift of theirs that was made.
pub(super) fn sign(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    id: GiftId,
    name: Option<&str>,
) -> Result<bool> {
    let seal = |name: &str| keys.seal_json(Place::new(WALL, id.raw()), &name);
    let sealed = name.map(seal).transpose()?;
    let ours = tx.exec_one(
        "UPDATE gift SET wall_sealed = $1 WHERE tenant_id = $2 AND id = $3 AND follower_id = $4 AND state = 'given'",
        params![sealed, tx.tenant(), id, follower],
    )?;
    if ours {
        let by = Actor::Follower(follower.raw());
        let detail = if name.is_some() { "named" } else { "unnamed" };
        audit::note(tx, by, "charity.wall", &id.to_string(), "done", detail)?;
    }
    Ok(ours)
}

/// A gift of money that was made.
#[derive(Debug, Clone)]
pub(crate) struct CashGift {
    pub(crate) payment: i64,
    pub(crate) owner: TenantId,
    pub(crate) project: String,
    pub(crate) is_anonymous: bool,
    pub(crate) amount: base::Fen,
    pub(crate) serial: String,
    pub(crate) at: Time,
    pub(crate) check: String,
}

impl FromRow for CashGift {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            payment: r.next()?,
            owner: r.next()?,
            project: r.next()?,
            is_anonymous: r.next()?,
            amount: r.next()?,
            serial: r.next()?,
            at: r.next()?,
            check: r.next()?,
        })
    }
}

/// A customer's gifts of money that succeeded, the latest first.
pub(super) fn cash_of(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    customer: &str,
    most: i64,
) -> Result<Vec<CashGift>> {
    let mut found: Vec<CashGift> = vec![];
    for index in keys.blind("customer", customer).all() {
        found.extend(tx.all::<CashGift>(
            "SELECT c.payment_id, c.owner_id, c.project, c.is_anonymous, p.amount_fen, p.serial_no, p.created_at_ms, c.check_code \
             FROM gift_cash c JOIN payment p ON p.tenant_id = c.tenant_id AND p.id = c.payment_id \
             JOIN binding b ON b.tenant_id = p.tenant_id AND b.id = p.binding_id \
             WHERE c.tenant_id = $1 AND b.customer_index = $2 AND p.state IN (50, 60) ORDER BY c.payment_id DESC LIMIT $3",
            params![tx.tenant(), index, most],
        )?);
    }
    found.sort_by_key(|c| std::cmp::Reverse(c.payment));
    Ok(found)
}

/// What a project got in money at one institution.
pub(super) fn cash_sum(tx: &Tx<'_>, owner: TenantId, project: &str) -> Result<base::Fen> {
    let (sum,): (base::Fen,) = tx.one(
        "SELECT COALESCE(CAST(SUM(p.amount_fen) AS BIGINT), 0) FROM gift_cash c \
         JOIN payment p ON p.tenant_id = c.tenant_id AND p.id = c.payment_id \
         WHERE c.tenant_id = $1 AND c.owner_id = $2 AND c.project = $3 AND p.state = 60",
        params![tx.tenant(), owner, project],
    )?;
    Ok(sum)
}
