//! How often each account may call: per day (45009) and per minute (45011), and looking at or clearing the counters (openApi管理).

use super::table::{self, Api};
use super::{Answer, Call, Fail, Outcome, fail, text_of};
use crate::world::World;
use serde_json::json;
use std::collections::HashMap;

/// 清零 is allowed so often in a month.
const CLEAR_A_MONTH: u32 = 10;
const CLEAR_ONE_A_MONTH: u32 = 50;

#[derive(Debug, Default)]
struct Usage {
    day: i64,
    used: i64,
    /// Set by the control API, for today.
    limit: Option<i64>,
    minute: i64,
    in_minute: i64,
    /// Set by the control API, for this minute.
    minute_limit: Option<i64>,
}

/// Counters of every account and path.
#[derive(Debug, Default)]
pub(crate) struct Quotas {
    usage: HashMap<(String, String), Usage>,
    /// (appid, month) → clears of everything, of one path.
    clears: HashMap<(String, i64), (u32, u32)>,
}

impl World {
    fn usage(&mut self, appid: &str, path: &str) -> &mut Usage {
        let now = self.now();
        let usage = self.quotas.usage.entry((appid.to_owned(), path.to_owned())).or_default();
        if usage.day != now.china_day() {
            *usage = Usage { day: now.china_day(), ..Usage::default() };
        }
        let minute = now.secs() / 60;
        if usage.minute != minute {
            (usage.minute, usage.in_minute, usage.minute_limit) = (minute, 0, None);
        }
        usage
    }

    /// Counts one call.
    ///
    /// # Errors
    /// 45009, 45011.
    pub(crate) fn count(&mut self, appid: &str, api: &Api) -> Result<(), Fail> {
        self.count_path(appid, api.path, api.daily)
    }

    pub(crate) fn count_path(&mut self, appid: &str, path: &str, daily: i64) -> Result<(), Fail> {
        let daily = self.limits.daily.get(path).copied().unwrap_or(daily);
        let per_minute = self.limits.per_minute.get(path).copied().unwrap_or(0);
        let usage = self.usage(appid, path);
        let limit = usage.limit.unwrap_or(daily);
        if (limit > 0 || usage.limit.is_some()) && usage.used >= limit {
            return Err(Fail::from(45009));
        }
        let limit = usage.minute_limit.unwrap_or(per_minute);
        if (limit > 0 || usage.minute_limit.is_some()) && usage.in_minute >= limit {
            return Err(Fail::from(45011));
        }
        usage.used += 1;
        usage.in_minute += 1;
        Ok(())
    }

    /// Leaves only so many calls for today, or for this minute.
    pub(crate) fn set_left(
        &mut self,
        appid: &str,
        path: &str,
        day: Option<i64>,
        minute: Option<i64>,
    ) {
        let usage = self.usage(appid, path);
        if let Some(left) = day {
            usage.limit = Some(usage.used + left.max(0));
        }
        if let Some(left) = minute {
            usage.minute_limit = Some(usage.in_minute + left.max(0));
        }
    }

    fn clear_all(&mut self, appid: &str) -> Outcome {
        let (year, month, ..) = self.now().china();
        let clears = self.quotas.clears.entry((appid.to_owned(), year * 12 + month)).or_default();
        if clears.0 >= CLEAR_A_MONTH {
            return fail(48006);
        }
        clears.0 += 1;
        self.quotas.usage.retain(|(of, _), _| of != appid);
        Answer::ok()
    }
}

fn known_path(call: &Call) -> Result<(String, &'static Api), Fail> {
    let path = call.text("cgi_path");
    if !path.starts_with('/') {
        return Err(Fail::from(76003));
    }
    if path.starts_with("/sns/") {
        return Err(Fail::from(76022));
    }
    let api = table::find(&path).ok_or_else(|| Fail::from(76021))?;
    Ok((path, api))
}

pub(crate) fn get(world: &mut World, call: &Call) -> Outcome {
    let (path, api) = known_path(call)?;
    let daily = world.limits.daily.get(&path).copied().unwrap_or(api.daily);
    let per_minute = world.limits.per_minute.get(&path).copied().unwrap_or(0);
    let usage = world.usage(&call.appid, &path);
    let limit = usage.limit.unwrap_or(daily);
    Ok(Answer::Json(json!({
        "errcode": 0,
        "errmsg": "ok",
        "quota": { "daily_limit": limit, "used": usage.used, "remain": (limit - usage.used).max(0) },
        "rate_limit": { "call_count": per_minute, "refresh_second": 60 },
    })))
}

pub(crate) fn clear_one(world: &mut World, call: &Call) -> Outcome {
    let (path, _) = known_path(call)?;
    let (year, month, ..) = world.now().china();
    let key = (call.appid.clone(), year * 12 + month);
    let clears = world.quotas.clears.entry(key).or_default();
    if clears.1 >= CLEAR_ONE_A_MONTH {
        return fail(48006);
    }
    clears.1 += 1;
    world.quotas.usage.remove(&(call.appid.clone(), path));
    Answer::ok()
}

pub(crate) fn clear(world: &mut World, call: &Call) -> Outcome {
    if call.text("appid") != call.appid {
        return fail(40013);
    }
    world.clear_all(&call.appid)
}

pub(crate) fn clear_by_secret(world: &mut World, call: &Call) -> Outcome {
    let pick = |name| {
        let value = call.param(name);
        if value.is_empty() { call.text(name) } else { value.to_owned() }
    };
    let (appid, secret) = (pick("appid"), pick("appsecret"));
    let account = world.account(&appid).map_err(|_| Fail::from(40013))?;
    if account.config.secret != secret {
        return fail(40125);
    }
    world.clear_all(&appid)
}

pub(crate) fn clear_by_platform(world: &mut World, call: &Call) -> Outcome {
    let component = world.component.as_ref().ok_or_else(|| Fail::from(61011))?;
    if component.config.appid != call.text("component_appid") {
        return fail(61011);
    }
    if component.config.secret != call.text("appsecret") {
        return fail(40125);
    }
    let appid = call.text("appid");
    if !component.is_authorized(&appid) {
        return fail(61003);
    }
    world.clear_all(&appid)
}

/// `rid/get`: what a call looked like, for the same account only.
pub(crate) fn rid(world: &mut World, call: &Call) -> Outcome {
    let rid = text_of(&call.json, "rid");
    let found = world.exchanges.by_rid(&rid).filter(|e| !rid.is_empty() && e.appid == call.appid);
    let Some(e) = found else { return fail(76001) };
    Ok(Answer::Json(json!({
        "errcode": 0,
        "errmsg": "ok",
        "request": {
            "invoke_time": e.at_ms / 1000,
            "cost_in_ms": e.elapsed_ms,
            "request_url": e.url,
            "request_body": e.request_body,
            "response_body": e.response_body,
            "client_ip": call.ip,
        },
    })))
}
