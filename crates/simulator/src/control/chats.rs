//! Customers and their chats.

use super::{Reply, carried, done, read};
use crate::act::{Done, Outgoing};
use crate::api::notice::NOTICE_CHAT;
use crate::config::UserConfig;
use crate::running::Shared;
use crate::world::World;
use crate::{hostile, text};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use base::{Error, Refusal, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

const NO_NAME: Refusal = Refusal::invalid("user.name", "请填写名字");
const BAD_STATUS: Refusal =
    Refusal::invalid("template.status", "状态应为 success、user block 或 system failed");

#[derive(Debug, Deserialize)]
struct NewUser {
    name: String,
}

#[derive(Debug, Deserialize)]
struct With {
    appid: String,
    #[serde(default)]
    scene: Option<String>,
}

pub(crate) async fn add_user(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    let NewUser { name } = read(&body)?;
    if name.trim().is_empty() {
        return Err(Error::Refused(NO_NAME).into());
    }
    let config = UserConfig { name: name.trim().to_owned(), ..UserConfig::default() };
    let user = shared.act(|w| w.add_user(config))?;
    Ok(Json(json!(user)))
}

/// All acts answer alike: at once, or with `?wait=1` after everything was delivered.
async fn acted(
    shared: &Arc<Shared>,
    query: Option<&str>,
    (appid, uid): (&str, &str),
    act: impl FnOnce(&mut World) -> Result<Done>,
) -> Reply {
    let (before, result) = shared.with(|w| (w.next_id(), act(w)));
    let Done { item_id, deliveries } = result?;
    let waits = text::query(query.unwrap_or_default()).get("wait").is_some_and(|v| v == "1");
    if !waits {
        deliveries.into_iter().for_each(|d| shared.send(d));
        return Ok(Json(json!({ "item_id": item_id })));
    }
    let ended = carried(shared, deliveries).await;
    let items = shared.with(|w| w.items_after(appid, uid, before));
    Ok(Json(json!({ "item_id": item_id, "delivery": ended.first(), "items": items })))
}

impl World {
    fn items_after(&mut self, appid: &str, uid: &str, before: u64) -> Value {
        let is_later = |id: &str| id.parse::<u64>().is_ok_and(|n| n > before);
        let items = &self.chat(appid, uid).items;
        json!(items.iter().filter(|i| is_later(&i.id)).collect::<Vec<_>>())
    }
}

pub(crate) async fn follow(
    State(shared): State<Arc<Shared>>,
    Path(uid): Path<String>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Reply {
    let With { appid, scene } = read(&body)?;
    let act = |w: &mut World| w.follow(&appid, &uid, scene.as_deref());
    acted(&shared, query.as_deref(), (&appid, &uid), act).await
}

pub(crate) async fn unfollow(
    State(shared): State<Arc<Shared>>,
    Path(uid): Path<String>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Reply {
    let With { appid, .. } = read(&body)?;
    let act = |w: &mut World| w.unfollow(&appid, &uid);
    acted(&shared, query.as_deref(), (&appid, &uid), act).await
}

pub(crate) async fn scan(
    State(shared): State<Arc<Shared>>,
    Path(uid): Path<String>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Reply {
    let With { appid, scene } = read(&body)?;
    let scene = scene.unwrap_or_default();
    let act = |w: &mut World| w.scan(&appid, &uid, &scene);
    acted(&shared, query.as_deref(), (&appid, &uid), act).await
}

pub(crate) async fn send(
    State(shared): State<Arc<Shared>>,
    Path((appid, uid)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Reply {
    let what: Outgoing = read(&body)?;
    let act = |w: &mut World| w.send(&appid, &uid, what);
    acted(&shared, query.as_deref(), (&appid, &uid), act).await
}

pub(crate) async fn show(
    State(shared): State<Arc<Shared>>,
    Path((appid, uid)): Path<(String, String)>,
) -> Reply {
    let shown = shared.with(|w| -> Result<Value> {
        if appid != NOTICE_CHAT {
            w.account(&appid)?;
        }
        w.user(&uid)?;
        let now = w.now();
        let (menu, _) = w.menu_of(&appid, &uid);
        let chat = w.chat(&appid, &uid);
        let (until_ms, left) = chat.window(now);
        Ok(json!({
            "openid": chat.openid,
            "followed": chat.followed,
            "typing": chat.is_typing(now),
            "items": chat.items,
            "window": { "until_ms": until_ms, "left": left },
            "menu": menu,
        }))
    })?;
    Ok(Json(shown))
}

#[derive(Debug, Deserialize)]
struct NextStatus {
    next: String,
}

/// How the next template message to this customer ends.
pub(crate) async fn template_result(
    State(shared): State<Arc<Shared>>,
    Path((appid, uid)): Path<(String, String)>,
    body: Bytes,
) -> Reply {
    let NextStatus { next } = read(&body)?;
    let status = match next.as_str() {
        "success" => None,
        "user block" => Some(String::from("failed:user block")),
        "system failed" => Some(String::from("failed: system failed")),
        _ => return Err(Error::Refused(BAD_STATUS).into()),
    };
    shared.with(|w| -> Result<()> {
        w.account(&appid)?;
        w.user(&uid)?;
        w.chat(&appid, &uid).next_template_status = status;
        Ok(())
    })?;
    done()
}

#[derive(Debug, Deserialize)]
struct Hostile {
    appid: String,
    uid: String,
    kind: String,
}

pub(crate) async fn hostile_kinds() -> Reply {
    Ok(Json(json!({ "items": hostile::kinds() })))
}

/// Sends a hostile input and waits for how the platform took it.
pub(crate) async fn hostile(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    let Hostile { appid, uid, kind } = read(&body)?;
    let deliveries = shared.with(|w| w.hostile(&appid, &uid, &kind))?;
    let ended = carried(&shared, deliveries).await;
    Ok(Json(json!({ "kind": kind, "deliveries": ended })))
}
