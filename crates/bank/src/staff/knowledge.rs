//! The pages for an institution's own answers (知识库): find, write, decide, take away. No script; all of it works from the keyboard.

use super::http::{broken, html, may_post, who};
use super::{NO_SESSION, Role, Staff, page};
use crate::app::App;
use crate::knowledge::changes::{self, Act, Change, Found, Line, Only, State as Held};
use crate::knowledge::{NO_ENTRY, UNFIT};
use crate::web::{Asked, escape};
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use base::{Error, Result};
use dialogue::knowledge::Answer;
use nlu::dates::{from_iso, iso};
use serde::Deserialize;
use std::fmt::Write as _;
use std::sync::Arc;

#[derive(Debug, Deserialize)]
pub struct Search {
    #[serde(default)]
    pub q: String,
    #[serde(default)]
    pub only: String,
}

/// `GET /knowledge`
pub async fn list(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Asked(search): Asked<Search>,
) -> Response {
    let shown = async {
        let by = who(&app, &headers).await?;
        let only = Only::of(&search.only);
        let found = changes::list(&app, by.tenant, &search.q, only).await?;
        Ok::<_, Error>(list_page(&by, &found, &search, only))
    };
    answer(shown.await)
}

#[derive(Debug, Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

/// `GET /knowledge/{entry}`
pub async fn show(
    State(app): State<Arc<App>>,
    Path(entry): Path<String>,
    headers: HeaderMap,
    Asked(done): Asked<Done>,
) -> Response {
    let shown = async {
        let by = who(&app, &headers).await?;
        let (line, today) = changes::one(&app, by.tenant, &entry).await?;
        Ok::<_, Error>(one_page(&by, &line, today, None, done_words(&done.done)))
    };
    answer(shown.await)
}

/// What a page sends: the words as typed, and what to do.
#[derive(Deserialize)]
pub struct Typed {
    token: String,
    act: String,
    #[serde(default)]
    answer: String,
    #[serde(default)]
    elder: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    change: String,
}

base::unprinted!(Typed);

impl Typed {
    fn words(&self) -> Result<Answer> {
        let no_day =
            |name: &str| Error::from(UNFIT.say(format!("{name}日期要写成 2026-11-23 这样")));
        let to = self.to.trim();
        let elder = self.elder.trim();
        Ok(Answer {
            // a text area ends its lines its own way
            answer: self.answer.replace("\r\n", "\n").trim().to_owned(),
            elder: (!elder.is_empty()).then(|| elder.replace("\r\n", "\n")),
            source: self.source.trim().to_owned(),
            owner: self.owner.trim().to_owned(),
            from: from_iso(self.from.trim()).ok_or_else(|| no_day("开始"))?,
            to: match to {
                "" => None,
                to => Some(from_iso(to).ok_or_else(|| no_day("截止"))?),
            },
        })
    }
}

/// `POST /knowledge/{entry}`
pub async fn act(
    State(app): State<Arc<App>>,
    Path(entry): Path<String>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Response {
    let by = match who(&app, &headers).await {
        Ok(by) if may_post(&by, &typed.token) => by,
        Ok(_) => return answer(NO_SESSION.into()),
        Err(e) => return answer(Err(e)),
    };
    match acted(&app, &by, &entry, &typed).await {
        Ok(()) => Redirect::to(&format!("/knowledge/{entry}?done={}", typed.act)).into_response(),
        // what was typed stays on the page, beside why it cannot be taken
        Err(Error::Refused(no)) if no.code != NO_ENTRY.code => {
            let shown = async {
                let (line, today) = changes::one(&app, by.tenant, &entry).await?;
                Ok::<_, Error>(one_page(&by, &line, today, Some((&typed, &*no.words)), ""))
            };
            match shown.await {
                Ok(body) => {
                    let status =
                        StatusCode::from_u16(no.kind.status()).unwrap_or(StatusCode::BAD_REQUEST);
                    html(status, body)
                }
                Err(e) => answer(Err(e)),
            }
        }
        Err(e) => answer(Err(e)),
    }
}

async fn acted(app: &Arc<App>, by: &Staff, entry: &str, typed: &Typed) -> Result<()> {
    let change = || typed.change.parse::<i64>().map_err(|_| Error::from(changes::NO_CHANGE));
    match typed.act.as_str() {
        "keep" => {
            changes::propose(app, by.maker(), entry, typed.words()?).await?;
            Ok(())
        }
        "restore" => changes::propose_restore(app, by.maker(), entry).await.map(|_| ()),
        "withdraw" => changes::withdraw(app, by.maker(), entry).await,
        "approve" => changes::decide(app, by.checker()?, change()?, true).await,
        "decline" => changes::decide(app, by.checker()?, change()?, false).await,
        _ => changes::NO_CHANGE.into(),
    }
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

fn done_words(act: &str) -> &'static str {
    match act {
        "keep" => "提交好了，等本机构另一位管理员审批后生效。",
        "restore" => "提交好了，审批后改回统一答法。",
        "withdraw" => "撤下了。客户再问，会说这条正在更新。",
        "approve" => "已通过，到开始日期起按新答法回答。",
        "decline" => "没有通过，还是原来的答法。",
        _ => "",
    }
}

const fn state_words(state: Held) -> &'static str {
    match state {
        Held::Shared => "统一答法",
        Held::Own => "本行答法",
        Held::Later => "本行答法，未到日期",
        Held::Ended => "已过期，客户看到“正在更新”",
    }
}

