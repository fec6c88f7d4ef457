//! Pushes over the wire: what the core's side sends reaches the door whole, under either kind of key and while keys change,
//! and nothing that was signed for something else is taken for a push.

use crate::guide::block;
use crate::peer::{KEY, SECRET, mac, morning, sm3};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base::{Clock, Random, Secret, TenantId};
use corebank::feed::{Event, Happened};
use corebank::{AccountRef, CoreError, Reject};
use corehttp::{Key, Keys, Peer, Push, Pusher, Pushes, Stand};
use std::sync::Arc;
use tokio::net::TcpListener;

const MUTATIONS: usize = 2_000;
const TENANT: TenantId = TenantId::of(2);

fn hmac(id: &str, secret: [u8; 32]) -> Key {
    Key::hmac(id, Secret::new(secret.to_vec())).unwrap()
}

fn sm2(id: &str, own: u8, other: u8) -> Key {
    let secret = sm2::SecretKey::from_slice(&[other; 32]).unwrap();
    Key::sm2(id, &Secret::new(vec![own; 32]), &secret.public_key().to_sec1_bytes()).unwrap()
}

fn event(seq: i64) -> Event {
    Event { seq, account: AccountRef::new("100100000101"), at: morning(), what: Happened::Hold }
}

/// Says of a page what it can without keeping it: the highest number in it.
async fn hear(State(pushes): State<Arc<Pushes>>, request: Request) -> Response {
    match pushes.hear(request).await {
        Ok(Push { tenant, events, asked }) => {
            assert_eq!(tenant, TENANT);
            let last = |page: Vec<Event>| page.iter().map(|e| e.seq).max().unwrap_or(0);
            let told = events.map(|page| Stand { last: last(page), has_gap: false });
            pushes.answer(&asked, &told)
        }
        Err(no) => no.into_response(),
    }
}

