//! What is agreed to, when it is asked, and what a changed text does (DP-11).

use super::agreements::{self, At};
use super::tests::to_pin;
use crate::testing::{APPID, Browser, LINGXI, TestBank, elements, people};
use db::{Scope, params};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn consents_are_kept_by_the_hash_of_their_text_and_withdrawn_with_the_binding_dp_11() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = to_pin(&bank, &browser).await;
        let mut typed = browser.typed(&bank, &slug, "274906", "274906").await;
        typed["consents"][0]["version"] = json!("2025-01");
        let (_, told) = browser.post(&bank, &slug, "bind/pin", typed.clone()).await;
        assert_eq!(told["code"], "consent.missing", "an older text is another text");
        typed["consents"][0]["version"] = json!(agreements::ALL[0].version);
        let (status, told) = browser.post(&bank, &slug, "bind/pin", typed).await;
        assert_eq!(status, 200, "the envelope was not spent by it: {told}");
        let kept = async || {
            let unit = |tx: &db::Tx<'_>| {
                tx.all::<(String, Vec<u8>, Option<i64>)>(
                    "SELECT agreement, text_hash, withdrawn_at_ms FROM consent \
                     WHERE tenant_id = $1 ORDER BY agreement",
                    params![tx.tenant()],
                )
            };
            bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap()
        };
        let rows = kept().await;
        assert_eq!(rows.len(), agreements::ALL.len());
        for row in &rows {
            let text = agreements::ALL.iter().find(|a| a.id == row.0).unwrap();
            assert_eq!((&row.1, row.2), (&text.text_hash(), None));
        }
        browser.post(&bank, &slug, "unbind", json!({})).await;
        assert!(kept().await.iter().all(|r| r.2.is_some()));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_typed_is_looked_at_before_the_customer_agrees_to_it_dp_11() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let (_, state) = browser.api(&bank, &slug, "bind").await;
        let asked: Vec<&Value> = state["agreements"].as_array().unwrap().iter().collect();
        assert!(
            asked.iter().any(|a| a["id"] == "privacy_sensitive" && a["at"] == "card"),
            "{state}"
        );
        let mut silent = elements(&people()[0]);
        silent["consents"] = json!([]);
        let before = bank.core.calls();
        let (_, told) = browser.post(&bank, &slug, "bind/check", silent.clone()).await;
        assert_eq!(told["code"], "consent.missing", "{told}");
        assert_eq!(bank.core.calls(), before, "no one was asked");
        let (_, state) = browser.api(&bank, &slug, "bind").await;
        assert_eq!(state["left"], 5, "and no try was used");
        browser.post(&bank, &slug, "bind/check", elements(&people()[0])).await;
        let (_, state) = browser.api(&bank, &slug, "bind").await;
        assert_eq!(state["step"], "otp", "{state}");
        let asked: Vec<&str> = state["agreements"]
            .as_array()
            .unwrap()
            .iter()
            .map(|a| a["at"].as_str().unwrap())
            .collect();
        assert!(asked.is_empty() || !asked.contains(&"card"), "asked once: {state}");
        let (_, told) = browser.post(&bank, &slug, "bind/check", silent).await;
        assert_eq!(told["step"], "otp", "what was agreed to holds for the next try: {told}");
        bank.stop().await;
    }
}

/// As if the customer had bound under other texts than today's.
async fn texts_change(bank: &TestBank) {
    let unit = |tx: &db::Tx<'_>| {
        tx.exec(
            "UPDATE binding SET agreed = $1 WHERE tenant_id = $2",
            params![vec![7_u8; 32], tx.tenant()],
        )?;
        tx.exec(
            "UPDATE consent SET text_hash = $1 WHERE tenant_id = $2 AND agreement = 'service'",
            params![vec![7_u8; 32], tx.tenant()],
        )?;
        tx.exec("UPDATE seat SET facts = facts + 1 WHERE tenant_id = $1", params![tx.tenant()])
    };
    bank.app.db.write(Scope::Tenant(LINGXI), unit).await.unwrap();
    let account = bank.app.registry().account(APPID).unwrap().id;
    let openid = simulator::openid_of(APPID, "lifang").as_str().into();
    bank.app.followers.forget(&crate::followers::Person::new(account, openid));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_text_is_agreed_to_before_the_next_service_which_then_goes_on_dp_11() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let old = bank.open_binding(APPID, "lifang", &browser).await;
        bank.bind_on(&browser, &old, &people()[0]).await;
        texts_change(&bank).await;
        let (status, told) = browser.api(&bank, &old, "accounts").await;
        assert_eq!((status, told["code"].as_str()), (403, Some("consent.renew")), "{told}");
        let ask = json!({ "type": "text", "content": "查余额" });
        let path = format!("chats/{APPID}/lifang/send?wait=1");
        let told = bank.control(&path, ask).await;
        let words = crate::testing::words(&told["items"]);
        assert!(words.contains("协议有更新") && !words.contains("1,280.50"), "{words}");
        let link = crate::testing::link_in(&told["items"]).expect("a way to the texts");
        let landed = browser.web_view(&bank, APPID, "lifang", &link).await;
        assert!(landed.url.ends_with("/agree"), "{landed:?}");
        let slug = landed.slug();
        let (_, state) = browser.api(&bank, &slug, "bind").await;
        let changed = &state["agreements"][0];
        assert_eq!(
            (state["agreements"].as_array().unwrap().len(), &changed["id"]),
            (1, &json!("service"))
        );
        let (_, told) = browser.post(&bank, &slug, "agree", json!({ "consents": [] })).await;
        assert_eq!(told["code"], "consent.missing", "{told}");
        let given = json!({ "consents": [{ "id": changed["id"], "version": changed["version"] }] });
        assert_eq!(browser.post(&bank, &slug, "agree", given).await.0, 200);
        bank.settle().await;
        let said = bank.chat(APPID, "lifang").await.join("\n");
        assert!(said.contains("好了。接着给您查余额") && said.contains("1,280.50"), "{said}");
        assert_eq!(browser.api(&bank, &slug, "accounts").await.0, 200);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_agree_to_a_changed_text_can_leave_dp_11() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        texts_change(&bank).await;
        let said = bank.say(APPID, "lifang", "解绑").await;
        assert!(said.contains("确定解除吗"), "{said}");
        bank.say(APPID, "lifang", "是").await;
        let said = bank.say(APPID, "lifang", "余额").await;
        assert!(said.contains("还没有绑定"), "{said}");
        bank.stop().await;
    }
}

#[test]
fn every_agreement_is_asked_for_somewhere_and_the_stand_is_of_all_texts() {
    assert!([At::Card, At::Pin].iter().all(|at| agreements::ALL.iter().any(|a| a.at == *at)));
    assert_eq!(agreements::stand().len(), 32);
}
