//! Template messages (模板消息): the account's private templates, sending, and the result event.
//!
//! `first` and `remark` are dropped and colours ignored, as WeChat does since 2023-05-04. A value that breaks its keyword's
//! rule is refused with 47003 and the field's name.

use super::{Answer, Call, Fail, Outcome, fail, text_of, uid_of};
use crate::config::TemplateConfig;
use crate::item::{Body, Side, TemplateCard, TemplateRow};
use crate::world::{Template, World};
use serde_json::{Value, json};

const TEMPLATES_MAX: usize = 25;
/// The same client_msg_id is sent once within this time.
const CLIENT_ID_MS: i64 = 10 * 60_000;

/// A category template: short id, title, keywords as label and type.
type Category = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// Category templates that can be added.
static LIBRARY: &[Category] = &[
    (
        "43216",
        "账户变动提醒",
        &[
            ("变动时间", "time"),
            ("变动类型", "phrase"),
            ("变动金额", "amount"),
            ("账户", "character_string"),
            ("备注", "thing"),
        ],
    ),
    (
        "43217",
        "交易结果通知",
        &[
            ("交易类型", "thing"),
            ("交易金额", "amount"),
            ("交易时间", "time"),
            ("交易结果", "phrase"),
        ],
    ),
    (
        "43218",
        "还款提醒",
        &[("还款账户", "character_string"), ("还款金额", "amount"), ("还款日期", "date")],
    ),
    (
        "43219",
        "业务办理进度通知",
        &[
            ("业务名称", "thing"),
            ("办理进度", "phrase"),
            ("受理编号", "character_string"),
            ("时间", "time"),
        ],
    ),
    (
        "43220",
        "排队叫号提醒",
        &[("网点", "thing"), ("号码", "character_string"), ("前面人数", "number")],
    ),
    (
        "43221",
        "预约成功通知",
        &[("预约业务", "thing"), ("预约网点", "thing"), ("预约时间", "time")],
    ),
    ("43222", "登录提醒", &[("登录时间", "time"), ("登录方式", "thing")]),
    (
        "43223",
        "到期提醒",
        &[("业务名称", "thing"), ("到期时间", "date"), ("到期金额", "amount"), ("备注", "thing")],
    ),
    ("43224", "账户安全提醒", &[("提醒事项", "thing"), ("提醒时间", "time"), ("备注", "thing")]),
];

impl Template {
    /// Reads labels and keywords out of `名称：{{thing1.DATA}}` lines.
    pub(crate) fn of(config: &TemplateConfig) -> Self {
        let mut fields = vec![];
        for line in config.content.lines() {
            let Some((before, rest)) = line.split_once("{{") else {
                continue;
            };
            let Some((keyword, _)) = rest.split_once(".DATA}}") else {
                continue;
            };
            if keyword != "first" && keyword != "remark" {
                let label = before.trim().trim_end_matches(['：', ':']);
                fields.push((label.to_owned(), keyword.to_owned()));
            }
        }
        Self {
            id: config.template_id.clone(),
            title: config.title.clone(),
            content: config.content.clone(),
            fields,
        }
    }
}

pub(crate) fn send(world: &mut World, call: &Call) -> Outcome {
    let openid = call.text("touser");
    let uid = uid_of(world, call, &openid)?;
    let id = call.text("template_id");
    let account = world.account(&call.appid).map_err(|_| Fail::from(40013))?;
    let template =
        account.templates.iter().find(|t| t.id == id).cloned().ok_or_else(|| Fail::from(40037))?;
    let now = world.now();
    let chat = world.chat(&call.appid, &uid);
    if chat.blocked {
        return fail(43019);
    }
    if !chat.followed {
        return fail(43004);
    }
    let rows = rows(&template, call.json.get("data").unwrap_or(&Value::Null))?;
    let client_id = call.text("client_msg_id");
    chat.client_ids.retain(|_, (at, _)| now.since(*at) < CLIENT_ID_MS);
    let known = chat.client_ids.get(&client_id).filter(|_| !client_id.is_empty());
    if let Some((_, msgid)) = known {
        return Ok(Answer::Json(json!({ "errcode": 0, "errmsg": "ok", "msgid": msgid })));
    }
    let status = chat.next_template_status.take().unwrap_or_else(|| String::from("success"));
    let msgid = i64::try_from(world.next_msg_id()).unwrap_or(0);
    if !client_id.is_empty() {
        world.chat(&call.appid, &uid).client_ids.insert(client_id, (now, msgid));
    }
    if status == "success" {
        let card = TemplateCard { title: template.title, rows, url: call.text("url") };
        world.show(&call.appid, &uid, Side::Account, Body::Template { template: card });
    }
    // an account and a chat exist here, so telling cannot be refused
    let _ = world.tell(&call.appid, &uid, "TEMPLATESENDJOBFINISH", |xml| {
        xml.number("MsgID", msgid).text("Status", &status)
    });
    Ok(Answer::Json(json!({ "errcode": 0, "errmsg": "ok", "msgid": msgid })))
}

fn rows(template: &Template, data: &Value) -> Result<Vec<TemplateRow>, Fail> {
    let mut rows = vec![];
    for (label, keyword) in &template.fields {
        let value = data.get(keyword).map(|v| text_of(v, "value")).unwrap_or_default();
        if !fits(keyword, &value) {
            let words = format!("argument invalid! data.{keyword}.value invalid");
            return Err(Fail::saying(47003, words));
        }
        rows.push(TemplateRow { name: label.clone(), value });
    }
    Ok(rows)
}

