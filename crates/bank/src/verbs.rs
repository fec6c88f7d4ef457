//! What flow files may ask for: reading verbs against the core, writing verbs inside the turn's own unit of work.
//!
//! A refusal is a value with a code the flows know; a slow or silent core is [`Outcome::Busy`]. The list of names and
//! shapes is [`dialogue::VERBS`]; a test holds both together. One file for each theme, each with its own table.

mod accounts;
mod again;
#[cfg(test)]
mod asked;
mod bills;
mod cardpay;
mod cards;
mod cases;
mod charity;
mod county;
mod credit;
mod deposits;
mod facts;
mod family;
mod guard;
mod knowledge;
mod lending;
mod loans;
mod notices;
mod notify;
mod orders;
mod payees;
mod payments;
mod places;
mod plans;
mod rewards;
mod rural;
mod saving;
mod service;
mod split;
mod sums;
#[cfg(test)]
mod tests;
mod wealth;
mod who;
mod wrong;

pub use again::ask_again;
pub use deposits::{RenewalWish, renewal_look, set_renewal, wish_renewal};
pub use notices::{NoticeOrder, notice_look, set_notice, tell_notice, wish_notice};
pub use who::who;

use crate::app::App;
use crate::audit::{self, Actor};
use crate::binding;
use crate::followers::{self, BoundAccount, Standing};
use crate::guard::FROZEN;
use crate::inbound::store::Recording;
use base::{Error, Fen, Refusal, Result};
use corebank::{Account, AccountRef, CoreError, CustNo, Day, Line, Reject};
use db::{Scope, Tx};
use dialogue::{Call, Outcome, Value};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};

type Row = BTreeMap<String, Value>;
type Told = std::result::Result<Outcome, CoreError>;
type Answer<'a> = Pin<Box<dyn Future<Output = Result<Told>> + Send + 'a>>;

