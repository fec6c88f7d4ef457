//! What a customer wishes to hear of, and how: sign-up, sides and threshold of each account, ways by category, quiet hours.
//!
//! Every change leaves an audit row in its own unit. Accounts are signed up when they are bound; who bound before notices were
//! offered says so in chat first. Security words and results of what the customer asked for are no choice and stand nowhere here.
//! Not for: advertising (`marketing`).

use super::digest::Digest;
use super::plan::Quiet;
use super::{Category, LOCKED, Way, pause};
use crate::audit::{self, Actor};
use crate::followers::{Bound, BoundAccount, FollowerId};
use crate::tenants::AccountId;
use crate::vault::TenantKeys;
use base::{Error, Fen, Refusal, Result, Time};
use db::{FromRow, Row, Tx, params};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

pub const NO_ACCOUNT: Refusal =
    Refusal::missing("account.missing", "没有找到这个账户，请回到聊天里再说一次");
pub const LEAST: Refusal =
    Refusal::invalid("notice.least", "提醒金额请填0到10万元之间的数，0就是每笔都提醒");
pub const QUIET: Refusal =
    Refusal::invalid("notice.quiet", "免打扰要有起止时间，开始和结束不能一样");
/// 100,000 yuan: above it hardly anything would be told.
const LEAST_MAX: Fen = Fen::of(10_000_000);
const DAY_MINUTES: i64 = 24 * 60;
/// Notices in the copy of one's data.
const TOLD_MAX: i64 = 1_000;

/// Which movements of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NoticeSides)]
pub enum Sides {
    Both,
    In,
    Out,
}

impl Sides {
    const fn word(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::In => "in",
            Self::Out => "out",
        }
    }
    fn of_word(word: &str) -> Result<Self> {
        let found = [Self::Both, Self::In, Self::Out].into_iter().find(|s| s.word() == word);
        found.ok_or_else(|| Error::fault(format!("no sides of an account «{word}»")))
    }
    /// 进账出账都提醒
    pub const fn words(self) -> &'static str {
        match self {
            Self::Both => "进账出账都提醒",
            Self::In => "只提醒进账",
            Self::Out => "只提醒出账",
        }
    }
}

/// How one account is signed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignUp {
    pub binding: i64,
    pub is_on: bool,
    pub sides: Sides,
    pub least: Fen,
    pub has_balance: bool,
    pub since: Time,
    /// Of small arrivals.
    pub digest: Digest,
}

impl SignUp {
    pub fn wants(&self, is_in: bool, amount: Fen) -> bool {
        let side = match self.sides {
            Sides::Both => true,
            Sides::In => is_in,
            Sides::Out => !is_in,
        };
        self.is_on && side && amount >= self.least
    }

    fn at_first(binding: i64, now: Time) -> Self {
        let (sides, least) = (Sides::Both, Fen::ZERO);
        let digest = Digest::Each;
        Self { binding, is_on: true, sides, least, has_balance: false, since: now, digest }
    }

    /// 进账出账都提醒，100.00元以上
    pub fn words(&self) -> String {
        if !self.is_on {
            return "没开".to_owned();
        }
        let mut words = self.sides.words().to_owned();
        if self.least > Fen::ZERO {
            words += &format!("，{}元以上才提醒", self.least);
        }
        if self.digest != Digest::Each {
            words += &format!("，{}", self.digest.words());
        }
        words
    }
}

impl FromRow for SignUp {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            binding: r.next()?,
            is_on: r.next()?,
            sides: Sides::of_word(&r.next::<String>()?)?,
            least: r.next()?,
            has_balance: r.next()?,
            since: r.next()?,
            digest: Digest::of_word(&r.next::<String>()?)?,
        })
    }
}

/// Who hears of an account.
pub(super) struct Found {
    pub(super) sign_up: SignUp,
    pub(super) follower: FollowerId,
    pub(super) wechat_account: AccountId,
    /// Of the binding, sealed.
    pub(super) accounts: Vec<u8>,
}

impl FromRow for Found {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            sign_up: SignUp::from_row(r)?,
            follower: r.next()?,
            wechat_account: r.next()?,
            accounts: r.next()?,
        })
    }
}

const NUMBER: &str = "notice_account";

