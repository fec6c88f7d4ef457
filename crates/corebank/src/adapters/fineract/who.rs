//! Who someone is: claims, profiles, the reserved number, accounts.
//!
//! A claim is looked up by its account number (`externalId`) and compared with the client it belongs to; every element has
//! to fit. Fineract counts no tries: the caller does, and [`UNCOUNTED`] says so.

use super::lines::{kind_of, state_of};
use super::shapes::{Client, ClientAccounts, Identifier, Listed, Savings};
use super::{Call, Fineract, in_yuan, names, same};
use crate::error::{CoreError, Reject};
use crate::model::{
    Account, AccountKind, AccountState, CustNo, Customer, CustomerState, IdType, Identity, Party,
    PartyClaim,
};
use crate::numbers;
use crate::port::Ctx;
use base::{Masked, Secret};

/// Tries left where nobody counts them.
pub(super) const UNCOUNTED: u8 = u8::MAX;
/// Accounts told of one customer, at most: each is a question of its own.
const ACCOUNTS_MAX: usize = 40;
/// Savings at call, among the kinds of deposit (200 fixed, 300 recurring, which have resources of their own).
const SAVINGS: i64 = 100;
/// The names a bank gives to kinds of document in Fineract's own list, by a part of them.
const DOCUMENTS: [(&str, IdType); 6] = [
    ("身份证", IdType::ResidentId),
    ("户口", IdType::HouseholdBook),
    ("护照", IdType::Passport),
    ("港澳", IdType::HongKongMacaoPermit),
    ("台湾", IdType::TaiwanPermit),
    ("外国人", IdType::ForeignResidentId),
];

pub(super) fn plain_name(name: &str) -> String {
    let kept = name.chars().filter(|c| !c.is_whitespace());
    kept.map(|c| if matches!(c, '•' | '・' | '.' | '．' | '∙') { '·' } else { c }).collect()
}
pub(super) fn plain_digits(number: &str) -> String {
    number.chars().filter(|c| !c.is_whitespace() && *c != '-').collect()
}
fn plain_id(id_no: &str) -> String {
    id_no.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase()
}

/// A kind of document by the name the bank gave it; the last part that occurs decides: 外国人永久居留身份证 is no 身份证.
fn document(name: &str) -> Option<IdType> {
    DOCUMENTS.iter().rev().find(|(part, _)| name.contains(part)).map(|(_, kind)| *kind)
}

/// Whether a number can be in an address: what is not digits names no account here.
fn is_number(number: &str) -> bool {
    (1..=40).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
}

impl Call<'_> {
    pub(super) async fn client(&self, id: i64) -> Result<Client, CoreError> {
        let told: Client = self.get(&format!("/clients/{id}"), &[]).await?;
        if told.id == id { Ok(told) } else { Err(Reject::NotFound.into()) }
    }

    /// The account of a number. [`Reject::NotFound`] when nobody has it here.
    pub(super) async fn by_number(&self, number: &str) -> Result<Savings, CoreError> {
        if !is_number(number) {
            return Err(Reject::NotFound.into());
        }
        let told: Savings =
            self.get(&format!("/savingsaccounts/external-id/{number}"), &[]).await?;
        if told.external_id.as_deref() != Some(number) {
            return Err(Reject::NotFound.into());
        }
        in_yuan(told)
    }

    /// The documents that are of a kind we know, the identity card first.
    async fn documents(&self, client: i64) -> Result<Vec<(IdType, Secret<String>)>, CoreError> {
        let told: Vec<Identifier> =
            self.get(&format!("/clients/{client}/identifiers"), &[]).await?;
        let known = told.into_iter().filter_map(|d| {
            Some((document(&d.document_type.name)?, Secret::new(plain_id(&d.document_key))))
        });
        let mut all: Vec<_> = known.collect();
        all.sort_by_key(|(kind, _)| *kind != IdType::ResidentId);
        Ok(all)
    }
}

fn customer_state(client: &Client) -> CustomerState {
    match client.status.id {
        300 => CustomerState::Active,
        _ if client.status.code.ends_with(".closed") => CustomerState::Closed,
        _ => CustomerState::Unverified,
    }
}

fn mobile(client: &Client) -> Option<String> {
    client.mobile_no.as_deref().map(plain_digits).filter(|m| !m.is_empty())
}

impl Fineract {
    pub(super) async fn party(&self, ctx: &Ctx, claim: &PartyClaim) -> Result<Party, CoreError> {
        let call = self.call(ctx)?;
        let no = || CoreError::from(Reject::PartyMismatch { left: UNCOUNTED });
        let missing = |e: CoreError| match e {
            CoreError::Rejected(Reject::NotFound | Reject::Unsupported) => no(),
            other => other,
        };
        let number = plain_digits(claim.account_no.reveal());
        let account = call.by_number(&number).await.map_err(missing)?;
        let client = call.client(account.client_id).await.map_err(missing)?;
        let documents = call.documents(client.id).await.map_err(missing)?;
        let today = call.business_date().await?;
        let (name, id_no) = (plain_name(&client.display_name), plain_id(claim.id_no.reveal()));
        let is_named = same(&name, &plain_name(claim.name.reveal()));
        let is_document = documents
            .iter()
            .any(|(kind, key)| *kind == claim.id_type && same(key.reveal(), &id_no));
        let reserved = mobile(&client);
        let typed = plain_digits(claim.mobile.reveal());
        let is_reached = reserved.as_deref().is_none_or(|r| same(r, &typed));
        // All are compared, whichever differs.
        if !(is_named & is_document & is_reached) {
            return Err(no());
        }
        Ok(Party {
            cust_no: names::cust_no(&call.at.identifier, client.id),
            name: Masked::name(&name),
            mobile: reserved.as_deref().map(Masked::mobile),
            account: names::account_ref(&call.at.identifier, account.id),
            account_state: state_of(&account),
            customer_state: customer_state(&client),
            age: numbers::born_on(&id_no).map(|born| today.age_of(born)),
        })
    }

