//! The form page's and the progress page's API: `/h5/s/{slug}/api/form…`, `…/cases…`.

use super::answers::{Given, Wrong};
use super::fill::{self, Saved, Sending, Submitted};
use super::pictures::{self, Adding, NO_PICTURE, PictureId};
use super::shapes::{CaseShown, Cases, FormPictures, FormSaved, FormShown};
use super::{Case, CaseId, FIELDS, NO_CASE, Told};
use crate::api::ProblemBody;
use crate::app::App;
use crate::binding::Consent;
use crate::binding::otp::{self, Verdict};
use crate::binding::shapes::OtpSent;
use crate::ocr::Picture;
use crate::sessions::Customer;
use crate::web::{self, Asked, Problem, Sent};
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base::{Error, Time};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

type Answer = Result<Response, Problem>;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// A form's name: `cc_apply`.
    kind: String,
}

/// A form with what is kept of it.
#[utoipa::path(get, path = "/form", operation_id = "form", params(Which),
    responses((status = 200, body = FormShown), (status = "default", body = ProblemBody)))]
pub async fn open(State(app): State<Arc<App>>, by: Customer, Asked(which): Asked<Which>) -> Answer {
    Ok(web::json(&FormShown::of(&fill::open(&app, &by, &which.kind).await?)))
}

/// One step's answers.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FormAnswers)]
pub struct StepSent {
    kind: String,
    /// From 0.
    step: usize,
    /// By the name of the field.
    answers: Given,
    /// The customer goes on: the answers must fit. Else they are kept as they are.
    done: bool,
}

base::unprinted!(StepSent);

fn wrong(fields: &Wrong) -> Problem {
    Problem::from(FIELDS).with("fields", serde_json::json!(fields))
}

/// Keeps one step of a form.
#[utoipa::path(post, path = "/form/save", operation_id = "save_form", request_body = StepSent,
    responses((status = 200, body = FormSaved), (status = "default", body = ProblemBody)))]
pub async fn save(State(app): State<Arc<App>>, by: Customer, Sent(sent): Sent<StepSent>) -> Answer {
    let StepSent { kind, step, answers, done } = sent;
    match fill::save(&app, &by, Sending { kind, step, given: answers, done }).await? {
        Saved::Wrong(fields) => Err(wrong(&fields)),
        Saved::Kept(case) => Ok(web::json(&FormSaved {
            at_step: case.at_step,
            saved_at_ms: case.saved_at.ms(),
            shown: case.answers.shown,
        })),
    }
}

/// A photo for one question of a form.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FormPicture)]
pub struct PictureSent {
    kind: String,
    /// The name of the question.
    field: String,
    /// JPEG or PNG in base64, at most two megabytes.
    picture: String,
}

base::unprinted!(PictureSent);

fn pictures(case: &Case, field: &str) -> Response {
    web::json(&FormPictures {
        pictures: pictures::named(case.answers.given.get(field))
            .iter()
            .map(ToString::to_string)
            .collect(),
        saved_at_ms: case.saved_at.ms(),
    })
}

/// Keeps one more photo.
#[utoipa::path(post, path = "/form/picture", operation_id = "add_form_picture", request_body = PictureSent,
    responses((status = 200, body = FormPictures), (status = "default", body = ProblemBody)))]
pub async fn add_picture(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(PictureSent { kind, field, picture }): Sent<PictureSent>,
) -> Answer {
    let sent = Adding { kind, field: field.clone(), picture };
    Ok(pictures(&pictures::add(&app, &by, sent).await?, &field))
}

/// Which photo is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FormPictureName)]
pub struct PictureNamed {
    kind: String,
    field: String,
    id: String,
}

fn picture_id(text: &str) -> Result<PictureId, Problem> {
    text.parse().map_err(|_| NO_PICTURE.into())
}

/// Takes a photo back.
#[utoipa::path(post, path = "/form/picture/remove", operation_id = "remove_form_picture", request_body = PictureNamed,
    responses((status = 200, body = FormPictures), (status = "default", body = ProblemBody)))]
pub async fn remove_picture(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(PictureNamed { kind, field, id }): Sent<PictureNamed>,
) -> Answer {
    let case = pictures::remove(&app, &by, &kind, &field, picture_id(&id)?).await?;
    Ok(pictures(&case, &field))
}

