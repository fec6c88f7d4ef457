//! The payee book through the front door: who is in it, what they are called, out of it and back.

use super::tests::{PIN, knows_qiang};
use crate::testing::{APPID, TestBank, people};
use serde_json::json;

const MINUTE_MS: i64 = 60_000;

impl TestBank {
    async fn hears(&self, text: &str) -> String {
        self.say(APPID, "lifang", text).await
    }
    /// Says it, proves it with the PIN, and it is paid.
    async fn pays(&self, text: &str) {
        let (_, page) = self.pay_page("lifang", text).await;
        let card = page.get(self).await["card"].clone();
        let (status, done) = page.pay(self, card["intent"].as_str().unwrap(), PIN).await;
        assert_eq!((status, &done["state"]), (200, &json!("done")), "{done}");
        self.quiet().await;
    }
    /// Takes 王强 out of the book.
    async fn forgets_qiang(&self) -> String {
        let asked = self.hears("删除收款人").await;
        assert!(asked.contains("删掉哪一个"), "{asked}");
        let asked = self.hears("王强").await;
        assert!(asked.contains("从收款人里删掉"), "{asked}");
        self.hears("删掉").await
    }
}

async fn banks() -> Vec<TestBank> {
    let all = TestBank::each().await;
    for bank in &all {
        knows_qiang(bank).await;
        bank.hears("不转了").await;
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn the_book_is_listed_with_the_ends_of_its_numbers() {
    for bank in banks().await {
        let list = bank.hears("收款人").await;
        let number = &people()[3].card_no;
        let tail = &number[number.len() - 4..];
        assert!(list.contains(&format!("① 王强（尾号{tail}）")), "{list}");
        assert!(!list.contains(number.as_str()), "{list}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payee_is_spoken_of_by_the_name_the_customer_gives_them() {
    for bank in banks().await {
        bank.hears("改收款人的备注").await;
        let asked = bank.hears("王强").await;
        assert!(asked.contains("以后叫什么"), "{asked}");
        let no = bank.hears("老三2号").await;
        assert!(no.contains("没有改"), "{no}");
        bank.hears("改收款人的备注").await;
        bank.hears("王强").await;
        let said = bank.hears("表哥").await;
        assert!(said.contains("以后叫“表哥”"), "{said}");
        let (words, _) = bank.pay_page("lifang", "给表哥转五百").await;
        assert!(words.contains("转给王强"), "{words}");
        bank.hears("不转了").await;
        let list = bank.hears("收款人").await;
        assert!(list.contains("叫“表哥”"), "{list}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_taken_out_is_new_when_paid_again() {
    for bank in banks().await {
        bank.pays("给王强转五百").await;
        let said = bank.forgets_qiang().await;
        assert!(said.starts_with("已删掉王强"), "{said}");
        let list = bank.hears("收款人").await;
        assert!(list.contains("还没有存收款人"), "{list}");
        let (words, page) = bank.pay_page("lifang", "给王强转三百").await;
        assert!(words.contains("王强是新的收款人"), "{words}");
        let (status, shown) = page.type_payee(&bank, "王强", &people()[3].card_no).await;
        assert_eq!((status, &shown["card"]["is_new_payee"]), (200, &json!(true)), "{shown}");
        assert_eq!(shown["card"]["warning"], "第一次给这个人转，请核对姓名和卡号", "{shown}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_made_before_its_payee_was_taken_out_counts_as_new_too() {
    for bank in banks().await {
        bank.pays("给王强转五百").await;
        let (_, page) = bank.pay_page("lifang", "给王强转三百").await;
        assert_eq!(page.get(&bank).await["card"]["warning"], "");
        let (follower, bound) = bank.only_bound().await;
        let customer = bound.customer.clone();
        let keys = bank.app.vault.tenant(&bank.app.db, crate::testing::LINGXI).await.unwrap();
        let unit = move |tx: &db::Tx<'_>| {
            let book = super::payees::all(tx, &keys, &customer)?;
            let by = super::payees::Owner { follower, customer: &customer };
            super::payees::remove(tx, &keys, by, book[0].id.raw())
        };
        bank.app.db.write(db::Scope::Tenant(crate::testing::LINGXI), unit).await.unwrap();
        let shown = page.get(&bank).await;
        assert_eq!(shown["card"]["warning"], "第一次给这个人转，请核对姓名和卡号", "{shown}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn taken_out_by_mistake_they_come_back_for_a_quarter_of_an_hour() {
    for bank in banks().await {
        bank.forgets_qiang().await;
        let said = bank.hears("撤销删除").await;
        assert!(said.contains("又在收款人里了"), "{said}");
        let list = bank.hears("收款人").await;
        assert!(list.contains("王强"), "{list}");
        bank.forgets_qiang().await;
        bank.clock.advance_ms(14 * MINUTE_MS);
        let said = bank.hears("撤销删除").await;
        assert!(said.contains("又在收款人里了"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_something_is_still_to_be_paid_to_stays_in_the_book() {
    for bank in banks().await {
        let (_, page) = bank.pay_page("lifang", "明天上午转五百给王强").await;
        let card = page.get(&bank).await["card"].clone();
        let (status, told) = page.pay(&bank, card["intent"].as_str().unwrap(), PIN).await;
        assert_eq!((status, &told["state"]), (200, &json!("ordered")), "{told}");
        bank.quiet().await;
        let said = bank.forgets_qiang().await;
        assert!(said.contains("没有删"), "{said}");
        let list = bank.hears("收款人").await;
        assert!(list.contains("王强"), "{list}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_in_the_book_is_not_taken_out() {
    for bank in banks().await {
        bank.hears("删除收款人").await;
        bank.hears("王小丫").await;
        let said = bank.hears("删掉").await;
        assert!(said.contains("收款人里没有这个人，没有删"), "{said}");
        bank.stop().await;
    }
}
