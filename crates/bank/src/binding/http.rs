//! The binding page's API: `/h5/s/{slug}/api/bind…` and `…/pin/key`.

use super::shapes::{
    Bind, Bound, BoundAccount, CheckAnswer, Done, ElderMode, FaceBegun, FaceRight, Institution,
    Moved, OfficialAccount, OnlyCard, OnlyDone, OnlyOtp, OnlyPin, OtpLive, OtpRight, OtpSent,
    Session, Task,
};
use super::{
    Checked, Consent, Finished, Judged, agreements, current, disown, face, input, is_bound, limits,
    otp, photo, pin, shapes,
};
use crate::api::ProblemBody;
use crate::app::App;
use crate::followers;
use crate::sessions::{self, Customer, cookies, phones};
use crate::web::{self, Problem, Sent};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use base::{Error, TenantId};
use db::{Scope, Tx};
use input::Aim;
use otp::Verdict;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::sync::Arc;
use utoipa::ToSchema;

type Answer = Result<Response, Problem>;

/// Which step binding is at, and what is known.
#[utoipa::path(get, path = "/bind", operation_id = "bind",
    responses((status = 200, body = Bind), (status = "default", body = ProblemBody)))]
pub async fn show(State(app): State<Arc<App>>, by: Customer) -> Answer {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (follower, behind) = (by.follower, app.behind.clone());
    let window = super::check::tries(&app);
    let (resend, voice) = (app.config.limits.otp_resend_ms, app.config.limits.otp_voice_after_ms);
    let unit = move |tx: &Tx<'_>| {
        let subject = keys.blind("follower", &follower.to_string());
        let (left, _) = limits::left(tx, &subject, window)?;
        let live = otp::live(tx, follower, super::PURPOSE)?.map(|live| {
            let wait = |ms: i64| (live.sent_at.plus_ms(ms).since(tx.now()) / 1000).max(0);
            OtpLive {
                sent: true,
                way: live.way,
                resend_after_s: wait(resend),
                voice_after_s: wait(voice),
                expires_in_s: (live.ends_at.since(tx.now()) / 1000).max(0),
            }
        });
        let found =
            followers::store::by_id(tx, follower)?.map(|f| f.open(&keys, &behind)).transpose()?;
        let kept = found.as_ref().is_some_and(|s| s.seat.has_kept());
        let mut missing = agreements::missing(tx, follower)?;
        let attempt = super::store::current(tx, &keys, follower)?;
        let aim = attempt.as_ref().map_or(Aim::Bind, |a| a.claim.aim);
        if aim == Aim::Swap {
            missing.extend(agreements::missing_for_face(tx, follower)?);
        }
        let begun = attempt.as_ref().map(|a| face::is_begun(tx, follower, a)).transpose()?;
        let stopped = disown::ended_with(tx, &keys, follower)?;
        let step = match &attempt {
            _ if is_bound(tx, follower)? => "done",
            Some(attempt) => attempt.step.word(),
            None if stopped.is_some() => "stopped",
            None => "card",
        };
        let bound = found.and_then(|s| s.bound).filter(|_| step == "done");
        Ok((left, live, (step, bound), kept, missing, (attempt, stopped), begun == Some(true)))
    };
    let (left, live, (step, bound), kept, missing, (attempt, stopped), face_begun) =
        app.db.read(Scope::Tenant(by.tenant), unit).await?;
    let aim = attempt.as_ref().map_or(Aim::Bind, |a| a.claim.aim);
    Ok(web::json(&Bind {
        step,
        mobile_masked: attempt.map(|a| a.mobile_masked),
        aim,
        face_begun,
        photo: app.ocr.is_configured(),
        left,
        agreements: missing,
        otp: live,
        accounts: bound.map(|b| BoundAccount::all(&b.accounts)),
        resumed: kept,
        stopped,
    }))
}

