//! Mass sends, subscription notices and the customer-service desk: what WeChat's own screens do, scripted.

use super::{Reply, done, read};
use crate::api::Answer;
use crate::api::mass::{self, ByHand};
use crate::api::notice::Asked;
use crate::desk::Deed;
use crate::running::Shared;
use crate::text;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use base::{Error, Refusal, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

const NOT_SENT: Refusal = Refusal::conflict("mass.refused", "微信不让群发");

#[derive(Debug, Deserialize)]
struct NextMass {
    appid: String,
    /// The number of `err(…)`; 0 for a good end. 40001: the administrator refuses, 40002: nobody confirms.
    next: i64,
}

/// How the account's next mass send ends.
pub(crate) async fn mass(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    let NextMass { appid, next } = read(&body)?;
    shared.with(|w| -> Result<()> {
        w.account_mut(&appid)?.press.next_error = next;
        Ok(())
    })?;
    done()
}

/// Someone sends articles to everyone on WeChat's website.
pub(crate) async fn send_by_hand(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    let sent: ByHand = read(&body)?;
    let answer = shared.act(|w| {
        w.account(&sent.appid)?;
        let asked = mass::by_hand(w, sent);
        asked.map_err(|f| {
            Error::Refused(NOT_SENT.say(format!("微信不让群发：{} {}", f.code, f.words)))
        })
    })?;
    match answer {
        Answer::Json(value) => Ok(Json(value)),
        Answer::File { .. } => done(),
    }
}

/// The templates of an account and what a customer has agreed to.
pub(crate) async fn notices(
    State(shared): State<Arc<Shared>>,
    Path((appid, uid)): Path<(String, String)>,
) -> Reply {
    let shown = shared.with(|w| -> Result<Value> {
        w.user(&uid)?;
        let templates = w.account(&appid)?.notices.clone();
        let chat = w.chat(&appid, &uid);
        let items = templates.iter().map(|t| {
            let consent = chat.consents.get(&t.id).copied().unwrap_or_default();
            json!({ "template_id": t.id, "title": t.title, "type": t.kind, "consent": consent })
        });
        Ok(json!({ "items": items.collect::<Vec<_>>() }))
    })?;
    Ok(Json(shown))
}

/// The customer answers the pop-up that asks for consent.
pub(crate) async fn answer_notices(
    State(shared): State<Arc<Shared>>,
    Path((appid, uid)): Path<(String, String)>,
    body: Bytes,
) -> Reply {
    let asked: Asked = read(&body)?;
    shared.act(|w| w.answer_notices(&appid, &uid, &asked))?;
    done()
}

#[derive(Debug, Deserialize)]
struct Refused {
    template_ids: Vec<String>,
}

/// The customer turns notices off in WeChat's settings.
pub(crate) async fn refuse_notices(
    State(shared): State<Arc<Shared>>,
    Path((appid, uid)): Path<(String, String)>,
    body: Bytes,
) -> Reply {
    let Refused { template_ids } = read(&body)?;
    shared.act(|w| w.refuse_notices(&appid, &uid, &template_ids))?;
    done()
}

pub(crate) async fn desk(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Reply {
    let query = text::query(query.as_deref().unwrap_or_default());
    let appid = query.get("appid").cloned().unwrap_or_default();
    Ok(Json(shared.with(|w| w.desk_json(&appid))?))
}

#[derive(Debug, Deserialize)]
struct AtDesk {
    appid: String,
    kf_account: String,
    #[serde(flatten)]
    deed: Deed,
}

pub(crate) async fn act_at_desk(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    let AtDesk { appid, kf_account, deed } = read(&body)?;
    shared.act(|w| w.do_at_desk(&appid, &kf_account, deed))?;
    done()
}
