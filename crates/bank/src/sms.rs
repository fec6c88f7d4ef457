//! Sending a text message: one HTTP gateway, `POST {"to","text"}`, 2xx = accepted.

use base::{Error, Refusal, Result, Secret};
use serde_json::json;
use std::time::Duration;

pub const NO_GATEWAY: Refusal =
    Refusal::unavailable("sms.none", "本行还没有开通短信，暂时不能在微信办理，请到网点");
pub const NOT_SENT: Refusal =
    Refusal::unavailable("sms.not_sent", "短信没有发出去，请稍后再点「获取验证码」");

#[derive(Debug)]
pub struct Sms {
    http: reqwest::Client,
    url: Option<String>,
}

impl Sms {
    pub fn new(url: &str, timeout_ms: u64) -> Result<Self> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_millis(timeout_ms))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { http, url: (!url.is_empty()).then(|| url.to_owned()) })
    }

    pub fn is_configured(&self) -> bool {
        self.url.is_some()
    }

    /// Hands a message to the gateway. Neither number nor text is logged.
    pub async fn send(&self, to: &Secret<String>, text: &str) -> Result<()> {
        let url = self.url.as_deref().ok_or(NO_GATEWAY)?;
        let sent =
            self.http.post(url).json(&json!({ "to": to.reveal(), "text": text })).send().await;
        match sent {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => {
                tracing::warn!(status = answer.status().as_u16(), "the SMS gateway refused");
                NOT_SENT.into()
            }
            Err(e) => {
                tracing::warn!(error = %Error::from(e.without_url()), "the SMS gateway did not answer");
                NOT_SENT.into()
            }
        }
    }
}
