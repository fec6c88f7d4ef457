//! The ways a payment goes to another bank: which takes it, how long it is under way, and what it costs.

use crate::day::Day;
use crate::error::Reject;
use crate::money::{Arrival, Payee, Payment, Quote, QuoteAsk, Rail};
use crate::sandbox::money::{banks, drawing, payees, split, wealth};
use crate::sandbox::number;
use crate::sandbox::queries::{self, Said, no};
use crate::sandbox::seal::TenantKeys;
use crate::sandbox::wealth as dealing;
use base::{Fen, Time};
use db::Tx;

/// A rail as this sandbox has it. Real caps and hours are set by others and change; these are its own.
struct Way {
    rail: Rail,
    cap: Fen,
    /// How long it usually takes.
    usual_ms: i64,
    /// The latest that is told to the customer.
    latest_ms: i64,
    /// Only in the hours of a working day.
    in_hours: bool,
}

const MINUTE_MS: i64 = 60_000;

/// The latest that a customer is told of a bill: a draft lives a quarter of an hour, what no biller confirms comes back half
/// an hour after it was paid, and whoever asks does so every ten minutes.
const BILLER_LATEST_MS: i64 = 60 * MINUTE_MS;

const fn yuan(n: i64) -> Fen {
    Fen::of(n * 100)
}

const fn way(rail: Rail, cap: Fen, usual_ms: i64, minutes: i64, in_hours: bool) -> Way {
    Way { rail, cap, usual_ms, latest_ms: minutes * MINUTE_MS, in_hours }
}

const WAYS: [Way; 4] = [
    way(Rail::Rural, yuan(1_000_000), 5_000, 10, false),
    way(Rail::Ibps, yuan(1_000_000), 10_000, 30, false),
    way(Rail::Beps, yuan(1_000_000), 30 * MINUTE_MS, 240, false),
    way(Rail::Hvps, yuan(100_000_000), MINUTE_MS, 120, true),
];

/// What a payment to another bank costs by way of a phone: up to this amount, this fee; above them all, [`FEE_MOST`].
const FEES: [(Fen, Fen); 4] = [
    (yuan(5_000), Fen::ZERO),
    (yuan(10_000), yuan(2)),
    (yuan(50_000), yuan(5)),
    (yuan(100_000), yuan(8)),
];
const FEE_MOST: Fen = yuan(15);

fn fee(amount: Fen) -> Fen {
    FEES.iter().find(|(up_to, _)| amount <= *up_to).map_or(FEE_MOST, |(_, fee)| *fee)
}

/// Hours of the high-value system: half past eight to a quarter past five, Monday to Friday. Public holidays are not known.
fn is_working(now: Time) -> bool {
    let (.., hour, minute) = now.china();
    let of_day = hour * 60 + minute;
    Day::at(now).weekday() < 5 && (8 * 60 + 30..17 * 60 + 15).contains(&of_day)
}

fn way_of(rail: Rail) -> Option<&'static Way> {
    WAYS.iter().find(|w| w.rail == rail)
}

/// Whether a way takes this amount now.
fn takes(way: &Way, amount: Fen, now: Time) -> Result<(), Reject> {
    if amount > way.cap {
        return Err(Reject::LimitExceeded);
    }
    if way.in_hours && !is_working(now) {
        return Err(Reject::Unsupported);
    }
    Ok(())
}

/// The fastest way that takes it.
fn choose(bank_no: &str, amount: Fen, now: Time) -> Result<&'static Way, Reject> {
    let fast = if banks::is_rural(bank_no) { Rail::Rural } else { Rail::Ibps };
    let mut refusal = Reject::Unsupported;
    for rail in [fast, Rail::Hvps] {
        let Some(way) = way_of(rail) else { continue };
        match takes(way, amount, now) {
            Ok(()) => return Ok(way),
            Err(reject) => refusal = reject,
        }
    }
    Err(refusal)
}

/// Whether a payment's own rail takes it now.
pub(super) fn lets(payment: &Payment, now: Time) -> Result<(), Reject> {
    way_of(payment.rail).map_or(Ok(()), |way| takes(way, payment.amount, now))
}

/// When the rail will say what became of a payment it was given now.
pub(super) fn due_at(rail: Rail, now: Time) -> Option<Time> {
    way_of(rail).map(|way| now.plus_ms(way.usual_ms))
}

