//! The state of the world, its log, and the knobs: weather, clock, logins, tokens, quotas, short messages.

use super::{Problem, Reply, account_json, done, read};
use crate::exchange::{Exchange, Kind, Wanted};
use crate::faults::Change;
use crate::oauth::Decision;
use crate::running::Shared;
use crate::text;
use crate::world::Way;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use base::{Error, Refusal, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

const FIXED: Refusal = Refusal::conflict("clock.fixed", "这个模拟器使用系统时钟，不能拨动");
const BACKWARDS: Refusal = Refusal::invalid("clock.backwards", "时钟只能向前拨");
const NO_SMS: Refusal = Refusal::invalid("sms.empty", "短信需要号码和内容");
/// Ten years in one turn of the knob are enough.
const ADVANCE_MS_MAX: i64 = 3_650 * base::DAY_MS;

pub(crate) async fn state(State(shared): State<Arc<Shared>>) -> Reply {
    Ok(Json(shared.with(|w| {
        let shown = w.accounts.iter().filter(|a| !a.hidden);
        let accounts: Vec<Value> = shown.map(|a| account_json(w, a)).collect();
        json!({
            "now_ms": w.now().ms(),
            "clock_movable": w.clock.is_movable(),
            "weather": w.weather,
            "accounts": accounts,
            "users": w.users,
        })
    })))
}

pub(crate) async fn exchanges(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
) -> Reply {
    let query = text::query(query.as_deref().unwrap_or_default());
    let part = |name| query.get(name).cloned().unwrap_or_default();
    let wanted = Wanted {
        after: part("after"),
        appid: part("appid"),
        uid: part("uid"),
        kind: part("kind"),
        limit: part("limit").parse().ok(),
    };
    Ok(Json(shared.with(|w| {
        let items = w.exchanges.find(&wanted);
        json!({ "next": items.last().map(|e| &e.id), "items": items })
    })))
}

pub(crate) async fn sms(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Reply {
    let query = text::query(query.as_deref().unwrap_or_default());
    let to = query.get("to").cloned().unwrap_or_default();
    Ok(Json(shared.with(|w| {
        let items: Vec<_> = w.sms.iter().filter(|s| to.is_empty() || s.to == to).collect();
        json!({ "items": items })
    })))
}

#[derive(Debug, Deserialize)]
struct NewSms {
    to: String,
    text: String,
    #[serde(default)]
    way: Way,
}

/// `POST /sms/send`: the gateway a platform calls.
pub(crate) async fn sms_send(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    let result: Result<NewSms> = read(&body);
    let mut log = shared.with(|w| Exchange::new(Kind::Sms, w.now(), "POST", "/sms/send"));
    log.request_body = crate::exchange::body_text(&body);
    let answer = result.and_then(|sms| {
        if sms.to.is_empty() || sms.text.is_empty() {
            return NO_SMS.into();
        }
        Ok(shared.act(|w| w.receive_sms(sms.way, sms.to, sms.text)))
    });
    let reply = match answer {
        Ok(sms) => {
            (log.status, log.outcome) = (200, String::from("ok"));
            Ok(Json(json!({ "id": sms.id })))
        }
        Err(e) => {
            (log.status, log.outcome, log.note) = (400, String::from("error"), e.to_string());
            Err(Problem::from(e))
        }
    };
    shared.with(|w| w.log(log));
    reply
}

pub(crate) async fn weather(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    let change: Change = read(&body)?;
    Ok(Json(shared.with(|w| {
        w.weather.apply(&change);
        if let Some(hook) = &shared.core_weather {
            hook.tell(w.weather.core());
        }
        let weather = json!(w.weather);
        w.news.push(json!({ "kind": "weather", "weather": weather }));
        weather
    })))
}

#[derive(Debug, Deserialize)]
struct Advance {
    advance_ms: i64,
}

pub(crate) async fn clock(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    let Advance { advance_ms } = read(&body)?;
    if !(0..=ADVANCE_MS_MAX).contains(&advance_ms) {
        return Err(Error::Refused(BACKWARDS).into());
    }
    let now_ms = shared.with(|w| -> Result<i64> {
        if !w.clock.is_movable() {
            return FIXED.into();
        }
        w.clock.advance_ms(advance_ms);
        let now_ms = w.now().ms();
        w.news.push(json!({ "kind": "clock", "now_ms": now_ms }));
        Ok(now_ms)
    })?;
    shared.clock_moved.notify_waiters();
    Ok(Json(json!({ "now_ms": now_ms })))
}

#[derive(Debug, Deserialize)]
struct NextLogin {
    uid: String,
    next: Decision,
}

pub(crate) async fn oauth(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    let NextLogin { uid, next } = read(&body)?;
    shared.with(|w| -> Result<()> {
        w.user_mut(&uid)?.next_login = Some(next);
        Ok(())
    })?;
    done()
}

#[derive(Debug, Deserialize)]
struct Of {
    appid: String,
}

/// Kills every token of an account at once, as when someone resets the secret or fetches past the overlap.
pub(crate) async fn rotate(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    let Of { appid } = read(&body)?;
    shared.with(|w| -> Result<()> {
        if w.component.as_ref().is_none_or(|c| c.config.appid != appid) {
            w.account(&appid)?;
        }
        w.kill_tokens(&appid);
        Ok(())
    })?;
    done()
}

#[derive(Debug, Deserialize)]
struct Whitelist {
    appid: String,
    ips: Vec<String>,
}

pub(crate) async fn ip_whitelist(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    let Whitelist { appid, ips } = read(&body)?;
    shared.with(|w| -> Result<()> {
        if let Some(component) = w.component.as_mut().filter(|c| c.config.appid == appid) {
            component.config.ip_whitelist = ips;
        } else {
            w.account_mut(&appid)?.config.ip_whitelist = ips;
        }
        Ok(())
    })?;
    done()
}

#[derive(Debug, Deserialize)]
struct Quota {
    appid: String,
    api: String,
    #[serde(default)]
    left: Option<i64>,
    #[serde(default)]
    minute_left: Option<i64>,
}

pub(crate) async fn quota(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    let Quota { appid, api, left, minute_left } = read(&body)?;
    shared.with(|w| w.set_left(&appid, &api, left, minute_left));
    done()
}
