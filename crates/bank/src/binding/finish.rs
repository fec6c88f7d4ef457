//! Step three: the PIN goes to the core, and the follower is bound.
//!
//! Whoever is bound for the first time sets a PIN; whoever moves the binding here from another WeChat proves the one set
//! there (`swap.rs`). Not for: the envelope itself (`pin.rs`).

use super::input::Aim;
use super::pin::{self, PinKeyId};
use super::store::{self, Claim, Step, Try};
use super::{
    CONSENT_MISSING, Consent, TAKEN, WRONG_STEP, agreements, busy, forget, is_bound, swap,
};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::followers::{self, BoundAccount};
use crate::jobs::Job;
use crate::sessions::{self, Customer};
use crate::verbs::{bound_account, core_ctx};
use base::{Error, Refusal, Result, Secret};
use corebank::{AccountKind, AccountState, CustNo};
use db::{Scope, Tx};
use std::sync::Arc;
use std::time::Duration;

/// How often and how long a second tap looks for the first one's end.
const LOOKS: u32 = 40;
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What the PIN page's envelope turned out to be.
enum Envelope {
    Opened(Claim, Secret<String>),
    Refused(Refusal),
    /// This very envelope is being or was worked on: a second tap.
    Tapped,
}

/// What step three came to.
#[derive(Debug)]
pub enum Finished {
    /// Bound to these. The session's new secret comes along, except for a second tap.
    Bound(Vec<BoundAccount>, Option<String>),
    /// The PIN proves nothing; so many tries are left.
    Refused(Refusal, Option<i64>),
}

/// Step three: sets the PIN at the core, or proves it there, and binds.
pub async fn finish(
    app: &Arc<App>,
    by: &Customer,
    key: PinKeyId,
    cipher: &str,
    consents: &[Consent],
) -> Result<Finished> {
    let (claim, pin) = match open_envelope(app, by, key, cipher, consents).await? {
        Envelope::Opened(claim, pin) => (claim, pin),
        Envelope::Refused(refusal) => return refusal.into(),
        Envelope::Tapped => {
            return first_taps_answer(app, by).await.map(|a| Finished::Bound(a, None));
        }
    };
    let customer = CustNo::new(&claim.customer);
    let block = app
        .pin_key
        .seal(&pin, customer.as_str(), app.random())
        .map_err(|e| Error::fault(format!("wrapping a PIN for the core: {e}")))?;
    drop(pin);
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    if claim.aim == Aim::Swap {
        if let Err(e) = app.core.verify_pin(&ctx, &customer, &block).await {
            return swap::unproven(app, by, e).await;
        }
    } else {
        app.core.set_pin(&ctx, &customer, &block).await.map_err(busy)?;
    }
    let accounts = app.core.accounts(&ctx, &customer).await.map_err(busy)?;
    let mut bound = vec![];
    for a in accounts.iter().filter(|a| a.state != AccountState::Closed) {
        bound.push((
            order_of(a.kind),
            a.tail != base::mask_card(&claim.card_no),
            bound_account(a)?,
        ));
    }
    // Everyday accounts first, the one that was typed before its sisters: the first is the default.
    bound.sort_by_key(|(kind, other, _)| (*kind, *other));
    let bound: Vec<BoundAccount> = bound.into_iter().map(|b| b.2).collect();
    let secret = record(app, by, &claim, &bound).await?;
    Ok(Finished::Bound(bound, Some(secret)))
}

async fn open_envelope(
    app: &App,
    by: &Customer,
    key: PinKeyId,
    cipher: &str,
    consents: &[Consent],
) -> Result<Envelope> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (tenant, by, cipher) = (by.tenant, by.clone(), cipher.to_owned());
    let consents = consents.to_vec();
    let unit = move |tx: &Tx<'_>| {
        let opens = pin::Opens { session: by.session, follower: by.follower, key };
        let attempt = store::current(tx, &keys, by.follower)?.filter(|a| a.step == Step::Pin);
        let Some(Try { claim, .. }) = attempt else {
            let tapped = is_bound(tx, by.follower)? && pin::is_taken(tx, &opens)?;
            return if tapped { Ok(Envelope::Tapped) } else { WRONG_STEP.into() };
        };
        if pin::is_taken(tx, &opens)? {
            return Ok(Envelope::Tapped);
        }
        agreements::agree(tx, by.follower, &consents)?;
        if !agreements::missing(tx, by.follower)?.is_empty() {
            return CONSENT_MISSING.into();
        }
        let own = [claim.id_no.as_str(), &claim.card_no, &claim.mobile];
        // A PIN that was set long ago is proved, whatever we would say of it now.
        let proves = claim.aim == Aim::Swap;
        let asked = if proves { pin::Asked::Proof } else { pin::Asked::New(&own) };
        Ok(match pin::open(tx, &keys, &opens, &cipher, asked)? {
            Ok(pin) => Envelope::Opened(claim, pin),
            Err(refusal) => Envelope::Refused(refusal),
        })
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// A second tap sees the binding the first one makes; when it makes none, the envelope is simply spent.
async fn first_taps_answer(app: &App, by: &Customer) -> Result<Vec<BoundAccount>> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    for _ in 0..LOOKS {
        let (keys, behind, follower) = (keys.clone(), app.behind.clone(), by.follower);
        let found = app
            .db
            .read(Scope::Tenant(by.tenant), move |tx| {
                followers::store::by_id(tx, follower)?.map(|f| f.open(&keys, &behind)).transpose()
            })
            .await?;
        if let Some(bound) = found.and_then(|s| s.bound) {
            return Ok(bound.accounts.clone());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    pin::REPLAYED.into()
}

fn order_of(kind: AccountKind) -> u8 {
    match kind {
        AccountKind::Debit | AccountKind::Passbook => 0,
        AccountKind::Credit => 1,
        AccountKind::Loan => 2,
        AccountKind::Deposit => 3,
        AccountKind::Medical => 4,
    }
}

async fn record(
    app: &Arc<App>,
    by: &Customer,
    claim: &Claim,
    accounts: &[BoundAccount],
) -> Result<String> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (unit_by, claim, accounts) = (by.clone(), claim.clone(), accounts.to_vec());
    let behind = app.behind.clone();
    let unit = move |tx: &Tx<'_>| {
        let follower = unit_by.follower;
        let by = Actor::Follower(follower.raw());
        let old = swap::take_over(tx, &keys, &behind, follower, &claim)?;
        if !store::add(tx, &keys, follower, &claim, &accounts)? {
            audit::note(tx, by, "bind.done", "", "refused", TAKEN.code)?;
            return Ok(None);
        }
        store::end_try(tx, follower)?;
        if let Some(link) = &unit_by.link {
            sessions::store::end_link(tx, link)?;
        }
        sessions::store::end_task(tx, follower, "bind")?;
        followers::store::touch(tx, &behind, follower)?;
        audit::note(tx, by, "bind.done", "", "done", "")?;
        Job::AfterBinding { follower }.enqueue(tx, tx.now())?;
        Ok(Some((sessions::store::renew(tx, unit_by.session)?, old)))
    };
    let Some((secret, old)) = app.db.write(Scope::Tenant(by.tenant), unit).await? else {
        return TAKEN.into();
    };
    for changed in [Some(by.follower), old].into_iter().flatten() {
        forget(app, by.tenant, changed).await?;
    }
    Ok(secret)
}
