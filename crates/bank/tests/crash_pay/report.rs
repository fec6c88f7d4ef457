//! What a run of kills came to, as a line and as flat JSON.

use crate::books::Broken;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::Duration;

#[expect(clippy::disallowed_methods, reason = "the environment says how long to go on")]
pub(crate) fn word(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|w| !w.is_empty())
}

pub(crate) fn setting(name: &str) -> Option<u64> {
    word(name)?.parse().ok()
}

/// A run and what was found in the end.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) seed: u64,
    pub(crate) kills: u64,
    pub(crate) let_go: usize,
    pub(crate) done: usize,
    pub(crate) answered: usize,
    /// Orders that were given and not answered.
    pub(crate) unheard: usize,
    /// Payments of which the bank did not know for a while what became of them.
    pub(crate) unknown: usize,
    pub(crate) slowest: Duration,
    /// From each start of the process to the first message it answered.
    pub(crate) restarts: Vec<Duration>,
    pub(crate) broken: Vec<Broken>,
    /// Settings and test with which it is tried again.
    pub(crate) again: (String, &'static str),
}

impl Report {
    fn count(&self, ids: &[&str]) -> usize {
        self.broken.iter().filter(|(id, _)| ids.contains(id)).count()
    }

    /// The same words as the simulation's: lost and doubled are what they are there.
    fn json(&self) -> Value {
        json!({
            "kill_seed": self.seed,
            "seeds": 1,
            "kills": self.kills,
            "lost": self.count(&["I18"]),
            "doubled": self.count(&["I4", "I5", "I6"]),
            "violations": self.broken.len(),
            "indefinite": self.unheard,
            "let_go": self.let_go,
            "indefinite_percent": percent(self.unheard, self.let_go),
            "restart_ms_median": self.restart_ms(50),
            "restart_ms_p99": self.restart_ms(99),
            "known_ms_max": u64::try_from(self.slowest.as_millis()).unwrap(),
            "again": if self.broken.is_empty() { vec![] } else { vec![self.command()] },
            "commit": word("WEIYIN_COMMIT").unwrap_or_default(),
        })
    }

    fn command(&self) -> String {
        let (settings, test) = &self.again;
        format!("{settings} cargo test --workspace --locked --test crash_pay {test} -- --nocapture")
    }

    /// So many percent of the starts took no longer.
    fn restart_ms(&self, of_hundred: usize) -> u64 {
        let mut all = self.restarts.clone();
        all.sort_unstable();
        let at = (all.len() * of_hundred).div_ceil(100).saturating_sub(1);
        all.get(at).map_or(0, |took| u64::try_from(took.as_millis()).unwrap())
    }

    /// `WEIYIN_OUT/kills.json`, where that is asked for; what the simulation wrote beside it becomes the sum of both.
    pub(crate) fn write(&self) {
        let Some(folder) = word("WEIYIN_OUT") else { return };
        let folder = Path::new(&folder);
        fs::create_dir_all(folder).unwrap();
        put(&folder.join("kills.json"), &self.json());
        let sim = folder.join("sim.json");
        let Ok(text) = fs::read_to_string(&sim) else { return };
        let mut all: Value = serde_json::from_str(&text).unwrap();
        let mine = self.json();
        for name in ["kills", "lost", "doubled", "violations", "indefinite", "let_go"] {
            all[name] = (all[name].as_u64().unwrap() + mine[name].as_u64().unwrap()).into();
        }
        let share = percent(number(&all, "indefinite"), number(&all, "let_go"));
        all["indefinite_percent"] = share.into();
        for name in ["kill_seed", "restart_ms_median", "restart_ms_p99", "known_ms_max"] {
            all[name] = mine[name].clone();
        }
        let again = mine["again"].as_array().cloned().unwrap();
        all["again"].as_array_mut().unwrap().extend(again);
        put(&sim, &all);
    }

    /// What does not hold, and how it is tried again.
    pub(crate) fn hold(&self) {
        let all: Vec<String> =
            self.broken.iter().map(|(id, what)| format!("{id} does not hold: {what}")).collect();
        assert!(all.is_empty(), "{}\nAgain: {}", all.join("\n"), self.command());
        assert!(
            self.done > 0 && (self.kills == 0 || self.unheard > 0),
            "nothing was at stake: {} done, {} unheard",
            self.done,
            self.unheard
        );
    }

    pub(crate) fn told(&self, what: &str) -> String {
        format!(
            "seed {}, {what}: {} payments let go, {} done, {} answered, {} unheard, all known {:?} after a start at the latest; \
             the first message answered {} ms after a start in the middle, {} ms at p99",
            self.seed,
            self.let_go,
            self.done,
            self.answered,
            self.unheard,
            self.slowest,
            self.restart_ms(50),
            self.restart_ms(99)
        )
    }
}

/// With one place after the point.
fn percent(part: usize, whole: usize) -> f64 {
    let tenths = u32::try_from(part * 1_000 / whole.max(1)).unwrap();
    f64::from(tenths) / 10.0
}

fn number(of: &Value, name: &str) -> usize {
    usize::try_from(of[name].as_u64().unwrap()).unwrap()
}

fn put(path: &Path, json: &Value) {
    fs::write(path, serde_json::to_string_pretty(json).unwrap() + "\n").unwrap();
}
