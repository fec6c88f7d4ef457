//! Followers: what WeChat tells of them, remarks, the blacklist (用户管理).

use super::{Answer, Call, Fail, Outcome, fail, text_of};
use crate::world::{Chat, World};
use serde_json::{Value, json};

const PAGE: usize = 10_000;
const BATCH_MAX: usize = 100;
const BLOCK_MAX: usize = 20;
/// 「shorter than 30」; documents mix bytes and characters, so the stricter one.
const REMARK_BYTES: usize = 30;

pub(crate) fn info(world: &mut World, call: &Call) -> Outcome {
    Ok(Answer::Json(one(world, &call.appid, call.param("openid"))?))
}

fn one(world: &mut World, appid: &str, openid: &str) -> Result<Value, Fail> {
    let chat = world.chat_of(appid, openid).ok_or_else(|| Fail::from(40003))?;
    Ok(described(chat))
}

fn described(chat: &Chat) -> Value {
    if !chat.followed {
        return json!({ "subscribe": 0, "openid": chat.openid });
    }
    json!({
        "subscribe": 1,
        "openid": chat.openid,
        "nickname": "",
        "sex": 0,
        "language": "",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "subscribe_time": chat.followed_at.secs(),
        "remark": chat.remark,
        "groupid": chat.tags.last().copied().unwrap_or(0),
        "tagid_list": chat.tags,
        "subscribe_scene": chat.follow_scene,
        "qr_scene": chat.qr_scene.parse::<i64>().unwrap_or(0),
        "qr_scene_str": if chat.qr_scene.parse::<i64>().is_ok() { "" } else { &chat.qr_scene },
    })
}

pub(crate) fn info_batch(world: &mut World, call: &Call) -> Outcome {
    let list = call.json.get("user_list").and_then(Value::as_array).cloned().unwrap_or_default();
    if list.is_empty() || list.len() > BATCH_MAX {
        return fail(40032);
    }
    let mut found = vec![];
    for wanted in &list {
        found.push(one(world, &call.appid, &text_of(wanted, "openid"))?);
    }
    Ok(Answer::Json(json!({ "user_info_list": found })))
}

/// A page of openids behind `next`.
pub(crate) fn page(all: &[&str], next: &str) -> (Vec<String>, String) {
    let from = if next.is_empty() { 0 } else { all.partition_point(|o| *o <= next) };
    let page: Vec<String> = all.iter().skip(from).take(PAGE).map(|o| (*o).to_owned()).collect();
    let last = page.last().cloned().unwrap_or_default();
    (page, last)
}

pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    let all: Vec<&str> = world.followers(&call.appid).into_iter().collect();
    let next = call.param("next_openid");
    if !next.is_empty() && world.by_openid(&call.appid, next).is_none() {
        return fail(40003);
    }
    let (page, last) = page(&all, next);
    let mut answer = json!({ "total": all.len(), "count": page.len(), "next_openid": last });
    if !page.is_empty() {
        answer["data"] = json!({ "openid": page });
    }
    Ok(Answer::Json(answer))
}

pub(crate) fn remark(world: &mut World, call: &Call) -> Outcome {
    let (openid, remark) = (call.text("openid"), call.text("remark"));
    if remark.len() >= REMARK_BYTES {
        return fail(47003);
    }
    let chat = world.chat_of(&call.appid, &openid).ok_or_else(|| Fail::from(40003))?;
    chat.remark = remark;
    Answer::ok()
}

pub(crate) fn blacklist(world: &mut World, call: &Call) -> Outcome {
    let mut all: Vec<&str> = world
        .chats_of(&call.appid)
        .filter(|(_, c)| c.blocked)
        .map(|(_, c)| c.openid.as_str())
        .collect();
    all.sort_unstable();
    let (page, last) = page(&all, &call.text("begin_openid"));
    let mut answer = json!({ "total": all.len(), "count": page.len(), "next_openid": last });
    if !page.is_empty() {
        answer["data"] = json!({ "openid": page });
    }
    Ok(Answer::Json(answer))
}

pub(crate) fn block(world: &mut World, call: &Call) -> Outcome {
    set_blocked(world, call, true)
}
pub(crate) fn unblock(world: &mut World, call: &Call) -> Outcome {
    set_blocked(world, call, false)
}

fn set_blocked(world: &mut World, call: &Call, blocked: bool) -> Outcome {
    let list = openids(call, BLOCK_MAX)?;
    if list.iter().any(|o| world.by_openid(&call.appid, o).is_none()) {
        return fail(49003);
    }
    for openid in &list {
        if let Some(chat) = world.chat_of(&call.appid, openid) {
            chat.blocked = blocked;
        }
    }
    Answer::ok()
}

/// `openid_list` of 1 to `max`.
pub(crate) fn openids(call: &Call, max: usize) -> Result<Vec<String>, Fail> {
    let list: Vec<String> = call
        .json
        .get("openid_list")
        .and_then(Value::as_array)
        .map(|l| l.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        .unwrap_or_default();
    if list.is_empty() || list.len() > max {
        return Err(Fail::from(40032));
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn pages_follow_each_other_and_end() {
        let all: Vec<String> = (0..25_000).map(|n| format!("o{n:06}")).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let (first, next) = page(&all, "");
        let (second, next2) = page(&all, &next);
        let (third, next3) = page(&all, &next2);
        assert_eq!((first.len(), second.len(), third.len()), (10_000, 10_000, 5_000));
        assert_eq!(second[0], "o010000");
        assert_eq!(page(&all, &next3), (vec![], String::new()));
    }
}
