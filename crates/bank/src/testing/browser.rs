//! A small browser: cookies, redirects, and the customer's page API. What a person does on an H5 page, tests do with it.

use super::{Person, TestBank, link_in};
use crate::binding::agreements::{self, At};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;

const REDIRECTS_MAX: usize = 10;

/// One browser with its cookies (ports share them, as in real ones).
#[derive(Debug, Default)]
pub(crate) struct Browser {
    jar: Mutex<BTreeMap<String, String>>,
    /// Not the phone the customer always has.
    is_other: bool,
}
const PHONE: &str = "phone";

/// Where a page ended up.
#[derive(Debug)]
pub(crate) struct Landed {
    pub(crate) url: String,
    pub(crate) hops: Vec<String>,
}

impl Landed {
    /// `/h5/s/{slug}/…` → slug.
    pub(crate) fn slug(&self) -> String {
        self.url
            .split("/h5/s/")
            .nth(1)
            .and_then(|r| r.split('/').next())
            .unwrap_or_default()
            .to_owned()
    }
    /// The code of `/h5/problem?code=…`.
    pub(crate) fn problem(&self) -> &str {
        self.url.split("/h5/problem?code=").nth(1).unwrap_or_default()
    }
}

impl Browser {
    /// As the `Cookie` header has them.
    pub(crate) fn cookies(&self) -> String {
        let jar = self.jar.lock().unwrap();
        jar.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join("; ")
    }
    fn keep(&self, answer: &reqwest::Response) {
        let mut jar = self.jar.lock().unwrap();
        for set in answer.headers().get_all(SET_COOKIE) {
            let pair = set.to_str().unwrap().split(';').next().unwrap().to_owned();
            let (name, value) = pair.split_once('=').unwrap();
            jar.insert(name.to_owned(), value.to_owned());
        }
    }
    /// Every cookie's value.
    pub(crate) fn secrets(&self) -> Vec<String> {
        self.jar.lock().unwrap().values().cloned().collect()
    }
    /// What a thief who copied the cookies has.
    pub(crate) fn copy(&self) -> Self {
        Self { jar: Mutex::new(self.jar.lock().unwrap().clone()), is_other: self.is_other }
    }
    /// One on a phone that nobody knows yet.
    pub(crate) fn on_another_phone() -> Self {
        Self { is_other: true, ..Self::default() }
    }
    /// A cookie that no server set.
    pub(crate) fn put(&self, name: &str, value: &str) {
        self.jar.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }
    fn phone(&self) -> Option<String> {
        self.jar.lock().unwrap().get(PHONE).cloned()
    }
    /// One request, no redirect followed.
    pub(crate) async fn get(&self, bank: &TestBank, url: &str) -> reqwest::Response {
        let answer = bank.http.get(url).header(COOKIE, self.cookies()).send().await.unwrap();
        self.keep(&answer);
        answer
    }

    /// Follows redirects to the end.
    pub(crate) async fn land(&self, bank: &TestBank, url: &str) -> Landed {
        let mut url = url.to_owned();
        let mut hops = vec![];
        for _ in 0..REDIRECTS_MAX {
            let answer = self.get(bank, &url).await;
            let Some(next) = answer.headers().get(LOCATION) else {
                return Landed { url, hops };
            };
            let next = next.to_str().unwrap();
            hops.push(url.clone());
            url = match reqwest::Url::parse(&url).unwrap().join(next) {
                Ok(joined) => joined.to_string(),
                Err(e) => panic!("{next}: {e}"),
            };
        }
        panic!("redirected for ever: {hops:?}");
    }

    /// Opens a URL as WeChat's web view of this customer would.
    pub(crate) async fn web_view(
        &self,
        bank: &TestBank,
        appid: &str,
        uid: &str,
        url: &str,
    ) -> Landed {
        let mut view = reqwest::Url::parse(&format!("{}/webview", bank.simulator)).unwrap();
        view.query_pairs_mut()
            .append_pair("uid", uid)
            .append_pair("appid", appid)
            .append_pair("url", url);
        if let Some(phone) = bank.phone_of(uid).filter(|_| !self.is_other && self.phone().is_none())
        {
            self.jar.lock().unwrap().insert(PHONE.into(), phone);
        }
        let landed = self.land(bank, view.as_str()).await;
        if let Some(phone) = self.phone().filter(|_| !self.is_other) {
            bank.keep_phone(uid, phone);
        }
        landed
    }

