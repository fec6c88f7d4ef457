//! What a page does with a wish: shows what is to be paid, takes the proofs, pays once, tells the truth.

use super::draft::{self, AGAIN_MS, Payer, Typed, Wish};
use super::intent::{Intent, Product};
use super::rules::{Factors, Judged, Rules};
use super::speed::{self, Speed};
use super::state::{Event, State, Step, step};
use super::store::{self, Along, Kept};
use super::{
    CHANGED, NO_PAYMENT, PaymentId, WishId, cash, engine, holds, orders, serial, stops, wealth,
    words,
};
use crate::accounts::http::bound;
use crate::app::App;
use crate::audit::{self, Actor};
use crate::binding::pin::PinKeyId;
use crate::binding::{self, otp};
use crate::jobs::Job;
use crate::proof::{self, For, Kind};
use crate::sessions::Customer;
use crate::vault::{Place, TenantKeys};
use base::{Error, Fen, Refusal, Result, TenantId, Time};
use corebank::Day;
use corebank::money::Paid;
use db::{Scope, Tx};
use std::sync::Arc;
use std::time::Duration;

pub const AGAIN: Refusal =
    Refusal::conflict("pay.again", "刚才已经转过同样的一笔。确实要再转，请先勾上再办");
const OPEN: Refusal = Refusal::conflict("pay.open", "这一笔还没有办，没有扣钱");
pub const SURE: Refusal = Refusal::conflict("pay.sure", "请先看清楚提醒再办");
/// How long a page waits for the core before it is told that it is being confirmed.
const WAIT: Duration = Duration::from_secs(12);

/// Payments a list shows.
const RECENT: i64 = 5;

/// A page's wish and what became of it.
#[derive(Debug)]
pub(super) enum Seen {
    /// Whose account is meant is to be typed.
    Payee(Wish),
    /// To be confirmed.
    Card(Box<Card>),
    /// It has ended, or is under way.
    Result(Box<Told>),
}

/// What is to be confirmed.
#[derive(Debug)]
pub(super) struct Card {
    pub(super) intent: Intent,
    pub(super) hash: Vec<u8>,
    pub(super) judged: Judged,
    pub(super) is_again: bool,
    pub(super) mobile: String,
    pub(super) available: Option<Fen>,
    /// What must be said of it.
    pub(super) notes: Vec<String>,
    /// When it goes out, where that may be chosen.
    pub(super) speed: Option<Speed>,
}

/// Where a payment stands.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) row: Kept,
    pub(super) intent: Intent,
    pub(super) paid: Option<Paid>,
    /// Of booked cash that waits.
    pub(super) cash_code: Option<String>,
    /// Of an order: what it says about the money.
    pub(super) set_aside: String,
}

/// Who is at the page, and as what they are bound.
pub(super) async fn payer(app: &Arc<App>, by: &Customer) -> Result<Payer> {
    let bound = bound(app, by).await?;
    Ok(Payer { tenant: by.tenant, follower: by.follower, bound, session: Some(by.session) })
}

/// The wish a page was opened for.
fn wish_id(by: &Customer) -> Result<WishId> {
    let task = by.task.as_ref().ok_or(NO_PAYMENT)?;
    let with: std::collections::BTreeMap<String, String> = serde_json::from_str(&task.opens_with)?;
    let id = with.get("wish").and_then(|id| id.parse::<i64>().ok());
    id.map(WishId::of).ok_or_else(|| NO_PAYMENT.into())
}

/// What the page's wish says, and its payment. A wish that another took the place of opens nothing.
pub(super) async fn opened(
    app: &Arc<App>,
    by: &Customer,
) -> Result<(WishId, Wish, Option<PaymentId>)> {
    let id = wish_id(by)?;
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let follower = by.follower;
    let unit = move |tx: &Tx<'_>| {
        let kept = store::wish(tx, id)?.filter(|w| w.follower == follower).ok_or(NO_PAYMENT)?;
        if kept.state != "live" && kept.payment.is_none() {
            return CHANGED.into();
        }
        let said: Wish = keys.open_json(Place::new(store::WISH, id.raw()), &kept.sealed)?;
        Ok((id, said, kept.payment))
    };
    app.db.read(Scope::Tenant(by.tenant), unit).await
}

