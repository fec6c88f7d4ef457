//! The road from a tapped link to an open page: `/h5/l/{token}`, `/h5/c/{token}` or `/h5/go/…` → WeChat → `/h5/oauth/back` → `/h5/s/{slug}/…`.

use super::{
    BUSY, CANNOT_LOG_IN, Customer, LINK_EXPIRED, LINK_FOREIGN, LOGIN_REFUSED, NO_SESSION,
    SEEN_EVERY_MS, SNAPSHOT, STATE_BAD, agent_class, cookies, hash, phones, store, tenant_of,
};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::collect;
use crate::followers::{self, FollowerId, Person};
use crate::guard;
use crate::inbound::read_standing;
use crate::tenants::{Account, UNION};
use crate::web;
use axum::extract::{FromRequestParts, OriginalUri, Path, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use base::{Error, Refusal, Result, TenantId, Time};
use db::{Scope, Tx};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq;
use wechat::api::oauth::Scope as Asked;

/// Pages a menu button may open without a link.
const MENU_PAGES: &[&str] = &["bind", "accounts", "statement", "cases"];
/// How long a second load of the same login waits for the first one's exchange.
const EXCHANGE_LOOKS: u32 = 20;
const EXCHANGE_LOOK_EVERY: Duration = Duration::from_millis(150);

/// `GET /h5/l/{token}`: a link from chat. Leads to WeChat's login; acts on nothing (CH-09).
pub async fn open_link(State(app): State<Arc<App>>, Path(token): Path<String>) -> Response {
    match begin_from_link(&app, &token).await {
        Ok(response) => response,
        Err(e) => problem(&e),
    }
}

async fn begin_from_link(app: &Arc<App>, token: &str) -> Result<Response> {
    let tenant = tenant_of(token).ok_or(LINK_EXPIRED)?;
    let token_hash = hash(token);
    let lookup = token_hash.clone();
    let link = app
        .db
        .read(Scope::Tenant(tenant), move |tx| Ok((store::link(tx, &lookup)?, tx.now())))
        .await?;
    let (Some(link), now) = link else {
        return LINK_EXPIRED.into();
    };
    if link.state == "live" && now >= link.expires_at {
        note_expired(app, tenant, token_hash.clone(), link.follower).await?;
    }
    if link.state != "live" || now >= link.expires_at {
        return LINK_EXPIRED.into();
    }
    let registry = app.registry();
    let account = registry.account_by_id(link.account).ok_or(LINK_EXPIRED)?;
    begin(app, (tenant, account), Some(token_hash), &link.page, None).await
}

/// Who opened it is not known yet, whose it was is; once a link, so that nobody fills the trail with it.
async fn note_expired(
    app: &App,
    tenant: TenantId,
    token_hash: Vec<u8>,
    owner: FollowerId,
) -> Result<()> {
    let unit = move |tx: &Tx<'_>| {
        if !store::expire_link(tx, &token_hash)? {
            return Ok(());
        }
        let (by, owner) = (Actor::House("links"), owner.to_string());
        audit::note(tx, by, "link.open", &owner, "refused", LINK_EXPIRED.code)
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// `GET /h5/go/{appid}/{page}`: a button of the account's menu.
pub async fn open_page(
    State(app): State<Arc<App>>,
    Path((appid, page)): Path<(String, String)>,
) -> Response {
    let registry = app.registry();
    let found = registry.account(&appid).filter(|_| MENU_PAGES.contains(&page.as_str()));
    let Some(account) = found else {
        return problem(&LINK_EXPIRED.into());
    };
    match begin(&app, (account.tenant, account), None, &page, None).await {
        Ok(response) => response,
        Err(e) => problem(&e),
    }
}

/// `GET /h5/c/{token}`: a receiving code that somebody opened. Leads to WeChat's login like a link, and belongs to nobody.
pub async fn open_code(State(app): State<Arc<App>>, Path(token): Path<String>) -> Response {
    match begin_from_code(&app, &token).await {
        Ok(response) => response,
        Err(e) => problem(&e),
    }
}

async fn begin_from_code(app: &Arc<App>, token: &str) -> Result<Response> {
    let (tenant, account, _) = collect::open(app, token).await?;
    let registry = app.registry();
    let account = registry.account_by_id(account).ok_or(collect::GONE)?;
    begin(app, (tenant, account), None, collect::PAGE, Some(token.to_owned())).await
}

async fn begin(
    app: &Arc<App>,
    (tenant, account): (TenantId, &Arc<Account>),
    link: Option<Vec<u8>>,
    page: &str,
    shown: Option<String>,
) -> Result<Response> {
    if !account.can_log_in() {
        return CANNOT_LOG_IN.into();
    }
    let (id, page) = (account.id, page.to_owned());
    let (state, cookie) = app
        .db
        .write(Scope::Tenant(tenant), move |tx| {
            store::add_round(tx, id, link.as_deref(), &page, shown.as_deref())
        })
        .await?;
    let back = format!("{}/h5/oauth/back", app.config.server.public_url);
    let url = app
        .wechat
        .account(account)
        .login_url(&back, Asked::Base, &state)
        .map_err(|e| Error::fault(e.to_string()))?;
    let name = cookies::state_name(&app.config.h5, &state);
    let cookie = cookies::set(&app.config.h5, &name, &cookie, super::STATE_MS / 1000);
    Ok(with_cookie(Redirect::to(&url).into_response(), &cookie))
}

#[derive(Debug, Deserialize)]
pub struct Back {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
}

/// `GET /h5/oauth/back`: WeChat sends the browser back with a code. Loading it twice is normal and gives the same page.
pub async fn come_back(
    State(app): State<Arc<App>>,
    Query(back): Query<Back>,
    headers: HeaderMap,
) -> Response {
    match finish(&app, &back, &headers).await {
        Ok(response) => response,
        Err(e) => problem(&e),
    }
}

async fn finish(app: &Arc<App>, back: &Back, headers: &HeaderMap) -> Result<Response> {
    let tenant = tenant_of(&back.state).ok_or(STATE_BAD)?;
    let name = cookies::state_name(&app.config.h5, &back.state);
    let cookie = web::cookie(headers, &name).ok_or(STATE_BAD)?;
    let state_hash = hash(&back.state);
    let round = live_round(app, tenant, &state_hash, cookie).await?;
    if back.code.is_empty() || back.code == "authdeny" {
        return LOGIN_REFUSED.into();
    }
    let registry = app.registry();
    let account = registry.account_by_id(round.account).ok_or(STATE_BAD)?;
    let code_hash = hash(&back.code);
    let lookup = (state_hash.clone(), code_hash.clone());
    let ours = app
        .db
        .write(Scope::Tenant(tenant), move |tx| store::begin_exchange(tx, &lookup.0, &lookup.1))
        .await?;
    let (home, follower) = if ours {
        exchange(app, tenant, account, &round, &state_hash, &back.code).await?
    } else {
        exchanged_before(app, tenant, &state_hash, &code_hash, cookie).await?
    };
    open_session(app, home, follower, account, &round, headers).await
}

async fn live_round(
    app: &Arc<App>,
    tenant: TenantId,
    state_hash: &[u8],
    cookie: &str,
) -> Result<store::OauthRound> {
    let lookup = state_hash.to_vec();
    let found = app
        .db
        .read(Scope::Tenant(tenant), move |tx| Ok((store::round(tx, &lookup)?, tx.now())))
        .await?;
    let (Some(round), now) = found else {
        return STATE_BAD.into();
    };
    let same: bool = round.cookie_hash.ct_eq(&hash(cookie)).into();
    if !same || now >= round.expires_at || round.state == "failed" {
        return STATE_BAD.into();
    }
    Ok(round)
}

/// Asks WeChat who holds the code, and checks that the link was theirs.
async fn exchange(
    app: &Arc<App>,
    tenant: TenantId,
    account: &Arc<Account>,
    round: &store::OauthRound,
    state_hash: &[u8],
    code: &str,
) -> Result<(TenantId, FollowerId)> {
    let named = named(app, tenant, account, round, code).await;
    let (id, lookup) = (named.as_ref().ok().copied(), state_hash.to_vec());
    app.db.write(Scope::Tenant(tenant), move |tx| store::end_exchange(tx, &lookup, id)).await?;
    named
}

async fn named(
    app: &Arc<App>,
    tenant: TenantId,
    account: &Arc<Account>,
    round: &store::OauthRound,
    code: &str,
) -> Result<(TenantId, FollowerId)> {
    let login = match app.wechat.account(account).login(code).await {
        Ok(login) => login,
        Err(e) if e.code().is_some() => {
            tracing::warn!(appid = %account.appid, error = %e, "a login code was refused");
            return STATE_BAD.into();
        }
        Err(e) => {
            tracing::warn!(appid = %account.appid, error = %e, "WeChat did not answer a login");
            return BUSY.into();
        }
    };
    if login.is_snapshot {
        return SNAPSHOT.into();
    }
    let who = Person::new(account.id, login.openid.as_str().into());
    let standing = match read_standing(app, &who).await? {
        Some(known) => known,
        None => meet(app, account, &who).await?,
    };
    if let Some(link_hash) = &round.link {
        let lookup = link_hash.clone();
        let owner = app
            .db
            .read(Scope::Tenant(tenant), move |tx| store::link(tx, &lookup))
            .await?
            .ok_or(LINK_EXPIRED)?;
        if owner.follower != standing.id || tenant != standing.tenant {
            let thief = standing.id.raw();
            app.db
                .write(Scope::Tenant(tenant), move |tx| {
                    let owner = owner.follower.to_string();
                    audit::note(
                        tx,
                        Actor::Follower(thief),
                        "link.open",
                        &owner,
                        "refused",
                        "link.foreign",
                    )
                })
                .await?;
            return LINK_FOREIGN.into();
        }
    }
    Ok((standing.tenant, standing.id))
}

/// Someone who opened a page before ever writing: a follower of ours who does not follow yet.
async fn meet(app: &Arc<App>, account: &Arc<Account>, who: &Person) -> Result<followers::Standing> {
    let tenant = if account.is_provincial { UNION } else { account.tenant };
    let person = who.clone();
    app.db
        .write(Scope::House, move |tx| {
            followers::store::add(tx, tenant, person.account, &person.openid, None)
        })
        .await?;
    read_standing(app, who).await?.ok_or_else(|| Error::fault("a follower just made is not there"))
}

/// WeChat may load the page twice with one code: the second load gets the first one's answer (CH-08).
async fn exchanged_before(
    app: &Arc<App>,
    tenant: TenantId,
    state_hash: &[u8],
    code_hash: &[u8],
    cookie: &str,
) -> Result<(TenantId, FollowerId)> {
    for _ in 0..EXCHANGE_LOOKS {
        let round = live_round(app, tenant, state_hash, cookie).await?;
        if round.code_hash.as_deref() != Some(code_hash) {
            return STATE_BAD.into();
        }
        if let Some(follower) = round.follower {
            return Ok(follower);
        }
        tokio::time::sleep(EXCHANGE_LOOK_EVERY).await;
    }
    BUSY.into()
}

async fn open_session(
    app: &Arc<App>,
    tenant: TenantId,
    follower: FollowerId,
    account: &Arc<Account>,
    round: &store::OauthRound,
    headers: &HeaderMap,
) -> Result<Response> {
    let agent = agent_of(headers);
    let (account, page, link) = (account.id, round.page.clone(), round.link.clone());
    let task = round.shown.as_deref().map(collect::task).transpose()?;
    let (h5, unit_page) = (&app.config.h5, page.clone());
    let phone_name = cookies::phone_name(h5);
    let shown = web::cookie(headers, &phone_name).map(str::to_owned);
    let ((slug, secret), phone) = app
        .db
        .write(Scope::Tenant(tenant), move |tx| {
            audit::note(tx, Actor::Follower(follower.raw()), "session.open", "", "done", "")?;
            let made =
                store::add_session(tx, account, follower, agent, &unit_page, link.as_deref())?;
            let phone = phones::meet(tx, follower, &made.0, shown.as_deref())?;
            if let Some(task) = &task {
                store::carry_task(tx, &made.0, task)?;
            }
            Ok((made, phone))
        })
        .await?;
    let cookie =
        cookies::set(h5, &cookies::session_name(h5, &slug), &secret, h5.session_absolute_ms / 1000);
    let opened = Redirect::to(&format!("/h5/s/{slug}/{page}")).into_response();
    let phone = cookies::set(h5, &phone_name, &phone, phones::COOKIE_S);
    Ok(with_cookie(with_cookie(opened, &cookie), &phone))
}

fn agent_of(headers: &HeaderMap) -> &'static str {
    agent_class(headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default())
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// A refusal as a page: the code goes into the URL, nothing personal does.
fn problem(e: &Error) -> Response {
    let code = match e {
        Error::Refused(Refusal { code, .. }) => *code,
        Error::Fault(fault) => {
            tracing::error!(fault = ?fault, "opening a page failed");
            metrics::counter!("weiyin_faults_total").increment(1);
            BUSY.code
        }
    };
    metrics::counter!("weiyin_refusals_total", "code" => code).increment(1);
    Redirect::to(&format!("/h5/problem?code={code}")).into_response()
}

/// A session whose secret the browser holds, ended or not.
struct Shown {
    tenant: TenantId,
    slug: String,
    found: store::SessionFound,
    now: Time,
}

/// Finds the session a request shows the secret of. What it may still do is the caller's question.
async fn shown(parts: &Parts, app: &Arc<App>) -> Result<Shown> {
    if parts.method == axum::http::Method::POST && !parts.headers.contains_key("x-weiyin") {
        return NO_SESSION.into();
    }
    // The router strips the prefix of nested routes; the slug stands in what was asked for.
    let asked =
        parts.extensions.get::<OriginalUri>().map_or_else(|| parts.uri.clone(), |o| o.0.clone());
    let slug = slug_of(asked.path()).ok_or(NO_SESSION)?.to_owned();
    let tenant = tenant_of(&slug).ok_or(NO_SESSION)?;
    let name = cookies::session_name(&app.config.h5, &slug);
    let secret = hash(web::cookie(&parts.headers, &name).ok_or(NO_SESSION)?);
    let lookup = slug.clone();
    let unit = move |tx: &Tx<'_>| Ok((store::session(tx, &lookup)?, tx.now()));
    let (found, now) = app.db.read(Scope::Tenant(tenant), unit).await?;
    let found = found.ok_or(NO_SESSION)?;
    let fresh = found.is_fresh(&app.config.h5, now);
    if !found.knows(&secret, now) || !fresh || found.agent_class != agent_of(&parts.headers) {
        return NO_SESSION.into();
    }
    Ok(Shown { tenant, slug, found, now })
}

impl FromRequestParts<Arc<App>> for Customer {
    type Rejection = web::Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &Arc<App>,
    ) -> Result<Self, Self::Rejection> {
        let Shown { tenant, slug, found, now } = shown(parts, app).await?;
        if found.ended_at.is_some() {
            return Err(NO_SESSION.into());
        }
        if !is_for_the_frozen(parts) {
            let follower = found.follower;
            let unit = move |tx: &Tx<'_>| guard::freeze::is_frozen(tx, follower);
            if app.db.read(Scope::Tenant(tenant), unit).await? {
                return Err(guard::FROZEN.into());
            }
        }
        let id = found.id;
        if now.since(found.seen_at) >= SEEN_EVERY_MS {
            app.db.write(Scope::Tenant(tenant), move |tx| store::seen(tx, id)).await?;
        }
        Ok(found.customer(tenant, &slug))
    }
}

/// Someone who asks to leave: with a live session, or with one that ended a moment ago, which is a second tap.
#[derive(Debug)]
pub struct Leaving(Option<Customer>);

impl Leaving {
    /// The customer, unless they have left already.
    pub fn still_here(&self) -> Option<&Customer> {
        self.0.as_ref()
    }
}

impl FromRequestParts<Arc<App>> for Leaving {
    type Rejection = web::Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &Arc<App>,
    ) -> Result<Self, Self::Rejection> {
        let Shown { tenant, slug, found, now } = shown(parts, app).await?;
        match found.ended_at {
            None => Ok(Self(Some(found.customer(tenant, &slug)))),
            Some(at) if now.since(at) < super::GRACE_MS => Ok(Self(None)),
            Some(_) => Err(NO_SESSION.into()),
        }
    }
}

/// The calls a customer who froze the channel may still make: those of the page that ends it.
fn is_for_the_frozen(parts: &Parts) -> bool {
    let path = parts.uri.path();
    let call = path.rsplit_once("/api").map_or(path, |(_, call)| call);
    matches!(call, "/session" | "/pin/key") || call == "/undo" || call.starts_with("/undo/")
}

/// `/h5/s/{slug}/…` → slug.
fn slug_of(path: &str) -> Option<&str> {
    path.strip_prefix("/h5/s/")?.split('/').next()
}
