//! What customers do with their phones, and the messages and events that WeChat makes of it.
//!
//! Not for: delivering them ([`crate::push`]). The shapes are those of the official pages
//! 接收普通消息 and 接收事件推送.

use crate::config::AccountKind;
use crate::diary;
use crate::item::{Article, Body, Place, Side};
use crate::push::Delivery;
use crate::push::xml::Xml;
use crate::reader::NO_PICTURE;
use crate::world::World;
use base::{Error, Refusal, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

const NOT_FOLLOWED: Refusal = Refusal::conflict("chat.not_followed", "还没有关注这个公众号");
const NO_REPORTS: Refusal =
    Refusal::conflict("chat.no_reports", "只有已认证的服务号才有上报地理位置的权限");
const EMPTY: Refusal = Refusal::invalid("chat.empty", "不能发送空白消息");

/// What a customer puts into a chat.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Outgoing {
    Text {
        content: String,
        #[serde(default)]
        bizmsgmenuid: Option<String>,
    },
    Voice {
        #[serde(default = "five")]
        seconds: u32,
        #[serde(default)]
        recognition: Option<String>,
    },
    Location {
        x: f64,
        y: f64,
        #[serde(default = "sixteen")]
        scale: u32,
        #[serde(default)]
        label: String,
    },
    Image {
        #[serde(default)]
        name: Option<String>,
        /// The file in base64; without it an invented one.
        #[serde(default)]
        picture: Option<String>,
    },
    Video,
    Link {
        title: String,
        #[serde(default)]
        description: String,
        url: String,
    },
    Click {
        key: String,
    },
    View {
        url: String,
        #[serde(default)]
        menu_id: Option<String>,
    },
    /// Position report on entering a chat (LOCATION event), when the customer has agreed to it.
    Report {
        x: f64,
        y: f64,
    },
    /// A whole message as it is. `{to}`, `{from}`, `{now}` and `{msg_id}` are filled in.
    Raw {
        xml: String,
    },
}

fn five() -> u32 {
    5
}
fn sixteen() -> u32 {
    16
}

/// What came of an act: the bubble it left and what is to be delivered.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) item_id: String,
    pub(crate) deliveries: Vec<Delivery>,
}

/// Names and time of a message about to be written.
struct Head {
    to: String,
    from: String,
    at_s: i64,
}

impl Head {
    fn message(&self, msg_type: &str) -> Xml {
        Xml::message(&self.to, &self.from, self.at_s, msg_type)
    }
    fn event(&self, event: &str) -> Xml {
        Xml::event(&self.to, &self.from, self.at_s, event)
    }
}

impl World {
    /// A customer sends something, or taps the menu.
    pub(crate) fn send(&mut self, appid: &str, uid: &str, what: Outgoing) -> Result<Done> {
        let head = self.head(appid, uid)?;
        if !self.chat(appid, uid).followed {
            return NOT_FOLLOWED.into();
        }
        match what {
            Outgoing::Click { key } => Ok(self.tap(appid, uid, &head, &key)),
            Outgoing::View { url, menu_id } => {
                let shown = self.menu_of(appid, uid).1;
                let id = menu_id.or(shown).unwrap_or_else(|| String::from("0"));
                let xml = head.event("VIEW").text("EventKey", &url).text("MenuId", &id);
                let mut done = self.event(appid, uid, &head, xml.end());
                // the person looks at a web page now: a reply is not shown
                done.deliveries.iter_mut().for_each(|d| d.is_awaited = false);
                Ok(done)
            }
            Outgoing::Report { x, y } => {
                if !self.account(appid)?.config.is_full_service() {
                    return NO_REPORTS.into();
                }
                let xml = head.event("LOCATION").number("Latitude", x).number("Longitude", y);
                Ok(self.event(appid, uid, &head, xml.number("Precision", "65.000000").end()))
            }
            Outgoing::Raw { xml } => {
                let filled = self.filled(&head, &xml);
                Ok(self.event(appid, uid, &head, filled))
            }
            message => self.message(appid, uid, &head, message),
        }
    }

    /// Fills the four places of a raw message.
    pub(crate) fn filled_for(&mut self, appid: &str, uid: &str, xml: &str) -> Result<String> {
        let head = self.head(appid, uid)?;
        Ok(self.filled(&head, xml))
    }

