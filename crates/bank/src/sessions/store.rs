//! Rows of links, OAuth states and sessions.

use super::{Customer, SessionId, Task, hash, phones, tenant_token};
use crate::config::H5;
use crate::followers::FollowerId;
use crate::tenants::AccountId;
use base::{Result, TenantId, Time};
use db::{FromRow, Row, Tx, params};
use subtle::ConstantTimeEq;

/// Pages on which money is moved.
const MONEY_PAGES: [&str; 2] = ["pay", crate::collect::PAGE];

/// Makes a one-time link for a follower; returns the token that goes into the URL.
pub fn add_link(
    tx: &Tx<'_>,
    account: AccountId,
    follower: FollowerId,
    page: &str,
    task: &str,
    opens_with: &str,
    life_ms: i64,
) -> Result<String> {
    let token = tenant_token(tx.tenant(), tx.random(), 16);
    tx.exec(
        "INSERT INTO link (tenant_id, token_hash, account_id, follower_id, page, task, opens_with, state, expires_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'live', $8)",
        params![tx.tenant(), hash(&token), account, follower, page, task, opens_with, tx.now().plus_ms(life_ms)],
    )?;
    Ok(token)
}

#[derive(Debug, Clone)]
pub struct Link {
    pub account: AccountId,
    pub follower: FollowerId,
    pub page: String,
    pub task: String,
    /// What the page opens with, as JSON (`{"account":"…","month":"2026-10"}`); no personal data.
    pub opens_with: String,
    pub state: String,
    pub expires_at: Time,
}
impl FromRow for Link {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            account: r.next()?,
            follower: r.next()?,
            page: r.next()?,
            task: r.next()?,
            opens_with: r.next()?,
            state: r.next()?,
            expires_at: r.next()?,
        })
    }
}

pub fn link(tx: &Tx<'_>, token_hash: &[u8]) -> Result<Option<Link>> {
    tx.opt(
        "SELECT account_id, follower_id, page, task, opens_with, state, expires_at_ms FROM link \
         WHERE tenant_id = $1 AND token_hash = $2",
        params![tx.tenant(), token_hash],
    )
}

/// What a link was for is done: it opens nothing any more.
pub fn end_link(tx: &Tx<'_>, token_hash: &[u8]) -> Result<()> {
    tx.exec(
        "UPDATE link SET state = 'done' WHERE tenant_id = $1 AND token_hash = $2",
        params![tx.tenant(), token_hash],
    )?;
    Ok(())
}

/// Its time is over; true for whoever finds it first.
pub fn expire_link(tx: &Tx<'_>, token_hash: &[u8]) -> Result<bool> {
    let changed = tx.exec(
        "UPDATE link SET state = 'done' WHERE tenant_id = $1 AND token_hash = $2 AND state = 'live'",
        params![tx.tenant(), token_hash],
    )?;
    Ok(changed == 1)
}

/// No link of the follower's opens anything any more.
pub fn end_links(tx: &Tx<'_>, follower: FollowerId) -> Result<()> {
    tx.exec(
        "UPDATE link SET state = 'done' WHERE tenant_id = $1 AND follower_id = $2 AND state = 'live'",
        params![tx.tenant(), follower],
    )?;
    Ok(())
}

#[derive(Debug, Clone)]
pub struct OauthRound {
    pub account: AccountId,
    pub cookie_hash: Vec<u8>,
    pub link: Option<Vec<u8>>,
    pub page: String,
    /// The receiving code it began at.
    pub shown: Option<String>,
    /// live | exchanging | used
    pub state: String,
    pub code_hash: Option<Vec<u8>>,
    /// Who came, and the tenant that serves them, once known.
    pub follower: Option<(TenantId, FollowerId)>,
    pub expires_at: Time,
}
impl FromRow for OauthRound {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            account: r.next()?,
            cookie_hash: r.next()?,
            link: r.next()?,
            page: r.next()?,
            shown: r.next()?,
            state: r.next()?,
            code_hash: r.next()?,
            follower: {
                let id = r.next::<Option<i64>>()?.map(FollowerId::of);
                r.next::<Option<i64>>()?.map(TenantId::of).zip(id)
            },
            expires_at: r.next()?,
        })
    }
}

