//! Which words of SQL are outside the common subset.

use crate::ddl::{Piece, pieces};

/// Single words that one engine lacks or reads differently.
const FORBIDDEN: &[&str] = &[
    "SERIAL",
    "BIGSERIAL",
    "SMALLSERIAL",
    "NEXTVAL",
    "AUTOINCREMENT",
    "NUMERIC",
    "DECIMAL",
    "FLOAT",
    "INTEGER",
    "INT",
    "SMALLINT",
    "INT4",
    "INT8",
    "BLOB",
    "VARCHAR",
    "CHAR",
    "DATETIME",
    "TIMESTAMP",
    "TIMESTAMPTZ",
    "JSON",
    "JSONB",
    "UUID",
    "ARRAY",
    "UNNEST",
    "ANY",
    "ILIKE",
    "SIMILAR",
    "REGEXP",
    "GLOB",
    "NOW",
    "CURRENT_TIMESTAMP",
    "CURRENT_DATE",
    "CURRENT_TIME",
    "LOCALTIMESTAMP",
    "STRFTIME",
    "PRAGMA",
    "ROWID",
    "LATERAL",
    "IFNULL",
    "VACUUM",
    "SAVEPOINT",
    "ATTACH",
];

/// Words side by side.
const FORBIDDEN_PAIRS: &[(&str, &str, &str)] = &[
    ("FOR", "UPDATE", "FOR UPDATE"),
    ("FOR", "SHARE", "FOR SHARE"),
    ("SKIP", "LOCKED", "SKIP LOCKED"),
    ("INSERT", "OR", "INSERT OR"),
    ("DISTINCT", "ON", "DISTINCT ON"),
    ("CREATE", "SEQUENCE", "CREATE SEQUENCE"),
    ("CREATE", "TRIGGER", "CREATE TRIGGER"),
    ("CREATE", "FUNCTION", "CREATE FUNCTION"),
    ("DOUBLE", "PRECISION", "DOUBLE PRECISION"),
    ("AS", "IDENTITY", "AS IDENTITY"),
    ("ALTER", "COLUMN", "ALTER COLUMN"),
];

/// The words in `sql` that are not common to both engines; empty when all is well. Literals, quoted
/// names and comments are not looked into. A bare `SUM(` without `CAST(` before it is reported too:
/// PostgreSQL's sum of `BIGINT` is not a `BIGINT`.
pub fn words_check(sql: &str) -> Vec<&'static str> {
    let pieces: Vec<Piece<'_>> = pieces(sql)
        .into_iter()
        .filter(|p| !matches!(p, Piece::Comment(_) | Piece::Other(" " | "\n" | "\t")))
        .collect();
    let mut found = Vec::new();
    let mut before: Vec<String> = Vec::new();
    for (i, piece) in pieces.iter().enumerate() {
        let word = match piece {
            Piece::Word(w) => w.to_ascii_uppercase(),
            Piece::Other("?") => {
                found.push("?");
                continue;
            }
            Piece::Other("[") => {
                found.push("[");
                continue;
            }
            Piece::Other(":") if pieces.get(i + 1) == Some(&Piece::Other(":")) => {
                found.push("::");
                continue;
            }
            _ => continue,
        };
        if let Some(f) = FORBIDDEN.iter().find(|f| **f == word) {
            found.push(f);
        }
        let last = before.last().map_or("", String::as_str);
        if let Some((.., name)) = FORBIDDEN_PAIRS.iter().find(|(a, b, _)| *a == last && *b == word)
        {
            found.push(name);
        }
        if word == "SUM" && last != "CAST" && pieces.get(i + 1) == Some(&Piece::Other("(")) {
            found.push("SUM without CAST(… AS BIGINT)");
        }
        before.push(word);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_one_engine_knows_is_found() {
        for (sql, word) in [
            ("SELECT now()", "NOW"),
            ("CREATE TABLE t (id SERIAL)", "SERIAL"),
            ("CREATE TABLE t (a NUMERIC(10,2))", "NUMERIC"),
            ("CREATE TABLE t (a TIMESTAMP)", "TIMESTAMP"),
            ("SELECT a FROM t FOR UPDATE", "FOR UPDATE"),
            ("SELECT a FROM t WHERE b ILIKE $1", "ILIKE"),
            ("SELECT a FROM t WHERE b = ANY($1)", "ANY"),
            ("CREATE TABLE t (a TEXT[])", "["),
            ("SELECT $1::text", "::"),
            ("SELECT a FROM t WHERE b = ?1", "?"),
            ("INSERT OR IGNORE INTO t VALUES (1)", "INSERT OR"),
            ("SELECT SUM(a) FROM t", "SUM without CAST(… AS BIGINT)"),
        ] {
            assert_eq!(words_check(sql), [word], "{sql}");
        }
    }

    #[test]
    fn the_common_words_pass() {
        for sql in [
            "INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET a = $1 RETURNING a",
            "SELECT CAST(SUM(fen) AS BIGINT) FROM t WHERE note = 'now() FOR UPDATE' ORDER BY a NULLS LAST",
            "WITH w AS (SELECT a, ROW_NUMBER() OVER (ORDER BY a) AS n FROM t) SELECT a FROM w -- SERIAL",
        ] {
            assert_eq!(words_check(sql), Vec::<&str>::new(), "{sql}");
        }
    }
}
