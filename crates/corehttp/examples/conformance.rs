//! Runs the conformance suite against a server of the contract:
//! `cargo run -p corehttp --example conformance -- URL KEY_ID KEY_FILE FIXTURE`.
//!
//! It pays, locks cards and uses up tries: only against a test system. Its exit status is 1 when a sentence does not hold.

use base::{Clock, Error, Random, Result, Secret};
use corebank::Ctx;
use corebank::conformance::check;
use corehttp::{HttpCore, Key, Keys, Peer, fixture};
use std::io::Write;
use std::process::ExitCode;

/// How long the server may take to say what it can do.
const PATIENCE_MS: i64 = 10_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let [url, key_id, key_file, fixture_file] = given.as_slice() else {
        return Err(Error::fault("wanted: URL KEY_ID KEY_FILE FIXTURE"));
    };
    let (clock, random) = (Clock::System, Random::system());
    let fixture = fixture(&std::fs::read_to_string(fixture_file)?, clock.clone(), random.clone())?;
    let key = Key::read(key_id, &Secret::new(std::fs::read_to_string(key_file)?))?;
    let peer = Peer { url: url.clone(), keys: Keys::new(vec![key])? };
    let ctx = Ctx::new(fixture.tenant, clock.now().plus_ms(PATIENCE_MS), "conformance");
    let core = HttpCore::meet(peer, clock, random, &ctx).await?;
    let mut out = std::io::stdout();
    let mut broken = 0;
    for finding in check(&core, &fixture).await {
        writeln!(out, "{finding}")?;
        broken += u32::from(finding.broken.is_some());
    }
    writeln!(out, "{broken} broken")?;
    Ok(if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
