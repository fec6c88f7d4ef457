//! What shall be in an institution's books, worked out in memory: people, accounts and a year of vouchers.
//!
//! Everyone wishes; wishes are taken in the order of time, and one that an account cannot pay is left out,
//! as in life. Pure: the same institution, seed and day give the same plan.

use super::names::Dice;
use super::told::{Kept, Note, Told};
use super::{DemoPerson, life, people, terms};
use crate::day::Day;
use crate::deposits::at_maturity;
use crate::ledger::Side;
use crate::loans::Instalment;
use crate::model::{AccountKind, AccountState, CustomerState, IdType};
use crate::numbers;
use crate::sandbox::books::Voucher;
use crate::sandbox::facts::{NewBranch, NewOfficer, OwnLimit};
use crate::sandbox::lending::NewLoan;
use crate::sandbox::money::NewLine;
use crate::sandbox::movement::{self, Face, Movement, To};
use crate::sandbox::parties::{Institution, NewAccount, NewCustomer};
use crate::sandbox::terms::NewTerm;
use base::{Error, Fen, Result, Time};
use std::collections::BTreeMap;

/// Generated customers of one institution, at most: keeps invented mobile numbers apart.
pub(super) const CUSTOMERS_MAX: usize = 200;
pub(super) const INSTITUTIONS_MAX: usize = 30;
/// Days of a month on which cards are billed, fall due, and loans fall due.
pub(super) const BILL_DAY: i64 = 5;
pub(super) const CARD_DUE_DAY: i64 = 25;
pub(super) const LOAN_DUE_DAY: i64 = 20;

/// Everything that goes into one institution's books.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) customers: Vec<NewCustomer>,
    pub(super) accounts: Vec<NewAccount>,
    pub(super) vouchers: Vec<Voucher>,
    pub(super) terms: Vec<Terms>,
    pub(super) states: Vec<(i64, AccountState)>,
    /// Account, amount, reason.
    pub(super) holds: Vec<(i64, Fen, &'static str)>,
    pub(super) people: Vec<DemoPerson>,
    pub(super) told: Told,
    pub(super) loans: Vec<NewLoan>,
    pub(super) lines: Vec<NewLine>,
    /// Credit cards that are not activated yet.
    pub(super) new_cards: Vec<i64>,
    pub(super) deposits: Vec<NewTerm>,
    pub(super) limits: Vec<OwnLimit>,
    pub(super) branches: Vec<NewBranch>,
    pub(super) officers: Vec<NewOfficer>,
    /// Account, branch.
    pub(super) opened_at: Vec<(i64, i64)>,
    /// Customer, officer.
    pub(super) looked_after: Vec<(i64, i64)>,
}

/// What a loan's next instalment or a deposit's interest came to.
pub(super) struct Terms {
    pub(super) acct_id: i64,
    pub(super) due_on: Day,
    pub(super) due: Fen,
}

/// What someone would like to happen.
pub(super) enum Wish {
    /// Left out when it cannot be paid.
    Maybe(Movement),
    /// Part of a told story: a plan in which it cannot be paid is wrong.
    Must(Movement),
    /// Interest of a quarter on what is there.
    Interest { acct: i64, words: (String, String) },
    /// Someone's share of a batch, or a contribution; left out when it cannot be paid, unless it must be.
    Noted { movement: Movement, is_must: bool, note: Note },
    /// What is owed on the card, all of it.
    RepayCard { from: Face, card: Face },
    /// What is due of a loan, as much of it as can be paid, the oldest first.
    RepayLoan { from: Face, loan: i64, words: String },
}

/// A plan in the making.
pub(super) struct Planner<'a> {
    pub(super) at: &'a Institution,
    pub(super) dice: Dice,
    pub(super) today: Day,
    /// First day of the history.
    pub(super) begin: Day,
    pub(super) plan: Plan,
    /// Which institution of the province it is: its part of the invented numbers.
    pub(super) index: usize,
    wishes: Vec<(Time, Wish)>,
    last_customer: i64,
    last_mobile: i64,
}

/// The plan of one institution.
pub(super) fn plan(
    at: &Institution,
    index: usize,
    seed: u64,
    today: Day,
    customers: usize,
) -> Result<Plan> {
    if customers > CUSTOMERS_MAX || index >= INSTITUTIONS_MAX {
        return Err(Error::fault(format!(
            "at most {INSTITUTIONS_MAX} institutions of {CUSTOMERS_MAX} customers can be generated"
        )));
    }
    let first = at.first_customer()?;
    let own = seed ^ u64::try_from(first)?.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut planner = Planner {
        at,
        dice: Dice::new(own),
        today,
        begin: today.plus_months(-12).first_of_month(),
        plan: Plan::default(),
        index,
        wishes: Vec::new(),
        last_customer: first,
        last_mobile: i64::try_from(index * CUSTOMERS_MAX)?,
    };
    people::tell(&mut planner)?;
    while planner.plan.customers.len() < customers {
        life::live(&mut planner)?;
    }
    terms::places(&mut planner)?;
    planner.replay()
}

