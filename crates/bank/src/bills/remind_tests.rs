//! Reminders through the front door: said in chat, told on their day, stopped.

use super::remind;
use super::tests::{SOON_MS, county, electric, number};
use crate::plans::late::come_due_late;
use crate::testing::{APPID, LINGXI, OUTAGE, TestBank};
use base::{DAY_MS, Fen};
use corebank::Weather;

const HOUR_MS: i64 = 3_600_000;
/// Longer than a word waits for others of its day.
const GATHERED_MS: i64 = 21_000;
const TOLD: &str = "缴费提醒：老屋（户号尾号0231）的电费现在欠 91.00 元";

impl TestBank {
    /// 李芳 has paid for 老屋 before: it is remembered.
    pub(super) async fn knows_home(&self) {
        let (_, page) = self.bill("给老屋交电费", &electric("0231")).await;
        page.pays(self).await;
        self.biller_answers(SOON_MS).await;
    }
    /// 老屋 owes this month's electricity.
    pub(super) async fn owes_again(&self, fen: i64) {
        let number = electric("0231");
        self.core.inner().add_bill(LINGXI, ("electric", &number), Fen::of(fen)).await.unwrap();
    }
    pub(super) async fn days_later(&self, days: i64) {
        self.clock.advance_ms(days * DAY_MS);
        self.quiet().await;
    }
    /// How often it was said.
    pub(super) async fn times(&self, words: &str) -> usize {
        self.chat(APPID, "lifang").await.iter().filter(|w| w.contains(words)).count()
    }
    /// It is the fourth of December, ten o'clock, and she has just been in the chat.
    async fn is_reminded_tomorrow(&self) {
        self.knows_home().await;
        let said = self.say(APPID, "lifang", "每月5号提醒我交电费").await;
        assert!(said.contains("每月5日 09:00提醒交老屋的电费，第一次 12月5日"), "{said}");
        self.days_later(9).await;
        self.say(APPID, "lifang", "你好").await;
    }
}

