//! What to say to a message: the pure dialogue, and the reading verbs it asks for.

use super::Message;
use crate::app::App;
use crate::bills;
use crate::chooser::Asked;
use crate::followers::Standing;
use crate::notices::reply;
use crate::verbs;
use base::{Result, Time};
use dialogue::{Act, Call, Choosing, Heard, Input, Outcome, Turn};
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
    /// What the chooser said, when it was asked about this message.
    pub chooser: Option<Asked>,
}

/// Runs the dialogue, asks the chooser about what is unclear (`may_choose`, and where there is one), and runs the reading verb it wants
/// against the core.
pub(crate) async fn think(
    app: &Arc<App>,
    message: &Message,
    standing: &Arc<Standing>,
    may_choose: bool,
) -> Result<Thought> {
    let at = app.clock().now();
    let seen = bills::photo::look(app, message, standing).await?;
    let mut heard = heard(app, message, standing, at);
    if let Some(seen) = &seen {
        heard.input = seen.input();
    }
    let meant = reply::look(app, message, standing).await?;
    if let Some(meant) = &meant {
        heard.input = meant.input();
    }
    let book = app.book_of(standing.tenant);
    let asks = may_choose && app.chooser.is_ready(at);
    let choosing = if asks { Choosing::Ask } else { Choosing::No };
    let mut turn = dialogue::step_with(&book, &standing.seat, &heard, choosing);
    let chooser = match turn.doubt.take() {
        Some(doubt) => app.chooser.choose(&doubt, at).await,
        None => None,
    };
    if let Some(id) = chooser.as_ref().and_then(Asked::id) {
        turn = dialogue::step_with(&book, &standing.seat, &heard, Choosing::Chosen(id));
    }
    let thought = answer(app, standing, turn, &heard, at).await?;
    Ok(Thought { chooser, ..thought })
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
        return Ok(Thought { turn, asked: None, at, chooser: None });
    };
    if !verbs::reads(&call.verb) {
        return Ok(Thought { turn, asked: None, at, chooser: None });
    }
    let call = call.clone();
    let outcome = verbs::ask(app, standing, &call).await?;
    let (redact, item) = (turn.redact, turn.item.clone());
    let mut resumed =
        dialogue::resume(&app.book_of(standing.tenant), &turn.seat, &call, &outcome, heard);
    resumed.redact |= redact;
    resumed.item = resumed.item.or(item);
    // 「查到了：」 is said of what was looked up, not of what was done.
    let asked = Some((call, outcome)).filter(|(call, _)| !verbs::is_order(&call.verb));
    Ok(Thought { turn: resumed, asked, at, chooser: None })
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
        who: verbs::who(app, message.account.as_ref(), standing),
        now,
    }
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
