//! Whose account a number is, and whether a name fits it.

use crate::error::{CoreError, Direction, Reject};
use crate::model::{AccountKind, AccountRef, AccountState, CustomerState, Issuer, NumberKind};
use crate::money::{Bank, Payee, PayeeAsk, PayeeFound};
use crate::numbers;
use crate::port::Ctx;
use crate::sandbox::Sandbox;
use crate::sandbox::money::banks;
use crate::sandbox::movement::Face;
use crate::sandbox::parties::{plain_digits, plain_name, same};
use crate::sandbox::queries::{self, Said, Stored, no};
use crate::sandbox::seal::{Column, TenantKeys};
use base::{Masked, Result, Secret, TenantId};
use db::{FromRow, Row, Tx, params};
use std::sync::PoisonError;

/// Characters of a name, at most.
const NAME_CHARS_MAX: usize = 60;
/// Leading digits of every card of 银联; what begins so and is a card's length has a check digit.
const UNION_PAY: &str = "62";

/// Who has an account, as a payment must know.
pub(super) struct Holder {
    pub(super) acct_id: i64,
    pub(super) cust_no: i64,
    pub(super) kind: AccountKind,
    state: AccountState,
    name: Secret<String>,
    tail: String,
    owner: CustomerState,
}

impl Holder {
    pub(super) fn face(&self) -> Face {
        let shown = format!("{} {}", base::mask_name(self.name.reveal()), self.tail);
        Face { acct_id: self.acct_id, shown }
    }
    /// Whether its state lets money move so.
    pub(super) fn lets(&self, way: Direction) -> bool {
        self.state != AccountState::Closed && self.state.lets(way)
    }
    /// Its handle, whose it is, and how its number ends.
    pub(super) fn named(self) -> (i64, Secret<String>, String) {
        (self.acct_id, self.name, self.tail)
    }
}

struct HolderRow {
    acct_id: i64,
    cust_no: i64,
    kind: AccountKind,
    state: AccountState,
    name: Vec<u8>,
    tail: String,
    owner: CustomerState,
}

impl FromRow for HolderRow {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            acct_id: row.next()?,
            cust_no: row.next()?,
            kind: row.next::<Stored<_>>()?.0,
            state: row.next::<Stored<_>>()?.0,
            name: row.next()?,
            tail: row.next()?,
            owner: row.next::<Stored<_>>()?.0,
        })
    }
}

impl HolderRow {
    fn open(self, keys: &TenantKeys) -> Result<Holder> {
        let name = keys.open(Column::Name, self.cust_no, &self.name)?;
        let Self { acct_id, cust_no, kind, state, tail, owner, .. } = self;
        Ok(Holder { acct_id, cust_no, kind, state, name, tail, owner })
    }
}

/// A payee elsewhere as entries show it: `*强 6688`.
pub(super) fn shown(name: &str, number: &str) -> String {
    format!("{} {}", base::mask_name(name), base::mask_card(number))
}

/// A question for an account and who has it.
macro_rules! holder_where {
    ($which:literal) => {
        concat!(
            "SELECT a.acct_id, a.cust_no, a.kind,
                CASE WHEN a.state = 'lost' AND a.stop_ends_at_ms <= $3 THEN a.stop_before ELSE a.state END,
                c.name_sealed, a.tail, c.state
           FROM core_account a
           JOIN core_customer c ON c.tenant_id = a.tenant_id AND c.cust_no = a.cust_no
          WHERE a.tenant_id = $1 AND ",
            $which
        )
    };
}

/// Who has an account by its handle.
pub(super) fn holder(tx: &Tx<'_>, keys: &TenantKeys, acct_id: i64) -> Result<Option<Holder>> {
    let found: Option<HolderRow> =
        tx.opt(holder_where!("a.acct_id = $2"), params![tx.tenant(), acct_id, tx.now()])?;
    found.map(|row| row.open(keys)).transpose()
}

fn by_number(tx: &Tx<'_>, keys: &TenantKeys, number: &str) -> Result<Option<Holder>> {
    let index = keys.index("account", number)?;
    let found: Option<HolderRow> =
        tx.opt(holder_where!("a.number_index = $2"), params![tx.tenant(), index, tx.now()])?;
    found.map(|row| row.open(keys)).transpose()
}

/// Whether an account may pay at all: of a kind that pays, and of a customer whose papers the bank has looked at.
pub(super) fn may_pay(holder: &Holder) -> std::result::Result<(), Reject> {
    may(holder, is_at_call(holder.kind))
}

/// The same of what `payee` is paid from: money is taken out of a time deposit, a credit card is split, everything else is paid by accounts at call.
pub(super) fn may_pay_to(holder: &Holder, payee: &Payee) -> std::result::Result<(), Reject> {
    match payee {
        Payee::Withdrawal { .. } => may(holder, holder.kind == AccountKind::Deposit),
        Payee::Split { .. } => may(holder, holder.kind == AccountKind::Credit),
        _ => may_pay(holder),
    }
}

fn may(holder: &Holder, is_of_kind: bool) -> std::result::Result<(), Reject> {
    match holder.owner {
        _ if !is_of_kind => Err(Reject::Validation { field: "account" }),
        CustomerState::Active => Ok(()),
        CustomerState::Unverified | CustomerState::Closed => Err(Reject::CounterOnly),
    }
}

