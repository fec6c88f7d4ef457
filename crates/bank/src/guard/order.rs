//! An order to the core: its intent first, then the call, then what came of it, and a job for what is not known.
//!
//! The request id is the order's own, the same on every try; the core does it once for ever. *Invariant*: time alone never
//! turns an unknown outcome into a failure.

use super::store::{self, Order, Target};
use super::{OrderId, Wish};
use crate::app::App;
use crate::cards;
use crate::followers::{self, BoundAccount, FollowerId};
use crate::inbound::say_or_keep;
use crate::jobs::Job;
use crate::vault::TenantKeys;
use crate::verbs::core_ctx;
use base::{Fen, Result, TenantId, Time};
use corebank::{
    AccountRef, AccountState, CardCame, CardWish, CoreError, CustNo, Day, Reject, StateDone,
    StateWish,
};
use db::{Scope, Tx, params};
use futures_util::future::join_all;
use std::sync::Arc;

/// How long a customer waits in chat before hearing that it is being tried.
const PATIENCE_MS: i64 = 2_500;
/// Waits between tries of the job; the last one repeats until it is known, within a minute of the core's return.
const WAITS_MS: [i64; 4] = [10_000, 20_000, 30_000, 45_000];
/// At this try, a minute or so after the customer was told, they hear once more, with the telephone.
const TELL_AT: usize = 3;

/// What is known of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// So the account stands.
    Stands { state: AccountState, stop_no: String, ends_at: Option<Time> },
    /// So a credit card is set.
    Card(CardSet),
    /// A definite no, by its code.
    Refused(&'static str),
}

/// What a wish for a credit card came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardSet {
    pub came: CardCame,
    pub limit: Fen,
    pub until: Option<Day>,
}

impl CardSet {
    pub(super) const fn word(self) -> &'static str {
        match self.came {
            CardCame::Done => "done",
            CardCame::Same => "same",
            CardCame::Review => "review",
        }
    }
}

/// What came of an order so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    Known(Known),
    /// The core is silent: it may have happened.
    Unknown,
}

/// Whose accounts an order is for.
#[derive(Debug, Clone)]
pub struct Orders {
    pub tenant: TenantId,
    pub follower: FollowerId,
    /// The core's number of the customer.
    pub customer: String,
    pub accounts: Vec<BoundAccount>,
    pub wish: Wish,
}

/// Puts orders in and waits a short while for each; the same order that is under way is not put in twice.
pub async fn place(app: &Arc<App>, orders: Orders) -> Result<Vec<(BoundAccount, Came)>> {
    let keys = app.vault.tenant(&app.db, orders.tenant).await?;
    let (tenant, unit, unit_keys) = (orders.tenant, orders.clone(), keys.clone());
    let intend = move |tx: &Tx<'_>| {
        let each = unit.accounts.iter().map(|account| {
            let target = Target { customer: unit.customer.clone(), account: account.clone() };
            store::intend(tx, &unit_keys, unit.follower, &target, unit.wish)
        });
        each.collect::<Result<Vec<Order>>>()
    };
    let put_in = app.db.write(Scope::Tenant(tenant), intend).await?;
    let came = join_all(put_in.iter().map(|o| ask(app, tenant, o, PATIENCE_MS))).await;
    let settled = put_in.clone().into_iter().zip(came.clone()).collect::<Vec<_>>();
    let record = move |tx: &Tx<'_>| {
        for (order, came) in &settled {
            match came {
                Came::Known(known) => settle(tx, &keys, order, known).map(|_| ())?,
                Came::Unknown => call_staff(tx, &keys, order)?,
            }
        }
        Ok(())
    };
    app.db.write(Scope::Tenant(tenant), record).await?;
    Ok(put_in.into_iter().map(|o| o.target.account).zip(came).collect())
}

/// Keeps what came of an order; what a person has to look at becomes a case in the same unit. False when it was known.
fn settle(tx: &Tx<'_>, keys: &TenantKeys, order: &Order, known: &Known) -> Result<bool> {
    let ours = store::settle(tx, order, known)?;
    if let (true, Known::Card(set), Wish::Card(wish)) = (ours, known, order.wish)
        && set.came == CardCame::Review
    {
        cards::hand_over(tx, keys, order.follower, &order.target.account, wish)?;
    }
    Ok(ours)
}

