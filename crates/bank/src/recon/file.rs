//! Reading a core's file: the whole of it is checked before anything of it counts, and then its lines are read again in the
//! order of the payments they speak of.
//!
//! Of a line only 32 bytes stay in memory: what it is ordered by and where it stands. Nothing of it is written anywhere.
//! Not for: what the lines mean; `matching` says that.

use base::{Context, Error, Fen, Refusal, Result, TenantId, Time};
use corebank::Day;
use corebank::recon::{Head, Kind, LINE_BYTES_MAX, Line, Tail, Totals, hex};
use sm3::{Digest, Sm3};
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

/// Lines of one file, at most: 32 bytes of each are in memory.
pub const LINES_MAX: usize = 4_000_000;
const BUFFER_BYTES: usize = 256 * 1024;
/// In front of keys that are no serial of ours.
const FOREIGN: u128 = 1 << 127;

pub const MALFORMED: Refusal = Refusal::invalid("recon.malformed", "对账文件格式不对");
pub const CUT_SHORT: Refusal = Refusal::invalid("recon.cut_short", "对账文件不完整，没有结尾行");
pub const DIGEST: Refusal =
    Refusal::invalid("recon.digest", "对账文件的摘要对不上，内容被改过或损坏");
pub const TOTALS: Refusal = Refusal::invalid("recon.totals", "对账文件的笔数或金额合计对不上");
pub const OTHER_TENANT: Refusal = Refusal::invalid("recon.tenant", "对账文件是另一家机构的");
pub const OTHER_SOURCE: Refusal = Refusal::invalid("recon.source", "对账文件的来源不对");
pub const OTHER_DATE: Refusal = Refusal::invalid("recon.date", "对账文件的日期不对");
pub const TOO_LONG: Refusal = Refusal::invalid("recon.too_long", "对账文件太大");

/// What a file must be for; the date is the file's own where none is given.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub tenant: TenantId,
    pub source: String,
    pub date: Option<Day>,
}

/// What payment a line belongs to, as a number that sorts like our serials do.
pub type Key = u128;

/// The digits of one of our serials.
pub fn key_of(serial: &str) -> Option<Key> {
    let digits = serial.strip_prefix("WX").filter(|d| d.len() == 30)?;
    if digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().ok() } else { None }
}

/// The serial with this key; none for what is not ours.
pub fn serial_of(key: Key) -> Option<String> {
    (key & FOREIGN == 0).then(|| format!("WX{key:030}"))
}

fn foreign(request_id: &str) -> Key {
    let digest = Sm3::digest(request_id);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    u128::from_be_bytes(bytes) | FOREIGN
}

/// By request id, else by serial; a line that undoes belongs to what it undoes.
fn line_key(line: &Line<'_>) -> Key {
    let id = if line.reversal_of.is_empty() { line.request_id } else { line.reversal_of };
    let ours = |id: &str| id.strip_suffix("-1P").or(id.strip_suffix("-1C")).and_then(key_of);
    ours(id).or_else(|| key_of(line.channel_serial)).unwrap_or_else(|| foreign(id))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    key: Key,
    seq: u32,
    /// A file that changes while it is read is noticed.
    check: u32,
    offset: u64,
}

fn check_of(line: &[u8]) -> u32 {
    let mut hasher = DefaultHasher::new();
    line.hash(&mut hasher);
    u32::try_from(hasher.finish() >> 32).unwrap_or_default()
}

/// One line as it is compared. C2: account numbers.
#[derive(Clone, PartialEq, Eq)]
pub struct Seen {
    /// Line of the file, counted from 1; the first is the head.
    pub line_no: i64,
    pub kind: Kind,
    pub request_id: String,
    pub serial: String,
    pub channel_date: Day,
    pub core_serial: String,
    pub core_date: Day,
    pub posted_at: Time,
    pub payer: String,
    pub payee: String,
    pub amount: Fen,
    pub fee: Fen,
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Seen({} {:?})", self.line_no, self.kind)
    }
}

impl Seen {
    fn of(l: &Line<'_>) -> Self {
        Self {
            line_no: l.seq + 1,
            kind: l.kind,
            request_id: l.request_id.to_owned(),
            serial: l.channel_serial.to_owned(),
            channel_date: l.channel_date,
            core_serial: l.core_serial.to_owned(),
            core_date: l.core_date,
            posted_at: l.posted_at,
            payer: l.payer.to_owned(),
            payee: l.payee.to_owned(),
            amount: l.amount,
            fee: l.fee,
        }
    }
}

/// A file that is whole and as wanted.
#[derive(Debug)]
pub struct Checked {
    pub head: Head,
    pub digest: Vec<u8>,
    /// In the order of keys.
    index: Vec<Entry>,
    file: BufReader<File>,
}

/// Lines of one payment.
#[derive(Debug)]
pub struct Group {
    pub key: Key,
    pub lines: Vec<Seen>,
}

/// One line with its end, or none at the end. Longer than any line may be is malformed.
fn read_line(from: &mut impl BufRead, line: &mut Vec<u8>) -> Result<bool> {
    line.clear();
    let most = u64::try_from(LINE_BYTES_MAX)?;
    from.by_ref().take(most).read_until(b'\n', line).doing("reading a reconciliation file")?;
    Ok(!line.is_empty())
}

/// A line's text without its end; none when it has no end.
fn text(line: &[u8]) -> Option<&str> {
    line.strip_suffix(b"\n").and_then(|l| std::str::from_utf8(l).ok())
}

