//! Rows of notices, their cursor, and WeChat's results.

use super::content::Content;
use super::words::Facts;
use super::{Kind, NoticeId, Tried, Way};
use crate::followers::FollowerId;
use crate::tenants::AccountId;
use crate::vault::{Place, TenantKeys};
use base::{Result, TenantId, Time};
use db::{FromRow, Row, Tx, params};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};

pub(super) const FACTS: &str = "notice.facts";
/// A reversal waits so long for its original.
pub(super) const ORIGINAL_MS: i64 = 120_000;

pub(super) type Numbers = BTreeMap<TenantId, i64>;

/// How far events have become notices, and how far each stream is whole. House scope.
pub(super) fn cursors(tx: &Tx<'_>) -> Result<(Numbers, Numbers)> {
    let cursors = tx.all("SELECT tenant_id, last_seq FROM notice_cursor", params![])?;
    let streams = tx.all("SELECT tenant_id, last_seq FROM core_stream", params![])?;
    let map = |rows: Vec<(TenantId, i64)>| rows.into_iter().collect();
    Ok((map(cursors), map(streams)))
}

/// Notices of an institution begin behind what is in its inbox.
pub(super) fn begin_cursor(tx: &Tx<'_>) -> Result<()> {
    let last: Option<i64> =
        tx.opt("SELECT last_seq FROM core_stream WHERE tenant_id = $1", params![tx.tenant()])?;
    tx.exec(
        "INSERT INTO notice_cursor (tenant_id, last_seq) VALUES ($1, $2) ON CONFLICT (tenant_id) DO NOTHING",
        params![tx.tenant(), last.unwrap_or(0)],
    )?;
    Ok(())
}

/// False when it stands somewhere else by now.
pub(super) fn move_cursor(tx: &Tx<'_>, from: i64, to: i64) -> Result<bool> {
    tx.exec_one(
        "UPDATE notice_cursor SET last_seq = $1 WHERE tenant_id = $2 AND last_seq = $3",
        params![to, tx.tenant(), from],
    )
}

/// A notice that is to be.
pub(super) struct Fresh<'a> {
    pub(super) kind: Kind,
    pub(super) follower: FollowerId,
    pub(super) binding: i64,
    pub(super) account_key: &'a str,
    pub(super) seq: i64,
    pub(super) line: &'a str,
    pub(super) facts: &'a Facts,
}

pub(super) fn hash(parts: &[&str]) -> Vec<u8> {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update(part.as_bytes());
        sha.update([0]);
    }
    sha.finalize().get(..16).map(<[u8]>::to_vec).unwrap_or_default()
}

/// Of one entry as one customer is told of it.
fn serial_hash(binding: i64, account_key: &str, serial: &str) -> Vec<u8> {
    hash(&[&binding.to_string(), account_key, serial])
}

/// The same line told to the same binding has the same key, for ever: 32 hexadecimal digits, which WeChat takes as client_msg_id.
fn notice_key(tx: &Tx<'_>, fresh: &Fresh<'_>) -> String {
    let binding = fresh.binding.to_string();
    let tenant = tx.tenant().raw().to_string();
    let parts =
        [&*tenant, fresh.kind.word(), &fresh.facts.serial, fresh.line, &binding, fresh.account_key];
    hash(&parts).iter().map(|b| format!("{b:02x}")).collect()
}

