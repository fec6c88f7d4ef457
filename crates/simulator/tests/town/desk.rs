//! WeChat's own customer-service desk: agents, sessions, and what reaches the platform meanwhile.

use crate::common::{APPID, Behaviour, Town, UID, code};
use serde_json::{Value, json};
use wechat::inbound::{Event, What};
use wechat::reply::Reply;

const AGENT: &str = "wu@qinghe";
const MINUTE_MS: i64 = 60_000;

async fn town() -> Town {
    let agent = |prefix: &str, nickname: &str| simulator::AgentConfig {
        prefix: prefix.into(),
        nickname: nickname.into(),
    };
    Town::with(|c| c.accounts[0].agents = vec![agent("wu", "吴柜员"), agent("he", "何柜员")]).await
}

async fn at_desk(town: &Town, account: &str, deed: Value) -> (u16, Value) {
    let mut body = deed;
    (body["appid"], body["kf_account"]) = (json!(APPID), json!(account));
    town.post_status("/control/desk", body).await
}

async fn online(town: &Town, account: &str, auto: bool) {
    at_desk(town, account, json!({ "do": "status", "online": true, "auto": auto })).await;
}

/// The platform hands the customer over.
async fn hand_over(town: &Town, named: Option<&str>) {
    let kf_account = named.map(str::to_owned);
    town.platform.behave(Behaviour::Say(Reply::TransferToCustomerService { kf_account }));
    town.say("人工").await;
    town.platform.behave(Behaviour::Echo);
}

async fn event(town: &Town, name: &str) -> Event {
    let pick = |what: &What| match what {
        What::Event(event) if what.name() == format!("event.{name}") => Some(event.clone()),
        _ => None,
    };
    town.hears(pick).await
}

fn openid(town: &Town) -> Value {
    json!(town.openid(APPID))
}

#[tokio::test]
async fn a_customer_handed_over_talks_with_the_agent_and_not_with_the_platform() {
    let town = town().await;
    online(&town, AGENT, true).await;
    hand_over(&town, None).await;
    let opened = event(&town, "kf_create").await;
    assert!(matches!(opened, Event::KfCreateSession { account } if account == AGENT));
    town.platform.forget();
    let said = town.say("卡被吞了").await;
    assert!(said["delivery"].is_null(), "{said}");
    at_desk(&town, AGENT, json!({ "do": "say", "uid": UID, "text": "请带身份证到网点" })).await;
    let chat = town.chat(APPID).await;
    let last = chat["items"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["text"], &last["agent"]), (&json!("请带身份证到网点"), &json!("吴柜员")));
    assert!(town.platform.seen().is_empty(), "the platform hears nothing of the talk");
    town.act(APPID, json!({ "type": "click", "key": "k" })).await;
    assert_eq!(town.platform.seen().len(), 1, "but of events it does");
    at_desk(&town, AGENT, json!({ "do": "close", "uid": UID })).await;
    event(&town, "kf_close").await;
    assert_eq!(town.say("谢谢").await["delivery"]["outcome"], "replied");
    town.stop().await;
}

#[tokio::test]
async fn half_an_hour_later_messages_reach_the_platform_again() {
    let town = town().await;
    online(&town, AGENT, true).await;
    hand_over(&town, None).await;
    assert!(town.say("在吗").await["delivery"].is_null());
    town.advance(30 * MINUTE_MS).await;
    assert_eq!(town.say("还在吗").await["delivery"]["outcome"], "replied");
    town.stop().await;
}

#[tokio::test]
async fn without_a_free_agent_the_customer_waits_and_the_platform_still_hears_them() {
    let town = town().await;
    hand_over(&town, None).await;
    assert_eq!(town.say("有人吗").await["delivery"]["outcome"], "replied");
    let waiting = town.api("/customservice/kfsession/getwaitcase", Value::Null).await;
    assert_eq!(
        (&waiting["count"], &waiting["waitcaselist"][0]["openid"]),
        (&json!(1), &openid(&town))
    );
    at_desk(&town, AGENT, json!({ "do": "take", "uid": UID })).await;
    let waiting = town.api("/customservice/kfsession/getwaitcase", Value::Null).await;
    assert_eq!(waiting["count"], 0);
    let path = format!("/customservice/kfsession/getsession?openid={}", town.openid(APPID));
    assert_eq!(town.api(&path, Value::Null).await["kf_account"], AGENT);
    town.stop().await;
}

#[tokio::test]
async fn a_named_agent_gets_the_customer_even_when_offline() {
    let town = town().await;
    online(&town, "he@qinghe", true).await;
    hand_over(&town, Some(AGENT)).await;
    let opened = event(&town, "kf_create").await;
    assert!(matches!(opened, Event::KfCreateSession { account } if account == AGENT));
    town.stop().await;
}

