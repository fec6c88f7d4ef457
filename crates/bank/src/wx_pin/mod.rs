//! The PIN of WeChat banking (微信银行密码) that is forgotten or locked.
//!
//! Set anew: what only the customer knows (the end of the document's number and of a card's), a code, a face where the bank
//! has a service for it, then the new PIN twice, straight to the core. Unlocked before its time: a face, or a code a branch
//! gave after it saw the document (`branch.rs`). Never from chat. Not for: PINs of cards, which are the counter's.

pub mod branch;
pub mod http;
#[cfg(test)]
mod tests;

use crate::accounts::http::of_core;
use crate::app::App;
use crate::audit::{self, Actor};
use crate::binding::limits::{self, Window};
use crate::binding::{face, pin};
use crate::followers::{self, Bound, FollowerId};
use crate::inbound;
use crate::jobs::Job;
use crate::proof::{self, Kind};
use crate::sessions::{self, Customer};
use crate::sms::Way;
use crate::verbs::core_ctx;
use base::{DAY_MS, Refusal, Result, Secret, TenantId, Time};
use corebank::{CoreError, CustNo, Identity, PinState, Reject};
use db::{Scope, Tx};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subtle::ConstantTimeEq;
use utoipa::ToSchema;

const SHAPE: Refusal =
    Refusal::invalid("pin.known_shape", "身份证后6位、卡号（存折号）后4位，请照着证件和卡填");
/// One answer, whichever of the two is wrong (CA-01).
const UNKNOWN: Refusal = Refusal::invalid("pin.known", "身份证后6位和卡号后4位，有一项对不上");
const KNOWN_LOCKED: Refusal =
    Refusal::too_many("pin.known_locked", "今天试的次数太多了，请明天再试，或带身份证到网点办");
const BRANCH_ONLY: Refusal =
    Refusal::unavailable("pin.branch", "本行还不能在微信里办，请带身份证到网点");
const PROVE_FIRST: Refusal = Refusal::conflict("pin.prove", "请先刷脸，或输入网点给的解锁码");
const KNOWN_FIRST: Refusal = Refusal::conflict("pin.known_first", "请先填身份证后6位和卡号后4位");
const OPEN: Refusal = Refusal::conflict("pin.open", "密码没有锁住，直接用就行");

/// Tries of what only the customer knows.
const KNOWN: Window = Window { kind: "pin.known", ms: DAY_MS, max: 5 };
const ID_END: usize = 6;
const TAIL: usize = 4;

/// What is done about a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WxPinWhat)]
pub enum What {
    /// 重设
    Reset,
    /// 解锁
    Unlock,
}

impl What {
    fn of(by: &Customer) -> Self {
        let task = by.task.as_ref().map_or("", |t| t.kind.as_str());
        if task == "unlock_pin" { Self::Unlock } else { Self::Reset }
    }
    const fn act(self) -> &'static str {
        match self {
            Self::Reset => "pin.reset",
            Self::Unlock => "pin.unlock",
        }
    }
    fn proof(self, by: &Customer, bound: &Bound) -> proof::For {
        let thing = format!("{}:{}:{}", self.act(), by.follower, bound.customer);
        let intent = sessions::hash(&thing);
        proof::For { purpose: self.act(), what_for: "重设微信银行密码".into(), intent }
    }
    fn check(self, by: &Customer, bound: &Bound) -> face::Check {
        let act = match self {
            Self::Reset => "pin.reset_face",
            Self::Unlock => "pin.unlock_face",
        };
        let intent = self.proof(by, bound).intent;
        face::Check { customer: bound.customer.clone(), intent, act }
    }
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WxPinStep)]
pub enum Step {
    /// The end of the document's number and of a card's.
    Known,
    Code,
    Face,
    /// The new PIN.
    Pin,
    /// To be unlocked by a face or a branch's code.
    Choose,
    /// Proved; the core has not unlocked it yet.
    Ready,
    /// Not locked: nothing to do.
    Open,
}

/// What a new PIN needs before it.
const RESET: &[Kind] = &[Kind::Known, Kind::Code];
const RESET_WITH_FACE: &[Kind] = &[Kind::Known, Kind::Code, Kind::Face];

fn wanted(app: &App) -> &'static [Kind] {
    if app.face.is_configured() { RESET_WITH_FACE } else { RESET }
}

/// How far the setting of a new PIN is.
fn reset_step(tx: &Tx<'_>, by: &Customer, intent: &[u8], wanted: &[Kind]) -> Result<Step> {
    for kind in wanted {
        if !proof::has(tx, by, *kind, intent)? {
            return Ok(match kind {
                Kind::Known => Step::Known,
                Kind::Code | Kind::Digits => Step::Code,
                Kind::Face | Kind::Pin => Step::Face,
            });
        }
    }
    Ok(Step::Pin)
}

fn core_said(e: CoreError) -> base::Error {
    match e {
        CoreError::Rejected(Reject::Unsupported) => BRANCH_ONLY.into(),
        e => of_core(e),
    }
}

