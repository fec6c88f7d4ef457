//! The real binary killed with SIGKILL again and again while customers pay: what the bank answered stays so, nothing is paid
//! twice, nothing that was paid is called failed, and every payment whose outcome nobody heard is settled after the start.
//!
//! `WEIYIN_KILLS` says how often (default 10). Bank and core are two databases in one process: a kill falls between the two
//! wherever it likes, as it would between two machines.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "support/payer.rs"]
mod payer;
#[expect(dead_code, reason = "counters are for other tests")]
#[path = "support/peer.rs"]
mod peer;
#[path = "support/process.rs"]
mod process;

use base::{Clock, Random, Stopwatch, TenantId};
use db::{Db, FromRow, Options, Row, Scope, Tx, params};
use payer::{Payer, START, Seen, accounts, openid, wechat_on};
use peer::{Answer, Peer};
use process::{Weiyin, free_ports, listens};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

const APPID: &str = "wxbench0000000001";
const TENANT: TenantId = TenantId::of(21);
const PAYERS: u64 = 8;
const READY_IN: Duration = Duration::from_secs(60);
/// The kill comes when so many orders were answered, at most, and so many milliseconds later, at most.
const ANSWERED_MAX: u64 = 6;
const LATER_MS_MAX: u64 = 300;
/// After a start everything that is unknown is known within this.
const KNOWN_IN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(200);

#[expect(clippy::disallowed_methods, reason = "the environment says how long to go on")]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// A payment as the bank keeps it.
#[derive(Debug, Clone)]
struct Kept {
    serial: String,
    state: i64,
    amount: i64,
}

impl FromRow for Kept {
    fn from_row(r: &mut Row<'_>) -> base::Result<Self> {
        Ok(Self { serial: r.next()?, state: r.next()?, amount: r.next()? })
    }
}

struct World {
    port: u16,
    wechat: String,
    peer: Arc<Peer>,
    ids: Arc<AtomicI64>,
    /// Amounts are all different, so that none is taken for one before it.
    amounts: Arc<AtomicI64>,
    heard: Vec<(String, String)>,
    silent: usize,
}

impl World {
    fn start(&self, folder: &Path) -> Weiyin {
        let data = folder.join("data");
        let (port, payers) = (self.port.to_string(), PAYERS.to_string());
        let args = [
            "bench-serve",
            "--data",
            data.to_str().unwrap(),
            "--port",
            &port,
            "--followers",
            "0",
            "--payers",
            &payers,
            "--wechat",
            &self.wechat,
        ];
        Weiyin::start(folder, &args, READY_IN, || listens(self.port) && listens(self.port + 1))
    }

