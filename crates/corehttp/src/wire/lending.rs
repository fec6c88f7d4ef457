//! Loans, guarantees and time deposits.

use super::who::AccountState;
use super::{Day, Fen, MaskedName, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

words! {
    /// 等额本息, 等额本金, 按月付息到期还本.
    Method = corebank::loans::Method { EqualPayment, EqualPrincipal, InterestFirst }
}

shape! {
    /// One instalment, from 1.
    Instalment = corebank::loans::Instalment {
        seq: i64, due_on: Day, principal: Fen, interest: Fen, paid_on: Option<Day>,
    }
}

shape! {
    /// What is late on a loan today.
    Late = corebank::loans::Late {
        since: Day,
        days: i64,
        count: i64,
        amount: Fen,
        /// 罚息, on top.
        penalty: Fen,
    }
}

shape! {
    /// One loan of a customer.
    Loan = corebank::loans::Loan {
        account: String,
        product: String,
        /// Last four digits of the contract's number.
        tail: String,
        state: AccountState,
        method: Method,
        principal: Fen,
        outstanding: Fen,
        rate_bp: i64,
        begun_on: Day,
        ends_on: Day,
        /// Instalments in all, and how many are paid.
        months: i64,
        paid: i64,
        next: Option<Instalment>,
        late: Option<Late>,
        repay_from: Option<String>,
    }
}

words! {
    /// The customer is late with a loan, the bank has stopped it, its day has come.
    LineStop = corebank::loans::LineStop { Overdue, Cut, Ended }
}

shape! {
    /// A revolving credit line (循环授信).
    CreditLine = corebank::loans::CreditLine {
        /// What a draw is paid out of; no account of the customer's.
        account: String,
        product: String,
        /// Last four digits of the contract's number.
        tail: String,
        limit: Fen,
        /// Principal owed under it.
        used: Fen,
        /// What may be drawn today.
        room: Fen,
        rate_bp: i64,
        /// What is drawn is paid back by then.
        ends_on: Day,
        least: Fen,
        methods: Vec<Method>,
        stopped: Option<LineStop>,
    }
}

words! {
    GuaranteeState = corebank::loans::GuaranteeState { Current, Late, Settled }
}

shape! {
    /// 保证; the other side is masked.
    Guarantee = corebank::loans::Guarantee {
        other: MaskedName,
        product: String,
        tail: Option<String>,
        amount: Fen,
        until: Day,
        state: GuaranteeState,
    }
}

shape! {
    /// Whom the customer stands for, and who stands for the customer.
    Guarantees = corebank::loans::Guarantees { given: Vec<Guarantee>, received: Vec<Guarantee> }
}

words! {
    /// 整存整取, 一天通知存款, 七天通知存款, 大额存单.
    DepositKind = corebank::deposits::DepositKind { Fixed, Notice1, Notice7, LargeCd }
}

words! {
    DepositForm = corebank::deposits::Form { Paper, Electronic }
}

choice! {
    /// What happens when a deposit matures.
    Renewal = corebank::deposits::Renewal, "renewal" {
        /// 到期转活期
        Off,
        SameTerm,
        /// 3, 6, 12, 24, 36 or 60.
        Months(months: i64),
    }
}

shape! {
    /// One time deposit.
    TermDeposit = corebank::deposits::TermDeposit {
        account: String,
        kind: DepositKind,
        product: String,
        tail: String,
        state: AccountState,
        form: DepositForm,
        principal: Fen,
        rate_bp: i64,
        opened_on: Day,
        months: Option<i64>,
        matures_on: Option<Day>,
        interest: Fen,
        /// What it would bring if all of it were taken today, and at which rate.
        today: Fen,
        today_rate_bp: i64,
        renewal: Renewal,
        /// The notice that is good now.
        notice: Option<Notice>,
    }
}

shape! {
    /// 通知: so much will be taken on a day.
    Notice = corebank::deposits::Notice { amount: Fen, given_on: Day, due_on: Day }
}

choice! {
    /// What is wanted of the notice of a deposit.
    NoticeWish = corebank::deposits::NoticeWish, "notice" {
        /// Null: all there is.
        Give { amount: Option<Fen> },
        TakeBack,
    }
}

shape! {
    /// Which notice was given, or taken back.
    NoticeSet = corebank::deposits::NoticeSet { notice: Notice, at: Time, is_repeat: bool }
}

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct NoticeAsk {
    pub(crate) account: String,
    pub(crate) wish: NoticeWish,
}

shape! {
    /// A deposit on offer: 通知存款, 大额存单.
    DepositOffer = corebank::deposits::DepositOffer {
        code: String,
        kind: DepositKind,
        name: String,
        months: Option<i64>,
        rate_bp: i64,
        /// A deposit of less is not opened.
        least: Fen,
        /// What is still to be had; null where there is no quota.
        left: Option<Fen>,
    }
}

shape! {
    RenewalSet = corebank::deposits::RenewalSet { renewal: Renewal, at: Time, is_repeat: bool }
}

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct RenewalAsk {
    pub(crate) account: String,
    pub(crate) renewal: Renewal,
}
