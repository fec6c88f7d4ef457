//! The authority against a scripted WeChat, on a clock the tests own.

mod leases;

use super::*;
use crate::api::testing::{Answer, Fake, Seen, no, ok};
use crate::api::{Account, CallError, CallResult, Cause};
use base::{Clock, Random, Secret, Time};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;

const STABLE: &str = "/cgi-bin/stable_token";
const CLASSIC: &str = "/cgi-bin/token";
const IPS: &str = "/cgi-bin/getcallbackip";
const START: Time = Time::of_ms(1_795_400_000_000);
const LIFE_MS: i64 = 7_200_000;

/// An authority, its store and its clock, against a script.
struct World {
    wechat: Fake,
    clock: Clock,
    store: Arc<MemoryStore>,
    one: Authority,
}

impl World {
    async fn new(script: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        let wechat = Fake::start(script).await;
        let clock = Clock::manual(START);
        let store = Arc::new(MemoryStore::new());
        let one = authority(&wechat, &clock, &store, 1);
        Self { wechat, clock, store, one }
    }
    /// Another process on the same store.
    fn another(&self) -> Authority {
        authority(&self.wechat, &self.clock, &self.store, 2)
    }
    async fn token(&self) -> CallResult<String> {
        told(self.one.access_token(&owner()).await)
    }
    fn account(&self) -> Account {
        Account::new(self.one.clone(), owner())
    }
    async fn row(&self) -> Row {
        self.store.load(&key()).await.unwrap().unwrap_or_default()
    }
    fn fetches(&self) -> usize {
        self.wechat.count(STABLE)
    }
}

fn authority(wechat: &Fake, clock: &Clock, store: &Arc<MemoryStore>, seed: u64) -> Authority {
    let options = Options { wait: Duration::from_millis(900), ..Options::default() };
    let store: Arc<dyn TokenStore> = Arc::clone(store) as Arc<dyn TokenStore>;
    Authority::new(wechat.client(), store, clock.clone(), Random::seeded(seed), options)
}
fn owner() -> Owner {
    Owner::direct("wx0000000000000001", Secret::new(String::from("s3cret")))
}
fn key() -> Key {
    Key::new("wx0000000000000001", Kind::AccessToken)
}
fn told(token: CallResult<Secret<String>>) -> CallResult<String> {
    token.map(|t| t.reveal().clone())
}
fn token(n: usize) -> Answer {
    Answer::Json(json!({ "access_token": format!("T{n}"), "expires_in": 7200 }))
}
/// Every fetch gives the next token: T1, T2, …; every other call is fine.
fn counting() -> impl Fn(&Seen) -> Answer + Send + Sync {
    let n = AtomicUsize::new(0);
    move |seen| match seen.path.as_str() {
        STABLE | CLASSIC => token(n.fetch_add(1, Ordering::SeqCst) + 1),
        _ => Answer::Json(json!({ "ip_list": [] })),
    }
}
/// As `counting`, but calls are refused unless they carry the token that is newest from `from` on.
fn refusing(code: i64, from: usize) -> impl Fn(&Seen) -> Answer + Send + Sync {
    let n = AtomicUsize::new(0);
    move |seen| match seen.path.as_str() {
        STABLE => token(n.fetch_add(1, Ordering::SeqCst) + 1),
        _ if seen.token()[1..].parse::<usize>().unwrap() < from => no(code, "invalid credential"),
        _ => Answer::Json(json!({ "ip_list": ["198.51.100.1"] })),
    }
}

/// As `counting` for tokens only, but fetch number `n` is answered when the gate opens.
fn gated(n: usize, gate: &Arc<Notify>) -> impl Fn(&Seen) -> Answer + Send + Sync + use<> {
    let (fetched, gate) = (AtomicUsize::new(0), Arc::clone(gate));
    move |_| {
        let this = fetched.fetch_add(1, Ordering::SeqCst) + 1;
        let body = json!({ "access_token": format!("T{this}"), "expires_in": 7200 });
        if this == n { Answer::When(Arc::clone(&gate), body) } else { Answer::Json(body) }
    }
}

#[tokio::test]
async fn a_token_is_fetched_once_and_renewed_at_eighty_percent_of_its_life() {
    let world = World::new(counting()).await;
    assert_eq!(world.token().await.unwrap(), "T1");
    world.clock.advance_ms(LIFE_MS * 74 / 100);
    assert_eq!(world.token().await.unwrap(), "T1");
    assert_eq!(world.fetches(), 1);
    world.clock.advance_ms(LIFE_MS * 6 / 100);
    assert_eq!(world.token().await.unwrap(), "T2");
    assert_eq!(world.token().await.unwrap(), "T2");
    assert_eq!(world.fetches(), 2);
}

