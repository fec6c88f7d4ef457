//! Payments through the front door: said in chat, confirmed on the page, paid by the sandbox core.

use super::state::State;
use crate::testing::{APPID, Browser, LINGXI, OUTAGE, TestBank, link_in, people};
use corebank::{AccountRef, CoreBank, Ctx, Weather};
use db::{Scope, params};
use serde_json::{Value, json};

/// 李芳's card and 王强's.
const CARD: i64 = 101_100_000_101;
const QIANG: i64 = 101_100_000_401;
/// Payments are done and their answers lost; or they never arrive.
pub(crate) const LOST_ANSWERS: Weather =
    Weather { lost_answer_percent: 100, only_payments: true, ..Weather::FINE };
const LOST_REQUESTS: Weather =
    Weather { lost_request_percent: 100, only_payments: true, ..Weather::FINE };
pub(crate) const PIN: &str = "274906";
/// Both hold this much.
const START: i64 = 128_050;

/// A page that was opened from the chat.
pub(crate) struct Page {
    pub(crate) browser: Browser,
    pub(crate) slug: String,
}

impl TestBank {
    /// The bank's words and the page their link leads to.
    pub(crate) async fn pay_page(&self, uid: &str, text: &str) -> (String, Page) {
        let path = format!("chats/{APPID}/{uid}/send?wait=1");
        let told = self.control(&path, json!({ "type": "text", "content": text })).await;
        let words = crate::testing::words(&told["items"]);
        let link = link_in(&told["items"]).unwrap_or_else(|| panic!("no link in {told}"));
        (words, self.open_pay(uid, &link).await)
    }

    pub(crate) async fn open_pay(&self, uid: &str, link: &str) -> Page {
        let browser = Browser::default();
        let landed = browser.web_view(self, APPID, uid, link).await;
        assert!(landed.url.contains("/pay"), "{landed:?}");
        Page { slug: landed.slug(), browser }
    }

    pub(crate) async fn worth(&self, account: i64) -> i64 {
        let ctx = Ctx::new(LINGXI, self.clock.now().plus_ms(10_000), "test");
        let account = AccountRef::new(account.to_string());
        self.core.inner().balance(&ctx, &account).await.unwrap().posted.fen()
    }

    /// Every payment's state, oldest first.
    pub(crate) async fn payments(&self) -> Vec<State> {
        let unit = |tx: &db::Tx<'_>| {
            tx.all::<i64>(
                "SELECT state FROM payment WHERE tenant_id = $1 ORDER BY id",
                params![tx.tenant()],
            )
        };
        let codes = self.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap();
        codes.into_iter().map(|c| State::of(c).unwrap()).collect()
    }

    /// What was refused on pages, as the audit trail has it: act and code.
    pub(crate) async fn refused(&self) -> Vec<(String, String)> {
        let unit = |tx: &db::Tx<'_>| {
            tx.all(
                "SELECT act, detail FROM audit WHERE tenant_id = $1 AND outcome = 'refused' ORDER BY id",
                params![tx.tenant()],
            )
        };
        self.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap()
    }

    /// Looks after payments and jobs until nothing is due.
    pub(crate) async fn quiet(&self) {
        // The bank's own worker may have one in hand, too.
        loop {
            let planned = crate::plans::run_due(&self.app).await.unwrap();
            let paid = super::run_due(&self.app).await.unwrap();
            if planned + paid == 0 && self.app.payments.in_hand() == 0 {
                break;
            }
            tokio::task::yield_now().await;
        }
        self.settle().await;
    }
}

