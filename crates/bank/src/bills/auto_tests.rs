//! Agreements through the front door: signed once on the page, paid on their day, never more than the limit, stopped in chat.

use super::tests::{CARD, SOON_MS, START, county, settled};
use crate::payments::state::State;
use crate::payments::tests::{PIN, Page};
use crate::testing::{APPID, LINGXI, OUTAGE, TestBank, people};
use base::DAY_MS;
use corebank::Weather;
use db::{Scope, params};
use serde_json::json;

/// What 李芳 has once 老屋 was paid for the first time.
const HAS: i64 = START - 8_600;
const HOUR_MS: i64 = 3_600_000;
const DUE: i64 = 20_261_215;

impl TestBank {
    /// Says it, and says the limit when she is asked for it.
    async fn agreement(&self, words: &str, limit: &str) -> (String, Page) {
        let asked = self.say(APPID, "lifang", words).await;
        assert!(asked.contains("每次最多扣多少"), "{asked}");
        self.pay_page("lifang", limit).await
    }
    async fn signs(&self, page: &Page) {
        let intent = page.intent(self).await;
        page.code(self, &intent, people()[0].mobile).await;
        let (status, told) = page.pay(self, &intent, PIN).await;
        assert_eq!((status, &told["state"]), (200, &json!("ordered")), "{told}");
        self.quiet().await;
    }
    /// 老屋 is known and signed for; it is the fourteenth of December, ten o'clock, and she has just been in the chat.
    async fn is_signed(&self, limit: &str) {
        self.knows_home().await;
        let (_, page) = self.agreement("签个电费代扣协议", limit).await;
        self.signs(&page).await;
        self.days_later(19).await;
        self.say(APPID, "lifang", "你好").await;
    }
    /// What became of each due day.
    async fn due_days(&self) -> Vec<(i64, bool, String)> {
        let unit = |tx: &db::Tx<'_>| {
            tx.all::<(i64, Option<i64>, String)>(
                "SELECT due_day, payment_id, outcome FROM payment_order_run WHERE tenant_id = $1 ORDER BY due_day",
                params![tx.tenant()],
            )
        };
        let all = self.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap();
        all.into_iter().map(|(day, payment, why)| (day, payment.is_some(), why)).collect()
    }
}

