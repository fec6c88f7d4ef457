//! `weiyin flows …`: check flow files while one writes them, and print the catalogue of what they offer.
//!
//! Not for: the flows inside the binary; those were checked when it was built.

use crate::catalogue::{Catalogue, markdown, page};
use crate::terminal::{self, Bar, Ink, inked, table};
use base::{Context, Error, Result};
use clap::Subcommand;
use dialogue::check::{self, Counts, Report};
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub enum Tool {
    /// Read the flow files of a folder together, run their sample conversations, and say what is wrong by file and line.
    Check {
        #[arg(default_value = "flows")]
        folder: PathBuf,
    },
    /// Write the catalogue of all items: a page (.html) or a list (.md).
    Catalogue {
        #[arg(long)]
        out: PathBuf,
    },
}

/// Runs one tool; its answer goes to `out`.
///
/// # Errors
/// Mistakes in the flows, files that cannot be read or written.
pub fn run(tool: &Tool, out: &mut impl Write) -> Result<()> {
    match tool {
        Tool::Check { folder } => check_folder(folder, out),
        Tool::Catalogue { out: file } => write_catalogue(file, out),
    }
}

fn check_folder(folder: &Path, out: &mut impl Write) -> Result<()> {
    let mut paths = vec![];
    collect(folder, &mut paths)?;
    if paths.is_empty() {
        return Err(Error::fault(format!("no .toml file below {}", folder.display())));
    }
    let mut texts = vec![];
    for path in paths {
        let text = std::fs::read_to_string(&path).doing(format!("reading {}", path.display()))?;
        texts.push((path.display().to_string(), text));
    }
    let files: Vec<(&str, &str)> = texts.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    let mut bar = Bar::new("reading", files.len());
    let mut is_first = true;
    let report = check::files(&files, |done, all| {
        if std::mem::take(&mut is_first) {
            bar.of("talks", all);
        }
        bar.at(done);
    });
    drop(bar);
    // a closed pipe (`| head`) is no error
    let _ = out.write_all(shown(&report, terminal::is_seen()).as_bytes());
    match report.mistakes.len() {
        0 => Ok(()),
        1 => Err(Error::fault("1 mistake in the flows")),
        n => Err(Error::fault(format!("{n} mistakes in the flows"))),
    }
}

fn collect(at: &Path, into: &mut Vec<PathBuf>) -> Result<()> {
    if at.is_dir() {
        let inside = std::fs::read_dir(at).doing(format!("reading {}", at.display()))?;
        let mut inside = inside.map(|e| Ok(e?.path())).collect::<Result<Vec<_>>>()?;
        inside.sort();
        return inside.iter().try_for_each(|path| collect(path, into));
    }
    if !at.exists() {
        return Err(Error::fault(format!("{} is not there", at.display())));
    }
    if at.extension().is_some_and(|e| e == "toml") {
        into.push(at.to_owned());
    }
    Ok(())
}

/// Mistakes by file and line, then counts: a table where a person looks, else one line.
fn shown(report: &Report, is_seen: bool) -> String {
    let mut text = String::new();
    for mistake in &report.mistakes {
        text.push_str(&inked(&mistake.to_string(), Ink::Red, is_seen));
        text.push('\n');
    }
    let total = report.total();
    if is_seen {
        let row = |name: &str, c: &Counts| -> Vec<String> {
            let counts = [c.items, c.soon, c.phrases, c.talks, c.mistakes];
            std::iter::once(name.to_owned()).chain(counts.map(|n| n.to_string())).collect()
        };
        let head = ["folder", "items", "to come", "phrases", "talks", "mistakes"];
        let mut rows: Vec<Vec<String>> = vec![head.map(str::to_owned).to_vec()];
        rows.extend(report.folders.iter().map(|(name, c)| row(name, c)));
        rows.push(row("all", &total));
        text.push_str(&table(&rows, &[1, 2, 3, 4, 5]));
    } else {
        text.push_str(&format!(
            "{} items ({} to come), {} phrases, {} talks, {} mistakes\n",
            total.items, total.soon, total.phrases, total.talks, total.mistakes
        ));
    }
    text
}

fn write_catalogue(file: &Path, out: &mut impl Write) -> Result<()> {
    let book = crate::understanding::book()?;
    let catalogue = Catalogue::of(&book);
    let text = match file.extension().and_then(|e| e.to_str()) {
        Some("html") => page::whole(&catalogue),
        Some("md") => markdown::list(&catalogue),
        _ => return Err(Error::fault("--out names a file that ends with .html or .md")),
    };
    std::fs::write(file, text).doing(format!("writing {}", file.display()))?;
    let _ = writeln!(out, "{} items are in {}", catalogue.items.len(), file.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(folder: &Path) -> (String, Result<()>) {
        let mut out = vec![];
        let ran = run(&Tool::Check { folder: folder.to_owned() }, &mut out);
        (String::from_utf8(out).unwrap(), ran)
    }

    #[test]
    fn the_flows_of_the_repository_have_no_mistake() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../flows");
        let (text, ran) = told(&folder);
        assert!(ran.is_ok(), "{text}");
        assert!(text.ends_with(" 0 mistakes\n"), "{text}");
    }

    #[test]
    fn a_mistake_is_told_by_file_and_line_and_the_check_fails() {
        let folder = tempfile::tempdir().unwrap();
        let group = folder.path().join("test");
        std::fs::create_dir(&group).unwrap();
        std::fs::write(group.join("a.toml"), "title = \"试\"\nneeds = \"anyone\"\ncolour = 1\n")
            .unwrap();
        let (text, ran) = told(folder.path());
        assert!(text.contains("test/a.toml:3: "), "{text}");
        assert!(ran.unwrap_err().to_string().contains("mistake"), "{text}");
        let (_, ran) = told(&folder.path().join("nowhere"));
        assert!(ran.unwrap_err().to_string().contains("is not there"));
    }
}