/// Asks the core once.
async fn ask(app: &App, tenant: TenantId, order: &Order, patience_ms: i64) -> Came {
    let mut ctx = core_ctx(app, tenant, order.follower.raw());
    ctx.deadline = ctx.deadline.min(app.clock().now().plus_ms(patience_ms));
    ctx.request_id = Some(order.id.to_string());
    let customer = CustNo::new(&order.target.customer);
    let account = AccountRef::new(&order.target.account.number);
    match order.wish {
        Wish::State(wish) => {
            of_answer(app.core.set_card_state(&ctx, &customer, &account, wish).await)
        }
        Wish::Card(wish) => match app.core.change_card(&ctx, &customer, &account, wish).await {
            Ok(done) => {
                let corebank::CardDone { came, limit, until, .. } = done;
                Came::Known(Known::Card(CardSet { came, limit, until }))
            }
            Err(e) => of_no(e, cards::refusal),
        },
    }
}

fn of_answer(answer: std::result::Result<StateDone, CoreError>) -> Came {
    match answer {
        Ok(done) => {
            let StateDone { state, stop_no, ends_at, .. } = done;
            Came::Known(Known::Stands { state, stop_no, ends_at })
        }
        Err(e) => of_no(e, |reject| match reject {
            Reject::CounterOnly => Some("stop.counter"),
            Reject::AccountBlocked(_) => Some("stop.lost"),
            Reject::AccountNotActive => Some("account.missing"),
            _ => None,
        }),
    }
}

/// A definite "no" by its code; everything else may have happened.
fn of_no(e: CoreError, code: fn(&Reject) -> Option<&'static str>) -> Came {
    match e {
        // It may come again when the books are open.
        CoreError::Rejected(Reject::DayClosed { .. }) => Came::Unknown,
        CoreError::Rejected(Reject::NotFound) => Came::Known(Known::Refused("account.missing")),
        CoreError::Rejected(reject) => {
            Came::Known(Known::Refused(code(&reject).unwrap_or_else(|| {
                tracing::error!(%reject, "the core refused to change a card");
                "stop.refused"
            })))
        }
        e => {
            metrics::counter!("weiyin_core_busy_total").increment(1);
            tracing::warn!(error = %e, "the core did not say what became of a card");
            Came::Unknown
        }
    }
}

/// Staff see at once what hangs, once an order: they can stop the card at the core themselves.
fn call_staff(tx: &Tx<'_>, keys: &TenantKeys, order: &Order) -> Result<()> {
    let kind = "card_stop";
    let (open,): (i64,) = tx.one(
        "SELECT COUNT(*) FROM leave_message WHERE tenant_id = $1 AND follower_id = $2 AND kind = $3 AND at_ms >= $4",
        params![tx.tenant(), order.follower, kind, order.asked_at],
    )?;
    if open > 0 {
        return Ok(());
    }
    let text = format!(
        "{}{}：{}，核心没有回话，系统正在重试",
        order.target.account.label,
        order.target.account.tail,
        name(order.wish)
    );
    crate::inbound::store::leave(tx, keys, order.follower, kind, &text)
}

const fn name(wish: Wish) -> &'static str {
    match wish {
        Wish::State(StateWish::Lock) => "锁卡",
        Wish::State(StateWish::Unlock) => "解锁",
        Wish::State(StateWish::ReportLoss | StateWish::FormalLoss) => "挂失",
        Wish::State(StateWish::LiftLoss) => "解除挂失",
        Wish::Card(CardWish::Activate) => "激活",
        Wish::Card(CardWish::AskPin(_)) => "改刷卡输密",
        Wish::Card(CardWish::LowerLimit(_)) => "调低额度",
        Wish::Card(CardWish::RaiseLimit(_) | CardWish::RaiseForATime(_)) => "提额",
        Wish::Card(CardWish::Close) => "销卡",
        Wish::Card(CardWish::KeepOpen) => "撤回销卡",
    }
}

