//! A company that checks faces (人脸核身), played: a bank begins a check, the customer decides on this page how it ends, and
//! the bank asks for the result. Not for: faces.

use crate::control::{Problem, Reply, read};
use crate::exchange::{Exchange, Kind, body_text};
use crate::page;
use crate::push::millis;
use crate::push::wait::Begun;
use crate::running::Shared;
use crate::text::{self, html};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::{Html, IntoResponse, Response};
use base::{Error, Refusal, Stopwatch};
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;

const NO_CHECK: Refusal = Refusal::missing("face.missing", "没有这次核身");
const DOWN: Refusal = Refusal::unavailable("face.down", "核身服务停了");
const INCOMPLETE: Refusal =
    Refusal::invalid("face.incomplete", "核身要单号、姓名、证件号和返回地址");

/// One check.
#[derive(Debug)]
pub(crate) struct Check {
    order: String,
    name: String,
    back: String,
    state: &'static str,
}

/// Checks by the token in their page's address.
pub(crate) type Checks = HashMap<String, Check>;

#[derive(Deserialize)]
struct New {
    order: String,
    name: String,
    id_no: String,
    back: String,
}

#[derive(Deserialize)]
struct Of {
    order: String,
}

/// `POST /face/begin`.
pub(crate) async fn begin(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    answer(&shared, "/face/begin", &body, || {
        let New { order, name, id_no, back } = read(&body)?;
        if [&order, &name, &id_no, &back].iter().any(|part| part.is_empty()) {
            return Err(Error::Refused(INCOMPLETE));
        }
        Ok(shared.with(|w| {
            let token = w.random.hex(16);
            let url = format!("{}/face/page/{token}", w.public_url);
            w.checks.insert(token, Check { order, name, back, state: "waiting" });
            json!({ "url": url })
        }))
    })
    .await
}

/// `POST /face/result`.
pub(crate) async fn result(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    answer(&shared, "/face/result", &body, || {
        let Of { order } = read(&body)?;
        shared.with(|w| {
            let found = w.checks.values().find(|check| check.order == order);
            found.map(|check| json!({ "state": check.state })).ok_or(Error::Refused(NO_CHECK))
        })
    })
    .await
}

/// One call of the bank, through the weather and into the log.
async fn answer(
    shared: &Arc<Shared>,
    path: &str,
    body: &Bytes,
    act: impl FnOnce() -> base::Result<Value>,
) -> Reply {
    let watch = Stopwatch::start();
    let (is_broken, delay) = shared.with(|w| {
        let broken = w.weather.vendor_5xx_percent;
        (w.throw(broken), w.weather.vendor_delay_ms)
    });
    if delay > 0 {
        Begun::now(shared).wait(shared, delay).await;
    }
    let told = if is_broken { Err(Error::Refused(DOWN)) } else { act() };
    shared.with(|w| {
        let mut log = Exchange::new(Kind::Vendor, w.now(), "POST", path);
        log.request_body = body_text(body);
        log.elapsed_ms = millis(watch);
        let (status, outcome) = if told.is_ok() { (200, "ok") } else { (503, "error") };
        (log.status, log.outcome) = (status, String::from(outcome));
        log.response_body = told.as_ref().map(Value::to_string).unwrap_or_default();
        w.log(log);
    });
    told.map(Json).map_err(Problem::from)
}

/// `GET /face/page/{token}`: what the customer sees.
pub(crate) async fn show(State(shared): State<Arc<Shared>>, Path(token): Path<String>) -> Response {
    let name = shared.with(|w| w.checks.get(&token).map(|check| check.name.clone()));
    let Some(name) = name else {
        let words = page::error("打不开", "这次核身已经结束，请回到银行页面重新开始。");
        return (StatusCode::NOT_FOUND, Html(words)).into_response();
    };
    let button = |class: &str, next: &str, words: &str| {
        format!(
            "<a class=\"button {class}\" href=\"/face/page/{token}/decide?next={next}\">{words}</a>"
        )
    };
    let first: String = name.chars().take(1).collect();
    let body = format!(
        "<div class=\"card\">{}<h1>人脸核身</h1><p>请 {}** 正对屏幕。</p>{}{}{}</div><p><small>这是模拟的核身服务：没有摄像头，按一下就算刷过。</small></p>",
        page::face(&name, "#1d5fa8"),
        html(&first),
        button("", "passed", "是本人，通过"),
        button("quiet", "failed", "不像，没通过"),
        button("quiet", "cancelled", "不刷了，返回"),
    );
    Html(page::page("人脸核身", &body)).into_response()
}

/// `GET /face/page/{token}/decide?next=`: how it ends, and back to the bank. `waiting` leaves it open.
pub(crate) async fn decide(
    State(shared): State<Arc<Shared>>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = text::query(query.as_deref().unwrap_or_default());
    let wanted = query.get("next").map(String::as_str).unwrap_or_default();
    let state = ["passed", "failed", "cancelled"].into_iter().find(|state| *state == wanted);
    let back = shared.with(|w| {
        let check = w.checks.get_mut(&token)?;
        if let Some(state) = state.filter(|_| check.state == "waiting") {
            check.state = state;
        }
        Some(check.back.clone())
    });
    match back {
        Some(back) => (StatusCode::FOUND, [(header::LOCATION, back)]).into_response(),
        None => (StatusCode::NOT_FOUND, "no such check").into_response(),
    }
}
