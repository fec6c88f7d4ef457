//! Rows of places.

use super::hours::Hours;
use super::{Day, DayEntry, Entry, Kind, Place};
use base::{Error, Id, Result, Time};
use db::{FromRow, Row, Tx, params};
use std::collections::HashMap;

pub(super) fn versions(tx: &Tx<'_>) -> Result<Vec<(i64, i64)>> {
    tx.all("SELECT tenant_id, version FROM place_list", params![])
}

/// Has every process read this institution's places again.
pub(crate) fn touch(tx: &Tx<'_>) -> Result<()> {
    tx.exec(
        "INSERT INTO place_list (tenant_id, version, at_ms) VALUES ($1, 1, $2) \
         ON CONFLICT (tenant_id) DO UPDATE SET version = place_list.version + 1, at_ms = $2",
        params![tx.tenant(), tx.now()],
    )?;
    Ok(())
}

struct Record(Place);
impl FromRow for Record {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        let id = r.next()?;
        let kind: String = r.next()?;
        let kind =
            Kind::of_word(&kind).ok_or_else(|| Error::fault(format!("place {id}: kind {kind}")))?;
        let mut entry = Entry {
            kind,
            name: r.next()?,
            also: r.next()?,
            address: r.next()?,
            phone: r.next()?,
            spot: (r.next()?, r.next()?),
            hours: r.next()?,
            services: r.next()?,
            step_free: r.next()?,
            parking: r.next()?,
            keeper: r.next()?,
            cash: None,
        };
        let cash: String = r.next()?;
        let at: Option<i64> = r.next()?;
        entry.cash = at.filter(|_| !cash.is_empty()).map(|at| (cash == "yes", at));
        Ok(Self(Place { id, entry }))
    }
}

pub(super) fn all(tx: &Tx<'_>) -> Result<Vec<Place>> {
    let branches: Vec<Record> = tx.all(
        "SELECT id, 'branch', name, also, address, phone, lat_e6, lon_e6, hours, services, step_free, parking, '', '', \
         CAST(NULL AS BIGINT) FROM branch WHERE tenant_id = $1 ORDER BY id",
        params![tx.tenant()],
    )?;
    let others: Vec<Record> = tx.all(
        "SELECT id, kind, name, also, address, phone, lat_e6, lon_e6, hours, services, step_free, parking, keeper, cash, \
         cash_at_ms FROM place WHERE tenant_id = $1 ORDER BY id",
        params![tx.tenant()],
    )?;
    Ok(branches.into_iter().chain(others).map(|r| r.0).collect())
}

pub(super) fn days(tx: &Tx<'_>) -> Result<HashMap<(i64, i64), Day>> {
    // What is long over is of no use to anyone.
    let rows: Vec<(i64, i64, String, String)> = tx.all(
        "SELECT place_id, day, hours, reason FROM place_day WHERE tenant_id = $1 AND day >= $2",
        params![tx.tenant(), tx.now().china_day()],
    )?;
    let read = |(place, day, hours, reason): (i64, i64, String, String)| {
        ((place, day), Day { hours: Hours::parse(&hours).ok(), reason })
    };
    Ok(rows.into_iter().map(read).collect())
}

pub(super) fn put(tx: &Tx<'_>, e: &Entry) -> Result<()> {
    let cash = e.cash.map_or("", |(has, _)| if has { "yes" } else { "no" });
    let cash_at = e.cash.map(|(_, at)| Time::of_ms(at));
    if e.kind == Kind::Branch {
        let changed = tx.exec(
            "UPDATE branch SET also = $1, address = $2, phone = $3, lat_e6 = $4, lon_e6 = $5, hours = $6, services = $7, \
             step_free = $8, parking = $9 WHERE tenant_id = $10 AND name = $11",
            params![
                e.also, e.address, e.phone, e.spot.0, e.spot.1, e.hours, e.services, e.step_free,
                e.parking, tx.tenant(), e.name
            ],
        )?;
        if changed == 0 {
            let id: Id<()> = tx.new_id();
            tx.exec(
                "INSERT INTO branch (tenant_id, id, name, also, address, phone, lat_e6, lon_e6, hours, services, step_free, \
                 parking) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                params![
                    tx.tenant(), id, e.name, e.also, e.address, e.phone, e.spot.0, e.spot.1,
                    e.hours, e.services, e.step_free, e.parking
                ],
            )?;
        }
        return Ok(());
    }
    let id: Id<()> = tx.new_id();
    tx.exec(
        "INSERT INTO place (tenant_id, id, kind, name, also, address, phone, lat_e6, lon_e6, hours, services, step_free, \
         parking, keeper, cash, cash_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
         ON CONFLICT (tenant_id, kind, name) DO UPDATE SET also = $5, address = $6, phone = $7, lat_e6 = $8, lon_e6 = $9, \
         hours = $10, services = $11, step_free = $12, parking = $13, keeper = $14, cash = $15, cash_at_ms = $16",
        params![
            tx.tenant(), id, e.kind.stored(), e.name, e.also, e.address, e.phone, e.spot.0,
            e.spot.1, e.hours, e.services, e.step_free, e.parking, e.keeper, cash, cash_at
        ],
    )?;
    Ok(())
}

/// Removes the places of a kind that are not among `named`.
pub(super) fn remove_others(tx: &Tx<'_>, kind: Kind, named: &[&str]) -> Result<usize> {
    let all: Vec<(i64, String)> = tx.all(
        "SELECT id, name FROM place WHERE tenant_id = $1 AND kind = $2",
        params![tx.tenant(), kind.stored()],
    )?;
    let mut removed = 0;
    for (id, _) in all.iter().filter(|(_, name)| !named.contains(&name.as_str())) {
        tx.exec("DELETE FROM place WHERE tenant_id = $1 AND id = $2", params![tx.tenant(), *id])?;
        tx.exec(
            "DELETE FROM place_day WHERE tenant_id = $1 AND place_id = $2",
            params![tx.tenant(), *id],
        )?;
        removed += 1;
    }
    Ok(removed)
}

/// The branch, machine or point of that name.
pub(super) fn id_of(tx: &Tx<'_>, name: &str) -> Result<Option<i64>> {
    let branch: Option<i64> = tx.opt(
        "SELECT id FROM branch WHERE tenant_id = $1 AND name = $2 ORDER BY id LIMIT 1",
        params![tx.tenant(), name],
    )?;
    if branch.is_some() {
        return Ok(branch);
    }
    tx.opt(
        "SELECT id FROM place WHERE tenant_id = $1 AND name = $2 AND kind <> 'locality' ORDER BY id LIMIT 1",
        params![tx.tenant(), name],
    )
}

pub(super) fn put_day(tx: &Tx<'_>, place: i64, e: &DayEntry) -> Result<()> {
    tx.exec(
        "INSERT INTO place_day (tenant_id, place_id, day, hours, reason) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (tenant_id, place_id, day) DO UPDATE SET hours = $4, reason = $5",
        params![tx.tenant(), place, e.day, e.hours, e.reason],
    )?;
    Ok(())
}
