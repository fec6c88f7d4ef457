//! The page that undoes a lock, an oral loss or the freeze: `/h5/s/{slug}/api/undo…`.

use super::undo::{self, Asking, What};
use crate::api::ProblemBody;
use crate::app::App;
use crate::binding::http::renewed;
use crate::binding::otp::{self, Verdict};
use crate::binding::pin;
use crate::binding::shapes::OtpSent;
use crate::sessions::Customer;
use crate::web::{self, Problem, Sent};
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

type Answer = Result<Response, Problem>;

#[derive(Debug, Serialize, ToSchema)]
pub struct Undo {
    what: What,
    /// What can be undone; empty for the freeze, and where nothing is stopped.
    accounts: Vec<Stopped>,
    frozen: bool,
    /// Where the code goes; empty when the core does not say now.
    mobile_masked: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Stopped {
    id: String,
    /// 借记卡8821
    name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UndoCodeWish)]
pub struct CodeWish {
    ask: Asking,
    #[serde(default)]
    wish: otp::Wish,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UndoCode)]
pub struct Code {
    ask: Asking,
    code: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UndoPin)]
pub struct Typed {
    ask: Asking,
    #[schema(value_type = String)]
    key_id: pin::PinKeyId,
    /// SM2, C1C3C2, hex.
    cipher: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct UndoProved {
    proved: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct UndoDone {
    /// False while the core has not answered: the rest is said in chat.
    done: bool,
    words: String,
}

/// What can be undone here.
#[utoipa::path(get, path = "/undo", operation_id = "undo",
    responses((status = 200, body = Undo), (status = "default", body = ProblemBody)))]
pub async fn show(State(app): State<Arc<App>>, by: Customer) -> Answer {
    let what = What::of_task(by.task.as_ref().map_or("", |t| t.kind.as_str()));
    let bound = undo::bound(&app, &by).await?;
    undo::may(&app, &by, what).await?;
    let stopped = undo::stopped(&app, &by, &bound, what).await?;
    let accounts = stopped
        .into_iter()
        .map(|a| Stopped { name: format!("{}{}", a.label, a.tail), id: a.id })
        .collect();
    let mobile_masked = undo::mobile(&app, &by, &bound).await;
    Ok(web::json(&Undo { what, accounts, frozen: bound.is_frozen, mobile_masked }))
}

/// Sends a code for one thing to undo.
#[utoipa::path(post, path = "/undo/code", operation_id = "send_undo_code", request_body = CodeWish,
    responses((status = 200, body = OtpSent), (status = "default", body = ProblemBody)))]
pub async fn send_code(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(CodeWish { ask, wish }): Sent<CodeWish>,
) -> Answer {
    let way = wish.way;
    let issued = undo::send_code(&app, &by, &ask, wish).await?;
    otp::told(&app.config.limits, way, issued)
}

/// The code that came.
#[utoipa::path(post, path = "/undo/check", operation_id = "check_undo_code", request_body = Code,
    responses((status = 200, body = UndoProved), (status = "default", body = ProblemBody)))]
pub async fn check_code(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(body): Sent<Code>,
) -> Answer {
    match undo::check_code(&app, &by, &body.ask, &body.code).await? {
        (Verdict::Right, secret) => Ok(renewed(&app, &by, secret, &UndoProved { proved: true })),
        (verdict, _) => Err(otp::refused(verdict)),
    }
}

/// The PIN, sealed; then it is undone.
#[utoipa::path(post, path = "/undo/pin", operation_id = "undo_with_pin", request_body = Typed,
    responses((status = 200, body = UndoDone), (status = "default", body = ProblemBody)))]
pub async fn undo_with_pin(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(body): Sent<Typed>,
) -> Answer {
    let did = undo::undo(&app, &by, &body.ask, body.key_id, &body.cipher).await?;
    let (done, words) = did.told()?;
    Ok(web::json(&UndoDone { done, words }))
}

base::unprinted!(Code);
base::unprinted!(CodeWish);
base::unprinted!(Typed);
