//! Transfers every week and every year, so many times or until a day; paused, resumed, and told of the day before.

use super::order_tests::banks;
use super::orders;
use crate::plans::late::come_due_late;
use crate::testing::{APPID, LINGXI, TestBank};
use base::DAY_MS;

const HOUR_MS: i64 = 3_600_000;

impl TestBank {
    async fn some_days_later(&self, days: i64) {
        for _ in 0..days {
            self.clock.advance_ms(DAY_MS);
            self.quiet().await;
        }
    }
    async fn reminders(&self) -> Vec<String> {
        let all = self.chat(APPID, "lifang").await;
        all.into_iter().filter(|words| words.starts_with("提醒：")).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weekly_order_pays_on_its_day_of_each_week_so_many_times_and_no_more() {
    for bank in banks().await {
        // It is Wednesday, 25 November.
        let (words, _) = bank.ordered("每周四给王强转一百转三次").await;
        assert!(
            words.contains("每周四 09:00 转出，第一次 11月26日，共3次，最后一次 12月10日"),
            "{words}"
        );
        bank.some_days_later(1).await;
        assert_eq!(bank.paid().await, 10_000);
        let list = bank.say(APPID, "lifang", "撤销延时转账").await;
        assert!(list.contains("每周四 09:00，共3次 转给王强"), "{list}");
        assert!(list.contains("下一次 12月3日，还有2次"), "{list}");
        bank.some_days_later(21).await;
        assert_eq!(bank.paid().await, 30_000);
        let days: Vec<_> = bank.runs().await.iter().map(|r| r.0).collect();
        assert_eq!(days, [20_261_126, 20_261_203, 20_261_210]);
        let list = bank.say(APPID, "lifang", "撤销延时转账").await;
        assert!(list.contains("没有约好还没转的"), "{list}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_saw_a_due_day_before_another_ran_it_pays_no_further_one() {
    for bank in banks().await {
        bank.ordered("每周四给王强转一百").await;
        bank.some_days_later(1).await;
        assert_eq!(bank.paid().await, 10_000);
        come_due_late(&bank.app, LINGXI).await.unwrap();
        bank.quiet().await;
        assert_eq!((bank.paid().await, bank.runs().await.len()), (10_000, 1));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yearly_order_pays_on_its_day_of_each_year() {
    for bank in banks().await {
        let (words, _) = bank.ordered("每年11月26号给王强转一百").await;
        assert!(words.contains("每年11月26日 09:00 转出，第一次 11月26日"), "{words}");
        bank.some_days_later(1).await;
        assert_eq!(bank.paid().await, 10_000);
        let list = bank.say(APPID, "lifang", "撤销延时转账").await;
        assert!(list.contains("下一次 2027年11月26日"), "{list}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_until_a_day_pays_nothing_after_it() {
    for bank in banks().await {
        let (words, _) = bank.ordered("每月26号给王强转一百转到明年1月").await;
        assert!(
            words.contains(
                "每月26日 09:00 转出，第一次 11月26日，到2027年1月31日为止，共3次，最后一次 2027年1月26日"
            ),
            "{words}"
        );
        bank.some_days_later(1).await;
        for _ in 0..3 {
            bank.clock.advance_ms(30 * DAY_MS + DAY_MS / 2);
            bank.quiet().await;
        }
        assert_eq!(bank.runs().await.len(), 3);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_number_of_times_is_another_card_and_the_old_proof_is_refused() {
    for bank in banks().await {
        let (_, old) = bank.pay_page("lifang", "每月26号给王强转一百").await;
        let before = super::order_tests::intent(&old.get(&bank).await);
        let (words, new) = bank.pay_page("lifang", "转十次").await;
        assert!(words.contains("共10次，最后一次 2027年8月26日"), "{words}");
        let (status, no) = new.pay(&bank, &before, super::tests::PIN).await;
        assert_eq!((status, &no["code"]), (409, &serde_json::json!("pay.changed")), "{no}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_whose_last_day_is_before_its_first_is_refused() {
    for bank in banks().await {
        let said = bank.say(APPID, "lifang", "每月24号给王强转一百转到12月1号为止").await;
        assert!(said.contains("没有约，没有扣钱"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_order_pays_nothing_until_it_is_resumed_and_makes_up_for_nothing() {
    for bank in banks().await {
        bank.ordered("每周四给王强转一百转三次").await;
        bank.some_days_later(1).await;
        let list = bank.say(APPID, "lifang", "暂停定时转账").await;
        assert!(list.contains("每周四 09:00，共3次 转给王强"), "{list}");
        let said = bank.say(APPID, "lifang", "第一笔").await;
        assert!(said.starts_with("停着了，没有扣钱：每周四"), "{said}");
        bank.some_days_later(14).await;
        assert_eq!(bank.paid().await, 10_000);
        let list = bank.say(APPID, "lifang", "撤销延时转账").await;
        assert!(list.contains("，停着"), "{list}");

        bank.say(APPID, "lifang", "恢复定时转账").await;
        let asked = bank.say(APPID, "lifang", "第一笔").await;
        assert!(asked.contains("恢复吗"), "{asked}");
        let said = bank.say(APPID, "lifang", "恢复").await;
        assert!(said.starts_with("恢复了，现在没有扣钱"), "{said}");
        // What did not come while it stood still is still to come.
        assert!(said.contains("下一次 12月17日，还有2次，最后一次 12月24日"), "{said}");
        bank.some_days_later(21).await;
        assert_eq!(bank.paid().await, 30_000);
        let days: Vec<_> = bank.runs().await.iter().map(|r| r.0).collect();
        assert_eq!(days, [20_261_126, 20_261_217, 20_261_224]);
        assert!(bank.core.inner().check_invariants().await.unwrap().is_empty());
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn paused_while_it_comes_due_one_of_both_wins() {
    for bank in banks().await {
        bank.ordered("每周四给王强转一百").await;
        bank.clock.advance_ms(DAY_MS - HOUR_MS - 60_000);
        bank.say(APPID, "lifang", "暂停定时转账").await;
        bank.clock.advance_ms(2 * 60_000);
        let (ran, said) =
            tokio::join!(orders::run_due(&bank.app), bank.say(APPID, "lifang", "第一笔"));
        ran.unwrap();
        bank.quiet().await;
        // Paid or not on that day, it is never paid twice, and what was paused pays no more.
        let paid = bank.paid().await;
        assert!(paid == 0 || paid == 10_000, "{paid}");
        if said.starts_with("停着了") {
            bank.some_days_later(7).await;
            assert_eq!(bank.paid().await, paid);
        }
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_order_may_be_taken_back_and_the_same_is_not_ordered_beside_it() {
    for bank in banks().await {
        bank.ordered("每周四给王强转一百").await;
        bank.say(APPID, "lifang", "暂停定时转账").await;
        bank.say(APPID, "lifang", "第一笔").await;
        let said = bank.say(APPID, "lifang", "每周四给王强转一百").await;
        assert!(said.contains("没有扣钱") && said.contains("已经约好"), "{said}");
        bank.say(APPID, "lifang", "不转了").await;
        bank.say(APPID, "lifang", "撤销延时转账").await;
        bank.say(APPID, "lifang", "第一笔").await;
        let said = bank.say(APPID, "lifang", "撤掉").await;
        assert!(said.starts_with("撤掉了，没有扣钱"), "{said}");
        let said = bank.say(APPID, "lifang", "恢复定时转账").await;
        assert!(said.contains("没有停着的"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_day_before_the_customer_is_told_once_and_can_call_it_off() {
    for bank in banks().await {
        bank.ordered("每周六给王强转一百").await;
        bank.some_days_later(1).await;
        assert!(bank.reminders().await.is_empty());
        bank.say(APPID, "lifang", "你好").await;
        bank.some_days_later(1).await;
        let all = bank.reminders().await;
        assert_eq!(all.len(), 1, "{all:?}");
        assert!(all[0].contains("提醒：11月28日 09:00 转给王强"), "{}", all[0]);
        assert!(all[0].contains("不转了") && all[0].contains("先停着"), "{}", all[0]);
        // Paused and resumed on the same day, the word is not said again.
        let said = bank.say(APPID, "lifang", "先停着").await;
        assert!(said.starts_with("停着了"), "{said}");
        bank.say(APPID, "lifang", "恢复定时转账").await;
        bank.say(APPID, "lifang", "第一笔").await;
        let said = bank.say(APPID, "lifang", "恢复").await;
        assert!(said.contains("下一次 11月28日"), "{said}");
        bank.clock.advance_ms(HOUR_MS);
        bank.quiet().await;
        assert_eq!(bank.reminders().await.len(), 1);

        bank.say(APPID, "lifang", "撤销延时转账").await;
        bank.say(APPID, "lifang", "第一笔").await;
        bank.say(APPID, "lifang", "撤掉").await;
        bank.some_days_later(14).await;
        assert_eq!((bank.paid().await, bank.reminders().await.len()), (0, 1));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_line_of_the_reminder_calls_off_a_transfer_that_is_made_once() {
    for bank in banks().await {
        bank.ordered("28号给王强转一百").await;
        bank.some_days_later(1).await;
        bank.say(APPID, "lifang", "你好").await;
        bank.some_days_later(1).await;
        let all = bank.reminders().await;
        assert_eq!(all.len(), 1, "{all:?}");
        assert!(!all[0].contains("先停着"), "{}", all[0]);
        let asked = bank.say(APPID, "lifang", "不转了").await;
        assert!(asked.contains("撤吗"), "{asked}");
        let said = bank.say(APPID, "lifang", "撤掉").await;
        assert!(said.starts_with("撤掉了，没有扣钱：11月28日"), "{said}");
        bank.some_days_later(2).await;
        assert_eq!(bank.paid().await, 0);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_no_word_beforehand_gets_none_and_pays_all_the_same() {
    for bank in banks().await {
        bank.ordered("每周六给王强转一百").await;
        bank.say(APPID, "lifang", "关掉转账前的提醒").await;
        let said = bank.say(APPID, "lifang", "第一笔").await;
        assert!(said.starts_with("好，前一天不再提醒了，到日子照转"), "{said}");
        bank.some_days_later(3).await;
        assert_eq!((bank.paid().await, bank.reminders().await.len()), (10_000, 0));
        bank.stop().await;
    }
}
