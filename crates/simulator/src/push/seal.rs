//! The outer envelope of a push: query and body in the account's mode, and the ways to get it wrong on purpose.

use super::xml::Xml;
use super::{Delivery, Route};
use base::Time;
use wechat::crypto::signature;
use wechat::envelope::{Callback, Mode};

/// What stands outside the encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrap {
    /// `ToUserName`.
    Account,
    /// `AppId`, as the 授权事件接收URL gets it.
    Component,
}

/// A way to be hostile on the wire. What is hostile in the message itself is in the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Twist {
    #[default]
    None,
    /// Signed with another Token.
    WrongSignature,
    /// No `msg_signature` and no `encrypt_type` at all.
    Unsigned,
    /// The appid at the end of the plaintext is another one.
    WrongAppid,
    /// Sent with a timestamp an hour old.
    Stale,
    /// A plain body with a right `signature`, whatever the mode says.
    Plaintext,
    /// The outer body has a DTD with an external entity.
    OuterDtd,
    /// The outer body is larger than a megabyte.
    Oversized,
    /// The outer body is cut in half, and stays so in every attempt.
    Truncated,
    /// The outer body is not UTF-8.
    InvalidUtf8,
    /// The outer body is JSON, as mini programs have it.
    OuterJson,
}

/// Ready for the wire.
#[derive(Debug)]
pub(crate) struct Letter {
    query: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) content_type: &'static str,
}

impl Letter {
    pub(crate) fn pairs(&self) -> Vec<(&str, &str)> {
        self.query.iter().map(|(n, v)| (*n, v.as_str())).collect()
    }
}

/// Keys and wrapping of one push.
#[derive(Debug)]
pub(crate) struct Outside<'a> {
    callback: &'a Callback,
    wrap: Wrap,
    original_id: &'a str,
}

impl<'a> From<&'a Route> for Outside<'a> {
    fn from(route: &'a Route) -> Self {
        Self { callback: &route.callback, wrap: route.wrap, original_id: &route.original_id }
    }
}

/// Seals a delivery under fresh nonce, time and random prefix.
pub(crate) fn seal(
    to: &Outside<'_>,
    delivery: &Delivery,
    nonce: &str,
    now: Time,
    random16: [u8; 16],
) -> Letter {
    let twist = delivery.twist;
    let at = if twist == Twist::Stale { now.plus_ms(-3_600_000) } else { now };
    let timestamp = at.secs().to_string();
    let token =
        if twist == Twist::WrongSignature { "notTheToken" } else { to.callback.token.reveal() };
    let mut query = vec![
        ("signature", signature(&[token, &timestamp, nonce])),
        ("timestamp", timestamp.clone()),
        ("nonce", nonce.to_owned()),
    ];
    if !delivery.openid.is_empty() {
        query.push(("openid", delivery.openid.clone()));
    }
    let inner = delivery.inner.as_slice();
    let key = to.callback.key.as_ref().filter(|_| to.callback.mode != Mode::Plain);
    let Some(key) = key.filter(|_| twist != Twist::Plaintext) else {
        return Letter { query, body: twisted(inner.to_vec(), twist), content_type: "text/xml" };
    };
    let appid = if twist == Twist::WrongAppid { "wx0000000000000000" } else { &to.callback.appid };
    let encrypt = key.seal(random16, inner, appid);
    if twist != Twist::Unsigned {
        query.push(("encrypt_type", String::from("aes")));
        query.push(("msg_signature", signature(&[token, &timestamp, nonce, &encrypt])));
    }
    let body = wrapped(to, inner, &encrypt, twist);
    let content_type = if twist == Twist::OuterJson { "application/json" } else { "text/xml" };
    Letter { query, body: twisted(body, twist), content_type }
}

fn wrapped(to: &Outside<'_>, inner: &[u8], encrypt: &str, twist: Twist) -> Vec<u8> {
    if twist == Twist::OuterJson {
        let json = serde_json::json!({ "ToUserName": to.original_id, "Encrypt": encrypt });
        return json.to_string().into_bytes();
    }
    let plain = std::str::from_utf8(inner).ok().and_then(|t| t.trim_end().strip_suffix("</xml>"));
    if let (Mode::Compat, Some(fields)) = (to.callback.mode, plain) {
        return format!("{fields}<Encrypt><![CDATA[{encrypt}]]></Encrypt>\n</xml>").into_bytes();
    }
    let outer = match to.wrap {
        Wrap::Account => Xml::open().text("ToUserName", to.original_id),
        Wrap::Component => Xml::open().text("AppId", &to.callback.appid),
    };
    outer.text("Encrypt", encrypt).end().into_bytes()
}

fn twisted(mut body: Vec<u8>, twist: Twist) -> Vec<u8> {
    const OVERSIZED_BYTES: usize = 1 << 20;
    match twist {
        Twist::OuterDtd => {
            let dtd = b"<?xml version=\"1.0\"?><!DOCTYPE xml [<!ENTITY e SYSTEM \"file:///etc/hostname\">]>";
            [dtd.as_slice(), &body].concat()
        }
        Twist::Oversized => {
            body.resize(body.len() + OVERSIZED_BYTES, b' ');
            body
        }
        Twist::Truncated => crate::faults::truncated(&body),
        Twist::InvalidUtf8 => {
            body.extend_from_slice(b"\xff\xfe");
            body
        }
        _ => body,
    }
}
