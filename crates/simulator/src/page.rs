//! The few HTML pages WeChat itself shows: web login, authorisation, errors.

use crate::text::html;

const STYLE: &str = "body{margin:0;background:#ededed;color:#1a1a1a;font:16px/1.6 -apple-system,'PingFang SC','Microsoft YaHei',sans-serif}\
main{max-width:420px;margin:0 auto;padding:32px 24px}h1{font-size:20px;font-weight:600;margin:16px 0 8px}p{margin:8px 0;color:#555}\
.card{background:#fff;border-radius:12px;padding:24px;text-align:center}.face{width:64px;height:64px;border-radius:10px;margin:0 auto;\
display:flex;align-items:center;justify-content:center;color:#fff;font-size:28px}ul{text-align:left;color:#888;font-size:14px;padding-left:20px}\
a.button,button{display:block;box-sizing:border-box;width:100%;margin:16px 0 0;padding:12px;border:0;border-radius:8px;font-size:17px;text-align:center;\
text-decoration:none;background:#07c160;color:#fff}a.quiet{background:#f2f2f2;color:#07c160}label{display:block;text-align:left;padding:6px 0}\
a.small{display:inline-block;margin-top:16px;font-size:14px;color:#999}small{color:#999}code{background:#eee;padding:1px 4px;border-radius:4px}";

/// A whole page around `body`, which is HTML already.
pub(crate) fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{}</title>\
         <style>{STYLE}</style></head><body><main>{body}</main></body></html>",
        html(title)
    )
}

/// A page that says what is wrong.
pub(crate) fn error(title: &str, words: &str) -> String {
    let body = format!("<div class=\"card\"><h1>{}</h1><p>{}</p></div>", html(title), html(words));
    page(title, &body)
}

/// The coloured square with a name's first character.
pub(crate) fn face(name: &str, color: &str) -> String {
    let first: String = name.chars().take(1).collect();
    format!("<div class=\"face\" style=\"background:{}\">{}</div>", html(color), html(&first))
}
