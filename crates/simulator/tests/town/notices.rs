//! Subscription notices: consent, its events, and sending against it.

use crate::common::{APPID, Town, UID, code};
use serde_json::{Value, json};
use wechat::inbound::{Event, What};

async fn template(town: &Town, tid: i64, kids: &[i64]) -> String {
    let body = json!({ "tid": tid, "kidList": kids, "sceneDesc": "业务办理" });
    let answer = town.api("/wxaapi/newtmpl/addtemplate", body).await;
    answer["priTmplId"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

async fn answer(town: &Town, uid: &str, choices: &[(&str, bool)]) {
    let answers: Vec<Value> =
        choices.iter().map(|(id, accept)| json!({ "template_id": id, "accept": accept })).collect();
    let path = format!("/control/chats/{APPID}/{uid}/notices");
    let (status, said) = town.post_status(&path, json!({ "answers": answers })).await;
    assert_eq!(status, 200, "{said}");
}

fn progress(to: &str, template: &str) -> Value {
    json!({ "touser": to, "template_id": template, "page": "https://b.example/h5",
            "data": { "thing1": { "value": "挂失补卡" }, "phrase2": { "value": "已办结" } } })
}

#[tokio::test]
async fn one_consent_is_worth_one_notice() {
    let town = Town::start().await;
    let id = template(&town, 20_101, &[1, 2]).await;
    let send =
        || town.api("/cgi-bin/message/subscribe/bizsend", progress(&town.openid(APPID), &id));
    assert_eq!(code(&send().await), 43101, "nobody has agreed yet");
    answer(&town, UID, &[(&id, true)]).await;
    let asked = town
        .hears(|what| match what {
            What::Event(Event::SubscribePopup(answers)) => Some(answers.clone()),
            _ => None,
        })
        .await;
    assert_eq!(
        (asked[0].template_id.as_str(), asked[0].accepted, asked[0].scene),
        (id.as_str(), true, Some(1))
    );
    assert_eq!(code(&send().await), 0);
    let sent = town
        .hears(|what| match what {
            What::Event(Event::SubscribeSent(sent)) => Some(sent.clone()),
            _ => None,
        })
        .await;
    assert_eq!(
        (sent[0].template_id.as_str(), sent[0].error_code, sent[0].error_status.as_str()),
        (id.as_str(), 0, "success")
    );
    assert_eq!(code(&send().await), 43101, "and no more");
    let chat = town.chat(APPID).await;
    let shown = &chat["items"][0];
    assert_eq!((&shown["kind"], &shown["from"]), (&json!("notice"), &json!("青禾农商银行")));
    assert_eq!(shown["template"]["rows"][1], json!({ "name": "办理进度", "value": "已办结" }));
    assert!(sent[0].msg_id.parse::<u64>().is_ok());
    town.stop().await;
}

#[tokio::test]
async fn a_long_term_consent_lasts_until_it_is_withdrawn() {
    let town = Town::start().await;
    let id = template(&town, 20_104, &[1, 2]).await;
    let body = json!({ "touser": town.openid(APPID), "template_id": id,
        "data": { "thing1": { "value": "耕地地力补贴" }, "amount2": { "value": "320.00元" } } });
    let send = || town.api("/cgi-bin/message/subscribe/bizsend", body.clone());
    answer(&town, UID, &[(&id, true)]).await;
    for _ in 0..3 {
        assert_eq!(code(&send().await), 0);
    }
    let refuse = format!("/control/chats/{APPID}/{UID}/notices/refuse");
    town.post(&refuse, json!({ "template_ids": [id] })).await;
    let changed = town
        .hears(|what| match what {
            What::Event(Event::SubscribeChange(answers)) => Some(answers.clone()),
            _ => None,
        })
        .await;
    assert!(!changed[0].accepted);
    assert_eq!(code(&send().await), 43101);
    town.stop().await;
}

#[tokio::test]
async fn every_template_of_a_pop_up_is_in_one_event() {
    let town = Town::start().await;
    let (first, second) =
        (template(&town, 20_101, &[1, 2]).await, template(&town, 20_102, &[1, 2]).await);
    answer(&town, UID, &[(&first, true), (&second, false)]).await;
    let answers = town
        .hears(|what| match what {
            What::Event(Event::SubscribePopup(answers)) => Some(answers.clone()),
            _ => None,
        })
        .await;
    let said: Vec<_> = answers.iter().map(|a| a.accepted).collect();
    assert_eq!(said, [true, false]);
    let listed = town.get(&format!("/control/chats/{APPID}/{UID}/notices")).await;
    assert_eq!(listed["items"][0]["consent"], json!({ "left": 1, "always": false }));
    assert_eq!(listed["items"][1]["consent"]["left"], 0);
    town.stop().await;
}

#[tokio::test]
async fn who_does_not_follow_finds_the_notice_among_service_notices() {
    let town = Town::start().await;
    let id = template(&town, 20_101, &[1, 2]).await;
    answer(&town, "wang", &[(&id, true)]).await;
    let body = progress(&simulator::openid_of(APPID, "wang"), &id);
    assert_eq!(code(&town.api("/cgi-bin/message/subscribe/bizsend", body).await), 0);
    let in_chat = town.get(&format!("/control/chats/{APPID}/wang")).await;
    assert!(in_chat["items"].as_array().unwrap().is_empty());
    let aside = town.get("/control/chats/service-notices/wang").await;
    assert_eq!(aside["items"][0]["template"]["title"], "业务办理进度通知");
    town.stop().await;
}

#[tokio::test]
async fn templates_are_chosen_from_the_library_and_values_are_checked() {
    let town = Town::start().await;
    let add = |tid: i64, kids: Value, scene: &str| {
        let body = json!({ "tid": tid, "kidList": kids, "sceneDesc": scene });
        town.api("/wxaapi/newtmpl/addtemplate", body)
    };
    assert_eq!(code(&add(1, json!([1, 2]), "办理").await), 200_014);
    assert_eq!(code(&add(20_101, json!([1]), "办理").await), 200_020);
    assert_eq!(code(&add(20_101, json!([1, 9]), "办理").await), 200_020);
    assert_eq!(code(&add(20_101, json!([1, 2]), &"长".repeat(16)).await), 200_021);
    let titles = town
        .api("/wxaapi/newtmpl/getpubtemplatetitles?ids=616&start=0&limit=30", Value::Null)
        .await;
    assert_eq!(titles["data"][0]["tid"], 20_101);
    let words = town.api("/wxaapi/newtmpl/getpubtemplatekeywords?tid=20101", Value::Null).await;
    assert_eq!(
        words["data"][1],
        json!({ "kid": 2, "name": "办理进度", "example": "", "rule": "phrase" })
    );
    let id = template(&town, 20_101, &[1, 2]).await;
    let listed = town.api("/wxaapi/newtmpl/gettemplate", Value::Null).await;
    assert_eq!(
        (&listed["data"][0]["priTmplId"], &listed["data"][0]["type"]),
        (&json!(id), &json!(2))
    );
    answer(&town, UID, &[(&id, true)]).await;
    let mut body = progress(&town.openid(APPID), &id);
    body["data"]["phrase2"]["value"] = json!("已办结OK");
    let refused = town.api("/cgi-bin/message/subscribe/bizsend", body.clone()).await;
    assert_eq!(code(&refused), 47003);
    assert!(refused["errmsg"].as_str().unwrap().contains("data.phrase2.value"), "{refused}");
    body["template_id"] = json!("T1");
    let mixed_up = town.api("/cgi-bin/message/subscribe/bizsend", body).await;
    assert_eq!(code(&mixed_up), 40037, "a template message's id is of another library");
    for _ in 0..24 {
        template(&town, 20_101, &[1, 2]).await;
    }
    assert_eq!(code(&add(20_101, json!([1, 2]), "办理").await), 200_012);
    assert_eq!(code(&town.api("/wxaapi/newtmpl/deltemplate", json!({ "priTmplId": id })).await), 0);
    town.stop().await;
}
