//! Journey 7 and the scripts of fraud: what is stopped at once, what a silent core owes, and what undoing needs.

use crate::testing::{APPID, Browser, LINGXI, OUTAGE, TestBank, link_in, people};
use corebank::{AccountRef, AccountState, CoreBank, Ctx, DayState, Operator, StateWish, Weather};
use db::{Scope, params};
use serde_json::{Value, json};

/// 李芳's debit card and 赵桂英's accounts at the core.
const CARD: i64 = 101_100_000_101;
const PIN: &str = "274906";

impl TestBank {
    async fn state_of(&self, account: i64) -> AccountState {
        let ctx = Ctx::new(LINGXI, self.clock.now().plus_ms(10_000), "test");
        let account = AccountRef::new(account.to_string());
        self.core.inner().balance(&ctx, &account).await.unwrap().state
    }

    /// How many orders there are, and how many are not known yet.
    /// Says it, and yes where that is asked.
    async fn stop_by_chat(&self, words: &str) {
        let said = self.say(APPID, "lifang", words).await;
        if said.contains("现在锁住") {
            self.say(APPID, "lifang", "锁住").await;
        }
    }

    async fn orders(&self) -> (i64, i64) {
        let unit = |tx: &db::Tx<'_>| {
            tx.one(
                "SELECT COUNT(*), COALESCE(CAST(SUM(CASE WHEN state = 'asked' THEN 1 ELSE 0 END) AS BIGINT), 0) \
                 FROM card_order WHERE tenant_id = $1",
                params![tx.tenant()],
            )
        };
        self.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap()
    }

    async fn staff_called(&self, kind: &'static str) -> i64 {
        let unit = move |tx: &db::Tx<'_>| {
            tx.one::<(i64,)>(
                "SELECT COUNT(*) FROM leave_message WHERE tenant_id = $1 AND kind = $2",
                params![tx.tenant(), kind],
            )
        };
        self.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap().0
    }

    /// Says something that leads to a page, opens it, and gives its slug.
    pub(crate) async fn page_after(&self, uid: &str, text: &str, browser: &Browser) -> String {
        let message = json!({ "type": "text", "content": text });
        let told = self.control(&format!("chats/{APPID}/{uid}/send?wait=1"), message).await;
        let link = link_in(&told["items"]).unwrap_or_else(|| panic!("no link in {told}"));
        browser.web_view(self, APPID, uid, &link).await.slug()
    }

    /// From a link in chat to the PIN: what is asked for, and the code typed.
    async fn proved(&self, text: &str) -> (Browser, String, Value) {
        self.clock.advance_ms(61_000);
        let browser = Browser::default();
        let slug = self.page_after("lifang", text, &browser).await;
        let (status, shown) = browser.api(self, &slug, "undo").await;
        assert_eq!(status, 200, "{shown}");
        let ask = match shown["accounts"][0]["id"].as_str() {
            Some(id) => json!({ "what": shown["what"], "account": id }),
            None => json!({ "what": shown["what"] }),
        };
        let (status, told) = browser.post(self, &slug, "undo/code", json!({ "ask": ask })).await;
        assert_eq!(status, 200, "{told}");
        let code = self.code_for(people()[0].mobile).await;
        let body = json!({ "ask": ask, "code": code });
        let (status, told) = browser.post(self, &slug, "undo/check", body).await;
        assert_eq!((status, &told["proved"]), (200, &json!(true)), "{told}");
        (browser, slug, ask)
    }
}

