//! The sandbox core on every engine there is: the sentences of the port, and its own books.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails its test")]

#[path = "conformance/bills.rs"]
mod bills;
#[path = "conformance/books.rs"]
mod books;
#[path = "conformance/cards.rs"]
mod cards;
#[path = "conformance/cardset.rs"]
mod cardset;
#[path = "conformance/cash.rs"]
mod cash;
#[path = "conformance/cells.rs"]
mod cells;
#[path = "conformance/drawing.rs"]
mod drawing;
#[path = "conformance/families.rs"]
mod families;
#[path = "conformance/fixture.rs"]
mod fixture;
#[path = "conformance/lending.rs"]
mod lending;
#[path = "conformance/money.rs"]
mod money;
#[path = "conformance/offers.rs"]
mod offers;
#[path = "conformance/orders.rs"]
mod orders;
#[path = "conformance/rails.rs"]
mod rails;
#[path = "conformance/recon.rs"]
mod recon;
#[path = "conformance/repaying.rs"]
mod repaying;
#[path = "conformance/saving.rs"]
mod saving;
#[path = "conformance/sentences.rs"]
mod sentences;
#[path = "conformance/splitting.rs"]
mod splitting;
#[path = "conformance/stops.rs"]
mod stops;
#[path = "conformance/storm.rs"]
mod storm;
#[path = "conformance/switches.rs"]
mod switches;
#[path = "conformance/town.rs"]
mod town;
#[path = "conformance/wealth.rs"]
mod wealth;
