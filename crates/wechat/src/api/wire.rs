//! One request out, one answer in: addresses, bytes, and what each kind of breakage proves.
//!
//! Section 6 of the protocol: business errors come with HTTP 200, bodies are raw UTF-8 JSON (never `\uXXXX`, never
//! HTML-escaped), content types of answers mean nothing, numbers and strings mix. Not for: tokens and what calls mean.

use super::error::{ApiError, CallError, CallResult, Cause};
use bytes::{Bytes, BytesMut};
use reqwest::{Method, RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::error::Error as _;

/// A JSON answer is at most this large (10 000 openids are about 0.4 MB).
const JSON_ANSWER_MAX_BYTES: usize = 8 << 20;

/// An answer as it came: media calls look at it themselves.
pub(crate) struct Answer {
    pub(crate) content_type: String,
    pub(crate) body: Bytes,
}

/// `base + path + ?query`, percent-encoded so that nothing in a value can end it early.
pub(crate) fn address(base: &str, path: &str, query: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(base.len() + path.len() + 64);
    out.push_str(base.trim_end_matches('/'));
    out.push_str(path);
    for (i, (name, value)) in query.iter().enumerate() {
        out.push(if i == 0 { '?' } else { '&' });
        out.push_str(name);
        out.push('=');
        encode_into(value, &mut out);
    }
    out
}

fn encode_into(value: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for &b in value.as_bytes() {
        if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
            out.push(char::from(b));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(b >> 4)]));
            out.push(char::from(HEX[usize::from(b & 15)]));
        }
    }
}

pub(crate) fn get(http: &reqwest::Client, url: &str) -> RequestBuilder {
    http.request(Method::GET, url)
}

/// A POST of raw UTF-8 JSON.
pub(crate) fn post(
    http: &reqwest::Client,
    url: &str,
    body: &impl Serialize,
) -> CallResult<RequestBuilder> {
    let bytes = serde_json::to_vec(body).map_err(|e| CallError::invalid(e.to_string()))?;
    Ok(http
        .request(Method::POST, url)
        .header(reqwest::header::CONTENT_TYPE, "application/json; charset=utf-8")
        .body(bytes))
}

/// Sends and reads a JSON answer whose `errcode` is absent or 0.
pub(crate) async fn json<T: DeserializeOwned>(request: RequestBuilder) -> CallResult<T> {
    let answer = send(request, JSON_ANSWER_MAX_BYTES).await?;
    let value = parse(&answer.body)?;
    if let Some(error) = error_in(&value) {
        return Err(CallError::Api(error));
    }
    // The message of a serde error can quote a value of the answer, and an answer can be a token: say the place only.
    serde_json::from_value(value).map_err(|e| {
        let what = if e.is_data() { "a field is missing or of another type" } else { "unreadable" };
        CallError::Unknown(Cause::Shape(format!("{what} ({})", std::any::type_name::<T>())))
    })
}

/// Sends and reads the whole answer, at most `max` bytes.
pub(crate) async fn send(request: RequestBuilder, max: usize) -> CallResult<Answer> {
    let response = request.send().await.map_err(|e| sending(&e))?;
    let status = response.status().as_u16();
    if !(200..300).contains(&status) {
        return Err(CallError::Unknown(Cause::Status(status)));
    }
    let content_type = response
        .headers()
        .get(reqwest::header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    Ok(Answer { content_type, body: whole(response, max).await? })
}

async fn whole(mut response: Response, max: usize) -> CallResult<Bytes> {
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= max => body.extend_from_slice(&chunk),
            Ok(Some(_)) => return Err(CallError::Unknown(Cause::TooLarge(max))),
            Ok(None) => return Ok(body.freeze()),
            Err(e) if e.is_timeout() => return Err(CallError::Unknown(Cause::Timeout)),
            Err(_) => return Err(CallError::Unknown(Cause::Truncated)),
        }
    }
}

/// What an error before the answer's headers proves. Only a request that was never built, or a connection that was never
/// made, proves that nothing was sent; a time limit that ran out proves nothing.
fn sending(e: &reqwest::Error) -> CallError {
    if e.is_builder() {
        CallError::invalid(root(e))
    } else if e.is_connect() {
        CallError::NotSent(Cause::Connect(root(e)))
    } else if e.is_timeout() {
        CallError::Unknown(Cause::Timeout)
    } else {
        CallError::Unknown(Cause::Broken(root(e)))
    }
}

