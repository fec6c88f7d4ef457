//! The officer's page of one case: what the customer answered, what happened, and the decisions that are possible now.

use super::http::{broken, html, may_post, who};
use super::{NO_SESSION, Staff, page};
use crate::app::App;
use crate::cases::http::shown_as_is;
use crate::cases::pictures::{self, NO_PICTURE};
use crate::cases::work::{self, Decision};
use crate::cases::{Case, CaseId, Event, Happened, NO_CASE, kinds, words};
use crate::web::escape;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use base::{Error, Result, Time};
use serde::Deserialize;
use std::sync::Arc;

/// `GET /case/{id}`
pub async fn show(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let shown = async {
        let by = who(&app, &headers).await?;
        let (case, events, now) = work::read(&app, &by, id_of(&id)?).await?;
        body(&by, &case, &events, now)
    };
    answer(shown.await)
}

fn id_of(text: &str) -> Result<CaseId> {
    text.parse().map_err(|_| NO_CASE.into())
}

fn answer(shown: Result<String>) -> Response {
    match shown {
        Ok(body) => html(StatusCode::OK, body),
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

/// `GET /case/{id}/picture/{picture}`
pub async fn picture(
    State(app): State<Arc<App>>,
    Path((id, picture)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let shown = async {
        let by = who(&app, &headers).await?;
        let picture = picture.parse().map_err(|_| Error::from(NO_PICTURE))?;
        pictures::for_staff(&app, &by, id_of(&id)?, picture).await
    };
    match shown.await {
        Ok(picture) => shown_as_is(picture),
        Err(e) => answer(Err(e)),
    }
}

#[derive(Deserialize)]
pub struct Decided {
    token: String,
    event: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    note: String,
}

base::unprinted!(Decided);

/// `POST /case/{id}`
pub async fn decide(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(form): Form<Decided>,
) -> Response {
    let done = async {
        let by = who(&app, &headers).await?;
        if !may_post(&by, &form.token) {
            return NO_SESSION.into();
        }
        let all = [Event::Accept, Event::AskMore, Event::Approve, Event::Advance, Event::Decline];
        let event = all.into_iter().find(|e| e.word() == form.event).ok_or(NO_CASE)?;
        let decision = Decision { event, reason: form.reason, note: form.note };
        work::act(&app, &by, id_of(&id)?, decision).await
    };
    match done.await {
        Ok(()) => Redirect::to(&format!("/case/{id}")).into_response(),
        Err(e) => answer(Err(e)),
    }
}

/// Bank's words for what an officer may do.
fn act_name(case: &Case, event: Event) -> String {
    let next = || {
        let at = usize::try_from(case.stage).ok()?;
        case.form().ok()?.after.get(at).cloned()
    };
    let settles = case.form().ok().and_then(|f| f.settles);
    match event {
        Event::Approve if settles == Some(kinds::Settles::Binding) => "不是本人绑的，解绑".into(),
        Event::Decline if settles == Some(kinds::Settles::Binding) => "是本人绑的，恢复".into(),
        Event::Accept => "受理".into(),
        Event::AskMore => "要补材料".into(),
        Event::Approve => "通过（办结）".into(),
        Event::Advance => next().unwrap_or_else(|| "下一步".into()),
        Event::Decline => "不通过".into(),
        Event::Submit | Event::Withdraw => String::new(),
    }
}

fn body(by: &Staff, case: &Case, events: &[Happened], now: Time) -> Result<String> {
    let form = case.form()?;
    let number = case.number.as_deref().map(words::number).unwrap_or_default();
    let answers = answers(form, case);
    let history: String = events
        .iter()
        .map(|e| {
            let (name, more) = words::happened(form, e);
            let at = page::clock(e.at);
            format!(
                "<tr><td class=\"soft\">{at}</td><td>{} {}</td></tr>",
                escape(&name),
                escape(&more)
            )
        })
        .collect();
    let told = words::standing(form, case, &words::last_said(form, events), now);
    let decisions = decisions(by, case)?;
    Ok(page::frame(
        &escape(&form.title),
        &format!(
            "<header><b>微银</b><span><a href=\"/\">回工作台</a></span></header><main>\
             <h2>{} {number}　{}</h2><div class=\"card\"><p>客户看到：{}</p></div>{decisions}\
             <h2>客户填的</h2><table><tbody>{answers}</tbody></table>\
             <h2>经过</h2><table><tbody>{history}</tbody></table></main>",
            escape(&form.title),
            escape(&words::state(form, case)),
            escape(&told),
        ),
    ))
}

/// What was answered, photographs as such.
fn answers(form: &kinds::Form, case: &Case) -> String {
    let stands = |f: &&kinds::Field| case.answers.shown.contains_key(&f.name);
    let row = |field: &kinds::Field| {
        let label = escape(&field.label);
        let photo = |(at, id): (usize, pictures::PictureId)| {
            let address = format!("/case/{}/picture/{id}", case.id);
            let name = format!("{label}，第 {} 张", at + 1);
            format!(
                "<a href=\"{address}\"><img src=\"{address}\" alt=\"{name}\" height=\"160\" loading=\"lazy\"></a> "
            )
        };
        let value = match field.kind {
            kinds::FieldKind::Photo => {
                let ids = pictures::named(case.answers.given.get(&field.name));
                ids.into_iter().enumerate().map(photo).collect()
            }
            _ => escape(case.answers.shown.get(&field.name).map_or("", String::as_str)),
        };
        format!("<tr><td class=\"soft\">{label}</td><td>{value}</td></tr>")
    };
    form.fields().filter(stands).map(row).collect()
}

fn decisions(by: &Staff, case: &Case) -> Result<String> {
    let may = work::choices(case);
    if may.is_empty() {
        return Ok(String::new());
    }
    let form = case.form()?;
    let reasons: String = form
        .reasons
        .iter()
        .map(|(code, words)| {
            format!("<option value=\"{}\">{}</option>", escape(code), escape(words))
        })
        .collect();
    let buttons: String = may
        .iter()
        .map(|e| {
            let name = escape(&act_name(case, *e));
            format!("<button name=\"event\" value=\"{}\">{name}</button> ", e.word())
        })
        .collect();
    Ok(format!(
        "<form class=\"card decide\" method=\"post\" action=\"/case/{}\"><input type=\"hidden\" name=\"token\" value=\"{}\">\
         <label>原因（要补、不通过必选）<select name=\"reason\"><option value=\"\">无</option>{reasons}</select></label>\
         <label>给客户的说明（可不填）<input name=\"note\" maxlength=\"200\" autocomplete=\"off\"></label>{buttons}</form>",
        case.id, by.form_token
    ))
}

/// The overview's list of cases that wait.
pub(super) fn table(cases: &[Case], now: Time) -> String {
    if cases.is_empty() {
        return "<div class=\"card empty\">没有待办的业务单。客户提交申请、投诉后，会出现在这里。</div>".into();
    }
    let row = |case: &Case| {
        let Ok(form) = case.form() else { return String::new() };
        let number = case.number.as_deref().map(words::number).unwrap_or_default();
        let due = case.due_at.map(crate::cases::days::day_words).unwrap_or_default();
        let late = if case.due_at.is_some_and(|d| now > d) { "　超期" } else { "" };
        let urged = if case.urged_at.is_some() { "　客户催过" } else { "" };
        format!(
            "<tr><td><a href=\"/case/{}\">{number}</a></td><td>{}</td><td>{}{urged}</td><td class=\"n\">{due}{late}</td></tr>",
            case.id,
            escape(&form.title),
            escape(&words::state(form, case)),
        )
    };
    let rows: String = cases.iter().map(row).collect();
    format!(
        "<table><thead><tr><th>编号</th><th>业务</th><th>状态</th><th class=\"n\">答复期限</th></tr></thead><tbody>{rows}</tbody></table>"
    )
}
