//! Menus (自定义菜单): the default one, conditional ones, and which of them a customer sees.

use super::{Answer, Call, Fail, Outcome, fail, number_of, text_of};
use crate::world::{Account, Conditional, World};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const TOP_MAX: usize = 3;
const SUB_MAX: usize = 5;
const TOP_NAME_BYTES_MAX: usize = 16;
const SUB_NAME_BYTES_MAX: usize = 60;
const KEY_BYTES_MAX: usize = 128;
const URL_BYTES_MAX: usize = 1_024;
const DOMAINS_MAX: usize = 3;

/// Codes of one level: count, type, name, key, url, domain.
struct Level {
    is_top: bool,
    codes: [i64; 6],
}

const TOP: Level = Level { is_top: true, codes: [40016, 40017, 40018, 40019, 40020, 40055] };
const SUB: Level = Level { is_top: false, codes: [40023, 40024, 40025, 40026, 40027, 40054] };

fn check(body: &Value) -> Result<Value, Fail> {
    let buttons = body.get("button").and_then(Value::as_array).ok_or_else(|| Fail::from(40016))?;
    if buttons.is_empty() || buttons.len() > TOP_MAX {
        return Err(Fail::from(40016));
    }
    for button in buttons {
        check_button(button, &TOP)?;
    }
    Ok(json!({ "button": buttons }))
}

fn check_button(button: &Value, level: &Level) -> Result<(), Fail> {
    let [count, kind_code, name_code, key_code, url_code, domain_code] = level.codes;
    let name = text_of(button, "name");
    let max = if level.is_top { TOP_NAME_BYTES_MAX } else { SUB_NAME_BYTES_MAX };
    if name.is_empty() || name.len() > max {
        return Err(Fail::from(name_code));
    }
    let subs = button.get("sub_button").and_then(Value::as_array).filter(|s| !s.is_empty());
    if let Some(subs) = subs {
        if !level.is_top {
            return Err(Fail::from(count));
        }
        if subs.len() > SUB_MAX {
            return Err(Fail::from(SUB.codes[0]));
        }
        return subs.iter().try_for_each(|sub| check_button(sub, &SUB));
    }
    let (key, url) = (text_of(button, "key"), text_of(button, "url"));
    let bad_key = key.is_empty() || key.len() > KEY_BYTES_MAX;
    let bad_url = url.is_empty() || url.len() > URL_BYTES_MAX;
    match text_of(button, "type").as_str() {
        "click" | "scancode_push" | "scancode_waitmsg" | "pic_sysphoto" | "pic_photo_or_album"
        | "pic_weixin" | "location_select"
            if bad_key =>
        {
            Err(Fail::from(key_code))
        }
        "view" | "miniprogram" if bad_url => Err(Fail::from(url_code)),
        "view" | "miniprogram" if crate::text::host(&url).is_none() => Err(Fail::from(domain_code)),
        "click"
        | "scancode_push"
        | "scancode_waitmsg"
        | "pic_sysphoto"
        | "pic_photo_or_album"
        | "pic_weixin"
        | "location_select"
        | "view"
        | "miniprogram"
        | "media_id"
        | "view_limited"
        | "article_id"
        | "article_view_limited" => Ok(()),
        _ => Err(Fail::from(kind_code)),
    }
}

pub(crate) fn create(world: &mut World, call: &Call) -> Outcome {
    let menu = check(&call.json)?;
    account(world, call)?.menu = Some(menu);
    world.menu_changed(&call.appid);
    Answer::ok()
}

fn account<'w>(world: &'w mut World, call: &Call) -> Result<&'w mut Account, Fail> {
    world.account_mut(&call.appid).map_err(|_| Fail::from(40013))
}

pub(crate) fn get(world: &mut World, call: &Call) -> Outcome {
    let account = account(world, call)?;
    let Some(menu) = &account.menu else {
        return fail(46003);
    };
    let mut answer = json!({ "menu": menu });
    if !account.conditional.is_empty() {
        let list: Vec<Value> = account
            .conditional
            .iter()
            .map(|c| json!({ "button": c.menu["button"], "matchrule": c.rule, "menuid": c.id }))
            .collect();
        answer["conditionalmenu"] = Value::Array(list);
    }
    Ok(Answer::Json(answer))
}

