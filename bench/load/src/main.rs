//! Load for a WeChat callback: makes encrypted messages on the fly, checks the answers, and says how fast they came and
//! what processor time they took.
//!
//! `load --port 8180 --text 余额` sends from 64 connections for 5 s; `--rate 5000` makes it an open loop; `--json` prints
//! one line of JSON. It speaks to 127.0.0.1 only. Exit code 1 means wrong answers, never slow ones.

mod client;
mod cpu;
mod tally;
mod traffic;

use base::Clock;
use clap::Parser;
use client::{Client, Plan};
use cpu::Watched;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use traffic::{Followers, Traffic};
use wechat::crypto::AesKey;
use wechat::envelope::{Callback, Mode};

type Failure = Box<dyn std::error::Error>;

#[derive(Parser)]
#[command(about = "Encrypted WeChat messages as load, on loopback", args_override_self = true)]
struct Args {
    /// The server's port on 127.0.0.1.
    #[arg(long)]
    port: u16,
    /// Connections, each with at most one request under way.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Requests a second, whether answered or not (open loop); without it every connection asks again at once.
    #[arg(long)]
    rate: Option<u32>,
    /// Seconds before anything is counted.
    #[arg(long, default_value_t = 1.0)]
    warm: f64,
    /// Seconds that are counted.
    #[arg(long, default_value_t = 5.0)]
    secs: f64,
    /// Send exactly so many requests instead, and count all.
    #[arg(long)]
    count: Option<u64>,
    /// A new connection for every request.
    #[arg(long)]
    close: bool,
    /// Take any answer with status 200.
    #[arg(long)]
    plain: bool,
    #[arg(long, default_value = "余额")]
    text: String,
    /// Words that a right answer contains.
    #[arg(long, default_value = "")]
    expect: String,
    /// Followers are PREFIX and a number from 0, padded to 28 characters.
    #[arg(long, default_value = "oBENCH")]
    prefix: String,
    #[arg(long, default_value_t = 1000)]
    followers: u64,
    /// A file with one openid a line, instead of the pattern.
    #[arg(long)]
    openids: Option<PathBuf>,
    /// Ask for one follower after the other instead of a random one.
    #[arg(long)]
    walk: bool,
    #[arg(long, default_value = "wxbench0000000001")]
    appid: String,
    #[arg(long, default_value = "gh_bench0000001")]
    original_id: String,
    #[arg(long, default_value = "benchtoken")]
    token: String,
    #[arg(long, default_value = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")]
    key: String,
    /// The callback's path, when it is not /wx/APPID.
    #[arg(long)]
    path: Option<String>,
    /// Processes whose time is the servers' (with their children); repeatable.
    #[arg(long = "pid")]
    pids: Vec<u32>,
    #[arg(long)]
    json: bool,
}

fn traffic(args: &Args) -> Result<Traffic, Failure> {
    let callback = Callback::new(&args.appid, &args.token, Mode::Secure)
        .with_key(AesKey::parse(&args.key)?)
        .with_original_id(&args.original_id);
    let followers = match &args.openids {
        Some(file) => {
            Followers::List(std::fs::read_to_string(file)?.lines().map(str::to_owned).collect())
        }
        None => Followers::Pattern { prefix: args.prefix.clone(), count: args.followers },
    };
    let mut traffic = Traffic::new(callback, followers, Clock::System.now());
    traffic.original_id.clone_from(&args.original_id);
    traffic.text.clone_from(&args.text);
    traffic.expect.clone_from(&args.expect);
    if let Some(path) = &args.path {
        traffic.path.clone_from(path);
    }
    traffic.is_walk = args.walk;
    traffic.is_plain = args.plain;
    traffic.is_close = args.close;
    Ok(traffic)
}

fn run(args: &Args) -> Result<ExitCode, Failure> {
    let us = |secs: f64| -> Result<u64, Failure> {
        Ok(u64::try_from(Duration::try_from_secs_f64(secs)?.as_micros())?)
    };
    let plan = Plan {
        server: SocketAddr::from((Ipv4Addr::LOCALHOST, args.port)),
        connections: args.connections.max(1),
        rate: args.rate,
        warm_us: us(args.warm)?,
        window_us: us(args.secs)?,
        count: args.count,
    };
    let (tally, window, first_wrong) =
        Client::new(plan, traffic(args)?, Watched::find(&args.pids))?.run()?;
    let is_wrong = tally.is_wrong();
    let told = tally.report(&window);
    if let Some(words) = first_wrong {
        writeln!(std::io::stderr(), "load: a wrong answer: {words}")?;
    }
    let mut out = std::io::stdout();
    if args.json {
        writeln!(out, "{told}")?;
    } else {
        for (name, value) in told.as_object().into_iter().flatten() {
            writeln!(out, "{name:16} {value}")?;
        }
    }
    Ok(if is_wrong { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn main() -> ExitCode {
    run(&Args::parse()).unwrap_or_else(|e| {
        let _ = writeln!(std::io::stderr(), "load: {e}");
        ExitCode::from(2)
    })
}
