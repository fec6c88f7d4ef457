//! Binding (绑卡): a follower proves to be a customer, and from then on may look at their accounts in chat.
//!
//! Steps: `card` (the bank's own check of name, document, account and reserved mobile, one combined answer) → `otp` (to the
//! *reserved* number) → `pin` (own keypad, SM2, straight to the core) → done. A step cannot be skipped: each reads the
//! server's row. Not for: money; L2 confirmation belongs to payments.

pub mod agreements;
pub mod http;
mod input;
pub mod limits;
pub mod otp;
pub mod pin;
mod store;
#[cfg(test)]
mod tests;

pub use store::end;

use crate::app::App;
use crate::audit::{self, Actor};
use crate::followers::{self, BoundAccount};
use crate::jobs::Job;
use crate::sessions::{self, Customer};
use crate::sms;
use crate::verbs::{bound_account, core_ctx};
use base::{Error, Id, Refusal, Result, Secret, TenantId};
use corebank::{
    AccountKind, AccountState, CoreError, CustNo, CustomerState, IdType, Party, PartyClaim, Reject,
};
use db::{Scope, Tx, params};
use input::Elements;
use limits::Window;
use pin::PinKeyId;
use serde::Deserialize;
use std::sync::Arc;
use store::{Claim, Step, Try};

pub const MISMATCH: Refusal = Refusal::invalid(
    "bind.mismatch",
    "姓名、身份证、卡号、手机号有一项和银行登记的不一样。常见原因：手机号换过。",
);
pub const LOCKED: Refusal =
    Refusal::too_many("bind.locked", "今天试的次数太多了，请明天再试，或带身份证到网点");
pub const OTHER_BANK: Refusal = Refusal::conflict("bind.other_bank", "这不是本行的卡");
pub const TAKEN: Refusal = Refusal::conflict(
    "bind.taken",
    "这位客户已经绑在另一个微信上了。换微信请带身份证到网点；不是您本人绑的，请马上打客服电话。",
);
pub const MINOR: Refusal = Refusal::forbidden("bind.minor", "未满16周岁请由监护人带着到网点办理");
pub const CORE_BUSY: Refusal =
    Refusal::unavailable("core.busy", "银行系统忙，资料没有丢，请过一会儿再点一次");
pub const WRONG_STEP: Refusal = Refusal::conflict("bind.step", "这一步已经过了，请刷新页面");
pub const BOUND_ALREADY: Refusal = Refusal::conflict("bind.done", "您已经绑定好了");
pub const NO_MOBILE: Refusal =
    Refusal::forbidden("bind.no_mobile", "您在银行没有留手机号，请带身份证到网点留一个再来绑定");
pub const CONSENT_MISSING: Refusal = Refusal::invalid("consent.missing", "请先看完并同意协议");

/// Sixteen: from then on one's own signature counts.
const ADULT_YEARS: i64 = 16;
/// At this age elder wording is the default.
const ELDER_YEARS: i64 = 60;
const PURPOSE: &str = "bind";
/// Who leaves in the middle is asked once whether to go on.
const REMIND_AFTER_MS: i64 = 30 * 60_000;

/// What `check` came to.
#[derive(Debug)]
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

fn no(refusal: Refusal) -> Checked {
    Checked::Refused { refusal, left: None, retry_after_s: None, bank: None }
}

fn tries(app: &App) -> Window {
    Window { kind: "bind.day", ms: base::DAY_MS, max: app.config.limits.bind_tries_per_day }
}
fn tries_of_ip(app: &App) -> Window {
    Window { kind: "bind.ip", ms: 3_600_000, max: app.config.limits.bind_tries_per_ip_hour }
}

