//! Invented days: payments and the core's lines about them, balanced or with differences, for tests and for `weiyin bench-recon`.
//!
//! Everything follows from a seed. Not for: anything a customer ever sees; nothing here touches a running bank.

use super::matching::Class;
use super::run::{Desk, Order, take};
use super::wanted;
use crate::app::MIGRATIONS;
use crate::payments::evidence::{Facts, Parties, Sealed};
use crate::payments::state::State;
use crate::payments::{PaymentId, made, serial};
use crate::vault::{Masters, Profile, Vault};
use base::{Clock, Error, Fen, Random, Result, Secret, Stopwatch, TenantId, Time};
use corebank::Day;
use corebank::recon::{Head, Kind, Line, SOURCE, Totals, Writer};
use db::{Db, Options, Scope, Tx};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// A line that owns its words.
#[derive(Debug, Clone)]
pub struct Own {
    pub request_id: String,
    pub serial: String,
    pub channel_date: Day,
    pub core_serial: String,
    pub core_date: Day,
    pub posted_at: Time,
    pub kind: Kind,
    pub parties: Parties,
    pub amount: Fen,
    pub fee: Fen,
    pub reversal_of: String,
}

/// A payment with the lines about it, and what the two come to.
#[derive(Debug, Clone)]
pub struct Pair {
    pub facts: Option<Facts>,
    pub lines: Vec<Own>,
    pub class: Class,
}

/// Whose day it is.
#[derive(Debug, Clone, Copy)]
pub struct Whose {
    pub tenant: TenantId,
    pub date: Day,
}

const HOUR_MS: i64 = 3_600_000;

impl Whose {
    /// Payment number `n` of the day as both sides know it: sent between three and twenty-one o'clock.
    pub fn plain(&self, n: i64, random: &Random) -> Pair {
        let below = |most: u64| i64::try_from(random.below(most)).unwrap_or(0);
        let sent_at = self.date.start().plus_ms(3 * HOUR_MS + below(18 * 3_600_000));
        self.at(n, sent_at, random)
    }

    /// The same sent at a moment.
    pub fn at(&self, n: i64, sent_at: Time, random: &Random) -> Pair {
        let below = |most: u64| i64::try_from(random.below(most)).unwrap_or(0);
        let id = self.date.number() * 1_000_000_000 + n;
        let channel_date = Day::at(sent_at);
        let serial = serial::of(self.tenant, channel_date, id);
        let payee = if below(2) == 0 {
            format!("1011{:08}", 50_000 + below(40_000))
        } else {
            format!("105100000017:6217{:012}", below(1_000_000_000))
        };
        let parties = Parties { payer: format!("1011{:08}", below(50_000)), payee };
        let (amount, fee) = (Fen::of(1 + below(500_000)), Fen::of(below(3) * 50));
        let line = Own {
            request_id: format!("{serial}-1P"),
            serial: serial.clone(),
            channel_date,
            core_serial: format!("{}{n:012}", self.date.number()),
            core_date: self.date,
            posted_at: sent_at.plus_ms(40),
            kind: Kind::Pay,
            parties: parties.clone(),
            amount,
            fee,
            reversal_of: String::new(),
        };
        let facts = Facts {
            id: PaymentId::of(id),
            serial,
            state: State::Succeeded,
            amount,
            fee,
            channel_date,
            core_serial: Some(line.core_serial.clone()),
            core_date: Some(self.date),
            sent_at: Some(sent_at),
            since: sent_at.plus_ms(60),
            parties: Sealed::Open(parties),
        };
        Pair { facts: Some(facts), lines: vec![line], class: Class::M0 }
    }
}

impl Pair {
    /// With another state; one the core's answer to which is not known knows nothing of the core.
    #[must_use]
    pub fn standing(mut self, state: State) -> Self {
        if let Some(f) = &mut self.facts {
            f.state = state;
            if !matches!(
                state,
                State::Succeeded | State::Accepted | State::Reversed | State::Returned
            ) {
                (f.core_serial, f.core_date) = (None, None);
            }
        }
        self
    }
    #[must_use]
    pub fn of(mut self, class: Class) -> Self {
        self.class = class;
        self
    }
    #[must_use]
    pub fn without_lines(mut self) -> Self {
        self.lines.clear();
        self
    }
    /// And a line that undoes it.
    #[must_use]
    pub fn undone(mut self, kind: Kind) -> Self {
        if let Some(pay) = self.lines.first().cloned() {
            let original = pay.request_id.clone();
            let request_id = match kind {
                Kind::Return => format!("return:{original}"),
                _ => format!("{}-1R", pay.serial),
            };
            let core_serial = format!("{}9", pay.core_serial);
            self.lines.push(Own { kind, request_id, core_serial, reversal_of: original, ..pay });
        }
        self
    }
}

