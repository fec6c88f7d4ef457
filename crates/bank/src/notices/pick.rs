//! One unit: rows that are due are planned, and the intent of what is to be called is written before anybody is called.
//!
//! Not for: the choice itself (`plan`), the calls (`send`).

use super::desk::Ways;
use super::plan::{Known, Plan, plan};
use super::store::{self, Live};
use super::words::Telling;
use super::{Category, NoticeId, Tried, Way, grants, pause, prefs, reply, window};
use crate::app::App;
use crate::followers::{self, Bound, FollowerId, Person};
use crate::inbound::store::keep_unread;
use crate::tenants::{Account, AccountId, Registry};
use crate::vault::TenantKeys;
use base::{Error, Result, Secret, TenantId, Time};
use db::{Scope, Tx};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A call is ours so long; far above WeChat's and the gateway's own limits.
const LEASE_MS: i64 = 60_000;
/// WeChat knows a client id for ten minutes; two of them are for clocks and for the call itself.
pub(super) const REPEAT_MS: i64 = 8 * 60_000;

/// A call that is to be made; its row says so.
#[derive(Debug)]
pub(super) struct Sending {
    pub(super) tenant: TenantId,
    pub(super) id: NoticeId,
    pub(super) epoch: i64,
    pub(super) key: String,
    pub(super) category: Category,
    pub(super) way: Way,
    pub(super) tried: Tried,
    pub(super) tries: i64,
    pub(super) wired_at: Time,
    pub(super) follower: FollowerId,
    pub(super) account: Arc<Account>,
    pub(super) openid: String,
    pub(super) customer: String,
    pub(super) what: What,
}

impl Sending {
    pub(super) fn person(&self) -> Person {
        Person::new(self.account.id, self.openid.as_str().into())
    }

    /// The template of a subscription notice.
    pub(super) fn subscription(&self) -> Option<String> {
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
pub(super) enum What {
    Template { template_id: String, data: Secret<Vec<(String, String)>> },
    Text(Secret<String>),
}

/// Template messages begun today, by account.
pub(super) type Sent = HashMap<AccountId, i64>;

/// What a unit does to one row.
enum Picked {
    Send(Box<Sending>),
    /// Kept as an unread result: the copy of the follower in memory is old.
    Held(Person),
    /// Its account has as many calls under way as it may: its turn comes later.
    Crowded(AccountId),
    Nothing,
}

/// What a unit needs; it may run more than once.
struct Picking {
    keys: Arc<TenantKeys>,
    app: Arc<App>,
    registry: Arc<Registry>,
    ways: HashMap<AccountId, Ways>,
    templates_a_day: i64,
    sent_today: Arc<Sent>,
    may_text: bool,
    /// Text messages can be sent at all: security words do not depend on what the bank chose for movements.
    has_gateway: bool,
}

pub(super) async fn pick(
    app: &Arc<App>,
    tenant: TenantId,
    ids: Vec<NoticeId>,
    sent_today: &Arc<Sent>,
) -> Result<Vec<Sending>> {
    let (registry, now) = (app.registry(), app.clock().now());
    let ways = registry.accounts().map(|a| (a.id, app.notices.ways(a.id, now))).collect();
    let picking = Picking {
        keys: app.vault.tenant(&app.db, tenant).await?,
        app: app.clone(),
        registry,
        ways,
        templates_a_day: app.config.notices.templates_a_day,
        sent_today: sent_today.clone(),
        may_text: super::sends_texts(app),
        has_gateway: app.sms.is_configured(),
    };
    let unit = move |tx: &Tx<'_>| {
        let mut before = Before::new();
        let picked: Vec<_> =
            ids.iter().map(|id| picking.row(tx, *id, &mut before)).collect::<Result<_>>()?;
        for (account, counts) in before.iter().filter(|(_, counts)| counts.templates > 0) {
            store::count_sent(tx, *account, counts.templates)?;
        }
        Ok(picked)
    };
    let picked = app.db.write(Scope::Tenant(tenant), unit).await?;
    let mut sendings = vec![];
    for one in picked {
        match one {
            Picked::Send(sending) => {
                app.notices.begin(sending.account.id);
                sendings.push(*sending);
            }
            Picked::Held(who) => app.followers.forget(&who),
            Picked::Crowded(account) => app.notices.give_turn(account, now),
            Picked::Nothing => {}
        }
    }
    Ok(sendings)
}

/// What this very unit has begun of each account, and put off for its crowd: it counts for the rows behind. In order, so that
/// two processes write their counts in the same one.
type Before = BTreeMap<AccountId, Counts>;

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    begun: usize,
    /// Of these template messages.
    templates: i64,
    put_off: u32,
}