async fn identity(app: &App, by: &Customer, bound: &Bound) -> Result<Identity> {
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    app.core.identity(&ctx, &CustNo::new(&bound.customer)).await.map_err(core_said)
}

async fn state(app: &App, by: &Customer, bound: &Bound) -> Result<PinState> {
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    app.core.pin_state(&ctx, &CustNo::new(&bound.customer)).await.map_err(core_said)
}

/// Where the page stands, and how the PIN does.
async fn stand(app: &Arc<App>, by: &Customer, bound: &Bound) -> Result<(Step, PinState)> {
    let what = What::of(by);
    let state = state(app, by, bound).await?;
    let (by, intent, wanted) = (by.clone(), what.proof(by, bound).intent, wanted(app));
    let tenant = by.tenant;
    let unit = move |tx: &Tx<'_>| match what {
        What::Reset => reset_step(tx, &by, &intent, wanted),
        What::Unlock if is_let_in(tx, &by, &intent)? => Ok(Step::Ready),
        What::Unlock => Ok(Step::Choose),
    };
    let step = app.db.read(Scope::Tenant(tenant), unit).await?;
    let is_open = what == What::Unlock && state.locked_until.is_none();
    Ok((if is_open { Step::Open } else { step }, state))
}

fn is_let_in(tx: &Tx<'_>, by: &Customer, intent: &[u8]) -> Result<bool> {
    Ok(proof::has(tx, by, Kind::Face, intent)? || proof::has(tx, by, Kind::Code, intent)?)
}

/// What only the customer knows, as typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WxPinKnown)]
pub struct Typed {
    /// The last six characters of the identity number.
    id_last6: String,
    /// The last four digits of a card or passbook that is bound.
    card_tail: String,
}

base::unprinted!(Typed);

impl Typed {
    fn is_well_formed(&self) -> bool {
        let digit = |c: char| c.is_ascii_digit();
        let (id, tail) = (self.id_last6.trim(), self.card_tail.trim());
        id.len() == ID_END
            && id.get(..ID_END - 1).is_some_and(|start| start.chars().all(digit))
            && id.ends_with(|c: char| digit(c) || c.eq_ignore_ascii_case(&'x'))
            && tail.len() == TAIL
            && tail.chars().all(digit)
    }
    fn fits(&self, who: &Identity, bound: &Bound) -> bool {
        let same = |a: &str, b: &str| bool::from(a.as_bytes().ct_eq(b.as_bytes()));
        let id = who.id_no.reveal().to_ascii_uppercase();
        let end = id.len().checked_sub(ID_END).and_then(|at| id.get(at..)).unwrap_or_default();
        let typed = self.id_last6.trim().to_ascii_uppercase();
        let tail = self.card_tail.trim();
        let everyday = bound.accounts.iter().filter(|a| is_everyday(&a.kind));
        let has_tail = everyday.fold(false, |found, a| found | same(&a.tail, tail));
        same(end, &typed) & has_tail
    }
}

fn is_everyday(kind: &str) -> bool {
    matches!(kind, "debit" | "passbook" | "credit")
}