/// The sign-up of an account whose binding lives.
pub(super) fn signed_up(tx: &Tx<'_>, keys: &TenantKeys, number: &str) -> Result<Option<Found>> {
    for index in keys.blind(NUMBER, number).all() {
        let found: Option<Found> = tx.opt(
            "SELECT a.binding_id, a.is_on, a.sides, a.least_fen, a.has_balance, a.since_ms, a.digest, a.follower_id, f.account_id, \
             b.accounts_sealed FROM notice_account a \
             JOIN binding b ON b.tenant_id = a.tenant_id AND b.id = a.binding_id AND b.state = 'live' \
             JOIN follower f ON f.tenant_id = a.tenant_id AND f.id = a.follower_id \
             WHERE a.tenant_id = $1 AND a.account_index = $2",
            params![tx.tenant(), index],
        )?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Signs accounts of a new binding up; what was signed up by an earlier binding of the same account ends.
///
/// # Errors
/// The database.
pub fn sign_up(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    binding: i64,
    accounts: &[BoundAccount],
) -> Result<()> {
    for account in accounts.iter().filter(|a| Category::of_account(&a.kind).is_some()) {
        put(tx, keys, (follower, account), &SignUp::at_first(binding, tx.now()))?;
    }
    Ok(())
}

/// Notes that a binding from before was offered notices: its accounts stand there, not signed up. False when it was noted before.
pub(super) fn note_offered(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    bound: &Bound,
) -> Result<bool> {
    let binding = bound.binding.raw();
    let known: i64 = tx.one(
        "SELECT COUNT(*) FROM notice_account WHERE tenant_id = $1 AND binding_id = $2",
        params![tx.tenant(), binding],
    )?;
    let own = || bound.accounts.iter().filter(|a| Category::of_account(&a.kind).is_some());
    if known > 0 || own().next().is_none() {
        return Ok(false);
    }
    let off = SignUp { is_on: false, ..SignUp::at_first(binding, tx.now()) };
    own().try_for_each(|account| put(tx, keys, (follower, account), &off))?;
    Ok(true)
}

/// The sign-ups of a live binding end with it.
///
/// # Errors
/// The database.
pub fn end(tx: &Tx<'_>, follower: FollowerId) -> Result<()> {
    tx.exec(
        "DELETE FROM notice_account WHERE tenant_id = $1 AND binding_id = (SELECT id FROM binding \
         WHERE tenant_id = $1 AND follower_id = $2 AND state = 'live')",
        params![tx.tenant(), follower],
    )?;
    Ok(())
}

fn put(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (follower, account): (FollowerId, &BoundAccount),
    wish: &SignUp,
) -> Result<()> {
    let blind = keys.blind(NUMBER, &account.number);
    for other in blind.others() {
        tx.exec(
            "DELETE FROM notice_account WHERE tenant_id = $1 AND account_index = $2",
            params![tx.tenant(), other],
        )?;
    }
    tx.exec(
        "INSERT INTO notice_account (tenant_id, account_index, binding_id, follower_id, account_key, is_on, sides, least_fen, \
         has_balance, since_ms, changed_at_ms, digest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         ON CONFLICT (tenant_id, account_index) DO UPDATE SET binding_id = excluded.binding_id, \
         follower_id = excluded.follower_id, account_key = excluded.account_key, is_on = excluded.is_on, \
         sides = excluded.sides, least_fen = excluded.least_fen, has_balance = excluded.has_balance, \
         since_ms = excluded.since_ms, changed_at_ms = excluded.changed_at_ms, digest = excluded.digest",
        params![
            tx.tenant(),
            blind.now(),
            wish.binding,
            follower,
            account.id.as_str(),
            wish.is_on,
            wish.sides.word(),
            wish.least,
            wish.has_balance,
            wish.since,
            tx.now(),
            wish.digest.word()
        ],
    )?;
    Ok(())
}

/// Moves the hashes of a binding's accounts to the newest index key; true when there was something to move.
pub(crate) fn move_index(tx: &Tx<'_>, binding: i64, fresh: &[(String, Vec<u8>)]) -> Result<bool> {
    let mut moved = false;
    for (account_key, index) in fresh {
        moved |= tx.exec_one(
            "UPDATE notice_account SET account_index = $1 \
             WHERE tenant_id = $2 AND binding_id = $3 AND account_key = $4 AND account_index <> $1",
            params![index, tx.tenant(), binding, account_key.as_str()],
        )?;
    }
    Ok(moved)
}

/// What is moved by [`move_index`] is a hash of this.
pub(crate) const INDEX_NAME: &str = NUMBER;

/// How an account is signed up now; off for one that never was.
pub(crate) fn of_account(tx: &Tx<'_>, bound: &Bound, account: &BoundAccount) -> Result<SignUp> {
    let binding = bound.binding.raw();
    let found: Option<SignUp> = tx.opt(
        "SELECT binding_id, is_on, sides, least_fen, has_balance, since_ms, digest FROM notice_account \
         WHERE tenant_id = $1 AND binding_id = $2 AND account_key = $3",
        params![tx.tenant(), binding, account.id.as_str()],
    )?;
    Ok(found.unwrap_or(SignUp { is_on: false, ..SignUp::at_first(binding, tx.now()) }))
}

/// What is to be changed of an account; the rest stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Change {
    pub is_on: Option<bool>,
    pub sides: Option<Sides>,
    pub least: Option<Fen>,
    pub has_balance: Option<bool>,
    pub digest: Option<Digest>,
}

/// Changes how one account is told of.
///
/// # Errors
/// Refused for a threshold that is none.
pub fn change(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    (bound, account): (&Bound, &BoundAccount),
    wish: Change,
) -> Result<SignUp> {
    if wish.least.is_some_and(|l| l.is_negative() || l > LEAST_MAX) {
        return LEAST.into();
    }
    let before = of_account(tx, bound, account)?;
    let is_on = wish.is_on.unwrap_or(before.is_on);
    let after = SignUp {
        is_on,
        sides: wish.sides.unwrap_or(before.sides),
        least: wish.least.unwrap_or(before.least),
        has_balance: wish.has_balance.unwrap_or(before.has_balance),
        digest: wish.digest.unwrap_or(before.digest),
        // What was posted while it was off stays untold.
        since: if is_on && !before.is_on { tx.now() } else { before.since },
        ..before
    };
    put(tx, keys, (follower, account), &after)?;
    let least = if after.least > Fen::ZERO { " least" } else { "" };
    let balance = if after.has_balance { " balance" } else { "" };
    let state = if after.is_on { "on" } else { "off" };
    let digest = match after.digest {
        Digest::Each => String::new(),
        digest => format!(" {}", digest.word()),
    };
    let detail = format!("{state} {}{least}{balance}{digest}", after.sides.word());
    let by = Actor::Follower(follower.raw());
    audit::note(tx, by, "notice.account", &account.id, "done", &detail)?;
    Ok(after)
}

/// Ways as a customer knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ways {
    pub wechat: bool,
    /// None where they never said: then only what may be harm is texted, when WeChat cannot be.
    pub sms: Option<bool>,
}

