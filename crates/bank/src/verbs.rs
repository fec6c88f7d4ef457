//! What flow files may ask for: reading verbs against the core, writing verbs inside the turn's own unit of work.
//!
//! A refusal is a value with a code the flows know; a slow or silent core is [`Outcome::Busy`]. The list of names and
//! shapes is [`dialogue::VERBS`]; a test holds both together.

mod again;
mod who;

pub use again::ask_again;
pub use who::who;

use crate::app::App;
use crate::audit::{self, Actor};
use crate::binding;
use crate::followers::{self, BoundAccount, Standing};
use crate::inbound::store::Recording;
use crate::jobs::Job;
use crate::vault::Place;
use base::{Error, Fen, Id, Result};
use corebank::{
    Account, AccountRef, AccountState, CoreError, CustNo, Day, Flow, Line, LineId, Reject,
    StatementQuery, StatementRange,
};
use db::{Tx, params};
use dialogue::{Call, Outcome, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Lines in one chat bubble.
const LINES_A_BUBBLE: usize = 5;
/// Messages one follower may leave in a day.
const MESSAGES_PER_DAY: crate::binding::limits::Window =
    crate::binding::limits::Window { kind: "message.day", ms: base::DAY_MS, max: 10 };

type Row = BTreeMap<String, Value>;

/// Whether a verb only reads, and so runs before the turn's unit.
pub fn reads(verb: &str) -> bool {
    verb.starts_with("core.") || verb == "bank.bindings"
}

/// Whether a verb may end the follower's binding.
pub fn may_unbind(verb: &str) -> bool {
    matches!(verb, "bank.unbind" | "bank.choose_institution")
}

fn refused(code: &str, words: &str) -> Outcome {
    Outcome::Refused { code: code.to_owned(), words: words.to_owned() }
}
fn text(s: impl Into<String>) -> Value {
    Value::Text(s.into())
}
fn row<const N: usize>(pairs: [(&str, Value); N]) -> Row {
    pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
}
fn done<const N: usize>(pairs: [(&str, Value); N]) -> Outcome {
    Outcome::Done(row(pairs))
}

/// Runs a reading verb for a bound follower.
pub async fn ask(app: &Arc<App>, standing: &Arc<Standing>, call: &Call) -> Result<Outcome> {
    let Some(bound) = &standing.bound else {
        return Ok(refused("bind.missing", "您还没有绑定银行卡。"));
    };
    if !bound.is_agreed && call.verb != "bank.bindings" {
        let no = binding::CONSENT_RENEW;
        return Ok(refused(no.code, &no.words));
    }
    let reading = Reading { app, standing, bound };
    let Some(answer) = reading.run(call).await? else {
        return Err(Error::fault(format!("no reading verb {}", call.verb)));
    };
    if answer.as_ref().is_err_and(CoreError::is_busy) {
        again::keep(app, standing, call).await?;
    }
    metrics::counter!("weiyin_verbs_total", "verb" => call.verb.clone(), "ok" => answer.is_ok().to_string())
        .increment(1);
    Ok(answer.unwrap_or_else(|e| of_core_error(&e)))
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

struct Reading<'a> {
    app: &'a Arc<App>,
    standing: &'a Arc<Standing>,
    bound: &'a Arc<followers::Bound>,
}

type Told = std::result::Result<Outcome, CoreError>;

impl Reading<'_> {
    /// `None` for a verb that is no question.
    async fn run(&self, call: &Call) -> Result<Option<Told>> {
        Ok(Some(match call.verb.as_str() {
            "core.balance" => self.balance(call).await,
            "core.balance_all" => self.balance_all().await,
            "core.accounts" => self.accounts().await,
            "core.statement" => self.statement(call).await,
            "core.entry_detail" => self.entry(call).await,
            "bank.bindings" => {
                let seen = crate::inbound::store::last_visit(self.app, self.standing).await?;
                self.bindings(seen.unwrap_or(self.bound.since)).await
            }
            _ => return Ok(None),
        }))
    }

    fn ctx(&self) -> corebank::Ctx {
        core_ctx(self.app, self.standing.tenant, self.standing.id.raw())
    }

    fn own(&self, call: &Call) -> std::result::Result<&BoundAccount, CoreError> {
        let wanted = call.args.get("account").map(String::as_str).unwrap_or_default();
        let found = self.bound.accounts.iter().find(|a| a.id == wanted);
        found.ok_or_else(|| Reject::NotFound.into())
    }

    async fn balance(&self, call: &Call) -> Told {
        let own = self.own(call)?;
        let account = AccountRef::new(&own.number);
        let b = self.app.core.balance(&self.ctx(), &account).await?;
        if b.state == AccountState::Closed {
            return Ok(refused("account.closed", "这个账户已经销户。"));
        }
        Ok(done([
            ("available", Value::Money(b.available)),
            ("posted", Value::Money(b.posted)),
            ("held", Value::Money(b.held)),
            ("as_of", Value::Time(b.as_of)),
            ("note", text(state_note(b.state))),
        ]))
    }

    async fn balance_all(&self) -> Told {
        let mut rows = vec![];
        let mut total = Fen::ZERO;
        let mut as_of = self.app.clock().now();
        for own in self.bound.accounts.iter().filter(|a| is_demand(&a.kind)) {
            let b = self.app.core.balance(&self.ctx(), &AccountRef::new(&own.number)).await?;
            total = total.checked_add(b.available).ok_or(CoreError::Unknown(
                corebank::UnknownCause::IntegrityMismatch { field: "available" },
            ))?;
            as_of = b.as_of;
            rows.push(row([
                ("label", text(&own.label)),
                ("tail", text(&own.tail)),
                ("word", text(word_of(&own.kind))),
                ("available", Value::Money(b.available)),
            ]));
        }
        Ok(done([
            ("rows", Value::Rows(rows)),
            ("total", Value::Money(total)),
            ("as_of", Value::Time(as_of)),
        ]))
    }

    async fn accounts(&self) -> Told {
        let customer = CustNo::new(&self.bound.customer);
        let all = self.app.core.accounts(&self.ctx(), &customer).await?;
        let rows: Vec<Row> = all
            .iter()
            .map(|a| {
                row([
                    ("label", text(&a.label)),
                    ("tail", text(&a.tail)),
                    ("state", text(a.state.label())),
                ])
            })
            .collect();
        let count = Value::Count(i64::try_from(rows.len()).unwrap_or(i64::MAX));
        Ok(done([("rows", Value::Rows(rows)), ("count", count)]))
    }

    async fn statement(&self, call: &Call) -> Told {
        let own = self.own(call)?;
        let day = |name: &str| call.args.get(name).and_then(|d| d.parse::<Day>().ok());
        let (Some(from), Some(to)) = (day("from"), day("to")) else {
            return Err(Reject::Validation { field: "range" }.into());
        };
        let flow = match call.args.get("flow").map(String::as_str) {
            Some("in") => Flow::In,
            Some("out") => Flow::Out,
            _ => Flow::All,
        };
        let range =
            StatementRange { account: AccountRef::new(&own.number), from, to, flow, q: None };
        let totals = self.app.core.totals(&self.ctx(), &range).await?;
        let cursor = call.args.get("cursor").filter(|c| !c.is_empty()).cloned();
        let ask = StatementQuery { range, cursor, limit: LINES_A_BUBBLE };
        let page = self.app.core.transactions(&self.ctx(), &ask).await?;
        let rows: Vec<Row> = page
            .lines
            .iter()
            .map(|l| {
                row([
                    ("id", text(l.id.as_str())),
                    ("at", Value::Time(l.at)),
                    ("label", text(&l.label)),
                    ("amount", Value::Money(signed(l))),
                ])
            })
            .collect();
        let shown = Value::Count(i64::try_from(rows.len()).unwrap_or(i64::MAX));
        Ok(done([
            ("in", Value::Money(totals.inflow)),
            ("out", Value::Money(totals.outflow)),
            ("count", Value::Count(totals.in_count + totals.out_count)),
            ("shown", shown),
            ("next", text(page.next.unwrap_or_default())),
            ("as_of", Value::Time(page.as_of)),
            ("rows", Value::Rows(rows)),
        ]))
    }

    async fn entry(&self, call: &Call) -> Told {
        let own = self.own(call)?;
        let id = LineId::new(call.args.get("entry").cloned().unwrap_or_default());
        let line = match self.app.core.line(&self.ctx(), &AccountRef::new(&own.number), &id).await {
            Err(CoreError::Rejected(Reject::NotFound)) => {
                return Ok(refused("entry.missing", "没有找到这一笔，请重新查明细。"));
            }
            other => other?,
        };
        Ok(done([
            ("at", Value::Time(line.at)),
            ("label", text(&line.label)),
            ("counterparty", text(&line.counterparty)),
            ("summary", text(&line.summary)),
            ("explain", text(&line.explain)),
            ("amount", Value::Money(signed(&line))),
            ("balance", Value::Money(line.balance_after)),
        ]))
    }

    /// `seen`: when the customer was here before this visit.
    async fn bindings(&self, seen: base::Time) -> Told {
        let customer = CustNo::new(&self.bound.customer);
        let profile = self.app.core.customer(&self.ctx(), &customer).await?;
        let rows: Vec<Row> = self
            .bound
            .accounts
            .iter()
            .map(|a| {
                row([
                    ("label", text(&a.label)),
                    ("tail", text(&a.tail)),
                    ("at", Value::Time(self.bound.since)),
                ])
            })
            .collect();
        let count = Value::Count(i64::try_from(rows.len()).unwrap_or(i64::MAX));
        let mobile = profile.mobile.map(|m| m.to_string()).unwrap_or_default();
        Ok(done([
            ("rows", Value::Rows(rows)),
            ("count", count),
            ("mobile", text(mobile)),
            ("seen", Value::Time(seen)),
        ]))
    }
}