    fn filled(&mut self, head: &Head, xml: &str) -> String {
        xml.replace("{to}", &head.to)
            .replace("{from}", &head.from)
            .replace("{now}", &head.at_s.to_string())
            .replace("{msg_id}", &self.next_msg_id().to_string())
    }

    fn head(&mut self, appid: &str, uid: &str) -> Result<Head> {
        self.user(uid)?;
        let to = self.account(appid)?.config.original_id.clone();
        Ok(Head { to, from: self.chat(appid, uid).openid.clone(), at_s: self.now().secs() })
    }

    fn event(&mut self, appid: &str, uid: &str, head: &Head, xml: String) -> Done {
        self.chat(appid, uid).last_inner = Some(xml.clone().into_bytes());
        let deliveries = vec![Delivery::of_chat(appid, uid, &head.from, xml)];
        Done { item_id: String::new(), deliveries }
    }

    fn message(&mut self, appid: &str, uid: &str, head: &Head, what: Outgoing) -> Result<Done> {
        let kind = diary::kind_of(&what);
        let (body, xml) = self.written(appid, head, what)?;
        let xml = xml.number("MsgId", self.next_msg_id()).end();
        let words = body.words();
        let item_id = self.show(appid, uid, Side::User, body);
        let (now, grant) = (self.now(), self.limits.message_grant);
        let chat = self.chat(appid, uid);
        if chat.blocked {
            // the account's blacklist: the customer sees nothing of it, the account hears nothing
            return Ok(Done { item_id, deliveries: vec![] });
        }
        chat.last_message_at = Some(now);
        if let Some(kind) = kind {
            self.diary.sent(appid, now, uid, kind);
        }
        let chat = self.chat(appid, uid);
        chat.last_inner = Some(xml.clone().into_bytes());
        chat.grant(now, grant);
        if self.hears(appid, uid, &words) {
            // an agent of WeChat's own desk reads it: the platform does not
            return Ok(Done { item_id, deliveries: vec![] });
        }
        let deliveries = vec![Delivery::of_chat(appid, uid, &head.from, xml)];
        Ok(Done { item_id, deliveries })
    }

    fn written(&mut self, appid: &str, head: &Head, what: Outgoing) -> Result<(Body, Xml)> {
        Ok(match what {
            Outgoing::Text { content, bizmsgmenuid } => {
                if content.is_empty() {
                    return EMPTY.into();
                }
                let mut xml = head.message("text").text("Content", &content);
                if let Some(id) = bizmsgmenuid.filter(|id| !id.is_empty()) {
                    xml = xml.text("bizmsgmenuid", &id);
                }
                (Body::typed(content), xml)
            }
            Outgoing::Voice { seconds, recognition } => {
                self.written_voice(appid, head, seconds, recognition)?
            }
            Outgoing::Image { name, picture } => {
                self.written_image(appid, head, (name, picture))?
            }
            Outgoing::Video => self.written_video(appid, head),
            Outgoing::Location { x, y, scale, label } => {
                let xml = head
                    .message("location")
                    .number("Location_X", format!("{x:.6}"))
                    .number("Location_Y", format!("{y:.6}"))
                    .number("Scale", scale)
                    .text("Label", &label);
                (Body::Location { location: Place { x, y, label } }, xml)
            }
            Outgoing::Link { title, description, url } => {
                let xml = head.message("link").text("Title", &title);
                let xml = xml.text("Description", &description).text("Url", &url);
                let (text, pic_url) = (title.clone(), String::new());
                let articles = vec![Article { title, description, pic_url, url }];
                (Body::Link { text, articles }, xml)
            }
            Outgoing::Click { .. }
            | Outgoing::View { .. }
            | Outgoing::Report { .. }
            | Outgoing::Raw { .. } => return EMPTY.into(),
        })
    }

    fn written_voice(
        &mut self,
        appid: &str,
        head: &Head,
        seconds: u32,
        recognition: Option<String>,
    ) -> Result<(Body, Xml)> {
        const SECONDS_MAX: u32 = 60;
        let media = self.keep_sample(appid, "voice");
        let mut xml = head.message("voice").text("MediaId", &media).text("Format", "amr");
        if self.account(appid)?.config.voice_recognition
            && let Some(words) = &recognition
        {
            xml = xml.text("Recognition", words);
        }
        Ok((Body::Voice { seconds: seconds.clamp(1, SECONDS_MAX), recognition }, xml))
    }

