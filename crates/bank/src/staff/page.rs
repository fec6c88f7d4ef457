//! The staff pages' HTML and style. Every value goes through [`escape`].

use super::{Inbox, LeftMessage, Overview, Role, Staff, cases, unlocking};
use crate::cases::Case;
use crate::tenants::Registry;
use crate::web::escape;
use base::Time;

pub(super) const STYLE: &str = "\
:root{--green:#0B6B46;--tint:#E7F3EC;--ink:#1F2A24;--soft:#5B6B62;--line:#E2E8E4;--paper:#F7F9F7;--red:#C0392B;--amber:#B45309}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);
font:14px/22px 'PingFang SC','Noto Sans CJK SC','Microsoft YaHei',sans-serif;font-variant-numeric:tabular-nums}
header{display:flex;align-items:center;gap:16px;padding:12px 24px;background:#fff;border-bottom:1px solid var(--line)}
header b{font-size:18px;color:var(--green)}header span{flex:1;color:var(--soft)}
main{max-width:1040px;margin:24px auto;padding:0 16px}h2{font-size:18px;margin:24px 0 12px}
header a{color:var(--green);padding:11px 0}
table{width:100%;border-collapse:collapse;background:#fff;border:1px solid var(--line);border-radius:8px;overflow:hidden}
th,td{text-align:left;padding:10px 16px;border-top:1px solid var(--line)}th{border:0;color:var(--soft);font-weight:500}
td.n,th.n{text-align:right}.card{background:#fff;border:1px solid var(--line);border-radius:8px;padding:16px;margin-bottom:12px}
.card p{margin:4px 0}.soft{color:var(--soft)}.empty{padding:32px;text-align:center;color:var(--soft)}
button{min-height:44px;padding:0 20px;border:0;border-radius:8px;background:var(--green);color:#fff;font:inherit;cursor:pointer}
button.quiet{background:var(--tint);color:var(--green)}button.danger{background:none;color:var(--red);border:1px solid var(--red)}button:focus-visible,input:focus-visible,textarea:focus-visible,select:focus-visible,a:focus-visible,summary:focus-visible{outline:3px solid #0E8A5A;outline-offset:2px}
.decide textarea{display:block;width:100%;padding:8px 12px;border:1px solid #8A988F;border-radius:8px;font:inherit;background:none;color:inherit}.code,pre{font-family:ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
.find{display:flex;align-items:center;gap:12px}.find input{flex:1;min-width:0;min-height:44px;padding:0 12px;border:1px solid #8A988F;border-radius:8px;font:inherit;background:none;color:inherit}
.chips{display:flex;flex-wrap:wrap;gap:8px;margin:16px 0}.chips a{display:inline-flex;align-items:center;min-height:44px;padding:0 16px;border:1px solid var(--line);border-radius:22px;text-decoration:none;color:inherit}
.chips a[aria-current]{background:var(--tint);color:var(--green);border-color:var(--green);font-weight:600}.amber{color:var(--amber)}.done{color:var(--green);font-weight:600}.lines{white-space:pre-line}
summary{min-height:44px;line-height:44px;color:var(--green);cursor:pointer}details ul{margin:0 0 12px}h2 small{font-size:14px;font-weight:400}td:first-child{min-width:150px}td:nth-child(n+3){white-space:nowrap}
.decide label{display:block;margin:8px 0}.decide select,.decide input{width:100%;min-height:44px;padding:0 12px;border:1px solid #8A988F;border-radius:8px;font:inherit;background:none;color:inherit}a{color:var(--green)}.decide [type=checkbox]{width:24px;min-height:24px;vertical-align:middle}
.login{max-width:360px;margin:12vh auto;background:#fff;border:1px solid var(--line);border-radius:12px;padding:32px}
.login label{display:block;margin:16px 0 4px}.login input{width:100%;min-height:44px;padding:0 12px;border:1px solid #8A988F;border-radius:8px;font:inherit}
.login button{width:100%;margin-top:24px}.wrong{color:var(--red);margin-top:12px}
@media (max-width:640px){th,td{padding:8px}header{padding:12px 16px}}
@media (prefers-color-scheme:dark){:root{--tint:#153527;--ink:#E6EEE9;--soft:#A3B3AA;--line:#2A3A32;--paper:#0F1613;--green:#4CC38A;--red:#FF8A7A;--amber:#F0A55A}
header,table,.card,.login{background:#16201B}button{color:#06130D}button.quiet{color:var(--green)}.login input{background:#0F1613;color:inherit}.wrong{color:#FF8A7A}}
";

pub(super) fn frame(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{title} · 微银</title>\
         <link rel=\"stylesheet\" href=\"/style.css\"></head><body>{body}</body></html>"
    )
}

pub(super) fn login(wrong: Option<&str>) -> String {
    login_as("", wrong)
}

/// The same with the name that was typed: what is wrong is most often the password.
pub(super) fn login_as(name: &str, wrong: Option<&str>) -> String {
    let (at_name, at_password) =
        if name.is_empty() { (" autofocus", "") } else { ("", " autofocus") };
    let name = escape(name);
    let wrong = wrong
        .map(|w| format!("<p class=\"wrong\" role=\"alert\">{}</p>", escape(w)))
        .unwrap_or_default();
    frame(
        "登录",
        &format!(
            "<form class=\"login\" method=\"post\" action=\"/login\"><h2>微银 员工登录</h2>\
             <label for=\"l\">登录名</label><input id=\"l\" name=\"login\" autocomplete=\"username\" required value=\"{name}\"{at_name}>\
             <label for=\"p\">密码</label><input id=\"p\" name=\"password\" type=\"password\" autocomplete=\"current-password\" required{at_password}>\
             <label for=\"c\">动态码</label><input id=\"c\" name=\"code\" inputmode=\"numeric\" maxlength=\"6\" autocomplete=\"one-time-code\" placeholder=\"没有可不填\">\
             {wrong}<button>登录</button></form>"
        ),
    )
}

/// A page that says one thing, with the way back.
pub(super) fn note(words: &str) -> String {
    let words = escape(words);
    frame(
        "说明",
        &format!(
            "<main><div class=\"card\"><p>{words}</p><p><a href=\"/\">回工作台</a></p></div></main>"
        ),
    )
}

pub(super) fn home(
    registry: &Registry,
    by: &Staff,
    (inbox, waiting): (&Inbox, &[Case]),
    now: Time,
) -> String {
    let name = |t| registry.institution(t).map_or_else(String::new, |i| escape(&i.short));
    let banks: String = inbox.banks.iter().map(|b| bank_row(&name(b.tenant), b)).collect();
    let left: String = if inbox.messages.is_empty() {
        "<div class=\"card empty\">没有待处理的留言。客户说「留言」或「人工」时，会出现在这里。</div>".into()
    } else {
        inbox.messages.iter().map(|m| message_card(m, by)).collect()
    };
    let heading = if by.role == Role::ProvinceAdmin { "各机构今天" } else { "本行今天" };
    frame(
        "工作台",
        &format!(
            "<header><b>微银</b><span>{} · {}（{}）　数据为 {}</span><a href=\"/knowledge\">知识库</a><a href=\"/phrases\">本行说法</a><a href=\"/recon\">对账</a><a href=\"/gifts\">公益</a><a href=\"/notices\">通知模板</a><a href=\"/catalogue\">服务目录</a>\
             <form method=\"post\" action=\"/logout\"><button class=\"quiet\">退出</button></form></header>\
             <main><h2>{heading}</h2><table><thead><tr><th>机构</th><th class=\"n\">关注者</th><th class=\"n\">已绑定</th>\
             <th class=\"n\">今天的对话</th><th class=\"n\">待处理留言</th></tr></thead><tbody>{banks}</tbody></table>\
             {}<h2>待办业务单</h2>{}<h2>待处理留言</h2>{left}</main>",
            name(by.tenant),
            escape(&by.login),
            by.role.label(),
            clock(now),
            unlocking::form(by),
            cases::table(waiting, now),
        ),
    )
}

fn bank_row(name: &str, b: &Overview) -> String {
    format!(
        "<tr><td>{name}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
        b.followers, b.bound, b.turns_today, b.messages_open
    )
}

fn message_card(m: &LeftMessage, by: &Staff) -> String {
    let kind = match m.kind.as_str() {
        "message" => "留言",
        "callback" => "约回电",
        "fraud" => "疑似受骗（请先处理）",
        "card_loss" => "卡丢了（请先处理）",
        "card_stop" => "停卡没有回音（请先处理）",
        "suspicious" => "请辨真假",
        "erase" => "要求删除个人信息",
        "profile" => "修改资料",
        "crisis" => "需要关怀（请先处理）",
        _ => "找人工",
    };
    let label = |field: &str| match field {
        "text" => "内容",
        "phone" => "电话",
        "when" => "时间",
        _ => "",
    };
    let lines: String = m
        .lines
        .iter()
        .filter(|(field, _)| !label(field).is_empty())
        .map(|(field, text)| {
            let text = if text == "registered" { "银行预留的手机号" } else { text };
            format!("<p><span class=\"soft\">{}：</span>{}</p>", label(field), escape(text))
        })
        .collect();
    format!(
        "<div class=\"card\"><p><b>{kind}</b>　<span class=\"soft\">{}</span></p>{lines}\
         <form method=\"post\" action=\"/messages/{}/close\"><input type=\"hidden\" name=\"token\" value=\"{}\">\
         <button class=\"quiet\">处理好了</button></form></div>",
        clock(m.at),
        m.id,
        by.form_token
    )
}

pub(super) use crate::verbs::moment_words as clock;
