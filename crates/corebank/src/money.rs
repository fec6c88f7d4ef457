//! What moves money: commands that a core does exactly once under their request ids, and what is asked before and after.
//!
//! A command's id is `ctx.request_id`, the same on every resend together with the same payload; with another payload it is
//! [`Reject::PayloadMismatch`](crate::Reject::PayloadMismatch). A definite answer sticks to its id for ever (I4), but for
//! [`Reject::DayClosed`](crate::Reject::DayClosed), which is no verdict. [`CoreError::Unknown`](crate::CoreError::Unknown)
//! means that it may have happened: then [`Money::query`] is asked, never the command sent under another id.
//!
//! Not for: factors, limits of the channel, or deciding when to ask again; that is the caller's.

use crate::alias::{AliasAsk, AliasFound};
use crate::day::Day;
use crate::deposits::{DepositOffer, Renewal};
use crate::error::Reject;
use crate::loans::{Instalment, Method};
use crate::model::{AccountRef, LineId};
use crate::port::{Answer, Ctx};
use crate::recon::Totals;
use crate::wealth::RiskGrade;
use base::{Fen, Masked, Time};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Debug};
use std::io::Write;

/// What a core can be told to do with money. An adapter that moves none has no [`Money`](crate::CoreBank::money).
pub trait Money: Send + Sync + Debug {
    /// Whose account a number is, and whether the name fits. [`Reject::PayeeMismatch`] when it does not;
    /// [`Reject::NotFound`] when no bank here has such an account (elsewhere it may be unknown until the payment).
    fn payee<'a>(&'a self, ctx: &'a Ctx, ask: &'a PayeeAsk) -> Answer<'a, PayeeFound>;

    /// Who is found by a mobile number or by an account that is shown. Look-ups by number are counted by payer and day, with a
    /// name and without one: [`Reject::PartyLocked`] when they are used up. [`Reject::NotFound`] is one answer for every number
    /// that finds nobody, a customer's or not; [`Reject::PayeeMismatch`] when the name does not fit; `Validation { field: "number" }`.
    fn alias<'a>(&'a self, ctx: &'a Ctx, ask: &'a AliasAsk) -> Answer<'a, AliasFound> {
        let _ = (ctx, ask);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// Banks whose name has these words, the likeliest first; at most ten.
    fn banks<'a>(&'a self, ctx: &'a Ctx, words: &'a str) -> Answer<'a, Vec<Bank>>;

    /// What a payment would cost, and when it arrives. Without effect; nothing is promised.
    /// [`Reject::Unsupported`] when no rail takes it now, [`Reject::LimitExceeded`] above every rail's cap.
    fn quote<'a>(&'a self, ctx: &'a Ctx, ask: &'a QuoteAsk) -> Answer<'a, Quote>;

    /// What a repayment of a loan would come to today: its amount is what [`Payee::Loan`] is paid. Without effect.
    /// [`Reject::NotFound`] when it is no loan by instalments, or one of which an instalment is half paid;
    /// [`Reject::NotEligible`] when nothing of this part is to be paid now.
    fn loan_trial<'a>(&'a self, ctx: &'a Ctx, ask: &'a LoanTrialAsk) -> Answer<'a, LoanTrial> {
        let _ = (ctx, ask);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// What a time deposit of today would bring: what [`Payee::Deposit`] is opened with. Without effect; nothing is promised.
    /// `Validation { field: "months" }` when there is no such term, `"amount"` for nothing at all.
    fn deposit_quote<'a>(&'a self, ctx: &'a Ctx, ask: &'a DepositAsk) -> Answer<'a, DepositQuote> {
        let _ = (ctx, ask);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// What an institution offers besides deposits of fixed terms: what [`Payee::Offered`] is opened with. Without effect;
    /// nothing is reserved. What is sold out is told with nothing left.
    fn deposit_offers<'a>(&'a self, ctx: &'a Ctx) -> Answer<'a, Vec<DepositOffer>> {
        let _ = ctx;
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// What comes of taking money out of a time deposit today: what [`Payee::Withdrawal`] is told with. Without effect.
    /// [`Reject::NotFound`] when there is no such deposit, [`Reject::CounterOnly`] for one on paper,
    /// `Validation { field: "amount" }` for more than there is, [`Reject::NotEligible`] when too little would stay.
    fn withdrawal_trial<'a>(
        &'a self,
        ctx: &'a Ctx,
        ask: &'a WithdrawalAsk,
    ) -> Answer<'a, WithdrawalTrial> {
        let _ = (ctx, ask);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// What a draw under a credit line would come to today: what [`Payee::Draw`] is told with. Without effect.
    /// [`Reject::NotFound`] when there is no such line, [`Reject::NotEligible`] while it is stopped (its
    /// [`stopped`](crate::loans::CreditLine::stopped) says why), [`Reject::LimitExceeded`] for more than there is room for,
    /// `Validation { field: "amount" }` for too little, `"months"` beyond its day, `"method"` for one it does not have.
    fn draw_trial<'a>(&'a self, ctx: &'a Ctx, ask: &'a DrawAsk) -> Answer<'a, DrawTrial> {
        let _ = (ctx, ask);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// What splitting a credit card's bill, or one of its purchases, would come to today: what [`Payee::Split`] is told with.
    /// Without effect. [`Reject::NotFound`] when there is no such card or purchase, [`Reject::AccountNotActive`],
    /// [`Reject::NotEligible`] for what is paid, late, billed already (a purchase), split before or too little,
    /// `Validation { field: "months" }` when there is no such term, `"amount"` for too little or a part of a purchase,
    /// [`Reject::LimitExceeded`] for more than is left of the bill.
    fn split_trial<'a>(&'a self, ctx: &'a Ctx, ask: &'a SplitAsk) -> Answer<'a, SplitTrial> {
        let _ = (ctx, ask);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// Does a payment, all of it or nothing. [`Reject::Expired`] when it comes after `valid_until` or after a fence.
    fn pay<'a>(&'a self, ctx: &'a Ctx, payment: &'a Payment) -> Answer<'a, Paid>;

    /// Gives booked cash back to its payer while nobody has taken it ([`Payee::Cash`]), or a purchase of a wealth product that its
    /// dealing day has not taken up yet (撤单, [`Payee::Subscription`]); what became of it, which is as it was where that is over.
    /// Doing it twice is the same as once. [`Reject::NotFound`] when `original` is neither.
    fn call_off<'a>(&'a self, ctx: &'a Ctx, original: &'a str) -> Answer<'a, Fate> {
        let _ = (ctx, original);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }

    /// What became of a command. With `fence`, an id the core has never seen is refused from then on.
    fn query<'a>(&'a self, ctx: &'a Ctx, ask: &'a Query) -> Answer<'a, Fate>;

    /// Undoes a payment of the same core date by mirrored entries, under a request id of its own.
    fn reverse<'a>(&'a self, ctx: &'a Ctx, ask: &'a Reversal) -> Answer<'a, Undone>;

    /// Reserves an amount: still there, not to be spent. The hold is named by its request id.
    fn hold<'a>(&'a self, ctx: &'a Ctx, ask: &'a HoldAsk) -> Answer<'a, Held>;

    /// Makes a payment out of a hold, at most once; the rest of the hold is given back.
    /// [`Reject::NotFound`] when the hold is not open.
    fn commit<'a>(&'a self, ctx: &'a Ctx, hold: &'a str, payment: &'a Payment) -> Answer<'a, Paid>;

    /// Gives a hold back. [`Reject::NotFound`] when it is not open; one that never came is refused if it comes now.
    fn void<'a>(&'a self, ctx: &'a Ctx, hold: &'a str) -> Answer<'a, Held>;

    /// Writes the reconciliation file of a core date ([`crate::recon`]); the same day is the same file, byte by byte. What
    /// was written before an error is no file: it has no last line. [`Reject::NotEligible`] while something may still be
    /// booked on that date, [`Reject::Unsupported`] from a core that makes none.
    fn recon_file<'a>(
        &'a self,
        ctx: &'a Ctx,
        core_date: Day,
        out: &'a mut (dyn Write + Send),
    ) -> Answer<'a, ReconWritten> {
        let _ = (ctx, core_date, out);
        Box::pin(async { Err(Reject::Unsupported.into()) })
    }
}

