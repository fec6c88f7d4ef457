//! The control API: looking at the world and changing it.

use crate::common::{APPID, BY_PLATFORM, Town, UID};
use futures_util::StreamExt;
use serde_json::{Value, json};

#[tokio::test]
async fn the_state_shows_accounts_users_weather_and_clock() {
    let town = Town::start().await;
    let state = town.get("/control/state").await;
    assert_eq!(state["now_ms"], crate::common::START.ms());
    assert_eq!(state["clock_movable"], true);
    assert_eq!(state["weather"]["drop_percent"], 0);
    let account = &state["accounts"][0];
    for (name, value) in [
        ("appid", json!(APPID)),
        ("original_id", json!("gh_0000000000a1")),
        ("kind", json!("service")),
        ("mode", json!("secure")),
        ("by", json!("direct")),
        ("menu", json!(null)),
        ("mark_fail_until_ms", json!(null)),
    ] {
        assert_eq!(account[name], value, "{name}");
    }
    assert_eq!(state["accounts"][1]["kind"], "subscription");
    assert_eq!(state["users"][0]["name"], "李芳");
    town.stop().await;
}

#[tokio::test]
async fn a_new_customer_can_follow_and_write() {
    let town = Town::start().await;
    let user = town.post("/control/users", json!({ "name": "赵敏" })).await;
    let uid = user["id"].as_str().unwrap();
    town.post(&format!("/control/users/{uid}/follow?wait=1"), json!({ "appid": APPID })).await;
    let path = format!("/control/chats/{APPID}/{uid}");
    let sent = town
        .post(&format!("{path}/send?wait=1"), json!({ "type": "text", "content": "你好" }))
        .await;
    assert_eq!(sent["delivery"]["outcome"], "replied");
    let chat = town.get(&path).await;
    assert_eq!((&chat["followed"], chat["openid"].as_str().unwrap().len()), (&json!(true), 28));
    let (status, answer) = town.post_status("/control/users", json!({ "name": " " })).await;
    assert_eq!((status, &answer["code"]), (400, &json!("user.name")));
    town.stop().await;
}

#[tokio::test]
async fn unknown_names_and_bad_bodies_are_refused_with_words() {
    let town = Town::start().await;
    for (path, body, status, wanted) in [
        ("/control/users/li/follow", json!({ "appid": "wxno" }), 404, "account.missing"),
        ("/control/users/nobody/follow", json!({ "appid": APPID }), 404, "user.missing"),
        ("/control/users/li/follow", json!([]), 400, "input.json"),
        ("/control/weather", json!({ "rain": 1 }), 400, "input.json"),
        ("/control/clock", json!({ "advance_ms": -1 }), 400, "clock.backwards"),
        ("/control/component/push_ticket", json!({}), 404, "component.missing"),
        (
            "/control/accounts",
            json!({ "appid": "wx1", "original_id": "gh_1", "token": "abc", "encoding_aes_key": "short" }),
            400,
            "account.invalid",
        ),
        ("/control/verify_url", json!({ "appid": BY_PLATFORM }), 409, "account.no_url"),
        ("/sms/send", json!({ "to": "", "text": "x" }), 400, "sms.empty"),
    ] {
        let (got, answer) = town.post_status(path, body).await;
        assert_eq!((got, answer["code"].as_str()), (status, Some(wanted)), "{path}: {answer}");
        assert!(!answer["words"].as_str().unwrap().is_empty());
    }
    town.stop().await;
}

#[tokio::test]
async fn an_account_can_be_registered_while_the_world_runs() {
    let town = Town::start().await;
    let account = json!({
        "appid": "wx00000000000000d4", "secret": "s", "name": "新行", "original_id": "gh_0000000000d4",
        "token": "tokenD", "encoding_aes_key": crate::common::KEY, "kind": "service", "verified": true,
        "mode": "secure", "callback_url": "http://127.0.0.1:9/",
    });
    let shown = town.post("/control/accounts", account).await;
    assert_eq!(shown["name"], "新行", "{shown}");
    assert_eq!(town.get("/control/state").await["accounts"].as_array().unwrap().len(), 4);
    town.stop().await;
}

#[tokio::test]
async fn short_messages_arrive_in_the_inbox() {
    let town = Town::start().await;
    let sent =
        town.post("/sms/send", json!({ "to": "13800000001", "text": "验证码 123456" })).await;
    let call = json!({ "to": "13800000002", "text": "别人的", "way": "voice" });
    town.post("/sms/send", call).await;
    let calls = town.get("/control/sms?to=13800000002").await;
    assert_eq!(calls["items"][0]["way"], "voice", "{calls}");
    let inbox = town.get("/control/sms?to=13800000001").await;
    assert_eq!(inbox["items"].as_array().unwrap().len(), 1);
    assert_eq!(inbox["items"][0]["way"], "text");
    assert_eq!(
        (&inbox["items"][0]["id"], &inbox["items"][0]["text"]),
        (&sent["id"], &json!("验证码 123456"))
    );
    assert_eq!(town.get("/control/sms").await["items"].as_array().unwrap().len(), 2);
    let log = town.get("/control/exchanges?kind=sms").await;
    assert_eq!(log["items"].as_array().unwrap().len(), 2);
    town.stop().await;
}

