//! Wealth products of a wealth company that the bank sells for it (代销理财): what there is, what a customer has, and what an
//! order of now would come to.
//!
//! They are no deposits. Nothing of them stands in a customer's accounts, and a benchmark (业绩比较基准) promises nothing. An
//! order is a payment: [`Payee::Subscription`](crate::money::Payee) takes the money at once, and the wealth company confirms
//! its units on its next dealing day; [`Payee::Redemption`](crate::money::Payee) freezes units at once, and the money comes on
//! the day that was told. Until then the payment is under way, and on its own core date it can be undone.
//!
//! Not for: who may buy what. Risk grades of customers and recorded sales are the channel's.

use crate::day::Day;
use crate::model::{AccountRef, CustNo};
use crate::port::{Answer, Ctx};
use base::Fen;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// What a core can be asked of wealth products. An adapter without them has no [`Wealth`](crate::CoreBank::wealth).
pub trait Wealth: Send + Sync + Debug {
    /// Every product that is or was sold here: those on sale first, the lowest risk first.
    fn wealth_products<'a>(&'a self, ctx: &'a Ctx) -> Answer<'a, Vec<WealthProduct>>;

    /// What a customer has, and what is under way. [`Reject::NotFound`](crate::Reject::NotFound) when there is no such customer.
    fn wealth_book<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, WealthBook>;

    /// What buying would come to now: what [`Payee::Subscription`](crate::money::Payee) is told with. Without effect.
    /// [`Reject::NotFound`](crate::Reject::NotFound) when there is no such product, [`Reject::NotEligible`](crate::Reject::NotEligible)
    /// while it is not on sale, `Validation { field: "amount" }` for less than its minimum or beside its steps,
    /// [`Reject::LimitExceeded`](crate::Reject::LimitExceeded) above what is left of its quota.
    fn purchase_trial<'a>(
        &'a self,
        ctx: &'a Ctx,
        ask: &'a PurchaseAsk,
    ) -> Answer<'a, PurchaseTrial>;

    /// What selling would come to now: what [`Payee::Redemption`](crate::money::Payee) is told with. Without effect.
    /// [`Reject::NotFound`](crate::Reject::NotFound) when there is no such holding, [`Reject::NotEligible`](crate::Reject::NotEligible)
    /// before its last day where it has one, `Validation { field: "amount" }` for more than there is, or where less than
    /// [`Holding::least`] would stay.
    fn redemption_trial<'a>(
        &'a self,
        ctx: &'a Ctx,
        ask: &'a RedemptionAsk,
    ) -> Answer<'a, RedemptionTrial>;
}

/// Risk grade of a product (风险等级), by its issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskGrade {
    R1,
    R2,
    R3,
    R4,
    R5,
}

impl RiskGrade {
    pub const ALL: [Self; 5] = [Self::R1, Self::R2, Self::R3, Self::R4, Self::R5];

    /// 1 for [`Self::R1`].
    pub const fn number(self) -> i64 {
        match self {
            Self::R1 => 1,
            Self::R2 => 2,
            Self::R3 => 3,
            Self::R4 => 4,
            Self::R5 => 5,
        }
    }
    pub fn of_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|g| g.number() == number)
    }
    pub const fn word(self) -> &'static str {
        match self {
            Self::R1 => "R1",
            Self::R2 => "R2",
            Self::R3 => "R3",
            Self::R4 => "R4",
            Self::R5 => "R5",
        }
    }
    pub const fn label(self) -> &'static str {
        match self {
            Self::R1 => "低风险",
            Self::R2 => "中低风险",
            Self::R3 => "中风险",
            Self::R4 => "中高风险",
            Self::R5 => "高风险",
        }
    }
}

/// Net value of one unit (单位净值), as it was published for a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nav {
    /// Millionths of a yuan.
    pub micro: i64,
    pub on: Day,
}

/// What so many hundredths of a unit are worth, parts of a fen left to the product; `None` when it is too large to count.
pub fn worth(units: i64, micro: i64) -> Option<Fen> {
    let fen = i128::from(units) * i128::from(micro) / 1_000_000;
    i64::try_from(fen).ok().map(Fen::of)
}

/// How many hundredths of a unit an amount buys; parts of one are left to the product.
pub fn bought(amount: Fen, micro: i64) -> Option<i64> {
    let units = (i128::from(amount.fen()) * 1_000_000).checked_div(i128::from(micro))?;
    i64::try_from(units).ok()
}

