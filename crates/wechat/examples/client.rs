//! Calling WeChat: one token for everybody, a menu, a message, and what each kind of failure asks for.
//!
//! `cargo run -p wechat --example client`
//!
//! `wechat` is a fake of the three paths used here, on loopback. In production the client gets `Hosts::default()` and the
//! authority a store that all processes share.

#![expect(clippy::print_stdout, reason = "it tells what it does")]

use axum::extract::{OriginalUri, State};
use axum::{Json, Router, http::StatusCode};
use base::{Clock, Random, Result, Secret};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::{net::TcpListener, task::JoinSet};
use wechat::api::custom::{Extra, Message};
use wechat::api::menu::{Button, Menu, Tap};
use wechat::api::{Account, CallError, CallResult, Client, Limits};
use wechat::token::{Authority, MemoryStore, Options, Owner};

/// WeChat: the number of its valid token, and what it says to each call.
async fn wechat(
    State(valid): State<Arc<AtomicU32>>,
    OriginalUri(uri): OriginalUri,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    println!("    WeChat is asked for {}", uri.path());
    let no = |code: i64, text: &str| json!({ "errcode": code, "errmsg": text });
    let token = format!("token-{}", valid.load(Ordering::SeqCst));
    let answer = match (uri.path(), body["touser"].as_str()) {
        ("/cgi-bin/stable_token", _) => json!({ "access_token": token, "expires_in": 7200 }),
        _ if uri.query() != Some(&format!("access_token={token}")) => {
            no(40001, "invalid credential")
        }
        (_, Some("oSilent")) => no(45015, "response out of time limit rid: 5f-6a-7b"),
        (_, Some("oUnlucky")) => return (StatusCode::BAD_GATEWAY, Json(Value::Null)),
        _ => no(0, "ok"),
    };
    (StatusCode::OK, Json(answer))
}

#[tokio::main]
async fn main() -> Result<()> {
    let valid = Arc::new(AtomicU32::new(1));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    let app = Router::new().fallback(wechat).with_state(Arc::clone(&valid));
    let mut server = JoinSet::new();
    server.spawn(async move { axum::serve(listener, app).await });

    let bank = bank_at(&base)?;

    println!("a menu that WeChat would refuse is refused here");
    let balance = Button::new("查余额", Tap::Click { key: "balance".to_owned() });
    let nested = Tap::List(vec![Button::new("更多", Tap::List(vec![balance.clone()]))]);
    let broken = Menu { buttons: vec![balance.clone(), Button::new("服务", nested)] };
    for fault in broken.faults() {
        println!("  {fault}");
    }
    println!("a good one is published; the first call fetches the token");
    bank.create_menu(&Menu { buttons: vec![balance] }).await?;

    println!("a message goes out with the same token");
    send(&bank, "oFollower01").await?;
    println!("the token stops working: it is renewed once and the message sent once more");
    valid.fetch_add(1, Ordering::SeqCst);
    send(&bank, "oFollower01").await?;

    for (what, to) in [
        ("somebody who has not written for 48 hours", "oSilent"),
        ("a gateway of WeChat's breaks down", "oUnlucky"),
    ] {
        println!("{what}");
        explain(send(&bank, to).await);
    }
    println!("nobody listens");
    let gone = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    explain(send(&bank_at(&format!("http://{gone}"))?, "oFollower01").await);
    Ok(())
}

/// The account as a caller.
fn bank_at(base: &str) -> Result<Account> {
    let client = Client::build(base, &Limits::default())?;
    let store = Arc::new(MemoryStore::new());
    let (clock, random) = (Clock::System, Random::system());
    let authority = Authority::new(client, store, clock, random, Options::default());
    let owner = Owner::direct("wx0123456789abcdef", Secret::new("the AppSecret".to_owned()));
    Ok(Account::new(authority, owner))
}

async fn send(bank: &Account, to: &str) -> CallResult<()> {
    bank.send_custom(to, &Message::Text("您好".to_owned()), &Extra::default()).await
}

/// The three ways in which a call fails. `may_repeat(false)`: a customer would see a second copy of this message.
fn explain(outcome: CallResult<()>) {
    let Err(error) = outcome else { panic!("all of these fail") };
    match &error {
        CallError::Api(e) => {
            println!("  WeChat says no: {:?}, so {:?}. {}", e.class, e.advice, e.words());
        }
        CallError::Unknown(cause) => println!("  it may have been sent: {cause}"),
        CallError::NotSent(cause) => println!("  it was not sent: {cause}"),
    }
    println!("  may it be sent again? {}", error.may_repeat(false));
}

#[test]
fn it_ends_well() -> Result<()> {
    main()
}
