//! The simulator against a small platform of its own, over real sockets.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise, helpers included")]

mod articles;
mod client;
mod common;
mod component;
mod desk;
mod hostile;
mod login;
mod menus;
mod messages;
mod notices;
mod once;
mod people;
mod push;
mod statistics;
mod storm;
mod tokens;
mod world;
