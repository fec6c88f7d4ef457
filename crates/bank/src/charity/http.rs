//! The page of certificates: `/h5/s/{slug}/api/certificates`. The certificate itself is drawn in the browser; a name that the
//! customer wants on it never comes here.

use super::show::{self, Mine, title_of};
use super::store::GiftState;
use super::{Project, visible};
use crate::accounts::http::bound;
use crate::api::{Money, ProblemBody};
use crate::app::App;
use crate::payments::serial;
use crate::sessions::Customer;
use crate::stamped::seal;
use crate::verbs::core_ctx;
use crate::web::{self, Problem};
use axum::extract::State;
use axum::response::Response;
use base::{Result, TenantId};
use corebank::CustNo;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

type Answer = std::result::Result<Response, Problem>;

#[derive(Debug, Serialize, ToSchema)]
pub struct Certificates {
    /// The one to be opened; empty for the newest.
    opened: String,
    /// `*芳`; empty when the core does not say now.
    name_masked: String,
    institution: String,
    /// The latest first.
    items: Vec<Certificate>,
}

/// One gift as its certificate tells it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Certificate {
    id: String,
    project: String,
    fundraiser: String,
    licence: String,
    /// What was given: `500 积分`, `50.00 元`.
    what: String,
    /// 500 分 = 给孩子一节康复课; empty for money.
    share: String,
    /// The lamp's number; none for money.
    #[schema(required)]
    lamp: Option<i64>,
    #[schema(required)]
    amount: Option<Money>,
    serial: String,
    /// Where anyone may check it, and the rows of its QR code from the top, each as hex digits, the first dot highest; empty for
    /// an old one.
    check_url: String,
    qr: Vec<String>,
    /// Milliseconds UTC.
    at_ms: i64,
    /// Taken back: there is no certificate of it.
    voided: bool,
    anonymous: bool,
}

/// Certificates of what the customer gave.
#[utoipa::path(get, path = "/certificates", operation_id = "certificates",
    responses((status = 200, body = Certificates), (status = "default", body = ProblemBody)))]
pub async fn list(State(app): State<Arc<App>>, by: Customer) -> Answer {
    Ok(web::json(&certificates(&app, &by).await?))
}

async fn certificates(app: &Arc<App>, by: &Customer) -> Result<Certificates> {
    let bound = bound(app, by).await?;
    let mine = show::mine(app, by.tenant, &bound).await?;
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let profile = app.core.customer(&ctx, &CustNo::new(&bound.customer)).await;
    let check = format!("{}/v/gift/{}/", app.config.server.public_url, by.tenant.raw());
    let registry = app.registry();
    let institution = registry.institution(by.tenant).map(|i| i.short.clone()).unwrap_or_default();
    Ok(Certificates {
        opened: opened(by)?,
        name_masked: profile.map(|p| p.name.to_string()).unwrap_or_default(),
        institution,
        items: items(&mine, &visible(app, by.tenant), &check)?,
    })
}

/// The gift the page was opened for.
fn opened(by: &Customer) -> Result<String> {
    let Some(task) = &by.task else { return Ok(String::new()) };
    let with: BTreeMap<String, String> = serde_json::from_str(&task.opens_with)?;
    Ok(with.get("gift").cloned().unwrap_or_default())
}

/// Where a gift is checked, and that as a QR code.
fn checked(url: &str, code: &str) -> Result<(String, Vec<String>)> {
    if code.is_empty() {
        return Ok((String::new(), vec![]));
    }
    let url = format!("{url}{code}");
    let row = |dots: Vec<bool>| {
        let digit = |four: &[bool]| {
            let n = (0..4).fold(0_u32, |n, at| n * 2 + u32::from(four.get(at) == Some(&true)));
            char::from_digit(n, 16).unwrap_or('0')
        };
        dots.chunks(4).map(digit).collect()
    };
    let qr = seal::dots(&url)?.into_iter().map(row).collect();
    Ok((url, qr))
}

fn items(mine: &Mine, projects: &[Project], check: &str) -> Result<Vec<Certificate>> {
    let of = |owner: TenantId, code: &str| {
        let found = projects.iter().find(|p| p.owner == owner && p.code == code);
        let words = |pick: fn(&Project) -> String| found.map(pick).unwrap_or_default();
        (
            title_of(projects, owner, code),
            words(|p| p.fundraiser.clone()),
            words(|p| p.licence.clone()),
            words(|p| format!("{} 分 = {}", super::grouped(p.unit_points), p.unit_words)),
        )
    };
    let points = mine.points.iter().map(|g| -> Result<Certificate> {
        let (project, fundraiser, licence, share) = of(g.owner, &g.project);
        let (check_url, qr) = checked(check, &g.check)?;
        Ok(Certificate {
            id: g.id.raw().to_string(),
            project,
            fundraiser,
            licence,
            what: format!("{} 积分", super::grouped(g.points)),
            share,
            lamp: g.lamp,
            amount: None,
            serial: g.serial.clone(),
            check_url,
            qr,
            at_ms: g.known_at.unwrap_or(g.offered_at).ms(),
            voided: g.state == GiftState::Voided,
            anonymous: false,
        })
    });
    let cash = mine.cash.iter().map(|c| -> Result<Certificate> {
        let (project, fundraiser, licence, _) = of(c.owner, &c.project);
        let (check_url, qr) = checked(check, &c.check)?;
        Ok(Certificate {
            id: format!("c{}", c.payment),
            project,
            fundraiser,
            licence,
            what: format!("{} 元", c.amount),
            share: String::new(),
            lamp: None,
            amount: Some(Money { fen: c.amount.fen() }),
            serial: serial::short(&c.serial).to_owned(),
            check_url,
            qr,
            at_ms: c.at.ms(),
            voided: false,
            anonymous: c.is_anonymous,
        })
    });
    let mut all: Vec<Certificate> = points.chain(cash).collect::<Result<_>>()?;
    all.sort_by_key(|c| std::cmp::Reverse(c.at_ms));
    Ok(all)
}
