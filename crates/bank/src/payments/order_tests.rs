//! Transfers at a later time through the front door: said in chat, proved once on the page, paid when they come due, taken back.

use super::orders;
use super::state::State;
use super::tests::{PIN, Page, knows_qiang};
use crate::testing::{APPID, LINGXI, OUTAGE, TestBank, people};
use base::DAY_MS;
use corebank::Weather;
use db::{Scope, params};
use serde_json::{Value, json};

/// 李芳's card and 王强's, and what both hold.
const CARD: i64 = 101_100_000_101;
const QIANG: i64 = 101_100_000_401;
const START: i64 = 128_050;
const MINUTE_MS: i64 = 60_000;

impl TestBank {
    /// Says it, proves it with the PIN alone, and hears that it is kept.
    pub(super) async fn ordered(&self, text: &str) -> (String, Page) {
        let (words, page) = self.pay_page("lifang", text).await;
        let intent = intent(&page.get(self).await);
        let (status, told) = page.pay(self, &intent, PIN).await;
        assert_eq!((status, &told["state"]), (200, &json!("ordered")), "{told}");
        self.quiet().await;
        (words, page)
    }
    pub(super) async fn last(&self) -> String {
        self.chat(APPID, "lifang").await.last().cloned().unwrap()
    }
    /// What became of each due day: the day, whether a payment was made, why not.
    pub(super) async fn runs(&self) -> Vec<(i64, bool, String)> {
        let unit = |tx: &db::Tx<'_>| {
            tx.all::<(i64, Option<i64>, String)>(
                "SELECT due_day, payment_id, outcome FROM payment_order_run WHERE tenant_id = $1 ORDER BY due_day",
                params![tx.tenant()],
            )
        };
        let all = self.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap();
        all.into_iter().map(|(day, payment, why)| (day, payment.is_some(), why)).collect()
    }
    pub(super) async fn paid(&self) -> i64 {
        self.worth(QIANG).await - START
    }
    pub(super) async fn a_day_later(&self) {
        self.clock.advance_ms(DAY_MS);
        self.quiet().await;
    }
}

pub(super) fn intent(page: &Value) -> String {
    page["card"]["intent"].as_str().unwrap_or_else(|| panic!("no card in {page}")).to_owned()
}

