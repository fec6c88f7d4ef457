//! Inputs that a platform must survive, and bad weather on the way.

use crate::common::{APPID, Behaviour, Town, UID};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use wechat::inbound::{Event, What};

async fn hostile(town: &Town, kind: &str) -> Value {
    town.platform.forget();
    town.post("/control/hostile", json!({ "appid": APPID, "uid": UID, "kind": kind })).await
}

async fn weather(town: &Town, change: Value) {
    let answer = town.post("/control/weather", change).await;
    assert!(answer["delay_ms"].is_u64(), "{answer}");
}

#[tokio::test]
async fn every_listed_kind_can_be_sent() {
    let town = Town::with(|c| {
        c.limits.mark_fail_after = 0;
        c.limits.push_tries = 1;
    })
    .await;
    town.say("先说一句").await;
    let kinds = town.get("/control/hostile").await;
    for kind in kinds["items"].as_array().unwrap() {
        let sent = hostile(&town, kind.as_str().unwrap()).await;
        let deliveries = sent["deliveries"].as_array().unwrap();
        assert!(!deliveries.is_empty(), "{kind}: {sent}");
        assert_eq!(town.platform.seen().len(), deliveries.len(), "{kind} arrives");
    }
    let unknown = hostile(&town, "nothing").await;
    assert_eq!(unknown["code"], "hostile.unknown");
    town.stop().await;
}

#[tokio::test]
async fn attacks_on_the_envelope_are_refused_by_a_careful_platform() {
    let town = Town::with(|c| {
        c.limits.mark_fail_after = 0;
        c.limits.push_tries = 1;
    })
    .await;
    for kind in [
        "wrong_signature",
        "unsigned",
        "wrong_appid",
        "stale",
        "plaintext",
        "outer_dtd",
        "oversized",
        "truncated",
        "invalid_utf8",
        "outer_json",
    ] {
        let sent = hostile(&town, kind).await;
        assert_eq!(sent["deliveries"][0]["outcome"], "failed", "{kind}: {sent}");
        assert!(town.platform.seen()[0].refused.is_some(), "{kind}");
    }
    town.stop().await;
}

#[tokio::test]
async fn odd_words_arrive_as_words_and_nothing_else() {
    let town = Town::start().await;
    for (kind, part) in [("cdata_end", "]]>"), ("xml_fragment", "oSomebodyElse"), ("emoji", "👨‍👩‍👧‍👦")]
    {
        let sent = hostile(&town, kind).await;
        assert_eq!(sent["deliveries"][0]["outcome"], "replied", "{kind}: {sent}");
        let heard = town.platform.heard().remove(0);
        assert_eq!(heard.from, town.openid(APPID), "{kind}");
        assert!(
            matches!(&heard.what, What::Text { content, .. } if content.contains(part)),
            "{kind}"
        );
    }
    town.stop().await;
}

#[tokio::test]
async fn a_duplicate_is_the_very_same_message() {
    let town = Town::start().await;
    town.say("查余额").await;
    let first = town.platform.heard()[0].key.clone();
    town.post("/control/clock", json!({ "advance_ms": 7_200_000 })).await;
    hostile(&town, "duplicate").await;
    assert_eq!(town.platform.heard()[0].key, first);
    town.stop().await;
}

#[tokio::test]
async fn events_of_one_second_share_their_time() {
    let town = Town::start().await;
    hostile(&town, "same_second").await;
    let heard = town.platform.heard();
    assert_eq!(heard.len(), 3);
    assert!(heard.windows(2).all(|w| w[0].created_s == w[1].created_s));
    assert_eq!(heard.iter().map(|h| &h.key).collect::<BTreeSet<_>>().len(), 3);
    town.stop().await;
}

#[tokio::test]
async fn a_raw_message_is_sent_as_it_is() {
    let town = Town::start().await;
    let xml = "<xml><ToUserName>{to}</ToUserName><FromUserName>{from}</FromUserName><CreateTime>{now}</CreateTime>\
               <MsgType>event</MsgType><Event>annual_renew</Event><ExpiredTime>1795400000</ExpiredTime></xml>";
    town.act(APPID, json!({ "type": "raw", "xml": xml })).await;
    let heard = town.platform.heard().remove(0);
    assert_eq!(heard.to, "gh_0000000000a1");
    assert!(matches!(heard.what, What::Event(e) if !matches!(e, Event::Unknown { .. })));
    town.stop().await;
}

