//! 「不是我绑的」, through the pages: 李芳 finds herself bound in a WeChat that is not hers.

use super::branches::ends;
use super::tests::other_code;
use crate::testing::{APPID, Browser, LINGXI, TestBank, elements, people};
use corebank::Weather;
use db::{Scope, params};
use serde_json::{Value, json};

const STRANGER: &str = "wangqiang";

fn disowning() -> Value {
    let mut claim = elements(&people()[0]);
    claim["aim"] = json!("disown");
    claim
}

impl TestBank {
    /// 李芳's card stands bound in the stranger's WeChat; her own is at the code, which was sent.
    async fn doubted(&self) -> (Browser, String) {
        self.bind(APPID, STRANGER, &people()[0]).await;
        self.clock.advance_ms(61_000);
        let browser = Browser::default();
        let slug = self.open_binding(APPID, "lifang", &browser).await;
        let (_, told) = browser.post(self, &slug, "bind/check", elements(&people()[0])).await;
        assert_eq!(told["code"], "bind.taken", "{told}");
        let (_, told) = browser.post(self, &slug, "bind/check", disowning()).await;
        assert_eq!((&told["step"], &told["aim"]), (&json!("otp"), &json!("disown")), "{told}");
        let (status, told) = browser.post(self, &slug, "bind/otp/send", json!({})).await;
        assert_eq!(status, 200, "{told}");
        (browser, slug)
    }

    async fn disowned(&self) -> (Browser, String) {
        let (browser, slug) = self.doubted().await;
        let code = self.code_for(people()[0].mobile).await;
        let (_, told) = browser.post(self, &slug, "bind/otp", json!({ "code": code })).await;
        assert_eq!(told["step"], "stopped", "{told}");
        (browser, slug)
    }

