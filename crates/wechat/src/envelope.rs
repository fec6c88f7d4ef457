//! The envelope of a callback: who sent it, is it fresh, what is inside; and the reply's envelope on the way back.
//!
//! What it is for: one [`Callback`] per Official Account (or one per third-party platform) turns query and body into an
//! [`Inbound`], and reply XML into a response body.
//! What it is not for: repeats ([`Inbound::key`] tells them; the application remembers) and HTTP itself.
//!
//! *Invariants.* The mode is configuration and never read from the request. In 兼容 and 安全 mode only `msg_signature`
//! over the `Encrypt` text authenticates, plain fields are not looked at, and plaintext is refused. `openid` of the
//! query is never used. Every refusal that depends on a secret looks the same from outside.
//!
//! ```
//! use base::Time;
//! use wechat::crypto::AesKey;
//! use wechat::envelope::{Callback, Mode, Query, push};
//! use wechat::reply::Reply;
//!
//! let key = AesKey::parse("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")?;
//! let account = Callback::new("wx2c2769f8efd9abc2", "spamtest", Mode::Secure).with_key(key);
//! let now = Time::of_secs(1_785_000_000);
//!
//! // what WeChat does
//! let inner = "<xml><ToUserName>gh_10f6c3c3ac5a</ToUserName><FromUserName>oExampleFollower01</FromUserName>\
//!              <CreateTime>1785000000</CreateTime><MsgType>text</MsgType><Content>hi</Content><MsgId>1</MsgId></xml>";
//! let (query, body) = push(&account, inner, "gh_10f6c3c3ac5a", "nonce1", now, [7; 16]);
//!
//! // what we do
//! let opened = account.open(&query, body.as_bytes(), now).unwrap();
//! let xml = Reply::Text("您好".into()).to_xml(&opened.heard.from, &opened.heard.to, now);
//! let response = account.seal(&xml, opened.key, &query.nonce, now, [8; 16]);
//! assert!(response.starts_with("<xml><Encrypt>"));
//! # Ok::<(), wechat::crypto::BadKey>(())
//! ```

mod outside;
mod refused;

pub use outside::{push, push_component, read_reply};
pub use refused::Refused;

use crate::crypto::{AesKey, Cause, CryptoError, same, signature_hex};
use crate::inbound::{self, ComponentPush, Inbound};
use crate::reply::ACK;
use crate::xml::{self, Doc, push_bare, push_known};
use base::{Secret, Time};
use serde::Deserialize;

/// Largest body that is looked at, in bytes. WeChat's are below 8 KiB.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// How far a callback's timestamp may be from now, in seconds, unless configured otherwise.
pub const WINDOW_S: i64 = 300;

/// 消息加解密方式 as set in the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// 明文: bodies are not authenticated at all; for trying out only.
    Plain,
    /// 兼容: plain fields and `Encrypt`; only `Encrypt` is believed.
    Compat,
    /// 安全: `Encrypt` only. The mode for banks, and the only one a third-party platform has.
    Secure,
}

/// What one account (or one third-party platform) has configured for its callbacks.
#[derive(Debug, Clone)]
pub struct Callback {
    /// The appid at the end of every encrypted message: the account's own; the platform's (component) appid for all
    /// that a third-party platform receives, messages of its authorised accounts included.
    pub appid: String,
    /// 原始ID (`gh_…`) the messages must be for. On a platform it is what ties a message to the account in the URL;
    /// `None` leaves that check to the caller.
    pub original_id: Option<String>,
    pub token: Secret<String>,
    /// Still accepted while a change of Token spreads.
    pub previous_token: Option<Secret<String>>,
    pub key: Option<AesKey>,
    /// Still accepted while a change of EncodingAESKey spreads; what came under it is answered under it.
    pub previous_key: Option<AesKey>,
    pub mode: Mode,
    /// See [`WINDOW_S`].
    pub window_s: i64,
}

/// The query of a callback. All fields default to `""`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Query {
    pub signature: String,
    pub timestamp: String,
    pub nonce: String,
    pub msg_signature: String,
    /// Not used: the mode is configuration.
    pub encrypt_type: String,
    pub echostr: String,
    /// Not used: no signature covers it.
    pub openid: String,
}