/// Who is told, as they stand now.
struct Reached {
    bound: Arc<Bound>,
    is_following: bool,
    account: Arc<Account>,
    openid: String,
}

impl Reached {
    fn person(&self) -> Person {
        Person::new(self.account.id, self.openid.as_str().into())
    }
}

impl Picking {
    fn row(&self, tx: &Tx<'_>, id: NoticeId, before: &mut Before) -> Result<Picked> {
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
            let counts = before.entry(reached.account.id).or_default();
            match plan(&self.known(tx, &live, &reached, *counts)?) {
                Plan::Send(way) => way,
                Plan::Turn(at) => {
                    counts.put_off += 1;
                    store::put_off(tx, &live, at, false)?;
                    return Ok(Picked::Crowded(reached.account.id));
                }
                Plan::Wait(until) => return self.put_off(tx, &live, until, false),
                Plan::Park(until) => return self.put_off(tx, &live, until, true),
                Plan::Hold => return self.hold(tx, &live, &reached, "no_way"),
                Plan::Pause => {
                    store::end(tx, id, live.epoch, "dropped", pause::WHY)?;
                    return Ok(Picked::Nothing);
                }
                Plan::Drop => {
                    store::end(tx, id, live.epoch, "dropped", "unwanted")?;
                    return Ok(Picked::Nothing);
                }
            }
        };
        if !store::begin(tx, &live, way, LEASE_MS)? {
            return Ok(Picked::Nothing);
        }
        let counts = before.entry(reached.account.id).or_default();
        counts.begun += 1;
        counts.templates += i64::from(way == Way::Template);
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
        let standing = found.open(&self.keys, &self.app.behind)?;
        let bound = standing.bound.filter(|b| b.binding.raw() == live.binding);
        let address = followers::store::address(tx, live.follower)?;
        let Some((bound, (account, openid))) = bound.zip(address) else { return Ok(None) };
        let account = self.registry.account_by_id(account).cloned();
        // Who froze the channel may have lost the phone: nothing is shown on it.
        let is_following = standing.is_following && !bound.is_frozen;
        Ok(account.map(|account| Reached { bound, is_following, account, openid }))
    }

    fn known(&self, tx: &Tx<'_>, live: &Live, reached: &Reached, counts: Counts) -> Result<Known> {
        let account = reached.account.id;
        let ways = self.ways.get(&account).copied();
        let ways = ways.ok_or_else(|| Error::fault("an account of the registry without ways"))?;
        let chosen = prefs::ways(tx, live.follower, live.kind.category())?;
        let offered = self.registry.offer(account, live.kind.category());
        let sent = self.sent_today.get(&account).copied().unwrap_or_default();
        let taps = self.app.notices.taps.left(&reached.person(), tx.now());
        Ok(Known {
            kind: live.kind,
            now: tx.now(),
            made_at: live.made_at,
            is_following: reached.is_following,
            has_template: offered.is_some_and(|o| o.is_live),
            template_left: self.templates_a_day - sent - counts.templates,
            template_rests: ways.template_rests,
            grants_left: self.grants(tx, live, account)?,
            subscription_rests: ways.subscription_rests,
            custom_left: window::left(tx, &self.app.behind, live.follower)? + taps,
            custom_rests: ways.custom_rests,
            takes_wechat: chosen.wechat,
            takes_sms: chosen.sms,
            may_text: self.may_text || (self.has_gateway && live.kind.category().is_locked()),
            quiet: prefs::quiet(tx, live.follower)?,
            is_paused: pause::until(tx, live.follower)?.is_some(),
            tried: live.tried,
            turn: (ways.room <= counts.begun).then(|| ways.turn(counts.put_off)),
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
        keep_unread(tx, &self.keys, &self.app.behind, live.follower, &words)?;
        Ok(Picked::Held(reached.person()))
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
