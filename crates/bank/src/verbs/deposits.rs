//! Time deposits: what there is, what it brings, and the one thing a customer may set, what happens at maturity.
//!
//! The setting is a command to the core, proved with the PIN on a page (`settings`): it writes the wish down as a job, the job tells the core under one request id
//! until its answer is known, and the customer hears how it went. Not for: opening or taking them, which moves money.

use super::Doing::Read;
use super::{
    Reading, Row, Told, Verb, again, cannot, core_ctx, count, day_words, done, handle, rate_words,
    row, shut_words, text,
};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::binding::limits;
use crate::followers::{Bound, FollowerId};
use crate::jobs::Job;
use crate::sessions::Customer;
use crate::vault::TenantKeys;
use base::{DAY_MS, Fen, Id, Refusal, Result, TenantId, Time};
use corebank::deposits::{DepositKind, Renewal, TermDeposit};
use corebank::{CoreError, Ctx, CustNo, Reject};
use db::{Scope, Tx};
use dialogue::{Call, Value};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub(super) const VERBS: &[Verb] =
    &[("core.time_deposits", Read(|r, call| Box::pin(async { Ok(r.time_deposits(call).await) })))];

const TOO_MANY: Refusal =
    Refusal::too_many("renewal.too_many", "今天改得够多了，明天再改，急事请打客服电话");
/// Wishes of one follower in a day.
const WISHES_PER_DAY: limits::Window = limits::Window { kind: "renewal.day", ms: DAY_MS, max: 20 };
/// Waits after each silence of the core, in milliseconds.
const WAITS_MS: [i64; 5] = [10_000, 30_000, 120_000, 600_000, 1_800_000];
/// After this silence the customer hears that it takes longer.
const TELL_AT: usize = 1;

impl Reading<'_> {
    async fn time_deposits(&self, call: &Call) -> Told {
        if !self.app.core.capabilities().term_deposits {
            return Ok(cannot("定期"));
        }
        let all = self.app.core.term_deposits(&self.ctx(), &self.customer()).await?;
        let wanted = call.args.get("kind").map(String::as_str).unwrap_or_default();
        let fits = |d: &&TermDeposit| match wanted {
            "fixed" => d.kind == DepositKind::Fixed,
            "notice" => d.kind.is_notice(),
            "large_cd" => d.kind == DepositKind::LargeCd,
            _ => true,
        };
        let found: Vec<&TermDeposit> = all.iter().filter(fits).collect();
        let mut total = Fen::ZERO;
        for d in &found {
            let sum = total.checked_add(d.principal);
            total = sum.ok_or_else(|| super::loans::too_large("principal"))?;
        }
        let only = if let [one] = found[..] { handle(&one.account) } else { String::new() };
        Ok(done([
            ("rows", Value::Rows(found.iter().map(|d| deposit_row(d)).collect())),
            ("count", count(found.len())),
            ("total", Value::Money(total)),
            ("only", text(only)),
        ]))
    }
}

fn deposit_row(d: &TermDeposit) -> Row {
    let when = match d.matures_on {
        Some(end) => format!("{}到期", day_words(end)),
        None => format!("{}起存", day_words(d.opened_on)),
    };
    row([
        ("id", text(handle(&d.account))),
        ("name", text(name(d))),
        ("amount", Value::Money(d.principal)),
        ("rate", text(rate_words(d.rate_bp))),
        ("when", text(when)),
        ("interest", Value::Money(d.interest)),
        ("early", Value::Money(d.today)),
        ("loss", Value::Money(d.loss())),
        ("renewal", text(renewal_words(d))),
    ])
}

fn name(d: &TermDeposit) -> String {
    let paper = if d.form == corebank::deposits::Form::Paper { "纸质存单" } else { "" };
    format!("{paper}{}{}", d.kind.label(), d.tail)
}

fn renewal_words(d: &TermDeposit) -> String {
    match (d.kind.is_notice(), d.renewal) {
        (true, _) => match &d.notice {
            Some(n) => {
                format!("已通知{}月{}日取 {} 元", n.due_on.month(), n.due_on.day(), n.amount)
            }
            None => format!("要取提前{}天说", d.kind.notice_days()),
        },
        (false, Renewal::Off) => "到期转活期".to_owned(),
        (false, Renewal::SameTerm) => "到期自动再存".to_owned(),
        (false, Renewal::Months(m)) => format!("到期自动存{m}个月"),
    }
}

/// What a customer wants to happen at maturity, until the core has said yes or no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewalWish {
    pub follower: FollowerId,
    /// The deposit as chats know it.
    pub deposit: String,
    pub renew: bool,
    /// The command's id at the core, the same however often it is sent.
    pub request: String,
    pub tried: usize,
}

/// What a wish would change: the deposit, what happens at its end now, and then. `None` when there is no such deposit.
pub async fn renewal_look(
    app: &App,
    by: &Customer,
    bound: &Bound,
    deposit: &str,
    renew: bool,
) -> Result<Option<(String, String, String)>> {
    if !app.core.capabilities().term_deposits {
        return Ok(None);
    }
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let all = app.core.term_deposits(&ctx, &CustNo::new(&bound.customer)).await;
    let all = all.map_err(crate::accounts::http::of_core)?;
    let Some(own) = all.iter().find(|d| handle(&d.account) == deposit) else { return Ok(None) };
    let end = own.matures_on.map(day_words).unwrap_or_default();
    let title = format!("{}（{} 元，{end}到期）", name(own), own.principal);
    let new = if renew {
        "到期自动再存，连本带息、期限不变"
    } else {
        "到期转到您的活期户"
    };
    Ok(Some((title, renewal_words(own), new.to_owned())))
}

