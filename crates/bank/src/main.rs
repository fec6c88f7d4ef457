//! The one binary: `weiyin serve`, `weiyin demo`, `weiyin doctor` and an operator's other commands.

use bank::audit;
use bank::config::Config;
use bank::local::tool as phrases;
use bank::ops::{self, Command as Errand};
use bank::recon;
use bank::staff::{self, Role};
use bank::tenants::setup;
use bank::vault::rotation::Which;
use bank::{demo, doctor, flows, import, places, production, serve, understanding};
use base::{Context, Error, Random, Result};
use clap::{Parser, Subcommand};
use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// A turn is some hundred small allocations; this allocator serves them faster than the system's (see docs/adr/0007).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(name = "weiyin", version, about = "微银: a WeChat bank that every rural bank can run")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the bank with your own settings.
    Serve {
        /// A file with the settings that differ from config.default.toml.
        #[arg(long, env = "WEIYIN_CONFIG")]
        config: Option<PathBuf>,
    },
    /// Whether a stamped paper is what a bank signed.
    ///
    /// A statement, a receipt or a proof of settlement. Needs no server and no network.
    Verify(bank::stamped::signed::Args),
    /// Run a whole invented province on loopback.
    ///
    /// Bank, WeChat simulator, phones, core.
    Demo(demo::Args),
    /// Talk with the demo's county bank in a terminal, or by script.
    ///
    /// Needs no server and leaves nothing behind.
    Chat(demo::chat::Args),
    /// End a demo that was started with --detach.
    DemoStop {
        /// Where that demo's files are.
        #[arg(long, default_value = "data/demo")]
        data: PathBuf,
    },
    /// Look at settings, keys and all around, and say what to do.
    ///
    /// Database, disk, core and WeChat.
    Doctor {
        /// A file with the settings that differ from config.default.toml.
        #[arg(long, env = "WEIYIN_CONFIG")]
        config: Option<PathBuf>,
    },
    /// Make the bank agree with a file, also while it runs.
    ///
    /// The file names institutions, branches and Official Accounts.
    Setup {
        /// See docs/ops/install.md for its shape.
        file: PathBuf,
        /// A file with the settings that differ from config.default.toml.
        #[arg(long, env = "WEIYIN_CONFIG")]
        config: Option<PathBuf>,
    },
    /// Offer notices of accounts (动账提醒) by an Official Account
    ///
    /// Also while the bank runs. See docs/notices.md.
    OfferNotices {
        #[arg(long)]
        appid: String,
        #[arg(long, env = "WEIYIN_CONFIG")]
        config: Option<PathBuf>,
    },
    /// Take a county's list from a CSV file, also while it runs.
    ///
    /// See docs/lists.md for the columns.
    Import {
        #[arg(value_enum)]
        what: import::What,
        file: PathBuf,
        /// Code of the institution whose list it is.
        #[arg(long)]
        institution: String,
        /// What the file no longer names goes (of the kinds it names; never a branch).
        #[arg(long)]
        replace: bool,
        /// A file with the settings that differ from config.default.toml.
        #[arg(long, env = "WEIYIN_CONFIG")]
        config: Option<PathBuf>,
    },
    /// Change a key while the server works.
    ///
    /// It moves everything to the new one. See docs/ops/security.md.
    RotateKeys {
        /// data: what values are sealed with. index: what keyed hashes are made with. master: what wraps those two.
        /// seal: what stamped statements are signed with.
        #[arg(long, value_enum, default_value = "data")]
        which: KeyArg,
        /// A file with the settings that differ from config.default.toml.
        #[arg(long, env = "WEIYIN_CONFIG")]
        config: Option<PathBuf>,
    },
    /// Add a member of staff, or give one a new password.
    ///
    /// The password is read from standard input, or made and shown once.
    #[command(subcommand)]
    Staff(Staff),
    /// A bank with many bound followers, for bench/.
    #[command(hide = true)]
    BenchServe(bank::bench::Args),
    /// A bank that tells many customers of what its core booked, for bench/.
    #[command(hide = true)]
    BenchNotices(bank::bench::notices::Args),
    /// The simulated WeChat beside it.
    #[command(hide = true)]
    BenchWechat(bank::bench::notices::WechatArgs),
    /// Try and measure how sentences are understood.
    #[command(subcommand)]
    Nlu(understanding::Tool),
    /// Check flow files, and print the catalogue of what they offer.
    #[command(subcommand)]
    Flows(flows::Tool),
    /// An institution's own phrases and words (本行说法).
    #[command(subcommand)]
    Phrases(phrases::Tool),
    /// Compare days with the core's files (对账).
    #[command(subcommand)]
    Recon(recon::tool::Tool),
    /// Prove the chain over the audit trail (审计链).
    #[command(subcommand)]
    Audit(audit::tool::Tool),
    /// A day of invented payments and its file, compared and timed.
    #[command(hide = true)]
    BenchRecon(recon::made::Args),
    /// Print every setting with its default.
    Config,
    /// Print what the JSON endpoints take and answer, as OpenAPI.
    Openapi,
}