/// Writes a file of these lines in their order.
pub fn write<'a>(
    whose: &Whose,
    lines: impl Iterator<Item = &'a Own> + Clone,
    out: impl Write,
) -> Result<String> {
    let sum = |t: Option<Totals>, l: &Own| t.and_then(|t| t.plus(l.kind, l.amount, l.fee));
    let totals = lines.clone().fold(Some(Totals::default()), sum);
    let totals = totals.ok_or_else(|| Error::fault("a day's sum is too large"))?;
    let source = SOURCE.to_owned();
    let head = Head { tenant: whose.tenant, source, core_date: whose.date, file_no: 1, totals };
    let mut writer = Writer::begin(out, &head)?;
    for (seq, line) in (1..).zip(lines) {
        writer.line(&as_line(seq, line))?;
    }
    Ok(writer.end()?)
}

fn as_line(seq: i64, l: &Own) -> Line<'_> {
    Line {
        seq,
        request_id: &l.request_id,
        channel_serial: &l.serial,
        channel_date: l.channel_date,
        core_serial: &l.core_serial,
        core_date: l.core_date,
        posted_at: l.posted_at,
        kind: l.kind,
        payer: &l.parties.payer,
        payee: &l.parties.payee,
        amount: l.amount,
        fee: l.fee,
        reversal_of: &l.reversal_of,
    }
}

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where the database and the file are, or are made.
    #[arg(long)]
    data: PathBuf,
    #[arg(long, default_value_t = 1_000_000)]
    lines: i64,
    /// Make the day; without it, it is compared and timed. Two processes, so that what is measured is the second alone.
    #[arg(long)]
    make: bool,
}

/// Every so many payments one is unknown to us.
const UNKNOWN_EVERY: i64 = 10_000;
/// Prime: a walk by it sees all numbers below, in no order.
const STRIDE: i64 = 7_368_787;
const ROWS_A_UNIT: i64 = 2_000;

fn nth(whose: &Whose, n: i64) -> Pair {
    let pair = whose.plain(n, &Random::seeded(n.unsigned_abs()));
    if n % UNKNOWN_EVERY == 0 { pair.standing(State::Unknown).of(Class::M1) } else { pair }
}

/// Makes a large day, or compares it and says what it took.
///
/// # Errors
/// The folder, the database.
pub async fn run(args: &Args, out: &mut (impl Write + Send)) -> Result<()> {
    let date = Day::of(2026, 11, 23).ok_or_else(|| Error::fault("no such day"))?;
    let whose = Whose { tenant: TenantId::of(11), date };
    std::fs::create_dir_all(&args.data)?;
    let url = format!("sqlite:{}", args.data.join("recon.db").display());
    let mut options = Options::new(url, Clock::System);
    options.migrations = MIGRATIONS.to_vec();
    let db = Db::open(options).await?;
    let masters = Masters { current: Secret::new([7; 32]), previous: None };
    let vault = Vault::new(&masters, Profile::Standard, Random::system())?;
    let keys = vault.tenant(&db, whose.tenant).await?;
    let path = args.data.join("recon.txt");
    if args.make {
        let mut from = 0;
        while from < args.lines {
            let (until, keys) = ((from + ROWS_A_UNIT).min(args.lines), keys.clone());
            let unit = move |tx: &Tx<'_>| {
                (from..until).try_for_each(|n| {
                    nth(&whose, n).facts.map_or(Ok(()), |f| made::put(tx, &keys, &f))
                })
            };
            db.write(Scope::Tenant(whose.tenant), unit).await?;
            from = until;
        }
        let mut totals = Totals::default();
        for n in 0..args.lines {
            for l in nth(&whose, n).lines {
                totals = totals.plus(l.kind, l.amount, l.fee).unwrap_or_default();
            }
        }
        let source = SOURCE.to_owned();
        let head = Head { tenant: whose.tenant, source, core_date: date, file_no: 1, totals };
        let mut writer = Writer::begin(BufWriter::new(File::create(&path)?), &head)?;
        for n in 0..args.lines {
            for l in nth(&whose, n * STRIDE % args.lines).lines {
                writer.line(&as_line(n + 1, &l))?;
            }
        }
        let _ = writer.end()?;
    } else {
        let watch = Stopwatch::start();
        let desk = Desk { db: db.clone(), keys, tenant: whose.tenant };
        let order = Order { by: "bench", supersede: false, again: true, cut_minutes: 1_440 };
        let file = File::open(&path)?;
        let day = take(desk, file, wanted(whose.tenant, Some(date)), order).await?;
        let seconds = watch.elapsed().as_millis();
        let counts = &day.counts;
        writeln!(out, "{} in {seconds} ms, classes {counts:?}, peak {}", day.state, peak())?;
    }
    db.close().await;
    Ok(())
}

/// The largest this process has been, as Linux tells it.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.map_or_else(|| "unknown".to_owned(), |l| l.trim().to_owned())
}
