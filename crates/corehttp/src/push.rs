//! Events that a core tells by itself (core.md §7): the door they come in by, and the client of a core's side.
//!
//! It is the contract turned round: the core is the caller, signs as Weiyin does when it asks, and is answered signed for its
//! nonce. The operation has a name that Weiyin never asks, so that under a key that both sides share nothing of one direction
//! is good for the other. Not for: keeping events, or deciding which come next.

use crate::gate::{Disbelief, Gate, REQUEST_BYTES_MAX};
use crate::link::{Link, Peer};
use crate::ops;
use crate::sign::Keys;
use crate::wire::Form;
use crate::wire::feed::{Event as EventShape, PushAsk, PushTold};
use crate::wire::outcome::Outcome;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use base::{Clock, Random, Result, TenantId};
use corebank::feed::{EVENTS_MAX, Event};
use corebank::{CoreError, Ctx, Operator, Reject};
use std::fmt;

/// How long the core's side waits for an answer.
const PATIENCE_MS: i64 = 20_000;

/// How far an institution's events have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stand {
    /// Every event up to this number is kept: what comes next is one more.
    pub last: i64,
    /// Events after a missing number are kept, too, and wait for it.
    pub has_gap: bool,
}

/// The door of pushed events.
pub struct Pushes(Gate);

impl fmt::Debug for Pushes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pushes")
    }
}

/// A push that is believed.
#[derive(Debug)]
pub struct Push {
    pub tenant: TenantId,
    /// [`Reject::Validation`] when the body is not a page of events.
    pub events: std::result::Result<Vec<Event>, CoreError>,
    pub asked: Asked,
}

/// What an answer is signed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    key: String,
    nonce: String,
}

impl Pushes {
    /// Pushes are signed by one of these keys.
    pub fn new(keys: Keys, clock: Clock) -> Self {
        Self(Gate::new(keys, clock))
    }

    /// Reads a push, or says why it is none of the core's.
    pub async fn hear(&self, request: Request) -> std::result::Result<Push, Disbelief> {
        let believed = self.0.believe(request, ops::PUSH.path(), REQUEST_BYTES_MAX).await?;
        let unread = Disbelief { status: StatusCode::BAD_REQUEST, problem: "headers" };
        let ctx = believed.head.ctx().map_err(|_| unread)?;
        let asked =
            Asked { key: believed.key().to_owned(), nonce: believed.head.nonce().to_owned() };
        Ok(Push { tenant: ctx.tenant, events: page(&believed.body), asked })
    }

    /// What is answered, signed for the push.
    pub fn answer(&self, asked: &Asked, told: &std::result::Result<Stand, CoreError>) -> Response {
        // Our own shapes always become JSON; a body of nothing is read by nobody.
        let body = serde_json::to_vec(&Outcome::<PushTold>::of(told)).unwrap_or_default();
        self.0.answer(&asked.key, &ops::PUSH.path(), &asked.nonce, body)
    }
}

/// The page in a body. A number below 1 and an amount below zero are none.
fn page(body: &[u8]) -> std::result::Result<Vec<Event>, CoreError> {
    let invalid = |field| CoreError::from(Reject::Validation { field });
    let ask: PushAsk = serde_json::from_slice(body).map_err(|_| invalid("body"))?;
    if ask.events.len() > EVENTS_MAX {
        return Err(invalid("limit"));
    }
    let events: Vec<Event> = ask.events.port().map_err(|_| invalid("body"))?;
    if events.iter().any(|event| event.seq < 1) {
        return Err(invalid("number"));
    }
    let is_negative = |event: &Event| match &event.what {
        corebank::feed::Happened::Entry(entry) => entry.amount < base::Fen::ZERO,
        _ => false,
    };
    if events.iter().any(is_negative) {
        return Err(invalid("amount"));
    }
    Ok(events)
}

/// The core's side of a push: what a bank's integration team builds, in code.
#[derive(Debug)]
pub struct Pusher(Link);

impl Pusher {
    /// `peer.url` is Weiyin's, up to before `/v1`: `http://weiyin.example:8081/core`.
    pub fn new(peer: Peer, clock: Clock, random: Random) -> Result<Self> {
        Ok(Self(Link::new(peer, clock, random)?))
    }

    /// Tells events of one institution, at most [`EVENTS_MAX`], and is told how far Weiyin has them. An empty page only asks
    /// that. Whatever is unknown is told again as it was, with another nonce.
    pub async fn push(
        &self,
        tenant: TenantId,
        events: &[Event],
    ) -> std::result::Result<Stand, CoreError> {
        let deadline = self.0.now().plus_ms(PATIENCE_MS);
        let mut ctx = Ctx::new(tenant, deadline, "push");
        ctx.operator = Operator::System;
        let ask = PushAsk { events: events.iter().map(EventShape::of).collect() };
        self.0.ask(&ctx, ops::PUSH, ask).await
    }
}
