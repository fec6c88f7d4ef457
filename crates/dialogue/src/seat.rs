//! The seat: everything a conversation remembers between two messages, small enough for one row.
//!
//! Not for: facts the bank knows anyway ([`crate::Who`]), nor any secret: guarded text never gets here.
//! It does hold the last words said (which may show a balance), so it is stored encrypted.

mod pack;

use crate::LinkWish;
use crate::book::Ask;
use crate::values::{Answer, aside, unclear};
use base::Time;
use serde::{Deserialize, Serialize};

pub(crate) use crate::slots::Slots;

/// How long a question waits for its answer.
pub const PATIENCE_MS: i64 = 15 * 60_000;
/// How many tasks may wait under the current one.
pub(crate) const STACK_MAX: usize = 2;

/// Conversation state of one follower. Kept as bytes ([`Seat::pack`]); as JSON it has one-letter keys.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Seat {
    /// What is being done and which slot is asked.
    #[serde(rename = "t", skip_serializing_if = "Option::is_none")]
    pub(crate) task: Option<Task>,
    /// Put aside by side tasks, the latest last.
    #[serde(rename = "s", skip_serializing_if = "Vec::is_empty")]
    pub(crate) stack: Vec<Task>,
    /// A request that waits for the binding.
    #[serde(rename = "k", skip_serializing_if = "Option::is_none")]
    pub(crate) kept: Option<Task>,
    /// What was answered last, for "the second one" and "and last month?".
    #[serde(rename = "l", skip_serializing_if = "Option::is_none")]
    pub(crate) last: Option<Last>,
    /// The tappable lines of the last message.
    #[serde(rename = "c", skip_serializing_if = "Vec::is_empty")]
    pub(crate) choices: Vec<Offered>,
    /// True when the lines are a yes and a no, in this order.
    #[serde(rename = "q", skip_serializing_if = "is_false")]
    pub(crate) yes_no: bool,
    /// True when typed numbers mean the lines.
    #[serde(rename = "n", skip_serializing_if = "is_false")]
    pub(crate) numbered: bool,
    /// Serial number of the last message with lines, 1..=999.
    #[serde(rename = "m", skip_serializing_if = "is_zero")]
    pub(crate) menu: u16,
    /// The last words, for "say it again".
    #[serde(rename = "w", skip_serializing_if = "String::is_empty")]
    pub(crate) said: String,
    #[serde(rename = "r", skip_serializing_if = "Option::is_none")]
    pub(crate) link: Option<LinkWish>,
    /// Words that go in front of the next reply.
    #[serde(rename = "d", skip_serializing_if = "String::is_empty")]
    pub(crate) lead: String,
    /// Messages not understood in a row.
    #[serde(rename = "u", skip_serializing_if = "is_none_yet")]
    pub(crate) misses: u8,
    /// The customer's own switch for elder wording.
    #[serde(rename = "e", skip_serializing_if = "Option::is_none")]
    pub(crate) elder: Option<bool>,
    /// True while an item is at work that came in between a question, and has asked nothing itself.
    #[serde(rename = "b", skip_serializing_if = "is_false")]
    pub(crate) side: bool,
    /// How often in a row the last words were asked for once more.
    #[serde(rename = "p", skip_serializing_if = "is_none_yet")]
    pub(crate) repeats: u8,
    /// Answers in a row that were long in coming.
    #[serde(rename = "o", skip_serializing_if = "is_none_yet")]
    pub(crate) slow: u8,
    /// When this seat last changed.
    #[serde(rename = "a")]
    pub(crate) at: Time,
}

