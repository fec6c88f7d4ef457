//! Notices through the front door: the core books, the phone shows; windows, quotas and silence by the simulator's real rules.

use super::store;
use crate::core_inbox::{self, Via};
use crate::notices::templates;
use crate::testing::{APPID, Browser, LINGXI, TestBank, people};
use base::{Fen, Time};
use corebank::feed::{Entry, Event, Happened};
use corebank::{AccountRef, Day, LineId};
use db::{Scope, params};
use serde_json::{Value, json};
use std::sync::Arc;

/// 李芳's card.
const CARD: i64 = 101_100_000_101;
pub(super) const ACCOUNT: i64 = CARD;
pub(super) const HOUR_MS: i64 = 3_600_000;

/// 李芳 is bound at a bank that offers notices, and everything before is behind the cursor.
pub(super) async fn banks() -> Vec<TestBank> {
    let banks = TestBank::each().await;
    for bank in &banks {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.settle().await;
        bank.offer().await;
    }
    banks
}

impl TestBank {
    pub(super) async fn offer(&self) {
        // What was told before anything was offered is told nobody.
        while super::run_due(&self.app).await.unwrap() > 0 {}
        let registry = self.app.registry();
        let account = registry.account(APPID).unwrap();
        templates::offer(&self.app, account).await.unwrap();
        core_inbox::round(&self.app).await.unwrap();
        super::round(&self.app).await.unwrap();
    }

    /// WeChat has taken the templates away, and we have not heard of it.
    pub(super) async fn loses_its_templates(&self) {
        let gone = |tx: &db::Tx<'_>| {
            tx.exec(
                "UPDATE notice_template SET template_id = 'gone' WHERE tenant_id = $1",
                params![tx.tenant()],
            )
        };
        self.app.db.write(Scope::Tenant(LINGXI), gone).await.unwrap();
        self.app.reload().await.unwrap();
    }

    /// Somebody pays with the card at a shop.
    pub(super) async fn shop(&self, key: &'static str, fen: i64) {
        let bought = corebank::sandbox::movement::purchase(CARD, Fen::of(fen), "超市");
        self.core.inner().post(LINGXI, key, bought).await.unwrap().unwrap();
    }

    /// What the core has booked becomes notices, and what is due goes out, until nothing is due.
    pub(super) async fn notify(&self) {
        core_inbox::round(&self.app).await.unwrap();
        self.tell().await;
    }

    /// The same with events that came by another way.
    pub(super) async fn tell(&self) {
        super::round(&self.app).await.unwrap();
        while super::run_due(&self.app).await.unwrap() > 0 {}
    }

    /// State, way and reason of every notice but of the binding, oldest first.
    pub(super) async fn notice_states(&self) -> Vec<(String, String, String)> {
        let unit = |tx: &db::Tx<'_>| {
            tx.all(
                "SELECT state, way, why FROM notice WHERE tenant_id = $1 AND kind <> 'new_binding' ORDER BY id",
                params![tx.tenant()],
            )
        };
        self.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap()
    }

    /// Waits for what WeChat says by itself.
    pub(super) async fn until(&self, wanted: &[(&str, &str, &str)]) {
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned()))
            .collect();
        for _ in 0..2_000 {
            if self.notice_states().await == wanted {
                return;
            }
            self.look("state").await;
            self.tell().await;
        }
        assert_eq!(self.notice_states().await, wanted);
    }

    /// Template messages that the phone shows, each with its rows.
    pub(super) async fn bubbles(&self, uid: &str) -> Vec<Vec<(String, String)>> {
        let chat = self.look(&format!("chats/{APPID}/{uid}")).await;
        let items = chat["items"].as_array().cloned().unwrap_or_default();
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        let rows = |item: &Value| {
            let rows = item["template"]["rows"].as_array().cloned().unwrap_or_default();
            rows.iter().map(|r| (text(&r["name"]), text(&r["value"]))).collect()
        };
        items.iter().filter(|i| i["kind"] == "template").map(rows).collect()
    }

    /// What the gateway was given for 李芳, but codes.
    pub(super) async fn notice_texts(&self) -> Vec<String> {
        let sms = self.look(&format!("sms?to={}", people()[0].mobile)).await;
        let items = sms["items"].as_array().cloned().unwrap_or_default();
        let texts = items.iter().filter_map(|s| s["text"].as_str()).map(str::to_owned);
        texts.filter(|t| !t.contains("验证码")).collect()
    }

    pub(super) async fn weather(&self, change: Value) {
        self.control("weather", change).await;
    }

    /// Events that a core told, one after the other, from number 1 on.
    pub(super) async fn core_tells(&self, events: Vec<Event>) {
        core_inbox::take(&self.app, LINGXI, Via::Poll, events).await.unwrap();
    }
}

