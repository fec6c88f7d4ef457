//! Points given each month by themselves: agreed to after a lamp, given on their day, stopped in chat.

use super::tests::{LAMPS, projects};
use crate::payments::tests::LOST_ANSWERS;
use crate::plans::late::come_due_late;
use crate::testing::{APPID, LINGXI, OUTAGE, TestBank};
use base::DAY_MS;
use corebank::Weather;
use db::{Scope, params};

impl TestBank {
    async fn agrees(&self) -> String {
        self.say(APPID, "lifang", "每月捐积分").await;
        self.say(APPID, "lifang", "开").await
    }
    async fn a_month_later(&self) {
        // Whatever the month, its day has come by then and the next one has not.
        self.clock.advance_ms(31 * DAY_MS);
        self.quiet().await;
    }
    async fn says_last(&self) -> String {
        // Outside WeChat's window it waited for this.
        self.say(APPID, "lifang", "你好").await
    }
    async fn given(&self) -> i64 {
        2_340 - self.points().await.iter().sum::<i64>()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_lamp_a_hundred_points_are_given_on_that_day_of_each_month_once() {
    for bank in TestBank::each().await {
        bank.gives().await;
        bank.say(APPID, "lifang", "捐500积分").await;
        bank.tap_line("lifang", "确认").await;
        let asked = bank.tap_line("lifang", "每月自动捐100").await;
        assert!(asked.contains("开吗"), "{asked}");
        let said = bank.say(APPID, "lifang", "开").await;
        assert!(
            said.contains("开好了，现在没有扣分") && said.contains("自动捐 100 分给「点亮蓝灯」"),
            "{said}"
        );
        assert_eq!(bank.given().await, 500);
        bank.a_month_later().await;
        assert_eq!((bank.given().await, bank.lamps().await), (600, LAMPS + 2));
        let last = bank.says_last().await;
        assert!(last.contains("这个月的每月捐：✔ 谢谢您，捐出 100 分"), "{last}");
        bank.quiet().await;
        assert_eq!(bank.lamps().await, LAMPS + 2);
        let said = bank.say(APPID, "lifang", "停掉每月捐积分").await;
        assert!(said.contains("停了"), "{said}");
        bank.a_month_later().await;
        assert_eq!(bank.lamps().await, LAMPS + 2);
        bank.is_sound().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_saw_a_due_day_before_another_ran_it_gives_no_further_one() {
    for bank in TestBank::each().await {
        bank.gives().await;
        bank.agrees().await;
        bank.a_month_later().await;
        come_due_late(&bank.app, LINGXI).await.unwrap();
        bank.quiet().await;
        assert_eq!(bank.given().await, 100);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_due_day_that_was_run_is_not_run_again_whatever_the_plan_says() {
    for bank in TestBank::each().await {
        bank.gives().await;
        bank.agrees().await;
        bank.a_month_later().await;
        assert_eq!(bank.given().await, 100);
        let back = |tx: &db::Tx<'_>| {
            tx.exec(
                "UPDATE gift_plan SET next_at_ms = $1, due_day = (SELECT plan_day FROM gift WHERE gift.tenant_id = $2 AND plan_id = gift_plan.id) \
                 WHERE tenant_id = $2",
                params![tx.now(), tx.tenant()],
            )
        };
        bank.app.db.write(Scope::Tenant(LINGXI), back).await.unwrap();
        super::monthly::run_due(&bank.app).await.unwrap();
        bank.quiet().await;
        assert_eq!(bank.given().await, 100);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_asked_after_and_a_silent_core_is_asked_again_the_same_day() {
    for bank in TestBank::each().await {
        bank.gives().await;
        bank.agrees().await;
        bank.core.set_weather(OUTAGE);
        bank.clock.advance_ms(31 * DAY_MS);
        super::monthly::run_due(&bank.app).await.unwrap();
        bank.core.set_weather(LOST_ANSWERS);
        bank.clock.advance_ms(10 * 60_000);
        super::monthly::run_due(&bank.app).await.unwrap();
        bank.core.set_weather(Weather::FINE);
        bank.clock.advance_ms(60_000);
        bank.quiet().await;
        assert!(bank.given().await <= 100);
        assert_eq!(bank.lamps().await - LAMPS, bank.given().await / 100);
        bank.is_sound().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_few_points_are_told_and_a_closed_project_ends_it() {
    for bank in TestBank::each().await {
        bank.gives().await;
        bank.agrees().await;
        bank.say(APPID, "lifang", "点亮蓝灯").await;
        bank.tap_line("lifang", "捐不用密码的").await;
        bank.tap_line("lifang", "确认").await;
        bank.clock.advance_ms(DAY_MS);
        for _ in 0..3 {
            bank.say(APPID, "lifang", "点亮蓝灯").await;
            bank.tap_line("lifang", "捐100分").await;
            bank.tap_line("lifang", "确认").await;
        }
        bank.clock.advance_ms(30 * DAY_MS);
        bank.quiet().await;
        let last = bank.says_last().await;
        assert!(last.contains("分没有动：积分不够，差 60 分"), "{last}");
        bank.take_projects("qinghe", &projects(100_000_000, "2020-12-31")).await;
        bank.a_month_later().await;
        let last = bank.says_last().await;
        assert!(last.contains("项目不收了，每月捐积分停了"), "{last}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_unbinds_gives_no_more() {
    for bank in TestBank::each().await {
        bank.gives().await;
        bank.agrees().await;
        bank.say(APPID, "lifang", "解绑").await;
        bank.say(APPID, "lifang", "确定").await;
        bank.a_month_later().await;
        assert_eq!(bank.lamps().await, LAMPS);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_comes_a_quarter_further_thanks_each_giver_once_a_quarter_of_a_year() {
    for bank in TestBank::each().await {
        bank.gives().await;
        // A million points were there before: just under a quarter of the goal.
        bank.take_projects("qinghe", &projects(4_001_000, "2027-12-31")).await;
        super::thanks::round(&bank.app).await.unwrap();
        bank.say(APPID, "lifang", "捐500积分").await;
        bank.tap_line("lifang", "确认").await;
        let thanked =
            |all: Vec<String>| all.iter().filter(|w| w.contains("又往前走了一大步")).count();
        for _ in 0..2 {
            super::thanks::round(&bank.app).await.unwrap();
            bank.quiet().await;
            assert_eq!(thanked(bank.chat(APPID, "lifang").await), 1);
        }
        // Another step within the same quarter says nothing more.
        bank.take_projects("qinghe", &projects(2_000_000, "2027-12-31")).await;
        super::thanks::round(&bank.app).await.unwrap();
        bank.quiet().await;
        assert_eq!(thanked(bank.chat(APPID, "lifang").await), 1);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_declined_advertising_is_not_thanked_at_a_milestone() {
    for bank in TestBank::each().await {
        bank.gives().await;
        bank.take_projects("qinghe", &projects(4_001_000, "2027-12-31")).await;
        super::thanks::round(&bank.app).await.unwrap();
        bank.say(APPID, "lifang", "捐500积分").await;
        bank.tap_line("lifang", "确认").await;
        bank.say(APPID, "lifang", "退订广告").await;
        super::thanks::round(&bank.app).await.unwrap();
        bank.quiet().await;
        let all = bank.chat(APPID, "lifang").await;
        assert!(!all.iter().any(|w| w.contains("又往前走了一大步")), "{all:?}");
        bank.stop().await;
    }
}
