//! A scripted stand-in for WeChat, on loopback, for this crate's own tests.

use super::{Client, Hosts, Limits};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: HashMap<String, String>,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
    pub(crate) fn token(&self) -> &str {
        self.query.get("access_token").map_or("", String::as_str)
    }
}

pub(crate) enum Answer {
    Json(Value),
    Raw(u16, &'static str, Vec<u8>),
    Late(Duration, Value),
    /// Answers when the test says so.
    When(Arc<Notify>, Value),
}

pub(crate) fn ok() -> Answer {
    Answer::Json(json!({ "errcode": 0, "errmsg": "ok" }))
}
pub(crate) fn no(code: i64, text: &str) -> Answer {
    Answer::Json(json!({ "errcode": code, "errmsg": format!("{text} rid: 5f-6a-7b") }))
}

type Script = Arc<dyn Fn(&Seen) -> Answer + Send + Sync>;

#[derive(Clone)]
struct Shared {
    script: Script,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// Ends with its owner.
pub(crate) struct Fake {
    pub(crate) base: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    _tasks: JoinSet<()>,
}

impl Fake {
    pub(crate) async fn start(script: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let shared = Shared { script: Arc::new(script), seen: Arc::clone(&seen) };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(answer).with_state(shared);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { base, seen, _tasks: tasks }
    }

    pub(crate) fn client(&self) -> Client {
        client(&self.base)
    }
    pub(crate) fn seen(&self, path: &str) -> Vec<Seen> {
        self.seen.lock().unwrap().iter().filter(|s| s.path == path).cloned().collect()
    }
    pub(crate) fn count(&self, path: &str) -> usize {
        self.seen(path).len()
    }
    /// Waits until a path was called so often.
    pub(crate) async fn until(&self, path: &str, count: usize) {
        while self.count(path) < count {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    /// The last request to a path.
    pub(crate) fn last(&self, path: &str) -> Seen {
        self.seen(path).pop().unwrap_or_else(|| panic!("nobody called {path}"))
    }
}

/// Patient, so that a busy machine spoils no test.
pub(crate) fn client(base: &str) -> Client {
    client_within(base, Duration::from_secs(20))
}

pub(crate) fn client_within(base: &str, total: Duration) -> Client {
    let limits = Limits { connect: total / 2, total, ..Limits::default() };
    Client::build(Hosts::from(base), &limits).unwrap()
}

async fn answer(State(shared): State<Shared>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let query = reqwest::Url::parse(&format!("http://h{}", head.uri)).unwrap();
    let seen = Seen {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: query.query_pairs().into_owned().collect(),
        headers: head
            .headers
            .iter()
            .map(|(k, v)| (k.to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned()))
            .collect(),
        body: axum::body::to_bytes(body, 32 << 20).await.unwrap(),
    };
    shared.seen.lock().unwrap().push(seen.clone());
    let (status, kind, bytes) = match (shared.script)(&seen) {
        Answer::Json(value) => (200, "text/plain", value.to_string().into_bytes()),
        Answer::Raw(status, kind, bytes) => (status, kind, bytes),
        Answer::When(gate, value) => {
            gate.notified().await;
            (200, "application/json", value.to_string().into_bytes())
        }
        Answer::Late(pause, value) => {
            tokio::time::sleep(pause).await;
            (200, "application/json; encoding=utf-8", value.to_string().into_bytes())
        }
    };
    let status = StatusCode::from_u16(status).unwrap();
    (status, [(header::CONTENT_TYPE, kind)], Body::from(bytes)).into_response()
}

/// A server that answers every connection with these bytes and hangs up.
pub(crate) async fn raw_server(bytes: &'static [u8]) -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 8192];
            let _ = socket.read(&mut request).await;
            let _ = socket.write_all(bytes).await;
            let _ = socket.shutdown().await;
        }
    });
    (address, tasks)
}
