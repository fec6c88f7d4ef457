//! Institutions, customers and accounts of the sandbox: how they come in and who a claim fits.
//!
//! Not for: money (`books`) or PINs (`pins`).

use crate::day::Day;
use crate::error::{CoreError, Reject};
use crate::model::{
    AccountKind, AccountRef, AccountState, CustNo, Customer, CustomerState, DayState, IdType,
    Identity, NumberKind, Party, PartyClaim,
};
use crate::numbers;
use crate::sandbox::counter;
use crate::sandbox::movement::GL;
use crate::sandbox::queries::maybe_day;
use crate::sandbox::seal::{Column, TenantKeys};
use crate::sandbox::words::{Word, from_word};
use base::{Error, Fen, Masked, Result, Secret, TenantId};
use db::{Tx, params};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// Kinds of institution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstitutionKind {
    /// 省联社
    Union,
    /// 农商行
    CommercialBank,
    /// 农合行
    CooperativeBank,
    /// 农信社
    CreditCooperative,
    /// 村镇银行
    VillageBank,
}

/// An institution whose books the sandbox keeps.
#[derive(Debug, Clone)]
pub struct Institution {
    pub tenant: TenantId,
    /// Number of the legal entity (法人号): exactly four digits, not beginning with 0.
    pub legal_no: String,
    pub name: String,
    pub kind: InstitutionKind,
    /// County and towns, for generated addresses, shops and offices.
    pub county: String,
    pub towns: Vec<String>,
}

impl Institution {
    /// Leading digits of its debit cards: invented, in no range that any issuer uses.
    pub fn debit_bin(&self) -> String {
        format!("6299{}", self.legal_no)
    }
    /// Leading digits of its credit cards.
    pub fn credit_bin(&self) -> String {
        format!("6298{}", self.legal_no)
    }
    /// Leading digits of its passbooks.
    pub fn passbook_bin(&self) -> String {
        format!("{}01", self.legal_no)
    }
    /// Its customers' numbers begin after this one.
    pub(crate) fn first_customer(&self) -> Result<i64> {
        let well_formed = self.legal_no.len() == 4 && !self.legal_no.starts_with('0');
        match self.legal_no.parse::<i64>() {
            Ok(n) if well_formed => Ok(n * 1_000_000),
            _ => Err(Error::fault("a legal entity's number is four digits, the first not 0")),
        }
    }
}

/// A customer to be.
#[derive(Debug, Clone)]
pub struct NewCustomer {
    /// Begins with the institution's legal number: `legal_no * 1_000_000 + n`.
    pub cust_no: i64,
    pub name: String,
    pub id_type: IdType,
    pub id_no: String,
    pub mobile: Option<String>,
    pub state: CustomerState,
    pub since: Day,
}

/// An account to be; it begins empty.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// `cust_no * 100 + n`
    pub acct_id: i64,
    pub cust_no: i64,
    pub kind: AccountKind,
    pub product: String,
    pub class: Option<i64>,
    /// Card, passbook, contract or certificate number.
    pub number: String,
    pub opened_on: Day,
    /// What may be owed at most; 0 for deposits.
    pub limit: Fen,
    pub rate_bp: i64,
    pub ends_on: Option<Day>,
}