/// How the page's wish stands.
pub(super) async fn see(app: &Arc<App>, by: &Customer) -> Result<Seen> {
    let payer = payer(app, by).await?;
    let (_, said, payment) = opened(app, by).await?;
    let Some(id) = payment else { return Ok(Seen::Payee(said)) };
    let told = told(app, by, id).await?;
    if !matches!(told.row.state, State::Draft | State::Challenged) {
        return Ok(Seen::Result(Box::new(told)));
    }
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (rules, unit_payer, intent) = (app.config.payments, payer.clone(), told.intent.clone());
    let unit = move |tx: &Tx<'_>| {
        let judged = draft::judge(tx, &keys, &rules, &unit_payer, &intent, None)?;
        Ok((judged, is_again(tx, &keys, &intent, id)?))
    };
    let (judged, is_again) = app.db.read(Scope::Tenant(by.tenant), unit).await?;
    let untouched = format!("{}。", told.intent.product.untouched());
    let mobile = match proof::number::look_up(app, by, &payer.bound, &untouched).await {
        Err(Error::Refused(no)) if no.code != proof::number::CHANGED.code => String::new(),
        looked => looked?,
    };
    let hash = told.row.hash.clone();
    let available = available(app, &payer, &told.intent).await;
    let sheet = wealth::sheet(app, &payer, &told.intent).await?;
    let (notes, judged) = match sheet {
        Some(sheet) => (sheet.lines, Judged { warning: sheet.warning, ..judged }),
        None => (vec![], judged),
    };
    let speed = speed::of(&told.intent, &said);
    let card =
        Card { intent: told.intent, hash, judged, is_again, mobile, available, notes, speed };
    Ok(Seen::Card(Box::new(card)))
}

/// What the payer may spend now; none when the core does not say.
async fn available(app: &Arc<App>, payer: &Payer, intent: &Intent) -> Option<Fen> {
    let ctx = crate::verbs::core_ctx(app, payer.tenant, payer.follower.raw());
    let account = corebank::AccountRef::new(&intent.payer.number);
    if intent.product == Product::LoanDraw {
        let customer = corebank::CustNo::new(&payer.bound.customer);
        let lines = app.core.credit_lines(&ctx, &customer).await.ok()?;
        return lines.into_iter().find(|l| l.account == account).map(|l| l.room);
    }
    let balance = app.core.balance(&ctx, &account).await.ok()?;
    // Nothing of a time deposit is spent, and all of it may be taken out.
    let is_taken = intent.product == Product::DepositTaking;
    Some(if is_taken { balance.posted } else { balance.available })
}

fn is_again(tx: &Tx<'_>, keys: &TenantKeys, intent: &Intent, id: PaymentId) -> Result<bool> {
    // An order is looked at beside the other orders.
    if intent.when.is_some() {
        return Ok(false);
    }
    let since = tx.now().plus_ms(-AGAIN_MS);
    let equal = store::equal(tx, keys, intent, since, Some(id))?;
    match equal {
        Some((serial, state)) if state.is_under_way() => {
            draft::under_way(intent.product, &serial).into()
        }
        equal => Ok(equal.is_some()),
    }
}

/// Takes a payee typed on the page.
pub(super) async fn type_payee(app: &Arc<App>, by: &Customer, typed: &Typed) -> Result<()> {
    let payer = payer(app, by).await?;
    match opened(app, by).await? {
        // Tapped twice: what the first tap made is shown.
        (_, _, Some(_)) => Ok(()),
        (id, said, None) => {
            let made = draft::to_new_payee(app, &payer, id, &said, typed).await.map(|_| ());
            noted(app, by, "payee.add", made).await
        }
    }
}

/// What was done; a refusal of it leaves its row.
pub(super) async fn noted<T>(
    app: &Arc<App>,
    by: &Customer,
    act: &'static str,
    done: Result<T>,
) -> Result<T> {
    if let Err(Error::Refused(no)) = &done {
        note_refused(app, by, act, no.code).await?;
    }
    done
}

async fn note_refused(
    app: &Arc<App>,
    by: &Customer,
    act: &'static str,
    code: &'static str,
) -> Result<()> {
    let (subject, actor) = (wish_id(by)?.to_string(), Actor::Follower(by.follower.raw()));
    let unit = move |tx: &Tx<'_>| audit::note(tx, actor, act, &subject, "refused", code);
    app.db.write(Scope::Tenant(by.tenant), unit).await
}

