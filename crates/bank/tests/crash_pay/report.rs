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
            "commit": word("WEIYIN_COMMIT").unwrap_or_default(),
        })
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
        all["kill_seed"] = mine["kill_seed"].clone();
        put(&sim, &all);
    }

    /// What does not hold, and how it is tried again.
    pub(crate) fn hold(&self) {
        let all: Vec<String> =
            self.broken.iter().map(|(id, what)| format!("{id} does not hold: {what}")).collect();
        assert!(
            all.is_empty(),
            "{}\nAgain: {} cargo test --workspace --locked --test crash_pay {} -- --nocapture",
            all.join("\n"),
            self.again.0,
            self.again.1
        );
        assert!(
            self.done > 0 && (self.kills == 0 || self.unheard > 0),
            "nothing was at stake: {} done, {} unheard",
            self.done,
            self.unheard
        );
    }

    pub(crate) fn told(&self, what: &str) -> String {
        format!(
            "seed {}, {what}: {} payments let go, {} done, {} answered, {} unheard, all known {:?} after a start at the latest",
            self.seed, self.let_go, self.done, self.answered, self.unheard, self.slowest
        )
    }
}

fn put(path: &Path, json: &Value) {
    fs::write(path, serde_json::to_string_pretty(json).unwrap() + "\n").unwrap();
}
