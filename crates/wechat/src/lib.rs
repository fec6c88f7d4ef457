//! WeChat's Official Account and third-party platform protocol: callbacks in, replies out, and the server API.
//!
//! What it is for: everything between raw bytes of WeChat and typed values: signatures and the message cipher, tolerant
//! XML, every message and event, passive replies, typed API calls, credentials, and the third-party platform.
//! What it is not for: banking, databases, HTTP serving, or deciding what to answer.
//!
//! The way of one callback: [`envelope::Callback::open`] checks and decrypts it and gives an [`inbound::Inbound`];
//! the application decides; [`reply::Reply::to_xml`] writes the answer and [`envelope::Callback::seal`] closes it again.

pub mod api;
pub mod codes;
pub mod component;
pub mod crypto;
pub mod envelope;
pub mod inbound;
pub mod jssdk;
pub mod reply;
pub mod token;
pub mod xml;

/// Runs the README's examples as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
