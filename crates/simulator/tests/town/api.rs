//! Platform → WeChat: tokens, quotas, messages, menus, users, codes, media.

use crate::common::{APPID, Behaviour, SUBSCRIPTION, Town, code};
use serde_json::{Value, json};
use wechat::inbound::{Event, What};

const MINUTE_MS: i64 = 60_000;

async fn advance(town: &Town, ms: i64) {
    town.post("/control/clock", json!({ "advance_ms": ms })).await;
}

fn classic() -> String {
    format!("/cgi-bin/token?grant_type=client_credential&appid={APPID}&secret=secret%20of%20{APPID}")
}

fn text_to(openid: &str, content: &str) -> Value {
    json!({ "touser": openid, "msgtype": "text", "text": { "content": content } })
}

async fn works(town: &Town, token: &Value) -> i64 {
    let path = format!("/cgi-bin/getcallbackip?access_token={}", token.as_str().unwrap());
    code(&town.get(&path).await)
}

#[tokio::test]
async fn a_new_classic_token_leaves_the_old_one_five_minutes() {
    let town = Town::start().await;
    let old = town.get(&classic()).await["access_token"].clone();
    let stable = json!(town.token(APPID).await);
    let new = town.get(&classic()).await["access_token"].clone();
    assert_ne!(old, new);
    assert_eq!((works(&town, &old).await, works(&town, &new).await), (0, 0));
    advance(&town, 5 * MINUTE_MS).await;
    assert_eq!((works(&town, &old).await, works(&town, &new).await), (42001, 0));
    assert_eq!(works(&town, &stable).await, 0, "the two kinds never touch each other");
    town.stop().await;
}

#[tokio::test]
async fn the_stable_token_stays_until_five_minutes_before_its_end() {
    let town = Town::start().await;
    let first = town.token(APPID).await;
    advance(&town, 60 * MINUTE_MS).await;
    assert_eq!(town.token(APPID).await, first);
    advance(&town, 55 * MINUTE_MS).await;
    let second = town.token(APPID).await;
    assert_ne!(second, first);
    assert_eq!(works(&town, &json!(first)).await, 0, "both work in the overlap");
    advance(&town, 5 * MINUTE_MS).await;
    assert_eq!((works(&town, &json!(first)).await, works(&town, &json!(second)).await), (42001, 0));
    town.stop().await;
}

#[tokio::test]
async fn forced_refresh_kills_at_once_and_is_rare() {
    let town = Town::start().await;
    let first = town.token(APPID).await;
    let body = json!({ "grant_type": "client_credential", "appid": APPID, "secret": format!("secret of {APPID}"), "force_refresh": true });
    let second = town.post("/cgi-bin/stable_token", body.clone()).await;
    assert_eq!(works(&town, &json!(first)).await, 40001);
    assert_eq!(works(&town, &second["access_token"]).await, 0);
    assert_eq!(code(&town.post("/cgi-bin/stable_token", body.clone()).await), 45011);
    for _ in 0..19 {
        advance(&town, 30_000).await;
        assert_eq!(code(&town.post("/cgi-bin/stable_token", body.clone()).await), 0);
    }
    advance(&town, 30_000).await;
    assert_eq!(code(&town.post("/cgi-bin/stable_token", body).await), 45009);
    town.stop().await;
}

#[tokio::test]
async fn wrong_credentials_and_tokens_have_their_codes() {
    let town = Town::start().await;
    let with = |appid: &str, secret: &str| json!({ "grant_type": "client_credential", "appid": appid, "secret": secret });
    assert_eq!(code(&town.post("/cgi-bin/stable_token", with("wxnobody", "x")).await), 40013);
    assert_eq!(code(&town.post("/cgi-bin/stable_token", with(APPID, "x")).await), 40125);
    assert_eq!(code(&town.post("/cgi-bin/stable_token", json!({})).await), 40002);
    assert_eq!(code(&town.get("/cgi-bin/getcallbackip").await), 41001);
    assert_eq!(works(&town, &json!("short")).await, 40014);
    assert_eq!(works(&town, &json!("x".repeat(136))).await, 40001);
    assert_eq!(code(&town.get("/cgi-bin/nothing").await), 40066);
    let token = town.token(APPID).await;
    let get = town.get(&format!("/cgi-bin/message/custom/send?access_token={token}")).await;
    assert_eq!(code(&get), 43002);
    let post = town.post(&format!("/cgi-bin/user/get?access_token={token}"), json!({})).await;
    assert_eq!(code(&post), 43001);
    town.stop().await;
}

