//! Rows of what is told to a county.

use super::{Bulletin, List, Price};
use base::Result;
use db::{FromRow, Row, Tx, params};

struct Record(Bulletin);
impl FromRow for Record {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        let list: String = r.next()?;
        let list = List::of_word(&list)
            .ok_or_else(|| base::Error::fault(format!("bulletin of list {list}")))?;
        Ok(Self(Bulletin {
            list,
            topic: r.next()?,
            title: r.next()?,
            words: r.next()?,
            source: r.next()?,
            owner: r.next()?,
            contact: r.next()?,
            from: r.next()?,
            to: r.next()?,
        }))
    }
}

/// The latest first.
pub(super) fn bulletins(tx: &Tx<'_>, list: List) -> Result<Vec<Bulletin>> {
    let rows: Vec<Record> = tx.all(
        "SELECT list, topic, title, words, source, owner, contact, from_day, to_day FROM bulletin \
         WHERE tenant_id = $1 AND list = $2 ORDER BY from_day DESC, title",
        params![tx.tenant(), list.stored()],
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

pub(super) fn put_bulletin(tx: &Tx<'_>, b: &Bulletin) -> Result<()> {
    tx.exec(
        "INSERT INTO bulletin (tenant_id, list, topic, title, words, source, owner, contact, from_day, to_day, at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (tenant_id, list, topic, title) DO UPDATE SET words = $5, source = $6, owner = $7, contact = $8, \
         from_day = $9, to_day = $10, at_ms = $11",
        params![
            tx.tenant(), b.list.stored(), b.topic, b.title, b.words, b.source, b.owner, b.contact,
            b.from, b.to, tx.now()
        ],
    )?;
    Ok(())
}

/// Removes what of a list `but` does not hold.
pub(super) fn clear(tx: &Tx<'_>, list: List, but: &[Bulletin]) -> Result<usize> {
    let stays = |b: &Bulletin| {
        but.iter().any(|k| k.list == list && k.topic == b.topic && k.title == b.title)
    };
    let mut removed = 0;
    for b in bulletins(tx, list)?.iter().filter(|b| !stays(b)) {
        tx.exec(
            "DELETE FROM bulletin WHERE tenant_id = $1 AND list = $2 AND topic = $3 AND title = $4",
            params![tx.tenant(), list.stored(), b.topic, b.title],
        )?;
        removed += 1;
    }
    Ok(removed)
}

struct PriceRecord(Price);
impl FromRow for PriceRecord {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self(Price {
            product: r.next()?,
            market: r.next()?,
            day: r.next()?,
            unit: r.next()?,
            low: r.next()?,
            high: r.next()?,
            source: r.next()?,
            owner: r.next()?,
            contact: r.next()?,
        }))
    }
}

/// By market, the latest day of each first; none of a day to come.
pub(super) fn prices(tx: &Tx<'_>, product: &str, since: i64, until: i64) -> Result<Vec<Price>> {
    let rows: Vec<PriceRecord> = tx.all(
        "SELECT product, market, day, unit, low_fen, high_fen, source, owner, contact FROM market_price \
         WHERE tenant_id = $1 AND product = $2 AND day >= $3 AND day <= $4 ORDER BY market, day DESC",
        params![tx.tenant(), product, since, until],
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

pub(super) fn put_price(tx: &Tx<'_>, p: &Price) -> Result<()> {
    tx.exec(
        "INSERT INTO market_price (tenant_id, product, market, day, unit, low_fen, high_fen, source, owner, contact, at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (tenant_id, product, market, day) DO UPDATE SET unit = $5, low_fen = $6, high_fen = $7, source = $8, \
         owner = $9, contact = $10, at_ms = $11",
        params![
            tx.tenant(), p.product, p.market, p.day, p.unit, p.low, p.high, p.source, p.owner,
            p.contact, tx.now()
        ],
    )?;
    Ok(())
}
