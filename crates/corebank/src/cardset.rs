//! The words of the port for what a customer may set on a credit card: activation, PINs, limits, closing. Shapes only.

use crate::day::Day;
use base::{Fen, Time};
use serde::{Deserialize, Serialize};

/// How a card is set now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CardSettings {
    pub is_active: bool,
    /// It may be activated only after a signature at the counter (面签).
    pub needs_signing: bool,
    pub has_pin: bool,
    pub has_query_pin: bool,
    /// 凭密消费: the PIN is asked for at the till.
    pub asks_pin: bool,
    /// The last day of a limit that was raised for a time, and the limit that comes back after it.
    pub raised_until: Option<Day>,
    pub limit_after: Option<Fen>,
    /// It is being closed, and gone on this day.
    pub closes_on: Option<Day>,
}

/// A PIN of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardPin {
    /// 交易密码: purchases and cash.
    Spend,
    /// 查询密码: the telephone bank.
    Query,
}

/// What is wished for a card.
///
/// A core refuses with [`crate::Reject`]: `AccountNotActive` before activation or after closing, `AccountBlocked` while the
/// card is locked or lost, `CounterOnly` while a signature is missing, `LimitExceeded` for a limit below what is used,
/// `Validation` `amount` for one in the wrong direction, `NotEligible` where a bill is overdue, `BalanceNotZero` for closing
/// what is not even, `Expired` for keeping what is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardWish {
    Activate,
    /// 凭密消费 on or off.
    AskPin(bool),
    LowerLimit(Fen),
    /// 永久提额
    RaiseLimit(Fen),
    /// 临时提额
    RaiseForATime(Fen),
    /// 销卡: the card is gone some weeks later, and until then it may be taken back.
    Close,
    KeepOpen,
}

/// What a [`CardWish`] came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardCame {
    Done,
    /// It was so already.
    Same,
    /// A person has to look at it; nothing was changed.
    Review,
}

/// The answer to a [`CardWish`]; the same for every copy of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CardDone {
    pub came: CardCame,
    /// The limit after it.
    pub limit: Fen,
    /// The closing day, or the last one of a limit raised for a time.
    pub until: Option<Day>,
    pub at: Time,
}
