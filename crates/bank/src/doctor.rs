//! `weiyin doctor`: looks at everything the bank stands on, says what is wrong and what to do.
//!
//! Beside a running server the server looks for itself and tells (see [`crate::ops`]); else the command opens what the
//! server would.

mod machine;
#[cfg(test)]
mod tests;

use crate::app::App;
use crate::config::Config;
use crate::ops::{self, Command};
use crate::stamped::signed;
use crate::vault::{rewrap, rotation};
use crate::{component, production};
use base::{Result, Time};
use db::{Scope, job};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const REACH: Duration = Duration::from_secs(3);
/// WeChat refuses and we refuse what is five minutes off; long before that tokens and codes go wrong. `Date` has whole
/// seconds and travels a moment.
const CLOCK_OFF_MAX_S: i64 = 3;
/// Processes on one PostgreSQL share what they keep with its times: past this, errands and codes of one look early or
/// late to another.
const DATABASE_CLOCK_OFF_MS: i64 = 2_000;
/// And past this leases run out while they are held, and signed commands and callbacks are refused.
const DATABASE_CLOCK_BROKEN_MS: i64 = 60_000;
/// A new key moves at a million values in minutes; a day is far too long.
const ROTATION_MS_MAX: i64 = base::DAY_MS;

/// One thing looked at.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub what: String,
    /// `None` is well; else what is wrong and what to do.
    pub trouble: Option<String>,
    /// What works and should still be looked at, and how.
    #[serde(default)]
    pub warning: Option<String>,
    pub note: String,
}

fn well(what: &str, note: impl Into<String>) -> Finding {
    Finding { what: what.to_owned(), trouble: None, warning: None, note: note.into() }
}
fn ill(what: &str, trouble: impl Into<String>) -> Finding {
    Finding { trouble: Some(trouble.into()), ..well(what, "") }
}
fn doubtful(what: &str, warning: impl Into<String>) -> Finding {
    Finding { warning: Some(warning.into()), ..well(what, "") }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (mark, words) = match (&self.trouble, &self.warning) {
            (Some(trouble), _) => ("WRONG", trouble),
            (None, Some(warning)) => ("WARN ", warning),
            (None, None) => ("ok   ", &self.note),
        };
        write!(f, "  {mark} {:<12} {words}", self.what)
    }
}

/// Prints the findings; an error (exit 1) when any is ill. A warning is none.
pub async fn run(config: Option<&Path>) -> Result<()> {
    let findings = match Config::load(config) {
        Err(e) => vec![ill("settings", e.to_string())],
        Ok(config) => look(config).await,
    };
    let mut out = std::io::stdout();
    for f in &findings {
        let _ = writeln!(out, "{}", f.to_string().trim_end());
    }
    let wrong = findings.iter().filter(|f| f.trouble.is_some()).count();
    if wrong == 0 { Ok(()) } else { Err(base::Error::fault(format!("{wrong} to mend, see above"))) }
}

async fn look(config: Config) -> Vec<Finding> {
    let mut findings = vec![well("settings", "understood")];
    findings.extend(settings(&config));
    let listen = config.server.staff_listen;
    match ops::ask(&config, &Command::Doctor).await {
        Err(e) => findings.push(ill("server", e.to_string())),
        Ok(Some(told)) => {
            findings.push(well("server", format!("runs at {listen} and says:")));
            match serde_json::from_value::<Vec<Finding>>(told) {
                Ok(told) => findings.extend(told),
                Err(e) => findings.push(ill("server", format!("is of another version: {e}"))),
            }
        }
        Ok(None) => {
            findings.push(well("server", "does not run here"));
            match production::app(config).await {
                Err(e) => findings.push(ill("start", e.to_string())),
                Ok(app) => {
                    findings.extend(examine(&app).await);
                    app.shut_down().await;
                }
            }
        }
    }
    findings
}

fn settings(config: &Config) -> Vec<Finding> {
    let mut found = vec![];
    if config.sms.url.is_empty() {
        found
            .push(ill("sms", "sms.url is empty: customers cannot bind. Set the gateway's address"));
    }
    if config.server.client_ip_header.is_empty() && !config.server.public_listen.ip().is_loopback()
    {
        found.push(ill(
            "proxy",
            "set server.client_ip_header to the header your proxy sends, e.g. \"x-real-ip\"",
        ));
    }
    if !config.server.staff_listen.ip().is_loopback()
        && config.server.staff_listen.ip().is_unspecified()
    {
        found.push(ill(
            "staff",
            "server.staff_listen is open to every network: bind it to an inner address",
        ));
    }
    found
}

