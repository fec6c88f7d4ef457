//! A customer's own data over HTTP: `/h5/s/{slug}/api/privacy…`.

use super::{Export, page};
use crate::api::ProblemBody;
use crate::app::App;
use crate::binding::agreements;
use crate::binding::otp::{self, Verdict};
use crate::binding::shapes::OtpSent;
use crate::sessions::Customer;
use crate::web::{self, Problem, Sent};
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use db::{Scope, Tx};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

type Answer = Result<Response, Problem>;

#[derive(Debug, Serialize, ToSchema)]
pub struct Privacy {
    /// What the customer agreed to and has not withdrawn.
    consents: Vec<GivenConsent>,
    /// The copy that can be opened or is being made.
    #[schema(required)]
    export: Option<PrivacyExport>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct GivenConsent {
    id: String,
    title: String,
    version: String,
    /// Milliseconds UTC.
    given_at_ms: i64,
    /// Withdrawing it ends the binding.
    carries_the_binding: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PrivacyExport {
    ready: bool,
    /// Until when it may be opened, milliseconds UTC.
    ends_at_ms: i64,
}

impl From<Export> for PrivacyExport {
    fn from(e: Export) -> Self {
        Self { ready: e.is_ready, ends_at_ms: e.ends_at.ms() }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PrivacyCode)]
pub struct Code {
    code: String,
}

base::unprinted!(Code);

#[derive(Debug, Serialize, ToSchema)]
pub struct PrivacyToken {
    /// Where the copy is, to be read; good once.
    page_url: String,
    /// The same as JSON; one of both can be opened with this token.
    json_url: String,
}

/// What was agreed to, and the copy of the customer's data.
#[utoipa::path(get, path = "/privacy", operation_id = "privacy",
    responses((status = 200, body = Privacy), (status = "default", body = ProblemBody)))]
pub async fn show(State(app): State<Arc<App>>, by: Customer) -> Answer {
    let follower = by.follower;
    let unit = move |tx: &Tx<'_>| agreements::given(tx, follower);
    let given = app.db.read(Scope::Tenant(by.tenant), unit).await?;
    let consents = given
        .into_iter()
        .map(|g| GivenConsent {
            carries_the_binding: agreements::carries_the_binding(&g.agreement),
            id: g.agreement,
            title: g.title,
            version: g.version,
            given_at_ms: g.given_at.ms(),
        })
        .collect();
    let export = super::current(&app, &by).await?.map(PrivacyExport::from);
    Ok(web::json(&Privacy { consents, export }))
}

/// Sends a code before a copy is made.
#[utoipa::path(post, path = "/privacy/code", operation_id = "send_privacy_code", request_body = otp::Wish,
    responses((status = 200, body = OtpSent), (status = "default", body = ProblemBody)))]
pub async fn send_code(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(wish): Sent<otp::Wish>,
) -> Answer {
    let way = wish.way;
    let issued = super::send_code(&app, &by, wish).await?;
    otp::told(&app.config.limits, way, issued)
}

/// Asks for a copy; it is said in chat when it is there.
#[utoipa::path(post, path = "/privacy/export", operation_id = "ask_export", request_body = Code,
    responses((status = 200, body = PrivacyExport), (status = "default", body = ProblemBody)))]
pub async fn export(State(app): State<Arc<App>>, by: Customer, Sent(body): Sent<Code>) -> Answer {
    match super::ask(&app, &by, &body.code).await? {
        (Verdict::Right, Some(export)) => Ok(web::json(&PrivacyExport::from(export))),
        (Verdict::Right, None) => Err(super::NO_FILE.into()),
        (verdict, _) => Err(otp::refused(verdict)),
    }
}

/// Addresses that open the copy, once.
#[utoipa::path(post, path = "/privacy/token", operation_id = "export_token",
    responses((status = 200, body = PrivacyToken), (status = "default", body = ProblemBody)))]
pub async fn token(State(app): State<Arc<App>>, by: Customer) -> Answer {
    let token = super::token(&app, &by).await?;
    let url = |form: &str| format!("/h5/s/{}/api/privacy/file/{token}/{form}", by.slug);
    Ok(web::json(&PrivacyToken { page_url: url("page"), json_url: url("json") }))
}

/// No script, nothing from elsewhere; the page's own style only.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// `GET privacy/file/{token}/{page|json}`: the copy, to its own customer only.
pub async fn file(
    State(app): State<Arc<App>>,
    by: Customer,
    Path((_, token, form)): Path<(String, String, String)>,
) -> Answer {
    let file = super::open(&app, &by, &token).await?;
    let safe = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    if form == "json" {
        let as_file = [
            (header::CONTENT_TYPE, "application/json"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"weiyin-data.json\""),
        ];
        return Ok((safe, as_file, serde_json::to_vec_pretty(&file).map_err(base::Error::from)?)
            .into_response());
    }
    Ok((safe, Html(page::html(&file))).into_response())
}