#[tokio::test]
async fn sessions_are_opened_and_closed_by_call_under_their_rules() {
    let town = town().await;
    let body = |account: &str| json!({ "kf_account": account, "openid": openid(&town) });
    let create = |account| town.api("/customservice/kfsession/create", body(account));
    let close = |account| town.api("/customservice/kfsession/close", body(account));
    assert_eq!(code(&create("nobody@qinghe").await), 65401);
    assert_eq!(code(&create(AGENT).await), 65415, "offline");
    online(&town, AGENT, false).await;
    online(&town, "he@qinghe", false).await;
    assert_eq!(code(&create(AGENT).await), 0);
    assert_eq!(code(&create(AGENT).await), 0, "twice is once");
    assert_eq!(code(&create("he@qinghe").await), 65414);
    assert_eq!(code(&close("he@qinghe").await), 65413);
    let list = town
        .api(&format!("/customservice/kfsession/getsessionlist?kf_account={AGENT}"), Value::Null)
        .await;
    assert_eq!(list["sessionlist"][0]["openid"], openid(&town));
    at_desk(&town, AGENT, json!({ "do": "switch", "uid": UID, "to": "he@qinghe" })).await;
    let switched = event(&town, "kf_switch").await;
    assert!(
        matches!(switched, Event::KfSwitchSession { from, to } if from == AGENT && to == "he@qinghe")
    );
    assert_eq!(code(&close("he@qinghe").await), 0);
    let online = town.api("/cgi-bin/customservice/getonlinekflist", Value::Null).await;
    assert_eq!(online["kf_online_list"].as_array().unwrap().len(), 2);
    town.stop().await;
}

#[tokio::test]
async fn an_agent_is_added_invited_and_only_then_comes_online() {
    let town = town().await;
    let add = |account: &str, nick: &str| {
        town.api("/customservice/kfaccount/add", json!({ "kf_account": account, "nickname": nick }))
    };
    assert_eq!(code(&add("zhao", "赵柜员").await), 65404, "without the account's 微信号");
    assert_eq!(code(&add("far_too_long@qinghe", "赵柜员").await), 65404);
    assert_eq!(code(&add("zhao@qinghe", "").await), 65403);
    assert_eq!(code(&add("zhao@qinghe", "赵柜员").await), 0);
    assert_eq!(code(&add("zhao@qinghe", "赵柜员").await), 65406);
    let status = json!({ "do": "status", "online": true });
    assert_eq!(at_desk(&town, "zhao@qinghe", status.clone()).await.0, 409, "nobody is behind it");
    let invite = |wx: &str| {
        let body = json!({ "kf_account": "zhao@qinghe", "invite_wx": wx });
        town.api("/customservice/kfaccount/inviteworker", body)
    };
    assert_eq!(code(&invite("nobody").await), 65409);
    assert_eq!(code(&invite("wang").await), 0);
    assert_eq!(code(&invite("wang").await), 65408);
    assert_eq!(code(&invite(UID).await), 65411);
    let list = town.api("/cgi-bin/customservice/getkflist", Value::Null).await;
    assert_eq!(list["kf_list"][2]["invite_status"], "waiting");
    at_desk(&town, "zhao@qinghe", json!({ "do": "answer_invite", "accept": true })).await;
    assert_eq!(at_desk(&town, "zhao@qinghe", status).await.0, 200);
    let list = town.api("/cgi-bin/customservice/getkflist", Value::Null).await;
    assert_eq!(list["kf_list"][2]["kf_wx"], "wang");
    let body = json!({ "kf_account": "zhao@qinghe" });
    assert_eq!(code(&town.api("/customservice/kfaccount/del", body.clone()).await), 0);
    assert_eq!(code(&town.api("/customservice/kfaccount/del", body).await), 65401);
    town.stop().await;
}

#[tokio::test]
async fn an_account_without_a_wechat_id_has_no_desk() {
    let town = Town::with(|c| c.accounts[0].alias.clear()).await;
    assert_eq!(code(&town.api("/cgi-bin/customservice/getkflist", Value::Null).await), 65400);
    town.stop().await;
}

#[tokio::test]
async fn what_was_said_can_be_read_again_for_a_day() {
    let town = town().await;
    online(&town, AGENT, true).await;
    hand_over(&town, None).await;
    town.say("卡被吞了").await;
    at_desk(&town, AGENT, json!({ "do": "say", "uid": UID, "text": "请稍等" })).await;
    let now_s = town.clock.now().secs();
    let read = |from: i64, to: i64| {
        let body = json!({ "starttime": from, "endtime": to, "msgid": 1, "number": 100 });
        town.api("/customservice/msgrecord/getmsglist", body)
    };
    assert_eq!(code(&read(now_s - 2 * 86_400, now_s).await), 65417);
    let records = read(now_s - 60, now_s + 60).await;
    let said: Vec<_> = records["recordlist"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["opercode"].as_i64().unwrap(), r["text"].as_str().unwrap()))
        .collect();
    assert_eq!(said, [(2003, "卡被吞了"), (2002, "请稍等")]);
    assert_eq!(records["msgid"], 3);
    town.stop().await;
}

#[tokio::test]
async fn a_service_message_may_be_signed_by_an_agent() {
    let town = town().await;
    town.say("在吗").await;
    let send = |agent: &str| {
        let body = json!({ "touser": openid(&town), "msgtype": "text", "text": { "content": "我来办" },
                           "customservice": { "kf_account": agent } });
        town.api("/cgi-bin/message/custom/send", body)
    };
    assert_eq!(code(&send("nobody@qinghe").await), 65401);
    assert_eq!(code(&send(AGENT).await), 0);
    let chat = town.chat(APPID).await;
    assert_eq!(chat["items"].as_array().unwrap().last().unwrap()["agent"], "吴柜员");
    town.stop().await;
}
