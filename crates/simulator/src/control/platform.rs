//! What administrators do: registering accounts and the platform, saving a callback address, authorising.

use super::{Reply, carried, read};
use crate::component::SETS_USUAL;
use crate::config::{AccountConfig, ComponentConfig};
use crate::exchange::{Exchange, Kind, body_text};
use crate::push::millis;
use crate::running::Shared;
use crate::text;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use base::{Error, Refusal, Result, Stopwatch};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use wechat::crypto::signature;

const NO_URL: Refusal = Refusal::conflict("account.no_url", "没有配置服务器地址");

/// Registers an account, or replaces a known one's configuration.
pub(crate) async fn register(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    let config: AccountConfig = read(&body)?;
    let appid = config.appid.clone();
    shared.act(|w| w.register(config, false))?;
    Ok(Json(shared.with(|w| -> Result<Value> { Ok(super::account_json(w, w.account(&appid)?)) })?))
}

pub(crate) async fn set(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    let config: ComponentConfig = read(&body)?;
    shared.act(|w| w.set_component(config))?;
    super::done()
}

#[derive(Debug, Deserialize)]
struct Of {
    appid: String,
    #[serde(default)]
    sets: Option<Vec<u32>>,
}

/// Saving the callback configuration: the GET with `echostr`. Answers `{ok, status, body, words}`.
pub(crate) async fn verify_url(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    let Of { appid, .. } = read(&body)?;
    let (url, echo, timeout) = shared.with(|w| -> Result<_> {
        w.account(&appid)?;
        let (url, callback) = w.address(&appid).ok_or(Error::Refused(NO_URL))?;
        let timestamp = w.now().secs().to_string();
        let nonce = w.random.below(2_000_000_000).to_string();
        let echo =
            (1_000_000_000_000_000_000 + w.random.below(8_000_000_000_000_000_000)).to_string();
        let signed = signature(&[callback.token.reveal(), &timestamp, &nonce]);
        let query = [
            ("signature", signed.as_str()),
            ("timestamp", &timestamp),
            ("nonce", &nonce),
            ("echostr", &echo),
        ];
        Ok((text::with_query(&url, &query), echo, w.limits.push_timeout_ms))
    })?;
    let mut log = shared.with(|w| Exchange::new(Kind::Push, w.now(), "GET", url.clone()));
    log.appid = appid;
    let watch = Stopwatch::start();
    let call = async {
        let response = shared.http.get(&url).send().await?;
        let status = response.status().as_u16();
        Ok::<_, reqwest::Error>((status, response.bytes().await?))
    };
    let got = tokio::time::timeout(Duration::from_millis(timeout), call).await;
    log.elapsed_ms = millis(watch);
    let (ok, words) = match got {
        Err(_) => (false, "请求URL超时"),
        Ok(Err(_)) => (false, "请求URL失败"),
        Ok(Ok((status, answer))) => {
            (log.status, log.response_body) = (status, body_text(&answer));
            let ok = status == 200 && answer == echo.as_bytes();
            (ok, if ok { "提交成功" } else { "token验证失败" })
        }
    };
    log.outcome = String::from(if ok { "ok" } else { "failed" });
    words.clone_into(&mut log.note);
    let answer =
        json!({ "ok": ok, "status": log.status, "body": log.response_body, "words": words });
    shared.with(|w| w.log(log));
    Ok(Json(answer))
}

/// Pushes a ticket now and waits for the answer.
pub(crate) async fn push_ticket(State(shared): State<Arc<Shared>>) -> Reply {
    let push = shared.with(crate::world::World::new_ticket)?;
    let ended = carried(&shared, vec![push]).await;
    Ok(Json(json!({ "delivery": ended.first() })))
}

/// An administrator authorises the platform without the page. Without `sets` a bank platform's usual ones.
pub(crate) async fn authorize(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    let Of { appid, sets } = read(&body)?;
    let sets = sets.unwrap_or_else(|| SETS_USUAL.to_vec());
    let (code, push) = shared.with(|w| w.authorize(&appid, &sets, ""))?;
    let ended = carried(&shared, push.into_iter().collect()).await;
    Ok(Json(json!({ "auth_code": code, "delivery": ended.first() })))
}

pub(crate) async fn unauthorize(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    let Of { appid, .. } = read(&body)?;
    let push = shared.with(|w| w.unauthorize(&appid))?;
    let ended = carried(&shared, push.into_iter().collect()).await;
    Ok(Json(json!({ "delivery": ended.first() })))
}

/// Runs 全网发布检测 and answers `{passed, checks:[{name, passed, words}]}`.
pub(crate) async fn release_check(State(shared): State<Arc<Shared>>) -> Reply {
    let checks = crate::release::run(&shared).await?;
    let passed = checks.iter().all(|c| c.passed);
    Ok(Json(json!({ "passed": passed, "checks": checks })))
}
