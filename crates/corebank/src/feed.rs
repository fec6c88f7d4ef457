//! What a core tells by itself: entries and changes of accounts wherever they were made (counter, machine, other channels),
//! numbered without a gap for each institution (core.md §7).
//!
//! Whoever listens keeps the number of the last event and asks for what comes after it. The same events are told again for as
//! long as they are asked for, so nothing is lost by a crash on either side. Not for: telling customers; the channel does.

use crate::day::Day;
use crate::model::{AccountRef, LineId};
use crate::port::{Answer, Ctx};
use base::{Fen, Time};
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// Events in one answer, at most.
pub const EVENTS_MAX: usize = 500;

/// What a core tells by itself, where it keeps such a list; see [`crate::EventFeed::Poll`].
pub trait Feed: Send + Sync + Debug {
    /// Events of `ctx.tenant` with a number above `after`, in order, from the very next on: a number is never left out, and an
    /// event that was told is told the same again. [`Reject::Validation`](crate::Reject::Validation) `limit`: 1 to
    /// [`EVENTS_MAX`]; `after`: below zero, or above the last one.
    fn events<'a>(&'a self, ctx: &'a Ctx, after: i64, limit: usize) -> Answer<'a, Vec<Event>>;
}

/// One event of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// From 1, without a gap.
    pub seq: i64,
    pub account: AccountRef,
    /// When it was made.
    pub at: Time,
    pub what: Happened,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Happened {
    /// Money came or went.
    Entry(Entry),
    /// Something is reserved, or given back.
    Hold,
    Release,
    /// The account was locked, lost, frozen, opened, or one of these undone.
    State,
    /// A switch of the customer's own was changed.
    Control,
    /// What this version of the core knows and we do not.
    Other {
        word: String,
    },
}

/// A line of an account, as it was booked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub line: LineId,
    /// 核心流水号
    pub core_serial: String,
    pub core_date: Day,
    pub is_in: bool,
    pub amount: Fen,
    /// The account's posted balance after it; a core may keep that to itself.
    pub balance_after: Option<Fen>,
    /// What it was, in everyday words.
    pub label: String,
    /// Masked when a person; empty when there is none.
    pub counterparty: String,
    /// 渠道流水号 of the channel that asked for it.
    pub channel_serial: Option<String>,
    /// The core serial of what it undoes.
    pub reverses: Option<String>,
}

// What moved and with whom is the customer's.
base::unprinted!(Entry);
