//! Subscription notices (订阅通知): choosing templates from the public library, consent, and sending against it.
//!
//! A one-time consent is worth one notice and never ends; a long-term one is worth many, and its templates are open to few
//! categories. Not for: template messages ([`super::template`]), whose keyword rules are the same.

use super::template::fits;
use super::{Answer, Call, Fail, Outcome, fail, number_of, text_of, uid_of};
use crate::config::NoticeConfig;
use crate::item::{Body, Side, TemplateCard, TemplateRow};
use crate::world::World;
use base::{Error, Refusal, Result};
use serde::Deserialize;
use serde_json::{Value, json};

const TEMPLATES_MAX: usize = 25;
const KEYWORDS: std::ops::RangeInclusive<usize> = 2..=5;
const SCENE_CHARS_MAX: usize = 15;
const TITLES_MAX: i64 = 30;
const ONE_TIME: i64 = 2;
const LONG_TERM: i64 = 3;
/// The chat that shows notices to those who do not follow.
pub(crate) const NOTICE_CHAT: &str = "service-notices";

pub(crate) const NO_NOTICE: Refusal =
    Refusal::missing("notice.missing", "这个公众号没有这个订阅通知模板");
const NO_ANSWERS: Refusal = Refusal::invalid("notice.answers", "请至少选一个订阅通知模板");

/// A template the account has taken from the library.
#[derive(Debug, Clone)]
pub(crate) struct NoticeTemplate {
    pub(crate) id: String,
    pub(crate) title: String,
    /// 2 one-time, 3 long-term.
    pub(crate) kind: i64,
    /// (label, keyword) in order.
    pub(crate) fields: Vec<(String, String)>,
}

/// What a customer has agreed to for one template.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Consent {
    /// One-time notices that may still be sent.
    pub(crate) left: u32,
    /// A long-term consent.
    pub(crate) always: bool,
}

/// A template of the public library: tid, title, kind, keywords as label and type.
type Public = (i64, &'static str, i64, &'static [(&'static str, &'static str)]);

/// The public library of the one category there is here: finance, bank.
const CATEGORY: (i64, &str) = (616, "银行");
static LIBRARY: &[Public] = &[
    (
        20_101,
        "业务办理进度通知",
        ONE_TIME,
        &[
            ("业务名称", "thing"),
            ("办理进度", "phrase"),
            ("受理编号", "character_string"),
            ("更新时间", "time"),
            ("温馨提示", "thing"),
        ],
    ),
    (
        20_102,
        "到期提醒",
        ONE_TIME,
        &[("产品名称", "thing"), ("到期日期", "date"), ("金额", "amount"), ("温馨提示", "thing")],
    ),
    (
        20_103,
        "排队叫号提醒",
        ONE_TIME,
        &[("网点", "thing"), ("号码", "character_string"), ("前面人数", "number")],
    ),
    (
        20_104,
        "惠民补贴到账通知",
        LONG_TERM,
        &[
            ("补贴项目", "thing"),
            ("到账金额", "amount"),
            ("到账时间", "time"),
            ("账户", "character_string"),
        ],
    ),
];

impl NoticeTemplate {
    /// # Errors
    /// `notice.missing`: the library has no such number.
    pub(crate) fn of(config: &NoticeConfig) -> Result<Self> {
        let found = LIBRARY.iter().find(|(id, ..)| *id == config.tid);
        let (_, title, kind, keywords) = found.ok_or(Error::Refused(NO_NOTICE))?;
        let fields = keywords.iter().zip(1..).take(*KEYWORDS.end());
        Ok(Self {
            id: config.template_id.clone(),
            title: (*title).to_owned(),
            kind: *kind,
            fields: fields.map(|((l, rule), n)| ((*l).to_owned(), format!("{rule}{n}"))).collect(),
        })
    }
}

fn public(call: &Call) -> Result<&'static Public, Fail> {
    let tid = number_of(&call.json, "tid").or_else(|| call.param("tid").parse().ok());
    LIBRARY.iter().find(|(id, ..)| Some(*id) == tid).ok_or_else(|| Fail::from(200_014))
}

pub(crate) fn categories(_: &mut World, _: &Call) -> Outcome {
    let (id, name) = CATEGORY;
    Ok(Answer::Json(json!({ "errcode": 0, "errmsg": "ok", "data": [{ "id": id, "name": name }] })))
}

