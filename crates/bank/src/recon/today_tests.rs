//! What ended is asked after once more within the day, through the front door and with rows that a wrong hand has changed.

use super::made::Whose;
use super::matching::Class;
use super::tests::{Clerk, keep};
use super::tool_tests::day_file;
use super::{DayRow, Diff, Order, import, oracle::whose, today};
use crate::payments::state::State;
use crate::payments::tests::{PIN, knows_qiang};
use crate::staff::Role;
use crate::tenants::UNION;
use crate::testing::{LINGXI, OUTAGE, TestBank, YUNLU};
use base::{DAY_MS, Random};
use corebank::money::Reversal;
use corebank::{CoreBank, Ctx, Day, Weather};
use db::{Scope, Tx, params};

const MINUTE_MS: i64 = 60_000;

impl TestBank {
    /// A payment made through the page, and how it stands.
    async fn has_paid(&self) -> State {
        knows_qiang(self).await;
        let (_, page) = self.pay_page("lifang", "给王强转五百").await;
        let intent = page.get(self).await["card"]["intent"].as_str().unwrap().to_owned();
        page.pay(self, &intent, PIN).await;
        self.quiet().await;
        *self.payments().await.last().unwrap()
    }
    async fn differences(&self) -> Vec<Diff> {
        today::look(&self.app).await.unwrap();
        let date = Day::at(self.clock.now());
        super::day(&self.app, LINGXI, date, 10).await.unwrap().1
    }
    /// How many questions the look asks.
    async fn asked(&self) -> u64 {
        let before = self.core.calls();
        today::look(&self.app).await.unwrap();
        self.core.calls() - before
    }
    async fn its_request(&self) -> (String, Day) {
        let unit = |tx: &Tx<'_>| {
            tx.one::<(String, i64)>(
                "SELECT c.request_id, p.channel_date FROM payment p JOIN core_call c ON c.tenant_id = p.tenant_id \
                 AND c.payment_id = p.id WHERE p.tenant_id = $1 AND c.kind = 'P' ORDER BY p.id DESC LIMIT 1",
                params![tx.tenant()],
            )
        };
        let (id, date) = self.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap();
        (id, Day::of_number(date).unwrap())
    }
}

