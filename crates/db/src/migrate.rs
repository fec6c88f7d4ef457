//! The schema, step by step: one numbered list, each step once, each with a checksum.

use crate::options::{Migration, Options};
use base::{Error, Result};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Where landed steps are noted, on both engines.
pub(crate) const TABLE: &str = "CREATE TABLE IF NOT EXISTS migration (
    name TEXT NOT NULL PRIMARY KEY, checksum TEXT NOT NULL, landed_at_ms BIGINT NOT NULL)";

/// The steps of this crate's own tables. Their names sort before any number of the product.
fn own() -> Vec<Migration> {
    vec![
        Migration { name: "0000_db_job", sql: include_str!("../migrations/job.sql") },
        Migration { name: "0000_db_node_lease", sql: include_str!("../migrations/node_lease.sql") },
    ]
}

/// Our own tables first, then the product's.
pub(crate) fn all(options: &Options) -> Result<Vec<Migration>> {
    in_order(&options.migrations)?;
    let mut all = own();
    all.extend_from_slice(&options.migrations);
    Ok(all)
}

/// Refuses a list that is not in the order of its names.
fn in_order(list: &[Migration]) -> Result<()> {
    match list.windows(2).find(|w| w[0].name >= w[1].name) {
        None => Ok(()),
        Some(w) => Err(Error::fault(format!(
            "migrations are out of order: {} must come after {}, with a name of its own",
            w[1].name, w[0].name
        ))),
    }
}

/// SHA-256 of the text, in hex. Line ends do not count: a checkout may change them.
pub(crate) fn checksum(sql: &str) -> String {
    let digest = Sha256::digest(sql.replace("\r\n", "\n").as_bytes());
    digest.iter().map(|b| format!("{b:02x}")).collect()
}

/// What is left to do, given name → checksum of what has landed.
///
/// A landed step that this program does not know is left alone: a newer program made it, and its
/// schema still serves this one (expand, move, contract).
pub(crate) fn pending(
    list: &[Migration],
    landed: &BTreeMap<String, String>,
) -> Result<Vec<Migration>> {
    let mut pending: Vec<Migration> = Vec::new();
    for step in list {
        match landed.get(step.name) {
            Some(sum) if *sum == checksum(step.sql) => {
                if let Some(skipped) = pending.first() {
                    return Err(Error::fault(format!(
                        "migration {} has not run, but the later {} has; give it a higher number",
                        skipped.name, step.name
                    )));
                }
            }
            Some(_) => {
                return Err(Error::fault(format!(
                    "migration {} has changed since it ran here; restore its text and put the change into a new one",
                    step.name
                )));
            }
            None => pending.push(*step),
        }
    }
    Ok(pending)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Migration = Migration { name: "0001_a", sql: "CREATE TABLE a (x BIGINT)" };
    const B: Migration = Migration { name: "0002_b", sql: "CREATE TABLE b (x BIGINT)" };

    fn landed(list: &[Migration]) -> BTreeMap<String, String> {
        list.iter().map(|m| (m.name.to_owned(), checksum(m.sql))).collect()
    }

    #[test]
    fn only_what_has_not_run_is_pending() {
        assert_eq!(pending(&[A, B], &landed(&[A])).unwrap(), [B]);
        assert_eq!(pending(&[A], &landed(&[A, B])).unwrap(), []);
    }

    #[test]
    fn a_changed_step_is_named() {
        let changed = Migration { sql: "CREATE TABLE a (y BIGINT)", ..A };
        let e = pending(&[changed, B], &landed(&[A])).unwrap_err();
        assert!(e.to_string().contains("0001_a has changed"), "{e}");
    }

    #[test]
    fn a_step_slipped_in_before_a_landed_one_is_refused() {
        let e = pending(&[A, B], &landed(&[B])).unwrap_err();
        assert!(e.to_string().contains("0001_a has not run"), "{e}");
        assert!(in_order(&[B, A]).is_err());
    }

    #[test]
    fn line_ends_do_not_change_a_checksum() {
        assert_eq!(checksum("a\r\nb"), checksum("a\nb"));
    }
}
