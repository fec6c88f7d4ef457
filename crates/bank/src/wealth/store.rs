//! Rows of risk assessments.

use super::risk::Taken;
use super::{ABOVE, NOT_TESTED, TEST_OVER};
use crate::binding::limits::{self, Window};
use crate::followers::FollowerId;
use crate::vault::{Place, TenantKeys};
use base::{DAY_MS, Id, Named, Refusal, Result, Time};
use corebank::wealth::RiskGrade;
use db::{Tx, params};

const RESULT: &str = "risk_assessment.result";
const TOO_MANY: Refusal = Refusal::too_many("risk.too_many", "今天不能再测了，明天可以");

#[derive(Debug)]
pub enum RiskRow {}
impl Named for RiskRow {
    const PREFIX: &'static str = "risk";
}
pub type RiskId = Id<RiskRow>;

const fn window(max: i64) -> Window {
    Window { kind: "risk.day", ms: DAY_MS, max }
}

/// How often a customer may still take it today.
pub fn left(tx: &Tx<'_>, keys: &TenantKeys, customer: &str, a_day: i64) -> Result<i64> {
    Ok(limits::left(tx, &keys.blind("customer", customer), window(a_day))?.0)
}

/// Keeps an assessment, if there may be one more today.
pub fn add(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (follower, binding): (FollowerId, i64),
    customer: &str,
    taken: &Taken,
    a_day: i64,
) -> Result<RiskId> {
    if !limits::count(tx, &keys.blind("customer", customer), window(a_day))? {
        return TOO_MANY.into();
    }
    let id: RiskId = tx.new_id();
    let sealed = keys.seal_json(Place::new(RESULT, id.raw()), taken)?;
    tx.exec(
        "INSERT INTO risk_assessment (tenant_id, id, follower_id, binding_id, result_sealed, taken_at_ms, until_day) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![tx.tenant(), id, follower, binding, sealed, tx.now(), taken.until.number()],
    )?;
    Ok(id)
}

/// A customer's latest, good or over, whichever of their bindings took it.
pub fn latest(tx: &Tx<'_>, keys: &TenantKeys, customer: &str) -> Result<Option<Taken>> {
    let mut newest: Option<(RiskId, Vec<u8>)> = None;
    for index in keys.blind("customer", customer).all() {
        let found: Option<(RiskId, Vec<u8>)> = tx.opt(
            "SELECT r.id, r.result_sealed FROM binding b \
             JOIN risk_assessment r ON r.tenant_id = b.tenant_id AND r.binding_id = b.id \
             WHERE b.tenant_id = $1 AND b.customer_index = $2 ORDER BY r.taken_at_ms DESC, r.id DESC LIMIT 1",
            params![tx.tenant(), index],
        )?;
        let is_newer = |(id, _): &(RiskId, Vec<u8>)| newest.as_ref().is_none_or(|(n, _)| n < id);
        if let Some(found) = found.filter(is_newer) {
            newest = Some(found);
        }
    }
    let Some((id, sealed)) = newest else { return Ok(None) };
    keys.open_json(Place::new(RESULT, id.raw()), &sealed).map(Some)
}

/// Every one that a follower took, and when, the oldest first.
pub fn taken_by(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
) -> Result<Vec<(Time, Taken)>> {
    let rows: Vec<(RiskId, Vec<u8>, Time)> = tx.all(
        "SELECT id, result_sealed, taken_at_ms FROM risk_assessment \
         WHERE tenant_id = $1 AND follower_id = $2 ORDER BY id",
        params![tx.tenant(), follower],
    )?;
    let open = |(id, sealed, at): (RiskId, Vec<u8>, Time)| {
        Ok((at, keys.open_json(Place::new(RESULT, id.raw()), &sealed)?))
    };
    rows.into_iter().map(open).collect()
}

/// Refuses what a customer may not buy as things stand in this unit.
pub fn suits(tx: &Tx<'_>, keys: &TenantKeys, customer: &str, grade: RiskGrade) -> Result<()> {
    match latest(tx, keys, customer)? {
        None => NOT_TESTED.into(),
        Some(taken) if !taken.is_good(tx.now()) => TEST_OVER.into(),
        Some(taken) if !taken.grade.may_buy(grade) => ABOVE
            .say(format!(
                "没有扣钱。这个产品是 {}，您的测评是 {}，不能买。",
                grade.word(),
                taken.grade.word()
            ))
            .into(),
        Some(_) => Ok(()),
    }
}
