//! A PIN that is forgotten or locked, through the pages and the counter.

use crate::binding::faces::consents;
use crate::testing::{APPID, Browser, LINGXI, OUTAGE, TestBank, link_in, people};
use corebank::{CoreBank, Ctx, CustNo, Weather};
use db::{Scope, params};
use serde_json::{Value, json};

const CUST: &str = "1011000001";
const OLD: &str = "274906";
const NEW: &str = "618305";
/// A bank without anyone who checks faces.
const NO_FACE: &str = "[face]\nurl = \"\"\n";

/// The ends of 李芳's document and card.
fn known() -> Value {
    let who = &people()[0];
    let end = |text: &str, n: usize| text[text.len() - n..].to_owned();
    json!({ "id_last6": end(&who.id_no, 6), "card_tail": end(&who.card_no, 4) })
}

impl TestBank {
    /// Whether the core takes a PIN for 李芳.
    async fn takes(&self, pin: &str) -> bool {
        let ctx = Ctx::new(LINGXI, self.clock.now().plus_ms(10_000), "test");
        let pin = base::Secret::new(pin.to_owned());
        let block = self.app.pin_key.seal(&pin, CUST, &base::Random::seeded(4)).unwrap();
        self.core.inner().verify_pin(&ctx, &CustNo::new(CUST), &block).await.is_ok()
    }

    /// Wrong tries until the core locks the PIN.
    async fn lock_pin(&self) {
        for _ in 0..5 {
            assert!(!self.takes("113355").await);
        }
        assert!(!self.takes(OLD).await, "locked");
    }

    async fn pin_page(&self, text: &str) -> (Browser, String) {
        self.clock.advance_ms(61_000);
        let browser = Browser::default();
        let slug = self.page_after("lifang", text, &browser).await;
        (browser, slug)
    }

    /// To the code that is right, of a new PIN.
    async fn to_the_code(&self, browser: &Browser, slug: &str) -> Value {
        let (status, told) = browser.post(self, slug, "wx-pin/known", known()).await;
        assert_eq!((status, told["step"].as_str()), (200, Some("code")), "{told}");
        let (status, told) = browser.post(self, slug, "wx-pin/code", json!({})).await;
        assert_eq!(status, 200, "{told}");
        let code = self.code_for(people()[0].mobile).await;
        browser.post(self, slug, "wx-pin/check", json!({ "code": code })).await.1
    }

    async fn pass_pin_face(&self, browser: &Browser, slug: &str) -> Value {
        let (status, told) = browser.post(self, slug, "wx-pin/face", consents()).await;
        assert_eq!(status, 200, "{told}");
        let back = self.decide(told["url"].as_str().unwrap(), "passed").await;
        assert!(back.ends_with(&format!("/h5/s/{slug}/pin")), "{back}");
        browser.post(self, slug, "wx-pin/face/result", json!({})).await.1
    }

    async fn set(&self, browser: &Browser, slug: &str, pin: &str, again: &str) -> (u16, Value) {
        let typed = browser.typed(self, slug, pin, again).await;
        let body = json!({ "key_id": typed["key_id"], "cipher": typed["cipher"] });
        browser.post(self, slug, "wx-pin/set", body).await
    }

    /// What the audit says of an act, oldest first.
    async fn noted(&self, act: &'static str) -> Vec<(String, String)> {
        let unit = move |tx: &db::Tx<'_>| {
            tx.all(
                "SELECT actor, outcome FROM audit WHERE tenant_id = $1 AND act = $2 ORDER BY id",
                params![tx.tenant(), act],
            )
        };
        self.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap()
    }

    async fn texts(&self) -> Vec<String> {
        let sms = self.look(&format!("sms?to={}", people()[0].mobile)).await;
        let all = sms["items"].as_array().unwrap().clone();
        all.iter().map(|m| m["text"].as_str().unwrap().to_owned()).collect()
    }

    /// What the counter gives for a customer.
    async fn counter(&self, cookie: &str, customer: &str, seen: &str) -> (u16, String) {
        let (_, home) = self.staff_page(cookie, "/").await;
        let form = home.split("action=\"/unlock-code\"").nth(1).expect("the form");
        let token = form.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
        let form = [("token", token), ("customer", customer), ("seen", seen)];
        let url = format!("{}/unlock-code", self.staff_url);
        let told = self.http.post(url).header("cookie", cookie).form(&form).send().await.unwrap();
        (told.status().as_u16(), told.text().await.unwrap())
    }
}

