//! Payments: from what a customer said to what the core did, exactly once, and told truly at every moment.
//!
//! A sentence becomes a *wish*, the wish a *draft* with everything frozen, the draft is shown and proved on a page, and a
//! worker takes it to the core. [`state`] is the whole life as a pure function; `engine` runs it; `store` keeps it.
//! Verbs: [`draft::wish`] (chat), [`draft::to_new_payee`], [`confirm::pay`] (page), `engine::run`.
//!
//! *Invariants.* Nothing is sent that was not proved for exactly what was shown (I22); what may have happened is never called
//! failed; limits are what stands in the rows, so they cannot drift (I20). Not for: moving money; the core does that.

pub mod agreements;
pub mod alias;
#[cfg(test)]
mod alias_tests;
mod arrives;
mod back;
#[cfg(test)]
mod back_tests;
mod beside;
#[cfg(test)]
mod branch_tests;
mod breaker;
pub mod cardpay;
#[cfg(test)]
mod cardpay_tests;
pub mod cash;
#[cfg(test)]
mod cash_tests;
pub mod confirm;
pub mod draft;
mod due;
mod engine;
pub mod evidence;
#[cfg(test)]
mod hold_tests;
pub mod holds;
pub mod http;
pub mod intent;
pub mod lending;
#[cfg(test)]
mod lending_tests;
pub mod loan;
#[cfg(test)]
mod loan_tests;
pub mod look;
pub mod made;
pub mod notices;
pub mod offered;
#[cfg(test)]
mod offered_tests;
#[cfg(test)]
mod order_tests;
pub mod orders;
#[cfg(test)]
mod payee_tests;
pub mod payees;
#[cfg(test)]
mod race_tests;
pub mod receipt;
#[cfg(test)]
mod receipt_tests;
pub mod rules;
pub mod saving;
#[cfg(test)]
mod saving_tests;
pub mod serial;
pub mod shapes;
#[cfg(test)]
mod sim;
mod speed;
#[cfg(test)]
mod speed_tests;
pub mod split;
#[cfg(test)]
mod split_tests;
pub mod standing;
#[cfg(test)]
mod standing_tests;
pub mod state;
#[cfg(test)]
mod steps_tests;
pub mod stops;
mod store;
pub mod takeback;
#[cfg(test)]
mod takeback_tests;
mod tell;
#[cfg(test)]
pub(crate) mod tests;
pub mod wealth;
#[cfg(test)]
mod wealth_tests;
mod when;
pub mod words;
pub mod wrong;
#[cfg(test)]
mod wrong_tests;

pub use confirm::{Recent, recent};
pub use engine::{run, run_due};
pub use tell::tell;
pub(crate) use tell::{Card, Line, say};
pub use when::When;
pub(crate) use when::day_words;

use crate::followers::FollowerId;
use crate::vault::TenantKeys;
use back::Ear;
use base::{Id, Named, Refusal, Result, TenantId, Time};
use breaker::{Breaker, Turned};
use db::Tx;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex as Gate, MutexGuard as GateGuard, Notify};

#[derive(Debug)]
pub enum PaymentRow {}
impl Named for PaymentRow {
    const PREFIX: &'static str = "pay";
}
pub type PaymentId = Id<PaymentRow>;

#[derive(Debug)]
pub enum WishRow {}
impl Named for WishRow {
    const PREFIX: &'static str = "wsh";
}
pub type WishId = Id<WishRow>;

#[derive(Debug)]
pub enum PayeeRow {}
impl Named for PayeeRow {
    const PREFIX: &'static str = "pye";
}
pub type PayeeId = Id<PayeeRow>;

pub const NO_PAYMENT: Refusal =
    Refusal::missing("pay.none", "没有找到这一笔，没有扣钱。请回聊天里再说一遍");
/// The page shows something that is not what counts any more.
pub const CHANGED: Refusal = Refusal::conflict("pay.changed", "金额改过了，请用新的");
pub const CLOSED: Refusal =
    Refusal::unavailable("pay.busy", "没有扣钱。银行系统没有回话，请过一会儿再试");

/// Most of what the core was lately asked got no answer: nothing new is begun.
pub const SHUT: Refusal =
    Refusal::unavailable("pay.shut", "没有扣钱。银行系统正在维护，请过几分钟再办");

/// The follower turned away from what was about to be paid: nothing of it can be paid any more.
pub fn give_up(tx: &Tx<'_>, keys: &TenantKeys, follower: FollowerId) -> Result<()> {
    store::end_drafts(tx, keys, follower, "given_up")
}

/// What a process remembers of its payments: nothing that counts.
#[derive(Debug, Default)]
pub struct Desk {
    bell: Notify,
    /// Payments, and plans that may become some, in hand just now.
    at_work: AtomicUsize,
    /// One payment's words go out one after the other, or «not known» could follow the result.
    telling: [Gate<()>; GATES],
    breakers: Mutex<HashMap<TenantId, Breaker>>,
    ears: Mutex<HashMap<TenantId, Ear>>,
    /// When what waits for a silent core was last probed, on the clock.
    probed_at: AtomicI64,
}
const GATES: usize = 16;

impl Desk {
    /// Something is due.
    pub fn call(&self) {
        self.bell.notify_one();
    }
    pub async fn called(&self) {
        self.bell.notified().await;
    }
    /// Takes a payment, or a plan, in hand, until the guard goes.
    pub(crate) fn take_up(&self) -> InHand<'_> {
        self.at_work.fetch_add(1, Ordering::SeqCst);
        InHand(&self.at_work)
    }
    /// Payments and plans in hand in this process.
    pub fn in_hand(&self) -> usize {
        self.at_work.load(Ordering::SeqCst)
    }
    /// Whether a payment may be begun while the core is as it lately was.
    fn may_begin(&self, tenant: TenantId, now: Time) -> Result<()> {
        let mut all = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        if all.entry(tenant).or_default().may_begin(now) { Ok(()) } else { SHUT.into() }
    }
    /// What came of a call to the core, and how long it took.
    fn note_call(&self, tenant: TenantId, now: Time, is_answered: bool, took: Duration) {
        let mut all = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        let turned = all.entry(tenant).or_default().note(now, is_answered, took);
        drop(all);
        if turned != Turned::Nothing {
            let is_open = turned == Turned::Open;
            metrics::counter!("weiyin_breaker_turned_total", "to" => if is_open { "open" } else { "closed" })
                .increment(1);
            tracing::error!(%tenant, is_open, "the breaker of an institution's core turned");
        }
    }
    /// Whether an institution's core is heard again.
    fn hears(&self, tenant: TenantId, heard: &engine::Heard) -> bool {
        let mut all = self.ears.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(tenant).or_default().hears(heard)
    }
    /// Once in a while, for one of those who ask.
    fn may_probe(&self, now: Time) -> bool {
        let at = self.probed_at.load(Ordering::Relaxed);
        // Also when the clock was put back.
        let is_due = (now.ms() - at).abs() >= back::PROBE_MS;
        let order = Ordering::Relaxed;
        is_due && self.probed_at.compare_exchange(at, now.ms(), order, order).is_ok()
    }
    async fn telling(&self, id: PaymentId) -> GateGuard<'_, ()> {
        let at = usize::try_from(id.raw().rem_euclid(GATES as i64)).unwrap_or(0);
        self.telling[at].lock().await
    }
}

/// One payment or plan in hand.
#[derive(Debug)]
pub(crate) struct InHand<'a>(&'a AtomicUsize);

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
