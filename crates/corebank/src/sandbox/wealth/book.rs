//! What a customer has, and what is under way.

use super::{large, products};
use crate::day::Day;
use crate::error::Reject;
use crate::model::AccountRef;
use crate::sandbox::parties;
use crate::sandbox::queries::{Said, day, maybe_day, no};
use crate::wealth::{Holding, WealthBook, WealthOrder, worth};
use base::{Error, Fen, Result};
use db::{Tx, params};

pub(crate) fn book(tx: &Tx<'_>, cust_no: i64) -> Said<WealthBook> {
    if !parties::is_known(tx, cust_no)? {
        return no(Reject::NotFound);
    }
    let bought: i64 = tx.one(
        "SELECT COUNT(*) FROM core_wealth_order
          WHERE tenant_id = $1 AND cust_no = $2 AND kind IN ('buy', 'carried') AND state = 'done'",
        params![tx.tenant(), cust_no],
    )?;
    let has_bought = bought > 0;
    Ok(Ok(WealthBook {
        has_bought,
        holdings: holdings(tx, cust_no)?,
        under_way: under_way(tx, cust_no)?,
    }))
}

/// A holding less what is being sold of it.
fn holdings(tx: &Tx<'_>, cust_no: i64) -> Result<Vec<Holding>> {
    type Found = (i64, String, i64, Fen, i64, Option<i64>);
    let found: Vec<Found> = tx.all(
        "SELECT h.holding_id, h.code, h.units - h.frozen,
                h.cost_fen - (SELECT COALESCE(CAST(SUM(o.cost_fen) AS BIGINT), 0) FROM core_wealth_order o
                  WHERE o.tenant_id = h.tenant_id AND o.holding_id = h.holding_id AND o.kind = 'sell'
                    AND o.state = 'pending'),
                h.begun_on, h.matures_on
           FROM core_wealth_holding h
          WHERE h.tenant_id = $1 AND h.cust_no = $2 AND h.units > h.frozen
          ORDER BY h.matures_on NULLS LAST, h.holding_id",
        params![tx.tenant(), cust_no],
    )?;
    let one = |(id, code, units, cost, begun_on, matures_on): Found| {
        let product = products::one(tx, &code)?;
        let product = product.ok_or_else(|| Error::fault("a holding of no known product"))?;
        let nav = product.latest(tx)?;
        let before = product.nav(tx, nav.on.plus_days(-1))?;
        let value = worth(units, nav.micro).ok_or_else(large)?;
        let was = worth(units, before.micro).ok_or_else(large)?;
        let begun_on = day(begun_on)?;
        // Nothing was brought on a day before it began.
        let last_day = if begun_on > nav.on { Fen::ZERO } else { less(value, was)? };
        Ok(Holding {
            account: AccountRef::new(id.to_string()),
            product: code,
            name: product.name,
            grade: product.grade,
            units,
            cost,
            value,
            last_day,
            nav,
            begun_on,
            matures_on: maybe_day(matures_on)?,
            least: product.least,
        })
    };
    found.into_iter().map(one).collect()
}

fn less(a: Fen, b: Fen) -> Result<Fen> {
    a.checked_sub(b).ok_or_else(large)
}

fn under_way(tx: &Tx<'_>, cust_no: i64) -> Result<Vec<WealthOrder>> {
    let found: Vec<(String, String, Fen, i64, i64)> = tx.all(
        "SELECT o.kind, p.name, o.amount_fen, o.on_day, o.due_on
           FROM core_wealth_order o
           JOIN core_wealth_product p ON p.tenant_id = o.tenant_id AND p.code = o.code
          WHERE o.tenant_id = $1 AND o.cust_no = $2 AND o.state = 'pending'
          ORDER BY o.on_day, o.request_id",
        params![tx.tenant(), cust_no],
    )?;
    let one =
        |(kind, name, amount, on, due_on): (String, String, Fen, i64, i64)| -> Result<WealthOrder> {
            let (on, due_on): (Day, Day) = (day(on)?, day(due_on)?);
            Ok(WealthOrder { is_purchase: kind == "buy", name, amount, on, due_on })
        };
    found.into_iter().map(one).collect()
}
