//! A core that was silent for long and is back: what was unknown is known within a minute.

use super::state::State;
use super::tests::{LOST_ANSWERS, PIN, knows_qiang};
use crate::testing::{APPID, OUTAGE, TestBank};
use corebank::Weather;
use serde_json::json;

const STEP_MS: i64 = 5_000;
const MINUTE_MS: i64 = 60_000;

impl TestBank {
    /// Time goes by in small steps, each looked after.
    async fn live(&self, ms: i64) {
        for _ in 0..ms / STEP_MS {
            self.clock.advance_ms(STEP_MS);
            self.quiet().await;
        }
    }
    /// Pays, and the core does it without a word.
    async fn pays_unheard(&self, text: &str) {
        let (_, page) = self.pay_page("lifang", text).await;
        let intent = page.get(self).await["card"]["intent"].as_str().unwrap().to_owned();
        let order = page.order(self, &intent, PIN).await;
        self.core.set_weather(LOST_ANSWERS);
        let (status, told) = page.post(self, "pay/do", order).await;
        assert_eq!((status, &told["state"]), (200, &json!("confirming")), "{told}");
        self.core.set_weather(Weather::FINE);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_unknown_for_long_is_known_within_a_minute_of_the_cores_return() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        bank.pays_unheard("给王强转五百").await;
        bank.core.set_weather(OUTAGE);
        bank.live(MINUTE_MS).await;
        bank.core.set_weather(Weather::FINE);
        bank.live(MINUTE_MS).await;
        assert_eq!(bank.payments().await.last(), Some(&State::Succeeded), "after a short silence");

        for text in ["给王强转二百", "给王强转三百"] {
            bank.pays_unheard(text).await;
        }
        bank.core.set_weather(OUTAGE);
        bank.live(16 * MINUTE_MS).await;
        let states = bank.payments().await;
        assert_eq!(states[states.len() - 2..], [State::Unknown, State::Unknown]);
        bank.core.set_weather(Weather::FINE);
        bank.live(MINUTE_MS).await;
        let states = bank.payments().await;
        assert_eq!(states[states.len() - 2..], [State::Succeeded, State::Succeeded]);
        let told = bank.chat(APPID, "lifang").await.concat();
        assert!(told.contains("200.00 元") && told.contains("300.00 元"), "{told}");
        assert_eq!(bank.core.inner().check_invariants().await.unwrap(), Vec::<String>::new());
        bank.stop().await;
    }
}
