//! Accounts, balances and lines; switches and states of accounts.

use super::who::AccountState;
use super::{Day, Fen, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

words! {
    /// 借记卡, 存折, 信用卡, 贷款, 定期存款, 医保个人账户.
    AccountKind = corebank::AccountKind { Debit, Passbook, Credit, Loan, Deposit, Medical }
}

shape! {
    /// One account of a customer.
    Account = corebank::Account {
        /// The core's handle, by which it is asked about.
        id: String,
        kind: AccountKind,
        /// 福农借记卡
        product: String,
        /// What to call it, without a number: 借记卡.
        label: String,
        /// Last four digits of its number.
        tail: String,
        /// Ⅰ/Ⅱ/Ⅲ类户, where it applies.
        class: Option<i64>,
        state: AccountState,
        /// ISO 4217; always `CNY`.
        currency: String,
        opened_on: Day,
    }
}

shape! {
    /// The last bill of a credit card.
    CardBill = corebank::CardBill { billed_on: Day, amount: Fen, minimum: Fen, due_on: Day }
}

shape! {
    /// The next instalment of a loan.
    LoanDue = corebank::LoanDue { on: Day, amount: Fen }
}

choice! {
    /// What differs by kind of account.
    Detail = corebank::Detail, "kind" {
        /// Debit card or passbook.
        Demand,
        Credit { limit: Fen, used: Fen, bill: Option<CardBill> },
        /// `rate_bp`: yearly rate in hundredths of a per cent.
        Loan { principal: Fen, outstanding: Fen, rate_bp: i64, next: Option<LoanDue>, ends_on: Option<Day> },
        Deposit { rate_bp: i64, matures_on: Option<Day>, interest: Fen },
    }
}

shape! {
    /// What an account holds. For debit cards and passbooks `available` is `posted - held`.
    Balance = corebank::Balance {
        account: String,
        kind: AccountKind,
        state: AccountState,
        /// What it is worth to the customer: negative where he owes.
        posted: Fen,
        held: Fen,
        /// What can be spent now; 0 for loans and time deposits.
        available: Fen,
        as_of: Time,
        detail: Detail,
    }
}

words! {
    Flow = corebank::Flow { All, In, Out }
}

shape! {
    /// Which lines of which account; at most 366 days.
    StatementRange = corebank::StatementRange {
        account: String,
        /// First day of posting, in China.
        from: Day,
        /// Last day, included.
        to: Day,
        flow: Flow,
        /// Words that must occur, or an exact amount in yuan.
        q: Option<String>,
    }
}

shape! {
    /// A page of lines.
    StatementQuery = corebank::StatementQuery {
        range: StatementRange,
        /// `next` of the page before; none for the first.
        cursor: Option<String>,
        /// 1 to 100.
        limit: u32,
    }
}

shape! {
    /// One line of an account.
    Line = corebank::Line {
        /// The same for ever.
        id: String,
        /// 核心流水号
        core_serial: String,
        core_date: Day,
        at: Time,
        is_in: bool,
        amount: Fen,
        /// The posted balance after this line.
        balance_after: Fen,
        /// In everyday words: 电费.
        label: String,
        /// Masked when a person; may be empty.
        counterparty: String,
        /// 摘要
        summary: String,
        /// One sentence, or empty.
        explain: String,
        channel_serial: Option<String>,
    }
}

shape! {
    /// Lines, latest first. Entries made meanwhile neither repeat nor hide a line of later pages.
    Page = corebank::Page { lines: Vec<Line>, next: Option<String>, as_of: Time }
}

shape! {
    /// What a range of lines adds up to.
    Totals = corebank::Totals { inflow: Fen, outflow: Fen, in_count: i64, out_count: i64, as_of: Time }
}

words! {
    StateWish = corebank::StateWish {
        /// 临时锁卡
        Lock,
        Unlock,
        /// 口头挂失
        ReportLoss,
        /// 正式挂失: at the counter only.
        FormalLoss,
        /// 解挂
        LiftLoss,
    }
}

shape! {
    /// What a wish for another state came to; the same for every copy of the command.
    StateDone = corebank::StateDone {
        state: AccountState,
        /// False when it stood so already.
        changed: bool,
        /// 挂失号; empty when nothing is stopped.
        stop_no: String,
        ends_at: Option<Time>,
        at: Time,
    }
}

words! {
    LockOn = corebank::controls::LockOn { Night, Abroad, Online, Stranger }
}

shape! {
    /// From one full hour to before another; both the same is all day.
    Hours = corebank::controls::Hours { from: u8, to: u8 }
}

shape! {
    Lock = corebank::controls::Lock { on: LockOn, hours: Hours, since: Time }
}

shape! {
    /// 小额免密
    NoPass = corebank::controls::NoPass { is_on: bool, cap: Fen, most: Fen }
}

words! {
    AgreementKind = corebank::controls::AgreementKind { QuickPay, Debit }
}

shape! {
    /// A platform that may take money.
    Agreement = corebank::controls::Agreement {
        no: i64, platform: String, kind: AgreementKind, signed_on: Day,
    }
}

shape! {
    /// Everything that is switched for an account at call.
    Controls = corebank::controls::Controls {
        locks: Vec<Lock>,
        no_pass: NoPass,
        agreements: Vec<Agreement>,
        /// 手机号收款
        by_mobile: bool,
    }
}

words! {
    /// 转账, 取现, 消费和缴费.
    LimitOn = corebank::facts::LimitOn { Transfer, Cash, Payment }
}

choice! {
    /// One change of what is switched.
    ControlWish = corebank::controls::ControlWish, "set" {
        Lock { on: LockOn, hours: Hours },
        Unlock { on: LockOn },
        NoPass { is_on: bool, cap: Fen },
        EndAgreement { no: i64 },
        Limit { on: LimitOn, single: Option<Fen>, day: Option<Fen> },
        /// The account is found by its owner's reserved mobile number, instead of any other of theirs; `not_eligible` without one.
        ByMobile { is_on: bool },
    }
}

shape! {
    ControlSet = corebank::controls::ControlSet { at: Time, is_repeat: bool }
}

shape! {
    InterestPaid = corebank::facts::InterestPaid { on: Day, amount: Fen }
}

shape! {
    /// 活期结息
    AccountInterest = corebank::facts::AccountInterest {
        rate_bp: i64, paid: Vec<InterestPaid>, accrued: Fen, accrued_to: Day, next_on: Day,
    }
}

words! {
    LimitWhy = corebank::facts::LimitWhy { Standard, Class2, Class3, Own }
}

shape! {
    /// One limit, and what is used of it; what is not there is not limited.
    Limit = corebank::facts::Limit {
        on: LimitOn,
        single: Option<Fen>,
        day: Option<Fen>,
        year: Option<Fen>,
        day_used: Fen,
        year_used: Fen,
        why: LimitWhy,
        most_single: Option<Fen>,
        most_day: Option<Fen>,
    }
}

shape! {
    /// Where an account was opened.
    OpeningBranch = corebank::facts::OpeningBranch {
        name: String, bank_no: String, address: String, phone: String,
    }
}

shape! {
    /// 客户经理
    Officer = corebank::facts::Officer {
        name: String, staff_no: String, phone: String, branch: String, stands_in_until: Option<Day>,
    }
}

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct AccountAsk {
    /// The core's handle.
    pub(crate) account: String,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct OwnAccountAsk {
    pub(crate) cust_no: String,
    /// `not_found` when it is not this customer's.
    pub(crate) account: String,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct LineAsk {
    pub(crate) account: String,
    pub(crate) line: String,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct StateAsk {
    pub(crate) cust_no: String,
    pub(crate) account: String,
    pub(crate) wish: StateWish,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct ControlAsk {
    pub(crate) cust_no: String,
    pub(crate) account: String,
    pub(crate) wish: ControlWish,
}
