//! What is due, how things go on and what is a matter of security, through the front door.

use super::tests::{ACCOUNT, banks, entry, silent_banks};
use super::{due, templates};
use crate::audit::Actor;
use crate::cases::{self, Event as CaseEvent, work};
use crate::core_inbox;
use crate::testing::{APPID, Browser, LINGXI, OUTAGE, TestBank, people};
use base::{DAY_MS, Fen};
use corebank::feed::{Event, Happened};
use corebank::sandbox::movement;
use corebank::{AccountRef, Weather};
use db::Scope;
use serde_json::json;

const HOUR_MS: i64 = 3_600_000;

/// 李芳 owes the first instalment of her loan on the seventh of December; it is the fourth, eight o'clock.
async fn owing() -> Vec<TestBank> {
    let banks = TestBank::each().await;
    for bank in &banks {
        bank.owes().await;
        bank.settle().await;
        bank.offer().await;
        bank.clock.advance_ms(9 * DAY_MS - 2 * HOUR_MS);
    }
    banks
}

impl TestBank {
    /// The morning's look, and what goes out of it; how many words were made.
    pub(super) async fn looks(&self) -> usize {
        let made = due::round(&self.app).await.unwrap();
        self.tell().await;
        made
    }

    /// Value of a row of the newest template message.
    async fn row_shown(&self, name: &str) -> String {
        let all = self.bubbles("lifang").await;
        let last = all.last().cloned().unwrap_or_default();
        last.into_iter().find(|r| r.0 == name).map(|r| r.1).unwrap_or_default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instalment_is_told_three_days_ahead_and_on_its_day_once_each_from_nine_on() {
    for bank in owing().await {
        assert_eq!(bank.looks().await, 1);
        assert!(bank.bubbles("lifang").await.is_empty(), "it is eight o'clock");
        bank.clock.advance_ms(HOUR_MS);
        // Two processes look at once, and again.
        let (a, b) = tokio::join!(due::round(&bank.app), due::round(&bank.app));
        assert_eq!(a.unwrap() + b.unwrap(), 0);
        bank.tell().await;
        assert_eq!(bank.bubbles("lifang").await.len(), 1);
        assert_eq!(bank.row_shown("业务名称").await, "惠农贷2091");
        assert_eq!(bank.row_shown("到期时间").await, "2026年12月7日");
        assert_eq!(bank.row_shown("到期金额").await, "104.80元");
        bank.clock.advance_ms(DAY_MS);
        assert_eq!(bank.looks().await, 0);
        bank.clock.advance_ms(2 * DAY_MS);
        assert_eq!(bank.looks().await, 1);
        assert_eq!(bank.bubbles("lifang").await.len(), 2);
        bank.clock.advance_ms(DAY_MS);
        assert_eq!(bank.looks().await, 0);
        bank.settle().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_to_be_reminded_tomorrow_is_and_only_of_what_is_owed_then() {
    for bank in owing().await {
        bank.clock.advance_ms(2 * HOUR_MS);
        assert_eq!(bank.looks().await, 1);
        let said = bank.say(APPID, "lifang", "明天再提醒我").await;
        assert!(said.contains("12月5日 09:00再提醒您一次：惠农贷2091"), "{said}");
        let said = bank.say(APPID, "lifang", "提醒我明天").await;
        assert!(said.contains("已经记下了"), "{said}");
        bank.clock.advance_ms(DAY_MS);
        assert_eq!(bank.looks().await, 1);
        assert_eq!(bank.bubbles("lifang").await.len(), 2);
        assert_eq!(bank.looks().await, 0);
        bank.settle().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_core_is_asked_again_and_holds_up_the_day_only_so_long() {
    for bank in owing().await {
        bank.core.set_weather(OUTAGE);
        for _ in 0..3 {
            assert_eq!(bank.looks().await, 0);
        }
        bank.core.set_weather(Weather::FINE);
        assert_eq!(bank.looks().await, 1);
        bank.clock.advance_ms(3 * DAY_MS);
        bank.core.set_weather(OUTAGE);
        for _ in 0..6 {
            assert_eq!(bank.looks().await, 0);
        }
        bank.core.set_weather(Weather::FINE);
        assert_eq!(bank.looks().await, 0, "the day goes on without them");
        bank.settle().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_can_be_switched_off_by_itself_and_security_cannot() {
    for bank in owing().await {
        let said = bank.say(APPID, "lifang", "安全提醒关掉").await;
        assert!(said.contains("关不掉"), "{said}");
        let said = bank.say(APPID, "lifang", "还款提醒关掉").await;
        assert!(said.contains("还款和到期：不发") && said.contains("账户动账：发微信"), "{said}");
        bank.clock.advance_ms(2 * HOUR_MS);
        assert_eq!(bank.looks().await, 1);
        assert!(bank.bubbles("lifang").await.is_empty());
        let told = bank.notice_states().await;
        assert!(told.iter().any(|n| n.0 == "dropped" && n.2 == "unwanted"), "{told:?}");
        bank.settle().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wages_come_with_words_of_their_own() {
    for bank in banks().await {
        let wage = movement::wage(ACCOUNT, Fen::of(450_000), "河口食品厂");
        bank.core.inner().post(LINGXI, "wage", wage).await.unwrap().unwrap();
        bank.notify().await;
        assert_eq!(bank.row_shown("变动类型").await, "工资到账");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn how_a_case_goes_on_is_told_once_for_each_step() {
    for bank in banks().await {
        let (follower, _) = bank.only_bound().await;
        let keys = bank.app.vault.tenant(&bank.app.db, LINGXI).await.unwrap();
        let unit = move |tx: &db::Tx<'_>| {
            let given = [("text".to_owned(), "柜员态度不好".to_owned())].into_iter().collect();
            let case = cases::say(tx, &keys, follower, "complaint", &given)?;
            work::decide(
                tx,
                &keys,
                Actor::House("test"),
                case.id,
                &work::Decision::plain(CaseEvent::Accept),
            )
        };
        bank.app.db.write(Scope::Tenant(LINGXI), unit).await.unwrap();
        bank.tell().await;
        assert_eq!(bank.bubbles("lifang").await.len(), 1);
        assert_eq!(bank.row_shown("业务名称").await, "投诉建议");
        assert_eq!(bank.row_shown("办理进度").await, "正在办");
        bank.settle().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_somebody_else_put_on_is_told_at_night_and_ones_own_is_not() {
    for bank in silent_banks().await {
        let state = |seq| Event {
            seq,
            account: AccountRef::new(ACCOUNT.to_string()),
            at: bank.clock.now(),
            what: Happened::State,
        };
        bank.say(APPID, "lifang", "晚上10点到早上7点安静").await;
        bank.say(APPID, "lifang", "关闭余额变动通知").await;
        bank.clock.advance_ms(14 * HOUR_MS);
        bank.core_tells(vec![state(1), entry(2, bank.clock.now(), false, 100, None)]).await;
        bank.tell().await;
        assert_eq!(
            bank.bubbles("lifang").await.len(),
            1,
            "movements are switched off, this is not"
        );
        assert_eq!(bank.row_shown("备注").await, "不是您办的请说“锁卡”");
        let said = bank.say(APPID, "lifang", "一键锁卡").await;
        assert!(said.contains("现在锁住"), "{said}");
        bank.say(APPID, "lifang", "锁住").await;
        bank.core_tells(vec![state(3)]).await;
        bank.tell().await;
        assert_eq!(bank.bubbles("lifang").await.len(), 1);
        bank.settle().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_binding_is_told_on_the_number_on_file_and_not_in_the_wechat_it_was_made_with() {
    for bank in TestBank::each().await {
        let registry = bank.app.registry();
        templates::offer(&bank.app, registry.account(APPID).unwrap()).await.unwrap();
        core_inbox::round(&bank.app).await.unwrap();
        super::round(&bank.app).await.unwrap();
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        bank.bind_on(&browser, &slug, &people()[0]).await;
        bank.settle().await;
        bank.tell().await;
        let texts = bank.notice_texts().await;
        assert!(texts.len() == 1 && texts[0].contains("在一个微信上绑定了"), "{texts:?}");
        assert!(bank.bubbles("lifang").await.is_empty());
        assert!(bank.chat(APPID, "lifang").await.iter().all(|w| !w.contains("在一个微信上绑定了")));
        let (status, told) = browser
            .post(
                &bank,
                &slug,
                "notices/set",
                json!({ "ways": [{ "category": "security", "wechat": false, "sms": false }] }),
            )
            .await;
        assert_eq!((status, told["code"].as_str()), (409, Some("notice.locked")), "{told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn small_arrivals_of_an_hour_are_one_message_and_all_else_is_told_at_once() {
    for bank in silent_banks().await {
        let said = bank.say(APPID, "lifang", "收款一小时汇总一次").await;
        assert!(said.contains("零散收款一小时汇总一次") && said.contains("满1000元"), "{said}");
        let now = bank.clock.now();
        let arrivals = vec![
            entry(1, now, true, 1_200, None),
            entry(2, now, true, 3_050, None),
            entry(3, now, false, 500, None),
            entry(4, now, true, 100_000, None),
            entry(5, now, true, 800, None),
        ];
        bank.core_tells(arrivals).await;
        bank.tell().await;
        assert_eq!(bank.bubbles("lifang").await.len(), 2, "what went out and what is large");
        bank.clock.advance_ms(HOUR_MS);
        bank.tell().await;
        assert_eq!(bank.bubbles("lifang").await.len(), 3);
        assert_eq!(bank.row_shown("变动类型").await, "收款汇总");
        assert_eq!(bank.row_shown("变动金额").await, "50.50元");
        assert!(bank.row_shown("备注").await.contains("收到3笔"));
        // The next hour begins anew.
        bank.core_tells(vec![entry(6, bank.clock.now(), true, 700, None)]).await;
        bank.tell().await;
        assert_eq!(bank.bubbles("lifang").await.len(), 3);
        bank.clock.advance_ms(HOUR_MS);
        bank.tell().await;
        assert_eq!(bank.row_shown("变动金额").await, "7.00元");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_bound_before_notices_were_offered_is_asked_once_and_stays_as_they_were() {
    for bank in banks().await {
        // As if bound before: no account of hers stands there.
        let before = |tx: &db::Tx<'_>| {
            tx.exec("DELETE FROM notice_account WHERE tenant_id = $1", db::params![tx.tenant()])
        };
        bank.app.db.write(Scope::Tenant(LINGXI), before).await.unwrap();
        bank.say(APPID, "lifang", "你好").await;
        assert_eq!(bank.looks().await, 1);
        let offers = || async {
            bank.chat(APPID, "lifang")
                .await
                .iter()
                .filter(|w| w.contains("能开微信动账提醒了"))
                .count()
        };
        assert_eq!(offers().await, 1);
        bank.shop("bought", 8_650).await;
        bank.notify().await;
        assert!(bank.bubbles("lifang").await.is_empty(), "not signed up");
        bank.clock.advance_ms(DAY_MS);
        assert_eq!(bank.looks().await, 0);
        assert_eq!(offers().await, 1);
        let said = bank.say(APPID, "lifang", "每笔都提醒动账").await;
        assert!(said.contains("进账出账都提醒"), "{said}");
        bank.shop("again", 1_234).await;
        bank.notify().await;
        assert_eq!(bank.bubbles("lifang").await.len(), 1);
        bank.settle().await;
        bank.stop().await;
    }
}