fn list_page(by: &Staff, found: &Found, search: &Search, only: Only) -> String {
    let q = escape(search.q.trim());
    let mut filters = String::new();
    for (one, word, name) in Only::ALL {
        let now = if one == only { " aria-current=\"page\"" } else { "" };
        let count =
            if one == Only::Waiting { format!(" {}", found.waiting) } else { String::new() };
        let _ = write!(
            filters,
            "<a href=\"/knowledge?only={word}&amp;q={}\"{now}>{name}{count}</a>",
            in_url(search.q.trim())
        );
    }
    let rows: String = found.lines.iter().map(|l| row(l, found.today)).collect();
    let body = if rows.is_empty() {
        let words = match only {
            Only::Waiting if q.is_empty() => "没有待审批的修改。",
            Only::Ended if q.is_empty() => "没有过期的答复。",
            Only::Own if q.is_empty() => "还没有本行答法，都用统一答法。打开一条问题就能写本行的。",
            _ => "没有找到。换个说法，或点“全部”再找。",
        };
        format!("<div class=\"card empty\" role=\"status\">{words}</div>")
    } else {
        let more = found.all - found.lines.len();
        let more = if more > 0 {
            format!("<p class=\"soft\">还有 {more} 条，请输几个字来找。</p>")
        } else {
            String::new()
        };
        format!(
            "<table><thead><tr><th>客户怎么问</th><th>现在怎么答</th><th>状态</th><th>有效期</th></tr></thead>\
             <tbody>{rows}</tbody></table>{more}"
        )
    };
    page::frame(
        "知识库",
        &format!(
            "<header><b>知识库</b><span><a href=\"/\">回工作台</a></span><span>{}（{}）</span></header><main>\
             <form class=\"find\" method=\"get\" action=\"/knowledge\" role=\"search\"><label for=\"q\">找问题</label>\
             <input id=\"q\" name=\"q\" value=\"{q}\" maxlength=\"60\" autocomplete=\"off\" placeholder=\"例如 短信费、过年开门\">\
             <input type=\"hidden\" name=\"only\" value=\"{}\"><button>查找</button></form>\
             <nav class=\"chips\" aria-label=\"筛选\">{filters}</nav>{body}</main>",
            escape(&by.login),
            by.role.label(),
            escape(&search.only)
        ),
    )
}

/// Text inside an address.
fn in_url(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "%{b:02X}");
        }
        out
    })
}

fn until(words: &Answer) -> String {
    let from = iso(words.from);
    words.to.map_or_else(|| format!("{from} 起"), |to| format!("{from} 至 {}", iso(to)))
}

fn row(line: &Line, today: i64) -> String {
    let words = line.words();
    let ask = line.entry.ask.first().map_or("", String::as_str);
    let waits = if line.change.is_some() { "<br><b class=\"amber\">待审批</b>" } else { "" };
    let soon = match words.to {
        Some(to) if to >= today && to - today <= 14 => {
            format!("<br><span class=\"amber\">还剩 {} 天</span>", to - today + 1)
        }
        _ => String::new(),
    };
    format!(
        "<tr><td><a href=\"/knowledge/{}\">{}</a></td><td>{}</td><td>{}{waits}</td><td>{}{soon}</td></tr>",
        escape(&line.entry.id),
        escape(ask),
        escape(&words.answer),
        state_words(line.state),
        until(words),
    )
}

fn one_page(
    by: &Staff,
    line: &Line,
    today: i64,
    refused: Option<(&Typed, &str)>,
    done: &str,
) -> String {
    let entry = line.entry;
    let ask = entry.ask.first().map_or("", String::as_str);
    let told = match (refused, done) {
        (Some((_, why)), _) => format!("<p class=\"wrong\" role=\"alert\">{}</p>", escape(why)),
        (None, "") => String::new(),
        (None, done) => format!("<p class=\"done\" role=\"status\">{done}</p>"),
    };
    let asks: String = entry.ask.iter().map(|a| format!("<li>{}</li>", escape(a))).collect();
    let own = match &line.own {
        Some(own) => words_card("本行答法", own),
        None => String::new(),
    };
    page::frame(
        &escape(ask),
        &format!(
            "<header><b>知识库</b><span><a href=\"/knowledge\">回知识库</a></span><span>{}（{}）</span></header><main>{told}\
             <h2>{}　<small class=\"soft\">{}</small></h2>{}{own}{}\
             <details><summary>客户还会这样问</summary><ul>{asks}</ul></details>{}{}</main>",
            escape(&by.login),
            by.role.label(),
            escape(ask),
            state_words(line.state),
            line.change.as_ref().map_or_else(String::new, |c| change_card(by, &entry.id, c)),
            words_card("统一答法", &entry.words),
            edit_form(by, line, today, refused.map(|(typed, _)| typed)),
            other_acts(by, line),
        ),
    )
}

