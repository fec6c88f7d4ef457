//! 「换到这个微信」, through the pages.

use super::branches::ends;
use crate::testing::{APPID, Browser, LINGXI, PROVINCIAL, TestBank, elements, people};
use corebank::Weather;
use db::{Scope, params};
use serde_json::{Value, json};

fn swapping() -> Value {
    let mut claim = elements(&people()[0]);
    claim["aim"] = json!("swap");
    claim
}

impl TestBank {
    /// The new WeChat, up to the PIN.
    async fn to_the_proof(&self, appid: &str, browser: &Browser) -> String {
        let slug = self.open_binding(appid, "wangqiang", browser).await;
        let (status, told) = browser.post(self, &slug, "bind/check", swapping()).await;
        assert_eq!(status, 200, "{told}");
        // The number had a code a moment ago.
        self.clock.advance_ms(61_000);
        self.to_the_pin(browser, &slug, &people()[0]).await;
        self.pass_face(browser, &slug).await;
        slug
    }

    async fn acts(&self, act: &'static str) -> Vec<(String, String)> {
        let unit = move |tx: &db::Tx<'_>| {
            tx.all(
                "SELECT outcome, detail FROM audit WHERE tenant_id = $1 AND act = $2 ORDER BY id",
                params![tx.tenant(), act],
            )
        };
        self.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_moves_the_binding_here_and_the_old_wechat_is_out_and_told_ca_14() {
    for bank in TestBank::each().await {
        let old = Browser::default();
        let old_slug = bank.open_binding(APPID, "lifang", &old).await;
        bank.bind_on(&old, &old_slug, &people()[0]).await;
        let browser = Browser::default();
        let slug = bank.to_the_proof(APPID, &browser).await;
        let (_, state) = browser.api(&bank, &slug, "bind").await;
        assert_eq!((state["step"].as_str(), &state["aim"]), (Some("pin"), &json!("swap")));
        assert!(bank.say(APPID, "lifang", "余额").await.contains("1,280.50"), "nothing moved yet");

        let typed = browser.typed(&bank, &slug, "274906", "274906").await;
        let (status, told) = browser.post(&bank, &slug, "bind/pin", typed).await;
        assert_eq!((status, told["step"].as_str()), (200, Some("done")), "{told}");
        assert_eq!(old.api(&bank, &old_slug, "accounts").await.0, 401, "its pages are shut");
        let said = bank.say(APPID, "lifang", "余额").await;
        assert!(said.contains("还没有绑定") && !said.contains("1,280.50"), "{said}");
        bank.settle().await;
        let told = bank.chat(APPID, "lifang").await.join("\n");
        assert_eq!(told.matches("换到另一个微信上").count(), 1, "{told}");
        assert!(told.contains("0990-96990"), "{told}");
        assert!(bank.say(APPID, "wangqiang", "余额").await.contains("1,280.50"));
        let ended = ("ended".to_owned(), "swapped".to_owned());
        assert_eq!(ends(&bank).await, [ended, ("live".into(), String::new())]);
        assert_eq!(bank.acts("bind.swap").await, [("done".to_owned(), String::new())]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_old_pin_nothing_moves_and_the_tries_are_the_cores() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let browser = Browser::default();
        let slug = bank.to_the_proof(APPID, &browser).await;
        let mut told_left = vec![];
        for _ in 0..5 {
            let typed = browser.typed(&bank, &slug, "111222", "111222").await;
            let (_, told) = browser.post(&bank, &slug, "bind/pin", typed).await;
            told_left.push((told["code"].as_str().unwrap().to_owned(), told["left"].as_i64()));
        }
        let wrong = |left| ("pin.wrong".to_owned(), Some(left));
        let locked = ("pin.locked".to_owned(), None);
        assert_eq!(told_left, [wrong(4), wrong(3), wrong(2), wrong(1), locked]);
        let typed = browser.typed(&bank, &slug, "274906", "274906").await;
        let (_, told) = browser.post(&bank, &slug, "bind/pin", typed).await;
        assert_eq!(told["code"], "pin.locked", "{told}");
        assert!(bank.say(APPID, "lifang", "余额").await.contains("1,280.50"));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_for_binding_does_not_move_a_binding_ca_04() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "wangqiang", &browser).await;
        browser.post(&bank, &slug, "bind/check", elements(&people()[0])).await;
        browser.post(&bank, &slug, "bind/otp/send", json!({})).await;
        let code = bank.code_for(people()[0].mobile).await;
        bank.clock.advance_ms(61_000);
        bank.bind(APPID, "lifang", &people()[0]).await;
        let (_, told) = browser.post(&bank, &slug, "bind/check", swapping()).await;
        assert_eq!(told["step"], "otp", "{told}");
        let (_, told) = browser.post(&bank, &slug, "bind/otp", json!({ "code": code })).await;
        assert_eq!(told["code"], "otp.expired", "{told}");
        bank.clock.advance_ms(61_000);
        browser.post(&bank, &slug, "bind/otp/send", json!({})).await;
        let sms = bank.look(&format!("sms?to={}", people()[0].mobile)).await;
        let text = sms["items"].as_array().unwrap().last().unwrap()["text"].to_string();
        assert!(text.contains("换到另一个微信"), "{text}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_to_move_is_kept_while_the_core_is_silent_and_holds_across_accounts() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let browser = Browser::default();
        let slug = bank.open_binding(PROVINCIAL, "wangqiang", &browser).await;
        let slug = bank.to_the_cards_bank(&browser, &slug, &people()[0]).await;
        bank.core.set_weather(Weather { outage: true, ..Weather::default() });
        browser.post(&bank, &slug, "bind/check", swapping()).await;
        bank.core.set_weather(Weather::default());
        bank.clock.advance_ms(61_000);
        bank.settle().await;
        bank.to_the_pin(&browser, &slug, &people()[0]).await;
        bank.pass_face(&browser, &slug).await;
        let typed = browser.typed(&bank, &slug, "274906", "274906").await;
        let (status, told) = browser.post(&bank, &slug, "bind/pin", typed).await;
        assert_eq!(status, 200, "{told}");
        bank.settle().await;
        let told = bank.chat(APPID, "lifang").await.join("\n");
        assert!(told.contains("换到另一个微信上"), "{told}");
        assert!(bank.say(PROVINCIAL, "wangqiang", "余额").await.contains("1,280.50"));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_move_the_binding_at_once_one_holds_it_in_the_end() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let (a, b) = (Browser::default(), Browser::default());
        let first = bank.to_the_proof(APPID, &a).await;
        let second = bank.open_binding(APPID, "zhao", &b).await;
        b.post(&bank, &second, "bind/check", swapping()).await;
        bank.clock.advance_ms(61_000);
        bank.to_the_pin(&b, &second, &people()[0]).await;
        bank.pass_face(&b, &second).await;
        let one = a.typed(&bank, &first, "274906", "274906").await;
        let two = b.typed(&bank, &second, "274906", "274906").await;
        let both = tokio::join!(
            a.post(&bank, &first, "bind/pin", one),
            b.post(&bank, &second, "bind/pin", two)
        );
        assert_eq!((both.0.0, both.1.0), (200, 200), "{both:?}");
        let live = ends(&bank).await.iter().filter(|e| e.0 == "live").count();
        assert_eq!(live, 1, "Invariant: one live follower a customer");
        bank.stop().await;
    }
}
