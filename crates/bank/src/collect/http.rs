//! The page of one's own receiving code (`…/api/collect`), and the page of who opened one (`…/api/payto`).

use super::{CodeId, Making, is_own, opened};
use crate::accounts::http::bound;
use crate::api::{Money, ProblemBody};
use crate::app::App;
use crate::followers::Bound;
use crate::sessions::Customer;
use crate::stamped;
use crate::web::{self, Problem, Sent};
use axum::extract::State;
use axum::response::Response;
use base::Fen;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

type Answer = std::result::Result<Response, Problem>;

/// An account that can be paid into, or out of.
#[derive(Debug, Serialize, ToSchema)]
pub struct CollectAccount {
    id: String,
    /// 借记卡8821
    name: String,
}

/// What a receiving code can be made of.
#[derive(Debug, Serialize, ToSchema)]
pub struct Collect {
    accounts: Vec<CollectAccount>,
    /// The sum that the chat knows already.
    #[schema(value_type = Option<Money>, required)]
    amount: Option<Fen>,
}

/// A code that shall be shown.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CollectWish {
    /// An account's `id`.
    account: String,
    /// In fen; without it the payer says how much.
    #[serde(default)]
    #[schema(nullable = false)]
    amount_fen: Option<i64>,
    #[serde(default)]
    note: String,
}

base::unprinted!(CollectWish);

#[derive(Debug, Serialize, ToSchema)]
pub struct CollectCode {
    #[schema(value_type = String)]
    id: CodeId,
    /// The code's rows from the top, `1` is dark.
    dots: Vec<String>,
    /// What stands in it.
    url: String,
    /// *芳
    name_masked: String,
    /// 借记卡8821
    account: String,
    #[schema(value_type = Option<Money>, required)]
    amount: Option<Fen>,
    note: String,
    /// Milliseconds UTC; null: until it is changed.
    #[schema(required)]
    until_ms: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CollectEnded {
    /// Codes that work no more.
    ended: u64,
}

/// What a payer who opened a code reads.
#[derive(Debug, Serialize, ToSchema)]
pub struct PayTo {
    /// *芳
    name_masked: String,
    /// 陵溪农村商业银行
    bank: String,
    /// Null: the payer says how much.
    #[schema(value_type = Option<Money>, required)]
    amount: Option<Fen>,
    note: String,
    /// What it may be paid from; empty while the payer is not bound here.
    accounts: Vec<CollectAccount>,
    /// The payer's own code.
    own: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayToOrder {
    /// An account's `id`.
    account: String,
    /// In fen, where the code names no sum.
    #[serde(default)]
    #[schema(nullable = false)]
    amount_fen: Option<i64>,
}

base::unprinted!(PayToOrder);

/// A draft is made: the page of payments shows it from now on.
#[derive(Debug, Serialize, ToSchema)]
pub struct PayToMade {
    made: bool,
}

fn accounts(bound: &Bound) -> Vec<CollectAccount> {
    let at_call = bound.accounts.iter().filter(|a| matches!(a.kind.as_str(), "debit" | "passbook"));
    at_call
        .map(|a| CollectAccount { id: a.id.clone(), name: format!("{}{}", a.label, a.tail) })
        .collect()
}

/// What the customer can show.
#[utoipa::path(get, path = "/collect", operation_id = "collect",
    responses((status = 200, body = Collect), (status = "default", body = ProblemBody)))]
pub async fn show(State(app): State<Arc<App>>, by: Customer) -> Answer {
    let bound = bound(&app, &by).await?;
    let said = by.task.as_ref().and_then(|t| {
        serde_json::from_str::<std::collections::BTreeMap<String, String>>(&t.opens_with).ok()
    });
    let amount = said.and_then(|with| with.get("amount")?.parse().ok()).map(Fen::of);
    let amount = amount.filter(|a| *a > Fen::ZERO);
    Ok(web::json(&Collect { accounts: accounts(&bound), amount }))
}

/// A code to show; asked again for the same without a sum it is the same code.
#[utoipa::path(post, path = "/collect/make", operation_id = "make_collect", request_body = CollectWish,
    responses((status = 200, body = CollectCode), (status = "default", body = ProblemBody)))]
pub async fn make(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(wish): Sent<CollectWish>,
) -> Answer {
    let making = Making {
        account: wish.account,
        amount: wish.amount_fen.map(Fen::of),
        note: wish.note.trim().to_owned(),
    };
    let (code, url) = super::make(&app, &by, &making).await?;
    let account = &code.kept.account;
    Ok(web::json(&CollectCode {
        id: code.id,
        dots: stamped::rows_of(&url)?,
        url,
        account: format!("{}{}", account.label, account.tail),
        name_masked: code.kept.name,
        amount: code.amount,
        note: code.kept.note,
        until_ms: code.expires_at.map(base::Time::ms),
    }))
}

/// Every code of the customer's stops working.
#[utoipa::path(post, path = "/collect/end", operation_id = "end_collect",
    responses((status = 200, body = CollectEnded), (status = "default", body = ProblemBody)))]
pub async fn end(State(app): State<Arc<App>>, by: Customer) -> Answer {
    Ok(web::json(&CollectEnded { ended: super::end_all(&app, &by).await? }))
}

/// Whom the opened code pays.
#[utoipa::path(get, path = "/payto", operation_id = "pay_to",
    responses((status = 200, body = PayTo), (status = "default", body = ProblemBody)))]
pub async fn show_payee(State(app): State<Arc<App>>, by: Customer) -> Answer {
    let (tenant, code) = opened(&app, &by).await?;
    let bank = app.registry().institution(tenant).map(|i| i.name.clone()).unwrap_or_default();
    let payer = match bound(&app, &by).await {
        Ok(bound) => Some(bound),
        Err(e) if super::is_unbound(&e) => None,
        Err(e) => return Err(e.into()),
    };
    let own = payer.as_ref().is_some_and(|bound| is_own(&by, bound, (tenant, &code)));
    Ok(web::json(&PayTo {
        bank,
        amount: code.amount,
        note: code.kept.note,
        name_masked: code.kept.name,
        accounts: payer.map(|bound| accounts(&bound)).unwrap_or_default(),
        own,
    }))
}

/// Makes the draft; nothing is paid yet.
#[utoipa::path(post, path = "/payto", operation_id = "draft_pay_to", request_body = PayToOrder,
    responses((status = 200, body = PayToMade), (status = "default", body = ProblemBody)))]
pub async fn draft(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(order): Sent<PayToOrder>,
) -> Answer {
    super::draft_of(&app, &by, &order.account, order.amount_fen.map(Fen::of)).await?;
    Ok(web::json(&PayToMade { made: true }))
}
