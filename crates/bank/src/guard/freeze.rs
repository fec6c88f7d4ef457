//! The freeze of the WeChat channel (停用微信银行): nothing of the customer's is shown or done here until it ends.
//!
//! One confirmation and no password begins it; a code and the PIN end it (`undo.rs`). The card itself goes on working.

use crate::audit::{self, Actor};
use crate::followers::FollowerId;
use crate::sessions;
use base::Result;
use db::{Tx, params};

/// Freezes; every page and link that is open ends. False when nothing is bound.
pub fn freeze(tx: &Tx<'_>, follower: FollowerId) -> Result<bool> {
    let bound = tx.exec_one(
        "UPDATE binding SET frozen_at_ms = COALESCE(frozen_at_ms, $1) WHERE tenant_id = $2 AND follower_id = $3 AND state = 'live'",
        params![tx.now(), tx.tenant(), follower],
    )?;
    if bound {
        sessions::store::end_all(tx, follower)?;
        sessions::store::end_links(tx, follower)?;
        audit::note(tx, Actor::Follower(follower.raw()), "wx.freeze", "", "done", "")?;
    }
    Ok(bound)
}

/// Ends the freeze. The caller has proof, and touches the follower.
pub(super) fn thaw(tx: &Tx<'_>, follower: FollowerId) -> Result<()> {
    tx.exec(
        "UPDATE binding SET frozen_at_ms = NULL WHERE tenant_id = $1 AND follower_id = $2 AND state = 'live'",
        params![tx.tenant(), follower],
    )?;
    audit::note(tx, Actor::Follower(follower.raw()), "wx.thaw", "", "done", "")
}

/// Whether the follower's channel is frozen.
pub fn is_frozen(tx: &Tx<'_>, follower: FollowerId) -> Result<bool> {
    let (n,): (i64,) = tx.one(
        "SELECT COUNT(*) FROM binding WHERE tenant_id = $1 AND follower_id = $2 AND state = 'live' AND frozen_at_ms IS NOT NULL",
        params![tx.tenant(), follower],
    )?;
    Ok(n > 0)
}
