//! Everything this platform keeps about a follower, in plain words and dates: one JSON object, a list for each kind.
//!
//! Numbers of accounts stay shortened and keys of ours are left out: the copy tells what is kept, it does not hand out
//! what only the bank needs.

use crate::app::App;
use crate::binding::agreements;
use crate::followers::store::{ACCOUNTS, address, by_id};
use crate::followers::{BoundAccount, FollowerId};
use crate::inbound::store::{Kept, TURN};
use crate::notices;
use crate::vault::{Place, TenantKeys};
use crate::wealth;
use crate::wealth::risk::{self, Taken};
use base::{Result, Time};
use db::{Tx, params};
use serde_json::{Value, json};

/// The newest so many rows of a kind; a note says when there are more.
const ROWS_MAX: i64 = 5_000;
const ELSEWHERE: &str = "余额、进出账等由银行核心系统保管，可在聊天里查或到网点打印。您在别的农信机构留下的记录，请向那一家要。";

/// `2026-11-23 10:00:05`, in China.
pub(super) fn moment(at: Time) -> String {
    let (year, month, day, hour, minute) = at.china();
    let second = at.ms().div_euclid(1000).rem_euclid(60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}
fn maybe(at: Option<i64>) -> Value {
    at.map_or(Value::Null, |ms| json!(moment(Time::of_ms(ms))))
}

pub(super) fn all(
    tx: &Tx<'_>,
    app: &App,
    keys: &TenantKeys,
    follower: FollowerId,
    bank: &str,
) -> Result<Value> {
    let standing = by_id(tx, follower)?.map(|f| f.open(keys, &app.behind)).transpose()?;
    let last_key = standing.map_or(0, |s| s.last_key);
    Ok(json!({
        "bank": bank,
        "made_at": moment(tx.now()),
        "follower": who(tx, app, follower)?,
        "bindings": bindings(tx, keys, follower)?,
        "consents": consents(tx, follower)?,
        "card_orders": orders(tx, follower)?,
        "gifts": gifts(tx, follower)?,
        "exchanges": exchanges(tx, follower)?,
        "assessments": assessments(tx, keys, follower)?,
        "conversation": turns(tx, keys, follower, last_key)?,
        "messages_left": messages(tx, keys, follower)?,
        "not_yet_shown": unread(tx, keys, follower)?,
        "notices": notices::prefs::copy(tx, follower)?,
        "stamped_statements": stamped(tx, follower)?,
        "codes_sent": codes(tx, follower)?,
        "pages_opened": sessions(tx, follower)?,
        "phones": phones(tx, follower)?,
        "face_checks": faces(tx, follower)?,
        "actions": actions(tx, follower)?,
        "rows_max": ROWS_MAX,
        "elsewhere": ELSEWHERE,
    }))
}

fn who(tx: &Tx<'_>, app: &App, follower: FollowerId) -> Result<Value> {
    type Row = (bool, Option<String>, Time, Option<i64>, Option<i64>);
    let (follows, scene, first_seen, moved, no_marketing): Row = tx.one(
        "SELECT is_following, scene, first_seen_at_ms, moved_at_ms, no_marketing_at_ms FROM follower \
         WHERE tenant_id = $1 AND id = $2",
        params![tx.tenant(), follower],
    )?;
    let at = address(tx, follower)?;
    let registry = app.registry();
    let account = at.as_ref().and_then(|(id, _)| registry.account_by_id(*id));
    Ok(json!({
        "official_account": account.map(|a| a.name.clone()),
        "openid": at.map(|(_, openid)| openid),
        "follows": follows,
        "came_by_code": scene,
        "first_seen": moment(first_seen),
        "came_from_another_bank": maybe(moved),
        "advertising_declined": maybe(no_marketing),
    }))
}

fn bindings(tx: &Tx<'_>, keys: &TenantKeys, follower: FollowerId) -> Result<Vec<Value>> {
    type Row = (
        i64,
        String,
        Vec<u8>,
        bool,
        Time,
        Option<i64>,
        Option<String>,
        Option<i64>,
        Option<String>,
    );
    let rows: Vec<Row> = tx.all(
        "SELECT id, state, accounts_sealed, is_elder, bound_at_ms, ended_at_ms, end_reason, frozen_at_ms, default_account \
         FROM binding WHERE tenant_id = $1 AND follower_id = $2 ORDER BY id",
        params![tx.tenant(), follower],
    )?;
    let shown = |(id, state, sealed, elder, since, ended, reason, frozen, chosen): Row| {
        let accounts: Vec<BoundAccount> = keys.open_json(Place::new(ACCOUNTS, id), &sealed)?;
        let name = |a: &BoundAccount| format!("{}{}", a.label, a.tail);
        let names: Vec<String> = accounts.iter().map(name).collect();
        let default = accounts.iter().find(|a| Some(&a.id) == chosen.as_ref()).map(name);
        Ok(json!({
            "accounts": names, "default_account": default, "state": state, "since": moment(since),
            "ended": maybe(ended), "why_ended": reason, "frozen": maybe(frozen), "elder_words": elder,
        }))
    };
    rows.into_iter().map(shown).collect()
}

fn consents(tx: &Tx<'_>, follower: FollowerId) -> Result<Vec<Value>> {
    let rows: Vec<(String, String, String, Time, Option<i64>)> = tx.all(
        "SELECT agreement, version, channel, given_at_ms, withdrawn_at_ms FROM consent \
         WHERE tenant_id = $1 AND follower_id = $2 ORDER BY id",
        params![tx.tenant(), follower],
    )?;
    let shown =
        |(id, version, channel, given, withdrawn): (String, String, String, Time, Option<i64>)| {
            json!({
                "agreement": agreements::title(&id), "version": version, "channel": channel,
                "given": moment(given), "withdrawn": maybe(withdrawn),
            })
        };
    Ok(rows.into_iter().map(shown).collect())
}

fn orders(tx: &Tx<'_>, follower: FollowerId) -> Result<Vec<Value>> {
    let rows: Vec<(String, String, String, String, Time, Option<i64>)> = tx.all(
        "SELECT wish, state, outcome, stop_no, asked_at_ms, settled_at_ms FROM card_order \
         WHERE tenant_id = $1 AND follower_id = $2 ORDER BY id",
        params![tx.tenant(), follower],
    )?;
    let shown = |(wish, state, outcome, no, asked, settled): (
        String,
        String,
        String,
        String,
        Time,
        Option<i64>,
    )| {
        json!({
            "wish": wish, "state": state, "outcome": outcome, "number": no, "asked": moment(asked),
            "known": maybe(settled),
        })
    };
    Ok(rows.into_iter().map(shown).collect())
}

/// Points given to good causes, or offered and not given.
fn gifts(tx: &Tx<'_>, follower: FollowerId) -> Result<Vec<Value>> {
    let rows: Vec<(String, i64, String, Option<i64>, Time)> = tx.all(
        "SELECT project, points, state, lamp_no, offered_at_ms FROM gift WHERE tenant_id = $1 AND follower_id = $2 ORDER BY +id",
        params![tx.tenant(), follower],
    )?;
    let shown =
        |(project, points, state, lamp, asked): (String, i64, String, Option<i64>, Time)| {
            json!({
                "project": project, "points": points, "state": state, "number": lamp,
                "asked": moment(asked),
            })
        };
    Ok(rows.into_iter().map(shown).collect())
}

/// Points exchanged for wares, or offered and not exchanged.
fn exchanges(tx: &Tx<'_>, follower: FollowerId) -> Result<Vec<Value>> {
    let rows: Vec<(String, i64, i64, String, String, Time)> = tx.all(
        "SELECT ware_name, amount, points, state, core_serial, offered_at_ms FROM exchange \
         WHERE tenant_id = $1 AND follower_id = $2 ORDER BY +id",
        params![tx.tenant(), follower],
    )?;
    let shown =
        |(what, count, points, state, number, asked): (String, i64, i64, String, String, Time)| {
            json!({
                "what": what, "count": count, "points": points, "state": state, "number": number,
                "asked": moment(asked),
            })
        };
    Ok(rows.into_iter().map(shown).collect())
}

/// Risk assessments, each answer after its question.
fn assessments(tx: &Tx<'_>, keys: &TenantKeys, follower: FollowerId) -> Result<Vec<Value>> {
    let all = wealth::store::taken_by(tx, keys, follower)?;
    let shown = |(at, taken): (Time, Taken)| {
        let answers = risk::QUESTIONS.iter().zip(taken.answers);
        let said = answers.filter_map(|(q, at)| {
            q.answers.get(at).map(|(answer, _)| format!("{}{answer}", q.words))
        });
        json!({
            "asked": moment(at),
            "grade": format!("{} {}", taken.grade.word(), taken.grade.label()),
            "good_until": taken.until.to_string(),
            "answers": said.collect::<Vec<_>>(),
        })
    };
    Ok(all.into_iter().map(shown).collect())
}

/// Along the chain of turns, newest first: no table of everyone's turns is searched for one person's.
fn turns(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    last_key: i64,
) -> Result<Vec<Value>> {
    let (mut key, mut all) = (last_key, vec![]);
    while i64::try_from(all.len())? < ROWS_MAX {
        let turn: Option<(Time, i64, Vec<u8>)> = tx.opt(
            "SELECT at_ms, previous_key, body_sealed FROM turn \
             WHERE tenant_id = $1 AND message_key = $2 AND follower_id = $3",
            params![tx.tenant(), key, follower],
        )?;
        let Some((at, previous, sealed)) = turn else { break };
        let kept: Kept = keys.open_json(Place::new(TURN, key), &sealed)?;
        all.push(json!({ "at": moment(at), "you": kept.heard, "bank": kept.reply }));
        key = previous;
    }
    Ok(all)
}

fn messages(tx: &Tx<'_>, keys: &TenantKeys, follower: FollowerId) -> Result<Vec<Value>> {
    let rows: Vec<(i64, String, String, Time, Vec<u8>)> = tx.all(
        "SELECT id, kind, state, at_ms, body_sealed FROM leave_message WHERE tenant_id = $1 AND follower_id = $2 ORDER BY id",
        params![tx.tenant(), follower],
    )?;
    let shown = |(id, kind, state, at, sealed): (i64, String, String, Time, Vec<u8>)| {
        let text = keys.open_text(Place::new("leave_message.body", id), &sealed)?;
        let words = serde_json::from_str::<Value>(&text).unwrap_or(Value::String(text));
        Ok(json!({ "at": moment(at), "kind": kind, "state": state, "words": words }))
    };
    rows.into_iter().map(shown).collect()
}

fn unread(tx: &Tx<'_>, keys: &TenantKeys, follower: FollowerId) -> Result<Vec<Value>> {
    let rows: Vec<(i64, Time, Vec<u8>)> = tx.all(
        "SELECT id, at_ms, body_sealed FROM unread WHERE tenant_id = $1 AND follower_id = $2 ORDER BY id",
        params![tx.tenant(), follower],
    )?;
    let place = crate::inbound::store::UNREAD;
    let shown = |(id, at, sealed): (i64, Time, Vec<u8>)| {
        let words = keys.open_text(Place::new(place, id), &sealed)?;
        Ok(json!({ "at": moment(at), "words": words }))
    };
    rows.into_iter().map(shown).collect()
}

fn stamped(tx: &Tx<'_>, follower: FollowerId) -> Result<Vec<Value>> {
    let rows: Vec<(String, String, String, Time, Time)> = tx.all(
        "SELECT first_day, last_day, state, asked_at_ms, ends_at_ms FROM stamped \
         WHERE tenant_id = $1 AND follower_id = $2 ORDER BY id",
        params![tx.tenant(), follower],
    )?;
    let shown = |(from, to, state, asked, ends): (String, String, String, Time, Time)| {
        json!({
            "from": from, "to": to, "state": state, "asked": moment(asked), "can_be_checked_until": moment(ends),
        })
    };
    Ok(rows.into_iter().map(shown).collect())
}

fn codes(tx: &Tx<'_>, follower: FollowerId) -> Result<Vec<Value>> {
    let rows: Vec<(String, String, Time)> = tx.all(
        "SELECT purpose, way, sent_at_ms FROM otp WHERE tenant_id = $1 AND follower_id = $2 ORDER BY id",
        params![tx.tenant(), follower],
    )?;
    let shown = |(purpose, way, at): (String, String, Time)| json!({ "at": moment(at), "purpose": purpose, "way": way });
    Ok(rows.into_iter().map(shown).collect())
}

fn sessions(tx: &Tx<'_>, follower: FollowerId) -> Result<Vec<Value>> {
    let rows: Vec<(String, String, Time, Time, Option<i64>)> = tx.all(
        "SELECT page, agent_class, created_at_ms, seen_at_ms, ended_at_ms FROM session \
         WHERE tenant_id = $1 AND follower_id = $2 ORDER BY +id",
        params![tx.tenant(), follower],
    )?;
    let shown = |(page, agent, opened, seen, ended): (String, String, Time, Time, Option<i64>)| {
        json!({
            "page": page, "browser": agent, "opened": moment(opened), "last_used": moment(seen), "ended": maybe(ended),
        })
    };
    Ok(rows.into_iter().map(shown).collect())
}

fn phones(tx: &Tx<'_>, follower: FollowerId) -> Result<Vec<Value>> {
    let rows: Vec<(Time, Option<i64>)> = tx.all(
        "SELECT seen_at_ms, proved_at_ms FROM phone WHERE tenant_id = $1 AND follower_id = $2 ORDER BY seen_at_ms",
        params![tx.tenant(), follower],
    )?;
    let shown = |(seen, proved): (Time, Option<i64>)| json!({ "last_used": moment(seen), "proved": maybe(proved) });
    Ok(rows.into_iter().map(shown).collect())
}

fn faces(tx: &Tx<'_>, follower: FollowerId) -> Result<Vec<Value>> {
    let rows: Vec<(String, Time)> = tx.all(
        "SELECT state, expires_at_ms FROM face_check WHERE tenant_id = $1 AND follower_id = $2",
        params![tx.tenant(), follower],
    )?;
    Ok(rows
        .into_iter()
        .map(|(state, ends)| json!({ "state": state, "ended": moment(ends) }))
        .collect())
}

fn actions(tx: &Tx<'_>, follower: FollowerId) -> Result<Vec<Value>> {
    let rows: Vec<(Time, String, String)> = tx.all(
        "SELECT at_ms, act, outcome FROM audit WHERE tenant_id = $1 AND actor = $2 ORDER BY id DESC LIMIT $3",
        params![tx.tenant(), format!("follower:{}", follower.raw()), ROWS_MAX],
    )?;
    let shown = |(at, act, outcome): (Time, String, String)| json!({ "at": moment(at), "act": act, "outcome": outcome });
    Ok(rows.into_iter().map(shown).collect())
}
