//! The customer's page app as static files: hashed assets cached for ever, the page itself never.
//!
//! What a page's policy stops is reported to us and counted (CA-07): a script of someone else's near the PIN is an alarm.

use crate::app::App;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use serde::Deserialize;
use std::sync::Arc;

#[derive(RustEmbed)]
#[folder = "../../web/customer/dist"]
struct Customer;

/// Own scripts and styles only. No other page may frame ours; the demo's phone on loopback may.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; font-src 'self' data:; object-src 'none'; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'; report-uri /h5/csp";
const DEMO_POLICY: &str = "default-src 'self'; img-src 'self' data:; font-src 'self' data:; object-src 'none'; \
                           base-uri 'none'; form-action 'self'; frame-ancestors http://127.0.0.1:* http://localhost:*; \
                           report-uri /h5/csp";
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

/// What a browser reports. Only what was stopped is looked at: the page's address holds a session's name.
#[derive(Deserialize)]
struct Report {
    #[serde(rename = "csp-report")]
    stopped: Stopped,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Stopped {
    #[serde(default)]
    effective_directive: String,
    #[serde(default)]
    violated_directive: String,
    #[serde(default)]
    blocked_uri: String,
}

/// Directives we count by name; a report may say anything.
const DIRECTIVES: [&str; 8] = [
    "script-src",
    "script-src-elem",
    "script-src-attr",
    "style-src",
    "connect-src",
    "frame-src",
    "img-src",
    "default-src",
];

/// `POST /h5/csp`: a page's policy stopped something.
pub async fn stopped(body: Bytes) -> StatusCode {
    let Ok(Report { stopped }) = serde_json::from_slice(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    let named = [stopped.effective_directive.as_str(), stopped.violated_directive.as_str()];
    let directive = DIRECTIVES.into_iter().find(|d| named.contains(d)).unwrap_or("other");
    // The scheme and host are enough to find out whose it is.
    let from: String = stopped
        .blocked_uri
        .split(['?', '#'])
        .next()
        .unwrap_or_default()
        .splitn(4, '/')
        .take(3)
        .collect::<Vec<_>>()
        .join("/")
        .chars()
        .filter(char::is_ascii_graphic)
        .take(80)
        .collect();
    metrics::counter!("weiyin_csp_stopped_total", "directive" => directive).increment(1);
    tracing::warn!(directive, from, "a page's policy stopped something");
    StatusCode::NO_CONTENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_runs_our_own_scripts_only_and_reports_what_it_stops_ca_07() {
        for policy in [POLICY, DEMO_POLICY] {
            assert!(policy.starts_with("default-src 'self';"), "{policy}");
            assert!(!policy.contains("script-src") && !policy.contains("unsafe"), "{policy}");
            assert!(policy.ends_with("report-uri /h5/csp"), "{policy}");
        }
    }
}
