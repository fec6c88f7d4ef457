//! The statement and accounts pages' API: `/h5/s/{slug}/api/accounts`, `…/statement`.

use super::doubt;
use super::shapes::{Account, AccountName, Accounts, Doubted, Entry, Statement, Totals};
use crate::api::{Flow as AskedFlow, ProblemBody};
use crate::app::App;
use crate::binding::{CONSENT_RENEW, NOT_BOUND};
use crate::followers::{self, Bound, BoundAccount};
use crate::sessions::{Customer, NO_SESSION};
use crate::verbs::{core_ctx, shut_words};
use crate::web::{self, Asked, Problem, Sent};
use axum::extract::State;
use axum::response::Response;
use base::{Error, Refusal, Result};
use corebank::{AccountRef, CoreError, Day, Flow, LineId, Reject, StatementQuery, StatementRange};
use db::Scope;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

pub(crate) const NO_ACCOUNT: Refusal = Refusal::missing("account.missing", "没有找到这个账户");
const NO_ENTRY: Refusal = Refusal::missing("entry.missing", "没有找到这一笔，请重新查明细");
const CORE_BUSY: Refusal = Refusal::unavailable("core.busy", "银行系统忙，请过一会儿再看");
const CORE_CLOSED: Refusal = Refusal::unavailable("core.maintenance", "银行正在结账，稍后再看");
const BAD_RANGE: Refusal = Refusal::invalid("statement.range", "只能查最近一年里的月份");

/// Lines on one screen.
const LINES_A_PAGE: usize = 30;
/// Months the page offers, this one included.
const MONTHS: i64 = 13;
const SEARCH_CHARS_MAX: usize = 30;

pub(crate) fn of_core(e: CoreError) -> Error {
    match e {
        CoreError::Rejected(Reject::NotFound) => NO_ACCOUNT.into(),
        CoreError::Rejected(Reject::DayClosed { opens_at }) => {
            CORE_CLOSED.say(shut_words(opens_at)).into()
        }
        CoreError::Rejected(Reject::Validation { .. }) => BAD_RANGE.into(),
        CoreError::Rejected(reject) => {
            tracing::warn!(%reject, "the core refused a page's question");
            CORE_BUSY.into()
        }
        e => {
            metrics::counter!("weiyin_core_busy_total").increment(1);
            tracing::warn!(error = %e, "the core did not answer a page");
            CORE_BUSY.into()
        }
    }
}

/// The live binding of whoever opened the page (TI-10: every account is looked up in it).
pub(crate) async fn bound(app: &Arc<App>, by: &Customer) -> Result<Arc<Bound>> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (follower, behind) = (by.follower, app.behind.clone());
    let found = app
        .db
        .read(Scope::Tenant(by.tenant), move |tx| {
            followers::store::by_id(tx, follower)?.map(|f| f.open(&keys, &behind)).transpose()
        })
        .await?;
    let standing = found.ok_or_else(|| Error::from(NO_SESSION))?;
    let bound = standing.bound.ok_or_else(|| Error::from(NOT_BOUND))?;
    if !bound.is_agreed {
        return CONSENT_RENEW.into();
    }
    Ok(bound)
}

/// Accounts of the binding, each with what it holds now.
#[utoipa::path(get, path = "/accounts", operation_id = "accounts",
    responses((status = 200, body = Accounts), (status = "default", body = ProblemBody)))]
pub async fn list(State(app): State<Arc<App>>, by: Customer) -> Result<Response, Problem> {
    let bound = bound(&app, &by).await?;
    let ctx = core_ctx(&app, by.tenant, by.follower.raw());
    let asked = bound.accounts.iter().map(|own| async {
        let balance = app.core.balance(&ctx, &AccountRef::new(&own.number)).await;
        balance.map(|b| Account::of(own, &b))
    });
    let items = futures_util::future::try_join_all(asked).await.map_err(of_core)?;
    Ok(web::json(&Accounts { items }))
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct Ask {
    /// An account's `id`; the first one when empty.
    account: String,
    /// `YYYY-MM`, one of `months`; this month when empty.
    month: String,
    #[param(value_type = AskedFlow)]
    flow: String,
    /// Words or an exact amount that must occur.
    q: String,
    /// `next` of the page before.
    cursor: String,
}

/// A month of one account, a page at a time.
#[utoipa::path(get, path = "/statement", operation_id = "statement", params(Ask),
    responses((status = 200, body = Statement), (status = "default", body = ProblemBody)))]
