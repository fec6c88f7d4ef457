//! Tries that are used up on a day. A try is taken *before* it is known whether it is right, so that
//! many at once cannot be more than the limit.

use crate::day::Day;
use base::Result;
use db::{Tx, params};

/// Takes one try: how many are used now, or `None` when all were used before.
pub(crate) fn take(tx: &Tx<'_>, subject: &str, day: Day, most: i64) -> Result<Option<i64>> {
    tx.opt(
        "INSERT INTO core_counter (tenant_id, subject, day, used) VALUES ($1, $2, $3, 1)
         ON CONFLICT (tenant_id, subject, day) DO UPDATE SET used = core_counter.used + 1
          WHERE core_counter.used < $4
         RETURNING used",
        params![tx.tenant(), subject, day.number(), most],
    )
}

/// How many tries of the day are used.
pub(crate) fn used(tx: &Tx<'_>, subject: &str, day: Day) -> Result<i64> {
    let found: Option<i64> = tx.opt(
        "SELECT used FROM core_counter WHERE tenant_id = $1 AND subject = $2 AND day = $3",
        params![tx.tenant(), subject, day.number()],
    )?;
    Ok(found.unwrap_or(0))
}

/// Gives all tries of the day back.
pub(crate) fn clear(tx: &Tx<'_>, subject: &str, day: Day) -> Result<()> {
    tx.exec(
        "DELETE FROM core_counter WHERE tenant_id = $1 AND subject = $2 AND day = $3",
        params![tx.tenant(), subject, day.number()],
    )?;
    Ok(())
}
