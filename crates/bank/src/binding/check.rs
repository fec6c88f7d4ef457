//! Step one: what was typed against what the bank has on file, one combined answer (CA-01).
//!
//! Tries are counted before the core is asked and given back when it was no failure, so the limit is exact however many
//! come at once. A second tap of the same claim waits for the first one's answer and gets the same. When the core is
//! silent the claim is kept, sealed, and checked later (`verify.rs`). Not for: the steps after it.

use super::agreements::{self, At};
use super::face;
use super::input::{Aim, CARD, Elements, Typed};
use super::limits::{self, Window};
use super::store::{self, Claim, Row, Step};
use super::{
    ADULT_YEARS, BOUND_ALREADY, CONSENT_MISSING, CORE_BUSY, Consent, ELDER_YEARS, LOCKED, MINOR,
    MISMATCH, NO_MOBILE, OTHER_BANK, REMIND_AFTER_MS, TAKEN, TAP_MS, WRONG_STEP,
};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::followers::FollowerId;
use crate::jobs::Job;
use crate::sessions::Customer;
use crate::sms;
use crate::tenants::{AccountId, UNION};
use crate::vault::{Blind, TenantKeys};
use crate::verbs::core_ctx;
use base::{Refusal, Result, TenantId, Time};
use corebank::{
    AccountState, CoreError, CustomerState, IdType, Issuer, NumberKind, Party, PartyClaim, Reject,
};
use db::{Scope, Tx};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// A claim whose check was begun and never ended (its process died) holds the follower this long.
const ASKING_MS: i64 = 30_000;
const LOOKS: u32 = 200;
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub(super) const KEPT: Refusal =
    Refusal::unavailable("core.busy", "系统忙，资料已存好，核对好了在聊天里告诉您。");

pub(super) const NO_ONES: &str = "这不是省内农信机构的卡或存折，请换一张再试";

/// Whose attempt it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whom {
    pub(super) tenant: TenantId,
    pub(super) follower: FollowerId,
    pub(super) account: AccountId,
}

impl Whom {
    fn of(by: &Customer) -> Self {
        Self { tenant: by.tenant, follower: by.follower, account: by.account }
    }
}

/// What `check` came to.
#[derive(Debug, Clone)]
pub enum Checked {
    /// Go on with the code.
    Otp { mobile_masked: String },
    /// The follower is served by the card's bank now; the page starts anew there.
    Moved(TenantId),
    /// Not these elements; so many tries are left.
    Refused {
        refusal: Refusal,
        left: Option<i64>,
        retry_after_s: Option<i64>,
        bank: Option<String>,
    },
}

pub(super) fn no(refusal: Refusal) -> Checked {
    Checked::Refused { refusal, left: None, retry_after_s: None, bank: None }
}

/// What the first tap was told, kept for the second. Codes and our own words, no personal data.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Told {
    code: String,
    words: String,
    left: Option<i64>,
    retry_after_s: Option<i64>,
    bank: Option<String>,
    moved: Option<i64>,
}

/// Every refusal step one may tell.
const REFUSALS: [Refusal; 10] =
    [MISMATCH, LOCKED, OTHER_BANK, CARD, TAKEN, MINOR, NO_MOBILE, BOUND_ALREADY, KEPT, WRONG_STEP];

impl Told {
    fn of(checked: &Checked) -> Self {
        match checked {
            Checked::Otp { .. } => Self::default(),
            Checked::Moved(to) => Self { moved: Some(to.raw()), ..Self::default() },
            Checked::Refused { refusal, left, retry_after_s, bank } => Self {
                code: refusal.code.to_owned(),
                words: refusal.words.clone().into_owned(),
                left: *left,
                retry_after_s: *retry_after_s,
                bank: bank.clone(),
                moved: None,
            },
        }
    }
    fn again(self, mobile_masked: String) -> Checked {
        if let Some(to) = self.moved {
            return Checked::Moved(TenantId::of(to));
        }
        match REFUSALS.into_iter().find(|r| r.code == self.code) {
            None => Checked::Otp { mobile_masked },
            Some(refusal) => Checked::Refused {
                refusal: refusal.say(self.words),
                left: self.left,
                retry_after_s: self.retry_after_s,
                bank: self.bank,
            },
        }
    }
}

