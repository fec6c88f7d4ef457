//! The third-party platform's own calls (第三方平台授权流程).

use super::token::TokenKind;
use super::{Answer, Call, Fail, Outcome, check_platform_ip, fail, number_of};
use crate::component::{Component, Granted};
use crate::config::AccountKind;
use crate::world::World;
use serde_json::{Value, json};

/// Pre-authorisation codes live this long.
const PRE_AUTH_LIFE_S: i64 = 1_800;
const LIST_MAX: i64 = 500;
/// (option, allowed values).
static OPTIONS: &[(&str, &[&str])] = &[
    ("location_report", &["0", "1", "2"]),
    ("voice_recognize", &["0", "1"]),
    ("customer_service", &["0", "1"]),
];

fn platform(world: &World) -> Result<&Component, Fail> {
    world.component.as_ref().ok_or_else(|| Fail::from(61011))
}
fn platform_mut(world: &mut World) -> Result<&mut Component, Fail> {
    world.component.as_mut().ok_or_else(|| Fail::from(61011))
}

fn check_self(world: &World, call: &Call) -> Result<(), Fail> {
    let named = call.text("component_appid");
    let is_self = named.is_empty() || platform(world)?.config.appid == named;
    if is_self { Ok(()) } else { Err(Fail::from(61011)) }
}

fn check_secret(world: &World, call: &Call, field: &str) -> Result<(), Fail> {
    let component = platform(world)?;
    if component.config.appid != call.text("component_appid") {
        return Err(Fail::from(40013));
    }
    if component.config.secret != call.text(field) {
        return Err(Fail::from(40125));
    }
    Ok(())
}

pub(crate) fn start_push_ticket(world: &mut World, call: &Call) -> Outcome {
    check_secret(world, call, "component_secret")?;
    let push = world.new_ticket().map_err(|_| Fail::from(61011))?;
    world.outbox.push(push);
    Answer::ok()
}

pub(crate) fn component_token(world: &mut World, call: &Call) -> Outcome {
    check_platform_ip(world, &call.ip)?;
    check_secret(world, call, "component_appsecret")?;
    let (now, life_ms) = (world.now(), world.limits.ticket_life_ms);
    let ticket = call.text("component_verify_ticket");
    let component = platform(world)?;
    let known = component.tickets.iter().find(|(t, _)| *t == ticket);
    let Some((_, issued)) = known else {
        return fail(61006);
    };
    if now.since(*issued) >= life_ms {
        return fail(61005);
    }
    let appid = component.config.appid.clone();
    world.count_path(&appid, &call.path, 2_000)?;
    world.outdate(TokenKind::Component, &appid);
    let (token, life_s) = world.issue(TokenKind::Component, &appid);
    Ok(Answer::Json(json!({ "component_access_token": token, "expires_in": life_s })))
}

pub(crate) fn pre_auth_code(world: &mut World, call: &Call) -> Outcome {
    check_self(world, call)?;
    let code = format!("preauthcode@@@{}", world.random.hex(32));
    let now = world.now();
    let component = platform_mut(world)?;
    component.pre_auth.retain(|_, end| *end > now);
    component.pre_auth.insert(code.clone(), now.plus_ms(PRE_AUTH_LIFE_S * 1000));
    Ok(Answer::Json(json!({ "pre_auth_code": code, "expires_in": PRE_AUTH_LIFE_S })))
}

fn func_info(sets: &[u32]) -> Value {
    sets.iter().map(|id| json!({ "funcscope_category": { "id": id } })).collect()
}

pub(crate) fn query_auth(world: &mut World, call: &Call) -> Outcome {
    check_self(world, call)?;
    let now = world.now();
    let component = platform_mut(world)?;
    let code = component
        .codes
        .get_mut(&call.text("authorization_code"))
        .filter(|c| !c.is_used)
        .ok_or_else(|| Fail::from(61009))?;
    if code.until <= now {
        return fail(61010);
    }
    code.is_used = true;
    let appid = code.appid.clone();
    let granted = granted(world, &appid)?.clone();
    world.outdate(TokenKind::Authorizer, &appid);
    let (token, life_s) = world.issue(TokenKind::Authorizer, &appid);
    Ok(Answer::Json(json!({
        "authorization_info": {
            "authorizer_appid": appid,
            "authorizer_access_token": token,
            "expires_in": life_s,
            "authorizer_refresh_token": granted.refresh_token,
            "func_info": func_info(&granted.sets),
        },
    })))
}

