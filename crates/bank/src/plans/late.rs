//! What another worker does who looked before this one.

use crate::app::App;
use crate::bills::remind;
use crate::charity::monthly;
use crate::payments::{holds, notices, orders};
use base::{Id, Result, TenantId};
use db::{Scope, params};
use std::sync::Arc;

/// What a worker goes on to do with rows it saw due before another worker ran them.
pub(crate) async fn come_due_late(app: &Arc<App>, tenant: TenantId) -> Result<()> {
    let ids =
        |sql: &'static str| app.db.read(Scope::House, move |tx| tx.all::<i64>(sql, params![]));
    for id in ids("SELECT id FROM payment_order").await? {
        orders::come_due(app, tenant, Id::of(id)).await?;
        notices::come_due(app, tenant, Id::of(id)).await?;
        holds::advance(app, tenant, Id::of(id)).await?;
    }
    for id in ids("SELECT id FROM bill_reminder").await? {
        remind::come_due(app, tenant, Id::of(id)).await?;
    }
    for id in ids("SELECT id FROM gift_plan").await? {
        monthly::come_due(app, tenant, Id::of(id)).await?;
    }
    Ok(())
}
