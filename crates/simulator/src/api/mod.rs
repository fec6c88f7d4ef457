//! Platform → WeChat: the server API. One way in for every call, so that each is checked, counted, spoilt by bad weather
//! and logged alike.
//!
//! The order of checks: path, method, token, caller's address, rights of the account, permission set of the platform,
//! quota, and then the call's own function. Business errors are HTTP 200 with `errcode`, and `rid` in `errmsg`.
//! Not for: pages a person opens; those are [`crate::oauth`] and [`crate::component::page`].

pub(crate) mod basic;
pub(crate) mod component;
pub(crate) mod custom;
pub(crate) mod datacube;
pub(crate) mod draft;
pub(crate) mod errors;
pub(crate) mod files;
pub(crate) mod form;
pub(crate) mod kf;
pub(crate) mod mass;
pub(crate) mod material;
pub(crate) mod menu;
pub(crate) mod notice;
pub(crate) mod once;
pub(crate) mod publish;
pub(crate) mod qr;
pub(crate) mod quota;
pub(crate) mod readers;
pub(crate) mod session;
pub(crate) mod shorten;
pub(crate) mod sns;
pub(crate) mod table;
pub(crate) mod tags;
pub(crate) mod template;
pub(crate) mod token;
pub(crate) mod user;

use crate::exchange::{Exchange, Kind, body_text};
use crate::push::millis;
use crate::push::wait::Begun;
use crate::running::Shared;
use crate::text::{self, Query};
use crate::world::World;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::response::{IntoResponse, Response};
use base::Stopwatch;
use http::{HeaderMap, Method, StatusCode, Uri, header};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use table::Auth;
use token::TokenKind;

/// One call as its function sees it.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Query,
    pub(crate) body: Bytes,
    /// The body as JSON; null when it is none.
    pub(crate) json: Value,
    pub(crate) content_type: String,
    pub(crate) ip: String,
    /// Whose token it is: the account, or the platform for its own calls. Empty for open calls.
    pub(crate) appid: String,
}

impl Call {
    /// One that WeChat's own website makes for an account.
    pub(crate) fn of(appid: &str, json: Value) -> Self {
        Self {
            method: Method::POST,
            path: String::new(),
            query: Query::default(),
            body: Bytes::new(),
            json,
            content_type: String::new(),
            ip: String::new(),
            appid: appid.to_owned(),
        }
    }

    /// A query parameter; `""` when absent.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }
    /// A text of the JSON body; numbers count as text. `""` when absent.
    pub(crate) fn text(&self, name: &str) -> String {
        text_of(&self.json, name)
    }
}

/// A field as text, whether it is text or a number; `""` when absent.
pub(crate) fn text_of(value: &Value, name: &str) -> String {
    match value.get(name) {
        Some(Value::String(s)) => s.clone(),
        Some(Value::Number(n)) => n.to_string(),
        _ => String::new(),
    }
}

/// A field as a number, whether it is one or text.
pub(crate) fn number_of(value: &Value, name: &str) -> Option<i64> {
    let field = value.get(name)?;
    field.as_i64().or_else(|| field.as_str()?.trim().parse().ok())
}

/// Whose openid it is for the calling account.
///
/// # Errors
/// 40003.
pub(crate) fn uid_of(world: &World, call: &Call, openid: &str) -> Result<String, Fail> {
    let uid = world.by_openid(&call.appid, openid);
    uid.map(str::to_owned).ok_or_else(|| Fail::from(40003))
}

/// What a call answers.
#[derive(Debug)]
pub(crate) enum Answer {
    Json(Value),
    File { content_type: String, name: String, bytes: Vec<u8> },
}

impl Answer {
    /// `{"errcode":0,"errmsg":"ok"}`.
    pub(crate) fn ok() -> Outcome {
        Ok(Self::Json(json!({ "errcode": 0, "errmsg": "ok" })))
    }
}

/// A business error: the code, and what is put behind its standard words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fail {
    pub(crate) code: i64,
    pub(crate) words: String,
}

impl Fail {
    /// With other words than the standard ones.
    pub(crate) fn saying(code: i64, words: impl Into<String>) -> Self {
        Self { code, words: words.into() }
    }
}

impl From<i64> for Fail {
    fn from(code: i64) -> Self {
        Self { code, words: errors::words(code).to_owned() }
    }
}

pub(crate) type Outcome = Result<Answer, Fail>;

/// A business error as an outcome.
pub(crate) fn fail(code: i64) -> Outcome {
    Err(Fail::from(code))
}

/// Every path of the server API.
pub(crate) async fn serve(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let watch = Stopwatch::start();
    let header = |name| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let mut call = Call {
        method,
        path: uri.path().to_owned(),
        query: text::query(uri.query().unwrap_or_default()),
        json: serde_json::from_slice(&body).unwrap_or(Value::Null),
        body,
        content_type: header(header::CONTENT_TYPE).to_owned(),
        ip: peer.ip().to_canonical().to_string(),
        appid: String::new(),
    };
    let (is_broken, is_busy, is_cut, delay) = shared.with(|w| {
        let (broken, busy) = (w.weather.api_5xx_percent, w.weather.api_busy_percent);
        let cut = w.throw(w.weather.api_truncate_percent);
        (w.throw(broken), w.throw(busy), cut, w.weather.api_delay_ms)
    });
    if delay > 0 {
        Begun::now(&shared).wait(&shared, delay).await;
    }
    let answer = if is_broken {
        None
    } else {
        Some(shared.act(|w| if is_busy { fail(-1) } else { dispatch(w, &mut call) }))
    };
    let slow = shared.with(|w| w.weather.slow_for(&call.appid));
    if slow > 0 {
        Begun::now(&shared).wait(&shared, slow).await;
    }
    let rid = shared.with(|w| rid(w));
    let mut log = shared.with(|w| {
        Exchange::new(kind_of(&call.path), w.now(), call.method.as_str(), uri.to_string())
    });
    (log.appid, log.request_body) = (call.appid, body_text(&call.body));
    log.elapsed_ms = millis(watch);
    let response = respond(answer, &rid, is_cut, &mut log);
    shared.with(|w| w.log(log));
    response
}

