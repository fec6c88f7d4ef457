//! When a transfer to somebody else goes out: at once, or the next morning, until when its customer can take it back (银发〔2016〕261号).
//!
//! To whom nothing was paid yet a large sum waits by itself, and so does any sum of an older customer. The page asks; whoever
//! chooses 马上到 has it at once. Not for: a day that was said in chat; that is what is meant.

use super::draft::{self, Payer, Ready, Wish};
use super::intent::{Intent, Product};
use super::state::State;
use super::store;
use super::when::{Rule, When};
use super::{CHANGED, NO_PAYMENT, confirm};
use crate::app::App;
use crate::sessions::Customer;
use crate::verbs::core_ctx;
use base::{Result, Time};
use corebank::money::Payee;
use corebank::{CustNo, Day};
use db::{Scope, Tx};
use std::sync::Arc;

/// 9:00
const MORNING: i64 = 9 * 60;

/// When it goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speed {
    AtOnce,
    Tomorrow,
}

fn tomorrow(now: Time) -> When {
    let day = Day::at(now).plus_days(1);
    When { rule: Rule::On(day), minute: MORNING, begins: None, end: None }
}

/// What may be chosen of it: a transfer to somebody else, of whom no code was scanned and no day was said.
pub(super) fn of(intent: &Intent, said: &Wish) -> Option<Speed> {
    let is_somebody = matches!(intent.to.payee, Payee::Here { .. } | Payee::Elsewhere { .. });
    let is_free = intent.product == Product::Transfer
        && is_somebody
        && !intent.to.is_own
        && intent.to.shown.is_none()
        && said.when.is_none();
    let speed = if intent.when.is_some() { Speed::Tomorrow } else { Speed::AtOnce };
    is_free.then_some(speed)
}

/// Whether it waits unless the customer says otherwise, should the payee be new.
pub(super) async fn is_careful(app: &Arc<App>, by: &Payer, ready: &Ready) -> bool {
    let is_plain = ready.product == Product::Transfer
        && ready.to.is_new
        && ready.to.shown.is_none()
        && ready.when.is_none();
    if !is_plain {
        return false;
    }
    let rules = &app.config.payments;
    if ready.amount.fen() >= rules.next_day_from_fen {
        return true;
    }
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let told = app.core.customer(&ctx, &CustNo::new(&by.bound.customer)).await;
    match told.ok().and_then(|c| c.age) {
        Some(age) => age >= rules.next_day_from_age,
        None => by.bound.is_elder,
    }
}

/// Lets it wait, where that was found right for a new payee; whether it did.
pub(super) fn put_off(intent: &mut Intent, is_careful: bool, now: Time) -> bool {
    let is_put_off = is_careful && intent.to.is_new && intent.when.is_none();
    if is_put_off {
        intent.when = Some(tomorrow(now));
    }
    is_put_off
}

/// What the page chose: the draft gives way to one that goes out then. `hash` is what was shown (TA-01).
pub(super) async fn choose(app: &Arc<App>, by: &Customer, hash: &[u8], speed: Speed) -> Result<()> {
    let payer = confirm::payer(app, by).await?;
    let (wish, said, _) = confirm::opened(app, by).await?;
    let told = confirm::its_payment(app, by).await?;
    let is_open = matches!(told.row.state, State::Draft | State::Challenged);
    if !is_open || told.row.hash != hash {
        return CHANGED.into();
    }
    match of(&told.intent, &said) {
        None => return CHANGED.into(),
        Some(now) if now == speed => return Ok(()),
        Some(_) => {}
    }
    let when = (speed == Speed::Tomorrow).then(|| tomorrow(app.clock().now()));
    let from = payer.account(&told.intent.payer.id)?.clone();
    let to = told.intent.to.clone();
    let ready = draft::settle_from(app, &payer, from, &Wish { when, ..said }, to).await?;
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (rules, old) = (app.config.payments, told.row.id);
    let unit = move |tx: &Tx<'_>| {
        let kept = store::wish(tx, wish)?.ok_or(NO_PAYMENT)?;
        if kept.state != "live" || kept.payment != Some(old) {
            return CHANGED.into();
        }
        store::end_drafts(tx, &keys, payer.follower, "replaced")?;
        let frozen = draft::keep(tx, &keys, &rules, &payer, &ready)?;
        store::turn_wish(tx, wish, old, frozen.id)
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await
}