pub(super) fn tries(app: &App) -> Window {
    Window { kind: "bind.day", ms: base::DAY_MS, max: app.config.limits.bind_tries_per_day }
}
fn tries_of_ip(app: &App) -> Window {
    Window { kind: "bind.ip", ms: 3_600_000, max: app.config.limits.bind_tries_per_ip_hour }
}

/// Who is counted (CA-02): the follower, the claimed account, the address. Kept as blind indexes only.
struct Subjects(Vec<(Blind, Window)>);

impl Subjects {
    fn of(app: &App, keys: &TenantKeys, whom: Whom, e: &Elements, ip: Option<&str>) -> Self {
        let mut all = vec![
            (keys.blind("follower", &whom.follower.to_string()), tries(app)),
            (keys.blind("claimed", e.card_no.reveal()), tries(app)),
        ];
        all.extend(ip.map(|ip| (keys.blind("ip", ip), tries_of_ip(app))));
        Self(all)
    }
    fn counted(&self) -> Vec<(&Blind, Window)> {
        self.0.iter().map(|(s, w)| (s, *w)).collect()
    }
    fn give_back(&self, tx: &Tx<'_>) -> Result<()> {
        self.0.iter().try_for_each(|(s, w)| limits::give_back(tx, s, *w))
    }
    /// A failure stays counted; how many tries follower and account have left.
    fn keep(&self, tx: &Tx<'_>) -> Result<i64> {
        let mut least = i64::MAX;
        for (subject, window) in &self.0 {
            limits::lock_if_full(tx, subject, *window)?;
            if window.kind == "bind.day" {
                least = least.min(limits::left(tx, subject, *window)?.0);
            }
        }
        Ok(least)
    }
}

/// One claim on its way.
struct Asked {
    whom: Whom,
    elements: Elements,
    switch: bool,
    consents: Vec<Consent>,
    /// Tells this claim from another one.
    index: Blind,
    subjects: Subjects,
    keys: Arc<TenantKeys>,
}

enum Begun {
    Ours,
    Told(Checked),
    /// Another tap of the same claim is being answered.
    Waiting,
}

