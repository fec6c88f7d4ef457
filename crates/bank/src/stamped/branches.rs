//! Journey 3, 〔要盖章的流水〕, where it does not go straight: codes that are used up, no number on file, too much to print,
//! a file whose two days are over, and nothing left that WeChat would let through.

use super::tests::{CARD, bound, fetch, order};
use super::{FILE_MS, LINES_MAX};
use crate::binding::TAP_MS;
use crate::testing::{APPID, Browser, LINGXI, TestBank, link_in, people};
use base::Time;
use db::{Scope, params};
use serde_json::{Value, json};

/// 2026-11-10, noon in China.
const THE_TENTH: Time = Time::of_ms(1_795_363_200_000 - 13 * base::DAY_MS + 12 * 3_600_000);
/// More than is made while the customer waits.
const LONG: i64 = 401;

/// So many entries on 李芳's card, all at one time: written beside the first of its books, since posting each takes long.
async fn pour(bank: &TestBank, count: i64, at: Time) {
    let unit = move |tx: &db::Tx<'_>| {
        tx.exec(
            "INSERT INTO core_entry (tenant_id, journal_no, line_no, account_kind, account, side, amount_fen, \
             balance_after_fen, posted_at_ms, label, counterparty) \
             WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < CAST($3 AS BIGINT)) \
             SELECT e.tenant_id, e.journal_no, 1000 + n.i, e.account_kind, e.account, 'C', 100, 100, CAST($4 AS BIGINT), \
             '货款', '*小强' FROM core_entry e CROSS JOIN n \
             WHERE e.tenant_id = $1 AND e.account_kind = 'C' AND e.account = CAST($2 AS BIGINT) AND e.line_no < 1000",
            params![tx.tenant(), CARD, count, at],
        )
    };
    let poured = bank.core.inner().db().write(Scope::Tenant(LINGXI), unit).await.unwrap();
    assert_eq!(i64::try_from(poured).unwrap(), count);
}

/// Text messages and calls to 李芳 so far.
async fn codes_sent(bank: &TestBank) -> usize {
    let told = bank.look(&format!("sms?to={}", people()[0].mobile)).await;
    told["items"].as_array().unwrap().len()
}

