//! Stopping harm and undoing it: locks and losses of cards, and the freeze of the WeChat channel.
//!
//! Stopping needs no password. Undoing needs a code to the reserved number and the PIN, both on a page (`undo.rs`). What
//! the core does not answer is neither done nor failed: the order stays, and a job asks under the same request id until it
//! is known (`order.rs`). What a customer sets on a credit card (`cards`) goes the same way. Not for: formal losses, which
//! are the counter's; nor for limits of payments.

pub mod freeze;
pub mod http;
mod order;
mod store;
#[cfg(test)]
mod tests;
mod undo;

pub use order::{Came, CardSet, Known, Orders, place, settle_later};
pub(crate) use order::{refused_words, tell, until_words};

use crate::followers::FollowerId;
use base::{Fen, Id, Named, Refusal, Result, Time};
use corebank::{CardWish, StateWish};
use db::Tx;

pub const FROZEN: Refusal = Refusal::forbidden(
    "wx.frozen",
    "您已经停用微信银行。是您本人，请在聊天里说「恢复微信银行」；急事请打客服电话",
);

pub const DISOWNED: Refusal = Refusal::forbidden(
    "wx.disowned",
    "有人收了预留手机的验证码，说这里不是本人绑的，银行正在查。是您本人，请带身份证到网点，或打客服电话",
);

#[derive(Debug)]
pub enum OrderRow {}
impl Named for OrderRow {
    const PREFIX: &'static str = "stp";
}
pub type OrderId = Id<OrderRow>;

/// Whether the follower has asked for anything of an account since then.
///
/// # Errors
/// The database.
pub fn was_asked(
    tx: &Tx<'_>,
    follower: FollowerId,
    account_key: &str,
    since: Time,
) -> Result<bool> {
    store::was_asked(tx, follower, account_key, since)
}

/// What is asked of the core for one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    State(StateWish),
    Card(CardWish),
}

impl Wish {
    /// Earlier wishes for the same account that this one takes the place of while they are not known.
    const fn outdoes(self) -> &'static [StateWish] {
        match self {
            Self::State(StateWish::Lock | StateWish::ReportLoss) => {
                &[StateWish::Unlock, StateWish::LiftLoss]
            }
            Self::State(StateWish::Unlock) => &[StateWish::Lock],
            Self::State(StateWish::LiftLoss) => &[StateWish::ReportLoss],
            Self::State(StateWish::FormalLoss) | Self::Card(_) => &[],
        }
    }
}

impl From<StateWish> for Wish {
    fn from(wish: StateWish) -> Self {
        Self::State(wish)
    }
}
impl From<CardWish> for Wish {
    fn from(wish: CardWish) -> Self {
        Self::Card(wish)
    }
}

const PLAIN: &[(Wish, &str)] = &[
    (Wish::State(StateWish::Lock), "lock"),
    (Wish::State(StateWish::Unlock), "unlock"),
    (Wish::State(StateWish::ReportLoss), "loss"),
    (Wish::State(StateWish::FormalLoss), "formal_loss"),
    (Wish::State(StateWish::LiftLoss), "lift_loss"),
    (Wish::Card(CardWish::Activate), "activate"),
    (Wish::Card(CardWish::AskPin(true)), "ask_pin"),
    (Wish::Card(CardWish::AskPin(false)), "ask_no_pin"),
    (Wish::Card(CardWish::Close), "close"),
    (Wish::Card(CardWish::KeepOpen), "keep_open"),
];

/// A wish as its row knows it, a sum behind it where it has one.
pub(crate) fn word(wish: Wish) -> String {
    let sum = match wish {
        Wish::Card(CardWish::LowerLimit(to)) => Some(("lower", to)),
        Wish::Card(CardWish::RaiseLimit(to)) => Some(("raise", to)),
        Wish::Card(CardWish::RaiseForATime(to)) => Some(("raise_for", to)),
        _ => None,
    };
    match sum {
        Some((name, to)) => format!("{name}:{}", to.fen()),
        None => PLAIN.iter().find(|(w, _)| *w == wish).map_or_else(String::new, |f| f.1.to_owned()),
    }
}

fn wish_of(word: &str) -> Option<Wish> {
    let Some((name, fen)) = word.split_once(':') else {
        return PLAIN.iter().find(|(_, w)| *w == word).map(|(wish, _)| *wish);
    };
    let to = Fen::of(fen.parse().ok()?);
    Some(Wish::Card(match name {
        "lower" => CardWish::LowerLimit(to),
        "raise" => CardWish::RaiseLimit(to),
        "raise_for" => CardWish::RaiseForATime(to),
        _ => return None,
    }))
}

#[cfg(test)]
mod words {
    use super::*;

    #[test]
    fn a_wish_is_read_back_as_it_was_written() {
        let to = Fen::of(500_000);
        let sums = [CardWish::LowerLimit, CardWish::RaiseLimit, CardWish::RaiseForATime];
        let sums = sums.into_iter().map(|w| Wish::Card(w(to)));
        for wish in PLAIN.iter().map(|(w, _)| *w).chain(sums) {
            assert_eq!(wish_of(&word(wish)), Some(wish));
        }
        assert_eq!((wish_of("lower:x"), wish_of("melt:1"), wish_of("")), (None, None, None));
    }
}
