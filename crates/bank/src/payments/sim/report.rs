//! Many stories one after the other, and what they add up to.

use super::Theatre;
use super::world::Tally;
use crate::payments::state::{State, WAYS};
use base::{Random, Stopwatch};
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Ways no story goes: a challenge and its answer are one unit; no product undoes what is unknown, and
/// nobody else here; evidence against what is over comes with reconciliation.
pub(super) const NOT_GONE: &[(State, State)] = &[
    (State::Challenged, State::Ended),
    (State::Unknown, State::Reversing),
    (State::Unknown, State::Reversed),
    (State::Succeeded, State::Manual),
    (State::Failed, State::Manual),
    // Only a reconciliation file has evidence against these (`recon/oracle.rs`).
    (State::Ended, State::Manual),
    (State::Reversed, State::Manual),
    (State::Returned, State::Manual),
];

/// A story and how it ended.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) seed: u64,
    /// The sentence that did not hold, and how.
    pub(super) wrong: Option<(&'static str, String)>,
    pub(super) trace: Vec<String>,
    pub(super) tally: Tally,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Run {
    /// This one, in every line.
    One(u64),
    /// So many from this one on.
    Seeds(u64, u64),
    /// As many as there is time for, in seconds, from a random one on.
    Budget(u64),
}

/// What a run came to.
#[derive(Debug)]
pub(super) struct Done {
    first: u64,
    threads: u64,
    seconds: u64,
    lost: u64,
    doubled: u64,
    pub(super) wrong: Vec<String>,
    /// How each of them is told again.
    again: Vec<String>,
    pub(super) tally: Tally,
}

#[expect(clippy::disallowed_methods, reason = "the environment says what a run is to do")]
pub(super) fn word(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|w| !w.is_empty())
}

pub(super) fn setting(name: &str) -> Option<u64> {
    word(name)?.parse().ok()
}

/// From so many stories on all processors tell them.
const SEEDS_FOR_ALL: u64 = 1_000;

fn processors() -> u64 {
    std::thread::available_parallelism().map_or(1, |n| n.get() as u64)
}

/// Tells them; on all processors when there is a budget or the number is large, else on one.
pub(super) fn run(plan: Run) -> Done {
    let (first, most, threads) = match plan {
        Run::One(seed) => (seed, 1, 1),
        Run::Seeds(first, most) if most < SEEDS_FOR_ALL => (first, most, 1),
        Run::Seeds(first, most) => (first, most, processors()),
        Run::Budget(_) => (Random::system().below(1_000_000_000_000), u64::MAX, processors()),
    };
    let (next, watch) = (AtomicU64::new(0), Stopwatch::start());
    let is_over = |n: u64| match plan {
        Run::One(_) | Run::Seeds(..) => n >= most,
        Run::Budget(seconds) => watch.elapsed().as_secs() >= seconds,
    };
    let done = Mutex::new(Done {
        first,
        threads,
        seconds: 0,
        lost: 0,
        doubled: 0,
        wrong: vec![],
        again: vec![],
        tally: Tally::default(),
    });
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let mut theatre = Theatre::in_memory().await.unwrap();
            loop {
                let n = next.fetch_add(1, Ordering::SeqCst);
                if is_over(n) {
                    return;
                }
                let told = theatre.tell(first + n).await.unwrap();
                let is_wrong = told.wrong.is_some();
                if matches!(plan, Run::One(_)) {
                    println!("{}", told.trace.join("\n"));
                }
                done.lock().unwrap().add(told);
                if is_wrong && matches!(plan, Run::Seeds(..)) {
                    return;
                }
                if is_wrong {
                    // What it left open would be in the way of the next.
                    theatre = Theatre::in_memory().await.unwrap();
                }
            }
        });
    };
    std::thread::scope(|s| {
        for _ in 0..threads {
            s.spawn(work);
        }
    });
    let mut done = done.into_inner().unwrap();
    done.seconds = watch.elapsed().as_secs().max(1);
    done
}

impl Done {
    fn add(&mut self, told: Told) {
        if let Some(words) = told.words() {
            self.wrong.push(words);
            self.again.push(told.command());
        }
        match told.wrong {
            Some(("I18", _)) => self.lost += 1,
            Some(("I4" | "I5" | "I6" | "I15", _)) => self.doubled += 1,
            _ => {}
        }
        self.tally.add(told.tally);
    }

    /// Ways of the table that no story went.
    pub(super) fn never(&self) -> impl Iterator<Item = (State, State)> {
        WAYS.iter().copied().filter(|w| !self.tally.ways.contains(w))
    }

    /// With one place after the point.
    fn indefinite_percent(&self) -> f64 {
        let tenths = self.tally.indefinite * 1_000 / self.tally.let_go.max(1);
        f64::from(u32::try_from(tenths).unwrap_or(u32::MAX)) / 10.0
    }

    fn per_minute(&self) -> u64 {
        self.tally.seeds * 60 / self.seconds
    }

    /// `WEIYIN_OUT/sim.json`, where that is asked for.
    pub(super) fn write(&self) {
        let Some(folder) = word("WEIYIN_OUT") else { return };
        let json = serde_json::json!({
            "seeds": self.tally.seeds,
            "first_seed": self.first,
            "kills": 0,
            "lost": self.lost,
            "doubled": self.doubled,
            "violations": self.wrong.len(),
            "indefinite": self.tally.indefinite,
            "let_go": self.tally.let_go,
            "indefinite_percent": self.indefinite_percent(),
            "again": self.again,
            "steps": self.tally.steps,
            "commit": word("WEIYIN_COMMIT").unwrap_or_default(),
            "seeds_per_min": self.per_minute(),
            "cores": self.threads,
        });
        std::fs::create_dir_all(&folder).unwrap();
        let text = serde_json::to_string_pretty(&json).unwrap();
        std::fs::write(format!("{folder}/sim.json"), text + "\n").unwrap();
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = &self.tally;
        let share = self.indefinite_percent();
        writeln!(
            f,
            "{} seeds from {} in {} s: {} a minute on {} core(s), {} steps",
            t.seeds,
            self.first,
            self.seconds,
            self.per_minute(),
            self.threads,
            t.steps
        )?;
        writeln!(
            f,
            "{} payments let go, {} of them unknown at some time ({share} %)",
            t.let_go, t.indefinite
        )?;
        writeln!(f, "ends: {:?}", t.ends)?;
        writeln!(f, "met: {:?}", t.met)?;
        let never: Vec<_> = self.never().collect();
        writeln!(f, "ways gone: {} of {}; never {never:?}", t.ways.len(), WAYS.len())?;
        write!(f, "sentences that did not hold: {}", self.wrong.len())
    }
}
