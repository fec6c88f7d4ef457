//! What moves money, and what is asked before and after.

use super::lending::{Instalment, Method, Renewal};
use super::outcome::Refusal;
use super::wealth::RiskGrade;
use super::{Day, Fen, MaskedName, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

words! {
    /// 行内, 农信银, 超级网银, 小额支付, 大额支付, 缴费, 代销理财, 无卡取款.
    Rail = corebank::money::Rail { Book, Rural, Ibps, Beps, Hvps, Biller, Wealth, Till }
}

words! {
    LoanPart = corebank::money::LoanPart {
        /// 本期
        Due,
        /// 部分提前
        Part,
        /// 全部结清
        Settle,
    }
}

choice! {
    /// Who is paid.
    Payee = corebank::money::Payee, "at" {
        /// An account of the same institution, by the core's handle.
        Here { account: String },
        Elsewhere { number: String, name: String, bank_no: String },
        Biller { biller: String, number: String, bill: String },
        Loan { account: String, part: LoanPart, ahead: Fen },
        /// A time deposit that is opened with the amount.
        Deposit { months: i64, rate_bp: i64, matures_on: Day, renewal: Renewal },
        /// A deposit on offer that is opened with the amount.
        Offered { code: String, rate_bp: i64, matures_on: Option<Day> },
        /// An account at call that gets money out of the payer, a time deposit of the same customer.
        Withdrawal { account: String, interest: Fen },
        /// Units of a wealth product (申购); under way until they are confirmed.
        Subscription { product: String, grade: RiskGrade, begins_on: Day },
        /// An account at call that gets what units of the payer, a holding, are sold for (赎回), on its day.
        Redemption { account: String, units: i64, arrives_on: Day },
        /// Cash for who types the code and the word at a till, within `minutes`. `verifier`, 64 hex digits: SM3 of `salt|code|word`,
        /// then ten thousand times SM3 of the 64 hex digits before and `salt`, all in UTF-8.
        Cash { salt: String, verifier: String, minutes: i64 },
        /// An account at call that gets a loan drawn under the payer, a credit line of the same customer.
        Draw { account: String, months: i64, rate_bp: i64, method: Method, ends_on: Day },
        /// Instalments of the payer, a credit card: of its last bill, or of one purchase. The payment's fee is all fees together.
        Split { line: Option<String>, months: i64 },
    }
}

shape! {
    /// One payment. The same bytes on every resend.
    Payment = corebank::money::Payment {
        payer: String,
        payee: Payee,
        /// What the payee gets.
        amount: Fen,
        /// What the payer is charged besides.
        fee: Fen,
        rail: Rail,
        /// 附言; may be empty.
        purpose: String,
        /// The core must not begin it later.
        valid_until: Time,
    }
}

shape! {
    /// A number and the name that is thought to belong to it.
    PayeeAsk = corebank::money::PayeeAsk {
        number: String,
        name: String,
        /// 支付系统行号, 12 digits, where the number does not tell it.
        bank_no: Option<String>,
    }
}

shape! {
    Bank = corebank::money::Bank { bank_no: String, name: String }
}

shape! {
    /// A payee whose account was found.
    PayeeFound = corebank::money::PayeeFound {
        payee: Payee,
        name: MaskedName,
        bank: Bank,
        tail: String,
        is_name_checked: bool,
    }
}

choice! {
    /// What is known of who shall be paid.
    Alias = corebank::alias::Alias, "by" {
        /// 手机号转账: the account at call that its owner lets be found by their reserved number; `name` is their surname, or
        /// whole name, as the payer types it.
        Mobile { number: String, name: Option<String> },
        /// 收款码: the caller vouches that its owner shows it.
        Shown { institution: i64, account: String },
    }
}

shape! {
    AliasAsk = corebank::alias::AliasAsk {
        /// The customer who wants to pay.
        payer: String,
        alias: Alias,
    }
}

shape! {
    /// Who would be paid.
    AliasFound = corebank::alias::AliasFound {
        name: MaskedName,
        bank: Bank,
        /// Empty until the name was given.
        tail: String,
        /// Null until the name was given.
        payee: Option<Payee>,
    }
}

shape! {
    QuoteAsk = corebank::money::QuoteAsk { payer: String, payee: Payee, amount: Fen }
}

choice! {
    /// When a payment arrives.
    Arrival = corebank::money::Arrival, "arrives" { AtOnce, By(time: Time) }
}

shape! {
    /// What a payment would cost; nothing is promised.
    Quote = corebank::money::Quote { fee: Fen, rail: Rail, arrival: Arrival, available: Fen }
}

shape! {
    LoanTrialAsk = corebank::money::LoanTrialAsk {
        account: String,
        part: LoanPart,
        /// Principal ahead of time, for `part`; else nothing.
        ahead: Fen,
    }
}

shape! {
    /// What a repayment of today comes to.
    LoanTrial = corebank::money::LoanTrial {
        principal: Fen,
        interest: Fen,
        penalty: Fen,
        saved: Fen,
        left: Fen,
        next: Option<Instalment>,
        on: Day,
    }
}

shape! {
    DepositAsk = corebank::money::DepositAsk { amount: Fen, months: i64 }
}

shape! {
    /// What a time deposit of today would bring.
    DepositQuote = corebank::money::DepositQuote {
        /// In hundredths of a per cent a year.
        rate_bp: i64,
        /// At maturity.
        interest: Fen,
        matures_on: Day,
        /// A deposit of less is not opened.
        least: Fen,
    }
}

shape! {
    WithdrawalAsk = corebank::money::WithdrawalAsk {
        /// The deposit.
        account: String,
        /// Principal; null: all of it.
        amount: Option<Fen>,
    }
}

shape! {
    /// What comes of taking money out of a time deposit today.
    WithdrawalTrial = corebank::money::WithdrawalTrial {
        amount: Fen,
        /// Principal of it that bears the deposit's own rate.
        at_own: Fen,
        interest: Fen,
        rate_bp: i64,
        lost: Fen,
        left: Fen,
        matures_on: Day,
    }
}

shape! {
    DrawAsk = corebank::money::DrawAsk {
        /// The line's handle.
        line: String,
        amount: Fen,
        months: i64,
        method: Method,
    }
}

shape! {
    /// What a draw of today comes to.
    DrawTrial = corebank::money::DrawTrial {
        rate_bp: i64,
        /// For one day on the whole sum.
        day_interest: Fen,
        /// All of it, if every instalment is paid on its day.
        interest: Fen,
        first: Instalment,
        ends_on: Day,
        /// What may still be drawn after it.
        left: Fen,
    }
}

shape! {
    SplitAsk = corebank::money::SplitAsk {
        /// The credit card.
        card: String,
        /// One purchase; null: the last bill.
        line: Option<String>,
        amount: Fen,
        months: i64,
    }
}

shape! {
    /// What splitting a bill or a purchase today comes to.
    SplitTrial = corebank::money::SplitTrial {
        /// Of each instalment.
        fee: Fen,
        /// All of them together.
        fees: Fen,
        /// 年化利率 (单利), in hundredths of a per cent.
        yearly_bp: i64,
        /// Every instalment with its fee, but the last.
        each: Fen,
        last: Fen,
        first_bill: Day,
        least: Fen,
        most: Fen,
    }
}

shape! {
    /// What the core did, in its own words: taken from what it booked, never copied from the question.
    Echo = corebank::money::Echo {
        request_id: String, payer: String, payee: Payee, amount: Fen, fee: Fen,
    }
}

shape! {
    /// A payment that is done.
    Paid = corebank::money::Paid {
        /// 核心流水号
        core_serial: String,
        core_date: Day,
        posted_at: Time,
        /// False while a rail has still to confirm it.
        is_final: bool,
        available: Option<Fen>,
        /// What was opened by it.
        opened: Option<Opened>,
        echo: Echo,
    }
}

shape! {
    /// An account that a payment opened.
    Opened = corebank::money::Opened { account: String, tail: String }
}

shape! {
    /// Which command is asked after.
    Query = corebank::money::Query {
        request_id: String,
        channel_date: Day,
        /// An id that never came is refused from now on.
        fence: bool,
    }
}

words! {
    HoldState = corebank::money::HoldState { Open, Used, Ended }
}

choice! {
    /// What became of a command.
    Fate = corebank::money::Fate, "fate" {
        Posted(paid: Paid),
        /// 退汇
        Returned(paid: Paid, on: Day),
        Reversed(paid: Paid),
        Rejected(refusal: Refusal),
        InProgress,
        /// Never seen, and it may still come.
        NotFound,
        /// Never seen, and refused if it comes now.
        Fenced,
        Hold(hold: HoldState),
    }
}

shape! {
    /// A payment to undo (冲正), under a request id of its own.
    Reversal = corebank::money::Reversal { original: String, channel_date: Day, reason: String }
}

choice! {
    /// What became of a reversal.
    Undone = corebank::money::Undone, "came" {
        Reversed { core_serial: String, core_date: Day },
        /// There was nothing to undo, and the original is refused if it comes now.
        Nothing,
        Refused(refusal: Refusal),
    }
}

shape! {
    /// What is to be reserved; named by its request id.
    HoldAsk = corebank::money::HoldAsk { account: String, amount: Fen, until: Time, reason: String }
}

shape! {
    Held = corebank::money::Held { state: HoldState, available: Fen }
}

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct WordsAsk {
    /// Part of a bank's name.
    pub(crate) words: String,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct CommitAsk {
    /// Request id of the hold.
    pub(crate) hold: String,
    pub(crate) payment: Payment,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct VoidAsk {
    /// Request id of the hold.
    pub(crate) hold: String,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct CallOffAsk {
    /// Request id of the payment that booked the cash.
    pub(crate) original: String,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct ReconAsk {
    pub(crate) core_date: Day,
}
