//! How staff look after their institution's answers: find a question, propose words of one's own or the union's again, have a second
//! person decide, and take an answer away at once when it is wrong.
//!
//! Taking away needs one person, since it stops harm: the customer then reads that the answer is being renewed. Not for: rates.

use super::{NO_ENTRY, book, fit, store};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::staff::duty::{Checker, Maker};
use crate::tenants::UNION;
use base::{Refusal, Result, TenantId, Time};
use db::{Scope, Tx};
use dialogue::knowledge::{Answer, Entry};
use std::collections::BTreeMap;
use std::sync::Arc;

pub const NO_CHANGE: Refusal = Refusal::missing("knowledge.no_change", "没有这一条待审批的修改");
pub const MOVED: Refusal = Refusal::conflict("knowledge.moved", "这一条已经处理过了，请刷新");
pub const NOTHING_OWN: Refusal =
    Refusal::missing("knowledge.nothing_own", "这一条没有本行答法，用的就是统一答法");
pub const UNION_ITSELF: Refusal =
    Refusal::conflict("knowledge.union_itself", "统一答法不能撤下，请先写一条新的");
/// Questions shown at once; more are found by searching.
const SHOWN_MAX: usize = 40;
/// Questions of other words that may be meant by a search.
const NEAR_MAX: usize = 5;
const SEARCH_CHARS_MAX: usize = 60;

/// What a change does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// These words from now on.
    Keep,
    /// The union's words again.
    Restore,
}

impl Act {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Restore => "restore",
        }
    }
    pub(super) fn of(word: &str) -> Result<Self> {
        let known = [Self::Keep, Self::Restore].into_iter().find(|a| a.word() == word);
        known.ok_or_else(|| base::Error::fault(format!("no change called {word}")))
    }
}

/// A change that waits.
#[derive(Debug, Clone)]
pub struct Change {
    pub id: i64,
    pub entry: String,
    pub act: Act,
    pub words: Answer,
    pub maker: i64,
    pub made_at: Time,
}

/// How a question is answered at an institution now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The union's words.
    Shared,
    /// Words of one's own.
    Own,
    /// Words of one's own that begin later.
    Later,
    /// Withdrawn: past its day.
    Ended,
}

impl State {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Own => "own",
            Self::Later => "later",
            Self::Ended => "ended",
        }
    }
}

/// One question as staff see it.
#[derive(Debug, Clone)]
pub struct Line {
    pub entry: &'static Entry,
    pub own: Option<Answer>,
    pub change: Option<Change>,
    pub state: State,
}

/// What a search found.
#[derive(Debug, Clone)]
pub struct Found {
    pub lines: Vec<Line>,
    /// All that fit, shown or not.
    pub all: usize,
    pub waiting: usize,
    pub today: i64,
}

/// Which lines are wished for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Only {
    #[default]
    All,
    /// With words of one's own, or a change that waits.
    Own,
    Waiting,
    Ended,
}

impl Only {
    pub const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::All, "", "全部"),
        (Self::Own, "own", "本行答法"),
        (Self::Waiting, "waiting", "待审批"),
        (Self::Ended, "ended", "已过期"),
    ];
    pub fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|(_, w, _)| *w == word).map_or(Self::All, |(only, ..)| only)
    }
}

/// Looks for questions by their words, their answer or their id, what an institution has of its own first.
///
/// # Errors
/// The database.
pub async fn list(app: &Arc<App>, tenant: TenantId, search: &str, only: Only) -> Result<Found> {
    let unit = |tx: &Tx<'_>| Ok((store::answers(tx)?, store::waiting(tx)?, tx.now()));
    let (own, changes, now) = app.db.read(Scope::Tenant(tenant), unit).await?;
    let mut own: BTreeMap<String, Answer> = own.into_iter().collect();
    let waiting = changes.len();
    let mut changes: BTreeMap<String, Change> =
        changes.into_iter().map(|c| (c.entry.clone(), c)).collect();
    let (today, search) = (now.china_day(), cleaned(search));
    let known = book()?;
    let near: Vec<&str> = if search.is_empty() {
        vec![]
    } else {
        known.find(&search, NEAR_MAX).iter().map(|h| h.entry.id.as_str()).collect()
    };
    let mut lines = vec![];
    for entry in known.entries() {
        let own = own.remove(&entry.id);
        let change = changes.remove(&entry.id);
        let state = state(own.as_ref().unwrap_or(&entry.words), own.is_some(), today);
        let line = Line { entry, own, change, state };
        let fits = match only {
            Only::All => true,
            Only::Own => line.own.is_some() || line.change.is_some(),
            Only::Waiting => line.change.is_some(),
            Only::Ended => state == State::Ended,
        };
        if fits && (search.is_empty() || line.holds(&search) || near.contains(&&*entry.id)) {
            lines.push(line);
        }
    }
    let first = |l: &Line| {
        let rank = near.iter().position(|id| *id == l.entry.id).unwrap_or(NEAR_MAX);
        (l.change.is_none(), l.own.is_none() && search.is_empty(), rank)
    };
    lines.sort_by_key(first);
    let all = lines.len();
    lines.truncate(SHOWN_MAX);
    Ok(Found { lines, all, waiting, today })
}

