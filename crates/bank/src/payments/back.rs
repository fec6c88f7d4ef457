//! A core that is heard again is asked at once about everything whose outcome is not known.
//!
//! Waits between questions grow to a quarter of an hour, so that a dead core is left in peace; a core that is back shall not be
//! waited for so long. One unknown payment of each institution is asked after every [`PROBE_MS`], whatever its wait, and the
//! first answer after silence brings the others forward. Not for: what a rail has to confirm, nor reversals, whose tries are
//! counted.

use super::engine::Heard;
use super::state::LEASE_MS;
use crate::app::App;
use base::{Result, TenantId};
use db::{Scope, Tx, params};
use std::sync::Arc;

/// So often one of those that wait is asked after.
pub(super) const PROBE_MS: i64 = 15_000;
/// The others follow within this time, not all at once.
const SPREAD_MS: i64 = 15_000;
/// What is looked at sooner may be in a worker's hands.
const FAR_MS: i64 = LEASE_MS + 1_000;

/// What one process last heard of an institution's core.
#[derive(Debug, Default)]
pub(super) struct Ear {
    was_answered: Option<bool>,
}

impl Ear {
    /// Whether the core is heard again, or for the first time.
    pub(super) fn hears(&mut self, heard: &Heard) -> bool {
        let is_answered = heard.is_answered();
        let before = self.was_answered.replace(is_answered);
        is_answered && before != Some(true)
    }
}

/// Has one payment of each institution asked after now, the one that would be next; of how many institutions.
pub(super) fn probe(tx: &Tx<'_>) -> Result<usize> {
    #[cfg(all(test, feature = "planted"))]
    if super::sim::is_planted("left_waiting") {
        return Ok(0);
    }
    let far = tx.now().plus_ms(FAR_MS);
    let next: Vec<(TenantId, i64)> = tx.all(
        "SELECT tenant_id, MIN(next_at_ms) FROM payment WHERE state = 65 AND next_at_ms > $1 GROUP BY tenant_id",
        params![far],
    )?;
    for (tenant, at) in &next {
        tx.exec(
            "UPDATE payment SET next_at_ms = $1 WHERE state = 65 AND tenant_id = $2 AND next_at_ms = $3",
            params![tx.now(), *tenant, *at],
        )?;
    }
    Ok(next.len())
}

/// Has all that wait asked after within [`SPREAD_MS`].
pub(super) fn bring_forward(tx: &Tx<'_>) -> Result<()> {
    tx.exec(
        "UPDATE payment SET next_at_ms = $1 + since_ms % $2 WHERE state = 65 AND tenant_id = $3 AND next_at_ms > $4",
        params![tx.now(), SPREAD_MS, tx.tenant(), tx.now().plus_ms(FAR_MS)],
    )?;
    Ok(())
}

/// Asks after one of each institution's, where nobody did lately.
pub(super) async fn look(app: &Arc<App>) -> Result<()> {
    if app.payments.may_probe(app.clock().now()) {
        app.db.write(Scope::House, |tx| probe(tx).map(|_| ())).await?;
    }
    Ok(())
}
