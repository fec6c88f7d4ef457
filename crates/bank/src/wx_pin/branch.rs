//! A branch's one-time code (解锁码): staff who saw the customer's document give it, the customer types it on the page.
//!
//! It unlocks one customer's PIN once, within minutes, and sets nothing. Who gave it is on record. Not for: a new PIN.

use super::What;
use crate::app::App;
use crate::audit::{self, Actor};
use crate::binding;
use crate::binding::limits::{self, Window};
use crate::binding::otp::{self, Verdict};
use crate::followers::Bound;
use crate::proof::{self, Kind};
use crate::sessions::{self, Customer};
use crate::staff::Staff;
use crate::vault::{Blind, TenantKeys};
use base::{DAY_MS, Id, Named, Refusal, Result, Secret};
use db::{Scope, Tx, params};
use std::sync::Arc;

pub const NOBODY: Refusal =
    Refusal::missing("unlock_code.nobody", "没有这个客户号，或客户还没有绑定微信银行");
pub const TOO_MANY: Refusal =
    Refusal::too_many("unlock_code.too_many", "这位客户今天的解锁码已经给得够多了，明天再给");
const GUESSED: Refusal =
    Refusal::too_many("unlock_code.guessed", "今天试的次数太多了，请明天再试，或带身份证到网点");

/// A code lives long enough to be typed at the counter.
pub const LIFE_MS: i64 = 600_000;
const TRIES: i64 = 3;
/// Codes for one customer in a day, and typed ones that were wrong.
const GIVEN: Window = Window { kind: "unlock.given", ms: DAY_MS, max: 5 };
const WRONG: Window = Window { kind: "unlock.wrong", ms: DAY_MS, max: 10 };

#[derive(Debug)]
pub enum CodeRow {}
impl Named for CodeRow {
    const PREFIX: &'static str = "unl";
}

fn hash(keys: &TenantKeys, id: Id<CodeRow>, code: &str) -> Blind {
    keys.blind("unlock", &format!("{}:{code}", id.raw()))
}

/// Gives a code for a customer of the own bank, by the core's number; the one before ends.
pub async fn give(app: &Arc<App>, by: &Staff, customer: &str) -> Result<Secret<String>> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let code = Secret::new(otp::draw(app.random()));
    let (staff, unit_code, customer) = (by.id, code.clone(), customer.trim().to_owned());
    let unit = move |tx: &Tx<'_>| {
        let actor = Actor::Staff(staff.raw());
        if binding::holder(tx, &keys, &customer)?.is_none() {
            audit::note(tx, actor, "pin.unlock_code", "", "refused", NOBODY.code)?;
            return Ok(Err(NOBODY));
        }
        let subject = keys.blind("customer", &customer);
        if !limits::count(tx, &subject, GIVEN)? {
            return Ok(Err(TOO_MANY));
        }
        for index in subject.all() {
            tx.exec(
                "UPDATE unlock_code SET state = 'replaced' WHERE tenant_id = $1 AND customer_index = $2 AND state = 'live'",
                params![tx.tenant(), index],
            )?;
        }
        let id: Id<CodeRow> = tx.new_id();
        tx.exec(
            "INSERT INTO unlock_code (tenant_id, id, customer_index, code_hash, tries_left, state, issued_by, expires_at_ms) \
             VALUES ($1, $2, $3, $4, $5, 'live', $6, $7)",
            params![
                tx.tenant(),
                id,
                subject.now(),
                hash(&keys, id, unit_code.reveal()).now(),
                TRIES,
                staff,
                tx.now().plus_ms(LIFE_MS)
            ],
        )?;
        audit::note(tx, actor, "pin.unlock_code", &id.to_string(), "done", "")?;
        Ok(Ok(()))
    };
    match app.db.write(Scope::Tenant(by.tenant), unit).await? {
        Ok(()) => Ok(code),
        Err(refusal) => refusal.into(),
    }
}

/// A live code: its row, hash, tries and end.
type Live = (Id<CodeRow>, Vec<u8>, i64, base::Time);

fn live(tx: &Tx<'_>, subject: &Blind) -> Result<Option<Live>> {
    for index in subject.all() {
        let row: Option<Live> = tx.opt(
            "SELECT id, code_hash, tries_left, expires_at_ms FROM unlock_code \
             WHERE tenant_id = $1 AND customer_index = $2 AND state = 'live'",
            params![tx.tenant(), index],
        )?;
        if row.is_some() {
            return Ok(row);
        }
    }
    Ok(None)
}

fn end(tx: &Tx<'_>, id: Id<CodeRow>, state: &str) -> Result<()> {
    tx.exec(
        "UPDATE unlock_code SET state = $1 WHERE tenant_id = $2 AND id = $3 AND state = 'live'",
        params![state, tx.tenant(), id],
    )?;
    Ok(())
}

/// Judges a code that was typed; a right one is a proof for unlocking, and the session has a new secret.
pub(super) async fn check(
    app: &Arc<App>,
    by: &Customer,
    bound: &Bound,
    code: &str,
) -> Result<(Verdict, Option<String>)> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (tenant, by, intent) = (by.tenant, by.clone(), What::Unlock.proof(by, bound).intent);
    let (code, customer) = (Secret::new(code.trim().to_owned()), bound.customer.clone());
    let unit = move |tx: &Tx<'_>| {
        let subject = keys.blind("customer", &customer);
        if limits::full(tx, &[(&subject, WRONG)])?.is_some() {
            return GUESSED.into();
        }
        let actor = Actor::Follower(by.follower.raw());
        let note = |outcome| audit::note(tx, actor, "pin.unlock_with_code", "", outcome, "");
        let found = live(tx, &subject)?.filter(|(.., ends)| tx.now() < *ends);
        let Some((id, stored, left, _)) = found else {
            limits::count(tx, &subject, WRONG)?;
            note("refused")?;
            return Ok((Verdict::Expired, None));
        };
        if hash(&keys, id, code.reveal()).is(&stored) {
            end(tx, id, "used")?;
            proof::keep(tx, &by, Kind::Code, &intent, proof::LIFE_MS)?;
            note("done")?;
            return Ok((Verdict::Right, Some(sessions::store::renew(tx, by.session)?)));
        }
        limits::count(tx, &subject, WRONG)?;
        note("refused")?;
        tx.exec(
            "UPDATE unlock_code SET tries_left = tries_left - 1 WHERE tenant_id = $1 AND id = $2",
            params![tx.tenant(), id],
        )?;
        if left <= 1 {
            end(tx, id, "used_up")?;
            return Ok((Verdict::UsedUp, None));
        }
        Ok((Verdict::Wrong { left: left - 1 }, None))
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}
