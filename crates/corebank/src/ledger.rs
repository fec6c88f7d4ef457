//! Pure double entry: what a posting does to accounts, and which postings may not be.
//!
//! Every account is looked at from the customer's side: its *worth* is credits minus debits, so a
//! deposit is positive and a debt negative, whatever kind of account it is. Not for: storing, ids,
//! time, or idempotency; the books around it do that.

use base::Fen;

/// Debit or credit, as the bank's books have it: a customer who pays is debited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    Debit,
    Credit,
}

impl Side {
    pub const fn other(self) -> Self {
        match self {
            Self::Debit => Self::Credit,
            Self::Credit => Self::Debit,
        }
    }
}

/// ISO 4217. One currency so far; the ledger refuses to mix two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Currency {
    Cny,
    /// For tests that two currencies do not mix.
    Other([u8; 3]),
}

/// What the ledger must know of an account before it posts to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Which account, in the caller's own numbering.
    pub account: i64,
    pub currency: Currency,
    /// Sum of all debits so far.
    pub debit: Fen,
    /// Sum of all credits so far.
    pub credit: Fen,
    /// Reserved: still there, not to be spent.
    pub held: Fen,
    /// `worth - held` may not fall below this by a debit: 0 for deposits, minus the limit for a credit
    /// card. `None` for the bank's own accounts.
    pub floor: Option<Fen>,
    /// Worth may not rise above this by a credit: 0 for loans. `None` where there is no such rule.
    pub ceiling: Option<Fen>,
    pub may_debit: bool,
    pub may_credit: bool,
}

impl Standing {
    /// Credits minus debits.
    pub fn worth(&self) -> Result<Fen, LedgerError> {
        self.credit.checked_sub(self.debit).ok_or(LedgerError::Overflow)
    }
    /// What a debit may take: worth minus held minus floor.
    pub fn spendable(&self) -> Result<Fen, LedgerError> {
        let floor = self.floor.unwrap_or(Fen::ZERO);
        let free = self.worth()?.checked_sub(self.held).and_then(|f| f.checked_sub(floor));
        free.ok_or(LedgerError::Overflow)
    }
    /// The same account with `amount` more (or less) reserved.
    pub fn hold(&self, amount: Fen) -> Result<Self, LedgerError> {
        let held = self.held.checked_add(amount).ok_or(LedgerError::Overflow)?;
        let after = Self { held, ..*self };
        if held.is_negative() {
            return Err(LedgerError::NotHeld { account: self.account });
        }
        if amount > Fen::ZERO && after.spendable()?.is_negative() {
            return Err(LedgerError::Short { account: self.account });
        }
        Ok(after)
    }
}

/// One side of a posting.
#[derive(Debug, Clone, Copy)]
pub struct Leg<'a> {
    pub account: &'a Standing,
    pub side: Side,
    /// Always positive.
    pub amount: Fen,
}

/// One line of a posting that may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    pub account: i64,
    pub side: Side,
    pub amount: Fen,
    /// The account's worth after this line.
    pub after: Fen,
}

/// A posting that may be: its lines in order, and every touched account as it stands afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// Sum of the debits, which is the sum of the credits.
    pub total: Fen,
    pub lines: Vec<Line>,
    pub after: Vec<Standing>,
}

/// Why a posting may not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    #[error("a posting has at least two legs")]
    TooFewLegs,
    #[error("every leg has an amount above zero")]
    NotPositive,
    #[error("debits {debits} are not credits {credits}")]
    Unbalanced { debits: Fen, credits: Fen },
    #[error("the legs are in more than one currency")]
    MixedCurrency,
    #[error("account {account} has too little")]
    Short { account: i64 },
    #[error("account {account} would be paid more than it owes")]
    TooMuch { account: i64 },
    #[error("account {account} may not be posted on this side: {side:?}")]
    Blocked { account: i64, side: Side },
    #[error("account {account} has less reserved")]
    NotHeld { account: i64 },
    #[error("an amount is too large to count")]
    Overflow,
}

impl LedgerError {
    /// Stable code, as in the tables of the tests.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooFewLegs => "posting.legs",
            Self::NotPositive => "posting.amount",
            Self::Unbalanced { .. } => "posting.unbalanced",
            Self::MixedCurrency => "posting.currency",
            Self::Short { .. } => "balance.short",
            Self::TooMuch { .. } => "balance.over",
            Self::Blocked { .. } => "account.blocked",
            Self::NotHeld { .. } => "hold.short",
            Self::Overflow => "amount.overflow",
        }
    }
}

