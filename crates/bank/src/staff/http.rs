//! The staff pages: login, overview with left messages. Server-rendered, no script, no outside resource.

use super::{NO_SESSION, Staff, page};
use crate::app::App;
use crate::cases::work;
use crate::web;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use base::{Error, Result, Secret};
use serde::Deserialize;
use std::sync::Arc;
use subtle::ConstantTimeEq;

const COOKIE: &str = "staff";
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

pub(super) fn html(status: StatusCode, body: String) -> Response {
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, Html(body)).into_response()
}

fn cookie_name(app: &App) -> String {
    if app.config.h5.secure_cookies { format!("__Host-{COOKIE}") } else { COOKIE.to_owned() }
}

pub(super) async fn who(app: &Arc<App>, headers: &HeaderMap) -> Result<Staff> {
    let token = web::cookie(headers, &cookie_name(app)).ok_or(NO_SESSION)?;
    super::session(app, token).await
}

/// Whether a form came from our own page.
pub(super) fn may_post(by: &Staff, token: &str) -> bool {
    token.as_bytes().ct_eq(by.form_token.as_bytes()).into()
}

/// Who asks for another page of the console, or the login form for whoever is not signed in.
pub(crate) async fn signed_in(
    app: &Arc<App>,
    headers: &HeaderMap,
) -> std::result::Result<Staff, Box<Response>> {
    who(app, headers).await.map_err(|e| {
        Box::new(match e {
            Error::Refused(_) => html(StatusCode::UNAUTHORIZED, page::login(None)),
            e => broken(&e),
        })
    })
}

/// `GET /style.css`
pub async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], page::STYLE).into_response()
}

/// `GET /`: the overview, or the login form.
pub async fn home(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let shown = async {
        let by = who(&app, &headers).await?;
        let inbox = super::inbox(&app, &by).await?;
        let (cases, now) = work::waiting(&app, by.tenant).await?;
        Ok::<_, Error>(page::home(&app.registry(), &by, (&inbox, &cases), now))
    };
    match shown.await {
        Ok(body) => html(StatusCode::OK, body),
        Err(Error::Refused(_)) => html(StatusCode::OK, page::login(None)),
        Err(e) => broken(&e),
    }
}

#[derive(Deserialize)]
pub struct Login {
    login: String,
    password: String,
    #[serde(default)]
    code: String,
}

base::unprinted!(Login);

/// `POST /login`
pub async fn log_in(State(app): State<Arc<App>>, Form(form): Form<Login>) -> Response {
    let login = form.login.trim().to_owned();
    let code = form.code.trim().to_owned();
    match super::log_in(&app, &login, Secret::new(form.password), code).await {
        Ok((_, token)) => {
            let secure = if app.config.h5.secure_cookies { "; Secure" } else { "" };
            let cookie =
                format!("{}={token}; Path=/; HttpOnly; SameSite=Strict{secure}", cookie_name(&app));
            ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
        }
        Err(Error::Refused(refusal)) => {
            let status =
                StatusCode::from_u16(refusal.kind.status()).unwrap_or(StatusCode::UNAUTHORIZED);
            html(status, page::login_as(&login, Some(&refusal.words)))
        }
        Err(e) => broken(&e),
    }
}

#[derive(Debug, Deserialize)]
pub struct Token {
    token: String,
}

/// `POST /logout`
pub async fn log_out(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    if let Some(token) = web::cookie(&headers, &cookie_name(&app)) {
        let _ = super::log_out(&app, token).await;
    }
    Redirect::to("/").into_response()
}

/// `POST /messages/{id}/close`
pub async fn close_message(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
    headers: HeaderMap,
    Form(form): Form<Token>,
) -> Response {
    let done = async {
        let by = who(&app, &headers).await?;
        if !may_post(&by, &form.token) {
            return NO_SESSION.into();
        }
        super::close_message(&app, &by, id).await
    };
    match done.await {
        Ok(_) => Redirect::to("/").into_response(),
        Err(Error::Refused(refusal)) => {
            html(StatusCode::UNAUTHORIZED, page::login(Some(&refusal.words)))
        }
        Err(e) => broken(&e),
    }
}

pub(super) fn broken(e: &Error) -> Response {
    tracing::error!(error = ?e, "a staff page failed");
    metrics::counter!("weiyin_faults_total").increment(1);
    html(StatusCode::INTERNAL_SERVER_ERROR, page::login(Some(web::BUSY_WORDS)))
}
