//! Sending: a row is planned and its intent written (`pick`), the call is made, what came of it is written down. Unit, network, unit.
//!
//! Whoever dies in between leaves a lease: a template message goes out again with its id while WeChat still knows that
//! ([`REPEAT_MS`]); what cannot be repeated is kept as an unread result. So nothing is lost, and of one notice at most one message is
//! taken. Not for: which way (`plan`), what an answer means (`verdict`).

use super::desk::CALLS_MAX;
use super::pick::{REPEAT_MS, Sending, What, pick};
use super::verdict::{Fate, Learned, Line, Verdict, judge};
use super::{NoticeId, Tried, Way, grants, store, templates, window};
use crate::app::App;
use crate::followers;
use crate::sms::{self, Handed};
use crate::verbs::core_ctx;
use base::{Result, Stopwatch, TenantId};
use corebank::{CoreError, CustNo};
use db::{Scope, Tx};
use std::collections::BTreeMap;
use std::sync::Arc;
use wechat::api::CallError;
use wechat::api::custom::{Extra, Message};
use wechat::api::subscription::Subscription;
use wechat::api::template::Notice;

/// Rows looked at in one go.
const AT_ONCE: usize = 128;
/// A row whose unit fails is left alone for so long.
const FAULT_MS: i64 = 60_000;
/// A core that does not say the number on file, or a gateway that refuses, is asked again after this time, so often.
const TEXT_AGAIN_MS: i64 = 5_000;
const TEXT_TRIES_MAX: i64 = 6;

/// Begins what is due, each call in a task of its own; how many rows were looked at.
///
/// # Errors
/// The database.
pub(super) async fn begin_due(app: &Arc<App>) -> Result<usize> {
    let room = CALLS_MAX.saturating_sub(app.notices.calls());
    if room == 0 {
        return Ok(0);
    }
    let (looked_at, sendings) = pick_due(app, room.min(AT_ONCE)).await?;
    for sending in sendings {
        app.tasks.spawn(carry_out(app.clone(), sending));
    }
    Ok(looked_at)
}

/// Does once what is due and waits for it; how many rows were looked at. Tests drive time through this.
///
/// # Errors
/// The database.
pub async fn run_due(app: &Arc<App>) -> Result<usize> {
    let (looked_at, sendings) = pick_due(app, AT_ONCE).await?;
    let all = sendings.into_iter().map(|sending| carry_out(app.clone(), sending));
    futures_util::future::join_all(all).await;
    Ok(looked_at)
}

async fn pick_due(app: &Arc<App>, at_most: usize) -> Result<(usize, Vec<Sending>)> {
    let limit = i64::try_from(at_most)?;
    let unit = move |tx: &Tx<'_>| Ok((store::due(tx, limit)?, store::sent_today(tx)?));
    let (due, sent) = app.db.read(Scope::House, unit).await?;
    let sent = Arc::new(sent);
    let mut by_tenant: BTreeMap<TenantId, Vec<NoticeId>> = BTreeMap::new();
    for (tenant, id) in due {
        by_tenant.entry(tenant).or_default().push(id);
    }
    let (mut looked_at, mut sendings) = (0, vec![]);
    for (tenant, ids) in by_tenant {
        looked_at += ids.len();
        match pick(app, tenant, ids.clone(), &sent).await {
            Ok(mut picked) => sendings.append(&mut picked),
            Err(e) if ids.len() == 1 => put_aside(app, tenant, &ids, &e).await?,
            Err(_) => {
                // One of them: each by itself, so that it holds up no other.
                for id in ids {
                    match pick(app, tenant, vec![id], &sent).await {
                        Ok(mut picked) => sendings.append(&mut picked),
                        Err(e) => put_aside(app, tenant, &[id], &e).await?,
                    }
                }
            }
        }
    }
    Ok((looked_at, sendings))
}

