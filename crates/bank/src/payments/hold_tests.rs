//! Money set aside for tomorrow's transfer, through the front door: kept from other use, made the payment of, given back.

use super::state::State;
use super::tests::{PIN, knows_qiang};
use crate::testing::{APPID, LINGXI, OUTAGE, TestBank};
use base::{DAY_MS, Random};
use corebank::money::Money;
use corebank::{Ctx, Day, Weather};
use db::{Scope, params};
use serde_json::{Value, json};

/// 李芳's card and 王强's, and what both hold.
const CARD: i64 = 101_100_000_101;
const QIANG: i64 = 101_100_000_401;
const START: i64 = 128_050;
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

impl TestBank {
    /// Says it, proves it, and hears what is said then.
    async fn set_aside(&self, text: &str) -> (Value, String) {
        let (_, page) = self.pay_page("lifang", text).await;
        let shown = page.get(self).await;
        let intent = shown["card"]["intent"].as_str().unwrap_or_else(|| panic!("no card: {shown}"));
        let (status, told) = page.pay(self, intent, PIN).await;
        assert_eq!((status, &told["state"]), (200, &json!("ordered")), "{told}");
        self.quiet().await;
        (told, self.chat(APPID, "lifang").await.last().cloned().unwrap())
    }
    async fn takes_back(&self) -> String {
        self.say(APPID, "lifang", "撤销延时转账").await;
        self.say(APPID, "lifang", "第一笔").await;
        let said = self.say(APPID, "lifang", "撤掉").await;
        self.quiet().await;
        said
    }
    /// What the core keeps from other use, of all holds of the channel.
    async fn held(&self) -> i64 {
        let unit = |tx: &db::Tx<'_>| {
            tx.one::<i64>(
                "SELECT COALESCE(CAST(SUM(amount_fen) AS BIGINT), 0) FROM core_hold WHERE tenant_id = $1 AND state = 'held' \
                 AND request_id IS NOT NULL",
                params![tx.tenant()],
            )
        };
        self.core.inner().db().read(Scope::Tenant(LINGXI), unit).await.unwrap()
    }
    /// How the holds of the bank stand, the oldest first.
    async fn stands(&self) -> Vec<i64> {
        let unit = |tx: &db::Tx<'_>| {
            tx.all::<i64>(
                "SELECT state FROM payment_hold WHERE tenant_id = $1 ORDER BY id",
                params![tx.tenant()],
            )
        };
        self.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap()
    }
    async fn calls(&self) -> Vec<String> {
        let unit = |tx: &db::Tx<'_>| {
            tx.all::<String>(
                "SELECT kind FROM core_call WHERE tenant_id = $1 ORDER BY sent_at_ms, kind",
                params![tx.tenant()],
            )
        };
        self.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap()
    }
    async fn books_fit(&self) {
        let wrong = self.core.inner().check_invariants().await.unwrap();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}

