//! Journey 1 where things go wrong: a silent core, a second tap, bursts, shut books, a customer who does not follow.

use super::tests::other_code;
use crate::testing::{APPID, Browser, LINGXI, PROVINCIAL, TestBank, elements, people};
use corebank::{AccountRef, AccountState, DayState, Weather};
use db::{Scope, params};
use futures_util::future::join_all;
use serde_json::{Value, json};

const OUTAGE: Weather = Weather { outage: true, ..Weather::FINE };

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_core_keeps_what_was_typed_and_the_result_is_told_in_chat() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        bank.core.set_weather(OUTAGE);
        let (status, told) = browser.post(&bank, &slug, "bind/check", elements(&people()[0])).await;
        assert_eq!((status, told["code"].as_str()), (503, Some("core.busy")), "{told}");
        assert!(told["words"].as_str().unwrap().contains("资料已存好"), "{told}");
        // Still silent at the first look, back at the second.
        bank.clock.advance_ms(6_000);
        bank.settle().await;
        bank.core.set_weather(Weather::default());
        bank.clock.advance_ms(16_000);
        bank.settle().await;
        let said = bank.chat(APPID, "lifang").await.join("\n");
        assert!(said.contains("资料核对好了"), "{said}");
        let (_, state) = browser.api(&bank, &slug, "bind").await;
        assert_eq!(state["step"], "otp", "nothing is typed again: {state}");
        assert_eq!(state["left"], 5, "a silent core costs no try");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_claim_that_does_not_fit_is_told_counted_and_forgotten() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        bank.core.set_weather(OUTAGE);
        let mut wrong = elements(&people()[0]);
        wrong["name"] = json!("李方");
        browser.post(&bank, &slug, "bind/check", wrong).await;
        bank.core.set_weather(Weather::default());
        bank.clock.advance_ms(6_000);
        bank.settle().await;
        let said = bank.chat(APPID, "lifang").await.join("\n");
        assert!(said.contains("有一项和银行登记的不一样") && said.contains("重新填写"), "{said}");
        let (_, state) = browser.api(&bank, &slug, "bind").await;
        assert_eq!((state["step"].as_str(), state["left"].as_i64()), (Some("card"), Some(4)));
        let kept = tries(&bank).await;
        assert!(kept.is_empty(), "nothing typed is kept: {kept:?}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_core_that_stays_silent_is_admitted_and_the_claim_is_forgotten() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        bank.core.set_weather(OUTAGE);
        browser.post(&bank, &slug, "bind/check", elements(&people()[0])).await;
        for ms in [6_000, 16_000, 61_000, 301_000, 901_000, 1_801_000] {
            bank.clock.advance_ms(ms);
            bank.settle().await;
        }
        let said = bank.chat(APPID, "lifang").await.join("\n");
        assert_eq!(said.matches("银行系统一直没有回应").count(), 1, "{said}");
        assert!(tries(&bank).await.is_empty());
        bank.stop().await;
    }
}

