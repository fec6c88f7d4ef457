//! What has ended is asked after once more, soon afterwards: whether the core still says what it said.
//!
//! Asks without a fence and changes nothing. Not for: what a difference means; `recon::today` says that.

use super::engine::{self, CALL_MS};
use super::state::{Event, State};
use super::{PaymentId, store};
use crate::app::App;
use base::{Result, TenantId, Time};
use corebank::Day;
use corebank::money::{Paid, Query};
use db::{Tx, params};
use std::sync::Arc;

/// What the core says of a payment that has ended here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    Posted,
    /// Under our id stands something else.
    Other,
    Returned,
    Reversed,
    /// Nothing came of it, or it never came.
    Nothing,
    /// It said nothing, or is still at it.
    Unheard,
}

/// A payment that was asked after, as it stood before the question.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub id: PaymentId,
    pub state: State,
    pub since: Time,
    pub word: Word,
}

/// Payments that were sent and ended within this time, in the order of their ends.
pub fn ended(
    tx: &Tx<'_>,
    (after, until): (Time, Time),
    most: i64,
) -> Result<Vec<(PaymentId, Time)>> {
    tx.all(
        "SELECT p.id, p.since_ms FROM payment p \
         WHERE p.tenant_id = $1 AND p.state IN (60, 61, 71, 72) AND p.since_ms > $2 AND p.since_ms <= $3 \
         AND EXISTS (SELECT 1 FROM core_call c WHERE c.tenant_id = p.tenant_id AND c.payment_id = p.id AND c.kind IN ('P', 'C')) \
         ORDER BY p.since_ms, p.id LIMIT $4",
        params![tx.tenant(), after, until, most],
    )
}

/// Asks the core what it knows of a payment.
pub async fn ask(app: &Arc<App>, tenant: TenantId, id: PaymentId) -> Result<Asked> {
    let (row, intent, paid) = engine::truth(app, tenant, id).await?;
    let asked = |word| Asked { id, state: row.state, since: row.since, word };
    let (Some(core), Some(date)) = (app.core.money(), Day::of_number(row.channel_date)) else {
        return Ok(asked(Word::Unheard));
    };
    let payment = intent.payment(row.valid_until.unwrap_or(row.since));
    let mut ctx = crate::verbs::core_ctx(app, tenant, row.follower.raw());
    ctx.deadline = ctx.deadline.min(app.clock().now().plus_ms(CALL_MS));
    ctx.trace = format!("look:{id}");
    ctx.channel = Some((row.serial.clone(), date));
    ctx.account = Some(payment.payer.clone());
    let ask = Query { request_id: row.request_id(), channel_date: date, fence: false };
    let heard = engine::of_query(core.query(&ctx, &ask).await, &ask.request_id, &payment);
    Ok(asked(word_of(&heard, paid.as_ref())))
}

/// What an answer comes to, when the core had told of it `before`.
pub(super) fn word_of(heard: &engine::Heard, before: Option<&Paid>) -> Word {
    let same = |now: &Paid| before.is_none_or(|before| before.core_serial == now.core_serial);
    match heard.event {
        Event::Done { .. } if heard.paid.as_ref().is_none_or(same) => Word::Posted,
        Event::Done { .. } | Event::Differs => Word::Other,
        Event::GivenBack => Word::Returned,
        Event::Undone => Word::Reversed,
        Event::Refused | Event::NotFound { .. } => Word::Nothing,
        _ => Word::Unheard,
    }
}

/// Whether it stands as it stood when it was asked after.
pub fn stands(tx: &Tx<'_>, asked: &Asked) -> Result<bool> {
    let row = store::by_id(tx, asked.id)?;
    Ok(row.is_some_and(|row| (row.state, row.since) == (asked.state, asked.since)))
}
