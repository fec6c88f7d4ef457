//! How a call can fail, by *where* it failed: before a byte left, by WeChat's own word, or somewhere in between.
//!
//! Not for: deciding whether to send again; that needs to know whether the caller's act carries a client id
//! (see [`CallError::may_repeat`]).

use crate::codes::{self, Advice, Class};
use std::fmt;
use std::net::IpAddr;

/// The result of a call.
pub type CallResult<T> = Result<T, CallError>;

/// Why a call gave no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Proof that WeChat did nothing: no byte of the request left this machine.
    #[error("not sent: {0}")]
    NotSent(Cause),
    /// WeChat answered with an error code: a definite no.
    #[error("{0}")]
    Api(ApiError),
    /// Everything else: the request may or may not have had its effect.
    #[error("outcome unknown: {0}")]
    Unknown(Cause),
}

/// Where and how a call broke. Never holds a token, a secret or an address with a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// We refused to send it: the request breaks a documented limit.
    #[error("invalid request: {0}")]
    Invalid(String),
    /// No connection (name, route, TLS).
    #[error("no connection: {0}")]
    Connect(String),
    /// The connection broke after the request began to leave.
    #[error("connection broke: {0}")]
    Broken(String),
    /// No complete answer in time.
    #[error("no answer in time")]
    Timeout,
    /// The HTTP status was not 2xx.
    #[error("HTTP status {0}")]
    Status(u16),
    /// The answer ended early.
    #[error("the answer was cut off")]
    Truncated,
    /// The answer is larger than we read.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The answer is not JSON; its length and first byte are all we tell.
    #[error("the answer is not JSON ({0})")]
    NotJson(String),
    /// The answer is JSON of another shape than documented.
    #[error("the answer has an unexpected shape: {0}")]
    Shape(String),
    /// The token store failed.
    #[error("token store: {0}")]
    Store(String),
    /// Another process is fetching the token and has not finished.
    #[error("the token is being fetched elsewhere")]
    Waiting,
    /// The token was renewed too often in a short time; fetching is paused.
    #[error("the token was refused again and again; renewing is paused")]
    Paused,
    /// Fetching the token failed a moment ago for a reason that is not WeChat's code; not tried again yet.
    #[error("the last attempt to fetch the token failed: {0}")]
    Resting(String),
    /// The platform holds no usable verify ticket.
    #[error("no component_verify_ticket")]
    NoTicket,
    /// The account has withdrawn its authorisation, or never gave it.
    #[error("the account has not authorised the platform")]
    NotAuthorized,
}

/// WeChat's own error: `{"errcode": n, "errmsg": "…"}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// `errcode`, kept also when it is not in our table.
    pub code: i64,
    /// `errmsg` without its `rid:` tail.
    pub message: String,
    /// The request id in `errmsg`, for `openapi/rid/get` (kept by WeChat for 7 days).
    pub rid: Option<String>,
    /// The address WeChat saw, when the code is about the IP whitelist (40164, 61004).
    pub ip: Option<IpAddr>,
    pub class: Class,
    pub advice: Advice,
}

impl ApiError {
    /// Reads `rid` and the IP out of `errmsg` and looks the code up.
    ///
    /// ```
    /// use wechat::api::ApiError;
    /// let e = ApiError::new(40164, "invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist rid: 6a-b");
    /// assert_eq!(e.ip.map(|ip| ip.to_string()).as_deref(), Some("203.0.113.9"));
    /// assert_eq!(e.rid.as_deref(), Some("6a-b"));
    /// ```
    pub fn new(code: i64, errmsg: &str) -> Self {
        let known = codes::look_up(code);
        let (message, rid) = match errmsg.find("rid:") {
            Some(at) => {
                let rid = errmsg[at + 4..].split_whitespace().next().map(str::to_owned);
                (errmsg[..at].trim_end(), rid)
            }
            None => (errmsg.trim_end(), None),
        };
        let ip = (known.class == Class::Whitelist).then(|| first_ip(message)).flatten();
        Self {
            code,
            message: message.to_owned(),
            rid,
            ip,
            class: known.class,
            advice: known.advice,
        }
    }

    /// One sentence for an operator, in Chinese: what happened and what to do.
    pub fn words(&self) -> String {
        let ip = self.ip.map(|ip| format!("（IP {ip}）")).unwrap_or_default();
        let meaning = codes::look_up(self.code).meaning;
        format!("{meaning}{ip}，错误码 {}。{}。", self.code, self.advice.words())
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WeChat error {} ({}): {}", self.code, self.class.as_str(), self.message)?;
        match &self.rid {
            Some(rid) => write!(f, " (rid {rid})"),
            None => Ok(()),
        }
    }
}

