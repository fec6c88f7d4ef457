//! The reconciliation file (对账文件): what a core has booked for the channel on one core date, line by line (core.md §8).
//!
//! UTF-8, parts divided by `|`, each line ended by LF:
//! `H|v1|tenant|source|core_date|file_no|count|debit_fen|credit_fen`, then for each journal
//! `D|seq|request_id|channel_serial|channel_date|core_serial|core_date|posted_at|kind|payer|payee|amount_fen|fee_fen|status|reversal_of`,
//! at the end `T|count|debit_fen|credit_fen|sm3`. The digest is SM3 in lower hex over every byte before it. Debits are what
//! payments took from payers, credits what returns and reversals gave back, fees included. Dates are `YYYYMMDD`, times
//! milliseconds since 1970. The only status is `posted`: what was not booked has no line.
//!
//! A line holds account numbers (C2): it is never logged, and kept sealed only. Not for: comparing; that is the channel's.

use crate::day::Day;
use crate::money::Payee;
use base::{DAY_MS, Fen, TenantId, Time};
use sm3::{Digest, Sm3};
use std::fmt;
use std::io::{self, Write};

/// Bytes of one line, at most.
pub const LINE_BYTES_MAX: usize = 1_024;
/// How the sandbox's own file calls where it is from.
pub const SOURCE: &str = "core";
const VERSION: &str = "v1";
const STATUS: &str = "posted";

/// The core date of a moment where the next date begins so many minutes after midnight in China (日切).
pub fn core_date(at: Time, cut_minutes: i64) -> Day {
    Day::at(at.plus_ms(DAY_MS - cut_minutes * 60_000))
}

/// What a file adds up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    pub count: i64,
    pub debit: Fen,
    pub credit: Fen,
}

impl Totals {
    /// With one line more; none when the sum is too large.
    #[must_use]
    pub fn plus(self, kind: Kind, amount: Fen, fee: Fen) -> Option<Self> {
        let sum = amount.checked_add(fee)?;
        let (debit, credit) = match kind {
            Kind::Pay => (self.debit.checked_add(sum)?, self.credit),
            Kind::Return | Kind::Reversal => (self.debit, self.credit.checked_add(sum)?),
        };
        Some(Self { count: self.count + 1, debit, credit })
    }
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub tenant: TenantId,
    pub source: String,
    pub core_date: Day,
    /// Which file of that day it is, from 1.
    pub file_no: i64,
    pub totals: Totals,
}

/// What a journal did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Pay,
    /// 退汇
    Return,
    /// 冲正
    Reversal,
}

const KINDS: [(Kind, &str); 3] =
    [(Kind::Pay, "pay"), (Kind::Return, "return"), (Kind::Reversal, "reversal")];

impl Kind {
    pub fn word(self) -> &'static str {
        KINDS.iter().find(|(k, _)| *k == self).map_or("", |(_, word)| word)
    }
    fn of(word: &str) -> Option<Self> {
        KINDS.iter().find(|(_, w)| *w == word).map(|(kind, _)| *kind)
    }
}

/// One journal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// From 1, without gaps.
    pub seq: i64,
    pub request_id: &'a str,
    /// The payment's, also on the line of what undid it.
    pub channel_serial: &'a str,
    pub channel_date: Day,
    pub core_serial: &'a str,
    pub core_date: Day,
    pub posted_at: Time,
    pub kind: Kind,
    /// Whose account was debited by the payment, as the core's handle.
    pub payer: &'a str,
    /// See [`payee_text`].
    pub payee: &'a str,
    pub amount: Fen,
    pub fee: Fen,
    /// The request id of the payment that this one undoes; empty for a payment.
    pub reversal_of: &'a str,
}

impl fmt::Debug for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line({} {:?})", self.seq, self.kind)
    }
}

/// The last line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tail {
    pub totals: Totals,
    /// 64 lower hex digits.
    pub sm3: String,
}

/// A payee as a file names it: the core's handle, `bank_no:number`, `biller:id:number`, `deposit:months` (`deposit:code` of one on
/// offer), `wealth:product`, `split:months`, or `cash`.
pub fn payee_text(payee: &Payee) -> String {
    match payee {
        Payee::Here { account }
        | Payee::Loan { account, .. }
        | Payee::Withdrawal { account, .. }
        | Payee::Redemption { account, .. }
        | Payee::Draw { account, .. } => account.as_str().to_owned(),
        // Before it is opened it has no handle.
        Payee::Deposit { months, .. } => format!("deposit:{months}"),
        Payee::Subscription { product, .. } => format!("wealth:{product}"),
        Payee::Offered { code, .. } => format!("deposit:{code}"),
        Payee::Split { months, .. } => format!("split:{months}"),
        Payee::Elsewhere { number, bank_no, .. } => format!("{bank_no}:{number}"),
        Payee::Biller { biller, number, .. } => format!("biller:{biller}:{number}"),
        Payee::Cash { .. } => "cash".to_owned(),
    }
}

