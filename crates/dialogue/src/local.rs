//! An institution's own phrases and words over the flows of all (本行说法): read, checked like the flows, published, and used.
//!
//! A file names phrases by the item they ask for, and words by what they mean in the bank's language:
//!
//! ```toml
//! [say]
//! account_balance = ["瞄哈我折子头还剩好多"]
//! [words]
//! "折子头" = "存折里"
//! ```
//!
//! Words only help to tell what is wanted; sums, names and days are always read from what was said. Its readers are staff, so mistakes
//! are told in Chinese. Not for: flows themselves, nor where the files are kept.

use crate::book::{Book, BookError, Item};
use crate::eval::{BANK_QUESTIONS, NEGATIVES, OPEN_TALK};
use crate::flow::ItemKind;
use crate::phrases::{self, MODEL_SEED, NONE_ITEM};
use crate::step::emergency;
use crate::understand::{examples, key_of};
use nlu::policy::Decision;
use nlu::secret::secrets;
use nlu::{Example, Level, Scored, Thresholds};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use toml::Spanned;

/// An institution's file has at most so much.
pub const BYTES_MAX: usize = 64 * 1024;
pub const PHRASES_MAX: usize = 300;
pub const WORDS_MAX: usize = 100;
const PHRASE_CHARS_MAX: usize = 40;
const WORD_CHARS_MIN: usize = 2;
const WORD_CHARS_MAX: usize = 8;
/// Drafts of payments that may open where none is ordered: of open talk, and of what people ask a bank. One in so many.
const OPEN_TALK_PER_DRAFT: usize = 2_000;
const QUESTIONS_PER_DRAFT: usize = 1_000;
/// Any day will do to look for drafts.
const SOME_DAY: i64 = 20_780;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    say: BTreeMap<Spanned<String>, Vec<Spanned<String>>>,
    #[serde(default)]
    words: BTreeMap<Spanned<String>, Spanned<String>>,
}

/// A file that was read and has no mistake.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LocalFile {
    /// Item and phrase.
    say: Vec<(String, String)>,
    /// Key of a word, and of what it means.
    words: Vec<(String, String)>,
}

/// What publishing found out.
#[derive(Debug, Clone)]
pub struct Published {
    /// For [`Book::with_local`].
    pub kept: Vec<u8>,
    pub figures: Figures,
}

/// Figures of one publication.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    pub phrases: usize,
    pub words: usize,
    /// Own phrases that the others find when each is left out, and of how many.
    pub found: (usize, usize),
    /// How far sureness is from truth, over the held-out phrases of all flows and the own ones.
    pub calibration_error: f32,
    /// Sentences that order nothing, and drafts that opened for them.
    pub negatives: usize,
    pub false_drafts: usize,
    /// What the institution's phrases take in memory.
    pub bytes: usize,
}

/// Own phrases as a book holds them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Local {
    /// Phrase key → item.
    phrases: HashMap<String, String>,
    words: Vec<(String, String)>,
    /// None when they were published over other flows: then they are known word for word only.
    model: Option<nlu::Local>,
}

/// Reads mistakes of one file.
struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    errors: Vec<BookError>,
}

impl Reader<'_> {
    fn wrong(&mut self, at: usize, message: String) {
        let line = self.text.get(..at).map_or(0, |t| t.matches('\n').count() + 1);
        self.errors.push(BookError { file: self.file.to_owned(), line, message });
    }
}

impl LocalFile {
    fn examples(&self) -> Vec<Example> {
        self.say.iter().map(|(item, phrase)| self.example(item, phrase)).collect()
    }
    /// A phrase as it is heard: with the own words in the bank's language.
    fn example(&self, item: &str, phrase: &str) -> Example {
        let mut example = phrases::of_item(item, phrase);
        reword(&mut example.text, &self.words);
        example
    }
    pub fn phrases(&self) -> usize {
        self.say.len()
    }
    pub fn words(&self) -> usize {
        self.words.len()
    }
}

