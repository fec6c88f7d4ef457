//! Checks flow files without building the product: `flows_check flows/` or single folders and files.
//!
//! `weiyin flows check` is the same with a table. See docs/add-a-service.md.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

fn collect(at: &Path, into: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    if at.is_dir() {
        let mut inside =
            std::fs::read_dir(at)?.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>()?;
        inside.sort();
        inside.iter().try_for_each(|path| collect(path, into))?;
    } else if at.extension().is_some_and(|e| e == "toml") {
        into.push(at.to_owned());
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout();
    let mut paths = vec![];
    for at in std::env::args_os().skip(1) {
        collect(Path::new(&at), &mut paths)?;
    }
    let mut texts = vec![];
    for path in paths {
        texts.push((path.display().to_string(), std::fs::read_to_string(&path)?));
    }
    let files: Vec<(&str, &str)> = texts.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    let report = dialogue::check::files(&files, |_, _| {});
    for mistake in &report.mistakes {
        writeln!(out, "{mistake}")?;
    }
    let total = report.total();
    writeln!(
        out,
        "{} items ({} to come), {} phrases, {} talks",
        total.items, total.soon, total.phrases, total.talks
    )?;
    match report.mistakes.len() {
        0 => Ok(()),
        n => Err(format!("{n} mistakes").into()),
    }
}
