//! An operator's commands beside a running server: `weiyin doctor`, `setup`, `rotate-keys`, `staff`, asked over the staff
//! address.
//!
//! A SQLite file belongs to one process, so a command cannot open it while the server runs; it asks the server instead.
//! Who holds the master key may ask: command and answer are sealed under a key derived from it, bound to each other, and a
//! command is taken once, within a minute. Not for: staff, who have logins and rights.

use crate::app::App;
use crate::config::Config;
use crate::notices::templates;
use crate::tenants::{UNION, setup};
use crate::vault::{self, rotation};
use crate::{audit, doctor, import, local, recon, staff};
use aes_gcm_siv::Aes256GcmSiv;
use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base::{Clock, Context, Error, Random, Result, Secret, Time};
use db::{Scope, Tx, params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const AT: &str = "x-weiyin-at";
const ONCE: &str = "x-weiyin-once";
const NONCE_BYTES: usize = 12;
/// A command is taken for so long.
const FRESH_MS: i64 = 60_000;
/// Past twice that time no process takes it any more, however its clock differs.
const SEEN_MS: i64 = 3_600_000;
/// Looking at everything waits for WeChat and the core.
const PATIENCE: Duration = Duration::from_secs(30);
/// A whole day's file is written by the core, read and compared.
const LONG_PATIENCE: Duration = Duration::from_secs(15 * 60);

/// One command.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "command")]
pub enum Command {
    Doctor,
    Setup(setup::Plan),
    RotateKeys {
        #[serde(default)]
        which: rotation::Which,
    },
    Staff(staff::Change),
    Phrases(local::tool::Errand),
    Import(import::Plan),
    Recon(recon::tool::Errand),
    Audit(audit::tool::Errand),
    /// An account offers notices from now on.
    OfferNotices {
        appid: String,
    },
}

/// What stands on the outside of a command: when it was given, and its number, which is used once.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Label {
    at: Time,
    once: String,
}

impl Label {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let text = |name| headers.get(name).and_then(|v| v.to_str().ok());
        let at = text(AT)?.parse::<i64>().ok()?;
        let once = text(ONCE)?;
        let is_number = once.len() == 32 && once.bytes().all(|b| b.is_ascii_hexdigit());
        is_number.then(|| Self { at: Time::of_ms(at), once: once.to_owned() })
    }
    fn is_fresh(&self, now: Time) -> bool {
        now.ms().abs_diff(self.at.ms()) <= FRESH_MS.unsigned_abs()
    }
    /// An answer does not open as a command, nor as another command's answer.
    fn aad(&self, way: &str) -> Vec<u8> {
        format!("{way}\n{}\n{}", self.at.ms(), self.once).into_bytes()
    }
}

const ASK: &str = "ask";
const ANSWER: &str = "answer";

/// What seals commands; derived from the master key, so that the two do not meet.
pub struct Key(Box<Aes256GcmSiv>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(***)")
    }
}

impl Key {
    pub fn of(master: &Secret<[u8; 32]>) -> Result<Self> {
        let key = vault::hmac_sha256(master.reveal(), b"weiyin operator's commands");
        let key = Aes256GcmSiv::new_from_slice(&key);
        Ok(Self(Box::new(key.map_err(|_| Error::fault("the commands' key has the wrong length"))?)))
    }

    fn seal(&self, way: &str, label: &Label, plain: &[u8]) -> Result<Vec<u8>> {
        let nonce: [u8; NONCE_BYTES] = Random::system().bytes();
        let payload = Payload { msg: plain, aad: &label.aad(way) };
        let sealed = self.0.encrypt(&nonce.into(), payload);
        let sealed = sealed.map_err(|_| Error::fault("sealing a command failed"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    fn open(&self, way: &str, label: &Label, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: body, aad: &label.aad(way) };
        self.0.decrypt(&(*nonce).into(), payload).ok()
    }
}

/// Where a server takes commands.
#[derive(Debug)]
pub struct Counter {
    key: Key,
    /// Numbers seen by this process, with their time.
    seen: Mutex<HashMap<String, Time>>,
}

impl Counter {
    pub fn new(master: &Secret<[u8; 32]>) -> Result<Self> {
        Ok(Self { key: Key::of(master)?, seen: Mutex::default() })
    }

    /// True when this process has not seen it.
    fn is_new(&self, label: &Label, now: Time) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|_, at| now.since(*at) < SEEN_MS);
        seen.insert(label.once.clone(), label.at).is_none()
    }
}

