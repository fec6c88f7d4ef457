//! When a first transfer goes out, through the front door: put off by itself, had at once by choice, taken back in between.

use super::order_tests::intent;
use super::tests::{PIN, Page, knows_qiang};
use crate::testing::{APPID, TestBank, people};
use base::DAY_MS;
use serde_json::{Value, json};

const QIANG: i64 = 101_100_000_401;
const START: i64 = 128_050;

/// 赵桂英, born 1951, types 王强 as somebody to pay: the page of her first transfer to him.
async fn first_of_an_elder(bank: &TestBank) -> (Page, Value) {
    bank.bind(APPID, "zhao", &people()[1]).await;
    bank.clock.advance_ms(2 * DAY_MS);
    let (_, page) = bank.pay_page("zhao", "给王强转一百").await;
    let (status, shown) = page.type_payee(bank, "王强", &people()[3].card_no).await;
    assert_eq!(status, 200, "{shown}");
    (page, shown)
}

async fn choose(bank: &TestBank, page: &Page, intent: &str, speed: &str) -> (u16, Value) {
    page.post(bank, "pay/when", json!({ "intent": intent, "speed": speed })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_transfer_of_an_older_customer_waits_until_the_next_morning() {
    for bank in TestBank::each().await {
        let (page, shown) = first_of_an_elder(&bank).await;
        let card = &shown["card"];
        assert_eq!((&card["speed"], &card["is_later"]), (&json!("tomorrow"), &json!(true)));
        assert!(card["arrival"].as_str().unwrap().ends_with("09:00 转出"), "{card}");
        let (status, told) = page.pay(&bank, &intent(&shown), PIN).await;
        assert_eq!((status, &told["state"]), (200, &json!("ordered")), "{told}");
        assert_eq!(bank.worth(QIANG).await, START, "nothing has left");
        bank.clock.advance_ms(DAY_MS);
        bank.quiet().await;
        assert_eq!(bank.worth(QIANG).await, START + 10_000);
        // He was paid: the next one need not wait.
        let (words, page) = bank.pay_page("zhao", "给王强转五十").await;
        assert!(!words.contains("09:00"), "{words}");
        assert_eq!(page.get(&bank).await["card"]["speed"], "at_once");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_it_at_once_chooses_so_and_what_was_shown_before_is_not_paid_ta_01() {
    for bank in TestBank::each().await {
        let (page, shown) = first_of_an_elder(&bank).await;
        let before = intent(&shown);
        let (status, now) = choose(&bank, &page, &before, "at_once").await;
        assert_eq!((status, &now["card"]["speed"]), (200, &json!("at_once")), "{now}");
        assert_eq!(
            (&now["card"]["is_later"], &now["card"]["is_new_payee"]),
            (&json!(false), &json!(true))
        );
        let (status, no) = page.pay(&bank, &before, PIN).await;
        assert_eq!((status, &no["code"]), (409, &json!("pay.changed")), "{no}");
        let (status, no) = choose(&bank, &page, &before, "tomorrow").await;
        assert_eq!((status, &no["code"]), (409, &json!("pay.changed")), "{no}");
        // Chosen twice, it stays what it is.
        let (_, again) = choose(&bank, &page, &intent(&now), "at_once").await;
        assert_eq!(intent(&again), intent(&now));
        let (status, done) = page.pay(&bank, &intent(&now), PIN).await;
        assert_eq!((status, &done["state"]), (200, &json!("done")), "{done}");
        assert_eq!(bank.worth(QIANG).await, START + 10_000);
        let (status, no) = choose(&bank, &page, &intent(&now), "tomorrow").await;
        assert_eq!((status, &no["code"]), (409, &json!("pay.changed")), "{no}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_says_that_it_waits_and_that_it_need_not() {
    for bank in TestBank::each().await {
        let (_, shown) = first_of_an_elder(&bank).await;
        assert_eq!(shown["card"]["speed"], "tomorrow");
        let (words, _) = bank.pay_page("zhao", "给王强转五十").await;
        let put_off = words.contains("09:00 转出") && words.contains("想马上到，也在下面选");
        assert!(put_off, "{words}");
        let (words, _) = bank.pay_page("zhao", "后天给王强转五十").await;
        assert!(!words.contains("想马上到"), "{words}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_first_transfer_waits_at_any_age_and_a_small_one_may() {
    let low = "[payments]\nsingle_max_fen = 500000\nday_max_fen = 2000000\npin_only_max_fen = 100000\n\
               new_payee_max_fen = 200000\nnew_payee_wait_ms = 1800000\nnext_day_from_fen = 60000\nnext_day_from_age = 60";
    for bank in TestBank::each_with(low).await {
        knows_qiang(&bank).await;
        let (_, page) = bank.pay_page("lifang", "给王强转599").await;
        let small = page.get(&bank).await;
        assert_eq!(small["card"]["speed"], "at_once", "{small}");
        let (words, page) = bank.pay_page("lifang", "给王强转600").await;
        assert!(words.contains("第一次转给这个人，明天才转出，之前可以撤销"), "{words}");
        assert_eq!(page.get(&bank).await["card"]["speed"], "tomorrow");
        // Anybody may let it wait, and change their mind once more.
        let (_, page) = bank.pay_page("lifang", "给王强转三百").await;
        let (_, later) = choose(&bank, &page, &intent(&page.get(&bank).await), "tomorrow").await;
        assert_eq!(later["card"]["speed"], "tomorrow", "{later}");
        let (_, back) = choose(&bank, &page, &intent(&later), "at_once").await;
        assert_eq!(back["card"]["speed"], "at_once", "{back}");
        let (_, later) = choose(&bank, &page, &intent(&back), "tomorrow").await;
        let (status, told) = page.pay(&bank, &intent(&later), PIN).await;
        assert_eq!((status, &told["state"]), (200, &json!("ordered")), "{told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_chosen_where_a_day_was_said_or_the_money_stays_with_its_owner() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let (_, page) = bank.pay_page("lifang", "后天给王强转五十").await;
        let shown = page.get(&bank).await;
        assert_eq!(shown["card"]["speed"], Value::Null, "{shown}");
        let (status, no) = choose(&bank, &page, &intent(&shown), "at_once").await;
        assert_eq!((status, &no["code"]), (409, &json!("pay.changed")), "{no}");
        let (status, _) = choose(&bank, &page, "00", "at_once").await;
        assert_eq!(status, 409);
        bank.bind(APPID, "zhao", &people()[1]).await;
        bank.clock.advance_ms(60_000);
        let (_, page) = bank.pay_page("zhao", "从借记卡转一百到我的存折").await;
        assert_eq!(page.get(&bank).await["card"]["speed"], Value::Null);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn to_another_bank_even_a_little_needs_a_code_ta_02() {
    let numbers = (0..10).map(|d| format!("621700000000000009{d}"));
    let elsewhere = numbers.into_iter().find(|n| corebank::numbers::is_card(n)).unwrap();
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let (_, page) = bank.pay_page("lifang", "给李国强转十块").await;
        let (status, shown) = page.type_payee(&bank, "李国强", &elsewhere).await;
        assert_eq!((status, &shown["card"]["factors"]), (200, &json!("code_and_pin")), "{shown}");
        let (status, no) = page.pay(&bank, &intent(&shown), PIN).await;
        assert_eq!((status, &no["code"]), (409, &json!("undo.code")), "{no}");
        page.code(&bank, &intent(&shown), people()[0].mobile).await;
        let (status, done) = page.pay(&bank, &intent(&shown), PIN).await;
        assert_eq!((status, &done["money"]), (200, &json!("moved")), "{done}");
        bank.stop().await;
    }
}
