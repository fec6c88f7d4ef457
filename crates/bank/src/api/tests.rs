//! One snapshot for each JSON endpoint, refusals included, the same on both engines; and the document held true: each
//! answer fits the shape it promises, its copy in `docs/` is current, and no route is missing from it.
//!
//! These live here and not under `tests/` because `TestBank` is the crate's own.

mod cards;
mod cases;
mod collect;
mod fits;
mod notices;
mod payments;
mod settings;
mod told;

use crate::testing::browser::seal;
use crate::testing::{APPID, Browser, OUTAGE, PROVINCIAL, TestBank, elements, people};
use corebank::Weather;
use serde_json::{Value, json};
use told::Told;

/// The file says what the code says; what has no route is not in it, and what speaks JSON is.
#[test]
fn the_document_is_what_the_code_says() {
    let kept = include_str!("../../../../docs/api/openapi.json");
    assert!(kept == super::text().unwrap(), "old: cargo run -- openapi > docs/api/openapi.json");
}

/// Routes that answer with something else than JSON: XML, pages, files, Location, plain text, nothing. And `/ops`: JSON,
/// but between our own commands and our own server only, signed with the master key and no one else's to call. And what the
/// core pushes: that is in `core-contract.json`.
const NOT_IN_IT: &[&str] = &[
    "/wx/component",
    "/wx/component/{appid}",
    "/wx/{appid}",
    "/h5/l/{token}",
    "/h5/c/{token}",
    "/h5/go/{appid}/{page}",
    "/h5/oauth/back",
    "/h5/s/{slug}/{page}",
    "/h5/problem",
    "/h5/csp",
    "/h5/assets/{*path}",
    "/healthz",
    "/",
    "/style.css",
    "/catalogue",
    "/phrases",
    "/knowledge",
    "/knowledge/{entry}",
    "/catalogue.css",
    "/catalogue.js",
    "/login",
    "/logout",
    "/messages/{id}/close",
    "/case/{id}",
    "/unlock-code",
    "/core/v1/push",
    "/ops",
    "/metrics",
    "/v/{code}",
    "/v/gift/{tenant}/{code}",
    "/gy/{tenant}/{owner}/{code}",
    "/h5/s/{slug}/api/stamped/file/{id}",
    "/h5/s/{slug}/api/privacy/file/{token}/{form}",
    "/h5/s/{slug}/api/form/picture/{id}",
    "/case/{id}/picture/{picture}",
    "/gifts",
    "/gifts/{gift}",
    "/notices",
    "/notices/{account}/{category}",
    "/recon",
    "/recon/{diff}",
    "/recon/payment/{payment}",
];

#[test]
fn every_route_that_speaks_json_is_in_the_document_and_nothing_else() {
    let text = include_str!("../router.rs");
    let (api, rest) = text.split_once("Router::new()\n        .route(\"/wx").unwrap();
    let paths = |text: &str| -> Vec<String> {
        text.split(".route(\"").skip(1).map(|r| r.split('"').next().unwrap().to_owned()).collect()
    };
    let mut routes: Vec<String> =
        paths(api).iter().map(|p| format!("{}{p}", super::SESSION_ROOT)).collect();
    let others = paths(&format!(".route(\"/wx{rest}"));
    routes.extend(others);
    routes.retain(|p| !NOT_IN_IT.contains(&p.as_str()));
    routes.sort();
    let document = fits::document();
    let mut told: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    told.sort();
    assert_eq!(routes.iter().collect::<Vec<_>>(), told);
}

