//! Apache Fineract as a core: a stateless translator to its REST API (core.md §6, [ADR 25](../../../../../docs/adr/0025-fineract.md)).
//!
//! Every institution has a Fineract tenant of its own. An account's or a passbook's number is the savings account's
//! `externalId`. A payment is an account transfer, which books both legs or none and carries our id in its description; a
//! hold is a prepared interoperation transfer, which carries it as receipt number. By these, and never by the idempotency
//! key, is found what became of a command whose answer was lost: a key can answer «in progress» for ever.
//!
//! Not for: loans, time deposits, cards, PINs, other banks; Fineract has none of them for us, or not by these resources.

mod holds;
mod lines;
pub mod mock;
mod money;
mod names;
mod port;
mod shapes;
mod sort;
mod who;
mod wire;

use crate::error::{CoreError, Reject, UnknownCause};
use crate::model::{Issuer, NumberKind};
use crate::port::{Capabilities, Ctx, EventFeed};
use base::{Clock, Secret, TenantId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shapes::{BusinessDate, Savings};
use std::fmt;
use std::sync::Arc;
use wire::{Done, Wire};

/// How an institution is kept in Fineract.
#[derive(Debug, Clone)]
pub struct Institution {
    pub tenant: TenantId,
    /// Number of the legal entity (法人号), four digits.
    pub legal_no: String,
    pub name: String,
    /// 支付系统行号, 12 digits.
    pub bank_no: String,
    /// Its tenant identifier in Fineract, as the header names it: capitals count.
    pub identifier: String,
    /// Leading digits of its cards and passbooks: Fineract knows nothing of them.
    pub numbers: Vec<(String, NumberKind)>,
}

/// Where Fineract is and who asks.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `https://host:8443`, without a path.
    pub base_url: String,
    pub user: String,
    pub password: Secret<String>,
    pub institutions: Vec<Institution>,
}

struct Inner {
    wire: Wire,
    clock: Clock,
    institutions: Vec<Institution>,
}

/// A core that is Fineract. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Fineract(Arc<Inner>);

impl fmt::Debug for Fineract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fineract").field("institutions", &self.0.institutions.len()).finish()
    }
}

impl Fineract {
    /// Asks nothing yet. A fault when the TLS of this machine cannot be used.
    pub fn new(settings: &Settings, clock: Clock) -> base::Result<Self> {
        let wire = Wire::build(&settings.base_url, &settings.user, settings.password.reveal())?;
        Ok(Self(Arc::new(Inner { wire, clock, institutions: settings.institutions.clone() })))
    }

    /// A question's way to its institution. [`Reject::NotFound`] for a tenant that is not kept here.
    fn call<'a>(&'a self, ctx: &'a Ctx) -> Result<Call<'a>, CoreError> {
        ctx.left_ms(self.0.clock.now())?;
        let at = self.0.institutions.iter().find(|i| i.tenant == ctx.tenant);
        Ok(Call { inner: &self.0, ctx, at: at.ok_or(Reject::NotFound)? })
    }

    /// Who issued a number, by the longest leading digits that fit.
    fn issuer_of(&self, number: &str) -> Option<Issuer> {
        let each = self.0.institutions.iter().flat_map(|i| i.numbers.iter().map(move |n| (i, n)));
        let fits = each.filter(|(_, (head, _))| number.starts_with(head.as_str()));
        fits.max_by_key(|(_, (head, _))| head.len()).map(|(i, (_, kind))| Issuer {
            tenant: i.tenant,
            legal_no: i.legal_no.clone(),
            name: i.name.clone(),
            kind: *kind,
        })
    }
}

/// What Fineract can do for us; each line has its reason in ADR 25.
const CAPABILITIES: Capabilities = Capabilities {
    holds: true,
    // A hold stands until somebody gives it back.
    holds_end: false,
    query_by_request_id: true,
    // Nothing can be said about an id that never came.
    fence: false,
    // A transfer cannot be undone there.
    reverse_by_request_id: false,
    reverse_same_day_only: false,
    events: EventFeed::FileOnly,
    recon_file: false,
    name_check: true,
    party_tries: false,
    pin_block: false,
    card_state: false,
    controls: false,
    interbank: false,
    loans: false,
    credit_lines: false,
    term_deposits: false,
    account_facts: false,
    credit_cards: false,
    card_plans: false,
    card_settings: false,
    payouts: false,
    social_security: false,
    money: true,
    aliases: false,
    cash: false,
    gifts: false,
    rewards: false,
    wealth: false,
    clock_skew_max_ms: 0,
    // Three tries of its own, with pauses that double from a second on.
    lag_max_ms: 10_000,
};

/// One question or command on its way.
struct Call<'a> {
    inner: &'a Inner,
    ctx: &'a Ctx,
    at: &'a Institution,
}

impl Call<'_> {
    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, CoreError> {
        let left_ms = self.ctx.left_ms(self.inner.clock.now())?;
        self.inner.wire.get(&self.at.identifier, path, query, left_ms).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        to: (&str, &[(&str, &str)]),
        key: &str,
        body: &impl Serialize,
    ) -> Result<Done<T>, CoreError> {
        let left_ms = self.ctx.left_ms(self.inner.clock.now())?;
        self.inner.wire.post(&self.at.identifier, to, key, body, left_ms).await
    }

    async fn business_date(&self) -> Result<crate::Day, CoreError> {
        let told: BusinessDate = self.get("/businessdate/BUSINESS_DATE", &[]).await?;
        Ok(told.date.0)
    }

    /// A savings account of this institution in yuan; [`Reject::Unsupported`] in another currency.
    async fn savings(&self, id: i64) -> Result<Savings, CoreError> {
        let told: Savings = self.get(&format!("/savingsaccounts/{id}"), &[]).await?;
        if told.id != id {
            return Err(CoreError::Unknown(UnknownCause::IntegrityMismatch { field: "account" }));
        }
        in_yuan(told)
    }
}

fn in_yuan(told: Savings) -> Result<Savings, CoreError> {
    if told.currency.code == "CNY" { Ok(told) } else { Err(Reject::Unsupported.into()) }
}

/// Texts about people are compared without telling where they differ.
fn same(a: &str, b: &str) -> bool {
    use subtle::ConstantTimeEq;
    a.as_bytes().ct_eq(b.as_bytes()).into()
}