/// It is 10:00 on 25 November.
pub(super) async fn banks() -> Vec<TestBank> {
    let all = TestBank::each().await;
    for bank in &all {
        knows_qiang(bank).await;
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ordered_for_tomorrow_is_proved_today_and_paid_tomorrow_once() {
    for bank in banks().await {
        let (words, page) = bank.pay_page("lifang", "明天上午转五百给王强").await;
        assert!(words.contains("转给王强") && words.contains("09:00 转出"), "{words}");
        assert!(words.contains("现在不扣钱"), "{words}");
        let shown = page.get(&bank).await;
        let card = &shown["card"];
        assert_eq!(
            (&card["title"], &card["is_later"]),
            (&json!("预约转账"), &json!(true)),
            "{shown}"
        );
        let (status, told) = page.pay(&bank, &intent(&shown), PIN).await;
        assert_eq!(
            (status, &told["state"], &told["money"]),
            (200, &json!("ordered"), &json!("later")),
            "{told}"
        );
        assert_eq!(told["title"], "✔ 约好了，现在没有扣钱");
        assert_eq!(bank.paid().await, 0);
        bank.quiet().await;
        let last = bank.last().await;
        assert!(last.starts_with("✔ 约好了，现在没有扣钱：给王强"), "{last}");
        // A second tap hears the same and orders nothing more.
        let (status, again) = page.pay(&bank, &intent(&shown), PIN).await;
        assert_eq!((status, &again["state"]), (200, &json!("ordered")), "{again}");

        bank.a_day_later().await;
        assert_eq!((bank.paid().await, bank.worth(CARD).await), (50_000, START - 50_000));
        let last = bank.last().await;
        assert!(last.starts_with("✔ 已转给王强"), "{last}");
        bank.a_day_later().await;
        assert_eq!(bank.paid().await, 50_000);
        assert_eq!(bank.runs().await.len(), 1);
        assert!(bank.core.inner().check_invariants().await.unwrap().is_empty());
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn next_day_arrival_leaves_on_the_next_day() {
    for bank in banks().await {
        let (words, _) = bank.ordered("给王强转五百次日到账").await;
        assert!(words.contains("11月26日 09:00 转出"), "{words}");
        bank.a_day_later().await;
        assert_eq!(bank.paid().await, 50_000);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_monthly_order_pays_on_its_day_of_each_month() {
    for bank in banks().await {
        let (words, _) = bank.ordered("每月26号给王强转一百").await;
        assert!(words.contains("每月26日 09:00 转出，第一次 11月26日"), "{words}");
        bank.a_day_later().await;
        assert_eq!(bank.paid().await, 10_000);
        let list = bank.say(APPID, "lifang", "撤销延时转账").await;
        assert!(
            list.contains("每月26日 09:00 转给王强") && list.contains("下一次 12月26日"),
            "{list}"
        );
        bank.clock.advance_ms(30 * DAY_MS);
        bank.quiet().await;
        assert_eq!(bank.paid().await, 20_000);
        assert_eq!(
            bank.runs().await.iter().map(|r| r.0).collect::<Vec<_>>(),
            [20_261_126, 20_261_226]
        );
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sum_above_the_small_one_needs_a_code_that_names_the_time_ca_04() {
    for bank in banks().await {
        let (_, page) = bank.pay_page("lifang", "明天上午转一千零一块给王强").await;
        let shown = page.get(&bank).await;
        assert_eq!(shown["card"]["factors"], "code_and_pin", "{shown}");
        let intent = intent(&shown);
        let (status, no) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &no["code"]), (409, &json!("undo.code")), "{no}");
        page.code(&bank, &intent, people()[0].mobile).await;
        let sms = bank.look(&format!("sms?to={}", people()[0].mobile)).await;
        let text = sms["items"].as_array().unwrap().last().unwrap()["text"].to_string();
        assert!(text.contains("约11月26日 09:00向"), "{text}");
        let (status, told) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &told["state"]), (200, &json!("ordered")), "{told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_day_is_another_card_and_the_old_proof_is_refused() {
    for bank in banks().await {
        let (_, old) = bank.pay_page("lifang", "明天上午转五百给王强").await;
        let before = intent(&old.get(&bank).await);
        let (words, new) = bank.pay_page("lifang", "改成后天").await;
        assert!(words.contains("11月27日 09:00 转出"), "{words}");
        let (status, no) = new.pay(&bank, &before, PIN).await;
        assert_eq!((status, &no["code"]), (409, &json!("pay.changed")), "{no}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_order_is_not_kept_twice() {
    for bank in banks().await {
        bank.ordered("明天上午转五百给王强").await;
        let said = bank.say(APPID, "lifang", "明天上午转五百给王强").await;
        assert!(said.contains("没有扣钱") && said.contains("已经约好"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_little_money_on_the_day_is_told_and_not_tried_again() {
    for bank in banks().await {
        let (_, page) = bank.pay_page("lifang", "给王强转五百").await;
        let (status, done) = page.pay(&bank, &intent(&page.get(&bank).await), PIN).await;
        assert_eq!((status, &done["state"]), (200, &json!("done")), "{done}");
        bank.quiet().await;
        bank.ordered("明天上午转九百给王强").await;
        let last = bank.last().await;
        assert!(last.contains("现在账户里的钱不够，转之前请存够"), "{last}");
        bank.a_day_later().await;
        let last = bank.last().await;
        assert!(last.starts_with("✖ 约好 11月26日 给王强"), "{last}");
        assert!(last.contains("没有转，没有扣钱：账户里的钱不够"), "{last}");
        bank.clock.advance_ms(60 * MINUTE_MS);
        bank.quiet().await;
        assert_eq!(bank.paid().await, 50_000);
        assert_eq!(bank.runs().await, [(20_261_126, false, "balance.short".to_owned())]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limits_of_the_day_count_on_the_day() {
    let tight = "[payments]\nsingle_max_fen = 60000\nday_max_fen = 60000\npin_only_max_fen = 100000\n\
                 new_payee_max_fen = 200000\nnew_payee_wait_ms = 1800000\n";
    for bank in TestBank::each_with(tight).await {
        knows_qiang(&bank).await;
        bank.ordered("明天上午转五百给王强").await;
        // The day after, before it comes due, most of the day's limit is used up.
        bank.clock.advance_ms(DAY_MS - 2 * 60 * MINUTE_MS);
        let (_, page) = bank.pay_page("lifang", "给王强转二百").await;
        let (status, done) = page.pay(&bank, &intent(&page.get(&bank).await), PIN).await;
        assert_eq!((status, &done["state"]), (200, &json!("done")), "{done}");
        bank.quiet().await;
        bank.clock.advance_ms(2 * 60 * MINUTE_MS);
        bank.quiet().await;
        let last = bank.last().await;
        assert!(last.contains("没有转，没有扣钱：超过微信转账的限额"), "{last}");
        assert_eq!(bank.paid().await, 20_000);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_core_is_asked_again_the_same_day() {
    for bank in banks().await {
        bank.ordered("明天上午转五百给王强").await;
        bank.core.set_weather(OUTAGE);
        bank.a_day_later().await;
        assert!(bank.runs().await.is_empty());
        bank.core.set_weather(Weather::FINE);
        bank.clock.advance_ms(10 * MINUTE_MS);
        bank.quiet().await;
        assert_eq!(bank.paid().await, 50_000);
        assert_eq!(bank.runs().await.len(), 1);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_breaker_is_open_an_order_waits() {
    for bank in banks().await {
        bank.ordered("明天上午转五百给王强").await;
        // Shortly before nine, so that it is still open when the order comes due.
        bank.clock.advance_ms(DAY_MS - 61 * MINUTE_MS);
        bank.core.set_weather(OUTAGE);
        for yuan in 101..121 {
            bank.say(APPID, "lifang", &format!("给王强转{yuan}元")).await;
        }
        bank.core.set_weather(Weather::FINE);
        let said = bank.say(APPID, "lifang", "给王强转130元").await;
        assert!(said.contains("正在维护"), "{said}");
        let ripe = |tx: &db::Tx<'_>| {
            tx.exec(
                "UPDATE payment_order SET next_at_ms = $1 WHERE tenant_id = $2",
                params![tx.now(), tx.tenant()],
            )
        };
        bank.app.db.write(Scope::Tenant(LINGXI), ripe).await.unwrap();
        bank.quiet().await;
        assert!(bank.runs().await.is_empty());
        bank.clock.advance_ms(10 * MINUTE_MS);
        bank.quiet().await;
        assert_eq!(bank.paid().await, 50_000);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_was_missed_is_told_and_never_made_up_for() {
    for bank in banks().await {
        bank.ordered("每月26号给王强转一百").await;
        // one in the morning of the 27th
        bank.clock.advance_ms(39 * 60 * MINUTE_MS);
        bank.quiet().await;
        let last = bank.last().await;
        assert!(last.contains("没有转，没有扣钱：那天银行系统停着"), "{last}");
        assert!(last.contains("下一次 12月26日"), "{last}");
        assert_eq!(bank.paid().await, 0);
        // half past nine on 26 December
        bank.clock.advance_ms(29 * DAY_MS + 8 * 60 * MINUTE_MS + 30 * MINUTE_MS);
        bank.quiet().await;
        assert_eq!(bank.paid().await, 10_000);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_at_once_pay_a_due_day_once() {
    for bank in banks().await {
        bank.ordered("明天上午转五百给王强").await;
        bank.clock.advance_ms(DAY_MS);
        let all = (0..6).map(|_| orders::run_due(&bank.app));
        futures_util::future::join_all(all).await;
        bank.quiet().await;
        assert_eq!(bank.paid().await, 50_000);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_due_day_that_was_run_is_not_run_again_whatever_the_order_says() {
    for bank in banks().await {
        bank.ordered("明天上午转五百给王强").await;
        bank.a_day_later().await;
        let before = bank.payments().await;
        let back = |tx: &db::Tx<'_>| {
            tx.exec(
                "UPDATE payment_order SET state = 'live', next_at_ms = $1 WHERE tenant_id = $2",
                params![tx.now(), tx.tenant()],
            )
        };
        bank.app.db.write(Scope::Tenant(LINGXI), back).await.unwrap();
        assert_eq!(orders::run_due(&bank.app).await.unwrap(), 0);
        bank.quiet().await;
        assert_eq!((bank.paid().await, bank.payments().await), (50_000, before));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_taken_back_before_its_time_is_not_paid() {
    for bank in banks().await {
        bank.ordered("明天上午转五百给王强").await;
        let list = bank.say(APPID, "lifang", "撤销延时转账").await;
        assert!(list.contains("11月26日 09:00 转给王强"), "{list}");
        let asked = bank.say(APPID, "lifang", "第一笔").await;
        assert!(asked.contains("撤吗"), "{asked}");
        let said = bank.say(APPID, "lifang", "撤掉").await;
        assert!(said.starts_with("撤掉了，没有扣钱：11月26日 09:00 转给王强"), "{said}");
        bank.a_day_later().await;
        assert_eq!(bank.paid().await, 0);
        assert!(bank.runs().await.is_empty());
        let list = bank.say(APPID, "lifang", "撤销延时转账").await;
        assert!(list.contains("没有约好还没转的"), "{list}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_it_back_too_late_hears_that_it_was_paid() {
    for bank in banks().await {
        bank.ordered("明天上午转五百给王强").await;
        bank.clock.advance_ms(DAY_MS - 70 * MINUTE_MS);
        bank.say(APPID, "lifang", "撤销延时转账").await;
        let asked = bank.say(APPID, "lifang", "第一笔").await;
        assert!(asked.contains("撤吗"), "{asked}");
        bank.clock.advance_ms(11 * MINUTE_MS);
        bank.quiet().await;
        assert_eq!(bank.paid().await, 50_000);
        let said = bank.say(APPID, "lifang", "撤掉").await;
        assert!(said.contains("撤不了了") && said.contains("✔ 已转出"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn taken_back_while_it_comes_due_one_of_both_wins() {
    for bank in banks().await {
        bank.ordered("明天上午转五百给王强").await;
        bank.clock.advance_ms(DAY_MS - 61 * MINUTE_MS);
        bank.say(APPID, "lifang", "撤销延时转账").await;
        bank.say(APPID, "lifang", "第一笔").await;
        bank.clock.advance_ms(2 * MINUTE_MS);
        let (ran, said) =
            tokio::join!(orders::run_due(&bank.app), bank.say(APPID, "lifang", "撤掉"));
        ran.unwrap();
        bank.quiet().await;
        let is_paid = bank.paid().await == 50_000;
        assert_eq!(said.contains("撤掉了，没有扣钱"), !is_paid, "{said}");
        assert_eq!(said.contains("撤不了了"), is_paid, "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_unbound_since_pays_nothing_and_is_told() {
    for bank in banks().await {
        bank.ordered("每月26号给王强转一百").await;
        bank.say(APPID, "lifang", "解绑").await;
        let left = bank.say(APPID, "lifang", "确定").await;
        assert!(left.contains("已解除绑定"), "{left}");
        bank.a_day_later().await;
        let last = bank.last().await;
        assert!(last.contains("没有扣钱：您解绑了银行卡") && last.contains("停了"), "{last}");
        bank.clock.advance_ms(30 * DAY_MS);
        bank.quiet().await;
        assert_eq!(bank.paid().await, 0);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_due_leaves_another_card_where_it_is() {
    for bank in banks().await {
        bank.ordered("明天上午转五百给王强").await;
        bank.clock.advance_ms(DAY_MS - 63 * MINUTE_MS);
        let (_, page) = bank.pay_page("lifang", "给王强转一百").await;
        bank.clock.advance_ms(4 * MINUTE_MS);
        bank.quiet().await;
        let last = bank.last().await;
        assert!(last.starts_with("✔ 已转给王强") && last.contains("对吗"), "{last}");
        let (status, done) = page.pay(&bank, &intent(&page.get(&bank).await), PIN).await;
        assert_eq!((status, &done["state"]), (200, &json!("done")), "{done}");
        assert_eq!(bank.paid().await, 60_000);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_to_a_new_payee_is_kept_once_they_are_typed() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.clock.advance_ms(2 * DAY_MS);
        let (words, page) = bank.pay_page("lifang", "明天上午转一百给王强").await;
        assert!(words.contains("王强是新的收款人"), "{words}");
        let (status, shown) = page.type_payee(&bank, "王强", &people()[3].card_no).await;
        assert_eq!((status, &shown["card"]["is_later"]), (200, &json!(true)), "{shown}");
        let (status, told) = page.pay(&bank, &intent(&shown), PIN).await;
        assert_eq!((status, &told["state"]), (200, &json!("ordered")), "{told}");
        assert_eq!(bank.payments().await, [State::Ended]);
        bank.quiet().await;
        bank.a_day_later().await;
        assert_eq!(bank.paid().await, 10_000);
        bank.stop().await;
    }
}
