//! Points given to a project: the lots they come from, the project's ledger and the lamp's number, all in one unit.
//!
//! The projects of one core are of all its institutions: a project's row and number stand with its owner, whoever gives.

use super::id_of;
use super::store::{self, Came};
use crate::day::Day;
use crate::error::{CoreError, Reject};
use crate::gifts::{GiftFate, GiftQuery, GiftTally, Gifts, Given, PointGift, ProjectRef};
use crate::model::{AccountRef, CustNo};
use crate::port::{Answer, Ctx};
use crate::sandbox::queries::{self, Said, day, no};
use crate::sandbox::seal::TenantKeys;
use crate::sandbox::{Sandbox, cards, commands, number};
use base::{DAY_MS, Error, Result, TenantId, Time};
use db::{FromRow, Row, Tx, params};
use std::fmt::Write as _;

const GIVE: &str = "gift";
const VOID: &str = "gift_void";
/// Cards one gift may take from, and points it may have.
const CARDS_MAX: usize = 20;
const POINTS_MAX: i64 = 10_000_000;
const CODE_CHARS_MAX: usize = 32;

/// A project as the sandbox is told of it.
#[derive(Debug, Clone)]
pub struct NewProject {
    pub code: String,
    /// What it had when its ledger began here.
    pub carried_lamps: i64,
    pub carried_points: i64,
}

impl Sandbox {
    /// Opens a project's ledger; false when it is there already.
    pub async fn add_project(&self, owner: TenantId, project: NewProject) -> Result<bool> {
        self.unit(owner, move |tx, _| open(tx, &project)).await
    }
}

fn open(tx: &Tx<'_>, new: &NewProject) -> Result<bool> {
    let fresh = tx.exec(
        "INSERT INTO core_gift_project (tenant_id, project, carried_lamps, carried_points, lamps, points)
         VALUES ($1, $2, $3, $4, $3, $4) ON CONFLICT (tenant_id, project) DO NOTHING",
        params![tx.tenant(), new.code.as_str(), new.carried_lamps, new.carried_points],
    )?;
    Ok(fresh == 1)
}

impl Gifts for Sandbox {
    fn give_points<'a>(&'a self, ctx: &'a Ctx, gift: &'a PointGift) -> Answer<'a, Given> {
        Box::pin(async move {
            let (id, gift) = (id_of(ctx)?, gift.clone());
            validate(&gift)?;
            self.tell(ctx, "give_points", move |tx, keys| give(tx, keys, &id, &gift)).await
        })
    }

    fn gift<'a>(&'a self, ctx: &'a Ctx, ask: &'a GiftQuery) -> Answer<'a, GiftFate> {
        let ask = ask.clone();
        // A write: a reader that lags behind would say that nothing is known.
        Box::pin(self.tell(ctx, "gift", move |tx, _| fate(tx, &ask)))
    }

    fn void_gift<'a>(&'a self, ctx: &'a Ctx, original: &'a str) -> Answer<'a, Given> {
        Box::pin(async move {
            let (id, original) = (id_of(ctx)?, original.to_owned());
            self.tell(ctx, "void_gift", move |tx, keys| void(tx, keys, &id, &original)).await
        })
    }

    fn open_project<'a>(&'a self, ctx: &'a Ctx, code: &'a str) -> Answer<'a, ()> {
        let new = NewProject { code: code.to_owned(), carried_lamps: 0, carried_points: 0 };
        Box::pin(async move {
            is_code(code)?;
            self.tell(ctx, "open_project", move |tx, _| open(tx, &new).map(|_| Ok(()))).await
        })
    }

    fn tally<'a>(&'a self, ctx: &'a Ctx, project: &'a ProjectRef) -> Answer<'a, GiftTally> {
        let project = project.clone();
        Box::pin(self.ask(ctx, "tally", move |tx, _| {
            let found: Option<(i64, i64)> = tx.opt(
                "SELECT points, lamps FROM core_gift_project WHERE tenant_id = $1 AND project = $2",
                params![project.owner, project.code.as_str()],
            )?;
            let tally = found.map(|(points, lamps)| GiftTally { points, lamps });
            Ok(tally.ok_or_else(|| Reject::NotFound.into()))
        }))
    }
}

/// What is wrong with a gift whatever the books say. It uses up no request id.
fn validate(gift: &PointGift) -> std::result::Result<(), CoreError> {
    let invalid = |field| Err(CoreError::from(Reject::Validation { field }));
    if !(1..=POINTS_MAX).contains(&gift.points) {
        return invalid("points");
    }
    let is_twice = |(at, card): (usize, &AccountRef)| gift.cards[..at].contains(card);
    if !(1..=CARDS_MAX).contains(&gift.cards.len()) || gift.cards.iter().enumerate().any(is_twice) {
        return invalid("cards");
    }
    is_code(&gift.project.code)
}

