//! Filling in a form: opened, saved per step, proved by a code where the form wants it, handed in once.

use super::answers::{self, Answers, Given, Offers, Wrong};
use super::kinds::{self, Audience, Field, FieldKind, Form, Proof};
use super::store;
use super::{
    Applicant, Case, CaseId, Event, MOVED, NO_CASE, NO_FORM, NO_LINES, NO_MOBILE, OPEN, PURPOSE,
    State, again, applicant, hand_in, may_begin, open_case, opened, pictures, refuse_early, words,
};
use crate::accounts::http::of_core;
use crate::app::App;
use crate::audit::{self, Actor};
use crate::binding::{CONSENT_MISSING, Consent, NOT_BOUND, otp};
use crate::followers::FollowerId;
use crate::sessions::{self, Customer};
use crate::vault::TenantKeys;
use crate::verbs::core_ctx;
use base::Result;
use corebank::{CoreError, CustNo, Reject};
use db::{Scope, Tx};
use std::sync::Arc;

/// What a form page opens with: the draft or what is asked for anew, if there is one.
#[derive(Debug)]
pub struct Opened {
    pub form: &'static Form,
    pub offers: Offers,
    pub case: Option<Case>,
    /// What an officer wrote when asking for more.
    pub note: String,
}

/// The form of a kind that is filled in on a page.
pub(super) fn paper(kind: &str) -> Result<&'static Form> {
    kinds::of(kind)?
        .filter(|f| !f.step.is_empty() && !f.many && !f.filed)
        .ok_or_else(|| NO_FORM.into())
}

/// Opens a form. Nothing is written: a draft begins with the first answer.
pub async fn open(app: &Arc<App>, by: &Customer, kind: &str) -> Result<Opened> {
    let form = paper(kind)?;
    let who = applicant(app, by, form).await?;
    let case = standing(app, by, &who, form).await?;
    let note = match &case {
        Some(case) if case.state == State::NeedMore => asked(app, by, case, form).await?,
        _ => String::new(),
    };
    Ok(Opened { form, offers: who.offers, case, note })
}

/// The open case of this form; without one, whether one may begin.
pub(super) async fn standing(
    app: &Arc<App>,
    by: &Customer,
    who: &Applicant,
    form: &'static Form,
) -> Result<Option<Case>> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let whose = who.whose.clone();
    let unit = move |tx: &Tx<'_>| Ok((opened(tx, &keys, &whose)?, tx.now()));
    let (cases, now) = app.db.read(Scope::Tenant(by.tenant), unit).await?;
    let case = open_case(&cases, &form.id).cloned();
    if case.is_none() {
        refuse_early(&cases, form, now)?;
        may_begin(app, by.tenant, by.follower, who.bound.as_deref(), form).await?;
        let asks_for_a_line = |f: &Field| f.kind == FieldKind::Line && f.required;
        if form.fields().any(|f| asks_for_a_line(f) && who.offers.of(f).is_empty()) {
            return NO_LINES.into();
        }
    }
    Ok(case)
}

async fn asked(app: &Arc<App>, by: &Customer, case: &Case, form: &'static Form) -> Result<String> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let id = case.id;
    let unit = move |tx: &Tx<'_>| store::events(tx, &keys, id);
    let events = app.db.read(Scope::Tenant(by.tenant), unit).await?;
    let last = events.iter().rev().find(|e| e.event == Event::AskMore.word());
    Ok(last.map_or_else(String::new, |e| words::why(form, &e.reason, &e.note)))
}

/// One step as a page sends it. `done`: the customer goes on, so the answers must fit.
pub struct Sending {
    pub kind: String,
    pub step: usize,
    pub given: Given,
    pub done: bool,
}

base::unprinted!(Sending);

/// What saving came to. What does not fit is kept as well: the customer corrects it, here or on another phone.
#[derive(Debug)]
pub enum Saved {
    Kept(Box<Case>),
    Wrong(Wrong),
}

/// Keeps the answers of one step, in a draft that begins with the first of them.
pub async fn save(app: &Arc<App>, by: &Customer, sent: Sending) -> Result<Saved> {
    let form = paper(&sent.kind)?;
    let step = form.step.get(sent.step).ok_or(NO_FORM)?;
    let who = applicant(app, by, form).await?;
    standing(app, by, &who, form).await?;
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let follower = by.follower;
    let unit = move |tx: &Tx<'_>| {
        let mut case = writable(tx, &keys, &who, follower, form)?;
        if answers::keep(form, step, &mut case.answers, &sent.given) {
            // What was read over before is not what stands there now: the customer comes by again.
            case.at_step = case.at_step.min(i64::try_from(sent.step).unwrap_or(0));
        }
        let mut wrong = Wrong::new();
        if sent.done {
            wrong = answers::judge(step.field.iter(), &mut case.answers, &who.offers);
            if wrong.is_empty() {
                case.at_step = case.at_step.max(i64::try_from(sent.step + 1).unwrap_or(0));
            }
        }
        if !store::save(tx, &keys, &case)? {
            return MOVED.into();
        }
        match wrong.is_empty() {
            true => Ok(Saved::Kept(Box::new(again(tx, &keys, case.id)?))),
            false => Ok(Saved::Wrong(wrong)),
        }
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await
}