/// An entry of the card, as the core numbers it.
/// Entries one after the other, at the bank's time.
pub(super) fn next_entry(bank: &TestBank) -> impl FnMut(bool, i64) -> Event + use<> {
    let (clock, mut seq) = (bank.clock.clone(), 0);
    move |is_in, fen| {
        seq += 1;
        entry(seq, clock.now(), is_in, fen, None)
    }
}

pub(super) fn entry(seq: i64, at: Time, is_in: bool, fen: i64, reverses: Option<i64>) -> Event {
    let serial = |seq: i64| format!("20261123{seq:012}");
    let entry = Entry {
        line: LineId::new(format!("{seq}-1")),
        core_serial: serial(seq),
        core_date: Day::at(at),
        is_in,
        amount: Fen::of(fen),
        balance_after: Some(Fen::of(128_050)),
        label: "转账".into(),
        counterparty: "王*强".into(),
        channel_serial: None,
        reverses: reverses.map(serial),
    };
    let account = AccountRef::new(CARD.to_string());
    Event { seq, account, at, what: Happened::Entry(entry) }
}

/// A bank whose core tells what a test makes up.
pub(super) async fn silent_banks() -> Vec<TestBank> {
    let banks = TestBank::each().await;
    for bank in &banks {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.settle().await;
        while super::run_due(&bank.app).await.unwrap() > 0 {}
        let registry = bank.app.registry();
        templates::offer(&bank.app, registry.account(APPID).unwrap()).await.unwrap();
        super::round(&bank.app).await.unwrap();
    }
    banks
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paid_with_a_card_is_on_the_phone_once_as_a_template_message() {
    for bank in banks().await {
        bank.shop("bought", 8_650).await;
        // Two processes' worth of rounds at once.
        core_inbox::round(&bank.app).await.unwrap();
        let (a, b) = tokio::join!(super::round(&bank.app), super::round(&bank.app));
        a.unwrap();
        b.unwrap();
        let (a, b) = tokio::join!(super::run_due(&bank.app), super::run_due(&bank.app));
        a.unwrap();
        b.unwrap();
        bank.until(&[("delivered", "template", "")]).await;
        let bubbles = bank.bubbles("lifang").await;
        assert_eq!(bubbles.len(), 1, "{bubbles:?}");
        let named = |name: &str| bubbles[0].iter().find(|r| r.0 == name).map(|r| r.1.clone());
        assert_eq!(named("变动时间").as_deref(), Some("2026年11月23日 10:00"));
        assert_eq!(named("变动类型").as_deref(), Some("支出"));
        assert_eq!(named("变动金额").as_deref(), Some("86.50元"));
        assert_eq!(
            named("账户").as_deref(),
            people()[0].card_no.get(people()[0].card_no.len() - 4..)
        );
        assert!(named("备注").is_some_and(|n| n.contains("流水")), "{bubbles:?}");
        // Everything once more moves nothing.
        bank.notify().await;
        assert_eq!(bank.bubbles("lifang").await.len(), 1);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_template_it_goes_into_the_window_and_then_waits_for_the_next_contact() {
    for bank in banks().await {
        // What following allowed is over.
        bank.clock.advance_ms(60_000);
        bank.say(APPID, "lifang", "查余额").await;
        bank.loses_its_templates().await;
        for key in ["a", "b", "c", "d", "e", "f"] {
            bank.shop(key, 100).await;
            bank.notify().await;
        }
        let told = bank.notice_states().await;
        let ways: Vec<_> = told.iter().map(|t| t.1.as_str()).collect();
        // WeChat allows five after a message; money that goes out may be texted.
        assert_eq!(ways, ["custom", "custom", "custom", "custom", "custom", "sms"]);
        let words = bank.chat(APPID, "lifang").await;
        assert!(words.last().unwrap().contains("支出 1.00 元"), "{words:?}");
        assert_eq!(bank.notice_texts().await.len(), 1);
        // An alarm was given once, and the template is looked for no more.
        assert!(told[0].2 == "40037" && told[1].2.is_empty(), "{told:?}");

        // What is not texted waits.
        let texts = |on: bool| {
            move |tx: &db::Tx<'_>| {
                tx.exec(
                "INSERT INTO notice_choice (tenant_id, follower_id, category, way, is_on, changed_at_ms) \
                 SELECT tenant_id, follower_id, 'account', 'sms', $1, 0 FROM binding WHERE tenant_id = $2 AND state = 'live'",
                params![on, tx.tenant()],
            )
            }
        };
        bank.app.db.write(Scope::Tenant(LINGXI), texts(false)).await.unwrap();
        bank.shop("g", 777).await;
        bank.notify().await;
        assert_eq!(bank.notice_states().await.last().unwrap().0, "held");
        let next = bank.say(APPID, "lifang", "查余额").await;
        assert!(next.contains("支出 7.77 元") && next.contains("可用"), "{next}");
        assert!(!bank.say(APPID, "lifang", "查余额").await.contains("7.77"));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_is_texted_of_what_goes_out_and_reads_the_rest_when_they_come_back() {
    for bank in silent_banks().await {
        // WeChat knows it before we do.
        bank.weather(json!({ "drop_percent": 100 })).await;
        bank.control("users/lifang/unfollow", json!({ "appid": APPID })).await;
        bank.weather(json!({ "drop_percent": 0 })).await;
        let now = bank.clock.now();
        let both = vec![entry(1, now, false, 50_000, None), entry(2, now, true, 30_000, None)];
        bank.core_tells(both).await;
        bank.tell().await;
        let told = bank.notice_states().await;
        assert_eq!((told[0].0.as_str(), told[0].1.as_str()), ("accepted", "sms"), "{told:?}");
        assert_eq!(told[1].0, "held");
        let texts = bank.notice_texts().await;
        assert!(texts.len() == 1 && texts[0].starts_with("【陵溪农商行】"), "{texts:?}");
        assert!(texts[0].contains("支出 500.00 元"), "{texts:?}");
        // No two events of a follower are of one second.
        bank.clock.advance_ms(1_000);
        bank.follow(APPID, "lifang").await;
        let words = bank.chat(APPID, "lifang").await;
        let last = words.last().unwrap();
        assert!(last.contains("收入 300.00 元"), "{last}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_an_answer_is_made_again_with_the_same_id_and_shown_once() {
    for bank in banks().await {
        bank.weather(json!({ "api_truncate_percent": 100 })).await;
        bank.shop("bought", 8_650).await;
        bank.notify().await;
        assert_eq!(bank.bubbles("lifang").await.len(), 1, "it arrived, its answer did not");
        assert_eq!(bank.notice_states().await[0].0, "sending");
        bank.weather(json!({ "api_truncate_percent": 0 })).await;
        bank.clock.advance_ms(2_000);
        bank.tell().await;
        bank.until(&[("delivered", "template", "")]).await;
        assert_eq!(bank.bubbles("lifang").await.len(), 1);

        // A line that stays dead: once WeChat has forgotten the id, it is said at the next contact.
        bank.weather(json!({ "api_5xx_percent": 100 })).await;
        bank.shop("again", 1_234).await;
        bank.notify().await;
        for _ in 0..10 {
            bank.clock.advance_ms(60_000);
            bank.tell().await;
        }
        bank.weather(json!({ "api_5xx_percent": 0 })).await;
        let told = bank.notice_states().await;
        assert_eq!((told[1].0.as_str(), told[1].2.as_str()), ("held", "unsure"), "{told:?}");
        assert_eq!(bank.bubbles("lifang").await.len(), 1);
        let next = bank.say(APPID, "lifang", "查余额").await;
        assert!(next.contains("支出 12.34 元"), "{next}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_point_loses_nothing_and_shows_nothing_twice() {
    for bank in banks().await {
        bank.shop("bought", 8_650).await;
        core_inbox::round(&bank.app).await.unwrap();
        let finish = async |app: &Arc<crate::app::App>| {
            super::round(app).await.unwrap();
            while super::run_due(app).await.unwrap() > 0 {}
        };
        // Killed before the event is a notice, and again once it is planned and the call is made, before that is written down.
        bank.weather(json!({ "api_truncate_percent": 100 })).await;
        let first = bank.after_a_kill().await;
        finish(&first).await;
        first.shut_down().await;
        assert_eq!(bank.bubbles("lifang").await.len(), 1);
        bank.weather(json!({ "api_truncate_percent": 0 })).await;
        bank.clock.advance_ms(61_000);
        finish(&bank.app).await;
        assert_eq!(bank.bubbles("lifang").await.len(), 1);
        bank.until(&[("delivered", "template", "")]).await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_wechat_is_asked_again_and_a_used_up_quota_is_passed_by() {
    for bank in banks().await {
        bank.weather(json!({ "api_busy_percent": 100 })).await;
        bank.shop("bought", 8_650).await;
        bank.notify().await;
        assert_eq!(
            bank.notice_states().await,
            [("waiting".into(), "template".into(), "-1".into())]
        );
        bank.weather(json!({ "api_busy_percent": 0 })).await;
        bank.clock.advance_ms(2_000);
        bank.tell().await;
        assert_eq!(bank.bubbles("lifang").await.len(), 1);

        let quota = |left: i64| json!({ "appid": APPID, "api": "/cgi-bin/message/template/send", "left": left });
        bank.control("quota", quota(0)).await;
        bank.shop("more", 1_234).await;
        bank.notify().await;
        let told = bank.notice_states().await;
        assert_eq!((told[1].1.as_str(), told[1].2.as_str()), ("custom", "45009"), "{told:?}");
        // Until tomorrow nobody tries.
        bank.control("quota", quota(100)).await;
        bank.shop("third", 1_235).await;
        bank.notify().await;
        let told = bank.notice_states().await;
        assert_eq!((told[2].1.as_str(), told[2].2.as_str()), ("custom", ""), "{told:?}");
        bank.clock.advance_ms(14 * HOUR_MS);
        bank.shop("fourth", 1_236).await;
        bank.notify().await;
        assert_eq!(bank.bubbles("lifang").await.len(), 2);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_taken_and_not_delivered_goes_the_next_way() {
    for bank in banks().await {
        let fails = json!({ "next": "user block" });
        bank.control(&format!("chats/{APPID}/lifang/template_result"), fails).await;
        bank.shop("bought", 8_650).await;
        bank.notify().await;
        bank.until(&[("accepted", "sms", "blocked")]).await;
        assert!(bank.bubbles("lifang").await.is_empty());
        assert_eq!(bank.notice_texts().await.len(), 1);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_goes_behind_its_original_and_waits_for_it_two_minutes() {
    for bank in silent_banks().await {
        let now = bank.clock.now();
        // The reversal comes first, and an entry behind it does not wait.
        let first = vec![entry(1, now, true, 50_000, Some(3)), entry(2, now, false, 100, None)];
        bank.core_tells(first).await;
        bank.tell().await;
        assert_eq!(bank.bubbles("lifang").await.len(), 1);
        bank.clock.advance_ms(60_000);
        bank.core_tells(vec![entry(3, now, false, 50_000, None)]).await;
        bank.tell().await;
        let whats: Vec<String> =
            bank.bubbles("lifang").await.iter().map(|rows| rows[1].1.clone()).collect();
        assert_eq!(whats, ["支出", "支出", "冲正退回"]);
        let note = bank.bubbles("lifang").await[2][4].1.clone();
        assert_eq!(note, "冲11月23日流水0003");

        // One whose original never comes goes alone.
        bank.core_tells(vec![entry(4, bank.clock.now(), true, 700, Some(9))]).await;
        bank.tell().await;
        assert_eq!(bank.bubbles("lifang").await.len(), 3);
        bank.clock.advance_ms(store::ORIGINAL_MS);
        bank.tell().await;
        assert_eq!(bank.bubbles("lifang").await[3][4].1, "冲原流水0009");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_of_an_account_keep_the_cores_order_and_a_late_one_says_so() {
    for bank in silent_banks().await {
        let now = bank.clock.now();
        let many = (1..=9).map(|n| entry(n, now, false, n * 100, None)).collect();
        bank.core_tells(many).await;
        // The first is not taken: none overtakes it.
        bank.weather(json!({ "api_busy_percent": 100 })).await;
        bank.tell().await;
        bank.weather(json!({ "api_busy_percent": 0 })).await;
        bank.tell().await;
        assert!(bank.bubbles("lifang").await.is_empty());
        bank.clock.advance_ms(1_000);
        bank.tell().await;
        let bubbles = bank.bubbles("lifang").await;
        let shown: Vec<_> = bubbles.iter().map(|rows| rows[2].1.as_str()).collect();
        let wanted: Vec<String> = (1..=9).map(|n| format!("{n}.00元")).collect();
        assert_eq!(shown, wanted);
        let late = bank.clock.now().plus_ms(-11 * 60_000).max(now);
        bank.clock.advance_ms(11 * 60_000);
        bank.core_tells(vec![entry(10, late, false, 5_000, None)]).await;
        bank.tell().await;
        let note = bank.bubbles("lifang").await.last().unwrap()[4].1.clone();
        assert!(note.starts_with("晚到 "), "{note}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_customer_says_in_chat_holds_for_the_next_posting() {
    for bank in silent_banks().await {
        let said = bank.say(APPID, "lifang", "动账提醒").await;
        assert!(said.contains("进账出账都提醒"), "{said}");
        let said = bank.say(APPID, "lifang", "超过五百才提醒我").await;
        assert!(said.contains("500.00元以上才提醒"), "{said}");
        let mut next = next_entry(&bank);
        bank.core_tells(vec![next(false, 49_999), next(true, 50_000)]).await;
        bank.tell().await;
        assert_eq!(bank.bubbles("lifang").await.len(), 1);

        bank.say(APPID, "lifang", "只提醒往外出的钱").await;
        bank.core_tells(vec![next(true, 60_000), next(false, 60_000)]).await;
        bank.tell().await;
        assert_eq!(bank.bubbles("lifang").await.len(), 2);

        // Quiet hours hold back what comes in, not what goes out.
        bank.say(APPID, "lifang", "进出都给我提醒").await;
        let said = bank.say(APPID, "lifang", "晚上10点到早上7点安静").await;
        assert!(said.contains("22:00到07:00"), "{said}");
        let said = bank.say(APPID, "lifang", "免打扰").await;
        assert!(said.contains("22:00到07:00"), "who asks changes nothing: {said}");
        bank.clock.advance_ms(13 * HOUR_MS);
        bank.core_tells(vec![next(true, 70_000), next(false, 80_000)]).await;
        bank.tell().await;
        assert_eq!(bank.bubbles("lifang").await.len(), 3);
        bank.clock.advance_ms(8 * HOUR_MS);
        bank.tell().await;
        let last = bank.bubbles("lifang").await.last().unwrap().clone();
        assert!(last[2].1 == "700.00元" && last[4].1.starts_with("晚到"), "{last:?}");

        let said = bank.say(APPID, "lifang", "关闭余额变动通知").await;
        assert!(said.contains("没开"), "{said}");
        bank.core_tells(vec![next(false, 90_000)]).await;
        bank.tell().await;
        assert_eq!(bank.bubbles("lifang").await.len(), 4);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_hears_of_an_account_that_is_no_longer_theirs() {
    for bank in silent_banks().await {
        bank.core_tells(vec![entry(1, bank.clock.now(), false, 50_000, None)]).await;
        super::round(&bank.app).await.unwrap();
        super::run_due(&bank.app).await.unwrap();
        let freeze = |tx: &db::Tx<'_>, at: Option<i64>| {
            tx.exec(
                "UPDATE binding SET frozen_at_ms = $1 WHERE tenant_id = $2 AND state = 'live'",
                params![at, tx.tenant()],
            )
        };
        let frozen = move |tx: &db::Tx<'_>| freeze(tx, Some(1));
        bank.app.db.write(Scope::Tenant(LINGXI), frozen).await.unwrap();
        let now = bank.clock.now();
        bank.core_tells(vec![entry(2, now, false, 700, None), entry(3, now, true, 700, None)])
            .await;
        bank.tell().await;
        let free = move |tx: &db::Tx<'_>| freeze(tx, None);
        bank.app.db.write(Scope::Tenant(LINGXI), free).await.unwrap();
        let now = bank.clock.now();
        bank.core_tells(vec![entry(4, now, false, 50_000, None)]).await;
        super::round(&bank.app).await.unwrap();
        bank.say(APPID, "lifang", "解绑").await;
        bank.say(APPID, "lifang", "是").await;
        let is_bound = bank.only_bound_is_there().await;
        assert!(!is_bound, "unbound in chat");
        bank.core_tells(vec![entry(5, bank.clock.now(), false, 60_000, None)]).await;
        bank.tell().await;
        let states = [
            ("delivered", "template", ""),
            ("accepted", "sms", ""),
            ("dropped", "", "frozen"),
            ("dropped", "", "unbound"),
        ];
        bank.until(&states).await;
        assert_eq!(bank.bubbles("lifang").await.len(), 1);
        bank.stop().await;
    }
}

impl TestBank {
    async fn only_bound_is_there(&self) -> bool {
        let unit = |tx: &db::Tx<'_>| {
            tx.opt::<i64>(
                "SELECT id FROM binding WHERE tenant_id = $1 AND state = 'live'",
                params![tx.tenant()],
            )
        };
        self.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap().is_some()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_reads_and_changes_what_is_told_and_every_change_is_noted() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        bank.bind_on(&browser, &slug, &people()[0]).await;
        let (status, told) = browser.api(&bank, &slug, "notices").await;
        assert_eq!((status, told["code"].as_str()), (404, Some("notice.none")), "{told}");
        bank.offer().await;
        let (_, told) = browser.api(&bank, &slug, "notices").await;
        let account = told["accounts"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(told["accounts"][0]["is_on"], true, "{told}");
        assert_eq!((&told["quiet"], &told["ways"][0]["sms"]), (&Value::Null, &Value::Null));

        let wish = json!({
            "accounts": [{ "id": account, "sides": "out", "least_fen": 20_000, "has_balance": true }],
            "ways": [{ "category": "account", "wechat": true, "sms": false }],
            "quiet": { "hours": { "from_minute": 1_320, "to_minute": 420 } },
        });
        let (status, told) = browser.post(&bank, &slug, "notices/set", wish).await;
        assert_eq!(status, 200, "{told}");
        assert_eq!(told["accounts"][0]["least_fen"], 20_000);
        assert_eq!(told["quiet"]["to_minute"], 420);
        for (body, code) in [
            (json!({ "accounts": [{ "id": "nobody", "is_on": true }] }), "account.missing"),
            (json!({ "accounts": [{ "id": account, "least_fen": -1 }] }), "notice.least"),
            (
                json!({ "quiet": { "hours": { "from_minute": 60, "to_minute": 60 } } }),
                "notice.quiet",
            ),
        ] {
            let (_, told) = browser.post(&bank, &slug, "notices/set", body).await;
            assert_eq!(told["code"], code, "{told}");
        }
        let unit = |tx: &db::Tx<'_>| {
            tx.all::<(String, String)>(
                "SELECT act, detail FROM audit WHERE tenant_id = $1 AND act LIKE 'notice.%' AND actor LIKE 'follower:%' ORDER BY id",
                params![tx.tenant()],
            )
        };
        let noted = bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap();
        let noted: Vec<_> = noted.iter().map(|(a, d)| (a.as_str(), d.as_str())).collect();
        assert_eq!(
            noted,
            [
                ("notice.account", "on out least balance"),
                ("notice.way", "wechat on"),
                ("notice.way", "sms off"),
                ("notice.quiet", "1320 420"),
            ]
        );
        bank.stop().await;
    }
}
