//! WeChat's side of a callback, for tests against the running binary.

use base::{Clock, Random};
use std::time::Duration;
use wechat::crypto::AesKey;
use wechat::envelope::{Callback, Mode, Query, push, read_reply};
use wechat::inbound::{self, What};

/// WeChat itself would have cut the connection after 5 s; a loaded test machine is given more.
const PATIENCE: Duration = Duration::from_secs(20);

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A sealed reply to this openid.
    Words {
        to: String,
        words: String,
    },
    /// `success` or nothing.
    Acknowledged,
    Refused(u16),
    /// The connection broke.
    Lost,
}

/// One Official Account as WeChat knows it.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) http: reqwest::Client,
    pub(crate) url: String,
    pub(crate) original_id: String,
    pub(crate) account: Callback,
    /// WeChat's own clock.
    pub(crate) clock: Clock,
}

impl Peer {
    pub(crate) fn new(port: u16, appid: &str, token: &str, key: &str, original_id: &str) -> Self {
        let account =
            Callback::new(appid, token, Mode::Secure).with_key(AesKey::parse(key).unwrap());
        Self {
            http: http(),
            url: format!("http://127.0.0.1:{port}/wx/{appid}"),
            original_id: original_id.into(),
            account,
            clock: Clock::System,
        }
    }

    /// A customer's words as WeChat writes them; `words` goes into CDATA as it is.
    pub(crate) fn text(&self, openid: &str, msg_id: i64, words: &str) -> String {
        format!(
            "<xml><ToUserName><![CDATA[{}]]></ToUserName><FromUserName><![CDATA[{openid}]]></FromUserName>\
             <CreateTime>{}</CreateTime><MsgType><![CDATA[text]]></MsgType>\
             <Content><![CDATA[{words}]]></Content><MsgId>{msg_id}</MsgId></xml>",
            self.original_id,
            self.clock.now().secs()
        )
    }

    /// Query and body of one delivery, `age_s` seconds old, with a fresh nonce and random prefix.
    pub(crate) fn sealed(&self, inner: &str, age_s: i64) -> (Query, String) {
        let random = Random::system();
        let now = self.clock.now().plus_ms(-age_s * 1_000);
        push(&self.account, inner, &self.original_id, &random.hex(6), now, random.bytes())
    }

    /// Delivers a message once.
    pub(crate) async fn send(&self, inner: &str) -> Answer {
        let (query, body) = self.sealed(inner, 0);
        self.post(&query, body.into()).await
    }

    /// Delivers whatever it is.
    pub(crate) async fn post(&self, query: &Query, body: Vec<u8>) -> Answer {
        let url = format!(
            "{}?signature={}&timestamp={}&nonce={}&openid=oNobodyReadsThis&encrypt_type={}&msg_signature={}",
            self.url,
            query.signature,
            query.timestamp,
            query.nonce,
            query.encrypt_type,
            query.msg_signature
        );
        let sent = self.http.post(url).header("content-type", "text/xml").body(body).send().await;
        let Ok(answer) = sent else { return Answer::Lost };
        let status = answer.status().as_u16();
        let Ok(body) = answer.bytes().await else { return Answer::Lost };
        if status != 200 {
            return Answer::Refused(status);
        }
        if body.is_empty() || *body == *b"success" {
            return Answer::Acknowledged;
        }
        // WeChat would show its failure notice for a reply it cannot open or does not know.
        let plain = read_reply(&self.account, &body).unwrap();
        let reply = inbound::read(&plain).unwrap();
        assert_eq!(reply.from, self.original_id, "the reply comes from another account");
        let What::Text { content, .. } = reply.what else { panic!("{reply:?}") };
        Answer::Words { to: reply.to, words: content }
    }
}

/// A client of a test.
pub(crate) fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap()
}

/// The sum of a counter over all its labels that contain `label`.
pub(crate) async fn figure(http: &reqwest::Client, staff: u16, name: &str, label: &str) -> u64 {
    let url = format!("http://127.0.0.1:{staff}/metrics");
    let text = http.get(url).send().await.unwrap().text().await.unwrap();
    text.lines()
        .filter(|l| l.strip_prefix(name).is_some_and(|r| r.starts_with(['{', ' '])))
        .filter(|l| l.contains(label))
        .filter_map(|l| l.rsplit(' ').next()?.parse::<u64>().ok())
        .sum()
}