pub(crate) fn titles(_: &mut World, call: &Call) -> Outcome {
    let number = |name| call.param(name).parse::<i64>().ok();
    let ids: Vec<&str> = call.param("ids").split(',').collect();
    if !ids.iter().any(|id| id.trim() == CATEGORY.0.to_string()) {
        return fail(200_016);
    }
    let (start, limit) = (number("start").unwrap_or(-1), number("limit").unwrap_or(-1));
    if start < 0 {
        return fail(200_018);
    }
    if !(1..=TITLES_MAX).contains(&limit) {
        return fail(200_019);
    }
    let size = |n: i64| usize::try_from(n).unwrap_or(0);
    let shown = LIBRARY.iter().skip(size(start)).take(size(limit));
    let data: Vec<Value> = shown
        .map(|(tid, title, kind, _)| {
            json!({ "tid": tid, "title": title, "type": kind, "categoryId": CATEGORY.0.to_string() })
        })
        .collect();
    Ok(Answer::Json(json!({ "errcode": 0, "errmsg": "ok", "count": LIBRARY.len(), "data": data })))
}

pub(crate) fn keywords(_: &mut World, call: &Call) -> Outcome {
    let (.., keywords) = public(call)?;
    let data: Vec<Value> = keywords
        .iter()
        .enumerate()
        .map(|(at, (name, rule))| json!({ "kid": at + 1, "name": name, "example": "", "rule": rule }))
        .collect();
    Ok(Answer::Json(json!({ "errcode": 0, "errmsg": "ok", "count": data.len(), "data": data })))
}

fn templates<'w>(world: &'w mut World, call: &Call) -> Result<&'w mut Vec<NoticeTemplate>, Fail> {
    Ok(&mut world.account_mut(&call.appid).map_err(|_| Fail::from(40013))?.notices)
}

pub(crate) fn add(world: &mut World, call: &Call) -> Outcome {
    let (_, title, kind, keywords) = public(call)?;
    let kids = call.json.get("kidList").and_then(Value::as_array).cloned().unwrap_or_default();
    let chosen: Option<Vec<(String, String)>> = kids
        .iter()
        .map(|kid| {
            let number = usize::try_from(kid.as_i64()?).ok()?;
            let (label, rule) = keywords.get(number.checked_sub(1)?)?;
            Some(((*label).to_owned(), format!("{rule}{number}")))
        })
        .collect();
    let fields =
        chosen.filter(|f| KEYWORDS.contains(&f.len())).ok_or_else(|| Fail::from(200_020))?;
    let scene = call.text("sceneDesc");
    if scene.is_empty() || scene.chars().count() > SCENE_CHARS_MAX {
        return fail(200_021);
    }
    let id = format!("{}{}", world.random.hex(16), &world.random.hex(6)[..11]);
    let mine = templates(world, call)?;
    if mine.len() >= TEMPLATES_MAX {
        return fail(200_012);
    }
    mine.push(NoticeTemplate { id: id.clone(), title: (*title).to_owned(), kind: *kind, fields });
    world.news.push(json!({ "kind": "state" }));
    Ok(Answer::Json(json!({ "errcode": 0, "errmsg": "ok", "priTmplId": id })))
}

pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    let mine = templates(world, call)?;
    let data: Vec<Value> = mine
        .iter()
        .map(|t| {
            let lines = t.fields.iter().map(|(l, k)| format!("{l}:{{{{{k}.DATA}}}}\n"));
            let content: String = lines.collect();
            json!({ "priTmplId": t.id, "title": t.title, "content": content, "example": "", "type": t.kind })
        })
        .collect();
    Ok(Answer::Json(json!({ "errcode": 0, "errmsg": "ok", "data": data })))
}

pub(crate) fn delete(world: &mut World, call: &Call) -> Outcome {
    let id = call.text("priTmplId");
    let mine = templates(world, call)?;
    let before = mine.len();
    mine.retain(|t| t.id != id);
    if mine.len() == before { fail(200_014) } else { Answer::ok() }
}

