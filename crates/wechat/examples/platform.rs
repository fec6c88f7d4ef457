//! A third-party platform: its ticket, an account that authorises it, the renewal of that account's token, its withdrawal.
//!
//! `cargo run -p wechat --example platform`
//!
//! `receive` is what an application writes behind 授权事件接收URL; it answers each push with `wechat::reply::ACK`. The rest
//! plays WeChat: `wechat` answers calls on loopback, `main` pushes.

#![expect(clippy::print_stdout, reason = "it tells what it does")]

use axum::{Json, Router, extract::OriginalUri};
use base::{Clock, Random, Result, Secret, Time};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::{net::TcpListener, task::JoinSet};
use wechat::api::custom::{Extra, Message};
use wechat::api::{Client, Limits};
use wechat::component::{Accepted, Link, Platform};
use wechat::crypto::AesKey;
use wechat::envelope::{Callback, Mode, push_component};
use wechat::inbound::ComponentPush as Push;
use wechat::token::{Authority, Component, MemoryStore, Options};

const PLATFORM: &str = "wxplatform0000001";
const BANK: &str = "wxbank00000000001";
/// Permission sets that our product cannot do without.
const NEEDED: [i64; 2] = [1, 15];

async fn wechat(OriginalUri(uri): OriginalUri) -> Json<Value> {
    println!("    WeChat is asked for {uri}");
    let grants = json!([{ "funcscope_category": { "id": 1 } }]);
    Json(match uri.path().rsplit('/').next().unwrap_or_default() {
        "api_component_token" => json!({ "component_access_token": "P1", "expires_in": 9000 }),
        "api_create_preauthcode" => json!({ "pre_auth_code": "pre-1", "expires_in": 600 }),
        "api_query_auth" => json!({ "authorization_info": {
            "authorizer_appid": BANK, "authorizer_access_token": "A1", "expires_in": 7200,
            "authorizer_refresh_token": "R1", "func_info": grants,
        }}),
        "api_authorizer_token" => json!({ "authorizer_access_token": "A2", "expires_in": 7200 }),
        _ => json!({ "errcode": 0, "errmsg": "ok" }),
    })
}

async fn receive(ours: &Platform, push: Push) -> Result<()> {
    println!("  we hear {}", push.name());
    match push {
        Push::VerifyTicket { appid, created_s, ticket } => {
            ours.take_ticket(&appid, &ticket, Time::of_secs(created_s)).await?;
        }
        Push::Authorized(a) | Push::UpdateAuthorized(a) => {
            // The administrator's browser brings the same code: whichever is second gets `Already`.
            match ours.accept(a.code.reveal(), Some(&a.authorizer_appid)).await? {
                Accepted::Fresh(new) => println!("  not granted: {:?}", new.missing(&NEEDED)),
                Accepted::Already { appid } => println!("  {appid} is in place already"),
            }
        }
        Push::Unauthorized { authorizer_appid, .. } => ours.withdrawn(&authorizer_appid).await?,
        Push::Unknown { .. } => {}
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let client = Client::build(&*format!("http://{}", listener.local_addr()?), &Limits::default())?;
    let mut server = JoinSet::new();
    server.spawn(async move { axum::serve(listener, Router::new().fallback(wechat)).await });

    let clock = Clock::manual(Time::of_secs(1_785_000_000)); // Clock::System in production
    let (store, random) = (Arc::new(MemoryStore::new()), Random::system());
    let authority = Authority::new(client, store, clock.clone(), random, Options::default());
    let secret = Secret::new("the platform's secret".to_owned());
    let ours = Platform::new(authority, Arc::new(Component { appid: PLATFORM.into(), secret }));
    let url = Callback::new(PLATFORM, "spamtest", Mode::Secure)
        .with_key(AesKey::parse("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")?);
    let push = async |kind: &str, fields: &str| {
        let now = clock.now();
        let inner = format!(
            "<xml><AppId>{PLATFORM}</AppId><CreateTime>{}</CreateTime><InfoType>{kind}</InfoType>{fields}</xml>",
            now.secs()
        );
        let (query, body) = push_component(&url, &inner, "nonce", now, Random::system().bytes());
        receive(&ours, url.open_component(&query, body.as_bytes(), now)?).await
    };
    let hello = Message::Text("您好".to_owned());
    let bank = ours.account(BANK);
    let send = async || bank.send_custom("oFollower", &hello, &Extra::default()).await;

    println!("no call goes out before a ticket has come: {:?}", ours.pre_auth_code().await.err());
    let ticket = "<ComponentVerifyTicket>ticket@@@1</ComponentVerifyTicket>";
    push("component_verify_ticket", ticket).await?;
    println!("the administrator of a bank authorises us, behind this link:");
    let code = ours.pre_auth_code().await?.code;
    let (redirect_uri, biz_appid) = ("https://platform.example/done?state=s1", Some(BANK));
    let link = Link { pre_auth_code: &code, redirect_uri, biz_appid, categories: &NEEDED };
    println!("  {}", ours.link_for_computer(&link));
    let who = format!("<AuthorizerAppid>{BANK}</AuthorizerAppid>");
    push("authorized", &format!("{who}<AuthorizationCode>code-1</AuthorizationCode>")).await?;
    println!("we call as the bank, and two hours later again: its token is renewed");
    send().await?;
    clock.advance_ms(7_200_000);
    send().await?;
    println!("the bank takes it back, and no call goes out any more");
    push("unauthorized", &who).await?;
    let refused = send().await;
    println!("  {refused:?}");
    assert!(refused.is_err());
    Ok(())
}

#[test]
fn it_ends_well() -> Result<()> {
    main()
}