const WECHAT: &str = "wechat";

/// By which ways a follower takes a category.
///
/// # Errors
/// The database.
pub fn ways(tx: &Tx<'_>, follower: FollowerId, category: Category) -> Result<Ways> {
    let rows: Vec<(String, bool)> = tx.all(
        "SELECT way, is_on FROM notice_choice WHERE tenant_id = $1 AND follower_id = $2 AND category = $3",
        params![tx.tenant(), follower, category.word()],
    )?;
    let said = |way: &str| rows.iter().find(|r| r.0 == way).map(|r| r.1);
    Ok(Ways { wechat: said(WECHAT).unwrap_or(true), sms: said(Way::Sms.word()) })
}

/// Chooses the ways of a category.
///
/// # Errors
/// Refused for one that cannot be switched off.
pub fn choose(tx: &Tx<'_>, follower: FollowerId, category: Category, ways: Ways) -> Result<()> {
    if category.is_locked() {
        return LOCKED.into();
    }
    if ways.sms.is_none() {
        unchoose_sms(tx, follower, category)?;
    }
    let sms = ways.sms.map(|on| (Way::Sms.word(), on));
    for (way, is_on) in [Some((WECHAT, ways.wechat)), sms].into_iter().flatten() {
        tx.exec(
            "INSERT INTO notice_choice (tenant_id, follower_id, category, way, is_on, changed_at_ms) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, follower_id, category, way) DO UPDATE SET \
             is_on = excluded.is_on, changed_at_ms = excluded.changed_at_ms",
            params![tx.tenant(), follower, category.word(), way, is_on, tx.now()],
        )?;
        let detail = format!("{way} {}", if is_on { "on" } else { "off" });
        let by = Actor::Follower(follower.raw());
        audit::note(tx, by, "notice.way", category.word(), "done", &detail)?;
    }
    Ok(())
}