impl Page {
    pub(crate) async fn get(&self, bank: &TestBank) -> Value {
        let (status, page) = self.browser.api(bank, &self.slug, "pay").await;
        assert_eq!(status, 200, "{page}");
        page
    }
    pub(crate) async fn post(&self, bank: &TestBank, path: &str, body: Value) -> (u16, Value) {
        self.browser.post(bank, &self.slug, path, body).await
    }
    pub(crate) async fn type_payee(
        &self,
        bank: &TestBank,
        name: &str,
        number: &str,
    ) -> (u16, Value) {
        let body = json!({ "name": name, "number": number, "number_again": number, "bank_no": "" });
        self.post(bank, "pay/payee", body).await
    }
    /// The code of this payment, typed right.
    pub(crate) async fn code(&self, bank: &TestBank, intent: &str, mobile: &str) {
        bank.clock.advance_ms(61_000);
        let (status, told) = self.post(bank, "pay/code", json!({ "intent": intent })).await;
        assert_eq!(status, 200, "{told}");
        let code = bank.code_for(mobile).await;
        let (status, told) =
            self.post(bank, "pay/check", json!({ "intent": intent, "code": code })).await;
        assert_eq!(status, 200, "{told}");
    }
    pub(crate) async fn order(&self, bank: &TestBank, intent: &str, pin: &str) -> Value {
        let typed = self.browser.typed(bank, &self.slug, pin, pin).await;
        json!({
            "intent": intent, "sure": true, "shown_ms": 5_000,
            "pin": { "key_id": typed["key_id"], "cipher": typed["cipher"] },
        })
    }
    pub(crate) async fn pay(&self, bank: &TestBank, intent: &str, pin: &str) -> (u16, Value) {
        let order = self.order(bank, intent, pin).await;
        self.post(bank, "pay/do", order).await
    }
}

