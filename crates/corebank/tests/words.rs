//! The crate's SQL: only words that both engines know, and nothing that would change what was posted.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails its test")]

use std::path::{Path, PathBuf};

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, out);
        } else {
            out.push(path);
        }
    }
}

/// Every string of our source that begins like a statement.
fn statements() -> Vec<String> {
    let mut found = Vec::new();
    let mut all = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    for path in all {
        let text = std::fs::read_to_string(&path).unwrap();
        for piece in text.split('"').skip(1) {
            let first = piece.split_whitespace().next().unwrap_or("");
            if ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].contains(&first) {
                found.push(piece.to_owned());
            }
        }
    }
    found
}

#[test]
fn sql_uses_only_words_that_both_engines_know() {
    let all = statements();
    assert!(all.len() > 30, "{} statements", all.len());
    for sql in all {
        assert_eq!(db::words_check(&sql), Vec::<&str>::new(), "{sql}");
    }
    for migration in corebank::sandbox::migrations() {
        assert_eq!(db::words_check(migration.sql), Vec::<&str>::new(), "{}", migration.name);
    }
}

#[test]
fn nothing_that_was_posted_is_ever_changed() {
    // I11: journals, entries, links and events are only added.
    for sql in statements() {
        let words: Vec<&str> = sql.split_whitespace().collect();
        let changed = match words.as_slice() {
            ["UPDATE", table, ..] | ["DELETE", "FROM", table, ..] => *table,
            _ => continue,
        };
        let kept = ["core_journal", "core_entry", "core_chain", "core_event"];
        assert!(!kept.contains(&changed), "{sql}");
    }
}
