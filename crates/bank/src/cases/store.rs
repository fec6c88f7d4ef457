//! Rows of cases and what happened to them.

use super::answers::Answers;
use super::kinds::Form;
use super::{Case, CaseId, Happened, State};
use crate::followers::FollowerId;
use crate::vault::{Blind, Place, TenantKeys};
use base::{Error, Id, Result, Time};
use db::{FromRow, Row, Tx, params};

const ANSWERS: &str = "case_file.answers";
const NOTE: &str = "case_event.note";
/// Cases one screen or one answer shows.
pub(super) const LISTED_MAX: i64 = 30;

/// A row as it is stored; opened with the tenant's keys.
pub(super) struct Stored {
    id: CaseId,
    follower: FollowerId,
    kind: String,
    number: Option<String>,
    state: String,
    reason: String,
    stage: i64,
    at_step: i64,
    version: i64,
    answers: Vec<u8>,
    saved_at: Time,
    submitted_at: Option<i64>,
    due_at: Option<i64>,
    ended_at: Option<i64>,
    urged_at: Option<i64>,
}

impl FromRow for Stored {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: r.next()?,
            follower: r.next()?,
            kind: r.next()?,
            number: r.next()?,
            state: r.next()?,
            reason: r.next()?,
            stage: r.next()?,
            at_step: r.next()?,
            version: r.next()?,
            answers: r.next()?,
            saved_at: r.next()?,
            submitted_at: r.next()?,
            due_at: r.next()?,
            ended_at: r.next()?,
            urged_at: r.next()?,
        })
    }
}

impl Stored {
    pub(super) fn open(self, keys: &TenantKeys) -> Result<Case> {
        // What was wiped is empty.
        let answers = match self.answers.is_empty() {
            true => Answers::default(),
            false => keys.open_json(Place::new(ANSWERS, self.id.raw()), &self.answers)?,
        };
        Ok(Case {
            id: self.id,
            follower: self.follower,
            kind: self.kind,
            number: self.number,
            state: State::of(&self.state)?,
            reason: self.reason,
            stage: self.stage,
            at_step: self.at_step,
            version: self.version,
            answers,
            saved_at: self.saved_at,
            submitted_at: self.submitted_at.map(Time::of_ms),
            due_at: self.due_at.map(Time::of_ms),
            ended_at: self.ended_at.map(Time::of_ms),
            urged_at: self.urged_at.map(Time::of_ms),
        })
    }
}

/// Whose cases: this follower's own, and with a binding those of the customer, whichever WeChat they were begun in.
#[derive(Debug, Clone)]
pub(super) struct Whose {
    pub(super) follower: FollowerId,
    pub(super) customer: Option<Blind>,
}

/// Cases of someone, newest first. Those of a customer go with the customer, those of nobody bound stay with the follower.
pub(super) fn list(tx: &Tx<'_>, whose: &Whose) -> Result<Vec<Stored>> {
    let mut all: Vec<Stored> = tx.all(
        "SELECT id, follower_id, kind, number, state, reason, stage, at_step, version, answers_sealed, saved_at_ms, \
         submitted_at_ms, due_at_ms, ended_at_ms, urged_at_ms FROM case_file \
         WHERE tenant_id = $1 AND follower_id = $2 AND binding_id IS NULL ORDER BY id DESC LIMIT $3",
        params![tx.tenant(), whose.follower, LISTED_MAX],
    )?;
    for hash in whose.customer.iter().flat_map(Blind::all) {
        let bound: Vec<Stored> = tx.all(
            "SELECT c.id, c.follower_id, c.kind, c.number, c.state, c.reason, c.stage, c.at_step, c.version, \
             c.answers_sealed, c.saved_at_ms, c.submitted_at_ms, c.due_at_ms, c.ended_at_ms, c.urged_at_ms \
             FROM binding b CROSS JOIN case_file c \
             WHERE c.tenant_id = b.tenant_id AND c.binding_id = b.id AND b.tenant_id = $1 AND b.customer_index = $2 \
             ORDER BY +c.id DESC LIMIT $3",
            params![tx.tenant(), hash, LISTED_MAX],
        )?;
        all.extend(bound);
    }
    all.sort_by_key(|s| std::cmp::Reverse(s.id.raw()));
    all.dedup_by_key(|s| s.id.raw());
    Ok(all)
}

