//! The staff page that gives a customer who stands at the counter a code to unlock the PIN of WeChat banking.

use super::http::{broken, html, who};
use super::{NO_SESSION, Role, Staff, page};
use crate::app::App;
use crate::web::escape;
use crate::wx_pin::branch;
use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base::{Error, Refusal};
use serde::Deserialize;
use std::sync::Arc;
use subtle::ConstantTimeEq;

const NOT_SEEN: Refusal =
    Refusal::invalid("unlock_code.not_seen", "先看过本人和身份证原件，勾上再给码");
const NOT_HERE: Refusal =
    Refusal::forbidden("unlock_code.not_here", "解锁码由客户所在的县行给，省联社不给");

#[derive(Deserialize)]
pub struct Wanted {
    token: String,
    /// The core's number of the customer.
    customer: String,
    #[serde(default)]
    seen: String,
}

base::unprinted!(Wanted);

/// `POST /unlock-code`: gives a code once; it is shown on this page and nowhere else.
pub async fn give(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Form(form): Form<Wanted>,
) -> Response {
    let given = async {
        let by = who(&app, &headers).await?;
        if !bool::from(form.token.as_bytes().ct_eq(by.form_token.as_bytes())) {
            return NO_SESSION.into();
        }
        if by.role == Role::ProvinceAdmin {
            return NOT_HERE.into();
        }
        if form.seen != "yes" {
            return NOT_SEEN.into();
        }
        branch::give(&app, &by, &form.customer).await
    };
    match given.await {
        Ok(code) => {
            let minutes = branch::LIFE_MS / 60_000;
            let words = format!(
                "解锁码 {}，{minutes} 分钟内有效，只能用一次。请当面告诉客户：在微信里说「密码解锁」，填在打开的页面上。",
                code.reveal()
            );
            html(StatusCode::OK, page::note(&words))
        }
        Err(Error::Refused(no)) if no.code == NO_SESSION.code => {
            html(StatusCode::UNAUTHORIZED, page::login(Some(&no.words)))
        }
        Err(Error::Refused(no)) => {
            let status = StatusCode::from_u16(no.kind.status()).unwrap_or(StatusCode::BAD_REQUEST);
            html(status, page::note(&no.words))
        }
        Err(e) => broken(&e),
    }
}

/// The form on the overview; the province gives no codes.
pub(super) fn form(by: &Staff) -> String {
    if by.role == Role::ProvinceAdmin {
        return String::new();
    }
    format!(
        "<h2>柜面</h2><form class=\"card decide\" method=\"post\" action=\"/unlock-code\">\
         <input type=\"hidden\" name=\"token\" value=\"{}\">\
         <label>微信银行密码解锁：客户号<input name=\"customer\" inputmode=\"numeric\" maxlength=\"20\" autocomplete=\"off\" required></label>\
         <label><input type=\"checkbox\" name=\"seen\" value=\"yes\" required> 已核对本人和身份证原件</label>\
         <button>给解锁码</button></form>",
        escape(&by.form_token)
    )
}