/// Step one of a new PIN. A try is taken before anything is compared, so that many at once are no more than the limit.
async fn check_known(
    app: &Arc<App>,
    by: &Customer,
    bound: &Bound,
    typed: &Typed,
) -> Result<std::result::Result<(), proof::No>> {
    if !typed.is_well_formed() {
        return SHAPE.into();
    }
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let subject = Arc::new(keys.blind("customer", &bound.customer));
    let unit_subject = subject.clone();
    let take = move |tx: &Tx<'_>| limits::count(tx, &unit_subject, KNOWN);
    if !app.db.write(Scope::Tenant(by.tenant), take).await? {
        return KNOWN_LOCKED.into();
    }
    let who = match identity(app, by, bound).await {
        Ok(who) => who,
        Err(e) => {
            let unit = move |tx: &Tx<'_>| limits::give_back(tx, &subject, KNOWN);
            app.db.write(Scope::Tenant(by.tenant), unit).await?;
            return Err(e);
        }
    };
    let fits = typed.fits(&who, bound);
    let (by, tenant, intent) = (by.clone(), by.tenant, What::Reset.proof(by, bound).intent);
    let unit = move |tx: &Tx<'_>| {
        let actor = Actor::Follower(by.follower.raw());
        if fits {
            limits::give_back(tx, &subject, KNOWN)?;
            proof::keep(tx, &by, Kind::Known, &intent, proof::LIFE_MS)?;
            audit::note(tx, actor, "pin.known", "", "done", "")?;
            return Ok(Ok(()));
        }
        audit::note(tx, actor, "pin.known", "", "refused", UNKNOWN.code)?;
        limits::lock_if_full(tx, &subject, KNOWN)?;
        let (left, _) = limits::left(tx, &subject, KNOWN)?;
        Ok(Err(if left == 0 {
            proof::No(KNOWN_LOCKED, None)
        } else {
            let words = format!("身份证后6位和卡号后4位，有一项对不上，还可试 {left} 次");
            proof::No(UNKNOWN.say(words), Some(left))
        }))
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// No code and no face is asked for before what only the customer knows was right.
async fn known_first(app: &Arc<App>, by: &Customer, bound: &Bound) -> Result<()> {
    let (unit_by, intent) = (by.clone(), What::Reset.proof(by, bound).intent);
    let unit = move |tx: &Tx<'_>| proof::has(tx, &unit_by, Kind::Known, &intent);
    if app.db.read(Scope::Tenant(by.tenant), unit).await? { Ok(()) } else { KNOWN_FIRST.into() }
}

/// The last step: the new PIN goes to the core, which clears its wrong tries.
async fn set(
    app: &Arc<App>,
    by: &Customer,
    bound: &Bound,
    sealed: (pin::PinKeyId, &str),
) -> Result<std::result::Result<(), Refusal>> {
    let asked = What::Reset.proof(by, bound);
    let who = identity(app, by, bound).await?;
    let own: Vec<Secret<String>> = [Some(who.id_no), who.mobile].into_iter().flatten().collect();
    let typed = match proof::open_pin(app, by, &asked, wanted(app), sealed, Some(own)).await? {
        Ok(typed) => typed,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let block = proof::block(app, bound, &typed)?;
    drop(typed);
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let customer = CustNo::new(&bound.customer);
    app.core.set_pin(&ctx, &customer, &block).await.map_err(core_said)?;
    finish(app, by, What::Reset).await?;
    Ok(Ok(()))
}

/// Unlocks at the core what was proved.
async fn unlock(app: &Arc<App>, by: &Customer, bound: &Bound) -> Result<()> {
    let (unit_by, intent) = (by.clone(), What::Unlock.proof(by, bound).intent);
    let unit = move |tx: &Tx<'_>| is_let_in(tx, &unit_by, &intent);
    if !app.db.read(Scope::Tenant(by.tenant), unit).await? {
        return PROVE_FIRST.into();
    }
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    app.core.unlock_pin(&ctx, &CustNo::new(&bound.customer)).await.map_err(core_said)?;
    finish(app, by, What::Unlock).await
}

/// What was proved is spent, it is on record, and the customer is told on the number the bank has.
async fn finish(app: &Arc<App>, by: &Customer, what: What) -> Result<()> {
    let (by, tenant) = (by.clone(), by.tenant);
    let unit = move |tx: &Tx<'_>| {
        proof::finish(tx, &by)?;
        audit::note(tx, Actor::Follower(by.follower.raw()), what.act(), "", "done", "")?;
        Job::TellPin { follower: by.follower, what }.enqueue(tx, tx.now())
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// The job: a text message to the number on file, then a word in chat.
pub async fn tell(
    app: &Arc<App>,
    tenant: TenantId,
    follower: FollowerId,
    what: What,
) -> Result<()> {
    let Some(bound) = bound_of(app, tenant, follower).await? else { return Ok(()) };
    let registry = app.registry();
    let (bank, phone) = registry
        .institution(tenant)
        .map(|i| (i.short.clone(), i.phone.clone()))
        .unwrap_or_default();
    let done = match what {
        What::Reset => "您的微信银行密码刚在微信里重新设了",
        What::Unlock => "您的微信银行密码刚在微信里解了锁",
    };
    let ctx = core_ctx(app, tenant, follower.raw());
    let text = format!("【{bank}】{done}。不是您本人办的，请马上打{phone}。");
    match app.core.otp_target(&ctx, &CustNo::new(&bound.customer)).await {
        Ok(number) => app.sms.send(Way::Text, &number, &text).await?,
        Err(CoreError::Rejected(reject)) => {
            tracing::warn!(%reject, "there is no number to tell of a PIN that changed");
        }
        Err(e) => return Err(of_core(e)),
    }
    let at = followers::whereabouts(app, tenant, follower).await?;
    let Some((home, account, openid)) = at else { return Ok(()) };
    let words = format!("{done}。不是您本人办的，请马上打 {phone}。");
    inbound::say_or_keep(app, home, follower, account, &openid, &words).await
}

async fn bound_of(
    app: &Arc<App>,
    tenant: TenantId,
    follower: FollowerId,
) -> Result<Option<Arc<Bound>>> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let behind = app.behind.clone();
    let unit = move |tx: &Tx<'_>| {
        followers::store::by_id(tx, follower)?.map(|f| f.open(&keys, &behind)).transpose()
    };
    Ok(app.db.read(Scope::Tenant(tenant), unit).await?.and_then(|s| s.bound))
}

/// 锁到11月24日00:00
pub fn until_words(until: Time) -> String {
    let (_, month, day, hour, minute) = until.china();
    format!("锁到{month}月{day}日{hour:02}:{minute:02}")
}
