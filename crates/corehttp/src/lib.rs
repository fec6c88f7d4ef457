//! A core over HTTP: the contract that a bank's integration team implements (`docs/core-contract.md`), the adapter that
//! speaks it, and a reference server that serves it from any [`corebank::CoreBank`].
//!
//! [`HttpCore`] is a stateless translator and sorts what came of a request into the three kinds of
//! [`corebank::CoreError`]. [`Mock`] is what a server must do, in code: with the sandbox behind it, it is a whole core.
//! [`Pushes`] is the other way round: a core tells its events by itself, signed alike, and [`Pusher`] is how.
//! [`contract`] is the same as an OpenAPI document, made from the same shapes.
//!
//! Not for: WeChat, chat, retries, or what a core decides.

mod adapter;
mod contract;
mod fixture;
mod gate;
mod head;
mod link;
mod mock;
mod nonces;
mod ops;
mod push;
mod sign;
mod wire;

pub use adapter::{HttpCore, Unmet};
pub use contract::text as contract;
pub use fixture::fixture;
pub use gate::{Disbelief, REQUEST_BYTES_MAX, WINDOW_MS};
pub use head::{SIGNATURE, SIGNED};
pub use link::{ANSWER_BYTES_MAX, FILE_BYTES_MAX, Peer};
pub use mock::Mock;
pub use nonces::NONCES_MAX;
pub use push::{Asked, Push, Pusher, Pushes, Stand};
pub use sign::{BadKey, HMAC_KEY_BYTES_MIN, KEYS_MAX, Key, Keys};
