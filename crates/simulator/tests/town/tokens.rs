//! Tokens, tickets, rights and quotas.

use crate::common::{APPID, SUBSCRIPTION, Town, code};
use serde_json::{Value, json};

const MINUTE_MS: i64 = 60_000;

fn classic() -> String {
    format!(
        "/cgi-bin/token?grant_type=client_credential&appid={APPID}&secret=secret%20of%20{APPID}"
    )
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
    town.advance(5 * MINUTE_MS).await;
    assert_eq!((works(&town, &old).await, works(&town, &new).await), (42001, 0));
    assert_eq!(works(&town, &stable).await, 0, "the two kinds never touch each other");
    town.stop().await;
}

#[tokio::test]
async fn the_stable_token_stays_until_five_minutes_before_its_end() {
    let town = Town::start().await;
    let first = town.token(APPID).await;
    town.advance(60 * MINUTE_MS).await;
    assert_eq!(town.token(APPID).await, first);
    town.advance(55 * MINUTE_MS).await;
    let second = town.token(APPID).await;
    assert_ne!(second, first);
    assert_eq!(works(&town, &json!(first)).await, 0, "both work in the overlap");
    town.advance(5 * MINUTE_MS).await;
    let both = (works(&town, &json!(first)).await, works(&town, &json!(second)).await);
    assert_eq!(both, (42001, 0));
    town.stop().await;
}

#[tokio::test]
async fn forced_refresh_kills_at_once_and_is_rare() {
    let town = Town::start().await;
    let first = town.token(APPID).await;
    let secret = format!("secret of {APPID}");
    let body = json!({ "grant_type": "client_credential", "appid": APPID, "secret": secret, "force_refresh": true });
    let force = || town.post("/cgi-bin/stable_token", body.clone());
    let second = force().await;
    assert_eq!(works(&town, &json!(first)).await, 40001);
    assert_eq!(works(&town, &second["access_token"]).await, 0);
    assert_eq!(code(&force().await), 45011);
    for _ in 0..19 {
        town.advance(30_000).await;
        assert_eq!(code(&force().await), 0);
    }
    town.advance(30_000).await;
    assert_eq!(code(&force().await), 45009);
    town.stop().await;
}

#[tokio::test]
async fn wrong_credentials_and_tokens_have_their_codes() {
    let town = Town::start().await;
    let stable = |appid: &str, secret: &str| {
        let body = json!({ "grant_type": "client_credential", "appid": appid, "secret": secret });
        town.post("/cgi-bin/stable_token", body)
    };
    assert_eq!(code(&stable("wxnobody", "x").await), 40013);
    assert_eq!(code(&stable(APPID, "x").await), 40125);
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
async fn a_body_that_is_not_json_is_a_format_error() {
    let town = Town::start().await;
    let token = town.token(APPID).await;
    let url = format!("{}/cgi-bin/menu/create?access_token={token}", town.sim.url());
    for (body, wanted) in [("", 44002), ("{\"button\":", 47001), ("<xml/>", 47001)] {
        let answer = town.http.post(&url).body(body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "business errors are HTTP 200");
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(code(&answer), wanted, "{body}");
    }
    town.stop().await;
}

#[tokio::test]
async fn an_error_carries_a_rid_that_can_be_looked_up() {
    let town = Town::start().await;
    let body = json!({ "touser": "onobody", "msgtype": "text", "text": { "content": "hi" } });
    let failed = town.api("/cgi-bin/message/custom/send", body).await;
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
    let api = "/cgi-bin/getcallbackip";
    let call = || town.api(api, Value::Null);
    let leave = |what: &str, left: i64| {
        town.post("/control/quota", json!({ "appid": APPID, "api": api, what: left }))
    };
    let clear = || town.api("/cgi-bin/clear_quota", json!({ "appid": APPID }));
    leave("left", 1).await;
    assert_eq!((code(&call().await), code(&call().await)), (0, 45009));
    let quota = town.api("/cgi-bin/openapi/quota/get", json!({ "cgi_path": api })).await;
    assert_eq!(quota["quota"]["remain"], 0, "{quota}");
    assert_eq!(code(&clear().await), 0);
    assert_eq!(code(&call().await), 0);
    leave("minute_left", 0).await;
    assert_eq!(code(&call().await), 45011);
    town.advance(MINUTE_MS).await;
    assert_eq!(code(&call().await), 0);
    leave("left", 0).await;
    assert_eq!(code(&call().await), 45009);
    town.advance(base::DAY_MS).await;
    assert_eq!(code(&call().await), 0, "a new day");
    for _ in 0..9 {
        assert_eq!(code(&clear().await), 0);
    }
    assert_eq!(code(&clear().await), 48006);
    let bad = town.api("/cgi-bin/openapi/quota/get", json!({ "cgi_path": "x" })).await;
    assert_eq!(code(&bad), 76003);
    town.stop().await;
}

#[tokio::test]
async fn rights_follow_the_kind_of_account() {
    let town = Town::start().await;
    for (path, body) in [
        ("/cgi-bin/message/custom/send", json!({ "touser": town.openid(SUBSCRIPTION) })),
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
async fn the_js_ticket_stays_while_it_lives() {
    let town = Town::start().await;
    let ticket = || town.api("/cgi-bin/ticket/getticket?type=jsapi", Value::Null);
    let first = ticket().await;
    town.advance(MINUTE_MS).await;
    let second = ticket().await;
    assert_eq!(first["ticket"], second["ticket"]);
    assert_eq!(second["expires_in"], 7_140);
    town.advance(120 * MINUTE_MS).await;
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