/// What a running app stands on.
pub async fn examine(app: &Arc<App>) -> Vec<Finding> {
    let mut found = vec![];
    found.push(match app.database_answers().await {
        Ok(()) => well("database", format!("{:?} answers", app.db.engine())),
        Err(e) => ill("database", e.to_string()),
    });
    found.extend(database_clock(app).await);
    for warning in app.db.self_check() {
        found.push(ill("database", warning.clone()));
    }
    let ctx = corebank::Ctx::new(crate::tenants::UNION, app.clock().now().plus_ms(3_000), "doctor");
    found.push(match app.core.health(&ctx).await {
        Err(e) if e.is_busy() => {
            ill("core", format!("does not answer ({e}): check core.url and the line to it"))
        }
        _ => well("core", "answers"),
    });
    let registry = app.registry();
    let accounts = registry.accounts().count();
    found.push(if accounts == 0 {
        ill("accounts", "no Official Account is connected yet")
    } else {
        well(
            "accounts",
            format!("{accounts} connected, {} institutions", registry.institutions.len()),
        )
    });
    found.extend(wechat(&app.config.wechat.api_url, app.clock().now()).await);
    found.push(keys(app).await);
    found.extend(rarer_keys(app).await);
    found.extend(seals(app).await);
    found.push(errands(app).await);
    found.extend(machine::examine(&app.config));
    if let Ok(Some(health)) = component::ticket_health(app).await {
        let good = matches!(health, wechat::component::Health::Good { .. });
        found.push(if good {
            well("ticket", "the platform's ticket is fresh")
        } else {
            ill(
                "ticket",
                format!(
                    "{health:?}: check the authorisation event URL in the open platform's console"
                ),
            )
        });
    }
    found
}

/// Whether WeChat is reachable, and what it says the time is.
async fn wechat(url: &str, now: Time) -> Vec<Finding> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let asked = async {
        let http = reqwest::Client::builder().no_proxy().timeout(REACH).build()?;
        // Any answer will do: there is a server of WeChat's behind it.
        http.get(url).send().await
    };
    match asked.await {
        Err(e) => {
            let why = if e.is_timeout() { "no answer in 3 s" } else { "not reachable" };
            vec![ill("wechat", format!("{url}: {why}. Check DNS, firewall and proxy"))]
        }
        Ok(answer) => {
            let date = answer.headers().get(http::header::DATE).and_then(|v| v.to_str().ok());
            let reached = well("wechat", format!("{url} is reachable"));
            vec![reached, clock(date.and_then(machine::http_date), now)]
        }
    }
}

fn clock(theirs: Option<Time>, ours: Time) -> Finding {
    let Some(theirs) = theirs else {
        return well("clock", "WeChat did not say the time; not compared");
    };
    let off_s = ours.since(theirs).div_euclid(1_000);
    if off_s.abs() <= CLOCK_OFF_MAX_S {
        return well("clock", "agrees with WeChat's");
    }
    let way = if off_s > 0 { "fast" } else { "slow" };
    ill(
        "clock",
        format!(
            "{} s {way} against WeChat's: let the machine follow a time server (chrony, systemd-timesyncd)",
            off_s.abs()
        ),
    )
}

/// Whether PostgreSQL's clock and ours agree; nothing where the database has no clock.
async fn database_clock(app: &Arc<App>) -> Option<Finding> {
    let before = app.clock().now();
    let theirs = app.db.server_time().await.ok()??;
    // The answer was given somewhere on the way.
    let ours = before.plus_ms(app.clock().now().since(before) / 2);
    Some(beside_database(theirs, ours))
}

fn beside_database(theirs: Time, ours: Time) -> Finding {
    const WHAT: &str = "clocks";
    let off_ms = ours.since(theirs);
    if off_ms.abs() <= DATABASE_CLOCK_OFF_MS {
        return well(WHAT, "this machine's agrees with PostgreSQL's");
    }
    let way = if off_ms > 0 { "fast" } else { "slow" };
    let off = format!("this machine's is {} s {way} against PostgreSQL's", off_ms.abs() / 1_000);
    let mend =
        "let both machines follow the same time server (chronyc tracking shows which one is off)";
    if off_ms.abs() <= DATABASE_CLOCK_BROKEN_MS {
        doubtful(WHAT, format!("{off}: {mend}"))
    } else {
        ill(
            WHAT,
            format!("{off}: stop the service on the machine that is off, {mend}, then start it"),
        )
    }
}

