//! The real binary under load, killed with SIGKILL again and again, and its connections to PostgreSQL cut: what WeChat
//! was told stays told.
//!
//! `WEIYIN_KILLS` says how often (default 10; 4 on PostgreSQL), `WEIYIN_SEED` repeats a run's choices. A SIGKILL says
//! nothing about power loss: the operating system lives on and keeps what was written. PostgreSQL joins in when
//! `TEST_POSTGRES_URL` names a server whose role may create databases.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "support/peer.rs"]
mod peer;
#[path = "support/postgres.rs"]
mod postgres;
#[path = "support/process.rs"]
mod process;

use base::{Clock, Random, Stopwatch};
use db::{Db, Options, Scope};
use futures_util::{StreamExt, stream};
use peer::{Answer, Peer, figure};
use postgres::{DID_NOT_RUN, cut_all, database};
use process::{Weiyin, free_ports, listens};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

const READY_IN: Duration = Duration::from_secs(60);
const CONNECTIONS: u64 = 32;
const FOLLOWERS_EACH: u64 = 8;
/// The kill comes so many milliseconds after the load began.
const LOAD_MS: (u64, u64) = (60, 460);
/// So often all of the bank's connections to PostgreSQL are cut, and so long it then has peace, in milliseconds.
const CUTS: usize = 12;
const PEACE_MS: (u64, u64) = (40, 300);
/// One message in so many is delivered twice.
const DUPLICATE_EVERY: u64 = 7;
/// Messages of earlier lives that are asked for again after each restart.
const OLD_ASKED: u64 = 32;
/// Answers to the third depend on the conversation so far: asked a second time they would differ.
const WORDS: [&str; 4] = ["余额", "你好", "紫色的拖拉机在月亮上唱歌", "上个月的进出账"];

#[expect(clippy::disallowed_methods, reason = "the environment says how long to go on")]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// A message and what its sender was told.
#[derive(Debug, Clone)]
struct Told {
    id: i64,
    inner: String,
    answer: Answer,
}

#[derive(Debug, Default)]
struct Tally {
    /// Answered with words / only acknowledged.
    answered: usize,
    acknowledged: usize,
    /// Sent, and the process died before it said anything.
    unanswered: usize,
    /// … of these: recorded all the same.
    recorded: u64,
    /// Asked again after a restart.
    asked_again: usize,
    /// Delivered twice within one life.
    duplicates: usize,
    refused: usize,
    /// Acknowledged, and not there after a restart.
    lost: usize,
    /// Told one thing first and another later.
    differing: Vec<String>,
}

/// One bank after the other on the same database.
struct Bank {
    peer: Arc<Peer>,
    port: u16,
    next_id: Arc<AtomicI64>,
    /// Instead of the file in the folder.
    database: Option<String>,
}

impl Bank {
    fn new(database: Option<&str>) -> Self {
        let port = free_ports(2);
        let key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
        let peer = Peer::new(port, "wxbench0000000001", "benchtoken", key, "gh_bench0000001");
        let first_id = AtomicI64::new(7_000_000_000_000_000_000);
        let (peer, next_id) = (Arc::new(peer), Arc::new(first_id));
        Self { peer, port, next_id, database: database.map(str::to_owned) }
    }

    fn start(&self, folder: &Path) -> Weiyin {
        let data = folder.join("data");
        let (port, followers) = (self.port.to_string(), CONNECTIONS * FOLLOWERS_EACH);
        let followers = followers.to_string();
        let data = data.to_str().unwrap();
        let mut args =
            vec!["bench-serve", "--data", data, "--port", &port, "--followers", &followers];
        args.extend(self.database.iter().flat_map(|url| ["--database", url]));
        Weiyin::start(folder, &args, READY_IN, || listens(self.port) && listens(self.port + 1))
    }

    async fn repeats(&self) -> u64 {
        figure(&self.peer.http, self.port + 1, "weiyin_turns_repeated_total", "").await
    }

    /// 32 customers' phones at once until the connection breaks; the process is killed meanwhile.
    async fn live_and_die(
        &self,
        mut bank: Weiyin,
        random: &Random,
        tally: &mut Tally,
    ) -> Vec<Told> {
        let (phones, _stop) = self.phones(random);
        let load = LOAD_MS.0 + random.below(LOAD_MS.1 - LOAD_MS.0);
        tokio::time::sleep(Duration::from_millis(load)).await;
        bank.kill();
        listen_to(phones, tally).await
    }

    /// Everybody begins to talk; true in the flag ends it.
    fn phones(&self, random: &Random) -> (JoinSet<Phone>, Arc<AtomicBool>) {
        let (mut phones, stop) = (JoinSet::new(), Arc::new(AtomicBool::new(false)));
        for n in 0..CONNECTIONS {
            let (peer, ids) = (self.peer.clone(), self.next_id.clone());
            phones.spawn(phone(peer, ids, n, Random::seeded(random.u64()), stop.clone()));
        }
        (phones, stop)
    }