#[tokio::test]
async fn accounts_do_not_all_renew_in_the_same_second() {
    let world = World::new(counting()).await;
    let mut times = std::collections::BTreeSet::new();
    for n in 0..8 {
        let appid = format!("wx{n}");
        let owner = Owner::direct(&appid, Secret::new(String::from("s")));
        world.one.access_token(&owner).await.unwrap();
        let row = world.store.load(&Key::new(&appid, Kind::AccessToken)).await.unwrap().unwrap();
        let percent = row.refresh_at.since(START) * 100 / LIFE_MS;
        assert!((75..=80).contains(&percent), "{percent}");
        times.insert(row.refresh_at);
    }
    assert!(times.len() > 4, "{times:?}");
}

#[tokio::test]
async fn while_one_renews_the_others_go_on_with_the_old_token() {
    let gate = Arc::new(Notify::new());
    let world = World::new(gated(2, &gate)).await;
    assert_eq!(world.token().await.unwrap(), "T1");
    world.clock.advance_ms(LIFE_MS * 81 / 100);
    let other = world.another();
    let meanwhile = async {
        world.wechat.until(STABLE, 2).await;
        let here = world.token().await.unwrap();
        let there = told(other.access_token(&owner()).await).unwrap();
        gate.notify_one();
        (here, there)
    };
    let (fresh, (here, there)) = tokio::join!(world.token(), meanwhile);
    assert_eq!((fresh.unwrap().as_str(), here.as_str(), there.as_str()), ("T2", "T1", "T1"));
    assert_eq!(world.fetches(), 2);
}

#[tokio::test]
async fn a_renewal_that_fails_ahead_of_time_serves_the_old_token_and_rests() {
    let down = Arc::new(AtomicBool::new(false));
    let world = World::new({
        let (down, fine) = (Arc::clone(&down), counting());
        move |seen| {
            if down.load(Ordering::SeqCst) {
                return Answer::Raw(502, "text/html", b"<html>".to_vec());
            }
            fine(seen)
        }
    })
    .await;
    assert_eq!(world.token().await.unwrap(), "T1");
    down.store(true, Ordering::SeqCst);
    world.clock.advance_ms(LIFE_MS * 81 / 100);
    assert_eq!(world.token().await.unwrap(), "T1");
    assert_eq!(world.token().await.unwrap(), "T1");
    assert_eq!(world.fetches(), 2, "no second try within the pause");
    assert_eq!(world.one.trouble(&owner()).await.unwrap().unwrap().count, 1);
    down.store(false, Ordering::SeqCst);
    world.clock.advance_ms(1_000);
    assert_eq!(world.token().await.unwrap(), "T2");
    assert_eq!(world.one.trouble(&owner()).await.unwrap(), None);
}

