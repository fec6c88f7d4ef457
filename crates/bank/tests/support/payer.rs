//! A customer of `weiyin bench-serve --payers` who moves money between their own accounts: the sentence sealed as WeChat seals
//! it, the page opened through WeChat's login, the PIN sealed as the page seals it.

use crate::peer::{Answer, Peer};
use base::{Clock, Random};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

pub(crate) const PIN: &str = "274906";
/// What each payer has at first, as `bench/payers.rs` gives it.
pub(crate) const START: i64 = 100_000_000;
const REDIRECTS_MAX: usize = 10;
/// A page waits twelve seconds for the core.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn openid(n: u64) -> String {
    format!("oPAYER{n:022}")
}

/// The two accounts of payer `n` at the core: passbook, card.
pub(crate) fn accounts(n: u64) -> [i64; 2] {
    let customer = 1_021_500_000 + i64::try_from(n).unwrap();
    [customer * 100 + 1, customer * 100 + 2]
}

/// What one try to pay came to, as its customer saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    /// No order was given: the connection broke before, or the bank said no.
    Nothing,
    /// The order was given and nothing was heard.
    Silence { intent: String },
    /// The bank answered the order.
    Told { serial: String, state: String },
}

/// A phone: WeChat's cookies and the bank's.
#[derive(Debug)]
pub(crate) struct Payer {
    pub(crate) n: u64,
    jar: Mutex<BTreeMap<String, String>>,
    http: reqwest::Client,
    wechat: String,
    bank: String,
}

impl Payer {
    /// `wechat` and `bank` are addresses: http://127.0.0.1:8080
    pub(crate) fn new(n: u64, wechat: &str, bank: &str) -> Self {
        Self::with(connections(), n, wechat, bank)
    }

    /// One who shares connections with others, but no cookies.
    pub(crate) fn with(http: reqwest::Client, n: u64, wechat: &str, bank: &str) -> Self {
        Self { n, jar: Mutex::default(), http, wechat: wechat.into(), bank: bank.into() }
    }

    fn cookies(&self) -> String {
        let jar = self.jar.lock().unwrap();
        jar.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join("; ")
    }