    async fn disowned_cases(&self) -> Vec<(String, i64)> {
        let unit = |tx: &db::Tx<'_>| {
            tx.all(
                "SELECT state, id FROM case_file WHERE tenant_id = $1 AND kind = 'bind_doubt' ORDER BY id",
                params![tx.tenant()],
            )
        };
        self.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap()
    }

    /// What an officer decides on the only doubt, and what follows of it.
    async fn decide_the_doubt(&self, event: &str, reason: &str) {
        let cookie = self.officer().await;
        let (_, id) = self.disowned_cases().await.pop().unwrap();
        let id: crate::cases::CaseId = base::Id::of(id);
        let page = self.officer_decides(&cookie, &id.to_string(), event, reason, "").await;
        assert!(page.contains("不是本人的绑定"), "{page}");
        self.settle().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wechat_that_is_not_the_customers_is_stopped_at_the_right_code_and_a_person_looks_at_it()
{
    for bank in TestBank::each().await {
        let (browser, slug) = bank.doubted().await;
        let sms = bank.look(&format!("sms?to={}", people()[0].mobile)).await;
        let text = sms["items"].as_array().unwrap().last().unwrap()["text"].to_string();
        assert!(text.contains("用于停用另一个微信上的微信银行"), "{text}");
        assert!(bank.say(APPID, STRANGER, "余额").await.contains("1,280.50"), "not stopped yet");

        let code = bank.code_for(people()[0].mobile).await;
        let (status, told) = browser.post(&bank, &slug, "bind/otp", json!({ "code": code })).await;
        assert_eq!((status, &told["step"]), (200, &json!("stopped")), "{told}");
        let said = bank.say(APPID, STRANGER, "余额").await;
        assert!(said.contains("停用微信银行") && !said.contains("1,280.50"), "{said}");
        let (_, page) = browser.api(&bank, &slug, "bind").await;
        let promise = page["stopped"].as_str().unwrap();
        assert!(page["step"] == "stopped" && promise.contains("风险专员"), "{page}");

        bank.settle().await;
        let hers = bank.chat(APPID, "lifang").await.join("\n");
        assert!(hers.contains("另一个微信已经停用") && hers.contains(promise), "{hers}");
        let theirs = bank.chat(APPID, STRANGER).await.join("\n");
        assert_eq!(theirs.matches("说这里的微信银行不是本人绑的").count(), 1, "{theirs}");
        assert!(theirs.contains("0990-96990"), "{theirs}");
        let said = bank.say(APPID, "lifang", "办到哪了").await;
        assert!(said.contains("不是本人的绑定"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_disowned_cannot_end_the_freeze_from_there() {
    for bank in TestBank::each().await {
        bank.disowned().await;
        let theirs = Browser::default();
        let ask = json!({ "type": "text", "content": "恢复微信银行" });
        let told = bank.control(&format!("chats/{APPID}/{STRANGER}/send?wait=1"), ask).await;
        let link = crate::testing::link_in(&told["items"]).expect("a link");
        let slug = theirs.web_view(&bank, APPID, STRANGER, &link).await.slug();
        let thaw = json!({ "ask": { "what": "thaw" } });
        for told in [
            theirs.api(&bank, &slug, "undo").await,
            theirs.post(&bank, &slug, "undo/code", thaw).await,
        ] {
            assert_eq!((told.0, &told.1["code"]), (403, &json!("wx.disowned")), "{told:?}");
        }
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn decided_for_the_customer_the_other_binding_ends_and_they_bind_in_their_own_wechat() {
    for bank in TestBank::each().await {
        let (browser, slug) = bank.disowned().await;
        bank.decide_the_doubt("approve", "").await;
        let ended = ("ended".to_owned(), "disowned".to_owned());
        assert_eq!(ends(&bank).await, [ended]);
        let theirs = bank.chat(APPID, STRANGER).await.join("\n");
        assert!(theirs.contains("这里的绑定已经解除"), "{theirs}");
        let hers = bank.chat(APPID, "lifang").await.join("\n");
        assert!(hers.contains("查清楚了"), "{hers}");
        bank.clock.advance_ms(61_000);
        bank.bind_on(&browser, &slug, &people()[0]).await;
        assert!(bank.say(APPID, "lifang", "余额").await.contains("1,280.50"));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn decided_against_the_customer_the_other_wechat_goes_on() {
    for bank in TestBank::each().await {
        bank.disowned().await;
        bank.decide_the_doubt("decline", "own").await;
        assert!(bank.say(APPID, STRANGER, "余额").await.contains("1,280.50"));
        let theirs = bank.chat(APPID, STRANGER).await.join("\n");
        assert!(theirs.contains("您的微信银行恢复了"), "{theirs}");
        let hers = bank.chat(APPID, "lifang").await.join("\n");
        assert!(hers.contains("有答复了"), "{hers}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doubt_that_its_customer_takes_back_lets_the_other_wechat_go_on() {
    for bank in TestBank::each().await {
        let (browser, slug) = bank.disowned().await;
        let (_, mine) = browser.api(&bank, &slug, "cases").await;
        let id = &mine["items"][0]["id"];
        let (status, told) =
            browser.post(&bank, &slug, "cases/withdraw", json!({ "id": id })).await;
        assert_eq!(status, 200, "{told}");
        bank.settle().await;
        assert!(bank.say(APPID, STRANGER, "余额").await.contains("1,280.50"));
        let hers = bank.chat(APPID, "lifang").await.join("\n");
        assert!(!hers.contains("有答复了"), "nobody answered it: {hers}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_freeze_of_ones_own_outlasts_a_doubt_about_it() {
    for bank in TestBank::each().await {
        bank.bind(APPID, STRANGER, &people()[0]).await;
        bank.say(APPID, STRANGER, "停用微信银行").await;
        bank.say(APPID, STRANGER, "马上停用").await;
        bank.clock.advance_ms(61_000);
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        browser.post(&bank, &slug, "bind/check", disowning()).await;
        browser.post(&bank, &slug, "bind/otp/send", json!({})).await;
        let code = bank.code_for(people()[0].mobile).await;
        browser.post(&bank, &slug, "bind/otp", json!({ "code": code })).await;
        let (_, mine) = browser.api(&bank, &slug, "cases").await;
        let id = json!({ "id": mine["items"][0]["id"] });
        assert_eq!(browser.post(&bank, &slug, "cases/withdraw", id).await.0, 200);
        bank.settle().await;
        let said = bank.say(APPID, STRANGER, "余额").await;
        assert!(!said.contains("1,280.50"), "nobody proved the PIN: {said}");
        let theirs = bank.chat(APPID, STRANGER).await.join("\n");
        assert!(!theirs.contains("您的微信银行恢复了"), "{theirs}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_tap_and_a_second_report_find_the_same_case() {
    for bank in TestBank::each().await {
        let (browser, slug) = bank.doubted().await;
        let code = bank.code_for(people()[0].mobile).await;
        for _ in 0..2 {
            let typed = json!({ "code": code });
            let (status, told) = browser.post(&bank, &slug, "bind/otp", typed).await;
            assert_eq!((status, &told["step"]), (200, &json!("stopped")), "{told}");
        }
        bank.clock.advance_ms(61_000);
        let again = bank.open_binding(APPID, "lifang", &browser).await;
        browser.post(&bank, &again, "bind/check", disowning()).await;
        browser.post(&bank, &again, "bind/otp/send", json!({})).await;
        let code = bank.code_for(people()[0].mobile).await;
        let (_, told) = browser.post(&bank, &again, "bind/otp", json!({ "code": code })).await;
        assert_eq!(told["step"], "stopped", "{told}");
        assert_eq!(bank.disowned_cases().await.len(), 1);
        bank.settle().await;
        let theirs = bank.chat(APPID, STRANGER).await.join("\n");
        assert_eq!(theirs.matches("说这里的微信银行不是本人绑的").count(), 1, "{theirs}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_code_stops_nothing_and_a_code_for_stopping_binds_and_moves_nothing_ca_04() {
    for bank in TestBank::each().await {
        let (browser, slug) = bank.doubted().await;
        let code = bank.code_for(people()[0].mobile).await;
        let wrong = json!({ "code": other_code(&code) });
        let (_, told) = browser.post(&bank, &slug, "bind/otp", wrong).await;
        assert_eq!((&told["code"], &told["left"]), (&json!("otp.wrong"), &json!(2)), "{told}");
        assert!(bank.say(APPID, STRANGER, "余额").await.contains("1,280.50"));
        let mut swap = elements(&people()[0]);
        swap["aim"] = json!("swap");
        browser.post(&bank, &slug, "bind/check", swap).await;
        let (_, told) = browser.post(&bank, &slug, "bind/otp", json!({ "code": code })).await;
        assert_eq!(told["code"], "otp.expired", "{told}");
        assert!(bank.disowned_cases().await.is_empty());
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_left_to_stop_the_customer_binds() {
    for bank in TestBank::each().await {
        let (browser, slug) = bank.doubted().await;
        bank.say(APPID, STRANGER, "解绑").await;
        let left = bank.say(APPID, STRANGER, "确定").await;
        assert!(left.contains("已解除绑定"), "{left}");
        let code = bank.code_for(people()[0].mobile).await;
        let (status, told) = browser.post(&bank, &slug, "bind/otp", json!({ "code": code })).await;
        assert_eq!((status, &told["step"]), (200, &json!("card")), "{told}");
        assert!(bank.disowned_cases().await.is_empty());
        bank.clock.advance_ms(61_000);
        bank.bind_on(&browser, &slug, &people()[0]).await;
        assert!(bank.say(APPID, "lifang", "余额").await.contains("1,280.50"));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wish_to_stop_it_is_kept_while_the_core_is_silent() {
    for bank in TestBank::each().await {
        bank.bind(APPID, STRANGER, &people()[0]).await;
        bank.clock.advance_ms(61_000);
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        bank.core.set_weather(Weather { outage: true, ..Weather::default() });
        browser.post(&bank, &slug, "bind/check", disowning()).await;
        bank.core.set_weather(Weather::default());
        bank.clock.advance_ms(61_000);
        bank.settle().await;
        let (_, page) = browser.api(&bank, &slug, "bind").await;
        assert_eq!((&page["step"], &page["aim"]), (&json!("otp"), &json!("disown")), "{page}");
        bank.stop().await;
    }
}