async fn told(app: &Arc<App>, by: &Customer, id: PaymentId) -> Result<Told> {
    let (row, intent, paid) = engine::truth(app, by.tenant, id).await?;
    if row.follower != by.follower {
        return NO_PAYMENT.into();
    }
    let cash_code = match intent.product {
        Product::CashBooking => cash::code_of(app, by.tenant, &row).await?,
        _ => None,
    };
    let set_aside = holds::told(app, by.tenant, &row, &intent).await?;
    Ok(Told { row, intent, paid, cash_code, set_aside })
}

pub(super) async fn its_payment(app: &Arc<App>, by: &Customer) -> Result<Told> {
    let (_, _, payment) = opened(app, by).await?;
    told(app, by, payment.ok_or(NO_PAYMENT)?).await
}

/// How the page's payment stands; a draft has no result.
pub(super) async fn result(app: &Arc<App>, by: &Customer) -> Result<Told> {
    let told = its_payment(app, by).await?;
    let is_open = matches!(told.row.state, State::Draft | State::Challenged);
    if is_open { OPEN.into() } else { Ok(told) }
}

/// What a code of this payment is for. The hash is what was shown; a draft of another is refused (TA-01).
async fn asked(app: &Arc<App>, by: &Customer, hash: &[u8]) -> Result<(Told, For)> {
    let told = its_payment(app, by).await?;
    if told.row.hash != hash {
        return CHANGED.into();
    }
    let asked = For {
        purpose: "pay",
        what_for: words::code_for(&told.intent).into(),
        intent: told.row.hash.clone(),
    };
    Ok((told, asked))
}

pub(super) async fn send_code(
    app: &Arc<App>,
    by: &Customer,
    hash: &[u8],
    wish: otp::Wish,
) -> Result<otp::Issued> {
    let payer = payer(app, by).await?;
    let (told, asked) = asked(app, by, hash).await?;
    still_open(&told)?;
    proof::send_code(app, by, &payer.bound, &asked, wish).await
}

pub(super) async fn check_code(
    app: &Arc<App>,
    by: &Customer,
    hash: &[u8],
    code: &str,
) -> Result<(otp::Verdict, Option<String>)> {
    let (_, asked) = asked(app, by, hash).await?;
    proof::check_code(app, by, &asked, code).await
}

fn still_open(told: &Told) -> Result<()> {
    let (row, product) = (&told.row, told.intent.product);
    match row.state {
        State::Draft | State::Challenged => Ok(()),
        State::Ended => CHANGED.say(words::sentence(product, row.state, &row.why, "")).into(),
        _ => CHANGED.into(),
    }
}

/// What the customer put in to pay.
#[derive(Clone)]
pub struct Order {
    pub hash: Vec<u8>,
    pub key: PinKeyId,
    pub cipher: String,
    /// Read the reminders and wants it all the same.
    pub sure: bool,
    pub shown_ms: i64,
}

base::unprinted!(Order);

/// Pays. Tapped twice, the second tap is told what the first one came to; nothing is paid twice.
pub(super) async fn pay(
    app: &Arc<App>,
    by: &Customer,
    order: &Order,
) -> Result<std::result::Result<Told, proof::No>> {
    let paid = prove_and_pay(app, by, order).await;
    let refused = match &paid {
        Err(Error::Refused(no)) | Ok(Err(proof::No(no, _))) => Some(no.code),
        Err(_) | Ok(Ok(_)) => None,
    };
    if let Some(code) = refused {
        note_refused(app, by, "payment.pay", code).await?;
    }
    paid
}

async fn prove_and_pay(
    app: &Arc<App>,
    by: &Customer,
    order: &Order,
) -> Result<std::result::Result<Told, proof::No>> {
    let payer = payer(app, by).await?;
    let (told, asked) = asked(app, by, &order.hash).await?;
    let id = told.row.id;
    if !matches!(told.row.state, State::Draft | State::Challenged) {
        return Ok(Ok(wait(app, by, id).await?));
    }
    app.payments.may_begin(by.tenant, app.clock().now())?;
    let first = look(app, by, &payer, &told, order).await?;
    let sealed = (order.key, order.cipher.as_str());
    let proved = proof::prove_pin(app, by, &payer.bound, &asked, first, sealed).await;
    if let Err(no) = proved.map_err(|e| unproved(e, told.intent.product))? {
        // The PIN of a second tap was spent by the first.
        let now = self::told(app, by, id).await?;
        if !matches!(now.row.state, State::Draft | State::Challenged) {
            return Ok(Ok(wait(app, by, id).await?));
        }
        return Ok(Err(no));
    }
    authorise(app, by, &payer, id, order).await?;
    app.payments.call();
    engine::advance(app, by.tenant, id).await?;
    if told.intent.when.is_some() {
        holds::advance_draft(app, by.tenant, id).await?;
    }
    Ok(Ok(wait(app, by, id).await?))
}