fn words(told: &Value) -> &str {
    told["words"].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_third_wrong_code_uses_it_up_a_branch_is_named_and_a_new_code_works_ca_03() {
    for bank in TestBank::each().await {
        let (browser, slug, ask) = bound(&bank).await;
        browser.post(&bank, &slug, "stamped/code", json!({ "ask": ask })).await;
        let code = bank.code_for(people()[0].mobile).await;
        let wrong = if code == "000000" { "111111" } else { "000000" };
        let try_with = async |code: &str| {
            // Not a second tap of the one before.
            bank.clock.advance_ms(TAP_MS);
            let body = json!({ "ask": ask, "code": code });
            browser.post(&bank, &slug, "stamped/make", body).await
        };
        for left in [2, 1] {
            let (status, told) = try_with(wrong).await;
            assert_eq!((status, &told["code"]), (400, &json!("otp.wrong")), "{told}");
            assert_eq!(told["left"], left, "{told}");
            assert!(words(&told).contains(&format!("还可试 {left} 次")), "{told}");
        }
        let (status, told) = try_with(wrong).await;
        assert_eq!((status, &told["code"]), (429, &json!("otp.used_up")), "{told}");
        assert!(words(&told).contains("重新获取") && words(&told).contains("到网点打印"), "{told}");
        let (status, told) = try_with(&code).await;
        assert_eq!((status, &told["code"]), (410, &json!("otp.expired")), "{told}");
        let (_, list) = browser.api(&bank, &slug, "stamped").await;
        assert_eq!(list["items"], json!([]), "nothing is made");
        bank.clock.advance_ms(61_000);
        let (status, file) = order(&bank, &browser, &slug, &ask).await;
        assert!(status == 200 && file["url"].is_string(), "{file}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_no_more_codes_go_out_today_a_branch_prints_it_ca_05() {
    for bank in TestBank::each_with("otp_per_day = 2\n").await {
        // The first of them was for binding.
        let (browser, slug, ask) = bound(&bank).await;
        let send = async || browser.post(&bank, &slug, "stamped/code", json!({ "ask": ask })).await;
        assert_eq!(send().await.0, 200);
        bank.clock.advance_ms(61_000);
        let (status, told) = send().await;
        assert_eq!((status, &told["code"]), (429, &json!("otp.too_many")), "{told}");
        assert!(words(&told).contains("明天") && words(&told).contains("到网点打印"), "{told}");
        assert_eq!(codes_sent(&bank).await, 2);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_phone_number_on_file_is_sent_to_a_branch_and_no_code_goes_out() {
    for bank in TestBank::each().await {
        let (browser, slug, ask) = bound(&bank).await;
        // The counter strikes the number off, after they had bound with it.
        let unit = |tx: &db::Tx<'_>| {
            tx.exec(
                "UPDATE core_customer SET mobile_sealed = NULL WHERE tenant_id = $1 AND cust_no = 1011000001",
                params![tx.tenant()],
            )
        };
        let struck = bank.core.inner().db().write(Scope::Tenant(LINGXI), unit).await.unwrap();
        assert_eq!(struck, 1);
        let before = codes_sent(&bank).await;
        let (status, told) =
            browser.post(&bank, &slug, "stamped/code", json!({ "ask": ask })).await;
        assert_eq!((status, &told["code"]), (403, &json!("stamped.no_mobile")), "{told}");
        assert_eq!(words(&told), "银行没有登记您的手机号，请到网点打印流水");
        assert_eq!(codes_sent(&bank).await, before);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_lines_ask_for_a_shorter_span_before_a_code_goes_out() {
    for bank in TestBank::each().await {
        let (browser, slug, ask) = bound(&bank).await;
        pour(&bank, LINES_MAX + 1, THE_TENTH).await;
        let before = codes_sent(&bank).await;
        let (status, told) =
            browser.post(&bank, &slug, "stamped/code", json!({ "ask": ask })).await;
        assert_eq!((status, &told["code"]), (400, &json!("stamped.lines")), "{told}");
        assert!(words(&told).contains("分几段") && words(&told).contains("网点"), "{told}");
        assert_eq!(codes_sent(&bank).await, before, "no code for what would not be made");
        let body = json!({ "ask": ask, "code": "000000" });
        let (status, told) = browser.post(&bank, &slug, "stamped/make", body).await;
        assert_eq!((status, &told["code"]), (400, &json!("stamped.lines")), "{told}");
        let mut shorter = ask.clone();
        shorter["from"] = json!("2026-11-11");
        let (status, file) = order(&bank, &browser, &slug, &shorter).await;
        assert!(status == 200 && file["url"].is_string(), "{file}");
        bank.stop().await;
    }
}

/// The page of a link that the chat holds, as the customer opens it.
async fn open(bank: &TestBank, browser: &Browser, link: &str) -> crate::testing::browser::Landed {
    browser.web_view(bank, APPID, "lifang", link).await
}

async fn last_link(bank: &TestBank) -> String {
    let chat = bank.look(&format!("chats/{APPID}/lifang")).await;
    link_in(&chat["items"]).expect("a link")
}

#[tokio::test(flavor = "multi_thread")]
async fn after_two_days_the_link_in_the_chat_is_over_and_the_same_is_made_anew_with_a_code() {
    for bank in TestBank::each().await {
        let (browser, slug, ask) = bound(&bank).await;
        pour(&bank, LONG, THE_TENTH).await;
        let (_, first) = order(&bank, &browser, &slug, &ask).await;
        bank.settle().await;
        let old_link = last_link(&bank).await;
        assert!(open(&bank, &browser, &old_link).await.url.contains("/h5/s/"));
        bank.clock.advance_ms(FILE_MS + 1);
        assert_eq!(open(&bank, &browser, &old_link).await.problem(), "link.expired");
        bank.say(APPID, "lifang", "要盖章的流水").await;
        let slug = open(&bank, &browser, &last_link(&bank).await).await.slug();
        let (_, list) = browser.api(&bank, &slug, "stamped").await;
        assert_eq!(list["items"], json!([]), "the old file is no longer listed");
        let body = json!({ "ask": ask, "code": "" });
        let (status, told) = browser.post(&bank, &slug, "stamped/make", body).await;
        assert_eq!((status, &told["code"]), (410, &json!("otp.expired")), "a code comes first");
        let (status, second) = order(&bank, &browser, &slug, &ask).await;
        assert_eq!(status, 200, "{second}");
        assert_ne!((&second["id"], &second["check_code"]), (&first["id"], &first["check_code"]));
        bank.settle().await;
        let said = bank.chat(APPID, "lifang").await;
        assert_eq!(said.iter().filter(|w| w.contains("流水好了")).count(), 2, "{said:?}");
        let landed = open(&bank, &browser, &last_link(&bank).await).await;
        let (_, list) = browser.api(&bank, &landed.slug(), "stamped").await;
        assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list}");
        let (status, pdf) = fetch(&bank, &browser, list["items"][0]["url"].as_str().unwrap()).await;
        assert!(status == 200 && pdf.starts_with(b"%PDF-"));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_no_message_left_the_file_is_on_the_page_and_the_words_come_with_the_next_reply() {
    for bank in TestBank::each().await {
        let (browser, slug, ask) = bound(&bank).await;
        pour(&bank, LONG, THE_TENTH).await;
        bank.uses_up_its_messages(APPID, "lifang").await;
        let (status, file) = order(&bank, &browser, &slug, &ask).await;
        assert_eq!(status, 200, "{file}");
        bank.settle().await;
        assert_eq!(bank.custom_codes().await.last(), Some(&45047), "WeChat let it not through");
        let said = bank.chat(APPID, "lifang").await;
        assert!(!said.iter().any(|w| w.contains("流水好了")), "{said:?}");
        assert_eq!(bank.unread().await, 1);
        let (_, list) = browser.api(&bank, &slug, "stamped").await;
        assert_eq!(list["items"][0]["id"], file["id"], "{list}");
        let (status, pdf) = fetch(&bank, &browser, list["items"][0]["url"].as_str().unwrap()).await;
        assert!(status == 200 && pdf.starts_with(b"%PDF-"));

        let said = bank.say(APPID, "lifang", "你好").await;
        assert!(said.starts_with("盖章流水好了"), "{said}");
        assert_eq!(bank.unread().await, 0);
        let landed = open(&bank, &browser, &last_link(&bank).await).await;
        let (_, list) = browser.api(&bank, &landed.slug(), "stamped").await;
        assert_eq!(list["items"][0]["id"], file["id"], "the link under the words opens it");
        let said = bank.say(APPID, "lifang", "你好").await;
        assert!(!said.contains("流水好了"), "once: {said}");
        bank.stop().await;
    }
}
