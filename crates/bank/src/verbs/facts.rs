//! What else is asked of accounts: interest, limits, opening branch, class, one line among many, all deposits together.

use super::Doing::Read;
use super::accounts::is_demand;
use super::loans::too_large;
use super::{
    Reading, Row, Told, Verb, cannot, count, done, on, rate_words, refused, row, signed, text,
};
use base::Fen;
use corebank::facts::{Limit, LimitWhy};
use corebank::{
    Account, AccountKind, AccountRef, AccountState, CoreError, Day, Flow, Line, Reject,
    StatementQuery, StatementRange, Totals,
};
use dialogue::{Call, Value};

/// Credits of interest told: a year of quarters.
const CREDITS_MAX: usize = 4;
/// Lines in one chat bubble.
const LINES_A_BUBBLE: usize = 5;

pub(super) const VERBS: &[Verb] = &[
    ("core.account_interest", Read(|r, call| Box::pin(async { Ok(r.interest(call).await) }))),
    ("core.limits", Read(|r, call| Box::pin(async { Ok(r.limits(call).await) }))),
    ("core.opening_branch", Read(|r, call| Box::pin(async { Ok(r.opening_branch(call).await) }))),
    ("core.account_class", Read(|r, _| Box::pin(async { Ok(r.classes().await) }))),
    ("core.statement_search", Read(|r, call| Box::pin(async { Ok(r.search(call).await) }))),
    ("core.deposits_in_all", Read(|r, _| Box::pin(async { Ok(r.deposits_in_all().await) }))),
];

impl Reading<'_> {
    fn own_ref(&self, call: &Call) -> Result<AccountRef, CoreError> {
        Ok(AccountRef::new(&self.own(call)?.number))
    }

    async fn interest(&self, call: &Call) -> Told {
        let account = self.own_ref(call)?;
        if !self.app.core.capabilities().account_facts {
            return Ok(cannot("利息"));
        }
        let told = self.app.core.account_interest(&self.ctx(), &account).await?;
        let rows = told
            .paid
            .iter()
            .take(CREDITS_MAX)
            .map(|p| row([("at", on(p.on)), ("amount", Value::Money(p.amount))]));
        Ok(done([
            ("rows", Value::Rows(rows.collect())),
            ("last", Value::Money(told.paid.first().map_or(Fen::ZERO, |p| p.amount))),
            ("accrued", Value::Money(told.accrued)),
            ("next", on(told.next_on)),
            ("rate", text(rate_words(told.rate_bp))),
        ]))
    }

    async fn limits(&self, call: &Call) -> Told {
        let account = self.own_ref(call)?;
        if !self.app.core.capabilities().account_facts {
            return Ok(cannot("限额"));
        }
        let all = self.app.core.limits(&self.ctx(), &account).await?;
        Ok(done([
            ("rows", Value::Rows(all.iter().map(limit_row).collect())),
            ("why", text(why(&all))),
        ]))
    }

    async fn opening_branch(&self, call: &Call) -> Told {
        let account = self.own_ref(call)?;
        if !self.app.core.capabilities().account_facts {
            return Ok(cannot("开户行"));
        }
        match self.app.core.opening_branch(&self.ctx(), &account).await {
            Err(CoreError::Rejected(Reject::NotFound)) => Ok(refused(
                "branch.missing",
                "没有查到这个账户的开户行，请看存折第一页或到网点问。",
            )),
            other => {
                let b = other?;
                Ok(done([
                    ("name", text(b.name)),
                    ("bank_no", text(b.bank_no)),
                    ("address", text(b.address)),
                    ("contact", text(b.phone)),
                ]))
            }
        }
    }

    async fn classes(&self) -> Told {
        let all = self.app.core.accounts(&self.ctx(), &self.customer()).await?;
        let at_call = |a: &&Account| {
            a.state != AccountState::Closed
                && matches!(a.kind, AccountKind::Debit | AccountKind::Passbook)
        };
        let each = |a: &Account| {
            let (class, means) = class_words(a.class);
            row([
                ("name", text(format!("{}{}", a.label, a.tail))),
                ("class", text(class)),
                ("means", text(means)),
            ])
        };
        Ok(done([("rows", Value::Rows(all.iter().filter(at_call).map(each).collect()))]))
    }

    /// Looks for the words as they were said and, for a name, as the core masks it (*五 for 王五).
    async fn search(&self, call: &Call) -> Told {
        let account = self.own_ref(call)?;
        let arg = |name: &str| call.args.get(name).map(String::as_str).unwrap_or_default();
        let (Ok(from), Ok(to)) = (arg("from").parse::<Day>(), arg("to").parse::<Day>()) else {
            return Err(Reject::Validation { field: "range" }.into());
        };
        let flow = match arg("flow") {
            "in" => Flow::In,
            "out" => Flow::Out,
            _ => Flow::All,
        };
        let range =
            |q: String| StatementRange { account: account.clone(), from, to, flow, q: Some(q) };
        let what = arg("what");
        let mut found = self.look_for(range(what.to_owned())).await?;
        if let (true, Some(masked)) = (found.1.is_empty(), masked(what)) {
            found = self.look_for(range(masked)).await?;
        }
        let (totals, lines) = found;
        let rows: Vec<Row> = lines.iter().map(line_row).collect();
        Ok(done([
            ("count", Value::Count(totals.in_count + totals.out_count)),
            ("shown", count(rows.len())),
            ("in", Value::Money(totals.inflow)),
            ("out", Value::Money(totals.outflow)),
            ("rows", Value::Rows(rows)),
        ]))
    }

    async fn look_for(&self, range: StatementRange) -> Result<(Totals, Vec<Line>), CoreError> {
        let totals = self.app.core.totals(&self.ctx(), &range).await?;
        let ask = StatementQuery { range, cursor: None, limit: LINES_A_BUBBLE };
        Ok((totals, self.app.core.transactions(&self.ctx(), &ask).await?.lines))
    }

    async fn deposits_in_all(&self) -> Told {
        let (ctx, mut rows, mut total) = (self.ctx(), vec![], Fen::ZERO);
        let mut add = |name: String, amount: Fen| -> Result<(), CoreError> {
            total = total.checked_add(amount).ok_or_else(|| too_large("posted"))?;
            rows.push(row([("name", text(name)), ("amount", Value::Money(amount))]));
            Ok(())
        };
        for own in self.bound.accounts.iter().filter(|a| is_demand(&a.kind)) {
            let b = self.app.core.balance(&ctx, &AccountRef::new(&own.number)).await?;
            add(format!("{}{}", own.label, own.tail), b.posted)?;
        }
        if self.app.core.capabilities().term_deposits {
            for d in self.app.core.term_deposits(&ctx, &self.customer()).await? {
                add(format!("{}{}", d.kind.label(), d.tail), d.principal)?;
            }
        }
        let as_of = self.app.clock().now();
        Ok(done([
            ("rows", Value::Rows(rows)),
            ("total", Value::Money(total)),
            ("as_of", Value::Time(as_of)),
        ]))
    }
}

