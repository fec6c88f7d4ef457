//! Rows that stand beside a payment: the receiving code that was opened for it, and the code of booked cash.

use super::intent::Shown;
use super::store::{self, Kept};
use super::{PaymentId, WishId};
use crate::vault::{Place, TenantKeys};
use base::{Error, Fen, Result};
use corebank::Day;
use db::{Tx, params};

const CASH_CODE: &str = "cash_code.code";

/// Keeps the code of booked cash until it is over.
pub(super) fn add_cash_code(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    id: PaymentId,
    code: &str,
) -> Result<()> {
    let sealed = keys.seal_json(Place::new(CASH_CODE, id.raw()), &code)?;
    tx.exec(
        "INSERT INTO cash_code (tenant_id, payment_id, code_sealed) VALUES ($1, $2, $3)",
        params![tx.tenant(), id, sealed],
    )?;
    Ok(())
}

pub(super) fn cash_code(tx: &Tx<'_>, keys: &TenantKeys, id: PaymentId) -> Result<Option<String>> {
    let sealed: Option<Vec<u8>> = tx.opt(
        "SELECT code_sealed FROM cash_code WHERE tenant_id = $1 AND payment_id = $2",
        params![tx.tenant(), id],
    )?;
    sealed.map(|s| keys.open_json(Place::new(CASH_CODE, id.raw()), &s)).transpose()
}

/// What nobody can type any more is kept no longer.
pub(super) fn wipe_cash_code(tx: &Tx<'_>, id: PaymentId) -> Result<()> {
    tx.exec(
        "DELETE FROM cash_code WHERE tenant_id = $1 AND payment_id = $2",
        params![tx.tenant(), id],
    )?;
    Ok(())
}

/// A customer's booked cash that waits, each with the wish whose page shows it; the latest first.
pub(super) fn cash_waiting(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    customer: &str,
) -> Result<Vec<(Kept, WishId)>> {
    let mut found = vec![];
    for index in keys.blind("customer", customer).all() {
        let all: Vec<(PaymentId, WishId)> = tx.all(
            "SELECT p.id, w.id FROM binding b CROSS JOIN payment p CROSS JOIN payment_wish w \
             WHERE p.tenant_id = b.tenant_id AND p.binding_id = b.id AND w.tenant_id = p.tenant_id AND w.payment_id = p.id \
             AND b.tenant_id = $1 AND b.customer_index = $2 AND p.state = 50 AND p.product = 'cash_booking' ORDER BY +p.id DESC",
            params![tx.tenant(), index],
        )?;
        for (id, wish) in all {
            found.extend(store::by_id(tx, id)?.map(|row| (row, wish)));
        }
    }
    Ok(found)
}

/// A customer's purchases of wealth products that nobody has confirmed, the latest first.
pub(super) fn wealth_waiting(tx: &Tx<'_>, keys: &TenantKeys, customer: &str) -> Result<Vec<Kept>> {
    let mut found = vec![];
    for index in keys.blind("customer", customer).all() {
        let all: Vec<PaymentId> = tx.all(
            "SELECT p.id FROM binding b CROSS JOIN payment p \
             WHERE p.tenant_id = b.tenant_id AND p.binding_id = b.id \
             AND b.tenant_id = $1 AND b.customer_index = $2 AND p.state = 50 AND p.product = 'wealth_purchase' ORDER BY +p.id DESC",
            params![tx.tenant(), index],
        )?;
        for id in all {
            found.extend(store::by_id(tx, id)?);
        }
    }
    Ok(found)
}

/// The core gave back what its customer took back: it is asked after at once, and told as that.
pub(super) fn taken_back(tx: &Tx<'_>, id: PaymentId) -> Result<()> {
    tx.exec(
        "UPDATE payment SET next_at_ms = $1, reject = $2, version = version + 1 WHERE tenant_id = $3 AND id = $4 AND state = 50",
        params![tx.now(), super::words::TAKEN_BACK, tx.tenant(), id],
    )?;
    Ok(())
}

/// A payment under way is asked after at once.
pub(super) fn hurry(tx: &Tx<'_>, id: PaymentId) -> Result<()> {
    tx.exec(
        "UPDATE payment SET next_at_ms = $1 WHERE tenant_id = $2 AND id = $3 AND state = 50",
        params![tx.now(), tx.tenant(), id],
    )?;
    Ok(())
}

/// A payment to whose code was opened.
pub(super) fn note_shown(tx: &Tx<'_>, id: PaymentId, shown: Shown) -> Result<()> {
    tx.exec(
        "INSERT INTO payment_shown (tenant_id, payment_id, code_id, is_fixed) VALUES ($1, $2, $3, $4)",
        params![tx.tenant(), id, shown.code, shown.is_fixed],
    )?;
    Ok(())
}

/// What a customer paid on a day by codes that name no sum and may hang on any wall.
pub(super) fn printed_on(tx: &Tx<'_>, keys: &TenantKeys, customer: &str, day: Day) -> Result<Fen> {
    let mut sum = Fen::ZERO;
    for index in keys.blind("customer", customer).all() {
        let fen: Fen = tx.one(
            "SELECT COALESCE(CAST(SUM(p.amount_fen) AS BIGINT), 0) FROM binding b \
             CROSS JOIN payment p CROSS JOIN payment_shown s \
             WHERE p.tenant_id = b.tenant_id AND p.binding_id = b.id AND s.tenant_id = p.tenant_id AND s.payment_id = p.id \
             AND b.tenant_id = $1 AND b.customer_index = $2 AND p.counted_on = $3 AND s.is_fixed = FALSE \
             AND p.state NOT IN (10, 20, 61, 62, 71)",
            params![tx.tenant(), index, day.number()],
        )?;
        sum = sum.checked_add(fen).ok_or_else(|| Error::fault("a day's payments overflow"))?;
    }
    Ok(sum)
}
