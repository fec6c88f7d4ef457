//! Every statement of the bank finds its rows by more than the institution: what is quick with ten customers stays quick with a
//! million. The statements are read out of the source, and SQLite says how it would look for each.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use base::{Clock, Time};
use db::{Db, Options, Scope, Tx, Value};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Tables that grow with customers, messages or days.
const GROWING: &[&str] = &[
    "audit",
    "bill",
    "bill_reminder",
    "bind_try",
    "binding",
    "card_order",
    "case_file",
    "consent",
    "core_call",
    "core_inbox",
    "core_iso",
    "exchange",
    "face_check",
    "follower",
    "gift",
    "gift_cash",
    "gift_plan",
    "gift_thanks",
    "household",
    "follower_window",
    "link",
    "notice",
    "notice_account",
    "notice_again",
    "notice_grant",
    "notice_choice",
    "notice_quiet",
    "notice_result",
    "oauth_state",
    "otp",
    "payee",
    "payment",
    "payment_event",
    "payment_order",
    "payment_wish",
    "pin_key",
    "proof",
    "question",
    "seat",
    "session",
    "stamped",
    "turn",
    "undo_proof",
    "unlock_code",
    "unread",
];

/// Statements that are meant to go over all: parts of their text, and why they may.
const MEANT: &[(&str, &str)] = &[
    (
        "SELECT COUNT(*) FROM follower WHERE tenant_id = $1",
        "the benchmark's own; the front page of the staff counts, too",
    ),
    (
        "FROM (SELECT 1 FROM notice WHERE tenant_id = $1 AND next_at_ms IS NOT NULL LIMIT 1)",
        "a benchmark's",
    ),
    ("FROM notice WHERE tenant_id = $1 AND order_no >= $2", "a benchmark's"),
    ("SELECT (SELECT COUNT(*) FROM audit_open", "`weiyin audit verify`"),
    ("FROM turn ORDER BY at_ms", "the demo's stage, which has a handful"),
    ("SELECT COALESCE(MAX(seq), 0) FROM core_inbox", "the end of an index is one step"),
    (
        "SELECT tenant_id, MIN(next_at_ms) FROM payment WHERE state = 65",
        "an index of what is unknown, which is little",
    ),
    // What the hourly sweep goes over is a day old at most: it is what it sweeps.
    ("DELETE FROM link WHERE expires_at_ms", "swept"),
    ("DELETE FROM oauth_state WHERE expires_at_ms", "swept"),
    ("DELETE FROM otp WHERE expires_at_ms", "swept"),
    ("DELETE FROM question WHERE expires_at_ms", "swept"),
    ("DELETE FROM face_check WHERE expires_at_ms", "swept"),
    ("DELETE FROM pin_key WHERE expires_at_ms", "swept"),
    ("DELETE FROM session WHERE seen_at_ms", "swept"),
    ("DELETE FROM stamped WHERE ends_at_ms", "swept after a year"),
    ("DELETE FROM undo_proof WHERE expires_at_ms", "swept"),
    ("DELETE FROM proof WHERE expires_at_ms", "swept"),
    ("DELETE FROM unlock_code WHERE expires_at_ms", "swept"),
    ("DELETE FROM bind_try WHERE started_at_ms", "swept"),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Files and folders that are modules of tests only.
fn only_tests(files: &[PathBuf]) -> Vec<PathBuf> {
    let mut found = vec![];
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        let folder = match file.file_stem().unwrap().to_str().unwrap() {
            "mod" | "lib" | "main" => file.parent().unwrap().to_path_buf(),
            stem => file.parent().unwrap().join(stem),
        };
        for part in text.split("#[cfg(test)]\n").skip(1) {
            let words = part.lines().next().unwrap().trim_end_matches(';');
            if let (Some((_, name)), false) = (words.split_once("mod "), words.ends_with('{')) {
                found.extend([folder.join(format!("{name}.rs")), folder.join(name)]);
            }
        }
    }
    found
}

/// The text before its tests, if it has any, without whole lines of comments and quotation marks that are characters.
fn product(text: &str) -> String {
    let before = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let lines = before.lines().filter(|l| !l.trim_start().starts_with("//"));
    lines.map(|l| l.replace("'\"'", "''")).collect::<Vec<_>>().join("\n")
}

