//! Receiving codes (收款码): a customer shows a code, whoever opens it pays into the customer's account.
//!
//! A code is a link that is signed: it names its row and a keyed hash of it, so that nothing secret is kept and nothing can be
//! made up. It says whom and how much; paying is a payment like any other ([`crate::payments`]). Without a sum it may be printed,
//! lives until the customer changes it, and takes little from one payer in a day (银发〔2017〕296号, class D); with a sum it ends.
//! *Invariant*: a payer reads a masked name, never an account. Not for: shops, whose codes are the merchant's own.

pub mod http;
mod store;
#[cfg(test)]
mod tests;

use crate::accounts::http::{NO_ACCOUNT, bound};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::followers::{Bound, BoundAccount};
use crate::payments::draft::{self, Payer, Wish};
use crate::payments::{alias, intent::Shown};
use crate::sessions::{self, Customer, Task};
use crate::tenants::AccountId;
use crate::vault::TenantKeys;
use crate::verbs::core_ctx;
use base::{DAY_MS, Error, Fen, Id, Named, Refusal, Result, TenantId, Time};
use corebank::alias::Alias;
use corebank::recon::hex;
use corebank::{AccountRef, CustNo};
use db::{Scope, Tx};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subtle::ConstantTimeEq;

#[derive(Debug)]
pub enum CodeRow {}
impl Named for CodeRow {
    const PREFIX: &'static str = "clc";
}
pub type CodeId = Id<CodeRow>;

/// How long a code with a sum is good.
pub const FIXED_MS: i64 = DAY_MS;
/// Codes with a sum that one customer may have at a time.
const FIXED_MAX: i64 = 20;
/// The largest sum of a code; a payer's own limits are below it.
const AMOUNT_MAX: Fen = Fen::of(5_000_000);
const NOTE_CHARS_MAX: usize = 20;
/// Bytes of the keyed hash that a link carries.
const MAC_BYTES: usize = 16;
/// In front of a code's own number in what a login goes on with.
pub const PAGE: &str = "payto";

pub const GONE: Refusal =
    Refusal::gone("collect.gone", "没有扣钱。这个收款码过期了，或者对方换过了，请让对方重新出示");
pub const BAD: Refusal =
    Refusal::invalid("collect.bad", "没有扣钱。这不是银行的收款码，或者被改过，不要付");
pub const OWN: Refusal =
    Refusal::conflict("collect.own", "没有扣钱。这是您自己的收款码，自己不能付给自己");
pub const AMOUNT: Refusal = Refusal::invalid("collect.amount", "没有扣钱。请填对金额");
pub const NOTE: Refusal = Refusal::invalid("collect.note", "留言最多 20 个字");
pub const MANY: Refusal =
    Refusal::too_many("collect.many", "带金额的收款码太多了，先点「全部停用」，再做新的");
const LACKS: Refusal =
    Refusal::unavailable("core.lacks", "没有扣钱。这家银行还不能用收款码，请到网点问");

/// What a code is for. C2: sealed at rest.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) customer: String,
    pub(crate) account: BoundAccount,
    /// *芳
    pub(crate) name: String,
    pub(crate) note: String,
}

base::unprinted!(Kept);

/// A code as its row has it.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) id: CodeId,
    pub(crate) kept: Kept,
    /// None: the payer says how much.
    pub(crate) amount: Option<Fen>,
    pub(crate) expires_at: Option<Time>,
}

/// What a customer wishes to show.
#[derive(Clone)]
pub(crate) struct Making {
    /// An account's short name.
    pub(crate) account: String,
    pub(crate) amount: Option<Fen>,
    pub(crate) note: String,
}

base::unprinted!(Making);

fn mac(keys: &TenantKeys, id: CodeId) -> Vec<Vec<u8>> {
    let hashes = keys.blind("collect.link", &id.raw().to_string());
    hashes.all().map(|h| h.iter().copied().take(MAC_BYTES).collect()).collect()
}