fn digits(page: &str) -> String {
    let after = page.split("解锁码 ").nth(1).expect("a code");
    after.chars().take(6).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_pin_is_set_anew_after_everything_else_was_proved_ca_13() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.lock_pin().await;
        let (browser, slug) = bank.pin_page("忘记微信银行密码").await;
        let (_, shown) = browser.api(&bank, &slug, "wx-pin").await;
        assert_eq!((&shown["what"], &shown["step"]), (&json!("reset"), &json!("known")), "{shown}");
        let (_, early) = bank.set(&browser, &slug, NEW, NEW).await;
        assert_eq!(early["code"], "undo.code", "no step is skipped: {early}");
        let (_, early) = browser.post(&bank, &slug, "wx-pin/code", json!({})).await;
        assert_eq!(early["code"], "pin.known_first", "{early}");
        assert_eq!(bank.to_the_code(&browser, &slug).await["step"], "face");
        let (_, early) = bank.set(&browser, &slug, NEW, NEW).await;
        assert_eq!(early["code"], "undo.code", "{early}");
        assert_eq!(bank.pass_pin_face(&browser, &slug).await["step"], "pin");
        for (pin, again, code) in [
            ("123456", "123456", "pin.weak"),
            ("778899", "877998", "pin.differs"),
            (&people()[0].id_no[6..12], &people()[0].id_no[6..12], "pin.weak"),
        ] {
            let (_, told) = bank.set(&browser, &slug, pin, again).await;
            assert_eq!(told["code"], code, "{told}");
        }
        let (status, told) = bank.set(&browser, &slug, NEW, NEW).await;
        assert_eq!(status, 200, "{told}");
        assert!(bank.takes(NEW).await && !bank.takes(OLD).await, "the lock is gone, too");
        let (_, told) = bank.set(&browser, &slug, OLD, OLD).await;
        assert_eq!(told["code"], "undo.code", "proofs are good once: {told}");
        bank.settle().await;
        let told = bank.texts().await;
        let last = told.last().unwrap();
        assert!(last.contains("重新设了") && last.contains("不是您本人办的"), "{last}");
        let chat = bank.chat(APPID, "lifang").await;
        assert!(chat.iter().any(|w| w.contains("重新设了")), "{chat:?}");
        let done: Vec<_> = bank.noted("pin.reset").await.into_iter().map(|n| n.1).collect();
        assert_eq!(done, ["done"]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_checks_faces_the_numbers_and_the_code_are_enough() {
    for bank in TestBank::each_with(NO_FACE).await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let (browser, slug) = bank.pin_page("忘记微信银行密码").await;
        assert_eq!(bank.to_the_code(&browser, &slug).await["step"], "pin");
        assert_eq!(bank.set(&browser, &slug, NEW, NEW).await.0, 200);
        assert!(bank.takes(NEW).await);
        bank.settle().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_the_numbers_gets_one_answer_and_five_tries_in_a_burst_too_ca_01_ca_02() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let (browser, slug) = bank.pin_page("忘记微信银行密码").await;
        let mut wrong_id = known();
        wrong_id["id_last6"] = json!("00000X");
        let mut wrong_tail = known();
        wrong_tail["card_tail"] = json!("0000");
        // Six bytes that are two characters are none of six.
        for end in ["12345", "身份", "12345是", ""] {
            let mut shapeless = known();
            shapeless["id_last6"] = json!(end);
            let (_, told) = browser.post(&bank, &slug, "wx-pin/known", shapeless).await;
            assert_eq!(told["code"], "pin.known_shape", "not counted: {told}");
        }
        let mut said = vec![];
        for body in [&wrong_id, &wrong_tail] {
            let (_, told) = browser.post(&bank, &slug, "wx-pin/known", body.clone()).await;
            said.push((told["code"].clone(), told["left"].as_i64()));
        }
        assert_eq!(said, [(json!("pin.known"), Some(4)), (json!("pin.known"), Some(3))]);
        let burst = (0..12).map(|_| browser.post(&bank, &slug, "wx-pin/known", wrong_id.clone()));
        let told = futures_util::future::join_all(burst).await;
        let counted = told.iter().filter(|t| t.1["code"] == "pin.known").count();
        assert!(counted <= 3, "{counted}");
        let (status, told) = browser.post(&bank, &slug, "wx-pin/known", known()).await;
        assert_eq!((status, told["code"].as_str()), (429, Some("pin.known_locked")), "{told}");
        bank.clock.advance_ms(base::DAY_MS + 1_000);
        let (browser, slug) = bank.pin_page("忘记微信银行密码").await;
        assert_eq!(browser.post(&bank, &slug, "wx-pin/known", known()).await.0, 200);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_core_that_says_nothing_costs_no_try_and_nothing_that_was_proved() {
    for bank in TestBank::each_with(NO_FACE).await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let (browser, slug) = bank.pin_page("忘记微信银行密码").await;
        bank.core.set_weather(OUTAGE);
        let (status, told) = browser.post(&bank, &slug, "wx-pin/known", known()).await;
        assert_eq!(status, 503, "{told}");
        bank.core.set_weather(Weather::default());
        bank.to_the_code(&browser, &slug).await;
        let typed = browser.typed(&bank, &slug, NEW, NEW).await;
        let body = json!({ "key_id": typed["key_id"], "cipher": typed["cipher"] });
        bank.core.set_weather(OUTAGE);
        assert_eq!(browser.post(&bank, &slug, "wx-pin/set", body).await.0, 503);
        bank.core.set_weather(Weather::default());
        assert!(bank.takes(OLD).await, "nothing changed");
        assert_eq!(bank.set(&browser, &slug, NEW, NEW).await.0, 200);
        bank.settle().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_pin_says_until_when_and_a_face_unlocks_it() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let (browser, slug) = bank.pin_page("密码解锁").await;
        assert_eq!(browser.api(&bank, &slug, "wx-pin").await.1["step"], "open");
        bank.lock_pin().await;
        let (_, shown) = browser.api(&bank, &slug, "wx-pin").await;
        assert_eq!(shown["step"], "choose", "{shown}");
        let midnight = corebank::Day::at(bank.clock.now()).end().ms();
        assert_eq!(shown["locked_until_ms"], midnight, "{shown}");
        let (_, told) = browser.post(&bank, &slug, "wx-pin/unlock", json!({})).await;
        assert_eq!(told["code"], "pin.prove", "{told}");
        assert_eq!(bank.pass_pin_face(&browser, &slug).await["step"], "ready");
        let (status, told) = browser.post(&bank, &slug, "wx-pin/unlock", json!({})).await;
        assert_eq!(status, 200, "{told}");
        assert!(bank.takes(OLD).await, "the old PIN is good again");
        let (_, told) = browser.post(&bank, &slug, "wx-pin/unlock", json!({})).await;
        assert_eq!(told["code"], "pin.open", "{told}");
        bank.settle().await;
        assert!(bank.texts().await.last().unwrap().contains("解了锁"));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_gives_a_code_that_unlocks_one_customer_once() {
    for bank in TestBank::each_with(NO_FACE).await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.lock_pin().await;
        let cookie = bank.officer().await;
        assert_eq!(bank.counter(&cookie, CUST, "").await.0, 400, "the document was not seen");
        assert_eq!(bank.counter(&cookie, "1011000004", "yes").await.0, 404, "nobody bound");
        let (status, page) = bank.counter(&cookie, CUST, "yes").await;
        assert_eq!(status, 200, "{page}");
        let old = digits(&page);
        let code = digits(&bank.counter(&cookie, CUST, "yes").await.1);
        let (browser, slug) = bank.pin_page("密码解锁").await;
        let post = async |code: &str| {
            browser.post(&bank, &slug, "wx-pin/branch", json!({ "code": code })).await
        };
        if old != code {
            let (_, told) = post(&old).await;
            assert_eq!(told["code"], "unlock_code.wrong", "a newer one took its place: {told}");
        }
        let (status, told) = post(&code).await;
        assert_eq!((status, told["step"].as_str()), (200, Some("ready")), "{told}");
        assert_eq!(browser.post(&bank, &slug, "wx-pin/unlock", json!({})).await.0, 200);
        assert!(bank.takes(OLD).await);
        bank.lock_pin().await;
        assert_eq!(post(&code).await.1["code"], "unlock_code.over", "good once");
        let given = bank.noted("pin.unlock_code").await;
        let outcomes: Vec<_> = given.iter().map(|g| g.1.as_str()).collect();
        assert_eq!(outcomes, ["refused", "done", "done"]);
        assert!(given.iter().all(|g| g.0.starts_with("staff:")), "{given:?}");
        bank.settle().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_code_ends_by_wrong_tries_and_by_time() {
    for bank in TestBank::each_with(NO_FACE).await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.lock_pin().await;
        let cookie = bank.officer().await;
        let code = digits(&bank.counter(&cookie, CUST, "yes").await.1);
        let other = if code == "000000" { "000001" } else { "000000" };
        let (browser, slug) = bank.pin_page("密码解锁").await;
        let post = async |code: &str| {
            browser.post(&bank, &slug, "wx-pin/branch", json!({ "code": code })).await.1
        };
        let mut told = vec![];
        for _ in 0..3 {
            told.push(post(other).await["code"].clone());
        }
        assert_eq!(told, ["unlock_code.wrong", "unlock_code.wrong", "unlock_code.over"]);
        assert_eq!(post(&code).await["code"], "unlock_code.over");
        let code = digits(&bank.counter(&cookie, CUST, "yes").await.1);
        bank.clock.advance_ms(super::branch::LIFE_MS);
        let (browser, slug) = bank.pin_page("密码解锁").await;
        let (_, told) = browser.post(&bank, &slug, "wx-pin/branch", json!({ "code": code })).await;
        assert_eq!(told["code"], "unlock_code.over", "{told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_customers_face_or_link_sets_no_pin() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.bind(APPID, "wangqiang", &people()[3]).await;
        let (browser, slug) = bank.pin_page("忘记微信银行密码").await;
        bank.to_the_code(&browser, &slug).await;
        let stranger = Browser::default();
        let message = json!({ "type": "text", "content": "忘记微信银行密码" });
        let told = bank.control(&format!("chats/{APPID}/lifang/send?wait=1"), message).await;
        let link = link_in(&told["items"]).unwrap();
        let landed = stranger.web_view(&bank, APPID, "wangqiang", &link).await;
        assert!(landed.url.contains("/h5/problem"), "{landed:?}");
        let (status, _) = stranger.post(&bank, &slug, "wx-pin/face", consents()).await;
        assert_eq!(status, 401, "a session is its browser's");
        bank.stop().await;
    }
}
