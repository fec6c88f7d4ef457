//! The book: all flows, checked and ready, with the model that understands their phrases.
//!
//! Not for: reading files (texts are handed in) nor for conversation state.

use crate::doubt::Vocabulary;
use crate::flow::{ItemKind, Needs};
use crate::heard::OwnKind;
use crate::knowledge::Knowledge;
use crate::load;
use crate::local::Local;
use crate::seat::{CONFIRM, Control, Seat};
use crate::template::{SlotKinds, Template};
use crate::turn::Outcome;
use crate::understand::Reading;
use crate::verbs::{VERBS, VerbSpec};
use nlu::dates::Look;
use nlu::ident::BillRule;
use nlu::policy::Gate;
use nlu::{Normal, Understander};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, LazyLock};

include!(concat!(env!("OUT_DIR"), "/flow_files.rs"));

/// A file of the book that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookError {
    pub file: String,
    /// 1-based; 0 when the place is not known.
    pub line: usize,
    pub message: String,
}
impl fmt::Display for BookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}
impl std::error::Error for BookError {}

/// All flows of the product. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Book {
    pub(crate) items: Arc<BTreeMap<String, Item>>,
    /// Phrase key → item.
    pub(crate) phrases: Arc<HashMap<String, String>>,
    /// Short phrases as typed, read ahead: most messages are one of them.
    pub(crate) readings: Arc<HashMap<String, Reading>>,
    /// Phrase key → control word.
    pub(crate) controls: Arc<HashMap<String, Control>>,
    /// Phrase key → what is asked of a word that means several things.
    pub(crate) clarify: Arc<HashMap<String, Arc<Clarify>>>,
    pub(crate) model: Arc<Understander>,
    pub(crate) gate: Arc<Gate>,
    /// An institution's own phrases over these.
    pub(crate) local: Option<Arc<Local>>,
    /// Made when it is first wanted.
    pub(crate) vocabulary: Arc<Vocabulary>,
    /// The union's questions and answers.
    pub(crate) knowledge: &'static Knowledge,
    pub(crate) version: u32,
}

/// One service item, as the catalogue and the menu want to know it.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub id: String,
    pub title: String,
    /// Group of the menu, empty when it has none.
    pub menu: String,
    pub needs: Needs,
    pub kind: ItemKind,
    /// What people say for it.
    pub say: Vec<String>,
    /// The line of the file each of them stands in.
    pub(crate) say_at: Vec<usize>,
    /// So many of them, the last, order it plainly.
    pub(crate) orders: usize,
    /// It does not exist yet; the reply says so.
    pub is_soon: bool,
    /// Sample conversations: its tests and its documentation.
    pub talks: Vec<Talk>,
    /// The file it came from, as named when loading.
    pub file: String,
    pub(crate) when_bound: Option<String>,
    pub(crate) when_no_login: Option<String>,
    pub(crate) without_consent: bool,
    pub(crate) when_frozen: bool,
    pub(crate) asks: Vec<Ask>,
    pub(crate) confirm: Option<Confirm>,
    pub(crate) run: Option<Run>,
    pub(crate) reply: Reply,
    pub(crate) kinds: SlotKinds,
}

/// A sample conversation of a flow file.
#[derive(Debug, Clone, PartialEq)]
pub struct Talk {
    /// The facts it starts from, e.g. `李芳 已绑定 借记卡6688 余额 1280.50`.
    pub world: String,
    /// What verbs answer here, by their names.
    pub answers: BTreeMap<String, Outcome>,
    pub lines: String,
    /// Line of the file where `lines` begins.
    pub line: usize,
}

/// The kinds of answers a question may want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SlotKind {
    OwnAccount,
    DateRange,
    Row,
    Cursor,
    Flow,
    YesNo,
    Text,
    Phone,
    Institution,
    Amount,
    /// From which sum on: 超过五百.
    Threshold,
    /// Hours of every day: 晚上十点到早上七点.
    Hours,
    Term,
    Choice,
    Day,
    Payee,
    BillNo,
    Place,
    /// How many points, all of them, or those that end next.
    Points,
    /// What a line of a statement is looked up by: a sum, a name or a word.
    Sought,
    /// When something is done later: on a day, or every month.
    Plan,
    /// Who of a family.
    People,
}

