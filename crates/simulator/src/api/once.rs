//! One-time subscription messages (一次性订阅消息): the page where a customer agrees to one message, and sending it.
//!
//! An account has one template for them, and agreeing again for the same scene adds nothing: one scene, one message. Needs no
//! following. Not for: subscription notices ([`super::notice`]), which have templates and events of their own.

use super::notice::NOTICE_CHAT;
use super::{Answer, Call, Fail, Outcome, fail, text_of, uid_of};
use crate::consent::{Step, Visit, is_registered};
use crate::item::{Body, Side, TemplateCard, TemplateRow};
use crate::page;
use crate::running::Shared;
use crate::text;
use crate::world::World;
use axum::extract::{RawQuery, State};
use axum::response::{Html, Response};
use base64::Engine;
use http::HeaderMap;
use serde_json::Value;
use std::sync::Arc;

const DECIDE: &str = "/mp/subscribemsg/decide";
const SCENES: std::ops::RangeInclusive<i64> = 0..=10_000;
const TITLE_CHARS_MAX: usize = 15;
const CONTENT_CHARS_MAX: usize = 200;
const RESERVED_BYTES_MAX: usize = 128;

/// The account's one template for these messages: 43 characters, always the same for the same account.
pub fn once_template_of(appid: &str) -> String {
    let first = wechat::crypto::signature(&["one-time template", appid]);
    let both = format!("{first}{}", wechat::crypto::signature(&["and the rest", appid]));
    let bytes: Vec<u8> =
        (0..32).filter_map(|i| u8::from_str_radix(both.get(i * 2..i * 2 + 2)?, 16).ok()).collect();
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// A request to agree that keeps all rules.
struct Asked {
    appid: String,
    uid: String,
    scene: i64,
    redirect_url: String,
    reserved: String,
}

/// `GET /mp/subscribemsg?action=get_confirm&…#wechat_redirect`.
pub(crate) async fn show(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let visit = Visit::of("/mp/subscribemsg", query, &headers);
    let step = shared.with(|w| match w.asked_once(&visit) {
        Ok(_) => Step::Ask(w.once_page(&visit)),
        Err(wrong) => wrong,
    });
    visit.answer(&shared, step)
}

/// The buttons of the page: `GET /mp/subscribemsg/decide?…&next=confirm|cancel`.
pub(crate) async fn decide(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let visit = Visit::of(DECIDE, query, &headers);
    let is_agreed = visit.part("next") == "confirm";
    let step = shared.act(|w| match w.asked_once(&visit) {
        Ok(asked) => Step::Go(w.agree_once(&asked, is_agreed)),
        Err(wrong) => wrong,
    });
    visit.answer(&shared, step)
}

/// Where the phones' own button leads back to: a platform has a page of its own.
pub(crate) async fn done(RawQuery(query): RawQuery) -> Html<String> {
    let query = text::query(query.as_deref().unwrap_or_default());
    let is_agreed = query.get("action").is_some_and(|a| a == "confirm");
    let words = if is_agreed { "已同意接收一条消息" } else { "已取消" };
    Html(page::page("一次性订阅消息", &format!("<div class=\"card\"><h1>{words}</h1></div>")))
}

impl World {
    fn asked_once(&self, visit: &Visit) -> Result<Asked, Step> {
        let wrong = |words| Err(Step::Wrong("参数错误", words));
        let uid = visit.holder(self)?;
        if visit.part("action") != "get_confirm" {
            return wrong("action 应为 get_confirm");
        }
        let appid = visit.part("appid");
        let Ok(account) = self.account(&appid) else { return wrong("appid 不存在") };
        if !account.config.verified {
            return wrong("公众号没有一次性订阅消息的权限");
        }
        if visit.part("template_id") != once_template_of(&appid) {
            return wrong("template_id 不是这个公众号的一次性订阅消息模板");
        }
        let scene = visit.part("scene").parse().ok().filter(|n| SCENES.contains(n));
        let Some(scene) = scene else { return wrong("scene 应为 0 到 10000 的整数") };
        let reserved = visit.part("reserved");
        if reserved.len() > RESERVED_BYTES_MAX {
            return wrong("reserved 最多 128 字节");
        }
        let redirect_url = visit.part("redirect_url");
        if !is_registered(&redirect_url, &account.config.oauth_domains) {
            return wrong("redirect_url 的域名与登记的业务域名不一致");
        }
        Ok(Asked { appid, uid, scene, redirect_url, reserved })
    }

    fn once_page(&self, visit: &Visit) -> String {
        let choices = [("button", "confirm", "同意接收"), ("button quiet", "cancel", "取消")];
        let asks = "<p>申请给你发送一条消息</p>";
        self.consent_page(visit, "一次性订阅消息", asks, DECIDE, &choices)
    }

    /// The address the browser goes back to. Who cancels is not named.
    fn agree_once(&mut self, asked: &Asked, is_agreed: bool) -> String {
        let (template, scene) = (once_template_of(&asked.appid), asked.scene.to_string());
        let chat = self.chat(&asked.appid, &asked.uid);
        let openid = chat.openid.clone();
        let mut back = vec![];
        if is_agreed {
            chat.once.insert(asked.scene);
            back.push(("openid", openid.as_str()));
        }
        back.extend([
            ("template_id", template.as_str()),
            ("action", if is_agreed { "confirm" } else { "cancel" }),
            ("scene", &scene),
        ]);
        if !asked.reserved.is_empty() {
            back.push(("reserved", &asked.reserved));
        }
        text::with_query(&asked.redirect_url, &back)
    }
}

/// `POST /cgi-bin/message/template/subscribe`: the one message of a scene.
pub(crate) fn send(world: &mut World, call: &Call) -> Outcome {
    let uid = uid_of(world, call, &call.text("touser"))?;
    if call.text("template_id") != once_template_of(&call.appid) {
        return fail(40037);
    }
    let title = call.text("title");
    if title.is_empty() || title.chars().count() > TITLE_CHARS_MAX {
        return fail(45003);
    }
    let data = call.json.get("data").and_then(|d| d.get("content")).unwrap_or(&Value::Null);
    let value = text_of(data, "value");
    if value.is_empty() {
        return fail(44004);
    }
    if value.chars().count() > CONTENT_CHARS_MAX {
        return fail(45002);
    }
    let scene = call.text("scene").parse::<i64>().ok();
    let chat = world.chat(&call.appid, &uid);
    if !scene.is_some_and(|scene| chat.once.remove(&scene)) {
        return Err(Fail::from(43101));
    }
    let place = if chat.followed { call.appid.as_str() } else { NOTICE_CHAT };
    let rows = vec![TemplateRow { name: String::new(), value }];
    let card = TemplateCard { title, rows, url: call.text("url") };
    let from = world.account(&call.appid).map(|a| a.config.name.clone()).unwrap_or_default();
    world.show(place, &uid, Side::Account, Body::Notice { template: card, from });
    Answer::ok()
}