fn reword(key: &mut String, words: &[(String, String)]) {
    for (word, means) in words {
        if key.contains(word.as_str()) {
            *key = key.replace(word.as_str(), means);
        }
    }
}

/// A flow as staff know it: 余额查询（account_balance）.
fn named(item: &Item) -> String {
    format!("“{}”（{}）", item.title, item.id)
}

impl Book {
    /// Reads an institution's file. All mistakes at once, each with its line and what to do.
    ///
    /// # Errors
    /// No TOML, unknown keys or items, too much, a phrase or word that a flow has already, one that would never be heard.
    pub fn read_local(&self, file: &str, text: &str) -> Result<LocalFile, Vec<BookError>> {
        let mut reader = Reader { file, text, errors: vec![] };
        if text.len() > BYTES_MAX {
            reader.wrong(0, format!("文件太大，最多 {} KB", BYTES_MAX / 1024));
            return Err(reader.errors);
        }
        let parsed: File = match toml::from_str(text) {
            Ok(parsed) => parsed,
            Err(e) => {
                let at = e.span().map_or(0, |s| s.start);
                reader.wrong(at, format!("这一行写法不对（{}）", e.message()));
                return Err(reader.errors);
            }
        };
        let mut read = LocalFile::default();
        self.read_words(&mut reader, &parsed, &mut read);
        self.read_phrases(&mut reader, &parsed, &mut read);
        if read.say.len() > PHRASES_MAX || read.words.len() > WORDS_MAX {
            reader.wrong(0, format!("最多 {PHRASES_MAX} 句说法、{WORDS_MAX} 个词，请删掉一些"));
        }
        if reader.errors.is_empty() { Ok(read) } else { Err(reader.errors) }
    }

    /// Reads a file that was published before: what newer flows would refuse is passed over.
    pub fn reread_local(&self, text: &str) -> LocalFile {
        let mut reader = Reader { file: "", text, errors: vec![] };
        let Ok(parsed) = toml::from_str::<File>(text) else { return LocalFile::default() };
        let mut read = LocalFile::default();
        self.read_words(&mut reader, &parsed, &mut read);
        self.read_phrases(&mut reader, &parsed, &mut read);
        read
    }

    fn read_words(&self, reader: &mut Reader<'_>, parsed: &File, read: &mut LocalFile) {
        for (word, means) in &parsed.words {
            let at = word.span().start;
            let (key, meant) = (key_of(word.get_ref()), key_of(means.get_ref()));
            let length = key.chars().count();
            let shown = word.get_ref();
            let taken = || {
                let holds = self.phrases.iter().filter(|(phrase, _)| phrase.contains(&key));
                self.items.get(holds.map(|(_, id)| id).min()?)
            };
            if !(WORD_CHARS_MIN..=WORD_CHARS_MAX).contains(&length) {
                let message = format!("词“{shown}”要有 {WORD_CHARS_MIN} 到 {WORD_CHARS_MAX} 个字");
                reader.wrong(at, message);
            } else if let Some(item) = taken() {
                let message = format!(
                    "“{shown}”已经是{}的用语（{}），不用再教；请删掉这一行",
                    named(item),
                    item.file
                );
                reader.wrong(at, message);
            } else if meant.is_empty() || !self.phrases.keys().any(|p| p.contains(&meant)) {
                let message = format!(
                    "“{}”不是系统认识的词；请换成目录里的用语，例如 存折、余额",
                    means.get_ref()
                );
                reader.wrong(at, message);
            } else if read
                .words
                .iter()
                .any(|(other, _)| other.contains(&key) || key.contains(other))
            {
                reader.wrong(at, format!("“{shown}”和另一行的词重叠，只留一个"));
            } else {
                read.words.push((key, meant));
            }
        }
    }