async fn typed(bank: &TestBank, browser: &Browser, slug: &str, ask: &Value, pin: &str) -> Value {
    let typed = browser.typed(bank, slug, pin, pin).await;
    json!({ "ask": ask, "key_id": typed["key_id"], "cipher": typed["cipher"] })
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_cannot_be_mistaken_stop_the_one_card_at_once() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let said = bank.say(APPID, "lifang", "我的卡丢啦快点帮我停掉").await;
        assert!(said.contains("停住了") && said.contains("挂失，编号 LS"), "{said}");
        assert!(said.contains("管到11月28日"), "{said}");
        assert_eq!(bank.state_of(CARD).await, AccountState::Lost);
        let again = bank.say(APPID, "lifang", "卡丢了").await;
        assert_eq!(again, said, "the same number, not another loss");
        let balance = bank.say(APPID, "lifang", "余额").await;
        assert!(balance.contains("已挂失"), "{balance}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_about_losses_is_confirmed_once_before_anything_is_stopped() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let asked = bank.say(APPID, "lifang", "卡丢了怎么办").await;
        assert!(asked.contains("现在就给") && asked.contains("马上挂失"), "{asked}");
        assert_eq!(bank.state_of(CARD).await, AccountState::Active);
        let said = bank.say(APPID, "lifang", "不用").await;
        assert!(said.contains("不办了"), "{said}");
        bank.say(APPID, "lifang", "一键锁卡").await;
        let said = bank.say(APPID, "lifang", "锁住").await;
        assert!(said.contains("锁住了") && said.contains("已锁，编号 LS"), "{said}");
        assert_eq!(bank.state_of(CARD).await, AccountState::Locked);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_being_done_gives_way_to_a_loss_and_all_accounts_stop_with_one_tap() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "zhao", &people()[1]).await;
        bank.say(APPID, "zhao", "我要留言").await;
        let asked = bank.say(APPID, "zhao", "钱包被偷了").await;
        assert!(asked.contains("先停下") && asked.contains("全部挂失"), "{asked}");
        let said = bank.say(APPID, "zhao", "全部挂失").await;
        assert_eq!(said.matches("挂失，编号 LS").count(), 2, "{said}");
        assert_eq!(bank.orders().await, (2, 0));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn freeing_the_core_was_silent_about_is_not_tried_again_after_a_later_stop() {
    for (first, freeing, then, state) in [
        ("一键锁卡", StateWish::Unlock, "一键锁卡", AccountState::Locked),
        ("卡丢了", StateWish::LiftLoss, "卡丢了", AccountState::Lost),
    ] {
        for bank in TestBank::each().await {
            bank.bind(APPID, "lifang", &people()[0]).await;
            bank.stop_by_chat(first).await;
            assert_eq!(bank.state_of(CARD).await, state);
            let (follower, bound) = bank.only_bound().await;
            let orders = super::Orders {
                tenant: LINGXI,
                follower,
                customer: bound.customer.clone(),
                accounts: vec![bound.accounts[0].clone()],
                wish: freeing.into(),
            };
            bank.core.set_weather(Weather { lost_request_percent: 100, ..Weather::default() });
            let came = super::place(&bank.app, orders).await.unwrap();
            assert!(matches!(came[..], [(_, super::Came::Unknown)]), "{came:?}");
            bank.core.set_weather(Weather::default());
            bank.stop_by_chat(then).await;
            bank.clock.advance_ms(400_000);
            bank.settle().await;
            assert_eq!(bank.state_of(CARD).await, state, "{first}: it stays stopped");
            bank.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_comes_three_times_stops_the_card_once() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.control("weather", json!({ "duplicate_percent": 100 })).await;
        let said = bank.say(APPID, "lifang", "卡丢了").await;
        bank.control("weather", json!({ "duplicate_percent": 0 })).await;
        assert!(said.contains("停住了"), "{said}");
        assert_eq!(bank.orders().await, (1, 0));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_core_is_neither_done_nor_failed_and_is_asked_until_it_is_known() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.core.set_weather(OUTAGE);
        let said = bank.say(APPID, "lifang", "卡丢了").await;
        assert!(said.contains("正在挂失") && said.contains("现在就打"), "{said}");
        assert!(!said.contains("失败") && !said.contains("停住了"), "{said}");
        assert_eq!((bank.orders().await, bank.staff_called("card_stop").await), ((1, 1), 1));
        let again = bank.say(APPID, "lifang", "卡丢了").await;
        assert!(again.contains("正在挂失"), "{again}");
        assert_eq!(bank.orders().await, (1, 1), "the same order, not another");
        for _ in 0..30 {
            bank.clock.advance_ms(300_000);
            bank.settle().await;
        }
        let told = bank.chat(APPID, "lifang").await.join("\n");
        assert_eq!(
            told.matches("我接着办").count(),
            1,
            "told once more, with the telephone: {told}"
        );
        assert_eq!(bank.orders().await, (1, 1), "hours alone do not make it a failure");
        bank.core.set_weather(Weather::default());
        bank.clock.advance_ms(300_000);
        bank.settle().await;
        assert_eq!(bank.state_of(CARD).await, AccountState::Lost);
        let told =
            bank.say(APPID, "lifang", "你好").await + &bank.chat(APPID, "lifang").await.join("\n");
        assert!(told.contains("办好了：借记卡") && told.contains("挂失号 LS"), "{told}");
        assert_eq!(bank.orders().await, (1, 0));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_lost_is_found_again_and_the_card_is_stopped_once() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.core.set_weather(Weather { lost_answer_percent: 100, ..Weather::default() });
        let said = bank.say(APPID, "lifang", "卡丢了").await;
        assert!(said.contains("正在挂失"), "{said}");
        assert_eq!(bank.state_of(CARD).await, AccountState::Lost, "it had happened");
        bank.core.set_weather(Weather::default());
        bank.clock.advance_ms(10_000);
        bank.settle().await;
        let told = bank.chat(APPID, "lifang").await.join("\n");
        let lost = bank.say(APPID, "lifang", "卡丢了").await;
        let number = lost.split("LS").nth(1).unwrap().get(..6).unwrap().to_owned();
        assert!(told.contains(&format!("挂失号 LS{number}")), "one number: {told}\n{lost}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_goes_on_after_the_bank_has_stopped_and_started() {
    for mut bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.core.set_weather(OUTAGE);
        bank.say(APPID, "lifang", "卡丢了").await;
        bank.core.set_weather(Weather::default());
        bank.restart(|_| {}, None).await;
        bank.clock.advance_ms(10_000);
        bank.settle().await;
        assert_eq!(bank.state_of(CARD).await, AccountState::Lost);
        let told = bank.chat(APPID, "lifang").await.join("\n");
        assert!(told.contains("办好了：借记卡"), "{told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loss_is_taken_while_the_books_are_closed_and_before_a_changed_agreement() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let unit = |tx: &db::Tx<'_>| {
            tx.exec(
                "UPDATE binding SET agreed = $1 WHERE tenant_id = $2",
                params![vec![0_u8], tx.tenant()],
            )
        };
        bank.app.db.write(Scope::Tenant(LINGXI), unit).await.unwrap();
        bank.core.inner().set_day(LINGXI, DayState::Closed, None).await.unwrap();
        let said = bank.say(APPID, "lifang", "卡丢了").await;
        assert!(said.contains("停住了"), "{said}");
        bank.core.inner().set_day(LINGXI, DayState::Open, None).await.unwrap();
        assert_eq!(bank.state_of(CARD).await, AccountState::Lost);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_bound_hears_the_hot_line_and_a_person_is_called() {
    for bank in TestBank::each().await {
        bank.follow(APPID, "lifang").await;
        let said = bank.say(APPID, "lifang", "卡丢了").await;
        assert!(said.contains("一个电话就能停"), "{said}");
        assert_eq!(bank.staff_called("card_loss").await, 1);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fraud_calls_a_person_and_offers_the_lock_that_then_needs_no_password() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let said = bank.say(APPID, "lifang", "我被骗了").await;
        assert!(said.contains("110") && said.contains("马上锁卡"), "{said}");
        assert_eq!(bank.staff_called("fraud").await, 1);
        let said = bank.say(APPID, "lifang", "马上锁卡").await;
        assert!(said.contains("锁住了"), "{said}");
        assert_eq!(bank.state_of(CARD).await, AccountState::Locked);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unlocking_needs_the_code_and_the_pin_and_a_wrong_one_undoes_nothing_ca_13() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.say(APPID, "lifang", "一键锁卡").await;
        bank.say(APPID, "lifang", "锁住").await;
        let (browser, slug, ask) = bank.proved("解锁银行卡").await;
        let body = typed(&bank, &browser, &slug, &ask, "911382").await;
        let (status, told) = browser.post(&bank, &slug, "undo/pin", body).await;
        assert_eq!((status, &told["code"], &told["left"]), (400, &json!("pin.wrong"), &json!(4)));
        assert_eq!(bank.state_of(CARD).await, AccountState::Locked);
        let other = json!({ "what": "lift_loss", "account": ask["account"] });
        let body = typed(&bank, &browser, &slug, &other, PIN).await;
        let (_, told) = browser.post(&bank, &slug, "undo/pin", body).await;
        assert_eq!(told["code"], "undo.code", "a code is for one thing only: {told}");
        let body = typed(&bank, &browser, &slug, &ask, PIN).await;
        let (status, told) = browser.post(&bank, &slug, "undo/pin", body).await;
        assert_eq!((status, &told["done"]), (200, &json!(true)), "{told}");
        assert_eq!(bank.state_of(CARD).await, AccountState::Active);
        let body = typed(&bank, &browser, &slug, &ask, PIN).await;
        let (_, told) = browser.post(&bank, &slug, "undo/pin", body).await;
        assert_eq!(told["code"], "undo.code", "a proof is good once: {told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_code_the_pin_alone_lifts_no_loss() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.say(APPID, "lifang", "卡丢了").await;
        let browser = Browser::default();
        let slug = bank.page_after("lifang", "解除挂失", &browser).await;
        let (_, shown) = browser.api(&bank, &slug, "undo").await;
        let ask = json!({ "what": shown["what"], "account": shown["accounts"][0]["id"] });
        assert_eq!(ask["what"], "lift_loss");
        let body = typed(&bank, &browser, &slug, &ask, PIN).await;
        let (status, told) = browser.post(&bank, &slug, "undo/pin", body).await;
        assert_eq!((status, &told["code"]), (409, &json!("undo.code")), "{told}");
        assert_eq!(bank.state_of(CARD).await, AccountState::Lost);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_oral_loss_is_lifted_on_the_page_and_a_formal_one_at_the_counter_only() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.say(APPID, "lifang", "卡丢了").await;
        let (browser, slug, ask) = bank.proved("解除挂失").await;
        let body = typed(&bank, &browser, &slug, &ask, PIN).await;
        let (status, told) = browser.post(&bank, &slug, "undo/pin", body).await;
        assert_eq!((status, &told["done"]), (200, &json!(true)), "{told}");
        assert_eq!(bank.state_of(CARD).await, AccountState::Active);

        let ctx = Ctx {
            operator: Operator::Staff("counter".into()),
            request_id: Some("counter-1".into()),
            ..Ctx::new(LINGXI, bank.clock.now().plus_ms(10_000), "test")
        };
        let (cust, card) = (corebank::CustNo::new("1011000001"), AccountRef::new(CARD.to_string()));
        let formal = bank.core.inner().set_card_state(&ctx, &cust, &card, StateWish::FormalLoss);
        formal.await.unwrap();
        let (browser, slug, ask) = bank.proved("解除挂失").await;
        let body = typed(&bank, &browser, &slug, &ask, PIN).await;
        let (status, told) = browser.post(&bank, &slug, "undo/pin", body).await;
        assert_eq!((status, &told["code"]), (409, &json!("undo.refused")), "{told}");
        assert!(told["words"].as_str().unwrap().contains("网点"), "{told}");
        assert_eq!(bank.state_of(CARD).await, AccountState::Lost);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn undoing_with_a_silent_core_is_tried_on_and_told_in_chat() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.say(APPID, "lifang", "卡丢了").await;
        let (browser, slug, ask) = bank.proved("解除挂失").await;
        let body = typed(&bank, &browser, &slug, &ask, PIN).await;
        bank.core.set_weather(Weather { lost_answer_percent: 100, ..Weather::default() });
        let (status, told) = browser.post(&bank, &slug, "undo/pin", body).await;
        // The PIN itself got no answer: nothing was ordered, and the code still stands.
        assert_eq!((status, &told["code"]), (503, &json!("core.busy")), "{told}");
        bank.core.set_weather(Weather::default());
        assert_eq!(bank.state_of(CARD).await, AccountState::Lost);
        let body = typed(&bank, &browser, &slug, &ask, PIN).await;
        let (status, told) = browser.post(&bank, &slug, "undo/pin", body).await;
        assert_eq!((status, &told["done"]), (200, &json!(true)), "{told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_channel_shows_nothing_opens_nothing_and_still_stops_harm() {
    for bank in TestBank::each().await {
        let browser = bank.bind(APPID, "lifang", &people()[0]).await;
        bank.clock.advance_ms(61_000);
        let statement = bank.page_after("lifang", "要盖章的流水", &browser).await;
        assert_eq!(browser.api(&bank, &statement, "accounts").await.0, 200);
        let old = json!({ "type": "text", "content": "要盖章的流水" });
        let told = bank.control(&format!("chats/{APPID}/lifang/send?wait=1"), old).await;
        let link = link_in(&told["items"]).unwrap();

        bank.say(APPID, "lifang", "停用微信银行").await;
        let said = bank.say(APPID, "lifang", "马上停用").await;
        assert!(said.contains("停用了"), "{said}");
        let asked = bank.core.calls();
        for words in
            ["余额", "上个月的进出账", "我绑了哪些卡", "要盖章的流水", "解绑", "看看最近的账"]
        {
            let said = bank.say(APPID, "lifang", words).await;
            assert!(!said.contains("1,280.50") && !said.contains("尾号"), "{words}: {said}");
            assert!(said.contains("停用微信银行"), "{words}: {said}");
        }
        assert_eq!(bank.core.calls(), asked, "the core was asked for nothing");
        assert_eq!(browser.api(&bank, &statement, "accounts").await.0, 401, "the open page ended");
        let landed = browser.web_view(&bank, APPID, "lifang", &link).await;
        assert_eq!(landed.problem(), "link.expired", "a link from before opens nothing");
        let url = format!("{}/h5/go/{APPID}/accounts", bank.url);
        let by_menu = browser.web_view(&bank, APPID, "lifang", &url).await.slug();
        for call in ["accounts", "statement", "stamped", "bind", "privacy"] {
            let (status, told) = browser.api(&bank, &by_menu, call).await;
            assert_eq!((status, &told["code"]), (403, &json!("wx.frozen")), "{call}: {told}");
        }
        let said = bank.say(APPID, "lifang", "卡丢了").await;
        assert!(said.contains("停住了"), "{said}");
        assert_eq!(bank.state_of(CARD).await, AccountState::Lost);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_freeze_ends_with_the_code_and_the_pin_and_no_other_way() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.say(APPID, "lifang", "停用微信银行").await;
        bank.say(APPID, "lifang", "马上停用").await;
        let said = bank.say(APPID, "lifang", "查余额").await;
        assert!(said.contains("恢复微信银行"), "{said}");
        let (browser, slug, ask) = bank.proved("恢复微信银行").await;
        assert_eq!(ask, json!({ "what": "thaw" }));
        let body = typed(&bank, &browser, &slug, &ask, "911382").await;
        let (_, told) = browser.post(&bank, &slug, "undo/pin", body).await;
        assert_eq!(told["code"], "pin.wrong", "{told}");
        let said = bank.say(APPID, "lifang", "余额").await;
        assert!(said.contains("停用微信银行"), "{said}");
        let body = typed(&bank, &browser, &slug, &ask, PIN).await;
        let (status, told) = browser.post(&bank, &slug, "undo/pin", body).await;
        assert_eq!((status, &told["done"]), (200, &json!(true)), "{told}");
        let said = bank.say(APPID, "lifang", "余额").await;
        assert!(said.contains("1,280.50"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_leaves_no_account_number_readable_and_none_at_all_once_it_is_known_dp_03() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let sealed = async || {
            let unit = |tx: &db::Tx<'_>| {
                tx.one::<(Vec<u8>,)>(
                    "SELECT target_sealed FROM card_order WHERE tenant_id = $1",
                    params![tx.tenant()],
                )
            };
            bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap().0
        };
        bank.core.set_weather(OUTAGE);
        bank.say(APPID, "lifang", "卡丢了").await;
        let waiting = sealed().await;
        let number = CARD.to_string();
        assert!(!waiting.is_empty());
        assert!(!waiting.windows(number.len()).any(|w| w == number.as_bytes()));
        bank.core.set_weather(Weather::default());
        bank.clock.advance_ms(10_000);
        bank.settle().await;
        assert!(sealed().await.is_empty());
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_default_account_is_asked_about_without_a_question_and_never_stopped_without_one() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "zhao", &people()[1]).await;
        let asked = bank.say(APPID, "zhao", "查余额").await;
        assert!(asked.contains("哪个"), "{asked}");
        bank.say(APPID, "zhao", "取消").await;
        bank.say(APPID, "zhao", "设置默认账户").await;
        let said = bank.say(APPID, "zhao", "存折").await;
        assert!(said.contains("存折"), "{said}");
        bank.clock.advance_ms(61_000);
        let said = bank.say(APPID, "zhao", "查余额").await;
        assert!(said.contains("存折") && !said.contains("哪个"), "{said}");
        let said = bank.say(APPID, "zhao", "卡丢了").await;
        assert!(said.contains("哪一个"), "{said}");
        bank.stop().await;
    }
}
