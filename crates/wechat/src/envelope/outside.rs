//! WeChat's side of the envelope, for simulators, tests and measurements.

use super::{Callback, Mode, Query};
use crate::crypto::{Cause, CryptoError, same, signature};
use crate::xml::{self, Doc, push_cdata, push_known};
use base::Time;

/// What WeChat sends for the plain message `inner`: query and body in the callback's mode, under its current key.
/// `addressee` is the outer `ToUserName`. Without a key the body is plain.
pub fn push(
    to: &Callback,
    inner: &str,
    addressee: &str,
    nonce: &str,
    now: Time,
    random16: [u8; 16],
) -> (Query, String) {
    let Some((query, encrypt)) = sign(to, inner, nonce, now, random16) else {
        return (signed_plainly(to, nonce, now), inner.to_owned());
    };
    let mut body = String::with_capacity(encrypt.len() + inner.len() + 128);
    match (to.mode, inner.trim_end().strip_suffix("</xml>")) {
        (Mode::Compat, Some(open)) => body.push_str(open),
        _ => {
            body.push_str("<xml>");
            push_cdata(&mut body, "ToUserName", addressee);
        }
    }
    push_known(&mut body, "Encrypt", &encrypt);
    body.push_str("</xml>");
    (query, body)
}

/// What the open platform sends to a third-party platform's 授权事件接收URL: like [`push`], with the platform's own
/// appid outside as `AppId`.
pub fn push_component(
    to: &Callback,
    inner: &str,
    nonce: &str,
    now: Time,
    random16: [u8; 16],
) -> (Query, String) {
    let Some((query, encrypt)) = sign(to, inner, nonce, now, random16) else {
        return (signed_plainly(to, nonce, now), inner.to_owned());
    };
    let mut body = String::from("<xml>");
    push_cdata(&mut body, "AppId", &to.appid);
    push_known(&mut body, "Encrypt", &encrypt);
    body.push_str("</xml>");
    (query, body)
}

fn signed_plainly(to: &Callback, nonce: &str, now: Time) -> Query {
    let timestamp = now.secs().to_string();
    Query {
        signature: signature(&[to.token.reveal(), &timestamp, nonce]),
        nonce: nonce.to_owned(),
        timestamp,
        ..Query::default()
    }
}

/// Query and `Encrypt` text; `None` when the callback is plain.
fn sign(
    to: &Callback,
    inner: &str,
    nonce: &str,
    now: Time,
    random16: [u8; 16],
) -> Option<(Query, String)> {
    let key = to.key.as_ref().filter(|_| to.mode != Mode::Plain)?;
    let encrypt = key.seal(random16, inner.as_bytes(), &to.appid);
    let query = signed_plainly(to, nonce, now);
    let signed = [to.token.reveal(), query.timestamp.as_str(), nonce, &encrypt];
    let msg_signature = signature(&signed);
    Some((Query { msg_signature, encrypt_type: "aes".to_owned(), ..query }, encrypt))
}

/// Opens a reply's envelope as WeChat does: signature, key, appid. A plain reply is given as it is when the mode allows
/// plain replies.
///
/// # Errors
/// [`CryptoError`]; its cause has WeChat's own number. The customer then sees the failure notice.
pub fn read_reply(to: &Callback, body: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let broken = || CryptoError::new(Cause::Base64);
    let clean = xml::text(body).map_err(|_| broken())?;
    let doc = Doc::parse_strict(&clean).map_err(|_| broken())?;
    let (Some(encrypt), Some(key)) = (doc.get("Encrypt"), &to.key) else {
        return if to.mode == Mode::Secure { Err(broken()) } else { Ok(body.to_vec()) };
    };
    let part = |name| doc.get(name).unwrap_or_default();
    let expected = signature(&[to.token.reveal(), part("TimeStamp"), part("Nonce"), encrypt]);
    if !same(&expected, part("MsgSignature")) {
        return Err(CryptoError::new(Cause::Token));
    }
    key.open(encrypt, &to.appid)
}
