//! A small platform to simulate WeChat against, and short words for talking to the simulator.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base::{Clock, Random, Time};
use http::StatusCode;
use serde_json::{Value, json};
use simulator::{
    AccountConfig, AccountKind, ComponentConfig, Config, FollowConfig, Mode, Running, Simulator,
    TemplateConfig, UserConfig,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wechat::crypto::AesKey;
use wechat::envelope::{Callback, Opened, Query};
use wechat::inbound::{ComponentPush, Inbound, What};
use wechat::reply::Reply;

pub(crate) const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
pub(crate) const OTHER_KEY: &str = "GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba";
pub(crate) const APPID: &str = "wx00000000000000a1";
pub(crate) const SUBSCRIPTION: &str = "wx00000000000000b2";
pub(crate) const BY_PLATFORM: &str = "wx00000000000000c3";
pub(crate) const COMPONENT: &str = "wx00000000000000f9";
pub(crate) const NOTICE: &str = "该服务号暂时无法提供服务，请稍后再试";
pub(crate) const UID: &str = "li";
pub(crate) const START: Time = Time::of_ms(1_795_400_000_000);

/// How the platform answers.
#[derive(Clone)]
pub(crate) enum Behaviour {
    /// 「您说：…」 to texts and 「收到…」 to events.
    Echo,
    Say(Reply),
    Ack,
    Empty,
    Raw(u16, String),
    /// Wait, then acknowledge.
    Slow(Duration),
    /// Takes a message and gives no answer, as long as the world lasts.
    Never,
    /// Answer badly this often, then echo.
    FailFirst(usize),
    /// Sealed with another key, token or appid, or to somebody else.
    WrongKey,
    WrongToken,
    WrongAppid,
    WrongUser,
    /// A plain reply whatever the mode.
    Plain,
    /// What 全网发布检测 wants of texts and events.
    Release,
}

/// What reached the platform.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) query: Query,
    pub(crate) body: String,
    pub(crate) heard: Option<Inbound>,
    pub(crate) push: Option<ComponentPush>,
    /// Why it was not taken.
    pub(crate) refused: Option<&'static str>,
}

pub(crate) struct Platform {
    pub(crate) url: String,
    pub(crate) seen: Arc<Mutex<Vec<Seen>>>,
    pub(crate) behaviour: Arc<Mutex<Behaviour>>,
    stop: CancellationToken,
}

#[derive(Clone)]
struct Inside {
    callbacks: Arc<HashMap<String, Callback>>,
    component: Callback,
    seen: Arc<Mutex<Vec<Seen>>>,
    behaviour: Arc<Mutex<Behaviour>>,
    clock: Clock,
}

fn key(text: &str) -> AesKey {
    AesKey::parse(text).unwrap()
}

impl Platform {
    pub(crate) async fn start(clock: Clock, tasks: &TaskTracker) -> Self {
        let callbacks = [
            ("secure", Callback::new(APPID, "tokenA", Mode::Secure).with_key(key(KEY))),
            ("compat", Callback::new(APPID, "tokenA", Mode::Compat).with_key(key(KEY))),
            ("plain", Callback::new(APPID, "tokenA", Mode::Plain)),
            ("sub", Callback::new(SUBSCRIPTION, "tokenB", Mode::Secure).with_key(key(KEY))),
        ];
        let inside = Inside {
            callbacks: Arc::new(callbacks.map(|(n, c)| (n.to_owned(), c)).into()),
            component: Callback::new(COMPONENT, "tokenF", Mode::Secure).with_key(key(OTHER_KEY)),
            seen: Arc::default(),
            behaviour: Arc::new(Mutex::new(Behaviour::Echo)),
            clock,
        };
        let (seen, behaviour) = (Arc::clone(&inside.seen), Arc::clone(&inside.behaviour));
        let app = Router::new()
            .route("/wx/{name}", get(verify).post(receive))
            .route("/component/events", axum::routing::post(event))
            .route("/component/{appid}/message", axum::routing::post(platform_message))
            .with_state(inside);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        tasks.spawn(async move {
            let done = async move { stopped.cancelled().await };
            axum::serve(listener, app).with_graceful_shutdown(done).await.unwrap();
        });
        Self { url, seen, behaviour, stop }
    }

