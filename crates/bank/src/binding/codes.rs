//! Codes: how often, by which way, what is asked first, what they confirm.

use super::TAP_MS;
use super::tests::{other_code, to_otp};
use crate::testing::{APPID, Browser, LINGXI, TestBank, elements, people};
use db::{Scope, params};
use futures_util::future::join_all;
use serde_json::{Value, json};

/// What a person answers to a question's words.
pub(crate) fn answer(words: &str) -> String {
    let numerals = "零一二三四五六七八九";
    let read: Vec<i64> = words
        .chars()
        .filter_map(|c| numerals.chars().position(|n| n == c))
        .map(|n| i64::try_from(n).unwrap())
        .collect();
    let three = || words.split(['、', ' ']).filter_map(|w| w.parse::<i64>().ok());
    let solved = match () {
        () if words.contains('加') => read[0] + read[1],
        () if words.contains('减') => read[0] - read[1],
        () if words.contains("最大") => three().max().unwrap(),
        () => three().min().unwrap(),
    };
    solved.to_string()
}

/// Asks for a code; when a question comes instead, what to send with its answer, else what was sent.
async fn ask(bank: &TestBank, browser: &Browser, slug: &str) -> Value {
    let (_, told) = browser.post(bank, slug, "bind/otp/send", json!({})).await;
    match told["question"]["words"].as_str() {
        Some(words) => answered(&told["question"]["id"], &answer(words)),
        None => json!({}),
    }
}

fn answered(id: &Value, value: &str) -> Value {
    json!({ "answer": { "id": id, "value": value } })
}