impl CallError {
    pub(crate) fn invalid(why: impl Into<String>) -> Self {
        Self::NotSent(Cause::Invalid(why.into()))
    }
    /// A code that is an ordinary answer: no menu, a typing sign that is not shown, a client id seen before.
    pub(crate) fn is_harmless(&self) -> bool {
        let advice = match self {
            Self::Api(e) => e.advice,
            Self::NotSent(_) | Self::Unknown(_) => return false,
        };
        matches!(advice, Advice::Ignore | Advice::TakeAsEmpty | Advice::TakeAsSuccess)
    }
    /// WeChat's code, when it answered with one.
    pub fn code(&self) -> Option<i64> {
        match self {
            Self::Api(e) => Some(e.code),
            Self::NotSent(_) | Self::Unknown(_) => None,
        }
    }
    /// WeChat's class of trouble, when it answered with a code.
    pub fn class(&self) -> Option<Class> {
        match self {
            Self::Api(e) => Some(e.class),
            Self::NotSent(_) | Self::Unknown(_) => None,
        }
    }
    /// Whether the same call may be made again later. `keyed` = a repeat has no second effect: the call only reads, or it
    /// carries a client id that WeChat compares (`client_msg_id`, `clientmsgid`).
    ///
    /// An unknown outcome of a call without such an id is never repeated: the message may be on the person's phone.
    pub fn may_repeat(&self, keyed: bool) -> bool {
        match self {
            Self::NotSent(Cause::Invalid(_) | Cause::NotAuthorized) => false,
            Self::NotSent(_) => true,
            Self::Unknown(_) => keyed,
            Self::Api(e) => match e.advice {
                Advice::Retry => keyed,
                Advice::NextMinute | Advice::RefreshToken | Advice::NewTicket => true,
                _ => false,
            },
        }
    }
}

/// The first thing in a text that reads as an IPv4 or IPv6 address.
fn first_ip(text: &str) -> Option<IpAddr> {
    text.split(|c: char| !(c.is_ascii_hexdigit() || c == '.' || c == ':'))
        .map(|word| word.trim_matches(|c| c == '.' || c == ':'))
        .chain(text.split(|c: char| !(c.is_ascii_hexdigit() || c == '.' || c == ':')))
        .find_map(|word| word.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offending_ip_is_read_out_of_the_whitelist_errors() {
        for (code, text, ip) in [
            (
                40164,
                "invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist rid: 1-2-3",
                Some("203.0.113.9"),
            ),
            (40164, "invalid ip 2001:db8::5, not in whitelist", Some("2001:db8::5")),
            (61004, "access clientip is not registered hint: [198.51.100.7]", Some("198.51.100.7")),
            (61004, "access clientip is not registered", None),
            (40001, "invalid credential from 203.0.113.9", None),
        ] {
            let got = ApiError::new(code, text).ip.map(|ip| ip.to_string());
            assert_eq!(got.as_deref(), ip, "{text}");
        }
    }

    #[test]
    fn the_operator_reads_the_ip_and_what_to_do() {
        let words =
            ApiError::new(40164, "invalid ip 203.0.113.9, not in whitelist rid: a-b").words();
        assert!(words.contains("203.0.113.9") && words.contains("白名单"), "{words}");
    }

    #[test]
    fn the_request_id_leaves_the_message() {
        let e = ApiError::new(45015, "response out of time limit rid: 5f-6a-7b");
        assert_eq!(
            (e.message.as_str(), e.rid.as_deref()),
            ("response out of time limit", Some("5f-6a-7b"))
        );
        assert_eq!(ApiError::new(1, "plain").rid, None);
    }

    #[test]
    fn an_unknown_outcome_is_repeated_only_with_a_client_id() {
        let lost = CallError::Unknown(Cause::Timeout);
        assert!(!lost.may_repeat(false) && lost.may_repeat(true));
        let busy = CallError::Api(ApiError::new(-1, "system error"));
        assert!(!busy.may_repeat(false) && busy.may_repeat(true));
        assert!(CallError::NotSent(Cause::Connect(String::new())).may_repeat(false));
        assert!(!CallError::Api(ApiError::new(45015, "")).may_repeat(true));
        assert!(!CallError::invalid("too long").may_repeat(true));
    }
}
