//! What a worker and the core say to one another, as messages that the harness holds in its hand.
//!
//! [`Line`] is a core to `engine::speak`: asked first without an answer, it notes what is said; asked again with the answer
//! that came, it gives that. So the engine's own words are sent and its own judgement is made, with the network in between.

use base::Time;
use corebank::money::{
    Bank, Fate, Held, HoldAsk, Money, Paid, PayeeAsk, PayeeFound, Payment, Query, Quote, QuoteAsk,
    Reversal, Undone,
};
use corebank::{Answer, CoreError, Ctx, Reject, UnknownCause};
use std::sync::{Mutex, PoisonError};

/// What a worker says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Pay(String, Payment),
    /// Out of the hold of the second id.
    Commit(String, String, Payment),
    Hold(String, HoldAsk),
    /// Gives the hold of the second id back.
    Void(String, String),
    Query(Query),
    Reverse(String, Reversal),
}

impl Said {
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Pay(id, _)
            | Self::Commit(id, ..)
            | Self::Hold(id, _)
            | Self::Void(id, _)
            | Self::Reverse(id, _) => id,
            Self::Query(ask) => &ask.request_id,
        }
    }
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Pay(..) => "pay",
            Self::Commit(..) => "commit",
            Self::Hold(..) => "hold",
            Self::Void(..) => "void",
            Self::Query(_) => "query",
            Self::Reverse(..) => "reverse",
        }
    }
}

/// What comes back.
#[derive(Debug, Clone)]
pub(super) enum Back {
    Pay(Result<Paid, CoreError>),
    Held(Result<Held, CoreError>),
    Query(Result<Fate, CoreError>),
    Reverse(Result<Undone, CoreError>),
    /// Nothing, for this reason.
    None(CoreError),
}

/// Who speaks with the core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Party {
    Worker(usize),
    Planner(usize),
}

impl std::fmt::Display for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Worker(i) => write!(f, "w{i}"),
            Self::Planner(i) => write!(f, "o{i}"),
        }
    }
}

/// A message under way to the core, and who waits for its answer.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) from: Party,
    pub(super) call: u64,
    pub(super) said: Said,
}

#[derive(Debug)]
pub(super) struct Line {
    back: Back,
    said: Mutex<Option<Said>>,
}

impl Line {
    pub(super) fn with(back: Back) -> Self {
        Self { back, said: Mutex::default() }
    }
    pub(super) fn said(self) -> Option<Said> {
        self.said.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
    fn hear(&self, said: Said) -> CoreError {
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = Some(said);
        match &self.back {
            Back::None(why) => why.clone(),
            Back::Pay(_) | Back::Held(_) | Back::Query(_) | Back::Reverse(_) => {
                CoreError::Unknown(UnknownCause::Undecodable)
            }
        }
    }
}

impl Line {
    fn held(&self, said: Said) -> Answer<'_, Held> {
        let none = self.hear(said);
        let back = if let Back::Held(back) = &self.back { back.clone() } else { Err(none) };
        Box::pin(async { back })
    }
}

fn id(ctx: &Ctx) -> String {
    ctx.request_id.clone().unwrap_or_default()
}

fn unsupported<'a, T: Send + 'a>() -> Answer<'a, T> {
    Box::pin(async { Err(Reject::Unsupported.into()) })
}

impl Money for Line {
    fn pay<'a>(&'a self, ctx: &'a Ctx, payment: &'a Payment) -> Answer<'a, Paid> {
        let none = self.hear(Said::Pay(id(ctx), payment.clone()));
        let back = if let Back::Pay(back) = &self.back { back.clone() } else { Err(none) };
        Box::pin(async { back })
    }
    fn query<'a>(&'a self, _: &'a Ctx, ask: &'a Query) -> Answer<'a, Fate> {
        let none = self.hear(Said::Query(ask.clone()));
        let back = if let Back::Query(back) = &self.back { back.clone() } else { Err(none) };
        Box::pin(async { back })
    }
    fn reverse<'a>(&'a self, ctx: &'a Ctx, ask: &'a Reversal) -> Answer<'a, Undone> {
        let none = self.hear(Said::Reverse(id(ctx), ask.clone()));
        let back = if let Back::Reverse(back) = &self.back { back.clone() } else { Err(none) };
        Box::pin(async { back })
    }
    fn payee<'a>(&'a self, _: &'a Ctx, _: &'a PayeeAsk) -> Answer<'a, PayeeFound> {
        unsupported()
    }
    fn banks<'a>(&'a self, _: &'a Ctx, _: &'a str) -> Answer<'a, Vec<Bank>> {
        unsupported()
    }
    fn quote<'a>(&'a self, _: &'a Ctx, _: &'a QuoteAsk) -> Answer<'a, Quote> {
        unsupported()
    }
    fn hold<'a>(&'a self, ctx: &'a Ctx, ask: &'a HoldAsk) -> Answer<'a, Held> {
        self.held(Said::Hold(id(ctx), ask.clone()))
    }
    fn commit<'a>(&'a self, ctx: &'a Ctx, hold: &'a str, payment: &'a Payment) -> Answer<'a, Paid> {
        let none = self.hear(Said::Commit(id(ctx), hold.to_owned(), payment.clone()));
        let back = if let Back::Pay(back) = &self.back { back.clone() } else { Err(none) };
        Box::pin(async { back })
    }
    fn void<'a>(&'a self, ctx: &'a Ctx, hold: &'a str) -> Answer<'a, Held> {
        self.held(Said::Void(id(ctx), hold.to_owned()))
    }
}

/// What is to happen, by the true time; equal times in an order drawn by lot.
#[derive(Debug)]
pub(super) struct Agenda<E> {
    items: std::collections::BTreeMap<(Time, u64, u64), E>,
    next: u64,
}

impl<E> Agenda<E> {
    pub(super) const fn new() -> Self {
        Self { items: std::collections::BTreeMap::new(), next: 0 }
    }
    pub(super) fn add(&mut self, at: Time, lot: u64, event: E) {
        self.next += 1;
        self.items.insert((at, lot, self.next), event);
    }
    /// The next of before `until`.
    pub(super) fn take(&mut self, until: Time) -> Option<(Time, E)> {
        self.items.first_key_value().filter(|((at, ..), _)| *at < until)?;
        self.items.pop_first().map(|((at, ..), event)| (at, event))
    }
    pub(super) fn any(&self, is: impl Fn(&E) -> bool) -> bool {
        self.items.values().any(is)
    }
    /// Everything comes so much later.
    pub(super) fn shift(&mut self, ms: i64) {
        let items = std::mem::take(&mut self.items);
        let later =
            |((at, lot, n), event): ((Time, u64, u64), E)| ((at.plus_ms(ms), lot, n), event);
        self.items = items.into_iter().map(later).collect();
    }
    pub(super) fn keep(&mut self, is: impl Fn(&E) -> bool) {
        self.items.retain(|_, event| is(event));
    }
}
