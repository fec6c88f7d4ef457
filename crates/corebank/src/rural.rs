//! The words of the port for money that comes in batches (补贴, 养老金, 津贴, 工地工资, 地租) and for social
//! security: pension, medical account, contributions, the social card. Shapes only.

use crate::day::Day;
use crate::model::Line;
use base::{Fen, Time};
use serde::Serialize;

/// Lines of the medical account in one answer, at most.
pub const MEDICAL_LINES_MAX: usize = 10;

/// What a batch pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PayoutClass {
    /// 惠农补贴 through 一卡通
    Subsidy,
    /// 养老金
    Pension,
    /// 高龄津贴、低保、残疾补贴
    Allowance,
    /// 农民工工资 out of a site's own account
    SiteWage,
    /// 土地流转款、分红
    LandRent,
}

impl PayoutClass {
    /// Whether a batch is for the whole county, so that whoever is not in it may ask why.
    pub const fn is_public(self) -> bool {
        matches!(self, Self::Subsidy | Self::Pension | Self::Allowance)
    }
}

/// How far a batch has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchState {
    /// The payer said that it will come; list and money are not at the bank yet, so nobody's share is known.
    Announced,
    /// List and money are at the bank.
    HandedIn,
    /// Every share has been tried.
    Paid,
}

/// Which batches to tell of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayoutQuery {
    pub class: PayoutClass,
    /// First and last day; a batch counts by the day it was paid, else by the day it is expected.
    pub from: Day,
    pub to: Day,
}

/// One batch (代发批次) as one customer may know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Payout {
    /// The bank's number of the batch.
    pub batch: String,
    pub class: PayoutClass,
    /// 耕地地力保护补贴
    pub title: String,
    /// Who pays: 陵溪县财政局
    pub payer: String,
    /// What it is for: `2026` or `2026-10`.
    pub period: String,
    pub state: BatchState,
    /// When it was paid, else when it is expected, where that is known.
    pub on: Option<Day>,
    /// The customer's share. `None`: the list is not there yet, or it has nothing for this customer.
    pub share: Option<Share>,
}

/// What a batch has for one customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Share {
    pub amount: Fen,
    /// Last four digits of the account the list names.
    pub tail: String,
    pub came: Came,
}

/// What came of a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Came {
    Waiting,
    /// Posted to the account at this time.
    Paid(Time),
    Failed(PayoutFailure),
}

/// Why a share could not be paid; the money stays with the payer until it is put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PayoutFailure {
    /// 睡眠户
    Dormant,
    /// 冻结
    Frozen,
    /// 已销户
    Closed,
    /// The list names an account that is not this customer's (户名与账号不符).
    NameMismatch,
}

/// A customer's pension as the office pays it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pension {
    /// 城乡居民基本养老保险
    pub system: String,
    pub monthly: Fen,
    /// Day of the month on which it usually comes.
    pub pay_day: i64,
    pub certified_on: Option<Day>,
    /// The last day for the yearly certification (资格认证).
    pub certify_by: Option<Day>,
    /// Not paid because the certification is overdue.
    pub is_paused: bool,
}

/// The personal part of the medical insurance (医保个人账户).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MedicalAccount {
    pub balance: Fen,
    /// This year, in China.
    pub year_in: Fen,
    pub year_out: Fen,
    /// Latest first, [`MEDICAL_LINES_MAX`] at most.
    pub lines: Vec<Line>,
    pub as_of: Time,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Insurance {
    /// 养老保险
    Pension,
    /// 医疗保险
    Medical,
}

/// One year's contribution that is known to be paid (缴费记录).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contribution {
    pub insurance: Insurance,
    /// The year it is for.
    pub year: i64,
    pub amount: Fen,
    pub paid_on: Day,
    /// Where it was paid: the bank itself, the tax office, the village.
    pub place: String,
    /// Paid through this bank, with a journal in its books.
    pub is_here: bool,
}

/// How far a social card (社保卡) has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CardStage {
    Applied,
    Making,
    /// It may be fetched at the branch.
    AtBranch,
    Collected,
}

/// A customer's social card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SocialCard {
    pub stage: CardStage,
    /// Since when it is at this stage.
    pub since: Day,
    /// Where it is fetched.
    pub branch: String,
    /// Its bank side (金融账户) may be used.
    pub is_active: bool,
}
