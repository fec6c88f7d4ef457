//! What anyone may read of good causes: whether a certificate is true, how a project stands, and the lamps that were lit last.
//!
//! Pages without a script, on the customers' address. A name is on the wall only where its giver wanted it there, and masked;
//! nothing says who else gave. Not for: amounts of money of single givers.

use super::show::{self, title_of};
use super::store::{self, CashGift, Gift, GiftState, Lamp};
use super::{Project, grouped, visible};
use crate::app::App;
use crate::payments::serial;
use crate::stamped::http::{failed, refused, titled};
use crate::web::escape;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base::{Error, Result, TenantId, Time};
use corebank::Day;
use db::{Scope, Tx};
use std::net::SocketAddr;
use std::sync::Arc;

/// Lamps the wall shows.
const LAMPS_SHOWN: i64 = 50;
const CHECK_TITLE: &str = "公益证书验真";
const WALL_TITLE: &str = "公益公示";
const UNKNOWN: &str = "<h1 class=\"no\">没有查到这张证书</h1><p>请看着图上的码再试一次；还是查不到，请不要相信这张证书。</p>";
const NO_PROJECT: &str =
    "<h1 class=\"no\">没有找到这个公益项目</h1><p>请回到聊天里说「公益项目进展」。</p>";

/// A gift that a certificate was made of.
enum Made {
    Points(Box<Gift>),
    Cash(Box<CashGift>),
}

/// `GET /v/gift/{tenant}/{code}`: whether a certificate is true, and what was given; never by whom.
pub async fn check(
    State(app): State<Arc<App>>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Path((tenant, code)): Path<(i64, String)>,
) -> Response {
    if let Some(refused) = refused(&app, &headers, peer.0) {
        return refused;
    }
    match found(&app, TenantId::of(tenant), code.trim()).await {
        Ok(Some(body)) => titled(StatusCode::OK, CHECK_TITLE, &body),
        Ok(None) => titled(StatusCode::NOT_FOUND, CHECK_TITLE, UNKNOWN),
        Err(e) => failed(&e),
    }
}

async fn found(app: &Arc<App>, tenant: TenantId, code: &str) -> Result<Option<String>> {
    let bank = app.registry().institution(tenant).map(|i| i.short.clone());
    let Some(bank) = bank else { return Ok(None) };
    if code.is_empty() {
        return Ok(None);
    }
    let code = code.to_owned();
    let unit = move |tx: &Tx<'_>| {
        if let Some(gift) = store::by_check(tx, &code)? {
            return Ok(Some(Made::Points(Box::new(gift))));
        }
        Ok(store::cash_by_check(tx, &code)?.map(|cash| Made::Cash(Box::new(cash))))
    };
    let made = app.db.read(Scope::Tenant(tenant), unit).await?;
    Ok(made.map(|made| told(&made, &bank, &visible(app, tenant))))
}

fn told(made: &Made, bank: &str, projects: &[Project]) -> String {
    let (owner, code, what, at, number) = match made {
        Made::Points(g) => {
            let at = g.known_at.unwrap_or(g.offered_at);
            (g.owner, &g.project, format!("{} 积分", grouped(g.points)), at, g.serial.clone())
        }
        Made::Cash(c) => {
            (c.owner, &c.project, format!("{} 元", c.amount), c.at, serial::short(&c.serial).into())
        }
    };
    let project = projects.iter().find(|p| p.owner == owner && p.code == *code);
    let mut rows = vec![
        ("公益项目", title_of(projects, owner, code)),
        ("捐了", what),
        ("日期", day_of(at)),
        ("编号", number),
        ("办理银行", bank.to_owned()),
    ];
    if let Some(p) = project {
        rows.push(("募捐组织", p.fundraiser.clone()));
        rows.push(("备案号", p.licence.clone()));
    }
    if let Made::Points(g) = made
        && let Some(lamp) = g.lamp
    {
        rows.insert(1, ("灯号", format!("第 {} 盏", grouped(lamp))));
    }
    let is_void = matches!(made, Made::Points(g) if g.state == GiftState::Voided);
    let head = if is_void {
        "<h1 class=\"no\">这一笔已经撤回</h1><p>分退回去了，灯号作废，这张证书不算数。</p>"
    } else {
        "<h1 class=\"ok\">证书是真的</h1><p>请核对下面几项和证书上的是不是一样。证书上的名字是捐的人自己写的。</p>"
    };
    format!("{head}<dl>{}</dl>", listed(&rows))
}

