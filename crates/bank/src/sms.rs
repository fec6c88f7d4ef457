//! Sending a text message, or a call that reads it out: one HTTP gateway, `POST {"to","text","way"}`, 2xx = accepted.

use crate::supplier;
use base::{Error, Refusal, Result, Secret};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub const NO_GATEWAY: Refusal =
    Refusal::unavailable("sms.none", "本行还没有开通短信，暂时不能在微信办理，请到网点");
pub const NOT_SENT: Refusal =
    Refusal::unavailable("sms.not_sent", "短信没有发出去，请稍后再点「获取验证码」");

pub const NOT_CALLED: Refusal =
    Refusal::unavailable("sms.not_sent", "电话没有打出去，请稍后再点一次");

/// How words reach a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    #[default]
    Text,
    /// Read out by a telephone call (语音验证码).
    Voice,
}

impl Way {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Voice => "voice",
        }
    }
    pub fn of(word: &str) -> Result<Self> {
        let known = [Self::Text, Self::Voice].into_iter().find(|w| w.word() == word);
        known.ok_or_else(|| Error::fault(format!("no way of sending «{word}»")))
    }
}

/// What became of a message at the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handed {
    Accepted,
    /// A definite no: nothing was sent.
    Refused,
    /// It may have been sent.
    Unknown,
}

#[derive(Debug)]
pub struct Sms {
    http: reqwest::Client,
    url: Option<String>,
}

impl Sms {
    pub fn new(url: &str, timeout_ms: u64) -> Result<Self> {
        let (http, url) = supplier::reach(url, timeout_ms)?;
        Ok(Self { http, url })
    }

    pub fn is_configured(&self) -> bool {
        self.url.is_some()
    }

    /// Hands a message to the gateway. Neither number nor text is logged.
    pub async fn send(&self, way: Way, to: &Secret<String>, text: &str) -> Result<()> {
        let refusal = if way == Way::Voice { NOT_CALLED } else { NOT_SENT };
        match self.hand_over(way, to, text).await? {
            Handed::Accepted => Ok(()),
            Handed::Refused | Handed::Unknown => refusal.into(),
        }
    }

    /// The same for who must know whether it may have arrived.
    pub async fn hand_over(&self, way: Way, to: &Secret<String>, text: &str) -> Result<Handed> {
        let url = self.url.as_deref().ok_or(NO_GATEWAY)?;
        let body = json!({ "to": to.reveal(), "text": text, "way": way });
        match self.http.post(url).json(&body).send().await {
            Ok(answer) if answer.status().is_success() => Ok(Handed::Accepted),
            Ok(answer) => {
                tracing::warn!(status = answer.status().as_u16(), "the SMS gateway refused");
                Ok(Handed::Refused)
            }
            Err(e) => {
                let handed = if e.is_connect() { Handed::Refused } else { Handed::Unknown };
                tracing::warn!(error = %Error::from(e.without_url()), "the SMS gateway did not answer");
                Ok(handed)
            }
        }
    }
}