/// Kinds of account that pay others.
pub(super) const fn is_at_call(kind: AccountKind) -> bool {
    matches!(kind, AccountKind::Debit | AccountKind::Passbook)
}
/// Kinds of account that others pay into.
pub(super) const fn is_paid(kind: AccountKind) -> bool {
    matches!(kind, AccountKind::Debit | AccountKind::Passbook | AccountKind::Credit)
}

/// The account of this number if it is `name`'s and takes money. The name is looked at first: who does not know it learns
/// no more than that.
pub(super) fn account_of(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    number: &str,
    name: &str,
) -> Result<std::result::Result<i64, Reject>> {
    let found = by_number(tx, keys, number)?.filter(|h| is_paid(h.kind));
    let Some(holder) = found else { return Ok(Err(Reject::NotFound)) };
    Ok(if !same(holder.name.reveal(), &plain_name(name)) {
        Err(Reject::PayeeMismatch)
    } else if holder.state == AccountState::Closed {
        Err(Reject::AccountNotActive)
    } else if !holder.state.lets(Direction::In) {
        Err(Reject::AccountBlocked(Direction::In))
    } else {
        Ok(holder.acct_id)
    })
}

/// Whether a number can be one at all. A card has a check digit; a passbook, and an account elsewhere, need not.
fn is_number(number: &str, issuer: Option<&Issuer>, has_bank: bool) -> bool {
    match issuer {
        Some(i) if i.kind == NumberKind::Passbook => numbers::is_passbook(number),
        Some(_) => numbers::is_card(number),
        None if !has_bank || banks::by_card(number).is_some() => numbers::is_card(number),
        None if number.starts_with(UNION_PAY) && (16..=19).contains(&number.len()) => {
            numbers::is_card(number)
        }
        None => numbers::is_passbook(number),
    }
}

/// Whether this is the shape of a bank's number.
pub(super) fn is_bank_no(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

impl Sandbox {
    pub(super) async fn find_payee(
        &self,
        ctx: &Ctx,
        ask: &PayeeAsk,
    ) -> Result<PayeeFound, CoreError> {
        let invalid = |field| Err(CoreError::from(Reject::Validation { field }));
        let (number, name) = (plain_digits(&ask.number), plain_name(&ask.name));
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
            return invalid("name");
        }
        if ask.bank_no.as_deref().is_some_and(|no| !is_bank_no(no)) {
            return invalid("bank_no");
        }
        let issuer = self.issuer_of(&number);
        if !is_number(&number, issuer.as_ref(), ask.bank_no.is_some()) {
            return invalid("number");
        }
        let (payee, bank, is_name_checked) = match issuer {
            Some(i) if i.tenant == ctx.tenant => {
                let acct_id = self.look_up(ctx, i.tenant, &number, &name).await?;
                let account = AccountRef::new(acct_id.to_string());
                (Payee::Here { account }, banks::of_issuer(&i), true)
            }
            Some(i) => {
                self.look_up(ctx, i.tenant, &number, &name).await?;
                let bank = banks::of_issuer(&i);
                (elsewhere(&number, &name, &bank), bank, true)
            }
            None => {
                let bank = self.bank_of(&number, ask.bank_no.as_deref()).ok_or(Reject::NotFound)?;
                ctx.left_ms(self.0.db.clock().now())?;
                (elsewhere(&number, &name, &bank), bank, false)
            }
        };
        let tail = base::mask_card(&number);
        Ok(PayeeFound { payee, name: Masked::name(&name), bank, tail, is_name_checked })
    }

    async fn look_up(
        &self,
        ctx: &Ctx,
        tenant: TenantId,
        number: &str,
        name: &str,
    ) -> Result<i64, CoreError> {
        let is_here = tenant == ctx.tenant;
        let there = Ctx { tenant, ..ctx.clone() };
        let (number, name) = (number.to_owned(), name.to_owned());
        let unit = move |tx: &Tx<'_>, keys: &TenantKeys| -> Said<i64> {
            // Another bank's closed day is no matter for a payer here: its rail waits.
            if is_here && let Err(closed) = queries::open_day(tx)? {
                return Ok(Err(closed));
            }
            account_of(tx, keys, &number, &name)?.map_or_else(no, |acct_id| Ok(Ok(acct_id)))
        };
        self.ask(&there, "payee", unit).await
    }

    /// The bank of a number outside the province: as its card says, else as the customer does.
    fn bank_of(&self, number: &str, bank_no: Option<&str>) -> Option<Bank> {
        let named = |no: &str| {
            let own = self.institutions().into_iter().map(|i| banks::of_issuer(&i));
            let known = banks::by_no(no).or_else(|| own.into_iter().find(|b| b.bank_no == no));
            known.unwrap_or_else(|| Bank { bank_no: no.to_owned(), name: "其他银行".into() })
        };
        banks::by_card(number).or_else(|| bank_no.map(named))
    }

    /// Every institution of the province, by its number.
    pub(super) fn institutions(&self) -> Vec<Issuer> {
        let bins = self.0.bins.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<Issuer> = bins.iter().map(|(_, issuer)| issuer.clone()).collect();
        all.sort_by(|a, b| a.legal_no.cmp(&b.legal_no));
        all.dedup_by(|a, b| a.legal_no == b.legal_no);
        all
    }
}

fn elsewhere(number: &str, name: &str, bank: &Bank) -> Payee {
    Payee::Elsewhere {
        number: number.to_owned(),
        name: name.to_owned(),
        bank_no: bank.bank_no.clone(),
    }
}
