//! What the server makes of callers: only what is signed, fresh and whole reaches the core.

use crate::peer::{KEY, SECRET, keys, mac, morning, sm3};
use base::{Clock, Random, Secret, TenantId};
use corebank::sandbox::seed::Province;
use corebank::sandbox::{self, Institution, InstitutionKind, Sandbox, Settings};
use corebank::{Day, Flaky, PinKey};
use corehttp::{Mock, REQUEST_BYTES_MAX, WINDOW_MS};
use db::Options;
use db::testing::{TestDb, databases_with};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::net::TcpListener;

/// A sandbox of one institution behind the server, which counts what reaches it.
struct Room {
    core: Flaky<Sandbox>,
    clock: Clock,
    url: String,
    http: reqwest::Client,
    _db: TestDb,
}

/// The institution that these requests are about, with nobody in it.
fn one_bank() -> Province {
    let bank = Institution {
        tenant: TenantId::of(2),
        legal_no: "1001".into(),
        name: "陵溪农商行".into(),
        kind: InstitutionKind::CommercialBank,
        county: "陵溪县".into(),
        towns: vec!["东关镇".into()],
    };
    Province { seed: 7, today: Day::at(morning()), institutions: vec![bank], customers: 0 }
}

#[expect(clippy::disallowed_methods, reason = "it lives as long as the test's runtime")]
async fn rooms() -> Vec<Room> {
    let open = |url: &str| {
        let mut options = Options::new(url, Clock::manual(morning()));
        options.migrations = sandbox::migrations();
        options.random = Random::seeded(1);
        options
    };
    let mut rooms = Vec::new();
    for db in databases_with(open).await {
        let clock = db.clock().clone();
        let settings = Settings::new(Secret::new([5; 32]), PinKey::new("pin-1", [9; 16]));
        let sandbox = Sandbox::over((*db).clone(), settings).await.unwrap();
        sandbox.seed(&one_bank()).await.unwrap();
        let core = Flaky::new(sandbox, clock.clone(), Random::seeded(2));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mock = Mock::new(Arc::new(core.clone()), keys(), clock.clone());
        tokio::spawn(mock.serve(listener));
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        rooms.push(Room { core, clock, url, http, _db: db });
    }
    rooms
}

/// A request that can be spoilt before it is sent.
#[derive(Clone)]
struct Sent {
    path: String,
    head: Vec<(&'static str, String)>,
    body: Vec<u8>,
    signature: Option<String>,
}

impl Sent {
    /// A question after the core's health, all as it should be.
    fn new(room: &Room, nonce: u8) -> Self {
        let now = room.clock.now();
        Self {
            path: "/v1/health".into(),
            head: vec![
                ("weiyin-key", KEY.into()),
                ("weiyin-timestamp", now.ms().to_string()),
                ("weiyin-nonce", format!("{nonce:032x}")),
                ("weiyin-tenant", "2".into()),
                ("weiyin-deadline", now.plus_ms(10_000).ms().to_string()),
                ("weiyin-operator", "customer".into()),
                ("weiyin-trace", "t1".into()),
                ("weiyin-request-id", String::new()),
                ("weiyin-channel-serial", String::new()),
                ("weiyin-channel-date", String::new()),
            ],
            body: b"{}".to_vec(),
            signature: None,
        }
        .signed()
    }
    fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.head.iter_mut().find(|(n, _)| *n == name).unwrap().1 = value.into();
        self
    }
    fn signed(mut self) -> Self {
        let values: Vec<&str> = self.head.iter().map(|(_, v)| v.as_str()).collect();
        let text = format!(
            "WEIYIN1-REQUEST\nPOST\n{}\n{}\n{}",
            self.path,
            values.join("\n"),
            sm3(&self.body)
        );
        self.signature = Some(mac(&SECRET, &text));
        self
    }
    async fn go(self, room: &Room) -> (u16, HeaderMap, Vec<u8>) {
        let mut request = room.http.post(format!("{}{}", room.url, self.path));
        for (name, value) in self.head.into_iter().filter(|(_, v)| !v.is_empty()) {
            request = request.header(name, value);
        }
        if let Some(signature) = self.signature {
            request = request.header("weiyin-signature", signature);
        }
        let answer = request.body(self.body).send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        (status, headers, answer.bytes().await.unwrap().to_vec())
    }
}

