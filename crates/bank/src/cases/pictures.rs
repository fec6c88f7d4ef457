//! Photographs as answers of a form: added one by one, seen again by whoever took them and by the officer, gone with the draft.
//!
//! What a picture shows is not read here; a person looks at it. An answer is the names of its pictures; no page writes it as
//! text. Not for: photos that fill in a form by themselves (`binding::photo`).

#[cfg(test)]
mod tests;

use super::kinds::{Field, FieldKind};
use super::{Case, CaseId, MOVED, NO_CASE, again, anyone, applicant, fill, open_case, opened};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::binding::limits::{self, Window};
use crate::binding::photo::{self, Unfit};
use crate::ocr::Picture;
use crate::sessions::Customer;
use crate::staff::Staff;
use crate::vault::{Place, TenantKeys};
use base::{Id, Named, Refusal, Result};
use db::{Scope, Tx, params};
use std::sync::Arc;

pub const NO_PICTURE: Refusal = Refusal::missing("case.no_picture", "没有这张照片");
pub const SIZE: Refusal = Refusal::invalid("case.picture_size", "照片太大了，请重拍一张");
pub const TYPE: Refusal = Refusal::invalid("case.picture_type", "这不是照片，请直接拍照");
pub const ENOUGH: Refusal = Refusal::conflict("case.pictures", "照片够了，不要的先删掉");
pub const TOO_MANY: Refusal = Refusal::too_many("case.pictures_hour", "传得太多了，过一个小时再传");

/// Photos of one question.
pub const OF_A_FIELD_MAX: i64 = 6;
/// Photos of one follower in an hour; three times what the longest form asks for.
const PER_HOUR: Window = Window { kind: "case.picture", ms: 3_600_000, max: 40 };
const SEALED: &str = "case_picture.picture";

#[derive(Debug)]
pub enum PictureRow {}
impl Named for PictureRow {
    const PREFIX: &'static str = "pic";
}
pub type PictureId = Id<PictureRow>;

/// The names of the pictures an answer is.
pub fn named(answer: Option<&String>) -> Vec<PictureId> {
    answer.iter().flat_map(|a| a.split(',')).filter_map(|one| one.parse().ok()).collect()
}