    fn read_phrases(&self, reader: &mut Reader<'_>, parsed: &File, read: &mut LocalFile) {
        let mut claims: BTreeMap<String, String> = BTreeMap::new();
        for (id, said) in &parsed.say {
            let item =
                self.items.get(id.get_ref()).filter(|i| !i.say.is_empty() && i.id != NONE_ITEM);
            let Some(item) = item else {
                let message = format!("没有业务项“{}”；编号见服务目录", id.get_ref());
                reader.wrong(id.span().start, message);
                continue;
            };
            for phrase in said {
                let example = read.example(&item.id, phrase.get_ref());
                match self.why_not(item, phrase.get_ref(), &example.text, &claims) {
                    Some(why) => reader.wrong(phrase.span().start, why),
                    None => {
                        claims.insert(example.text, item.id.clone());
                        read.say.push((item.id.clone(), phrase.get_ref().clone()));
                    }
                }
            }
        }
    }

    /// Why a phrase cannot be this item's, and what to do.
    fn why_not(
        &self,
        item: &Item,
        phrase: &str,
        key: &str,
        claims: &BTreeMap<String, String>,
    ) -> Option<String> {
        if key.is_empty() || phrase.chars().count() > PHRASE_CHARS_MAX {
            return Some(format!("“{phrase}”要有 1 到 {PHRASE_CHARS_MAX} 个字"));
        }
        if !secrets(phrase).is_empty() {
            return Some("这一句里有卡号、证件号或密码的样子，请删掉".to_owned());
        }
        let text = nlu::normalise(phrase).text();
        if let Some(urgent) = emergency(&text) {
            let other = self.items.get(urgent.item).filter(|o| o.id != item.id);
            return other
                .map(|o| format!("“{phrase}”会先当作紧急情况，转到{}；请换个说法", named(o)));
        }
        if self.controls.contains_key(key) || self.clarify.contains_key(key) {
            return Some(format!("“{phrase}”是对话里的控制词或多义词，不能改；请删掉"));
        }
        let of = |other: &Item| {
            let line = other.say.iter().position(|p| key_of(p) == key).map(|at| other.say_at[at]);
            format!("{}:{}", other.file, line.unwrap_or(0))
        };
        if let Some(owner) = self.phrases.get(key).and_then(|id| self.items.get(id)) {
            return Some(if owner.id == item.id {
                format!("“{phrase}”已经认识（{}），请删掉这一句", of(owner))
            } else {
                format!(
                    "“{phrase}”已经是{}的说法（{}）；请改挂到 {}，或换个说法",
                    named(owner),
                    of(owner),
                    owner.id
                )
            });
        }
        if let Some(other) = claims.get(key) {
            return Some(format!("“{phrase}”在本文件里已经写在 {other} 下面，只留一处"));
        }
        self.surely_another(item, phrase, key)
    }

    /// A phrase that the flows are sure is another item's, or that stops harm.
    fn surely_another(&self, item: &Item, phrase: &str, key: &str) -> Option<String> {
        let ranked = self.model.rank(key);
        let best = ranked.first()?;
        let taken = self.items.get(best.item).filter(|o| o.id != item.id)?;
        let level = self.model.level(&ranked);
        let is_sure = level == Level::Answer
            || (level == Level::Confirm && taken.kind == ItemKind::Protective);
        is_sure.then(|| {
            format!(
                "“{phrase}”现在会当作{}来办（{:.0} % 把握）；请改挂到 {}，或加上能区别的话",
                named(taken),
                best.score * 100.0,
                taken.id
            )
        })
    }

