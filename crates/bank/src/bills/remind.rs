//! Reminders (缴费提醒): on a day of each month the biller of a household is asked what is owed, and who is to pay hears it.
//!
//! *Invariants.* At most one word for a reminder and a due day: the row moves on to its next day in the unit that enqueues the
//! word. Of several that come due together one job tells all, and takes them before it speaks. Nothing is owed: nothing is said. A biller that is silent is asked again the same day; if it stays so, that is said
//! once. Unbinding ends it. Not for: paying; the word leads to the ordinary draft.

use super::{Home, HouseholdId, Remembered, pay_item, store};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::followers::{self, Bound, FollowerId};
use crate::jobs::Job;
use crate::payments::{Card, Line, When, day_words, say};
use crate::plans::Plans;
use crate::vault::TenantKeys;
use base::{Error, Fen, Id, Named, Refusal, Result, TenantId, Time};
use corebank::bills::{BillAsk, BillKind};
use corebank::{CoreError, Day, Reject};
use db::{FromRow, Row, Scope, Tx, params};
use std::sync::Arc;

#[derive(Debug)]
pub enum ReminderRow {}
impl Named for ReminderRow {
    const PREFIX: &'static str = "rmd";
}
pub type ReminderId = Id<ReminderRow>;

/// The day of the month when none is said: meters are read in its first days.
pub const DAY: i64 = 10;
/// A biller that is silent is asked again after this time, the same day.
const RETRY_MS: i64 = 30 * 60_000;
/// From this minute of the day on it is not asked again: who waits for the word would be asleep.
const LAST_MINUTE: i64 = 20 * 60;
/// Households named in one sentence.
const NAMED: usize = 5;
/// While others of the customer are still to be looked at, the word waits for them so long.
const GATHER_MS: i64 = 20_000;

pub const NO_HOUSEHOLD: Refusal = Refusal::missing("bill.no_household", "没有记下的缴费户");
pub const MISSING: Refusal = Refusal::missing("plan.missing", "没有找到这一项，没有停");

/// A reminder's row.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    id: ReminderId,
    pub(super) follower: FollowerId,
    pub(super) binding: i64,
    pub(super) household: HouseholdId,
    state: String,
    version: i64,
    when: When,
    due_day: i64,
    pub(super) said: String,
    pub(super) said_fen: Fen,
    said_day: i64,
}

impl FromRow for Kept {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: r.next()?,
            follower: r.next()?,
            binding: r.next()?,
            household: r.next()?,
            state: r.next()?,
            version: r.next()?,
            when: When::monthly(r.next()?, r.next()?),
            due_day: r.next()?,
            said: r.next()?,
            said_fen: r.next()?,
            said_day: r.next()?,
        })
    }
}

pub(super) fn by_id(tx: &Tx<'_>, id: ReminderId) -> Result<Option<Kept>> {
    tx.opt(
        "SELECT id, follower_id, binding_id, household_id, state, version, day_no, minute_no, due_day, said, said_fen, said_day \
         FROM bill_reminder WHERE tenant_id = $1 AND id = $2",
        params![tx.tenant(), id],
    )
}

fn live(tx: &Tx<'_>, binding: i64) -> Result<Vec<Kept>> {
    tx.all(
        "SELECT id, follower_id, binding_id, household_id, state, version, day_no, minute_no, due_day, said, said_fen, said_day \
         FROM bill_reminder WHERE tenant_id = $1 AND binding_id = $2 AND state = 'live' ORDER BY due_day, id",
        params![tx.tenant(), binding],
    )
}

/// Of which households, and when first.
#[derive(Debug)]
pub struct Set {
    /// 老屋的电费、老屋的水费
    pub what: String,
    /// 每月10日 09:00
    pub when: String,
    /// 12月10日
    pub first: String,
}

/// Reminds of the households of a kind (`None`: of all) that are called so; one that was reminded of has a new day.
pub fn set(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (follower, bound): (FollowerId, &Bound),
    (kind, called): (Option<BillKind>, &str),
    when: When,
) -> Result<Set> {
    let is_meant = |r: &Remembered| {
        kind.is_none_or(|k| r.home.kind == k) && (called.is_empty() || r.home.called == called)
    };
    let mut homes = store::homes(tx, keys, &bound.customer)?;
    homes.retain(is_meant);
    if homes.is_empty() {
        return NO_HOUSEHOLD.into();
    }
    let first = when.first(tx.now()).ok_or_else(|| Error::fault("a month without a day"))?;
    let binding = bound.binding.raw();
    let known = live(tx, binding)?;
    for Remembered { id, .. } in &homes {
        match known.iter().find(|k| k.household == *id) {
            Some(row) => change(tx, row, when, first)?,
            None => add(tx, follower, binding, *id, when, first)?,
        }
    }
    let named = homes.iter().take(NAMED).map(|r| title(&r.home)).collect::<Vec<_>>().join("、");
    let what = if homes.len() > NAMED { format!("{named}等{}户", homes.len()) } else { named };
    Ok(Set { what, when: when.words(), first: day_words(first) })
}

