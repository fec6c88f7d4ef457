//! Settings through the page: what stops is done at once, what opens is proved, what is locked stays locked.

use crate::testing::{APPID, Browser, LINGXI, OUTAGE, TestBank, people};
use base::{DAY_MS, Fen};
use corebank::controls::{AgreementKind, Controls};
use corebank::facts::{Limit, LimitOn};
use corebank::sandbox::movement::{self, Movement};
use corebank::sandbox::{NewAgreement, OwnLimit};
use corebank::{AccountRef, CoreBank, CoreError, Ctx, CustNo, Reject, Weather};
use db::{Scope, params};
use serde_json::{Value, json};

/// 李芳 and her debit card.
const CUST: &str = "1011000001";
const CARD: i64 = 101_100_000_101;
const PIN: &str = "274906";

impl TestBank {
    pub(crate) async fn setting_page(&self, uid: &str, text: &str) -> (Browser, String, Value) {
        self.clock.advance_ms(61_000);
        let browser = Browser::default();
        let slug = self.page_after(uid, text, &browser).await;
        let (status, shown) = browser.api(self, &slug, "setting").await;
        assert_eq!(status, 200, "{shown}");
        (browser, slug, shown)
    }

    /// Does a change with the PIN.
    pub(crate) async fn with_pin(
        &self,
        browser: &Browser,
        slug: &str,
        ask: &Value,
        pin: &str,
    ) -> (u16, Value) {
        let typed = browser.typed(self, slug, pin, pin).await;
        let pin = json!({ "key_id": typed["key_id"], "cipher": typed["cipher"] });
        browser.post(self, slug, "setting/do", json!({ "ask": ask, "pin": pin })).await
    }

    /// The code for a change, typed right.
    pub(crate) async fn with_code(
        &self,
        browser: &Browser,
        slug: &str,
        ask: &Value,
        mobile: &str,
    ) -> Value {
        self.clock.advance_ms(61_000);
        let (status, told) = browser.post(self, slug, "setting/code", json!({ "ask": ask })).await;
        assert_eq!(status, 200, "{told}");
        let code = self.code_for(mobile).await;
        browser.post(self, slug, "setting/check", json!({ "ask": ask, "code": code })).await.1
    }

    fn core_ctx(&self) -> Ctx {
        Ctx::new(LINGXI, self.clock.now().plus_ms(10_000), "test")
    }

    async fn controls(&self) -> Controls {
        let account = AccountRef::new(CARD.to_string());
        let core = self.core.inner();
        core.controls(&self.core_ctx(), &CustNo::new(CUST), &account).await.unwrap()
    }

    async fn transfers(&self) -> Limit {
        let account = AccountRef::new(CARD.to_string());
        let all = self.core.inner().limits(&self.core_ctx(), &account).await.unwrap();
        all.into_iter().find(|l| l.on == LimitOn::Transfer).unwrap()
    }

    /// Whether the core lets a movement through.
    async fn posts(&self, id: &str, movement: Movement) -> bool {
        match self.core.inner().post(LINGXI, id, movement).await.unwrap() {
            Ok(_) => true,
            Err(CoreError::Rejected(Reject::SwitchedOff)) => false,
            other => panic!("{other:?}"),
        }
    }

    /// 李芳's wish to use her card online again, as the page puts it in.
    async fn opening(&self) -> super::order::Place {
        let (follower, bound) = self.only_bound().await;
        let target = super::store::Target {
            customer: bound.customer.clone(),
            account: bound.accounts[0].clone(),
            wish: super::wish::Wish::Unlock { on: super::wish::Use::Online },
        };
        super::order::Place { tenant: LINGXI, follower, target, after_ms: 0 }
    }

    async fn setting_audit(&self, act: &'static str) -> Vec<String> {
        let unit = move |tx: &db::Tx<'_>| {
            tx.all::<String>(
                "SELECT outcome FROM audit WHERE tenant_id = $1 AND act = $2 ORDER BY id",
                params![tx.tenant(), act],
            )
        };
        self.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap()
    }
}

