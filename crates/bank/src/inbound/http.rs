//! WeChat's callbacks: `GET` checks the URL, `POST` brings a message.

use super::{Message, Raw, Words};
use crate::app::App;
use crate::followers::Person;
use crate::tenants::{Account, Connected};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{Error, Time};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use wechat::envelope::{self, KeyUsed, Opened, Refused};
use wechat::inbound::Inbound;
use wechat::reply::Reply;

const ACK: &str = "success";

/// `GET /wx/{appid}`: WeChat checks that the URL is ours.
pub async fn verify(
    State(app): State<Arc<App>>,
    Path(appid): Path<String>,
    RawQuery(raw): RawQuery,
) -> Response {
    let query = envelope::Query::of(&raw.unwrap_or_default());
    let registry = app.registry();
    let Some(account) = registry.account(&appid).filter(|a| a.connected == Connected::Direct)
    else {
        return unknown_account(&appid);
    };
    match account.callback.verify_url(&query, app.clock().now()) {
        Ok(echo) => text(StatusCode::OK, echo),
        Err(refused) => refuse(&appid, &refused),
    }
}

/// `POST /wx/{appid}`: a message of an account connected with its own secret.
pub async fn receive_direct(
    State(app): State<Arc<App>>,
    Path(appid): Path<String>,
    raw: RawQuery,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    receive(app, &appid, Connected::Direct, raw, body).await
}

/// `POST /wx/component/{appid}`: a message of an account authorised to the union's platform.
pub async fn receive_authorised(
    State(app): State<Arc<App>>,
    Path(appid): Path<String>,
    raw: RawQuery,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    receive(app, &appid, Connected::Component, raw, body).await
}

async fn receive(
    app: Arc<App>,
    appid: &str,
    by: Connected,
    RawQuery(raw): RawQuery,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    // The listener cuts off what is far too large; it is counted and logged like any other refusal.
    let Ok(body) = body else { return refuse(appid, &Refused::TooLarge) };
    let raw = raw.unwrap_or_default();
    let query = envelope::Query::of(&raw);
    let registry = app.registry();
    let Some(account) = registry.account(appid).filter(|a| a.connected == by) else {
        if by == Connected::Component && crate::component::is_launch_check(appid) {
            return crate::component::receive_launch_check(&app, appid, &query, &body).await;
        }
        return unknown_account(appid);
    };
    let now = app.clock().now();
    let opened = match account.callback.open(&query, &body, now) {
        Ok(opened) => opened,
        Err(Refused::Stale { message: Some(old) }) => {
            return replay(&app, account, &query, *old, now).await;
        }
        Err(refused) => return refuse(appid, &refused),
    };
    if opened.key.is_previous() {
        metrics::counter!("weiyin_callbacks_previous_key_total").increment(1);
    }
    let message = message(account, opened.heard, Raw { query: raw, body });
    let (key, heard) = (message.key, message.heard.clone());
    match super::receive(&app, message).await {
        Ok(words) => answer(&app, account, &query, opened.key, &heard, words, now),
        Err(e) => {
            // Not kept, so not acknowledged: WeChat sends it again.
            tracing::error!(appid, key, error = ?e, "a message was not kept");
            text(StatusCode::SERVICE_UNAVAILABLE, String::new())
        }
    }
}

fn message(account: &Arc<Account>, heard: Inbound, raw: Raw) -> Message {
    Message {
        account: account.clone(),
        who: Person::new(account.id, heard.from.as_str().into()),
        key: message_key(&heard),
        heard: Arc::new(heard),
        raw: Arc::new(raw),
    }
}

/// The passive reply, sealed as the message was; `success` when there is nothing to say.
fn answer(
    app: &App,
    account: &Account,
    query: &envelope::Query,
    key: KeyUsed,
    heard: &Inbound,
    words: Words,
    now: Time,
) -> Response {
    let Some(words) = words else { return text(StatusCode::OK, ACK.to_owned()) };
    let reply = Reply::Text(words.to_string()).to_xml(&heard.from, &heard.to, now);
    let sealed = account.callback.seal(&reply, key, &query.nonce, now, app.random().bytes());
    ([(header::CONTENT_TYPE, "application/xml; charset=utf-8")], sealed).into_response()
}

/// An authentic message outside the time window: its stored answer if it was answered, else nothing (CH-03).
async fn replay(
    app: &Arc<App>,
    account: &Arc<Account>,
    query: &envelope::Query,
    old: Opened,
    now: Time,
) -> Response {
    let message = message(account, old.heard, Raw::default());
    match super::store::answered(app, &message).await {
        Ok(Some(words)) => answer(app, account, query, old.key, &message.heard, words, now),
        Ok(None) => refuse(&account.appid, &Refused::Stale { message: None }),
        Err(e) => {
            tracing::error!(message = %message, error = ?e, "an old message could not be looked up");
            text(StatusCode::SERVICE_UNAVAILABLE, String::new())
        }
    }
}

/// Opens a callback kept in our own database; its age does not matter any more.
pub fn open_kept(account: &Account, raw: &Raw, now: Time) -> base::Result<Inbound> {
    let mut callback = account.callback.clone();
    callback.window_s = i64::MAX / 4;
    let opened = callback.open(&envelope::Query::of(&raw.query), &raw.body, now);
    opened
        .map(|o| o.heard)
        .map_err(|e| Error::fault(format!("a kept message does not open: {}", e.code())))
}

/// A number for a message within its follower: WeChat's MsgId, which grows with time; for events, minus
/// (second × 2^31 + 31 bits of the dedupe key's hash), which grows too and never meets a MsgId.
pub fn message_key(heard: &Inbound) -> i64 {
    if let Some(id) = heard.msg_id.and_then(|id| i64::try_from(id).ok()) {
        return id;
    }
    let digest = Sha256::digest(heard.key.as_bytes());
    let hash = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]) >> 1;
    let second = heard.created_s.clamp(0, i64::from(u32::MAX));
    -((second << 31) | i64::from(hash)) - 1
}

fn refuse(appid: &str, refused: &Refused) -> Response {
    metrics::counter!("weiyin_callbacks_refused_total", "code" => refused.code()).increment(1);
    tracing::warn!(appid, code = refused.code(), cause = refused.cause(), "a callback was refused");
    let status = StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::FORBIDDEN);
    text(status, refused.body().to_owned())
}

fn unknown_account(appid: &str) -> Response {
    tracing::warn!(appid, "a callback for an account that is not connected");
    metrics::counter!("weiyin_callbacks_refused_total", "code" => "unknown_account").increment(1);
    text(StatusCode::NOT_FOUND, String::new())
}

fn text(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body).into_response()
}
