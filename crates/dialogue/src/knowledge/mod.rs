//! Questions with their answers (`knowledge/*.toml`) and the tables their numbers come from (`knowledge/tables/*.toml`).
//!
//! An answer holds no number of its own: rates, fees, limits, hours and telephones are rows, named in braces. An answer past its date,
//! or one of whose rows is past its date, is withdrawn, and that is said. Not for: whose turn it is to answer ([`crate::step`]),
//! nor for storing an institution's own words; both are handed in.

mod load;
mod mistake;
mod rows;

use crate::book::BookError;
pub use mistake::Mistake;
use nlu::Finder;
use nlu::policy::is_question;
pub use rows::{
    OwnRow, Ratio, Row, RowKind, RowValue, Rows, Tiers, months_words, since_words, yuan_words,
};
use std::collections::BTreeMap;
use std::sync::LazyLock;

include!(concat!(env!("OUT_DIR"), "/knowledge_files.rs"));

/// A question of the files, word for word.
pub(crate) const KNOWN: f32 = 0.99;
/// From this score on a question is taken for a known one whatever the classifier guesses.
pub(crate) const CERTAIN: f32 = 0.86;
/// From this score on it is answered where no item is certain; from the second on when it also leads by so much.
pub const ANSWERS: f32 = 0.60;
const LEADING: f32 = 0.52;
const LEAD: f32 = 0.06;
/// What is not put as a question is one only from this score on.
const UNASKED: f32 = 0.75;
/// From this score on it is offered as a line.
pub const OFFERS: f32 = 0.40;

/// A question with its answer: the union's, over which an institution may have its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: String,
    /// The ways it is asked; the first is shown.
    pub ask: Vec<String>,
    pub words: Answer,
    /// An item that does what the answer speaks of.
    pub item: Option<String>,
    pub file: String,
}

/// What is said to a question, and how long it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// With rows in braces: `{fee.sms}`.
    pub answer: String,
    /// The same for elders, where it has its own words.
    pub elder: Option<String>,
    pub source: String,
    pub owner: String,
    /// Day numbers, both included.
    pub from: i64,
    pub to: Option<i64>,
}

/// An answer with its numbers filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub answer: String,
    pub elder: String,
    /// Where it comes from and since when.
    pub basis: String,
}

/// A known question near to what was asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit<'k> {
    pub entry: &'k Entry,
    /// 0 to 1.
    pub score: f32,
}

/// All questions of the product.
#[derive(Debug, Clone, Default)]
pub struct Knowledge {
    entries: Vec<Entry>,
    by_id: BTreeMap<String, usize>,
    rows: Rows,
    finder: Finder,
}

impl Knowledge {
    /// Reads and checks files: (path, text). Those below `tables/` hold rows. All mistakes at once, with file and line.
    ///
    /// # Errors
    /// Unknown keys, kinds, rows, days that are none, a number in prose, a question that two answers claim, sentences too long.
    pub fn load(files: &[(&str, &str)]) -> Result<Self, Vec<BookError>> {
        load::load(files)
    }

    /// The product's own (`knowledge/**.toml`), embedded at build time.
    ///
    /// # Errors
    /// As [`Self::load`]; the tests of this crate keep it from happening.
    pub fn embedded() -> Result<&'static Self, &'static [BookError]> {
        static EMBEDDED: LazyLock<Result<Knowledge, Vec<BookError>>> =
            LazyLock::new(|| Knowledge::load(KNOWLEDGE_FILES));
        EMBEDDED.as_ref().map_err(Vec::as_slice)
    }

    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.get(*self.by_id.get(id)?)
    }
    /// The union's rows.
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// The known questions nearest to `text`, best first.
    pub fn find(&self, text: &str, most: usize) -> Vec<Hit<'_>> {
        let hit =
            |f: nlu::Found| self.entries.get(f.answer).map(|entry| Hit { entry, score: f.score });
        self.finder.find(text, most).into_iter().filter_map(hit).collect()
    }

    /// The entry of exactly this question.
    pub(crate) fn known(&self, text: &str) -> Option<&Entry> {
        self.entries.get(self.finder.known(text)?)
    }

    /// The entry that answers `text`, when one is near enough.
    pub fn answering(&self, text: &str) -> Option<&Entry> {
        Self::best(&self.find(text, 2), text).map(|hit| hit.entry)
    }

    /// The first of `hits` when it answers `text`.
    pub(crate) fn best<'k>(hits: &[Hit<'k>], text: &str) -> Option<Hit<'k>> {
        let first = hits.first()?;
        let lead = first.score - hits.get(1).map_or(0.0, |h| h.score);
        let is_near = first.score >= ANSWERS || (first.score >= LEADING && lead >= LEAD);
        let is_asked = is_question(text) || first.score >= UNASKED;
        (is_near && is_asked).then_some(*first)
    }

    /// What is wrong with an institution's own words, if anything; the rules are those of the files.
    pub fn mistakes(&self, words: &Answer) -> Vec<Mistake> {
        load::mistakes(words, &self.rows)
    }
}

impl Answer {
    /// The words on that day, or none when they, or a row they need, do not hold then. `house` gives `institution`, `hours`, `phone`.
    pub fn tell(&self, rows: &Rows, day: i64, house: impl Fn(&str) -> String) -> Option<Told> {
        if day < self.from || self.to.is_some_and(|to| to < day) {
            return None;
        }
        let mut since = self.from;
        let mut fill = |text: &str| -> Option<String> {
            let mut out = String::new();
            for part in load::parts(text).ok()? {
                match part {
                    load::Part::Words(words) => out.push_str(words),
                    load::Part::House(name) => out.push_str(&house(name)),
                    load::Part::Row(key) => {
                        let row = rows.at(key, day)?;
                        since = since.max(row.from);
                        out.push_str(&row.value.to_string());
                    }
                }
            }
            Some(out)
        };
        let answer = fill(&self.answer)?;
        let elder = match &self.elder {
            Some(elder) => fill(elder)?,
            None => answer.clone(),
        };
        let source = &self.source;
        let named =
            if source.starts_with('《') { source.clone() } else { format!("《{source}》") };
        Some(Told { answer, elder, basis: format!("依据：{named}，{}", since_words(since)) })
    }
}

#[cfg(test)]
mod tests;