#[tokio::test]
async fn a_dropped_push_comes_with_the_next_try() {
    let town = Town::with(|c| c.limits.push_timeout_ms = 50).await;
    weather(&town, json!({ "drop_percent": 100 })).await;
    let sent = town.say("丢了吗").await;
    assert_eq!(sent["delivery"]["outcome"], "failed");
    assert!(town.platform.seen().is_empty());
    weather(&town, json!({ "drop_percent": 0 })).await;
    assert_eq!(town.say("到了吗").await["delivery"]["outcome"], "replied");
    town.stop().await;
}

#[tokio::test]
async fn a_truncated_push_is_refused_and_repeated() {
    let town = Town::start().await;
    weather(&town, json!({ "truncate_percent": 100 })).await;
    let sent = town.say("一半").await;
    assert_eq!(sent["delivery"]["attempts"], 3);
    assert!(town.platform.seen().iter().all(|s| s.refused.is_some()));
    town.stop().await;
}

#[tokio::test]
async fn a_duplicated_push_arrives_twice_and_is_shown_once() {
    let town = Town::start().await;
    weather(&town, json!({ "duplicate_percent": 100 })).await;
    let sent = town.say("两遍").await;
    assert_eq!(sent["items"].as_array().unwrap().len(), 2);
    let heard = town.platform.heard();
    assert_eq!(heard.len(), 2);
    assert_eq!(heard[0].key, heard[1].key);
    town.stop().await;
}

#[tokio::test]
async fn in_reordering_weather_the_second_message_arrives_first() {
    let town = Town::start().await;
    weather(&town, json!({ "reorder": true })).await;
    let (a, b) = tokio::join!(town.say("先"), async {
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        town.say("后").await
    });
    assert_eq!(
        (&a["delivery"]["outcome"], &b["delivery"]["outcome"]),
        (&json!("replied"), &json!("replied"))
    );
    let order: Vec<_> = town.platform.heard().into_iter().map(|h| h.what).collect();
    assert!(matches!(&order[0], What::Text { content, .. } if content == "后"), "{order:?}");
    town.stop().await;
}

#[tokio::test]
async fn a_delay_counts_towards_the_deadline() {
    let town = Town::start().await;
    weather(&town, json!({ "delay_ms": 150 })).await;
    let sent = town.say("慢").await;
    assert!(sent["delivery"]["elapsed_ms"].as_u64().unwrap() >= 150, "{sent}");
    weather(&town, json!({ "delay_ms": 5_000 })).await;
    assert_eq!(town.say("太慢").await["delivery"]["outcome"], "failed");
    town.stop().await;
}

#[tokio::test]
async fn an_api_can_be_busy_broken_cut_or_slow() {
    let town = Town::start().await;
    let token = town.token(APPID).await;
    let path = format!("/cgi-bin/getcallbackip?access_token={token}");
    weather(&town, json!({ "api_busy_percent": 100 })).await;
    assert_eq!(town.get(&path).await["errcode"], -1);
    weather(&town, json!({ "api_busy_percent": 0, "api_5xx_percent": 100 })).await;
    let url = format!("{}{path}", town.sim.url());
    assert_eq!(town.http.get(&url).send().await.unwrap().status().as_u16(), 502);
    weather(&town, json!({ "api_5xx_percent": 0, "api_truncate_percent": 100 })).await;
    let half = town.http.get(&url).send().await.unwrap().text().await.unwrap();
    assert!(half.starts_with('{') && !half.ends_with('}'), "{half}");
    weather(&town, json!({ "api_truncate_percent": 0, "api_delay_ms": 120 })).await;
    let watch = base::Stopwatch::start();
    assert!(town.get(&path).await["ip_list"].is_array());
    assert!(watch.elapsed().as_millis() >= 120);
    town.stop().await;
}

#[tokio::test]
async fn the_same_seed_has_the_same_weather() {
    let mut outcomes = vec![];
    for _ in 0..2 {
        let town = Town::with(|c| {
            c.limits.push_timeout_ms = 300;
            c.limits.push_tries = 1;
            c.limits.mark_fail_after = 0;
        })
        .await;
        town.platform.behave(Behaviour::Ack);
        weather(&town, json!({ "truncate_percent": 50 })).await;
        let mut line = vec![];
        for n in 0..12 {
            line.push(town.say(&n.to_string()).await["delivery"]["outcome"].clone());
        }
        outcomes.push(line);
        town.stop().await;
    }
    assert_eq!(outcomes[0], outcomes[1]);
    assert!(outcomes[0].iter().any(|o| o == "failed") && outcomes[0].iter().any(|o| o == "acked"));
}
