//! Wealth products (代销理财): what a customer is shown, how much risk they may take, and what is sold at a branch only.
//!
//! What there is and what somebody has is the core's ([`corebank::wealth`]); buying and selling are payments (`payments::wealth`).
//! Here is what the channel must see to before: the risk assessment (风险测评, `risk`), whose grade a product may not exceed, and
//! the recorded sale (双录), which no chat replaces. Nothing is ever called a rate or promised: a benchmark is a benchmark.
//! Not for: advice. What is shown is what fits the grade, in the core's order.

pub mod http;
pub mod risk;
pub mod rules;
pub mod store;
#[cfg(test)]
pub(crate) mod tests;

pub use rules::{Rule, Rules};

use crate::app::App;
use crate::verbs::core_ctx;
use base::{Refusal, Result, TenantId};
use corebank::CustNo;
use corebank::wealth::{Wealth, WealthProduct};
use corebank::{CoreError, Ctx, Reject};
use db::{Scope, Tx};
use risk::Taken;
use std::sync::Arc;

pub const LACKS: Refusal =
    Refusal::unavailable("core.lacks", "没有扣钱。这家银行的理财还不能在微信里办，请到网点办。");
pub const NOT_TESTED: Refusal = Refusal::conflict(
    "risk.none",
    "没有扣钱。买理财要先做10道题的风险测评（2分钟），说「风险测评」就能做。",
);
pub const TEST_OVER: Refusal = Refusal::conflict(
    "risk.expired",
    "没有扣钱。您的风险测评过期了，说「风险测评」重新做一次再买（2分钟）。",
);
pub const ABOVE: Refusal =
    Refusal::forbidden("risk.above", "没有扣钱。这个产品风险比您的等级高，不能买。");
pub const RECORD: Refusal = Refusal::forbidden(
    "wealth.record",
    "没有扣钱。按规定要到网点录音录像才能买，请带身份证到网点办，说「附近网点」看去哪里。",
);

/// Who sells wealth products, where the core does so for us.
pub fn of_core(app: &App) -> Result<&dyn Wealth> {
    app.core.wealth().ok_or_else(|| LACKS.into())
}

/// The rule of an institution.
pub fn rule(app: &App, tenant: TenantId) -> Rule {
    let code = app.registry().institution(tenant).map(|i| i.code.clone());
    app.config.wealth.of(code.as_deref().unwrap_or_default())
}

/// A customer's latest assessment, good or over.
pub async fn assessment(app: &Arc<App>, tenant: TenantId, customer: &str) -> Result<Option<Taken>> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let customer = customer.to_owned();
    let unit = move |tx: &Tx<'_>| store::latest(tx, &keys, &customer);
    app.db.read(Scope::Tenant(tenant), unit).await
}

/// How old a customer is by the bank's own record; none where that is not known.
pub async fn age(
    app: &Arc<App>,
    ctx: &Ctx,
    customer: &str,
) -> std::result::Result<Option<i64>, CoreError> {
    match app.core.customer(ctx, &CustNo::new(customer)).await {
        Ok(profile) => Ok(profile.age),
        Err(CoreError::Rejected(Reject::NotFound)) => Ok(None),
        Err(e) => Err(e),
    }
}

/// What is on sale and within a grade; without one, all that is on sale.
pub fn within(all: Vec<WealthProduct>, taken: Option<&Taken>) -> Vec<WealthProduct> {
    let fits = |p: &WealthProduct| taken.is_none_or(|t| t.grade.may_buy(p.grade));
    all.into_iter().filter(|p| p.is_on_sale && fits(p)).collect()
}

/// Everything the institution's wealth company sells here.
pub async fn products(
    app: &Arc<App>,
    tenant: TenantId,
    follower: i64,
) -> Result<std::result::Result<Vec<WealthProduct>, CoreError>> {
    let ctx = core_ctx(app, tenant, follower);
    Ok(of_core(app)?.wealth_products(&ctx).await)
}
