//! Customer-service sessions (会话控制) and chat records (聊天记录).

use super::kf::{agent, desk};
use super::{Answer, Call, Fail, Outcome, fail, number_of, uid_of};
use crate::desk::Record;
use crate::world::World;
use serde_json::{Value, json};

const WAITING_MAX: usize = 100;
const RECORDS_MAX: i64 = 10_000;
const RECORDS_SPAN_S: i64 = 24 * 60 * 60;

pub(crate) fn create(world: &mut World, call: &Call) -> Outcome {
    let uid = uid_of(world, call, &call.text("openid"))?;
    let now = world.now();
    let agent = agent(world, call)?.clone();
    if agent.wx.is_empty() {
        return fail(65402);
    }
    match desk(world, call)?.talking(&uid, now) {
        Some(open) if open.agent == agent.account => return Answer::ok(),
        Some(_) => return fail(65414),
        None => {}
    }
    if !agent.is_online {
        return fail(65415);
    }
    world.open_session(&call.appid, &uid, &agent.account).map_err(|_| Fail::from(40003))?;
    Answer::ok()
}

pub(crate) fn close(world: &mut World, call: &Call) -> Outcome {
    let uid = uid_of(world, call, &call.text("openid"))?;
    let agent = agent(world, call)?.account.clone();
    if desk(world, call)?.sessions.get(&uid).is_none_or(|s| s.agent != agent) {
        return fail(65413);
    }
    world.close_session(&call.appid, &uid).map_err(|_| Fail::from(65413))?;
    Answer::ok()
}

pub(crate) fn of_customer(world: &mut World, call: &Call) -> Outcome {
    let uid = uid_of(world, call, call.param("openid"))?;
    let open = desk(world, call)?.sessions.get(&uid);
    let (since, agent) = open.map_or((0, ""), |s| (s.since.secs(), s.agent.as_str()));
    Ok(Answer::Json(json!({ "createtime": since, "kf_account": agent })))
}

fn openid(world: &mut World, call: &Call, uid: &str) -> String {
    world.chat(&call.appid, uid).openid.clone()
}

pub(crate) fn of_agent(world: &mut World, call: &Call) -> Outcome {
    let agent = agent(world, call)?.account.clone();
    let sessions = desk(world, call)?.sessions.clone();
    let mine = sessions.iter().filter(|(_, s)| s.agent == agent);
    let list: Vec<Value> = mine
        .map(|(uid, s)| json!({ "createtime": s.since.secs(), "openid": openid(world, call, uid) }))
        .collect();
    Ok(Answer::Json(json!({ "sessionlist": list })))
}

pub(crate) fn waiting(world: &mut World, call: &Call) -> Outcome {
    let waiting = desk(world, call)?.waiting.clone();
    let mut by_time: Vec<_> = waiting.iter().collect();
    by_time.sort_by_key(|(_, at)| **at);
    let list: Vec<Value> = by_time
        .into_iter()
        .take(WAITING_MAX)
        .map(|(uid, at)| json!({ "latest_time": at.secs(), "openid": openid(world, call, uid) }))
        .collect();
    Ok(Answer::Json(json!({ "count": waiting.len(), "waitcaselist": list })))
}

/// `getmsglist`: `msgid` begins at 1 and goes on from the one given back.
pub(crate) fn records(world: &mut World, call: &Call) -> Outcome {
    let number = |name| number_of(&call.json, name);
    let (Some(from), Some(to)) = (number("starttime"), number("endtime")) else {
        return fail(65416);
    };
    if to <= from || to - from > RECORDS_SPAN_S {
        return fail(65417);
    }
    let (first, count) = (number("msgid").unwrap_or(0), number("number").unwrap_or(0));
    if first < 1 || !(1..=RECORDS_MAX).contains(&count) {
        return fail(65416);
    }
    let size = |n: i64| usize::try_from(n).unwrap_or(0);
    let is_within = |r: &&Record| (from..to).contains(&r.at.secs());
    let all: Vec<Record> = desk(world, call)?.records.iter().filter(is_within).cloned().collect();
    let page: Vec<Value> = all
        .iter()
        .skip(size(first - 1))
        .take(size(count))
        .map(|r| {
            let openid = openid(world, call, &r.uid);
            json!({
                "openid": openid, "opercode": r.code, "text": r.text, "time": r.at.secs(),
                "worker": r.agent,
            })
        })
        .collect();
    let next = first + i64::try_from(page.len()).unwrap_or(0);
    Ok(Answer::Json(json!({ "number": page.len(), "msgid": next, "recordlist": page })))
}