/// Registers an institution. False when it is there already.
pub(crate) fn add_institution(
    tx: &Tx<'_>,
    i: &Institution,
    today: Day,
    cut_minutes: i64,
) -> Result<bool> {
    let fresh = tx.exec(
        "INSERT INTO core_tenant (tenant_id, legal_no, name, kind, currency, business_date, day_state,
                last_customer, last_journal, last_posted_at_ms, last_event, events_from, chain_hash, cut_minutes)
         VALUES ($1, $2, $3, $4, 'CNY', $5, $6, $7, 0, 0, 0, 1, $8, $9)
         ON CONFLICT (tenant_id) DO NOTHING",
        params![
            i.tenant, i.legal_no, i.name, i.kind.word(), today.number(), DayState::Open.word(),
            i.first_customer()?, vec![0_u8; 32], cut_minutes
        ],
    )? == 1;
    if !fresh {
        return Ok(false);
    }
    for (bin, kind) in [
        (i.debit_bin(), NumberKind::Debit),
        (i.credit_bin(), NumberKind::Credit),
        (i.passbook_bin(), NumberKind::Passbook),
    ] {
        tx.exec(
            "INSERT INTO core_bin (tenant_id, bin, card) VALUES ($1, $2, $3)",
            params![i.tenant, bin, kind.word()],
        )?;
    }
    for (gl_no, name, side) in GL {
        tx.exec(
            "INSERT INTO core_gl (tenant_id, gl_no, name, normal_side) VALUES ($1, $2, $3, $4)",
            params![i.tenant, *gl_no, *name, side.word()],
        )?;
    }
    Ok(true)
}

pub(crate) fn add_customer(tx: &Tx<'_>, keys: &TenantKeys, c: &NewCustomer) -> Result<()> {
    let seal = |column, text: &str| keys.seal(tx.random(), column, c.cust_no, text);
    let id_no = plain_id(&c.id_no);
    let mobile = c.mobile.as_deref().map(|m| seal(Column::Mobile, m)).transpose()?;
    tx.exec(
        "INSERT INTO core_customer (tenant_id, cust_no, name_sealed, id_type, id_index, id_sealed,
                mobile_sealed, state, since)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            tx.tenant(),
            c.cust_no,
            seal(Column::Name, &plain_name(&c.name))?,
            c.id_type.word(),
            keys.index("id", &id_no)?,
            seal(Column::IdNo, &id_no)?,
            mobile,
            c.state.word(),
            c.since.number()
        ],
    )?;
    tx.exec(
        "UPDATE core_tenant SET last_customer = $1 WHERE tenant_id = $2 AND last_customer < $1",
        params![c.cust_no, tx.tenant()],
    )?;
    Ok(())
}

pub(crate) fn add_account(tx: &Tx<'_>, keys: &TenantKeys, a: &NewAccount) -> Result<()> {
    tx.exec(
        "INSERT INTO core_account (tenant_id, acct_id, cust_no, kind, state, product, class, number_index,
                number_sealed, tail, opened_on, posted_debit_fen, posted_credit_fen, held_fen, limit_fen,
                rate_bp, ends_on, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, 0, $12, $13, $14, 0)",
        params![
            tx.tenant(), a.acct_id, a.cust_no, a.kind.word(), AccountState::Active.word(), a.product,
            a.class, keys.index("account", &a.number)?,
            keys.seal(tx.random(), Column::AccountNo, a.acct_id, &a.number)?,
            base::mask_card(&a.number), a.opened_on.number(), a.limit, a.rate_bp,
            a.ends_on.map(Day::number)
        ],
    )?;
    Ok(())
}

/// Without spaces, the middle dot of names in its one form.
pub(crate) fn plain_name(name: &str) -> String {
    let kept = name.chars().filter(|c| !c.is_whitespace());
    kept.map(|c| if matches!(c, '•' | '・' | '.' | '．' | '∙') { '·' } else { c }).collect()
}
fn plain_id(id_no: &str) -> String {
    id_no.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase()
}
pub(crate) fn plain_digits(number: &str) -> String {
    number.chars().filter(|c| !c.is_whitespace() && *c != '-').collect()
}

pub(crate) fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// One row of who owns an account.
struct Owner {
    cust_no: i64,
    acct_id: i64,
    name: Secret<String>,
    id_type: IdType,
    id_no: Secret<String>,
    mobile: Secret<String>,
    account_state: AccountState,
    customer_state: CustomerState,
}

