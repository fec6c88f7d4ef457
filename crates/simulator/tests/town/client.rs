//! The library `wechat` as the caller: both sides of the protocol agree.

use crate::common::{APPID, BY_PLATFORM, Behaviour, COMPONENT, Town, UID, component};
use base::{Random, Secret};
use serde_json::json;
use std::sync::Arc;
use wechat::api::custom::{Extra, MenuLine, Message};
use wechat::api::media::{File, Kind, Media};
use wechat::api::menu::{Button, Menu, Tap};
use wechat::api::oauth::Scope;
use wechat::api::qr::Scene;
use wechat::api::template::{Jump, Notice};
use wechat::api::{Account, CallError, Client, Limits};
use wechat::codes::Class;
use wechat::component::{Accepted, Platform, SwitchName};
use wechat::inbound::ComponentPush;
use wechat::token::{Authority, Component, MemoryStore, Options, Owner};

fn authority(town: &Town) -> Authority {
    let client = Client::build(town.sim.url().as_str(), &Limits::default()).unwrap();
    let store = Arc::new(MemoryStore::new());
    Authority::new(client, store, town.clock.clone(), Random::seeded(3), Options::default())
}

pub(crate) fn account(town: &Town) -> Account {
    let secret = Secret::new(format!("secret of {APPID}"));
    Account::new(authority(town), Owner::direct(APPID, secret))
}

