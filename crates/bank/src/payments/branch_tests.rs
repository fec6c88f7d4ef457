//! Branches of the journeys of a transfer, a bill and a gift that stand in no other file (docs/journeys.md).

use super::state::State;
use super::tests::{PIN, knows_qiang};
use crate::testing::{APPID, Browser, LINGXI, Person, TestBank, link_in, people};
use base::Fen;
use corebank::facts::LimitOn;
use corebank::sandbox::OwnLimit;
use corebank::{AccountRef, AccountState, Weather};
use serde_json::json;

const CARD: i64 = 101_100_000_101;
const QIANG: i64 = 101_100_000_401;
const START: i64 = 128_050;

#[tokio::test(flavor = "multi_thread")]
async fn a_sentence_that_wechat_delivers_three_times_makes_one_draft() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        bank.control("weather", json!({ "duplicate_percent": 100 })).await;
        let (_, page) = bank.pay_page("lifang", "给王强转五百").await;
        bank.control("weather", json!({ "duplicate_percent": 0 })).await;
        let drafts = bank.payments().await;
        let open = drafts.iter().filter(|s| **s == State::Draft).count();
        assert_eq!(open, 1, "{drafts:?}");
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        let (status, done) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &done["state"]), (200, &json!("done")), "{done}");
        assert_eq!(bank.worth(CARD).await, START - 50_000);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payee_whose_account_takes_nothing_is_told_and_nothing_is_paid() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let (_, page) = bank.pay_page("lifang", "给王强转五百").await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        let account = AccountRef::new(QIANG.to_string());
        bank.core.inner().set_state(LINGXI, &account, AccountState::Frozen).await.unwrap();
        let (_, told) = page.pay(&bank, &intent, PIN).await;
        bank.quiet().await;
        let words = format!("{told}{}", bank.chat(APPID, "lifang").await.last().unwrap());
        assert!(words.contains("没有扣钱") && !words.contains("已转给"), "{words}");
        assert_eq!((bank.worth(CARD).await, bank.worth(QIANG).await), (START, START));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_core_that_tells_of_another_amount_is_never_called_a_success() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let (_, page) = bank.pay_page("lifang", "给王强转五百").await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        let odd = Weather { wrong_amount_percent: 100, only_payments: true, ..Weather::FINE };
        bank.core.set_weather(odd);
        let (status, told) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &told["state"]), (200, &json!("confirming")), "{told}");
        // Asked again in fine weather it stays with people: the core has said two things.
        bank.core.set_weather(Weather::FINE);
        bank.clock.advance_ms(60_000);
        bank.quiet().await;
        assert_eq!(bank.payments().await.last(), Some(&State::Manual));
        let said = bank.chat(APPID, "lifang").await.last().unwrap().clone();
        assert!(!said.contains("已转给") && !said.contains("没有扣钱"), "{said}");
        assert!(said.contains("不要重复转"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_code_for_a_payment_pays_nothing_and_another_comes_after_a_minute() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let (_, page) = bank.pay_page("lifang", "给王强转一千零一块").await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        bank.clock.advance_ms(61_000);
        let ask = json!({ "intent": intent });
        let (status, told) = page.post(&bank, "pay/code", ask.clone()).await;
        assert_eq!(status, 200, "{told}");
        let right = bank.code_for(people()[0].mobile).await;
        let wrong = if right == "000000" { "000001" } else { "000000" };
        let check = json!({ "intent": intent, "code": wrong });
        let (status, no) = page.post(&bank, "pay/check", check).await;
        assert!(status >= 400, "{no}");
        let sent = |sms: serde_json::Value| sms["items"].as_array().map_or(0, Vec::len);
        let path = format!("sms?to={}", people()[0].mobile);
        let before = sent(bank.look(&path).await);
        page.post(&bank, "pay/code", ask).await;
        assert_eq!(sent(bank.look(&path).await), before, "no second code within the minute");
        let (status, no) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &no["code"]), (409, &json!("undo.code")), "{no}");
        assert_eq!(bank.worth(CARD).await, START);
        page.code(&bank, &intent, people()[0].mobile).await;
        let (status, done) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &done["state"]), (200, &json!("done")), "{done}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_transfer_the_same_payee_is_a_tap_away_now_or_each_month() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let (_, page) = bank.pay_page("lifang", "给王强转一百").await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        page.pay(&bank, &intent, PIN).await;
        bank.quiet().await;
        let last = bank.chat(APPID, "lifang").await.last().cloned().unwrap();
        assert!(last.contains("再转一笔") && last.contains("设为每月转"), "{last}");
        let asked = bank.tap_line("lifang", "设为每月转").await;
        assert!(asked.contains("哪一天转"), "{asked}");
        let card = bank.say(APPID, "lifang", "每月5号").await;
        assert!(card.contains("转给王强") && card.contains(" 100.00 元"), "{card}");
        assert!(card.contains("每月5日 09:00 转出"), "{card}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_pin_gives_no_points_and_fewer_are_given_without_one() {
    for bank in TestBank::each().await {
        bank.gives().await;
        let (browser, slug, shown) = bank.setting_page("lifang", "全部积分捐了").await;
        assert_eq!(shown["what"], "gift", "{shown}");
        let (_, session) = browser.api(&bank, &slug, "session").await;
        let gift = session["task"]["with"]["gift"].clone();
        let ask = json!({ "wish": { "set": "gift", "gift": gift } });
        let (status, told) = bank.with_pin(&browser, &slug, &ask, "111222").await;
        assert_eq!((status, &told["code"]), (400, &json!("pin.wrong")), "{told}");
        assert_eq!(bank.points().await, [300, 2_040]);
        bank.say(APPID, "lifang", "捐500积分").await;
        let said = bank.tap_line("lifang", "确认").await;
        assert!(said.contains("第 18,342 盏灯"), "{said}");
        assert_eq!(bank.points().await, [1_840]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_left_on_its_page_for_too_long_is_put_away_and_says_so() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let path = format!("chats/{APPID}/lifang/send?wait=1");
        let said = json!({ "type": "text", "content": "给王强转五百" });
        let told = bank.control(&path, said).await;
        let link = link_in(&told["items"]).unwrap();
        let page = bank.open_pay("lifang", &link).await;
        assert_eq!(page.get(&bank).await["step"], "confirm");
        bank.clock.advance_ms(16 * 60_000);
        bank.quiet().await;
        let (status, no) = page.browser.api(&bank, &page.slug, "pay").await;
        assert_eq!((status, &no["code"]), (401, &json!("session.none")), "{no}");
        let back = bank.say(APPID, "lifang", "你好").await;
        assert!(back.contains("没有扣钱") || back.contains("没扣钱"), "{back}");
        assert_eq!(bank.worth(CARD).await, START);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_in_chat_on_the_page_or_at_the_link_leaves_a_row() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        bank.say(APPID, "lifang", "给王强转五千").await;
        let path = format!("chats/{APPID}/lifang/send?wait=1");
        let said = json!({ "type": "text", "content": "给王强转五百" });
        let told = bank.control(&path, said).await;
        let link = link_in(&told["items"]).unwrap();
        let page = bank.open_pay("lifang", &link).await;
        let another = "0".repeat(64);
        for (path, more) in [
            ("pay/code", json!({})),
            ("pay/check", json!({ "code": "000000" })),
            ("pay/when", json!({ "speed": "at_once" })),
        ] {
            let mut body = more;
            body["intent"] = json!(another);
            let (status, no) = page.post(&bank, path, body).await;
            assert_eq!((status, &no["code"]), (409, &json!("pay.changed")), "{path} {no}");
        }
        bank.clock.advance_ms(15 * 60_000);
        // Opened twice, it is noted once.
        for _ in 0..2 {
            let late = Browser::default().web_view(&bank, APPID, "lifang", &link).await;
            assert_eq!(late.problem(), "link.expired");
        }
        let told = bank.refused().await;
        let told: Vec<_> = told.iter().map(|(act, code)| (act.as_str(), code.as_str())).collect();
        let wanted = [
            ("pay.draft", "balance.short"),
            ("payment.code", "pay.changed"),
            ("payment.check", "pay.changed"),
            ("payment.when", "pay.changed"),
            ("link.open", "link.expired"),
        ];
        assert_eq!(told, wanted);
        assert_eq!(bank.worth(CARD).await, START);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_too_little_money_what_is_there_is_a_tap_away_and_no_pin_is_asked() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let said = bank.say(APPID, "lifang", "给王强转五千").await;
        assert!(said.contains("没有扣钱：可用 1,280.50 元，不够转这一笔"), "{said}");
        assert!(said.contains("转1200") && said.contains("不转了"), "{said}");
        // Nothing else would help: the payee is right, and there is no other card.
        assert!(!said.contains("换人") && !said.contains("换一张卡"), "{said}");
        assert!(!said.contains("核对并输密码"), "{said}");
        let card = bank.tap_line("lifang", "转1200").await;
        assert!(card.contains("转给王强") && card.contains("1,200.00 元"), "{card}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_too_little_money_in_one_account_another_is_a_tap_away_if_there_is_one() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "zhao", &people()[1]).await;
        let said = bank.say(APPID, "zhao", "匿名捐款五万块").await;
        assert!(said.contains("没有扣钱") && said.contains("换账户"), "{said}");
        let asked = bank.tap_line("zhao", "换账户").await;
        assert!(asked.contains("存折"), "{asked}");
        // Between her own two there is no third.
        bank.say(APPID, "zhao", "不捐了").await;
        let said = bank.say(APPID, "zhao", "从卡里转五万到存折").await;
        assert!(said.contains("没有扣钱") && !said.contains("换转出账户"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn above_a_limit_what_is_left_of_it_is_a_tap_away() {
    let tight = "[payments]\nsingle_max_fen = 60000\nday_max_fen = 80000\npin_only_max_fen = 100000\n\
                 new_payee_max_fen = 200000\nnew_payee_wait_ms = 1800000\n";
    for bank in TestBank::each_with(tight).await {
        knows_qiang(&bank).await;
        let said = bank.say(APPID, "lifang", "给王强转九百").await;
        assert!(said.contains("没有扣钱。在微信每笔最多转 600.00 元"), "{said}");
        assert!(said.contains("转600") && said.contains("不转了"), "{said}");
        assert!(!said.contains("换一张卡") && !said.contains("核对并输密码"), "{said}");
        let (_, page) = bank.pay_page("lifang", "给王强转五百").await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        let (status, done) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &done["state"]), (200, &json!("done")), "{done}");
        bank.quiet().await;
        let said = bank.say(APPID, "lifang", "给王强转四百").await;
        assert!(said.contains("今天在微信还能转 300.00 元"), "{said}");
        let card = bank.tap_line("lifang", "转300").await;
        assert!(card.contains("转给王强") && card.contains("300.00 元"), "{card}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn above_a_limit_of_ones_own_nothing_is_paid_and_raising_it_is_a_tap_away() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let (single, day) = (Some(Fen::of(20_000)), Some(Fen::of(100_000)));
        let limit = OwnLimit { acct_id: CARD, on: LimitOn::Transfer, single, day };
        bank.core.inner().set_limit(LINGXI, limit).await.unwrap();
        let (_, page) = bank.pay_page("lifang", "给王强转五百").await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        let (status, told) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &told["state"]), (200, &json!("failed")), "{told}");
        bank.quiet().await;
        let said = bank.chat(APPID, "lifang").await.last().cloned().unwrap();
        assert!(said.contains("没有扣钱") && said.contains("超过了您账户的限额"), "{said}");
        let page = bank.tap_line("lifang", "提高限额").await;
        assert!(page.contains("限额在这里改"), "{page}");
        assert_eq!(bank.worth(CARD).await, START);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_changed_at_the_bank_leaves_questions_only_until_bound_anew_ca_15() {
    const NEW: &str = "19000007777";
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let (_, page) = bank.pay_page("lifang", "给王强转一百").await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        let core = bank.core.inner();
        assert!(core.set_mobile(LINGXI, 1_011_000_001, Some(NEW.into())).await.unwrap());
        let (status, no) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &no["code"]), (403, &json!("bind.number")), "{no}");
        assert!(no["words"].as_str().unwrap().starts_with("没有扣钱。"), "{no}");
        let (status, no) = page.browser.api(&bank, &page.slug, "pay").await;
        assert_eq!((status, &no["code"]), (403, &json!("bind.number")), "{no}");
        assert_eq!(bank.worth(QIANG).await, START);
        assert!(bank.refused().await.contains(&("bind.number".into(), "bind.number".into())));
        let told = bank.say(APPID, "lifang", "余额").await;
        assert!(told.contains("1,280.50"), "{told}");

        bank.say(APPID, "lifang", "不转了").await;
        let (status, _) = page.post(&bank, "unbind", json!({})).await;
        assert_eq!(status, 200);
        bank.clock.advance_ms(60_000);
        bank.bind(APPID, "lifang", &Person { mobile: NEW, ..people()[0].clone() }).await;
        bank.clock.advance_ms(2 * base::DAY_MS);
        let (_, page) = bank.pay_page("lifang", "给王强转一百").await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        let (status, done) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &done["state"]), (200, &json!("done")), "{done}");
        bank.stop().await;
    }
}