async fn banks(limit: &str) -> Vec<TestBank> {
    let all = county().await;
    for bank in &all {
        bank.is_signed(limit).await;
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_signed_with_code_and_pin_and_the_page_says_for_what() {
    for bank in county().await {
        bank.knows_home().await;
        let (words, page) = bank.agreement("签个电费代扣协议", "两百").await;
        assert!(words.contains("每月15日 09:00 查账单，欠多少扣多少，第一次 12月15日"), "{words}");
        assert!(words.contains("每次最多 200.00 元") && words.contains("现在不扣钱"), "{words}");
        let shown = page.get(&bank).await;
        let card = &shown["card"];
        assert_eq!((&card["title"], &card["is_later"]), (&json!("自动代扣签约"), &json!(true)));
        assert_eq!(card["purpose"], "电费代扣");
        assert_eq!(
            (&card["payee_tail"], &card["factors"]),
            (&json!("0231"), &json!("code_and_pin"))
        );
        let intent = page.intent(&bank).await;
        let (status, no) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &no["code"]), (409, &json!("undo.code")), "{no}");
        bank.signs(&page).await;
        let sms = bank.look(&format!("sms?to={}", people()[0].mobile)).await;
        let text = sms["items"].as_array().unwrap().last().unwrap()["text"].to_string();
        assert!(text.contains("电费自动代扣，每次最多200.00元"), "{text}");
        let last = bank.last_words().await;
        assert!(last.starts_with("✔ 签好了，现在没有扣钱"), "{last}");
        assert_eq!(bank.worth(CARD).await, HAS);
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_owed_is_paid_on_the_day_once_and_told() {
    for bank in banks("两百").await {
        bank.owes_again(9_100).await;
        bank.days_later(1).await;
        assert_eq!(bank.worth(CARD).await, HAS - 9_100);
        bank.biller_answers(SOON_MS).await;
        let last = bank.last_words().await;
        assert!(last.contains("✔ 已交电费 91.00 元") && last.contains("自动代扣"), "{last}");
        bank.days_later(1).await;
        assert_eq!(bank.worth(CARD).await, HAS - 9_100);
        assert_eq!(bank.due_days().await, [(DUE, true, String::new())]);
        let said = bank.say(APPID, "lifang", "缴费历史").await;
        assert!(said.contains("老屋 电费 91.00 元：✔ 已交"), "{said}");
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_the_limit_is_never_paid_and_is_told_with_the_sum() {
    for bank in banks("两百").await {
        bank.owes_again(20_001).await;
        bank.days_later(1).await;
        let last = bank.last_words().await;
        assert!(last.contains("自动代扣没有扣钱") && last.contains("200.01 元"), "{last}");
        assert!(last.contains("超过您定的每次最多 200.00 元"), "{last}");
        assert_eq!(bank.worth(CARD).await, HAS);
        assert_eq!(bank.due_days().await, [(DUE, false, "bill.over".to_owned())]);
        let (words, _) = bank.pay_page("lifang", "交电费").await;
        assert!(words.contains("给老屋") && words.contains("200.01 元"), "{words}");
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_the_limit_is_paid_and_nothing_owed_is_quiet() {
    for bank in banks("两百").await {
        bank.owes_again(20_000).await;
        bank.days_later(1).await;
        bank.biller_answers(SOON_MS).await;
        assert_eq!(bank.worth(CARD).await, HAS - 20_000);
        // In January nothing is owed.
        let before = bank.chat(APPID, "lifang").await.len();
        bank.days_later(31).await;
        assert_eq!(bank.worth(CARD).await, HAS - 20_000);
        assert_eq!(bank.due_days().await[1], (20_270_115, false, "bill.nothing".to_owned()));
        assert_eq!(bank.chat(APPID, "lifang").await.len(), before);
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_little_money_is_tried_on_two_more_days_and_then_left_to_the_customer() {
    for bank in banks("两千").await {
        bank.owes_again(150_000).await;
        for _ in 0..2 {
            bank.days_later(1).await;
            let last = bank.last_words().await;
            assert!(last.contains("1,500.00 元，账户里的钱不够。明天再扣一次"), "{last}");
            bank.say(APPID, "lifang", "你好").await;
        }
        bank.days_later(1).await;
        let last = bank.last_words().await;
        assert!(last.contains("不再试了，请您自己交。下一次 1月15日"), "{last}");
        bank.days_later(1).await;
        let days: Vec<_> =
            bank.due_days().await.into_iter().map(|(day, _, why)| (day, why)).collect();
        let short = |day: i64| (day, "balance.short".to_owned());
        assert_eq!(days, [short(DUE), short(DUE + 1), short(DUE + 2)]);
        assert_eq!(bank.worth(CARD).await, HAS);
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_at_once_pay_a_bill_once() {
    for bank in banks("两百").await {
        bank.owes_again(9_100).await;
        bank.clock.advance_ms(DAY_MS);
        let all = (0..6).map(|_| crate::plans::run_due(&bank.app));
        futures_util::future::join_all(all).await;
        bank.biller_answers(SOON_MS).await;
        assert_eq!(bank.worth(CARD).await, HAS - 9_100);
        assert_eq!(bank.due_days().await.len(), 1);
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_due_day_that_was_run_is_not_run_again_whatever_the_order_says() {
    for bank in banks("两百").await {
        bank.owes_again(9_100).await;
        bank.days_later(1).await;
        bank.biller_answers(SOON_MS).await;
        let before = bank.payments().await;
        let back = |tx: &db::Tx<'_>| {
            tx.exec(
                "UPDATE payment_order SET due_day = $1, next_at_ms = $2 WHERE tenant_id = $3",
                params![DUE, tx.now(), tx.tenant()],
            )
        };
        bank.app.db.write(Scope::Tenant(LINGXI), back).await.unwrap();
        crate::plans::run_due(&bank.app).await.unwrap();
        assert_eq!((bank.worth(CARD).await, bank.payments().await), (HAS - 9_100, before));
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_biller_is_asked_again_the_same_day_and_a_day_of_silence_is_told() {
    for is_back in [true, false] {
        for bank in banks("两百").await {
            bank.owes_again(9_100).await;
            bank.core.set_weather(OUTAGE);
            bank.days_later(1).await;
            assert!(bank.due_days().await.is_empty());
            if !is_back {
                bank.clock.advance_ms(15 * HOUR_MS);
                bank.quiet().await;
            }
            bank.core.set_weather(Weather::FINE);
            bank.clock.advance_ms(HOUR_MS);
            bank.quiet().await;
            bank.biller_answers(SOON_MS).await;
            let paid = if is_back { 9_100 } else { 0 };
            assert_eq!(bank.worth(CARD).await, HAS - paid);
            let told = bank.times("那天银行或收费单位的系统没有回话").await;
            assert_eq!(told, usize::from(!is_back));
            bank.closes().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_stopped_in_chat_at_once_and_no_pin_is_asked() {
    for bank in banks("两百").await {
        bank.owes_again(9_100).await;
        let list = bank.say(APPID, "lifang", "停掉代扣").await;
        assert!(list.contains("电费自动代扣，每次最多 200.00 元：每月15日 09:00"), "{list}");
        let said = bank.say(APPID, "lifang", "停掉这一个").await;
        assert!(said.contains("已经停了") && said.contains("的电费自动代扣"), "{said}");
        bank.days_later(1).await;
        assert_eq!(bank.worth(CARD).await, HAS);
        assert!(bank.due_days().await.is_empty());
        let said = bank.say(APPID, "lifang", "看看设的提醒").await;
        assert!(said.contains("也没有签自动代扣"), "{said}");
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_limit_takes_the_place_of_the_old_one() {
    for bank in banks("两百").await {
        let (words, page) = bank.agreement("签个电费代扣协议", "一百").await;
        assert!(words.contains("以前签的（最多 200.00 元）不再算数"), "{words}");
        bank.signs(&page).await;
        let list = bank.say(APPID, "lifang", "停掉代扣").await;
        assert!(list.contains("设好的有 1 个") && list.contains("最多 100.00 元"), "{list}");
        bank.owes_again(15_000).await;
        bank.days_later(1).await;
        assert_eq!(bank.worth(CARD).await, HAS);
        assert_eq!(bank.due_days().await, [(DUE, false, "bill.over".to_owned())]);
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_unbound_or_bound_anew_since_pays_nothing() {
    for bank in banks("两百").await {
        bank.owes_again(9_100).await;
        bank.say(APPID, "lifang", "解绑").await;
        let left = bank.say(APPID, "lifang", "确定").await;
        assert!(left.contains("已解除绑定"), "{left}");
        bank.bind(APPID, "lifang", &people()[0]).await;
        let said = bank.say(APPID, "lifang", "看看设的提醒").await;
        assert!(said.contains("也没有签自动代扣"), "{said}");
        bank.days_later(1).await;
        assert_eq!(bank.worth(CARD).await, HAS);
        assert_eq!(bank.due_days().await, [(DUE, false, "unbound".to_owned())]);
        assert_eq!(bank.times("您解绑了银行卡。这个代扣停了").await, 1);
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limits_of_the_day_hold_for_it_too() {
    let tight = "[payments]\nsingle_max_fen = 60000\nday_max_fen = 21000\npin_only_max_fen = 100000\n\
                 new_payee_max_fen = 200000\nnew_payee_wait_ms = 1800000\n";
    for bank in settled(TestBank::each_with(tight).await).await {
        bank.is_signed("两百").await;
        bank.owes_again(9_100).await;
        bank.clock.advance_ms(22 * HOUR_MS);
        let (_, page) = bank.pay_page("lifang", "给19900001111充150话费").await;
        page.pays(&bank).await;
        bank.biller_answers(SOON_MS).await;
        bank.clock.advance_ms(2 * HOUR_MS);
        bank.quiet().await;
        assert_eq!(bank.times("91.00 元，超过微信转账的限额").await, 1);
        assert_eq!(bank.worth(CARD).await, HAS - 15_000);
        assert!(!bank.payments().await.contains(&State::Failed));
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_signed_is_said() {
    for bank in county().await {
        let said = bank.say(APPID, "lifang", "签个电费代扣协议").await;
        assert!(said.contains("没有签，没有扣钱") && said.contains("先交一次"), "{said}");
        bank.say(APPID, "lifang", "不签了").await;
        bank.knows_home().await;
        let (_, page) = bank.bill("给新房交电费", &super::tests::electric("0362")).await;
        page.pays(&bank).await;
        bank.biller_answers(SOON_MS).await;
        let said = bank.say(APPID, "lifang", "签个电费代扣协议").await;
        assert!(said.contains("记下的有2户") && said.contains("给哪一户签"), "{said}");
        let said = bank.say(APPID, "lifang", "0362").await;
        assert!(said.contains("每次最多扣多少"), "{said}");
        let (words, _) = bank.pay_page("lifang", "两百").await;
        assert!(words.contains("尾号0362"), "{words}");
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_is_topped_up_by_the_same_sum_each_month() {
    for bank in county().await {
        let (_, page) = bank.pay_page("lifang", "给19900001111充50话费").await;
        page.pays(&bank).await;
        bank.biller_answers(SOON_MS).await;
        let has = bank.worth(CARD).await;
        let asked = bank.say(APPID, "lifang", "话费自动充").await;
        assert!(asked.contains("话费没有账单，每月按您说的数充"), "{asked}");
        let (words, page) = bank.pay_page("lifang", "三十").await;
        assert!(words.contains("每月15日 09:00 充话费，第一次 12月15日，每次 30.00 元"), "{words}");
        assert!(!words.contains("欠多少扣多少"), "{words}");
        bank.signs(&page).await;
        assert_eq!(bank.worth(CARD).await, has, "nothing yet");
        bank.days_later(20).await;
        bank.biller_answers(SOON_MS).await;
        assert_eq!(bank.worth(CARD).await, has - 3_000);
        bank.days_later(31).await;
        bank.biller_answers(SOON_MS).await;
        assert_eq!(bank.worth(CARD).await, has - 6_000, "once a month");
        let said = bank.say(APPID, "lifang", "停掉代扣").await;
        assert!(said.contains("话费自动代扣"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_days_before_what_is_owed_is_told_once_and_nothing_where_nothing_is_owed() {
    for bank in county().await {
        bank.knows_home().await;
        let (_, page) = bank.agreement("签个电费代扣协议", "两百").await;
        bank.signs(&page).await;
        bank.days_later(16).await;
        bank.owes_again(9_100).await;
        bank.say(APPID, "lifang", "你好").await;
        // The twelfth of December, ten o'clock.
        bank.days_later(1).await;
        let last = bank.last_words().await;
        assert!(last.starts_with("提醒：12月15日 09:00 自动代扣老屋"), "{last}");
        assert!(last.contains("现在欠 91.00 元，从借记卡") && last.contains("停掉代扣"), "{last}");
        assert_eq!(bank.worth(CARD).await, HAS);
        bank.days_later(1).await;
        bank.say(APPID, "lifang", "你好").await;
        bank.days_later(2).await;
        assert_eq!((bank.worth(CARD).await, bank.times("提醒：12月15日").await), (HAS - 9_100, 1));
        bank.biller_answers(SOON_MS).await;
        // The month after, nothing is owed.
        bank.days_later(28).await;
        assert_eq!(bank.times("提醒：1月15日").await, 0);
        bank.closes().await;
    }
}
