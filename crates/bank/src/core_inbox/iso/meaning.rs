//! What a message's fields mean (core.md §7): whose account, which way, how much, when.

use base::{Fen, Time};
use corebank::feed::{Entry, Event, Happened};
use corebank::{AccountRef, Day, LineId};
use iso8583::Message;
use sha2::{Digest, Sha256};

/// 人民币
const CNY: &str = "156";
/// Field 39 of an advice about what was done.
const DONE: &str = "00";
/// Days after which a message is not taken any more; it is known for longer ([`super::KEEP_MS`]).
pub(super) const AGE_DAYS: i64 = 34;
/// Days around a date without a year.
const HALF_YEAR: i64 = 183;
const COUNTERPARTY_CHARS: usize = 20;
const SERIAL_CHARS: usize = 50;
/// One balance in field 54: account type, amount type, currency, sign, amount.
const BALANCE: usize = 20;

/// An advice, understood.
#[derive(Debug)]
pub(super) struct Told {
    /// What its sender knows it by.
    pub(super) key: Vec<u8>,
    /// Of all that it says, but whether it is a repeat.
    pub(super) digest: Vec<u8>,
    /// What it takes back, as its sender knows that; only in reversals that say so.
    pub(super) original: Option<Vec<u8>>,
    /// 37, by which the core knows what it booked.
    pub(super) core_serial: String,
    /// Without numbers: the inbox gives them. Empty when nothing was booked.
    pub(super) events: Vec<Event>,
}

/// The number of a field that is missing or cannot be read.
type Field = u8;

/// A message's meaning.
///
/// # Errors
/// The first field that must be there and is not, or that is none.
pub(super) fn of(message: &Message, now: Time) -> Result<Told, Field> {
    let is_reversal = message.mti().first().digits()[1] == b'4';
    let (acquirer, sent, trace) = (need(message, 32)?, need(message, 7)?, need(message, 11)?);
    let core_serial = need(message, 37)?.to_owned();
    // Older ones may be known no more, and then a recorded one would be taken for new.
    let age = dated(sent.get(..4).ok_or(7)?, now).map(|day| Day::at(now).days_since(day));
    if age.is_none_or(|days| !(-1..AGE_DAYS).contains(&days)) {
        return Err(7);
    }
    let original = match message.text(90) {
        Some(words) if is_reversal => Some(original(words).ok_or(90)?),
        _ => None,
    };
    Ok(Told {
        key: key(is_reversal, acquirer, sent, trace),
        digest: digest(message),
        original,
        events: events(message, is_reversal, &core_serial, now)?,
        core_serial,
    })
}

fn need(message: &Message, number: u8) -> Result<&str, Field> {
    message.text(number).filter(|v| !v.is_empty()).ok_or(number)
}

fn key(is_reversal: bool, acquirer: &str, sent: &str, trace: &str) -> Vec<u8> {
    let acquirer = acquirer.trim_start_matches('0');
    Sha256::digest(format!("{is_reversal}|{acquirer}|{sent}|{trace}")).to_vec()
}

/// Field 90: type 4, trace number 6, time 10, acquirer 11, forwarder 11.
fn original(words: &str) -> Option<Vec<u8>> {
    let part = |from: usize, n: usize| words.get(from..from + n);
    Some(key(false, part(20, 11)?, part(10, 10)?, part(4, 6)?))
}

fn digest(message: &Message) -> Vec<u8> {
    let mut all = Sha256::new();
    all.update(message.mti().first().digits());
    for number in message.numbers() {
        let value = message.get(number).unwrap_or_default();
        all.update([number]);
        all.update(value.len().to_be_bytes());
        all.update(value);
    }
    all.finalize().to_vec()
}

/// Which way money went, by the first two digits of the processing code (ISO 8583:1987, field 3).
enum Way {
    Out,
    In,
    /// From one account to another.
    Over,
    /// Nothing was booked: an inquiry.
    Nowhere,
    /// What is not told apart here.
    Other,
}

fn way(code: &str) -> (Way, &'static str) {
    match code.get(..2).unwrap_or_default() {
        "00" => (Way::Out, "消费"),
        "01" => (Way::Out, "取款"),
        "02" => (Way::Out, "调账"),
        "20" => (Way::In, "退货"),
        "21" => (Way::In, "存款"),
        "22" => (Way::In, "调账"),
        two if two.starts_with('0') || two.starts_with('1') => (Way::Out, "支出"),
        two if two.starts_with('2') => (Way::In, "收入"),
        two if two.starts_with('3') => (Way::Nowhere, ""),
        two if two.starts_with('4') => (Way::Over, "转账"),
        two if two.starts_with('5') => (Way::Out, "缴费"),
        _ => (Way::Other, ""),
    }
}