/// Step one. `ip` is counted (CA-02) and kept only as a blind index.
pub async fn check(
    app: &Arc<App>,
    by: &Customer,
    typed: &input::Typed,
    ip: &str,
) -> Result<Checked> {
    let elements = typed.clean()?;
    if !app.sms.is_configured() {
        return sms::NO_GATEWAY.into();
    }
    let subjects = subjects(app, by, ip).await?;
    if let Some(locked) = locked(app, by, &subjects).await? {
        return Ok(locked);
    }
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let owner = app.core.card_owner(&ctx, elements.card_no.reveal()).await.map_err(busy)?;
    let Some(owner) = owner else {
        return Ok(no(OTHER_BANK.say("这张卡不是省内农信机构的卡，请换一张再试")));
    };
    if owner.tenant != by.tenant {
        return other_bank(app, by, typed, &owner).await;
    }
    let claim = PartyClaim {
        name: elements.name.clone(),
        id_type: IdType::ResidentId,
        id_no: elements.id_no.clone(),
        account_no: elements.card_no.clone(),
        mobile: elements.mobile.clone(),
    };
    match app.core.verify_party(&ctx, &claim).await {
        Ok(party) => accept(app, by, &party, &elements).await,
        Err(CoreError::Rejected(Reject::PartyMismatch { left })) => {
            let left = count_failure(app, by, &subjects).await?.min(i64::from(left));
            Ok(Checked::Refused {
                refusal: MISMATCH,
                left: Some(left),
                retry_after_s: None,
                bank: None,
            })
        }
        Err(CoreError::Rejected(Reject::PartyLocked { until })) => {
            let wait = until.since(app.clock().now()).max(0) / 1000;
            Ok(Checked::Refused {
                refusal: LOCKED,
                left: Some(0),
                retry_after_s: Some(wait),
                bank: None,
            })
        }
        Err(CoreError::Rejected(reject)) => {
            tracing::warn!(%reject, "the core refused to check a party");
            let left = count_failure(app, by, &subjects).await?;
            Ok(Checked::Refused {
                refusal: MISMATCH,
                left: Some(left),
                retry_after_s: None,
                bank: None,
            })
        }
        Err(e) => Err(busy(e)),
    }
}

fn busy(e: CoreError) -> Error {
    match e {
        CoreError::Rejected(Reject::Validation { .. }) => MISMATCH.into(),
        CoreError::Rejected(reject) => {
            tracing::warn!(%reject, "the core refused");
            CORE_BUSY.into()
        }
        e => {
            tracing::warn!(error = %e, "the core did not answer");
            metrics::counter!("weiyin_core_busy_total").increment(1);
            CORE_BUSY.into()
        }
    }
}

struct Subjects {
    follower: Vec<u8>,
    ip: Vec<u8>,
}

async fn subjects(app: &App, by: &Customer, ip: &str) -> Result<Subjects> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    Ok(Subjects {
        follower: keys.blind("follower", &by.follower.to_string()),
        ip: keys.blind("ip", ip),
    })
}

async fn locked(app: &App, by: &Customer, who: &Subjects) -> Result<Option<Checked>> {
    let windows = [(who.follower.clone(), tries(app)), (who.ip.clone(), tries_of_ip(app))];
    let unit = move |tx: &Tx<'_>| {
        let mut wait = None;
        for (subject, window) in &windows {
            let (left, until) = limits::left(tx, subject, *window)?;
            if left == 0 {
                wait = wait.max(Some(until));
            }
        }
        Ok(wait)
    };
    let wait = app.db.read(Scope::Tenant(by.tenant), unit).await?;
    Ok(wait.map(|ms| Checked::Refused {
        refusal: LOCKED,
        left: Some(0),
        retry_after_s: Some(ms / 1000),
        bank: None,
    }))
}

/// Counts a failed try against follower and address; how many the follower has left.
async fn count_failure(app: &App, by: &Customer, who: &Subjects) -> Result<i64> {
    let (follower, ip) = (who.follower.clone(), who.ip.clone());
    let (day, hour, id) = (tries(app), tries_of_ip(app), by.follower.raw());
    app.db
        .write(Scope::Tenant(by.tenant), move |tx| {
            limits::count(tx, &follower, day)?;
            limits::count(tx, &ip, hour)?;
            audit::note(tx, Actor::Follower(id), "bind.check", "", "refused", "bind.mismatch")?;
            Ok(limits::left(tx, &follower, day)?.0)
        })
        .await
}

