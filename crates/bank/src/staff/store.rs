//! Rows of staff, their sessions, and the messages customers left.

use super::{FAILURES_MAX, LOCK_MS, Role, StaffId, totp};
use crate::vault::{Place, TenantKeys};
use base::{Error, Result, TenantId, Time};
use db::{Tx, params};

pub(super) struct Found {
    pub(super) id: StaffId,
    pub(super) password_hash: String,
    pub(super) locked_until: Time,
    pub(super) is_active: bool,
}

/// What a bank looks like from above.
#[derive(Debug)]
pub struct Overview {
    pub tenant: TenantId,
    pub followers: i64,
    pub bound: i64,
    pub turns_today: i64,
    pub messages_open: i64,
}

/// Something a customer left for a person.
#[derive(Debug)]
pub struct LeftMessage {
    pub id: i64,
    pub at: Time,
    /// message | callback | the reason of a hand-over
    pub kind: String,
    /// Lines as kept: the customer's words, telephone, wished time.
    pub lines: Vec<(String, String)>,
}

/// What a member of staff sees first.
#[derive(Debug, Default)]
pub struct Inbox {
    pub banks: Vec<Overview>,
    pub messages: Vec<LeftMessage>,
}

const TOTP: &str = "staff.totp";
const MESSAGES_SHOWN_MAX: i64 = 50;

pub(super) fn role_word(role: Role) -> &'static str {
    match role {
        Role::Agent => "agent",
        Role::CountyAdmin => "county_admin",
        Role::ProvinceAdmin => "province_admin",
    }
}
fn role_of(word: &str) -> Result<Role> {
    match word {
        "agent" => Ok(Role::Agent),
        "county_admin" => Ok(Role::CountyAdmin),
        "province_admin" => Ok(Role::ProvinceAdmin),
        other => Err(Error::fault(format!("unknown role {other}"))),
    }
}

/// A new login; `None` when there is one of this name.
pub(super) fn add(tx: &Tx<'_>, login: &str, hash: &str, role: Role) -> Result<Option<StaffId>> {
    let id: StaffId = tx.new_id();
    let fresh = tx.exec(
        "INSERT INTO staff (tenant_id, id, login, password_hash, role, failed, locked_until_ms, state) \
         VALUES ($1, $2, $3, $4, $5, 0, 0, 'active') ON CONFLICT (tenant_id, login) DO NOTHING",
        params![tx.tenant(), id, login, hash, role_word(role)],
    )? == 1;
    Ok(fresh.then_some(id))
}

/// A new password: nobody is locked out or still in with the old one.
pub(super) fn set_password(tx: &Tx<'_>, id: StaffId, hash: &str) -> Result<()> {
    tx.exec(
        "UPDATE staff SET password_hash = $1, failed = 0, locked_until_ms = 0 WHERE tenant_id = $2 AND id = $3",
        params![hash, tx.tenant(), id],
    )?;
    end_sessions(tx, id)
}

/// The secret of the one-time codes, or none.
pub(super) fn set_factor(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    id: StaffId,
    secret: Option<&[u8; totp::SECRET_BYTES]>,
) -> Result<()> {
    let place = Place::new(TOTP, id.raw());
    let sealed = secret.map(|s| keys.seal(place, s)).transpose()?;
    tx.exec(
        "UPDATE staff SET totp_sealed = $1, totp_step = 0 WHERE tenant_id = $2 AND id = $3",
        params![sealed, tx.tenant(), id],
    )?;
    Ok(())
}

/// Whether a code is right and has not been used; it is used from now on. Without a second factor any is.
pub(super) fn take_code(tx: &Tx<'_>, keys: &TenantKeys, id: StaffId, code: &str) -> Result<bool> {
    let (sealed, last): (Option<Vec<u8>>, i64) = tx.one(
        "SELECT totp_sealed, totp_step FROM staff WHERE tenant_id = $1 AND id = $2",
        params![tx.tenant(), id],
    )?;
    let Some(sealed) = sealed else { return Ok(true) };
    let secret = keys.open(Place::new(TOTP, id.raw()), &sealed)?;
    let Some(step) = totp::matching_step(&secret, code, tx.now(), last) else { return Ok(false) };
    tx.exec_one(
        "UPDATE staff SET totp_step = $1 WHERE tenant_id = $2 AND id = $3 AND totp_step < $1",
        params![step, tx.tenant(), id],
    )
}

fn end_sessions(tx: &Tx<'_>, id: StaffId) -> Result<()> {
    tx.exec(
        "UPDATE staff_session SET ended_at_ms = $1 WHERE tenant_id = $2 AND staff_id = $3 AND ended_at_ms IS NULL",
        params![tx.now(), tx.tenant(), id],
    )?;
    Ok(())
}

pub(super) fn by_login(tx: &Tx<'_>, login: &str) -> Result<Option<Found>> {
    let row: Option<(StaffId, String, Time, String)> = tx.opt(
        "SELECT id, password_hash, locked_until_ms, state FROM staff WHERE tenant_id = $1 AND login = $2",
        params![tx.tenant(), login],
    )?;
    Ok(row.map(|(id, password_hash, locked_until, state)| Found {
        id,
        password_hash,
        locked_until,
        is_active: state == "active",
    }))
}

