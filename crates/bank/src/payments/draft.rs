//! From a wish to a draft: who pays whom how much is settled with the core and the limits, and frozen.

use super::arrives::{arrival, dealt_on, result_by};
use super::intent::{Intent, Product, Target};
use super::payees::{self, Who};
use super::rules::{self, Case, Factors, Judged, Rules};
use super::speed;
use super::state::State;
use super::store::{self, New};
use super::when::{End, When, far_day_words};
use super::{
    CLOSED, NO_PAYMENT, PaymentId, WishId, agreements, beside, cash as booked, orders, serial,
    stops, wealth, words,
};
use crate::app::App;
use crate::bills::{self, Home};
use crate::binding::limits::{self, Window};
use crate::charity::cash::{self, GiftOf};
use crate::followers::{Bound, BoundAccount, FollowerId};
use crate::sessions::{SessionId, phones};
use crate::vault::{Place, TenantKeys};
use crate::verbs::{core_ctx, shut_words};
use base::{DAY_MS, Error, Fen, Refusal, Result, Stopwatch, TenantId, Time};
use corebank::money::{Money, Payee, PayeeAsk, Quote, QuoteAsk};
use corebank::{AccountRef, CoreError, Day, Reject};
use db::{Scope, Tx};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub const NO_MONEY: Refusal =
    Refusal::unavailable("core.lacks", "这家银行还不能在微信里转账，请到网点办");
pub const SHORT: Refusal = Refusal::conflict("balance.short", "没有扣钱：余额不够");
pub const UNDER_WAY: Refusal = Refusal::conflict("pay.under_way", "这一笔正在办，请不要重复转");
pub const SELF: Refusal = Refusal::invalid("pay.self", "没有扣钱。转出和转入是同一个账户");
pub const MISMATCH: Refusal = Refusal::invalid("payee.mismatch", "卡号和姓名对不上，没有转出");
pub const BANK_UNKNOWN: Refusal = Refusal::invalid("payee.bank_unknown", "请选对方是哪家银行");
pub const NUMBER: Refusal = Refusal::invalid("payee.number", "卡号不对，请对着卡再看一遍");
pub const TRIES: Refusal =
    Refusal::too_many("payee.tries", "今天对不上的次数太多了，请明天再加，或到网点");
const INACTIVE: Refusal = Refusal::conflict("payee.inactive", "没有转出：对方账户状态不正常");
const MISSING: Refusal = Refusal::missing("payee.missing", "没有转出：没有这个收款账户");

/// An equal payment so lately is asked about.
pub const AGAIN_MS: i64 = 10 * 60_000;
/// Names that did not fit, of one customer in a day.
const MISMATCHES: Window = Window { kind: "payee.day", ms: DAY_MS, max: 3 };

/// What a customer wants paid, as said in chat. C2: sealed at rest.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Short name of the payer's account within the binding.
    pub from: String,
    /// `book:ID`, `own:ACCOUNT`, `name:…`, `phone:…`, `bill:BILLER:NUMBER`, `gift:PROJECT`, `loan:ACCOUNT`, `deposit:MONTHS`,
    /// `offer:CODE`, `taken:ACCOUNT`, `wealth:PRODUCT`, `sold:ACCOUNT`, `cash`, `code:ID`, `drawn:ACCOUNT`, `split:CARD`,
    /// `autopay:CARD`.
    pub to: String,
    pub amount: Fen,
    pub purpose: String,
    /// When; none for now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
}

base::unprinted!(Wish);

/// Who wishes.
#[derive(Debug, Clone)]
pub struct Payer {
    pub tenant: TenantId,
    pub follower: FollowerId,
    pub bound: Arc<Bound>,
    /// The page they are at; none in the chat.
    pub session: Option<SessionId>,
}

impl Payer {
    pub(super) fn account(&self, id: &str) -> Result<&BoundAccount> {
        let at_call = |a: &&BoundAccount| matches!(a.kind.as_str(), "debit" | "passbook");
        let found = self.bound.accounts.iter().filter(at_call).find(|a| a.id == id);
        found.ok_or_else(|| crate::accounts::http::NO_ACCOUNT.into())
    }
}