#[derive(Subcommand)]
enum Staff {
    /// A new login, which begins with the institution's code: lingxi.chen
    Add {
        login: String,
        #[arg(long, value_enum)]
        role: RoleArg,
        /// A file with the settings that differ from config.default.toml.
        #[arg(long, env = "WEIYIN_CONFIG")]
        config: Option<PathBuf>,
    },
    /// A new password for a login: its lock is lifted, its sessions end.
    Reset {
        login: String,
        /// A new second factor, too, when the phone with the old one is lost.
        #[arg(long)]
        second_factor: bool,
        /// A file with the settings that differ from config.default.toml.
        #[arg(long, env = "WEIYIN_CONFIG")]
        config: Option<PathBuf>,
    },
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum RoleArg {
    Agent,
    CountyAdmin,
    ProvinceAdmin,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum KeyArg {
    Data,
    Index,
    Master,
    Seal,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Agent => Self::Agent,
            RoleArg::CountyAdmin => Self::CountyAdmin,
            RoleArg::ProvinceAdmin => Self::ProvinceAdmin,
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ran = match cli.command {
        Command::DemoStop { data } => demo::stop_detached(&data),
        Command::Config => print(bank::config::DEFAULTS),
        Command::Flows(tool) => flows::run(&tool, &mut std::io::stdout().lock()),
        Command::Verify(args) => bank::stamped::signed::run(&args, &mut std::io::stdout().lock()),
        Command::Nlu(tool) => understanding::run(&tool, &mut std::io::stdout().lock()),
        Command::Phrases(phrases::Tool::Check { file }) => {
            phrases::check(&file, &mut std::io::stdout().lock())
        }
        Command::Openapi => bank::api::text().and_then(|text| print(&text)),
        Command::Demo(args) if args.detach => demo::detach(&args),
        command => runtime().and_then(|rt| rt.block_on(run(command))),
    };
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Refused(no)) if demo::chat::is_misuse(no.code) => {
            let _ = writeln!(std::io::stderr(), "weiyin: {}", no.words);
            ExitCode::from(2)
        }
        Err(e) => {
            let _ = writeln!(std::io::stderr(), "weiyin: {e}");
            ExitCode::FAILURE
        }
    }
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().doing("starting the runtime")
}

async fn run(command: Command) -> Result<()> {
    match command {
        Command::Serve { config } => {
            let config = Config::load(config.as_deref())?;
            bank::logs::start(&config.log)?;
            let running = serve::start(production::app(config).await?).await?;
            tracing::info!(public = %running.public, staff = %running.staff, "weiyin is ready");
            serve::asked_to_stop().await;
            tracing::info!("stopping: no new work, finishing what is under way");
            running.app.shut_down().await;
            Ok(())
        }
        Command::Demo(args) => demo::run(&args).await,
        Command::Chat(args) => demo::chat::run(&args).await,
        Command::Doctor { config } => doctor::run(config.as_deref()).await,
        Command::Setup { file, config } => {
            let config = Config::load(config.as_deref())?;
            let plan = setup::read(&file)?;
            let told = ops::ask_or_run(config, Errand::Setup(plan)).await?;
            let a: setup::Applied = serde_json::from_value(told).doing("reading what was done")?;
            print(&format!(
                "{} institutions, {} branches, {} accounts agree with {}\n",
                a.institutions,
                a.branches,
                a.accounts,
                file.display()
            ))
        }
        Command::Import { what, file, institution, replace, config } => {
            let plan = import::read(what, &file, institution, replace)?;
            let told =
                ops::ask_or_run(Config::load(config.as_deref())?, Errand::Import(plan)).await?;
            let kept: places::Kept = serde_json::from_value(told).doing("reading what was done")?;
            print(&format!("{} kept, {} removed: {}\n", kept.kept, kept.removed, file.display()))
        }
        Command::OfferNotices { appid, config } => {
            let config = Config::load(config.as_deref())?;
            let told = ops::ask_or_run(config, Errand::OfferNotices { appid }).await?;
            print(&format!("told by template {}\n", told.as_str().unwrap_or_default()))
        }
        Command::RotateKeys { which, config } => rotate(which, config).await,
        Command::Staff(Staff::Add { login, role, config }) => {
            change_staff(config, login, Some(role.into()), true).await
        }
        Command::Staff(Staff::Reset { login, second_factor, config }) => {
            change_staff(config, login, None, second_factor).await
        }
        Command::Phrases(phrases::Tool::Propose { institution, file, config }) => {
            let errand = phrases::Errand::Propose { institution, text: phrases::text(&file)? };
            tell_phrases(config, errand).await
        }
        Command::Phrases(phrases::Tool::List { institution, config }) => {
            tell_phrases(config, phrases::Errand::List { institution }).await
        }
        Command::BenchServe(args) => bank::bench::run(&args).await,
        Command::BenchNotices(args) => bank::bench::notices::run(&args).await,
        Command::BenchWechat(args) => bank::bench::notices::run_wechat(&args).await,
        Command::BenchRecon(args) => recon::made::run(&args, &mut std::io::stdout()).await,
        Command::Recon(tool) => reconcile(tool).await,
        Command::Audit(tool) => prove(tool).await,
        Command::DemoStop { .. }
        | Command::Config
        | Command::Openapi
        | Command::Verify(_)
        | Command::Nlu(_)
        | Command::Phrases(phrases::Tool::Check { .. })
        | Command::Flows(_) => Ok(()),
    }
}

