//! Web login as a person sees it: the authorisation page, and how a phone opens web pages at all.
//!
//! `GET /webview` is the phone's web view: it says who holds the phone (cookie `sim_uid`) and goes on to the page.
//! `GET /connect/oauth2/authorize` reads that cookie, because in WeChat the client itself knows who asks.
//! Not for: exchanging codes; that is [`crate::api::sns`].

use crate::consent::{Step, Visit, is_registered};
use crate::page;
use crate::running::Shared;
use crate::text::{self, html};
use crate::world::{World, openid_of};
use axum::extract::{RawQuery, State};
use axum::response::{Html, IntoResponse, Response};
use base::Time;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Arc;

const DECIDE: &str = "/connect/oauth2/decide";

/// What a customer does at the next login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Decision {
    Approve,
    Refuse,
    /// The page was opened as a 快照页: a virtual account comes back.
    Snapshot,
}

/// A code on its way through a browser.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) appid: String,
    /// Empty unless a platform asked on behalf of the account.
    pub(crate) component: String,
    pub(crate) uid: String,
    pub(crate) openid: String,
    pub(crate) scope: String,
    pub(crate) is_snapshot: bool,
    pub(crate) at: Time,
    pub(crate) is_used: bool,
}

/// What a code became.
#[derive(Debug, Clone)]
pub(crate) struct LoginToken {
    pub(crate) appid: String,
    pub(crate) component: String,
    pub(crate) uid: String,
    pub(crate) openid: String,
    pub(crate) scope: String,
    pub(crate) is_snapshot: bool,
    pub(crate) until: Time,
    pub(crate) refresh_until: Time,
}

/// Codes and tokens of web logins.
#[derive(Debug, Default)]
pub(crate) struct Logins {
    pub(crate) codes: HashMap<String, Code>,
    pub(crate) tokens: HashMap<String, LoginToken>,
    /// Refresh token → access token.
    pub(crate) refresh: HashMap<String, String>,
}

/// A request to log in that keeps all rules.
#[derive(Debug)]
struct Asked {
    appid: String,
    component: String,
    redirect_uri: String,
    scope: String,
    state: String,
    uid: String,
}

/// `GET /connect/oauth2/authorize`.
pub(crate) async fn authorize(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let visit = Visit::of("/connect/oauth2/authorize", query, &headers);
    let step = shared.act(|w| w.begin_login(&visit));
    visit.answer(&shared, step)
}

/// The buttons of the page: `GET /connect/oauth2/decide?…&next=approve|refuse|snapshot`.
pub(crate) async fn decide(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let visit = Visit::of(DECIDE, query, &headers);
    let decision = match visit.part("next").as_str() {
        "approve" => Decision::Approve,
        "snapshot" => Decision::Snapshot,
        _ => Decision::Refuse,
    };
    let step = shared.act(|w| match w.asked(&visit) {
        Ok(asked) => Step::Go(w.finish_login(&asked, decision)),
        Err(wrong) => wrong,
    });
    visit.answer(&shared, step)
}

impl World {
    fn begin_login(&mut self, visit: &Visit) -> Step {
        let asked = match self.asked(visit) {
            Ok(asked) => asked,
            Err(wrong) => return wrong,
        };
        let planned = self.user_mut(&asked.uid).ok().and_then(|u| u.next_login.take());
        match planned {
            Some(decision) => Step::Go(self.finish_login(&asked, decision)),
            None if asked.scope == "snsapi_base" => {
                Step::Go(self.finish_login(&asked, Decision::Approve))
            }
            None => Step::Ask(self.login_page(&asked, visit)),
        }
    }