/// What came of a wish in chat.
#[derive(Debug)]
pub struct Drafted {
    pub wish: WishId,
    /// None while it is not known whose account is meant: the page asks.
    pub known: Option<Frozen>,
}

/// A draft and how it was judged.
#[derive(Debug)]
pub struct Frozen {
    pub id: PaymentId,
    pub intent: Intent,
    pub available: Fen,
    /// An equal one was paid minutes ago.
    pub is_again: bool,
    /// It waits for the next day, which nobody asked for.
    pub is_put_off: bool,
}

/// Keeps a wish; makes a draft of it where the payee is known. An earlier draft of the follower gives way.
pub async fn wish(app: &Arc<App>, by: &Payer, wish: &Wish) -> Result<Drafted> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (customer, to) = (by.bound.customer.clone(), wish.to.clone());
    let known = match to.split_once(':') {
        Some(("own", id)) => Some(own(by, id)?),
        Some(("book", id)) => {
            let id: i64 = id.parse().map_err(|_| Error::from(NO_PAYMENT))?;
            let unit = move |tx: &Tx<'_>| payees::one(tx, &keys, &customer, id);
            let known = app.db.read(Scope::Tenant(by.tenant), unit).await?;
            Some(target(&known.ok_or(MISSING)?))
        }
        _ => None,
    };
    let ready = match known {
        Some(to) => Some(settle(app, by, wish, to).await?),
        None => {
            by.account(&wish.from)?;
            None
        }
    };
    kept(app, by, wish, ready, None).await
}

/// The same where the payee is known by what is done; of a gift of money, its project is kept beside the payment.
pub async fn wish_for(
    app: &Arc<App>,
    by: &Payer,
    wish: &Wish,
    to: Target,
    gift: Option<GiftOf>,
) -> Result<Drafted> {
    let ready = settle(app, by, wish, to).await?;
    kept(app, by, wish, Some(ready), gift).await
}

/// The same of money that comes out of a time deposit or a credit line, or of what a credit card owes: no accounts at call.
pub(super) async fn wish_out_of(
    app: &Arc<App>,
    by: &Payer,
    from: BoundAccount,
    wish: &Wish,
    to: Target,
) -> Result<Drafted> {
    let ready = settle_from(app, by, from, wish, to).await?;
    kept(app, by, wish, Some(ready), None).await
}

/// The same of a bill whose household the biller has told of. `due` is its reference of what is owed, empty for more than that.
pub async fn bill(
    app: &Arc<App>,
    by: &Payer,
    wish: &Wish,
    (home, due): (&Home, &str),
) -> Result<Drafted> {
    let to = Target {
        name: home.shown(),
        bank: home.biller_name.clone(),
        tail: home.tail(),
        payee: Payee::Biller {
            biller: home.biller.clone(),
            number: home.number.clone(),
            bill: due.to_owned(),
        },
        book: None,
        is_own: false,
        is_new: false,
        shown: None,
    };
    let ready = settle(app, by, wish, to).await?;
    kept(app, by, wish, Some(Ready { home: Some(home.clone()), ..ready }), None).await
}

/// Keeps a wish and, where it is ready, its draft.
pub(super) async fn kept(
    app: &Arc<App>,
    by: &Payer,
    wish: &Wish,
    ready: Option<Ready>,
    gift: Option<GiftOf>,
) -> Result<Drafted> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (by, wish) = (by.clone(), wish.clone());
    let scope = Scope::Tenant(by.tenant);
    let rules = app.config.payments;
    let unit = move |tx: &Tx<'_>| {
        let (id, binding): (WishId, i64) = (tx.new_id(), by.bound.binding.raw());
        store::end_drafts(tx, &keys, by.follower, "replaced")?;
        let known = ready.as_ref().map(|r| keep(tx, &keys, &rules, &by, r)).transpose()?;
        if let (Some(frozen), Some(gift)) = (&known, &gift) {
            cash::note(tx, frozen.id.raw(), gift)?;
        }
        let sealed = keys.seal_json(Place::new(store::WISH, id.raw()), &wish)?;
        let payment = known.as_ref().map(|k| k.id);
        store::add_wish(tx, by.follower, binding, id, &sealed, payment)?;
        Ok(Drafted { wish: id, known })
    };
    app.db.write(scope, unit).await
}

