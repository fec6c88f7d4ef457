//! Short keys (短 key 托管), section 16: WeChat keeps long data for you behind fifteen characters.
//!
//! For accounts that are connected directly; WeChat does not offer it to third-party platforms. Not for: personal data.

use super::wire::lenient;
use super::{Account, CallError, CallResult};
use serde::Deserialize;
use serde_json::json;

/// Data has 1 to so many bytes.
pub const DATA_MAX_BYTES: usize = 4_096;
/// The longest life of a key.
pub const LIFE_MAX_S: i64 = 2_592_000;

#[derive(Deserialize)]
struct Made {
    short_key: String,
}

/// What stands behind a key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Long {
    pub long_data: String,
    /// Unix seconds.
    #[serde(default, deserialize_with = "lenient::number")]
    pub create_time: i64,
    /// So many seconds are left.
    #[serde(default, deserialize_with = "lenient::number")]
    pub expire_seconds: i64,
}

impl Account {
    /// `POST /cgi-bin/shorten/gen` → the key.
    ///
    /// # Errors
    /// `NotSent(Invalid)` for data or a life out of range, and as every call.
    pub async fn shorten(&self, data: &str, life_s: i64) -> CallResult<String> {
        if !(1..=DATA_MAX_BYTES).contains(&data.len()) || !(1..=LIFE_MAX_S).contains(&life_s) {
            return Err(CallError::invalid(
                "a short key holds 1 to 4096 bytes for 1 to 2592000 seconds",
            ));
        }
        let body = json!({ "long_data": data, "expire_seconds": life_s });
        let made: Made = self.post("/cgi-bin/shorten/gen", &body).await?;
        Ok(made.short_key)
    }

    /// `POST /cgi-bin/shorten/fetch`.
    ///
    /// # Errors
    /// As every call; a key that has ended or never was is refused by WeChat.
    pub async fn lengthen(&self, key: &str) -> CallResult<Long> {
        self.post("/cgi-bin/shorten/fetch", &json!({ "short_key": key })).await
    }
}
