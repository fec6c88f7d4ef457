//! The Fineract adapter over HTTP on loopback against a Fineract that goes wrong the way the real one does.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails its test")]

#[path = "conformance/cells.rs"]
mod cells;
#[path = "fineract/holds.rs"]
mod holds;
#[path = "fineract/lost.rs"]
mod lost;
#[path = "fineract/reading.rs"]
mod reading;
#[path = "fineract/refusals.rs"]
mod refusals;
#[path = "fineract/sentences.rs"]
mod sentences;
#[path = "fineract/town.rs"]
mod town;