/// How a verb is done.
#[derive(Debug, Clone, Copy)]
enum Doing {
    /// A question about a bound customer: before the turn's unit, without effect, perhaps more than once.
    Read(for<'a> fn(&'a Reading<'a>, &'a Call) -> Answer<'a>),
    /// A question that needs no binding; otherwise like `Read`.
    Look(for<'a> fn(&'a Arc<App>, &'a Arc<Standing>, &'a Call) -> Answer<'a>),
    /// An order of a bound customer to the core: its intent is written first and it has a request id of its own, so that run
    /// again it is not done again. Before the turn's unit; neither a changed agreement nor a freeze stands in its way.
    Order(for<'a> fn(&'a Reading<'a>, &'a Call) -> Answer<'a>),
    /// A question of a bound customer whose answer is kept as a draft: run again it makes another that the earlier one gives
    /// way to. It moves nothing; otherwise like `Read`.
    Draft(for<'a> fn(&'a Reading<'a>, &'a Call) -> Answer<'a>),
    /// A change, inside the unit that records the turn.
    Act(fn(&Tx<'_>, &Recording, &Call) -> Result<Outcome>),
}
type Verb = (&'static str, Doing);

/// Every verb of the product.
static VERBS: LazyLock<BTreeMap<&'static str, Doing>> = LazyLock::new(|| {
    [
        accounts::VERBS,
        bills::VERBS,
        cards::VERBS,
        cases::VERBS,
        charity::VERBS,
        county::VERBS,
        credit::VERBS,
        deposits::VERBS,
        facts::VERBS,
        family::VERBS,
        guard::VERBS,
        knowledge::VERBS,
        loans::VERBS,
        notify::VERBS,
        orders::VERBS,
        payees::VERBS,
        payments::VERBS,
        places::VERBS,
        plans::VERBS,
        rewards::VERBS,
        rural::VERBS,
        saving::VERBS,
        lending::VERBS,
        split::VERBS,
        cardpay::VERBS,
        service::VERBS,
        sums::VERBS,
        wealth::VERBS,
        wrong::VERBS,
    ]
    .concat()
    .into_iter()
    .collect()
});

/// Whether a verb runs before the turn's unit: it reads, or is an order to the core.
pub fn reads(verb: &str) -> bool {
    matches!(
        VERBS.get(verb),
        Some(Doing::Read(_) | Doing::Draft(_) | Doing::Look(_) | Doing::Order(_))
    )
}

/// Whether a verb is an order to the core.
pub fn is_order(verb: &str) -> bool {
    matches!(VERBS.get(verb), Some(Doing::Order(_)))
}

/// Whether a verb may end the follower's binding.
pub fn may_unbind(verb: &str) -> bool {
    matches!(verb, "bank.unbind" | "bank.choose_institution" | "bank.withdraw_consent")
}

fn refused(code: &str, words: &str) -> Outcome {
    Outcome::Refused { code: code.to_owned(), words: words.to_owned(), most: None }
}
fn declined(no: &Refusal) -> Outcome {
    Outcome::Refused { code: no.code.to_owned(), words: no.words.to_string(), most: no.most }
}
fn text(s: impl Into<String>) -> Value {
    Value::Text(s.into())
}
fn count(n: usize) -> Value {
    Value::Count(i64::try_from(n).unwrap_or(i64::MAX))
}
fn row<const N: usize>(pairs: [(&str, Value); N]) -> Row {
    pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
}
fn done<const N: usize>(pairs: [(&str, Value); N]) -> Outcome {
    Outcome::Done(row(pairs))
}

/// A line's amount, negative when money went out.
fn signed(line: &Line) -> Fen {
    if line.is_in { line.amount } else { Fen::ZERO.checked_sub(line.amount).unwrap_or(line.amount) }
}

/// Runs a reading verb.
pub async fn ask(app: &Arc<App>, standing: &Arc<Standing>, call: &Call) -> Result<Outcome> {
    #[cfg(test)]
    if let Some(outcome) = app.pretend.answer(standing.id, call) {
        return Ok(outcome);
    }
    let doing = VERBS.get(call.verb.as_str());
    let answer = match doing {
        Some(Doing::Look(look)) => look(app, standing, call).await?,
        Some(Doing::Read(read) | Doing::Draft(read)) => {
            let Some(bound) = &standing.bound else {
                return Ok(refused("bind.missing", "您还没有绑定银行卡。"));
            };
            if bound.is_frozen {
                return Ok(refused(FROZEN.code, &FROZEN.words));
            }
            if !bound.is_agreed && call.verb != "bank.bindings" {
                let no = binding::CONSENT_RENEW;
                return Ok(refused(no.code, &no.words));
            }
            let answer = read(&Reading { app, standing, bound }, call).await?;
            if answer.as_ref().is_err_and(CoreError::is_busy) {
                again::keep(app, standing, call).await?;
            }
            answer
        }
        Some(Doing::Order(order)) => {
            let Some(bound) = &standing.bound else {
                return Ok(refused("bind.missing", "您还没有绑定银行卡。"));
            };
            order(&Reading { app, standing, bound }, call).await?
        }
        _ => return Err(Error::fault(format!("no reading verb {}", call.verb))),
    };
    metrics::counter!("weiyin_verbs_total", "verb" => call.verb.clone(), "ok" => answer.is_ok().to_string())
        .increment(1);
    let answer = answer.unwrap_or_else(|e| of_core_error(&e));
    if let (Some(Doing::Draft(_)), Outcome::Refused { code, .. }) = (doing, &answer) {
        note_refused(app, standing, call, code).await?;
    }
    Ok(answer)
}

/// Who wanted to move money and was told no leaves a row.
async fn note_refused(
    app: &Arc<App>,
    standing: &Arc<Standing>,
    call: &Call,
    code: &str,
) -> Result<()> {
    let (follower, act, code) = (standing.id.raw(), call.verb.clone(), code.to_owned());
    let unit =
        move |tx: &Tx<'_>| audit::note(tx, Actor::Follower(follower), &act, "", "refused", &code);
    app.db.write(Scope::Tenant(standing.tenant), unit).await
}

/// Runs a writing verb inside the turn's unit: it stands or falls with the turn.
pub fn act(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    #[cfg(test)]
    if let Some(outcome) = turn.app.pretend.answer(turn.standing.id, call) {
        return Ok(outcome);
    }
    match VERBS.get(call.verb.as_str()) {
        Some(Doing::Act(act)) => act(tx, turn, call),
        _ => Err(Error::fault(format!("no writing verb {}", call.verb))),
    }
}

/// What a customer may be told of a core's "no".
fn of_core_error(e: &CoreError) -> Outcome {
    match e {
        CoreError::Rejected(reject) => match reject {
            Reject::NotFound => refused("account.missing", "没有查到这个账户，请到网点核对。"),
            Reject::AccountNotActive | Reject::AccountBlocked(_) => {
                refused("account.frozen", "该账户状态异常，请到网点办理。")
            }
            Reject::DayClosed { opens_at } => refused("core.maintenance", &shut_words(*opens_at)),
            Reject::Validation { field: "range" } => {
                refused("statement.range_too_long", "一次最多查一年。")
            }
            Reject::Unsupported => refused("core.lacks", "这一项现在还查不到，请到网点问。"),
            other => {
                tracing::warn!(reject = %other, "the core refused a question");
                refused("account.missing", "没有查到，请稍后再试或到网点核对。")
            }
        },
        CoreError::NotSent(_) | CoreError::Unknown(_) => {
            metrics::counter!("weiyin_core_busy_total").increment(1);
            tracing::warn!(error = %e, "the core did not answer");
            Outcome::Busy
        }
    }
}

/// What is said while the books are being closed (日终).
pub fn shut_words(opens_at: Option<base::Time>) -> String {
    let until = opens_at.map(clock_words);
    let until = until.map_or_else(|| "过半小时再查就好".to_owned(), |t| format!("{t}以后就能查"));
    format!("银行每天这个时候结账，{until}，钱不会少。")
}

/// A question of a bound customer.
struct Reading<'a> {
    app: &'a Arc<App>,
    standing: &'a Arc<Standing>,
    bound: &'a Arc<followers::Bound>,
}

