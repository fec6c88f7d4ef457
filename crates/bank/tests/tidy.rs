//! House rules that a compiler does not check: who may know whom, SQL's common words, keys that begin with the tenant,
//! and how long a file or a function may be.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

const FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 70;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// (path, text) of the project's own files with these endings.
fn files(ends: &[&str]) -> Vec<(String, String)> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    listed
        .lines()
        .filter(|p| ends.iter().any(|e| p.ends_with(e)))
        .filter_map(|p| Some((p.to_owned(), std::fs::read_to_string(root().join(p)).ok()?)))
        .collect()
}

#[test]
fn crates_know_only_whom_the_house_allows() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("base", &[][..]),
        ("db", &["base"]),
        ("wechat", &["base"]),
        ("nlu", &["base"]),
        ("dialogue", &["base", "nlu"]),
        ("corebank", &["base", "db"]),
        ("corehttp", &["base", "corebank"]),
        ("simulator", &["base", "wechat"]),
        ("iso8583", &[]),
        (
            "bank",
            &[
                "base",
                "db",
                "wechat",
                "nlu",
                "dialogue",
                "corebank",
                "corehttp",
                "iso8583",
                "simulator",
            ],
        ),
    ]);
    let drivers = ["rusqlite", "postgres", "tokio-postgres", "sqlx", "diesel"];
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--locked"])
        .current_dir(root())
        .output()
        .unwrap();
    let told: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let packages = told["packages"].as_array().unwrap();
    let ours: BTreeSet<&str> = packages.iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(ours, allowed.keys().copied().collect());
    for package in packages {
        let name = package["name"].as_str().unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let other = dependency["name"].as_str().unwrap();
            let is_test = dependency["kind"].as_str() == Some("dev");
            if ours.contains(other) && !is_test {
                assert!(allowed[name].contains(&other), "{name} must not know {other}");
            }
            assert!(name == "db" || !drivers.contains(&other), "{name} names the driver {other}");
        }
    }
}

#[test]
fn dialogue_and_understanding_are_synchronous() {
    for (path, text) in files(&[".rs"]) {
        if path.starts_with("crates/dialogue/src") || path.starts_with("crates/nlu/src") {
            assert!(!text.contains("async fn"), "{path} has an async fn");
        }
    }
}

#[test]
fn no_file_outgrows_its_room() {
    let long: Vec<_> = files(&[".rs", ".ts", ".vue", ".sh", ".py"])
        .into_iter()
        .map(|(p, t)| (p, t.lines().count()))
        .filter(|(_, n)| *n > FILE_LINES_MAX)
        .collect();
    assert!(long.is_empty(), "over {FILE_LINES_MAX} lines: {long:?}");
}

#[test]
fn no_function_outgrows_a_screen() {
    let mut long = vec![];
    for (path, text) in files(&[".rs"]) {
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let start = line.trim_start();
            let head =
                ["fn ", "pub fn ", "async fn ", "pub async fn ", "const fn ", "pub const fn "];
            let head_scoped = start.starts_with("pub(") && start.contains(") fn ")
                || start.starts_with("pub(") && start.contains(" fn ");
            if !(head.iter().any(|h| start.starts_with(h)) || head_scoped) || start.ends_with(';') {
                continue;
            }
            let close = format!("{}}}", " ".repeat(line.len() - start.len()));
            let end = lines[at..].iter().position(|l| **l == close);
            if let Some(n) = end.filter(|n| *n + 1 > FUNCTION_LINES_MAX) {
                long.push(format!("{path}:{} ({} lines)", at + 1, n + 1));
            }
        }
    }
    assert!(long.is_empty(), "functions over {FUNCTION_LINES_MAX} lines: {long:#?}");
}

