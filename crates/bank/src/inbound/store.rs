//! The one unit of work that records a turn, and the rows around it.

use super::think::{Thought, heard};
use super::{Message, Words, together};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::binding;
use crate::followers::{self, Standing};
use crate::jobs::Job;
use crate::payments;
use crate::sessions;
use crate::vault::{Place, TenantKeys};
use crate::verbs;
use base::{Context, Id, Result, TenantId, Time};
use db::{Scope, Tx, params};
use dialogue::{Act, Outcome, Seat};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use wechat::inbound::What;

pub const TURN: &str = "turn.body";
pub const PENDING: &str = "turn_pending.heard";
pub const UNREAD: &str = "unread.body";
const ACCOUNT_EVENT: &str = "account_event.body";
const HANDOVER: &str = "leave_message.body";

/// Undelivered words looked at for one answer; more than fit into it.
const UNREAD_AT_ONCE: i64 = 30;
/// How long a late message's own process has before a job takes it up.
const TAKE_UP_MS: i64 = 90_000;

/// A turn as kept, sealed: what was said (masked when it held a secret) and what was answered.
#[derive(Debug, Serialize, Deserialize)]
pub struct Kept {
    #[serde(rename = "h")]
    pub heard: String,
    #[serde(rename = "r", skip_serializing_if = "Option::is_none", default)]
    pub reply: Option<Arc<str>>,
    #[serde(rename = "i", skip_serializing_if = "Option::is_none", default)]
    pub item: Option<String>,
}

/// How recording ended.
#[derive(Debug)]
pub enum Recorded {
    Done(Words),
    /// The message was answered before: these were the words.
    Repeat(Words),
    /// The follower's state is newer than the copy thought with; nothing was written.
    Stale,
}

/// Everything the unit needs; it may run more than once.
#[derive(Debug)]
pub struct Recording {
    pub app: Arc<App>,
    pub message: Message,
    pub standing: Arc<Standing>,
    pub thought: Thought,
    pub keys: Arc<TenantKeys>,
    pub in_time: bool,
}

/// A turn that writes its own row and the seat and nothing else.
pub(super) struct Plain {
    pub(super) row: together::Row,
    pub(super) words: Words,
    /// The seat after it, packed; nothing for one that remembers nothing.
    pub(super) seat: Option<Vec<u8>>,
}

impl Recording {
    /// The turn as one that writes nothing else. `None`: it needs [`Recording::run`].
    pub(super) fn plain(&self) -> Result<Option<Plain>> {
        let turn = &self.thought.turn;
        let words = match &turn.act {
            Act::Say(words) => Some(words),
            Act::Quiet => None,
            Act::Do(_) | Act::HandOver { .. } => return Ok(None),
        };
        let follows_on = self.following_after() == self.standing.is_following;
        let has_mark = self.thought.chooser.is_some();
        if !self.in_time || self.has_effects() || has_mark || !follows_on {
            return Ok(None);
        }
        let reply: Words = words.map(|words| text_of(words, "").into());
        let seat = (turn.seat != Seat::default()).then(|| turn.seat.pack());
        let sealed = seat.as_deref().map(|packed| self.keys.seal(self.seat_place(), packed));
        let row = together::Row {
            tenant: self.standing.tenant,
            follower: self.standing.id,
            key: self.message.key,
            previous_key: self.standing.last_key,
            version: self.standing.version,
            facts: self.standing.facts,
            turn: self.sealed(turn, &reply)?,
            seat: sealed.transpose()?.map(Into::into),
        };
        Ok(Some(Plain { row, words: reply, seat }))
    }

