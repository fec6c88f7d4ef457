//! Instalments of credit cards: what may be split, what it would cost, and making the plan.
//!
//! A plan moves nothing away from its card: what was split is still owed and still takes up the limit, as is the fee, which is
//! booked at once. But bills leave out what of it is deferred: each asks for the instalments whose day has come. So a bill worked
//! out later is the same bill, and nothing has to be done on any day. Not for: ending a plan early; a counter does that.

use crate::credit::Bill;
use crate::day::Day;
use crate::error::Reject;
use crate::instalments::{CardPlan, PLAN_MONTHS, Split};
use crate::model::{AccountKind, LineId};
use crate::money::{Arrival, Payee, Payment, Quote, QuoteAsk, Rail, SplitAsk, SplitTrial};
use crate::sandbox::money::payees::Holder;
use crate::sandbox::movement::{self, Movement};
use crate::sandbox::queries::{Said, day, no};
use crate::sandbox::{cards, number, queries};
use base::{Error, Fen, Result, Time};
use db::{FromRow, Row, Tx, params};

/// Less is not split: three hundred yuan.
const LEAST: Fen = Fen::of(30_000);
/// Of what is split, for each instalment: months, and hundredths of a per cent.
const FEES_BP: [(i64, i64); 4] = [(3, 80), (6, 70), (12, 65), (24, 62)];
const WHOLE_BP: i128 = 10_000;

type Verdict<T> = Result<std::result::Result<T, Reject>>;

fn large() -> Error {
    Error::fault("a plan is too large to count")
}

/// What is wrong with such a payment whatever the books say; the field.
pub(super) fn flaw(payment: &Payment) -> Option<&'static str> {
    match &payment.payee {
        Payee::Split { .. } if payment.rail != Rail::Book => Some("rail"),
        Payee::Split { months, .. } if !PLAN_MONTHS.contains(months) => Some("payee"),
        _ => None,
    }
}

/// What would be split, and how.
struct Look {
    plan: Split,
    trial: SplitTrial,
    /// The bill that is split; none for a purchase.
    billed_on: Option<Day>,
}

/// What splitting a bill or a purchase would come to. Without effect.
pub(super) fn trial(tx: &Tx<'_>, ask: &SplitAsk) -> Said<SplitTrial> {
    let acct_id = number(ask.card.as_str()).unwrap_or(0);
    let looked = looked(tx, acct_id, ask.line.as_ref(), (ask.amount, ask.months))?;
    Ok(looked.map(|l| l.trial).map_err(Into::into))
}

fn looked(
    tx: &Tx<'_>,
    acct_id: i64,
    line: Option<&LineId>,
    (amount, months): (Fen, i64),
) -> Verdict<Look> {
    let Some(bp) = FEES_BP.iter().find(|(m, _)| *m == months).map(|(_, bp)| *bp) else {
        return Ok(Err(Reject::Validation { field: "months" }));
    };
    let Ok(card) = cards::card(tx, acct_id)? else { return Ok(Err(Reject::NotFound)) };
    if card.settings.as_ref().is_some_and(|s| !s.is_active || s.closes_on.is_some()) {
        return Ok(Err(Reject::AccountNotActive));
    }
    let bills = cards::bills(tx, acct_id, 1)?.unwrap_or_default();
    let bill = bills.first();
    let today = Day::at(tx.now());
    if bill.is_some_and(|b| b.left() > Fen::ZERO && b.bill.due_on < today) {
        return Ok(Err(Reject::NotEligible));
    }
    let (most, billed_on) = match line {
        Some(line) => match purchase(tx, acct_id, line, card.billed_on)? {
            Ok(whole) if amount != whole => {
                return Ok(Err(Reject::Validation { field: "amount" }));
            }
            Ok(whole) => (whole, None),
            Err(reject) => return Ok(Err(reject)),
        },
        None => match bill_left(tx, acct_id, bill)? {
            Ok((left, on)) => (left, Some(on)),
            Err(reject) => return Ok(Err(reject)),
        },
    };
    if most < LEAST {
        return Ok(Err(Reject::NotEligible));
    }
    if amount < LEAST {
        return Ok(Err(Reject::Validation { field: "amount" }));
    }
    if amount > most {
        return Ok(Err(Reject::LimitExceeded));
    }
    let fee = crate::interest::half_up(i128::from(amount.fen()) * i128::from(bp), WHOLE_BP);
    let plan = Split { amount, months, fee: fee.ok_or_else(large)? };
    let told = told(&plan, (card.next_bill, most)).ok_or_else(large)?;
    Ok(Ok(Look { plan, trial: told, billed_on }))
}

fn told(plan: &Split, (first_bill, most): (Day, Fen)) -> Option<SplitTrial> {
    Some(SplitTrial {
        fee: plan.fee,
        fees: plan.fees()?,
        yearly_bp: plan.yearly_bp()?,
        each: plan.instalment(1)?,
        last: plan.instalment(plan.months)?,
        first_bill,
        least: LEAST,
        most,
    })
}

