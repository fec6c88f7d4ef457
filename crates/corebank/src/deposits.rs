//! Time deposits (定期): term, rate, what they bring at maturity and today, what happens when they mature, what is on offer,
//! and the notice that is given of a withdrawal (通知存款).
//!
//! Not for: opening or closing them, which moves money.

use crate::day::Day;
use crate::interest;
use crate::model::{AccountRef, AccountState};
use base::{Fen, Time};
use serde::{Deserialize, Serialize};

/// Terms a deposit may be renewed for, in months.
pub const RENEWAL_MONTHS: &[i64] = &[3, 6, 12, 24, 36, 60];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DepositKind {
    /// 整存整取
    Fixed,
    /// 一天通知存款
    Notice1,
    /// 七天通知存款
    Notice7,
    /// 大额存单
    LargeCd,
}

impl DepositKind {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Fixed => "定期",
            Self::Notice1 => "一天通知存款",
            Self::Notice7 => "七天通知存款",
            Self::LargeCd => "大额存单",
        }
    }
    /// It runs until it is told to end, some days ahead.
    pub const fn is_notice(self) -> bool {
        matches!(self, Self::Notice1 | Self::Notice7)
    }
    /// Days ahead its end must be told.
    pub const fn notice_days(self) -> i64 {
        match self {
            Self::Notice1 => 1,
            Self::Notice7 => 7,
            Self::Fixed | Self::LargeCd => 0,
        }
    }
}

/// What happens on the day a deposit matures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Renewal {
    /// 到期转活期: principal and interest go to the account at call.
    Off,
    /// 同期限自动转存
    SameTerm,
    /// 换期限自动转存, in months; one of [`RENEWAL_MONTHS`].
    Months(i64),
}

/// A certificate on paper, or one that only the core keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    Paper,
    Electronic,
}

/// One time deposit of a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TermDeposit {
    pub account: AccountRef,
    pub kind: DepositKind,
    /// The bank's product name: 整存整取.
    pub product: String,
    pub tail: String,
    pub state: AccountState,
    pub form: Form,
    pub principal: Fen,
    pub rate_bp: i64,
    pub opened_on: Day,
    /// `None` for a notice deposit.
    pub months: Option<i64>,
    pub matures_on: Option<Day>,
    /// At maturity; for a notice deposit what it has brought until today.
    pub interest: Fen,
    /// What it would bring if all of it were taken today, and at which rate.
    pub today: Fen,
    pub today_rate_bp: i64,
    pub renewal: Renewal,
    /// The notice that is good now: its day has not passed, and nothing was taken on it.
    pub notice: Option<Notice>,
}

impl TermDeposit {
    /// What is lost by taking it today instead of at maturity.
    pub fn loss(&self) -> Fen {
        Fen::of(self.interest.fen().saturating_sub(self.today.fen()).max(0))
    }
    pub fn is_mature(&self, today: Day) -> bool {
        self.matures_on.is_some_and(|end| end <= today)
    }
}

/// Interest of a deposit of whole months at maturity.
pub fn at_maturity(principal: Fen, rate_bp: i64, months: i64) -> Option<Fen> {
    interest::for_months(principal, rate_bp, months)
}

/// Interest of a deposit of whole months taken on `on`: before it matures at the rate for money at call, by the day; from
/// then on all of its own interest, and the rate at call for the days since.
pub fn if_taken(
    principal: Fen,
    (rate_bp, call_bp): (i64, i64),
    months: i64,
    (opened_on, matures_on): (Day, Day),
    on: Day,
) -> Option<Fen> {
    if on < matures_on {
        return interest::for_days(principal, call_bp, on.days_since(opened_on).max(0));
    }
    let own = at_maturity(principal, rate_bp, months)?;
    own.checked_add(interest::for_days(principal, call_bp, on.days_since(matures_on))?)
}

/// 通知: so much will be taken out of a notice deposit on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub amount: Fen,
    pub given_on: Day,
    /// The one day on which it is good.
    pub due_on: Day,
}

/// What a customer wants of the notice of a deposit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "notice")]
pub enum NoticeWish {
    /// So much will be taken; none: all there is.
    Give { amount: Option<Fen> },
    /// 取消通知
    TakeBack,
}

/// A notice was given, or taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoticeSet {
    /// Which it is, or was.
    pub notice: Notice,
    pub at: Time,
    /// It was done before under the same request id; nothing happened again.
    pub is_repeat: bool,
}

/// A deposit that an institution offers besides those of fixed terms: notice deposits, large certificates (大额存单).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DepositOffer {
    /// The core's own, small letters, digits and `-`.
    pub code: String,
    pub kind: DepositKind,
    /// The bank's name of it: 2026年第3期大额存单.
    pub name: String,
    /// `None` for a notice deposit.
    pub months: Option<i64>,
    /// In hundredths of a per cent a year; of a notice deposit that of today.
    pub rate_bp: i64,
    /// A deposit of less is not opened.
    pub least: Fen,
    /// What is still to be had of it; `None` where there is no quota.
    pub left: Option<Fen>,
}

/// A renewal setting was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenewalSet {
    pub renewal: Renewal,
    pub at: Time,
    /// It was done before under the same request id; nothing happened again.
    pub is_repeat: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deposit_taken_early_bears_the_rate_at_call_and_after_maturity_both() {
        let on = |day: &str| day.parse::<Day>().unwrap();
        let span = (on("2026-04-23"), on("2027-04-23"));
        let taken = |day| if_taken(Fen::of(5_000_000), (135, 5), 12, span, on(day));
        // 50,000.00 for a year at 1.35 %: 675.00 at maturity; after seven months (214 days) at 0.05 %: 14.86.
        assert_eq!(taken("2026-11-23"), Some(Fen::of(1_486)));
        assert_eq!(taken("2026-04-23"), Some(Fen::ZERO));
        assert_eq!(taken("2027-04-22"), Some(Fen::of(2_528)));
        assert_eq!(taken("2027-04-23"), Some(Fen::of(67_500)));
        assert_eq!(taken("2027-05-23"), Some(Fen::of(67_500 + 208)));
    }
}