/// How many hundredths of a unit it takes to be worth an amount.
pub fn needed(amount: Fen, micro: i64) -> Option<i64> {
    let whole = i128::from(amount.fen()) * 1_000_000 + i128::from(micro) - 1;
    i64::try_from(whole.checked_div(i128::from(micro))?).ok()
}

/// One product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WealthProduct {
    /// The issuer's code.
    pub code: String,
    pub name: String,
    /// The wealth company.
    pub issuer: String,
    pub grade: RiskGrade,
    /// Performance benchmark (业绩比较基准), from and to, in hundredths of a per cent a year. It promises nothing.
    pub low_bp: i64,
    pub high_bp: i64,
    /// 起购金额, and by how much more at a time.
    pub least: Fen,
    pub step: Fen,
    /// How long it is closed; none: sold back on any dealing day.
    pub days: Option<i64>,
    pub sale_from: Day,
    pub sale_until: Option<Day>,
    pub is_on_sale: bool,
    /// What may still be bought; none where nothing bounds it.
    pub quota: Option<Fen>,
    /// Dealing days until the money of a redemption comes.
    pub redeems_in: i64,
    /// 巨额赎回: from this amount on it comes a dealing day later.
    pub large: Option<Fen>,
    /// Days to come, besides Saturdays and Sundays, on which nothing is dealt.
    pub closed: Vec<Day>,
    /// Bought now, income is counted from this day on (起息日).
    pub begins_on: Day,
    pub nav: Nav,
}

/// What a customer has of wealth products.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WealthBook {
    /// A purchase was recorded at a branch, or made, at any time before.
    pub has_bought: bool,
    /// The next to end first, then those without an end.
    pub holdings: Vec<Holding>,
    /// The oldest first.
    pub under_way: Vec<WealthOrder>,
}

/// Units of one product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// The core's handle.
    pub account: AccountRef,
    /// Code of the product.
    pub product: String,
    pub name: String,
    pub grade: RiskGrade,
    /// Hundredths of a unit, those being sold not among them.
    pub units: i64,
    /// What they cost, and what they are worth by `nav`.
    pub cost: Fen,
    pub value: Fen,
    /// What the last published day brought; negative when it took.
    pub last_day: Fen,
    pub nav: Nav,
    pub begun_on: Day,
    /// Nothing of it is sold before; then its money comes by itself.
    pub matures_on: Option<Day>,
    /// What stays at least when not all of it is sold.
    pub least: Fen,
}

impl Holding {
    /// What it has brought so far; negative when it has lost.
    pub fn income(&self) -> Fen {
        Fen::of(self.value.fen().saturating_sub(self.cost.fen()))
    }
}

/// An order that the wealth company has not confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WealthOrder {
    /// 申购; else 赎回.
    pub is_purchase: bool,
    pub name: String,
    pub amount: Fen,
    pub on: Day,
    /// When it is confirmed, or its money comes.
    pub due_on: Day,
}

/// What is to be bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchaseAsk {
    pub product: String,
    pub amount: Fen,
}

/// What buying would come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PurchaseTrial {
    pub grade: RiskGrade,
    pub begins_on: Day,
    pub matures_on: Option<Day>,
}

/// What is to be sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedemptionAsk {
    pub holding: AccountRef,
    /// None: all of it.
    pub amount: Option<Fen>,
}

/// What selling would come to, at the net value that was published last (已知价).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RedemptionTrial {
    pub amount: Fen,
    pub units: i64,
    pub nav: Nav,
    pub arrives_on: Day,
    /// Worth of what stays.
    pub left: Fen,
    /// 巨额赎回: it comes a dealing day later than others.
    pub is_large: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_bought_is_worth_no_more_than_it_cost_and_what_is_needed_no_less() {
        for (fen, micro) in
            [(100_000, 1_000_000), (100_000, 1_021_345), (123, 999_999), (1, 1_500_000)]
        {
            let amount = Fen::of(fen);
            let (bought, needed) = (bought(amount, micro).unwrap(), needed(amount, micro).unwrap());
            assert!(worth(bought, micro).unwrap() <= amount, "{fen} {micro}");
            assert!(worth(needed, micro).unwrap() >= amount, "{fen} {micro}");
            assert!(needed - bought <= 1);
        }
        assert_eq!(worth(i64::MAX, i64::MAX), None);
        assert_eq!(bought(Fen::of(1), 0), None);
    }
}
