//! Statistics by day: of what really happened, and only when the day is over.

use crate::articles::{MASS_MS, draft, mass_end, send_to_all};
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
async fn a_week_and_a_month_stand_under_their_first_day_once_they_are_over() {
    let town = after_a_day().await;
    town.say("第二天的一句").await;
    // TODAY is a Monday.
    for what in ["getupstreammsgweek", "getupstreammsgdistweek"] {
        assert_eq!(ask(&town, what, TODAY, TODAY).await["list"], json!([]), "{what}: not over");
    }
    // 2026-12-01.
    town.advance(7 * DAY_MS).await;
    let row = |date: &str, kind: i64, count: i64| json!({ "ref_date": date, "msg_type": kind, "msg_user": 1, "msg_count": count });
    let week = ask(&town, "getupstreammsgweek", TODAY, "2026-11-29").await;
    assert_eq!(week["list"], json!([row(TODAY, 1, 7), row(TODAY, 3, 1)]));
    let spread = ask(&town, "getupstreammsgdistweek", TODAY, TODAY).await;
    let eight = json!({ "ref_date": TODAY, "count_interval": 2, "msg_user": 1 });
    assert_eq!(spread["list"], json!([eight]));
    let none = ask(&town, "getupstreammsgweek", "2026-11-24", "2026-11-29").await;
    assert_eq!(none["list"], json!([]), "no week begins there");
    let first = "2026-11-01";
    let month = ask(&town, "getupstreammsgmonth", first, "2026-11-05").await;
    assert_eq!(month["list"], json!([row(first, 1, 7), row(first, 3, 1)]));
    let spread = ask(&town, "getupstreammsgdistmonth", first, first).await;
    assert_eq!(spread["list"][0]["count_interval"], 2, "{spread}");
    town.stop().await;
}

/// Opens a page on a customer's phone, or on none.
async fn open(town: &Town, url: &str, uid: Option<&str>) {
    let mut request = town.http.get(url);
    if let Some(uid) = uid {
        request = request.header("cookie", format!("sim_uid={uid}"));
    }
    assert!(request.send().await.unwrap().status().is_success());
}

#[tokio::test]
async fn articles_are_counted_by_who_read_them_and_where() {
    let town = Town::start().await;
    let media_id = draft(&town, &["春耕贷款", "防骗提醒"]).await;
    let sent =
        send_to_all(&town, json!({ "msgtype": "mpnews", "mpnews": { "media_id": media_id } }))
            .await;
    town.advance(MASS_MS).await;
    let pages = mass_end(&town).await.articles;
    for who in [Some(UID), Some(UID), Some("wang"), None] {
        open(&town, &pages[0].url, who).await;
    }
    open(&town, &pages[1].url, Some(UID)).await;
    town.advance(DAY_MS).await;
    open(&town, &pages[0].url, Some(UID)).await;

    let msgid = |n: i64| format!("{}_{n}", sent["msg_id"]);
    let summary = ask(&town, "getarticlesummary", TODAY, TODAY).await;
    let rows = summary["list"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "one reader is too few to be listed: {summary}");
    assert_eq!((&rows[0]["msgid"], &rows[0]["title"]), (&json!(msgid(1)), &json!("春耕贷款")));
    let read =
        |row: &Value| (row["int_page_read_user"].clone(), row["int_page_read_count"].clone());
    assert_eq!(read(&rows[0]), (json!(3), json!(4)));
    assert_eq!((&rows[0]["share_user"], &rows[0]["ori_page_read_count"]), (&json!(0), &json!(0)));

    let by_day = ask(&town, "getuserread", TODAY, TODAY).await;
    let told: Vec<_> = by_day["list"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["user_source"].clone(), read(r)))
        .collect();
    let row = |source: i64, users: i64, count: i64| (json!(source), (json!(users), json!(count)));
    assert_eq!(told, [row(0, 2, 4), row(5, 1, 1), row(99_999_999, 3, 5)]);
    let hours = ask(&town, "getuserreadhour", TODAY, TODAY).await;
    assert_eq!(hours["list"][0]["ref_hour"], 1_000, "{hours}");
    assert_eq!(ask(&town, "getusershare", TODAY, TODAY).await["list"], json!([]));

    // The day after has been read, too: sums go on from day to day.
    town.advance(DAY_MS).await;
    let total = ask(&town, "getarticletotal", TODAY, TODAY).await;
    let rows = total["list"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "{total}");
    let days = rows[0]["details"].as_array().unwrap();
    let told: Vec<_> = days.iter().map(|d| (d["stat_date"].clone(), read(d))).collect();
    let day = |date: &str, users: i64, count: i64| (json!(date), (json!(users), json!(count)));
    assert_eq!(told, [day(TODAY, 3, 4), day("2026-11-24", 3, 5)]);
    assert_eq!(days[0]["target_user"], 1);
    assert_eq!(days[1]["int_page_from_session_read_count"], 4);
    assert_eq!(days[1]["int_page_from_other_read_count"], 1);
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
        ("getupstreammsgweek", "2026-10-24", "2026-10-23"),
        ("getupstreammsgmonth", "2026-10-24", "2026-10-23"),
        ("getupstreammsgdistweek", "2026-10-24", "2026-10-23"),
        ("getupstreammsgdistmonth", "2026-10-24", "2026-10-23"),
        ("getarticlesummary", "2026-11-22", "2026-11-21"),
        ("getarticletotal", "2026-11-22", "2026-11-21"),
        ("getuserread", "2026-11-20", "2026-11-19"),
        ("getuserreadhour", "2026-11-22", "2026-11-21"),
        ("getusershare", "2026-11-16", "2026-11-15"),
        ("getusersharehour", "2026-11-22", "2026-11-21"),
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
