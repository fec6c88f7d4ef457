//! Who is believed: a request that is signed by a known key, whose time is within [`WINDOW_MS`] of ours and whose nonce is
//! new. The reference server and the bank's door for pushed events let in by the same rules.
//!
//! Not for: what a request asks, or whether the institution it names is one.

use crate::head::{Head, NONCE_BYTES, SIGNATURE};
use crate::link::JSON_TYPE;
use crate::nonces::{Nonces, Taken};
use crate::sign::{Key, Keys, answer_text, request_text, sm3_hex, unhex};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base::{Clock, Time};

/// How far a request's time may be from ours, either way.
pub const WINDOW_MS: i64 = 300_000;
/// Bytes of a request's body, at most.
pub const REQUEST_BYTES_MAX: usize = 1 << 20;

/// Why a request is not believed: the status, and a word for the engineer on the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disbelief {
    pub status: StatusCode,
    /// `method`, `size`, `headers`, `key`, `signature`, `timestamp` or `nonce`.
    pub problem: &'static str,
}

impl IntoResponse for Disbelief {
    /// Without a signature: it is nobody's answer.
    fn into_response(self) -> Response {
        let body = serde_json::json!({ "problem": self.problem }).to_string();
        (self.status, [(CONTENT_TYPE, JSON_TYPE)], body).into_response()
    }
}

fn no(status: StatusCode, problem: &'static str) -> Disbelief {
    Disbelief { status, problem }
}

/// The keys that are known, and the nonces that came under them.
pub(crate) struct Gate {
    keys: Keys,
    clock: Clock,
    nonces: Nonces,
}

/// A request that is believed.
pub(crate) struct Believed<'a> {
    key: &'a Key,
    pub(crate) head: Head,
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
}

impl Believed<'_> {
    /// What it is answered with, signed for it.
    pub(crate) fn answer(&self, kind: &'static str, body: Vec<u8>) -> Response {
        signed(self.key, &self.path, self.head.nonce(), kind, body)
    }
    pub(crate) fn key(&self) -> &str {
        self.key.id()
    }
}

impl Gate {
    pub(crate) fn new(keys: Keys, clock: Clock) -> Self {
        Self { keys, clock, nonces: Nonces::default() }
    }

    /// `path` is the one that is signed: the contract's, without what a gateway puts before it.
    pub(crate) async fn believe(
        &self,
        request: Request,
        path: String,
        bytes_max: usize,
    ) -> Result<Believed<'_>, Disbelief> {
        let (parts, body) = request.into_parts();
        if parts.method != Method::POST {
            return Err(no(StatusCode::METHOD_NOT_ALLOWED, "method"));
        }
        let body = to_bytes(body, bytes_max).await;
        let body = body.map_err(|_| no(StatusCode::PAYLOAD_TOO_LARGE, "size"))?.to_vec();
        let find = |name: &str| once(&parts.headers, name);
        let head = Head::read(find).map_err(|_| no(StatusCode::BAD_REQUEST, "headers"))?;
        let key = self.keys.named(head.key()).ok_or(no(StatusCode::UNAUTHORIZED, "key"))?;
        let signature = find(SIGNATURE).unwrap_or_default();
        if !key.is_signed(&request_text(&path, &head.values(), &sm3_hex(&body)), &signature) {
            return Err(no(StatusCode::UNAUTHORIZED, "signature"));
        }
        self.is_fresh(&head)?;
        Ok(Believed { key, head, path, body })
    }

    /// Only what is signed comes here, so that nobody else fills the memory of nonces.
    fn is_fresh(&self, head: &Head) -> Result<(), Disbelief> {
        let unread = |_| no(StatusCode::BAD_REQUEST, "headers");
        let now: Time = self.clock.now();
        let sent = head.timestamp().map_err(unread)?;
        if sent.ms().abs_diff(now.ms()) > WINDOW_MS.unsigned_abs() {
            return Err(no(StatusCode::UNAUTHORIZED, "timestamp"));
        }
        if unhex(head.nonce()).is_none_or(|bytes| bytes.len() != NONCE_BYTES) {
            return Err(no(StatusCode::BAD_REQUEST, "headers"));
        }
        match self.nonces.take(head.key(), head.nonce(), now) {
            Taken::Fresh => Ok(()),
            Taken::Known => Err(no(StatusCode::UNAUTHORIZED, "nonce")),
            Taken::Full => Err(no(StatusCode::SERVICE_UNAVAILABLE, "nonce")),
        }
    }

    /// An answer to what was asked under this key and nonce.
    pub(crate) fn answer(&self, key: &str, path: &str, nonce: &str, body: Vec<u8>) -> Response {
        match self.keys.named(key) {
            Some(key) => signed(key, path, nonce, JSON_TYPE, body),
            None => no(StatusCode::UNAUTHORIZED, "key").into_response(),
        }
    }
}

fn signed(key: &Key, path: &str, nonce: &str, kind: &'static str, body: Vec<u8>) -> Response {
    let status = StatusCode::OK;
    let text = answer_text(status.as_u16(), path, key.id(), nonce, &sm3_hex(&body));
    let headers = [(CONTENT_TYPE.as_str(), kind.to_owned()), (SIGNATURE, key.sign(&text))];
    (status, headers, Body::from(body)).into_response()
}

/// A header that is there exactly once.
fn once(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (Some(value), None) => value.to_str().ok().map(str::to_owned),
        _ => None,
    }
}
