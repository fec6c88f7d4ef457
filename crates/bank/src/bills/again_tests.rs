//! 「明天再提醒我」 through the front door.

use super::tests::{SOON_MS, county};
use crate::testing::{APPID, TestBank};
use base::DAY_MS;

const HOUR_MS: i64 = 3_600_000;
const TOLD: &str = "缴费提醒：老屋（户号尾号0231）的电费现在欠 91.00 元";

/// It is the fifth of December, ten o'clock, and she was told of what she owes.
async fn banks() -> Vec<TestBank> {
    let all = county().await;
    for bank in &all {
        bank.knows_home().await;
        bank.say(APPID, "lifang", "每月5号提醒我交电费").await;
        bank.days_later(9).await;
        bank.say(APPID, "lifang", "你好").await;
        bank.owes_again(9_100).await;
        bank.days_later(1).await;
        assert_eq!(bank.times(TOLD).await, 1);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_is_told_once_more_at_nine_the_next_day_and_not_a_third_time() {
    for bank in banks().await {
        let said = bank.say(APPID, "lifang", "明天再提醒我").await;
        assert!(said.contains("12月6日 09:00再提醒您一次：老屋的电费"), "{said}");
        let said = bank.say(APPID, "lifang", "提醒我明天").await;
        assert!(said.contains("已经记下了"), "{said}");
        bank.clock.advance_ms(22 * HOUR_MS);
        bank.quiet().await;
        assert_eq!(bank.times(TOLD).await, 1, "it is eight o'clock");
        bank.clock.advance_ms(HOUR_MS);
        bank.quiet().await;
        assert_eq!(bank.times(TOLD).await, 2);
        let last = bank.last_words().await;
        assert!(last.contains("电费缴费") && !last.contains("明天再提醒我"), "{last}");
        bank.clock.advance_ms(DAY_MS);
        bank.quiet().await;
        assert_eq!(bank.times(TOLD).await, 2);
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_paid_by_then_is_left_alone() {
    for bank in banks().await {
        let said = bank.say(APPID, "lifang", "明天再提醒我").await;
        assert!(said.contains("那时已经交了就不打扰"), "{said}");
        let (_, page) = bank.pay_page("lifang", "给老屋交电费").await;
        page.pays(&bank).await;
        bank.biller_answers(SOON_MS).await;
        bank.days_later(1).await;
        assert_eq!(bank.times(TOLD).await, 1);
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_reminder_there_is_nothing_to_put_off() {
    for bank in county().await {
        let said = bank.say(APPID, "lifang", "明天再提醒我").await;
        assert!(said.contains("这两天没有给您发过"), "{said}");
        bank.closes().await;
    }
}