/// The innermost reason; the outer layers' words hold the address, and with it the token.
fn root(e: &reqwest::Error) -> String {
    let mut inner: Option<&dyn std::error::Error> = e.source();
    while let Some(next) = inner.and_then(std::error::Error::source) {
        inner = Some(next);
    }
    inner.map_or_else(|| String::from("request failed"), ToString::to_string)
}

/// JSON, also when a nickname brought raw control characters or broken UTF-8 along.
pub(crate) fn parse(body: &[u8]) -> CallResult<Value> {
    if let Ok(value) = serde_json::from_slice(body) {
        return Ok(value);
    }
    let text: String = String::from_utf8_lossy(body)
        .chars()
        .map(|c| if c.is_control() && !c.is_whitespace() { ' ' } else { c })
        .collect();
    serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|e| {
        if e.is_eof() && !body.is_empty() && matches!(body[0], b'{' | b'[') {
            return CallError::Unknown(Cause::Truncated);
        }
        CallError::Unknown(Cause::NotJson(format!("{} bytes", body.len())))
    })
}

/// The error in an answer: `errcode` present and not 0, as a number or as digits.
pub(crate) fn error_in(value: &Value) -> Option<ApiError> {
    let code = value.get("errcode")?;
    let code = code.as_i64().or_else(|| code.as_str()?.trim().parse().ok()).unwrap_or(0);
    let message = value.get("errmsg").and_then(Value::as_str).unwrap_or_default();
    (code != 0).then(|| ApiError::new(code, message))
}

/// Numbers that may come as text, and text that may come as numbers (section 6).
pub(crate) mod lenient {
    use serde::{Deserialize, Deserializer};
    use serde_json::Value;

    pub(crate) fn number<'de, D: Deserializer<'de>>(d: D) -> Result<i64, D::Error> {
        let value = Value::deserialize(d)?;
        value
            .as_i64()
            .or_else(|| value.as_str()?.trim().parse().ok())
            .or_else(|| value.as_bool().map(i64::from))
            .ok_or_else(|| serde::de::Error::custom("not a number"))
    }

    pub(crate) fn flag<'de, D: Deserializer<'de>>(d: D) -> Result<bool, D::Error> {
        number(d).map(|n| n != 0)
    }

    pub(crate) fn text<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
        match Value::deserialize(d)? {
            Value::String(s) => Ok(s),
            Value::Number(n) => Ok(n.to_string()),
            Value::Null => Ok(String::new()),
            _ => Err(serde::de::Error::custom("neither text nor number")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_in_an_address_cannot_end_it() {
        assert_eq!(
            address("http://h/", "/p", &[("a", "x&b=1#余"), ("c", "")]),
            "http://h/p?a=x%26b%3D1%23%E4%BD%99&c="
        );
    }

    #[test]
    fn control_characters_in_a_nickname_do_not_spoil_an_answer() {
        let value = parse(b"{\"nickname\":\"a\x02b\xff\"}").unwrap();
        assert_eq!(value["nickname"], "a b\u{fffd}");
    }

    #[test]
    fn half_an_answer_is_truncated_and_a_page_is_not_json() {
        assert_eq!(parse(b"{\"errcode\":").unwrap_err(), CallError::Unknown(Cause::Truncated));
        assert!(matches!(parse(b"<html>").unwrap_err(), CallError::Unknown(Cause::NotJson(_))));
        assert!(matches!(parse(b"").unwrap_err(), CallError::Unknown(Cause::NotJson(_))));
    }

    #[test]
    fn errcode_counts_as_number_or_digits_and_zero_is_success() {
        assert!(error_in(&serde_json::json!({"errcode": 0, "errmsg": "ok"})).is_none());
        assert!(error_in(&serde_json::json!({"ip_list": []})).is_none());
        assert_eq!(error_in(&serde_json::json!({"errcode": "40001"})).unwrap().code, 40001);
    }
}
