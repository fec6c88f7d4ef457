//! Wealth products as the chat asks for them: what there is, what one has, and drafts of buying and selling.

use super::payments::{LABEL, card, elder};
use super::{
    Doing, Reading, Row, Told, Verb, cannot, count, day_words, declined, done, refused, row, text,
};
use crate::app::App;
use crate::followers::Standing;
use crate::payments::PaymentId;
use crate::payments::takeback;
use crate::payments::wealth::{self as orders, Buying, Selling, benchmark, nav_words, term_words};
use crate::wealth::risk::Taken;
use crate::wealth::rules::CARE_YEARS;
use crate::wealth::{self, within};
use base::{Error, Fen, Result};
use corebank::wealth::{Holding, WealthBook, WealthOrder, WealthProduct};
use dialogue::{Call, Value};
use std::sync::Arc;

pub(super) const VERBS: &[Verb] = &[
    ("wealth.products", Doing::Look(|app, standing, call| Box::pin(products(app, standing, call)))),
    ("wealth.book", Doing::Read(|r, call| Box::pin(r.wealth_book(call)))),
    ("pay.buy_wealth", Doing::Draft(|r, call| Box::pin(r.buy_wealth(call)))),
    ("pay.sell_wealth", Doing::Draft(|r, call| Box::pin(r.sell_wealth(call)))),
    ("wealth.orders", Doing::Read(|r, _| Box::pin(r.wealth_orders()))),
    ("wealth.take_back", Doing::Order(|r, call| Box::pin(r.take_back_wealth(call)))),
];

/// Products that a list shows.
const SHOWN: usize = 3;
/// Whoever wants it the safest is shown no more than this.
const SAFE: i64 = 2;
/// A month as people count it when they say how long.
const DAYS_A_MONTH: i64 = 31;

fn arg<'c>(call: &'c Call, name: &str) -> &'c str {
    call.args.get(name).map(String::as_str).unwrap_or_default()
}

/// What fits the customer's grade, and what they said of it; never more than three.
async fn products(app: &Arc<App>, standing: &Arc<Standing>, call: &Call) -> Result<Told> {
    if app.core.wealth().is_none() {
        return Ok(Ok(cannot("理财产品")));
    }
    let all = match wealth::products(app, standing.tenant, standing.id.raw()).await? {
        Ok(all) => all,
        Err(e) => return Ok(Err(e)),
    };
    let (mut taken, mut years) = (None, None);
    if let Some(bound) = &standing.bound {
        let ctx = super::core_ctx(app, standing.tenant, standing.id.raw());
        years = match wealth::age(app, &ctx, &bound.customer).await {
            Ok(years) => years,
            Err(e) => return Ok(Err(e)),
        };
        taken = wealth::assessment(app, standing.tenant, &bound.customer).await?;
    }
    let taken = taken.filter(|t: &Taken| t.is_good(app.clock().now()));
    let here = within(all, taken.as_ref());
    let amount = arg(call, "amount").parse().ok().map(Fen::of);
    let months: Option<i64> = arg(call, "term").parse().ok();
    let fits = |p: &&WealthProduct| {
        let is_safe = arg(call, "risk") != "safe" || p.grade.number() <= SAFE;
        let is_paid = amount.is_none_or(|a| p.least <= a);
        let is_short = months.is_none_or(|m| p.days.is_none_or(|d| d <= m * DAYS_A_MONTH));
        is_safe && is_paid && is_short
    };
    let rows: Vec<Row> = here.iter().filter(fits).take(SHOWN).map(product_row).collect();
    let note = match (&taken, years) {
        (None, _) => "买之前要先做风险测评。".to_owned(),
        (Some(t), Some(years)) if years >= CARE_YEARS => {
            format!("按您的测评{}挑的。您满65岁，买之前先和家里人商量。", t.grade.word())
        }
        (Some(t), _) => format!("按您的测评{}挑的。", t.grade.word()),
    };
    Ok(Ok(done([("count", count(rows.len())), ("rows", Value::Rows(rows)), ("note", text(note))])))
}

fn product_row(p: &WealthProduct) -> Row {
    row([
        ("name", text(&p.name)),
        ("grade", text(format!("{}{}", p.grade.word(), p.grade.label()))),
        ("benchmark", text(benchmark(p))),
        ("term", text(term_words(p))),
        ("least", Value::Money(p.least)),
    ])
}

/// 赚了 12.30 元, 亏了 3.00 元, 不赚不亏: in words, for a colour alone says nothing.
fn gain(words: (&str, &str, &str), fen: Fen) -> String {
    match fen {
        Fen::ZERO => words.2.to_owned(),
        fen if fen.is_negative() => format!("{} {} 元", words.1, Fen::of(-fen.fen())),
        fen => format!("{} {fen} 元", words.0),
    }
}

fn holding_row(h: &Holding) -> Row {
    let when = match h.matures_on {
        Some(end) => format!("{}到期", day_words(end)),
        None => "随时可赎".to_owned(),
    };
    row([
        ("name", text(&h.name)),
        ("value", Value::Money(h.value)),
        ("gain", text(gain(("赚了", "亏了", "不赚不亏"), h.income()))),
        ("last", text(gain(("前一天赚", "前一天亏", "前一天没变"), h.last_day))),
        ("when", text(when)),
    ])
}

fn order_words(o: &WealthOrder) -> String {
    let due = format!("{}月{}日", o.due_on.month(), o.due_on.day());
    if o.is_purchase {
        format!("申购「{}」{} 元，{due}确认份额。", o.name, o.amount)
    } else {
        format!("赎回「{}」{} 元，{due}到账。", o.name, o.amount)
    }
}

