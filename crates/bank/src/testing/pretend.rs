//! What a talk may pretend in the real product: what verbs answer, that people serve at the desk, and whom and what the customer
//! knows by name, for which there is no source yet.

use crate::followers::FollowerId;
use dialogue::{Call, Households, Known, Outcome, Payee, Place, Who};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What holds for one follower while their talk is played.
#[derive(Debug, Clone, Default)]
pub(crate) struct Part {
    /// By the verb's name.
    pub(crate) answers: BTreeMap<String, Outcome>,
    /// Every other verb refuses with this code.
    pub(crate) refuses: Option<String>,
    /// The desk is not there yet; a talk may say that it is.
    pub(crate) hours_open: bool,
    pub(crate) tells_postings: bool,
    /// The payee book is not there yet.
    pub(crate) payees: Arc<Known<Payee>>,
    pub(crate) households: Arc<Households>,
    /// Nor is the list of branches.
    pub(crate) places: Arc<Known<Place>>,
    /// Beside the kinds of the bound accounts.
    pub(crate) holds: Vec<String>,
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
        let refused = |code: &String| Outcome::Refused {
            code: code.clone(),
            words: String::new(),
            most: None,
        };
        let of = |p: &Part| {
            p.answers.get(&call.verb).cloned().or_else(|| p.refuses.as_ref().map(refused))
        };
        self.part(follower, of).flatten()
    }

    /// `who` with what the talk says of them.
    pub(crate) fn dress(&self, follower: FollowerId, who: Who) -> Who {
        let dressed = |p: &Part| Who {
            hours_open: p.hours_open,
            tells_postings: p.tells_postings,
            payees: p.payees.clone(),
            households: p.households.clone(),
            places: p.places.clone(),
            holds: who.holds.iter().chain(&p.holds).cloned().collect(),
            ..who.clone()
        };
        self.part(follower, dressed).unwrap_or(who)
    }
}
