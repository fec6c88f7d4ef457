//! Transfers by many customers at once against `weiyin bench-serve --payers`: how many a second, and how long one takes from
//! the sealed sentence to 已转出. It plays WeChat, too, on a port of its own. `bench/pay.sh` runs both; loopback only.
//!
//! `pay_load BANK_PORT WECHAT_PORT PAYERS CONNECTIONS SECONDS`; prints one line of JSON.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measurement stops at the first surprise"
)]

#[expect(dead_code, reason = "what the books are compared by is for tests")]
#[path = "../tests/support/payer.rs"]
mod payer;
#[expect(dead_code, reason = "counters are for tests")]
#[path = "../tests/support/peer.rs"]
mod peer;

use base::Stopwatch;
use payer::{Payer, Seen, wechat_on};
use peer::Peer;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

const APPID: &str = "wxbench0000000001";
const READY_IN: Duration = Duration::from_secs(120);

/// What one connection saw: how long each transfer that was done took, and how many were not.
#[derive(Debug, Default)]
struct Saw {
    done: Vec<Took>,
    not_done: u64,
}

/// Milliseconds of one transfer.
#[derive(Debug, Default, Clone, Copy)]
struct Took {
    /// From the sealed sentence to the draft's answer.
    draft: u64,
    /// From the tap on the link, through WeChat's login, until the PIN is typed.
    page: u64,
    /// From the order to 已转出.
    order: u64,
}

impl Took {
    fn all(&self) -> u64 {
        self.draft + self.page + self.order
    }
}

/// One transfer, each step timed; nothing when it was not done.
async fn transfer(payer: &Payer, peer: &Peer, id: i64, fen: u64) -> Option<Took> {
    let watch = Stopwatch::start();
    let link = payer.say(peer, id, fen).await?;
    let draft = ms(watch);
    let slug = payer.open(APPID, &link).await?;
    let (intent, order) = payer.fill_in(&slug).await?;
    let page = ms(watch) - draft;
    match payer.order(&slug, intent, &order).await? {
        Seen::Told { state, .. } if state == "done" => {
            Some(Took { draft, page, order: ms(watch) - draft - page })
        }
        _ => None,
    }
}

fn ms(of: Stopwatch) -> u64 {
    u64::try_from(of.elapsed().as_millis()).unwrap()
}

#[tokio::main]
async fn main() {
    let args: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let [bank, wechat, payers, connections, seconds] = args[..] else {
        panic!("pay_load BANK_PORT WECHAT_PORT PAYERS CONNECTIONS SECONDS");
    };
    let (bank, wechat) = (port(bank), port(wechat));
    let running = wechat_on(wechat, APPID, payers).await;
    let waiting = Stopwatch::start();
    while std::net::TcpStream::connect(("127.0.0.1", bank)).is_err() {
        assert!(waiting.elapsed() < READY_IN, "no bank on port {bank}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    let peer = Arc::new(Peer::new(bank, APPID, "benchtoken", key, "gh_bench0000001"));
    let ids = Arc::new(AtomicI64::new(8_000_000_000_000_000_000));
    let next = Arc::new(AtomicU64::new(0));
    let watch = Stopwatch::start();
    let mut all = JoinSet::new();
    for _ in 0..connections {
        let (peer, ids, next) = (peer.clone(), ids.clone(), next.clone());
        all.spawn(async move {
            let mut saw = Saw::default();
            let http = payer::connections();
            while watch.elapsed() < Duration::from_secs(seconds) {
                // Everybody in turn, each time with another amount.
                let turn = next.fetch_add(1, Ordering::SeqCst);
                let payer = Payer::with(
                    http.clone(),
                    turn % payers,
                    &format!("http://127.0.0.1:{wechat}"),
                    &format!("http://127.0.0.1:{bank}"),
                );
                let id = ids.fetch_add(1, Ordering::SeqCst);
                match transfer(&payer, &peer, id, 101 + turn / payers).await {
                    Some(took) => saw.done.push(took),
                    None => saw.not_done += 1,
                }
            }
            saw
        });
    }
    let mut sum = Saw::default();
    while let Some(saw) = all.join_next().await {
        let saw = saw.expect("a connection ended early");
        sum.done.extend(saw.done);
        sum.not_done += saw.not_done;
    }
    print(&sum, ms(watch).max(1));
    running.stop().await;
}

/// What of a transfer's time is meant.
type Part = fn(&Took) -> u64;

/// One line of JSON.
fn print(sum: &Saw, took: u64) {
    let count = sum.done.len();
    let at = |what: Part, percent: usize| {
        let mut all: Vec<u64> = sum.done.iter().map(what).collect();
        all.sort_unstable();
        all.get(count * percent / 100).copied().unwrap_or(0)
    };
    let parts: [(&str, Part); 4] =
        [("", Took::all), ("draft_", |t| t.draft), ("page_", |t| t.page), ("order_", |t| t.order)];
    let times = parts.map(|(name, what)| {
        format!("\"{name}p50_ms\":{},\"{name}p99_ms\":{}", at(what, 50), at(what, 99))
    });
    let tenths = u64::try_from(count).unwrap() * 10_000 / took;
    println!(
        "{{\"transfers\":{count},\"not_done\":{},\"ms\":{took},\"per_s\":{}.{},{}}}",
        sum.not_done,
        tenths / 10,
        tenths % 10,
        times.join(",")
    );
}

fn port(n: u64) -> u16 {
    u16::try_from(n).expect("a port")
}
