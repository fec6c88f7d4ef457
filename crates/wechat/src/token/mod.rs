//! The token authority: who may call WeChat as which account, kept right across tasks and processes.
//!
//! One row per (appid, [`Kind`]) lives behind [`TokenStore`]. A token is renewed at about 80 % of its life by whoever holds
//! the row's lease; everyone else goes on with the old one. A call that WeChat refuses with 40001, 40014 or 42001 renews once
//! (only if the refused token is still the stored one) and is repeated once. Direct accounts use `stable_token` first.
//!
//! An own store proves itself with [`conformance::check`].
//!
//! Not for: knowing which accounts exist (the caller says an [`Owner`]), running tasks (call [`Authority::refresh_due`] from a
//! round; without rounds the first caller past 80 % renews), or encrypting rows (the store does that).

mod authority;
pub mod conformance;
mod fetch;
mod owner;
mod store;
#[cfg(test)]
mod tests;

pub use authority::{Authority, Options};
pub use owner::{Component, Owner};
pub use store::{Boxed, Key, Kind, MemoryStore, Row, TokenStore, Trouble};

pub(crate) use owner::Source;
pub(crate) use store::TICKET_LIFE_MS;