impl Planner<'_> {
    /// Wishes for a moment; what lies before the history or not before today is left out.
    pub(super) fn wish(&mut self, day: Day, hour: i64, wish: Wish) {
        if day < self.begin || day >= self.today {
            return;
        }
        let ms = hour * 3_600_000 + self.dice.between(0, 3_599) * 1_000;
        self.wishes.push((day.start().plus_ms(ms), wish));
    }

    /// What an account had when the history begins.
    pub(super) fn carry(&mut self, movement: Movement) {
        self.wishes.push((self.begin.start(), Wish::Must(movement)));
    }

    /// First days of the months of the history, this month included.
    pub(super) fn months(&self) -> Vec<Day> {
        (0..=12).map(|n| self.begin.plus_months(n)).collect()
    }

    pub(super) fn add_person(
        &mut self,
        name: &str,
        born: Day,
        is_woman: bool,
        mobile: Option<String>,
    ) -> Result<i64> {
        self.last_customer += 1;
        let n = self.last_customer % 1_000_000;
        let odd = i64::from(!is_woman);
        let since = self.dice.between(2012, self.today.year() - 2);
        let since = Day::of(since, self.dice.between(1, 12), self.dice.between(1, 28));
        self.plan.customers.push(NewCustomer {
            cust_no: self.last_customer,
            name: name.to_owned(),
            id_type: IdType::ResidentId,
            id_no: id_no(self.index, born, n * 2 % 1_000 + odd)?,
            mobile,
            state: CustomerState::Active,
            since: since.ok_or_else(|| Error::fault("a customer since no day"))?.max(born),
        });
        Ok(self.last_customer)
    }

    /// A mobile number of no operator's range that is in use.
    pub(super) fn next_mobile(&mut self) -> String {
        self.last_mobile += 1;
        format!("1940000{:04}", self.last_mobile)
    }

    /// An account of the customer added last.
    pub(super) fn add_account(&mut self, kind: AccountKind, like: &Like<'_>) -> Result<Face> {
        let owner = self.plan.customers.last().ok_or_else(|| Error::fault("nobody to own it"))?;
        let (cust_no, since) = (owner.cust_no, owner.since);
        let shown = base::mask_name(&owner.name);
        let mine = self.plan.accounts.iter().filter(|a| a.cust_no == cust_no).count();
        let acct_id = cust_no * 100 + i64::try_from(mine)? + 1;
        let number = match (kind, like.tail) {
            (AccountKind::Debit, tail) => card(&self.at.debit_bin(), 19, acct_id, tail)?,
            (AccountKind::Credit, tail) => card(&self.at.credit_bin(), 16, acct_id, tail)?,
            (_, Some(tail)) => {
                format!("{}{:08}{tail}", self.at.passbook_bin(), acct_id % 100_000_000)
            }
            (_, None) => format!("{}00{}", self.at.passbook_bin(), scatter(acct_id, 10)?),
        };
        let shown = format!("{shown} {}", base::mask_card(&number));
        self.plan.accounts.push(NewAccount {
            acct_id,
            cust_no,
            kind,
            product: like.product.to_owned(),
            class: matches!(kind, AccountKind::Debit | AccountKind::Passbook).then_some(1),
            number,
            opened_on: like.opened_on.unwrap_or(since),
            limit: like.limit,
            rate_bp: like.rate_bp,
            ends_on: like.ends_on,
        });
        Ok(Face { acct_id, shown })
    }

    /// The number of the account that `face` shows.
    pub(super) fn number_of(&self, face: &Face) -> String {
        let found = self.plan.accounts.iter().find(|a| a.acct_id == face.acct_id);
        found.map(|a| a.number.clone()).unwrap_or_default()
    }

    /// Gives `acct` the balance with which all that must happen to it ends at `target`.
    pub(super) fn begin_so_that_it_ends_at(&mut self, acct: i64, target: Fen) -> Result<()> {
        let mut net = 0;
        for (_, wish) in &self.wishes {
            if let Wish::Must(m) | Wish::Noted { movement: m, is_must: true, .. } = wish {
                net += change(m, acct);
            }
        }
        let opening = Fen::of(target.fen() - net);
        if opening <= Fen::ZERO {
            return Err(Error::fault(format!("account {acct} would have to begin at {opening}")));
        }
        self.carry(movement::carried(acct, opening));
        Ok(())
    }

    /// Lets everything happen in the order of time.
    fn replay(mut self) -> Result<Plan> {
        let mut wishes = std::mem::take(&mut self.wishes);
        // Stable: what was carried over comes before all else of its moment.
        wishes.sort_by_key(|(at, _)| *at);
        let floors = self.plan.accounts.iter().map(|a| (a.acct_id, -a.limit.fen()));
        let rates: BTreeMap<i64, i64> =
            self.plan.accounts.iter().map(|a| (a.acct_id, a.rate_bp)).collect();
        let debts = self.plan.loans.iter().map(|l| {
            let rate_bp = rates.get(&l.acct_id).copied().unwrap_or(0);
            (l.acct_id, Debt { rate_bp, instalments: l.instalments.clone() })
        });
        let mut sim =
            Sim { worth: BTreeMap::new(), floors: floors.collect(), debts: debts.collect() };
        for (at, wish) in wishes {
            let note = match &wish {
                Wish::Noted { note, .. } => Some(note.clone()),
                _ => None,
            };
            if let Some(movement) = sim.come_true(Day::at(at), wish)? {
                let n = self.plan.vouchers.len() + 1;
                let request_id = format!("SEED-{}-{n:06}", self.at.legal_no);
                if let Some(note) = note {
                    self.plan.told.kept.extend(kept(&note, &request_id, Day::at(at), &movement));
                }
                self.plan.vouchers.push(Voucher {
                    request_id,
                    at: Some(at),
                    movement,
                    channel: None,
                });
            }
        }
        for loan in &mut self.plan.loans {
            if let Some(debt) = sim.debts.get(&loan.acct_id) {
                loan.instalments.clone_from(&debt.instalments);
            }
        }
        self.terms(&sim);
        Ok(self.plan)
    }

    fn terms(&mut self, sim: &Sim) {
        let due = |acct_id, due_on, due| Terms { acct_id, due_on, due };
        for a in &self.plan.accounts {
            let terms = match a.kind {
                AccountKind::Loan => {
                    let open = |i: &&Instalment| i.paid_on.is_none() && i.due_on >= self.today;
                    let next =
                        sim.debts.get(&a.acct_id).and_then(|d| d.instalments.iter().find(open));
                    next.map(|i| {
                        due(a.acct_id, i.due_on, Fen::of(i.principal.fen() + i.interest.fen()))
                    })
                }
                AccountKind::Deposit => {
                    let term = self.plan.deposits.iter().find(|t| t.acct_id == a.acct_id);
                    let worth = Fen::of(sim.worth(a.acct_id));
                    let interest =
                        term.and_then(|t| t.months).and_then(|m| at_maturity(worth, a.rate_bp, m));
                    a.ends_on.zip(interest).map(|(end, interest)| due(a.acct_id, end, interest))
                }
                // A credit card's bills follow from its entries.
                AccountKind::Debit
                | AccountKind::Passbook
                | AccountKind::Credit
                | AccountKind::Medical => None,
            };
            self.plan.terms.extend(terms);
        }
    }
}

