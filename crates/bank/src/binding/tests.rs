//! Journey 1 with its branches, through the pages.

use super::TAP_MS;
use crate::testing::browser::seal;
use crate::testing::{APPID, Browser, LINGXI, PROVINCIAL, TestBank, elements, link_in, people};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_binds_and_a_reload_of_the_page_says_so() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let (_, session) = browser.api(&bank, &slug, "session").await;
        assert_eq!(session["institution"]["short"], "陵溪农商行", "{session}");
        bank.bind_on(&browser, &slug, &people()[0]).await;
        let (_, state) = browser.api(&bank, &slug, "bind").await;
        assert_eq!(state["step"], "done");
        assert_eq!(state["accounts"][0]["kind"], "debit", "{state}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_wrong_element_gets_the_same_answer_ca_01() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let right = elements(&people()[0]);
        let other = &people()[3];
        let mut answers = vec![];
        for (field, wrong) in [
            ("name", other.name),
            ("id_no", &other.id_no),
            ("mobile", other.mobile),
            ("card_no", &other.card_no),
        ] {
            let mut claim = right.clone();
            claim[field] = json!(wrong);
            let (status, told) = browser.post(&bank, &slug, "bind/check", claim).await;
            answers.push((status, told["code"].clone(), told["words"].clone()));
        }
        assert!(answers.iter().all(|a| *a == answers[0]), "{answers:?}");
        assert_eq!(answers[0].1, "bind.mismatch");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_five_wrong_tries_the_day_is_over_even_with_the_right_ones_ca_02() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let mut wrong = elements(&people()[0]);
        wrong["name"] = json!("李方");
        let mut left = vec![];
        for _ in 0..5 {
            bank.clock.advance_ms(TAP_MS);
            let (_, told) = browser.post(&bank, &slug, "bind/check", wrong.clone()).await;
            left.push(told["left"].as_i64().unwrap());
        }
        assert_eq!(left, [4, 3, 2, 1, 0]);
        let (status, told) = browser.post(&bank, &slug, "bind/check", elements(&people()[0])).await;
        assert_eq!((status, told["code"].as_str()), (429, Some("bind.locked")), "{told}");
        assert_eq!(told["retry_after_s"], 86_400, "a day from the last try");
        bank.stop().await;
    }
}

pub(super) async fn to_otp(bank: &TestBank, browser: &Browser) -> String {
    let slug = bank.open_binding(APPID, "lifang", browser).await;
    browser.post(bank, &slug, "bind/check", elements(&people()[0])).await;
    let (status, told) = browser.post(bank, &slug, "bind/otp/send", json!({})).await;
    assert_eq!(status, 200, "{told}");
    slug
}

pub(super) async fn to_pin(bank: &TestBank, browser: &Browser) -> String {
    let slug = to_otp(bank, browser).await;
    let code = bank.code_for(people()[0].mobile).await;
    browser.post(bank, &slug, "bind/otp", json!({ "code": code })).await;
    slug
}

