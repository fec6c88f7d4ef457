//! What WeChat tells us, typed: customers' messages here, events in `inbound/event.rs`, the third-party platform's
//! pushes in `inbound/component.rs`.
//!
//! What it is for: turning a decrypted body into an [`Inbound`] with its dedupe key. Nothing is dropped: unknown kinds
//! keep all their fields, and absent fields (`None`) are told apart from empty ones (`Some("")`) where that matters.
//! What it is not for: checking who sent it ([`crate::envelope`]) or answering ([`crate::reply`]).
//!
//! ```
//! use wechat::inbound::{self, What};
//!
//! let heard = inbound::read(
//!     "<xml><ToUserName><![CDATA[gh_10f6c3c3ac5a]]></ToUserName>\
//!      <FromUserName><![CDATA[oExampleFollower01]]></FromUserName><CreateTime>1785000000</CreateTime>\
//!      <MsgType><![CDATA[text]]></MsgType><Content><![CDATA[查余额]]></Content><MsgId>7001</MsgId></xml>".as_bytes(),
//! )?;
//! assert_eq!(heard.key, "gh_10f6c3c3ac5a/oExampleFollower01/m7001");
//! assert_eq!(heard.what, What::Text { content: "查余额".into(), menu_id: None });
//! # Ok::<(), wechat::xml::XmlError>(())
//! ```

mod component;
mod event;
mod fields;

pub use component::{Authorization, ComponentPush, read_component};
pub use event::{
    ArticleUrl, CardKind, Consent, CopyrightCheck, CopyrightItem, Event, MassSent, Pictures,
    Published, Scanned, SendStatus, SentNotice,
};

use crate::crypto::sha1_hex;
use crate::xml::{self, Doc, Element, XmlError};
use std::borrow::Cow;
use std::fmt;

/// Fields of something unknown: (path, text), the path joined with `/`.
pub type Fields = Vec<(String, String)>;

/// One message or event of a follower.
#[derive(Clone, PartialEq, Eq)]
pub struct Inbound {
    /// The account's 原始ID (`gh_…`); a reply comes from it.
    pub to: String,
    /// The follower's openid; a reply goes to it. For some events a system account (see [`Event`]).
    pub from: String,
    /// `CreateTime`, seconds since 1970; the same in every repeat.
    pub created_s: i64,
    /// The same for every repeat of one delivery and different for everything else (`reference` of the protocol:
    /// account, sender and MsgId; for events sender, CreateTime, Event and EventKey). At most 200 bytes of ASCII
    /// for everything WeChat sends.
    pub key: String,
    /// `MsgId`; events have none. Not unique between followers.
    pub msg_id: Option<u64>,
    /// Which article the message was sent from, when it was.
    pub article: Option<FromArticle>,
    /// What was said or what happened.
    pub what: What,
}

/// Shows the dedupe key and the kind only: what customers write is not for logs.
impl fmt::Debug for Inbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inbound({} {})", self.what.name(), self.key)
    }
}

/// `MsgDataId` and `Idx` of a message sent from an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FromArticle {
    /// Message data id of the article.
    pub data_id: String,
    /// Which article of several, from 1.
    pub index: i64,
}

/// A place a customer sent. Degrees are decimal text as WeChat wrote them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// North is positive.
    pub latitude: String,
    /// East is positive.
    pub longitude: String,
    /// Map zoom.
    pub scale: Option<i64>,
    /// Words of the map, may be empty.
    pub label: String,
}

impl Place {
    /// (latitude, longitude) in millionths of a degree, when both are decimal numbers in range.
    pub fn micro_degrees(&self) -> Option<(i64, i64)> {
        let (lat, lon) = (micro_degrees(&self.latitude)?, micro_degrees(&self.longitude)?);
        (lat.abs() <= 90_000_000 && lon.abs() <= 180_000_000).then_some((lat, lon))
    }
}

/// Decimal degrees such as `23.134521` in millionths; further digits are cut off.
pub fn micro_degrees(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |d| (-1, d));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let ok = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || !ok(whole) || !ok(part) {
        return None;
    }
    let part: i64 = format!("{:0<6}", part.get(..6).unwrap_or(part)).parse().ok()?;
    Some(sign * (whole.parse::<i64>().ok()? * 1_000_000 + part))
}

