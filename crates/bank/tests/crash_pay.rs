//! The real binary killed with SIGKILL again and again while customers pay, its connections to PostgreSQL cut, and PostgreSQL
//! itself killed: what the bank answered stays so, nothing is paid twice, nothing that was paid is called failed, and every payment whose outcome
//! nobody heard is settled afterwards.
//!
//! `WEIYIN_KILLS` says how often (default 10; 4 on PostgreSQL), or `WEIYIN_BUDGET_S` how long; `WEIYIN_CUTS` how often
//! connections are cut (default 12), `WEIYIN_DEATHS` how often PostgreSQL dies (default 4); `WEIYIN_SEED` repeats a run's choices. Bank and core are two databases in one process: a
//! kill falls between the two wherever it likes, as it would between two machines. With `WEIYIN_OUT` a run reports there.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "crash_pay/books.rs"]
mod books;
#[path = "support/payer.rs"]
mod payer;
#[expect(dead_code, reason = "counters are for other tests")]
#[path = "support/peer.rs"]
mod peer;
#[path = "support/postgres.rs"]
mod postgres;
#[path = "support/process.rs"]
mod process;
#[path = "crash_pay/report.rs"]
mod report;
#[path = "support/server.rs"]
mod server;

use base::{Clock, Random, Stopwatch};
use books::{Books, Broken, Kept};
use corebank::sandbox;
use db::testing::TestDb;
use db::{Db, Options};
use payer::{Payer, Seen, openid, wechat_on};
use peer::{Answer, Peer};
use postgres::{DID_NOT_RUN, cut_all, database, database_of};
use process::{Weiyin, free_ports, listens};
use report::{Report, setting};
use server::Server;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

const APPID: &str = "wxbench0000000001";
const PAYERS: u64 = 8;
const READY_IN: Duration = Duration::from_secs(60);
/// The kill comes when so many orders were answered, at most, and so many milliseconds later, at most.
const ANSWERED_MAX: u64 = 6;
const LATER_MS_MAX: u64 = 300;
/// After a start everything that is unknown is known within this.
const KNOWN_IN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Connections are cut so often, and have peace for so many milliseconds in between.
const CUTS: u64 = 12;
const PEACE_MS: (u64, u64) = (40, 500);
/// PostgreSQL dies so often, and is away for so many milliseconds, at most.
const DEATHS: u64 = 4;
const AWAY_MS_MAX: u64 = 1_500;

/// Customers' phones, and how many orders they were answered.
struct Phones {
    tasks: JoinSet<Vec<Seen>>,
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
}

struct World {
    port: u16,
    wechat: simulator::Running,
    /// Bank and core on PostgreSQL; else two files.
    servers: Option<(TestDb, TestDb)>,
    peer: Arc<Peer>,
    ids: Arc<AtomicI64>,
    /// Amounts are all different, so that none is taken for one before it.
    amounts: Arc<AtomicI64>,
    heard: Vec<(String, String)>,
    silent: usize,
    /// From each start to the first message that was answered.
    restarts: Vec<Duration>,
    was_started: bool,
}

impl World {
    async fn new(servers: Option<(TestDb, TestDb)>) -> Self {
        let port = free_ports(2);
        let key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
        Self {
            port,
            wechat: wechat_on(0, APPID, PAYERS).await,
            servers,
            peer: Arc::new(Peer::new(port, APPID, "benchtoken", key, "gh_bench0000001")),
            ids: Arc::new(AtomicI64::new(8_000_000_000_000_000_000)),
            amounts: Arc::new(AtomicI64::new(101)),
            heard: vec![],
            silent: 0,
            restarts: vec![],
            was_started: false,
        }
    }

    fn wechat(&self) -> String {
        format!("http://{}", self.wechat.addr)
    }

    /// Starts the bank and waits until it has answered a message.
    async fn start(&mut self, folder: &Path) -> Weiyin {
        let watch = Stopwatch::start();
        let bank = self.run(folder);
        while !self.answers(0).await {
            assert!(watch.elapsed() < READY_IN, "it listens and does not answer");
        }
        // The first start makes databases and customers, and is no restart.
        if std::mem::replace(&mut self.was_started, true) {
            self.restarts.push(watch.elapsed());
        }
        bank
    }

