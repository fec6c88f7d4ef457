//! Prints the contract: `cargo run -p corehttp --example contract > docs/api/core-contract.json`.

use std::io::Write;

fn main() -> base::Result<()> {
    std::io::stdout().write_all(corehttp::contract()?.as_bytes())?;
    Ok(())
}
