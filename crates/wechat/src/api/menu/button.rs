//! Buttons: their shapes in JSON and what WeChat refuses about each.

use serde_json::{Value, json};

/// Bytes of a top name; a phone shows [`super::TOP_NAME_CHARS`].
pub const TOP_NAME_MAX_BYTES: usize = 16;
/// Bytes of a listed name; a phone shows [`super::SUB_NAME_CHARS`].
pub const SUB_NAME_MAX_BYTES: usize = 60;
/// Bytes of `key`.
pub const KEY_MAX_BYTES: usize = 128;
/// Bytes of `url`.
pub const URL_MAX_BYTES: usize = 1024;

/// A button: a name, and what a tap does or shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    pub name: String,
    pub tap: Tap,
}

/// What a tap does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tap {
    /// Shows a list (top level only).
    List(Vec<Button>),
    /// Event CLICK with `key`.
    Click { key: String },
    /// Opens a page.
    View { url: String },
    /// Scans, and opens what was scanned.
    ScanPush { key: String },
    /// Scans, and waits for our answer.
    ScanWait { key: String },
    /// Takes a picture.
    Photo { key: String },
    /// Takes or chooses a picture.
    PhotoOrAlbum { key: String },
    /// Chooses a picture.
    Album { key: String },
    /// Chooses a place.
    LocationSelect { key: String },
    /// Sends a permanent media file.
    Media { media_id: String },
    /// Opens an article of the library (old).
    ViewLimited { media_id: String },
    /// Sends a published article.
    Article { article_id: String },
    /// Opens a published article.
    ArticleView { article_id: String },
    /// Opens a linked mini program; `url` is for old clients.
    MiniProgram { appid: String, page_path: String, url: String },
    /// A type this version does not know: kept as WeChat sent it.
    Other { kind: String, raw: Value },
}

impl Tap {
    /// The protocol's type and the fields that go with it.
    fn fields(&self) -> Value {
        let keyed = |kind: &str, key: &str| json!({ "type": kind, "key": key });
        match self {
            Self::List(buttons) => {
                json!({ "sub_button": buttons.iter().map(Button::to_json).collect::<Vec<_>>() })
            }
            Self::Click { key } => keyed("click", key),
            Self::View { url } => json!({ "type": "view", "url": url }),
            Self::ScanPush { key } => keyed("scancode_push", key),
            Self::ScanWait { key } => keyed("scancode_waitmsg", key),
            Self::Photo { key } => keyed("pic_sysphoto", key),
            Self::PhotoOrAlbum { key } => keyed("pic_photo_or_album", key),
            Self::Album { key } => keyed("pic_weixin", key),
            Self::LocationSelect { key } => keyed("location_select", key),
            Self::Media { media_id } => json!({ "type": "media_id", "media_id": media_id }),
            Self::ViewLimited { media_id } => {
                json!({ "type": "view_limited", "media_id": media_id })
            }
            Self::Article { article_id } => {
                json!({ "type": "article_id", "article_id": article_id })
            }
            Self::ArticleView { article_id } => {
                json!({ "type": "article_view_limited", "article_id": article_id })
            }
            Self::MiniProgram { appid, page_path, url } => {
                json!({ "type": "miniprogram", "appid": appid, "pagepath": page_path, "url": url })
            }
            Self::Other { raw, .. } => raw.clone(),
        }
    }

    fn fault(&self) -> Option<&'static str> {
        let key = |key: &str| match key.len() {
            0 => Some("needs a key"),
            n if n > KEY_MAX_BYTES => Some("the key is longer than 128 bytes"),
            _ => None,
        };
        let url = |url: &str| {
            if !(url.starts_with("https://") || url.starts_with("http://")) {
                return Some("needs an http(s) address");
            }
            (url.len() > URL_MAX_BYTES).then_some("the address is longer than 1024 bytes")
        };
        let id = |id: &str| id.is_empty().then_some("needs an id");
        match self {
            Self::List(_) | Self::Other { .. } => None,
            Self::Click { key: k }
            | Self::ScanPush { key: k }
            | Self::ScanWait { key: k }
            | Self::Photo { key: k }
            | Self::PhotoOrAlbum { key: k }
            | Self::Album { key: k }
            | Self::LocationSelect { key: k } => key(k),
            Self::View { url: u } => url(u),
            Self::Media { media_id: i } | Self::ViewLimited { media_id: i } => id(i),
            Self::Article { article_id: i } | Self::ArticleView { article_id: i } => id(i),
            Self::MiniProgram { appid, url: u, .. } => {
                if appid.is_empty() || *appid != appid.to_ascii_lowercase() {
                    return Some("a mini program's appid is lower-case");
                }
                url(u)
            }
        }
    }

    fn of(value: &Value) -> Self {
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        // `get_current_selfmenu_info` wraps the list once more.
        let subs =
            value["sub_button"].as_array().or_else(|| value["sub_button"]["list"].as_array());
        let key = || text("key");
        match value["type"].as_str().unwrap_or_default() {
            "" => Self::List(subs.into_iter().flatten().map(Button::of_json).collect()),
            "click" => Self::Click { key: key() },
            "view" => Self::View { url: text("url") },
            "scancode_push" => Self::ScanPush { key: key() },
            "scancode_waitmsg" => Self::ScanWait { key: key() },
            "pic_sysphoto" => Self::Photo { key: key() },
            "pic_photo_or_album" => Self::PhotoOrAlbum { key: key() },
            "pic_weixin" => Self::Album { key: key() },
            "location_select" => Self::LocationSelect { key: key() },
            "media_id" => Self::Media { media_id: text("media_id") },
            "view_limited" => Self::ViewLimited { media_id: text("media_id") },
            "article_id" => Self::Article { article_id: text("article_id") },
            "article_view_limited" => Self::ArticleView { article_id: text("article_id") },
            "miniprogram" => Self::MiniProgram {
                appid: text("appid"),
                page_path: text("pagepath"),
                url: text("url"),
            },
            kind => Self::Other { kind: kind.to_owned(), raw: value.clone() },
        }
    }
}

impl Button {
    pub fn new(name: &str, tap: Tap) -> Self {
        Self { name: name.to_owned(), tap }
    }

    pub(super) fn to_json(&self) -> Value {
        let mut value = self.tap.fields();
        value["name"] = json!(self.name);
        value
    }

    pub(super) fn of_json(value: &Value) -> Self {
        Self { name: value["name"].as_str().unwrap_or_default().to_owned(), tap: Tap::of(value) }
    }

    pub(super) fn fault(&self, top: bool) -> Option<&'static str> {
        let most = if top { TOP_NAME_MAX_BYTES } else { SUB_NAME_MAX_BYTES };
        if self.name.trim().is_empty() {
            return Some("has no name");
        }
        if self.name.len() > most {
            return Some("the name is too long (16 bytes on top, 60 in a list)");
        }
        match &self.tap {
            Tap::List(_) if !top => Some("a list inside a list"),
            Tap::List(subs) if subs.is_empty() => Some("an empty list"),
            Tap::List(subs) if subs.len() > super::SUB_MAX => Some("more than 5 in a list"),
            tap => tap.fault(),
        }
    }
}
