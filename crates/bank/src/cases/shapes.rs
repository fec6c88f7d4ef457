//! What the form page and the progress page are told, as JSON has it.

use super::answers::Given;
use super::days::{day_words, within_words};
use super::fill::Opened;
use super::kinds::{Choice, Field, FieldKind, Form, Proof, When};
use super::{Case, State, Told, words};
use base::Time;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A form with what is known already.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Form)]
pub struct FormShown {
    pub kind: String,
    pub title: String,
    pub intro: String,
    /// Who decides.
    pub by: String,
    /// 3个工作日
    pub within: String,
    pub bring: Vec<String>,
    pub steps: Vec<FormStep>,
    /// Texts agreed to at the end, each by itself; those agreed to before are left out.
    pub consents: Vec<FormConsent>,
    /// A code confirms the submission.
    pub code: bool,
    /// Null until the first answer is kept.
    #[schema(required)]
    pub draft: Option<Draft>,
    /// It was handed in and is not the customer's turn: see the cases instead.
    pub handed_in: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FormStep {
    pub title: String,
    pub words: String,
    pub fields: Vec<FormField>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FormField {
    pub name: String,
    pub kind: FieldKind,
    pub label: String,
    pub help: String,
    pub required: bool,
    /// Characters of a text; 0 where it does not matter.
    pub max_chars: i64,
    /// Photographs at most; 0 for every other kind.
    pub max_pictures: i64,
    pub unit: String,
    pub options: Vec<Choice>,
    /// Asked only when another answer is one of these.
    #[schema(required)]
    pub when: Option<When>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FormConsent {
    pub id: String,
    pub version: String,
    pub title: String,
    pub text: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Draft {
    /// Steps that are done.
    pub at_step: i64,
    pub answers: BTreeMap<String, String>,
    /// The same as a person reads it.
    pub shown: BTreeMap<String, String>,
    pub saved_at_ms: i64,
    /// A draft is kept until then; null for one that was handed in before.
    #[schema(required)]
    pub ends_at_ms: Option<i64>,
    /// What more an officer asks for; empty for nothing.
    pub asked: String,
}

/// How saving one step ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormSaved {
    pub at_step: i64,
    pub saved_at_ms: i64,
    pub shown: BTreeMap<String, String>,
}

/// The photos of one question, by name, in the order they came.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormPictures {
    pub pictures: Vec<String>,
    pub saved_at_ms: i64,
}

impl FormField {
    fn of(field: &Field, opened: &Opened) -> Self {
        let text = matches!(field.kind, FieldKind::Text | FieldKind::Long);
        Self {
            name: field.name.clone(),
            kind: field.kind,
            label: field.label.clone(),
            help: field.help.clone(),
            required: field.required,
            max_chars: field.max.filter(|_| text).unwrap_or(0),
            max_pictures: field.max.filter(|_| field.kind == FieldKind::Photo).unwrap_or(0),
            unit: field.unit.clone(),
            options: opened.offers.of(field),
            when: field.when.clone(),
        }
    }
}

impl Draft {
    fn of(form: &Form, case: &Case, asked: &str) -> Self {
        Self {
            at_step: case.at_step,
            answers: case.answers.given.clone(),
            shown: case.answers.shown.clone(),
            saved_at_ms: case.saved_at.ms(),
            ends_at_ms: (case.state == State::Draft).then(|| case.ends_at(form).ms()),
            asked: asked.to_owned(),
        }
    }
}

impl FormShown {
    pub fn of(opened: &Opened) -> Self {
        let form = opened.form;
        let case = opened.case.as_ref();
        let agreed = |id: &String| case.and_then(|c| c.answers.agreed.get(id));
        let asked_for = form.consent.iter().filter(|c| agreed(&c.id) != Some(&c.version));
        let step = |s: &super::kinds::Step| FormStep {
            title: s.title.clone(),
            words: s.words.clone(),
            fields: s.field.iter().map(|f| FormField::of(f, opened)).collect(),
        };
        Self {
            kind: form.id.clone(),
            title: form.title.clone(),
            intro: form.intro.clone(),
            by: form.by.clone(),
            within: within_words(form.within),
            bring: form.bring.clone(),
            steps: form.step.iter().map(step).collect(),
            consents: asked_for
                .map(|c| FormConsent {
                    id: c.id.clone(),
                    version: c.version.clone(),
                    title: c.title.clone(),
                    text: c.text.trim().to_owned(),
                })
                .collect(),
            code: form.proof == Proof::Otp,
            draft: case.filter(|c| c.is_writable()).map(|c| Draft::of(form, c, &opened.note)),
            handed_in: case.is_some_and(|c| !c.is_writable()),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Cases {
    /// Newest first.
    pub items: Vec<CaseShown>,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    Draft,
    Submitted,
    Accepted,
    NeedMore,
    Approved,
    Declined,
    Withdrawn,
    Expired,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Case)]
pub struct CaseShown {
    pub id: String,
    pub kind: String,
    pub title: String,
    /// As it is read out; null for a draft.
    #[schema(required)]
    pub number: Option<String>,
    pub state: CaseState,
    /// 正在办
    pub state_name: String,
    /// How it stands, in a sentence or two.
    pub words: String,
    pub by: String,
    /// 11月25日; null when nothing is promised any more.
    #[schema(required)]
    pub due: Option<String>,
    pub bring: Vec<String>,
    pub answers: Vec<CaseAnswer>,
    /// Oldest first.
    pub events: Vec<CaseEvent>,
    /// Nothing more will happen.
    pub over: bool,
    pub can_fill: bool,
    pub can_withdraw: bool,
    pub can_urge: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CaseAnswer {
    pub label: String,
    pub value: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CaseEvent {
    pub name: String,
    pub words: String,
    pub at_ms: i64,
}

/// Questions with their answers as a person reads them, in the order of the form.
pub fn answered(form: &Form, shown: &Given) -> Vec<(String, String)> {
    let pairs = form.fields().filter_map(|f| Some((f.label.clone(), shown.get(&f.name)?.clone())));
    pairs.collect()
}

impl CaseShown {
    pub fn of(told: &Told, now: Time) -> Self {
        let Told { case, form, events } = told;
        let waits = matches!(case.state, State::Submitted | State::Accepted);
        let due = case.due_at.filter(|_| waits).map(day_words);
        let event = |e: &super::Happened| {
            let (name, words) = words::happened(form, e);
            CaseEvent { name, words, at_ms: e.at.ms() }
        };
        Self {
            id: case.id.to_string(),
            kind: case.kind.clone(),
            title: form.title.clone(),
            number: case.number.as_deref().map(words::number),
            state: state(case.state),
            state_name: words::state(form, case),
            words: words::standing(form, case, &words::last_said(form, events), now),
            by: form.by.clone(),
            due,
            bring: if case.is_over() { vec![] } else { form.bring.clone() },
            answers: answered(form, &case.answers.shown)
                .into_iter()
                .map(|(label, value)| CaseAnswer { label, value })
                .collect(),
            events: events.iter().map(event).collect(),
            over: case.is_over(),
            can_fill: case.is_writable() && !form.many,
            can_withdraw: case.state.next(super::Event::Withdraw).is_some(),
            can_urge: waits
                && !form.lapses
                && case.urged_at.is_none_or(|at| now.since(at) >= super::URGE_MS),
        }
    }
}

const fn state(state: State) -> CaseState {
    match state {
        State::Draft => CaseState::Draft,
        State::Submitted => CaseState::Submitted,
        State::Accepted => CaseState::Accepted,
        State::NeedMore => CaseState::NeedMore,
        State::Approved => CaseState::Approved,
        State::Declined => CaseState::Declined,
        State::Withdrawn => CaseState::Withdrawn,
        State::Expired => CaseState::Expired,
    }
}
