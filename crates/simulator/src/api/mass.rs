//! Mass sending (群发): by tag, by list, a preview for one, and what became of it.
//!
//! A task is accepted at once and ends later, with MASSSENDJOBFINISH. A follower of a verified 服务号 gets four messages in a
//! calendar month, more are silently left out; a verified 订阅号 may send once a day.

use super::draft::press;
use super::{Answer, Call, Fail, Outcome, fail, number_of, text_of};
use crate::config::AccountKind;
use crate::item::{Body, Side};
use crate::press::{Errand, MassSend, SendState};
use crate::push::xml::Xml;
use crate::world::World;
use base::Time;
use serde::Deserialize;
use serde_json::{Value, json};

const OPENIDS_MIN: usize = 2;
const OPENIDS_MAX: usize = 10_000;
const CLIENT_ID_BYTES_MAX: usize = 64;
/// The same `clientmsgid` again within this is 45066, later 45065.
const CLIENT_ID_AGAIN_MS: i64 = 60_000;
const TEXT_BYTES_MAX: usize = 2_048;
/// 群发保护: the administrator has half an hour to confirm.
const CONFIRM_MS: i64 = 30 * 60_000;
/// `err(40002)`: nobody confirmed in time.
const NOT_CONFIRMED: i64 = 40_002;
/// What one follower of a 服务号 gets in a calendar month.
const A_MONTH: u32 = 4;
const SPEED_MAX: i64 = 4;
/// Messages a minute for `speed` 0 to 4, in ten thousands.
const REAL_SPEED: [i64; 5] = [80, 60, 45, 30, 10];

/// Pixels of the cover that is drawn for articles written by hand.
const COVER_SIDE: u32 = 288;

/// What is sent, and the pages that were made for it.
struct Letter {
    kind: String,
    bodies: Vec<Body>,
    pages: Vec<String>,
    /// Leaves the draft box when the task is accepted.
    draft: Option<String>,
}

pub(crate) fn by_tag(world: &mut World, call: &Call) -> Outcome {
    let filter = call.json.get("filter").unwrap_or(&Value::Null);
    let is_to_all = filter.get("is_to_all").and_then(Value::as_bool).unwrap_or(false);
    let tag = number_of(filter, "tag_id");
    let known = &world.account(&call.appid).map_err(|_| Fail::from(40013))?.tags;
    if !is_to_all && !tag.is_some_and(|id| known.contains_key(&id)) {
        return fail(45159);
    }
    let has = |tags: &[i64]| is_to_all || tag.is_some_and(|id| tags.contains(&id));
    let followers = world.chats_of(&call.appid).filter(|(_, c)| c.followed && has(&c.tags));
    let uids: Vec<String> = followers.map(|(uid, _)| uid.to_owned()).collect();
    let total = uids.len();
    accept(world, call, is_to_all, uids, total)
}

pub(crate) fn by_list(world: &mut World, call: &Call) -> Outcome {
    let list = call.json.get("touser").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if list.len() < OPENIDS_MIN {
        return fail(40130);
    }
    if list.len() > OPENIDS_MAX {
        return fail(40032);
    }
    let openids = list.iter().filter_map(Value::as_str);
    let uids: Vec<String> = openids
        .filter_map(|openid| world.by_openid(&call.appid, openid).map(str::to_owned))
        .collect();
    if uids.is_empty() {
        return fail(40031);
    }
    accept(world, call, false, uids, list.len())
}

fn accept(
    world: &mut World,
    call: &Call,
    is_to_all: bool,
    uids: Vec<String>,
    total: usize,
) -> Outcome {
    let client_id = call.text("clientmsgid");
    if client_id.len() > CLIENT_ID_BYTES_MAX {
        return fail(45067);
    }
    let now = world.now();
    if let Some(known) =
        press(world, call)?.sends.iter().find(|s| !client_id.is_empty() && s.client_id == client_id)
    {
        if now.since(known.at) < CLIENT_ID_AGAIN_MS {
            return fail(45066);
        }
        return Ok(Answer::Json(
            json!({ "errcode": 45065, "errmsg": "clientmsgid exist", "msg_id": known.id }),
        ));
    }
    check_quota(world, call, is_to_all, now)?;
    let letter = letter(world, call, true)?;
    let id = i64::try_from(world.next_msg_id()).unwrap_or(0);
    let press = press(world, call)?;
    if let Some(draft) = &letter.draft {
        press.drafts.remove(draft);
    }
    let error = std::mem::take(&mut press.next_error);
    press.sends.push(MassSend {
        id,
        at: now,
        client_id,
        is_to_all,
        uids,
        total,
        bodies: letter.bodies,
        kind: letter.kind,
        pages: letter.pages,
        error,
        state: SendState::Sending,
        reached: 0,
    });
    let after_ms = if error == NOT_CONFIRMED { CONFIRM_MS } else { world.limits.mass_ms };
    world.later(after_ms, Errand::EndMassSend { appid: call.appid.clone(), id });
    Ok(Answer::Json(json!({
        "errcode": 0, "errmsg": "send job submission success", "msg_id": id, "msg_data_id": id,
    })))
}

