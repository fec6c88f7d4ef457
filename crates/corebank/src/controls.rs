//! What customers switch for their own accounts: locks by kind of use (交易锁), small payments without a PIN (小额免密),
//! platforms that may take money (快捷支付), limits of their own, and whether they are found by their mobile number (手机号收款).
//!
//! Not for: who may ask for it; a channel proves its customers before it opens anything.

use crate::day::Day;
use crate::facts::LimitOn;
use base::{Fen, Time};
use serde::{Deserialize, Serialize};

/// What a lock is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockOn {
    /// 夜里: everything that leaves by itself, between hours.
    Night,
    /// 境外
    Abroad,
    /// 网上付款
    Online,
    /// 转账给没转过的人
    Stranger,
}

impl LockOn {
    pub const ALL: [Self; 4] = [Self::Night, Self::Abroad, Self::Online, Self::Stranger];
    pub const fn label(self) -> &'static str {
        match self {
            Self::Night => "夜里转账付款",
            Self::Abroad => "境外用卡",
            Self::Online => "网上付款",
            Self::Stranger => "转给没转过的人",
        }
    }
}

/// From one full hour to before another, over midnight too; both the same is all day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hours {
    pub from: u8,
    pub to: u8,
}

impl Hours {
    pub const ALL_DAY: Self = Self { from: 0, to: 0 };
    /// `None` when an hour is none.
    pub fn of(from: i64, to: i64) -> Option<Self> {
        let hour = |n: i64| u8::try_from(n).ok().filter(|n| *n < 24);
        Some(Self { from: hour(from)?, to: hour(to)? })
    }
    pub const fn is_all_day(self) -> bool {
        self.from == self.to
    }
    pub const fn has(self, hour: u8) -> bool {
        if self.is_all_day() {
            true
        } else if self.from < self.to {
            self.from <= hour && hour < self.to
        } else {
            hour >= self.from || hour < self.to
        }
    }
}

/// A lock that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Lock {
    pub on: LockOn,
    pub hours: Hours,
    pub since: Time,
}

/// 小额免密: up to `cap` a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NoPass {
    pub is_on: bool,
    pub cap: Fen,
    /// The most a customer may choose.
    pub most: Fen,
}

/// What a platform may do with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgreementKind {
    /// 快捷支付: the customer pays there with the platform's own password.
    QuickPay,
    /// 免密代扣: it takes money by itself.
    Debit,
}

impl AgreementKind {
    pub const fn label(self) -> &'static str {
        match self {
            Self::QuickPay => "快捷支付",
            Self::Debit => "免密代扣",
        }
    }
}

/// A platform that may take money from an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Agreement {
    /// Its number within the account.
    pub no: i64,
    pub platform: String,
    pub kind: AgreementKind,
    pub signed_on: Day,
}

/// Everything that is switched for one account at call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Controls {
    /// In the order of [`LockOn::ALL`].
    pub locks: Vec<Lock>,
    pub no_pass: NoPass,
    /// Latest first.
    pub agreements: Vec<Agreement>,
    /// 手机号收款: who knows the owner's reserved mobile number may pay into it.
    pub by_mobile: bool,
}

/// One change of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "set")]
pub enum ControlWish {
    /// A lock that stands gets other hours.
    Lock {
        on: LockOn,
        hours: Hours,
    },
    Unlock {
        on: LockOn,
    },
    NoPass {
        is_on: bool,
        cap: Fen,
    },
    EndAgreement {
        no: i64,
    },
    /// A limit of one's own; never above the bank's. `None` leaves it as it is.
    Limit {
        on: LimitOn,
        single: Option<Fen>,
        day: Option<Fen>,
    },
    /// The account is found by its owner's reserved mobile number, instead of any other of theirs.
    ByMobile {
        is_on: bool,
    },
}

/// What a change was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlSet {
    /// Since when it holds.
    pub at: Time,
    /// It was done before under the same id.
    pub is_repeat: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_go_over_midnight_and_the_same_hour_twice_is_all_day() {
        let night = Hours::of(22, 7).unwrap();
        let inside = [22, 23, 0, 6].map(|h| night.has(h));
        let outside = [7, 12, 21].map(|h| night.has(h));
        assert_eq!((inside, outside), ([true; 4], [false; 3]));
        let noon = Hours::of(11, 14).unwrap();
        assert_eq!([10, 11, 13, 14].map(|h| noon.has(h)), [false, true, true, false]);
        assert!((0..24).all(|h| Hours::ALL_DAY.has(h)));
        assert_eq!((Hours::of(24, 0), Hours::of(-1, 0)), (None, None));
    }
}
