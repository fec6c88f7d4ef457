//! Menus, default and conditional.

use crate::common::{APPID, Town, code};
use serde_json::{Value, json};
use wechat::inbound::What;

#[tokio::test]
async fn a_menu_is_checked_button_by_button() {
    let town = Town::start().await;
    let create = |button: Value| town.api("/cgi-bin/menu/create", json!({ "button": button }));
    let click = json!({ "type": "click", "name": "余额", "key": "k" });
    let sub = |one: Value| json!([{ "name": "x", "sub_button": [one] }]);
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
        (sub(json!({ "type": "dance", "name": "y" })), 40024),
        (sub(json!({ "type": "click", "name": "", "key": "k" })), 40025),
        (sub(json!({ "type": "click", "name": "y", "key": "k".repeat(129) })), 40026),
        (sub(json!({ "type": "view", "name": "y" })), 40027),
        (sub(json!({ "type": "view", "name": "y", "url": "ftp://x" })), 40054),
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

fn menu(name: &str, rule: &Value) -> Value {
    let button = json!([{ "type": "click", "name": name, "key": name }]);
    json!({ "button": button, "matchrule": rule })
}

#[tokio::test]
async fn a_conditional_menu_is_for_those_with_the_tag() {
    let town = Town::start().await;
    let add = |rule: Value| town.api("/cgi-bin/menu/addconditional", menu("大字", &rule));
    let created = town.api("/cgi-bin/tags/create", json!({ "tag": { "name": "老年" } })).await;
    let tag = created["tag"]["id"].clone();
    assert_eq!(code(&add(json!({ "tag_id": tag })).await), 65303);
    town.api("/cgi-bin/menu/create", menu("普通", &Value::Null)).await;
    assert_eq!(code(&add(json!({})).await), 65304);
    assert_eq!(code(&add(json!({ "sex": "1" })).await), 65320);
    let id = add(json!({ "tag_id": tag.to_string() })).await["menuid"].clone();
    let openid = town.openid(APPID);
    let seen = || town.api("/cgi-bin/menu/trymatch", json!({ "user_id": openid }));
    assert_eq!(seen().await["button"][0]["name"], "普通");
    let list = json!({ "openid_list": [openid], "tagid": tag });
    assert_eq!(code(&town.api("/cgi-bin/tags/members/batchtagging", list).await), 0);
    assert_eq!(seen().await["button"][0]["name"], "大字");
    assert_eq!(town.chat(APPID).await["menu"]["button"][0]["name"], "大字");
    let delete = || town.api("/cgi-bin/menu/delconditional", json!({ "menuid": id }));
    assert_eq!(code(&delete().await), 0);
    assert_eq!(seen().await["button"][0]["name"], "普通");
    assert_eq!(code(&delete().await), 65301);
    town.stop().await;
}

#[tokio::test]
async fn a_button_sends_the_event_of_its_type() {
    let town = Town::start().await;
    let button = json!([
        { "type": "scancode_waitmsg", "name": "扫码", "key": "scan" },
        { "type": "location_select", "name": "位置", "key": "here" },
        { "type": "pic_weixin", "name": "图片", "key": "pic" },
    ]);
    town.api("/cgi-bin/menu/create", json!({ "button": button })).await;
    for key in ["scan", "here", "pic"] {
        town.act(APPID, json!({ "type": "click", "key": key })).await;
    }
    town.until(|| town.platform.heard().len() == 5).await;
    for part in ["scancode_waitmsg", "<ScanCodeInfo>", "<SendLocationInfo>", "<SendPicsInfo>"] {
        town.pushed(part).await;
    }
    let heard = town.platform.heard();
    let has = |fits: fn(&What) -> bool| heard.iter().any(|h| fits(&h.what));
    assert!(has(|w| matches!(w, What::Location(_))), "the place follows as a message");
    assert!(has(|w| matches!(w, What::Image { .. })), "and so does the picture");
    town.stop().await;
}