    fn asked(&self, visit: &Visit) -> Result<Asked, Step> {
        let uid = visit.holder(self)?;
        let appid = visit.part("appid");
        let account = self
            .account(&appid)
            .map_err(|_| Step::Wrong("参数错误", "该链接无法访问：appid 不存在（10013）"))?;
        let scope = visit.part("scope");
        if !account.config.is_full_service()
            || !["snsapi_base", "snsapi_userinfo"].contains(&scope.as_str())
        {
            return Err(Step::Wrong("Scope 参数错误", "Scope 参数错误或没有 Scope 权限（10005）"));
        }
        let component = visit.part("component_appid");
        let domains = if component.is_empty() {
            &account.config.oauth_domains
        } else {
            let known = self.component.as_ref().filter(|c| c.config.appid == component);
            let known = known
                .filter(|c| c.is_authorized(&appid))
                .ok_or(Step::Wrong("参数错误", "第三方平台未获得该公众号授权（61003）"))?;
            &known.config.oauth_domains
        };
        let redirect_uri = visit.part("redirect_uri");
        if !is_registered(&redirect_uri, domains) {
            return Err(Step::Wrong(
                "redirect_uri 参数错误",
                "redirect_uri域名与后台配置不一致（10003）",
            ));
        }
        if visit.part("response_type") != "code" {
            return Err(Step::Wrong("参数错误", "response_type 应为 code"));
        }
        let state = visit.part("state");
        Ok(Asked { appid, component, redirect_uri, scope, state, uid })
    }

    /// The address the browser goes back to. After a refusal there is no `code`.
    fn finish_login(&mut self, asked: &Asked, decision: Decision) -> String {
        let now = self.now();
        self.logins.codes.retain(|_, c| now.since(c.at) < base::DAY_MS);
        let mut back = vec![];
        let code = format!("0{}", self.random.hex(15));
        if decision != Decision::Refuse {
            let is_snapshot = decision == Decision::Snapshot;
            let openid = if is_snapshot {
                openid_of(&asked.appid, &format!("snapshot {}", self.next_id()))
            } else {
                self.chat(&asked.appid, &asked.uid).openid.clone()
            };
            let kept = Code {
                appid: asked.appid.clone(),
                component: asked.component.clone(),
                uid: asked.uid.clone(),
                openid,
                scope: asked.scope.clone(),
                is_snapshot,
                at: self.now(),
                is_used: false,
            };
            self.logins.codes.insert(code.clone(), kept);
            back.push(("code", code.as_str()));
        }
        back.push(("state", &asked.state));
        if !asked.component.is_empty() {
            back.push(("appid", &asked.appid));
        }
        text::with_query(&asked.redirect_uri, &back)
    }

    fn login_page(&self, asked: &Asked, visit: &Visit) -> String {
        let user = self.user(&asked.uid).map(|u| u.name.clone()).unwrap_or_default();
        let asks = format!(
            "<p>申请获取并使用你的微信昵称、头像</p><ul><li>昵称：{}</li></ul>",
            html(&user)
        );
        let choices = [
            ("button", "approve", "同意"),
            ("button quiet", "refuse", "拒绝"),
            ("small", "snapshot", "以快照页身份进入"),
        ];
        self.consent_page(visit, "微信登录", &asks, DECIDE, &choices)
    }
}

/// `GET /webview?uid=&appid=&url=`: how a phone opens every web page.
pub(crate) async fn webview(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = text::query(query.as_deref().unwrap_or_default());
    let part = |name| query.get(name).map_or("", String::as_str);
    let (uid, appid, url) = (part("uid"), part("appid"), part("url"));
    if shared.with(|w| w.user(uid).is_err()) {
        return (StatusCode::NOT_FOUND, Html(page::error("没有这个用户", uid))).into_response();
    }
    if text::host(url).is_none() {
        let page = page::error("无法打开网页", "网页地址应以 http:// 或 https:// 开头。");
        return (StatusCode::BAD_REQUEST, Html(page)).into_response();
    }
    let cookie = |name: &str, value: &str| {
        format!("{name}={}; Path=/; HttpOnly; SameSite=Lax", text::encode(value))
    };
    let mut response = (StatusCode::FOUND, [(header::LOCATION, url.to_owned())]).into_response();
    for value in [cookie("sim_uid", uid), cookie("sim_appid", appid)] {
        if let Ok(value) = value.parse() {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}