    pub(super) async fn profile(&self, ctx: &Ctx, cust: &CustNo) -> Result<Customer, CoreError> {
        let call = self.call(ctx)?;
        let client = call.client(names::client_id(&call.at.identifier, cust)?).await?;
        let documents = call.documents(client.id).await?;
        let (id_type, id_no) = documents.first().ok_or(Reject::NotFound)?;
        let today = call.business_date().await?;
        let born = numbers::born_on(id_no.reveal());
        Ok(Customer {
            cust_no: cust.clone(),
            name: Masked::name(&plain_name(&client.display_name)),
            id_type: *id_type,
            id_no: Masked::id_number(id_no.reveal()),
            mobile: mobile(&client).map(|m| Masked::mobile(&m)),
            birth_year: born.map(crate::Day::year),
            age: born.map(|b| today.age_of(b)),
            state: customer_state(&client),
            since: client.activation_date.map_or(today, |d| d.0),
        })
    }

    pub(super) async fn whole(&self, ctx: &Ctx, cust: &CustNo) -> Result<Identity, CoreError> {
        let call = self.call(ctx)?;
        let client = call.client(names::client_id(&call.at.identifier, cust)?).await?;
        let documents = call.documents(client.id).await?;
        let (id_type, id_no) = documents.into_iter().next().ok_or(Reject::NotFound)?;
        let mobile = mobile(&client).map(Secret::new);
        let name = Secret::new(plain_name(&client.display_name));
        // When a document ends is not kept there.
        Ok(Identity { name, id_type, id_no, mobile, id_ends_on: None })
    }

    pub(super) async fn reserved(
        &self,
        ctx: &Ctx,
        cust: &CustNo,
    ) -> Result<Secret<String>, CoreError> {
        let call = self.call(ctx)?;
        let client = call.client(names::client_id(&call.at.identifier, cust)?).await?;
        mobile(&client).map(Secret::new).ok_or_else(|| Reject::NotFound.into())
    }

    pub(super) async fn all_accounts(
        &self,
        ctx: &Ctx,
        cust: &CustNo,
    ) -> Result<Vec<Account>, CoreError> {
        let call = self.call(ctx)?;
        let id = names::client_id(&call.at.identifier, cust)?;
        let path = format!("/clients/{id}/accounts");
        let listed: ClientAccounts = call.get(&path, &[("fields", "savingsAccounts")]).await?;
        let is_savings =
            |d: &&Listed| d.deposit_type.as_ref().is_none_or(|kind| kind.id == SAVINGS);
        let savings = listed.savings_accounts.iter().filter(is_savings);
        let mut all = Vec::new();
        for listed in savings.take(ACCOUNTS_MAX) {
            match call.savings(listed.id).await {
                Ok(told) => all.push(self.account(&call.at.identifier, &told)?),
                // In another currency: nothing that is shown or paid with here.
                Err(CoreError::Rejected(Reject::Unsupported)) => {}
                Err(e) => return Err(e),
            }
        }
        all.sort_by_key(|(id, a)| (a.state == AccountState::Closed, *id));
        Ok(all.into_iter().map(|(_, account)| account).collect())
    }

    fn account(&self, tenant: &str, told: &Savings) -> Result<(i64, Account), CoreError> {
        let number = told.external_id.as_deref().unwrap_or(&told.account_no);
        let kind = kind_of(self, told);
        let opened = told.timeline.activated_on_date.or(told.timeline.submitted_on_date);
        let undecodable = CoreError::Unknown(crate::UnknownCause::Undecodable);
        let account = Account {
            id: names::account_ref(tenant, told.id),
            kind,
            product: told.savings_product_name.clone(),
            label: AccountKind::label(kind).into(),
            tail: base::mask_card(number),
            class: None,
            state: state_of(told),
            currency: told.currency.code.clone(),
            opened_on: opened.ok_or(undecodable)?.0,
        };
        Ok((told.id, account))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_known_by_the_name_the_bank_gave_it() {
        for (name, kind) in [
            ("居民身份证", Some(IdType::ResidentId)),
            ("外国人永久居留身份证", Some(IdType::ForeignResidentId)),
            ("港澳居民来往内地通行证", Some(IdType::HongKongMacaoPermit)),
            ("Drivers License", None),
        ] {
            assert_eq!(document(name), kind, "{name}");
        }
    }
}
