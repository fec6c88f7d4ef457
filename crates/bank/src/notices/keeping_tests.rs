//! What keeps a notice back before anybody is called, through the front door: the day's quota, windows, a rest of some days; and
//! what nothing keeps back.

use super::tests::{entry, next_entry, silent_banks};
use crate::payments::tests::knows_qiang;
use crate::testing::{APPID, LINGXI, TestBank};
use db::{Scope, params};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn the_days_quota_is_known_before_a_call_and_outlives_the_process() {
    for bank in silent_banks().await {
        bank.say(APPID, "lifang", "查余额").await;
        let now = bank.clock.now();
        bank.core_tells(vec![entry(1, now, false, 50_000, None)]).await;
        bank.tell().await;
        let sent = bank.app.config.notices.templates_a_day - 1;
        let left_one = move |tx: &db::Tx<'_>| {
            tx.exec(
                "UPDATE notice_sent SET sent = $1 WHERE tenant_id = $2",
                params![sent, tx.tenant()],
            )
        };
        let rows = bank.app.db.write(Scope::Tenant(LINGXI), left_one).await.unwrap();
        assert_eq!(rows, 1, "one account, one day: the first was counted");
        let many = (2..=4).map(|n| entry(n, now, false, 50_000 + n, None)).collect();
        bank.core_tells(many).await;
        bank.tell().await;
        let told = bank.notice_states().await;
        let ways: Vec<_> = told.iter().map(|t| (t.1.as_str(), t.2.as_str())).collect();
        assert_eq!(ways, [("template", ""), ("template", ""), ("custom", ""), ("custom", "")]);
        bank.clock.advance_ms(base::DAY_MS);
        bank.core_tells(vec![entry(5, bank.clock.now(), false, 60_000, None)]).await;
        bank.tell().await;
        assert_eq!(bank.notice_states().await.last().unwrap().1, "template");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rest_of_some_days_keeps_back_what_comes_in_and_ends_by_itself_or_by_a_word() {
    for bank in silent_banks().await {
        let said = bank.say(APPID, "lifang", "提醒先停三天").await;
        assert!(said.contains("日零点，进账和办理进度先不发"), "{said}");
        let mut next = next_entry(&bank);
        bank.core_tells(vec![next(true, 70_000), next(false, 80_000)]).await;
        bank.tell().await;
        let shown = bank.bubbles("lifang").await;
        assert!(shown.len() == 1 && shown[0][2].1 == "800.00元", "{shown:?}");
        assert_eq!(bank.notice_states().await[0].2, "paused");
        // A longer rest is the same rest: what was kept back goes on being counted.
        bank.clock.advance_ms(60_000);
        bank.say(APPID, "lifang", "提醒先停一周").await;
        let said = bank.say(APPID, "lifang", "提醒接着发").await;
        assert!(said.contains("这些天有1条没发，说「查明细」能看到"), "{said}");
        bank.core_tells(vec![next(true, 90_000)]).await;
        bank.tell().await;
        assert_eq!(bank.bubbles("lifang").await.len(), 2);

        // By itself: at the end of the third day.
        bank.say(APPID, "lifang", "提醒先停三天").await;
        bank.clock.advance_ms(4 * base::DAY_MS);
        bank.core_tells(vec![next(true, 60_000)]).await;
        bank.tell().await;
        assert_eq!(bank.bubbles("lifang").await.len(), 3);
        assert!(!bank.say(APPID, "lifang", "免打扰").await.contains("零点"));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_on_the_menu_opens_a_minute_for_three_where_the_window_is_spent() {
    for bank in silent_banks().await {
        bank.loses_its_templates().await;
        // What following allowed is over.
        bank.clock.advance_ms(60_000);
        bank.say(APPID, "lifang", "查余额").await;
        let mut next = next_entry(&bank);
        let mut pays = |many: i64| (1..=many).map(|n| next(false, n * 100)).collect::<Vec<_>>();
        bank.core_tells(pays(6)).await;
        bank.tell().await;
        bank.send(APPID, "lifang", json!({ "type": "click", "key": "help_menu" })).await;
        bank.core_tells(pays(4)).await;
        bank.tell().await;
        let told = bank.notice_states().await;
        let ways: Vec<_> = told.iter().map(|t| t.1.as_str()).collect();
        assert_eq!(ways[..6], ["custom", "custom", "custom", "custom", "custom", "sms"]);
        assert_eq!(ways[6..], ["custom", "custom", "custom", "sms"], "the tap's three: {told:?}");
        // Nothing was tried that WeChat would have refused, but the template that is gone.
        assert!(told.iter().all(|t| t.2.is_empty() || t.2 == "40037"), "{told:?}");
        // The minute passes.
        bank.send(APPID, "lifang", json!({ "type": "click", "key": "help_menu" })).await;
        bank.clock.advance_ms(60_000);
        bank.core_tells(pays(1)).await;
        bank.tell().await;
        assert_eq!(bank.notice_states().await.last().unwrap().1, "sms");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_that_was_locked_by_guessing_is_told_once_whatever_is_paused() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        bank.offer().await;
        bank.say(APPID, "lifang", "提醒先停三天").await;
        let (_, page) = bank.pay_page("lifang", "给王强转五百").await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        for left in (0..5).rev() {
            let (_, told) = page.pay(&bank, &intent, "911382").await;
            assert!(told["left"] == left || left == 0, "{told}");
        }
        for _ in 0..2 {
            bank.tell().await;
            let shown = bank.bubbles("lifang").await;
            let locked =
                |rows: &&Vec<(String, String)>| rows.iter().any(|r| r.1.starts_with("输错太多次"));
            assert_eq!(shown.iter().filter(locked).count(), 1, "{shown:?}");
            let (_, told) = page.pay(&bank, &intent, "911382").await;
            assert_eq!(told["code"], "pin.locked", "{told}");
        }
        bank.stop().await;
    }
}
