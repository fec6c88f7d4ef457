//! Scene QR codes (带参数的二维码): tickets, and their pictures.

use super::{Answer, Call, Outcome, fail, number_of, text_of};
use crate::running::Shared;
use crate::text::Query;
use crate::world::{SceneCode, World};
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::qr::QRBuilder;
use http::{StatusCode, header};
use serde_json::{Value, json};
use std::sync::Arc;

const EXPIRE_S_MAX: i64 = 2_592_000;
/// Without `expire_seconds`.
const EXPIRE_S_DEFAULT: i64 = 60;
const PERMANENT_MAX: usize = 100_000;
const SCENE_CHARS_MAX: usize = 64;

pub(crate) fn create(world: &mut World, call: &Call) -> Outcome {
    let kind = call.text("action_name");
    let (is_number, is_permanent) = match kind.as_str() {
        "QR_SCENE" => (true, false),
        "QR_STR_SCENE" => (false, false),
        "QR_LIMIT_SCENE" => (true, true),
        "QR_LIMIT_STR_SCENE" => (false, true),
        _ => return fail(40053),
    };
    let info = call.json.get("action_info").unwrap_or(&Value::Null);
    // without the `scene` wrapper WeChat makes a code with scene 0 and says nothing
    let scene = match info.get("scene") {
        None => String::from("0"),
        Some(scene) if is_number => {
            let id = number_of(scene, "scene_id").unwrap_or(0);
            let max = if is_permanent { 100_000 } else { i64::from(u32::MAX) };
            if !(1..=max).contains(&id) {
                return fail(40053);
            }
            id.to_string()
        }
        Some(scene) => {
            let text = text_of(scene, "scene_str");
            if text.is_empty() || text.chars().count() > SCENE_CHARS_MAX {
                return fail(40053);
            }
            text
        }
    };
    let seconds = number_of(&call.json, "expire_seconds").unwrap_or(EXPIRE_S_DEFAULT);
    if !is_permanent && !(1..=EXPIRE_S_MAX).contains(&seconds) {
        return fail(40053);
    }
    let life_s = (!is_permanent).then_some(seconds);
    if is_permanent {
        let permanent = |c: &&SceneCode| c.appid == call.appid && c.until.is_none();
        if world.codes.values().filter(permanent).count() >= PERMANENT_MAX {
            return fail(45029);
        }
    }
    let (ticket, url) = world.make_code(&call.appid, &scene, life_s);
    let mut answer = json!({ "ticket": ticket, "url": url });
    if let Some(seconds) = life_s {
        answer["expire_seconds"] = json!(seconds);
    }
    Ok(Answer::Json(answer))
}

impl World {
    fn make_code(&mut self, appid: &str, scene: &str, life_s: Option<i64>) -> (String, String) {
        let now = self.now();
        self.codes.retain(|_, c| c.until.is_none_or(|until| until > now));
        let ticket = format!("gQ{}==", self.random.hex(44));
        let url = format!("http://weixin.qq.com/q/{}", self.random.hex(12));
        let code = SceneCode {
            appid: appid.to_owned(),
            scene: scene.to_owned(),
            until: life_s.map(|s| now.plus_ms(s * 1000)),
            url: url.clone(),
        };
        self.codes.insert(ticket.clone(), code);
        (ticket, url)
    }

    /// The ticket of a live code of this scene; a code is made when there is none, because someone has printed one.
    pub(crate) fn ticket_of(&mut self, appid: &str, scene: &str) -> String {
        let now = self.now();
        let fits = |c: &SceneCode| {
            c.appid == appid && c.scene == scene && c.until.is_none_or(|until| until > now)
        };
        match self.codes.iter().find(|(_, c)| fits(c)) {
            Some((ticket, _)) => ticket.clone(),
            None => self.make_code(appid, scene, None).0,
        }
    }
}

/// `GET /cgi-bin/showqrcode?ticket=`: no token; a dead ticket is 404. WeChat gives a JPEG, this an SVG.
pub(crate) async fn show(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Response {
    let query: Query = crate::text::query(query.as_deref().unwrap_or_default());
    let ticket = query.get("ticket").map_or("", String::as_str);
    let url = shared.with(|w| {
        let now = w.now();
        let code = w.codes.get(ticket).filter(|c| c.until.is_none_or(|until| until > now));
        code.map(|c| c.url.clone())
    });
    match url.and_then(|u| drawn(&u)) {
        Some(svg) => svg_response(svg),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `GET /control/qr?appid=&scene=`: the code a bank would print for a scene.
pub(crate) async fn of_scene(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
) -> Response {
    let query: Query = crate::text::query(query.as_deref().unwrap_or_default());
    let part = |name| query.get(name).map_or("", String::as_str);
    let (appid, scene) = (part("appid"), part("scene"));
    let url = shared.act(|w| {
        w.account(appid).ok()?;
        let ticket = w.ticket_of(appid, scene);
        w.codes.get(&ticket).map(|c| c.url.clone())
    });
    match url.and_then(|u| drawn(&u)) {
        Some(svg) => svg_response(svg),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn drawn(text: &str) -> Option<String> {
    let code = QRBuilder::new(text).build().ok()?;
    Some(SvgBuilder::default().to_str(&code))
}

fn svg_response(svg: String) -> Response {
    ([(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "no-store")], svg)
        .into_response()
}
