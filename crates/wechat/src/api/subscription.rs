//! Subscription notices (订阅通知), section 11.1: the account's templates of this other library, and sending against a consent.
//!
//! A one-time consent is worth one notice; a long-term one many, and only few categories may have such templates. There is no client
//! id: what got no answer is not sent again. Not for: template messages, whose keyword rules are the same.

use super::template::Jump;
use super::wire::lenient;
use super::{Account, CallResult};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A notice to one person who agreed to its template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    pub to: String,
    pub template_id: String,
    /// Keyword name and value, as template messages have them.
    pub data: Vec<(String, String)>,
    pub jump: Jump,
}

/// A template the account has taken.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SubscriptionTemplate {
    #[serde(rename = "priTmplId")]
    pub template_id: String,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub content: String,
    /// 2 one-time, 3 long-term.
    #[serde(default, rename = "type")]
    pub kind: i64,
}

impl SubscriptionTemplate {
    /// One consent is worth any number of notices.
    pub const fn is_long_term(&self) -> bool {
        self.kind == 3
    }
}

/// A field that a template of the public library can have.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Keyword {
    pub kid: i64,
    #[serde(default)]
    pub name: String,
}

#[derive(Deserialize)]
struct Listed<T> {
    #[serde(default = "Vec::new")]
    data: Vec<T>,
}

#[derive(Deserialize)]
struct Added {
    #[serde(rename = "priTmplId", deserialize_with = "lenient::text")]
    template_id: String,
}

#[derive(Deserialize)]
struct Done {}

impl Account {
    /// `POST /cgi-bin/message/subscribe/bizsend`. Success means accepted; the event `subscribe_msg_sent_event` tells the end.
    ///
    /// # Errors
    /// 43101 no consent (left), 40037 no such template of this library, 47003 a value breaks its keyword's rule, and as every call.
    pub async fn send_subscription(&self, notice: &Subscription) -> CallResult<()> {
        let data: Map<String, Value> =
            notice.data.iter().map(|(k, v)| (k.clone(), json!({ "value": v }))).collect();
        let mut body =
            json!({ "touser": notice.to, "template_id": notice.template_id, "data": data });
        // Here a page of ours is called `page`.
        match &notice.jump {
            Jump::Page { url } => body["page"] = json!(url),
            other => other.put(&mut body),
        }
        let _: Done = self.post("/cgi-bin/message/subscribe/bizsend", &body).await?;
        Ok(())
    }

    /// `GET /wxaapi/newtmpl/gettemplate`: at most 25.
    ///
    /// # Errors
    /// As every call.
    pub async fn subscription_templates(&self) -> CallResult<Vec<SubscriptionTemplate>> {
        let listed: Listed<SubscriptionTemplate> =
            self.get("/wxaapi/newtmpl/gettemplate", &[]).await?;
        Ok(listed.data)
    }

    /// `GET /wxaapi/newtmpl/getpubtemplatekeywords`: the fields that a template of the public library can have.
    ///
    /// # Errors
    /// 200014 no such number, and as every call.
    pub async fn subscription_keywords(&self, tid: i64) -> CallResult<Vec<Keyword>> {
        let tid = tid.to_string();
        let listed: Listed<Keyword> =
            self.get("/wxaapi/newtmpl/getpubtemplatekeywords", &[("tid", &tid)]).await?;
        Ok(listed.data)
    }

    /// `POST /wxaapi/newtmpl/addtemplate` → the new template's id. Two to five fields, in order; `scene` says in fifteen characters
    /// what it is for.
    ///
    /// # Errors
    /// 200012 the account has 25 already, 200014 no such number, 200020 no such fields, 200021 no scene, and as every call.
    pub async fn add_subscription(
        &self,
        tid: i64,
        kids: &[i64],
        scene: &str,
    ) -> CallResult<String> {
        let body = json!({ "tid": tid, "kidList": kids, "sceneDesc": scene });
        let added: Added = self.post("/wxaapi/newtmpl/addtemplate", &body).await?;
        Ok(added.template_id)
    }
}