/// What of the last bill may be split: what is left of it until its due day, once.
fn bill_left(tx: &Tx<'_>, acct_id: i64, bill: Option<&Bill>) -> Verdict<(Fen, Day)> {
    let today = Day::at(tx.now());
    let open = bill.filter(|b| b.left() > Fen::ZERO && b.bill.due_on >= today);
    let Some(bill) = open else { return Ok(Err(Reject::NotEligible)) };
    let on = bill.bill.billed_on;
    let before: i64 = tx.one(
        "SELECT COUNT(*) FROM core_card_plan WHERE tenant_id = $1 AND acct_id = $2 AND billed_on = $3",
        params![tx.tenant(), acct_id, on.number()],
    )?;
    Ok(if before == 0 { Ok((bill.left(), on)) } else { Err(Reject::NotEligible) })
}

/// The sum of a purchase that is in no bill yet, once.
fn purchase(tx: &Tx<'_>, acct_id: i64, line: &LineId, since: Day) -> Verdict<Fen> {
    let parts = line.as_str().split_once('-');
    let numbers = parts.and_then(|(j, l)| Some((j.parse::<i64>().ok()?, l.parse::<i64>().ok()?)));
    let Some((journal_no, line_no)) = numbers else { return Ok(Err(Reject::NotFound)) };
    let found: Option<(Fen, Time, i64)> = tx.opt(
        "SELECT e.amount_fen, e.posted_at_ms,
                (SELECT COUNT(*) FROM core_card_plan p WHERE p.tenant_id = e.tenant_id AND p.line = $5)
           FROM core_entry e JOIN core_journal j ON j.tenant_id = e.tenant_id AND j.journal_no = e.journal_no
          WHERE e.tenant_id = $1 AND e.journal_no = $2 AND e.line_no = $3 AND e.account_kind = 'C' AND e.account = $4
            AND e.side = 'D' AND j.kind IN ('purchase', 'purchase_online')",
        params![tx.tenant(), journal_no, line_no, acct_id, line.as_str()],
    )?;
    Ok(match found {
        None => Err(Reject::NotFound),
        Some((_, at, _)) if at < since.start() => Err(Reject::NotEligible),
        Some((_, _, before)) if before > 0 => Err(Reject::NotEligible),
        Some((amount, ..)) => Ok(amount),
    })
}

/// What a plan costs. What is split is given back before it is owed anew: only the fee has to fit.
pub(super) fn quote(tx: &Tx<'_>, ask: &QuoteAsk, available: Fen) -> Said<Quote> {
    let Payee::Split { line, months } = &ask.payee else { return queries::invalid("payee") };
    let acct_id = number(ask.payer.as_str()).unwrap_or(0);
    match looked(tx, acct_id, line.as_ref(), (ask.amount, *months))? {
        Ok(look) => {
            let available = available.checked_add(ask.amount).ok_or_else(large)?;
            let fee = look.trial.fees;
            Ok(Ok(Quote { fee, rail: Rail::Book, arrival: Arrival::AtOnce, available }))
        }
        Err(reject) => no(reject),
    }
}

/// A plan that is made once its movement is posted.
pub(super) struct Fresh {
    acct_id: i64,
    plan: Split,
    line: Option<LineId>,
    billed_on: Option<Day>,
    first_bill: Day,
}

/// What a plan does to the books, if it costs exactly what is told.
pub(super) fn make(
    tx: &Tx<'_>,
    card: &Holder,
    (line, months): (Option<&LineId>, i64),
    (amount, fee): (Fen, Fen),
) -> Verdict<(Movement, Fresh)> {
    if card.kind != AccountKind::Credit {
        return Ok(Err(Reject::Validation { field: "account" }));
    }
    let look = match looked(tx, card.acct_id, line, (amount, months))? {
        Ok(look) if look.trial.fees == fee => look,
        // Another day, or another fee: what was shown is not what it comes to.
        Ok(_) | Err(Reject::Validation { field: "months" }) => {
            return Ok(Err(Reject::NotEligible));
        }
        Err(reject) => return Ok(Err(reject)),
    };
    let fresh = Fresh {
        acct_id: card.acct_id,
        plan: look.plan,
        line: line.cloned(),
        billed_on: look.billed_on,
        first_bill: look.trial.first_bill,
    };
    Ok(Ok((movement::card_split(card.acct_id, amount, fee, months), fresh)))
}

