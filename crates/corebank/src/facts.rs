//! What else a core knows of an account and of a customer: interest credited, limits, where it was opened, who looks after it.

use crate::day::Day;
use base::Fen;
use serde::{Deserialize, Serialize};

/// 活期结息 of an account at call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountInterest {
    pub rate_bp: i64,
    /// Latest first, a few years at most.
    pub paid: Vec<InterestPaid>,
    /// What has grown since the last settlement, through `accrued_to`; not yet credited.
    pub accrued: Fen,
    pub accrued_to: Day,
    /// When it is credited next.
    pub next_on: Day,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct InterestPaid {
    pub on: Day,
    pub amount: Fen,
}

/// What a limit is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitOn {
    /// 转账
    Transfer,
    /// 取现
    Cash,
    /// 消费和缴费
    Payment,
}

impl LimitOn {
    pub const ALL: [Self; 3] = [Self::Transfer, Self::Cash, Self::Payment];
    pub const fn label(self) -> &'static str {
        match self {
            Self::Transfer => "转账",
            Self::Cash => "取现",
            Self::Payment => "消费缴费",
        }
    }
}

/// Why a limit is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitWhy {
    /// The bank's own, for everyone.
    Standard,
    /// Ⅱ类户
    Class2,
    /// Ⅲ类户
    Class3,
    /// The customer's own choice.
    Own,
}

/// One limit of an account, with what is used of it. `None`: no such limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Limit {
    pub on: LimitOn,
    pub single: Option<Fen>,
    pub day: Option<Fen>,
    pub year: Option<Fen>,
    pub day_used: Fen,
    pub year_used: Fen,
    pub why: LimitWhy,
    /// The bank's own: what a customer may choose at most.
    pub most_single: Option<Fen>,
    pub most_day: Option<Fen>,
}

/// Where an account was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpeningBranch {
    /// The full name, as forms want it.
    pub name: String,
    /// 联行号, twelve digits.
    pub bank_no: String,
    pub address: String,
    pub phone: String,
}

/// 客户经理: who looks after a customer. What is told is meant for customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Officer {
    pub name: String,
    /// 工号, by which anyone can have it checked that they are the bank's.
    pub staff_no: String,
    pub phone: String,
    pub branch: String,
    /// They stand in for someone who is away until this day.
    pub stands_in_until: Option<Day>,
}
