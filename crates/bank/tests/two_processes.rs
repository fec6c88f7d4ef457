//! Two processes on one PostgreSQL: a message acts once whoever hears it, a job has one worker, a token is fetched once.
//!
//! Runs when `TEST_POSTGRES_URL` names a server whose role may create databases; says so when it does not.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "support/command.rs"]
mod command;
#[path = "support/peer.rs"]
mod peer;
#[expect(dead_code, reason = "cuts and other databases are for other tests")]
#[path = "support/postgres.rs"]
mod postgres;
#[path = "support/process.rs"]
mod process;
#[path = "support/province.rs"]
mod province;

use axum::extract::{Query, State};
use axum::routing::post;
use axum::{Json, Router};
use bank::jobs::Job;
use base::{Random, Stopwatch, TenantId};
use db::testing::TestDb;
use db::{Scope, job};
use peer::{Answer, Peer, figure};
use postgres::{DID_NOT_RUN, database};
use process::{Weiyin, free_ports, listens};
use province::{ACCOUNTS, TOKEN, file, set_up, settings};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;

const READY_IN: Duration = Duration::from_secs(60);
const SETTLED_IN: Duration = Duration::from_secs(60);
const SAME_MESSAGES: i64 = 200;
const RIVAL_PAIRS: i64 = 60;
const JOBS: usize = 48;
const FOLLOWERS: i64 = 10;
/// The tenant of the accounts in `province`.
const LINGXI: TenantId = TenantId::of(11);

/// A turn as it is stored: (message, follower, the message before it).
type Row = (i64, i64, i64);

async fn turns(db: &TestDb) -> Vec<Row> {
    let unit = |tx: &db::Tx<'_>| {
        tx.all::<Row>(
            "SELECT message_key, follower_id, previous_key FROM turn ORDER BY message_key",
            &[],
        )
    };
    db.read(Scope::House, unit).await.unwrap()
}

fn bench_serve(folder: &Path, name: &str, port: u16, database: &str) -> Weiyin {
    let (data, port_text) = (folder.join(name), port.to_string());
    let data = data.to_str().unwrap();
    let followers = FOLLOWERS.to_string();
    let args = [
        "bench-serve",
        "--data",
        data,
        "--port",
        &port_text,
        "--followers",
        &followers,
        "--database",
        database,
    ];
    Weiyin::start(folder, &args, READY_IN, || listens(port) && listens(port + 1))
}

fn same_keys(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_both_processes_hear_at_once_is_one_turn_with_one_answer() {
    let Some(db) = database().await else {
        println!("{DID_NOT_RUN}");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let ports = [free_ports(2), free_ports(2)];
    let _a = bench_serve(folder.path(), "a", ports[0], &db.url);
    same_keys(&folder.path().join("a/keys"), &folder.path().join("b/keys"));
    let _b = bench_serve(folder.path(), "b", ports[1], &db.url);
    let key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    let [a, b] =
        ports.map(|p| Peer::new(p, "wxbench0000000001", "benchtoken", key, "gh_bench0000001"));
    let words = ["余额", "紫色的拖拉机在月亮上唱歌", "你好", "上个月的进出账"];
    let first_id = 7_000_000_000_000_000_000;

    for n in 0..SAME_MESSAGES {
        let openid = format!("oBENCH{:022}", n % FOLLOWERS);
        let inner = a.text(&openid, first_id + n, words[usize::try_from(n % 4).unwrap()]);
        let (one, other) = tokio::join!(a.send(&inner), b.send(&inner));
        assert!(matches!(one, Answer::Words { .. }), "message {n}: {one:?}");
        assert_eq!(one, other, "message {n} was answered twice differently");
    }
    let rows = turns(&db).await;
    let keys: BTreeSet<i64> = rows.iter().map(|r| r.0).collect();
    assert_eq!((rows.len(), keys.len()), (200, 200), "one row a message");

    // Two messages of one follower, one at each process: both are answered, one after the other.
    for n in 0..RIVAL_PAIRS {
        let openid = format!("oBENCH{:022}", n % 2);
        let id = first_id + 1_000 + 2 * n;
        let say = |peer: &Peer, id| peer.text(&openid, id, words[usize::try_from(n % 4).unwrap()]);
        let (first, second) = (say(&a, id), say(&b, id + 1));
        let (one, other) = tokio::join!(a.send(&first), b.send(&second));
        for answer in [&one, &other] {
            let ok = matches!(answer, Answer::Words { to, .. } if *to == openid);
            assert!(ok, "pair {n}: {one:?} and {other:?}");
        }
    }
    let rows = turns(&db).await;
    assert_eq!(i64::try_from(rows.len()).unwrap(), SAME_MESSAGES + 2 * RIVAL_PAIRS);
    // Each turn stands on the one before it; two on the same would have talked past each other.
    let chain: BTreeSet<(i64, i64)> = rows.iter().map(|r| (r.1, r.2)).collect();
    assert_eq!(chain.len(), rows.len(), "two turns of a follower follow the same one");
    println!(
        "{SAME_MESSAGES} messages at both at once: 200 turns, 0 differing; {RIVAL_PAIRS} rival pairs: no fork"
    );
}

/// What the stand-in for WeChat's servers was asked.
#[derive(Debug, Default)]
struct Asked {
    /// Fetches of a token, by appid.
    tokens: BTreeMap<String, usize>,
    valid: String,
    /// Refused sends, because their token was not the valid one.
    refused: usize,
    /// (follower, words) of every message that went out.
    sent: Vec<(String, String)>,
}

type WeChat = Arc<Mutex<Asked>>;

fn of(wechat: &WeChat) -> MutexGuard<'_, Asked> {
    wechat.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Slow, so that a second process would ask as well if nothing kept it from that.
async fn stable_token(State(wechat): State<WeChat>, Json(ask): Json<Value>) -> Json<Value> {
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut asked = of(&wechat);
    let appid = ask["appid"].as_str().unwrap_or_default().to_owned();
    *asked.tokens.entry(appid).or_default() += 1;
    asked.valid = format!("TOKEN-{}", Random::system().hex(8));
    Json(json!({ "access_token": asked.valid, "expires_in": 7200 }))
}

/// Slow, so that no process is through with all errands before the other looks.
async fn custom_send(
    State(wechat): State<WeChat>,
    Query(query): Query<BTreeMap<String, String>>,
    Json(message): Json<Value>,
) -> Json<Value> {
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut asked = of(&wechat);
    if query.get("access_token") != Some(&asked.valid) {
        asked.refused += 1;
        return Json(json!({ "errcode": 40001, "errmsg": "invalid credential rid: 0-0-0" }));
    }
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    asked.sent.push((text(&message["touser"]), text(&message["text"]["content"])));
    Json(json!({ "errcode": 0, "errmsg": "ok" }))
}

/// Serves until the test's runtime ends.
async fn wechat() -> (WeChat, String, tokio::task::JoinSet<()>) {
    let asked = WeChat::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let routes = Router::new()
        .route("/cgi-bin/stable_token", post(stable_token))
        .route("/cgi-bin/message/custom/send", post(custom_send))
        .with_state(asked.clone());
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, routes).await.unwrap() });
    (asked, url, tasks)
}

