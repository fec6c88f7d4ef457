//! The demo's clerk (演示柜员): works on cases as people at a bank would, by the demo's clock, so that turning it shows how a case
//! goes on. Never part of a bank: there, staff decide on their pages.
//!
//! Accepts after half a minute, decides after most of a day, and takes one stage after a "yes" a day. A loan above 300,000 yuan is
//! sent back once for a proof of income; everything else is a "yes".

use crate::app::App;
use crate::audit::Actor;
use crate::cases::work::{self, Decision};
use crate::cases::{Case, Event, Happened, State};
use base::{Result, TenantId, Time};
use db::{Scope, Tx};
use std::sync::Arc;
use std::time::Duration;

pub(super) const LOOK_EVERY: Duration = Duration::from_secs(1);
const ACCEPT_AFTER_MS: i64 = 30_000;
const DECIDE_AFTER_MS: i64 = 20 * 3_600_000;
const STAGE_AFTER_MS: i64 = 20 * 3_600_000;
/// Above this a loan wants a proof, in yuan.
const PROOF_ABOVE: i64 = 300_000;

/// Looks at the cases of all banks until the demo ends.
pub(super) async fn run(app: Arc<App>) {
    loop {
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        if let Err(e) = look(&app).await {
            tracing::warn!(error = ?e, "the demo's clerk could not work");
        }
    }
}

/// Does what is due at every bank.
pub(crate) async fn look(app: &Arc<App>) -> Result<()> {
    let tenants: Vec<TenantId> = app.registry().institutions.keys().copied().collect();
    for tenant in tenants {
        let keys = app.vault.tenant(&app.db, tenant).await?;
        let reader = keys.clone();
        let unit = move |tx: &Tx<'_>| Ok((work::open(tx, &reader)?, tx.now()));
        let (cases, now) = app.db.read(Scope::Tenant(tenant), unit).await?;
        for (case, events) in cases {
            let Some(decision) = due(&case, &events, now) else { continue };
            let (keys, id) = (keys.clone(), case.id);
            let by = Actor::House("demo_clerk");
            let unit = move |tx: &Tx<'_>| work::decide(tx, &keys, by, id, &decision);
            app.db.write(Scope::Tenant(tenant), unit).await?;
        }
    }
    Ok(())
}

/// What the clerk does with a case now, if anything.
fn due(case: &Case, events: &[Happened], now: Time) -> Option<Decision> {
    let since = now.since(events.iter().rev().find(|e| e.event != "urge")?.at);
    match case.state {
        State::Submitted if since >= ACCEPT_AFTER_MS => Some(Decision::plain(Event::Accept)),
        State::Accepted if since >= DECIDE_AFTER_MS => Some(decided(case, events)),
        State::Approved if since >= STAGE_AFTER_MS && !case.is_over() => {
            Some(Decision::plain(Event::Advance))
        }
        _ => None,
    }
}

fn decided(case: &Case, events: &[Happened]) -> Decision {
    let asked_before = events.iter().any(|e| e.event == Event::AskMore.word());
    let sum = case.answers.given.get("amount").and_then(|a| a.parse::<i64>().ok()).unwrap_or(0);
    match case.kind.as_str() {
        "loan_apply" if sum > PROOF_ABOVE && !asked_before => {
            Decision::because(Event::AskMore, "income")
        }
        "complaint" => Decision::because(Event::Approve, "explained"),
        _ => Decision::plain(Event::Approve),
    }
}