    fn keep(&self, answer: &reqwest::Response) {
        let mut jar = self.jar.lock().unwrap();
        for set in answer.headers().get_all(SET_COOKIE) {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            if let Some((name, value)) = pair.split_once('=') {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Opens a link as WeChat's web view does; the slug of the page it comes to.
    pub(crate) async fn open(&self, appid: &str, link: &str) -> Option<String> {
        let mut url = reqwest::Url::parse(&format!("{}/webview", self.wechat)).unwrap();
        let uid = format!("p{}", self.n);
        url.query_pairs_mut().append_pair("uid", &uid).append_pair("appid", appid);
        url.query_pairs_mut().append_pair("url", link);
        for _ in 0..REDIRECTS_MAX {
            let asked = self.http.get(url.clone()).header(COOKIE, self.cookies()).send().await;
            let answer = asked.ok()?;
            self.keep(&answer);
            let Some(next) = answer.headers().get(LOCATION) else {
                return url.path().strip_prefix("/h5/s/")?.split('/').next().map(str::to_owned);
            };
            url = url.join(next.to_str().unwrap()).unwrap();
        }
        None
    }

    async fn get(&self, slug: &str, path: &str) -> Option<Value> {
        let url = format!("{}/h5/s/{slug}/api/{path}", self.bank);
        let answer = self.http.get(url).header(COOKIE, self.cookies()).send().await.ok()?;
        if answer.status() == 200 { answer.json().await.ok() } else { None }
    }

    /// Says a sentence, opens the page of its answer, and pays. `msg_id` is WeChat's number of the message.
    pub(crate) async fn pay(&self, peer: &Peer, appid: &str, msg_id: i64, fen: u64) -> Seen {
        let Some(link) = self.say(peer, msg_id, fen).await else { return Seen::Nothing };
        let Some(slug) = self.open(appid, &link).await else { return Seen::Nothing };
        let Some((intent, order)) = self.fill_in(&slug).await else { return Seen::Nothing };
        self.order(&slug, intent, &order).await.unwrap_or(Seen::Nothing)
    }

    /// The sentence; the page's address in its answer.
    pub(crate) async fn say(&self, peer: &Peer, msg_id: i64, fen: u64) -> Option<String> {
        let yuan = format!("{}.{:02}", fen / 100, fen % 100);
        let words = format!("从存折转{yuan}元到借记卡");
        match peer.send(&peer.text(&openid(self.n), msg_id, &words)).await {
            Answer::Words { words, .. } => link_in(&words),
            _ => None,
        }
    }

    /// What a page shows, and the PIN typed into it: the payment's number and the order.
    pub(crate) async fn fill_in(&self, slug: &str) -> Option<(String, Value)> {
        let page = self.get(slug, "pay").await?;
        let intent = page["card"]["intent"].as_str()?.to_owned();
        let keypad = self.get(slug, "pin/key").await?;
        let order = json!({
            "intent": intent, "sure": true, "shown_ms": 5_000,
            "pin": { "key_id": keypad["key_id"], "cipher": seal(&keypad) },
        });
        Some((intent, order))
    }

    pub(crate) async fn order(&self, slug: &str, intent: String, order: &Value) -> Option<Seen> {
        let url = format!("{}/h5/s/{slug}/api/pay/do", self.bank);
        let request = self.http.post(url).header(COOKIE, self.cookies()).header("x-weiyin", "1");
        let Ok(answer) = request.json(order).send().await else {
            return Some(Seen::Silence { intent });
        };
        let is_ok = answer.status() == 200;
        let Ok(told) = answer.json::<Value>().await else {
            return Some(Seen::Silence { intent });
        };
        let of = |name: &str| told[name].as_str().map(str::to_owned);
        match (is_ok, of("serial"), of("state")) {
            (true, Some(serial), Some(state)) => Some(Seen::Told { serial, state }),
            _ => None,
        }
    }
}

/// What a phone's web view connects with; it follows no redirect by itself.
pub(crate) fn connections() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .build()
        .unwrap()
}

/// The page's own encryption of a PIN: SM2, C1C3C2, hex.
fn seal(keypad: &Value) -> String {
    let point = keypad["public_key"].as_str().unwrap();
    let byte = |at: usize| u8::from_str_radix(&point[at..at + 2], 16).unwrap();
    let bytes: Vec<u8> = (0..point.len()).step_by(2).map(byte).collect();
    let public = sm2::PublicKey::from_sec1_bytes(&bytes).unwrap();
    let text = json!({
        "pin": PIN, "again": PIN, "nonce": keypad["nonce"], "ts": Clock::System.now().ms(),
        "openid_hash": keypad["openid_hash"],
    });
    let key = sm2::pke::EncryptingKey::new(public);
    let cipher = key.encrypt(&mut Noise, text.to_string().as_bytes()).unwrap();
    cipher.iter().map(|b| format!("{b:02x}")).collect()
}

/// Randomness in the shape the SM2 crate wants.
struct Noise;
impl sm2::elliptic_curve::rand_core::TryRng for Noise {
    type Error = std::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(u32::from_le_bytes(Random::system().bytes()))
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(Random::system().u64())
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        Random::system().fill(out);
        Ok(())
    }
}
impl sm2::elliptic_curve::rand_core::TryCryptoRng for Noise {}

/// The page's address in an answer.
fn link_in(words: &str) -> Option<String> {
    let from = words.find("http")?;
    let rest = &words[from..];
    let end = rest.find(['"', '<', ' ', '\n']).unwrap_or(rest.len());
    Some(rest[..end].to_owned())
}

/// WeChat, where these customers have phones; port 0 is a free one.
pub(crate) async fn wechat_on(port: u16, appid: &str, payers: u64) -> simulator::Running {
    let mut config = simulator::Config::new(Clock::System, Random::seeded(5));
    config.listen.set_port(port);
    config.accounts = vec![simulator::AccountConfig {
        appid: appid.into(),
        secret: "benchsecret".into(),
        original_id: "gh_bench0000001".into(),
        name: "量测农商行".into(),
        token: "benchtoken".into(),
        encoding_aes_key: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG".into(),
        mode: simulator::Mode::Secure,
        kind: simulator::AccountKind::Service,
        verified: true,
        ..simulator::AccountConfig::default()
    }];
    let user = |n: u64| simulator::UserConfig {
        id: format!("p{n}"),
        name: format!("付款人{n}"),
        follows: vec![simulator::FollowConfig { appid: appid.into(), openid: Some(openid(n)) }],
        ..simulator::UserConfig::default()
    };
    config.users = (0..payers).map(user).collect();
    simulator::Simulator::start(config).await.unwrap()
}
