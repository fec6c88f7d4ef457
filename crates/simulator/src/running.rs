//! Starting and stopping a world: one listener, its tasks, and the lock around the state.

use crate::config::{AccountConfig, ComponentConfig, Config};
use crate::faults::CoreHook;
use crate::machine::MachineHook;
use crate::push::{self, Delivery};
use crate::world::World;
use crate::{api, component, control, events, oauth, phone};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use base::{Context, Result};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Events a slow phone page may lag behind before it misses some (it then reloads).
const EVENTS_MAX: usize = 4_096;
/// How often clocks moved from outside are noticed.
pub(crate) const LOOK_MS: u64 = 200;
/// Longest wait for open connections at the end.
const STOP_MS: u64 = 3_000;
/// Largest body that is taken: a video of 10 MB and its form.
const BODY_BYTES_MAX: usize = 12 << 20;

/// What every handler shares.
#[derive(Debug)]
pub(crate) struct Shared {
    world: Mutex<World>,
    pub(crate) events: broadcast::Sender<Value>,
    pub(crate) http: reqwest::Client,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    /// The delivery that waits for another to overtake it.
    pub(crate) overtaken: Mutex<Option<Arc<Notify>>>,
    /// Rings when the clock was moved here.
    pub(crate) clock_moved: Notify,
    pub(crate) core_weather: Option<CoreHook>,
    pub(crate) machine: Option<MachineHook>,
}

impl Shared {
    /// Looks at or changes the world without handing anything on; for short questions inside a delivery.
    pub(crate) fn with<T>(&self, f: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = f(&mut world);
        let news = std::mem::take(&mut world.news);
        // still under the lock, so that news leave in the order things happened
        for one in news {
            // nobody listens: fine
            let _ = self.events.send(one);
        }
        answer
    }

    /// Changes the world, then sends out what it has put into its outbox.
    pub(crate) fn act<T>(self: &Arc<Self>, f: impl FnOnce(&mut World) -> T) -> T {
        let (answer, outbox) = self.with(|w| {
            let answer = f(w);
            (answer, std::mem::take(&mut w.outbox))
        });
        for delivery in outbox {
            self.send(delivery);
        }
        answer
    }

    pub(crate) fn send(self: &Arc<Self>, delivery: Delivery) {
        self.tasks.spawn(push::deliver(Arc::clone(self), delivery));
    }
}

/// Starts worlds.
#[derive(Debug)]
pub struct Simulator;

/// A world that runs.
#[derive(Debug)]
pub struct Running {
    /// The address it listens on.
    pub addr: SocketAddr,
    shared: Arc<Shared>,
}

impl Simulator {
    /// Opens the listener and begins. The tasks end with [`Running::stop`] or when [`Running`] is dropped.
    ///
    /// # Errors
    /// The address is taken; an account is incomplete (`account.invalid`, in words that say what is wrong).
    pub async fn start(config: Config) -> Result<Running> {
        let listen = config.listen;
        let listener = tokio::net::TcpListener::bind(listen)
            .await
            .doing(format!("the simulator listens on {listen}"))?;
        let addr = listener.local_addr()?;
        let (core_weather, machine) = (config.core_weather.clone(), config.machine.clone());
        let public_url = config.public_url.clone().unwrap_or_else(|| format!("http://{addr}"));
        // an error only says that a provider is installed already
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let shared = Arc::new(Shared {
            world: Mutex::new(World::new(config, public_url.trim_end_matches('/').to_owned())?),
            events: broadcast::channel(EVENTS_MAX).0,
            http,
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            overtaken: Mutex::new(None),
            clock_moved: Notify::new(),
            core_weather,
            machine,
        });
        shared.tasks.spawn(keep_time(Arc::clone(&shared)));
        let app = router(Arc::clone(&shared)).into_make_service_with_connect_info::<SocketAddr>();
        let stopped = shared.stop.clone();
        shared.tasks.spawn(async move {
            let serve = axum::serve(listener, app)
                .with_graceful_shutdown(async move { stopped.cancelled().await });
            if let Err(e) = serve.await {
                tracing::error!(error = %e, "the simulator's listener ended");
            }
        });
        tracing::info!(%addr, "simulator listens");
        Ok(Running { addr, shared })
    }
}

impl Running {
    /// The base URL of every role.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }
    /// Registers one more account, or changes a known one (its callback address, say).
    ///
    /// # Errors
    /// `account.invalid`.
    pub fn register(&self, account: AccountConfig) -> Result<()> {
        self.shared.act(|w| w.register(account, false))
    }
    /// Sets the third-party platform. Its first ticket is pushed at once.
    ///
    /// # Errors
    /// `account.invalid`.
    pub fn set_component(&self, component: ComponentConfig) -> Result<()> {
        self.shared.act(|w| w.set_component(component))
    }
    /// Ends every task: open pushes are given up, event streams closed. At most about three seconds.
    pub async fn stop(self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        let limit = Duration::from_millis(STOP_MS);
        if tokio::time::timeout(limit, self.shared.tasks.wait()).await.is_err() {
            tracing::warn!("the simulator stopped with connections still open");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

/// Does what is due by the simulated clock; nothing sleeps for simulated time.
async fn keep_time(shared: Arc<Shared>) {
    loop {
        shared.act(|w| {
            component::tick(w);
            w.run_errands();
        });
        tokio::select! {
            () = shared.stop.cancelled() => return,
            () = shared.clock_moved.notified() => {}
            () = tokio::time::sleep(Duration::from_millis(LOOK_MS)) => {}
        }
    }
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/phone/") }))
        .route("/connect/oauth2/authorize", get(oauth::authorize))
        .route("/connect/oauth2/decide", get(oauth::decide))
        .route("/mp/subscribemsg", get(api::once::show))
        .route("/mp/subscribemsg/decide", get(api::once::decide))
        .route("/mp/subscribemsg/done", get(api::once::done))
        .route("/webview", get(oauth::webview))
        .route("/cgi-bin/componentloginpage", get(component::page::show))
        .route("/wxaopen/safe/bindcomponent", get(component::page::show))
        .route("/cgi-bin/componentlogin/decide", get(component::page::decide))
        .route("/cgi-bin/showqrcode", get(api::qr::show))
        .route("/s/{slug}", get(crate::press::read))
        .route("/media/{id}", get(crate::media::picture))
        .route("/sms/send", post(control::sms_send))
        .route("/ocr/read", post(crate::reader::answer))
        .route("/face/begin", post(crate::faces::begin))
        .route("/face/result", post(crate::faces::result))
        .route("/face/page/{token}", get(crate::faces::show))
        .route("/face/page/{token}/decide", get(crate::faces::decide))
        .route("/control/events", get(events::stream))
        .nest("/control", control::routes())
        .route("/phone", get(|| async { Redirect::permanent("/phone/") }))
        .route("/phone/", get(phone::index))
        .route("/phone/{*path}", get(phone::file))
        .route("/cgi-bin/{*path}", axum::routing::any(api::serve))
        .route("/sns/{*path}", axum::routing::any(api::serve))
        .route("/customservice/{*path}", axum::routing::any(api::serve))
        .route("/datacube/{*path}", axum::routing::any(api::serve))
        .route("/wxa/{*path}", axum::routing::any(api::serve))
        .route("/wxaapi/{*path}", axum::routing::any(api::serve))
        .fallback(|| async { (http::StatusCode::NOT_FOUND, "no such page").into_response() })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(shared)
}
