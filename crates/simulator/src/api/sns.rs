//! Web login's server side (网页授权, and 代公众号发起网页授权): codes for tokens, and what a token shows.

use super::token::TokenKind;
use super::{Answer, Call, Fail, Outcome, fail};
use crate::oauth::{Code, LoginToken};
use crate::world::World;
use serde_json::{Value, json};

/// A code works this long.
const CODE_LIFE_MS: i64 = 5 * 60_000;
const TOKEN_LIFE_S: i64 = 7_200;
const REFRESH_LIFE_MS: i64 = 30 * base::DAY_MS;

pub(crate) fn access_token(world: &mut World, call: &Call) -> Outcome {
    check_grant(call, "authorization_code")?;
    let account = world.account(call.param("appid")).map_err(|_| Fail::from(40013))?;
    if account.config.secret != call.param("secret") {
        return fail(40125);
    }
    exchange(world, call, "")
}

pub(crate) fn component_access_token(world: &mut World, call: &Call) -> Outcome {
    check_grant(call, "authorization_code")?;
    let component = check_platform(world, call)?;
    exchange(world, call, &component)
}

fn check_grant(call: &Call, wanted: &str) -> Result<(), Fail> {
    if call.param("grant_type") == wanted { Ok(()) } else { Err(Fail::from(40002)) }
}

fn check_platform(world: &World, call: &Call) -> Result<String, Fail> {
    let given = call
        .query
        .get("component_access_token")
        .or_else(|| call.query.get("access_token"))
        .ok_or_else(|| Fail::from(41001))?;
    let (kind, appid) = world.whose(given)?;
    if kind != TokenKind::Component {
        return Err(Fail::from(61014));
    }
    if appid != call.param("component_appid") {
        return Err(Fail::from(61011));
    }
    super::check_platform_ip(world, &call.ip)?;
    let component = world.component.as_ref().ok_or_else(|| Fail::from(61011))?;
    if !component.is_authorized(call.param("appid")) {
        return Err(Fail::from(61003));
    }
    Ok(appid)
}

fn exchange(world: &mut World, call: &Call, component: &str) -> Outcome {
    let now = world.now();
    let code = call.param("code");
    if code.is_empty() {
        return fail(41008);
    }
    let fits = |c: &&mut Code| {
        c.appid == call.param("appid") && c.component == component && now.since(c.at) < CODE_LIFE_MS
    };
    let known = world.logins.codes.get_mut(code).filter(fits).ok_or_else(|| Fail::from(40029))?;
    if known.is_used {
        return fail(40163);
    }
    known.is_used = true;
    let known = known.clone();
    let login = LoginToken {
        appid: known.appid,
        component: known.component,
        openid: known.openid,
        uid: known.uid,
        scope: known.scope,
        is_snapshot: known.is_snapshot,
        until: now.plus_ms(TOKEN_LIFE_S * 1000),
        refresh_until: now.plus_ms(REFRESH_LIFE_MS),
    };
    Ok(Answer::Json(world.give_login(login)))
}

impl World {
    fn give_login(&mut self, login: LoginToken) -> Value {
        let (token, refresh) =
            (format!("9{}", self.random.hex(60)), format!("8{}", self.random.hex(60)));
        let mut answer = json!({
            "access_token": token,
            "expires_in": TOKEN_LIFE_S,
            "refresh_token": refresh,
            "openid": login.openid,
            "scope": login.scope,
        });
        if login.is_snapshot {
            answer["is_snapshotuser"] = json!(1);
        }
        let now = self.now();
        // ended ones are known for another day, to be told from invented ones
        let is_known = |t: &LoginToken| now.since(t.refresh_until) < base::DAY_MS;
        self.logins.tokens.retain(|_, t| is_known(t));
        let tokens = &self.logins.tokens;
        self.logins.refresh.retain(|_, token| tokens.contains_key(token));
        self.logins.refresh.insert(refresh, token.clone());
        self.logins.tokens.insert(token, login);
        answer
    }
}

pub(crate) fn refresh_token(world: &mut World, call: &Call) -> Outcome {
    refresh(world, call, "")
}

pub(crate) fn component_refresh_token(world: &mut World, call: &Call) -> Outcome {
    let component = check_platform(world, call)?;
    refresh(world, call, &component)
}

fn refresh(world: &mut World, call: &Call, component: &str) -> Outcome {
    check_grant(call, "refresh_token")?;
    let now = world.now();
    let token = world.logins.refresh.get(call.param("refresh_token")).cloned();
    let token = token.ok_or_else(|| Fail::from(40030))?;
    let login = world.logins.tokens.get(&token).cloned().ok_or_else(|| Fail::from(40030))?;
    if login.appid != call.param("appid") || login.component != component {
        return fail(40030);
    }
    if login.refresh_until <= now {
        return fail(42002);
    }
    let login = LoginToken { until: now.plus_ms(TOKEN_LIFE_S * 1000), ..login };
    Ok(Answer::Json(world.give_login(login)))
}

fn login<'w>(world: &'w World, call: &Call) -> Result<&'w LoginToken, Fail> {
    let token = call.param("access_token");
    let login = world.logins.tokens.get(token).ok_or_else(|| Fail::from(40001))?;
    if login.openid != call.param("openid") {
        return Err(Fail::from(40003));
    }
    if login.until <= world.now() {
        return Err(Fail::from(42001));
    }
    Ok(login)
}

pub(crate) fn userinfo(world: &mut World, call: &Call) -> Outcome {
    let login = login(world, call)?;
    if login.scope != "snsapi_userinfo" {
        return fail(48001);
    }
    let nickname = if login.is_snapshot {
        String::from("微信用户")
    } else {
        world.user(&login.uid).map(|u| u.name.clone()).unwrap_or_default()
    };
    Ok(Answer::Json(json!({
        "openid": login.openid, "nickname": nickname, "sex": 0, "language": "", "city": "",
        "province": "", "country": "", "headimgurl": "", "privilege": [],
    })))
}

pub(crate) fn auth(world: &mut World, call: &Call) -> Outcome {
    login(world, call)?;
    Answer::ok()
}
