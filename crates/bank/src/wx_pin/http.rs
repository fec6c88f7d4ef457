//! The page of a forgotten or locked PIN: `/h5/s/{slug}/api/wx-pin…`.

use super::{OPEN, Step, Typed, What, branch, stand};
use crate::accounts::http::bound;
use crate::api::ProblemBody;
use crate::app::App;
use crate::binding::agreements::{self, Agreement};
use crate::binding::http::renewed;
use crate::binding::otp::{self, Verdict};
use crate::binding::shapes::{FaceBegun, OtpSent};
use crate::binding::{Consent, face, pin};
use crate::proof::{self, No};
use crate::sessions::Customer;
use crate::web::{self, Problem, Sent};
use axum::extract::State;
use axum::response::Response;
use base::Refusal;
use db::{Scope, Tx};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

type Answer = Result<Response, Problem>;

const CODE_WRONG: Refusal = Refusal::invalid("unlock_code.wrong", "解锁码不对");
const CODE_OVER: Refusal =
    Refusal::gone("unlock_code.over", "解锁码不对或已作废，请到网点重新要一个");

#[derive(Debug, Serialize, ToSchema)]
pub struct WxPin {
    what: What,
    step: Step,
    /// The PIN was set once.
    is_set: bool,
    /// Until when it is locked, milliseconds UTC; null when it is not.
    #[schema(required)]
    locked_until_ms: Option<i64>,
    /// A face is asked for, or can be.
    face: bool,
    face_begun: bool,
    /// What is agreed to before a face is checked.
    agreements: Vec<&'static Agreement>,
    /// Where a code goes; empty when the core does not say now.
    mobile_masked: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct WxPinMoved {
    step: Step,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct WxPinDone {
    words: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WxPinCode)]
pub struct Code {
    code: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WxPinFace)]
pub struct Agreed {
    consents: Vec<Consent>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WxPinNew)]
pub struct New {
    #[schema(value_type = String)]
    key_id: pin::PinKeyId,
    /// SM2, C1C3C2, hex.
    cipher: String,
}

async fn moved(
    app: &Arc<App>,
    by: &Customer,
    bound: &crate::followers::Bound,
    secret: Option<String>,
) -> Answer {
    let (step, _) = stand(app, by, bound).await?;
    Ok(renewed(app, by, secret, &WxPinMoved { step }))
}

/// What is done about the PIN here, and how far it is.
#[utoipa::path(get, path = "/wx-pin", operation_id = "wx_pin",
    responses((status = 200, body = WxPin), (status = "default", body = ProblemBody)))]
pub async fn show(State(app): State<Arc<App>>, by: Customer) -> Answer {
    let what = What::of(&by);
    let bound = bound(&app, &by).await?;
    let (step, state) = stand(&app, &by, &bound).await?;
    let (follower, intent) = (by.follower, what.check(&by, &bound).intent);
    let unit = move |tx: &Tx<'_>| {
        let missing = agreements::missing_for_face(tx, follower)?;
        Ok((face::waits(tx, follower, &intent)?, missing))
    };
    let (face_begun, missing) = app.db.read(Scope::Tenant(by.tenant), unit).await?;
    Ok(web::json(&WxPin {
        what,
        step,
        is_set: state.is_set,
        locked_until_ms: state.locked_until.map(base::Time::ms),
        face: app.face.is_configured(),
        face_begun,
        agreements: missing.into_iter().collect(),
        mobile_masked: proof::mobile(&app, &by, &bound).await,
    }))
}

/// The end of the document's number and of a card's.
#[utoipa::path(post, path = "/wx-pin/known", operation_id = "check_known", request_body = Typed,
    responses((status = 200, body = WxPinMoved), (status = "default", body = ProblemBody)))]
pub async fn known(State(app): State<Arc<App>>, by: Customer, Sent(typed): Sent<Typed>) -> Answer {
    let bound = bound(&app, &by).await?;
    match super::check_known(&app, &by, &bound, &typed).await? {
        Ok(()) => moved(&app, &by, &bound, None).await,
        Err(no) => Err(no.into()),
    }
}

/// Sends a code before a new PIN.
#[utoipa::path(post, path = "/wx-pin/code", operation_id = "send_wx_pin_code", request_body = otp::Wish,
    responses((status = 200, body = OtpSent), (status = "default", body = ProblemBody)))]
