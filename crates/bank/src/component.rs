//! The union's third-party platform (第三方平台): its pushes, and the review before publication (全网发布检测).
//!
//! Pushes are answered `success` in plain (protocol §22.3). Not for: messages of authorised accounts; those are `inbound`.

use crate::app::App;
use crate::audit::{self, Actor};
use crate::jobs::Job;
use crate::tenants::UNION;
use crate::tenants::store::aes_key;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::{Context, Error, Result, Time};
use db::Scope;
use std::sync::Arc;
use wechat::api::CallError;
use wechat::api::custom::{Extra, Message as CustomMessage};
use wechat::component::{self, Platform, Probe, Required};
use wechat::envelope::{self, Callback, Mode};
use wechat::inbound::{ComponentPush, Event, What};
use wechat::reply::Reply;

const ACK: &str = "success";

fn platform(app: &App) -> Option<Platform> {
    let component = app.wechat.component()?.clone();
    Some(Platform::new(app.wechat.authority.clone(), component))
}

fn callback(app: &App) -> Result<Option<Callback>> {
    let Some(keys) = app.wechat.component_keys() else {
        return Ok(None);
    };
    let key = aes_key(keys.aes_key.reveal())?;
    Ok(Some(Callback::new(&keys.appid, keys.token.reveal(), Mode::Secure).with_key(key)))
}

