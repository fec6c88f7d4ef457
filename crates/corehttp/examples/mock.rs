//! The contract's other side as a server to try a client against: `cargo run -p corehttp --example mock -- 127.0.0.1:9191 KEY_ID KEY_FILE`.
//!
//! Behind it is the sandbox with the small province of `docs/api/core-fixture.json`, new at each start and gone at its end. The
//! conformance suite (the example beside this one) holds against it.
#![expect(
    clippy::unwrap_used,
    reason = "it is built of helpers of tests, and ends at the first surprise"
)]

#[path = "../../corebank/tests/conformance/fixture.rs"]
#[expect(dead_code, reason = "shared with tests, which use more of it")]
mod fixture;
#[path = "../../corebank/tests/conformance/town.rs"]
#[expect(dead_code, reason = "shared with tests, which use more of it")]
mod town;

use base::{Clock, Error, Result, Secret};
use corehttp::{Key, Keys, Mock};
use std::io::Write;
use std::sync::Arc;
use tokio::net::TcpListener;

/// As many as the fixture names.
const CUSTOMERS: usize = 8;

#[tokio::main]
async fn main() -> Result<()> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let [listen, key_id, key_file] = given.as_slice() else {
        return Err(Error::fault("wanted: LISTEN KEY_ID KEY_FILE"));
    };
    let key = Key::read(key_id, &Secret::new(std::fs::read_to_string(key_file)?))?;
    let towns = town::seeded(town::unseeded_by(|| Clock::System).await, CUSTOMERS).await;
    let town = towns.into_iter().next().unwrap();
    // Wares and a project of points are there once somebody asks for whom the suite is tried on.
    town.fixture().await;
    let core = Arc::new(town.core.clone());
    let mock = Mock::new(core, Keys::new(vec![key])?, Clock::System);
    let listener = TcpListener::bind(listen).await?;
    writeln!(std::io::stdout(), "the reference core answers at http://{}", listener.local_addr()?)?;
    Ok(mock.serve(listener).await?)
}
