//! The one binary: `weiyin serve`, `weiyin demo`, `weiyin doctor`.

use bank::config::Config;
use bank::{demo, doctor, production, serve};
use base::{Context, Result};
use clap::{Parser, Subcommand};
use std::io::Write;
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
    /// Run a whole invented province on loopback: bank, WeChat simulator, phones, core.
    Demo(demo::Args),
    /// End a demo that was started with --detach.
    DemoStop {
        #[arg(long, default_value = "data/demo")]
        data: PathBuf,
    },
    /// Look at settings, keys, database, disk, core and WeChat, and say what to do.
    Doctor {
        #[arg(long, env = "WEIYIN_CONFIG")]
        config: Option<PathBuf>,
    },
    /// Make the database agree with a file that names institutions, branches and Official Accounts.
    Setup {
        /// See docs/ops/install.md for its shape.
        file: PathBuf,
        #[arg(long, env = "WEIYIN_CONFIG")]
        config: Option<PathBuf>,
    },
    /// A bank with many bound followers, for bench/.
    #[command(hide = true)]
    BenchServe(bank::bench::Args),
    /// Print every setting with its default.
    Config,
    /// Print what the JSON endpoints take and answer, as OpenAPI.
    Openapi,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ran = match cli.command {
        Command::DemoStop { data } => demo::stop_detached(&data),
        Command::Config => print(bank::config::DEFAULTS),
        Command::Openapi => bank::api::text().and_then(|text| print(&text)),
        Command::Demo(args) if args.detach => demo::detach(&args),
        command => runtime().and_then(|rt| rt.block_on(run(command))),
    };
    match ran {
        Ok(()) => ExitCode::SUCCESS,
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
        Command::Doctor { config } => doctor::run(config.as_deref()).await,
        Command::Setup { file, config } => {
            let app = production::app(Config::load(config.as_deref())?).await?;
            let applied = bank::tenants::setup::apply(&app, &file).await;
            app.shut_down().await;
            let a = applied?;
            print(&format!(
                "{} institutions, {} branches, {} accounts agree with {}\n",
                a.institutions,
                a.branches,
                a.accounts,
                file.display()
            ))
        }
        Command::BenchServe(args) => bank::bench::run(&args).await,
        Command::DemoStop { .. } | Command::Config | Command::Openapi => Ok(()),
    }
}

fn print(text: &str) -> Result<()> {
    // A closed pipe (`| head`) is no error.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}
