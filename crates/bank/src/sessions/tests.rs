//! Ways into the pages, and the ways that must stay shut.

use crate::testing::{APPID, Browser, TestBank, link_in};
use serde_json::json;

async fn link(bank: &TestBank, uid: &str) -> String {
    bank.follow(APPID, uid).await;
    let told = bank
        .control(
            &format!("chats/{APPID}/{uid}/send?wait=1"),
            json!({ "type": "text", "content": "绑卡" }),
        )
        .await;
    link_in(&told["items"]).expect("a link")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forwarded_link_shows_nothing_but_that_it_is_someone_elses_ch_09() {
    for bank in TestBank::each().await {
        let link = link(&bank, "lifang").await;
        let thief = Browser::default();
        bank.follow(APPID, "wangqiang").await;
        let landed = thief.web_view(&bank, APPID, "wangqiang", &link).await;
        assert_eq!(landed.problem(), "link.foreign", "{landed:?}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_ends_after_ten_minutes() {
    for bank in TestBank::each().await {
        let link = link(&bank, "lifang").await;
        bank.clock.advance_ms(600_001);
        let landed = Browser::default().web_view(&bank, APPID, "lifang", &link).await;
        assert_eq!(landed.problem(), "link.expired", "{landed:?}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn made_up_links_and_slugs_open_nothing() {
    for bank in TestBank::each().await {
        for path in [
            "/h5/l/bx00",
            "/h5/l/zz",
            "/h5/l/bxffffffffffffffffffffffffffffffff",
            "/h5/go/nobody/bind",
        ] {
            let landed = Browser::default().land(&bank, &format!("{}{path}", bank.url)).await;
            assert_eq!(landed.problem(), "link.expired", "{path}");
        }
        let (status, told) = Browser::default().api(&bank, "bx000000000000", "session").await;
        assert_eq!((status, told["code"].as_str()), (401, Some("session.none")));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_loaded_twice_gives_the_same_page_and_from_another_browser_nothing_ch_07_ch_08() {
    for bank in TestBank::each().await {
        let link = link(&bank, "lifang").await;
        let browser = Browser::default();
        let landed = browser.web_view(&bank, APPID, "lifang", &link).await;
        let back = landed.hops.iter().find(|h| h.contains("/h5/oauth/back")).unwrap().clone();
        let again = browser.land(&bank, &back).await;
        assert!(again.url.contains("/h5/s/"), "{again:?}");
        let stranger = Browser::default().land(&bank, &back).await;
        assert_eq!(stranger.problem(), "oauth.state");
        bank.clock.advance_ms(300_001);
        let late = browser.land(&bank, &back).await;
        assert_eq!(late.problem(), "oauth.state");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_user_and_a_refusal_are_told_what_to_do() {
    for bank in TestBank::each().await {
        let link = link(&bank, "lifang").await;
        bank.control("oauth", json!({ "uid": "lifang", "next": "snapshot" })).await;
        let landed = Browser::default().web_view(&bank, APPID, "lifang", &link).await;
        assert_eq!(landed.problem(), "oauth.snapshot", "{landed:?}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_by_idleness_by_age_and_on_another_kind_of_browser_ca_11_ca_12() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        assert_eq!(browser.api(&bank, &slug, "session").await.0, 200);
        bank.clock.advance_ms(890_000);
        assert_eq!(browser.api(&bank, &slug, "session").await.0, 200, "reading keeps it alive");
        bank.clock.advance_ms(901_000);
        assert_eq!(
            browser.api(&bank, &slug, "session").await.0,
            401,
            "a quarter of an hour of nothing"
        );
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let url = format!("{}/h5/s/{slug}/api/session", bank.url);
        let moved =
            bank.http.get(url).header("user-agent", "iPhone MicroMessenger").send().await.unwrap();
        assert_eq!(moved.status().as_u16(), 401);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_without_our_header_is_refused() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let url = format!("{}/h5/s/{slug}/api/unbind", bank.url);
        let answer = bank.http.post(url).json(&json!({})).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 401);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn following_a_link_many_times_changes_nothing_ch_09() {
    for bank in TestBank::each().await {
        let link = link(&bank, "lifang").await;
        for _ in 0..20 {
            let answer = Browser::default().get(&bank, &link).await;
            assert_eq!(answer.status().as_u16(), 303);
        }
        let landed = Browser::default().web_view(&bank, APPID, "lifang", &link).await;
        assert!(landed.url.contains("/h5/s/"), "{landed:?}");
        bank.stop().await;
    }
}