fn book_rows(book: &WealthBook) -> Result<(Vec<Row>, Fen, Fen)> {
    let (mut total, mut income) = (Fen::ZERO, Fen::ZERO);
    for h in &book.holdings {
        let too_large = || Error::fault("holdings are too large to count");
        total = total.checked_add(h.value).ok_or_else(too_large)?;
        income = income.checked_add(h.income()).ok_or_else(too_large)?;
    }
    Ok((book.holdings.iter().map(holding_row).collect(), total, income))
}

impl Reading<'_> {
    async fn wealth_book(&self, _: &Call) -> Result<Told> {
        let Some(w) = self.app.core.wealth() else { return Ok(Ok(cannot("理财"))) };
        let book = match w.wealth_book(&self.ctx(), &self.customer()).await {
            Ok(book) => book,
            Err(e) => return Ok(Err(e)),
        };
        let (rows, total, income) = book_rows(&book)?;
        let under_way: String = book.under_way.iter().map(order_words).collect();
        let nav = book.holdings.first().map(|h| h.nav);
        let as_of = nav.map(|n| format!("{}月{}日", n.on.month(), n.on.day())).unwrap_or_default();
        let unit = book.holdings.first().filter(|_| book.holdings.len() == 1);
        let nav =
            unit.map(|h| format!("单位净值 {}。", nav_words(h.nav.micro))).unwrap_or_default();
        Ok(Ok(done([
            ("count", count(rows.len())),
            ("rows", Value::Rows(rows)),
            ("total", Value::Money(total)),
            ("gain", text(gain(("一共赚了", "一共亏了", "不赚不亏"), income))),
            ("as_of", text(as_of)),
            ("nav", text(nav)),
            ("under_way", text(under_way)),
        ])))
    }

    /// As the core's trial told it, once the assessment and the rule of recorded sales let it be.
    async fn buy_wealth(&self, call: &Call) -> Result<Told> {
        let amount = arg(call, "amount").parse().ok().map(Fen::of);
        let asked = Buying { from: arg(call, "account"), product: arg(call, "product"), amount };
        let made = match orders::buy(self.app, &self.payer(), &asked).await {
            Err(Error::Refused(no)) => return Ok(Ok(declined(&no))),
            Err(fault) => return Err(fault),
            Ok(made) => made,
        };
        let frozen = made.drafted.known.as_ref();
        let frozen = frozen.ok_or_else(|| Error::fault("a purchase without a draft"))?;
        let p = &made.product;
        let ends = match made.matures_on {
            Some(end) => format!("封闭到{}，到期前不能赎回。", day_words(end)),
            None => format!("随时可赎，{}个工作日到账。", p.redeems_in),
        };
        let facts = format!(
            "{}{}，业绩比较基准{}，不是承诺收益。{ends}理财非存款、产品有风险。",
            p.grade.word(),
            p.grade.label(),
            benchmark(p)
        );
        Ok(Ok(done([
            ("card", text(format!("{}{facts}", card(frozen)))),
            ("elder_card", text(format!("{}理财不是存款，可能亏。", elder(frozen)))),
            ("label", text(LABEL)),
            ("wish", text(made.drafted.wish.raw().to_string())),
            ("product", text(&p.name)),
        ])))
    }

    async fn wealth_orders(&self) -> Result<Told> {
        let all = takeback::waiting(self.app, &self.payer()).await?;
        let id = |o: &takeback::Waiting| o.id.raw().to_string();
        let only = if let [one] = &all[..] { id(one) } else { String::new() };
        let one = |o: &takeback::Waiting| {
            row([
                ("id", text(id(o))),
                ("name", text(&o.name)),
                ("amount", Value::Money(o.amount)),
                ("arrival", text(&o.arrival)),
            ])
        };
        let rows: Vec<_> = all.iter().map(one).collect();
        Ok(Ok(done([
            ("count", count(rows.len())),
            ("only", text(only)),
            ("rows", Value::Rows(rows)),
        ])))
    }

    async fn take_back_wealth(&self, call: &Call) -> Result<Told> {
        let id = PaymentId::of(arg(call, "order").parse().unwrap_or_default());
        // What was asked before the channel was frozen is not done.
        if self.bound.is_frozen {
            return Ok(Ok(refused(super::FROZEN.code, &super::FROZEN.words)));
        }
        match takeback::take_back(self.app, &self.payer(), id).await {
            Err(Error::Refused(no)) => Ok(Ok(declined(&no))),
            Err(fault) => Err(fault),
            Ok(was) => Ok(Ok(done([
                ("name", text(was.name)),
                ("amount", Value::Money(was.amount)),
                ("serial", text(was.serial)),
            ]))),
        }
    }

    /// As the core's trial told it: which units at which net value, when the money comes, and what stays.
    async fn sell_wealth(&self, call: &Call) -> Result<Told> {
        let amount = arg(call, "amount").parse().ok().map(Fen::of);
        let asked = Selling { holding: arg(call, "holding"), into: arg(call, "account"), amount };
        let made = match orders::sell(self.app, &self.payer(), &asked).await {
            Err(Error::Refused(no)) => return Ok(Ok(declined(&no))),
            Err(fault) => return Err(fault),
            Ok(made) => made,
        };
        let frozen = made.drafted.known.as_ref();
        let frozen = frozen.ok_or_else(|| Error::fault("a redemption without a draft"))?;
        let (arrives, comes_to) = (made.trial.arrives_on, orders::sold_words(&made.trial));
        let arrives = format!("{}月{}日到账。", arrives.month(), arrives.day());
        Ok(Ok(done([
            ("card", text(format!("{}{comes_to}", card(frozen)))),
            ("elder_card", text(format!("{}{arrives}", elder(frozen)))),
            ("label", text(LABEL)),
            ("wish", text(made.drafted.wish.raw().to_string())),
            ("holding", text(made.holding)),
        ])))
    }
}
