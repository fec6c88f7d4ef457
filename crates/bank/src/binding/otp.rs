//! One-time codes by text message or telephone call (CA-03, CA-05): six digits, one purpose, one use, few tries, counted
//! per number whichever way they go.
//!
//! Only a keyed hash of the code is kept. Not for: choosing who gets one; the caller knows the reserved number.

use super::limits::{self, Window};
use super::question::{self, Question, Reply};
use super::shapes::OtpSent;
use crate::app::App;
use crate::config::Limits;
use crate::followers::FollowerId;
use crate::sessions::Customer;
use crate::sms::Way;
use crate::vault::{Blind, TenantKeys};
use crate::web::{self, Problem};
use axum::response::Response;
use base::{Error, Id, Named, Random, Refusal, Result, Secret, TenantId, Time};
use db::{Scope, Tx, params};
use serde::Deserialize;
use std::borrow::Cow;
use std::sync::Arc;
use utoipa::ToSchema;

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

fn code_hash(keys: &TenantKeys, id: Id<OtpRow>, code: &str) -> Blind {
    keys.blind("otp", &format!("{}:{code}", id.raw()))
}

/// What asking for a code came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issued {
    /// A fresh code is to be sent.
    Now,
    /// A second tap: the code of the first one is on its way.
    Tapped,
    TooSoon {
        wait_ms: i64,
    },
    TooMany,
    /// This is to be answered first.
    Asked(Question),
}

fn minute(limits: &Limits) -> Window {
    Window { kind: "otp.minute", ms: limits.otp_resend_ms, max: 1 }
}

/// Counts the sending and replaces the live code of this purpose. `number` names who is counted (CA-05).
pub fn issue(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    limits: &Limits,
    ask: &Ask<'_>,
    code: &str,
) -> Result<Issued> {
    let subject = keys.blind("mobile", ask.number);
    let live = live(tx, ask.follower, ask.purpose)?;
    if let Some(live) = &live
        && tx.now().since(live.sent_at) < super::TAP_MS
    {
        return Ok(Issued::Tapped);
    }
    if ask.way == Way::Voice {
        // A call is for whom no text reached, and has a wait of its own.
        let last = newest(tx, ask.follower, ask.purpose)?.map_or_else(|| tx.now(), |n| n.sent_at);
        let wait_ms = last.plus_ms(limits.otp_voice_after_ms).since(tx.now());
        if wait_ms > 0 {
            return Ok(Issued::TooSoon { wait_ms });
        }
    }
    let (left, wait_ms) = limits::left(tx, &subject, minute(limits))?;
    if left == 0 {
        return Ok(Issued::TooSoon { wait_ms });
    }
    // Codes one institution sends in a day: a burst past it is no customers' doing, and each costs money.
    let all = Window { kind: "otp.all", ms: base::DAY_MS, max: limits.otp_all_per_day };
    let day = Window { kind: "otp.day", ms: base::DAY_MS, max: limits.otp_per_day };
    let institution = Blind::plain("all");
    let windows = [
        (&subject, minute(limits)),
        (&subject, Window { kind: "otp.hour", ms: HOUR_MS, max: limits.otp_per_hour }),
        (&subject, day),
        (&institution, all),
    ];
    if limits::full(tx, &windows)?.is_some() {
        return Ok(Issued::TooMany);
    }
    let used = day.max - limits::left(tx, &subject, day)?.0;
    if used >= limits.otp_free_per_day && !is_answered(tx, keys, ask)? {
        let asked = question::pose(tx, keys, ask.follower)?;
        return Ok(asked.map_or(Issued::TooMany, Issued::Asked));
    }
    limits::count_all(tx, &windows)?;
    tx.exec(
        "UPDATE otp SET state = 'replaced' WHERE tenant_id = $1 AND follower_id = $2 AND purpose = $3 AND state = 'live'",
        params![tx.tenant(), ask.follower, ask.purpose],
    )?;
    let id: Id<OtpRow> = tx.new_id();
    tx.exec(
        "INSERT INTO otp (tenant_id, id, follower_id, purpose, intent, code_hash, tries_left, state, sent_at_ms, \
         expires_at_ms, way) VALUES ($1, $2, $3, $4, $5, $6, $7, 'live', $8, $9, $10)",
        params![
            tx.tenant(),
            id,
            ask.follower,
            ask.purpose,
            ask.intent,
            code_hash(keys, id, code).now(),
            limits.otp_tries,
            tx.now(),
            tx.now().plus_ms(limits.otp_life_ms),
            ask.way.word()
        ],
    )?;
    Ok(Issued::Now)
}

fn is_answered(tx: &Tx<'_>, keys: &TenantKeys, ask: &Ask<'_>) -> Result<bool> {
    match ask.reply {
        Some(reply) => question::solve(tx, keys, ask.follower, reply),
        None => Ok(false),
    }
}

/// How a code shall come, and the answer to the question that came instead of one.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OtpWish)]
pub struct Wish {
    #[serde(default)]
    pub way: Way,
    #[schema(nullable = false)]
    pub answer: Option<Reply>,
}

