//! Questions about credit cards.

use super::Doing::{Look, Read};
use super::{Reading, Told, Verb, core_ctx, count, done, refused, row, signed, text};
use crate::app::App;
use crate::followers::Standing;
use base::{Fen, Time};
use corebank::{
    AccountRef, BILLS_MAX, Bill, CardFees, CoreError, Day, Flow, StatementQuery, StatementRange,
};
use dialogue::{Call, Value};
use std::sync::Arc;

/// Lines in one chat bubble.
const LINES_A_BUBBLE: usize = 5;
/// Lots of points in one chat bubble.
const LOTS_A_BUBBLE: usize = 3;

pub(super) const VERBS: &[Verb] = &[
    ("core.card_bill", Read(|r, call| Box::pin(async { Ok(r.card_bill(call).await) }))),
    ("core.card_days", Read(|r, call| Box::pin(async { Ok(r.card_days(call).await) }))),
    ("core.card_unbilled", Read(|r, call| Box::pin(async { Ok(r.card_unbilled(call).await) }))),
    ("core.card_limit", Read(|r, call| Box::pin(async { Ok(r.card_limit(call).await) }))),
    ("core.card_points", Read(|r, call| Box::pin(async { Ok(r.card_points(call).await) }))),
    ("core.card_fee", Read(|r, call| Box::pin(async { Ok(r.card_fee(call).await) }))),
    ("core.card_fees", Look(|app, standing, _| Box::pin(async { Ok(fees(app, standing).await) }))),
];