    /// Inserts the turn under its key, moves the seat on, runs a writing verb, enqueues what follows.
    pub fn run(&self, tx: &Tx<'_>) -> Result<(Recorded, Option<Standing>)> {
        let standing = &self.standing;
        if self.has_effects()
            && let Some(words) = self.answered_before(tx)?
        {
            return Ok((Recorded::Repeat(words), None));
        }
        let (turn, deed) = self.finished(tx)?;
        let text = self.words(tx, &turn)?;
        let reply: Words = text.map(Arc::from);
        if !self.insert(tx, &turn, &reply)? {
            return Ok((Recorded::Repeat(self.answered_before(tx)?.flatten()), None));
        }
        if !self.move_seat(tx, &turn.seat)? {
            // Nothing of this unit may stand: the refusal rolls it back, the caller reads it as stale.
            return Err(STALE.into());
        }
        if self.leaves_card(&turn.seat) {
            payments::give_up(tx, &self.keys, standing.id)?;
        }
        if let Act::HandOver { reason, summary, .. } = &turn.act {
            self.keep_handover(tx, reason, summary)?;
        }
        if let Some(asked) = &self.thought.chooser {
            let follower = Actor::Follower(standing.id.raw());
            let key = self.message.key.to_string();
            let chosen = asked.id().unwrap_or_default();
            audit::note(tx, follower, "chooser.asked", &key, asked.word(), chosen)?;
        }
        self.follow_events(tx)?;
        if !self.in_time {
            tx.exec(
                "DELETE FROM turn_pending WHERE tenant_id = $1 AND message_key = $2 AND follower_id = $3",
                params![tx.tenant(), self.message.key, standing.id],
            )?;
            if reply.is_some() {
                let job = Job::SendAnswer { follower: standing.id, key: self.message.key };
                job.enqueue(tx, tx.now())?;
            }
        }
        // A writing verb or undelivered results leave the copy in memory unsure: it is read again.
        let next = (!deed && !standing.has_unread)
            .then(|| Standing { seat: turn.seat, ..self.after(&reply) });
        Ok((Recorded::Done(if self.in_time { reply } else { None }), next))
    }

    /// The follower as they stand once this turn is written, but for the seat.
    pub(super) fn after(&self, reply: &Words) -> Standing {
        Standing {
            version: self.standing.version + 1,
            last_key: self.message.key,
            is_following: self.following_after(),
            last_answer: reply.clone(),
            has_unread: false,
            ..self.standing.without_seat()
        }
    }

    /// The turn with its writing verb run; true when one was (then the copy in memory is no longer sure).
    fn finished(&self, tx: &Tx<'_>) -> Result<(dialogue::Turn, bool)> {
        let turn = self.thought.turn.clone();
        let Act::Do(call) = &turn.act else {
            return Ok((turn, false));
        };
        let call = call.clone();
        let outcome = verbs::act(tx, self, &call)?;
        let mut after = Standing::clone(&self.standing);
        if verbs::may_unbind(&call.verb) && !binding::is_bound(tx, after.id)? {
            after.bound = None;
        }
        let heard = heard(&self.app, &self.message, &after, self.thought.at);
        let mut resumed = dialogue::resume(&self.app.book, &turn.seat, &call, &outcome, &heard);
        resumed.redact |= turn.redact;
        resumed.item = resumed.item.or(turn.item);
        Ok((resumed, true))
    }

    /// The words as WeChat text, with links made and undelivered results in front.
    fn words(&self, tx: &Tx<'_>, turn: &dialogue::Turn) -> Result<Option<String>> {
        let late;
        let words = match &turn.act {
            Act::Say(words) | Act::HandOver { words, .. } => {
                match (&self.thought.asked, self.in_time) {
                    (Some((call, outcome @ Outcome::Busy)), false) => {
                        let heard =
                            heard(&self.app, &self.message, &self.standing, self.thought.at);
                        late = dialogue::late(&self.app.book, call, outcome, &heard);
                        &late
                    }
                    (Some((call, Outcome::Done(_))), false) => {
                        late = dialogue::looked_up(&self.app.book, call, &turn.seat, words);
                        &late
                    }
                    _ => words,
                }
            }
            Act::Do(_) | Act::Quiet => return Ok(None),
        };
        let mut text = render(tx, &self.app, &self.message.account, &self.standing, words)?;
        if self.standing.has_unread {
            // What does not fit into one message waits for the next one; nothing is cut off.
            let mut room = wechat::reply::TEXT_BYTES_MAX.saturating_sub(text.len());
            let mut lines = vec![];
            for (id, line) in peek_unread(tx, &self.keys, &self.standing)? {
                let Some(left) = room.checked_sub(line.len() + 2) else { break };
                room = left;
                drop_unread(tx, &self.standing, id)?;
                lines.push(line);
            }
            lines.push(text);
            text = lines.join("\n\n");
        }
        Ok(Some(text))
    }

