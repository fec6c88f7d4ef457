//! How projects stand, and what a customer gave.

use super::store::{self, CashGift, Gift, GiftState};
use super::{NO_PROJECT, Project, grouped, tally, visible};
use crate::app::App;
use crate::followers::Bound;
use base::{Fen, Result, TenantId, Time};
use corebank::Day;
use corebank::gifts::GiftTally;
use db::{Scope, Tx};
use std::sync::Arc;

/// Gifts a list shows.
pub(super) const GIFTS_SHOWN: i64 = 50;
const ROWS_IN_CHAT: usize = 5;

/// A project and how it stands.
#[derive(Debug)]
pub struct Standing {
    pub project: Project,
    pub tally: Option<GiftTally>,
    pub today: i64,
}

impl Standing {
    pub fn is_full(&self) -> bool {
        self.tally.is_some_and(|t| t.points >= self.project.goal_points)
    }
    pub fn is_open(&self) -> bool {
        self.project.is_open_on(self.today) && !self.is_full()
    }
    /// 亮了 18,342 盏，收到 1,234,500 分，目标完成 24%
    pub fn words(&self) -> String {
        let Some(t) = self.tally else {
            return "进展暂时查不到，过一会儿再看".to_owned();
        };
        // A goal is above nothing: the file says so.
        let percent = t.points.saturating_mul(100) / self.project.goal_points.max(1);
        let milestone = match percent {
            _ if self.is_full() => "，目标完成，不再收了",
            _ if !self.project.is_open_on(self.today) => "，已结束",
            75.. => "，就差一点了",
            50.. => "，已经过半",
            _ => "",
        };
        format!(
            "亮了 {} 盏，收到 {} 分，目标完成 {}%{milestone}",
            grouped(t.lamps),
            grouped(t.points),
            percent.min(100)
        )
    }
}

/// Every project that customers of an institution see.
pub async fn projects(app: &Arc<App>, tenant: TenantId) -> Vec<Standing> {
    let today = app.clock().now().china_day();
    let all = visible(app, tenant).into_iter().map(|project| async move {
        let tally = tally(app, tenant, &project).await;
        Standing { project, tally, today }
    });
    futures_util::future::join_all(all).await
}

/// One project, with what it got in money at this institution.
///
/// # Errors
/// Refused when there is none of that id.
pub async fn project(app: &Arc<App>, tenant: TenantId, id: &str) -> Result<(Standing, String)> {
    let found = visible(app, tenant).into_iter().find(|p| p.id() == id);
    let Some(project) = found else { return NO_PROJECT.into() };
    let tally = tally(app, tenant, &project).await;
    let (owner, code) = (project.owner, project.code.clone());
    let unit = move |tx: &Tx<'_>| store::cash_sum(tx, owner, &code);
    let cash = app.db.read(Scope::Tenant(tenant), unit).await?;
    let today = app.clock().now().china_day();
    let standing = Standing { project, tally, today };
    let p = &standing.project;
    let ends = Day::at(Time::of_ms(p.ends_on * base::DAY_MS - base::CHINA_OFFSET_MS));
    let cash =
        if cash > Fen::ZERO { format!("，本行客户捐了 {cash} 元") } else { String::new() };
    let words = format!(
        "{}：{}{} 分 = {}。募捐：{}，备案号 {}。{}{cash}。{}年{}月{}日截止。",
        p.title,
        sentence(&p.story),
        grouped(p.unit_points),
        p.unit_words,
        p.fundraiser,
        p.licence,
        standing.words(),
        ends.year(),
        ends.month(),
        ends.day()
    );
    Ok((standing, words))
}

fn sentence(text: &str) -> String {
    if text.ends_with('。') { text.to_owned() } else { format!("{text}。") }
}

/// All a customer gave.
#[derive(Debug, Default)]
pub struct Mine {
    pub(crate) points: Vec<Gift>,
    pub(crate) cash: Vec<CashGift>,
}

