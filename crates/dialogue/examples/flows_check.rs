//! Checks flow files without building anything: `flows_check flows/` or single folders and files.
//!
//! Reads them together with one another, runs their sample conversations, and says what is wrong with file and line. With
//! `--phrases` also which phrases mislead the classifier, which takes some trainings.

use dialogue::{Book, VERBS, talk};
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
    let book = match Book::load(&files, &VERBS) {
        Ok(book) => book,
        Err(errors) => {
            for e in &errors {
                writeln!(out, "{e}")?;
            }
            return Err(format!("{} mistakes", errors.len()).into());
        }
    };
    let mut wrong = 0;
    for item in book.items() {
        for talk in &item.talks {
            if let Err(e) = talk::run(&book, &item.file, talk) {
                writeln!(out, "{e}")?;
                wrong += 1;
            }
        }
        if item.talks.len() < 2 || (!item.say.is_empty() && item.say.len() < 40) {
            let (phrases, talks) = (item.say.len(), item.talks.len());
            writeln!(
                out,
                "{}: {phrases} phrases (40 at least), {talks} talks (2 at least)",
                item.file
            )?;
            wrong += 1;
        }
    }
    if !flags.is_empty() {
        let misplaced = book.misplaced();
        for e in &misplaced {
            writeln!(out, "{e}")?;
        }
        wrong += misplaced.len();
    }
    let (items, phrases) = (book.items().count(), book.items().map(|i| i.say.len()).sum::<usize>());
    writeln!(out, "{items} items, {phrases} phrases")?;
    if wrong > 0 { Err(format!("{wrong} mistakes").into()) } else { Ok(()) }
}