fn is_code(code: &str) -> std::result::Result<(), CoreError> {
    let fits = (1..=CODE_CHARS_MAX).contains(&code.len());
    if fits { Ok(()) } else { Err(Reject::Validation { field: "project" }.into()) }
}

fn hash(keys: &TenantKeys, gift: &PointGift) -> Result<Vec<u8>> {
    let mut text = String::new();
    let parts = [gift.cust.as_str(), &gift.project.code];
    for part in parts.into_iter().chain(gift.cards.iter().map(AccountRef::as_str)) {
        // Writing into a String cannot fail. Length first, so that two lists never read alike.
        let _ = write!(text, "{}:{part}", part.len());
    }
    let (owner, until) = (gift.project.owner.raw(), gift.valid_until.ms());
    let _ = write!(text, "|{owner}|{}|{until}", gift.points);
    keys.index(GIVE, &text)
}

/// A gift that was made.
struct GiftRow {
    project: ProjectRef,
    points: i64,
    lamp: i64,
    left: i64,
    core_date: i64,
    at: Time,
    voided_by: Option<String>,
}

impl FromRow for GiftRow {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let (owner, code) = (row.next()?, row.next()?);
        Ok(Self {
            project: ProjectRef { owner, code },
            points: row.next()?,
            lamp: row.next()?,
            left: row.next()?,
            core_date: row.next()?,
            at: row.next()?,
            voided_by: row.next()?,
        })
    }
}

impl GiftRow {
    fn given(self, is_void: bool) -> Result<Given> {
        let Self { project, points, lamp, left, core_date, at, .. } = self;
        Ok(Given {
            core_serial: format!("{core_date}-{}-{}-{lamp}", project.owner.raw(), project.code),
            core_date: day(core_date)?,
            at,
            project,
            points,
            lamp,
            left,
            is_void,
        })
    }
}

fn made(tx: &Tx<'_>, request_id: &str) -> Result<Option<GiftRow>> {
    tx.opt(
        "SELECT owner_id, project, points, lamp_no, left_points, core_date, given_at_ms, voided_by
           FROM core_gift WHERE tenant_id = $1 AND request_id = $2",
        params![tx.tenant(), request_id],
    )
}

/// The gift that a command took back.
fn undone(tx: &Tx<'_>, voided_by: &str) -> Result<Option<GiftRow>> {
    tx.opt(
        "SELECT owner_id, project, points, lamp_no, left_points, core_date, given_at_ms, voided_by
           FROM core_gift WHERE tenant_id = $1 AND voided_by = $2",
        params![tx.tenant(), voided_by],
    )
}

fn gone() -> Error {
    Error::fault("a gift that went away")
}

/// Gives once under its id; the answer is the same for ever.
fn give(tx: &Tx<'_>, keys: &TenantKeys, id: &str, gift: &PointGift) -> Said<Given> {
    let hash = hash(keys, gift)?;
    match store::before(tx, id, &hash)? {
        Err(e) => return Ok(Err(e)),
        Ok(Some(_)) => return made(tx, id)?.ok_or_else(gone)?.given(false).map(Ok),
        Ok(None) => {}
    }
    // A closed day is no verdict on the command: it may come again.
    if let Err(closed) = queries::open_day(tx)? {
        return Ok(Err(closed));
    }
    match post(tx, id, gift)? {
        Ok(()) => {
            store::keep(tx, id, GIVE, &hash, &Came::Set { code: "", journal_no: None })?;
            made(tx, id)?.ok_or_else(gone)?.given(false).map(Ok)
        }
        Err(reject) => {
            store::keep(tx, id, GIVE, &hash, &Came::Rejected(&reject))?;
            Ok(Err(reject.into()))
        }
    }
}

/// A card's lot of points, as much of it as is there.
pub(super) struct Lot {
    acct_id: i64,
    earned_on: Day,
    ends_on: Day,
    points: i64,
}

/// Every lot of these cards that is good today, the nearest end first; `None` when one is no card of the customer's.
pub(super) fn lots(tx: &Tx<'_>, cust: &CustNo, cards: &[AccountRef]) -> Result<Option<Vec<Lot>>> {
    let mut all = Vec::new();
    for card in cards {
        let acct_id = number(card.as_str()).unwrap_or(0);
        let owner: Option<i64> = tx.opt(
            "SELECT cust_no FROM core_account WHERE tenant_id = $1 AND acct_id = $2",
            params![tx.tenant(), acct_id],
        )?;
        if owner.is_none() || owner != number(cust.as_str()) {
            return Ok(None);
        }
        let Ok(points) = cards::points(tx, acct_id)? else { return Ok(None) };
        let lot = |l: &crate::credit::PointLot| Lot {
            acct_id,
            earned_on: l.earned_on,
            ends_on: l.ends_on,
            points: l.points,
        };
        all.extend(points.lots.iter().map(lot));
    }
    all.sort_by_key(|l| (l.ends_on, l.acct_id));
    Ok(Some(all))
}