/// `GET form/picture/{id}`: a photo, to its own customer only.
pub async fn picture(
    State(app): State<Arc<App>>,
    by: Customer,
    Path((_, id)): Path<(String, String)>,
) -> Answer {
    Ok(shown_as_is(pictures::own(&app, &by, picture_id(&id)?).await?))
}

/// A picture and nothing else, kept by nobody on the way.
pub fn shown_as_is(picture: Picture) -> Response {
    let headers = [
        (header::CONTENT_TYPE, picture.mime),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    ];
    (headers, picture.bytes).into_response()
}

/// Which form a code is wanted for, and how the code shall come.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FormCodeWish)]
pub struct CodeWish {
    kind: String,
    #[serde(default)]
    wish: otp::Wish,
}

/// Sends a code that confirms these answers.
#[utoipa::path(post, path = "/form/code", operation_id = "send_form_code", request_body = CodeWish,
    responses((status = 200, body = OtpSent), (status = "default", body = ProblemBody)))]
pub async fn send_code(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(CodeWish { kind, wish }): Sent<CodeWish>,
) -> Answer {
    let way = wish.way;
    let issued = fill::send_code(&app, &by, &kind, wish).await?;
    otp::told(&app.config.limits, way, issued)
}

/// A form handed in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FormHandedIn)]
pub struct HandedIn {
    kind: String,
    consents: Vec<Consent>,
    /// Empty for a form without one.
    #[serde(default)]
    code: String,
}

base::unprinted!(HandedIn);

/// Hands a form in; a second tap finds the case of the first.
#[utoipa::path(post, path = "/form/submit", operation_id = "submit_form", request_body = HandedIn,
    responses((status = 200, body = CaseShown), (status = "default", body = ProblemBody)))]
pub async fn submit(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(HandedIn { kind, consents, code }): Sent<HandedIn>,
) -> Answer {
    match fill::submit(&app, &by, &kind, consents, code).await? {
        Submitted::Wrong(fields) => Err(wrong(&fields)),
        Submitted::Code(verdict @ (Verdict::Wrong { .. } | Verdict::UsedUp)) => {
            Err(otp::refused(verdict))
        }
        Submitted::Code(_) => Err(otp::EXPIRED.into()),
        Submitted::Case(id) => {
            let (cases, now) = super::list(&app, &by).await?;
            let told = cases.iter().find(|t| t.case.id == id).ok_or(NO_CASE)?;
            Ok(web::json(&CaseShown::of(told, now)))
        }
    }
}

/// The customer's cases with what happened to each.
#[utoipa::path(get, path = "/cases", operation_id = "cases",
    responses((status = 200, body = Cases), (status = "default", body = ProblemBody)))]
pub async fn list(State(app): State<Arc<App>>, by: Customer) -> Answer {
    let (cases, now) = super::list(&app, &by).await?;
    Ok(web::json(&Cases { items: cases.iter().map(|t| CaseShown::of(t, now)).collect() }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CaseName)]
pub struct Named {
    /// A case's `id`.
    id: String,
}

fn shown((told, now): (Told, Time)) -> Response {
    web::json(&CaseShown::of(&told, now))
}

fn id_of(named: &Named) -> Result<CaseId, Error> {
    named.id.parse().map_err(|_| NO_CASE.into())
}

/// Takes a case back.
#[utoipa::path(post, path = "/cases/withdraw", operation_id = "withdraw_case", request_body = Named,
    responses((status = 200, body = CaseShown), (status = "default", body = ProblemBody)))]
pub async fn withdraw(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(named): Sent<Named>,
) -> Answer {
    Ok(shown(super::withdraw(&app, &by, id_of(&named)?).await?))
}

/// Asks how long it takes, once a day; whoever decides sees it.
#[utoipa::path(post, path = "/cases/urge", operation_id = "urge_case", request_body = Named,
    responses((status = 200, body = CaseShown), (status = "default", body = ProblemBody)))]
pub async fn urge(State(app): State<Arc<App>>, by: Customer, Sent(named): Sent<Named>) -> Answer {
    Ok(shown(super::urge(&app, &by, id_of(&named)?).await?))
}
