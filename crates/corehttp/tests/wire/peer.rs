//! A server that can be told to misbehave, and signatures as the guide describes them.

use base::{Clock, Random, Secret, TenantId, Time};
use corebank::{CoreError, Ctx, UnknownCause};
use corehttp::{HttpCore, Key, Keys, Peer};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sm3::{Digest, Sm3};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub(crate) const SECRET: [u8; 32] = [7; 32];
pub(crate) const KEY: &str = "bank-1";

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
pub(crate) fn sm3(body: &[u8]) -> String {
    hex(&Sm3::digest(body))
}
pub(crate) fn mac(secret: &[u8], text: &str) -> String {
    let mac = <Hmac<Sm3> as KeyInit>::new_from_slice(secret).unwrap();
    format!("hmac-sm3={}", hex(&mac.chain_update(text.as_bytes()).finalize().into_bytes()))
}
pub(crate) fn keys() -> Keys {
    Keys::new(vec![Key::hmac(KEY, Secret::new(SECRET.to_vec())).unwrap()]).unwrap()
}

/// 10:00 on 2026-11-23 in China.
pub(crate) fn morning() -> Time {
    Time::of_ms(1_795_399_200_000)
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What the server does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Answers as it should.
    Tell(Value),
    /// Answers with this text, signed; a text that is no JSON too.
    Text(&'static str, Vec<u8>),
    /// Answers with a signature made over something else than what is sent.
    Signed(Value, Forgery),
    /// Another status, without a body.
    Status(u16),
    /// The first half of what should be told, then the end.
    Half(Value),
    /// The end, when the request was read.
    Close,
    /// Nothing, for ever.
    Silence,
}

/// How a signature is wrong.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Forgery {
    None,
    OtherSecret,
    OtherNonce,
    OtherPath,
    OtherStatus,
    OtherKeyId,
    /// Right, but a byte of the body was changed after it.
    BodyChanged,
    /// The request's own signature sent back.
    Mirrored,
}

pub(crate) const FORGERIES: [Forgery; 8] = [
    Forgery::None,
    Forgery::OtherSecret,
    Forgery::OtherNonce,
    Forgery::OtherPath,
    Forgery::OtherStatus,
    Forgery::OtherKeyId,
    Forgery::BodyChanged,
    Forgery::Mirrored,
];

fn answer_text(status: u16, path: &str, key: &str, nonce: &str, body: &[u8]) -> String {
    format!("WEIYIN1-ANSWER\n{status}\n{path}\n{key}\n{nonce}\n{}", sm3(body))
}

fn signature(asked: &Asked, body: &[u8], forgery: Option<Forgery>) -> String {
    let (nonce, path) = (asked.header("weiyin-nonce"), asked.path.as_str());
    let right = answer_text(200, path, KEY, nonce, body);
    match forgery {
        None | Some(Forgery::BodyChanged) => mac(&SECRET, &right),
        Some(Forgery::None) => String::new(),
        Some(Forgery::OtherSecret) => mac(&[8; 32], &right),
        Some(Forgery::OtherNonce) => {
            mac(&SECRET, &answer_text(200, path, KEY, &"0".repeat(32), body))
        }
        Some(Forgery::OtherPath) => mac(&SECRET, &answer_text(200, "/v1/hold", KEY, nonce, body)),
        Some(Forgery::OtherStatus) => mac(&SECRET, &answer_text(500, path, KEY, nonce, body)),
        Some(Forgery::OtherKeyId) => mac(&SECRET, &answer_text(200, path, "bank-2", nonce, body)),
        Some(Forgery::Mirrored) => asked.header("weiyin-signature").to_owned(),
    }
}

/// Reads one request whole.
async fn read(stream: &mut TcpStream) -> Asked {
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut lines = head.lines();
            let path = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
            let pairs = lines.filter_map(|l| l.split_once(": "));
            let headers: BTreeMap<String, String> =
                pairs.map(|(n, v)| (n.to_lowercase(), v.to_owned())).collect();
            let length: usize = headers["content-length"].parse().unwrap();
            if body.len() >= length {
                return Asked { path, headers, body: body.as_bytes().to_vec() };
            }
        }
        let n = stream.read(&mut part).await.unwrap();
        assert!(n > 0, "the caller went away in the middle of its request");
        bytes.extend_from_slice(&part[..n]);
    }
}

async fn write(stream: &mut TcpStream, kind: &str, sign: &str, body: &[u8], sent: usize) {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nweiyin-signature: {sign}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(&body[..sent]).await;
}

