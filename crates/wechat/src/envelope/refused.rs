//! Why a callback is not taken, and what to answer.

use super::Opened;
use crate::crypto::CryptoError;
use crate::reply::ACK;
use crate::xml::XmlError;
use std::fmt;

/// A callback that is not taken. Answer with [`Refused::status`] and [`Refused::body`] and nothing else: all refusals
/// that depend on a secret are alike from outside; [`Refused::cause`] is for the log and the counters.
#[derive(Clone, PartialEq, Eq)]
pub enum Refused {
    /// More than 64 KiB.
    TooLarge,
    /// The signature this mode needs is not in the query.
    Unsigned,
    /// The signature does not fit: wrong Token, changed content, or not WeChat.
    Signature,
    /// Authentic but outside the time window. In 兼容 and 安全 mode the message is given all the same: one that was
    /// answered before may get its stored answer again, nothing else.
    Stale { message: Option<Box<Opened>> },
    /// No `Encrypt` where everything must be encrypted.
    PlainInSealed,
    /// `Encrypt` where the account is configured for 明文: the console says otherwise.
    SealedInPlain,
    /// The account has no EncodingAESKey configured.
    NoKey,
    /// Cannot be decrypted.
    Sealed(CryptoError),
    /// For another account or another third-party platform.
    WrongAccount,
    /// The outer body is not the XML of a callback.
    Malformed(XmlError),
    /// Authentic, but not a message. Acknowledged: a repeat would bring the same again.
    Unreadable(XmlError),
    /// The URL check's `echostr` is not safe to echo.
    Echo,
}

impl Refused {
    /// HTTP status of the answer.
    pub const fn status(&self) -> u16 {
        match self {
            Self::TooLarge => 413,
            Self::Unreadable(_) => 200,
            _ => 403,
        }
    }
    /// Body of the answer.
    pub const fn body(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => ACK,
            _ => "",
        }
    }
    /// A stable code for logs and counters.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "wechat.too_large",
            Self::Unsigned => "wechat.unsigned",
            Self::Signature => "wechat.signature",
            Self::Stale { .. } => "wechat.stale",
            Self::PlainInSealed => "wechat.plain",
            Self::SealedInPlain => "wechat.mode",
            Self::NoKey => "wechat.no_key",
            Self::Sealed(_) => "wechat.sealed",
            Self::WrongAccount => "wechat.account",
            Self::Malformed(_) => "wechat.malformed",
            Self::Unreadable(_) => "wechat.unreadable",
            Self::Echo => "wechat.echo",
        }
    }
    /// What to look at: `token`, `key`, `appid`, `padding`, `time`, `mode`, `body`, or what is wrong with the XML.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::TooLarge => "body",
            Self::Unsigned | Self::Signature => "token",
            Self::Stale { .. } => "time",
            Self::PlainInSealed | Self::SealedInPlain => "mode",
            Self::NoKey => "key",
            Self::Sealed(e) => e.cause().name(),
            Self::WrongAccount => "appid",
            Self::Malformed(e) | Self::Unreadable(e) => e.name(),
            Self::Echo => "echostr",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.code(), self.cause())
    }
}
/// Like `Display`: the message inside [`Refused::Stale`] is not for logs.
impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl std::error::Error for Refused {}
