//! 转错账: which transfers went out lately, and the case that one of them becomes.
//!
//! Not for: taking money back. It is the payee's to give; a person asks for it.

use super::intent::{Intent, Product};
use super::state::State;
use super::store::Kept;
use super::{PaymentId, serial, store, words};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::cases::CaseId;
use crate::cases::doubts::{self, About};
use crate::followers::FollowerId;
use crate::vault::TenantKeys;
use crate::verbs::moment_words;
use base::{DAY_MS, Fen, Refusal, Result, TenantId, Time};
use db::{Scope, Tx};
use std::sync::Arc;

pub const NOT_SENT: Refusal = Refusal::missing("pay.not_sent", "没有找到这一笔，请再看一次");
/// A wrong transfer is seldom noticed later.
const LATELY_MS: i64 = 30 * DAY_MS;
/// Payments looked at, and transfers listed.
const LOOKED_AT: i64 = 40;
const LISTED: usize = 5;

/// A transfer that went out to somebody else.
pub struct Sent {
    pub id: PaymentId,
    pub at: Time,
    pub to: String,
    pub amount: Fen,
}

base::unprinted!(Sent);

/// What was said of one that went wrong.
pub struct Reported {
    /// 11月23日 09:00 转给王强（尾号8848）500.00 元
    pub what: String,
    pub case: Option<CaseId>,
}

base::unprinted!(Reported);

/// Out of the account, or perhaps; nothing to oneself.
fn went_out(row: &Kept, intent: &Intent) -> bool {
    let is_out = matches!(row.state, State::Succeeded | State::Accepted | State::Unknown);
    is_out && intent.product == Product::Transfer && !intent.to.is_own
}

fn sent(tx: &Tx<'_>, keys: &TenantKeys, customer: &str) -> Result<Vec<(Kept, Intent)>> {
    let since = tx.now().plus_ms(-LATELY_MS);
    let mut found = vec![];
    for row in store::recent(tx, keys, customer, LOOKED_AT)? {
        let intent = row.intent(keys)?;
        if row.created_at >= since && went_out(&row, &intent) {
            found.push((row, intent));
        }
    }
    found.truncate(LISTED);
    Ok(found)
}

/// A customer's last transfers to others, the latest first.
///
/// # Errors
/// The database.
pub async fn lately(app: &Arc<App>, tenant: TenantId, customer: &str) -> Result<Vec<Sent>> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let customer = customer.to_owned();
    let unit = move |tx: &Tx<'_>| {
        let one = |(row, intent): (Kept, Intent)| Sent {
            id: row.id,
            at: row.created_at,
            to: words::whom(&intent),
            amount: intent.amount,
        };
        Ok(sent(tx, &keys, &customer)?.into_iter().map(one).collect())
    };
    app.db.read(Scope::Tenant(tenant), unit).await
}

/// Opens the case of one of them, once.
///
/// # Errors
/// Refused for what is none of the customer's last transfers.
pub fn report(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (follower, customer): (FollowerId, &str),
    id: PaymentId,
    problem: &str,
) -> Result<Reported> {
    let all = sent(tx, keys, customer)?;
    let (row, intent) = all.iter().find(|(row, _)| row.id == id).ok_or(NOT_SENT)?;
    let (at, to) = (moment_words(row.created_at), words::whom(intent));
    let what = format!("{at} 转给{to} {} 元", intent.amount);
    let serial = serial::short(&row.serial);
    let about = About { kind: doubts::WRONG, line: &what, serial, problem };
    let case = doubts::file(tx, keys, follower, &about)?;
    let outcome = if case.is_some() { "done" } else { "refused" };
    let by = Actor::Follower(follower.raw());
    audit::note(tx, by, "payment.wrong", &row.id.to_string(), outcome, "")?;
    Ok(Reported { what, case })
}
