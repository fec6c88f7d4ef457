//! 无卡取款: cash that is booked in chat and taken at a machine, by a code that only the customer's page shows and a word that the
//! customer chose.
//!
//! A booking is a payment whose payee is the till: it has the draft, the proofs, the limits and the truth of every payment; what
//! nobody takes comes back ([ADR 30](../../../../docs/adr/0030-booked-cash.md)). *Invariant*: the code stands sealed beside the
//! payment until it is over, never in chat, a URL or a log; of the word nothing is kept. Not for: machines, which are the core's.

use super::confirm::{self, Told};
use super::draft::{self, Drafted, NO_MONEY, Payer, SHORT, Wish, money, of_core};
use super::intent::{Product, Target};
use super::state::State;
use super::store::{self, Kept};
use super::{NO_PAYMENT, beside, engine, words};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::binding::pin;
use crate::sessions::Customer;
use crate::verbs::{clock_words, core_ctx};
use base::{Fen, Refusal, Result, TenantId, Time};
use corebank::cash::{self, STEP};
use corebank::money::{Paid, Payee};
use corebank::{AccountRef, CoreError, Reject};
use db::{Scope, Tx};
use std::sync::Arc;

/// What a wish for cash says it is for.
pub const TO: &str = "cash";
/// How long a booking is good.
pub const MINUTES: i64 = 30;
const CODES: u64 = 100_000_000;
/// Bytes of what a code is hashed with.
const SALT_BYTES: usize = 16;

pub const AMOUNT: Refusal =
    Refusal::invalid("ask.amount", "没有扣钱。取款机只出整百的，比如 300、500。");
const LACKS: &str = "没有扣钱。这家银行还不能无卡取款，请带卡或存折到网点。";
pub const WEAK: Refusal =
    Refusal::invalid("cash.word", "口令太好猜了。请设 6 位数字，不要连着，也不要重复");
pub const NOT_OFF: Refusal = Refusal::unavailable(
    "cash.not_off",
    "还没有取消成，银行系统没有回话。请再点一次；到时间没取，钱会自动退回",
);

/// Keeps the wish for cash; the page asks for the word, then there is a draft.
///
/// # Errors
/// Refused with what happened to the money: nothing. `ask.amount` has the amount asked for anew.
pub async fn wish(app: &Arc<App>, by: &Payer, from: &str, amount: Fen) -> Result<Drafted> {
    if !app.core.capabilities().cash {
        return NO_MONEY.say(LACKS).into();
    }
    let most = Fen::of(app.config.payments.single_max_fen);
    if amount <= Fen::ZERO || amount.fen() % STEP.fen() != 0 {
        return AMOUNT.into();
    }
    if amount > most {
        return AMOUNT
            .say(format!("没有扣钱。无卡取款一次最多取 {most} 元，再多请到网点。"))
            .into();
    }
    app.payments.may_begin(by.tenant, app.clock().now())?;
    let account = AccountRef::new(&by.account(from)?.number);
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let has = app.core.balance(&ctx, &account).await.map_err(of_core)?.available;
    if amount > has {
        return SHORT.say(words::short_of(Product::CashBooking, has)).up_to(has).into();
    }
    let wish = Wish {
        from: from.to_owned(),
        to: TO.to_owned(),
        amount,
        purpose: String::new(),
        when: None,
    };
    draft::kept(app, by, &wish, None, None).await
}