#[tokio::test]
async fn an_error_carries_a_rid_that_can_be_looked_up() {
    let town = Town::start().await;
    let failed = town.api("/cgi-bin/message/custom/send", text_to("onobody", "hi")).await;
    let words = failed["errmsg"].as_str().unwrap();
    let (_, rid) = words.split_once(" rid: ").unwrap();
    assert_eq!(rid.split('-').map(str::len).collect::<Vec<_>>(), [8, 8, 8]);
    let found = town.api("/cgi-bin/openapi/rid/get", json!({ "rid": rid })).await;
    assert!(found["request"]["request_body"].as_str().unwrap().contains("onobody"), "{found}");
    assert_eq!(code(&town.api("/cgi-bin/openapi/rid/get", json!({ "rid": "x" })).await), 76001);
    town.stop().await;
}

#[tokio::test]
async fn a_caller_outside_the_whitelist_is_named() {
    let town = Town::start().await;
    let set = json!({ "appid": APPID, "ips": ["203.0.113.7"] });
    town.post("/control/ip_whitelist", set).await;
    let answer = town.get(&classic()).await;
    assert_eq!(code(&answer), 40164);
    let words = answer["errmsg"].as_str().unwrap();
    let wanted = "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist rid: ";
    assert!(words.starts_with(wanted), "{words}");
    town.stop().await;
}

#[tokio::test]
async fn rotated_tokens_are_dead_and_can_be_fetched_again() {
    let town = Town::start().await;
    let old = json!(town.token(APPID).await);
    town.post("/control/tokens/rotate", json!({ "appid": APPID })).await;
    assert_eq!(works(&town, &old).await, 40001);
    assert_eq!(works(&town, &json!(town.token(APPID).await)).await, 0);
    town.stop().await;
}

#[tokio::test]
async fn quotas_end_a_day_or_a_minute_and_can_be_cleared() {
    let town = Town::start().await;
    let call = || town.api("/cgi-bin/getcallbackip", Value::Null);
    let api = "/cgi-bin/getcallbackip";
    town.post("/control/quota", json!({ "appid": APPID, "api": api, "left": 1 })).await;
    assert_eq!((code(&call().await), code(&call().await)), (0, 45009));
    let quota = town.api("/cgi-bin/openapi/quota/get", json!({ "cgi_path": api })).await;
    assert_eq!(quota["quota"]["remain"], 0, "{quota}");
    assert_eq!(code(&town.api("/cgi-bin/clear_quota", json!({ "appid": APPID })).await), 0);
    assert_eq!(code(&call().await), 0);
    town.post("/control/quota", json!({ "appid": APPID, "api": api, "minute_left": 0 })).await;
    assert_eq!(code(&call().await), 45011);
    advance(&town, MINUTE_MS).await;
    assert_eq!(code(&call().await), 0);
    town.post("/control/quota", json!({ "appid": APPID, "api": api, "left": 0 })).await;
    advance(&town, base::DAY_MS).await;
    assert_eq!(code(&call().await), 0, "a new day");
    for _ in 0..9 {
        town.api("/cgi-bin/clear_quota", json!({ "appid": APPID })).await;
    }
    assert_eq!(code(&town.api("/cgi-bin/clear_quota", json!({ "appid": APPID })).await), 48006);
    let bad = town.api("/cgi-bin/openapi/quota/get", json!({ "cgi_path": "x" })).await;
    assert_eq!(code(&bad), 76003);
    town.stop().await;
}