/// Way on which a payment goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rail {
    /// 行内
    Book,
    /// 农信银: between the rural banks of the country.
    Rural,
    /// 网上支付跨行清算 (超级网银)
    Ibps,
    /// 小额支付
    Beps,
    /// 大额支付
    Hvps,
    /// 缴费: to a biller, by way of the pending account.
    Biller,
    /// 代销理财: to and from a wealth company, confirmed on its dealing days.
    Wealth,
    /// 无卡取款: to a till, by way of the pending account.
    Till,
}

/// Who is paid. Personal data: kept sealed, never logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "at")]
pub enum Payee {
    /// An account of the same institution, by the core's handle.
    Here { account: AccountRef },
    /// An account of another bank.
    Elsewhere { number: String, name: String, bank_no: String },
    /// A household's bill at a biller ([`crate::bills`]); `bill` is what is owed, empty where more is paid in than is owed.
    Biller { biller: String, number: String, bill: String },
    /// A loan at the same institution, as [`Money::loan_trial`] told: the payment's amount is the trial's total, and `ahead`
    /// the principal of [`LoanPart::Part`] (nothing for the others). By [`Rail::Book`], without a fee.
    Loan { account: AccountRef, part: LoanPart, ahead: Fen },
    /// A time deposit (整存整取) of the payer's owner that is opened with the amount, as [`Money::deposit_quote`] told: with
    /// another rate or another last day by now, [`Reject::NotEligible`] and nothing is opened. By [`Rail::Book`], without a fee.
    Deposit { months: i64, rate_bp: i64, matures_on: Day, renewal: Renewal },
    /// A deposit on offer (通知存款, 大额存单) of the payer's owner that is opened with the amount, as [`Money::deposit_offers`]
    /// told: with another rate or another last day by now, [`Reject::NotEligible`]; [`Reject::SoldOut`] when less is left than the
    /// amount; then nothing is opened. `matures_on` is none for a notice deposit. By [`Rail::Book`], without a fee.
    Offered { code: String, rate_bp: i64, matures_on: Option<Day> },
    /// An account at call that gets money out of a time deposit of the same customer. The payer is the deposit, the payment's
    /// amount what leaves it; the bank pays `interest` on top, as [`Money::withdrawal_trial`] told: if it is another by now,
    /// [`Reject::NotEligible`]. By [`Rail::Book`], without a fee.
    Withdrawal { account: AccountRef, interest: Fen },
    /// Units of a wealth product (申购), as [`Wealth::purchase_trial`](crate::wealth::Wealth) told: with another grade or another
    /// first day by now, [`Reject::NotEligible`] and nothing is bought. By [`Rail::Wealth`], without a fee; under way until the
    /// wealth company confirms it, and given back where it does not.
    Subscription { product: String, grade: RiskGrade, begins_on: Day },
    /// An account at call that gets what units of a wealth product are sold for (赎回). The payer is the holding, the payment's
    /// amount what arrives, as [`Wealth::redemption_trial`](crate::wealth::Wealth) told: with other units or another day by now,
    /// [`Reject::NotEligible`]. By [`Rail::Wealth`], without a fee; under way until its money has come.
    Redemption { account: AccountRef, units: i64, arrives_on: Day },
    /// Cash that somebody takes at a till within `minutes` of the booking, who types the code and the word that `salt` and
    /// `verifier` fit ([`crate::cash::verifier`]); what nobody takes comes back. By [`Rail::Till`], without a fee; not final until
    /// it is taken.
    Cash { salt: String, verifier: String, minutes: i64 },
    /// An account at call that gets a loan drawn under a credit line of the same customer. The payer is the line's handle; the
    /// loan is opened with the amount, as [`Money::draw_trial`] told: at another rate or with another last day by now,
    /// [`Reject::NotEligible`] and nothing is drawn. By [`Rail::Book`], without a fee.
    Draw { account: AccountRef, months: i64, rate_bp: i64, method: Method, ends_on: Day },
    /// Instalments of the payer, a credit card: of its last bill, or of one purchase (`line`). The payment's amount is what is
    /// split, its fee all the fees together, as [`Money::split_trial`] told: if they are others by now, [`Reject::NotEligible`]
    /// and nothing is split. What is split counts as paid today, and following bills ask for it. By [`Rail::Book`].
    Split { line: Option<LineId>, months: i64 },
}

