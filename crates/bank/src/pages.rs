//! The customer's page app as static files: hashed assets cached for ever, the page itself never.

use crate::app::App;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use std::sync::Arc;

#[derive(RustEmbed)]
#[folder = "../../web/customer/dist"]
struct Customer;

/// Own scripts and styles only. No other page may frame ours; the demo's phone on loopback may.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; font-src 'self' data:; object-src 'none'; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const DEMO_POLICY: &str = "default-src 'self'; img-src 'self' data:; font-src 'self' data:; object-src 'none'; \
                           base-uri 'none'; form-action 'self'; frame-ancestors http://127.0.0.1:* http://localhost:*";
const NOT_BUILT: &str = "The customer pages are not built: run make web";

/// `/h5/s/{slug}/{page}`, `/h5/problem`: the app decides by its URL.
pub async fn page(State(app): State<Arc<App>>) -> Response {
    let policy = if app.config.h5.secure_cookies { POLICY } else { DEMO_POLICY };
    let Some(file) = Customer::get("index.html") else {
        return (StatusCode::SERVICE_UNAVAILABLE, NOT_BUILT).into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, file.data.into_owned()).into_response()
}

/// `/h5/assets/…`
pub async fn asset(Path(path): Path<String>) -> Response {
    let Some(file) = Customer::get(&format!("assets/{path}")) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = file.metadata.mimetype().to_owned();
    let kind = if kind.starts_with("text/") { format!("{kind}; charset=utf-8") } else { kind };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (headers, file.data.into_owned()).into_response()
}