/// A note with the customer's side of the movement that came true.
fn kept(note: &Note, request_id: &str, on: Day, movement: &Movement) -> Option<Kept> {
    movement.legs.iter().find_map(|leg| match leg.to {
        To::Account(acct_id) => {
            let request_id = request_id.to_owned();
            Some(Kept { note: note.clone(), request_id, on, acct_id, amount: leg.amount })
        }
        To::Gl(_) => None,
    })
}

/// What an account shall be like.
#[derive(Clone, Copy)]
pub(super) struct Like<'a> {
    pub(super) product: &'a str,
    /// Last four digits, where the story needs them.
    pub(super) tail: Option<&'a str>,
    pub(super) limit: Fen,
    pub(super) rate_bp: i64,
    pub(super) opened_on: Option<Day>,
    pub(super) ends_on: Option<Day>,
}

impl<'a> Like<'a> {
    pub(super) const fn plain(product: &'a str) -> Self {
        Self { product, tail: None, limit: Fen::ZERO, rate_bp: 5, opened_on: None, ends_on: None }
    }
    pub(super) const fn tail(self, tail: &'a str) -> Self {
        Self { tail: Some(tail), ..self }
    }
}

/// Balances as they go.
struct Sim {
    worth: BTreeMap<i64, i64>,
    floors: BTreeMap<i64, i64>,
    debts: BTreeMap<i64, Debt>,
}

/// A loan as it is paid back.
struct Debt {
    rate_bp: i64,
    instalments: Vec<Instalment>,
}

impl Sim {
    fn worth(&self, acct: i64) -> i64 {
        self.worth.get(&acct).copied().unwrap_or(0)
    }

