//! Loans: how they are paid back, what is due when, what is late, and who stands for whom.
//!
//! [`Plan::instalments`] works a schedule out; a core that keeps its own is only translated. Not for: lending decisions.

use crate::day::Day;
use crate::interest;
use crate::model::{AccountRef, AccountState};
use base::{Fen, Masked};
use serde::{Deserialize, Serialize};

/// Instalments of one loan, at most: thirty years.
pub const INSTALMENTS_MAX: i64 = 360;

/// How a loan is paid back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// 等额本息: the same sum each month.
    EqualPayment,
    /// 等额本金: the same principal each month, with ever less interest.
    EqualPrincipal,
    /// 按月付息到期还本: interest each month, all principal with the last.
    InterestFirst,
}

impl Method {
    /// What staff and customers call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::EqualPayment => "等额本息",
            Self::EqualPrincipal => "等额本金",
            Self::InterestFirst => "按月付息到期还本",
        }
    }
}

/// What a schedule follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    pub principal: Fen,
    /// Yearly rate in hundredths of a per cent: 435 is 4.35 %.
    pub rate_bp: i64,
    /// Instalments, one a month; 1 to [`INSTALMENTS_MAX`].
    pub months: i64,
    pub method: Method,
    /// When the first is due; later ones on the same day of the month, or its last.
    pub first_due: Day,
}

/// One instalment of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Instalment {
    /// From 1.
    pub seq: i64,
    pub due_on: Day,
    pub principal: Fen,
    pub interest: Fen,
    /// When it was paid in full.
    pub paid_on: Option<Day>,
}

impl Instalment {
    /// Principal and interest.
    pub fn amount(&self) -> Option<Fen> {
        self.principal.checked_add(self.interest)
    }
    /// Not paid, and its day has passed.
    pub fn is_late(&self, today: Day) -> bool {
        self.paid_on.is_none() && self.due_on < today
    }
}

/// Keeps eighteen decimals of a factor of growth.
const SCALE: i128 = 1_000_000_000_000_000_000;
/// A monthly rate is so many parts of a yearly rate in hundredths of a per cent.
const MONTHLY: i128 = 120_000;
/// More than this is no plan: a hundred million yuan; 36 % a year is the law's ceiling.
const PRINCIPAL_FEN_MAX: i64 = 10_000_000_000;
const RATE_BP_MAX: i64 = 3_600;

impl Plan {
    /// The whole schedule, none of it paid. Interest of an instalment is that of one month on what is still owed, rounded
    /// half up; the last instalment takes what rounding has left, so that the principals add up to the fen.
    /// `None` when it is no plan.
    pub fn instalments(&self) -> Option<Vec<Instalment>> {
        let fits = (1..=PRINCIPAL_FEN_MAX).contains(&self.principal.fen())
            && (0..=RATE_BP_MAX).contains(&self.rate_bp)
            && (1..=INSTALMENTS_MAX).contains(&self.months);
        if !fits {
            return None;
        }
        let (even, level) = (self.principal.fen() / self.months, self.level()?);
        let mut owed = self.principal;
        let mut all = Vec::new();
        for seq in 1..=self.months {
            let interest = interest::for_months(owed, self.rate_bp, 1)?;
            let principal = match self.method {
                _ if seq == self.months => owed,
                Method::EqualPayment => {
                    Fen::of((level.fen() - interest.fen()).clamp(0, owed.fen()))
                }
                Method::EqualPrincipal => Fen::of(even),
                Method::InterestFirst => Fen::ZERO,
            };
            owed = owed.checked_sub(principal)?;
            let due_on = self.first_due.plus_months(seq - 1);
            all.push(Instalment { seq, due_on, principal, interest, paid_on: None });
        }
        Some(all)
    }

    /// 每期还款额 of equal payments: P·r·q / (q − 1) with q = (1 + r)^n, rounded half up. The factor is carried with
    /// eighteen decimals, far finer than a fen.
    fn level(&self) -> Option<Fen> {
        let (principal, rate) = (i128::from(self.principal.fen()), i128::from(self.rate_bp));
        if rate == 0 {
            return interest::half_up(principal, i128::from(self.months));
        }
        let mut growth = SCALE;
        for _ in 0..self.months {
            growth = (growth * (MONTHLY + rate) + MONTHLY / 2) / MONTHLY;
        }
        // Never zero: a rate of one hundredth of a per cent shows in the sixth decimal.
        interest::half_up(principal * rate * growth, MONTHLY * (growth - SCALE))
    }
}

