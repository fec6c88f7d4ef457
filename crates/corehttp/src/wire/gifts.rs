//! Bills of households, and points given to a good cause.

use super::outcome::Refusal;
use super::{Day, Fen, MaskedName, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

words! {
    /// 电费, 水费, 燃气费, 取暖费, 电视费, 宽带费, 话费, 学费, 物业费, 罚款, 党费, 村里的费用, ETC充值, 居民医保, 居民养老.
    BillKind = corebank::bills::BillKind {
        Electric, Water, Gas, Heating, Tv, Broadband, Mobile, School, Property, Fine, Party, Village, Etc,
        Medical, Pension,
    }
}

shape! {
    /// What a biller's numbers look like.
    NumberRule = corebank::bills::NumberRule {
        shortest: u32,
        longest: u32,
        /// Empty for anything.
        prefix: String,
        /// The last digit is a Luhn check digit.
        has_check: bool,
    }
}

shape! {
    /// Somebody whose bills can be paid here.
    Biller = corebank::bills::Biller {
        id: String,
        kind: BillKind,
        name: String,
        /// 户号
        label: String,
        rule: NumberRule,
        /// 预存: more than what is owed may be paid.
        is_prepaid: bool,
        presets: Vec<Fen>,
        min: Fen,
        max: Fen,
    }
}

shape! {
    BillAsk = corebank::bills::BillAsk { biller: String, number: String }
}

shape! {
    /// What a household owes.
    BillDue = corebank::bills::BillDue {
        name: Option<MaskedName>,
        /// May be empty.
        place: String,
        /// Zero when nothing is.
        owed: Fen,
        is_prepaid: bool,
        /// 2026年11月; empty when nothing is owed.
        period: String,
        /// The biller's reference; empty when nothing is owed.
        bill: String,
        due_on: Option<Day>,
    }
}

choice! {
    /// Whose family: in which a customer is a member, or of a number.
    LevyOf = corebank::levy::LevyOf, "by" { Customer(cust_no: String), Number(number: String) }
}

shape! {
    /// What a family, or some of it, is asked to pay for its insurance.
    LevyAsk = corebank::levy::LevyAsk {
        biller: String,
        of: LevyOf,
        /// Absent: the one that is collected now.
        year: Option<i64>,
        /// Numbers of members; empty for all who may pay and choose nothing.
        chosen: Vec<i64>,
        /// What each of them wants to pay, where there is a choice.
        tier: Option<Fen>,
    }
}

shape! {
    /// 档次, and 政府补贴.
    Tier = corebank::levy::Tier { pays: Fen, subsidy: Fen }
}

words! {
    /// How a member stands for the year: may be paid for; being paid for; paid; nothing to pay; not of the age; insured by an employer.
    Stands = corebank::levy::Stands { Open, Paying, Paid, Exempt, TooYoung, TooOld, Employed }
}

shape! {
    /// One of a family.
    Member = corebank::levy::Member {
        /// Within the family, for ever the same.
        no: i64,
        name: MaskedName,
        /// 户主, 配偶, 子, 女, 父, 母, 孙子, 孙女.
        relation: String,
        is_asking: bool,
        stands: Stands,
        /// Zero for who pays nothing or has not chosen.
        pays: Fen,
        subsidy: Fen,
    }
}

shape! {
    /// What a family is asked to pay for a year.
    Levy = corebank::levy::Levy {
        number: String,
        /// May be empty.
        place: String,
        year: i64,
        /// Years that may be paid now, the usual one first.
        years: Vec<i64>,
        opens_on: Day,
        closes_on: Day,
        /// Empty when everybody pays one sum.
        tiers: Vec<Tier>,
        members: Vec<Member>,
        /// Zero while nothing can be paid.
        owed: Fen,
        /// The reference that `pay` takes; empty while nothing can be paid.
        bill: String,
    }
}

shape! {
    /// A project, and the institution that keeps its ledger.
    ProjectRef = corebank::gifts::ProjectRef { owner: i64, code: String }
}

shape! {
    /// Points to be given. The same bytes on every resend.
    PointGift = corebank::gifts::PointGift {
        cust: String,
        cards: Vec<String>,
        project: ProjectRef,
        points: i64,
        valid_until: Time,
    }
}

shape! {
    /// A gift that was made.
    Given = corebank::gifts::Given {
        core_serial: String,
        core_date: Day,
        at: Time,
        project: ProjectRef,
        points: i64,
        /// 第几盏灯
        lamp: i64,
        left: i64,
        is_void: bool,
    }
}

shape! {
    GiftQuery = corebank::gifts::GiftQuery { request_id: String, fence: bool }
}

choice! {
    /// What became of a gift.
    GiftFate = corebank::gifts::GiftFate, "fate" {
        Given(given: Given), Rejected(refusal: Refusal), NotFound, Fenced,
    }
}

shape! {
    GiftTally = corebank::gifts::GiftTally { points: i64, lamps: i64 }
}

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct KindAsk {
    pub(crate) kind: BillKind,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct OriginalAsk {
    /// Request id of the gift.
    pub(crate) original: String,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct CodeAsk {
    pub(crate) code: String,
}