#[tokio::test]
async fn the_log_is_read_from_where_one_left_off_and_is_bounded() {
    let town = Town::with(|c| c.limits.exchanges = 6).await;
    town.say("一").await;
    let first = town.get("/control/exchanges").await;
    assert_eq!(first["items"].as_array().unwrap().len(), 1);
    let next = first["next"].as_str().unwrap();
    town.say("二").await;
    let second =
        town.get(&format!("/control/exchanges?after={next}&appid={APPID}&uid={UID}")).await;
    assert_eq!(second["items"].as_array().unwrap().len(), 1);
    assert!(second["items"][0]["request_plain"].as_str().unwrap().contains("二"));
    for n in 0..10 {
        town.say(&n.to_string()).await;
    }
    assert_eq!(town.get("/control/exchanges").await["items"].as_array().unwrap().len(), 6);
    let latest = town.get("/control/exchanges?limit=1").await;
    assert!(latest["items"][0]["request_plain"].as_str().unwrap().contains("[CDATA[9]]"));
    town.stop().await;
}

#[tokio::test]
async fn events_are_streamed_as_they_happen() {
    let town = Town::start().await;
    let url = format!("{}/control/events", town.sim.url());
    let response = town.http.get(url).send().await.unwrap();
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/event-stream"));
    let mut stream = response.bytes_stream();
    let mut heard = String::new();
    town.say("你好").await;
    town.post("/sms/send", json!({ "to": "1", "text": "x" })).await;
    town.post("/control/weather", json!({ "reorder": false })).await;
    town.post("/control/clock", json!({ "advance_ms": 5 })).await;
    while !heard.contains("\"kind\":\"clock\"") {
        let chunk = stream.next().await.unwrap().unwrap();
        heard.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    let kinds = ["state", "item", "exchange", "sms", "weather", "clock"];
    let at: Vec<_> = kinds.iter().map(|k| heard.find(&format!("\"kind\":\"{k}\""))).collect();
    assert!(at.iter().all(Option::is_some), "{kinds:?} {at:?}");
    assert!(heard.starts_with("data: {\"kind\":\"state\"}"), "{heard}");
    let url = town.sim.url();
    drop(url);
    // an open stream does not keep the world from stopping
    town.stop().await;
}

#[tokio::test]
async fn a_clock_that_follows_the_system_cannot_be_moved() {
    let town = Town::with(|c| c.clock = base::Clock::System).await;
    let (status, answer) = town.post_status("/control/clock", json!({ "advance_ms": 5 })).await;
    assert_eq!((status, &answer["code"]), (409, &json!("clock.fixed")));
    town.stop().await;
}

#[tokio::test]
async fn the_phone_page_is_there_or_says_how_to_build_it() {
    let town = Town::start().await;
    let url = format!("{}/phone/", town.sim.url());
    let response = town.http.get(&url).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    assert!(response.text().await.unwrap().contains("<!doctype html>"));
    let missing = town.http.get(format!("{url}assets/none.js")).send().await.unwrap();
    assert_eq!(missing.status().as_u16(), 404);
    town.stop().await;
}

#[tokio::test]
async fn a_printed_code_is_drawn() {
    let town = Town::start().await;
    let url = format!("{}/control/qr?appid={APPID}&scene=branch_01", town.sim.url());
    let response = town.http.get(url).send().await.unwrap();
    assert!(response.text().await.unwrap().contains("<svg"));
    town.stop().await;
}

#[tokio::test]
async fn photos_it_was_shown_are_read_and_no_others() {
    let town = Town::start().await;
    let shown = json!({ "picture": "iVBORw0KGgo=", "shows": "id_card", "number": "990102", "name": "李芳" });
    town.post("/control/pictures", shown).await;
    let known = b"\x89PNG\r\n\x1a\n".to_vec();
    let read = async |kind: &str, picture: Vec<u8>| -> Value {
        let url = format!("{}/ocr/read?kind={kind}", town.sim.url());
        let answer = town.http.post(url).body(picture).send().await.unwrap();
        answer.json().await.unwrap()
    };
    assert_eq!(
        read("id_card", known.clone()).await,
        json!({ "read": { "number": "990102", "name": "李芳" } })
    );
    assert_eq!(read("bank_card", known).await, json!({ "unread": "other" }));
    assert_eq!(read("id_card", vec![1, 2]).await, json!({ "unread": "unclear" }));
    assert_eq!(
        town.get("/control/exchanges?kind=vendor").await["items"].as_array().unwrap().len(),
        3
    );
    town.stop().await;
}

#[tokio::test]
async fn a_face_check_ends_as_the_customer_decides_on_its_page_once() {
    let town = Town::start().await;
    let back = "http://127.0.0.1:9/back";
    let order = json!({ "order": "a1", "name": "李芳", "id_no": "990102", "back": back });
    let page = town.post("/face/begin", order).await["url"].as_str().unwrap().to_owned();
    assert_eq!(town.post("/face/result", json!({ "order": "a1" })).await["state"], "waiting");
    let words = town.http.get(&page).send().await.unwrap().text().await.unwrap();
    assert!(words.contains("人脸核身") && !words.contains("990102"), "{words}");
    for next in ["failed", "passed"] {
        let answer = town.http.get(format!("{page}/decide?next={next}")).send().await.unwrap();
        assert_eq!(answer.headers()["location"], back);
    }
    assert_eq!(town.post("/face/result", json!({ "order": "a1" })).await["state"], "failed");
    let (status, answer) = town.post_status("/face/result", json!({ "order": "b2" })).await;
    assert_eq!((status, answer["code"].as_str()), (404, Some("face.missing")));
    town.stop().await;
}