/// A whole number as it is written: no sign, no leading zero.
fn number(text: &str) -> Option<i64> {
    let is_plain = (1..=18).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_digit())
        && (text.len() == 1 || !text.starts_with('0'));
    if is_plain { text.parse().ok() } else { None }
}

fn fen(text: &str) -> Option<Fen> {
    number(text).map(Fen::of)
}

fn day(text: &str) -> Option<Day> {
    number(text).and_then(Day::of_number)
}

/// A part that is there: printable, nothing blank.
fn word(text: &str) -> Option<&str> {
    let is_word = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    is_word.then_some(text)
}

fn parts<const N: usize>(line: &str) -> Option<[&str; N]> {
    let mut all = [""; N];
    let mut given = line.split('|');
    for part in &mut all {
        *part = given.next()?;
    }
    given.next().is_none().then_some(all)
}

fn totals(count: &str, debit: &str, credit: &str) -> Option<Totals> {
    Some(Totals { count: number(count)?, debit: fen(debit)?, credit: fen(credit)? })
}

impl Head {
    /// Reads the first line, without its end.
    pub fn parse(line: &str) -> Option<Self> {
        let [h, version, tenant, source, core_date, file_no, count, debit, credit] = parts(line)?;
        if (h, version) != ("H", VERSION) {
            return None;
        }
        Some(Self {
            tenant: TenantId::of(number(tenant)?),
            source: word(source)?.to_owned(),
            core_date: day(core_date)?,
            file_no: number(file_no)?,
            totals: totals(count, debit, credit)?,
        })
    }
}

impl<'a> Line<'a> {
    /// Reads a line of details, without its end.
    pub fn parse(line: &'a str) -> Option<Self> {
        let [d, seq, request_id, serial, channel_date, core_serial, core_date, rest @ ..] =
            parts::<15>(line)?;
        let [posted_at, kind, payer, payee, amount, fee, status, reversal_of] = rest;
        let (kind, amount) = (Kind::of(kind)?, fen(amount)?);
        let names_other = !reversal_of.is_empty();
        if d != "D" || status != STATUS || amount <= Fen::ZERO || names_other != (kind != Kind::Pay)
        {
            return None;
        }
        Some(Self {
            seq: number(seq)?,
            request_id: word(request_id)?,
            channel_serial: word(serial)?,
            channel_date: day(channel_date)?,
            core_serial: word(core_serial)?,
            core_date: day(core_date)?,
            posted_at: Time::of_ms(number(posted_at)?),
            kind,
            payer: word(payer)?,
            payee: word(payee)?,
            amount,
            fee: self::fen(fee)?,
            reversal_of: if names_other { word(reversal_of)? } else { "" },
        })
    }
}

impl Tail {
    /// Reads the last line, without its end.
    pub fn parse(line: &str) -> Option<Self> {
        let [t, count, debit, credit, sm3] = parts(line)?;
        let is_hex = sm3.len() == 64 && sm3.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if t != "T" || !is_hex {
            return None;
        }
        Some(Self { totals: totals(count, debit, credit)?, sm3: sm3.to_owned() })
    }
}

/// Bytes in lower hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Writes a file line by line, and its digest along with it.
pub struct Writer<W> {
    out: W,
    sm3: Sm3,
    told: Totals,
    written: Totals,
}

impl<W> fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Writer({:?})", self.written)
    }
}

impl<W: Write> Writer<W> {
    /// Writes the first line; its totals must be those of the lines to come.
    pub fn begin(out: W, head: &Head) -> io::Result<Self> {
        let mut writer =
            Self { out, sm3: Sm3::new(), told: head.totals, written: Totals::default() };
        let Totals { count, debit, credit } = head.totals;
        writer.put(&format!(
            "H|{VERSION}|{}|{}|{}|{}|{count}|{}|{}\n",
            head.tenant.raw(),
            head.source,
            head.core_date.number(),
            head.file_no,
            debit.fen(),
            credit.fen()
        ))?;
        Ok(writer)
    }

