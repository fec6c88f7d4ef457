//! Photographs as answers, and a posting as one: through the page, the officer's desk and the database.

use crate::testing::{APPID, Browser, LINGXI, TestBank, YUNLU, people};
use base::{DAY_MS, Fen};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use corebank::sandbox::movement;
use db::{Scope, params};
use serde_json::{Value, json};

const MARK: &[u8] = b"a village, a pig and a stamp";

fn picture(mark: &[u8]) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n", mark].concat()
}

fn sent(field: &str, bytes: &[u8]) -> Value {
    json!({ "kind": "id_update", "field": field, "picture": STANDARD.encode(bytes) })
}

/// 李芳 with the form for her new document open.
async fn opened(bank: &TestBank, browser: &Browser) -> String {
    let said = "更新身份证";
    bank.open_after("lifang", browser, said).await.0
}

async fn add(bank: &TestBank, browser: &Browser, slug: &str, field: &str) -> String {
    let (status, told) =
        browser.post(bank, slug, "form/picture", sent(field, &picture(MARK))).await;
    assert_eq!(status, 200, "{told}");
    let all = told["pictures"].as_array().unwrap();
    all.last().unwrap().as_str().unwrap().to_owned()
}

async fn seen(bank: &TestBank, browser: &Browser, slug: &str, id: &str) -> (u16, Vec<u8>) {
    let url = format!("{}/h5/s/{slug}/api/form/picture/{id}", bank.url);
    let answer = browser.get(bank, &url).await;
    (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
}

impl TestBank {
    async fn staff_bytes(&self, cookie: &str, path: &str) -> (u16, Vec<u8>) {
        let url = format!("{}{path}", self.staff_url);
        let told = self.http.get(url).header("cookie", cookie).send().await.unwrap();
        (told.status().as_u16(), told.bytes().await.unwrap().to_vec())
    }

    async fn pictures_kept(&self) -> Vec<Vec<u8>> {
        let unit = |tx: &db::Tx<'_>| {
            tx.all::<(Vec<u8>,)>(
                "SELECT picture_sealed FROM case_picture WHERE tenant_id = $1",
                params![tx.tenant()],
            )
        };
        let rows = self.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap();
        rows.into_iter().map(|r| r.0).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn photos_are_kept_sealed_and_seen_by_their_owner_and_the_officer_only_ti_10_dp_03() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let browser = Browser::default();
        let slug = opened(&bank, &browser).await;
        let front = add(&bank, &browser, &slug, "front").await;
        let back = add(&bank, &browser, &slug, "back").await;
        assert_eq!(seen(&bank, &browser, &slug, &front).await, (200, picture(MARK)));
        for kept in bank.pictures_kept().await {
            assert!(!kept.windows(MARK.len()).any(|w| w == MARK), "it lies open");
        }
        let stranger = bank.bind(APPID, "wangqiang", &people()[3]).await;
        let theirs = bank.open_after("wangqiang", &stranger, "更新身份证").await.0;
        assert_eq!(seen(&bank, &stranger, &theirs, &front).await.0, 404);

        bank.clock.advance_ms(61_000);
        let until =
            json!({ "kind": "id_update", "step": 1, "answers": { "long": "long" }, "done": true });
        browser.post(&bank, &slug, "form/save", until).await;
        browser.post(&bank, &slug, "form/code", json!({ "kind": "id_update" })).await;
        let code = bank.code_for(people()[0].mobile).await;
        let body = json!({ "kind": "id_update", "consents": [], "code": code });
        let (status, case) = browser.post(&bank, &slug, "form/submit", body).await;
        assert_eq!(status, 200, "{case}");
        assert!(case["answers"].to_string().contains("1 张照片"), "{case}");

        let cookie = bank.officer().await;
        let path = format!("/case/{}", case["id"].as_str().unwrap());
        let (_, page) = bank.staff_page(&cookie, &path).await;
        let address = format!("{path}/picture/{back}");
        assert!(page.contains(&format!("src=\"{address}\"")), "{page}");
        assert_eq!(bank.staff_bytes(&cookie, &address).await, (200, picture(MARK)));
        let other = bank.officer_of(YUNLU, "yunlu.zhou").await;
        assert_eq!(bank.staff_bytes(&other, &address).await.0, 404);
        assert_eq!(bank.staff_bytes("", &address).await.0, 401);
        let looks = "SELECT COUNT(*) FROM audit WHERE tenant_id = $1 AND act = 'case.picture'";
        assert_eq!(bank.count_rows(looks).await, 1);
        let (status, told) =
            browser.post(&bank, &slug, "form/picture", sent("front", &picture(b"late"))).await;
        assert_eq!((status, told["code"].as_str()), (409, Some("case.open")), "{told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_photo_or_one_too_many_is_refused_and_nothing_kept_is_lost() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let browser = Browser::default();
        let slug = opened(&bank, &browser).await;
        let front = add(&bank, &browser, &slug, "front").await;
        let mut large = picture(b"");
        large.resize(crate::binding::photo::PICTURE_BYTES_MAX + 1, 0);
        for (field, bytes, code) in [
            ("front", picture(b"second"), "case.pictures"),
            ("back", b"<svg onload=alert(1)>".to_vec(), "case.picture_type"),
            ("back", large, "case.picture_size"),
            ("until", picture(MARK), "case.kind"),
            ("nothing", picture(MARK), "case.kind"),
        ] {
            let (_, told) = browser.post(&bank, &slug, "form/picture", sent(field, &bytes)).await;
            assert_eq!(told["code"], code, "{field}: {told}");
        }
        // A page cannot write the names of pictures itself.
        let forged =
            json!({ "kind": "id_update", "step": 0, "answers": { "back": front }, "done": true });
        let (_, told) = browser.post(&bank, &slug, "form/save", forged).await;
        assert_eq!(told["fields"], json!({ "back": "还没拍照片" }), "{told}");
        let (_, form) = browser.api(&bank, &slug, "form?kind=id_update").await;
        assert_eq!(form["draft"]["answers"], json!({ "front": front }), "{form}");
        assert_eq!(bank.pictures_kept().await.len(), 1);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_taken_back_a_draft_taken_back_and_one_forgotten_leave_nothing() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let browser = Browser::default();
        let slug = opened(&bank, &browser).await;
        let front = add(&bank, &browser, &slug, "front").await;
        let name = json!({ "kind": "id_update", "field": "front", "id": front });
        for _ in 0..2 {
            let (status, told) =
                browser.post(&bank, &slug, "form/picture/remove", name.clone()).await;
            assert_eq!((status, &told["pictures"]), (200, &json!([])), "twice is as once: {told}");
        }
        assert_eq!(bank.pictures_kept().await.len(), 0);
        assert_eq!(seen(&bank, &browser, &slug, &front).await.0, 404);

        add(&bank, &browser, &slug, "back").await;
        let (_, cases) = browser.api(&bank, &slug, "cases").await;
        let draft = json!({ "id": cases["items"][0]["id"] });
        browser.post(&bank, &slug, "cases/withdraw", draft).await;
        assert_eq!(bank.pictures_kept().await.len(), 0);

        let last = add(&bank, &browser, &slug, "back").await;
        bank.clock.advance_ms(8 * DAY_MS);
        let later = Browser::default();
        let slug = opened(&bank, &later).await;
        assert_eq!(seen(&bank, &later, &slug, &last).await.0, 404, "over is over before the sweep");
        crate::rounds::sweep(&bank.app).await.unwrap();
        assert_eq!(bank.pictures_kept().await.len(), 0);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispute_is_about_a_posting_of_ones_own_credit_card() {
    for bank in TestBank::each().await {
        crate::cards::tests::give_card(&bank, true).await;
        let spent = movement::purchase(crate::cards::tests::CARD, Fen::of(8_000), "河东加油站");
        bank.core.inner().post(LINGXI, "fuel", spent).await.unwrap().unwrap();
        bank.bind(APPID, "lifang", &people()[0]).await;
        let browser = Browser::default();
        let (slug, said) = bank.open_after("lifang", &browser, "信用卡交易申诉").await;
        assert!(said.contains("先锁卡"), "{said}");
        let (_, form) = browser.api(&bank, &slug, "form?kind=cc_dispute").await;
        let options = form["steps"][0]["fields"][0]["options"].as_array().unwrap().clone();
        assert_eq!(options.len(), 1, "{form}");
        let label = options[0]["label"].as_str().unwrap();
        assert!(label.ends_with("河东加油站 -80.00"), "{label}");
        let save = |line: &str| json!({ "kind": "cc_dispute", "step": 0, "answers": { "line": line, "reason": "twice" }, "done": true });
        let (_, told) = browser.post(&bank, &slug, "form/save", save("another's:1")).await;
        assert_eq!(told["fields"]["line"], "请选一个", "{told}");
        let (status, told) = browser
            .post(&bank, &slug, "form/save", save(options[0]["value"].as_str().unwrap()))
            .await;
        assert_eq!((status, told["shown"]["line"].as_str()), (200, Some(label)), "{told}");
        bank.stop().await;
    }
}
