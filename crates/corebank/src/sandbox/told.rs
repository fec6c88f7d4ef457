//! What others tell the sandbox, as a demo or a test does in their place: a card's terms, a payer's batch, what a social
//! security office knows. Not for the port, which only asks.

use super::cards::{self, NewCard};
use super::payouts::{self, NewBatch, NewShare};
use super::social::{self, NewContribution};
use super::{NewAccount, Sandbox, parties};
use crate::credit::CardFees;
use crate::rural::{Pension, SocialCard};
use base::{Result, TenantId};

impl Sandbox {
    /// Registers a kind of credit card with its fees, or changes them.
    pub async fn set_card_product(&self, tenant: TenantId, fees: CardFees) -> Result<()> {
        self.unit(tenant, move |tx, _| cards::set_product(tx, &fees)).await
    }

    /// Opens a credit card with its terms.
    pub async fn add_card(
        &self,
        tenant: TenantId,
        account: NewAccount,
        statement_day: i64,
        due_day: i64,
    ) -> Result<()> {
        self.unit(tenant, move |tx, keys| {
            parties::add_account(tx, keys, &account)?;
            cards::set_terms(tx, NewCard { acct_id: account.acct_id, statement_day, due_day })
        })
        .await
    }

    /// A payer says that a batch will come.
    pub async fn announce(&self, tenant: TenantId, batch: NewBatch) -> Result<()> {
        self.unit(tenant, move |tx, _| payouts::announce(tx, &batch)).await
    }

    /// The batch's list and money are at the bank. False when it does not wait for them.
    pub async fn hand_in(
        &self,
        tenant: TenantId,
        batch_no: i64,
        shares: Vec<NewShare>,
    ) -> Result<bool> {
        self.unit(tenant, move |tx, _| payouts::hand_in(tx, batch_no, &shares)).await
    }

    /// Tries every share of a batch that is at the bank, each by a journal. False when there is none to pay.
    pub async fn pay_batch(&self, tenant: TenantId, batch_no: i64) -> Result<bool> {
        self.unit(tenant, move |tx, _| payouts::pay(tx, batch_no)).await
    }

    pub async fn set_pension(&self, tenant: TenantId, cust_no: i64, told: Pension) -> Result<()> {
        self.unit(tenant, move |tx, _| social::set_pension(tx, cust_no, &told)).await
    }

    pub async fn add_contribution(&self, tenant: TenantId, told: NewContribution) -> Result<()> {
        self.unit(tenant, move |tx, _| social::add_contribution(tx, &told)).await
    }

    pub async fn set_social_card(
        &self,
        tenant: TenantId,
        cust_no: i64,
        told: SocialCard,
    ) -> Result<()> {
        self.unit(tenant, move |tx, _| social::set_social_card(tx, cust_no, &told)).await
    }
}