/// How much of a loan is paid back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoanPart {
    /// 本期: what is late, and the instalment whose month has begun.
    Due,
    /// 部分提前: some principal ahead of time; the rest is worked out anew.
    Part,
    /// 全部结清
    Settle,
}

impl LoanPart {
    pub const ALL: [Self; 3] = [Self::Due, Self::Part, Self::Settle];
    /// As stored and as chats name it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Part => "part",
            Self::Settle => "settle",
        }
    }
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.word() == word)
    }
}

/// Which repayment is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoanTrialAsk {
    pub account: AccountRef,
    pub part: LoanPart,
    /// Principal ahead of time, for [`LoanPart::Part`].
    pub ahead: Fen,
}

/// What a repayment of today comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoanTrial {
    pub principal: Fen,
    pub interest: Fen,
    /// 罚息
    pub penalty: Fen,
    /// Interest that will never be paid, because of it.
    pub saved: Fen,
    /// Principal owed after it.
    pub left: Fen,
    /// The instalment that comes after it, as it will be.
    pub next: Option<Instalment>,
    /// The day it is good for.
    pub on: Day,
}

impl LoanTrial {
    /// What is paid.
    pub fn total(&self) -> Option<Fen> {
        self.principal.checked_add(self.interest)?.checked_add(self.penalty)
    }
}