/// A card of another bank of the province. Through the provincial account that bank takes over, at once when no bank
/// served the follower yet, else when the customer says so.
async fn other_bank(
    app: &Arc<App>,
    by: &Customer,
    typed: &input::Typed,
    owner: &corebank::CardOwner,
) -> Result<Checked> {
    let registry = app.registry();
    let provincial = registry.account_by_id(by.account).is_some_and(|a| a.is_provincial);
    let known = registry.institution(owner.tenant).is_some();
    if provincial && known && (by.tenant == crate::tenants::UNION || typed.switch) {
        followers::move_home(app, by.tenant, by.follower, owner.tenant).await?;
        return Ok(Checked::Moved(owner.tenant));
    }
    let words = format!("这是{}的卡，请关注那家银行的公众号再绑定", owner.name);
    let refusal = if provincial {
        OTHER_BANK.say(format!("这是{}的卡", owner.name))
    } else {
        OTHER_BANK.say(words)
    };
    Ok(Checked::Refused {
        refusal,
        left: None,
        retry_after_s: None,
        bank: provincial.then(|| owner.name.clone()),
    })
}

/// The elements fit: what else stands in the way, else on to the code.
async fn accept(
    app: &Arc<App>,
    by: &Customer,
    party: &Party,
    elements: &Elements,
) -> Result<Checked> {
    if party.age.is_some_and(|a| a < ADULT_YEARS) {
        return Ok(no(MINOR));
    }
    if party.customer_state == CustomerState::Closed || party.account_state == AccountState::Closed
    {
        return Ok(no(MISMATCH.say("这个账户已经销户，请换一张卡，或到网点办理")));
    }
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let claim = Claim {
        customer: party.cust_no.as_str().to_owned(),
        id_no: elements.id_no.reveal().clone(),
        card_no: elements.card_no.reveal().clone(),
        mobile: elements.mobile.reveal().clone(),
        is_elder: party.age.is_some_and(|a| a >= ELDER_YEARS),
    };
    let mobile_masked = party.mobile.to_string();
    let (follower, masked) = (by.follower, mobile_masked.clone());
    let unit = move |tx: &Tx<'_>| {
        let index = keys.blind("customer", &claim.customer);
        if let Some(holder) = store::holder(tx, &index)? {
            return Ok(if holder == follower { Some(BOUND_ALREADY) } else { Some(TAKEN) });
        }
        store::set_try(tx, &keys, follower, Step::Otp, &claim, &masked)?;
        Job::RemindBinding { follower }.enqueue(tx, tx.now().plus_ms(REMIND_AFTER_MS))?;
        audit::note(tx, Actor::Follower(follower.raw()), "bind.check", "", "done", "")?;
        Ok(None)
    };
    let refused = app.db.write(Scope::Tenant(by.tenant), unit).await?;
    Ok(refused.map_or(Checked::Otp { mobile_masked }, no))
}

/// What the code confirms: binding this customer to this follower.
fn intent(follower: followers::FollowerId, customer: &str) -> Vec<u8> {
    sessions::hash(&format!("bind:{follower}:{customer}"))
}

async fn current(app: &App, by: &Customer) -> Result<Option<Try>> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let follower = by.follower;
    app.db.read(Scope::Tenant(by.tenant), move |tx| store::current(tx, &keys, follower)).await
}

/// Step two, first half: a code goes to the number the bank has on file, not to the typed one.
pub async fn send_code(app: &Arc<App>, by: &Customer) -> Result<()> {
    let Some(attempt) = current(app, by).await? else {
        return WRONG_STEP.into();
    };
    if attempt.step != Step::Otp {
        return WRONG_STEP.into();
    }
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let number = match app.core.otp_target(&ctx, &CustNo::new(&attempt.claim.customer)).await {
        Ok(number) => number,
        Err(CoreError::Rejected(Reject::NotFound)) => return NO_MOBILE.into(),
        Err(e) => return Err(busy(e)),
    };
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let code = Secret::new(otp::draw(app.random()));
    let (unit_code, unit_number) = (code.clone(), number.clone());
    let (limits, follower) = (app.config.limits.clone(), by.follower);
    let intent = intent(follower, &attempt.claim.customer);
    app.db
        .write(Scope::Tenant(by.tenant), move |tx| {
            let ask = otp::Ask {
                follower,
                purpose: PURPOSE,
                intent: &intent,
                number: unit_number.reveal(),
            };
            otp::issue(tx, &keys, &limits, &ask, unit_code.reveal())
        })
        .await?;
    let registry = app.registry();
    let bank = registry.institution(by.tenant).map(|i| i.short.clone()).unwrap_or_default();
    let minutes = app.config.limits.otp_life_ms / 60_000;
    let text = format!(
        "【{bank}】验证码{}，{minutes}分钟内有效，用于绑定微信银行。任何人索要均为诈骗，请勿告诉他人。",
        code.reveal()
    );
    let sent = app.sms.send(&number, &text).await;
    if sent.is_err() {
        // Nothing went out, so the customer need not wait to ask again.
        app.db
            .write(Scope::Tenant(by.tenant), move |tx| otp::withdraw(tx, follower, PURPOSE))
            .await?;
    }
    sent
}

