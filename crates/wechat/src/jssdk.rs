//! The signature a page needs for `wx.config` (JS-SDK).
//!
//! What it is not for: fetching the `jsapi_ticket`; the token authority does that.

use crate::crypto::sha1_hex;

/// `signature` of `wx.config`: 40 lower-case hex digits.
///
/// `ticket` is the `jsapi_ticket`, `noncestr` and `timestamp` (seconds) are the very texts given to `wx.config`, `url`
/// is the page's address as the browser has it, unescaped; what follows `#` is left out here.
///
/// ```
/// let signed = wechat::jssdk::signature("ticket", "nonce", "1414587457", "https://example.com/a?b=c#part");
/// assert_eq!(signed, wechat::jssdk::signature("ticket", "nonce", "1414587457", "https://example.com/a?b=c"));
/// ```
pub fn signature(ticket: &str, noncestr: &str, timestamp: &str, url: &str) -> String {
    let url = url.split_once('#').map_or(url, |(before, _)| before);
    sha1_hex(&format!("jsapi_ticket={ticket}&noncestr={noncestr}&timestamp={timestamp}&url={url}"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn v6_the_official_page_is_signed_as_documented() {
        let signed = super::signature(
            "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg",
            "Wm3WZYTPz0wzccnW",
            "1414587457",
            "http://mp.weixin.qq.com?params=value",
        );
        assert_eq!(signed, "0f9de62fce790f9a083d5c99e95740ceb90c27ed");
    }
}
