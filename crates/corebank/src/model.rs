//! The words of the port: customers, accounts, balances, lines. Shapes only, no behaviour.

use crate::day::Day;
use crate::error::Direction;
use base::{Fen, Masked, Secret, TenantId, Time};
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! handle {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);
        impl $name {
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Debug for $name {
            /// The last four characters: with some cores the handle is a number of the customer's.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}(…{})", stringify!($name), base::mask_card(&self.0))
            }
        }
    };
}
handle! {
    /// A core's customer number (核心客户号). Personal data: may be stored sealed, never logged.
    CustNo
}
handle! {
    /// A core's own handle of an account. May be the account number itself: never shown, never logged.
    AccountRef
}
handle! {
    /// A core's own handle of one line of a statement; stable for ever.
    LineId
}

/// Kind of identity document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdType {
    /// 居民身份证
    ResidentId,
    /// 户口簿
    HouseholdBook,
    /// 护照
    Passport,
    /// 港澳居民来往内地通行证
    HongKongMacaoPermit,
    /// 台湾居民来往大陆通行证
    TaiwanPermit,
    /// 外国人永久居留身份证
    ForeignResidentId,
}

/// What someone claims to be. All elements are personal data.
#[derive(Debug, Clone)]
pub struct PartyClaim {
    pub name: Secret<String>,
    pub id_type: IdType,
    pub id_no: Secret<String>,
    /// Card or passbook number.
    pub account_no: Secret<String>,
    /// The mobile number reserved with the bank (预留手机号), 11 digits.
    pub mobile: Secret<String>,
}

/// Who a claim turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    pub cust_no: CustNo,
    pub name: Masked,
    /// `None` where no number is reserved: then the other three were compared, and no code can be sent.
    pub mobile: Option<Masked>,
    /// The account that was claimed.
    pub account: AccountRef,
    pub account_state: AccountState,
    pub customer_state: CustomerState,
    /// Full years on the core's date; `None` when the document does not tell.
    pub age: Option<i64>,
}

/// Who issued a card or a passbook, by the leading digits of its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issuer {
    pub tenant: TenantId,
    /// Number of the legal entity (法人号), four digits.
    pub legal_no: String,
    pub name: String,
    pub kind: NumberKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberKind {
    Debit,
    Credit,
    Passbook,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerState {
    Active,
    /// 身份信息待核实: may look, may not pay.
    Unverified,
    /// 已销户
    Closed,
}

/// A customer's profile as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Customer {
    pub cust_no: CustNo,
    pub name: Masked,
    pub id_type: IdType,
    pub id_no: Masked,
    pub mobile: Option<Masked>,
    pub birth_year: Option<i64>,
    /// Full years on the core's date.
    pub age: Option<i64>,
    pub state: CustomerState,
    pub since: Day,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// 借记卡
    Debit,
    /// 存折
    Passbook,
    /// 信用卡
    Credit,
    /// 贷款
    Loan,
    /// 定期存款
    Deposit,
    /// 医保个人账户: kept here for the medical insurance, told by [`crate::CoreBank::medical_account`] and not
    /// among a customer's accounts.
    Medical,
}

impl AccountKind {
    /// What a customer calls it, without a number.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Debit => "借记卡",
            Self::Passbook => "存折",
            Self::Credit => "信用卡",
            Self::Loan => "贷款",
            Self::Deposit => "定期存款",
            Self::Medical => "医保个人账户",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    Active,
    /// 只收不付: money may come in, none may leave.
    NoOut,
    /// 冻结: neither in nor out.
    Frozen,
    /// 挂失: money may come in, none may leave.
    Lost,
    /// 临时锁卡, by the customer's own wish: money may come in, none may leave.
    Locked,
    /// 睡眠户
    Dormant,
    /// 销户
    Closed,
}

impl AccountState {
    /// What staff and customers call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Active => "正常",
            Self::NoOut => "只收不付",
            Self::Frozen => "冻结",
            Self::Lost => "挂失",
            Self::Locked => "已锁",
            Self::Dormant => "睡眠户",
            Self::Closed => "已销户",
        }
    }
    /// Whether money may go this way.
    pub const fn lets(self, way: Direction) -> bool {
        match (self, way) {
            (Self::Active, _)
            | (Self::NoOut | Self::Lost | Self::Locked | Self::Dormant, Direction::In) => true,
            (Self::NoOut | Self::Lost | Self::Locked | Self::Dormant, Direction::Out)
            | (Self::Frozen | Self::Closed, _) => false,
        }
    }
}

/// A change of a card's or passbook's state that is wished for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateWish {
    /// 临时锁卡
    Lock,
    /// 解锁
    Unlock,
    /// 口头挂失: by any channel, and it ends by itself.
    ReportLoss,
    /// 正式挂失: at the counter only.
    FormalLoss,
    /// 解挂: of an oral loss by a channel with strong proof, of a formal one at the counter only.
    LiftLoss,
}