/// `00:20`: a time of day as people in China read it.
pub fn clock_words(at: base::Time) -> String {
    let minutes = (at.ms() + base::CHINA_OFFSET_MS).rem_euclid(base::DAY_MS) / 60_000;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// What goes along with a question to the core for a follower.
pub fn core_ctx(app: &App, tenant: base::TenantId, follower: i64) -> corebank::Ctx {
    let deadline = app.clock().now().plus_ms(app.config.core.deadline_ms);
    corebank::Ctx::new(tenant, deadline, format!("follower:{follower}"))
}

fn signed(line: &Line) -> Fen {
    if line.is_in { line.amount } else { Fen::ZERO.checked_sub(line.amount).unwrap_or(line.amount) }
}

fn state_note(state: AccountState) -> &'static str {
    match state {
        AccountState::Active | AccountState::Closed => "",
        AccountState::NoOut => "账户目前只能进不能出。",
        AccountState::Frozen => "账户已冻结，钱暂时不能动，请到网点办理。",
        AccountState::Lost => "账户已挂失，取钱转账要先解挂。",
        AccountState::Dormant => "账户很久没用，成了睡眠户，带身份证到网点可以恢复。",
    }
}

fn is_demand(kind: &str) -> bool {
    matches!(kind, "debit" | "passbook")
}
fn word_of(kind: &str) -> &'static str {
    if kind == "passbook" { "存折" } else { "卡" }
}

