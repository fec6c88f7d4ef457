//! The catalogue in the console: for anyone of the staff, read-only.

use super::{Catalogue, page};
use crate::app::App;
use crate::staff;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use std::sync::{Arc, OnceLock};

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The page, made once in a process: the flows do not change while it runs.
static PAGE: OnceLock<Arc<str>> = OnceLock::new();

/// `GET /catalogue`
pub async fn show(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    if let Err(away) = staff::http::signed_in(&app, &headers).await {
        return *away;
    }
    let made = PAGE.get_or_init(|| page::in_console(&Catalogue::of(&app.book)).into());
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (StatusCode::OK, headers, Html(made.to_string())).into_response()
}

/// `GET /catalogue.css`
pub async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], page::STYLE).into_response()
}

/// `GET /catalogue.js`
pub async fn script() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], page::SCRIPT).into_response()
}