pub(super) fn own(by: &Payer, id: &str) -> Result<Target> {
    let is_paid = |a: &&BoundAccount| matches!(a.kind.as_str(), "debit" | "passbook" | "credit");
    let found = by.bound.accounts.iter().filter(is_paid).find(|a| a.id == id);
    let account = found.ok_or(crate::accounts::http::NO_ACCOUNT)?;
    let payee = Payee::Here { account: AccountRef::new(&account.number) };
    Ok(Target::own(format!("自己的{}", account.label), account.tail.clone(), payee))
}

fn target(known: &payees::Known) -> Target {
    let who = &known.who;
    Target {
        name: who.name.clone(),
        bank: who.bank.clone(),
        tail: who.tail.clone(),
        payee: who.payee.clone(),
        book: Some(known.id.raw()),
        is_own: false,
        is_new: known.paid_at.is_none(),
        shown: None,
    }
}

/// Everything the core says about a wish, before anything is kept.
#[derive(Debug, Clone)]
pub(super) struct Ready {
    pub(super) from: BoundAccount,
    pub(super) to: Target,
    pub(super) amount: Fen,
    pub(super) purpose: String,
    pub(super) quote: Quote,
    pub(super) product: Product,
    /// The household, when it is a bill that is paid.
    pub(super) home: Option<Home>,
    pub(super) when: Option<When>,
    /// It waits for the next day should the payee be new.
    pub(super) is_careful: bool,
}

/// Asks the core what it costs and whether there is enough.
pub(super) async fn settle(app: &Arc<App>, by: &Payer, wish: &Wish, to: Target) -> Result<Ready> {
    let from = by.account(&wish.from)?.clone();
    let ready = settle_from(app, by, from, wish, to).await?;
    let is_careful = speed::is_careful(app, by, &ready).await;
    Ok(Ready { is_careful, ..ready })
}

pub(super) async fn settle_from(
    app: &Arc<App>,
    by: &Payer,
    from: BoundAccount,
    wish: &Wish,
    to: Target,
) -> Result<Ready> {
    if to.payee == (Payee::Here { account: AccountRef::new(&from.number) }) {
        return SELF.into();
    }
    app.payments.may_begin(by.tenant, app.clock().now())?;
    let product = product(by, wish, &to);
    app.db.glance(Scope::Tenant(by.tenant), move |tx| stops::may(tx, product)).await?;
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let ask = QuoteAsk {
        payer: AccountRef::new(&from.number),
        payee: to.payee.clone(),
        amount: wish.amount,
    };
    let watch = Stopwatch::start();
    let quoted = money(app)?.quote(&ctx, &ask).await;
    let is_answered = matches!(quoted, Ok(_) | Err(CoreError::Rejected(_)));
    app.payments.note_call(by.tenant, app.clock().now(), is_answered, watch.elapsed());
    let quote = quoted.map_err(of_core)?;
    let total = wish.amount.checked_add(quote.fee).unwrap_or(wish.amount);
    // What is paid later needs to be there then.
    if total > quote.available && wish.when.is_none() {
        let most = quote.available.checked_sub(quote.fee).unwrap_or(Fen::ZERO);
        return SHORT.say(words::short_of(product, quote.available)).up_to(most).into();
    }
    let (amount, purpose) = (wish.amount, wish.purpose.clone());
    let when = wish.when;
    Ok(Ready { from, to, amount, purpose, quote, product, home: None, when, is_careful: false })
}

