//! 无卡取款 through the front door: booked in chat, proved on the page, taken at the sandbox core's machine, called off, run out.

use super::state::State;
use super::tests::{LOST_ANSWERS, PIN, Page};
use crate::testing::{APPID, LINGXI, TestBank, people};
use base::{DAY_MS, Fen, Secret};
use corebank::Weather;
use corebank::sandbox::{Dispensed, NoCash, TillAsk};
use db::{Scope, params};
use serde_json::{Value, json};

const CARD: i64 = 101_100_000_101;
const WORD: &str = "502816";
const MINUTE_MS: i64 = 60_000;

impl TestBank {
    async fn has_cash_to_come(&self) {
        self.bind(APPID, "lifang", &people()[0]).await;
        self.clock.advance_ms(2 * DAY_MS);
    }

    /// From the sentence to a booking that waits.
    async fn books_cash(&self, text: &str) -> (Page, Value) {
        let (words, page) = self.pay_page("lifang", text).await;
        assert!(words.contains("无卡取现") && words.contains("设取款口令"), "{words}");
        assert_eq!(page.get(self).await["step"], "word");
        let (status, shown) = page.word(self, WORD).await;
        assert_eq!((status, &shown["step"]), (200, &json!("confirm")), "{shown}");
        let intent = shown["card"]["intent"].as_str().unwrap().to_owned();
        assert_eq!(shown["card"]["factors"], "code_and_pin");
        page.code(self, &intent, people()[0].mobile).await;
        let (status, done) = page.pay(self, &intent, PIN).await;
        assert_eq!((status, &done["state"]), (200, &json!("accepted")), "{done}");
        (page, done)
    }

    async fn at_machine(&self, code: &str, word: &str, yuan: i64) -> Result<Dispensed, NoCash> {
        let ask = TillAsk {
            machine: "ATM0917".into(),
            mobile: people()[0].mobile.into(),
            code: Secret::new(code.into()),
            word: Secret::new(word.into()),
            amount: Fen::of(yuan * 100),
        };
        self.core.inner().dispense(LINGXI, &ask).await.unwrap()
    }

    /// Everything that the bank wrote down of turns and codes, opened or not.
    async fn codes_kept(&self) -> i64 {
        let unit = |tx: &db::Tx<'_>| {
            tx.one::<i64>(
                "SELECT COUNT(*) FROM cash_code WHERE tenant_id = $1",
                params![tx.tenant()],
            )
        };
        self.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap()
    }

    async fn looked_after(&self) {
        // What waits is asked after less and less often.
        self.clock.advance_ms(4 * MINUTE_MS);
        self.quiet().await;
    }
}

impl Page {
    async fn word(&self, bank: &TestBank, word: &str) -> (u16, Value) {
        self.post(bank, "pay/word", json!({ "word": word, "word_again": word })).await
    }
    async fn stands(&self, bank: &TestBank) -> Value {
        self.browser.api(bank, &self.slug, "pay/result").await.1
    }
}

