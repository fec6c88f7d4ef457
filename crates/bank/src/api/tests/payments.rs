//! The page of payments: a payee typed, a card, proofs, the result.

use super::told::Told;
use crate::payments::tests::{PIN, knows_qiang};
use crate::testing::{APPID, TestBank, people};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn paying() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let [
            mut show,
            mut payee,
            mut banks,
            mut code,
            mut check,
            mut pay,
            mut cancel,
            mut result,
            mut receipt,
        ] = [
            "pay",
            "pay/payee",
            "pay/banks",
            "pay/code",
            "pay/check",
            "pay/do",
            "pay/cancel",
            "pay/result",
            "pay/receipt",
        ]
        .map(Told::of);
        let (_, new) = bank.pay_page("lifang", "给李国强转一百").await;
        let (browser, slug) = (&new.browser, new.slug.as_str());
        show.get("whose account is asked", &bank, browser, slug, "").await;
        banks.get("banks of these words", &bank, browser, slug, "?q=工商").await;
        let typed = |name: &str, number: &str, again: &str| json!({ "name": name, "number": number, "number_again": again, "bank_no": "" });
        let card = people()[3].card_no.clone();
        let number = &card;
        payee.post("typed in two ways", &bank, browser, slug, typed("王强", number, "1")).await;
        payee.post("without a name", &bank, browser, slug, typed(" ", number, number)).await;
        payee
            .post("a name that does not fit", &bank, browser, slug, typed("李国强", number, number))
            .await;
        cancel.post("nothing to cancel", &bank, browser, slug, json!({})).await;

        let (_, page) = bank.pay_page("lifang", "给王强转一千零一块").await;
        let (browser, slug) = (&page.browser, page.slug.as_str());
        show.get("to be confirmed", &bank, browser, slug, "").await;
        result.get("not paid yet", &bank, browser, slug, "").await;
        receipt.get("not paid yet", &bank, browser, slug, "").await;
        let card = page.get(&bank).await["card"].clone();
        let intent = card["intent"].as_str().unwrap();
        let order = page.order(&bank, intent, PIN).await;
        pay.post("without the code", &bank, browser, slug, order.clone()).await;
        let other = json!({ "intent": "00".repeat(32) });
        code.post("for something else", &bank, browser, slug, other).await;
        bank.clock.advance_ms(61_000);
        code.post("sent", &bank, browser, slug, json!({ "intent": intent })).await;
        let sent = bank.code_for(people()[0].mobile).await;
        let wrong = if sent == "000000" { "111111" } else { "000000" };
        let with = |code: &str| json!({ "intent": intent, "code": code });
        check.post("a wrong code", &bank, browser, slug, with(wrong)).await;
        check.post("right", &bank, browser, slug, with(&sent)).await;
        let order = page.order(&bank, intent, PIN).await;
        pay.post("paid", &bank, browser, slug, order).await;
        show.get("its result", &bank, browser, slug, "").await;
        result.get("done", &bank, browser, slug, "").await;
        receipt.get("what will stand on it", &bank, browser, slug, "").await;

        let (_, page) = bank.pay_page("lifang", "给王强转一百").await;
        cancel.post("given up", &bank, &page.browser, &page.slug, json!({})).await;
        let all = [show, payee, banks, code, check, pay, cancel, result, receipt];
        all.into_iter().for_each(Told::check);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_a_transfer_goes_out() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let (_, page) = bank.pay_page("lifang", "给王强转一百").await;
        let (browser, slug) = (&page.browser, page.slug.as_str());
        let mut when = Told::of("pay/when");
        let shown = page.get(&bank).await;
        let wish = |speed: &str| json!({ "intent": shown["card"]["intent"], "speed": speed });
        when.post("of what it is", &bank, browser, slug, wish("at_once")).await;
        when.post("of no kind", &bank, browser, slug, wish("fast")).await;
        when.post("tomorrow", &bank, browser, slug, wish("tomorrow")).await;
        when.post("of what was shown before", &bank, browser, slug, wish("at_once")).await;
        when.check();
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_word_of_booked_cash() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.clock.advance_ms(2 * base::DAY_MS);
        let (_, page) = bank.pay_page("lifang", "无卡取款三百").await;
        let (browser, slug) = (&page.browser, page.slug.as_str());
        let mut word = Told::of("pay/word");
        let typed = |word: &str, again: &str| json!({ "word": word, "word_again": again });
        word.post("in two ways", &bank, browser, slug, typed("502816", "502817")).await;
        word.post("easy to guess", &bank, browser, slug, typed("111111", "111111")).await;
        word.post("a card", &bank, browser, slug, typed("502816", "502816")).await;
        word.post("tapped twice", &bank, browser, slug, typed("502816", "502816")).await;
        word.check();
        bank.stop().await;
    }
}
