//! The three ways an Official Account may have its callbacks sent (消息加解密方式): each does a whole turn, and what does not come
//! as configured is refused.

use crate::health;
use crate::testing::cast::Cast;
use crate::testing::{AES_KEY, APPID, TOKEN, TestBank, people};
use serde_json::{Value, json};
use wechat::crypto::AesKey;
use wechat::envelope::{Callback, Mode, push};

async fn banks(mode: Mode) -> Vec<TestBank> {
    let mut cast = Cast::usual();
    for account in &mut cast.accounts {
        account.mode = mode;
    }
    TestBank::each_cast(800, "", &cast).await
}

/// The last callback about 李芳, as it went over the wire.
async fn last_push(bank: &TestBank) -> Value {
    let told = bank.look(&format!("exchanges?appid={APPID}&uid=lifang&kind=push")).await;
    told["items"].as_array().and_then(|i| i.last()).expect("a push").clone()
}

/// 李芳 binds and asks for her balance; what went over the wire for it, and what came back.
async fn balance_turn(bank: &TestBank) -> (String, String) {
    bank.bind(APPID, "lifang", &people()[0]).await;
    let said = bank.say(APPID, "lifang", "查余额").await;
    assert!(said.contains("1,280.50"), "{said}");
    let last = last_push(bank).await;
    let text = |name: &str| last[name].as_str().unwrap_or_default().to_owned();
    (text("request_body"), text("response_body"))
}

/// How often a callback was refused for this, in this process.
async fn refused(bank: &TestBank, code: &str) -> u64 {
    let figures = bank.http.get(format!("{}/metrics", bank.staff_url)).send().await.unwrap();
    let figures = figures.text().await.unwrap();
    let head = format!("weiyin_callbacks_refused_total{{code=\"{code}\"}} ");
    figures.lines().find_map(|l| l.strip_prefix(&head)?.parse().ok()).unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_in_plain_mode_does_a_whole_balance_turn() {
    for bank in banks(Mode::Plain).await {
        let (heard, answered) = balance_turn(&bank).await;
        assert!(heard.contains("查余额") && !heard.contains("<Encrypt>"), "{heard}");
        assert!(answered.contains("1,280.50") && !answered.contains("<Encrypt>"), "{answered}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_in_compatible_mode_does_a_whole_balance_turn_and_answers_sealed() {
    for bank in banks(Mode::Compat).await {
        let (heard, answered) = balance_turn(&bank).await;
        assert!(heard.contains("查余额") && heard.contains("<Encrypt>"), "{heard}");
        assert!(answered.contains("<Encrypt>") && !answered.contains("1,280.50"), "{answered}");
        bank.stop().await;
    }
}

/// A plain text, rightly signed, as WeChat would send it in 明文 mode: the HTTP status it was answered with.
async fn sent_plainly(bank: &TestBank) -> Value {
    let sent = json!({ "appid": APPID, "uid": "lifang", "kind": "plaintext" });
    bank.control("hostile", sent).await;
    last_push(bank).await["status"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_body_to_an_account_that_seals_is_refused_and_counted_and_nobody_is_answered() {
    health::start_counting();
    for mode in [Mode::Compat, Mode::Secure] {
        for bank in banks(mode).await {
            bank.bind(APPID, "lifang", &people()[0]).await;
            let (asked, counted) = (bank.core.calls(), refused(&bank, "wechat.plain").await);
            let said = bank.chat(APPID, "lifang").await;
            let told = sent_plainly(&bank).await;
            assert_eq!(told, 403, "{mode:?}");
            assert!(refused(&bank, "wechat.plain").await > counted, "{mode:?}");
            assert_eq!(bank.core.calls(), asked, "{mode:?}");
            let now = bank.chat(APPID, "lifang").await;
            assert!(!now[said.len()..].join("").contains("1,280.50"), "{mode:?}: {now:?}");
            bank.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_body_to_an_account_in_plain_mode_is_refused_and_counted() {
    health::start_counting();
    for bank in banks(Mode::Plain).await {
        let key = AesKey::parse(AES_KEY).unwrap();
        let at_wechat = Callback::new(APPID, TOKEN, Mode::Secure).with_key(key);
        let openid = simulator::openid_of(APPID, "lifang");
        let inner = format!(
            "<xml><ToUserName>gh_0000000000b1</ToUserName><FromUserName>{openid}</FromUserName>\
             <CreateTime>{}</CreateTime><MsgType>text</MsgType><Content>余额</Content><MsgId>1</MsgId></xml>",
            bank.clock.now().secs()
        );
        let (query, body) =
            push(&at_wechat, &inner, "gh_0000000000b1", "a1b2c3", bank.clock.now(), [7; 16]);
        let counted = refused(&bank, "wechat.mode").await;
        let url = format!(
            "{}/wx/{APPID}?signature={}&timestamp={}&nonce={}&encrypt_type=aes&msg_signature={}",
            bank.url, query.signature, query.timestamp, query.nonce, query.msg_signature
        );
        let answer = bank.http.post(url).body(body).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap()), (403, String::new()));
        assert!(refused(&bank, "wechat.mode").await > counted);
        bank.stop().await;
    }
}