fn answer(ids: &[PictureId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// A picture for one question of a form, as base64.
pub struct Adding {
    pub kind: String,
    pub field: String,
    pub picture: String,
}

base::unprinted!(Adding);

/// Where a question stands on its form.
fn asked(kind: &str, name: &str) -> Result<(usize, &'static Field)> {
    let steps = fill::paper(kind)?.step.iter().enumerate();
    let mut all = steps.flat_map(|(at, s)| s.field.iter().map(move |f| (at, f)));
    let found = all.find(|(_, f)| f.name == name && f.kind == FieldKind::Photo);
    found.ok_or_else(|| super::NO_FORM.into())
}

/// Keeps one more picture; a draft begins with it where there is none.
pub async fn add(app: &Arc<App>, by: &Customer, sent: Adding) -> Result<Case> {
    let form = fill::paper(&sent.kind)?;
    let (step, field) = asked(&sent.kind, &sent.field)?;
    let picture = photo::picture_of(&sent.picture).map_err(|unfit| match unfit {
        Unfit::Size => SIZE,
        Unfit::Type => TYPE,
    })?;
    let who = applicant(app, by, form).await?;
    fill::standing(app, by, &who, form).await?;
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let follower = by.follower;
    let unit = move |tx: &Tx<'_>| {
        let mut case = fill::writable(tx, &keys, &who, follower, form)?;
        let mut ids = named(case.answers.given.get(&field.name));
        let max = field.max.unwrap_or(1);
        if i64::try_from(ids.len()).unwrap_or(max) >= max {
            return ENOUGH.into();
        }
        let subject = keys.blind("follower", &follower.to_string());
        if !limits::count(tx, &subject, PER_HOUR)? {
            return TOO_MANY.into();
        }
        ids.push(put(tx, &keys, case.id, &field.name, &picture)?);
        change(tx, &keys, &mut case, step, field, &ids)?;
        again(tx, &keys, case.id)
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await
}

/// Takes a picture back; one that is not there any more is no mistake.
pub async fn remove(
    app: &Arc<App>,
    by: &Customer,
    kind: &str,
    name: &str,
    picture: PictureId,
) -> Result<Case> {
    let form = fill::paper(kind)?;
    let (step, field) = asked(kind, name)?;
    let who = applicant(app, by, form).await?;
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let unit = move |tx: &Tx<'_>| {
        let found = open_case(&opened(tx, &keys, &who.whose)?, &form.id).cloned();
        let mut case = found.filter(Case::is_writable).ok_or(NO_CASE)?;
        let mut ids = named(case.answers.given.get(&field.name));
        ids.retain(|id| *id != picture);
        tx.exec(
            "DELETE FROM case_picture WHERE tenant_id = $1 AND id = $2 AND case_id = $3 AND field = $4",
            params![tx.tenant(), picture, case.id, field.name.as_str()],
        )?;
        change(tx, &keys, &mut case, step, field, &ids)?;
        again(tx, &keys, case.id)
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await
}

/// Writes the answer, as [`super::answers::keep`] does for what is typed.
fn change(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    case: &mut Case,
    step: usize,
    field: &Field,
    ids: &[PictureId],
) -> Result<()> {
    case.answers.shown.remove(&field.name);
    match ids.is_empty() {
        true => case.answers.given.remove(&field.name),
        false => case.answers.given.insert(field.name.clone(), answer(ids)),
    };
    case.at_step = case.at_step.min(i64::try_from(step).unwrap_or(0));
    if super::store::save(tx, keys, case)? { Ok(()) } else { MOVED.into() }
}

/// One picture of the customer's own cases.
pub async fn own(app: &Arc<App>, by: &Customer, id: PictureId) -> Result<Picture> {
    let who = anyone(app, by).await?;
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let unit = move |tx: &Tx<'_>| {
        let cases = opened(tx, &keys, &who.whose)?;
        let (case, picture) = get(tx, &keys, id)?;
        match cases.iter().any(|c| c.id == case && !c.answers.given.is_empty()) {
            true => Ok(picture),
            false => NO_PICTURE.into(),
        }
    };
    app.db.read(Scope::Tenant(by.tenant), unit).await
}

/// One picture of a case, for a member of staff of its bank; every look leaves an audit row.
pub async fn for_staff(app: &Arc<App>, by: &Staff, case: CaseId, id: PictureId) -> Result<Picture> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let staff = Actor::Staff(by.id.raw());
    let unit = move |tx: &Tx<'_>| {
        let known = super::store::by_id(tx, case)?.ok_or(NO_CASE)?.open(&keys)?;
        let (of, picture) = get(tx, &keys, id)?;
        if of != case || known.state == super::State::Draft {
            return NO_PICTURE.into();
        }
        audit::note(tx, staff, "case.picture", &case.to_string(), "done", &known.kind)?;
        Ok(picture)
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await
}

fn put(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    case: CaseId,
    field: &str,
    picture: &Picture,
) -> Result<PictureId> {
    let id: PictureId = tx.new_id();
    let sealed = keys.seal(Place::new(SEALED, id.raw()), &picture.bytes)?;
    tx.exec(
        "INSERT INTO case_picture (tenant_id, id, case_id, field, mime, picture_sealed, at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![tx.tenant(), id, case, field, picture.mime, sealed, tx.now()],
    )?;
    Ok(id)
}

fn get(tx: &Tx<'_>, keys: &TenantKeys, id: PictureId) -> Result<(CaseId, Picture)> {
    let row: Option<(CaseId, String, Vec<u8>)> = tx.opt(
        "SELECT case_id, mime, picture_sealed FROM case_picture WHERE tenant_id = $1 AND id = $2",
        params![tx.tenant(), id],
    )?;
    let (case, mime, sealed) = row.ok_or(NO_PICTURE)?;
    let bytes = keys.open(Place::new(SEALED, id.raw()), &sealed)?;
    let mime = if mime == "image/png" { "image/png" } else { "image/jpeg" };
    Ok((case, Picture { bytes, mime }))
}

/// What is no answer any more, because its question does not stand, goes when the form is handed in.
pub(super) fn keep_answers_only(tx: &Tx<'_>, case: &Case) -> Result<()> {
    let form = case.form()?;
    let fields = form.fields().filter(|f| f.kind == FieldKind::Photo);
    let kept: Vec<PictureId> =
        fields.flat_map(|f| named(case.answers.given.get(&f.name))).collect();
    let all: Vec<(PictureId,)> = tx.all(
        "SELECT id FROM case_picture WHERE tenant_id = $1 AND case_id = $2",
        params![tx.tenant(), case.id],
    )?;
    for (id,) in all.into_iter().filter(|(id,)| !kept.contains(id)) {
        tx.exec(
            "DELETE FROM case_picture WHERE tenant_id = $1 AND id = $2",
            params![tx.tenant(), id],
        )?;
    }
    Ok(())
}
