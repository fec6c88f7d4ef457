//! Notice of a withdrawal from a notice deposit (通知存款): given or taken back on a page with the PIN.
//!
//! A command to the core like the renewal of a deposit (`deposits`): the wish is written down as a job, the job tells the core
//! under one request id until its answer is known, and the customer hears how it went; on the day it is good they hear that too.
//! Not for: taking the money, which is a payment.

use super::{again, core_ctx, day_words, handle, shut_words};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::binding::limits;
use crate::followers::{Bound, FollowerId};
use crate::jobs::Job;
use crate::sessions::Customer;
use crate::vault::TenantKeys;
use base::{DAY_MS, Fen, Id, Refusal, Result, TenantId, Time};
use corebank::deposits::{Notice, NoticeWish, TermDeposit};
use corebank::{CoreError, Ctx, CustNo, Day, Reject};
use db::{Scope, Tx};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const TOO_MANY: Refusal =
    Refusal::too_many("notice.too_many", "今天改得够多了，明天再改，急事请打客服电话");
const GIVEN: Refusal =
    Refusal::conflict("notice.given", "这笔已经通知过了。要改，先说「取消通知」，再通知一次");
const NOT_GIVEN: Refusal = Refusal::missing("notice.none", "这笔还没有通知，不用取消");
const AMOUNT: Refusal =
    Refusal::invalid("notice.amount", "通知要取的金额，最少5万元，最多是这笔里的钱");
/// Wishes of one follower in a day.
const WISHES_PER_DAY: limits::Window = limits::Window { kind: "notice.day", ms: DAY_MS, max: 20 };
/// 50,000 yuan.
const LEAST: Fen = Fen::of(5_000_000);
/// Waits after each silence of the core, in milliseconds.
const WAITS_MS: [i64; 5] = [10_000, 30_000, 120_000, 600_000, 1_800_000];
/// After this silence the customer hears that it takes longer.
const TELL_AT: usize = 1;
/// On its day the customer is told at nine.
const TOLD_AT_MS: i64 = 9 * 3_600_000;

/// What a customer wants of a notice, until the core has said yes or no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeOrder {
    pub follower: FollowerId,
    /// The deposit as chats know it.
    pub deposit: String,
    pub give: bool,
    /// Fen; none: all there is.
    pub amount: Option<i64>,
    /// The command's id at the core, the same however often it is sent.
    pub request: String,
    pub tried: usize,
}

fn name(d: &TermDeposit) -> String {
    format!("{}{}", d.kind.label(), d.tail)
}

/// 12月4日取 80,000.00 元
fn words_of(notice: &Notice) -> String {
    let (month, day) = (notice.due_on.month(), notice.due_on.day());
    format!("{month}月{day}日取 {} 元", notice.amount)
}

/// What a wish would change: the deposit, its notice now, and then. `None` when there is no such deposit.
///
/// # Errors
/// Refused where there is nothing to give or take back.
pub async fn notice_look(
    app: &App,
    by: &Customer,
    bound: &Bound,
    deposit: &str,
    wish: (bool, Option<i64>),
) -> Result<Option<(String, String, String)>> {
    if !app.core.capabilities().term_deposits {
        return Ok(None);
    }
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let all = app.core.term_deposits(&ctx, &CustNo::new(&bound.customer)).await;
    let all = all.map_err(crate::accounts::http::of_core)?;
    let is_meant = |d: &&TermDeposit| d.kind.is_notice() && handle(&d.account) == deposit;
    let Some(own) = all.iter().find(is_meant) else { return Ok(None) };
    let title = format!("{}（{} 元）", name(own), own.principal);
    let old = own.notice.as_ref().map_or_else(|| "没有通知".to_owned(), words_of);
    let new = match (wish, &own.notice) {
        ((true, _), Some(_)) => return GIVEN.into(),
        ((false, _), None) => return NOT_GIVEN.into(),
        ((false, _), Some(_)) => "取消通知，通知的这几天不计息".to_owned(),
        ((true, said), None) => {
            let amount = said.map_or(own.principal, Fen::of);
            if amount < LEAST || amount > own.principal {
                let has = own.principal;
                let words = format!(
                    "没有通知。要取的最少 {LEAST} 元，最多是这笔里的 {has} 元。回聊天改，比如「通知要取5万」"
                );
                return AMOUNT.say(words).into();
            }
            let today = Day::at(app.clock().now());
            let due_on = today.plus_days(own.kind.notice_days());
            words_of(&Notice { amount, given_on: today, due_on })
        }
    };
    Ok(Some((title, old, new)))
}

