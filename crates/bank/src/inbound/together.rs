//! Plain turns recorded together: many of them in one unit of work, with few statements.
//!
//! A plain turn writes two rows and nothing else: the turn, and the seat after it. Whoever comes while a batch is being
//! committed is in the next one, so batches grow with the load and nobody is kept waiting by a clock.
//!
//! *Invariant*: of each turn both rows are written or none. One that does not fit (answered before, or thought on an
//! old copy of the follower) undoes its batch; it is sent back to be recorded alone, and the others are written again.
//! Not for: turns that do more ([`super::store::Recording`] writes those).

use crate::app::App;
use crate::followers::FollowerId;
use crate::followers::behind::{Behind, Latest, LogRow, Share, Sure};
use base::{Error, Refusal, Result, TenantId};
use bytes::Bytes;
use db::{Many, Param, Scope, Tx, Value};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Turns in one batch, at most.
const BATCH_MAX: usize = 128;

/// What a plain turn leaves behind.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) tenant: TenantId,
    pub(crate) follower: FollowerId,
    pub(crate) key: i64,
    pub(crate) previous_key: i64,
    /// The versions that were thought with.
    pub(crate) version: i64,
    pub(crate) facts: i64,
    pub(crate) turn: Vec<u8>,
    pub(crate) seat: Option<Bytes>,
}

/// Whether the row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    Yes,
    /// It does not fit; recording it alone will tell why.
    No,
}

struct Waiting {
    row: Row,
    tell: oneshot::Sender<Result<Written>>,
}

#[derive(Default)]
struct State {
    waiting: Vec<Waiting>,
    /// Somebody is writing batches and will take what waits.
    is_writing: bool,
}

/// Turns that wait for a batch.
#[derive(Default)]
pub struct Together(Mutex<State>);

impl std::fmt::Debug for Together {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Together({} waiting)", self.state().waiting.len())
    }
}

impl Together {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True when nobody writes: the caller has to.
    fn push(&self, one: Waiting) -> bool {
        let mut state = self.state();
        state.waiting.push(one);
        !std::mem::replace(&mut state.is_writing, true)
    }

    /// Lets the turns that are ready to go on do so, as long as that brings more of them here. When nobody else is at
    /// work this is over at once; under load it fills the batch, and a commit costs the same for one turn as for many.
    async fn gather(&self) {
        let mut before = 0;
        loop {
            let now = self.state().waiting.len();
            if now == before || now >= BATCH_MAX {
                return;
            }
            before = now;
            tokio::task::yield_now().await;
        }
    }

    /// The next batch; empty when nobody waits, and then nobody writes any more.
    fn take(&self) -> Vec<Waiting> {
        let mut state = self.state();
        let many = state.waiting.len().min(BATCH_MAX);
        state.is_writing = many > 0;
        let rest = state.waiting.split_off(many);
        std::mem::replace(&mut state.waiting, rest)
    }
}

/// Whoever writes batches, until the task ends. Should it panic, those who wait are told so and the next may write.
struct Shift<'a>(&'a Together);

impl Drop for Shift<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut state = self.0.state();
            state.is_writing = false;
            state.waiting.clear();
        }
    }
}

/// Records a plain turn with those that wait too.
pub(crate) async fn write(app: &Arc<App>, row: Row) -> Result<Written> {
    let (tell, told) = oneshot::channel();
    if app.together.push(Waiting { row, tell }) {
        let app = app.clone();
        app.clone().tasks.spawn(async move {
            let _shift = Shift(&app.together);
            loop {
                app.together.gather().await;
                let batch = app.together.take();
                if batch.is_empty() {
                    return;
                }
                write_batch(&app, batch).await;
            }
        });
    }
    told.await.unwrap_or_else(|_| Err(Error::fault("the batch of a turn went away")))
}