async fn tries(bank: &TestBank) -> Vec<(String,)> {
    let unit = |tx: &db::Tx<'_>| {
        tx.all("SELECT step FROM bind_try WHERE tenant_id = $1", params![tx.tenant()])
    };
    bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn shut_books_are_said_with_the_hour_they_open_and_cost_no_try() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let opens = bank.clock.now().plus_ms(20 * 60_000);
        bank.core.inner().set_day(LINGXI, DayState::Closed, Some(opens)).await.unwrap();
        let (_, told) = browser.post(&bank, &slug, "bind/check", elements(&people()[0])).await;
        assert!(told["words"].as_str().unwrap().contains("10:20"), "{told}");
        bank.core.inner().set_day(LINGXI, DayState::Open, None).await.unwrap();
        bank.clock.advance_ms(21 * 60_000);
        bank.settle().await;
        let said = bank.chat(APPID, "lifang").await.join("\n");
        assert!(said.contains("资料核对好了"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_tap_on_every_button_gets_the_first_ones_answer() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let twice = async |path: &'static str, body: Value| {
            let (a, b) = tokio::join!(
                browser.post(&bank, &slug, path, body.clone()),
                browser.post(&bank, &slug, path, body.clone())
            );
            assert_eq!((a.0, without_trace(&a.1)), (b.0, without_trace(&b.1)), "{path}");
            let c = browser.post(&bank, &slug, path, body).await;
            assert_eq!((a.0, without_trace(&a.1)), (c.0, without_trace(&c.1)), "{path} after it");
            a
        };
        let mut wrong = elements(&people()[0]);
        wrong["name"] = json!("李方");
        let before = bank.core.calls();
        assert_eq!(twice("bind/check", wrong).await.1["left"], 4);
        assert_eq!(twice("bind/check", elements(&people()[0])).await.0, 200);
        assert_eq!(bank.core.calls() - before, 4, "card and party, once each");
        assert_eq!(twice("bind/otp/send", json!({})).await.0, 200);
        let sms = bank.look(&format!("sms?to={}", people()[0].mobile)).await;
        assert_eq!(sms["items"].as_array().unwrap().len(), 1, "{sms}");
        let code = bank.code_for(people()[0].mobile).await;
        assert_eq!(twice("bind/otp", json!({ "code": other_code(&code) })).await.1["left"], 2);
        assert_eq!(twice("bind/otp", json!({ "code": code })).await.0, 200);
        let typed = browser.typed(&bank, &slug, "274906", "274906").await;
        assert_eq!(twice("bind/pin", typed).await.1["accounts"][0]["tail"], last4(&bank));
        assert_eq!(twice("elder", json!({ "on": true })).await.0, 200);
        assert_eq!(twice("unbind", json!({})).await.0, 200);
        bank.stop().await;
    }
}

