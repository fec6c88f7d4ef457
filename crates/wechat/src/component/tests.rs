//! The platform against a scripted WeChat: tickets, authorisation, refresh, recovery, withdrawal.

mod calls;

use super::*;
use crate::api::CallError;
use crate::api::Cause;
use crate::api::custom::{Extra, Message};
use crate::api::testing::{Answer, Fake, Seen, no, ok};
use crate::token::{MemoryStore, Options};
use base::{Clock, Random};
use serde_json::Value;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const START: Time = Time::of_ms(1_795_400_000_000);
const PLATFORM: &str = "wxc000000000000001";
const BANK: &str = "wxb000000000000001";
const TOKEN: &str = "/cgi-bin/component/api_component_token";
const REFRESH: &str = "/cgi-bin/component/api_authorizer_token";
const QUERY: &str = "/cgi-bin/component/api_query_auth";
const LIST: &str = "/cgi-bin/component/api_get_authorizer_list";
const SEND: &str = "/cgi-bin/message/custom/send";

/// WeChat's side of the platform: what it would accept now.
struct Sky {
    ticket: &'static str,
    /// The valid refresh token of each listed account.
    listed: Vec<(String, String)>,
    auth_code: Option<&'static str>,
}

struct World {
    wechat: Fake,
    sky: Arc<Mutex<Sky>>,
    clock: Clock,
    platform: Platform,
}

impl World {
    async fn new() -> Self {
        let sky = Arc::new(Mutex::new(Sky { ticket: "K1", listed: Vec::new(), auth_code: None }));
        let wechat = Fake::start(script(Arc::clone(&sky))).await;
        let clock = Clock::manual(START);
        let options = Options { wait: Duration::from_millis(500), ..Options::default() };
        let authority = Authority::new(
            wechat.client(),
            Arc::new(MemoryStore::new()),
            clock.clone(),
            Random::seeded(3),
            options,
        );
        let secret = Secret::new(String::from("platform-secret"));
        let component = Arc::new(Component { appid: PLATFORM.to_owned(), secret });
        Self { wechat, sky, clock, platform: Platform::new(authority, component) }
    }
    /// A platform that has its ticket and one bank that authorised it.
    async fn running() -> Self {
        let world = Self::new().await;
        world.push("K1", 0).await;
        world.sky.lock().unwrap().auth_code = Some("code-1");
        world.list(&[(BANK, "R1")]);
        world.platform.accept("code-1", Some(BANK)).await.unwrap();
        world
    }
    async fn push(&self, ticket: &str, minute: i64) {
        let created = START.plus_ms(minute * 60_000);
        let ticket = Secret::new(ticket.to_owned());
        self.platform.take_ticket(PLATFORM, &ticket, created).await.unwrap();
    }
    fn list(&self, accounts: &[(&str, &str)]) {
        let owned = |&(a, r): &(&str, &str)| (a.to_owned(), r.to_owned());
        self.sky.lock().unwrap().listed = accounts.iter().map(owned).collect();
    }
    async fn send(&self) -> CallResult<()> {
        let text = Message::Text(String::from("您好"));
        self.platform.account(BANK).send_custom("o1", &text, &Extra::default()).await
    }
    /// Makes the stored access token unusable by age.
    fn let_tokens_expire(&self) {
        self.clock.advance_ms(7_200_000);
    }
}

fn script(sky: Arc<Mutex<Sky>>) -> impl Fn(&Seen) -> Answer + Send + Sync {
    let n = AtomicUsize::new(0);
    move |seen| {
        let mut sky = sky.lock().unwrap();
        let body = seen.json();
        let issued = |n: usize| format!("A{}", n + 1);
        match seen.path.as_str() {
            TOKEN if body["component_verify_ticket"] != sky.ticket => no(61006, "ticket"),
            TOKEN => {
                let token = format!("P{}", n.fetch_add(1, Ordering::SeqCst) + 1);
                Answer::Json(json!({ "component_access_token": token, "expires_in": 7200 }))
            }
            QUERY if sky.auth_code.is_none() => no(61010, "code is expired"),
            QUERY => {
                sky.auth_code = None;
                let (appid, refresh) = sky.listed[0].clone();
                Answer::Json(json!({ "authorization_info": {
                    "authorizer_appid": appid,
                    "authorizer_access_token": issued(n.fetch_add(1, Ordering::SeqCst)),
                    "expires_in": 7200,
                    "authorizer_refresh_token": refresh,
                    "func_info": [
                        { "funcscope_category": { "id": 1 } },
                        { "funcscope_category": { "id": 15 },
                          "confirm_info": { "need_confirm": 1, "already_confirm": 0, "can_confirm": 1 } },
                    ],
                }}))
            }
            REFRESH => refresh(&sky, &body, &issued(n.fetch_add(1, Ordering::SeqCst))),
            LIST => page(&sky, &body),
            "/cgi-bin/ticket/getticket" => {
                Answer::Json(json!({ "ticket": "J1", "expires_in": 7200 }))
            }
            _ => ok(),
        }
    }
}

