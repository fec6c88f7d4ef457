//! The wire itself, from both ends: what the adapter makes of servers that lie, break or are late, and what the server
//! makes of callers it must not believe. Signatures are made here a second time, from the guide and not from the library.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails its test")]

#[path = "wire/caller.rs"]
mod caller;
#[path = "wire/guide.rs"]
mod guide;
#[path = "wire/peer.rs"]
mod peer;
#[path = "wire/push.rs"]
mod push;
#[path = "wire/server.rs"]
mod server;