fn product(by: &Payer, wish: &Wish, to: &Target) -> Product {
    let is_own_card = |id: &str| by.bound.accounts.iter().any(|a| a.id == id && a.kind == "credit");
    match (wish.to.split_once(':'), &to.payee) {
        (_, Payee::Biller { .. }) => Product::Bill,
        (_, Payee::Deposit { .. } | Payee::Offered { .. }) => Product::DepositOpening,
        (_, Payee::Withdrawal { .. }) => Product::DepositTaking,
        (_, Payee::Subscription { .. }) => Product::WealthPurchase,
        (_, Payee::Redemption { .. }) => Product::WealthRedemption,
        (_, Payee::Cash { .. }) => Product::CashBooking,
        (_, Payee::Draw { .. }) => Product::LoanDraw,
        (_, Payee::Split { .. }) => Product::CardSplit,
        (Some(("own", id)), _) if is_own_card(id) => Product::CardRepayment,
        (Some(("autopay", id)), _) if is_own_card(id) => Product::CardAutopay,
        (Some(("gift", _)), _) => Product::Gift,
        (Some(("loan", _)), _) => Product::LoanRepayment,
        _ => Product::Transfer,
    }
}

pub(crate) fn money(app: &App) -> Result<&dyn Money> {
    app.core.money().ok_or_else(|| NO_MONEY.into())
}

/// A core's no, before any money was asked for.
pub(crate) fn of_core(e: CoreError) -> Error {
    match e {
        CoreError::Rejected(reject) => match reject {
            Reject::DayClosed { opens_at } => {
                let no = Refusal::unavailable("core.maintenance", "银行正在结账");
                no.say(format!("没有扣钱。{}", shut_words(opens_at))).into()
            }
            Reject::Unsupported => NO_MONEY.into(),
            Reject::PayeeMismatch => MISMATCH.into(),
            Reject::Validation { field: "number" } => NUMBER.into(),
            Reject::AccountNotActive => INACTIVE.into(),
            Reject::NotFound => MISSING.into(),
            other => {
                let told = words::refused(words::code_of(&other));
                let no = Refusal::conflict("pay.refused", "没有转出");
                no.say(format!("没有转出，没有扣钱：{told}")).into()
            }
        },
        e => {
            metrics::counter!("weiyin_core_busy_total").increment(1);
            tracing::warn!(error = %e, "the core did not answer before a payment");
            CLOSED.into()
        }
    }
}

/// Freezes a draft, if the limits let it.
pub(super) fn keep(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    rules: &Rules,
    by: &Payer,
    ready: &Ready,
) -> Result<Frozen> {
    let id: PaymentId = tx.new_id();
    let today = Day::at(tx.now());
    let mut intent = freeze(tx, by, ready, id);
    if intent.to.is_new && intent.to.book.is_none() {
        intent.to.is_new = store::new_since(tx, keys, &intent)?.is_some();
    }
    let is_put_off = speed::put_off(&mut intent, ready.is_careful, tx.now());
    judge(tx, keys, rules, by, &intent, None)?;
    let equal = match intent.when {
        Some(when) => {
            let first = orders::may_add(tx, keys, &intent, when)?;
            intent.arrival = if intent.is_autopay() {
                format!("{} 还，第一次 {}", when.words(), far_day_words(first, tx.now()))
            } else if intent.is_agreement() {
                agreements::when_words(&intent, when, first)
            } else {
                when_words(intent.product, when, first, tx.now())
            };
            None
        }
        None => store::equal(tx, keys, &intent, tx.now().plus_ms(-AGAIN_MS), None)?,
    };
    if let Some((serial, state)) = &equal
        && state.is_under_way()
    {
        return under_way(intent.product, serial).into();
    }
    let binding = by.bound.binding.raw();
    let new = New { id, follower: by.follower, binding, intent: &intent, channel_date: today };
    store::add(tx, keys, &new)?;
    if let Some(shown) = intent.to.shown {
        beside::note_shown(tx, id, shown)?;
    }
    if let Some(home) = &ready.home {
        bills::keep(tx, keys, id, binding, home)?;
    }
    let is_again = equal.is_some_and(|(_, state)| state == State::Succeeded);
    Ok(Frozen { id, intent, available: ready.quote.available, is_again, is_put_off })
}

/// 每月5日 09:00 转出，第一次 12月5日，共10次，最后一次 2027年9月5日
fn when_words(product: Product, when: When, first: Day, now: Time) -> String {
    let whole = When { end: None, ..when }.words();
    let until = match when.end {
        Some(End::Until(day)) => format!("，到{}为止", far_day_words(day, now)),
        _ => String::new(),
    };
    let last = when.last(first, 0).map(|(last, count)| {
        format!("{until}，共{count}次，最后一次 {}", far_day_words(last, now))
    });
    let then = if when.is_repeated() {
        format!("，第一次 {}{}", far_day_words(first, now), last.unwrap_or_default())
    } else {
        String::new()
    };
    format!("{whole} {}出{then}", product.deed())
}

