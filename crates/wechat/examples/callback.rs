//! WeChat's callbacks: the check of the URL, an encrypted message and its answer, a repeat, and two that are refused.
//!
//! `cargo run -p wechat --example callback`
//!
//! `Ours` and its handlers are what an application writes; the rest plays WeChat on loopback.

#![expect(clippy::print_stdout, reason = "it tells what it does")]

use axum::extract::{RawQuery, State};
use axum::{Router, body::Bytes, http::StatusCode, routing::get};
use base::{Clock, Random, Result, Secret};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::{net::TcpListener, task::JoinSet};
use wechat::crypto::{AesKey, signature};
use wechat::envelope::{Callback, Mode, Query, Refused, push, read_reply};
use wechat::inbound::What;
use wechat::reply::{self, Reply};

type Answer = (StatusCode, String);
const GH: &str = "gh_10f6c3c3ac5a";

struct Ours {
    callback: Callback,
    /// Replies by the message's key, for WeChat repeats itself after 5 s. Several processes share a table.
    answered: Mutex<HashMap<String, String>>,
}

/// GET: the console's check when the URL is set.
async fn check(ours: State<Arc<Ours>>, RawQuery(raw): RawQuery) -> Answer {
    let query = Query::of(&raw.unwrap_or_default());
    let echo = ours.callback.verify_url(&query, Clock::System.now());
    echo.map_or_else(|refused| refuse(&refused), |echo| (StatusCode::OK, echo))
}

/// POST: a message or an event.
async fn receive(ours: State<Arc<Ours>>, RawQuery(raw): RawQuery, body: Bytes) -> Answer {
    let (query, now) = (Query::of(&raw.unwrap_or_default()), Clock::System.now());
    let opened = match ours.callback.open(&query, &body, now) {
        Ok(opened) => opened,
        Err(refused) => return refuse(&refused),
    };
    let heard = &opened.heard;
    let mut answered = ours.answered.lock().unwrap_or_else(PoisonError::into_inner);
    let is_repeat = answered.contains_key(&heard.key);
    println!("  we hear  {}{}", heard.key, if is_repeat { ", for the second time" } else { "" });
    let xml = answered.entry(heard.key.clone()).or_insert_with(|| {
        let words = match &heard.what {
            What::Text { content, .. } => format!("您说的是「{content}」"),
            _ => "请用文字告诉我们".to_owned(),
        };
        Reply::Text(words).to_xml(&heard.from, &heard.to, now)
    });
    // Every delivery is sealed anew, under the key it came under.
    let random16 = Random::system().bytes();
    (StatusCode::OK, ours.callback.seal(xml, opened.key, &query.nonce, now, random16))
}

/// The sender gets a status and a body that tell nothing; the log gets the cause.
fn refuse(refused: &Refused) -> Answer {
    println!("  our log  {refused}");
    let status = StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::FORBIDDEN);
    (status, refused.body().to_owned())
}

#[tokio::main]
async fn main() -> Result<()> {
    // Token and EncodingAESKey are set in the console, under 基本配置.
    let callback = Callback::new("wx2c2769f8efd9abc2", "spamtest", Mode::Secure)
        .with_key(AesKey::parse("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")?)
        .with_original_id(GH);
    let ours = Arc::new(Ours { callback: callback.clone(), answered: Mutex::default() });
    let app = Router::new().route("/wx", get(check).post(receive)).with_state(ours);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/wx", listener.local_addr()?);
    let mut server = JoinSet::new();
    server.spawn(async move { axum::serve(listener, app).await });
    play_wechat(&url, &callback).await
}

async fn play_wechat(url: &str, to: &Callback) -> Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build()?;
    let (now, random) = (Clock::System.now(), Random::system());
    let created = now.secs().to_string();
    let message = format!(
        "<xml><ToUserName>{GH}</ToUserName><FromUserName>oFollower01</FromUserName><CreateTime>{created}</CreateTime>\
         <MsgType>text</MsgType><Content>查余额</Content><MsgId>7001</MsgId></xml>"
    );
    println!("the console checks the URL");
    let signed = signature(&["spamtest", &created, "nonce1"]);
    let check = format!("{url}?signature={signed}&timestamp={created}&nonce=nonce1&echostr=43751");
    println!("  it reads {}", http.get(check).send().await?.text().await?);
    let stranger = Callback { token: Secret::new("aGuess".to_owned()), ..to.clone() };
    for (what, from, sent_at, expected) in [
        ("a customer's message", to, now, 200),
        ("the same again: our answer was lost on its way", to, now, 200),
        ("the same from somebody who does not know our Token", &stranger, now, 403),
        ("the same, recorded and sent ten minutes later", to, now.plus_ms(-600_000), 403),
    ] {
        println!("{what}");
        let (Query { timestamp: t, nonce: n, msg_signature: s, .. }, body) =
            push(from, &message, GH, "nonce2", sent_at, random.bytes());
        let address = format!("{url}?timestamp={t}&nonce={n}&msg_signature={s}");
        let answer = http.post(address).body(body).send().await?;
        let (status, body) = (answer.status(), answer.bytes().await?);
        assert_eq!(status.as_u16(), expected);
        match read_reply(to, &body) {
            Ok(xml) => println!("  {status}, {:?}", reply::read(&xml)?.reply),
            Err(_) => println!("  {status}, {} bytes", body.len()),
        }
    }
    Ok(())
}

#[test]
fn it_ends_well() -> Result<()> {
    main()
}
