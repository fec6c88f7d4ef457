//! What `step` answers with: the next seat and one act.
//!
//! Not for: sending anything. The bank turns [`Words`] into WeChat text and runs verbs.

use crate::{Doubt, Seat, Slots};
use base::{Fen, Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One turn: what the seat becomes and what is to be done now.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    pub seat: Seat,
    pub act: Act,
    /// True when the customer's text held a secret: store [`crate::masked`] of it, never the text.
    pub redact: bool,
    /// The item that handled this message, when one did (for statistics).
    pub item: Option<String>,
    /// What nobody is sure of, when a chooser may be asked ([`crate::Choosing::Ask`]).
    pub doubt: Option<Doubt>,
}

/// What is to be done with a turn.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Answer with these words.
    Say(Words),
    /// Run this verb and give its outcome to [`crate::resume`].
    Do(Call),
    /// Put the customer into a person's queue and say `words`.
    HandOver {
        /// Stable: `asked`, `not_understood`, `fraud`, `card_loss`, `bereavement`, `crisis`.
        reason: String,
        /// What the person should know, in Chinese, without secrets.
        summary: String,
        words: Words,
    },
    /// No answer.
    Quiet,
}

/// A verb to run. Kept by the bank when the answer comes late, so it can be stored as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Call {
    /// The item that asks; [`crate::resume`] needs it.
    pub item: String,
    pub verb: String,
    /// By the names of the verb's [`crate::VerbSpec`]; absent optional arguments are not in the map.
    pub args: Slots,
    /// The item's slots, for the words of the reply.
    pub slots: Slots,
}

/// What running a verb came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// By the names of the verb's outputs.
    Done(BTreeMap<String, Value>),
    /// A rule said no; `words` are used when the flow has none for `code`. `most` could be done instead.
    Refused { code: String, words: String, most: Option<Fen> },
    /// The core is slow or its answer unknown; the bank goes on and sends [`crate::late`] words.
    Busy,
}

/// One output of a verb.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    Money(Fen),
    Time(Time),
    Count(i64),
    /// Each row by the names of its columns.
    Rows(Vec<BTreeMap<String, Value>>),
}

/// What the customer reads.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Words {
    /// Plain text. A `▣` in it marks the place of the link; without one the link is a line of its own.
    pub text: String,
    /// Tappable lines in order; also accepted as typed words, and as typed numbers when `numbered`.
    pub choices: Vec<Choice>,
    /// True when the lines are shown with 1, 2, 3… in front.
    pub numbered: bool,
    pub link: Option<LinkWish>,
}

/// One tappable line.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Choice {
    /// Numeric msgmenu id, unique among recent messages.
    pub id: String,
    pub text: String,
}

/// A link to an H5 page that the bank is asked to make (one-time token, bound to the openid).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LinkWish {
    /// `bind`, `statement`, `accounts`.
    pub page: String,
    /// What the link is for; the item's id.
    pub task: String,
    /// The words to tap.
    pub label: String,
    /// What the page should open with, e.g. `account`, `month`.
    #[serde(default, skip_serializing_if = "Slots::is_empty")]
    pub with: Slots,
}

impl Words {
    /// Words alone.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// The whole message as WeChat text: `link` makes the anchor from (page wish), `menu` makes one
    /// tappable line from (text, id).
    ///
    /// ```
    /// let words = dialogue::Words::plain("您好");
    /// assert_eq!(words.render(|_| String::new(), |text, _| text.to_owned()), "您好");
    /// ```
    pub fn render(
        &self,
        link: impl Fn(&LinkWish) -> String,
        menu: impl Fn(&str, &str) -> String,
    ) -> String {
        let mut out = match &self.link {
            None => self.text.clone(),
            Some(wish) if self.text.contains(LINK_MARK) => {
                self.text.replacen(LINK_MARK, &link(wish), 1)
            }
            Some(wish) => format!("{}\n{}", self.text, link(wish)),
        };
        for (at, choice) in self.choices.iter().enumerate() {
            out.push('\n');
            if self.numbered {
                out.push_str(&menu(&format!("{} {}", at + 1, choice.text), &choice.id));
            } else {
                out.push_str(&menu(&choice.text, &choice.id));
            }
        }
        out
    }
}

/// Where the link stands inside a text.
pub(crate) const LINK_MARK: char = '▣';