/// Cases that wait for an officer, most urgent first.
pub(super) fn to_do(tx: &Tx<'_>) -> Result<Vec<Stored>> {
    tx.all(
        "SELECT id, follower_id, kind, number, state, reason, stage, at_step, version, answers_sealed, saved_at_ms, \
         submitted_at_ms, due_at_ms, ended_at_ms, urged_at_ms FROM case_file \
         WHERE tenant_id = $1 AND state IN ('submitted', 'accepted', 'need_more', 'approved') AND ended_at_ms IS NULL \
         ORDER BY due_at_ms NULLS LAST, id LIMIT $2",
        params![tx.tenant(), 100],
    )
}

pub(super) fn by_id(tx: &Tx<'_>, id: CaseId) -> Result<Option<Stored>> {
    tx.opt(
        "SELECT id, follower_id, kind, number, state, reason, stage, at_step, version, answers_sealed, saved_at_ms, \
         submitted_at_ms, due_at_ms, ended_at_ms, urged_at_ms FROM case_file WHERE tenant_id = $1 AND id = $2",
        params![tx.tenant(), id],
    )
}

/// A fresh draft. `None` when the follower has an open one of this kind already.
pub(super) fn add(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (follower, binding): (FollowerId, Option<i64>),
    (kind, open_key): (&str, Option<&str>),
    answers: &Answers,
) -> Result<Option<CaseId>> {
    let id: CaseId = tx.new_id();
    let fresh = tx.exec(
        "INSERT INTO case_file (tenant_id, id, follower_id, binding_id, kind, state, reason, stage, at_step, version, \
         answers_sealed, open_key, begun_at_ms, saved_at_ms) \
         VALUES ($1, $2, $3, $4, $5, 'draft', '', 0, 0, 0, $6, $7, $8, $8) ON CONFLICT DO NOTHING",
        params![
            tx.tenant(),
            id,
            follower,
            binding,
            kind,
            keys.seal_json(Place::new(ANSWERS, id.raw()), answers)?,
            open_key,
            tx.now()
        ],
    )? == 1;
    Ok(fresh.then_some(id))
}

/// Keeps answers; false when the case has moved on since it was read.
pub(super) fn save(tx: &Tx<'_>, keys: &TenantKeys, case: &Case) -> Result<bool> {
    tx.exec_one(
        "UPDATE case_file SET answers_sealed = $1, at_step = $2, saved_at_ms = $3, version = version + 1 \
         WHERE tenant_id = $4 AND id = $5 AND version = $6 AND state IN ('draft', 'need_more')",
        params![
            keys.seal_json(Place::new(ANSWERS, case.id.raw()), &case.answers)?,
            case.at_step,
            tx.now(),
            tx.tenant(),
            case.id,
            case.version
        ],
    )
}

/// Moves a case from the state it was read in; false when someone was faster. Ended cases are no longer open.
pub(super) fn turn(tx: &Tx<'_>, case: &Case, to: State, reason: &str, stage: i64) -> Result<bool> {
    let over = to.is_over(stage, case.stages());
    let ended = over.then(|| tx.now().ms());
    tx.exec_one(
        "UPDATE case_file SET state = $1, reason = $2, stage = $3, version = version + 1, ended_at_ms = $4, \
         open_key = CASE WHEN $5 THEN NULL ELSE open_key END WHERE tenant_id = $6 AND id = $7 AND state = $8 AND version = $9",
        params![to.word(), reason, stage, ended, over, tx.tenant(), case.id, case.state.word(), case.version],
    )
}

/// A submission gives the number, once, and the promise.
pub(super) fn promise(tx: &Tx<'_>, id: CaseId, number: &str, due: Time) -> Result<()> {
    tx.exec(
        "UPDATE case_file SET number = $1, submitted_at_ms = COALESCE(submitted_at_ms, $2), due_at_ms = $3 WHERE tenant_id = $4 AND id = $5",
        params![number, tx.now(), due, tx.tenant(), id],
    )?;
    Ok(())
}