/// What the link of a code ends in: tenant, row, keyed hash.
pub(crate) fn token(keys: &TenantKeys, tenant: TenantId, id: CodeId) -> String {
    let mac = mac(keys, id);
    let now = mac.first().map(|m| hex(m)).unwrap_or_default();
    format!("{:x}x{:016x}{now}", tenant.raw(), id.raw())
}

/// The institution and the row that a link names, and the hash it shows.
fn parse(token: &str) -> Option<(TenantId, CodeId, String)> {
    let tenant = sessions::tenant_of(token)?;
    let (_, rest) = token.split_once('x')?;
    let (id, mac) = rest.split_at_checked(16)?;
    let id = i64::from_str_radix(id, 16).ok()?;
    (mac.len() == 2 * MAC_BYTES).then(|| (tenant, CodeId::of(id), mac.to_owned()))
}

/// The live code that a link opens, and where to log in. Whoever made the link up learns only that it is none.
pub(crate) async fn open(app: &Arc<App>, token: &str) -> Result<(TenantId, AccountId, Code)> {
    let (tenant, id, shown) = parse(token).ok_or(BAD)?;
    if app.registry().institution(tenant).is_none() {
        return BAD.into();
    }
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let is_ours = mac(&keys, id).iter().any(|m| hex(m).as_bytes().ct_eq(shown.as_bytes()).into());
    if !is_ours {
        return BAD.into();
    }
    let unit = move |tx: &Tx<'_>| Ok((store::live(tx, &keys, id)?, tx.now()));
    let (found, now) = app.db.read(Scope::Tenant(tenant), unit).await?;
    let (account, code) = found.ok_or(GONE)?;
    if code.expires_at.is_some_and(|at| now >= at) {
        return GONE.into();
    }
    Ok((tenant, account, code))
}

fn checked(making: &Making) -> Result<()> {
    let is_sum = |a: Fen| a > Fen::ZERO && a <= AMOUNT_MAX;
    if making.amount.is_some_and(|a| !is_sum(a)) {
        return AMOUNT.say("请填对金额，最多 50,000.00 元").into();
    }
    let note = &making.note;
    if note.chars().count() > NOTE_CHARS_MAX || note.chars().any(char::is_control) {
        return NOTE.into();
    }
    Ok(())
}

/// The customer's code for this; the one without a sum and a note stays the same until it is changed.
pub(crate) async fn make(app: &Arc<App>, by: &Customer, making: &Making) -> Result<(Code, String)> {
    checked(making)?;
    if !app.core.capabilities().aliases {
        return LACKS.into();
    }
    let bound = bound(app, by).await?;
    let account = at_call(&bound, &making.account)?.clone();
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let who = app.core.customer(&ctx, &CustNo::new(&bound.customer)).await;
    let who = who.map_err(crate::accounts::http::of_core)?;
    let kept = Kept {
        customer: bound.customer.clone(),
        account,
        name: who.name.as_str().to_owned(),
        note: making.note.trim().to_owned(),
    };
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (tenant, by, amount) = (by.tenant, by.clone(), making.amount);
    let (unit_keys, binding) = (keys.clone(), bound.binding.raw());
    let unit = move |tx: &Tx<'_>| {
        let expires_at = amount.map(|_| tx.now().plus_ms(FIXED_MS));
        let plain = amount.is_none() && kept.note.is_empty();
        if plain && let Some(known) = store::plain(tx, &unit_keys, binding, &kept.account.id)? {
            return Ok(known);
        }
        if amount.is_some() && store::fixed(tx, binding)? >= FIXED_MAX {
            return MANY.into();
        }
        let code = Code { id: tx.new_id(), kept: kept.clone(), amount, expires_at };
        store::add(tx, &unit_keys, (binding, by.account), &code)?;
        let actor = Actor::Follower(by.follower.raw());
        audit::note(tx, actor, "collect.make", &code.id.to_string(), "done", "")?;
        Ok(code)
    };
    let code = app.db.write(Scope::Tenant(tenant), unit).await?;
    let token = token(&keys, tenant, code.id);
    Ok((code, format!("{}/h5/c/{token}", app.config.server.public_url)))
}