/// One loan of a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Loan {
    pub account: AccountRef,
    /// The bank's product name: 惠农贷.
    pub product: String,
    /// Last four digits of the contract's number.
    pub tail: String,
    pub state: AccountState,
    pub method: Method,
    pub principal: Fen,
    /// Principal still owed.
    pub outstanding: Fen,
    pub rate_bp: i64,
    pub begun_on: Day,
    /// When the last instalment is due.
    pub ends_on: Day,
    /// Instalments in all, and how many are paid.
    pub months: i64,
    pub paid: i64,
    /// The next that is not due yet.
    pub next: Option<Instalment>,
    pub late: Option<Late>,
    /// Tail of the account it is paid from.
    pub repay_from: Option<String>,
}

/// A revolving credit line (循环授信): loans are drawn under it, again and again, until its day.
///
/// Invariant: `room` is `limit - used` where that is not negative, and nothing while it is stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CreditLine {
    /// Its handle: what a draw is paid out of. No account of the customer's.
    pub account: AccountRef,
    pub product: String,
    /// Last four digits of the contract's number.
    pub tail: String,
    pub limit: Fen,
    /// Principal owed under it.
    pub used: Fen,
    /// What may be drawn today.
    pub room: Fen,
    pub rate_bp: i64,
    /// What is drawn is paid back by then.
    pub ends_on: Day,
    /// Less is not drawn.
    pub least: Fen,
    /// How what is drawn may be paid back.
    pub methods: Vec<Method>,
    /// Why nothing may be drawn today.
    pub stopped: Option<LineStop>,
}

/// Why nothing may be drawn under a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineStop {
    /// The customer is late with a loan.
    Overdue,
    /// The bank has stopped it (冻结、压降).
    Cut,
    /// Its day has come.
    Ended,
}

/// What is late on a loan today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Late {
    /// When the oldest was due.
    pub since: Day,
    pub days: i64,
    pub count: i64,
    /// Principal and interest of what is late.
    pub amount: Fen,
    /// 罚息 until today, on top.
    pub penalty: Fen,
}

impl Late {
    /// What is late of `instalments` on `today`; the inner `None` says that nothing is.
    pub fn of(instalments: &[Instalment], rate_bp: i64, today: Day) -> Option<Option<Self>> {
        let late: Vec<&Instalment> = instalments.iter().filter(|i| i.is_late(today)).collect();
        let Some(since) = late.iter().map(|i| i.due_on).min() else { return Some(None) };
        let (mut amount, mut penalty) = (Fen::ZERO, Fen::ZERO);
        for i in &late {
            amount = amount.checked_add(i.amount()?)?;
            let days = today.days_since(i.due_on);
            penalty = penalty.checked_add(interest::penalty(i.amount()?, rate_bp, days)?)?;
        }
        let count = i64::try_from(late.len()).ok()?;
        Some(Some(Self { since, days: today.days_since(since), count, amount, penalty }))
    }
}

/// Who stands for whom, both ways.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Guarantees {
    /// The customer stands for others.
    pub given: Vec<Guarantee>,
    /// Others stand for the customer.
    pub received: Vec<Guarantee>,
}

/// One guarantee (保证). The other side is masked, and nothing is told of what they still owe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Guarantee {
    /// The borrower of one given, the guarantor of one received.
    pub other: Masked,
    pub product: String,
    /// Tail of the contract, only where the loan is the customer's own.
    pub tail: Option<String>,
    /// What is stood for, at most.
    pub amount: Fen,
    /// Until when, at the latest.
    pub until: Day,
    pub state: GuaranteeState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GuaranteeState {
    Current,
    Late,
    /// Paid back: nobody stands for anything any more.
    Settled,
}

impl GuaranteeState {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Current => "还款正常",
            Self::Late => "有逾期",
            Self::Settled => "已还清",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(yuan: i64, rate_bp: i64, months: i64, method: Method) -> Plan {
        let first_due = "2026-01-31".parse().unwrap();
        Plan { principal: Fen::of(yuan * 100), rate_bp, months, method, first_due }
    }

    fn sums(all: &[Instalment]) -> (i64, i64) {
        (all.iter().map(|i| i.principal.fen()).sum(), all.iter().map(|i| i.interest.fen()).sum())
    }

