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

/// What one connection saw: milliseconds of each transfer that was done, and how many were not.
#[derive(Debug, Default)]
struct Saw {
    done_ms: Vec<u64>,
    not_done: u64,
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
            while watch.elapsed() < Duration::from_secs(seconds) {
                // Everybody in turn, each time with another amount.
                let turn = next.fetch_add(1, Ordering::SeqCst);
                let payer = Payer::new(
                    turn % payers,
                    &format!("http://127.0.0.1:{wechat}"),
                    &format!("http://127.0.0.1:{bank}"),
                );
                let id = ids.fetch_add(1, Ordering::SeqCst);
                let one = Stopwatch::start();
                match payer.pay(&peer, APPID, id, 101 + turn / payers).await {
                    Seen::Told { state, .. } if state == "done" => {
                        saw.done_ms.push(ms(one));
                    }
                    _ => saw.not_done += 1,
                }
            }
            saw
        });
    }
    let mut sum = Saw::default();
    while let Some(saw) = all.join_next().await {
        let saw = saw.expect("a connection ended early");
        sum.done_ms.extend(saw.done_ms);
        sum.not_done += saw.not_done;
    }
    let took = ms(watch).max(1);
    sum.done_ms.sort_unstable();
    let count = sum.done_ms.len();
    let at = |percent: usize| sum.done_ms.get(count * percent / 100).copied().unwrap_or(0);
    let (not_done, tenths) = (sum.not_done, u64::try_from(count).unwrap() * 10_000 / took);
    let (p50, p99) = (at(50), at(99));
    println!(
        "{{\"transfers\":{count},\"not_done\":{not_done},\"ms\":{took},\"per_s\":{}.{},\"p50_ms\":{p50},\"p99_ms\":{p99}}}",
        tenths / 10,
        tenths % 10
    );
    running.stop().await;
}

fn port(n: u64) -> u16 {
    u16::try_from(n).expect("a port")
}