    fn written_image(
        &mut self,
        appid: &str,
        head: &Head,
        (name, picture): (Option<String>, Option<String>),
    ) -> Result<(Body, Xml)> {
        let media = match picture {
            None => self.keep_sample(appid, "image"),
            Some(base64) => {
                let bytes = STANDARD.decode(base64).map_err(|_| Error::from(NO_PICTURE))?;
                self.keep(appid, ("image", "image/png", "picture.png"), &bytes)
            }
        };
        let url = format!("{}/media/{media}", self.public_url);
        let xml = head.message("image").text("PicUrl", &url).text("MediaId", &media);
        let image_url = match name.filter(|n| !n.is_empty()) {
            Some(name) => format!("/media/{media}?name={}", crate::text::encode(&name)),
            None => format!("/media/{media}"),
        };
        Ok((Body::Image { image_url }, xml))
    }

    fn written_video(&mut self, appid: &str, head: &Head) -> (Body, Xml) {
        let (media, thumb) = (self.keep_sample(appid, "video"), self.keep_sample(appid, "thumb"));
        let xml = head.message("video").text("MediaId", &media).text("ThumbMediaId", &thumb);
        (Body::Video { text: String::new(), image_url: format!("/media/{thumb}") }, xml)
    }

    /// A menu button with a key; its type decides the event and what the client sends after it.
    fn tap(&mut self, appid: &str, uid: &str, head: &Head, key: &str) -> Done {
        let (menu, _) = self.menu_of(appid, uid);
        let kind = menu.and_then(|m| button_type(&m, key)).unwrap_or_else(|| String::from("click"));
        let name = if kind == "click" { "CLICK" } else { kind.as_str() };
        let xml = head.event(name).text("EventKey", key);
        let mut follow_up = None;
        let xml = match kind.as_str() {
            "scancode_push" | "scancode_waitmsg" => xml.raw(
                "<ScanCodeInfo><ScanType><![CDATA[qrcode]]></ScanType>\
                 <ScanResult><![CDATA[https://example.com/counter/3]]></ScanResult></ScanCodeInfo>\n",
            ),
            "pic_sysphoto" | "pic_photo_or_album" | "pic_weixin" => {
                follow_up = Some(Outgoing::Image { name: None, picture: None });
                let sum = self.random.hex(16);
                xml.raw(&format!(
                    "<SendPicsInfo><Count>1</Count>\n<PicList><item><PicMd5Sum><![CDATA[{sum}]]></PicMd5Sum>\n\
                     </item>\n</PicList>\n</SendPicsInfo>\n"
                ))
            }
            "location_select" => {
                let (x, y, label) = (27.638_1, 118.035_5, String::from("解放路1号"));
                let xml = xml.raw(&format!(
                    "<SendLocationInfo><Location_X><![CDATA[{x}]]></Location_X>\n\
                     <Location_Y><![CDATA[{y}]]></Location_Y>\n<Scale><![CDATA[16]]></Scale>\n\
                     <Label><![CDATA[{label}]]></Label>\n<Poiname><![CDATA[]]></Poiname>\n</SendLocationInfo>\n"
                ));
                follow_up = Some(Outgoing::Location { x, y, scale: 16, label });
                xml
            }
            _ => xml,
        };
        let mut done = self.event(appid, uid, head, xml.end());
        if let Some(first) = done.deliveries.first_mut() {
            first.articles_max = 8;
        }
        if matches!(kind.as_str(), "click" | "scancode_push" | "scancode_waitmsg") {
            self.grant_event(appid, uid);
        }
        if let Some(Ok(more)) = follow_up.map(|what| self.message(appid, uid, head, what)) {
            done.item_id = more.item_id;
            done.deliveries.extend(more.deliveries);
        }
        done
    }

    fn grant_event(&mut self, appid: &str, uid: &str) {
        let (now, grant) = (self.now(), self.limits.event_grant);
        self.chat(appid, uid).grant(now, grant);
    }

