//! PostgreSQL's DDL read just closely enough: pieces, statements, and the same for SQLite.
//!
//! Not for: understanding SQL. Text that is no comment and no literal is cut into words, that is all.

/// A stretch of SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Word(&'a str),
    /// A literal, quoted name, sign or white space: copied as it is.
    Other(&'a str),
    Comment(&'a str),
    /// `;`
    End,
}

/// Cuts SQL into pieces; nothing is lost.
pub(crate) fn pieces<'a>(sql: &'a str) -> Vec<Piece<'a>> {
    let mut out = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let (len, make): (usize, fn(&'a str) -> Piece<'a>) = if first == ';' {
            (1, |_| Piece::End)
        } else if rest.starts_with("--") {
            (rest.find('\n').unwrap_or(rest.len()), Piece::Comment)
        } else if rest.starts_with("/*") {
            (rest.find("*/").map_or(rest.len(), |n| n + 2), Piece::Comment)
        } else if first == '\'' || first == '"' {
            (rest[1..].find(first).map_or(rest.len(), |n| n + 2), Piece::Other)
        } else if is_word(first) {
            (rest.find(|c| !is_word(c)).unwrap_or(rest.len()), Piece::Word)
        } else {
            (first.len_utf8(), Piece::Other)
        };
        out.push(make(&rest[..len]));
        rest = &rest[len..];
    }
    out
}

/// The statements of a migration, each without its `;`.
pub(crate) fn statements(sql: &str) -> Vec<Vec<Piece<'_>>> {
    let all = pieces(sql);
    let parts = all.split(|p| *p == Piece::End).map(<[Piece<'_>]>::to_vec);
    parts.filter(|s| s.iter().any(|p| matches!(p, Piece::Word(_)))).collect()
}

/// The words of a statement in upper case.
fn words(statement: &[Piece<'_>]) -> Vec<String> {
    let words = statement.iter().filter_map(|p| match p {
        Piece::Word(w) => Some(w.to_ascii_uppercase()),
        _ => None,
    });
    words.collect()
}

/// The table a `CREATE TABLE` statement makes.
pub(crate) fn created_table(statement: &[Piece<'_>]) -> Option<String> {
    let words = words(statement);
    let mut rest = words.iter().map(String::as_str).peekable();
    if rest.next() != Some("CREATE") || rest.next() != Some("TABLE") {
        return None;
    }
    for skipped in ["IF", "NOT", "EXISTS"] {
        if rest.peek() == Some(&skipped) {
            rest.next();
        }
    }
    rest.next().map(str::to_ascii_lowercase)
}

/// The same migration in SQLite's words: three type names, and STRICT tables, so that SQLite keeps
/// types as PostgreSQL does. `-- sqlite: without rowid` in a `CREATE TABLE` is obeyed.
pub(crate) fn for_sqlite(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len() + 64);
    for statement in statements(sql) {
        let mut options = " STRICT";
        for piece in &statement {
            match *piece {
                Piece::Word(w) if w.eq_ignore_ascii_case("BIGINT") => out.push_str("INTEGER"),
                Piece::Word(w) if w.eq_ignore_ascii_case("BOOLEAN") => out.push_str("INTEGER"),
                Piece::Word(w) if w.eq_ignore_ascii_case("BYTEA") => out.push_str("BLOB"),
                Piece::Comment(c) if c.to_ascii_lowercase().contains("sqlite: without rowid") => {
                    options = " STRICT, WITHOUT ROWID";
                }
                Piece::Word(text) | Piece::Other(text) => out.push_str(text),
                Piece::Comment(_) | Piece::End => {}
            }
        }
        if created_table(&statement).is_some() {
            out.truncate(out.trim_end().len());
            out.push_str(options);
        }
        out.push_str(";\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_types_are_translated_and_tables_are_strict() {
        let ddl = "-- tickets; waiting\nCREATE TABLE t (a BIGINT, b BOOLEAN DEFAULT TRUE, c BYTEA, d TEXT DEFAULT 'BIGINT; --');\nCREATE INDEX i ON t (a);";
        let got = for_sqlite(ddl);
        assert_eq!(
            got.trim(),
            "CREATE TABLE t (a INTEGER, b INTEGER DEFAULT TRUE, c BLOB, d TEXT DEFAULT 'BIGINT; --') STRICT;\n\nCREATE INDEX i ON t (a);"
        );
    }

    #[test]
    fn a_narrow_table_may_ask_for_no_rowid() {
        let got = for_sqlite("CREATE TABLE t (a BIGINT PRIMARY KEY -- sqlite: without rowid\n)");
        assert!(got.ends_with(") STRICT, WITHOUT ROWID;\n"), "{got}");
    }

    #[test]
    fn the_created_table_is_found() {
        let name = |sql| statements(sql).first().and_then(|s| created_table(s));
        assert_eq!(
            name("create table if not exists Ticket (id BIGINT)").as_deref(),
            Some("ticket")
        );
        assert_eq!(name("/* CREATE TABLE x */ CREATE INDEX i ON t (a)"), None);
    }
}