fn add(
    tx: &Tx<'_>,
    follower: FollowerId,
    binding: i64,
    household: HouseholdId,
    when: When,
    first: Day,
) -> Result<()> {
    let id: ReminderId = tx.new_id();
    tx.exec(
        "INSERT INTO bill_reminder (tenant_id, id, follower_id, binding_id, household_id, state, version, day_no, minute_no, \
         due_day, next_at_ms, said, said_fen, said_day, made_at_ms) \
         VALUES ($1, $2, $3, $4, $5, 'live', 1, $6, $7, $8, $9, '', 0, 0, $10)",
        params![
            tx.tenant(),
            id,
            follower,
            binding,
            household,
            when.day_of_month(),
            when.minute,
            first.number(),
            when.at(first),
            tx.now()
        ],
    )?;
    let by = Actor::Follower(follower.raw());
    audit::note(tx, by, "reminder.set", &id.to_string(), "done", &when.day_of_month().to_string())
}

fn change(tx: &Tx<'_>, row: &Kept, when: When, first: Day) -> Result<()> {
    tx.exec(
        "UPDATE bill_reminder SET day_no = $1, minute_no = $2, due_day = $3, next_at_ms = $4, version = version + 1 \
         WHERE tenant_id = $5 AND id = $6 AND state = 'live'",
        params![
            when.day_of_month(),
            when.minute,
            first.number(),
            when.at(first),
            tx.tenant(),
            row.id
        ],
    )?;
    let by = Actor::Follower(row.follower.raw());
    let day = when.day_of_month().to_string();
    audit::note(tx, by, "reminder.set", &row.id.to_string(), "done", &day)
}

/// A reminder as the chat lists it.
#[derive(Debug)]
pub struct Waiting {
    pub id: ReminderId,
    pub what: String,
    pub when: String,
    pub next: String,
}

/// What a customer is reminded of, the next one first.
pub fn waiting(tx: &Tx<'_>, keys: &TenantKeys, bound: &Bound) -> Result<Vec<Waiting>> {
    let homes = store::homes(tx, keys, &bound.customer)?;
    let one = |row: Kept| {
        let home = homes.iter().find(|r| r.id == row.household)?;
        let next = Day::of_number(row.due_day).map(day_words).unwrap_or_default();
        Some(Waiting { id: row.id, what: title(&home.home), when: row.when.words(), next })
    };
    Ok(live(tx, bound.binding.raw())?.into_iter().filter_map(one).collect())
}

/// Reminds no more; of what. Stopped twice it is stopped.
pub fn stop(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (follower, bound): (FollowerId, &Bound),
    id: ReminderId,
) -> Result<String> {
    let row = by_id(tx, id)?.filter(|r| r.binding == bound.binding.raw()).ok_or(MISSING)?;
    let stopped = tx.exec_one(
        "UPDATE bill_reminder SET state = 'off', next_at_ms = NULL, ended_at_ms = $1, version = version + 1 \
         WHERE tenant_id = $2 AND id = $3 AND state = 'live'",
        params![tx.now(), tx.tenant(), id],
    )?;
    if stopped {
        let by = Actor::Follower(follower.raw());
        audit::note(tx, by, "reminder.stop", &id.to_string(), "done", "")?;
    }
    let home = store::home(tx, keys, row.household)?;
    Ok(home.map(|h| title(&h)).unwrap_or_default())
}

/// 老屋的电费
pub fn title(home: &Home) -> String {
    format!("{}的{}", home.title(), home.kind.fee())
}

const PLANS: Plans = Plans {
    what: "reminder",
    due: "SELECT tenant_id, id FROM bill_reminder WHERE next_at_ms <= $1 ORDER BY next_at_ms LIMIT $2",
    is_due: "SELECT COUNT(*) FROM bill_reminder WHERE tenant_id = $1 AND id = $2 AND next_at_ms <= $3",
    put_off: "UPDATE bill_reminder SET next_at_ms = $1 WHERE tenant_id = $2 AND id = $3 AND next_at_ms <= $4",
};

