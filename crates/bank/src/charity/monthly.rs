//! Points given each month by themselves (每月自动捐): agreed to once in chat, as few as need no PIN, and stopped in chat at once.
//!
//! *Invariants.* One gift for a plan and a due day, whatever dies in between: plan and gift change in one unit. A plan ends with its
//! binding and with its project; a day on which nothing could be given is told and never made up for. Not for: telling the core
//! and what it did not answer, which is every gift's ([`super::give`]).

use super::give::{self, TAKE_UP_MS, VALID_MS};
use super::offer::{self, Held};
use super::store::{self, GiftState, New, Target};
use super::{CLOSED, GiftId, POINTS_DAY_MAX, POINTS_MIN, Project, grouped, visible};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::followers::{self, Bound, FollowerId};
use crate::jobs::Job;
use crate::payments::draft::Payer;
use crate::payments::{When, day_words};
use crate::plans::Plans;
use base::{Error, Id, Named, Refusal, Result, TenantId};
use corebank::Day;
use db::{FromRow, Row, Scope, Tx, params};
use std::sync::Arc;

#[derive(Debug)]
pub enum PlanRow {}
impl Named for PlanRow {
    const PREFIX: &'static str = "gpl";
}
pub type PlanId = Id<PlanRow>;

/// At nine in the morning.
const MINUTE: i64 = 9 * 60;
/// A core that is silent or shut is asked again after this time, the same day.
const RETRY_MS: i64 = 10 * 60_000;

const TOO_MANY: Refusal = Refusal::invalid("plan.points", "没有开，分没有动。");
const NONE: Refusal = Refusal::missing("plan.missing", "没有开着的每月捐积分。");

struct Kept {
    id: PlanId,
    follower: FollowerId,
    binding: i64,
    owner: TenantId,
    project: String,
    points: i64,
    when: When,
    version: i64,
    due_day: i64,
}

impl FromRow for Kept {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: r.next()?,
            follower: r.next()?,
            binding: r.next()?,
            owner: r.next()?,
            project: r.next()?,
            points: r.next()?,
            when: When::monthly(r.next()?, r.next()?),
            version: r.next()?,
            due_day: r.next()?,
        })
    }
}

impl Kept {
    fn due(&self) -> Result<Day> {
        Day::of_number(self.due_day).ok_or_else(|| Error::fault("a plan's due day is no day"))
    }
}

fn live(tx: &Tx<'_>, id: PlanId) -> Result<Option<Kept>> {
    tx.opt(
        "SELECT id, follower_id, binding_id, owner_id, project, points, day_no, minute_no, version, due_day FROM gift_plan \
         WHERE tenant_id = $1 AND id = $2 AND state = 'live'",
        params![tx.tenant(), id],
    )
}

/// Keeps a plan for a project, which takes the place of an earlier one; what is said of it.
///
/// # Errors
/// Refused where nothing can be agreed to; no points are taken.
pub async fn agree(app: &Arc<App>, by: &Payer, project: &str, points: i64) -> Result<String> {
    super::gifts(app)?;
    let project = offer::chosen(app, by, project).await?;
    // Who has no card that brings points could never give any.
    offer::held(app, by).await?;
    if !(POINTS_MIN..=POINTS_DAY_MAX).contains(&points) {
        let most = grouped(POINTS_DAY_MAX);
        return TOO_MANY
            .say(format!("没有开，分没有动。每月能捐 {POINTS_MIN} 到 {most} 分。"))
            .into();
    }
    let (by, title, tenant) = (by.clone(), project.title.clone(), by.tenant);
    let unit = move |tx: &Tx<'_>| {
        let today = Day::at(tx.now());
        let when = When::monthly(today.day(), MINUTE);
        // What was given today is enough for this month.
        let first = when.after(today, 0).ok_or_else(|| Error::fault("a month without a day"))?;
        let binding = by.bound.binding.raw();
        end(tx, binding, Some((project.owner, &project.code)), "off", "replaced")?;
        let id: PlanId = tx.new_id();
        tx.exec(
            "INSERT INTO gift_plan (tenant_id, id, follower_id, binding_id, owner_id, project, points, day_no, minute_no, state, why, \
             version, due_day, next_at_ms, made_at_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'live', '', 1, $10, $11, $12)",
            params![
                tx.tenant(),
                id,
                by.follower,
                binding,
                project.owner,
                project.code.as_str(),
                points,
                today.day(),
                MINUTE,
                first.number(),
                when.at(first),
                tx.now()
            ],
        )?;
        let actor = Actor::Follower(by.follower.raw());
        audit::note(tx, actor, "charity.plan", &id.to_string(), "done", &points.to_string())?;
        Ok((when, first))
    };
    let (when, first) = app.db.write(Scope::Tenant(tenant), unit).await?;
    Ok(format!(
        "开好了，现在没有扣分：{}自动捐 {} 分给「{title}」，第一次 {}。不想捐了说「停掉每月捐积分」。",
        when.words(),
        grouped(points),
        day_words(first)
    ))
}

