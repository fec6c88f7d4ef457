//! Going on from what was answered last: one of its rows, a line of it that is not the customer's, the same with something changed.
//!
//! Not for: lines that were offered to tap (`step.rs`), nor a question that waits (`task.rs`).

use crate::book::{Item, SlotKind};
use crate::scene::Scene;
use crate::seat::Slots;
use crate::understand::Reading;
use crate::values::Answer;

/// Says what one entry of a statement is.
pub(crate) const ENTRY_ITEM: &str = "entry_detail";
/// What becomes of an entry that is not the customer's.
const DOUBT_ITEM: &str = "entry_doubt";
/// Longer sentences tell of more than one line.
const DOUBT_CHARS_MAX: usize = 14;

impl Scene<'_> {
    /// 第二个不是我办的, of a list that was shown; 不是我办的, of the entry that was told just now.
    pub(crate) fn doubts_a_line(&self, reading: &Reading, plain: &str) -> Option<(String, Slots)> {
        let last =
            self.seat.last.as_ref().filter(|_| self.seat.task.is_none() && disowns(plain))?;
        let shown = self.book.items.get(&last.item)?;
        let doubt = self.book.item(DOUBT_ITEM)?;
        if self.points_at_row(reading) && self.look_into(shown).is_some_and(|i| i.id == ENTRY_ITEM)
        {
            return Some((doubt.id.clone(), Slots::new()));
        }
        let slots = last.slots.clone();
        (last.item == ENTRY_ITEM).then(|| (doubt.id.clone(), slots))
    }

    /// Whether a row of what was shown last is named, by its place or its number.
    fn points_at_row(&self, reading: &Reading) -> bool {
        let points = reading.ordinal.is_some() || (reading.number.is_some() && !self.seat.numbered);
        points && self.seat.last.as_ref().is_some_and(|l| !l.rows.is_empty())
    }

    /// 第二个是啥, 上个月的呢, 存折的呢, 只看进账: what was answered last, with something changed.
    pub(crate) fn goes_on_from_last(&self, reading: &Reading) -> Option<(String, Slots)> {
        let last = self.seat.last.as_ref()?;
        let item = self.book.items.get(&last.item)?;
        if self.points_at_row(reading) && self.book.phrase(&reading.key).is_none() {
            let small = reading.number.is_some() || reading.normal.chars.len() <= 14;
            return self.look_into(item).filter(|_| small).map(|i| (i.id.clone(), Slots::new()));
        }
        // a list's own item is asked again, not the look into one of its rows
        let item = match item.asks.iter().find_map(|a| a.of.as_ref()) {
            Some(list) => self.book.items.get(list)?,
            None => item,
        };
        let changes = item.asks.iter().any(|a| match a.kind {
            SlotKind::OwnAccount => reading.account(&self.own(a), true).is_some(),
            SlotKind::DateRange => reading.range().is_some(),
            SlotKind::Flow => reading.flow.is_some(),
            _ => false,
        });
        // 借记卡上个月的进出账 is a question of its own, whatever was asked before
        let is_own =
            self.book.phrase(&reading.key).or(reading.nameless(self.book).as_ref()).is_some();
        if !changes || is_own || !reading.is_only_slots(self.who) {
            return None;
        }
        let mut slots = last.slots.clone();
        slots.retain(|name| item.ask(name).is_some());
        for ask in &item.asks {
            if let Answer::Value(value) = self.read_answer(ask, "", reading) {
                slots.insert(ask.name.clone(), value);
            }
        }
        Some((item.id.clone(), slots))
    }

    /// The item that a row of `shown`'s list is for when it is only pointed at: one of that list's own, else what an entry is.
    fn look_into(&self, shown: &Item) -> Option<&Item> {
        let list = shown.asks.iter().find_map(|a| a.of.as_ref()).unwrap_or(&shown.id);
        let is_its_own = |i: &&Item| i.ask_of(SlotKind::Row).is_some_and(|a| a.is_of(list));
        let entry = self.book.item(ENTRY_ITEM);
        let own = self.book.items.values().find(is_its_own);
        entry.filter(is_its_own).or(own).or(entry)
    }
}

/// 不是我办的. Who speaks of a fraud is helped with that.
fn disowns(plain: &str) -> bool {
    let has = |word: &str| plain.contains(word);
    let says = has("不是我") && !has("是不是我");
    says && plain.chars().count() <= DOUBT_CHARS_MAX && !has("骗") && !has("盗")
}