fn class(e: &CallError) -> Option<Class> {
    e.class()
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_the_call_repeated() {
    let town = Town::start().await;
    let account = account(&town);
    assert!(!account.callback_ips().await.unwrap().is_empty());
    town.post("/control/tokens/rotate", json!({ "appid": APPID })).await;
    assert!(!account.callback_ips().await.unwrap().is_empty());
    town.post("/control/clock", json!({ "advance_ms": 8 * 3_600_000 })).await;
    assert!(!account.api_ips().await.unwrap().is_empty());
    let log = town.get("/control/exchanges?kind=api").await.to_string();
    assert!(log.contains("40001"), "the refusal is in the log");
    town.stop().await;
}

#[tokio::test]
async fn messages_menus_codes_and_media_go_through() {
    let town = Town::start().await;
    town.platform.behave(Behaviour::Ack);
    let account = account(&town);
    let openid = town.openid(APPID);
    let text = Message::Text("您好".into());
    let early = account.send_custom(&openid, &text, &Extra::default()).await.unwrap_err();
    assert_eq!(class(&early), Some(Class::Window));
    town.say("在吗").await;
    assert!(account.typing(&openid, true).await.unwrap());
    assert!(!account.typing(&openid, true).await.unwrap());
    account.send_custom(&openid, &text, &Extra::default()).await.unwrap();
    let lines = vec![MenuLine { id: "1".into(), content: "查余额".into() }];
    let menu = Message::Menu { head: "请选择".into(), lines, tail: String::new() };
    account.send_custom(&openid, &menu, &Extra::default()).await.unwrap();
    let bytes = vec![7_u8; 64].into();
    let file = File { kind: Kind::Image, name: "a.png".into(), mime: "image/png".into(), bytes };
    let uploaded = account.upload(&file).await.unwrap();
    let picture = Message::Image { media_id: uploaded.media_id.clone() };
    account.send_custom(&openid, &picture, &Extra::default()).await.unwrap();
    let got = account.download(&uploaded.media_id).await.unwrap();
    assert!(matches!(got, Media::Bytes { bytes, .. } if bytes.len() == 64));
    assert!(account.menu().await.unwrap().is_none());
    let button =
        Button { name: "余额".into(), tap: Tap::Click { key: "account_balance".into() } };
    account.create_menu(&Menu { buttons: vec![button] }).await.unwrap();
    assert_eq!(account.menu().await.unwrap().unwrap().menu.buttons.len(), 1);
    let code = account.qr_temporary(&Scene::Text("branch_01".into()), 600).await.unwrap();
    let shown = town.http.get(account.qr_image_url(&code)).send().await.unwrap();
    assert_eq!(shown.status().as_u16(), 200);
    assert_eq!(account.follower_page("").await.unwrap().openids, std::slice::from_ref(&openid));
    let page = account.page_config("https://h5.example/p", "nonce1").await.unwrap();
    assert_eq!(page.signature.len(), 40);
    assert_eq!(account.quota("/cgi-bin/message/custom/send").await.unwrap().used, 4);
    let notice = Notice {
        to: openid,
        template_id: "T1".into(),
        data: vec![("time1".into(), "10:05".into()), ("amount2".into(), "很多".into())],
        jump: Jump::Nowhere,
        client_msg_id: "n1".into(),
    };
    let bad = account.send_template(&notice).await.unwrap_err();
    assert_eq!(class(&bad), Some(Class::TemplateData));
    town.stop().await;
}

#[tokio::test]
async fn a_person_logs_in() {
    let town = Town::start().await;
    let account = account(&town);
    let link = account.login_url("https://h5.example/back", Scope::Base, "s1").unwrap();
    let request = town.http.get(link).header("cookie", format!("sim_uid={UID}"));
    let to = request.send().await.unwrap().headers()["location"].to_str().unwrap().to_owned();
    let code = to.split_once("code=").unwrap().1.split('&').next().unwrap().to_owned();
    let login = account.login(&code).await.unwrap();
    assert_eq!((login.openid.clone(), login.is_snapshot), (town.openid(APPID), false));
    assert!(account.login_works(&login).await.unwrap());
    assert_eq!(class(&account.login(&code).await.unwrap_err()), Some(Class::Login));
    town.stop().await;
}

async fn take_ticket(town: &Town, platform: &Platform) {
    for push in town.platform.pushes() {
        if let ComponentPush::VerifyTicket { appid, created_s, ticket } = push {
            let created = base::Time::of_secs(created_s);
            platform.take_ticket(&appid, &ticket, created).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_platform_is_let_in_serves_loses_its_memory_and_recovers() {
    let town = Town::with_component().await;
    let secret = Secret::new(component("").secret);
    let keys = Arc::new(Component { appid: COMPONENT.into(), secret });
    let platform = Platform::new(authority(&town), Arc::clone(&keys));
    take_ticket(&town, &platform).await;
    assert!(!platform.pre_auth_code().await.unwrap().code.is_empty());
    let answer = town.post("/control/component/authorize", json!({ "appid": BY_PLATFORM })).await;
    let code = answer["auth_code"].as_str().unwrap();
    let accepted = platform.accept(code, Some(BY_PLATFORM)).await.unwrap();
    assert!(matches!(accepted, Accepted::Fresh(a) if a.appid == BY_PLATFORM));
    let again = platform.accept(code, Some(BY_PLATFORM)).await.unwrap();
    assert!(matches!(again, Accepted::Already { .. }));
    let info = platform.authorizer_info(BY_PLATFORM).await.unwrap();
    assert!(info.is_verified_service_account() && info.missing(&[1, 4, 15]).is_empty());
    let of_bank = platform.account(BY_PLATFORM);
    assert_eq!(of_bank.follower_page("").await.unwrap().openids, [town.openid(BY_PLATFORM)]);
    assert_eq!(platform.switch(BY_PLATFORM, SwitchName::VoiceRecognize).await.unwrap(), 1);
    let restored = Platform::new(authority(&town), keys);
    take_ticket(&town, &restored).await;
    assert_eq!(restored.recover().await.unwrap().mended, [BY_PLATFORM]);
    let of_bank = restored.account(BY_PLATFORM);
    assert_eq!(of_bank.follower_page("").await.unwrap().openids.len(), 1);
    town.post("/control/component/unauthorize", json!({ "appid": BY_PLATFORM })).await;
    let refused = of_bank.follower_page("").await.unwrap_err();
    assert_eq!(class(&refused), Some(Class::Authorization));
    town.stop().await;
}
