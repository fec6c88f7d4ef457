//! The third-party platform: tickets, authorisation, tokens on behalf of accounts, and the release check.

use crate::common::{APPID, BY_PLATFORM, Behaviour, COMPONENT, Town, UID, code};
use serde_json::{Value, json};
use wechat::inbound::{ComponentPush, What};
use wechat::reply::Reply;

fn last_ticket(town: &Town) -> String {
    let pushes = town.platform.pushes();
    let last = pushes.iter().rev().find_map(|p| match p {
        ComponentPush::VerifyTicket { ticket, .. } => Some(ticket.reveal().clone()),
        _ => None,
    });
    last.unwrap()
}

async fn component_token(town: &Town, ticket: &str) -> Value {
    let body = json!({ "component_appid": COMPONENT, "component_appsecret": "platform secret", "component_verify_ticket": ticket });
    town.post("/cgi-bin/component/api_component_token", body).await
}

/// A call of the platform with a fresh token.
async fn call(town: &Town, api: &str, mut body: Value) -> Value {
    let token = component_token(town, &last_ticket(town)).await["component_access_token"].clone();
    body["component_appid"] = json!(COMPONENT);
    let path = format!("/cgi-bin/component/{api}?access_token={}", token.as_str().unwrap());
    town.post(&path, body).await
}