    pub(crate) fn behave(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
    pub(crate) fn heard(&self) -> Vec<Inbound> {
        self.seen().into_iter().filter_map(|s| s.heard).collect()
    }
    pub(crate) fn pushes(&self) -> Vec<ComponentPush> {
        self.seen().into_iter().filter_map(|s| s.push).collect()
    }
    pub(crate) fn forget(&self) {
        self.seen.lock().unwrap().clear();
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn query_of(raw: Option<&str>) -> Query {
    let mut query = Query::default();
    for pair in raw.unwrap_or_default().split('&') {
        let Some((name, value)) = pair.split_once('=') else {
            continue;
        };
        let value = percent(value);
        match name {
            "signature" => query.signature = value,
            "timestamp" => query.timestamp = value,
            "nonce" => query.nonce = value,
            "msg_signature" => query.msg_signature = value,
            "encrypt_type" => query.encrypt_type = value,
            "echostr" => query.echostr = value,
            "openid" => query.openid = value,
            _ => {}
        }
    }
    query
}

fn percent(text: &str) -> String {
    let mut out = vec![];
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        if b == b'%' {
            let hex: String = bytes.by_ref().take(2).map(char::from).collect();
            out.push(u8::from_str_radix(&hex, 16).unwrap());
        } else {
            out.push(b);
        }
    }
    String::from_utf8(out).unwrap()
}

async fn verify(
    State(inside): State<Inside>,
    Path(name): Path<String>,
    RawQuery(raw): RawQuery,
) -> Response {
    match inside.callbacks[&name].verify_url(&query_of(raw.as_deref()), inside.clock.now()) {
        Ok(echo) => echo.into_response(),
        Err(refused) => StatusCode::from_u16(refused.status()).unwrap().into_response(),
    }
}

async fn receive(
    State(inside): State<Inside>,
    Path(name): Path<String>,
    RawQuery(raw): RawQuery,
    body: Bytes,
) -> Response {
    let callback = inside.callbacks[&name].clone();
    answer(&inside, &callback, &format!("/wx/{name}"), raw, &body).await
}

async fn platform_message(
    State(inside): State<Inside>,
    Path(appid): Path<String>,
    RawQuery(raw): RawQuery,
    body: Bytes,
) -> Response {
    let callback = inside.component.clone();
    answer(&inside, &callback, &format!("/component/{appid}/message"), raw, &body).await
}

async fn event(State(inside): State<Inside>, RawQuery(raw): RawQuery, body: Bytes) -> Response {
    let query = query_of(raw.as_deref());
    let opened = inside.component.open_component(&query, &body, inside.clock.now());
    let mut seen = seen("/component/events", raw.as_deref(), &body);
    match opened {
        Ok(push) => seen.push = Some(push),
        Err(refused) => seen.refused = Some(refused.code()),
    }
    let is_good = seen.push.is_some();
    inside.seen.lock().unwrap().push(seen);
    if is_good { "success".into_response() } else { StatusCode::FORBIDDEN.into_response() }
}

fn seen(path: &str, raw: Option<&str>, body: &[u8]) -> Seen {
    Seen {
        path: path.to_owned(),
        query: query_of(raw),
        body: String::from_utf8_lossy(body).into_owned(),
        heard: None,
        push: None,
        refused: None,
    }
}

async fn answer(
    inside: &Inside,
    callback: &Callback,
    path: &str,
    raw: Option<String>,
    body: &[u8],
) -> Response {
    let query = query_of(raw.as_deref());
    let mut seen = seen(path, raw.as_deref(), body);
    let opened = callback.open(&query, body, inside.clock.now());
    let count = {
        let mut all = inside.seen.lock().unwrap();
        match &opened {
            Ok(opened) => seen.heard = Some(opened.heard.clone()),
            Err(refused) => seen.refused = Some(refused.code()),
        }
        all.push(seen);
        all.len()
    };
    let opened = match opened {
        Ok(opened) => opened,
        Err(refused) => {
            let status = StatusCode::from_u16(refused.status()).unwrap();
            return (status, refused.body()).into_response();
        }
    };
    let behaviour = inside.behaviour.lock().unwrap().clone();
    match behaviour {
        Behaviour::Slow(pause) => {
            tokio::time::sleep(pause).await;
            "success".into_response()
        }
        Behaviour::Never => std::future::pending().await,
        Behaviour::FailFirst(times) if count <= times => {
            (StatusCode::INTERNAL_SERVER_ERROR, "no").into_response()
        }
        Behaviour::Ack => "success".into_response(),
        Behaviour::Empty => "".into_response(),
        Behaviour::Raw(status, body) => {
            (StatusCode::from_u16(status).unwrap(), body).into_response()
        }
        Behaviour::Release if is_auth_code(&opened) => "".into_response(),
        other => sealed(callback, &opened, &query, &other, inside.clock.now()).into_response(),
    }
}

fn is_auth_code(opened: &Opened) -> bool {
    matches!(&opened.heard.what, What::Text { content, .. } if content.starts_with("QUERY_AUTH_CODE:"))
}

fn sealed(cb: &Callback, opened: &Opened, query: &Query, how: &Behaviour, now: Time) -> String {
    let heard = &opened.heard;
    let words = match &heard.what {
        What::Text { content, .. } => format!("您说：{content}"),
        other => format!("收到{}", other.name()),
    };
    let reply = match how {
        Behaviour::Say(reply) => reply.clone(),
        Behaviour::Release => Reply::Text(match &heard.what {
            What::Text { content, .. } => format!("{content}_callback"),
            _ => "LOCATIONfrom_callback".into(),
        }),
        _ => Reply::Text(words),
    };
    let to = if matches!(how, Behaviour::WrongUser) { "oSomebodyElse" } else { &heard.from };
    let xml = reply.to_xml(to, &heard.to, now);
    let seal = |cb: &Callback| cb.seal(&xml, opened.key, &query.nonce, now, [9; 16]);
    match how {
        Behaviour::Plain => xml,
        Behaviour::WrongKey => seal(&cb.clone().with_key(key(OTHER_KEY))),
        Behaviour::WrongAppid => seal(&Callback { appid: "wxother".into(), ..cb.clone() }),
        Behaviour::WrongToken => {
            seal(&Callback { token: String::from("another").into(), ..cb.clone() })
        }
        _ => seal(cb),
    }
}

/// A world, a platform, and a client.
pub(crate) struct Town {
    pub(crate) sim: Running,
    pub(crate) platform: Platform,
    pub(crate) clock: Clock,
    pub(crate) http: reqwest::Client,
    tasks: TaskTracker,
}

impl Town {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let (clock, tasks) = (Clock::manual(START), TaskTracker::new());
        let platform = Platform::start(clock.clone(), &tasks).await;
        let mut config = Config::new(clock.clone(), Random::seeded(7));
        config.limits.push_gap_ms = 20;
        config.limits.push_timeout_ms = 400;
        config.accounts = accounts(&platform.url);
        let follows = |appid: &str| FollowConfig { appid: appid.into(), openid: None };
        config.users = vec![
            UserConfig {
                id: UID.into(),
                name: "李芳".into(),
                follows: vec![follows(APPID), follows(SUBSCRIPTION), follows(BY_PLATFORM)],
                ..UserConfig::default()
            },
            UserConfig { id: "wang".into(), name: "王强".into(), ..UserConfig::default() },
        ];
        change(&mut config);
        let sim = Simulator::start(config).await.unwrap();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { sim, platform, clock, http, tasks }
    }

    /// With the third-party platform set up.
    pub(crate) async fn with_component() -> Self {
        let town = Self::start().await;
        town.sim.set_component(component(&town.platform.url)).unwrap();
        town.until(|| !town.platform.pushes().is_empty()).await;
        town
    }

    /// Ends everything; nothing may hang.
    pub(crate) async fn stop(self) {
        self.sim.stop().await;
        drop(self.platform);
        drop(self.http);
        self.tasks.close();
        tokio::time::timeout(Duration::from_secs(5), self.tasks.wait()).await.unwrap();
    }

    pub(crate) async fn until(&self, mut is_so: impl FnMut() -> bool) {
        for _ in 0..200 {
            if is_so() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it did not come to be");
    }

    /// As [`Town::until`], for what must be asked over the wire.
    pub(crate) async fn until_async<F: Future<Output = bool>>(&self, mut is_so: impl FnMut() -> F) {
        for _ in 0..200 {
            if is_so().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it did not come to be");
    }
    pub(crate) async fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.sim.url());
        let text = self.http.get(url).send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}: {text}"))
    }
    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        self.post_status(path, body).await.1
    }
    pub(crate) async fn post_status(&self, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}{path}", self.sim.url());
        let response = self.http.post(url).body(body.to_string()).send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}: {text}")))
    }

    /// Li writes to the first account and waits.
    pub(crate) async fn say(&self, content: &str) -> Value {
        self.act(APPID, json!({ "type": "text", "content": content })).await
    }
    pub(crate) async fn act(&self, appid: &str, what: Value) -> Value {
        self.post(&format!("/control/chats/{appid}/{UID}/send?wait=1"), what).await
    }
    pub(crate) async fn chat(&self, appid: &str) -> Value {
        self.get(&format!("/control/chats/{appid}/{UID}")).await
    }
    pub(crate) async fn last_push(&self) -> Value {
        let log = self.get("/control/exchanges?kind=push&limit=1").await;
        log["items"][0].clone()
    }

    /// Waits for a push whose message contains `part`, and gives the message.
    pub(crate) async fn pushed(&self, part: &str) -> String {
        for _ in 0..200 {
            let log = self.get("/control/exchanges?kind=push").await;
            let plain = |e: &Value| e["request_plain"].as_str().unwrap_or_default().to_owned();
            let mut all = log["items"].as_array().unwrap().iter().map(plain);
            if let Some(found) = all.find(|p| p.contains(part)) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no push contains {part}");
    }

    pub(crate) async fn token(&self, appid: &str) -> String {
        let body = json!({ "grant_type": "client_credential", "appid": appid, "secret": format!("secret of {appid}") });
        let answer = self.post("/cgi-bin/stable_token", body).await;
        answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }
    /// A call of the first account with a fresh token.
    pub(crate) async fn api(&self, path: &str, body: Value) -> Value {
        self.api_of(APPID, path, body).await
    }
    pub(crate) async fn api_of(&self, appid: &str, path: &str, body: Value) -> Value {
        let token = self.token(appid).await;
        let mark = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{mark}access_token={token}");
        if body.is_null() { self.get(&path).await } else { self.post(&path, body).await }
    }
    /// Uploads a file for an account.
    pub(crate) async fn upload(&self, appid: &str, path: &str, filename: &str) -> Value {
        let mark = if path.contains('?') { '&' } else { '?' };
        let url = format!("{}{path}{mark}access_token={}", self.sim.url(), self.token(appid).await);
        let body = format!(
            "--x\r\nContent-Disposition: form-data; name=\"media\"; filename=\"{filename}\"\r\n\
             Content-Type: image/png\r\n\r\nbytes\r\n--x--\r\n"
        );
        let form = "multipart/form-data; boundary=x";
        let sent = self.http.post(url).header("content-type", form).body(body).send().await;
        serde_json::from_str(&sent.unwrap().text().await.unwrap()).unwrap()
    }
    pub(crate) async fn advance(&self, ms: i64) {
        self.post("/control/clock", json!({ "advance_ms": ms })).await;
    }
    /// The first thing of a kind that the platform heard.
    pub(crate) async fn hears<T>(&self, mut pick: impl FnMut(&What) -> Option<T>) -> T {
        for _ in 0..200 {
            if let Some(found) = self.platform.heard().iter().find_map(|h| pick(&h.what)) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the platform has not heard of it");
    }
    pub(crate) fn openid(&self, appid: &str) -> String {
        simulator::openid_of(appid, UID)
    }
}

pub(crate) fn accounts(platform: &str) -> Vec<AccountConfig> {
    let base = |appid: &str| AccountConfig {
        appid: appid.into(),
        secret: format!("secret of {appid}"),
        encoding_aes_key: KEY.into(),
        ..AccountConfig::default()
    };
    vec![
        AccountConfig {
            name: "青禾农商银行".into(),
            original_id: "gh_0000000000a1".into(),
            alias: "qinghe".into(),
            token: "tokenA".into(),
            callback_url: format!("{platform}/wx/secure"),
            templates: vec![TemplateConfig {
                template_id: "T1".into(),
                title: "账户变动提醒".into(),
                content:
                    "{{first.DATA}}\n时间：{{time1.DATA}}\n金额：{{amount2.DATA}}\n{{remark.DATA}}"
                        .into(),
            }],
            ..base(APPID)
        },
        AccountConfig {
            name: "青禾乡音".into(),
            original_id: "gh_0000000000b2".into(),
            token: "tokenB".into(),
            kind: AccountKind::Subscription,
            verified: false,
            callback_url: format!("{platform}/wx/sub"),
            ..base(SUBSCRIPTION)
        },
        AccountConfig {
            name: "白露村镇银行".into(),
            original_id: "gh_0000000000c3".into(),
            token: "tokenC".into(),
            by: simulator::By::Component,
            ..base(BY_PLATFORM)
        },
    ]
}

pub(crate) fn component(platform: &str) -> ComponentConfig {
    ComponentConfig {
        appid: COMPONENT.into(),
        secret: "platform secret".into(),
        token: "tokenF".into(),
        encoding_aes_key: OTHER_KEY.into(),
        event_url: format!("{platform}/component/events"),
        message_url: format!("{platform}/component/$APPID$/message"),
        ..ComponentConfig::default()
    }
}

/// The code of an answer; 0 when there is none.
pub(crate) fn code(answer: &Value) -> i64 {
    answer["errcode"].as_i64().unwrap_or(0)
}
