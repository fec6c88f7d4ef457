//! The page of the risk assessment: `/h5/s/{slug}/api/risk…`. One question a time is the page's business; the points are ours.

use super::risk::{self, Taken};
use super::{age, assessment, rule, store};
use crate::accounts::http::{bound, of_core};
use crate::api::ProblemBody;
use crate::app::App;
use crate::audit::{self, Actor};
use crate::binding::pin;
use crate::proof;
use crate::sessions::{self, Customer};
use crate::verbs::{core_ctx, day_words};
use crate::web::{self, Problem, Sent};
use axum::extract::State;
use axum::response::Response;
use db::{Scope, Tx};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

type Answer = std::result::Result<Response, Problem>;

#[derive(Debug, Serialize, ToSchema)]
pub struct Risk {
    questions: Vec<RiskQuestion>,
    /// What was found last; null before the first time.
    #[schema(required)]
    last: Option<RiskGrade>,
    /// How often it may be taken today.
    left: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RiskQuestion {
    words: &'static str,
    answers: Vec<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RiskGrade {
    /// `C2 稳健型`
    title: String,
    words: String,
    /// `R1到R2`: what may be bought.
    range: String,
    /// `2027年11月27日`: good until the end of the day before.
    until: String,
    is_good: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskOrder {
    /// The place of each answer, from 0.
    answers: Vec<usize>,
    #[schema(value_type = String)]
    key_id: pin::PinKeyId,
    /// SM2, C1C3C2, hex.
    cipher: String,
}

base::unprinted!(RiskOrder);

fn shown(taken: &Taken, now: base::Time) -> RiskGrade {
    RiskGrade {
        title: format!("{} {}", taken.grade.word(), taken.grade.label()),
        words: taken.grade.means().to_owned(),
        range: taken.grade.range(),
        until: day_words(taken.until),
        is_good: taken.is_good(now),
    }
}

/// The questions, and how the customer was graded last.
#[utoipa::path(get, path = "/risk", operation_id = "risk",
    responses((status = 200, body = Risk), (status = "default", body = ProblemBody)))]
pub async fn show(State(app): State<Arc<App>>, by: Customer) -> Answer {
    let bound = bound(&app, &by).await?;
    let last = assessment(&app, by.tenant, &bound.customer).await?;
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (customer, a_day) = (bound.customer.clone(), rule(&app, by.tenant).assessments_a_day);
    let unit = move |tx: &Tx<'_>| store::left(tx, &keys, &customer, a_day);
    let left = app.db.read(Scope::Tenant(by.tenant), unit).await?;
    let question = |q: &risk::Question| RiskQuestion {
        words: q.words,
        answers: q.answers.iter().map(|(words, _)| *words).collect(),
    };
    Ok(web::json(&Risk {
        questions: risk::QUESTIONS.iter().map(question).collect(),
        last: last.map(|taken| shown(&taken, app.clock().now())),
        left,
    }))
}

/// Takes the answers, once the PIN proves whose they are.
#[utoipa::path(post, path = "/risk/do", operation_id = "do_risk", request_body = RiskOrder,
    responses((status = 200, body = RiskGrade), (status = "default", body = ProblemBody)))]
pub async fn take(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(order): Sent<RiskOrder>,
) -> Answer {
    let bound = bound(&app, &by).await?;
    let ctx = core_ctx(&app, by.tenant, by.follower.raw());
    let years = age(&app, &ctx, &bound.customer).await.map_err(of_core)?;
    let now = app.clock().now();
    // Half a paper costs nobody a try of the PIN.
    let taken = risk::judge(&order.answers, years, now)?;
    let asked = proof::For {
        purpose: "risk",
        what_for: "风险测评".into(),
        intent: sessions::hash(&format!("risk:{}:{:?}", by.follower, order.answers)),
    };
    let sealed = (order.key_id, order.cipher.as_str());
    proof::prove_pin(&app, &by, &bound, &asked, &[], sealed).await?.map_err(Problem::from)?;
    let told = shown(&taken, now);
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let a_day = rule(&app, by.tenant).assessments_a_day;
    let (unit_by, tenant) = (by.clone(), by.tenant);
    let unit = move |tx: &Tx<'_>| {
        let whose = (unit_by.follower, bound.binding.raw());
        let id = store::add(tx, &keys, whose, &bound.customer, &taken, a_day)?;
        let actor = Actor::Follower(unit_by.follower.raw());
        audit::note(tx, actor, "risk.assess", &id.to_string(), "done", "")?;
        proof::finish(tx, &unit_by)
    };
    app.db.write(Scope::Tenant(tenant), unit).await?;
    Ok(web::json(&told))
}