/// Ends live plans of a binding: of one project, or all; how many.
fn end(
    tx: &Tx<'_>,
    binding: i64,
    of: Option<(TenantId, &str)>,
    state: &'static str,
    why: &'static str,
) -> Result<u64> {
    let (owner, project) = of.map_or((None, ""), |(owner, project)| (Some(owner), project));
    tx.exec(
        "UPDATE gift_plan SET state = $1, why = $2, next_at_ms = NULL, ended_at_ms = $3, version = version + 1 \
         WHERE tenant_id = $4 AND binding_id = $5 AND state = 'live' AND ($6 = '' OR (owner_id = $7 AND project = $6))",
        params![state, why, tx.now(), tx.tenant(), binding, project, owner.map_or(0, TenantId::raw)],
    )
}

/// Stops every plan of a binding.
///
/// # Errors
/// Refused when there is none.
pub fn stop(tx: &Tx<'_>, by: (FollowerId, &Bound)) -> Result<()> {
    let (follower, bound) = by;
    if end(tx, bound.binding.raw(), None, "off", "customer")? == 0 {
        return NONE.into();
    }
    let actor = Actor::Follower(follower.raw());
    audit::note(tx, actor, "charity.plan", &bound.binding.to_string(), "off", "")
}

const PLANS: Plans = Plans {
    what: "gift plan",
    due: "SELECT tenant_id, id FROM gift_plan WHERE next_at_ms <= $1 ORDER BY next_at_ms LIMIT $2",
    is_due: "SELECT COUNT(*) FROM gift_plan WHERE tenant_id = $1 AND id = $2 AND next_at_ms <= $3",
    put_off: "UPDATE gift_plan SET next_at_ms = $1 WHERE tenant_id = $2 AND id = $3 AND next_at_ms <= $4",
};

/// Looks once at every plan that is due; how many could be looked at.
pub async fn run_due(app: &Arc<App>) -> Result<usize> {
    PLANS.run_due(app, |app, tenant, id| async move { come_due(&app, tenant, id).await }).await
}

/// What a due day comes to, as far as it can be told outside the unit.
enum Came {
    Ready(Payer, Held),
    /// Nothing is given this time, and why.
    No(String),
    /// Nor ever again.
    Over(&'static str, String),
    /// It may be known in a while.
    Later,
}

pub(crate) async fn come_due(app: &Arc<App>, tenant: TenantId, id: PlanId) -> Result<()> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let (unit_keys, behind) = (keys.clone(), app.behind.clone());
    let unit = move |tx: &Tx<'_>| {
        let is_due = PLANS.is_due(tx, id)?;
        let Some(row) = live(tx, id)?.filter(|_| is_due) else { return Ok(None) };
        let found = followers::store::by_id(tx, row.follower)?;
        let bound = found.map(|f| f.open(&unit_keys, &behind)).transpose()?.and_then(|s| s.bound);
        Ok(Some((row, bound)))
    };
    let found = app.db.read(Scope::Tenant(tenant), unit).await?;
    let Some((row, bound)) = found else { return Ok(()) };
    let all = visible(app, tenant);
    let project = all.into_iter().find(|p| p.owner == row.owner && p.code == row.project);
    let title = project.as_ref().map_or_else(|| row.project.clone(), |p| p.title.clone());
    let came = come_to(app, tenant, &row, bound, project.as_ref()).await?;
    if matches!(came, Came::Later) {
        return PLANS.put_off(app, tenant, id, RETRY_MS).await;
    }
    let (follower, due) = (row.follower, row.due()?);
    let (why, by) = match came {
        Came::Ready(by, held) => {
            let unit = move |tx: &Tx<'_>| run(tx, &keys, &row, project.as_ref(), &by, &held);
            match app.db.write(Scope::Tenant(tenant), unit).await? {
                Some(Ok(gift)) => return sent(app, tenant, follower, gift).await,
                Some(Err(why)) => (why, None),
                None => return Ok(()),
            }
        }
        Came::No(why) => (why, Some(("live", "", row))),
        Came::Over(code, why) => (why, Some(("over", code, row))),
        Came::Later => return Ok(()),
    };
    if let Some((state, code, row)) = by {
        let unit = move |tx: &Tx<'_>| move_on(tx, &row, state, code);
        if !app.db.write(Scope::Tenant(tenant), unit).await? {
            return Ok(());
        }
    }
    let words = format!("✖ {}没有给「{title}」捐，分没有动：{why}", day_words(due));
    give::tell(app, tenant, follower, &words).await
}