    /// Sends all of them again, as WeChat might; what each is answered now.
    async fn ask_again(&self, told: Vec<Told>) -> Vec<(Told, Answer)> {
        let asked = stream::iter(told).map(|t| async {
            let answer = self.peer.send(&t.inner).await;
            (t, answer)
        });
        asked.buffer_unordered(usize::try_from(CONNECTIONS).unwrap()).collect().await
    }

    /// After a restart: everything that was told must be told again in the same words, from the record.
    async fn check(&self, told: Vec<Told>, tally: &mut Tally) -> Vec<Told> {
        let (answered, other): (Vec<_>, Vec<_>) =
            told.into_iter().partition(|t| matches!(t.answer, Answer::Words { .. }));
        let (count, before) = (answered.len(), self.repeats().await);
        let mut kept = vec![];
        for (told, now) in self.ask_again(answered).await {
            if told.answer != now {
                let (id, was) = (told.id, &told.answer);
                tally.differing.push(format!("{id}: was {was:?}, after a restart {now:?}"));
            }
            kept.push(told);
        }
        // Answered anew in the same words would not be the same: the record must have been found.
        let found = self.repeats().await - before;
        tally.lost += count.saturating_sub(usize::try_from(found).unwrap());
        tally.asked_again += count;

        let before = self.repeats().await;
        for (mut told, now) in self.ask_again(other).await {
            if told.answer == Answer::Lost {
                tally.unanswered += 1;
                assert!(!matches!(now, Answer::Lost | Answer::Refused(_)), "{}: {now:?}", told.id);
                told.answer = now;
            } else {
                tally.acknowledged += 1;
            }
            kept.push(told);
        }
        tally.recorded += self.repeats().await - before;
        kept
    }
}

/// What all of them were told.
async fn listen_to(mut phones: JoinSet<Phone>, tally: &mut Tally) -> Vec<Told> {
    let mut told = vec![];
    while let Some(phone) = phones.join_next().await {
        let phone = phone.unwrap();
        told.extend(phone.told);
        tally.duplicates += phone.duplicates;
        tally.refused += phone.refused;
        tally.differing.extend(phone.differing);
    }
    told
}

/// What one connection saw.
#[derive(Debug, Default)]
struct Phone {
    told: Vec<Told>,
    duplicates: usize,
    refused: usize,
    differing: Vec<String>,
}

async fn phone(
    peer: Arc<Peer>,
    ids: Arc<AtomicI64>,
    n: u64,
    random: Random,
    stop: Arc<AtomicBool>,
) -> Phone {
    let mut phone = Phone::default();
    loop {
        let openid = format!("oBENCH{:022}", n * FOLLOWERS_EACH + random.below(FOLLOWERS_EACH));
        let words = WORDS[usize::try_from(random.below(4)).unwrap()];
        let id = ids.fetch_add(1, Ordering::SeqCst);
        let inner = peer.text(&openid, id, words);
        let twice = random.below(DUPLICATE_EVERY) == 0;
        let (answer, again) = if twice && random.below(2) == 0 {
            let (a, b) = tokio::join!(peer.send(&inner), peer.send(&inner));
            (a, Some(b))
        } else {
            let answer = peer.send(&inner).await;
            let again = if twice { Some(peer.send(&inner).await) } else { None };
            (answer, again)
        };
        let mut heard = [Some(answer), again].into_iter().flatten().collect::<Vec<_>>();
        let has_died = heard.contains(&Answer::Lost);
        phone.refused += heard.iter().filter(|a| matches!(a, Answer::Refused(_))).count();
        heard.retain(|a| !matches!(a, Answer::Lost | Answer::Refused(_)));
        if let [first, second] = &heard[..] {
            phone.duplicates += 1;
            if first != second {
                phone.differing.push(format!("{id}: at first {first:?}, then {second:?}"));
            }
        }
        if let Some(Answer::Words { to, .. }) = heard.first() {
            assert_eq!(*to, openid, "somebody else's answer");
        }
        let answer = heard.into_iter().next().unwrap_or(Answer::Lost);
        phone.told.push(Told { id, inner, answer });
        if has_died || stop.load(Ordering::SeqCst) {
            return phone;
        }
    }
}

/// All messages the database has a record of: answered, or waiting for an answer.
async fn recorded(url: &str) -> BTreeSet<i64> {
    let mut options = Options::new(url, Clock::System);
    options.migrations = bank::app::MIGRATIONS.to_vec();
    let db = Db::open(options).await.unwrap();
    let unit = |tx: &db::Tx<'_>| {
        let mut all: Vec<(i64,)> = tx.all("SELECT message_key FROM turn", &[])?;
        all.extend(tx.all::<(i64,)>("SELECT message_key FROM turn_pending", &[])?);
        Ok(all)
    };
    let all = db.read(Scope::House, unit).await.unwrap();
    db.close().await;
    all.into_iter().map(|(key,)| key).collect()
}

