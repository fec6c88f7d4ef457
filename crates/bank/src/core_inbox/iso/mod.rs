//! Cores that speak ISO 8583 over TCP (ADR 33): they tell what they booked by advices, and store each until it is acknowledged.
//!
//! ```text
//!   core ──4 digits of length, message──▶ line ──▶ meaning ──▶ store (one unit) ──▶ 0230 / 0430, field 39 = 00
//! ```
//!
//! *Invariants.* A message is acknowledged after its commit and never before. It is kept once by class, acquirer (32), time (7)
//! and trace number (11), however often it is sent; with other content under the same it is answered 94 and changes nothing. These
//! cores number no stream, so the inbox numbers theirs; a stream has one side that numbers it. Not for: asking a core over ISO
//! 8583; authorising anything (a request is answered 40).

mod line;
mod meaning;
mod store;
#[cfg(test)]
mod tests;

use super::refusals::Refusals;
use crate::app::App;
use crate::tenants::UNION;
use crate::{config, vault};
use base::{Error, Result, TenantId};
use db::Scope;
use iso8583::{MacKey, Message, Mti, Problem};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Semaphore;

pub use line::{run, run_on};
pub use store::KEEP_MS;

/// Connections at once; one more is closed.
const CONNECTIONS_MAX: usize = 16;

/// The key of the line, and whose messages it carries.
#[derive(Debug)]
pub struct Line {
    key: MacKey,
    /// Field 100, without zeros before it → an institution's code here.
    institutions: BTreeMap<String, String>,
    refusals: Refusals,
    seats: Arc<Semaphore>,
}

impl Line {
    /// `None` when settings name no address to listen on.
    ///
    /// # Errors
    /// A key file that cannot be read, or that holds no key.
    pub fn open(settings: &config::Iso8583) -> Result<Option<Self>> {
        if settings.listen.is_none() {
            return Ok(None);
        }
        let text = vault::read_private(&settings.key_file)?;
        let key = MacKey::read(text.reveal()).ok_or_else(|| {
            let file = settings.key_file.display();
            Error::fault(format!(
                "{file} holds no key: it is «sm4-cmac:» and 32 hexadecimal digits"
            ))
        })?;
        Ok(Some(Self {
            key,
            institutions: settings.institutions.clone(),
            refusals: Refusals::of("core.iso8583"),
            seats: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
        }))
    }
}

/// Whether an institution's events come over this line and no other way.
pub(super) fn hears(app: &App, tenant: TenantId) -> bool {
    let Some(line) = &app.iso else { return false };
    let registry = app.registry();
    let Some(institution) = registry.institutions.get(&tenant) else { return false };
    line.institutions.values().any(|code| *code == institution.code)
}

/// What became of a message, as field 39 says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Ok,
    /// A field that must be there is not, or cannot be read: which.
    Form(u8),
    /// Known with other content.
    Contradicted,
    /// About an institution that is not on this line.
    NoSuchInstitution,
    /// A request, where only advices are heard.
    NotSupported,
    Fault,
}

impl Said {
    fn code(self) -> &'static [u8] {
        match self {
            Self::Ok => b"00",
            Self::Form(_) => b"30",
            Self::NotSupported => b"40",
            Self::NoSuchInstitution => b"92",
            Self::Contradicted => b"94",
            Self::Fault => b"96",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Ok => "taken",
            Self::Form(_) => "form",
            Self::NotSupported => "not_supported",
            Self::NoSuchInstitution => "institution",
            Self::Contradicted => "contradicted",
            Self::Fault => "failed",
        }
    }
}

/// One message; the bytes of its answer, or nothing for what was not made by someone who has the key.
async fn answer(app: &Arc<App>, line: &Line, bytes: &[u8]) -> Option<Vec<u8>> {
    let asked = match Message::open(bytes, &line.key) {
        Ok(asked) => asked,
        Err(problem) => {
            let word = if problem == Problem::Mac { "mac" } else { "form" };
            count(word);
            line.refusals.note(app, "message", word).await;
            return None;
        }
    };
    let said = hear(app, line, &asked).await;
    count(said.word());
    if !matches!(said, Said::Ok | Said::Fault | Said::Contradicted) {
        let subject = match said {
            Said::Form(field) => format!("field:{field}"),
            _ => format!("mti:{}", asked.mti()),
        };
        line.refusals.note(app, &subject, said.word()).await;
    }
    reply(&asked, said).and_then(|reply| reply.seal(&line.key)).ok()
}

fn count(outcome: &'static str) {
    metrics::counter!("weiyin_core_iso8583_total", "outcome" => outcome).increment(1);
}

async fn hear(app: &Arc<App>, line: &Line, asked: &Message) -> Said {
    match &asked.mti().first().digits() {
        // Sign-on, sign-off, sign of life: nothing depends on them.
        b"0800" | b"0820" => return Said::Ok,
        b"0220" | b"0420" => {}
        _ => return Said::NotSupported,
    }
    let tenant = match addressee(app, line, asked) {
        Ok(tenant) => tenant,
        Err(said) => return said,
    };
    let told = match meaning::of(asked, app.clock().now()) {
        Ok(told) => told,
        Err(field) => return Said::Form(field),
    };
    let kept = async {
        let keys = app.vault.tenant(&app.db, tenant).await?;
        let unit = move |tx: &db::Tx<'_>| store::take(tx, &keys, &told);
        app.db.write(Scope::Tenant(tenant), unit).await
    };
    match kept.await {
        Ok(store::Kept::Now | store::Kept::Before) => Said::Ok,
        Ok(store::Kept::Contradicted) => {
            metrics::counter!("weiyin_core_events_contradicted_total").increment(1);
            tracing::error!(%tenant, "a core sent an ISO 8583 message again with something else in it");
            Said::Contradicted
        }
        Err(e) => {
            tracing::error!(%tenant, error = ?e, "an ISO 8583 message could not be kept");
            Said::Fault
        }
    }
}

/// The institution a message is for.
fn addressee(app: &App, line: &Line, asked: &Message) -> std::result::Result<TenantId, Said> {
    let number = asked.text(100).ok_or(Said::Form(100))?.trim_start_matches('0');
    let code = line.institutions.get(number).ok_or(Said::NoSuchInstitution)?;
    let registry = app.registry();
    let found =
        registry.institutions.iter().find(|(tenant, i)| i.code == *code && **tenant != UNION);
    found.map(|(tenant, _)| *tenant).ok_or(Said::NoSuchInstitution)
}

/// What the other side knows its message by, and field 39.
fn reply(asked: &Message, said: Said) -> std::result::Result<Message, Problem> {
    let mti: Mti = asked.mti().answer();
    let mut reply = Message::new(mti);
    for number in [2, 3, 4, 7, 11, 12, 13, 15, 32, 33, 37, 41, 42, 49, 70, 100] {
        if let Some(value) = asked.get(number) {
            reply.set(number, value)?;
        }
    }
    reply.set(39, said.code())?;
    Ok(reply)
}
