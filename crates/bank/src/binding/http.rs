//! The binding page's API: `/h5/s/{slug}/api/bind…` and `…/pin/key`.

use super::{
    Checked, Consent, Finished, Judged, agreements, current, input, is_bound, limits, otp, pin,
    question,
};
use crate::app::App;
use crate::followers::{self, BoundAccount};
use crate::sessions::{self, Customer, cookies};
use crate::web::{self, Problem};
use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use base::{Error, TenantId};
use db::{Scope, Tx};
use otp::Verdict;
use serde::Deserialize;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;

type Answer = Result<Response, Problem>;

/// `GET bind`: which step, what is known.
pub async fn show(State(app): State<Arc<App>>, by: Customer) -> Answer {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (follower, window) = (by.follower, super::check::tries(&app));
    let (resend, voice) = (app.config.limits.otp_resend_ms, app.config.limits.otp_voice_after_ms);
    let unit = move |tx: &Tx<'_>| {
        let subject = keys.blind("follower", &follower.to_string());
        let (left, _) = limits::left(tx, &subject, window)?;
        let live = otp::live(tx, follower, super::PURPOSE)?.map(|live| {
            let wait = |ms: i64| (live.sent_at.plus_ms(ms).since(tx.now()) / 1000).max(0);
            json!({
                "sent": true,
                "way": live.way,
                "resend_after_s": wait(resend),
                "voice_after_s": wait(voice),
                "expires_in_s": (live.ends_at.since(tx.now()) / 1000).max(0),
            })
        });
        let found = followers::store::by_id(tx, follower)?.map(|f| f.open(&keys)).transpose()?;
        let kept = found.as_ref().is_some_and(|s| s.seat.has_kept());
        let missing = agreements::missing(tx, follower)?;
        Ok((left, live, is_bound(tx, follower)?, found.and_then(|s| s.bound), kept, missing))
    };
    let (left, live, done, bound, kept, missing) =
        app.db.read(Scope::Tenant(by.tenant), unit).await?;
    let attempt = current(&app, &by).await?;
    let swap = attempt.as_ref().is_some_and(|a| a.claim.swap);
    let step = if done { "done" } else { attempt.as_ref().map_or("card", |a| a.step.word()) };
    Ok(web::json(&json!({
        "step": step,
        "mobile_masked": attempt.map(|a| a.mobile_masked),
        // Bound in another WeChat: the PIN is proved and not set.
        "swap": swap,
        "left": left,
        // Only what is not agreed to yet, each with the step that asks for it.
        "agreements": missing,
        "otp": live,
        "accounts": bound.map(|b| shown(&b.accounts)),
        "resumed": kept,
    })))
}

fn shown(accounts: &[BoundAccount]) -> serde_json::Value {
    accounts.iter().map(|a| json!({ "label": a.label, "tail": a.tail, "kind": a.kind })).collect()
}

/// `POST bind/check`
pub async fn check(
    State(app): State<Arc<App>>,
    by: Customer,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Json(typed): Json<input::Typed>,
) -> Answer {
    let ip = client_ip(&app, &headers, peer.0);
    match super::check(&app, &by, &typed, &ip).await? {
        Checked::Otp { mobile_masked } => {
            Ok(web::json(&json!({ "step": "otp", "mobile_masked": mobile_masked })))
        }
        Checked::Moved(tenant) => moved(&app, &by, tenant, &headers).await,
        Checked::Refused { refusal, left, retry_after_s, bank } => {
            let mut problem = Problem::from(refusal);
            if let Some(left) = left {
                problem = problem.with("left", left);
            }
            if let Some(wait) = retry_after_s {
                problem = problem.with("retry_after_s", wait);
            }
            if let Some(bank) = bank {
                problem = problem.with("bank", bank);
            }
            Err(problem)
        }
    }
}

/// The address failures are counted by: the configured proxy header's last value, else the peer.
fn client_ip(app: &App, headers: &HeaderMap, peer: SocketAddr) -> String {
    let name = app.config.server.client_ip_header.as_str();
    let told = headers.get(name).and_then(|v| v.to_str().ok()).filter(|_| !name.is_empty());
    let last = told.and_then(|v| v.rsplit(',').next()).map(str::trim).filter(|v| !v.is_empty());
    last.map_or_else(|| peer.ip().to_string(), str::to_owned)
}

