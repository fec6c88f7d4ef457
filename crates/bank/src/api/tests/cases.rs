//! The form page's and the progress page's endpoints.

use super::told::Told;
use crate::testing::{APPID, Browser, TestBank, link_in, people};
use serde_json::{Value, json};

/// 李芳, bound, on the page of a form.
async fn on_a_form(bank: &TestBank, browser: &Browser) -> String {
    bank.bind(APPID, "lifang", &people()[0]).await;
    let ask = json!({ "type": "text", "content": "查贷款额度" });
    let told = bank.control(&format!("chats/{APPID}/lifang/send?wait=1"), ask).await;
    let link = link_in(&told["items"]).expect("a way to the form");
    browser.web_view(bank, APPID, "lifang", &link).await.slug()
}

fn step(answers: &Value, done: bool) -> Value {
    json!({ "kind": "loan_prequota", "step": 0, "answers": answers, "done": done })
}

fn answers() -> Value {
    json!({ "village": "柳林村", "income_source": "crops", "wish": "5万", "when": "any" })
}

fn hand_in() -> Value {
    json!({ "kind": "loan_prequota", "consents": [] })
}

#[tokio::test(flavor = "multi_thread")]
async fn form() {
    for bank in TestBank::each().await {
        let (browser, mut told) = (Browser::default(), Told::of("form"));
        let unbound = Browser::default();
        let slug = bank.open_binding(APPID, "wangqiang", &unbound).await;
        told.get("not bound", &bank, &unbound, &slug, "?kind=loan_prequota").await;
        let slug = on_a_form(&bank, &browser).await;
        told.get("no such form", &bank, &browser, &slug, "?kind=moon").await;
        told.get("nothing yet", &bank, &browser, &slug, "?kind=loan_prequota").await;
        told.get("with texts and a code", &bank, &browser, &slug, "?kind=loan_apply").await;
        browser.post(&bank, &slug, "form/save", step(&answers(), true)).await;
        told.get("a draft", &bank, &browser, &slug, "?kind=loan_prequota").await;
        browser.post(&bank, &slug, "form/submit", hand_in()).await;
        told.get("handed in", &bank, &browser, &slug, "?kind=loan_prequota").await;
        told.check();
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn form_save() {
    for bank in TestBank::each().await {
        let (browser, mut told) = (Browser::default(), Told::of("form/save"));
        let slug = on_a_form(&bank, &browser).await;
        told.post("not what the call takes", &bank, &browser, &slug, json!({})).await;
        told.post("while typing", &bank, &browser, &slug, step(&json!({ "village": "柳" }), false))
            .await;
        told.post("unfinished", &bank, &browser, &slug, step(&json!({ "wish": "五块" }), true))
            .await;
        told.post("a step", &bank, &browser, &slug, step(&answers(), true)).await;
        let beyond = json!({ "kind": "loan_prequota", "step": 9, "answers": {}, "done": true });
        told.post("no such step", &bank, &browser, &slug, beyond).await;
        told.check();
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn form_code() {
    for bank in TestBank::each().await {
        let (browser, mut told) = (Browser::default(), Told::of("form/code"));
        let slug = on_a_form(&bank, &browser).await;
        let of = |kind: &str| json!({ "kind": kind });
        told.post("a form without a code", &bank, &browser, &slug, of("loan_prequota")).await;
        told.post("nothing to confirm", &bank, &browser, &slug, of("loan_apply")).await;
        let first = json!({ "purpose": "daily", "amount": "5万", "term": "12" });
        let save = json!({ "kind": "loan_apply", "step": 0, "answers": first, "done": true });
        browser.post(&bank, &slug, "form/save", save).await;
        bank.clock.advance_ms(61_000);
        told.post("sent", &bank, &browser, &slug, of("loan_apply")).await;
        bank.clock.advance_ms(10_000);
        told.post("too soon", &bank, &browser, &slug, of("loan_apply")).await;
        told.check();
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn form_submit() {
    for bank in TestBank::each().await {
        let (browser, mut told) = (Browser::default(), Told::of("form/submit"));
        let slug = on_a_form(&bank, &browser).await;
        told.post("nothing filled in", &bank, &browser, &slug, hand_in()).await;
        browser.post(&bank, &slug, "form/save", step(&json!({ "village": "柳林" }), false)).await;
        told.post("half filled in", &bank, &browser, &slug, hand_in()).await;
        browser.post(&bank, &slug, "form/save", step(&answers(), true)).await;
        told.post("handed in", &bank, &browser, &slug, hand_in()).await;
        told.check();
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_and_what_one_does_with_them() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let mut all = Told::of("cases");
        let (mut urge, mut withdraw) = (Told::of("cases/urge"), Told::of("cases/withdraw"));
        let slug = on_a_form(&bank, &browser).await;
        all.get("none", &bank, &browser, &slug, "").await;
        browser.post(&bank, &slug, "form/save", step(&answers(), true)).await;
        all.get("a draft", &bank, &browser, &slug, "").await;
        let (_, case) = browser.post(&bank, &slug, "form/submit", hand_in()).await;
        all.get("handed in", &bank, &browser, &slug, "").await;
        let named = json!({ "id": case["id"] });
        for (told, done) in [(&mut urge, "urged"), (&mut withdraw, "taken back")] {
            told.post("not there", &bank, &browser, &slug, json!({ "id": "cas_0" })).await;
            told.post(done, &bank, &browser, &slug, named.clone()).await;
        }
        urge.post("over", &bank, &browser, &slug, named.clone()).await;
        withdraw.post("a second tap", &bank, &browser, &slug, named).await;
        all.check();
        urge.check();
        withdraw.check();
        bank.stop().await;
    }
}