    /// Whether every account it takes from can pay it; then it is booked.
    fn book(&mut self, m: &Movement) -> bool {
        let mut changes: BTreeMap<i64, i64> = BTreeMap::new();
        for leg in &m.legs {
            if let To::Account(acct) = leg.to {
                changes.entry(acct).or_insert_with(|| change(m, acct));
            }
        }
        let pays = |(acct, by): (&i64, &i64)| {
            *by >= 0 || self.worth(*acct) + by >= self.floors.get(acct).copied().unwrap_or(0)
        };
        let can = changes.iter().all(pays);
        if can {
            for (acct, by) in changes {
                *self.worth.entry(acct).or_default() += by;
            }
        }
        can
    }

    /// Pays as many of the instalments that are due as there is money for.
    fn repay(&mut self, day: Day, from: &Face, loan: i64, words: &str) -> Result<Option<Movement>> {
        let Some(debt) = self.debts.get(&loan) else { return Ok(None) };
        let rate_bp = debt.rate_bp;
        let open = |i: &&Instalment| i.paid_on.is_none() && i.due_on <= day;
        let due: Vec<Instalment> = debt.instalments.iter().filter(open).copied().collect();
        for n in (1..=due.len()).rev() {
            let m = terms::repayment(from, loan, rate_bp, &due[..n], day)?.words("贷款扣款", words);
            if self.book(&m) {
                let paid = |i: &Instalment| due[..n].iter().any(|d| d.seq == i.seq);
                let debt = self.debts.get_mut(&loan).into_iter().flat_map(|d| &mut d.instalments);
                debt.filter(|i| paid(i)).for_each(|i| i.paid_on = Some(day));
                return Ok(Some(m));
            }
        }
        Ok(None)
    }

    fn come_true(&mut self, day: Day, wish: Wish) -> Result<Option<Movement>> {
        let m = match wish {
            Wish::Must(m) | Wish::Noted { movement: m, is_must: true, .. } => {
                if self.book(&m) {
                    return Ok(Some(m));
                }
                return Err(Error::fault(format!(
                    "a told story cannot be paid on {day}: {}",
                    m.summary
                )));
            }
            Wish::Maybe(m) | Wish::Noted { movement: m, .. } => m,
            Wish::Interest { acct, words } => {
                // 0.05 % a year, a quarter of it.
                let amount = Fen::of(self.worth(acct) / 8_000);
                if amount <= Fen::ZERO {
                    return Ok(None);
                }
                movement::interest(acct, amount).words(words.0, words.1)
            }
            Wish::RepayCard { from, card } => {
                let owed = Fen::of(-self.worth(card.acct_id).min(0));
                if owed <= Fen::ZERO {
                    return Ok(None);
                }
                movement::card_repayment(&from, &card, owed)
                    .words("信用卡还款", "从本人账户归还信用卡欠款")
            }
            Wish::RepayLoan { from, loan, words } => return self.repay(day, &from, loan, &words),
        };
        Ok(self.book(&m).then_some(m))
    }
}

/// By how much a movement changes an account's worth.
fn change(m: &Movement, acct: i64) -> i64 {
    let mine = m.legs.iter().filter(|l| l.to == To::Account(acct));
    mine.map(|l| if l.side == Side::Credit { l.amount.fen() } else { -l.amount.fen() }).sum()
}

/// Spreads an institution's account ids over `digits` digits so that they do not look counted;
/// different ids stay different (the factor shares no divisor with a power of ten).
fn scatter(acct_id: i64, digits: usize) -> Result<String> {
    let all = 10_i64.pow(u32::try_from(digits)?);
    Ok(format!("{:0digits$}", acct_id % 100_000_000 % all * 387_420_489 % all))
}

/// A card number: the institution's leading digits, then a body, then a right check digit. With a
/// wanted `tail` one digit of the body is chosen so that the tail's last digit is the check digit.
fn card(bin: &str, digits: usize, acct_id: i64, tail: Option<&str>) -> Result<String> {
    let tail = tail.unwrap_or("");
    let body = scatter(acct_id, digits - bin.len() - 1 - tail.len())?;
    let mut numbers = (0..10).map(|free| format!("{bin}{body}{free}{tail}"));
    numbers
        .find(|n| numbers::is_card(n))
        .ok_or_else(|| Error::fault("no card number with this tail"))
}

/// A resident identity number with an area code that was never given out.
fn id_no(index: usize, born: Day, n: i64) -> Result<String> {
    let first17 = format!("99{:04}{}{n:03}", 101 + index, born.number());
    let check =
        numbers::id_check(&first17).ok_or_else(|| Error::fault("not an identity number"))?;
    Ok(format!("{first17}{check}"))
}