/// The case that is written on, begun where there is none.
pub(super) fn writable(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    who: &Applicant,
    follower: FollowerId,
    form: &Form,
) -> Result<Case> {
    match open_case(&opened(tx, keys, &who.whose)?, &form.id) {
        Some(case) if case.is_writable() => Ok(case.clone()),
        Some(_) => OPEN.into(),
        None => begin(tx, keys, follower, form),
    }
}

fn begin(tx: &Tx<'_>, keys: &TenantKeys, follower: FollowerId, form: &Form) -> Result<Case> {
    let binding = match form.audience {
        Audience::Bound => Some(store::binding(tx, follower)?.ok_or(NOT_BOUND)?),
        Audience::Anyone => None,
    };
    // What has run out stands in the way until the sweep comes by.
    store::run_out(tx, follower, form)?;
    let key = (form.id.as_str(), Some(form.id.as_str()));
    let id = store::add(tx, keys, (follower, binding), key, &Answers::default())?.ok_or(OPEN)?;
    store::tell(tx, keys, id, "begin", (State::Draft, 0), ("", ""))?;
    let actor = Actor::Follower(follower.raw());
    audit::note(tx, actor, "case.begin", &id.to_string(), "done", &form.id)?;
    again(tx, keys, id)
}

/// A code confirms these very answers: any change afterwards wants another one (CA-04).
fn intent(case: &Case) -> Vec<u8> {
    sessions::hash(&format!("case:{}:{}", case.id, case.version))
}

/// Sends the code that confirms the submission to the number the bank has on file.
pub async fn send_code(
    app: &Arc<App>,
    by: &Customer,
    kind: &str,
    wish: otp::Wish,
) -> Result<otp::Issued> {
    let form = paper(kind)?;
    let who = applicant(app, by, form).await?;
    let Some(bound) = who.bound.clone().filter(|_| form.proof == Proof::Otp) else {
        return NO_FORM.into();
    };
    let case = standing(app, by, &who, form).await?.ok_or(NO_CASE)?;
    if !case.is_writable() {
        return OPEN.into();
    }
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let number = match app.core.otp_target(&ctx, &CustNo::new(&bound.customer)).await {
        Ok(number) => number,
        Err(CoreError::Rejected(Reject::NotFound)) => return NO_MOBILE.into(),
        Err(e) => return Err(of_core(e)),
    };
    let (intent, what_for) = (intent(&case), form.what_for.as_str());
    otp::send(
        app,
        by,
        otp::Sending { number, purpose: PURPOSE, intent, what_for: what_for.into(), wish },
    )
    .await
}

/// What handing in came to.
#[derive(Debug)]
pub enum Submitted {
    Case(CaseId),
    Wrong(Wrong),
    Code(otp::Verdict),
}

/// Hands a form in. The second tap finds the case of the first; a code that was wrong is counted.
pub async fn submit(
    app: &Arc<App>,
    by: &Customer,
    kind: &str,
    consents: Vec<Consent>,
    code: String,
) -> Result<Submitted> {
    let form = paper(kind)?;
    let who = applicant(app, by, form).await?;
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let follower = by.follower;
    let unit = move |tx: &Tx<'_>| {
        let found = open_case(&opened(tx, &keys, &who.whose)?, &form.id).cloned();
        let mut case = found.ok_or(NO_CASE)?;
        if !case.is_writable() {
            return Ok(Submitted::Case(case.id));
        }
        let wrong = answers::judge(form.fields(), &mut case.answers, &who.offers);
        if !wrong.is_empty() {
            return Ok(Submitted::Wrong(wrong));
        }
        agree(tx, follower, form, &mut case, &consents)?;
        if form.proof == Proof::Otp {
            let verdict = otp::check(tx, &keys, follower, PURPOSE, &intent(&case), code.trim())?;
            if verdict != otp::Verdict::Right {
                let (actor, id) = (Actor::Follower(follower.raw()), case.id.to_string());
                audit::note(tx, actor, "case.submit", &id, "refused", "otp")?;
                return Ok(Submitted::Code(verdict));
            }
        }
        if !store::save(tx, &keys, &case)? {
            return MOVED.into();
        }
        pictures::keep_answers_only(tx, &case)?;
        let case = again(tx, &keys, case.id)?;
        hand_in(tx, &keys, &case, form)?;
        Ok(Submitted::Case(case.id))
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await
}

/// Each text of the form is agreed to by itself; what was agreed to before is not asked for again.
fn agree(
    tx: &Tx<'_>,
    follower: FollowerId,
    form: &Form,
    case: &mut Case,
    given: &[Consent],
) -> Result<()> {
    for text in &form.consent {
        if case.answers.agreed.get(&text.id) == Some(&text.version) {
            continue;
        }
        if !given.iter().any(|c| c.id == text.id && c.version == text.version) {
            return CONSENT_MISSING.into();
        }
        store::consent(tx, follower, (&text.id, &text.version), &text.text_hash())?;
        case.answers.agreed.insert(text.id.clone(), text.version.clone());
    }
    Ok(())
}
