//! Calculators: what a deposit brings, what a loan costs. Nothing moves.

use super::Doing::Look;
use super::{Row, Told, Verb, done, refused, row, text};
use crate::app::App;
use crate::followers::Standing;
use crate::knowledge::{self, Known, sums};
use base::{Fen, Result};
use dialogue::knowledge::{Ratio, RowValue, months_words, since_words, yuan_words};
use dialogue::{Call, Value};
use std::sync::Arc;

/// Ten million yuan: whoever has more asks a person.
const AMOUNT_MAX: Fen = Fen::of(1_000_000_000);
/// A loan of less than a hundred yuan is a slip of the tongue.
const LOAN_MIN: Fen = Fen::of(10_000);
/// Longest time a current account is reckoned for.
const MONTHS_MAX: i64 = 120;
/// The loan that is reckoned with when none was said, and the one for terms that only it has.
const USUAL_LOAN: &str = "farmer";
const LONG_LOAN: &str = "house";

pub(super) const VERBS: &[Verb] = &[
    ("bank.deposit_sum", Look(|app, standing, call| Box::pin(deposit(app, standing, call)))),
    ("bank.loan_sum", Look(|app, standing, call| Box::pin(loan(app, standing, call)))),
];

/// What is asked, read.
struct Asked {
    known: Known,
    day: i64,
    amount: Fen,
    months: i64,
}

impl Asked {
    async fn of(app: &Arc<App>, standing: &Arc<Standing>, call: &Call) -> Result<Self> {
        let number = |name: &str| call.args.get(name).and_then(|v| v.parse().ok()).unwrap_or(0);
        Ok(Self {
            known: knowledge::of(app, standing.tenant).await?,
            day: app.clock().now().china_day(),
            amount: Fen::of(number("amount")),
            months: number("term"),
        })
    }

    /// A rate of today, and since when it holds.
    fn rate(&self, key: &str) -> Option<(Ratio, i64)> {
        let row = self.known.rows.at(key, self.day)?;
        Some((row.value.percent()?, row.from))
    }

    fn money(&self, key: &str) -> Option<Fen> {
        match self.known.rows.at(key, self.day)?.value {
            RowValue::Money(fen) => Some(fen),
            _ => None,
        }
    }

    fn is_known(&self, key: &str) -> bool {
        self.known.rows.known(key).is_some()
    }
}

fn expired() -> Told {
    Ok(refused("rates.expired", "利率表正在更新，不敢拿旧的算。请到网点问。"))
}
fn wrong_term() -> Told {
    Ok(refused("sum.term", "没有这个期限。"))
}
fn wrong_amount() -> Told {
    Ok(refused("sum.amount", "这个金额算不了。"))
}

/// What a deposit brings at the end of its term.
async fn deposit(app: &Arc<App>, standing: &Arc<Standing>, call: &Call) -> Result<Told> {
    let asked = Asked::of(app, standing, call).await?;
    let kind = call.args.get("kind").map_or("fixed", String::as_str);
    let key = match kind {
        "current" => "deposit.current".to_owned(),
        "monthly" => format!("deposit.monthly.{}", asked.months),
        _ => format!("deposit.fixed.{}", asked.months),
    };
    if !asked.is_known(&key) || !(1..=MONTHS_MAX).contains(&asked.months) {
        return Ok(wrong_term());
    }
    let Some((rate, since)) = asked.rate(&key) else { return Ok(expired()) };
    let least = match kind {
        "current" => Fen::of(1),
        "monthly" => asked.money("deposit.monthly.min").unwrap_or(Fen::of(1)),
        _ => asked.money("deposit.fixed.min").unwrap_or(Fen::of(1)),
    };
    if asked.amount < least || asked.amount > AMOUNT_MAX {
        return Ok(wrong_amount());
    }
    let (sum, term) = (yuan_words(asked.amount), months_words(asked.months));
    let (what, paid_in, interest) = match kind {
        "current" => {
            let interest = sums::interest(asked.amount, rate, asked.months);
            (format!("{sum}活期放{term}"), Some(asked.amount), interest)
        }
        "monthly" => {
            let paid_in = asked.amount.fen().checked_mul(asked.months).map(Fen::of);
            let interest = sums::interest_monthly(asked.amount, rate, asked.months);
            (format!("每月存{sum}、存{term}"), paid_in, interest)
        }
        _ => {
            let interest = sums::interest(asked.amount, rate, asked.months);
            (format!("{sum}定期{term}"), Some(asked.amount), interest)
        }
    };
    let total = paid_in.zip(interest).and_then(|(p, i)| p.checked_add(i));
    let (Some(interest), Some(total)) = (interest, total) else { return Ok(wrong_amount()) };
    Ok(Ok(done([
        ("what", text(what)),
        ("interest", Value::Money(interest)),
        ("total", Value::Money(total)),
        ("rate", text(rate.to_string())),
        ("since", text(since_words(since))),
    ])))
}

/// What a loan costs, by each way of paying it back, at the highest rate of its product.
async fn loan(app: &Arc<App>, standing: &Arc<Standing>, call: &Call) -> Result<Told> {
    let asked = Asked::of(app, standing, call).await?;
    let months_of =
        |product: &str| match asked.known.rows.at(&format!("loan.{product}.months"), asked.day) {
            Some(row) => match row.value {
                RowValue::Months(n) => Some(n),
                _ => None,
            },
            None => None,
        };
    let usual = if months_of(USUAL_LOAN).is_some_and(|n| asked.months > n) {
        LONG_LOAN
    } else {
        USUAL_LOAN
    };
    let product = call.args.get("product").map_or(usual, String::as_str);
    let Some(longest) = months_of(product) else { return Ok(expired()) };
    if !(1..=longest.min(sums::MONTHS_MAX)).contains(&asked.months) {
        return Ok(wrong_term());
    }
    if asked.amount < LOAN_MIN || asked.amount > AMOUNT_MAX {
        return Ok(wrong_amount());
    }
    let name = asked.known.rows.at(&format!("loan.{product}.name"), asked.day);
    let rates =
        (asked.rate(&format!("loan.{product}.low")), asked.rate(&format!("loan.{product}.high")));
    let (Some(name), (Some((low, _)), Some((high, since)))) = (name, rates) else {
        return Ok(expired());
    };
    let plan = |rate, method| sums::plan(asked.amount, rate, asked.months, method);
    let ways = [
        ("每月还一样多（等额本息）", sums::Method::EvenInstalment),
        ("本金平摊（等额本金）", sums::Method::EvenPrincipal),
        ("平时还息、到期还本", sums::Method::InterestFirst),
    ];
    let rows: Option<Vec<Row>> = ways
        .iter()
        .map(|(words, method)| {
            let plan = plan(high, *method)?;
            Some(row([
                ("method", text(*words)),
                ("first", Value::Money(plan.first)),
                ("last", Value::Money(plan.last)),
                ("interest", Value::Money(plan.interest)),
            ]))
        })
        .collect();
    let (Some(rows), Some(lowest)) = (rows, plan(low, sums::Method::EvenInstalment)) else {
        return Ok(wrong_amount());
    };
    Ok(Ok(done([
        ("rows", Value::Rows(rows)),
        ("name", text(name.value.to_string())),
        ("high", text(high.to_string())),
        ("low", text(low.to_string())),
        ("low_first", Value::Money(lowest.first)),
        ("since", text(since_words(since))),
    ])))
}
