//! The draft box (草稿箱). A draft leaves it when it is mass-sent or published.

use super::{Answer, Call, Fail, Outcome, fail, number_of, text_of};
use crate::media::Media;
use crate::press::{Draft, Press, item_of};
use crate::world::World;
use serde_json::{Value, json};

const TITLE_CHARS_MAX: usize = 32;
const AUTHOR_CHARS_MAX: usize = 16;
const DIGEST_CHARS_MAX: usize = 128;
const CONTENT_CHARS_MAX: usize = 20_000;
const SOURCE_BYTES_MAX: usize = 1_024;
const PICTURES_MAX: usize = 20;
/// Articles of one draft; the documents' table of `draft/add` says no number, 多图文 on the website takes eight.
const ARTICLES_MAX: usize = 8;
const PAGE_MAX: i64 = 20;

pub(super) fn press<'w>(world: &'w mut World, call: &Call) -> Result<&'w mut Press, Fail> {
    Ok(&mut world.account_mut(&call.appid).map_err(|_| Fail::from(40013))?.press)
}

/// One article as it is kept, or why not.
fn checked(world: &World, appid: &str, article: &Value) -> Result<Value, Fail> {
    let text = |name| text_of(article, name);
    let chars = |name| text(name).chars().count();
    let title = text("title");
    if title.is_empty() || chars("title") > TITLE_CHARS_MAX {
        return Err(Fail::from(45003));
    }
    if chars("author") > AUTHOR_CHARS_MAX {
        return Err(Fail::from(45110));
    }
    if chars("digest") > DIGEST_CHARS_MAX {
        return Err(Fail::from(45004));
    }
    if text("content").is_empty() {
        return Err(Fail::from(44004));
    }
    if chars("content") >= CONTENT_CHARS_MAX {
        return Err(Fail::from(45002));
    }
    if text("content_source_url").len() > SOURCE_BYTES_MAX {
        return Err(Fail::from(45006));
    }
    let is_permanent = |id: &str| world.media(appid, id).is_some_and(Media::is_permanent);
    let mut kept = article.clone();
    match text("article_type").as_str() {
        "" | "news" => {
            if !is_permanent(&text("thumb_media_id")) {
                return Err(Fail::from(40007));
            }
            kept["article_type"] = json!("news");
        }
        "newspic" => {
            let pictures = article.pointer("/image_info/image_list").and_then(Value::as_array);
            let pictures = pictures.map_or(&[][..], Vec::as_slice);
            let all_known = pictures.iter().all(|p| is_permanent(&text_of(p, "image_media_id")));
            if pictures.is_empty() || pictures.len() > PICTURES_MAX || !all_known {
                return Err(Fail::from(40007));
            }
            kept["thumb_media_id"] = pictures[0]["image_media_id"].clone();
        }
        _ => return Err(Fail::from(40008)),
    }
    Ok(kept)
}

pub(crate) fn add(world: &mut World, call: &Call) -> Outcome {
    let given = call.json.get("articles").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if given.is_empty() {
        return fail(44003);
    }
    if given.len() > ARTICLES_MAX {
        return fail(45008);
    }
    let articles: Result<Vec<Value>, Fail> =
        given.iter().map(|a| checked(world, &call.appid, a)).collect();
    let (id, now) = (world.random.hex(32), world.now());
    let draft = Draft { articles: articles?, created: now, updated: now };
    press(world, call)?.drafts.insert(id.clone(), draft);
    Ok(Answer::Json(json!({ "media_id": id, "item": [] })))
}

fn found<'w>(world: &'w mut World, call: &Call) -> Result<&'w mut Draft, Fail> {
    let id = call.text("media_id");
    press(world, call)?.drafts.get_mut(&id).ok_or_else(|| Fail::from(40007))
}

pub(crate) fn get(world: &mut World, call: &Call) -> Outcome {
    let draft = found(world, call)?;
    let (created, updated) = (draft.created.secs(), draft.updated.secs());
    Ok(Answer::Json(
        json!({ "news_item": draft.articles, "create_time": created, "update_time": updated }),
    ))
}

pub(crate) fn delete(world: &mut World, call: &Call) -> Outcome {
    let id = call.text("media_id");
    press(world, call)?.drafts.remove(&id).ok_or_else(|| Fail::from(40007))?;
    Answer::ok()
}

pub(crate) fn update(world: &mut World, call: &Call) -> Outcome {
    let article = checked(world, &call.appid, call.json.get("articles").unwrap_or(&Value::Null))?;
    let (index, now) = (number_of(&call.json, "index").unwrap_or(0), world.now());
    let draft = found(world, call)?;
    let at = usize::try_from(index).map_err(|_| Fail::from(40114))?;
    *draft.articles.get_mut(at).ok_or_else(|| Fail::from(40114))? = article;
    draft.updated = now;
    Answer::ok()
}

pub(crate) fn count(world: &mut World, call: &Call) -> Outcome {
    let total = press(world, call)?.drafts.len();
    Ok(Answer::Json(json!({ "total_count": total })))
}

/// `offset` and `count` of a listing.
///
/// # Errors
/// 40097: a count outside 1 to 20.
pub(super) fn window(call: &Call) -> Result<(usize, usize), Fail> {
    let count = number_of(&call.json, "count").unwrap_or(PAGE_MAX);
    let offset = number_of(&call.json, "offset").unwrap_or(0);
    if !(1..=PAGE_MAX).contains(&count) || offset < 0 {
        return Err(Fail::from(40097));
    }
    let number = |n: i64| usize::try_from(n).unwrap_or(0);
    Ok((number(offset), number(count)))
}

/// The articles of a listing; `no_content` = 1 leaves the long part out.
pub(super) fn listed(call: &Call, articles: &[Value], urls: &[String]) -> Vec<Value> {
    let is_short = number_of(&call.json, "no_content") == Some(1);
    let mut items = vec![];
    for (at, article) in articles.iter().enumerate() {
        let mut item = item_of(article, urls.get(at).map(String::as_str));
        if is_short && let Some(fields) = item.as_object_mut() {
            fields.remove("content");
        }
        items.push(item);
    }
    items
}

pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    let (offset, count) = window(call)?;
    let press = press(world, call)?;
    let mut all: Vec<_> = press.drafts.iter().collect();
    all.sort_by_key(|(_, draft)| std::cmp::Reverse(draft.updated));
    let page = all.iter().skip(offset).take(count);
    let items: Vec<Value> = page
        .map(|(id, draft)| {
            let news = listed(call, &draft.articles, &[]);
            json!({
                "media_id": id,
                "content": { "news_item": news },
                "update_time": draft.updated.secs(),
            })
        })
        .collect();
    Ok(Answer::Json(json!({ "total_count": all.len(), "item_count": items.len(), "item": items })))
}

/// The switch from 图文素材 to the draft box, thrown everywhere by now.
pub(crate) fn switch(_: &mut World, _: &Call) -> Outcome {
    Ok(Answer::Json(json!({ "errcode": 0, "errmsg": "ok", "is_open": 1 })))
}