fn last4(_: &TestBank) -> String {
    base::mask_card(&people()[0].card_no)
}
fn without_trace(told: &Value) -> Value {
    let mut told = told.clone();
    if let Some(fields) = told.as_object_mut() {
        fields.remove("trace");
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_guesses_counts_each_one_and_no_more_than_five_reach_the_core_ca_02() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let before = bank.core.calls();
        let names = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜";
        let guesses = names.chars().map(|c| {
            let mut guess = elements(&people()[0]);
            guess["name"] = json!(format!("{c}某某"));
            browser.post(&bank, &slug, "bind/check", guess)
        });
        let told = join_all(guesses).await;
        assert_eq!(told.len(), 32);
        let locked = told.iter().filter(|(s, _)| *s == 429).count();
        assert_eq!(locked, 27);
        assert_eq!(bank.core.calls() - before, 10, "card and party, five times");
        let (_, told) = browser.post(&bank, &slug, "bind/check", elements(&people()[0])).await;
        assert_eq!(told["code"], "bind.locked");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_account_is_guessed_at_five_times_a_day_however_many_guess_ca_02() {
    for bank in TestBank::each().await {
        let mut last = json!(null);
        for (n, uid) in ["lifang", "wangqiang", "zhao"].into_iter().enumerate() {
            let browser = Browser::default();
            let slug = bank.open_binding(APPID, uid, &browser).await;
            for m in 0..2 {
                let mut guess = elements(&people()[0]);
                guess["name"] = json!(["李一", "李二", "李三", "李四", "李五", "李六"][n * 2 + m]);
                last = browser.post(&bank, &slug, "bind/check", guess).await.1;
            }
        }
        assert_eq!(last["code"], "bind.locked", "{last}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_does_not_follow_may_bind_and_finds_the_answer_when_they_do() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let go = format!("{}/h5/go/{APPID}/bind", bank.url);
        let landed = browser.web_view(&bank, APPID, "lifang", &go).await;
        let slug = landed.slug();
        let (_, session) = browser.api(&bank, &slug, "session").await;
        assert_eq!(session["followed"], false, "the page shows the account's code: {session}");
        bank.bind_on(&browser, &slug, &people()[0]).await;
        bank.follow(APPID, "lifang").await;
        let said = bank.chat(APPID, "lifang").await.join("\n");
        assert!(said.contains("绑好了"), "what could not be said waits: {said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_shut_once_the_binding_is_made_and_an_expired_one_is_followed_by_a_new_one() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        bank.follow(APPID, "lifang").await;
        let ask = json!({ "type": "text", "content": "绑卡" });
        let path = format!("chats/{APPID}/lifang/send?wait=1");
        let link = crate::testing::link_in(&bank.control(&path, ask.clone()).await["items"]);
        let old = link.unwrap();
        bank.clock.advance_ms(600_001);
        assert_eq!(browser.web_view(&bank, APPID, "lifang", &old).await.problem(), "link.expired");
        let link = crate::testing::link_in(&bank.control(&path, ask).await["items"]).unwrap();
        let landed = browser.web_view(&bank, APPID, "lifang", &link).await;
        bank.bind_on(&browser, &landed.slug(), &people()[0]).await;
        let again = browser.web_view(&bank, APPID, "lifang", &link).await;
        assert_eq!(again.problem(), "link.expired", "{again:?}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_a_strange_card_and_a_neighbours_card_are_each_said_plainly() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let mut strange = elements(&people()[0]);
        strange["card_no"] = json!("4000000000000002");
        let (_, told) = browser.post(&bank, &slug, "bind/check", strange).await;
        assert_eq!(told["code"], "bind.other_bank", "{told}");
        assert!(told["words"].as_str().unwrap().contains("不是省内"), "{told}");
        let neighbour = (0..10).map(|d| format!("62991012010000{d}0{d}"));
        let neighbour = neighbour.chain((0..100).map(|d| format!("62991012010000{d:02}1")));
        let card = neighbour.into_iter().find(|c| corebank::numbers::is_card(c)).unwrap();
        let mut other = elements(&people()[0]);
        other["card_no"] = json!(card);
        let (_, told) = browser.post(&bank, &slug, "bind/check", other).await;
        assert!(told["words"].as_str().unwrap().contains("云麓农村商业银行"), "{told}");

        let account = AccountRef::new("101100000101");
        assert!(bank.core.inner().set_state(LINGXI, &account, AccountState::Closed).await.unwrap());
        let (_, told) = browser.post(&bank, &slug, "bind/check", elements(&people()[0])).await;
        assert!(told["words"].as_str().unwrap().contains("已经销户"), "{told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn through_the_provincial_account_a_silent_core_still_ends_at_the_cards_bank() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(PROVINCIAL, "lifang", &browser).await;
        bank.core.set_weather(OUTAGE);
        browser.post(&bank, &slug, "bind/check", elements(&people()[0])).await;
        bank.core.set_weather(Weather::default());
        bank.clock.advance_ms(6_000);
        bank.settle().await;
        let said = bank.chat(PROVINCIAL, "lifang").await.join("\n");
        assert!(said.contains("资料核对好了"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_window_keeps_the_words_after_binding_for_the_next_message() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        bank.follow(APPID, "lifang").await;
        bank.say(APPID, "lifang", "查余额").await;
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        // Two days without a word of the customer: WeChat's window is shut, the page is still open.
        let told = browser.post(&bank, &slug, "bind/check", elements(&people()[0])).await;
        assert_eq!(told.0, 200);
        bank.control(
            "quota",
            json!({ "appid": APPID, "api": "/cgi-bin/message/custom/send", "left": 0 }),
        )
        .await;
        browser.post(&bank, &slug, "bind/otp/send", json!({})).await;
        let code = bank.code_for(people()[0].mobile).await;
        browser.post(&bank, &slug, "bind/otp", json!({ "code": code })).await;
        let typed = browser.typed(&bank, &slug, "274906", "274906").await;
        browser.post(&bank, &slug, "bind/pin", typed).await;
        bank.settle().await;
        let said = bank.say(APPID, "lifang", "你好").await;
        assert!(said.contains("绑好了") && said.contains("1,280.50"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_are_rows_and_outlive_the_process_ca_02() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let mut wrong = elements(&people()[0]);
        wrong["name"] = json!("李方");
        browser.post(&bank, &slug, "bind/check", wrong).await;
        let unit = |tx: &db::Tx<'_>| {
            tx.all::<(String, i64)>(
                "SELECT kind, used FROM counter WHERE tenant_id = $1 AND used > 0 ORDER BY kind",
                params![tx.tenant()],
            )
        };
        let rows = bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap();
        let kinds: Vec<(&str, i64)> = rows.iter().map(|(k, n)| (k.as_str(), *n)).collect();
        assert_eq!(kinds, [("bind.day", 1), ("bind.day", 1), ("bind.ip", 1)]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn moving_to_another_bank_ends_what_was_bound_here() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(PROVINCIAL, "lifang", &browser).await;
        let slug = bank.to_the_cards_bank(&browser, &slug, &people()[0]).await;
        bank.bind_on(&browser, &slug, &people()[0]).await;
        let mut other = elements(&people()[0]);
        let cards = (0..1_000).map(|d| format!("62991012010000{d:03}"));
        let card = cards.into_iter().find(|c| corebank::numbers::is_card(c)).unwrap();
        other["card_no"] = json!(card);
        let (_, told) = browser.post(&bank, &slug, "bind/check", other.clone()).await;
        assert_eq!(told["bank"], "云麓农村商业银行", "asked first: {told}");
        other["switch"] = json!(true);
        let (status, told) = browser.post(&bank, &slug, "bind/check", other).await;
        assert_eq!(status, 200, "{told}");
        let live = |tx: &db::Tx<'_>| {
            tx.one::<(i64,)>(
                "SELECT COUNT(*) FROM binding WHERE tenant_id = $1 AND state = 'live'",
                params![tx.tenant()],
            )
        };
        let live = bank.app.db.read(Scope::Tenant(LINGXI), live).await.unwrap();
        assert_eq!(live.0, 0);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn choosing_another_bank_in_chat_ends_what_was_bound_here_at_once() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(PROVINCIAL, "lifang", &browser).await;
        let slug = bank.to_the_cards_bank(&browser, &slug, &people()[0]).await;
        bank.bind_on(&browser, &slug, &people()[0]).await;
        let said = bank.say(PROVINCIAL, "lifang", "换到云麓农商行").await;
        assert!(said.contains("以后由云麓") && said.contains("已经解开"), "{said}");
        let (status, _) = browser.api(&bank, &slug, "accounts").await;
        assert_eq!(status, 401, "no page of the old bank stays open");
        bank.settle().await;
        let said = bank.say(PROVINCIAL, "lifang", "余额").await;
        assert!(said.contains("还没有绑定") && !said.contains("1,280.50"), "{said}");
        assert_eq!(ends(&bank).await, [("ended".to_owned(), "moved".to_owned())]);
        // Coming back brings nothing back.
        bank.say(PROVINCIAL, "lifang", "换到陵溪农商行").await;
        bank.settle().await;
        let said = bank.say(PROVINCIAL, "lifang", "余额").await;
        assert!(!said.contains("1,280.50"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn choosing_the_bank_one_has_already_changes_nothing() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(PROVINCIAL, "lifang", &browser).await;
        let slug = bank.to_the_cards_bank(&browser, &slug, &people()[0]).await;
        bank.bind_on(&browser, &slug, &people()[0]).await;
        let said = bank.say(PROVINCIAL, "lifang", "换到陵溪农商行").await;
        assert!(said.contains("以后由陵溪") && !said.contains("解开"), "{said}");
        bank.settle().await;
        assert!(bank.say(PROVINCIAL, "lifang", "余额").await.contains("1,280.50"));
        bank.stop().await;
    }
}

/// State and end of every binding of the bank, oldest first.
pub(super) async fn ends(bank: &TestBank) -> Vec<(String, String)> {
    let unit = |tx: &db::Tx<'_>| {
        tx.all(
            "SELECT state, COALESCE(end_reason, '') FROM binding WHERE tenant_id = $1 ORDER BY id",
            params![tx.tenant()],
        )
    };
    bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap()
}
