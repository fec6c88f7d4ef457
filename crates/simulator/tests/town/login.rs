//! Web login in a phone's web view.

use crate::common::{APPID, SUBSCRIPTION, Town, UID, code};
use serde_json::{Value, json};

/// What a browser got: status, `Location`, body.
struct Got {
    status: u16,
    to: String,
    body: String,
}

async fn open(town: &Town, path: &str, uid: Option<&str>) -> Got {
    let mut request = town.http.get(format!("{}{path}", town.sim.url()));
    if let Some(uid) = uid {
        request = request.header("cookie", format!("other=1; sim_uid={uid}"));
    }
    let response = request.send().await.unwrap();
    let to = response.headers().get("location").map(|v| v.to_str().unwrap().to_owned());
    Got {
        status: response.status().as_u16(),
        to: to.unwrap_or_default(),
        body: response.text().await.unwrap(),
    }
}

fn link(appid: &str, scope: &str) -> String {
    format!(
        "/connect/oauth2/authorize?appid={appid}&redirect_uri=https%3A%2F%2Fh5.example%2Fback%3Fa%3D1&response_type=code&scope={scope}&state=s7#wechat_redirect"
    )
}

fn param(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?')?.1;
    query.split('&').find_map(|p| p.strip_prefix(&format!("{name}=")).map(str::to_owned))
}

async fn exchange(town: &Town, login: &str) -> Value {
    let path = "/sns/oauth2/access_token?grant_type=authorization_code";
    town.get(&format!("{path}&appid={APPID}&secret=secret%20of%20{APPID}&code={login}")).await
}

#[tokio::test]
async fn a_silent_login_gives_the_openid_once() {
    let town = Town::start().await;
    let got = open(&town, &link(APPID, "snsapi_base"), Some(UID)).await;
    assert_eq!(got.status, 302, "{}", got.body);
    assert!(got.to.starts_with("https://h5.example/back?a=1&code="), "{}", got.to);
    assert_eq!(param(&got.to, "state").as_deref(), Some("s7"));
    let login = param(&got.to, "code").unwrap();
    let token = exchange(&town, &login).await;
    assert_eq!(token["openid"], town.openid(APPID), "{token}");
    assert!(token["is_snapshotuser"].is_null());
    assert_eq!(code(&exchange(&town, &login).await), 40163);
    let path = |what: &str| {
        let token = token["access_token"].as_str().unwrap();
        format!("/sns/{what}?access_token={token}&openid={}", town.openid(APPID))
    };
    assert_eq!(code(&town.get(&path("auth")).await), 0);
    assert_eq!(code(&town.get(&path("userinfo")).await), 48001, "snsapi_base shows no profile");
    town.stop().await;
}

#[tokio::test]
async fn a_code_works_for_five_minutes() {
    let town = Town::start().await;
    let got = open(&town, &link(APPID, "snsapi_base"), Some(UID)).await;
    town.post("/control/clock", json!({ "advance_ms": 300_000 })).await;
    assert_eq!(code(&exchange(&town, &param(&got.to, "code").unwrap()).await), 40029);
    assert_eq!(code(&exchange(&town, "never").await), 40029);
    town.stop().await;
}

#[tokio::test]
async fn a_profile_login_asks_and_the_person_decides() {
    let town = Town::start().await;
    let page = open(&town, &link(APPID, "snsapi_userinfo"), Some(UID)).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("青禾农商银行") && page.body.contains("同意"), "{}", page.body);
    let button = |next: &str| {
        let end = format!("&amp;next={next}\"");
        let at = page.body.find(&end).unwrap();
        let start = page.body[..at].rfind("href=\"").unwrap() + 6;
        format!("{}&next={next}", page.body[start..at].replace("&amp;", "&"))
    };
    let yes = open(&town, &button("approve"), Some(UID)).await;
    let token = exchange(&town, &param(&yes.to, "code").unwrap()).await;
    let profile = format!(
        "/sns/userinfo?access_token={}&openid={}",
        token["access_token"].as_str().unwrap(),
        town.openid(APPID)
    );
    assert_eq!(town.get(&profile).await["nickname"], "李芳");
    let no = open(&town, &button("refuse"), Some(UID)).await;
    assert_eq!((param(&no.to, "code"), param(&no.to, "state").as_deref()), (None, Some("s7")));
    town.stop().await;
}