/// It is 10:00 on 25 November.
async fn banks() -> Vec<TestBank> {
    let all = TestBank::each().await;
    for bank in &all {
        knows_qiang(bank).await;
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leaves_tomorrow_is_set_aside_today_and_paid_out_of_that() {
    for bank in banks().await {
        let (told, last) = bank.set_aside("明天上午转九百给王强").await;
        let words = told["words"].as_str().unwrap();
        assert!(words.contains("900.00 元已经留出来，别处花不了；撤了马上放回来"), "{words}");
        assert!(last.contains("900.00 元已经留出来"), "{last}");
        assert_eq!((bank.held().await, bank.worth(CARD).await), (90_000, START));
        let list = bank.say(APPID, "lifang", "撤销延时转账").await;
        assert!(list.contains("钱已留出来"), "{list}");
        bank.say(APPID, "lifang", "不撤了").await;
        // What is set aside cannot be spent meanwhile.
        let said = bank.say(APPID, "lifang", "给王强转五百").await;
        assert!(said.contains("380.50"), "{said}");

        bank.clock.advance_ms(DAY_MS);
        bank.quiet().await;
        assert_eq!(
            (bank.worth(QIANG).await, bank.worth(CARD).await),
            (START + 90_000, START - 90_000)
        );
        assert_eq!((bank.held().await, bank.stands().await), (0, vec![60]));
        assert_eq!(bank.calls().await, ["H", "C"]);
        bank.books_fit().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn taken_back_it_is_given_back_at_once() {
    for bank in banks().await {
        bank.set_aside("明天上午转九百给王强").await;
        let said = bank.takes_back().await;
        assert!(said.starts_with("撤掉了，没有扣钱"), "{said}");
        assert_eq!((bank.held().await, bank.stands().await), (0, vec![62]));
        assert_eq!(bank.calls().await, ["H", "V"]);
        bank.clock.advance_ms(DAY_MS);
        bank.quiet().await;
        assert_eq!(bank.worth(CARD).await, START);
        bank.books_fit().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leaves_later_or_every_month_is_not_set_aside() {
    for bank in banks().await {
        let (told, _) = bank.set_aside("后天上午转五百给王强").await;
        assert!(told["words"].as_str().unwrap().contains("到时候账户里要有钱"), "{told}");
        bank.set_aside("每月26号给王强转一百").await;
        assert_eq!((bank.held().await, bank.stands().await), (0, vec![]));
        bank.stop().await;
    }
}

/// Payments and holds are done, and nobody hears of it.
const MUTE: Weather = Weather { lost_answer_percent: 100, only_payments: true, ..Weather::FINE };

#[tokio::test(flavor = "multi_thread")]
async fn a_core_that_is_silent_is_asked_again_and_has_set_aside_once() {
    for bank in banks().await {
        bank.core.set_weather(MUTE);
        let (told, _) = bank.set_aside("明天上午转八百给王强").await;
        // Nothing is promised that is not known.
        assert!(told["words"].as_str().unwrap().contains("到时候账户里要有钱"), "{told}");
        assert_eq!((bank.held().await, bank.stands().await), (80_000, vec![10]));
        bank.core.set_weather(Weather::FINE);
        bank.clock.advance_ms(MINUTE_MS);
        bank.quiet().await;
        assert_eq!((bank.held().await, bank.stands().await), (80_000, vec![20]));
        assert_eq!(bank.calls().await, ["H", "H"]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_been_set_aside_is_given_back_under_an_id_of_its_own() {
    for bank in banks().await {
        bank.core.set_weather(MUTE);
        bank.set_aside("明天上午转八百给王强").await;
        bank.core.set_weather(OUTAGE);
        let said = bank.takes_back().await;
        assert!(said.starts_with("撤掉了，没有扣钱"), "{said}");
        assert_eq!((bank.held().await, bank.stands().await), (80_000, vec![40]));
        bank.core.set_weather(Weather::FINE);
        bank.clock.advance_ms(MINUTE_MS);
        bank.quiet().await;
        assert_eq!((bank.held().await, bank.stands().await), (0, vec![62]));
        bank.books_fit().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_counter_gave_back_is_not_paid_and_that_is_said() {
    for bank in banks().await {
        bank.set_aside("明天上午转八百给王强").await;
        let unit = |tx: &db::Tx<'_>| {
            tx.one::<String>(
                "SELECT request_id FROM payment_hold WHERE tenant_id = $1",
                params![tx.tenant()],
            )
        };
        let hold = bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap();
        let mut ctx = Ctx::new(LINGXI, bank.clock.now().plus_ms(10_000), "counter");
        ctx.request_id = Some("COUNTER-1V".to_owned());
        Money::void(bank.core.inner(), &ctx, &hold).await.unwrap();
        bank.clock.advance_ms(DAY_MS);
        bank.quiet().await;
        let last = bank.chat(APPID, "lifang").await.last().cloned().unwrap();
        assert!(last.contains("没有扣钱：留出来的钱已经放回账户了"), "{last}");
        assert_eq!((bank.held().await, bank.worth(CARD).await), (0, START));
        assert_eq!(bank.stands().await, [62]);
        bank.books_fit().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_commit_is_asked_after_and_paid_once() {
    for bank in banks().await {
        bank.set_aside("明天上午转八百给王强").await;
        bank.clock.advance_ms(DAY_MS - HOUR_MS - MINUTE_MS);
        bank.core.set_weather(MUTE);
        bank.clock.advance_ms(2 * MINUTE_MS);
        bank.quiet().await;
        assert_eq!((bank.worth(QIANG).await, bank.stands().await), (START + 80_000, vec![30]));
        // Reconciliation knows that it has left.
        let all = |tx: &db::Tx<'_>| super::evidence::page(tx, "", "~", 9);
        let facts = bank.app.db.read(Scope::Tenant(LINGXI), all).await.unwrap();
        assert!(
            facts.iter().any(|f| f.state == State::Unknown && f.sent_at.is_some()),
            "{facts:?}"
        );
        bank.core.set_weather(Weather::FINE);
        bank.clock.advance_ms(MINUTE_MS);
        bank.quiet().await;
        assert_eq!((bank.worth(QIANG).await, bank.held().await), (START + 80_000, 0));
        assert_eq!(bank.stands().await, [60]);
        bank.books_fit().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_core_holds_otherwise_than_asked_is_given_back_and_paid_without() {
    for bank in banks().await {
        bank.set_aside("明天上午转八百给王强").await;
        // As a release would that asks for it in other words.
        let other = |tx: &db::Tx<'_>| {
            tx.exec(
                "UPDATE payment_hold SET state = 10, until_ms = until_ms + 1, next_at_ms = $1 WHERE tenant_id = $2",
                params![tx.now(), tx.tenant()],
            )
        };
        bank.app.db.write(Scope::Tenant(LINGXI), other).await.unwrap();
        bank.quiet().await;
        assert_eq!((bank.held().await, bank.stands().await), (0, vec![62]));
        assert_eq!(bank.calls().await, ["H", "H", "V"]);
        bank.clock.advance_ms(DAY_MS);
        bank.quiet().await;
        assert_eq!(bank.worth(QIANG).await, START + 80_000);
        bank.books_fit().await;
        bank.stop().await;
    }
}

/// Everything that can come of an order under any weather: paid once or not at all, and nothing stays set aside.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_weather_nothing_stays_set_aside_and_nothing_is_paid_twice() {
    for bank in banks().await {
        let mut random = Random::seeded(41);
        let mut paid = 0;
        for round in 0..10_i64 {
            let sky = |random: &mut Random| Weather {
                outage: random.below(4) == 0,
                lost_request_percent: random.below(3) * 40,
                lost_answer_percent: random.below(3) * 40,
                only_payments: true,
                ..Weather::FINE
            };
            let before = (bank.worth(CARD).await, bank.worth(QIANG).await);
            // Weather that stops an order before it is kept is others' tests.
            let kept = sky(&mut random);
            bank.core.set_weather(Weather { outage: false, ..kept });
            bank.set_aside(&format!("明天上午转{}块给王强", 10 + round)).await;
            bank.core.set_weather(sky(&mut random));
            let is_taken_back = random.below(3) == 0 && {
                bank.takes_back().await;
                true
            };
            // Nobody decides about what stays unknown for an hour here, so the storm is over before.
            let now = bank.clock.now();
            let due = Day::at(now).plus_days(1).start().plus_ms(9 * HOUR_MS);
            let steps = (0..6).map(|_| due.since(now) / 6).chain((0..8).map(|_| 3 * MINUTE_MS));
            for step in steps {
                bank.core.set_weather(sky(&mut random));
                bank.clock.advance_ms(step);
                bank.quiet().await;
            }
            bank.core.set_weather(Weather::FINE);
            for _ in 0..8 {
                bank.clock.advance_ms(20 * MINUTE_MS);
                bank.quiet().await;
            }
            let moved = bank.worth(QIANG).await - before.1;
            assert_eq!(before.0 - bank.worth(CARD).await, moved, "round {round}");
            assert!(
                moved == 0 || (moved == (10 + round) * 100 && !is_taken_back),
                "round {round}: {moved}"
            );
            assert_eq!(bank.held().await, 0, "round {round}: {:?}", bank.stands().await);
            paid += i64::from(moved > 0);
        }
        assert!(paid > 0, "no weather let anything through");
        bank.books_fit().await;
        bank.stop().await;
    }
}
