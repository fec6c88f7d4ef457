//! Whoever the bank has no phone number of: told so, after the other three fit and not before.

use crate::testing::{APPID, Browser, Person, TestBank, elements, move_in, people, person};
use base::Fen;
use serde_json::json;

/// An old man who never left a number at the bank.
fn old_man() -> Person {
    person(77, "韩守田", "19430226003", "")
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_bank_has_no_number_of_is_told_to_leave_one_and_nobody_else_hears_it_ca_01() {
    for bank in TestBank::each().await {
        let man = old_man();
        move_in(bank.core.inner(), 77, &man, Fen::of(5_000)).await.unwrap();
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let claim = elements(&Person { mobile: people()[0].mobile, ..old_man() });
        let mut wrong = claim.clone();
        wrong["name"] = json!("韩守地");
        let (_, told) = browser.post(&bank, &slug, "bind/check", wrong).await;
        assert_eq!(told["code"], "bind.mismatch", "{told}");
        for _ in 0..2 {
            let (status, told) = browser.post(&bank, &slug, "bind/check", claim.clone()).await;
            assert_eq!((status, told["code"].as_str()), (403, Some("bind.no_mobile")), "{told}");
            assert!(told["words"].as_str().unwrap().contains("留一个"), "{told}");
        }
        let (_, page) = browser.api(&bank, &slug, "bind").await;
        assert_eq!((page["step"].as_str(), page["left"].as_i64()), (Some("card"), Some(4)));
        bank.stop().await;
    }
}