/// What a customer gave, of points and of money.
///
/// # Errors
/// The database.
pub async fn mine(app: &Arc<App>, tenant: TenantId, bound: &Bound) -> Result<Mine> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let customer = bound.customer.clone();
    let unit = move |tx: &Tx<'_>| {
        Ok(Mine {
            points: store::of_customer(tx, &keys, &customer, GIFTS_SHOWN)?,
            cash: store::cash_of(tx, &keys, &customer, GIFTS_SHOWN)?,
        })
    };
    app.db.read(Scope::Tenant(tenant), unit).await
}

/// A line of the list in chat.
#[derive(Debug)]
pub struct Row {
    pub what: String,
    pub at: Time,
    pub note: String,
}

impl Mine {
    pub fn count(&self) -> usize {
        self.points.iter().filter(|g| g.state != GiftState::Voided).count() + self.cash.len()
    }
    /// 500 分、50.00 元
    pub fn total(&self) -> String {
        let made = self.points.iter().filter(|g| g.state != GiftState::Voided);
        let points: i64 = made.map(|g| g.points).sum();
        let sums = self.cash.iter().map(|c| c.amount.fen());
        let cash = Fen::of(sums.fold(0_i64, i64::saturating_add));
        let parts = [
            (points > 0).then(|| format!("{} 分", grouped(points))),
            (cash > Fen::ZERO).then(|| format!("{cash} 元")),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("、")
    }
    /// The latest first.
    pub fn rows(&self, projects: &[Project]) -> Vec<Row> {
        let title = |owner: TenantId, code: &str| title_of(projects, owner, code);
        let points = self.points.iter().map(|g| Row {
            what: format!("捐 {} 分，{}", grouped(g.points), title(g.owner, &g.project)),
            at: g.known_at.unwrap_or(g.offered_at),
            note: match (g.state, g.lamp) {
                (GiftState::Voided, _) => "（已撤回，分退回来了）".to_owned(),
                (_, Some(lamp)) => format!("第 {} 盏", grouped(lamp)),
                _ => String::new(),
            },
        });
        let cash = self.cash.iter().map(|c| Row {
            what: format!("捐 {} 元，{}", c.amount, title(c.owner, &c.project)),
            at: c.at,
            note: if c.is_anonymous { "（匿名）".to_owned() } else { String::new() },
        });
        let mut all: Vec<Row> = points.chain(cash).collect();
        all.sort_by_key(|r| std::cmp::Reverse(r.at));
        all.truncate(ROWS_IN_CHAT);
        all
    }
}

pub(crate) fn title_of(projects: &[Project], owner: TenantId, code: &str) -> String {
    let found = projects.iter().find(|p| p.owner == owner && p.code == code);
    found.map_or_else(|| code.to_owned(), |p| p.title.clone())
}

/// A gift as staff see it.
#[derive(Debug)]
pub struct Lately {
    pub id: super::GiftId,
    pub at: Time,
    pub project: String,
    pub points: i64,
    pub lamp: Option<i64>,
    pub state: &'static str,
    pub can_void: bool,
}

/// The institution's gifts of the last day, the latest first.
///
/// # Errors
/// The database.
pub async fn lately(app: &Arc<App>, tenant: TenantId) -> Result<Vec<Lately>> {
    let since = app.clock().now().plus_ms(-base::DAY_MS);
    let unit = move |tx: &Tx<'_>| store::lately(tx, since, GIFTS_SHOWN);
    let gifts = app.db.read(Scope::Tenant(tenant), unit).await?;
    let projects = visible(app, tenant);
    let one = |g: Gift| Lately {
        id: g.id,
        at: g.known_at.unwrap_or(g.offered_at),
        project: title_of(&projects, g.owner, &g.project),
        points: g.points,
        lamp: g.lamp,
        can_void: g.state == GiftState::Given,
        state: match g.state {
            GiftState::Given => "已捐出",
            GiftState::Sent => "正在确认",
            GiftState::Voiding => "正在撤回",
            GiftState::Voided => "已撤回",
            GiftState::Manual => "请核对",
            GiftState::Offered | GiftState::Left | GiftState::Refused => "",
        },
    };
    Ok(gifts.into_iter().map(one).collect())
}
