//! What must hold between orders, units, quotas, payments and the account of money on its way.

use crate::sandbox::movement::WEALTH;
use base::Result;
use db::{Tx, params};

pub(crate) fn broken(tx: &Tx<'_>) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    let mut say = |what: &str, ids: Vec<String>| {
        broken.extend(ids.into_iter().map(|id| format!("{what}: {id}")));
    };
    say("units of a holding are not its orders", units(tx)?);
    say("a product sold something else than its orders", quotas(tx)?);
    say("an order of wealth does not fit its payment", payments(tx)?);
    let on_its_way: (i64, i64) = tx.one(
        "SELECT COALESCE(CAST(SUM(CASE WHEN side = 'C' THEN amount_fen ELSE -amount_fen END) AS BIGINT), 0),
                (SELECT COALESCE(CAST(SUM(o.amount_fen) AS BIGINT), 0) FROM core_wealth_order o
                  WHERE o.tenant_id = $1 AND o.state = 'pending')
           FROM core_entry WHERE tenant_id = $1 AND account_kind = 'G' AND account = $2",
        params![tx.tenant(), WEALTH],
    )?;
    if on_its_way.0 != on_its_way.1 {
        let (has, want) = on_its_way;
        broken.push(format!("money on its way to or from wealth products is {has}, orders {want}"));
    }
    Ok(broken)
}

/// Bought less sold, frozen what is being sold, cost likewise.
fn units(tx: &Tx<'_>) -> Result<Vec<String>> {
    let found: Vec<i64> = tx.all(
        "SELECT h.holding_id FROM core_wealth_holding h
          WHERE h.tenant_id = $1 AND (h.units <>
                (SELECT COALESCE(CAST(SUM(CASE WHEN o.kind IN ('buy', 'carried') THEN o.units ELSE -o.units END) AS BIGINT), 0)
                   FROM core_wealth_order o WHERE o.tenant_id = h.tenant_id AND o.holding_id = h.holding_id AND o.state = 'done')
             OR h.cost_fen <>
                (SELECT COALESCE(CAST(SUM(CASE WHEN o.kind IN ('buy', 'carried') THEN o.cost_fen ELSE -o.cost_fen END) AS BIGINT), 0)
                   FROM core_wealth_order o WHERE o.tenant_id = h.tenant_id AND o.holding_id = h.holding_id AND o.state = 'done')
             OR h.frozen <>
                (SELECT COALESCE(CAST(SUM(o.units) AS BIGINT), 0)
                   FROM core_wealth_order o WHERE o.tenant_id = h.tenant_id AND o.holding_id = h.holding_id
                    AND o.kind = 'sell' AND o.state = 'pending'))",
        params![tx.tenant()],
    )?;
    Ok(found.into_iter().map(|id| id.to_string()).collect())
}

fn quotas(tx: &Tx<'_>) -> Result<Vec<String>> {
    tx.all(
        "SELECT p.code FROM core_wealth_product p
          WHERE p.tenant_id = $1 AND p.sold_fen <>
                (SELECT COALESCE(CAST(SUM(o.amount_fen) AS BIGINT), 0) FROM core_wealth_order o
                  WHERE o.tenant_id = p.tenant_id AND o.code = p.code AND o.kind = 'buy' AND o.state IN ('pending', 'done'))",
        params![tx.tenant()],
    )
}

/// Each payment by this rail has its order, each order its payment, of the same sum and as far as it.
fn payments(tx: &Tx<'_>) -> Result<Vec<String>> {
    tx.all(
        "SELECT p.request_id FROM core_payment p
           LEFT JOIN core_wealth_order o ON o.tenant_id = p.tenant_id AND o.request_id = p.request_id
          WHERE p.tenant_id = $1 AND p.rail = 'wealth'
            AND (o.request_id IS NULL OR o.amount_fen <> p.amount_fen
                 OR (o.state = 'pending') <> (p.state IN ('pending', 'settling'))
                 OR (o.state = 'done') <> (p.state = 'confirmed')
                 OR (o.state = 'back') <> (p.state = 'returned')
                 OR (o.state = 'undone') <> (p.state = 'reversed')
                 OR (o.state = 'done') <> (o.settle_no IS NOT NULL))
          UNION ALL
         SELECT o.request_id FROM core_wealth_order o
           LEFT JOIN core_payment p ON p.tenant_id = o.tenant_id AND p.request_id = o.request_id
          WHERE o.tenant_id = $1 AND o.kind IN ('buy', 'sell') AND p.request_id IS NULL",
        params![tx.tenant()],
    )
}
