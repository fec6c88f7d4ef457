//! Statistics of articles (图文分析): who read what that was sent or published here.
//!
//! A reader is known by the phone it is read on; whoever opens the address elsewhere counts as one more. Nobody here shares an
//! article, keeps it, or goes on to its original, so those figures are 0. Not for: what an article says.

use super::datacube::{date_of, days, rows};
use super::{Answer, Call, Outcome};
use crate::diary::{Day, Readers};
use crate::press::{SendState, field};
use crate::world::World;
use serde_json::{Value, json};

/// An article that fewer readers and shares together than this came to is left out of a day's list.
const SEEN_MIN: usize = 3;
/// Totals go on for so many days.
const TOTAL_DAYS: i64 = 7;
/// 公众号会话, 其他, 全部.
const BY_CHAT: i64 = 0;
const BY_OTHERS: i64 = 5;
const BY_ALL: i64 = 99_999_999;

/// An article of a mass send, as the statistics name it.
struct Sent {
    /// `{msg_data_id}_{index}`
    msgid: String,
    title: String,
    slug: String,
    day: i64,
    reached: usize,
}

fn sent(world: &World, call: &Call) -> Vec<Sent> {
    let Ok(account) = world.account(&call.appid) else { return vec![] };
    let done = |state| matches!(state, SendState::Sent | SendState::Deleted);
    let sends = account.press.sends.iter().filter(|s| done(s.state));
    let articles = sends.flat_map(|send| {
        send.pages.iter().enumerate().map(|(at, slug)| Sent {
            msgid: format!("{}_{}", send.id, at + 1),
            title: world.pages.get(slug).map(|p| field(&p.article, "title")).unwrap_or_default(),
            slug: slug.clone(),
            day: send.at.china_day(),
            reached: send.reached,
        })
    });
    articles.collect()
}

/// Readers and readings; of a channel, or of all.
fn figures(readers: &Readers, is_counted: impl Fn(&str) -> bool) -> (usize, i64) {
    let of: Vec<i64> = readers.iter().filter(|(who, _)| is_counted(who)).map(|(_, n)| *n).collect();
    (of.len(), of.iter().sum())
}

/// Whoever read on no phone of ours.
fn is_elsewhere(who: &str) -> bool {
    who.is_empty()
}

fn with_figures(mut row: Value, readers: &Readers, is_counted: impl Fn(&str) -> bool) -> Value {
    let (users, count) = figures(readers, is_counted);
    for (name, value) in
        [("int_page_read_user", json!(users)), ("int_page_read_count", json!(count))]
    {
        row[name] = value;
    }
    for name in [
        "ori_page_read_user",
        "ori_page_read_count",
        "share_user",
        "share_count",
        "add_to_fav_user",
        "add_to_fav_count",
    ] {
        row[name] = json!(0);
    }
    row
}

fn merge(into: &mut Readers, more: &Readers) {
    for (who, n) in more {
        *into.entry(who.clone()).or_default() += n;
    }
}

/// Readers of a page on a day.
fn of_page(day: &Day, slug: &str) -> Readers {
    let mut all = Readers::new();
    day.read
        .iter()
        .filter(|((_, page), _)| page == slug)
        .for_each(|(_, more)| merge(&mut all, more));
    all
}

/// `getarticlesummary`: what of all mass sends was read on a day.
pub(crate) fn by_article(world: &mut World, call: &Call) -> Outcome {
    let sent = sent(world, call);
    rows(world, call, 1, |day, date| {
        let row = |one: &Sent| {
            let readers = of_page(day, &one.slug);
            let row = json!({ "ref_date": date, "msgid": one.msgid, "title": one.title });
            (readers.len() >= SEEN_MIN).then(|| with_figures(row, &readers, |_| true))
        };
        sent.iter().filter_map(row).collect()
    })
}

/// `getarticletotal`: of what was sent on a day, the sums of each of the days since.
pub(crate) fn since_sent(world: &mut World, call: &Call) -> Outcome {
    let days = days(world, call, 1)?;
    let counted = super::datacube::counted_until(world.now());
    let mut list = vec![];
    for one in sent(world, call) {
        let Some((day, date)) = days.iter().find(|(day, _)| *day == one.day) else { continue };
        let mut readers = Readers::new();
        let mut details = vec![];
        for day in *day..(*day + TOTAL_DAYS).min(counted + 1) {
            if let Some(kept) = world.diary.day(&call.appid, day) {
                merge(&mut readers, &of_page(kept, &one.slug));
            }
            let row = json!({ "stat_date": date_of(day), "target_user": one.reached });
            let mut row = with_figures(row, &readers, |_| true);
            let (by_chat, by_others) =
                (figures(&readers, |who| !is_elsewhere(who)), figures(&readers, is_elsewhere));
            row["int_page_from_session_read_user"] = json!(by_chat.0);
            row["int_page_from_session_read_count"] = json!(by_chat.1);
            row["int_page_from_other_read_user"] = json!(by_others.0);
            row["int_page_from_other_read_count"] = json!(by_others.1);
            details.push(row);
        }
        list.push(
            json!({ "ref_date": date, "msgid": one.msgid, "title": one.title, "details": details }),
        );
    }
    Ok(Answer::Json(json!({ "list": list })))
}

/// A row for each channel by which readers came, and one for all.
fn by_channel(row: &Value, readers: &Readers) -> Vec<Value> {
    let of = |source: i64, is_counted: fn(&str) -> bool| {
        let mut row = with_figures(row.clone(), readers, is_counted);
        row["user_source"] = json!(source);
        (figures(readers, is_counted).0 > 0).then_some(row)
    };
    let rows =
        [of(BY_CHAT, |who| !is_elsewhere(who)), of(BY_OTHERS, is_elsewhere), of(BY_ALL, |_| true)];
    rows.into_iter().flatten().collect()
}

/// `getuserread`.
pub(crate) fn by_day(world: &mut World, call: &Call) -> Outcome {
    rows(world, call, 3, |day, date| {
        let mut all = Readers::new();
        day.read.values().for_each(|more| merge(&mut all, more));
        by_channel(&json!({ "ref_date": date }), &all)
    })
}

/// `getuserreadhour`.
pub(crate) fn by_hour(world: &mut World, call: &Call) -> Outcome {
    rows(world, call, 1, |day, date| {
        let mut hours: std::collections::BTreeMap<i64, Readers> = Default::default();
        for ((hour, _), more) in &day.read {
            merge(hours.entry(*hour).or_default(), more);
        }
        let of = |(hour, readers): (i64, Readers)| {
            by_channel(&json!({ "ref_date": date, "ref_hour": hour * 100 }), &readers)
        };
        hours.into_iter().flat_map(of).collect()
    })
}

/// `getusershare`: nobody shares here.
pub(crate) fn shares(world: &mut World, call: &Call) -> Outcome {
    rows(world, call, 7, |_, _| vec![])
}

/// `getusersharehour`.
pub(crate) fn shares_by_hour(world: &mut World, call: &Call) -> Outcome {
    rows(world, call, 1, |_, _| vec![])
}
