//! Checks flow files without building the product: `flows_check flows/` or single folders and files.
//!
//! `weiyin flows check` is the same with a table. See docs/add-a-service.md. With `--phrases` also which phrases mislead the
//! classifier, which takes some trainings.

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
    let (flags, places): (Vec<_>, Vec<_>) =
        std::env::args_os().skip(1).partition(|a| a == "--phrases");
    for at in places {
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
    // another reading of all the files trains once more: only when it was asked for
    let misplaced = if flags.is_empty() {
        vec![]
    } else {
        let book = dialogue::Book::load(&files, &dialogue::VERBS);
        book.map_or_else(|_| vec![], |book| book.misplaced())
    };
    for e in &misplaced {
        writeln!(out, "{e}")?;
    }
    match report.mistakes.len() + misplaced.len() {
        0 => Ok(writeln!(out, "0 mistakes")?),
        n => Err(format!("{n} mistakes").into()),
    }
}
