//! 人脸核身 before a binding moves here, through the pages: every way it can go.

use crate::testing::{APPID, Browser, LINGXI, TestBank, elements, people};
use db::{Scope, params};
use reqwest::header::LOCATION;
use serde_json::{Value, json};

pub(crate) fn consents() -> Value {
    let face = super::agreements::FACE;
    json!({ "consents": [{ "id": face.id, "version": face.version }] })
}

fn swapping() -> Value {
    let mut claim = elements(&people()[0]);
    claim["aim"] = json!("swap");
    claim
}

impl TestBank {
    /// 李芳 is bound in one WeChat; another one is at the face check.
    async fn to_the_face(&self, uid: &str, browser: &Browser) -> String {
        let slug = self.open_binding(APPID, uid, browser).await;
        let (status, told) = browser.post(self, &slug, "bind/check", swapping()).await;
        assert_eq!((status, &told["aim"]), (200, &json!("swap")), "{told}");
        self.clock.advance_ms(61_000);
        self.to_the_pin(browser, &slug, &people()[0]).await;
        slug
    }

    /// Begins a check; the address of the vendor's page.
    async fn begin_face(&self, browser: &Browser, slug: &str) -> String {
        let (status, told) = browser.post(self, slug, "bind/face", consents()).await;
        assert_eq!(status, 200, "{told}");
        told["url"].as_str().unwrap().to_owned()
    }

    /// What the customer does on the vendor's page; where it sends the browser.
    pub(crate) async fn decide(&self, page: &str, next: &str) -> String {
        let answer = self.http.get(format!("{page}/decide?next={next}")).send().await.unwrap();
        answer.headers()[LOCATION].to_str().unwrap().to_owned()
    }

    /// A face check that is passed, from beginning to end.
    pub(crate) async fn pass_face(&self, browser: &Browser, slug: &str) {
        let page = self.begin_face(browser, slug).await;
        self.decide(&page, "passed").await;
        let (status, told) = browser.post(self, slug, "bind/face/result", json!({})).await;
        assert_eq!((status, told["step"].as_str()), (200, Some("pin")), "{told}");
    }

    async fn result(&self, browser: &Browser, slug: &str) -> (u16, Value) {
        browser.post(self, slug, "bind/face/result", json!({})).await
    }
}

