//! The typed client of WeChat's server API.
//!
//! [`Client`] knows addresses and HTTP; [`Account`] is one official account with its token, and carries the calls an
//! account makes: [`menu`], [`custom`], [`user`], [`qr`], [`shorten`], [`media`], [`template`], [`once`], [`datacube`], [`basic`],
//! and the web parts [`oauth`] and [`js`]. Tokens are looked after by [`crate::token::Authority`]; third-party platform calls are in [`crate::component`].
//!
//! ```no_run
//! use std::sync::Arc;
//! use wechat::api::{Account, CallError, Client, Hosts, Limits, custom};
//! use wechat::token::{Authority, MemoryStore, Options, Owner};
//!
//! # async fn example() -> base::Result<()> {
//! let client = Client::build(Hosts::default(), &Limits::default())?;
//! let (clock, random) = (base::Clock::System, base::Random::system());
//! let authority = Authority::new(client, Arc::new(MemoryStore::new()), clock, random, Options::default());
//! let owner = Owner::direct("wx0123456789abcdef", base::Secret::new(String::from("…")));
//! let bank = Account::new(authority, owner);
//! let hello = custom::Message::Text(String::from("您好"));
//! match bank.send_custom("oAbc", &hello, &custom::Extra::default()).await {
//!     Ok(()) => {}
//!     Err(CallError::Api(e)) => println!("{}", e.words()),
//!     Err(e) => println!("{e}; may be sent again: {}", e.may_repeat(false)),
//! }
//! # Ok(()) }
//! ```
//!
//! To us WeChat is a base URL: the hosts are configuration, so a simulator is just another one.
//! Not for: keeping anything (the token store does), queues and repeats (the caller's jobs do).

mod account;
pub mod basic;
pub mod credential;
pub mod custom;
pub mod datacube;
mod error;
pub mod js;
pub mod media;
pub mod menu;
pub mod oauth;
pub mod once;
pub mod qr;
pub mod shorten;
pub mod subscription;
pub mod template;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub mod user;
pub(crate) mod wire;

pub use account::Account;
pub use error::{ApiError, CallError, CallResult, Cause};

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;

/// Where WeChat's three roles are reached, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosts {
    /// Server API, `https://api.weixin.qq.com`.
    pub api: String,
    /// QR pictures and the authorisation page for computers, `https://mp.weixin.qq.com`.
    pub mp: String,
    /// Web login and the authorisation page for phones, `https://open.weixin.qq.com`.
    pub open: String,
}

impl Default for Hosts {
    fn default() -> Self {
        Self {
            api: String::from("https://api.weixin.qq.com"),
            mp: String::from("https://mp.weixin.qq.com"),
            open: String::from("https://open.weixin.qq.com"),
        }
    }
}

impl From<&str> for Hosts {
    /// All three roles at one address, as a simulator serves them.
    fn from(base: &str) -> Self {
        let base = base.trim_end_matches('/').to_owned();
        Self { api: base.clone(), mp: base.clone(), open: base }
    }
}

/// Limits of one call, and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Time to make a connection, TLS included.
    pub connect: Duration,
    /// Time from the first byte to the last.
    pub total: Duration,
    /// Connections kept open for each host. Fewer than calls are made at once means handshakes.
    pub idle_per_host: usize,
    /// `http://host:port` of an outgoing proxy, so that WeChat sees one whitelisted address. The environment is not read.
    pub proxy: Option<String>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(2),
            total: Duration::from_secs(4),
            idle_per_host: 256,
            proxy: None,
        }
    }
}

/// Speaks HTTP with WeChat. Cheap to clone; clones share connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    hosts: Arc<Hosts>,
}

impl Client {
    /// A client on connections the caller has built (with time limits, without following redirects).
    pub fn new(http: reqwest::Client, hosts: impl Into<Hosts>) -> Self {
        Self { http, hosts: Arc::new(hosts.into()) }
    }

    /// Builds connections with `limits`: rustls with ring (installed here when the process has no provider yet), no redirects
    /// (they would carry a token elsewhere), no proxy but the given one.
    pub fn build(hosts: impl Into<Hosts>, limits: &Limits) -> base::Result<Self> {
        // An error only says that a provider is installed already, which is all we want.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(limits.connect)
            .timeout(limits.total)
            .pool_max_idle_per_host(limits.idle_per_host);
        if let Some(proxy) = &limits.proxy {
            builder = builder.proxy(reqwest::Proxy::all(proxy)?);
        }
        Ok(Self::new(builder.build()?, hosts))
    }

    pub fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// GET on the API host. The query holds secrets, so it is never logged.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> CallResult<T> {
        let url = wire::address(&self.hosts.api, path, query);
        traced(path, wire::json(wire::get(&self.http, &url))).await
    }

    /// POST of raw UTF-8 JSON on the API host.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        body: &impl Serialize,
    ) -> CallResult<T> {
        let url = wire::address(&self.hosts.api, path, query);
        traced(path, wire::json(wire::post(&self.http, &url, body)?)).await
    }
}

/// An answer of which only success matters.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Done {}

/// One log line for a failed call: path and error, never address, token or body.
pub(crate) async fn traced<T>(
    path: &str,
    call: impl Future<Output = CallResult<T>>,
) -> CallResult<T> {
    let watch = base::Stopwatch::start();
    let outcome = call.await;
    let elapsed_ms = watch.elapsed().as_millis();
    match &outcome {
        Ok(_) => tracing::debug!(path, %elapsed_ms, "WeChat call"),
        Err(error) if error.is_harmless() => {
            tracing::debug!(path, %elapsed_ms, %error, "WeChat call");
        }
        Err(error) => tracing::warn!(path, %elapsed_ms, %error, "WeChat call failed"),
    }
    outcome
}