/// Both processes' `weiyin serve` on one database with one set of keys.
fn serve_both(folder: &Path, wechat: &str, database: &str) -> Vec<(u16, Weiyin)> {
    let mut both = vec![];
    for n in 0..2 {
        let port = free_ports(2);
        let text = settings(folder, port, wechat, database, "[log]\nfilter = \"warn\"\n");
        let config = file(folder, &format!("weiyin-{n}.toml"), &text);
        if n == 0 {
            set_up(folder, &config);
        }
        let args = ["serve", "--config", config.to_str().unwrap()];
        let is_ready = || listens(port) && listens(port + 1);
        both.push((port, Weiyin::start(folder, &args, READY_IN, is_ready)));
    }
    both
}

/// Makes an errand of every recorded answer, all due at one moment, and waits until none is left.
async fn send_all_answers(db: &TestDb) {
    let rows = turns(db).await;
    let unit = move |tx: &db::Tx<'_>| {
        for (key, follower, _) in &rows {
            let job = Job::SendAnswer { follower: base::Id::of(*follower), key: *key };
            job.enqueue(tx, tx.now().plus_ms(1_200))?;
        }
        Ok(())
    };
    db.write(Scope::Tenant(LINGXI), unit).await.unwrap();
    let watch = Stopwatch::start();
    loop {
        let counts = db.read(Scope::House, job::counts).await.unwrap();
        assert_eq!(counts.dead, 0, "an errand was given up");
        if counts.waiting == 0 && counts.running == 0 {
            return;
        }
        assert!(watch.elapsed() < SETTLED_IN, "errands are left: {counts:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// How often each follower was written to.
fn sent_to_each(wechat: &WeChat) -> BTreeMap<String, usize> {
    let mut each = BTreeMap::new();
    for (to, words) in &of(wechat).sent {
        assert!(!words.is_empty(), "{to} got no words");
        *each.entry(to.clone()).or_default() += 1;
    }
    each
}

#[tokio::test(flavor = "multi_thread")]
async fn an_errand_has_one_worker_and_a_token_is_fetched_once_for_both() {
    let Some(db) = database().await else {
        println!("{DID_NOT_RUN}");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (wechat, url, _tasks) = wechat().await;
    let both = serve_both(folder.path(), &url, &db.url);
    let [appid, original_id, key] = ACCOUNTS[0];
    let peer = Peer::new(both[0].0, appid, TOKEN, key, original_id);
    for n in 0..JOBS {
        let id = 7_100_000_000_000_000_000 + i64::try_from(n).unwrap();
        let answer = peer.send(&peer.text(&format!("oErrand{n:021}"), id, "你好")).await;
        assert!(matches!(answer, Answer::Words { .. }), "{answer:?}");
    }
    assert_eq!(of(&wechat).tokens.get(appid), None, "a token nobody needed yet");

    send_all_answers(&db).await;
    let each = sent_to_each(&wechat);
    assert_eq!(each.len(), JOBS);
    assert!(each.values().all(|n| *n == 1), "somebody heard it twice: {each:?}");
    assert_eq!(of(&wechat).tokens.get(appid), Some(&1), "both processes fetched the token");
    let mut shares = vec![];
    for (port, _) in &both {
        let label = "kind=\"send_answer\",ok=\"true\"";
        shares.push(figure(&peer.http, port + 1, "weiyin_jobs_total", label).await);
    }
    assert_eq!(shares.iter().sum::<u64>(), u64::try_from(JOBS).unwrap(), "{shares:?}");
    assert!(shares.iter().all(|n| *n > 0), "one process did all the work: {shares:?}");

    // WeChat takes the token back: both find out at once, one renews it, nothing is said twice.
    of(&wechat).valid = "another system's".into();
    send_all_answers(&db).await;
    let each = sent_to_each(&wechat);
    assert!(each.values().all(|n| *n == 2), "after the renewal: {each:?}");
    let asked = of(&wechat);
    assert!(asked.refused > 1, "the token's loss was not felt by many");
    assert_eq!(asked.tokens.get(appid), Some(&2), "the token was renewed more than once");
    println!(
        "{JOBS} errands twice: each done once a time ({} and {} in the first round), {} fetches of the token, \
         {} sends refused meanwhile",
        shares[0], shares[1], asked.tokens[appid], asked.refused
    );
}