/// A row whose unit fails is looked at again later, and somebody is told.
async fn put_aside(app: &App, tenant: TenantId, ids: &[NoticeId], e: &base::Error) -> Result<()> {
    metrics::counter!("weiyin_notices_failed_total").increment(1);
    tracing::error!(%tenant, notices = ?ids, error = ?e, "a notice could not be planned");
    let ids = ids.to_vec();
    let unit = move |tx: &Tx<'_>| {
        ids.iter().try_for_each(|id| store::put_aside(tx, *id, tx.now().plus_ms(FAULT_MS)))
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// What a call came to.
#[derive(Debug)]
enum Came {
    /// WeChat's number of a template message.
    Accepted(Option<String>),
    Refused(CallError),
    /// By the gateway or the core: nothing was sent.
    NotTexted,
    /// There is no number on file.
    NoNumber,
    MaybeTexted,
}

async fn carry_out(app: Arc<App>, sending: Sending) {
    let watch = Stopwatch::start();
    let came = call(&app, &sending).await;
    app.notices.end(sending.account.id, watch.elapsed());
    if let Err(e) = apply(&app, &sending, came).await {
        // The lease runs out: the same is done again, or held.
        tracing::error!(notice = %sending.id, error = ?e, "what came of a notice could not be recorded");
    }
}

async fn call(app: &Arc<App>, sending: &Sending) -> Came {
    let caller = app.wechat.account(&sending.account);
    match (&sending.what, sending.way) {
        (What::Template { template_id, data }, Way::Subscription) => {
            let notice = Subscription {
                to: sending.openid.clone(),
                template_id: template_id.clone(),
                data: data.reveal().clone(),
                jump: templates::page(app, &sending.account, sending.category),
            };
            match caller.send_subscription(&notice).await {
                Ok(()) => Came::Accepted(None),
                Err(e) => Came::Refused(e),
            }
        }
        (What::Template { template_id, data }, _) => {
            let notice = Notice {
                to: sending.openid.clone(),
                template_id: template_id.clone(),
                data: data.reveal().clone(),
                jump: templates::page(app, &sending.account, sending.category),
                client_msg_id: sending.key.clone(),
            };
            match caller.send_template(&notice).await {
                Ok(id) => Came::Accepted(Some(id)),
                Err(e) => Came::Refused(e),
            }
        }
        (What::Text(words), Way::Sms) => text(app, sending, words.reveal()).await,
        (What::Text(words), _) => {
            let message = Message::Text(words.reveal().clone());
            match caller.send_custom(&sending.openid, &message, &Extra::default()).await {
                Ok(()) => Came::Accepted(None),
                Err(e) => Came::Refused(e),
            }
        }
    }
}

async fn text(app: &Arc<App>, sending: &Sending, words: &str) -> Came {
    let ctx = core_ctx(app, sending.tenant, sending.follower.raw());
    let number = match app.core.otp_target(&ctx, &CustNo::new(&sending.customer)).await {
        Ok(number) => number,
        Err(CoreError::Rejected(_)) => return Came::NoNumber,
        Err(_) => return Came::NotTexted,
    };
    let registry = app.registry();
    let bank = registry.institution(sending.tenant).map(|i| i.short.clone()).unwrap_or_default();
    let words = format!("【{bank}】{words}");
    match app.sms.hand_over(sms::Way::Text, &number, &words).await {
        Ok(Handed::Accepted) => Came::Accepted(None),
        Ok(Handed::Unknown) => Came::MaybeTexted,
        Ok(Handed::Refused) | Err(_) => Came::NotTexted,
    }
}

/// Writes down what came of a call, for the notice, its way and its follower.
async fn apply(app: &Arc<App>, sending: &Sending, came: Came) -> Result<()> {
    let way = sending.way.word();
    let (id, epoch, tried) = (sending.id, sending.epoch, sending.tried);
    match came {
        Came::Accepted(message_id) => {
            metrics::counter!("weiyin_notices_accepted_total", "way" => way).increment(1);
            app.notices.works(sending.account.id, sending.way);
            let (behind, follower) = (app.behind.clone(), sending.follower);
            let is_custom = sending.way == Way::Custom;
            let of_a_tap =
                is_custom && app.notices.taps.spend(&sending.person(), app.clock().now());
            let spent = sending.subscription();
            unit(app, sending.tenant, move |tx| {
                if is_custom && !of_a_tap {
                    window::spend(tx, &behind, follower)?;
                }
                if let Some(template_id) = &spent {
                    grants::spend(tx, follower, template_id)?;
                }
                store::accepted(tx, id, epoch, message_id.as_deref()).map(drop)
            })
            .await
        }
        Came::Refused(e) => {
            let verdict = judge(sending.way, &e, app.clock().now());
            note(sending, &e, verdict);
            refused(app, sending, verdict, code_of(&e)).await
        }
        Came::NoNumber => {
            let tried = tried.with(Way::Sms);
            again(app, sending, tried, "no_number".to_owned(), 0).await
        }
        Came::NotTexted => {
            let is_over = sending.tries >= TEXT_TRIES_MAX;
            let tried = if is_over { tried.with(Way::Sms) } else { tried };
            again(app, sending, tried, "not_texted".to_owned(), TEXT_AGAIN_MS).await
        }
        // It stays begun, and is held when it is looked at: shown at the next contact, never texted twice.
        Came::MaybeTexted => {
            unit(app, sending.tenant, move |tx| store::repeat(tx, id, epoch, tx.now()).map(drop))
                .await
        }
    }
}

async fn unit(
    app: &Arc<App>,
    tenant: TenantId,
    work: impl Fn(&Tx<'_>) -> Result<()> + Send + 'static,
) -> Result<()> {
    app.db.write(Scope::Tenant(tenant), work).await
}

async fn again(
    app: &Arc<App>,
    sending: &Sending,
    tried: Tried,
    why: String,
    after_ms: i64,
) -> Result<()> {
    let (id, epoch) = (sending.id, sending.epoch);
    unit(app, sending.tenant, move |tx| {
        store::again(tx, id, epoch, tried, &why, tx.now().plus_ms(after_ms)).map(drop)
    })
    .await
}

/// `45015`, or where the call broke.
fn code_of(e: &CallError) -> String {
    match e {
        CallError::Api(e) => e.code.to_string(),
        CallError::NotSent(_) => "not_sent".to_owned(),
        CallError::Unknown(_) => "unknown".to_owned(),
    }
}

fn note(sending: &Sending, e: &CallError, verdict: Verdict) {
    let code = code_of(e);
    let appid = &sending.account.appid;
    metrics::counter!("weiyin_notices_refused_total", "way" => sending.way.word(), "code" => code)
        .increment(1);
    if verdict.is_alarm {
        tracing::error!(%appid, notice = %sending.id, way = sending.way.word(), error = %e, "a notice was refused");
    } else {
        tracing::warn!(%appid, notice = %sending.id, way = sending.way.word(), error = %e, "a notice was not taken");
    }
}

async fn refused(app: &Arc<App>, sending: &Sending, verdict: Verdict, code: String) -> Result<()> {
    let (account, way, now) = (sending.account.id, sending.way, app.clock().now());
    let at = match verdict.line {
        Line::Works => {
            app.notices.works(account, way);
            now
        }
        Line::Fails => app.notices.failed(account, way, now),
        Line::Rests(until) => {
            app.notices.rest_until(account, way, until);
            now
        }
    };
    learn(app, sending, verdict.learned).await?;
    let (id, epoch, tried) = (sending.id, sending.epoch, sending.tried);
    match verdict.fate {
        Fate::Unsure => {
            // Past the time of repeating, and for what has no id, it is looked at once more and held.
            let is_repeated = way == Way::Template && now.since(sending.wired_at) < REPEAT_MS;
            let at = if is_repeated { at } else { now };
            unit(app, sending.tenant, move |tx| store::repeat(tx, id, epoch, at).map(drop)).await
        }
        Fate::Again => again(app, sending, tried, code, 0).await,
        Fate::Next => again(app, sending, tried.with(way), code, 0).await,
        Fate::NoWeChat => {
            again(app, sending, tried.with(Way::Template).with(Way::Custom), code, 0).await
        }
    }
}

/// What an answer says of the follower or the template.
async fn learn(app: &Arc<App>, sending: &Sending, learned: Learned) -> Result<()> {
    let (behind, follower) = (app.behind.clone(), sending.follower);
    match learned {
        Learned::Nothing => Ok(()),
        Learned::WindowShut => {
            app.notices.taps.shut(&sending.person());
            unit(app, sending.tenant, move |tx| window::shut(tx, &behind, follower)).await
        }
        Learned::Left => {
            unit(app, sending.tenant, move |tx| {
                followers::store::set_following(tx, follower, false)?;
                followers::store::touch(tx, &behind, follower)
            })
            .await?;
            app.followers.forget(&sending.person());
            Ok(())
        }
        Learned::NoGrant => {
            let Some(template_id) = sending.subscription() else { return Ok(()) };
            unit(app, sending.tenant, move |tx| grants::none_left(tx, follower, &template_id)).await
        }
        Learned::TemplateGone => {
            let What::Template { template_id, .. } = &sending.what else { return Ok(()) };
            let account = &sending.account;
            if sending.way == Way::Subscription {
                return grants::set_live(app, account.tenant, account.id, template_id, false).await;
            }
            templates::set_live(app, account.tenant, account.id, template_id, false).await
        }
    }
}
