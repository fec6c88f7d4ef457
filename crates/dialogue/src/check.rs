//! Checks flow files as their author has them now: read together, every talk run, what is wrong by file and line.
//!
//! Not for: reading files (texts are handed in) nor for showing what was found.

use crate::book::Book;
use crate::talk;
use crate::verbs::VERBS;
use std::collections::BTreeMap;
use std::fmt;

/// A file has at least so many talks: one that goes well and one that does not.
const TALKS_MIN: usize = 2;
/// And so many phrases, when it has any.
const PHRASES_MIN: usize = 40;

/// Something to put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    pub file: String,
    /// 0 where the place is not known.
    pub line: usize,
    pub what: String,
}
impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.what),
            line => write!(f, "{}:{line}: {}", self.file, self.what),
        }
    }
}

/// Counts of one folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub items: usize,
    pub soon: usize,
    pub phrases: usize,
    pub talks: usize,
    pub mistakes: usize,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    pub mistakes: Vec<Mistake>,
    /// By folder.
    pub folders: BTreeMap<String, Counts>,
}

/// The folder a file lies in: `accounts` of `flows/accounts/account_list.toml`.
pub fn folder(file: &str) -> &str {
    let mut parts = file.rsplit(['/', '\\']);
    parts.next();
    parts.next().unwrap_or_default()
}

/// Checks files (path, text) together. `done` is told how many of all talks have been run.
pub fn files(files: &[(&str, &str)], mut done: impl FnMut(usize, usize)) -> Report {
    let mut report = Report::default();
    let book = match Book::load(files, &VERBS) {
        Ok(book) => book,
        Err(errors) => {
            for e in errors {
                report.add(Mistake { file: e.file, line: e.line, what: e.message });
            }
            return report;
        }
    };
    let all = book.items().map(|i| i.talks.len()).sum();
    let mut run = 0;
    for item in book.items() {
        let counts = report.folders.entry(folder(&item.file).to_owned()).or_default();
        counts.items += 1;
        counts.soon += usize::from(item.is_soon);
        counts.phrases += item.say.len();
        counts.talks += item.talks.len();
        for talk in &item.talks {
            if let Err(e) = talk::run(&book, &item.file, talk) {
                let what = format!("\n  wanted: {}\n  said:   {}", e.wanted, e.said);
                report.add(Mistake { file: e.file, line: e.line, what });
            }
            run += 1;
            done(run, all);
        }
        let few = |what: &str, n: usize, least: usize| Mistake {
            file: item.file.clone(),
            line: 0,
            what: format!("{n} {what}, {least} at least"),
        };
        if item.talks.len() < TALKS_MIN {
            report.add(few("talks", item.talks.len(), TALKS_MIN));
        }
        if !item.say.is_empty() && item.say.len() < PHRASES_MIN {
            report.add(few("phrases", item.say.len(), PHRASES_MIN));
        }
    }
    report
}

impl Report {
    fn add(&mut self, mistake: Mistake) {
        self.folders.entry(folder(&mistake.file).to_owned()).or_default().mistakes += 1;
        self.mistakes.push(mistake);
    }

    /// All folders together.
    pub fn total(&self) -> Counts {
        self.folders.values().fold(Counts::default(), |sum, c| Counts {
            items: sum.items + c.items,
            soon: sum.soon + c.soon,
            phrases: sum.phrases + c.phrases,
            talks: sum.talks + c.talks,
            mistakes: sum.mistakes + c.mistakes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_read_is_named_with_its_line() {
        let text = "title = \"试\"\nneeds = \"anyone\"\ncolour = \"red\"\n";
        let report = files(&[("flows/test/a.toml", text)], |_, _| {});
        let said = report.mistakes[0].to_string();
        assert!(said.starts_with("flows/test/a.toml:3: "), "{said}");
        assert_eq!(report.total().mistakes, report.mistakes.len());
    }

    #[test]
    fn the_folder_is_the_last_but_one_part() {
        assert_eq!(folder("flows/accounts/a.toml"), "accounts");
        assert_eq!(folder("a.toml"), "");
    }
}