pub(crate) fn send(world: &mut World, call: &Call) -> Outcome {
    let uid = uid_of(world, call, &call.text("touser"))?;
    let id = call.text("template_id");
    let template = templates(world, call)?.iter().find(|t| t.id == id).cloned();
    let template = template.ok_or_else(|| Fail::from(40037))?;
    let mut rows = vec![];
    for (label, keyword) in &template.fields {
        let data = call.json.get("data").unwrap_or(&Value::Null);
        let value = data.get(keyword).map(|v| text_of(v, "value")).unwrap_or_default();
        if !fits(keyword, &value) {
            let words = format!("argument invalid! data.{keyword}.value is empty or invalid");
            return Err(Fail::saying(47003, words));
        }
        rows.push(TemplateRow { name: label.clone(), value });
    }
    let chat = world.chat(&call.appid, &uid);
    let (is_following, consent) = (chat.followed, chat.consents.entry(id.clone()).or_default());
    if !consent.always {
        consent.left = consent.left.checked_sub(1).ok_or_else(|| Fail::from(43101))?;
    }
    let card = TemplateCard { title: template.title, rows, url: call.text("page") };
    let from = world.account(&call.appid).map(|a| a.config.name.clone()).unwrap_or_default();
    let place = if is_following { call.appid.as_str() } else { NOTICE_CHAT };
    world.show(place, &uid, Side::Account, Body::Notice { template: card, from });
    let msg_id = world.next_msg_id();
    // an account and a chat exist here, so telling cannot be refused
    let _ = world.tell(&call.appid, &uid, "subscribe_msg_sent_event", |xml| {
        xml.part("SubscribeMsgSentEvent", |xml| {
            xml.part("List", |xml| {
                xml.text("TemplateId", &id)
                    .number("MsgID", msg_id)
                    .number("ErrorCode", 0)
                    .text("ErrorStatus", "success")
            })
        })
    });
    Answer::ok()
}

/// What a customer answers where an account asks to send notices.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    /// 1 an H5 page, 2 an article.
    #[serde(default = "one")]
    scene: i64,
    answers: Vec<Choice>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    template_id: String,
    accept: bool,
}

fn one() -> i64 {
    1
}

impl World {
    /// The pop-up is answered; one event tells of every template in it. Needs no following.
    pub(crate) fn answer_notices(&mut self, appid: &str, uid: &str, asked: &Asked) -> Result<()> {
        self.user(uid)?;
        if asked.answers.is_empty() {
            return NO_ANSWERS.into();
        }
        for choice in &asked.answers {
            let kind = self.notice_kind(appid, &choice.template_id)?;
            if choice.accept {
                let consent =
                    self.chat(appid, uid).consents.entry(choice.template_id.clone()).or_default();
                if kind == LONG_TERM { consent.always = true } else { consent.left += 1 }
            }
        }
        self.tell(appid, uid, "subscribe_msg_popup_event", |xml| {
            xml.part("SubscribeMsgPopupEvent", |xml| {
                asked.answers.iter().fold(xml, |xml, choice| {
                    let word = if choice.accept { "accept" } else { "reject" };
                    xml.part("List", |xml| {
                        xml.text("TemplateId", &choice.template_id)
                            .text("SubscribeStatusString", word)
                            .number("PopupScene", asked.scene)
                    })
                })
            })
        })
    }

    /// The customer turns notices off in WeChat's settings. Turning them on again there is not told.
    pub(crate) fn refuse_notices(&mut self, appid: &str, uid: &str, ids: &[String]) -> Result<()> {
        self.user(uid)?;
        if ids.is_empty() {
            return NO_ANSWERS.into();
        }
        for id in ids {
            self.notice_kind(appid, id)?;
            self.chat(appid, uid).consents.remove(id);
        }
        self.tell(appid, uid, "subscribe_msg_change_event", |xml| {
            xml.part("SubscribeMsgChangeEvent", |xml| {
                ids.iter().fold(xml, |xml, id| {
                    xml.part("List", |xml| {
                        xml.text("TemplateId", id).text("SubscribeStatusString", "reject")
                    })
                })
            })
        })
    }

    fn notice_kind(&self, appid: &str, id: &str) -> Result<i64> {
        let known = self.account(appid)?.notices.iter().find(|t| t.id == id);
        known.map(|t| t.kind).ok_or(Error::Refused(NO_NOTICE))
    }
}
