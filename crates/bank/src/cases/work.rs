//! The officer's side: which cases wait, one with its answers, and what was decided. Every look at answers leaves an audit row.
//!
//! Not for: choosing who decides what within a bank; any member of staff of the bank may, until there are duties.

use super::{Case, CaseId, Event, Happened, MOVED, NO_CASE, State, again, happen, store, words};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::notices::happening::{self, Happening};
use crate::staff::Staff;
use crate::vault::TenantKeys;
use base::{Refusal, Result, TenantId, Time};
use db::{Scope, Tx};
use std::sync::Arc;

const NO_REASON: Refusal = Refusal::invalid("case.reason", "请选一个原因，客户会看到");
const NOTE_LONG: Refusal = Refusal::invalid("case.note", "说明最多 200 个字");
const NOTE_CHARS_MAX: usize = 200;

/// A decision as an officer makes it.
#[derive(Debug, Clone)]
pub struct Decision {
    pub event: Event,
    /// A code of the form's `reasons`; wanted for a "no" and for asking more.
    pub reason: String,
    /// What the customer reads besides.
    pub note: String,
}

impl Decision {
    pub fn plain(event: Event) -> Self {
        Self { event, reason: String::new(), note: String::new() }
    }
    pub fn because(event: Event, reason: &str) -> Self {
        Self { event, reason: reason.to_owned(), note: String::new() }
    }
}

/// What an officer may do now.
pub fn choices(case: &Case) -> Vec<Event> {
    let all = [Event::Accept, Event::AskMore, Event::Approve, Event::Advance, Event::Decline];
    let fits = |e: &Event| {
        let more = *e != Event::Advance || case.stage < case.stages();
        more && case.state.next(*e).is_some()
    };
    all.into_iter().filter(fits).collect()
}

/// Moves a case in the caller's unit.
pub fn decide(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    by: Actor<'_>,
    id: CaseId,
    decision: &Decision,
) -> Result<()> {
    let case = store::by_id(tx, id)?.ok_or(NO_CASE)?.open(keys)?;
    if !choices(&case).contains(&decision.event) {
        return MOVED.into();
    }
    let wants = matches!(decision.event, Event::AskMore | Event::Decline);
    let known = case.form()?.reasons.contains_key(&decision.reason);
    if !known && (wants || !decision.reason.is_empty()) {
        return NO_REASON.into();
    }
    let note = decision.note.trim();
    if note.chars().count() > NOTE_CHARS_MAX {
        return NOTE_LONG.into();
    }
    happen(tx, keys, by, &case, decision.event, (&decision.reason, note))?;
    tell(tx, keys, id)
}

/// Its customer hears of it, where they are bound.
fn tell(tx: &Tx<'_>, keys: &TenantKeys, id: CaseId) -> Result<()> {
    let case = again(tx, keys, id)?;
    let (Some(binding), form) = (store::binding(tx, case.follower)?, case.form()?) else {
        return Ok(());
    };
    let events = store::events(tx, keys, id)?;
    let said = words::standing(form, &case, &words::last_said(form, &events), tx.now());
    let state = match case.state {
        State::Approved if case.stage > 0 => "有进展".to_owned(),
        _ => words::state(form, &case),
    };
    let number = case.number.as_deref().map(words::number).unwrap_or_default();
    let what = Happening::Case {
        id: id.raw(),
        version: case.version,
        title: &form.title,
        number: &number,
        state: &state,
        words: &said,
    };
    happening::tell(tx, keys, (case.follower, binding), &what).map(drop)
}

/// Cases that wait for somebody, most urgent first, each with what happened to it.
pub fn open(tx: &Tx<'_>, keys: &TenantKeys) -> Result<Vec<(Case, Vec<Happened>)>> {
    let mut all = vec![];
    for stored in store::to_do(tx)? {
        let case = stored.open(keys)?;
        let events = store::events(tx, keys, case.id)?;
        all.push((case, events));
    }
    Ok(all)
}

/// Cases of this bank that wait, most urgent first, and the bank's clock. Their answers are left out.
pub async fn waiting(app: &Arc<App>, tenant: TenantId) -> Result<(Vec<Case>, Time)> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let unit = move |tx: &Tx<'_>| {
        let mut all = vec![];
        for stored in store::to_do(tx)? {
            let mut case = stored.open(&keys)?;
            case.answers = super::Answers::default();
            all.push(case);
        }
        Ok((all, tx.now()))
    };
    app.db.read(Scope::Tenant(tenant), unit).await
}

/// One case with its answers, for a member of staff of its bank.
pub async fn read(app: &Arc<App>, by: &Staff, id: CaseId) -> Result<(Case, Vec<Happened>, Time)> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let staff = Actor::Staff(by.id.raw());
    let unit = move |tx: &Tx<'_>| {
        let case = store::by_id(tx, id)?.ok_or(NO_CASE)?.open(&keys)?;
        if case.state == super::State::Draft {
            return NO_CASE.into();
        }
        audit::note(tx, staff, "case.read", &id.to_string(), "done", &case.kind)?;
        let events = store::events(tx, &keys, id)?;
        Ok((case, events, tx.now()))
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await
}

/// An officer's decision on a case of their bank.
pub async fn act(app: &Arc<App>, by: &Staff, id: CaseId, decision: Decision) -> Result<()> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let staff = Actor::Staff(by.id.raw());
    let unit = move |tx: &Tx<'_>| decide(tx, &keys, staff, id, &decision);
    app.db.write(Scope::Tenant(by.tenant), unit).await
}