/// String literals, with `\` at the end of a line taken out; whether each stands first in a macro's parentheses.
fn literals(text: &str) -> Vec<(String, bool)> {
    let mut found = vec![];
    let mut rest = text;
    let mut before = String::new();
    while let Some(at) = rest.find('"') {
        before.push_str(&rest[..at]);
        let in_macro = before.trim_end().ends_with("!(");
        let mut said = String::new();
        let mut chars = rest[at + 1..].char_indices();
        let mut end = rest.len();
        while let Some((n, c)) = chars.next() {
            match c {
                '"' => {
                    end = at + 1 + n + 1;
                    break;
                }
                '\\' => match chars.next() {
                    Some((_, '\n')) => {
                        while chars.clone().next().is_some_and(|(_, c)| c == ' ') {
                            chars.next();
                        }
                    }
                    Some((_, c)) => said.push(c),
                    None => break,
                },
                c => said.push(c),
            }
        }
        found.push((said, in_macro));
        before.clear();
        rest = &rest[end..];
    }
    found
}

/// Statements of a file; a macro's ends are put behind its beginning.
fn statements(text: &str) -> Vec<String> {
    let is_sql =
        |s: &str| ["SELECT ", "UPDATE ", "DELETE ", "INSERT "].iter().any(|v| s.starts_with(v));
    let all = literals(text);
    let begun: Vec<&String> =
        all.iter().map(|(s, _)| s).filter(|s| is_sql(s) && s.ends_with(" AND ")).collect();
    let whole =
        all.iter().filter(|(s, _)| is_sql(s) && !s.ends_with(" AND ")).map(|(s, _)| s.clone());
    let ends = all.iter().filter(|(s, in_macro)| *in_macro && !is_sql(s) && s.contains('$'));
    whole.chain(ends.flat_map(|(end, _)| begun.iter().map(move |b| format!("{b}{end}")))).collect()
}

/// How many values a statement has places for.
fn places(sql: &str) -> usize {
    let numbers = sql.split('$').skip(1);
    let of =
        |part: &str| part.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok();
    numbers.filter_map(of).max().unwrap_or(0)
}

/// The table behind a name of a plan's line: an alias is what stands before it in the statement.
fn table<'a>(sql: &'a str, name: &'a str) -> &'a str {
    if GROWING.contains(&name) {
        return name;
    }
    let words: Vec<&str> = sql.split([' ', ',', '(', ')']).filter(|w| !w.is_empty()).collect();
    words.windows(2).find(|w| w[1] == name && GROWING.contains(&w[0])).map_or(name, |w| w[0])
}

/// Lines of a plan that go over all rows, or all of an institution.
fn wide(sql: &str, plan: &[String]) -> Vec<String> {
    let is_wide = |line: &&String| {
        let mut words = line.split(' ');
        let verb = words.next().unwrap_or_default();
        let name = words.next().unwrap_or_default();
        let goes_over = verb == "SCAN" || (verb == "SEARCH" && line.ends_with("(tenant_id=?)"));
        goes_over && GROWING.contains(&table(sql, name))
    };
    plan.iter().filter(is_wide).cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_statement_goes_over_all_that_ever_was() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("bank.db").display());
    let mut options = Options::new(&url, Clock::manual(Time::of_ms(1_800_000_000_000)));
    options.migrations = bank::app::MIGRATIONS.to_vec();
    let db = Db::open(options).await.unwrap();
    let mut files = vec![];
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let tests = only_tests(&files);
    files.retain(|f| !tests.iter().any(|t| f.starts_with(t)));
    let (mut looked_at, mut found, mut unused) = (0, BTreeSet::new(), MEANT.to_vec());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for sql in statements(&product(&text)) {
            let asked: &'static str =
                Box::leak(format!("EXPLAIN QUERY PLAN {sql}").into_boxed_str());
            let values = vec![Value::Null; places(&sql)];
            let ask = move |tx: &Tx<'_>| {
                let rows: Vec<(i64, i64, i64, String)> = tx.all(asked, &values)?;
                Ok(rows.into_iter().map(|r| r.3).collect::<Vec<_>>())
            };
            // Half a statement, or one that only PostgreSQL knows, has no plan.
            let Ok(plan) = db.read(Scope::House, ask).await else { continue };
            looked_at += 1;
            let wide = wide(&sql, &plan);
            if wide.is_empty() {
                continue;
            }
            let meant = MEANT.iter().find(|(part, _)| sql.contains(part));
            match meant {
                Some(meant) => unused.retain(|m| m != meant),
                None => {
                    found.insert(format!("{}: {sql}\n    {wide:?}", file.display()));
                }
            }
        }
    }
    assert!(
        found.is_empty(),
        "an index is missing, or another is taken:\n{}",
        found.into_iter().collect::<Vec<_>>().join("\n")
    );
    assert!(unused.is_empty(), "these are not found any more: {unused:?}");
    assert!(looked_at > 400, "statements were not understood: {looked_at}");
}