/// What a follower said, or what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Words. `menu_id` is the id of a tapped `msgmenu` item; `content` is then the item's text.
    Text { content: String, menu_id: Option<String> },
    /// A picture; `media_id` is kept by WeChat for 3 days.
    Image { pic_url: String, media_id: String },
    /// A voice message. `recognition` is absent when the account has no 语音识别, empty when nothing was understood.
    Voice {
        media_id: String,
        format: String,
        recognition: Option<String>,
        /// The same sound at 16 kHz, newer clients only.
        media_id_16k: Option<String>,
    },
    /// A video.
    Video { media_id: String, thumb_media_id: String },
    /// A short video.
    ShortVideo { media_id: String, thumb_media_id: String },
    /// A place.
    Location(Place),
    /// A link.
    Link { title: String, description: String, url: String },
    /// Something happened.
    Event(Event),
    /// A kind this crate does not know: acknowledge it.
    Unknown { msg_type: String, fields: Fields },
}

impl What {
    /// A stable word for logs and counters.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Image { .. } => "image",
            Self::Voice { .. } => "voice",
            Self::Video { .. } => "video",
            Self::ShortVideo { .. } => "shortvideo",
            Self::Location(_) => "location",
            Self::Link { .. } => "link",
            Self::Event(e) => e.name(),
            Self::Unknown { .. } => "unknown",
        }
    }
}

/// Reads a decrypted (or plain) body.
///
/// # Errors
/// [`XmlError`]: not UTF-8, a DTD, not XML at all, or without one of `ToUserName`, `FromUserName`, `MsgType`.
/// Unknown kinds and empty fields are not errors.
pub fn read(body: &[u8]) -> Result<Inbound, XmlError> {
    let text = xml::text(body)?;
    read_doc(&Doc::parse(&text)?)
}

pub(crate) fn read_doc(doc: &Doc<'_>) -> Result<Inbound, XmlError> {
    let root = doc.root();
    let need = |name: &'static str| {
        root.get(name).filter(|t| !t.is_empty()).ok_or(XmlError::Missing(name))
    };
    let (to, from, msg_type) = (need("ToUserName")?, need("FromUserName")?, need("MsgType")?);
    let created_s = fields::number(root, "CreateTime").unwrap_or(0);
    let is_event = msg_type.eq_ignore_ascii_case("event");
    let what = if is_event { What::Event(event::read(root)) } else { message(root, msg_type) };
    let msg_id = root.get("MsgId").map(str::trim).filter(|t| !t.is_empty());
    let mut key = String::with_capacity(96);
    push_part(&mut key, to);
    key.push('/');
    push_part(&mut key, from);
    match msg_id {
        _ if is_event => event::push_key_tail(&mut key, root, created_s),
        Some(id) => {
            key.push_str("/m");
            push_part(&mut key, id);
        }
        None => {
            key.push_str(&format!("/t{created_s}/"));
            push_part(&mut key, msg_type);
        }
    }
    Ok(Inbound {
        key,
        to: to.to_owned(),
        from: from.to_owned(),
        created_s,
        msg_id: msg_id.and_then(|t| t.parse().ok()),
        article: root.get("MsgDataId").filter(|t| !t.is_empty()).map(|id| FromArticle {
            data_id: id.to_owned(),
            index: fields::number(root, "Idx").unwrap_or(1),
        }),
        what,
    })
}

fn message(root: Element<'_, '_>, msg_type: &str) -> What {
    let text = |name| fields::text(root, name);
    match lower(msg_type).as_ref() {
        "text" => What::Text {
            content: text("Content"),
            menu_id: fields::some_text(root, "bizmsgmenuid"),
        },
        "image" => What::Image { pic_url: text("PicUrl"), media_id: text("MediaId") },
        "voice" => What::Voice {
            media_id: text("MediaId"),
            format: text("Format"),
            recognition: root.get("Recognition").map(str::to_owned),
            media_id_16k: fields::some_text(root, "MediaId16K"),
        },
        "video" => What::Video { media_id: text("MediaId"), thumb_media_id: text("ThumbMediaId") },
        "shortvideo" => {
            What::ShortVideo { media_id: text("MediaId"), thumb_media_id: text("ThumbMediaId") }
        }
        "location" => What::Location(fields::place(root)),
        "link" => {
            What::Link { title: text("Title"), description: text("Description"), url: text("Url") }
        }
        _ => What::Unknown { msg_type: msg_type.to_owned(), fields: root.leaves() },
    }
}

/// In lower case; borrowed when it is already.
fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// Appends a part of a dedupe key: as it is when short and plain, else its SHA-1, so that keys stay bounded and
/// unambiguous.
fn push_part(key: &mut String, part: &str) {
    const PART_BYTES_MAX: usize = 48;
    let plain = part.bytes().all(|b| b.is_ascii_graphic() && b != b'/' && b != b'#');
    if plain && part.len() <= PART_BYTES_MAX {
        key.push_str(part);
    } else {
        key.push('#');
        key.push_str(&sha1_hex(part));
    }
}

#[cfg(test)]
mod tests;
