//! WeChat → platform: what is sent, how often, and what the customer sees of the answer.

use crate::common::{APPID, Behaviour, NOTICE, SUBSCRIPTION, Town, UID};
use serde_json::{Value, json};
use simulator::Mode;
use std::time::Duration;
use wechat::inbound::{Event, What};
use wechat::reply::{Article, Reply, menu_line};

/// The words of the items of an answer, in order.
fn words(answer: &Value) -> Vec<String> {
    let items = answer["items"].as_array().unwrap();
    items.iter().map(|i| i["text"].as_str().unwrap_or("").to_owned()).collect()
}

#[tokio::test]
async fn a_text_is_answered_by_an_encrypted_reply_that_the_customer_reads() {
    let town = Town::start().await;
    let sent = town.say("查余额").await;
    assert_eq!(sent["delivery"]["outcome"], "replied", "{sent}");
    assert_eq!(sent["delivery"]["attempts"], 1);
    let items = sent["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!((&items[0]["side"], &items[0]["text"]), (&json!("user"), &json!("查余额")));
    assert_eq!((&items[1]["side"], &items[1]["text"]), (&json!("account"), &json!("您说：查余额")));
    let seen = town.platform.seen();
    assert_eq!(seen[0].query.openid, town.openid(APPID));
    assert_eq!(seen[0].query.encrypt_type, "aes");
    assert!(!seen[0].body.contains("查余额"), "安全 mode shows nothing: {}", seen[0].body);
    let log = town.last_push().await;
    assert!(log["request_plain"].as_str().unwrap().contains("查余额"), "{log}");
    assert!(log["response_plain"].as_str().unwrap().contains("您说：查余额"), "{log}");
    town.stop().await;
}

#[tokio::test]
async fn compat_mode_sends_plain_fields_beside_the_encrypted_ones() {
    let town = Town::with(|c| {
        c.accounts[0].mode = Mode::Compat;
        c.accounts[0].callback_url = c.accounts[0].callback_url.replace("secure", "compat");
    })
    .await;
    assert_eq!(words(&town.say("你好").await), ["你好", "您说：你好"]);
    let body = &town.platform.seen()[0].body;
    assert!(body.contains("<![CDATA[你好]]>") && body.contains("<Encrypt>"), "{body}");
    town.platform.behave(Behaviour::Plain);
    assert_eq!(town.say("再来").await["delivery"]["outcome"], "replied");
    town.stop().await;
}

#[tokio::test]
async fn plain_mode_sends_and_takes_plain_xml() {
    let town = Town::with(|c| {
        c.accounts[0].mode = Mode::Plain;
        c.accounts[0].callback_url = c.accounts[0].callback_url.replace("secure", "plain");
    })
    .await;
    assert_eq!(words(&town.say("你好").await), ["你好", "您说：你好"]);
    let seen = town.platform.seen();
    assert_eq!(seen[0].query.msg_signature, "");
    assert_eq!(seen[0].query.encrypt_type, "");
    town.stop().await;
}

#[tokio::test]
async fn success_and_an_empty_body_both_acknowledge() {
    let town = Town::start().await;
    for behaviour in [Behaviour::Ack, Behaviour::Empty] {
        town.platform.behave(behaviour);
        let sent = town.say("在吗").await;
        assert_eq!(sent["delivery"]["outcome"], "acked", "{sent}");
        assert_eq!(words(&sent), ["在吗"]);
    }
    town.stop().await;
}

#[tokio::test]
async fn a_failing_platform_is_tried_three_times_and_the_customer_sees_the_notice() {
    let town = Town::start().await;
    town.platform.behave(Behaviour::Raw(500, "no".into()));
    let sent = town.say("查余额").await;
    assert_eq!(sent["delivery"]["outcome"], "failed");
    assert_eq!(sent["delivery"]["attempts"], 3);
    assert_eq!(words(&sent), ["查余额", NOTICE]);
    assert_eq!(sent["items"][1]["kind"], "tip");
    let seen = town.platform.seen();
    assert_eq!(seen.len(), 3);
    assert!(seen.windows(2).all(|w| w[0].query.nonce != w[1].query.nonce), "fresh nonces");
    assert!(seen.windows(2).all(|w| w[0].body != w[1].body), "fresh cipher text");
    let keys: Vec<_> = town.platform.heard().iter().map(|h| h.key.clone()).collect();
    assert!(keys.windows(2).all(|w| w[0] == w[1]), "the same message: {keys:?}");
    town.stop().await;
}

#[tokio::test]
async fn a_second_try_that_works_is_shown_without_a_notice() {
    let town = Town::start().await;
    town.platform.behave(Behaviour::FailFirst(1));
    let sent = town.say("查余额").await;
    assert_eq!(sent["delivery"]["attempts"], 2);
    assert_eq!(words(&sent), ["查余额", "您说：查余额"]);
    town.stop().await;
}

#[tokio::test]
async fn an_answer_after_the_deadline_is_lost() {
    let town = Town::start().await;
    town.platform.behave(Behaviour::Slow(Duration::from_millis(600)));
    let sent = town.say("慢慢来").await;
    assert_eq!(sent["delivery"]["attempts"], 3, "{sent}");
    assert_eq!(words(&sent), ["慢慢来", NOTICE]);
    assert!(sent["delivery"]["elapsed_ms"].as_u64().unwrap() >= 1_200);
    town.stop().await;
}

#[tokio::test]
async fn a_platform_that_is_not_there_fails_the_same_way() {
    let town = Town::with(|c| {
        c.accounts[0].callback_url = "http://127.0.0.1:9/wx".into();
    })
    .await;
    let sent = town.say("有人吗").await;
    assert_eq!(words(&sent), ["有人吗", NOTICE]);
    assert!(sent["delivery"]["note"].as_str().unwrap().contains("连接超时"), "{sent}");
    town.stop().await;
}

#[tokio::test]
async fn wrong_envelopes_are_told_by_their_official_names() {
    let town = Town::with(|c| c.limits.mark_fail_after = 0).await;
    for (behaviour, name) in [
        (Behaviour::WrongToken, "-40001 WXBizMsgCrypt_ValidateSignature_Error"),
        (Behaviour::Plain, "-40002 WXBizMsgCrypt_ParseXml_Error"),
        (Behaviour::Raw(200, "{\"errcode\":0}".into()), "-40002 WXBizMsgCrypt_ParseXml_Error"),
        (Behaviour::WrongAppid, "-40005 WXBizMsgCrypt_ValidateAppid_Error"),
        (Behaviour::WrongKey, "-40007 WXBizMsgCrypt_DecryptAES_Error"),
        (Behaviour::WrongUser, "ToUserName and FromUserName"),
    ] {
        town.platform.behave(behaviour);
        let sent = town.say("你好").await;
        assert_eq!(sent["delivery"]["outcome"], "failed", "{name}: {sent}");
        let note = town.last_push().await["note"].as_str().unwrap().to_owned();
        assert!(note.contains(name), "{name}: {note}");
    }
    town.stop().await;
}

#[tokio::test]
async fn a_subscription_account_has_its_own_notice() {
    let town = Town::start().await;
    town.platform.behave(Behaviour::Raw(404, String::new()));
    let sent = town.act(SUBSCRIPTION, json!({ "type": "text", "content": "你好" })).await;
    assert_eq!(words(&sent)[1], "该公众号暂时无法提供服务，请稍后再试");
    town.stop().await;
}

#[tokio::test]
async fn a_server_that_keeps_failing_is_left_alone_for_a_minute() {
    let town = Town::with(|c| {
        c.limits.mark_fail_after = 2;
        c.limits.push_tries = 1;
    })
    .await;
    town.platform.behave(Behaviour::Raw(500, String::new()));
    town.say("一").await;
    town.say("二").await;
    town.platform.forget();
    let silent = town.say("三").await;
    assert_eq!(silent["delivery"]["attempts"], 0, "{silent}");
    assert_eq!(words(&silent), ["三"], "MarkFail is silent");
    assert!(town.platform.seen().is_empty());
    let state = town.get("/control/state").await;
    assert!(state["accounts"][0]["mark_fail_until_ms"].is_i64(), "{state}");
    town.platform.behave(Behaviour::Echo);
    town.post("/control/clock", json!({ "advance_ms": 60_000 })).await;
    assert_eq!(town.say("四").await["delivery"]["outcome"], "replied");
    town.stop().await;
}

#[tokio::test]
async fn every_kind_of_message_arrives_as_its_kind() {
    let town = Town::start().await;
    for what in [
        json!({ "type": "text", "content": "查余额", "bizmsgmenuid": "7" }),
        json!({ "type": "voice", "seconds": 3, "recognition": "查余额" }),
        json!({ "type": "voice", "seconds": 3, "recognition": "" }),
        json!({ "type": "voice", "seconds": 3, "recognition": null }),
        json!({ "type": "image" }),
        json!({ "type": "video" }),
        json!({ "type": "location", "x": 27.6381, "y": 118.0355, "scale": 16, "label": "解放路" }),
        json!({ "type": "link", "title": "利率", "description": "公告", "url": "https://b.example/" }),
        json!({ "type": "click", "key": "account_balance" }),
        json!({ "type": "view", "url": "https://b.example/h5" }),
        json!({ "type": "report", "x": 27.5, "y": 118.0 }),
    ] {
        let sent = town.act(APPID, what.clone()).await;
        assert_eq!(sent["delivery"]["outcome"], "replied", "{what}: {sent}");
        let is_shown = sent["items"].as_array().unwrap().iter().any(|i| i["side"] == "account");
        assert_eq!(is_shown, what["type"] != "view", "{sent}");
    }
    let heard = town.platform.heard();
    let is_text = matches!(&heard[0].what, What::Text { menu_id: Some(id), .. } if id == "7");
    assert!(is_text, "{:?}", heard[0].what);
    let recognition = |n: usize| match &heard[n].what {
        What::Voice { recognition, .. } => recognition.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(recognition(1).as_deref(), Some("查余额"));
    assert_eq!(recognition(2).as_deref(), Some(""));
    assert_eq!(recognition(3), None);
    let names: Vec<_> = heard[4..].iter().map(|h| h.what.name()).collect();
    assert_eq!(names[..4], ["image", "video", "location", "link"]);
    assert!(
        matches!(&heard[8].what, What::Event(Event::Click { key }) if key == "account_balance")
    );
    assert!(matches!(&heard[9].what, What::Event(Event::View { .. })));
    assert!(matches!(&heard[10].what, What::Event(Event::Location { .. })));
    town.stop().await;
}

#[tokio::test]
async fn following_scanning_and_leaving_are_told_in_wechats_way() {
    let town = Town::start().await;
    let path = |act: &str| format!("/control/users/wang/{act}?wait=1");
    let followed = town.post(&path("follow"), json!({ "appid": APPID })).await;
    assert_eq!(words(&followed), ["已关注该服务号", "收到event.subscribe"]);
    let plain = town.last_push().await["request_plain"].as_str().unwrap().to_owned();
    assert!(plain.contains("<EventKey><![CDATA[]]></EventKey>"), "{plain}");
    town.post(&path("scan"), json!({ "appid": APPID, "scene": "branch_01" })).await;
    town.post(&path("unfollow"), json!({ "appid": APPID })).await;
    town.post(&path("unfollow"), json!({ "appid": APPID })).await;
    town.post(&path("scan"), json!({ "appid": APPID, "scene": "branch_01" })).await;
    let heard = town.platform.heard();
    let events: Vec<_> = heard.into_iter().map(|h| h.what).collect();
    assert_eq!(events.len(), 4, "leaving twice is one event: {events:?}");
    assert!(matches!(&events[0], What::Event(Event::Subscribe { scene: None, .. })));
    assert!(matches!(&events[1], What::Event(Event::Scan { scene, .. }) if scene == "branch_01"));
    assert!(matches!(&events[2], What::Event(Event::Unsubscribe)));
    assert!(matches!(&events[3],
        What::Event(Event::Subscribe { scene: Some(s), .. }) if s == "branch_01"));
    town.stop().await;
}

#[tokio::test]
async fn only_followers_can_write() {
    let town = Town::start().await;
    let path = format!("/control/chats/{APPID}/wang/send?wait=1");
    let (status, answer) =
        town.post_status(&path, json!({ "type": "text", "content": "hi" })).await;
    assert_eq!((status, &answer["code"]), (409, &json!("chat.not_followed")));
    town.stop().await;
}

#[tokio::test]
async fn rich_replies_become_rich_bubbles() {
    let town = Town::start().await;
    let article = |title: &str| Article { title: title.into(), ..Article::default() };
    let news = Reply::News(vec![article("一"), article("二")]);
    town.platform.behave(Behaviour::Say(news));
    let sent = town.say("活动").await;
    let articles = sent["items"][1]["articles"].as_array().unwrap();
    assert_eq!(articles.len(), 1, "one article after a message");
    let sent = town.act(APPID, json!({ "type": "click", "key": "k" })).await;
    assert_eq!(sent["items"][0]["articles"].as_array().unwrap().len(), 2, "more after a click");
    town.platform.behave(Behaviour::Say(Reply::Text(menu_line("查余额", "9"))));
    let sent = town.say("菜单").await;
    assert_eq!(sent["items"][1]["parts"], json!([{ "t": "menu", "text": "查余额", "id": "9" }]));
    town.platform.behave(Behaviour::Say(Reply::Image { media_id: "dead".into() }));
    assert_eq!(words(&town.say("图").await)[1], NOTICE);
    town.stop().await;
}

#[tokio::test]
async fn the_url_check_succeeds_only_with_the_right_echo() {
    let town = Town::start().await;
    let good = town.post("/control/verify_url", json!({ "appid": APPID })).await;
    assert_eq!((&good["ok"], &good["words"]), (&json!(true), &json!("提交成功")), "{good}");
    let mut other = crate::common::accounts(&town.platform.url).remove(0);
    other.token = "changed".into();
    town.sim.register(other).unwrap();
    let bad = town.post("/control/verify_url", json!({ "appid": APPID })).await;
    assert_eq!((&bad["ok"], &bad["words"]), (&json!(false), &json!("token验证失败")), "{bad}");
    town.stop().await;
}

#[tokio::test]
async fn an_act_without_waiting_answers_at_once_and_the_reply_comes_later() {
    let town = Town::start().await;
    let sent = town
        .post(
            &format!("/control/chats/{APPID}/{UID}/send"),
            json!({ "type": "text", "content": "嗨" }),
        )
        .await;
    assert!(sent["item_id"].is_string() && sent["delivery"].is_null(), "{sent}");
    for _ in 0..100 {
        if town.chat(APPID).await["items"].as_array().unwrap().len() == 2 {
            return town.stop().await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no reply came");
}

#[tokio::test]
async fn two_accounts_may_know_two_people_by_one_openid() {
    let town = Town::with(|c| {
        let follow = |appid: &str| simulator::FollowConfig {
            appid: appid.into(),
            openid: Some("oTheSameEverywhere000000000".into()),
        };
        c.users[0].follows = vec![follow(APPID)];
        c.users[1].follows = vec![follow(SUBSCRIPTION)];
    })
    .await;
    town.say("我是李芳").await;
    let body = json!({ "touser": "oTheSameEverywhere000000000", "msgtype": "text", "text": { "content": "您好李芳" } });
    town.api("/cgi-bin/message/custom/send", body).await;
    let items = town.chat(APPID).await["items"].clone();
    assert_eq!(items.as_array().unwrap().last().unwrap()["text"], "您好李芳");
    let other = town.get(&format!("/control/chats/{SUBSCRIPTION}/wang")).await;
    assert_eq!(other["openid"], "oTheSameEverywhere000000000");
    assert!(other["items"].as_array().unwrap().is_empty());
    town.stop().await;
}