/// What a [`StateWish`] came to; the same for every copy of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StateDone {
    /// How the account stands after it.
    pub state: AccountState,
    /// False when it stood so already, or more was stopped than was wished for.
    pub changed: bool,
    /// Number of the lock or loss (挂失号) that stands; empty when none does.
    pub stop_no: String,
    /// When an oral loss ends by itself.
    pub ends_at: Option<Time>,
    pub at: Time,
}

/// One account of a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    pub id: AccountRef,
    pub kind: AccountKind,
    /// The bank's product name: 福农借记卡.
    pub product: String,
    /// What to call it, without a number: 借记卡.
    pub label: String,
    /// Last four digits of its number.
    pub tail: String,
    /// Ⅰ/Ⅱ/Ⅲ类户, where it applies.
    pub class: Option<i64>,
    pub state: AccountState,
    /// ISO 4217, always `CNY` for now.
    pub currency: String,
    pub opened_on: Day,
}

/// What an account holds.
///
/// `posted` is what the account is worth to the customer: negative where he owes (credit card, loan).
/// Invariant for debit cards and passbooks: `available = posted - held` and never negative.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Balance {
    pub account: AccountRef,
    pub kind: AccountKind,
    pub state: AccountState,
    pub posted: Fen,
    pub held: Fen,
    /// What can be spent now; 0 for loans and time deposits.
    pub available: Fen,
    pub as_of: Time,
    pub detail: Detail,
}

/// What differs by kind of account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Detail {
    /// Debit card or passbook.
    Demand,
    Credit {
        limit: Fen,
        used: Fen,
        bill: Option<CardBill>,
    },
    Loan {
        principal: Fen,
        outstanding: Fen,
        /// Yearly rate in hundredths of a per cent: 435 is 4.35 %.
        rate_bp: i64,
        next: Option<LoanDue>,
        ends_on: Option<Day>,
    },
    Deposit {
        rate_bp: i64,
        matures_on: Option<Day>,
        /// Interest at maturity.
        interest: Fen,
    },
}

/// The last bill of a credit card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CardBill {
    pub billed_on: Day,
    pub amount: Fen,
    pub minimum: Fen,
    pub due_on: Day,
}

/// The next instalment of a loan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LoanDue {
    pub on: Day,
    pub amount: Fen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    #[default]
    All,
    In,
    Out,
}

/// Which lines of which account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementRange {
    pub account: AccountRef,
    /// First day, in China, of posting.
    pub from: Day,
    /// Last day, included.
    pub to: Day,
    pub flow: Flow,
    /// Words that must occur in the label, counterparty, summary or explanation; or an exact amount in yuan.
    pub q: Option<String>,
}

/// A page of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementQuery {
    pub range: StatementRange,
    /// From [`Page::next`] of the same range; `None` for the first page.
    pub cursor: Option<String>,
    /// 1 to [`crate::LINES_MAX`].
    pub limit: usize,
}

/// One line of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    pub id: LineId,
    /// The core's own serial of the journal (核心流水号).
    pub core_serial: String,
    pub core_date: Day,
    pub at: Time,
    pub is_in: bool,
    pub amount: Fen,
    /// The account's posted balance after this line.
    pub balance_after: Fen,
    /// What it was, in everyday words: 电费.
    pub label: String,
    /// Masked when a person: `*强 6688`; empty when there is none.
    pub counterparty: String,
    /// The core's own summary (摘要).
    pub summary: String,
    /// One sentence that explains it, or empty: 耕地地力保护补贴，财政代发，批次2026-07.
    pub explain: String,
    pub channel_serial: Option<String>,
}

/// Lines, latest first, and how to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page {
    pub lines: Vec<Line>,
    /// Opaque; `None` on the last page.
    pub next: Option<String>,
    pub as_of: Time,
}

/// What a range of lines adds up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Totals {
    pub inflow: Fen,
    pub outflow: Fen,
    pub in_count: i64,
    pub out_count: i64,
    pub as_of: Time,
}

/// How a customer's channel PIN stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinState {
    pub is_set: bool,
    /// Wrong tries left today.
    pub left: u8,
    /// No try before this; then the day's tries begin anew by themselves.
    pub locked_until: Option<Time>,
}

/// Who a customer is, in full: for face checks and for comparing what was typed; never shown or kept.
#[derive(Debug, Clone)]
pub struct Identity {
    pub name: Secret<String>,
    pub id_type: IdType,
    pub id_no: Secret<String>,
    pub mobile: Option<Secret<String>>,
    /// Last day of the document's validity; `None` when it has no end or none is on record.
    pub id_ends_on: Option<Day>,
}

/// A PIN was set or was right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinOutcome {
    pub at: Time,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayState {
    Open,
    /// The day is being closed; questions are answered, commands get the next day.
    Cutting,
    Closed,
}

/// How the core is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// The business date commands would be booked on.
    pub core_date: Day,
    pub day_state: DayState,
    pub as_of: Time,
}