/// A core account as a binding keeps it.
pub fn bound_account(a: &Account) -> Result<BoundAccount> {
    let kind = match serde_json::to_value(a.kind)? {
        serde_json::Value::String(s) => s,
        other => return Err(Error::fault(format!("account kind {other}"))),
    };
    let id = crate::sessions::hash(a.id.as_str())[..5].iter().map(|b| format!("{b:02x}")).collect();
    Ok(BoundAccount {
        id,
        number: a.id.as_str().to_owned(),
        kind,
        label: a.label.clone(),
        tail: a.tail.clone(),
    })
}

/// Runs a writing verb inside the turn's unit: it stands or falls with the turn.
pub fn act(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    match call.verb.as_str() {
        "bank.unbind" => unbind(tx, turn),
        "bank.leave_message" => leave_message(tx, turn, call),
        "bank.set_elder" => set_elder(tx, turn, call),
        "bank.choose_institution" => choose_institution(tx, turn, call),
        "bank.ask_later" => ask_later(tx, turn, call),
        other => Err(Error::fault(format!("no writing verb {other}"))),
    }
}

fn unbind(tx: &Tx<'_>, turn: &Recording) -> Result<Outcome> {
    let Some(bound) = &turn.standing.bound else {
        return Ok(refused("bind.missing", "您还没有绑定银行卡。"));
    };
    binding::end(tx, turn.standing.id, "customer", Actor::Follower(turn.standing.id.raw()))?;
    Ok(done([("count", Value::Count(i64::try_from(bound.accounts.len()).unwrap_or(i64::MAX)))]))
}

