//! Advertising: whether a follower wants any. Campaigns ask [`may_send`] before every single sending.
//!
//! Not for: notices of a customer's own money or safety, which are no advertising and go on.

use crate::audit::{self, Actor};
use crate::followers::FollowerId;
use base::Result;
use db::{Tx, params};

/// Whether advertising may be sent to this follower, by whatever way. False for whom we do not know.
pub fn may_send(tx: &Tx<'_>, follower: FollowerId) -> Result<bool> {
    let (n,): (i64,) = tx.one(
        "SELECT COUNT(*) FROM follower WHERE tenant_id = $1 AND id = $2 AND no_marketing_at_ms IS NULL",
        params![tx.tenant(), follower],
    )?;
    Ok(n > 0)
}

/// The follower's wish, at once and for good.
pub fn set(tx: &Tx<'_>, follower: FollowerId, on: bool) -> Result<()> {
    let since = (!on).then(|| tx.now());
    tx.exec(
        "UPDATE follower SET no_marketing_at_ms = $1 WHERE tenant_id = $2 AND id = $3",
        params![since, tx.tenant(), follower],
    )?;
    let detail = if on { "on" } else { "off" };
    audit::note(tx, Actor::Follower(follower.raw()), "setting.marketing", "", "done", detail)
}