/// Every `"…"` of Rust source that begins like a statement.
fn statements() -> Vec<(String, String)> {
    let verbs = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "];
    let mut found = vec![];
    for (path, text) in files(&[".rs"]) {
        if path.starts_with("crates/db/") || path.ends_with("tidy.rs") {
            continue;
        }
        for (at, _) in text.match_indices('"') {
            let body = &text[at + 1..];
            if !verbs.iter().any(|v| body.starts_with(v)) {
                continue;
            }
            let end = body.match_indices('"').find(|(i, _)| !body[..*i].ends_with('\\'));
            let sql = &body[..end.map_or(body.len(), |e| e.0)];
            found.push((path.clone(), sql.replace("\\\n", " ")));
        }
    }
    found
}

#[test]
fn sql_keeps_to_the_common_words_of_both_engines() {
    let statements = statements();
    assert!(statements.len() > 50, "only {} statements found", statements.len());
    for (path, sql) in statements.into_iter().chain(files(&[".sql"])) {
        assert_eq!(db::words_check(&sql), Vec::<&str>::new(), "{path}: {sql}");
    }
}

/// (file, table, its text) of every CREATE TABLE of the project.
fn tables() -> Vec<(String, String, String)> {
    let mut found = vec![];
    for (path, sql) in files(&[".sql"]) {
        let plain: Vec<&str> = sql.lines().filter_map(|l| l.split("--").next()).collect();
        let sql = plain.join("\n");
        for part in sql.split("CREATE TABLE ").skip(1) {
            let name = part.split([' ', '(']).next().unwrap().to_owned();
            found.push((path.clone(), name, part.split(';').next().unwrap().to_owned()));
        }
    }
    found
}

#[test]
fn every_table_begins_its_key_with_the_tenant_ti_01() {
    let tables = tables();
    assert!(tables.len() > 15);
    // Which process numbers its ids how is the house's own affair; it names no tenant.
    for (path, name, text) in tables.into_iter().filter(|t| t.1 != "node_lease") {
        let key =
            text.split("PRIMARY KEY").nth(1).unwrap_or_else(|| panic!("{path}: {name} has no key"));
        let alone = text.contains("tenant_id BIGINT NOT NULL PRIMARY KEY")
            || text.contains("tenant_id BIGINT PRIMARY KEY");
        let first = key.trim_start().trim_start_matches('(').trim_start();
        assert!(
            alone || first.starts_with("tenant_id"),
            "{path}: the key of {name} begins with {first}"
        );
    }
}

#[test]
fn columns_that_hold_personal_data_are_sealed_or_masked_dp_01() {
    let private =
        ["mobile", "id_no", "card_no", "customer", "claim", "password", "pin", "body", "heard"];
    for (path, name, text) in tables().into_iter().filter(|t| t.0.starts_with("migrations/")) {
        for column in text.split(['(', ',']).filter_map(|c| c.trim().split(' ').next()) {
            assert!(!private.contains(&column), "{path}: {name}.{column} must be sealed or masked");
        }
    }
}

#[test]
fn nothing_speaks_of_machines_or_registries() {
    let words = ["/work/", "crates.io/", "registry.npmjs", "pypi.org", "debian.org"];
    let ends = [".rs", ".ts", ".vue", ".md", ".toml", ".sh", "Makefile", ".ci/run", ".json", ".py"];
    for (path, text) in files(&ends).into_iter().filter(|(p, _)| !p.ends_with("tidy.rs")) {
        for word in words {
            assert!(!text.contains(word), "{path} names {word}");
        }
    }
}

/// Every column the migrations make whose name ends so, as `table.column`.
fn columns_named(end: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (path, table, text) in tables() {
        if path.starts_with("migrations/") {
            let columns = text.split(['(', ',']).filter_map(|c| c.trim().split(' ').next());
            let fitting = columns.filter(|c| c.ends_with(end));
            found.extend(fitting.map(|c| format!("{table}.{c}")));
        }
    }
    for (_, sql) in files(&[".sql"]).iter().filter(|(p, _)| p.starts_with("migrations/")) {
        for change in sql.split("ALTER TABLE ").skip(1) {
            let words: Vec<&str> = change.split_whitespace().collect();
            if let [table, "ADD", "COLUMN", column, ..] = words[..]
                && column.ends_with(end)
            {
                found.insert(format!("{table}.{column}"));
            }
        }
    }
    found
}

