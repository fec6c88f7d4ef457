//! Cases (业务单): applications, complaints and other wishes a person at the bank decides on, from the first answer on a form to
//! the end, with what happened and what was promised.
//!
//! One engine for all kinds; a kind is data (`forms/`, [`kinds`]). A draft is saved per step on the server, so that one can leave
//! and come back from another phone; answers are sealed at rest. *Invariant*: a customer has one open case of a kind, except of
//! kinds one may have many of; a second tap on the submission finds the first one's case. Not for: deciding (a person does, on
//! the staff pages), nor telling of progress unasked, which is the notices'.

pub mod answers;
pub mod days;
pub mod doubts;
pub mod fill;
pub mod http;
pub mod kinds;
pub mod pictures;
pub mod shapes;
mod store;
#[cfg(test)]
mod tests;
pub mod words;
pub mod work;

use crate::accounts::http::of_core;
use crate::app::App;
use crate::audit::{self, Actor};
use crate::binding::limits::{self, Window};
use crate::binding::{self, CONSENT_RENEW, NOT_BOUND};
use crate::followers::{self, Bound, BoundAccount, FollowerId};
use crate::sessions::{Customer, NO_SESSION};
use crate::vault::TenantKeys;
use crate::verbs::core_ctx;
use answers::{Answers, Given, Offers};
use base::{Error, Id, Named, Refusal, Result, Time};
use corebank::{AccountRef, CustNo, Day, Flow, Line, StatementQuery, StatementRange};
use db::{Scope, Tx};
use kinds::{Audience, Choice, Form, Settles};
use std::sync::Arc;
use store::Whose;

pub const NO_FORM: Refusal = Refusal::missing("case.kind", "没有这张表，请回到聊天里重新打开");
pub const NO_CASE: Refusal = Refusal::missing("case.none", "没有找到这一件");
pub const OPEN: Refusal = Refusal::conflict("case.open", "您已经申请过，还在办，不用再申请");
pub const MOVED: Refusal = Refusal::conflict("case.moved", "这一件刚刚有了变化，请看看再办");
pub const AGE: Refusal = Refusal::forbidden("case.age", "年龄不在能申请的范围里，可以到网点问问");
pub const NOTHING_TO: Refusal =
    Refusal::forbidden("case.not_eligible", "您名下没有能办这一项的账户，可以到网点问问");
pub const NO_LINES: Refusal =
    Refusal::forbidden("case.no_lines", "这半年没有能选的交易。更早的，请打客服电话说");
pub const TOO_EARLY: Refusal =
    Refusal::conflict("case.too_early", "上次没有通过，过些日子才能再申请");
pub const FIELDS: Refusal = Refusal::invalid("case.fields", "有几项还要改一改");
pub const URGED: Refusal = Refusal::too_many("case.urged", "今天催过了，已经记下，明天还没信再催");
pub const TOO_MANY: Refusal =
    Refusal::too_many("case.too_many", "今天提交的已经够多了，明天再办，急事请打电话");
pub const NO_MOBILE: Refusal =
    Refusal::forbidden("case.no_mobile", "银行没有登记您的手机号，请到网点办理");

/// What the codes of this feature confirm.
const PURPOSE: &str = "case";
/// Submissions of one follower in a day, drafts and complaints together.
const SUBMITTED_PER_DAY: Window = Window { kind: "case.day", ms: base::DAY_MS, max: 10 };
/// Postings a form offers: so far back, and so many of an account.
const LINES_OF_DAYS: i64 = 180;
const LINES_OFFERED_MAX: usize = 20;
/// One may ask once a day how long it takes.
const URGE_MS: i64 = base::DAY_MS;

#[derive(Debug)]
pub enum CaseRow {}
impl Named for CaseRow {
    const PREFIX: &'static str = "cas";
}
pub type CaseId = Id<CaseRow>;

/// Where a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// 草稿: only the customer knows of it.
    Draft,
    /// 已提交
    Submitted,
    /// 受理: an officer works on it.
    Accepted,
    /// 要补材料: the customer's turn.
    NeedMore,
    /// 通过; stages may follow.
    Approved,
    Declined,
    /// 撤回, by the customer.
    Withdrawn,
    /// A draft nobody came back to.
    Expired,
}

/// What may happen to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    Submit,
    Accept,
    AskMore,
    Approve,
    /// The next stage after a "yes".
    Advance,
    Decline,
    Withdraw,
}

