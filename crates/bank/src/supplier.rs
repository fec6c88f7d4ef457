//! The way to the bank's suppliers (text messages, reading photos, checking faces): one HTTP client each, that keeps to
//! its time and follows nobody elsewhere. Not for: WeChat or the core.

use base::Result;
use std::time::Duration;

/// A client, and the address if one is set.
pub(crate) fn reach(url: &str, timeout_ms: u64) -> Result<(reqwest::Client, Option<String>)> {
    let http = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_millis(timeout_ms))
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    Ok((http, (!url.is_empty()).then(|| url.to_owned())))
}