fn events(
    message: &Message,
    is_reversal: bool,
    core_serial: &str,
    now: Time,
) -> Result<Vec<Event>, Field> {
    // Refused, or nobody knows (91, 96, 98): nothing was booked that could be told of. The core tells again when it was.
    if message.text(39).is_some_and(|code| code != DONE) {
        return Ok(vec![]);
    }
    let code = need(message, 3)?;
    let (way, label) = way(code);
    let at = posted_at(message, now)?;
    let card = message.text(2);
    let (from, to) = (message.text(102).or(card), message.text(103));
    let legs: Vec<(&str, bool)> = match way {
        Way::Nowhere => return Ok(vec![]),
        Way::Out => vec![(from.ok_or(102)?, false)],
        Way::In => vec![(to.or(from).ok_or(103)?, true)],
        Way::Over => {
            std::iter::once((from.ok_or(102)?, false)).chain(to.map(|to| (to, true))).collect()
        }
        Way::Other => return Ok(vec![other(from.ok_or(102)?, at, format!("iso:{code}"))]),
    };
    if need(message, 49)? != CNY {
        let word = format!("iso:currency:{}", need(message, 49)?);
        return Ok(legs.iter().map(|(account, _)| other(account, at, word.clone())).collect());
    }
    let booking =
        Booking { message, is_reversal, core_serial, label, at, now, is_one: legs.len() == 1 };
    let entry = |(n, (account, is_in)): (usize, &(&str, bool))| booking.entry(n, account, *is_in);
    legs.iter().enumerate().map(entry).collect()
}

fn event(account: &str, at: Time, what: Happened) -> Event {
    Event { seq: 0, account: AccountRef::new(account.to_owned()), at, what }
}

fn other(account: &str, at: Time, word: String) -> Event {
    event(account, at, Happened::Other { word })
}

/// What the legs of one message share.
struct Booking<'a> {
    message: &'a Message,
    is_reversal: bool,
    core_serial: &'a str,
    label: &'static str,
    at: Time,
    now: Time,
    is_one: bool,
}

impl Booking<'_> {
    fn entry(&self, n: usize, account: &str, is_in: bool) -> Result<Event, Field> {
        let message = self.message;
        let amount: i64 = need(message, 4)?.parse().map_err(|_| 4)?;
        let (serial, trace) = (self.core_serial, need(message, 11)?);
        let turned = if self.is_reversal { "r" } else { "" };
        let core_date = match message.text(15) {
            Some(date) => dated(date, self.now).ok_or(15)?,
            None => Day::at(self.at),
        };
        let entry = Entry {
            line: LineId::new(format!("{serial}-{trace}-{}{turned}", n + 1)),
            core_serial: serial.to_owned(),
            core_date,
            // What is taken back goes the other way.
            is_in: is_in != self.is_reversal,
            amount: Fen::of(amount),
            balance_after: if self.is_one { balance(message)? } else { None },
            label: if self.is_reversal { "冲正".to_owned() } else { self.label.to_owned() },
            counterparty: merchant(message),
            channel_serial: message.text(62).filter(|s| s.len() <= SERIAL_CHARS).map(str::to_owned),
            reverses: self.is_reversal.then(|| serial.to_owned()),
        };
        Ok(event(account, self.at, Happened::Entry(entry)))
    }
}

/// Name and place of a merchant; nothing when it is not UTF-8.
fn merchant(message: &Message) -> String {
    message.text(43).unwrap_or_default().chars().take(COUNTERPARTY_CHARS).collect()
}

/// The booked balance of field 54 (amount type 01), where it is told in yuan.
fn balance(message: &Message) -> Result<Option<Fen>, Field> {
    let Some(all) = message.get(54) else { return Ok(None) };
    if !all.is_ascii() || all.len() % BALANCE != 0 {
        return Err(54);
    }
    for one in all.chunks_exact(BALANCE) {
        let text = std::str::from_utf8(one).map_err(|_| 54)?;
        let (kind, currency, sign) = (text.get(2..4), text.get(4..7), text.get(7..8));
        if kind != Some("01") || currency != Some(CNY) {
            continue;
        }
        let amount: i64 = text.get(8..).and_then(|a| a.parse().ok()).ok_or(54)?;
        return match sign {
            Some("C") => Ok(Some(Fen::of(amount))),
            Some("D") => Ok(Some(Fen::of(-amount))),
            _ => Err(54),
        };
    }
    Ok(None)
}

/// When it was made: 13 and 12, else 7; the clock of China.
fn posted_at(message: &Message, now: Time) -> Result<Time, Field> {
    let (date, clock) = match (message.text(13), message.text(12)) {
        (Some(date), Some(clock)) => (date, clock),
        _ => {
            let sent = need(message, 7)?;
            (sent.get(..4).ok_or(7)?, sent.get(4..).ok_or(7)?)
        }
    };
    let day = dated(date, now).ok_or(13)?;
    let two = |at: usize, end: i64| {
        clock.get(at..at + 2)?.parse::<i64>().ok().filter(|n| (0..end).contains(n))
    };
    let (h, m, s) = (two(0, 24).ok_or(12)?, two(2, 60).ok_or(12)?, two(4, 60).ok_or(12)?);
    Ok(day.start().plus_ms(((h * 60 + m) * 60 + s) * 1_000))
}

/// A month and a day in the year that brings them nearest.
fn dated(month_day: &str, now: Time) -> Option<Day> {
    let (month, day) = (month_day.get(..2)?.parse().ok()?, month_day.get(2..)?.parse().ok()?);
    let today = Day::at(now);
    (today.year() - 1..=today.year() + 1)
        .filter_map(|year| Day::of(year, month, day))
        .min_by_key(|d| d.days_since(today).abs())
        .filter(|d| d.days_since(today).abs() <= HALF_YEAR)
}
