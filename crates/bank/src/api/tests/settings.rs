//! Settings of one's own, and the PIN that is forgotten or locked.

use super::told::Told;
use crate::testing::{APPID, Browser, TestBank, people};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn setting() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let (browser, slug, shown) = bank.setting_page("lifang", "打开交易锁").await;
        let [mut show, mut look, mut code, mut check, mut change] =
            ["setting", "setting/look", "setting/code", "setting/check", "setting/do"]
                .map(Told::of);
        show.get("nothing is locked", &bank, &browser, &slug, "").await;
        let lock = json!({ "set": "lock", "on": "online", "from": 0, "to": 0 });
        let ask = json!({ "account": shown["account"], "wish": lock });
        look.post("a lock", &bank, &browser, &slug, ask.clone()).await;
        change.post("locked at once", &bank, &browser, &slug, json!({ "ask": ask })).await;
        show.get("a lock stands", &bank, &browser, &slug, "").await;
        let open = json!({ "set": "unlock", "on": "online" });
        let ask = json!({ "account": shown["account"], "wish": open });
        look.post("opening", &bank, &browser, &slug, ask.clone()).await;
        change.post("without the PIN", &bank, &browser, &slug, json!({ "ask": ask })).await;
        let nobodys = json!({ "account": "a", "wish": { "set": "unlock", "on": "night" } });
        look.post("an account of no one here", &bank, &browser, &slug, nobodys).await;
        let raise = json!({ "set": "limit", "on": "transfer", "day_fen": 99_999_999_999_i64 });
        let ask = json!({ "account": shown["account"], "wish": raise });
        look.post("above the bank's bound", &bank, &browser, &slug, ask).await;
        let see = json!({ "ask": { "wish": { "set": "see_guarantees" } } });
        code.post("sent", &bank, &browser, &slug, see.clone()).await;
        let sent = bank.code_for(people()[0].mobile).await;
        let wrong = if sent == "000000" { "111111" } else { "000000" };
        let with = |code: &str| json!({ "ask": see["ask"], "code": code });
        check.post("a wrong code", &bank, &browser, &slug, with(wrong)).await;
        check.post("right", &bank, &browser, &slug, with(&sent)).await;
        change.post("shown", &bank, &browser, &slug, see.clone()).await;
        for told in [show, look, code, check, change] {
            told.check();
        }
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wx_pin() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.clock.advance_ms(61_000);
        let browser = Browser::default();
        let slug = bank.page_after("lifang", "忘记微信银行密码", &browser).await;
        let [mut show, mut known, mut code, mut check, mut unlock] =
            ["wx-pin", "wx-pin/known", "wx-pin/code", "wx-pin/check", "wx-pin/unlock"]
                .map(Told::of);
        show.get("nothing yet", &bank, &browser, &slug, "").await;
        code.post("too early", &bank, &browser, &slug, json!({})).await;
        let who = &people()[0];
        let end = |text: &str, n: usize| text[text.len() - n..].to_owned();
        let typed = |id: &str| json!({ "id_last6": id, "card_tail": end(&who.card_no, 4) });
        known.post("too short", &bank, &browser, &slug, typed("123")).await;
        known.post("wrong", &bank, &browser, &slug, typed("00000X")).await;
        known.post("right", &bank, &browser, &slug, typed(&end(&who.id_no, 6))).await;
        code.post("sent", &bank, &browser, &slug, json!({})).await;
        let sent = bank.code_for(who.mobile).await;
        let wrong = if sent == "000000" { "111111" } else { "000000" };
        check.post("a wrong code", &bank, &browser, &slug, json!({ "code": wrong })).await;
        check.post("right", &bank, &browser, &slug, json!({ "code": sent })).await;
        show.get("a face comes next", &bank, &browser, &slug, "").await;
        unlock.post("not locked", &bank, &browser, &slug, json!({})).await;
        for told in [show, known, code, check, unlock] {
            told.check();
        }
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn risk() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.clock.advance_ms(61_000);
        let browser = Browser::default();
        let slug = bank.page_after("lifang", "风险测评", &browser).await;
        let [mut show, mut take] = ["risk", "risk/do"].map(Told::of);
        show.get("nothing yet", &bank, &browser, &slug, "").await;
        for (what, answers, pin) in [
            ("half a paper", &[1; 9][..], "274906"),
            ("a wrong PIN", &[1; 10][..], "194837"),
            ("graded", &[1; 10][..], "274906"),
        ] {
            let typed = browser.typed(&bank, &slug, pin, pin).await;
            let (key, cipher) = (&typed["key_id"], &typed["cipher"]);
            let body = json!({ "answers": answers, "key_id": key, "cipher": cipher });
            take.post(what, &bank, &browser, &slug, body).await;
        }
        show.get("graded", &bank, &browser, &slug, "").await;
        for told in [show, take] {
            told.check();
        }
        bank.stop().await;
    }
}
