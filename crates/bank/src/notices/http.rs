//! What a customer hears of, as pages read and change it: `/h5/s/{slug}/api/notices`.

use super::digest::Digest;
use super::plan::Quiet;
use super::prefs::{self, Change, NO_ACCOUNT, Sides, Ways};
use super::{Category, NO_SMS, NOT_OFFERED, pause};
use crate::accounts::http::bound;
use crate::api::ProblemBody;
use crate::app::App;
use crate::followers::{self, Bound, FollowerId};
use crate::sessions::Customer;
use crate::web::{self, Problem, Sent};
use axum::extract::State;
use axum::response::Response;
use base::{Fen, Result, Time};
use db::{Scope, Tx};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

type Answer = std::result::Result<Response, Problem>;

/// How notices stand.
#[derive(Debug, Serialize, ToSchema)]
pub struct Notices {
    accounts: Vec<NoticeAccount>,
    ways: Vec<NoticeWays>,
    /// None where the customer set none. Money that goes out is told at any hour.
    #[schema(required)]
    quiet: Option<NoticeQuiet>,
    /// From then on what comes in and goes on is told again; none where nothing is paused.
    #[schema(required)]
    paused_until_ms: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct NoticeAccount {
    id: String,
    /// 借记卡8821
    name: String,
    category: Category,
    is_on: bool,
    sides: Sides,
    /// Below it nothing is told; 0: everything is.
    least_fen: i64,
    has_balance: bool,
    digest: Digest,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeWays {
    category: Category,
    wechat: bool,
    /// Null where they never said: then only money that went out is texted, when WeChat cannot tell it.
    #[schema(required)]
    sms: Option<bool>,
}

/// Minutes of the day in China; may go over midnight.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeQuiet {
    from_minute: i64,
    to_minute: i64,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticesWish {
    #[serde(default)]
    accounts: Vec<NoticeAccountWish>,
    #[serde(default)]
    ways: Vec<NoticeWays>,
    #[serde(default)]
    #[schema(nullable = false)]
    quiet: Option<NoticeQuietWish>,
    /// A rest until so many days after today are over, to 31; 0 ends one.
    #[serde(default)]
    #[schema(nullable = false)]
    pause_days: Option<i64>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeAccountWish {
    id: String,
    #[schema(nullable = false)]
    is_on: Option<bool>,
    #[schema(nullable = false)]
    sides: Option<Sides>,
    #[schema(nullable = false)]
    least_fen: Option<i64>,
    #[schema(nullable = false)]
    has_balance: Option<bool>,
    #[schema(nullable = false)]
    digest: Option<Digest>,
}

/// Null hours end quiet hours.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeQuietWish {
    hours: Option<NoticeQuiet>,
}

/// How notices stand.
#[utoipa::path(get, path = "/notices", operation_id = "notices",
    responses((status = 200, body = Notices), (status = "default", body = ProblemBody)))]
pub async fn show(State(app): State<Arc<App>>, by: Customer) -> Answer {
    let bound = offered(&app, &by).await?;
    let follower = by.follower;
    let unit = move |tx: &Tx<'_>| stand(tx, follower, &bound);
    Ok(web::json(&app.db.read(Scope::Tenant(by.tenant), unit).await?))
}

/// Changes what is named and leaves the rest as it is.
#[utoipa::path(post, path = "/notices/set", operation_id = "set_notices", request_body = NoticesWish,
    responses((status = 200, body = Notices), (status = "default", body = ProblemBody)))]
pub async fn set(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(wish): Sent<NoticesWish>,
) -> Answer {
    let bound = offered(&app, &by).await?;
    let by_text_only = |w: &NoticeWays| !w.wechat && w.sms == Some(true);
    if wish.ways.iter().any(by_text_only) && !super::sends_texts(&app) {
        return Err(NO_SMS.into());
    }
    let (follower, keys) = (by.follower, app.vault.tenant(&app.db, by.tenant).await?);
    let unit = move |tx: &Tx<'_>| {
        for w in &wish.accounts {
            let own = bound
                .accounts
                .iter()
                .find(|a| a.id == w.id && Category::of_account(&a.kind).is_some());
            let Some(own) = own else { return NO_ACCOUNT.into() };
            let change = Change {
                is_on: w.is_on,
                sides: w.sides,
                least: w.least_fen.map(Fen::of),
                has_balance: w.has_balance,
                digest: w.digest,
            };
            prefs::change(tx, &keys, follower, (&bound, own), change)?;
        }
        for w in &wish.ways {
            prefs::choose(tx, follower, w.category, Ways { wechat: w.wechat, sms: w.sms })?;
        }
        if let Some(quiet) = wish.quiet {
            let hours = quiet.hours.map(|q| Quiet { from: q.from_minute, to: q.to_minute });
            prefs::set_quiet(tx, follower, hours)?;
        }
        match wish.pause_days {
            None => {}
            Some(0) => drop(pause::end(tx, follower)?),
            Some(days) => drop(pause::begin(tx, follower, days)?),
        }
        stand(tx, follower, &bound)
    };
    Ok(web::json(&app.db.write(Scope::Tenant(by.tenant), unit).await?))
}

/// The customer, where the account they follow offers notices.
async fn offered(app: &Arc<App>, by: &Customer) -> Result<Arc<Bound>> {
    let bound = bound(app, by).await?;
    let follower = by.follower;
    let unit = move |tx: &Tx<'_>| followers::store::address(tx, follower);
    let address = app.db.read(Scope::Tenant(by.tenant), unit).await?;
    match address {
        Some((account, _)) if app.registry().offers_notices(account) => Ok(bound),
        _ => NOT_OFFERED.into(),
    }
}

fn stand(tx: &Tx<'_>, follower: FollowerId, bound: &Bound) -> Result<Notices> {
    let mut accounts = vec![];
    for own in &bound.accounts {
        let Some(category) = Category::of_account(&own.kind) else { continue };
        let now = prefs::of_account(tx, bound, own)?;
        accounts.push(NoticeAccount {
            id: own.id.clone(),
            name: format!("{}{}", own.label, own.tail),
            category,
            is_on: now.is_on,
            sides: now.sides,
            least_fen: now.least.fen(),
            has_balance: now.has_balance,
            digest: now.digest,
        });
    }
    let mut ways = vec![];
    for category in Category::CHOSEN {
        let Ways { wechat, sms } = prefs::ways(tx, follower, category)?;
        ways.push(NoticeWays { category, wechat, sms });
    }
    let quiet = prefs::quiet(tx, follower)?;
    let quiet = quiet.map(|q| NoticeQuiet { from_minute: q.from, to_minute: q.to });
    let paused_until_ms = pause::until(tx, follower)?.map(Time::ms);
    Ok(Notices { accounts, ways, quiet, paused_until_ms })
}