/// The job: asks again under the same id until it is known, and tells the customer.
pub async fn settle_later(
    app: &Arc<App>,
    tenant: TenantId,
    id: OrderId,
    tried: usize,
) -> Result<()> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let open = app.db.read(Scope::Tenant(tenant), move |tx| store::open(tx, &keys, id)).await?;
    // Known by now: the customer was answered in the turn itself.
    let Some(order) = open else { return Ok(()) };
    match ask(app, tenant, &order, app.config.core.deadline_ms).await {
        Came::Known(known) => {
            let keys = app.vault.tenant(&app.db, tenant).await?;
            let (unit_order, unit_known) = (order.clone(), known.clone());
            let unit = move |tx: &Tx<'_>| settle(tx, &keys, &unit_order, &unit_known);
            if app.db.write(Scope::Tenant(tenant), unit).await? {
                let words = later_words(app, tenant, &order, &known);
                tell(app, tenant, order.follower, &words).await?;
            }
            Ok(())
        }
        Came::Unknown => {
            let wait = WAITS_MS[tried.min(WAITS_MS.len() - 1)];
            let unit = move |tx: &Tx<'_>| {
                Job::SettleOrder { order: id, tried: tried + 1 }.enqueue(tx, tx.now().plus_ms(wait))
            };
            app.db.write(Scope::Tenant(tenant), unit).await?;
            if tried == TELL_AT {
                let words = format!(
                    "{}{}还没{}成，银行系统没回话，我接着办。等不及请打 {}，一个电话就能办。",
                    order.target.account.label,
                    order.target.account.tail,
                    name(order.wish),
                    phone(app, tenant)
                );
                tell(app, tenant, order.follower, &words).await?;
            }
            Ok(())
        }
    }
}

fn phone(app: &App, tenant: TenantId) -> String {
    app.registry().institution(tenant).map(|i| i.phone.clone()).unwrap_or_default()
}

/// What the customer hears when it is known at last.
fn later_words(app: &App, tenant: TenantId, order: &Order, known: &Known) -> String {
    let account = &order.target.account;
    let which = format!("{}{}", account.label, account.tail);
    match known {
        Known::Stands { state: AccountState::Lost, stop_no, ends_at } => {
            let until = until_words(*ends_at);
            format!(
                "办好了：{which}已挂失，挂失号 {stop_no}。{until}进账不受影响，取款、转出都停了。"
            )
        }
        Known::Stands { state: AccountState::Locked, .. } => {
            format!("办好了：{which}已锁住，钱只进不出。")
        }
        Known::Stands { state, .. } => format!("办好了：{which}现在是{}。", state.label()),
        Known::Card(set) => match order.wish {
            Wish::Card(wish) => cards::came_words(&which, wish, set),
            Wish::State(_) => format!("办好了：{which}。"),
        },
        Known::Refused(code) => {
            let why = refused_words(code);
            format!("{which}没有{}成：{why}请打 {}。", name(order.wish), phone(app, tenant))
        }
    }
}

/// 口头挂失管到11月28日。
pub(crate) fn until_words(ends_at: Option<Time>) -> String {
    ends_at.map_or_else(String::new, |at| {
        let (_, month, day, ..) = at.plus_ms(-1).china();
        format!("口头挂失管到{month}月{day}日。")
    })
}

/// Why an order was refused, in the customer's words.
pub(crate) fn refused_words(code: &str) -> &'static str {
    match code {
        "stop.counter" => "这一笔只能本人带身份证到网点办。",
        code if code.starts_with("card.") => cards::refused_words(code),
        "stop.lost" => "它已经挂失，要先解除挂失。",
        "account.missing" => "这个账户已经销户或查不到。",
        _ => "银行系统没有接受。",
    }
}

/// Says something in chat outside a reply, wherever the follower is served now.
pub(crate) async fn tell(
    app: &Arc<App>,
    tenant: TenantId,
    follower: FollowerId,
    words: &str,
) -> Result<()> {
    let at = followers::whereabouts(app, tenant, follower).await?;
    let Some((home, account, openid)) = at else { return Ok(()) };
    say_or_keep(app, home, follower, account, &openid, words).await
}