fn words_card(title: &str, words: &Answer) -> String {
    let elder = words.elder.as_ref().map_or_else(String::new, |e| {
        format!("<p><span class=\"soft\">长辈版：</span>{}</p>", escape(e))
    });
    format!(
        "<div class=\"card\"><p><b>{title}</b></p><p>{}</p>{elder}<p class=\"soft\">依据：{}　责任部门：{}　{}</p></div>",
        escape(&words.answer),
        escape(&words.source),
        escape(&words.owner),
        until(words)
    )
}

fn change_card(by: &Staff, entry: &str, change: &Change) -> String {
    let title = match change.act {
        Act::Keep => "待审批：改成",
        Act::Restore => "待审批：改回统一答法，不再用",
    };
    let is_mine = change.maker == by.id.raw();
    let buttons = if is_mine {
        "<p class=\"soft\">您提交的，等另一位管理员审批。</p>".to_owned()
    } else if by.role == Role::Agent {
        "<p class=\"soft\">等管理员审批。</p>".to_owned()
    } else {
        format!(
            "<form method=\"post\" action=\"/knowledge/{}\"><input type=\"hidden\" name=\"token\" value=\"{}\">\
             <input type=\"hidden\" name=\"change\" value=\"{}\"><button name=\"act\" value=\"approve\">通过</button> \
             <button class=\"quiet\" name=\"act\" value=\"decline\">不通过</button></form>",
            escape(entry),
            by.form_token,
            change.id
        )
    };
    format!(
        "<section class=\"waits\" aria-label=\"待审批\">{}{buttons}</section>",
        words_card(title, &change.words)
    )
}

fn edit_form(by: &Staff, line: &Line, today: i64, typed: Option<&Typed>) -> String {
    let words = line.words();
    let held = |typed: Option<&String>, kept: &str| escape(typed.map_or(kept, String::as_str));
    let elder = words.elder.as_deref().unwrap_or_default();
    let from = iso(today);
    format!(
        "<h2>写本行答法</h2><form class=\"card decide\" method=\"post\" action=\"/knowledge/{id}\">\
         <input type=\"hidden\" name=\"token\" value=\"{token}\">\
         <label for=\"answer\">答复</label><textarea id=\"answer\" name=\"answer\" rows=\"4\" maxlength=\"400\" required>{answer}</textarea>\
         <p class=\"soft\">先说结果。利率、费用等数字写成费率表里的编号，例如 {{fee.sms}}；{{phone}} 是本行电话。</p>\
         <label for=\"elder\">长辈版（可不填，一句最多 60 个字）</label><textarea id=\"elder\" name=\"elder\" rows=\"3\" maxlength=\"400\">{elder}</textarea>\
         <label>依据（文件、公告）<input name=\"source\" maxlength=\"60\" required autocomplete=\"off\" value=\"{source}\"></label>\
         <label>责任部门<input name=\"owner\" maxlength=\"30\" required autocomplete=\"off\" value=\"{owner}\"></label>\
         <label>从哪天起<input type=\"date\" name=\"from\" required value=\"{from}\"></label>\
         <label>到哪天止（可不填）<input type=\"date\" name=\"to\" value=\"{to}\"></label>\
         <button name=\"act\" value=\"keep\">提交审批</button></form>",
        id = escape(&line.entry.id),
        token = by.form_token,
        answer = held(typed.map(|t| &t.answer), &words.answer),
        elder = held(typed.map(|t| &t.elder), elder),
        source = held(typed.map(|t| &t.source), &words.source),
        owner = held(typed.map(|t| &t.owner), &words.owner),
        from = held(typed.map(|t| &t.from), &from),
        to = held(typed.map(|t| &t.to), ""),
    )
}

/// Taking away, and going back to the union's words.
fn other_acts(by: &Staff, line: &Line) -> String {
    let mut buttons = String::new();
    if line.state != Held::Ended {
        buttons.push_str(
            "<button class=\"danger\" name=\"act\" value=\"withdraw\">马上撤下这条答复</button> ",
        );
    }
    if line.own.is_some() {
        buttons.push_str(
            "<button class=\"quiet\" name=\"act\" value=\"restore\">改回统一答法（要审批）</button>",
        );
    }
    if buttons.is_empty() {
        return String::new();
    }
    format!(
        "<form class=\"card\" method=\"post\" action=\"/knowledge/{}\"><input type=\"hidden\" name=\"token\" value=\"{}\">\
         <p>答错了、过时了，可以马上撤下：客户再问，会说这条正在更新，并给客服电话。</p>{buttons}</form>",
        escape(&line.entry.id),
        by.form_token
    )
}
