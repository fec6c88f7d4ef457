//! What a follower was told of late, for what they say to it.
//!
//! Not for: sending; nothing here changes a notice's way.

use super::content::{Content, Word};
use super::store::FACTS;
use super::words::Facts;
use super::{Kind, NoticeId};
use crate::cases::CaseId;
use crate::followers::{Bound, FollowerId};
use crate::vault::{Place, TenantKeys};
use base::{Result, Time};
use db::{FromRow, Row, Tx, params};

/// Notices of a follower that are looked through for the one that is meant.
const LOOKED_AT: i64 = 20;

/// A notice that went out, or is shown with the next answer.
pub(super) struct Told {
    pub(super) id: NoticeId,
    pub(super) kind: Kind,
    /// The account as the binding names it.
    pub(super) account_key: String,
    facts: Vec<u8>,
    pub(super) told_at: Time,
    /// The case about it.
    pub(super) case: Option<CaseId>,
}

impl FromRow for Told {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: r.next()?,
            kind: Kind::of_word(&r.next::<String>()?)?,
            account_key: r.next()?,
            facts: r.next()?,
            told_at: r.next()?,
            case: r.next()?,
        })
    }
}

impl Told {
    fn content(&self, keys: &TenantKeys) -> Result<Content> {
        keys.open_json(Place::new(FACTS, self.id.raw()), &self.facts)
    }
    /// Of a posting.
    pub(super) fn facts(&self, keys: &TenantKeys) -> Result<Option<Facts>> {
        Ok(match self.content(keys)? {
            Content::Posting(facts) => Some(*facts),
            Content::Word(_) => None,
        })
    }
    /// Of anything else.
    pub(super) fn word(&self, keys: &TenantKeys) -> Result<Option<Word>> {
        Ok(match self.content(keys)? {
            Content::Posting(_) => None,
            Content::Word(word) => Some(word),
        })
    }
}

/// The newest notice of a binding that was told since then and is `wanted`.
pub(super) fn last(
    tx: &Tx<'_>,
    (follower, bound): (FollowerId, &Bound),
    since: Time,
    wanted: impl Fn(Kind) -> bool,
) -> Result<Option<Told>> {
    let all: Vec<Told> = tx.all(
        "SELECT id, kind, account_key, facts_sealed, ended_at_ms, case_id FROM notice \
         WHERE tenant_id = $1 AND follower_id = $2 AND binding_id = $3 AND state IN ('accepted', 'delivered', 'held') \
         AND ended_at_ms >= $4 ORDER BY id DESC LIMIT $5",
        params![tx.tenant(), follower, bound.binding.raw(), since, LOOKED_AT],
    )?;
    Ok(all.into_iter().filter(|t| wanted(t.kind)).max_by_key(|t| t.told_at))
}

/// A notice of this binding by its id.
pub(super) fn by_id(
    tx: &Tx<'_>,
    (follower, bound): (FollowerId, &Bound),
    id: NoticeId,
) -> Result<Option<Told>> {
    tx.opt(
        "SELECT id, kind, account_key, facts_sealed, ended_at_ms, case_id FROM notice \
         WHERE tenant_id = $1 AND id = $2 AND follower_id = $3 AND binding_id = $4 \
         AND state IN ('accepted', 'delivered', 'held')",
        params![tx.tenant(), id, follower, bound.binding.raw()],
    )
}

/// Its case, from now on.
pub(super) fn set_case(tx: &Tx<'_>, id: NoticeId, case: CaseId) -> Result<()> {
    tx.exec(
        "UPDATE notice SET case_id = $1 WHERE tenant_id = $2 AND id = $3 AND case_id IS NULL",
        params![case, tx.tenant(), id],
    )?;
    Ok(())
}
