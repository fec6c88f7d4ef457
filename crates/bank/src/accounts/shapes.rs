//! What the accounts and statement pages are told, as JSON has it.

use crate::api::{AccountKind, Money};
use crate::followers::BoundAccount;
use base::{Fen, Time};
use corebank::Line;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct Accounts {
    pub items: Vec<Account>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Account {
    pub id: String,
    #[schema(value_type = AccountKind)]
    pub kind: String,
    /// What to call it, without a number.
    pub label: String,
    /// The last four characters of its number.
    pub tail: String,
    pub state: AccountState,
    /// The bank's own word for the state.
    pub state_words: String,
    /// What can be spent now; null where nothing is spent from it.
    #[schema(value_type = Option<Money>, required)]
    pub available: Option<Fen>,
    #[schema(value_type = Money)]
    pub posted: Fen,
    #[schema(value_type = Money)]
    pub held: Fen,
    pub detail: Detail,
    /// Milliseconds UTC.
    #[schema(value_type = i64)]
    pub as_of: Time,
    pub is_usable: bool,
}

impl Account {
    pub fn of(own: &BoundAccount, b: &corebank::Balance) -> Self {
        let has_available = matches!(own.kind.as_str(), "debit" | "passbook" | "credit");
        Self {
            id: own.id.clone(),
            kind: own.kind.clone(),
            label: own.label.clone(),
            tail: own.tail.clone(),
            state: AccountState::from(b.state),
            state_words: b.state.label().into(),
            available: has_available.then_some(b.available),
            posted: b.posted,
            held: b.held,
            detail: Detail::from(&b.detail),
            as_of: b.as_of,
            is_usable: b.state == corebank::AccountState::Active,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    Active,
    NoOut,
    Frozen,
    Lost,
    Locked,
    Dormant,
    Closed,
}

impl From<corebank::AccountState> for AccountState {
    fn from(state: corebank::AccountState) -> Self {
        match state {
            corebank::AccountState::Active => Self::Active,
            corebank::AccountState::NoOut => Self::NoOut,
            corebank::AccountState::Frozen => Self::Frozen,
            corebank::AccountState::Lost => Self::Lost,
            corebank::AccountState::Locked => Self::Locked,
            corebank::AccountState::Dormant => Self::Dormant,
            corebank::AccountState::Closed => Self::Closed,
        }
    }
}

/// What only this kind of account has; days are `YYYY-MM-DD`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Detail {
    Demand,
    Credit {
        #[schema(value_type = Money)]
        limit: Fen,
        #[schema(value_type = Money)]
        used: Fen,
        #[schema(required)]
        bill: Option<CardBill>,
    },
    Loan {
        #[schema(value_type = Money)]
        principal: Fen,
        #[schema(value_type = Money)]
        outstanding: Fen,
        /// Yearly rate in hundredths of a per cent.
        rate_bp: i64,
        #[schema(required)]
        next: Option<LoanDue>,
        #[schema(required)]
        ends_on: Option<String>,
    },
    Deposit {
        /// Yearly rate in hundredths of a per cent.
        rate_bp: i64,
        #[schema(required)]
        matures_on: Option<String>,
        /// Interest at maturity.
        #[schema(value_type = Money)]
        interest: Fen,
    },
}

impl From<&corebank::Detail> for Detail {
    fn from(detail: &corebank::Detail) -> Self {
        match detail {
            corebank::Detail::Demand => Self::Demand,
            corebank::Detail::Credit { limit, used, bill } => Self::Credit {
                limit: *limit,
                used: *used,
                bill: bill.map(|b| CardBill {
                    billed_on: b.billed_on.to_string(),
                    amount: b.amount,
                    minimum: b.minimum,
                    due_on: b.due_on.to_string(),
                }),
            },
            corebank::Detail::Loan { principal, outstanding, rate_bp, next, ends_on } => {
                Self::Loan {
                    principal: *principal,
                    outstanding: *outstanding,
                    rate_bp: *rate_bp,
                    next: next.map(|n| LoanDue { on: n.on.to_string(), amount: n.amount }),
                    ends_on: ends_on.map(|d| d.to_string()),
                }
            }
            corebank::Detail::Deposit { rate_bp, matures_on, interest } => Self::Deposit {
                rate_bp: *rate_bp,
                matures_on: matures_on.map(|d| d.to_string()),
                interest: *interest,
            },
        }
    }
}

/// The last bill of a credit card.
#[derive(Debug, Serialize, ToSchema)]
pub struct CardBill {
    pub billed_on: String,
    #[schema(value_type = Money)]
    pub amount: Fen,
    #[schema(value_type = Money)]
    pub minimum: Fen,
    pub due_on: String,
}

/// The next instalment of a loan.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoanDue {
    pub on: String,
    #[schema(value_type = Money)]
    pub amount: Fen,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Statement {
    /// Whose entries these are, and whose else could be asked for.
    pub account: AccountName,
    pub accounts: Vec<AccountName>,
    /// Latest first.
    pub items: Vec<Entry>,
    pub totals: Totals,
    /// The `cursor` of the next page; null on the last.
    #[schema(required)]
    pub next: Option<String>,
    /// Milliseconds UTC.
    #[schema(value_type = i64)]
    pub as_of: Time,
    /// Months that can be asked for, newest first, `YYYY-MM`.
    pub months: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AccountName {
    pub id: String,
    pub label: String,
    pub tail: String,
}

impl AccountName {
    pub fn of(own: &BoundAccount) -> Self {
        Self { id: own.id.clone(), label: own.label.clone(), tail: own.tail.clone() }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Totals {
    #[serde(rename = "in")]
    #[schema(value_type = Money)]
    pub inflow: Fen,
    #[serde(rename = "out")]
    #[schema(value_type = Money)]
    pub outflow: Fen,
    pub count: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Entry {
    pub id: String,
    #[schema(value_type = i64)]
    pub at_ms: Time,
    pub label: String,
    #[schema(value_type = Money)]
    pub amount: Fen,
    #[schema(inline)]
    pub direction: Direction,
    /// What the account held after it.
    #[schema(value_type = Money)]
    pub balance: Fen,
    /// Masked when a person; empty when there is none.
    pub counterparty: String,
    pub summary: String,
    /// One sentence that explains it, or empty.
    pub explain: String,
}

/// What was written down of an entry that its customer does not know.
#[derive(Debug, Serialize, ToSchema)]
pub struct Doubted {
    /// The entry in one line.
    pub what: String,
    /// The case's number and by when it is answered; or that it is to be told by telephone.
    pub case: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    In,
    Out,
}

impl From<&Line> for Entry {
    fn from(l: &Line) -> Self {
        Self {
            id: l.id.as_str().into(),
            at_ms: l.at,
            label: l.label.clone(),
            amount: l.amount,
            direction: if l.is_in { Direction::In } else { Direction::Out },
            balance: l.balance_after,
            counterparty: l.counterparty.clone(),
            summary: l.summary.clone(),
            explain: l.explain.clone(),
        }
    }
}
