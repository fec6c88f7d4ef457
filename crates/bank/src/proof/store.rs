//! Rows of what was proved.

use crate::sessions::Customer;
use base::{Result, Time};
use db::{Tx, params};

/// What was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something only the customer knows was typed.
    Known,
    Code,
    /// The three digits on the back of a credit card.
    Digits,
    Face,
    Pin,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Code => "code",
            Self::Digits => "digits",
            Self::Face => "face",
            Self::Pin => "pin",
        }
    }
}

/// Keeps a proof; the one of its kind before it ends.
pub fn keep(tx: &Tx<'_>, by: &Customer, kind: Kind, intent: &[u8], life_ms: i64) -> Result<()> {
    tx.exec(
        "INSERT INTO proof (tenant_id, follower_id, kind, session_id, intent, expires_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, follower_id, kind) DO UPDATE SET \
         session_id = excluded.session_id, intent = excluded.intent, expires_at_ms = excluded.expires_at_ms",
        params![tx.tenant(), by.follower, kind.word(), by.session, intent, tx.now().plus_ms(life_ms)],
    )?;
    Ok(())
}

/// Whether this was proved in this session for this very thing, and lately.
pub fn has(tx: &Tx<'_>, by: &Customer, kind: Kind, intent: &[u8]) -> Result<bool> {
    let row: Option<(Vec<u8>, Time)> = tx.opt(
        "SELECT intent, expires_at_ms FROM proof \
         WHERE tenant_id = $1 AND follower_id = $2 AND kind = $3 AND session_id = $4",
        params![tx.tenant(), by.follower, kind.word(), by.session],
    )?;
    Ok(row.is_some_and(|(known, ends)| known == intent && tx.now() < ends))
}

/// A proof is good once: everything proved so far ends.
pub fn spend(tx: &Tx<'_>, by: &Customer) -> Result<()> {
    tx.exec(
        "DELETE FROM proof WHERE tenant_id = $1 AND follower_id = $2",
        params![tx.tenant(), by.follower],
    )?;
    Ok(())
}