/// `POST /ops`: 404 for whoever does not hold the key or says again what was said, as if there were nothing here.
pub async fn receive(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Response {
    let now = Clock::System.now();
    let opened = Label::of(&headers)
        .filter(|label| label.is_fresh(now))
        .and_then(|label| app.ops.key.open(ASK, &label, &body).map(|plain| (label, plain)));
    let Some((label, plain)) = opened else { return StatusCode::NOT_FOUND.into_response() };
    let done = async {
        let command: Command = serde_json::from_slice(&plain).doing("an operator's command")?;
        if is_first(&app, &label, &command, now).await? {
            run(&app, command).await.map(Some)
        } else {
            Ok(None)
        }
    };
    let told = match done.await {
        Ok(Some(told)) => json!({ "told": told }),
        Ok(None) => {
            tracing::warn!("an operator's command came a second time and was not done");
            return StatusCode::NOT_FOUND.into_response();
        }
        Err(e) => {
            tracing::warn!(error = %e, "an operator's command was not done");
            // The operator holds the master key: the reason is theirs to read.
            json!({ "failed": e.to_string() })
        }
    };
    match app.ops.key.seal(ANSWER, &label, told.to_string().as_bytes()) {
        Ok(sealed) => sealed.into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Takes a command's number; false when it was taken before, by this process or by another on the same database.
async fn is_first(app: &Arc<App>, label: &Label, command: &Command, now: Time) -> Result<bool> {
    if !app.ops.is_new(label, now) {
        return Ok(false);
    }
    let (once, at) = (label.once.clone(), label.at);
    let unit = move |tx: &Tx<'_>| {
        tx.exec(
            "INSERT INTO operator_command (tenant_id, once, at_ms) VALUES ($1, $2, $3) \
             ON CONFLICT (tenant_id, once) DO NOTHING",
            params![tx.tenant(), once.as_str(), at],
        )
    };
    match app.db.write(Scope::Tenant(UNION), unit).await {
        Ok(taken) => Ok(taken == 1),
        // The doctor changes nothing, and is wanted when the database does not answer.
        Err(e) if matches!(command, Command::Doctor) => {
            tracing::warn!(error = %e, "the doctor's number could not be kept");
            Ok(true)
        }
        Err(e) => Err(e).doing("keeping a command's number"),
    }
}

/// Does a command in this process.
pub async fn run(app: &Arc<App>, command: Command) -> Result<Value> {
    Ok(match command {
        Command::Doctor => json!(doctor::examine(app).await),
        Command::Setup(plan) => json!(setup::apply(app, &plan).await?),
        Command::RotateKeys { which } => json!(rotation::begin_of(app, which).await?),
        Command::Staff(change) => json!(staff::change(app, &change).await?),
        Command::Phrases(errand) => local::tool::run(app, errand).await?,
        Command::Import(plan) => json!(import::apply(app, plan).await?),
        Command::Recon(errand) => recon::tool::run(app, errand).await?,
        Command::Audit(errand) => audit::tool::run(app, errand).await?,
        Command::OfferNotices { appid } => json!(templates::offer_by(app, &appid).await?),
    })
}

/// Asks the server of these settings. `None` when none runs here.
pub async fn ask(config: &Config, command: &Command) -> Result<Option<Value>> {
    if !config.keys.master_file.exists() {
        return Ok(None);
    }
    let master = vault::key_file(&config.keys.master_file, &Random::system())?;
    let key = Key::of(&master)?;
    let label = Label { at: Clock::System.now(), once: Random::system().hex(16) };
    let body = key.seal(ASK, &label, &serde_json::to_vec(command)?)?;
    let address = reachable(config.server.staff_listen);
    let is_long = matches!(command, Command::Recon(_) | Command::Audit(_));
    let patience = if is_long { LONG_PATIENCE } else { PATIENCE };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().timeout(patience).build()?;
    let request = http.post(format!("http://{address}/ops"));
    let request = request.header(AT, label.at.ms()).header(ONCE, &label.once).body(body);
    let answer = match request.send().await {
        Err(e) if e.is_connect() => return Ok(None),
        answer => answer.doing(format!("asking the server at {address}"))?,
    };
    let status = answer.status();
    let sealed = answer.bytes().await.doing("reading the server's answer")?;
    let plain = key.open(ANSWER, &label, &sealed).filter(|_| status.is_success()).ok_or_else(|| {
        Error::fault(format!(
            "what runs at {address} does not take our commands ({status}): it is another program, has another master \
             key, or its clock and ours differ by a minute"
        ))
    })?;
    let told: Value = serde_json::from_slice(&plain).doing("reading the server's answer")?;
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
    use crate::testing::TestBank;

    fn label(at: Time) -> Label {
        Label { at, once: Random::system().hex(16) }
    }

    /// Posts to the bank's staff address: status and body.
    async fn post(bank: &TestBank, label: &Label, body: &[u8]) -> (u16, Vec<u8>) {
        let request = bank.http.post(format!("{}/ops", bank.staff_url)).body(body.to_vec());
        let request = request.header(AT, label.at.ms()).header(ONCE, &label.once);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
    }

    fn taken(status: u16) -> bool {
        assert!(status == 200 || status == 404, "{status}");
        status == 200
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_command_is_taken_only_from_whoever_holds_the_master_key_and_only_for_a_minute() {
        for bank in TestBank::each().await {
            let ours = &bank.app.ops.key;
            let theirs = Key::of(&Secret::new([8; 32])).unwrap();
            let command =
                serde_json::to_vec(&Command::RotateKeys { which: rotation::Which::default() })
                    .unwrap();
            let now = Clock::System.now();
            let good = label(now);
            let sealed = ours.seal(ASK, &good, &command).unwrap();
            // Another's key, another time, another number, the wrong way round, a changed byte.
            let strange = theirs.seal(ASK, &good, &command).unwrap();
            assert!(!taken(post(&bank, &good, &strange).await.0));
            let old = label(now.plus_ms(-FRESH_MS - 10_000));
            let stale = ours.seal(ASK, &old, &command).unwrap();
            assert!(!taken(post(&bank, &old, &stale).await.0));
            assert!(!taken(
                post(&bank, &Label { at: now.plus_ms(1), ..good.clone() }, &sealed).await.0
            ));
            assert!(!taken(post(&bank, &label(now), &sealed).await.0));
            let answer = ours.seal(ANSWER, &good, &command).unwrap();
            assert!(!taken(post(&bank, &good, &answer).await.0));
            let mut changed = sealed.clone();
            changed[NONCE_BYTES] ^= 1;
            assert!(!taken(post(&bank, &good, &changed).await.0));
            assert!(!taken(post(&bank, &good, &[]).await.0));
            assert!(taken(post(&bank, &good, &sealed).await.0));
            bank.stop().await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_command_that_is_overheard_and_sent_again_is_not_done_again() {
        for bank in TestBank::each().await {
            let key = &bank.app.ops.key;
            let said = label(Clock::System.now());
            let body = key.seal(
                ASK,
                &said,
                &serde_json::to_vec(&Command::RotateKeys { which: rotation::Which::default() })
                    .unwrap(),
            );
            let body = body.unwrap();
            let (status, answer) = post(&bank, &said, &body).await;
            assert!(taken(status));
            let plain = key.open(ANSWER, &said, &answer).expect("an answer for us");
            let told: Value = serde_json::from_slice(&plain).unwrap();
            assert_eq!(told["told"], 3, "each institution has a new key");
            assert!(!taken(post(&bank, &said, &body).await.0));
            // Nor by a process that has just started on the same database.
            bank.app.ops.seen.lock().unwrap().clear();
            assert!(!taken(post(&bank, &said, &body).await.0));
            if let Some(second) = bank.second_process().await {
                let first = is_first(
                    &second,
                    &said,
                    &Command::RotateKeys { which: rotation::Which::default() },
                    said.at,
                )
                .await
                .unwrap();
                assert!(!first);
                second.shut_down().await;
            }
            bank.stop().await;
        }
    }

    #[test]
    fn nothing_of_a_command_or_its_answer_can_be_read_on_the_way() {
        let key = Key::of(&Secret::new([7; 32])).unwrap();
        let label = label(Time::of_ms(1_000_000));
        let sealed = key.seal(ASK, &label, b"correct horse battery").unwrap();
        assert!(!sealed.windows(5).any(|w| w == b"horse"));
        assert_eq!(key.open(ASK, &label, &sealed).as_deref(), Some(&b"correct horse battery"[..]));
    }
}
