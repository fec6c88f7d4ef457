//! A core whose date changes in the evening (日切), while customers pay.

use super::{BALANCED, days, round};
use crate::payments::state::State;
use crate::payments::tests::{LOST_ANSWERS, PIN, knows_qiang};
use crate::testing::{APPID, LINGXI, TestBank};
use base::{DAY_MS, Time};
use corebank::{Day, Weather};

const CUT_MINUTES: i64 = 22 * 60 + 30;
const MINUTE_MS: i64 = 60_000;

impl TestBank {
    fn clock_at(&self, at: Time) {
        self.clock.advance_ms(at.since(self.clock.now()));
    }
    /// 李芳 pays 王强 so much, with code and PIN.
    async fn pays_by_page(&self, words: &str) -> u16 {
        let (_, page) = self.pay_page("lifang", words).await;
        let intent = page.get(self).await["card"]["intent"].as_str().unwrap().to_owned();
        let (status, _) = page.pay(self, &intent, PIN).await;
        // The chat hears of it before the clock goes on.
        self.quiet().await;
        status
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_around_the_cut_balance_with_the_file_of_the_date_they_were_booked_on() {
    for bank in TestBank::each_with(&format!("[recon]\ncut_minutes = {CUT_MINUTES}\n")).await {
        bank.core.inner().set_cut(CUT_MINUTES).await.unwrap();
        knows_qiang(&bank).await;
        bank.say(APPID, "lifang", "不转了").await;
        let date = Day::at(bank.clock.now());
        let cut = date.start().plus_ms(CUT_MINUTES * MINUTE_MS);
        bank.clock_at(cut.plus_ms(-20 * MINUTE_MS));
        assert_eq!(bank.pays_by_page("给王强转十一").await, 200);
        // Booked before the cut, known after it.
        bank.clock_at(cut.plus_ms(-3_000));
        bank.core.set_weather(LOST_ANSWERS);
        assert_eq!(bank.pays_by_page("给王强转十二").await, 200);
        assert_eq!(bank.payments().await.last(), Some(&State::Unknown));
        bank.core.set_weather(Weather::FINE);
        bank.clock_at(cut.plus_ms(2 * MINUTE_MS));
        bank.quiet().await;
        assert_eq!(bank.pays_by_page("给王强转十三").await, 200);
        bank.clock_at(cut.plus_ms(20 * MINUTE_MS));
        assert_eq!(bank.pays_by_page("给王强转十四").await, 200);
        let ended = bank.payments().await;
        assert_eq!(ended[1..], [State::Succeeded; 4], "the first draft was given up");

        bank.clock_at(date.plus_days(1).start().plus_ms(30 * MINUTE_MS));
        round(&bank.app).await.unwrap();
        bank.clock.advance_ms(DAY_MS);
        round(&bank.app).await.unwrap();
        let found = days(&bank.app, LINGXI, 10).await.unwrap();
        let of = |date: Day| found.iter().find(|d| d.date == date).unwrap();
        let (old, next) = (of(date), of(date.plus_days(1)));
        assert_eq!((old.state.as_str(), next.state.as_str()), (BALANCED, BALANCED), "{found:?}");
        // Two were booked on each date, whichever of the two days they were sent on.
        assert_eq!((old.counts[0], next.counts[0]), (2, 2), "{found:?}");
        bank.stop().await;
    }
}