/// What someone sends to everyone by hand on WeChat's website. Counts like a call; so does its end.
#[derive(Debug, Deserialize)]
pub(crate) struct ByHand {
    pub(crate) appid: String,
    articles: Vec<Value>,
}

/// # Errors
/// As the calls it is made of.
pub(crate) fn by_hand(world: &mut World, sent: ByHand) -> Outcome {
    let picture = crate::picture::landscape(world.random.u64(), COVER_SIDE);
    let cover = world.keep_forever(&sent.appid, ("thumb", "image/png", "cover.png"), &picture);
    let mut articles = sent.articles;
    for article in articles.iter_mut().filter(|a| a.is_object()) {
        article["thumb_media_id"] = json!(cover);
    }
    let mut call = Call::of(&sent.appid, json!({ "articles": articles }));
    let Answer::Json(draft) = super::draft::add(world, &call)? else { return fail(-1) };
    let news = json!({ "media_id": draft["media_id"] });
    call.json = json!({ "filter": { "is_to_all": true }, "msgtype": "mpnews", "mpnews": news });
    by_tag(world, &call)
}

/// 45028: a 订阅号 once a day; to everyone at once a day, and for a 服务号 four times a month.
fn check_quota(world: &mut World, call: &Call, is_to_all: bool, now: Time) -> Result<(), Fail> {
    let kind = world.account(&call.appid).map_err(|_| Fail::from(40013))?.config.kind;
    let is_service = kind == AccountKind::Service;
    let counts = |s: &&MassSend| s.state != SendState::Failed && (!is_service || s.is_to_all);
    let sends: Vec<&MassSend> = press(world, call)?.sends.iter().filter(counts).collect();
    let today = sends.iter().filter(|s| s.at.china_day() == now.china_day()).count();
    let this_month = sends.iter().filter(|s| month(s.at) == month(now)).count();
    let is_limited = !is_service || is_to_all;
    let is_over = today >= 1 || (is_service && this_month >= 4);
    if is_limited && is_over { Err(Fail::from(45028)) } else { Ok(()) }
}

fn month(at: Time) -> i64 {
    let (year, month, ..) = at.china();
    year * 12 + month
}

/// Reads what is to be sent. Pages are made for articles when it `is_final`, and for a preview as well.
fn letter(world: &mut World, call: &Call, is_final: bool) -> Result<Letter, Fail> {
    let kind = call.text("msgtype");
    let part = call.json.get(&kind).cloned().unwrap_or(Value::Null);
    let text = |name| text_of(&part, name);
    let picture = |id: &str| world.media_url(&call.appid, id).ok_or_else(|| Fail::from(40007));
    let bodies = match kind.as_str() {
        "mpnews" => {
            let id = text("media_id");
            let draft = press(world, call)?.drafts.get(&id).ok_or_else(|| Fail::from(40007))?;
            let articles = draft.articles.clone();
            let pages = world.put_pages(&call.appid, &articles);
            let bodies = vec![world.article_card(&call.appid, &articles, &pages)];
            return Ok(Letter { kind, bodies, pages, draft: is_final.then_some(id) });
        }
        "text" => match text("content") {
            t if t.is_empty() => return Err(Fail::from(44004)),
            t if t.len() > TEXT_BYTES_MAX => return Err(Fail::from(45002)),
            t => vec![Body::text(t)],
        },
        "voice" => {
            picture(&text("media_id"))?;
            vec![Body::Voice { seconds: 5, recognition: None }]
        }
        "image" => vec![Body::Image { image_url: picture(&text("media_id"))? }],
        "images" => {
            let ids = part.get("media_ids").and_then(Value::as_array).cloned().unwrap_or_default();
            let ids: Vec<&str> = ids.iter().filter_map(Value::as_str).collect();
            if ids.is_empty() {
                return Err(Fail::from(40007));
            }
            let shown = ids.into_iter().map(|id| Ok(Body::Image { image_url: picture(id)? }));
            shown.collect::<Result<Vec<_>, Fail>>()?
        }
        "mpvideo" => {
            let image_url = picture(&text("media_id"))?;
            vec![Body::Video { text: text("title"), image_url }]
        }
        "wxcard" => vec![Body::Card { text: format!("卡券 {}", text("card_id")) }],
        _ => return Err(Fail::from(40008)),
    };
    Ok(Letter { kind, bodies, pages: vec![], draft: None })
}

/// One message to one person, at once, outside every monthly count. `towxname` wins; a person's 微信号 is the id here.
pub(crate) fn preview(world: &mut World, call: &Call) -> Outcome {
    let name = call.text("towxname");
    let uid = if name.is_empty() {
        super::uid_of(world, call, &call.text("touser"))?
    } else {
        world.user(&name).map_err(|_| Fail::from(40132))?.id.clone()
    };
    if !world.chat(&call.appid, &uid).followed {
        return fail(43004);
    }
    let letter = letter(world, call, false)?;
    for body in letter.bodies {
        world.show(&call.appid, &uid, Side::Account, body);
    }
    let id = i64::try_from(world.next_msg_id()).unwrap_or(0);
    Ok(Answer::Json(json!({ "errcode": 0, "errmsg": "preview success", "msg_id": id })))
}