impl Reading<'_> {
    /// `None` for a verb that is no question about a bound customer.
    async fn run(&self, call: &Call) -> Result<Option<Told>> {
        match VERBS.get(call.verb.as_str()) {
            Some(Doing::Read(read)) => Ok(Some(read(self, call).await?)),
            _ => Ok(None),
        }
    }

    fn ctx(&self) -> corebank::Ctx {
        core_ctx(self.app, self.standing.tenant, self.standing.id.raw())
    }

    fn own(&self, call: &Call) -> std::result::Result<&BoundAccount, CoreError> {
        let wanted = call.args.get("account").map(String::as_str).unwrap_or_default();
        let found = self.bound.accounts.iter().find(|a| a.id == wanted);
        found.ok_or_else(|| Reject::NotFound.into())
    }

    fn customer(&self) -> CustNo {
        CustNo::new(&self.bound.customer)
    }
}

/// What a core that has no such question is told of to a customer.
fn cannot(what: &str) -> Outcome {
    refused("core.lacks", &format!("这家银行的{what}还不能在微信里查，请到网点问。"))
}

/// `4.35%`
pub(crate) fn rate_words(rate_bp: i64) -> String {
    format!("{}.{:02}%", rate_bp / 100, rate_bp % 100)
}

/// `2027年4月23日`
pub(crate) fn day_words(day: Day) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// A day as a reply's placeholders want it.
fn on(day: Day) -> Value {
    Value::Time(day.start())
}

/// `00:20`: a time of day as people in China read it.
pub fn clock_words(at: base::Time) -> String {
    let minutes = (at.ms() + base::CHINA_OFFSET_MS).rem_euclid(base::DAY_MS) / 60_000;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// `11月23日 10:05`
pub(crate) fn moment_words(at: base::Time) -> String {
    let (_, month, day, hour, minute) = at.china();
    format!("{month}月{day}日 {hour:02}:{minute:02}")
}

/// What goes along with a question to the core for a follower.
pub fn core_ctx(app: &App, tenant: base::TenantId, follower: i64) -> corebank::Ctx {
    let deadline = app.clock().now().plus_ms(app.config.core.deadline_ms);
    corebank::Ctx::new(tenant, deadline, format!("follower:{follower}"))
}

/// How chats and pages name an account: not its number, and the same for ever.
pub(crate) fn handle(account: &AccountRef) -> String {
    crate::sessions::hash(account.as_str())[..5].iter().map(|b| format!("{b:02x}")).collect()
}

/// A core account as a binding keeps it.
pub fn bound_account(a: &Account) -> Result<BoundAccount> {
    let kind = match serde_json::to_value(a.kind)? {
        serde_json::Value::String(s) => s,
        other => return Err(Error::fault(format!("account kind {other}"))),
    };
    Ok(BoundAccount {
        id: handle(&a.id),
        number: a.id.as_str().to_owned(),
        kind,
        label: a.label.clone(),
        tail: a.tail.clone(),
    })
}

#[cfg(test)]
mod names {
    use super::VERBS;

    #[test]
    fn every_verb_of_the_flows_is_one_of_the_banks_and_the_other_way_round() {
        let mut named: Vec<&str> = dialogue::VERBS.iter().map(|v| v.name).collect();
        named.sort_unstable();
        let done: Vec<&str> = VERBS.keys().copied().collect();
        assert_eq!(named, done);
    }
}
