//! Residents' insurance (城乡居民养老、医保): what a family's members pay for a year, in the season in which it is collected.
//!
//! A family is known to the collecting office (税务局) by the number on the village's notice (缴费编号), and to its bank by any of its
//! members who is a customer. Paying is [`Money::pay`](crate::money::Money::pay) to a [`Payee::Biller`](crate::money::Payee::Biller)
//! whose bill is [`Levy::bill`]: one payment for all who were chosen, all of it or nothing. *Invariant*: nobody's year is paid
//! twice. Not for: what was paid in earlier years; [`CoreBank::contributions`](crate::CoreBank::contributions) tells of it.

use crate::day::Day;
use crate::model::CustNo;
use base::{Fen, Masked};
use std::fmt;

/// Members paid for at once, at most.
pub const CHOSEN_MAX: usize = 8;

/// Whose family is asked about. Personal data: never logged.
#[derive(Clone, PartialEq, Eq)]
pub enum LevyOf {
    /// The family in which this customer is a member.
    Customer(CustNo),
    /// The family of this number, whoever asks.
    Number(String),
}

/// What a family, or some of it, is asked to pay.
#[derive(Clone, PartialEq, Eq)]
pub struct LevyAsk {
    /// A biller of [`BillKind::Medical`](crate::bills::BillKind::Medical) or [`BillKind::Pension`](crate::bills::BillKind::Pension).
    pub biller: String,
    pub of: LevyOf,
    /// Which year's; none for the one that is collected now.
    pub year: Option<i64>,
    /// Numbers of members; none for all who may pay and choose nothing.
    pub chosen: Vec<i64>,
    /// What each of them wants to pay, where there is a choice.
    pub tier: Option<Fen>,
}

impl fmt::Debug for LevyAsk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LevyAsk({} …)", self.biller)
    }
}

/// What may be chosen to pay, and what the treasury adds to it (政府补贴).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    pub pays: Fen,
    pub subsidy: Fen,
}

/// How a member stands for the year that is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// May be paid for.
    Open,
    /// Being paid for: the office has not confirmed.
    Paying,
    /// Paid, here or elsewhere.
    Paid,
    /// 财政全额代缴: pays nothing.
    Exempt,
    /// Not of an age to pay for a pension yet, or no more.
    TooYoung,
    TooOld,
    /// 在单位参保: insured by an employer.
    Employed,
}

/// One of a family.
#[derive(Clone, PartialEq, Eq)]
pub struct Member {
    /// Within the family, from 1; for ever the same.
    pub no: i64,
    pub name: Masked,
    /// To the householder: 户主, 配偶, 子, 女, 父, 母, 孙子, 孙女.
    pub relation: String,
    /// The customer who asks.
    pub is_asking: bool,
    pub stands: Stands,
    /// What this member pays, where it is no choice, or was chosen; zero for who pays nothing or has not chosen.
    pub pays: Fen,
    /// What is paid for the member by the treasury beyond that; zero when nothing is known of it.
    pub subsidy: Fen,
}

/// What a family is asked to pay for a year.
#[derive(Clone, PartialEq, Eq)]
pub struct Levy {
    /// The family's number.
    pub number: String,
    /// Where it lives, as the office writes it; may be empty.
    pub place: String,
    pub year: i64,
    /// Years that may be paid now, the usual one first.
    pub years: Vec<i64>,
    /// First and last day on which it is collected.
    pub opens_on: Day,
    pub closes_on: Day,
    /// What may be chosen; empty when everybody pays one sum.
    pub tiers: Vec<Tier>,
    /// In the order of their numbers.
    pub members: Vec<Member>,
    /// What those chosen pay together; zero while nothing can be paid.
    pub owed: Fen,
    /// The office's reference of that; empty while nothing can be paid.
    pub bill: String,
}

impl Levy {
    pub fn is_open(&self, today: Day) -> bool {
        (self.opens_on..=self.closes_on).contains(&today)
    }
    pub fn member(&self, no: i64) -> Option<&Member> {
        self.members.iter().find(|m| m.no == no)
    }
}

base::unprinted!(LevyOf, Member);

impl fmt::Debug for Levy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Levy({} of {} members, {} owed)", self.year, self.members.len(), self.owed)
    }
}
