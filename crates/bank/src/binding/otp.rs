//! One-time codes by text message (CA-03, CA-05): six digits, one purpose, one use, few tries, counted per number.
//!
//! Only a keyed hash of the code is kept. Not for: choosing who gets one; the caller knows the reserved number.

use super::limits::{self, Window};
use crate::config::Limits;
use crate::followers::FollowerId;
use crate::vault::TenantKeys;
use base::{Id, Named, Random, Refusal, Result, Time};
use db::{Tx, params};
use subtle::ConstantTimeEq;

pub const TOO_SOON: Refusal = Refusal::too_many("otp.too_soon", "验证码刚发过，请等一等再点");
pub const TOO_MANY: Refusal =
    Refusal::too_many("otp.too_many", "今天发的验证码太多了，请明天再办，或到网点");
pub const WRONG: Refusal = Refusal::invalid("otp.wrong", "验证码不对");
pub const EXPIRED: Refusal = Refusal::gone("otp.expired", "验证码过期了，请重新获取");
pub const USED_UP: Refusal =
    Refusal::too_many("otp.used_up", "错的次数太多，这个验证码作废了，请重新获取");

#[derive(Debug)]
pub enum OtpRow {}
impl Named for OtpRow {
    const PREFIX: &'static str = "otp";
}

const HOUR_MS: i64 = 3_600_000;

/// Six random digits.
pub fn draw(random: &Random) -> String {
    format!("{:06}", random.below(1_000_000))
}

fn code_hash(keys: &TenantKeys, id: Id<OtpRow>, code: &str) -> Vec<u8> {
    keys.blind("otp", &format!("{}:{code}", id.raw()))
}

/// Counts the sending and replaces the live code of this purpose. `number` names who is counted (CA-05).
pub fn issue(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    limits: &Limits,
    ask: &Ask<'_>,
    code: &str,
) -> Result<()> {
    let subject = keys.blind("mobile", ask.number);
    if let Some(sent_at) = last_sent(tx, ask.follower, ask.purpose)?
        && tx.now().since(sent_at) < limits.otp_resend_ms
    {
        return TOO_SOON.into();
    }
    let hour = Window { kind: "otp.hour", ms: HOUR_MS, max: limits.otp_per_hour };
    let day = Window { kind: "otp.day", ms: base::DAY_MS, max: limits.otp_per_day };
    for window in [hour, day] {
        if !limits::count(tx, &subject, window)? {
            return TOO_MANY.into();
        }
    }
    tx.exec(
        "UPDATE otp SET state = 'replaced' WHERE tenant_id = $1 AND follower_id = $2 AND purpose = $3 AND state = 'live'",
        params![tx.tenant(), ask.follower, ask.purpose],
    )?;
    let id: Id<OtpRow> = tx.new_id();
    tx.exec(
        "INSERT INTO otp (tenant_id, id, follower_id, purpose, intent, code_hash, tries_left, state, sent_at_ms, \
         expires_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, 'live', $8, $9)",
        params![
            tx.tenant(),
            id,
            ask.follower,
            ask.purpose,
            ask.intent,
            code_hash(keys, id, code),
            limits.otp_tries,
            tx.now(),
            tx.now().plus_ms(limits.otp_life_ms)
        ],
    )?;
    Ok(())
}

/// Whom a code is for and what it may confirm.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    pub follower: FollowerId,
    pub purpose: &'a str,
    /// Hash of what the code confirms; another intent is not confirmed by it (CA-04).
    pub intent: &'a [u8],
    pub number: &'a str,
}

fn last_sent(tx: &Tx<'_>, follower: FollowerId, purpose: &str) -> Result<Option<Time>> {
    let row: Option<(Time,)> = tx.opt(
        "SELECT sent_at_ms FROM otp WHERE tenant_id = $1 AND follower_id = $2 AND purpose = $3 AND state = 'live'",
        params![tx.tenant(), follower, purpose],
    )?;
    Ok(row.map(|r| r.0))
}

/// When the live code was sent and when it ends, for the page.
pub fn live(tx: &Tx<'_>, follower: FollowerId, purpose: &str) -> Result<Option<(Time, Time)>> {
    tx.opt(
        "SELECT sent_at_ms, expires_at_ms FROM otp \
         WHERE tenant_id = $1 AND follower_id = $2 AND purpose = $3 AND state = 'live'",
        params![tx.tenant(), follower, purpose],
    )
}

/// How a try ended. A wrong try is a fact to keep, so it is a value and not an error that would roll it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Right,
    Wrong { left: i64 },
    UsedUp,
    Expired,
}

/// A live code's id, intent, hash, tries left and end.
type Live = (Id<OtpRow>, Vec<u8>, Vec<u8>, i64, Time);

/// Judges a code: right ones are used up, wrong ones counted.
pub fn check(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    purpose: &str,
    intent: &[u8],
    code: &str,
) -> Result<Verdict> {
    let row: Option<Live> = tx.opt(
        "SELECT id, intent, code_hash, tries_left, expires_at_ms FROM otp \
         WHERE tenant_id = $1 AND follower_id = $2 AND purpose = $3 AND state = 'live'",
        params![tx.tenant(), follower, purpose],
    )?;
    let Some((id, wanted, stored, left, expires_at)) = row else {
        return Ok(Verdict::Expired);
    };
    if tx.now() >= expires_at || wanted != intent {
        end(tx, id, "expired")?;
        return Ok(Verdict::Expired);
    }
    let same: bool = stored.ct_eq(&code_hash(keys, id, code)).into();
    if same {
        end(tx, id, "used")?;
        return Ok(Verdict::Right);
    }
    if left <= 1 {
        end(tx, id, "used_up")?;
        return Ok(Verdict::UsedUp);
    }
    tx.exec(
        "UPDATE otp SET tries_left = tries_left - 1 WHERE tenant_id = $1 AND id = $2",
        params![tx.tenant(), id],
    )?;
    Ok(Verdict::Wrong { left: left - 1 })
}

fn end(tx: &Tx<'_>, id: Id<OtpRow>, state: &str) -> Result<()> {
    tx.exec(
        "UPDATE otp SET state = $1 WHERE tenant_id = $2 AND id = $3 AND state = 'live'",
        params![state, tx.tenant(), id],
    )?;
    Ok(())
}

/// The message never left: the code is void and does not count as sent just now.
pub fn withdraw(tx: &Tx<'_>, follower: FollowerId, purpose: &str) -> Result<()> {
    tx.exec(
        "UPDATE otp SET state = 'unsent' WHERE tenant_id = $1 AND follower_id = $2 AND purpose = $3 AND state = 'live'",
        params![tx.tenant(), follower, purpose],
    )?;
    Ok(())
}
