//! The page on which an account's administrator lets a platform in, for computers and for phones alike.

use super::CODE_LIFE_S;
use crate::config::By;
use crate::exchange::{Exchange, Kind};
use crate::page;
use crate::running::Shared;
use crate::text::{self, Query, html};
use crate::world::World;
use axum::extract::{RawQuery, State};
use axum::response::{Html, IntoResponse, Response};
use http::{StatusCode, header};
use std::sync::Arc;

/// Permission sets by number, as the page names them.
static SETS: &[(u32, &str)] = &[
    (1, "消息管理"),
    (2, "用户管理"),
    (3, "账号服务"),
    (4, "网页服务"),
    (6, "多客服"),
    (7, "群发与通知"),
    (11, "素材管理"),
    (15, "自定义菜单"),
    (24, "开放平台账号管理"),
];

/// `GET /cgi-bin/componentloginpage`, `GET /wxaopen/safe/bindcomponent`.
pub(crate) async fn show(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Response {
    let query = text::query(query.as_deref().unwrap_or_default());
    let page = shared.with(|w| match w.check_invitation(&query) {
        Ok(()) => w.invitation_page(&query),
        Err(words) => page::error("无法授权", words),
    });
    Html(page).into_response()
}

/// The page's button. Goes back to `redirect_uri` with `auth_code` and `expires_in`.
pub(crate) async fn decide(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
) -> Response {
    let raw = query.unwrap_or_default();
    let query = text::query(&raw);
    let result = shared.act(|w| w.agree(&query));
    let mut log = shared.with(|w| {
        let url = format!("/cgi-bin/componentlogin/decide?{raw}");
        Exchange::new(Kind::Component, w.now(), "GET", url)
    });
    log.appid = query.get("appid").cloned().unwrap_or_default();
    let response = match result {
        Ok(url) => {
            (log.status, log.outcome) = (302, String::from("ok"));
            log.response_body.clone_from(&url);
            (StatusCode::FOUND, [(header::LOCATION, url)]).into_response()
        }
        Err(words) => {
            (log.status, log.outcome, log.note) = (200, String::from("error"), words.to_owned());
            Html(page::error("无法授权", words)).into_response()
        }
    };
    shared.with(|w| w.log(log));
    response
}

fn part<'q>(query: &'q Query, name: &str) -> &'q str {
    query.get(name).map_or("", String::as_str)
}

impl World {
    fn check_invitation(&self, query: &Query) -> Result<(), &'static str> {
        let component = self.component.as_ref().ok_or("第三方平台不存在")?;
        if component.config.appid != part(query, "component_appid") {
            return Err("第三方平台不存在");
        }
        let end = component.pre_auth.get(part(query, "pre_auth_code"));
        if end.is_none_or(|end| *end <= self.now()) {
            return Err("授权链接已失效，请回到平台重新生成（pre_auth_code）");
        }
        text::host(part(query, "redirect_uri")).map(|_| ()).ok_or("redirect_uri 参数错误")
    }

    fn invitation_page(&self, query: &Query) -> String {
        let wanted = part(query, "biz_appid");
        let mut cards = String::new();
        let fits = |appid: &str, by: By| {
            if wanted.is_empty() { by == By::Component } else { appid == wanted }
        };
        for account in self.accounts.iter().filter(|a| !a.hidden) {
            let config = &account.config;
            if !fits(&config.appid, config.by) {
                continue;
            }
            let hidden: String = query
                .iter()
                .chain([(&String::from("appid"), &config.appid)])
                .map(|(k, v)| {
                    let (k, v) = (html(k), html(v));
                    format!("<input type=\"hidden\" name=\"{k}\" value=\"{v}\">")
                })
                .collect();
            let boxes: String = SETS
                .iter()
                .map(|(id, name)| {
                    format!("<label><input type=\"checkbox\" name=\"set_{id}\" checked> {id} {name}</label>")
                })
                .collect();
            cards.push_str(&format!(
                "<form class=\"card\" action=\"/cgi-bin/componentlogin/decide\">{}<h1>{}</h1>\
                 <p>授权第三方平台代为管理以下权限</p>{hidden}{boxes}<button>同意授权</button></form>",
                page::face(&config.name, &config.color),
                html(&config.name),
            ));
        }
        if cards.is_empty() {
            return page::error("无法授权", "没有可以授权的公众号");
        }
        page::page("公众号授权", &cards)
    }

    fn agree(&mut self, query: &Query) -> Result<String, &'static str> {
        self.check_invitation(query)?;
        let sets: Vec<u32> = query
            .keys()
            .filter_map(|k| k.strip_prefix("set_")?.parse().ok())
            .collect::<std::collections::BTreeSet<u32>>()
            .into_iter()
            .collect();
        let pre_auth_code = part(query, "pre_auth_code");
        let (code, push) = self
            .authorize(part(query, "appid"), &sets, pre_auth_code)
            .map_err(|_| "公众号不存在")?;
        if let Some(component) = &mut self.component {
            component.pre_auth.remove(pre_auth_code);
        }
        self.outbox.extend(push);
        let life = CODE_LIFE_S.to_string();
        let back = [("auth_code", code.as_str()), ("expires_in", &life)];
        Ok(text::with_query(part(query, "redirect_uri"), &back))
    }
}