fn code_of(done: &Value) -> String {
    done["cash"]["code"].as_str().unwrap_or_else(|| panic!("no code in {done}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn cash_is_booked_taken_once_and_its_code_is_never_in_the_chat() {
    for bank in TestBank::each().await {
        bank.has_cash_to_come().await;
        let before = bank.worth(CARD).await;
        let (page, done) = bank.books_cash("无卡取款五百").await;
        assert_eq!(
            (&done["title"], &done["money"]),
            (&json!("✔ 已约好，钱留出来了"), &json!("moved"))
        );
        let code = code_of(&done);
        assert_eq!((code.len(), code_of(&page.stands(&bank).await)), (8, code.clone()));
        assert_eq!(before - bank.worth(CARD).await, 50_000);
        bank.quiet().await;
        let chat = bank.chat(APPID, "lifang").await;
        let last = chat.last().unwrap();
        assert!(last.starts_with("✔ 已约好无卡取款 500.00 元。到本行取款机"), "{chat:?}");
        assert!(!chat.iter().any(|said| said.contains(&code) || said.contains(WORD)), "{chat:?}");

        assert_eq!(bank.at_machine(&code, "000001", 500).await, Err(NoCash::Wrong));
        assert!(bank.at_machine(&code, WORD, 500).await.is_ok());
        bank.looked_after().await;
        assert_eq!(bank.payments().await.last(), Some(&State::Succeeded));
        let now = page.stands(&bank).await;
        assert_eq!((&now["title"], &now["cash"]), (&json!("✔ 已取走"), &Value::Null));
        assert_eq!((bank.codes_kept().await, before - bank.worth(CARD).await), (0, 50_000));
        let chat = bank.chat(APPID, "lifang").await;
        assert!(chat.last().unwrap().contains("马上打客服电话"), "{chat:?}");
        assert_eq!(bank.core.inner().check_invariants().await.unwrap(), Vec::<String>::new());
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_called_off_or_taken_by_nobody_is_back() {
    for bank in TestBank::each().await {
        bank.has_cash_to_come().await;
        let before = bank.worth(CARD).await;
        let (_, done) = bank.books_cash("无卡取款五百").await;
        bank.quiet().await;
        // The page of what waits is found again in chat.
        let (words, page) = bank.pay_page("lifang", "看取款预约").await;
        assert!(words.contains("500.00 元") && !words.contains(&code_of(&done)), "{words}");
        assert_eq!(code_of(&page.stands(&bank).await), code_of(&done));
        let (status, off) = page.post(&bank, "pay/cancel", json!({})).await;
        assert_eq!((status, &off["state"], &off["cash"]), (200, &json!("returned"), &Value::Null));
        assert_eq!((bank.worth(CARD).await, bank.codes_kept().await), (before, 0));
        assert_eq!(bank.at_machine(&code_of(&done), WORD, 500).await, Err(NoCash::Wrong));
        bank.quiet().await;
        let said = bank.say(APPID, "lifang", "看取款预约").await;
        assert!(said.contains("没有约好的取款"), "{said}");

        bank.clock.advance_ms(11 * MINUTE_MS);
        bank.books_cash("无卡取款三百").await;
        for _ in 0..8 {
            bank.looked_after().await;
        }
        assert_eq!(bank.payments().await.last(), Some(&State::Returned));
        assert_eq!((bank.worth(CARD).await, bank.codes_kept().await), (before, 0));
        let chat = bank.chat(APPID, "lifang").await;
        assert!(chat.last().unwrap().contains("没有人取，钱已回到您的账户"), "{chat:?}");
        assert_eq!(bank.core.inner().check_invariants().await.unwrap(), Vec::<String>::new());
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_sums_weak_words_and_too_much_book_nothing() {
    for bank in TestBank::each().await {
        bank.has_cash_to_come().await;
        let said = bank.say(APPID, "lifang", "无卡取款二百五").await;
        assert!(said.contains("没有扣钱。取款机只出整百的"), "{said}");
        let said = bank.say(APPID, "lifang", "六千").await;
        assert!(said.contains("没有扣钱。无卡取款一次最多取 5,000.00 元"), "{said}");
        let said = bank.say(APPID, "lifang", "三千").await;
        assert!(said.contains("没有扣钱：可用 1,280.50 元"), "{said}");
        bank.say(APPID, "lifang", "不取了").await;
        let (_, page) = bank.pay_page("lifang", "无卡取款三百").await;
        for (word, again, code) in [
            ("123456", "123456", "cash.word"),
            ("111111", "111111", "cash.word"),
            ("50281", "50281", "cash.word"),
            ("502816", "502817", "cash.unlike"),
        ] {
            let body = json!({ "word": word, "word_again": again });
            let (_, told) = page.post(&bank, "pay/word", body).await;
            assert_eq!(told["code"], code, "{told}");
        }
        assert_eq!((bank.payments().await, bank.codes_kept().await), (vec![], 0));
        // A draft that is given up leaves no code.
        page.word(&bank, WORD).await;
        assert_eq!(bank.codes_kept().await, 1);
        page.post(&bank, "pay/cancel", json!({})).await;
        assert_eq!(bank.codes_kept().await, 0);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_core_is_asked_and_no_cash_is_booked_twice() {
    for bank in TestBank::each().await {
        bank.has_cash_to_come().await;
        let before = bank.worth(CARD).await;
        let (_, page) = bank.pay_page("lifang", "无卡取款五百").await;
        let (_, shown) = page.word(&bank, WORD).await;
        let intent = shown["card"]["intent"].as_str().unwrap().to_owned();
        page.code(&bank, &intent, people()[0].mobile).await;
        let order = page.order(&bank, &intent, PIN).await;
        bank.core.set_weather(LOST_ANSWERS);
        let (_, told) = page.post(&bank, "pay/do", order).await;
        assert_eq!((&told["state"], &told["cash"]), (&json!("confirming"), &Value::Null), "{told}");
        bank.core.set_weather(Weather::FINE);
        bank.clock.advance_ms(2_000);
        bank.quiet().await;
        assert_eq!(bank.payments().await.last(), Some(&State::Accepted));
        let chat = bank.chat(APPID, "lifang").await;
        assert!(chat.last().unwrap().starts_with("✔ 已约好无卡取款"), "{chat:?}");
        let code = code_of(&page.stands(&bank).await);
        assert_eq!(before - bank.worth(CARD).await, 50_000);
        assert!(bank.at_machine(&code, WORD, 500).await.is_ok());
        bank.looked_after().await;
        assert_eq!(bank.core.inner().check_invariants().await.unwrap(), Vec::<String>::new());
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_wrong_tries_at_the_machine_end_it_and_a_call_off_after_the_taking_says_so() {
    for bank in TestBank::each().await {
        bank.has_cash_to_come().await;
        let before = bank.worth(CARD).await;
        let (_, done) = bank.books_cash("无卡取款五百").await;
        let code = code_of(&done);
        for wanted in [NoCash::Wrong, NoCash::Wrong, NoCash::Locked] {
            assert_eq!(bank.at_machine(&code, "909132", 500).await, Err(wanted));
        }
        bank.looked_after().await;
        assert_eq!(bank.payments().await.last(), Some(&State::Returned));
        assert_eq!(bank.worth(CARD).await, before);

        let (page, done) = bank.books_cash("无卡取款三百").await;
        assert!(bank.at_machine(&code_of(&done), WORD, 300).await.is_ok());
        let (_, told) = page.post(&bank, "pay/cancel", json!({})).await;
        assert_eq!(
            (&told["state"], &told["title"]),
            (&json!("done"), &json!("✔ 已取走")),
            "{told}"
        );
        assert_eq!(before - bank.worth(CARD).await, 30_000);
        bank.stop().await;
    }
}
