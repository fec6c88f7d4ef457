//! Bills (缴费): which billers are contracted, and what a household owes. Paying one is [`Money::pay`](crate::money::Money::pay)
//! to a [`Payee::Biller`](crate::money::Payee::Biller), so that a bill is paid exactly once like everything else.
//!
//! Not for: whose household it is (anybody may pay anybody's bill), nor remembering it; that is the channel's.

use crate::day::Day;
use crate::levy::{Levy, LevyAsk};
use crate::numbers;
use crate::port::{Answer, Ctx};
use crate::rural::Insurance;
use base::{Fen, Masked};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Debug};

/// What can be asked of billers through a core (中间业务平台). A core without them has no
/// [`bill_desk`](crate::CoreBank::bill_desk).
pub trait Bills: Send + Sync + Debug {
    /// The billers of a kind that are contracted at this institution, the likeliest first; none is an answer, too.
    fn billers<'a>(&'a self, ctx: &'a Ctx, kind: BillKind) -> Answer<'a, Vec<Biller>>;

    /// What a household owes. [`Reject::NotFound`](crate::Reject::NotFound) when the biller has no such number,
    /// [`Reject::Validation`](crate::Reject::Validation) `number` when it can be none,
    /// [`Reject::Unsupported`](crate::Reject::Unsupported) when the biller is not contracted here,
    /// [`Reject::BillerOffline`](crate::Reject::BillerOffline) while it cannot be asked. Without effect.
    fn bill<'a>(&'a self, ctx: &'a Ctx, ask: &'a BillAsk) -> Answer<'a, BillDue>;

    /// What the members of a family pay for their insurance. [`Reject::NotFound`](crate::Reject::NotFound) when the office has no
    /// such family or member, [`Reject::Validation`](crate::Reject::Validation) `number`, `year`, `chosen` or `tier` when it can be none,
    /// [`Reject::BillPaid`](crate::Reject::BillPaid) when somebody chosen is paid for,
    /// [`Reject::NotEligible`](crate::Reject::NotEligible) when they have nothing to pay; else as [`Bills::bill`]. Without effect.
    fn levy<'a>(&'a self, ctx: &'a Ctx, ask: &'a LevyAsk) -> Answer<'a, Levy>;
}

macro_rules! kinds {
    ($($(#[$note:meta])* $name:ident = $word:literal, $fee:literal;)*) => {
        /// What a biller is paid for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum BillKind { $($(#[$note])* $name),* }

        impl BillKind {
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
            /// As stored and as flows write it.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }
            /// What a customer calls it: 电费.
            pub const fn fee(self) -> &'static str {
                match self { $(Self::$name => $fee),* }
            }
        }
    };
}
kinds! {
    Electric = "electric", "电费";
    Water = "water", "水费";
    Gas = "gas", "燃气费";
    Heating = "heating", "取暖费";
    /// 有线电视
    Tv = "tv", "电视费";
    /// 宽带, 固话
    Broadband = "broadband", "宽带费";
    /// A telephone on credit: every number is one.
    Mobile = "mobile", "话费";
    School = "school", "学费";
    Property = "property", "物业费";
    /// 交通罚款, 非税
    Fine = "fine", "罚款";
    /// 党费, 工会费
    Party = "party", "党费";
    /// 村级代收
    Village = "village", "村里的费用";
    Etc = "etc", "ETC充值";
    /// 城乡居民医保: a family's, see [`Bills::levy`]
    Medical = "medical", "居民医保";
    /// 城乡居民养老: the same
    Pension = "pension", "居民养老";
}

impl BillKind {
    /// Which insurance is paid for, where it is one.
    pub const fn insurance(self) -> Option<Insurance> {
        match self {
            Self::Medical => Some(Insurance::Medical),
            Self::Pension => Some(Insurance::Pension),
            _ => None,
        }
    }
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|k| k.word() == word).copied()
    }
}

/// What a biller's numbers look like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberRule {
    pub shortest: usize,
    pub longest: usize,
    /// What every number begins with; empty for anything.
    pub prefix: String,
    /// The last digit is a Luhn check digit.
    pub has_check: bool,
}

impl NumberRule {
    pub fn fits(&self, number: &str) -> bool {
        (self.shortest..=self.longest).contains(&number.len())
            && number.bytes().all(|b| b.is_ascii_digit())
            && number.starts_with(&self.prefix)
            && (!self.has_check || numbers::luhn_sum(number).is_multiple_of(10))
    }
}

/// Somebody whose bills can be paid here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Biller {
    pub id: String,
    pub kind: BillKind,
    /// 陵溪县供电公司
    pub name: String,
    /// What its numbers are called: 户号.
    pub label: String,
    pub rule: NumberRule,
    /// More than what is owed may be paid: it is kept for later (预存). Otherwise exactly what is owed.
    pub is_prepaid: bool,
    /// Sums to tap; empty for any.
    pub presets: Vec<Fen>,
    pub min: Fen,
    pub max: Fen,
}

/// Which household is asked about. Personal data: never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct BillAsk {
    pub biller: String,
    pub number: String,
}

impl fmt::Debug for BillAsk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BillAsk({} …)", self.biller)
    }
}

/// What a household owes.
#[derive(Clone, PartialEq, Eq)]
pub struct BillDue {
    /// Whose it is; none where the biller does not say.
    pub name: Option<Masked>,
    /// Where it is, as the biller writes it; may be empty.
    pub place: String,
    /// Zero when nothing is.
    pub owed: Fen,
    pub is_prepaid: bool,
    /// 2026年11月; empty when nothing is owed.
    pub period: String,
    /// The biller's reference of what is owed; empty when nothing is.
    pub bill: String,
    pub due_on: Option<Day>,
}

impl fmt::Debug for BillDue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BillDue({} owed)", self.owed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_follows_its_billers_rule_or_is_none() {
        let rule = NumberRule { shortest: 8, longest: 10, prefix: "10".into(), has_check: false };
        assert!(rule.fits("10010231") && rule.fits("1001000231"));
        for wrong in ["1001023", "10010002310", "20010231", "1001x231", ""] {
            assert!(!rule.fits(wrong), "{wrong}");
        }
        let checked = NumberRule { prefix: String::new(), has_check: true, ..rule };
        let right: Vec<bool> = (0..10).map(|d| checked.fits(&format!("1001023{d}"))).collect();
        assert_eq!(right.iter().filter(|fits| **fits).count(), 1);
    }

    #[test]
    fn every_kind_has_a_word_of_its_own() {
        for kind in BillKind::ALL {
            assert_eq!(BillKind::of(kind.word()), Some(*kind));
        }
        assert_eq!(BillKind::of("rent"), None);
    }
}
