//! Followers (关注者): who talks to us through which account, who serves them, and their conversation's state.
//!
//! A [`Standing`] is everything a turn needs to know of a follower. It is kept in memory and is only a copy: each turn
//! is written only where the copy's two versions are still the newest, and a copy that turns out old is read again.

pub mod behind;
pub mod cache;
pub mod store;

use crate::app::App;
use crate::tenants::AccountId;
use crate::vault::Place;
use base::{Id, Named, Result, TenantId, Time};
use db::Scope;
use dialogue::Seat;
use serde::{Deserialize, Serialize};
use std::hash::{BuildHasher as _, Hash, Hasher, RandomState};
use std::sync::{Arc, LazyLock};

#[derive(Debug)]
pub enum FollowerRow {}
impl Named for FollowerRow {
    const PREFIX: &'static str = "fol";
}
pub type FollowerId = Id<FollowerRow>;

/// WeChat's name for a person: openid is per account, so neither half means anything alone (CH-06).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Of both, made once: a turn looks for its follower in several places.
    hash: u64,
    pub account: AccountId,
    pub openid: Arc<str>,
}

impl Person {
    pub fn new(account: AccountId, openid: Arc<str>) -> Self {
        // Keyed, as openids come from outside.
        static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        Self { hash: SEED.hash_one((account.raw(), &*openid)), account, openid }
    }
}

impl Hash for Person {
    fn hash<H: Hasher>(&self, to: &mut H) {
        to.write_u64(self.hash);
    }
}

/// A customer account as the chat needs it: enough to name and choose it, not its full number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoundAccount {
    /// Short name within the binding, used by seats and pages instead of the number.
    pub id: String,
    /// The core's account number; never shown.
    pub number: String,
    /// debit | passbook | credit | loan | deposit
    pub kind: String,
    pub label: String,
    pub tail: String,
}

/// A live binding: follower ↔ customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    pub binding: Id<Bound>,
    pub customer: String,
    pub accounts: Vec<BoundAccount>,
    pub is_elder: bool,
    /// It stands on today's agreements; else the customer agrees anew before the next service (DP-11).
    pub is_agreed: bool,
    /// The customer froze the channel: only what stops harm or ends the freeze is done.
    pub is_frozen: bool,
    /// Short name of the account questions are about unless they name one.
    pub default_account: Option<String>,
    pub since: Time,
    /// Whom the customer pays; read with a follower who speaks, `None` where nobody asked or there is no one.
    pub payees: Option<Arc<dialogue::Known<dialogue::Payee>>>,
    /// Whose bills they pay; likewise.
    pub households: Option<Arc<dialogue::Households>>,
}
impl Named for Bound {
    const PREFIX: &'static str = "bnd";
}

/// What is known of a follower between two turns.
#[derive(Debug, Clone)]
pub struct Standing {
    pub id: FollowerId,
    pub tenant: TenantId,
    pub is_following: bool,
    /// When another institution handed them over last.
    pub moved_at: Option<Time>,
    /// Of the conversation: every turn moves it on.
    pub version: i64,
    /// Of everything else here.
    pub facts: i64,
    /// Key of the last turn, 0 before the first.
    pub last_key: i64,
    pub seat: Seat,
    pub bound: Option<Arc<Bound>>,
    /// The last turn's answer, so that WeChat's repeat is answered without a read.
    pub last_answer: Option<Arc<str>>,
    /// Results that could not be delivered wait to be shown.
    pub has_unread: bool,
}

impl Standing {
    /// The same without what the seat holds.
    pub fn without_seat(&self) -> Self {
        Self {
            seat: Seat::default(),
            bound: self.bound.clone(),
            last_answer: self.last_answer.clone(),
            ..*self
        }
    }
}

/// Where a follower of `tenant` is to be reached: there, or at the institution they went to since.
pub async fn whereabouts(
    app: &App,
    tenant: TenantId,
    id: FollowerId,
) -> Result<Option<(TenantId, AccountId, String)>> {
    app.db.read(Scope::House, move |tx| store::whereabouts(tx, tenant, id)).await
}

/// Moves a follower, with the conversation, to another institution's care. False when they are not `from`'s any more.
pub async fn move_home(app: &App, from: TenantId, id: FollowerId, to: TenantId) -> Result<bool> {
    if from == to {
        return Ok(true);
    }
    let (old, new) = (app.vault.tenant(&app.db, from).await?, app.vault.tenant(&app.db, to).await?);
    let behind = app.behind.clone();
    let unit = move |tx: &db::Tx<'_>| {
        let found = (store::by_id_in(tx, from, id)?, store::address_in(tx, from, id)?);
        let (Some(found), Some(address)) = found else {
            return Ok(None);
        };
        let standing = found.open(&old, &behind)?;
        let sealed = new.seal(Place::new(store::SEAT, id.raw()), &standing.seat.pack())?;
        store::move_home(tx, &behind, &standing, to, &sealed)?;
        store::move_unread(tx, (&old, from), (&new, to), id)?;
        Ok(Some(address))
    };
    let moved = app.db.write(Scope::House, unit).await?;
    let Some((account, openid)) = moved else {
        return Ok(false);
    };
    app.followers.forget(&Person::new(account, openid.into()));
    Ok(true)
}
