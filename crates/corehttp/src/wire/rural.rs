//! Money that comes in batches, and social security.

use super::accounts::Line;
use super::{Day, Fen, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

words! {
    /// 惠农补贴, 养老金, 津贴, 农民工工资, 土地流转款.
    PayoutClass = corebank::PayoutClass { Subsidy, Pension, Allowance, SiteWage, LandRent }
}

words! {
    BatchState = corebank::BatchState { Announced, HandedIn, Paid }
}

shape! {
    /// Which batches: a batch counts by the day it was paid, else by the day it is expected.
    PayoutQuery = corebank::PayoutQuery { class: PayoutClass, from: Day, to: Day }
}

words! {
    PayoutFailure = corebank::PayoutFailure { Dormant, Frozen, Closed, NameMismatch }
}

choice! {
    /// What came of a share.
    Came = corebank::Came, "came" { Waiting, Paid(at: Time), Failed(why: PayoutFailure) }
}

shape! {
    /// What a batch has for one customer.
    Share = corebank::Share { amount: Fen, tail: String, came: Came }
}

shape! {
    /// One batch (代发批次) as one customer may know it.
    Payout = corebank::Payout {
        batch: String,
        class: PayoutClass,
        title: String,
        payer: String,
        /// `2026` or `2026-10`.
        period: String,
        state: BatchState,
        on: Option<Day>,
        share: Option<Share>,
    }
}

shape! {
    /// 养老金
    Pension = corebank::Pension {
        system: String,
        monthly: Fen,
        pay_day: i64,
        certified_on: Option<Day>,
        /// 资格认证: its last day.
        certify_by: Option<Day>,
        is_paused: bool,
    }
}

shape! {
    /// 医保个人账户; at most ten lines.
    MedicalAccount = corebank::MedicalAccount {
        balance: Fen, year_in: Fen, year_out: Fen, lines: Vec<Line>, as_of: Time,
    }
}

words! {
    Insurance = corebank::Insurance { Pension, Medical }
}

shape! {
    /// One year's contribution that is paid.
    Contribution = corebank::Contribution {
        insurance: Insurance, year: i64, amount: Fen, paid_on: Day, place: String, is_here: bool,
    }
}

words! {
    CardStage = corebank::CardStage { Applied, Making, AtBranch, Collected }
}

shape! {
    /// 社保卡
    SocialCard = corebank::SocialCard { stage: CardStage, since: Day, branch: String, is_active: bool }
}

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct PayoutsAsk {
    pub(crate) cust_no: String,
    pub(crate) ask: PayoutQuery,
}
