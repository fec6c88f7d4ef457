//! One's own data: the copy, who gets it and how often, agreements withdrawn, advertising declined.

use super::{FILE_MS, TWICE_MS};
use crate::marketing;
use crate::testing::{APPID, Browser, LINGXI, TestBank, link_in, people};
use crate::wealth::tests::C2;
use db::{Scope, params};
use serde_json::{Value, json};

async fn page(bank: &TestBank, browser: &Browser, uid: &str) -> String {
    let message = json!({ "type": "text", "content": "个人信息导出" });
    let told = bank.control(&format!("chats/{APPID}/{uid}/send?wait=1"), message).await;
    let link = link_in(&told["items"]).unwrap_or_else(|| panic!("no link in {told}"));
    browser.web_view(bank, APPID, uid, &link).await.slug()
}

/// 李芳, bound, with a copy asked for and made.
async fn with_copy(bank: &TestBank) -> (Browser, String) {
    let browser = bank.bind(APPID, "lifang", &people()[0]).await;
    bank.say(APPID, "lifang", "余额").await;
    bank.is_assessed("lifang", &C2).await;
    bank.clock.advance_ms(61_000);
    let slug = page(bank, &browser, "lifang").await;
    let (status, told) = browser.post(bank, &slug, "privacy/code", json!({})).await;
    assert_eq!(status, 200, "{told}");
    let code = bank.code_for(people()[0].mobile).await;
    let body = json!({ "code": code });
    let (status, told) = browser.post(bank, &slug, "privacy/export", body).await;
    assert_eq!((status, &told["ready"]), (200, &json!(false)), "{told}");
    bank.settle().await;
    (browser, slug)
}

async fn token(bank: &TestBank, browser: &Browser, slug: &str) -> Value {
    let (status, told) = browser.post(bank, slug, "privacy/token", json!({})).await;
    assert_eq!(status, 200, "{told}");
    told
}

