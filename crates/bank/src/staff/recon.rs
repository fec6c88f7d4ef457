//! The page for reconciliation (对账): how the days stand, what differs and for how long, and the two persons who decide. No
//! script; all of it works from the keyboard.

use super::http::{broken, html, may_post, who};
use super::{NO_SESSION, Role, Staff, page};
use crate::app::App;
use crate::payments::evidence::Facts;
use crate::payments::intent::Product;
use crate::payments::{PaymentId, serial};
use crate::recon::resolve::{self, Verdict, Work, class_words};
use crate::recon::{self, BALANCED, DayRow, Diff, DiffId, FILE_MISSING, OPEN_DIFF, today};
use crate::web::escape;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use base::{DAY_MS, Error, Fen, Result, Time};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

const DAYS_SHOWN: i64 = 14;
/// After so many days a difference should be decided (T+3).
const LATE_DAYS: i64 = 3;

/// `GET /recon`
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
    act: String,
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    reason: String,
}

base::unprinted!(Typed);

/// `POST /recon/{diff}`
pub async fn act(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Response {
    done(&app, &headers, &typed, async |by| {
        let id: DiffId = id.parse().map_err(|_| Error::from(resolve::NO_DIFF))?;
        match typed.act.as_str() {
            "propose" => {
                resolve::propose(&app, by.maker(), id, verdict(&typed)?, &typed.reason).await
            }
            "approve" => resolve::decide(&app, by.checker()?, id, true).await,
            "decline" => resolve::decide(&app, by.checker()?, id, false).await,
            _ => resolve::NO_DIFF.into(),
        }
    })
    .await
}

/// `POST /recon/payment/{payment}`
pub async fn by_hand(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Response {
    done(&app, &headers, &typed, async |by| {
        let id: PaymentId = id.parse().map_err(|_| Error::from(resolve::NO_DIFF))?;
        let verdict = verdict(&typed)?;
        resolve::by_hand(&app, by.maker(), id, verdict, &typed.reason).await.map(|_| ())
    })
    .await
}

fn verdict(typed: &Typed) -> Result<Verdict> {
    Verdict::of(&typed.verdict).ok_or_else(|| resolve::NOT_THIS.into())
}

async fn done(
    app: &Arc<App>,
    headers: &HeaderMap,
    typed: &Typed,
    act: impl AsyncFnOnce(Staff) -> Result<()>,
) -> Response {
    let by = match who(app, headers).await {
        Ok(by) if may_post(&by, &typed.token) => by,
        Ok(_) => return answer(StatusCode::OK, NO_SESSION.into()),
        Err(e) => return answer(StatusCode::OK, Err(e)),
    };
    match act(by.clone()).await {
        Ok(()) => Redirect::to("/recon").into_response(),
        Err(Error::Refused(no)) => {
            let status = StatusCode::from_u16(no.kind.status()).unwrap_or(StatusCode::BAD_REQUEST);
            answer(status, body(app, &by, Some(&no.words)).await)
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
    let tenants = match by.role {
        Role::ProvinceAdmin => {
            let mut all: Vec<_> = app.registry().institutions.keys().copied().collect();
            all.sort_unstable();
            all
        }
        Role::Agent | Role::CountyAdmin => vec![by.tenant],
    };
    let (mut rows, mut waiting) = (String::new(), vec![]);
    for tenant in tenants {
        let name = app.registry().institution(tenant).map_or_else(String::new, |i| i.short.clone());
        for day in recon::days(app, tenant, DAYS_SHOWN).await? {
            rows += &day_row(&name, &day);
        }
        waiting.push((name, resolve::work(app, tenant).await?));
    }
    let work = match (by.role, waiting.as_slice()) {
        (Role::ProvinceAdmin, all) => {
            let own = resolve::work(app, by.tenant).await?;
            let own = if own.is_empty() { String::new() } else { work_part(by, &own) };
            province_part(all) + &own
        }
        (_, [(_, work)]) => work_part(by, work),
        _ => String::new(),
    };
    let wrong = wrong
        .map(|w| format!("<p class=\"wrong\" role=\"alert\">{}</p>", escape(w)))
        .unwrap_or_default();
    Ok(page::frame(
        "对账",
        &format!(
            "<header><b>对账</b><span><a href=\"/\">回工作台</a></span><span>{}（{}）</span></header><main>{wrong}{}{}</main>",
            escape(&by.login),
            by.role.label(),
            work,
            days_part(&rows),
        ),
    ))
}

fn days_part(rows: &str) -> String {
    if rows.is_empty() {
        return "<h2>每天的结果</h2><div class=\"card empty\">还没有对过账。有了转账，第二天会自动和核心的文件核对。</div>".into();
    }
    format!(
        "<h2>每天的结果</h2><table><thead><tr><th>日期</th><th>机构</th><th>结果</th><th class=\"n\">相符</th>\
         <th class=\"n\">不符</th><th class=\"n\">跨日</th></tr></thead><tbody>{rows}</tbody></table>"
    )
}

fn day_row(name: &str, day: &DayRow) -> String {
    let count = |class: usize| day.counts.get(class).copied().unwrap_or(0);
    let odd: i64 = (1..8).map(count).sum();
    let (class, words) = match day.state.as_str() {
        BALANCED => ("done", "平"),
        OPEN_DIFF => ("wrong", "有差错"),
        FILE_MISSING => ("wrong", "没有收到文件"),
        _ => ("amber", "核对中"),
    };
    let overdue = match day.overdue {
        0 => String::new(),
        n => format!("<br><span class=\"wrong\">{n} 笔超时未明</span>"),
    };
    format!(
        "<tr><td>{}</td><td>{}</td><td><span class=\"{class}\">{words}</span>{overdue}</td><td class=\"n\">{}</td>\
         <td class=\"n\">{odd}</td><td class=\"n\">{}</td></tr>",
        day.date,
        escape(name),
        count(0),
        count(8)
    )
}

fn work_part(by: &Staff, work: &Work) -> String {
    if work.is_empty() {
        return "<h2>待处理</h2><div class=\"card empty\">没有待处理的差错。</div>".into();
    }
    let mut out = format!(
        "<h2>待处理　<small class=\"soft\">{} 条</small></h2>",
        work.diffs.len() + work.payments.len()
    );
    out += &stopped_part(&work.stopped);
    for diff in &work.diffs {
        out += &diff_card(by, diff, work.now);
    }
    for payment in &work.payments {
        out += &payment_card(by, payment, work.now);
    }
    out
}

/// The province sees what waits at every bank, and how long; it is decided where it is.
fn province_part(all: &[(String, Work)]) -> String {
    let mut rows = String::new();
    for (name, work) in all {
        let since = work.diffs.iter().map(|d| d.found_at);
        let Some(first) = since.chain(work.payments.iter().map(|p| p.since)).min() else {
            continue;
        };
        let count = work.diffs.len() + work.payments.len();
        let stopped = stopped_titles(&work.stopped).join("、");
        let _ = write!(
            rows,
            "<tr><td>{}</td><td class=\"n\">{count}</td><td>{}</td><td>{}</td></tr>",
            escape(name),
            age(first, work.now),
            if stopped.is_empty() { "无" } else { &stopped },
        );
    }
    if rows.is_empty() {
        return "<h2>待处理</h2><div class=\"card empty\">各行都没有待处理的差错。</div>".into();
    }
    format!(
        "<h2>待处理　<small class=\"soft\">由各行两个人处理</small></h2><table><thead><tr><th>机构</th><th class=\"n\">差错</th>\
         <th>最早的</th><th>已停办</th></tr></thead><tbody>{rows}</tbody></table>"
    )
}

/// What customers cannot begin meanwhile.
fn stopped_titles(words: &BTreeSet<String>) -> Vec<&'static str> {
    Product::ALL.iter().filter(|p| words.contains(p.word())).map(|p| p.title()).collect()
}

fn stopped_part(words: &BTreeSet<String>) -> String {
    let titles = stopped_titles(words);
    if titles.is_empty() {
        return String::new();
    }
    format!(
        "<p class=\"wrong\" role=\"alert\">已自动停办：{}。客户暂时不能办新的，下面的短款和重复记账处理完，自动恢复。</p>",
        titles.join("、")
    )
}

/// How long it has waited; red past the time it should take.
fn age(since: Time, now: Time) -> String {
    let days = now.since(since) / DAY_MS;
    let class = if days >= LATE_DAYS { "wrong" } else { "soft" };
    let words = if days == 0 { "今天".to_owned() } else { format!("已 {days} 天") };
    format!("<span class=\"{class}\">{words}</span>")
}

fn sum(fen: Option<Fen>) -> String {
    fen.map_or_else(|| "无".to_owned(), |f| format!("{f} 元"))
}

fn why_words(why: &str) -> &'static str {
    match why {
        "amount" => "金额不一样",
        "fee" => "手续费不一样",
        "payer" => "付款账户不一样",
        "payee" => "收款账户不一样",
        "core_serial" => "核心流水号不一样",
        "core_date" => "记账日期不一样",
        "channel_serial" | "channel_date" => "渠道流水不一样",
        "kind" => "核心已经退回或冲正",
        "twice" => "同一笔核心有两条",
        "unknown_here" => "微银没有这一笔",
        "original_only" => "核心只有原交易",
        "reversal_only" => "核心只有冲正",
        "absent" => "核心没有这一笔",
        "posted" => "核心已经记账",
        "undone" => "核心已经冲正",
        "echo" => "核心说的金额、账户或流水不一样",
        _ => "",
    }
}

/// 受理号; what is none of ours has none.
fn number(item: &str) -> String {
    let item = item.split(':').next().unwrap_or(item);
    if serial::is_plausible(item) {
        format!("受理号 {}", serial::short(item))
    } else {
        "非微银流水".into()
    }
}

/// What the core has of it, and what says so: a file's line, or an answer.
fn seen(d: &Diff) -> String {
    if d.evidence == today::EVIDENCE {
        return "</p><p class=\"soft\">日间向核心查询，等当天的对账文件再核".into();
    }
    format!("　核心 {}</p><p class=\"soft code\">{}", sum(d.core), escape(&d.evidence))
}

fn diff_card(by: &Staff, d: &Diff, now: Time) -> String {
    let mut out = format!(
        "<section class=\"card\" aria-label=\"差错\"><p><b>{}</b>　{}　{}</p>\
         <p class=\"soft\">{}　{}　微银 {}{}</p>",
        class_words(&d.class),
        why_words(&d.why),
        age(d.found_at, now),
        d.date,
        number(&d.item),
        sum(d.amount),
        seen(d),
    );
    if d.state == "proposed" {
        let verdict = Verdict::ALL.iter().find(|(_, w, _)| *w == d.verdict).map_or("", |v| v.2);
        let _ = write!(out, "<p>处理意见：{verdict}。依据：{}</p>", escape(&d.reason));
        out += &decision(by, d);
    }
    if d.state == "open" || d.maker == Some(by.id.raw()) {
        out += &proposal(by, &format!("/recon/{}", d.id), d.payment.is_some());
    }
    out + "</section>"
}

fn decision(by: &Staff, d: &Diff) -> String {
    if d.maker == Some(by.id.raw()) {
        return "<p class=\"soft\">您提交的，等另一位管理员复核。</p>".into();
    }
    if by.role == Role::Agent {
        return "<p class=\"soft\">等管理员复核。</p>".into();
    }
    format!(
        "<form method=\"post\" action=\"/recon/{}\"><input type=\"hidden\" name=\"token\" value=\"{}\">\
         <button name=\"act\" value=\"approve\">同意</button> <button class=\"quiet\" name=\"act\" value=\"decline\">不同意</button></form>",
        d.id, by.form_token
    )
}

fn payment_card(by: &Staff, f: &Facts, now: Time) -> String {
    format!(
        "<section class=\"card\" aria-label=\"人工确认\"><p><b>人工确认：核心没有给出结果</b>　{}</p>\
         <p class=\"soft\">{}　受理号 {}　{} 元</p>{}</section>",
        age(f.since, now),
        f.channel_date,
        serial::short(&f.serial),
        f.amount,
        proposal(by, &format!("/recon/payment/{}", f.id), true)
    )
}

fn proposal(by: &Staff, action: &str, has_payment: bool) -> String {
    let choices: String = Verdict::ALL
        .iter()
        .filter(|(v, ..)| v.fits(has_payment))
        .map(|(_, word, words)| format!("<option value=\"{word}\">{words}</option>"))
        .collect();
    format!(
        "<details><summary>提交处理意见</summary><form class=\"decide\" method=\"post\" action=\"{action}\">\
         <input type=\"hidden\" name=\"token\" value=\"{}\"><label>结论<select name=\"verdict\">{choices}</select></label>\
         <label>依据（不写卡号、证件号）<input name=\"reason\" minlength=\"4\" maxlength=\"200\" required autocomplete=\"off\"></label>\
         <button name=\"act\" value=\"propose\">提交复核</button></form></details>",
        by.form_token
    )
}