/// Binds 李芳 and makes 王强 known to her, two days before.
pub(crate) async fn knows_qiang(bank: &TestBank) {
    bank.bind(APPID, "lifang", &people()[0]).await;
    bank.clock.advance_ms(2 * base::DAY_MS);
    let (words, page) = bank.pay_page("lifang", "给王强转一百").await;
    assert!(words.contains("王强是新的收款人") && words.contains("不要发在聊天里"), "{words}");
    let shown = page.get(bank).await;
    assert_eq!(shown["step"], "payee");
    assert_eq!(shown["payee"]["name"], "王强");
    let (status, shown) = page.type_payee(bank, "王强", &people()[3].card_no).await;
    assert_eq!(status, 200, "{shown}");
    assert_eq!(shown["step"], "confirm");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_goes_from_a_sentence_to_the_other_account_once() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let (words, page) = bank.pay_page("lifang", "给王强转五百").await;
        assert!(words.contains("转给王强") && words.contains("500.00 元（伍佰元整）"), "{words}");
        assert!(words.contains("手续费 0，马上到"), "{words}");
        let shown = page.get(&bank).await;
        let card = &shown["card"];
        assert_eq!(card["amount"]["fen"], 50_000, "{shown}");
        assert_eq!(card["amount_words"], "伍佰元整");
        assert_eq!(card["factors"], "pin");
        assert_eq!(card["available"]["fen"], START);
        let intent = card["intent"].as_str().unwrap().to_owned();

        let (status, done) = page.pay(&bank, &intent, PIN).await;
        assert_eq!(status, 200, "{done}");
        assert_eq!((&done["state"], &done["money"]), (&json!("done"), &json!("moved")), "{done}");
        assert_eq!(done["title"], "✔ 已转出");
        assert_eq!(done["available"]["fen"], START - 50_000);
        assert_eq!(bank.worth(CARD).await, START - 50_000);
        assert_eq!(bank.worth(QIANG).await, START + 50_000);

        // The page opened again shows the result; nothing is paid again.
        assert_eq!(page.get(&bank).await["step"], "result");
        let (status, again) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &again["serial"]), (200, &done["serial"]));
        assert_eq!(bank.worth(QIANG).await, START + 50_000);

        bank.quiet().await;
        let chat = bank.chat(APPID, "lifang").await;
        let told = chat.last().unwrap();
        assert!(told.starts_with("✔ 已转给王强") && told.contains("余额 780.50 元"), "{told}");
        assert!(bank.core.inner().check_invariants().await.unwrap().is_empty());
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn above_the_small_sum_a_code_with_the_facts_comes_first_ca_04_ta_02() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let (_, page) = bank.pay_page("lifang", "给王强转一千零一块").await;
        let shown = page.get(&bank).await;
        assert_eq!(shown["card"]["factors"], "code_and_pin");
        let intent = shown["card"]["intent"].as_str().unwrap().to_owned();
        let (status, no) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &no["code"]), (409, &json!("undo.code")), "{no}");
        assert_eq!(bank.worth(CARD).await, START);

        page.code(&bank, &intent, people()[0].mobile).await;
        let sms = bank.look(&format!("sms?to={}", people()[0].mobile)).await;
        let text = sms["items"].as_array().unwrap().last().unwrap()["text"].to_string();
        let tail = &people()[3].card_no[people()[3].card_no.len() - 4..];
        assert!(text.contains(&format!("尾号{tail}转账1,001.00元")), "{text}");
        assert!(text.contains("任何人索要均为诈骗"), "{text}");
        let (status, done) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &done["state"]), (200, &json!("done")), "{done}");
        assert_eq!(bank.worth(CARD).await, START - 100_100);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_new_phone_a_small_sum_needs_a_code_once_ta_09() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let ask = async |text: &str| {
            let path = format!("chats/{APPID}/lifang/send?wait=1");
            let told = bank.control(&path, json!({ "type": "text", "content": text })).await;
            link_in(&told["items"]).unwrap_or_else(|| panic!("no link in {told}"))
        };
        let stranger = Browser::on_another_phone();
        let open = async |text: &str| {
            let landed = stranger.web_view(&bank, APPID, "lifang", &ask(text).await).await;
            let page = Page { slug: landed.slug(), browser: stranger.copy() };
            let card = page.get(&bank).await["card"].clone();
            (page, card)
        };
        let (page, card) = open("给王强转十块").await;
        assert_eq!((&card["factors"], &card["new_phone"]), (&json!("code_and_pin"), &json!(true)));
        let intent = card["intent"].as_str().unwrap().to_owned();
        let (status, no) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &no["code"]), (409, &json!("undo.code")), "{no}");
        assert_eq!(bank.worth(CARD).await, START, "the PIN alone moves nothing");

        page.code(&bank, &intent, people()[0].mobile).await;
        let (status, done) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &done["state"]), (200, &json!("done")), "{done}");
        let (page, card) = open("给王强转二十").await;
        assert_eq!((&card["factors"], &card["new_phone"]), (&json!("pin"), &json!(false)));
        let (_, done) = page.pay(&bank, card["intent"].as_str().unwrap(), PIN).await;
        assert_eq!(done["state"], "done", "known from now on: {done}");

        // The phone the card was bound on is as good as ever; a cookie of somebody's making is a new one.
        let (_, page) = bank.pay_page("lifang", "给王强转三十").await;
        assert_eq!(page.get(&bank).await["card"]["factors"], "pin");
        let forged = Browser::on_another_phone();
        forged.put("phone", "0123456789abcdef0123456789abcdef");
        let landed = forged.web_view(&bank, APPID, "lifang", &ask("给王强转四十").await).await;
        let page = Page { slug: landed.slug(), browser: forged };
        assert_eq!(page.get(&bank).await["card"]["new_phone"], true);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_core_is_told_as_unknown_and_never_paid_twice_ta_07() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let (_, page) = bank.pay_page("lifang", "给王强转五百").await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        let order = page.order(&bank, &intent, PIN).await;
        // The PIN is proved, then the payment is done and its answer lost.
        bank.core.set_weather(LOST_ANSWERS);
        let (status, told) = page.post(&bank, "pay/do", order).await;
        assert_eq!(status, 200, "{told}");
        assert_eq!((&told["state"], &told["money"]), (&json!("confirming"), &json!("unknown")));
        assert!(!told["words"].as_str().unwrap().contains("失败"));
        assert_eq!(bank.payments().await.last(), Some(&State::Unknown));

        // The same again is refused with its number.
        let said = bank.say(APPID, "lifang", "给王强转五百").await;
        assert!(
            said.contains("请不要重复转") && said.contains(told["serial"].as_str().unwrap()),
            "{said}"
        );

        bank.core.set_weather(Weather::FINE);
        bank.clock.advance_ms(2_000);
        bank.quiet().await;
        assert_eq!(bank.payments().await.last(), Some(&State::Succeeded));
        assert_eq!(bank.worth(CARD).await, START - 50_000);
        let (_, shown) = page.browser.api(&bank, &page.slug, "pay/result").await;
        assert_eq!(shown["state"], "done");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_arrived_fails_only_after_the_core_has_fenced_it() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let (_, page) = bank.pay_page("lifang", "给王强转五百").await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        let order = page.order(&bank, &intent, PIN).await;
        bank.core.set_weather(LOST_REQUESTS);
        let (_, told) = page.post(&bank, "pay/do", order).await;
        assert_eq!(told["state"], "confirming", "{told}");
        bank.core.set_weather(Weather::FINE);
        bank.clock.advance_ms(2_000);
        bank.quiet().await;
        assert_eq!(bank.payments().await.last(), Some(&State::Failed));
        assert_eq!(bank.worth(CARD).await, START);
        let chat = bank.chat(APPID, "lifang").await;
        assert!(chat.last().unwrap().contains("没有转成，没有扣钱"), "{chat:?}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_core_takes_nothing_and_says_so() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        bank.core.set_weather(OUTAGE);
        let said = bank.say(APPID, "lifang", "给王强转五百").await;
        assert!(said.contains("没有扣钱") && said.contains("没有回话"), "{said}");
        bank.core.set_weather(Weather::FINE);
        // The same of one that dies while the PIN is typed.
        let (_, page) = bank.pay_page("lifang", "给王强转五百").await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        bank.core.set_weather(OUTAGE);
        let (status, told) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &told["code"]), (503, &json!("core.busy")), "{told}");
        assert!(told["words"].as_str().unwrap().starts_with("没有扣钱"), "{told}");
        bank.core.set_weather(Weather::FINE);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_core_that_is_silent_for_long_is_left_alone_until_it_answers_again() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        bank.core.set_weather(OUTAGE);
        for yuan in 101..121 {
            let said = bank.say(APPID, "lifang", &format!("给王强转{yuan}元")).await;
            assert!(said.contains("没有扣钱"), "{said}");
        }
        let said = bank.say(APPID, "lifang", "给王强转130元").await;
        assert!(said.contains("没有扣钱") && said.contains("正在维护"), "{said}");
        // Back again: the first who is let through finds it so.
        bank.core.set_weather(Weather::FINE);
        let said = bank.say(APPID, "lifang", "给王强转131元").await;
        assert!(said.contains("正在维护"), "{said}");
        bank.clock.advance_ms(super::breaker::REST_MS);
        let (words, page) = bank.pay_page("lifang", "给王强转132元").await;
        assert!(words.contains("132.00 元"), "{words}");
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        let (status, done) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &done["state"]), (200, &json!("done")), "{done}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_was_changed_is_refused_and_the_new_one_counts() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let (_, old) = bank.pay_page("lifang", "给王强转五百").await;
        let intent = old.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        let (words, new) = bank.pay_page("lifang", "不是五百是六百").await;
        assert!(words.contains("600.00 元"), "{words}");
        let (status, no) = old.pay(&bank, &intent, PIN).await;
        assert!(status == 200 && no["state"] == "ended", "{no}");
        assert!(no["words"].as_str().unwrap().contains("用聊天里新的那一条"), "{no}");
        assert_eq!(bank.worth(CARD).await, START);
        let shown = new.get(&bank).await;
        assert_eq!(shown["card"]["amount"]["fen"], 60_000);
        // The old card's hash does not open the new one.
        let (status, no) = new.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &no["code"]), (409, &json!("pay.changed")), "{no}");

        bank.say(APPID, "lifang", "不转了").await;
        let shown = new.get(&bank).await;
        assert_eq!(shown["result"]["state"], "ended", "{shown}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn given_up_on_the_page_the_chat_puts_the_card_away() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let (_, page) = bank.pay_page("lifang", "给王强转五百").await;
        let (status, told) = page.post(&bank, "pay/cancel", json!({})).await;
        assert_eq!(
            (status, &told["state"], &told["money"]),
            (200, &json!("ended"), &json!("untouched"))
        );
        bank.quiet().await;
        let chat = bank.chat(APPID, "lifang").await;
        assert!(chat.last().unwrap().starts_with("好，不转了，没有扣钱"), "{chat:?}");
        let said = bank.say(APPID, "lifang", "查余额").await;
        assert!(said.contains("可用") && !said.contains("先停下"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_too_often_and_too_little_money_are_said_before_any_pin() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let said = bank.say(APPID, "lifang", "给王强转两千").await;
        assert!(said.contains("可用 1,280.50 元") && said.contains("没有扣钱"), "{said}");
        let said = bank.say(APPID, "lifang", "六千").await;
        assert!(said.contains("没有扣钱"), "{said}");
        assert!(bank.payments().await.iter().all(|s| *s <= State::Ended), "no payment was begun");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_pin_keeps_the_draft_and_counts() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let (_, page) = bank.pay_page("lifang", "给王强转五百").await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        let (status, no) = page.pay(&bank, &intent, "111222").await;
        assert_eq!(
            (status, &no["code"], &no["left"]),
            (400, &json!("pin.wrong"), &json!(4)),
            "{no}"
        );
        assert_eq!(bank.worth(CARD).await, START);
        let refused = bank.refused().await;
        assert!(refused.contains(&("payment.pay".into(), "pin.wrong".into())), "{refused:?}");
        let (status, done) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &done["state"]), (200, &json!("done")), "{done}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_taps_at_once_pay_once_and_both_hear_it() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let (_, page) = bank.pay_page("lifang", "给王强转五百").await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        let order = page.order(&bank, &intent, PIN).await;
        let taps = (0..8).map(|_| page.post(&bank, "pay/do", order.clone()));
        let answers = futures_util::future::join_all(taps).await;
        let done: Vec<_> = answers.iter().filter(|(s, _)| *s == 200).collect();
        assert!(!done.is_empty(), "{answers:?}");
        assert!(done.iter().all(|(_, a)| a["serial"] == done[0].1["serial"]), "{answers:?}");
        bank.quiet().await;
        assert_eq!(bank.worth(QIANG).await, START + 50_000);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_does_not_fit_is_counted_and_nothing_is_kept() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let (_, page) = bank.pay_page("lifang", "给王强转一百").await;
        for _ in 0..3 {
            let (status, no) = page.type_payee(&bank, "王墙", &people()[3].card_no).await;
            assert_eq!((status, &no["code"]), (400, &json!("payee.mismatch")), "{no}");
        }
        let (status, no) = page.type_payee(&bank, "王强", &people()[3].card_no).await;
        assert_eq!((status, &no["code"]), (429, &json!("payee.tries")), "{no}");
        assert!(bank.payments().await.is_empty());
        let refused = bank.refused().await;
        let of = |code: &str| refused.iter().filter(|r| r.0 == "payee.add" && r.1 == code).count();
        assert_eq!((of("payee.mismatch"), of("payee.tries")), (3, 1), "{refused:?}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_equal_payment_minutes_later_must_be_wished_for() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        for round in 0..2 {
            let (words, page) = bank.pay_page("lifang", "给王强转五百").await;
            assert_eq!(words.contains("刚才已经转过同样的一笔"), round == 1, "{words}");
            let card = page.get(&bank).await["card"].clone();
            assert_eq!(card["again"], round == 1);
            let intent = card["intent"].as_str().unwrap().to_owned();
            if round == 1 {
                let mut order = page.order(&bank, &intent, PIN).await;
                order["sure"] = json!(false);
                let (status, no) = page.post(&bank, "pay/do", order).await;
                assert_eq!((status, &no["code"]), (409, &json!("pay.again")), "{no}");
            }
            let (status, done) = page.pay(&bank, &intent, PIN).await;
            assert_eq!((status, &done["state"]), (200, &json!("done")), "{done}");
        }
        assert_eq!(bank.worth(QIANG).await, START + 2 * 50_000);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn binding_anew_does_not_make_an_equal_payment_forgotten() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let (_, page) = bank.pay_page("lifang", "给王强转五百").await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        let (status, done) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &done["state"]), (200, &json!("done")), "{done}");
        bank.quiet().await;
        bank.say(APPID, "lifang", "解绑").await;
        let left = bank.say(APPID, "lifang", "确定").await;
        assert!(left.contains("已解除绑定"), "{left}");
        bank.bind(APPID, "lifang", &people()[0]).await;
        let (words, _) = bank.pay_page("lifang", "给王强转五百").await;
        assert!(words.contains("刚才已经转过同样的一笔"), "{words}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_that_the_police_told_them_to_pays_nothing() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let (_, page) = bank.pay_page("lifang", "给王强转五百").await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        let said = bank.say(APPID, "lifang", "公安让我转的").await;
        assert!(said.contains("别再转账") && !said.contains("对吗"), "{said}");
        let (status, no) = page.pay(&bank, &intent, PIN).await;
        assert!(status == 200 && no["state"] == "ended", "{status} {no}");
        assert_eq!(bank.worth(CARD).await, START);
        bank.stop().await;
    }
}