impl Seat {
    /// The customer's own switch for elder wording, when they used one.
    pub fn elder(&self) -> Option<bool> {
        self.elder
    }
    /// True when a request waits for the binding: [`crate::after_binding`] will go on with it.
    pub fn has_kept(&self) -> bool {
        self.kept.is_some()
    }
    /// True when nothing is being asked of the customer.
    pub fn is_idle(&self) -> bool {
        self.task.is_none() && self.stack.is_empty() && self.kept.is_none()
    }
    /// True when the last words said were the answer to this very call.
    pub fn has_answered(&self, call: &crate::Call) -> bool {
        let same = |l: &Last| {
            let asked = |(n, v): (&String, &String)| call.slots.get(n) == Some(v);
            l.fresh && l.item == call.item && l.slots.iter().all(asked)
        };
        self.last.as_ref().is_some_and(same)
    }
    /// True when the last words said were what one entry of a statement is.
    pub fn has_told_entry(&self) -> bool {
        self.last.as_ref().is_some_and(|l| l.fresh && l.item == crate::from_last::ENTRY_ITEM)
    }
    /// The item being worked on, for the person who takes over.
    pub fn item(&self) -> Option<&str> {
        self.task.as_ref().map(|t| t.item.as_str())
    }
}

/// One item being worked on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Task {
    #[serde(rename = "i")]
    pub(crate) item: String,
    #[serde(rename = "v", default, skip_serializing_if = "Slots::is_empty")]
    pub(crate) slots: Slots,
    /// The slot being asked; [`CONFIRM`] while the confirmation is asked.
    #[serde(rename = "a", default, skip_serializing_if = "String::is_empty")]
    pub(crate) ask: String,
    /// Answers to this question that were not understood.
    #[serde(rename = "x", default, skip_serializing_if = "is_none_yet")]
    pub(crate) tries: u8,
}

impl Task {
    /// Puts an answer into its slot, or aside when it must be asked for. True when something changed.
    pub(crate) fn take(&mut self, ask: &Ask, said: Answer) -> bool {
        match said {
            Answer::Value(value) => {
                let was_open = unclear(&self.slots, &ask.name).is_some()
                    && self.slots.remove(&aside(&ask.name)).is_some();
                let before = self.slots.insert(ask.name.clone(), value.clone());
                was_open || before != Some(value)
            }
            Answer::Unsure(candidates) => {
                self.slots.remove(&ask.name);
                self.slots.insert(aside(&ask.name), candidates);
                true
            }
            Answer::Instead(_) | Answer::Not(_) | Answer::Nothing => false,
        }
    }
}

/// The name of the confirmation among a task's questions.
pub(crate) const CONFIRM: &str = "!";

/// What was answered last.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Last {
    #[serde(rename = "i")]
    pub(crate) item: String,
    #[serde(rename = "v", default, skip_serializing_if = "Slots::is_empty")]
    pub(crate) slots: Slots,
    /// Ids of the rows shown, in order.
    #[serde(rename = "r", default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) rows: Vec<String>,
    /// True while the last words said are this answer and nothing else: asked again at once, they are said again.
    #[serde(rename = "f", default, skip_serializing_if = "is_false")]
    pub(crate) fresh: bool,
    #[serde(rename = "a")]
    pub(crate) at: Time,
}

/// One tappable line and what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Offered {
    #[serde(rename = "t")]
    pub(crate) text: String,
    #[serde(rename = "p")]
    pub(crate) pick: Pick,
}

/// What a tappable line does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Pick {
    /// Start an item with these slots.
    #[serde(rename = "i")]
    Item(String, #[serde(default)] Slots),
    /// Answer the question being asked.
    #[serde(rename = "v")]
    Value(String),
    /// A control word.
    #[serde(rename = "g")]
    Go(Control),
    /// Ask this of the confirmation anew.
    #[serde(rename = "w")]
    Anew(String),
}

/// Words that work in every state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    Cancel,
    Back,
    Restart,
    Repeat,
    Slower,
    Pause,
    Person,
    Menu,
    /// Take up again what was put aside.
    Continue,
    /// Leave what was put aside.
    Drop,
    /// None of the offered lines.
    None,
    /// "That is not what I meant."
    Wrong,
    /// "And how is that done?", of what was spoken of last.
    How,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn is_false(b: &bool) -> bool {
    !*b
}
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn is_zero(n: &u16) -> bool {
    *n == 0
}
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn is_none_yet(n: &u8) -> bool {
    *n == 0
}
