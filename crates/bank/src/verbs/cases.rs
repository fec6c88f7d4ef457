//! Cases in chat: a form before it is opened, a complaint, and how each of the customer's cases stands.

use super::Doing::{Act, Look};
use super::{Told, Verb, count, declined, done, row, text};
use crate::app::App;
use crate::binding::CONSENT_RENEW;
use crate::cases::{self, Case, Happened, State, days, kinds, words};
use crate::followers::Standing;
use crate::inbound::store::Recording;
use base::{Error, Result, Time};
use db::{Scope, Tx};
use dialogue::{Call, Outcome, Value};
use std::sync::Arc;

/// Cases in one bubble.
const CASES_A_BUBBLE: usize = 5;
/// What ended longer ago is told on the page only.
const ENDED_MS: i64 = 90 * base::DAY_MS;

pub(super) const VERBS: &[Verb] = &[
    ("bank.apply", Look(|app, standing, call| Box::pin(apply(app, standing, call)))),
    ("bank.cases", Look(|app, standing, call| Box::pin(list(app, standing, call)))),
    ("bank.complain", Act(complain)),
];

type Found = (Vec<(Case, Vec<Happened>)>, Time);

/// The customer's cases with what happened to each, and the bank's clock.
async fn found(app: &Arc<App>, standing: &Arc<Standing>) -> Result<Found> {
    let keys = app.vault.tenant(&app.db, standing.tenant).await?;
    let (follower, bound) = (standing.id, standing.bound.clone());
    let unit = move |tx: &Tx<'_>| {
        let cases = cases::of_someone(tx, &keys, follower, bound.as_deref())?;
        let with = |case: Case| {
            let events = cases::events(tx, &keys, &case)?;
            Ok((case, events))
        };
        Ok((cases.into_iter().map(with).collect::<Result<Vec<_>>>()?, tx.now()))
    };
    app.db.read(Scope::Tenant(standing.tenant), unit).await
}

/// A rule that says no is an answer; a fault is not.
fn or_refused(e: Error) -> Result<Told> {
    match e {
        Error::Refused(no) => Ok(Ok(declined(&no))),
        fault @ Error::Fault(_) => Err(fault),
    }
}

async fn apply(app: &Arc<App>, standing: &Arc<Standing>, call: &Call) -> Result<Told> {
    let kind = call.args.get("kind").map(String::as_str).unwrap_or_default();
    let form = kinds::of(kind)?.ok_or_else(|| Error::fault(format!("no form {kind}")))?;
    let (cases, now) = found(app, standing).await?;
    let open = cases.iter().find(|(c, _)| c.kind == kind && !c.is_over());
    let draft = match open {
        Some((case, events)) if !matches!(case.state, State::Draft | State::NeedMore) => {
            let told = words::standing(form, case, &words::last_said(form, events), now);
            let no = cases::OPEN.say(format!("您的{}已经在办。{told}", label(case)?));
            return or_refused(no.into());
        }
        Some((case, events)) if case.state == State::NeedMore => {
            words::standing(form, case, &words::last_said(form, events), now)
        }
        Some((case, _)) => format!("上次填好 {} 步，接着填就行。", case.at_step),
        None => {
            let all: Vec<Case> = cases.into_iter().map(|(c, _)| c).collect();
            let bound = standing.bound.as_deref();
            let may = cases::refuse_early(&all, form, now);
            let may = match may {
                Ok(()) => cases::may_begin(app, standing.tenant, standing.id, bound, form).await,
                no => no,
            };
            if let Err(e) = may {
                return or_refused(e);
            }
            String::new()
        }
    };
    let bring = match form.bring.is_empty() {
        true => String::new(),
        false => format!("到时带：{}。", form.bring.join("、")),
    };
    Ok(Ok(done([
        ("intro", text(&form.intro)),
        ("draft", text(draft)),
        ("by", text(&form.by)),
        ("within", text(days::within_words(form.within))),
        ("bring", text(bring)),
    ])))
}

/// 信用卡申请 261123-0018
fn label(case: &Case) -> Result<String> {
    let title = &case.form()?.title;
    Ok(match &case.number {
        Some(number) => format!("{title} {}", words::number(number)),
        None => title.clone(),
    })
}

async fn list(app: &Arc<App>, standing: &Arc<Standing>, call: &Call) -> Result<Told> {
    if standing.bound.as_ref().is_some_and(|b| !b.is_agreed) {
        return or_refused(CONSENT_RENEW.into());
    }
    let kinds = call.args.get("kinds").map(String::as_str).unwrap_or_default();
    let wanted = |kind: &str| kinds.is_empty() || kinds.split(',').any(|k| k == kind);
    let (cases, now) = found(app, standing).await?;
    let recent = |c: &Case| {
        let long_ago = c.ended_at.is_some_and(|at| now.since(at) > ENDED_MS);
        wanted(&c.kind) && !long_ago && c.state != State::Expired
    };
    let cases: Vec<_> = cases.into_iter().filter(|(c, _)| recent(c)).collect();
    if cases.is_empty() {
        return or_refused(cases::NO_CASE.into());
    }
    let mut rows = vec![];
    for (case, events) in cases.iter().take(CASES_A_BUBBLE) {
        let form = case.form()?;
        rows.push(row([
            ("label", text(label(case)?)),
            ("state", text(words::state(form, case))),
            ("words", text(words::standing(form, case, &words::last_said(form, events), now))),
        ]));
    }
    Ok(Ok(done([("count", count(cases.len())), ("rows", Value::Rows(rows))])))
}

fn complain(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    let given = ["text", "phone"].into_iter().filter_map(|name| {
        let said = call.args.get(name).filter(|v| !v.is_empty())?;
        let said = if said == "registered" { "银行预留的手机号" } else { said };
        Some((name.to_owned(), said.to_owned()))
    });
    if !cases::may_submit(tx, &turn.keys, turn.standing.id)? {
        let no = &cases::TOO_MANY;
        return Ok(declined(no));
    }
    let case = cases::say(tx, &turn.keys, turn.standing.id, "complaint", &given.collect())?;
    let number = case.number.as_deref().map(words::number).unwrap_or_default();
    let due = case.due_at.map(days::day_words).unwrap_or_default();
    Ok(done([("number", text(number)), ("due", text(due)), ("by", text(&case.form()?.by))]))
}