fn owner(tx: &Tx<'_>, keys: &TenantKeys, number_index: &[u8]) -> Result<Option<Owner>> {
    type Found = (i64, i64, Vec<u8>, String, Vec<u8>, Option<Vec<u8>>, String, String);
    let found: Option<Found> = tx.opt(
        "SELECT c.cust_no, a.acct_id, c.name_sealed, c.id_type, c.id_sealed, c.mobile_sealed, a.state, c.state
           FROM core_account a
           JOIN core_customer c ON c.tenant_id = a.tenant_id AND c.cust_no = a.cust_no
          WHERE a.tenant_id = $1 AND a.number_index = $2 AND a.kind <> 'medical'",
        params![tx.tenant(), number_index],
    )?;
    let Some((cust_no, acct_id, name, id_type, id_no, mobile, account_state, customer_state)) =
        found
    else {
        return Ok(None);
    };
    let open = |column, sealed: &[u8]| keys.open(column, cust_no, sealed);
    Ok(Some(Owner {
        cust_no,
        acct_id,
        name: open(Column::Name, &name)?,
        id_type: from_word(&id_type)?,
        id_no: open(Column::IdNo, &id_no)?,
        mobile: mobile.map_or(Ok(Secret::new(String::new())), |m| open(Column::Mobile, &m))?,
        account_state: from_word(&account_state)?,
        customer_state: from_word(&customer_state)?,
    }))
}

/// Checks a claim and counts the try. One answer for every way of being wrong: an account that does
/// not exist uses up tries and is answered just like a wrong name.
pub(crate) fn verify(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    claim: &PartyClaim,
    tries_per_day: i64,
) -> Result<std::result::Result<Party, CoreError>> {
    let today = Day::at(tx.now());
    let number_index = keys.index("account", &plain_digits(claim.account_no.reveal()))?;
    let hex: String = number_index[..16].iter().map(|b| format!("{b:02x}")).collect();
    let subject = format!("party:{hex}");
    let Some(used) = counter::take(tx, &subject, today, tries_per_day)? else {
        return Ok(Err(Reject::PartyLocked { until: today.end() }.into()));
    };
    let left = u8::try_from(tries_per_day - used)?;
    let mismatch = Ok(Err(Reject::PartyMismatch { left }.into()));
    let Some(owner) = owner(tx, keys, &number_index)? else {
        return mismatch;
    };
    // Without a number on file there is none to compare: who has the other three is told so, and gets no further.
    let reserved = !owner.mobile.reveal().is_empty();
    let fits = same(&plain_name(claim.name.reveal()), owner.name.reveal())
        & same(&plain_id(claim.id_no.reveal()), owner.id_no.reveal())
        & (same(&plain_digits(claim.mobile.reveal()), owner.mobile.reveal()) | !reserved)
        & (claim.id_type == owner.id_type);
    if !fits || owner.customer_state == CustomerState::Closed {
        return mismatch;
    }
    counter::clear(tx, &subject, today)?;
    Ok(Ok(Party {
        cust_no: CustNo::new(owner.cust_no.to_string()),
        name: Masked::name(owner.name.reveal()),
        mobile: reserved.then(|| Masked::mobile(owner.mobile.reveal())),
        account: AccountRef::new(owner.acct_id.to_string()),
        account_state: owner.account_state,
        customer_state: owner.customer_state,
        age: age(owner.id_type, owner.id_no.reveal(), today),
    }))
}

fn born(id_type: IdType, id_no: &str) -> Option<Day> {
    // A household book shows the same identity number.
    matches!(id_type, IdType::ResidentId | IdType::HouseholdBook)
        .then(|| numbers::born_on(id_no))
        .flatten()
}
fn age(id_type: IdType, id_no: &str, today: Day) -> Option<i64> {
    born(id_type, id_no).map(|b| today.age_of(b))
}