impl State {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::Accepted => "accepted",
            Self::NeedMore => "need_more",
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }

    fn of(word: &str) -> Result<Self> {
        use State::{Accepted, Approved, Declined, Draft, Expired, NeedMore, Submitted, Withdrawn};
        let all = [Draft, Submitted, Accepted, NeedMore, Approved, Declined, Withdrawn, Expired];
        let found = all.into_iter().find(|s| s.word() == word);
        found.ok_or_else(|| Error::fault("a case in no known state"))
    }

    /// Where an event leads; `None` for one that cannot happen now.
    pub const fn next(self, event: Event) -> Option<Self> {
        match (self, event) {
            (Self::Draft | Self::NeedMore, Event::Submit) => Some(Self::Submitted),
            (Self::Submitted, Event::Accept) => Some(Self::Accepted),
            (Self::Submitted | Self::Accepted, Event::AskMore) => Some(Self::NeedMore),
            (Self::Submitted | Self::Accepted, Event::Approve)
            | (Self::Approved, Event::Advance) => Some(Self::Approved),
            (Self::Submitted | Self::Accepted | Self::NeedMore, Event::Decline) => {
                Some(Self::Declined)
            }
            (Self::Draft | Self::Submitted | Self::Accepted | Self::NeedMore, Event::Withdraw) => {
                Some(Self::Withdrawn)
            }
            _ => None,
        }
    }

    /// Whether nothing more can happen, in this stage of so many after a "yes".
    pub const fn is_over(self, stage: i64, stages: i64) -> bool {
        match self {
            Self::Declined | Self::Withdrawn | Self::Expired => true,
            Self::Approved => stage >= stages,
            Self::Draft | Self::Submitted | Self::Accepted | Self::NeedMore => false,
        }
    }
}

impl Event {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Accept => "accept",
            Self::AskMore => "ask_more",
            Self::Approve => "approve",
            Self::Advance => "advance",
            Self::Decline => "decline",
            Self::Withdraw => "withdraw",
        }
    }
}

/// A case with its answers open.
#[derive(Debug, Clone)]
pub struct Case {
    pub id: CaseId,
    pub follower: FollowerId,
    pub kind: String,
    /// What a person reads out; there from the submission on.
    pub number: Option<String>,
    pub state: State,
    /// A code of the form's `reasons`, or empty.
    pub reason: String,
    /// How many of the stages after a "yes" are reached.
    pub stage: i64,
    pub at_step: i64,
    pub version: i64,
    pub answers: Answers,
    pub saved_at: Time,
    pub submitted_at: Option<Time>,
    pub due_at: Option<Time>,
    pub ended_at: Option<Time>,
    pub urged_at: Option<Time>,
}

/// One thing that happened to a case.
#[derive(Debug, Clone)]
pub struct Happened {
    pub event: String,
    pub state: State,
    pub stage: i64,
    pub reason: String,
    pub note: String,
    pub at: Time,
}

impl Case {
    pub fn form(&self) -> Result<&'static Form> {
        kinds::of(&self.kind)?.ok_or_else(|| Error::fault("a case of no known kind"))
    }

    fn stages(&self) -> i64 {
        let count = kinds::of(&self.kind).ok().flatten().map_or(0, |f| f.after.len());
        i64::try_from(count).unwrap_or(0)
    }

    pub fn is_over(&self) -> bool {
        self.state.is_over(self.stage, self.stages())
    }

    /// Until when a draft is kept.
    fn ends_at(&self, form: &Form) -> Time {
        self.saved_at.plus_ms(form.draft_days * base::DAY_MS)
    }

    /// A draft nobody came back to, or something filled in ahead whose day is over.
    fn has_run_out(&self, form: &Form, now: Time) -> bool {
        match self.state {
            State::Draft => self.ends_at(form) <= now,
            State::Submitted => form.lapses && self.due_at.is_some_and(|due| due <= now),
            _ => false,
        }
    }

    /// The customer may write on the form.
    fn is_writable(&self) -> bool {
        matches!(self.state, State::Draft | State::NeedMore)
    }
}

/// Whoever fills in a form, with what the bank knows of them.
#[derive(Debug)]
pub struct Applicant {
    whose: Whose,
    bound: Option<Arc<Bound>>,
    offers: Offers,
}

/// Who it is; a form for the bound refuses others.
async fn applicant(app: &Arc<App>, by: &Customer, form: &Form) -> Result<Applicant> {
    let mut who = anyone(app, by).await?;
    if form.audience == Audience::Bound {
        let bound = who.bound.clone().ok_or(NOT_BOUND)?;
        if !bound.is_agreed {
            return CONSENT_RENEW.into();
        }
        who.offers.lines = lines(app, by, &bound, form).await?;
    }
    Ok(who)
}