#[tokio::test(flavor = "multi_thread")]
async fn session() {
    for bank in TestBank::each().await {
        let (browser, mut told) = (Browser::default(), Told::of("session"));
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        told.get("from a link, not bound", &bank, &browser, &slug, "").await;
        bank.bind_on(&browser, &slug, &people()[0]).await;
        told.get("bound", &bank, &browser, &slug, "").await;
        told.get("no session", &bank, &Browser::default(), &slug, "").await;
        told.check();
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bind() {
    for bank in TestBank::each().await {
        let (browser, mut told) = (Browser::default(), Told::of("bind"));
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        told.get("nothing yet", &bank, &browser, &slug, "").await;
        to_otp(&bank, &browser, &slug).await;
        told.get("a code is on its way", &bank, &browser, &slug, "").await;
        right_code(&bank, &browser, &slug).await;
        told.get("only the PIN is missing", &bank, &browser, &slug, "").await;
        let typed = browser.typed(&bank, &slug, "274906", "274906").await;
        browser.post(&bank, &slug, "bind/pin", typed).await;
        told.get("done", &bank, &browser, &slug, "").await;
        told.get("no session", &bank, &Browser::default(), &slug, "").await;
        told.check();
        bank.stop().await;
    }
}

async fn to_otp(bank: &TestBank, browser: &Browser, slug: &str) {
    browser.post(bank, slug, "bind/check", elements(&people()[0])).await;
    browser.post(bank, slug, "bind/otp/send", json!({})).await;
}

async fn right_code(bank: &TestBank, browser: &Browser, slug: &str) {
    let code = bank.code_for(people()[0].mobile).await;
    browser.post(bank, slug, "bind/otp", json!({ "code": code })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bind_check() {
    for bank in TestBank::each().await {
        let (browser, mut told) = (Browser::default(), Told::of("bind/check"));
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        told.post("not what the call takes", &bank, &browser, &slug, json!({ "card": 1 })).await;
        let with = |field: &str, value: &str| {
            let mut claim = elements(&people()[0]);
            claim[field] = json!(value);
            claim
        };
        for (field, value) in [("card_no", "12"), ("name", ""), ("id_no", "x"), ("mobile", "1")] {
            told.post(&format!("no {field}"), &bank, &browser, &slug, with(field, value)).await;
        }
        told.post("one element is wrong", &bank, &browser, &slug, with("name", "李方")).await;
        bank.core.set_weather(OUTAGE);
        told.post("the core is silent", &bank, &browser, &slug, elements(&people()[0])).await;
        bank.core.set_weather(Weather::default());
        let another = Browser::default();
        let slug = bank.open_binding(APPID, "wangqiang", &another).await;
        told.post("right", &bank, &another, &slug, elements(&people()[3])).await;

        let child = Browser::default();
        let slug = bank.open_binding(APPID, "mo", &child).await;
        told.post("a child", &bank, &child, &slug, elements(&people()[2])).await;
        let other = Browser::default();
        let slug = bank.open_binding(PROVINCIAL, "zhao", &other).await;
        told.post("a card of a bank of the province", &bank, &other, &slug, elements(&people()[1]))
            .await;
        told.check();
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bind_photo() {
    for bank in TestBank::each().await {
        let (browser, mut told) = (Browser::default(), Told::of("bind/photo"));
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let consents = elements(&people()[0])["consents"].clone();
        let photo =
            |picture: &str| json!({ "kind": "id_card", "picture": picture, "consents": consents });
        // The first bytes of a PNG, which is all the bank itself looks at.
        let png = "iVBORw0KGgo=";
        told.post("not what the call takes", &bank, &browser, &slug, json!({})).await;
        let silent = json!({ "kind": "id_card", "picture": png });
        told.post("nothing agreed to", &bank, &browser, &slug, silent).await;
        told.post("no picture", &bank, &browser, &slug, photo("AAAA")).await;
        told.post("nothing to be read", &bank, &browser, &slug, photo(png)).await;
        let shown = json!({ "picture": png, "shows": "id_card", "number": people()[0].id_no, "name": "李芳" });
        bank.control("pictures", shown).await;
        told.post("read", &bank, &browser, &slug, photo(png)).await;
        told.check();
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bind_otp_send() {
    for bank in TestBank::each().await {
        let (browser, mut told) = (Browser::default(), Told::of("bind/otp/send"));
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        told.post("before its step", &bank, &browser, &slug, json!({})).await;
        browser.post(&bank, &slug, "bind/check", elements(&people()[0])).await;
        told.post("sent", &bank, &browser, &slug, json!({})).await;
        bank.clock.advance_ms(10_000);
        told.post("too soon", &bank, &browser, &slug, json!({})).await;
        bank.clock.advance_ms(61_000);
        told.post("a call", &bank, &browser, &slug, json!({ "way": "voice" })).await;
        bank.clock.advance_ms(61_000);
        told.post("no way", &bank, &browser, &slug, json!({ "way": "post" })).await;
        browser.post(&bank, &slug, "bind/otp/send", json!({})).await;
        bank.clock.advance_ms(61_000);
        told.post("a question first", &bank, &browser, &slug, json!({})).await;
        told.check();
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bind_otp() {
    for bank in TestBank::each().await {
        let (browser, mut told) = (Browser::default(), Told::of("bind/otp"));
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        to_otp(&bank, &browser, &slug).await;
        let code = bank.code_for(people()[0].mobile).await;
        let wrong = if code == "000000" { "111111" } else { "000000" };
        told.post("wrong", &bank, &browser, &slug, json!({ "code": wrong })).await;
        told.post("not what the call takes", &bank, &browser, &slug, json!({})).await;
        told.post("right", &bank, &browser, &slug, json!({ "code": code })).await;
        told.check();
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bind_face() {
    for bank in TestBank::each().await {
        let (browser, mut begin, mut result) =
            (Browser::default(), Told::of("bind/face"), Told::of("bind/face/result"));
        let face = crate::binding::agreements::FACE;
        let agreed = json!({ "consents": [{ "id": face.id, "version": face.version }] });
        bank.bind(APPID, "lifang", &people()[0]).await;
        let slug = bank.open_binding(APPID, "wangqiang", &browser).await;
        begin.post("before its step", &bank, &browser, &slug, agreed.clone()).await;
        result.post("before its step", &bank, &browser, &slug, json!({})).await;
        let mut claim = elements(&people()[0]);
        claim["aim"] = json!("swap");
        browser.post(&bank, &slug, "bind/check", claim).await;
        bank.clock.advance_ms(61_000);
        bank.to_the_pin(&browser, &slug, &people()[0]).await;
        let none = json!({ "consents": [] });
        begin.post("nothing agreed to", &bank, &browser, &slug, none).await;
        result.post("none was begun", &bank, &browser, &slug, json!({})).await;
        begin.post("begun", &bank, &browser, &slug, agreed.clone()).await;
        result.post("too early", &bank, &browser, &slug, json!({})).await;
        bank.control("weather", json!({ "vendor_5xx_percent": 100 })).await;
        begin.post("nobody answers", &bank, &browser, &slug, agreed).await;
        bank.control("weather", json!({ "vendor_5xx_percent": 0 })).await;
        bank.pass_face(&browser, &slug).await;
        result.post("passed, looked at again", &bank, &browser, &slug, json!({})).await;
        for told in [begin, result] {
            told.check();
        }
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pin_key() {
    for bank in TestBank::each().await {
        let (browser, mut told) = (Browser::default(), Told::of("pin/key"));
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        told.get("a keypad", &bank, &browser, &slug, "").await;
        told.get("no session", &bank, &Browser::default(), &slug, "").await;
        told.check();
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bind_pin() {
    for bank in TestBank::each().await {
        let (browser, mut told) = (Browser::default(), Told::of("bind/pin"));
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        to_otp(&bank, &browser, &slug).await;
        let early = browser.typed(&bank, &slug, "274906", "274906").await;
        told.post("before its step", &bank, &browser, &slug, early).await;
        right_code(&bank, &browser, &slug).await;
        let mut silent = browser.typed(&bank, &slug, "274906", "274906").await;
        silent["consents"] = json!([]);
        told.post("nothing agreed to", &bank, &browser, &slug, silent).await;
        let weak = browser.typed(&bank, &slug, "123456", "123456").await;
        told.post("weak", &bank, &browser, &slug, weak.clone()).await;
        told.post("a spent key", &bank, &browser, &slug, weak).await;
        let differs = browser.typed(&bank, &slug, "274906", "274907").await;
        told.post("two different ones", &bank, &browser, &slug, differs).await;
        let (_, keypad) = browser.api(&bank, &slug, "pin/key").await;
        let mut body = browser.typed(&bank, &slug, "274906", "274906").await;
        body["cipher"] = json!(seal(&keypad, "274906", "274906", bank.clock.now().ms()));
        told.post("sealed to another key", &bank, &browser, &slug, body).await;
        let right = browser.typed(&bank, &slug, "274906", "274906").await;
        told.post("right", &bank, &browser, &slug, right).await;
        told.check();
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn agree() {
    for bank in TestBank::each().await {
        let (browser, mut told) = (Browser::default(), Told::of("agree"));
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        told.post("not what the call takes", &bank, &browser, &slug, json!({})).await;
        let none = json!({ "consents": [] });
        told.post("nothing agreed to", &bank, &browser, &slug, none.clone()).await;
        bank.bind_on(&browser, &slug, &people()[0]).await;
        told.post("nothing is open", &bank, &browser, &slug, none.clone()).await;
        told.post("no session", &bank, &Browser::default(), &slug, none).await;
        told.check();
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unbind() {
    for bank in TestBank::each().await {
        let (browser, mut told) = (Browser::default(), Told::of("unbind"));
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        bank.bind_on(&browser, &slug, &people()[0]).await;
        told.post("no session", &bank, &Browser::default(), &slug, json!({})).await;
        told.post("done", &bank, &browser, &slug, json!({})).await;
        told.post("a second tap", &bank, &browser, &slug, json!({})).await;
        told.check();
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn elder() {
    for bank in TestBank::each().await {
        let (browser, mut told) = (Browser::default(), Told::of("elder"));
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        told.post("on", &bank, &browser, &slug, json!({ "on": true })).await;
        told.post("not what the call takes", &bank, &browser, &slug, json!({ "on": 1 })).await;
        told.check();
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts() {
    for bank in TestBank::each().await {
        let (browser, mut told) = (Browser::default(), Told::of("accounts"));
        let slug = bank.open_binding(APPID, "zhao", &browser).await;
        told.get("not bound", &bank, &browser, &slug, "").await;
        bank.bind_on(&browser, &slug, &people()[1]).await;
        told.get("a card and a passbook", &bank, &browser, &slug, "").await;
        bank.core.set_weather(OUTAGE);
        told.get("the core is silent", &bank, &browser, &slug, "").await;
        told.check();
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn statement() {
    for bank in TestBank::each().await {
        let (browser, mut told) = (Browser::default(), Told::of("statement"));
        let slug = bank.open_binding(APPID, "zhao", &browser).await;
        told.get("not bound", &bank, &browser, &slug, "").await;
        bank.bind_on(&browser, &slug, &people()[1]).await;
        told.get("this month", &bank, &browser, &slug, "").await;
        told.get("a month before anything", &bank, &browser, &slug, "?month=2026-01&flow=out")
            .await;
        told.get("a month too long ago", &bank, &browser, &slug, "?month=2020-01").await;
        told.get("an account of no one here", &bank, &browser, &slug, "?account=a9").await;
        told.get("not what the call takes", &bank, &browser, &slug, "?q=1&q=2").await;
        bank.core.set_weather(OUTAGE);
        told.get("the core is silent", &bank, &browser, &slug, "").await;
        told.get("no session", &bank, &Browser::default(), &slug, "").await;
        told.check();
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stamped() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let (mut list, mut code, mut make) =
            (Told::of("stamped"), Told::of("stamped/code"), Told::of("stamped/make"));
        let ask =
            |account: &str| json!({ "account": account, "from": "2026-11-01", "to": "2026-11-23" });
        let order = |ask: Value, code: &str| json!({ "ask": ask, "code": code });
        let wish = |ask: &Value, way: &str| json!({ "ask": ask, "wish": { "way": way } });
        code.post("not bound", &bank, &browser, &slug, wish(&ask("a"), "text")).await;
        bank.bind_on(&browser, &slug, &people()[0]).await;
        list.get("nothing yet", &bank, &browser, &slug, "").await;
        code.post("an account of no one here", &bank, &browser, &slug, wish(&ask("a"), "text"))
            .await;
        let (_, accounts) = browser.api(&bank, &slug, "accounts").await;
        let mut own = ask(accounts["items"][0]["id"].as_str().unwrap());
        own["purpose"] = json!("visa");
        own["english"] = json!(true);
        code.post("too soon after another", &bank, &browser, &slug, wish(&own, "text")).await;
        bank.clock.advance_ms(61_000);
        code.post("sent", &bank, &browser, &slug, wish(&own, "text")).await;
        let sent = bank.code_for(people()[0].mobile).await;
        let wrong = if sent == "000000" { "111111" } else { "000000" };
        make.post("a wrong code", &bank, &browser, &slug, order(own.clone(), wrong)).await;
        let mut backwards = own.clone();
        backwards["to"] = json!("2026-10-01");
        make.post("no span", &bank, &browser, &slug, order(backwards, &sent)).await;
        let mut noted = own.clone();
        noted["note"] = json!("余额：99,999.00");
        make.post("a note that is none", &bank, &browser, &slug, order(noted, &sent)).await;
        make.post("made", &bank, &browser, &slug, order(own, &sent)).await;
        list.get("one file", &bank, &browser, &slug, "").await;
        for told in [list, code, make] {
            told.check();
        }
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn undo() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let (mut show, mut code, mut check, mut pin) =
            (Told::of("undo"), Told::of("undo/code"), Told::of("undo/check"), Told::of("undo/pin"));
        show.get("not bound", &bank, &browser, &slug, "").await;
        bank.bind_on(&browser, &slug, &people()[0]).await;
        show.get("nothing is stopped", &bank, &browser, &slug, "").await;
        bank.say(APPID, "lifang", "一键锁卡").await;
        bank.say(APPID, "lifang", "锁住").await;
        show.get("a card is locked", &bank, &browser, &slug, "").await;
        let (_, accounts) = browser.api(&bank, &slug, "accounts").await;
        let ask = json!({ "what": "unlock", "account": accounts["items"][0]["id"] });
        let other = json!({ "what": "unlock", "account": "a" });
        code.post("an account of no one here", &bank, &browser, &slug, json!({ "ask": other }))
            .await;
        bank.clock.advance_ms(61_000);
        code.post("sent", &bank, &browser, &slug, json!({ "ask": ask })).await;
        let sent = bank.code_for(people()[0].mobile).await;
        let wrong = if sent == "000000" { "111111" } else { "000000" };
        let with = |code: &str| json!({ "ask": ask, "code": code });
        check.post("a wrong code", &bank, &browser, &slug, with(wrong)).await;
        let typed = async |pin: &str| {
            let typed = browser.typed(&bank, &slug, pin, pin).await;
            json!({ "ask": ask, "key_id": typed["key_id"], "cipher": typed["cipher"] })
        };
        pin.post("before the code", &bank, &browser, &slug, typed("274906").await).await;
        check.post("right", &bank, &browser, &slug, with(&sent)).await;
        pin.post("a wrong PIN", &bank, &browser, &slug, typed("911382").await).await;
        pin.post("undone", &bank, &browser, &slug, typed("274906").await).await;
        for told in [show, code, check, pin] {
            told.check();
        }
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn privacy() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let (mut show, mut code, mut export, mut token) = (
            Told::of("privacy"),
            Told::of("privacy/code"),
            Told::of("privacy/export"),
            Told::of("privacy/token"),
        );
        code.post("not bound", &bank, &browser, &slug, json!({})).await;
        bank.bind_on(&browser, &slug, &people()[0]).await;
        show.get("no copy yet", &bank, &browser, &slug, "").await;
        token.post("no copy yet", &bank, &browser, &slug, json!({})).await;
        bank.clock.advance_ms(61_000);
        code.post("sent", &bank, &browser, &slug, json!({})).await;
        let sent = bank.code_for(people()[0].mobile).await;
        let wrong = if sent == "000000" { "111111" } else { "000000" };
        export.post("a wrong code", &bank, &browser, &slug, json!({ "code": wrong })).await;
        export.post("asked for", &bank, &browser, &slug, json!({ "code": sent })).await;
        bank.settle().await;
        show.get("a copy", &bank, &browser, &slug, "").await;
        token.post("a copy", &bank, &browser, &slug, json!({})).await;
        for told in [show, code, export, token] {
            told.check();
        }
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readyz() {
    for bank in TestBank::each().await {
        bank.settle().await;
        let mut told = Told::of("readyz");
        told.machine("ready", &bank).await;
        bank.core.set_weather(OUTAGE);
        told.machine("with a silent core", &bank).await;
        told.check();
        bank.stop().await;
    }
}
