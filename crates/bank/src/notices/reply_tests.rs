//! What is said to a notice, through the front door: the line that is not known, the purchase that is split, the lines below a message.

use super::tests::banks;
use crate::cards::tests::{CARD, give_card};
use crate::testing::{APPID, LINGXI, TestBank, people};
use base::{DAY_MS, Fen};
use corebank::sandbox::movement;
use db::{Scope, params};
use serde_json::json;

impl TestBank {
    /// WeChat takes no template message any more today: notices go as customer-service messages.
    async fn out_of_templates(&self) {
        let api = "/cgi-bin/message/template/send";
        self.control("quota", json!({ "appid": APPID, "api": api, "left": 0 })).await;
    }

    /// Taps the line `text` of the newest message that has it.
    async fn taps(&self, text: &str, mark: &str) -> String {
        let chat = self.look(&format!("chats/{APPID}/lifang")).await.to_string();
        let at =
            chat.rfind(&format!("\"{mark}")).unwrap_or_else(|| panic!("no line {mark}: {chat}"));
        let id: String = chat[at + 1..].chars().take_while(|c| *c != '"').collect();
        let tap = json!({ "type": "text", "content": text, "bizmsgmenuid": id });
        self.send(APPID, "lifang", tap).await
    }

    async fn doubts(&self) -> Vec<(String, bool)> {
        let unit = |tx: &db::Tx<'_>| {
            tx.all::<(String, bool)>(
                "SELECT c.state, n.id IS NOT NULL FROM case_file c LEFT JOIN notice n ON n.tenant_id = c.tenant_id \
                 AND n.case_id = c.id WHERE c.tenant_id = $1 AND c.kind = 'txn_doubt' ORDER BY c.id",
                params![tx.tenant()],
            )
        };
        self.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap()
    }
}

/// `261123-0001` of 「编号 261123-0001，」
pub(crate) fn number(said: &str) -> &str {
    said.split("编号 ").nth(1).and_then(|s| s.split('，').next()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_that_it_was_not_them_has_a_case_and_locks_with_one_tap_and_no_pin() {
    for bank in banks().await {
        bank.shop("bought", 8_650).await;
        bank.notify().await;
        let said = bank.say(APPID, "lifang", "这笔不是我").await;
        assert!(said.contains("支出 86.50 元") && said.contains("流水尾号"), "{said}");
        assert!(said.contains("不用密码") && !number(&said).is_empty(), "{said}");
        // Said twice it is one case.
        let again = bank.say(APPID, "lifang", "不是我花的").await;
        assert_eq!(number(&again), number(&said), "{again}");
        assert_eq!(bank.doubts().await, [("submitted".to_owned(), true)]);
        let locked = bank.say(APPID, "lifang", "马上锁住").await;
        assert!(locked.contains("锁住了，钱只进不出"), "{locked}");
        let bought = movement::purchase(super::tests::ACCOUNT, Fen::of(100), "超市");
        let tried = bank.core.inner().post(LINGXI, "after", bought).await.unwrap();
        assert!(tried.is_err(), "locked: {tried:?}");
        bank.settle().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_fresh_notice_the_words_mean_what_they_always_meant() {
    for bank in banks().await {
        let said = bank.say(APPID, "lifang", "这笔不是我").await;
        assert!(said.contains("先停下，别再转账"), "{said}");
        let said = bank.say(APPID, "lifang", "刚提醒的那笔我不认").await;
        assert!(said.contains("最近没有给您发过出账提醒"), "{said}");
        bank.shop("bought", 8_650).await;
        bank.notify().await;
        bank.clock.advance_ms(3 * DAY_MS + 1);
        let said = bank.say(APPID, "lifang", "这笔不是我").await;
        assert!(said.contains("先停下，别再转账"), "{said}");
        assert!(bank.doubts().await.is_empty());
        bank.settle().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_service_message_has_a_line_that_names_its_own_notice() {
    for bank in banks().await {
        bank.out_of_templates().await;
        bank.say(APPID, "lifang", "你好").await;
        bank.shop("first", 8_650).await;
        bank.notify().await;
        let told = bank.chat(APPID, "lifang").await;
        assert!(
            told.last().is_some_and(|t| t.contains("86.50") && t.contains("这笔不是我")),
            "{told:?}"
        );
        let said = bank.taps("这笔不是我", "nd").await;
        assert!(said.contains("支出 86.50 元"), "{said}");
        // Somebody else's number names nothing.
        let tap = json!({ "type": "text", "content": "这笔不是我", "bizmsgmenuid": "nd12345" });
        let said = bank.send(APPID, "lifang", tap).await;
        assert!(!said.contains("86.50"), "{said}");
        bank.settle().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_card_bought_is_split_by_one_word_after_its_notice() {
    for bank in TestBank::each().await {
        give_card(&bank, true).await;
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.settle().await;
        bank.offer().await;
        for (id, fen) in [("fridge", 300_000), ("bike", 120_000)] {
            let buy = movement::purchase(CARD, Fen::of(fen), "电器城");
            bank.core.inner().post(LINGXI, id, buy).await.unwrap().unwrap();
            bank.notify().await;
            bank.clock.advance_ms(60_000);
        }
        let said = bank.say(APPID, "lifang", "分期").await;
        assert!(said.contains("电器城的消费 1,200.00 元：") && said.contains("分几期"), "{said}");
        let (words, _) = bank.pay_page("lifang", "6期").await;
        assert!(words.contains("1,200.00 元（壹仟贰佰元整）分6期还"), "{words}");
        bank.say(APPID, "lifang", "不分了").await;
        // A day later it is the bill or a purchase, as ever.
        bank.clock.advance_ms(DAY_MS);
        let said = bank.say(APPID, "lifang", "分期").await;
        assert!(said.contains("分什么"), "{said}");
        bank.settle().await;
        bank.stop().await;
    }
}
