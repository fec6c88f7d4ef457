//! Saying something outside a passive reply, through WeChat's customer-service message.
//!
//! Not for: templates and subscriptions; those belong to notices.

use crate::app::App;
use crate::tenants::Account;
use base::{Error, Result};
use std::sync::Arc;
use wechat::api::CallError;
use wechat::api::custom::{Extra, Message};
use wechat::codes::Advice;

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    Accepted,
    /// WeChat's window for this follower is shut or used up, or they do not follow: keep the words.
    Closed,
}

/// Sends text. A fault means "try again later"; an unknown outcome is never sent twice by itself.
pub async fn say(app: &Arc<App>, account: &Account, openid: &str, text: &str) -> Result<Sent> {
    let message = Message::Text(text.to_owned());
    match app.wechat.account(account).send_custom(openid, &message, &Extra::default()).await {
        Ok(()) => {
            metrics::counter!("weiyin_custom_sent_total").increment(1);
            Ok(Sent::Accepted)
        }
        Err(CallError::Api(e)) => {
            metrics::counter!("weiyin_custom_refused_total", "code" => e.code.to_string())
                .increment(1);
            match e.advice {
                Advice::Retry | Advice::RefreshToken | Advice::NextMinute => {
                    Err(Error::fault(format!("customer-service message: {e}")))
                }
                _ => {
                    tracing::warn!(appid = %account.appid, code = e.code, "customer-service message refused");
                    Ok(Sent::Closed)
                }
            }
        }
        Err(e @ CallError::NotSent(_)) => {
            Err(Error::fault(format!("customer-service message: {e}")))
        }
        Err(e @ CallError::Unknown(_)) => {
            // It may have arrived: saying it twice is worse than saying it at the next contact.
            tracing::warn!(appid = %account.appid, error = %e, "customer-service message: outcome unknown");
            Ok(Sent::Accepted)
        }
    }
}
