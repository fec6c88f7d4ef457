//! docs/journeys.md against the code: what it names as a proof is there.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Whether a file has what is named: a test, a talk in which the customer says it, a journey of that name.
fn is_there(file: &str, name: &str) -> Result<(), String> {
    let top = ["crates/", "flows/", "web/"].iter().any(|t| file.starts_with(t));
    let path = if top { root().join(file) } else { root().join("crates/bank/src").join(file) };
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{file}: {e}"))?;
    let has = match file.rsplit_once('.') {
        Some((_, "rs")) => {
            let head = format!("fn {name}(");
            text.match_indices(&head)
                .any(|(at, _)| text[..at].trim_end_matches("async ").trim_end().ends_with(']'))
        }
        Some((_, "toml")) => {
            text.contains("[[talk]]") && text.lines().any(|l| l == format!("客户：{name}"))
        }
        Some((_, "mjs")) => text.contains(&format!("journey('{name}'")),
        _ => false,
    };
    if has { Ok(()) } else { Err(format!("{file} has no {name}")) }
}

#[test]
fn every_branch_of_the_journeys_names_proofs_that_exist() {
    let page = std::fs::read_to_string(root().join("docs/journeys.md")).unwrap();
    let (mut branches, mut missing) = (0, vec![]);
    for row in page
        .lines()
        .filter(|l| l.starts_with("| ") && !l.starts_with("| branch") && !l.starts_with("| ---"))
    {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, branch, seen, proof, _] = cells[..] else { panic!("{row}") };
        assert!(!branch.is_empty() && !seen.is_empty(), "{row}");
        branches += 1;
        let named: Vec<&str> =
            proof.split('`').skip(1).step_by(2).filter(|n| n.contains("::")).collect();
        assert!(!named.is_empty() || proof.contains("*not yet*"), "{branch} says nothing");
        for one in named {
            let Some((file, name)) = one.split_once("::") else { panic!("{one}") };
            missing.extend(is_there(file, name).err().map(|e| format!("{branch}: {e}")));
        }
    }
    assert_eq!(missing, Vec::<String>::new());
    assert_eq!(branches, 139);
}
