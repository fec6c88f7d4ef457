//! Customer-service messages, typing, and template messages.

use crate::common::{APPID, Behaviour, Town, code};
use serde_json::{Value, json};
use wechat::inbound::{Event, What};

const MINUTE_MS: i64 = 60_000;

fn text_to(openid: &str, content: &str) -> Value {
    json!({ "touser": openid, "msgtype": "text", "text": { "content": content } })
}

#[tokio::test]
async fn five_service_messages_follow_a_message_and_then_the_window_is_used_up() {
    let town = Town::start().await;
    town.platform.behave(Behaviour::Ack);
    let openid = town.openid(APPID);
    let send = || town.api("/cgi-bin/message/custom/send", text_to(&openid, "您好"));
    assert_eq!(code(&send().await), 45015, "nobody has written yet");
    town.say("在吗").await;
    for n in 0..5 {
        assert_eq!(code(&send().await), 0, "{n}");
    }
    assert_eq!(code(&send().await), 45047);
    town.say("还在吗").await;
    assert_eq!(code(&send().await), 0);
    let chat = town.chat(APPID).await;
    assert_eq!(chat["window"]["left"], 4, "{chat}");
    town.advance(48 * 60 * MINUTE_MS).await;
    assert_eq!(code(&send().await), 45015);
    town.stop().await;
}

#[tokio::test]
async fn a_click_opens_the_window_for_three_messages_and_a_minute() {
    let town = Town::start().await;
    let openid = town.openid(APPID);
    let send = || town.api("/cgi-bin/message/custom/send", text_to(&openid, "您好"));
    town.act(APPID, json!({ "type": "click", "key": "k" })).await;
    for _ in 0..3 {
        assert_eq!(code(&send().await), 0);
    }
    assert_eq!(code(&send().await), 45047);
    town.act(APPID, json!({ "type": "click", "key": "k" })).await;
    town.advance(MINUTE_MS).await;
    assert_eq!(code(&send().await), 45015);
    town.stop().await;
}

#[tokio::test]
async fn leaving_closes_the_window() {
    let town = Town::start().await;
    town.say("在吗").await;
    town.post("/control/users/li/unfollow?wait=1", json!({ "appid": APPID })).await;
    let sent = town.api("/cgi-bin/message/custom/send", text_to(&town.openid(APPID), "您好")).await;
    assert_eq!(code(&sent), 45015);
    town.stop().await;
}

