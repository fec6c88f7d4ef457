//! Transfers by many customers at once against `weiyin bench-serve --payers`: how many a second, and how long one takes from
//! the sealed sentence to 已转出. It plays WeChat, too, on a port of its own. `bench/pay.sh` runs both; loopback only.
//!
//! `pay_load BANK_PORT WECHAT_PORT PAYERS CONNECTIONS SECONDS`; prints one line of JSON.

#[path = "../tests/support/payer.rs"]
mod payer;
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
    done_ms: Vec<f64>,
    not_done: u64,
}

#[tokio::main]
async fn main() {
    let args: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let [bank, wechat, payers, connections, seconds] = args[..] else {
        eprintln!("pay_load BANK_PORT WECHAT_PORT PAYERS CONNECTIONS SECONDS");
        std::process::exit(2);
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
                        saw.done_ms.push(one.elapsed().as_secs_f64() * 1_000.0);
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
    let took = watch.elapsed().as_secs_f64();
    sum.done_ms.sort_by(f64::total_cmp);
    let at = |q: f64| {
        let n = sum.done_ms.len();
        sum.done_ms.get(((n as f64 * q) as usize).min(n.saturating_sub(1))).copied().unwrap_or(0.0)
    };
    println!(
        "{{\"transfers\":{},\"not_done\":{},\"seconds\":{took:.2},\"per_s\":{:.1},\"p50_ms\":{:.1},\"p99_ms\":{:.1}}}",
        sum.done_ms.len(),
        sum.not_done,
        sum.done_ms.len() as f64 / took,
        at(0.5),
        at(0.99)
    );
    running.stop().await;
}

fn port(n: u64) -> u16 {
    u16::try_from(n).expect("a port")
}
