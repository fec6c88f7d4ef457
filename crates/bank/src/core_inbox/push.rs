//! Where a core tells its events by itself: `POST /core/v1/push`, by the contract (`docs/core-contract.md`).
//!
//! What is signed by the core and fresh is kept as what is polled; everything else changes nothing, is counted, and leaves an
//! audit row: one a minute for each reason, so that nobody fills the trail by knocking. Not for: asking a core; the signatures.

use super::refusals::Refusals;
use super::{Taken, Via, iso, take};
use crate::app::App;
use crate::config;
use crate::production;
use crate::tenants::UNION;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::{Clock, Result, TenantId};
use corebank::feed::Event;
use corebank::{CoreError, Reject, UnknownCause};
use corehttp::{Disbelief, Keys, Pushes, Stand};
use std::sync::Arc;
use std::time::Duration;

/// How long a push may take to come in.
const HEAR: Duration = Duration::from_secs(10);
/// What a core is told when we cannot say.
const FAULT: CoreError = CoreError::Unknown(UnknownCause::ServerError(500));

/// The door, and which refusals were noted when.
#[derive(Debug)]
pub struct Door {
    pushes: Pushes,
    refusals: Refusals,
}

impl Door {
    /// `None` when settings name no key by which a push could be believed.
    ///
    /// # Errors
    /// A key file that cannot be read, or that holds no key.
    pub fn open(core: &config::Core, clock: Clock) -> Result<Option<Self>> {
        let mut keys = vec![];
        if !core.push_key_id.is_empty() {
            keys.push(production::core_key(&core.push_key_id, &core.push_key_file)?);
        }
        if core.is_http() {
            keys.push(production::core_key(&core.key_id, &core.key_file)?);
        }
        if keys.is_empty() {
            return Ok(None);
        }
        let pushes = Pushes::new(Keys::new(keys)?, clock);
        Ok(Some(Self { pushes, refusals: Refusals::of("core.push") }))
    }
}

/// `POST /core/v1/push`.
pub async fn receive(State(app): State<Arc<App>>, request: Request) -> Response {
    let Some(door) = &app.door else { return StatusCode::NOT_FOUND.into_response() };
    let slow = Disbelief { status: StatusCode::REQUEST_TIMEOUT, problem: "slow" };
    let heard = tokio::time::timeout(HEAR, door.pushes.hear(request)).await;
    let push = match heard.unwrap_or(Err(slow)) {
        Ok(push) => push,
        Err(no) => {
            count("not_believed");
            door.refusals.note(&app, "unsigned", no.problem).await;
            return no.into_response();
        }
    };
    let told = match push.events {
        Ok(events) => keep(&app, door, push.tenant, events).await,
        Err(invalid) => Err(invalid),
    };
    count(match &told {
        Ok(_) => "taken",
        Err(CoreError::Rejected(_)) => "refused",
        Err(_) => "failed",
    });
    door.pushes.answer(&push.asked, &told)
}

async fn keep(
    app: &Arc<App>,
    door: &Door,
    tenant: TenantId,
    events: Vec<Event>,
) -> std::result::Result<Stand, CoreError> {
    if tenant == UNION || !app.registry().institutions.contains_key(&tenant) {
        door.refusals.note(app, &tenant.raw().to_string(), "tenant").await;
        return Err(Reject::NotFound.into());
    }
    if iso::hears(app, tenant) {
        door.refusals.note(app, &tenant.raw().to_string(), "numbered_here").await;
        return Err(Reject::Unsupported.into());
    }
    match take(app, tenant, Via::Push, events).await {
        Ok(Taken { contradicted: 0, last, has_gap }) => Ok(Stand { last, has_gap }),
        Ok(_) => Err(Reject::PayloadMismatch.into()),
        Err(e) => {
            tracing::error!(%tenant, error = ?e, "pushed events could not be kept");
            Err(FAULT)
        }
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("weiyin_core_pushes_total", "outcome" => outcome).increment(1);
}
