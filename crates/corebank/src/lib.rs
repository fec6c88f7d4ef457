//! What we ask of a bank's core system, and a sandbox core that answers.
//!
//! [`CoreBank`] is the port: one object-safe trait, because there are several cores. An adapter is a
//! stateless translator; it maps words, sends, maps back, and sorts what came of it into the three
//! kinds of [`CoreError`]. [`conformance::check`] is the list of sentences every adapter must keep.
//! [`adapters`] speak with cores of others.
//! [`sandbox`] is a whole core of its own with a double-entry ledger ([`ledger`]) in its own
//! database: the default for demo, tests and small institutions, and the reference for adapters.
//!
//! Not for: WeChat, chat, follower bindings, limits of the channel. A core knows customers, not followers.

pub mod adapters;
pub mod alias;
pub mod bills;
mod cardset;
pub mod cash;
pub mod conformance;
pub mod controls;
mod credit;
mod ctx;
mod day;
pub mod deposits;
mod error;
pub mod facts;
pub mod feed;
mod flaky;
pub mod gifts;
pub mod instalments;
pub mod interest;
pub mod ledger;
pub mod levy;
pub mod loans;
mod model;
pub mod money;
pub mod numbers;
mod pin;
mod port;
pub mod recon;
pub mod rewards;
mod rural;
pub mod sandbox;
mod shared;
pub mod table;
pub mod wealth;

pub use cardset::{CardCame, CardDone, CardPin, CardSettings, CardWish};
pub use credit::{Assets, BILLS_MAX, Bill, Card, CardFees, Maturing, PointLot, Points};
pub use day::Day;
pub use error::{Cause, CoreError, Direction, Reject, UnknownCause};
pub use flaky::{Flaky, Weather};
pub use model::{
    Account, AccountKind, AccountRef, AccountState, Balance, CardBill, CustNo, Customer,
    CustomerState, DayState, Detail, Flow, Health, IdType, Identity, Issuer, Line, LineId, LoanDue,
    NumberKind, Page, Party, PartyClaim, PinOutcome, PinState, StateDone, StateWish,
    StatementQuery, StatementRange, Totals,
};
pub use pin::{PinBlock, PinError, PinKey};
pub use port::{
    Answer, Capabilities, CoreBank, Ctx, EventFeed, LINES_MAX, Operator, RANGE_DAYS_MAX,
};
pub use rural::{
    BatchState, Came, CardStage, Contribution, Insurance, MEDICAL_LINES_MAX, MedicalAccount,
    Payout, PayoutClass, PayoutFailure, PayoutQuery, Pension, Share, SocialCard,
};
