//! What staff cannot do: begin, prove or send a payment of a customer, by whatever route and in whatever role (TA-14).

use super::Role;
use crate::payments::PaymentId;
use crate::payments::state::State;
use crate::payments::tests::{PIN, Page, knows_qiang};
use crate::recon::tests::Clerk;
use crate::sessions::cookies;
use crate::tenants::UNION;
use crate::testing::{LINGXI, TestBank};
use base::TenantId;
use db::{Scope, Tx, params};
use reqwest::header::COOKIE;
use serde_json::{Value, json};

const QIANG: i64 = 101_100_000_401;
const START: i64 = 128_050;
const ROLES: [(Role, TenantId, &str); 3] = [
    (Role::Agent, LINGXI, "lingxi.chen"),
    (Role::CountyAdmin, LINGXI, "lingxi.luo"),
    (Role::ProvinceAdmin, UNION, "qinghe.sun"),
];

/// Every route of the staff's address, as the router has them.
fn staff_routes() -> Vec<&'static str> {
    let router = include_str!("../router.rs");
    let theirs = router.split("pub fn staff(").nth(1).expect("the staff's router");
    let routes: Vec<_> =
        theirs.split(".route(\"").skip(1).filter_map(|r| r.split('"').next()).collect();
    assert!(routes.len() > 20 && routes.contains(&"/recon/payment/{payment}"), "{routes:?}");
    routes
}

/// What customers' pages call: how, and where.
fn customers_calls() -> Vec<(String, String)> {
    let document: Value = serde_json::from_str(&crate::api::text().unwrap()).unwrap();
    let mut calls = vec![];
    let paths = document["paths"].as_object().unwrap();
    for (path, ways) in paths.iter().filter(|(p, _)| p.starts_with("/h5/s/{slug}/api/")) {
        let how = ways.as_object().unwrap().keys().filter(|k| matches!(k.as_str(), "get" | "post"));
        calls.extend(how.map(|how| (how.clone(), path.clone())));
    }
    assert!(
        calls.iter().any(|(how, path)| how == "post" && path.ends_with("/pay/do")),
        "{calls:?}"
    );
    calls
}

async fn payment(bank: &TestBank) -> PaymentId {
    let unit = |tx: &Tx<'_>| {
        tx.one("SELECT MAX(id) FROM payment WHERE tenant_id = $1", params![tx.tenant()])
    };
    PaymentId::of(bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap())
}

/// A draft that waits for its customer's PIN.
async fn draft(bank: &TestBank) -> (Page, String, PaymentId) {
    knows_qiang(bank).await;
    let (_, page) = bank.pay_page("lifang", "给王强转一百").await;
    let intent = page.get(bank).await["card"]["intent"].as_str().unwrap().to_owned();
    let id = payment(bank).await;
    (page, intent, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_of_the_staff_begins_or_sends_a_customers_payment_in_any_role_ta_14() {
    for bank in TestBank::each().await {
        let (page, intent, id) = draft(&bank).await;
        let before = bank.payments().await;
        for (role, tenant, login) in ROLES {
            let clerk = Clerk::hire_at(&bank, tenant, login, role).await;
            for route in staff_routes().into_iter().filter(|r| *r != "/login" && *r != "/logout") {
                let path = route.replace("{payment}", &id.to_string());
                let path = path.replace(['{', '}'], "");
                for act in ["pay", "send", "confirm", "propose", "approve"] {
                    let form =
                        format!("act={act}&verdict=done&reason=test&intent={intent}&pin={PIN}");
                    let status = clerk.act(&path, &form).await;
                    assert!(status < 500, "{login} {act} {path}: {status}");
                }
            }
            bank.quiet().await;
            assert_eq!(bank.payments().await, before, "{login}");
            assert_eq!(bank.worth(QIANG).await, START, "{login}");
        }
        // It waits as before, and its customer pays it.
        assert_eq!(before.last(), Some(&State::Draft));
        let (status, done) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &done["state"]), (200, &json!("done")), "{done}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_a_customers_page_calls_answers_to_the_staffs_cookie_ta_14_st_09() {
    for bank in TestBank::each().await {
        let (page, intent, _) = draft(&bank).await;
        for (role, tenant, login) in ROLES {
            let clerk = Clerk::hire_at(&bank, tenant, login, role).await;
            let stolen = clerk.cookie.split_once('=').unwrap().1;
            let name = cookies::session_name(&bank.app.config.h5, &page.slug);
            let both = format!("{}; {name}={stolen}", clerk.cookie);
            for (how, path) in customers_calls() {
                let path = path.replace("{slug}", &page.slug).replace(['{', '}'], "");
                let url = format!("{}{path}", bank.url);
                let request = match how.as_str() {
                    "get" => bank.http.get(url),
                    _ => bank.http.post(url).json(&json!({ "intent": intent, "sure": true })),
                };
                let request = request.header("x-weiyin", "1").header(COOKIE, &both);
                let status = request.send().await.unwrap().status().as_u16();
                assert_eq!(status, 401, "{login} {how} {path}");
                // Nor does it stand on the staff's own address.
                let url = format!("{}{path}", bank.staff_url);
                let there = bank.http.post(url).header(COOKIE, &clerk.cookie).send().await;
                assert_eq!(there.unwrap().status().as_u16(), 404, "{path}");
            }
        }
        assert_eq!(bank.worth(QIANG).await, START);
        bank.stop().await;
    }
}
