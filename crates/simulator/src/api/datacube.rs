//! Statistics (数据统计): followers, messages and callbacks by day, of what really happened here.
//!
//! A day's figures are there from eight the next morning; each call has its own longest span. Not for: articles
//! ([`super::readers`]).

use super::{Answer, Call, Fail, Outcome, fail};
use crate::diary::{Day, Sent};
use crate::world::World;
use base::{DAY_MS, Time};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Yesterday is counted from this hour on.
const READY_HOUR: i64 = 8;

/// The last day that is counted by now.
pub(super) fn counted_until(now: Time) -> i64 {
    let is_ready = now.china().3 >= READY_HOUR;
    now.china_day() - if is_ready { 1 } else { 2 }
}

/// The days a call asks for, oldest first, each with its date.
pub(super) fn days(world: &World, call: &Call, longest: i64) -> Result<Vec<(i64, String)>, Fail> {
    let (begin, end) = (date(&call.text("begin_date"))?, date(&call.text("end_date"))?);
    let (now, first) = (world.now(), Time::of_china_date(2014, 12, 1).china_day());
    if end < begin || end - begin >= longest || begin < first || end >= now.china_day() {
        return Err(Fail::from(61_501));
    }
    if end > counted_until(now) {
        return Err(Fail::from(61_503));
    }
    Ok((begin..=end).map(|day| (day, date_of(day))).collect())
}

/// China's day as `2026-11-23`.
pub(super) fn date_of(day: i64) -> String {
    let zero = Time::of_china_date(2014, 12, 1);
    let (y, m, d, ..) = zero.plus_ms((day - zero.china_day()) * DAY_MS).china();
    format!("{y:04}-{m:02}-{d:02}")
}

/// `2026-11-23` as China's day.
fn date(text: &str) -> Result<i64, Fail> {
    let bad = || Fail::from(61_500);
    let parts: Vec<&str> = text.split('-').collect();
    let [y, m, d] = parts[..] else { return Err(bad()) };
    let is_shaped = (y.len(), m.len(), d.len()) == (4, 2, 2)
        && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let number = |s: &str| s.parse::<i64>().map_err(|_| bad());
    let (y, m, d) = (number(y)?, number(m)?, number(d)?);
    if !is_shaped || !(1..=12).contains(&m) || !(1..=31).contains(&d) {
        return Err(bad());
    }
    let time = Time::of_china_date(y, m, d);
    let (_, month, day, ..) = time.china();
    if (month, day) == (m, d) { Ok(time.china_day()) } else { Err(bad()) }
}

/// The rows that `of` makes of each day on which something happened.
pub(super) fn rows(
    world: &World,
    call: &Call,
    longest: i64,
    of: impl Fn(&Day, &str) -> Vec<Value>,
) -> Outcome {
    let mut list = vec![];
    for (day, date) in days(world, call, longest)? {
        if let Some(day) = world.diary.day(&call.appid, day) {
            list.extend(of(day, &date));
        }
    }
    Ok(Answer::Json(json!({ "list": list })))
}

pub(crate) fn user_summary(world: &mut World, call: &Call) -> Outcome {
    rows(world, call, 7, |day, date| {
        let row = |source: i64| {
            let of = |counts: &BTreeMap<i64, i64>| counts.get(&source).copied().unwrap_or(0);
            json!({ "ref_date": date, "user_source": source,
                    "new_user": of(&day.came), "cancel_user": of(&day.went) })
        };
        day.sources().into_iter().map(row).collect()
    })
}

/// All who followed at the end of each day.
pub(crate) fn user_cumulate(world: &mut World, call: &Call) -> Outcome {
    let now = i64::try_from(world.followers(&call.appid).len()).unwrap_or(i64::MAX);
    let row = |(day, date): (i64, String)| {
        let then = now - world.diary.gained_after(&call.appid, day);
        json!({ "ref_date": date, "user_source": 0, "cumulate_user": then })
    };
    let list: Vec<Value> = days(world, call, 7)?.into_iter().map(row).collect();
    Ok(Answer::Json(json!({ "list": list })))
}

pub(crate) fn messages(world: &mut World, call: &Call) -> Outcome {
    rows(world, call, 7, |day, date| by_kind(&day.sent, date))
}

/// Weeks and months stand under their first day, once their last is counted.
pub(crate) fn messages_by_week(world: &mut World, call: &Call) -> Outcome {
    periods(world, call, is_monday, by_kind)
}

pub(crate) fn messages_by_month(world: &mut World, call: &Call) -> Outcome {
    periods(world, call, is_first, by_kind)
}

