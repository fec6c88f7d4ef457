//! Sending: a row is planned and its intent written, the call is made, what came of it is written down. Unit, network, unit.
//!
//! Whoever dies in between leaves a lease: a template message goes out again with its id while WeChat still knows that
//! ([`REPEAT_MS`]); what cannot be repeated is kept as an unread result. So nothing is lost, and of one notice at most one message is
//! taken. Not for: which way (`plan`), what an answer means (`verdict`).

use super::desk::{CALLS_MAX, Ways};
use super::plan::{Known, Plan, plan};
use super::store::{self, Live};
use super::verdict::{Fate, Learned, Line, Verdict, judge};
use super::words::Telling;
use super::{Category, NoticeId, Tried, Way, grants, prefs, reply, templates, window};
use crate::app::App;
use crate::followers::behind::Behind;
use crate::followers::{self, Bound, FollowerId, Person};
use crate::inbound::store::keep_unread;
use crate::sms::{self, Handed};
use crate::tenants::{Account, AccountId, Registry};
use crate::vault::TenantKeys;
use crate::verbs::core_ctx;
use base::{Result, Secret, TenantId, Time};
use corebank::{CoreError, CustNo};
use db::{Scope, Tx};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use wechat::api::CallError;
use wechat::api::custom::{Extra, Message};
use wechat::api::subscription::Subscription;
use wechat::api::template::Notice;

/// Rows looked at in one go.
const AT_ONCE: i64 = 64;
/// A call is ours so long; far above WeChat's and the gateway's own limits.
const LEASE_MS: i64 = 60_000;
/// WeChat knows a client id for ten minutes; two of them are for clocks and for the call itself.
const REPEAT_MS: i64 = 8 * 60_000;
/// A row whose unit fails is left alone for so long.
const FAULT_MS: i64 = 60_000;
/// A core that does not say the number on file, or a gateway that refuses, is asked again after this time, so often.
const TEXT_AGAIN_MS: i64 = 5_000;
const TEXT_TRIES_MAX: i64 = 6;

/// A call that is to be made; its row says so.
#[derive(Debug)]
struct Sending {
    tenant: TenantId,
    id: NoticeId,
    epoch: i64,
    key: String,
    category: Category,
    way: Way,
    tried: Tried,
    tries: i64,
    wired_at: Time,
    follower: FollowerId,
    account: Arc<Account>,
    openid: String,
    customer: String,
    what: What,
}

impl Sending {
    /// The template of a subscription notice.
    fn subscription(&self) -> Option<String> {
        match &self.what {
            What::Template { template_id, .. } if self.way == Way::Subscription => {
                Some(template_id.clone())
            }
            What::Template { .. } | What::Text(_) => None,
        }
    }
}

/// What goes over the wire.
#[derive(Debug)]
enum What {
    Template { template_id: String, data: Secret<Vec<(String, String)>> },
    Text(Secret<String>),
}

/// What a unit does to one row.
enum Picked {
    Send(Box<Sending>),
    /// Kept as an unread result: the copy of the follower in memory is old.
    Held(Person),
    Nothing,
}

/// What a unit needs; it may run more than once.
struct Picking {
    keys: Arc<TenantKeys>,
    behind: Arc<Behind>,
    registry: Arc<Registry>,
    ways: HashMap<AccountId, Ways>,
    templates_a_day: i64,
    may_text: bool,
    /// Text messages can be sent at all: security words do not depend on what the bank chose for movements.
    has_gateway: bool,
}

/// Begins what is due, each call in a task of its own; how many rows were looked at.
///
/// # Errors
/// The database.
pub(super) async fn begin_due(app: &Arc<App>) -> Result<usize> {
    if app.notices.calls() >= CALLS_MAX {
        return Ok(0);
    }
    let (looked_at, sendings) = pick_due(app).await?;
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
    let (looked_at, sendings) = pick_due(app).await?;
    let all = sendings.into_iter().map(|sending| carry_out(app.clone(), sending));
    futures_util::future::join_all(all).await;
    Ok(looked_at)
}

