//! The audit trail: who did what to whom and how it ended, written in the same unit as the act itself.
//!
//! Not for: personal data. `subject` is an id, `detail` is codes; no names, numbers or amounts.

use base::{Result, TenantId};
use db::{Tx, params};

/// Who acts.
#[derive(Debug, Clone, Copy)]
pub enum Actor<'a> {
    /// The customer behind a follower id.
    Follower(i64),
    /// A member of staff.
    Staff(i64),
    /// A job or round of the house.
    House(&'a str),
}

/// Writes one audit row. Invariant: if this fails the whole unit fails.
pub fn note(
    tx: &Tx<'_>,
    by: Actor<'_>,
    act: &str,
    subject: &str,
    outcome: &str,
    detail: &str,
) -> Result<()> {
    note_for(tx, tx.tenant(), by, act, subject, outcome, detail)
}

/// The same from the house's scope, naming the tenant.
pub fn note_for(
    tx: &Tx<'_>,
    tenant: TenantId,
    by: Actor<'_>,
    act: &str,
    subject: &str,
    outcome: &str,
    detail: &str,
) -> Result<()> {
    let actor = match by {
        Actor::Follower(id) => format!("follower:{id}"),
        Actor::Staff(id) => format!("staff:{id}"),
        Actor::House(name) => format!("house:{name}"),
    };
    let id: base::Id<()> = tx.new_id();
    tx.exec(
        "INSERT INTO audit (tenant_id, id, at_ms, actor, act, subject, outcome, detail) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![tenant, id, tx.now(), actor, act, subject, outcome, detail],
    )?;
    Ok(())
}
