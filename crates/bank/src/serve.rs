//! Running the product: listeners, jobs, rounds, and a stop that loses nothing.

use crate::app::App;
use crate::{core_inbox, jobs, notices, payments, plans, rounds, router};
use axum::Router;
use base::{Context, Result};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// The product with its listeners open.
#[derive(Debug)]
pub struct Running {
    pub app: Arc<App>,
    pub public: SocketAddr,
    pub staff: SocketAddr,
}

/// Opens the listeners and starts jobs and rounds.
pub async fn start(app: Arc<App>) -> Result<Running> {
    let (public, staff) = listeners(&app).await?;
    let addresses = (public.local_addr()?, staff.local_addr()?);
    start_on(&app, public, staff);
    core_inbox::iso::run(&app).await?;
    app.tasks.spawn(core_inbox::run(app.clone()));
    app.tasks.spawn(notices::run(app.clone()));
    Ok(Running { app, public: addresses.0, staff: addresses.1 })
}

/// The two listeners the settings name; a taken address says so.
async fn listeners(app: &App) -> Result<(TcpListener, TcpListener)> {
    let bind = |at: SocketAddr| async move {
        TcpListener::bind(at)
            .await
            .doing(format!("listening on {at} (is another program using it?)"))
    };
    Ok((bind(app.config.server.public_listen).await?, bind(app.config.server.staff_listen).await?))
}

/// The same on listeners that are open already (port 0, tests, demo).
pub fn start_on(app: &Arc<App>, public: TcpListener, staff: TcpListener) {
    serve(app, public, router::public(app.clone()));
    serve(app, staff, router::staff(app.clone()));
    app.tasks.spawn(jobs::run(app.clone()));
    app.tasks.spawn(rounds::run(app.clone()));
    app.tasks.spawn(payments::run(app.clone()));
    app.tasks.spawn(plans::run(app.clone()));
}

fn serve(app: &Arc<App>, listener: TcpListener, router: Router) {
    let stop = app.stop.clone();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    app.tasks.spawn(async move {
        let served = axum::serve(listener, service)
            .with_graceful_shutdown(async move { stop.cancelled().await })
            .await;
        if let Err(e) = served {
            tracing::error!(error = %e, "a listener ended");
        }
    });
}

/// Returns on Ctrl-C or SIGTERM.
pub async fn asked_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut term) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = term.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
