//! What may be wrong with an answer: in English for whoever writes the files, in Chinese for staff who write their own.

use super::load::{ANSWER_CHARS_MAX, ELDER_SENTENCE_MAX};
use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mistake {
    Empty,
    Long,
    LongForElders,
    /// The last day is before the first.
    Days,
    /// No source or no owner.
    Basis,
    /// A number in prose, as written.
    Number(String),
    /// A key in braces that no row has.
    Row(String),
    /// A row that is a table of its own.
    Tiers(String),
    /// Braces that do not fit together.
    Shape(String),
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it says nothing"),
            Self::Long => write!(f, "longer than {ANSWER_CHARS_MAX} characters"),
            Self::LongForElders => {
                write!(f, "a sentence for elders is over {ELDER_SENTENCE_MAX} characters")
            }
            Self::Days => f.write_str("it ends before it begins"),
            Self::Basis => f.write_str("it needs a source and an owner"),
            Self::Number(n) => write!(f, "“{n}”: a number belongs into a table, not into prose"),
            Self::Row(key) => write!(f, "unknown row {{{key}}}"),
            Self::Tiers(key) => write!(f, "{{{key}}} is a table of its own"),
            Self::Shape(why) => f.write_str(why),
        }
    }
}

impl Mistake {
    /// For staff: what is wrong and what to do.
    pub fn words(&self) -> String {
        match self {
            Self::Empty => "答复不能空着".to_owned(),
            Self::Long => format!("答复最多 {ANSWER_CHARS_MAX} 个字，请写短一些"),
            Self::LongForElders => {
                format!("长辈版一句最多 {ELDER_SENTENCE_MAX} 个字，请断成短句")
            }
            Self::Days => "截止日期早于开始日期".to_owned(),
            Self::Basis => "请填依据和责任部门".to_owned(),
            Self::Number(n) => {
                format!("“{n}”是数字，要放进费率表，在答复里写成 {{fee.sms}} 这样的编号")
            }
            Self::Row(key) => format!("费率表里没有 {{{key}}}，请核对编号"),
            Self::Tiers(key) => format!("{{{key}}} 是一张分档表，不能放进句子里"),
            Self::Shape(_) => "大括号没有成对，请写成 {fee.sms} 这样".to_owned(),
        }
    }
}
