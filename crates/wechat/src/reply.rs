//! Passive replies: what may stand in the HTTP response to a callback.
//!
//! What it is for: writing (and, for simulators and tests, reading) the reply XML. Text can never break out of its
//! element, is cut at WeChat's limit on a character boundary, and what was cut is told by [`Reply::overflow`].
//! What it is not for: encrypting ([`crate::envelope::Callback::seal`]) and messages sent later (the customer-service API).
//!
//! ```
//! use base::Time;
//! use wechat::reply::{self, Reply};
//!
//! let xml = Reply::Text("您好".into()).to_xml("oExampleFollower01", "gh_10f6c3c3ac5a", Time::of_secs(1_785_000_000));
//! assert_eq!(
//!     xml,
//!     "<xml><ToUserName><![CDATA[oExampleFollower01]]></ToUserName>\
//!      <FromUserName><![CDATA[gh_10f6c3c3ac5a]]></FromUserName><CreateTime>1785000000</CreateTime>\
//!      <MsgType><![CDATA[text]]></MsgType><Content><![CDATA[您好]]></Content></xml>"
//! );
//! assert_eq!(reply::read(xml.as_bytes())?.reply, Reply::Text("您好".into()));
//! # Ok::<(), wechat::xml::XmlError>(())
//! ```

use crate::xml::{self, Doc, Element, XmlError, push_bare, push_cdata};
use base::Time;

/// The body that acknowledges a callback without answering. Never encrypted.
pub const ACK: &str = "success";

/// Longest text WeChat shows, in bytes of UTF-8 (about 680 Chinese characters).
pub const TEXT_BYTES_MAX: usize = 2_048;

/// Most articles written. After a customer's own message WeChat shows only the first; up to eight after a menu tap or
/// a follow. One is always right.
pub const ARTICLES_MAX: usize = 8;

/// A passive reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Words; line breaks are shown, `<a href>` and [`menu_line`] work.
    Text(String),
    /// A picture by its media id (no moving gif).
    Image { media_id: String },
    /// A sound by its media id.
    Voice { media_id: String },
    /// A video by its media id.
    Video { media_id: String, title: Option<String>, description: Option<String> },
    /// Music; the thumb is obligatory.
    Music {
        title: Option<String>,
        description: Option<String>,
        url: Option<String>,
        hq_url: Option<String>,
        thumb_media_id: String,
    },
    /// Articles: see [`ARTICLES_MAX`].
    News(Vec<Article>),
    /// Hands the message over to WeChat's own customer-service desk, to one agent when named (`name@account`).
    TransferToCustomerService { kf_account: Option<String> },
}

/// One article of [`Reply::News`]. Pictures look best at 360×200 (first) and 200×200.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Article {
    pub title: String,
    pub description: String,
    pub pic_url: String,
    pub url: String,
}

impl Reply {
    /// `MsgType` as WeChat spells it.
    pub const fn msg_type(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Image { .. } => "image",
            Self::Voice { .. } => "voice",
            Self::Video { .. } => "video",
            Self::Music { .. } => "music",
            Self::News(_) => "news",
            Self::TransferToCustomerService { .. } => "transfer_customer_service",
        }
    }

    /// The reply's XML, to the openid `to` from the 原始ID `from` (the inbound message's two names swapped).
    ///
    /// A text of nothing or a list of no articles would show the customer a failure notice; then this is [`ACK`].
    pub fn to_xml(&self, to: &str, from: &str, now: Time) -> String {
        if self.is_empty() {
            return ACK.to_owned();
        }
        let mut out = String::with_capacity(384 + self.weight());
        out.push_str("<xml>");
        push_cdata(&mut out, "ToUserName", to);
        push_cdata(&mut out, "FromUserName", from);
        push_bare(&mut out, "CreateTime", now.secs());
        push_cdata(&mut out, "MsgType", self.msg_type());
        self.push_body(&mut out);
        out.push_str("</xml>");
        out
    }

    /// The part of a text that [`Reply::to_xml`] leaves out because it is too long; send it as a further message.
    pub fn overflow(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(cut(text, TEXT_BYTES_MAX).1).filter(|rest| !rest.is_empty()),
            _ => None,
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.chars().all(|c| c.is_whitespace() || xml::illegal(c)),
            Self::News(articles) => articles.is_empty(),
            _ => false,
        }
    }

    fn weight(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::News(articles) => articles.len() * 512,
            _ => 256,
        }
    }

    fn push_body(&self, out: &mut String) {
        match self {
            Self::Text(text) => push_cdata(out, "Content", cut(text, TEXT_BYTES_MAX).0),
            Self::Image { media_id } => push_media(out, "Image", media_id, &[]),
            Self::Voice { media_id } => push_media(out, "Voice", media_id, &[]),
            Self::Video { media_id, title, description } => {
                push_media(
                    out,
                    "Video",
                    media_id,
                    &[("Title", title), ("Description", description)],
                );
            }
            Self::Music { title, description, url, hq_url, thumb_media_id } => {
                out.push_str("<Music>");
                push_some(out, "Title", title.as_deref());
                push_some(out, "Description", description.as_deref());
                push_some(out, "MusicUrl", url.as_deref());
                push_some(out, "HQMusicUrl", hq_url.as_deref());
                push_cdata(out, "ThumbMediaId", thumb_media_id);
                out.push_str("</Music>");
            }
            Self::News(articles) => push_news(out, articles),
            Self::TransferToCustomerService { kf_account } => {
                if let Some(account) = kf_account {
                    out.push_str("<TransInfo>");
                    push_cdata(out, "KfAccount", account);
                    out.push_str("</TransInfo>");
                }
            }
        }
    }
}