/// All the points of these lots.
pub(super) fn sum(lots: &[Lot]) -> Result<i64> {
    let total = lots.iter().map(|l| l.points).try_fold(0_i64, i64::checked_add);
    total.ok_or_else(|| Error::fault("points are too many to count"))
}

/// Takes so many points off lots that have them, the first before the others; how many lines that was.
pub(super) fn take(tx: &Tx<'_>, id: &str, lots: Vec<Lot>, points: i64) -> Result<i64> {
    let (mut rest, mut line_no) = (points, 0);
    for lot in lots {
        let taken = lot.points.min(rest);
        if taken == 0 {
            break;
        }
        rest -= taken;
        line_no += 1;
        tx.exec(
            "INSERT INTO core_point_entry (tenant_id, request_id, line_no, holder, acct_id, earned_on, points)
             VALUES ($1, $2, $3, 'card', $4, $5, $6)",
            params![tx.tenant(), id, line_no, lot.acct_id, lot.earned_on.number(), -taken],
        )?;
    }
    Ok(line_no)
}

type Verdict = Result<std::result::Result<(), Reject>>;

/// Both sides of a gift and its lamp, or why not; then nothing is written.
fn post(tx: &Tx<'_>, id: &str, gift: &PointGift) -> Verdict {
    if tx.now() > gift.valid_until {
        return Ok(Err(Reject::Expired));
    }
    let Some(lots) = lots(tx, &gift.cust, &gift.cards)? else { return Ok(Err(Reject::NotFound)) };
    let total = sum(&lots)?;
    if total < gift.points {
        return Ok(Err(Reject::InsufficientFunds));
    }
    let project = &gift.project;
    let lamp: Option<i64> = tx.opt(
        "UPDATE core_gift_project SET lamps = lamps + 1, points = points + $1
          WHERE tenant_id = $2 AND project = $3 RETURNING lamps",
        params![gift.points, project.owner, project.code.as_str()],
    )?;
    let Some(lamp) = lamp else { return Ok(Err(Reject::NotFound)) };
    let lines = take(tx, id, lots, gift.points)?;
    tx.exec(
        "INSERT INTO core_point_entry (tenant_id, request_id, line_no, holder, owner_id, project, points)
         VALUES ($1, $2, $3, 'project', $4, $5, $6)",
        params![tx.tenant(), id, lines + 1, project.owner, project.code.as_str(), gift.points],
    )?;
    tx.exec(
        "INSERT INTO core_gift (tenant_id, request_id, cust_no, owner_id, project, points, lamp_no, left_points,
                core_date, given_at_ms, state)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'given')",
        params![
            tx.tenant(),
            id,
            number(gift.cust.as_str()),
            project.owner,
            project.code.as_str(),
            gift.points,
            lamp,
            total - gift.points,
            Day::at(tx.now()).number(),
            tx.now()
        ],
    )?;
    Ok(Ok(()))
}

/// Works while the day is closed: nothing is posted.
fn fate(tx: &Tx<'_>, ask: &GiftQuery) -> Said<GiftFate> {
    let id = &ask.request_id;
    let mut known = store::known(tx, id)?;
    if known.is_none() && ask.fence && !store::fence(tx, id)? {
        known = store::known(tx, id)?;
    } else if known.is_none() {
        return Ok(Ok(if ask.fence { GiftFate::Fenced } else { GiftFate::NotFound }));
    }
    let known = known.ok_or_else(gone)?;
    Ok(Ok(match (known.kind.as_str(), known.state.as_str()) {
        (_, "fenced") => GiftFate::Fenced,
        (GIVE, "rejected") => GiftFate::Rejected(commands::of_code(&known.code)?),
        (GIVE, _) => {
            let row = made(tx, id)?.ok_or_else(gone)?;
            let is_void = row.voided_by.is_some();
            GiftFate::Given(row.given(is_void)?)
        }
        (VOID, "rejected") => GiftFate::Rejected(commands::of_code(&known.code)?),
        (VOID, _) => GiftFate::Given(undone(tx, id)?.ok_or_else(gone)?.given(true)?),
        // An id that was used for something else.
        _ => GiftFate::Rejected(Reject::PayloadMismatch),
    }))
}

