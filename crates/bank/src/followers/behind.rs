//! Seats written behind: where one process owns the file (SQLite), a plain turn does not write its seat's row.
//!
//! Rows of seats lie scattered over the file, so writing one for each turn costs a page a turn. Instead a batch of turns
//! keeps all its seats in one row of `seat_log`, in the same commit; they stand in memory until they are swept into `seat`
//! in the order of the file, many to a page. At start whatever the log still holds is swept first.
//!
//! *Invariant*: a follower's seat is the newest by version of three: staged (in a unit that is being committed), behind
//! (committed, not swept) and the row. Units look at all three on the writer's thread, so nobody moves on from an old one.
//! On PostgreSQL nothing is ever behind. Not for: facts of a follower, which always stand in their rows.

use super::FollowerId;
use crate::tenants::UNION;
use base::{Context, Error, Id, IdHasher, IdMap, Result, TenantId};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use db::{Db, Engine, Many, Scope, Tx, Value, params};
use std::collections::HashSet;
use std::hash::BuildHasherDefault;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// Seats swept with one batch of turns: more than a batch has turns, so a sweep overtakes them.
const WITH_A_BATCH: usize = 192;
/// Log rows let go with one batch.
const LET_GO: i64 = 4;
/// Seats swept in a unit of its own.
const ALONE: usize = 500;
/// First byte of a log row.
const SHAPE: u8 = 1;

/// A seat as last recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latest {
    pub tenant: TenantId,
    pub follower: FollowerId,
    pub version: i64,
    pub last_key: i64,
    /// Sealed; nothing for a seat that remembers nothing.
    pub body: Option<Bytes>,
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    id: i64,
    seats: Bytes,
}

/// What a unit takes along of the sweep.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Share {
    seats: Vec<Latest>,
    /// Log rows up to this one are no longer needed.
    let_go: i64,
}

/// Whether what was thought with is still the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sure {
    Yes,
    /// There is a newer seat.
    Old,
    /// The row tells.
    Look,
}

#[derive(Debug, Default)]
struct State {
    /// After so many bytes of log a sweep begins; about so much is read at start, and twice as much stands in memory, at most.
    log_bytes: usize,
    staged: IdMap<FollowerId, Latest>,
    behind: IdMap<FollowerId, Latest>,
    /// Whose row was written since this process began, and not looked at since by the unit of a turn. Only this process
    /// writes, and one of a follower's turns is recorded at a time: nobody else's copy can be old.
    touched: HashSet<FollowerId, BuildHasherDefault<IdHasher>>,
    /// The last log row written, and the last let go.
    newest: i64,
    gone: i64,
    /// Bytes of log since the last sweep began.
    bytes: usize,
    sweep: Sweep,
}

/// One walk over all seats that were behind when it began.
#[derive(Debug, Default)]
struct Sweep {
    /// Yet to be written, the first in the file's order at the end.
    left: Vec<(TenantId, FollowerId)>,
    /// Handed out and not yet known to be written.
    out: usize,
    /// The log's end when the walk began.
    until: i64,
    /// Rows up to this one hold nothing that is not in `seat`.
    done: i64,
}

/// The seats that are newer than their rows.
#[derive(Debug)]
pub struct Behind(Option<Mutex<State>>);