fn found(diffs: &[Diff]) -> Vec<(&str, &str, &str)> {
    diffs.iter().map(|d| (d.class.as_str(), d.why.as_str(), d.state.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_core_still_says_is_asked_once_and_is_no_difference() {
    for bank in TestBank::each().await {
        assert_eq!(bank.has_paid().await, State::Succeeded);
        assert_eq!(bank.asked().await, 0, "it has just ended");
        bank.clock.advance_ms(6 * MINUTE_MS);
        assert_eq!(bank.asked().await, 1);
        bank.clock.advance_ms(5 * MINUTE_MS);
        assert_eq!(bank.asked().await, 0, "it was asked after");
        assert!(bank.differences().await.is_empty());
        assert_eq!(bank.payments().await.last(), Some(&State::Succeeded));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_undone_behind_our_back_is_frozen_within_minutes_and_people_are_called() {
    for bank in TestBank::each().await {
        assert_eq!(bank.has_paid().await, State::Succeeded);
        let sun = Clerk::hire_at(&bank, UNION, "qinghe.sun", Role::ProvinceAdmin).await;
        assert!(sun.page().await.contains("各行都没有待处理的差错"));
        let (original, channel_date) = bank.its_request().await;
        let mut ctx = Ctx::new(LINGXI, bank.clock.now().plus_ms(10_000), "teller");
        ctx.request_id = Some("teller-1R".to_owned());
        let ask = Reversal { original, channel_date, reason: "teller".to_owned() };
        bank.core.inner().money().unwrap().reverse(&ctx, &ask).await.unwrap();
        bank.clock.advance_ms(6 * MINUTE_MS);
        assert_eq!(found(&bank.differences().await), [("M6", "undone", "open")]);
        assert_eq!(bank.payments().await.last(), Some(&State::Manual));
        let chen = Clerk::hire(&bank, "lingxi.chen", Role::Agent).await;
        let page = chen.page().await;
        for words in ["只有一半", "核心已经冲正", "日间向核心查询"] {
            assert!(page.contains(words), "{words}: {page}");
        }
        // The province sees it as well, before any file of the day.
        let page = sun.page().await;
        for words in ["由各行两个人处理", "陵溪农商行", "今天"] {
            assert!(page.contains(words), "{words}: {page}");
        }
        // Looked at again, it is the same difference.
        bank.clock.advance_ms(5 * MINUTE_MS);
        assert_eq!(bank.differences().await.len(), 1);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_we_call_failed_and_the_core_has_is_a_difference_of_the_day() {
    for bank in TestBank::each().await {
        assert_eq!(bank.has_paid().await, State::Succeeded);
        let unit = |tx: &Tx<'_>| {
            tx.exec(
                "UPDATE payment SET state = 61, core_serial = NULL, core_date = NULL WHERE tenant_id = $1 AND state = 60",
                params![tx.tenant()],
            )
        };
        bank.app.db.write(Scope::Tenant(LINGXI), unit).await.unwrap();
        bank.clock.advance_ms(6 * MINUTE_MS);
        assert_eq!(found(&bank.differences().await), [("M3", "posted", "open")]);
        assert_eq!(bank.payments().await.last(), Some(&State::Manual));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_core_does_not_know_is_frozen_until_its_file_says_better() {
    for bank in TestBank::each().await {
        let random = Random::seeded(51);
        let pair = whose().at(1, bank.clock.now(), &random);
        let desk = super::desk(&bank.app, LINGXI).await.unwrap();
        keep(&desk, std::slice::from_ref(&pair)).await;
        bank.clock.advance_ms(6 * MINUTE_MS);
        assert_eq!(found(&bank.differences().await), [("M4", "absent", "open")]);
        assert_eq!(bank.payments().await, [State::Manual]);

        bank.clock.advance_ms(DAY_MS);
        let (folder, path) = day_file(&[pair], &random);
        let order = Order { by: "operator", supersede: false, again: false, cut_minutes: 1_440 };
        let file = std::fs::File::open(path).unwrap();
        let day: DayRow = import(&bank.app, LINGXI, file, Some(whose().date), order).await.unwrap();
        drop(folder);
        assert_eq!(day.state, super::BALANCED, "{day:?}");
        let (_, diffs) = super::day(&bank.app, LINGXI, whose().date, 10).await.unwrap();
        assert_eq!(found(&diffs), [(Class::M1.word(), "posted", "resolved")]);
        assert_eq!(bank.payments().await, [State::Succeeded]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_core_that_says_nothing_is_asked_again_for_half_an_hour_and_nothing_is_concluded() {
    for bank in TestBank::each().await {
        assert_eq!(bank.has_paid().await, State::Succeeded);
        bank.core.set_weather(OUTAGE);
        for _ in 0..3 {
            bank.clock.advance_ms(6 * MINUTE_MS);
            assert_eq!(bank.asked().await, 1);
        }
        bank.core.set_weather(Weather::FINE);
        bank.clock.advance_ms(5 * MINUTE_MS);
        assert_eq!(bank.asked().await, 1, "the core is back");
        assert!(bank.differences().await.is_empty());
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_cannot_be_read_holds_up_no_other_and_no_other_institution() {
    for bank in TestBank::each().await {
        let random = Random::seeded(52);
        for tenant in [LINGXI, YUNLU] {
            let day = Whose { tenant, ..whose() };
            let at = |n| day.at(n, bank.clock.now().plus_ms(n), &random);
            let desk = super::desk(&bank.app, tenant).await.unwrap();
            keep(&desk, &[at(1), at(2), at(3)]).await;
        }
        let spoil = |tx: &Tx<'_>| {
            tx.exec(
                "UPDATE payment SET intent_sealed = $2 WHERE tenant_id = $1 AND id = (SELECT MIN(id) FROM payment WHERE tenant_id = $1)",
                params![tx.tenant(), [7_u8; 40]],
            )
        };
        bank.app.db.write(Scope::Tenant(LINGXI), spoil).await.unwrap();
        bank.clock.advance_ms(6 * MINUTE_MS);
        assert!(today::look(&bank.app).await.is_err(), "somebody must hear of it");
        let states = bank.payments().await;
        assert_eq!(states, [State::Succeeded, State::Manual, State::Manual]);
        let (_, theirs) = super::day(&bank.app, YUNLU, whose().date, 10).await.unwrap();
        assert_eq!(found(&theirs), [("M4", "absent", "open"); 3]);

        // Looked at again while it may still be read, then left to the file; nothing is noted twice.
        bank.clock.advance_ms(6 * MINUTE_MS);
        assert!(today::look(&bank.app).await.is_err());
        bank.clock.advance_ms(30 * MINUTE_MS);
        today::look(&bank.app).await.unwrap();
        let (_, ours) = super::day(&bank.app, LINGXI, whose().date, 10).await.unwrap();
        assert_eq!(found(&ours), [("M4", "absent", "open"); 2]);
        bank.stop().await;
    }
}
