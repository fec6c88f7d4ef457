//! The one thing a talk may pretend in the real product: what verbs answer, and that people serve at the desk.

use crate::followers::FollowerId;
use dialogue::{Call, Outcome};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What holds for one follower while their talk is played.
#[derive(Debug, Clone, Default)]
pub(crate) struct Part {
    /// By the verb's name.
    pub(crate) answers: BTreeMap<String, Outcome>,
    /// Every other verb refuses with this code.
    pub(crate) refuses: Option<String>,
    /// The desk is not there yet; a talk may say that it is.
    pub(crate) hours_open: bool,
}

/// The parts being played, by follower. Empty in every other test.
#[derive(Debug, Default)]
pub(crate) struct Pretend(Mutex<BTreeMap<i64, Part>>);

impl Pretend {
    pub(crate) fn play(&self, follower: FollowerId, part: Part) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(follower.raw(), part);
    }

    fn part<T>(&self, follower: FollowerId, of: impl FnOnce(&Part) -> T) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&follower.raw()).map(of)
    }

    /// What `call` comes to, when the talk says so.
    pub(crate) fn answer(&self, follower: FollowerId, call: &Call) -> Option<Outcome> {
        let refused = |code: &String| Outcome::Refused { code: code.clone(), words: String::new() };
        let of = |p: &Part| {
            p.answers.get(&call.verb).cloned().or_else(|| p.refuses.as_ref().map(refused))
        };
        self.part(follower, of).flatten()
    }

    pub(crate) fn hours_open(&self, follower: FollowerId) -> bool {
        self.part(follower, |p| p.hours_open).unwrap_or(false)
    }
}