    /// What is kept of a turn, sealed.
    fn sealed(&self, turn: &dialogue::Turn, reply: &Words) -> Result<Vec<u8>> {
        let kept = Kept {
            heard: said(&self.message.heard.what, turn.redact),
            reply: reply.clone(),
            item: turn.item.clone(),
        };
        self.keys.seal_json(Place::new(TURN, self.message.key), &kept)
    }

    fn insert(&self, tx: &Tx<'_>, turn: &dialogue::Turn, reply: &Words) -> Result<bool> {
        let key = self.message.key;
        let body = self.sealed(turn, reply)?;
        Ok(tx.exec(
            "INSERT INTO turn (tenant_id, message_key, follower_id, previous_key, at_ms, state, body_sealed) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant_id, message_key, follower_id) DO NOTHING",
            params![
                tx.tenant(),
                key,
                self.standing.id,
                self.standing.last_key,
                tx.now(),
                i64::from(!self.in_time),
                body
            ],
        )? == 1)
    }

    /// Whether the unit writes more than the turn itself: then a repeat must be seen before anything is written.
    fn has_effects(&self) -> bool {
        let link = match &self.thought.turn.act {
            Act::Do(_) => true,
            Act::Say(words) | Act::HandOver { words, .. } => words.link.is_some(),
            Act::Quiet => false,
        };
        link || self.standing.has_unread || self.leaves_card(&self.thought.turn.seat)
    }

    /// The customer turned away from what they were about to pay.
    fn leaves_card(&self, after: &Seat) -> bool {
        let book = &self.app.book;
        book.is_at_card(&self.standing.seat) && !book.is_at_card(after)
    }

    /// What this message was answered with, if it was.
    fn answered_before(&self, tx: &Tx<'_>) -> Result<Option<Words>> {
        let found = answered_in(tx, &self.keys, self.standing.id, self.message.key)?;
        if found.is_some() {
            metrics::counter!("weiyin_turns_repeated_total").increment(1);
        }
        Ok(found)
    }

    /// A seat as kept; nothing for one that remembers nothing.
    fn sealed_seat(&self, seat: &Seat) -> Result<Option<Vec<u8>>> {
        let sealed = || self.keys.seal(self.seat_place(), &seat.pack());
        (*seat != Seat::default()).then(sealed).transpose()
    }
    fn seat_place(&self) -> Place {
        Place::new(followers::store::SEAT, self.standing.id.raw())
    }

    fn move_seat(&self, tx: &Tx<'_>, seat: &Seat) -> Result<bool> {
        let body = self.sealed_seat(seat)?;
        write_seat(tx, &self.app, &self.standing, self.message.key, body.as_deref())
    }

    fn keep_handover(&self, tx: &Tx<'_>, reason: &str, summary: &str) -> Result<()> {
        leave(tx, &self.keys, self.standing.id, reason, summary)
    }

    fn following_after(&self) -> bool {
        use wechat::inbound::Event;
        match &self.message.heard.what {
            What::Event(Event::Unsubscribe) => false,
            // Whoever writes, taps or scans follows.
            _ => true,
        }
    }

    fn follow_events(&self, tx: &Tx<'_>) -> Result<()> {
        let after = self.following_after();
        if after != self.standing.is_following {
            followers::store::set_following(tx, self.standing.id, after)?;
            if !after {
                sessions::store::end_all(tx, self.standing.id)?;
            }
        }
        Ok(())
    }
}