pub(crate) async fn authorize(town: &Town, body: Value) -> String {
    let answer = town.post("/control/component/authorize", body).await;
    answer["auth_code"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

pub(crate) async fn redeem(town: &Town, auth_code: &str) -> Value {
    let body = json!({ "authorization_code": auth_code });
    call(town, "api_query_auth", body).await["authorization_info"].clone()
}

#[tokio::test]
async fn the_ticket_comes_at_once_and_every_ten_minutes() {
    let town = Town::with_component().await;
    assert_eq!(town.platform.pushes().len(), 1);
    let seen = &town.platform.seen()[0];
    assert!(seen.body.contains("<AppId>") && !seen.body.contains("<ToUserName>"), "{}", seen.body);
    assert_eq!(seen.query.openid, "");
    town.post("/control/clock", json!({ "advance_ms": 599_000 })).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(town.platform.pushes().len(), 1);
    town.clock.advance_ms(1_000); // also when it is moved elsewhere
    town.until(|| town.platform.pushes().len() == 2).await;
    let push = town.post("/control/component/push_ticket", json!({})).await;
    assert_eq!(push["delivery"]["outcome"], "acked", "{push}");
    let body = json!({ "component_appid": COMPONENT, "component_secret": "platform secret" });
    assert_eq!(code(&town.post("/cgi-bin/component/api_start_push_ticket", body).await), 0);
    town.until(|| town.platform.pushes().len() == 4).await;
    town.stop().await;
}

#[tokio::test]
async fn a_ticket_is_good_for_twelve_hours() {
    let town = Town::with_component().await;
    let ticket = last_ticket(&town);
    assert!(component_token(&town, &ticket).await["component_access_token"].is_string());
    assert_eq!(code(&component_token(&town, "ticket@@@made-up").await), 61006);
    town.post("/control/clock", json!({ "advance_ms": 12 * 3_600_000 })).await;
    assert_eq!(code(&component_token(&town, &ticket).await), 61005);
    town.stop().await;
}

#[tokio::test]
async fn authorising_gives_tokens_that_work_for_the_account() {
    let town = Town::with_component().await;
    let auth_code = authorize(&town, json!({ "appid": BY_PLATFORM })).await;
    assert!(matches!(town.platform.pushes().last(),
        Some(ComponentPush::Authorized(a)) if a.authorizer_appid == BY_PLATFORM && *a.code.reveal() == auth_code));
    let info = redeem(&town, &auth_code).await;
    assert_eq!(info["authorizer_appid"], BY_PLATFORM);
    assert_eq!(info["func_info"][0]["funcscope_category"]["id"], 1);
    let again = call(&town, "api_query_auth", json!({ "authorization_code": auth_code })).await;
    assert_eq!(code(&again), 61009, "a code is used once");
    let token = info["authorizer_access_token"].as_str().unwrap();
    let list = town.get(&format!("/cgi-bin/user/get?access_token={token}")).await;
    assert_eq!(list["data"]["openid"][0], town.openid(BY_PLATFORM), "{list}");
    let wrong_kind = town
        .post(
            &format!("/cgi-bin/component/api_get_authorizer_list?access_token={token}"),
            json!({}),
        )
        .await;
    assert_eq!(code(&wrong_kind), 61014);
    town.stop().await;
}

#[tokio::test]
async fn authorising_again_ends_the_old_refresh_token() {
    let town = Town::with_component().await;
    let first = redeem(&town, &authorize(&town, json!({ "appid": BY_PLATFORM })).await).await;
    let refresh = |token: &Value| {
        let body = json!({ "authorizer_appid": BY_PLATFORM, "authorizer_refresh_token": token });
        call(&town, "api_authorizer_token", body)
    };
    let old = &first["authorizer_refresh_token"];
    let fresh = refresh(old).await;
    assert_eq!(&fresh["authorizer_refresh_token"], old, "{fresh}");
    let before = town.platform.pushes().len();
    authorize(&town, json!({ "appid": BY_PLATFORM })).await;
    assert_eq!(town.platform.pushes().len(), before, "nothing changed, nothing is pushed");
    assert_eq!(code(&refresh(old).await), 61023);
    authorize(&town, json!({ "appid": BY_PLATFORM, "sets": [1, 2] })).await;
    assert!(matches!(town.platform.pushes().last(), Some(ComponentPush::UpdateAuthorized(_))));
    let list = call(&town, "api_get_authorizer_list", json!({ "offset": 0, "count": 10 })).await;
    assert_eq!(list["total_count"], 1);
    let recovered = &list["list"][0]["refresh_token"];
    assert!(refresh(recovered).await["authorizer_access_token"].is_string());
    town.stop().await;
}

#[tokio::test]
async fn what_was_not_granted_or_was_taken_back_is_refused() {
    let town = Town::with_component().await;
    let info =
        redeem(&town, &authorize(&town, json!({ "appid": BY_PLATFORM, "sets": [1, 2] })).await)
            .await;
    let token = info["authorizer_access_token"].as_str().unwrap();
    let menu = format!("/cgi-bin/menu/get?access_token={token}");
    let users = format!("/cgi-bin/user/get?access_token={token}");
    assert_eq!(code(&town.get(&menu).await), 61007);
    assert_eq!(code(&town.get(&users).await), 0);
    let ended = town.post("/control/component/unauthorize", json!({ "appid": BY_PLATFORM })).await;
    assert_eq!(ended["delivery"]["outcome"], "acked");
    assert!(matches!(town.platform.pushes().last(), Some(ComponentPush::Unauthorized { .. })));
    assert_eq!(code(&town.get(&users).await), 61003);
    let body = json!({ "authorizer_appid": BY_PLATFORM, "authorizer_refresh_token": info["authorizer_refresh_token"] });
    assert_eq!(code(&call(&town, "api_authorizer_token", body).await), 61003);
    town.stop().await;
}

#[tokio::test]
async fn messages_of_an_authorised_account_go_to_the_platform_under_its_key() {
    let town = Town::with_component().await;
    let unheard = town.act(BY_PLATFORM, json!({ "type": "text", "content": "有人吗" })).await;
    assert_eq!(unheard["delivery"]["outcome"], "failed", "no server, no notice");
    assert_eq!(unheard["items"].as_array().unwrap().len(), 1);
    authorize(&town, json!({ "appid": BY_PLATFORM })).await;
    let sent = town.act(BY_PLATFORM, json!({ "type": "text", "content": "查余额" })).await;
    assert_eq!(sent["items"][1]["text"], "您说：查余额", "{sent}");
    let seen = town.platform.seen().pop().unwrap();
    assert_eq!(seen.path, format!("/component/{BY_PLATFORM}/message"));
    assert_eq!(seen.heard.unwrap().to, "gh_0000000000c3");
    let state = town.get("/control/state").await;
    assert_eq!(state["accounts"][2]["by"], "component");
    assert!(state["accounts"][2]["callback_url"].as_str().unwrap().contains(BY_PLATFORM));
    town.stop().await;
}

#[tokio::test]
async fn an_account_authorised_before_is_found_in_the_list() {
    let town = Town::with(|c| {
        c.accounts[2].authorized = true;
        let platform = c.accounts[0].callback_url.split("/wx/").next().unwrap().to_owned();
        c.component = Some(crate::common::component(&platform));
    })
    .await;
    town.until(|| !town.platform.pushes().is_empty()).await;
    let list = call(&town, "api_get_authorizer_list", json!({ "offset": 0, "count": 500 })).await;
    assert_eq!(list["list"][0]["authorizer_appid"], BY_PLATFORM, "{list}");
    let bad = call(&town, "api_get_authorizer_list", json!({ "offset": 0, "count": 501 })).await;
    assert_eq!(code(&bad), 40170);
    let info =
        call(&town, "api_get_authorizer_info", json!({ "authorizer_appid": BY_PLATFORM })).await;
    assert_eq!(info["authorizer_info"]["service_type_info"]["id"], 2);
    assert_eq!(info["authorizer_info"]["user_name"], "gh_0000000000c3");
    town.stop().await;
}

#[tokio::test]
async fn options_are_read_and_set() {
    let town = Town::with_component().await;
    authorize(&town, json!({ "appid": BY_PLATFORM })).await;
    let set = |name: &str, value: &str| {
        let body =
            json!({ "authorizer_appid": BY_PLATFORM, "option_name": name, "option_value": value });
        call(&town, "set_authorizer_option", body)
    };
    assert_eq!(code(&set("location_report", "1").await), 0);
    assert_eq!(code(&set("location_report", "7").await), 61013);
    assert_eq!(code(&set("mind_reading", "1").await), 61012);
    let body = json!({ "authorizer_appid": BY_PLATFORM, "option_name": "location_report" });
    assert_eq!(call(&town, "get_authorizer_option", body).await["option_value"], "1");
    town.stop().await;
}

#[tokio::test]
async fn the_page_lets_an_administrator_agree() {
    let town = Town::with_component().await;
    let pre = call(&town, "api_create_preauthcode", json!({})).await["pre_auth_code"].clone();
    let pre = pre.as_str().unwrap().replace('@', "%40");
    let page = |path: &str| {
        format!(
            "{}{path}?component_appid={COMPONENT}&pre_auth_code={pre}&redirect_uri=https%3A%2F%2Fp.example%2Fback%3Fbank%3D3&auth_type=1&biz_appid={BY_PLATFORM}",
            town.sim.url()
        )
    };
    for path in ["/cgi-bin/componentloginpage", "/wxaopen/safe/bindcomponent"] {
        let shown = town.http.get(page(path)).send().await.unwrap().text().await.unwrap();
        assert!(shown.contains("白露村镇银行") && shown.contains("同意授权"), "{shown}");
        assert!(!shown.contains("青禾农商银行"), "biz_appid pins one account");
    }
    let agree =
        format!("{}&appid={BY_PLATFORM}&set_1=on&set_7=on", page("/cgi-bin/componentlogin/decide"));
    let back = town.http.get(&agree).send().await.unwrap();
    let to = back.headers()["location"].to_str().unwrap().to_owned();
    assert!(
        to.starts_with("https://p.example/back?bank=3&auth_code=")
            && to.ends_with("&expires_in=600"),
        "{to}"
    );
    town.until(|| matches!(town.platform.pushes().last(), Some(ComponentPush::Authorized(_))))
        .await;
    let auth_code =
        to.split_once("auth_code=").unwrap().1.split('&').next().unwrap().replace("%40", "@");
    let info = redeem(&town, &auth_code).await;
    assert_eq!(info["func_info"].as_array().unwrap().len(), 2, "{info}");
    let again = town.http.get(&agree).send().await.unwrap().text().await.unwrap();
    assert!(again.contains("授权链接已失效"), "{again}");
    town.stop().await;
}

#[tokio::test]
async fn a_platform_logs_people_in_on_behalf_of_an_account() {
    let town = Town::with_component().await;
    authorize(&town, json!({ "appid": BY_PLATFORM })).await;
    let link = format!(
        "{}/connect/oauth2/authorize?appid={BY_PLATFORM}&redirect_uri=https%3A%2F%2Fp.example%2Fx&response_type=code&scope=snsapi_base&state=1&component_appid={COMPONENT}",
        town.sim.url()
    );
    let got = town.http.get(link).header("cookie", format!("sim_uid={UID}")).send().await.unwrap();
    let to = got.headers()["location"].to_str().unwrap().to_owned();
    assert!(to.ends_with(&format!("&appid={BY_PLATFORM}")), "{to}");
    let login = to.split_once("code=").unwrap().1.split('&').next().unwrap().to_owned();
    let token = component_token(&town, &last_ticket(&town)).await["component_access_token"].clone();
    let token = token.as_str().unwrap();
    let direct = town.get(&format!("/sns/oauth2/access_token?grant_type=authorization_code&appid={BY_PLATFORM}&secret=secret%20of%20{BY_PLATFORM}&code={login}")).await;
    assert_eq!(code(&direct), 40029, "not by the account's own secret");
    let path = format!(
        "/sns/oauth2/component/access_token?appid={BY_PLATFORM}&code={login}&grant_type=authorization_code&component_appid={COMPONENT}&component_access_token={token}"
    );
    assert_eq!(town.get(&path).await["openid"], town.openid(BY_PLATFORM));
    town.stop().await;
}

#[tokio::test]
async fn a_platform_outside_its_whitelist_is_named() {
    let town = Town::with_component().await;
    town.post("/control/ip_whitelist", json!({ "appid": COMPONENT, "ips": ["203.0.113.9"] })).await;
    let answer = component_token(&town, &last_ticket(&town)).await;
    assert_eq!(code(&answer), 61004);
    assert!(answer["errmsg"].as_str().unwrap().contains("requestIP: 127.0.0.1"), "{answer}");
    town.stop().await;
}

#[tokio::test]
async fn the_release_check_says_what_a_platform_does_not_do() {
    let town = Town::with_component().await;
    town.platform
        .behave(Behaviour::Say(Reply::Text("TESTCOMPONENT_MSG_TYPE_TEXT_callback".into())));
    let result = town.post("/control/component/release_check", json!({})).await;
    assert_eq!(result["passed"], false);
    let passed: Vec<_> =
        result["checks"].as_array().unwrap().iter().map(|c| c["passed"].clone()).collect();
    assert_eq!(passed, [true, true, false, false], "{result}");
    let state = town.get("/control/state").await;
    assert_eq!(state["accounts"].as_array().unwrap().len(), 3, "the stage is cleared");
    assert_eq!(code(&town.api_of(APPID, "/cgi-bin/getcallbackip", Value::Null).await), 0);
    town.stop().await;
}

#[tokio::test]
async fn a_platform_that_does_everything_passes_the_release_check() {
    let town = Town::with_component().await;
    town.platform.behave(Behaviour::Release);
    let from_api = async {
        let is_code = |h: &wechat::inbound::Inbound| match &h.what {
            What::Text { content, .. } => {
                content.strip_prefix("QUERY_AUTH_CODE:").map(|c| (c.to_owned(), h.from.clone()))
            }
            _ => None,
        };
        town.until(|| town.platform.heard().iter().any(|h| is_code(h).is_some())).await;
        let (auth_code, openid) = town.platform.heard().iter().find_map(is_code).unwrap();
        let info = redeem(&town, &auth_code).await;
        let token = info["authorizer_access_token"].as_str().unwrap();
        let body = json!({ "touser": openid, "msgtype": "text", "text": { "content": format!("{auth_code}_from_api") } });
        town.post(&format!("/cgi-bin/message/custom/send?access_token={token}"), body).await
    };
    let check = town.post("/control/component/release_check", json!({}));
    let (result, sent) = tokio::join!(check, from_api);
    assert_eq!(code(&sent), 0, "{sent}");
    assert_eq!(result["passed"], true, "{result}");
    town.stop().await;
}
