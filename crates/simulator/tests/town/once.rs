//! One-time subscription messages and short keys, with the library `wechat` as the caller.

use crate::client::account;
use crate::common::{APPID, BY_PLATFORM, Town, UID, code};
use crate::component::{authorize, redeem};
use serde_json::{Value, json};
use wechat::api::once::{Ask, Once};
use wechat::api::template::Jump;
use wechat::api::{Account, CallError};

const SCENE: u16 = 7;

fn ask() -> Ask {
    Ask {
        scene: SCENE,
        template_id: simulator::once_template_of(APPID),
        redirect_url: "https://h5.example/back?a=1".into(),
        reserved: "s9".into(),
    }
}

fn message(to: String) -> Once {
    Once {
        to,
        template_id: simulator::once_template_of(APPID),
        scene: SCENE,
        title: "预约提醒".into(),
        content: "明天上午九点\n请带身份证到城关支行".into(),
        jump: Jump::Page { url: "https://h5.example/visit".into() },
    }
}

/// Where a page of WeChat's leads, and what it says.
async fn open(town: &Town, path: &str, uid: &str) -> (String, String) {
    let path = path.trim_start_matches(town.sim.url().as_str());
    let url = format!("{}{path}", town.sim.url());
    let got = town.http.get(url).header("cookie", format!("sim_uid={uid}")).send().await.unwrap();
    let to = got.headers().get("location").map(|v| v.to_str().unwrap().to_owned());
    (to.unwrap_or_default(), got.text().await.unwrap())
}

/// The customer opens the page and taps a button. The address they come back to.
async fn tap(town: &Town, account: &Account, uid: &str, next: &str) -> String {
    let (_, page) = open(town, &account.once_link(&ask()).unwrap(), uid).await;
    assert!(page.contains("同意接收") && page.contains("青禾农商银行"), "{page}");
    let mut links = page.split("href=\"").skip(1).map(|l| l.split('"').next().unwrap());
    let link = links.find(|l| l.ends_with(&format!("next={next}"))).unwrap().replace("&amp;", "&");
    open(town, &link, uid).await.0
}

fn refused(sent: Result<(), CallError>) -> i64 {
    match sent.unwrap_err() {
        CallError::Api(e) => e.code,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn one_scene_agreed_to_is_worth_one_message_however_often_it_is_agreed_to() {
    let town = Town::start().await;
    let (account, to) = (account(&town), town.openid(APPID));
    assert_eq!(refused(account.send_once(&message(to.clone())).await), 43101, "nobody agreed yet");
    let back = tap(&town, &account, UID, "confirm").await;
    let template = simulator::once_template_of(APPID);
    let expected = format!(
        "https://h5.example/back?a=1&openid={to}&template_id={template}&action=confirm&scene=7&reserved=s9"
    );
    assert_eq!(back, expected);
    tap(&town, &account, UID, "confirm").await;
    let other = Once { scene: SCENE + 1, ..message(to.clone()) };
    assert_eq!(refused(account.send_once(&other).await), 43101, "another scene");
    account.send_once(&message(to.clone())).await.unwrap();
    assert_eq!(
        refused(account.send_once(&message(to)).await),
        43101,
        "agreeing twice adds nothing"
    );
    let shown = town.chat(APPID).await["items"][0].clone();
    assert_eq!((&shown["kind"], &shown["from"]), (&json!("notice"), &json!("青禾农商银行")));
    assert_eq!(shown["template"]["title"], "预约提醒");
    assert_eq!(shown["template"]["rows"][0]["value"], "明天上午九点\n请带身份证到城关支行");
    assert_eq!(shown["template"]["url"], "https://h5.example/visit");
    town.stop().await;
}

#[tokio::test]
async fn who_cancels_is_not_named_and_gets_nothing() {
    let town = Town::start().await;
    let account = account(&town);
    let back = tap(&town, &account, UID, "cancel").await;
    assert!(back.contains("action=cancel") && !back.contains("openid="), "{back}");
    assert_eq!(refused(account.send_once(&message(town.openid(APPID))).await), 43101);
    town.stop().await;
}

#[tokio::test]
async fn who_does_not_follow_agrees_too_and_finds_it_among_service_notices() {
    let town = Town::start().await;
    let account = account(&town);
    tap(&town, &account, "wang", "confirm").await;
    account.send_once(&message(simulator::openid_of(APPID, "wang"))).await.unwrap();
    let aside = town.get("/control/chats/service-notices/wang").await;
    assert_eq!(aside["items"][0]["template"]["title"], "预约提醒");
    town.stop().await;
}

#[tokio::test]
async fn a_page_that_asks_wrongly_says_so_and_words_too_long_are_not_sent() {
    let town = Town::with(|c| c.accounts[0].oauth_domains = vec!["h5.example".into()]).await;
    let account = account(&town);
    let good = account.once_link(&ask()).unwrap();
    for (part, other, words) in [
        ("scene=7", "scene=10001", "0 到 10000"),
        ("action=get_confirm", "action=confirm", "get_confirm"),
        ("h5.example", "evil.example", "业务域名"),
        (&simulator::once_template_of(APPID), "another", "template_id"),
    ] {
        let (to, page) = open(&town, &good.replace(part, other), UID).await;
        assert!(to.is_empty() && page.contains(words), "{other}: {page}");
    }
    let (_, page) = open(&town, &good, "nobody").await;
    assert!(page.contains("请在微信客户端打开链接"), "{page}");
    let long = Once {
        title: "一二三四五六七八九十一二三四五六".into(), ..message("o1".into())
    };
    assert!(matches!(account.send_once(&long).await, Err(CallError::NotSent(_))));
    assert!(account.once_link(&Ask { reserved: "a b".into(), ..ask() }).is_err());
    town.stop().await;
}

#[tokio::test]
async fn a_short_key_gives_its_data_back_until_it_ends_and_to_its_account_only() {
    let town = Town::start().await;
    let account = account(&town);
    let key = account.shorten("branch=01&counter=3", 600).await.unwrap();
    assert!(key.len() == 15 && key.bytes().all(|b| b.is_ascii_alphanumeric()), "{key}");
    town.advance(599_000).await;
    let long = account.lengthen(&key).await.unwrap();
    assert_eq!((long.long_data.as_str(), long.expire_seconds), ("branch=01&counter=3", 1));
    town.advance(1_000).await;
    assert!(matches!(account.lengthen(&key).await, Err(CallError::Api(_))));
    assert!(matches!(account.shorten("", 600).await, Err(CallError::NotSent(_))));
    assert!(matches!(account.shorten(&"x".repeat(4_097), 600).await, Err(CallError::NotSent(_))));
    town.stop().await;
}

#[tokio::test]
async fn short_keys_are_not_for_platforms_and_content_security_not_for_official_accounts() {
    let town = Town::with_component().await;
    let grant = authorize(&town, json!({ "appid": BY_PLATFORM })).await;
    let info = redeem(&town, &grant).await;
    let token = info["authorizer_access_token"].as_str().unwrap();
    let path = format!("/cgi-bin/shorten/gen?access_token={token}");
    let answer = town.post(&path, json!({ "long_data": "x", "expire_seconds": 60 })).await;
    assert_eq!(code(&answer), 61007, "{answer}");
    for path in ["/wxa/msg_sec_check", "/wxa/img_sec_check", "/wxa/media_check_async"] {
        let answer: Value = town.api(path, json!({ "content": "您好", "version": 2 })).await;
        assert_eq!(code(&answer), 48001, "{path}");
    }
    town.stop().await;
}
