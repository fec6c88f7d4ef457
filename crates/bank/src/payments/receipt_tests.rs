//! The receipt of a payment: asked for on its page, sealed, checked by whoever holds it.

use super::tests::{LOST_ANSWERS, PIN, Page, knows_qiang};
use crate::testing::{TestBank, people};
use corebank::Weather;
use serde_json::{Value, json};

fn fact<'a>(page: &'a Value, name: &str) -> &'a str {
    let facts = page["facts"].as_array().unwrap_or_else(|| panic!("{page}"));
    let found = facts.iter().find(|f| f["name"] == name);
    found.and_then(|f| f["value"].as_str()).unwrap_or_default()
}

impl Page {
    /// The paper, made after the code that came.
    async fn receipt(&self, bank: &TestBank, shown: &Value) -> Value {
        let ask =
            json!({ "account": shown["account"], "paper": "receipt", "entry": shown["entry"] });
        bank.clock.advance_ms(61_000);
        let (status, told) = self.post(bank, "stamped/code", json!({ "ask": ask })).await;
        assert_eq!(status, 200, "{told}");
        let code = bank.code_for(people()[0].mobile).await;
        let body = json!({ "ask": ask, "code": code });
        let (status, file) = self.post(bank, "stamped/make", body).await;
        assert_eq!(status, 200, "{file}");
        file
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_paid_has_a_receipt_that_anyone_can_check_and_that_counts_its_copies() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let (_, page) = bank.pay_page("lifang", "给王强转五百").await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        let (status, done) = page.pay(&bank, &intent, PIN).await;
        assert!(status == 200 && done["receipt"] == true, "{done}");

        let (status, shown) = page.browser.api(&bank, &page.slug, "pay/receipt").await;
        assert_eq!((status, &shown["paper"]), (200, &json!("receipt")), "{shown}");
        assert_eq!(fact(&shown, "金额（元）"), "500.00");
        assert_eq!(fact(&shown, "金额大写"), "伍佰元整");
        assert_eq!(fact(&shown, "收支"), "支出");
        assert!(fact(&shown, "对方").contains('强'), "{shown}");
        let serial = fact(&shown, "渠道流水号");
        assert!(serial.starts_with("WX") && serial.len() == 32, "{shown}");

        let file = page.receipt(&bank, &shown).await;
        assert_eq!(file["copy"], 1);
        let id = file["id"].as_str().unwrap();
        let (status, mark) =
            page.browser.api(&bank, &page.slug, &format!("stamped/mark?id={id}")).await;
        let rows = mark["rows"].as_array().unwrap_or_else(|| panic!("{status} {mark}"));
        assert!(rows.len() >= 21 && rows.iter().all(|r| r.as_str().unwrap().len() == rows.len()));
        let url = mark["url"].as_str().unwrap();
        assert!(url.ends_with(file["check_code"].as_str().unwrap()), "{mark}");
        let checked = bank.http.get(url).send().await.unwrap();
        assert_eq!(checked.status().as_u16(), 200);
        let words = checked.text().await.unwrap();
        assert!(words.contains("是本行出具的电子回单") && !words.contains("500.00"), "{words}");

        // The file ends after two days; made again, it says that it is the second.
        bank.clock.advance_ms(3 * base::DAY_MS);
        let (_, later) = bank.pay_page("lifang", "给王强转三百").await;
        let again = later.receipt(&bank, &shown).await;
        assert_eq!(again["copy"], 2, "{again}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_known_to_be_paid_has_no_receipt() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let (_, page) = bank.pay_page("lifang", "给王强转五百").await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        bank.core.set_weather(LOST_ANSWERS);
        let (status, told) = page.pay(&bank, &intent, PIN).await;
        assert!(status == 200 && told["receipt"] == false, "{told}");
        let (status, no) = page.browser.api(&bank, &page.slug, "pay/receipt").await;
        assert_eq!((status, &no["code"]), (409, &json!("pay.no_receipt")), "{no}");
        bank.core.set_weather(Weather::FINE);
        bank.clock.advance_ms(10_000);
        bank.quiet().await;
        let (status, shown) = page.browser.api(&bank, &page.slug, "pay/receipt").await;
        assert_eq!((status, fact(&shown, "金额（元）")), (200, "500.00"), "{shown}");
        bank.stop().await;
    }
}
