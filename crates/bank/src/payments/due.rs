//! What an order that is due comes to, before the unit that runs it: what its core and its biller say today.
//!
//! Not for: rows; `orders` keeps them and makes the payment.

use super::agreements;
use super::cardpay;
use super::draft::{self, Payer, Ready, Wish};
use super::holds::Stand;
use super::intent::Intent;
use crate::app::App;
use crate::bills::Home;
use base::{Error, Fen, Result};
use std::sync::Arc;

/// What an order that is due comes to, as far as it can be told outside the unit.
#[derive(Debug, Clone)]
pub(super) enum Came {
    Ready(Payer, Box<Ready>),
    /// Nothing is paid this time, and why.
    No(&'static str),
    /// The same, and how much is owed.
    Owes(&'static str, Fen),
    /// It may be known in a while.
    Later,
    /// Nor ever again.
    Over(&'static str),
}

/// Refusals that may be gone in a while.
pub(super) const LATER: [&str; 4] = ["pay.shut", "pay.busy", "pay.stopped", "core.maintenance"];

/// What a due order comes to today, by its biller and its core.
pub(super) async fn settle(
    app: &Arc<App>,
    by: &Payer,
    order: &Intent,
    (home, held): (Option<&Home>, Option<Stand>),
) -> Result<Came> {
    if order.is_autopay() {
        return cardpay::come_due(app, by, order).await;
    }
    if order.is_agreement() {
        // Never its limit: without its household nothing is paid.
        let Some(home) = home else { return Ok(Came::No(agreements::GONE)) };
        return agreements::come_due(app, by, order, home).await;
    }
    match ready(app, by, order, held == Some(Stand::Open)).await {
        Err(Error::Refused(no)) if LATER.contains(&no.code) => Ok(Came::Later),
        Err(Error::Refused(no)) => Ok(Came::No(no.code)),
        Err(fault) => Err(fault),
        Ok(ready) if ready.quote.fee > order.fee => Ok(Came::No("fee")),
        Ok(ready) => Ok(Came::Ready(by.clone(), Box::new(ready))),
    }
}

/// Asks the core what it costs today and whether there is enough. What is set aside for it is no longer available, and is enough.
async fn ready(app: &Arc<App>, by: &Payer, order: &Intent, is_held: bool) -> Result<Ready> {
    let wish = Wish {
        from: order.payer.id.clone(),
        to: String::new(),
        amount: order.amount,
        purpose: order.purpose.clone(),
        when: order.when.filter(|_| is_held),
    };
    let ready = draft::settle(app, by, &wish, order.to.clone()).await?;
    Ok(Ready { product: order.product, when: None, ..ready })
}
