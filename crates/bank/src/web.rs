//! Errors, headers and small HTTP words shared by every feature's handlers.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{Error, Refusal};
use serde::de::DeserializeOwned;
use serde_json::json;

/// What a customer reads when something broke on our side.
pub const BUSY_WORDS: &str = "系统繁忙，请稍后再试";
/// What was sent is not what the call takes: the page is old, or not ours.
const NOT_OURS: Refusal = Refusal::invalid("input.shape", "页面版本旧了，请关掉重新打开");
/// More than the call takes.
const TOO_LARGE: Refusal = Refusal::invalid("input.size", "内容太大了，请换小一点的");

/// An [`Error`] on its way out: a refusal with its status and words, a fault as 500 with a trace number.
#[derive(Debug)]
pub struct Problem {
    error: Error,
    extra: serde_json::Map<String, serde_json::Value>,
}

impl Problem {
    /// Adds a machine-readable fact beside the words (`left`, `retry_after_s`, `bank`).
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<serde_json::Value>) -> Self {
        self.extra.insert(key.to_owned(), value.into());
        self
    }
}

impl<E: Into<Error>> From<E> for Problem {
    fn from(e: E) -> Self {
        Self { error: e.into(), extra: serde_json::Map::new() }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let trace = base::Random::system().hex(6);
        let (status, code, words) = match &self.error {
            Error::Refused(Refusal { kind, code, words, .. }) => {
                metrics::counter!("weiyin_refusals_total", "code" => *code).increment(1);
                (kind.status(), *code, words.clone())
            }
            Error::Fault(fault) => {
                tracing::error!(%trace, fault = ?fault, "request failed");
                metrics::counter!("weiyin_faults_total").increment(1);
                (500, "fault", BUSY_WORDS.into())
            }
        };
        let mut body = json!({ "code": code, "words": words, "trace": trace });
        if let Some(object) = body.as_object_mut() {
            object.extend(self.extra);
        }
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
    }
}

/// A JSON body. What does not fit is refused in our words; the parser's own would repeat what was typed.
#[derive(Debug)]
pub struct Sent<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let read = Json::<T>::from_request(request, state).await;
        read.map(|Json(body)| Self(body)).map_err(|e| match e.status() {
            StatusCode::PAYLOAD_TOO_LARGE => TOO_LARGE.into(),
            _ => NOT_OURS.into(),
        })
    }
}

/// A query string, refused like a body.
#[derive(Debug)]
pub struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let read = Query::<T>::from_request_parts(parts, state).await;
        read.map(|Query(query)| Self(query)).map_err(|_| NOT_OURS.into())
    }
}

/// Text as it may stand in HTML.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// One cookie's value by exact name.
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(n, _)| *n == name)
        .map(|(_, v)| v)
}

/// JSON of a success, never cached.
pub fn json<T: serde::Serialize>(value: &T) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(value)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_no_markup() {
        assert_eq!(escape("<b>'\"&"), "&lt;b&gt;&#39;&quot;&amp;");
    }

    #[test]
    fn a_cookie_is_found_by_its_exact_name() {
        let mut h = HeaderMap::new();
        h.insert(header::COOKIE, "sid-a=1; sid-ab=2".parse().unwrap());
        assert_eq!(cookie(&h, "sid-ab"), Some("2"));
        assert_eq!(cookie(&h, "sid-a"), Some("1"));
        assert_eq!(cookie(&h, "sid"), None);
    }
}