impl SlotKind {
    pub(crate) const NAMES: &'static [(&'static str, Self)] = &[
        ("own_account", Self::OwnAccount),
        ("date_range", Self::DateRange),
        ("row", Self::Row),
        ("cursor", Self::Cursor),
        ("flow", Self::Flow),
        ("yes_no", Self::YesNo),
        ("text", Self::Text),
        ("phone", Self::Phone),
        ("institution", Self::Institution),
        ("amount", Self::Amount),
        ("threshold", Self::Threshold),
        ("hours", Self::Hours),
        ("term", Self::Term),
        ("choice", Self::Choice),
        ("day", Self::Day),
        ("payee", Self::Payee),
        ("bill_no", Self::BillNo),
        ("place", Self::Place),
        ("points", Self::Points),
        ("sought", Self::Sought),
        ("plan", Self::Plan),
        ("people", Self::People),
    ];
    /// Slots whose values are the customer's own words or personal data: never carried on.
    pub(crate) fn is_private(self) -> bool {
        matches!(self, Self::Text | Self::Phone | Self::BillNo | Self::Sought)
    }
    /// Slots that what comes next may go on from. How many points were given is good for one time only.
    pub(crate) fn is_kept(self) -> bool {
        !self.is_private()
            && !matches!(
                self,
                Self::Row
                    | Self::Cursor
                    | Self::Points
                    | Self::People
                    | Self::Threshold
                    | Self::Hours
            )
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ask {
    pub(crate) name: String,
    pub(crate) kind: SlotKind,
    pub(crate) prompt: Template,
    pub(crate) elder: Option<Template>,
    /// Said instead of the usual words when an answer was of another kind.
    pub(crate) again: Option<Template>,
    /// What the answer is called when it is said back: 转给, 金额.
    pub(crate) label: String,
    /// The line that has it asked anew: 改金额.
    pub(crate) change: Option<String>,
    /// The line when there is too little money: 转, which the sum that would do follows; 换一张卡.
    pub(crate) instead: Option<String>,
    /// Taken when it is said, never asked.
    pub(crate) is_optional: bool,
    pub(crate) choices: Vec<Choosable>,
    pub(crate) look: Look,
    /// Of a plan: it can only be done each month.
    pub(crate) is_monthly: bool,
    pub(crate) rule: BillRule,
    /// Of a bill's number: what is paid for.
    pub(crate) biller: Option<String>,
    pub(crate) default: Option<String>,
    pub(crate) all: Option<String>,
    pub(crate) all_label: Option<String>,
    pub(crate) of: Option<String>,
    pub(crate) also_of: Vec<String>,
    pub(crate) is_located: bool,
    pub(crate) of_kind: OwnKind,
    pub(crate) none: Option<Template>,
}

impl Ask {
    /// True for a question about a row of that item's list.
    pub(crate) fn is_of(&self, list: &str) -> bool {
        self.of.iter().chain(&self.also_of).any(|of| of == list)
    }
}

/// One of the answers that a question offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choosable {
    pub(crate) text: String,
    /// What the slot holds.
    pub(crate) value: String,
    /// The item that takes over when it is chosen.
    pub(crate) instead: Option<String>,
    /// In one shape, as they are compared.
    words: Vec<String>,
}