fn refresh(sky: &Sky, body: &Value, token: &str) -> Answer {
    let (appid, refresh) = (&body["authorizer_appid"], &body["authorizer_refresh_token"]);
    match sky.listed.iter().find(|(a, _)| appid == a) {
        None => no(61003, "component is not authorized by this account"),
        Some((_, valid)) if refresh != valid => no(61023, "refresh_token is invalid"),
        Some((_, valid)) => Answer::Json(json!({
            "authorizer_access_token": token, "expires_in": 7200, "authorizer_refresh_token": valid,
        })),
    }
}

fn page(sky: &Sky, body: &Value) -> Answer {
    let skip = usize::try_from(body["offset"].as_u64().unwrap()).unwrap();
    let take = usize::try_from(body["count"].as_u64().unwrap()).unwrap();
    let list: Vec<Value> = sky
        .listed
        .iter()
        .skip(skip)
        .take(take)
        .map(|(a, r)| json!({ "authorizer_appid": a, "refresh_token": r, "auth_time": 1_795_000_000 }))
        .collect();
    Answer::Json(json!({ "total_count": sky.listed.len(), "list": list }))
}

#[tokio::test]
async fn a_ticket_gives_the_platform_token_and_an_authorisation_the_account_token() {
    let world = World::running().await;
    world.send().await.unwrap();
    assert_eq!(world.wechat.last(SEND).token(), "A2");
    assert_eq!((world.wechat.count(TOKEN), world.wechat.count(REFRESH)), (1, 0));
    world.let_tokens_expire();
    world.send().await.unwrap();
    assert_eq!((world.wechat.count(TOKEN), world.wechat.count(REFRESH)), (2, 1));
    assert_eq!(world.wechat.last(REFRESH).json()["authorizer_refresh_token"], "R1");
    assert_eq!(world.wechat.last(REFRESH).token(), "P3");
}

#[tokio::test]
async fn without_a_ticket_nobody_is_called_and_the_first_ticket_mends_it() {
    let world = World::new().await;
    let error = world.platform.pre_auth_code().await.unwrap_err();
    assert_eq!(error, CallError::NotSent(Cause::NoTicket));
    assert_eq!(world.platform.ticket_health().await.unwrap(), Health::Missing);
    assert_eq!(world.wechat.count(TOKEN), 0);
    world.push("K1", 0).await;
    assert_eq!(world.platform.ticket_health().await.unwrap(), Health::Good { age_ms: 0 });
    let authority = world.platform.authority();
    assert!(authority.refresh_component_due(world.platform.component()).await.unwrap());
}

#[tokio::test]
async fn an_older_ticket_is_tried_when_the_newest_is_not_accepted() {
    let world = World::new().await;
    world.push("K1", 0).await;
    world.push("K2", 10).await;
    world.clock.advance_ms(600_000);
    let authority = world.platform.authority();
    authority.component_token(world.platform.component()).await.unwrap();
    let tried: Vec<Value> = world
        .wechat
        .seen(TOKEN)
        .iter()
        .map(|s| s.json()["component_verify_ticket"].clone())
        .collect();
    assert_eq!(tried, ["K2", "K1"]);
}

#[tokio::test]
async fn a_new_ticket_ends_the_pause_after_a_failure() {
    let world = World::new().await;
    world.push("old", 0).await;
    let authority = world.platform.authority();
    let component = world.platform.component();
    for _ in 0..3 {
        assert_eq!(authority.component_token(component).await.unwrap_err().code(), Some(61006));
    }
    assert_eq!(world.wechat.count(TOKEN), 1);
    world.push("K1", 1).await;
    authority.component_token(component).await.unwrap();
}

#[tokio::test]
async fn the_ticket_of_another_platform_on_the_same_address_is_refused() {
    let world = World::new().await;
    let other = Secret::new(String::from("K1"));
    assert!(world.platform.take_ticket("wxc0000000000000ff", &other, START).await.is_err());
    assert_eq!(world.platform.ticket_health().await.unwrap(), Health::Missing);
}