/// A core that did not say whether the PIN is right: the first words are what happened to the money.
fn unproved(e: Error, product: Product) -> Error {
    match e {
        Error::Refused(no) if no.code == binding::CORE_BUSY.code => {
            let untouched = product.untouched();
            no.say(format!("{untouched}。银行系统没有回话，请过一会儿再试")).into()
        }
        e => e,
    }
}

/// Looks whether it may be paid, before anybody's PIN is tried; what must be proved before the PIN.
async fn look(
    app: &Arc<App>,
    by: &Customer,
    payer: &Payer,
    told: &Told,
    order: &Order,
) -> Result<&'static [Kind]> {
    let product = told.intent.product;
    let untouched = format!("{}。", product.untouched());
    let looked = proof::number::look_up(app, by, &payer.bound, &untouched).await;
    looked.map_err(|e| match unproved(e, product) {
        Error::Refused(no) if !no.words.starts_with(&untouched) => {
            no.say(format!("{untouched}{}", no.words)).into()
        }
        e => e,
    })?;
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (rules, payer, intent, id) =
        (app.config.payments, payer.clone(), told.intent.clone(), told.row.id);
    let order = order.clone();
    let unit = move |tx: &Tx<'_>| may(tx, &keys, &rules, &payer, &intent, id, &order);
    app.db.read(Scope::Tenant(by.tenant), unit).await
}

pub(super) fn may(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    rules: &Rules,
    payer: &Payer,
    intent: &Intent,
    id: PaymentId,
    order: &Order,
) -> Result<&'static [Kind]> {
    stops::may(tx, intent.product)?;
    let judged = draft::judge(tx, keys, rules, payer, intent, Some(order.shown_ms))?;
    if is_again(tx, keys, intent, id)? && !order.sure {
        let deed = intent.product.deed();
        return AGAIN
            .say(format!("刚才已经{deed}过同样的一笔。确实要再{deed}，请先勾上再办"))
            .into();
    }
    if !judged.warning.is_empty() && !order.sure {
        return SURE.into();
    }
    Ok(match judged.factors {
        Factors::Pin => &[],
        Factors::CodeAndPin => &[Kind::Code],
    })
}

async fn authorise(
    app: &Arc<App>,
    by: &Customer,
    payer: &Payer,
    id: PaymentId,
    order: &Order,
) -> Result<()> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let rules = app.config.payments;
    let (by, payer, order) = (by.clone(), payer.clone(), order.clone());
    let scope = Scope::Tenant(by.tenant);
    let unit = move |tx: &Tx<'_>| let_go(tx, &keys, &rules, &by, &payer, id, &order);
    app.db.write(scope, unit).await
}

/// Everything is proved: limits and equal payments are looked at once more in the unit that lets it go (TA-06).
pub(super) fn let_go(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    rules: &Rules,
    by: &Customer,
    payer: &Payer,
    id: PaymentId,
    order: &Order,
) -> Result<()> {
    let row = store::by_id(tx, id)?.ok_or(NO_PAYMENT)?;
    if !matches!(row.state, State::Draft | State::Challenged) {
        // Another tap was here meanwhile.
        return Ok(());
    }
    if row.hash != order.hash {
        return CHANGED.into();
    }
    let intent = row.intent(keys)?;
    let first = may(tx, keys, rules, payer, &intent, id, order);
    #[cfg(all(test, feature = "planted"))]
    let first = super::sim::planted_limit(first);
    let first = first?;
    for kind in first {
        if !proof::has(tx, by, *kind, &row.hash)? {
            return proof::missing(*kind).into();
        }
    }
    proof::spend(tx, by)?;
    let actor = Some(Actor::Follower(by.follower.raw()));
    let row = challenge(tx, keys, row, actor)?;
    let Ok(step) = step(&row.standing(), Event::Proved, tx.now()) else {
        return CHANGED.say(words::sentence(intent.product, State::Ended, "too_late", "")).into();
    };
    if intent.when.is_some() {
        return keep_order(tx, keys, payer, &row, &intent);
    }
    let counted_on = (!intent.to.is_own).then(|| Day::at(tx.now()));
    let along = Along { counted_on, by: actor, ..Along::default() };
    if store::move_on(tx, keys, &row, step, &along)? { Ok(()) } else { CHANGED.into() }
}

