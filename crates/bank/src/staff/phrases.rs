//! The page for an institution's own phrases and words (本行说法): what is live, a new file, a second person's decision, the way back.

use super::http::{broken, html, may_post, who};
use super::{NO_SESSION, Role, Staff, page};
use crate::app::App;
use crate::local::{self, Told, Version};
use crate::web::escape;
use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base::{Error, Result};
use serde::Deserialize;
use std::sync::Arc;

const SAMPLE: &str =
    "[say]\naccount_balance = [\"瞄哈我折子头还剩好多\"]\n\n[words]\n\"折子头\" = \"存折\"\n";

/// What the page sends.
#[derive(Deserialize)]
pub struct Typed {
    token: String,
    act: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    version: String,
}

base::unprinted!(Typed);

/// `GET /phrases`
pub async fn show(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let shown = async {
        let by = who(&app, &headers).await?;
        body(&app, &by, None, "").await
    };
    answer(StatusCode::OK, shown.await)
}

/// `POST /phrases`
pub async fn act(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Response {
    let by = match who(&app, &headers).await {
        Ok(by) if may_post(&by, &typed.token) => by,
        Ok(_) => return answer(StatusCode::OK, NO_SESSION.into()),
        Err(e) => return answer(StatusCode::OK, Err(e)),
    };
    match acted(&app, &by, &typed).await {
        Ok(done) => answer(StatusCode::OK, body(&app, &by, None, &done).await),
        Err(Error::Refused(no)) => {
            let status = StatusCode::from_u16(no.kind.status()).unwrap_or(StatusCode::BAD_REQUEST);
            answer(status, body(&app, &by, Some((typed.text.as_str(), &*no.words)), "").await)
        }
        Err(e) => broken(&e),
    }
}

async fn acted(app: &Arc<App>, by: &Staff, typed: &Typed) -> Result<String> {
    let version = || typed.version.parse::<i64>().map_err(|_| Error::from(local::NO_VERSION));
    match typed.act.as_str() {
        "propose" => {
            let text = typed.text.replace("\r\n", "\n");
            let version = local::propose(app, by.maker(), text).await?;
            Ok(format!("第 {version} 版提交好了，等本机构另一位管理员审批。"))
        }
        "publish" => {
            let told = local::publish(app, by.checker()?, version()?).await?;
            Ok(format!("第 {} 版发布好了，马上生效。{}", told.version, figures(&told)))
        }
        "decline" => {
            local::decline(app, by.checker()?, version()?).await?;
            Ok("没有通过，还用原来的。".to_owned())
        }
        "back" => {
            local::roll_back(app, by.checker()?, Some(version()?)).await?;
            Ok(format!("换回第 {} 版了，马上生效。", typed.version))
        }
        "none" => {
            local::roll_back(app, by.checker()?, None).await?;
            Ok("不再用本行说法，马上生效。".to_owned())
        }
        _ => local::NO_VERSION.into(),
    }
}

fn answer(status: StatusCode, shown: Result<String>) -> Response {
    match shown {
        Ok(body) => html(status, body),
        Err(Error::Refused(no)) => html(StatusCode::UNAUTHORIZED, page::login(Some(&no.words))),
        Err(e) => broken(&e),
    }
}

fn figures(told: &Told) -> String {
    format!(
        "{} 句说法、{} 个词；留一句考其余，{} 句里认出 {} 句；{} 句不是付款的话里误开付款 {} 次；占内存 {} KB；用时 {}.{:01} 秒。",
        told.phrases,
        told.words,
        told.judged,
        told.found,
        told.negatives,
        told.false_drafts,
        told.bytes.div_ceil(1024),
        told.took_ms / 1_000,
        told.took_ms % 1_000 / 100,
    )
}

async fn body(
    app: &Arc<App>,
    by: &Staff,
    refused: Option<(&str, &str)>,
    done: &str,
) -> Result<String> {
    let (all, is_whole, _) = local::list(app, by.tenant).await?;
    let live = all.iter().find(|v| v.state == "live");
    let told = match refused {
        Some((_, why)) => {
            format!("<p class=\"wrong lines\" role=\"alert\">{}</p>", escape(why))
        }
        None if done.is_empty() => String::new(),
        None => format!("<p class=\"done\" role=\"status\">{}</p>", escape(done)),
    };
    let stale = if is_whole {
        ""
    } else {
        "<p class=\"wrong\" role=\"alert\">系统的业务流程更新过，本行说法现在只认原句。请把现用的一版重新提交、审批。</p>"
    };
    let kept = live.map_or(SAMPLE, |v| v.text.as_str());
    let text = escape(refused.map_or(kept, |(text, _)| if text.is_empty() { kept } else { text }));
    let versions: String = if all.is_empty() {
        "<div class=\"card empty\">还没有本行说法。当地人有特别的叫法，就在下面写给系统听。</div>"
            .into()
    } else {
        all.iter().map(|v| version_card(by, v)).collect()
    };
    Ok(page::frame(
        "本行说法",
        &format!(
            "<header><b>本行说法</b><span><a href=\"/\">回工作台</a></span><span>{}（{}）</span></header><main>{told}{stale}\
             <h2>各版本</h2>{versions}<h2>提交新的一版</h2>\
             <form class=\"card decide\" method=\"post\" action=\"/phrases\"><input type=\"hidden\" name=\"token\" value=\"{}\">\
             <p class=\"soft\">[say] 下面写“业务编号 = 几句说法”，编号见<a href=\"/catalogue\">服务目录</a>；[words] 下面写“当地的词 = 系统认识的词”。新的一版代替整个旧版。</p>\
             <label for=\"text\">全部说法和词</label><textarea id=\"text\" class=\"code\" name=\"text\" rows=\"14\" spellcheck=\"false\" required>{text}</textarea>\
             <button name=\"act\" value=\"propose\">检查并提交审批</button></form></main>",
            escape(&by.login),
            by.role.label(),
            by.form_token,
        ),
    ))
}

fn version_card(by: &Staff, v: &Version) -> String {
    let state = match v.state.as_str() {
        "proposed" => "待审批",
        "live" => "现用",
        "former" => "用过",
        _ => "没有通过",
    };
    let button = |class: &str, act: &str, words: &str| {
        format!("<button class=\"{class}\" name=\"act\" value=\"{act}\">{words}</button> ")
    };
    let may = by.role != Role::Agent;
    let is_mine = v.maker == by.id.raw();
    let buttons = match v.state.as_str() {
        "proposed" if is_mine => "<p class=\"soft\">您提交的，等另一位管理员审批。</p>".to_owned(),
        "proposed" if may => {
            button("", "publish", "通过并发布") + &button("quiet", "decline", "不通过")
        }
        "live" if may => button("danger", "none", "停用"),
        "former" if may => button("quiet", "back", "换回这一版"),
        _ => String::new(),
    };
    let told: Option<Told> = v.figures.as_deref().and_then(|f| serde_json::from_str(f).ok());
    let told = told.map_or_else(String::new, |t| format!("<p class=\"soft\">{}</p>", figures(&t)));
    format!(
        "<form class=\"card\" method=\"post\" action=\"/phrases\"><input type=\"hidden\" name=\"token\" value=\"{}\">\
         <input type=\"hidden\" name=\"version\" value=\"{}\"><p><b>第 {} 版　{state}</b>　<span class=\"soft\">{}</span></p>{told}\
         <details><summary>看内容</summary><pre>{}</pre></details>{buttons}</form>",
        by.form_token,
        v.version,
        v.version,
        page::clock(v.made_at),
        escape(&v.text),
    )
}