    pub(crate) async fn api(&self, bank: &TestBank, slug: &str, path: &str) -> (u16, Value) {
        let answer = self.get(bank, &format!("{}/h5/s/{slug}/api/{path}", bank.url)).await;
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    pub(crate) async fn post(
        &self,
        bank: &TestBank,
        slug: &str,
        path: &str,
        body: Value,
    ) -> (u16, Value) {
        let url = format!("{}/h5/s/{slug}/api/{path}", bank.url);
        let request = bank.http.post(url).header(COOKIE, self.cookies()).header("x-weiyin", "1");
        let answer = request.json(&body).send().await.unwrap();
        self.keep(&answer);
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    /// A fresh keypad and a PIN typed on it.
    pub(crate) async fn typed(&self, bank: &TestBank, slug: &str, pin: &str, again: &str) -> Value {
        let (status, keypad) = self.api(bank, slug, "pin/key").await;
        assert_eq!(status, 200, "{keypad}");
        json!({
            "key_id": keypad["key_id"],
            "cipher": seal(&keypad, pin, again, bank.clock.now().ms()),
            "consents": consents(At::Pin),
        })
    }
}

/// What the page's own encryption does: SM2, C1C3C2, hex.
pub(crate) fn seal(keypad: &Value, pin: &str, again: &str, ts: i64) -> String {
    let point = keypad["public_key"].as_str().unwrap();
    let bytes: Vec<u8> = (0..point.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&point[i..i + 2], 16).unwrap())
        .collect();
    let public = sm2::PublicKey::from_sec1_bytes(&bytes).unwrap();
    let text = json!({
        "pin": pin, "again": again, "nonce": keypad["nonce"], "ts": ts, "openid_hash": keypad["openid_hash"],
    });
    let cipher = sm2::pke::EncryptingKey::new(public)
        .encrypt(&mut Noise, text.to_string().as_bytes())
        .unwrap();
    cipher.iter().map(|b| format!("{b:02x}")).collect()
}

/// Randomness in the shape the SM2 crate wants.
pub(crate) struct Noise;
impl sm2::elliptic_curve::rand_core::TryRng for Noise {
    type Error = std::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(u32::from_le_bytes(base::Random::system().bytes()))
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(base::Random::system().u64())
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        base::Random::system().fill(out);
        Ok(())
    }
}
impl sm2::elliptic_curve::rand_core::TryCryptoRng for Noise {}

/// What is ticked at a step.
fn consents(at: At) -> Value {
    let asked = agreements::ALL.iter().filter(|a| a.at == at);
    asked.map(|a| json!({ "id": a.id, "version": a.version })).collect()
}

pub(crate) fn elements(p: &Person) -> Value {
    json!({
        "card_no": p.card_no, "name": p.name, "id_no": p.id_no, "mobile": p.mobile,
        "consents": consents(At::Card),
    })
}

impl TestBank {
    fn phone_of(&self, uid: &str) -> Option<String> {
        self.phones.lock().unwrap().get(uid).cloned()
    }
    fn keep_phone(&self, uid: &str, phone: String) {
        self.phones.lock().unwrap().insert(uid.to_owned(), phone);
    }

    /// Follows, asks to bind, and opens the link the bank sends.
    pub(crate) async fn open_binding(&self, appid: &str, uid: &str, browser: &Browser) -> String {
        self.follow(appid, uid).await;
        let told = self
            .control(
                &format!("chats/{appid}/{uid}/send?wait=1"),
                json!({ "type": "text", "content": "绑卡" }),
            )
            .await;
        let link = link_in(&told["items"]).unwrap_or_else(|| panic!("no link in {told}"));
        let landed = browser.web_view(self, appid, uid, &link).await;
        assert!(landed.url.contains("/h5/s/"), "{landed:?}");
        landed.slug()
    }

    /// The last code the SMS gateway was given for a number.
    pub(crate) async fn code_for(&self, mobile: &str) -> String {
        let sms = self.look(&format!("sms?to={mobile}")).await;
        let last = sms["items"].as_array().and_then(|a| a.last()).expect("a message").clone();
        let text = last["text"].as_str().unwrap().to_owned();
        let digits: String = text.split("验证码").nth(1).unwrap().chars().take(6).collect();
        assert!(digits.bytes().all(|b| b.is_ascii_digit()), "{text}");
        digits
    }

    /// Binds a person through the pages, from following to the last word in chat.
    pub(crate) async fn bind(&self, appid: &str, uid: &str, who: &Person) -> Browser {
        let browser = Browser::default();
        let slug = self.open_binding(appid, uid, &browser).await;
        self.bind_on(&browser, &slug, who).await;
        browser
    }

    /// Through the provincial account: the card's bank takes over, on a page of its own.
    pub(crate) async fn to_the_cards_bank(
        &self,
        browser: &Browser,
        slug: &str,
        who: &Person,
    ) -> String {
        let (status, told) = browser.post(self, slug, "bind/check", elements(who)).await;
        assert_eq!(status, 200, "{told}");
        let redirect = told["redirect"].as_str().expect("a new page");
        redirect.split('/').nth(3).expect("a slug").to_owned()
    }

    /// From an accepted claim to the PIN: a code, and the code typed.
    pub(crate) async fn to_the_pin(&self, browser: &Browser, slug: &str, who: &Person) {
        let (status, told) = browser.post(self, slug, "bind/otp/send", json!({})).await;
        assert_eq!(status, 200, "{told}");
        let code = self.code_for(who.mobile).await;
        let (status, told) = browser.post(self, slug, "bind/otp", json!({ "code": code })).await;
        assert_eq!(status, 200, "{told}");
    }

    pub(crate) async fn bind_on(&self, browser: &Browser, slug: &str, who: &Person) {
        let (status, told) = browser.post(self, slug, "bind/check", elements(who)).await;
        assert_eq!(status, 200, "{told}");
        self.to_the_pin(browser, slug, who).await;
        let typed = browser.typed(self, slug, "274906", "274906").await;
        let (status, told) = browser.post(self, slug, "bind/pin", typed).await;
        assert_eq!(status, 200, "{told}");
        self.settle().await;
    }
}