/// Whether a value keeps the rule of its keyword's type. Keywords of historic templates (`keyword1`) have none.
pub(super) fn fits(keyword: &str, value: &str) -> bool {
    let kind = keyword.trim_end_matches(|c: char| c.is_ascii_digit());
    let chars = value.chars().count();
    let all = |ok: fn(char) -> bool| value.chars().all(ok);
    if value.trim().is_empty() {
        return false;
    }
    match kind {
        "thing" => chars <= 20,
        "character_string" => chars <= 32 && all(|c| c.is_ascii_graphic() || c == ' '),
        "number" => chars <= 32 && all(|c| c.is_ascii_digit() || c == '.'),
        "letter" => chars <= 32 && all(|c| c.is_ascii_alphabetic()),
        "symbol" => chars <= 5 && !value.chars().any(char::is_alphanumeric),
        "time" | "date" => {
            value.chars().any(|c| c.is_ascii_digit())
                && all(|c| c.is_ascii_digit() || "年月日时分秒:：-/~ ".contains(c))
        }
        "amount" => is_amount(value),
        "phone_number" => chars <= 17 && all(|c| c.is_ascii_digit() || "-+ ".contains(c)),
        "car_number" => chars <= 8,
        "name" => chars <= if value.is_ascii() { 20 } else { 10 },
        "phrase" => chars <= 5 && all(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)),
        _ => true,
    }
}

/// One currency sign, at most ten digits, decimals, perhaps 元 at the end.
fn is_amount(value: &str) -> bool {
    let value = value.strip_suffix('元').unwrap_or(value);
    let value = value.strip_prefix(['¥', '￥', '$', '€', '-', '+']).unwrap_or(value);
    let value = value.strip_prefix(['¥', '￥', '$', '€']).unwrap_or(value);
    let digits: String = value.chars().filter(|c| *c != ',').collect();
    let (whole, part) = digits.split_once('.').unwrap_or((&digits, "0"));
    let ok = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    whole.len() <= 10 && ok(whole) && ok(part)
}

pub(crate) fn add(world: &mut World, call: &Call) -> Outcome {
    let short = call.text("template_id_short");
    let (_, title, keywords) =
        LIBRARY.iter().find(|(id, ..)| *id == short).ok_or_else(|| Fail::from(40037))?;
    let wanted: Vec<&str> = call
        .json
        .get("keyword_name_list")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let mut content = String::new();
    let mut add_line = |label: &str, at: usize| {
        if let Some((label, kind)) = keywords.iter().find(|(l, _)| *l == label) {
            content.push_str(&format!("{label}：{{{{{kind}{}.DATA}}}}\n", at + 1));
        }
    };
    if wanted.is_empty() {
        keywords.iter().enumerate().for_each(|(at, (label, _))| add_line(label, at));
    }
    for label in &wanted {
        let at = keywords.iter().position(|(l, _)| l == label).ok_or_else(|| {
            Fail::saying(47003, format!("argument invalid! keyword_name_list: {label}"))
        })?;
        add_line(label, at);
    }
    let template_id = format!("{}{}", world.random.hex(16), &world.random.hex(6)[..11]);
    let config =
        TemplateConfig { template_id: template_id.clone(), title: (*title).to_owned(), content };
    let account = world.account_mut(&call.appid).map_err(|_| Fail::from(40013))?;
    if account.templates.len() >= TEMPLATES_MAX {
        return fail(45026);
    }
    account.templates.push(Template::of(&config));
    Ok(Answer::Json(json!({ "errcode": 0, "errmsg": "ok", "template_id": template_id })))
}

pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    let account = world.account(&call.appid).map_err(|_| Fail::from(40013))?;
    let list: Vec<Value> = account
        .templates
        .iter()
        .map(|t| {
            json!({
                "template_id": t.id, "title": t.title, "primary_industry": "", "deputy_industry": "",
                "content": t.content, "example": "",
            })
        })
        .collect();
    Ok(Answer::Json(json!({ "template_list": list })))
}

pub(crate) fn delete(world: &mut World, call: &Call) -> Outcome {
    let id = call.text("template_id");
    let account = world.account_mut(&call.appid).map_err(|_| Fail::from(40013))?;
    let before = account.templates.len();
    account.templates.retain(|t| t.id != id);
    if account.templates.len() == before { fail(40037) } else { Answer::ok() }
}

pub(crate) fn industry(_: &mut World, _: &Call) -> Outcome {
    Ok(Answer::Json(json!({
        "primary_industry": { "first_class": "金融业", "second_class": "银行" },
        "secondary_industry": { "first_class": "金融业", "second_class": "银行" },
    })))
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn values_keep_the_rule_of_their_keyword() {
        for (keyword, good, bad) in [
            ("thing1", "水费代缴", "一二三四五六七八九十一二三四五六七八九十一"),
            ("phrase2", "已到账", "已到账OK"),
            ("amount3", "¥1,280.50", "一千二百元"),
            ("amount4", "200.00元", "12345678901"),
            ("time5", "2026年11月23日 10:05", "今天上午"),
            ("character_string6", "6688", "尾号6688"),
            ("number7", "12.5", "12人"),
            ("phone_number8", "0599-96336", "电话"),
        ] {
            assert!(fits(keyword, good), "{keyword} {good}");
            assert!(!fits(keyword, bad), "{keyword} {bad}");
            assert!(!fits(keyword, " "), "{keyword} blank");
        }
    }
}
