//! Bills (缴费): whose bills a customer pays, what was paid, and what people want to pay that cannot be paid here yet.
//!
//! A bill is paid by a payment like any other ([`crate::payments`]); here is what is known around it. A household is remembered
//! when a payment for it has succeeded, under the name the customer gave it, so that next time nothing is asked.
//! *Invariant*: numbers and names are sealed. Not for: asking billers, which is the core's ([`corebank::bills`]); when to pay.

pub mod again;
#[cfg(test)]
mod again_tests;
#[cfg(test)]
mod auto_tests;
#[cfg(test)]
mod family_tests;
pub mod photo;
#[cfg(test)]
mod photo_tests;
pub mod remind;
#[cfg(test)]
mod remind_tests;
mod store;
#[cfg(test)]
pub(crate) mod tests;

pub use store::{History, Paid, history, homes, keep, latest, note_demand, of_payment, spoken};

use crate::app::App;
use crate::payments::PaymentId;
use base::{Fen, Id, Named, Result, TenantId};
use corebank::bills::{BillDue, BillKind, Biller};
use db::{Scope, Tx};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// People named in one line.
const NAMED: usize = 4;

#[derive(Debug)]
pub enum HouseholdRow {}
impl Named for HouseholdRow {
    const PREFIX: &'static str = "hsd";
}
pub type HouseholdId = Id<HouseholdRow>;

/// One of a family whose insurance is paid.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The office's number within the family.
    pub no: i64,
    /// Masked by the core.
    pub name: String,
    /// What the customer calls them: 孙子; empty while they used no name.
    pub called: String,
    pub pays: Fen,
    pub is_self: bool,
}
base::unprinted!(Person);

impl Person {
    /// Whether a relation or a name, as the customer says it, is theirs.
    pub fn is_called(&self, word: &str) -> bool {
        let is_relation = !dialogue::people::relations(word).is_empty();
        self.called == word || (!is_relation && self.name == base::mask_name(word))
    }
}

/// A household at a biller, as the customer knows it. C2: sealed at rest.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    pub kind: BillKind,
    /// The core's name of the biller, and what it is called.
    pub biller: String,
    pub biller_name: String,
    /// What its numbers are called: 户号.
    pub label: String,
    pub number: String,
    /// What the customer calls it: 老屋; empty while they gave it no name.
    pub called: String,
    /// Whose it is, masked by the core; empty where the biller does not say.
    pub name: String,
    pub place: String,
    /// Of a payment for a family: which year's it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<i64>,
    /// Whom of a family it is for; of a household that is remembered, whoever was paid for. Empty for others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub who: Vec<Person>,
}

impl std::fmt::Debug for Home {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Home({} …)", self.biller)
    }
}

impl Home {
    pub fn of(biller: &Biller, number: &str, called: &str, due: &BillDue) -> Self {
        Self {
            kind: biller.kind,
            biller: biller.id.clone(),
            biller_name: biller.name.clone(),
            label: biller.label.clone(),
            number: number.to_owned(),
            called: called.to_owned(),
            name: due.name.as_ref().map(ToString::to_string).unwrap_or_default(),
            place: due.place.clone(),
            year: None,
            who: vec![],
        }
    }

    pub fn tail(&self) -> String {
        base::mask_card(&self.number)
    }

    /// What it is called: 老屋, else where it is, else its number's end.
    pub fn title(&self) -> String {
        match (self.called.as_str(), self.place.as_str()) {
            ("", "") => format!("尾号{}", self.tail()),
            ("", place) => place.to_owned(),
            (called, _) => called.to_owned(),
        }
    }

    /// 老屋 *芳; of a family whom it is for: *芳、*小宝
    pub fn shown(&self) -> String {
        if !self.who.is_empty() {
            let all = self.who.iter().take(NAMED).map(|p| p.name.as_str());
            let all = all.collect::<Vec<_>>().join("、");
            let count = self.who.len();
            return if count > NAMED { format!("{all}等{count}人") } else { all };
        }
        let title = self.title();
        if self.name.is_empty() { title } else { format!("{title} {}", self.name) }
    }
}

/// The item of the catalogue that pays a kind of bill.
pub const fn pay_item(kind: BillKind) -> &'static str {
    match kind {
        BillKind::Electric => "pay_electric",
        BillKind::Water => "pay_water",
        BillKind::Gas => "pay_gas",
        BillKind::Heating => "pay_heating",
        BillKind::Tv => "pay_tv",
        BillKind::Broadband => "pay_broadband",
        BillKind::Mobile => "topup_phone",
        BillKind::School => "pay_school",
        BillKind::Property => "pay_property",
        BillKind::Fine => "pay_fine",
        BillKind::Party => "pay_party",
        BillKind::Village => "pay_village",
        BillKind::Etc => "etc_topup",
        BillKind::Medical => "medical_pay",
        BillKind::Pension => "pension_pay",
    }
}

/// A household that was paid for.
#[derive(Debug, Clone)]
pub struct Remembered {
    pub id: HouseholdId,
    pub home: Home,
}

impl Remembered {
    /// As a slot names it.
    pub fn home_id(&self) -> String {
        self.id.raw().to_string()
    }
}

/// A payment has succeeded: its household is known from now on, or comes first. Done twice it is done once. What is paid for, where
/// the household was not known before.
pub async fn remember(
    app: &Arc<App>,
    tenant: TenantId,
    payment: PaymentId,
) -> Result<Option<BillKind>> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let unit_app = app.clone();
    let unit = move |tx: &Tx<'_>| store::remember(tx, &keys, &unit_app.behind, payment);
    app.db.write(Scope::Tenant(tenant), unit).await
}