/// Keeps a notice once; false when it was there.
pub(super) fn add(tx: &Tx<'_>, keys: &TenantKeys, fresh: &Fresh<'_>) -> Result<bool> {
    let id: NoticeId = tx.new_id();
    let serial = serial_hash(fresh.binding, fresh.account_key, &fresh.facts.serial);
    let reverses = fresh.facts.reverses.as_deref();
    let reverses = reverses.map(|s| serial_hash(fresh.binding, fresh.account_key, s));
    let waits = match &reverses {
        Some(original) => original_at(tx, original)?.is_none(),
        None => false,
    };
    let next_at = if waits { tx.now().plus_ms(ORIGINAL_MS) } else { tx.now() };
    let order_no = fresh.seq.saturating_mul(2);
    let is_new = tx.exec_one(
        "INSERT INTO notice (tenant_id, id, notice_key, kind, follower_id, binding_id, account_key, order_no, serial_hash, \
         reverses_hash, facts_sealed, state, way, tried, why, tries, epoch, is_parked, posted_at_ms, made_at_ms, next_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'waiting', '', '', '', 0, 0, $12, $13, $14, $15) \
         ON CONFLICT DO NOTHING",
        params![
            tx.tenant(),
            id,
            notice_key(tx, fresh),
            fresh.kind.word(),
            fresh.follower,
            fresh.binding,
            fresh.account_key,
            order_no,
            serial,
            reverses,
            keys.seal_json(Place::new(FACTS, id.raw()), fresh.facts)?,
            waits,
            fresh.facts.posted_at,
            tx.now(),
            next_at
        ],
    )?;
    if is_new && reverses.is_none() {
        // What takes it back came first and waited: it goes right behind.
        tx.exec(
            "UPDATE notice SET order_no = $1, is_parked = FALSE, next_at_ms = $2 \
             WHERE tenant_id = $3 AND reverses_hash = $4 AND state = 'waiting' AND is_parked = TRUE",
            params![order_no + 1, tx.now(), tx.tenant(), serial],
        )?;
    }
    Ok(is_new)
}

/// When the entry with this hash was posted, if a notice of it was made.
pub(super) fn original_at(tx: &Tx<'_>, serial: &[u8]) -> Result<Option<Time>> {
    tx.one::<Option<Time>>(
        "SELECT MIN(posted_at_ms) FROM notice WHERE tenant_id = $1 AND serial_hash = $2",
        params![tx.tenant(), serial],
    )
}

/// Tenants and ids of what is due, the longest waiting first; of each account only the first in the core's order. House scope.
pub(super) fn due(tx: &Tx<'_>, limit: i64) -> Result<Vec<(TenantId, NoticeId)>> {
    tx.all(
        "SELECT n.tenant_id, n.id FROM notice n WHERE n.next_at_ms <= $1 AND NOT EXISTS (SELECT 1 FROM notice e \
         WHERE e.tenant_id = n.tenant_id AND e.binding_id = n.binding_id AND e.account_key = n.account_key \
         AND e.order_no < n.order_no AND e.next_at_ms IS NOT NULL AND e.is_parked = FALSE) \
         ORDER BY n.next_at_ms LIMIT $2",
        params![tx.now(), limit],
    )
}

/// Template messages begun today, by account, of all institutions. House scope.
pub(super) fn sent_today(tx: &Tx<'_>) -> Result<HashMap<AccountId, i64>> {
    let rows: Vec<(AccountId, i64)> = tx.all(
        "SELECT account_id, CAST(SUM(sent) AS BIGINT) FROM notice_sent WHERE day = $1 GROUP BY account_id",
        params![tx.now().china_day()],
    )?;
    Ok(rows.into_iter().collect())
}

/// So many more were begun.
pub(super) fn count_sent(tx: &Tx<'_>, account: AccountId, many: i64) -> Result<()> {
    tx.exec(
        "INSERT INTO notice_sent (tenant_id, account_id, day, sent) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (tenant_id, account_id, day) DO UPDATE SET sent = notice_sent.sent + excluded.sent",
        params![tx.tenant(), account, tx.now().china_day(), many],
    )?;
    Ok(())
}

/// Counts of days that are long over end.
///
/// # Errors
/// The database.
pub fn forget_counts(tx: &Tx<'_>, before: Time) -> Result<()> {
    tx.exec("DELETE FROM notice_sent WHERE day < $1", params![before.china_day()])?;
    Ok(())
}