/// Begins an OAuth round; returns (`state`, cookie value).
pub fn add_round(
    tx: &Tx<'_>,
    account: AccountId,
    link: Option<&[u8]>,
    page: &str,
    shown: Option<&str>,
) -> Result<(String, String)> {
    let state = tenant_token(tx.tenant(), tx.random(), 16);
    let cookie = tx.random().hex(16);
    tx.exec(
        "INSERT INTO oauth_state (tenant_id, state_hash, cookie_hash, account_id, link_hash, page, state, expires_at_ms, shown) \
         VALUES ($1, $2, $3, $4, $5, $6, 'live', $7, $8)",
        params![
            tx.tenant(),
            hash(&state),
            hash(&cookie),
            account,
            link.map(<[u8]>::to_vec),
            page,
            tx.now().plus_ms(super::STATE_MS),
            shown
        ],
    )?;
    Ok((state, cookie))
}

pub fn round(tx: &Tx<'_>, state_hash: &[u8]) -> Result<Option<OauthRound>> {
    tx.opt(
        "SELECT account_id, cookie_hash, link_hash, page, shown, state, code_hash, follower_id, home_tenant_id, expires_at_ms \
         FROM oauth_state WHERE tenant_id = $1 AND state_hash = $2",
        params![tx.tenant(), state_hash],
    )
}

/// Takes the right to exchange the code; false when someone else has it (CH-08: once).
pub fn begin_exchange(tx: &Tx<'_>, state_hash: &[u8], code_hash: &[u8]) -> Result<bool> {
    tx.exec_one(
        "UPDATE oauth_state SET state = 'exchanging', code_hash = $1 \
         WHERE tenant_id = $2 AND state_hash = $3 AND state = 'live'",
        params![code_hash, tx.tenant(), state_hash],
    )
}

pub fn end_exchange(
    tx: &Tx<'_>,
    state_hash: &[u8],
    follower: Option<(TenantId, FollowerId)>,
) -> Result<()> {
    let state = if follower.is_some() { "used" } else { "failed" };
    tx.exec(
        "UPDATE oauth_state SET state = $1, follower_id = $2, home_tenant_id = $3 \
         WHERE tenant_id = $4 AND state_hash = $5",
        params![
            state,
            follower.map(|f| f.1.raw()),
            follower.map(|f| f.0.raw()),
            tx.tenant(),
            state_hash
        ],
    )?;
    Ok(())
}

/// A fresh session after each login; returns (slug, cookie secret).
pub fn add_session(
    tx: &Tx<'_>,
    account: AccountId,
    follower: FollowerId,
    agent: &str,
    page: &str,
    link: Option<&[u8]>,
) -> Result<(String, String)> {
    let id: SessionId = tx.new_id();
    let slug = tenant_token(tx.tenant(), tx.random(), 6);
    let secret = tx.random().hex(32);
    // A page is open longer than its link lives: what the customer came for stays with the session.
    let task = match link {
        Some(hash) => {
            self::link(tx, hash)?.map(|l| Task { kind: l.task, opens_with: l.opens_with })
        }
        None => None,
    };
    let (kind, opens_with) = task.map(|t| (t.kind, t.opens_with)).unzip();
    tx.exec(
        "INSERT INTO session (tenant_id, id, slug, secret_hash, account_id, follower_id, agent_class, page, link_hash, \
         task, opens_with, created_at_ms, seen_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        params![
            tx.tenant(),
            id,
            slug,
            hash(&secret),
            account,
            follower,
            agent,
            page,
            link.map(<[u8]>::to_vec),
            kind,
            opens_with,
            tx.now(),
            tx.now()
        ],
    )?;
    Ok((slug, secret))
}

/// Hands what a customer came for on to the session that takes another one's place.
pub fn carry_task(tx: &Tx<'_>, slug: &str, task: &Task) -> Result<()> {
    tx.exec(
        "UPDATE session SET task = $1, opens_with = $2 WHERE tenant_id = $3 AND slug = $4",
        params![task.kind.as_str(), task.opens_with.as_str(), tx.tenant(), slug],
    )?;
    Ok(())
}

/// What the follower's open pages of this name were for is done.
pub fn end_task(tx: &Tx<'_>, follower: FollowerId, page: &str) -> Result<()> {
    tx.exec(
        "UPDATE session SET task = NULL, opens_with = NULL \
         WHERE tenant_id = $1 AND follower_id = $2 AND page = $3 AND ended_at_ms IS NULL",
        params![tx.tenant(), follower, page],
    )?;
    Ok(())
}