async fn step(bank: &TestBank, browser: &Browser, slug: &str) -> Value {
    browser.api(bank, slug, "bind").await.1["step"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_binding_moves_only_after_a_face_that_the_vendor_itself_confirms() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let browser = Browser::default();
        let slug = bank.to_the_face("wangqiang", &browser).await;
        assert_eq!(step(&bank, &browser, &slug).await, "face");
        let early = browser.typed(&bank, &slug, "274906", "274906").await;
        let (_, told) = browser.post(&bank, &slug, "bind/pin", early).await;
        assert_eq!(told["code"], "bind.step", "no step is skipped: {told}");

        let page = bank.begin_face(&browser, &slug).await;
        let (_, state) = browser.api(&bank, &slug, "bind").await;
        assert_eq!(state["face_begun"], true, "{state}");
        let (_, told) = bank.result(&browser, &slug).await;
        assert_eq!(told["code"], "face.waiting", "coming back early proves nothing: {told}");
        let back = bank.decide(&page, "passed").await;
        assert!(back.ends_with(&format!("/h5/s/{slug}/bind")), "{back}");
        let before = browser.copy();
        let (status, told) = bank.result(&browser, &slug).await;
        assert_eq!((status, told["step"].as_str()), (200, Some("pin")), "{told}");
        assert_ne!(before.secrets(), browser.secrets(), "a step of authentication (CA-11)");
        assert_eq!(bank.result(&browser, &slug).await.0, 200, "a second look sees the same");
        let typed = browser.typed(&bank, &slug, "274906", "274906").await;
        let (status, told) = browser.post(&bank, &slug, "bind/pin", typed).await;
        assert_eq!((status, told["step"].as_str()), (200, Some("done")), "{told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_face_that_fails_says_how_often_one_may_try_and_then_the_day_is_over() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let browser = Browser::default();
        let slug = bank.to_the_face("wangqiang", &browser).await;
        let mut told_left = vec![];
        for _ in 0..3 {
            let page = bank.begin_face(&browser, &slug).await;
            bank.decide(&page, "failed").await;
            let (_, told) = bank.result(&browser, &slug).await;
            told_left.push((told["code"].as_str().unwrap().to_owned(), told["left"].as_i64()));
            let (_, again) = bank.result(&browser, &slug).await;
            assert_eq!(again["code"], "face.failed", "told again, not counted again: {again}");
        }
        let failed = |left| ("face.failed".to_owned(), Some(left));
        assert_eq!(told_left, [failed(2), failed(1), ("face.locked".into(), None)]);
        let (status, told) = browser.post(&bank, &slug, "bind/face", consents()).await;
        assert_eq!((status, told["code"].as_str()), (429, Some("face.locked")), "{told}");
        assert!(told["words"].as_str().unwrap().contains("网点"), "{told}");

        // Counted for the customer: another WeChat begins no new day.
        let other = Browser::default();
        bank.clock.advance_ms(61_000);
        let slug = bank.to_the_face("zhao", &other).await;
        let (_, told) = other.post(&bank, &slug, "bind/face", consents()).await;
        assert_eq!(told["code"], "face.locked", "{told}");
        assert!(bank.say(APPID, "lifang", "余额").await.contains("1,280.50"), "nothing moved");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_the_check_may_begin_another_one_and_nothing_is_counted() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let browser = Browser::default();
        let slug = bank.to_the_face("wangqiang", &browser).await;
        let page = bank.begin_face(&browser, &slug).await;
        bank.decide(&page, "cancelled").await;
        let (status, told) = bank.result(&browser, &slug).await;
        assert_eq!((status, told["code"].as_str()), (409, Some("face.cancelled")), "{told}");
        assert_eq!(bank.result(&browser, &slug).await.1["code"], "face.cancelled");

        let old = bank.begin_face(&browser, &slug).await;
        let new = bank.begin_face(&browser, &slug).await;
        bank.decide(&old, "passed").await;
        let (_, told) = bank.result(&browser, &slug).await;
        assert_eq!(told["code"], "face.waiting", "the last one begun counts: {told}");
        bank.decide(&new, "passed").await;
        assert_eq!(bank.result(&browser, &slug).await.0, 200);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_is_slow_or_down_is_asked_again_later_and_uses_up_nothing() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let browser = Browser::default();
        let slug = bank.to_the_face("wangqiang", &browser).await;
        bank.control("weather", json!({ "vendor_5xx_percent": 100 })).await;
        for _ in 0..12 {
            let (status, told) = browser.post(&bank, &slug, "bind/face", consents()).await;
            assert_eq!((status, told["code"].as_str()), (503, Some("face.busy")), "{told}");
        }
        bank.control("weather", json!({ "vendor_5xx_percent": 0 })).await;
        let page = bank.begin_face(&browser, &slug).await;
        bank.decide(&page, "passed").await;
        bank.control("weather", json!({ "vendor_delay_ms": 10_000 })).await;
        let (status, told) = bank.result(&browser, &slug).await;
        assert_eq!((status, told["code"].as_str()), (503, Some("face.busy")), "{told}");
        assert_eq!(step(&bank, &browser, &slug).await, "face", "silence is no yes");
        bank.control("weather", json!({ "vendor_delay_ms": 0 })).await;
        assert_eq!(bank.result(&browser, &slug).await.0, 200);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_ends_with_its_time_and_counts_for_no_other_claim() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.bind(APPID, "zhao", &people()[3]).await;
        let browser = Browser::default();
        let slug = bank.to_the_face("wangqiang", &browser).await;
        let page = bank.begin_face(&browser, &slug).await;
        bank.decide(&page, "passed").await;
        bank.clock.advance_ms(600_000);
        let (_, told) = bank.result(&browser, &slug).await;
        assert_eq!(told["code"], "face.expired", "{told}");

        let page = bank.begin_face(&browser, &slug).await;
        bank.decide(&page, "passed").await;
        let mut other = elements(&people()[3]);
        other["aim"] = json!("swap");
        browser.post(&bank, &slug, "bind/check", other).await;
        bank.to_the_pin(&browser, &slug, &people()[3]).await;
        let (_, told) = bank.result(&browser, &slug).await;
        assert_eq!(told["code"], "face.expired", "李芳's face is not 王强's: {told}");
        assert_eq!(step(&bank, &browser, &slug).await, "face");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_face_is_checked_after_a_consent_of_its_own_and_leaves_codes_only_dp_02_dp_11() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let browser = Browser::default();
        let slug = bank.to_the_face("wangqiang", &browser).await;
        let (_, state) = browser.api(&bank, &slug, "bind").await;
        let asked = state["agreements"].as_array().unwrap();
        assert!(asked.iter().any(|a| a["id"] == "face" && a["at"] == "face"), "{state}");
        let none = json!({ "consents": [] });
        let (_, told) = browser.post(&bank, &slug, "bind/face", none).await;
        assert_eq!(told["code"], "consent.missing", "{told}");
        let log = bank.look("exchanges?kind=vendor").await;
        assert_eq!(log["items"], json!([]), "nobody heard a name before that");
        bank.pass_face(&browser, &slug).await;
        let unit = |tx: &db::Tx<'_>| {
            let audit = tx.all::<(String, String)>(
                "SELECT outcome, detail FROM audit WHERE tenant_id = $1 AND act = 'bind.face' ORDER BY id",
                params![tx.tenant()],
            )?;
            let kept = tx.all::<(String,)>(
                "SELECT state FROM face_check WHERE tenant_id = $1",
                params![tx.tenant()],
            )?;
            Ok((audit, kept))
        };
        let (audit, kept) = bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap();
        let row = |outcome: &str| (outcome.to_owned(), String::new());
        assert_eq!(audit, [row("begun"), row("done")]);
        assert_eq!(kept, [("passed".to_owned(),)]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_has_no_one_to_check_faces_moves_no_binding_and_says_so_at_once() {
    for bank in TestBank::each_with("[face]\nurl = \"\"\n").await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "wangqiang", &browser).await;
        let (status, told) = browser.post(&bank, &slug, "bind/check", swapping()).await;
        assert_eq!((status, told["code"].as_str()), (503, Some("face.none")), "{told}");
        assert!(told["words"].as_str().unwrap().contains("网点"), "{told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_face_is_asked_for_where_nothing_moves() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let (_, told) = browser.post(&bank, &slug, "bind/check", elements(&people()[0])).await;
        assert_eq!(told["aim"], "bind", "{told}");
        for path in ["bind/face", "bind/face/result"] {
            let (_, told) = browser.post(&bank, &slug, path, consents()).await;
            assert_eq!(told["code"], "bind.step", "{path}: {told}");
        }
        bank.to_the_pin(&browser, &slug, &people()[0]).await;
        assert_eq!(step(&bank, &browser, &slug).await, "pin");
        bank.stop().await;
    }
}