/// The default holds again.
fn unchoose_sms(tx: &Tx<'_>, follower: FollowerId, category: Category) -> Result<()> {
    let was_chosen = tx.exec_one(
        "DELETE FROM notice_choice WHERE tenant_id = $1 AND follower_id = $2 AND category = $3 AND way = $4",
        params![tx.tenant(), follower, category.word(), Way::Sms.word()],
    )?;
    if was_chosen {
        let by = Actor::Follower(follower.raw());
        audit::note(tx, by, "notice.way", category.word(), "done", "sms default")?;
    }
    Ok(())
}

/// What there is about a follower, for the copy of their data (DP-12): sign-ups, ways, quiet hours, and what was told and how.
///
/// # Errors
/// The database.
pub fn copy(tx: &Tx<'_>, follower: FollowerId) -> Result<serde_json::Value> {
    let accounts: Vec<(bool, String, Fen, bool, String)> = tx.all(
        "SELECT a.is_on, a.sides, a.least_fen, a.has_balance, a.digest FROM binding b JOIN notice_account a \
         ON a.tenant_id = b.tenant_id AND a.binding_id = b.id WHERE b.tenant_id = $1 AND b.follower_id = $2 ORDER BY b.id",
        params![tx.tenant(), follower],
    )?;
    let accounts: Vec<_> = accounts
        .into_iter()
        .map(|(is_on, sides, least, has_balance, digest)| {
            json!({ "on": is_on, "sides": sides, "least": least.to_string(), "balance": has_balance, "digest": digest })
        })
        .collect();
    let told: Vec<(String, String, String, Time)> = tx.all(
        "SELECT kind, state, way, posted_at_ms FROM notice WHERE tenant_id = $1 AND follower_id = $2 ORDER BY id DESC LIMIT $3",
        params![tx.tenant(), follower, TOLD_MAX],
    )?;
    let told: Vec<_> = told
        .into_iter()
        .map(|(kind, state, way, posted)| {
            json!({ "kind": kind, "state": state, "way": way, "posted_at_ms": posted.ms() })
        })
        .collect();
    let mut by_ways = vec![];
    for category in Category::CHOSEN {
        let Ways { wechat, sms } = ways(tx, follower, category)?;
        by_ways.push(json!({ "category": category.word(), "wechat": wechat, "sms": sms }));
    }
    let quiet = quiet(tx, follower)?.map(|q| [q.from, q.to]);
    let paused_until = pause::until(tx, follower)?.map(Time::ms);
    Ok(json!({
        "accounts": accounts, "ways": by_ways, "quiet_minutes": quiet, "paused_until_ms": paused_until, "told": told,
    }))
}

/// A follower's quiet hours; none where they set none.
pub(crate) fn quiet(tx: &Tx<'_>, follower: FollowerId) -> Result<Option<Quiet>> {
    let found: Option<(i64, i64)> = tx.opt(
        "SELECT from_minute, to_minute FROM notice_quiet WHERE tenant_id = $1 AND follower_id = $2",
        params![tx.tenant(), follower],
    )?;
    Ok(found.map(|(from, to)| Quiet { from, to }))
}

/// Sets quiet hours, or ends them. What waits for their end waits as it did: nobody is woken by a change.
///
/// # Errors
/// Refused for hours that are none.
pub(crate) fn set_quiet(tx: &Tx<'_>, follower: FollowerId, hours: Option<Quiet>) -> Result<()> {
    let is_hour = |m: i64| (0..DAY_MINUTES).contains(&m);
    let detail = match hours {
        Some(Quiet { from, to }) if !is_hour(from) || !is_hour(to) || from == to => {
            return QUIET.into();
        }
        Some(Quiet { from, to }) => {
            tx.exec(
                "INSERT INTO notice_quiet (tenant_id, follower_id, from_minute, to_minute, changed_at_ms) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, follower_id) DO UPDATE SET \
                 from_minute = excluded.from_minute, to_minute = excluded.to_minute, changed_at_ms = excluded.changed_at_ms",
                params![tx.tenant(), follower, from, to, tx.now()],
            )?;
            format!("{from} {to}")
        }
        None => {
            tx.exec(
                "DELETE FROM notice_quiet WHERE tenant_id = $1 AND follower_id = $2",
                params![tx.tenant(), follower],
            )?;
            "off".to_owned()
        }
    };
    audit::note(tx, Actor::Follower(follower.raw()), "notice.quiet", "", "done", &detail)
}