/// Takes the word that the customer chose, draws the code, and makes the draft.
pub(super) async fn set_word(app: &Arc<App>, by: &Customer, word: &str) -> Result<()> {
    let payer = confirm::payer(app, by).await?;
    let (id, said, payment) = confirm::opened(app, by).await?;
    if payment.is_some() {
        // Tapped twice: what the first tap made is shown.
        return Ok(());
    }
    if said.to != TO {
        return NO_PAYMENT.into();
    }
    if pin::is_weak(word, &[]) {
        return WEAK.into();
    }
    let code = format!("{:08}", app.random().below(CODES));
    let salt = app.random().hex(SALT_BYTES);
    let (salted, typed, word) = (salt.clone(), code.clone(), word.to_owned());
    let hash = move || cash::verifier(&salted, &typed, &word);
    let verifier = tokio::task::spawn_blocking(hash).await?;
    let to = Target {
        name: "现金".to_owned(),
        bank: String::new(),
        tail: String::new(),
        payee: Payee::Cash { salt, verifier, minutes: MINUTES },
        book: None,
        is_own: false,
        is_new: false,
        shown: None,
    };
    let ready = draft::settle(app, &payer, &said, to).await?;
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (rules, tenant) = (app.config.payments, by.tenant);
    let unit = move |tx: &Tx<'_>| {
        let frozen = draft::keep(tx, &keys, &rules, &payer, &ready)?;
        beside::add_cash_code(tx, &keys, frozen.id, &code)?;
        if store::settle_wish(tx, id, frozen.id)? { Ok(()) } else { super::CHANGED.into() }
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// The code of a booking that waits, for its customer's own page.
pub(super) async fn code_of(
    app: &Arc<App>,
    tenant: TenantId,
    row: &Kept,
) -> Result<Option<String>> {
    if row.state != State::Accepted {
        return Ok(None);
    }
    let (keys, id) = (app.vault.tenant(&app.db, tenant).await?, row.id);
    app.db.read(Scope::Tenant(tenant), move |tx| beside::cash_code(tx, &keys, id)).await
}

/// Until when a booking is good.
pub(super) fn until(payee: &Payee, paid: &Paid) -> Option<Time> {
    match payee {
        Payee::Cash { minutes, .. } => Some(paid.posted_at.plus_ms(minutes * 60_000)),
        _ => None,
    }
}

/// The customer does not want the cash any more: the core gives it back, or says that it was taken.
pub(super) async fn call_off(app: &Arc<App>, by: &Customer, told: &Told) -> Result<()> {
    let mut ctx = core_ctx(app, by.tenant, by.follower.raw());
    ctx.account = Some(AccountRef::new(&told.intent.payer.number));
    let original = engine::request_id(&told.row.serial, "P");
    let came = money(app)?.call_off(&ctx, &original).await;
    let (outcome, detail) = match &came {
        Ok(_) => ("done", ""),
        Err(CoreError::Rejected(Reject::NotFound)) => ("refused", "payee.missing"),
        Err(_) => ("unknown", NOT_OFF.code),
    };
    let (id, actor) = (told.row.id, Actor::Follower(by.follower.raw()));
    let unit = move |tx: &Tx<'_>| {
        audit::note(tx, actor, "cash.call_off", &id.to_string(), outcome, detail)?;
        beside::hurry(tx, id)
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await?;
    // Whatever the answer was, what became of it is asked of the core.
    engine::advance(app, by.tenant, id).await?;
    if came.is_ok() { Ok(()) } else { NOT_OFF.into() }
}

/// A booking that waits, as the chat tells it.
#[derive(Debug)]
pub struct Booked {
    pub amount: Fen,
    /// 10:30
    pub until: String,
    pub wish: i64,
}

/// The customer's bookings that wait, the latest first.
pub async fn booked(app: &Arc<App>, by: &Payer) -> Result<Vec<Booked>> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let customer = by.bound.customer.clone();
    let unit = move |tx: &Tx<'_>| {
        let mut all = vec![];
        for (row, wish) in beside::cash_waiting(tx, &keys, &customer)? {
            let (intent, paid) = (row.intent(&keys)?, row.result(&keys)?);
            let at = paid.as_ref().and_then(|p| until(&intent.to.payee, p));
            let Some(at) = at.filter(|at| *at > tx.now()) else { continue };
            all.push(Booked { amount: intent.amount, until: clock_words(at), wish: wish.raw() });
        }
        Ok(all)
    };
    app.db.read(Scope::Tenant(by.tenant), unit).await
}