pub(super) fn quote(tx: &Tx<'_>, keys: &TenantKeys, ask: &QuoteAsk) -> Said<Quote> {
    if ask.amount <= Fen::ZERO {
        return queries::invalid("amount");
    }
    if let Payee::Redemption { .. } = &ask.payee {
        return wealth::quote(tx, ask);
    }
    let payer = number(ask.payer.as_str()).unwrap_or(0);
    if let Payee::Draw { .. } = &ask.payee {
        return drawing::quote(tx, payer);
    }
    let balance = match queries::balance(tx, payer)? {
        Ok(balance) => balance,
        Err(e) => return Ok(Err(e)),
    };
    let Some(from) = payees::holder(tx, keys, payer)? else { return no(Reject::NotFound) };
    if let Err(reject) = payees::may_pay_to(&from, &ask.payee) {
        return no(reject);
    }
    let available = match &ask.payee {
        // Nothing of it may be spent, all of it may be taken out.
        Payee::Withdrawal { .. } => balance.posted,
        _ => balance.available,
    };
    if let Payee::Split { .. } = &ask.payee {
        return split::quote(tx, ask, available);
    }
    Ok(match &ask.payee {
        Payee::Biller { .. } => Ok(Quote {
            fee: Fen::ZERO,
            rail: Rail::Biller,
            arrival: Arrival::By(tx.now().plus_ms(BILLER_LATEST_MS)),
            available,
        }),
        Payee::Subscription { begins_on, .. } => Ok(Quote {
            fee: Fen::ZERO,
            rail: Rail::Wealth,
            arrival: Arrival::By(dealing::clock_of(*begins_on)),
            available,
        }),
        Payee::Here { .. }
        | Payee::Loan { .. }
        | Payee::Deposit { .. }
        | Payee::Offered { .. }
        | Payee::Withdrawal { .. }
        | Payee::Redemption { .. }
        | Payee::Draw { .. }
        | Payee::Split { .. } => {
            Ok(Quote { fee: Fen::ZERO, rail: Rail::Book, arrival: Arrival::AtOnce, available })
        }
        Payee::Cash { minutes, .. } => Ok(Quote {
            fee: Fen::ZERO,
            rail: Rail::Till,
            arrival: Arrival::By(tx.now().plus_ms(minutes.saturating_mul(MINUTE_MS))),
            available,
        }),
        Payee::Elsewhere { bank_no, .. } => choose(bank_no, ask.amount, tx.now())
            .map(|way| Quote {
                fee: fee(ask.amount),
                rail: way.rail,
                arrival: Arrival::By(tx.now().plus_ms(way.latest_ms)),
                available,
            })
            .map_err(Into::into),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Monday at ten, and the Saturday after it.
    fn monday() -> Time {
        Time::of_china_date(2026, 11, 23).plus_ms(600 * MINUTE_MS)
    }

    #[test]
    fn small_sums_are_free_and_the_fee_never_falls_with_the_amount() {
        assert_eq!(fee(yuan(5_000)), Fen::ZERO);
        assert_eq!(fee(Fen::of(500_001)), yuan(2));
        assert_eq!(fee(yuan(900_000)), FEE_MOST);
        let mut last = Fen::ZERO;
        for amount in (1..200).map(|n| yuan(n * 1_000)) {
            assert!(fee(amount) >= last, "{amount}");
            last = fee(amount);
        }
    }

    #[test]
    fn the_rail_is_chosen_by_bank_amount_and_hour() {
        let (rural, other) = ("314100200000", "102900000017");
        let saturday = monday().plus_ms(5 * base::DAY_MS);
        let rail = |bank, amount, at| choose(bank, amount, at).map(|w| w.rail);
        assert_eq!(rail(rural, yuan(1), saturday), Ok(Rail::Rural));
        assert_eq!(rail(other, yuan(1_000_000), saturday), Ok(Rail::Ibps));
        assert_eq!(rail(other, yuan(1_000_001), monday()), Ok(Rail::Hvps));
        assert_eq!(rail(other, yuan(1_000_001), saturday), Err(Reject::Unsupported));
        assert_eq!(rail(other, yuan(100_000_001), monday()), Err(Reject::LimitExceeded));
    }

    #[test]
    fn working_hours_end_to_the_minute() {
        let at = |minutes: i64| monday().plus_ms((minutes - 600) * MINUTE_MS);
        assert!(!is_working(at(509)) && is_working(at(510)) && is_working(at(1034)));
        assert!(!is_working(at(1035)));
    }
}
