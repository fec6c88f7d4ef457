//! Structured logs: text for people, JSON for machines. No personal data ever gets here (DP-09).

use crate::config;
use base::{Error, Result};
use tracing_subscriber::EnvFilter;

/// Drivers that write statement parameters at finer levels: those hold what must not be logged.
const NEVER_BELOW_INFO: &[&str] = &["tokio_postgres=info", "rusqlite=info"];

pub fn start(settings: &config::Log) -> Result<()> {
    let bad = |e: String| Error::fault(format!("log.filter is not understood: {e}"));
    let mut filter = EnvFilter::try_new(&settings.filter).map_err(|e| bad(e.to_string()))?;
    for quiet in NEVER_BELOW_INFO {
        filter = filter.add_directive(quiet.parse().map_err(|_| bad((*quiet).to_owned()))?);
    }
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match settings.format.as_str() {
        "json" => builder.json().try_init(),
        "text" => builder.with_ansi(false).try_init(),
        other => {
            return Err(Error::fault(format!(
                "log.format \"{other}\" is not known; use text or json"
            )));
        }
    };
    // A second start in one process (tests) keeps the first.
    let _ = started;
    Ok(())
}