fn cleaned(search: &str) -> String {
    search.trim().chars().take(SEARCH_CHARS_MAX).collect()
}

fn state(words: &Answer, is_own: bool, today: i64) -> State {
    match () {
        () if words.to.is_some_and(|to| to < today) => State::Ended,
        () if is_own && words.from > today => State::Later,
        () if is_own => State::Own,
        () => State::Shared,
    }
}

impl Line {
    fn holds(&self, search: &str) -> bool {
        let texts = self.entry.ask.iter().chain([&self.entry.id, &self.entry.words.answer]);
        let own = self.own.iter().map(|w| &w.answer);
        texts.chain(own).any(|t| t.contains(search))
    }
    /// The words that count, begun or not.
    pub fn words(&self) -> &Answer {
        self.own.as_ref().unwrap_or(&self.entry.words)
    }
}

/// One question.
///
/// # Errors
/// Refused for one nobody knows.
pub async fn one(app: &Arc<App>, tenant: TenantId, entry: &str) -> Result<(Line, i64)> {
    let known = book()?.entry(entry).ok_or(NO_ENTRY)?;
    let id = known.id.clone();
    let unit = move |tx: &Tx<'_>| {
        let own = store::answers(tx)?.into_iter().find(|(e, _)| *e == id).map(|(_, words)| words);
        let change = store::waiting(tx)?.into_iter().find(|c| c.entry == id);
        Ok((own, change, tx.now().china_day()))
    };
    let (own, change, today) = app.db.read(Scope::Tenant(tenant), unit).await?;
    let state = state(own.as_ref().unwrap_or(&known.words), own.is_some(), today);
    Ok((Line { entry: known, own, change, state }, today))
}

/// Proposes words of one's own; they take the place of what was proposed for that question before.
///
/// # Errors
/// Refused for words that break a rule.
pub async fn propose(app: &Arc<App>, by: Maker, entry: &str, words: Answer) -> Result<i64> {
    fit(entry, &words)?;
    add(app, by, entry, Act::Keep, words).await
}

/// Proposes the union's words again.
///
/// # Errors
/// Refused where there are no words of one's own.
pub async fn propose_restore(app: &Arc<App>, by: Maker, entry: &str) -> Result<i64> {
    let (line, _) = one(app, by.tenant, entry).await?;
    let Some(own) = line.own else { return NOTHING_OWN.into() };
    add(app, by, entry, Act::Restore, own).await
}

async fn add(app: &Arc<App>, by: Maker, entry: &str, act: Act, words: Answer) -> Result<i64> {
    let entry = entry.to_owned();
    let unit = move |tx: &Tx<'_>| {
        let id = store::propose(tx, by.id, &entry, act, &words)?;
        audit::note(tx, Actor::Staff(by.id), "knowledge.propose", &entry, "done", act.word())?;
        Ok(id)
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await
}

/// A second person's yes or no. With a yes it counts at once, from its first day on.
///
/// # Errors
/// Refused to its maker, and when it was decided about before.
pub async fn decide(app: &Arc<App>, by: Checker, id: i64, approves: bool) -> Result<()> {
    let unit = move |tx: &Tx<'_>| {
        let change = store::change(tx, id)?.ok_or(NO_CHANGE)?;
        by.is_not(change.maker)?;
        if !store::decide(tx, id, by.id, approves)? {
            return MOVED.into();
        }
        if approves {
            match change.act {
                Act::Keep => {
                    fit(&change.entry, &change.words)?;
                    store::keep_answer(tx, change.maker, &change.entry, &change.words)?;
                }
                Act::Restore => store::drop_answer(tx, &change.entry)?,
            }
        }
        let outcome = if approves { "done" } else { "declined" };
        let actor = Actor::Staff(by.id);
        audit::note(tx, actor, "knowledge.decide", &change.entry, outcome, change.act.word())
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await
}

/// Takes an answer away at once: whoever asks reads that it is being renewed, until other words are approved.
///
/// # Errors
/// Refused for a question nobody knows.
pub async fn withdraw(app: &Arc<App>, by: Maker, entry: &str) -> Result<()> {
    let (line, today) = one(app, by.tenant, entry).await?;
    if line.own.is_none() && by.tenant == UNION {
        return UNION_ITSELF.into();
    }
    let mut words = line.words().clone();
    words.to = Some(today - 1);
    words.from = words.from.min(today - 1);
    let entry = entry.to_owned();
    let unit = move |tx: &Tx<'_>| {
        store::keep_answer(tx, by.id, &entry, &words)?;
        audit::note(tx, Actor::Staff(by.id), "knowledge.withdraw", &entry, "done", "")
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await
}
