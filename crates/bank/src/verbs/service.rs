//! The binding and the home bank, leaving word, and questions kept for later.

use super::Doing::{Act, Look, Read};
use super::{Reading, Row, Told, Verb, again, count, done, reads, refused, row, text};
use crate::audit::{self, Actor};
use crate::binding;
use crate::guard::FROZEN;
use crate::inbound::store::{self, Recording};
use crate::jobs::Job;
use crate::manner::{self, Manner};
use crate::vault::Place;
use base::{Error, Id, Result};
use db::{Tx, params};
use dialogue::{Call, Outcome, Value};

/// Messages one follower may leave in a day.
pub(super) const MESSAGES_PER_DAY: binding::limits::Window =
    binding::limits::Window { kind: "message.day", ms: base::DAY_MS, max: 10 };

pub(super) const VERBS: &[Verb] = &[
    (
        "bank.bindings",
        Read(|r, _| {
            Box::pin(async {
                let seen = store::last_visit(r.app, r.standing).await?;
                Ok(r.bindings(seen.unwrap_or(r.bound.since)).await)
            })
        }),
    ),
    ("bank.unbind", Act(|tx, turn, _| unbind(tx, turn))),
    ("bank.leave_message", Act(leave_message)),
    ("bank.set_elder", Act(set_elder)),
    ("bank.set_reading", Act(set_reading)),
    (
        "bank.identity",
        Look(|app, standing, _| {
            let told = identity(standing.bound.is_some(), app.face.is_configured());
            Box::pin(async { Ok(Ok(told)) })
        }),
    ),
    ("bank.choose_institution", Act(choose_institution)),
    ("bank.ask_later", Act(ask_later)),
];

impl Reading<'_> {
    /// `seen`: when the customer was here before this visit.
    async fn bindings(&self, seen: base::Time) -> Told {
        let customer = self.customer();
        let profile = self.app.core.customer(&self.ctx(), &customer).await?;
        let rows: Vec<Row> = self
            .bound
            .accounts
            .iter()
            .map(|a| {
                row([
                    ("label", text(&a.label)),
                    ("tail", text(&a.tail)),
                    ("at", Value::Time(self.bound.since)),
                ])
            })
            .collect();
        let count = count(rows.len());
        let mobile = profile.mobile.map(|m| m.to_string()).unwrap_or_default();
        Ok(done([
            ("rows", Value::Rows(rows)),
            ("count", count),
            ("mobile", text(mobile)),
            ("seen", Value::Time(seen)),
        ]))
    }
}

fn unbind(tx: &Tx<'_>, turn: &Recording) -> Result<Outcome> {
    let Some(bound) = &turn.standing.bound else {
        return Ok(refused("bind.missing", "您还没有绑定银行卡。"));
    };
    binding::end(tx, turn.standing.id, "customer", Actor::Follower(turn.standing.id.raw()))?;
    Ok(done([("count", count(bound.accounts.len()))]))
}

fn leave_message(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    let subject = turn.keys.blind("follower", &turn.standing.id.to_string());
    if !binding::limits::count(tx, &subject, MESSAGES_PER_DAY)? {
        return Ok(refused("message.too_many", "今天的留言已经够多了，明天再留，急事请打电话。"));
    }
    let id: Id<()> = tx.new_id();
    let body = turn.keys.seal_json(Place::new("leave_message.body", id.raw()), &call.args)?;
    let kind = call.args.get("kind").map_or("message", String::as_str);
    tx.exec(
        "INSERT INTO leave_message (tenant_id, id, follower_id, kind, body_sealed, state, at_ms) \
         VALUES ($1, $2, $3, $4, $5, 'open', $6)",
        params![tx.tenant(), id, turn.standing.id, kind, body, tx.now()],
    )?;
    audit::note(
        tx,
        Actor::Follower(turn.standing.id.raw()),
        "message.leave",
        &id.raw().to_string(),
        "done",
        kind,
    )?;
    // Six characters a person can read out: the day's sequence is enough to find it again.
    let number = format!("{:06X}", id.raw() & 0xff_ffff);
    Ok(done([("number", text(number))]))
}

fn set_elder(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    let on = call.args.get("on").is_some_and(|v| v == "true");
    tx.exec(
        "UPDATE binding SET is_elder = $1 WHERE tenant_id = $2 AND follower_id = $3 AND state = 'live'",
        params![on, tx.tenant(), turn.standing.id],
    )?;
    Ok(done([]))
}

/// Levels as the page asks for them: nobody keeps a face, so the highest lasts for the one thing it was shown for.
fn identity(is_bound: bool, has_face: bool) -> Outcome {
    let (level, can) = match is_bound {
        false => ("还没认证", "能问利率、网点和怎么办，看不了账。绑一次卡就认出是您本人。"),
        true => (
            "是2级认证（绑了卡、设了密码）",
            "能查账、锁卡、开证明；改设置输密码，要紧的再加短信验证码。",
        ),
    };
    let more = match (is_bound, has_face) {
        (false, _) => "",
        (true, true) => "3级是刷脸：重设密码、卡换到新微信时才刷，一次一刷，不存您的脸。",
        (true, false) => "本行没有开刷脸，要刷脸的事带身份证到网点办。",
    };
    done([("level", text(level)), ("can", text(can)), ("more", text(more))])
}

/// Whether and how fast pages are read aloud.
fn set_reading(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    let how = call.args.get("how").map_or("", String::as_str);
    let Some(wish) = Manner::of_word(how) else {
        return Err(Error::fault("no way of reading aloud"));
    };
    manner::set(tx, turn.standing.id, wish)?;
    let now = match (wish.reads, wish.is_slow) {
        (false, _) => "关了，页面上不再有「念给我听」。",
        (true, false) => "打开了。页面最上面有「念给我听」，点一下就念，再点就停。",
        (true, true) => "好，慢慢念。页面最上面有「念给我听」，点一下就念，再点就停。",
    };
    Ok(done([("now", text(now))]))
}

/// Keeps a question until the books are open; the errand itself finds out when that is.
fn ask_later(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    let kept = call.args.get("call").map(String::as_str).unwrap_or_default();
    // The text comes from a line we offered ourselves; typed words are no question of ours.
    if let Ok(kept) = serde_json::from_str::<Call>(kept)
        && reads(&kept.verb)
    {
        let job = Job::AskAgain { follower: turn.standing.id, call: kept, tried: 0 };
        job.enqueue(tx, tx.now().plus_ms(again::FIRST_MS))?;
    }
    Ok(done([]))
}

/// The home moves after this turn's unit, by a job: a unit works for one tenant only.
fn choose_institution(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    let registry = turn.app.registry();
    let wanted = call.args.get("institution").map(String::as_str).unwrap_or_default();
    let found = registry.institutions.values().find(|i| i.code == wanted);
    let Some(institution) = found.filter(|_| turn.message.account.is_provincial) else {
        return Ok(refused("institution.missing", "没有找到这家银行，请换个说法。"));
    };
    if turn.standing.bound.as_ref().is_some_and(|b| b.is_frozen) {
        return Ok(refused(FROZEN.code, &FROZEN.words));
    }
    let (follower, to) = (turn.standing.id, institution.tenant);
    let mut note = "";
    if to != tx.tenant() {
        // What is bound here ends with this very turn: the next question finds nothing to read.
        if binding::leave(tx, follower)? {
            note = "原来绑的账户已经解开，用卡再绑一次就能查。";
        }
        Job::MoveHome { follower, to }.enqueue(tx, tx.now())?;
    }
    Ok(done([("name", text(&institution.short)), ("note", text(note))]))
}
