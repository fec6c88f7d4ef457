//! Pictures of paper bills through the front door: sent in chat, fetched from WeChat, read by a vendor, paid like any bill.

use super::tests::{CARD, SOON_MS, START, county, electric};
use crate::payments::state::State;
use crate::testing::{APPID, TestBank, link_in, words};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use corebank::sandbox::bills;
use serde_json::{Value, json};

fn picture(mark: &str) -> String {
    STANDARD.encode([b"\x89PNG\r\n\x1a\n".as_slice(), mark.as_bytes()].concat())
}

impl TestBank {
    /// The vendor knows this picture as one of these bills.
    async fn prints(&self, mark: &str, bills: Value) {
        let known = json!({ "picture": picture(mark), "shows": "bill", "bills": bills });
        self.control("pictures", known).await;
    }
    async fn sends(&self, mark: &str) -> Value {
        let path = format!("chats/{APPID}/lifang/send?wait=1");
        self.control(&path, json!({ "type": "image", "picture": picture(mark) })).await
    }
    /// What is said to a picture.
    async fn shown(&self, mark: &str) -> String {
        words(&self.sends(mark).await["items"])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photographed_bill_is_paid_without_typing_its_number() {
    for bank in county().await {
        let bill = json!([{ "fee": "electric", "number": electric("0231"), "fen": 8_600 }]);
        bank.prints("electric", bill).await;
        let told = bank.sends("electric").await;
        let said = words(&told["items"]);
        assert!(said.contains("看到的是电费单，尾号0231，单子上是 86.00 元。"), "{said}");
        assert!(said.contains("交电费 86.00 元（捌拾陆元整）"), "{said}");
        let page = bank.open_pay("lifang", &link_in(&told["items"]).unwrap()).await;
        page.pays(&bank).await;
        bank.biller_answers(SOON_MS).await;
        assert_eq!(bank.payments().await, [State::Succeeded]);
        assert_eq!(bank.worth(CARD).await, START - 8_600);
        // The paper still says so, and nothing is owed any more.
        let said = bank.shown("electric").await;
        assert!(said.contains("不欠电费，要预存吗？"), "{said}");
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_answers_the_question_for_a_number_and_keeps_what_was_said() {
    for bank in county().await {
        let bill = json!([{ "fee": "electric", "number": electric("0231"), "fen": 8_600 }]);
        bank.prints("electric", bill).await;
        bank.say(APPID, "lifang", "给老屋交电费两百").await;
        let said = bank.shown("electric").await;
        assert!(said.contains("给老屋（户号尾号0231") && said.contains("200.00 元"), "{said}");
        // A notice of a family's insurance is a bill, too.
        let number = bills::family_number("1011", "0231");
        bank.prints("notice", json!([{ "fee": "medical", "number": number }])).await;
        let said = bank.shown("notice").await;
        assert!(said.contains("看到的是居民医保单") && said.contains("这一户有：1 *"), "{said}");
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_paid_from_a_picture_is_told_with_what_to_do_next() {
    for bank in county().await {
        let of = |fee: &str, number: &str| json!({ "fee": fee, "number": number, "fen": 5_000 });
        let one = of("electric", &electric("0231"));
        bank.prints("two", json!([one, of("water", "10110231")])).await;
        bank.prints("rent", json!([of("rent", "12345678")])).await;
        bank.prints("smudged", json!([of("electric", "")])).await;
        bank.prints("stranger", json!([of("electric", &electric("0999"))])).await;
        bank.prints("heating", json!([of("heating", "101100231")])).await;
        let ticket = json!({ "picture": picture("ticket"), "shows": "other" });
        bank.control("pictures", ticket).await;
        for (mark, says) in [
            ("two", "请一张一张拍"),
            ("rent", "看不出交的是什么费"),
            ("smudged", "没看清"),
            ("dark", "没看清"),
            ("ticket", "这张看不出是缴费单"),
            ("stranger", "没有查到这个户号，没有扣钱"),
            ("heating", "本县还不能在微信交取暖费"),
        ] {
            let said = bank.shown(mark).await;
            assert!(said.contains(says), "{mark}: {said}");
            bank.say(APPID, "lifang", "不交了").await;
        }
        assert!(bank.payments().await.is_empty());
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_vendor_and_too_many_pictures_lead_back_to_typing() {
    for bank in county().await {
        bank.control("weather", json!({ "vendor_5xx_percent": 100 })).await;
        let said = bank.shown("electric").await;
        assert!(said.contains("照片现在看不了。请打字说"), "{said}");
        bank.control("weather", json!({ "vendor_5xx_percent": 0 })).await;
        for _ in 0..9 {
            assert!(bank.shown("dark").await.contains("没看清"));
        }
        let said = bank.shown("dark").await;
        assert!(said.contains("今天发的照片太多了"), "{said}");
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_of_who_is_not_bound_are_not_looked_at() {
    for bank in TestBank::each().await {
        bank.follow(APPID, "lifang").await;
        let said = bank.shown("electric").await;
        assert!(said.contains("图片我还看不懂"), "{said}");
        bank.stop().await;
    }
}