fn problem(body: &[u8]) -> String {
    let told: Value = serde_json::from_slice(body).unwrap();
    told["problem"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_signed_and_fresh_is_answered_and_the_answer_is_signed_for_it() {
    for room in rooms().await {
        let (status, headers, body) = Sent::new(&room, 1).go(&room).await;
        assert_eq!(status, 200);
        let text = format!("WEIYIN1-ANSWER\n200\n/v1/health\n{KEY}\n{:032x}\n{}", 1, sm3(&body));
        assert_eq!(headers["weiyin-signature"].to_str().unwrap(), mac(&SECRET, &text));
        let told: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(told["done"]["core_date"], json!("2026-11-23"));
        assert_eq!(room.core.calls(), 1);
    }
}

#[tokio::test]
async fn what_is_not_believed_never_reaches_the_core() {
    for room in rooms().await {
        let good = |nonce| Sent::new(&room, nonce);
        let now = room.clock.now();
        let at = |ms: i64| now.plus_ms(ms).ms().to_string();
        let other_body = Sent { body: b"{ }".to_vec(), ..good(9) };
        let other_path = Sent { path: "/v1/capabilities".into(), ..good(10) };
        let unsigned = Sent { signature: None, ..good(11) };
        let large = Sent { body: vec![b' '; REQUEST_BYTES_MAX + 1], ..good(12) }.signed();
        for (sent, status, word) in [
            (good(1).set("weiyin-tenant", "3"), 401, "signature"),
            (good(2).set("weiyin-request-id", "WX1-1P"), 401, "signature"),
            (good(3).set("weiyin-operator", "system"), 401, "signature"),
            (good(4).set("weiyin-deadline", at(60_000)), 401, "signature"),
            (good(5).set("weiyin-nonce", format!("{:032x}", 99)), 401, "signature"),
            (good(6).set("weiyin-key", "bank-9").signed(), 401, "key"),
            (good(7).set("weiyin-timestamp", at(-WINDOW_MS - 1)).signed(), 401, "timestamp"),
            (good(8).set("weiyin-timestamp", at(WINDOW_MS + 1)).signed(), 401, "timestamp"),
            (other_body, 401, "signature"),
            (other_path, 401, "signature"),
            (unsigned, 401, "signature"),
            (large, 413, "size"),
            (good(13).set("weiyin-trace", "").signed(), 400, "headers"),
            (good(14).set("weiyin-nonce", "00").signed(), 400, "headers"),
        ] {
            let (got, headers, body) = sent.go(&room).await;
            assert_eq!((got, problem(&body).as_str()), (status, word));
            assert!(!headers.contains_key("weiyin-signature"), "{word}");
        }
        let got = room.http.get(format!("{}/v1/health", room.url)).send().await.unwrap();
        assert_eq!(got.status().as_u16(), 405);
        assert_eq!(room.core.calls(), 0);
    }
}

#[tokio::test]
async fn the_same_request_is_believed_once() {
    for room in rooms().await {
        let sent = Sent::new(&room, 1);
        assert_eq!(sent.clone().go(&room).await.0, 200);
        room.clock.advance_ms(WINDOW_MS);
        let (status, _, body) = sent.clone().go(&room).await;
        assert_eq!((status, problem(&body).as_str()), (401, "nonce"));
        // Past the window its time gives it away instead.
        room.clock.advance_ms(1);
        let (status, _, body) = sent.go(&room).await;
        assert_eq!((status, problem(&body).as_str()), (401, "timestamp"));
        assert_eq!(room.core.calls(), 1);
    }
}

#[tokio::test]
async fn what_is_believed_but_makes_no_sense_is_refused_for_certain() {
    for room in rooms().await {
        let refused = async |sent: Sent| {
            let (status, headers, body) = sent.signed().go(&room).await;
            assert_eq!(status, 200);
            assert!(headers.contains_key("weiyin-signature"));
            let told: Value = serde_json::from_slice(&body).unwrap();
            told["refused"].clone()
        };
        let unknown = Sent { path: "/v1/dance".into(), ..Sent::new(&room, 1) };
        assert_eq!(refused(unknown).await, json!({ "code": "unsupported" }));
        let elsewhere = Sent { path: "/health".into(), ..Sent::new(&room, 2) };
        assert_eq!(refused(elsewhere).await, json!({ "code": "unsupported" }));
        // What a core tells Weiyin is nothing a core is asked.
        let pushed = Sent { path: "/v1/push".into(), ..Sent::new(&room, 22) };
        assert_eq!(refused(pushed).await, json!({ "code": "unsupported" }));
        for (n, body) in ["", "null", "{}", r#"{"account":7}"#].into_iter().enumerate() {
            let nonce = u8::try_from(n).unwrap() + 3;
            let path = "/v1/balance".into();
            let sent = Sent { path, body: body.into(), ..Sent::new(&room, nonce) };
            assert_eq!(
                refused(sent).await,
                json!({ "code": "validation", "field": "body" }),
                "{body}"
            );
        }
        let no_one = Sent::new(&room, 20).set("weiyin-operator", "robot");
        assert_eq!(refused(no_one).await, json!({ "code": "validation", "field": "headers" }));
        assert_eq!(room.core.calls(), 0);
        let more = Sent {
            body: br#"{"account":"1","lamp":true}"#.to_vec(),
            path: "/v1/balance".into(),
            ..Sent::new(&room, 21)
        };
        assert_eq!(refused(more).await, json!({ "code": "not_found" }));
    }
}
