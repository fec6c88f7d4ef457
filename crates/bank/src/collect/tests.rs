//! Receiving codes through the front door: shown by one customer, opened and paid by another, refused when they are not what
//! they were.

use super::FIXED_MS;
use crate::payments::tests::{PIN, Page};
use crate::testing::{APPID, Browser, TestBank, people};
use base::DAY_MS;
use serde_json::{Value, json};

const CARD: i64 = 101_100_000_101;
const QIANG: i64 = 101_100_000_401;

/// 王强's page of his code.
struct Shop {
    browser: Browser,
    slug: String,
    account: String,
}

impl Shop {
    async fn show(&self, bank: &TestBank, amount_fen: Option<i64>, note: &str) -> Value {
        let mut wish = json!({ "account": self.account, "note": note });
        if let Some(fen) = amount_fen {
            wish["amount_fen"] = json!(fen);
        }
        let (status, code) = self.browser.post(bank, &self.slug, "collect/make", wish).await;
        assert_eq!(status, 200, "{code}");
        code
    }
}

impl TestBank {
    /// 李芳 and 王强 are bound since two days; he stands at his page.
    async fn has_shop(&self) -> Shop {
        self.bind(APPID, "lifang", &people()[0]).await;
        self.bind(APPID, "wangqiang", &people()[3]).await;
        self.clock.advance_ms(2 * DAY_MS);
        let browser = Browser::default();
        let slug = self.page_after("wangqiang", "我的收款码", &browser).await;
        let (status, page) = browser.api(self, &slug, "collect").await;
        assert_eq!(status, 200, "{page}");
        let account = page["accounts"][0]["id"].as_str().unwrap().to_owned();
        Shop { browser, slug, account }
    }

    /// A follower opens a code with WeChat.
    async fn scans(&self, uid: &str, code: &Value) -> Page {
        let browser = Browser::default();
        let url = code["url"].as_str().unwrap();
        let landed = browser.web_view(self, APPID, uid, url).await;
        assert!(landed.url.ends_with("/payto"), "{landed:?}");
        Page { slug: landed.slug(), browser }
    }
}