async fn banks() -> Vec<TestBank> {
    let all = county().await;
    for bank in &all {
        bank.is_reminded_tomorrow().await;
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_owed_on_the_day_is_told_once_and_one_tap_opens_the_bill() {
    for bank in banks().await {
        bank.owes_again(9_100).await;
        bank.days_later(1).await;
        let last = bank.last_words().await;
        assert!(last.contains(TOLD) && last.contains("电费缴费"), "{last}");
        bank.clock.advance_ms(HOUR_MS);
        bank.quiet().await;
        assert_eq!(bank.times(TOLD).await, 1);
        let (words, page) = bank.pay_page("lifang", "电费缴费").await;
        assert!(words.contains("给老屋（户号尾号0231") && words.contains("91.00 元"), "{words}");
        page.pays(&bank).await;
        bank.biller_answers(SOON_MS).await;
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_owes_nothing_hears_nothing() {
    for bank in banks().await {
        bank.days_later(1).await;
        assert_eq!(bank.times("缴费提醒：").await, 0);
        // And next month it is looked at again.
        bank.days_later(30).await;
        bank.owes_again(9_100).await;
        bank.say(APPID, "lifang", "你好").await;
        bank.days_later(1).await;
        assert_eq!(bank.times(TOLD).await, 1);
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_biller_is_asked_again_the_same_day() {
    for bank in banks().await {
        bank.owes_again(9_100).await;
        bank.core.set_weather(OUTAGE);
        bank.days_later(1).await;
        assert_eq!(bank.times("缴费提醒：").await, 0);
        bank.core.set_weather(Weather::FINE);
        bank.clock.advance_ms(HOUR_MS);
        bank.quiet().await;
        assert_eq!(bank.times(TOLD).await, 1);
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_biller_that_is_silent_all_day_is_said_so_once() {
    for bank in banks().await {
        bank.owes_again(9_100).await;
        bank.core.set_weather(OUTAGE);
        bank.days_later(1).await;
        for _ in 0..30 {
            bank.clock.advance_ms(HOUR_MS / 2);
            bank.quiet().await;
        }
        bank.core.set_weather(Weather::FINE);
        bank.days_later(1).await;
        assert_eq!(bank.times("今天没有回话，欠多少没查到").await, 1);
        assert_eq!(bank.times("缴费提醒：").await, 1);
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_wechats_window_it_is_kept_until_the_next_contact() {
    for bank in county().await {
        bank.knows_home().await;
        bank.say(APPID, "lifang", "每月5号提醒我交电费").await;
        bank.days_later(9).await;
        bank.owes_again(9_100).await;
        bank.days_later(1).await;
        assert_eq!(bank.times(TOLD).await, 0);
        bank.days_later(2).await;
        let said = bank.say(APPID, "lifang", "你好").await;
        assert!(said.contains(TOLD), "{said}");
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_at_once_tell_it_once() {
    for bank in banks().await {
        bank.owes_again(9_100).await;
        bank.clock.advance_ms(DAY_MS);
        let all = (0..6).map(|_| remind::run_due(&bank.app));
        futures_util::future::join_all(all).await;
        bank.quiet().await;
        assert_eq!(bank.times(TOLD).await, 1);
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_saw_it_due_before_another_told_it_tells_it_no_more() {
    for bank in banks().await {
        bank.owes_again(9_100).await;
        bank.days_later(1).await;
        come_due_late(&bank.app, LINGXI).await.unwrap();
        bank.quiet().await;
        assert_eq!(bank.times(TOLD).await, 1);
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_switched_off_in_chat_and_another_day_takes_its_place() {
    for bank in banks().await {
        bank.owes_again(9_100).await;
        let said = bank.say(APPID, "lifang", "提醒日期改成20号").await;
        assert!(said.contains("每月20日 09:00提醒交老屋的电费"), "{said}");
        let list = bank.say(APPID, "lifang", "关掉缴费提醒").await;
        assert!(list.contains("设好的有 1 个") && list.contains("每月20日 09:00"), "{list}");
        bank.days_later(1).await;
        assert_eq!(bank.times("缴费提醒：").await, 0);
        bank.say(APPID, "lifang", "关掉缴费提醒").await;
        let said = bank.say(APPID, "lifang", "停掉这一个").await;
        assert!(said.contains("已经停了：老屋的电费的提醒"), "{said}");
        bank.days_later(16).await;
        let said = bank.say(APPID, "lifang", "看看设的提醒").await;
        assert!(said.contains("现在没有设好的提醒"), "{said}");
        assert_eq!(bank.times("缴费提醒：").await, 0);
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unbinding_ends_it_and_without_a_household_there_is_none() {
    for bank in banks().await {
        bank.owes_again(9_100).await;
        bank.say(APPID, "lifang", "解绑").await;
        let left = bank.say(APPID, "lifang", "确定").await;
        assert!(left.contains("已解除绑定"), "{left}");
        bank.days_later(1).await;
        assert_eq!(bank.times("缴费提醒：").await, 0);
        bank.closes().await;
    }
    for bank in county().await {
        let said = bank.say(APPID, "lifang", "每月5号提醒我交电费").await;
        assert!(said.contains("先交一次，户号就记下了"), "{said}");
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn households_that_come_due_together_are_told_in_one_message() {
    for bank in county().await {
        bank.knows_home().await;
        let water = number("water", "0362");
        let (_, page) = bank.bill("交水费", &water).await;
        page.pays(&bank).await;
        bank.biller_answers(SOON_MS).await;
        let said = bank.say(APPID, "lifang", "每月5号提醒我交费").await;
        assert!(said.contains("老屋的电费") && said.contains("的水费"), "{said}");
        bank.days_later(9).await;
        bank.say(APPID, "lifang", "你好").await;
        bank.owes_again(9_100).await;
        bank.core.inner().add_bill(LINGXI, ("water", &water), Fen::of(4_200)).await.unwrap();
        bank.days_later(1).await;
        bank.clock.advance_ms(GATHERED_MS);
        bank.quiet().await;
        assert_eq!(bank.times("缴费提醒：").await, 1);
        let last = bank.last_words().await;
        assert!(last.contains("老屋（户号尾号0231）的电费现在欠 91.00 元。\n"), "{last}");
        assert!(last.contains("（户号尾号0362）的水费现在欠 42.00 元。\n"), "{last}");
        assert!(last.contains("一共 133.00 元。"), "{last}");
        // Each has a line of its own.
        let line = last.lines().find(|l| l.ends_with("的水费")).unwrap();
        let (words, _) = bank.pay_page("lifang", line).await;
        assert!(words.contains("（户号尾号0362") && words.contains("42.00 元"), "{words}");
        // A job that runs again says nothing new.
        bank.clock.advance_ms(HOUR_MS);
        bank.quiet().await;
        assert_eq!(bank.times("缴费提醒：").await, 1);
        bank.closes().await;
    }
}
