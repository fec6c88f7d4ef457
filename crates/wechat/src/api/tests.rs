//! What each kind of breakage proves, over real sockets.

mod calls;

use super::custom::{Extra, Message};
use super::testing::{Answer, Fake, Seen, client, client_within, no, ok, raw_server};
use super::{Account, CallError, CallResult, Cause, Client, Hosts, Limits};
use crate::token::{Authority, MemoryStore, Options, Owner};
use base::{Clock, Random, Secret, Time};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

const APPID: &str = "wx0000000000000001";
const SEND: &str = "/cgi-bin/message/custom/send";

fn account_on(client: Client) -> Account {
    let authority = Authority::new(
        client,
        Arc::new(MemoryStore::new()),
        Clock::manual(Time::of_secs(1_795_400_000)),
        Random::seeded(5),
        Options::default(),
    );
    Account::new(authority, Owner::direct(APPID, Secret::new(String::from("s3cret"))))
}

/// WeChat that gives a token and answers everything else by `script`.
async fn wechat(script: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> (Fake, Account) {
    let fake = Fake::start(move |seen| match seen.path.as_str() {
        "/cgi-bin/stable_token" => {
            Answer::Json(json!({ "access_token": "T1", "expires_in": 7200 }))
        }
        _ => script(seen),
    })
    .await;
    let account = account_on(fake.client());
    (fake, account)
}

async fn say(account: &Account, text: &str) -> CallResult<()> {
    account.send_custom("o1", &Message::Text(text.to_owned()), &Extra::default()).await
}

#[tokio::test]
async fn chinese_leaves_as_raw_utf8_and_nothing_is_html_escaped() {
    let (fake, account) = wechat(|_| ok()).await;
    say(&account, "余额 <a href=\"https://h/?a=1&b=2\">看</a> 😀").await.unwrap();
    let seen = fake.last(SEND);
    let body = std::str::from_utf8(&seen.body).unwrap();
    assert!(body.contains("余额 <a href=\\\"https://h/?a=1&b=2\\\">看</a> 😀"), "{body}");
    assert_eq!(seen.headers["content-type"], "application/json; charset=utf-8");
    assert_eq!((seen.method.as_str(), seen.token()), ("POST", "T1"));
}

#[tokio::test]
async fn an_error_of_wechat_keeps_code_message_and_rid() {
    let (_fake, account) = wechat(|_| no(45015, "response out of time limit")).await;
    let CallError::Api(e) = say(&account, "您好").await.unwrap_err() else { panic!() };
    assert_eq!((e.code, e.message.as_str()), (45015, "response out of time limit"));
    assert_eq!(e.rid.as_deref(), Some("5f-6a-7b"));
    assert_eq!(e.advice, crate::codes::Advice::OtherChannel);
}

#[tokio::test]
async fn an_unlisted_code_is_kept() {
    let (_fake, account) = wechat(|_| no(99_123, "something new")).await;
    let error = say(&account, "您好").await.unwrap_err();
    assert_eq!(error.code(), Some(99_123));
    assert_eq!(error.class(), Some(crate::codes::Class::Unknown));
}

#[tokio::test]
async fn busy_is_wechats_word_and_repeats_only_with_a_client_id() {
    let (fake, account) = wechat(|_| no(-1, "system error")).await;
    let error = say(&account, "您好").await.unwrap_err();
    assert_eq!(error.code(), Some(-1));
    assert!(!error.may_repeat(false) && error.may_repeat(true));
    assert_eq!(fake.count(SEND), 1, "the client itself never repeats");
}

#[tokio::test]
async fn a_page_a_5xx_and_a_redirect_leave_the_outcome_unknown() {
    for (status, body, cause) in [
        (502, "<html>bad gateway</html>", Cause::Status(502)),
        (302, "", Cause::Status(302)),
        (200, "<html>login</html>", Cause::NotJson(String::from("18 bytes"))),
        (200, "{\"errcode\":0,\"errm", Cause::Truncated),
        (200, "", Cause::NotJson(String::from("0 bytes"))),
    ] {
        let answer = move |_: &Seen| Answer::Raw(status, "text/html", body.as_bytes().to_vec());
        let (fake, account) = wechat(answer).await;
        assert_eq!(say(&account, "您好").await, Err(CallError::Unknown(cause)));
        assert_eq!(fake.count(SEND), 1);
    }
}

#[tokio::test]
async fn json_of_another_shape_is_unknown_and_quotes_nothing() {
    let (_fake, account) = wechat(|_| Answer::Json(json!({ "openid": 7, "secret": "x9" }))).await;
    let error = account.login("c1").await.unwrap_err();
    assert!(matches!(&error, CallError::Unknown(Cause::Shape(_))), "{error}");
    assert!(!error.to_string().contains("x9"));
}

#[tokio::test]
async fn an_answer_cut_off_on_the_wire_is_truncated() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n{\"errcode\":0";
    let (address, _server) = raw_server(head).await;
    let error = client(&format!("http://{address}")).classic_token("wx1", &secret()).await;
    assert_eq!(error.unwrap_err(), CallError::Unknown(Cause::Truncated));
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_answer_is_unknown_and_tells_no_secret() {
    let (address, _server) = raw_server(b"").await;
    let error = client(&format!("http://{address}")).classic_token("wx1", &secret()).await;
    let error = error.unwrap_err();
    assert!(matches!(&error, CallError::Unknown(Cause::Broken(_))), "{error}");
    assert!(!format!("{error} {error:?}").contains("s3cret"));
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_unknown() {
    let (fake, _) = wechat(|seen| match seen.path.as_str() {
        SEND => Answer::Late(Duration::from_secs(60), json!({})),
        _ => ok(),
    })
    .await;
    let account = account_on(client_within(&fake.base, Duration::from_millis(900)));
    assert_eq!(say(&account, "您好").await, Err(CallError::Unknown(Cause::Timeout)));
    assert_eq!(fake.count(SEND), 1, "never sent again");
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_sent() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let error = client(&format!("http://{address}")).classic_token("wx1", &secret()).await;
    let error = error.unwrap_err();
    assert!(matches!(&error, CallError::NotSent(Cause::Connect(_))), "{error}");
    assert!(!format!("{error} {error:?}").contains("s3cret"));
    assert!(error.may_repeat(false));
}

#[tokio::test]
async fn a_handshake_that_never_ends_sent_nothing() {
    let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://{}", mute.local_addr().unwrap());
    let hasty = client_within(&base, Duration::from_millis(1200));
    let error = hasty.classic_token("wx1", &secret()).await.unwrap_err();
    assert!(matches!(&error, CallError::NotSent(Cause::Connect(_))), "{error}");
}

#[tokio::test]
async fn a_base_address_that_is_none_is_our_mistake() {
    let error = client("not an address").classic_token("wx1", &secret()).await.unwrap_err();
    assert!(matches!(&error, CallError::NotSent(Cause::Invalid(_))), "{error}");
    assert!(!format!("{error} {error:?}").contains("s3cret"));
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_the_end() {
    let body = vec![b' '; 9 << 20];
    let (_fake, account) = wechat(move |_| Answer::Raw(200, "text/plain", body.clone())).await;
    let error = say(&account, "您好").await.unwrap_err();
    assert_eq!(error, CallError::Unknown(Cause::TooLarge(8 << 20)));
}

fn secret() -> Secret<String> {
    Secret::new(String::from("s3cret"))
}

#[test]
fn the_real_hosts_are_the_default_and_each_can_be_another() {
    let hosts = Hosts { mp: String::from("http://127.0.0.1:1"), ..Hosts::default() };
    let client = Client::build(hosts, &Limits::default()).unwrap();
    assert_eq!(client.hosts().api, "https://api.weixin.qq.com");
    assert_eq!(client.hosts().open, "https://open.weixin.qq.com");
    assert_eq!(
        super::qr::image_url(&client, "a+b/="),
        "http://127.0.0.1:1/cgi-bin/showqrcode?ticket=a%2Bb%2F%3D"
    );
}
