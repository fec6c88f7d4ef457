//! Two hundred phones at once, by a clock that only the test moves, and every fault together.

use crate::common::{APPID, Behaviour, NOTICE, Seen, Town, code};
use serde_json::{Value, json};
use simulator::{Config, FollowConfig, UserConfig};
use std::collections::HashMap;
use wechat::inbound::What;

const PHONES: usize = 200;

/// So many followers, and pushes that wait by the test's clock.
fn crowd(config: &mut Config, phones: usize) {
    config.limits.push_by_clock = true;
    config.limits.push_timeout_ms = 5_000;
    config.limits.push_gap_ms = 5_000;
    let follows = vec![FollowConfig { appid: APPID.into(), openid: None }];
    config.users = (0..phones)
        .map(|n| UserConfig {
            id: uid(n),
            name: uid(n),
            follows: follows.clone(),
            ..UserConfig::default()
        })
        .collect();
}

fn uid(n: usize) -> String {
    format!("phone{n:03}")
}

/// Everyone writes their own words, and nobody waits.
async fn all_write(town: &Town, phones: usize) {
    let sends = (0..phones).map(|n| async move {
        let path = format!("/control/chats/{APPID}/{}/send", uid(n));
        town.post(&path, json!({ "type": "text", "content": words(n) })).await
    });
    futures_util::future::join_all(sends).await;
}

fn words(n: usize) -> String {
    format!("第{n}号说话")
}

async fn bubbles(town: &Town, n: usize) -> Vec<String> {
    let chat = town.get(&format!("/control/chats/{APPID}/{}", uid(n))).await;
    let items = chat["items"].as_array().unwrap().iter();
    items.map(|i| i["text"].as_str().unwrap_or_default().to_owned()).collect()
}

/// What the platform took, by the words in it.
fn taken(seen: &[Seen]) -> HashMap<String, Vec<&Seen>> {
    let mut by_words: HashMap<String, Vec<&Seen>> = HashMap::new();
    for one in seen {
        if let Some(What::Text { content, .. }) = one.heard.as_ref().map(|h| &h.what) {
            by_words.entry(content.clone()).or_default().push(one);
        }
    }
    by_words
}

async fn log(town: &Town, kind: &str) -> Vec<Value> {
    let log = town.get(&format!("/control/exchanges?kind={kind}&limit=5000")).await;
    log["items"].as_array().unwrap().clone()
}

/// Everyone writes, the platform takes every attempt and answers none, until everyone has been told.
async fn silence(town: &Town) {
    town.platform.behave(Behaviour::Never);
    all_write(town, PHONES).await;
    for attempt in 1..=3 {
        town.until(|| town.platform.seen().len() == attempt * PHONES).await;
        town.advance(4_999).await;
        assert_eq!(town.platform.seen().len(), attempt * PHONES, "not a millisecond early");
        assert_eq!(bubbles(town, 0).await.len(), 1, "nobody has been told of a failure yet");
        town.advance(1).await;
    }
    for n in 0..PHONES {
        town.until_async(|| async { bubbles(town, n).await == [words(n).as_str(), NOTICE] }).await;
    }
}

#[tokio::test]
async fn two_hundred_phones_get_three_attempts_of_five_seconds_each() {
    let town = Town::with(|c| crowd(c, PHONES)).await;
    let begun = town.clock.now();
    silence(&town).await;
    let seen = town.platform.seen();
    assert_eq!(seen.len(), 3 * PHONES, "and never a fourth attempt");
    for (said, attempts) in taken(&seen) {
        let keys: Vec<_> = attempts.iter().map(|s| &s.heard.as_ref().unwrap().key).collect();
        assert!(keys.len() == 3 && keys.iter().all(|k| k == &keys[0]), "{said}: one message");
        let mut nonces: Vec<_> = attempts.iter().map(|s| &s.query.nonce).collect();
        nonces.dedup();
        assert_eq!(nonces.len(), 3, "{said}: three letters");
    }
    let log = log(&town, "push").await;
    for attempt in 1..=3_i64 {
        let at: Vec<_> = log.iter().filter(|e| e["attempt"] == attempt).collect();
        assert_eq!(at.len(), PHONES);
        let due = begun.plus_ms((attempt - 1) * 5_000).ms();
        assert!(at.iter().all(|e| e["at_ms"] == due && e["elapsed_ms"] == 5_000), "{attempt}");
    }
    town.stop().await;
}

#[tokio::test]
async fn two_hundred_phones_are_each_answered_with_their_own_words() {
    let town = Town::with(|c| crowd(c, PHONES)).await;
    all_write(&town, PHONES).await;
    for n in 0..PHONES {
        let answer = format!("您说：{}", words(n));
        town.until_async(|| async { bubbles(&town, n).await == [words(n), answer.clone()] }).await;
    }
    assert_eq!(town.platform.seen().len(), PHONES, "one attempt each");
    assert_eq!(town.clock.now(), crate::common::START, "and no time has passed");
    town.stop().await;
}