/// Kills a bank under load so often and tells what it saw; panics when a promise was broken.
async fn kill_again_and_again(database: Option<&str>, kills: u64) -> String {
    let seed = setting("WEIYIN_SEED").unwrap_or_else(|| Random::system().u64());
    let (random, watch) = (Random::seeded(seed), Stopwatch::start());
    let folder = tempfile::tempdir().unwrap();
    let bank = Bank::new(database);
    let (mut tally, mut all, mut last) = (Tally::default(), BTreeMap::new(), vec![]);
    for _ in 0..kills {
        let running = bank.start(folder.path());
        let told = bank.check(std::mem::take(&mut last), &mut tally).await;
        all.extend(told.into_iter().map(|t| (t.id, t)));
        bank.check(some_of(&all, &random), &mut tally).await;
        last = bank.live_and_die(running, &random, &mut tally).await;
    }
    let running = bank.start(folder.path());
    let told = bank.check(last, &mut tally).await;
    all.extend(told.into_iter().map(|t| (t.id, t)));
    let file = format!("sqlite:{}", folder.path().join("data/weiyin.db").display());
    tally.settle(&all, running, database.unwrap_or(&file)).await;
    let took = watch.elapsed().as_secs_f64();
    tally.hold(seed);
    assert!(tally.unanswered > 0 && tally.duplicates > 0, "the kills did not come under load");
    tally.told(&format!("seed {seed}: {kills} kills in {took:.0} s"))
}

impl Tally {
    /// The last look, with the bank gone: everything that was told must stand in its database.
    async fn settle(&mut self, all: &BTreeMap<i64, Told>, mut running: Weiyin, url: &str) {
        running.kill();
        let recorded = recorded(url).await;
        self.lost += all.keys().filter(|id| !recorded.contains(id)).count();
        self.answered = all.len() - self.acknowledged;
    }

    fn told(&self, what: &str) -> String {
        format!(
            "{what}, {} answered, {} only acknowledged, {} duplicates, {} asked again, {} refused, \
             {} unanswered at a kill ({} of them recorded), {} lost, {} differing",
            self.answered,
            self.acknowledged,
            self.duplicates,
            self.asked_again,
            self.refused,
            self.unanswered,
            self.recorded,
            self.lost,
            self.differing.len(),
        )
    }

    fn hold(&self, seed: u64) {
        assert!(self.differing.is_empty(), "seed {seed}: {:#?}", self.differing);
        assert_eq!(self.lost, 0, "seed {seed}: acknowledged messages are lost");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_message_is_lost_and_none_is_answered_twice_differently() {
    println!("{}", kill_again_and_again(None, setting("WEIYIN_KILLS").unwrap_or(10)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_on_postgresql() {
    let Some(db) = database().await else {
        println!("{DID_NOT_RUN}");
        return;
    };
    println!("{}", kill_again_and_again(Some(&db.url), setting("WEIYIN_KILLS").unwrap_or(4)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_to_postgresql_cut_under_load_lose_nothing_that_was_acknowledged() {
    let Some(db) = database().await else {
        println!("{DID_NOT_RUN}");
        return;
    };
    let seed = setting("WEIYIN_SEED").unwrap_or_else(|| Random::system().u64());
    let (random, folder) = (Random::seeded(seed), tempfile::tempdir().unwrap());
    let (bank, mut tally) = (Bank::new(Some(&db.url)), Tally::default());
    let running = bank.start(folder.path());
    let (phones, stop) = bank.phones(&random);
    let mut cut = 0;
    for _ in 0..CUTS {
        let peace = PEACE_MS.0 + random.below(PEACE_MS.1 - PEACE_MS.0);
        tokio::time::sleep(Duration::from_millis(peace)).await;
        cut += cut_all(&db).await;
    }
    stop.store(true, Ordering::SeqCst);
    let told = listen_to(phones, &mut tally).await;
    let told = bank.check(told, &mut tally).await;
    let all = told.into_iter().map(|t| (t.id, t)).collect();
    tally.settle(&all, running, &db.url).await;
    println!("{}", tally.told(&format!("seed {seed}: {cut} connections cut in {CUTS} rounds")));
    tally.hold(seed);
    assert!(cut > i64::try_from(CUTS).unwrap() && tally.answered > 50, "no load, or no cuts");
}

/// A few that were told long ago.
fn some_of(all: &BTreeMap<i64, Told>, random: &Random) -> Vec<Told> {
    let old: Vec<&Told> =
        all.values().filter(|t| matches!(t.answer, Answer::Words { .. })).collect();
    if old.is_empty() {
        return vec![];
    }
    let below = u64::try_from(old.len()).unwrap();
    let picks: BTreeSet<u64> = (0..OLD_ASKED.min(below)).map(|_| random.below(below)).collect();
    picks.into_iter().map(|n| old[usize::try_from(n).unwrap()].clone()).collect()
}