/// 李芳's credit card, which owes 600 yuan.
const CREDIT: i64 = 101_100_000_109;

async fn has_a_credit_card(bank: &TestBank) {
    let core = bank.core.inner();
    let card = corebank::sandbox::NewAccount {
        acct_id: CREDIT,
        cust_no: 1_011_000_001,
        kind: corebank::AccountKind::Credit,
        product: "福农信用卡".into(),
        class: None,
        number: "6299101188880009".into(),
        opened_on: "2024-01-01".parse().unwrap(),
        limit: base::Fen::of(1_000_000),
        rate_bp: 0,
        ends_on: None,
    };
    core.add_account(LINGXI, card).await.unwrap();
    let bought = corebank::sandbox::movement::purchase(CREDIT, base::Fen::of(60_000), "超市");
    core.post(LINGXI, "bought", bought).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credit_card_of_ones_own_is_repaid_and_counts_against_no_limit() {
    for bank in TestBank::each().await {
        has_a_credit_card(&bank).await;
        bank.bind(APPID, "lifang", &people()[0]).await;
        let (words, page) = bank.pay_page("lifang", "信用卡还款500").await;
        assert!(words.contains("还自己的") && words.contains("500.00 元"), "{words}");
        let shown = page.get(&bank).await;
        let card = &shown["card"];
        assert_eq!((&card["deed"], &card["is_own"]), (&json!("还"), &json!(true)), "{shown}");
        let (status, done) = page.pay(&bank, card["intent"].as_str().unwrap(), PIN).await;
        assert_eq!((status, &done["title"]), (200, &json!("✔ 已还款")), "{done}");
        assert_eq!(bank.worth(CREDIT).await, -10_000);
        assert_eq!(bank.worth(CARD).await, START - 50_000);
        assert!(bank.core.inner().check_invariants().await.unwrap().is_empty());
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_cannot_be_read_stands_in_nobodys_way() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let spoil = |tx: &db::Tx<'_>| {
            tx.exec(
                "UPDATE payment SET state = 99, next_at_ms = $1 WHERE tenant_id = $2",
                params![tx.now(), tx.tenant()],
            )
        };
        assert_eq!(bank.app.db.write(Scope::Tenant(LINGXI), spoil).await.unwrap(), 1);
        assert_eq!(super::run_due(&bank.app).await.unwrap(), 0);
        let due = |tx: &db::Tx<'_>| super::store::due(tx, 64);
        assert!(bank.app.db.read(Scope::House, due).await.unwrap().is_empty());
        bank.stop().await;
    }
}