pub(super) fn count_failure(tx: &Tx<'_>, id: StaffId) -> Result<()> {
    tx.exec(
        "UPDATE staff SET failed = failed + 1 WHERE tenant_id = $1 AND id = $2",
        params![tx.tenant(), id],
    )?;
    tx.exec(
        "UPDATE staff SET failed = 0, locked_until_ms = $1 WHERE tenant_id = $2 AND id = $3 AND failed >= $4",
        params![tx.now().plus_ms(LOCK_MS), tx.tenant(), id, FAILURES_MAX],
    )?;
    Ok(())
}

/// One session at a time: a new login ends the one before (ST-04).
pub(super) fn open_session(tx: &Tx<'_>, id: StaffId, hash: &[u8]) -> Result<()> {
    tx.exec(
        "UPDATE staff SET failed = 0 WHERE tenant_id = $1 AND id = $2",
        params![tx.tenant(), id],
    )?;
    end_sessions(tx, id)?;
    tx.exec(
        "INSERT INTO staff_session (tenant_id, secret_hash, staff_id, created_at_ms, seen_at_ms) \
         VALUES ($1, $2, $3, $4, $5)",
        params![tx.tenant(), hash, id, tx.now(), tx.now()],
    )?;
    Ok(())
}

pub(super) fn end_session(tx: &Tx<'_>, hash: &[u8]) -> Result<()> {
    tx.exec(
        "UPDATE staff_session SET ended_at_ms = $1 WHERE tenant_id = $2 AND secret_hash = $3",
        params![tx.now(), tx.tenant(), hash],
    )?;
    Ok(())
}

/// Who the session is, seen now. The role is read anew each time, so a change takes effect at once (ST-04).
pub(super) fn session(
    tx: &Tx<'_>,
    hash: &[u8],
    idle_ms: i64,
    absolute_ms: i64,
) -> Result<Option<(StaffId, String, Role)>> {
    let row: Option<(StaffId, String, String)> = tx.opt(
        "SELECT s.id, s.login, s.role FROM staff_session x \
         JOIN staff s ON s.tenant_id = x.tenant_id AND s.id = x.staff_id \
         WHERE x.tenant_id = $1 AND x.secret_hash = $2 AND x.ended_at_ms IS NULL AND s.state = 'active' \
         AND x.seen_at_ms > $3 AND x.created_at_ms > $4",
        params![tx.tenant(), hash, tx.now().plus_ms(-idle_ms), tx.now().plus_ms(-absolute_ms)],
    )?;
    let Some((id, login, role)) = row else { return Ok(None) };
    tx.exec(
        "UPDATE staff_session SET seen_at_ms = $1 WHERE tenant_id = $2 AND secret_hash = $3",
        params![tx.now(), tx.tenant(), hash],
    )?;
    Ok(Some((id, login, role_of(&role)?)))
}

pub(super) fn overview(tx: &Tx<'_>) -> Result<Overview> {
    let midnight = Time::of_ms(tx.now().china_day() * base::DAY_MS - base::CHINA_OFFSET_MS);
    let (followers, bound, turns_today, messages_open): (i64, i64, i64, i64) = tx.one(
        "SELECT (SELECT COUNT(*) FROM follower WHERE tenant_id = $1), \
         (SELECT COUNT(*) FROM binding WHERE tenant_id = $1 AND state = 'live'), \
         (SELECT COUNT(*) FROM turn WHERE tenant_id = $1 AND at_ms >= $2), \
         (SELECT COUNT(*) FROM leave_message WHERE tenant_id = $1 AND state = 'open')",
        params![tx.tenant(), midnight],
    )?;
    Ok(Overview { tenant: tx.tenant(), followers, bound, turns_today, messages_open })
}

pub(super) fn open_messages(tx: &Tx<'_>, keys: &TenantKeys) -> Result<Vec<LeftMessage>> {
    let rows: Vec<(i64, Time, String, Vec<u8>)> = tx.all(
        "SELECT id, at_ms, kind, body_sealed FROM leave_message WHERE tenant_id = $1 AND state = 'open' \
         ORDER BY id DESC LIMIT $2",
        params![tx.tenant(), MESSAGES_SHOWN_MAX],
    )?;
    rows.into_iter()
        .map(|(id, at, kind, body)| {
            let text = keys.open_text(Place::new("leave_message.body", id), &body)?;
            Ok(LeftMessage { id, at, kind, lines: lines(&text) })
        })
        .collect()
}

/// A left message is a small JSON object; a hand-over is plain words.
fn lines(text: &str) -> Vec<(String, String)> {
    match serde_json::from_str::<std::collections::BTreeMap<String, String>>(text) {
        Ok(fields) => fields.into_iter().collect(),
        Err(_) => vec![("text".to_owned(), text.to_owned())],
    }
}

pub(super) fn close_message(tx: &Tx<'_>, id: i64) -> Result<bool> {
    tx.exec_one(
        "UPDATE leave_message SET state = 'done' WHERE tenant_id = $1 AND id = $2 AND state = 'open'",
        params![tx.tenant(), id],
    )
}