pub(crate) fn messages_by_hour(world: &mut World, call: &Call) -> Outcome {
    rows(world, call, 1, |day, date| {
        let row = |((hour, kind), by): (&(i64, i64), &BTreeMap<String, i64>)| {
            json!({ "ref_date": date, "ref_hour": hour * 100, "msg_type": kind,
                    "msg_user": by.len(), "msg_count": by.values().sum::<i64>() })
        };
        day.sent.iter().map(row).collect()
    })
}

pub(crate) fn messages_spread(world: &mut World, call: &Call) -> Outcome {
    rows(world, call, 15, |day, date| spread(&day.sent, date))
}

pub(crate) fn messages_spread_by_week(world: &mut World, call: &Call) -> Outcome {
    periods(world, call, is_monday, spread)
}

pub(crate) fn messages_spread_by_month(world: &mut World, call: &Call) -> Outcome {
    periods(world, call, is_first, spread)
}

fn by_kind(sent: &Sent, date: &str) -> Vec<Value> {
    let mut kinds: BTreeMap<i64, BTreeMap<&str, i64>> = BTreeMap::new();
    for ((_, kind), by) in sent {
        for (uid, n) in by {
            *kinds.entry(*kind).or_default().entry(uid).or_default() += n;
        }
    }
    let row = |(kind, by): (i64, BTreeMap<&str, i64>)| {
        json!({ "ref_date": date, "msg_type": kind, "msg_user": by.len(),
                "msg_count": by.values().sum::<i64>() })
    };
    kinds.into_iter().map(row).collect()
}

/// How many customers sent 1 to 5, 6 to 10, and more messages.
fn spread(sent: &Sent, date: &str) -> Vec<Value> {
    let mut by: BTreeMap<&str, i64> = BTreeMap::new();
    for (uid, n) in sent.values().flatten() {
        *by.entry(uid).or_default() += n;
    }
    let mut spread: BTreeMap<i64, i64> = BTreeMap::new();
    for n in by.into_values() {
        let interval = if n <= 5 {
            1
        } else if n <= 10 {
            2
        } else {
            3
        };
        *spread.entry(interval).or_default() += 1;
    }
    let row = |(interval, users): (i64, i64)| json!({ "ref_date": date, "count_interval": interval, "msg_user": users });
    spread.into_iter().map(row).collect()
}

/// 1970-01-05 was one.
fn is_monday(day: i64) -> bool {
    (day - 4).rem_euclid(7) == 0
}

fn is_first(day: i64) -> bool {
    date_of(day).ends_with("-01")
}

/// The rows of all weeks or months that begin on a day asked for; `begins` says where one does.
fn periods(
    world: &World,
    call: &Call,
    begins: fn(i64) -> bool,
    of: fn(&Sent, &str) -> Vec<Value>,
) -> Outcome {
    let mut list = vec![];
    for (first, date) in days(world, call, 30)?.into_iter().filter(|(day, _)| begins(*day)) {
        let next = (first + 1..).find(|day| begins(*day)).unwrap_or(i64::MAX);
        if next - 1 > counted_until(world.now()) {
            continue;
        }
        let mut all = Sent::new();
        let each = (first..next).filter_map(|day| world.diary.day(&call.appid, day));
        for (of_what, by) in each.flat_map(|day| &day.sent) {
            let sums = all.entry(*of_what).or_default();
            for (uid, n) in by {
                *sums.entry(uid.clone()).or_default() += n;
            }
        }
        list.extend(of(&all, &date));
    }
    Ok(Answer::Json(json!({ "list": list })))
}

/// How the account's server answered, as WeChat saw it.
pub(crate) fn callbacks(world: &mut World, call: &Call) -> Outcome {
    rows(world, call, 30, |day, date| {
        if day.answered.is_empty() {
            return vec![];
        }
        let sum = |f: fn(&crate::diary::Answered) -> i64| day.answered.values().map(f).sum::<i64>();
        let longest = day.answered.values().map(|h| h.longest_ms).max();
        vec![
            json!({ "ref_date": date, "callback_count": sum(|h| h.count), "fail_count": sum(|h| h.failed),
                     "total_time_cost": sum(|h| h.total_ms), "max_time_cost": longest }),
        ]
    })
}

pub(crate) fn callbacks_by_hour(world: &mut World, call: &Call) -> Outcome {
    rows(world, call, 1, |day, date| {
        let row = |(hour, h): (&i64, &crate::diary::Answered)| {
            json!({ "ref_date": date, "ref_hour": hour * 100, "callback_count": h.count,
                    "fail_count": h.failed, "total_time_cost": h.total_ms, "max_time_cost": h.longest_ms })
        };
        day.answered.iter().map(row).collect()
    })
}

/// Content security (内容安全) is for mini programs: an Official Account's token is refused.
pub(crate) fn mini_program_only(_: &mut World, _: &Call) -> Outcome {
    fail(48001)
}
