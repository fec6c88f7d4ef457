//! Reading what a platform answered, as strictly as WeChat does, with the error names of its own sample code.
//!
//! Not for: showing it; that is the parent module.

use super::seal::Wrap;
use super::{Delivery, Route};
use std::fmt;
use wechat::crypto::{Cause, same, signature};
use wechat::envelope::{Callback, Mode};
use wechat::reply::{self, Reply};
use wechat::xml::{self, Doc};

/// A good answer.
#[derive(Debug)]
pub(crate) enum Answer {
    /// `success` or nothing.
    Ack,
    /// A reply, and its XML.
    Reply { plain: String, reply: Reply },
}

impl Answer {
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::Ack => "acked",
            Self::Reply { .. } => "replied",
        }
    }
    pub(crate) fn plain(&self) -> &str {
        match self {
            Self::Ack => "",
            Self::Reply { plain, .. } => plain,
        }
    }
}

/// Why an answer counts as 回应失败. `code` is that of WXBizMsgCrypt, or 0.
#[derive(Debug)]
pub(crate) struct Bad {
    pub(crate) code: i32,
    pub(crate) words: String,
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match name(self.code) {
            "" => f.write_str(&self.words),
            name => write!(f, "{} {name}: {}", self.code, self.words),
        }
    }
}

/// The constants of the official sample code.
fn name(code: i32) -> &'static str {
    match code {
        -40001 => "WXBizMsgCrypt_ValidateSignature_Error",
        -40002 => "WXBizMsgCrypt_ParseXml_Error",
        -40004 => "WXBizMsgCrypt_IllegalAesKey",
        -40005 => "WXBizMsgCrypt_ValidateAppid_Error",
        -40007 => "WXBizMsgCrypt_DecryptAES_Error",
        -40008 => "WXBizMsgCrypt_IllegalBuffer",
        -40010 => "WXBizMsgCrypt_DecodeBase64_Error",
        _ => "",
    }
}

/// What the answer must fit.
#[derive(Debug)]
pub(crate) struct Expected<'a> {
    callback: &'a Callback,
    wrap: Wrap,
    original_id: &'a str,
    openid: &'a str,
}

impl<'a> Expected<'a> {
    pub(crate) fn of(route: &'a Route, delivery: &'a Delivery) -> Self {
        Self {
            callback: &route.callback,
            wrap: route.wrap,
            original_id: &route.original_id,
            openid: &delivery.openid,
        }
    }
}

fn bad(code: i32, words: impl Into<String>) -> Bad {
    Bad { code, words: words.into() }
}

/// Reads an answer.
///
/// # Errors
/// [`Bad`]: WeChat would repeat the message and finally show its notice.
pub(crate) fn read(expected: &Expected<'_>, status: u16, body: &[u8]) -> Result<Answer, Bad> {
    if status != 200 {
        return Err(bad(0, format!("回应失败: HTTP {status}")));
    }
    if body.is_empty() || body == reply::ACK.as_bytes() {
        return Ok(Answer::Ack);
    }
    if expected.wrap == Wrap::Component {
        return Err(bad(0, "回应失败: only `success` is an answer here"));
    }
    let plain = unsealed(expected.callback, body)?;
    let read = reply::read(plain.as_bytes()).map_err(|e| bad(-40002, e.to_string()))?;
    if read.to != expected.openid || read.from != expected.original_id {
        return Err(bad(0, "回应失败: ToUserName and FromUserName are not the two swapped"));
    }
    let is_empty = match &read.reply {
        Reply::Text(text) => text.is_empty(),
        Reply::News(articles) => articles.is_empty(),
        _ => false,
    };
    if is_empty {
        return Err(bad(0, "回应失败: the reply is empty"));
    }
    if let Reply::Text(text) = &read.reply
        && text.len() > reply::TEXT_BYTES_MAX
    {
        return Err(bad(0, "回应失败: the text has more than 2048 bytes"));
    }
    Ok(Answer::Reply { plain, reply: read.reply })
}

fn unsealed(callback: &Callback, body: &[u8]) -> Result<String, Bad> {
    let text = xml::text(body).map_err(|e| bad(-40002, e.to_string()))?;
    let doc = Doc::parse_strict(&text).map_err(|e| bad(-40002, e.to_string()))?;
    let key = callback.key.as_ref().filter(|_| callback.mode != Mode::Plain);
    let (Some(encrypt), Some(key)) = (doc.get("Encrypt"), key) else {
        if callback.mode == Mode::Secure {
            return Err(bad(-40002, "a plain reply in 安全 mode"));
        }
        return Ok(text.into_owned());
    };
    let part = |name| doc.get(name).unwrap_or_default();
    let signed = [callback.token.reveal(), part("TimeStamp"), part("Nonce"), encrypt];
    if !same(&signature(&signed), part("MsgSignature")) {
        return Err(bad(Cause::Token.official(), "MsgSignature does not fit"));
    }
    let plain = key
        .open(encrypt, &callback.appid)
        .map_err(|e| bad(e.cause().official(), format!("{} is wrong", e.cause().name())))?;
    String::from_utf8(plain).map_err(|_| bad(-40002, "not UTF-8"))
}