impl World {
    /// Sends to everyone who may still get one, and tells the account.
    pub(crate) fn end_mass_send(&mut self, appid: &str, id: i64) {
        let Ok(account) = self.account_mut(appid) else { return };
        let is_service = account.config.kind == AccountKind::Service;
        let Some(send) = account.press.sends.iter_mut().find(|s| s.id == id) else { return };
        if send.state != SendState::Sending {
            return;
        }
        let is_refused = send.error != 0;
        send.state = if is_refused { SendState::Failed } else { SendState::Sent };
        let (uids, bodies, pages) = (send.uids.clone(), send.bodies.clone(), send.pages.clone());
        let (total, error, kind) = (send.total, send.error, send.kind.clone());
        let month = month(self.now());
        let uids = if is_refused { vec![] } else { uids };
        let mut sent = 0_usize;
        for uid in uids {
            let chat = self.chat(appid, &uid);
            if chat.mass_month.0 != month {
                chat.mass_month = (month, 0);
            }
            let is_full = is_service && chat.mass_month.1 >= A_MONTH;
            if !chat.followed || chat.blocked || is_full {
                continue;
            }
            chat.mass_month.1 += 1;
            sent += 1;
            for body in &bodies {
                self.show(appid, &uid, Side::Account, body.clone());
            }
        }
        if let Ok(account) = self.account_mut(appid)
            && let Some(send) = account.press.sends.iter_mut().find(|s| s.id == id)
        {
            send.reached = sent;
        }
        let status =
            if is_refused { format!("err({error})") } else { String::from("send success") };
        let urls: Vec<String> = pages.iter().map(|slug| self.page_url(slug)).collect();
        self.tell_account(appid, "MASSSENDJOBFINISH", |xml| {
            let xml = xml.number("MsgID", id).text("Status", &status).number("TotalCount", total);
            let xml = xml.number("FilterCount", sent).number("SentCount", sent);
            let xml = xml.number("ErrorCount", 0);
            if kind == "mpnews" { articles_end(xml, &urls) } else { xml }
        });
    }
}

/// The two results that only sends of articles carry; nothing here is ever judged a copy.
fn articles_end(xml: Xml, urls: &[String]) -> Xml {
    const NOT_COPIED: i64 = 1;
    let item = |xml: Xml, (at, url): (usize, &String)| {
        xml.part("item", |xml| xml.number("ArticleIdx", at + 1).text("ArticleUrl", url))
    };
    xml.part("CopyrightCheckResult", |xml| {
        xml.number("Count", 0).part("ResultList", |xml| xml).number("CheckState", NOT_COPIED)
    })
    .part("ArticleUrlResult", |xml| {
        xml.number("Count", urls.len())
            .part("ResultList", |xml| urls.iter().enumerate().fold(xml, item))
    })
}

fn found<'w>(world: &'w mut World, call: &Call) -> Result<&'w mut MassSend, Fail> {
    let id = number_of(&call.json, "msg_id");
    let send = press(world, call)?.sends.iter_mut().find(|s| Some(s.id) == id);
    send.ok_or_else(|| Fail::from(40059))
}

pub(crate) fn get(world: &mut World, call: &Call) -> Outcome {
    let send = found(world, call)?;
    let status = match send.state {
        SendState::Sending => "SENDING",
        SendState::Sent => "SEND_SUCCESS",
        SendState::Failed => "SEND_FAIL",
        SendState::Deleted => "DELETE",
    };
    Ok(Answer::Json(json!({ "msg_id": send.id, "msg_status": status })))
}

/// Only the page dies; the card stays in the chats. `article_idx` names one article, from 1.
pub(crate) fn delete(world: &mut World, call: &Call) -> Outcome {
    let index = usize::try_from(number_of(&call.json, "article_idx").unwrap_or(0)).unwrap_or(0);
    let send = found(world, call)?;
    if !matches!(send.kind.as_str(), "mpnews" | "mpvideo") || send.state != SendState::Sent {
        return fail(40059);
    }
    let gone: Vec<String> = match index {
        0 => {
            send.state = SendState::Deleted;
            send.pages.clone()
        }
        at => vec![send.pages.get(at - 1).ok_or_else(|| Fail::from(40114))?.clone()],
    };
    world.kill_pages(&gone);
    Answer::ok()
}

pub(crate) fn speed(world: &mut World, call: &Call) -> Outcome {
    let speed = press(world, call)?.speed;
    let real = usize::try_from(speed).ok().and_then(|at| REAL_SPEED.get(at)).copied();
    Ok(Answer::Json(json!({ "speed": speed, "realspeed": real.unwrap_or(0) })))
}

pub(crate) fn set_speed(world: &mut World, call: &Call) -> Outcome {
    let speed = number_of(&call.json, "speed").unwrap_or(-1);
    if !(0..=SPEED_MAX).contains(&speed) {
        return fail(45083);
    }
    press(world, call)?.speed = speed;
    Answer::ok()
}
