//! A rest of some days (先停几天): what comes in and goes on is not told until then, and can be read in the statement.
//!
//! Money that goes out, due days and security words are told all the same. Not for: hours of each day (`prefs::quiet`).

use crate::audit::{self, Actor};
use crate::followers::FollowerId;
use base::{DAY_MS, Refusal, Result, Time};
use db::{Tx, params};

/// Why a notice was dropped.
pub(super) const WHY: &str = "paused";
const DAYS_MAX: i64 = 31;
pub const DAYS: Refusal = Refusal::invalid("notice.pause", "可以先停1到31天，没有改");

/// The end of a pause that holds now.
///
/// # Errors
/// The database.
pub fn until(tx: &Tx<'_>, follower: FollowerId) -> Result<Option<Time>> {
    tx.opt(
        "SELECT until_ms FROM notice_pause WHERE tenant_id = $1 AND follower_id = $2 AND until_ms > $3",
        params![tx.tenant(), follower, tx.now()],
    )
}

/// Pauses for the rest of today and so many days; a pause that holds is replaced, and what it kept back goes on being counted.
///
/// # Errors
/// Refused for days that are none.
pub fn begin(tx: &Tx<'_>, follower: FollowerId, days: i64) -> Result<Time> {
    if !(1..=DAYS_MAX).contains(&days) {
        return DAYS.into();
    }
    let today = Time::of_ms(tx.now().china_day() * DAY_MS - base::CHINA_OFFSET_MS);
    let until = today.plus_ms((days + 1) * DAY_MS);
    tx.exec(
        "INSERT INTO notice_pause (tenant_id, follower_id, until_ms, changed_at_ms) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (tenant_id, follower_id) DO UPDATE SET until_ms = excluded.until_ms, \
         changed_at_ms = CASE WHEN notice_pause.until_ms > excluded.changed_at_ms THEN notice_pause.changed_at_ms \
         ELSE excluded.changed_at_ms END",
        params![tx.tenant(), follower, until, tx.now()],
    )?;
    note(tx, follower, &format!("{days} days"))?;
    Ok(until)
}

/// Ends a pause: how many notices it kept back; none where there was no pause.
///
/// # Errors
/// The database.
pub fn end(tx: &Tx<'_>, follower: FollowerId) -> Result<Option<i64>> {
    let since: Option<Time> = tx.opt(
        "SELECT changed_at_ms FROM notice_pause WHERE tenant_id = $1 AND follower_id = $2 AND until_ms > $3",
        params![tx.tenant(), follower, tx.now()],
    )?;
    let Some(since) = since else { return Ok(None) };
    let kept_back: i64 = tx.one(
        "SELECT COUNT(*) FROM notice WHERE tenant_id = $1 AND follower_id = $2 AND why = $3 AND ended_at_ms >= $4",
        params![tx.tenant(), follower, WHY, since],
    )?;
    tx.exec(
        "DELETE FROM notice_pause WHERE tenant_id = $1 AND follower_id = $2",
        params![tx.tenant(), follower],
    )?;
    note(tx, follower, "off")?;
    Ok(Some(kept_back))
}

fn note(tx: &Tx<'_>, follower: FollowerId, detail: &str) -> Result<()> {
    audit::note(tx, Actor::Follower(follower.raw()), "notice.pause", "", "done", detail)
}
