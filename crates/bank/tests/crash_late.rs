//! Killed with SIGKILL while answers are late: who was told `success` gets the answer after all.
//!
//! The reply budget is one millisecond, so nearly every message is acknowledged first and answered by
//! customer-service message. `WEIYIN_KILLS` says how often to kill (default 3 here).

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "support/command.rs"]
mod command;
#[path = "support/peer.rs"]
mod peer;
#[path = "support/process.rs"]
mod process;
#[path = "support/province.rs"]
mod province;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use base::{Clock, Random, Stopwatch};
use db::{Db, Options, Scope};
use peer::{Answer, Peer, figure};
use process::{Weiyin, free_ports, listens};
use province::{ACCOUNTS, TOKEN, file, set_up, settings};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

const READY_IN: Duration = Duration::from_secs(60);
const SETTLED_IN: Duration = Duration::from_secs(120);
const CONNECTIONS: usize = 8;
/// Kills beyond those asked for, until one comes while an answer is owed.
const MORE_KILLS: u64 = 20;
/// The kill comes so many milliseconds after the load began.
const LOAD_MS: (u64, u64) = (50, 400);

#[expect(clippy::disallowed_methods, reason = "the environment says how long to go on")]
fn kills() -> u64 {
    std::env::var("WEIYIN_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(3)
}

/// How often WeChat was asked to tell each follower something.
type Heard = Arc<Mutex<BTreeMap<String, usize>>>;

async fn custom_send(State(heard): State<Heard>, Json(message): Json<Value>) -> Json<Value> {
    let to = message["touser"].as_str().unwrap_or_default().to_owned();
    let words = message["text"]["content"].as_str().unwrap_or_default();
    if !words.is_empty() {
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        *heard.entry(to).or_default() += 1;
    }
    Json(json!({ "errcode": 0, "errmsg": "ok" }))
}

async fn token() -> Json<Value> {
    Json(json!({ "access_token": "TOKEN", "expires_in": 7200 }))
}

/// WeChat's servers, until the task set is dropped.
async fn wechat(heard: Heard) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let routes = Router::new()
        .route("/cgi-bin/stable_token", post(token))
        .route("/cgi-bin/message/custom/send", post(custom_send))
        .with_state(heard);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, routes).await.unwrap() });
    (url, tasks)
}

/// New followers say something, one after the other, until the connection breaks: openids by what each was told.
async fn speak(peer: Peer, next: Arc<AtomicI64>) -> Vec<(String, Answer)> {
    let mut told = vec![];
    loop {
        let n = next.fetch_add(1, Ordering::SeqCst);
        let openid = format!("oLate{n:023}");
        let inner = peer.text(&openid, 7_200_000_000_000_000_000 + n, "你好");
        let answer = peer.send(&inner).await;
        let has_died = answer == Answer::Lost;
        told.push((openid, answer));
        if has_died {
            return told;
        }
    }
}

/// Time passes: what waits for its hour, or for a dead worker's lease to end, is due now.
async fn make_all_due(database: &str) {
    let mut options = Options::new(database, Clock::System);
    options.migrations = bank::app::MIGRATIONS.to_vec();
    let db = Db::open(options).await.unwrap();
    let unit = |tx: &db::Tx<'_>| tx.exec("UPDATE job SET due_at_ms = 0 WHERE state <> 'dead'", &[]);
    db.write(Scope::House, unit).await.unwrap();
    db.close().await;
}

/// Waits until no errand is left.
async fn settle(http: &reqwest::Client, staff: u16) {
    let watch = Stopwatch::start();
    loop {
        let url = format!("http://127.0.0.1:{staff}/readyz");
        let told: Value = http.get(url).send().await.unwrap().json().await.unwrap();
        let jobs = &told["jobs"];
        assert_eq!(jobs["dead"], 0, "an errand was given up: {told}");
        if jobs["waiting"] == 0 && jobs["running"] == 0 {
            return;
        }
        assert!(watch.elapsed() < SETTLED_IN, "errands are left: {told}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn serve(folder: &Path, config: &Path, port: u16) -> Weiyin {
    let args = ["serve", "--config", config.to_str().unwrap()];
    Weiyin::start(folder, &args, READY_IN, || listens(port) && listens(port + 1))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_owed_at_the_kill_is_given_after_it() {
    let (heard, folder) = (Heard::default(), tempfile::tempdir().unwrap());
    let (url, _tasks) = wechat(heard.clone()).await;
    let (at, port) = (folder.path(), free_ports(2));
    let database = format!("sqlite:{}/weiyin.db", at.display());
    let text = settings(at, port, &url, &database, "[log]\nfilter = \"error\"\n");
    let text = text.replacen("[server]\n", "[server]\nreply_budget_ms = 1\n", 1);
    let config = file(at, "weiyin.toml", &text);
    set_up(at, &config);
    let [appid, original_id, key] = ACCOUNTS[0];
    let peer = Peer::new(port, appid, TOKEN, key, original_id);

    let (random, next) = (Random::system(), Arc::new(AtomicI64::new(0)));
    let (mut owed, mut answered, mut unanswered) = (BTreeSet::new(), 0, 0);
    let (mut lives, mut open) = (0, 0);
    // The last kill must come while an answer is owed, and answers are quick: at most so many more until one does.
    while lives < kills() || (open == 0 && lives < kills() + MORE_KILLS) {
        lives += 1;
        let mut running = serve(at, &config, port);
        let mut phones = JoinSet::new();
        for _ in 0..CONNECTIONS {
            phones.spawn(speak(peer.clone(), next.clone()));
        }
        let load = LOAD_MS.0 + random.below(LOAD_MS.1 - LOAD_MS.0);
        tokio::time::sleep(Duration::from_millis(load)).await;
        running.kill();
        while let Some(told) = phones.join_next().await {
            for (openid, answer) in told.unwrap() {
                match answer {
                    Answer::Acknowledged => drop(owed.insert(openid)),
                    Answer::Words { .. } => answered += 1,
                    Answer::Lost | Answer::Refused(_) => unanswered += 1,
                }
            }
        }
        let before = heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
        open = owed.iter().filter(|openid| !before.contains_key(*openid)).count();
    }
    make_all_due(&database).await;
    let mut running = serve(at, &config, port);
    settle(&peer.http, port + 1).await;
    let failed = figure(&peer.http, port + 1, "weiyin_turns_failed_total", "").await;
    running.kill();

    let heard = heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let silent: Vec<_> = owed.iter().filter(|o| !heard.contains_key(*o)).collect();
    let twice = heard.values().filter(|n| **n > 1).count();
    println!(
        "{} kills: {} acknowledged and owed an answer ({open} still open after the last kill), {answered} answered \
         at once, {unanswered} cut off; {} never answered, {twice} answered twice",
        lives,
        owed.len(),
        silent.len(),
    );
    assert!(silent.is_empty(), "acknowledged and never answered: {silent:?}");
    assert!(open > 0, "no kill came while an answer was owed");
    assert_eq!(failed, 0, "turns failed");
    // A kill between WeChat's ear and our note of it: at most what was under way.
    let under_way = 16 * usize::try_from(lives).unwrap();
    assert!(twice <= under_way, "{twice} followers heard it twice");
}