pub(super) fn urge(tx: &Tx<'_>, id: CaseId) -> Result<()> {
    tx.exec(
        "UPDATE case_file SET urged_at_ms = $1 WHERE tenant_id = $2 AND id = $3",
        params![tx.now(), tx.tenant(), id],
    )?;
    Ok(())
}

/// Nothing of the answers is kept any more.
pub(super) fn wipe(tx: &Tx<'_>, id: CaseId) -> Result<()> {
    tx.exec(
        "DELETE FROM case_picture WHERE tenant_id = $1 AND case_id = $2",
        params![tx.tenant(), id],
    )?;
    tx.exec(
        "UPDATE case_file SET answers_sealed = $1 WHERE tenant_id = $2 AND id = $3",
        params![Vec::<u8>::new(), tx.tenant(), id],
    )?;
    Ok(())
}

/// The next number of the day: `YYMMDD`, a running number of at least three digits, and a digit that finds out a wrong one.
pub(super) fn next_number(tx: &Tx<'_>) -> Result<String> {
    let day = tx.now().china_day();
    tx.exec(
        "INSERT INTO case_number (tenant_id, day, used) VALUES ($1, $2, 0) ON CONFLICT (tenant_id, day) DO NOTHING",
        params![tx.tenant(), day],
    )?;
    let (used,): (i64,) = tx.one(
        "UPDATE case_number SET used = used + 1 WHERE tenant_id = $1 AND day = $2 RETURNING used",
        params![tx.tenant(), day],
    )?;
    let (year, month, date, ..) = tx.now().china();
    let plain = format!("{:02}{month:02}{date:02}{used:03}", year.rem_euclid(100));
    let check = (0..10).map(|d| format!("{plain}{d}")).find(|n| luhn(n));
    check.ok_or_else(|| Error::fault("no digit fits a case number"))
}

/// The usual check of a number with its last digit (ISO/IEC 7812-1).
fn luhn(number: &str) -> bool {
    let digit = |(at, b): (usize, u8)| {
        let d = u32::from(b - b'0');
        if at % 2 == 0 { d } else { (2 * d) / 10 + (2 * d) % 10 }
    };
    number.bytes().rev().enumerate().map(digit).sum::<u32>() % 10 == 0
}

/// Writes down what happened to a case.
pub(super) fn tell(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    case: CaseId,
    event: &str,
    (state, stage): (State, i64),
    (reason, note): (&str, &str),
) -> Result<()> {
    let id: Id<()> = tx.new_id();
    let sealed = match note.is_empty() {
        true => vec![],
        false => keys.seal(Place::new(NOTE, id.raw()), note.as_bytes())?,
    };
    tx.exec(
        "INSERT INTO case_event (tenant_id, id, case_id, event, state, stage, reason, note_sealed, at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![tx.tenant(), id, case, event, state.word(), stage, reason, sealed, tx.now()],
    )?;
    Ok(())
}

type EventRow = (i64, String, String, i64, String, Vec<u8>, Time);

/// What happened to a case, oldest first.
pub(super) fn events(tx: &Tx<'_>, keys: &TenantKeys, case: CaseId) -> Result<Vec<Happened>> {
    let rows: Vec<EventRow> = tx.all(
        "SELECT id, event, state, stage, reason, note_sealed, at_ms FROM case_event \
         WHERE tenant_id = $1 AND case_id = $2 ORDER BY id",
        params![tx.tenant(), case],
    )?;
    let open = |(id, event, state, stage, reason, note, at): EventRow| {
        let note = match note.is_empty() {
            true => String::new(),
            false => keys.open_text(Place::new(NOTE, id), &note)?,
        };
        Ok(Happened { event, state: State::of(&state)?, stage, reason, note, at })
    };
    rows.into_iter().map(open).collect()
}

/// The bank's branches, as choices of a form.
pub(super) fn branches(tx: &Tx<'_>) -> Result<Vec<(i64, String)>> {
    tx.all("SELECT id, name FROM branch WHERE tenant_id = $1 ORDER BY id", params![tx.tenant()])
}

/// The live binding of a follower.
pub(super) fn binding(tx: &Tx<'_>, follower: FollowerId) -> Result<Option<i64>> {
    let row: Option<(i64,)> = tx.opt(
        "SELECT id FROM binding WHERE tenant_id = $1 AND follower_id = $2 AND state = 'live'",
        params![tx.tenant(), follower],
    )?;
    Ok(row.map(|r| r.0))
}

