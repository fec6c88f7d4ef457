//! `weiyin doctor`: looks at everything the bank stands on, says what is wrong and what to do.

use crate::app::App;
use crate::config::Config;
use crate::{component, production};
use base::Result;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;

const REACH: Duration = Duration::from_secs(3);

/// One thing looked at.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    pub what: &'static str,
    /// `None` is well; else what is wrong and what to do.
    pub trouble: Option<String>,
    pub note: String,
}

fn well(what: &'static str, note: impl Into<String>) -> Finding {
    Finding { what, trouble: None, note: note.into() }
}
fn ill(what: &'static str, trouble: impl Into<String>) -> Finding {
    Finding { what, trouble: Some(trouble.into()), note: String::new() }
}

/// Prints the findings; an error (exit 1) when any is ill.
pub async fn run(config: Option<&Path>) -> Result<()> {
    let mut findings = vec![];
    match Config::load(config) {
        Err(e) => findings.push(ill("settings", e.to_string())),
        Ok(config) => {
            findings.push(well("settings", "understood"));
            findings.extend(settings(&config));
            match production::app(config).await {
                Err(e) => findings.push(ill("start", e.to_string())),
                Ok(app) => {
                    findings.extend(examine(&app).await);
                    app.shut_down().await;
                }
            }
        }
    }
    let mut out = std::io::stdout();
    for f in &findings {
        let line = match &f.trouble {
            None => format!("  ok    {:<12} {}", f.what, f.note),
            Some(trouble) => format!("  WRONG {:<12} {trouble}", f.what),
        };
        let _ = writeln!(out, "{}", line.trim_end());
    }
    let wrong = findings.iter().filter(|f| f.trouble.is_some()).count();
    if wrong == 0 { Ok(()) } else { Err(base::Error::fault(format!("{wrong} to mend, see above"))) }
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
    found.push(reach(&app.config.wechat.api_url).await);
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

async fn reach(url: &str) -> Finding {
    let host = url.split("://").nth(1).unwrap_or(url).split('/').next().unwrap_or_default();
    let port = if url.starts_with("https") { 443 } else { 80 };
    let address = if host.contains(':') { host.to_owned() } else { format!("{host}:{port}") };
    match tokio::time::timeout(REACH, TcpStream::connect(&address)).await {
        Ok(Ok(_)) => well("wechat", format!("{address} is reachable")),
        Ok(Err(e)) => ill("wechat", format!("{address}: {e}. Check DNS, firewall and proxy")),
        Err(_) => {
            ill("wechat", format!("{address}: no answer in 3 s. Check DNS, firewall and proxy"))
        }
    }
}
