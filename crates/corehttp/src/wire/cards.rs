//! Credit cards, and all a customer has in one look.

use super::accounts::CardBill;
use super::who::PinBlock;
use super::{Day, Fen, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

shape! {
    /// What a kind of credit card costs. `_bp` are hundredths of a per cent.
    CardFees = corebank::CardFees {
        product: String,
        annual: Fen,
        /// So many purchases in a fee year waive the fee.
        free_after: Option<i64>,
        cash_percent: i64,
        cash_fee_bp: i64,
        cash_fee_least: Fen,
        day_rate_bp: i64,
        late_fee_bp: i64,
    }
}

shape! {
    /// How a card is set.
    CardSettings = corebank::CardSettings {
        is_active: bool,
        /// 面签 is missing.
        needs_signing: bool,
        has_pin: bool,
        has_query_pin: bool,
        asks_pin: bool,
        raised_until: Option<Day>,
        limit_after: Option<Fen>,
        closes_on: Option<Day>,
    }
}

shape! {
    /// A credit card and how it stands. `available` is `limit - used - held + surplus`, never negative.
    Card = corebank::Card {
        account: String,
        fees: CardFees,
        limit: Fen,
        cash_limit: Fen,
        used: Fen,
        available: Fen,
        held: Fen,
        /// 溢缴款
        surplus: Fen,
        /// 账单日, 1 to 28.
        statement_day: i64,
        /// 还款日, 1 to 28.
        due_day: i64,
        billed_on: Day,
        next_bill: Day,
        purchases: i64,
        fee_year_ends: Day,
        settings: Option<CardSettings>,
        as_of: Time,
    }
}

shape! {
    /// One monthly bill.
    Bill = corebank::Bill {
        bill: CardBill,
        from: Day,
        carried: Fen,
        spent: Fen,
        repaid: Fen,
        /// Of what was owed then, principal and fees of instalments that later bills ask for.
        deferred: Fen,
        paid: Fen,
    }
}

shape! {
    /// One plan of instalments (账单与消费分期).
    CardPlan = corebank::instalments::CardPlan {
        made_on: Day,
        /// The bill that was split; null: a single purchase.
        billed_on: Option<Day>,
        amount: Fen,
        months: i64,
        /// Instalments that stand in bills already.
        billed: i64,
        /// Of each instalment.
        fee: Fen,
        /// Principal that stands in no bill yet.
        left: Fen,
        next_bill: Option<Day>,
        /// What the next bill has of it, with its fee.
        next: Fen,
    }
}

shape! {
    PointLot = corebank::PointLot { points: i64, earned_on: Day, ends_on: Day }
}

shape! {
    /// 积分
    Points = corebank::Points { total: i64, lots: Vec<PointLot>, to_come: i64, as_of: Time }
}

shape! {
    Maturing = corebank::Maturing { tail: String, amount: Fen, on: Day }
}

shape! {
    /// All a customer has and owes.
    Assets = corebank::Assets {
        demand: Fen,
        time: Fen,
        surplus: Fen,
        card_debt: Fen,
        loan_debt: Fen,
        /// The one that ends next first.
        deposits: Vec<Maturing>,
        as_of: Time,
    }
}

words! {
    CardPin = corebank::CardPin {
        /// 交易密码
        Spend,
        /// 查询密码
        Query,
    }
}

choice! {
    /// What is wished for a card.
    CardWish = corebank::CardWish, "wish" {
        Activate,
        /// 凭密消费
        AskPin(on: bool),
        LowerLimit(limit: Fen),
        /// 永久提额
        RaiseLimit(limit: Fen),
        /// 临时提额
        RaiseForATime(limit: Fen),
        /// 销卡
        Close,
        KeepOpen,
    }
}

words! {
    CardCame = corebank::CardCame {
        Done,
        /// It was so already.
        Same,
        /// A person has to look at it.
        Review,
    }
}

shape! {
    /// The answer to a wish; the same for every copy of the command.
    CardDone = corebank::CardDone { came: CardCame, limit: Fen, until: Option<Day>, at: Time }
}

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct BillsAsk {
    pub(crate) account: String,
    /// 1 to 13.
    pub(crate) count: u32,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct CvvAsk {
    pub(crate) cust_no: String,
    pub(crate) account: String,
    /// The three digits on the back, enciphered like a PIN.
    pub(crate) cvv: PinBlock,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct CardPinAsk {
    pub(crate) cust_no: String,
    pub(crate) account: String,
    pub(crate) which: CardPin,
    pub(crate) pin: PinBlock,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct CardAsk {
    pub(crate) cust_no: String,
    pub(crate) account: String,
    pub(crate) wish: CardWish,
}
