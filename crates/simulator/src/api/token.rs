//! Access tokens of both kinds, and JS tickets (获取接口调用凭据, JS-SDK 附录).
//!
//! `/cgi-bin/token` and `/cgi-bin/stable_token` never invalidate each other. A new classic token ends the one before it
//! after five minutes; the stable token is renewed when five minutes are left, and the old one lives to its end.

use super::{Answer, Call, Fail, Outcome, fail};
use crate::world::World;
use base::Time;
use serde_json::{Value, json};
use std::collections::HashMap;

/// 强制刷新: at most this often a day, and this far apart.
const FORCE_A_DAY: usize = 20;
const FORCE_APART_MS: i64 = 30_000;
/// Shorter texts cannot be tokens: 40014 instead of 40001.
const TOKEN_CHARS_MIN: usize = 40;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Classic,
    Stable,
    Component,
    Authorizer,
}

#[derive(Debug)]
struct Issued {
    kind: TokenKind,
    appid: String,
    until: Time,
}

/// All tokens that were given out.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    issued: HashMap<String, Issued>,
    stable: HashMap<String, String>,
    forced: HashMap<String, Vec<Time>>,
    /// (appid, type) → ticket and its end.
    tickets: HashMap<(String, String), (String, Time)>,
}

impl World {
    /// Gives out a token of a kind. Tokens have 136 characters, as the newer ones do.
    pub(crate) fn issue(&mut self, kind: TokenKind, appid: &str) -> (String, i64) {
        let (now, life_s) = (self.now(), self.limits.token_life_s);
        // expired ones are known for another day, to be told from invented ones
        self.tokens.issued.retain(|_, t| now.since(t.until) < base::DAY_MS);
        let until = self.now().plus_ms(life_s * 1000);
        let token = format!("9{}_{}", self.random.below(10), self.random.hex(66));
        let issued = Issued { kind, appid: appid.to_owned(), until };
        self.tokens.issued.insert(token.clone(), issued);
        (token, life_s)
    }

    /// Ends the older tokens of a kind after the overlap.
    pub(crate) fn outdate(&mut self, kind: TokenKind, appid: &str) {
        let soon = self.now().plus_ms(self.limits.token_overlap_ms);
        for token in self.tokens.issued.values_mut() {
            if token.kind == kind && token.appid == appid {
                token.until = token.until.min(soon);
            }
        }
    }

    /// Kills an account's tokens at once.
    pub(crate) fn kill_tokens(&mut self, appid: &str) {
        self.tokens.issued.retain(|_, t| t.appid != appid);
        self.tokens.stable.remove(appid);
        self.tokens.tickets.retain(|(of, _), _| of != appid);
    }

    /// Kills an account's tokens of one kind at once.
    pub(crate) fn kill_kind(&mut self, kind: TokenKind, appid: &str) {
        self.tokens.issued.retain(|_, t| t.appid != appid || t.kind != kind);
    }

    /// Whose token it is.
    ///
    /// # Errors
    /// 40014 malformed, 40001 unknown, 42001 (42006 for a platform's) expired.
    pub(crate) fn whose(&self, token: &str) -> Result<(TokenKind, String), Fail> {
        if token.len() < TOKEN_CHARS_MIN {
            return Err(Fail::from(40014));
        }
        let known = self.tokens.issued.get(token).ok_or_else(|| Fail::from(40001))?;
        if known.until <= self.now() {
            let code = if known.kind == TokenKind::Component { 42006 } else { 42001 };
            return Err(Fail::from(code));
        }
        Ok((known.kind, known.appid.clone()))
    }

    fn check_secret(&self, appid: &str, secret: &str, ip: &str) -> Result<(), Fail> {
        if appid.is_empty() {
            return Err(Fail::from(41002));
        }
        if secret.is_empty() {
            return Err(Fail::from(41004));
        }
        let account = self.account(appid).map_err(|_| Fail::from(40013))?;
        if account.config.secret != secret {
            return Err(Fail::from(40125));
        }
        let list = &account.config.ip_whitelist;
        if !list.is_empty() && !list.iter().any(|known| known == ip) {
            let words = format!("invalid ip {ip} ipv6 ::ffff:{ip}, not in whitelist");
            return Err(Fail::saying(40164, words));
        }
        Ok(())
    }
}

fn granted(token: &str, expires_in: i64) -> Outcome {
    Ok(Answer::Json(json!({ "access_token": token, "expires_in": expires_in })))
}

pub(crate) fn classic(world: &mut World, call: &Call) -> Outcome {
    if call.param("grant_type") != "client_credential" {
        return fail(40002);
    }
    let appid = call.param("appid");
    world.check_secret(appid, call.param("secret"), &call.ip)?;
    world.count_path(appid, &call.path, 2_000)?;
    world.outdate(TokenKind::Classic, appid);
    let (token, life_s) = world.issue(TokenKind::Classic, appid);
    granted(&token, life_s)
}

pub(crate) fn stable(world: &mut World, call: &Call) -> Outcome {
    if call.text("grant_type") != "client_credential" {
        return fail(40002);
    }
    let appid = call.text("appid");
    world.check_secret(&appid, &call.text("secret"), &call.ip)?;
    world.count_path(&appid, &call.path, 500_000)?;
    let now = world.now();
    if call.json.get("force_refresh").and_then(Value::as_bool) == Some(true) {
        force(world, &appid, now)?;
    } else if let Some((token, left_s)) = current(world, &appid, now) {
        return granted(&token, left_s);
    }
    let (token, life_s) = world.issue(TokenKind::Stable, &appid);
    world.tokens.stable.insert(appid, token.clone());
    granted(&token, life_s)
}

/// The current stable token, unless it is so near its end that WeChat renews it.
fn current(world: &World, appid: &str, now: Time) -> Option<(String, i64)> {
    let token = world.tokens.stable.get(appid)?;
    let left_ms = world.tokens.issued.get(token)?.until.since(now);
    (left_ms > world.limits.token_overlap_ms).then(|| (token.clone(), left_ms / 1000))
}

fn force(world: &mut World, appid: &str, now: Time) -> Result<(), Fail> {
    let times = world.tokens.forced.entry(appid.to_owned()).or_default();
    times.retain(|t| t.china_day() == now.china_day());
    if times.len() >= FORCE_A_DAY {
        return Err(Fail::from(45009));
    }
    if times.last().is_some_and(|last| now.since(*last) < FORCE_APART_MS) {
        return Err(Fail::from(45011));
    }
    times.push(now);
    world.kill_kind(TokenKind::Stable, appid);
    Ok(())
}

/// `GET /cgi-bin/ticket/getticket`: the same ticket while it lives.
pub(crate) fn ticket(world: &mut World, call: &Call) -> Outcome {
    let kind = call.param("type").to_owned();
    if kind != "jsapi" && kind != "wx_card" {
        return fail(40097);
    }
    let (now, life_s) = (world.now(), world.limits.token_life_s);
    let fresh = format!("{}{}", world.random.hex(32), world.random.hex(11));
    let entry = world.tokens.tickets.entry((call.appid.clone(), kind)).or_default();
    if entry.1.since(now) <= 0 {
        *entry = (fresh, now.plus_ms(life_s * 1000));
    }
    let (ticket, left_s) = (&entry.0, entry.1.since(now) / 1000);
    Ok(Answer::Json(
        json!({ "errcode": 0, "errmsg": "ok", "ticket": ticket, "expires_in": left_s }),
    ))
}