impl Reading<'_> {
    fn card(&self, call: &Call) -> Result<AccountRef, CoreError> {
        Ok(AccountRef::new(&self.own(call)?.number))
    }

    fn today(&self) -> Day {
        Day::at(self.app.clock().now())
    }

    async fn card_bill(&self, call: &Call) -> Told {
        let card = self.card(call)?;
        let to = call.args.get("to").and_then(|d| d.parse::<Day>().ok());
        let bills = self.app.core.bills(&self.ctx(), &card, BILLS_MAX).await?;
        let asked = bills.iter().position(|b| to.is_none_or(|to| b.bill.billed_on <= to));
        let Some(at) = asked else {
            return Ok(refused("bill.none", "这张卡那时候还没有账单。"));
        };
        let Some(bill) = bills.get(at) else {
            return Ok(refused("bill.none", "这张卡还没有账单。"));
        };
        let earlier = bills.get(at + 1).map(|b| month_of(b.bill.billed_on)).unwrap_or_default();
        Ok(done([
            ("billed_on", day(bill.bill.billed_on)),
            ("due_on", day(bill.bill.due_on)),
            ("total", Value::Money(bill.bill.amount)),
            ("minimum", Value::Money(bill.bill.minimum)),
            ("paid", Value::Money(bill.paid)),
            ("left", Value::Money(bill.left())),
            (
                "note",
                text(format!("{}{}", bill_note(bill, self.today(), at == 0), split_note(bill))),
            ),
            ("earlier", text(earlier)),
        ]))
    }

    async fn card_days(&self, call: &Call) -> Told {
        let card = self.app.core.card(&self.ctx(), &self.card(call)?).await?;
        let bills = self.app.core.bills(&self.ctx(), &card.account, 1).await?;
        let open = bills.first().filter(|b| b.left() > Fen::ZERO);
        let note =
            open.map(|b| format!("这一期还有 {} 元要在{}前还。", b.left(), md(b.bill.due_on)));
        let due = card.next_bill.first_of_month().plus_days(card.due_day - 1);
        let due = if due > card.next_bill { due } else { due.plus_months(1) };
        Ok(done([
            ("statement_day", Value::Count(card.statement_day)),
            ("due_day", Value::Count(card.due_day)),
            ("next_bill", day(card.next_bill)),
            ("next_due", day(due)),
            ("note", text(note.unwrap_or_default())),
        ]))
    }

    async fn card_unbilled(&self, call: &Call) -> Told {
        let card = self.app.core.card(&self.ctx(), &self.card(call)?).await?;
        let (from, to) = (card.billed_on, self.today());
        let account = card.account.clone();
        let range = StatementRange { account, from, to, flow: Flow::All, q: None };
        let totals = self.app.core.totals(&self.ctx(), &range).await?;
        let ask = StatementQuery { range, cursor: None, limit: LINES_A_BUBBLE };
        let page = self.app.core.transactions(&self.ctx(), &ask).await?;
        let line = |l: &corebank::Line| {
            let label = if l.counterparty.is_empty() { &l.label } else { &l.counterparty };
            row([
                ("at", Value::Time(l.at)),
                ("label", text(if l.is_in { &l.label } else { label })),
                ("amount", Value::Money(signed(l))),
            ])
        };
        let rows: Vec<_> = page.lines.iter().map(line).collect();
        Ok(done([
            ("since", day(from)),
            ("next_bill", day(card.next_bill)),
            ("spent", Value::Money(totals.outflow)),
            ("repaid", Value::Money(totals.inflow)),
            ("count", Value::Count(totals.in_count + totals.out_count)),
            ("shown", count(rows.len())),
            ("month", text(to.to_string().chars().take(7).collect::<String>())),
            ("rows", Value::Rows(rows)),
        ]))
    }

    async fn card_limit(&self, call: &Call) -> Told {
        let card = self.app.core.card(&self.ctx(), &self.card(call)?).await?;
        let note = if card.surplus > Fen::ZERO {
            format!("卡里多存了 {} 元。", card.surplus)
        } else if card.held > Fen::ZERO {
            format!("有 {} 元还没入账，先占着额度。", card.held)
        } else {
            String::new()
        };
        Ok(done([
            ("limit", Value::Money(card.limit)),
            ("used", Value::Money(card.used)),
            ("available", Value::Money(card.available)),
            ("cash", Value::Money(card.cash_limit.min(card.available))),
            ("note", text(note)),
            ("as_of", Value::Time(card.as_of)),
        ]))
    }

    async fn card_points(&self, call: &Call) -> Told {
        let points = self.app.core.points(&self.ctx(), &self.card(call)?).await?;
        let lots = points.lots.iter().take(LOTS_A_BUBBLE);
        let rows =
            lots.map(|l| row([("points", Value::Count(l.points)), ("until", day(l.ends_on))]));
        Ok(done([
            ("points", Value::Count(points.total)),
            ("to_come", Value::Count(points.to_come)),
            ("rows", Value::Rows(rows.collect())),
        ]))
    }

    async fn card_fee(&self, call: &Call) -> Told {
        let card = self.app.core.card(&self.ctx(), &self.card(call)?).await?;
        let note = match card.fees.free_after {
            _ if card.fees.annual == Fen::ZERO => "这张卡不收年费。".to_owned(),
            Some(need) if card.purchases >= need => {
                format!("这一年已刷 {} 笔，够了，免年费。", card.purchases)
            }
            Some(need) => {
                let more = need - card.purchases;
                format!("这一年已刷 {} 笔，再刷 {more} 笔就免年费。", card.purchases)
            }
            None => String::new(),
        };
        Ok(done([
            ("annual", Value::Money(card.fees.annual)),
            ("done", Value::Count(card.purchases)),
            ("until", day(card.fee_year_ends)),
            ("note", text(note)),
            ("prices", text(prices(&card.fees))),
            ("product", text(card.fees.product)),
        ]))
    }
}

/// What the cards of the follower's bank cost, whoever asks.
async fn fees(app: &Arc<App>, standing: &Arc<Standing>) -> Told {
    let ctx = core_ctx(app, standing.tenant, standing.id.raw());
    let all = app.core.card_products(&ctx).await?;
    let rows: Vec<_> = all
        .iter()
        .map(|f| {
            let free = match f.free_after {
                Some(n) if f.annual > Fen::ZERO => format!("，一年刷满{n}笔免收"),
                _ => String::new(),
            };
            row([
                ("product", text(&f.product)),
                ("annual", Value::Money(f.annual)),
                ("free", text(free)),
                ("prices", text(prices(f))),
            ])
        })
        .collect();
    Ok(done([("count", count(rows.len())), ("rows", Value::Rows(rows))]))
}