/// Leaves words about a follower for staff to read.
pub fn leave(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: followers::FollowerId,
    kind: &str,
    words: &str,
) -> Result<()> {
    let id: Id<()> = tx.new_id();
    let body = keys.seal(Place::new(HANDOVER, id.raw()), words.as_bytes())?;
    tx.exec(
        "INSERT INTO leave_message (tenant_id, id, follower_id, kind, body_sealed, state, at_ms) \
         VALUES ($1, $2, $3, $4, $5, 'open', $6)",
        params![tx.tenant(), id, follower, kind, body, tx.now()],
    )?;
    let by = Actor::Follower(follower.raw());
    audit::note(tx, by, "desk.asked", &id.raw().to_string(), "kept", kind)
}

/// The stored answer of a message, if it was answered.
fn answered_in(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: followers::FollowerId,
    key: i64,
) -> Result<Option<Words>> {
    let found: Option<(i64, Vec<u8>)> = tx.opt(
        "SELECT state, body_sealed FROM turn WHERE tenant_id = $1 AND message_key = $2 AND follower_id = $3",
        params![tx.tenant(), key, follower],
    )?;
    found.map(|(state, body)| words_of(keys, key, state, &body)).transpose()
}

/// A visit lasts until so long a silence.
const PAUSE_MS: i64 = 30 * 60_000;
/// So many turns are looked back at; a longer visit than this is cut there.
const TURNS_BACK_MAX: usize = 200;

/// When a follower was last here before the visit that goes on now; `None` on the first.
pub async fn last_visit(app: &App, of: &Standing) -> Result<Option<Time>> {
    let (id, last_key, tenant, has_moved) = (of.id, of.last_key, of.tenant, of.moved_at.is_some());
    let unit = move |tx: &Tx<'_>| {
        let (mut later, mut key) = (tx.now(), last_key);
        for _ in 0..TURNS_BACK_MAX {
            let mut turn: Option<(Time, i64)> = tx.opt(
                "SELECT at_ms, previous_key FROM turn WHERE tenant_id = $1 AND message_key = $2 AND follower_id = $3",
                params![tenant, key, id],
            )?;
            if turn.is_none() && has_moved {
                turn = tx.opt(
                    "SELECT t.at_ms, t.previous_key FROM former_home h JOIN turn t ON t.tenant_id = h.tenant_id \
                     AND t.message_key = $1 AND t.follower_id = h.follower_id WHERE h.follower_id = $2",
                    params![key, id],
                )?;
            }
            let Some((at, previous_key)) = turn else { return Ok(None) };
            if later.since(at) >= PAUSE_MS {
                return Ok(Some(at));
            }
            (later, key) = (at, previous_key);
        }
        Ok(Some(later))
    };
    // The chain of turns leads through every institution that served them.
    app.db.read(Scope::House, unit).await
}

/// [`answered_in`] from outside a turn.
pub async fn answered(app: &Arc<App>, message: &Message) -> Result<Option<Words>> {
    let Some(standing) = super::read_standing(app, &message.who).await? else { return Ok(None) };
    let keys = app.vault.tenant(&app.db, standing.tenant).await?;
    let (id, key) = (standing.id, message.key);
    let unit = move |tx: &Tx<'_>| answered_in(tx, &keys, id, key);
    match app.db.read(Scope::Tenant(standing.tenant), unit).await? {
        None => answered_elsewhere(app, message, &standing).await,
        found => Ok(found),
    }
}

/// A message made so long after a move was not heard before it: WeChat's clock and ours differ by less, or we would
/// refuse its callbacks.
const MOVE_DOUBT_MS: i64 = 600_000;

