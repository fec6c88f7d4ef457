//! Autopay of credit cards through the front door: signed once with the PIN, told ahead, paid on the due day, taken back in chat.

use super::tests::PIN;
use crate::cards::tests::{CARD, give_card};
use crate::testing::{APPID, LINGXI, OUTAGE, TestBank, people};
use base::{DAY_MS, Fen};
use corebank::sandbox::{Face, movement};
use corebank::{AccountRef, Bill, CoreBank, Ctx, Weather};
use db::{Scope, params};
use serde_json::json;

/// 李芳's debit card, which has 1,280.50.
const OWN: i64 = 101_100_000_101;
const HAS: i64 = 128_050;

impl TestBank {
    /// 李芳 owes so much by the bill of the 5th of December; it is the 8th, ten o'clock.
    async fn has_card_bill(&self, fen: i64) {
        give_card(self, true).await;
        self.bind(APPID, "lifang", &people()[0]).await;
        self.uses_card("buy", fen).await;
        self.clock.advance_ms(15 * DAY_MS);
    }
    async fn uses_card(&self, id: &str, fen: i64) {
        let buy = movement::purchase(CARD, Fen::of(fen), "电器城");
        self.core.inner().post(LINGXI, id, buy).await.unwrap().unwrap();
    }
    async fn card_bill(&self) -> Bill {
        let ctx = Ctx::new(LINGXI, self.clock.now().plus_ms(10_000), "test");
        let card = AccountRef::new(CARD.to_string());
        self.core.inner().bills(&ctx, &card, 1).await.unwrap().remove(0)
    }
    /// Sets autopay of all or of the least.
    async fn sets_autopay(&self, how: &str) {
        let said = self.say(APPID, "lifang", "信用卡自动扣款还款").await;
        assert!(said.contains("每期还多少"), "{said}");
        let (words, page) = self.pay_page("lifang", how).await;
        assert!(words.contains("每月25日 09:00 还，第一次 12月25日"), "{words}");
        assert!(words.contains("钱不够就不扣") && words.contains("现在不扣钱"), "{words}");
        let card = page.get(self).await["card"].clone();
        assert_eq!((&card["title"], &card["is_limit"]), (&json!("信用卡自动还款"), &json!(true)));
        assert_eq!(card["factors"], "pin", "{card}");
        let (status, told) = page.pay(self, card["intent"].as_str().unwrap(), PIN).await;
        assert_eq!((status, &told["state"]), (200, &json!("ordered")), "{told}");
        assert_eq!(told["title"], "✔ 设好了，现在没有扣钱");
        self.quiet().await;
    }
    /// Some days later, the customer having just been in the chat; what was said since.
    async fn days_on(&self, days: i64) -> String {
        for _ in 0..days {
            self.say(APPID, "lifang", "你好").await;
            self.clock.advance_ms(DAY_MS);
            self.quiet().await;
        }
        self.chat(APPID, "lifang").await.last().cloned().unwrap_or_default()
    }
    async fn autopay_runs(&self) -> Vec<(i64, bool, String)> {
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

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_is_told_three_days_ahead_and_paid_whole_on_its_due_day() {
    for bank in TestBank::each().await {
        bank.has_card_bill(80_000).await;
        bank.sets_autopay("全额").await;
        assert_eq!(bank.worth(OWN).await, HAS);
        let said = bank.say(APPID, "lifang", "看看设的提醒").await;
        assert!(
            said.contains("信用卡4410自动还款（全额）：每月25日 09:00，下一次 12月25日"),
            "{said}"
        );
        // The 22nd: what will be taken, from where, and how it is stopped.
        let told = bank.days_on(14).await;
        assert!(
            told.contains("提醒：12月25日 09:00 信用卡4410自动还款（全额） 800.00 元"),
            "{told}"
        );
        assert!(told.contains("请留够钱") && told.contains("取消自动还款"), "{told}");
        assert_eq!(bank.worth(OWN).await, HAS);
        let told = bank.days_on(3).await;
        assert!(told.contains("✔ 已还自己的信用卡") && told.contains("约好自动还的"), "{told}");
        assert_eq!(bank.worth(OWN).await, HAS - 80_000);
        assert_eq!(bank.card_bill().await.left(), Fen::ZERO);
        assert_eq!(bank.autopay_runs().await, [(20_261_225, true, String::new())]);
        let told = bank.days_on(2).await;
        assert!(!told.contains("提醒"), "{told}");
        assert_eq!(bank.worth(OWN).await, HAS - 80_000);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_least_is_paid_less_what_was_paid_by_hand_and_nothing_where_nothing_is_left() {
    for bank in TestBank::each().await {
        bank.has_card_bill(80_000).await;
        bank.sets_autopay("最低").await;
        let face = |acct_id| Face { acct_id, shown: "*芳".into() };
        let back = movement::card_repayment(&face(OWN), &face(CARD), Fen::of(3_000));
        bank.core.inner().post(LINGXI, "hand", back).await.unwrap().unwrap();
        bank.days_on(17).await;
        assert_eq!(bank.worth(OWN).await, HAS - 8_000);
        assert_eq!(bank.card_bill().await.paid, Fen::of(8_000));
        // The next bill asks for what is left; it is paid by hand, and nothing is taken on the day.
        bank.days_on(14).await;
        let left = bank.card_bill().await.left();
        let back = movement::card_repayment(&face(OWN), &face(CARD), left);
        bank.core.inner().post(LINGXI, "rest", back).await.unwrap().unwrap();
        let before = bank.worth(OWN).await;
        bank.days_on(18).await;
        assert_eq!(bank.worth(OWN).await, before);
        assert_eq!(bank.autopay_runs().await[1], (20_270_125, false, "bill.nothing".to_owned()));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_little_money_is_told_plainly_tried_again_the_day_after_and_then_left() {
    for bank in TestBank::each().await {
        bank.has_card_bill(200_000).await;
        bank.sets_autopay("全额").await;
        let told = bank.days_on(17).await;
        assert!(told.starts_with("✖ 12月25日自动还款没有扣钱：信用卡4410 2,000.00 元"), "{told}");
        assert!(told.contains("账户里的钱不够") && told.contains("明天再扣一次"), "{told}");
        assert_eq!(bank.worth(OWN).await, HAS);
        let told = bank.days_on(1).await;
        assert!(told.contains("12月26日自动还款没有扣钱"), "{told}");
        let told = bank.days_on(1).await;
        assert!(told.contains("不再试了") && told.contains("下一次 1月25日"), "{told}");
        // With money there it would have been paid.
        let cash = movement::cash_in(OWN, Fen::of(200_000));
        bank.core.inner().post(LINGXI, "cash", cash).await.unwrap().unwrap();
        bank.days_on(2).await;
        assert_eq!(bank.worth(OWN).await, HAS + 200_000);
        assert_eq!(bank.autopay_runs().await.len(), 3);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_one_takes_the_place_of_the_older_and_taken_back_it_pays_nothing() {
    for bank in TestBank::each().await {
        bank.has_card_bill(80_000).await;
        bank.sets_autopay("最低").await;
        bank.sets_autopay("全额").await;
        let said = bank.say(APPID, "lifang", "自动还款取消").await;
        assert!(said.contains("设好的有 1 个") && said.contains("（全额）"), "{said}");
        let said = bank.say(APPID, "lifang", "第一个").await;
        assert!(said.contains("已经停了：信用卡4410自动还款（全额）"), "{said}");
        let told = bank.days_on(18).await;
        assert!(!told.contains("自动还款"), "{told}");
        assert_eq!((bank.worth(OWN).await, bank.autopay_runs().await), (HAS, vec![]));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_core_that_is_silent_on_the_day_is_asked_again_until_it_answers() {
    for bank in TestBank::each().await {
        bank.has_card_bill(80_000).await;
        bank.sets_autopay("全额").await;
        bank.days_on(16).await;
        bank.core.set_weather(OUTAGE);
        bank.clock.advance_ms(DAY_MS);
        bank.quiet().await;
        assert_eq!((bank.worth(OWN).await, bank.autopay_runs().await), (HAS, vec![]));
        bank.core.set_weather(Weather::FINE);
        bank.clock.advance_ms(11 * 60_000);
        bank.quiet().await;
        assert_eq!(bank.worth(OWN).await, HAS - 80_000);
        assert_eq!(bank.autopay_runs().await, [(20_261_225, true, String::new())]);
        bank.stop().await;
    }
}