/// What is about to be paid, as facts that do not change any more.
pub(super) fn freeze(tx: &Tx<'_>, by: &Payer, ready: &Ready, id: PaymentId) -> Intent {
    Intent {
        product: ready.product,
        customer: by.bound.customer.clone(),
        payer: ready.from.clone(),
        to: ready.to.clone(),
        amount: ready.amount,
        fee: ready.quote.fee,
        rail: ready.quote.rail,
        arrival: match ready.product {
            Product::Bill => result_by(ready.quote.arrival, tx.now()),
            Product::DepositOpening => "今天起息".into(),
            Product::WealthPurchase | Product::WealthRedemption => dealt_on(&ready.to.payee),
            Product::CashBooking => format!("约好后 {} 分钟内取", booked::MINUTES),
            Product::CardSplit => "马上生效".into(),
            Product::Transfer
            | Product::CardRepayment
            | Product::Gift
            | Product::LoanRepayment
            | Product::DepositTaking
            | Product::LoanDraw
            | Product::CardAutopay => arrival(ready.quote.arrival, tx.now()),
        },
        purpose: ready.purpose.clone(),
        serial: serial::of(by.tenant, Day::at(tx.now()), id.raw()),
        when: ready.when,
        order: None,
    }
}

pub(super) fn under_way(product: Product, serial: &str) -> Refusal {
    let (short, deed) = (serial::short(serial), product.deed());
    let words = format!("同样的一笔正在办，请不要重复{deed}。受理号 {short}，有结果马上告诉您");
    UNDER_WAY.say(words)
}

/// Judges a payment as things stand in this unit.
pub(super) fn judge(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    rules: &Rules,
    by: &Payer,
    intent: &Intent,
    shown_ms: Option<i64>,
) -> Result<Judged> {
    let customer = &by.bound.customer;
    if let Payee::Subscription { grade, .. } = &intent.to.payee {
        crate::wealth::store::suits(tx, keys, customer, *grade)?;
    }
    let used = match intent.when.and_then(|when| when.first(tx.now())) {
        Some(day) => orders::planned_on(tx, keys, customer, day)?,
        None => store::used_on(tx, keys, customer, Day::at(tx.now()))?.0,
    };
    let book = payees::all(tx, keys, customer)?;
    let hour_ago = tx.now().plus_ms(-3_600_000);
    let fresh = book.iter().filter(|k| k.added_at > hour_ago).count();
    let known = |id: i64| book.iter().find(|k| k.id.raw() == id);
    // Whoever was taken out of the book since is new again.
    let since =
        |id| known(id).map_or(Some(tx.now()), |k| k.paid_at.is_none().then_some(k.added_at));
    let case = Case {
        deed: intent.product.deed(),
        amount: intent.amount,
        used,
        is_own: intent.to.is_own,
        is_elsewhere: intent.product == Product::Transfer
            && matches!(intent.to.payee, Payee::Elsewhere { .. }),
        new_since: match intent.to.book {
            Some(id) => since(id),
            None if intent.to.is_new => store::new_since(tx, keys, intent)?,
            None => None,
        },
        bound_at: by.bound.since,
        usual: store::usual(tx, by.bound.binding.raw())?,
        is_new_phone: by.session.map_or(Ok(false), |page| phones::is_new(tx, page))?,
        payees_this_hour: i64::try_from(fresh)?,
        shown_ms,
        now: tx.now(),
    };
    if intent.to.shown.is_some_and(|s| !s.is_fixed) {
        let printed = beside::printed_on(tx, keys, customer, Day::at(tx.now()))?;
        rules::lets_printed(printed, intent.amount)?;
    }
    let judged = rules.judge(&case)?;
    let is_bought = intent.product == Product::WealthPurchase;
    // So much is put away for years.
    let is_large = matches!(intent.to.payee, Payee::Offered { matures_on: Some(_), .. });
    let is_signed = intent.is_agreement() && !intent.to.is_own || intent.product.is_credit();
    // What goes to others by itself, month after month, what is borrowed, what may be lost, and what leaves as notes is signed with
    // everything there is.
    let needs_all = is_signed || is_bought || is_large || intent.product == Product::CashBooking;
    let factors = if needs_all { Factors::CodeAndPin } else { judged.factors };
    let warning = if is_bought { wealth::WARNING } else { judged.warning };
    Ok(Judged { factors, warning, is_new_phone: judged.is_new_phone && !needs_all })
}

