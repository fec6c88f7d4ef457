//! What a notice has to say: a posting's facts, or the words of anything else, made when it happened.
//!
//! Not for: the words of postings (`words`), which are made when they go out, for they say whether they are late.

use super::words::{Facts, Field, Telling};
use base::{Fen, Time};
use serde::{Deserialize, Serialize};

/// What is told beside postings; C2 data, sealed where it is kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Word {
    /// 消费贷款0012
    pub(super) subject: String,
    /// 待还款: two to five Chinese characters.
    pub(super) state: String,
    pub(super) amount: Option<Fen>,
    /// What it is about happens or happened then.
    pub(super) at: Time,
    /// Of `at` only the day counts.
    pub(super) is_day: bool,
    /// A number it goes by, or the tail of one; may be empty.
    pub(super) number: String,
    /// What matters most, in twenty characters.
    pub(super) note: String,
    pub(super) text: String,
    pub(super) elder: String,
    /// What is due, for 「明天再提醒我」: see `due::Owed::key`. Empty for anything else.
    #[serde(default)]
    pub(super) of: String,
}

base::unprinted!(Word);

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Content {
    Posting(Box<Facts>),
    Word(Word),
}

base::unprinted!(Content);

impl Content {
    pub(super) fn text(&self, telling: Telling) -> String {
        match self {
            Self::Posting(facts) => facts.text(telling),
            Self::Word(word) if telling.is_elder => word.elder.clone(),
            Self::Word(word) => word.text.clone(),
        }
    }

    /// The value of one of our fields in a template.
    pub(super) fn field(&self, field: Field, telling: Telling) -> String {
        match self {
            Self::Posting(facts) => facts.field(field, telling),
            Self::Word(word) => word.field(field),
        }
    }
}

/// Digits at the end of 消费贷款0012.
fn tail(subject: &str) -> String {
    let digits: Vec<char> = subject.chars().rev().take_while(char::is_ascii_digit).collect();
    digits.into_iter().rev().collect()
}

impl Word {
    fn field(&self, field: Field) -> String {
        match field {
            Field::Time => {
                let (year, month, day, hour, minute) = self.at.china();
                let date = format!("{year}年{month}月{day}日");
                if self.is_day { date } else { format!("{date} {hour:02}:{minute:02}") }
            }
            Field::What => self.state.clone(),
            Field::Amount => self.amount.map(|a| format!("{a}元")).unwrap_or_default(),
            Field::Account => tail(&self.subject),
            Field::AccountName => self.subject.clone(),
            Field::Serial => self.number.clone(),
            Field::Note => self.note.clone(),
        }
    }
}