/// Writes a wish down that was proved on a page; the core is told after this unit.
pub fn wish_renewal(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    deposit: &str,
    renew: bool,
) -> Result<()> {
    let subject = keys.blind("follower", &follower.to_string());
    if !limits::count(tx, &subject, WISHES_PER_DAY)? {
        return TOO_MANY.into();
    }
    let id: Id<()> = tx.new_id();
    let wish = RenewalWish {
        follower,
        deposit: deposit.to_owned(),
        renew,
        request: format!("RENEW-{}", id.raw()),
        tried: 0,
    };
    note(tx, &wish, "asked", if wish.renew { "same_term" } else { "off" })?;
    Job::SetRenewal { wish }.enqueue(tx, tx.now())
}

fn note(tx: &Tx<'_>, wish: &RenewalWish, outcome: &str, detail: &str) -> Result<()> {
    let by = Actor::Follower(wish.follower.raw());
    audit::note(tx, by, "deposit.renewal", &wish.request, outcome, detail)
}

/// The job: tells the core, and the customer how it went.
pub async fn set_renewal(app: &Arc<App>, tenant: TenantId, wish: &RenewalWish) -> Result<()> {
    let Some(found) = again::find(app, tenant, wish.follower).await? else {
        return record(app, tenant, wish, "dropped", "unbound").await;
    };
    let customer = CustNo::new(&found.bound.customer);
    let (outcome, code, words) = match tell_core(app, tenant, &customer, wish).await {
        Ok(words) => ("done", String::new(), words),
        Err(CoreError::Rejected(Reject::DayClosed { opens_at })) => {
            if wish.tried == 0 {
                let words = format!("{}开门后给您改，改好告诉您。", shut_words(opens_at));
                found.say(app, &words).await?;
            }
            let at = again::reopening(app.clock().now(), opens_at);
            return try_again(app, tenant, wish, wish.tried.max(1), at).await;
        }
        Err(e) if e.is_busy() => {
            if wish.tried == TELL_AT {
                found.say(app, "银行系统有点慢，到期办法还在改，改好告诉您。").await?;
            }
            if let Some(ms) = WAITS_MS.get(wish.tried) {
                let at = app.clock().now().plus_ms(*ms);
                return try_again(app, tenant, wish, wish.tried + 1, at).await;
            }
            let words = "银行系统一直没有回音，到期办法改没改成还不知道。过一会儿说“我的定期”看一看，或点人工。";
            ("unknown", "silent".to_owned(), words.to_owned())
        }
        Err(CoreError::Rejected(reject)) => {
            let (code, words) = no_words(&reject);
            ("refused", code, words.to_owned())
        }
        Err(e) => return Err(base::Error::fault(format!("setting a renewal: {e}"))),
    };
    record(app, tenant, wish, outcome, &code).await?;
    found.say(app, &words).await
}

async fn tell_core(
    app: &App,
    tenant: TenantId,
    customer: &CustNo,
    wish: &RenewalWish,
) -> std::result::Result<String, CoreError> {
    let ctx = core_ctx(app, tenant, wish.follower.raw());
    let all = app.core.term_deposits(&ctx, customer).await?;
    let own = all.iter().find(|d| handle(&d.account) == wish.deposit).ok_or(Reject::NotFound)?;
    let renewal = if wish.renew { Renewal::SameTerm } else { Renewal::Off };
    let command = Ctx { request_id: Some(wish.request.clone()), ..ctx };
    app.core.set_renewal(&command, &own.account, renewal).await?;
    let end = own.matures_on.map(day_words).unwrap_or_default();
    let then = if wish.renew {
        "到期后，连本带息按原来的期限自动再存。"
    } else {
        "到期后不再自动转存，本息转到您的活期户。"
    };
    Ok(format!("改好了：{}（{}元）{end}{then}", name(own), own.principal))
}

fn no_words(reject: &Reject) -> (String, &'static str) {
    let (code, words) = match reject {
        Reject::NotFound => ("missing", "没有找到这笔定期，没有改。请说“我的定期”再看一次。"),
        Reject::Unsupported => ("notice", "通知存款没有到期日，不用设转存，没有改。"),
        Reject::Expired => ("mature", "这笔已经到期了，没有改。请带身份证到网点办。"),
        Reject::AccountNotActive => ("state", "这笔存款状态异常，没有改。请带身份证到网点问。"),
        Reject::Other { code, .. } if code == "deposit.paper" => {
            ("paper", "这张是纸质存单，没有改。请带存单和身份证到网点改。")
        }
        _ => ("other", "没有改成。请到网点办，或点人工。"),
    };
    (code.to_owned(), words)
}

async fn try_again(
    app: &App,
    tenant: TenantId,
    wish: &RenewalWish,
    tried: usize,
    at: Time,
) -> Result<()> {
    let job = Job::SetRenewal { wish: RenewalWish { tried, ..wish.clone() } };
    app.db.write(Scope::Tenant(tenant), move |tx| job.enqueue(tx, at)).await
}

async fn record(
    app: &App,
    tenant: TenantId,
    wish: &RenewalWish,
    outcome: &'static str,
    code: &str,
) -> Result<()> {
    let (wish, code) = (wish.clone(), code.to_owned());
    app.db.write(Scope::Tenant(tenant), move |tx| note(tx, &wish, outcome, &code)).await
}
