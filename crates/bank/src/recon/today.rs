//! The day's own payments looked at while it is still the day (T+0, L0 of core.md §8): some minutes after each has ended, its core
//! is asked once more what it knows of it. What is not ended is the engine's to ask after.
//!
//! *Invariants.* A question moves nothing by itself; what contradicts is frozen for two people, as a line of the day's file would
//! freeze it, and stands among the day's differences until the file comes and judges anew. Each ended payment is asked after once;
//! where the core says nothing, or one cannot be read, the next round begins there again, for as long as [`WITHIN_MS`].

use super::matching::Class;
use super::store::{self, New};
use super::{desk, run::Desk};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::payments::PaymentId;
use crate::payments::evidence as payments;
use crate::payments::look::{self, Asked, Word};
use crate::payments::state::{Evidence, State};
use base::{Result, TenantId, Time};
use corebank::Day;
use corebank::recon::{SOURCE, core_date};
use db::{Scope, Tx, params};
use futures_util::future::join_all;
use std::ops::ControlFlow;
use std::sync::Arc;

/// A payment is left in peace so long after its end: returns and late answers come within it.
pub(crate) const AFTER_MS: i64 = 5 * 60_000;
/// What ended longer ago is the file's.
const WITHIN_MS: i64 = 30 * 60_000;
/// Read in one unit.
const PAGE: i64 = 256;
/// Questions to one core at a time: customers come first.
const AT_ONCE: usize = 4;
/// Of the payments of a round no more than this; a busier institution's are left to the file.
const MOST: usize = 2_000;
/// What names such evidence, where a file has its digest.
pub const EVIDENCE: &str = "query";

/// What an answer comes to; none where both say the same.
pub(crate) fn judge(state: State, word: Word) -> Option<(Class, &'static str)> {
    match (state, word) {
        (_, Word::Unheard)
        | (State::Succeeded, Word::Posted)
        | (State::Failed, Word::Nothing)
        | (State::Reversed, Word::Reversed | Word::Nothing)
        | (State::Returned, Word::Returned | Word::Reversed) => None,
        (State::Succeeded, Word::Nothing) => Some((Class::M4, "absent")),
        (State::Succeeded, Word::Reversed) => Some((Class::M6, "undone")),
        (State::Succeeded, Word::Returned) => Some((Class::M5, "kind")),
        (State::Succeeded, Word::Other) => Some((Class::M5, "echo")),
        (State::Failed, Word::Posted | Word::Other) => Some((Class::M3, "posted")),
        (State::Failed, _) => Some((Class::M3, "undone")),
        (State::Reversed | State::Returned, _) => Some((Class::M6, "original_only")),
        _ => None,
    }
}

/// Looks at what ended lately, of every institution: one that cannot be looked at holds up none of the others.
///
/// # Errors
/// The first that there was, when all were tried.
pub async fn look(app: &Arc<App>) -> Result<()> {
    let mut all = Ok(());
    for tenant in super::banks(app) {
        let looked = look_at(app, tenant).await;
        if let Err(e) = &looked {
            tracing::error!(%tenant, error = ?e, "what ended lately could not be looked at");
        }
        all = all.and(looked);
    }
    all
}

async fn look_at(app: &Arc<App>, tenant: TenantId) -> Result<()> {
    let (scope, now) = (Scope::Tenant(tenant), app.clock().now());
    let until = now.plus_ms(-AFTER_MS);
    let mut after = app.db.read(scope, seen_until).await?.max(now.plus_ms(-WITHIN_MS));
    let mut round = Round { seen: after, held: false, found: Ok(()) };
    let mut looked = 0;
    while after < until && looked < MOST {
        let span = (after, until);
        let page = app.db.read(scope, move |tx| look::ended(tx, span, PAGE)).await?;
        let (page, to) = whole(page, until);
        looked += page.len();
        for some in page.chunks(AT_ONCE) {
            if round.ask(app, tenant, some).await.is_break() {
                keep(app, tenant, round.seen).await?;
                return round.found;
            }
        }
        if !page.is_empty() {
            round.reach(to);
            keep(app, tenant, round.seen).await?;
        }
        after = to;
    }
    if after < until {
        // What was too much is the file's.
        round.reach(until);
        keep(app, tenant, round.seen).await?;
    }
    round.found
}

/// How far a round has come in one institution.
struct Round {
    /// The next round begins after this.
    seen: Time,
    /// One could not be asked after: the next round begins with it, though this one goes on.
    held: bool,
    /// The first fault there was.
    found: Result<()>,
}

impl Round {
    fn reach(&mut self, to: Time) {
        if !self.held {
            self.seen = to;
        }
    }
    fn hold(&mut self, at: Time) {
        self.reach(at.plus_ms(-1));
        self.held = true;
    }

