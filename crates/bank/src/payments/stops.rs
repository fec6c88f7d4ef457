//! Products that stop by themselves (自动停办): while reconciliation has found what must never be, more of the same is not begun
//! (core.md §8, M4 and M7).
//!
//! *Invariants.* Nothing is kept about it: a product stops with what was found and goes on when two people have decided about
//! the last of it. Not for: what was begun before; the engine takes that to its end.

use super::intent::Product;
use base::{Refusal, Result};
use corebank::recon::SOURCE;
use db::{Tx, params};
use std::collections::BTreeSet;

pub const STOPPED: Refusal =
    Refusal::unavailable("pay.stopped", "没有扣钱。银行正在核对账目，先停办一会儿，急用请到网点");

/// So many payments that the core does not have, of one product and day, may be chance.
const MISSING_MAX: i64 = 3;

/// Products that are stopped at an institution, by their words.
pub fn stopped(tx: &Tx<'_>) -> Result<BTreeSet<String>> {
    let open: Vec<(String, i64, String)> = tx.all(
        "SELECT DISTINCT p.product, d.core_date, d.class FROM recon_diff d CROSS JOIN payment p \
         WHERE p.tenant_id = d.tenant_id AND p.id = d.payment_id AND d.tenant_id = $1 \
         AND d.state IN ('open', 'proposed') AND d.class IN ('M4', 'M7')",
        params![tx.tenant()],
    )?;
    let mut stopped = BTreeSet::new();
    for (product, date, class) in open {
        if class == "M7" || missing_on(tx, &product, date)? > MISSING_MAX {
            stopped.insert(product);
        }
    }
    Ok(stopped)
}

/// Payments of a day that the core does not have, decided about or not.
fn missing_on(tx: &Tx<'_>, product: &str, date: i64) -> Result<i64> {
    tx.one(
        "SELECT COUNT(*) FROM recon_diff d CROSS JOIN payment p \
         WHERE p.tenant_id = d.tenant_id AND p.id = d.payment_id AND d.tenant_id = $1 AND d.source = $2 \
         AND d.core_date = $3 AND d.class = 'M4' AND d.state <> 'superseded' AND p.product = $4",
        params![tx.tenant(), SOURCE, date, product],
    )
}

/// Refused while the product is stopped.
pub(super) fn may(tx: &Tx<'_>, product: Product) -> Result<()> {
    if !stopped(tx)?.contains(product.word()) {
        return Ok(());
    }
    let (untouched, title) = (product.untouched(), product.title());
    STOPPED.say(format!("{untouched}。{title}正在核对账目，先停办一会儿，急用请到网点")).into()
}