/// `POST /wx/component`: tickets and authorisations.
pub async fn receive(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let query = envelope::Query::of(&query.unwrap_or_default());
    match take(&app, &query, &body).await {
        Ok(status) => (status, if status == StatusCode::OK { ACK } else { "" }).into_response(),
        Err(e) => {
            tracing::error!(error = ?e, "a platform push was not kept");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

async fn take(app: &Arc<App>, query: &envelope::Query, body: &[u8]) -> Result<StatusCode> {
    let (Some(callback), Some(platform)) = (callback(app)?, platform(app)) else {
        return Ok(StatusCode::NOT_FOUND);
    };
    let push = match callback.open_component(query, body, app.clock().now()) {
        Ok(push) => push,
        Err(refused) => {
            metrics::counter!("weiyin_callbacks_refused_total", "code" => refused.code())
                .increment(1);
            tracing::warn!(
                code = refused.code(),
                cause = refused.cause(),
                "a platform push was refused"
            );
            return Ok(StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::FORBIDDEN));
        }
    };
    match push {
        ComponentPush::VerifyTicket { appid, created_s, ticket } => {
            platform
                .take_ticket(&appid, &ticket, Time::of_secs(created_s))
                .await
                .map_err(as_fault)?;
        }
        ComponentPush::Authorized(a) | ComponentPush::UpdateAuthorized(a) => {
            // A code that WeChat has used up already is no reason to be sent this push again.
            match platform.accept(a.code.reveal(), Some(&a.authorizer_appid)).await {
                Ok(_) => note(app, "account.authorised", &a.authorizer_appid).await?,
                Err(CallError::Api(e)) => {
                    tracing::warn!(appid = %a.authorizer_appid, error = %e, "an authorisation code was refused");
                }
                Err(e) => return Err(as_fault(e)),
            }
        }
        ComponentPush::Unauthorized { authorizer_appid, .. } => {
            platform.withdrawn(&authorizer_appid).await.map_err(as_fault)?;
            note(app, "account.withdrawn", &authorizer_appid).await?;
        }
        ComponentPush::Unknown { info_type, .. } => {
            tracing::info!(info_type, "a platform push of an unknown kind was acknowledged");
        }
    }
    Ok(StatusCode::OK)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape map_err wants")]
fn as_fault(e: CallError) -> Error {
    Error::fault(e.to_string())
}

async fn note(app: &App, act: &'static str, appid: &str) -> Result<()> {
    let appid = appid.to_owned();
    app.db
        .write(Scope::Tenant(UNION), move |tx| {
            audit::note(tx, Actor::House("wechat"), act, &appid, "done", "")
        })
        .await
}

/// Whether an account is one of WeChat's review accounts.
pub fn is_launch_check(appid: &str) -> bool {
    component::is_test_account(appid)
}

fn required(to: &str, what: &What) -> Option<Required> {
    match what {
        What::Text { content, .. } => component::launch_check(to, Probe::Text(content)),
        What::Event(event) => component::launch_check(to, Probe::Event(wire_name(event))),
        _ => None,
    }
}

/// An event's name as WeChat writes it (the review only sends events a follower can cause).
fn wire_name(event: &Event) -> &str {
    match event {
        Event::Subscribe { .. } => "subscribe",
        Event::Unsubscribe => "unsubscribe",
        Event::Scan { .. } => "SCAN",
        Event::Location { .. } => "LOCATION",
        Event::Click { .. } => "CLICK",
        Event::View { .. } => "VIEW",
        Event::Unknown { event, .. } => event,
        other => other.name().trim_start_matches("event."),
    }
}

/// Messages of WeChat's five review accounts, which no bank owns.
pub async fn receive_launch_check(
    app: &Arc<App>,
    appid: &str,
    query: &envelope::Query,
    body: &[u8],
) -> Response {
    match answer_review(app, appid, query, body).await {
        Ok(response) => response,
        Err(e) => {
            tracing::error!(error = ?e, "the launch check was not answered");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

async fn answer_review(
    app: &Arc<App>,
    appid: &str,
    query: &envelope::Query,
    body: &[u8],
) -> Result<Response> {
    let Some(callback) = callback(app)? else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let now = app.clock().now();
    let opened = match callback.open(query, body, now) {
        Ok(opened) => opened,
        Err(refused) => {
            let status = StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::FORBIDDEN);
            return Ok((status, refused.body()).into_response());
        }
    };
    let heard = opened.heard;
    match required(&heard.to, &heard.what) {
        Some(Required::Reply(text)) => {
            let xml = Reply::Text(text).to_xml(&heard.from, &heard.to, now);
            let sealed = callback.seal(&xml, opened.key, &query.nonce, now, app.random().bytes());
            Ok(sealed.into_response())
        }
        Some(Required::EmptyThenSend { auth_code, .. }) => {
            let job = Job::LaunchCheckReply {
                authorizer: appid.to_owned(),
                openid: heard.from.clone(),
                code: auth_code,
            };
            app.db.write(Scope::Tenant(UNION), move |tx| job.enqueue(tx, tx.now())).await?;
            Ok(String::new().into_response())
        }
        None => Ok(ACK.into_response()),
    }
}

/// The review's second half: use the code it gave, and answer through the API.
pub async fn answer_launch_check(
    app: &Arc<App>,
    authorizer: &str,
    openid: &str,
    code: &str,
) -> Result<()> {
    let Some(platform) = platform(app) else {
        return Ok(());
    };
    platform
        .accept(code, Some(authorizer))
        .await
        .map_err(as_fault)
        .doing("accepting the review's code")?;
    let text = CustomMessage::Text(format!("{code}_from_api"));
    platform
        .account(authorizer)
        .send_custom(openid, &text, &Extra::default())
        .await
        .map_err(as_fault)
        .doing("answering the review")
}

/// Whether tickets arrive, for readiness: `None` without a platform.
pub async fn ticket_health(app: &App) -> Result<Option<component::Health>> {
    match platform(app) {
        Some(platform) => platform.ticket_health().await.map(Some).map_err(as_fault),
        None => Ok(None),
    }
}

/// Asks WeChat to push tickets again when none came for too long.
pub async fn ask_for_ticket_if_late(app: &App) -> Result<()> {
    let Some(platform) = platform(app) else {
        return Ok(());
    };
    let health = platform.ticket_health().await.map_err(as_fault)?;
    if !matches!(health, component::Health::Good { .. }) {
        metrics::counter!("weiyin_platform_ticket_late_total").increment(1);
        tracing::error!("no component_verify_ticket for too long; asking WeChat to push it again");
        platform.start_push_ticket().await.map_err(as_fault)?;
    }
    Ok(())
}

/// Fetches the refresh tokens of all authorised accounts from WeChat's list (after a restore, and when first connecting).
pub async fn recover(app: &App) -> Result<()> {
    match platform(app) {
        Some(platform) => platform.recover().await.map(|_| ()).map_err(as_fault),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{APPID, TestBank, people};
    use serde_json::json;

    #[tokio::test(flavor = "multi_thread")]
    async fn the_open_platforms_review_passes_while_a_bank_is_at_work() {
        for bank in TestBank::each().await {
            let told = bank.control("component/release_check", json!({})).await;
            assert_eq!(told["passed"], true, "{told}");
            bank.bind(APPID, "lifang", &people()[0]).await;
            let again = bank.control("component/release_check", json!({})).await;
            assert_eq!(again["passed"], true, "{again}");
            bank.stop().await;
        }
    }
}