fn at_call<'b>(bound: &'b Bound, id: &str) -> Result<&'b BoundAccount> {
    let is_one = |a: &&BoundAccount| matches!(a.kind.as_str(), "debit" | "passbook");
    let found = bound.accounts.iter().filter(is_one).find(|a| a.id == id);
    found.ok_or_else(|| NO_ACCOUNT.into())
}

/// Every code of the customer's stops working, printed ones too; how many.
pub(crate) async fn end_all(app: &Arc<App>, by: &Customer) -> Result<u64> {
    let bound = bound(app, by).await?;
    let (binding, actor) = (bound.binding.raw(), Actor::Follower(by.follower.raw()));
    let unit = move |tx: &Tx<'_>| {
        audit::note(tx, actor, "collect.end", "", "done", "")?;
        store::end_all(tx, binding)
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await
}

/// What a login that began at a code goes on with.
pub(crate) fn task(token: &str) -> Result<Task> {
    let with = std::collections::BTreeMap::from([("code", token)]);
    Ok(Task { kind: "collect_qr".to_owned(), opens_with: serde_json::to_string(&with)? })
}

/// The code that a payer's page was opened for.
pub(crate) async fn opened(app: &Arc<App>, by: &Customer) -> Result<(TenantId, Code)> {
    let task = by.task.as_ref().ok_or(BAD)?;
    let with: std::collections::BTreeMap<String, String> = serde_json::from_str(&task.opens_with)?;
    let (tenant, _, code) = open(app, with.get("code").ok_or(BAD)?).await?;
    Ok((tenant, code))
}

fn is_own(by: &Customer, bound: &Bound, (tenant, code): (TenantId, &Code)) -> bool {
    tenant == by.tenant && code.kept.customer == bound.customer
}

/// Makes the draft of what a payer pays by a code; from then on the page is that of every payment.
pub(crate) async fn draft_of(
    app: &Arc<App>,
    by: &Customer,
    account: &str,
    amount: Option<Fen>,
) -> Result<()> {
    let (there, code) = opened(app, by).await?;
    let bound = bound(app, by).await?;
    if is_own(by, &bound, (there, &code)) {
        return OWN.into();
    }
    let amount = code.amount.or(amount).filter(|a| *a > Fen::ZERO).ok_or(AMOUNT)?;
    let payer =
        Payer { tenant: by.tenant, follower: by.follower, bound, session: Some(by.session) };
    let shown =
        Alias::Shown { institution: there, account: AccountRef::new(&code.kept.account.number) };
    let found = alias::find(app, &payer, shown).await.map_err(draft::of_core)?;
    let mut to = alias::target(&payer, found)?.ok_or(GONE)?;
    to.shown = Some(Shown { code: code.id.raw(), is_fixed: code.amount.is_some() });
    let (from, purpose) = (account.to_owned(), code.kept.note.clone());
    let wish = Wish { from, to: format!("code:{}", code.id.raw()), amount, purpose, when: None };
    let made = draft::wish_for(app, &payer, &wish, to, None).await?;
    let with = std::collections::BTreeMap::from([("wish", made.wish.raw().to_string())]);
    let task = Task { kind: "collect_qr".to_owned(), opens_with: serde_json::to_string(&with)? };
    let slug = by.slug.clone();
    let unit = move |tx: &Tx<'_>| sessions::store::carry_task(tx, &slug, &task);
    app.db.write(Scope::Tenant(by.tenant), unit).await
}

/// A payer who opened a code and is not bound: says so in words of this page.
pub(crate) fn is_unbound(e: &Error) -> bool {
    e.is_refusal(crate::binding::NOT_BOUND.code)
}
