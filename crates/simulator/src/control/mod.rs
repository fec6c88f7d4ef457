//! `/control/*`: acting as customers, looking at everything, and changing the world, for the phone page and for tests.
//!
//! JSON in and out, snake_case; errors are `{code, words}` with the refusal's HTTP status. Not for: WeChat's own roles.

mod chats;
mod knobs;
mod platform;
mod works;

pub(crate) use knobs::sms_send;

use crate::push::{Delivery, Ended};
use crate::running::Shared;
use crate::world::{Account, World};
use axum::Router;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base::{Error, Refusal, Result};
use http::{StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::oneshot;

const BAD_JSON: Refusal = Refusal::invalid("input.json", "请求内容不是所需的 JSON");

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/state", get(knobs::state))
        .route("/accounts", post(platform::register))
        .route("/users", post(chats::add_user))
        .route("/users/{uid}/follow", post(chats::follow))
        .route("/users/{uid}/unfollow", post(chats::unfollow))
        .route("/users/{uid}/scan", post(chats::scan))
        .route("/chats/{appid}/{uid}", get(chats::show))
        .route("/chats/{appid}/{uid}/send", post(chats::send))
        .route("/chats/{appid}/{uid}/template_result", post(chats::template_result))
        .route("/chats/{appid}/{uid}/notices", get(works::notices).post(works::answer_notices))
        .route("/chats/{appid}/{uid}/notices/refuse", post(works::refuse_notices))
        .route("/mass", post(works::mass))
        .route("/mass/send", post(works::send_by_hand))
        .route("/desk", get(works::desk).post(works::act_at_desk))
        .route("/hostile", get(chats::hostile_kinds).post(chats::hostile))
        .route("/exchanges", get(knobs::exchanges))
        .route("/sms", get(knobs::sms))
        .route("/pictures", post(crate::reader::learn))
        .route("/machine", post(crate::machine::take_cash))
        .route("/weather", post(knobs::weather))
        .route("/clock", post(knobs::clock))
        .route("/oauth", post(knobs::oauth))
        .route("/tokens/rotate", post(knobs::rotate))
        .route("/ip_whitelist", post(knobs::ip_whitelist))
        .route("/quota", post(knobs::quota))
        .route("/qr", get(crate::api::qr::of_scene))
        .route("/verify_url", post(platform::verify_url))
        .route("/component", post(platform::set))
        .route("/component/push_ticket", post(platform::push_ticket))
        .route("/component/authorize", post(platform::authorize))
        .route("/component/unauthorize", post(platform::unauthorize))
        .route("/component/release_check", post(platform::release_check))
}

/// What went wrong, as JSON.
#[derive(Debug)]
pub(crate) struct Problem(Error);

impl From<Error> for Problem {
    fn from(e: Error) -> Self {
        Self(e)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, words) = match &self.0 {
            Error::Refused(r) => (r.kind.status(), r.words.to_string()),
            Error::Fault(fault) => (500, fault.to_string()),
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = json!({ "code": self.0.code(), "words": words }).to_string();
        (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
    }
}

pub(crate) type Reply = Result<axum::Json<Value>, Problem>;

/// The body as a `T`; an empty body is `{}`.
pub(crate) fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T> {
    let bytes = if body.is_empty() { b"{}".as_slice() } else { body };
    serde_json::from_slice(bytes)
        .map_err(|e| Error::Refused(BAD_JSON.say(format!("请求内容不是所需的 JSON：{e}"))))
}

pub(crate) fn done() -> Reply {
    Ok(axum::Json(json!({ "done": true })))
}

/// Sends deliveries, all at once, and waits until each has ended.
async fn carried(shared: &Arc<Shared>, deliveries: Vec<Delivery>) -> Vec<Ended> {
    let mut waiting = vec![];
    for mut delivery in deliveries {
        let (tell, told) = oneshot::channel();
        delivery.done = Some(tell);
        shared.send(delivery);
        waiting.push(told);
    }
    let mut ended = vec![];
    for told in waiting {
        // the world stops: there is no end to tell of
        ended.extend(told.await.ok());
    }
    ended
}

/// An account as the phone page sees it.
fn account_json(world: &World, account: &Account) -> Value {
    let config = &account.config;
    let now = world.now();
    let url = world.address(&config.appid).map(|(url, _)| url).unwrap_or_default();
    let mode = match config.mode {
        wechat::envelope::Mode::Plain => "plain",
        wechat::envelope::Mode::Compat => "compat",
        wechat::envelope::Mode::Secure => "secure",
    };
    json!({
        "appid": config.appid,
        "name": config.name,
        "original_id": config.original_id,
        "kind": config.kind,
        "verified": config.verified,
        "mode": mode,
        "by": config.by,
        "color": config.color,
        "avatar": config.avatar,
        "callback_url": url,
        "menu": account.menu,
        "mark_fail_until_ms": account.mark_fail_until.filter(|t| *t > now).map(base::Time::ms),
        "intro": config.intro,
        "once_template": crate::api::once::once_template_of(&config.appid),
    })
}
