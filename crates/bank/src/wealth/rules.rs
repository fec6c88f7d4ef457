//! What an institution sells at a branch only, and how often an assessment may be taken: `[wealth]` of the settings.

use corebank::wealth::RiskGrade;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Years from which on a customer gets extra care, whatever is recorded: their grade has a bound, and they confirm once more.
pub const CARE_YEARS: i64 = 65;

/// What holds at one institution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The first purchase of all is recorded at a branch (双录).
    pub record_first: bool,
    /// From this age on every purchase is; 0: none for age.
    pub record_from_years: i64,
    /// From this grade of the product on it is, 1 to 5; 0: none for risk.
    pub record_from_grade: i64,
    /// Assessments of one customer in a day.
    pub assessments_a_day: i64,
}

/// `[wealth]`: the rule of all, and those of institutions that have another, by their codes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    record_first: bool,
    record_from_years: i64,
    record_from_grade: i64,
    assessments_a_day: i64,
    at: BTreeMap<String, Rule>,
}

impl Rules {
    pub fn of(&self, code: &str) -> Rule {
        self.at.get(code).copied().unwrap_or(Rule {
            record_first: self.record_first,
            record_from_years: self.record_from_years,
            record_from_grade: self.record_from_grade,
            assessments_a_day: self.assessments_a_day,
        })
    }
}

/// Who wants to buy what.
#[derive(Debug, Clone, Copy)]
pub struct Sale {
    pub has_bought: bool,
    /// By the bank's own record; whose age nobody knows is looked at at a branch.
    pub years: Option<i64>,
    /// None while it is not known which product.
    pub grade: Option<RiskGrade>,
}

/// Why a sale is recorded at a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    First,
    Age,
    Grade,
}

impl Recorded {
    /// 第一次买理财, as the beginning of a sentence.
    pub const fn words(self) -> &'static str {
        match self {
            Self::First => "第一次买理财",
            Self::Age => "您这个年纪买理财",
            Self::Grade => "这个风险等级的产品",
        }
    }
}

impl Rule {
    /// Whether a sale must be recorded at a branch; then no chat makes it.
    pub fn records(&self, sale: &Sale) -> Option<Recorded> {
        let is_old = || sale.years.is_none_or(|years| years >= self.record_from_years);
        let is_risky = || sale.grade.is_some_and(|g| g.number() >= self.record_from_grade);
        match () {
            () if self.record_first && !sale.has_bought => Some(Recorded::First),
            () if self.record_from_years > 0 && is_old() => Some(Recorded::Age),
            () if self.record_from_grade > 0 && is_risky() => Some(Recorded::Grade),
            () => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule {
        record_first: true,
        record_from_years: 65,
        record_from_grade: 4,
        assessments_a_day: 2,
    };
    const SALE: Sale = Sale { has_bought: true, years: Some(40), grade: Some(RiskGrade::R3) };

    #[test]
    fn each_reason_alone_sends_a_sale_to_a_branch() {
        assert_eq!(RULE.records(&SALE), None);
        assert_eq!(RULE.records(&Sale { years: Some(64), ..SALE }), None);
        assert_eq!(RULE.records(&Sale { has_bought: false, ..SALE }), Some(Recorded::First));
        assert_eq!(RULE.records(&Sale { years: Some(65), ..SALE }), Some(Recorded::Age));
        assert_eq!(RULE.records(&Sale { years: None, ..SALE }), Some(Recorded::Age));
        let risky = Sale { grade: Some(RiskGrade::R4), ..SALE };
        assert_eq!(RULE.records(&risky), Some(Recorded::Grade));
        assert_eq!(RULE.records(&Sale { grade: None, ..SALE }), None);
        let none = Rule { record_first: false, record_from_years: 0, record_from_grade: 0, ..RULE };
        let all = Sale { has_bought: false, years: Some(90), ..risky };
        assert_eq!(none.records(&all), None);
    }
}