    /// A customer follows, perhaps by a scene code. Following twice is not an event; a code then is a SCAN.
    pub(crate) fn follow(&mut self, appid: &str, uid: &str, scene: Option<&str>) -> Result<Done> {
        let head = self.head(appid, uid)?;
        let scene = scene.filter(|s| !s.is_empty());
        if self.chat(appid, uid).followed {
            return match scene {
                Some(scene) => self.scan(appid, uid, scene),
                None => Ok(Done { item_id: String::new(), deliveries: vec![] }),
            };
        }
        let ticket = scene.map(|s| self.ticket_of(appid, s));
        let now = self.now();
        let chat = self.chat(appid, uid);
        chat.followed = true;
        chat.followed_at = now;
        chat.follow_scene = if scene.is_some() { "ADD_SCENE_QR_CODE" } else { "ADD_SCENE_SEARCH" };
        chat.qr_scene = scene.unwrap_or_default().to_owned();
        let from = chat.follow_scene;
        self.diary.came(appid, now, from);
        self.news.push(json!({ "kind": "state" }));
        let is_service = self.account(appid)?.config.kind == AccountKind::Service;
        let words = if is_service { "已关注该服务号" } else { "已关注该公众号" };
        self.show(appid, uid, Side::System, Body::tip(words));
        self.grant_event(appid, uid);
        let key = scene.map(|s| format!("qrscene_{s}")).unwrap_or_default();
        let mut xml = head.event("subscribe").text("EventKey", &key);
        if let Some(ticket) = ticket {
            xml = xml.text("Ticket", &ticket);
        }
        let mut done = self.event(appid, uid, &head, xml.end());
        if let Some(first) = done.deliveries.first_mut() {
            first.articles_max = 8;
        }
        Ok(done)
    }

    pub(crate) fn unfollow(&mut self, appid: &str, uid: &str) -> Result<Done> {
        let head = self.head(appid, uid)?;
        let chat = self.chat(appid, uid);
        if !chat.followed {
            return Ok(Done { item_id: String::new(), deliveries: vec![] });
        }
        chat.followed = false;
        let from = chat.follow_scene;
        chat.grants.clear();
        chat.tags.clear();
        chat.remark.clear();
        chat.last_message_at = None;
        let now = self.now();
        self.diary.went(appid, now, from);
        self.news.push(json!({ "kind": "state" }));
        let xml = head.event("unsubscribe").text("EventKey", "").end();
        let mut done = self.event(appid, uid, &head, xml);
        if let Some(first) = done.deliveries.first_mut() {
            // no reply reaches someone who has left
            first.is_awaited = false;
        }
        Ok(done)
    }

    /// Scans a scene code: a follow when not followed yet, else SCAN.
    pub(crate) fn scan(&mut self, appid: &str, uid: &str, scene: &str) -> Result<Done> {
        let head = self.head(appid, uid)?;
        if !self.chat(appid, uid).followed {
            return self.follow(appid, uid, Some(scene));
        }
        let ticket = self.ticket_of(appid, scene);
        self.grant_event(appid, uid);
        let xml = head.event("SCAN").text("EventKey", scene).text("Ticket", &ticket).end();
        let mut done = self.event(appid, uid, &head, xml);
        if let Some(first) = done.deliveries.first_mut() {
            first.articles_max = 8;
        }
        Ok(done)
    }

    /// An event that WeChat itself tells of (a template's result, say).
    pub(crate) fn tell(
        &mut self,
        appid: &str,
        uid: &str,
        event: &str,
        fields: impl FnOnce(Xml) -> Xml,
    ) -> Result<()> {
        let head = self.head(appid, uid)?;
        let xml = fields(head.event(event)).end();
        let mut delivery = Delivery::of_chat(appid, uid, &head.from, xml);
        delivery.is_awaited = false;
        self.outbox.push(delivery);
        Ok(())
    }
}

fn button_type(menu: &Value, key: &str) -> Option<String> {
    let buttons = menu.get("button")?.as_array()?;
    let subs = buttons.iter().filter_map(|b| b.get("sub_button")?.as_array()).flatten();
    let found = buttons.iter().chain(subs).find(|b| b.get("key").is_some_and(|k| *k == *key))?;
    Some(found.get("type")?.as_str()?.to_owned())
}