/// What was posted of late to the accounts a form asks about, newest first. Without such a question the core is not asked.
async fn lines(
    app: &Arc<App>,
    by: &Customer,
    bound: &Bound,
    form: &Form,
) -> Result<Vec<(String, Choice)>> {
    let mut found = vec![];
    let wanted = |kind: &String| {
        form.fields().any(|f| f.kind == kinds::FieldKind::Line && f.of.contains(kind))
    };
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let to = Day::at(app.clock().now());
    let asked: Vec<_> = bound.accounts.iter().filter(|a| wanted(&a.kind)).collect();
    for own in &asked {
        let account = AccountRef::new(&own.number);
        let from = to.plus_days(-LINES_OF_DAYS);
        let range = StatementRange { account, from, to, flow: Flow::All, q: None };
        let ask = StatementQuery { range, cursor: None, limit: LINES_OFFERED_MAX };
        let page = app.core.transactions(&ctx, &ask).await.map_err(of_core)?;
        let which = if asked.len() > 1 {
            format!("（{}{}）", own.label, own.tail)
        } else {
            String::new()
        };
        found.extend(page.lines.iter().map(|l| (own.kind.clone(), line_choice(own, l, &which))));
    }
    Ok(found)
}

/// 11月20日 加油站 -200.00
fn line_choice(own: &BoundAccount, line: &Line, which: &str) -> Choice {
    let (_, month, day, ..) = line.at.china();
    let label = if line.counterparty.is_empty() { &line.label } else { &line.counterparty };
    let sign = if line.is_in { '+' } else { '-' };
    let label = format!("{month}月{day}日 {label} {sign}{}{which}", line.amount);
    Choice { value: format!("{}:{}", own.id, line.id.as_str()), label }
}

/// Whoever opened the page, bound or not.
async fn anyone(app: &Arc<App>, by: &Customer) -> Result<Applicant> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (follower, behind) = (by.follower, app.behind.clone());
    let unit = move |tx: &Tx<'_>| {
        let found = followers::store::by_id(tx, follower)?.map(|f| f.open(&keys, &behind));
        let bound = found.transpose()?.ok_or(NO_SESSION)?.bound;
        let customer = bound.as_ref().map(|b| keys.blind("customer", &b.customer));
        let branches = store::branches(tx)?;
        Ok((bound, customer, branches))
    };
    let (bound, customer, branches) = app.db.read(Scope::Tenant(by.tenant), unit).await?;
    let own = bound.iter().flat_map(|b| &b.accounts);
    let accounts = own.map(|a| {
        let label = format!("{} {}", a.label, a.tail);
        (a.kind.clone(), Choice { value: a.id.clone(), label })
    });
    let branch = |(id, name): (i64, String)| Choice { value: id.to_string(), label: name };
    let offers = Offers {
        accounts: accounts.collect(),
        branches: branches.into_iter().map(branch).collect(),
        lines: vec![],
    };
    Ok(Applicant { whose: Whose { follower, customer }, bound, offers })
}

/// Whether this customer may begin now; a refusal says why not and what to do.
pub async fn may_begin(
    app: &Arc<App>,
    tenant: base::TenantId,
    follower: FollowerId,
    bound: Option<&Bound>,
    form: &Form,
) -> Result<()> {
    let Some(bound) = bound else { return Ok(()) };
    let lacks = form.fields().find(|f| {
        let has = |kind: &String| bound.accounts.iter().any(|a| a.kind == *kind);
        let asks = matches!(f.kind, kinds::FieldKind::Account | kinds::FieldKind::Line);
        asks && f.required && !f.of.iter().any(has)
    });
    if lacks.is_some() {
        return NOTHING_TO.into();
    }
    let Some([youngest, oldest]) = form.age else { return Ok(()) };
    let ctx = core_ctx(app, tenant, follower.raw());
    let profile = app.core.customer(&ctx, &CustNo::new(&bound.customer)).await.map_err(of_core)?;
    match profile.age {
        Some(age) if !(youngest..=oldest).contains(&age) => {
            let words =
                format!("{}要 {youngest} 到 {oldest} 岁。可以到网点问问别的办法。", form.title);
            AGE.say(words).into()
        }
        _ => Ok(()),
    }
}

/// Someone's cases with what happened to each, newest first. What ended long ago falls off the end.
pub fn of_someone(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    bound: Option<&Bound>,
) -> Result<Vec<Case>> {
    let customer = bound.map(|b| keys.blind("customer", &b.customer));
    opened(tx, keys, &Whose { follower, customer })
}