/// Reads a photo of a card or a document; what it finds is for the form, where the customer checks it.
#[utoipa::path(post, path = "/bind/photo", operation_id = "read_photo", request_body = photo::Photo,
    responses((status = 200, body = photo::Proposed), (status = "default", body = ProblemBody)))]
pub async fn photo(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(sent): Sent<photo::Photo>,
) -> Answer {
    Ok(web::json(&photo::read(&app, &by, sent).await?))
}

/// Step one: whose card is it?
#[utoipa::path(post, path = "/bind/check", operation_id = "check", request_body = input::Typed,
    responses((status = 200, body = CheckAnswer), (status = "default", body = ProblemBody)))]
pub async fn check(
    State(app): State<Arc<App>>,
    by: Customer,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Sent(typed): Sent<input::Typed>,
) -> Answer {
    let ip = client_ip(&app, &headers, peer.0);
    match super::check(&app, &by, &typed, &ip).await? {
        Checked::Otp { mobile_masked } => {
            let aim = current(&app, &by).await?.map_or(Aim::Bind, |a| a.claim.aim);
            let told = shapes::Checked { step: OnlyOtp::Otp, mobile_masked, aim };
            Ok(web::json(&CheckAnswer::Checked(told)))
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
pub(crate) fn client_ip(app: &App, headers: &HeaderMap, peer: SocketAddr) -> String {
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
    let h5 = &app.config.h5;
    let phone_name = cookies::phone_name(h5);
    let shown = web::cookie(headers, &phone_name).map(str::to_owned);
    let unit = move |tx: &Tx<'_>| {
        let opened = sessions::store::add_session(tx, account, follower, agent, "bind", None)?;
        let phone = phones::meet(tx, follower, &opened.0, shown.as_deref())?;
        if let Some(task) = &task {
            sessions::store::carry_task(tx, &opened.0, task)?;
        }
        Ok((opened, phone))
    };
    let ((slug, secret), phone) = app.db.write(Scope::Tenant(tenant), unit).await?;
    let phone = cookies::set(h5, &phone_name, &phone, phones::COOKIE_S);
    let cookie =
        cookies::set(h5, &cookies::session_name(h5, &slug), &secret, h5.session_absolute_ms / 1000);
    let registry = app.registry();
    let bank = registry.institution(tenant).map(|i| i.name.clone());
    let redirect = format!("/h5/s/{slug}/bind");
    let body = web::json(&CheckAnswer::Moved(Moved { step: OnlyCard::Card, redirect, bank }));
    let set = AppendHeaders([(header::SET_COOKIE, cookie), (header::SET_COOKIE, phone)]);
    Ok((set, body).into_response())
}

/// Step two, first half: sends a code.
#[utoipa::path(post, path = "/bind/otp/send", operation_id = "send_otp", request_body = otp::Wish,
    responses((status = 200, body = OtpSent), (status = "default", body = ProblemBody)))]
pub async fn send_code(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(wish): Sent<otp::Wish>,
) -> Answer {
    let way = wish.way;
    let issued = super::send_code(&app, &by, wish).await?;
    otp::told(&app.config.limits, way, issued)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Code {
    code: String,
}

/// Step two, second half: the code that came.
#[utoipa::path(post, path = "/bind/otp", operation_id = "check_otp", request_body = Code,
    responses((status = 200, body = OtpRight), (status = "default", body = ProblemBody)))]
pub async fn check_code(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(body): Sent<Code>,
) -> Answer {
    let Judged { verdict, secret, step } = super::check_code(&app, &by, &body.code).await?;
    match verdict {
        Verdict::Right => Ok(renewed(&app, &by, secret, &OtpRight { step })),
        verdict => Err(otp::refused(verdict)),
    }
}

/// Before a binding moves here: begins a face check.
#[utoipa::path(post, path = "/bind/face", operation_id = "begin_face", request_body = Agreed,
    responses((status = 200, body = FaceBegun), (status = "default", body = ProblemBody)))]