/// The points go back to the lots they came from; the lamp keeps its number, marked.
fn void(tx: &Tx<'_>, keys: &TenantKeys, id: &str, original: &str) -> Said<Given> {
    let hash = keys.index(VOID, original)?;
    match store::before(tx, id, &hash)? {
        Err(e) => return Ok(Err(e)),
        Ok(Some(_)) => return made(tx, original)?.ok_or_else(gone)?.given(true).map(Ok),
        Ok(None) => {}
    }
    let Some(row) = made(tx, original)? else { return no(Reject::NotFound) };
    if row.voided_by.is_some() {
        return row.given(true).map(Ok);
    }
    if let Err(closed) = queries::open_day(tx)? {
        return Ok(Err(closed));
    }
    if tx.now().since(row.at) > DAY_MS {
        store::keep(tx, id, VOID, &hash, &Came::Rejected(&Reject::Expired))?;
        return no(Reject::Expired);
    }
    tx.exec(
        "INSERT INTO core_point_entry (tenant_id, request_id, line_no, holder, acct_id, earned_on, owner_id, project, points)
         SELECT tenant_id, $1, line_no, holder, acct_id, earned_on, owner_id, project, -points
           FROM core_point_entry WHERE tenant_id = $2 AND request_id = $3",
        params![id, tx.tenant(), original],
    )?;
    tx.exec(
        "UPDATE core_gift_project SET points = points - $1 WHERE tenant_id = $2 AND project = $3",
        params![row.points, row.project.owner, row.project.code.as_str()],
    )?;
    tx.exec(
        "UPDATE core_gift SET state = 'voided', voided_by = $1 WHERE tenant_id = $2 AND request_id = $3",
        params![id, tx.tenant(), original],
    )?;
    store::keep(tx, id, VOID, &hash, &Came::Set { code: "", journal_no: None })?;
    row.given(true).map(Ok)
}

/// What must hold between gifts, lots, projects and lamps; one sentence per thing that does not.
pub(super) fn broken(tx: &Tx<'_>) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    let mut say = |what: &str, ids: Vec<String>| {
        broken.extend(ids.into_iter().map(|id| format!("{what}: {id}")));
    };
    let uneven = tx.all(
        "SELECT request_id FROM core_point_entry WHERE tenant_id = $1
          GROUP BY request_id HAVING CAST(SUM(points) AS BIGINT) <> 0",
        params![tx.tenant()],
    )?;
    say("the points of a command do not add up", uneven);
    let unlike = tx.all(
        "SELECT g.request_id FROM core_gift g
           LEFT JOIN core_point_entry e ON e.tenant_id = g.tenant_id AND e.request_id = g.request_id
            AND e.holder = 'project'
           LEFT JOIN core_request r ON r.tenant_id = g.tenant_id AND r.request_id = g.request_id
          WHERE g.tenant_id = $1 AND (e.points IS NULL OR e.points <> g.points OR e.owner_id <> g.owner_id
                OR e.project <> g.project OR r.request_id IS NULL OR r.kind <> 'gift' OR r.state <> 'set')",
        params![tx.tenant()],
    )?;
    say("a gift is not what its project got", unlike);
    let wrong = tx.all(
        "SELECT p.project FROM core_gift_project p
          WHERE p.tenant_id = $1 AND (p.points - p.carried_points <>
                (SELECT COALESCE(CAST(SUM(e.points) AS BIGINT), 0) FROM core_point_entry e
                  WHERE e.owner_id = p.tenant_id AND e.project = p.project AND e.holder = 'project')
             OR p.lamps - p.carried_lamps <>
                (SELECT COUNT(*) FROM core_gift g WHERE g.owner_id = p.tenant_id AND g.project = p.project)
             OR p.lamps <>
                (SELECT COALESCE(MAX(g.lamp_no), p.carried_lamps) FROM core_gift g
                  WHERE g.owner_id = p.tenant_id AND g.project = p.project))",
        params![tx.tenant()],
    )?;
    say("a project's sum is not what was given, or its lamps have a gap", wrong);
    Ok(broken)
}

/// What gifts took out of each lot of a card, and gave back: negative or nothing.
pub(crate) fn taken(tx: &Tx<'_>, acct_id: i64) -> Result<Vec<(Day, i64)>> {
    let rows: Vec<(i64, i64)> = tx.all(
        "SELECT earned_on, CAST(SUM(points) AS BIGINT) FROM core_point_entry
          WHERE tenant_id = $1 AND holder = 'card' AND acct_id = $2 GROUP BY earned_on",
        params![tx.tenant(), acct_id],
    )?;
    rows.into_iter().map(|(earned_on, sum)| Ok((day(earned_on)?, sum))).collect()
}
