//! One WeChat message, from its envelope to its sealed answer.
//!
//! The promises: a message acts once however often WeChat repeats it; a repeat gets the same answer; one message of a
//! follower is worked on at a time; WeChat always hears from us before its 5 s are over; nothing acknowledged is lost.
//! Reading verbs run before the one unit of work that records the turn; writing verbs run inside it
//! (see docs/adr/0002-one-unit-a-turn.md).

pub mod http;
mod late;
#[cfg(test)]
mod late_tests;
#[cfg(test)]
mod mode_tests;
pub mod store;
#[cfg(test)]
mod talks;
#[cfg(test)]
mod tests;
mod think;
mod together;

pub use late::{PageLink, finish_late, go_on, say_or_keep, say_with_link, send_answer};
pub use together::Together;

use crate::app::App;
use crate::bills;
use crate::followers::{self, Person, Standing};
use crate::notices;
use crate::payments;
use crate::tenants::{Account, UNION};
use crate::vault::TenantKeys;
use base::{Context, Error, Result};
use bytes::Bytes;
use db::{Scope, Tx};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{self, Poll};
use std::time::Duration;
use think::Thought;
use wechat::inbound::{Event, Inbound, What};

/// A seat is written `WHERE version = …`; after this many old copies in a row something is wrong.
const STALE_MAX: u32 = 3;
/// Once the recording unit has begun, how long past the budget its commit is waited for.
const COMMIT_GRACE_MS: u64 = 1_000;

/// A message on its way through the house.
#[derive(Debug, Clone)]
pub struct Message {
    pub account: Arc<Account>,
    pub who: Person,
    /// Dedupe key within the follower; grows with time so that the table grows at its end.
    pub key: i64,
    pub heard: Arc<Inbound>,
    /// As it came, for the row of a late message; sealed by WeChat and again by us.
    pub raw: Arc<Raw>,
}

/// A callback as it came.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct Raw {
    pub query: String,
    /// Kept as text: what is not UTF-8 was refused before.
    #[serde(with = "as_text")]
    pub body: Bytes,
}

mod as_text {
    use bytes::Bytes;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(body: &Bytes, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&String::from_utf8_lossy(body))
    }
    pub(super) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Bytes, D::Error> {
        String::deserialize(from).map(Bytes::from)
    }
}

/// What goes back: words, or nothing (`success`).
pub type Words = Option<Arc<str>>;

// Who speaks to WeChat: the waiting request, or, once it has answered `success`, the finished work itself.
const RUNNING: u8 = 0;
const RECORDING: u8 = 1;
const LATE: u8 = 2;

/// Whether the request still waits for the words.
#[derive(Debug, Clone, Default)]
struct Floor(Arc<AtomicU8>);

