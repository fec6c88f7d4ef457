//! Publishing (发布): articles get addresses; nobody is sent anything. Ends later, with PUBLISHJOBFINISH.

use super::draft::{listed, press, window};
use super::{Answer, Call, Fail, Outcome, fail, number_of};
use crate::press::{Errand, Publication, item_of};
use crate::push::xml::Xml;
use crate::world::World;
use serde_json::{Value, json};

const DONE: i64 = 0;
const IN_PROGRESS: i64 = 1;
const DELETED: i64 = 5;

pub(crate) fn submit(world: &mut World, call: &Call) -> Outcome {
    let draft_id = call.text("media_id");
    let draft = press(world, call)?.drafts.remove(&draft_id).ok_or_else(|| Fail::from(40007))?;
    let id = i64::try_from(world.next_msg_id()).unwrap_or(0);
    let publication = Publication {
        id,
        article_id: world.random.hex(22),
        articles: draft.articles,
        pages: vec![],
        status: IN_PROGRESS,
        at: world.now(),
    };
    press(world, call)?.publications.push(publication);
    let after_ms = world.limits.publish_ms;
    world.later(after_ms, Errand::EndPublication { appid: call.appid.clone(), id });
    Ok(Answer::Json(
        json!({ "errcode": 0, "errmsg": "ok", "publish_id": id.to_string(), "msg_data_id": id }),
    ))
}

impl World {
    pub(crate) fn end_publication(&mut self, appid: &str, id: i64) {
        let articles = self
            .account(appid)
            .ok()
            .and_then(|a| a.press.publications.iter().find(|p| p.id == id))
            .map(|p| p.articles.clone());
        let Some(articles) = articles else { return };
        let pages = self.put_pages(appid, &articles);
        let urls: Vec<String> = pages.iter().map(|slug| self.page_url(slug)).collect();
        let Ok(account) = self.account_mut(appid) else { return };
        let Some(one) = account.press.publications.iter_mut().find(|p| p.id == id) else { return };
        (one.pages, one.status) = (pages, DONE);
        let article_id = one.article_id.clone();
        self.tell_account(appid, "PUBLISHJOBFINISH", |xml| info(xml, id, &article_id, &urls));
    }
}

/// `PublishEventInfo`, in the order of the official sample.
fn info(xml: Xml, id: i64, article_id: &str, urls: &[String]) -> Xml {
    let item = |xml: Xml, (at, url): (usize, &String)| {
        xml.part("item", |xml| xml.number("idx", at + 1).text("article_url", url))
    };
    xml.part("PublishEventInfo", |xml| {
        xml.number("publish_id", id)
            .number("publish_status", DONE)
            .text("article_id", article_id)
            .part("article_detail", |xml| {
                urls.iter().enumerate().fold(xml.number("count", urls.len()), item)
            })
    })
}

pub(crate) fn get(world: &mut World, call: &Call) -> Outcome {
    let id = number_of(&call.json, "publish_id");
    let press = press(world, call)?;
    let one = press.publications.iter().find(|p| Some(p.id) == id);
    let one = one.ok_or_else(|| Fail::from(53600))?;
    let (status, article_id) = (one.status, one.article_id.clone());
    let pages = one.pages.clone();
    let mut answer = json!({ "publish_id": id.unwrap_or(0).to_string(), "publish_status": status });
    if status == DONE {
        let items: Vec<Value> = pages
            .iter()
            .enumerate()
            .map(|(at, slug)| json!({ "idx": at + 1, "article_url": world.page_url(slug) }))
            .collect();
        answer["article_id"] = json!(article_id);
        answer["article_detail"] = json!({ "count": items.len(), "item": items });
    }
    answer["fail_idx"] = json!([]);
    Ok(Answer::Json(answer))
}

/// A publication that can be read, with the addresses of its articles.
fn readable(world: &mut World, call: &Call) -> Result<(Vec<Value>, Vec<String>), Fail> {
    let id = call.text("article_id");
    let press = press(world, call)?;
    let one = press.publications.iter().find(|p| p.article_id == id && p.status == DONE);
    let one = one.ok_or_else(|| Fail::from(53600))?;
    Ok((one.articles.clone(), one.pages.clone()))
}

pub(crate) fn article(world: &mut World, call: &Call) -> Outcome {
    let (articles, pages) = readable(world, call)?;
    let items: Vec<Value> = articles
        .iter()
        .zip(&pages)
        .map(|(article, slug)| item_of(article, Some(&world.page_url(slug))))
        .collect();
    Ok(Answer::Json(json!({ "news_item": items })))
}

/// `index` names one article, from 1; 0 or none deletes all.
pub(crate) fn delete(world: &mut World, call: &Call) -> Outcome {
    let (_, pages) = readable(world, call)?;
    let index = number_of(&call.json, "index").unwrap_or(0);
    let gone: Vec<String> = match usize::try_from(index).unwrap_or(usize::MAX) {
        0 => pages.clone(),
        at => vec![pages.get(at - 1).ok_or_else(|| Fail::from(53600))?.clone()],
    };
    world.kill_pages(&gone);
    let is_all_dead = pages.iter().all(|slug| world.pages.get(slug).is_none_or(|p| p.is_dead));
    if is_all_dead {
        let id = call.text("article_id");
        let press = press(world, call)?;
        press
            .publications
            .iter_mut()
            .filter(|p| p.article_id == id)
            .for_each(|p| p.status = DELETED);
    }
    Answer::ok()
}

pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    let (offset, count) = window(call)?;
    let all: Vec<(String, Vec<Value>, Vec<String>, i64)> = press(world, call)?
        .publications
        .iter()
        .rev()
        .filter(|p| p.status == DONE)
        .map(|p| (p.article_id.clone(), p.articles.clone(), p.pages.clone(), p.at.secs()))
        .collect();
    let mut items = vec![];
    for (id, articles, pages, at_s) in all.iter().skip(offset).take(count) {
        let urls: Vec<String> = pages.iter().map(|slug| world.page_url(slug)).collect();
        let news = listed(call, articles, &urls);
        items.push(
            json!({ "article_id": id, "content": { "news_item": news }, "update_time": at_s }),
        );
    }
    if items.is_empty() && offset > 0 && offset >= all.len() {
        return fail(40097);
    }
    Ok(Answer::Json(json!({ "total_count": all.len(), "item_count": items.len(), "item": items })))
}