impl Behind {
    /// Reads the log and sweeps what it holds.
    pub async fn open(db: &Db, log_bytes: usize) -> Result<Self> {
        if db.engine() != Engine::Sqlite {
            return Ok(Self(None));
        }
        let read = |tx: &Tx<'_>| -> Result<Vec<(i64, Vec<u8>)>> {
            tx.all(
                "SELECT id, seats FROM seat_log WHERE tenant_id = $1 ORDER BY id",
                params![UNION],
            )
        };
        let rows = db.read(Scope::House, read).await.doing("reading seat_log")?;
        let this = Self(Some(Mutex::new(State { log_bytes, ..State::default() })));
        if let Some(mut state) = this.state() {
            state.gone = rows.first().map_or(0, |(id, _)| id - 1);
            for (id, seats) in rows {
                let row = LogRow { id, seats: seats.into() };
                let seats = row.read().doing(format!("row {id} of seat_log"))?;
                state.staged = seats.into_iter().map(|s| (s.follower, s)).collect();
                state.keep(&row);
            }
        }
        this.sweep(db).await?;
        Ok(this)
    }

    fn state(&self) -> Option<MutexGuard<'_, State>> {
        self.0.as_ref().map(|s| s.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// A follower's seat when it is newer than `version`.
    pub fn newer(&self, follower: FollowerId, version: i64) -> Option<Latest> {
        let state = self.state()?;
        let found = state.staged.get(&follower).or_else(|| state.behind.get(&follower));
        found.filter(|s| s.version > version).cloned()
    }

    /// Inside every unit that writes a follower's row, on the writer's thread.
    pub fn touch(&self, follower: FollowerId) {
        if let Some(mut state) = self.state() {
            state.touched.insert(follower);
        }
    }

    /// The row was found to fit what was thought with.
    pub fn looked_at(&self, follower: FollowerId) {
        if let Some(mut state) = self.state() {
            state.touched.remove(&follower);
        }
    }

    /// For each follower and the version that was thought with. Inside the unit that records their turns.
    pub fn unsure(&self, of: impl Iterator<Item = (FollowerId, i64)>) -> Vec<Sure> {
        let Some(state) = self.state() else { return of.map(|_| Sure::Look).collect() };
        let sure = |(follower, version)| {
            let seat = state.staged.get(&follower).or_else(|| state.behind.get(&follower));
            if seat.is_some_and(|s| s.version > version) {
                Sure::Old
            } else if state.touched.contains(&follower) {
                Sure::Look
            } else {
                Sure::Yes
            }
        };
        of.map(sure).collect()
    }

    /// How many seats are behind.
    pub fn len(&self) -> usize {
        self.state().map_or(0, |s| s.behind.len())
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Seats of a batch as a row of the log. One batch at a time is under way.
    pub fn row(&self, seats: &[Latest]) -> LogRow {
        let mut to = BytesMut::with_capacity(1 + seats.iter().map(length).sum::<usize>());
        to.put_u8(SHAPE);
        for seat in seats {
            to.put_i64(seat.tenant.raw());
            to.put_i64(seat.follower.raw());
            to.put_i64(seat.version);
            to.put_i64(seat.last_key);
            to.put_u32(seat.body.as_ref().map_or(0, |b| u32::try_from(b.len()).unwrap_or(0)));
            to.put_slice(seat.body.as_deref().unwrap_or_default());
        }
        let id = self.state().map_or(0, |s| s.newest + 1);
        LogRow { id, seats: to.freeze() }
    }

    /// Inside the batch's unit, after everything else in it: the log's row, and from here on other units see its seats.
    pub fn stage(&self, tx: &Tx<'_>, row: &LogRow, share: &Share) -> Result<()> {
        share.write(tx)?;
        tx.exec(
            "INSERT INTO seat_log (tenant_id, id, seats) VALUES ($1, $2, $3)",
            params![UNION, row.id, row.seats.as_ref()],
        )?;
        let staged = row.read()?.into_iter().map(|s| (s.follower, s)).collect();
        if let Some(mut state) = self.state() {
            state.staged = staged;
        }
        Ok(())
    }

    /// The batch's unit has ended. Called before its turns are answered, hence before their followers are free.
    pub fn end(&self, row: &LogRow, share: &Share, is_committed: bool) {
        let Some(mut state) = self.state() else { return };
        if is_committed {
            state.keep(row);
        } else {
            // Its number is used up: a commit whose outcome is unknown may have written it.
            state.newest = row.id;
            state.staged.clear();
        }
        state.sweep_ended(share, is_committed);
    }

    /// What the next batch takes along of a sweep; begins one when the log has grown enough.
    pub fn share(&self) -> Share {
        let Some(mut state) = self.state() else { return Share::default() };
        if state.bytes >= state.log_bytes {
            state.begin_sweep();
        }
        state.share(WITH_A_BATCH, LET_GO)
    }

    /// Sweeps everything, in units of its own: at start, when it is quiet, and at the end.
    pub async fn sweep(&self, db: &Db) -> Result<()> {
        if let Some(mut state) = self.state() {
            state.begin_sweep();
        }
        loop {
            let share = self.state().map(|mut s| s.share(ALONE, i64::MAX)).unwrap_or_default();
            if share == Share::default() {
                return Ok(());
            }
            let unit = share.clone();
            let written = db.write(Scope::House, move |tx| unit.write(tx)).await;
            if let Some(mut state) = self.state() {
                state.sweep_ended(&share, written.is_ok());
            }
            written.doing("sweeping seats")?;
        }
    }
}

impl State {
    /// What was staged stands in the log now.
    fn keep(&mut self, row: &LogRow) {
        self.newest = row.id;
        self.bytes += row.seats.len();
        self.behind.extend(self.staged.drain());
    }

    fn begin_sweep(&mut self) {
        if !self.sweep.left.is_empty() || self.sweep.out > 0 {
            return;
        }
        self.sweep.left = self.behind.values().map(|s| (s.tenant, s.follower)).collect();
        self.sweep.left.sort_unstable_by(|a, b| b.cmp(a));
        (self.sweep.until, self.bytes) = (self.newest, 0);
        if self.sweep.left.is_empty() {
            self.sweep.done = self.sweep.until;
        }
    }

    fn share(&mut self, seats: usize, rows: i64) -> Share {
        let from = self.sweep.left.len().saturating_sub(seats);
        let next = self.sweep.left.split_off(from);
        let found =
            next.iter().rev().filter_map(|(_, follower)| self.behind.get(follower).cloned());
        let seats: Vec<Latest> = found.collect();
        self.sweep.out += seats.len();
        let let_go = self.sweep.done.min(self.gone.saturating_add(rows));
        Share { seats, let_go: if let_go > self.gone { let_go } else { 0 } }
    }

    fn sweep_ended(&mut self, share: &Share, is_written: bool) {
        self.sweep.out -= share.seats.len();
        if !is_written {
            let again = share.seats.iter().rev().map(|s| (s.tenant, s.follower));
            self.sweep.left.extend(again);
            return;
        }
        for seat in &share.seats {
            if self.behind.get(&seat.follower).is_some_and(|now| now.version == seat.version) {
                self.behind.remove(&seat.follower);
            }
        }
        self.gone = self.gone.max(share.let_go);
        if self.sweep.left.is_empty() && self.sweep.out == 0 {
            self.sweep.done = self.sweep.until;
        }
    }
}

impl Share {
    fn write(&self, tx: &Tx<'_>) -> Result<()> {
        let values: Vec<Value<'_>> = self
            .seats
            .iter()
            .flat_map(|s| {
                let body = s.body.as_deref().map_or(Value::Null, Value::Bytes);
                [s.tenant.raw(), s.follower.raw(), s.version, s.last_key]
                    .map(Value::Int)
                    .into_iter()
                    .chain([body])
            })
            .collect();
        // A row that is newer by now, or another tenant's, stays as it is.
        tx.exec_many(&SWEPT, &values)?;
        if self.let_go > 0 {
            tx.exec(
                "DELETE FROM seat_log WHERE tenant_id = $1 AND id <= $2",
                params![UNION, self.let_go],
            )?;
        }
        Ok(())
    }
}

static SWEPT: LazyLock<Many> = LazyLock::new(|| {
    let one = "UPDATE seat SET version = $3, last_key = $4, body_sealed = $5 \
        WHERE tenant_id = $1 AND follower_id = $2 AND version < $3";
    // Only SQLite has anything to sweep, and it takes rows one by one.
    Many::new(5, one, ("", ""), None)
});

fn length(seat: &Latest) -> usize {
    36 + seat.body.as_ref().map_or(0, Bytes::len)
}

impl LogRow {
    fn read(&self) -> Result<Vec<Latest>> {
        let short = |_| Error::fault("the row ends too early");
        let mut from = self.seats.clone();
        if from.try_get_u8().map_err(short)? != SHAPE {
            return Err(Error::fault("written by a newer version of the program"));
        }
        let mut all = Vec::new();
        while from.has_remaining() {
            let mut number = || from.try_get_i64().map_err(short);
            let (tenant, follower) = (TenantId::of(number()?), Id::of(number()?));
            let (version, last_key) = (number()?, number()?);
            let length = usize::try_from(from.try_get_u32().map_err(short)?)?;
            if length > from.remaining() {
                return Err(Error::fault("the row ends too early"));
            }
            let body = (length > 0).then(|| from.split_to(length));
            all.push(Latest { tenant, follower, version, last_key, body });
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests;