#[tokio::test]
async fn rights_follow_the_kind_of_account() {
    let town = Town::start().await;
    let openid = town.openid(SUBSCRIPTION);
    for (path, body) in [
        ("/cgi-bin/message/custom/send", text_to(&openid, "hi")),
        ("/cgi-bin/menu/create", json!({ "button": [] })),
        ("/cgi-bin/user/get", Value::Null),
        ("/cgi-bin/qrcode/create", json!({})),
        ("/cgi-bin/message/template/send", json!({})),
    ] {
        assert_eq!(code(&town.api_of(SUBSCRIPTION, path, body).await), 48001, "{path}");
    }
    let ips = town.api_of(SUBSCRIPTION, "/cgi-bin/getcallbackip", Value::Null).await;
    assert!(ips["ip_list"].is_array());
    town.stop().await;
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
    advance(&town, 48 * 60 * MINUTE_MS).await;
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
    advance(&town, MINUTE_MS).await;
    assert_eq!(code(&send().await), 45015);
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
    let menu = json!({ "head_content": "请选择", "list": [{ "id": "101", "content": "查余额" }], "tail_content": "" });
    assert_eq!(code(&send(with("msgmenu", menu)).await), 0);
    let chat = town.chat(APPID).await;
    let last = chat["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["menu"]["items"], json!([{ "id": "101", "content": "查余额" }]), "{last}");
    town.act(APPID, json!({ "type": "text", "content": "查余额", "bizmsgmenuid": "101" })).await;
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
        town.api("/cgi-bin/message/custom/typing", json!({ "touser": openid, "command": command }))
    };
    assert_eq!(code(&typing("Typing").await), 45080);
    town.say("在吗").await;
    assert_eq!(code(&typing("Typing").await), 0);
    assert_eq!(town.chat(APPID).await["typing"], true);
    assert_eq!(code(&typing("Typing").await), 45081);
    advance(&town, 15_000).await;
    assert_eq!(town.chat(APPID).await["typing"], false);
    assert_eq!(code(&typing("Typing").await), 0);
    town.api("/cgi-bin/message/custom/send", text_to(&openid, "在的")).await;
    assert_eq!(town.chat(APPID).await["typing"], false, "a message ends it");
    assert_eq!(code(&typing("Dancing").await), 45072);
    advance(&town, 16_000).await;
    assert_eq!(code(&typing("Typing").await), 45080, "30 s after the message");
    town.stop().await;
}

#[tokio::test]
async fn a_template_message_is_shown_once_and_its_result_is_told() {
    let town = Town::start().await;
    let openid = town.openid(APPID);
    let body = json!({
        "touser": openid, "template_id": "T1", "url": "https://b.example/h5", "client_msg_id": "entry-1",
        "data": { "first": { "value": "您好" }, "time1": { "value": "2026年11月23日 10:05" }, "amount2": { "value": "¥200.00" } },
    });
    let sent = town.api("/cgi-bin/message/template/send", body.clone()).await;
    assert_eq!(code(&sent), 0, "{sent}");
    let again = town.api("/cgi-bin/message/template/send", body).await;
    assert_eq!(sent["msgid"], again["msgid"]);
    let chat = town.chat(APPID).await;
    let items = chat["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{chat}");
    assert_eq!(
        items[0]["template"]["rows"],
        json!([{ "name": "时间", "value": "2026年11月23日 10:05" }, { "name": "金额", "value": "¥200.00" }])
    );
    town.until(|| !town.platform.heard().is_empty()).await;
    let heard = town.platform.heard().remove(0).what;
    assert!(matches!(&heard, What::Event(e) if !matches!(e, Event::Unknown { .. })), "{heard:?}");
    let log = town.last_push().await["request_plain"].as_str().unwrap().to_owned();
    assert!(log.contains("TEMPLATESENDJOBFINISH") && log.contains("success"), "{log}");
    town.stop().await;
}