#[derive(Debug)]
pub struct SessionFound {
    pub id: SessionId,
    secret_hash: Vec<u8>,
    previous_hash: Option<Vec<u8>>,
    renewed_at: Option<i64>,
    pub account: AccountId,
    pub follower: FollowerId,
    pub agent_class: String,
    pub page: String,
    pub link: Option<Vec<u8>>,
    task: Option<Task>,
    pub created_at: Time,
    pub seen_at: Time,
    pub ended_at: Option<Time>,
}
impl FromRow for SessionFound {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: r.next()?,
            secret_hash: r.next()?,
            previous_hash: r.next()?,
            renewed_at: r.next()?,
            account: r.next()?,
            follower: r.next()?,
            agent_class: r.next()?,
            page: r.next()?,
            link: r.next()?,
            task: {
                let kind = r.next::<Option<String>>()?;
                let opens_with = r.next::<Option<String>>()?;
                kind.zip(opens_with).map(|(kind, opens_with)| Task { kind, opens_with })
            },
            created_at: r.next()?,
            seen_at: r.next()?,
            ended_at: r.next::<Option<i64>>()?.map(Time::of_ms),
        })
    }
}

impl SessionFound {
    /// Whether it was used lately and is not too old (CA-12).
    pub fn is_fresh(&self, h5: &H5, now: Time) -> bool {
        let is_money = MONEY_PAGES.contains(&self.page.as_str());
        let idle = if is_money { h5.money_idle_ms } else { h5.session_idle_ms };
        now.since(self.seen_at) < idle && now.since(self.created_at) < h5.session_absolute_ms
    }
}

pub fn session(tx: &Tx<'_>, slug: &str) -> Result<Option<SessionFound>> {
    tx.opt(
        "SELECT id, secret_hash, previous_hash, renewed_at_ms, account_id, follower_id, agent_class, page, link_hash, \
         task, opens_with, created_at_ms, seen_at_ms, ended_at_ms FROM session WHERE tenant_id = $1 AND slug = $2",
        params![tx.tenant(), slug],
    )
}

pub fn seen(tx: &Tx<'_>, id: SessionId) -> Result<()> {
    tx.exec(
        "UPDATE session SET seen_at_ms = $1 WHERE tenant_id = $2 AND id = $3",
        params![tx.now(), tx.tenant(), id],
    )?;
    Ok(())
}

/// Gives a session a new secret after a step of authentication (CA-11). Requests already on their way may still show the
/// old one for a few seconds. The phone it is open on is no new one any more.
pub fn renew(tx: &Tx<'_>, id: SessionId) -> Result<String> {
    phones::prove(tx, id)?;
    let secret = tx.random().hex(32);
    tx.exec(
        "UPDATE session SET previous_hash = secret_hash, secret_hash = $1, renewed_at_ms = $2 \
         WHERE tenant_id = $3 AND id = $4",
        params![hash(&secret), tx.now(), tx.tenant(), id],
    )?;
    Ok(secret)
}

/// Ends every session of a follower at once (CA-14).
pub fn end_all(tx: &Tx<'_>, follower: FollowerId) -> Result<u64> {
    tx.exec(
        "UPDATE session SET ended_at_ms = $1 WHERE tenant_id = $2 AND follower_id = $3 AND ended_at_ms IS NULL",
        params![tx.now(), tx.tenant(), follower],
    )
}

impl SessionFound {
    /// Whether this is the hash of the session's secret, or of the one it had until a moment ago.
    pub fn knows(&self, secret: &[u8], now: Time) -> bool {
        let current: bool = self.secret_hash.ct_eq(secret).into();
        let before = self.previous_hash.as_deref().unwrap_or_default();
        let previous: bool = before.ct_eq(secret).into();
        let moment = self.renewed_at.is_some_and(|at| now.ms() - at < super::GRACE_MS);
        current || (previous && moment)
    }
    pub fn customer(self, tenant: TenantId, slug: &str) -> Customer {
        Customer {
            tenant,
            follower: self.follower,
            account: self.account,
            session: self.id,
            slug: slug.to_owned(),
            page: self.page,
            link: self.link,
            task: self.task,
        }
    }
}
