//! The copy as a page a person can read and print: headings, tables, no script.

use crate::web::escape;
use serde_json::Value;

const STYLE: &str = "body{margin:0;background:#F7F9F7;color:#1F2A24;font:17px/26px 'PingFang SC','Noto Sans CJK SC',\
'Microsoft YaHei',sans-serif}main{max-width:46rem;margin:0 auto;padding:24px 16px;background:#fff}h1{font-size:24px;line-height:34px}\
h2{font-size:19px;margin:28px 0 8px;border-bottom:1px solid #E2E8E4}section div{padding:8px 0;border-bottom:1px solid #E2E8E4;\
overflow-wrap:anywhere}b{color:#5B6B62;font-weight:400}p.none{color:#5B6B62}@media print{body{background:#fff}}";

/// The lists in their order, with what a customer calls them.
const PARTS: &[(&str, &str)] = &[
    ("follower", "您在公众号里"),
    ("bindings", "绑定"),
    ("consents", "您同意过的协议"),
    ("card_orders", "锁卡和挂失"),
    ("gifts", "捐的积分"),
    ("exchanges", "换的东西"),
    ("assessments", "风险测评"),
    ("conversation", "聊天记录（新的在前）"),
    ("messages_left", "您的留言"),
    ("not_yet_shown", "还没看到的消息"),
    ("stamped_statements", "盖章流水"),
    ("codes_sent", "发过的验证码（只记时间）"),
    ("pages_opened", "打开过的页面"),
    ("phones", "用过的手机（只记时间）"),
    ("face_checks", "刷脸（只记结果）"),
    ("actions", "操作记录（新的在前）"),
];

/// What a field is called.
fn name(field: &str) -> &str {
    match field {
        "at" | "asked" | "opened" => "时间",
        "project" => "项目",
        "grade" => "等级",
        "good_until" => "管到",
        "answers" => "您的回答",
        "points" => "积分",
        "you" => "您说",
        "bank" => "银行答",
        "official_account" => "公众号",
        "openid" => "微信给的编号",
        "follows" => "正在关注",
        "came_by_code" => "扫码来源",
        "first_seen" => "第一次来",
        "came_from_another_bank" => "从别的银行转来",
        "advertising_declined" => "退订广告",
        "accounts" => "账户",
        "default_account" => "默认账户",
        "state" => "状态",
        "since" | "given" => "开始",
        "ended" | "withdrawn" => "结束",
        "why_ended" => "结束原因",
        "frozen" => "停用",
        "elder_words" => "长辈模式",
        "agreement" => "协议",
        "version" => "版本",
        "channel" => "在哪里",
        "wish" => "要办的",
        "outcome" => "结果",
        "number" => "编号",
        "known" => "办好",
        "kind" => "种类",
        "words" => "内容",
        "from" => "从",
        "to" => "到",
        "can_be_checked_until" => "可验真到",
        "purpose" => "用途",
        "way" => "方式",
        "page" => "页面",
        "browser" => "浏览器",
        "last_used" => "最后使用",
        "act" => "操作",
        other => other,
    }
}

fn said(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(true) => Some("是".into()),
        Value::Bool(false) => Some("否".into()),
        Value::String(s) if s.is_empty() => None,
        Value::String(s) => Some(escape(s).replace('\n', "<br>")),
        Value::Array(all) => Some(all.iter().filter_map(said).collect::<Vec<_>>().join("，")),
        Value::Object(_) => Some(row(value)),
        Value::Number(n) => Some(n.to_string()),
    }
}

fn row(value: &Value) -> String {
    let Some(fields) = value.as_object() else { return said(value).unwrap_or_default() };
    let shown = fields.iter().filter_map(|(field, value)| {
        Some(format!("<b>{}</b> {}", escape(name(field)), said(value)?))
    });
    shown.collect::<Vec<_>>().join("<br>")
}

/// The page of a copy.
pub(super) fn html(file: &Value) -> String {
    let text = |field: &str| escape(file[field].as_str().unwrap_or_default());
    let section = |(field, title): &(&str, &str)| {
        let rows: Vec<String> = match &file[*field] {
            Value::Array(all) => all.iter().map(row).collect(),
            Value::Null => vec![],
            one => vec![row(one)],
        };
        let body = if rows.is_empty() {
            "<p class=\"none\">没有</p>".to_owned()
        } else {
            rows.iter().map(|r| format!("<div>{r}</div>")).collect()
        };
        format!("<section><h2>{title}</h2>{body}</section>")
    };
    let sections: String = PARTS.iter().map(section).collect();
    format!(
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>个人信息副本</title>\
         <style>{STYLE}</style></head><body><main><h1>{}微信银行：您的个人信息副本</h1><p>生成于 {}。{}</p>{sections}</main></body></html>",
        text("bank"),
        text("made_at"),
        text("elsewhere"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_said_is_shown_as_words_and_never_as_markup() {
        let file = json!({
            "bank": "陵溪农商行", "made_at": "2026-11-23 10:00:00",
            "conversation": [{ "at": "2026-11-23 09:59:00", "you": "<script>x</script>", "bank": "您好" }],
        });
        let page = html(&file);
        assert!(page.contains("您说</b> &lt;script&gt;"), "{page}");
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("锁卡和挂失</h2><p class=\"none\">没有"), "{page}");
    }
}
