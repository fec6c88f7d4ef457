//! What an account has written: drafts, published articles, mass sends, and the pages their articles are read on.
//!
//! Not for: the calls themselves ([`crate::api::draft`], [`crate::api::publish`], [`crate::api::mass`]).

use crate::consent::cookie;
use crate::item::{Article, Body};
use crate::page;
use crate::running::Shared;
use crate::text::html;
use crate::world::World;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use base::Time;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The system account that tells of sends and publications.
pub(crate) const TELLER: &str = "mphelper";

/// Everything an account has written.
#[derive(Debug, Default)]
pub(crate) struct Press {
    /// By media id.
    pub(crate) drafts: BTreeMap<String, Draft>,
    pub(crate) publications: Vec<Publication>,
    pub(crate) sends: Vec<MassSend>,
    /// 0 (fastest) to 4, as set by `speed/set`.
    pub(crate) speed: i64,
    /// How the next mass send ends: 0 well, else the number of `err(…)`. Set by the control API.
    pub(crate) next_error: i64,
}

/// A draft: its articles as they were given, checked.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) articles: Vec<Value>,
    pub(crate) created: Time,
    pub(crate) updated: Time,
}

/// 发布: articles with addresses of their own, pushed to nobody.
#[derive(Debug)]
pub(crate) struct Publication {
    pub(crate) id: i64,
    pub(crate) article_id: String,
    pub(crate) articles: Vec<Value>,
    /// Slugs of the pages, in order.
    pub(crate) pages: Vec<String>,
    /// `publish_status`: 1 in progress, 0 done, 5 deleted by the owner.
    pub(crate) status: i64,
    pub(crate) at: Time,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SendState {
    Sending,
    Sent,
    Failed,
    Deleted,
}

/// 群发: one task.
#[derive(Debug)]
pub(crate) struct MassSend {
    pub(crate) id: i64,
    pub(crate) at: Time,
    /// `clientmsgid`; empty when none was given.
    pub(crate) client_id: String,
    pub(crate) is_to_all: bool,
    pub(crate) uids: Vec<String>,
    /// Size of the tag or list, openids that nobody has included.
    pub(crate) total: usize,
    pub(crate) bodies: Vec<Body>,
    /// `mpnews` and `mpvideo` can be deleted.
    pub(crate) kind: String,
    pub(crate) pages: Vec<String>,
    /// The number of `err(…)`; 0 when all goes well.
    pub(crate) error: i64,
    pub(crate) state: SendState,
    /// How many it was delivered to.
    pub(crate) reached: usize,
}

/// An article as it can be read by anyone who has its address.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) appid: String,
    pub(crate) article: Value,
    pub(crate) at: Time,
    pub(crate) is_dead: bool,
}

/// Something that ends later, by the simulated clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Errand {
    EndMassSend { appid: String, id: i64 },
    EndPublication { appid: String, id: i64 },
}

pub(crate) fn field(article: &Value, name: &str) -> String {
    crate::api::text_of(article, name)
}

impl World {
    pub(crate) fn later(&mut self, after_ms: i64, errand: Errand) {
        let at = self.now().plus_ms(after_ms);
        self.agenda.push((at, errand));
    }

    /// Does what is due, in the order it is due.
    pub(crate) fn run_errands(&mut self) {
        let now = self.now();
        let mut due: Vec<(Time, Errand)> =
            self.agenda.extract_if(.., |(at, _)| *at <= now).collect();
        due.sort_by_key(|(at, _)| *at);
        for (_, errand) in due {
            match errand {
                Errand::EndMassSend { appid, id } => self.end_mass_send(&appid, id),
                Errand::EndPublication { appid, id } => self.end_publication(&appid, id),
            }
        }
    }

    pub(crate) fn page_url(&self, slug: &str) -> String {
        format!("{}/s/{slug}", self.public_url)
    }

