//! What is asked of billers: who is there, and what a household owes.

use crate::bills::{BillAsk, BillDue, BillKind, Biller};
use crate::error::Reject;
use crate::levy::{LevyAsk, LevyOf};
use crate::sandbox::bills::{BILLERS, Known, OFFLINE, levy};
use crate::sandbox::queries::{Said, day, invalid, no};
use crate::sandbox::seal::{Column, TenantKeys};
use base::{Fen, Masked, Result};
use db::{Tx, params};

/// First digits of telephones and whose they are; a few of many.
const CARRIERS: [(&str, &[&str]); 3] = [
    ("移动", &["135", "136", "137", "138", "139", "150", "151", "157", "158", "159", "187", "188"]),
    ("联通", &["130", "131", "132", "155", "156", "185", "186"]),
    ("电信", &["133", "153", "180", "181", "189", "190", "194", "199"]),
];

pub(super) fn billers(tx: &Tx<'_>, kind: BillKind) -> Said<Vec<Biller>> {
    let rows: Vec<(String, String)> = tx.all(
        "SELECT biller, name FROM core_biller WHERE tenant_id = $1 AND kind = $2 ORDER BY seq",
        params![tx.tenant(), kind.word()],
    )?;
    let shown = rows.into_iter().filter_map(|(id, name)| {
        BILLERS.iter().find(|k| k.id == id).map(|known| known.shown(name))
    });
    Ok(Ok(shown.collect()))
}

/// A biller that is contracted here, and its name.
pub(super) fn contracted(tx: &Tx<'_>, id: &str) -> Result<Option<(&'static Known, String)>> {
    let Some(known) = BILLERS.iter().find(|k| k.id == id) else { return Ok(None) };
    let name: Option<String> = tx.opt(
        "SELECT name FROM core_biller WHERE tenant_id = $1 AND biller = $2",
        params![tx.tenant(), id],
    )?;
    Ok(name.map(|name| (known, name)))
}

/// A household by its number.
pub(super) fn household(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    biller: &str,
    number: &str,
) -> Result<Option<(i64, Vec<u8>)>> {
    tx.opt(
        "SELECT house_no, holder_sealed FROM core_household
          WHERE tenant_id = $1 AND biller = $2 AND number_index = $3",
        params![tx.tenant(), biller, keys.index("household", number)?],
    )
}

type Open = Option<(String, i64, Fen, i64)>;

pub(super) fn due(tx: &Tx<'_>, keys: &TenantKeys, ask: &BillAsk) -> Said<BillDue> {
    let Some((known, _)) = contracted(tx, &ask.biller)? else { return no(Reject::Unsupported) };
    if !known.rule().fits(&ask.number) {
        return invalid("number");
    }
    if ask.number.ends_with(OFFLINE) {
        return no(Reject::BillerOffline);
    }
    let none = BillDue {
        name: None,
        place: String::new(),
        owed: Fen::ZERO,
        is_prepaid: known.is_prepaid(),
        period: String::new(),
        bill: String::new(),
        due_on: None,
    };
    if known.kind.insurance().is_some() {
        return family_due(tx, keys, ask, none);
    }
    if known.usual.is_none() {
        let is_theirs = |heads: &[&str]| heads.iter().any(|h| ask.number.starts_with(h));
        let carrier = CARRIERS.iter().find(|(_, heads)| is_theirs(heads));
        let place = carrier.map_or("", |(name, _)| name).to_owned();
        return Ok(Ok(BillDue { place, ..none }));
    }
    let Some((house_no, sealed)) = household(tx, keys, &ask.biller, &ask.number)? else {
        return no(Reject::NotFound);
    };
    let holder = keys.open(Column::Holder, house_no, &sealed)?;
    let (name, place) = holder.reveal().split_once('\n').unwrap_or((holder.reveal(), ""));
    let none = BillDue { name: Some(Masked::name(name)), place: place.to_owned(), ..none };
    let open: Open = tx.opt(
        "SELECT bill_no, period, amount_fen, due_on FROM core_bill
          WHERE tenant_id = $1 AND house_no = $2 AND state = 'open' ORDER BY period, bill_no LIMIT 1",
        params![tx.tenant(), house_no],
    )?;
    let Some((bill, period, owed, due_on)) = open else { return Ok(Ok(none)) };
    let period = format!("{}年{}月", period / 100, period % 100);
    Ok(Ok(BillDue { owed, period, bill, due_on: Some(day(due_on)?), ..none }))
}

/// What a family would be asked for by itself: medical insurance of everybody who may pay. A pension is nobody's debt.
fn family_due(tx: &Tx<'_>, keys: &TenantKeys, ask: &BillAsk, none: BillDue) -> Said<BillDue> {
    let of = LevyOf::Number(ask.number.clone());
    let ask = LevyAsk { biller: ask.biller.clone(), of, year: None, chosen: vec![], tier: None };
    Ok(levy::levy(tx, keys, &ask)?.map(|told| {
        let head = told.members.first().map(|m| m.name.clone());
        let none = BillDue { name: head, place: told.place, ..none };
        if told.bill.is_empty() {
            return none;
        }
        let period = format!("{}年", told.year);
        BillDue { owed: told.owed, period, bill: told.bill, due_on: Some(told.closes_on), ..none }
    }))
}
