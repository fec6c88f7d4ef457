//! Reads knowledge files and refuses what could mislead, naming file and line.

use super::rows::{Row, RowKind, RowValue, Rows};
use super::{Answer, Entry, Knowledge, Mistake};
use crate::book::BookError;
use nlu::{Finder, dates, question_key};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// An answer is read on a telephone.
pub(super) const ANSWER_CHARS_MAX: usize = 180;
/// A sentence for elders.
pub(super) const ELDER_SENTENCE_MAX: usize = 60;
const ASKS_MIN: usize = 3;
const HOUSE: [&str; 3] = ["institution", "hours", "phone"];
/// A number of one of these stands in a table, never in prose.
const UNITS: &str = "元块万亿岁厘折";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    owner: String,
    source: String,
    from: Spanned<String>,
    to: Option<Spanned<String>>,
    #[serde(default)]
    entry: Vec<Spanned<EntryFile>>,
    #[serde(default)]
    row: Vec<Spanned<RowFile>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryFile {
    id: Spanned<String>,
    ask: Vec<Spanned<String>>,
    answer: Spanned<String>,
    elder: Option<Spanned<String>>,
    item: Option<String>,
    source: Option<String>,
    owner: Option<String>,
    from: Option<Spanned<String>>,
    to: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RowFile {
    key: Spanned<String>,
    kind: Spanned<String>,
    name: String,
    value: Spanned<String>,
    source: Option<String>,
    owner: Option<String>,
    from: Option<Spanned<String>>,
    to: Option<Spanned<String>>,
}

/// A piece of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'a> {
    Words(&'a str),
    /// `institution`, `hours`, `phone`.
    House(&'a str),
    Row(&'a str),
}

/// Cuts an answer at its braces.
pub(super) fn parts(text: &str) -> Result<Vec<Part<'_>>, String> {
    let mut out = vec![];
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, next) = after.split_once('}').ok_or("a brace is not closed")?;
        out.push(Part::Words(before));
        out.push(if HOUSE.contains(&name) { Part::House(name) } else { Part::Row(name) });
        rest = next;
    }
    if rest.contains('}') {
        return Err("a closing brace without its opening one".to_owned());
    }
    out.push(Part::Words(rest));
    Ok(out)
}

/// The number in prose, if there is one: digits, or a numeral before a unit.
fn number_in(prose: &str) -> Option<String> {
    let chars: Vec<char> = prose.chars().collect();
    let numeral = |c: &char| "零一二三四五六七八九十百千万两半".contains(*c);
    for (at, c) in chars.iter().enumerate() {
        if c.is_ascii_digit() || ('０'..='９').contains(c) || *c == '%' {
            return Some(c.to_string());
        }
        let begins = numeral(c) && (at == 0 || !numeral(&chars[at - 1]));
        let end = (at..chars.len()).find(|i| !numeral(&chars[*i])).unwrap_or(chars.len());
        // 千万 and 万一 are words; 一块 is "together"
        let said: String = chars[at..end].iter().collect();
        let is_word = matches!(said.as_str(), "千万" | "万一" | "一万一" | "一");
        if begins && !is_word && chars.get(end).is_some_and(|u| UNITS.contains(*u)) {
            return Some(format!("{said}{}", chars[end]));
        }
    }
    None
}

/// What is wrong with the words of an answer.
pub(super) fn mistakes(words: &Answer, rows: &Rows) -> Vec<Mistake> {
    let mut out = text_mistakes(&words.answer, rows);
    if words.answer.chars().count() > ANSWER_CHARS_MAX {
        out.push(Mistake::Long);
    }
    if let Some(elder) = &words.elder {
        out.extend(text_mistakes(elder, rows));
        let long = |s: &str| s.chars().count() > ELDER_SENTENCE_MAX;
        if elder.split(['。', '！', '？', '：']).any(long) {
            out.push(Mistake::LongForElders);
        }
    }
    if words.to.is_some_and(|to| to < words.from) {
        out.push(Mistake::Days);
    }
    if words.source.trim().is_empty() || words.owner.trim().is_empty() {
        out.push(Mistake::Basis);
    }
    out
}

fn text_mistakes(text: &str, rows: &Rows) -> Vec<Mistake> {
    let parts = match parts(text) {
        Ok(parts) => parts,
        Err(why) => return vec![Mistake::Shape(why)],
    };
    let mut out = vec![];
    if text.trim().is_empty() {
        out.push(Mistake::Empty);
    }
    for part in parts {
        match part {
            Part::House(_) => {}
            Part::Words(prose) => out.extend(number_in(prose).map(Mistake::Number)),
            Part::Row(key) => match rows.known(key).map(|r| r.kind) {
                None => out.push(Mistake::Row(key.to_owned())),
                Some(RowKind::Tiers) => out.push(Mistake::Tiers(key.to_owned())),
                Some(_) => {}
            },
        }
    }
    out
}

/// The file being read.
struct Page<'a> {
    file: &'a str,
    text: &'a str,
    errors: Vec<BookError>,
}

impl Page<'_> {
    fn wrong(&mut self, span: &Range<usize>, message: String) {
        let line = self.text.get(..span.start).map_or(0, |b| b.matches('\n').count() + 1);
        self.errors.push(BookError { file: self.file.to_owned(), line, message });
    }

    fn day(&mut self, text: &Spanned<String>) -> i64 {
        dates::from_iso(text.get_ref()).unwrap_or_else(|| {
            self.wrong(&text.span(), format!("“{}” is no day like 2026-11-23", text.get_ref()));
            0
        })
    }

    /// The days of a row or entry, its own or the file's.
    fn days(
        &mut self,
        file: &File,
        from: Option<&Spanned<String>>,
        to: Option<&Spanned<String>>,
    ) -> (i64, Option<i64>) {
        let from = self.day(from.unwrap_or(&file.from));
        let to = to.or(file.to.as_ref()).map(|t| self.day(t));
        (from, to)
    }
}