/// Looks once at every reminder that is due; how many could be looked at.
pub async fn run_due(app: &Arc<App>) -> Result<usize> {
    PLANS.run_due(app, |app, tenant, id| async move { come_due(&app, tenant, id).await }).await
}

/// What a due day comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    Owed(Fen),
    Nothing,
    /// Nobody could say, the whole day.
    Silent,
    /// The biller knows the household no more.
    Gone,
    /// Whoever wanted to be reminded has unbound.
    Over,
}

impl Came {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Owed(_) => "owed",
            Self::Silent => "silent",
            Self::Gone => "gone",
            Self::Nothing | Self::Over => "",
        }
    }
}

pub(crate) async fn come_due(app: &Arc<App>, tenant: TenantId, id: ReminderId) -> Result<()> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let behind = app.behind.clone();
    let unit = move |tx: &Tx<'_>| {
        let is_due = PLANS.is_due(tx, id)?;
        let Some(row) = by_id(tx, id)?.filter(|r| is_due && r.state == "live") else {
            return Ok(None);
        };
        let found = followers::store::by_id(tx, row.follower)?;
        let bound = found.map(|f| f.open(&keys, &behind)).transpose()?.and_then(|s| s.bound);
        let home = store::home(tx, &keys, row.household)?;
        Ok(Some((row, bound, home)))
    };
    let Some((row, bound, home)) = app.db.read(Scope::Tenant(tenant), unit).await? else {
        return Ok(());
    };
    let came = match (bound.filter(|b| b.binding.raw() == row.binding), home) {
        (Some(bound), _) if bound.is_frozen || !bound.is_agreed => Came::Nothing,
        (Some(_), Some(home)) => match ask(app, tenant, &row, &home).await? {
            Came::Silent if is_early(&row, app.clock().now()) => {
                return PLANS.put_off(app, tenant, id, RETRY_MS).await;
            }
            came => came,
        },
        (None, _) | (_, None) => Came::Over,
    };
    let unit = move |tx: &Tx<'_>| note(tx, &row, came);
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// Whether the biller may still be asked again on the due day.
fn is_early(row: &Kept, now: Time) -> bool {
    let is_today = Day::at(now).number() == row.due_day;
    is_today && now.plus_ms(RETRY_MS) < When { minute: LAST_MINUTE, ..row.when }.at(Day::at(now))
}

pub(super) async fn ask(app: &App, tenant: TenantId, row: &Kept, home: &Home) -> Result<Came> {
    let Some(desk) = app.core.bill_desk() else { return Ok(Came::Gone) };
    let ctx = crate::verbs::core_ctx(app, tenant, row.follower.raw());
    let ask = BillAsk { biller: home.biller.clone(), number: home.number.clone() };
    Ok(match desk.bill(&ctx, &ask).await {
        Ok(due) if due.owed > Fen::ZERO => Came::Owed(due.owed),
        Ok(_) => Came::Nothing,
        Err(CoreError::Rejected(
            Reject::NotFound | Reject::Unsupported | Reject::Validation { .. },
        )) => Came::Gone,
        Err(e) => {
            tracing::warn!(error = %e, reminder = %row.id, "a biller cannot be asked for a reminder");
            Came::Silent
        }
    })
}

/// One due day of a reminder, all of it or nothing.
fn note(tx: &Tx<'_>, row: &Kept, came: Came) -> Result<()> {
    let is_over = matches!(came, Came::Gone | Came::Over);
    let next = row.when.first(tx.now()).filter(|_| !is_over);
    let others: i64 = tx.one(
        "SELECT COUNT(*) FROM bill_reminder WHERE tenant_id = $1 AND binding_id = $2 AND state = 'live' AND id <> $3 \
         AND next_at_ms <= $4",
        params![tx.tenant(), row.binding, row.id, tx.now()],
    )?;
    let owed = if let Came::Owed(owed) = came { owed } else { Fen::ZERO };
    let moved = tx.exec_one(
        "UPDATE bill_reminder SET state = $1, due_day = $2, next_at_ms = $3, said = $4, said_fen = $5, said_day = $6, \
         ended_at_ms = $7, version = version + 1 WHERE tenant_id = $8 AND id = $9 AND state = 'live' AND version = $10",
        params![
            if next.is_some() { "live" } else { "over" },
            next.map_or(row.due_day, Day::number),
            next.map(|day| row.when.at(day)),
            came.word(),
            owed,
            row.due_day,
            next.is_none().then(|| tx.now()),
            tx.tenant(),
            row.id,
            row.version
        ],
    )?;
    if !moved {
        return Ok(());
    }
    audit::note(
        tx,
        Actor::House("reminders"),
        "reminder.due",
        &row.id.to_string(),
        "done",
        came.word(),
    )?;
    if came.word().is_empty() {
        return Ok(());
    }
    let at = if others > 0 { tx.now().plus_ms(GATHER_MS) } else { tx.now() };
    Job::TellReminder { reminder: row.id, due: row.due_day }.enqueue(tx, at)
}