fn at(refusal: &Refusal, line_no: usize) -> Error {
    refusal.say(format!("{}（第 {line_no} 行）", refusal.words)).into()
}

/// Reads a file from its first byte to its last.
///
/// # Errors
/// Refused for everything that is not exactly one whole file of this institution, source and date.
pub fn check(file: File, wanted: &Wanted) -> Result<Checked> {
    let mut from = BufReader::with_capacity(BUFFER_BYTES, file);
    let (mut line, mut sm3) = (Vec::with_capacity(LINE_BYTES_MAX), Sm3::new());
    read_line(&mut from, &mut line)?;
    let head = text(&line).and_then(Head::parse).ok_or_else(|| at(&MALFORMED, 1))?;
    fits(&head, wanted)?;
    sm3.update(&line);
    let mut offset = u64::try_from(line.len())?;
    let mut totals = Totals::default();
    let mut index: Vec<Entry> = vec![];
    let tail = loop {
        let line_no = index.len() + 2;
        if !read_line(&mut from, &mut line)? {
            return CUT_SHORT.into();
        }
        let Some(words) = text(&line) else {
            let is_end = line.len() < LINE_BYTES_MAX;
            return Err(at(&if is_end { CUT_SHORT } else { MALFORMED }, line_no));
        };
        if words.starts_with("T|") {
            break Tail::parse(words).ok_or_else(|| at(&MALFORMED, line_no))?;
        }
        let parsed = Line::parse(words).ok_or_else(|| at(&MALFORMED, line_no))?;
        if parsed.core_date != head.core_date {
            return Err(at(&OTHER_DATE, line_no));
        }
        if usize::try_from(parsed.seq) != Ok(index.len() + 1) {
            return Err(at(&MALFORMED, line_no));
        }
        if index.len() == LINES_MAX {
            return TOO_LONG.into();
        }
        let more = totals.plus(parsed.kind, parsed.amount, parsed.fee);
        totals = more.ok_or_else(|| at(&TOTALS, line_no))?;
        let seq = u32::try_from(parsed.seq)?;
        index.push(Entry { key: line_key(&parsed), seq, check: check_of(&line), offset });
        sm3.update(&line);
        offset += u64::try_from(line.len())?;
    };
    if totals != tail.totals || totals != head.totals {
        return TOTALS.into();
    }
    let before = line.len() - tail.sm3.len() - 1;
    sm3.update(&line[..before]);
    let digest = sm3.finalize().to_vec();
    if hex(&digest) != tail.sm3 {
        return DIGEST.into();
    }
    if read_line(&mut from, &mut line)? {
        return Err(at(&MALFORMED, index.len() + 3));
    }
    index.sort_unstable();
    // From here on lines are read in another order than they stand: a buffer of one line, not of a thousand for each.
    let file = BufReader::with_capacity(LINE_BYTES_MAX, from.into_inner());
    Ok(Checked { head, digest, index, file })
}

fn fits(head: &Head, wanted: &Wanted) -> Result<()> {
    if head.tenant != wanted.tenant {
        return OTHER_TENANT.into();
    }
    if head.source != wanted.source {
        return OTHER_SOURCE.into();
    }
    if wanted.date.is_some_and(|date| date != head.core_date) {
        return OTHER_DATE.into();
    }
    Ok(())
}

/// The first line of a file, to know whose it is.
///
/// # Errors
/// Refused where it is no first line.
pub fn head(file: &mut File) -> Result<Head> {
    let mut line = vec![];
    read_line(&mut BufReader::new(&mut *file), &mut line)?;
    file.seek(SeekFrom::Start(0))?;
    text(&line).and_then(Head::parse).ok_or_else(|| at(&MALFORMED, 1))
}

impl Checked {
    pub fn lines(&self) -> usize {
        self.index.len()
    }

    /// Where keys of `from` and above begin.
    pub fn place(&self, from: Key) -> usize {
        self.index.partition_point(|e| e.key < from)
    }

    /// Of which payment the lines at this place of the order are.
    pub fn key_at(&self, place: usize) -> Option<Key> {
        self.index.get(place).map(|e| e.key)
    }

    /// The lines of the payment at this place of the order, and the place behind them.
    ///
    /// # Errors
    /// A file that has changed since it was checked.
    pub fn group(&mut self, place: usize) -> Result<Option<(Group, usize)>> {
        let Some(key) = self.key_at(place) else { return Ok(None) };
        let end = place + self.index[place..].iter().take_while(|e| e.key == key).count();
        let mut lines = Vec::with_capacity(end - place);
        for at in place..end {
            lines.push(self.line(self.index[at])?);
        }
        Ok(Some((Group { key, lines }, end)))
    }

    fn line(&mut self, entry: Entry) -> Result<Seen> {
        let here = self.file.stream_position()?;
        // Lines that stand near one another in both orders are read from the buffer.
        let step = i64::try_from(entry.offset)? - i64::try_from(here)?;
        self.file.seek_relative(step)?;
        let mut line = Vec::with_capacity(LINE_BYTES_MAX / 4);
        read_line(&mut self.file, &mut line)?;
        let same = check_of(&line) == entry.check;
        let seen = text(&line).filter(|_| same).and_then(Line::parse).map(|l| Seen::of(&l));
        seen.ok_or_else(|| Error::fault("a reconciliation file changed while it was read"))
    }
}