fn line_row(l: &Line) -> Row {
    row([
        ("id", text(l.id.as_str())),
        ("at", Value::Time(l.at)),
        ("label", text(&l.label)),
        ("other", text(&l.counterparty)),
        ("amount", Value::Money(signed(l))),
    ])
}

/// A name of two to four letters as statements show it, its first letter hidden.
fn masked(what: &str) -> Option<String> {
    let is_name = (2..=4).contains(&what.chars().count()) && what.chars().all(|c| !c.is_ascii());
    is_name.then(|| base::mask_name(what))
}

fn limit_row(l: &Limit) -> Row {
    let shown = |sum: Option<Fen>| match sum {
        Some(fen) => text(format!("{fen}元")),
        None => text("不限"),
    };
    let left = l.day.map(|day| Fen::of(day.fen().saturating_sub(l.day_used.fen()).max(0)));
    row([
        ("what", text(l.on.label())),
        ("single", shown(l.single)),
        ("day", shown(l.day)),
        ("left", shown(left)),
    ])
}

fn why(all: &[Limit]) -> &'static str {
    let any = |why| all.iter().any(|l| l.why == why);
    if any(LimitWhy::Class3) {
        "这是三类户，国家规定的限额就紧些。"
    } else if any(LimitWhy::Class2) {
        "这是二类户，国家规定一天一万、一年二十万。"
    } else if any(LimitWhy::Own) {
        "转账限额是您自己设过的，比银行的低。"
    } else {
        ""
    }
}

fn class_words(class: Option<i64>) -> (&'static str, &'static str) {
    match class {
        Some(1) => ("一类户", "存取转账都行"),
        Some(2) => ("二类户", "一天最多一万，一年二十万"),
        Some(3) => ("三类户", "最多放两千，小额花销"),
        _ => ("不分类", ""),
    }
}