    fn run(&self, folder: &Path) -> Weiyin {
        let (data, wechat) = (folder.join("data"), self.wechat());
        let (port, payers) = (self.port.to_string(), PAYERS.to_string());
        let mut args =
            vec!["bench-serve", "--data", data.to_str().unwrap(), "--port", &port, "--followers"];
        args.extend(["0", "--payers", &payers, "--wechat", &wechat]);
        if let Some((bank, core)) = &self.servers {
            args.extend(["--database", &bank.url, "--core", &core.url]);
        }
        Weiyin::start(folder, &args, READY_IN, || listens(self.port) && listens(self.port + 1))
    }

    /// Whether a customer who asks is told anything.
    async fn answers(&self, n: u64) -> bool {
        matches!(self.progress(n).await, Answer::Words { .. })
    }

    /// What a customer is told of their last payments.
    async fn progress(&self, n: u64) -> Answer {
        let id = self.ids.fetch_add(1, Ordering::SeqCst);
        self.peer.send(&self.peer.text(&openid(n), id, "转账进度")).await
    }

    /// Waits until every customer hears how their payments ended; how long that took.
    async fn settled(&self) -> Result<Duration, Broken> {
        let watch = Stopwatch::start();
        let mut open: Vec<u64> = (0..PAYERS).collect();
        loop {
            let mut still = vec![];
            for n in open {
                match self.progress(n).await {
                    Answer::Words { words, .. } if !words.contains("正在确认") => {}
                    _ => still.push(n),
                }
            }
            if still.is_empty() {
                return Ok(watch.elapsed());
            }
            open = still;
            if watch.elapsed() >= KNOWN_IN {
                return Err(("LIVE", format!("still open after {KNOWN_IN:?}: {open:?}")));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Everybody pays, again and again. `is_patient`: also after an order that was not answered.
    fn phones(&self, is_patient: bool) -> Phones {
        let stop = Arc::new(AtomicBool::new(false));
        let answered = Arc::new(AtomicU64::new(0));
        let mut tasks = JoinSet::new();
        for n in 0..PAYERS {
            let bank = format!("http://127.0.0.1:{}", self.port);
            let payer = Payer::new(n, &self.wechat(), &bank);
            let (peer, ids, amounts) = (self.peer.clone(), self.ids.clone(), self.amounts.clone());
            let (stop, answered) = (stop.clone(), answered.clone());
            tasks.spawn(async move {
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
                    if is_silent && !is_patient {
                        break;
                    }
                }
                seen
            });
        }
        Phones { tasks, stop, answered }
    }

    async fn listen(&mut self, mut phones: Phones) {
        phones.stop.store(true, Ordering::SeqCst);
        while let Some(seen) = phones.tasks.join_next().await {
            for one in seen.unwrap() {
                match one {
                    Seen::Told { serial, state } => self.heard.push((serial, state)),
                    Seen::Silence { .. } => self.silent += 1,
                    Seen::Nothing => {}
                }
            }
        }
    }

    /// Everybody pays until the process is killed.
    async fn live_and_die(&mut self, mut bank: Weiyin, random: &Random) {
        let phones = self.phones(false);
        answers(&phones, 1 + random.below(ANSWERED_MAX)).await;
        tokio::time::sleep(Duration::from_millis(random.below(LATER_MS_MAX))).await;
        bank.kill();
        self.listen(phones).await;
    }

    /// Both databases, read when nothing runs any more.
    async fn books(&self, folder: &Path) -> Books {
        if let Some((bank, core)) = &self.servers {
            return Books::read(bank, core).await;
        }
        let bank = opened(folder, "weiyin.db").await;
        let core = opened(folder, "core.db").await;
        let books = Books::read(&bank, &core).await;
        bank.close().await;
        core.close().await;
        books
    }

    /// Until no payment is under way.
    async fn all_over(&self) {
        let (bank, _) = self.servers.as_ref().unwrap();
        let watch = Stopwatch::start();
        loop {
            let all = books::payments(bank).await;
            if matches!(&all, Ok(all) if all.iter().all(Kept::is_over)) {
                return;
            }
            assert!(watch.elapsed() < KNOWN_IN, "still under way after {KNOWN_IN:?}: {all:?}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// `settled`: how long customers waited at the longest, or that some waited too long.
    async fn report(&self, folder: &Path, seed: u64, settled: Result<Duration, Broken>) -> Report {
        let books = self.books(folder).await;
        let mut broken = books.broken(&self.heard, PAYERS);
        let slowest = settled.unwrap_or_else(|late| {
            broken.push(late);
            KNOWN_IN
        });
        Report {
            seed,
            let_go: books.payments.len(),
            done: books.done(),
            answered: self.heard.len(),
            unheard: self.silent,
            unknown: books.unknown,
            slowest,
            restarts: self.restarts.clone(),
            broken,
            ..Report::default()
        }
    }
}

/// Until customers were answered so many orders.
async fn answers(phones: &Phones, wanted: u64) {
    let watch = Stopwatch::start();
    while phones.answered.load(Ordering::SeqCst) < wanted {
        assert!(watch.elapsed() < READY_IN, "nobody was answered");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn opened(folder: &Path, name: &str) -> Db {
    let url = format!("sqlite:{}/data/{name}", folder.display());
    Db::open(Options::new(&url, Clock::System)).await.unwrap()
}

/// Bank and core on the server, where there is one.
async fn servers() -> Option<(TestDb, TestDb)> {
    Some((database().await?, database_of(sandbox::migrations()).await?))
}

/// The longer of two waits, or the one that was too long.
fn later(
    before: Result<Duration, Broken>,
    now: Result<Duration, Broken>,
) -> Result<Duration, Broken> {
    Ok(before?.max(now?))
}

/// How often, or how long.
enum Until {
    Kills(u64),
    Seconds(u64),
}

async fn kill_again_and_again(
    servers: Option<(TestDb, TestDb)>,
    seed: u64,
    until: Until,
) -> String {
    let random = Random::seeded(seed);
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new(servers).await;
    let (mut kills, mut settled, watch) = (0, Ok(Duration::ZERO), Stopwatch::start());
    let is_over = |kills: u64| match until {
        Until::Kills(most) => kills >= most,
        Until::Seconds(most) => watch.elapsed().as_secs() >= most,
    };
    while !is_over(kills) && settled.is_ok() {
        let bank = world.start(folder.path()).await;
        settled = later(settled, world.settled().await);
        world.live_and_die(bank, &random).await;
        kills += 1;
    }
    let last = world.start(folder.path()).await;
    settled = later(settled, world.settled().await);
    drop(last);
    let settings = format!("WEIYIN_SEED={seed} WEIYIN_KILLS={kills}");
    let test = if world.servers.is_some() { "the_same_on" } else { "what_was_paid" };
    let report = world.report(folder.path(), seed, settled).await;
    let report = Report { kills, again: (settings, test), ..report };
    report.write();
    report.hold();
    world.wechat.stop().await;
    report.told(&format!("{kills} kills"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_paid_stays_paid_once_through_any_kill() {
    let (seed, kills) = (setting("WEIYIN_SEED"), setting("WEIYIN_KILLS"));
    let (seed, until) = match (setting("WEIYIN_BUDGET_S"), kills) {
        (Some(seconds), None) => (
            seed.unwrap_or_else(|| Random::system().below(1_000_000_000_000)),
            Until::Seconds(seconds),
        ),
        _ => (seed.unwrap_or(31), Until::Kills(kills.unwrap_or(10))),
    };
    println!("{}", kill_again_and_again(None, seed, until).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_on_postgresql() {
    let Some(servers) = servers().await else {
        println!("{DID_NOT_RUN}");
        return;
    };
    let kills = setting("WEIYIN_KILLS").unwrap_or(4);
    let seed = setting("WEIYIN_SEED").unwrap_or(32);
    println!("{}", kill_again_and_again(Some(servers), seed, Until::Kills(kills)).await);
}

/// As when a server is restarted, or its pooler, while the bank goes on: the bank's connections, the core's, or both.
#[tokio::test(flavor = "multi_thread")]
async fn connections_to_postgresql_cut_while_customers_pay_lose_and_double_nothing() {
    let Some(servers) = servers().await else {
        println!("{DID_NOT_RUN}");
        return;
    };
    let seed = setting("WEIYIN_SEED").unwrap_or_else(|| Random::system().below(1_000_000_000_000));
    let (random, folder) = (Random::seeded(seed), tempfile::tempdir().unwrap());
    let mut world = World::new(Some(servers)).await;
    let bank = world.start(folder.path()).await;
    let phones = world.phones(true);
    answers(&phones, 1).await;
    let (mut cut, rounds) = ([0, 0], setting("WEIYIN_CUTS").unwrap_or(CUTS));
    for _ in 0..rounds {
        let peace = PEACE_MS.0 + random.below(PEACE_MS.1 - PEACE_MS.0);
        tokio::time::sleep(Duration::from_millis(peace)).await;
        let which = random.below(3);
        let (bank, core) = world.servers.as_ref().unwrap();
        if which != 1 {
            cut[0] += cut_all(bank).await;
        }
        if which != 0 {
            cut[1] += cut_all(core).await;
        }
    }
    // It goes on where it is.
    let before = phones.answered.load(Ordering::SeqCst);
    answers(&phones, before + PAYERS).await;
    world.listen(phones).await;
    let settled = world.settled().await;
    world.all_over().await;
    drop(bank);
    let settings = format!("WEIYIN_SEED={seed} WEIYIN_CUTS={rounds}");
    let again = (settings, "connections_to_postgresql");
    let report = Report { again, ..world.report(folder.path(), seed, settled).await };
    let [of_bank, of_core] = cut;
    let what = format!(
        "{rounds} rounds, {of_bank} connections of the bank cut and {of_core} of the core, {} payments unknown for a while",
        report.unknown
    );
    println!("{}", report.told(&what));
    report.hold();
    assert!(of_bank > 0 && of_core > 0, "nothing was cut");
    world.wechat.stop().await;
}

/// As when the machine under PostgreSQL dies and comes back: what was answered is there, and the bank goes on where it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_postgresql_killed_while_customers_pay_loses_and_doubles_nothing() {
    let Some(mut server) = Server::start(free_ports(1)) else {
        println!("{}", server::DID_NOT_RUN);
        return;
    };
    let seed = setting("WEIYIN_SEED").unwrap_or_else(|| Random::system().below(1_000_000_000_000));
    let (random, folder) = (Random::seeded(seed), tempfile::tempdir().unwrap());
    let bank = server.database(bank::app::MIGRATIONS.to_vec()).await;
    let core = server.database(sandbox::migrations()).await;
    let mut world = World::new(Some((bank, core))).await;
    let process = world.start(folder.path()).await;
    let phones = world.phones(true);
    let (deaths, mut back) = (setting("WEIYIN_DEATHS").unwrap_or(DEATHS), vec![]);
    for _ in 0..deaths {
        let before = phones.answered.load(Ordering::SeqCst);
        answers(&phones, before + 1 + random.below(ANSWERED_MAX)).await;
        tokio::time::sleep(Duration::from_millis(random.below(LATER_MS_MAX))).await;
        server.kill();
        tokio::time::sleep(Duration::from_millis(random.below(AWAY_MS_MAX))).await;
        server.again();
        // It goes on where it is.
        let (watch, before) = (Stopwatch::start(), phones.answered.load(Ordering::SeqCst));
        answers(&phones, before + 1).await;
        back.push(watch.elapsed());
    }
    let before = phones.answered.load(Ordering::SeqCst);
    answers(&phones, before + PAYERS).await;
    world.listen(phones).await;
    let settled = world.settled().await;
    world.all_over().await;
    drop(process);
    let again = (format!("WEIYIN_SEED={seed} WEIYIN_DEATHS={deaths}"), "a_postgresql_killed");
    let report = Report { again, ..world.report(folder.path(), seed, settled).await };
    let what = format!("PostgreSQL killed {deaths} times, the next order answered after {back:?}");
    println!("{}", report.told(&what));
    report.hold();
    world.wechat.stop().await;
}