pub async fn statement(
    State(app): State<Arc<App>>,
    by: Customer,
    Asked(ask): Asked<Ask>,
) -> Result<Response, Problem> {
    let bound = bound(&app, &by).await?;
    let own = if ask.account.is_empty() {
        bound.accounts.first()
    } else {
        bound.accounts.iter().find(|a| a.id == ask.account)
    };
    let own = own.ok_or_else(|| Error::from(NO_ACCOUNT))?;
    let today = Day::at(app.clock().now());
    let (from, to) = month(&ask.month, today).ok_or_else(|| Error::from(BAD_RANGE))?;
    let flow = match ask.flow.as_str() {
        "in" => Flow::In,
        "out" => Flow::Out,
        _ => Flow::All,
    };
    let q: String = ask.q.trim().chars().take(SEARCH_CHARS_MAX).collect();
    let range = StatementRange {
        account: AccountRef::new(&own.number),
        from,
        to,
        flow,
        q: (!q.is_empty()).then_some(q),
    };
    let ctx = core_ctx(&app, by.tenant, by.follower.raw());
    let totals = app.core.totals(&ctx, &range).await.map_err(of_core)?;
    let cursor = (!ask.cursor.is_empty()).then(|| ask.cursor.clone());
    let page = StatementQuery { range, cursor, limit: LINES_A_PAGE };
    let page = app.core.transactions(&ctx, &page).await.map_err(of_core)?;
    let can_ask = |a: &&BoundAccount| matches!(a.kind.as_str(), "debit" | "passbook" | "credit");
    Ok(web::json(&Statement {
        account: AccountName::of(own),
        accounts: bound.accounts.iter().filter(can_ask).map(AccountName::of).collect(),
        items: page.lines.iter().map(Entry::from).collect(),
        totals: Totals {
            inflow: totals.inflow,
            outflow: totals.outflow,
            count: totals.in_count + totals.out_count,
        },
        next: page.next,
        as_of: page.as_of,
        months: months(today),
    }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EntryDoubt)]
pub struct Doubt {
    /// An account's `id`.
    account: String,
    /// An entry's `id`.
    entry: String,
}

/// The customer does not know an entry: a person at the bank looks into it. Said twice it is one case.
#[utoipa::path(post, path = "/statement/doubt", operation_id = "doubt_entry", request_body = Doubt,
    responses((status = 200, body = Doubted), (status = "default", body = ProblemBody)))]
pub async fn doubt_entry(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(asked): Sent<Doubt>,
) -> Result<Response, Problem> {
    let bound = bound(&app, &by).await?;
    let own = bound.accounts.iter().find(|a| a.id == asked.account);
    let own = own.ok_or_else(|| Error::from(NO_ACCOUNT))?;
    let who = (by.tenant, by.follower);
    match doubt::doubt(&app, who, own, &LineId::new(asked.entry)).await? {
        Ok(told) => Ok(web::json(&Doubted { what: told.what, case: told.case })),
        Err(e) if doubt::is_missing(&e) => Err(NO_ENTRY.into()),
        Err(e) => Err(of_core(e).into()),
    }
}

/// First and last day of `YYYY-MM`, this month when empty; `None` outside the months offered.
fn month(text: &str, today: Day) -> Option<(Day, Day)> {
    let first = if text.is_empty() {
        today.first_of_month()
    } else {
        format!("{text}-01").parse::<Day>().ok()?
    };
    let oldest = today.first_of_month().plus_months(1 - MONTHS);
    (first >= oldest && first <= today).then(|| (first, first.last_of_month().min(today)))
}

fn months(today: Day) -> Vec<String> {
    (0..MONTHS)
        .map(|n| today.first_of_month().plus_months(-n).to_string()[..7].to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_of_months_is_offered_and_no_other_can_be_asked() {
        let today: Day = "2026-11-23".parse().unwrap();
        assert_eq!(months(today).len(), 13);
        assert_eq!(months(today)[12], "2025-11");
        let (from, to) = month("2026-10", today).unwrap();
        assert_eq!((from.to_string(), to.to_string()), ("2026-10-01".into(), "2026-10-31".into()));
        assert_eq!(month("", today).unwrap().1, today);
        for bad in ["2025-10", "2026-12", "2026-13", "x", "2026-1"] {
            assert_eq!(month(bad, today), None, "{bad}");
        }
    }
}