/// What a message was answered with by an institution the follower has left since.
///
/// *Invariant*: turns of a former home change no more, since the seat a turn moves on has left with the follower. So
/// what is not found here under a standing cannot be answered there as long as that standing is the newest.
pub async fn answered_elsewhere(
    app: &Arc<App>,
    message: &Message,
    standing: &Standing,
) -> Result<Option<Words>> {
    let made_at = Time::of_ms(message.heard.created_s.saturating_mul(1_000));
    if standing.moved_at.is_none_or(|moved| made_at.since(moved) > MOVE_DOUBT_MS) {
        return Ok(None);
    }
    let (id, key) = (standing.id, message.key);
    let unit = move |tx: &Tx<'_>| {
        tx.opt::<(TenantId, i64, Vec<u8>)>(
            "SELECT t.tenant_id, t.state, t.body_sealed FROM former_home h JOIN turn t ON t.tenant_id = h.tenant_id \
             AND t.message_key = $1 AND t.follower_id = h.follower_id WHERE h.follower_id = $2",
            params![key, id],
        )
    };
    let found = app.db.glance(Scope::House, unit).await.doing("looking for a turn elsewhere")?;
    let Some((tenant, state, body)) = found else { return Ok(None) };
    metrics::counter!("weiyin_turns_repeated_total").increment(1);
    let keys = app.vault.tenant(&app.db, tenant).await?;
    words_of(&keys, key, state, &body).map(Some)
}

/// One that went out by customer-service message is not said twice.
fn words_of(keys: &TenantKeys, key: i64, state: i64, body: &[u8]) -> Result<Words> {
    let kept: Kept = keys.open_json(Place::new(TURN, key), body)?;
    Ok(kept.reply.filter(|_| state == 0))
}

/// The unit found a newer seat; never leaves this folder.
const STALE: base::Refusal = base::Refusal::conflict("seat.stale", "");

/// Whether a recording failed only because the copy was old.
pub fn is_stale(e: &base::Error) -> bool {
    e.is_refusal(STALE.code)
}

/// Words as WeChat text: links become one-time URLs, choices become tappable lines.
pub fn render(
    tx: &Tx<'_>,
    app: &App,
    account: &crate::tenants::Account,
    standing: &Standing,
    words: &dialogue::Words,
) -> Result<String> {
    let url = match &words.link {
        Some(wish) => {
            let with = serde_json::to_string(&wish.with)?;
            let life = app.config.h5.link_ms;
            let token = sessions::store::add_link(
                tx,
                account.id,
                standing.id,
                &wish.page,
                &wish.task,
                &with,
                life,
            )?;
            format!("{}/h5/l/{token}", app.config.server.public_url)
        }
        None => String::new(),
    };
    Ok(text_of(words, &url))
}

fn text_of(words: &dialogue::Words, url: &str) -> String {
    words.render(|wish| format!("<a href=\"{url}\">{}</a>", wish.label), wechat::reply::menu_line)
}

fn peek_unread(tx: &Tx<'_>, keys: &TenantKeys, standing: &Standing) -> Result<Vec<(i64, String)>> {
    let rows: Vec<(i64, Vec<u8>)> = tx.all(
        "SELECT id, body_sealed FROM unread WHERE tenant_id = $1 AND follower_id = $2 ORDER BY id LIMIT $3",
        params![tx.tenant(), standing.id, UNREAD_AT_ONCE],
    )?;
    let open =
        |(id, body): (i64, Vec<u8>)| Ok((id, keys.open_text(Place::new(UNREAD, id), &body)?));
    rows.into_iter().map(open).collect()
}

fn drop_unread(tx: &Tx<'_>, standing: &Standing, id: i64) -> Result<()> {
    tx.exec(
        "DELETE FROM unread WHERE tenant_id = $1 AND follower_id = $2 AND id = $3",
        params![tx.tenant(), standing.id, id],
    )?;
    Ok(())
}

/// Keeps words for a follower's next contact.
pub fn keep_unread(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    behind: &followers::behind::Behind,
    follower: followers::FollowerId,
    words: &str,
) -> Result<()> {
    let id: Id<()> = tx.new_id();
    let body = keys.seal(Place::new(UNREAD, id.raw()), words.as_bytes())?;
    tx.exec(
        "INSERT INTO unread (tenant_id, id, follower_id, body_sealed, at_ms) VALUES ($1, $2, $3, $4, $5)",
        params![tx.tenant(), id, follower, body, tx.now()],
    )?;
    followers::store::touch(tx, behind, follower)
}

