//! Template messages (模板消息), section 10. Only verified service accounts may send them, and never for marketing.
//!
//! Not for: the template system's administration, and subscription notices.

use super::wire::lenient;
use super::{Account, CallError, CallResult};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A notice to one follower.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub to: String,
    pub template_id: String,
    /// Keyword name without `.DATA` (`thing1`, `time2`, `amount3`) and its value.
    pub data: Vec<(String, String)>,
    pub jump: Jump,
    /// The same id to the same person is sent once within 10 minutes: with it a repeat after an unknown outcome is safe.
    pub client_msg_id: String,
}

/// Where a tap leads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Jump {
    #[default]
    Nowhere,
    Page {
        url: String,
    },
    /// `url` is for clients that cannot open mini programs.
    MiniProgram {
        appid: String,
        page_path: String,
        url: Option<String>,
    },
}

/// A template of the account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Template {
    pub template_id: String,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub content: String,
    #[serde(default)]
    pub example: String,
}

#[derive(Deserialize)]
struct Sent {
    #[serde(deserialize_with = "lenient::text")]
    msgid: String,
}

#[derive(Deserialize)]
struct Added {
    template_id: String,
}

#[derive(Deserialize)]
struct Templates {
    #[serde(default)]
    template_list: Vec<Template>,
}

impl Notice {
    fn body(&self) -> Value {
        let data: Map<String, Value> =
            self.data.iter().map(|(k, v)| (k.clone(), json!({ "value": v }))).collect();
        let mut body = json!({
            "touser": self.to,
            "template_id": self.template_id,
            "client_msg_id": self.client_msg_id,
            "data": data,
        });
        self.jump.put(&mut body);
        body
    }
}

impl Jump {
    pub(super) fn put(&self, body: &mut Value) {
        match self {
            Self::Nowhere => {}
            Self::Page { url } => body["url"] = json!(url),
            Self::MiniProgram { appid, page_path, url } => {
                body["miniprogram"] = json!({ "appid": appid, "pagepath": page_path });
                if let Some(url) = url {
                    body["url"] = json!(url);
                }
            }
        }
    }
}

impl Account {
    /// `POST /cgi-bin/message/template/send` → `msgid`, which the event TEMPLATESENDJOBFINISH names again. Success means
    /// accepted, not delivered.
    ///
    /// # Errors
    /// `NotSent(Invalid)` without a client id; 43004 not following, 40037 no such template, 47003 a value breaks its keyword's
    /// rule (the message names the field), and as every call.
    pub async fn send_template(&self, notice: &Notice) -> CallResult<String> {
        if notice.client_msg_id.is_empty() {
            return Err(CallError::invalid("a template message needs a client_msg_id"));
        }
        let sent: Sent = self.post("/cgi-bin/message/template/send", &notice.body()).await?;
        Ok(sent.msgid)
    }

    /// `POST /cgi-bin/template/api_add_template` → the new template's id. `short_id` is a category template's number in WeChat's
    /// library; `keywords` chooses and orders its fields by their names.
    ///
    /// # Errors
    /// 40037 no such number, 45026 the account has 25 already, 47003 a field the library's template does not have, and as every call.
    pub async fn add_template(&self, short_id: &str, keywords: &[&str]) -> CallResult<String> {
        let body = json!({ "template_id_short": short_id, "keyword_name_list": keywords });
        let added: Added = self.post("/cgi-bin/template/api_add_template", &body).await?;
        Ok(added.template_id)
    }

    /// `GET /cgi-bin/template/get_all_private_template`: at most 25.
    pub async fn templates(&self) -> CallResult<Vec<Template>> {
        let answer: Templates = self.get("/cgi-bin/template/get_all_private_template", &[]).await?;
        Ok(answer.template_list)
    }
}