fn push_media(out: &mut String, name: &str, media_id: &str, more: &[(&str, &Option<String>)]) {
    out.push('<');
    out.push_str(name);
    out.push('>');
    push_cdata(out, "MediaId", media_id);
    for (field, text) in more {
        push_some(out, field, text.as_deref());
    }
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

fn push_some(out: &mut String, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        push_cdata(out, name, text);
    }
}

fn push_news(out: &mut String, articles: &[Article]) {
    let shown = &articles[..articles.len().min(ARTICLES_MAX)];
    push_bare(out, "ArticleCount", i64::try_from(shown.len()).unwrap_or(0));
    out.push_str("<Articles>");
    for article in shown {
        out.push_str("<item>");
        push_cdata(out, "Title", &article.title);
        push_cdata(out, "Description", &article.description);
        push_cdata(out, "PicUrl", &article.pic_url);
        push_cdata(out, "Url", &article.url);
        out.push_str("</item>");
    }
    out.push_str("</Articles>");
}

/// Splits `text` so that the first part has at most `bytes_max` bytes, on a character boundary; after a line break when
/// one is in the last quarter, and never inside an `<a …>…</a>` that would fit the next part.
pub fn cut(text: &str, bytes_max: usize) -> (&str, &str) {
    if text.len() <= bytes_max {
        return (text, "");
    }
    let mut at = text.floor_char_boundary(bytes_max);
    let head = &text[..at];
    if let Some(link) = head.rfind("<a ").filter(|link| !head[*link..].contains("</a>")) {
        at = if link > 0 { link } else { at };
    }
    if let Some(line) = text[..at].rfind('\n').filter(|line| *line >= at / 4 * 3) {
        at = line + 1;
    }
    text.split_at(at)
}

/// A line of text the customer can tap: WeChat then sends `text` as the customer's own message, with `id` as its
/// `bizmsgmenuid`. Characters that would end the attribute (`"`, `<`, `>`, `&`, line breaks) are left out.
///
/// ```
/// assert_eq!(
///     wechat::reply::menu_line("查余额", "1"),
///     r#"<a href="weixin://bizmsgmenu?msgmenucontent=查余额&msgmenuid=1">查余额</a>"#
/// );
/// ```
pub fn menu_line(text: &str, id: &str) -> String {
    let plain = |s: &str| -> String {
        s.chars()
            .filter(|c| !matches!(c, '"' | '<' | '>' | '&' | '\n' | '\r') && !xml::illegal(*c))
            .collect()
    };
    let (text, id) = (plain(text), plain(id));
    format!(r#"<a href="weixin://bizmsgmenu?msgmenucontent={text}&msgmenuid={id}">{text}</a>"#)
}

/// A reply as WeChat sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The follower's openid.
    pub to: String,
    /// The account's 原始ID.
    pub from: String,
    /// Seconds since 1970.
    pub created_s: i64,
    pub reply: Reply,
}

/// Reads a plain reply as WeChat would: for simulators and tests.
///
/// # Errors
/// [`XmlError`] when WeChat would show the customer its failure notice: not XML, an unknown `MsgType`, an empty text.
pub fn read(body: &[u8]) -> Result<Read, XmlError> {
    let clean = xml::text(body)?;
    let doc = Doc::parse_strict(&clean)?;
    let root = doc.root();
    let need = |of: Element<'_, '_>, name: &'static str| {
        of.get(name).filter(|t| !t.is_empty()).map(str::to_owned).ok_or(XmlError::Missing(name))
    };
    let part = |name: &'static str| root.child(name).ok_or(XmlError::Missing(name));
    let may = |of: Element<'_, '_>, name| of.get(name).map(str::to_owned);
    let reply = match root.get("MsgType").unwrap_or_default() {
        "text" => Reply::Text(need(root, "Content")?),
        "image" => Reply::Image { media_id: need(part("Image")?, "MediaId")? },
        "voice" => Reply::Voice { media_id: need(part("Voice")?, "MediaId")? },
        "video" => {
            let video = part("Video")?;
            Reply::Video {
                media_id: need(video, "MediaId")?,
                title: may(video, "Title"),
                description: may(video, "Description"),
            }
        }
        "music" => {
            let music = part("Music")?;
            Reply::Music {
                title: may(music, "Title"),
                description: may(music, "Description"),
                url: may(music, "MusicUrl"),
                hq_url: may(music, "HQMusicUrl"),
                thumb_media_id: need(music, "ThumbMediaId")?,
            }
        }
        "news" => Reply::News(part("Articles")?.children().map(article).collect()),
        "transfer_customer_service" => Reply::TransferToCustomerService {
            kf_account: root.child("TransInfo").and_then(|t| may(t, "KfAccount")),
        },
        _ => return Err(XmlError::Missing("MsgType")),
    };
    let created = need(root, "CreateTime")?;
    Ok(Read {
        to: need(root, "ToUserName")?,
        from: need(root, "FromUserName")?,
        created_s: created.parse().map_err(|_| XmlError::Missing("CreateTime"))?,
        reply,
    })
}

fn article(item: Element<'_, '_>) -> Article {
    let text = |name| item.get(name).unwrap_or_default().to_owned();
    Article {
        title: text("Title"),
        description: text("Description"),
        pic_url: text("PicUrl"),
        url: text("Url"),
    }
}

#[cfg(test)]
mod tests;
