//! Chinese text to meaning: one shape, exact phrases, a small classifier, and the grammar of slots.
//!
//! Not for: banking flows, replies, I/O. Everything is a plain function of its arguments.

mod amend;
pub mod amount;
mod clause;
pub mod dates;
pub mod hours;
pub mod ident;
mod math;
mod model;
pub mod names;
mod normal;
pub mod number;
pub mod plan;
pub mod policy;
mod retrieve;
mod script;
pub mod secret;
pub mod sentence;
pub mod slots;
pub mod sound;

pub use amend::standing;
pub use model::{
    Example, Judgement, Level, Local, Misplaced, Pieces, Scored, Thresholds, Understander,
    calibration_error,
};
pub use normal::{Normal, Span, normalise};
pub use retrieve::{Finder, Found, question_key};