#[test]
fn every_sealed_column_moves_to_a_new_key_dp_06() {
    let known: BTreeSet<String> =
        bank::vault::columns::ALL.iter().map(bank::vault::columns::Column::name).collect();
    assert_eq!(columns_named("_sealed"), known, "crates/bank/src/vault/columns.rs lists them");
    assert!(known.len() > 10);
}

#[test]
fn every_keyed_hash_moves_to_a_new_index_key_or_ends_by_itself_dp_06() {
    use bank::vault::reindex::{MOVED, PASSING};
    let known: BTreeSet<String> = MOVED.iter().chain(PASSING).map(|c| (*c).to_owned()).collect();
    assert_eq!(columns_named("_index"), known, "crates/bank/src/vault/reindex.rs lists them");
}

#[test]
fn every_test_named_in_the_security_rows_exists() {
    let rows = std::fs::read_to_string(root().join("docs/security-rows.md")).unwrap();
    let sources = files(&[".rs"]);
    let is_test = |name: &str| {
        let head = format!("fn {name}(");
        sources.iter().any(|(_, text)| {
            text.match_indices(&head)
                .any(|(at, _)| text[..at].trim_end_matches("async ").trim_end().ends_with(']'))
        })
    };
    let mut seen = BTreeSet::new();
    for row in rows.lines().filter(|l| {
        ["| CH-", "| CA-", "| TA-", "| DP-", "| TI-", "| AU-"].iter().any(|p| l.starts_with(p))
    }) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, id, _, proof, _] = cells[..] else { panic!("{row}") };
        assert!(seen.insert(id.to_owned()), "{id} stands twice");
        let named: Vec<&str> =
            proof.split('`').skip(1).step_by(2).filter(|n| n.contains('_')).collect();
        for name in &named {
            assert!(is_test(name), "{id}: there is no test {name}");
        }
        assert!(!named.is_empty() || proof.contains("*not yet*"), "{id} says nothing");
    }
    assert_eq!(seen.len(), 70, "{seen:?}");
}

/// What authenticates is never compared by `==`, which stops at the first byte that differs.
#[test]
fn secrets_are_compared_in_constant_time_only_ch_02() {
    let secret = [
        "signature",
        "msg_signature",
        "mac",
        "secret_hash",
        "code_hash",
        "cookie_hash",
        "form_token",
    ];
    let plain = |line: &str| {
        let code = line.split("//").next().unwrap_or_default();
        // A statement's text compares in the database, over hashes only.
        let outside: String = code.split('"').step_by(2).collect();
        let words = |side: &str| side.trim().trim_start_matches(['*', '&', '!', '(']).to_owned();
        ["==", "!="].iter().any(|sign| {
            outside.split_once(sign).is_some_and(|(left, right)| {
                let ends = |w: &str| w.split('.').any(|part| secret.contains(&part));
                let left = words(
                    left.rsplit([' ', '(', '!']).find(|w| !w.trim().is_empty()).unwrap_or_default(),
                );
                let right =
                    words(right.trim().split([' ', ')', '{', ';']).next().unwrap_or_default());
                ends(&left) || ends(&right)
            })
        })
    };
    assert!(plain("if query.msg_signature == ours {") && plain("form.token != by.form_token"));
    assert!(!plain("same(&query.msg_signature, &ours)"));
    let mut found = vec![];
    for (path, text) in files(&[".rs"]) {
        let is_ours = path.starts_with("crates/wechat/src") || path.starts_with("crates/bank/src");
        if !is_ours || path.contains("test") {
            continue;
        }
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines = code.lines().enumerate().filter(|(_, line)| plain(line));
        found.extend(lines.map(|(n, line)| format!("{path}:{}: {}", n + 1, line.trim())));
    }
    assert!(found.is_empty(), "{found:#?}");
    let envelope = std::fs::read_to_string(root().join("crates/wechat/src/envelope.rs")).unwrap();
    assert!(envelope.contains("same(e, given)"), "the envelope compares with crypto::same");
}
