//! 拍照识别, through the page: what is read is proposed, and whatever goes wrong, typing goes on.

use crate::testing::{APPID, Browser, LINGXI, Person, TestBank, elements, people};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use db::{Scope, params};
use serde_json::{Value, json};

/// A picture no other has the bytes of: the beginning of a PNG, and a mark.
pub(super) fn picture(mark: &str) -> String {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend_from_slice(mark.as_bytes());
    STANDARD.encode(bytes)
}

pub(super) fn photo(kind: &str, picture: &str) -> Value {
    let consents = elements(&people()[0])["consents"].clone();
    json!({ "kind": kind, "picture": picture, "consents": consents })
}

impl TestBank {
    /// 李芳's two cards as the world knows them, and an admission ticket.
    pub(super) async fn take_pictures(&self, who: &Person) {
        let of = |mark: &str, shows: &str, number: &str, name: &str| json!({ "picture": picture(mark), "shows": shows, "number": number, "name": name });
        self.control("pictures", of("card", "bank_card", &who.card_no, "")).await;
        self.control("pictures", of("id", "id_card", &who.id_no, who.name)).await;
        self.control("pictures", of("ticket", "other", "", "")).await;
    }

    async fn photos_sent(&self) -> usize {
        let log = self.look("exchanges?kind=vendor&limit=1000").await;
        log["items"].as_array().unwrap().len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_of_a_card_and_a_document_is_proposed_and_nothing_is_sent_on() {
    for bank in TestBank::each().await {
        let li = &people()[0];
        bank.take_pictures(li).await;
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let (_, state) = browser.api(&bank, &slug, "bind").await;
        assert_eq!(state["photo"], true, "{state}");
        let before = bank.core.calls();
        let card = photo("bank_card", &picture("card"));
        let (status, told) = browser.post(&bank, &slug, "bind/photo", card).await;
        assert_eq!((status, told), (200, json!({ "number": li.card_no, "name": null })));
        let document = photo("id_card", &picture("id"));
        let (_, told) = browser.post(&bank, &slug, "bind/photo", document).await;
        assert_eq!(told, json!({ "number": li.id_no, "name": li.name }));
        let (_, state) = browser.api(&bank, &slug, "bind").await;
        assert_eq!((&state["step"], &state["left"]), (&json!("card"), &json!(5)), "{state}");
        assert_eq!(bank.core.calls(), before, "Invariant: the core hears of what was checked only");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_cannot_be_read_or_shows_something_else_says_what_to_do() {
    for bank in TestBank::each().await {
        let li = &people()[0];
        bank.take_pictures(li).await;
        // Read wrongly: the check digit tells.
        let blurred = json!({ "picture": picture("glare"), "shows": "bank_card", "number": "6299010000000000" });
        bank.control("pictures", blurred).await;
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        for (kind, mark, code, words) in [
            ("bank_card", "dark", "photo.unclear", "没看清"),
            ("bank_card", "glare", "photo.unclear", "没看清"),
            ("bank_card", "ticket", "photo.other", "不是银行卡"),
            ("bank_card", "id", "photo.other", "不是银行卡"),
            ("id_card", "card", "photo.other", "不是身份证"),
        ] {
            let (status, told) =
                browser.post(&bank, &slug, "bind/photo", photo(kind, &picture(mark))).await;
            assert_eq!((status, told["code"].as_str()), (400, Some(code)), "{mark}: {told}");
            let said = told["words"].as_str().unwrap();
            assert!(said.contains(words) && said.contains("手动输入"), "{said}");
        }
        bank.bind_on(&browser, &slug, li).await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_slow_down_or_talks_nonsense_sends_the_customer_back_to_typing() {
    for bank in TestBank::each().await {
        let li = &people()[0];
        bank.take_pictures(li).await;
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        for weather in [
            json!({ "vendor_5xx_percent": 100 }),
            json!({ "vendor_5xx_percent": 0, "vendor_truncate_percent": 100 }),
            json!({ "vendor_truncate_percent": 0, "vendor_delay_ms": 10_000 }),
        ] {
            bank.control("weather", weather.clone()).await;
            let card = photo("bank_card", &picture("card"));
            let (status, told) = browser.post(&bank, &slug, "bind/photo", card).await;
            assert_eq!(
                (status, told["code"].as_str()),
                (503, Some("photo.busy")),
                "{weather}: {told}"
            );
            assert!(told["words"].as_str().unwrap().contains("手动输入"), "{told}");
        }
        bank.bind_on(&browser, &slug, li).await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_picture_or_too_large_goes_to_no_one() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let page = STANDARD.encode("<svg onload=alert(1)>");
        let mut large = b"\xff\xd8\xff".to_vec();
        large.resize(super::photo::PICTURE_BYTES_MAX + 1, 0);
        let large = STANDARD.encode(large);
        let huge = "A".repeat(super::photo::BODY_BYTES_MAX);
        for (picture, code) in [
            (page.as_str(), "photo.type"),
            ("no base64!", "photo.type"),
            ("", "photo.type"),
            (&large, "photo.size"),
            (&huge, "input.size"),
        ] {
            let (_, told) =
                browser.post(&bank, &slug, "bind/photo", photo("id_card", picture)).await;
            assert_eq!(told["code"], code, "{told}");
        }
        assert_eq!(bank.photos_sent().await, 0);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_photo_goes_out_before_the_customer_agrees_dp_11() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let silent = json!({ "kind": "id_card", "picture": picture("id") });
        let (_, told) = browser.post(&bank, &slug, "bind/photo", silent).await;
        assert_eq!(told["code"], "consent.missing", "{told}");
        assert_eq!(bank.photos_sent().await, 0);
        let (status, _) = Browser::default()
            .post(&bank, &slug, "bind/photo", photo("id_card", &picture("id")))
            .await;
        assert_eq!(status, 401, "a photo comes from a customer's page");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn photos_are_counted_exactly_in_a_burst_by_follower_and_by_institution() {
    for bank in TestBank::each_with("photos_all_per_day = 12\n").await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let send =
            || browser.post(&bank, &slug, "bind/photo", photo("bank_card", &picture("dark")));
        let told = futures_util::future::join_all((0..24).map(|_| send())).await;
        let full = told.iter().filter(|(_, told)| told["code"] == "photo.too_many").count();
        assert_eq!((bank.photos_sent().await, full), (10, 14), "ten an hour");
        let other = Browser::default();
        let slug = bank.open_binding(APPID, "wangqiang", &other).await;
        let mut codes = vec![];
        for _ in 0..3 {
            let dark = photo("bank_card", &picture("dark"));
            let (_, told) = other.post(&bank, &slug, "bind/photo", dark).await;
            codes.push(told["code"].as_str().unwrap().to_owned());
        }
        assert_eq!(codes, ["photo.unclear", "photo.unclear", "photo.too_many"], "twelve a day");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_leaves_a_row_of_codes_and_nothing_of_what_it_showed_dp_03() {
    for bank in TestBank::each().await {
        let li = &people()[0];
        bank.take_pictures(li).await;
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        browser.post(&bank, &slug, "bind/photo", photo("id_card", &picture("id"))).await;
        let unit = |tx: &db::Tx<'_>| {
            tx.all::<(String, String, String)>(
                "SELECT act, outcome, detail FROM audit WHERE tenant_id = $1 AND act = 'bind.photo'",
                params![tx.tenant()],
            )
        };
        let rows = bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap();
        assert_eq!(rows, [("bind.photo".into(), "done".into(), "id_card".into())]);
        let (_, state) = browser.api(&bank, &slug, "bind").await;
        assert_eq!(state["mobile_masked"], Value::Null, "no attempt was begun: {state}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_has_no_one_to_read_photos_offers_none() {
    for bank in TestBank::each_with("[ocr]\nurl = \"\"\n").await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let (_, state) = browser.api(&bank, &slug, "bind").await;
        assert_eq!(state["photo"], false, "{state}");
        let card = photo("bank_card", &picture("card"));
        let (status, told) = browser.post(&bank, &slug, "bind/photo", card).await;
        assert_eq!((status, told["code"].as_str()), (503, Some("photo.none")), "{told}");
        bank.stop().await;
    }
}
