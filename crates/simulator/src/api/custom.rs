//! 客服 messages and the typing indicator (客服消息).

use super::{Answer, Call, Fail, Outcome, fail, text_of, uid_of};
use crate::item::{Article, Body, MenuChoice, MsgMenu, Side};
use crate::world::World;
use serde_json::{Value, json};

/// `text.content` in bytes.
const TEXT_BYTES_MAX: usize = 2_048;
/// WeChat names codes for too many or too long menu lines but no numbers; these are ours.
const MENU_LINES_MAX: usize = 50;
const MENU_LINE_BYTES_MAX: usize = 256;
/// A typing indicator needs a message this recent, and lasts so long.
const TYPING_AFTER_MS: i64 = 30_000;
const TYPING_MS: i64 = 15_000;

pub(crate) fn send(world: &mut World, call: &Call) -> Outcome {
    let openid = call.text("touser");
    let uid = uid_of(world, call, &openid)?;
    let body = read(world, call)?;
    let agent = agent(world, call)?;
    let now = world.now();
    let chat = world.chat(&call.appid, &uid);
    if !chat.followed {
        return fail(45015);
    }
    chat.use_grant(now).map_err(|is_used_up| Fail::from(if is_used_up { 45047 } else { 45015 }))?;
    world.show_as(&call.appid, &uid, Side::Account, body, agent);
    Answer::ok()
}

/// The nickname of `customservice.kf_account`, when one is named.
fn agent(world: &World, call: &Call) -> Result<Option<String>, Fail> {
    let name = call.json.get("customservice").map(|c| text_of(c, "kf_account"));
    let Some(name) = name.filter(|n| !n.is_empty()) else {
        return Ok(None);
    };
    let account = world.account(&call.appid).map_err(|_| Fail::from(40013))?;
    let known = account.desk.agent(&name).ok_or_else(|| Fail::from(65401))?;
    Ok(Some(known.nick.clone()))
}

fn read(world: &World, call: &Call) -> Result<Body, Fail> {
    let kind = call.text("msgtype");
    let part = call.json.get(&kind).unwrap_or(&Value::Null);
    let text = |name| text_of(part, name);
    let media =
        |name| world.media_url(&call.appid, &text_of(part, name)).ok_or_else(|| Fail::from(40007));
    Ok(match kind.as_str() {
        "text" => match text("content") {
            t if t.is_empty() => return Err(Fail::from(44004)),
            t if t.len() > TEXT_BYTES_MAX => return Err(Fail::from(45002)),
            t => Body::text(t),
        },
        "image" => Body::Image { image_url: media("media_id")? },
        "voice" => {
            media("media_id")?;
            Body::Voice { seconds: 5, recognition: None }
        }
        "video" => {
            media("media_id")?;
            Body::Video { text: text("title"), image_url: media("thumb_media_id")? }
        }
        "music" => {
            let article = Article {
                title: text("title"),
                description: text("description"),
                pic_url: media("thumb_media_id")?,
                url: text("musicurl"),
            };
            Body::Music { text: text("title"), articles: vec![article] }
        }
        "news" => news(part)?,
        "msgmenu" => msgmenu(part)?,
        "mpnewsarticle" => published(world, call, &text("article_id"))?,
        "wxcard" => Body::Card { text: format!("卡券 {}", text("card_id")) },
        "miniprogrampage" => {
            media("thumb_media_id")?;
            Body::Card { text: format!("小程序 {}", text("title")) }
        }
        _ => return Err(Fail::from(40008)),
    })
}

/// An article that was published, as a card.
fn published(world: &World, call: &Call, id: &str) -> Result<Body, Fail> {
    let account = world.account(&call.appid).map_err(|_| Fail::from(40013))?;
    let found = account.press.publications.iter().find(|p| p.article_id == id && p.status == 0);
    let found = found.ok_or_else(|| Fail::from(53600))?;
    Ok(world.article_card(&call.appid, &found.articles, &found.pages))
}

fn news(part: &Value) -> Result<Body, Fail> {
    let articles =
        part.get("articles").and_then(Value::as_array).ok_or_else(|| Fail::from(44003))?;
    match articles.as_slice() {
        [] => Err(Fail::from(44003)),
        [one] => Ok(Body::News {
            articles: vec![Article {
                title: text_of(one, "title"),
                description: text_of(one, "description"),
                pic_url: text_of(one, "picurl"),
                url: text_of(one, "url"),
            }],
        }),
        _ => Err(Fail::from(45008)),
    }
}

fn msgmenu(part: &Value) -> Result<Body, Fail> {
    let list = part.get("list").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if list.is_empty() || list.len() > MENU_LINES_MAX {
        return Err(Fail::from(45098));
    }
    let mut items = vec![];
    for line in list {
        let choice = MenuChoice { id: text_of(line, "id"), content: text_of(line, "content") };
        if choice.content.is_empty() || choice.content.len() > MENU_LINE_BYTES_MAX {
            return Err(Fail::from(45099));
        }
        items.push(choice);
    }
    let (head, tail) = (text_of(part, "head_content"), text_of(part, "tail_content"));
    Ok(Body::Msgmenu { menu: MsgMenu { head, items, tail } })
}

pub(crate) fn typing(world: &mut World, call: &Call) -> Outcome {
    let openid = call.text("touser");
    let uid = uid_of(world, call, &openid)?;
    let now = world.now();
    match call.text("command").as_str() {
        "Typing" => {
            let chat = world.chat(&call.appid, &uid);
            let is_recent = chat.last_message_at.is_some_and(|at| now.since(at) <= TYPING_AFTER_MS);
            if !is_recent || !chat.followed {
                return fail(45080);
            }
            if chat.is_typing(now) {
                return fail(45081);
            }
            chat.typing_until = Some(now.plus_ms(TYPING_MS));
            world
                .news
                .push(json!({ "kind": "typing", "appid": call.appid, "uid": uid, "on": true }));
        }
        "CancelTyping" => world.end_typing(&call.appid, &uid),
        _ => return fail(45072),
    }
    Answer::ok()
}