    /// Publishes a file that was read: finds how sure one may be with these phrases, and looks for drafts that would open falsely.
    /// Takes a training of a part of the flows' phrases.
    ///
    /// # Errors
    /// More drafts open for what orders no payment than may; each is named.
    pub fn publish_local(&self, file: &LocalFile) -> Result<Published, Vec<String>> {
        let base = examples(&self.items, self.controls.iter());
        let model = self.model.localise(&base, &file.examples(), MODEL_SEED);
        let kept = model.keep();
        let mut figures = Figures {
            phrases: file.say.len(),
            words: file.words.len(),
            found: model.found(),
            calibration_error: model.judgement().error,
            negatives: 0,
            false_drafts: 0,
            bytes: 0,
        };
        let book = self.holding(file, Some(model));
        figures.bytes = book.local_bytes();
        let mut wrong = vec![];
        for (texts, per_draft) in [
            (OPEN_TALK, OPEN_TALK_PER_DRAFT),
            (NEGATIVES, QUESTIONS_PER_DRAFT),
            (BANK_QUESTIONS, QUESTIONS_PER_DRAFT),
        ] {
            let is_draft = |t: &&str| book.insight(t, SOME_DAY).decision == Decision::Draft;
            let drafts: Vec<&str> = texts.lines().filter(is_draft).collect();
            let all = texts.lines().count();
            figures.negatives += all;
            figures.false_drafts += drafts.len();
            if drafts.len() * per_draft > all {
                wrong.extend(drafts.iter().map(|t| (*t).to_owned()));
            }
        }
        if wrong.is_empty() { Ok(Published { kept, figures }) } else { Err(wrong) }
    }

    /// This book for an institution with that file as it was published; the flows are shared. False when it was published over other
    /// flows: then its phrases count word for word only, until it is published anew.
    pub fn with_local(&self, file: &LocalFile, kept: &[u8]) -> (Self, bool) {
        let model = self.model.recall_local(&file.examples(), MODEL_SEED, kept);
        let is_whole = model.is_some();
        (self.holding(file, model), is_whole)
    }

    fn holding(&self, file: &LocalFile, model: Option<nlu::Local>) -> Self {
        let own = file.say.iter().map(|(item, phrase)| (file.example(item, phrase).text, item));
        // newer flows may know a phrase by now: then it is theirs
        let free = own.filter(|(key, item)| {
            self.items.contains_key(*item)
                && !self.phrases.contains_key(key)
                && !self.controls.contains_key(key)
                && !self.clarify.contains_key(key)
        });
        let phrases = free.map(|(key, item)| (key, item.clone())).collect();
        let local = Local { phrases, words: file.words.clone(), model };
        Self { local: Some(Arc::new(local)), ..self.clone() }
    }

    /// What the institution's own phrases take in memory; nought without any.
    pub fn local_bytes(&self) -> usize {
        let Some(local) = &self.local else { return 0 };
        let texts = local.phrases.iter().map(|(k, v)| k.capacity() + v.capacity()).sum::<usize>();
        let words = local.words.iter().map(|(k, v)| k.capacity() + v.capacity()).sum::<usize>();
        let entry = size_of::<(String, String)>();
        let tables = local.phrases.capacity() * entry * 4 / 3 + local.words.capacity() * entry;
        size_of::<Local>()
            + texts
            + words
            + tables
            + local.model.as_ref().map_or(0, nlu::Local::bytes)
    }

    fn local_model(&self) -> Option<&nlu::Local> {
        self.local.as_ref()?.model.as_ref()
    }

    /// A key with the institution's own words in the bank's language.
    pub(crate) fn reworded(&self, key: &mut String) {
        if let Some(local) = &self.local {
            reword(key, &local.words);
        }
    }
    /// The item of exactly this phrase.
    pub(crate) fn phrase(&self, key: &str) -> Option<&String> {
        self.phrases.get(key).or_else(|| self.local.as_ref()?.phrases.get(key))
    }
    pub(crate) fn rank(&self, key: &str) -> Vec<Scored<'_>> {
        self.model.rank_with(key, self.local_model())
    }
    pub(crate) fn level(&self, ranked: &[Scored<'_>]) -> Level {
        self.model.level_with(ranked, self.local_model())
    }
    pub(crate) fn thresholds(&self) -> Thresholds {
        self.model.thresholds_with(self.local_model())
    }
}
