//! The real binary killed with SIGKILL again and again while it tells customers of what their core booked: afterwards every
//! entry stands in its customer's chat once, none is missing, none is there twice.
//!
//! `WEIYIN_KILLS` says how often (default 8), `WEIYIN_SEED` repeats a run's choices. WeChat is a process of its own that lives on, and keeps
//! a client id as long as the real one does.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "support/process.rs"]
mod process;

use base::{Random, Stopwatch};
use process::{Weiyin, free_ports, listens};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

const ACCOUNTS: i64 = 2;
const FOLLOWERS: i64 = 40;
/// Entries told after each start: a burst that a kill cuts where there are few kills, and where there are many what can be
/// told between two of them, so that what is left over does not grow with each.
const ENTRIES: u64 = 3_200;
const ENTRIES_LEAST: u64 = 40;
const READY_IN: Duration = Duration::from_secs(60);
/// What the kills left over is told in this time, and one second more for each of them.
const OVER_IN: Duration = Duration::from_secs(120);
/// The kill comes so many milliseconds after the bank is ready, at most.
const LATER_MS_MAX: u64 = 700;
const LOOK_EVERY: Duration = Duration::from_millis(50);

fn appid(n: i64) -> String {
    format!("wxnotice{n:010}")
}

struct World {
    bank: u16,
    wechat: u16,
}

impl World {
    fn start(&self, folder: &Path, entries: &str, more: &[&str]) -> Weiyin {
        let data = folder.join("data");
        let (port, url) = (self.bank.to_string(), format!("http://127.0.0.1:{}", self.wechat));
        let (accounts, followers) = (ACCOUNTS.to_string(), FOLLOWERS.to_string());
        let mut args = vec!["bench-notices", "--data", data.to_str().unwrap(), "--port", &port];
        args.extend(["--wechat", &url, "--accounts", &accounts, "--followers", &followers]);
        args.extend(["--notices", entries]);
        args.extend(more);
        Weiyin::start(folder, &args, READY_IN, || listens(self.bank))
    }

    /// What stands in a customer's chat: each card's sum, in fen, and how often.
    async fn cards(&self, http: &reqwest::Client, n: i64) -> BTreeMap<i64, usize> {
        let url =
            format!("http://127.0.0.1:{}/control/chats/{}/b{n}", self.wechat, appid(n % ACCOUNTS));
        let chat: Value = http.get(url).send().await.unwrap().json().await.unwrap();
        let mut seen = BTreeMap::new();
        for item in chat["items"].as_array().unwrap() {
            if let Some(rows) = item["template"]["rows"].as_array() {
                let sum = rows.iter().find(|r| r["name"] == "变动金额").unwrap();
                *seen.entry(fen(sum["value"].as_str().unwrap())).or_default() += 1;
            }
        }
        seen
    }
}

/// 1.23元 is 123.
fn fen(words: &str) -> i64 {
    let digits: String = words.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

fn wait_for(bank: &Weiyin, word: &str, within: Duration) {
    let watch = Stopwatch::start();
    while !bank.said().contains(word) {
        assert!(watch.elapsed() < within, "no «{word}» in {within:?}:\n{}", bank.said());
        std::thread::sleep(LOOK_EVERY);
    }
}

/// How far the core's numbers have come, as a run that ended says.
fn last_seq(bank: &Weiyin) -> i64 {
    let said = bank.said();
    let line = said.lines().find(|l| l.starts_with('{')).unwrap();
    serde_json::from_str::<Value>(line).unwrap()["last_seq"].as_i64().unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the environment says how often, and with which choices"
)]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|n| n.parse().ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_booked_is_told_once_through_any_kill() {
    let kills = setting("WEIYIN_KILLS").unwrap_or(8);
    let random = Random::seeded(setting("WEIYIN_SEED").unwrap_or(53));
    let folder = tempfile::tempdir().unwrap();
    let port = free_ports(3);
    let world = World { bank: port, wechat: port + 2 };
    let (bank, wechat) = (world.bank.to_string(), world.wechat.to_string());
    let (accounts, followers) = (ACCOUNTS.to_string(), FOLLOWERS.to_string());
    let args = ["bench-wechat", "--port", &wechat, "--back", &bank, "--accounts", &accounts];
    let args = [&args[..], &["--followers", &followers]].concat();
    let _wechat = Weiyin::start(folder.path(), &args, READY_IN, || listens(world.wechat));
    let entries = (ENTRIES / kills.max(1)).max(ENTRIES_LEAST).to_string();
    for _ in 0..kills {
        let mut bank = world.start(folder.path(), &entries, &[]);
        wait_for(&bank, "ready", OVER_IN);
        std::thread::sleep(Duration::from_millis(random.below(LATER_MS_MAX)));
        bank.kill();
    }
    let bank = world.start(folder.path(), "0", &["--stay"]);
    wait_for(&bank, "}\n", OVER_IN + Duration::from_secs(kills));
    let told = last_seq(&bank);
    drop(bank);
    assert!(told > 0, "no entry was told of before a kill");
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for n in 0..FOLLOWERS {
        let mine = (1..=told).filter(|seq| (seq - 1) % FOLLOWERS == n);
        let wanted: BTreeMap<i64, usize> = mine.map(|seq| (100 + seq % 90_000, 1)).collect();
        assert_eq!(
            world.cards(&http, n).await,
            wanted,
            "follower {n} of {told} entries, {kills} kills"
        );
    }
    println!("{kills} kills: {told} entries, each told once");
}
