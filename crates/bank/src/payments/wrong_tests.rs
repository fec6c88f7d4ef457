//! 转错账 in the chat: the last transfers, one of them, what is wrong with it, and the case it becomes, once.

use super::tests::{PIN, knows_qiang};
use crate::testing::{APPID, TestBank};
use base::DAY_MS;

/// 李芳 pays 王强 so much.
async fn pay(bank: &TestBank, words: &str) {
    let (_, page) = bank.pay_page("lifang", words).await;
    let intent = page.get(bank).await["card"]["intent"].as_str().unwrap().to_owned();
    let (status, told) = page.pay(bank, &intent, PIN).await;
    assert_eq!(status, 200, "{told}");
    bank.quiet().await;
}

fn case_in(said: &str) -> &str {
    said.split("编号 ").nth(1).unwrap().split('，').next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_that_went_wrong_is_picked_from_the_last_ones_and_becomes_one_case() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        bank.say(APPID, "lifang", "不转了").await;
        let none = bank.say(APPID, "lifang", "转错账求助").await;
        assert!(none.contains("问能不能退") && none.contains("110"), "{none}");
        pay(&bank, "给王强转五十").await;
        pay(&bank, "给王强转六十").await;
        let list = bank.say(APPID, "lifang", "转错账求助").await;
        let (six, five) = (list.find("60.00 元").unwrap(), list.find("50.00 元").unwrap());
        assert!(six < five && list.contains("① ") && !list.contains("③"), "{list}");
        let asked = bank.say(APPID, "lifang", "第二笔").await;
        assert!(asked.contains("哪里错了"), "{asked}");
        let told = bank.say(APPID, "lifang", "重复转了").await;
        assert!(told.contains("转给王强") && told.contains("50.00 元"), "{told}");
        assert!(told.contains("客户经理") && !told.contains("60.00"), "{told}");
        let case = case_in(&told).to_owned();
        // Said again it is the same case.
        bank.say(APPID, "lifang", "转错账求助").await;
        bank.say(APPID, "lifang", "第二笔").await;
        let again = bank.say(APPID, "lifang", "转错人").await;
        assert_eq!(case_in(&again), case, "{again}");
        let progress = bank.say(APPID, "lifang", "办到哪了").await;
        assert!(progress.contains("转错账") && progress.contains(&case), "{progress}");
        // A month later it is no longer among the last ones.
        bank.clock.advance_ms(31 * DAY_MS);
        let later = bank.say(APPID, "lifang", "转错账求助").await;
        assert!(!later.contains("① "), "{later}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_fears_a_fraud_hears_the_police_first_and_who_is_not_bound_hears_what_to_do() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        pay(&bank, "给王强转五十").await;
        bank.say(APPID, "lifang", "转错账求助").await;
        bank.tap_line("lifang", "就是这一笔").await;
        let told = bank.say(APPID, "lifang", "怀疑被骗").await;
        assert!(told.starts_with("马上打 110 或 96110"), "{told}");
        assert!(told.contains("编号 ") && told.contains("锁卡"), "{told}");
        bank.follow(APPID, "zhao").await;
        let advice = bank.say(APPID, "zhao", "转错账求助").await;
        assert!(advice.contains("问能不能退") && advice.contains("110"), "{advice}");
        bank.stop().await;
    }
}