#[expect(clippy::disallowed_methods, reason = "it lives as long as the test's runtime")]
async fn door(keys: Vec<Key>) -> String {
    let pushes = Arc::new(Pushes::new(Keys::new(keys).unwrap(), Clock::manual(morning())));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/core", listener.local_addr().unwrap());
    let router = Router::new().route("/core/v1/push", post(hear)).with_state(pushes);
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

fn pusher(url: &str, key: Key, seed: u64) -> Pusher {
    let peer = Peer { url: url.to_owned(), keys: Keys::new(vec![key]).unwrap() };
    Pusher::new(peer, Clock::manual(morning()), Random::seeded(seed)).unwrap()
}

#[tokio::test]
async fn a_push_is_believed_under_either_kind_of_key_and_while_keys_change() {
    let url = door(vec![sm2("new", 1, 2), hmac("old", SECRET)]).await;
    let told = Ok(Stand { last: 5, has_gap: false });
    for (n, key) in (1..).zip([sm2("new", 2, 1), hmac("old", SECRET)]) {
        assert_eq!(pusher(&url, key, n).push(TENANT, &[event(5), event(4)]).await, told);
    }
    // Of a pair each side has its own: what the bank itself would sign is not the core's.
    assert!(pusher(&url, sm2("new", 1, 2), 3).push(TENANT, &[event(5)]).await.is_err());
}

#[tokio::test]
async fn an_answer_of_someone_else_is_not_believed() {
    let url = door(vec![hmac(KEY, SECRET)]).await;
    let other = pusher(&url, hmac(KEY, [8; 32]), 1);
    assert!(matches!(other.push(TENANT, &[event(1)]).await, Err(CoreError::Unknown(_))));
    let nowhere = pusher("http://127.0.0.1:9/core", hmac(KEY, SECRET), 2);
    assert!(matches!(nowhere.push(TENANT, &[event(1)]).await, Err(CoreError::NotSent(_))));
}

/// A push as bytes: its headers in the order in which they are signed, its body, and its signature.
#[derive(Clone, PartialEq)]
struct Raw {
    head: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Raw {
    fn new(path: &str, body: &str, nonce: u32) -> Self {
        let now = morning();
        let mut head = vec![
            ("weiyin-key", KEY.to_owned()),
            ("weiyin-timestamp", now.ms().to_string()),
            ("weiyin-nonce", format!("{nonce:032x}")),
            ("weiyin-tenant", TENANT.raw().to_string()),
            ("weiyin-deadline", now.plus_ms(10_000).ms().to_string()),
            ("weiyin-operator", "system".to_owned()),
            ("weiyin-trace", "t1".to_owned()),
        ];
        let values: Vec<&str> = head.iter().map(|(_, value)| value.as_str()).collect();
        let (values, digest) = (values.join("\n"), sm3(body.as_bytes()));
        let text = format!("WEIYIN1-REQUEST\nPOST\n{path}\n{values}\n\n\n\n{digest}");
        head.push(("weiyin-signature", mac(&SECRET, &text)));
        Self { head, body: body.into() }
    }

    /// One byte of a header or of the body is another, or one of them is gone.
    fn spoilt(&self, random: &Random) -> Self {
        let mut other = self.clone();
        let [which, at, byte] = random.bytes::<3>().map(usize::from);
        let printable = u8::try_from(byte % 94).unwrap() + b'!';
        let change = |bytes: &mut Vec<u8>| {
            let at = at % bytes.len();
            bytes[at] = printable;
        };
        match which % (other.head.len() + 1) {
            n if n < other.head.len() && byte % 16 == 0 => {
                other.head.remove(n);
            }
            n if n < other.head.len() => {
                let mut bytes = other.head[n].1.clone().into_bytes();
                change(&mut bytes);
                other.head[n].1 = String::from_utf8(bytes).unwrap();
            }
            _ if byte % 16 == 0 => other.body.truncate(at % other.body.len()),
            _ => change(&mut other.body),
        }
        other
    }

    fn request(&self) -> Request {
        let mut request = axum::http::Request::post("/core/v1/push");
        for (name, value) in &self.head {
            request = request.header(*name, value);
        }
        request.body(Body::from(self.body.clone())).unwrap()
    }
}

fn known() -> Pushes {
    Pushes::new(Keys::new(vec![hmac(KEY, SECRET)]).unwrap(), Clock::manual(morning()))
}

const PAGE: &str =
    r#"{"events":[{"seq":7,"account":"1001","at":1795399200412,"what":{"kind":"hold"}}]}"#;

#[tokio::test]
async fn of_two_thousand_changed_pushes_none_is_believed() {
    let (pushes, random) = (known(), Random::seeded(26));
    let good = Raw::new("/v1/push", PAGE, 1);
    let mut tried = 0;
    while tried < MUTATIONS {
        let spoilt = good.spoilt(&random);
        if spoilt == good {
            continue;
        }
        assert!(pushes.hear(spoilt.request()).await.is_err(), "{:?}", spoilt.head);
        tried += 1;
    }
    let push = pushes.hear(good.request()).await.unwrap();
    assert_eq!(push.events.unwrap().len(), 1);
    let again = pushes.hear(good.request()).await.unwrap_err();
    assert_eq!((again.status.as_u16(), again.problem), (401, "nonce"));
}

#[tokio::test]
async fn what_weiyin_asks_a_core_is_no_push_under_the_key_they_share() {
    let pushes = known();
    let asked = Raw::new("/v1/events", PAGE, 1);
    let no = pushes.hear(asked.request()).await.unwrap_err();
    assert_eq!((no.status.as_u16(), no.problem), (401, "signature"));
}

#[tokio::test]
async fn a_body_that_is_no_page_is_refused_for_certain() {
    let pushes = known();
    let page = |event: &str| format!(r#"{{"events":[{event}]}}"#);
    let entry = |fen: i64, day: &str| {
        page(&format!(
            r#"{{"seq":1,"account":"1","at":0,"what":{{"kind":"entry","entry":{{"line":"1","core_serial":"1","core_date":"{day}","is_in":true,"amount":{{"fen":{fen}}},"label":"","counterparty":""}}}}}}"#
        ))
    };
    for (nonce, (body, field)) in (1..).zip([
        (String::new(), "body"),
        ("null".into(), "body"),
        ("{}".into(), "body"),
        (page("7"), "body"),
        (page(r#"{"seq":1,"account":"1","at":0}"#), "body"),
        (page(r#"{"seq":1,"account":"1","at":0,"what":{"kind":"dance"}}"#), "body"),
        (
            page(r#"{"seq":99999999999999999999,"account":"1","at":0,"what":{"kind":"hold"}}"#),
            "body",
        ),
        (page(r#"{"seq":0,"account":"1","at":0,"what":{"kind":"hold"}}"#), "number"),
        (
            page(r#"{"seq":-9223372036854775808,"account":"1","at":0,"what":{"kind":"hold"}}"#),
            "number",
        ),
        (entry(1, "2026-02-30"), "body"),
        (entry(-1, "2026-11-23"), "amount"),
    ]) {
        let push = pushes.hear(Raw::new("/v1/push", &body, nonce).request()).await.unwrap();
        let invalid = CoreError::from(Reject::Validation { field });
        assert_eq!(push.events, Err(invalid), "{body}");
    }
    // What is optional may be left out, and the guide's own page is one.
    for (nonce, body) in (90..).zip([entry(1, "2026-11-23"), block("push body")]) {
        let push = pushes.hear(Raw::new("/v1/push", &body, nonce).request()).await.unwrap();
        let events = push.events.unwrap();
        assert!(matches!(&events[..], [Event { what: Happened::Entry(_), .. }]), "{body}");
    }
}
