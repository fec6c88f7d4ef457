//! Stopping harm and undoing it: locks and losses of cards, and the freeze of the WeChat channel.
//!
//! Stopping needs no password. Undoing needs a code to the reserved number and the PIN, both on a page (`undo.rs`). What
//! the core does not answer is neither done nor failed: the order stays, and a job asks under the same request id until it
//! is known (`order.rs`). Not for: formal losses, which are the counter's; nor for limits of payments.

pub mod freeze;
pub mod http;
mod order;
mod store;
#[cfg(test)]
mod tests;
mod undo;

pub use order::{Came, Known, Orders, place, settle_later};
pub(crate) use order::{refused_words, until_words};

use base::{Id, Named, Refusal};
use corebank::StateWish;

pub const FROZEN: Refusal = Refusal::forbidden(
    "wx.frozen",
    "您已经停用微信银行。是您本人，请在聊天里说「恢复微信银行」；急事请打客服电话",
);

#[derive(Debug)]
pub enum OrderRow {}
impl Named for OrderRow {
    const PREFIX: &'static str = "stp";
}
pub type OrderId = Id<OrderRow>;

/// A wish as rows and audit know it.
pub(crate) const fn word(wish: StateWish) -> &'static str {
    match wish {
        StateWish::Lock => "lock",
        StateWish::Unlock => "unlock",
        StateWish::ReportLoss => "loss",
        StateWish::FormalLoss => "formal_loss",
        StateWish::LiftLoss => "lift_loss",
    }
}

fn wish_of(word: &str) -> Option<StateWish> {
    [StateWish::Lock, StateWish::Unlock, StateWish::ReportLoss, StateWish::LiftLoss]
        .into_iter()
        .find(|w| self::word(*w) == word)
}
