//! 「明天再提醒我」 under a reminder of bills: the next morning the billers are asked once more, and what is still owed is told once more.
//!
//! *Invariant.* Once for a due day: the rows keep the day they were asked to be told of again. Nothing is owed by then: nothing is
//! said. Not for: another day each month, which is the reminder's own (`remind`).

use super::remind::{self, Came, Kept, ReminderId};
use super::{Home, store};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::followers::{self, Bound, FollowerId};
use crate::jobs::Job;
use crate::payments::{Card, say};
use crate::vault::TenantKeys;
use base::{Refusal, Result, TenantId, Time};
use corebank::Day;
use db::{Scope, Tx, params};
use std::sync::Arc;

pub const NONE: Refusal = Refusal::missing("remind.none", "这两天没有给您发过要交、要还的提醒");
pub const TWICE: Refusal = Refusal::conflict("remind.twice", "已经记下了，明天再提醒您");
/// Of the day: people are up, and there is time to pay.
const AT_MS: i64 = 9 * 3_600_000;
/// A reminder of yesterday may still be put off.
const DAYS_BACK: i64 = 1;

/// Tomorrow at nine, in China.
pub fn tomorrow(now: Time) -> Time {
    Day::at(now).plus_days(1).start().plus_ms(AT_MS)
}

/// Asks for the last reminder of bills to be told once more tomorrow; of what. None where there was none of late.
///
/// # Errors
/// Refused where it was asked before.
pub fn wish(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (follower, bound): (FollowerId, &Bound),
) -> Result<Option<String>> {
    let since = Day::at(tx.now()).plus_days(-DAYS_BACK).number();
    let last: Option<(ReminderId, i64)> = tx.opt(
        "SELECT told_by, told_day FROM bill_reminder WHERE tenant_id = $1 AND binding_id = $2 AND told_day >= $3 \
         AND said = 'owed' ORDER BY told_day DESC, told_by DESC LIMIT 1",
        params![tx.tenant(), bound.binding.raw(), since],
    )?;
    let Some((id, due)) = last else { return Ok(None) };
    let fresh = tx.exec(
        "UPDATE bill_reminder SET again_day = $1 WHERE tenant_id = $2 AND binding_id = $3 AND told_by = $4 AND told_day = $1 \
         AND said = 'owed' AND again_day <> $1",
        params![due, tx.tenant(), bound.binding.raw(), id],
    )?;
    if fresh == 0 {
        return TWICE.into();
    }
    let by = Actor::Follower(follower.raw());
    audit::note(tx, by, "reminder.again", &id.to_string(), "done", "")?;
    Job::RemindAgain { reminder: id, due }.enqueue(tx, tomorrow(tx.now()))?;
    let mut named = vec![];
    for row in rows(tx, id, due)? {
        named.extend(store::home(tx, keys, row.household)?.map(|home| remind::title(&home)));
    }
    Ok(Some(named.join("、")))
}

fn rows(tx: &Tx<'_>, id: ReminderId, due: i64) -> Result<Vec<Kept>> {
    let all: Vec<ReminderId> = tx.all(
        "SELECT b.id FROM bill_reminder a JOIN bill_reminder b ON b.tenant_id = a.tenant_id AND b.binding_id = a.binding_id \
         AND b.told_by = $1 AND b.told_day = $2 AND b.again_day = $2 WHERE a.tenant_id = $3 AND a.id = $1 ORDER BY +b.id",
        params![id, due, tx.tenant()],
    )?;
    all.into_iter().filter_map(|id| remind::by_id(tx, id).transpose()).collect()
}

/// The job: asks what is owed now, and says it.
///
/// # Errors
/// The database; the job runs again.
pub async fn tell(app: &Arc<App>, tenant: TenantId, id: ReminderId, due: i64) -> Result<()> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let behind = app.behind.clone();
    let unit = move |tx: &Tx<'_>| {
        let mut all: Vec<(Kept, Home)> = vec![];
        for row in rows(tx, id, due)? {
            let found = followers::store::by_id(tx, row.follower)?;
            let bound = found.map(|f| f.open(&keys, &behind)).transpose()?.and_then(|s| s.bound);
            let is_theirs = bound.is_some_and(|b| b.binding.raw() == row.binding && !b.is_frozen);
            if let Some(home) = store::home(tx, &keys, row.household)?.filter(|_| is_theirs) {
                all.push((row, home));
            }
        }
        Ok(all)
    };
    let mut still = vec![];
    for (mut row, home) in app.db.read(Scope::Tenant(tenant), unit).await? {
        match remind::ask(app, tenant, &row, &home).await? {
            Came::Owed(owed) => {
                row.said_fen = owed;
                still.push((row, home));
            }
            came @ Came::Silent => {
                came.word().clone_into(&mut row.said);
                still.push((row, home));
            }
            Came::Nothing | Came::Gone | Came::Over => {}
        }
    }
    let Some((first, _)) = still.first() else { return Ok(()) };
    let follower = first.follower;
    say(app, tenant, follower, remind::told(&still), Card::Lines(remind::pays(&still))).await
}