#[derive(Default)]
struct Shelf {
    knowledge: Knowledge,
    /// Question key → entry and where it stands.
    claims: BTreeMap<String, (String, String)>,
    errors: Vec<BookError>,
}

/// Tables first: answers speak of their rows.
pub(super) fn load(files: &[(&str, &str)]) -> Result<Knowledge, Vec<BookError>> {
    let mut shelf = Shelf::default();
    let is_table = |f: &&(&str, &str)| f.0.contains("tables/");
    let tables = files.iter().filter(is_table);
    for (file, text) in tables.chain(files.iter().filter(|f| !is_table(f))) {
        shelf.read(file, text);
    }
    if !shelf.errors.is_empty() {
        return Err(shelf.errors);
    }
    let mut knowledge = shelf.knowledge;
    let questions = knowledge.entries.iter().enumerate();
    let questions = questions.flat_map(|(at, e)| e.ask.iter().map(move |q| (at, q.as_str())));
    knowledge.finder = Finder::of(questions);
    Ok(knowledge)
}

impl Shelf {
    fn read(&mut self, file: &str, text: &str) {
        let mut page = Page { file, text, errors: vec![] };
        match toml::from_str::<File>(text) {
            Err(e) => page.wrong(&e.span().unwrap_or(0..0), e.message().to_owned()),
            Ok(read) => {
                for row in &read.row {
                    self.row(&mut page, &read, row.get_ref());
                }
                for entry in &read.entry {
                    self.entry(&mut page, &read, entry.get_ref());
                }
            }
        }
        self.errors.append(&mut page.errors);
    }

    fn row(&mut self, page: &mut Page<'_>, file: &File, row: &RowFile) {
        let key = row.key.get_ref();
        let (from, to) = page.days(file, row.from.as_ref(), row.to.as_ref());
        let Some(kind) = RowKind::parse(row.kind.get_ref()) else {
            return page.wrong(&row.kind.span(), format!("unknown kind “{}”", row.kind.get_ref()));
        };
        let Some(value) = RowValue::parse(kind, row.value.get_ref()) else {
            let message = format!("“{}” is no {}", row.value.get_ref(), row.kind.get_ref());
            return page.wrong(&row.value.span(), message);
        };
        if !is_name(key, true) {
            return page.wrong(&row.key.span(), format!("“{key}” is no key like fee.sms"));
        }
        if self.knowledge.rows.known(key).is_some_and(|r| r.kind != kind) {
            return page.wrong(&row.kind.span(), format!("{key} has another kind elsewhere"));
        }
        self.knowledge.rows.add(Row {
            key: key.clone(),
            name: row.name.clone(),
            kind,
            value,
            from,
            to,
            source: row.source.clone().unwrap_or_else(|| file.source.clone()),
            owner: row.owner.clone().unwrap_or_else(|| file.owner.clone()),
        });
    }

    fn entry(&mut self, page: &mut Page<'_>, file: &File, entry: &EntryFile) {
        let id = entry.id.get_ref();
        let (from, to) = page.days(file, entry.from.as_ref(), entry.to.as_ref());
        let words = Answer {
            answer: entry.answer.get_ref().clone(),
            elder: entry.elder.as_ref().map(|e| e.get_ref().clone()),
            source: entry.source.clone().unwrap_or_else(|| file.source.clone()),
            owner: entry.owner.clone().unwrap_or_else(|| file.owner.clone()),
            from,
            to,
        };
        for mistake in mistakes(&words, &self.knowledge.rows) {
            page.wrong(&entry.answer.span(), format!("{id}: {mistake}"));
        }
        if !is_name(id, false) {
            page.wrong(&entry.id.span(), format!("“{id}” is no id like open_account"));
        }
        if entry.ask.len() < ASKS_MIN {
            page.wrong(&entry.id.span(), format!("{id} is asked in fewer than {ASKS_MIN} ways"));
        }
        for ask in &entry.ask {
            let key = question_key(ask.get_ref());
            let line = page.text[..ask.span().start].matches('\n').count() + 1;
            let place = format!("{}:{line}", page.file);
            match self.claims.get(&key) {
                _ if key.is_empty() => {
                    page.wrong(&ask.span(), format!("“{}” says nothing", ask.get_ref()));
                }
                Some((other, at)) => {
                    let message = format!("“{}” already asks for {other} ({at})", ask.get_ref());
                    page.wrong(&ask.span(), message);
                }
                None => {
                    self.claims.insert(key, (id.clone(), place));
                }
            }
        }
        let at = self.knowledge.entries.len();
        if self.knowledge.by_id.insert(id.clone(), at).is_some() {
            page.wrong(&entry.id.span(), format!("there is another {id}"));
        }
        self.knowledge.entries.push(Entry {
            id: id.clone(),
            ask: entry.ask.iter().map(|a| a.get_ref().clone()).collect(),
            words,
            item: entry.item.clone(),
            file: page.file.to_owned(),
        });
    }
}

/// Small letters, digits and underscores, with dots between where they are allowed.
fn is_name(name: &str, dots: bool) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    !name.is_empty() && name.chars().all(|c| plain(c) || (dots && c == '.'))
}
