//! Both sides of a day beside one another, in the order of the serials: pages of payments, and the file's lines about them.
//!
//! In memory are a page of payments and the lines about these. Not for: the database; `run` brings the pages and acts.

use super::file::{Checked, Group, Key, Seen, key_of, serial_of};
use super::matching::{Class, Earlier, Verdict, When, judge};
use crate::payments::PaymentId;
use crate::payments::evidence::Facts;
use crate::vault::TenantKeys;
use base::{Error, Result, TenantId};
use corebank::Day;
use corebank::recon::hex;
use sm3::{Digest, Sm3};
use std::collections::HashMap;
use std::sync::Arc;

/// Payments compared at once.
pub(super) const PAGE: usize = 1_000;
/// Drafts are made before midnight, sent after it, and booked on the day after that: so many days around.
const DAYS_BEFORE: i64 = 2;
const DAYS_AFTER: i64 = 2;

/// A payment, or lines that no payment is known for, or both; and what they come to.
#[derive(Debug)]
pub struct Item {
    /// The channel's serial; a hash for what is none of ours.
    pub name: String,
    pub facts: Option<Facts>,
    pub lines: Vec<Seen>,
    pub verdict: Verdict,
    pub earlier: Earlier,
}

/// Where serials of this channel date of this institution begin, as text.
fn begin(tenant: TenantId, date: Day) -> String {
    format!("WX{:04}{:08}", tenant.raw().rem_euclid(10_000), date.number())
}

fn begin_key(tenant: TenantId, date: Day) -> Result<Key> {
    key_of(&format!("{}{:018}", begin(tenant, date), 0))
        .ok_or_else(|| Error::fault("a serial that is none"))
}

/// A day being compared.
pub struct Join {
    pub checked: Checked,
    pub when: When,
    pub earlier: HashMap<PaymentId, Earlier>,
    keys: Option<Arc<TenantKeys>>,
    tenant: TenantId,
    /// Lines whose payments come in pages: from here.
    place: usize,
    end: usize,
    /// Places of lines about payments of other days.
    strangers: Vec<std::ops::Range<usize>>,
}

impl std::fmt::Debug for Join {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Join({} of {})", self.place, self.end)
    }
}

impl Join {
    /// `keys` open payments that are sealed.
    pub fn new(
        checked: Checked,
        when: When,
        earlier: HashMap<PaymentId, Earlier>,
        keys: Option<Arc<TenantKeys>>,
    ) -> Result<Self> {
        let tenant = checked.head.tenant;
        let place = checked.place(begin_key(tenant, when.date.plus_days(-DAYS_BEFORE))?);
        let end = checked.place(begin_key(tenant, when.date.plus_days(DAYS_AFTER))?);
        let strangers = vec![0..place, end..checked.lines()];
        Ok(Self { checked, when, earlier, keys, tenant, place, end, strangers })
    }

    /// Between which texts the serials of the pages stand.
    pub fn range(&self) -> (String, String) {
        let date = self.when.date;
        (
            begin(self.tenant, date.plus_days(-DAYS_BEFORE)),
            begin(self.tenant, date.plus_days(DAYS_AFTER)),
        )
    }

    /// Compares a page of payments, in the order of their serials, with the lines up to its end; up to the end of the range
    /// when it is the last.
    pub fn merge(&mut self, page: Vec<Facts>, is_last: bool) -> Result<Vec<Item>> {
        let mut items = vec![];
        let mut page = page.into_iter().peekable();
        loop {
            let line = if self.place < self.end { self.checked.key_at(self.place) } else { None };
            let payment = match page.peek() {
                Some(f) => Some(
                    key_of(&f.serial).ok_or_else(|| Error::fault("a payment without a serial"))?,
                ),
                None => None,
            };
            let (facts, lines) = match (payment, line) {
                (None, Some(_)) if is_last => (None, self.lines()?),
                (None, _) => return Ok(items),
                (Some(payment), Some(line)) if line < payment => (None, self.lines()?),
                (Some(payment), Some(line)) if line == payment => (page.next(), self.lines()?),
                (Some(payment), _) => (page.next(), Group { key: payment, lines: vec![] }),
            };
            items.extend(self.item(facts, lines)?);
        }
    }

    fn lines(&mut self) -> Result<Group> {
        let found = self.checked.group(self.place)?;
        let (group, end) = found.ok_or_else(|| Error::fault("a file without an end"))?;
        self.place = end;
        Ok(group)
    }

    /// The next lines about payments that stand in no page; empty at the end.
    pub fn strangers(&mut self) -> Result<Vec<Group>> {
        let mut groups = vec![];
        while let Some(range) = self.strangers.last_mut()
            && groups.len() < PAGE / 4
        {
            if range.start >= range.end {
                self.strangers.pop();
                continue;
            }
            let found = self.checked.group(range.start)?;
            let (group, end) = found.ok_or_else(|| Error::fault("a file without an end"))?;
            range.start = end;
            groups.push(group);
        }
        Ok(groups)
    }

    /// Judges a payment and its lines; none when the payment is no matter of this day.
    pub fn item(&self, facts: Option<Facts>, group: Group) -> Result<Option<Item>> {
        let earlier = facts.as_ref().and_then(|f| self.earlier.get(&f.id)).copied();
        let earlier = earlier.unwrap_or_default();
        if let (Some(f), true) = (&facts, group.lines.is_empty())
            && !self.when.concerns(f, &earlier)
        {
            return Ok(None);
        }
        let verdict = self.verdict(facts.as_ref(), &group.lines, &earlier)?;
        let name = match &facts {
            Some(f) => f.serial.clone(),
            None => serial_of(group.key).unwrap_or_else(|| format!("{:032x}", group.key)),
        };
        Ok(Some(Item { name, facts, lines: group.lines, verdict, earlier }))
    }

    fn verdict(&self, facts: Option<&Facts>, lines: &[Seen], earlier: &Earlier) -> Result<Verdict> {
        judge(facts, lines, &self.when, earlier, |f| f.parties(self.keys.as_deref()))
    }
}

/// How many there were of each class, and the digest of all of it (I31).
#[derive(Clone)]
pub struct Tally {
    pub counts: [i64; Class::ALL.len()],
    sm3: Sm3,
}

impl std::fmt::Debug for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tally({:?})", self.counts)
    }
}

impl Tally {
    /// Begins with the file's own digest.
    pub fn begin(file: &[u8]) -> Self {
        let mut sm3 = Sm3::new();
        sm3.update(file);
        Self { counts: [0; Class::ALL.len()], sm3 }
    }

    pub fn note(&mut self, item: &Item, class: Class, why: &str) {
        for (at, known) in Class::ALL.iter().enumerate() {
            self.counts[at] += i64::from(*known == class);
        }
        self.sm3.update(format!("{}|{why}|{}", class.word(), item.name));
        for line in &item.lines {
            self.sm3.update(format!("|{}", line.line_no));
        }
        self.sm3.update("\n");
    }

    pub fn digest(&self) -> Vec<u8> {
        self.sm3.clone().finalize().to_vec()
    }
}

/// What names the evidence of an item: the file's digest and its first line there.
pub fn evidence(digest: &[u8], lines: &[Seen]) -> String {
    match lines.first() {
        Some(line) => format!("sm3:{}#{}", hex(digest), line.line_no),
        None => format!("sm3:{}", hex(digest)),
    }
}