pub async fn begin_face(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(body): Sent<Agreed>,
) -> Answer {
    Ok(web::json(&FaceBegun { url: face::begin(&app, &by, &body.consents).await? }))
}

/// How the face check went, by the word of the company that did it.
#[utoipa::path(post, path = "/bind/face/result", operation_id = "face_result",
    responses((status = 200, body = FaceRight), (status = "default", body = ProblemBody)))]
pub async fn face_result(State(app): State<Arc<App>>, by: Customer) -> Answer {
    match face::result(&app, &by).await? {
        face::Outcome::Passed(secret) => {
            Ok(renewed(&app, &by, secret, &FaceRight { step: OnlyPin::Pin }))
        }
        face::Outcome::Refused(refusal, Some(left)) => {
            Err(Problem::from(refusal).with("left", left))
        }
        face::Outcome::Refused(refusal, None) => Err(refusal.into()),
    }
}

/// A keypad and the key its digits are sealed to.
#[utoipa::path(get, path = "/pin/key", operation_id = "pin_key",
    responses((status = 200, body = pin::Keypad), (status = "default", body = ProblemBody)))]
pub async fn keypad(State(app): State<Arc<App>>, by: Customer) -> Answer {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (session, follower) = (by.session, by.follower);
    let keypad = app
        .db
        .write(Scope::Tenant(by.tenant), move |tx| pin::offer(tx, &keys, session, follower))
        .await?;
    Ok(web::json(&keypad))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SealedPin)]
pub struct Finish {
    #[schema(value_type = String)]
    key_id: pin::PinKeyId,
    /// SM2, C1C3C2, hex.
    cipher: String,
    consents: Vec<Consent>,
}

/// Step three: the PIN, sealed, and what is agreed to.
#[utoipa::path(post, path = "/bind/pin", operation_id = "set_pin", request_body = Finish,
    responses((status = 200, body = Bound), (status = "default", body = ProblemBody)))]
pub async fn finish(State(app): State<Arc<App>>, by: Customer, Sent(body): Sent<Finish>) -> Answer {
    // A request waits for the binding: the chat goes on with it.
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (follower, behind) = (by.follower, app.behind.clone());
    let kept = app
        .db
        .read(Scope::Tenant(by.tenant), move |tx| {
            let found = followers::store::by_id(tx, follower)?
                .map(|f| f.open(&keys, &behind))
                .transpose()?;
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
    let accounts = BoundAccount::all(&accounts);
    let told = Bound { step: OnlyDone::Done, accounts, resumed: kept };
    Ok(renewed(&app, &by, secret, &told))
}

/// An answer that hands the browser the session's new secret, if it has one.
pub(crate) fn renewed(
    app: &App,
    by: &Customer,
    secret: Option<String>,
    told: &impl Serialize,
) -> Response {
    let body = web::json(told);
    let Some(secret) = secret else { return body };
    let h5 = &app.config.h5;
    let name = cookies::session_name(h5, &by.slug);
    let cookie = cookies::set(h5, &name, &secret, h5.session_absolute_ms / 1000);
    ([(header::SET_COOKIE, cookie)], body).into_response()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Agreed {
    consents: Vec<Consent>,
}

/// What changed since binding is agreed to; what waited for it goes on.
#[utoipa::path(post, path = "/agree", operation_id = "agree", request_body = Agreed,
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn agree(State(app): State<Arc<App>>, by: Customer, Sent(body): Sent<Agreed>) -> Answer {
    super::agree(&app, &by, &body.consents).await?;
    Ok(web::json(&Done { done: true }))
}

/// Ends the binding. The session ends with the binding, so a second tap is known by the session that ended just now.
#[utoipa::path(post, path = "/unbind", operation_id = "unbind",
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn unbind(State(app): State<Arc<App>>, by: sessions::http::Leaving) -> Answer {
    if let Some(by) = by.still_here() {
        super::unbind(&app, by).await?;
    }
    Ok(web::json(&Done { done: true }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ElderWish)]
pub struct Elder {
    on: bool,
}

/// Turns large words on or off.
#[utoipa::path(post, path = "/elder", operation_id = "set_elder", request_body = Elder,
    responses((status = 200, body = ElderMode), (status = "default", body = ProblemBody)))]
pub async fn elder(State(app): State<Arc<App>>, by: Customer, Sent(body): Sent<Elder>) -> Answer {
    let (follower, behind) = (by.follower, app.behind.clone());
    app.db
        .write(Scope::Tenant(by.tenant), move |tx| {
            super::store::set_elder(tx, follower, body.on)?;
            followers::store::touch(tx, &behind, follower)
        })
        .await?;
    super::forget(&app, by.tenant, follower).await?;
    Ok(web::json(&ElderMode { on: body.on }))
}

/// Who the customer came to, and what for.
#[utoipa::path(get, path = "/session", operation_id = "session",
    responses((status = 200, body = Session), (status = "default", body = ProblemBody)))]
