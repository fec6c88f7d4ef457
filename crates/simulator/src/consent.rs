//! Pages on which a customer agrees to something and the browser goes on: who holds the phone, what is shown, what is logged.
//!
//! Not for: what is agreed to ([`crate::oauth`], [`crate::api::once`]).

use crate::exchange::{Exchange, Kind};
use crate::page;
use crate::running::Shared;
use crate::text::{self, Query, html};
use crate::world::World;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};

/// Where a visit goes on.
pub(crate) enum Step {
    Go(String),
    Ask(String),
    Wrong(&'static str, &'static str),
}

/// One opening of such a page.
pub(crate) struct Visit {
    url: String,
    pub(crate) query: Query,
    /// By the phone's cookie: in WeChat the client itself knows who asks.
    uid: Option<String>,
}

impl Visit {
    pub(crate) fn of(path: &str, query: Option<String>, headers: &HeaderMap) -> Self {
        let raw = query.unwrap_or_default();
        let uid = cookie(headers, "sim_uid");
        Self { url: format!("{path}?{raw}"), query: text::query(&raw), uid }
    }

    pub(crate) fn part(&self, name: &str) -> String {
        self.query.get(name).cloned().unwrap_or_default()
    }

    /// Whoever holds the phone.
    pub(crate) fn holder(&self, world: &World) -> Result<String, Step> {
        let known = self.uid.clone().filter(|uid| world.user(uid).is_ok());
        known.ok_or(Step::Wrong("请在微信客户端打开链接", "请从手机的聊天或菜单里打开这个页面。"))
    }

    pub(crate) fn answer(self, shared: &Shared, step: Step) -> Response {
        let mut log = shared.with(|w| Exchange::new(Kind::Oauth, w.now(), "GET", &self.url));
        log.appid = self.part("appid");
        log.uid = self.uid.unwrap_or_default();
        (log.status, log.outcome) = (200, String::from("ok"));
        let response = match step {
            Step::Go(url) => {
                log.status = 302;
                log.response_body.clone_from(&url);
                (StatusCode::FOUND, [(header::LOCATION, url)]).into_response()
            }
            Step::Ask(page) => Html(page).into_response(),
            Step::Wrong(title, words) => {
                log.outcome = String::from("error");
                log.note = format!("{title} {words}");
                Html(page::error(title, words)).into_response()
            }
        };
        shared.with(|w| w.log(log));
        response
    }
}

pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let header = headers.get(header::COOKIE).and_then(|v| v.to_str().ok());
    text::cookie(header, name).filter(|v| !v.is_empty())
}

/// Whether an address is on one of the domains an account registered; none registered takes all.
pub(crate) fn is_registered(url: &str, domains: &[String]) -> bool {
    text::host(url).is_some_and(|h| domains.is_empty() || domains.iter().any(|d| d == h))
}

/// What a page offers: a button's class, what it sends as `next`, and its words.
pub(crate) type Choice<'a> = (&'a str, &'a str, &'a str);

impl World {
    /// The page: who asks, what for (HTML), and the ways to go on, each to `decide` with all that came along.
    pub(crate) fn consent_page(
        &self,
        visit: &Visit,
        title: &str,
        asks: &str,
        decide: &str,
        choices: &[Choice<'_>],
    ) -> String {
        let account = self.account(&visit.part("appid"));
        let (name, color) =
            account.map(|a| (a.config.name.clone(), a.config.color.clone())).unwrap_or_default();
        let way = |(class, next, words): &Choice<'_>| {
            let mut pairs: Vec<(&str, &str)> =
                visit.query.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            pairs.push(("next", *next));
            let link = html(&text::with_query(decide, &pairs));
            format!("<a class=\"{class}\" href=\"{link}\">{words}</a>")
        };
        let ways: String = choices.iter().map(way).collect();
        let face = page::face(&name, &color);
        let body = format!("<div class=\"card\">{face}<h1>{}</h1>{asks}{ways}</div>", html(&name));
        page::page(title, &body)
    }
}
