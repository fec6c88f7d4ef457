//! `weiyin chat`: a conversation at the terminal, or from a file, with the demo's county bank. No server is needed and nothing is left.
//!
//! Everything said goes the whole way through the product ([`stage`]); this is only another phone. See docs/chat.md.

mod line;
mod screen;
mod script;
mod stage;

use crate::{config, logs};
use base::{Clock, Refusal, Result, Time};
use std::path::PathBuf;

const BAD_DAY: Refusal = Refusal::invalid("chat.today", "");
/// The hour a chat on a given day begins at, in China.
const BEGINS_AT_MS: i64 = 10 * 3_600_000;

#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Who talks: one of the demo's people, or first-unbound.
    #[arg(long, default_value = "李芳")]
    pub customer: String,
    /// Say the lines of a file instead of asking for them.
    #[arg(long)]
    pub script: Option<PathBuf>,
    /// One JSON object for each line of the script, and one for all; see docs/chat.md.
    #[arg(long, requires = "script")]
    pub json: bool,
    /// The day it is, like 2026-11-23; today when not given.
    #[arg(long)]
    pub today: Option<String>,
    /// The customer has asked for slow words.
    #[arg(long)]
    pub elder: bool,
    /// Talk through the province's account instead of the county bank's own.
    #[arg(long)]
    pub province: bool,
}

/// True for what the person who called this can put right: a file, a name, a day, a line.
pub fn is_misuse(code: &str) -> bool {
    code.starts_with("chat.")
}

/// Talks until the end of input, or through the script.
///
/// # Errors
/// What [`is_misuse`] knows; else a fault.
pub async fn run(args: &Args) -> Result<()> {
    logs::start(&config::Log { format: "text".into(), filter: "off".into() })?;
    let starts_at = starts_at(args)?;
    let setting = stage::Setting {
        customer: args.customer.clone(),
        elder: args.elder,
        province: args.province,
        starts_at,
    };
    match &args.script {
        Some(file) => {
            let script = script::read(file)?;
            let stage = stage::Stage::open(&setting).await?;
            script::run(stage, &script, args.json, &mut std::io::stdout()).await
        }
        None => screen::run(stage::Stage::open(&setting).await?).await,
    }
}

/// A script has a clock of its own, which moves only with its lines; so has a chat on a given day.
fn starts_at(args: &Args) -> Result<Option<Time>> {
    let Some(text) = &args.today else {
        return Ok(args.script.as_ref().map(|_| Clock::System.now()));
    };
    let day = dialogue::eval::day(text)
        .ok_or_else(|| BAD_DAY.say(format!("“{text}” is no day like 2026-11-23")))?;
    Ok(Some(Time::of_ms(day * base::DAY_MS - base::CHINA_OFFSET_MS + BEGINS_AT_MS)))
}