/// What was agreed to, by the hash of its text.
pub(super) fn consent(
    tx: &Tx<'_>,
    follower: FollowerId,
    (agreement, version): (&str, &str),
    text_hash: &[u8],
) -> Result<()> {
    let id: Id<()> = tx.new_id();
    tx.exec(
        "INSERT INTO consent (tenant_id, id, follower_id, agreement, version, text_hash, channel, given_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, 'h5', $7)",
        params![tx.tenant(), id, follower, agreement, version, text_hash, tx.now()],
    )?;
    Ok(())
}

/// The follower's own case of a kind that has run out.
pub(super) fn run_out(tx: &Tx<'_>, follower: FollowerId, form: &Form) -> Result<()> {
    let before = tx.now().plus_ms(-form.draft_days * base::DAY_MS);
    tx.exec(
        "DELETE FROM case_picture WHERE tenant_id = $1 AND case_id IN (SELECT id FROM case_file \
         WHERE tenant_id = $1 AND follower_id = $2 AND kind = $3 \
         AND (state = 'draft' AND saved_at_ms <= $4 OR $5 AND state = 'submitted' AND due_at_ms <= $6))",
        params![tx.tenant(), follower, form.id.as_str(), before, form.lapses, tx.now()],
    )?;
    tx.exec(
        "UPDATE case_file SET state = 'expired', open_key = NULL, answers_sealed = $1, ended_at_ms = $2, version = version + 1 \
         WHERE tenant_id = $3 AND follower_id = $4 AND kind = $5 \
         AND (state = 'draft' AND saved_at_ms <= $6 OR $7 AND state = 'submitted' AND due_at_ms <= $2)",
        params![Vec::<u8>::new(), tx.now(), tx.tenant(), follower, form.id.as_str(), before, form.lapses],
    )?;
    Ok(())
}

/// Drafts nobody came back to: what was typed goes. For the house, so every statement says its tenant by the row's own.
pub(super) fn drafts_over(tx: &Tx<'_>, kind: &str, before: Time) -> Result<()> {
    tx.exec(
        "DELETE FROM case_picture WHERE (tenant_id, case_id) IN (SELECT tenant_id, id FROM case_file \
         WHERE kind = $1 AND state = 'draft' AND saved_at_ms <= $2)",
        params![kind, before],
    )?;
    tx.exec(
        "UPDATE case_file SET state = 'expired', open_key = NULL, answers_sealed = $1, ended_at_ms = $2, version = version + 1 \
         WHERE kind = $3 AND state = 'draft' AND saved_at_ms <= $4",
        params![Vec::<u8>::new(), tx.now(), kind, before],
    )?;
    Ok(())
}

/// What was filled in ahead for a day that is over.
pub(super) fn lapsed(tx: &Tx<'_>, kind: &str) -> Result<()> {
    tx.exec(
        "DELETE FROM case_picture WHERE (tenant_id, case_id) IN (SELECT tenant_id, id FROM case_file \
         WHERE kind = $1 AND state = 'submitted' AND due_at_ms <= $2)",
        params![kind, tx.now()],
    )?;
    tx.exec(
        "UPDATE case_file SET state = 'expired', open_key = NULL, answers_sealed = $1, ended_at_ms = $2, version = version + 1 \
         WHERE kind = $3 AND state = 'submitted' AND due_at_ms <= $2",
        params![Vec::<u8>::new(), tx.now(), kind],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::luhn;

    #[test]
    fn a_number_read_out_wrongly_is_found_out() {
        let good: Vec<String> =
            (0..10).map(|d| format!("261123001{d}")).filter(|n| luhn(n)).collect();
        assert_eq!(good.len(), 1);
        let number = &good[0];
        for at in 0..number.len() {
            for digit in '0'..='9' {
                let mut other: Vec<char> = number.chars().collect();
                if std::mem::replace(&mut other[at], digit) != digit {
                    assert!(!luhn(&other.iter().collect::<String>()), "{number} at {at}");
                }
            }
        }
    }
}