impl Floor {
    /// The work is done and wants to record; true when the passive reply is still to be had.
    fn record(&self) -> bool {
        self.0.compare_exchange(RUNNING, RECORDING, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
    /// The budget is spent; true when the request may answer `success` and let the work go on.
    fn give_up(&self) -> bool {
        self.0.compare_exchange(RUNNING, LATE, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
    /// The unit was refused by an old copy: thinking starts again, so the floor is open again.
    fn again(&self) {
        let _ = self.0.compare_exchange(RECORDING, RUNNING, Ordering::SeqCst, Ordering::SeqCst);
    }
}

/// Answers one message within the budget. `Err` means nothing was kept: WeChat shall send it again.
pub async fn receive(app: &Arc<App>, message: Message) -> Result<Words> {
    if let What::Event(Event::TemplateSent { msg_id, status }) = &message.heard.what {
        // WeChat tells it, not the follower: no turn, and no sign that they follow.
        notices::delivered(app, &message.who, msg_id, status).await?;
        return Ok(None);
    }
    if let What::Event(Event::SubscribePopup(said) | Event::SubscribeChange(said)) =
        &message.heard.what
    {
        // Nor is a consent a message.
        notices::grants::heard(app, &message.who, message.key, said).await?;
        return Ok(None);
    }
    if is_about_account(&message.heard) {
        store::keep_account_event(app, &message).await?;
        return Ok(None);
    }
    if app.late.has(&message) {
        // This very message is worked on after its `success`: its words come by customer-service message.
        return Ok(None);
    }
    if let What::Event(event) = &message.heard.what {
        app.notices.taps.heard(&message.who, event, app.clock().now());
    }
    let floor = Floor::default();
    let (work_app, heard, work_floor) = (app.clone(), message.clone(), floor.clone());
    let work = Work::new(app, async move {
        let answer = work_through(&work_app, &heard, &work_floor).await;
        if let Err(e) = &answer {
            tracing::error!(message = %heard, error = ?e, "a turn failed");
            metrics::counter!("weiyin_turns_failed_total").increment(1);
        }
        work_app.late.remove(&heard);
        answer
    });
    wait_for(app, &message, &floor, work).await
}

async fn wait_for(
    app: &Arc<App>,
    message: &Message,
    floor: &Floor,
    mut work: Work,
) -> Result<Words> {
    let budget = Duration::from_millis(app.config.server.reply_budget_ms);
    if let Ok(answer) = tokio::time::timeout(budget, &mut work).await {
        return in_time(app, message, answer).await;
    }
    app.late.add(message);
    if floor.give_up() {
        metrics::counter!("weiyin_turns_late_total").increment(1);
        drop(work);
        store::keep_pending(app, message).await.doing("keeping a late message")?;
        late::show_typing(app, message);
        return Ok(None);
    }
    app.late.remove(message);
    let grace = Duration::from_millis(COMMIT_GRACE_MS);
    match tokio::time::timeout(grace, work).await {
        Ok(answer) => in_time(app, message, answer).await,
        Err(_) => {
            Err(Error::fault("the recording unit did not end in time; WeChat will ask again"))
        }
    }
}

/// The words, unless answering panicked.
async fn in_time(app: &Arc<App>, message: &Message, answer: Worked) -> Result<Words> {
    match answer {
        Ok(answer) => answer,
        Err(_) => panicked(app, message).await,
    }
}

/// What the work came to; `Err` when it panicked.
type Worked = std::thread::Result<Result<Words>>;

/// The work on a message: done by the request that waits for it, and by a task of its own as soon as none does.
struct Work {
    app: Arc<App>,
    running: Option<BoxFuture<'static, Worked>>,
}

impl Work {
    fn new(
        app: &Arc<App>,
        answering: impl Future<Output = Result<Words>> + Send + 'static,
    ) -> Self {
        Self { app: app.clone(), running: Some(AssertUnwindSafe(answering).catch_unwind().boxed()) }
    }
}

impl Future for Work {
    type Output = Worked;
    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Worked> {
        let Some(running) = &mut self.running else { return Poll::Pending };
        let done = running.as_mut().poll(cx);
        if done.is_ready() {
            self.running = None;
        }
        done
    }
}

impl Drop for Work {
    /// Whoever waited went away, or has answered `success`: the work goes on without them.
    fn drop(&mut self) {
        if let Some(running) = self.running.take()
            && tokio::runtime::Handle::try_current().is_ok()
        {
            self.app.tasks.spawn(running.map(drop));
        }
    }
}

/// Answering panicked: WeChat gets its `success`, the message stays for a job to try again, and someone is told.
async fn panicked(app: &Arc<App>, message: &Message) -> Result<Words> {
    metrics::counter!("weiyin_turns_panicked_total").increment(1);
    tracing::error!(%message, "answering a message panicked; it is kept and tried again");
    store::keep_pending(app, message).await.doing("keeping a message after a panic")?;
    Ok(None)
}

/// Thinks and records until the record stands on the follower's newest state.
async fn work_through(app: &Arc<App>, message: &Message, floor: &Floor) -> Result<Words> {
    let _pass = app.followers.enter(&message.who).await;
    for attempt in 0..STALE_MAX {
        let standing = standing(app, message).await?;
        if standing.last_key == message.key
            && let Some(answer) = &standing.last_answer
        {
            metrics::counter!("weiyin_turns_repeated_total").increment(1);
            return Ok(Some(answer.clone()));
        }
        if let Some(words) = store::answered_elsewhere(app, message, &standing).await? {
            return Ok(words);
        }
        let thought = think::think(app, message, &standing, attempt == 0).await?;
        let in_time = floor.record();
        match record(app, message, &standing, thought, in_time).await? {
            store::Recorded::Done(words) | store::Recorded::Repeat(words) => return Ok(words),
            store::Recorded::Stale => {
                app.followers.forget(&message.who);
                floor.again();
            }
        }
    }
    Err(Error::fault("a follower's state kept changing under a turn"))
}

/// Works on a message nobody waits for any more; its words go out by customer-service message.
async fn work_late(app: &Arc<App>, message: &Message) -> Result<()> {
    let floor = Floor::default();
    floor.give_up();
    work_through(app, message, &floor).await.map(|_| ())
}

/// How the dialogue goes on with what waited: [`dialogue::after_binding`] or [`dialogue::after_agreeing`].
pub type After =
    Box<dyn Fn(&dialogue::Book, &dialogue::Seat, &dialogue::Heard<'_>) -> dialogue::Turn + Send>;

/// After a page was filled in: the dialogue goes on with what waited. The seat moves on; no message was heard, so no turn
/// is kept.
async fn continue_bound(
    app: &Arc<App>,
    account: &Arc<Account>,
    who: &Person,
    standing: Standing,
    after: After,
) -> Result<Words> {
    let _pass = app.followers.enter(who).await;
    let standing = Arc::new(standing);
    let now = app.clock().now();
    let heard = dialogue::Heard {
        input: dialogue::Input::Other,
        who: crate::verbs::who(app, account, &standing),
        now,
    };
    let turn = after(&app.book_of(standing.tenant), &standing.seat, &heard);
    let thought = think::answer(app, &standing, turn, &heard, now).await?;
    let keys = app.vault.tenant(&app.db, standing.tenant).await?;
    let (unit_app, unit_account, unit_standing) = (app.clone(), account.clone(), standing.clone());
    let words = app
        .db
        .write(Scope::Tenant(standing.tenant), move |tx| {
            let turn = &thought.turn;
            let (dialogue::Act::Say(words) | dialogue::Act::HandOver { words, .. }) = &turn.act
            else {
                return Ok(None);
            };
            store::set_seat(tx, &unit_app, &keys, &unit_standing, &turn.seat)?;
            store::render(tx, &unit_app, &unit_account, &unit_standing, words).map(Some)
        })
        .await
        .doing("going on after binding")?;
    app.followers.forget(who);
    Ok(words.map(Arc::from))
}

async fn record(
    app: &Arc<App>,
    message: &Message,
    standing: &Arc<Standing>,
    thought: Thought,
    in_time: bool,
) -> Result<store::Recorded> {
    let keys = app.vault.tenant(&app.db, standing.tenant).await?;
    let recording = store::Recording {
        app: app.clone(),
        message: message.clone(),
        standing: standing.clone(),
        thought,
        keys,
        in_time,
    };
    if let Some(store::Plain { row, words, seat }) = recording.plain()? {
        let written = together::write(app, row).await;
        if let Ok(together::Written::Yes) = written {
            let next = recording.after(&words);
            app.followers.put_packed(&message.who, next, seat.as_deref());
            return Ok(store::Recorded::Done(words));
        }
        app.followers.forget(&message.who);
        written.doing("recording a turn")?;
    }
    let unit = Arc::new(recording);
    let done = app.db.write(Scope::Tenant(standing.tenant), move |tx| unit.run(tx)).await;
    match done {
        Ok((outcome, next)) => {
            match next {
                Some(next) => app.followers.put(&message.who, &next),
                None => app.followers.forget(&message.who),
            }
            Ok(outcome)
        }
        Err(e) if store::is_stale(&e) => Ok(store::Recorded::Stale),
        Err(e) => {
            app.followers.forget(&message.who);
            Err(e).doing("recording a turn")
        }
    }
}

/// The follower's standing: from memory, else read, else made on first contact.
async fn standing(app: &Arc<App>, message: &Message) -> Result<Arc<Standing>> {
    if let Some(known) = app.followers.get(&message.who) {
        return Ok(Arc::new(known));
    }
    let found = match read_standing(app, &message.who).await? {
        Some(found) => found,
        None => {
            meet(app, message).await?;
            read_standing(app, &message.who)
                .await?
                .ok_or_else(|| Error::fault("a follower just made is not there"))?
        }
    };
    app.followers.put(&message.who, &found);
    Ok(Arc::new(found))
}

/// Reads a follower by WeChat's name, sealed columns opened.
pub async fn read_standing(app: &App, who: &Person) -> Result<Option<Standing>> {
    let person = who.clone();
    let found = app
        .db
        .glance(Scope::House, move |tx| followers::store::find(tx, person.account, &person.openid))
        .await
        .doing("reading a follower")?;
    match found {
        Some(found) => {
            let keys = app.vault.tenant(&app.db, found.tenant).await?;
            let mut standing = found.open(&keys, &app.behind)?;
            if let Some(bound) = standing.bound.as_mut().and_then(Arc::get_mut) {
                (bound.payees, bound.households) =
                    read_known(app, standing.tenant, keys, &bound.customer).await?;
            }
            Ok(Some(standing))
        }
        None => Ok(None),
    }
}

type Spoken = (Option<Arc<dialogue::Known<dialogue::Payee>>>, Option<Arc<dialogue::Households>>);

/// Whom a bound customer may name when they pay, and whose bills.
async fn read_known(
    app: &App,
    tenant: base::TenantId,
    keys: Arc<TenantKeys>,
    customer: &str,
) -> Result<Spoken> {
    let customer = customer.to_owned();
    let unit = move |tx: &Tx<'_>| {
        let payees = payments::payees::spoken(tx, &keys, &customer)?;
        Ok((payees, bills::spoken(tx, &keys, &customer)?))
    };
    let (payees, households) =
        app.db.read(Scope::Tenant(tenant), unit).await.doing("reading payees")?;
    Ok((payees.map(Arc::new), households.map(Arc::new)))
}

async fn meet(app: &App, message: &Message) -> Result<()> {
    let scene = scene_of(&message.heard).map(str::to_owned);
    let registry = app.registry();
    // A county's own account is served by the county; the province's by whom the scanned code names, else the union.
    let tenant = if message.account.is_provincial {
        scene.as_deref().and_then(|s| registry.by_scene(s)).map_or(UNION, |i| i.tenant)
    } else {
        message.account.tenant
    };
    app.vault.tenant(&app.db, tenant).await?;
    let who = message.who.clone();
    app.db
        .write(Scope::House, move |tx| {
            followers::store::add(tx, tenant, who.account, &who.openid, scene.as_deref())
        })
        .await
        .doing("meeting a follower")
}

/// The scene code a follower came by, if any.
pub fn scene_of(heard: &Inbound) -> Option<&str> {
    match &heard.what {
        What::Event(Event::Subscribe { scene, .. }) => scene.as_deref(),
        What::Event(Event::Scan { scene, .. }) => Some(scene),
        _ => None,
    }
}

/// Events whose sender is WeChat itself, not a follower (protocol §4.3–4.8): kept and acknowledged.
fn is_about_account(heard: &Inbound) -> bool {
    match &heard.what {
        What::Event(Event::Unsubscribe | Event::View { .. }) => false,
        What::Event(event) => !event.may_be_answered(),
        _ => false,
    }
}

/// Identity of a message for logs: never its words.
impl std::fmt::Display for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.account.appid, self.key)
    }
}

/// Messages acknowledged with `success` whose work goes on in this process.
#[derive(Debug, Default)]
pub struct Late(Mutex<HashSet<(Person, i64)>>);

impl Late {
    fn set(&self) -> MutexGuard<'_, HashSet<(Person, i64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn add(&self, message: &Message) {
        self.set().insert((message.who.clone(), message.key));
    }
    fn has(&self, message: &Message) -> bool {
        let late = self.set();
        !late.is_empty() && late.contains(&(message.who.clone(), message.key))
    }
    fn len(&self) -> usize {
        self.set().len()
    }
    fn remove(&self, message: &Message) {
        let mut late = self.set();
        if !late.is_empty() {
            late.remove(&(message.who.clone(), message.key));
        }
    }
}
