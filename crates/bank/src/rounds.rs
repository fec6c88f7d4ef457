//! Periodic work without input that looks at the world and makes it right. Each round is idempotent; several processes may
//! run it at once.

use crate::app::App;
use crate::vault::rotation;
use crate::{audit, binding, cases, charity, component, notices, recon};
use base::Result;
use db::{Scope, Tx, params};
use std::sync::Arc;
use std::time::Duration;

const TICK: Duration = Duration::from_secs(15);
/// Every how many ticks a round is made.
const REGISTRY_TICKS: u64 = 2;
const TOKENS_TICKS: u64 = 4;
const SWEEP_TICKS: u64 = 240;
const RECON_TICKS: u64 = 20;
/// How long what has ended stays for questions.
const KEEP_MS: i64 = 7 * base::DAY_MS;

/// Makes the rounds until the app stops.
pub async fn run(app: Arc<App>) {
    let mut tick: u64 = 0;
    loop {
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(TICK) => {}
        }
        tick += 1;
        report("seats", app.behind.sweep(&app.db).await);
        report("audit", audit::keep::round(&app.db).await);
        report("dues", notices::due::round(&app).await.map(|_| ()));
        if tick.is_multiple_of(REGISTRY_TICKS) {
            report("registry", app.reload().await);
        }
        if tick.is_multiple_of(TOKENS_TICKS) {
            refresh_tokens(&app).await;
            report("ticket", watch_ticket(&app).await);
        }
        if tick.is_multiple_of(RECON_TICKS) {
            report("recon", recon::round(&app).await);
            report("look", recon::today::look(&app).await);
        }
        if tick.is_multiple_of(SWEEP_TICKS) {
            report("sweep", sweep(&app).await);
            report("thanks", charity::thanks::round(&app).await);
            report("templates", notices::templates::check(&app).await);
            report("anchor", audit::keep::anchor(&app).await);
            report("keys", rotation::begin_due(&app).await.map(|_| ()));
        }
    }
}

fn report(round: &'static str, outcome: Result<()>) {
    if let Err(e) = outcome {
        metrics::counter!("weiyin_rounds_failed_total", "round" => round).increment(1);
        tracing::error!(round, error = ?e, "a round failed");
    }
}

/// Renews tokens ahead of time, so that no customer's message waits for it.
async fn refresh_tokens(app: &Arc<App>) {
    let registry = app.registry();
    for account in registry.accounts() {
        if let Err(e) = app.wechat.authority.refresh_due(&app.wechat.owner(account)).await {
            tracing::warn!(appid = %account.appid, error = %e, "a token could not be renewed ahead");
        }
    }
    if let Some(component) = app.wechat.component()
        && let Err(e) = app.wechat.authority.refresh_component_due(component).await
    {
        tracing::warn!(error = %e, "the platform's token could not be renewed ahead");
    }
}

/// WeChat pushes a ticket every ten minutes; without one for half an hour we ask for it and say so.
async fn watch_ticket(app: &Arc<App>) -> Result<()> {
    component::ask_for_ticket_if_late(app).await
}

/// Removes what has ended long ago: links, logins, codes, keys, sessions, counters.
pub async fn sweep(app: &Arc<App>) -> Result<()> {
    let unit = |tx: &Tx<'_>| {
        let before = tx.now().plus_ms(-KEEP_MS);
        for sql in [
            "DELETE FROM link WHERE expires_at_ms < $1",
            "DELETE FROM oauth_state WHERE expires_at_ms < $1",
            "DELETE FROM otp WHERE expires_at_ms < $1",
            "DELETE FROM question WHERE expires_at_ms < $1",
            "DELETE FROM face_check WHERE expires_at_ms < $1",
            "DELETE FROM pin_key WHERE expires_at_ms < $1",
            "DELETE FROM session WHERE seen_at_ms < $1",
            "DELETE FROM counter WHERE window_start_ms < $1",
            "DELETE FROM stamped WHERE ends_at_ms < $1",
            "DELETE FROM privacy_export WHERE ends_at_ms < $1",
            "DELETE FROM undo_proof WHERE expires_at_ms < $1",
            "DELETE FROM proof WHERE expires_at_ms < $1",
            "DELETE FROM gift WHERE offered_at_ms < $1 AND state IN ('offered', 'left')",
            "DELETE FROM exchange WHERE offered_at_ms < $1 AND state IN ('offered', 'left')",
            "DELETE FROM unlock_code WHERE expires_at_ms < $1",
            "DELETE FROM operator_command WHERE at_ms < $1",
            "DELETE FROM notice_result WHERE at_ms < $1",
            "DELETE FROM core_inbox WHERE came_at_ms < $1 AND seq <= (SELECT last_seq FROM core_stream s WHERE s.tenant_id = core_inbox.tenant_id)",
        ] {
            tx.exec(sql, params![before])?;
        }
        // A message that is sent again after this would be another one; no core stores so long.
        let stored = tx.now().plus_ms(-crate::core_inbox::iso::KEEP_MS);
        tx.exec("DELETE FROM core_iso WHERE came_at_ms < $1", params![stored])?;
        let told = tx.now().plus_ms(-notices::KEEP_MS);
        tx.exec("DELETE FROM notice WHERE ended_at_ms < $1", params![told])?;
        notices::due::forget(tx, told)?;
        notices::store::forget_counts(tx, told)?;
        // A file ends by its own time; what the public may check of it stays.
        tx.exec(
            "UPDATE stamped SET state = 'over', file_sealed = NULL WHERE file_ends_at_ms <= $1 AND state IN ('making', 'ready')",
            params![tx.now()],
        )?;
        tx.exec(
            "UPDATE privacy_export SET state = 'over', file_sealed = NULL WHERE ends_at_ms <= $1 AND state IN ('making', 'ready')",
            params![tx.now()],
        )?;
        // What was typed for a binding that was not made is kept no longer than it can be gone on with.
        let old = tx.now().plus_ms(-binding::TRY_MS);
        tx.exec("DELETE FROM bind_try WHERE started_at_ms < $1", params![old])?;
        cases::sweep(tx)
    };
    app.db.write(Scope::House, unit).await
}
