//! The page for templates of notices (通知模板): what each account's templates tell, how they would look, which WeChat has withdrawn,
//! and taking one anew. No script.

use super::http::{broken, html, may_post, who};
use super::{NO_SESSION, Staff, page};
use crate::app::App;
use crate::notices::Category;
use crate::notices::console::{self, Line, NO_ACCOUNT, OfAccount, Shown};
use crate::web::escape;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use base::{Error, Result};
use serde::Deserialize;
use std::sync::Arc;

/// Of a template's id so much is shown: enough to find it at WeChat's.
const ID_CHARS: usize = 12;

/// `GET /notices`
pub async fn show(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let by = match who(&app, &headers).await {
        Ok(by) => by,
        Err(e) => return unknown(e),
    };
    match body(&app, &by, None).await {
        Ok(body) => html(StatusCode::OK, body),
        Err(Error::Refused(no)) => refused(&by, &no),
        Err(e) => broken(&e),
    }
}

#[derive(Deserialize)]
pub struct Typed {
    token: String,
}

base::unprinted!(Typed);

/// `POST /notices/{account}/{category}`
pub async fn renew(
    State(app): State<Arc<App>>,
    Path((account, category)): Path<(String, String)>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Response {
    let by = match who(&app, &headers).await {
        Ok(by) if may_post(&by, &typed.token) => by,
        Ok(_) => return unknown(NO_SESSION.into()),
        Err(e) => return unknown(e),
    };
    let done = async {
        let account = account.parse().map_err(|_| Error::from(NO_ACCOUNT))?;
        let category = Category::of_word(&category).map_err(|_| Error::from(NO_ACCOUNT))?;
        console::renew(&app, &by, account, category).await
    };
    match done.await {
        Ok(()) => Redirect::to("/notices").into_response(),
        Err(Error::Refused(no)) => {
            let status = StatusCode::from_u16(no.kind.status()).unwrap_or(StatusCode::BAD_REQUEST);
            match body(&app, &by, Some(&no.words)).await {
                Ok(body) => html(status, body),
                Err(_) => refused(&by, &no),
            }
        }
        Err(e) => broken(&e),
    }
}

fn unknown(e: Error) -> Response {
    match e {
        Error::Refused(no) => html(StatusCode::UNAUTHORIZED, page::login(Some(&no.words))),
        e => broken(&e),
    }
}

fn refused(by: &Staff, no: &base::Refusal) -> Response {
    let status = StatusCode::from_u16(no.kind.status()).unwrap_or(StatusCode::FORBIDDEN);
    html(status, framed(by, &alert(&no.words)))
}

fn alert(words: &str) -> String {
    format!("<p class=\"wrong\" role=\"alert\">{}</p>", escape(words))
}

fn framed(by: &Staff, main: &str) -> String {
    page::frame(
        "通知模板",
        &format!(
            "<header><b>通知模板</b><span><a href=\"/\">回工作台</a></span><span>{}（{}）</span></header><main>{main}</main>",
            escape(&by.login),
            by.role.label(),
        ),
    )
}

async fn body(app: &Arc<App>, by: &Staff, wrong: Option<&str>) -> Result<String> {
    let all = console::overview(app, by).await?;
    let wrong = wrong.map(alert).unwrap_or_default();
    let gone = all.iter().filter(|a| a.is_alarmed()).map(|a| a.name.as_str()).collect::<Vec<_>>();
    let gone = match gone.is_empty() {
        true => String::new(),
        false => alert(&format!(
            "微信收回了模板：{}。这些通知正在走客服消息或短信，请重新开通。",
            gone.join("、")
        )),
    };
    let list: String = all.iter().map(|a| of_account(by, a)).collect();
    let list = if list.is_empty() {
        "<div class=\"card empty\">没有能发模板消息的公众号。要已认证的服务号。</div>".to_owned()
    } else {
        list
    };
    let titles = console::titles().map(|t| format!("「{t}」")).collect::<String>();
    let words = format!(
        "<p class=\"soft\">每小时向微信核对一次。要用的模板：{titles}。样例的值是编的，超过微信字数的会截短，放不下的显示“-”。</p>"
    );
    Ok(framed(by, &format!("{wrong}{gone}{words}{list}")))
}

fn of_account(by: &Staff, account: &OfAccount) -> String {
    let rows: String = account.lines.iter().map(|l| line(by, account, l)).collect();
    format!(
        "<h2>{}</h2><p class=\"soft\">{}</p><table><thead><tr><th>通知</th><th>状态</th><th>上次核对</th><th>样子</th><th>办理</th></tr>\
         </thead><tbody>{rows}</tbody></table>",
        escape(&account.name),
        escape(&account.appid)
    )
}

fn line(by: &Staff, account: &OfAccount, line: &Line) -> String {
    let (state, checked, look, button) = match &line.template {
        None => (
            "没有开通".to_owned(),
            String::new(),
            "<span class=\"soft\">走客服消息，发不到的等客户下次来</span>".to_owned(),
            "开通",
        ),
        Some(t) if t.is_live => (
            format!("在用<br><span class=\"soft\">{}…</span>", id_of(t)),
            page::clock(t.checked_at),
            look(t),
            "核对并换新",
        ),
        Some(t) => (
            format!(
                "<b class=\"wrong\">微信收回了</b><br><span class=\"soft\">{}…</span>",
                id_of(t)
            ),
            page::clock(t.checked_at),
            look(t),
            "重新开通",
        ),
    };
    let (title, wanted) = (line.category.title(), line.title);
    format!(
        "<tr><td>{title}<br><span class=\"soft\">{wanted}</span></td><td>{state}</td><td>{checked}</td><td>{look}</td><td>\
         <form method=\"post\" action=\"/notices/{}/{}\"><input type=\"hidden\" name=\"token\" value=\"{}\">\
         <button class=\"quiet\" aria-label=\"{button}：{}的{title}\">{button}</button></form></td></tr>",
        account.id,
        line.category.word(),
        by.form_token,
        escape(&account.name),
    )
}

fn id_of(shown: &Shown) -> String {
    escape(&shown.template_id.chars().take(ID_CHARS).collect::<String>())
}

fn look(shown: &Shown) -> String {
    let row = |s: &console::Sample| {
        format!(
            "{}：{} <span class=\"soft\">（{}）</span>",
            escape(&s.label),
            escape(&s.value),
            escape(&s.limit)
        )
    };
    shown.rows.iter().map(row).collect::<Vec<_>>().join("<br>")
}