#[tokio::test]
async fn template_messages_are_refused_for_their_reasons() {
    let town = Town::start().await;
    let to = |openid: &str, id: &str, amount: &str| {
        let data = json!({ "time1": { "value": "10:05" }, "amount2": { "value": amount } });
        town.api("/cgi-bin/message/template/send", json!({ "touser": openid, "template_id": id, "data": data }))
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
    town.post(&format!("/control/chats/{APPID}/li/template_result"), json!({ "next": "user block" })).await;
    let data = json!({ "time1": { "value": "10:05" }, "amount2": { "value": "1" } });
    let body = json!({ "touser": town.openid(APPID), "template_id": "T1", "data": data });
    assert_eq!(code(&town.api("/cgi-bin/message/template/send", body).await), 0);
    town.until(|| !town.platform.seen().is_empty()).await;
    let plain = town.last_push().await["request_plain"].to_string();
    assert!(plain.contains("failed:user block"), "{plain}");
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
    let found = all["template_list"].as_array().unwrap().iter().find(|t| t["template_id"] == id).unwrap();
    assert_eq!(found["content"], "网点：{{thing1.DATA}}\n号码：{{character_string2.DATA}}\n");
    let gone = json!({ "template_id": id });
    assert_eq!(code(&town.api("/cgi-bin/template/del_private_template", gone.clone()).await), 0);
    assert_eq!(code(&town.api("/cgi-bin/template/del_private_template", gone).await), 40037);
    town.stop().await;
}

#[tokio::test]
async fn a_menu_is_checked_button_by_button() {
    let town = Town::start().await;
    let create = |button: Value| town.api("/cgi-bin/menu/create", json!({ "button": button }));
    let click = json!({ "type": "click", "name": "余额", "key": "k" });
    assert_eq!(code(&town.api("/cgi-bin/menu/get", Value::Null).await), 46003);
    for (button, wanted) in [
        (json!([]), 40016),
        (json!([click, click, click, click]), 40016),
        (json!([{ "type": "dance", "name": "x" }]), 40017),
        (json!([{ "type": "click", "name": "超过十六个字节的名字", "key": "k" }]), 40018),
        (json!([{ "type": "click", "name": "x" }]), 40019),
        (json!([{ "type": "view", "name": "x", "url": "" }]), 40020),
        (json!([{ "type": "view", "name": "x", "url": "weixin://x" }]), 40055),
        (json!([{ "name": "x", "sub_button": [click, click, click, click, click, click] }]), 40023),
        (json!([{ "name": "x", "sub_button": [{ "type": "view", "name": "y", "url": "ftp://x" }] }]), 40054),
    ] {
        assert_eq!(code(&create(button.clone()).await), wanted, "{button}");
    }
    assert_eq!(code(&create(json!([{ "name": "账户", "sub_button": [click] }, click])).await), 0);
    let state = town.get("/control/state").await;
    assert_eq!(state["accounts"][0]["menu"]["button"][0]["name"], "账户");
    let got = town.api("/cgi-bin/menu/get", Value::Null).await;
    assert_eq!(got["menu"]["button"][1]["key"], "k");
    let current = town.api("/cgi-bin/get_current_selfmenu_info", Value::Null).await;
    assert_eq!(current["selfmenu_info"]["button"][0]["sub_button"]["list"][0]["key"], "k");
    town.api("/cgi-bin/menu/delete", Value::Null).await;
    assert_eq!(code(&town.api("/cgi-bin/menu/get", Value::Null).await), 46003);
    town.stop().await;
}

#[tokio::test]
async fn a_conditional_menu_is_for_those_with_the_tag() {
    let town = Town::start().await;
    let menu = |name: &str, rule: Value| json!({ "button": [{ "type": "click", "name": name, "key": name }], "matchrule": rule });
    let add = |body: Value| town.api("/cgi-bin/menu/addconditional", body);
    let created = town.api("/cgi-bin/tags/create", json!({ "tag": { "name": "老年" } })).await;
    let tag = created["tag"]["id"].clone();
    assert_eq!(code(&add(menu("大字", json!({ "tag_id": tag }))).await), 65303);
    town.api("/cgi-bin/menu/create", menu("普通", Value::Null)).await;
    assert_eq!(code(&add(menu("大字", json!({}))).await), 65304);
    assert_eq!(code(&add(menu("大字", json!({ "sex": "1" }))).await), 65320);
    let id = add(menu("大字", json!({ "tag_id": tag.to_string() }))).await["menuid"].clone();
    let openid = town.openid(APPID);
    let seen = || town.api("/cgi-bin/menu/trymatch", json!({ "user_id": openid }));
    assert_eq!(seen().await["button"][0]["name"], "普通");
    let list = json!({ "openid_list": [openid], "tagid": tag });
    assert_eq!(code(&town.api("/cgi-bin/tags/members/batchtagging", list).await), 0);
    assert_eq!(seen().await["button"][0]["name"], "大字");
    assert_eq!(town.chat(APPID).await["menu"]["button"][0]["name"], "大字");
    assert_eq!(code(&town.api("/cgi-bin/menu/delconditional", json!({ "menuid": id })).await), 0);
    assert_eq!(seen().await["button"][0]["name"], "普通");
    assert_eq!(code(&town.api("/cgi-bin/menu/delconditional", json!({ "menuid": id })).await), 65301);
    town.stop().await;
}

#[tokio::test]
async fn a_scan_button_sends_its_own_event() {
    let town = Town::start().await;
    let button = json!([{ "type": "scancode_waitmsg", "name": "扫码", "key": "scan" },
                        { "type": "location_select", "name": "位置", "key": "here" }]);
    town.api("/cgi-bin/menu/create", json!({ "button": button })).await;
    town.act(APPID, json!({ "type": "click", "key": "scan" })).await;
    town.act(APPID, json!({ "type": "click", "key": "here" })).await;
    town.until(|| town.platform.heard().len() == 3).await;
    let plain = town.get("/control/exchanges?kind=push").await.to_string();
    assert!(plain.contains("scancode_waitmsg") && plain.contains("<ScanCodeInfo>"), "{plain}");
    assert!(plain.contains("SendLocationInfo"), "{plain}");
    let is_place = |h: &wechat::inbound::Inbound| matches!(h.what, What::Location(_));
    assert!(town.platform.heard().iter().any(is_place), "the place follows as a message");
    town.stop().await;
}

#[tokio::test]
async fn followers_are_listed_tagged_remarked_and_described() {
    let town = Town::start().await;
    let openid = town.openid(APPID);
    let list = town.api("/cgi-bin/user/get", Value::Null).await;
    assert_eq!((&list["total"], &list["data"]["openid"][0]), (&json!(1), &json!(openid)));
    let end = town.api(&format!("/cgi-bin/user/get?next_openid={openid}"), Value::Null).await;
    assert_eq!((&end["count"], &end["data"]), (&json!(0), &Value::Null));
    let remark = |words: &str| json!({ "openid": openid, "remark": words });
    assert_eq!(code(&town.api("/cgi-bin/user/info/updateremark", remark("老客户")).await), 0);
    assert_ne!(code(&town.api("/cgi-bin/user/info/updateremark", remark(&"长".repeat(10))).await), 0);
    let info = town.api(&format!("/cgi-bin/user/info?openid={openid}"), Value::Null).await;
    assert_eq!((&info["subscribe"], &info["remark"], &info["nickname"]), (&json!(1), &json!("老客户"), &json!("")));
    town.post("/control/users/wang/scan?wait=1", json!({ "appid": APPID, "scene": "77" })).await;
    let wang = simulator::openid_of(APPID, "wang");
    let info = town.api(&format!("/cgi-bin/user/info?openid={wang}"), Value::Null).await;
    assert_eq!((&info["subscribe_scene"], &info["qr_scene"]), (&json!("ADD_SCENE_QR_CODE"), &json!(77)));
    let both = json!({ "user_list": [{ "openid": openid }, { "openid": wang }] });
    let batch = town.api("/cgi-bin/user/info/batchget", both).await;
    assert_eq!(batch["user_info_list"].as_array().unwrap().len(), 2);
    town.post("/control/users/wang/unfollow?wait=1", json!({ "appid": APPID })).await;
    let gone = town.api(&format!("/cgi-bin/user/info?openid={wang}"), Value::Null).await;
    assert_eq!(gone, json!({ "subscribe": 0, "openid": wang }));
    town.stop().await;
}

#[tokio::test]
async fn tags_have_their_limits() {
    let town = Town::start().await;
    let create = |name: &str| town.api("/cgi-bin/tags/create", json!({ "tag": { "name": name } }));
    assert_eq!(code(&create("星标组").await), 45157);
    assert_eq!(code(&create(&"长".repeat(11)).await), 45158);
    let id = create("粮农").await["tag"]["id"].clone();
    let openid = town.openid(APPID);
    let put = |openid: &str, tag: &Value| {
        town.api("/cgi-bin/tags/members/batchtagging", json!({ "openid_list": [openid], "tagid": tag }))
    };
    assert_eq!(code(&put("onobody", &id).await), 49003);
    assert_eq!(code(&put(&openid, &json!(9_999)).await), 45159);
    assert_eq!(code(&put(&openid, &id).await), 0);
    for n in 0..19 {
        let tag = create(&format!("t{n}")).await["tag"]["id"].clone();
        assert_eq!(code(&put(&openid, &tag).await), 0);
    }
    let one_more = create("多").await["tag"]["id"].clone();
    assert_eq!(code(&put(&openid, &one_more).await), 45059);
    let of = town.api("/cgi-bin/user/tag/get", json!({ "tagid": id })).await;
    assert_eq!(of["count"], 1);
    let change = json!({ "tag": { "id": id, "name": "种粮户" } });
    assert_eq!(code(&town.api("/cgi-bin/tags/update", change).await), 0);
    assert_eq!(code(&town.api("/cgi-bin/tags/delete", json!({ "tag": { "id": 2 } })).await), 45058);
    assert_eq!(code(&town.api("/cgi-bin/tags/delete", json!({ "tag": { "id": id } })).await), 0);
    let left = town.api("/cgi-bin/tags/getidlist", json!({ "openid": openid })).await;
    assert_eq!(left["tagid_list"].as_array().unwrap().len(), 19);
    town.stop().await;
}

#[tokio::test]
async fn the_blacklist_silences_a_follower() {
    let town = Town::start().await;
    let list = json!({ "openid_list": [town.openid(APPID)] });
    town.api("/cgi-bin/tags/members/batchblacklist", list).await;
    let sent = town.say("听得到吗").await;
    assert_eq!(sent["items"].as_array().unwrap().len(), 1, "{sent}");
    assert!(town.platform.seen().is_empty());
    let black = town.api("/cgi-bin/tags/members/getblacklist", json!({ "begin_openid": "" })).await;
    assert_eq!(black["total"], 1);
    town.stop().await;
}

#[tokio::test]
async fn a_scene_code_lives_as_long_as_asked_and_can_be_seen() {
    let town = Town::start().await;
    let create = |body: Value| town.api("/cgi-bin/qrcode/create", body);
    let text = |scene: &str| json!({ "scene": { "scene_str": scene } });
    let made = create(json!({ "expire_seconds": 600, "action_name": "QR_STR_SCENE", "action_info": text("branch_01") })).await;
    assert_eq!(made["expire_seconds"], 600, "{made}");
    let ticket = made["ticket"].as_str().unwrap().replace('=', "%3D");
    let show = format!("{}/cgi-bin/showqrcode?ticket={ticket}", town.sim.url());
    let picture = town.http.get(&show).send().await.unwrap();
    assert_eq!(picture.headers()["content-type"], "image/svg+xml");
    assert!(picture.text().await.unwrap().contains("<svg"));
    advance(&town, 600_000).await;
    assert_eq!(town.http.get(&show).send().await.unwrap().status().as_u16(), 404);
    let long = json!({ "action_name": "QR_LIMIT_STR_SCENE", "action_info": text(&"x".repeat(65)) });
    assert_eq!(code(&create(long).await), 40053);
    let zero = json!({ "action_name": "QR_LIMIT_SCENE", "action_info": { "scene": { "scene_id": 0 } } });
    assert_eq!(code(&create(zero).await), 40053);
    let forever = create(json!({ "action_name": "QR_LIMIT_SCENE", "action_info": { "scene": { "scene_id": 7 } } })).await;
    assert!(forever["expire_seconds"].is_null() && forever["ticket"].is_string(), "{forever}");
    town.stop().await;
}

#[tokio::test]
async fn media_is_kept_for_three_days() {
    let town = Town::start().await;
    let token = town.token(APPID).await;
    let upload = |kind: &str, name: &str, bytes: usize| {
        let url = format!("{}/cgi-bin/media/upload?access_token={token}&type={kind}", town.sim.url());
        let part = reqwest::multipart::Part::bytes(vec![7; bytes]).file_name(name.to_owned());
        let form = reqwest::multipart::Form::new().part("media", part);
        let request = town.http.post(url).multipart(form);
        async move { request.send().await.unwrap().text().await.unwrap() }
    };
    let read = |text: String| -> Value { serde_json::from_str(&text).unwrap() };
    assert_eq!(code(&read(upload("image", "a.bmp", 10).await)), 40005);
    assert_eq!(code(&read(upload("thumb", "a.jpg", 65_537).await)), 45001);
    assert_eq!(code(&read(upload("song", "a.jpg", 10).await)), 40004);
    let thumb = read(upload("thumb", "a.jpg", 10).await);
    assert!(thumb["thumb_media_id"].is_string() && thumb["media_id"].is_null(), "{thumb}");
    let image = read(upload("image", "a.png", 10).await);
    let id = image["media_id"].as_str().unwrap();
    town.say("发个图").await;
    let body = json!({ "touser": town.openid(APPID), "msgtype": "image", "image": { "media_id": id } });
    assert_eq!(code(&town.api("/cgi-bin/message/custom/send", body).await), 0);
    let get = |token: &str| format!("{}/cgi-bin/media/get?access_token={token}&media_id={id}", town.sim.url());
    let got = town.http.get(get(&token)).send().await.unwrap();
    assert!(got.headers()["content-disposition"].to_str().unwrap().contains("a.png"));
    assert_eq!(got.bytes().await.unwrap().as_ref(), [7; 10]);
    advance(&town, 3 * base::DAY_MS).await;
    let token = town.token(APPID).await;
    let dead = read(town.http.get(get(&token)).send().await.unwrap().text().await.unwrap());
    assert_eq!(code(&dead), 40007);
    town.stop().await;
}

#[tokio::test]
async fn what_a_customer_sends_can_be_downloaded() {
    let town = Town::start().await;
    town.act(APPID, json!({ "type": "image" })).await;
    let What::Image { pic_url, media_id } = town.platform.heard().remove(0).what else {
        panic!("not a picture")
    };
    let png = town.http.get(&pic_url).send().await.unwrap().bytes().await.unwrap();
    assert!(png.starts_with(b"\x89PNG"), "{pic_url}");
    let token = town.token(APPID).await;
    let url = format!("{}/cgi-bin/media/get?access_token={token}&media_id={media_id}", town.sim.url());
    assert_eq!(town.http.get(&url).send().await.unwrap().bytes().await.unwrap(), png);
    town.stop().await;
}

#[tokio::test]
async fn the_js_ticket_stays_while_it_lives() {
    let town = Town::start().await;
    let ticket = || town.api("/cgi-bin/ticket/getticket?type=jsapi", Value::Null);
    let first = ticket().await;
    advance(&town, MINUTE_MS).await;
    let second = ticket().await;
    assert_eq!(first["ticket"], second["ticket"]);
    assert_eq!(second["expires_in"], 7_140);
    advance(&town, 120 * MINUTE_MS).await;
    assert_ne!(ticket().await["ticket"], first["ticket"]);
    town.stop().await;
}

#[tokio::test]
async fn the_callback_can_be_checked() {
    let town = Town::start().await;
    let body = json!({ "action": "all", "check_operator": "DEFAULT" });
    let answer = town.api("/cgi-bin/callback/check", body).await;
    assert_eq!(answer["dns"][0]["ip"], "127.0.0.1", "{answer}");
    assert_eq!(code(&town.api("/cgi-bin/callback/check", json!({ "action": "x" })).await), 40202);
    town.stop().await;
}
