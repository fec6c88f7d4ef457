//! The page for gifts of points (公益): what customers of the institution gave within a day, and taking one back for a customer
//! who regrets it. No script.

use super::http::{broken, html, may_post, who};
use super::{NO_SESSION, Staff, page};
use crate::app::App;
use crate::charity::{GiftId, Lately, give, grouped, lately};
use crate::web::escape;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use base::{Error, Result};
use serde::Deserialize;
use std::sync::Arc;

/// `GET /gifts`
pub async fn show(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let shown = async {
        let by = who(&app, &headers).await?;
        body(&app, &by, None).await
    };
    answer(StatusCode::OK, shown.await)
}

/// What the page sends.
#[derive(Deserialize)]
pub struct Typed {
    token: String,
    #[serde(default)]
    reason: String,
}

base::unprinted!(Typed);

/// `POST /gifts/{gift}`
pub async fn void(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Response {
    let by = match who(&app, &headers).await {
        Ok(by) if may_post(&by, &typed.token) => by,
        Ok(_) => return answer(StatusCode::OK, NO_SESSION.into()),
        Err(e) => return answer(StatusCode::OK, Err(e)),
    };
    let done = async {
        let id: GiftId = id.parse().map_err(|_| Error::from(give::NONE))?;
        give::void(&app, &by, id, &typed.reason).await
    };
    match done.await {
        Ok(()) => Redirect::to("/gifts").into_response(),
        Err(Error::Refused(no)) => {
            let status = StatusCode::from_u16(no.kind.status()).unwrap_or(StatusCode::BAD_REQUEST);
            answer(status, body(&app, &by, Some(&no.words)).await)
        }
        Err(e) => broken(&e),
    }
}

fn answer(status: StatusCode, shown: Result<String>) -> Response {
    match shown {
        Ok(body) => html(status, body),
        Err(Error::Refused(no)) => html(StatusCode::UNAUTHORIZED, page::login(Some(&no.words))),
        Err(e) => broken(&e),
    }
}

async fn body(app: &Arc<App>, by: &Staff, wrong: Option<&str>) -> Result<String> {
    let gifts = lately(app, by.tenant).await?;
    let wrong = wrong
        .map(|w| format!("<p class=\"wrong\" role=\"alert\">{}</p>", escape(w)))
        .unwrap_or_default();
    let rows: String = gifts.iter().map(|g| row(by, g)).collect();
    let list = if rows.is_empty() {
        "<div class=\"card empty\">一天内没有人捐积分。客户捐错了、想撤回，在这里办。</div>"
            .to_owned()
    } else {
        format!(
            "<table><thead><tr><th>时间</th><th>项目</th><th class=\"n\">积分</th><th class=\"n\">灯号</th><th>状态</th><th>撤回</th>\
             </tr></thead><tbody>{rows}</tbody></table>"
        )
    };
    Ok(page::frame(
        "公益",
        &format!(
            "<header><b>公益</b><span><a href=\"/\">回工作台</a></span><span>{}（{}）</span></header><main>{wrong}\
             <h2>一天内捐的积分</h2>{list}</main>",
            escape(&by.login),
            by.role.label(),
        ),
    ))
}

fn row(by: &Staff, g: &Lately) -> String {
    let void = if g.can_void {
        format!(
            "<form class=\"decide\" method=\"post\" action=\"/gifts/{}\"><input type=\"hidden\" name=\"token\" value=\"{}\">\
             <label>原因<input name=\"reason\" required minlength=\"2\" maxlength=\"60\" autocomplete=\"off\"></label>\
             <button class=\"danger\">撤回，积分退给客户</button></form>",
            g.id, by.form_token
        )
    } else {
        String::new()
    };
    format!(
        "<tr><td>{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td><td>{void}</td></tr>",
        page::clock(g.at),
        escape(&g.project),
        grouped(g.points),
        g.lamp.map(grouped).unwrap_or_default(),
        g.state
    )
}
