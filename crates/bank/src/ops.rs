//! An operator's commands beside a running server: `weiyin doctor`, `rotate-keys`, `staff`, asked over the staff address.
//!
//! A SQLite file belongs to one process, so a command cannot open it while the server runs; it asks the server instead.
//! Who holds the master key may ask: each request is signed with a key derived from it and lives a minute. Not for:
//! staff, who have logins and rights.

use crate::app::App;
use crate::config::Config;
use crate::vault::{self, rotation};
use crate::{doctor, staff, web};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base::{Clock, Context, Error, Random, Result, Secret, Time};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq;

const AT: &str = "x-weiyin-at";
const MAC: &str = "x-weiyin-mac";
/// A signed request is taken for so long.
const FRESH_MS: i64 = 60_000;
/// Looking at everything waits for WeChat and the core.
const PATIENCE: Duration = Duration::from_secs(30);

/// One command.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "command")]
pub enum Command {
    Doctor,
    RotateKeys {
        #[serde(default)]
        which: rotation::Which,
    },
    Staff(staff::Change),
}

/// What signs requests; derived from the master key, so that the two do not meet.
pub struct Key(Secret<[u8; 32]>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(***)")
    }
}

impl Key {
    pub fn of(master: &Secret<[u8; 32]>) -> Self {
        let mut key = [0; 32];
        key.copy_from_slice(&vault::hmac_sha256(master.reveal(), b"weiyin operator's commands"));
        Self(Secret::new(key))
    }

    fn mac(&self, at: &str, body: &[u8]) -> String {
        let message = [at.as_bytes(), b"\n", body].concat();
        let mac = vault::hmac_sha256(self.0.reveal(), &message);
        mac.iter().map(|b| format!("{b:02x}")).collect()
    }

    fn fits(&self, headers: &HeaderMap, body: &[u8], now: Time) -> bool {
        let text = |name| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let at = text(AT);
        let is_fresh =
            at.parse::<i64>().is_ok_and(|ms| now.ms().abs_diff(ms) <= FRESH_MS.unsigned_abs());
        is_fresh && bool::from(self.mac(at, body).as_bytes().ct_eq(text(MAC).as_bytes()))
    }
}

/// `POST /ops`: 404 for whoever does not hold the key, as if there were nothing here.
pub async fn receive(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Response {
    if !app.ops.fits(&headers, &body, Clock::System.now()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let done = async {
        let command = serde_json::from_slice(&body).doing("an operator's command")?;
        run(&app, command).await
    };
    match done.await {
        Ok(told) => web::json(&json!({ "told": told })),
        Err(e) => {
            tracing::warn!(error = %e, "an operator's command was not done");
            // The operator holds the master key: the reason is theirs to read.
            web::json(&json!({ "failed": e.to_string() }))
        }
    }
}

/// Does a command in this process.
pub async fn run(app: &Arc<App>, command: Command) -> Result<Value> {
    Ok(match command {
        Command::Doctor => json!(doctor::examine(app).await),
        Command::RotateKeys { which } => json!(rotation::begin_of(app, which).await?),
        Command::Staff(change) => json!(staff::change(app, &change).await?),
    })
}

/// Asks the server of these settings. `None` when none runs here.
pub async fn ask(config: &Config, command: &Command) -> Result<Option<Value>> {
    if !config.keys.master_file.exists() {
        return Ok(None);
    }
    let master = vault::key_file(&config.keys.master_file, &Random::system())?;
    let (at, body) = (Clock::System.now().ms().to_string(), serde_json::to_vec(command)?);
    let address = reachable(config.server.staff_listen);
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
    let request = http.post(format!("http://{address}/ops"));
    let request = request.header(MAC, Key::of(&master).mac(&at, &body)).header(AT, at).body(body);
    let answer = match request.send().await {
        Err(e) if e.is_connect() => return Ok(None),
        answer => answer.doing(format!("asking the server at {address}"))?,
    };
    if !answer.status().is_success() {
        return Err(Error::fault(format!(
            "what runs at {address} does not take our commands ({}): it is another program, or has another master key",
            answer.status()
        )));
    }
    let told: Value = answer.json().await.doing("reading the server's answer")?;
    match told.get("failed").and_then(Value::as_str) {
        Some(why) => Err(Error::fault(why.to_owned())),
        None => Ok(Some(told["told"].clone())),
    }
}

/// The same, or in this process when no server runs here.
pub async fn ask_or_run(config: Config, command: Command) -> Result<Value> {
    if let Some(told) = ask(&config, &command).await? {
        return Ok(told);
    }
    let app = crate::production::app(config).await?;
    let done = run(&app, command).await;
    app.shut_down().await;
    done
}

/// Where a listener on every address is reached from this machine.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let mut at = listen;
    if at.ip().is_unspecified() {
        at.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_taken_only_from_whoever_holds_the_master_key_and_only_for_a_minute() {
        let (ours, theirs) = (Key::of(&Secret::new([7; 32])), Key::of(&Secret::new([8; 32])));
        let headers = |key: &Key, at: i64, body: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(AT, at.to_string().parse().unwrap());
            headers.insert(MAC, key.mac(&at.to_string(), body).parse().unwrap());
            headers
        };
        let now = Time::of_ms(1_000_000);
        assert!(ours.fits(&headers(&ours, 1_000_000, b"x"), b"x", now));
        assert!(!ours.fits(&headers(&theirs, 1_000_000, b"x"), b"x", now));
        assert!(!ours.fits(&headers(&ours, 1_000_000, b"x"), b"y", now));
        assert!(!ours.fits(&headers(&ours, 1_000_000 - FRESH_MS - 1, b"x"), b"x", now));
        let mut moved = headers(&ours, 1_000_000, b"x");
        moved.insert(AT, "1000001".parse().unwrap());
        assert!(!ours.fits(&moved, b"x", now));
        assert!(!ours.fits(&HeaderMap::new(), b"x", now));
    }
}