    /// A page for each article; gives their slugs.
    pub(crate) fn put_pages(&mut self, appid: &str, articles: &[Value]) -> Vec<String> {
        let at = self.now();
        let mut slugs = vec![];
        for article in articles {
            let slug = self.random.hex(11);
            let page =
                Page { appid: appid.to_owned(), article: article.clone(), at, is_dead: false };
            self.pages.insert(slug.clone(), page);
            slugs.push(slug);
        }
        slugs
    }

    pub(crate) fn kill_pages(&mut self, slugs: &[String]) {
        for slug in slugs {
            if let Some(page) = self.pages.get_mut(slug) {
                page.is_dead = true;
            }
        }
    }

    /// The card a chat shows of articles and their pages.
    pub(crate) fn article_card(&self, appid: &str, articles: &[Value], slugs: &[String]) -> Body {
        let shown = articles.iter().zip(slugs).map(|(article, slug)| Article {
            title: field(article, "title"),
            description: field(article, "digest"),
            pic_url: self.media_url(appid, &field(article, "thumb_media_id")).unwrap_or_default(),
            url: self.page_url(slug),
        });
        Body::News { articles: shown.collect() }
    }

    /// An event about the account as a whole: it comes from the system account and no customer waits for it.
    pub(crate) fn tell_account(
        &mut self,
        appid: &str,
        event: &str,
        fields: impl FnOnce(crate::push::xml::Xml) -> crate::push::xml::Xml,
    ) {
        let at_s = self.now().secs();
        let Ok(account) = self.account(appid) else {
            return;
        };
        let head = crate::push::xml::Xml::event(&account.config.original_id, TELLER, at_s, event);
        let mut delivery = crate::push::Delivery::of_chat(appid, "", TELLER, fields(head).end());
        delivery.is_awaited = false;
        self.outbox.push(delivery);
    }
}

/// An article with its address, as `freepublish` and `draft` list it.
pub(crate) fn item_of(article: &Value, url: Option<&str>) -> Value {
    let mut item = article.clone();
    if let Some(url) = url {
        item["url"] = json!(url);
        item["is_deleted"] = json!(false);
    }
    item
}

/// `GET /s/{slug}`: the article. Whatever scripts its writer put in do not run.
pub(crate) async fn read(
    State(shared): State<Arc<Shared>>,
    Path(slug): Path<String>,
    headers: HeaderMap,
) -> Response {
    const NO_SCRIPTS: &str = "default-src 'none'; img-src * data:; style-src 'unsafe-inline'";
    let page = shared.with(|w| {
        let page = w.pages.get(&slug)?;
        let who = cookie(&headers, "sim_uid").filter(|uid| w.user(uid).is_ok());
        if !page.is_dead {
            let now = w.now();
            w.diary.read(&page.appid, now, &who.unwrap_or_default(), &slug);
        }
        let name = w.account(&page.appid).map(|a| a.config.name.clone()).unwrap_or_default();
        Some(if page.is_dead { Err(()) } else { Ok(article_page(&page.article, &name, page.at)) })
    });
    match page {
        None => {
            let words = page::error("参数错误", "没有这篇文章");
            (StatusCode::NOT_FOUND, Html(words)).into_response()
        }
        Some(Err(())) => {
            Html(page::error("该内容已被发布者删除", "你可以去看看别的文章")).into_response()
        }
        Some(Ok(words)) => {
            ([(header::CONTENT_SECURITY_POLICY, NO_SCRIPTS)], Html(words)).into_response()
        }
    }
}

fn article_page(article: &Value, name: &str, at: Time) -> String {
    let title = field(article, "title");
    let (year, month, day, hour, minute) = at.china();
    let author = match field(article, "author") {
        author if author.is_empty() => html(name),
        author => format!("{} · {}", html(&author), html(name)),
    };
    let body = format!(
        "<article style=\"background:#fff;margin:-32px -24px;padding:24px;min-height:100vh\"><h1>{}</h1>\
         <p><small>{author}　{year}年{month}月{day}日 {hour:02}:{minute:02}</small></p>{}</article>",
        html(&title),
        field(article, "content"),
    );
    page::page(&title, &body)
}