async fn write_batch(app: &Arc<App>, batch: Vec<Waiting>) {
    metrics::counter!("weiyin_turn_batches_total").increment(1);
    metrics::counter!("weiyin_turns_together_total").increment(batch.len() as u64);
    let (mut rows, mut tells): (Vec<Row>, Vec<_>) =
        batch.into_iter().map(|w| (w.row, w.tell)).unzip();
    loop {
        let shared = Arc::new(rows);
        match write_shared(app, &shared).await {
            Err(e) if e.is_refusal(MISFIT.code) => {}
            Ok(()) => return tells.into_iter().for_each(|t| drop(t.send(Ok(Written::Yes)))),
            Err(e) => {
                let words = e.to_string();
                return tells
                    .into_iter()
                    .for_each(|t| drop(t.send(Err(Error::fault(words.as_str())))));
            }
        }
        let (unit, behind) = (shared.clone(), app.behind.clone());
        let look = move |tx: &Tx<'_>| unit.iter().map(|r| fits(tx, &behind, r)).collect();
        let fits = app.db.read(Scope::House, look).await;
        // Without an answer, or when nothing seems wrong any more, each finds out alone.
        let fits: Vec<bool> = fits.unwrap_or_default();
        let some = fits.iter().any(|f| !f);
        let keep = |at: usize| some && fits.get(at).copied().unwrap_or(false);
        let Ok(all) = Arc::try_unwrap(shared) else {
            return tells.into_iter().for_each(|t| drop(t.send(Ok(Written::No))));
        };
        (rows, tells) = all
            .into_iter()
            .zip(tells)
            .enumerate()
            .filter_map(|(at, (row, tell))| {
                if keep(at) {
                    return Some((row, tell));
                }
                let _ = tell.send(Ok(Written::No));
                None
            })
            .unzip();
        if rows.is_empty() {
            return;
        }
    }
}

async fn write_shared(app: &Arc<App>, rows: &Arc<Vec<Row>>) -> Result<()> {
    let unit = rows.clone();
    if !app.behind.is_on() {
        return app.db.write(Scope::House, move |tx| write_rows(tx, &unit)).await;
    }
    let seats: Vec<Latest> = rows.iter().map(Row::latest).collect();
    let (log, share) = (app.behind.row(&seats), app.behind.share());
    let (behind, unit_log, unit_share) = (app.behind.clone(), log.clone(), share.clone());
    let write = move |tx: &Tx<'_>| write_behind(tx, &unit, &behind, &unit_log, &unit_share);
    let written = app.db.write(Scope::House, write).await;
    app.behind.end(&log, &share, written.is_ok());
    written
}

/// Undoes a batch in which a turn does not fit; never leaves this file.
const MISFIT: Refusal = Refusal::conflict("turn.misfit", "");

impl Row {
    /// In the order of [`TURNS`].
    fn turn(&self, now: i64) -> [Value<'_>; 7] {
        let [key, before] = [self.key, self.previous_key].map(Value::Int);
        let [tenant, follower] = [self.tenant.value(), self.follower.value()];
        [tenant, key, follower, before, Value::Int(now), Value::Int(0), self.turn.value()]
    }
    /// In the order of [`SEATS`].
    fn seat(&self) -> [Value<'_>; 6] {
        let [version, key, facts] = [self.version, self.key, self.facts].map(Value::Int);
        let seat = self.seat.as_deref().map_or(Value::Null, Value::Bytes);
        [self.tenant.value(), self.follower.value(), version, key, seat, facts]
    }
    fn latest(&self) -> Latest {
        Latest {
            tenant: self.tenant,
            follower: self.follower,
            version: self.version + 1,
            last_key: self.key,
            body: self.seat.clone(),
        }
    }
}

fn write_rows(tx: &Tx<'_>, rows: &[Row]) -> Result<()> {
    let now = tx.now().ms();
    let turns: Vec<Value<'_>> = rows.iter().flat_map(|r| r.turn(now)).collect();
    let seats: Vec<Value<'_>> = rows.iter().flat_map(Row::seat).collect();
    let all = rows.len() as u64;
    if tx.exec_many(&TURNS, &turns)? != all || tx.exec_many(&SEATS, &seats)? != all {
        return MISFIT.into();
    }
    Ok(())
}