impl TestBank {
    /// Messages and calls to 李芳's number so far, oldest first.
    async fn sent(&self) -> Vec<Value> {
        let sms = self.look(&format!("sms?to={}", people()[0].mobile)).await;
        sms["items"].as_array().unwrap().clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_for_one_number_are_counted_exactly_in_a_burst_by_minute_hour_and_day_ca_05() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        browser.post(&bank, &slug, "bind/check", elements(&people()[0])).await;
        let burst = async || {
            let wish = ask(&bank, &browser, &slug).await;
            let all = (0..32).map(|_| browser.post(&bank, &slug, "bind/otp/send", wish.clone()));
            join_all(all).await;
            let sms = bank.look(&format!("sms?to={}", people()[0].mobile)).await;
            sms["items"].as_array().unwrap().len()
        };
        let mut sent = vec![];
        for _ in 0..7 {
            sent.push(burst().await);
            bank.clock.advance_ms(61_000);
        }
        assert_eq!(sent, [1, 2, 3, 4, 5, 5, 5], "five an hour");
        let (_, told) = browser.post(&bank, &slug, "bind/otp/send", json!({})).await;
        assert_eq!(told["code"], "otp.too_many", "{told}");
        for _ in 0..3 {
            bank.clock.advance_ms(3_600_000);
            let fresh = Browser::default();
            let slug = bank.open_binding(APPID, "lifang", &fresh).await;
            fresh.post(&bank, &slug, "bind/check", elements(&people()[0])).await;
            for _ in 0..5 {
                let wish = ask(&bank, &fresh, &slug).await;
                fresh.post(&bank, &slug, "bind/otp/send", wish).await;
                bank.clock.advance_ms(61_000);
            }
        }
        let sms = bank.look(&format!("sms?to={}", people()[0].mobile)).await;
        assert_eq!(sms["items"].as_array().unwrap().len(), 10, "ten a day");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_up_code_does_not_open_the_minute_again_ca_05() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = to_otp(&bank, &browser).await;
        let wrong = json!({ "code": other_code(&bank.code_for(people()[0].mobile).await) });
        for _ in 0..3 {
            bank.clock.advance_ms(TAP_MS);
            browser.post(&bank, &slug, "bind/otp", wrong.clone()).await;
        }
        let (_, told) = browser.post(&bank, &slug, "bind/otp/send", json!({})).await;
        assert_eq!(told["code"], "otp.too_soon", "{told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_confirms_the_customer_it_was_sent_for_and_no_other_ca_04() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = to_otp(&bank, &browser).await;
        let code = bank.code_for(people()[0].mobile).await;
        let (_, told) = browser.post(&bank, &slug, "bind/check", elements(&people()[3])).await;
        assert_eq!(told["step"], "otp", "{told}");
        let (_, told) = browser.post(&bank, &slug, "bind/otp", json!({ "code": code })).await;
        assert_eq!(told["code"], "otp.expired", "{told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_message_names_its_purpose_and_warns_ca_04() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        to_otp(&bank, &browser).await;
        let sms = bank.look(&format!("sms?to={}", people()[0].mobile)).await;
        let text = sms["items"][0]["text"].as_str().unwrap();
        assert!(text.contains("绑定微信银行") && text.contains("任何人索要均为诈骗"), "{text}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_reads_the_code_out_to_whom_no_message_reached_and_counts_like_one_ca_05() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        browser.post(&bank, &slug, "bind/check", elements(&people()[0])).await;
        let call = json!({ "way": "voice" });
        let (_, told) = browser.post(&bank, &slug, "bind/otp/send", call.clone()).await;
        assert_eq!(told["code"], "otp.too_soon", "a message is tried first: {told}");
        browser.post(&bank, &slug, "bind/otp/send", json!({})).await;
        bank.clock.advance_ms(20_000);
        let (_, told) = browser.post(&bank, &slug, "bind/otp/send", call.clone()).await;
        assert_eq!(
            (told["code"].as_str(), told["retry_after_s"].as_i64()),
            (Some("otp.too_soon"), Some(40))
        );
        let (_, state) = browser.api(&bank, &slug, "bind").await;
        assert_eq!(
            (&state["otp"]["way"], &state["otp"]["voice_after_s"]),
            (&json!("text"), &json!(40))
        );
        bank.clock.advance_ms(40_000);
        let (status, told) = browser.post(&bank, &slug, "bind/otp/send", call.clone()).await;
        assert_eq!((status, told["way"].as_str()), (200, Some("voice")), "{told}");
        let (_, state) = browser.api(&bank, &slug, "bind").await;
        assert_eq!(state["otp"]["way"], "voice", "a reload knows what to listen for: {state}");
        let sent = bank.sent().await;
        assert_eq!((&sent[0]["way"], &sent[1]["way"]), (&json!("text"), &json!("voice")));
        let words = sent[1]["text"].as_str().unwrap();
        assert!(words.contains("用于绑定微信银行") && words.contains("骗子"), "{words}");
        let read: String = words.split("验证码是：").nth(1).unwrap().chars().take(11).collect();
        let code = read.replace('，', "");
        assert!(words.contains(&format!("再念一遍：{read}")), "{words}");
        let (status, told) = browser.post(&bank, &slug, "bind/otp", json!({ "code": code })).await;
        assert_eq!((status, told["step"].as_str()), (200, Some("pin")), "{told}");
        let used = async |kind: &'static str| {
            let unit = move |tx: &db::Tx<'_>| {
                tx.one::<(i64,)>(
                    "SELECT used FROM counter WHERE tenant_id = $1 AND kind = $2",
                    params![tx.tenant(), kind],
                )
            };
            bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap().0
        };
        assert_eq!(
            (used("otp.hour").await, used("otp.day").await, used("otp.all").await),
            (2, 2, 2)
        );
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_three_codes_a_question_of_ours_comes_first_and_one_answer_buys_one_code_ca_05() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = to_otp(&bank, &browser).await;
        for _ in 0..2 {
            bank.clock.advance_ms(61_000);
            assert_eq!(browser.post(&bank, &slug, "bind/otp/send", json!({})).await.0, 200);
        }
        bank.clock.advance_ms(61_000);
        let (status, told) = browser.post(&bank, &slug, "bind/otp/send", json!({})).await;
        assert_eq!((status, told["code"].as_str()), (409, Some("otp.question")), "{told}");
        let picture = told["question"]["picture"].as_str().unwrap();
        assert!(picture.starts_with("data:image/svg+xml,"), "{picture}");
        let right = answer(told["question"]["words"].as_str().unwrap());
        let id = told["question"]["id"].clone();
        let (_, told) = browser.post(&bank, &slug, "bind/otp/send", answered(&id, "99")).await;
        assert_eq!(told["code"], "otp.question", "a wrong answer gets another question: {told}");
        let (_, told) = browser.post(&bank, &slug, "bind/otp/send", answered(&id, &right)).await;
        assert_eq!(told["code"], "otp.question", "and has spent the first one: {told}");
        let right = answer(told["question"]["words"].as_str().unwrap());
        let good = answered(&told["question"]["id"], &right);
        assert_eq!(browser.post(&bank, &slug, "bind/otp/send", good.clone()).await.0, 200);
        assert_eq!(bank.sent().await.len(), 4);
        bank.clock.advance_ms(61_000);
        let (_, told) = browser.post(&bank, &slug, "bind/otp/send", good).await;
        assert_eq!(told["code"], "otp.question", "{told}");
        assert_eq!(bank.sent().await.len(), 4);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_guesses_answers_is_shut_out_after_ten_ca_05() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = to_otp(&bank, &browser).await;
        for _ in 0..2 {
            bank.clock.advance_ms(61_000);
            browser.post(&bank, &slug, "bind/otp/send", json!({})).await;
        }
        bank.clock.advance_ms(61_000);
        let (_, mut told) = browser.post(&bank, &slug, "bind/otp/send", json!({})).await;
        for _ in 0..10 {
            assert_eq!(told["code"], "otp.question", "{told}");
            let guess = answered(&told["question"]["id"], "99");
            (_, told) = browser.post(&bank, &slug, "bind/otp/send", guess).await;
        }
        assert_eq!(told["code"], "otp.too_many", "{told}");
        assert_eq!(bank.sent().await.len(), 3);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_codes_go_out_in_a_day_than_the_institution_pays_for_ca_05() {
    for bank in TestBank::each_with("otp_all_per_day = 2\n").await {
        let mut sent = vec![];
        for (uid, who) in [("lifang", 0), ("wangqiang", 3), ("zhao", 1)] {
            let (browser, who) = (Browser::default(), &people()[who]);
            let slug = bank.open_binding(APPID, uid, &browser).await;
            browser.post(&bank, &slug, "bind/check", elements(who)).await;
            let (status, told) = browser.post(&bank, &slug, "bind/otp/send", json!({})).await;
            sent.push((status, told["code"].as_str().unwrap_or_default().to_owned()));
        }
        let fine = (200, String::new());
        assert_eq!(sent, [fine.clone(), fine, (429, "otp.too_many".to_owned())]);
        bank.stop().await;
    }
}
