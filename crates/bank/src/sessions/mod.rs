//! Ways into the H5 pages: one-time links from chat, silent OAuth, sessions.
//!
//! A link only leads to a page and is bound to one follower (CH-09). Who opened it is told by WeChat (OAuth), never by
//! the link. Secrets are kept as hashes only. A person may have several accounts' pages open in one browser, so the
//! session cookie carries the page's slug in its name. Not for: anything that acts on GET.

pub mod cookies;
pub mod http;
pub mod phones;
pub mod store;
#[cfg(test)]
mod tests;

use crate::followers::FollowerId;
use crate::tenants::AccountId;
use base::{Id, Named, Random, Refusal, TenantId};
use sha2::{Digest, Sha256};

/// OAuth `state` lives five minutes (CH-07).
pub const STATE_MS: i64 = 300_000;
/// `seen_at` is written at most once in this time, so that reading a page is not a write.
pub const SEEN_EVERY_MS: i64 = 60_000;

/// How long what a session was before still counts, for requests already on their way and second taps.
pub const GRACE_MS: i64 = 5_000;

pub const NO_SESSION: Refusal =
    Refusal::unauthenticated("session.none", "页面已失效，请回到聊天里重新打开");
pub const LINK_EXPIRED: Refusal = Refusal::gone("link.expired", "链接已过期，请回到聊天里重新获取");
pub const LINK_FOREIGN: Refusal =
    Refusal::forbidden("link.foreign", "这个链接只能本人打开，请用原来的微信打开");
pub const STATE_BAD: Refusal =
    Refusal::forbidden("oauth.state", "登录没有完成，请回到聊天里重新打开");
pub const LOGIN_REFUSED: Refusal =
    Refusal::forbidden("oauth.refused", "您没有同意登录，页面打不开。请重新打开并选择同意");
pub const SNAPSHOT: Refusal =
    Refusal::forbidden("oauth.snapshot", "现在是预览页面。请点页面下方「使用完整服务」后再打开");
pub const BUSY: Refusal = Refusal::unavailable("busy", "微信登录暂时没有回应，请稍后再打开");
pub const CANNOT_LOG_IN: Refusal = Refusal::forbidden(
    "account.no_login",
    "这个公众号还没有通过微信认证，暂时不能打开办理页面。请到网点办理，或关注本行服务号",
);

#[derive(Debug)]
pub enum SessionRow {}
impl Named for SessionRow {
    const PREFIX: &'static str = "ses";
}
pub type SessionId = Id<SessionRow>;

/// A customer who opened a page: proof that WeChat named them in this session. Verbs take it as authority.
#[derive(Debug, Clone)]
pub struct Customer {
    pub tenant: TenantId,
    pub follower: FollowerId,
    pub account: AccountId,
    pub session: SessionId,
    pub slug: String,
    pub page: String,
    /// The link that led here, if one did.
    pub link: Option<Vec<u8>>,
    pub task: Option<Task>,
}

/// What the customer asked for in chat before a page opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The service item.
    pub kind: String,
    /// What the page opens with, as JSON (`{"account":"…","month":"2026-10"}`); no personal data.
    pub opens_with: String,
}

/// Hash under which a secret is kept.
pub fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// A name that tells its tenant: `{tenant in hex}x{n random bytes in hex}`. The tenant is not secret.
/// Letters and digits only, so that it may be an OAuth `state`.
pub fn tenant_token(tenant: TenantId, random: &Random, bytes: usize) -> String {
    format!("{:x}x{}", tenant.raw(), random.hex(bytes))
}

/// The tenant a token names; `None` when it is none of ours.
pub fn tenant_of(token: &str) -> Option<TenantId> {
    let (tenant, rest) = token.split_once('x')?;
    let plain = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_hexdigit());
    if !plain(tenant) || !plain(rest) || rest.len() > 64 {
        return None;
    }
    i64::from_str_radix(tenant, 16).ok().map(TenantId::of)
}

/// Coarse class of a browser, so that a stolen cookie moved elsewhere stands out (CA-11).
pub fn agent_class(user_agent: &str) -> &'static str {
    let wechat = user_agent.contains("MicroMessenger");
    let os = |words: &[&str]| words.iter().any(|w| user_agent.contains(w));
    match (wechat, os(&["iPhone", "iPad"]), os(&["Android"])) {
        (true, true, _) => "wechat-ios",
        (true, _, true) => "wechat-android",
        (true, ..) => "wechat",
        (false, true, _) => "ios",
        (false, _, true) => "android",
        _ => "other",
    }
}
