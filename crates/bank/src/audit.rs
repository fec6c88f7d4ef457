//! The audit trail: who did what to whom and how it ended, written in the same unit as the act itself.
//!
//! Not for: personal data. `subject` is an id, `detail` is codes; no names, numbers or amounts.

pub mod chain;
pub mod keep;
#[cfg(test)]
mod tampered;
pub mod tool;

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

/// Writes one audit row; [`chain`] gives it its place a moment later. Invariant: if this fails the whole unit fails.
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
    tx.exec_later(
        "INSERT INTO audit_open (tenant_id, audit_id) VALUES ($1, $2)",
        params![tenant, id],
    )
}

#[cfg(test)]
mod tests {
    use crate::app::MIGRATIONS;

    /// Every UNIQUE key and unique index of the schema, as (its words, its columns).
    fn unique_keys() -> Vec<(String, String)> {
        let mut found = vec![];
        for migration in MIGRATIONS {
            let plain: Vec<&str> =
                migration.sql.lines().filter_map(|l| l.split("--").next()).collect();
            for statement in plain.join(" ").split(';') {
                if let Some(rest) = statement.trim().strip_prefix("CREATE UNIQUE INDEX ") {
                    let columns = rest.split('(').nth(1).unwrap_or_default();
                    found.push((rest.to_owned(), columns.to_owned()));
                }
                assert!(!statement.contains(" UNIQUE("), "{statement}: name the index instead");
                assert!(!statement.contains(" UNIQUE,"), "{statement}: name the index instead");
            }
        }
        found
    }

    #[test]
    fn no_unique_key_reaches_across_tenants_ti_01_ti_06() {
        let keys = unique_keys();
        assert!(keys.len() >= 5, "{keys:?}");
        for (index, columns) in keys {
            // WeChat's name for a person is how their tenant is found in the first place; it is known to WeChat and us only.
            let way_in = index.starts_with("follower_by_openid ");
            assert!(way_in || columns.starts_with("tenant_id"), "{index} is an oracle");
        }
    }
}