fn leave_message(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    let subject = turn.keys.blind("follower", &turn.standing.id.to_string());
    if !binding::limits::count(tx, &subject, MESSAGES_PER_DAY)? {
        return Ok(refused("message.too_many", "今天的留言已经够多了，明天再留，急事请打电话。"));
    }
    let id: Id<()> = tx.new_id();
    let body = turn.keys.seal_json(Place::new("leave_message.body", id.raw()), &call.args)?;
    let kind = call.args.get("kind").map_or("message", String::as_str);
    tx.exec(
        "INSERT INTO leave_message (tenant_id, id, follower_id, kind, body_sealed, state, at_ms) \
         VALUES ($1, $2, $3, $4, $5, 'open', $6)",
        params![tx.tenant(), id, turn.standing.id, kind, body, tx.now()],
    )?;
    audit::note(
        tx,
        Actor::Follower(turn.standing.id.raw()),
        "message.leave",
        &id.raw().to_string(),
        "done",
        kind,
    )?;
    // Six characters a person can read out: the day's sequence is enough to find it again.
    let number = format!("{:06X}", id.raw() & 0xff_ffff);
    Ok(done([("number", text(number))]))
}

fn set_elder(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    let on = call.args.get("on").is_some_and(|v| v == "true");
    tx.exec(
        "UPDATE binding SET is_elder = $1 WHERE tenant_id = $2 AND follower_id = $3 AND state = 'live'",
        params![on, tx.tenant(), turn.standing.id],
    )?;
    Ok(done([]))
}

/// Keeps a question until the books are open; the errand itself finds out when that is.
fn ask_later(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    let kept = call.args.get("call").map(String::as_str).unwrap_or_default();
    // The text comes from a line we offered ourselves; typed words are no question of ours.
    if let Ok(kept) = serde_json::from_str::<Call>(kept)
        && reads(&kept.verb)
    {
        let job = Job::AskAgain { follower: turn.standing.id, call: kept, tried: 0 };
        job.enqueue(tx, tx.now().plus_ms(again::FIRST_MS))?;
    }
    Ok(done([]))
}

/// The home moves after this turn's unit, by a job: a unit works for one tenant only.
fn choose_institution(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    let registry = turn.app.registry();
    let wanted = call.args.get("institution").map(String::as_str).unwrap_or_default();
    let found = registry.institutions.values().find(|i| i.code == wanted);
    let Some(institution) = found.filter(|_| turn.message.account.is_provincial) else {
        return Ok(refused("institution.missing", "没有找到这家银行，请换个说法。"));
    };
    let (follower, to) = (turn.standing.id, institution.tenant);
    let mut note = "";
    if to != tx.tenant() {
        // What is bound here ends with this very turn: the next question finds nothing to read.
        if binding::leave(tx, follower)? {
            note = "原来绑的账户已经解开，用卡再绑一次就能查。";
        }
        Job::MoveHome { follower, to }.enqueue(tx, tx.now())?;
    }
    Ok(done([("name", text(&institution.name)), ("note", text(note))]))
}

#[cfg(test)]
mod tests {
    use super::reads;

    #[test]
    fn every_verb_of_the_flows_is_either_read_or_acted() {
        const ACTED: [&str; 5] = [
            "bank.unbind",
            "bank.leave_message",
            "bank.set_elder",
            "bank.choose_institution",
            "bank.ask_later",
        ];
        for verb in dialogue::VERBS {
            assert_ne!(reads(verb.name), ACTED.contains(&verb.name), "{}", verb.name);
        }
    }
}