#[tokio::test]
async fn the_first_delivery_of_a_code_is_fresh_and_the_second_finds_all_well() {
    let world = World::new().await;
    world.push("K1", 0).await;
    world.sky.lock().unwrap().auth_code = Some("code-1");
    world.list(&[(BANK, "R1")]);
    let Accepted::Fresh(given) = world.platform.accept("code-1", None).await.unwrap() else {
        panic!("the code was fresh")
    };
    assert_eq!(given.appid, BANK);
    let sets = [Grant { id: 1, needs_confirm: false }, Grant { id: 15, needs_confirm: true }];
    assert_eq!(given.grants, sets);
    assert_eq!(given.missing(&[1, 2, 15]), [2]);
    let again = world.platform.accept("code-1", Some(BANK)).await.unwrap();
    assert!(matches!(again, Accepted::Already { appid } if appid == BANK));
    world.send().await.unwrap();
    assert_eq!(world.wechat.count(REFRESH), 0, "the first delivery's token is still in use");
}

#[tokio::test]
async fn a_used_code_whose_answer_was_lost_is_made_good_from_the_list() {
    let world = World::new().await;
    world.push("K1", 0).await;
    world.list(&[(BANK, "R9")]);
    assert_eq!(world.platform.accept("lost", None).await.unwrap_err().code(), Some(61010));
    world.platform.accept("lost", Some(BANK)).await.unwrap();
    world.send().await.unwrap();
    assert_eq!(world.wechat.last(REFRESH).json()["authorizer_refresh_token"], "R9");
    world.list(&[]);
    let nobody = world.platform.accept("lost", Some("wxb00000000000000ff")).await;
    assert_eq!(nobody.unwrap_err().code(), Some(61010));
}

#[tokio::test]
async fn a_replaced_refresh_token_is_found_in_the_list() {
    let world = World::running().await;
    world.list(&[("wxother", "Rx"), (BANK, "R2")]);
    world.let_tokens_expire();
    world.send().await.unwrap();
    let used: Vec<Value> = world
        .wechat
        .seen(REFRESH)
        .iter()
        .map(|s| s.json()["authorizer_refresh_token"].clone())
        .collect();
    assert_eq!(used, ["R1", "R2"]);
    world.let_tokens_expire();
    world.send().await.unwrap();
    assert_eq!(world.wechat.count(LIST), 1, "the found one was kept");
}

#[tokio::test]
async fn an_account_that_left_without_a_push_is_not_called_again() {
    let world = World::running().await;
    world.list(&[]);
    world.let_tokens_expire();
    for _ in 0..3 {
        assert_eq!(world.send().await, Err(CallError::NotSent(Cause::NotAuthorized)));
    }
    assert_eq!((world.wechat.count(REFRESH), world.wechat.count(SEND)), (1, 0));
    assert!(world.platform.is_withdrawn(BANK).await.unwrap());
}

#[tokio::test]
async fn after_withdrawal_nothing_goes_out_until_the_bank_comes_back() {
    let world = World::running().await;
    world.send().await.unwrap();
    world.platform.withdrawn(BANK).await.unwrap();
    assert_eq!(world.send().await, Err(CallError::NotSent(Cause::NotAuthorized)));
    assert_eq!(world.wechat.count(SEND), 1);
    world.sky.lock().unwrap().auth_code = Some("code-2");
    world.list(&[(BANK, "R2")]);
    world.platform.accept("code-2", Some(BANK)).await.unwrap();
    world.send().await.unwrap();
    assert_eq!(world.wechat.count(SEND), 2);
}

#[tokio::test]
async fn a_page_of_a_bank_that_left_and_came_back_gets_its_ticket() {
    let world = World::running().await;
    world.platform.withdrawn(BANK).await.unwrap();
    let account = world.platform.account(BANK);
    let gone = account.page_config("https://h5.example/", "n").await.unwrap_err();
    assert_eq!(gone, CallError::NotSent(Cause::NotAuthorized));
    world.sky.lock().unwrap().auth_code = Some("code-2");
    world.platform.accept("code-2", Some(BANK)).await.unwrap();
    account.page_config("https://h5.example/", "n").await.unwrap();
}

#[tokio::test]
async fn recovery_reads_every_page_and_mends_only_what_differs() {
    let world = World::running().await;
    let mut all: Vec<(String, String)> =
        (0..700).map(|n| (format!("wx{n:04}"), format!("r{n}"))).collect();
    all.push((BANK.to_owned(), String::from("R1")));
    world.sky.lock().unwrap().listed = all;
    let first = world.platform.recover().await.unwrap();
    assert_eq!((first.listed.len(), first.mended.len()), (701, 700));
    assert!(!first.mended.contains(&BANK.to_owned()));
    let offsets: Vec<Value> =
        world.wechat.seen(LIST).iter().map(|s| s.json()["offset"].clone()).collect();
    assert_eq!(offsets, [0, 500]);
    assert!(world.platform.recover().await.unwrap().mended.is_empty());
}