impl Query {
    /// Reads the part of a URL behind `?`. What is not known is passed over; of a name that stands twice the first
    /// counts; a value that is no UTF-8 once its `%` are read is taken as it stands, and no signature will fit it.
    pub fn of(raw: &str) -> Self {
        let mut query = Self::default();
        let mut rest = Some(raw);
        while let Some(left) = rest {
            let (pair, after) = match memchr::memchr(b'&', left.as_bytes()) {
                Some(at) => (&left[..at], Some(&left[at + 1..])),
                None => (left, None),
            };
            rest = after;
            let (name, value) = match memchr::memchr(b'=', pair.as_bytes()) {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, ""),
            };
            let field = match name {
                "signature" => &mut query.signature,
                "timestamp" => &mut query.timestamp,
                "nonce" => &mut query.nonce,
                "msg_signature" => &mut query.msg_signature,
                "encrypt_type" => &mut query.encrypt_type,
                "echostr" => &mut query.echostr,
                "openid" => &mut query.openid,
                _ => continue,
            };
            if field.is_empty() {
                *field = unescaped(value);
            }
        }
        query
    }
}

/// `+` and `%XX` read.
fn unescaped(value: &str) -> String {
    if memchr::memchr2(b'%', b'+', value.as_bytes()).is_none() {
        return value.to_owned();
    }
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = |at: usize| after.get(at).and_then(|b| char::from(*b).to_digit(16));
        let coded = hex(0).zip(hex(1)).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        match (first, coded) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(*first),
        }
        rest = after;
    }
    String::from_utf8(bytes).unwrap_or_else(|_| value.to_owned())
}

/// Which key and token a message came under, so that its reply goes out under the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUsed {
    key: Slot,
    token: Slot,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    None,
    Current,
    Previous,
}

impl KeyUsed {
    /// The previous key or token was used: the change has not spread yet.
    pub fn is_previous(self) -> bool {
        self.key == Slot::Previous || self.token == Slot::Previous
    }
    /// The message was encrypted and so will be the reply.
    pub fn is_sealed(self) -> bool {
        self.key != Slot::None
    }
}

/// A callback that is authentic and understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    pub heard: Inbound,
    pub key: KeyUsed,
}

/// What [`Callback::unseal`] found.
struct Unsealed {
    plain: Vec<u8>,
    /// `ToUserName` or `AppId` outside the encryption; `""` when absent.
    addressee: String,
    key: KeyUsed,
}

impl Callback {
    /// With the usual window and no keys.
    pub fn new(appid: impl Into<String>, token: impl Into<String>, mode: Mode) -> Self {
        Self {
            appid: appid.into(),
            original_id: None,
            token: Secret::new(token.into()),
            previous_token: None,
            key: None,
            previous_key: None,
            mode,
            window_s: WINDOW_S,
        }
    }
    /// With the EncodingAESKey.
    #[must_use]
    pub fn with_key(self, key: AesKey) -> Self {
        Self { key: Some(key), ..self }
    }
    /// With the key that was valid before.
    #[must_use]
    pub fn with_previous_key(self, key: AesKey) -> Self {
        Self { previous_key: Some(key), ..self }
    }
    /// With the Token that was valid before.
    #[must_use]
    pub fn with_previous_token(self, token: impl Into<String>) -> Self {
        Self { previous_token: Some(Secret::new(token.into())), ..self }
    }
    /// Only for messages to this 原始ID.
    #[must_use]
    pub fn with_original_id(self, original_id: impl Into<String>) -> Self {
        Self { original_id: Some(original_id.into()), ..self }
    }