#[tokio::test]
async fn service_messages_are_checked_and_shown() {
    let town = Town::start().await;
    town.say("在吗").await;
    let openid = town.openid(APPID);
    let send = |body: Value| town.api("/cgi-bin/message/custom/send", body);
    let with = |kind: &str, part: Value| json!({ "touser": openid, "msgtype": kind, kind: part });
    assert_eq!(code(&send(text_to("onobody", "x")).await), 40003);
    assert_eq!(code(&send(text_to(&openid, "")).await), 44004);
    assert_eq!(code(&send(text_to(&openid, &"长".repeat(683))).await), 45002);
    assert_eq!(code(&send(with("image", json!({ "media_id": "dead" }))).await), 40007);
    assert_eq!(code(&send(with("hologram", json!({}))).await), 40008);
    assert_eq!(code(&send(with("news", json!({ "articles": [{}, {}] }))).await), 45008);
    assert_eq!(code(&send(with("msgmenu", json!({ "list": [] }))).await), 45098);
    let list = json!([{ "id": "101", "content": "查余额" }]);
    let menu = json!({ "head_content": "请选择", "list": list, "tail_content": "" });
    assert_eq!(code(&send(with("msgmenu", menu)).await), 0);
    let chat = town.chat(APPID).await;
    let last = chat["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["kind"], &last["menu"]["items"]), (&json!("msgmenu"), &list), "{last}");
    let tap = json!({ "type": "text", "content": "查余额", "bizmsgmenuid": "101" });
    town.act(APPID, tap).await;
    let heard = town.platform.heard().pop().unwrap().what;
    assert!(matches!(heard, What::Text { menu_id: Some(id), .. } if id == "101"));
    town.stop().await;
}

#[tokio::test]
async fn typing_needs_a_recent_message_and_ends_by_itself() {
    let town = Town::start().await;
    town.platform.behave(Behaviour::Ack);
    let openid = town.openid(APPID);
    let typing = |command: &str| {
        let body = json!({ "touser": openid, "command": command });
        town.api("/cgi-bin/message/custom/typing", body)
    };
    assert_eq!(code(&typing("Typing").await), 45080);
    town.say("在吗").await;
    assert_eq!(code(&typing("Typing").await), 0);
    assert_eq!(town.chat(APPID).await["typing"], true);
    assert_eq!(code(&typing("Typing").await), 45081);
    town.advance(15_000).await;
    assert_eq!(town.chat(APPID).await["typing"], false);
    assert_eq!(code(&typing("Typing").await), 0);
    town.api("/cgi-bin/message/custom/send", text_to(&openid, "在的")).await;
    assert_eq!(town.chat(APPID).await["typing"], false, "a message ends it");
    assert_eq!(code(&typing("Dancing").await), 45072);
    town.advance(16_000).await;
    assert_eq!(code(&typing("Typing").await), 45080, "more than 30 s after the message");
    town.stop().await;
}

#[tokio::test]
async fn a_template_message_is_shown_once_and_its_result_is_told() {
    let town = Town::start().await;
    let data = json!({
        "first": { "value": "您好" },
        "time1": { "value": "2026年11月23日 10:05" },
        "amount2": { "value": "¥200.00" },
    });
    let body = json!({
        "touser": town.openid(APPID), "template_id": "T1", "url": "https://b.example/h5",
        "client_msg_id": "entry-1", "data": data,
    });
    let sent = town.api("/cgi-bin/message/template/send", body.clone()).await;
    assert_eq!(code(&sent), 0, "{sent}");
    let again = town.api("/cgi-bin/message/template/send", body.clone()).await;
    assert_eq!(sent["msgid"], again["msgid"]);
    let chat = town.chat(APPID).await;
    let items = chat["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{chat}");
    let rows = json!([
        { "name": "时间", "value": "2026年11月23日 10:05" },
        { "name": "金额", "value": "¥200.00" },
    ]);
    assert_eq!(items[0]["template"]["rows"], rows, "`first` is dropped");
    town.until(|| !town.platform.heard().is_empty()).await;
    let heard = town.platform.heard().remove(0).what;
    assert!(matches!(&heard, What::Event(e) if !matches!(e, Event::Unknown { .. })), "{heard:?}");
    let told = town.pushed("TEMPLATESENDJOBFINISH").await;
    assert!(told.contains("<Status><![CDATA[success]]>"), "{told}");
    town.advance(10 * MINUTE_MS).await;
    let later = town.api("/cgi-bin/message/template/send", body).await;
    assert_ne!(sent["msgid"], later["msgid"], "the client id is remembered for ten minutes");
    town.stop().await;
}

#[tokio::test]
async fn template_messages_are_refused_for_their_reasons() {
    let town = Town::start().await;
    let to = |openid: &str, id: &str, amount: &str| {
        let data = json!({ "time1": { "value": "10:05" }, "amount2": { "value": amount } });
        let body = json!({ "touser": openid, "template_id": id, "data": data });
        town.api("/cgi-bin/message/template/send", body)
    };
    let openid = town.openid(APPID);
    let bad = to(&openid, "T1", "很多钱").await;
    assert_eq!(code(&bad), 47003);
    assert!(bad["errmsg"].as_str().unwrap().contains("data.amount2.value invalid"), "{bad}");
    assert_eq!(code(&to(&openid, "T9", "1").await), 40037);
    assert_eq!(code(&to("onobody", "T1", "1").await), 40003);
    let list = json!({ "openid_list": [openid] });
    town.api("/cgi-bin/tags/members/batchblacklist", list.clone()).await;
    assert_eq!(code(&to(&openid, "T1", "1").await), 43019);
    town.api("/cgi-bin/tags/members/batchunblacklist", list).await;
    town.post("/control/users/li/unfollow?wait=1", json!({ "appid": APPID })).await;
    assert_eq!(code(&to(&openid, "T1", "1").await), 43004);
    town.stop().await;
}

#[tokio::test]
async fn a_blocked_template_message_is_told_as_failed() {
    let town = Town::start().await;
    let path = format!("/control/chats/{APPID}/li/template_result");
    town.post(&path, json!({ "next": "user block" })).await;
    let data = json!({ "time1": { "value": "10:05" }, "amount2": { "value": "1" } });
    let body = json!({ "touser": town.openid(APPID), "template_id": "T1", "data": data });
    assert_eq!(code(&town.api("/cgi-bin/message/template/send", body).await), 0);
    let told = town.pushed("TEMPLATESENDJOBFINISH").await;
    assert!(told.contains("failed:user block"), "{told}");
    assert!(town.chat(APPID).await["items"].as_array().unwrap().is_empty());
    town.stop().await;
}

#[tokio::test]
async fn templates_come_from_the_library_and_go() {
    let town = Town::start().await;
    let add = json!({ "template_id_short": "43220", "keyword_name_list": ["网点", "号码"] });
    let added = town.api("/cgi-bin/template/api_add_template", add).await;
    let id = added["template_id"].as_str().unwrap();
    let all = town.api("/cgi-bin/template/get_all_private_template", Value::Null).await;
    let all = all["template_list"].as_array().unwrap();
    let found = all.iter().find(|t| t["template_id"] == id).unwrap();
    let content = "网点：{{thing1.DATA}}\n号码：{{character_string2.DATA}}\n";
    assert_eq!(found["content"], content);
    let delete =
        || town.api("/cgi-bin/template/del_private_template", json!({ "template_id": id }));
    assert_eq!(code(&delete().await), 0);
    assert_eq!(code(&delete().await), 40037);
    town.stop().await;
}