/// One code to be sent.
#[derive(Debug)]
pub struct Sending {
    /// The customer's reserved number.
    pub number: Secret<String>,
    pub purpose: &'static str,
    /// Hash of what the code confirms.
    pub intent: Vec<u8>,
    /// Ends 「用于…」 in the words.
    pub what_for: Cow<'static, str>,
    pub wish: Wish,
}

/// Draws a code, counts it, and sends it.
pub async fn send(app: &Arc<App>, by: &Customer, sending: Sending) -> Result<Issued> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let Sending { number, purpose, intent, what_for, wish } = sending;
    let code = Secret::new(draw(app.random()));
    let (unit_code, unit_number, unit_keys) = (code.clone(), number.clone(), keys.clone());
    let (limits, follower, way) = (app.config.limits.clone(), by.follower, wish.way);
    let unit = move |tx: &Tx<'_>| {
        let (number, reply) = (unit_number.reveal().as_str(), wish.answer.as_ref());
        let ask = Ask { follower, purpose, intent: &intent, number, way, reply };
        issue(tx, &unit_keys, &limits, &ask, unit_code.reveal())
    };
    let issued = app.db.write(Scope::Tenant(by.tenant), unit).await?;
    if issued != Issued::Now {
        return Ok(issued);
    }
    let text = words(app, by.tenant, way, &what_for, code.reveal());
    let sent = app.sms.send(way, &number, &text).await;
    if sent.is_err() {
        // Nothing went out, so the customer need not wait to ask again.
        let limits = app.config.limits.clone();
        app.db
            .write(Scope::Tenant(by.tenant), move |tx| {
                withdraw(tx, &keys, &limits, follower, purpose, number.reveal())
            })
            .await?;
    }
    sent.map(|()| Issued::Now)
}

/// What is written or read out: the code, what it confirms, and the warning (CA-04).
fn words(app: &App, tenant: TenantId, way: Way, what_for: &str, code: &str) -> String {
    let registry = app.registry();
    let bank = registry.institution(tenant).map(|i| i.short.clone()).unwrap_or_default();
    let minutes = app.config.limits.otp_life_ms / 60_000;
    match way {
        Way::Text => format!(
            "【{bank}】验证码{code}，{minutes}分钟内有效，用于{what_for}。任何人索要均为诈骗，请勿告诉他人。"
        ),
        Way::Voice => {
            let digits: Vec<String> = code.chars().map(String::from).collect();
            let digits = digits.join("，");
            format!(
                "您好，这里是{bank}。您的验证码是：{digits}。再念一遍：{digits}。{minutes}分钟内有效，用于{what_for}。\
                 谁要都不要告诉他，要的就是骗子。"
            )
        }
    }
}

/// What a page is told of a sending.
pub fn told(limits: &Limits, way: Way, issued: Issued) -> std::result::Result<Response, Problem> {
    match issued {
        Issued::Now | Issued::Tapped => Ok(web::json(&OtpSent {
            way,
            resend_after_s: limits.otp_resend_ms / 1000,
            voice_after_s: limits.otp_voice_after_ms / 1000,
            expires_in_s: limits.otp_life_ms / 1000,
        })),
        Issued::TooSoon { wait_ms } => {
            Err(Problem::from(TOO_SOON).with("retry_after_s", (wait_ms + 999) / 1000))
        }
        Issued::TooMany => Err(TOO_MANY.into()),
        Issued::Asked(asked) => {
            let asked = serde_json::to_value(asked).map_err(Error::from)?;
            Err(Problem::from(question::ASKED).with("question", asked))
        }
    }
}

/// What a page is told of a code that was not right.
pub fn refused(verdict: Verdict) -> Problem {
    match verdict {
        Verdict::Wrong { left } => {
            Problem::from(WRONG.say(format!("验证码不对，还可试 {left} 次"))).with("left", left)
        }
        Verdict::UsedUp => USED_UP.into(),
        Verdict::Right | Verdict::Expired => EXPIRED.into(),
    }
}

/// Whom a code is for and what it may confirm.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    pub follower: FollowerId,
    pub purpose: &'a str,
    /// Hash of what the code confirms; another intent is not confirmed by it (CA-04).
    pub intent: &'a [u8],
    pub number: &'a str,
    pub way: Way,
    /// To the question that came instead of a code before.
    pub reply: Option<&'a Reply>,
}

/// A code that is good now, for the page.
#[derive(Debug, Clone, Copy)]
pub struct Sent {
    pub way: Way,
    pub sent_at: Time,
    pub ends_at: Time,
}