/// What costs money beside the yearly fee.
fn prices(f: &CardFees) -> String {
    format!(
        "取现收{}，每笔最少 {} 元；没按时还清的，每天按{}计息；最低还款没还够的部分，收{}违约金。",
        percent(f.cash_fee_bp),
        f.cash_fee_least,
        percent(f.day_rate_bp),
        percent(f.late_fee_bp)
    )
}

/// `5%` of 500, `0.05%` of 5.
fn percent(bp: i64) -> String {
    let (whole, part) = (bp / 100, bp % 100);
    match part {
        0 => format!("{whole}%"),
        _ => format!("{whole}.{part:02}%"),
    }
}

/// What a bill means today.
fn bill_note(bill: &Bill, today: Day, is_last: bool) -> String {
    let (left, due) = (bill.left(), bill.bill.due_on);
    if bill.bill.amount == Fen::ZERO {
        "这一期不用还。".to_owned()
    } else if left == Fen::ZERO {
        "这一期已经还清。".to_owned()
    } else if !is_last {
        // What is left of an old bill is part of the one after it.
        "没还完的已算到下一期里。".to_owned()
    } else if today > due {
        format!("已经过了还款日 {} 天，还差 {left} 元，请尽快还。", today.days_since(due))
    } else if bill.paid > Fen::ZERO {
        format!("已还 {} 元，还差 {left} 元。", bill.paid)
    } else if today == due {
        "今天是最后一天。".to_owned()
    } else {
        format!("还有 {} 天。", due.days_since(today))
    }
}

/// What instalments have to do with a bill.
fn split_note(bill: &Bill) -> String {
    if bill.deferred > Fen::ZERO {
        format!("另有分期 {} 元还没到期，这期不用还。", bill.deferred)
    } else {
        String::new()
    }
}

fn day(day: Day) -> Value {
    Value::Time(day.start())
}

/// `11月25日`
pub(super) fn md(day: Day) -> String {
    format!("{}月{}日", day.month(), day.day())
}

/// The month a day is in, as the dialogue keeps ranges.
fn month_of(day: Day) -> String {
    format!("{}..{}", day.first_of_month(), day.last_of_month())
}

/// The day in China of an instant.
pub(super) fn md_at(at: Time) -> String {
    md(Day::at(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use corebank::CardBill;

    #[test]
    fn a_bill_says_what_it_means_today() {
        let on = |d: &str| d.parse::<Day>().unwrap();
        let bill = |amount: i64, paid: i64| Bill {
            bill: CardBill {
                billed_on: on("2026-11-05"),
                amount: Fen::of(amount),
                minimum: Fen::of(amount / 10),
                due_on: on("2026-11-25"),
            },
            from: on("2026-10-05"),
            carried: Fen::ZERO,
            spent: Fen::of(amount),
            repaid: Fen::ZERO,
            deferred: Fen::ZERO,
            paid: Fen::of(paid),
        };
        for (amount, paid, today, last, words) in [
            (0, 0, "2026-11-23", true, "这一期不用还。"),
            (5_000, 5_000, "2026-11-23", true, "这一期已经还清。"),
            (5_000, 0, "2026-11-23", true, "还有 2 天。"),
            (5_000, 0, "2026-11-25", true, "今天是最后一天。"),
            (5_000, 1_000, "2026-11-25", true, "已还 10.00 元，还差 40.00 元。"),
            (5_000, 1_000, "2026-11-28", true, "已经过了还款日 3 天，还差 40.00 元，请尽快还。"),
            (5_000, 1_000, "2026-12-28", false, "没还完的已算到下一期里。"),
        ] {
            assert_eq!(bill_note(&bill(amount, paid), on(today), last), words);
        }
    }

    #[test]
    fn a_rate_is_shown_in_per_cent() {
        assert_eq!([100, 5, 500, 125].map(percent), ["1%", "0.05%", "5%", "1.25%"]);
    }
}