async fn tell_phrases(config: Option<PathBuf>, errand: phrases::Errand) -> Result<()> {
    let told = ops::ask_or_run(Config::load(config.as_deref())?, Errand::Phrases(errand)).await?;
    print(&format!("{}\n", serde_json::to_string_pretty(&told)?))
}

/// Prints what came of it; differences that are open are a failure of the command.
async fn reconcile(tool: recon::tool::Tool) -> Result<()> {
    let (errand, config) = tool.errand()?;
    let told = ops::ask_or_run(Config::load(config.as_deref())?, Errand::Recon(errand)).await?;
    let told: recon::tool::Told = serde_json::from_value(told).doing("reading what was done")?;
    print(&told.text)?;
    match told.open {
        0 => Ok(()),
        open => Err(Error::fault(format!("{open} are open"))),
    }
}

/// Prints how every chain stands; a broken one is a failure of the command.
async fn prove(tool: audit::tool::Tool) -> Result<()> {
    let (errand, config) = tool.errand()?;
    let told = ops::ask_or_run(Config::load(config.as_deref())?, Errand::Audit(errand)).await?;
    let told: audit::tool::Told = serde_json::from_value(told).doing("reading what was found")?;
    print(&told.text)?;
    match told.broken {
        0 => Ok(()),
        broken => Err(Error::fault(format!("{broken} chains are broken"))),
    }
}

async fn rotate(which: KeyArg, config: Option<PathBuf>) -> Result<()> {
    let which = match which {
        KeyArg::Data => Which::Data,
        KeyArg::Index => Which::Index,
        KeyArg::Master => Which::Master,
        KeyArg::Seal => Which::Seal,
    };
    let begun =
        ops::ask_or_run(Config::load(config.as_deref())?, Errand::RotateKeys { which }).await?;
    print(&match which {
        Which::Data => format!(
            "{begun} institutions have a new key. It is used in 2 minutes; 2 minutes later the server begins to move \
             what is sealed with older ones. weiyin doctor says how far it is\n"
        ),
        Which::Index => format!(
            "{begun} institutions have a new index key. It is used in 2 minutes; for 2 days look-ups go by the old one, \
             too. weiyin doctor says how far it is\n"
        ),
        Which::Master => format!(
            "{begun} keys are wrapped by the previous master key; the server wraps them anew, in some minutes. Leave \
             keys.previous_master_file as it is until weiyin doctor says that nothing is left\n"
        ),
        Which::Seal => format!(
            "{begun} institutions sign with a new key from now on. weiyin doctor shows the new certificates' fingerprints; \
             what was signed before can still be checked\n"
        ),
    })
}

async fn change_staff(
    config: Option<PathBuf>,
    login: String,
    role: Option<Role>,
    second_factor: bool,
) -> Result<()> {
    let config = Config::load(config.as_deref())?;
    let typed = typed_password()?;
    let is_made = typed.is_none();
    // 128 random bits in letters and digits.
    let password = typed.unwrap_or_else(|| Random::system().hex(16));
    let change = staff::Change { login, password: password.clone(), role, second_factor };
    let told = ops::ask_or_run(config, Errand::Staff(change)).await?;
    let changed: staff::Changed = serde_json::from_value(told).doing("reading what was done")?;
    print(&format!("{} is done\n", changed.id))?;
    if let Some(otpauth) = changed.otpauth {
        print(&format!("for the authenticator app, shown this once: {otpauth}\n"))?;
    }
    if is_made { print(&format!("password, shown this once: {password}\n")) } else { Ok(()) }
}

/// The first line of standard input; none at a terminal, where it would stay readable above the prompt.
fn typed_password() -> Result<Option<String>> {
    let input = std::io::stdin();
    if input.is_terminal() {
        return Ok(None);
    }
    let mut line = String::new();
    input.lock().read_line(&mut line).doing("reading the password from standard input")?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() {
        return Err(Error::fault(
            "standard input holds no password: give it one line, or run this at a terminal to have one made",
        ));
    }
    Ok(Some(password))
}

fn print(text: &str) -> Result<()> {
    // A closed pipe (`| head`) is no error.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    const COLUMNS: usize = 80;

    #[test]
    fn the_list_of_commands_fits_a_terminal_of_80_columns() {
        let help = Cli::command().render_help().to_string();
        for line in help.lines() {
            assert!(line.chars().count() <= COLUMNS, "{line}");
        }
    }
}