pub async fn session(State(app): State<Arc<App>>, by: Customer) -> Answer {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (follower, behind) = (by.follower, app.behind.clone());
    let unit = move |tx: &Tx<'_>| {
        let found = followers::store::by_id(tx, follower)?.map(|f| f.open(&keys, &behind));
        Ok((found.transpose()?, crate::manner::of(tx, follower)?))
    };
    let (found, manner) = app.db.read(Scope::Tenant(by.tenant), unit).await?;
    let standing = found.ok_or_else(|| Error::from(sessions::NO_SESSION))?;
    let registry = app.registry();
    let institution = registry.institution(by.tenant).filter(|i| i.tenant != crate::tenants::UNION);
    let account = registry.account_by_id(by.account).map(|a| a.name.clone()).unwrap_or_default();
    let elder = standing
        .seat
        .elder()
        .unwrap_or_else(|| standing.bound.as_ref().is_some_and(|b| b.is_elder));
    let task = by.task.as_ref().map(|t| Task {
        title: title_of(&t.kind),
        with: serde_json::from_str(&t.opens_with).unwrap_or_default(),
        kind: t.kind.clone(),
    });
    let name = format!("who:{}", by.follower);
    let who: String = sessions::hash(&name)[..8].iter().map(|b| format!("{b:02x}")).collect();
    Ok(web::json(&Session {
        who,
        institution: institution.map(|i| Institution {
            name: i.name.clone(),
            short: i.short.clone(),
            color: i.color.clone(),
            phone: i.phone.clone(),
        }),
        account: OfficialAccount { name: account },
        page: by.page,
        followed: standing.is_following,
        elder,
        reads: manner.reads,
        reads_slowly: manner.is_slow,
        bound: standing.bound.is_some(),
        task,
    }))
}

fn title_of(task: &str) -> &'static str {
    match task {
        "bind_card" => "绑定银行卡",
        "account_statement" => "进出账明细",
        "statement_pdf" => "盖章流水",
        "privacy_data" => "个人信息",
        "channel_lock" | "channel_open" => "交易锁",
        "small_nopass" => "小额免密",
        "quickpay_manage" => "快捷支付",
        "limit_adjust" => "限额调整",
        "deposit_renew_set" => "自动转存",
        "asset_overview" => "资产总览",
        "guarantor_query" => "担保信息",
        "wealth_risk" => "风险测评",
        "reset_wx_pin" => "重设微信银行密码",
        "unlock_pin" => "密码解锁",
        "card_unlock" => "解锁",
        "card_unloss" => "解除挂失",
        "wx_unfreeze" => "恢复微信银行",
        _ => "业务办理",
    }
}

base::unprinted!(Code);

base::unprinted!(Finish);

base::unprinted!(Agreed);

base::unprinted!(Elder);
