//! An entry that is not the customer's, through chat and page: a case, once, and nothing stopped without their word.

use crate::notices::reply_tests::number;
use crate::testing::{APPID, Browser, LINGXI, TestBank, link_in, people};
use base::Fen;
use corebank::sandbox::movement;
use corebank::{AccountRef, AccountState, Weather};
use db::{Scope, params};
use serde_json::{Value, json};

const CARD: i64 = 101_100_000_101;

impl TestBank {
    /// 李芳 is bound, has paid for electricity and then bought something.
    async fn with_two_entries(&self) {
        self.bind(APPID, "lifang", &people()[0]).await;
        for (id, moved) in [
            ("e1", movement::bill(CARD, Fen::of(8_600), "电费", "陵溪供电")),
            ("e2", movement::purchase(CARD, Fen::of(2_000), "超市")),
        ] {
            self.core.inner().post(LINGXI, id, moved).await.unwrap().unwrap();
            self.clock.advance_ms(1_000);
        }
        self.clock.advance_ms(61_000);
    }

    async fn entry_doubts(&self) -> Vec<String> {
        let unit = |tx: &db::Tx<'_>| {
            tx.all::<(String,)>(
                "SELECT state FROM case_file WHERE tenant_id = $1 AND kind = 'txn_doubt' ORDER BY id",
                params![tx.tenant()],
            )
        };
        let rows = self.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap();
        rows.into_iter().map(|r| r.0).collect()
    }

    /// The statement's page by the chat's link, and the entries it shows.
    async fn statement_page(&self, browser: &Browser) -> (String, Value) {
        let ask = json!({ "type": "text", "content": "明细" });
        let told = self.control(&format!("chats/{APPID}/lifang/send?wait=1"), ask).await;
        let link = link_in(&told["items"]).expect("全部");
        let slug = browser.web_view(self, APPID, "lifang", &link).await.slug();
        let (status, page) = browser.api(self, &slug, "statement").await;
        assert_eq!(status, 200, "{page}");
        (slug, page)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_listed_entry_that_is_not_mine_a_case_is_opened_once_and_a_lock_needs_one_tap() {
    for bank in TestBank::each().await {
        bank.with_two_entries().await;
        let list = bank.say(APPID, "lifang", "明细").await;
        assert!(list.contains("② ") && list.contains("−86.00"), "{list}");
        let said = bank.say(APPID, "lifang", "第二个不是我办的").await;
        assert!(said.contains("支出 86.00 元，电费") && said.contains("不用密码"), "{said}");
        assert!(!number(&said).is_empty(), "{said}");
        assert_eq!(bank.entry_doubts().await, ["submitted"]);

        // Told of it alone, then said again: the same case.
        bank.say(APPID, "lifang", "明细").await;
        let what = bank.say(APPID, "lifang", "第二个是啥").await;
        assert!(what.contains("电费"), "{what}");
        let again = bank.say(APPID, "lifang", "这笔不是我办的").await;
        assert_eq!(number(&again), number(&said), "{again}");
        assert_eq!(bank.entry_doubts().await.len(), 1);

        let locked = bank.say(APPID, "lifang", "马上锁住").await;
        assert!(locked.contains("锁住了"), "{locked}");
        let card = AccountRef::new(CARD.to_string());
        let ctx = corebank::Ctx::new(LINGXI, bank.clock.now().plus_ms(10_000), "test");
        let state = corebank::CoreBank::balance(bank.core.inner(), &ctx, &card).await.unwrap();
        assert_eq!(state.state, AccountState::Locked);
        bank.settle().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_page_an_entry_is_doubted_once_too_and_only_ones_own() {
    for bank in TestBank::each().await {
        bank.with_two_entries().await;
        let browser = Browser::default();
        let (slug, page) = bank.statement_page(&browser).await;
        let (account, entry) = (&page["account"]["id"], &page["items"][1]["id"]);
        let mut cases = vec![];
        for _ in 0..2 {
            let asked = json!({ "account": account, "entry": entry });
            let (status, told) = browser.post(&bank, &slug, "statement/doubt", asked).await;
            assert_eq!(status, 200, "{told}");
            assert!(told["what"].as_str().unwrap().contains("支出 86.00 元，电费"), "{told}");
            cases.push(told["case"].as_str().unwrap().to_owned());
        }
        assert_eq!(cases[0], cases[1]);
        bank.say(APPID, "lifang", "明细").await;
        let said = bank.say(APPID, "lifang", "第二个不是我办的").await;
        assert_eq!(number(&said), number(&cases[0]), "the page's case: {said}");
        assert_eq!(bank.entry_doubts().await.len(), 1);
        for (wrong, code) in [
            (json!({ "account": account, "entry": "999-1" }), "entry.missing"),
            (json!({ "account": "ffffffffff", "entry": entry }), "account.missing"),
        ] {
            let (status, told) = browser.post(&bank, &slug, "statement/doubt", wrong).await;
            assert_eq!((status, told["code"].as_str()), (404, Some(code)), "{told}");
        }
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doubt_while_the_core_is_silent_is_no_case_and_says_so() {
    for bank in TestBank::each().await {
        bank.with_two_entries().await;
        let browser = Browser::default();
        let (slug, page) = bank.statement_page(&browser).await;
        bank.core.set_weather(Weather { outage: true, ..Weather::default() });
        let asked = json!({ "account": page["account"]["id"], "entry": page["items"][1]["id"] });
        let (status, told) = browser.post(&bank, &slug, "statement/doubt", asked).await;
        assert_eq!((status, told["code"].as_str()), (503, Some("core.busy")), "{told}");
        assert!(bank.entry_doubts().await.is_empty());
        bank.core.set_weather(Weather::default());
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_list_before_it_the_words_still_mean_that_something_is_wrong() {
    for bank in TestBank::each().await {
        bank.with_two_entries().await;
        let said = bank.say(APPID, "lifang", "这笔不是我花的").await;
        assert!(said.contains("先停下，别再转账"), "{said}");
        let said = bank.say(APPID, "lifang", "第二笔不是我花的").await;
        assert!(said.contains("先停下") || said.contains("最近7天"), "{said}");
        assert!(bank.entry_doubts().await.is_empty());
        bank.settle().await;
        bank.stop().await;
    }
}