/// Applies `legs` in order.
///
/// Invariant I1: debits equal credits. Invariant I3: no account that may not is left below its floor.
/// An account may occur more than once (it must then be given with the same standing); rules about
/// floor and ceiling are checked on what is left at the end, so the order of legs does not matter.
pub fn post(legs: &[Leg<'_>]) -> Result<Posting, LedgerError> {
    let (debits, credits) = sums(legs)?;
    if debits != credits {
        return Err(LedgerError::Unbalanced { debits, credits });
    }
    let mut after: Vec<Standing> = Vec::with_capacity(legs.len());
    let mut lines = Vec::with_capacity(legs.len());
    for leg in legs {
        let at = match after.iter().position(|s| s.account == leg.account.account) {
            Some(at) => at,
            None => {
                after.push(*leg.account);
                after.len() - 1
            }
        };
        let standing = &mut after[at];
        apply(standing, leg)?;
        lines.push(Line {
            account: standing.account,
            side: leg.side,
            amount: leg.amount,
            after: standing.worth()?,
        });
    }
    for s in &after {
        let touched = |side| legs.iter().any(|l| l.account.account == s.account && l.side == side);
        if s.floor.is_some() && touched(Side::Debit) && s.spendable()?.is_negative() {
            return Err(LedgerError::Short { account: s.account });
        }
        if touched(Side::Credit) && s.ceiling.is_some_and(|c| s.worth().is_ok_and(|w| w > c)) {
            return Err(LedgerError::TooMuch { account: s.account });
        }
    }
    Ok(Posting { total: debits, lines, after })
}

fn sums(legs: &[Leg<'_>]) -> Result<(Fen, Fen), LedgerError> {
    let Some(first) = legs.first().filter(|_| legs.len() >= 2) else {
        return Err(LedgerError::TooFewLegs);
    };
    let (mut debits, mut credits) = (Fen::ZERO, Fen::ZERO);
    for leg in legs {
        if leg.amount <= Fen::ZERO {
            return Err(LedgerError::NotPositive);
        }
        if leg.account.currency != first.account.currency {
            return Err(LedgerError::MixedCurrency);
        }
        let sum = match leg.side {
            Side::Debit => &mut debits,
            Side::Credit => &mut credits,
        };
        *sum = sum.checked_add(leg.amount).ok_or(LedgerError::Overflow)?;
    }
    Ok((debits, credits))
}

fn apply(standing: &mut Standing, leg: &Leg<'_>) -> Result<(), LedgerError> {
    let (open, sum) = match leg.side {
        Side::Debit => (standing.may_debit, &mut standing.debit),
        Side::Credit => (standing.may_credit, &mut standing.credit),
    };
    if !open {
        return Err(LedgerError::Blocked { account: standing.account, side: leg.side });
    }
    *sum = sum.checked_add(leg.amount).ok_or(LedgerError::Overflow)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{self, Outcome, Step};
    use std::collections::HashMap;

    const CASH: i64 = 0;

    fn account(account: i64) -> Standing {
        Standing {
            account,
            currency: Currency::Cny,
            debit: Fen::ZERO,
            credit: Fen::ZERO,
            held: Fen::ZERO,
            floor: (account != CASH).then_some(Fen::ZERO),
            ceiling: None,
            may_debit: true,
            may_credit: true,
        }
    }

    /// What was asked under a key, and what came of it.
    type Keyed = (Vec<(String, Side, Fen)>, Result<(), LedgerError>);

    /// People and what was posted under which key.
    #[derive(Default)]
    struct Town {
        people: HashMap<String, Standing>,
        keys: HashMap<String, Keyed>,
    }

    impl Town {
        fn of(&mut self, name: &str) -> Standing {
            let next = i64::try_from(self.people.len()).unwrap() + 1;
            *self.people.entry(name.into()).or_insert_with(|| account(next))
        }
        fn post(&mut self, from: Option<&str>, to: &str, amount: Fen) -> Result<(), LedgerError> {
            let payer = from.map_or_else(|| account(CASH), |n| self.of(n));
            let payee = self.of(to);
            let posting = post(&[
                Leg { account: &payer, side: Side::Debit, amount },
                Leg { account: &payee, side: Side::Credit, amount },
            ])?;
            for s in posting.after {
                for known in self.people.values_mut().filter(|k| k.account == s.account) {
                    *known = s;
                }
            }
            Ok(())
        }
        fn set(&mut self, name: &str, standing: Standing) {
            self.people.insert(name.into(), standing);
        }
        fn run(&mut self, step: &Step) -> Outcome {
            match step {
                Step::Give { to, amount } => self.post(None, to, *amount).into(),
                Step::Transfer { from, to, amount, key } => {
                    let legs = vec![
                        (from.clone(), Side::Debit, *amount),
                        (to.clone(), Side::Credit, *amount),
                    ];
                    if let Some(key) = key
                        && let Some((said, done)) = self.keys.get(key)
                    {
                        return match done {
                            _ if *said != legs => Outcome::Refused("request.payload".into()),
                            Ok(()) => Outcome::Same,
                            Err(e) => Outcome::Refused(e.code().into()),
                        };
                    }
                    let done = self.post(Some(from), to, *amount);
                    if let Some(key) = key {
                        self.keys.insert(key.clone(), (legs, done));
                    }
                    done.into()
                }
                Step::Hold { of, amount } => {
                    let held = self.of(of).hold(*amount);
                    held.map(|s| self.set(of, s)).into()
                }
                Step::Release { of, amount } => {
                    let held = self.of(of).hold(Fen::of(-amount.fen()));
                    held.map(|s| self.set(of, s)).into()
                }
                Step::Balances(_) => Outcome::Done,
            }
        }
    }

    impl From<Result<(), LedgerError>> for Outcome {
        fn from(r: Result<(), LedgerError>) -> Self {
            r.map_or_else(|e| Self::Refused(e.code().into()), |()| Self::Done)
        }
    }

    #[test]
    fn the_bankers_table_holds() {
        let mut town = Town::default();
        for row in table::read(table::TABLE).unwrap() {
            let got = town.run(&row.step);
            assert_eq!(got, row.outcome, "{}", row.text);
            if let Step::Balances(all) = &row.step {
                for (name, want) in all {
                    assert_eq!(town.of(name).worth(), Ok(*want), "{}", row.text);
                }
            }
        }
    }

    fn leg(account: &Standing, side: Side, fen: i64) -> Leg<'_> {
        Leg { account, side, amount: Fen::of(fen) }
    }

    #[test]
    fn a_posting_that_does_not_add_up_is_refused() {
        let (a, b) = (account(CASH), account(1));
        let code = |legs: &[Leg<'_>]| post(legs).map_err(LedgerError::code).unwrap_err();
        assert_eq!(code(&[leg(&a, Side::Debit, 5)]), "posting.legs");
        assert_eq!(
            code(&[leg(&a, Side::Debit, 5), leg(&b, Side::Credit, 4)]),
            "posting.unbalanced"
        );
        assert_eq!(code(&[leg(&a, Side::Debit, 0), leg(&b, Side::Credit, 0)]), "posting.amount");
        assert_eq!(code(&[leg(&a, Side::Debit, -5), leg(&b, Side::Credit, -5)]), "posting.amount");
        let usd = Standing { currency: Currency::Other(*b"USD"), ..b };
        assert_eq!(
            code(&[leg(&a, Side::Debit, 5), leg(&usd, Side::Credit, 5)]),
            "posting.currency"
        );
    }

    #[test]
    fn an_amount_too_large_to_count_is_refused_and_never_wraps() {
        let full = Standing { credit: Fen::of(i64::MAX - 1), ..account(1) };
        let got = post(&[leg(&account(CASH), Side::Debit, 5), leg(&full, Side::Credit, 5)]);
        assert_eq!(got, Err(LedgerError::Overflow));
        let got = post(&[
            leg(&account(CASH), Side::Debit, i64::MAX),
            leg(&account(CASH), Side::Debit, i64::MAX),
            leg(&account(1), Side::Credit, 5),
        ]);
        assert_eq!(got, Err(LedgerError::Overflow));
    }

    #[test]
    fn a_credit_card_may_owe_up_to_its_limit_and_a_loan_is_not_overpaid() {
        let shop = account(CASH);
        let card = Standing { floor: Some(Fen::of(-100_000)), ..account(1) };
        let spent = post(&[leg(&card, Side::Debit, 100_000), leg(&shop, Side::Credit, 100_000)]);
        assert_eq!(spent.unwrap().after[0].worth(), Ok(Fen::of(-100_000)));
        let got = post(&[leg(&card, Side::Debit, 100_001), leg(&shop, Side::Credit, 100_001)]);
        assert_eq!(got, Err(LedgerError::Short { account: 1 }));

        let loan = Standing {
            debit: Fen::of(50_000),
            floor: Some(Fen::of(-50_000)),
            ceiling: Some(Fen::ZERO),
            ..account(2)
        };
        assert!(post(&[leg(&shop, Side::Debit, 50_000), leg(&loan, Side::Credit, 50_000)]).is_ok());
        let got = post(&[leg(&shop, Side::Debit, 50_001), leg(&loan, Side::Credit, 50_001)]);
        assert_eq!(got, Err(LedgerError::TooMuch { account: 2 }));
    }

    #[test]
    fn a_frozen_side_takes_no_leg() {
        let frozen = Standing { credit: Fen::of(100), may_debit: false, ..account(1) };
        let got = post(&[leg(&frozen, Side::Debit, 50), leg(&account(CASH), Side::Credit, 50)]);
        assert_eq!(got, Err(LedgerError::Blocked { account: 1, side: Side::Debit }));
        assert!(
            post(&[leg(&account(CASH), Side::Debit, 50), leg(&frozen, Side::Credit, 50)]).is_ok()
        );
    }

    #[test]
    fn an_account_named_twice_is_counted_once_and_the_order_of_legs_does_not_matter() {
        let (a, b) = (Standing { credit: Fen::of(100), ..account(1) }, account(2));
        // 100 out with a fee of 5, but 5 come back in the same posting.
        let posting = post(&[
            leg(&a, Side::Debit, 105),
            leg(&a, Side::Credit, 5),
            leg(&b, Side::Credit, 100),
        ])
        .unwrap();
        assert_eq!(posting.lines.iter().map(|l| l.after.fen()).collect::<Vec<_>>(), [-5, 0, 100]);
        assert_eq!(posting.after.len(), 2);
        assert_eq!(posting.total, Fen::of(105));
    }
}