async fn ask_all(askers: impl Iterator<Item = Authority>) -> Vec<String> {
    let mut tasks = JoinSet::new();
    for authority in askers {
        tasks.spawn(async move { told(authority.access_token(&owner()).await).unwrap() });
    }
    tasks.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_tasks_without_a_token_make_one_fetch() {
    let n = AtomicUsize::new(0);
    let world = World::new(move |_| {
        let n = n.fetch_add(1, Ordering::SeqCst) + 1;
        let body = json!({ "access_token": format!("T{n}"), "expires_in": 7200 });
        Answer::Late(Duration::from_millis(60), body)
    })
    .await;
    let tokens = ask_all((0..50).map(|_| world.one.clone())).await;
    assert!(tokens.len() == 50 && tokens.iter().all(|t| t == "T1"));
    assert_eq!(world.fetches(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_on_one_store_make_one_fetch() {
    let n = AtomicUsize::new(0);
    let world = World::new(move |_| {
        let n = n.fetch_add(1, Ordering::SeqCst) + 1;
        let body = json!({ "access_token": format!("T{n}"), "expires_in": 7200 });
        Answer::Late(Duration::from_millis(60), body)
    })
    .await;
    let other = world.another();
    let both = (0..50).map(|i| if i % 2 == 0 { world.one.clone() } else { other.clone() });
    let tokens = ask_all(both).await;
    assert!(tokens.len() == 50 && tokens.iter().all(|t| t == "T1"));
    world.clock.advance_ms(LIFE_MS * 81 / 100);
    let both = (0..50).map(|i| if i % 2 == 0 { world.one.clone() } else { other.clone() });
    ask_all(both).await;
    assert_eq!(world.fetches(), 2, "and one renewal ahead of time");
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_the_call_repeated_once() {
    for code in [40001, 40014, 42001] {
        let world = World::new(refusing(code, 2)).await;
        assert_eq!(world.account().callback_ips().await.unwrap(), ["198.51.100.1"]);
        assert_eq!((world.fetches(), world.wechat.count(IPS)), (2, 2), "{code}");
    }
}

#[tokio::test]
async fn a_call_refused_twice_is_not_made_a_third_time() {
    let world = World::new(refusing(40001, 99)).await;
    let error = world.account().callback_ips().await.unwrap_err();
    assert_eq!(error.code(), Some(40001));
    assert_eq!((world.fetches(), world.wechat.count(IPS)), (2, 2));
}

#[tokio::test]
async fn other_refusals_renew_nothing() {
    let world = World::new(|seen| match seen.path.as_str() {
        STABLE => token(1),
        _ => no(48001, "api unauthorized"),
    })
    .await;
    assert_eq!(world.account().callback_ips().await.unwrap_err().code(), Some(48001));
    assert_eq!((world.fetches(), world.wechat.count(IPS)), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_refused_calls_renew_once_together() {
    let world = World::new(refusing(40001, 2)).await;
    world.token().await.unwrap();
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let account = world.account();
        tasks.spawn(async move { account.callback_ips().await.unwrap() });
    }
    assert_eq!(tasks.join_all().await.len(), 50);
    assert_eq!(world.fetches(), 2);
}

#[tokio::test]
async fn when_another_process_has_renewed_already_its_token_is_used_without_a_fetch() {
    let world = World::new(refusing(40001, 2)).await;
    assert_eq!(world.token().await.unwrap(), "T1");
    let (old, other) = (Secret::new(String::from("T1")), world.another());
    assert_eq!(told(other.renew(&owner(), &old).await).unwrap(), "T2");
    assert_eq!(told(world.one.renew(&owner(), &old).await).unwrap(), "T2");
    assert_eq!(world.fetches(), 2);
}

#[tokio::test]
async fn a_stable_token_that_was_refused_is_replaced_by_force_and_only_then() {
    let world = World::new(|seen| match seen.path.as_str() {
        STABLE if seen.json()["force_refresh"] == true => token(2),
        STABLE => token(1),
        _ if seen.token() == "T1" => no(40001, "not latest"),
        _ => Answer::Json(json!({ "ip_list": [] })),
    })
    .await;
    world.account().callback_ips().await.unwrap();
    let forced: Vec<bool> = world
        .wechat
        .seen(STABLE)
        .iter()
        .map(|s| s.json()["force_refresh"].as_bool().unwrap())
        .collect();
    assert_eq!(forced, [false, false, true]);
}

#[tokio::test]
async fn tokens_refused_again_and_again_stop_being_renewed_for_a_while() {
    let world = World::new(refusing(40001, 99)).await;
    for _ in 0..6 {
        assert_eq!(world.account().callback_ips().await.unwrap_err().code(), Some(40001));
    }
    assert_eq!(world.fetches(), 4, "the first fetch and three renewals");
    let old = Secret::new(world.token().await.unwrap());
    let paused = world.one.renew(&owner(), &old).await.unwrap_err();
    assert_eq!(paused, CallError::NotSent(Cause::Paused));
    world.clock.advance_ms(600_000);
    world.account().callback_ips().await.unwrap_err();
    assert_eq!(world.fetches(), 5);
}

#[tokio::test]
async fn a_missing_whitelist_entry_is_told_with_its_ip_and_not_hammered() {
    let mended = Arc::new(AtomicBool::new(false));
    let world = World::new({
        let mended = Arc::clone(&mended);
        move |_| {
            if mended.load(Ordering::SeqCst) {
                return token(1);
            }
            no(40164, "invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist")
        }
    })
    .await;
    for _ in 0..5 {
        let CallError::Api(e) = world.token().await.unwrap_err() else { panic!("not WeChat's") };
        assert_eq!(e.ip.unwrap().to_string(), "203.0.113.9");
    }
    assert_eq!(world.fetches(), 1);
    world.clock.advance_ms(60_000);
    world.token().await.unwrap_err();
    assert_eq!(world.fetches(), 2, "tried again after the pause");
    mended.store(true, Ordering::SeqCst);
    world.token().await.unwrap_err();
    world.one.forgive(&owner()).await.unwrap();
    assert_eq!(world.token().await.unwrap(), "T1", "an operator said it is mended");
}

#[tokio::test]
async fn pauses_grow_and_have_an_end() {
    let world = World::new(|_| no(-1, "system error")).await;
    let mut pauses = Vec::new();
    for _ in 0..9 {
        world.token().await.unwrap_err();
        let pause = world.row().await.trouble.until.since(world.clock.now());
        pauses.push(pause);
        world.clock.advance_ms(pause);
    }
    assert_eq!(pauses, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
}

#[tokio::test]
async fn the_classic_token_serves_accounts_without_a_stable_one() {
    let script = |seen: &Seen| match seen.path.as_str() {
        STABLE => no(48001, "api unauthorized"),
        _ => token(7),
    };
    let world = World::new(script).await;
    assert_eq!(world.token().await.unwrap(), "T7");
    let query = world.wechat.last(CLASSIC).query;
    assert_eq!(
        (query["grant_type"].as_str(), query["secret"].as_str()),
        ("client_credential", "s3cret")
    );

    let strict = Options { classic_fallback: false, ..Options::default() };
    let store = Arc::new(MemoryStore::new());
    let one = Authority::new(
        world.wechat.client(),
        store,
        Clock::manual(START),
        Random::seeded(1),
        strict,
    );
    assert_eq!(one.access_token(&owner()).await.unwrap_err().code(), Some(48001));
}