impl Choosable {
    pub(crate) fn new(text: String, value: String, also: &[String]) -> Self {
        let all = std::iter::once(&text).chain(also);
        let words = all.map(|w| nlu::normalise(w).text()).collect();
        Self { text, value, instead: None, words }
    }
    /// What it may be called.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Confirm {
    pub(crate) prompt: Template,
    pub(crate) elder: Option<Template>,
    pub(crate) yes: String,
    pub(crate) no: String,
    pub(crate) unless_asked: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    pub(crate) verb: String,
    pub(crate) with: Vec<(String, Template)>,
    pub(crate) again_within_s: i64,
    /// Its answer is the card to be confirmed on a page.
    pub(crate) is_card: bool,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Reply {
    pub(crate) done: Template,
    pub(crate) elder: Option<Template>,
    pub(crate) row: Option<Template>,
    pub(crate) elder_row: Option<Template>,
    pub(crate) empty: Option<Template>,
    pub(crate) refused: BTreeMap<String, Template>,
    pub(crate) refused_next: BTreeMap<String, Vec<Next>>,
    pub(crate) link: Option<Link>,
    pub(crate) next: Vec<Next>,
    pub(crate) empty_next: Vec<Next>,
    /// Where exactly two lines are left, they are a yes and a no.
    pub(crate) yes_no: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Link {
    pub(crate) page: String,
    pub(crate) label: Template,
    pub(crate) with: Vec<(String, Template)>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Next {
    pub(crate) text: String,
    pub(crate) leads: Leads,
    pub(crate) set: Vec<(String, Template)>,
}

/// A word that means several things, and what is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clarify {
    pub(crate) ask: String,
    pub(crate) elder: Option<String>,
    pub(crate) lines: Vec<Meaning>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meaning {
    pub(crate) text: String,
    pub(crate) leads: Leads,
    pub(crate) has: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Leads {
    Item(String),
    Control(Control),
}

impl Item {
    pub(crate) fn ask(&self, name: &str) -> Option<&Ask> {
        self.asks.iter().find(|a| a.name == name)
    }
    pub(crate) fn ask_of(&self, kind: SlotKind) -> Option<&Ask> {
        self.asks.iter().find(|a| a.kind == kind)
    }
    /// What may be answered to one of its questions of kind `choice`.
    pub fn choices(&self, ask: &str) -> Vec<String> {
        let choices = self.ask(ask).map(|a| a.choices.as_slice()).unwrap_or_default();
        choices.iter().map(|c| c.value.clone()).collect()
    }
    /// The question that a location sent from the map answers.
    pub(crate) fn located(&self) -> Option<&Ask> {
        self.asks.iter().find(|a| a.is_located)
    }
    /// True when its verb's answer is the card that is confirmed on a page.
    pub(crate) fn is_card(&self) -> bool {
        self.run.as_ref().is_some_and(|r| r.is_card)
    }
    /// True when it only says something: no question, no verb, no link. A side question.
    pub(crate) fn is_word(&self) -> bool {
        let asks = !self.asks.is_empty() && !self.is_soon;
        !asks && self.run.is_none() && self.reply.link.is_none()
    }
    /// True when it looks something up, with no question that has to be answered unless it is about an account or a time.
    pub(crate) fn only_looks(&self) -> bool {
        let needs_no_answer = || self.asks.iter().all(|a| a.is_optional || a.default.is_some());
        self.kind == ItemKind::Query || (self.kind == ItemKind::Info && needs_no_answer())
    }
    /// True when starting it by mistake shows nothing of the customer's and does nothing: it only
    /// says something, or asks or confirms first.
    pub(crate) fn begins_gently(&self) -> bool {
        let asks = self.asks.iter().any(|a| matches!(a.kind, SlotKind::Text | SlotKind::Phone));
        self.run.is_none() || self.confirm.is_some() || asks
    }
    /// True when it goes on from a list shown before.
    pub(crate) fn goes_on(&self) -> bool {
        self.asks.iter().any(|a| matches!(a.kind, SlotKind::Row | SlotKind::Cursor))
    }
}

impl Book {
    /// Reads and checks flow files: (path, TOML text). All errors at once, each with file and line.
    ///
    /// # Errors
    /// Unknown key, verb, argument, slot kind, placeholder, refusal code, item; two claims on one phrase.
    pub fn load(files: &[(&str, &str)], verbs: &[VerbSpec]) -> Result<Self, Vec<BookError>> {
        load::load(files, verbs)
    }

    /// The product's own flows (`flows/**.toml`), embedded at build time.
    ///
    /// # Errors
    /// As [`Self::load`]; the tests of this crate keep it from happening.
    pub fn embedded() -> Result<Self, Vec<BookError>> {
        // read and trained once in a process
        static EMBEDDED: LazyLock<Result<Book, Vec<BookError>>> =
            LazyLock::new(|| Book::load(FLOW_FILES, &VERBS));
        EMBEDDED.clone()
    }

    /// Changes with every change of any file.
    pub fn version(&self) -> u32 {
        self.version
    }
    /// All items by id.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.values()
    }
    pub fn item(&self, id: &str) -> Option<&Item> {
        self.items.get(id)
    }
    /// True while the customer has a card before them that is confirmed on a page, also when something came in between.
    pub fn is_at_card(&self, seat: &Seat) -> bool {
        let mut open = seat.task.iter().chain(&seat.stack);
        open.any(|t| t.ask == CONFIRM && self.item(&t.item).is_some_and(Item::is_card))
    }
    /// The union's questions and answers.
    pub fn knowledge(&self) -> &'static Knowledge {
        self.knowledge
    }

    pub(crate) fn control(&self, text: &Normal) -> Option<Control> {
        self.controls.get(&text.key()).copied()
    }
}
