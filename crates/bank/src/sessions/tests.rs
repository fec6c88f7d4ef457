//! Ways into the pages, and the ways that must stay shut.

use super::{cookies, tenant_token};
use crate::followers::{self, Person};
use crate::testing::{APPID, Browser, LINGXI, PROVINCIAL, TestBank, elements, link_in, people};
use base::Random;
use db::Scope;
use futures_util::future::join_all;
use serde_json::json;
use std::collections::BTreeSet;

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

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_is_missing_or_comes_with_another_code_is_refused_ch_07_ch_08() {
    for bank in TestBank::each().await {
        let link = link(&bank, "lifang").await;
        let browser = Browser::default();
        let landed = browser.web_view(&bank, APPID, "lifang", &link).await;
        let back = landed.hops.iter().find(|h| h.contains("/h5/oauth/back")).unwrap().clone();
        let mut url = reqwest::Url::parse(&back).unwrap();
        let state = url.query_pairs().find(|(k, _)| k == "state").unwrap().1.into_owned();
        let code = url.query_pairs().find(|(k, _)| k == "code").unwrap().1.into_owned();
        for query in [
            format!("code={code}"),
            format!("code={code}&state="),
            format!("code=another{code}&state={state}"),
            format!("code={code}&state={state}00"),
        ] {
            url.set_query(Some(&query));
            assert_eq!(browser.land(&bank, url.as_str()).await.problem(), "oauth.state", "{query}");
        }
        url.set_query(Some(&format!("state={state}")));
        assert_eq!(browser.land(&bank, url.as_str()).await.problem(), "oauth.refused");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_wechat_does_not_know_opens_no_session_ch_08() {
    for bank in TestBank::each().await {
        let link = link(&bank, "lifang").await;
        let browser = Browser::default();
        let begun = browser.get(&bank, &link).await;
        let to = reqwest::Url::parse(begun.headers()["location"].to_str().unwrap()).unwrap();
        let state = to.query_pairs().find(|(k, _)| k == "state").unwrap().1.into_owned();
        let back = format!("{}/h5/oauth/back?code=made-up&state={state}", bank.url);
        assert_eq!(browser.land(&bank, &back).await.problem(), "oauth.state");
        assert_eq!(
            browser.land(&bank, &back).await.problem(),
            "oauth.state",
            "nor the second time"
        );
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_handed_in_is_ever_where_a_browser_is_sent_ch_08() {
    const EVIL: [&str; 20] = [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "http:evil.example",
        "https:%2f%2fevil.example",
        "%2f%2fevil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "bind@evil.example",
        "bind%0d%0aLocation:%20https://evil.example",
        "..%2f..%2fevil",
        "https://bank.example.evil.example",
        "bind?next=https://evil.example",
        "bind#//evil.example",
        "bind;//evil.example",
        "%09//evil.example",
        "\u{2044}evil.example",
        "。evil.example",
        "bind/../../evil.example",
        "evil.example:443",
    ];
    for bank in TestBank::each().await {
        let ours = |to: &str| {
            to.starts_with(&bank.url) || to.starts_with(&bank.simulator) || to.starts_with("/h5/")
        };
        let mut tried = 0;
        for evil in EVIL {
            for path in [
                format!("/h5/go/{APPID}/{evil}"),
                format!("/h5/go/{evil}/bind"),
                format!("/h5/go/{APPID}/bind?redirect_uri={evil}"),
                format!("/h5/go/{APPID}/bind?next={evil}&page={evil}"),
                format!("/h5/l/{evil}"),
                format!("/h5/l/x?to={evil}"),
                format!("/h5/oauth/back?code=c&state={evil}"),
                format!("/h5/oauth/back?code=c&state=bx00&redirect={evil}"),
                format!("/h5/oauth/back?code={evil}&state=bx00"),
                format!("/h5/problem?code={evil}"),
            ] {
                let answer = Browser::default().get(&bank, &format!("{}{path}", bank.url)).await;
                if let Some(to) = answer.headers().get("location") {
                    let to = to.to_str().unwrap();
                    assert!(ours(to), "{path} leads to {to}");
                    let url = reqwest::Url::parse(&bank.url).unwrap().join(to).unwrap();
                    let inner = url.query_pairs().find(|(k, _)| k == "redirect_uri");
                    assert!(
                        inner.is_none_or(|(_, v)| v.starts_with(&bank.url)),
                        "{path} leads to {to}"
                    );
                }
                tried += 1;
            }
        }
        assert_eq!(tried, 200);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_openids_under_two_accounts_are_two_people_ch_06() {
    for bank in TestBank::each().await {
        let registry = bank.app.registry();
        let (county, province) =
            (registry.account(APPID).unwrap(), registry.account(PROVINCIAL).unwrap());
        let (county, province) = (county.id, province.id);
        let keys = bank.app.vault.tenant(&bank.app.db, LINGXI).await.unwrap();
        bank.app
            .db
            .write(Scope::House, move |tx| {
                followers::store::add(tx, LINGXI, county, "oSameForBoth", None)?;
                followers::store::add(tx, LINGXI, province, "oSameForBoth", None)
            })
            .await
            .unwrap();
        let who = |account| Person::new(account, "oSameForBoth".into());
        let read = async |account| {
            crate::inbound::read_standing(&bank.app, &who(account)).await.unwrap().unwrap()
        };
        let (a, b) = (read(county).await, read(province).await);
        assert_ne!(a.id, b.id);
        let behind = bank.app.behind.clone();
        bank.app
            .db
            .write(Scope::Tenant(LINGXI), move |tx| {
                crate::binding::seed_row(tx, &keys, &behind, a.id, "1011000001", &[])?;
                super::store::add_session(tx, county, a.id, "other", "bind", None).map(|_| ())
            })
            .await
            .unwrap();
        assert!(read(county).await.bound.is_some());
        assert!(read(province).await.bound.is_none(), "the other account's person is not bound");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_of_authentication_gives_the_session_a_new_secret_ca_11() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let fixed = browser.copy();
        browser.post(&bank, &slug, "bind/check", elements(&people()[0])).await;
        browser.post(&bank, &slug, "bind/otp/send", json!({})).await;
        let code = bank.code_for(people()[0].mobile).await;
        browser.post(&bank, &slug, "bind/otp", json!({ "code": code })).await;
        assert_eq!(fixed.api(&bank, &slug, "session").await.0, 200, "for requests on their way");
        bank.clock.advance_ms(super::GRACE_MS);
        assert_eq!(fixed.api(&bank, &slug, "session").await.0, 401, "an older secret is none");
        let halfway = browser.copy();
        let typed = browser.typed(&bank, &slug, "274906", "274906").await;
        browser.post(&bank, &slug, "bind/pin", typed).await;
        bank.clock.advance_ms(super::GRACE_MS);
        assert_eq!(halfway.api(&bank, &slug, "accounts").await.0, 401);
        assert_eq!(browser.api(&bank, &slug, "accounts").await.0, 200);
        bank.stop().await;
    }
}

#[test]
fn a_session_cookie_is_the_hosts_own_secure_and_out_of_scripts_reach_ca_11() {
    let h5 = crate::config::H5 {
        secure_cookies: true,
        session_idle_ms: 1,
        money_idle_ms: 1,
        session_absolute_ms: 1,
        link_ms: 1,
    };
    let set = cookies::set(&h5, &cookies::session_name(&h5, "bx01"), "s", 60);
    for part in ["__Host-sid-bx01=s;", "Path=/;", "HttpOnly", "SameSite=Lax", "; Secure"] {
        assert!(set.contains(part), "{set} lacks {part}");
    }
    assert!(!set.contains("Domain"));
    let random = Random::seeded(3);
    let secrets: BTreeSet<String> = (0..1_000).map(|_| random.hex(32)).collect();
    assert_eq!((secrets.len(), secrets.first().unwrap().len()), (1_000, 64), "256 bits");
    let states: BTreeSet<_> = (0..1_000).map(|_| tenant_token(LINGXI, &random, 16)).collect();
    assert_eq!(states.len(), 1_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_money_ends_after_five_minutes_of_nothing_ca_12() {
    for bank in TestBank::each().await {
        crate::payments::tests::knows_qiang(&bank).await;
        let (_, page) = bank.pay_page("lifang", "给王强转50").await;
        bank.clock.advance_ms(290_000);
        assert_eq!(page.browser.api(&bank, &page.slug, "pay").await.0, 200, "looked at in time");
        bank.clock.advance_ms(301_000);
        let (status, told) = page.browser.api(&bank, &page.slug, "pay").await;
        assert_eq!((status, told["code"].as_str()), (401, Some("session.none")));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_outlives_eight_hours_however_busy_ca_12() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        for _ in 0..47 {
            bank.clock.advance_ms(600_000);
            assert_eq!(browser.api(&bank, &slug, "session").await.0, 200);
        }
        bank.clock.advance_ms(600_000);
        assert_eq!(browser.api(&bank, &slug, "session").await.0, 401);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_unbinding_no_request_of_any_session_succeeds_ca_14() {
    for bank in TestBank::each().await {
        let first = bank.bind(APPID, "lifang", &people()[0]).await;
        drop(first);
        let mut pages = vec![];
        for _ in 0..3 {
            let browser = Browser::default();
            let go = format!("{}/h5/go/{APPID}/accounts", bank.url);
            let slug = browser.web_view(&bank, APPID, "lifang", &go).await.slug();
            assert_eq!(browser.api(&bank, &slug, "accounts").await.0, 200);
            pages.push((browser, slug));
        }
        let ended = async {
            let (browser, slug) = &pages[0];
            assert_eq!(browser.post(&bank, slug, "unbind", json!({})).await.0, 200);
        };
        let noise = (0..30).map(|n| {
            let (browser, slug) = &pages[n % 3];
            browser.api(&bank, slug, "accounts")
        });
        tokio::join!(ended, join_all(noise));
        let after = (0..30).map(|n| {
            let (browser, slug) = &pages[n % 3];
            browser.api(&bank, slug, ["accounts", "statement", "session"][n % 3])
        });
        for (status, told) in join_all(after).await {
            assert_eq!((status, told["code"].as_str()), (401, Some("session.none")));
        }
        let said = bank.say(APPID, "lifang", "余额").await;
        assert!(!said.contains("1,280.50"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unfollowing_ends_every_session_ca_14() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        bank.control("users/lifang/unfollow?wait=1", json!({ "appid": APPID })).await;
        assert_eq!(browser.api(&bank, &slug, "session").await.0, 401);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tenant_comes_from_the_registry_whatever_headers_say_ti_08() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let cookie = browser.cookies();
        for header in ["x-tenant-id", "x-tenant", "tenant_id", "x-forwarded-host", "x-original-url"]
        {
            let url = format!("{}/h5/s/{slug}/api/session", bank.url);
            let asked = bank.http.get(url).header("cookie", &cookie).header(header, "12");
            let told: serde_json::Value = asked.send().await.unwrap().json().await.unwrap();
            assert_eq!(told["institution"]["short"], "陵溪农商行", "{header}: {told}");
        }
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_reloaded_after_its_link_has_ended_still_knows_what_was_asked() {
    for bank in TestBank::each().await {
        let browser = bank.bind(APPID, "lifang", &people()[0]).await;
        let path = format!("chats/{APPID}/lifang/send?wait=1");
        let ask = json!({ "type": "text", "content": "这个月的进出账" });
        let link = crate::testing::link_in(&bank.control(&path, ask).await["items"]).unwrap();
        let slug = browser.web_view(&bank, APPID, "lifang", &link).await.slug();
        let (_, before) = browser.api(&bank, &slug, "session").await;
        assert_eq!(before["task"]["kind"], "account_statement", "{before}");
        for _ in 0..3 {
            bank.clock.advance_ms(250_000);
            browser.api(&bank, &slug, "accounts").await;
        }
        let (status, after) = browser.api(&bank, &slug, "session").await;
        assert_eq!((status, &after["task"]), (200, &before["task"]), "{after}");
        bank.stop().await;
    }
}
