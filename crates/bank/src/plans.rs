//! Rows that come due at a time and are looked at one by one: later transfers, money set aside for them, agreements and their
//! notices, reminders, points given each month.
//!
//! Whoever saw a row due looks once more whether it still is, in the unit that reads it: another process may have run it and moved
//! it on to its next day, which is not due. A row whose unit fails is left alone for a while, so that it does not stand in the way of the others; and because cores and
//! billers are asked here, nothing else waits for it: payments are looked after by a loop of their own. Not for: what a row
//! comes to, or jobs.

use crate::app::App;
#[cfg(test)]
pub(crate) mod late;

use crate::bills::remind;
use crate::charity::monthly;
use crate::payments::{holds, notices, orders};
use base::{Id, Named, Result, TenantId};
use db::{Scope, Tx, params};
use std::sync::Arc;
use std::time::Duration;

/// Plans are made for a minute of the day, not for a second.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A row whose unit fails is left alone for so long.
const FAULT_MS: i64 = 60_000;
/// Rows looked at in one go.
const AT_ONCE: i64 = 64;

/// Where such rows stand: a table with `tenant_id`, `id` and `next_at_ms`.
#[derive(Debug, Clone, Copy)]
pub struct Plans {
    /// What a row is called in the log.
    pub what: &'static str,
    /// Tenant and id of what is due at `$1`, `$2` of them, the longest overdue first.
    pub due: &'static str,
    /// Whether tenant `$1`'s row `$2` is due at `$3`: 1, else 0.
    pub is_due: &'static str,
    /// Moves `next_at_ms` to `$1` for tenant `$2` and id `$3`, where it is not after `$4`.
    pub put_off: &'static str,
}

/// Looks after everything planned until the app stops.
pub async fn run(app: Arc<App>) {
    while !app.stop.is_cancelled() {
        let looked = run_due(&app).await;
        if let Err(e) = &looked {
            tracing::error!(error = ?e, "plans cannot be looked after");
        }
        if matches!(looked, Ok(n) if n > 0) {
            continue;
        }
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Looks once at every order, hold, notice, reminder and plan of gifts that is due; how many could be looked at.
pub async fn run_due(app: &Arc<App>) -> Result<usize> {
    let (orders, holds, notices, reminders, gifts) = tokio::join!(
        orders::run_due(app),
        holds::run_due(app),
        notices::run_due(app),
        remind::run_due(app),
        monthly::run_due(app)
    );
    Ok(orders? + holds? + notices? + reminders? + gifts?)
}

impl Plans {
    /// Does `come_due` once with every row that is due; how many of them could be looked at.
    pub async fn run_due<T: Named + 'static, F>(
        self,
        app: &Arc<App>,
        come_due: impl Fn(Arc<App>, TenantId, Id<T>) -> F,
    ) -> Result<usize>
    where
        F: Future<Output = Result<()>>,
    {
        let sql = self.due;
        let due = move |tx: &Tx<'_>| tx.all::<(TenantId, Id<T>)>(sql, params![tx.now(), AT_ONCE]);
        let due = app.db.read(Scope::House, due).await?;
        let come_due = &come_due;
        let all = due.into_iter().map(|(tenant, id)| async move {
            let _in_hand = app.payments.take_up();
            let done = come_due(app.clone(), tenant, id).await;
            if let Err(e) = &done {
                tracing::error!(what = self.what, row = %id, error = ?e, "what is due could not be run");
                if let Err(e) = self.put_off(app, tenant, id, FAULT_MS).await {
                    tracing::error!(what = self.what, row = %id, error = ?e, "nor put off");
                }
            }
            done.is_ok()
        });
        let done = futures_util::future::join_all(all).await;
        Ok(done.into_iter().filter(|ok| *ok).count())
    }

    /// Whether a row is still due, asked in the unit that reads it.
    pub fn is_due<T: Named>(self, tx: &Tx<'_>, id: Id<T>) -> Result<bool> {
        Ok(tx.one::<i64>(self.is_due, params![tx.tenant(), id, tx.now()])? > 0)
    }

    /// Leaves a row that is due alone for a while.
    pub async fn put_off<T: Named + 'static>(
        self,
        app: &App,
        tenant: TenantId,
        id: Id<T>,
        ms: i64,
    ) -> Result<()> {
        app.db.write(Scope::Tenant(tenant), move |tx| self.leave(tx, id, ms)).await
    }

    /// The same within a unit.
    pub fn leave<T: Named>(self, tx: &Tx<'_>, id: Id<T>, ms: i64) -> Result<()> {
        let until = tx.now().plus_ms(ms);
        tx.exec(self.put_off, params![until, tx.tenant(), id, tx.now()]).map(|_| ())
    }
}