/// The follower has a new home: a session there, and the page starts anew.
async fn moved(app: &Arc<App>, by: &Customer, tenant: TenantId, headers: &HeaderMap) -> Answer {
    let agent = sessions::agent_class(
        headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default(),
    );
    let (account, follower, task) = (by.account, by.follower, by.task.clone());
    let unit = move |tx: &Tx<'_>| {
        let opened = sessions::store::add_session(tx, account, follower, agent, "bind", None)?;
        if let Some(task) = &task {
            sessions::store::carry_task(tx, &opened.0, task)?;
        }
        Ok(opened)
    };
    let (slug, secret) = app.db.write(Scope::Tenant(tenant), unit).await?;
    let h5 = &app.config.h5;
    let cookie =
        cookies::set(h5, &cookies::session_name(h5, &slug), &secret, h5.session_absolute_ms / 1000);
    let registry = app.registry();
    let bank = registry.institution(tenant).map(|i| i.name.clone());
    let body = web::json(
        &json!({ "step": "card", "redirect": format!("/h5/s/{slug}/bind"), "bank": bank }),
    );
    Ok(([(header::SET_COOKIE, cookie)], body).into_response())
}

/// `POST bind/otp/send`
pub async fn send_code(
    State(app): State<Arc<App>>,
    by: Customer,
    Json(wish): Json<super::Wish>,
) -> Answer {
    let (limits, way) = (&app.config.limits, wish.way);
    match super::send_code(&app, &by, wish).await? {
        otp::Issued::Now | otp::Issued::Tapped => {}
        otp::Issued::TooSoon { wait_ms } => {
            return Err(Problem::from(otp::TOO_SOON).with("retry_after_s", (wait_ms + 999) / 1000));
        }
        otp::Issued::TooMany => return Err(otp::TOO_MANY.into()),
        otp::Issued::Asked(asked) => {
            let asked = serde_json::to_value(asked).map_err(Error::from)?;
            return Err(Problem::from(question::ASKED).with("question", asked));
        }
    }
    Ok(web::json(&json!({
        "way": way,
        "resend_after_s": limits.otp_resend_ms / 1000,
        "voice_after_s": limits.otp_voice_after_ms / 1000,
        "expires_in_s": limits.otp_life_ms / 1000,
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    code: String,
}

/// `POST bind/otp`
pub async fn check_code(
    State(app): State<Arc<App>>,
    by: Customer,
    Json(body): Json<Code>,
) -> Answer {
    let Judged { verdict, secret, swap } = super::check_code(&app, &by, &body.code).await?;
    match verdict {
        Verdict::Right => Ok(renewed(&app, &by, secret, &json!({ "step": "pin", "swap": swap }))),
        Verdict::Wrong { left } => {
            Err(Problem::from(otp::WRONG.say(format!("验证码不对，还可试 {left} 次")))
                .with("left", left))
        }
        Verdict::UsedUp => Err(otp::USED_UP.into()),
        Verdict::Expired => Err(otp::EXPIRED.into()),
    }
}

/// `GET pin/key`
pub async fn keypad(State(app): State<Arc<App>>, by: Customer) -> Answer {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (session, follower) = (by.session, by.follower);
    let keypad = app
        .db
        .write(Scope::Tenant(by.tenant), move |tx| pin::offer(tx, &keys, session, follower))
        .await?;
    Ok(web::json(&keypad))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finish {
    key_id: pin::PinKeyId,
    cipher: String,
    consents: Vec<Consent>,
}

/// `POST bind/pin`
pub async fn finish(State(app): State<Arc<App>>, by: Customer, Json(body): Json<Finish>) -> Answer {
    // A request waits for the binding: the chat goes on with it.
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let follower = by.follower;
    let kept = app
        .db
        .read(Scope::Tenant(by.tenant), move |tx| {
            let found =
                followers::store::by_id(tx, follower)?.map(|f| f.open(&keys)).transpose()?;
            Ok(found.is_some_and(|s| s.seat.has_kept()))
        })
        .await?;
    let finished = super::finish(&app, &by, body.key_id, &body.cipher, &body.consents).await?;
    let (accounts, secret) = match finished {
        Finished::Bound(accounts, secret) => (accounts, secret),
        Finished::Refused(refusal, Some(left)) => {
            return Err(Problem::from(refusal).with("left", left));
        }
        Finished::Refused(refusal, None) => return Err(refusal.into()),
    };
    let told = json!({ "step": "done", "accounts": shown(&accounts), "resumed": kept });
    Ok(renewed(&app, &by, secret, &told))
}

/// An answer that hands the browser the session's new secret, if it has one.
fn renewed(app: &App, by: &Customer, secret: Option<String>, told: &serde_json::Value) -> Response {
    let body = web::json(told);
    let Some(secret) = secret else { return body };
    let h5 = &app.config.h5;
    let name = cookies::session_name(h5, &by.slug);
    let cookie = cookies::set(h5, &name, &secret, h5.session_absolute_ms / 1000);
    ([(header::SET_COOKIE, cookie)], body).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreed {
    consents: Vec<Consent>,
}

/// `POST agree`
pub async fn agree(State(app): State<Arc<App>>, by: Customer, Json(body): Json<Agreed>) -> Answer {
    super::agree(&app, &by, &body.consents).await?;
    Ok(web::json(&json!({ "done": true })))
}

/// `POST unbind`. The session ends with the binding, so a second tap is known by the session that ended just now.
pub async fn unbind(State(app): State<Arc<App>>, by: sessions::http::Leaving) -> Answer {
    if let Some(by) = by.still_here() {
        super::unbind(&app, by).await?;
    }
    Ok(web::json(&json!({ "done": true })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elder {
    on: bool,
}

/// `POST elder`
pub async fn elder(State(app): State<Arc<App>>, by: Customer, Json(body): Json<Elder>) -> Answer {
    let follower = by.follower;
    app.db
        .write(Scope::Tenant(by.tenant), move |tx| {
            super::store::set_elder(tx, follower, body.on)?;
            followers::store::touch(tx, follower)
        })
        .await?;
    super::forget(&app, by.tenant, follower).await?;
    Ok(web::json(&json!({ "on": body.on })))
}

/// `GET session`
pub async fn session(State(app): State<Arc<App>>, by: Customer) -> Answer {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let follower = by.follower;
    let unit = move |tx: &Tx<'_>| {
        followers::store::by_id(tx, follower)?.map(|f| f.open(&keys)).transpose()
    };
    let found = app.db.read(Scope::Tenant(by.tenant), unit).await?;
    let standing = found.ok_or_else(|| Error::from(sessions::NO_SESSION))?;
    let registry = app.registry();
    let institution = registry.institution(by.tenant).filter(|i| i.tenant != crate::tenants::UNION);
    let account = registry.account_by_id(by.account).map(|a| a.name.clone()).unwrap_or_default();
    let elder = standing
        .seat
        .elder()
        .unwrap_or_else(|| standing.bound.as_ref().is_some_and(|b| b.is_elder));
    let task = by.task.as_ref().map(|t| {
        let opens_with: serde_json::Value = serde_json::from_str(&t.opens_with).unwrap_or_default();
        json!({ "kind": t.kind, "title": title_of(&t.kind), "with": opens_with })
    });
    let name = format!("who:{}", by.follower);
    let who: String = sessions::hash(&name)[..8].iter().map(|b| format!("{b:02x}")).collect();
    Ok(web::json(&json!({
        // Opaque, the same for one follower: what a browser keeps, it keeps under this.
        "who": who,
        "institution": institution.map(|i| json!({
            "name": i.name, "short": i.short, "color": i.color, "phone": i.phone })),
        "account": { "name": account },
        "page": by.page,
        "followed": standing.is_following,
        "elder": elder,
        "bound": standing.bound.is_some(),
        "task": task,
    })))
}

fn title_of(task: &str) -> &'static str {
    match task {
        "bind_card" => "绑定银行卡",
        "account_statement" => "进出账明细",
        _ => "业务办理",
    }
}

impl std::fmt::Debug for Code {
    /// What people type is never printed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(…)")
    }
}

impl std::fmt::Debug for Finish {
    /// What people type is never printed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Finish(…)")
    }
}

impl std::fmt::Debug for Agreed {
    /// What people send is never printed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Agreed(…)")
    }
}

impl std::fmt::Debug for Elder {
    /// What people type is never printed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Elder(…)")
    }
}