async fn act(mut stream: TcpStream, asked: &Asked, act: Act) {
    const JSON: &str = "application/json";
    match act {
        Act::Tell(told) => {
            let body = told.to_string().into_bytes();
            write(&mut stream, JSON, &signature(asked, &body, None), &body, body.len()).await;
        }
        Act::Text(kind, body) => {
            write(&mut stream, kind, &signature(asked, &body, None), &body, body.len()).await;
        }
        Act::Signed(told, forgery) => {
            let mut body = told.to_string().into_bytes();
            let sign = signature(asked, &body, Some(forgery));
            if matches!(forgery, Forgery::BodyChanged) {
                let digit = body.iter().rposition(u8::is_ascii_digit).unwrap();
                body[digit] = if body[digit] == b'1' { b'2' } else { b'1' };
            }
            write(&mut stream, JSON, &sign, &body, body.len()).await;
        }
        Act::Half(told) => {
            let body = told.to_string().into_bytes();
            let sign = signature(asked, &body, None);
            write(&mut stream, JSON, &sign, &body, body.len() / 2).await;
        }
        Act::Status(status) => {
            let location = "location: /v1/health\r\n";
            let head = format!(
                "HTTP/1.1 {status} X\r\n{location}content-length: 0\r\nconnection: close\r\n\r\n"
            );
            let _ = stream.write_all(head.as_bytes()).await;
        }
        Act::Close => {}
        Act::Silence => std::future::pending().await,
    }
}

/// What came into the contract after its first version.
const SINCE: [&str; 9] = [
    "controls",
    "credit_lines",
    "card_plans",
    "card_settings",
    "aliases",
    "cash",
    "gifts",
    "rewards",
    "wealth",
];

/// What a core that can do everything says of itself.
fn able() -> Value {
    let yes = [
        "holds",
        "query_by_request_id",
        "fence",
        "reverse_by_request_id",
        "reverse_same_day_only",
        "recon_file",
        "holds_end",
        "party_tries",
        "name_check",
        "pin_block",
        "card_state",
        "controls",
        "interbank",
        "loans",
        "credit_lines",
        "term_deposits",
        "account_facts",
        "credit_cards",
        "card_plans",
        "card_settings",
        "payouts",
        "social_security",
        "money",
        "aliases",
        "cash",
        "gifts",
        "rewards",
        "wealth",
    ];
    let mut can: serde_json::Map<String, Value> =
        yes.iter().map(|name| ((*name).to_owned(), json!(true))).collect();
    can.insert("events".into(), json!("poll"));
    can.insert("clock_skew_max_ms".into(), json!(1_000));
    can.insert("lag_max_ms".into(), json!(20_000));
    json!({ "done": { "can": can, "bills": true } })
}

/// A server that answers `capabilities` and does `act` with everything else.
pub(crate) struct Server {
    pub(crate) core: HttpCore,
    pub(crate) clock: Clock,
    came: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn that(does: Act) -> Self {
        Self::that_is(able(), does).await
    }

    /// The same of a core that was built before the contract grew, and says nothing of what came since.
    pub(crate) async fn older(does: Act) -> Self {
        let mut able = able();
        let can = able["done"]["can"].as_object_mut().unwrap();
        can.retain(|name, _| !SINCE.contains(&name.as_str()));
        Self::that_is(able, does).await
    }

    #[expect(clippy::disallowed_methods, reason = "it lives as long as the test's runtime")]
    async fn that_is(able: Value, does: Act) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let came = Arc::new(Mutex::new(Vec::new()));
        let heard = came.clone();
        let task = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let asked = read(&mut stream).await;
                if asked.path == "/v1/capabilities" {
                    act(stream, &asked, Act::Tell(able.clone())).await;
                    continue;
                }
                heard.lock().unwrap().push(asked.clone());
                act(stream, &asked, does.clone()).await;
            }
        });
        let clock = Clock::manual(morning());
        let peer = Peer { url, keys: keys() };
        let ctx = Ctx::new(TenantId::of(2), morning().plus_ms(10_000), "test");
        let core = HttpCore::meet(peer, clock.clone(), Random::seeded(1), &ctx).await.unwrap();
        Self { core, clock, came, task }
    }

    /// What came besides `capabilities`.
    pub(crate) fn came(&self) -> Vec<Asked> {
        self.came.lock().unwrap().clone()
    }

    /// Nobody listens any more.
    pub(crate) async fn gone(&mut self) {
        self.task.abort();
        assert!((&mut self.task).await.unwrap_err().is_cancelled());
    }

    pub(crate) fn ctx(&self) -> Ctx {
        Ctx::new(TenantId::of(2), self.clock.now().plus_ms(10_000), "test")
    }
}

pub(crate) fn unknown<T>(cause: UnknownCause) -> Result<T, CoreError> {
    Err(CoreError::Unknown(cause))
}
pub(crate) fn mismatch<T>(field: &'static str) -> Result<T, CoreError> {
    unknown(UnknownCause::IntegrityMismatch { field })
}