    #[test]
    fn equal_payments_are_the_same_each_month_and_the_last_settles_the_fen() {
        // 100,000.00 for 12 months at 4.35 %: 8,530.6… a month by any table.
        let all = plan(100_000, 435, 12, Method::EqualPayment).instalments().unwrap();
        let each: Vec<i64> = all.iter().map(|i| i.amount().unwrap().fen()).collect();
        assert!(each[..11].iter().all(|e| *e == each[0]), "{each:?}");
        assert_eq!(each[0] / 100, 8_530);
        assert!((each[11] - each[0]).abs() <= 12, "{each:?}");
        assert_eq!(all[0].interest, Fen::of(36_250));
        assert_eq!(sums(&all).0, 10_000_000);
    }

    #[test]
    fn equal_principal_and_interest_first_are_worked_out_by_hand() {
        let all = plan(12_000, 600, 3, Method::EqualPrincipal).instalments().unwrap();
        let told: Vec<(i64, i64)> =
            all.iter().map(|i| (i.principal.fen(), i.interest.fen())).collect();
        assert_eq!(told, [(400_000, 6_000), (400_000, 4_000), (400_000, 2_000)]);
        let all = plan(10_000, 480, 3, Method::InterestFirst).instalments().unwrap();
        let told: Vec<(i64, i64)> =
            all.iter().map(|i| (i.principal.fen(), i.interest.fen())).collect();
        assert_eq!(told, [(0, 4_000), (0, 4_000), (1_000_000, 4_000)]);
        let days: Vec<String> = all.iter().map(|i| i.due_on.to_string()).collect();
        assert_eq!(days, ["2026-01-31", "2026-02-28", "2026-03-31"]);
    }

    #[test]
    fn every_schedule_adds_up_to_the_fen_whatever_its_terms() {
        use Method::{EqualPayment, EqualPrincipal, InterestFirst};
        for method in [EqualPayment, EqualPrincipal, InterestFirst] {
            for fen in [1, 7, 999, 100_001, 5_000_000, 33_333_333, PRINCIPAL_FEN_MAX] {
                for rate_bp in [0, 1, 385, 435, 1_111, RATE_BP_MAX] {
                    for months in [1, 2, 7, 12, 36, 240, INSTALMENTS_MAX] {
                        let plan =
                            Plan { principal: Fen::of(fen), ..plan(1, rate_bp, months, method) };
                        let all = plan.instalments().unwrap();
                        assert_eq!(i64::try_from(all.len()).unwrap(), months, "{plan:?}");
                        assert_eq!(sums(&all).0, fen, "{plan:?}");
                        let is_sane = |i: &Instalment| {
                            !i.principal.is_negative() && !i.interest.is_negative()
                        };
                        assert!(all.iter().all(is_sane), "{plan:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_no_plan_has_no_schedule() {
        use Method::EqualPayment;
        for bad in [
            plan(0, 435, 12, EqualPayment),
            plan(-5, 435, 12, EqualPayment),
            plan(100, -1, 12, EqualPayment),
            plan(100, RATE_BP_MAX + 1, 12, EqualPayment),
            plan(100, 435, 0, EqualPayment),
            plan(100, 435, INSTALMENTS_MAX + 1, EqualPayment),
            plan(PRINCIPAL_FEN_MAX, 435, 12, EqualPayment),
        ] {
            assert_eq!(bad.instalments(), None, "{bad:?}");
        }
    }

    #[test]
    fn late_is_what_was_due_before_today_and_bears_a_half_more() {
        let mut all = plan(12_000, 600, 3, Method::EqualPrincipal).instalments().unwrap();
        let on = |day: &str| day.parse::<Day>().unwrap();
        assert_eq!(Late::of(&all, 600, on("2026-01-31")), Some(None), "due today is not late");
        let late = Late::of(&all, 600, on("2026-03-10")).unwrap().unwrap();
        assert_eq!((late.count, late.days, late.since), (2, 38, on("2026-01-31")));
        assert_eq!(late.amount, Fen::of(406_000 + 404_000));
        // 4,060.00 for 38 days and 4,040.00 for 10, both at 9 %: 38.57 and 10.10.
        assert_eq!(late.penalty, Fen::of(3_857 + 1_010));
        all[0].paid_on = Some(on("2026-01-31"));
        all[1].paid_on = Some(on("2026-02-28"));
        assert_eq!(Late::of(&all, 600, on("2026-03-10")), Some(None));
    }
}