/// A live notice as it is planned.
pub(super) struct Live {
    pub(super) id: NoticeId,
    pub(super) key: String,
    pub(super) kind: Kind,
    pub(super) follower: FollowerId,
    pub(super) binding: i64,
    reverses: Option<Vec<u8>>,
    facts: Vec<u8>,
    pub(super) is_sending: bool,
    pub(super) way: Option<Way>,
    pub(super) tried: Tried,
    pub(super) tries: i64,
    pub(super) epoch: i64,
    pub(super) made_at: Time,
    pub(super) wired_at: Option<Time>,
}

impl FromRow for Live {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: r.next()?,
            key: r.next()?,
            kind: Kind::of_word(&r.next::<String>()?)?,
            follower: r.next()?,
            binding: r.next()?,
            reverses: r.next()?,
            facts: r.next()?,
            is_sending: r.next::<String>()? == "sending",
            way: Way::of_word(&r.next::<String>()?),
            tried: Tried::of_words(&r.next::<String>()?),
            tries: r.next()?,
            epoch: r.next()?,
            made_at: r.next()?,
            wired_at: r.next()?,
        })
    }
}

impl Live {
    pub(super) fn content(&self, keys: &TenantKeys) -> Result<Content> {
        keys.open_json(Place::new(FACTS, self.id.raw()), &self.facts)
    }
    pub(super) fn original_at(&self, tx: &Tx<'_>) -> Result<Option<Time>> {
        self.reverses.as_deref().map_or(Ok(None), |serial| original_at(tx, serial))
    }
}

/// A row that is due now.
pub(super) fn live(tx: &Tx<'_>, id: NoticeId) -> Result<Option<Live>> {
    tx.opt(
        "SELECT id, notice_key, kind, follower_id, binding_id, reverses_hash, facts_sealed, state, way, tried, tries, epoch, \
         made_at_ms, wired_at_ms FROM notice WHERE tenant_id = $1 AND id = $2 AND next_at_ms <= $3",
        params![tx.tenant(), id, tx.now()],
    )
}

/// The intent: from here on the wire may have it. False when somebody else was faster.
pub(super) fn begin(tx: &Tx<'_>, of: &Live, way: Way, lease_ms: i64) -> Result<bool> {
    // A way's first call begins the time in which it may be repeated.
    let wired_at = of.wired_at.filter(|_| of.way == Some(way)).unwrap_or_else(|| tx.now());
    tx.exec_one(
        "UPDATE notice SET state = 'sending', way = $1, tries = tries + 1, epoch = epoch + 1, is_parked = FALSE, \
         wired_at_ms = $2, next_at_ms = $3 WHERE tenant_id = $4 AND id = $5 AND epoch = $6 AND next_at_ms IS NOT NULL",
        params![
            way.word(),
            wired_at,
            tx.now().plus_ms(lease_ms),
            tx.tenant(),
            of.id,
            of.epoch
        ],
    )
}

/// Looked at again then.
pub(super) fn put_off(tx: &Tx<'_>, of: &Live, until: Time, is_parked: bool) -> Result<()> {
    tx.exec(
        "UPDATE notice SET next_at_ms = $1, is_parked = $2 \
         WHERE tenant_id = $3 AND id = $4 AND epoch = $5 AND next_at_ms IS NOT NULL",
        params![until, is_parked, tx.tenant(), of.id, of.epoch],
    )?;
    Ok(())
}

/// The same for a row that could not be planned.
pub(super) fn put_aside(tx: &Tx<'_>, id: NoticeId, until: Time) -> Result<()> {
    tx.exec(
        "UPDATE notice SET next_at_ms = $1 WHERE tenant_id = $2 AND id = $3 AND next_at_ms <= $4",
        params![until, tx.tenant(), id, tx.now()],
    )?;
    Ok(())
}

/// It is over; false when it was already.
pub(super) fn end(tx: &Tx<'_>, id: NoticeId, epoch: i64, state: &str, why: &str) -> Result<bool> {
    tx.exec_one(
        "UPDATE notice SET state = $1, why = $2, next_at_ms = NULL, ended_at_ms = $3 \
         WHERE tenant_id = $4 AND id = $5 AND epoch = $6 AND next_at_ms IS NOT NULL",
        params![state, why, tx.now(), tx.tenant(), id, epoch],
    )
}