async fn fetch(bank: &TestBank, browser: &Browser, path: &str) -> (u16, String) {
    let answer = browser.get(bank, &format!("{}{path}", bank.url)).await;
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_ones_data_comes_after_a_code_and_is_told_in_chat_dp_12() {
    for bank in TestBank::each().await {
        let (browser, slug) = with_copy(&bank).await;
        let told = bank.chat(APPID, "lifang").await.join("\n");
        assert!(told.contains("个人信息副本好了"), "{told}");
        let urls = token(&bank, &browser, &slug).await;
        let (status, text) = fetch(&bank, &browser, urls["json_url"].as_str().unwrap()).await;
        assert_eq!(status, 200, "{text}");
        let file: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(file["bindings"][0]["state"], "live");
        assert_eq!(file["consents"].as_array().unwrap().len(), 2, "{}", file["consents"]);
        let talk = file["conversation"].to_string();
        assert!(talk.contains("余额") && talk.contains("1,280.50"), "{talk}");
        let graded = file["assessments"].to_string();
        assert!(
            graded.contains("C2 稳健型") && graded.contains("您多大年纪？31到50岁"),
            "{graded}"
        );
        assert!(file["codes_sent"].to_string().contains("export"), "{}", file["codes_sent"]);
        for whole in [&people()[0].card_no, &people()[0].id_no] {
            assert!(!text.contains(whole.as_str()), "a whole number stands in the copy");
        }
        let urls = token(&bank, &browser, &slug).await;
        let (status, html) = fetch(&bank, &browser, urls["page_url"].as_str().unwrap()).await;
        assert!(
            status == 200 && html.contains("您的个人信息副本") && html.contains("您说"),
            "{html}"
        );
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_right_code_no_copy_is_made_dp_12() {
    for bank in TestBank::each().await {
        let browser = bank.bind(APPID, "lifang", &people()[0]).await;
        bank.clock.advance_ms(61_000);
        let slug = page(&bank, &browser, "lifang").await;
        browser.post(&bank, &slug, "privacy/code", json!({})).await;
        let code = bank.code_for(people()[0].mobile).await;
        let wrong = if code == "111111" { "222222" } else { "111111" };
        let (_, told) =
            browser.post(&bank, &slug, "privacy/export", json!({ "code": wrong })).await;
        assert_eq!(told["code"], "otp.wrong", "{told}");
        bank.settle().await;
        let (_, shown) = browser.api(&bank, &slug, "privacy").await;
        assert_eq!(shown["export"], Value::Null);
        let (status, told) = browser.post(&bank, &slug, "privacy/token", json!({})).await;
        assert_eq!((status, &told["code"]), (410, &json!("privacy.gone")), "{told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_the_copy_once_in_its_own_session_and_ends_with_the_day_dp_14() {
    for bank in TestBank::each().await {
        let (browser, slug) = with_copy(&bank).await;
        let urls = token(&bank, &browser, &slug).await;
        let url = urls["json_url"].as_str().unwrap();
        let stranger = bank.bind(APPID, "zhao", &people()[1]).await;
        let theirs = page(&bank, &stranger, "zhao").await;
        let moved = url.replace(&slug, &theirs);
        assert_eq!(fetch(&bank, &stranger, &moved).await.0, 410, "somebody else's session");
        assert_eq!(fetch(&bank, &Browser::default(), url).await.0, 401, "no session");
        assert_eq!(fetch(&bank, &browser, url).await.0, 200);
        assert_eq!(fetch(&bank, &browser, url).await.0, 200, "WeChat loads twice");
        bank.clock.advance_ms(TWICE_MS);
        let (status, told) = fetch(&bank, &browser, url).await;
        assert!(status == 410 && told.contains("privacy.token"), "{told}");
        let late = token(&bank, &browser, &slug).await;
        bank.clock.advance_ms(FILE_MS);
        let fresh = page(&bank, &browser, "lifang").await;
        let late = late["json_url"].as_str().unwrap().replace(&slug, &fresh);
        assert_eq!(fetch(&bank, &browser, &late).await.0, 410);
        let (_, shown) = browser.api(&bank, &fresh, "privacy").await;
        assert_eq!(shown["export"], Value::Null);
        crate::rounds::sweep(&bank.app).await.unwrap();
        let unit = |tx: &db::Tx<'_>| {
            tx.one::<(i64,)>(
                "SELECT COUNT(*) FROM privacy_export WHERE tenant_id = $1 AND file_sealed IS NOT NULL",
                params![tx.tenant()],
            )
        };
        let (left,) = bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap();
        assert_eq!(left, 0, "the file is gone");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_lies_sealed_and_every_step_is_in_the_audit_dp_12_dp_14() {
    for bank in TestBank::each().await {
        let (browser, slug) = with_copy(&bank).await;
        let urls = token(&bank, &browser, &slug).await;
        fetch(&bank, &browser, urls["json_url"].as_str().unwrap()).await;
        let unit = |tx: &db::Tx<'_>| {
            let file: (Vec<u8>,) = tx.one(
                "SELECT file_sealed FROM privacy_export WHERE tenant_id = $1",
                params![tx.tenant()],
            )?;
            let acts: Vec<(String, String)> = tx.all(
                "SELECT act, outcome FROM audit WHERE tenant_id = $1 AND act LIKE 'privacy.%' ORDER BY id",
                params![tx.tenant()],
            )?;
            Ok((file.0, acts))
        };
        let (file, acts) = bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap();
        assert!(!file.windows(6).any(|w| w == "余额".as_bytes()));
        let acts: Vec<String> = acts.iter().map(|(a, o)| format!("{a} {o}")).collect();
        let want = [
            "privacy.export asked",
            "privacy.export done",
            "privacy.token done",
            "privacy.open done",
        ];
        assert_eq!(acts, want);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_for_again_the_copy_is_the_one_that_is_there() {
    for bank in TestBank::each().await {
        let (browser, slug) = with_copy(&bank).await;
        bank.clock.advance_ms(61_000);
        browser.post(&bank, &slug, "privacy/code", json!({})).await;
        let code = bank.code_for(people()[0].mobile).await;
        let body = json!({ "code": code });
        let (status, told) = browser.post(&bank, &slug, "privacy/export", body).await;
        assert_eq!((status, &told["ready"]), (200, &json!(true)), "{told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_agreed_to_is_listed_and_withdrawn_with_its_consequence_dp_11() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let listed = bank.say(APPID, "lifang", "我都同意过哪些东西").await;
        assert!(listed.contains("2 项") && listed.contains("服务协议"), "{listed}");
        let asked = bank.say(APPID, "lifang", "撤回第1个").await;
        assert!(asked.contains("绑定也解开"), "{asked}");
        let said = bank.say(APPID, "lifang", "确定撤回").await;
        assert!(said.contains("已撤回") && said.contains("绑定也解开了"), "{said}");
        let said = bank.say(APPID, "lifang", "余额").await;
        assert!(said.contains("还没有绑定"), "{said}");
        let listed = bank.say(APPID, "lifang", "我都同意过哪些东西").await;
        assert!(listed.contains("没有同意过"), "{listed}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn advertising_is_declined_in_one_step_and_every_campaign_must_ask_dp_18() {
    for bank in TestBank::each().await {
        bank.follow(APPID, "lifang").await;
        let may = async || {
            let unit = |tx: &db::Tx<'_>| {
                let (id,): (crate::followers::FollowerId,) =
                    tx.one("SELECT id FROM follower WHERE tenant_id = $1", params![tx.tenant()])?;
                marketing::may_send(tx, id)
            };
            bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap()
        };
        assert!(may().await);
        let said = bank.say(APPID, "lifang", "退订营销").await;
        assert!(said.contains("退订了"), "{said}");
        assert!(!may().await);
        let said = bank.say(APPID, "lifang", "取消退订").await;
        assert!(said.contains("有优惠"), "{said}");
        assert!(may().await);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_erase_is_explained_confirmed_and_given_to_a_person_dp_12() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.say(APPID, "lifang", "个人信息查询").await;
        let asked = bank.say(APPID, "lifang", "要求删除").await;
        assert!(asked.contains("法律") && asked.contains("提出删除"), "{asked}");
        let said = bank.say(APPID, "lifang", "提出删除").await;
        assert!(said.contains("编号") && said.contains("15个工作日"), "{said}");
        bank.stop().await;
    }
}