/// The live code of a purpose.
pub fn live(tx: &Tx<'_>, follower: FollowerId, purpose: &str) -> Result<Option<Sent>> {
    let row: Option<(String, Time, Time)> = tx.opt(
        "SELECT way, sent_at_ms, expires_at_ms FROM otp \
         WHERE tenant_id = $1 AND follower_id = $2 AND purpose = $3 AND state = 'live'",
        params![tx.tenant(), follower, purpose],
    )?;
    let sent = |(way, sent_at, ends_at): (String, Time, Time)| {
        Ok(Sent { way: Way::of(&way)?, sent_at, ends_at })
    };
    row.map(sent).transpose()
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
        return Ok(tapped_last(tx, keys, follower, purpose, code)?.unwrap_or(Verdict::Expired));
    };
    if tx.now() >= expires_at || wanted != intent {
        end(tx, id, "expired")?;
        return Ok(Verdict::Expired);
    }
    let typed = code_hash(keys, id, code);
    if typed.is(&stored) {
        end(tx, id, "used")?;
        return Ok(Verdict::Right);
    }
    if is_tap(tx, id, &typed)? {
        return Ok(Verdict::Wrong { left });
    }
    tx.exec(
        "UPDATE otp SET tries_left = tries_left - 1, wrong_hash = $1, wrong_at_ms = $2 WHERE tenant_id = $3 AND id = $4",
        params![typed.now(), tx.now(), tx.tenant(), id],
    )?;
    if left <= 1 {
        end(tx, id, "used_up")?;
        return Ok(Verdict::UsedUp);
    }
    Ok(Verdict::Wrong { left: left - 1 })
}

/// Whether this very wrong code came a moment ago: a second tap is not a second try.
fn is_tap(tx: &Tx<'_>, id: Id<OtpRow>, wrong: &Blind) -> Result<bool> {
    let row: (Option<Vec<u8>>, Option<i64>) = tx.one(
        "SELECT wrong_hash, wrong_at_ms FROM otp WHERE tenant_id = $1 AND id = $2",
        params![tx.tenant(), id],
    )?;
    let fresh = row.1.is_some_and(|at| tx.now().ms() - at < super::TAP_MS);
    Ok(fresh && row.0.is_some_and(|h| wrong.is(&h)))
}

/// A code, whatever became of it.
struct Newest {
    id: Id<OtpRow>,
    state: String,
    code_hash: Vec<u8>,
    sent_at: Time,
}

/// The follower's newest code of a purpose, whatever became of it.
fn newest(tx: &Tx<'_>, follower: FollowerId, purpose: &str) -> Result<Option<Newest>> {
    let row: Option<(Id<OtpRow>, String, Vec<u8>, Time)> = tx.opt(
        "SELECT id, state, code_hash, sent_at_ms FROM otp \
         WHERE tenant_id = $1 AND follower_id = $2 AND purpose = $3 ORDER BY id DESC LIMIT 1",
        params![tx.tenant(), follower, purpose],
    )?;
    Ok(row.map(|(id, state, code_hash, sent_at)| Newest { id, state, code_hash, sent_at }))
}

/// The second tap of the wrong code that used the code up.
fn tapped_last(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    purpose: &str,
    code: &str,
) -> Result<Option<Verdict>> {
    let last = newest(tx, follower, purpose)?.filter(|l| l.state == "used_up");
    let Some(Newest { id, .. }) = last else { return Ok(None) };
    Ok(is_tap(tx, id, &code_hash(keys, id, code))?.then_some(Verdict::UsedUp))
}

/// Whether this code was right already: a second tap of the right code.
pub fn was_right(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    purpose: &str,
    code: &str,
) -> Result<bool> {
    let last = newest(tx, follower, purpose)?.filter(|l| l.state == "used");
    Ok(last.is_some_and(|l| code_hash(keys, l.id, code).is(&l.code_hash)))
}

fn end(tx: &Tx<'_>, id: Id<OtpRow>, state: &str) -> Result<()> {
    tx.exec(
        "UPDATE otp SET state = $1 WHERE tenant_id = $2 AND id = $3 AND state = 'live'",
        params![state, tx.tenant(), id],
    )?;
    Ok(())
}

/// The message never left: the code is void and does not count as sent just now.
pub fn withdraw(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    limits: &Limits,
    follower: FollowerId,
    purpose: &str,
    number: &str,
) -> Result<()> {
    limits::give_back(tx, &keys.blind("mobile", number), minute(limits))?;
    tx.exec(
        "UPDATE otp SET state = 'unsent' WHERE tenant_id = $1 AND follower_id = $2 AND purpose = $3 AND state = 'live'",
        params![tx.tenant(), follower, purpose],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_codes_are_six_digits_spread_evenly_ca_03() {
        const DRAWS: u32 = 1_000_000;
        const BUCKETS: usize = 1_000;
        let random = Random::system();
        let mut seen = vec![0_u32; BUCKETS];
        for _ in 0..DRAWS {
            let code = draw(&random);
            assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
            seen[code[..3].parse::<usize>().unwrap()] += 1;
        }
        let expected = f64::from(DRAWS) / 1_000.0;
        let chi: f64 = seen.iter().map(|n| (f64::from(*n) - expected).powi(2) / expected).sum();
        // 999 degrees of freedom: 1,300 is past the 1-in-10^9 tail, 730 the one below.
        assert!((730.0..1_300.0).contains(&chi), "{chi}");
    }
}