/// Step two, second half.
pub async fn check_code(app: &Arc<App>, by: &Customer, code: &str) -> Result<otp::Verdict> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (follower, code) = (by.follower, Secret::new(code.trim().to_owned()));
    app.db
        .write(Scope::Tenant(by.tenant), move |tx| {
            let Some(attempt) = store::current(tx, &keys, follower)? else {
                return WRONG_STEP.into();
            };
            if attempt.step != Step::Otp {
                return WRONG_STEP.into();
            }
            let intent = intent(follower, &attempt.claim.customer);
            let verdict = otp::check(tx, &keys, follower, PURPOSE, &intent, code.reveal())?;
            let outcome = if verdict == otp::Verdict::Right { "done" } else { "refused" };
            if verdict == otp::Verdict::Right {
                store::move_try(tx, follower, Step::Otp, Step::Pin)?;
            }
            audit::note(tx, Actor::Follower(follower.raw()), "bind.otp", "", outcome, "")?;
            Ok(verdict)
        })
        .await
}

/// What was agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Consent {
    pub id: String,
    pub version: String,
}

/// Step three: sets the PIN at the core and binds. `Err(Refusal)` in the value means the keypad is spent.
pub async fn finish(
    app: &Arc<App>,
    by: &Customer,
    key: PinKeyId,
    cipher: &str,
    consents: &[Consent],
) -> Result<Vec<BoundAccount>> {
    let agreed =
        |a: &agreements::Agreement| consents.iter().any(|c| c.id == a.id && c.version == a.version);
    if !agreements::ALL.iter().all(agreed) {
        return CONSENT_MISSING.into();
    }
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (unit_by, cipher, unit_keys) = (by.clone(), cipher.to_owned(), keys.clone());
    let opened = app
        .db
        .write(Scope::Tenant(by.tenant), move |tx| {
            let found = store::current(tx, &unit_keys, unit_by.follower)?;
            let Some(attempt) = found.filter(|a| a.step == Step::Pin) else {
                return WRONG_STEP.into();
            };
            let pin = pin::open(tx, &unit_keys, unit_by.session, unit_by.follower, key, &cipher)?;
            Ok((attempt, pin))
        })
        .await?;
    let (attempt, pin) = opened;
    let pin = pin?;
    let claim = &attempt.claim;
    if pin::is_weak(pin.reveal(), &[&claim.id_no, &claim.card_no, &claim.mobile]) {
        return pin::WEAK.into();
    }
    let customer = CustNo::new(&claim.customer);
    let block = app
        .pin_key
        .seal(&pin, customer.as_str(), app.random())
        .map_err(|e| Error::fault(format!("wrapping a PIN for the core: {e}")))?;
    drop(pin);
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    app.core.set_pin(&ctx, &customer, &block).await.map_err(busy)?;
    let accounts = app.core.accounts(&ctx, &customer).await.map_err(busy)?;
    let mut bound = vec![];
    for a in accounts.iter().filter(|a| a.state != AccountState::Closed) {
        bound.push((
            order_of(a.kind),
            a.tail != base::mask_card(&claim.card_no),
            bound_account(a)?,
        ));
    }
    // Everyday accounts first, the one that was typed before its sisters: the first is the default.
    bound.sort_by_key(|(kind, other, _)| (*kind, *other));
    let bound: Vec<BoundAccount> = bound.into_iter().map(|b| b.2).collect();
    record(app, by, claim, &bound).await?;
    Ok(bound)
}

fn order_of(kind: AccountKind) -> u8 {
    match kind {
        AccountKind::Debit | AccountKind::Passbook => 0,
        AccountKind::Credit => 1,
        AccountKind::Loan => 2,
        AccountKind::Deposit => 3,
    }
}