/// WeChat or the gateway has taken it.
pub(super) fn accepted(
    tx: &Tx<'_>,
    id: NoticeId,
    epoch: i64,
    message_id: Option<&str>,
) -> Result<bool> {
    let is_ours = tx.exec_one(
        "UPDATE notice SET state = 'accepted', message_id = $1, next_at_ms = NULL, ended_at_ms = $2 \
         WHERE tenant_id = $3 AND id = $4 AND epoch = $5 AND state = 'sending'",
        params![message_id, tx.now(), tx.tenant(), id, epoch],
    )?;
    let Some(message_id) = message_id.filter(|_| is_ours) else { return Ok(is_ours) };
    let early: Option<String> = tx.opt(
        "SELECT status FROM notice_result WHERE tenant_id = $1 AND message_id = $2",
        params![tx.tenant(), message_id],
    )?;
    if let Some(status) = early {
        tx.exec(
            "DELETE FROM notice_result WHERE tenant_id = $1 AND message_id = $2",
            params![tx.tenant(), message_id],
        )?;
        resolve(tx, id, &status)?;
    }
    Ok(true)
}

/// Not by this way, or not now: planned again then.
pub(super) fn again(
    tx: &Tx<'_>,
    id: NoticeId,
    epoch: i64,
    tried: Tried,
    why: &str,
    at: Time,
) -> Result<bool> {
    tx.exec_one(
        "UPDATE notice SET state = 'waiting', tried = $1, why = $2, next_at_ms = $3 \
         WHERE tenant_id = $4 AND id = $5 AND epoch = $6 AND state = 'sending'",
        params![tried.words(), why, at, tx.tenant(), id, epoch],
    )
}

/// The outcome is unknown: the same call with the same id then.
pub(super) fn repeat(tx: &Tx<'_>, id: NoticeId, epoch: i64, at: Time) -> Result<bool> {
    tx.exec_one(
        "UPDATE notice SET next_at_ms = $1 WHERE tenant_id = $2 AND id = $3 AND epoch = $4 AND state = 'sending'",
        params![at, tx.tenant(), id, epoch],
    )
}

/// Status of a message that reached its follower.
pub(super) const SUCCESS: &str = "success";
/// The follower refuses the account's messages: neither way of WeChat is any use.
pub(super) const BLOCKED: &str = "blocked";

/// WeChat's last word on a template message; kept where its acceptance is not written down yet.
pub(super) fn result(tx: &Tx<'_>, message_id: &str, status: &str) -> Result<()> {
    let found: Option<NoticeId> = tx.opt(
        "SELECT id FROM notice WHERE tenant_id = $1 AND message_id = $2",
        params![tx.tenant(), message_id],
    )?;
    if let Some(id) = found {
        return resolve(tx, id, status);
    }
    tx.exec(
        "INSERT INTO notice_result (tenant_id, message_id, status, at_ms) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        params![tx.tenant(), message_id, status, tx.now()],
    )?;
    Ok(())
}

/// Delivered, or planned anew by the ways that are left: another message with the same words was never taken.
fn resolve(tx: &Tx<'_>, id: NoticeId, status: &str) -> Result<()> {
    if status == SUCCESS {
        tx.exec(
            "UPDATE notice SET state = 'delivered' WHERE tenant_id = $1 AND id = $2 AND state = 'accepted'",
            params![tx.tenant(), id],
        )?;
        return Ok(());
    }
    let tried = Tried::default().with(Way::Template);
    let tried = if status == BLOCKED { tried.with(Way::Custom) } else { tried };
    tx.exec(
        "UPDATE notice SET state = 'waiting', tried = $1, why = $2, next_at_ms = $3, ended_at_ms = NULL, epoch = epoch + 1 \
         WHERE tenant_id = $4 AND id = $5 AND state = 'accepted'",
        params![tried.words(), status, tx.now(), tx.tenant(), id],
    )?;
    Ok(())
}