fn granted<'w>(world: &'w World, appid: &str) -> Result<&'w Granted, Fail> {
    platform(world)?.granted.get(appid).ok_or_else(|| Fail::from(61003))
}

pub(crate) fn authorizer_token(world: &mut World, call: &Call) -> Outcome {
    check_self(world, call)?;
    let appid = call.text("authorizer_appid");
    let granted = granted(world, &appid)?.clone();
    if granted.refresh_token != call.text("authorizer_refresh_token") {
        return fail(61023);
    }
    world.outdate(TokenKind::Authorizer, &appid);
    let (token, life_s) = world.issue(TokenKind::Authorizer, &appid);
    Ok(Answer::Json(json!({
        "authorizer_access_token": token,
        "expires_in": life_s,
        "authorizer_refresh_token": granted.refresh_token,
    })))
}

pub(crate) fn authorizer_info(world: &mut World, call: &Call) -> Outcome {
    check_self(world, call)?;
    let appid = call.text("authorizer_appid");
    let granted = granted(world, &appid)?;
    let account = &world.account(&appid).map_err(|_| Fail::from(40013))?.config;
    let kind = if account.kind == AccountKind::Service { 2 } else { 0 };
    let verified = if account.verified { 0 } else { -1 };
    Ok(Answer::Json(json!({
        "authorizer_info": {
            "nick_name": account.name,
            "head_img": "",
            "service_type_info": { "id": kind },
            "verify_type_info": { "id": verified },
            "user_name": account.original_id,
            "alias": account.alias,
            "qrcode_url": "",
            "business_info": { "open_pay": 0, "open_shake": 0, "open_scan": 0, "open_card": 0, "open_store": 0 },
            "idc": 1,
            "principal_name": account.principal,
            "signature": account.intro,
            "account_status": 1,
        },
        "authorization_info": {
            "authorizer_appid": appid,
            "authorizer_refresh_token": granted.refresh_token,
            "func_info": func_info(&granted.sets),
        },
    })))
}

pub(crate) fn authorizer_list(world: &mut World, call: &Call) -> Outcome {
    check_self(world, call)?;
    let count = number_of(&call.json, "count").unwrap_or(0);
    let offset = number_of(&call.json, "offset").and_then(|n| usize::try_from(n).ok());
    let (Some(offset), true) = (offset, (1..=LIST_MAX).contains(&count)) else {
        return fail(40170);
    };
    let all = &platform(world)?.granted;
    let page: Vec<Value> = all
        .iter()
        .skip(offset)
        .take(usize::try_from(count).unwrap_or(0))
        .map(|(appid, g)| {
            let at = g.at.secs();
            json!({ "authorizer_appid": appid, "refresh_token": g.refresh_token, "auth_time": at })
        })
        .collect();
    Ok(Answer::Json(json!({ "total_count": all.len(), "list": page })))
}

fn option(world: &World, call: &Call) -> Result<(String, String, &'static [&'static str]), Fail> {
    check_self(world, call)?;
    let (appid, name) = (call.text("authorizer_appid"), call.text("option_name"));
    granted(world, &appid)?;
    let (_, values) = OPTIONS.iter().find(|(n, _)| *n == name).ok_or_else(|| Fail::from(61012))?;
    Ok((appid, name, values))
}

pub(crate) fn get_option(world: &mut World, call: &Call) -> Outcome {
    let (appid, name, _) = option(world, call)?;
    let is_heard = world.account(&appid).is_ok_and(|a| a.config.voice_recognition);
    let set = platform(world)?.options.get(&(appid.clone(), name.clone())).cloned();
    let value = match name.as_str() {
        "voice_recognize" => i64::from(is_heard).to_string(),
        _ => set.unwrap_or_else(|| String::from("0")),
    };
    Ok(Answer::Json(
        json!({ "authorizer_appid": appid, "option_name": name, "option_value": value }),
    ))
}

pub(crate) fn set_option(world: &mut World, call: &Call) -> Outcome {
    let (appid, name, values) = option(world, call)?;
    let value = call.text("option_value");
    if !values.contains(&value.as_str()) {
        return fail(61013);
    }
    if name == "voice_recognize"
        && let Ok(account) = world.account_mut(&appid)
    {
        account.config.voice_recognition = value == "1";
    }
    platform_mut(world)?.options.insert((appid, name), value);
    Answer::ok()
}