    fn put(&mut self, text: &str) -> io::Result<()> {
        self.sm3.update(text.as_bytes());
        self.out.write_all(text.as_bytes())
    }

    pub fn line(&mut self, l: &Line<'_>) -> io::Result<()> {
        let more = self.written.plus(l.kind, l.amount, l.fee);
        self.written = more.ok_or_else(|| io::Error::other("the day's sum is too large"))?;
        self.put(&format!(
            "D|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{STATUS}|{}\n",
            l.seq,
            l.request_id,
            l.channel_serial,
            l.channel_date.number(),
            l.core_serial,
            l.core_date.number(),
            l.posted_at.ms(),
            l.kind.word(),
            l.payer,
            l.payee,
            l.amount.fen(),
            l.fee.fen(),
            l.reversal_of
        ))
    }

    /// Writes the last line; its digest. An error when the first line told other totals.
    pub fn end(mut self) -> io::Result<String> {
        if self.written != self.told {
            return Err(io::Error::other("the lines do not add up to what the first line says"));
        }
        let Totals { count, debit, credit } = self.written;
        self.put(&format!("T|{count}|{}|{}|", debit.fen(), credit.fen()))?;
        let digest = hex(&self.sm3.finalize());
        self.out.write_all(digest.as_bytes())?;
        self.out.write_all(b"\n")?;
        self.out.flush()?;
        Ok(digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: Kind, reversal_of: &str) -> Line<'_> {
        Line {
            seq: 1,
            request_id: "WX1-1P",
            channel_serial: "WX1",
            channel_date: Day::of_number(20_261_123).unwrap(),
            core_serial: "20261123000000000001",
            core_date: Day::of_number(20_261_123).unwrap(),
            posted_at: Time::of_ms(1_795_363_200_000),
            kind,
            payer: "101100000101",
            payee: "105000000000:6217000000000098",
            amount: Fen::of(50_000),
            fee: Fen::of(200),
            reversal_of,
        }
    }

    fn head(totals: Totals) -> Head {
        Head {
            tenant: TenantId::of(11),
            source: SOURCE.into(),
            core_date: Day::of_number(20_261_123).unwrap(),
            file_no: 1,
            totals,
        }
    }

    #[test]
    fn what_is_written_is_read_the_same() {
        let lines = [line(Kind::Pay, ""), Line { seq: 2, ..line(Kind::Return, "WX1-1P") }];
        let totals = Totals { count: 2, debit: Fen::of(50_200), credit: Fen::of(50_200) };
        let mut out = vec![];
        let mut writer = Writer::begin(&mut out, &head(totals)).unwrap();
        for l in &lines {
            writer.line(l).unwrap();
        }
        let digest = writer.end().unwrap();
        let text = String::from_utf8(out).unwrap();
        let read: Vec<&str> = text.lines().collect();
        assert_eq!(Head::parse(read[0]), Some(head(totals)));
        assert_eq!(Line::parse(read[1]), Some(lines[0]));
        assert_eq!(Line::parse(read[2]), Some(lines[1]));
        assert_eq!(Tail::parse(read[3]), Some(Tail { totals, sm3: digest.clone() }));
        let before = text.strip_suffix(&format!("{digest}\n")).unwrap();
        assert_eq!(digest, hex(&Sm3::digest(before)));
    }

    #[test]
    fn a_file_that_does_not_add_up_is_not_finished() {
        let mut out = vec![];
        let writer = Writer::begin(&mut out, &head(Totals { count: 1, ..Totals::default() }));
        assert!(writer.unwrap().end().is_err());
    }

    #[test]
    fn a_line_that_is_not_as_it_must_be_is_no_line() {
        let good = "D|1|a|WX1|20261123|c|20261123|5|pay|1|2|100|0|posted|";
        assert!(Line::parse(good).is_some());
        for (from, to) in [
            ("|100|", "|0100|"),
            ("|100|", "|-100|"),
            ("|100|", "|0|"),
            ("posted", "pending"),
            ("posted|", "posted|x"),
            ("pay", "return"),
            ("pay", "gift"),
            ("20261123", "20261323"),
            ("|a|", "| |"),
            ("|a|", "||"),
            ("D|", "E|"),
            ("posted|", "posted||"),
        ] {
            assert!(Line::parse(&good.replacen(from, to, 1)).is_none(), "{from} {to}");
        }
    }
}
