//! Questions about a customer's own accounts: balance, list, statement, one entry.

use super::Doing::{Draft, Read};
use super::{Reading, Row, Told, Verb, count, done, refused, row, signed, text};
use crate::accounts::doubt;
use base::{Fen, Result};
use corebank::{
    AccountRef, AccountState, CoreError, Day, Flow, Line, LineId, Reject, StatementQuery,
    StatementRange,
};
use dialogue::{Call, Outcome, Value};

/// Lines in one chat bubble.
const LINES_A_BUBBLE: usize = 5;

pub(super) const VERBS: &[Verb] = &[
    ("core.balance", Read(|r, call| Box::pin(async { Ok(r.balance(call).await) }))),
    ("core.balance_all", Read(|r, _| Box::pin(async { Ok(r.balance_all().await) }))),
    ("core.accounts", Read(|r, _| Box::pin(async { Ok(r.accounts().await) }))),
    ("core.statement", Read(|r, call| Box::pin(async { Ok(r.statement(call).await) }))),
    ("core.entry_detail", Read(|r, call| Box::pin(async { Ok(r.entry(call).await) }))),
    ("bank.entry_doubt", Draft(|r, call| Box::pin(r.entry_doubt(call)))),
    ("core.entry_receipt", Read(|r, call| Box::pin(async { Ok(r.receipt(call).await) }))),
];

impl Reading<'_> {
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
        let customer = self.customer();
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
        let count = count(rows.len());
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
        let shown = count(rows.len());
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

    /// The line a call names; `None` when it is not this account's.
    async fn line(&self, call: &Call) -> std::result::Result<Option<Line>, CoreError> {
        let own = self.own(call)?;
        let id = LineId::new(call.args.get("entry").cloned().unwrap_or_default());
        match self.app.core.line(&self.ctx(), &AccountRef::new(&own.number), &id).await {
            Err(CoreError::Rejected(Reject::NotFound)) => Ok(None),
            other => other.map(Some),
        }
    }

    async fn receipt(&self, call: &Call) -> Told {
        let Some(line) = self.line(call).await? else { return Ok(no_entry()) };
        let or_none = |s: &str| text(if s.is_empty() { "无" } else { s });
        Ok(done([
            ("at", Value::Time(line.at)),
            ("label", text(&line.label)),
            ("amount", Value::Money(signed(&line))),
            ("other", or_none(&line.counterparty)),
            ("summary", or_none(&line.summary)),
            ("serial", text(&line.core_serial)),
        ]))
    }

    async fn entry(&self, call: &Call) -> Told {
        let Some(line) = self.line(call).await? else { return Ok(no_entry()) };
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
}

impl Reading<'_> {
    async fn entry_doubt(&self, call: &Call) -> Result<Told> {
        let own = match self.own(call) {
            Ok(own) => own,
            Err(e) => return Ok(Err(e)),
        };
        let id = LineId::new(call.args.get("entry").cloned().unwrap_or_default());
        let who = (self.standing.tenant, self.standing.id);
        Ok(match doubt::doubt(self.app, who, own, &id).await? {
            Ok(told) => Ok(done([("what", text(told.what)), ("case", text(told.case))])),
            Err(e) if doubt::is_missing(&e) => Ok(no_entry()),
            Err(e) => Err(e),
        })
    }
}

fn no_entry() -> Outcome {
    refused("entry.missing", "没有找到这一笔，请重新查明细。")
}

fn state_note(state: AccountState) -> &'static str {
    match state {
        AccountState::Active | AccountState::Closed => "",
        AccountState::NoOut => "账户目前只能进不能出。",
        AccountState::Frozen => "账户已冻结，钱暂时不能动，请到网点办理。",
        AccountState::Locked => "卡已锁住，钱只进不出，要用先解锁。",
        AccountState::Lost => "账户已挂失，取钱转账要先解挂。",
        AccountState::Dormant => "账户很久没用，成了睡眠户，带身份证到网点可以恢复。",
    }
}

pub(super) fn is_demand(kind: &str) -> bool {
    matches!(kind, "debit" | "passbook")
}
fn word_of(kind: &str) -> &'static str {
    if kind == "passbook" { "存折" } else { "卡" }
}