/// Which deposit is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DepositAsk {
    pub amount: Fen,
    pub months: i64,
}

/// What a time deposit of today would bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DepositQuote {
    /// In hundredths of a per cent a year.
    pub rate_bp: i64,
    /// At maturity.
    pub interest: Fen,
    pub matures_on: Day,
    /// A deposit of less is not opened.
    pub least: Fen,
}

/// What is to be taken out of which deposit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithdrawalAsk {
    /// The deposit.
    pub account: AccountRef,
    /// Principal; none: all of it.
    pub amount: Option<Fen>,
}

/// What comes of taking money out of a time deposit today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WithdrawalTrial {
    /// Principal that leaves: more than was asked for where too little would stay in a notice deposit, which then ends.
    pub amount: Fen,
    /// Principal of it that bears the deposit's own rate: after maturity, or of a notice deposit on the day of its notice; the
    /// rest bears the rate of money at call.
    pub at_own: Fen,
    /// What it has brought, paid on top.
    pub interest: Fen,
    /// Its own rate where all of it bears that, else that of money at call.
    pub rate_bp: i64,
    /// Interest that the same sum would have had at its own rate (for months: at maturity), less [`Self::interest`].
    pub lost: Fen,
    /// Principal that stays, at its own rate until its own day.
    pub left: Fen,
    /// Of a notice deposit the day its notice is good, or would be if it were given today.
    pub matures_on: Day,
}

/// Which draw is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawAsk {
    /// The line's handle.
    pub line: AccountRef,
    pub amount: Fen,
    pub months: i64,
    pub method: Method,
}

/// What a draw of today comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrawTrial {
    pub rate_bp: i64,
    /// For one day on the whole sum.
    pub day_interest: Fen,
    /// All of it, if every instalment is paid on its day.
    pub interest: Fen,
    pub first: Instalment,
    pub ends_on: Day,
    /// What may still be drawn after it.
    pub left: Fen,
}

/// What is to be split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitAsk {
    /// The credit card.
    pub card: AccountRef,
    /// One purchase; none: the last bill.
    pub line: Option<LineId>,
    pub amount: Fen,
    pub months: i64,
}

/// What splitting it today comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SplitTrial {
    /// Of each instalment.
    pub fee: Fen,
    /// All of them together.
    pub fees: Fen,
    /// What they come to in a year (年化利率, 单利), in hundredths of a per cent.
    pub yearly_bp: i64,
    /// Every instalment with its fee, but the last.
    pub each: Fen,
    pub last: Fen,
    /// The bill that has the first.
    pub first_bill: Day,
    /// Less is not split.
    pub least: Fen,
    /// What may be split.
    pub most: Fen,
}

/// One payment. Byte for byte the same on every resend.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    pub payer: AccountRef,
    pub payee: Payee,
    /// What the payee gets.
    pub amount: Fen,
    /// What the payer is charged besides.
    pub fee: Fen,
    pub rail: Rail,
    /// 附言, as the customer wrote it; may be empty.
    pub purpose: String,
    /// The core must not begin it later.
    pub valid_until: Time,
}

/// A number and the name that is thought to belong to it.
#[derive(Clone, PartialEq, Eq)]
pub struct PayeeAsk {
    pub number: String,
    pub name: String,
    /// The other bank's 12-digit 行号, where the number does not tell it.
    pub bank_no: Option<String>,
}

/// A bank that can be paid to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bank {
    /// 支付系统行号, 12 digits.
    pub bank_no: String,
    pub name: String,
}

