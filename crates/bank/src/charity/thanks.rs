//! Thanks to who gave points to a project that has come a quarter of its way further (里程碑感谢): at most one a quarter of a year, and
//! none to who wants no advertising.
//!
//! *Invariant.* Nobody is thanked twice in a quarter: the row that says so stands before the words are sent. A project that is
//! met half-way the first time thanks nobody for what was before. Not for: the lamp's own words, which a giver hears at once.

use super::{Project, give, grouped, tally, visible};
use crate::app::App;
use crate::followers::FollowerId;
use crate::jobs::Job;
use crate::marketing;
use base::{Result, TenantId, Time};
use corebank::Day;
use corebank::gifts::GiftTally;
use db::{Scope, Tx, params};
use std::sync::Arc;

/// Parts of its goal after which a project thanks.
const STEPS: i64 = 4;
/// Givers thanked in one go.
const PAGE: i64 = 100;

/// Looks how far each project is; whoever gave to one that went a step further is thanked.
///
/// # Errors
/// The database.
pub async fn round(app: &Arc<App>) -> Result<()> {
    let tenants: Vec<TenantId> = app.registry().institutions.keys().copied().collect();
    for tenant in tenants {
        for project in visible(app, tenant) {
            let Some(told) = tally(app, tenant, &project).await else { continue };
            let step = step_of(&project, told);
            let unit = move |tx: &Tx<'_>| reached(tx, &project, step);
            app.db.write(Scope::Tenant(tenant), unit).await?;
        }
    }
    Ok(())
}

fn step_of(project: &Project, told: GiftTally) -> i64 {
    let parts = told.points.saturating_mul(STEPS).checked_div(project.goal_points);
    parts.unwrap_or(0).clamp(0, STEPS)
}

fn reached(tx: &Tx<'_>, project: &Project, step: i64) -> Result<()> {
    let is_new = tx.exec(
        "INSERT INTO gift_step (tenant_id, owner_id, project, step_no, at_ms) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (tenant_id, owner_id, project) DO NOTHING",
        params![tx.tenant(), project.owner, project.code.as_str(), step, tx.now()],
    )?;
    if is_new > 0 {
        return Ok(());
    }
    let went_on = tx.exec_one(
        "UPDATE gift_step SET step_no = $1, at_ms = $2 WHERE tenant_id = $3 AND owner_id = $4 AND project = $5 AND step_no < $1",
        params![step, tx.now(), tx.tenant(), project.owner, project.code.as_str()],
    )?;
    if went_on {
        let of = (project.owner, project.code.clone());
        Job::ThankGivers { of, after: i64::MIN }.enqueue(tx, tx.now())?;
    }
    Ok(())
}

/// 20264 is the last quarter of 2026.
fn quarter(now: Time) -> i64 {
    let day = Day::at(now);
    day.year() * 10 + (day.month() - 1) / 3 + 1
}

/// The job: thanks the next givers of a project, and goes on behind them.
///
/// # Errors
/// The database; the job runs again.
pub async fn thank(
    app: &Arc<App>,
    tenant: TenantId,
    of: &(TenantId, String),
    after: i64,
) -> Result<()> {
    let all = visible(app, tenant);
    let Some(project) = all.into_iter().find(|p| p.owner == of.0 && p.code == of.1) else {
        return Ok(());
    };
    let owner = project.owner;
    let Some(told) = tally(app, tenant, &project).await else { return Ok(()) };
    let unit_code = project.code.clone();
    let unit = move |tx: &Tx<'_>| next(tx, (owner, &unit_code), after);
    let (thanked, last) = app.db.write(Scope::Tenant(tenant), unit).await?;
    let words = format!(
        "您捐过的「{}」又往前走了一大步：一共 {} 盏灯、{} 分。谢谢您。一个季度最多说一次，不想收说「退订广告」。",
        project.title,
        grouped(told.lamps),
        grouped(told.points)
    );
    for follower in thanked {
        give::tell(app, tenant, follower, &words).await?;
    }
    let Some(last) = last else { return Ok(()) };
    let code = project.entry.code;
    let unit = move |tx: &Tx<'_>| {
        Job::ThankGivers { of: (owner, code.clone()), after: last }.enqueue(tx, tx.now())
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// Whom to thank of the next page of givers; where it goes on.
fn next(
    tx: &Tx<'_>,
    (owner, project): (TenantId, &str),
    after: i64,
) -> Result<(Vec<FollowerId>, Option<i64>)> {
    let page: Vec<FollowerId> = tx.all(
        "SELECT DISTINCT follower_id FROM gift WHERE tenant_id = $1 AND owner_id = $2 AND project = $3 AND state = 'given' \
         AND follower_id > $4 ORDER BY follower_id LIMIT $5",
        params![tx.tenant(), owner, project, after, PAGE],
    )?;
    let quarter = quarter(tx.now());
    let mut thanked = vec![];
    for follower in &page {
        let is_first = marketing::may_send(tx, *follower)?
            && tx.exec(
                "INSERT INTO gift_thanks (tenant_id, follower_id, quarter_no, at_ms) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (tenant_id, follower_id, quarter_no) DO NOTHING",
                params![tx.tenant(), *follower, quarter, tx.now()],
            )? == 1;
        if is_first {
            thanked.push(*follower);
        }
    }
    let last =
        page.last().map(|f| f.raw()).filter(|_| page.len() == usize::try_from(PAGE).unwrap_or(0));
    Ok((thanked, last))
}