/// What is to be paid later is kept as an order, and its draft has done its part.
fn keep_order(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    by: &Payer,
    row: &Kept,
    intent: &Intent,
) -> Result<()> {
    let Ok(given_up) = step(&row.standing(), Event::GivenUp, tx.now()) else {
        return CHANGED.into();
    };
    let is_held = orders::make(tx, keys, row, intent, by.bound.binding.raw())?;
    let along = Along { by: Some(Actor::Follower(by.follower.raw())), ..Along::default() };
    let to = Step { why: words::ORDERED, ..given_up };
    if !store::move_on(tx, keys, row, to, &along)? {
        return CHANGED.into();
    }
    if is_held {
        // Told when it is known whether the money is set aside.
        return Ok(());
    }
    Job::TellPayment { payment: row.id, state: State::Ended.code() }.enqueue(tx, tx.now())
}

/// Proofs were asked for.
fn challenge(tx: &Tx<'_>, keys: &TenantKeys, row: Kept, by: Option<Actor<'_>>) -> Result<Kept> {
    if row.state == State::Challenged {
        return Ok(row);
    }
    let to = step(&row.standing(), Event::Asked, tx.now())?;
    store::move_on(tx, keys, &row, to, &Along { by, ..Along::default() })?;
    store::by_id(tx, row.id)?.ok_or_else(|| Error::from(NO_PAYMENT))
}

/// Waits a while for a payment that is on its way; its state then.
async fn wait(app: &Arc<App>, by: &Customer, id: PaymentId) -> Result<Told> {
    let until = tokio::time::Instant::now() + WAIT;
    loop {
        let told = told(app, by, id).await?;
        let is_on_its_way = matches!(told.row.state, State::Authorised | State::Submitting);
        if !is_on_its_way || tokio::time::Instant::now() >= until {
            return Ok(told);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The customer will not pay, or does not want cash that is booked.
pub(super) async fn cancel(app: &Arc<App>, by: &Customer) -> Result<Told> {
    let (_, _, payment) = opened(app, by).await?;
    let id = payment.ok_or(NO_PAYMENT)?;
    let now = told(app, by, id).await?;
    if now.intent.product == Product::CashBooking && now.row.state == State::Accepted {
        cash::call_off(app, by, &now).await?;
        return told(app, by, id).await;
    }
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let follower = by.follower;
    let unit = move |tx: &Tx<'_>| {
        let Some(row) = store::by_id(tx, id)?.filter(|r| r.follower == follower) else {
            return NO_PAYMENT.into();
        };
        if matches!(row.state, State::Draft | State::Challenged) {
            let step: Step = step(&row.standing(), Event::GivenUp, tx.now())?;
            let by = Some(Actor::Follower(follower.raw()));
            if store::move_on(tx, &keys, &row, step, &Along { by, ..Along::default() })? {
                // The chat still stands at the card: it is told, and puts it away.
                Job::TellPayment { payment: id, state: step.to.code() }.enqueue(tx, tx.now())?;
            }
        }
        Ok(())
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await?;
    told(app, by, id).await
}

/// A payment as the chat lists it.
#[derive(Debug)]
pub struct Recent {
    pub at: Time,
    pub to: String,
    pub amount: Fen,
    pub state: String,
    pub serial: String,
}

/// What a customer paid lately, the latest first.
pub async fn recent(app: &Arc<App>, tenant: TenantId, customer: &str) -> Result<Vec<Recent>> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let customer = customer.to_owned();
    let unit = move |tx: &Tx<'_>| {
        let rows = store::recent(tx, &keys, &customer, RECENT)?;
        let one = |row: Kept| {
            let intent = row.intent(&keys)?;
            Ok(Recent {
                at: row.created_at,
                to: words::whom(&intent),
                amount: intent.amount,
                state: words::title(intent.product, row.state),
                serial: serial::short(&row.serial).to_owned(),
            })
        };
        rows.into_iter().map(one).collect()
    };
    app.db.read(Scope::Tenant(tenant), unit).await
}