fn kind_of(path: &str) -> Kind {
    if path.starts_with("/sns/") {
        Kind::Oauth
    } else if path.starts_with("/cgi-bin/component/") {
        Kind::Component
    } else {
        Kind::Api
    }
}

fn rid(world: &World) -> String {
    format!("{}-{}-{}", world.random.hex(4), world.random.hex(4), world.random.hex(4))
}

fn respond(answer: Option<Outcome>, rid: &str, is_cut: bool, log: &mut Exchange) -> Response {
    const JSON: &str = "application/json; encoding=utf-8";
    let value = match answer {
        None => {
            let page = "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>";
            (log.status, log.response_body) = (502, page.to_owned());
            "error".clone_into(&mut log.outcome);
            return (StatusCode::BAD_GATEWAY, [(header::CONTENT_TYPE, "text/html")], page)
                .into_response();
        }
        Some(Ok(Answer::File { content_type, name, bytes })) => {
            (log.status, log.response_body) = (200, format!("({} bytes of {name})", bytes.len()));
            "ok".clone_into(&mut log.outcome);
            let attachment = format!("attachment; filename=\"{name}\"");
            let headers =
                [(header::CONTENT_TYPE, content_type), (header::CONTENT_DISPOSITION, attachment)];
            return (headers, bytes).into_response();
        }
        Some(Ok(Answer::Json(value))) => {
            "ok".clone_into(&mut log.outcome);
            value
        }
        Some(Err(Fail { code, words })) => {
            "error".clone_into(&mut log.outcome);
            log.note = format!("{code} {words}");
            json!({ "errcode": code, "errmsg": format!("{words} rid: {rid}") })
        }
    };
    let mut body = value.to_string();
    if is_cut {
        body.truncate(body.floor_char_boundary(body.len() / 2));
        log.note.push_str(" (only half of it arrived)");
    }
    (log.status, log.response_body) = (200, body.clone());
    ([(header::CONTENT_TYPE, JSON)], body).into_response()
}

/// All that is the same for every call, then the call itself.
pub(crate) fn dispatch(world: &mut World, call: &mut Call) -> Outcome {
    let api = table::find(&call.path).ok_or_else(|| Fail::from(40066))?;
    if !api.method.allows(&call.method) {
        return fail(if call.method == Method::GET { 43002 } else { 43001 });
    }
    let by_platform = authenticate(world, api.auth, call)?;
    if api.auth == Auth::Account {
        let account = world.account(&call.appid).map_err(|_| Fail::from(40013))?;
        if by_platform {
            match world.granted_sets(&call.appid) {
                None => return fail(61003),
                Some(sets) if !api.is_granted(sets) => return fail(61007),
                Some(_) => {}
            }
        }
        if !api.right.is_held_by(&account.config) {
            return fail(48001);
        }
    }
    if call.method == Method::POST
        && call.json.is_null()
        && !call.content_type.starts_with("multipart/")
        && !(call.body.is_empty() && api.takes_empty)
    {
        return fail(if call.body.is_empty() { 44002 } else { 47001 });
    }
    if api.auth != Auth::Open {
        world.count(&call.appid.clone(), api)?;
    }
    (api.run)(world, call)
}

/// Who calls. True when it is a platform on behalf of the account.
fn authenticate(world: &World, auth: Auth, call: &mut Call) -> Result<bool, Fail> {
    if auth == Auth::Open {
        return Ok(false);
    }
    let named = call.query.get("access_token").or_else(|| call.query.get("component_access_token"));
    let given = named.map_or("", String::as_str);
    if given.is_empty() {
        return Err(Fail::from(41001));
    }
    let (kind, appid) = world.whose(given)?;
    match (auth, kind) {
        (Auth::Component, TokenKind::Component) | (Auth::Account, TokenKind::Authorizer) => {
            check_platform_ip(world, &call.ip)?;
        }
        (Auth::Component, _) => return Err(Fail::from(61014)),
        (Auth::Account, TokenKind::Component) => return Err(Fail::from(61015)),
        _ => {}
    }
    call.appid = appid;
    Ok(kind == TokenKind::Authorizer)
}

/// 61004 when the platform's calls do not come from its whitelist.
pub(crate) fn check_platform_ip(world: &World, ip: &str) -> Result<(), Fail> {
    let Some(component) = &world.component else {
        return Ok(());
    };
    let list = &component.config.ip_whitelist;
    if list.is_empty() || list.iter().any(|known| known == ip) {
        return Ok(());
    }
    let words = format!("access clientip is not registered, requestIP: {ip}");
    Err(Fail::saying(61004, words))
}
