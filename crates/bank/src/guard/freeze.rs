//! The freeze of the WeChat channel (停用微信银行): nothing of the customer's is shown or done here until it ends.
//!
//! One confirmation and no password begins it; a code and the PIN end it (`undo.rs`). The card itself goes on working.

use crate::audit::{self, Actor};
use crate::followers::FollowerId;
use crate::sessions;
use base::Result;
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
pub(crate) fn thaw(tx: &Tx<'_>, follower: FollowerId, by: Actor<'_>) -> Result<()> {
    tx.exec(
        "UPDATE binding SET frozen_at_ms = NULL, disowned_case = NULL WHERE tenant_id = $1 AND follower_id = $2 AND state = 'live'",
        params![tx.tenant(), follower],
    )?;
    audit::note(tx, by, "wx.thaw", &follower.to_string(), "done", "")
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
