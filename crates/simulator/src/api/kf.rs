//! Customer-service accounts (客服账号): adding, changing, inviting the person behind one, listing.
//!
//! Needs an account with a 微信号 (else 65400): agents are called `prefix@微信号`.

use super::{Answer, Call, Fail, Outcome, fail, form};
use crate::desk::{Agent, Desk, Invite};
use crate::world::World;
use serde_json::{Value, json};

const AGENTS_MAX: usize = 100;
const PREFIX_CHARS_MAX: usize = 10;
const NICK_CHARS_MAX: usize = 16;
const INVITE_MS: i64 = base::DAY_MS;
/// One person answers for so many agents of an account at most.
const AGENTS_OF_ONE_MAX: usize = 5;
const HEAD_BYTES_MAX: usize = 2 << 20;

/// The desk, if the account may have one.
pub(super) fn desk<'w>(world: &'w mut World, call: &Call) -> Result<&'w mut Desk, Fail> {
    let account = world.account_mut(&call.appid).map_err(|_| Fail::from(40013))?;
    if account.config.alias.is_empty() { Err(Fail::from(65400)) } else { Ok(&mut account.desk) }
}

pub(super) fn agent<'w>(world: &'w mut World, call: &Call) -> Result<&'w mut Agent, Fail> {
    let name = match call.text("kf_account") {
        name if name.is_empty() => call.param("kf_account").to_owned(),
        name => name,
    };
    desk(world, call)?.agent_mut(&name).ok_or_else(|| Fail::from(65401))
}

fn nickname(call: &Call) -> Result<String, Fail> {
    let nick = call.text("nickname");
    let is_good = !nick.is_empty() && nick.chars().count() <= NICK_CHARS_MAX;
    if is_good { Ok(nick) } else { Err(Fail::from(65403)) }
}

pub(crate) fn add(world: &mut World, call: &Call) -> Outcome {
    let name = call.text("kf_account");
    let alias = world.account(&call.appid).map_err(|_| Fail::from(40013))?.config.alias.clone();
    let id = i64::try_from(world.next_id()).unwrap_or(0) + 1_000;
    let desk = desk(world, call)?;
    let (prefix, of) = name.split_once('@').unwrap_or((&name, ""));
    let is_word = |s: &str| s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if prefix.is_empty() || prefix.len() > PREFIX_CHARS_MAX || !is_word(prefix) || of != alias {
        return fail(65404);
    }
    let nick = nickname(call)?;
    if desk.agent(&name).is_some() {
        return fail(65406);
    }
    if desk.agents.len() >= AGENTS_MAX {
        return fail(65405);
    }
    desk.agents.push(Agent {
        account: name,
        nick,
        id,
        head_url: String::new(),
        wx: String::new(),
        invite: None,
        is_online: false,
        takes_itself: false,
    });
    world.desk_changed(&call.appid);
    Answer::ok()
}

pub(crate) fn update(world: &mut World, call: &Call) -> Outcome {
    let nick = nickname(call)?;
    agent(world, call)?.nick = nick;
    world.desk_changed(&call.appid);
    Answer::ok()
}

pub(crate) fn delete(world: &mut World, call: &Call) -> Outcome {
    let name = agent(world, call)?.account.clone();
    let desk = desk(world, call)?;
    desk.agents.retain(|a| a.account != name);
    desk.sessions.retain(|_, s| s.agent != name);
    world.desk_changed(&call.appid);
    Answer::ok()
}

pub(crate) fn head(world: &mut World, call: &Call) -> Outcome {
    agent(world, call)?;
    let file =
        form::file(&call.content_type, &call.body, "media").ok_or_else(|| Fail::from(41005))?;
    let file = super::files::checked(file, HEAD_BYTES_MAX, &["jpg", "jpeg"])?;
    let id =
        world.keep_forever(&call.appid, ("head", &file.content_type, &file.filename), file.bytes);
    let url = format!("{}/media/{id}", world.public_url);
    agent(world, call)?.head_url = url;
    Answer::ok()
}

/// Invites a person by 微信号 (here: a customer's id).
pub(crate) fn invite(world: &mut World, call: &Call) -> Outcome {
    let wx = call.text("invite_wx");
    if world.user(&wx).is_err() {
        return fail(65409);
    }
    let now = world.now();
    let of_one = desk(world, call)?.agents.iter().filter(|a| a.wx == wx).count();
    let agent = agent(world, call)?;
    if !agent.wx.is_empty() {
        return fail(if agent.wx == wx { 65407 } else { 65412 });
    }
    if let Some(open) = agent.invite.as_ref().filter(|i| i.until > now && !i.is_rejected) {
        return fail(if open.wx == wx { 65408 } else { 65411 });
    }
    if of_one >= AGENTS_OF_ONE_MAX {
        return fail(65410);
    }
    agent.invite = Some(Invite { wx, until: now.plus_ms(INVITE_MS), is_rejected: false });
    world.desk_changed(&call.appid);
    Answer::ok()
}

pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    let now = world.now();
    let show = |a: &Agent| {
        let mut shown = json!({
            "kf_account": a.account, "kf_nick": a.nick, "kf_id": a.id, "kf_headimgurl": a.head_url,
        });
        if !a.wx.is_empty() {
            shown["kf_wx"] = json!(a.wx);
        }
        if let Some(invite) = &a.invite {
            let status = match (invite.is_rejected, invite.until > now) {
                (true, _) => "rejected",
                (false, true) => "waiting",
                (false, false) => "expired",
            };
            shown["invite_wx"] = json!(invite.wx);
            shown["invite_expire_time"] = json!(invite.until.secs());
            shown["invite_status"] = json!(status);
        }
        shown
    };
    let all: Vec<Value> = desk(world, call)?.agents.iter().map(show).collect();
    Ok(Answer::Json(json!({ "kf_list": all })))
}

pub(crate) fn online(world: &mut World, call: &Call) -> Outcome {
    let desk = desk(world, call)?;
    let busy = |name: &str| desk.sessions.values().filter(|s| s.agent == name).count();
    let all: Vec<Value> = desk
        .agents
        .iter()
        .filter(|a| a.is_online)
        .map(|a| {
            let accepted = busy(&a.account);
            json!({ "kf_account": a.account, "status": 1, "kf_id": a.id, "accepted_case": accepted })
        })
        .collect();
    Ok(Answer::Json(json!({ "kf_online_list": all })))
}
