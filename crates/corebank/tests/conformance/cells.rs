//! Which command was tried in which situation, as docs/core-conformance.md shows it.

use corebank::conformance::Finding;

/// The first sentence about every command; those after it are the others.
const FIRST: &str = "a command moves what it says, once, and says what it moved";

/// A row for each command, a column for each situation, in the order in which they are tried.
pub(crate) fn table(findings: &[Finding]) -> String {
    let from = findings.iter().position(|f| f.sentence == FIRST).unwrap();
    let cells = &findings[from..];
    let numbers: Vec<String> = (1..=cells.len()).map(|n| n.to_string()).collect();
    let rule = vec!["---"; cells.len()];
    let mut table =
        format!("| command | {} |\n| --- | {} |\n", numbers.join(" | "), rule.join(" | "));
    for command in &cells[0].tried {
        let row = cells.iter().map(|f| if f.tried.contains(command) { "✓" } else { "–" });
        table += &format!("| {command} | {} |\n", row.collect::<Vec<_>>().join(" | "));
    }
    table
}

/// The page shows this table, and names every situation.
pub(crate) fn assert_shown(findings: &[Finding]) {
    let page = include_str!("../../../../docs/core-conformance.md");
    let table = table(findings);
    assert!(page.contains(&table), "docs/core-conformance.md shows another table than\n{table}");
    let from = findings.iter().position(|f| f.sentence == FIRST).unwrap();
    for (n, finding) in findings[from..].iter().enumerate() {
        let line = format!("{}. {}\n", n + 1, finding.sentence);
        assert!(page.contains(&line), "docs/core-conformance.md lacks {line}");
    }
}
