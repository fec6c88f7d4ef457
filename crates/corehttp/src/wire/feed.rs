//! Events that a core tells by itself.

use super::{Day, Fen, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

shape! {
    /// A line of an account, as it was booked.
    Entry = corebank::feed::Entry {
        line: String,
        core_serial: String,
        core_date: Day,
        is_in: bool,
        amount: Fen,
        /// A core may keep that to itself.
        balance_after: Option<Fen>,
        label: String,
        /// Masked when a person; may be empty.
        counterparty: String,
        channel_serial: Option<String>,
        /// The core serial of what it undoes.
        reverses: Option<String>,
    }
}

choice! {
    Happened = corebank::feed::Happened, "kind" {
        /// Money came or went.
        Entry(entry: Entry),
        /// Something is reserved.
        Hold,
        /// It is given back.
        Release,
        /// The account was locked, lost, frozen, opened, or one of these undone.
        State,
        /// A switch of the customer's own was changed.
        Control,
        Other { word: String },
    }
}

shape! {
    /// One event of an account.
    Event = corebank::feed::Event {
        /// From 1, without a gap, for each institution.
        seq: i64,
        account: String,
        at: Time,
        what: Happened,
    }
}

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct EventsAsk {
    /// The last number that is known; 0 before the first.
    pub(crate) after: i64,
    /// 1 to 500.
    pub(crate) limit: u32,
}

/// What a core pushes.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct PushAsk {
    /// Of the institution in the head; at most 500, in any order. None only asks how far they have come.
    pub(crate) events: Vec<Event>,
}

shape! {
    /// How far the institution's events have come.
    PushTold = crate::push::Stand {
        /// Every event up to this number is kept; the next is one more.
        last: i64,
        /// Some after a missing number are kept, too, and wait for it.
        has_gap: bool,
    }
}