/// Takes everything of this due day that the customer has not been told, on behalf of one reminder's job; run again, the same.
fn take(tx: &Tx<'_>, id: ReminderId, due: i64) -> Result<Vec<Kept>> {
    let Some(row) = by_id(tx, id)?.filter(|r| r.said_day == due) else { return Ok(vec![]) };
    tx.exec(
        "UPDATE bill_reminder SET told_day = $1, told_by = $2 \
         WHERE tenant_id = $3 AND binding_id = $4 AND said_day = $1 AND said <> '' AND told_day <> $1",
        params![due, id.raw(), tx.tenant(), row.binding],
    )?;
    let all: Vec<ReminderId> = tx.all(
        "SELECT id FROM bill_reminder WHERE tenant_id = $1 AND binding_id = $2 AND said_day = $3 AND told_day = $3 AND told_by = $4 \
         ORDER BY +id",
        params![tx.tenant(), row.binding, due, id.raw()],
    )?;
    all.into_iter().filter_map(|id| by_id(tx, id).transpose()).collect()
}

/// Says in chat what a due day came to, for all households that came due on it.
pub async fn tell(app: &Arc<App>, tenant: TenantId, id: ReminderId, due: i64) -> Result<()> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let unit = move |tx: &Tx<'_>| {
        let mut all = vec![];
        for row in take(tx, id, due)? {
            if let Some(home) = store::home(tx, &keys, row.household)? {
                all.push((row, home));
            }
        }
        Ok(all)
    };
    let all = app.db.write(Scope::Tenant(tenant), unit).await?;
    let Some((first, _)) = all.first() else { return Ok(()) };
    let follower = first.follower;
    let mut lines = pays(&all);
    if all.iter().any(|(row, _)| row.said == "owed") {
        let (household, label) = (String::new(), "明天再提醒我".to_owned());
        lines.push(Line::pays("remind_tomorrow", household, label));
    }
    say(app, tenant, follower, told(&all), Card::Lines(lines)).await
}

/// What pays each of them.
pub(super) fn pays(all: &[(Kept, Home)]) -> Vec<Line> {
    let pays = |(row, home): &(Kept, Home)| {
        let label = if all.len() > 1 { title(home) } else { String::new() };
        Line::pays(pay_item(home.kind), format!("home:{}", row.household.raw()), label)
    };
    all.iter().filter(|(row, _)| row.said != "gone").map(pays).collect()
}

/// One sentence, or a line for each household.
pub(super) fn told(all: &[(Kept, Home)]) -> String {
    if let [(row, home)] = all {
        return format!("缴费提醒：{}", words(row, home));
    }
    let lines: Vec<_> = all.iter().map(|(row, home)| words(row, home)).collect();
    let owed = all.iter().filter(|(row, _)| row.said == "owed").map(|(row, _)| row.said_fen);
    let sum = owed.clone().try_fold(Fen::ZERO, Fen::checked_add);
    let sum = sum.filter(|_| owed.count() > 1).map(|s| format!("\n一共 {s} 元。"));
    format!("缴费提醒：\n{}{}", lines.join("\n"), sum.unwrap_or_default())
}

fn words(row: &Kept, home: &Home) -> String {
    let fee = home.kind.fee();
    let whose = format!("{}（{}尾号{}）", home.title(), home.label, home.tail());
    match row.said.as_str() {
        // Whoever has not paid owes nothing: they are not insured.
        "owed" if home.kind.insurance().is_some() => {
            format!("{whose}的{fee}还没交齐，全家交齐要 {} 元。", row.said_fen)
        }
        "owed" => format!("{whose}的{fee}现在欠 {} 元。", row.said_fen),
        "gone" => format!("{}查不到{whose}了，这个提醒停了。", home.biller_name),
        _ => {
            format!("该看看{whose}的{fee}了。{}今天没有回话，欠多少没查到。", home.biller_name)
        }
    }
}
