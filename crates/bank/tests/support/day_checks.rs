//! What must hold after every step of a day, read from the bank's own tables, its log and its file.

use crate::testing::{LINGXI, TestBank, YUNLU};
use bank::tenants::UNION;
use bank::vault::columns;
use base::Context;
use db::{Scope, Tx, job};
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

static LOG: Mutex<Vec<u8>> = Mutex::new(vec![]);

fn log() -> MutexGuard<'static, Vec<u8>> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Tee;
impl std::io::Write for Tee {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        log().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Everything the bank logs from now on is kept here. The simulator's log is WeChat's, not ours.
pub(crate) fn listen_to_the_log() {
    let filter = tracing_subscriber::EnvFilter::new("info,simulator=off");
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false);
    let _ = log.with_writer(|| Tee).try_init();
}

/// What the log says of these words; it begins anew.
pub(crate) fn said_in_the_log(private: &BTreeSet<String>) -> Vec<String> {
    let text = String::from_utf8_lossy(&std::mem::take(&mut *log())).into_owned();
    let lines = text.lines().filter_map(|line| {
        let word = private.iter().find(|w| mentions(line, w))?;
        Some(format!("the log tells «{word}»: {line}"))
    });
    lines.collect()
}

/// A number counts when it is not part of a longer one: ids have many digits.
fn mentions(text: &str, word: &str) -> bool {
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        let in_longer = word.chars().all(|c| c.is_ascii_digit())
            && (is_digit(before.chars().next_back()) || is_digit(after.chars().next()));
        !in_longer
    })
}

/// What the tables say of the bank's promises.
pub(crate) async fn broken_promises(bank: &TestBank, told: Vec<i64>) -> Vec<String> {
    let unit = move |tx: &Tx<'_>| {
        let mut broken = vec![];
        let turns: Vec<(i64, i64, i64)> =
            tx.all("SELECT message_key, follower_id, previous_key FROM turn", &[])?;
        let pending: Vec<(i64, i64)> =
            tx.all("SELECT message_key, follower_id FROM turn_pending", &[])?;
        let errands: Vec<(String,)> =
            tx.all("SELECT payload FROM job WHERE kind = 'finish_late' AND state <> 'dead'", &[])?;
        let answered: BTreeSet<i64> = turns.iter().map(|t| t.0).collect();
        let promised = |key: i64| {
            let errand = format!("\"key\":{key}");
            pending.iter().any(|p| p.0 == key) && errands.iter().any(|(e,)| e.contains(&errand))
        };
        for key in told.iter().filter(|k| !answered.contains(k) && !promised(**k)) {
            broken.push(format!("message {key} was acknowledged and is lost"));
        }
        let links: BTreeSet<(i64, i64)> = turns.iter().map(|t| (t.1, t.2)).collect();
        if links.len() != turns.len() {
            broken.push("two turns of a follower stand on the same one".into());
        }
        let live: Vec<(i64, i64, Vec<u8>)> = tx.all(
            "SELECT tenant_id, follower_id, customer_index FROM binding WHERE state = 'live'",
            &[],
        )?;
        let followers: BTreeSet<_> = live.iter().map(|b| (b.0, b.1)).collect();
        let customers: BTreeSet<_> = live.iter().map(|b| (b.0, &b.2)).collect();
        if followers.len() != live.len() || customers.len() != live.len() {
            broken.push("a follower or a customer has two live bindings".into());
        }
        let sessions: (i64,) = tx.one(
            "SELECT COUNT(*) FROM session s JOIN follower f ON f.tenant_id = s.tenant_id AND f.id = s.follower_id \
             WHERE s.ended_at_ms IS NULL AND NOT f.is_following",
            &[],
        )?;
        if sessions.0 > 0 {
            broken.push("a session outlived following".into());
        }
        if job::counts(tx)?.dead > 0 {
            broken.push("an errand was given up".into());
        }
        Ok(broken)
    };
    bank.app.db.read(Scope::House, unit).await.unwrap()
}

/// Sealed values that do not open where they stand.
pub(crate) async fn closed_values(bank: &TestBank) -> Vec<String> {
    let mut closed = vec![];
    for tenant in [UNION, LINGXI, YUNLU] {
        let keys = bank.app.vault.tenant(&bank.app.db, tenant).await.unwrap();
        let unit = move |tx: &Tx<'_>| {
            let mut closed = vec![];
            for column in columns::ALL {
                for value in column.page(tx, columns::START, 100_000)? {
                    let opened = keys.open(value.place, &value.sealed).doing(column.name());
                    closed.extend(opened.err().map(|e| e.to_string()));
                }
            }
            Ok(closed)
        };
        closed.extend(bank.app.db.read(Scope::Tenant(tenant), unit).await.unwrap());
    }
    closed
}

/// Words that stand readable in the bank's own file (SQLite), the write-ahead log included.
pub(crate) fn readable_in_the_file(url: &str, private: &BTreeSet<String>) -> Vec<String> {
    let Some(path) = url.strip_prefix("sqlite:") else { return vec![] };
    let mut bytes = std::fs::read(path).unwrap();
    bytes.extend(std::fs::read(format!("{path}-wal")).unwrap_or_default());
    let text = String::from_utf8_lossy(&bytes);
    private.iter().filter(|w| mentions(&text, w)).map(|w| format!("«{w}» is readable")).collect()
}