async fn keys(app: &Arc<App>) -> Finding {
    let newest = match rotation::newest(app).await {
        Ok(newest) => newest,
        Err(e) => return ill("keys", e.to_string()),
    };
    let now = app.clock().now();
    let moving: Vec<_> = newest.iter().filter(|k| k.is_under_way()).collect();
    if moving.iter().any(|k| now.since(k.made_at) > ROTATION_MS_MAX) {
        return ill(
            "keys",
            "values are still sealed with an old key a day after the new one: look for failing «reseal» errands in the log",
        );
    }
    if newest.iter().any(|k| now.since(k.made_at) > rotation::LIFE_MS + base::DAY_MS) {
        return ill("keys", "a data key is over a year old: run weiyin rotate-keys");
    }
    let oldest = newest.iter().map(|k| now.since(k.made_at) / base::DAY_MS).max().unwrap_or(0);
    well(
        "keys",
        match moving.len() {
            0 => format!("{} institutions, the oldest data key is {oldest} days old", newest.len()),
            n => format!("{n} institutions are moving to a new data key"),
        },
    )
}

/// Keys that change by an operator's hand only: one finding for each that is changing.
async fn rarer_keys(app: &Arc<App>) -> Vec<Finding> {
    let mut found = vec![];
    match rotation::reindexing(app).await {
        Err(e) => found.push(ill("index keys", e.to_string())),
        Ok(0) => {}
        Ok(n) => {
            found.push(well("index keys", format!("{n} institutions are moving to a new one")));
        }
    }
    match rewrap::still_to_do(app).await {
        Err(e) => found.push(ill("master key", e.to_string())),
        Ok(None) => {}
        Ok(Some(0)) => found.push(well(
            "master key",
            "nothing is wrapped by the previous one any more: empty keys.previous_master_file and start again",
        )),
        Ok(Some(n)) => found.push(well(
            "master key",
            format!("{n} keys are wrapped by the previous one: weiyin rotate-keys --which master"),
        )),
    }
    let keys = &app.config.keys;
    if !keys.previous_core_master_file.as_os_str().is_empty() {
        found.push(well(
            "core master key",
            "what the previous one wrapped was wrapped anew when the server started: when every process was started with \
             the new one, empty keys.previous_core_master_file",
        ));
    }
    if !keys.previous_core_pin_id.is_empty() {
        found.push(well(
            "PIN key",
            format!(
                "PINs go out under {}; {} is still taken: when every process was started with it, empty \
                 keys.previous_core_pin_file and keys.previous_core_pin_id",
                keys.core_pin_id, keys.previous_core_pin_id
            ),
        ));
    }
    found
}

/// What institutions sign their papers with; others compare these fingerprints.
async fn seals(app: &Arc<App>) -> Vec<Finding> {
    let all = match signed::keys::all(app).await {
        Ok(all) => all,
        Err(e) => return vec![ill("seal", e.to_string())],
    };
    let registry = app.registry();
    let told = |c: &signed::keys::Certificate| {
        let code = registry.institution(c.tenant).map(|i| i.code.clone()).unwrap_or_default();
        if app.clock().now().since(c.made_at) > signed::keys::CHANGE_BY_MS {
            let mend = "its certificate ends within a year: weiyin rotate-keys --which seal";
            return doubtful("seal", format!("{code} signs with key {}: {mend}", c.no));
        }
        well("seal", format!("{code} signs with key {}, certificate {}", c.no, c.fingerprint))
    };
    all.iter().filter(|c| c.ended_at.is_none()).map(told).collect()
}

async fn errands(app: &Arc<App>) -> Finding {
    match app.db.read(Scope::House, job::counts).await {
        Err(e) => ill("errands", e.to_string()),
        Ok(counts) if counts.dead > 0 => ill(
            "errands",
            format!(
                "{} were given up: see «a job failed» in the log, mend the cause, then set them waiting again",
                counts.dead
            ),
        ),
        Ok(counts) => well("errands", format!("{} waiting, none given up", counts.waiting)),
    }
}
