//! Tags on followers (标签管理).

use super::user::{openids, page};
use super::{Answer, Call, Fail, Outcome, fail, number_of, text_of};
use crate::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const TAGS_MAX: usize = 100;
const TAGS_OF_ONE_MAX: usize = 20;
const NAME_BYTES_MAX: usize = 30;
const BATCH_MAX: usize = 50;
/// 0, 1 and 2 are WeChat's own.
const SYSTEM_TAG_MAX: i64 = 2;

fn tags<'w>(world: &'w mut World, call: &Call) -> Result<&'w mut BTreeMap<i64, String>, Fail> {
    Ok(&mut world.account_mut(&call.appid).map_err(|_| Fail::from(40013))?.tags)
}

fn checked_name(call: &Call, known: &BTreeMap<i64, String>) -> Result<String, Fail> {
    let name = call.json.get("tag").map(|t| text_of(t, "name")).unwrap_or_default();
    if name.is_empty() || known.values().any(|n| *n == name) {
        return Err(Fail::from(45157));
    }
    if name.len() > NAME_BYTES_MAX {
        return Err(Fail::from(45158));
    }
    Ok(name)
}

fn tag_id(call: &Call) -> Result<i64, Fail> {
    let id = call.json.get("tag").and_then(|t| number_of(t, "id"));
    id.or_else(|| number_of(&call.json, "tagid")).ok_or_else(|| Fail::from(45159))
}

pub(crate) fn create(world: &mut World, call: &Call) -> Outcome {
    let known = tags(world, call)?;
    let name = checked_name(call, known)?;
    if known.len() > TAGS_MAX {
        return fail(45056);
    }
    let id = known.keys().last().copied().unwrap_or(0).max(99) + 1;
    known.insert(id, name.clone());
    Ok(Answer::Json(json!({ "tag": { "id": id, "name": name } })))
}

pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    let names = tags(world, call)?.clone();
    let count = |id: i64| {
        world.chats_of(&call.appid).filter(|(_, c)| c.followed && c.tags.contains(&id)).count()
    };
    let list: Vec<Value> = names
        .iter()
        .map(|(id, name)| json!({ "id": id, "name": name, "count": count(*id) }))
        .collect();
    Ok(Answer::Json(json!({ "tags": list })))
}

pub(crate) fn update(world: &mut World, call: &Call) -> Outcome {
    let id = tag_id(call)?;
    let known = tags(world, call)?;
    if id <= SYSTEM_TAG_MAX {
        return fail(45058);
    }
    let name = checked_name(call, known)?;
    let tag = known.get_mut(&id).ok_or_else(|| Fail::from(45159))?;
    *tag = name;
    Answer::ok()
}

pub(crate) fn delete(world: &mut World, call: &Call) -> Outcome {
    let id = tag_id(call)?;
    if id <= SYSTEM_TAG_MAX {
        return fail(45058);
    }
    tags(world, call)?.remove(&id).ok_or_else(|| Fail::from(45159))?;
    for ((appid, _), chat) in &mut world.chats {
        if *appid == call.appid {
            chat.tags.retain(|t| *t != id);
        }
    }
    world.menu_changed(&call.appid);
    Answer::ok()
}

pub(crate) fn followers(world: &mut World, call: &Call) -> Outcome {
    let id = tag_id(call)?;
    let mut all: Vec<&str> = world
        .chats_of(&call.appid)
        .filter(|(_, c)| c.followed && c.tags.contains(&id))
        .map(|(_, c)| c.openid.as_str())
        .collect();
    all.sort_unstable();
    let (page, last) = page(&all, &call.text("next_openid"));
    let mut answer = json!({ "count": page.len() });
    if !page.is_empty() {
        answer["data"] = json!({ "openid": page });
        answer["next_openid"] = Value::String(last);
    }
    Ok(Answer::Json(answer))
}

pub(crate) fn put_on(world: &mut World, call: &Call) -> Outcome {
    change(world, call, true)
}
pub(crate) fn take_off(world: &mut World, call: &Call) -> Outcome {
    change(world, call, false)
}

fn change(world: &mut World, call: &Call, is_on: bool) -> Outcome {
    let id = tag_id(call)?;
    let list = openids(call, BATCH_MAX)?;
    if !tags(world, call)?.contains_key(&id) {
        return fail(45159);
    }
    for openid in &list {
        let chat = world.chat_of(&call.appid, openid).ok_or_else(|| Fail::from(49003))?;
        if !chat.followed {
            return fail(40003);
        }
        if is_on && !chat.tags.contains(&id) && chat.tags.len() >= TAGS_OF_ONE_MAX {
            return fail(45059);
        }
    }
    for openid in &list {
        if let Some(chat) = world.chat_of(&call.appid, openid) {
            chat.tags.retain(|t| *t != id);
            if is_on {
                chat.tags.push(id);
            }
        }
    }
    world.menu_changed(&call.appid);
    Answer::ok()
}

pub(crate) fn of_follower(world: &mut World, call: &Call) -> Outcome {
    let openid = call.text("openid");
    let chat = world.chat_of(&call.appid, &openid).ok_or_else(|| Fail::from(40003))?;
    Ok(Answer::Json(json!({ "tagid_list": chat.tags })))
}