/// Writes a wish down that was proved on a page; the core is told after this unit.
///
/// # Errors
/// Refused after too many.
pub fn wish_notice(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    deposit: &str,
    (give, amount): (bool, Option<i64>),
) -> Result<()> {
    let subject = keys.blind("follower", &follower.to_string());
    if !limits::count(tx, &subject, WISHES_PER_DAY)? {
        return TOO_MANY.into();
    }
    let id: Id<()> = tx.new_id();
    let request = format!("NOTICE-{}", id.raw());
    let deposit = deposit.to_owned();
    let order = NoticeOrder { follower, deposit, give, amount, request, tried: 0 };
    note(tx, &order, "asked", if give { "give" } else { "take_back" })?;
    Job::SetNotice { order }.enqueue(tx, tx.now())
}

fn note(tx: &Tx<'_>, order: &NoticeOrder, outcome: &str, detail: &str) -> Result<()> {
    let by = Actor::Follower(order.follower.raw());
    audit::note(tx, by, "deposit.notice", &order.request, outcome, detail)
}

/// The job: tells the core, and the customer how it went.
///
/// # Errors
/// The database; the job runs again.
pub async fn set_notice(app: &Arc<App>, tenant: TenantId, order: &NoticeOrder) -> Result<()> {
    let Some(found) = again::find(app, tenant, order.follower).await? else {
        return record(app, tenant, order, ("dropped", "unbound"), None).await;
    };
    let customer = CustNo::new(&found.bound.customer);
    let mut due = None;
    let (outcome, code, words) = match tell_core(app, tenant, &customer, order).await {
        Ok((words, notice)) => {
            due = order.give.then_some(notice.due_on);
            ("done", "", words)
        }
        Err(CoreError::Rejected(Reject::DayClosed { opens_at })) => {
            if order.tried == 0 {
                found
                    .say(app, &format!("{}开门后给您办，办好告诉您。", shut_words(opens_at)))
                    .await?;
            }
            let at = again::reopening(app.clock().now(), opens_at);
            return try_again(app, tenant, order, order.tried.max(1), at).await;
        }
        Err(e) if e.is_busy() => {
            if order.tried == TELL_AT {
                found.say(app, "银行系统有点慢，通知还在办，办好告诉您。").await?;
            }
            if let Some(ms) = WAITS_MS.get(order.tried) {
                let at = app.clock().now().plus_ms(*ms);
                return try_again(app, tenant, order, order.tried + 1, at).await;
            }
            let words = "银行系统一直没有回音，通知办没办成还不知道。过一会儿说「通知存款」看一看，或点人工。";
            ("unknown", "silent", words.to_owned())
        }
        Err(CoreError::Rejected(reject)) => {
            let (code, words) = no_words(&reject);
            ("refused", code, words.to_owned())
        }
        Err(e) => return Err(base::Error::fault(format!("setting a notice: {e}"))),
    };
    record(app, tenant, order, (outcome, code), due).await?;
    found.say(app, &words).await
}

