//! Conversations: flow files and one pure function, [`step`].
//!
//! A banking service item is one TOML file (a list of questions, one optional confirmation, one
//! verb, replies); everything that holds for every item (cancel, digression, expiry, secret guard,
//! not understood) lives here once. Not for: I/O, a clock, the database, money movement.
//!
//! ```
//! use dialogue::{Act, Book, Heard, Input, Seat, Who, step};
//!
//! let book = Book::embedded().unwrap();
//! let who = Who { account_name: "陵县农商行".into(), can_link: true, ..Who::default() };
//! let input = Input::Text { text: "查余额", menu_id: None };
//! let turn = step(&book, &Seat::default(), &Heard { input, who, now: base::Time::of_secs(1_795_000_000) });
//! let Act::Say(words) = turn.act else { panic!("an unbound customer is shown how to bind") };
//! assert!(words.text.contains("绑定") && turn.seat.has_kept());
//! ```

mod after;
mod amend;
mod book;
pub mod check;
mod clarify;
mod control;
mod doubt;
pub mod eval;
mod faq;
mod flow;
mod from_last;
mod heard;
mod insight;
pub mod knowledge;
mod known;
mod lines;
mod load;
pub mod local;
mod misplaced;
mod own;
mod pace;
pub mod people;
mod phrases;
mod planned;
mod points;
mod resume;
mod scene;
mod seat;
mod several;
mod slots;
mod sought;
mod step;
pub mod talk;
mod task;
mod template;
mod turn;
mod understand;
mod values;
mod verbs;
mod wordless;

pub use after::{LineTo, after_agreeing, after_binding, after_lines, after_order, after_paying};
pub use book::{Book, BookError, Item, Talk};
pub use doubt::{Choosing, Doubt};
pub use flow::{ItemKind, Needs};
pub use heard::{Account, Heard, Input, Institution, OwnKind, Who};
pub use insight::Insight;
pub use knowledge::Knowledge;
pub use known::{Household, Households, Known, Payee, Place};
pub use local::LocalFile;
pub use nlu::plan::{End as PlanEnd, Plan, Rule as PlanRule};
pub use nlu::secret::masked;
pub use resume::{catch_up, late, looked_up, resume};
pub use seat::{Control, PATIENCE_MS, Seat};
pub use slots::Slots;
pub use step::{step, step_with};
pub use turn::{Act, Call, Choice, LinkWish, Outcome, Turn, Value, Words};
pub use verbs::{ArgSpec, OutKind, OutSpec, Plain, VERBS, VerbSpec};
