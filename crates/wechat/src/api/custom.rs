//! Customer-service messages (客服消息) and the typing indicator, section 9.
//!
//! Not for: knowing whether the window is open (WeChat says 45015 or 45047; the caller keeps its own count), or the accounts
//! and sessions of service people.

use super::{Account, CallError, CallResult};
use crate::codes::Class;
use serde_json::{Value, json};

/// `text.content` in bytes, else 45002.
pub const TEXT_MAX_BYTES: usize = 2048;

/// A message to one person who wrote, clicked, scanned or followed a short while ago (9.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// At most [`TEXT_MAX_BYTES`]; `<a href>` and `weixin://bizmsgmenu` links work.
    Text(String),
    Image {
        media_id: String,
    },
    Voice {
        media_id: String,
    },
    Video {
        media_id: String,
        thumb_media_id: String,
        title: String,
        description: String,
    },
    Music {
        title: String,
        description: String,
        music_url: String,
        hq_music_url: String,
        thumb_media_id: String,
    },
    /// One article (more give 45008) that opens `url`.
    News {
        title: String,
        description: String,
        url: String,
        pic_url: String,
    },
    /// A published article.
    Article {
        article_id: String,
    },
    /// Lines to tap; a tap comes back as text with `bizmsgmenuid` = the line's id.
    Menu {
        head: String,
        lines: Vec<MenuLine>,
        tail: String,
    },
    Card {
        card_id: String,
    },
    /// The mini program must be linked to the account.
    MiniProgram {
        title: String,
        appid: String,
        page_path: String,
        thumb_media_id: String,
    },
}

/// One line of [`Message::Menu`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuLine {
    pub id: String,
    pub content: String,
}

/// What else WeChat should know of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extra {
    /// Shown as sent by this service account (`prefix@alias`).
    pub kf_account: Option<String>,
    /// Marks text that a model has written (`aimsgcontext`, since 2026).
    pub is_ai: bool,
}

impl Message {
    fn parts(&self) -> (&'static str, Value) {
        match self {
            Self::Text(content) => ("text", json!({ "content": content })),
            Self::Image { media_id } => ("image", json!({ "media_id": media_id })),
            Self::Voice { media_id } => ("voice", json!({ "media_id": media_id })),
            Self::Video { media_id, thumb_media_id, title, description } => (
                "video",
                json!({ "media_id": media_id, "thumb_media_id": thumb_media_id, "title": title, "description": description }),
            ),
            Self::Music { title, description, music_url, hq_music_url, thumb_media_id } => (
                "music",
                json!({ "title": title, "description": description, "musicurl": music_url, "hqmusicurl": hq_music_url, "thumb_media_id": thumb_media_id }),
            ),
            Self::News { title, description, url, pic_url } => (
                "news",
                json!({ "articles": [{ "title": title, "description": description, "url": url, "picurl": pic_url }] }),
            ),
            Self::Article { article_id } => ("mpnewsarticle", json!({ "article_id": article_id })),
            Self::Menu { head, lines, tail } => {
                let list: Vec<Value> =
                    lines.iter().map(|l| json!({ "id": l.id, "content": l.content })).collect();
                let body = json!({ "head_content": head, "list": list, "tail_content": tail });
                ("msgmenu", body)
            }
            Self::Card { card_id } => ("wxcard", json!({ "card_id": card_id })),
            Self::MiniProgram { title, appid, page_path, thumb_media_id } => (
                "miniprogrampage",
                json!({ "title": title, "appid": appid, "pagepath": page_path, "thumb_media_id": thumb_media_id }),
            ),
        }
    }

    /// The JSON body, as `custom/send` wants it.
    pub fn body(&self, to: &str, extra: &Extra) -> Value {
        let (kind, object) = self.parts();
        let mut body = json!({ "touser": to, "msgtype": kind, kind: object });
        if let Some(kf) = &extra.kf_account {
            body["customservice"] = json!({ "kf_account": kf });
        }
        if extra.is_ai {
            body["aimsgcontext"] = json!({ "is_ai_msg": 1 });
        }
        body
    }

    fn check(&self) -> CallResult<()> {
        let fault = match self {
            Self::Text(t) if t.is_empty() => "the text is empty",
            Self::Text(t) if t.len() > TEXT_MAX_BYTES => "the text is longer than 2048 bytes",
            Self::Menu { lines, .. } if lines.is_empty() => "a message menu needs a line",
            Self::MiniProgram { appid, .. } if *appid != appid.to_ascii_lowercase() => {
                "a mini program's appid is lower-case"
            }
            _ => return Ok(()),
        };
        Err(CallError::invalid(fault))
    }
}

impl Account {
    /// `POST /cgi-bin/message/custom/send` (9.2). There is no client id: after [`CallError::Unknown`] never send again.
    ///
    /// # Errors
    /// 45015/45047 the window is closed or used up, 40003 not a follower, 48002 the person refuses, and as every call.
    pub async fn send_custom(&self, to: &str, message: &Message, extra: &Extra) -> CallResult<()> {
        message.check()?;
        self.post_done("/cgi-bin/message/custom/send", &message.body(to, extra)).await
    }

    /// `POST /cgi-bin/message/custom/typing` (9.2): shows or ends 「对方正在输入」. False when WeChat would not show it now
    /// (no message in the last 30 s, or already showing): never a reason for worry.
    ///
    /// # Errors
    /// As every call.
    pub async fn typing(&self, to: &str, on: bool) -> CallResult<bool> {
        let command = if on { "Typing" } else { "CancelTyping" };
        let body = json!({ "touser": to, "command": command });
        match self.post_done("/cgi-bin/message/custom/typing", &body).await {
            Ok(()) => Ok(true),
            Err(CallError::Api(e)) if e.class == Class::Typing => Ok(false),
            Err(e) => Err(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_raw_utf8_without_escapes() {
        let body =
            Message::Text(String::from("余额 1,280.50 元 <a href=\"http://h/?a=1&b=2\">看</a>"))
                .body("o1", &Extra::default());
        assert_eq!(
            serde_json::to_string(&body).unwrap(),
            r#"{"msgtype":"text","text":{"content":"余额 1,280.50 元 <a href=\"http://h/?a=1&b=2\">看</a>"},"touser":"o1"}"#
        );
    }

    #[test]
    fn a_menu_message_has_head_lines_and_tail() {
        let lines = vec![MenuLine { id: String::from("1"), content: String::from("查余额") }];
        let menu = Message::Menu { head: String::from("请选择"), lines, tail: String::new() };
        let extra = Extra { kf_account: Some(String::from("li@bank")), is_ai: true };
        assert_eq!(
            menu.body("o1", &extra),
            json!({
                "touser": "o1", "msgtype": "msgmenu",
                "msgmenu": { "head_content": "请选择", "list": [{ "id": "1", "content": "查余额" }], "tail_content": "" },
                "customservice": { "kf_account": "li@bank" },
                "aimsgcontext": { "is_ai_msg": 1 },
            })
        );
    }

    #[test]
    fn a_text_past_the_limit_is_refused_before_it_is_sent() {
        let long = Message::Text("余".repeat(683));
        assert_eq!(long.check(), Err(CallError::invalid("the text is longer than 2048 bytes")));
        assert_eq!(Message::Text("余".repeat(682)).check(), Ok(()));
    }
}
