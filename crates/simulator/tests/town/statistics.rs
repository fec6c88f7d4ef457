//! Statistics by day: of what really happened, and only when the day is over.

use crate::client::account;
use crate::common::{APPID, Behaviour, START, Town, UID, code};
use base::DAY_MS;
use serde_json::{Value, json};

/// START is on this day at 10:13 in China.
const TODAY: &str = "2026-11-23";

async fn ask(town: &Town, what: &str, begin: &str, end: &str) -> Value {
    town.api(&format!("/datacube/{what}"), json!({ "begin_date": begin, "end_date": end })).await
}

async fn after_a_day() -> Town {
    let town = Town::start().await;
    assert_eq!(START.china().2, 23);
    for n in 0..6 {
        town.say(&format!("第{n}句")).await;
    }
    town.act(APPID, json!({ "type": "voice" })).await;
    let wang = "/control/users/wang";
    town.post(&format!("{wang}/follow?wait=1"), json!({ "appid": APPID, "scene": "b1" })).await;
    town.post(&format!("{wang}/unfollow?wait=1"), json!({ "appid": APPID })).await;
    town.post(&format!("{wang}/follow?wait=1"), json!({ "appid": APPID })).await;
    town.advance(DAY_MS).await;
    town
}

#[tokio::test]
async fn followers_are_counted_by_channel_and_in_all() {
    let town = after_a_day().await;
    let account = account(&town);
    let rows = account.followers_by_day(TODAY, TODAY).await.unwrap();
    let told: Vec<_> = rows.iter().map(|r| (r.user_source, r.new_user, r.cancel_user)).collect();
    assert_eq!(told, [(1, 1, 0), (30, 1, 1)]);
    // 李芳 was there before, 王强 stayed.
    let all = account.all_followers("2026-11-22", TODAY).await.unwrap();
    let told: Vec<_> = all.iter().map(|r| (r.ref_date.as_str(), r.cumulate_user)).collect();
    assert_eq!(told, [("2026-11-22", 1), (TODAY, 2)]);
    town.stop().await;
}

#[tokio::test]
async fn messages_are_counted_by_type_by_hour_and_by_how_many_one_sends() {
    let town = after_a_day().await;
    let rows = account(&town).messages_by_day(TODAY, TODAY).await.unwrap();
    let told: Vec<_> = rows.iter().map(|r| (r.msg_type, r.msg_user, r.msg_count)).collect();
    assert_eq!(told, [(1, 1, 6), (3, 1, 1)], "{UID}");
    let hours = ask(&town, "getupstreammsghour", TODAY, TODAY).await;
    assert_eq!(hours["list"][0]["ref_hour"], 1_000, "{hours}");
    let spread = ask(&town, "getupstreammsgdist", TODAY, TODAY).await;
    let row = json!({ "ref_date": TODAY, "count_interval": 2, "msg_user": 1 });
    assert_eq!(spread["list"], json!([row]));
    town.stop().await;
}

#[tokio::test]
async fn callbacks_are_counted_as_wechat_saw_them() {
    let town = Town::start().await;
    town.say("在吗").await;
    town.platform.behave(Behaviour::Raw(500, "no".into()));
    town.say("在吗").await;
    town.advance(DAY_MS).await;
    let rows = account(&town).callbacks_by_day(TODAY, TODAY).await.unwrap();
    // Three attempts of the second message failed.
    assert_eq!((rows[0].callback_count, rows[0].fail_count), (4, 3));
    assert!(rows[0].max_time_cost <= rows[0].total_time_cost);
    let hours = ask(&town, "getinterfacesummaryhour", TODAY, TODAY).await;
    assert_eq!(hours["list"][0]["callback_count"], 4, "{hours}");
    town.stop().await;
}

#[tokio::test]
async fn each_call_has_its_longest_span_and_a_day_is_ready_at_eight() {
    let town = Town::start().await;
    for (what, last_good, first_bad) in [
        ("getusersummary", "2026-11-16", "2026-11-15"),
        ("getusercumulate", "2026-11-16", "2026-11-15"),
        ("getupstreammsg", "2026-11-16", "2026-11-15"),
        ("getupstreammsghour", "2026-11-22", "2026-11-21"),
        ("getupstreammsgdist", "2026-11-08", "2026-11-07"),
        ("getinterfacesummary", "2026-10-24", "2026-10-23"),
        ("getinterfacesummaryhour", "2026-11-22", "2026-11-21"),
    ] {
        assert_eq!(code(&ask(&town, what, last_good, "2026-11-22").await), 0, "{what}");
        assert_eq!(code(&ask(&town, what, first_bad, "2026-11-22").await), 61_501, "{what}");
    }
    for (begin, end, expected) in [
        ("2026-11-22", TODAY, 61_501),
        ("2026-11-22", "2026-11-21", 61_501),
        ("2014-11-30", "2014-12-01", 61_501),
        ("2026-11-31", "2026-11-31", 61_500),
        ("2026-1-22", "2026-11-22", 61_500),
        ("yesterday", "today", 61_500),
    ] {
        let answer = ask(&town, "getusersummary", begin, end).await;
        assert_eq!(code(&answer), expected, "{begin} {end}");
    }
    // 07:13 the next morning, and an hour later.
    town.advance(21 * 3_600_000).await;
    assert_eq!(code(&ask(&town, "getusersummary", TODAY, TODAY).await), 61_503);
    town.advance(3_600_000).await;
    assert_eq!(code(&ask(&town, "getusersummary", TODAY, TODAY).await), 0);
    town.stop().await;
}