fn listed(rows: &[(&str, String)]) -> String {
    rows.iter().map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>", escape(value))).collect()
}

fn day_of(at: Time) -> String {
    let day = Day::at(at);
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// Where a project's public page is.
pub fn url_of(app: &App, tenant: TenantId, project: &Project) -> String {
    let (public, owner) = (&app.config.server.public_url, project.owner.raw());
    format!("{public}/gy/{}/{owner}/{}", tenant.raw(), project.code)
}

/// `GET /gy/{tenant}/{owner}/{code}`: how a project stands, and the wall of its lamps that were lit last here.
pub async fn ledger(
    State(app): State<Arc<App>>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Path((tenant, owner, code)): Path<(i64, i64, String)>,
) -> Response {
    if let Some(refused) = refused(&app, &headers, peer.0) {
        return refused;
    }
    let id = format!("{owner}:{code}");
    match stood(&app, TenantId::of(tenant), &id).await {
        Ok(body) => titled(StatusCode::OK, WALL_TITLE, &body),
        Err(Error::Refused(_)) => titled(StatusCode::NOT_FOUND, WALL_TITLE, NO_PROJECT),
        Err(e) => failed(&e),
    }
}

async fn stood(app: &Arc<App>, tenant: TenantId, id: &str) -> Result<String> {
    if app.registry().institution(tenant).is_none() {
        return super::NO_PROJECT.into();
    }
    let (standing, _) = show::project(app, tenant, id).await?;
    let p = standing.project.clone();
    let (owner, code) = (p.owner, p.code.clone());
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let unit = move |tx: &Tx<'_>| {
        let cash = store::cash_sum(tx, owner, &code)?;
        Ok((cash, store::lamps(tx, &keys, (owner, &code), LAMPS_SHOWN)?))
    };
    let (cash, lamps) = app.db.read(Scope::Tenant(tenant), unit).await?;
    let rows = [
        ("进展", standing.words()),
        ("做什么", p.story.clone()),
        ("每一份", format!("{} 分 = {}", grouped(p.unit_points), p.unit_words)),
        ("目标", format!("{} 分", grouped(p.goal_points))),
        ("本行客户捐的钱", format!("{cash} 元")),
        ("募捐组织", p.fundraiser.clone()),
        ("备案号", p.licence.clone()),
        ("截止", day_of(Time::of_ms(p.ends_on * base::DAY_MS - base::CHINA_OFFSET_MS))),
    ];
    let wall: String = lamps.iter().map(lamp_row).collect();
    let wall = if wall.is_empty() {
        "<p>还没有人点亮。</p>".to_owned()
    } else {
        format!("<dl>{wall}</dl>")
    };
    let title = escape(&p.title);
    Ok(format!(
        "<h1 class=\"ok\">{title}</h1><dl>{}</dl><h1>最近点亮的灯</h1><p>本行客户点亮的，最近 {LAMPS_SHOWN} 盏。\
         名字只写愿意公示的人，不写全名。</p>{wall}",
        listed(&rows)
    ))
}

fn lamp_row(lamp: &Lamp) -> String {
    let name = lamp.name.as_deref().filter(|_| !lamp.is_void).unwrap_or("一位爱心人士");
    let what = if lamp.is_void {
        "已撤回，灯号作废".to_owned()
    } else {
        format!("{name}，{} 分", grouped(lamp.points))
    };
    format!("<dt>第 {} 盏 · {}</dt><dd>{}</dd>", grouped(lamp.no), day_of(lamp.at), escape(&what))
}
