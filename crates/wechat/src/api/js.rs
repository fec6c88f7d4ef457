//! What a page hands to `wx.config` (section 18): ticket from the authority, signature from [`crate::jssdk`].
//!
//! Not for: checking that the page's host is registered as JS接口安全域名; WeChat's client does.

use super::{Account, CallResult};
use crate::jssdk;

/// Everything `wx.config` needs besides the list of calls. Holds no ticket: it may go to a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageConfig {
    pub appid: String,
    /// Seconds since 1970, as text.
    pub timestamp: String,
    pub nonce: String,
    pub signature: String,
}

impl Account {
    /// Signs for the page at `url`, exactly as the browser shows it (the part after `#` does not count). `nonce` is a fresh
    /// random text of letters and digits.
    ///
    /// # Errors
    /// As every call, when the ticket has to be fetched.
    pub async fn page_config(&self, url: &str, nonce: &str) -> CallResult<PageConfig> {
        let ticket = self.authority().jsapi_ticket(self.owner()).await?;
        let timestamp = self.authority().now().secs().to_string();
        let signature = jssdk::signature(ticket.reveal(), nonce, &timestamp, url);
        let appid = self.appid().to_owned();
        Ok(PageConfig { appid, timestamp, nonce: nonce.to_owned(), signature })
    }
}