/// Writes the plan, in the unit that posted it.
pub(super) fn write(tx: &Tx<'_>, fresh: &Fresh, journal_no: i64) -> Result<()> {
    let plan = &fresh.plan;
    tx.exec(
        "INSERT INTO core_card_plan (tenant_id, journal_no, acct_id, amount_fen, months, fee_fen, first_bill, billed_on,
                line, made_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        params![
            tx.tenant(),
            journal_no,
            fresh.acct_id,
            plan.amount,
            plan.months,
            plan.fee,
            fresh.first_bill.number(),
            fresh.billed_on.map(Day::number),
            fresh.line.as_ref().map(LineId::as_str),
            tx.now()
        ],
    )?;
    Ok(())
}

/// A plan as the books have it.
struct Kept {
    plan: Split,
    first_bill: Day,
    billed_on: Option<Day>,
    made_at: Time,
}

impl FromRow for Kept {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            plan: Split { amount: row.next()?, months: row.next()?, fee: row.next()? },
            first_bill: day(row.next()?)?,
            billed_on: queries::maybe_day(row.next()?)?,
            made_at: row.next()?,
        })
    }
}

impl Kept {
    /// How many of its instalments stand in the bills until that of `day`.
    fn billed(&self, day: Day) -> i64 {
        (0..self.plan.months).map(|n| i64::from(self.first_bill.plus_months(n) <= day)).sum()
    }
}

fn kept(tx: &Tx<'_>, acct_id: i64) -> Result<Vec<Kept>> {
    tx.all(
        "SELECT amount_fen, months, fee_fen, first_bill, billed_on, made_at_ms FROM core_card_plan
          WHERE tenant_id = $1 AND acct_id = $2 ORDER BY journal_no",
        params![tx.tenant(), acct_id],
    )
}

/// Of what a card owed when the bill of `billed_on` was made, what its plans defer to later bills.
pub(crate) fn deferred(tx: &Tx<'_>, acct_id: i64, billed_on: Day) -> Result<Fen> {
    let made = |k: &&Kept| k.first_bill <= billed_on;
    let all = kept(tx, acct_id)?;
    all.iter().filter(made).try_fold(Fen::ZERO, |sum, k| {
        let part = k.plan.deferred(k.billed(billed_on)).ok_or_else(large)?;
        sum.checked_add(part).ok_or_else(large)
    })
}

/// Purchases that were split since `from`: credits that pay no bill.
pub(crate) fn purchases_split(tx: &Tx<'_>, acct_id: i64, from: Time) -> Result<Fen> {
    tx.one(
        "SELECT COALESCE(CAST(SUM(amount_fen) AS BIGINT), 0) FROM core_card_plan
          WHERE tenant_id = $1 AND acct_id = $2 AND line IS NOT NULL AND made_at_ms >= $3",
        params![tx.tenant(), acct_id, from],
    )
}

/// A card's plans, the latest first; those that are billed whole too.
pub(crate) fn plans(tx: &Tx<'_>, acct_id: i64) -> Said<Vec<CardPlan>> {
    let card = match cards::card(tx, acct_id)? {
        Ok(card) => card,
        Err(e) => return Ok(Err(e)),
    };
    let told = |k: &Kept| -> Option<CardPlan> {
        let billed = k.billed(card.billed_on);
        let fees = k.plan.fee.fen().checked_mul(k.plan.months - billed)?;
        Some(CardPlan {
            made_on: Day::at(k.made_at),
            billed_on: k.billed_on,
            amount: k.plan.amount,
            months: k.plan.months,
            billed,
            fee: k.plan.fee,
            left: k.plan.deferred(billed)?.checked_sub(Fen::of(fees))?,
            next_bill: (billed < k.plan.months).then(|| k.first_bill.plus_months(billed)),
            next: k.plan.instalment(billed + 1).unwrap_or(Fen::ZERO),
        })
    };
    let all = kept(tx, acct_id)?;
    Ok(Ok(all.iter().rev().map(|k| told(k).ok_or_else(large)).collect::<Result<_>>()?))
}

/// Plans that are not what was booked, or of which more is deferred than is owed.
pub(super) fn broken(tx: &Tx<'_>) -> Result<Vec<String>> {
    let wrong: Vec<i64> = tx.all(
        "SELECT c.journal_no FROM core_card_plan c
           LEFT JOIN core_payment p ON p.tenant_id = c.tenant_id AND p.journal_no = c.journal_no
          WHERE c.tenant_id = $1
            AND (p.journal_no IS NULL OR p.payee_kind NOT LIKE 'split|%' OR p.payer <> c.acct_id
                 OR p.amount_fen <> c.amount_fen OR p.fee_fen <> c.fee_fen * c.months)
          UNION ALL
         SELECT p.journal_no FROM core_payment p
           LEFT JOIN core_card_plan c ON c.tenant_id = p.tenant_id AND c.journal_no = p.journal_no
          WHERE p.tenant_id = $1 AND p.payee_kind LIKE 'split|%' AND c.journal_no IS NULL",
        params![tx.tenant()],
    )?;
    Ok(wrong.into_iter().map(|no| format!("I7: a plan is not what was booked: {no}")).collect())
}