/// The same where seats are written behind: their rows are left alone, and looked at only where they may have changed.
fn write_behind(
    tx: &Tx<'_>,
    rows: &[Row],
    behind: &Behind,
    log: &LogRow,
    share: &Share,
) -> Result<()> {
    let unsure = behind.unsure(rows.iter().map(|r| (r.follower, r.version)));
    for (row, sure) in rows.iter().zip(unsure) {
        match sure {
            Sure::Yes => {}
            Sure::Old => return MISFIT.into(),
            Sure::Look if stands(tx, row)? => behind.looked_at(row.follower),
            Sure::Look => return MISFIT.into(),
        }
    }
    let now = tx.now().ms();
    let turns: Vec<Value<'_>> = rows.iter().flat_map(|r| r.turn(now)).collect();
    if tx.exec_many(&TURNS, &turns)? != rows.len() as u64 {
        return MISFIT.into();
    }
    behind.stage(tx, log, share)
}

/// Whether the follower's row is no newer than what was thought with.
fn stands(tx: &Tx<'_>, row: &Row) -> Result<bool> {
    let found: Option<(i64,)> = tx.opt(
        "SELECT 1 FROM seat WHERE tenant_id = $1 AND follower_id = $2 AND version <= $3 AND facts = $4",
        db::params![row.tenant, row.follower, row.version, row.facts],
    )?;
    Ok(found.is_some())
}

/// Whether the turn is new and thought on the newest copy.
fn fits(tx: &Tx<'_>, behind: &Behind, row: &Row) -> Result<bool> {
    let answered: Option<(i64,)> = tx.opt(
        "SELECT 1 FROM turn WHERE tenant_id = $1 AND message_key = $2 AND follower_id = $3",
        db::params![row.tenant, row.key, row.follower],
    )?;
    Ok(answered.is_none() && behind.newer(row.follower, row.version).is_none() && stands(tx, row)?)
}

static TURNS: LazyLock<Many> = LazyLock::new(|| {
    let one = "INSERT INTO turn (tenant_id, message_key, follower_id, previous_key, at_ms, state, body_sealed) \
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant_id, message_key, follower_id) DO NOTHING";
    let around = (
        "INSERT INTO turn (tenant_id, message_key, follower_id, previous_key, at_ms, state, body_sealed) VALUES ",
        " ON CONFLICT (tenant_id, message_key, follower_id) DO NOTHING",
    );
    Many::new(7, one, around, None)
});
static SEATS: LazyLock<Many> = LazyLock::new(|| {
    let one = "UPDATE seat SET version = version + 1, last_key = $4, body_sealed = $5 \
        WHERE tenant_id = $1 AND follower_id = $2 AND version = $3 AND facts = $6";
    let around = (
        "UPDATE seat SET version = seat.version + 1, last_key = v.column4, body_sealed = v.column5 FROM (VALUES ",
        ") AS v WHERE seat.tenant_id = v.column1 AND seat.follower_id = v.column2 AND seat.version = v.column3 AND seat.facts = v.column6",
    );
    let types = ["BIGINT", "BIGINT", "BIGINT", "BIGINT", "BYTEA", "BIGINT"];
    Many::new(6, one, around, Some(&types))
});

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_while_writing_is_told_to_those_who_wait_and_the_next_turn_writes() {
        let together = Together::default();
        let waiting = || {
            let (tell, told) = oneshot::channel();
            let row = Row {
                tenant: TenantId::of(1),
                follower: FollowerId::of(1),
                key: 1,
                previous_key: 0,
                version: 1,
                facts: 0,
                turn: vec![],
                seat: None,
            };
            (Waiting { row, tell }, told)
        };
        let (first, told) = waiting();
        assert!(together.push(first));
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _shift = Shift(&together);
            panic!("a defect");
        }));
        assert!(ended.is_err());
        assert!(told.await.is_err(), "nobody waits for ever");
        assert!(together.push(waiting().0), "the next one has to write");
    }
}
