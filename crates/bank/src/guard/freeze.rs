//! The freeze of the WeChat channel (停用微信银行): nothing of the customer's is shown or done here until it ends.
//!
//! One confirmation and no password begins it; a code and the PIN end it (`undo.rs`). The card itself goes on working.

use crate::audit::{self, Actor};
use crate::followers::FollowerId;
use crate::sessions;
use base::{Result, Time};
use db::{Tx, params};

/// Freezes; every page and link that is open ends. False when nothing is bound.
pub fn freeze(tx: &Tx<'_>, follower: FollowerId, by: Actor<'_>) -> Result<bool> {
    let bound = tx.exec_one(
        "UPDATE binding SET frozen_at_ms = COALESCE(frozen_at_ms, $1) WHERE tenant_id = $2 AND follower_id = $3 AND state = 'live'",
        params![tx.now(), tx.tenant(), follower],
    )?;
    if bound {
        sessions::store::end_all(tx, follower)?;
        sessions::store::end_links(tx, follower)?;
        audit::note(tx, by, "wx.freeze", &follower.to_string(), "done", "")?;
    }
    Ok(bound)
}

/// Ends the freeze. The caller has proof, and touches the follower.
pub(super) fn thaw(tx: &Tx<'_>, follower: FollowerId) -> Result<()> {
    tx.exec(
        "UPDATE binding SET frozen_at_ms = NULL WHERE tenant_id = $1 AND follower_id = $2 AND state = 'live'",
        params![tx.tenant(), follower],
    )?;
    let by = Actor::Follower(follower.raw());
    audit::note(tx, by, "wx.thaw", &follower.to_string(), "done", "")
}

/// Nobody doubts the binding any more: a freeze that came with the doubt ends, one from before stays until code and PIN end
/// it. Whether it ended.
pub(crate) fn let_go(
    tx: &Tx<'_>,
    follower: FollowerId,
    doubted_at: Time,
    by: Actor<'_>,
) -> Result<bool> {
    let ended = tx.exec_one(
        "UPDATE binding SET frozen_at_ms = NULL WHERE tenant_id = $1 AND follower_id = $2 AND state = 'live' \
         AND frozen_at_ms >= $3",
        params![tx.tenant(), follower, doubted_at],
    )?;
    tx.exec(
        "UPDATE binding SET disowned_case = NULL WHERE tenant_id = $1 AND follower_id = $2 AND state = 'live'",
        params![tx.tenant(), follower],
    )?;
    if ended {
        audit::note(tx, by, "wx.thaw", &follower.to_string(), "done", "")?;
    }
    Ok(ended)
}

/// Whether somebody proved to be the customer and said that this binding is not theirs: nobody ends that freeze from the
/// WeChat it froze.
pub(super) fn is_disowned(tx: &Tx<'_>, follower: FollowerId) -> Result<bool> {
    let (n,): (i64,) = tx.one(
        "SELECT COUNT(*) FROM binding WHERE tenant_id = $1 AND follower_id = $2 AND state = 'live' AND disowned_case IS NOT NULL",
        params![tx.tenant(), follower],
    )?;
    Ok(n > 0)
}

/// Whether the follower's channel is frozen.
pub fn is_frozen(tx: &Tx<'_>, follower: FollowerId) -> Result<bool> {
    let (n,): (i64,) = tx.one(
        "SELECT COUNT(*) FROM binding WHERE tenant_id = $1 AND follower_id = $2 AND state = 'live' AND frozen_at_ms IS NOT NULL",
        params![tx.tenant(), follower],
    )?;
    Ok(n > 0)
}