/// A payee whose account was found.
#[derive(Clone, PartialEq, Eq)]
pub struct PayeeFound {
    pub payee: Payee,
    pub name: Masked,
    pub bank: Bank,
    pub tail: String,
    /// The core has compared the name; elsewhere the other bank does when it is paid.
    pub is_name_checked: bool,
}

/// What is to be paid, before there is an order.
#[derive(Clone, PartialEq, Eq)]
pub struct QuoteAsk {
    pub payer: AccountRef,
    pub payee: Payee,
    pub amount: Fen,
}

/// When a payment arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrival {
    /// 马上到
    AtOnce,
    /// 一般几分钟到，最晚这个时候
    By(Time),
}

/// What a payment would cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    pub fee: Fen,
    pub rail: Rail,
    pub arrival: Arrival,
    /// What the payer may spend now.
    pub available: Fen,
}

/// A core's «done»: what it did, in its own words. The caller compares it with what was asked for (TA-12).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// 核心流水号
    pub core_serial: String,
    pub core_date: Day,
    pub posted_at: Time,
    /// Booked for good; false while a rail has still to confirm it.
    pub is_final: bool,
    /// What the payer may spend after it; of a time deposit or a holding, what is left in it; of a credit line, what may still be drawn.
    pub available: Option<Fen>,
    /// What was opened by it, where it opened something.
    #[serde(default)]
    pub opened: Option<Opened>,
    pub echo: Echo,
}

/// An account that a payment opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    pub account: AccountRef,
    pub tail: String,
}

/// What a core says it did.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Echo {
    pub request_id: String,
    pub payer: AccountRef,
    pub payee: Payee,
    pub amount: Fen,
    pub fee: Fen,
}

impl Echo {
    /// What a core that did exactly this would say.
    pub fn of(request_id: &str, payment: &Payment) -> Self {
        Self {
            request_id: request_id.to_owned(),
            payer: payment.payer.clone(),
            payee: payment.payee.clone(),
            amount: payment.amount,
            fee: payment.fee,
        }
    }

    /// The first field that is not as asked.
    pub fn differs(&self, request_id: &str, payment: &Payment) -> Option<&'static str> {
        let asked = Self::of(request_id, payment);
        [
            ("request_id", self.request_id == asked.request_id),
            ("payer", self.payer == asked.payer),
            ("payee", self.payee == asked.payee),
            ("amount", self.amount == asked.amount),
            ("fee", self.fee == asked.fee),
        ]
        .into_iter()
        .find_map(|(field, same)| (!same).then_some(field))
    }
}

/// Which command is asked after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub request_id: String,
    /// The channel's date of the command.
    pub channel_date: Day,
    pub fence: bool,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// [`Paid::is_final`] tells whether a rail has still to confirm it.
    Posted(Paid),
    /// The rail gave it back: booked out and in again, with the day it came back.
    Returned(Paid, Day),
    /// Undone by [`Money::reverse`].
    Reversed(Paid),
    Rejected(Reject),
    InProgress,
    /// Never seen, and it may still come.
    NotFound,
    /// Never seen, and refused if it comes now.
    Fenced,
    /// A hold of this id is open, or was given back.
    Hold(HoldState),
}

/// A payment to undo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversal {
    /// Request id of the payment.
    pub original: String,
    pub channel_date: Day,
    /// A code of the caller's: `timeout`, `leg_failed`.
    pub reason: String,
}

/// What became of a reversal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undone {
    Reversed {
        core_serial: String,
        core_date: Day,
    },
    /// There was nothing to undo, and the original is refused if it comes now.
    Nothing,
    /// Not undone: the payee has spent it, or the day is over.
    Refused(Reject),
}

/// What is to be reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldAsk {
    pub account: AccountRef,
    pub amount: Fen,
    /// Given back by itself then.
    pub until: Time,
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldState {
    Open,
    /// A payment was made out of it.
    Used,
    /// Given back, by [`Money::void`] or by time.
    Ended,
}

/// A hold and what it leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    pub state: HoldState,
    pub available: Fen,
}

/// A reconciliation file that was written whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReconWritten {
    pub totals: Totals,
    /// The digest on its last line.
    pub sm3: String,
}

// Numbers, names and what people write are never printed.
base::unprinted!(Payee, Payment, PayeeAsk, PayeeFound, QuoteAsk, Echo);

impl fmt::Debug for Paid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Paid({} {:?} final={})", self.core_serial, self.core_date, self.is_final)
    }
}