async fn record(
    app: &Arc<App>,
    by: &Customer,
    claim: &Claim,
    accounts: &[BoundAccount],
) -> Result<()> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (unit_by, claim, accounts) = (by.clone(), claim.clone(), accounts.to_vec());
    let taken = app
        .db
        .write(Scope::Tenant(by.tenant), move |tx| {
            let follower = unit_by.follower;
            if !store::add(tx, &keys, follower, &claim, &accounts)? {
                return Ok(true);
            }
            for agreement in agreements::ALL {
                store::consent(tx, follower, agreement)?;
            }
            store::end_try(tx, follower)?;
            if let Some(link) = &unit_by.link {
                sessions::store::end_link(tx, link)?;
            }
            followers::store::touch(tx, follower)?;
            audit::note(tx, Actor::Follower(follower.raw()), "bind.done", "", "done", "")?;
            Job::AfterBinding { follower }.enqueue(tx, tx.now())?;
            Ok(false)
        })
        .await?;
    if taken {
        return TAKEN.into();
    }
    forget(app, by).await
}

/// The copy in memory is old now.
async fn forget(app: &App, by: &Customer) -> Result<()> {
    let follower = by.follower;
    let address = app
        .db
        .read(Scope::Tenant(by.tenant), move |tx| followers::store::address(tx, follower))
        .await?;
    if let Some((account, openid)) = address {
        app.followers.forget(&followers::Person { account, openid: openid.into() });
    }
    Ok(())
}

/// Ends the binding from a page (CA-14): all sessions of the follower die with it.
pub async fn unbind(app: &Arc<App>, by: &Customer) -> Result<()> {
    let follower = by.follower;
    app.db
        .write(Scope::Tenant(by.tenant), move |tx| {
            store::end(tx, follower, "customer", Actor::Follower(follower.raw()))?;
            followers::store::touch(tx, follower)
        })
        .await?;
    forget(app, by).await
}

/// One reminder to a follower who left in the middle; silence when WeChat's window is shut, never a second time.
pub async fn remind(
    app: &Arc<App>,
    tenant: TenantId,
    follower: followers::FollowerId,
) -> Result<()> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let life = app.config.h5.link_ms;
    let public = app.config.server.public_url.clone();
    let unit = move |tx: &Tx<'_>| {
        let waits = store::current(tx, &keys, follower)?.is_some() && !is_bound(tx, follower)?;
        let Some((account, openid)) = followers::store::address(tx, follower)?.filter(|_| waits)
        else {
            return Ok(None);
        };
        let token =
            sessions::store::add_link(tx, account, follower, "bind", "bind_card", "{}", life)?;
        let words =
            format!("绑卡还差一步，要接着弄吗？\n<a href=\"{public}/h5/l/{token}\">接着绑定</a>");
        Ok(Some((account, openid, words)))
    };
    let Some((account, openid, words)) = app.db.write(Scope::Tenant(tenant), unit).await? else {
        return Ok(());
    };
    let registry = app.registry();
    let Some(account) = registry.account_by_id(account) else { return Ok(()) };
    crate::outbox::say(app, account, &openid, &words).await.map(|_| ())
}

/// Binds without the steps: for generated data only, which has no person to ask.
pub(crate) fn seed_row(
    tx: &Tx<'_>,
    keys: &crate::vault::TenantKeys,
    follower: followers::FollowerId,
    customer: &str,
    accounts: &[BoundAccount],
) -> Result<()> {
    let claim = Claim {
        customer: customer.to_owned(),
        id_no: String::new(),
        card_no: String::new(),
        mobile: String::new(),
        is_elder: false,
    };
    store::add(tx, keys, follower, &claim, accounts)?;
    followers::store::set_following(tx, follower, true)?;
    followers::store::touch(tx, follower)
}

/// Id of a row nobody refers to.
fn anonymous(tx: &Tx<'_>) -> Id<()> {
    tx.new_id()
}

/// Whether the follower is bound, for pages.
pub fn is_bound(tx: &Tx<'_>, follower: followers::FollowerId) -> Result<bool> {
    let (n,): (i64,) = tx.one(
        "SELECT COUNT(*) FROM binding WHERE tenant_id = $1 AND follower_id = $2 AND state = 'live'",
        params![tx.tenant(), follower],
    )?;
    Ok(n > 0)
}