#[tokio::test]
async fn the_next_login_can_be_planned() {
    let town = Town::start().await;
    let plan = |next: &str| town.post("/control/oauth", json!({ "uid": UID, "next": next }));
    plan("snapshot").await;
    let got = open(&town, &link(APPID, "snsapi_base"), Some(UID)).await;
    let token = exchange(&town, &param(&got.to, "code").unwrap()).await;
    assert_eq!(token["is_snapshotuser"], 1);
    assert_ne!(token["openid"], town.openid(APPID), "a virtual account");
    plan("refuse").await;
    assert_eq!(param(&open(&town, &link(APPID, "snsapi_base"), Some(UID)).await.to, "code"), None);
    plan("approve").await;
    let got = open(&town, &link(APPID, "snsapi_userinfo"), Some(UID)).await;
    assert!(param(&got.to, "code").is_some());
    let got = open(&town, &link(APPID, "snsapi_userinfo"), Some(UID)).await;
    assert_eq!(got.status, 200, "a plan is for one login");
    town.stop().await;
}

#[tokio::test]
async fn logins_that_break_a_rule_end_on_a_page() {
    let town = Town::with(|c| c.accounts[0].oauth_domains = vec!["h5.example".into()]).await;
    let base = link(APPID, "snsapi_base");
    for (path, uid, words) in [
        (base.clone(), None, "请在微信客户端打开链接"),
        (base.clone(), Some("nobody"), "请在微信客户端打开链接"),
        (link("wxnobody", "snsapi_base"), Some(UID), "10013"),
        (link(SUBSCRIPTION, "snsapi_base"), Some(UID), "10005"),
        (link(APPID, "snsapi_everything"), Some(UID), "10005"),
        (base.replace("h5.example", "evil.h5.example"), Some(UID), "10003"),
        (base.replace("=code&", "=token&"), Some(UID), "response_type"),
    ] {
        let got = open(&town, &path, uid).await;
        assert_eq!((got.status, got.to.as_str()), (200, ""), "{path}");
        assert!(got.body.contains(words), "{path}: {}", got.body);
    }
    assert_eq!(open(&town, &base, Some(UID)).await.status, 302);
    town.stop().await;
}

#[tokio::test]
async fn a_login_can_be_refreshed_for_thirty_days() {
    let town = Town::start().await;
    let got = open(&town, &link(APPID, "snsapi_base"), Some(UID)).await;
    let first = exchange(&town, &param(&got.to, "code").unwrap()).await;
    let refresh = |token: &Value| {
        let token = token["refresh_token"].as_str().unwrap().to_owned();
        format!(
            "/sns/oauth2/refresh_token?appid={APPID}&grant_type=refresh_token&refresh_token={token}"
        )
    };
    town.post("/control/clock", json!({ "advance_ms": 7_200_000 })).await;
    let auth = |token: &Value| {
        let token = token["access_token"].as_str().unwrap().to_owned();
        format!("/sns/auth?access_token={token}&openid={}", town.openid(APPID))
    };
    assert_eq!(code(&town.get(&auth(&first)).await), 42001);
    let second = town.get(&refresh(&first)).await;
    assert_eq!(code(&town.get(&auth(&second)).await), 0);
    town.post("/control/clock", json!({ "advance_ms": 30 * base::DAY_MS })).await;
    assert_eq!(code(&town.get(&refresh(&second)).await), 42002);
    town.stop().await;
}

#[tokio::test]
async fn the_web_view_says_who_holds_the_phone() {
    let town = Town::start().await;
    let url = format!(
        "{}/webview?uid={UID}&appid={APPID}&url=https%3A%2F%2Fh5.example%2Fh5%2Fx%3Fa%3D1",
        town.sim.url()
    );
    let response = town.http.get(url).send().await.unwrap();
    assert_eq!(response.headers()["location"], "https://h5.example/h5/x?a=1");
    let cookies: Vec<_> =
        response.headers().get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
    assert!(cookies[0].starts_with("sim_uid=li; Path=/"), "{cookies:?}");
    assert!(cookies[1].starts_with(&format!("sim_appid={APPID}")), "{cookies:?}");
    assert_eq!(open(&town, "/webview?uid=li&url=javascript:alert(1)", None).await.status, 400);
    assert_eq!(open(&town, "/webview?uid=nobody&url=https://x.example", None).await.status, 404);
    town.stop().await;
}