pub async fn send_code(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(wish): Sent<otp::Wish>,
) -> Answer {
    let bound = bound(&app, &by).await?;
    super::known_first(&app, &by, &bound).await?;
    let way = wish.way;
    let asked = What::Reset.proof(&by, &bound);
    let issued = proof::send_code(&app, &by, &bound, &asked, wish).await?;
    otp::told(&app.config.limits, way, issued)
}

/// The code that came.
#[utoipa::path(post, path = "/wx-pin/check", operation_id = "check_wx_pin_code", request_body = Code,
    responses((status = 200, body = WxPinMoved), (status = "default", body = ProblemBody)))]
pub async fn check_code(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(body): Sent<Code>,
) -> Answer {
    let bound = bound(&app, &by).await?;
    let asked = What::Reset.proof(&by, &bound);
    match proof::check_code(&app, &by, &asked, &body.code).await? {
        (Verdict::Right, secret) => moved(&app, &by, &bound, secret).await,
        (verdict, _) => Err(otp::refused(verdict)),
    }
}

/// Begins a face check.
#[utoipa::path(post, path = "/wx-pin/face", operation_id = "begin_wx_pin_face", request_body = Agreed,
    responses((status = 200, body = FaceBegun), (status = "default", body = ProblemBody)))]
pub async fn begin_face(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(body): Sent<Agreed>,
) -> Answer {
    let what = What::of(&by);
    let bound = bound(&app, &by).await?;
    if what == What::Reset {
        super::known_first(&app, &by, &bound).await?;
    }
    let who = super::identity(&app, &by, &bound).await?;
    let check = what.check(&by, &bound);
    let url = face::begin_for(&app, &by, &check, who, "pin", &body.consents).await?;
    Ok(web::json(&FaceBegun { url }))
}

/// How the face check went, by the word of the company that did it.
#[utoipa::path(post, path = "/wx-pin/face/result", operation_id = "wx_pin_face_result",
    responses((status = 200, body = WxPinMoved), (status = "default", body = ProblemBody)))]
pub async fn face_result(State(app): State<Arc<App>>, by: Customer) -> Answer {
    let bound = bound(&app, &by).await?;
    let check = What::of(&by).check(&by, &bound);
    match face::result_for(&app, &by, &check).await? {
        face::Outcome::Passed(secret) => moved(&app, &by, &bound, secret).await,
        face::Outcome::Refused(refusal, left) => Err(No(refusal, left).into()),
    }
}

/// The new PIN, sealed.
#[utoipa::path(post, path = "/wx-pin/set", operation_id = "set_new_pin", request_body = New,
    responses((status = 200, body = WxPinDone), (status = "default", body = ProblemBody)))]
pub async fn set(State(app): State<Arc<App>>, by: Customer, Sent(body): Sent<New>) -> Answer {
    let bound = bound(&app, &by).await?;
    super::set(&app, &by, &bound, (body.key_id, &body.cipher)).await??;
    let words = "新密码马上能用。办好的消息也发到了您的手机上。".to_owned();
    Ok(web::json(&WxPinDone { words }))
}

/// A branch's code.
#[utoipa::path(post, path = "/wx-pin/branch", operation_id = "check_branch_code", request_body = Code,
    responses((status = 200, body = WxPinMoved), (status = "default", body = ProblemBody)))]
pub async fn branch_code(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(body): Sent<Code>,
) -> Answer {
    let bound = bound(&app, &by).await?;
    match branch::check(&app, &by, &bound, &body.code).await? {
        (Verdict::Right, secret) => moved(&app, &by, &bound, secret).await,
        (Verdict::Wrong { left }, _) => {
            let words = format!("解锁码不对，还可试 {left} 次");
            Err(Problem::from(CODE_WRONG.say(words)).with("left", left))
        }
        (Verdict::UsedUp | Verdict::Expired, _) => Err(CODE_OVER.into()),
    }
}

/// Unlocks what was proved.
#[utoipa::path(post, path = "/wx-pin/unlock", operation_id = "unlock_wx_pin",
    responses((status = 200, body = WxPinDone), (status = "default", body = ProblemBody)))]
pub async fn unlock(State(app): State<Arc<App>>, by: Customer) -> Answer {
    let bound = bound(&app, &by).await?;
    let (step, _) = stand(&app, &by, &bound).await?;
    if step == Step::Open {
        return Err(OPEN.into());
    }
    super::unlock(&app, &by, &bound).await?;
    let words = "解开了，用原来的密码就行。忘了就说「忘记微信银行密码」。".to_owned();
    Ok(web::json(&WxPinDone { words }))
}

// What people type or agree to is never printed.
base::unprinted!(Code, Agreed, New);
