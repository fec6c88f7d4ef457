//! A company that reads photos of cards, documents and bills, played: it knows the pictures it was shown before and no others.
//!
//! `POST /control/pictures` hands it a picture and what stands on it; `POST /ocr/read?kind=` answers as a real one does, down
//! to «cannot read this» for every other picture. Not for: recognising anything.

use crate::control::{Problem, Reply, done, read};
use crate::exchange::{Exchange, Kind, body_text};
use crate::push::millis;
use crate::push::wait::Begun;
use crate::running::Shared;
use crate::text;
use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::response::{IntoResponse, Response};
use base::{Error, Refusal, Stopwatch};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// Pictures kept; the oldest go.
const PICTURES_MAX: usize = 64;
/// One picture, in bytes.
const PICTURE_BYTES_MAX: usize = 2 << 20;
pub(crate) const NO_PICTURE: Refusal =
    Refusal::invalid("picture.bad", "图片要是 base64，不超过 2 MB");

/// What a picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Shows {
    BankCard,
    IdCard,
    /// A paper bill, or several.
    Bill,
    /// None of them.
    Other,
}

/// What stands on a paper bill.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bill {
    /// `electric` and the like; empty for what the reader does not know.
    #[serde(default)]
    fee: String,
    #[serde(default)]
    number: String,
    #[serde(default)]
    fen: i64,
}

/// A picture it was shown, with what stands on it.
#[derive(Debug)]
pub(crate) struct Known {
    bytes: Vec<u8>,
    shows: Shows,
    number: String,
    name: String,
    bills: Vec<Bill>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    picture: String,
    shows: Shows,
    #[serde(default)]
    number: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    bills: Vec<Bill>,
}

/// `POST /control/pictures`.
pub(crate) async fn learn(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    let Shown { picture, shows, number, name, bills } = read(&body)?;
    let bytes = STANDARD.decode(picture).ok().filter(|b| b.len() <= PICTURE_BYTES_MAX);
    let Some(bytes) = bytes.filter(|b| !b.is_empty()) else {
        return Err(Problem::from(Error::Refused(NO_PICTURE)));
    };
    shared.with(|w| {
        w.pictures.retain(|known| known.bytes != bytes);
        if w.pictures.len() >= PICTURES_MAX {
            w.pictures.remove(0);
        }
        w.pictures.push(Known { bytes, shows, number, name, bills });
    });
    done()
}

/// `POST /ocr/read?kind=bank_card|id_card|bill` with a picture as the body.
pub(crate) async fn answer(
    State(shared): State<Arc<Shared>>,
    OriginalUri(uri): OriginalUri,
    body: Bytes,
) -> Response {
    let watch = Stopwatch::start();
    let query = text::query(uri.query().unwrap_or_default());
    let wanted = match query.get("kind").map(String::as_str) {
        Some("bank_card") => Some(Shows::BankCard),
        Some("id_card") => Some(Shows::IdCard),
        Some("bill") => Some(Shows::Bill),
        _ => None,
    };
    let (is_broken, is_cut, delay) = shared.with(|w| {
        let (broken, cut) = (w.weather.vendor_5xx_percent, w.weather.vendor_truncate_percent);
        (w.throw(broken), w.throw(cut), w.weather.vendor_delay_ms)
    });
    if delay > 0 {
        Begun::now(&shared).wait(&shared, delay).await;
    }
    let told = wanted.map(|wanted| shared.with(|w| told(&w.pictures, wanted, &body)));
    let (status, mut words) = match told {
        _ if is_broken => (StatusCode::BAD_GATEWAY, String::from("bad gateway")),
        Some(told) => (StatusCode::OK, told.to_string()),
        None => (StatusCode::BAD_REQUEST, String::from("kind?")),
    };
    if is_cut {
        words = words.chars().take(words.chars().count() / 2).collect();
    }
    shared.with(|w| {
        let mut log = Exchange::new(Kind::Vendor, w.now(), "POST", uri.to_string());
        log.request_body = body_text(&body);
        (log.status, log.response_body) = (status.as_u16(), words.clone());
        log.elapsed_ms = millis(watch);
        log.outcome = String::from(if status == StatusCode::OK { "ok" } else { "error" });
        w.log(log);
    });
    (status, [(header::CONTENT_TYPE, "application/json")], words).into_response()
}

fn told(pictures: &[Known], wanted: Shows, body: &[u8]) -> Value {
    match pictures.iter().find(|known| known.bytes == body) {
        None => json!({ "unread": "unclear" }),
        Some(known) if known.shows != wanted => json!({ "unread": "other" }),
        Some(known) if wanted == Shows::Bill => json!({ "bills": known.bills }),
        Some(known) => json!({ "read": { "number": known.number, "name": known.name } }),
    }
}
