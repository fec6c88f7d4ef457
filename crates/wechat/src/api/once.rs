//! One-time subscription messages (一次性订阅消息), section 11.2: one message to whoever agreed to it, follower or not.
//!
//! The customer agrees on a page of WeChat's ([`Account::once_link`]) and comes back to yours with the answer in the query.
//! Agreeing again for the same scene adds nothing. Not for: subscription notices (订阅通知), nor marketing.

use super::template::Jump;
use super::wire::address;
use super::{Account, CallError, CallResult};
use serde_json::{Value, json};

/// Scenes are 0 to this.
pub const SCENE_MAX: u16 = 10_000;
/// A title has at most so many characters.
pub const TITLE_MAX_CHARS: usize = 15;
/// The words have at most so many characters.
pub const CONTENT_MAX_CHARS: usize = 200;
/// `reserved` has at most so many letters and digits.
pub const RESERVED_MAX: usize = 128;

/// What the customer is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Tells one message from another; at most [`SCENE_MAX`].
    pub scene: u16,
    /// The account's one template for these messages, from the console.
    pub template_id: String,
    /// Where the customer comes back to; its host is a registered 业务域名.
    pub redirect_url: String,
    /// Comes back as it is: something random that you remember, against forged returns. Letters and digits.
    pub reserved: String,
}

/// The one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    pub to: String,
    pub template_id: String,
    pub scene: u16,
    pub title: String,
    pub content: String,
    pub jump: Jump,
}

impl Account {
    /// The page to open in WeChat. It leads back to `redirect_url` with `openid` (only after yes), `template_id`,
    /// `action=confirm` or `cancel`, `scene` and `reserved`.
    ///
    /// # Errors
    /// `NotSent(Invalid)` for a scene or `reserved` out of range.
    pub fn once_link(&self, ask: &Ask) -> CallResult<String> {
        if ask.scene > SCENE_MAX {
            return Err(CallError::invalid("a scene is at most 10000"));
        }
        let is_plain = ask.reserved.bytes().all(|b| b.is_ascii_alphanumeric());
        if !is_plain || ask.reserved.len() > RESERVED_MAX {
            return Err(CallError::invalid("reserved is at most 128 letters and digits"));
        }
        let scene = ask.scene.to_string();
        let query = [
            ("action", "get_confirm"),
            ("appid", self.appid()),
            ("scene", &scene),
            ("template_id", &ask.template_id),
            ("redirect_url", &ask.redirect_url),
            ("reserved", &ask.reserved),
        ];
        let link = address(&self.client().hosts().mp, "/mp/subscribemsg", &query);
        Ok(format!("{link}#wechat_redirect"))
    }

    /// `POST /cgi-bin/message/template/subscribe`. There is no id against doubles: after an unknown outcome do not repeat,
    /// a repeat of one that arrived is refused with 43101.
    ///
    /// # Errors
    /// `NotSent(Invalid)` for words too long; 40037 another template, 43101 not agreed or already sent, and as every call.
    pub async fn send_once(&self, message: &Once) -> CallResult<()> {
        let _: Value = self.post("/cgi-bin/message/template/subscribe", &message.body()?).await?;
        Ok(())
    }
}

impl Once {
    fn body(&self) -> CallResult<Value> {
        let fits = |text: &str, max| (1..=max).contains(&text.chars().count());
        if !fits(&self.title, TITLE_MAX_CHARS) || !fits(&self.content, CONTENT_MAX_CHARS) {
            return Err(CallError::invalid("a title has 1 to 15 characters, its words 1 to 200"));
        }
        let mut body = json!({
            "touser": self.to,
            "template_id": self.template_id,
            "scene": self.scene.to_string(),
            "title": self.title,
            "data": { "content": { "value": self.content } },
        });
        self.jump.put(&mut body);
        Ok(body)
    }
}
