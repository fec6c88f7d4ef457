//! The catalogue's page: all of it is in the HTML, so it can be read, searched by the browser and printed without a script.

use super::{Bubble, Catalogue, Entry, Sample, Status};
use crate::web::escape;
use std::fmt::Write as _;

pub const STYLE: &str = include_str!("catalogue.css");
pub const SCRIPT: &str = include_str!("catalogue.js");
const MARK: &str = include_str!("../../../../web/shared/mark.svg");
/// Phrases shown before one asks for more.
const PHRASES_FIRST: usize = 12;

/// A file of its own: style and script are inside.
pub fn whole(all: &Catalogue) -> String {
    let head = format!("<style>{STYLE}</style>");
    frame(all, &head, &format!("<script>{SCRIPT}</script>"), "")
}

/// The page in the console: style and script are files of ours.
pub fn in_console(all: &Catalogue) -> String {
    frame(
        all,
        "<link rel=\"stylesheet\" href=\"/catalogue.css\">",
        "<script src=\"/catalogue.js\"></script>",
        "<a class=\"back\" href=\"/\">回工作台</a>",
    )
}

fn frame(all: &Catalogue, head: &str, foot: &str, back: &str) -> String {
    let mut out = format!(
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>服务目录 · 微银</title>{head}</head><body>\
         <header><div class=\"brand\">{MARK}<h1>服务目录</h1>{back}</div>{figures}{groups}</header>",
        figures = figures(all),
        groups = groups(all)
    );
    out.push_str(&tools(all));
    out.push_str("<main>");
    for (n, (group, items)) in all.groups().into_iter().enumerate() {
        let _ = write!(
            out,
            "<section data-group=\"g{n}\"><h2 id=\"g{n}\">{}<small><b>{}</b> 项</small></h2>",
            escape(group),
            items.len()
        );
        for item in items {
            card(&mut out, item);
        }
        out.push_str("</section>");
    }
    let _ = write!(
        out,
        "<p class=\"none\" hidden>没有这样的服务。换个说法，或清掉筛选再找。</p></main>\
         <footer>由业务流程文件生成，版本 {:08x}。对话里「…」表示可变的内容，人名和账号都是虚构的。</footer>{foot}</body></html>",
        all.version
    );
    out
}

fn figures(all: &Catalogue) -> String {
    let works = all.items.len() - all.count(Status::Soon);
    let figure = |n: usize, what: &str| format!("<li><b>{}</b>{what}</li>", grouped(n));
    format!(
        "<ul class=\"figures\">{}{}{}{}</ul>",
        figure(all.items.len(), "项服务"),
        figure(works, "项现在能办"),
        figure(all.phrases(), "种说法"),
        figure(all.samples(), "段对话，段段验过")
    )
}

/// `11,653`
fn grouped(n: usize) -> String {
    match n / 1_000 {
        0 => n.to_string(),
        more => format!("{},{:03}", grouped(more), n % 1_000),
    }
}

/// The groups: links for everyone, filters with the script.
fn groups(all: &Catalogue) -> String {
    let chip = |(n, (group, items)): (usize, (&str, &[Entry]))| {
        format!(
            "<a class=\"chip\" href=\"#g{n}\" data-group=\"g{n}\">{}<b>{}</b></a>",
            escape(group),
            items.len()
        )
    };
    let chips: String = all.groups().into_iter().enumerate().map(chip).collect();
    format!("<p class=\"chips\" role=\"group\" aria-label=\"分类\">{chips}</p>")
}

/// Search and states: of use with the script only, hidden without it.
fn tools(all: &Catalogue) -> String {
    let mut out = String::from(
        "<nav aria-label=\"查找\"><label class=\"find\"><span>找服务</span>\
         <input id=\"q\" type=\"search\" placeholder=\"说一句话，比如 查余额\" autocomplete=\"off\"><kbd>/</kbd></label>\
         <div class=\"row\"><p class=\"chips\" role=\"group\" aria-label=\"状态\">",
    );
    for status in Status::ALL.into_iter().filter(|s| all.count(*s) > 0) {
        let _ = write!(
            out,
            "<button type=\"button\" class=\"chip {key}\" data-status=\"{key}\" aria-pressed=\"false\">{}<b>{}</b></button>",
            status.label(),
            all.count(status),
            key = status.key()
        );
    }
    let _ = write!(
        out,
        "</p><p class=\"told\" aria-live=\"polite\"><b id=\"n\">{}</b> 项<span class=\"keys\">↑↓ 选　回车 展开　Esc 清除</span></p></div></nav>",
        all.items.len()
    );
    out
}

fn card(out: &mut String, item: &Entry) {
    let first = item.say.first().map_or(String::new(), |s| format!("「{}」", escape(s)));
    let _ = write!(
        out,
        "<details id=\"{id}\" data-status=\"{key}\"><summary><span class=\"title\">{}</span><span class=\"say\">{first}</span>\
         <span class=\"badge {key}\">{}</span></summary><div class=\"body\">\
         <p class=\"facts\">{} · {} 种说法 · <a href=\"#{id}\">#{id}</a></p>",
        escape(&item.title),
        item.status.label(),
        item.kind,
        item.say.len(),
        id = escape(&item.id),
        key = item.status.key(),
    );
    phrases(out, &item.say);
    out.push_str("<div class=\"talks\">");
    for sample in &item.samples {
        talk(out, sample);
    }
    out.push_str("</div></div></details>");
}

fn phrases(out: &mut String, say: &[String]) {
    if say.is_empty() {
        out.push_str("<p class=\"soft\">不用说出来，到时候自己会来。</p>");
        return;
    }
    let list = |some: &[String]| -> String {
        some.iter().map(|s| format!("<li>{}</li>", escape(s))).collect()
    };
    let (first, more) = say.split_at(say.len().min(PHRASES_FIRST));
    let _ = write!(out, "<h3>可以这样说</h3><ul class=\"phrases\">{}</ul>", list(first));
    if !more.is_empty() {
        let _ = write!(
            out,
            "<details class=\"more\"><summary>还有 {} 种说法</summary><ul class=\"phrases\">{}</ul></details>",
            more.len(),
            list(more)
        );
    }
}

fn talk(out: &mut String, sample: &Sample) {
    let elder = if sample.is_elder { " elder" } else { "" };
    let _ = write!(
        out,
        "<figure class=\"talk{elder}\"><figcaption>{}</figcaption>",
        escape(&sample.about)
    );
    for bubble in &sample.bubbles {
        match bubble {
            Bubble::Note(text) => {
                let _ = write!(out, "<p class=\"note\">{}</p>", escape(text));
            }
            Bubble::Customer(text) => {
                let _ = write!(out, "<p class=\"me\"><i>客户</i>{}</p>", escape(text));
            }
            Bubble::Bank { words, chips, link } => {
                let _ = write!(out, "<div class=\"bank\"><i>银行</i>{}", escape(words));
                if let Some(link) = link {
                    let _ = write!(out, "<span class=\"link\">{} ›</span>", escape(link));
                }
                for chip in chips {
                    let _ = write!(out, "<span class=\"line\">{}</span>", escape(chip));
                }
                out.push_str("</div>");
            }
        }
    }
    out.push_str("</figure>");
}
