//! The calls of the page of credit cards, and of receipts and proofs.

use super::told::Told;
use crate::testing::{APPID, Browser, TestBank, people};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn card() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let (mut show, mut code, mut check, mut digits, mut act) = (
            Told::of("card"),
            Told::of("card/code"),
            Told::of("card/check"),
            Told::of("card/digits"),
            Told::of("card/do"),
        );
        show.get("not bound", &bank, &browser, &slug, "").await;
        bank.bind_on(&browser, &slug, &people()[0]).await;
        show.get("no card", &bank, &browser, &slug, "").await;
        let ask = json!({ "what": "activate", "account": "a" });
        code.post("an account of no one here", &bank, &browser, &slug, json!({ "ask": ask })).await;
        let body = json!({ "ask": ask, "code": "000000" });
        check.post("no code was sent", &bank, &browser, &slug, body).await;
        let typed = browser.typed(&bank, &slug, "123", "123").await;
        let body = json!({ "ask": ask, "key_id": typed["key_id"], "cipher": typed["cipher"] });
        digits.post("an account of no one here", &bank, &browser, &slug, body).await;
        act.post("an account of no one here", &bank, &browser, &slug, json!({ "ask": ask })).await;
        let lower = json!({ "what": "melt", "account": "a" });
        act.post("nothing there is", &bank, &browser, &slug, json!({ "ask": lower })).await;
        for told in [show, code, check, digits, act] {
            told.check();
        }
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn paper() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let (mut show, mut mark) = (Told::of("stamped/paper"), Told::of("stamped/mark"));
        show.get("not bound", &bank, &browser, &slug, "").await;
        bank.bind_on(&browser, &slug, &people()[0]).await;
        show.get("nothing was asked for in chat", &bank, &browser, &slug, "").await;
        mark.get("a paper of no one here", &bank, &browser, &slug, "?id=stm_1").await;
        for told in [show, mark] {
            told.check();
        }
        bank.stop().await;
    }
}