    /// Waits until every customer hears how their payments ended; how long that took.
    async fn settled(&self) -> Duration {
        let watch = Stopwatch::start();
        let mut open: Vec<u64> = (0..PAYERS).collect();
        loop {
            let mut still = vec![];
            for n in open {
                let id = self.ids.fetch_add(1, Ordering::SeqCst);
                let asked = self.peer.text(&openid(n), id, "转账进度");
                match self.peer.send(&asked).await {
                    Answer::Words { words, .. } if !words.contains("正在确认") => {}
                    _ => still.push(n),
                }
            }
            if still.is_empty() {
                return watch.elapsed();
            }
            open = still;
            assert!(watch.elapsed() < KNOWN_IN, "still open after {KNOWN_IN:?}: {open:?}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Everybody pays until the process is killed.
    async fn live_and_die(&mut self, mut bank: Weiyin, random: &Random) {
        let stop = Arc::new(AtomicBool::new(false));
        let answered = Arc::new(AtomicU64::new(0));
        let mut phones = JoinSet::new();
        for n in 0..PAYERS {
            let payer = Payer::new(n, &self.wechat, &format!("http://127.0.0.1:{}", self.port));
            let (peer, ids, amounts) = (self.peer.clone(), self.ids.clone(), self.amounts.clone());
            let (stop, answered) = (stop.clone(), answered.clone());
            phones.spawn(async move {
                let mut seen = vec![];
                while !stop.load(Ordering::SeqCst) {
                    let id = ids.fetch_add(1, Ordering::SeqCst);
                    let fen = u64::try_from(amounts.fetch_add(1, Ordering::SeqCst)).unwrap();
                    let came = payer.pay(&peer, APPID, id, fen).await;
                    if matches!(came, Seen::Told { .. }) {
                        answered.fetch_add(1, Ordering::SeqCst);
                    }
                    let is_silent = matches!(came, Seen::Silence { .. });
                    seen.push(came);
                    if is_silent {
                        break;
                    }
                }
                seen
            });
        }
        let (wanted, watch) = (1 + random.below(ANSWERED_MAX), Stopwatch::start());
        while answered.load(Ordering::SeqCst) < wanted {
            assert!(watch.elapsed() < READY_IN, "nobody was answered");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(random.below(LATER_MS_MAX))).await;
        bank.kill();
        stop.store(true, Ordering::SeqCst);
        while let Some(seen) = phones.join_next().await {
            for one in seen.unwrap() {
                match one {
                    Seen::Told { serial, state } => self.heard.push((serial, state)),
                    Seen::Silence { .. } => self.silent += 1,
                    Seen::Nothing => {}
                }
            }
        }
    }
}

async fn opened(folder: &Path, name: &str) -> Db {
    let url = format!("sqlite:{}/data/{name}", folder.display());
    Db::open(Options::new(&url, Clock::System)).await.unwrap()
}

/// Every payment that was let go.
async fn payments(db: &Db) -> Vec<Kept> {
    let unit = |tx: &Tx<'_>| {
        tx.all(
            "SELECT serial_no, state, amount_fen FROM payment WHERE tenant_id = $1 AND state >= 30 AND state <> 62",
            params![tx.tenant()],
        )
    };
    db.read(Scope::Tenant(TENANT), unit).await.unwrap()
}

/// What the core booked: request id and amount.
async fn booked(db: &Db) -> Vec<(String, i64)> {
    let unit = |tx: &Tx<'_>| {
        tx.all(
            "SELECT request_id, amount_fen FROM core_payment WHERE tenant_id = $1",
            params![tx.tenant()],
        )
    };
    db.read(Scope::Tenant(TENANT), unit).await.unwrap()
}

const SUCCEEDED: i64 = 60;
const FAILED: i64 = 61;

/// Both sides say the same, and nobody was told anything else.
fn check(payments: &[Kept], booked: &[(String, i64)], heard: &[(String, String)]) {
    let mut at_core: BTreeMap<&str, i64> = BTreeMap::new();
    for (id, amount) in booked {
        let serial = id.split('-').next().unwrap();
        assert!(at_core.insert(serial, *amount).is_none(), "{serial} was booked twice (I4)");
    }
    for p in payments {
        let found = at_core.remove(p.serial.as_str());
        let wanted = (p.state == SUCCEEDED).then_some(p.amount);
        assert_eq!(found, wanted, "{p:?} and the core differ (I5, I6)");
    }
    assert!(at_core.is_empty(), "booked, and no payment of ours: {at_core:?}");
    for (short, state) in heard {
        let kept = payments.iter().find(|p| p.serial.get(23..31) == Some(short.as_str()));
        let kept = kept.unwrap_or_else(|| panic!("{short} was acknowledged and is gone (I18)"));
        let is_true = match state.as_str() {
            "done" => kept.state == SUCCEEDED,
            "failed" => kept.state == FAILED,
            _ => true,
        };
        assert!(is_true, "told {state}, and it is {kept:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_paid_stays_paid_once_through_any_kill() {
    let random = Random::seeded(setting("WEIYIN_SEED").unwrap_or(31));
    let kills = setting("WEIYIN_KILLS").unwrap_or(10);
    let folder = tempfile::tempdir().unwrap();
    let running = wechat_on(0, APPID, PAYERS).await;
    let port = free_ports(2);
    let key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    let mut world = World {
        port,
        wechat: format!("http://{}", running.addr),
        peer: Arc::new(Peer::new(port, APPID, "benchtoken", key, "gh_bench0000001")),
        ids: Arc::new(AtomicI64::new(8_000_000_000_000_000_000)),
        amounts: Arc::new(AtomicI64::new(101)),
        heard: vec![],
        silent: 0,
    };
    let mut slowest = Duration::ZERO;
    for _ in 0..kills {
        let bank = world.start(folder.path());
        slowest = slowest.max(world.settled().await);
        world.live_and_die(bank, &random).await;
    }
    let last = world.start(folder.path());
    slowest = slowest.max(world.settled().await);
    drop(last);
    let (bank, core) =
        (opened(folder.path(), "weiyin.db").await, opened(folder.path(), "core.db").await);
    let (all, booked) = (payments(&bank).await, booked(&core).await);
    check(&all, &booked, &world.heard);
    let mut moved: BTreeMap<i64, i64> = BTreeMap::new();
    let unit = |tx: &Tx<'_>| {
        tx.all::<(i64, i64)>(
            "SELECT acct_id, posted_credit_fen - posted_debit_fen FROM core_account WHERE tenant_id = $1",
            params![tx.tenant()],
        )
    };
    moved.extend(core.read(Scope::Tenant(TENANT), unit).await.unwrap());
    for n in 0..PAYERS {
        let [from, to] = accounts(n).map(|a| moved.get(&a).copied().unwrap_or(0));
        assert_eq!(from + to, START, "money of payer {n} came or went");
    }
    let done = all.iter().filter(|p| p.state == SUCCEEDED).count();
    println!(
        "{kills} kills: {} payments let go, {done} done, {} answered, {} unheard, all known {slowest:?} after a start at the latest",
        all.len(),
        world.heard.len(),
        world.silent
    );
    assert!(
        done > 0 && world.silent > 0,
        "nothing was at stake: {done} done, {} unheard",
        world.silent
    );
    bank.close().await;
    core.close().await;
    running.stop().await;
}