/// A payee as typed on the page.
#[derive(Clone)]
pub struct Typed {
    pub name: String,
    pub number: String,
    pub bank_no: String,
}

base::unprinted!(Typed);

/// Makes a draft of a wish whose payee was typed on the page; the payee goes into the book.
pub async fn to_new_payee(
    app: &Arc<App>,
    by: &Payer,
    id: WishId,
    said: &Wish,
    typed: &Typed,
) -> Result<PaymentId> {
    let who = check(app, by, said, typed).await?;
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let to = Target {
        name: who.name.clone(),
        bank: who.bank.clone(),
        tail: who.tail.clone(),
        payee: who.payee.clone(),
        book: None,
        is_own: false,
        is_new: true,
        shown: None,
    };
    let ready = settle(app, by, said, to).await?;
    let (unit_app, rules, by) = (app.clone(), app.config.payments, by.clone());
    let scope = Scope::Tenant(by.tenant);
    let unit = move |tx: &Tx<'_>| {
        let owner = (by.follower, by.bound.binding.raw());
        let customer = &by.bound.customer;
        let book = payees::add(tx, &keys, owner, customer, &who, &unit_app.behind)?;
        let mut ready = ready.clone();
        ready.to.book = Some(book.raw());
        let known = payees::one(tx, &keys, customer, book.raw())?;
        ready.to.is_new = known.is_none_or(|k| k.paid_at.is_none());
        let frozen = keep(tx, &keys, &rules, &by, &ready)?;
        if store::settle_wish(tx, id, frozen.id)? {
            return Ok(frozen.id);
        }
        // Tapped twice: the first one's draft counts.
        let kept = store::wish(tx, id)?.and_then(|w| w.payment);
        kept.ok_or_else(|| super::CHANGED.into())
    };
    app.db.write(scope, unit).await
}

/// Asks the core whose account it is; counts names that do not fit.
async fn check(app: &Arc<App>, by: &Payer, said: &Wish, typed: &Typed) -> Result<Who> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let subject = keys.blind("payee.of", &by.bound.customer);
    let counted = subject.clone();
    let unit = move |tx: &Tx<'_>| Ok(limits::left(tx, &counted, MISMATCHES)?.0);
    if app.db.read(Scope::Tenant(by.tenant), unit).await? <= 0 {
        return TRIES.into();
    }
    let number: String = typed.number.chars().filter(char::is_ascii_digit).collect();
    let name = typed.name.trim().to_owned();
    let bank_no = Some(typed.bank_no.clone()).filter(|b| !b.is_empty());
    let ask = PayeeAsk { number: number.clone(), name: name.clone(), bank_no };
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let found = match money(app)?.payee(&ctx, &ask).await {
        Ok(found) => found,
        Err(CoreError::Rejected(Reject::NotFound)) if ask.bank_no.is_none() => {
            return BANK_UNKNOWN.into();
        }
        Err(e) => {
            if matches!(e, CoreError::Rejected(Reject::PayeeMismatch | Reject::NotFound)) {
                let unit = move |tx: &Tx<'_>| limits::count(tx, &subject, MISMATCHES);
                app.db.write(Scope::Tenant(by.tenant), unit).await?;
            }
            return Err(of_core(e));
        }
    };
    let is_here = matches!(found.payee, Payee::Here { .. });
    let also = match said.to.split_once(':') {
        Some(("name", called)) if called != name => vec![called.to_owned()],
        _ => vec![],
    };
    let bank = if is_here { String::new() } else { found.bank.name };
    Ok(Who { name, number, bank, tail: found.tail, also, payee: found.payee })
}