pub(crate) fn delete(world: &mut World, call: &Call) -> Outcome {
    let account = account(world, call)?;
    account.menu = None;
    account.conditional.clear();
    world.menu_changed(&call.appid);
    Answer::ok()
}

pub(crate) fn current(world: &mut World, call: &Call) -> Outcome {
    let account = account(world, call)?;
    let Some(menu) = &account.menu else {
        return Ok(Answer::Json(json!({ "is_menu_open": 0 })));
    };
    let mut menu = menu.clone();
    for button in menu["button"].as_array_mut().into_iter().flatten() {
        if let Some(subs) = button.get("sub_button").cloned() {
            button["sub_button"] = json!({ "list": subs });
        }
    }
    Ok(Answer::Json(json!({ "is_menu_open": 1, "selfmenu_info": menu })))
}

pub(crate) fn add_conditional(world: &mut World, call: &Call) -> Outcome {
    let menu = check(&call.json)?;
    let rule = call.json.get("matchrule").cloned().unwrap_or(Value::Null);
    let has = |name: &&str| !text_of(&rule, name).is_empty();
    if ["sex", "country", "province", "city", "language"].iter().any(has) {
        return fail(65320);
    }
    if !["tag_id", "group_id", "client_platform_type"].iter().any(has) {
        return fail(65304);
    }
    let id = i64::try_from(world.next_id()).unwrap_or(0) + 400_000_000;
    let account = account(world, call)?;
    if account.menu.is_none() {
        return fail(65303);
    }
    let mut domains: BTreeSet<String> = BTreeSet::new();
    account
        .conditional
        .iter()
        .map(|c| &c.menu)
        .chain([&menu])
        .for_each(|m| collect(m, &mut domains));
    if domains.len() > DOMAINS_MAX {
        return fail(65316);
    }
    account.conditional.push(Conditional { id, menu, rule });
    world.menu_changed(&call.appid);
    Ok(Answer::Json(json!({ "menuid": id.to_string() })))
}

fn collect(menu: &Value, domains: &mut BTreeSet<String>) {
    for button in menu["button"].as_array().into_iter().flatten() {
        let subs = button.get("sub_button").and_then(Value::as_array).into_iter().flatten();
        for one in subs.chain([button]) {
            domains.extend(crate::text::host(&text_of(one, "url")).map(str::to_owned));
        }
    }
}

pub(crate) fn delete_conditional(world: &mut World, call: &Call) -> Outcome {
    let id = number_of(&call.json, "menuid");
    let account = account(world, call)?;
    let before = account.conditional.len();
    account.conditional.retain(|c| Some(c.id) != id);
    if account.conditional.len() == before {
        return fail(65301);
    }
    world.menu_changed(&call.appid);
    Answer::ok()
}

pub(crate) fn try_match(world: &mut World, call: &Call) -> Outcome {
    let openid = call.text("user_id");
    let Some(uid) = world.by_openid(&call.appid, &openid) else {
        return fail(65302);
    };
    match world.menu_of(&call.appid, uid).0 {
        Some(menu) => Ok(Answer::Json(menu)),
        None => fail(46003),
    }
}

impl World {
    pub(crate) fn menu_changed(&mut self, appid: &str) {
        self.news.push(json!({ "kind": "menu", "appid": appid }));
    }

    /// The menu a customer sees, and its id when it is a conditional one: the newest whose rule fits, else the default.
    /// The simulated phones are neither iOS nor Android, that is platform type 3.
    pub(crate) fn menu_of(&self, appid: &str, uid: &str) -> (Option<Value>, Option<String>) {
        let Ok(account) = self.account(appid) else {
            return (None, None);
        };
        let chat = self.chats.get(&(appid.to_owned(), uid.to_owned()));
        let last_tag = chat.and_then(|c| c.tags.last().copied());
        let fits = |rule: &Value| {
            let tag = number_of(rule, "tag_id").or_else(|| number_of(rule, "group_id"));
            let platform = text_of(rule, "client_platform_type");
            tag.is_none_or(|t| Some(t) == last_tag) && (platform.is_empty() || platform == "3")
        };
        match account.conditional.iter().rev().find(|c| fits(&c.rule)) {
            Some(c) => (Some(c.menu.clone()), Some(c.id.to_string())),
            None => (account.menu.clone(), None),
        }
    }
}