fn opened(tx: &Tx<'_>, keys: &TenantKeys, whose: &Whose) -> Result<Vec<Case>> {
    let now = tx.now();
    let mut cases = vec![];
    for stored in store::list(tx, whose)? {
        let mut case = stored.open(keys)?;
        // The sweep comes by the hour; for the customer it is over at its moment.
        if case.has_run_out(case.form()?, now) {
            case.state = State::Expired;
            case.answers = Answers::default();
        }
        cases.push(case);
    }
    Ok(cases)
}

/// The open case of a kind, a draft included.
fn open_case<'c>(cases: &'c [Case], kind: &str) -> Option<&'c Case> {
    cases.iter().find(|c| c.kind == kind && !c.is_over())
}

/// A "no" not long ago: when one may ask again.
fn again_at(cases: &[Case], form: &Form, now: Time) -> Option<Time> {
    let last = cases.iter().find(|c| c.kind == form.id && c.state == State::Declined)?;
    let at = last.ended_at?.plus_ms(form.again_after_days * base::DAY_MS);
    (at > now).then_some(at)
}

pub fn refuse_early(cases: &[Case], form: &Form, now: Time) -> Result<()> {
    match again_at(cases, form, now) {
        None => Ok(()),
        Some(at) => {
            let words = format!("上次没有通过，{}以后可以再申请。", days::day_words(at));
            TOO_EARLY.say(words).into()
        }
    }
}

/// One of this customer's cases; another's is not there.
fn own(cases: Vec<Case>, id: CaseId) -> Result<Case> {
    cases.into_iter().find(|c| c.id == id).ok_or_else(|| NO_CASE.into())
}

/// One of this customer's cases with what happened to it.
#[derive(Debug)]
pub struct Told {
    pub case: Case,
    pub form: &'static Form,
    pub events: Vec<Happened>,
}

fn told(tx: &Tx<'_>, keys: &TenantKeys, case: Case) -> Result<Told> {
    let form = case.form()?;
    let events = store::events(tx, keys, case.id)?;
    Ok(Told { case, form, events })
}

/// The customer's cases, newest first, and the bank's clock.
pub async fn list(app: &Arc<App>, by: &Customer) -> Result<(Vec<Told>, Time)> {
    let who = anyone(app, by).await?;
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let unit = move |tx: &Tx<'_>| {
        let cases = opened(tx, &keys, &who.whose)?;
        let all = cases.into_iter().map(|c| told(tx, &keys, c)).collect::<Result<Vec<_>>>()?;
        Ok((all, tx.now()))
    };
    app.db.read(Scope::Tenant(by.tenant), unit).await
}

