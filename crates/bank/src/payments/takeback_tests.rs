//! Orders of wealth products taken back in chat (撤单), and what cannot be any more.

use super::state::State;
use super::tests::PIN;
use crate::testing::{APPID, TestBank, people};
use crate::wealth::tests::C2;
use base::DAY_MS;
use corebank::Weather;

const CARD: i64 = 101_100_000_101;
const LOST: Weather = Weather { lost_answer_percent: 100, ..Weather::FINE };

impl TestBank {
    /// 李芳 has bought ten thousand of 稳享1号 today; what her card held before.
    async fn has_ordered(&self) -> i64 {
        self.has_wealth().await;
        self.is_assessed("lifang", &C2).await;
        let before = self.worth(CARD).await;
        let (_, page) = self.buys_ten_thousand().await;
        let card = page.get(self).await["card"].clone();
        let intent = card["intent"].as_str().unwrap().to_owned();
        page.code(self, &intent, people()[0].mobile).await;
        let (status, told) = page.pay(self, &intent, PIN).await;
        assert_eq!((status, &told["state"]), (200, &serde_json::json!("accepted")), "{told}");
        self.quiet().await;
        before
    }
    async fn takes_it_back(&self) -> String {
        let list = self.say(APPID, "lifang", "理财撤单").await;
        assert!(list.contains("① 稳享1号 10,000.00 元，11月26日确认份额"), "{list}");
        let asked = self.tap_line("lifang", "撤这一单").await;
        assert!(asked.contains("撤吗"), "{asked}");
        self.say(APPID, "lifang", "撤掉").await
    }
    async fn state(&self) -> Option<State> {
        self.payments().await.last().copied()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_taken_back_on_its_day_and_the_money_is_there_again_once() {
    for bank in TestBank::each().await {
        let before = bank.has_ordered().await;
        let said = bank.takes_it_back().await;
        assert!(said.starts_with("撤单了，没有买：稳享1号 10,000.00 元已退回您的账户"), "{said}");
        assert_eq!((bank.worth(CARD).await, bank.state().await), (before, Some(State::Returned)));
        bank.quiet().await;
        let last = bank.chat(APPID, "lifang").await.last().cloned().unwrap();
        assert!(last.contains("撤单了：买「稳享1号」") && last.contains("没有买"), "{last}");
        let list = bank.say(APPID, "lifang", "理财撤单").await;
        assert!(list.contains("没有能撤的单"), "{list}");
        bank.next_day().await;
        assert_eq!((bank.worth(CARD).await, bank.state().await), (before, Some(State::Returned)));
        bank.in_order().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_its_day_an_order_goes_on_and_says_that_the_money_is_taken() {
    for bank in TestBank::each().await {
        let before = bank.has_ordered().await;
        // Past midnight the wealth company has it; it has not confirmed yet.
        bank.clock.advance_ms(15 * 3_600_000);
        let said = bank.takes_it_back().await;
        assert!(said.contains("撤不了了") && said.contains("钱已扣"), "{said}");
        bank.clock.advance_ms(DAY_MS);
        bank.quiet().await;
        assert_eq!(bank.state().await, Some(State::Succeeded));
        assert_eq!(before - bank.worth(CARD).await, 1_000_000);
        bank.in_order().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_core_that_is_silent_while_an_order_is_taken_back_is_asked_and_it_is_told_once() {
    for bank in TestBank::each().await {
        let before = bank.has_ordered().await;
        let list = bank.say(APPID, "lifang", "理财撤单").await;
        assert!(list.contains("稳享1号"), "{list}");
        bank.tap_line("lifang", "撤这一单").await;
        bank.core.set_weather(LOST);
        let said = bank.say(APPID, "lifang", "撤掉").await;
        assert!(said.contains("还不知道撤没撤成"), "{said}");
        bank.core.set_weather(Weather::FINE);
        bank.clock.advance_ms(60 * 60_000);
        bank.quiet().await;
        assert_eq!((bank.worth(CARD).await, bank.state().await), (before, Some(State::Returned)));
        bank.in_order().await;
        bank.stop().await;
    }
}
