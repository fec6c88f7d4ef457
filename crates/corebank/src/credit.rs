//! The words of the port for credit cards: terms, bills, points, fees; and all a customer has in one look. Shapes only.

use crate::cardset::CardSettings;
use crate::day::Day;
use crate::model::{AccountKind, AccountRef, CardBill};
use base::{Fen, Time};
use serde::Serialize;

/// Bills asked for at once, at most: a year and the one of today.
pub const BILLS_MAX: usize = 13;

/// What a credit card is and how it stands now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Card {
    pub account: AccountRef,
    /// Its product's fees.
    pub fees: CardFees,
    pub limit: Fen,
    /// The part of the limit that may be taken in cash.
    pub cash_limit: Fen,
    pub used: Fen,
    /// Invariant: `limit - used - held + surplus`, never negative; 0 while nothing may leave the card.
    pub available: Fen,
    pub held: Fen,
    /// Paid in beyond what was owed (溢缴款).
    pub surplus: Fen,
    /// Day of the month with which a bill closes (账单日), 1 to 28.
    pub statement_day: i64,
    /// Day of the month by which it is to be paid (还款日), 1 to 28.
    pub due_day: i64,
    /// The last statement day, today included; what was posted since its midnight is not billed yet.
    pub billed_on: Day,
    pub next_bill: Day,
    /// The card's fee year: purchases counted in it, and its last day.
    pub purchases: i64,
    pub fee_year_ends: Day,
    /// How it is set; `None` where the core does not say.
    pub settings: Option<CardSettings>,
    pub as_of: Time,
}

/// What a kind of credit card costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CardFees {
    pub product: String,
    /// Yearly fee; zero when there is none.
    pub annual: Fen,
    /// So many purchases in a fee year waive the fee; `None`: nothing does.
    pub free_after: Option<i64>,
    /// Of the limit, how much may be taken in cash, per cent.
    pub cash_percent: i64,
    /// For cash taken: hundredths of a per cent of the sum, but at least so much.
    pub cash_fee_bp: i64,
    pub cash_fee_least: Fen,
    /// Interest a day on what is not paid in time, hundredths of a per cent: 5 is 0.05 %.
    pub day_rate_bp: i64,
    /// For the part of the minimum that is not paid in time (违约金), hundredths of a per cent.
    pub late_fee_bp: i64,
}

/// One monthly bill, as the books were when its statement day began.
///
/// Invariant: `amount` is `carried + spent - repaid - deferred` where that is not negative, else zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bill {
    #[serde(flatten)]
    pub bill: CardBill,
    /// First day of the month it is about; the last is the day before `billed_on`.
    pub from: Day,
    /// Owed when that month began; negative when more had been paid in.
    pub carried: Fen,
    pub spent: Fen,
    pub repaid: Fen,
    /// Of what was owed then, principal and fees of instalments that later bills ask for.
    pub deferred: Fen,
    /// Paid since the statement day, as much as the bill asks at most.
    pub paid: Fen,
}

impl Bill {
    /// What is left of it.
    pub fn left(&self) -> Fen {
        self.bill.amount.checked_sub(self.paid).unwrap_or(Fen::ZERO)
    }
}

/// Points of a credit card (积分).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Points {
    /// Good today: what the lots add up to.
    pub total: i64,
    /// By the day they end, the nearest first.
    pub lots: Vec<PointLot>,
    /// What the purchases not billed yet will bring.
    pub to_come: i64,
    pub as_of: Time,
}

/// Points that came with one bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PointLot {
    pub points: i64,
    pub earned_on: Day,
    /// The last day on which they are good.
    pub ends_on: Day,
}

/// All a customer has and owes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Assets {
    /// On cards and passbooks.
    pub demand: Fen,
    pub time: Fen,
    /// Paid in beyond what was owed on credit cards.
    pub surplus: Fen,
    pub card_debt: Fen,
    pub loan_debt: Fen,
    /// Time deposits, the one that ends next first.
    pub deposits: Vec<Maturing>,
    pub as_of: Time,
}

impl Assets {
    pub fn owned(&self) -> Option<Fen> {
        self.demand.checked_add(self.time)?.checked_add(self.surplus)
    }
    pub fn owed(&self) -> Option<Fen> {
        self.card_debt.checked_add(self.loan_debt)
    }
    /// Owned less owed.
    pub fn net(&self) -> Option<Fen> {
        self.owned()?.checked_sub(self.owed()?)
    }
    /// Adds one account; `None` when the sums are too large to count.
    pub(crate) fn add(
        &mut self,
        kind: AccountKind,
        tail: &str,
        posted: Fen,
        ends: Option<Day>,
    ) -> Option<()> {
        let owed = Fen::of(posted.fen().min(0).checked_neg()?);
        let own = Fen::of(posted.fen().max(0));
        let sum = match kind {
            AccountKind::Debit | AccountKind::Passbook => &mut self.demand,
            AccountKind::Deposit => &mut self.time,
            AccountKind::Credit => &mut self.surplus,
            AccountKind::Loan | AccountKind::Medical => return self.owe(kind, owed),
        };
        *sum = sum.checked_add(own)?;
        if let (AccountKind::Deposit, Some(on), true) = (kind, ends, own > Fen::ZERO) {
            self.deposits.push(Maturing { tail: tail.to_owned(), amount: own, on });
            self.deposits.sort_by_key(|d| d.on);
        }
        self.owe(kind, owed)
    }
    fn owe(&mut self, kind: AccountKind, owed: Fen) -> Option<()> {
        let sum = match kind {
            AccountKind::Credit => &mut self.card_debt,
            AccountKind::Loan => &mut self.loan_debt,
            _ => return Some(()),
        };
        *sum = sum.checked_add(owed)?;
        Some(())
    }
    /// Nothing yet.
    pub(crate) const fn none(as_of: Time) -> Self {
        Self {
            demand: Fen::ZERO,
            time: Fen::ZERO,
            surplus: Fen::ZERO,
            card_debt: Fen::ZERO,
            loan_debt: Fen::ZERO,
            deposits: Vec::new(),
            as_of,
        }
    }
}

/// A time deposit and when it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Maturing {
    pub tail: String,
    pub amount: Fen,
    pub on: Day,
}