/// What was said, as it is kept.
fn said(what: &What, redact: bool) -> String {
    match what {
        What::Text { content, .. } if redact => dialogue::masked(content),
        What::Text { content, .. } => content.clone(),
        What::Voice { recognition, .. } => {
            let text = recognition.as_deref().unwrap_or_default();
            format!("[语音] {}", if redact { dialogue::masked(text) } else { text.to_owned() })
        }
        other => format!("[{}]", other.name()),
    }
}

/// Moves a seat on without a turn (after binding). False when the seat is newer than the copy.
pub fn set_seat(
    tx: &Tx<'_>,
    app: &App,
    keys: &TenantKeys,
    standing: &Standing,
    seat: &Seat,
) -> Result<bool> {
    let place = Place::new(followers::store::SEAT, standing.id.raw());
    let body = keys.seal(place, &seat.pack())?;
    write_seat(tx, app, standing, standing.last_key, Some(&body))
}

/// Writes the seat that follows on `standing`'s into its row; false when there is a newer one already. The row may be
/// older than the copy: then what is between stands behind ([`followers::behind`]).
fn write_seat(
    tx: &Tx<'_>,
    app: &App,
    standing: &Standing,
    last_key: i64,
    body: Option<&[u8]>,
) -> Result<bool> {
    let (id, version) = (standing.id, standing.version);
    app.behind.touch(id);
    if app.behind.newer(id, version).is_some() {
        return Ok(false);
    }
    tx.exec_one(
        "UPDATE seat SET version = $1, last_key = $2, body_sealed = $3 \
         WHERE tenant_id = $4 AND follower_id = $5 AND version < $1 AND facts = $6",
        params![version + 1, last_key, body, tx.tenant(), id, standing.facts],
    )
}

/// Keeps a message that was acknowledged before its answer was ready, and the job that answers it if we die.
pub async fn keep_pending(app: &Arc<App>, message: &Message) -> Result<()> {
    let standing = super::standing(app, message).await?;
    let keys = app.vault.tenant(&app.db, standing.tenant).await?;
    let place = Place::new(PENDING, message.key);
    let body = keys.seal_json(place, &*message.raw)?;
    let (key, id) = (message.key, standing.id);
    app.db
        .write(Scope::Tenant(standing.tenant), move |tx| {
            tx.exec(
                "INSERT INTO turn_pending (tenant_id, message_key, follower_id, at_ms, heard_sealed) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, message_key, follower_id) DO NOTHING",
                params![tx.tenant(), key, id, tx.now(), body],
            )?;
            Job::FinishLate { follower: id, key }.enqueue(tx, tx.now().plus_ms(TAKE_UP_MS))?;
            Ok(())
        })
        .await
}

/// Keeps an event about the account itself (verification, revocations, send results).
pub async fn keep_account_event(app: &Arc<App>, message: &Message) -> Result<()> {
    let account = message.account.clone();
    let keys = app.vault.tenant(&app.db, account.tenant).await?;
    let (heard, key) = (message.heard.clone(), message.key);
    app.db
        .write(Scope::Tenant(account.tenant), move |tx| {
            let id: Id<()> = tx.new_id();
            let body = keys.seal(
                Place::new(ACCOUNT_EVENT, id.raw()),
                format!("{:?}", heard.what).as_bytes(),
            )?;
            tx.exec(
                "INSERT INTO account_event (tenant_id, account_id, message_key, id, event, body_sealed, at_ms) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant_id, account_id, message_key) DO NOTHING",
                params![tx.tenant(), account.id, key, id, heard.what.name(), body, tx.now()],
            )?;
            Ok(())
        })
        .await
        .doing("keeping an account event")
}