    /// What is wrong with the configuration, in words that say what to do.
    pub fn complaint(&self) -> Option<&'static str> {
        let token = self.token.reveal();
        if self.appid.is_empty() {
            return Some("the appid is empty; copy it from 基本配置");
        }
        if !(3..=32).contains(&token.len()) || !token.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Some("a Token has 3 to 32 letters and digits; set the same in 基本配置");
        }
        if self.mode != Mode::Plain && self.key.is_none() {
            return Some("this mode needs the EncodingAESKey; copy it from 基本配置");
        }
        (self.window_s <= 0).then_some("the timestamp window must be more than 0 seconds")
    }

    /// Answers WeChat's check of the URL (GET): the text to send back as `text/plain`.
    ///
    /// # Errors
    /// [`Refused`]. An `echostr` with other than letters, digits and `-_+/=.` is never echoed.
    pub fn verify_url(&self, query: &Query, now: Time) -> Result<String, Refused> {
        self.signed_by(&[&query.timestamp, &query.nonce], &query.signature)?;
        if !self.is_fresh(query, now) {
            return Err(Refused::Stale { message: None });
        }
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_+/=.".contains(&b);
        let echo = &query.echostr;
        if echo.is_empty() || echo.len() > 512 || !echo.bytes().all(plain) {
            return Err(Refused::Echo);
        }
        Ok(echo.clone())
    }

    /// Opens a message or event of a follower.
    ///
    /// # Errors
    /// [`Refused`]: answer with its `status()` and `body()`, log its `cause()`.
    pub fn open(&self, query: &Query, body: &[u8], now: Time) -> Result<Opened, Refused> {
        check_size(body)?;
        if self.mode == Mode::Plain {
            return self.open_plain(query, body, now);
        }
        let unsealed = self.unseal(query, body)?;
        let heard = inbound::read(&unsealed.plain).map_err(Refused::Unreadable)?;
        let outside = &unsealed.addressee;
        if !outside.is_empty() && *outside != heard.to {
            return Err(Refused::WrongAccount);
        }
        self.check_account(&heard)?;
        let opened = Opened { heard, key: unsealed.key };
        if !self.is_fresh(query, now) {
            return Err(Refused::Stale { message: Some(Box::new(opened)) });
        }
        Ok(opened)
    }

    /// Opens a push to a third-party platform's 授权事件接收URL. Answer [`ACK`], in plain.
    ///
    /// # Errors
    /// [`Refused`]; also when the push is for another platform.
    pub fn open_component(
        &self,
        query: &Query,
        body: &[u8],
        now: Time,
    ) -> Result<ComponentPush, Refused> {
        check_size(body)?;
        let unsealed = self.unseal(query, body)?;
        let push = inbound::read_component(&unsealed.plain).map_err(Refused::Unreadable)?;
        let outside = &unsealed.addressee;
        if push.appid() != self.appid || (!outside.is_empty() && *outside != self.appid) {
            return Err(Refused::WrongAccount);
        }
        if !self.is_fresh(query, now) {
            return Err(Refused::Stale { message: None });
        }
        Ok(push)
    }

    /// The response body for a reply: encrypted under the key and token the message came under, or as it is when the
    /// message was plain. [`ACK`] and an empty reply are never encrypted. `nonce` is the query's; `random16` must be
    /// fresh and unguessable.
    pub fn seal(
        &self,
        reply_xml: &str,
        key: KeyUsed,
        nonce: &str,
        now: Time,
        random16: [u8; 16],
    ) -> String {
        let aes = match key.key {
            Slot::None => None,
            Slot::Current => self.key.as_ref(),
            Slot::Previous => self.previous_key.as_ref().or(self.key.as_ref()),
        };
        let Some(aes) = aes.filter(|_| !reply_xml.is_empty() && reply_xml != ACK) else {
            return reply_xml.to_owned();
        };
        let token = match key.token {
            Slot::Previous => self.previous_token.as_ref().unwrap_or(&self.token),
            _ => &self.token,
        };
        let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let nonce: String = nonce.chars().filter(plain).take(64).collect();
        let encrypt = aes.seal(random16, reply_xml.as_bytes(), &self.appid);
        let timestamp = now.secs().to_string();
        let signed = signature_hex(&[token.reveal(), &timestamp, &nonce, &encrypt]);
        let mut out = String::with_capacity(encrypt.len() + 256);
        out.push_str("<xml>");
        push_known(&mut out, "Encrypt", &encrypt);
        push_known(&mut out, "MsgSignature", std::str::from_utf8(&signed).unwrap_or_default());
        push_bare(&mut out, "TimeStamp", now.secs());
        push_known(&mut out, "Nonce", &nonce);
        out.push_str("</xml>");
        out
    }

    fn open_plain(&self, query: &Query, body: &[u8], now: Time) -> Result<Opened, Refused> {
        let token = self.signed_by(&[&query.timestamp, &query.nonce], &query.signature)?;
        if !self.is_fresh(query, now) {
            return Err(Refused::Stale { message: None });
        }
        let text = xml::text(body).map_err(Refused::Unreadable)?;
        let doc = Doc::parse(&text).map_err(Refused::Unreadable)?;
        if doc.get("MsgType").is_none() && doc.get("Encrypt").is_some() {
            return Err(Refused::SealedInPlain);
        }
        let heard = inbound::read_doc(&doc).map_err(Refused::Unreadable)?;
        self.check_account(&heard)?;
        Ok(Opened { heard, key: KeyUsed { key: Slot::None, token } })
    }

    /// Signature first, then the keys: nobody without the Token learns anything about a key.
    fn unseal(&self, query: &Query, body: &[u8]) -> Result<Unsealed, Refused> {
        if self.key.is_none() {
            return Err(Refused::NoKey);
        }
        let text = xml::text(body).map_err(Refused::Malformed)?;
        // a customer's words are in the body in 兼容 mode only
        let doc = match self.mode {
            Mode::Compat => Doc::parse(&text),
            _ => Doc::parse_strict(&text),
        }
        .map_err(Refused::Malformed)?;
        let encrypt = doc.get("Encrypt").filter(|e| !e.is_empty()).ok_or(Refused::PlainInSealed)?;
        let signed = [query.timestamp.as_str(), &query.nonce, encrypt];
        let token = self.signed_by(&signed, &query.msg_signature)?;
        let (plain, key) = self.decrypt(encrypt)?;
        let addressee = doc.get("ToUserName").or_else(|| doc.get("AppId")).unwrap_or_default();
        Ok(Unsealed { plain, addressee: addressee.to_owned(), key: KeyUsed { key, token } })
    }

    fn decrypt(&self, encrypt: &str) -> Result<(Vec<u8>, Slot), Refused> {
        let mut worst = CryptoError::new(Cause::Key);
        for (key, slot) in [(&self.key, Slot::Current), (&self.previous_key, Slot::Previous)] {
            let Some(key) = key else { continue };
            match key.open(encrypt, &self.appid) {
                Ok(plain) => return Ok((plain, slot)),
                // the appid is only reached under the right key, so it says most
                Err(e) if slot == Slot::Current || e.cause() == Cause::AppId => worst = e,
                Err(_) => {}
            }
        }
        Err(Refused::Sealed(worst))
    }

    /// Which token signed the parts. Both tokens are always tried.
    fn signed_by(&self, parts: &[&str], given: &str) -> Result<Slot, Refused> {
        if given.is_empty() {
            return Err(Refused::Unsigned);
        }
        let is_signed = |token: &Secret<String>| {
            let mut all = ["", "", "", ""];
            all[0] = token.reveal();
            all[1..=parts.len()].copy_from_slice(parts);
            let expected = signature_hex(&all[..=parts.len()]);
            std::str::from_utf8(&expected).is_ok_and(|e| same(e, given))
        };
        let current = is_signed(&self.token);
        let previous = self.previous_token.as_ref().is_some_and(is_signed);
        match (current, previous) {
            (true, _) => Ok(Slot::Current),
            (false, true) => Ok(Slot::Previous),
            (false, false) => Err(Refused::Signature),
        }
    }

    fn is_fresh(&self, query: &Query, now: Time) -> bool {
        query
            .timestamp
            .parse::<i64>()
            .ok()
            .and_then(|sent| now.secs().checked_sub(sent))
            .and_then(i64::checked_abs)
            .is_some_and(|off| off <= self.window_s)
    }

    fn check_account(&self, heard: &Inbound) -> Result<(), Refused> {
        match &self.original_id {
            Some(id) if *id != heard.to => Err(Refused::WrongAccount),
            _ => Ok(()),
        }
    }
}

fn check_size(body: &[u8]) -> Result<(), Refused> {
    if body.len() > BODY_BYTES_MAX { Err(Refused::TooLarge) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