    /// Asks after some payments at once. Breaks off where the core says nothing: it would say no more of the next.
    async fn ask(
        &mut self,
        app: &Arc<App>,
        tenant: TenantId,
        some: &[(PaymentId, Time)],
    ) -> ControlFlow<()> {
        let asked = join_all(some.iter().map(|(id, _)| look::ask(app, tenant, *id))).await;
        for (one, (id, since)) in asked.into_iter().zip(some) {
            let noted = match one {
                Ok(one) if one.word == Word::Unheard => {
                    self.hold(*since);
                    return ControlFlow::Break(());
                }
                Ok(one) => note(app, tenant, one).await,
                Err(e) => Err(e),
            };
            if let Err(e) = noted {
                tracing::error!(%tenant, payment = %id, error = ?e, "what has ended could not be asked after");
                self.hold(*since);
                self.found = std::mem::replace(&mut self.found, Ok(())).and(Err(e));
            }
        }
        ControlFlow::Continue(())
    }
}

/// A page that ends between two moments, and up to when it reaches.
fn whole(mut page: Vec<(PaymentId, Time)>, until: Time) -> (Vec<(PaymentId, Time)>, Time) {
    let is_cut = i64::try_from(page.len()).is_ok_and(|n| n >= PAGE);
    match page.last().map(|(_, at)| *at) {
        Some(last) if is_cut => {
            // The rest of this moment may stand on the next page.
            let whole = page.iter().take_while(|(_, at)| *at < last).count();
            if whole > 0 {
                page.truncate(whole);
                return (page, last.plus_ms(-1));
            }
            (page, last)
        }
        _ => (page, until),
    }
}

fn seen_until(tx: &Tx<'_>) -> Result<Time> {
    let until: Option<Time> =
        tx.opt("SELECT until_ms FROM recon_look WHERE tenant_id = $1", params![tx.tenant()])?;
    Ok(until.unwrap_or(Time::of_ms(0)))
}

async fn keep(app: &App, tenant: TenantId, until: Time) -> Result<()> {
    let unit = move |tx: &Tx<'_>| {
        tx.exec(
            "INSERT INTO recon_look (tenant_id, until_ms) VALUES ($1, $2) ON CONFLICT (tenant_id) DO UPDATE \
             SET until_ms = excluded.until_ms WHERE recon_look.until_ms < excluded.until_ms",
            params![tx.tenant(), until],
        )?;
        Ok(())
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

async fn note(app: &Arc<App>, tenant: TenantId, asked: Asked) -> Result<()> {
    let Some((class, why)) = judge(asked.state, asked.word) else { return Ok(()) };
    let (desk, cut_minutes) = (desk(app, tenant).await?, app.config.recon.cut_minutes);
    let db = desk.db.clone();
    let unit = move |tx: &Tx<'_>| record(tx, &desk, &asked, (class, why), cut_minutes);
    if db.write(Scope::Tenant(tenant), unit).await? {
        let class = class.word();
        metrics::counter!("weiyin_recon_differences_total", "class" => class).increment(1);
        tracing::error!(%tenant, class, why, payment = %asked.id, "the core's books differ from ours");
    }
    Ok(())
}

/// Keeps the difference and freezes its payment. False when the payment has moved on, or somebody else was here.
fn record(
    tx: &Tx<'_>,
    desk: &Desk,
    asked: &Asked,
    (class, why): (Class, &'static str),
    cut_minutes: i64,
) -> Result<bool> {
    if !look::stands(tx, asked)? {
        return Ok(false);
    }
    let Some(f) = payments::by_id(tx, asked.id)? else { return Ok(false) };
    let sent_on = f.sent_at.map(|at| core_date(at, cut_minutes));
    let date: Day = f.core_date.or(sent_on).unwrap_or(f.channel_date);
    // Before the day's file there is version 0: the file takes its place.
    let version = store::live(tx, SOURCE, date)?.map_or(0, |l| l.version);
    let new = New {
        id: tx.new_id(),
        source: SOURCE,
        date,
        version,
        item: &f.serial,
        class: class.word(),
        why,
        state: "open",
        payment: Some(f.id),
        before: Some(f.state),
        amount: Some(f.amount),
        core: None,
        line_sealed: None,
        evidence: EVIDENCE,
    };
    let by = Actor::House("recon");
    if !store::add(tx, &new)? {
        return Ok(false);
    }
    payments::prove(tx, &desk.keys, f.id, Evidence::Odd, None, (by, EVIDENCE))?;
    store::settle_days(tx)?;
    audit::note(tx, by, "recon.look", &f.id.to_string(), class.word(), why)?;
    Ok(true)
}