impl Page {
    async fn payee(&self, bank: &TestBank) -> Value {
        let (status, told) = self.browser.api(bank, &self.slug, "payto").await;
        assert_eq!(status, 200, "{told}");
        told
    }
    async fn drafts(&self, bank: &TestBank, amount_fen: Option<i64>) -> (u16, Value) {
        let account = self.payee(bank).await["accounts"][0]["id"].clone();
        let mut order = json!({ "account": account });
        if let Some(fen) = amount_fen {
            order["amount_fen"] = json!(fen);
        }
        self.post(bank, "payto", order).await
    }
    async fn pays_it(&self, bank: &TestBank) -> Value {
        let card = self.get(bank).await["card"].clone();
        let (status, done) = self.pay(bank, card["intent"].as_str().unwrap(), PIN).await;
        assert_eq!(status, 200, "{done}");
        done
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_with_a_sum_is_paid_once_opened_and_neither_side_sees_an_account() {
    for bank in TestBank::each().await {
        let shop = bank.has_shop().await;
        let before = (bank.worth(CARD).await, bank.worth(QIANG).await);
        let code = shop.show(&bank, Some(12_800), "土鸡两只").await;
        assert_eq!((&code["name_masked"], &code["amount"]["fen"]), (&json!("*强"), &json!(12_800)));
        assert!(code["dots"].as_array().unwrap().len() >= 21, "{code}");
        assert!(!code["url"].as_str().unwrap().contains(&QIANG.to_string()));
        let page = bank.scans("lifang", &code).await;
        let payee = page.payee(&bank).await;
        assert_eq!((&payee["name_masked"], &payee["own"]), (&json!("*强"), &json!(false)));
        assert_eq!((&payee["amount"]["fen"], &payee["note"]), (&json!(12_800), &json!("土鸡两只")));
        // What the code says counts, whatever else is sent.
        let (status, made) = page.drafts(&bank, Some(1)).await;
        assert_eq!(status, 200, "{made}");
        let card = page.get(&bank).await["card"].clone();
        assert_eq!((&card["amount"]["fen"], &card["payee_name"]), (&json!(12_800), &json!("*强")));
        assert_eq!((&card["purpose"], &card["is_new_payee"]), (&json!("土鸡两只"), &json!(true)));
        let done = page.pays_it(&bank).await;
        assert_eq!(done["state"], "done", "{done}");
        bank.quiet().await;
        let moved = (before.0 - bank.worth(CARD).await, bank.worth(QIANG).await - before.1);
        assert_eq!(moved, (12_800, 12_800));
        assert_eq!(bank.core.inner().check_invariants().await.unwrap(), Vec::<String>::new());
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_without_a_sum_stays_the_same_and_takes_little_of_one_payer_in_a_day() {
    for bank in TestBank::each().await {
        let shop = bank.has_shop().await;
        let code = shop.show(&bank, None, "").await;
        assert_eq!(shop.show(&bank, None, "").await["id"], code["id"]);
        assert_eq!(code["until_ms"], Value::Null);
        let page = bank.scans("lifang", &code).await;
        let (status, told) = page.drafts(&bank, None).await;
        assert_eq!((status, &told["code"]), (400, &json!("collect.amount")), "{told}");
        assert_eq!(page.drafts(&bank, Some(30_000)).await.0, 200);
        assert_eq!(page.pays_it(&bank).await["state"], "done");
        bank.quiet().await;
        let page = bank.scans("lifang", &code).await;
        let (_, told) = page.drafts(&bank, Some(20_001)).await;
        assert_eq!(told["code"], "pay.limit", "{told}");
        let words = told["words"].as_str().unwrap();
        assert!(words.starts_with("没有扣钱") && words.contains("今天还能付 200.00 元"), "{told}");
        // One with a sum has the limits of every transfer.
        let fixed = shop.show(&bank, Some(60_000), "").await;
        let page = bank.scans("lifang", &fixed).await;
        assert_eq!(page.drafts(&bank, None).await.0, 200);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_that_ran_out_were_changed_or_made_up_pay_nobody() {
    for bank in TestBank::each().await {
        let shop = bank.has_shop().await;
        let url = |code: &Value| code["url"].as_str().unwrap().to_owned();
        let opens = async |url: &str| {
            let landed = Browser::default().web_view(&bank, APPID, "lifang", url).await;
            landed.problem().to_owned()
        };
        let printed = url(&shop.show(&bank, None, "").await);
        let fixed = url(&shop.show(&bank, Some(100), "").await);
        assert_eq!((opens(&printed).await.as_str(), opens(&fixed).await.as_str()), ("", ""));
        // One digit of the hash, and one of the row.
        for at in [printed.len() - 1, printed.len() - 33] {
            let mut bytes = printed.clone().into_bytes();
            bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
            assert_eq!(opens(&String::from_utf8(bytes).unwrap()).await, "collect.bad");
        }
        assert_eq!(opens(&printed[..printed.len() - 4]).await, "collect.bad");
        let page = bank.scans("lifang", &json!({ "url": fixed })).await;
        bank.clock.advance_ms(FIXED_MS);
        assert_eq!(opens(&fixed).await, "collect.gone");
        let (status, _) = page.browser.api(&bank, &page.slug, "payto").await;
        assert_ne!(status, 200, "nor on a page that was open");
        assert_eq!(opens(&printed).await, "", "what is printed stays good");
        let slug = bank.page_after("wangqiang", "我的收款码", &shop.browser).await;
        let (_, ended) = shop.browser.post(&bank, &slug, "collect/end", json!({})).await;
        assert_eq!(ended["ended"], 2, "{ended}");
        assert_eq!(opens(&printed).await, "collect.gone");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_pays_themselves_and_who_is_not_bound_is_told_how() {
    for bank in TestBank::each().await {
        let shop = bank.has_shop().await;
        let code = shop.show(&bank, Some(100), "").await;
        let page = bank.scans("wangqiang", &code).await;
        assert_eq!(page.payee(&bank).await["own"], true);
        let (_, told) = page.drafts(&bank, None).await;
        assert_eq!(told["code"], "collect.own", "{told}");
        let page = bank.scans("zhao", &code).await;
        let payee = page.payee(&bank).await;
        assert_eq!(payee["accounts"], json!([]), "{payee}");
        let (_, told) = page.post(&bank, "payto", json!({ "account": "a1" })).await;
        assert_eq!(told["code"], "bind.missing", "{told}");
        bank.stop().await;
    }
}
