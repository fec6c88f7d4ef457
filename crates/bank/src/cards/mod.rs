//! What a customer sets on a credit card on a page: activation, PINs, whether the till asks for one, limits, closing.
//!
//! Each needs its own proof ([`What::asks`]): a code to the reserved number, the three digits on the back, a new PIN, the
//! WeChat PIN. A proof is for one thing of one card in one session. What changes the card goes to the core as an order of
//! `guard`: written first, asked under one request id until it is known. A new PIN is the one thing that cannot wait in a
//! row; when the core is silent the customer sets it again. Not for: paying or instalments, which move money.

mod act;
pub mod http;
#[cfg(test)]
pub(crate) mod tests;

use crate::cases;
use crate::followers::{BoundAccount, FollowerId};
use crate::guard::CardSet;
use crate::vault::TenantKeys;
use base::{Fen, Refusal, Result};
use corebank::{CardCame, CardPin, CardWish, Day, Reject};
use db::Tx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const AMOUNT: Refusal =
    Refusal::invalid("card.amount", "额度写整百的数，比如 5000，看看是不是写反了高低");
const DIGITS_WRONG: Refusal =
    Refusal::invalid("card.digits_wrong", "卡背面的三位数不对，请看着卡再输一遍");
const DIGITS_LOCKED: Refusal = Refusal::too_many(
    "card.digits_locked",
    "今天输错太多次，这张卡明天才能再试。急事请带卡和身份证到网点",
);
const PIN_UNKNOWN: Refusal = Refusal::unavailable(
    "card.pin_unknown",
    "银行系统没回话，新密码不知道设上没有。过几分钟再设一次就好",
);
const REFUSED: Refusal = Refusal::conflict("card.refused", "没有办成");

/// What is to be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CardWhat)]
pub enum What {
    Activate,
    /// 交易密码
    Pin,
    /// 查询密码
    QueryPin,
    /// 刷卡要输密码
    TillPin,
    /// 刷卡不输密码
    TillNoPin,
    Lower,
    Raise,
    RaiseForATime,
    Close,
    Keep,
}

/// What has to be proved before something is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asks {
    /// A code to the reserved number.
    pub(crate) code: bool,
    /// The three digits on the back.
    pub(crate) digits: bool,
    pub(crate) pin: PinAsked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PinAsked {
    Nothing,
    /// The WeChat PIN, as a proof.
    Own,
    /// A new one of the card.
    New(CardPin),
}

impl What {
    /// What an item of the chat came for.
    pub(crate) fn of_task(task: &str) -> Option<Self> {
        Some(match task {
            "cc_activate" => Self::Activate,
            "cc_pin" => Self::Pin,
            "cc_limit_lower" => Self::Lower,
            "cc_limit_raise" => Self::Raise,
            "cc_cancel" => Self::Close,
            _ => return None,
        })
    }

    pub(crate) const fn asks(self) -> Asks {
        let (code, digits, pin) = match self {
            Self::Activate => (true, true, PinAsked::Nothing),
            Self::Pin => (true, true, PinAsked::New(CardPin::Spend)),
            Self::QueryPin => (true, true, PinAsked::New(CardPin::Query)),
            Self::TillPin | Self::TillNoPin => (true, true, PinAsked::Nothing),
            Self::Lower | Self::Raise | Self::RaiseForATime => (false, false, PinAsked::Own),
            Self::Close | Self::Keep => (true, false, PinAsked::Own),
        };
        Asks { code, digits, pin }
    }

    const fn wants_amount(self) -> bool {
        matches!(self, Self::Lower | Self::Raise | Self::RaiseForATime)
    }

    /// What goes to the core as an order; `None` for a PIN.
    const fn wish(self, amount: Fen) -> Option<CardWish> {
        Some(match self {
            Self::Activate => CardWish::Activate,
            Self::Pin | Self::QueryPin => return None,
            Self::TillPin => CardWish::AskPin(true),
            Self::TillNoPin => CardWish::AskPin(false),
            Self::Lower => CardWish::LowerLimit(amount),
            Self::Raise => CardWish::RaiseLimit(amount),
            Self::RaiseForATime => CardWish::RaiseForATime(amount),
            Self::Close => CardWish::Close,
            Self::Keep => CardWish::KeepOpen,
        })
    }