async fn tell_core(
    app: &App,
    tenant: TenantId,
    customer: &CustNo,
    order: &NoticeOrder,
) -> std::result::Result<(String, Notice), CoreError> {
    let ctx = core_ctx(app, tenant, order.follower.raw());
    let all = app.core.term_deposits(&ctx, customer).await?;
    let own = all.iter().find(|d| handle(&d.account) == order.deposit).ok_or(Reject::NotFound)?;
    let wish = if order.give {
        NoticeWish::Give { amount: order.amount.map(Fen::of) }
    } else {
        NoticeWish::TakeBack
    };
    let command = Ctx { request_id: Some(order.request.clone()), ..ctx };
    let notice = app.core.set_notice(&command, &own.account, wish).await?.notice;
    let words = if order.give {
        let due = day_words(notice.due_on);
        let which = name(own);
        let what = words_of(&notice);
        format!(
            "通知好了：{which}，{what}。{due}当天说「取通知存款」，早取、晚取都按活期算，请记好这一天。"
        )
    } else {
        format!("已取消通知：{}，接着存。", name(own))
    };
    Ok((words, notice))
}

fn no_words(reject: &Reject) -> (&'static str, &'static str) {
    match reject {
        Reject::NotFound => ("missing", "没有找到这笔通知存款，或者没有通知可取消，没有改。"),
        Reject::NotEligible => ("given", "这笔已经通知过了，没有改。要改，先说「取消通知」。"),
        Reject::Validation { field: "amount" } => ("amount", "通知的金额不对，没有办。最少5万元。"),
        Reject::AccountNotActive => ("state", "这笔存款状态异常，没有办。请带身份证到网点问。"),
        Reject::Other { code, .. } if code == "deposit.paper" => {
            ("paper", "这张是纸质存单，没有办。请带存单和身份证到网点通知。")
        }
        _ => ("other", "没有办成。请到网点办，或点人工。"),
    }
}

async fn try_again(
    app: &App,
    tenant: TenantId,
    order: &NoticeOrder,
    tried: usize,
    at: Time,
) -> Result<()> {
    let job = Job::SetNotice { order: NoticeOrder { tried, ..order.clone() } };
    app.db.write(Scope::Tenant(tenant), move |tx| job.enqueue(tx, at)).await
}

/// Writes down what came of it, and a word for the day it is good.
async fn record(
    app: &App,
    tenant: TenantId,
    order: &NoticeOrder,
    (outcome, code): (&'static str, &'static str),
    due: Option<Day>,
) -> Result<()> {
    let order = order.clone();
    let unit = move |tx: &Tx<'_>| {
        note(tx, &order, outcome, code)?;
        let Some(due) = due else { return Ok(()) };
        let (follower, deposit) = (order.follower, order.deposit.clone());
        let job = Job::TellNotice { follower, deposit, due: due.number() };
        job.enqueue(tx, due.start().plus_ms(TOLD_AT_MS))
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// The job: on the day a notice is good its customer is told, if it still is.
///
/// # Errors
/// The core does not answer; the job runs again.
pub async fn tell_notice(
    app: &Arc<App>,
    tenant: TenantId,
    follower: FollowerId,
    (deposit, due): (&str, i64),
) -> Result<()> {
    let Some(found) = again::find(app, tenant, follower).await? else { return Ok(()) };
    let ctx = core_ctx(app, tenant, follower.raw());
    let all = app.core.term_deposits(&ctx, &CustNo::new(&found.bound.customer)).await;
    let all = all.map_err(|e| base::Error::fault(format!("a notice that is due: {e}")))?;
    let is_today = Day::at(app.clock().now()).number() == due;
    let own = all.iter().find(|d| is_today && handle(&d.account) == deposit);
    let due = own.and_then(|d| d.notice.filter(|n| n.due_on.number() == due).map(|n| (d, n)));
    let Some((own, notice)) = due else { return Ok(()) };
    let words = format!(
        "今天可以取了：{}，通知取 {} 元。今天说「取通知存款」就取，过了今天按活期算。",
        name(own),
        notice.amount
    );
    found.say(app, &words).await
}