/// Step one. `ip` is counted and kept only as a blind index.
pub async fn check(app: &Arc<App>, by: &Customer, typed: &Typed, ip: &str) -> Result<Checked> {
    let elements = typed.clean()?;
    if !app.sms.is_configured() {
        return sms::NO_GATEWAY.into();
    }
    if typed.aim == Aim::Swap && !app.face.is_configured() {
        return face::NONE.into();
    }
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let whom = Whom::of(by);
    let asked = Arc::new(Asked {
        whom,
        index: elements.index(&keys, whom.follower, typed.switch),
        subjects: Subjects::of(app, &keys, whom, &elements, Some(ip)),
        switch: typed.switch,
        consents: typed.consents.clone(),
        elements,
        keys,
    });
    for _ in 0..LOOKS {
        match begin(app, &asked).await? {
            Begun::Told(checked) => return Ok(checked),
            Begun::Ours => {
                let found = ask_core(app, whom, &asked.elements).await;
                return settle(app, &asked, found).await;
            }
            Begun::Waiting => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
    CORE_BUSY.into()
}

/// Counts the try ahead and takes the follower's row, unless the same claim was or is being answered.
async fn begin(app: &App, asked: &Arc<Asked>) -> Result<Begun> {
    let (asked, tenant) = (asked.clone(), asked.whom.tenant);
    let unit = move |tx: &Tx<'_>| {
        let follower = asked.whom.follower;
        if let Some(row) = store::row(tx, follower)?.filter(|r| asked.index.is(&r.index))
            && let Some(begun) = same_claim(tx.now(), row)?
        {
            return Ok(begun);
        }
        // Nothing that was typed is looked at before the customer agrees that it is.
        agreements::agree(tx, follower, &asked.consents)?;
        if agreements::missing(tx, follower)?.iter().any(|a| a.at == At::Card) {
            return Ok(Begun::Told(no(CONSENT_MISSING)));
        }
        if let Some(ms) = limits::count_all(tx, &asked.subjects.counted())? {
            return Ok(Begun::Told(Checked::Refused {
                refusal: LOCKED,
                left: Some(0),
                retry_after_s: Some(ms / 1000),
                bank: None,
            }));
        }
        store::put(tx, follower, &Row::begun(asked.index.now(), tx.now()))?;
        Ok(Begun::Ours)
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// What a second tap gets; `None` when it is no tap but a new try.
fn same_claim(now: Time, row: Row) -> Result<Option<Begun>> {
    let age = now.since(row.started_at);
    Ok(match row.step {
        Step::Asking if age < ASKING_MS => Some(Begun::Waiting),
        Step::Asking => None,
        _ if age < TAP_MS => {
            let told: Told = serde_json::from_str(&row.answer)?;
            Some(Begun::Told(told.again(row.mobile_masked)))
        }
        _ => None,
    })
}

/// What the core said of a claim.
pub(super) enum Found {
    Fits(Party),
    Mismatch {
        left: i64,
    },
    Locked {
        until: Time,
    },
    /// A card or passbook of another institution of the province.
    Foreign(Issuer),
    /// Of no institution of the province.
    NoOnes,
    /// No card's number and no passbook's.
    NoNumber,
    /// No answer: to be asked again later.
    Silent,
    /// The books are being closed (日终).
    Closed {
        opens_at: Option<Time>,
    },
}

pub(super) async fn ask_core(app: &App, whom: Whom, e: &Elements) -> Found {
    let ctx = core_ctx(app, whom.tenant, whom.follower.raw());
    match app.core.issuer(&ctx, e.card_no.reveal()).await {
        Ok(Some(owner)) if owner.tenant == whom.tenant => {}
        Ok(Some(owner)) => return Found::Foreign(owner),
        Ok(None) => return Found::NoOnes,
        Err(CoreError::Rejected(Reject::Validation { .. })) => return Found::NoNumber,
        Err(e) => return of_error(&e),
    }
    let claim = PartyClaim {
        name: e.name.clone(),
        id_type: IdType::ResidentId,
        id_no: e.id_no.clone(),
        account_no: e.card_no.clone(),
        mobile: e.mobile.clone(),
    };
    match app.core.verify_party(&ctx, &claim).await {
        Ok(party) => Found::Fits(party),
        Err(e) => of_error(&e),
    }
}

fn of_error(e: &CoreError) -> Found {
    tracing::warn!(error = %e, "the core did not confirm a party");
    match e {
        CoreError::Rejected(Reject::PartyMismatch { left }) => {
            Found::Mismatch { left: i64::from(*left) }
        }
        CoreError::Rejected(Reject::PartyLocked { until }) => Found::Locked { until: *until },
        CoreError::Rejected(Reject::DayClosed { opens_at }) => {
            Found::Closed { opens_at: *opens_at }
        }
        CoreError::Rejected(Reject::Unsupported | Reject::Other { .. })
        | CoreError::NotSent(_)
        | CoreError::Unknown(_) => {
            metrics::counter!("weiyin_core_busy_total").increment(1);
            Found::Silent
        }
        CoreError::Rejected(_) => Found::Mismatch { left: i64::MAX },
    }
}

/// Whether the card's bank may take this follower over: through the provincial account, when no bank serves them yet or
/// the customer says so.
pub(super) fn may_move(app: &App, whom: Whom, owner: &Issuer, switch: bool) -> bool {
    let registry = app.registry();
    let provincial = registry.account_by_id(whom.account).is_some_and(|a| a.is_provincial);
    let known = registry.institution(owner.tenant).is_some();
    provincial && known && (whom.tenant == UNION || switch)
}

pub(super) fn other_bank(app: &App, whom: Whom, owner: &Issuer) -> Checked {
    let provincial = app.registry().account_by_id(whom.account).is_some_and(|a| a.is_provincial);
    let what = if owner.kind == NumberKind::Passbook { "存折" } else { "卡" };
    let words = if provincial {
        format!("这是{}的{what}", owner.name)
    } else {
        format!("这是{}的{what}，请关注那家银行的公众号再绑定", owner.name)
    };
    Checked::Refused {
        refusal: OTHER_BANK.say(words),
        left: None,
        retry_after_s: None,
        bank: provincial.then(|| owner.name.clone()),
    }
}

/// Records what a claim came to, in one unit: the count, the follower's row, the audit, what follows.
async fn settle(app: &Arc<App>, asked: &Arc<Asked>, found: Found) -> Result<Checked> {
    let whom = asked.whom;
    let moves = match &found {
        Found::Foreign(owner) if may_move(app, whom, owner, asked.switch) => Some(owner.tenant),
        _ => None,
    };
    let (unit_app, unit_asked, found) = (app.clone(), asked.clone(), Arc::new(found));
    let unit = move |tx: &Tx<'_>| {
        let (app, asked) = (&*unit_app, &*unit_asked);
        let row = store::row(tx, whom.follower)?;
        let ours = row.is_some_and(|r| r.step == Step::Asking && asked.index.is(&r.index));
        if let Found::Mismatch { left } = &*found {
            let left = asked.subjects.keep(tx)?.min(*left);
            let checked = mismatch(tx, whom, left)?;
            return if ours { refuse(tx, asked, checked) } else { Ok(checked) };
        }
        if !ours {
            // Another claim took its place meanwhile.
            asked.subjects.give_back(tx)?;
            return Ok(no(WRONG_STEP));
        }
        asked.subjects.give_back(tx)?;
        match &*found {
            Found::Fits(party) => {
                match accept(tx, &asked.keys, whom, party, &asked.elements, asked.index.now())? {
                    Some(refusal) => refuse(tx, asked, no(refusal)),
                    None => Ok(Checked::Otp { mobile_masked: masked(party) }),
                }
            }
            Found::Locked { until } => {
                let wait = until.since(tx.now()).max(0) / 1000;
                let refusal = LOCKED;
                let (left, retry_after_s) = (Some(0), Some(wait));
                refuse(tx, asked, Checked::Refused { refusal, left, retry_after_s, bank: None })
            }
            Found::Foreign(owner) => match moves {
                Some(to) => {
                    // What was bound here stays here and ends; the new bank asks anew.
                    super::leave(tx, whom.follower)?;
                    refuse(tx, asked, Checked::Moved(to))
                }
                None => refuse(tx, asked, other_bank(app, whom, owner)),
            },
            Found::NoOnes => refuse(tx, asked, no(OTHER_BANK.say(NO_ONES))),
            Found::NoNumber => refuse(tx, asked, no(CARD)),
            Found::Silent => keep(tx, asked, tx.now().plus_ms(super::verify::FIRST_MS), &KEPT),
            Found::Closed { opens_at } => {
                let at = opens_at.unwrap_or_else(|| tx.now().plus_ms(super::verify::SHUT_MS));
                keep(tx, asked, at, &closed(*opens_at))
            }
            Found::Mismatch { .. } => Ok(no(MISMATCH)),
        }
    };
    let checked = app.db.write(Scope::Tenant(whom.tenant), unit).await?;
    if let Some(to) = moves {
        super::move_home(app, whom.tenant, whom.follower, to).await?;
    }
    Ok(checked)
}

fn closed(opens_at: Option<Time>) -> Refusal {
    let when = opens_at
        .map_or_else(|| "开门后".to_owned(), |t| format!("{}以后", crate::verbs::clock_words(t)));
    KEPT.say(format!("银行正在结账，资料已存好，{when}核对好了在聊天里告诉您。"))
}

fn masked(party: &Party) -> String {
    party.mobile.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn refuse(tx: &Tx<'_>, asked: &Asked, checked: Checked) -> Result<Checked> {
    let answer = serde_json::to_string(&Told::of(&checked))?;
    let row = Row { step: Step::Refused, answer, ..Row::begun(asked.index.now(), tx.now()) };
    store::put(tx, asked.whom.follower, &row)?;
    Ok(checked)
}

/// Keeps the claim, sealed, and the errand that checks it when the core answers again.
fn keep(tx: &Tx<'_>, asked: &Asked, at: Time, refusal: &Refusal) -> Result<Checked> {
    let (follower, checked) = (asked.whom.follower, no(refusal.clone()));
    let row = Row {
        step: Step::Verify,
        answer: serde_json::to_string(&Told::of(&checked))?,
        sealed: store::seal(&asked.keys, follower, &asked.elements.kept())?,
        ..Row::begun(asked.index.now(), tx.now())
    };
    store::put(tx, follower, &row)?;
    Job::VerifyBinding { follower, tried: 0 }.enqueue(tx, at)?;
    audit::note(tx, Actor::Follower(follower.raw()), "bind.check", "", "kept", "core.busy")?;
    Ok(checked)
}

pub(super) fn mismatch(tx: &Tx<'_>, whom: Whom, left: i64) -> Result<Checked> {
    let id = whom.follower.raw();
    audit::note(tx, Actor::Follower(id), "bind.check", "", "refused", MISMATCH.code)?;
    let left = Some(left);
    Ok(Checked::Refused { refusal: MISMATCH, left, retry_after_s: None, bank: None })
}

/// A failure found later counts against follower and account as one found at once.
pub(super) fn count_late(
    tx: &Tx<'_>,
    app: &App,
    keys: &TenantKeys,
    whom: Whom,
    e: &Elements,
) -> Result<()> {
    let subjects = Subjects::of(app, keys, whom, e, None);
    for (subject, window) in subjects.counted() {
        limits::count(tx, subject, window)?;
    }
    subjects.keep(tx).map(|_| ())
}

/// The elements fit: what else stands in the way, else on to the code.
pub(super) fn accept(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    whom: Whom,
    party: &Party,
    elements: &Elements,
    index: &[u8],
) -> Result<Option<Refusal>> {
    let follower = whom.follower;
    let by = Actor::Follower(follower.raw());
    let refused = |refusal: Refusal| {
        audit::note(tx, by, "bind.check", "", "refused", refusal.code)?;
        Ok(Some(refusal))
    };
    if party.age.is_some_and(|a| a < ADULT_YEARS) {
        return refused(MINOR);
    }
    if party.customer_state == CustomerState::Closed || party.account_state == AccountState::Closed
    {
        return refused(MISMATCH.say("这个账户已经销户，请换一张卡或存折，或到网点办理"));
    }
    let Some(mobile) = &party.mobile else { return refused(NO_MOBILE) };
    let holder = store::holder(tx, keys, party.cust_no.as_str())?;
    match holder {
        Some(holder) if holder == follower => return refused(BOUND_ALREADY),
        Some(_) if elements.aim == Aim::Bind => return refused(TAKEN),
        _ => {}
    }
    let claim = Claim {
        customer: party.cust_no.as_str().to_owned(),
        name: elements.name.reveal().clone(),
        id_no: elements.id_no.reveal().clone(),
        card_no: elements.card_no.reveal().clone(),
        mobile: elements.mobile.reveal().clone(),
        is_elder: party.age.is_some_and(|a| a >= ELDER_YEARS),
        aim: if holder.is_some() { elements.aim } else { Aim::Bind },
    };
    let row = Row {
        step: Step::Otp,
        answer: serde_json::to_string(&Told::default())?,
        sealed: store::seal(keys, follower, &claim)?,
        mobile_masked: mobile.to_string(),
        ..Row::begun(index, tx.now())
    };
    store::put(tx, follower, &row)?;
    Job::RemindBinding { follower }.enqueue(tx, tx.now().plus_ms(REMIND_AFTER_MS))?;
    audit::note(tx, by, "bind.check", "", "done", "")?;
    Ok(None)
}
