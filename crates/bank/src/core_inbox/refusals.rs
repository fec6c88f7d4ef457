//! Refusals of strangers: one audit row a minute for each reason, so that nobody fills the trail by knocking.

use crate::app::App;
use crate::audit::{self, Actor};
use crate::tenants::UNION;
use base::Time;
use db::{Scope, Tx};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

const NOTE_MS: i64 = 60_000;

/// Which refusals of one door were noted when.
#[derive(Debug)]
pub(super) struct Refusals {
    act: &'static str,
    noted: Mutex<HashMap<&'static str, Time>>,
}

impl Refusals {
    pub(super) fn of(act: &'static str) -> Self {
        Self { act, noted: Mutex::default() }
    }

    /// True for the first refusal of a reason within [`NOTE_MS`].
    fn is_to_note(&self, problem: &'static str, now: Time) -> bool {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.get(problem).is_some_and(|at| now.since(*at) < NOTE_MS) {
            return false;
        }
        noted.insert(problem, now);
        true
    }

    /// Something that has no effect: who sent it is not known, or it is about nobody here.
    pub(super) async fn note(&self, app: &App, subject: &str, problem: &'static str) {
        if !self.is_to_note(problem, app.clock().now()) {
            return;
        }
        tracing::warn!(act = self.act, problem, "what a core told was not taken");
        let (act, subject) = (self.act, subject.to_owned());
        let unit = move |tx: &Tx<'_>| {
            audit::note(tx, Actor::House("core"), act, &subject, "refused", problem)
        };
        if let Err(e) = app.db.write(Scope::Tenant(UNION), unit).await {
            tracing::error!(error = ?e, "a refusal could not be noted");
        }
    }
}