/// A customer's profile, masked.
pub(crate) fn customer(tx: &Tx<'_>, keys: &TenantKeys, cust_no: i64) -> Result<Option<Customer>> {
    type Found = (Vec<u8>, String, Vec<u8>, Option<Vec<u8>>, String, i64);
    let found: Option<Found> = tx.opt(
        "SELECT name_sealed, id_type, id_sealed, mobile_sealed, state, since
           FROM core_customer WHERE tenant_id = $1 AND cust_no = $2",
        params![tx.tenant(), cust_no],
    )?;
    let Some((name, id_type, id_no, mobile, state, since)) = found else {
        return Ok(None);
    };
    let open = |column, sealed: &[u8]| keys.open(column, cust_no, sealed);
    let id_type = from_word(&id_type)?;
    let id_no = open(Column::IdNo, &id_no)?;
    let mobile = mobile.map(|m| open(Column::Mobile, &m)).transpose()?;
    Ok(Some(Customer {
        cust_no: CustNo::new(cust_no.to_string()),
        name: Masked::name(open(Column::Name, &name)?.reveal()),
        id_type,
        id_no: Masked::id_number(id_no.reveal()),
        mobile: mobile.map(|m| Masked::mobile(m.reveal())),
        birth_year: born(id_type, id_no.reveal()).map(Day::year),
        age: age(id_type, id_no.reveal(), Day::at(tx.now())),
        state: from_word(&state)?,
        since: Day::of_number(since).ok_or_else(|| Error::fault("a customer since no day"))?,
    }))
}

/// Who a customer is, in full.
pub(crate) fn identity(tx: &Tx<'_>, keys: &TenantKeys, cust_no: i64) -> Result<Option<Identity>> {
    type Found = (Vec<u8>, String, Vec<u8>, Option<Vec<u8>>, Option<i64>);
    let found: Option<Found> = tx.opt(
        "SELECT name_sealed, id_type, id_sealed, mobile_sealed, id_ends_on
           FROM core_customer WHERE tenant_id = $1 AND cust_no = $2",
        params![tx.tenant(), cust_no],
    )?;
    let Some((name, id_type, id_no, mobile, ends_on)) = found else { return Ok(None) };
    let open = |column, sealed: &[u8]| keys.open(column, cust_no, sealed);
    Ok(Some(Identity {
        name: open(Column::Name, &name)?,
        id_type: from_word(&id_type)?,
        id_no: open(Column::IdNo, &id_no)?,
        mobile: mobile.map(|m| open(Column::Mobile, &m)).transpose()?,
        id_ends_on: maybe_day(ends_on)?,
    }))
}

/// Says how long a customer's document is good; false when there is no such customer.
pub(crate) fn set_id_end(tx: &Tx<'_>, cust_no: i64, ends_on: Option<Day>) -> Result<bool> {
    tx.exec_one(
        "UPDATE core_customer SET id_ends_on = $1 WHERE tenant_id = $2 AND cust_no = $3",
        params![ends_on.map(Day::number), tx.tenant(), cust_no],
    )
}

/// Whether the institution has such a customer.
pub(crate) fn is_known(tx: &Tx<'_>, cust_no: i64) -> Result<bool> {
    let found: Option<i64> = tx.opt(
        "SELECT cust_no FROM core_customer WHERE tenant_id = $1 AND cust_no = $2",
        params![tx.tenant(), cust_no],
    )?;
    Ok(found.is_some())
}

/// Another reserved number. Whom the old one found by it is found no more.
pub(crate) fn set_mobile(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    cust_no: i64,
    mobile: Option<&str>,
) -> Result<bool> {
    tx.exec(
        "DELETE FROM core_alias WHERE tenant_id = $1 AND cust_no = $2",
        params![tx.tenant(), cust_no],
    )?;
    let seal = |m: &str| keys.seal(tx.random(), Column::Mobile, cust_no, m);
    tx.exec_one(
        "UPDATE core_customer SET mobile_sealed = $1 WHERE tenant_id = $2 AND cust_no = $3",
        params![mobile.map(seal).transpose()?, tx.tenant(), cust_no],
    )
}

/// The reserved mobile number.
pub(crate) fn mobile(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    cust_no: i64,
) -> Result<Option<Secret<String>>> {
    let found: Option<Option<Vec<u8>>> = tx.opt(
        "SELECT mobile_sealed FROM core_customer WHERE tenant_id = $1 AND cust_no = $2",
        params![tx.tenant(), cust_no],
    )?;
    found.flatten().map(|sealed| keys.open(Column::Mobile, cust_no, &sealed)).transpose()
}