async fn pick_due(app: &Arc<App>) -> Result<(usize, Vec<Sending>)> {
    let due = app.db.read(Scope::House, |tx| store::due(tx, AT_ONCE)).await?;
    let mut by_tenant: BTreeMap<TenantId, Vec<NoticeId>> = BTreeMap::new();
    for (tenant, id) in due {
        by_tenant.entry(tenant).or_default().push(id);
    }
    let (mut looked_at, mut sendings) = (0, vec![]);
    for (tenant, ids) in by_tenant {
        looked_at += ids.len();
        match pick(app, tenant, ids.clone()).await {
            Ok(mut picked) => sendings.append(&mut picked),
            Err(e) if ids.len() == 1 => put_aside(app, tenant, &ids, &e).await?,
            Err(_) => {
                // One of them: each by itself, so that it holds up no other.
                for id in ids {
                    match pick(app, tenant, vec![id]).await {
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

async fn pick(app: &Arc<App>, tenant: TenantId, ids: Vec<NoticeId>) -> Result<Vec<Sending>> {
    let (registry, now) = (app.registry(), app.clock().now());
    let ways = registry.accounts().map(|a| (a.id, app.notices.ways(a.id, now))).collect();
    let picking = Picking {
        keys: app.vault.tenant(&app.db, tenant).await?,
        behind: app.behind.clone(),
        registry,
        ways,
        templates_a_day: app.config.notices.templates_a_day,
        may_text: super::sends_texts(app),
        has_gateway: app.sms.is_configured(),
    };
    let unit = move |tx: &Tx<'_>| {
        // What this very unit begins counts for the rows behind it.
        let mut begun: HashMap<AccountId, usize> = HashMap::new();
        ids.iter().map(|id| picking.row(tx, *id, &mut begun)).collect::<Result<Vec<_>>>()
    };
    let picked = app.db.write(Scope::Tenant(tenant), unit).await?;
    let mut sendings = vec![];
    for one in picked {
        match one {
            Picked::Send(sending) => {
                app.notices.begin(sending.account.id, sending.way, now);
                sendings.push(*sending);
            }
            Picked::Held(who) => app.followers.forget(&who),
            Picked::Nothing => {}
        }
    }
    Ok(sendings)
}

/// Who is told, as they stand now.
struct Reached {
    bound: Arc<Bound>,
    is_following: bool,
    account: Arc<Account>,
    openid: String,
}

impl Picking {
    fn row(
        &self,
        tx: &Tx<'_>,
        id: NoticeId,
        begun: &mut HashMap<AccountId, usize>,
    ) -> Result<Picked> {
        let Some(live) = store::live(tx, id)? else { return Ok(Picked::Nothing) };
        let Some(reached) = self.reach(tx, &live)? else {
            store::end(tx, id, live.epoch, "dropped", "unbound")?;
            return Ok(Picked::Nothing);
        };
        if !self.registry.offers_notices(reached.account.id) {
            store::end(tx, id, live.epoch, "dropped", "not_offered")?;
            return Ok(Picked::Nothing);
        }
        let way = if live.is_sending {
            match self.repeated(tx, &live)? {
                Some(way) => way,
                None => return self.hold(tx, &live, &reached, "unsure"),
            }
        } else {
            match plan(&self.known(tx, &live, &reached, begun)?) {
                Plan::Send(way) => way,
                Plan::Wait(until) => return self.put_off(tx, &live, until, false),
                Plan::Park(until) => return self.put_off(tx, &live, until, true),
                Plan::Hold => return self.hold(tx, &live, &reached, "no_way"),
                Plan::Drop => {
                    store::end(tx, id, live.epoch, "dropped", "unwanted")?;
                    return Ok(Picked::Nothing);
                }
            }
        };
        if !store::begin(tx, &live, way, LEASE_MS)? {
            return Ok(Picked::Nothing);
        }
        *begun.entry(reached.account.id).or_default() += 1;
        self.sending(tx, live, reached, way).map(|s| s.map_or(Picked::Nothing, Picked::Send))
    }

    fn put_off(&self, tx: &Tx<'_>, live: &Live, until: Time, is_parked: bool) -> Result<Picked> {
        store::put_off(tx, live, until, is_parked).map(|()| Picked::Nothing)
    }

    /// A call that was begun and of which nothing is known: the same once more, where WeChat knows it by its id.
    fn repeated(&self, tx: &Tx<'_>, live: &Live) -> Result<Option<Way>> {
        let is_known = live.wired_at.is_some_and(|at| tx.now().since(at) < REPEAT_MS);
        Ok(live.way.filter(|w| *w == Way::Template && is_known))
    }

    fn reach(&self, tx: &Tx<'_>, live: &Live) -> Result<Option<Reached>> {
        let Some(found) = followers::store::by_id(tx, live.follower)? else { return Ok(None) };
        let standing = found.open(&self.keys, &self.behind)?;
        let bound = standing.bound.filter(|b| b.binding.raw() == live.binding);
        let address = followers::store::address(tx, live.follower)?;
        let Some((bound, (account, openid))) = bound.zip(address) else { return Ok(None) };
        let account = self.registry.account_by_id(account).cloned();
        // Who froze the channel may have lost the phone: nothing is shown on it.
        let is_following = standing.is_following && !bound.is_frozen;
        Ok(account.map(|account| Reached { bound, is_following, account, openid }))
    }

    fn known(
        &self,
        tx: &Tx<'_>,
        live: &Live,
        reached: &Reached,
        begun: &HashMap<AccountId, usize>,
    ) -> Result<Known> {
        let account = reached.account.id;
        let ways = self.ways.get(&account).copied().unwrap_or_default();
        let begun = begun.get(&account).copied().unwrap_or_default();
        let chosen = prefs::ways(tx, live.follower, live.kind.category())?;
        let offered = self.registry.offer(account, live.kind.category());
        Ok(Known {
            kind: live.kind,
            now: tx.now(),
            made_at: live.made_at,
            is_following: reached.is_following,
            has_template: offered.is_some_and(|o| o.is_live),
            template_left: self.templates_a_day - ways.sent_today - i64::try_from(begun)?,
            template_rests: ways.template_rests,
            grants_left: self.grants(tx, live, account)?,
            subscription_rests: ways.subscription_rests,
            custom_left: window::left(tx, &self.behind, live.follower)?,
            custom_rests: ways.custom_rests,
            takes_wechat: chosen.wechat,
            takes_sms: chosen.sms,
            may_text: self.may_text || (self.has_gateway && live.kind.category().is_locked()),
            quiet: prefs::quiet(tx, live.follower)?,
            tried: live.tried,
            room: ways.room.saturating_sub(begun),
        })
    }

    /// Subscription notices that the follower has agreed to for what is to be told.
    fn grants(&self, tx: &Tx<'_>, live: &Live, account: AccountId) -> Result<i64> {
        let offered = self.registry.subscription(account, live.kind.category());
        let live_one = offered.filter(|o| o.is_live);
        live_one.map_or(Ok(0), |o| grants::left(tx, live.follower, &o.template_id))
    }

    fn telling(&self, tx: &Tx<'_>, live: &Live, reached: &Reached) -> Result<Telling> {
        let original_at = live.original_at(tx)?;
        Ok(Telling { now: tx.now(), is_elder: reached.bound.is_elder, original_at })
    }

    /// Shown with the follower's next answer; to nobody while the channel is frozen, which is what statements are for.
    fn hold(&self, tx: &Tx<'_>, live: &Live, reached: &Reached, why: &str) -> Result<Picked> {
        if reached.bound.is_frozen {
            store::end(tx, live.id, live.epoch, "dropped", "frozen")?;
            return Ok(Picked::Nothing);
        }
        if !store::end(tx, live.id, live.epoch, "held", why)? {
            return Ok(Picked::Nothing);
        }
        let words = live.content(&self.keys)?.text(self.telling(tx, live, reached)?);
        keep_unread(tx, &self.keys, &self.behind, live.follower, &words)?;
        Ok(Picked::Held(Person::new(reached.account.id, reached.openid.as_str().into())))
    }

    fn sending(
        &self,
        tx: &Tx<'_>,
        live: Live,
        reached: Reached,
        way: Way,
    ) -> Result<Option<Box<Sending>>> {
        let telling = self.telling(tx, &live, &reached)?;
        let content = live.content(&self.keys)?;
        let what = if matches!(way, Way::Template | Way::Subscription) {
            let (account, category) = (reached.account.id, live.kind.category());
            let offered = if way == Way::Template {
                self.registry.offer(account, category)
            } else {
                self.registry.subscription(account, category)
            };
            // Taken away meanwhile: the lease runs out, and the row is planned without it.
            let Some(offered) = offered else { return Ok(None) };
            let data = Secret::new(offered.data(&content, telling));
            What::Template { template_id: offered.template_id.clone(), data }
        } else {
            let lines = match way {
                Way::Custom => reply::lines(live.kind, live.id),
                Way::Template | Way::Subscription | Way::Sms => String::new(),
            };
            What::Text(Secret::new(content.text(telling) + &lines))
        };
        Ok(Some(Box::new(Sending {
            tenant: tx.tenant(),
            id: live.id,
            epoch: live.epoch + 1,
            key: live.key,
            category: live.kind.category(),
            way,
            tried: live.tried,
            tries: live.tries + 1,
            wired_at: live.wired_at.filter(|_| live.way == Some(way)).unwrap_or_else(|| tx.now()),
            follower: live.follower,
            account: reached.account,
            openid: reached.openid,
            customer: reached.bound.customer.clone(),
            what,
        })))
    }
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
    let came = call(&app, &sending).await;
    app.notices.end(sending.account.id);
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
            let spent = sending.subscription();
            unit(app, sending.tenant, move |tx| {
                if is_custom {
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
            unit(app, sending.tenant, move |tx| window::shut(tx, &behind, follower)).await
        }
        Learned::Left => {
            unit(app, sending.tenant, move |tx| {
                followers::store::set_following(tx, follower, false)?;
                followers::store::touch(tx, &behind, follower)
            })
            .await?;
            let who = Person::new(sending.account.id, sending.openid.as_str().into());
            app.followers.forget(&who);
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
