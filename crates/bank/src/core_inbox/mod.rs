//! What cores tell by themselves (动账事件, core.md §7): taken once, under the core's own numbers, into one inbox.
//!
//! The round asks a core that keeps a list ([`round`]), and a core may tell by itself ([`push`], [`iso`]); what came goes through
//! [`take`]. Whoever acts on events (`notices`) reads them in order with [`read`].
//!
//! *Invariants.* An event is kept before the core is asked for the next. The stream is read only as far as it is whole: while a
//! number is missing, everything after it waits and the core is asked for it. The same number again changes nothing, and with
//! something else in it the first stands and an alarm goes; a push with such a number is refused as a whole. Not for: telling
//! customers; moving money.

pub mod iso;
pub mod push;
#[cfg(test)]
mod pushed;
mod refusals;
mod store;
#[cfg(test)]
mod tests;

pub use store::Stream;

use crate::app::App;
use crate::tenants::UNION;
use base::{Error, Result, TenantId};
use corebank::feed::{EVENTS_MAX, Event};
use corebank::{Ctx, Operator};
use db::{Scope, Tx};
use std::sync::Arc;
use std::time::Duration;

/// A core that keeps a list is asked so often.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// Pages taken from one core before the next core has its turn.
const PAGES_MAX: usize = 20;
/// A gap that is older than this is a matter for people.
const ALARM_MS: i64 = 60_000;
/// How long an event stays once it was taken.
pub const KEEP_MS: i64 = 7 * base::DAY_MS;

/// How events came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// The core was asked. What it says of a number that is known otherwise is left out, and the rest is kept, so that one such
    /// number does not stop the stream for ever.
    Poll,
    /// The core told by a message without a number, and it was given the next one.
    Iso,
    /// The core told by itself. A page with such a number is refused whole: its sender is there to be told.
    Push,
}

impl Via {
    fn word(self) -> &'static str {
        match self {
            Self::Poll => "poll",
            Self::Iso => "iso8583",
            Self::Push => "push",
        }
    }
}

/// What taking events came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The stream is whole up to here.
    pub last: i64,
    /// Something after a missing number has come.
    pub has_gap: bool,
    /// Known numbers that came with something else in them.
    pub contradicted: usize,
}

/// Asks every core for what is new, until the app stops.
pub async fn run(app: Arc<App>) {
    loop {
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(ASK_EVERY) => {}
        }
        if let Err(e) = round(&app).await {
            metrics::counter!("weiyin_rounds_failed_total", "round" => "core_events").increment(1);
            tracing::error!(error = ?e, "the cores' events could not be asked for");
        }
    }
}

/// Takes what every institution's core has to tell. A core that does not answer holds up no other.
pub async fn round(app: &Arc<App>) -> Result<()> {
    let mut tenants: Vec<TenantId> = app.registry().institutions.keys().copied().collect();
    tenants.retain(|t| *t != UNION);
    tenants.sort_unstable();
    for tenant in tenants {
        if app.core.feed().is_some()
            && !iso::hears(app, tenant)
            && let Err(e) = ask(app, tenant).await
        {
            tracing::warn!(%tenant, error = %e, "a core did not tell its events");
        }
        watch(app, tenant).await?;
    }
    Ok(())
}

/// Takes what one core has to tell, from the first number that is missing on.
async fn ask(app: &Arc<App>, tenant: TenantId) -> Result<()> {
    let Some(feed) = app.core.feed() else { return Ok(()) };
    for _ in 0..PAGES_MAX {
        let last = app.db.read(Scope::Tenant(tenant), store::stream).await?.last;
        let deadline = app.clock().now().plus_ms(app.config.core.deadline_ms);
        let mut ctx = Ctx::new(tenant, deadline, "events");
        ctx.operator = Operator::System;
        let events = feed.events(&ctx, last, EVENTS_MAX).await;
        let events = events.map_err(|e| Error::fault(format!("events after {last}: {e}")))?;
        let is_over = events.len() < EVENTS_MAX;
        if !events.is_empty() {
            let taken = take(app, tenant, Via::Poll, events).await?;
            if taken.last == last {
                return Err(Error::fault(format!("the core leaves out event {}", last + 1)));
            }
        }
        if is_over {
            return Ok(());
        }
    }
    Ok(())
}

/// Keeps events that came, in any order and as often as they come; all of them or, on a fault or where a push contradicts
/// what is known, none.
///
/// # Errors
/// Faults of the database; [`Error::fault`] when a number is none.
pub async fn take(app: &Arc<App>, tenant: TenantId, via: Via, events: Vec<Event>) -> Result<Taken> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let unit = move |tx: &Tx<'_>| store::take(tx, &keys, via, &events);
    let taken = app.db.write(Scope::Tenant(tenant), unit).await?;
    app.notices.tell_of_events();
    if taken.contradicted > 0 {
        metrics::counter!("weiyin_core_events_contradicted_total").increment(1);
        tracing::error!(%tenant, count = taken.contradicted, "a core told an event again with something else in it");
    }
    Ok(taken)
}

/// Events after a number, in order, as far as the stream is whole.
///
/// # Errors
/// Faults of the database, and values that do not open.
pub async fn read(app: &Arc<App>, tenant: TenantId, after: i64, limit: i64) -> Result<Vec<Event>> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let unit = move |tx: &Tx<'_>| store::read(tx, &keys, after, limit);
    app.db.read(Scope::Tenant(tenant), unit).await
}

/// Says once of a gap that it does not close.
async fn watch(app: &Arc<App>, tenant: TenantId) -> Result<()> {
    let stream = app.db.read(Scope::Tenant(tenant), store::stream).await?;
    let now = app.clock().now();
    if stream.is_alarmed || stream.gap_since.is_none_or(|since| now.since(since) < ALARM_MS) {
        return Ok(());
    }
    if app.db.write(Scope::Tenant(tenant), store::alarm).await? {
        metrics::counter!("weiyin_core_event_gaps_total").increment(1);
        tracing::error!(%tenant, after = stream.last, "a core's events have a gap that does not close");
    }
    Ok(())
}
