//! What to say to a message: the pure dialogue, and the reading verbs it asks for.

use super::Message;
use crate::app::App;
use crate::followers::Standing;
use crate::verbs;
use base::{Result, Time};
use dialogue::{Account as OwnAccount, Act, Call, Heard, Input, Institution, Outcome, Turn, Who};
use std::sync::Arc;
use wechat::inbound::{Event, What};

/// A turn as far as it goes without a unit of work.
#[derive(Debug)]
pub struct Thought {
    /// Its act is never a reading verb any more; a writing verb is run by the recording unit.
    pub turn: Turn,
    /// The reading verb that was run and what it came to, for the words of a late answer.
    pub asked: Option<(Call, Outcome)>,
    pub at: Time,
}

/// Runs the dialogue and, when it asks, one reading verb against the core.
pub(crate) async fn think(
    app: &Arc<App>,
    message: &Message,
    standing: &Arc<Standing>,
) -> Result<Thought> {
    let at = app.clock().now();
    let heard = heard(app, message, standing, at);
    let turn = dialogue::step(&app.book, &standing.seat, &heard);
    answer(app, standing, turn, &heard, at).await
}

/// The same for a turn that was begun elsewhere (after binding).
pub(crate) async fn answer(
    app: &Arc<App>,
    standing: &Arc<Standing>,
    turn: Turn,
    heard: &Heard<'_>,
    at: Time,
) -> Result<Thought> {
    let Act::Do(call) = &turn.act else {
        return Ok(Thought { turn, asked: None, at });
    };
    if !verbs::reads(&call.verb) {
        return Ok(Thought { turn, asked: None, at });
    }
    let call = call.clone();
    let outcome = verbs::ask(app, standing, &call).await?;
    let (redact, item) = (turn.redact, turn.item.clone());
    let mut resumed = dialogue::resume(&app.book, &turn.seat, &call, &outcome, heard);
    resumed.redact |= redact;
    resumed.item = resumed.item.or(item);
    Ok(Thought { turn: resumed, asked: Some((call, outcome)), at })
}

/// The message in the dialogue's words, with the facts the bank knows of the follower.
pub(crate) fn heard<'m>(
    app: &App,
    message: &'m Message,
    standing: &Standing,
    now: Time,
) -> Heard<'m> {
    Heard {
        input: input(&message.heard.what),
        who: who(app, message.account.as_ref(), standing),
        now,
    }
}

/// The facts the bank knows of a follower.
pub(crate) fn who(app: &App, account: &crate::tenants::Account, standing: &Standing) -> Who {
    let registry = app.registry();
    let shown = |i: &Arc<crate::tenants::Institution>| Institution {
        id: i.code.clone(),
        name: i.name.clone(),
        short: i.short.clone(),
    };
    let home = registry.institution(standing.tenant);
    let institutions = if account.is_provincial {
        let mut all: Vec<_> =
            registry.institutions.values().filter(|i| i.tenant != crate::tenants::UNION).collect();
        all.sort_by_key(|i| i.tenant);
        all.into_iter().map(shown).collect()
    } else {
        vec![]
    };
    Who {
        bound: standing.bound.is_some(),
        accounts: standing.bound.as_ref().map_or_else(Vec::new, |b| everyday(&b.accounts)),
        institution: home.filter(|i| i.tenant != crate::tenants::UNION).map(shown),
        institutions,
        account_name: account.name.clone(),
        elder: standing.bound.as_ref().is_some_and(|b| b.is_elder),
        // People serve from the desk, which this release does not have: messages are taken instead.
        hours_open: false,
        hours: "每天8:30—17:30".into(),
        phone: home.map(|i| i.phone.clone()).unwrap_or_default(),
        can_link: account.can_log_in(),
    }
}

/// Accounts one asks a balance or statement of; loans and time deposits are in the list of all accounts.
fn everyday(all: &[crate::followers::BoundAccount]) -> Vec<OwnAccount> {
    all.iter().filter(|a| matches!(a.kind.as_str(), "debit" | "passbook")).map(own).collect()
}

fn own(a: &crate::followers::BoundAccount) -> OwnAccount {
    let word = if a.kind == "passbook" { "存折" } else { "卡" };
    OwnAccount { id: a.id.clone(), label: a.label.clone(), tail: a.tail.clone(), word: word.into() }
}

fn input(what: &What) -> Input<'_> {
    match what {
        What::Text { content, menu_id } => {
            Input::Text { text: content, menu_id: menu_id.as_deref() }
        }
        What::Voice { recognition, .. } => Input::Voice { recognised: recognition.as_deref() },
        What::Image { .. } => Input::Picture,
        What::Location(place) => {
            let (lat_e6, lon_e6) = place.micro_degrees().unwrap_or_default();
            Input::Location { lat_e6, lon_e6, label: &place.label }
        }
        What::Video { .. } | What::ShortVideo { .. } | What::Link { .. } | What::Unknown { .. } => {
            Input::OtherMedia
        }
        What::Event(event) => match event {
            Event::Subscribe { scene, .. } => Input::Followed { scene: scene.as_deref() },
            Event::Unsubscribe => Input::Unfollowed,
            Event::Scan { scene, .. } => Input::Scanned { scene },
            Event::Click { key } => Input::Click { key },
            // The phone waits with 「消息接收中」 for an answer to this one.
            Event::ScanCodeWait { .. } => Input::OtherMedia,
            _ => Input::Other,
        },
    }
}
