//! For machines that watch: alive, ready, and figures. Nothing here names a customer.

use crate::app::App;
use crate::{component, web};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use db::{Scope, job};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde::Serialize;
use std::sync::{Arc, OnceLock};
use utoipa::ToSchema;

static FIGURES: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts counting; the first call of the process wins.
pub fn start_counting() {
    if FIGURES.get().is_none()
        && let Ok(handle) = PrometheusBuilder::new().install_recorder()
    {
        let _ = FIGURES.set(handle);
    }
}

/// `GET /healthz`: the process answers.
pub async fn alive() -> &'static str {
    "ok"
}

/// Whether a message could be answered, and of what.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    pub ready: bool,
    pub database: bool,
    /// A silent core is not unreadiness: we answer that it is silent.
    pub core: bool,
    /// How fresh the third-party platform's ticket is; null without a platform.
    #[schema(required)]
    pub platform_ticket: Option<String>,
    #[schema(required)]
    pub jobs: Option<JobCounts>,
    pub accounts: usize,
    pub version: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct JobCounts {
    pub waiting: i64,
    pub running: i64,
    /// Put aside after too many tries, for a person to look at.
    pub dead: i64,
}

/// 200 when a message could be answered, else 503 with what is missing.
#[utoipa::path(get, path = "/readyz", operation_id = "readyz", tag = "machines",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
pub async fn ready(State(app): State<Arc<App>>) -> Response {
    let database = app.database_answers().await;
    let ctx = corebank::Ctx::new(crate::tenants::UNION, app.clock().now().plus_ms(1_000), "readyz");
    let core = app.core.health(&ctx).await;
    let tickets = component::ticket_health(&app).await;
    let jobs = app.db.read(Scope::House, job::counts).await;
    let ok = database.is_ok() && !app.stop.is_cancelled();
    let counts =
        |c: job::Counts| JobCounts { waiting: c.waiting, running: c.running, dead: c.dead };
    let body = Readiness {
        ready: ok,
        database: database.is_ok(),
        core: !core.as_ref().is_err_and(corebank::CoreError::is_busy),
        platform_ticket: tickets.ok().flatten().map(|h| format!("{h:?}")),
        jobs: jobs.ok().map(counts),
        accounts: app.registry().accounts().count(),
        version: env!("CARGO_PKG_VERSION"),
    };
    let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, web::json(&body)).into_response()
}

/// `GET /metrics`: Prometheus text.
pub async fn metrics(State(app): State<Arc<App>>) -> Response {
    let followers = u32::try_from(app.followers.len()).unwrap_or(u32::MAX);
    ::metrics::gauge!("weiyin_followers_cached").set(f64::from(followers));
    let text = FIGURES.get().map(PrometheusHandle::render).unwrap_or_default();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