    /// Ends 「用于…」 in the words of the code.
    const fn purpose(self) -> &'static str {
        match self {
            Self::Activate => "激活信用卡",
            Self::Pin => "设信用卡交易密码",
            Self::QueryPin => "设信用卡查询密码",
            Self::TillPin | Self::TillNoPin => "改信用卡刷卡输密",
            Self::Lower | Self::Raise | Self::RaiseForATime => "改信用卡额度",
            Self::Close => "注销信用卡",
            Self::Keep => "撤回注销信用卡",
        }
    }
}

/// Why a core says no to a wish for a card, by a code of ours.
pub(crate) fn refusal(reject: &Reject) -> Option<&'static str> {
    Some(match reject {
        Reject::AccountNotActive => "card.inactive",
        Reject::AccountBlocked(_) => "card.blocked",
        Reject::CounterOnly => "card.signing",
        Reject::LimitExceeded => "card.used",
        Reject::Validation { field: "amount" } => AMOUNT.code,
        Reject::NotEligible => "card.late",
        Reject::BalanceNotZero => "card.owes",
        Reject::Expired => "card.gone",
        Reject::Unsupported => "core.lacks",
        _ => return None,
    })
}

/// The same in the customer's words.
pub(crate) fn refused_words(code: &str) -> &'static str {
    match code {
        "card.inactive" => "这张卡还没激活，或已经在销、销掉了。",
        "card.blocked" => "这张卡锁着或挂失了，先解开再办。",
        "card.signing" => "第一次办的卡要本人带身份证到网点签字后才能激活。",
        "card.used" => "新额度比已经用掉的还低，先还一些再调。",
        "card.amount" => "额度要写整百的数，调低写低的，提额写高的。",
        "card.late" => "有到期没还清的账单，还清以后再申请。",
        "card.owes" => "卡里还有欠款、冻结的钱或多存的钱，清零后才能销。",
        "card.gone" => "这张卡已经销掉了，撤不回来。",
        _ => "银行系统没有接受。",
    }
}

/// 2027年1月10日
fn day(on: Option<Day>) -> String {
    on.map(|d| format!("{}年{}月{}日", d.year(), d.month(), d.day())).unwrap_or_default()
}

/// What came of an order, for the page and for the chat.
pub(crate) fn came_words(which: &str, wish: CardWish, set: &CardSet) -> String {
    let until = day(set.until);
    match (wish, set.came) {
        (_, CardCame::Review) => {
            format!("{which}的提额申请已交信用卡中心，3个工作日内有结果。说「办理进度」就能查。")
        }
        (CardWish::Activate, _) => {
            format!("{which}激活好了，能用了。为了安全，说「设信用卡密码」再设个密码。")
        }
        (CardWish::AskPin(true), _) => format!("{which}改好了，以后刷卡要输密码。"),
        (CardWish::AskPin(false), _) => format!("{which}改好了，以后刷卡不用输密码。"),
        (CardWish::LowerLimit(_) | CardWish::RaiseLimit(_), _) => {
            format!("{which}的额度现在是 {} 元。", set.limit)
        }
        (CardWish::RaiseForATime(_), _) => {
            format!("{which}的额度现在是 {} 元，临时的，管到{until}。", set.limit)
        }
        (CardWish::Close, _) => {
            format!("{which}的销卡申请收下了，{until}正式销掉，那天以前可以撤回。现在起不能刷了。")
        }
        (CardWish::KeepOpen, _) => format!("{which}不销了，照常用。"),
    }
}

/// A higher limit that a person has to look at becomes a case; one that is open already stays the one.
pub(crate) fn hand_over(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    own: &BoundAccount,
    wish: CardWish,
) -> Result<()> {
    let (kind, to) = match wish {
        CardWish::RaiseForATime(to) => ("for_a_time", to),
        CardWish::RaiseLimit(to) => ("for_good", to),
        _ => return Ok(()),
    };
    let given = [
        ("account", own.id.clone()),
        ("kind", kind.to_owned()),
        ("amount", (to.fen() / 100).to_string()),
    ];
    let given = given.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    cases::file(tx, keys, follower, "cc_limit_raise", &given, own)
}
