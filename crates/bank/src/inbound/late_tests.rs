//! Answers that come late where WeChat lets no message of ours through: kept, and told with the next reply, once.

use crate::testing::cast::Cast;
use crate::testing::{APPID, OUTAGE, TestBank, people};
use corebank::Weather;
use serde_json::json;
use std::time::Duration;

/// Longer than the reply budget of these banks.
const SLOW: Weather = Weather { delay_ms: 1_500, ..Weather::FINE };
/// Past the minute in which a tap allows messages.
const A_MINUTE_LATER_MS: i64 = 61_000;

/// Waits until what was acknowledged has been worked on to its end.
async fn worked_through(bank: &TestBank) {
    let done = async {
        while bank.app.late.len() > 0 {
            bank.look("state").await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), done).await.expect("the core answers at last");
    bank.settle().await;
}

/// That the balance is in no message yet, waits, comes with the next reply, and only once; the core is asked no more.
async fn comes_with_the_next_reply(bank: &TestBank, code: i64) {
    assert_eq!(bank.custom_codes().await.last(), Some(&code), "WeChat let it through");
    let said = bank.chat(APPID, "lifang").await.join("\n");
    assert!(!said.contains("1,280.50"), "{said}");
    assert_eq!(bank.unread().await, 1);
    let asked = bank.core.calls();
    let said = bank.say(APPID, "lifang", "你好").await;
    assert!(said.starts_with("查到了：") && said.contains("1,280.50"), "{said}");
    assert!(said.contains("\n\n"), "the answer to what was said now stands below: {said}");
    bank.say(APPID, "lifang", "你好").await;
    bank.clock.advance_ms(3_600_000);
    bank.settle().await;
    let said = bank.chat(APPID, "lifang").await.join("\n");
    assert_eq!(said.matches("查到了：").count(), 1, "{said}");
    assert_eq!((bank.core.calls(), bank.unread().await), (asked, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_balance_with_no_message_left_comes_with_the_next_reply_and_the_core_is_asked_once()
{
    // Whatever the customer writes, the desk has used up what it allows.
    let cast = Cast { message_grant: (0, 2 * base::DAY_MS), ..Cast::usual() };
    for bank in TestBank::each_cast(800, "", &cast).await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.clock.advance_ms(A_MINUTE_LATER_MS);
        let asked = bank.core.calls();
        bank.core.set_weather(SLOW);
        let at_once = bank.say(APPID, "lifang", "余额").await;
        assert_eq!(at_once, "", "acknowledged without words");
        worked_through(&bank).await;
        bank.core.set_weather(Weather::FINE);
        comes_with_the_next_reply(&bank, 45047).await;
        assert_eq!(bank.core.calls() - asked, 1);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promised_balance_with_no_message_left_comes_with_the_next_reply() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.core.set_weather(OUTAGE);
        let said = bank.say(APPID, "lifang", "余额").await;
        assert!(said.contains("查到马上发给您"), "{said}");
        bank.uses_up_its_messages(APPID, "lifang").await;
        bank.core.set_weather(Weather::FINE);
        let asked = bank.core.calls();
        bank.clock.advance_ms(6_000);
        bank.settle().await;
        assert_eq!(bank.core.calls() - asked, 1);
        comes_with_the_next_reply(&bank, 45047).await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promised_balance_whose_window_shut_meanwhile_comes_with_the_next_reply() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        // Their last message is days ago: a tap on the menu opens the window for a minute only.
        bank.clock.advance_ms(3 * base::DAY_MS);
        bank.core.set_weather(OUTAGE);
        let tap = json!({ "type": "click", "key": "account_balance" });
        let said = bank.send(APPID, "lifang", tap).await;
        assert!(said.contains("查到马上发给您"), "{said}");
        bank.core.set_weather(Weather::FINE);
        let asked = bank.core.calls();
        bank.clock.advance_ms(A_MINUTE_LATER_MS);
        bank.settle().await;
        assert_eq!(bank.core.calls() - asked, 1);
        comes_with_the_next_reply(&bank, 45015).await;
        bank.stop().await;
    }
}