async fn come_to(
    app: &Arc<App>,
    tenant: TenantId,
    row: &Kept,
    bound: Option<Arc<Bound>>,
    project: Option<&Project>,
) -> Result<Came> {
    let now = app.clock().now();
    let Some(bound) = bound.filter(|b| b.binding.raw() == row.binding) else {
        return Ok(Came::Over("unbound", "您解绑了银行卡，每月捐积分停了。".into()));
    };
    let Some(project) = project.filter(|p| p.is_open_on(now.china_day())) else {
        return Ok(Came::Over("charity.closed", "项目不收了，每月捐积分停了。".into()));
    };
    if row.due()? < Day::at(now) {
        return Ok(Came::No("那天银行系统停着，下个月照常。".into()));
    }
    if bound.is_frozen {
        return Ok(Came::No("您停用了微信银行，下个月照常。".into()));
    }
    if !bound.is_agreed {
        return Ok(Came::No("协议更新了，您还没有同意，下个月照常。".into()));
    }
    let tally = super::tally(app, tenant, project).await;
    if tally.is_some_and(|t| t.points >= project.goal_points) {
        return Ok(Came::Over("charity.closed", "项目捐满了，每月捐积分停了。".into()));
    }
    let by = Payer { tenant, follower: row.follower, bound, session: None };
    Ok(match offer::held(app, &by).await {
        Ok(held) if held.total < row.points => {
            let short = grouped(row.points - held.total);
            Came::No(format!("积分不够，差 {short} 分，下个月照常。"))
        }
        Ok(held) => Came::Ready(by, held),
        Err(Error::Refused(no)) if matches!(no.code, "points.none" | "points.no_card") => {
            Came::No("积分不够，下个月照常。".into())
        }
        Err(Error::Refused(_)) => Came::Later,
        Err(fault) => return Err(fault),
    })
}

/// Moves a plan on from how it was read: to its next due day, or to its end. False when somebody was faster.
fn move_on(tx: &Tx<'_>, row: &Kept, state: &'static str, why: &'static str) -> Result<bool> {
    let next =
        row.when.after(row.due()?, 0).ok_or_else(|| Error::fault("a month without a day"))?;
    let is_live = state == "live";
    tx.exec_one(
        "UPDATE gift_plan SET state = $1, why = $2, due_day = $3, next_at_ms = $4, ended_at_ms = $5, version = version + 1 \
         WHERE tenant_id = $6 AND id = $7 AND state = 'live' AND version = $8",
        params![
            state,
            why,
            next.number(),
            is_live.then(|| row.when.at(next)),
            (!is_live).then(|| tx.now()),
            tx.tenant(),
            row.id,
            row.version
        ],
    )
}

type Made = std::result::Result<GiftId, String>;

/// One due day: the plan goes on and its gift is on its way, or why not. None when somebody was faster.
fn run(
    tx: &Tx<'_>,
    keys: &crate::vault::TenantKeys,
    row: &Kept,
    project: Option<&Project>,
    by: &Payer,
    held: &Held,
) -> Result<Option<Made>> {
    let Some(project) = project else { return CLOSED.into() };
    if !move_on(tx, row, "live", "")? {
        return Ok(None);
    }
    let used = store::used_on(tx, keys, &by.bound.customer, tx.now().china_day())?;
    if used + row.points > POINTS_DAY_MAX {
        return Ok(Some(Err("今天捐得够多了，下个月照常。".into())));
    }
    let target = Target { customer: by.bound.customer.clone(), cards: held.cards.clone() };
    let (follower, points, target) = (row.follower, row.points, &target);
    let new = New { follower, binding: row.binding, project, points, target };
    let until = tx.now().plus_ms(VALID_MS);
    let Some(id) = store::plan(tx, keys, &new, (row.id.raw(), row.due_day), until)? else {
        return Ok(None);
    };
    Job::SettleGift { gift: id, tried: 0 }.enqueue(tx, tx.now().plus_ms(TAKE_UP_MS))?;
    audit::note(tx, Actor::House("charity"), "charity.points", &id.to_string(), "asked", "plan")?;
    Ok(Some(Ok(id)))
}

/// Tells the core of a gift that came due, and the customer what it said. Where it is silent the job goes on.
async fn sent(app: &Arc<App>, tenant: TenantId, follower: FollowerId, id: GiftId) -> Result<()> {
    let gift = app.db.read(Scope::Tenant(tenant), move |tx| store::by_id(tx, id)).await?;
    let Some(gift) = gift.filter(|g| g.state == GiftState::Sent) else { return Ok(()) };
    let words = match give::send(app, tenant, gift).await {
        Ok(words) => words,
        Err(Error::Refused(no)) if no.code == give::TRYING.code => return Ok(()),
        Err(Error::Refused(no)) => no.words.into_owned(),
        Err(fault) => return Err(fault),
    };
    give::tell(app, tenant, follower, &format!("这个月的每月捐：{words}")).await
}