#[tokio::test]
async fn after_a_storm_the_server_is_left_alone_for_a_minute_and_then_heard_again() {
    let town = Town::with(|c| crowd(c, PHONES)).await;
    silence(&town).await;
    town.platform.behave(Behaviour::Echo);
    town.platform.forget();
    let path = format!("/control/chats/{APPID}/{}/send?wait=1", uid(0));
    let write = || town.post(&path, json!({ "type": "text", "content": "还在吗" }));
    assert_eq!(write().await["delivery"]["attempts"], 0, "MarkFail");
    town.advance(60_000).await;
    assert_eq!(write().await["delivery"]["outcome"], "replied");
    town.stop().await;
}

#[tokio::test]
async fn every_fault_of_the_way_to_the_platform_composes_with_every_other() {
    let town = Town::with(|c| {
        crowd(c, 60);
        c.limits.mark_fail_after = 0;
    })
    .await;
    let storm = json!({ "delay_ms": 700, "drop_percent": 30, "duplicate_percent": 40, "reorder": true, "truncate_percent": 30 });
    town.post("/control/weather", storm).await;
    all_write(&town, 60).await;
    // each attempt can take its five seconds, a second more when it waits to be overtaken, and a repeat as long again
    for _ in 0..120 {
        town.advance(500).await;
        tokio::task::yield_now().await;
    }
    for n in 0..60 {
        let answer = format!("您说：{}", words(n));
        town.advance(5_000).await;
        town.until_async(|| async {
            let said = bubbles(&town, n).await;
            town.advance(500).await;
            said == [words(n), answer.clone()] || said == [words(n).as_str(), NOTICE]
        })
        .await;
    }
    let log = log(&town, "push").await;
    let noted =
        |note: &str| log.iter().filter(|e| e["note"].as_str().unwrap().contains(note)).count();
    let (dropped, cut) = (noted("dropped on the way"), noted("only half of it arrived"));
    let seen = town.platform.seen();
    let refused = seen.iter().filter(|s| s.refused.is_some()).count();
    assert!(dropped > 10 && refused > 5, "{dropped} dropped, {cut} cut, {refused} refused");
    assert_eq!(log.len() - dropped, seen.len(), "what was dropped never arrived, all else did");
    let replied: Vec<_> = log.iter().filter(|e| e["outcome"] == "replied").collect();
    assert!(
        replied.iter().all(|e| e["elapsed_ms"].as_u64() >= Some(700)),
        "everything was delayed"
    );
    for (said, attempts) in taken(&seen) {
        let keys: Vec<_> = attempts.iter().map(|s| &s.heard.as_ref().unwrap().key).collect();
        assert!(keys.iter().all(|k| k == &keys[0]), "{said}: repeats are the same message");
        assert!(keys.len() <= 4, "{said}: three attempts and a repeat at most");
    }
    let twice = taken(&seen).values().filter(|attempts| attempts.len() > 1).count();
    assert!(twice > 5, "{twice} messages arrived twice");
    let order: Vec<_> =
        log.iter().filter(|e| e["attempt"] == 1).map(|e| e["uid"].clone()).collect();
    let mut sorted = order.clone();
    sorted.sort_by_key(|v| v.as_str().unwrap().to_owned());
    assert_ne!(order, sorted, "and out of order");
    town.stop().await;
}

#[tokio::test]
async fn every_fault_of_the_api_composes_with_every_other() {
    let town = Town::start().await;
    let token = town.token(APPID).await;
    let storm = json!({ "api_busy_percent": 50, "api_5xx_percent": 20, "api_truncate_percent": 50, "api_delay_ms": 1 });
    town.post("/control/weather", storm).await;
    let (mut broken, mut busy, mut busy_and_cut, mut cut, mut good) = (0, 0, 0, 0, 0);
    for _ in 0..100 {
        let url = format!("{}/cgi-bin/getcallbackip?access_token={token}", town.sim.url());
        let response = town.http.get(url).send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        match (status, serde_json::from_str::<Value>(&text)) {
            (502, _) => broken += 1,
            (200, Ok(value)) if code(&value) == -1 => busy += 1,
            (200, Ok(value)) => {
                assert!(value["ip_list"].is_array(), "{value}");
                good += 1;
            }
            (200, Err(_)) if text.contains("errcode\":-1") => busy_and_cut += 1,
            (200, Err(_)) => cut += 1,
            (status, _) => panic!("{status}: {text}"),
        }
    }
    assert_eq!(broken + busy + busy_and_cut + cut + good, 100);
    assert!(broken > 5 && busy > 5 && busy_and_cut > 5 && cut > 5 && good > 5);
    let slow = log(&town, "api").await;
    assert!(slow.iter().rev().take(100).all(|e| e["elapsed_ms"].as_u64() >= Some(1)));
    town.stop().await;
}