pub(super) fn other_code(code: &str) -> String {
    if code == "000000" { "111111".into() } else { "000000".into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_code_is_counted_and_the_third_voids_it_ca_03() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = to_otp(&bank, &browser).await;
        let code = bank.code_for(people()[0].mobile).await;
        let wrong = json!({ "code": other_code(&code) });
        let mut codes = vec![];
        for _ in 0..3 {
            bank.clock.advance_ms(TAP_MS);
            let (_, told) = browser.post(&bank, &slug, "bind/otp", wrong.clone()).await;
            codes.push(told["code"].as_str().unwrap().to_owned());
        }
        assert_eq!(codes, ["otp.wrong", "otp.wrong", "otp.used_up"]);
        let (_, told) = browser.post(&bank, &slug, "bind/otp", wrong).await;
        assert_eq!(told["code"], "otp.used_up", "a second tap reads the same");
        let (_, told) = browser.post(&bank, &slug, "bind/otp", json!({ "code": code })).await;
        assert_eq!(told["code"], "otp.expired");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_ends_after_three_minutes_and_is_sent_again_only_after_one_ca_03_ca_05() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = to_otp(&bank, &browser).await;
        bank.clock.advance_ms(10_000);
        let (_, told) = browser.post(&bank, &slug, "bind/otp/send", json!({})).await;
        assert_eq!(
            (told["code"].as_str(), told["retry_after_s"].as_i64()),
            (Some("otp.too_soon"), Some(50))
        );
        let code = bank.code_for(people()[0].mobile).await;
        bank.clock.advance_ms(171_000);
        let (_, told) = browser.post(&bank, &slug, "bind/otp", json!({ "code": code })).await;
        assert_eq!(told["code"], "otp.expired");
        let (status, _) = browser.post(&bank, &slug, "bind/otp/send", json!({})).await;
        assert_eq!(status, 200);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weak_pin_two_different_pins_and_a_missing_consent_are_refused() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = to_pin(&bank, &browser).await;
        let mut typed = browser.typed(&bank, &slug, "274906", "274906").await;
        typed["consents"] = json!([]);
        let (_, told) = browser.post(&bank, &slug, "bind/pin", typed).await;
        assert_eq!(told["code"], "consent.missing");
        for (pin, again, wanted) in
            [("123456", "123456", "pin.weak"), ("274906", "274907", "pin.differs")]
        {
            let typed = browser.typed(&bank, &slug, pin, again).await;
            let (_, told) = browser.post(&bank, &slug, "bind/pin", typed).await;
            assert_eq!(told["code"], wanted, "{told}");
        }
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_ciphertext_is_good_once_for_one_session_and_for_a_short_time_ca_08() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = to_pin(&bank, &browser).await;
        let spent = browser.typed(&bank, &slug, "123456", "123456").await;
        browser.post(&bank, &slug, "bind/pin", spent.clone()).await;
        let (_, told) = browser.post(&bank, &slug, "bind/pin", spent).await;
        assert_eq!(told["code"], "pin.replayed");

        let (_, keypad) = browser.api(&bank, &slug, "pin/key").await;
        let old = seal(&keypad, "274906", "274906", bank.clock.now().ms() - 301_000);
        let mut body = browser.typed(&bank, &slug, "274906", "274906").await;
        let (_, keypad) = browser.api(&bank, &slug, "pin/key").await;
        body["key_id"] = keypad["key_id"].clone();
        body["cipher"] = json!(old);
        let (_, told) = browser.post(&bank, &slug, "bind/pin", body).await;
        assert_eq!(told["code"], "pin.key_expired");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_cannot_be_skipped() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let (_, told) = browser.post(&bank, &slug, "bind/otp/send", json!({})).await;
        assert_eq!(told["code"], "bind.step");
        let typed = browser.typed(&bank, &slug, "274906", "274906").await;
        let (_, told) = browser.post(&bank, &slug, "bind/pin", typed).await;
        assert_eq!(told["code"], "bind.step");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_bound_elsewhere_cannot_be_bound_again() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "wangqiang", &browser).await;
        let (status, told) = browser.post(&bank, &slug, "bind/check", elements(&people()[0])).await;
        assert_eq!((status, told["code"].as_str()), (409, Some("bind.taken")), "{told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_is_guided_to_the_branch() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "mo", &browser).await;
        let (_, told) = browser.post(&bank, &slug, "bind/check", elements(&people()[2])).await;
        assert_eq!(told["code"], "bind.minor", "{told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn through_the_provincial_account_the_cards_bank_takes_over() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        bank.follow(PROVINCIAL, "lifang").await;
        let ask = json!({ "type": "text", "content": "查余额" });
        let asked = bank.control(&format!("chats/{PROVINCIAL}/lifang/send?wait=1"), ask).await;
        let link = crate::testing::link_in(&asked["items"]).expect("a way to bind");
        let slug = browser.web_view(&bank, PROVINCIAL, "lifang", &link).await.slug();
        let (_, before) = browser.api(&bank, &slug, "session").await;
        assert_eq!(before["task"]["kind"], "bind_card", "{before}");
        let slug = bank.to_the_cards_bank(&browser, &slug, &people()[0]).await;
        let (_, session) = browser.api(&bank, &slug, "session").await;
        assert_eq!(session["institution"]["short"], "陵溪农商行", "{session}");
        assert_eq!(session["task"], before["task"], "what one came for moves along");
        bank.bind_on(&browser, &slug, &people()[0]).await;
        let (_, session) = browser.api(&bank, &slug, "session").await;
        assert_eq!(session["task"], Value::Null, "and is done with the binding: {session}");
        let said = bank.chat(PROVINCIAL, "lifang").await.join("\n");
        assert!(said.contains("1,280.50"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_a_passbook_and_no_card_binds_with_its_number() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "zhao", &browser).await;
        let mut typo = elements(&people()[4]);
        typo["card_no"] = json!("101101000000050053");
        let (_, told) = browser.post(&bank, &slug, "bind/check", typo).await;
        assert_eq!(
            (told["code"].as_str(), told["left"].as_i64()),
            (Some("bind.mismatch"), Some(4))
        );
        bank.bind_on(&browser, &slug, &people()[4]).await;
        let (_, state) = browser.api(&bank, &slug, "bind").await;
        assert_eq!(state["accounts"][0]["kind"], "passbook", "{state}");
        let said = bank.say(APPID, "zhao", "查余额").await;
        assert!(said.contains("存折里有一千二百八十块五"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passbook_of_a_neighbour_is_called_one_and_a_number_of_nobody_costs_no_try() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "zhao", &browser).await;
        let mut other = elements(&people()[4]);
        other["card_no"] = json!("101201000000050052");
        let (_, told) = browser.post(&bank, &slug, "bind/check", other.clone()).await;
        assert!(told["words"].as_str().unwrap().contains("云麓农村商业银行的存折"), "{told}");
        other["card_no"] = json!("777701000000050051");
        let (_, told) = browser.post(&bank, &slug, "bind/check", other).await;
        assert_eq!(told["code"], "input.card", "{told}");
        let (_, state) = browser.api(&bank, &slug, "bind").await;
        assert_eq!(state["left"], 5, "{state}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unbinding_ends_every_session_at_once_ca_14() {
    for bank in TestBank::each().await {
        let browser = bank.bind(APPID, "lifang", &people()[0]).await;
        let told = bank
            .control(
                &format!("chats/{APPID}/lifang/send?wait=1"),
                json!({ "type": "text", "content": "解绑" }),
            )
            .await;
        let said = crate::testing::words(&told["items"]);
        assert!(said.contains("解"), "{said}");
        bank.say(APPID, "lifang", "是").await;
        let after = bank.say(APPID, "lifang", "余额").await;
        assert!(!after.contains("1,280.50"), "{after}");
        let (status, _) = browser.api(&bank, "bx000000000000", "accounts").await;
        assert_eq!(status, 401);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_elder_sees_passbook_and_card_and_the_statement_is_ones_own_ti_10() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "zhao", &browser).await;
        bank.bind_on(&browser, &slug, &people()[1]).await;
        let (_, list) = browser.api(&bank, &slug, "accounts").await;
        assert_eq!(list["items"].as_array().unwrap().len(), 2, "{list}");
        let (status, told) = browser.api(&bank, &slug, "statement?account=0000000000").await;
        assert_eq!((status, told["code"].as_str()), (404, Some("account.missing")));
        let (status, told) = browser.api(&bank, &slug, "statement").await;
        assert_eq!(status, 200, "{told}");
        assert_eq!(told["totals"]["count"], 1, "{told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_personal_is_readable_in_the_database_dp_03() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.say(APPID, "lifang", "余额").await;
        let person = people()[0].clone();
        let found: Vec<Value> = bank
            .app
            .db
            .read(db::Scope::Tenant(LINGXI), move |tx| {
                let rows: Vec<(Vec<u8>,)> = tx.all(
                    "SELECT body_sealed FROM turn WHERE tenant_id = $1 \
                     UNION ALL SELECT customer_sealed FROM binding WHERE tenant_id = $1 \
                     UNION ALL SELECT accounts_sealed FROM binding WHERE tenant_id = $1",
                    db::params![tx.tenant()],
                )?;
                assert!(rows.len() > 3);
                let canaries =
                    [person.card_no.as_str(), person.mobile, &person.id_no, "1,280.50", "余额"];
                let holds = |b: &[u8], c: &str| b.windows(c.len()).any(|w| w == c.as_bytes());
                Ok(rows
                    .iter()
                    .flat_map(|(b,)| canaries.iter().filter(move |c| holds(b, c)))
                    .map(|c| json!(c))
                    .collect())
            })
            .await
            .unwrap();
        assert!(found.is_empty(), "{found:?}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_in_the_middle_is_reminded_once_and_can_go_on() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        to_otp(&bank, &browser).await;
        let reminders = async || {
            bank.settle().await;
            let said = bank.chat(APPID, "lifang").await;
            said.iter().filter(|s| s.contains("绑卡还差一步")).count()
        };
        assert_eq!(reminders().await, 0);
        bank.clock.advance_ms(31 * 60_000);
        assert_eq!(reminders().await, 1);
        bank.clock.advance_ms(60 * 60_000);
        assert_eq!(reminders().await, 1);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_of_the_reminder_opens_the_step_that_was_left() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        to_otp(&bank, &browser).await;
        bank.clock.advance_ms(31 * 60_000);
        bank.settle().await;
        let chat = bank.look(&format!("chats/{APPID}/lifang")).await;
        let items = chat["items"].as_array().unwrap();
        let reminder = items.iter().filter(|i| i.to_string().contains("绑卡还差一步"));
        let link = link_in(&reminder.cloned().collect()).expect("the reminder has a link");
        let slug = browser.web_view(&bank, APPID, "lifang", &link).await.slug();
        let (_, state) = browser.api(&bank, &slug, "bind").await;
        assert_eq!(state["step"], "otp", "nothing is typed again: {state}");
        bank.to_the_pin(&browser, &slug, &people()[0]).await;
        let typed = browser.typed(&bank, &slug, "274906", "274906").await;
        let (status, told) = browser.post(&bank, &slug, "bind/pin", typed).await;
        assert_eq!(status, 200, "{told}");
        bank.settle().await;
        assert!(bank.say(APPID, "lifang", "余额").await.contains("1,280.50"));
        bank.stop().await;
    }
}

/// Half an hour after the card was typed: that WeChat did not let the reminder through, that nothing of it waits, and that the
/// next contact brings none.
async fn no_reminder(bank: &TestBank, code: i64) {
    bank.clock.advance_ms(31 * 60_000);
    bank.settle().await;
    assert_eq!(bank.custom_codes().await.last(), Some(&code));
    assert_eq!(bank.unread().await, 0, "nothing is kept for later");
    let said = bank.say(APPID, "lifang", "你好").await;
    assert!(!said.is_empty() && !said.contains("绑卡还差一步"), "{said}");
    bank.clock.advance_ms(24 * 60 * 60_000);
    bank.settle().await;
    let said = bank.chat(APPID, "lifang").await.join("\n");
    assert!(!said.contains("绑卡还差一步"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_no_message_left_nobody_is_reminded_and_nothing_is_kept() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        to_otp(&bank, &browser).await;
        bank.uses_up_its_messages(APPID, "lifang").await;
        no_reminder(&bank, 45047).await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_days_after_the_last_message_nobody_is_reminded_and_nothing_is_kept() {
    for bank in TestBank::each().await {
        bank.follow(APPID, "lifang").await;
        bank.say(APPID, "lifang", "你好").await;
        bank.clock.advance_ms(3 * base::DAY_MS);
        // The menu's page is no message of theirs.
        let browser = Browser::default();
        let go = format!("{}/h5/go/{APPID}/bind", bank.url);
        let slug = browser.web_view(&bank, APPID, "lifang", &go).await.slug();
        let (status, told) = browser.post(&bank, &slug, "bind/check", elements(&people()[0])).await;
        assert_eq!(status, 200, "{told}");
        no_reminder(&bank, 45015).await;
        bank.stop().await;
    }
}