/// Does something with one of the customer's cases, and tells how it stands then.
async fn change(
    app: &Arc<App>,
    by: &Customer,
    id: CaseId,
    act: fn(&Tx<'_>, &TenantKeys, &Case) -> Result<()>,
) -> Result<(Told, Time)> {
    let who = anyone(app, by).await?;
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let unit = move |tx: &Tx<'_>| {
        act(tx, &keys, &own(opened(tx, &keys, &who.whose)?, id)?)?;
        let case = own(opened(tx, &keys, &who.whose)?, id)?;
        Ok((told(tx, &keys, case)?, tx.now()))
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await
}

/// 撤回. A draft leaves nothing behind; a second tap changes nothing.
pub async fn withdraw(app: &Arc<App>, by: &Customer, id: CaseId) -> Result<(Told, Time)> {
    change(app, by, id, |tx, keys, case| {
        if case.state == State::Withdrawn {
            return Ok(());
        }
        let by = Actor::Follower(case.follower.raw());
        happen(tx, keys, by, case, Event::Withdraw, ("", ""))?;
        if case.state == State::Draft { store::wipe(tx, case.id) } else { Ok(()) }
    })
    .await
}

/// 催办, once a day; whoever decides sees it.
pub async fn urge(app: &Arc<App>, by: &Customer, id: CaseId) -> Result<(Told, Time)> {
    change(app, by, id, |tx, keys, case| {
        if !matches!(case.state, State::Submitted | State::Accepted) {
            return MOVED.into();
        }
        if case.urged_at.is_some_and(|at| tx.now().since(at) < URGE_MS) {
            return URGED.into();
        }
        store::urge(tx, case.id)?;
        store::tell(tx, keys, case.id, "urge", (case.state, case.stage), ("", ""))?;
        let by = Actor::Follower(case.follower.raw());
        audit::note(tx, by, "case.urge", &case.id.to_string(), "done", &case.kind)
    })
    .await
}

/// Moves a case and writes down what happened, in the caller's unit.
fn happen(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    by: Actor<'_>,
    case: &Case,
    event: Event,
    (reason, note): (&str, &str),
) -> Result<()> {
    let to = case.state.next(event).ok_or(MOVED)?;
    let stage = if event == Event::Advance { case.stage + 1 } else { case.stage };
    if stage > case.stages() || !store::turn(tx, case, to, reason, stage)? {
        return MOVED.into();
    }
    store::tell(tx, keys, case.id, event.word(), (to, stage), (reason, note))?;
    if case.form()?.settles == Some(Settles::Binding) {
        binding::disowned(tx, case.id, event)?;
    }
    let act = format!("case.{}", event.word());
    audit::note(tx, by, &act, &case.id.to_string(), "done", &case.kind)
}

/// What happened to a case, oldest first.
pub fn events(tx: &Tx<'_>, keys: &TenantKeys, case: &Case) -> Result<Vec<Happened>> {
    store::events(tx, keys, case.id)
}

/// Whether this follower may hand in one more today.
pub fn may_submit(tx: &Tx<'_>, keys: &TenantKeys, follower: FollowerId) -> Result<bool> {
    let subject = keys.blind("follower", &follower.to_string());
    Ok(limits::left(tx, &subject, SUBMITTED_PER_DAY)?.0 > 0)
}

/// The submission: number, promise, and the way to the officer's list.
fn hand_in(tx: &Tx<'_>, keys: &TenantKeys, case: &Case, form: &Form) -> Result<()> {
    let subject = keys.blind("follower", &case.follower.to_string());
    if !limits::count(tx, &subject, SUBMITTED_PER_DAY)? {
        return TOO_MANY.into();
    }
    let by = Actor::Follower(case.follower.raw());
    happen(tx, keys, by, case, Event::Submit, ("", ""))?;
    let number = match &case.number {
        Some(number) => number.clone(),
        None => store::next_number(tx)?,
    };
    store::promise(tx, case.id, &number, days::due(tx.now(), form.within))
}

/// A case that needs no page: said in chat and handed in at once (a complaint). Runs in the turn's own unit.
pub fn say(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    kind: &str,
    given: &Given,
) -> Result<Case> {
    let form = kinds::of(kind)?.filter(|f| f.many).ok_or(NO_FORM)?;
    let mut answers = Answers::default();
    for step in &form.step {
        answers::keep(form, step, &mut answers, given);
    }
    if !answers::judge(form.fields(), &mut answers, &Offers::default()).is_empty() {
        return FIELDS.into();
    }
    let id = store::add(tx, keys, (follower, None), (kind, None), &answers)?;
    let id = id.ok_or_else(|| Error::fault("a case of one's own was there already"))?;
    hand_in(tx, keys, &again(tx, keys, id)?, form)?;
    again(tx, keys, id)
}

/// A case that another feature files for a customer who is bound. While one of the kind is open, that one stands.
pub fn file(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    kind: &str,
    given: &Given,
    own: &BoundAccount,
) -> Result<()> {
    let form = kinds::of(kind)?.filter(|f| f.filed).ok_or(NO_FORM)?;
    let label = format!("{} {}", own.label, own.tail);
    let account = (own.kind.clone(), Choice { value: own.id.clone(), label });
    let offers = Offers { accounts: vec![account], ..Offers::default() };
    let mut answers = Answers::default();
    for step in &form.step {
        answers::keep(form, step, &mut answers, given);
    }
    if !answers::judge(form.fields(), &mut answers, &offers).is_empty() {
        return FIELDS.into();
    }
    let binding = store::binding(tx, follower)?;
    match store::add(tx, keys, (follower, binding), (kind, Some(kind)), &answers)? {
        Some(id) => hand_in(tx, keys, &again(tx, keys, id)?, form),
        None => Ok(()),
    }
}

/// A case, wherever it stands; none where it is gone.
pub fn by_id(tx: &Tx<'_>, keys: &TenantKeys, id: CaseId) -> Result<Option<Case>> {
    store::by_id(tx, id)?.map(|found| found.open(keys)).transpose()
}

fn again(tx: &Tx<'_>, keys: &TenantKeys, id: CaseId) -> Result<Case> {
    let found = store::by_id(tx, id)?.ok_or_else(|| Error::fault("a case just written is gone"))?;
    found.open(keys)
}

/// Ends drafts nobody came back to and what was filled in ahead for a day that is over; what was typed goes. Over all banks.
pub fn sweep(tx: &Tx<'_>) -> Result<()> {
    for form in kinds::all()?.values() {
        let before = tx.now().plus_ms(-form.draft_days * base::DAY_MS);
        store::drafts_over(tx, &form.id, before)?;
        if form.lapses {
            store::lapsed(tx, &form.id)?;
        }
    }
    Ok(())
}