fn online(id: &str) -> (String, Movement) {
    (id.to_owned(), movement::purchase_online(CARD, Fen::of(100), "网店"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_in_chat_holds_at_once_and_opening_it_needs_the_pin_ca_13() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.say(APPID, "lifang", "交易锁设置").await;
        let said = bank.say(APPID, "lifang", "网上付款").await;
        assert!(said.contains("锁住了") && said.contains("全天"), "{said}");
        let (id, movement) = online("o1");
        assert!(!bank.posts(&id, movement).await, "the core refuses what is locked");
        assert_eq!(bank.setting_audit("setting.lock").await, ["asked", "done"]);

        let (browser, slug, shown) = bank.setting_page("lifang", "打开交易锁").await;
        let row = shown["rows"].as_array().unwrap().iter().find(|r| r["lock"]["on"] == "online");
        assert_eq!(row.unwrap()["lock"]["is_locked"], true, "{shown}");
        let ask =
            json!({ "account": shown["account"], "wish": { "set": "unlock", "on": "online" } });
        let (_, look) = browser.post(&bank, &slug, "setting/look", ask.clone()).await;
        assert_eq!(look["needs"], "pin", "{look}");
        assert_eq!(look["changes"][0]["old"], "锁住（全天）", "{look}");
        let (_, told) = browser.post(&bank, &slug, "setting/do", json!({ "ask": ask })).await;
        assert_eq!(told["code"], "setting.pin", "{told}");
        let (_, told) = bank.with_pin(&browser, &slug, &ask, "111222").await;
        assert_eq!((told["code"].as_str(), told["left"].as_i64()), (Some("pin.wrong"), Some(4)));
        let (id, movement) = online("o2");
        assert!(!bank.posts(&id, movement).await, "a wrong PIN opens nothing");
        let (status, told) = bank.with_pin(&browser, &slug, &ask, PIN).await;
        assert_eq!((status, &told["done"]), (200, &json!(true)), "{told}");
        let (id, movement) = online("o3");
        assert!(bank.posts(&id, movement).await);
        bank.settle().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hours_may_grow_without_a_pin_and_shrink_only_with_it() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let (browser, slug, shown) = bank.setting_page("lifang", "打开交易锁").await;
        let night = |from, to| {
            let wish = json!({ "set": "lock", "on": "night", "from": from, "to": to });
            json!({ "account": shown["account"], "wish": wish })
        };
        let needs = async |from: i64, to: i64| {
            browser.post(&bank, &slug, "setting/look", night(from, to)).await.1
        };
        assert_eq!(needs(22, 7).await["needs"], "nothing");
        let body = json!({ "ask": night(22, 7) });
        let (status, told) = browser.post(&bank, &slug, "setting/do", body).await;
        assert_eq!(status, 200, "{told}");
        assert_eq!(needs(21, 8).await["needs"], "nothing");
        assert_eq!(needs(23, 7).await["needs"], "pin");
        assert_eq!(needs(22, 7).await["code"], "setting.same");
        assert_eq!(needs(5, 5).await["code"], "setting.hours");
        assert_eq!(needs(24, 7).await["code"], "setting.hours");
        let (_, told) =
            browser.post(&bank, &slug, "setting/do", json!({ "ask": night(23, 6) })).await;
        assert_eq!(told["code"], "setting.pin", "{told}");
        assert_eq!(bank.controls().await.locks[0].hours.from, 22);
        bank.settle().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_without_a_pin_stop_at_once_and_begin_with_the_pin_within_the_banks_bound() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let (browser, slug, shown) = bank.setting_page("lifang", "小额免密").await;
        let most = shown["rows"][0]["no_pass"]["most_fen"].as_i64().unwrap();
        let ask = |is_on: bool, cap: i64| {
            let wish = json!({ "set": "no_pass", "is_on": is_on, "cap_fen": cap });
            json!({ "account": shown["account"], "wish": wish })
        };
        let look =
            async |is_on, cap| browser.post(&bank, &slug, "setting/look", ask(is_on, cap)).await.1;
        assert_eq!(look(true, 20_000).await["needs"], "pin");
        assert_eq!(look(true, most + 1).await["code"], "setting.cap");
        assert_eq!(look(true, 0).await["code"], "setting.amount");
        let (status, told) = bank.with_pin(&browser, &slug, &ask(true, 20_000), PIN).await;
        assert_eq!(status, 200, "{told}");
        assert!(bank.controls().await.no_pass.is_on);
        assert_eq!(look(true, 10_000).await["needs"], "nothing", "a lower cap stops");
        assert_eq!(look(true, 30_000).await["needs"], "pin");
        let body = json!({ "ask": ask(false, 20_000) });
        assert_eq!(browser.post(&bank, &slug, "setting/do", body).await.0, 200);
        assert!(!bank.controls().await.no_pass.is_on);
        bank.settle().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_takes_no_more_money_once_its_agreement_is_ended_with_the_pin() {
    for bank in TestBank::each().await {
        for (no, platform) in [(1, "青禾支付"), (2, "青苗视频会员")] {
            let agreement = NewAgreement {
                acct_id: CARD,
                no,
                platform: platform.into(),
                kind: AgreementKind::Debit,
                signed_on: "2026-01-05".parse().unwrap(),
            };
            bank.core.inner().add_agreement(LINGXI, agreement).await.unwrap();
        }
        bank.bind(APPID, "lifang", &people()[0]).await;
        let (browser, slug, shown) = bank.setting_page("lifang", "快捷支付管理").await;
        assert_eq!(shown["rows"].as_array().unwrap().len(), 2, "{shown}");
        let ask =
            json!({ "account": shown["account"], "wish": { "set": "end_agreement", "no": 2 } });
        let (_, look) = browser.post(&bank, &slug, "setting/look", ask.clone()).await;
        assert_eq!(look["needs"], "pin", "{look}");
        let (status, told) = bank.with_pin(&browser, &slug, &ask, PIN).await;
        assert_eq!(status, 200, "{told}");
        let left: Vec<_> = bank.controls().await.agreements.into_iter().map(|a| a.no).collect();
        assert_eq!(left, [1]);
        let (_, told) = browser.post(&bank, &slug, "setting/look", ask).await;
        assert_eq!(told["code"], "setting.gone", "{told}");
        bank.settle().await;
        bank.stop().await;
    }
}

async fn limited(bank: &TestBank, single: i64, day: i64) {
    let limit = OwnLimit {
        acct_id: CARD,
        on: LimitOn::Transfer,
        single: Some(Fen::of(single)),
        day: Some(Fen::of(day)),
    };
    bank.core.inner().set_limit(LINGXI, limit).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_goes_down_with_the_pin_and_up_with_a_code_and_the_pin_ca_04_ca_13() {
    for bank in TestBank::each().await {
        limited(&bank, 500_000, 1_000_000).await;
        bank.bind(APPID, "lifang", &people()[0]).await;
        let (browser, slug, shown) = bank.setting_page("lifang", "调整限额").await;
        let ask = |day: i64| {
            let wish = json!({ "set": "limit", "on": "transfer", "day_fen": day });
            json!({ "account": shown["account"], "wish": wish })
        };
        let (_, look) = browser.post(&bank, &slug, "setting/look", ask(200_000)).await;
        assert_eq!(look["needs"], "pin", "{look}");
        assert_eq!(look["changes"][0]["old"], "10,000.00 元", "{look}");
        assert_eq!(look["changes"][0]["new"], "2,000.00 元", "{look}");
        let (status, told) = bank.with_pin(&browser, &slug, &ask(200_000), PIN).await;
        assert_eq!((status, &told["done"]), (200, &json!(true)), "{told}");
        assert_eq!(bank.transfers().await.day, Some(Fen::of(200_000)));

        let higher = ask(1_500_000);
        let (_, look) = browser.post(&bank, &slug, "setting/look", higher.clone()).await;
        assert_eq!(look["needs"], "code_and_pin", "{look}");
        let (_, told) = bank.with_pin(&browser, &slug, &higher, PIN).await;
        assert_eq!(told["code"], "undo.code", "the PIN alone raises nothing: {told}");
        let mobile = people()[0].mobile;
        assert_eq!(bank.with_code(&browser, &slug, &higher, mobile).await["proved"], true);
        let (_, told) = bank.with_pin(&browser, &slug, &ask(1_500_001), PIN).await;
        assert_eq!(told["code"], "undo.code", "a code is for one amount: {told}");
        let (status, told) = bank.with_pin(&browser, &slug, &higher, PIN).await;
        assert_eq!(status, 200, "{told}");
        assert_eq!(bank.transfers().await.day, Some(Fen::of(1_500_000)));
        let (_, told) = browser.post(&bank, &slug, "setting/look", ask(20_000_001)).await;
        assert_eq!(told["code"], "setting.cap", "{told}");
        assert_eq!(bank.setting_audit("setting.limit").await, ["asked", "done", "asked", "done"]);
        bank.settle().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_elders_raised_limit_holds_a_day_later_and_is_told() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "zhao", &people()[1]).await;
        let (browser, slug, shown) = bank.setting_page("zhao", "调整限额").await;
        let account = shown["accounts"][0]["id"].clone();
        let ask = |day: i64| {
            let wish = json!({ "set": "limit", "on": "transfer", "day_fen": day });
            json!({ "account": account, "wish": wish })
        };
        assert_eq!(bank.with_pin(&browser, &slug, &ask(100_000), PIN).await.0, 200);
        let higher = ask(500_000);
        let (_, look) = browser.post(&bank, &slug, "setting/look", higher.clone()).await;
        assert_eq!(look["after_hours"], 24, "{look}");
        bank.with_code(&browser, &slug, &higher, people()[1].mobile).await;
        let (status, told) = bank.with_pin(&browser, &slug, &higher, PIN).await;
        assert_eq!((status, &told["done"]), (200, &json!(false)), "{told}");
        let limit = async || {
            let account = AccountRef::new("101100000201");
            let all = bank.core.inner().limits(&bank.core_ctx(), &account).await.unwrap();
            all[0].day.unwrap().fen()
        };
        bank.settle().await;
        assert_eq!(limit().await, 100_000, "not yet");
        bank.clock.advance_ms(DAY_MS + 1_000);
        bank.settle().await;
        assert_eq!(limit().await, 500_000);
        let chat = bank.chat(APPID, "zhao").await;
        assert!(chat.iter().any(|w| w.contains("限额改好了")), "{chat:?}");
        bank.stop().await;
    }
}

/// 赵桂英, whose raise to 5,000 a day waits: page, and what she asks for.
async fn waiting_raise(bank: &TestBank) -> (Browser, String, Value) {
    bank.bind(APPID, "zhao", &people()[1]).await;
    let (browser, slug, shown) = bank.setting_page("zhao", "调整限额").await;
    let ask = json!({ "account": shown["accounts"][0]["id"], "wish": { "set": "limit", "on": "transfer", "day_fen": 100_000 } });
    assert_eq!(bank.with_pin(&browser, &slug, &ask, PIN).await.0, 200);
    let mut higher = ask.clone();
    higher["wish"]["day_fen"] = json!(500_000);
    bank.with_code(&browser, &slug, &higher, people()[1].mobile).await;
    assert_eq!(bank.with_pin(&browser, &slug, &higher, PIN).await.1["done"], false);
    (browser, slug, ask)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_raise_that_waits_gives_way_to_what_was_asked_for_later() {
    for bank in TestBank::each().await {
        let (browser, slug, mut lower) = waiting_raise(&bank).await;
        lower["wish"]["day_fen"] = json!(50_000);
        assert_eq!(bank.with_pin(&browser, &slug, &lower, PIN).await.0, 200);
        bank.clock.advance_ms(DAY_MS + 1_000);
        bank.settle().await;
        let all =
            bank.core.inner().limits(&bank.core_ctx(), &AccountRef::new("101100000201")).await;
        assert_eq!(all.unwrap()[0].day.unwrap().fen(), 50_000, "the later one stands");
        assert!(!bank.chat(APPID, "zhao").await.iter().any(|w| w.contains("限额改好了")));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_raise_that_waits_is_dropped_when_the_channel_is_frozen_meanwhile() {
    for bank in TestBank::each().await {
        waiting_raise(&bank).await;
        bank.say(APPID, "zhao", "停用微信银行").await;
        let frozen = bank.say(APPID, "zhao", "马上停用").await;
        bank.clock.advance_ms(DAY_MS + 1_000);
        bank.settle().await;
        let all =
            bank.core.inner().limits(&bank.core_ctx(), &AccountRef::new("101100000201")).await;
        assert_eq!(all.unwrap()[0].day.unwrap().fen(), 100_000, "{frozen}");
        let chat = bank.chat(APPID, "zhao").await.join("\n");
        assert!(chat.contains("等着的调高没有办"), "{chat}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_the_core_was_silent_about_is_not_tried_again_after_a_later_lock() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.say(APPID, "lifang", "交易锁设置").await;
        bank.say(APPID, "lifang", "网上付款").await;
        // The weather is the same for every call of a page: this one order is put in behind it.
        bank.core.set_weather(Weather { lost_request_percent: 100, ..Weather::default() });
        let opening = super::order::place(&bank.app, bank.opening().await).await.unwrap();
        assert_eq!(opening, super::order::Came::Unknown);
        bank.core.set_weather(Weather::default());
        bank.say(APPID, "lifang", "交易锁设置").await;
        let said = bank.say(APPID, "lifang", "网上付款").await;
        assert!(said.contains("锁住了"), "{said}");
        bank.clock.advance_ms(400_000);
        bank.settle().await;
        assert_eq!(bank.controls().await.locks.len(), 1, "it stays locked");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_core_is_neither_done_nor_failed_and_told_when_known() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        // It is done, but the answer is lost.
        bank.core.set_weather(Weather { lost_answer_percent: 100, ..Weather::default() });
        bank.say(APPID, "lifang", "交易锁设置").await;
        let said = bank.say(APPID, "lifang", "境外用卡").await;
        assert!(said.contains("正在锁"), "{said}");
        bank.core.set_weather(OUTAGE);
        bank.clock.advance_ms(11_000);
        bank.settle().await;
        bank.core.set_weather(Weather::default());
        bank.clock.advance_ms(11_000);
        bank.settle().await;
        let chat = bank.chat(APPID, "lifang").await.join("\n");
        assert_eq!(chat.matches("境外用卡锁住了").count(), 1, "{chat}");
        assert_eq!(bank.controls().await.locks.len(), 1);
        assert_eq!(bank.setting_audit("setting.lock").await, ["asked", "done"]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_one_has_is_shown_after_the_pin_and_for_ten_minutes_without_it() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let (browser, slug, shown) = bank.setting_page("lifang", "资产总览").await;
        assert_eq!(shown["what"], "assets", "{shown}");
        let ask = json!({ "wish": { "set": "see_assets" } });
        let (_, told) = browser.post(&bank, &slug, "setting/do", json!({ "ask": ask })).await;
        assert_eq!(told["code"], "setting.pin", "nothing is shown before: {told}");
        let (status, told) = bank.with_pin(&browser, &slug, &ask, PIN).await;
        assert_eq!(status, 200, "{told}");
        assert_eq!(told["lines"][0], json!({ "title": "一共有", "words": "1,280.50 元" }));
        let again =
            async || browser.post(&bank, &slug, "setting/do", json!({ "ask": ask })).await.1;
        assert_eq!(again().await["lines"][0]["words"], "1,280.50 元");
        bank.clock.advance_ms(600_000);
        assert_eq!(again().await["code"], "setting.pin");
        assert_eq!(bank.setting_audit("assets.see").await, ["done", "done"]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_changes_what_is_anothers_ti_10() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.bind(APPID, "zhao", &people()[1]).await;
        let (_, _, hers) = bank.setting_page("zhao", "小额免密").await;
        let (browser, slug, _) = bank.setting_page("lifang", "小额免密").await;
        let foreign = hers["accounts"][0]["id"].clone();
        let wish = json!({ "set": "no_pass", "is_on": false, "cap_fen": 100 });
        let ask = json!({ "account": foreign, "wish": wish });
        for path in ["setting/look", "setting/do"] {
            let body = if path.ends_with("do") { json!({ "ask": ask }) } else { ask.clone() };
            let (_, told) = browser.post(&bank, &slug, path, body).await;
            assert_eq!(told["code"], "account.missing", "{path}: {told}");
        }
        bank.stop().await;
    }
}
